// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of every `fxp` operation against plain real or integer arithmetic.

#include "deit/Reference/FxpInterpreter.h"
#include "deit/Quant/FixedPoint.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>
#include <set>

using namespace deit;

namespace {
/// Holds a module for as long as its interpreter.
class Program {
public:
  explicit Program(const std::string &text) {
    context.loadDialect<fxp::FxpDialect, func::FuncDialect>();
    context.allowUnregisteredDialects();
    module = parseSourceString<ModuleOp>(text, &context);
  }

  Expected<std::vector<IntegerTensor>> run(ArrayRef<IntegerTensor> arguments,
                                           FxpObserver observer = nullptr) {
    if (!module)
      return llvm::createStringError("the program does not parse");
    auto interpreter =
        FxpInterpreter::create(*module->getOps<func::FuncOp>().begin());
    if (!interpreter)
      return interpreter.takeError();
    return (*interpreter)->run(arguments, observer);
  }

private:
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};
} // namespace

/// The first result of a program that must run.
static IntegerTensor run(const std::string &text,
                         ArrayRef<IntegerTensor> arguments) {
  auto results = Program(text).run(arguments);
  if (results)
    return results->front();
  ADD_FAILURE() << llvm::toString(results.takeError());
  return {};
}

static std::string failureOf(const std::string &text,
                             ArrayRef<IntegerTensor> arguments) {
  auto results = Program(text).run(arguments);
  return results ? "" : llvm::toString(results.takeError());
}

/// Repeatable values from `low` to `high`.
static IntegerTensor random(SmallVector<int64_t> shape, int64_t low,
                            int64_t high, unsigned seed) {
  std::mt19937_64 engine(seed);
  IntegerTensor tensor{shape, {}};
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  for (int64_t i = 0; i < count; ++i)
    tensor.values.push_back(low + int64_t(engine() % (high - low + 1)));
  return tensor;
}

using Values = std::vector<int32_t>;

//===----------------------------------------------------------------------===//
// Constants and data movement
//===----------------------------------------------------------------------===//

TEST(FxpInterpreter, ConstantsOfEveryWidth) {
  EXPECT_EQ(run(R"(func.func @f() -> tensor<2xui8> {
    %0 = fxp.constant dense<[1, 200]> : tensor<2xi8> -> tensor<2xui8>
    return %0 : tensor<2xui8>
  })",
                {})
                .values,
            (Values{1, 200}));
  EXPECT_EQ(run(R"(func.func @f() -> tensor<2xi8> {
    %0 = fxp.constant dense<[1, -56]> : tensor<2xi8> -> tensor<2xi8>
    return %0 : tensor<2xi8>
  })",
                {})
                .values,
            (Values{1, -56}));
  EXPECT_EQ(run(R"(func.func @f() -> tensor<3xi16> {
    %0 = fxp.constant dense<-300> : tensor<3xi16> -> tensor<3xi16>
    return %0 : tensor<3xi16>
  })",
                {})
                .values,
            (Values{-300, -300, -300}));
  EXPECT_EQ(run(R"(func.func @f() -> tensor<1xi32> {
    %0 = fxp.constant dense<-2147483648> : tensor<1xi32> -> tensor<1xi32>
    return %0 : tensor<1xi32>
  })",
                {})
                .values,
            (Values{INT32_MIN}));
}

TEST(FxpInterpreter, Patches) {
  IntegerTensor image = random({2, 4, 6, 3}, 0, 255, 1);
  IntegerTensor patches = run(R"(
    func.func @f(%x: tensor<2x4x6x3xui8>) -> tensor<2x6x12xui8> {
      %0 = fxp.patches %x {height = 2 : i64, width = 2 : i64}
        : tensor<2x4x6x3xui8> -> tensor<2x6x12xui8>
      return %0 : tensor<2x6x12xui8>
    })",
                              {image});
  for (int b = 0; b < 2; ++b)
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 6; ++x)
        for (int c = 0; c < 3; ++c) {
          int patch = (y / 2) * 3 + x / 2, within = (y % 2 * 2 + x % 2) * 3 + c;
          EXPECT_EQ(patches.values[(b * 6 + patch) * 12 + within],
                    image.values[((b * 4 + y) * 6 + x) * 3 + c]);
        }
}

