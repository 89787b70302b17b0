// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A DeiT as timm builds it, for training in LibTorch.

#ifndef DEIT_EXAMPLES_TRAIN_MODEL_H
#define DEIT_EXAMPLES_TRAIN_MODEL_H

#include <torch/torch.h>

namespace deit::examples {

/// The sizes of a model. Images are square, and a whole number of patches.
struct Geometry {
  int64_t image = 64;   ///< pixels along an edge
  int64_t patch = 8;    ///< pixels along an edge
  int64_t width = 128;  ///< features of a token
  int64_t heads = 2;    ///< divides `width`
  int64_t depth = 3;    ///< blocks
  int64_t hidden = 512; ///< features within a block's MLP
  int64_t classes = 100;

  /// Patches and the class token.
  int64_t tokens() const { return (image / patch) * (image / patch) + 1; }
};

struct AttentionImpl : torch::nn::Module {
  explicit AttentionImpl(const Geometry &geometry);
  /// The mixed features of the first `rows` tokens of `x` [B, tokens, width].
  torch::Tensor forward(const torch::Tensor &x, int64_t rows);

  int64_t heads;
  torch::nn::Linear qkv, proj;
};
TORCH_MODULE(Attention);

struct MlpImpl : torch::nn::Module {
  explicit MlpImpl(const Geometry &geometry);
  torch::Tensor forward(const torch::Tensor &x);

  torch::nn::Linear fc1, fc2;
};
TORCH_MODULE(Mlp);

struct BlockImpl : torch::nn::Module {
  explicit BlockImpl(const Geometry &geometry);
  /// Maps [B, tokens, width] to [B, rows, width], the first `rows` tokens: the
  /// last block need only compute the class token.
  torch::Tensor forward(torch::Tensor x, int64_t rows);

  torch::nn::LayerNorm norm1;
  Attention attn;
  torch::nn::LayerNorm norm2;
  Mlp mlp;
};
TORCH_MODULE(Block);

/// `patch_embed` of timm: a module of one convolution, `proj`.
struct PatchEmbedImpl : torch::nn::Module {
  explicit PatchEmbedImpl(const Geometry &geometry);
  torch::Tensor forward(const torch::Tensor &images);

  torch::nn::Conv2d proj;
};
TORCH_MODULE(PatchEmbed);

/// timm's VisionTransformer with a class token, its position embedded too,
/// normalization before each layer (epsilon 1e-6) and the exact GELU.
/// `named_parameters()` gives timm's names in timm's order.
struct VisionTransformerImpl : torch::nn::Module {
  explicit VisionTransformerImpl(const Geometry &geometry);

  /// Normalized images [B, 3, image, image] to logits [B, classes].
  torch::Tensor forward(const torch::Tensor &images);

  torch::Tensor cls_token, pos_embed;
  PatchEmbed patch_embed;
  torch::nn::ModuleList blocks;
  torch::nn::LayerNorm norm;
  torch::nn::Linear head;
};
TORCH_MODULE(VisionTransformer);

} // namespace deit::examples

#endif // DEIT_EXAMPLES_TRAIN_MODEL_H
