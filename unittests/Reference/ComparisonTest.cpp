// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of comparisons, with ratios that can be had by hand.

#include "deit/Reference/Comparison.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace deit;

namespace {
class ComparisonTest : public ::testing::Test {
protected:
  void SetUp() override {
    context.loadDialect<fxp::FxpDialect, func::FuncDialect>();
    module = parseSourceString<ModuleOp>(R"(
      func.func @f(%x: tensor<1x4x4xui8>) -> tensor<1x2x4x2xui8> {
        %r = fxp.kernel "moves" -> tensor<1x4x4xui8> {
          %0 = fxp.split_heads %x : tensor<1x4x4xui8> -> tensor<1x2x4x2xui8>
          %1 = fxp.merge_heads %0 : tensor<1x2x4x2xui8> -> tensor<1x4x4xui8>
          fxp.yield %1 : tensor<1x4x4xui8>
        }
        %2 = fxp.split_heads %r : tensor<1x4x4xui8> -> tensor<1x2x4x2xui8>
        return %2 : tensor<1x2x4x2xui8>
      })",
                                         &context);
    module->walk([&](Operation *op) {
      if (isa<fxp::SplitHeadsOp, fxp::MergeHeadsOp>(op))
        ops.push_back(op);
    });
    ASSERT_EQ(ops.size(), 3u);
  }

  TracedValue value(unsigned op, std::string path, std::vector<float> values) {
    std::vector<int64_t> shape = {static_cast<int64_t>(values.size())};
    return {ops[op], path, shape, values};
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::vector<Operation *> ops; ///< the moves, in order
};
} // namespace

TEST_F(ComparisonTest, Measures) {
  Trace reference{{value(0, "a", {3, -4}), value(1, "b", {1, 0})}, {1, 2}};
  Trace model{{value(0, "a", {3, -3.5f}), value(1, "b", {0, 1})}, {1, 3}};
  auto comparison = compareTraces(reference, model);
  ASSERT_TRUE(bool(comparison));
  ASSERT_EQ(comparison->values.size(), 2u);
  const ValueComparison &a = comparison->values[0], &b = comparison->values[1];
  EXPECT_NEAR(a.signalToNoise, 20, 1e-9); // 25 to 0.25
  EXPECT_EQ(a.largestError, 0.5);
  EXPECT_EQ(a.largestValue, 4);
  EXPECT_NEAR(a.cosine, 23 / (5 * std::sqrt(21.25)), 1e-9);
  EXPECT_EQ(b.cosine, 0);
  EXPECT_NEAR(b.signalToNoise, 10 * std::log10(0.5), 1e-9);
  EXPECT_EQ(comparison->logits[1], 3);
  EXPECT_EQ(comparison->referenceLogits[1], 2);
}

TEST_F(ComparisonTest, DropIsAgainstTheWorstSource) {
  // "a" is good, what is made of it in the kernel is not compared, and what is
  // made of that, outside, has lost 20 dB.
  Trace reference{{value(0, "a", {10}), value(2, "c", {10})}, {1}};
  Trace model{{value(0, "a", {10.1f}), value(2, "c", {11})}, {1}};
  auto comparison = compareTraces(reference, model);
  ASSERT_TRUE(bool(comparison));
  EXPECT_NEAR(comparison->values[0].drop, 50 - 40, 1e-4); // against the image
  EXPECT_NEAR(comparison->values[1].drop, 40 - 20, 1e-4);
  ASSERT_TRUE(comparison->worst());
  EXPECT_EQ(comparison->worst()->path, "c");
}

TEST_F(ComparisonTest, SaysWhatHasNoCounterpart) {
  Trace reference{
      {value(0, "a", {1}), value(1, "b", {1}), value(2, "c", {1, 2})}, {1}};
  Trace model{{value(0, "a", {1}), value(1, "d", {1}), value(2, "c", {1})},
              {1}};
  auto comparison = compareTraces(reference, model);
  ASSERT_TRUE(bool(comparison));
  ASSERT_EQ(comparison->values.size(), 1u);
  EXPECT_TRUE(std::isinf(comparison->values[0].signalToNoise));
  EXPECT_EQ(comparison->values[0].cosine, 1);
  EXPECT_EQ(comparison->unmatched,
            (std::vector<std::string>{"d: not in the reference",
                                      "c: 1 values, the reference has 2",
                                      "b: only in the reference"}));
}

TEST_F(ComparisonTest, RefusesWhatHasNothingInCommon) {
  Trace reference{{value(0, "a", {1})}, {1}};
  Trace model{{value(0, "b", {1})}, {1}};
  auto nothing = compareTraces(reference, model);
  EXPECT_FALSE(bool(nothing));
  EXPECT_NE(llvm::toString(nothing.takeError()).find("in common"),
            std::string::npos);
  Trace classes{{value(0, "a", {1})}, {1, 2}};
  auto other = compareTraces(reference, classes);
  EXPECT_FALSE(bool(other));
  EXPECT_NE(llvm::toString(other.takeError()).find("same classes"),
            std::string::npos);
}