TEST(FxpInterpreter, PrependAndSelectToken) {
  IntegerTensor tokens = random({2, 3, 4}, -32768, 32767, 2);
  std::string text = R"(
    func.func @f(%x: tensor<2x3x4xi16>) -> tensor<2x4xi16> {
      %t = fxp.constant dense<[[1, 2, 3, 4]]> : tensor<1x4xi16>
        -> tensor<1x4xi16>
      %0 = fxp.prepend_token %x, %t
        : (tensor<2x3x4xi16>, tensor<1x4xi16>) -> tensor<2x4x4xi16>
      %1 = fxp.select_token %0 {index = INDEX : i64}
        : tensor<2x4x4xi16> -> tensor<2x4xi16>
      return %1 : tensor<2x4xi16>
    })";
  auto at = [&](const char *index) {
    std::string program = text;
    program.replace(program.find("INDEX"), 5, index);
    return run(program, {tokens}).values;
  };
  EXPECT_EQ(at("0"), (Values{1, 2, 3, 4, 1, 2, 3, 4}));
  auto v = tokens.values.begin();
  Values last(v + 8, v + 12);
  last.insert(last.end(), v + 20, v + 24);
  EXPECT_EQ(at("3"), last);
}

TEST(FxpInterpreter, SplitAndMergeHeads) {
  IntegerTensor tokens = random({2, 3, 8}, -128, 127, 3);
  IntegerTensor heads = run(R"(
    func.func @f(%x: tensor<2x3x8xi8>) -> tensor<2x4x3x2xi8> {
      %0 = fxp.split_heads %x : tensor<2x3x8xi8> -> tensor<2x4x3x2xi8>
      return %0 : tensor<2x4x3x2xi8>
    })",
                            {tokens});
  for (int b = 0; b < 2; ++b)
    for (int h = 0; h < 4; ++h)
      for (int t = 0; t < 3; ++t)
        for (int d = 0; d < 2; ++d)
          EXPECT_EQ(heads.values[((b * 4 + h) * 3 + t) * 2 + d],
                    tokens.values[(b * 3 + t) * 8 + h * 2 + d]);
  EXPECT_EQ(run(R"(
    func.func @f(%x: tensor<2x4x3x2xi8>) -> tensor<2x3x8xi8> {
      %0 = fxp.merge_heads %x : tensor<2x4x3x2xi8> -> tensor<2x3x8xi8>
      return %0 : tensor<2x3x8xi8>
    })",
                {heads})
                .values,
            tokens.values);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

static const char *kLinear = R"(
  func.func @f(%x: tensor<2x3x37xui8>, %w: tensor<5x37xi8>, %b: tensor<5xi32>)
      -> tensor<2x3x5xi32> {
    %0 = fxp.linear %x, %w, %b
      : (tensor<2x3x37xui8>, tensor<5x37xi8>, tensor<5xi32>)
      -> tensor<2x3x5xi32>
    return %0 : tensor<2x3x5xi32>
  })";

TEST(FxpInterpreter, Linear) {
  IntegerTensor x = random({2, 3, 37}, 0, 255, 4);
  IntegerTensor w = random({5, 37}, -128, 127, 5);
  IntegerTensor b = random({5}, -1000000, 1000000, 6);
  IntegerTensor y = run(kLinear, {x, w, b});
  for (int i = 0; i < 6; ++i)
    for (int n = 0; n < 5; ++n) {
      int64_t sum = b.values[n];
      for (int k = 0; k < 37; ++k)
        sum += int64_t(x.values[i * 37 + k]) * w.values[n * 37 + k];
      EXPECT_EQ(y.values[i * 5 + n], sum);
    }
}

