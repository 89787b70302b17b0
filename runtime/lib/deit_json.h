// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes JSON (RFC 8259), one value after the other.

#ifndef DEIT_JSON_H
#define DEIT_JSON_H

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Where the writer stands. Write errors stay in the file's error flag.
typedef struct {
  FILE *file;
  int depth;
  int has_members; ///< in the innermost object
} deit_json;

/// Starts an object: a member, or with a null `key` the whole text's or an
/// element of a list.
void deit_json_begin(deit_json *json, const char *key);
/// Ends the innermost object, and the text with the outermost one.
void deit_json_end(deit_json *json);

/// Starts a list of objects.
void deit_json_begin_list(deit_json *json, const char *key);
/// Ends the innermost list.
void deit_json_end_list(deit_json *json);

void deit_json_integer(deit_json *json, const char *key, int64_t value);
/// The shortest decimal that reads back as `value`; null unless finite.
void deit_json_real(deit_json *json, const char *key, double value);
/// `value` is UTF-8; bytes that are not become U+FFFD. Null becomes null.
void deit_json_string(deit_json *json, const char *key, const char *value);

#ifdef __cplusplus
}
#endif

#endif // DEIT_JSON_H
