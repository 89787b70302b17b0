// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the model in a pickle and collects its tensors and modules.

#include "deit/Support/FileIO.h"
#include "importer/Readers.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace deit::importer {
namespace {

/// Under which names training scripts keep the model, most likely first. What
/// was averaged over the training comes after what was trained.
constexpr llvm::StringLiteral modelKeys[] = {"model",
                                             "state_dict",
                                             "model_state_dict",
                                             "module",
                                             "net",
                                             "network",
                                             "student",
                                             "model_ema",
                                             "state_dict_ema",
                                             "ema_model",
                                             "ema_state_dict",
                                             "module_ema",
                                             "ema",
                                             "teacher"};

/// Whether `datum` is an object with the attributes of torch.nn.Module.
bool isModule(const Datum &datum) {
  return datum.is(DatumKind::Call) && datum.state &&
         datum.state->find("_modules") && datum.state->find("_parameters");
}

bool holdsTensors(const Datum &datum) {
  bool found = false;
  datum.visitEntries([&](const Datum &, const Datum &value) {
    found = found || isTensor(value);
  });
  return found;
}

bool holdsArrays(const Datum &datum) {
  bool found = false;
  datum.visitEntries([&](const Datum &, const Datum &value) {
    found = found ||
            (value.is(DatumKind::Call) && value.callee->is(DatumKind::Global) &&
             value.callee->text.starts_with("numpy."));
  });
  return found;
}

/// "a dictionary with the keys 'epoch', 'args', ...".
std::string describeDict(const Datum &dict) {
  std::vector<std::string> keys;
  dict.visitEntries([&](const Datum &key, const Datum &) {
    if (keys.size() < 8)
      keys.push_back(key.is(DatumKind::String) ? quoted(key.text)
                                               : key.describe());
  });
  if (keys.empty())
    return "an empty dictionary";
  return "a dictionary with the keys " + llvm::join(keys, ", ") +
         (dict.entryCount() > keys.size() ? ", ..." : "") +
         (holdsArrays(dict) ? " and NumPy's arrays instead of tensors" : "");
}

/// A model or state_dict, and what to tell of how it was chosen.
struct Choice {
  const Datum *model = nullptr;
  std::string note;
};

/// Finds the model in dictionaries of dictionaries, each looked into once.
class ModelFinder {
public:
  Choice find(const Datum &datum, int depth = 0);

private:
  using Choices = std::vector<std::pair<std::string, Choice>>;

  Choices findByKeys(const Datum &dict, int depth);
  static Choice findOnly(const Datum &dict);

  llvm::SmallPtrSet<const Datum *, 16> visited;
};

/// What leads to a model under the names in `modelKeys`.
ModelFinder::Choices ModelFinder::findByKeys(const Datum &dict, int depth) {
  Choices choices;
  for (StringRef key : modelKeys) {
    const Datum *inner = dict.find(key);
    if (!inner || !visited.insert(inner).second)
      continue;
    if (Choice choice = find(*inner, depth + 1); choice.model)
      choices.emplace_back(key.str(), std::move(choice));
  }
  return choices;
}

/// The one entry that is a model, whatever its name, or none.
Choice ModelFinder::findOnly(const Datum &dict) {
  Choice only;
  size_t count = 0;
  dict.visitEntries([&](const Datum &key, const Datum &value) {
    if (!key.is(DatumKind::String) || !(isModule(value) || holdsTensors(value)))
      return;
    ++count;
    only = {&value, quoted(key.text) + " is taken for the model"};
  });
  return count == 1 ? only : Choice();
}

/// A wrapper may itself hold tensors, such as the best accuracy, so what is
/// inside comes first.
Choice ModelFinder::find(const Datum &datum, int depth) {
  if (depth > 4 || isModule(datum))
    return {isModule(datum) ? &datum : nullptr, ""};
  Choices choices = findByKeys(datum, depth);
  if (choices.empty() && holdsTensors(datum))
    return {&datum, ""};
  if (choices.empty())
    return findOnly(datum);
  Choice chosen = std::move(choices[0].second);
  if (choices.size() > 1 && chosen.note.empty()) {
    std::vector<std::string> names;
    for (const auto &[key, choice] : choices)
      names.push_back(quoted(key));
    chosen.note = "the file holds several models, " +
                  llvm::join(names, " and ") + "; " + names[0] + " is imported";
  }
  return chosen;
}

/// The model or state_dict in `root`, which may be wrapped in dictionaries.
Expected<Choice> findModel(const Datum &root) {
  Choice choice = ModelFinder().find(root);
  if (choice.model)
    return choice;
  return makeError("holds " +
                   (root.isDict() ? describeDict(root) : root.describe()) +
                   ", no model; a whole model, its state_dict(), or a "
                   "dictionary with either as 'model' or 'state_dict' is "
                   "needed");
}

/// Walks a tree of modules. The pickle may be hostile: cyclic, or sharing a
/// module so often that the tree is huge, hence the budget.
class Collector {
public:
  Collector(const StorageFinder &findStorage, Checkpoint &checkpoint)
      : findStorage(findStorage), checkpoint(checkpoint) {}