TEST(FxpInterpreter, LinearReportsSumsOf33Bits) {
  IntegerTensor x = random({2, 3, 37}, 255, 255, 4);
  IntegerTensor w = random({5, 37}, 127, 127, 5);
  IntegerTensor b = random({5}, INT32_MAX, INT32_MAX, 6);
  EXPECT_NE(failureOf(kLinear, {x, w, b}).find("leaves 32 bits"),
            std::string::npos);
}

/// Longer than the run of products whose sum always fits 32 bits.
TEST(FxpInterpreter, LinearOfManyInputs) {
  IntegerTensor x = random({1, 66000}, 255, 255, 7);
  IntegerTensor w = random({1, 66000}, -128, -128, 8);
  std::string text = R"(
    func.func @f(%x: tensor<1x66000xui8>, %w: tensor<1x66000xi8>,
                 %b: tensor<1xi32>) -> tensor<1x1xi32> {
      %0 = fxp.linear %x, %w, %b
        : (tensor<1x66000xui8>, tensor<1x66000xi8>, tensor<1xi32>)
        -> tensor<1x1xi32>
      return %0 : tensor<1x1xi32>
    })";
  IntegerTensor b{{1}, {2000000000}};
  EXPECT_EQ(run(text, {x, w, b}).values[0], 2000000000 - 66000LL * 255 * 128);
  EXPECT_NE(failureOf(text, {x, w, {{1}, {0}}}), "");
}

TEST(FxpInterpreter, MatmulBothWays) {
  IntegerTensor p = random({1, 2, 3, 7}, 0, 255, 9);
  IntegerTensor v = random({1, 2, 7, 4}, -127, 127, 10);
  IntegerTensor turned{{1, 2, 4, 7}, Values(56)};
  for (int h = 0; h < 2; ++h)
    for (int k = 0; k < 7; ++k)
      for (int n = 0; n < 4; ++n)
        turned.values[(h * 4 + n) * 7 + k] = v.values[(h * 7 + k) * 4 + n];
  IntegerTensor y = run(R"(
    func.func @f(%p: tensor<1x2x3x7xui8>, %v: tensor<1x2x7x4xi8>)
        -> tensor<1x2x3x4xi32> {
      %0 = fxp.matmul %p, %v
        : (tensor<1x2x3x7xui8>, tensor<1x2x7x4xi8>) -> tensor<1x2x3x4xi32>
      return %0 : tensor<1x2x3x4xi32>
    })",
                        {p, v});
  IntegerTensor z = run(R"(
    func.func @f(%p: tensor<1x2x3x7xui8>, %v: tensor<1x2x4x7xi8>)
        -> tensor<1x2x3x4xi32> {
      %0 = fxp.matmul %p, %v {transpose_rhs}
        : (tensor<1x2x3x7xui8>, tensor<1x2x4x7xi8>) -> tensor<1x2x3x4xi32>
      return %0 : tensor<1x2x3x4xi32>
    })",
                        {p, turned});
  for (int h = 0; h < 2; ++h)
    for (int i = 0; i < 3; ++i)
      for (int n = 0; n < 4; ++n) {
        int64_t sum = 0;
        for (int k = 0; k < 7; ++k)
          sum += int64_t(p.values[(h * 3 + i) * 7 + k]) *
                 v.values[(h * 7 + k) * 4 + n];
        EXPECT_EQ(y.values[(h * 3 + i) * 4 + n], sum);
        EXPECT_EQ(z.values[(h * 3 + i) * 4 + n], sum);
      }
}

//===----------------------------------------------------------------------===//
// Changes of scale
//===----------------------------------------------------------------------===//

static const char *kRequantize = R"(
  func.func @f(%x: tensor<50x2xi32>, %m: tensor<2xi32>) -> tensor<50x2xui8> {
    %0 = fxp.requantize %x, %m {pre_shift = 2 : i64, shift = 6 : i64,
        zero_point = 100 : i64, low = 3 : i64, high = 250 : i64}
      : (tensor<50x2xi32>, tensor<2xi32>) -> tensor<50x2xui8>
      loc("blocks.0.fc1")
    return %0 : tensor<50x2xui8>
  })";

