// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Converts linear layers, layer norms, GELU and sums to `fxp`.

#include "Converter.h"
#include "deit/Quant/CodeLength.h"
#include "deit/Quant/FixedPoint.h"
#include <cmath>

using namespace deit;

//===----------------------------------------------------------------------===//
// Weights and biases
//===----------------------------------------------------------------------===//

/// The scale of each output of weights quantized per tensor or along their
/// first dimension, symmetrically; empty for others.
static std::vector<double> weightScales(RankedTensorType type) {
  size_t outputs = type.getDimSize(0);
  Type element = type.getElementType();
  if (auto whole = dyn_cast<quant::UniformQuantizedType>(element))
    if (whole.isSigned() && whole.getZeroPoint() == 0)
      return std::vector<double>(outputs, whole.getScale());
  if (auto axis = dyn_cast<quant::UniformQuantizedPerAxisType>(element))
    if (axis.isSigned() && axis.getQuantizedDimension() == 0 &&
        axis.getScales().size() == outputs &&
        llvm::all_of(axis.getZeroPoints(), [](int64_t z) { return z == 0; }))
      return axis.getScales().vec();
  return {};
}

FailureOr<Converter::Weight> Converter::weightOf(Operation *op, Value weight) {
  auto type = cast<RankedTensorType>(weight.getType());
  auto constant = weight.getDefiningOp<ConstantOp>();
  Weight result;
  result.scales = weightScales(type);
  auto quantized = dyn_cast<quant::QuantizedType>(type.getElementType());
  if (!constant || result.scales.empty() ||
      quantized.getStorageTypeIntegralWidth() != 8)
    return errorAt(op) << "expected a constant weight of i8 codes with zero "
                          "point 0, one scale or one per output, found "
                       << type << "; run deit-quantize first";
  Expected<std::vector<int8_t>> codes =
      readElements<int8_t>(constant.getValue());
  if (!codes)
    return report(op, codes.takeError());
  result.codes = std::move(*codes);
  result.inputs = type.getNumElements() / type.getDimSize(0);
  SmallVector<int64_t> shape = {type.getDimSize(0), result.inputs};
  result.value = fxp::ConstantOp::create(
      builder, pathLoc(op->getContext(), modulePath(op) + ".weight"),
      RankedTensorType::get(shape, builder.getI8Type()),
      reshaped(constant.getValue(), shape));
  return result;
}

/// Multipliers and biases are parameters too, which the container has to hold:
/// they are as precise as what they are applied to, and this factor more.
static constexpr double kFinerThanNoise = 16;
/// The deviation of numbers rounded to integers.
static constexpr double kRoundingNoise = 0.28867513459481287; // sqrt(1 / 12)

std::vector<Converter::RowNoise> Converter::noiseOf(const Weight &weight) {
  std::vector<uint8_t> divisors =
      columnDivisors(weight.codes, weight.scales.size());
  double steps = 0;
  for (uint8_t divisor : divisors)
    steps += double(divisor) * divisor;
  std::vector<RowNoise> noise;
  for (size_t n = 0; n < weight.scales.size(); ++n) {
    double squares = 0;
    for (int8_t code : weight.row(n))
      squares += double(code) * code;
    // A row of zeros could be one of codes that are just not 1.
    squares = std::max(squares, double(weight.inputs) / 4);
    noise.push_back({kRoundingNoise * std::sqrt(steps / squares),
                     kRoundingNoise * std::sqrt(squares)});
  }
  return noise;
}

/// `round(b / scale) - zero_point * sum_k(weight[n, k])` for every output n, no
/// finer than sums are.
FailureOr<std::vector<int32_t>> Converter::biasCodes(Operation *op, Value bias,
                                                     const Weight &weight,
                                                     const CodeScale &input,
                                                     ArrayRef<RowNoise> noise) {
  std::vector<float> floats(weight.scales.size());
  if (bias) {
    FailureOr<std::vector<float>> read = readFloatConstant(bias);
    if (failed(read))
      return errorAt(op) << "expected a float constant as bias, found "
                         << bias.getType();
    floats = std::move(*read);
  }
  std::vector<int32_t> codes(floats.size());
  double unit = std::numeric_limits<double>::max();
  for (size_t n = 0; n < floats.size(); ++n) {
    int64_t sum = 0;
    for (int8_t code : weight.row(n))
      sum += code;
    double code = std::nearbyint(floats[n] / (input.scale * weight.scales[n])) -
                  double(input.zeroPoint * sum);
    if (!(std::fabs(code) < double(1 << 30)))
      return errorAt(op) << "the bias of output " << n << ", " << floats[n]
                         << ", is " << code
                         << " steps of its sum, expected less than 2^30; its "
                            "weights' scale is too fine";
    codes[n] = int32_t(code);
    unit = std::min(unit, noise[n].sums / kFinerThanNoise);
  }
  roundToUnit(codes, unit);
  return codes;
}

