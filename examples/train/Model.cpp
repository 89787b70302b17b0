// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The layers of a DeiT, with timm's names.

#include "Model.h"

#include <cmath>

namespace nn = torch::nn;
namespace F = torch::nn::functional;

namespace deit::examples {
namespace {

nn::LayerNorm makeNorm(const Geometry &geometry) {
  return nn::LayerNorm(nn::LayerNormOptions({geometry.width}).eps(1e-6));
}

/// Small weights and zero biases, as timm starts its transformers.
void initialize(nn::Module &module) {
  torch::NoGradGuard noGrad;
  if (auto *linear = module.as<nn::Linear>()) {
    linear->weight.normal_(0, 0.02).clamp_(-0.04, 0.04);
    linear->bias.zero_();
  }
}

} // namespace

AttentionImpl::AttentionImpl(const Geometry &geometry)
    : heads(geometry.heads),
      qkv(register_module("qkv",
                          nn::Linear(geometry.width, 3 * geometry.width))),
      proj(register_module("proj",
                           nn::Linear(geometry.width, geometry.width))) {}

torch::Tensor AttentionImpl::forward(const torch::Tensor &x) {
  int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
  torch::Tensor parts = qkv(x)
                            .reshape({batch, tokens, 3, heads, width / heads})
                            .permute({2, 0, 3, 1, 4});
  double scale = 1 / std::sqrt(static_cast<double>(width / heads));
  torch::Tensor scores =
      torch::matmul(parts[0] * scale, parts[1].transpose(-2, -1));
  torch::Tensor mixed = torch::matmul(scores.softmax(-1), parts[2]);
  return proj(mixed.transpose(1, 2).reshape({batch, tokens, width}));
}

MlpImpl::MlpImpl(const Geometry &geometry)
    : fc1(register_module("fc1", nn::Linear(geometry.width, geometry.hidden))),
      fc2(register_module("fc2", nn::Linear(geometry.hidden, geometry.width))) {
}

torch::Tensor MlpImpl::forward(const torch::Tensor &x) {
  return fc2(F::gelu(fc1(x)));
}

BlockImpl::BlockImpl(const Geometry &geometry)
    : norm1(register_module("norm1", makeNorm(geometry))),
      attn(register_module("attn", Attention(geometry))),
      norm2(register_module("norm2", makeNorm(geometry))),
      mlp(register_module("mlp", Mlp(geometry))) {}

torch::Tensor BlockImpl::forward(torch::Tensor x) {
  x = x + attn(norm1(x));
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
          "cls_token", torch::randn({1, 1, geometry.width}) * 1e-6)),
      pos_embed(register_parameter(
          "pos_embed",
          torch::randn({1, geometry.tokens(), geometry.width}) * 0.02)),
      patch_embed(register_module("patch_embed", PatchEmbed(geometry))),
      blocks(register_module("blocks", nn::ModuleList())),
      norm(register_module("norm", makeNorm(geometry))),
      head(register_module("head",
                           nn::Linear(geometry.width, geometry.classes))) {
  for (int64_t i = 0; i < geometry.depth; ++i)
    blocks->push_back(Block(geometry));
  apply(initialize);
}

torch::Tensor VisionTransformerImpl::forward(const torch::Tensor &images) {
  torch::Tensor x = patch_embed(images);
  x = torch::cat({cls_token.expand({x.size(0), -1, -1}), x}, 1) + pos_embed;
  for (const auto &block : *blocks)
    x = block->as<Block>()->forward(x);
  return head(norm(x.select(1, 0)));
}

} // namespace deit::examples
