// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Converts a quantized encoder block and compares every value with the real
// arithmetic on its operands' codes; then fuses it and compares the integers.

#include "deit/Conversion/Passes.h"
#include "deit/Dialect/Fxp/Transforms/Passes.h"
#include "deit/Reference/FxpInterpreter.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace deit;

namespace {
constexpr int kTokens = 5, kChannels = 8, kHeads = 2, kHeadChannels = 4;

/// The block's text; `results` are its values that are returned, with types.
std::string blockText(const std::string &results, const std::string &types) {
  return R"(
!x = !quant.uniform<i16<-32767:32767>:f32, 0.001>
!y = !quant.uniform<i16<-32767:32767>:f32, 0.0013>
!n = !quant.uniform<u8:f32, 0.02:119>
!q = !quant.uniform<i8<-127:127>:f32, 0.03>
!v = !quant.uniform<i8<-127:127>:f32, 0.025>
!s = !quant.uniform<i32:f32, 0.0009>
!p = !quant.uniform<u8:f32, 0.0039215686274509803>
!o = !quant.uniform<u8:f32, 0.017:130>
!h = !quant.uniform<u8:f32, 0.015:140>
!g = !quant.uniform<u8:f32, 0.01:17>
!w = !quant.uniform<i8<-127:127>:f32:0,
    {0.01, 0.011, 0.002, 0.01, 0.013, 0.0001, 0.01, 0.012}>
func.func @forward(%x: tensor<1x5x8x!x>) -> ()" +
         types + R"() {
  %gamma = deit.constant dense<[1.0, -0.5, 2.0, 0.0, 1.5, 0.9, 1.1, 0.3]>
    : tensor<8xf32> -> tensor<8xf32>
  %beta = deit.constant dense<[0.1, 0.5, -0.4, 0.2, 0.0, 0.9, -1.1, 0.3]>
    : tensor<8xf32> -> tensor<8xf32>
  %w = deit.constant dense<[
    [127, -3, 45, 77, -120, 5, 9, 31], [12, 99, -127, 1, 0, 44, -61, 8],
    [-9, 18, -27, 36, -45, 54, -63, 72], [1, 2, 3, 5, 8, 13, 21, 34],
    [0, 0, 0, 0, 0, 0, 0, 0], [127, 127, 127, 127, 127, 127, 127, 127],
    [-127, 127, -127, 127, -127, 127, -127, 127],
    [55, -44, 33, -22, 11, -100, 90, -80]]> : tensor<8x8xi8> -> tensor<8x8x!w>
  %n = deit.layer_norm %x, %gamma, %beta {epsilon = 1.0e-06 : f64}
    : (tensor<1x5x8x!x>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x5x8x!n>
  %q = deit.linear %n, %w bias %beta
    : (tensor<1x5x8x!n>, tensor<8x8x!w>, tensor<8xf32>) -> tensor<1x5x8x!q>
  %v = deit.linear %n, %w : (tensor<1x5x8x!n>, tensor<8x8x!w>)
    -> tensor<1x5x8x!v>
  %qh = deit.split_heads %q : tensor<1x5x8x!q> -> tensor<1x2x5x4x!q>
  %kh = deit.split_heads %q : tensor<1x5x8x!q> -> tensor<1x2x5x4x!q>
  %vh = deit.split_heads %v : tensor<1x5x8x!v> -> tensor<1x2x5x4x!v>
  %s = deit.matmul %qh, %kh {transpose_rhs}
    : (tensor<1x2x5x4x!q>, tensor<1x2x5x4x!q>) -> tensor<1x2x5x5x!s>
  %p = deit.softmax %s : tensor<1x2x5x5x!s> -> tensor<1x2x5x5x!p>
  %a = deit.matmul %p, %vh
    : (tensor<1x2x5x5x!p>, tensor<1x2x5x4x!v>) -> tensor<1x2x5x4x!o>
  %o = deit.merge_heads %a : tensor<1x2x5x4x!o> -> tensor<1x5x8x!o>
  %b = deit.linear %o, %w bias %beta
    : (tensor<1x5x8x!o>, tensor<8x8x!w>, tensor<8xf32>) -> tensor<1x5x8x!y>
  %y = deit.add %x, %b : (tensor<1x5x8x!x>, tensor<1x5x8x!y>)
    -> tensor<1x5x8x!y>
  %h = deit.linear %o, %w bias %beta
    : (tensor<1x5x8x!o>, tensor<8x8x!w>, tensor<8xf32>) -> tensor<1x5x8x!h>
  %g = deit.gelu %h : tensor<1x5x8x!h> -> tensor<1x5x8x!g>
  return )" +
         results + " : " + types + "\n}\n";
}

/// The same numbers as in the text.
const double kGamma[8] = {1.0, -0.5, 2.0, 0.0, 1.5, 0.9, 1.1, 0.3};
const double kBeta[8] = {0.1, 0.5, -0.4, 0.2, 0.0, 0.9, -1.1, 0.3};
const double kWeightScales[8] = {0.01,  0.011,  0.002, 0.01,
                                 0.013, 0.0001, 0.01,  0.012};
const int kWeight[8][8] = {{127, -3, 45, 77, -120, 5, 9, 31},
                           {12, 99, -127, 1, 0, 44, -61, 8},
                           {-9, 18, -27, 36, -45, 54, -63, 72},
                           {1, 2, 3, 5, 8, 13, 21, 34},
                           {0, 0, 0, 0, 0, 0, 0, 0},
                           {127, 127, 127, 127, 127, 127, 127, 127},
                           {-127, 127, -127, 127, -127, 127, -127, 127},
                           {55, -44, 33, -22, 11, -100, 90, -80}};

/// A value's codes and what they stand for.
struct Codes {
  const IntegerTensor &tensor;
  double scale;
  int zeroPoint, low, high;

