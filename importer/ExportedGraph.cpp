// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the reading of exported graphs.

#include "importer/ExportedGraph.h"

#include "deit/Support/FileIO.h"
#include "deit/Support/Nesting.h"

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;
using llvm::json::Array;
using llvm::json::Object;

namespace deit::importer {

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

const llvm::json::Value *GraphNode::argument(StringRef name,
                                             StringRef kind) const {
  auto found = inputs.find(name.str());
  return found == inputs.end() ? nullptr : found->second->get(kind);
}

std::optional<std::string> GraphNode::tensor(StringRef name) const {
  const llvm::json::Value *value = argument(name, "as_tensor");
  const Object *object = value ? value->getAsObject() : nullptr;
  std::optional<StringRef> found;
  if (object)
    found = object->getString("name");
  return found ? std::optional(found->str()) : std::nullopt;
}

std::optional<double> GraphNode::number(StringRef name) const {
  for (StringRef kind : {"as_float", "as_int"})
    if (const llvm::json::Value *value = argument(name, kind))
      return value->getAsNumber();
  return std::nullopt;
}

std::optional<bool> GraphNode::boolean(StringRef name) const {
  const llvm::json::Value *value = argument(name, "as_bool");
  return value ? value->getAsBoolean() : std::nullopt;
}

std::optional<int64_t> GraphNode::integer(StringRef name) const {
  const llvm::json::Value *value = argument(name, "as_int");
  return value ? value->getAsInteger() : std::nullopt;
}

std::optional<llvm::SmallVector<int64_t, 4>>
GraphNode::integers(StringRef name) const {
  const llvm::json::Value *value = argument(name, "as_ints");
  const Array *array = value ? value->getAsArray() : nullptr;
  if (!array)
    return std::nullopt;
  llvm::SmallVector<int64_t, 4> result;
  for (const llvm::json::Value &each : *array) {
    std::optional<int64_t> number = each.getAsInteger();
    if (!number)
      return std::nullopt;
    result.push_back(*number);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// The graph
//===----------------------------------------------------------------------===//

namespace {

/// Fills one graph.
class GraphReader {
public:
  explicit GraphReader(ExportedGraph &graph) : graph(graph) {}
  Error run();

private:
  Error checkVersion(const Object &root);
  Error readNode(const llvm::json::Value &value);
  Error readInputs(const Object &signature);
  Error readInput(const Object &spec);
  Error readResult(const Object &signature);
  Error readImageShape(const Object &body);

  ExportedGraph &graph;
};

} // namespace

static Error malformed(const Twine &what) {
  return makeError("the exported graph has " + what);
}

Error GraphReader::checkVersion(const Object &root) {
  const Object *version = root.getObject("schema_version");
  std::optional<int64_t> major =
      version ? version->getInteger("major") : std::nullopt;
  if (!major)
    return malformed("no 'schema_version'");
  if (*major != 5)
    return malformed("schema version " + Twine(*major) +
                     ", only 5 is supported; export the model with PyTorch "
                     "2.3, or save its state_dict()");
  return Error::success();
}

/// The path of the last module in "key,path,class;key,path,class".
static std::string innermostPath(const Object &node) {
  const Object *metadata = node.getObject("metadata");
  std::optional<StringRef> stack =
      metadata ? metadata->getString("nn_module_stack") : std::nullopt;
  if (!stack)
    return "";
  StringRef last = stack->rsplit(';').second;
  if (last.empty())
    last = *stack;
  return last.split(',').second.split(',').first.str();
}

Error GraphReader::readNode(const llvm::json::Value &value) {
  const Object *object = value.getAsObject();
  const Array *inputs = object ? object->getArray("inputs") : nullptr;
  const Array *outputs = object ? object->getArray("outputs") : nullptr;
  std::optional<StringRef> target =
      object ? object->getString("target") : std::nullopt;
  if (!inputs || !outputs || !target)
    return malformed("a node without 'target', 'inputs' and 'outputs'");
  GraphNode node;
  target->consume_front("torch.ops.");
  node.target = target->str();
  node.path = innermostPath(*object);
  for (const llvm::json::Value &input : *inputs) {
    const Object *entry = input.getAsObject();
    const Object *argument = entry ? entry->getObject("arg") : nullptr;
    std::optional<StringRef> name =
        entry ? entry->getString("name") : std::nullopt;
    if (!argument || !name)
      return malformed("a node " + quoted(*target) +
                       " with an input without 'name' and 'arg'");
    node.inputs[name->str()] = argument;
  }
  for (const llvm::json::Value &output : *outputs) {
    const Object *entry = output.getAsObject();
    const Object *tensor = entry ? entry->getObject("as_tensor") : nullptr;
    std::optional<StringRef> name =
        tensor ? tensor->getString("name") : std::nullopt;
    node.outputs.push_back(name ? name->str() : "");
  }
  graph.nodes.push_back(std::move(node));
  return Error::success();
}

Error GraphReader::readInput(const Object &spec) {
  for (StringRef kind : {"parameter", "buffer"}) {
    const Object *entry = spec.getObject(kind);
    const Object *argument = entry ? entry->getObject("arg") : nullptr;
    if (!argument)
      continue;
    auto name = argument->getString("name");
    auto key = entry->getString((kind + "_name").str());
    if (!name || !key)
      return malformed("a " + kind + " without a name");
    graph.parameters[name->str()] = key->str();
    return Error::success();
  }
  const Object *input = spec.getObject("user_input");
  const Object *argument = input ? input->getObject("arg") : nullptr;
  const Object *tensor = argument ? argument->getObject("as_tensor") : nullptr;
  std::optional<StringRef> name =
      tensor ? tensor->getString("name") : std::nullopt;
  if (!name || !graph.image.empty())
    return malformed("inputs beside parameters, buffers and one image");
  graph.image = name->str();
  return Error::success();
}

Error GraphReader::readInputs(const Object &signature) {
  const Array *specs = signature.getArray("input_specs");
  if (!specs)
    return malformed("no 'input_specs'");
  for (const llvm::json::Value &value : *specs) {
    const Object *spec = value.getAsObject();
    if (!spec)
      return malformed("an input that is no object");
    if (Error error = readInput(*spec))
      return error;
  }
  return graph.image.empty() ? malformed("no input for an image")
                             : Error::success();
}

Error GraphReader::readResult(const Object &signature) {
  const Array *specs = signature.getArray("output_specs");
  if (!specs || specs->size() != 1)
    return malformed("not one output");
  const Object *spec = specs->front().getAsObject();
  const Object *output = spec ? spec->getObject("user_output") : nullptr;
  const Object *argument = output ? output->getObject("arg") : nullptr;
  const Object *tensor = argument ? argument->getObject("as_tensor") : nullptr;
  std::optional<StringRef> name =
      tensor ? tensor->getString("name") : std::nullopt;
  if (!name)
    return malformed("an output that is no tensor");
  graph.result = name->str();
  return Error::success();
}

Error GraphReader::readImageShape(const Object &body) {
  const Object *types = body.getObject("tensor_values");
  const Object *type = types ? types->getObject(graph.image) : nullptr;
  const Array *sizes = type ? type->getArray("sizes") : nullptr;
  if (!sizes)
    return malformed("no 'sizes' of its input " + quoted(graph.image));
  for (const llvm::json::Value &value : *sizes) {
    const Object *size = value.getAsObject();
    std::optional<int64_t> number =
        size ? size->getInteger("as_int") : std::nullopt;
    if (!number)
      return malformed("an input whose sizes are not all fixed; export the "
                       "model without dynamic shapes");
    graph.imageShape.push_back(*number);
  }
  return Error::success();
}

Error GraphReader::run() {
  const Object *root = graph.json.getAsObject();
  if (!root)
    return makeError("the exported graph is no JSON object");
  if (Error error = checkVersion(*root))
    return error;
  const Object *module = root->getObject("graph_module");
  const Object *body = module ? module->getObject("graph") : nullptr;
  const Object *signature = module ? module->getObject("signature") : nullptr;
  const Array *nodes = body ? body->getArray("nodes") : nullptr;
  if (!signature || !nodes)
    return malformed("no 'graph_module' with 'graph' and 'signature'");
  for (const llvm::json::Value &node : *nodes)
    if (Error error = readNode(node))
      return error;
  if (Error error = readInputs(*signature))
    return error;
  if (Error error = readResult(*signature))
    return error;
  return readImageShape(*body);
}

Expected<std::unique_ptr<ExportedGraph>> readExportedGraph(StringRef text) {
  if (!isShallow(text, 64))
    return makeError("the exported graph nests too deep");
  Expected<llvm::json::Value> json = llvm::json::parse(text);
  if (!json)
    return prefixError("the exported graph is no JSON: ", json.takeError());
  auto graph = std::make_unique<ExportedGraph>(std::move(*json));
  if (Error error = GraphReader(*graph).run())
    return std::move(error);
  return graph;
}

} // namespace deit::importer
