// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor kernels on LibTorch. No exception leaves this library.

#include "Rounding.h"
#include "deit/Reference/TensorKernels.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <cmath>
#include <limits>

using namespace deit;

namespace {

/// Values that are worth waking another thread for.
constexpr int64_t kGrain = 1 << 14;

class TorchTensor : public FloatTensor {
public:
  explicit TorchTensor(at::Tensor value) : value(std::move(value)) {}

  std::vector<int64_t> shape() const override { return value.sizes().vec(); }

  float *data() override {
    try {
      c10::InferenceMode mode;
      if (value.requires_grad()) { // it stays what gradients know
        shown = value.detach().clone(at::MemoryFormat::Contiguous);
        return shown.data_ptr<float>();
      }
      if (!value.is_contiguous() || value.storage().use_count() > 1)
        value = value.clone(at::MemoryFormat::Contiguous);
      return value.data_ptr<float>();
    } catch (const std::exception &) {
      return nullptr;
    }
  }

  at::Tensor value;

private:
  at::Tensor shown;
};

const at::Tensor &get(const TensorPtr &tensor) {
  return static_cast<TorchTensor &>(*tensor).value;
}

/// [B, H, W, C] as LibTorch sees images, [B, C, H, W], with `value` around it.
at::Tensor paddedImages(const at::Tensor &x, const Sliding &sliding,
                        double value) {
  const int64_t *pad = sliding.padding;
  at::Tensor images = x.permute({0, 3, 1, 2});
  if (!pad[0] && !pad[1] && !pad[2] && !pad[3])
    return images;
  return at::constant_pad_nd(images, {pad[1], pad[3], pad[0], pad[2]}, value);
}

/// The inverse of `paddedImages` without padding.
at::Tensor channelsLast(const at::Tensor &images) {
  return images.permute({0, 2, 3, 1});
}

class TorchKernels : public TensorKernels {
public:
  const char *error() const override { return message.c_str(); }
  void setThreads(unsigned threads) override { at::set_num_threads(threads); }

  TensorPtr make(std::vector<int64_t> shape,
                 std::vector<float> values) override {
    return guarded([&] {
      auto owner = std::make_shared<std::vector<float>>(std::move(values));
      return at::from_blob(
          owner->data(), shape, [owner](void *) {}, at::kFloat);
    });
  }

  TensorPtr fromBytes(std::vector<int64_t> shape,
                      const uint8_t *bytes) override {
    return guarded([&] {
      return at::from_blob(const_cast<uint8_t *>(bytes), shape, at::kByte)
          .to(at::kFloat);
    });
  }

  TensorPtr copy(const TensorPtr &x) override {
    // Memory stays shared until one of the two asks for its data.
    return guarded([&] { return at::alias(get(x)); });
  }

  TensorPtr normalize(const TensorPtr &x, const float mean[3],
                      const float deviation[3]) override {
    return guarded([&] {
      at::Tensor means = at::tensor(at::ArrayRef<float>(mean, 3));
      at::Tensor deviations = at::tensor(at::ArrayRef<float>(deviation, 3));
      return get(x).div(255).sub_(means).div_(deviations);
    });
  }

  TensorPtr patchEmbed(const TensorPtr &image, const TensorPtr &weight,
                       const TensorPtr &bias) override {
    return guarded([&] {
      const at::Tensor &x = get(image), &w = get(weight);
      int64_t height = w.size(1), width = w.size(2);
      int64_t rows = x.size(1) / height, columns = x.size(2) / width;
      at::Tensor patches =
          x.reshape({x.size(0), rows, height, columns, width, x.size(3)})
              .permute({0, 1, 3, 2, 4, 5})
              .reshape({x.size(0), rows * columns, -1});
      return at::linear(patches, w.reshape({w.size(0), -1}), get(bias));
    });
  }

  TensorPtr prependToken(const TensorPtr &tokens,
                         const TensorPtr &token) override {
    return guarded([&] {
      const at::Tensor &x = get(tokens);
      return at::cat({get(token).expand({x.size(0), 1, x.size(2)}), x}, 1);
    });
  }

  TensorPtr selectToken(const TensorPtr &tokens, int64_t index) override {
    return guarded([&] { return get(tokens).select(1, index); });
  }

