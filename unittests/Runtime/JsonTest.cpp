// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The JSON writer: layout, escaping, numbers.

#include "deit_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace {

std::string write(const std::function<void(deit_json &)> &members) {
  char *text = nullptr;
  size_t length = 0;
  deit_json json = {open_memstream(&text, &length), 0, 0};
  deit_json_begin(&json, nullptr);
  members(json);
  deit_json_end(&json);
  fclose(json.file);
  std::string result(text, length);
  free(text);
  return result;
}

std::string writeString(const char *value) {
  std::string text =
      write([&](deit_json &json) { deit_json_string(&json, "k", value); });
  return text.substr(9, text.size() - 9 - 3);
}

std::string writeReal(double value) {
  std::string text =
      write([&](deit_json &json) { deit_json_real(&json, "k", value); });
  return text.substr(9, text.size() - 9 - 3);
}

TEST(Json, Layout) {
  std::string text = write([](deit_json &json) {
    deit_json_integer(&json, "a", -7);
    deit_json_begin(&json, "b");
    deit_json_end(&json);
    deit_json_begin(&json, "c");
    deit_json_real(&json, "d", 0.5);
    deit_json_string(&json, "e", nullptr);
    deit_json_end(&json);
    deit_json_integer(&json, "f", INT64_MAX);
  });
  EXPECT_EQ(text, "{\n  \"a\": -7,\n  \"b\": {},\n  \"c\": {\n"
                  "    \"d\": 0.5,\n    \"e\": null\n  },\n"
                  "  \"f\": 9223372036854775807\n}\n");
}

TEST(Json, Lists) {
  std::string text = write([](deit_json &json) {
    deit_json_begin_list(&json, "a");
    for (int i = 0; i < 2; ++i) {
      deit_json_begin(&json, nullptr);
      deit_json_integer(&json, "b", i);
      deit_json_end(&json);
    }
    deit_json_end_list(&json);
    deit_json_begin_list(&json, "c");
    deit_json_end_list(&json);
  });
  EXPECT_EQ(text, "{\n  \"a\": [\n    {\n      \"b\": 0\n    },\n    {\n"
                  "      \"b\": 1\n    }\n  ],\n  \"c\": []\n}\n");
}

TEST(Json, Escaping) {
  EXPECT_EQ(writeString(""), R"("")");
  EXPECT_EQ(writeString("a \"b\" \\ /"), R"("a \"b\" \\ /")");
  EXPECT_EQ(writeString("\n\t\x01\x1f\x7f"),
            "\"\\u000a\\u0009\\u0001\\u001f\x7f\"");
  EXPECT_EQ(writeString("Größe 模型 🙂"), "\"Größe 模型 🙂\"");
}

TEST(Json, BytesThatAreNotUtf8) {
  EXPECT_EQ(writeString("\x80"), R"("\ufffd")");
  EXPECT_EQ(writeString("a\xff"), R"("a\ufffd")");
  EXPECT_EQ(writeString("\xe6\x9d"), R"("\ufffd\ufffd")"); // cut short
  EXPECT_EQ(writeString("\xc0\xaf"), R"("\ufffd\ufffd")"); // too long a form
  EXPECT_EQ(writeString("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(writeString("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
}

TEST(Json, Numbers) {
  EXPECT_EQ(writeReal(83.4), "83.4");
  EXPECT_EQ(writeReal(100), "100");
  EXPECT_EQ(writeReal(-0.1), "-0.1");
  EXPECT_EQ(writeReal(1e300), "1e+300");
  EXPECT_EQ(writeReal(NAN), "null");
  EXPECT_EQ(writeReal(-INFINITY), "null");
  for (double value : {1.0 / 3, 2.0 / 3, 0.1 + 0.2, 5e-324, 1.7e308})
    EXPECT_EQ(strtod(writeReal(value).c_str(), nullptr), value);
}

} // namespace
