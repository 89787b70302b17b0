// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures a vision transformer in LibTorch, turn by turn. Weights are random,
// the values do not change the speed.
//
// usage: bench-torch MODE THREADS BATCH IMAGE_HEIGHT IMAGE_WIDTH PATCH_HEIGHT
//                    PATCH_WIDTH WIDTH HEADS HIDDEN BLOCKS CLASSES
//
// MODE is one of
//   float          linear layers in the BLAS
//   float-fused    PyTorch's fused encoder layers
//   float-onednn   linear layers in oneDNN
//   qnnpack-static, onednn-static      quantized::linear, ranges known
//   qnnpack-dynamic, onednn-dynamic    quantized::linear_dynamic
//
// What is not a linear layer is float in all of them.

#include "Turns.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

using namespace deit::bench;

namespace {

enum class Linears { BLAS, OneDNN, Static, Dynamic };

struct Geometry {
  int64_t batch, imageHeight, imageWidth, patchHeight, patchWidth;
  int64_t width, heads, hidden, blocks, classes;
};

at::Tensor randomTensor(at::IntArrayRef shape, double deviation) {
  return at::randn(shape) * deviation;
}

/// An operator that has no function in the headers.
at::IValue call(const char *name, std::vector<at::IValue> arguments) {
  c10::Dispatcher::singleton().findSchemaOrThrow(name, "").callBoxed(
      &arguments);
  return arguments.front();
}

/// Scale and zero point of u8 codes.
struct Range {
  double low = 0, high = 0;
  void observe(const at::Tensor &values) {
    low = std::min(low, values.min().item<double>());
    high = std::max(high, values.max().item<double>());
  }
  double scale() const { return std::max((high - low) / 255, 1e-6); }
  int64_t zeroPoint() const { return std::lround(-low / scale()); }
};

/// A linear layer: float until `quantize`, which packs its weights.
class Linear {
public:
  Linear(int64_t inputs, int64_t outputs)
      : weight(randomTensor({outputs, inputs}, 1 / std::sqrt(inputs))),
        bias(randomTensor({outputs}, 0.1)) {}

  /// Chooses what runs from now on; ranges are those seen until now.
  void prepare(Linears kind);

  /// From float to float.
  at::Tensor operator()(const at::Tensor &x);

  /// From codes, or float, to codes.
  at::Tensor toCodes(const at::Tensor &x) const {
    at::Tensor codes =
        x.is_quantized()
            ? x
            : at::quantize_per_tensor(x, input.scale(), input.zeroPoint(),
                                      at::kQUInt8);
    return call("quantized::linear",
                {codes, packed, output.scale(), output.zeroPoint()})
        .toTensor();
  }

  at::Tensor weight, bias;

private:
  at::Tensor inFloat(const at::Tensor &x);

  Linears kind = Linears::BLAS;
  bool observes = true;
  Range input, output;
  at::IValue packed;
};

void Linear::prepare(Linears wanted) {
  kind = wanted;
  observes = false;
  if (kind == Linears::OneDNN)
    weight = weight.to_mkldnn();
  if (kind != Linears::Static && kind != Linears::Dynamic)
    return;
  at::Tensor scales = std::get<0>(weight.abs().max(1)).to(at::kDouble) / 127;
  at::Tensor codes = at::quantize_per_channel(
      weight, scales, at::zeros({weight.size(0)}, at::kLong), 0, at::kQInt8);
  packed = call("quantized::linear_prepack", {codes, bias});
}

at::Tensor Linear::inFloat(const at::Tensor &x) {
  at::Tensor y = at::linear(x, weight, bias);
  if (observes) {
    input.observe(x);
    output.observe(y);
  }
  return y;
}

at::Tensor Linear::operator()(const at::Tensor &x) {
  switch (kind) {
  case Linears::BLAS:
    return inFloat(x);
  case Linears::OneDNN:
    return at::mkldnn_linear(x.to_mkldnn(), weight, bias).to_dense();
  case Linears::Static:
    return toCodes(x).dequantize();
  case Linears::Dynamic:
    return call("quantized::linear_dynamic",
                {x, packed, /*reduce_range=*/false})
        .toTensor();
  }
  return x;
}

struct Norm {
  explicit Norm(int64_t width)
      : weight(at::ones({width})), bias(at::zeros({width})) {}
  at::Tensor operator()(const at::Tensor &x) const {
    return at::layer_norm(x, weight.sizes(), weight, bias, 1e-6);
  }
  at::Tensor weight, bias;
};

class Block {
public:
  explicit Block(const Geometry &g)
      : heads(g.heads), norm1(g.width), norm2(g.width),
        qkv(g.width, 3 * g.width), proj(g.width, g.width),
        fc1(g.width, g.hidden), fc2(g.hidden, g.width) {}

  void prepare(Linears wanted) {
    kind = wanted;
    for (Linear *layer : {&qkv, &proj, &fc1, &fc2})
      layer->prepare(kind);
  }

  at::Tensor operator()(const at::Tensor &x) {
    at::Tensor y = x + proj(attention(qkv(norm1(x))));
    return y + perceptron(norm2(y));
  }

