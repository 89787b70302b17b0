// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folds, fusions and quantization of `deit` graphs.

#ifndef DEIT_DIALECT_DEIT_TRANSFORMS_PASSES_TD
#define DEIT_DIALECT_DEIT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldNormalizePass
    : Pass<"deit-fold-normalize", "::mlir::func::FuncOp"> {
  let summary = "Fold pixel normalization into the patch embedding";
  let description = [{
    With x the raw pixel, mean m and deviation d of its colour, the weight
    becomes `w / (255 d)` and the bias loses the sum of `w m / d`, so that the
    patch embedding takes the image as it is stored.

    A normalization whose user is no patch embedding with constant float
    parameters stays, with a remark; without one where only convolutions use it,
    around whose operand there are zeros.

    ```mlir
    %n = deit.normalize %image {mean = array<f32: 0.5, 0.5, 0.5>,
                                std = array<f32: 0.25, 0.25, 0.25>}
      : tensor<1x2x2x3xui8> -> tensor<1x2x2x3xf32>
    %p = deit.patch_embed %n, %w, %b : (tensor<1x2x2x3xf32>, ...) -> ...
    // becomes
    %p = deit.patch_embed %image, %w1, %b1 : (tensor<1x2x2x3xui8>, ...) -> ...
    ```
  }];
}

def FoldBatchNormPass
    : Pass<"deit-fold-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "Fold batch normalization into the convolution before it";
  let description = [{
    With `f[n] = gamma[n] / sqrt(variance[n] + epsilon)`, row n of the weight
    is multiplied by f[n], and entry n of the bias becomes
    `f[n] * (b[n] - mean[n]) + beta[n]`, where an absent bias is 0.

    A normalization stays, with a remark, if its operand is not a convolution
    with constant float parameters and no other users.

    ```mlir
    %c = deit.conv2d %x, %w {strides = ..., padding = ..., groups = 1 : i64}
      : (tensor<1x4x4x3xf32>, tensor<8x3x3x3xf32>) -> tensor<1x4x4x8xf32>
    %n = deit.batch_norm %c, %gamma, %beta, %mean, %variance
      {epsilon = 1.0e-05 : f64} : ...
    // becomes
    %n = deit.conv2d %x, %w1 bias %b1
      {strides = ..., padding = ..., groups = 1 : i64}
      : (tensor<1x4x4x3xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>)
      -> tensor<1x4x4x8xf32>
    ```
  }];
}

def FoldClassPositionPass
    : Pass<"deit-fold-class-position", "::mlir::func::FuncOp"> {
  let summary = "Add the class token's position ahead of time";
  let description = [{
    The position embedding is added to the patches before the class token
    joins them; the token's own position is added to the token, a constant.

    A constant added to tokens with a class token stays, with a remark, if it or
    the token is quantized or the tokens without positions have other users.

    ```mlir
    %t = deit.prepend_token %x, %cls
      : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
    %y = deit.add %t, %pos
      : (tensor<1x5x8xf32>, tensor<1x5x8xf32>) -> tensor<1x5x8xf32>
    // becomes
    %t = deit.add %x, %pos1
      : (tensor<1x4x8xf32>, tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
    %y = deit.prepend_token %t, %cls1
      : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
    ```
  }];
}

def FoldLayerScalePass
    : Pass<"deit-fold-layer-scale", "::mlir::func::FuncOp"> {
  let summary = "Fold LayerScale into the linear layer before it";
  let description = [{
    Row n of the weight and entry n of the bias are multiplied by `gamma[n]`.

    A LayerScale that does not follow a linear layer of its own, or has
    parameters that are not float constants, stays, with a remark.

    ```mlir
    %1 = deit.linear %0, %w bias %b : ...
    %2 = deit.layer_scale %1, %gamma : ...
    // becomes
    %2 = deit.linear %0, %w1 bias %b1 : ...
    ```
  }];
}

def SplitQkvPass : Pass<"deit-split-qkv", "::mlir::func::FuncOp"> {
  let summary = "Give queries, keys and values a linear layer each";
  let description = [{
    The rows of the common weight are dealt out, so that each of the three
    results gets a scale of its own. The layers and their parameters are
    called after the common one, as in `blocks.3.attn.qkv.q.weight`.

    A split that does not follow a linear layer of its own, or whose
    parameters are not float constants, stays, with a remark.

    ```mlir
    %qkv = deit.linear %0, %w bias %b : ...
    %q, %k, %v = deit.split_qkv %qkv : ...
    // becomes
    %q = deit.linear %0, %wq bias %bq : ...
    %k = deit.linear %0, %wk bias %bk : ...
    %v = deit.linear %0, %wv bias %bv : ...
    ```
  }];
}

def FoldAttentionScalePass
    : Pass<"deit-fold-attention-scale", "::mlir::func::FuncOp"> {
  let summary = "Fold the scale of the queries into their linear layer";
  let description = [{
    The weight and the bias are multiplied by the factor. Between the linear
    layer and the scale may stand a `deit.split_heads`. Requires
    `deit-split-qkv`, since keys and values are not scaled.

    A scale that does not follow a linear layer of its own, or whose
    parameters are not float constants, stays, with a remark.

    ```mlir
    %1 = deit.linear %0, %w bias %b : ...
    %2 = deit.split_heads %1 : ...
    %3 = deit.scale %2 {factor = 1.25e-01 : f64} : ...
    // becomes
    %1 = deit.linear %0, %w1 bias %b1 : ...
    %3 = deit.split_heads %1 : ...
    ```
  }];
}

