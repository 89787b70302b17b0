// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// convert-fxp-to-loops: the fused integer network as a program of kernels.

#include "ProgramBuilder.h"
#include "deit/Conversion/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace deit {
#define GEN_PASS_DEF_CONVERTFXPTOLOOPSPASS
#include "deit/Conversion/Passes.h.inc"
} // namespace deit

using namespace deit;

namespace {

template <typename Op>
Op firstOf(fxp::KernelOp kernel) {
  auto ops = kernel.getBody().getOps<Op>();
  return ops.empty() ? Op() : *ops.begin();
}

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}
int64_t columnsOf(Value value) { return typeOf(value).getShape().back(); }
int64_t rowsOf(Value value) {
  return typeOf(value).getNumElements() / columnsOf(value);
}

/// Turns the kernels of one function into steps, in order.
class NetworkConverter {
public:
  NetworkConverter(func::FuncOp function, ProgramBuilder &program)
      : function(function), program(program), target(program.target) {}
  LogicalResult convert();

private:
  func::FuncOp function;
  ProgramBuilder &program;
  const Target &target;
  llvm::DenseMap<Value, Slot> slots;

  LogicalResult convertKernel(fxp::KernelOp kernel);
  LogicalResult convertPatches(fxp::KernelOp kernel, fxp::PatchesOp patches);
  LogicalResult convertGemm(fxp::KernelOp kernel, fxp::LinearOp linear);
  LogicalResult convertLayerNorm(fxp::KernelOp kernel, fxp::LayerNormOp norm);
  LogicalResult convertAttention(fxp::KernelOp kernel, fxp::SoftmaxOp softmax);
  FailureOr<int64_t> storageOffset(Value value);
  /// Bytes an element of `value` takes in the arena.
  int64_t elementBytes(Value value) {
    unsigned bits = typeOf(value).getElementTypeBitWidth();
    return bits == 8 ? target.width() : bits / 8;
  }
  Slot allocateRows(Value value);
  FailureOr<Slot> slotOf(Operation *user, Value value);
};

} // namespace

Slot NetworkConverter::allocateRows(Value value) {
  return program.allocate(rowsOf(value) * rowStride(columnsOf(value)) *
                          elementBytes(value));
}

FailureOr<Slot> NetworkConverter::slotOf(Operation *user, Value value) {
  auto position = slots.find(value);
  if (position == slots.end()) {
    user->emitOpError("expected an operand that an earlier kernel computes; "
                      "run fxp-fuse-kernels first");
    return failure();
  }
  return position->second;
}

/// What is added to the codes of `value` where they are stored: left operands
/// of products carry the sign the target's dot product wants.
FailureOr<int64_t> NetworkConverter::storageOffset(Value value) {
  if (typeOf(value).getElementType().isUnsignedInteger())
    return target.unsignedOffset();
  if (!typeOf(value).getElementType().isInteger(8))
    return 0;
  bool isLeft = false, isRight = false;
  for (Operation *user : value.getUsers()) {
    auto heads = dyn_cast<fxp::SplitHeadsOp>(user);
    if (!heads) {
      isLeft = true;
      continue;
    }
    for (Operation *product : heads->getUsers())
      if (auto matmul = dyn_cast<fxp::MatmulOp>(product)) {
        isLeft |= matmul.getLhs() == heads.getResult();
        isRight |= matmul.getRhs() == heads.getResult();
      }
  }
  if (isLeft && isRight)
    return value.getDefiningOp()->emitOpError(
        "expected codes that are a left or a right operand, found both");
  return isLeft ? target.signedOffset() : 0;
}