TEST(FxpInterpreter, Requantize) {
  IntegerTensor x = random({50, 2}, -5000, 5000, 11);
  IntegerTensor m{{2}, {1500000000, 77777777}};
  IntegerTensor y = run(kRequantize, {x, m});
  for (int i = 0; i < 100; ++i) {
    double real =
        100 + std::ldexp(double(x.values[i]) * m.values[i % 2], 2 - 6 - 31);
    EXPECT_NEAR(y.values[i], std::min(250.0, std::max(3.0, real)),
                0.5 + 1.0 / 64);
  }
}

TEST(FxpInterpreter, RequantizeReportsWhatDoesNotFit) {
  IntegerTensor x = random({50, 2}, 1 << 29, 1 << 29, 11);
  IntegerTensor m{{2}, {1, 1}};
  std::string error = failureOf(kRequantize, {x, m});
  EXPECT_NE(error.find("blocks.0.fc1: fxp.requantize"), std::string::npos)
      << error;
  x.values.assign(100, 0);
  EXPECT_NE(failureOf(kRequantize, {x, {{2}, {1, -1}}}).find("multiplier"),
            std::string::npos);
}

TEST(FxpInterpreter, Lookup) {
  IntegerTensor x{{1, 4}, {0, 255, 128, 7}};
  IntegerTensor table = random({256}, 0, 255, 12);
  EXPECT_EQ(run(R"(
    func.func @f(%x: tensor<1x4xui8>, %t: tensor<256xui8>) -> tensor<1x4xui8> {
      %0 = fxp.lookup %x in %t
        : (tensor<1x4xui8>, tensor<256xui8>) -> tensor<1x4xui8>
      return %0 : tensor<1x4xui8>
    })",
                {x, table})
                .values,
            (Values{table.values[0], table.values[255], table.values[128],
                    table.values[7]}));
}

TEST(FxpInterpreter, AddRescalesClampsAndBroadcasts) {
  IntegerTensor x{{2, 1, 3}, {100, -101, 32767, 1, -32767, 0}};
  IntegerTensor branch{{1, 1, 3}, {7, 0, 20000}};
  // 3/4: 1.5 * 2^30 * 2^(14 - 14 - 31)
  IntegerTensor y = run(R"(
    func.func @f(%x: tensor<2x1x3xi16>, %b: tensor<1x1x3xi16>)
        -> tensor<2x1x3xi16> {
      %0 = fxp.add %x, %b {multiplier = 1610612736 : i64, pre_shift = 14 : i64,
          shift = 14 : i64, low = -20000 : i64, high = 30000 : i64}
        : (tensor<2x1x3xi16>, tensor<1x1x3xi16>) -> tensor<2x1x3xi16>
      return %0 : tensor<2x1x3xi16>
    })",
                        {x, branch});
  EXPECT_EQ(y.values, (Values{82, -76, 30000, 8, -20000, 20000}));
}

