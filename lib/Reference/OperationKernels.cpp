// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hands the operands and attributes of operations to kernels.

#include "OperationKernels.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace deit;

bool OperationKernels::isSupported(Operation *op) {
  return isa<ConstantOp, QuantizeOp, DequantizeOp, NormalizeOp, PatchEmbedOp,
             PrependTokenOp, SelectTokenOp, LinearOp, LayerNormOp, GeluOp,
             AddOp, LayerScaleOp, SplitQkvOp, SplitHeadsOp, MergeHeadsOp,
             ScaleOp, MatmulOp, SoftmaxOp, Conv2DOp, BatchNormOp, ReluOp,
             MaxPoolOp, AveragePoolOp, GlobalAveragePoolOp, ShortcutOp>(op);
}

/// How the window of a convolution or pooling slides.
template <typename Op>
static Sliding slidingOf(Op op) {
  Sliding sliding;
  llvm::copy(op.getStrides(), sliding.strides);
  llvm::copy(op.getPadding(), sliding.padding);
  return sliding;
}

/// The operations of convolutional networks.
TensorPtr OperationKernels::computeFeatures(Operation *op) {
  return llvm::TypeSwitch<Operation *, TensorPtr>(op)
      .Case([&](Conv2DOp o) {
        return kernels.conv2d(get(o.getInput()), get(o.getWeight()),
                              getOptional(o.getBias()), slidingOf(o),
                              o.getGroups());
      })
      .Case([&](BatchNormOp o) {
        return kernels.batchNorm(get(o.getInput()), get(o.getGamma()),
                                 get(o.getBeta()), get(o.getMean()),
                                 get(o.getVariance()),
                                 o.getEpsilon().convertToDouble());
      })
      .Case([&](ReluOp o) {
        return kernels.relu(get(o.getInput()),
                            o.getCeiling() ? o.getCeiling()->convertToDouble()
                                           : HUGE_VAL);
      })
      .Case([&](MaxPoolOp o) {
        return kernels.maxPool(get(o.getInput()), o.getWindow().data(),
                               slidingOf(o));
      })
      .Case([&](AveragePoolOp o) {
        return kernels.averagePool(get(o.getInput()), o.getWindow().data(),
                                   slidingOf(o));
      })
      .Case([&](GlobalAveragePoolOp o) {
        return kernels.globalAveragePool(get(o.getInput()));
      })
      .Case([&](ShortcutOp o) {
        return kernels.shortcut(get(o.getInput()), o.getStride(), o.getBefore(),
                                o.getResult().getType().getDimSize(3));
      })
      .Default([](Operation *) -> TensorPtr {
        llvm_unreachable("isSupported let it through");
      });
}

TensorPtr OperationKernels::computeOne(Operation *op) {
  return llvm::TypeSwitch<Operation *, TensorPtr>(op)
      .Case<QuantizeOp, DequantizeOp>(
          [&](auto o) { return kernels.copy(get(o.getInput())); })
      .Case([&](NormalizeOp o) {
        return kernels.normalize(get(o.getImage()), o.getMean().data(),
                                 o.getStd().data());
      })
      .Case([&](PatchEmbedOp o) {
        return kernels.patchEmbed(get(o.getImage()), get(o.getWeight()),
                                  get(o.getBias()));
      })
      .Case([&](PrependTokenOp o) {
        return kernels.prependToken(get(o.getTokens()), get(o.getToken()));
      })
      .Case([&](SelectTokenOp o) {
        return kernels.selectToken(get(o.getTokens()), o.getIndex());
      })
      .Case([&](LinearOp o) {
        return kernels.linear(get(o.getInput()), get(o.getWeight()),
                              getOptional(o.getBias()));
      })
      .Case([&](LayerNormOp o) {
        return kernels.layerNorm(get(o.getInput()), get(o.getGamma()),
                                 get(o.getBeta()),
                                 o.getEpsilon().convertToDouble());
      })
      .Case([&](GeluOp o) {
        return kernels.gelu(get(o.getInput()), o.getLargest());
      })
      .Case([&](AddOp o) {
        return kernels.add(get(o.getLhs()), get(o.getRhs()));
      })
      .Case([&](LayerScaleOp o) {
        return kernels.multiply(get(o.getInput()), get(o.getGamma()));
      })
      .Case([&](SplitHeadsOp o) {
        return kernels.splitHeads(get(o.getInput()),
                                  o.getResult().getType().getDimSize(1));
      })
      .Case(
          [&](MergeHeadsOp o) { return kernels.mergeHeads(get(o.getInput())); })
      .Case([&](ScaleOp o) {
        return kernels.scale(get(o.getInput()),
                             o.getFactor().convertToDouble());
      })
      .Case([&](MatmulOp o) {
        return kernels.matmul(get(o.getLhs()), get(o.getRhs()),
                              o.getTransposeRhs());
      })
      .Case([&](SoftmaxOp o) { return kernels.softmax(get(o.getInput())); })
      .Default([&](Operation *o) { return computeFeatures(o); });
}

SmallVector<TensorPtr> OperationKernels::compute(Operation *op) {
  auto split = dyn_cast<SplitQkvOp>(op);
  if (!split)
    return {computeOne(op)};
  SmallVector<TensorPtr> parts;
  for (int64_t i : {0, 1, 2})
    parts.push_back(kernels.part(get(split.getInput()), i, 3));
  return parts;
}
