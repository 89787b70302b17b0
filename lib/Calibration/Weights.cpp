// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds and replaces weights.

#include "Weights.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include <cmath>

using namespace deit;

/// The constant of `operand` for this user alone, right before it.
static ConstantOp ownConstant(OpOperand &operand) {
  auto constant = operand.get().getDefiningOp<ConstantOp>();
  if (!constant)
    return nullptr;
  Operation *user = operand.getOwner();
  if (!constant->hasOneUse()) {
    constant = cast<ConstantOp>(OpBuilder(user).clone(*constant));
    operand.set(constant.getResult());
  }
  constant->moveBefore(user);
  return constant;
}

Expected<SmallVector<WeightMatrix>>
deit::collectWeights(func::FuncOp function) {
  SmallVector<WeightMatrix> weights;
  for (Operation &op : llvm::make_early_inc_range(function.getOps())) {
    OpOperand *operand = weightOperand(&op);
    if (!operand || isa<Conv2DOp>(op))
      continue;
    ConstantOp constant = ownConstant(*operand);
    FailureOr<std::vector<float>> values = failure();
    if (constant)
      values = readFloatConstant(constant.getResult());
    if (failed(values))
      return makeError("the weight of '" + modulePath(&op) +
                       "' is no readable float constant; it has to come "
                       "before deit-quantize");
    size_t rows = constant.getResult().getType().getDimSize(0);
    weights.push_back({&op, constant, std::move(*values), rows});
  }
  return weights;
}

void deit::replaceValues(WeightMatrix &weight, ArrayRef<float> values) {
  RankedTensorType type = weight.constant.getResult().getType();
  weight.constant.setValueAttr(
      makeElements(type, values, modulePath(weight.constant.getLoc())));
}

std::vector<float> deit::valuesOf(ArrayRef<int8_t> codes,
                                  ArrayRef<double> steps) {
  size_t columns = codes.size() / steps.size();
  std::vector<float> values(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    values[i] = static_cast<float>(codes[i] * steps[i / columns]);
  return values;
}

std::vector<double> deit::finestSteps(const WeightMatrix &weight) {
  // Errors that are fed back may make a weight larger than it was.
  constexpr double kRoom = 1.3, kLargestCode = 127;
  std::vector<double> steps;
  for (size_t row = 0; row < weight.rows; ++row) {
    double largest = 0;
    for (float value : weight.row(row))
      largest = std::max<double>(largest, std::abs(value));
    steps.push_back(kRoom * largest / kLargestCode);
  }
  return steps;
}

/// The patches of `images` as rows: what a patch embedding multiplies.
static std::vector<float> cutPatches(PatchEmbedOp embed,
                                     const ImageBatch &images) {
  ArrayRef<int64_t> image =
      cast<RankedTensorType>(embed.getImage().getType()).getShape();
  ArrayRef<int64_t> filter =
      cast<RankedTensorType>(embed.getWeight().getType()).getShape();
  int64_t height = image[1], width = image[2], line = filter[2] * 3;
  std::vector<float> rows;
  rows.reserve(images.pixels.size());
  for (int64_t i = 0; i < images.count; ++i)
    for (int64_t top = 0; top < height; top += filter[1])
      for (int64_t left = 0; left < width; left += filter[2])
        for (int64_t y = top; y < top + filter[1]; ++y) {
          const uint8_t *from =
              images.pixels.data() + ((i * height + y) * width + left) * 3;
          rows.insert(rows.end(), from, from + line);
        }
  return rows;
}

bool deit::isLayerInput(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return isa<LinearOp, PatchEmbedOp>(user);
  });
}

Error deit::visitValues(FloatReference &reference, func::FuncOp function,
                        const ImageBatch &images, ValueVisitor visit) {
  for (auto embed : function.getOps<PatchEmbedOp>()) {
    std::vector<float> patches = cutPatches(embed, images);
    visit(embed.getImage(), patches,
          embed.getWeight().getType().getNumElements() /
              embed.getWeight().getType().getDimSize(0));
  }
  auto hook = [&](OpResult result, MutableArrayRef<float> values,
                  ArrayRef<int64_t> shape) {
    visit(result, values, shape.back());
  };
  return reference.run(function, images.pixels, images.count, hook).takeError();
}

FeedbackOptions deit::dampedFor(FeedbackOptions options, size_t count,
                                int64_t columns) {
  options.damping += static_cast<double>(columns) * columns / count;
  return options;
}
