// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the float reference asks of a tensor library. No LLVM and no tensor
// library in sight, so that either side can be built and loaded on its own.

#ifndef DEIT_REFERENCE_TENSORKERNELS_H
#define DEIT_REFERENCE_TENSORKERNELS_H

#include <cstdint>
#include <memory>
#include <vector>

namespace deit {

/// A float32 tensor. Several may share memory until `data` is asked for.
class FloatTensor {
public:
  virtual ~FloatTensor() = default;
  virtual std::vector<int64_t> shape() const = 0;
  /// The values, row-major, in memory that no other tensor shares; null when
  /// there is no memory for them.
  virtual float *data() = 0;
};

using TensorPtr = std::shared_ptr<FloatTensor>;

/// Integer codes: `code = clamp(round(x / scale) + zeroPoint, low, high)`,
/// halves to even, which stands for `(code - zeroPoint) * scale`.
struct CodeFormat {
  std::vector<double> scales;      ///< one, or one per index of `axis`
  std::vector<int64_t> zeroPoints; ///< as many
  int64_t low, high;
  int64_t axis = -1; ///< the dimension with scales of its own; -1: none
};

/// How a window slides over feature maps, [rows, columns] and [top, left,
/// bottom, right].
struct Sliding {
  int64_t strides[2];
  int64_t padding[4];
};

/// The arithmetic of the `deit` dialect on whole tensors, see DeiTOps.td. A
/// function that fails returns null or false; `error` says why. Shapes are
/// the caller's responsibility.
class TensorKernels {
public:
  virtual ~TensorKernels() = default;

  /// The reason of the last failure.
  virtual const char *error() const = 0;
  /// How many threads later calls use, at least 1.
  virtual void setThreads(unsigned threads) = 0;

  virtual TensorPtr make(std::vector<int64_t> shape,
                         std::vector<float> values) = 0;
  /// Bytes as the floats 0 to 255.
  virtual TensorPtr fromBytes(std::vector<int64_t> shape,
                              const uint8_t *bytes) = 0;
  /// A tensor of the same values, which may change on its own.
  virtual TensorPtr copy(const TensorPtr &x) = 0;

  /// (x / 255 - mean) / deviation, by the last dimension's index.
  virtual TensorPtr normalize(const TensorPtr &x, const float mean[3],
                              const float deviation[3]) = 0;
  /// [B, H, W, 3] and weights [N, h, w, 3] to [B, patches, N].
  virtual TensorPtr patchEmbed(const TensorPtr &image, const TensorPtr &weight,
                               const TensorPtr &bias) = 0;
  /// [B, T, C] and [C] to [B, T + 1, C].
  virtual TensorPtr prependToken(const TensorPtr &tokens,
                                 const TensorPtr &token) = 0;
  /// [B, T, C] to [B, C].
  virtual TensorPtr selectToken(const TensorPtr &tokens, int64_t index) = 0;

  /// x * weight^T + bias; `bias` may be null.
  virtual TensorPtr linear(const TensorPtr &x, const TensorPtr &weight,
                           const TensorPtr &bias) = 0;
  virtual TensorPtr layerNorm(const TensorPtr &x, const TensorPtr &gamma,
                              const TensorPtr &beta, double epsilon) = 0;
  /// The exact form, by erf; at most `limit`, which may be infinite.
  virtual TensorPtr gelu(const TensorPtr &x, double limit) = 0;
  /// Dimensions of length 1 are repeated as needed, here and in `multiply`.
  virtual TensorPtr add(const TensorPtr &lhs, const TensorPtr &rhs) = 0;
  virtual TensorPtr multiply(const TensorPtr &lhs, const TensorPtr &rhs) = 0;
  virtual TensorPtr scale(const TensorPtr &x, double factor) = 0;

  /// [B, H, W, C] and weights [N, h, w, C / groups] to [B, H', W', N]; `bias`
  /// may be null.
  virtual TensorPtr conv2d(const TensorPtr &x, const TensorPtr &weight,
                           const TensorPtr &bias, const Sliding &sliding,
                           int64_t groups) = 0;
  /// By the last dimension's index.
  virtual TensorPtr batchNorm(const TensorPtr &x, const TensorPtr &gamma,
                              const TensorPtr &beta, const TensorPtr &mean,
                              const TensorPtr &variance, double epsilon) = 0;
  /// min(max(x, 0), ceiling), which may be infinite.
  virtual TensorPtr relu(const TensorPtr &x, double ceiling) = 0;
  /// [B, H, W, C] to [B, H', W', C]; padding is below every value.
  virtual TensorPtr maxPool(const TensorPtr &x, const int64_t window[2],
                            const Sliding &sliding) = 0;
  /// [B, H, W, C] to [B, H', W', C]; padding is zeros that count.
  virtual TensorPtr averagePool(const TensorPtr &x, const int64_t window[2],
                                const Sliding &sliding) = 0;
  /// [B, H, W, C] to [B, C].
  virtual TensorPtr globalAveragePool(const TensorPtr &x) = 0;
  /// [B, H, W, C] to every `stride`th row and column of `channels`, of which
  /// those of `x` come after `before` zeros.
  virtual TensorPtr shortcut(const TensorPtr &x, int64_t stride, int64_t before,
                             int64_t channels) = 0;

  /// Part `index` of `parts` equal ones of the last dimension.
  virtual TensorPtr part(const TensorPtr &x, int64_t index, int64_t parts) = 0;
  /// [B, T, C] to [B, heads, T, C / heads], and back.
  virtual TensorPtr splitHeads(const TensorPtr &x, int64_t heads) = 0;
  virtual TensorPtr mergeHeads(const TensorPtr &x) = 0;
  /// Products of the last two dimensions.
  virtual TensorPtr matmul(const TensorPtr &lhs, const TensorPtr &rhs,
                           bool transposeRhs) = 0;
  /// x^T x of `x` [rows, columns].
  virtual TensorPtr gram(const TensorPtr &x) = 0;
  /// Over the last dimension.
  virtual TensorPtr softmax(const TensorPtr &x) = 0;

  /// Whether results remember, from now on, what they were computed from.
  /// While they do, nothing may change a tensor in place.
  virtual void recordGradients(bool record) = 0;
  /// Has `backward` find the gradient of `x`; while recording, before anything
  /// is computed from `x`.
  virtual bool watch(const TensorPtr &x) = 0;
  /// Differentiates sum(weights * result) by every watched tensor it was
  /// computed from. `weights` has the shape of `result`.
  virtual bool backward(const TensorPtr &result, const TensorPtr &weights) = 0;
  /// What `backward` found for `x`, of the shape of `x`; zeros if the result
  /// does not depend on it.
  virtual TensorPtr gradient(const TensorPtr &x) = 0;

  /// Replaces every value by the one its code stands for.
  virtual bool roundToCodes(const TensorPtr &x, const CodeFormat &format) = 0;
  /// Replaces the rows of a softmax by `code / sum(codes)`, where
  /// `code = round(255 * value / largest value of the row)`.
  virtual bool roundToNumerators(const TensorPtr &x) = 0;
};

} // namespace deit

/// The one symbol of a library of kernels, which live as long as the process.
/// Null when they cannot be set up.
extern "C" deit::TensorKernels *deit_tensor_kernels();

#endif // DEIT_REFERENCE_TENSORKERNELS_H