TEST(FxpInterpreter, Normalize) {
  IntegerTensor sums{{1, 1, 20}, {}};
  for (int i = 0; i < 20; ++i)
    sums.values.push_back(255 + i * i * 100);
  IntegerTensor x{{1, 1, 20, 6}, {}};
  for (int i = 0; i < 20; ++i)
    for (int n = 0; n < 6; ++n)
      x.values.push_back((n - 3) * 40 * sums.values[i] + i);
  NormalizeScale scale =
      llvm::cantFail(makeNormalizeScale(0.8, 127 * 255 * 197));
  std::string text = R"(
    func.func @f(%x: tensor<1x1x20x6xi32>, %s: tensor<1x1x20xi32>)
        -> tensor<1x1x20x6xui8> {
      %0 = fxp.normalize %x, %s {multiplier = )" +
                     std::to_string(scale.multiplier) +
                     " : i64, shift = " + std::to_string(scale.shift) +
                     R"( : i64,
          zero_point = 128 : i64, low = 40 : i64, high = 255 : i64}
        : (tensor<1x1x20x6xi32>, tensor<1x1x20xi32>) -> tensor<1x1x20x6xui8>
      return %0 : tensor<1x1x20x6xui8>
    })";
  IntegerTensor y = run(text, {x, sums});
  for (int i = 0; i < 120; ++i) {
    double real = 128 + 0.8 * x.values[i] / sums.values[i / 6];
    EXPECT_NEAR(y.values[i], std::max(40.0, real), 0.51);
  }
  sums.values[3] = 0;
  EXPECT_NE(failureOf(text, {x, sums}).find("not positive"), std::string::npos);
}

//===----------------------------------------------------------------------===//
// Nonlinear functions
//===----------------------------------------------------------------------===//

static std::string list(ArrayRef<int32_t> values) {
  std::string text;
  for (int32_t value : values)
    text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "[" + text + "]";
}

static std::string layerNormText(const LayerNormParameters &p, size_t rows) {
  std::string n = std::to_string(p.gamma.size());
  std::string x = "tensor<" + std::to_string(rows) + "x" + n;
  std::string vector = "tensor<" + n + "xi32>";
  return "func.func @f(%x: " + x + "xi16>) -> " + x + "xui8> {\n" +
         "%g = fxp.constant dense<" + list(p.gamma) + "> : " + vector + " -> " +
         vector + "\n%b = fxp.constant dense<" + list(p.beta) +
         "> : " + vector + " -> " + vector +
         "\n%0 = fxp.layer_norm %x, %g, %b {epsilon = " +
         std::to_string(p.epsilon) +
         " : i64, shift = " + std::to_string(p.shift) +
         " : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64} : "
         "(" +
         x + "xi16>, " + vector + ", " + vector + ") -> " + x +
         "xui8>\nreturn %0 : " + x + "xui8>\n}";
}

/// Rows of `n` codes: wide, narrow, nearly constant, constant, one outlier.
static IntegerTensor layerNormRows(int64_t n) {
  IntegerTensor x{{6, n}, {}};
  auto append = [&](const IntegerTensor &row) {
    x.values.insert(x.values.end(), row.values.begin(), row.values.end());
  };
  append(random({n}, -32768, 32767, 13));
  append(random({n}, 2000, 2100, 14));
  append(random({n}, -32768, -32767, 15));
  append(random({n}, -32768, -32768, 16));
  append(random({n}, 0, 0, 17));
  x.values.back() = 32767;
  append(random({n}, -3, 3, 18));
  return x;
}

static void expectLayerNorm(int64_t n) {
  constexpr double inputScale = 0.004, outputScale = 0.03, epsilon = 1e-6;
  std::vector<float> gamma, beta;
  for (int64_t i = 0; i < n; ++i) {
    gamma.push_back(float(1.5 * std::sin(double(i)) + 0.3));
    beta.push_back(float(std::cos(double(3 * i))));
  }
  LayerNormParameters p = llvm::cantFail(
      makeLayerNorm(gamma, beta, epsilon, inputScale, outputScale));
  IntegerTensor x = layerNormRows(n);
  IntegerTensor y = run(layerNormText(p, 6), {x});
  for (int64_t row = 0; row < 6; ++row) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; ++i)
      sum += x.values[row * n + i] * inputScale;
    for (int64_t i = 0; i < n; ++i)
      squares += std::pow(x.values[row * n + i] * inputScale - sum / n, 2);
    double deviation = std::sqrt(squares / n + epsilon);
    for (int64_t i = 0; i < n; ++i) {
      // Of the parameters as they are, which FixedPointTest holds to the float
      // ones.
      double offset = std::ldexp(p.beta[i], -p.shift) * outputScale;
      double factor = std::ldexp(p.gamma[i], -11 - p.shift) * outputScale;
      double real =
          (x.values[row * n + i] * inputScale - sum / n) / deviation * factor +
          offset;
      double code = std::min(255.0, std::max(0.0, real / outputScale + 128));
      // The root's floor counts where a short row hardly deviates.
      double floor = std::fabs(real - offset) / outputScale /
                     (double(n) * deviation / inputScale);
      ASSERT_NEAR(y.values[row * n + i], code, 0.52 + floor) << row << " " << i;
    }
  }
}

