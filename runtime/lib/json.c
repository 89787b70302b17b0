// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The JSON writer.

#include "deit_json.h"

#include <stdlib.h>
#include <string.h>

/// Length of the UTF-8 sequence at `text`, 0 if it is none: too long a form,
/// a surrogate, or beyond U+10FFFF.
static int utf8_length(const unsigned char *text) {
  static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned char lead = *text;
  int length = lead < 0x80   ? 1
               : lead < 0xc0 ? 0
               : lead < 0xe0 ? 2
               : lead < 0xf0 ? 3
               : lead < 0xf8 ? 4
                             : 0;
  if (length < 2)
    return length;
  uint32_t point = lead & (0x7f >> length);
  for (int i = 1; i < length; ++i) {
    if ((text[i] & 0xc0) != 0x80)
      return 0;
    point = point << 6 | (text[i] & 0x3f);
  }
  int surrogate = point >= 0xd800 && point < 0xe000;
  return point < least[length] || point > 0x10ffff || surrogate ? 0 : length;
}

static void write_string(FILE *file, const char *string) {
  const unsigned char *next = (const unsigned char *)string;
  fputc('"', file);
  while (*next) {
    int length = utf8_length(next);
    if (*next == '"' || *next == '\\')
      fprintf(file, "\\%c", *next);
    else if (*next < 0x20)
      fprintf(file, "\\u%04x", *next);
    else if (length > 0)
      fwrite(next, 1, (size_t)length, file);
    else
      fputs("\\ufffd", file);
    next += length > 0 ? length : 1;
  }
  fputc('"', file);
}

static void break_line(deit_json *json) {
  fprintf(json->file, "\n%*s", 2 * json->depth, "");
}

/// The text itself and the elements of a list have no key.
static void write_key(deit_json *json, const char *key) {
  if (json->has_members)
    fputc(',', json->file);
  json->has_members = 1;
  if (json->depth > 0)
    break_line(json);
  if (!key)
    return;
  write_string(json->file, key);
  fputs(": ", json->file);
}

static void begin(deit_json *json, const char *key, char bracket) {
  write_key(json, key);
  fputc(bracket, json->file);
  ++json->depth;
  json->has_members = 0;
}

static void end(deit_json *json, char bracket) {
  --json->depth;
  if (json->has_members)
    break_line(json);
  fputc(bracket, json->file);
  json->has_members = 1; // what just ended is a member of its parent
}

void deit_json_begin_list(deit_json *json, const char *key) {
  begin(json, key, '[');
}

void deit_json_end_list(deit_json *json) { end(json, ']'); }

void deit_json_begin(deit_json *json, const char *key) {
  begin(json, key, '{');
}

void deit_json_end(deit_json *json) {
  end(json, '}');
  if (json->depth == 0)
    fputc('\n', json->file);
}

void deit_json_integer(deit_json *json, const char *key, int64_t value) {
  write_key(json, key);
  fprintf(json->file, "%lld", (long long)value);
}

void deit_json_real(deit_json *json, const char *key, double value) {
  char text[32];
  write_key(json, key);
  if (value - value != 0) { // infinite, or not a number
    fputs("null", json->file);
    return;
  }
  for (int digits = 15; digits <= 17; ++digits) {
    snprintf(text, sizeof text, "%.*g", digits, value);
    if (strtod(text, NULL) == value)
      break;
  }
  for (char *comma = text; (comma = strchr(comma, ',')); ++comma)
    *comma = '.'; // a locale's decimal sign
  fputs(text, json->file);
}

void deit_json_string(deit_json *json, const char *key, const char *value) {
  write_key(json, key);
  if (value)
    write_string(json->file, value);
  else
    fputs("null", json->file);
}
