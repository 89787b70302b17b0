// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the import of exported programs: graph and state_dict to deit IR.

#include "importer/ExportedProgram.h"

#include "deit/Support/FileIO.h"
#include "importer/ProgramImporter.h"
#include "importer/Readers.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>

namespace deit::importer {

static constexpr llvm::StringLiteral kGraphName =
    "serialized_exported_program.json";
static constexpr llvm::StringLiteral kStateName = "serialized_state_dict.pt";

//===----------------------------------------------------------------------===//
// Complaints
//===----------------------------------------------------------------------===//

/// Keeps the first failure.
Known ProgramImporter::fail(const GraphNode &node, const Twine &message) {
  if (failure.empty())
    failure = ("node " + quoted(node.outputs.empty() ? "" : node.outputs[0]) +
               " (" + quoted(node.target) + ") " + message)
                  .str();
  return {};
}

Known ProgramImporter::unsupported(const GraphNode &node, const Twine &what) {
  ++missing[node.target + what.str()];
  return {};
}

/// Everything that is not supported, or what else is wrong.
Error ProgramImporter::complaint() const {
  if (missing.empty())
    return failure.empty() ? Error::success() : makeError(failure);
  std::vector<std::string> each;
  each.reserve(missing.size());
  for (const auto &[what, count] : missing)
    each.push_back(what +
                   (count > 1 ? " (" + std::to_string(count) + " times)" : ""));
  return makeError("cannot be imported because of: " + llvm::join(each, ", ") +
                   "; supported are convolution, batch normalization, ReLU and "
                   "ReLU6, addition, pooling, dropout and linear layers, and "
                   "the quantization of PT2E");
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// What the tensor argument `input` stands for; null after a complaint.
const Known *ProgramImporter::operand(const GraphNode &node, StringRef input) {
  std::optional<std::string> name = node.tensor(input);
  auto found = name ? known.find(*name) : known.end();
  if (found != known.end())
    return &found->second;
  // What a node that is not supported makes is unknown, and no news.
  if (missing.empty())
    fail(node, name ? "takes " + quoted(*name) + ", which nothing makes"
                    : "has no tensor " + quoted(input));
  return nullptr;
}

/// The activation that is the argument `input`, of `rank` unless that is 0.
Value ProgramImporter::activation(const GraphNode &node, StringRef input,
                                  int64_t rank) {
  const Known *found = operand(node, input);
  if (!found)
    return {};
  if (!found->activation) {
    unsupported(node, " of constants");
    return {};
  }
  int64_t held = CnnBuilder::shapeOf(found->activation).size();
  if (rank && held != rank) {
    fail(node, "takes a tensor of " + Twine(held) + " dimensions, " +
                   Twine(rank) + " are expected");
    return {};
  }
  return found->activation;
}

std::shared_ptr<const Parameter>
ProgramImporter::readStored(const GraphNode &node, StringRef key,
                            bool integers) {
  auto entry = state.tensors.find(key.str());
  if (entry == state.tensors.end()) {
    fail(node, "needs the tensor " + quoted(key) +
                   ", which the state_dict does not hold");
    return nullptr;
  }
  const Tensor &tensor = entry->second;
  auto values = integers ? tensor.readIntegers() : tensor.readFloats();
  if (!values) {
    fail(node, "cannot read tensor " + quoted(key) + ": it " +
                   llvm::toString(values.takeError()));
    return nullptr;
  }
  if (!llvm::all_of(*values, [](float x) { return std::isfinite(x); })) {
    fail(node, "needs the tensor " + quoted(key) +
                   ", which holds values that are infinite or not a number");
    return nullptr;
  }
  return std::make_shared<Parameter>(
      Parameter{tensor.shape().vec(), std::move(*values)});
}

/// The constant that is the argument `input`, which must have `rank`
/// dimensions; null after a complaint.
std::shared_ptr<const Parameter>
ProgramImporter::parameter(const GraphNode &node, StringRef input,
                           size_t rank) {
  const Known *found = operand(node, input);
  if (!found)
    return nullptr;
  if (found->activation) {
    unsupported(node, " with a computed " + input);
    return nullptr;
  }
  auto result = found->parameter
                    ? found->parameter
                    : readStored(node, found->stored, /*integers=*/false);
  if (result && result->shape.size() != rank) {
    fail(node, "has the " + input + " " + shapeString(result->shape) + ", " +
                   Twine(rank) + " dimensions are expected");
    return nullptr;
  }
  return result;
}

/// Two numbers from `least` to 1024, of which one stands for both; `missing`
/// where there are none.
std::optional<std::array<int64_t, 2>>
ProgramImporter::pair(const GraphNode &node, StringRef input, int64_t least,
                      std::array<int64_t, 2> missing) {
  std::optional<Ints> numbers = node.integers(input);
  if (!numbers || numbers->empty())
    return missing;
  std::array<int64_t, 2> result = {numbers->front(), numbers->back()};
  for (int64_t number : result)
    if (numbers->size() > 2 || number < least || number > 1024) {
      unsupported(node, " with " + input + " " + shapeString(*numbers));
      return std::nullopt;
    }
  return result;
}

/// The module's path; what the model itself computes is called as in the graph.
std::string ProgramImporter::pathOf(const GraphNode &node) const {
  return node.path.empty() ? node.outputs[0] : node.path;
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

void ProgramImporter::visit(const GraphNode &node) {
  if (node.outputs.empty() || node.outputs[0].empty()) {
    unsupported(node, " without a tensor as its result");
    return;
  }
  Handler handler = handlerOf(node.target);
  if (!handler) {
    unsupported(node, "");
    return;
  }
  Known result = (this->*handler)(node);
  if (result.activation || result.parameter || !result.stored.empty())
    known[node.outputs[0]] = std::move(result);
}

/// Begins the function with the graph's image.
Error ProgramImporter::begin(StringRef name) {
  ArrayRef<int64_t> shape = graph.imageShape;
  if (shape.size() != 4 || shape[0] != 1 || shape[1] != 3)
    return makeError("takes a tensor " + shapeString(shape) +
                     ", one image [1, 3, height, width] is expected; export "
                     "the model with an example of that shape");
  std::array<int64_t, 2> size = {shape[2], shape[3]};
  if (options.imageSize && *options.imageSize != size)
    return makeError("takes images of " + Twine(size[0]) + "x" +
                     Twine(size[1]) +
                     ", not what --image-size says; leave it "
                     "out");
  if (options.heads || options.epsilon)
    return makeError("is a program of torch.export, to which --" +
                     Twine(options.heads ? "heads" : "epsilon") +
                     " does not apply; leave it out");
  auto pixels = builder.begin(name, size, options);
  if (!pixels)
    return pixels.takeError();
  known[graph.image].activation = *pixels;
  for (const auto &[parameter, key] : graph.parameters)
    known[parameter].stored = key;
  return Error::success();
}

/// Tells what was left out and what was assumed.
void ProgramImporter::tell() const {
  if (!options.note)
    return;
  if (roundings)
    options.note("left out: the rounding of activations, at " +
                 std::to_string(roundings) + " places");
  std::vector<StringRef> assumed;
  if (!options.mean)
    assumed.push_back("--mean=0.485,0.456,0.406");
  if (!options.deviation)
    assumed.push_back("--std=0.229,0.224,0.225");
  if (!options.bilinear)
    assumed.push_back("--resize=bilinear");
  if (!assumed.empty())
    options.note("the checkpoint does not tell, so this is assumed: " +
                 llvm::join(assumed, " "));
}

Expected<OwningOpRef<ModuleOp>> ProgramImporter::run(StringRef name) {
  if (Error error = begin(name))
    return std::move(error);
  for (const GraphNode &node : graph.nodes)
    if (failure.empty())
      visit(node);
  if (Error error = complaint())
    return std::move(error);
  auto logits = known.find(graph.result);
  if (logits == known.end() || !logits->second.activation ||
      CnnBuilder::shapeOf(logits->second.activation).size() != 2)
    return makeError("has the result " + quoted(graph.result) +
                     ", which is no row of logits");
  auto module = builder.finish(logits->second.activation);
  if (module)
    tell();
  return module;
}

bool isExportedProgram(StringRef path) {
  if (path == "-")
    return false;
  auto archive = Archive::open(path);
  if (!archive) {
    llvm::consumeError(archive.takeError());
    return false;
  }
  return (*archive)->contains(kGraphName);
}

/// Reads the archive's state_dict.
static Expected<Checkpoint> readState(const Archive &archive) {
  Expected<std::string> bytes = archive.read(kStateName);
  if (!bytes)
    return bytes.takeError();
  auto inner = Archive::openBytes(std::move(*bytes));
  if (!inner)
    return prefixError(quoted(kStateName) + " ", inner.takeError());
  auto state = readTorchZip(std::move(*inner));
  if (!state)
    return prefixError(quoted(kStateName) + " ", state.takeError());
  return state;
}

static Expected<OwningOpRef<ModuleOp>>
importArchive(MLIRContext &context, StringRef path, StringRef name,
              const ImportOptions &options) {
  auto archive = Archive::open(path);
  if (!archive)
    return archive.takeError();
  Expected<std::string> text = (*archive)->read(kGraphName);
  if (!text)
    return text.takeError();
  auto graph = readExportedGraph(*text);
  if (!graph)
    return graph.takeError();
  auto state = readState(**archive);
  if (!state)
    return state.takeError();
  return ProgramImporter(context, **graph, *state, options).run(name);
}

Expected<OwningOpRef<ModuleOp>>
importExportedProgram(MLIRContext &context, StringRef path, StringRef name,
                      const ImportOptions &options) {
  auto module = importArchive(context, path, name, options);
  if (!module)
    return prefixError(path + ": ", module.takeError());
  return module;
}

} // namespace deit::importer