TEST(FxpInterpreter, LayerNorm) {
  for (int64_t n : {16, 192, 384, 4096})
    expectLayerNorm(n);
}

TEST(FxpInterpreter, Softmax) {
  constexpr double scale = 0.003;
  SoftmaxScale s = llvm::cantFail(makeSoftmaxScale(scale));
  std::string text = R"(
    func.func @f(%s: tensor<1x1x8x197xi32>)
        -> (tensor<1x1x8x197xui8>, tensor<1x1x8xi32>) {
      %y, %sum = fxp.softmax %s {multiplier = )" +
                     std::to_string(s.multiplier) +
                     " : i64, pre_shift = " + std::to_string(s.preShift) +
                     " : i64, limit = " + std::to_string(s.limit) + R"( : i64}
        : tensor<1x1x8x197xi32> -> tensor<1x1x8x197xui8>, tensor<1x1x8xi32>
      return %y, %sum : tensor<1x1x8x197xui8>, tensor<1x1x8xi32>
    })";
  IntegerTensor scores{{1, 1, 8, 197}, {}};
  for (int row = 0; row < 8; ++row) // ever wider
    for (int32_t v :
         random({197}, -(4 << (2 * row)), 4 << (2 * row), row).values)
      scores.values.push_back(v * 16);
  auto results = Program(text).run({scores});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  for (int row = 0; row < 8; ++row) {
    auto first = scores.values.begin() + row * 197;
    int32_t most = *std::max_element(first, first + 197);
    int64_t sum = 0;
    for (int i = 0; i < 197; ++i) {
      int32_t y = (*results)[0].values[row * 197 + i];
      EXPECT_NEAR(y, 255 * std::exp((double(first[i]) - most) * scale), 0.53);
      sum += y;
    }
    EXPECT_EQ((*results)[1].values[row], sum);
  }
  scores.values[0] = INT32_MIN;
  scores.values[1] = INT32_MAX;
  auto failed = Program(text).run({scores});
  EXPECT_FALSE(bool(failed));
  llvm::consumeError(failed.takeError());
}

//===----------------------------------------------------------------------===//
// Kernels and errors
//===----------------------------------------------------------------------===//

TEST(FxpInterpreter, KernelMeansItsBody) {
  IntegerTensor x = random({1, 3, 4}, 0, 255, 20);
  std::string head = R"(
    func.func @f(%x: tensor<1x3x4xui8>) -> tensor<1x3x2xui8> {
      %w = fxp.constant dense<[[1, -2, 3, 4], [5, 6, -7, 8]]> : tensor<2x4xi8>
        -> tensor<2x4xi8>
      %b = fxp.constant dense<[-1, 1]> : tensor<2xi32> -> tensor<2xi32>
      %m = fxp.constant dense<[1073741824, 2000000000]> : tensor<2xi32>
        -> tensor<2xi32> )";
  std::string body = R"(
      %0 = fxp.linear %x, %w, %b
        : (tensor<1x3x4xui8>, tensor<2x4xi8>, tensor<2xi32>)
        -> tensor<1x3x2xi32>
      %1 = fxp.requantize %0, %m {pre_shift = 0 : i64, shift = 4 : i64,
          zero_point = 9 : i64, low = 0 : i64, high = 255 : i64}
        : (tensor<1x3x2xi32>, tensor<2xi32>) -> tensor<1x3x2xui8> )";
  std::string loose = head + body + "return %1 : tensor<1x3x2xui8> }";
  std::string fused = head + "%r = fxp.kernel \"gemm\" -> tensor<1x3x2xui8> {" +
                      body + R"(fxp.yield %1 : tensor<1x3x2xui8> }
      return %r : tensor<1x3x2xui8> })";
  Values expected = run(loose, {x}).values;
  EXPECT_EQ(expected.size(), 6u);
  EXPECT_EQ(run(fused, {x}).values, expected);

  // The observer sees what is in a kernel, in order, and not the kernel.
  std::vector<std::string> seen;
  auto results =
      Program(fused).run({x}, [&](OpResult result, const IntegerTensor &codes) {
        seen.push_back(result.getOwner()->getName().getStringRef().str());
        if (seen.back() == "fxp.requantize") {
          EXPECT_EQ(codes.values, expected);
        }
      });
  ASSERT_TRUE(bool(results));
  EXPECT_EQ(seen, (std::vector<std::string>{"fxp.linear", "fxp.requantize"}));
}