  at::Tensor fused(const at::Tensor &x) const {
    return at::_transformer_encoder_layer_fwd(
        x, x.size(2), heads, qkv.weight, qkv.bias, proj.weight, proj.bias,
        /*use_gelu=*/true, /*norm_first=*/true, 1e-6, norm1.weight, norm1.bias,
        norm2.weight, norm2.bias, fc1.weight, fc1.bias, fc2.weight, fc2.bias);
  }

private:
  at::Tensor attention(const at::Tensor &x) const {
    int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2) / 3;
    auto parts = x.view({batch, tokens, 3, heads, width / heads})
                     .permute({2, 0, 3, 1, 4})
                     .unbind(0);
    at::Tensor query = parts[0] / std::sqrt(double(width) / double(heads));
    at::Tensor scores = at::matmul(query, parts[1].transpose(-2, -1));
    return at::matmul(at::softmax(scores, -1), parts[2])
        .transpose(1, 2)
        .reshape({batch, tokens, width});
  }

  /// With known ranges, codes stay codes through GELU.
  at::Tensor perceptron(const at::Tensor &x) {
    if (kind == Linears::Static)
      return fc2(at::gelu(fc1.toCodes(x)));
    return fc2(at::gelu(fc1(x)));
  }

  int64_t heads;
  Norm norm1, norm2;
  Linear qkv, proj, fc1, fc2;
  Linears kind = Linears::BLAS;
};

class Transformer {
public:
  explicit Transformer(const Geometry &g)
      : geometry(g), patchWeight(randomTensor(
                         {g.width, 3, g.patchHeight, g.patchWidth}, 0.05)),
        patchBias(at::zeros({g.width})),
        classToken(randomTensor({1, 1, g.width}, 1)),
        position(randomTensor({1, tokens(), g.width}, 0.5)), norm(g.width),
        head(g.width, g.classes) {
    for (int64_t i = 0; i < g.blocks; ++i)
      blocks.emplace_back(g);
  }

  /// Runs once in float, to see the ranges, then chooses.
  void prepare(Linears kind, const at::Tensor &images) {
    run(images, false);
    for (Block &block : blocks)
      block.prepare(kind);
    head.prepare(Linears::BLAS);
  }

  at::Tensor run(const at::Tensor &images, bool fused) {
    at::Tensor patches = at::conv2d(images, patchWeight, patchBias,
                                    {geometry.patchHeight, geometry.patchWidth})
                             .flatten(2)
                             .transpose(1, 2);
    at::Tensor first = classToken.expand({geometry.batch, 1, geometry.width});
    at::Tensor x = at::cat({first, patches}, 1) + position;
    for (Block &block : blocks)
      x = fused ? block.fused(x) : block(x);
    return head(norm(x.select(1, 0)));
  }

private:
  int64_t tokens() const {
    return geometry.imageHeight / geometry.patchHeight *
               (geometry.imageWidth / geometry.patchWidth) +
           1;
  }

  Geometry geometry;
  at::Tensor patchWeight, patchBias, classToken, position;
  Norm norm;
  Linear head;
  std::vector<Block> blocks;
};

/// Sets the engine that a mode asks for; returns how linear layers run.
Linears choose(const std::string &mode) {
  if (mode == "float" || mode == "float-fused")
    return Linears::BLAS;
  if (mode == "float-onednn")
    return Linears::OneDNN;
  size_t dash = mode.find('-');
  std::string engine = mode.substr(0, dash);
  std::string when = dash == mode.npos ? "" : mode.substr(dash + 1);
  if ((engine != "qnnpack" && engine != "onednn") ||
      (when != "static" && when != "dynamic"))
    fail("unknown mode '" + mode + "'");
  at::globalContext().setQEngine(engine == "qnnpack" ? at::kQNNPACK
                                                     : at::kONEDNN);
  return when == "static" ? Linears::Static : Linears::Dynamic;
}

} // namespace

static void measure(char **argv) {
  const char *names[] = {
      "BATCH", "IMAGE_HEIGHT", "IMAGE_WIDTH", "PATCH_HEIGHT", "PATCH_WIDTH",
      "WIDTH", "HEADS",        "HIDDEN",      "BLOCKS",       "CLASSES"};
  int64_t values[10];
  for (int i = 0; i < 10; ++i)
    values[i] = positive(argv[3 + i], names[i]);
  Geometry geometry{values[0], values[1], values[2], values[3], values[4],
                    values[5], values[6], values[7], values[8], values[9]};
  std::string mode = argv[1];
  c10::InferenceMode inference;
  at::set_num_threads(int(positive(argv[2], "THREADS")));
  at::manual_seed(1);
  Linears kind = choose(mode);
  Transformer model(geometry);
  at::Tensor images =
      at::randn({geometry.batch, 3, geometry.imageHeight, geometry.imageWidth});
  model.prepare(kind, images);
  bool fused = mode == "float-fused";
  if (!std::isfinite(model.run(images, fused).sum().item<double>()))
    fail("LibTorch's results are not finite in mode " + mode);
  takeTurns(
      "\"settings\": \"" + mode + "\"",
      [&] { return timeOf([&] { model.run(images, fused); }); },
      [] { return 0.0; });
}

int main(int argc, char **argv) {
  if (argc != 13)
    fail("usage: bench-torch MODE THREADS BATCH IMAGE_HEIGHT IMAGE_WIDTH "
         "PATCH_HEIGHT PATCH_WIDTH WIDTH HEADS HIDDEN BLOCKS CLASSES");
  try {
    measure(argv);
  } catch (const c10::Error &error) {
    fail(std::string("LibTorch: ") + error.what_without_backtrace());
  } catch (const std::exception &error) {
    fail(std::string("LibTorch: ") + error.what());
  }
  return 0;
}
