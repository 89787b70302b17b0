// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the values of the residual stream and the type of each.

#include "StreamTypes.h"
#include "NumberFormats.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace deit;

FailureOr<Range> deit::calibratedRange(Operation *op) {
  auto range = op->getAttrOfType<DenseF64ArrayAttr>(kRangeAttr);
  if (range && std::isfinite(range[0]) && std::isfinite(range[1]))
    return Range{range[0], range[1]};
  return op->emitOpError() << "at '" << modulePath(op) << "' has no "
                           << (range ? "finite" : "calibrated")
                           << " range; run deit-calibrate first";
}

/// The range of the value that `op` defines, wherever it is written.
static FailureOr<Range> rangeOf(Operation *op) {
  auto constant = dyn_cast<ConstantOp>(op);
  if (!constant)
    return calibratedRange(op);
  FailureOr<std::vector<float>> values =
      readFloatConstant(constant.getResult());
  if (failed(values))
    return op->emitOpError()
           << "at '" << modulePath(op)
           << "' expected a float constant in the residual stream; is the "
              "model quantized already?";
  Range range;
  for (float value : *values)
    range = unite(range, {value, value});
  return range;
}

const void *StreamTypes::leader(Value value) const {
  return groups.getLeaderValue(value.getAsOpaquePointer());
}

bool StreamTypes::contains(Value value) const {
  return groups.contains(value.getAsOpaquePointer());
}

void StreamTypes::join(Value a, Value b) {
  groups.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
}

void StreamTypes::group(Operation *op) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](PatchEmbedOp op) {
        groups.insert(op.getResult().getAsOpaquePointer());
      })
      .Case([&](AddOp op) {
        if (isFeatures(op.getResult()))
          return; // each sum has a range of its own
        // The branch arrives at the sum's scale; the stream is brought to it.
        join(op.getResult(), op.getRhs());
        if (op.getLhs().getDefiningOp<PatchEmbedOp>())
          join(op.getResult(), op.getLhs());
      })
      .Case([&](PrependTokenOp op) {
        join(op.getResult(), op.getTokens());
        join(op.getResult(), op.getToken());
      })
      .Case([&](SelectTokenOp op) {
        if (contains(op.getTokens()))
          join(op.getResult(), op.getTokens());
      });
}

LogicalResult StreamTypes::uniteRanges(func::FuncOp function) {
  auto visit = [&](Operation *op) -> WalkResult {
    if (op->getNumResults() != 1 || !contains(op->getResult(0)) ||
        isa<SelectTokenOp>(op))
      return WalkResult::advance();
    FailureOr<Range> range = rangeOf(op);
    if (failed(range))
      return WalkResult::interrupt();
    Range &united = ranges[leader(op->getResult(0))];
    united = unite(united, *range);
    return WalkResult::advance();
  };
  return failure(function.walk(visit).wasInterrupted());
}

FailureOr<StreamTypes> StreamTypes::find(func::FuncOp function, unsigned bits,
                                         double headroom) {
  StreamTypes stream;
  function.walk([&](Operation *op) { stream.group(op); });
  if (failed(stream.uniteRanges(function)))
    return failure();
  for (auto [group, range] : stream.ranges)
    stream.types[group] =
        bits == 8 ? affineU8InI16(function.getContext(), range)
                  : symmetricI16(function.getContext(), range, headroom);
  return stream;
}

quant::QuantizedType StreamTypes::lookup(Value value) const {
  return contains(value) ? types.lookup(leader(value)) : quant::QuantizedType();
}