LogicalResult NetworkConverter::convertPatches(fxp::KernelOp kernel,
                                               fxp::PatchesOp patches) {
  ArrayRef<int64_t> image = typeOf(patches.getImage()).getShape();
  if (patches.getImage() != function.getArgument(0))
    return patches.emitOpError("expected the function's image");
  PatchesKernel p{image[1], image[2], static_cast<int64_t>(patches.getHeight()),
                  static_cast<int64_t>(patches.getWidth())};
  Value result = kernel.getResult();
  Slot slot = allocateRows(result);
  slots[result] = slot;
  program.addStep(kernel.getLoc(), p, image[1] / p.patchHeight, "patches", 0,
                  {slot});
  return success();
}

LogicalResult NetworkConverter::convertGemm(fxp::KernelOp kernel,
                                            fxp::LinearOp linear) {
  auto requantize = firstOf<fxp::RequantizeOp>(kernel);
  if (!requantize)
    return kernel.emitOpError("expected a requantized product");
  auto lookup = firstOf<fxp::LookupOp>(kernel);
  auto add = firstOf<fxp::AddOp>(kernel);
  auto prepend = firstOf<fxp::PrependTokenOp>(kernel);
  // All of these and fxp.yield, nothing else.
  size_t known = 3 + (lookup || add) + (prepend != nullptr);
  if (kernel.getBody().front().getOperations().size() != known)
    return kernel.emitOpError("expected a product, its requantization, and "
                              "then a lookup or a sum");
  Value result = kernel.getResult();
  FailureOr<Slot> input = slotOf(kernel, linear.getInput());
  FailureOr<int64_t> inputOffset = storageOffset(linear.getInput());
  FailureOr<int64_t> offset = storageOffset(result);
  if (failed(input) || failed(inputOffset) || failed(offset))
    return failure();

  GemmKernel gemm;
  gemm.rows = rowsOf(linear.getResult());
  gemm.columns = columnsOf(linear.getResult());
  gemm.depth = columnsOf(linear.getInput());
  gemm.resultBits = typeOf(result).getElementTypeBitWidth();
  gemm.preShift = requantize.getPreShift() != 0;
  gemm.lookup = lookup != nullptr;
  gemm.residual = Residual::None;

  SmallVector<StepParameter> parameters(GemmKernel::ParameterCount);
  auto [weight, bias] = program.packGemm(linear, gemm, *inputOffset);
  int64_t vectorBytes = gemm.paddedColumns(target) * 4;
  parameters[GemmKernel::Input] = *input;
  parameters[GemmKernel::Weight] = weight;
  parameters[GemmKernel::Bias] = bias;
  parameters[GemmKernel::Multiplier] =
      program.packRows(requantize.getMultiplier(), vectorBytes);
  parameters[GemmKernel::PreShift] = requantize.getPreShift();
  parameters[GemmKernel::Shift] = requantize.getShift();
  // A table's entries carry the offset; its index is the code itself.
  auto low = static_cast<int64_t>(requantize.getLow());
  int64_t stored = lookup ? 0 : *offset;
  parameters[GemmKernel::ZeroPoint] = requantize.getZeroPoint() + stored;
  parameters[GemmKernel::Low] = low + stored;
  parameters[GemmKernel::High] = requantize.getHigh() + stored;
  // Keys and values become right operands, as weights are.
  if (typeOf(result).getElementType().isSignlessInteger(8) && low < -127)
    return requantize.emitOpError("expected s8 codes within [-127, 127], found "
                                  "the lower bound ")
           << low;
  if (gemm.resultBits != 8 && requantize.getZeroPoint() != 0)
    return requantize.emitOpError("expected no zero point beyond 8 bits");
  if (lookup)
    parameters[GemmKernel::Table] =
        program.packRows(lookup.getTable(), 256, *offset != 0);

  if (add) {
    bool isBranch = add.getBranch() == requantize.getResult();
    gemm.residual = isBranch ? Residual::Stream : Residual::Constant;
    if (isBranch) {
      FailureOr<Slot> stream = slotOf(kernel, add.getInput());
      if (failed(stream))
        return failure();
      parameters[GemmKernel::Other] = *stream;
    } else {
      if (!add.getBranch().getDefiningOp<fxp::ConstantOp>())
        return add.emitOpError("expected a constant branch");
      parameters[GemmKernel::Other] =
          program.packRows(add.getBranch(), rowStride(gemm.columns) * 2);
    }
    parameters[GemmKernel::RescaleMultiplier] = add.getMultiplier();
    parameters[GemmKernel::RescalePreShift] = add.getPreShift();
    parameters[GemmKernel::RescaleShift] = add.getShift();
    parameters[GemmKernel::RescaleLow] = add.getLow();
    parameters[GemmKernel::RescaleHigh] = add.getHigh();
  }

  Slot slot = allocateRows(result);
  slots[result] = slot;
  if (prepend) {
    int64_t rowBytes = rowStride(gemm.columns) * elementBytes(result);
    if (!prepend.getToken().getDefiningOp<fxp::ConstantOp>())
      return prepend.emitOpError("expected a constant token");
    program.addStep(prepend.getLoc(), CopyRowKernel{gemm.columns}, 1, "copy", 0,
                    {program.packRows(prepend.getToken(), rowBytes), slot});
    slot.offset += rowBytes;
  }
  parameters[GemmKernel::Result] = slot;
  program.addStep(kernel.getLoc(), gemm, gemm.items(target), "gemm",
                  gemm.rows * gemm.columns * gemm.depth, parameters);
  return success();
}

