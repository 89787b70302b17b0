// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registers the `deit` dialect and checks its discardable attributes.

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Support/Parts.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace deit;

#include "deit/Dialect/DeiT/IR/DeiTDialect.cpp.inc"

void DeiTDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "deit/Dialect/DeiT/IR/DeiTOps.cpp.inc"
      >();
}

bool deit::isBalance(StringRef text) {
  if (text == "off" || text == "repq")
    return true;
  double strength;
  return text.consume_front("smooth:") && !text.getAsDouble(strength) &&
         strength >= 0 && strength <= 1;
}

static LogicalResult verifyRangeMethod(Operation *op, Attribute attribute) {
  auto name = dyn_cast<StringAttr>(attribute);
  if (name && llvm::is_contained(kRangeMethods, name.getValue()))
    return success();
  return op->emitOpError() << "'" << kRangeMethodAttr << "' expected one of "
                           << llvm::join(ArrayRef(kRangeMethods), ", ")
                           << ", found " << attribute;
}

static LogicalResult verifyBalance(Operation *op, Attribute attribute) {
  auto text = dyn_cast<StringAttr>(attribute);
  if (!text || !isBalance(text.getValue()))
    return op->emitOpError() << "'" << kBalanceAttr << "' expected "
                             << kBalanceForms << ", found " << attribute;
  if (!isa<LayerNormOp>(op))
    return op->emitOpError()
           << "'" << kBalanceAttr << "' expected on deit.layer_norm only";
  return success();
}

static LogicalResult verifyParts(Operation *op, Attribute value) {
  if (arePartsOf(op, value))
    return success();
  return op->emitOpError() << "'" << kPartsAttr
                           << "' expected array<i32: ...> with a neuron for "
                              "each channel that was added, found "
                           << value;
}

static LogicalResult verifySplit(Operation *op, Attribute attribute) {
  auto limit = dyn_cast<FloatAttr>(attribute);
  if (!limit || !limit.getType().isF64() || !(limit.getValueAsDouble() >= 0) ||
      !std::isfinite(limit.getValueAsDouble()))
    return op->emitOpError() << "'" << kSplitAttr
                             << "' expected a limit, or 0 for none, as f64, "
                                "found "
                             << attribute;
  if (!isa<GeluOp>(op))
    return op->emitOpError()
           << "'" << kSplitAttr << "' expected on deit.gelu only";
  return success();
}

/// Checks what the passes that round weights leave for one another.
static LogicalResult verifyWeightAttribute(Operation *op,
                                           NamedAttribute attribute) {
  StringAttr name = attribute.getName();
  Attribute value = attribute.getValue();
  auto unless = [&](bool valid, StringRef expected) -> LogicalResult {
    if (valid)
      return success();
    return op->emitOpError() << "'" << name.getValue() << "' expected "
                             << expected << ", found " << value;
  };
  auto isPositive = [](double step) { return step > 0 && step < HUGE_VAL; };
  if (name == kWeightStepAttr) {
    auto step = dyn_cast<FloatAttr>(value);
    return unless(step && step.getType().isF64() &&
                      isPositive(step.getValueAsDouble()),
                  "a positive f64");
  }
  if (name == kWeightBitsAttr) {
    auto bits = dyn_cast<FloatAttr>(value);
    return unless(bits && bits.getType().isF64() &&
                      bits.getValueAsDouble() >= 1 &&
                      bits.getValueAsDouble() <= 8,
                  "an f64 from 1 to 8");
  }
  if (name == kRowOctavesAttr)
    return unless(isa<DenseI8ArrayAttr>(value), "array<i8: ...>");
  if (name == kRowStepsAttr) {
    auto steps = dyn_cast<DenseF64ArrayAttr>(value);
    return unless(steps && llvm::all_of(steps.asArrayRef(), isPositive),
                  "array<f64: ...> of positive steps");
  }
  if (name == kSensitivityAttr) {
    auto rows = dyn_cast<DenseF32ArrayAttr>(value);
    return unless(rows && llvm::all_of(rows.asArrayRef(),
                                       [](float each) {
                                         return each >= 0 && each < HUGE_VALF;
                                       }),
                  "array<f32: ...> of numbers that are not negative");
  }
  return op->emitOpError() << "unknown attribute '" << name.getValue()
                           << "' of dialect 'deit'";
}

static LogicalResult verifyClassNames(Operation *op, Attribute value) {
  auto names = dyn_cast<ArrayAttr>(value);
  if (names && llvm::all_of(names, [](Attribute name) {
        auto text = dyn_cast<StringAttr>(name);
        return text && !text.getValue().contains('\n') &&
               !text.getValue().contains('\0');
      }))
    return success();
  return op->emitOpError() << "'" << kClassNamesAttr
                           << "' expected an array of strings of one line";
}

LogicalResult DeiTDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() == kRangeAttr) {
    auto range = dyn_cast<DenseF64ArrayAttr>(attribute.getValue());
    if (!range || range.size() != 2 || !(range[0] <= range[1]))
      return op->emitOpError()
             << "'" << kRangeAttr << "' expected array<f64: low, high>, found "
             << attribute.getValue();
    return success();
  }
  if (attribute.getName() == kRangeMethodAttr)
    return verifyRangeMethod(op, attribute.getValue());
  if (attribute.getName() == kBalanceAttr)
    return verifyBalance(op, attribute.getValue());
  if (attribute.getName() == kPartsAttr)
    return verifyParts(op, attribute.getValue());
  if (attribute.getName() == kSplitAttr)
    return verifySplit(op, attribute.getValue());
  if (attribute.getName() == kChannelMeanAttr) {
    if (!isa<DenseF32ArrayAttr>(attribute.getValue()))
      return op->emitOpError()
             << "'" << kChannelMeanAttr << "' expected array<f32: ...>, found "
             << attribute.getValue();
    return success();
  }
  if (attribute.getName() == kResizeAttr) {
    auto filter = dyn_cast<StringAttr>(attribute.getValue());
    if (!filter || (filter != "bicubic" && filter != "bilinear"))
      return op->emitOpError()
             << "'" << kResizeAttr
             << "' expected \"bicubic\" or \"bilinear\", found "
             << attribute.getValue();
    return success();
  }
  if (attribute.getName() == kClassNamesAttr)
    return verifyClassNames(op, attribute.getValue());
  return verifyWeightAttribute(op, attribute);
}