def SinkTokenSelectPass
    : Pass<"deit-sink-token-select", "::mlir::func::FuncOp"> {
  let summary = "Compute only the tokens that are used";
  let description = [{
    Moves `deit.select_token` towards the input, through operations that treat
    every token alike, as long as nothing else uses their results. It stops at
    attention, at `deit.prepend_token`, and at tokens that have other users.
    So the last block's projection and MLP run for the class token alone. No
    value changes.

    ```mlir
    %1 = deit.layer_norm %0, %g, %b {...}
      : (tensor<1x5x8xf32>, ...) -> tensor<1x5x8xf32>
    %2 = deit.select_token %1 {index = 0 : i64}
      : tensor<1x5x8xf32> -> tensor<1x8xf32>
    // becomes
    %1 = deit.select_token %0 {index = 0 : i64}
      : tensor<1x5x8xf32> -> tensor<1x8xf32>
    %2 = deit.layer_norm %1, %g, %b {...}
      : (tensor<1x8xf32>, ...) -> tensor<1x8xf32>
    ```
  }];
}

def QuantizePass : Pass<"deit-quantize", "::mlir::func::FuncOp"> {
  let summary = "Choose number formats and round the parameters to them";
  let description = [{
    Requires a module after the folds above and `deit-calibrate`: reads
    `deit.range` and gives every activation a quantized type, every weight its
    codes. Biases stay float. `deit.range` is removed, `deit.channel_mean`
    kept for `deit-correct-bias`.

    | value | type |
    |---|---|
    | weights | i8 in [-127, 127], symmetric, a scale per row or per tensor |
    | layer_norm, gelu and its operand, probabilities times values | u8, affine |
    | queries, keys, values | i8 in [-127, 127], symmetric |
    | scores | i32 at the product of their operands' scales |
    | softmax | u8 numerators |
    | residual stream and what is added to it | i16 in [-32767, 32767] |
    | logits | i32, 16 times the coarsest accumulator's scale |

    The branch that is added to the residual stream, the position embedding
    included, has the sum's type; so have the patch embedding, the position's
    sum and the class token, which meet in `deit.prepend_token`, among
    themselves.

    A weight's scale is at least 2^-12 of the tensor's largest, and large
    enough that the bias needs no more than 28 bits at the accumulator's scale:
    a channel of zeros with a bias does not overflow.

    ```mlir
    %1 = deit.gelu %0 {deit.range = array<f64: -0.17, 2.38>}
      : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
    // becomes
    %1 = deit.gelu %0 : tensor<1x5x32x!quant.uniform<...>>
      -> tensor<1x5x32x!quant.uniform<u8:f32, 0.01:17>>
    ```
  }];
  let options = [
    Option<"weights", "weights", "::deit::WeightScales",
           "::deit::WeightScales::PerChannel",
           "Scales of a weight (default: per-channel)",
           [{::llvm::cl::values(
               clEnumValN(::deit::WeightScales::PerChannel, "per-channel",
                          "one for every output channel"),
               clEnumValN(::deit::WeightScales::PerTensor, "per-tensor",
                          "one for the whole tensor"))}]>,
    Option<"weightRange", "weight-range", "::deit::WeightRange",
           "::deit::WeightRange::MinMax",
           "How a weight's scale is chosen (default: minmax)",
           [{::llvm::cl::values(
               clEnumValN(::deit::WeightRange::MinMax, "minmax",
                          "the largest weight gets the largest code"),
               clEnumValN(::deit::WeightRange::MSE, "mse",
                          "least squared error of the codes"))}]>,
    Option<"residualBits", "residual-bits", "unsigned", "16",
           "Bits of the residual stream, 16 or 8 (default: 16)">,
    Option<"residualHeadroom", "residual-headroom", "double", "1.25",
           "Factor, at least 1, by which the 16-bit residual stream's range "
           "exceeds the calibrated one (default: 1.25)">,
  ];
}

def RoundGroupsPass : Pass<"deit-round-groups", "::mlir::func::FuncOp"> {
  let summary = "Round weights to the nearest code, a scale for each group";
  let description = [{
    The usual way to store small models, as a baseline: each `group` weights of a
    row of a layer become multiples of the largest of them divided by
    `2^(bits-1) - 1`, a number of 16 bits; all other parameters are rounded to
    floats of 16 bits. Everything stays float, activations as well.

    Takes the model as it was imported: `deit-prepare` makes weights of the patch
    embedding too small for scales of 16 bits.

    ```mlir
    // bits=2
    %w = deit.constant dense<[[0.6, 0.2, -1.0]]> : tensor<1x3xf32>
    // becomes
    %w = deit.constant dense<[[1.0, 0.0, -1.0]]> : tensor<1x3xf32>
    ```
  }];
  let options = [
    Option<"bits", "bits", "unsigned", "4",
           "Bits of a code, 2 to 8 (default: 4)">,
    Option<"group", "group", "unsigned", "64",
           "Weights that share a scale (default: 64)">,
  ];
}

#endif // DEIT_DIALECT_DEIT_TRANSFORMS_PASSES_TD
