// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of the float reference against plain arithmetic. Without LibTorch they
// are skipped.

#include "deit/Reference/FloatReference.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace deit;

namespace {
class FloatReferenceTest : public ::testing::Test {
protected:
  void SetUp() override {
    Expected<FloatReference *> loaded = loadFloatReference(2);
    if (!loaded)
      GTEST_SKIP() << llvm::toString(loaded.takeError());
    reference = *loaded;
    context.loadDialect<DeiTDialect, quant::QuantDialect, func::FuncDialect>();
  }

  Expected<std::vector<float>> tryRun(const std::string &text,
                                      ArrayRef<uint8_t> images, int64_t count,
                                      FloatHook hook = nullptr,
                                      FloatObserver observer = nullptr) {
    module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return llvm::createStringError("the program does not parse");
    return reference->run(*module->getOps<func::FuncOp>().begin(), images,
                          count, hook, observer);
  }

  std::vector<float> run(const std::string &text, ArrayRef<uint8_t> images,
                         int64_t count = 1, FloatHook hook = nullptr) {
    auto logits = tryRun(text, images, count, hook);
    if (logits)
      return *logits;
    ADD_FAILURE() << llvm::toString(logits.takeError());
    return {};
  }

  std::string failureOf(const std::string &text, ArrayRef<uint8_t> images) {
    auto logits = tryRun(text, images, 1);
    return logits ? "" : llvm::toString(logits.takeError());
  }

  FloatReference *reference = nullptr;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};
} // namespace

/// A program that has `%t`, the pixels as tokens of 3 channels, and runs
/// `body`, which ends in `%y` of `type`.
static std::string program(int tokens, const std::string &body,
                           const std::string &type) {
  std::string n = std::to_string(tokens);
  return "func.func @forward(%i: tensor<1x" + n + "x1x3xui8>) -> " + type +
         "{\n%w = deit.constant dense<[[[[1.0, 0.0, 0.0]]], [[[0.0, 1.0, "
         "0.0]]], [[[0.0, 0.0, 1.0]]]]> : tensor<3x1x1x3xf32> -> "
         "tensor<3x1x1x3xf32>\n"
         "%b = deit.constant dense<0.0> : tensor<3xf32> -> tensor<3xf32>\n"
         "%t = deit.patch_embed %i, %w, %b : (tensor<1x" +
         n + "x1x3xui8>, tensor<3x1x1x3xf32>, tensor<3xf32>) -> tensor<1x" + n +
         "x3xf32>\n" + body + "\nreturn %y : " + type + "\n}";
}

/// A program of one token, `%x` of type tensor<1x3xf32>.
static std::string vectorProgram(const std::string &body,
                                 const std::string &type) {
  return program(1,
                 "%x = deit.select_token %t {index = 0 : i64} : "
                 "tensor<1x1x3xf32> -> tensor<1x3xf32>\n" +
                     body,
                 type);
}

static void expectNear(ArrayRef<float> found, ArrayRef<double> expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], 1e-5 * (1 + std::abs(expected[i])))
        << "at " << i;
}

static const char *const kFloats = "tensor<1x3xf32>";

TEST_F(FloatReferenceTest, RunsEveryImage) {
  std::string text =
      vectorProgram("%m = deit.constant dense<[[1.0, 2.0, 3.0], [0.0, 0.0, "
                    "-1.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>\n"
                    "%c = deit.constant dense<[0.5, 0.25]> : tensor<2xf32> -> "
                    "tensor<2xf32>\n"
                    "%y = deit.linear %x, %m bias %c : (tensor<1x3xf32>, "
                    "tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>",
                    "tensor<1x2xf32>");
  expectNear(run(text, {1, 2, 3, 255, 0, 10}, 2), {14.5, -2.75, 285.5, -9.75});
}

