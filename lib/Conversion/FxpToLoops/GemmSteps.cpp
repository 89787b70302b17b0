// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps of linear layers with what follows them.

#include "NetworkConverter.h"

using namespace deit;

LogicalResult NetworkConverter::convertGemm(fxp::KernelOp kernel,
                                            fxp::LinearOp linear) {
  GemmStep step;
  step.kernel = kernel;
  step.linear = linear;
  step.requantize = firstOf<fxp::RequantizeOp>(kernel);
  if (!step.requantize)
    return kernel.emitOpError("expected a requantized product");
  step.lookup = firstOf<fxp::LookupOp>(kernel);
  step.add = firstOf<fxp::AddOp>(kernel);
  step.prepend = firstOf<fxp::PrependTokenOp>(kernel);
  // All of these and fxp.yield, nothing else.
  size_t known =
      3 + (step.lookup || step.add) + static_cast<size_t>(!!step.prepend);
  if (kernel.getBody().front().getOperations().size() != known)
    return kernel.emitOpError("expected a product, its requantization, and "
                              "then a lookup or a sum");
  step.gemm.rows = rowsOf(linear.getResult());
  step.gemm.columns = columnsOf(linear.getResult());
  step.gemm.depth = columnsOf(linear.getInput());
  step.gemm.resultBits = typeOf(kernel.getResult()).getElementTypeBitWidth();
  step.gemm.preShift = step.requantize.getPreShift() != 0;
  step.gemm.lookup = step.lookup != nullptr;
  step.gemm.residual = Residual::None;
  step.parameters.resize(GemmKernel::ParameterCount);
  if (failed(setProduct(step)) || failed(setRequantization(step)) ||
      (step.add && failed(setSum(step))))
    return failure();
  return addGemm(step);
}

/// Operand, weight and bias.
LogicalResult NetworkConverter::setProduct(GemmStep &step) {
  FailureOr<Slot> input = slotOf(step.kernel, step.linear.getInput());
  FailureOr<int64_t> offset = storageOffset(step.linear.getInput());
  if (failed(input) || failed(offset))
    return failure();
  auto [weight, bias] = program.packGemm(step.linear, step.gemm, *offset);
  step.parameters[GemmKernel::Input] = *input;
  step.parameters[GemmKernel::Weight] = weight;
  step.parameters[GemmKernel::Bias] = bias;
  return success();
}

/// Multiplier, shifts, bounds and the table.
LogicalResult NetworkConverter::setRequantization(GemmStep &step) {
  fxp::RequantizeOp requantize = step.requantize;
  Value result = step.kernel.getResult();
  FailureOr<int64_t> offset = storageOffset(result);
  if (failed(offset))
    return failure();
  auto low = static_cast<int64_t>(requantize.getLow());
  // Keys and values become right operands, as weights are.
  if (typeOf(result).getElementType().isSignlessInteger(8) && low < -127)
    return requantize.emitOpError("expected s8 codes within [-127, 127], found "
                                  "the lower bound ")
           << low;
  if (step.gemm.resultBits != 8 && requantize.getZeroPoint() != 0)
    return requantize.emitOpError("expected no zero point beyond 8 bits");
  SmallVector<StepParameter> &parameters = step.parameters;
  parameters[GemmKernel::Multiplier] = program.packRows(
      requantize.getMultiplier(), step.gemm.paddedColumns(target) * 4);
  parameters[GemmKernel::PreShift] = requantize.getPreShift();
  parameters[GemmKernel::Shift] = requantize.getShift();
  // A table's entries carry the offset; its index is the code itself.
  int64_t stored = step.lookup ? 0 : *offset;
  parameters[GemmKernel::ZeroPoint] = requantize.getZeroPoint() + stored;
  parameters[GemmKernel::Low] = low + stored;
  parameters[GemmKernel::High] = requantize.getHigh() + stored;
  if (step.lookup)
    parameters[GemmKernel::Table] =
        program.packRows(step.lookup.getTable(), 256, *offset != 0);
  return success();
}

/// What is added to the product, and how the stream is rescaled.
LogicalResult NetworkConverter::setSum(GemmStep &step) {
  fxp::AddOp add = step.add;
  SmallVector<StepParameter> &parameters = step.parameters;
  if (add.getBranch() == step.requantize.getResult()) {
    step.gemm.residual = Residual::Stream;
    FailureOr<Slot> stream = slotOf(step.kernel, add.getInput());
    if (failed(stream))
      return failure();
    parameters[GemmKernel::Other] = *stream;
  } else {
    step.gemm.residual = Residual::Constant;
    if (!add.getBranch().getDefiningOp<fxp::ConstantOp>())
      return add.emitOpError("expected a constant branch");
    parameters[GemmKernel::Other] =
        program.packRows(add.getBranch(), rowStride(step.gemm.columns) * 2);
  }
  parameters[GemmKernel::RescaleMultiplier] = add.getMultiplier();
  parameters[GemmKernel::RescalePreShift] = add.getPreShift();
  parameters[GemmKernel::RescaleShift] = add.getShift();
  parameters[GemmKernel::RescaleLow] = add.getLow();
  parameters[GemmKernel::RescaleHigh] = add.getHigh();
  return success();
}

/// Adds the step; one for each image where rows of the images differ in their
/// place (behind the class token) or meet the same constant rows.
LogicalResult NetworkConverter::addGemm(GemmStep &step) {
  Value result = step.kernel.getResult();
  int64_t rowBytes = rowStride(step.gemm.columns) * elementBytes(result);
  Slot slot = allocateRows(result);
  slots[result] = slot;
  int64_t images = 1, resultRows = rowsOf(result) / batch;
  bool isShared = step.gemm.residual == Residual::Constant &&
                  typeOf(step.add.getBranch()).getDimSize(0) == 1;
  if (step.prepend || isShared) {
    images = batch;
    step.gemm.rows /= batch;
  }
  if (step.prepend) {
    Value token = step.prepend.getToken();
    if (!token.getDefiningOp<fxp::ConstantOp>())
      return step.prepend.emitOpError("expected a constant token");
    program.addStep(step.prepend.getLoc(),
                    CopyRowsKernel{batch, rowBytes, 0, resultRows * rowBytes,
                                   /*fromPacked=*/true},
                    batch, "copy", 0,
                    {program.packRows(token, rowBytes), slot});
    slot.offset += rowBytes;
  }
  int64_t inputBytes = step.gemm.rows * rowStride(step.gemm.depth) *
                       elementBytes(step.linear.getInput());
  step.parameters[GemmKernel::Result] = slot;
  for (int64_t image = 0; image < images; ++image) {
    program.addStep(
        step.kernel.getLoc(), step.gemm, step.gemm.items(target), "gemm",
        step.gemm.rows * step.gemm.columns * step.gemm.depth, step.parameters);
    step.parameters[GemmKernel::Input].value += inputBytes;
    step.parameters[GemmKernel::Result].value += resultRows * rowBytes;
    if (step.gemm.residual == Residual::Stream ||
        (step.gemm.residual == Residual::Constant && !isShared))
      step.parameters[GemmKernel::Other].value +=
          step.gemm.rows * rowStride(step.gemm.columns) * 2;
  }
  return success();
}
