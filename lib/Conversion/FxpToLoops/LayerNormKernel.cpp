// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// fxp.layer_norm: two passes over a row, one reciprocal between them.

#include "Kernels.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;

std::string LayerNormKernel::name() const {
  return llvm::formatv("layer_norm_{0}x{1}", rows, channels);
}

namespace {
class LayerNormEmitter {
public:
  LayerNormEmitter(const LayerNormKernel &kernel, KernelBuilder &builder)
      : kernel(kernel), b(builder) {}
  void emit();

private:
  const LayerNormKernel &kernel;
  KernelBuilder &b;
  using L = LayerNormKernel;

  /// What turns a centred code into Q20, of one row.
  struct Reciprocal {
    Value mean; ///< S
    Value multiplier, left, right;
  };

  std::pair<Value, Value> sums(Value input, Value row);
  Value squareRoot(Value variance);
  Reciprocal reciprocal(Value sum, Value squares);
  Value normalize(Value codes, const Reciprocal &reciprocal, Value gamma,
                  Value beta, const Requantizer &requantizer);
  void normalizeRow(Value input, Value result, Value row,
                    const Reciprocal &reciprocal, Value gamma, Value beta,
                    const Requantizer &requantizer);
};
} // namespace

/// The sum of a row's codes, and of their squares, as i64. Lanes beyond the
/// row's end count as 0.
std::pair<Value, Value> LayerNormEmitter::sums(Value input, Value row) {
  int64_t lanes = b.lanes(), full = kernel.channels / lanes * lanes;
  VectorType wide = b.vectorOf(lanes, b.getI64Type());
  auto step = [&](Value codes, ValueRange sums) -> SmallVector<Value> {
    // A square of an s16 code fits 31 bits.
    Value square = arith::ExtUIOp::create(b, wide, b.mul(codes, codes));
    return {b.add(sums[0], codes), b.add(sums[1], square)};
  };
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(wide));
  SmallVector<Value> result = {b.splat(0), zero};
  if (full)
    result = b.reduce(b.index(0), b.index(full), b.index(lanes), result,
                      [&](Value column, ValueRange sums) {
                        return step(b.loadSigned(input, {row, column}), sums);
                      });
  if (int64_t rest = kernel.channels - full) {
    SmallVector<int32_t> mask(lanes);
    std::fill_n(mask.begin(), rest, -1);
    Value bits = arith::ConstantOp::create(
        b, DenseElementsAttr::get(b.lanesType(), ArrayRef<int32_t>(mask)));
    Value codes = b.loadSigned(input, {row, b.index(full)});
    result = step(arith::AndIOp::create(b, codes, bits), result);
  }
  auto total = [&](Value vector) -> Value {
    return vector::ReductionOp::create(b, vector::CombiningKind::ADD, vector);
  };
  return {arith::ExtSIOp::create(b, b.getI64Type(), total(result[0])),
          total(result[1])};
}

/// floor(sqrt(v)) by Newton's method from a power of two above it: every step
/// descends until the root is reached.
Value LayerNormEmitter::squareRoot(Value variance) {
  Type i64 = b.getI64Type();
  Value zeros = math::CountLeadingZerosOp::create(b, variance);
  Value bits = b.sub(b.constant64(65), zeros);
  Value half = arith::ShRUIOp::create(b, bits, b.constant64(1));
  Value start = b.shiftLeft(b.constant64(1), half);
  auto next = [&](Value guess) -> Value {
    Value quotient = arith::DivUIOp::create(b, variance, guess);
    return arith::ShRUIOp::create(b, b.add(guess, quotient), b.constant64(1));
  };
  auto loop = scf::WhileOp::create(
      b, TypeRange{i64, i64}, ValueRange{start},
      [&](OpBuilder &, Location, ValueRange arguments) {
        Value guess = arguments[0];
        Value better = next(guess);
        Value descends =
            arith::CmpIOp::create(b, arith::CmpIPredicate::ult, better, guess);
        scf::ConditionOp::create(b, descends, ValueRange{guess, better});
      },
      [&](OpBuilder &, Location, ValueRange arguments) {
        scf::YieldOp::create(b, ValueRange{arguments[1]});
      });
  return loop.getResult(0);
}

