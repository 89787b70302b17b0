// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chooses number formats and rounds the parameters to them.

#include "NumberFormats.h"
#include "StreamTypes.h"
#include "WeightCodes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "deit/Quant/FixedPoint.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cfloat>
#include <cmath>

namespace deit {
#define GEN_PASS_DEF_QUANTIZEPASS
#include "deit/Dialect/DeiT/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-quantize"
ALWAYS_ENABLED_STATISTIC(numActivations, "Activations quantized");
ALWAYS_ENABLED_STATISTIC(numWeights, "Weights quantized");

namespace {

/// Quantizes one function, operation by operation.
class Quantizer {
public:
  /// `pass` is the flag that remarks name.
  Quantizer(StringRef pass, const StreamTypes &stream, WeightRounding rounding)
      : pass(pass), stream(stream), rounding(rounding) {}

  /// Gives `op`, whose operands are quantized already, its parameters' codes
  /// and its result's type. Fails with an error.
  LogicalResult quantize(Operation *op);

  unsigned numActivations = 0, numWeights = 0;

private:
  FailureOr<Type> resultType(Operation *op);
  FailureOr<Type> linearType(LinearOp op);
  FailureOr<Type> meanType(MatmulOp op);
  FailureOr<Type> matmulType(MatmulOp op);
  FailureOr<Type> layerNormType(LayerNormOp op);
  FailureOr<Type> affineType(Operation *op);
  FailureOr<Type> featureType(Operation *op);
  FailureOr<Type> pixelType(NormalizeOp op);
  LogicalResult quantizeWeight(OpOperand &weight, Value bias,
                               double inputScale);
  LogicalResult quantizeParameters(Operation *op);
  LogicalResult quantizeStreamConstant(OpOperand &operand);
  void remarkFormat(Value value, StringRef what);

  StringRef pass;
  const StreamTypes &stream;
  WeightRounding rounding;
};

struct QuantizePass : deit::impl::QuantizePassBase<QuantizePass> {
  using QuantizePassBase::QuantizePassBase;

  void runOnOperation() override {
    if (failed(checkOptions()) || failed(quantizeFunction()))
      signalPassFailure();
  }

private:
  LogicalResult checkOptions();
  LogicalResult quantizeFunction();
};

} // namespace

/// The scale of the values in `value`; raw pixels count from 0 to 255.
static FailureOr<double> inputScale(Value value, Operation *user) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  if (element.isUnsignedInteger(8))
    return 1.0;
  if (auto type = dyn_cast<quant::UniformQuantizedType>(element))
    return type.getScale();
  return user->emitOpError()
         << "at '" << modulePath(user)
         << "' expected a quantized operand, found " << element;
}

/// A constant of `codes` in place of `old`.
template <typename T>
static Value createCodes(Value old, quant::QuantizedType element,
                         ArrayRef<T> codes) {
  auto constant = old.getDefiningOp<ConstantOp>();
  OpBuilder builder(constant);
  auto held = RankedTensorType::get(constant.getResult().getType().getShape(),
                                    element.getStorageType());
  ElementsAttr values =
      makeElements(held, codes, modulePath(constant.getLoc()));
  return ConstantOp::create(builder, constant.getLoc(), held.clone(element),
                            values);
}