TEST_F(FloatReferenceTest, LimitsGelu) {
  std::string text = vectorProgram("%y = deit.gelu %x {limit = 3.5 : f64} : "
                                   "tensor<1x3xf32> -> tensor<1x3xf32>",
                                   kFloats);
  expectNear(run(text, {0, 1, 5}), {0, 0.8413447460685429, 3.5});
}

TEST_F(FloatReferenceTest, NormalizesPixels) {
  // What a program leaves unused, the hook sees all the same.
  std::string text = vectorProgram(
      "%y = deit.gelu %x : tensor<1x3xf32> -> tensor<1x3xf32>\n"
      "%n = deit.normalize %i {mean = array<f32: 0.5, 0.25, 0.0>, "
      "std = array<f32: 0.5, 0.25, 2.0>} : tensor<1x1x1x3xui8> -> "
      "tensor<1x1x1x3xf32>",
      kFloats);
  std::vector<float> pixels;
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t>) {
    if (isa<NormalizeOp>(result.getOwner()))
      pixels.assign(values.begin(), values.end());
  };
  run(text, {255, 0, 51}, 1, hook);
  expectNear(pixels, {1, -1, 0.1});
}

TEST_F(FloatReferenceTest, ComputesGelu) {
  std::string text = vectorProgram(
      "%s = deit.scale %x {factor = -0.5 : f64} : tensor<1x3xf32> -> "
      "tensor<1x3xf32>\n%y = deit.gelu %s : tensor<1x3xf32> -> "
      "tensor<1x3xf32>",
      kFloats);
  auto gelu = [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2))); };
  expectNear(run(text, {0, 1, 5}), {gelu(0), gelu(-0.5), gelu(-2.5)});
}

TEST_F(FloatReferenceTest, ComputesLayerNorm) {
  std::string text = vectorProgram(
      "%g = deit.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> "
      "tensor<3xf32>\n%h = deit.constant dense<[0.0, 1.0, 0.0]> : "
      "tensor<3xf32> -> tensor<3xf32>\n"
      "%y = deit.layer_norm %x, %g, %h {epsilon = 1.0 : f64} : "
      "(tensor<1x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3xf32>",
      kFloats);
  double deviation = std::sqrt(200.0 / 3 + 1); // of 10, 20, 30, biased
  expectNear(run(text, {10, 20, 30}), {-10 / deviation, 1, 30 / deviation});
}

TEST_F(FloatReferenceTest, RoundsHalvesToEvenAndClamps) {
  std::string type = "tensor<1x3x!quant.uniform<i8<-2:2>:f32, 2.0:1>>";
  std::string text =
      vectorProgram("%y = deit.quantize %x : tensor<1x3xf32> -> " + type, type);
  // Codes 0.5, 1.5, 2.5 above the zero point 1, which leaves one step.
  expectNear(run(text, {1, 3, 5}), {0, 2, 2});
  std::string wide = "tensor<1x3x!quant.uniform<i32:f32, 2.0>>";
  text =
      vectorProgram("%y = deit.quantize %x : tensor<1x3xf32> -> " + wide, wide);
  expectNear(run(text, {1, 3, 5}), {0, 4, 4});
}

TEST_F(FloatReferenceTest, RoundsEveryChannelByItsScale) {
  std::string type =
      "tensor<1x3x!quant.uniform<u8:f32:1, {1.0, 4.0:1, 100.0}>>";
  std::string text =
      vectorProgram("%y = deit.quantize %x : tensor<1x3xf32> -> " + type, type);
  expectNear(run(text, {7, 7, 7, 255, 255, 255}, 2), {7, 8, 0, 255, 256, 300});
}

