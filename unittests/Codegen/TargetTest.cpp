// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The targets keep the promises that the kernels are built on.

#include "deit/Codegen/Target.h"
#include "deit_abi.h"
#include "deit_cpu.h"
#include "gtest/gtest.h"

using namespace deit;

namespace {

const Target &target(StringRef name) {
  TargetList found = cantFail(lookupTargets(name));
  EXPECT_EQ(found.size(), 1u) << name.str();
  return *found.front();
}

TEST(Target, EveryNameIsFound) {
  for (const Target &each : allTargets())
    EXPECT_EQ(&target(each.name), &each);
}

TEST(Target, AnUnknownNameTellsTheOthers) {
  Expected<TargetList> found = lookupTargets("Rpi5");
  ASSERT_FALSE(found);
  std::string message = llvm::toString(found.takeError());
  EXPECT_NE(message.find("'Rpi5'"), std::string::npos);
  for (const Target &each : allTargets())
    EXPECT_NE(message.find(each.name.str()), std::string::npos);
}

TEST(Target, NativeRunsHere) {
  Expected<TargetList> found = lookupTargets("native");
  if (!found) {
    llvm::consumeError(found.takeError());
    for (const Target &each : allTargets())
      EXPECT_NE(each.required & ~deit_cpu_features(), 0) << each.name.str();
    return;
  }
  EXPECT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front()->required & ~deit_cpu_features(), 0);
}

/// What a library of several holds: every target of one architecture, and each
/// asks for something that those behind it do not.
TEST(Target, AFamilyEndsWithTheLeastDemanding) {
  size_t members = 0;
  for (StringRef family : {"x86-64", "rpi"}) {
    TargetList list = cantFail(lookupTargets(family));
    members += list.size();
    ASSERT_GE(list.size(), 2u);
    for (const Target *each : list) {
      EXPECT_EQ(each->triple, list.back()->triple) << each->name.str();
      EXPECT_EQ(list.back()->required & ~each->required, 0) << each->name.str();
      if (each != list.back()) {
        EXPECT_NE(each->required & ~list.back()->required, 0)
            << each->name.str();
      }
    }
  }
  EXPECT_EQ(members, allTargets().size());
}

TEST(Target, TheDescriptionNamesEverything) {
  std::string text = describeTargets();
  for (const Target &each : allTargets())
    EXPECT_NE(text.find("  " + each.name.str() + " "), std::string::npos);
  for (StringRef name : {"x86-64", "rpi", "native"})
    EXPECT_NE(text.find("  " + name.str() + " "), std::string::npos);
}

TEST(Target, FeaturesAreOfItsArchitecture) {
  EXPECT_TRUE(target("x86-64-v3").required & DEIT_FEATURE_AVX2);
  EXPECT_TRUE(target("x86-64-avx512vnni").required & DEIT_FEATURE_AVX512VNNI);
  EXPECT_TRUE(target("x86-64-avx512vnni").required & DEIT_FEATURE_AVX512VBMI);
  EXPECT_FALSE(target("x86-64-avxvnni").required & DEIT_FEATURE_AVX512);
  EXPECT_TRUE(target("rpi5").required & DEIT_FEATURE_DOTPROD);
  EXPECT_FALSE(target("rpi4").required & DEIT_FEATURE_DOTPROD);
  for (const Target &each : allTargets()) {
    EXPECT_EQ(each.isX86(), (each.required & DEIT_FEATURE_AVX2) != 0);
    EXPECT_EQ(!each.isX86(), (each.required & DEIT_FEATURE_NEON) != 0);
  }
}

/// Rows of activations are multiples of 64 elements: blocks and depths beyond
/// that would run past them.
TEST(Target, BlocksAndDepthsFitARow) {
  for (const Target &each : allTargets()) {
    EXPECT_EQ(64 % (each.lanes * each.tileVectors), 0) << each.name.str();
    EXPECT_EQ(64 % each.depth(), 0) << each.name.str();
  }
}

/// A stored code and its weight are as wide as the dot product takes them: a
/// step fills its lanes of 32 bits, and whole steps an iteration.
TEST(Target, AStepFillsALane) {
  for (const Target &each : allTargets()) {
    EXPECT_EQ(each.group() * each.groupsADot() * each.width(), 4)
        << each.name.str();
    EXPECT_EQ(each.unroll % each.groupsADot(), 0) << each.name.str();
    EXPECT_EQ(each.unroll % each.groupsALoad(), 0) << each.name.str();
  }
}

/// Left operands are stored such that the dot product's sign suits both u8 and
/// s8 codes.
TEST(Target, OffsetsMoveCodesIntoTheDotProductsRange) {
  for (const Target &each : allTargets()) {
    int64_t low = 0, high = 255; // vpdpbusd's left operand
    if (each.dot == DotStep::Sdot || each.dot == DotStep::Smlal)
      low = -128, high = 127;
    if (each.dot == DotStep::Vpmaddwd)
      low = INT16_MIN, high = INT16_MAX;
    for (int64_t code : {0, 255}) {
      EXPECT_GE(code + each.unsignedOffset(), low) << each.name.str();
      EXPECT_LE(code + each.unsignedOffset(), high) << each.name.str();
    }
    for (int64_t code : {-128, 127}) {
      EXPECT_GE(code + each.signedOffset(), low) << each.name.str();
      EXPECT_LE(code + each.signedOffset(), high) << each.name.str();
    }
  }
}

} // namespace
