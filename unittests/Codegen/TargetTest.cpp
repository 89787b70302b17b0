// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The targets keep the promises that the kernels are built on.

#include "deit/Codegen/Target.h"
#include "deit_abi.h"
#include "deit_cpu.h"
#include "gtest/gtest.h"

using namespace deit;

namespace {

const Target &target(StringRef name) { return *cantFail(lookupTarget(name)); }

TEST(Target, EveryNameIsFound) {
  for (const Target &each : allTargets())
    EXPECT_EQ(&target(each.name), &each);
}

TEST(Target, AnUnknownNameTellsTheOthers) {
  Expected<const Target *> found = lookupTarget("Rpi5");
  ASSERT_FALSE(found);
  std::string message = llvm::toString(found.takeError());
  EXPECT_NE(message.find("'Rpi5'"), std::string::npos);
  for (const Target &each : allTargets())
    EXPECT_NE(message.find(each.name.str()), std::string::npos);
}

TEST(Target, NativeRunsHere) {
  Expected<const Target *> found = lookupTarget("native");
  if (!found) {
    llvm::consumeError(found.takeError());
    for (const Target &each : allTargets())
      EXPECT_NE(each.required & ~deit_cpu_features(), 0) << each.name.str();
    return;
  }
  EXPECT_EQ((*found)->required & ~deit_cpu_features(), 0);
}

TEST(Target, FeaturesAreOfItsArchitecture) {
  EXPECT_TRUE(target("x86-64-v3").required & DEIT_FEATURE_AVX2);
  EXPECT_TRUE(target("x86-64-avx512vnni").required & DEIT_FEATURE_AVX512VNNI);
  EXPECT_TRUE(target("x86-64-avx512vnni").required & DEIT_FEATURE_AVX512VBMI);
  EXPECT_EQ(target("rpi5").required, DEIT_FEATURE_DOTPROD);
  for (const Target &each : allTargets())
    EXPECT_EQ(each.isX86(), !(each.required & DEIT_FEATURE_DOTPROD));
}

/// Rows of activations are multiples of 64 elements: blocks and depths beyond
/// that would run past them.
TEST(Target, BlocksAndDepthsFitARow) {
  for (const Target &each : allTargets()) {
    EXPECT_EQ(64 % (each.lanes * each.tileVectors), 0) << each.name.str();
    EXPECT_EQ(64 % each.depth(), 0) << each.name.str();
  }
}

/// A stored code and its weight are as wide as the dot product takes them, and
/// a lane of 32 bits holds a group.
TEST(Target, AGroupFillsALane) {
  for (const Target &each : allTargets())
    EXPECT_EQ(each.group() * each.width, 4) << each.name.str();
}

/// Left operands are stored such that the dot product's sign suits both u8 and
/// s8 codes.
TEST(Target, OffsetsMoveCodesIntoTheDotProductsRange) {
  for (const Target &each : allTargets()) {
    int64_t low = 0, high = 255; // vpdpbusd's left operand
    if (each.dot == DotStep::Sdot)
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