TEST_F(FloatReferenceTest, SoftmaxHoldsNumerators) {
  std::string type = "tensor<1x3x!quant.uniform<u8:f32, 0.00392156862745098>>";
  std::string text =
      vectorProgram("%y = deit.softmax %x : tensor<1x3xf32> -> " + type, type);
  double one = std::nearbyint(255 * std::exp(-1)), // 94
      three = std::nearbyint(255 * std::exp(-3));  // 13
  double sum = 255 + one + three;
  expectNear(run(text, {5, 2, 4}), {255 / sum, three / sum, one / sum});
  // The sums survive the way back to floats.
  text = vectorProgram("%p = deit.softmax %x : tensor<1x3xf32> -> " + type +
                           "\n%y = deit.dequantize %p : " + type +
                           " -> tensor<1x3xf32>",
                       kFloats);
  expectNear(run(text, {5, 2, 4}), {255 / sum, three / sum, one / sum});
}

TEST_F(FloatReferenceTest, ReadsQuantizedConstants) {
  std::string text = vectorProgram(
      "%m = deit.constant dense<[[1, -2, 3], [-127, 0, 127]]> : "
      "tensor<2x3xi8> -> tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.5, "
      "2.0}>>\n"
      "%c = deit.constant dense<[200, 3]> : tensor<2xi8> -> "
      "tensor<2x!quant.uniform<u8:f32, 0.5:100>>\n"
      "%y = deit.linear %x, %m bias %c : (tensor<1x3xf32>, "
      "tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.5, 2.0}>>, "
      "tensor<2x!quant.uniform<u8:f32, 0.5:100>>) -> tensor<1x2xf32>",
      "tensor<1x2xf32>");
  expectNear(run(text, {1, 2, 3}), {0.5 * (1 - 4 + 9) + 50, 2.0 * 254 - 48.5});
}

/// Attention of one head over 2 tokens, whose 3 channels are q, k and v.
static const char *const kAttention = R"(
%q, %k, %v = deit.split_qkv %t : tensor<1x2x3xf32>
  -> tensor<1x2x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1xf32>
%hq = deit.split_heads %q : tensor<1x2x1xf32> -> tensor<1x1x2x1xf32>
%hk = deit.split_heads %k : tensor<1x2x1xf32> -> tensor<1x1x2x1xf32>
%hv = deit.split_heads %v : tensor<1x2x1xf32> -> tensor<1x1x2x1xf32>
%s = deit.matmul %hq, %hk {transpose_rhs} : (tensor<1x1x2x1xf32>,
  tensor<1x1x2x1xf32>) -> tensor<1x1x2x2xf32>
%p = deit.softmax %s : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
%a = deit.matmul %p, %hv : (tensor<1x1x2x2xf32>, tensor<1x1x2x1xf32>)
  -> tensor<1x1x2x1xf32>
%m = deit.merge_heads %a : tensor<1x1x2x1xf32> -> tensor<1x2x1xf32>
%y = deit.select_token %m {index = 1 : i64} : tensor<1x2x1xf32>
  -> tensor<1x1xf32>)";

TEST_F(FloatReferenceTest, AttendsOverTokens) {
  auto expected = [](double q, double k0, double v0, double k1, double v1) {
    double e0 = std::exp(q * k0), e1 = std::exp(q * k1);
    return (e0 * v0 + e1 * v1) / (e0 + e1);
  };
  expectNear(run(program(2, kAttention, "tensor<1x1xf32>"),
                 {9, 2, 50, 1, 3, 70, 9, 1, 20, 2, 0, 80}, 2),
             {expected(1, 2, 50, 3, 70), expected(2, 1, 20, 0, 80)});
}

