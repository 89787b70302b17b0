// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Converts attention to `fxp`.

#include "Converter.h"
#include "deit/Quant/FixedPoint.h"

using namespace deit;

LogicalResult Converter::convert(SplitHeadsOp op) {
  Value input = mapped(op, op.getInput());
  if (!input)
    return failure();
  map(op.getResult(),
      fxp::SplitHeadsOp::create(builder, op.getLoc(),
                                integerType(op.getResult()), input));
  return success();
}

LogicalResult Converter::convert(MergeHeadsOp op) {
  Value input = mapped(op, op.getInput());
  if (!input)
    return failure();
  map(op.getResult(),
      fxp::MergeHeadsOp::create(builder, op.getLoc(),
                                integerType(op.getResult()), input));
  return success();
}

/// Queries times keys: the sums are the scores.
LogicalResult Converter::convertScores(MatmulOp op, fxp::MatmulOp product) {
  FailureOr<CodeScale> query =
      symmetricScaleOf(op, op.getLhs(), "a left operand", 8);
  FailureOr<CodeScale> key =
      symmetricScaleOf(op, op.getRhs(), "a right operand", 8);
  FailureOr<CodeScale> scores =
      symmetricScaleOf(op, op.getResult(), "scores", 32);
  if (failed(query) || failed(key) || failed(scores))
    return failure();
  if (!equal(scores->scale, query->scale * key->scale))
    return errorAt(op) << "expected scores at the operands' scale "
                       << query->scale * key->scale << ", found "
                       << scores->scale;
  int64_t bound =
      op.getLhs().getType().getDimSize(3) * query->most() * key->most();
  if (bound >= int64_t(1) << 30) // so that differences of scores fit 32 bits
    return errorAt(op) << "scores may reach " << bound
                       << ", expected less than 2^30";
  map(op.getResult(), product.getResult());
  return success();
}

/// Numerators times values, divided by the numerators' `sums`.
LogicalResult Converter::convertValues(MatmulOp op, fxp::MatmulOp product,
                                       Value sums) {
  FailureOr<CodeScale> value =
      symmetricScaleOf(op, op.getRhs(), "a right operand", 8);
  FailureOr<CodeScale> output = scaleOf(op, op.getResult(), "a result");
  if (failed(value) || failed(output))
    return failure();
  RankedTensorType type = integerType(op.getResult());
  if (!type.getElementType().isInteger(8))
    return errorAt(op) << "expected a result of 8-bit codes, found "
                       << op.getResult().getType();
  int64_t bound = op.getLhs().getType().getDimSize(3) * 255 * value->most();
  Expected<NormalizeScale> chosen =
      makeNormalizeScale(value->scale / output->scale, bound);
  if (!chosen)
    return report(op, chosen.takeError());
  map(op.getResult(),
      fxp::NormalizeOp::create(builder, op.getLoc(), type, product.getResult(),
                               sums, chosen->multiplier, chosen->shift,
                               output->zeroPoint, output->low, output->high));
  return success();
}

LogicalResult Converter::convert(MatmulOp op) {
  Value lhs = mapped(op, op.getLhs()), rhs = mapped(op, op.getRhs());
  if (!lhs || !rhs)
    return failure();
  for (Value operand : {lhs, rhs})
    if (!cast<RankedTensorType>(operand.getType())
             .getElementType()
             .isInteger(8))
      return errorAt(op) << "expected operands of 8-bit codes, found "
                         << operand.getType();
  if (integerType(op.getRhs()).getElementType().isUnsignedInteger())
    return errorAt(op) << "expected a right operand of i8 codes, found "
                       << op.getRhs().getType();
  RankedTensorType sumType =
      op.getResult().getType().clone(builder.getI32Type());
  auto product = fxp::MatmulOp::create(builder, op.getLoc(), sumType, lhs, rhs,
                                       op.getTransposeRhs());
  ++counts.products;
  if (Value sums = rowSums.lookup(op.getLhs()))
    return convertValues(op, product, sums);
  return convertScores(op, product);
}

LogicalResult Converter::convert(SoftmaxOp op) {
  FailureOr<CodeScale> scores =
      symmetricScaleOf(op, op.getInput(), "scores", 32);
  Value input = mapped(op, op.getInput());
  if (failed(scores) || !input)
    return failure();
  RankedTensorType type = integerType(op.getResult());
  if (!type.getElementType().isUnsignedInteger(8))
    return errorAt(op) << "expected u8 numerators, found "
                       << op.getResult().getType();
  Expected<SoftmaxScale> chosen = makeSoftmaxScale(scores->scale);
  if (!chosen)
    return report(op, chosen.takeError());
  auto sumType =
      RankedTensorType::get(type.getShape().drop_back(), builder.getI32Type());
  auto softmax = fxp::SoftmaxOp::create(
      builder, op.getLoc(), TypeRange{type, sumType}, input,
      builder.getI64IntegerAttr(chosen->multiplier),
      builder.getI64IntegerAttr(chosen->preShift),
      builder.getI64IntegerAttr(chosen->limit));
  map(op.getResult(), softmax.getNumerators());
  rowSums[op.getResult()] = softmax.getSums();
  counts.heads += type.getDimSize(1);
  return success();
}
