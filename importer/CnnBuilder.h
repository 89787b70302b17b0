// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emits the deit IR of convolutional networks, layer by layer.

#ifndef DEIT_IMPORTER_CNNBUILDER_H
#define DEIT_IMPORTER_CNNBUILDER_H

#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "importer/ImportOptions.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <array>

namespace deit::importer {

/// Numbers and their shape, as PyTorch orders dimensions.
struct Parameter {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

/// How a convolution slides; padding on both sides.
struct ConvGeometry {
  std::array<int64_t, 2> strides = {1, 1};
  std::array<int64_t, 2> padding = {0, 0};
  int64_t groups = 1;
};

/// Emits one model. Features are [1, height, width, channels]. The shapes of
/// parameters are the caller's responsibility where an assertion says so;
/// everything else is left to the verifiers, whose complaint `finish` returns.
class CnnBuilder {
public:
  CnnBuilder(MLIRContext &context) : builder(&context) {}

  /// Begins `@forward(tensor<1xHxWx3xui8>)`; the pixels, normalized by mean and
  /// deviation. These are of `options`, by default ImageNet's.
  Expected<Value> begin(StringRef name, std::array<int64_t, 2> imageSize,
                        const ImportOptions &options);

  /// `weight` is [outputs, channels of a group, height, width].
  Value conv2d(const Twine &path, Value input, const Parameter &weight,
               const Parameter *bias, const ConvGeometry &geometry);
  Value batchNorm(const Twine &path, Value input, const Parameter &gamma,
                  const Parameter &beta, const Parameter &mean,
                  const Parameter &variance, double epsilon);
  /// Without a ceiling if that is infinite.
  Value relu(const Twine &path, Value input, double ceiling);
  Value add(const Twine &path, Value lhs, Value rhs);
  Value maxPool(const Twine &path, Value input, std::array<int64_t, 2> window,
                const ConvGeometry &geometry);
  Value averagePool(const Twine &path, Value input,
                    std::array<int64_t, 2> window,
                    const ConvGeometry &geometry);
  Value globalAveragePool(const Twine &path, Value input);
  Value shortcut(const Twine &path, Value input, int64_t stride,
                 int64_t channels);
  Value linear(const Twine &path, Value input, const Parameter &weight,
               const Parameter *bias);

  /// Returns the logits. Fails where a verifier does.
  Expected<OwningOpRef<ModuleOp>> finish(Value logits);

  static ArrayRef<int64_t> shapeOf(Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  }

private:
  template <typename PoolOp>
  Value pool(const Twine &path, Value input, std::array<int64_t, 2> window,
             const ConvGeometry &geometry);
  Location at(const Twine &path);
  RankedTensorType type(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, builder.getF32Type());
  }
  Value vector(const Twine &path, const Parameter &parameter);
  Type slidType(Value input, std::array<int64_t, 2> window,
                const ConvGeometry &geometry, int64_t channels);
  DenseI64ArrayAttr paddingOf(const ConvGeometry &geometry);

  OpBuilder builder;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
};

} // namespace deit::importer

#endif // DEIT_IMPORTER_CNNBUILDER_H
