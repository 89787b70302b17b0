// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps of everything but linear layers, and what all steps need.

#include "NetworkConverter.h"
#include "deit/Dialect/DeiT/IR/Constants.h"

using namespace deit;

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
  PatchesKernel p{image[0] * image[1], image[2],
                  static_cast<int64_t>(patches.getHeight()),
                  static_cast<int64_t>(patches.getWidth())};
  Value result = kernel.getResult();
  Slot slot = allocateRows(result);
  slots[result] = slot;
  program.addStep(kernel.getLoc(), p, p.height / p.patchHeight, "patches", 0,
                  {slot});
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
  AttentionKernel a{shape[0], shape[2], shape[1], shape[3],
                    softmax.getPreShift() != 0};

  Slot packed =
      program.allocate(a.images * a.heads * a.packing().headBytes(target));
  program.addStep(kernel.getLoc(), a.packing(), a.images * a.heads, "pack", 0,
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
                  2 * a.images * a.heads * a.tokens * a.tokens * a.headChannels,
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

/// One token of one image is where it is; those of several are put together.
LogicalResult NetworkConverter::convertSelect(fxp::SelectTokenOp select) {
  FailureOr<Slot> slot = slotOf(select, select.getTokens());
  if (failed(slot))
    return failure();
  int64_t rowBytes = rowStride(columnsOf(select)) * elementBytes(select);
  slot->offset += select.getIndex() * rowBytes;
  if (batch == 1) {
    slots[select] = *slot;
    return success();
  }
  Slot result = allocateRows(select);
  slots[select] = result;
  int64_t tokens = typeOf(select.getTokens()).getDimSize(1);
  program.addStep(select.getLoc(),
                  CopyRowsKernel{batch, rowBytes, tokens * rowBytes, rowBytes,
                                 /*fromPacked=*/false},
                  batch, "copy", 0, {*slot, result});
  return success();
}

LogicalResult NetworkConverter::convertReturn(func::ReturnOp op,
                                              RankedTensorType imageType,
                                              double logitScale) {
  FailureOr<Slot> logits = slotOf(op, op.getOperand(0));
  if (failed(logits))
    return failure();
  if (!typeOf(op.getOperand(0)).getElementType().isInteger(32))
    return op.emitOpError() << "expected logits of 32 bits, found "
                            << op.getOperand(0).getType();
  program.finish(imageType, columnsOf(op.getOperand(0)), logitScale, *logits);
  return success();
}

LogicalResult NetworkConverter::convertOp(Operation &op,
                                          RankedTensorType imageType,
                                          double logitScale) {
  if (isa<fxp::ConstantOp>(op))
    return success();
  if (auto kernel = dyn_cast<fxp::KernelOp>(op))
    return convertKernel(kernel);
  if (auto select = dyn_cast<fxp::SelectTokenOp>(op))
    return convertSelect(select);
  if (auto end = dyn_cast<func::ReturnOp>(op))
    return convertReturn(end, imageType, logitScale);
  return op.emitOpError("expected inside a kernel; run fxp-fuse-kernels first");
}

LogicalResult NetworkConverter::convert() {
  if (function.getNumArguments() != 1 || function.getNumResults() != 1)
    return function.emitOpError("expected one image and one result");
  auto imageType = dyn_cast<RankedTensorType>(function.getArgumentTypes()[0]);
  if (!imageType || imageType.getRank() != 4 || imageType.getDimSize(3) != 3)
    return function.emitOpError() << "expected tensor<NxHxWx3xui8>, found "
                                  << function.getArgumentTypes()[0];
  batch = imageType.getDimSize(0);
  auto logitScale = function->getAttrOfType<FloatAttr>(fxp::kLogitScaleAttr);
  if (!logitScale)
    return function.emitOpError("expected the attribute 'fxp.logit_scale'");
  for (Operation &op : function.getBody().front())
    if (failed(convertOp(op, imageType, logitScale.getValueAsDouble())))
      return failure();
  return success();
}