/// Reads a parameter for `user`; fails with an error.
static FailureOr<std::vector<float>> readParameter(Value value,
                                                   Operation *user) {
  if (!value.getDefiningOp<ConstantOp>())
    return user->emitOpError() << "at '" << modulePath(user)
                               << "' has a parameter that is not a constant";
  FailureOr<std::vector<float>> values = readFloatConstant(value);
  if (failed(values))
    return user->emitOpError() << "at '" << modulePath(user)
                               << "' has a parameter that is not a readable "
                                  "float constant";
  return values;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// `range` with 0 in it, made wider to `width` where it is narrower.
static Range widened(Range range, double width) {
  range = unite(range, {0, 0});
  double found = range.high - range.low;
  if (found >= width)
    return range;
  if (found == 0)
    return {-width / 2, width / 2};
  return {range.low / found * width, range.high / found * width};
}

FailureOr<Type> Quantizer::affineType(Operation *op) {
  FailureOr<Range> range = calibratedRange(op);
  if (failed(range))
    return failure();
  return Type(affineU8(op->getContext(), *range));
}

/// What only a rectifier sees gets the codes of its result, whose ends are the
/// rectifier's: it is rounded once.
FailureOr<Type> Quantizer::featureType(Operation *op) {
  Operation *user = op->hasOneUse() ? *op->user_begin() : nullptr;
  return affineType(isa_and_nonnull<ReluOp>(user) ? user : op);
}

/// Normalized pixels are rounded where a convolution takes them, around which
/// there are zeros: patch embeddings take raw pixels instead.
FailureOr<Type> Quantizer::pixelType(NormalizeOp op) {
  if (llvm::all_of(op->getUsers(), llvm::IsaPred<Conv2DOp>))
    return affineType(op);
  return op.emitOpError()
         << "at '" << modulePath(op)
         << "' has no quantized form; run the folds of parameters first";
}

/// Codes of a layer norm that hardly deviates would be finer than what it
/// computes.
FailureOr<Type> Quantizer::layerNormType(LayerNormOp op) {
  FailureOr<Range> range = calibratedRange(op);
  FailureOr<std::vector<float>> gamma = readParameter(op.getGamma(), op);
  FailureOr<std::vector<float>> beta = readParameter(op.getBeta(), op);
  if (failed(range) || failed(gamma) || failed(beta))
    return failure();
  double finest = finestLayerNormScale(*gamma, *beta);
  return Type(affineU8(op.getContext(), widened(*range, 255 * finest)));
}

/// The scale of the coarsest of `op`'s accumulators.
static double accumulatorScale(LinearOp op) {
  Type element = op.getWeight().getType().getElementType();
  double coarsest = 0;
  if (auto perRow = dyn_cast<quant::UniformQuantizedPerAxisType>(element))
    coarsest = *llvm::max_element(perRow.getScales());
  else
    coarsest = scaleOf(op.getWeight());
  return coarsest * scaleOf(op.getInput());
}

/// The scale of logits: coarser than every accumulator's, so that 32 bits
/// hold what the accumulators hold, with room.
static double logitScale(LinearOp op) { return 16 * accumulatorScale(op); }

/// The finest scale of the result of `op` at which no sum leaves 32 bits on its
/// way there: finer ones only occur where products all but cancel.
static double finestScale(LinearOp op) {
  double inputs = op.getWeight().getType().getDimSize(1);
  return accumulatorScale(op) * (inputs * 255 * 127) * 0x1p-29;
}

FailureOr<Type> Quantizer::linearType(LinearOp op) {
  if (quant::QuantizedType type = stream.lookup(op.getResult()))
    return Type(type);
  Operation *user = op->hasOneUse() ? *op->user_begin() : nullptr;
  if (isa_and_nonnull<func::ReturnOp>(user))
    return Type(accumulatorI32(op.getContext(), logitScale(op)));
  bool isGelu = isa_and_nonnull<GeluOp>(user);
  if (!isGelu && !isa_and_nonnull<SplitHeadsOp>(user))
    return op.emitOpError()
           << "at '" << modulePath(op)
           << "' expected its only user to be deit.gelu, deit.split_heads, "
              "the branch of a deit.add, or the return";
  FailureOr<Range> range = calibratedRange(op);
  if (failed(range))
    return failure();
  double finest = finestScale(op);
  if (isGelu)
    return Type(affineU8(op.getContext(), widened(*range, 255 * finest)));
  return Type(symmetricI8(op.getContext(), widened(*range, 254 * finest)));
}

/// Where values cancel, their mean would be finer than they are rounded to.
FailureOr<Type> Quantizer::meanType(MatmulOp op) {
  constexpr double kSteps = 127; // of the mean in one of the values
  FailureOr<Range> range = calibratedRange(op);
  FailureOr<double> values = inputScale(op.getRhs(), op);
  if (failed(range) || failed(values))
    return failure();
  return Type(
      affineU8(op.getContext(), widened(*range, 255 * *values / kSteps)));
}

FailureOr<Type> Quantizer::matmulType(MatmulOp op) {
  if (op.getLhs().getDefiningOp<SoftmaxOp>())
    return meanType(op);
  FailureOr<double> lhs = inputScale(op.getLhs(), op);
  FailureOr<double> rhs = inputScale(op.getRhs(), op);
  if (failed(lhs) || failed(rhs))
    return failure();
  return Type(accumulatorI32(op.getContext(), *lhs * *rhs));
}

FailureOr<Type> Quantizer::resultType(Operation *op) {
  return llvm::TypeSwitch<Operation *, FailureOr<Type>>(op)
      .Case([&](LayerNormOp op) { return layerNormType(op); })
      .Case([&](GeluOp op) { return affineType(op); })
      .Case([&](LinearOp op) { return linearType(op); })
      .Case([&](MatmulOp op) { return matmulType(op); })
      .Case([&](SoftmaxOp op) { return Type(softmaxU8(op.getContext())); })
      .Case([&](NormalizeOp op) { return pixelType(op); })
      .Case([&](Conv2DOp op) { return featureType(op); })
      .Case<ReluOp, AveragePoolOp, GlobalAveragePoolOp>(
          [&](Operation *op) { return affineType(op); })
      .Case<PatchEmbedOp, AddOp, PrependTokenOp>([&](Operation *op) {
        if (isFeatures(op->getResult(0)))
          return featureType(op);
        return FailureOr<Type>(stream.lookup(op->getResult(0)));
      })
      .Case<SplitHeadsOp, MergeHeadsOp, SelectTokenOp, MaxPoolOp, ShortcutOp>(
          [&](Operation *op) {
            auto type = cast<RankedTensorType>(op->getOperand(0).getType());
            return type.getElementType();
          })
      .Default([](Operation *op) -> FailureOr<Type> {
        return op->emitOpError()
               << "at '" << modulePath(op)
               << "' has no quantized form; run the folds of parameters first";
      });
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// Fails with an error where `type` has a scale that is no normal float, as
/// quantized types need.
static LogicalResult checkScales(Operation *op, StringRef what, Type type) {
  SmallVector<double> scales;
  if (auto perRow = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    scales.assign(perRow.getScales().begin(), perRow.getScales().end());
  else
    scales.push_back(cast<quant::UniformQuantizedType>(type).getScale());
  for (double scale : scales)
    if (!(scale >= FLT_MIN && scale <= FLT_MAX))
      return op->emitOpError()
             << "at '" << modulePath(op) << "' has " << what << " of scale "
             << scale << ", expected " << FLT_MIN << " to " << FLT_MAX
             << "; the model's weights are too large or too small";
  return success();
}

LogicalResult Quantizer::quantizeWeight(OpOperand &weight, Value bias,
                                        double inputScale) {
  Operation *op = weight.getOwner();
  FailureOr<std::vector<float>> values = readParameter(weight.get(), op);
  FailureOr<std::vector<float>> offsets = std::vector<float>();
  if (bias)
    offsets = readParameter(bias, op);
  if (failed(values) || failed(offsets))
    return failure();
  auto rows = cast<RankedTensorType>(weight.get().getType()).getDimSize(0);
  Expected<SmallVector<double>> steps = rowSteps(op, rows);
  if (!steps)
    return op->emitOpError() << llvm::toString(steps.takeError());
  WeightCodes rounded =
      roundWeight(*values, rows, *offsets, inputScale, rounding, *steps);
  quant::QuantizedType type = weightI8(op->getContext(), rounded.scales);
  if (failed(checkScales(op, "a weight", type)))
    return failure();
  weight.set(createCodes<int8_t>(weight.get(), type, rounded.codes));
  remarkFormat(weight.get(), "weight");
  ++numWeights;
  return success();
}

/// A power of two: the codes of a stream's constant at `scale` are multiples of
/// it, for zeros at the end take no room. As fine as the step that was chosen,
/// or as a weight of 8 bits would be.
static double constantUnit(OpOperand &operand, ArrayRef<float> values,
                           double scale) {
  double largest = 0;
  for (float value : values)
    largest = std::max<double>(largest, std::abs(value));
  double step = largest / 127;
  if (auto chosen =
          operand.getOwner()->getAttrOfType<FloatAttr>(kWeightStepAttr))
    step = chosen.getValueAsDouble();
  if (!(step > scale))
    return 1;
  return std::exp2(std::nearbyint(std::log2(std::min(step / scale, 0x1p14))));
}

LogicalResult Quantizer::quantizeStreamConstant(OpOperand &operand) {
  auto constant = operand.get().getDefiningOp<ConstantOp>();
  if (!constant)
    return success();
  FailureOr<std::vector<float>> values =
      readParameter(operand.get(), operand.getOwner());
  if (failed(values))
    return failure();
  quant::QuantizedType type = stream.lookup(operand.get());
  if (!type)
    return operand.getOwner()->emitOpError()
           << "at '" << modulePath(operand.getOwner())
           << "' adds a constant to features, which has no quantized form";
  double scale = cast<quant::UniformQuantizedType>(type).getScale();
  double unit = constantUnit(operand, *values, scale);
  std::vector<int16_t> codes;
  for (float value : *values)
    codes.push_back(static_cast<int16_t>(std::clamp<double>(
        std::nearbyint(value / scale / unit) * unit, type.getStorageTypeMin(),
        type.getStorageTypeMax())));
  operand.set(createCodes<int16_t>(operand.get(), type, codes));
  remarkFormat(operand.get(), "constant of the residual stream");
  ++numWeights;
  return success();
}

LogicalResult Quantizer::quantizeParameters(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<PatchEmbedOp, LinearOp, Conv2DOp>([&](auto op) -> LogicalResult {
        FailureOr<double> scale = inputScale(op->getOperand(0), op);
        if (failed(scale))
          return failure();
        return quantizeWeight(op.getWeightMutable(), op.getBias(), *scale);
      })
      .Case(
          [&](AddOp op) { return quantizeStreamConstant(op.getRhsMutable()); })
      .Case([&](PrependTokenOp op) {
        return quantizeStreamConstant(op.getTokenMutable());
      })
      .Default(success());
}

/// The type as it is printed; of one with many scales, the outermost ones.
static std::string describe(quant::QuantizedType type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto axis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!axis) {
    os << type;
    return text;
  }
  auto [least, most] =
      std::minmax_element(axis.getScales().begin(), axis.getScales().end());
  os << "i" << axis.getStorageTypeIntegralWidth() << " in ["
     << axis.getStorageTypeMin() << ", " << axis.getStorageTypeMax() << "], "
     << axis.getScales().size() << " scales from "
     << llvm::format("%.4g to %.4g", *least, *most);
  return text;
}

/// The real numbers that codes of `type` can stand for.
static std::string describeRange(quant::UniformQuantizedType type) {
  auto value = [&](int64_t code) {
    return (code - type.getZeroPoint()) * type.getScale();
  };
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.4g to %.4g", value(type.getStorageTypeMin()),
                      value(type.getStorageTypeMax()));
  return text;
}

void Quantizer::remarkFormat(Value value, StringRef what) {
  auto type =
      dyn_cast<quant::QuantizedType>(getElementTypeOrSelf(value.getType()));
  Remark remark = analysisRemark(value.getLoc(), pass, "Format");
  if (!remark || !type)
    return;
  remark << what << remarkArg("Type", describe(type));
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type))
    remark << remarkArg("Range", describeRange(uniform));
}

