// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters of a model: making constants, reading them, naming things.

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cmath>

using namespace deit;

/// Up to so many values stay in the attribute, so that small IR reads.
static constexpr size_t kInlineValues = 16;

template <typename T>
ElementsAttr deit::makeElements(RankedTensorType type, ArrayRef<T> values,
                                StringRef name) {
  assert(static_cast<size_t>(type.getNumElements()) == values.size());
  if (values.size() <= kInlineValues)
    return DenseElementsAttr::getFromRawBuffer(
        type, {reinterpret_cast<const char *>(values.data()),
               values.size() * sizeof(T)});
  return DenseResourceElementsAttr::get(
      type, name, HeapAsmResourceBlob::allocateAndCopyInferAlign(values));
}

template <typename T>
Expected<std::vector<T>> deit::readElements(ElementsAttr elements) {
  auto type = cast<ShapedType>(elements.getType());
  size_t count = type.getNumElements();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    StringRef key = resource.getRawHandle().getKey();
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return llvm::createStringError("resource '" + key +
                                     "' is missing from the file; was it "
                                     "printed with elided resources?");
    if (blob->getData().size() != count * sizeof(T))
      return llvm::createStringError(
          "resource '" + key + "' holds " + Twine(blob->getData().size()) +
          " bytes, expected " + Twine(count * sizeof(T)));
    std::vector<T> values(count);
    if (count)
      memcpy(values.data(), blob->getData().data(), count * sizeof(T));
    return values;
  }
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense || type.getElementTypeBitWidth() != sizeof(T) * 8)
    return llvm::createStringError("constants must be dense");
  if (dense.isSplat()) {
    T value;
    memcpy(&value, dense.getRawData().data(), sizeof(T));
    return std::vector<T>(count, value);
  }
  std::vector<T> values(count);
  memcpy(values.data(), dense.getRawData().data(), count * sizeof(T));
  return values;
}

#define INSTANTIATE(T)                                                         \
  template ElementsAttr deit::makeElements<T>(RankedTensorType, ArrayRef<T>,   \
                                              StringRef);                      \
  template Expected<std::vector<T>> deit::readElements<T>(ElementsAttr);
INSTANTIATE(float)
INSTANTIATE(int8_t)
INSTANTIATE(uint8_t)
INSTANTIATE(int16_t)
INSTANTIATE(int32_t)
#undef INSTANTIATE

ConstantOp deit::createFloatConstant(OpBuilder &builder, Location loc,
                                     ArrayRef<int64_t> shape,
                                     ArrayRef<float> values) {
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  return ConstantOp::create(builder, loc, type,
                            makeElements(type, values, modulePath(loc)));
}

FailureOr<std::vector<float>> deit::readFloatConstant(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant || !constant.getResult().getType().getElementType().isF32())
    return failure();
  Expected<std::vector<float>> values =
      readElements<float>(constant.getValue());
  if (values)
    return std::move(*values);
  constant.emitOpError() << llvm::toString(values.takeError());
  return failure();
}

StringRef deit::modulePath(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().getValue();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef path = modulePath(part); path != "?")
        return path;
  return "?";
}

OpOperand *deit::weightOperand(Operation *op) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return &linear.getWeightMutable();
  if (auto embed = dyn_cast<PatchEmbedOp>(op))
    return &embed.getWeightMutable();
  if (auto conv = dyn_cast<Conv2DOp>(op))
    return &conv.getWeightMutable();
  if (auto add = dyn_cast<AddOp>(op))
    if (add.getRhs().getDefiningOp<ConstantOp>())
      return &add.getRhsMutable();
  return nullptr;
}

bool deit::isResizedBilinearly(Operation *function) {
  auto filter = function->getAttrOfType<StringAttr>(kResizeAttr);
  return filter && filter == "bilinear";
}

Location deit::pathLoc(MLIRContext *context, const Twine &path) {
  return NameLoc::get(StringAttr::get(context, path));
}

Expected<SmallVector<double>> deit::rowSteps(Operation *op, size_t rows) {
  SmallVector<double> steps;
  if (auto chosen = op->getAttrOfType<DenseF64ArrayAttr>(kRowStepsAttr)) {
    steps.assign(chosen.asArrayRef().begin(), chosen.asArrayRef().end());
  } else if (auto step = op->getAttrOfType<FloatAttr>(kWeightStepAttr)) {
    steps.assign(rows, step.getValueAsDouble());
    if (auto octaves = op->getAttrOfType<DenseI8ArrayAttr>(kRowOctavesAttr)) {
      steps.resize(octaves.size());
      for (auto [step, fourths] : llvm::zip(steps, octaves.asArrayRef()))
        step *= std::exp2(fourths / 4.0);
    }
  }
  if (!steps.empty() && steps.size() != rows)
    return llvm::createStringError("'" + modulePath(op) + "' has " +
                                   Twine(steps.size()) + " steps for " +
                                   Twine(rows) + " channels");
  return steps;
}