  TensorPtr linear(const TensorPtr &x, const TensorPtr &weight,
                   const TensorPtr &bias) override {
    return guarded([&] {
      return bias ? at::linear(get(x), get(weight), get(bias))
                  : at::linear(get(x), get(weight));
    });
  }

  TensorPtr layerNorm(const TensorPtr &x, const TensorPtr &gamma,
                      const TensorPtr &beta, double epsilon) override {
    return guarded([&] {
      return at::layer_norm(get(x), get(gamma).sizes(), get(gamma), get(beta),
                            epsilon);
    });
  }

  TensorPtr gelu(const TensorPtr &x, double limit) override {
    return guarded([&] {
      at::Tensor result = at::gelu(get(x), "none");
      return std::isfinite(limit) ? at::clamp_max(result, limit) : result;
    });
  }

  TensorPtr add(const TensorPtr &lhs, const TensorPtr &rhs) override {
    return guarded([&] { return at::add(get(lhs), get(rhs)); });
  }

  TensorPtr multiply(const TensorPtr &lhs, const TensorPtr &rhs) override {
    return guarded([&] { return at::mul(get(lhs), get(rhs)); });
  }

  TensorPtr scale(const TensorPtr &x, double factor) override {
    return guarded([&] { return at::mul(get(x), factor); });
  }

  TensorPtr conv2d(const TensorPtr &x, const TensorPtr &weight,
                   const TensorPtr &bias, const Sliding &sliding,
                   int64_t groups) override {
    return guarded([&] {
      const int64_t *pad = sliding.padding;
      bool even = pad[0] == pad[2] && pad[1] == pad[3];
      at::Tensor images = even ? get(x).permute({0, 3, 1, 2})
                               : paddedImages(get(x), sliding, 0);
      at::Tensor filters = get(weight).permute({0, 3, 1, 2});
      c10::optional<at::Tensor> offsets;
      if (bias)
        offsets = get(bias);
      std::vector<int64_t> padding = {even ? pad[0] : 0, even ? pad[1] : 0};
      return channelsLast(at::conv2d(images, filters, offsets,
                                     {sliding.strides, 2}, padding, {1, 1},
                                     groups));
    });
  }

  TensorPtr batchNorm(const TensorPtr &x, const TensorPtr &gamma,
                      const TensorPtr &beta, const TensorPtr &mean,
                      const TensorPtr &variance, double epsilon) override {
    return guarded([&] {
      at::Tensor factor = get(gamma) / at::sqrt(get(variance) + epsilon);
      return (get(x) - get(mean)) * factor + get(beta);
    });
  }

  TensorPtr relu(const TensorPtr &x, double ceiling) override {
    return guarded([&] {
      return std::isinf(ceiling) ? at::relu(get(x))
                                 : at::clamp(get(x), 0.0, ceiling);
    });
  }

  TensorPtr maxPool(const TensorPtr &x, const int64_t window[2],
                    const Sliding &sliding) override {
    return guarded([&] {
      at::Tensor images = paddedImages(
          get(x), sliding, -std::numeric_limits<double>::infinity());
      return channelsLast(
          at::max_pool2d(images, {window, 2}, {sliding.strides, 2}));
    });
  }

  TensorPtr averagePool(const TensorPtr &x, const int64_t window[2],
                        const Sliding &sliding) override {
    return guarded([&] {
      at::Tensor images = paddedImages(get(x), sliding, 0);
      return channelsLast(
          at::avg_pool2d(images, {window, 2}, {sliding.strides, 2}));
    });
  }

  TensorPtr globalAveragePool(const TensorPtr &x) override {
    return guarded([&] { return at::mean(get(x), {1, 2}); });
  }

  TensorPtr shortcut(const TensorPtr &x, int64_t stride, int64_t before,
                     int64_t channels) override {
    return guarded([&] {
      at::Tensor strided = get(x)
                               .slice(1, 0, c10::nullopt, stride)
                               .slice(2, 0, c10::nullopt, stride);
      int64_t after = channels - before - strided.size(3);
      return at::constant_pad_nd(strided, {before, after}, 0);
    });
  }

  TensorPtr part(const TensorPtr &x, int64_t index, int64_t parts) override {
    return guarded([&] {
      int64_t length = get(x).size(-1) / parts;
      return get(x).narrow(-1, index * length, length);
    });
  }

