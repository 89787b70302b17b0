// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Converts quantized `deit` functions to `fxp`: the function as a whole.

#include "Converter.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/ADT/StringSwitch.h"

namespace deit {
#define GEN_PASS_DEF_CONVERTDEITTOFXPPASS
#include "deit/Conversion/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "convert-deit-to-fxp"
ALWAYS_ENABLED_STATISTIC(numProducts,
                         "Products converted: linear layers and matmuls");
ALWAYS_ENABLED_STATISTIC(numHeads, "Attention heads converted");
ALWAYS_ENABLED_STATISTIC(numTables, "Tables computed");

//===----------------------------------------------------------------------===//
// What is still float
//===----------------------------------------------------------------------===//

/// The pass that takes away operations which `fxp` has no counterpart of.
static StringRef passFor(Operation *op) {
  return llvm::StringSwitch<StringRef>(op->getName().stripDialect())
      .Case("normalize", "deit-fold-normalize")
      .Case("layer_scale", "deit-fold-layer-scale")
      .Case("scale", "deit-fold-attention-scale")
      .Case("split_qkv", "deit-split-qkv")
      .Default("deit-quantize");
}

/// The logits on their way out; their codes are returned instead.
static bool isReturned(DequantizeOp op) {
  return llvm::all_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>);
}

/// Fails at the first operation that only the float reference runs.
LogicalResult Converter::checkCompilable() {
  for (Operation &op : function.getBody().front().without_terminator())
    if (isa<Conv2DOp, BatchNormOp, ReluOp, MaxPoolOp, AveragePoolOp,
            GlobalAveragePoolOp, ShortcutOp>(op))
      return errorAt(&op)
             << "has no counterpart in 'fxp', which is for vision "
                "transformers; stop a convolutional network at --emit=quant "
                "and run it with deit-eval";
  return success();
}

LogicalResult Converter::checkQuantized() {
  LogicalResult result = success();
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (isa<ConstantOp>(op)) // a bias or a parameter, or its user is at fault
      continue;
    if (auto dequantize = dyn_cast<DequantizeOp>(op))
      if (isReturned(dequantize))
        continue;
    for (Value value : op.getResults())
      if (!integerType(value))
        result = errorAt(&op)
                 << "expected a quantized result, found " << value.getType()
                 << "; run " << passFor(&op) << " first";
  }
  for (BlockArgument argument : function.getArguments())
    if (!integerType(argument))
      result = function.emitOpError()
               << "expected argument " << argument.getArgNumber()
               << " to hold raw ui8 pixels, found " << argument.getType()
               << "; run deit-fold-normalize first";
  return result;
}

//===----------------------------------------------------------------------===//
// Arguments, body, results
//===----------------------------------------------------------------------===//

void Converter::convertArguments() {
  Block &body = function.getBody().front();
  for (BlockArgument old : llvm::to_vector(body.getArguments()))
    map(old, body.addArgument(integerType(old), old.getLoc()));
}

LogicalResult Converter::convertOperation(Operation *op) {
  if (isa<ConstantOp>(op))
    return success(); // made when asked for
  if (auto o = dyn_cast<DequantizeOp>(op))
    return convert(o);
  if (auto o = dyn_cast<PrependTokenOp>(op))
    return convert(o);
  if (auto o = dyn_cast<SelectTokenOp>(op))
    return convert(o);
  if (auto o = dyn_cast<PatchEmbedOp>(op))
    return convert(o);
  if (auto o = dyn_cast<LinearOp>(op))
    return convert(o);
  if (auto o = dyn_cast<LayerNormOp>(op))
    return convert(o);
  if (auto o = dyn_cast<GeluOp>(op))
    return convert(o);
  if (auto o = dyn_cast<AddOp>(op))
    return convert(o);
  if (auto o = dyn_cast<SplitHeadsOp>(op))
    return convert(o);
  if (auto o = dyn_cast<MergeHeadsOp>(op))
    return convert(o);
  if (auto o = dyn_cast<MatmulOp>(op))
    return convert(o);
  if (auto o = dyn_cast<SoftmaxOp>(op))
    return convert(o);
  return errorAt(op) << "has no counterpart in 'fxp'; run " << passFor(op)
                     << " first";
}

