// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JSON of many numbers in few bytes.

#include "deit/Support/Json.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include <charconv>
#include <cmath>
#include <vector>

using namespace deit;
namespace json = llvm::json;

namespace {

class Printer {
public:
  explicit Printer(llvm::raw_ostream &os) : os(os) {}

  void print(const json::Value &value, unsigned depth);

private:
  void print(const json::Object &object, unsigned depth);
  void print(const json::Array &array, unsigned depth);
  void print(double number);
  void newLine(unsigned depth) {
    os << '\n';
    os.indent(depth);
  }

  llvm::raw_ostream &os;
};

} // namespace

void Printer::print(double number) {
  if (!std::isfinite(number)) {
    os << "null";
    return;
  }
  char text[32];
  auto [end, code] = std::to_chars(std::begin(text), std::end(text), number);
  os << llvm::StringRef(text, end - text);
}

void Printer::print(const json::Object &object, unsigned depth) {
  std::vector<const json::Object::value_type *> members;
  for (const auto &member : object)
    members.push_back(&member);
  llvm::sort(members, [](const auto *a, const auto *b) {
    return llvm::StringRef(a->first) < llvm::StringRef(b->first);
  });
  os << '{';
  for (const auto *member : members) {
    os << (member == members.front() ? "" : ",");
    newLine(depth + 1);
    os << json::Value(llvm::StringRef(member->first)) << ": ";
    print(member->second, depth + 1);
  }
  if (!members.empty())
    newLine(depth);
  os << '}';
}

void Printer::print(const json::Array &array, unsigned depth) {
  bool isFlat = llvm::all_of(array, [](const json::Value &each) {
    return each.kind() != json::Value::Array &&
           each.kind() != json::Value::Object;
  });
  os << '[';
  for (const json::Value &each : array) {
    os << (&each == &array.front() ? "" : ",");
    if (!isFlat)
      newLine(depth + 1);
    print(each, depth + 1);
  }
  if (!isFlat)
    newLine(depth);
  os << ']';
}

void Printer::print(const json::Value &value, unsigned depth) {
  if (const json::Object *object = value.getAsObject())
    print(*object, depth);
  else if (const json::Array *array = value.getAsArray())
    print(*array, depth);
  else if (value.kind() == json::Value::Number && !value.getAsInteger())
    print(*value.getAsNumber());
  else
    os << value;
}

void deit::printJson(llvm::raw_ostream &os, const json::Value &value) {
  Printer(os).print(value, 0);
  os << '\n';
}

std::string deit::printJson(const llvm::json::Value &value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printJson(os, value);
  return text;
}

json::Value deit::shortNumber(double number, int digits) {
  if (!std::isfinite(number))
    return nullptr;
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*g", digits, number);
  return std::stod(text);
}