  double operator[](int i) const {
    return (tensor.values[i] - zeroPoint) * scale;
  }
  /// Code i is the rounded `real`, to 1/2 and `more` of a code.
  void expect(int i, double real, double more) const {
    double code =
        std::min<double>(high, std::max<double>(low, real / scale + zeroPoint));
    EXPECT_NEAR(tensor.values[i], code, 0.5 + more) << i;
  }
};

class DeiTToFxp : public ::testing::Test {
protected:
  DeiTToFxp() {
    context.loadDialect<DeiTDialect, fxp::FxpDialect, func::FuncDialect,
                        quant::QuantDialect>();
    std::mt19937_64 engine(1);
    input.shape = {1, kTokens, kChannels};
    for (int i = 0; i < kTokens * kChannels; ++i)
      input.values.push_back(int(engine() % 8001) - 4000);
  }

  /// Converts, fuses if asked to, and runs.
  std::vector<IntegerTensor> run(const std::string &text, bool fuse) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    PassManager manager(&context, ModuleOp::getOperationName());
    manager.addNestedPass<func::FuncOp>(createConvertDeiTToFxpPass());
    if (fuse)
      manager.addNestedPass<func::FuncOp>(createFuseKernelsPass());
    if (!module || failed(manager.run(*module))) {
      ADD_FAILURE() << "does not convert";
      return {};
    }
    auto function = *module->getOps<func::FuncOp>().begin();
    if (fuse)
      expectFused(function);
    auto interpreter = llvm::cantFail(FxpInterpreter::create(function));
    return llvm::cantFail(interpreter->run({input}));
  }

  void expectFused(func::FuncOp function) {
    int kernels = 0;
    for (Operation &op : function.getBody().front().without_terminator()) {
      kernels += isa<fxp::KernelOp>(op);
      EXPECT_TRUE((isa<fxp::KernelOp, fxp::ConstantOp>(op)));
    }
    EXPECT_EQ(kernels, 6); // norm, q, v, attention, add, gelu
  }

  MLIRContext context;
  IntegerTensor input;
};

/// x * w + b for row i, output n.
double linear(const Codes &x, int i, int n, bool bias) {
  double sum = bias ? kBeta[n] : 0;
  for (int k = 0; k < kChannels; ++k)
    sum += x[i * kChannels + k] * kWeight[n][k] * kWeightScales[n];
  return sum;
}

void expectLinear(const Codes &y, const Codes &x, bool bias) {
  for (int i = 0; i < kTokens; ++i)
    for (int n = 0; n < kChannels; ++n) {
      // The bias is rounded to steps of the sum.
      double step = x.scale * kWeightScales[n] / y.scale;
      y.expect(i * kChannels + n, linear(x, i, n, bias),
               1.0 / 16 + step / 2 + 1e-3);
    }
}

