// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements JSON with short numbers.

#include "Json.h"

#include <charconv>

namespace json = llvm::json;

namespace deit {

static void writeNumber(json::OStream &os, const json::Value &value) {
  if (std::optional<int64_t> integer = value.getAsInteger()) {
    os.value(*integer);
    return;
  }
  char text[32];
  double number = *value.getAsNumber();
  auto end = std::to_chars(text, text + sizeof(text), number).ptr;
  os.rawValue(llvm::StringRef(text, end - text));
}

static void write(json::OStream &os, const json::Value &value) {
  if (const json::Object *object = value.getAsObject()) {
    os.object([&] {
      for (const auto *member : json::sortedElements(*object)) {
        os.attributeBegin(member->first);
        write(os, member->second);
        os.attributeEnd();
      }
    });
  } else if (const json::Array *array = value.getAsArray()) {
    os.array([&] {
      for (const json::Value &element : *array)
        write(os, element);
    });
  } else if (value.kind() == json::Value::Number) {
    writeNumber(os, value);
  } else {
    os.value(value);
  }
}

std::string toShortJson(const json::Value &value) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  json::OStream os(stream);
  write(os, value);
  return text;
}

} // namespace deit
