// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The layers of a DeiT, with timm's names.

#include "Model.h"

#include <cmath>

namespace nn = torch::nn;
namespace functional = torch::nn::functional;

namespace deit::examples {
namespace {

nn::LayerNorm makeNorm(const Geometry &geometry) {
  return nn::LayerNorm(nn::LayerNormOptions({geometry.width}).eps(1e-6));
}

/// Glorot's uniform weights and zero biases.
void initialize(nn::Module &module) {
  if (auto *linear = module.as<nn::Linear>()) {
    nn::init::xavier_uniform_(linear->weight);
    nn::init::zeros_(linear->bias);
  }
}

/// Starts every head with keys equal to queries, so that a token first attends
/// to tokens that resemble it, in content or position (compare Trockman and
/// Kolter, "Mimetic Initialization", arXiv:2305.09828).
void startWithSimilarity(nn::Linear &qkv) {
  torch::NoGradGuard noGrad;
  int64_t width = qkv->weight.size(1);
  torch::Tensor queries = qkv->weight.slice(0, 0, width);
  nn::init::xavier_uniform_(queries);
  qkv->weight.slice(0, width, 2 * width).copy_(queries);
}

/// The sinusoids of every patch's row and column, half of the features each,
/// and zeros for the class token: [1, tokens, width].
torch::Tensor positions(const Geometry &geometry) {
  int64_t side = geometry.image / geometry.patch, quarter = geometry.width / 4;
  torch::Tensor rate =
      torch::pow(100.0, -torch::arange(quarter, torch::kFloat32) / quarter);
  torch::Tensor phase =
      torch::outer(torch::arange(side, torch::kFloat32), rate);
  torch::Tensor wave = torch::cat({phase.sin(), phase.cos()}, 1);
  torch::Tensor rows = wave.unsqueeze(1).expand({-1, side, -1});
  torch::Tensor columns = wave.unsqueeze(0).expand({side, -1, -1});
  torch::Tensor grid = torch::cat({rows, columns}, 2).flatten(0, 1);
  return torch::cat({torch::zeros({1, geometry.width}), grid}).unsqueeze(0);
}

} // namespace

AttentionImpl::AttentionImpl(const Geometry &geometry)
    : heads(geometry.heads),
      qkv(register_module("qkv",
                          nn::Linear(geometry.width, 3 * geometry.width))),
      proj(register_module("proj",
                           nn::Linear(geometry.width, geometry.width))) {}

torch::Tensor AttentionImpl::forward(const torch::Tensor &x, int64_t rows) {
  int64_t batch = x.size(0), width = x.size(2);
  // [B, heads, tokens, width / heads], by `width` rows of qkv from `first`.
  auto project = [&](const torch::Tensor &tokens, int64_t first) {
    return functional::linear(tokens,
                              qkv->weight.slice(0, first, first + width),
                              qkv->bias.slice(0, first, first + width))
        .reshape({batch, -1, heads, width / heads})
        .transpose(1, 2);
  };
  double scale =
      1 / std::sqrt(static_cast<double>(width) / static_cast<double>(heads));
  torch::Tensor queries = project(x.slice(1, 0, rows), 0) * scale;
  torch::Tensor scores =
      torch::matmul(queries, project(x, width).transpose(-2, -1));
  torch::Tensor mixed =
      torch::matmul(scores.softmax(-1), project(x, 2 * width));
  return proj(mixed.transpose(1, 2).reshape({batch, rows, width}));
}

MlpImpl::MlpImpl(const Geometry &geometry)
    : fc1(register_module("fc1", nn::Linear(geometry.width, geometry.hidden))),
      fc2(register_module("fc2", nn::Linear(geometry.hidden, geometry.width))) {
}

torch::Tensor MlpImpl::forward(const torch::Tensor &x) {
  return fc2(functional::gelu(fc1(x)));
}

BlockImpl::BlockImpl(const Geometry &geometry)
    : norm1(register_module("norm1", makeNorm(geometry))),
      attn(register_module("attn", Attention(geometry))),
      norm2(register_module("norm2", makeNorm(geometry))),
      mlp(register_module("mlp", Mlp(geometry))) {}

torch::Tensor BlockImpl::forward(torch::Tensor x, int64_t rows) {
  x = x.slice(1, 0, rows) + attn(norm1(x), rows);
  return x + mlp(norm2(x));
}

PatchEmbedImpl::PatchEmbedImpl(const Geometry &geometry)
    : proj(register_module(
          "proj",
          nn::Conv2d(nn::Conv2dOptions(3, geometry.width, geometry.patch)
                         .stride(geometry.patch)))) {}

torch::Tensor PatchEmbedImpl::forward(const torch::Tensor &images) {
  return proj(images).flatten(2).transpose(1, 2);
}

VisionTransformerImpl::VisionTransformerImpl(const Geometry &geometry)
    : cls_token(register_parameter(
          "cls_token", torch::randn({1, 1, geometry.width}) * 0.02)),
      pos_embed(register_parameter("pos_embed", positions(geometry) * 0.5)),
      patch_embed(register_module("patch_embed", PatchEmbed(geometry))),
      blocks(register_module("blocks", nn::ModuleList())),
      norm(register_module("norm", makeNorm(geometry))),
      head(register_module("head",
                           nn::Linear(geometry.width, geometry.classes))) {
  for (int64_t i = 0; i < geometry.depth; ++i)
    blocks->push_back(Block(geometry));
  apply(initialize);
  for (const auto &block : *blocks)
    startWithSimilarity(block->as<Block>()->attn->qkv);
}

torch::Tensor VisionTransformerImpl::forward(const torch::Tensor &images) {
  torch::Tensor x = patch_embed(images);
  x = torch::cat({cls_token.expand({x.size(0), -1, -1}), x}, 1) + pos_embed;
  for (const auto &block : *blocks)
    x = block->as<Block>()->forward(
        x, block == *(blocks->end() - 1) ? 1 : x.size(1));
  return head(norm(x.select(1, 0)));
}

} // namespace deit::examples
