// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tells a checkpoint's calls from those of a pickle made to do harm.

#include "importer/PickleMachine.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

/// The packages of Python's own library, 2 and 3, in which harm is at hand.
constexpr llvm::StringLiteral library =
    " "
    "abc aifc argparse array ast asynchat asyncio asyncore atexit audioop "
    "base64 bdb binascii bisect builtins bz2 cPickle cProfile calendar cgi "
    "cgitb chunk cmath cmd code codecs codeop collections colorsys commands "
    "compileall concurrent configparser contextlib contextvars copy copyreg "
    "crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis "
    "distutils doctest email encodings ensurepip enum errno exceptions "
    "faulthandler fcntl filecmp fileinput fnmatch fractions ftplib "
    "functools gc genericpath getopt getpass gettext glob graphlib grp gzip "
    "hashlib heapq hmac html http idlelib imaplib imghdr imp importlib "
    "inspect io ipaddress itertools json keyword lib2to3 linecache locale "
    "logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder "
    "msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path "
    "numbers opcode operator optparse os ossaudiodev pathlib pdb pickle "
    "pickletools pipes pkgutil platform plistlib popen2 poplib posix "
    "posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc "
    "pydoc_data pyexpat queue quopri random re readline reprlib resource "
    "rlcompleter runpy sched secrets select selectors shelve shlex shutil "
    "signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 "
    "sre_compile sre_constants sre_parse ssl stat statistics string "
    "stringprep struct subprocess sunau symtable sys sysconfig syslog "
    "tabnanny tarfile telnetlib tempfile termios textwrap threading time "
    "timeit tkinter token tokenize tomllib trace traceback tracemalloc tty "
    "turtle turtledemo types typing unicodedata unittest urllib uu uuid "
    "venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib "
    "xml xmlrpc zipapp zipfile zipimport zlib zoneinfo ";

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
      .Cases({"bytes", "bytearray", "slice", "range", "xrange"}, true)
      .Cases({"object", "long"}, true)
      .Default(false);
}

/// Whether `callee` is named like a class, and is neither Python's own nor one
/// of its private modules'.
static bool isUsersClass(const Datum &callee) {
  if (!callee.is(DatumKind::Global))
    return false;
  StringRef package = callee.text.split('.').first;
  if (package.empty() || library.contains((" " + package + " ").str()) ||
      (package.front() == '_' && package != "__main__"))
    return false;
  llvm::SmallVector<StringRef, 2> parts; // Of a class within a class.
  callee.name.split(parts, '.');
  return llvm::all_of(parts, [](StringRef part) {
    part = part.ltrim('_');
    return !part.empty() && llvm::isUpper(part.front());
  });
}

static bool isPlainValue(const Datum &value) {
  return value.asFloat() || value.is(DatumKind::String) ||
         value.is(DatumKind::Bytes) || value.isNone();
}

/// Whether `call` makes a member of an enumeration, as settings are: by value,
/// Mode('fast'), or, as Python 3.11 does, by name, getattr(Mode, 'FAST').
static bool isEnumMember(const Datum &call) {
  llvm::ArrayRef<Datum *> arguments = call.arguments();
  const Datum &callee = *call.callee;
  if (callee.isGlobal("builtins", "getattr") ||
      callee.isGlobal("__builtin__", "getattr"))
    return arguments.size() == 2 && isUsersClass(*arguments[0]) &&
           arguments[1]->is(DatumKind::String);
  if (arguments.size() != 1 || !isUsersClass(callee))
    return false;
  const Datum &value = *arguments[0];
  return isPlainValue(value) || (value.is(DatumKind::Tuple) &&
                                 llvm::all_of(value.items, [](Datum *item) {
                                   return isPlainValue(*item);
                                 }));
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
  if (module == "types")
    return name == "SimpleNamespace";
  for (StringRef package :
       {"torch", "torchvision", "timm", "numpy", "collections", "argparse",
        "pathlib", "datetime", "decimal", "fractions", "uuid"})
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
    bool isNamed = value.callee->is(DatumKind::Global);
    if (isNamed && (isExpected(*value.callee) || isEnumMember(value)))
      continue;
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