/// The largest absolute value that any sum can have; fails where one could
/// leave 32 bits on the way.
FailureOr<int64_t> Converter::boundOf(Operation *op, const Weight &weight,
                                      ArrayRef<int32_t> bias,
                                      const CodeScale &input) {
  int64_t bound = 0;
  for (size_t n = 0; n < bias.size(); ++n) {
    int64_t least = bias[n], most = bias[n], way = std::abs(int64_t(bias[n]));
    for (int8_t each : weight.row(n)) {
      auto code = static_cast<int64_t>(each);
      auto [low, high] = std::minmax({code * input.low, code * input.high});
      least += low;
      most += high;
      way += std::max(-low, high);
    }
    if (way > INT32_MAX)
      return errorAt(op) << "the sum of output " << n << " may reach " << way
                         << ", expected less than 2^31";
    bound = std::max({bound, -least, most});
  }
  return bound;
}

//===----------------------------------------------------------------------===//
// Linear layers
//===----------------------------------------------------------------------===//

/// Brings `sums`, of one scale per channel, to the type of `op`'s result.
LogicalResult Converter::requantize(Operation *op, Value sums,
                                    ArrayRef<double> scales, int64_t bound,
                                    ArrayRef<RowNoise> noise) {
  Value result = op->getResult(0);
  FailureOr<CodeScale> scale = scaleOf(op, result, "a result");
  if (failed(scale))
    return failure();
  std::vector<double> ratios;
  for (double sumScale : scales)
    ratios.push_back(sumScale / scale->scale);
  int64_t low = std::max<int64_t>(scale->low, -INT32_MAX);
  int64_t width =
      std::max(scale->high - scale->zeroPoint, scale->zeroPoint - low);
  Expected<Requantization> chosen = makeRequantization(ratios, bound, width);
  if (!chosen)
    return report(op, chosen.takeError());
  double unit = INT32_MAX;
  for (auto [multiplier, row] : llvm::zip_equal(chosen->multipliers, noise))
    unit = std::min(unit, multiplier * row.weights / kFinerThanNoise);
  roundToUnit(chosen->multipliers, unit);
  Value multiplier = vector(op, "multiplier", chosen->multipliers);
  map(result, fxp::RequantizeOp::create(builder, op->getLoc(),
                                        integerType(result), sums, multiplier,
                                        chosen->preShift, chosen->shift,
                                        scale->zeroPoint, low, scale->high));
  return success();
}

LogicalResult Converter::convertProduct(Operation *op, Value input,
                                        const CodeScale &inputScale,
                                        Value weightOperand,
                                        Value biasOperand) {
  FailureOr<Weight> weight = weightOf(op, weightOperand);
  if (failed(weight))
    return failure();
  std::vector<RowNoise> noise = noiseOf(*weight);
  FailureOr<std::vector<int32_t>> bias =
      biasCodes(op, biasOperand, *weight, inputScale, noise);
  if (failed(bias))
    return failure();
  FailureOr<int64_t> bound = boundOf(op, *weight, *bias, inputScale);
  if (failed(bound))
    return failure();
  auto type = cast<RankedTensorType>(op->getResult(0).getType())
                  .clone(builder.getI32Type());
  Value sums = fxp::LinearOp::create(builder, op->getLoc(), type, input,
                                     weight->value, vector(op, "bias", *bias));
  ++counts.products;
  std::vector<double> scales;
  for (double weightScale : weight->scales)
    scales.push_back(inputScale.scale * weightScale);
  return requantize(op, sums, scales, *bound, noise);
}

LogicalResult Converter::convert(PatchEmbedOp op) {
  FailureOr<CodeScale> scale = scaleOf(op, op.getImage(), "an image");
  Value image = mapped(op, op.getImage());
  if (failed(scale) || !image)
    return failure();
  ArrayRef<int64_t> weight = op.getWeight().getType().getShape();
  ArrayRef<int64_t> tokens = op.getResult().getType().getShape();
  auto type = RankedTensorType::get(
      {tokens[0], tokens[1], weight[1] * weight[2] * weight[3]},
      cast<RankedTensorType>(image.getType()).getElementType());
  Value patches = fxp::PatchesOp::create(builder, op.getLoc(), type, image,
                                         weight[1], weight[2]);
  return convertProduct(op, patches, *scale, op.getWeight(), op.getBias());
}