TEST_F(FloatReferenceTest, SplitsChannelsAmongHeads) {
  std::string text = program(2, R"(
%h = deit.split_heads %t : tensor<1x2x3xf32> -> tensor<1x3x2x1xf32>
%m = deit.merge_heads %h : tensor<1x3x2x1xf32> -> tensor<1x2x3xf32>
%c = deit.constant dense<[7.0, 8.0, 9.0]> : tensor<3xf32> -> tensor<3xf32>
%d = deit.prepend_token %m, %c : (tensor<1x2x3xf32>, tensor<3xf32>)
  -> tensor<1x3x3xf32>
%e = deit.add %d, %d : (tensor<1x3x3xf32>, tensor<1x3x3xf32>)
  -> tensor<1x3x3xf32>
%f = deit.layer_scale %e, %c : (tensor<1x3x3xf32>, tensor<3xf32>)
  -> tensor<1x3x3xf32>
%y = deit.select_token %f {index = 2 : i64} : tensor<1x3x3xf32>
  -> tensor<1x3xf32>)",
                             kFloats);
  std::vector<float> heads;
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t>) {
    if (isa<SplitHeadsOp>(result.getOwner()))
      heads.assign(values.begin(), values.end());
  };
  expectNear(run(text, {1, 2, 3, 4, 5, 6}, 1, hook), {56, 80, 108});
  EXPECT_EQ(heads, (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST_F(FloatReferenceTest, HookSeesValuesBeforeRoundingAndMayChangeThem) {
  std::string type = "tensor<1x3x!quant.uniform<u8:f32, 10.0>>";
  std::string text = vectorProgram(
      "%g = deit.scale %x {factor = 1.0 : f64} : tensor<1x3xf32> -> " + type +
          "\n%d = deit.dequantize %g : " + type +
          " -> tensor<1x3xf32>\n%y = deit.add %g, %d : (" + type +
          ", tensor<1x3xf32>) -> tensor<1x3xf32>",
      kFloats);
  int seen = 0;
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t> shape) {
    ++seen;
    EXPECT_EQ(shape.front(), 2);
    EXPECT_EQ(values.size(), 6u);
    if (isa<ScaleOp>(result.getOwner())) {
      EXPECT_EQ(values[0], 21);
      values[0] = 38;
    }
    // What it was made from must stay as it is.
    if (isa<DequantizeOp>(result.getOwner()))
      values[1] = 1000;
  };
  expectNear(run(text, {21, 50, 90, 0, 0, 0}, 2, hook),
             {80, 1050, 180, 0, 0, 0});
  EXPECT_EQ(seen, 5) << "constants compute nothing and are not shown";
}

TEST_F(FloatReferenceTest, ObserverSeesValuesAfterRounding) {
  std::string type = "tensor<1x3x!quant.uniform<u8:f32, 10.0>>";
  std::string text = vectorProgram(
      "%y = deit.scale %x {factor = 2.0 : f64} : tensor<1x3xf32> -> " + type,
      type);
  std::vector<float> seen;
  auto observer = [&](OpResult result, ArrayRef<float> values,
                      ArrayRef<int64_t> shape) {
    EXPECT_EQ(shape.front(), 1);
    if (isa<ScaleOp>(result.getOwner()))
      seen = values.vec();
  };
  auto logits = tryRun(text, {3, 8, 200}, 1, nullptr, observer);
  ASSERT_TRUE(bool(logits));
  expectNear(seen, {10, 20, 400});
  EXPECT_EQ(seen, *logits);
}

/// Against differences of the loss, each value changed a little by a hook.
TEST_F(FloatReferenceTest, DifferentiatesALoss) {
  std::string text = program(
      2,
      "%s = deit.softmax %t : tensor<1x2x3xf32> -> tensor<1x2x3xf32>\n"
      "%a = deit.add %s, %t : (tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> "
      "tensor<1x2x3xf32>\n"
      "%g = deit.gelu %a : tensor<1x2x3xf32> -> tensor<1x2x3xf32>\n"
      "%y = deit.select_token %g {index = 1 : i64} : tensor<1x2x3xf32> -> "
      "tensor<1x3xf32>",
      "tensor<1x3xf32>");
  std::vector<uint8_t> images = {9, 9, 9, 1, 2, 0, 3, 1, 2, 2, 1, 1};
  std::vector<float> weights = {1, -2, 0.5, 0.25, 3, -1};
  run(text, images, 2); // parses
  auto function = *module->getOps<func::FuncOp>().begin();
  auto isSoftmax = [](OpResult result) {
    return isa<SoftmaxOp>(result.getOwner());
  };
  auto lossWith = [&](size_t changed, float by) {
    double loss = 0;
    auto logits = reference->run(
        function, images, 2,
        [&](OpResult result, MutableArrayRef<float> values, ArrayRef<int64_t>) {
          if (isSoftmax(result))
            values[changed] += by;
        });
    for (auto [logit, weight] : llvm::zip_equal(*logits, weights))
      loss += double(logit) * weight;
    return loss;
  };
  unsigned seen = 0;
  Error error = reference->differentiate(
      function, images, 2, [&](ArrayRef<float>) { return weights; }, isSoftmax,
      [&](OpResult, ArrayRef<float> values, ArrayRef<float> gradients,
          ArrayRef<int64_t> shape) {
        ++seen;
        EXPECT_EQ(shape, ArrayRef<int64_t>({2, 2, 3}));
        EXPECT_NEAR(values[0], 1.0 / 3, 1e-6);
        for (size_t i = 0; i < gradients.size(); ++i)
          EXPECT_NEAR(gradients[i],
                      (lossWith(i, 0.01f) - lossWith(i, -0.01f)) / 0.02, 1e-2);
        // The first token goes nowhere.
        EXPECT_EQ(gradients[0], 0);
        EXPECT_NE(gradients[3], 0);
      });
  EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
  EXPECT_EQ(seen, 1u);
}

TEST_F(FloatReferenceTest, RefusesWhatItCannotRun) {
  std::string text = vectorProgram(
      "%y = func.call @forward(%i) : (tensor<1x1x1x3xui8>) -> tensor<1x3xf32>",
      kFloats);
  EXPECT_NE(failureOf(text, {1, 2, 3}).find("'func.call'"), std::string::npos);
  text = "func.func @forward(%x: tensor<1x3xf32>) -> tensor<1x3xf32> "
         "{ return %x : tensor<1x3xf32> }";
  EXPECT_NE(failureOf(text, {1, 2, 3}).find("expected tensor<1xHxWx3xui8>"),
            std::string::npos);
  text = vectorProgram("%y = deit.gelu %x : tensor<1x3xf32> -> tensor<1x3xf32>",
                       kFloats);
  EXPECT_NE(failureOf(text, {1, 2}).find("found 2 bytes"), std::string::npos);
  text = vectorProgram("%c = deit.constant dense_resource<lost> : "
                       "tensor<1x3xf32> -> tensor<1x3xf32> "
                       "loc(\"head.bias\")\n"
                       "%y = deit.add %x, %c : (tensor<1x3xf32>, "
                       "tensor<1x3xf32>) -> tensor<1x3xf32>",
                       kFloats);
  EXPECT_NE(failureOf(text, {1, 2, 3})
                .find("head.bias: 'deit.constant': "
                      "resource 'lost' is missing"),
            std::string::npos);
}

//===----------------------------------------------------------------------===//
// Convolutional networks
//===----------------------------------------------------------------------===//

/// A program whose `%x` is a grey image of 2 rows and 3 columns as features of
/// one channel, and whose `%y`, 1x1x1 features or more, ends as logits.
static std::string featureProgram(const std::string &body, int values) {
  std::string n = std::to_string(values);
  return "func.func @forward(%i: tensor<1x2x3x3xui8>) -> tensor<1x" + n +
         "xf32> {\n"
         "%p = deit.normalize %i {mean = array<f32: 0.0, 0.0, 0.0>, std = "
         "array<f32: 0.003921568859368563, 0.003921568859368563, "
         "0.003921568859368563>} : tensor<1x2x3x3xui8> -> "
         "tensor<1x2x3x3xf32>\n"
         "%w = deit.constant dense<[[[[1.0, 0.0, 0.0]]]]> : "
         "tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>\n"
         "%x = deit.conv2d %p, %w {strides = array<i64: 1, 1>, padding = "
         "array<i64: 0, 0, 0, 0>, groups = 1 : i64} : (tensor<1x2x3x3xf32>, "
         "tensor<1x1x1x3xf32>) -> tensor<1x2x3x1xf32>\n" +
         body + "\n%z = deit.global_average_pool %y : tensor<1x1x1x" + n +
         "xf32> -> tensor<1x" + n + "xf32>\nreturn %z : tensor<1x" + n +
         "xf32>\n}";
}

/// 1 2 3 over 4 5 6, grey.
static std::vector<uint8_t> countedPixels() {
  std::vector<uint8_t> pixels;
  for (uint8_t value = 1; value <= 6; ++value)
    pixels.insert(pixels.end(), 3, value);
  return pixels;
}

TEST_F(FloatReferenceTest, GlobalAveragePool) {
  std::string text = featureProgram("", 1);
  size_t at = text.find("%z = deit.global_average_pool %y");
  text.replace(at, text.find("\n", at) - at,
               "%z = deit.global_average_pool %x : tensor<1x2x3x1xf32> -> "
               "tensor<1x1xf32>");
  expectNear(run(text, countedPixels()), {3.5});
}

// The filter counts its columns, 1 2; padding of one row above: the first
// window is 0 0 over 1 2, whose sum is 1 * 1 + 2 * 2; the stride skips others.
TEST_F(FloatReferenceTest, ConvolutionIsPaddedUnevenly) {
  expectNear(
      run(featureProgram(
              "%f = deit.constant dense<[[[[1.0], [2.0]], [[1.0], [2.0]]]]> : "
              "tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>\n"
              "%b = deit.constant dense<[10.0]> : tensor<1xf32> -> "
              "tensor<1xf32>\n"
              "%y = deit.conv2d %x, %f bias %b {strides = array<i64: 2, 2>, "
              "padding = array<i64: 1, 0, 0, 0>, groups = 1 : i64} : "
              "(tensor<1x2x3x1xf32>, tensor<1x2x2x1xf32>, tensor<1xf32>) -> "
              "tensor<1x1x1x1xf32>",
              1),
          countedPixels()),
      {15});
}

// -1 to -6 with padding: what lies outside does not count for the maximum, and
// counts as zero for the mean.
TEST_F(FloatReferenceTest, PoolsArePadded) {
  auto pool = [](const std::string &name) {
    return featureProgram(
        "%m = deit.scale %x {factor = -1.0 : f64} : tensor<1x2x3x1xf32> -> "
        "tensor<1x2x3x1xf32>\n"
        "%y = deit." +
            name +
            " %m {window = array<i64: 2, 2>, strides = array<i64: 3, 3>, "
            "padding = array<i64: 1, 1, 0, 0>} : tensor<1x2x3x1xf32> -> "
            "tensor<1x1x1x1xf32>",
        1);
  };
  expectNear(run(pool("max_pool"), countedPixels()), {-1});
  expectNear(run(pool("average_pool"), countedPixels()), {-0.25});
}

TEST_F(FloatReferenceTest, ShortcutSkipsPixelsAndPadsChannels) {
  expectNear(run(featureProgram("%y = deit.shortcut %x {stride = 3 : i64, "
                                "before = 1 : i64} : tensor<1x2x3x1xf32> -> "
                                "tensor<1x1x1x3xf32>",
                                3),
                 countedPixels()),
             {0, 1, 0});
}

TEST_F(FloatReferenceTest, ReluHasACeiling) {
  auto relu = [](const std::string &attributes, double factor) {
    return featureProgram(
        "%s = deit.shortcut %x {stride = 3 : i64, before = 0 : i64} : "
        "tensor<1x2x3x1xf32> -> tensor<1x1x1x1xf32>\n%m = deit.scale %s "
        "{factor = " +
            std::to_string(factor) +
            " : f64} : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>\n"
            "%y = deit.relu %m " +
            attributes + " : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>",
        1);
  };
  expectNear(run(relu("", 9), countedPixels()), {9});
  expectNear(run(relu("", -9), countedPixels()), {0});
  expectNear(run(relu("{ceiling = 6.0 : f64}", 9), countedPixels()), {6});
}

//===----------------------------------------------------------------------===//
// Variants
//===----------------------------------------------------------------------===//

/// A network of everything there is in a block, for 2 tokens.
static const char *const kNetwork = R"(
    %k = deit.constant dense<[[0.3, -0.2, 0.1], [0.2, 0.5, -0.4],
      [-0.1, 0.4, 0.6]]> : tensor<3x3xf32> -> tensor<3x3xf32>
    %g = deit.constant dense<[1.0, 1.5, 0.5]> : tensor<3xf32> -> tensor<3xf32>
    %z = deit.constant dense<[0.1, 0.0, -0.2]> : tensor<3xf32> -> tensor<3xf32>
    %n = deit.layer_norm %t, %g, %z {epsilon = 1.0e-6 : f64}
      : (tensor<1x2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x2x3xf32>
    %q = deit.linear %n, %k
      : (tensor<1x2x3xf32>, tensor<3x3xf32>) -> tensor<1x2x3xf32>
    %h = deit.split_heads %q : tensor<1x2x3xf32> -> tensor<1x1x2x3xf32>
    %s = deit.matmul %h, %h {transpose_rhs}
      : (tensor<1x1x2x3xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x2x2xf32>
    %p = deit.softmax %s : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
    %m = deit.matmul %p, %h
      : (tensor<1x1x2x2xf32>, tensor<1x1x2x3xf32>) -> tensor<1x1x2x3xf32>
    %o = deit.merge_heads %m : tensor<1x1x2x3xf32> -> tensor<1x2x3xf32>
    %a = deit.gelu %o : tensor<1x2x3xf32> -> tensor<1x2x3xf32>
    %r = deit.add %a, %q
      : (tensor<1x2x3xf32>, tensor<1x2x3xf32>) -> tensor<1x2x3xf32>
    %c = deit.select_token %r {index = 0 : i64}
      : tensor<1x2x3xf32> -> tensor<1x3xf32>
    %y = deit.linear %c, %k
      : (tensor<1x3xf32>, tensor<3x3xf32>) -> tensor<1x3xf32>)";

namespace {
class FloatReferenceVariantsTest : public FloatReferenceTest {
protected:
  func::FuncOp function() { return *module->getOps<func::FuncOp>().begin(); }
  Value firstLinear() { return *function().getOps<LinearOp>().begin(); }

  void parse(const std::string &text) {
    module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module);
  }

  std::vector<uint8_t> images = {10, 250, 30, 4, 90, 160, 77, 8, 201, 0, 5, 66};
};
} // namespace

TEST_F(FloatReferenceVariantsTest, VariantsAreRunsWithOneValueRounded) {
  parse(program(2, kNetwork, "tensor<1x3xf32>"));
  std::vector<CodeFormat> formats = {{{0.25}, {2}, 0, 7, -1},
                                     {{0.5}, {0}, -2, 2, -1}};
  auto rounded = [&](Operation *op, const CodeFormat &format) {
    auto hook = [&](OpResult result, MutableArrayRef<float> values,
                    ArrayRef<int64_t>) {
      if (result.getOwner() != op)
        return;
      for (float &value : values) {
        double code = std::nearbyint(value / format.scales[0]) +
                      static_cast<double>(format.zeroPoints[0]);
        code =
            std::min<double>(std::max<double>(code, format.low), format.high);
        value = static_cast<float>((code - format.zeroPoints[0]) *
                                   format.scales[0]);
      }
    };
    return llvm::cantFail(reference->run(function(), images, 2, hook));
  };
  unsigned seen = 0, changed = 0;
  auto plain = llvm::cantFail(reference->run(function(), images, 2));
  auto logits = llvm::cantFail(reference->runVariants(
      function(), images, 2,
      [&](OpResult result) {
        std::vector<Variant> variants;
        if (isa<LinearOp, GeluOp, MatmulOp>(result.getOwner()))
          for (const CodeFormat &format : formats)
            variants.push_back({std::nullopt, format});
        return variants;
      },
      [&](const VariantRun &run) {
        EXPECT_EQ(run.logits.vec(),
                  rounded(run.result.getOwner(), formats[run.index]));
        changed += run.logits.vec() != plain;
        ++seen;
      }));
  EXPECT_EQ(logits, plain);
  // Two linear layers, two products, GELU. What is returned has no user that
  // could see it rounded.
  EXPECT_EQ(seen, 10u);
  EXPECT_GE(changed, 8u);
}

TEST_F(FloatReferenceVariantsTest, VariantsRoundTheWeightsOfOneOperation) {
  // Both layers have one constant, of which either rounds its own.
  CodeFormat weights = {{0.25, 0.5, 0.125}, {0, 0, 0}, -2, 2, 0};
  CodeFormat values = {{0.25}, {2}, 0, 7, -1};
  std::vector<Variant> variants = {
      {weights, std::nullopt}, {std::nullopt, values}, {weights, values}};
  parse(program(2, kNetwork, "tensor<1x3xf32>"));
  auto round = [](float value, double scale, const CodeFormat &format) {
    auto zeroPoint = static_cast<double>(format.zeroPoints[0]);
    double code = std::nearbyint(value / scale) + zeroPoint;
    code = std::min<double>(std::max<double>(code, format.low), format.high);
    return static_cast<float>((code - zeroPoint) * scale);
  };
  std::vector<float> input;
  std::vector<std::vector<float>> exact;
  auto logits = llvm::cantFail(reference->run(
      function(), images, 2, nullptr,
      [&](OpResult result, ArrayRef<float> found, ArrayRef<int64_t>) {
        if (isa<LayerNormOp>(result.getOwner()))
          input = found.vec();
        if (isa<LinearOp>(result.getOwner()))
          exact.push_back(found.vec());
      }));
  const float kernel[3][3] = {
      {0.3f, -0.2f, 0.1f}, {0.2f, 0.5f, -0.4f}, {-0.1f, 0.4f, 0.6f}};
  unsigned seen = 0;
  auto unchanged = llvm::cantFail(reference->runVariants(
      function(), images, 2,
      [&](OpResult result) {
        return isa<LinearOp>(result.getOwner()) && result == firstLinear()
                   ? variants
                   : std::vector<Variant>();
      },
      [&](const VariantRun &run) {
        EXPECT_EQ(run.exact.vec(), exact[0]);
        const Variant &variant = variants[run.index];
        for (size_t i = 0; i < run.values.size(); ++i) {
          float sum = 0;
          for (size_t k = 0; k < 3; ++k) {
            float weight = kernel[i % 3][k];
            if (variant.weights)
              weight = round(weight, weights.scales[i % 3], weights);
            sum += input[i / 3 * 3 + k] * weight;
          }
          if (!variant.result)
            EXPECT_NEAR(run.values[i], sum, 1e-5);
          else
            EXPECT_NEAR(run.values[i], round(sum, 0.25, values), 1e-5);
        }
        // The same from there on, with the layer's own weights at the end.
        auto hook = [&](OpResult result, MutableArrayRef<float> found,
                        ArrayRef<int64_t>) {
          if (result == firstLinear())
            llvm::copy(run.values, found.begin());
        };
        EXPECT_EQ(run.logits.vec(),
                  llvm::cantFail(reference->run(function(), images, 2, hook)));
        ++seen;
      }));
  EXPECT_EQ(unchanged, logits);
  EXPECT_EQ(seen, 3u);
}
