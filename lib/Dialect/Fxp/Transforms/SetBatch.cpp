// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns the integer network for one image into one for several.

#include "deit/Dialect/Fxp/Transforms/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace deit {
#define GEN_PASS_DEF_SETBATCHPASS
#include "deit/Dialect/Fxp/Transforms/Passes.h.inc"
} // namespace deit

using namespace deit;

static constexpr int64_t kMostImages = 1024;

namespace {
/// What an operation does with an operand.
enum class Role {
  PerImage,  ///< its first dimension is the images
  Shared,    ///< a parameter, the same for every image
  Broadcast, ///< either; of one image it counts for every image
};

/// Finds the values of a network that there is one of for each image.
class ImageValues {
public:
  /// Fails with an error where the images of a batch would meet.
  LogicalResult find(func::FuncOp function);
  /// Gives each of them `images` as first dimension.
  void resize(int64_t images) const;

private:
  LogicalResult visit(Operation *op);
  LogicalResult visitUser(Operation *op);

  llvm::SetVector<Value> values;
};

struct SetBatchPass : deit::impl::SetBatchPassBase<SetBatchPass> {
  using SetBatchPassBase::SetBatchPassBase;

  void runOnOperation() override;

private:
  LogicalResult checkOptions();
  FailureOr<func::FuncOp> findNetwork();
};
} // namespace

static Role roleOf(OpOperand &operand) {
  unsigned position = operand.getOperandNumber();
  return llvm::TypeSwitch<Operation *, Role>(operand.getOwner())
      .Case([&](fxp::AddOp) {
        return position == 0 ? Role::PerImage : Role::Broadcast;
      })
      .Case<fxp::MatmulOp, fxp::NormalizeOp, fxp::YieldOp>(
          [](Operation *) { return Role::PerImage; })
      .Default([&](Operation *) {
        return position == 0 ? Role::PerImage : Role::Shared;
      });
}

//===----------------------------------------------------------------------===//
// ImageValues
//===----------------------------------------------------------------------===//

/// An operation of `fxp` that is neither a constant nor a kernel.
LogicalResult ImageValues::visitUser(Operation *op) {
  if (llvm::none_of(op->getOperands(),
                    [&](Value value) { return values.contains(value); }))
    return success(); // computed from constants alone
  for (OpOperand &operand : op->getOpOperands()) {
    Role role = roleOf(operand);
    bool perImage = values.contains(operand.get());
    if (role == Role::PerImage && !perImage)
      return op->emitOpError()
             << "expected operand " << operand.getOperandNumber()
             << " to depend on the image, as the others do";
    if (role == Role::Shared && perImage)
      return op->emitOpError()
             << "expected operand " << operand.getOperandNumber()
             << " to be the same for every image, found one that depends on "
                "the image";
  }
  values.insert_range(op->getResults());
  return success();
}

LogicalResult ImageValues::visit(Operation *op) {
  if (isa<func::ReturnOp, fxp::ConstantOp>(op))
    return success();
  if (!isa_and_nonnull<fxp::FxpDialect>(op->getDialect()))
    return op->emitOpError("expected operations of 'fxp' only; run "
                           "convert-deit-to-fxp first");
  auto kernel = dyn_cast<fxp::KernelOp>(op);
  if (!kernel)
    return visitUser(op);
  Operation &yield = kernel.getBody().front().back();
  if (values.contains(yield.getOperand(0)))
    values.insert(kernel.getResult());
  return success();
}

LogicalResult ImageValues::find(func::FuncOp function) {
  values.insert(function.getArgument(0));
  // Kernels come after what is in them.
  WalkResult result = function.getBody().walk(
      [&](Operation *op) { return WalkResult(visit(op)); });
  if (result.wasInterrupted())
    return failure();
  Operation *end = function.getBody().front().getTerminator();
  if (!values.contains(end->getOperand(0)))
    return end->emitOpError("expected logits that depend on the image");
  return success();
}

void ImageValues::resize(int64_t images) const {
  for (Value value : values) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[0] = images;
    value.setType(type.clone(shape));
  }
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

LogicalResult SetBatchPass::checkOptions() {
  if (images >= 1 && images <= kMostImages)
    return success();
  return getOperation().emitError()
         << "fxp-set-batch: expected images from 1 to " << kMostImages
         << ", found " << images.getValue();
}

/// Whether `type` is images to one result.
static bool isOfImages(FunctionType type) {
  if (type.getNumInputs() != 1 || type.getNumResults() != 1)
    return false;
  auto image = dyn_cast<RankedTensorType>(type.getInput(0));
  return image && image.hasStaticShape() && image.getRank() == 4 &&
         image.getElementType().isUnsignedInteger(8);
}

FailureOr<func::FuncOp> SetBatchPass::findNetwork() {
  auto function = getOperation().lookupSymbol<func::FuncOp>("forward");
  if (!function || !function.getBody().hasOneBlock()) {
    getOperation().emitError("expected a function @forward with a body of one "
                             "block");
    return failure();
  }
  FunctionType type = function.getFunctionType();
  if (!isOfImages(type)) {
    function.emitOpError() << "expected one image, tensor<1xHxWx3xui8>, and "
                              "one result, found "
                           << type;
    return failure();
  }
  int64_t found = cast<RankedTensorType>(type.getInput(0)).getDimSize(0);
  if (found == 1)
    return function;
  function.emitOpError() << "has a batch of " << found
                         << ", expected 1; set the batch of the network for "
                            "one image that it was made of";
  return failure();
}

void SetBatchPass::runOnOperation() {
  if (failed(checkOptions()))
    return signalPassFailure();
  FailureOr<func::FuncOp> function = findNetwork();
  if (failed(function))
    return signalPassFailure();
  ImageValues values;
  if (failed(values.find(*function)))
    return signalPassFailure();
  values.resize(images);
  Operation *end = function->getBody().front().getTerminator();
  function->setFunctionType(
      FunctionType::get(&getContext(), function->getBody().getArgumentTypes(),
                        end->getOperandTypes()));
}