LogicalResult NetworkConverter::convertLayerNorm(fxp::KernelOp kernel,
                                                 fxp::LayerNormOp norm) {
  Value result = kernel.getResult();
  FailureOr<Slot> input = slotOf(kernel, norm.getInput());
  FailureOr<int64_t> offset = storageOffset(result);
  if (failed(input) || failed(offset))
    return failure();
  LayerNormKernel k{rowsOf(result), columnsOf(result)};
  int64_t vectorBytes = rowStride(k.channels) * 4;
  Slot slot = allocateRows(result);
  slots[result] = slot;
  SmallVector<StepParameter> parameters(LayerNormKernel::ParameterCount);
  parameters[LayerNormKernel::Input] = *input;
  parameters[LayerNormKernel::Gamma] =
      program.packRows(norm.getGamma(), vectorBytes);
  parameters[LayerNormKernel::Beta] =
      program.packRows(norm.getBeta(), vectorBytes);
  parameters[LayerNormKernel::Result] = slot;
  parameters[LayerNormKernel::Epsilon] = norm.getEpsilon();
  parameters[LayerNormKernel::Shift] = norm.getShift();
  parameters[LayerNormKernel::ZeroPoint] = norm.getZeroPoint() + *offset;
  parameters[LayerNormKernel::Low] = norm.getLow() + *offset;
  parameters[LayerNormKernel::High] = norm.getHigh() + *offset;
  program.addStep(kernel.getLoc(), k, k.rows, "layer_norm", 0, parameters);
  return success();
}