  TensorPtr splitHeads(const TensorPtr &x, int64_t heads) override {
    return guarded([&] {
      const at::Tensor &t = get(x);
      return t.reshape({t.size(0), t.size(1), heads, t.size(2) / heads})
          .permute({0, 2, 1, 3});
    });
  }

  TensorPtr mergeHeads(const TensorPtr &x) override {
    return guarded([&] {
      const at::Tensor &t = get(x);
      return t.permute({0, 2, 1, 3})
          .reshape({t.size(0), t.size(2), t.size(1) * t.size(3)});
    });
  }

  TensorPtr matmul(const TensorPtr &lhs, const TensorPtr &rhs,
                   bool transposeRhs) override {
    return guarded([&] {
      const at::Tensor &r = get(rhs);
      return at::matmul(get(lhs), transposeRhs ? r.transpose(-2, -1) : r);
    });
  }

  TensorPtr gram(const TensorPtr &x) override {
    return guarded([&] { return at::matmul(get(x).t(), get(x)); });
  }

  TensorPtr softmax(const TensorPtr &x) override {
    return guarded([&] { return at::softmax(get(x), -1); });
  }

  void recordGradients(bool record) override { recording = record; }

  bool watch(const TensorPtr &x) override {
    return guarded([&] {
             at::Tensor &value = static_cast<TorchTensor &>(*x).value;
             if (value.requires_grad())
               value.retain_grad();
             else
               value = value.detach().requires_grad_();
             return value;
           }) != nullptr;
  }

  bool backward(const TensorPtr &result, const TensorPtr &weights) override {
    return guarded([&] {
             get(result).backward(get(weights));
             return get(result);
           }) != nullptr;
  }

  TensorPtr gradient(const TensorPtr &x) override {
    return guarded([&] {
      const at::Tensor &found = get(x).grad();
      return found.defined() ? found : at::zeros_like(get(x).detach());
    });
  }

  bool roundToCodes(const TensorPtr &x, const CodeFormat &format) override {
    return guardedInPlace(x, [&](float *values, at::IntArrayRef shape) {
      if (format.axis < 0)
        return roundAll(values, get(x).numel(), format);
      int64_t inner = c10::multiply_integers(shape.slice(format.axis + 1));
      int64_t length = shape[format.axis];
      int64_t runs = inner ? get(x).numel() / inner : 0;
      int64_t grain = 1 + kGrain / (inner + 1);
      at::parallel_for(0, runs, grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          roundRun(values + i * inner, inner, format, i % length);
      });
    });
  }

  bool roundToNumerators(const TensorPtr &x) override {
    return guardedInPlace(x, [&](float *values, at::IntArrayRef shape) {
      int64_t columns = shape.back();
      int64_t rows = columns ? get(x).numel() / columns : 0;
      int64_t grain = 1 + kGrain / (columns + 1);
      at::parallel_for(0, rows, grain, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
          roundRowToNumerators(values + row * columns, columns);
      });
    });
  }

private:
  /// Calls `compute`; an exception becomes a null tensor and `error`.
  template <typename Compute>
  TensorPtr guarded(Compute compute) {
    try {
      // What is computed in this mode cannot be differentiated.
      c10::InferenceMode mode(!recording);
      return std::make_shared<TorchTensor>(compute());
    } catch (const c10::Error &error) {
      message = error.what_without_backtrace();
    } catch (const std::exception &error) {
      message = error.what();
    }
    return nullptr;
  }

  template <typename Change>
  bool guardedInPlace(const TensorPtr &x, Change change) {
    try {
      if (float *values = x->data()) {
        change(values, get(x).sizes());
        return true;
      }
      message = "there is not enough memory";
    } catch (const std::exception &error) {
      message = error.what();
    }
    return false;
  }

  static void roundAll(float *values, int64_t count, const CodeFormat &format) {
    at::parallel_for(0, count, kGrain, [&](int64_t begin, int64_t end) {
      roundRun(values + begin, end - begin, format, 0);
    });
  }

  std::string message;
  bool recording = false;
};

} // namespace

__attribute__((visibility("default"))) TensorKernels *deit_tensor_kernels() {
  static TorchKernels *kernels = new (std::nothrow) TorchKernels;
  return kernels;
}