/// Every operation with a first dimension of images, `#` for their number: four
/// patches and a token of four channels, two heads.
static const char *const kBatch = R"(
  func.func @f(%x: tensor<#x4x4x3xui8>, %we: tensor<4x12xi8>,
      %w: tensor<4x4xi8>, %b: tensor<4xi32>, %m: tensor<4xi32>,
      %position: tensor<1x4x4xi16>, %token: tensor<1x4xi16>,
      %table: tensor<256xui8>) -> tensor<#x4xi32> {
    %0 = fxp.patches %x {height = 2 : i64, width = 2 : i64}
      : tensor<#x4x4x3xui8> -> tensor<#x4x12xui8>
    %1 = fxp.linear %0, %we, %b
      : (tensor<#x4x12xui8>, tensor<4x12xi8>, tensor<4xi32>)
      -> tensor<#x4x4xi32>
    %2 = fxp.requantize %1, %m {pre_shift = 0 : i64, shift = 5 : i64,
        zero_point = 0 : i64, low = -32767 : i64, high = 32767 : i64}
      : (tensor<#x4x4xi32>, tensor<4xi32>) -> tensor<#x4x4xi16>
    %3 = fxp.add %2, %position {multiplier = 1073741824 : i64,
        pre_shift = 12 : i64, shift = 11 : i64, low = -32767 : i64,
        high = 32767 : i64}
      : (tensor<#x4x4xi16>, tensor<1x4x4xi16>) -> tensor<#x4x4xi16>
    %4 = fxp.prepend_token %3, %token
      : (tensor<#x4x4xi16>, tensor<1x4xi16>) -> tensor<#x5x4xi16>
    %5 = fxp.layer_norm %4, %m, %b {epsilon = 64 : i64, shift = 16 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<#x5x4xi16>, tensor<4xi32>, tensor<4xi32>) -> tensor<#x5x4xui8>
    %6 = fxp.lookup %5 in %table
      : (tensor<#x5x4xui8>, tensor<256xui8>) -> tensor<#x5x4xui8>
    %7 = fxp.linear %6, %w, %b
      : (tensor<#x5x4xui8>, tensor<4x4xi8>, tensor<4xi32>)
      -> tensor<#x5x4xi32>
    %8 = fxp.requantize %7, %m {pre_shift = 0 : i64, shift = 9 : i64,
        zero_point = 0 : i64, low = -127 : i64, high = 127 : i64}
      : (tensor<#x5x4xi32>, tensor<4xi32>) -> tensor<#x5x4xi8>
    %9 = fxp.split_heads %8 : tensor<#x5x4xi8> -> tensor<#x2x5x2xi8>
    %10 = fxp.matmul %9, %9 {transpose_rhs}
      : (tensor<#x2x5x2xi8>, tensor<#x2x5x2xi8>) -> tensor<#x2x5x5xi32>
    %y, %sum = fxp.softmax %10 {multiplier = 1400000000 : i64,
        pre_shift = 6 : i64, limit = 15000 : i64}
      : tensor<#x2x5x5xi32> -> tensor<#x2x5x5xui8>, tensor<#x2x5xi32>
    %11 = fxp.matmul %y, %9
      : (tensor<#x2x5x5xui8>, tensor<#x2x5x2xi8>) -> tensor<#x2x5x2xi32>
    %12 = fxp.normalize %11, %sum {multiplier = 274877906944 : i64,
        shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<#x2x5x2xi32>, tensor<#x2x5xi32>) -> tensor<#x2x5x2xui8>
    %13 = fxp.merge_heads %12 : tensor<#x2x5x2xui8> -> tensor<#x5x4xui8>
    %14 = fxp.select_token %13 {index = 0 : i64}
      : tensor<#x5x4xui8> -> tensor<#x4xui8>
    %15 = fxp.kernel "gemm" -> tensor<#x4xi32> {
      %16 = fxp.linear %14, %w, %b
        : (tensor<#x4xui8>, tensor<4x4xi8>, tensor<4xi32>) -> tensor<#x4xi32>
      fxp.yield %16 : tensor<#x4xi32>
    }
    return %15 : tensor<#x4xi32>
  })";

static std::string ofImages(std::string text, int64_t images) {
  for (size_t at; (at = text.find('#')) != std::string::npos;)
    text.replace(at, 1, std::to_string(images));
  return text;
}

TEST(FxpInterpreter, ImagesOfABatchAreComputedByThemselves) {
  constexpr int64_t images = 5, pixels = 4 * 4 * 3, classes = 4;
  IntegerTensor batch = random({images, 4, 4, 3}, 0, 255, 21);
  std::vector<IntegerTensor> arguments = {batch,
                                          random({4, 12}, -127, 127, 22),
                                          random({4, 4}, -127, 127, 23),
                                          random({4}, -9000, 9000, 24),
                                          random({4}, 1 << 29, INT32_MAX, 25),
                                          random({1, 4, 4}, -900, 900, 26),
                                          random({1, 4}, -900, 900, 27),
                                          random({256}, 0, 255, 28)};
  Values all = run(ofImages(kBatch, images), arguments).values;
  ASSERT_EQ(all.size(), size_t(images * classes));
  std::set<Values> different;
  for (int64_t i = 0; i < images; ++i) {
    auto first = batch.values.begin() + i * pixels;
    arguments[0] = {{1, 4, 4, 3}, Values(first, first + pixels)};
    Values one = run(ofImages(kBatch, 1), arguments).values;
    EXPECT_EQ(
        one, Values(all.begin() + i * classes, all.begin() + (i + 1) * classes))
        << "image " << i;
    different.insert(one);
  }
  EXPECT_EQ(different.size(), size_t(images));
}

TEST(FxpInterpreter, RefusesWhatItDoesNotKnow) {
  std::string text = R"(func.func @f(%x: tensor<2xui8>) -> tensor<2xui8> {
    %0 = "other.op"(%x) : (tensor<2xui8>) -> tensor<2xui8> loc("blocks.7")
    return %0 : tensor<2xui8>
  })";
  EXPECT_NE(failureOf(text, {{{2}, {0, 0}}}).find("blocks.7: other.op"),
            std::string::npos);
}

TEST(FxpInterpreter, ChecksItsArguments) {
  std::string text = R"(func.func @f(%x: tensor<2xui8>) -> tensor<2xui8> {
    return %x : tensor<2xui8>
  })";
  EXPECT_EQ(run(text, {{{2}, {0, 255}}}).values, (Values{0, 255}));
  EXPECT_NE(failureOf(text, {}), "");
  EXPECT_NE(failureOf(text, {{{3}, {0, 0, 0}}}), "");
  EXPECT_NE(failureOf(text, {{{2}, {0, 256}}}).find("256"), std::string::npos);
  EXPECT_NE(failureOf(text, {{{2}, {-1, 0}}}), "");
}