  Error collectStateDict(const Datum &dict);
  Error collectModule(const Datum &object, const std::string &path, int depth);

private:
  Error pay(size_t entries);
  Error addTensor(const Datum &datum, const std::string &path);
  Error addTensors(const Datum &module, StringRef group,
                   const std::string &prefix);
  Error addModule(const Datum &object, const std::string &path);

  const StorageFinder &findStorage;
  Checkpoint &checkpoint;
  size_t budget = size_t(1) << 20;
};

Error Collector::pay(size_t entries) {
  if (entries + 1 > budget)
    return makeError("the model has too many modules, or contains itself");
  budget -= entries + 1;
  return Error::success();
}

Error Collector::addTensor(const Datum &datum, const std::string &path) {
  auto tensor = decodeTensor(datum, findStorage);
  if (!tensor)
    return prefixError("tensor " + quoted(path) + ": ", tensor.takeError());
  if (!checkpoint.tensors.insert({path, std::move(*tensor)}).second)
    return makeError("tensor " + quoted(path) + " occurs twice");
  return Error::success();
}

Error Collector::collectStateDict(const Datum &dict) {
  if (Error error = pay(dict.entryCount()))
    return error;
  Error result = Error::success();
  dict.visitEntries([&](const Datum &key, const Datum &value) {
    if (result)
      return;
    if (!key.is(DatumKind::String))
      result = makeError("a key of the state_dict is " + key.describe());
    else if (isTensor(value))
      result = addTensor(value, key.text.str());
    else
      checkpoint.others.push_back(key.text.str());
  });
  return result;
}

/// Adds the entries of `_parameters` or `_buffers`; None stands for none.
Error Collector::addTensors(const Datum &module, StringRef group,
                            const std::string &prefix) {
  const Datum *dict = module.find(group);
  if (!dict)
    return Error::success();
  if (Error error = pay(dict->entryCount()))
    return error;
  Error result = Error::success();
  dict->visitEntries([&](const Datum &key, const Datum &value) {
    if (!result && !value.isNone())
      result = addTensor(value, prefix + key.text.str());
  });
  return result;
}

/// Adds the module without its children.
Error Collector::addModule(const Datum &object, const std::string &path) {
  const Datum *callee = object.callee;
  // torch's legacy format: the class is ('module', class, file, source).
  if (callee->is(DatumKind::PersistentId) &&
      callee->items[0]->is(DatumKind::Tuple) &&
      callee->items[0]->items.size() >= 2)
    callee = callee->items[0]->items[1];
  if (!callee->is(DatumKind::Global))
    return makeError("module " + quoted(path) + " has no class");
  for (StringRef hooks : {"_forward_hooks", "_forward_pre_hooks"})
    if (const Datum *dict = object.state->find(hooks))
      if (dict->entryCount() != 0)
        return makeError(
            (path.empty() ? "the model" : "module " + quoted(path)) +
            " has hooks in " + hooks +
            ", which are code and cannot be imported; remove "
            "them before saving the model");
  Module module;
  module.className = (callee->text + "." + callee->name).str();
  module.state = object.state;
  checkpoint.modules.insert({path, std::move(module)});
  return Error::success();
}

Error Collector::collectModule(const Datum &object, const std::string &path,
                               int depth) {
  if (!isModule(object))
    return makeError("module " + quoted(path) + " is " + object.describe() +
                     ", not a torch.nn.Module");
  if (depth > 64)
    return makeError("the modules nest too deep, or contain themselves");
  if (Error error = pay(object.state->entryCount()))
    return error;
  if (Error error = addModule(object, path))
    return error;
  std::string prefix = path.empty() ? "" : path + ".";
  for (StringRef group : {"_parameters", "_buffers"})
    if (Error error = addTensors(*object.state, group, prefix))
      return error;
  const Datum *children = object.state->find("_modules");
  if (Error error = pay(children->entryCount()))
    return error;
  Error result = Error::success();
  children->visitEntries([&](const Datum &key, const Datum &child) {
    if (!result && !child.isNone())
      result = collectModule(child, prefix + key.text.str(), depth + 1);
  });
  return result;
}

} // namespace

Error collectModel(const Datum &root, const StorageFinder &findStorage,
                   Checkpoint &checkpoint) {
  auto model = findModel(root);
  if (!model)
    return model.takeError();
  checkpoint.root = &root;
  if (!model->note.empty())
    checkpoint.notes.push_back(model->note);
  Collector collector(findStorage, checkpoint);
  if (isModule(*model->model))
    return collector.collectModule(*model->model, "", 0);
  return collector.collectStateDict(*model->model);
}

} // namespace deit::importer