LogicalResult Converter::convert(LinearOp op) {
  FailureOr<CodeScale> scale = scaleOf(op, op.getInput(), "an input");
  Value input = mapped(op, op.getInput());
  if (failed(scale) || !input)
    return failure();
  if (!integerType(op.getInput()).getElementType().isInteger(8))
    return errorAt(op) << "expected an input of 8-bit codes, found "
                       << op.getInput().getType();
  return convertProduct(op, input, *scale, op.getWeight(), op.getBias());
}

//===----------------------------------------------------------------------===//
// Layer norm, GELU, sums
//===----------------------------------------------------------------------===//

LogicalResult Converter::convert(LayerNormOp op) {
  FailureOr<CodeScale> input =
      symmetricScaleOf(op, op.getInput(), "an input", 16);
  FailureOr<CodeScale> output = scaleOf(op, op.getResult(), "a result");
  Value codes = mapped(op, op.getInput());
  if (failed(input) || failed(output) || !codes)
    return failure();
  FailureOr<std::vector<float>> gamma = readFloatConstant(op.getGamma());
  FailureOr<std::vector<float>> beta = readFloatConstant(op.getBeta());
  if (failed(gamma) || failed(beta))
    return errorAt(op) << "expected gamma and beta to be float constants";
  Expected<LayerNormParameters> chosen =
      makeLayerNorm(*gamma, *beta, op.getEpsilon().convertToDouble(),
                    input->scale, output->scale);
  if (!chosen)
    return report(op, chosen.takeError());
  map(op.getResult(),
      fxp::LayerNormOp::create(
          builder, op.getLoc(), integerType(op.getResult()), codes,
          vector(op, "gamma", chosen->gamma), vector(op, "beta", chosen->beta),
          chosen->epsilon, chosen->shift, output->zeroPoint, output->low,
          output->high));
  return success();
}

LogicalResult Converter::convert(GeluOp op) {
  FailureOr<CodeScale> input = scaleOf(op, op.getInput(), "an input");
  FailureOr<CodeScale> output = scaleOf(op, op.getResult(), "a result");
  Value codes = mapped(op, op.getInput());
  if (failed(input) || failed(output) || !codes)
    return failure();
  for (Value value : {Value(op.getInput()), Value(op.getResult())})
    if (!integerType(value).getElementType().isUnsignedInteger(8))
      return errorAt(op) << "expected u8 codes, found " << value.getType();
  std::vector<uint8_t> table = makeGeluTable(
      {input->scale, input->zeroPoint}, {output->scale, output->zeroPoint},
      output->low, output->high, op.getLargest());
  RankedTensorType type = integerType(op.getResult());
  Value entries = constant(op, "table", {256}, type.getElementType(),
                           ArrayRef<uint8_t>(table));
  ++counts.tables;
  map(op.getResult(),
      fxp::LookupOp::create(builder, op.getLoc(), type, codes, entries));
  return success();
}

LogicalResult Converter::convert(AddOp op) {
  FailureOr<CodeScale> input =
      symmetricScaleOf(op, op.getLhs(), "a left operand", 16);
  FailureOr<CodeScale> branch =
      symmetricScaleOf(op, op.getRhs(), "a right operand", 16);
  FailureOr<CodeScale> output =
      symmetricScaleOf(op, op.getResult(), "a result", 16);
  if (failed(input) || failed(branch) || failed(output))
    return failure();
  Value x = mapped(op, op.getLhs()), y = mapped(op, op.getRhs());
  if (!x || !y)
    return failure();
  if (!equal(branch->scale, output->scale))
    return errorAt(op) << "expected a right operand at the result's scale "
                       << output->scale << ", found " << branch->scale;
  Expected<Rescale> chosen =
      makeRescale(input->scale / output->scale, input->most());
  if (!chosen)
    return report(op, chosen.takeError());
  map(op.getResult(),
      fxp::AddOp::create(builder, op.getLoc(), integerType(op.getResult()), x,
                         y, chosen->multiplier, chosen->preShift, chosen->shift,
                         output->low, output->high));
  return success();
}
