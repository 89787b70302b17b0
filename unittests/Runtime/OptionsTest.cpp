// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The evaluation's command line.

#include "deit_evaluate.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using Arguments = std::vector<const char *>;

struct Parsed {
  deit_evaluate_options options = {};
  std::vector<std::string> rest;
};

Parsed parse(Arguments arguments) {
  arguments.insert(arguments.begin(), "/somewhere/deit-eval");
  std::vector<char *> rest(arguments.size());
  Parsed parsed;
  int count = deit_evaluate_parse(static_cast<int>(arguments.size()),
                                  const_cast<char **>(arguments.data()),
                                  &parsed.options, rest.data());
  parsed.rest.assign(rest.begin(), rest.begin() + count);
  return parsed;
}

TEST(Options, Defaults) {
  Parsed parsed = parse({});
  EXPECT_EQ(parsed.options.data, nullptr);
  EXPECT_EQ(parsed.options.limit, 0);
  EXPECT_EQ(parsed.options.threads, 0u);
  EXPECT_EQ(parsed.options.format, 0);
  EXPECT_TRUE(parsed.rest.empty());
}

TEST(Options, AllOfThem) {
  for (const Arguments &arguments :
       {Arguments{"--data", "a.bin", "--limit", "500", "--threads", "4",
                  "--json", "-", "--logits", "l.bin", "--format", "cifar100",
                  "--quiet"},
        Arguments{"--data=a.bin", "--limit=500", "--threads=4", "--json=-",
                  "--logits=l.bin", "--format=cifar100", "--quiet"}}) {
    Parsed parsed = parse(arguments);
    EXPECT_STREQ(parsed.options.data, "a.bin");
    EXPECT_EQ(parsed.options.limit, 500);
    EXPECT_EQ(parsed.options.threads, 4u);
    EXPECT_STREQ(parsed.options.json, "-");
    EXPECT_STREQ(parsed.options.logits, "l.bin");
    EXPECT_EQ(parsed.options.format, 100);
    EXPECT_EQ(parsed.options.quiet, 1);
    EXPECT_TRUE(parsed.rest.empty());
  }
}

TEST(Options, RestKeepsItsOrder) {
  Parsed parsed = parse({"model.so", "--container", "--limit", "3", "w",
                         "--datafile", "--limits=4"});
  EXPECT_EQ(parsed.options.limit, 3);
  EXPECT_EQ(parsed.rest,
            (std::vector<std::string>{"model.so", "--container", "w",
                                      "--datafile", "--limits=4"}));
}

TEST(Options, LastOneWins) {
  EXPECT_EQ(parse({"--limit=1", "--limit=2"}).options.limit, 2);
}

TEST(Options, LargestNumbers) {
  EXPECT_EQ(parse({"--threads=256"}).options.threads, 256u);
  EXPECT_EQ(parse({"--limit=999999999999999999"}).options.limit,
            999999999999999999);
}

void expectError(const Arguments &arguments, const char *message) {
  EXPECT_EXIT(parse(arguments), testing::ExitedWithCode(1),
              std::string("^deit-eval: error: ") + message)
      << arguments[0];
}

TEST(OptionsDeathTest, WrongNumbers) {
  const char *threads = "--threads takes a whole number from 1 to 256, not '";
  for (const char *value : {"0", "257", "12x", "-1", "+1", " 1", "0x2", "1.0",
                            "9999999999999999999999"})
    expectError({"--threads", value}, threads);
  const char *limit = "--limit takes a whole number of images from 1 on, not '";
  for (const char *value : {"12x", "-5", "many", "9999999999999999999"})
    expectError({"--limit", value}, limit);
  expectError({"--limit", "0"}, "--limit 0 leaves nothing to evaluate; leave "
                                "--limit out to evaluate all images");
}

TEST(OptionsDeathTest, OtherWrongValues) {
  expectError({"--format", "cifar"},
              "--format is cifar10 or cifar100, not 'cifar'");
  for (const char *option :
       {"--data", "--limit", "--threads", "--json", "--logits", "--data="})
    expectError({option}, "--[a-z]+ needs a value; --help lists the options");
}

TEST(OptionsDeathTest, HelpAndVersion) {
  EXPECT_EXIT(parse({"--help"}), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(parse({"--version"}), testing::ExitedWithCode(0), "");
}

TEST(Options, HelpNamesEveryOption) {
  for (const char *option :
       {"--data", "--format", "--limit", "--threads", "--json", "--logits",
        "--quiet", "--help", "--version"})
    EXPECT_NE(std::string(deit_evaluate_help).find(option), std::string::npos);
}

} // namespace
