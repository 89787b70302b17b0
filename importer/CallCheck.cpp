// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tells a checkpoint's calls from those of a pickle made to do harm.

#include "importer/PickleMachine.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/StringSwitch.h"

using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

/// Whether `module` is `package` or within it.
static bool isWithin(StringRef module, StringRef package) {
  return module.consume_front(package) &&
         (module.empty() || module.front() == '.');
}

/// Whether a Python 2 or 3 built-in only makes plain data.
static bool isPlainBuiltin(StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases({"set", "frozenset", "list", "dict", "tuple"}, true)
      .Cases({"int", "float", "complex", "bool", "str", "unicode"}, true)
      .Cases({"bytes", "bytearray", "slice", "range", "object"}, true)
      .Default(false);
}

/// Whether a checkpoint has reason to call `callee`.
static bool isExpected(const Datum &callee) {
  StringRef module = callee.text;
  StringRef name = callee.name;
  // A dotted name reaches through a module into another: torch, 'os.system'.
  if (name.contains('.'))
    return false;
  if (module == "builtins" || module == "__builtin__")
    return isPlainBuiltin(name);
  if (module == "_codecs")
    return name == "encode";
  if (module == "functools")
    return name == "partial";
  if (module == "copyreg" || module == "copy_reg")
    return name == "_reconstructor";
  for (StringRef package : {"torch", "torchvision", "timm", "numpy",
                            "collections", "argparse", "pathlib", "datetime"})
    if (isWithin(module, package))
      return true;
  return false;
}

Error checkCalls(const Pickle &pickle) {
  for (const Datum &value : pickle.data) {
    // NEWOBJ makes an empty object and runs no constructor; what classes a
    // user's own objects have is no sign of harm.
    if (!value.is(DatumKind::Call) || value.isNew)
      continue;
    if (value.callee->is(DatumKind::Global) && isExpected(*value.callee))
      continue;
    bool isNamed = value.callee->is(DatumKind::Global);
    return makeError(
        "the pickle calls " + Twine(isNamed ? "" : "the result of ") +
        value.callee->describe() + " at offset " + Twine(value.offset) +
        ", which no checkpoint needs; the file is not executed. "
        "If you trust it, load it in Python and save its "
        "state_dict() alone");
  }
  return Error::success();
}

} // namespace deit::importer
