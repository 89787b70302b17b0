// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the running of scripts. Everything that can throw is called
// protected, so that Duktape never unwinds through C++.

#include "Scripts.h"

#include "deit/Support/FileIO.h"

#include "llvm/Support/ErrorHandling.h"

#include <duktape.h>

using llvm::Error;
using llvm::StringRef;

namespace deit {

Scripts::Scripts() : context(duk_create_heap_default()) {
  if (!context)
    llvm::report_bad_alloc_error("no memory for scripts");
}

Scripts::~Scripts() { duk_destroy_heap(context); }

Error Scripts::failure(StringRef name) {
  std::string message = duk_safe_to_string(context, -1);
  duk_pop(context);
  return makeError("the report cannot be drawn: " + name + ": " + message);
}

Error Scripts::run(StringRef name, StringRef text) {
  duk_push_lstring(context, name.data(), name.size());
  if (duk_pcompile_lstring_filename(context, 0, text.data(), text.size()) ||
      duk_pcall(context, 0))
    return failure(name);
  duk_pop(context);
  return Error::success();
}

llvm::Expected<std::string> Scripts::call(StringRef object, StringRef function,
                                          StringRef first, StringRef second) {
  duk_get_global_lstring(context, object.data(), object.size());
  duk_push_lstring(context, function.data(), function.size());
  duk_push_lstring(context, first.data(), first.size());
  duk_push_lstring(context, second.data(), second.size());
  if (duk_pcall_prop(context, -4, 2)) {
    Error error = failure(function);
    duk_pop(context);
    return std::move(error);
  }
  duk_size_t size = 0;
  const char *text = duk_get_lstring(context, -1, &size);
  std::string result(text ? text : "", size);
  duk_pop_2(context);
  return result;
}

} // namespace deit