LogicalResult Quantizer::quantize(Operation *op) {
  if (failed(quantizeParameters(op)))
    return failure();
  FailureOr<Type> element = resultType(op);
  if (failed(element))
    return failure();
  if (!isa_and_nonnull<quant::QuantizedType>(*element))
    return op->emitOpError()
           << "at '" << modulePath(op)
           << "' expected a quantized operand, found " << op->getOperandTypes();
  if (failed(checkScales(op, "a result", *element)))
    return failure();
  Value result = op->getResult(0);
  result.setType(cast<RankedTensorType>(result.getType()).clone(*element));
  for (StringRef attribute :
       {kRangeAttr, kRangeMethodAttr, kBalanceAttr, kSplitAttr, kSensitivityAttr,
        kWeightStepAttr, kWeightBitsAttr, kRowOctavesAttr, kRowStepsAttr})
    op->removeAttr(attribute);
  remarkFormat(result, "activation");
  ++numActivations;
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

LogicalResult QuantizePass::checkOptions() {
  if (residualBits != 16 && residualBits != 8)
    return getOperation().emitError()
           << "deit-quantize: expected residual-bits of 16 or 8, found "
           << residualBits.getValue();
  if (!(residualHeadroom >= 1 && residualHeadroom <= 1024))
    return getOperation().emitError()
           << "deit-quantize: expected a residual-headroom from 1 to 1024, "
              "found "
           << residualHeadroom.getValue();
  return success();
}

/// Takes over the types of the values that are returned.
static void updateSignature(func::FuncOp function) {
  for (auto ret : function.getOps<func::ReturnOp>())
    function.setFunctionType(FunctionType::get(function.getContext(),
                                               function.getArgumentTypes(),
                                               ret.getOperandTypes()));
}

LogicalResult QuantizePass::quantizeFunction() {
  func::FuncOp function = getOperation();
  FailureOr<StreamTypes> stream =
      StreamTypes::find(function, residualBits, residualHeadroom);
  if (failed(stream))
    return failure();
  Quantizer quantizer(getArgument(), *stream, {weights, weightRange});
  SmallVector<Operation *> constants;
  for (Operation &op : function.getOps())
    if (isa<ConstantOp>(op))
      constants.push_back(&op);
    else if (!isa<func::ReturnOp>(op) && failed(quantizer.quantize(&op)))
      return failure();
  for (Operation *constant : constants)
    if (constant->use_empty())
      constant->erase();
  updateSignature(function);
  numActivations += quantizer.numActivations;
  numWeights += quantizer.numWeights;
  return success();
}