void expectLayerNorm(const Codes &y, const Codes &x) {
  for (int i = 0; i < kTokens; ++i) {
    double sum = 0, squares = 0;
    for (int k = 0; k < kChannels; ++k)
      sum += x[i * kChannels + k] / kChannels;
    for (int k = 0; k < kChannels; ++k)
      squares += std::pow(x[i * kChannels + k] - sum, 2) / kChannels;
    for (int k = 0; k < kChannels; ++k)
      y.expect(i * kChannels + k,
               (x[i * kChannels + k] - sum) / std::sqrt(squares + 1e-6) *
                       kGamma[k] +
                   kBeta[k],
               0.02);
  }
}

/// Numerators and the weighted means of the values, token i of head h.
void expectAttention(const Codes &p, const Codes &o, const Codes &s,
                     const Codes &v, int h, int i) {
  int row = (h * kTokens + i) * kTokens;
  double most = s[row], sum = 0;
  for (int t = 0; t < kTokens; ++t)
    most = std::max(most, s[row + t]);
  for (int t = 0; t < kTokens; ++t) {
    p.expect(row + t, std::exp(s[row + t] - most), 0.04);
    sum += p.tensor.values[row + t];
  }
  for (int d = 0; d < kHeadChannels; ++d) {
    double mean = 0;
    for (int t = 0; t < kTokens; ++t)
      mean += p.tensor.values[row + t] / sum *
              v[t * kChannels + h * kHeadChannels + d];
    o.expect(i * kChannels + h * kHeadChannels + d, mean, 0.02);
  }
}
} // namespace

TEST_F(DeiTToFxp, EveryValueIsItsRealOneRounded) {
  std::vector<IntegerTensor> r =
      run(blockText("%n, %q, %v, %s, %p, %o, %b, %y, %h, %g",
                    "tensor<1x5x8x!n>, tensor<1x5x8x!q>, tensor<1x5x8x!v>, "
                    "tensor<1x2x5x5x!s>, tensor<1x2x5x5x!p>, tensor<1x5x8x!o>, "
                    "tensor<1x5x8x!y>, tensor<1x5x8x!y>, tensor<1x5x8x!h>, "
                    "tensor<1x5x8x!g>"),
          false);
  ASSERT_EQ(r.size(), 10u);
  Codes x{input, 0.001, 0, -32767, 32767}, n{r[0], 0.02, 119, 0, 255},
      q{r[1], 0.03, 0, -127, 127}, v{r[2], 0.025, 0, -127, 127},
      s{r[3], 0.0009, 0, INT32_MIN, INT32_MAX}, p{r[4], 1.0 / 255, 0, 0, 255},
      o{r[5], 0.017, 130, 0, 255}, b{r[6], 0.0013, 0, -32767, 32767},
      y{r[7], 0.0013, 0, -32767, 32767}, h{r[8], 0.015, 140, 0, 255},
      g{r[9], 0.01, 17, 0, 255};
  expectLayerNorm(n, x);
  expectLinear(q, n, true);
  expectLinear(v, n, false);
  for (int head = 0; head < kHeads; ++head)
    for (int i = 0; i < kTokens; ++i) {
      for (int t = 0; t < kTokens; ++t) {
        double score = 0;
        for (int d = 0; d < kHeadChannels; ++d)
          score += q[i * kChannels + head * kHeadChannels + d] *
                   q[t * kChannels + head * kHeadChannels + d];
        EXPECT_NEAR(s[(head * kTokens + i) * kTokens + t], score, 1e-9);
      }
      expectAttention(p, o, s, v, head, i);
    }
  expectLinear(b, o, true);
  expectLinear(h, o, true);
  for (int i = 0; i < kTokens * kChannels; ++i) {
    y.expect(i, x[i] + b[i], 0.01);
    g.expect(i, h[i] / 2 * (1 + std::erf(h[i] / std::sqrt(2.0))), 1e-9);
  }
}

TEST_F(DeiTToFxp, FusionChangesNothing) {
  std::string text = blockText("%y, %g", "tensor<1x5x8x!y>, tensor<1x5x8x!g>");
  std::vector<IntegerTensor> loose = run(text, false), fused = run(text, true);
  ASSERT_EQ(loose.size(), 2u);
  ASSERT_EQ(fused.size(), 2u);
  for (int i : {0, 1})
    EXPECT_EQ(loose[i].values, fused[i].values);
}
