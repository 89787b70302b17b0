// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Formats error sentences.

#include "deit_error.h"

#include <stdarg.h>
#include <stdio.h>

bool deit_fail(deit_error *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return false;
}
