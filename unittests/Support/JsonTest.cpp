// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of JSON in few bytes.

#include "deit/Support/Json.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace deit;
namespace json = llvm::json;

static std::string print(const json::Value &value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printJson(os, value);
  return text;
}

TEST(PrintJson, NumbersTakeAsFewDigitsAsTheyNeed) {
  EXPECT_EQ(print(0.1), "0.1\n");
  EXPECT_EQ(print(json::Array{0.25, -3, 1e-12, nullptr}),
            "[0.25,-3,1e-12,null]\n");
  EXPECT_EQ(print(int64_t(9007199254740993)), "9007199254740993\n");
}

TEST(PrintJson, NumbersAreReadToTheBit) {
  for (double number : {1.0 / 3, 2e300, -5e-324, 123456789.125}) {
    auto read = json::parse(print(number));
    ASSERT_TRUE(bool(read));
    EXPECT_EQ(*read->getAsNumber(), number);
  }
}

TEST(PrintJson, WhatIsNoNumberIsNull) {
  EXPECT_EQ(print(HUGE_VAL), "null\n");
  EXPECT_EQ(print(std::nan("")), "null\n");
}

TEST(PrintJson, ObjectsAreSortedAndQuoted) {
  json::Value value =
      json::Object{{"b", "a \"quote\"\n"},
                   {"a", json::Array{json::Object{}, json::Array{}}}};
  EXPECT_EQ(print(value), "{\n \"a\": [\n  {},\n  []\n ],\n \"b\": \"a "
                          "\\\"quote\\\"\\n\"\n}\n");
  auto read = json::parse(print(value));
  ASSERT_TRUE(bool(read));
  EXPECT_EQ(*read, value);
}

TEST(ShortNumber, HasAsManyDigits) {
  EXPECT_EQ(shortNumber(3.14159265358979, 3), json::Value(3.14));
  EXPECT_EQ(shortNumber(123456.7, 3), json::Value(123000.0));
  EXPECT_EQ(shortNumber(-HUGE_VAL), json::Value(nullptr));
}