LayerNormEmitter::Reciprocal LayerNormEmitter::reciprocal(Value sum,
                                                          Value squares) {
  Value count = b.constant64(kernel.channels);
  Value variance = b.sub(b.mul(count, squares), b.mul(sum, sum));
  variance = b.add(variance, b.parameter(L::Epsilon));
  // The root of at least 1 is at least 1: no division by zero.
  variance = arith::MaxSIOp::create(b, variance, b.constant64(1));
  Value root = squareRoot(variance);
  Value length =
      b.sub(b.constant64(64), math::CountLeadingZerosOp::create(b, root));
  Value numerator =
      b.sub(b.shiftLeft(b.constant64(1), b.add(length, b.constant64(30))),
            b.constant64(1));
  auto atLeast0 = [&](Value value) {
    return b.broadcast(
        arith::MaxSIOp::create(b, value, b.constant64(0)).getResult());
  };
  return {b.broadcast(sum),
          b.broadcast(arith::DivUIOp::create(b, numerator, root).getResult()),
          atLeast0(b.sub(b.constant64(21), length)),
          atLeast0(b.sub(length, b.constant64(21)))};
}

Value LayerNormEmitter::normalize(Value codes, const Reciprocal &reciprocal,
                                  Value gamma, Value beta,
                                  const Requantizer &requantizer) {
  Value count = b.splat(kernel.channels);
  Value centred = b.sub(b.mul(codes, count), reciprocal.mean);
  Value n = b.multiplyHigh(b.shiftLeft(centred, reciprocal.left),
                           reciprocal.multiplier);
  n = b.shiftRight(n, reciprocal.right);
  return b.shiftRounded(b.add(b.multiplyHigh(n, gamma), beta), requantizer);
}

/// As many columns at a time as codes fill a vector: rows are padded to that.
void LayerNormEmitter::normalizeRow(Value input, Value result, Value row,
                                    const Reciprocal &reciprocal, Value gamma,
                                    Value beta,
                                    const Requantizer &requantizer) {
  int64_t vectors = 4 / b.target.width();
  b.forRange(0, kernel.channels, vectors * b.lanes(), [&](Value first) {
    SmallVector<Value> normalized;
    for (int64_t v = 0; v < vectors; ++v) {
      Value column = b.add(first, b.index(v * b.lanes()));
      normalized.push_back(
          normalize(b.loadSigned(input, {row, column}), reciprocal,
                    b.load(gamma, column, b.lanesType()),
                    b.load(beta, column, b.lanesType()), requantizer));
    }
    b.store(b.storedCodes(normalized, requantizer), result, {row, first});
  });
}

void LayerNormEmitter::emit() {
  int64_t stride = rowStride(kernel.channels);
  auto open = [&](Value buffer, L::Parameter parameter, ArrayRef<int64_t> shape,
                  Type element) {
    return b.view(buffer, b.parameterIndex(parameter), shape, element);
  };
  Value input =
      open(b.arena(), L::Input, {kernel.rows, stride}, b.getI16Type());
  Value result =
      open(b.arena(), L::Result, {kernel.rows, stride}, b.activationType());
  Value gamma = open(b.packed(), L::Gamma, {stride}, b.getI32Type());
  Value beta = open(b.packed(), L::Beta, {stride}, b.getI32Type());
  Requantizer requantizer =
      b.loadRequantizer(L::PreShift, false, Bounds::CodeWords);
  b.forEach(b.begin(), b.end(), b.index(1), [&](Value row) {
    auto [sum, squares] = sums(input, row);
    normalizeRow(input, result, row, reciprocal(sum, squares), gamma, beta,
                 requantizer);
  });
}

void LayerNormKernel::emit(ModuleOp module, const Target &target,
                           const ProgramLayout &layout) const {
  KernelBuilder builder(module, name(), target, layout, ParameterCount);
  LayerNormEmitter(*this, builder).emit();
  builder.finish();
}