LogicalResult NetworkConverter::convertAttention(fxp::KernelOp kernel,
                                                 fxp::SoftmaxOp softmax) {
  auto scores = softmax.getScores().getDefiningOp<fxp::MatmulOp>();
  auto normalize = firstOf<fxp::NormalizeOp>(kernel);
  fxp::MatmulOp mean =
      normalize ? normalize.getInput().getDefiningOp<fxp::MatmulOp>() : nullptr;
  if (!scores || !mean)
    return kernel.emitOpError("expected scores, softmax and weighted mean");
  auto source = [](Value heads) -> Value {
    auto split = heads.getDefiningOp<fxp::SplitHeadsOp>();
    return split ? split.getInput() : Value();
  };
  Value values[] = {source(scores.getLhs()), source(scores.getRhs()),
                    source(mean.getRhs())};
  Slot inputs[3];
  for (int i = 0; i < 3; ++i) {
    FailureOr<Slot> slot = slotOf(kernel, values[i]);
    if (failed(slot))
      return failure();
    inputs[i] = *slot;
  }
  Value result = kernel.getResult();
  FailureOr<int64_t> offset = storageOffset(result);
  if (failed(offset))
    return failure();
  ArrayRef<int64_t> shape = typeOf(scores.getLhs()).getShape();
  if (shape != typeOf(scores.getRhs()).getShape() ||
      shape != typeOf(mean.getRhs()).getShape())
    return kernel.emitOpError("expected queries, keys and values of one shape");
  AttentionKernel a{shape[2], shape[1], shape[3], softmax.getPreShift() != 0};

  Slot packed = program.allocate(a.heads * a.packing().headBytes(target));
  program.addStep(kernel.getLoc(), a.packing(), a.heads, "pack", 0,
                  {inputs[1], inputs[2], packed});
  Slot slot = allocateRows(result);
  slots[result] = slot;
  SmallVector<StepParameter> parameters(AttentionKernel::ParameterCount);
  parameters[AttentionKernel::Query] = inputs[0];
  parameters[AttentionKernel::Packed] = packed;
  parameters[AttentionKernel::Result] = slot;
  parameters[AttentionKernel::SoftmaxMultiplier] = softmax.getMultiplier();
  parameters[AttentionKernel::SoftmaxPreShift] = softmax.getPreShift();
  parameters[AttentionKernel::SoftmaxLimit] = softmax.getLimit();
  parameters[AttentionKernel::MeanMultiplier] = normalize.getMultiplier();
  parameters[AttentionKernel::Shift] = normalize.getShift();
  parameters[AttentionKernel::ZeroPoint] = normalize.getZeroPoint() + *offset;
  parameters[AttentionKernel::Low] = normalize.getLow() + *offset;
  parameters[AttentionKernel::High] = normalize.getHigh() + *offset;
  program.addStep(kernel.getLoc(), a, a.items(target), "attention",
                  2 * a.heads * a.tokens * a.tokens * a.headChannels,
                  parameters);
  return success();
}

/// Dot products may sum two products in 16 bits, which -128 would overflow.
static LogicalResult checkWeight(fxp::LinearOp linear) {
  auto constant = linear.getWeight().getDefiningOp<fxp::ConstantOp>();
  Expected<std::vector<int8_t>> codes =
      readElements<int8_t>(constant.getValue());
  if (!codes) { // elided; whoever needs the values says so
    llvm::consumeError(codes.takeError());
    return success();
  }
  if (llvm::is_contained(*codes, INT8_MIN))
    return linear.emitOpError(
        "expected weight codes within [-127, 127], found -128");
  return success();
}

/// Parameters of a kernel are packed when the model is loaded.
static LogicalResult checkParameters(fxp::KernelOp kernel) {
  auto check = [](Operation &op, StringRef name, Value value) {
    if (value.getDefiningOp<fxp::ConstantOp>())
      return success();
    op.emitOpError() << "expected a constant " << name;
    return failure();
  };
  for (Operation &op : kernel.getBody().front()) {
    if (auto linear = dyn_cast<fxp::LinearOp>(op))
      if (failed(check(op, "weight", linear.getWeight())) ||
          failed(check(op, "bias", linear.getBias())) ||
          failed(checkWeight(linear)))
        return failure();
    if (auto requantize = dyn_cast<fxp::RequantizeOp>(op))
      if (failed(check(op, "multiplier", requantize.getMultiplier())))
        return failure();
    if (auto lookup = dyn_cast<fxp::LookupOp>(op))
      if (failed(check(op, "table", lookup.getTable())))
        return failure();
    if (auto norm = dyn_cast<fxp::LayerNormOp>(op))
      if (failed(check(op, "gamma", norm.getGamma())) ||
          failed(check(op, "beta", norm.getBeta())))
        return failure();
  }
  return success();
}