LogicalResult Converter::convertReturn(func::ReturnOp op) {
  SmallVector<Value> results;
  for (Value value : op.getOperands()) {
    results.push_back(mapped(op, value));
    if (!results.back())
      return failure();
  }
  if (op.getNumOperands() == 1) {
    Value logits = op.getOperand(0);
    if (auto dequantize = logits.getDefiningOp<DequantizeOp>())
      logits = dequantize.getInput();
    FailureOr<CodeScale> scale = scaleOf(op, logits, "logits");
    if (failed(scale))
      return failure();
    if (integerType(logits).getElementType().isInteger(32))
      function->setAttr(fxp::kLogitScaleAttr,
                        builder.getF64FloatAttr(scale->scale));
  }
  op->setOperands(results);
  return success();
}

LogicalResult Converter::convertBody() {
  Block &body = function.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(body)) {
    builder.setInsertionPoint(&op);
    if (auto end = dyn_cast<func::ReturnOp>(op)) {
      if (failed(convertReturn(end)))
        return failure();
    } else if (failed(convertOperation(&op))) {
      return failure();
    }
  }
  return success();
}

void Converter::eraseOriginals() {
  Block &body = function.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isa<DeiTDialect>(op.getDialect()))
      op.erase();
  body.eraseArguments(0, body.getNumArguments() / 2);
  function.setFunctionType(builder.getFunctionType(
      body.getArgumentTypes(), body.getTerminator()->getOperandTypes()));
}

LogicalResult Converter::run() {
  if (failed(checkCompilable()) || failed(checkQuantized()))
    return failure();
  convertArguments();
  if (failed(convertBody()))
    return failure();
  eraseOriginals();
  return success();
}

//===----------------------------------------------------------------------===//
// Operations that move codes
//===----------------------------------------------------------------------===//

LogicalResult Converter::convert(DequantizeOp op) {
  if (!isReturned(op))
    return errorAt(op) << "expected only the logits to be dequantized";
  Value codes = mapped(op, op.getInput());
  map(op.getResult(), codes);
  return success(codes != nullptr);
}

LogicalResult Converter::convert(PrependTokenOp op) {
  for (Value operand : {Value(op.getTokens()), Value(op.getToken())})
    if (cast<RankedTensorType>(operand.getType()).getElementType() !=
        op.getResult().getType().getElementType())
      return errorAt(op) << "expected tokens and token of the result's type "
                         << op.getResult().getType() << ", found "
                         << operand.getType();
  auto constant = op.getToken().getDefiningOp<ConstantOp>();
  Value tokens = mapped(op, op.getTokens());
  if (!tokens)
    return failure();
  if (!constant)
    return errorAt(op) << "expected a constant token";
  SmallVector<int64_t> shape = {1, op.getToken().getType().getDimSize(0)};
  RankedTensorType result = integerType(op.getResult());
  Value token =
      fxp::ConstantOp::create(builder, constant.getLoc(), result.clone(shape),
                              reshaped(constant.getValue(), shape));
  map(op.getResult(),
      fxp::PrependTokenOp::create(builder, op.getLoc(), result, tokens, token));
  return success();
}

LogicalResult Converter::convert(SelectTokenOp op) {
  Value tokens = mapped(op, op.getTokens());
  if (!tokens)
    return failure();
  if (cast<RankedTensorType>(tokens.getType()).getElementType().isInteger(32))
    return errorAt(op) << "expected tokens of 8 or 16 bits, found "
                       << op.getTokens().getType();
  map(op.getResult(), fxp::SelectTokenOp::create(builder, op.getLoc(),
                                                 integerType(op.getResult()),
                                                 tokens, op.getIndexAttr()));
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct ConvertDeiTToFxpPass
    : deit::impl::ConvertDeiTToFxpPassBase<ConvertDeiTToFxpPass> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    Converter converter(getOperation());
    if (failed(converter.run()))
      return signalPassFailure();
    numProducts += converter.converted().products;
    numHeads += converter.converted().heads;
    numTables += converter.converted().tables;
  }
};
} // namespace