LogicalResult NetworkConverter::convertKernel(fxp::KernelOp kernel) {
  if (failed(checkParameters(kernel)))
    return failure();
  if (auto patches = firstOf<fxp::PatchesOp>(kernel))
    return convertPatches(kernel, patches);
  if (auto linear = firstOf<fxp::LinearOp>(kernel))
    return convertGemm(kernel, linear);
  if (auto norm = firstOf<fxp::LayerNormOp>(kernel))
    return convertLayerNorm(kernel, norm);
  if (auto softmax = firstOf<fxp::SoftmaxOp>(kernel))
    return convertAttention(kernel, softmax);
  return kernel.emitOpError() << "no code generator for kernels of kind '"
                              << kernel.getKind() << "'";
}

LogicalResult NetworkConverter::convert() {
  if (function.getNumArguments() != 1 || function.getNumResults() != 1)
    return function.emitOpError("expected one image and one result");
  auto imageType = dyn_cast<RankedTensorType>(function.getArgumentTypes()[0]);
  if (!imageType || imageType.getRank() != 4 || imageType.getDimSize(0) != 1 ||
      imageType.getDimSize(3) != 3)
    return function.emitOpError() << "expected tensor<1xHxWx3xui8>, found "
                                  << function.getArgumentTypes()[0];
  auto logitScale = function->getAttrOfType<FloatAttr>(fxp::kLogitScaleAttr);
  if (!logitScale)
    return function.emitOpError("expected the attribute 'fxp.logit_scale'");
  for (Operation &op : function.getBody().front()) {
    if (isa<fxp::ConstantOp>(op))
      continue;
    if (auto kernel = dyn_cast<fxp::KernelOp>(op)) {
      if (failed(convertKernel(kernel)))
        return failure();
    } else if (auto select = dyn_cast<fxp::SelectTokenOp>(op)) {
      FailureOr<Slot> slot = slotOf(select, select.getTokens());
      if (failed(slot))
        return failure();
      slot->offset += select.getIndex() * rowStride(columnsOf(select)) *
                      elementBytes(select);
      slots[select] = *slot;
    } else if (isa<func::ReturnOp>(op)) {
      FailureOr<Slot> logits = slotOf(&op, op.getOperand(0));
      if (failed(logits))
        return failure();
      if (!typeOf(op.getOperand(0)).getElementType().isInteger(32))
        return op.emitOpError() << "expected logits of 32 bits, found "
                                << op.getOperand(0).getType();
      program.finish(imageType, columnsOf(op.getOperand(0)),
                     logitScale.getValueAsDouble(), *logits);
    } else {
      return op.emitOpError("expected inside a kernel; run fxp-fuse-kernels "
                            "first");
    }
  }
  return success();
}

/// ".x86_64_v3": a symbol with a dash in it would need quotes.
static std::string symbolSuffix(const Target &target) {
  std::string suffix = "." + target.name.str();
  llvm::replace(suffix, '-', '_');
  return suffix;
}

namespace {
struct ConvertFxpToLoopsPass
    : deit::impl::ConvertFxpToLoopsPassBase<ConvertFxpToLoopsPass> {
  using ConvertFxpToLoopsPassBase::ConvertFxpToLoopsPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Expected<TargetList> found = lookupTargets(target);
    if (!found) {
      module.emitError() << llvm::toString(found.takeError());
      return signalPassFailure();
    }
    auto function = module.lookupSymbol<func::FuncOp>("forward");
    if (!function || function.isExternal()) {
      module.emitError("expected a function @forward with a body");
      return signalPassFailure();
    }
    for (const Target *each : *found) {
      ProgramBuilder program(module, *each,
                             found->size() > 1 ? symbolSuffix(*each) : "");
      if (failed(NetworkConverter(function, program).convert()))
        return signalPassFailure();
    }
    kernels = llvm::range_size(module.getOps<func::FuncOp>()) - 1;
    function.erase();
  }
};
} // namespace
