// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operations of the `deit` dialect.

#ifndef DEIT_DIALECT_DEIT_IR_DEITOPS_TD
#define DEIT_DIALECT_DEIT_IR_DEITOPS_TD

include "deit/Dialect/DeiT/IR/DeiTDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class DeiT_Op<string mnemonic, list<Trait> traits = []>
    : Op<DeiT_Dialect, mnemonic, !listconcat(traits, [Pure])>;

//===----------------------------------------------------------------------===//
// Constants and number formats
//===----------------------------------------------------------------------===//

def DeiT_ConstantOp : DeiT_Op<"constant"> {
  let summary = "parameter of the model";
  let description = [{
    A weight, bias, token or position embedding. Its location names it, as in
    `loc("blocks.3.mlp.fc1.weight")`.

    Constraints:
    - C1: `value` has the result's shape.
    - C2: `value` holds f32 where the result is float, and integers of the
      storage width where the result is quantized.
    - C3: `value` writes its elements out if there are more than 2^22.

    Example:

    ```mlir
    %0 = deit.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
    %1 = deit.constant dense<[-3, 7]> : tensor<2xi8>
      -> tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5>>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "$value attr-dict `->` type($result)";
  let hasVerifier = 1;
}

def DeiT_QuantizeOp : DeiT_Op<"quantize", [SameOperandsAndResultShape]> {
  let summary = "round float values to integer codes";
  let description = [{
    `code = clamp(round(x / scale) + zero_point, storage_min, storage_max)`,
    rounding halves to even. Unlike upstream's `quant.qcast`, it never folds
    away: the rounding is the meaning.

    Constraints:
    - C1: operand is float, result is quantized.

    Example:

    ```mlir
    %1 = deit.quantize %0 : tensor<1x4xf32>
      -> tensor<1x4x!quant.uniform<u8:f32, 0.1:128>>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def DeiT_DequantizeOp : DeiT_Op<"dequantize", [SameOperandsAndResultShape]> {
  let summary = "the float values integer codes stand for";
  let description = [{
    `x = (code - zero_point) * scale`.

    Constraints:
    - C1: operand is quantized, result is float.

    Example:

    ```mlir
    %1 = deit.dequantize %0 : tensor<1x4x!quant.uniform<u8:f32, 0.1:128>>
      -> tensor<1x4xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// From pixels to tokens
//===----------------------------------------------------------------------===//

def DeiT_NormalizeOp : DeiT_Op<"normalize"> {
  let summary = "pixels to zero mean and unit deviation";
  let description = [{
    `y[..., c] = (x[..., c] / 255 - mean[c]) / std[c]`. The pixels are raw RGB.

    Constraints:
    - C1: operand and result have the same shape, the last dimension is 3.
    - C2: three means, three deviations, deviations positive.

    Example:

    ```mlir
    %1 = deit.normalize %image {mean = array<f32: 0.485, 0.456, 0.406>,
                                std = array<f32: 0.229, 0.224, 0.225>}
      : tensor<1x32x32x3xui8> -> tensor<1x32x32x3xf32>
    ```
  }];
  let arguments = (ins DeiT_RawImage:$image, DenseF32ArrayAttr:$mean,
                   DenseF32ArrayAttr:$std);
  let results = (outs DeiT_Features:$result);
  let assemblyFormat = "$image attr-dict `:` type($image) `->` type($result)";
  let hasVerifier = 1;
}

def DeiT_PatchEmbedOp : DeiT_Op<"patch_embed"> {
  let summary = "one token for every patch of the image";
  let description = [{
    Cuts the image into patches that do not overlap, rows first, and takes the
    inner product of each with every filter:
    `y[b, p, n] = sum(x[b, patch p] * weight[n]) + bias[n]`. Weights are
    [channels, patch height, patch width, 3].

    The image is normalized floats or, after `deit-fold-normalize`, raw pixels
    from 0 to 255.

    Constraints:
    - C1: the patch's height and width divide the image's.
    - C2: weight and image have 3 colours.
    - C3: the result is [images, patches, channels]; bias is [channels].

    Example:

    ```mlir
    %1 = deit.patch_embed %0, %weight, %bias
      : (tensor<1x32x32x3xf32>, tensor<8x16x16x3xf32>, tensor<8xf32>)
      -> tensor<1x4x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Image:$image, DeiT_Heads:$weight,
                   DeiT_Vector:$bias);
  let results = (outs DeiT_Tokens:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def DeiT_PrependTokenOp : DeiT_Op<"prepend_token"> {
  let summary = "put the class token before the others";
  let description = [{
    `y[b, 0] = token`, `y[b, t + 1] = x[b, t]`.

    Constraints:
    - C1: the result has one token more than the operand and equals it
      otherwise; the token has as many channels.

    Example:

    ```mlir
    %1 = deit.prepend_token %0, %token
      : (tensor<1x4x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Tokens:$tokens, DeiT_Vector:$token);
  let results = (outs DeiT_Tokens:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def DeiT_SelectTokenOp : DeiT_Op<"select_token"> {
  let summary = "one token of each image";
  let description = [{
    `y[b] = x[b, index]`; the class token is token 0.

    Constraints:
    - C1: the index lies among the tokens; the result is [images, channels].

    Example:

    ```mlir
    %1 = deit.select_token %0 {index = 0 : i64}
      : tensor<1x5x8xf32> -> tensor<1x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Tokens:$tokens, I64Attr:$index);
  let results = (outs DeiT_Matrix:$result);
  let assemblyFormat = "$tokens attr-dict `:` type($tokens) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

def DeiT_LinearOp : DeiT_Op<"linear"> {
  let summary = "fully connected layer";
  let description = [{
    `y[..., n] = sum_k(x[..., k] * weight[n, k]) + bias[n]`. Weights are
    [outputs, inputs], as PyTorch stores them; the bias may be absent.

    Constraints:
    - C1: the operand's last dimension is the weight's inputs.
    - C2: the result's last dimension is the weight's outputs, the others are
      the operand's; the bias is [outputs].

    Example:

    ```mlir
    %1 = deit.linear %0, %weight bias %bias
      : (tensor<1x5x8xf32>, tensor<24x8xf32>, tensor<24xf32>)
      -> tensor<1x5x24xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input, DeiT_Matrix:$weight,
                   Optional<DeiT_Vector>:$bias);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def DeiT_LayerNormOp : DeiT_Op<"layer_norm"> {
  let summary = "normalize every token over its channels";
  let description = [{
    `y = (x - mean(x)) / sqrt(var(x) + epsilon) * gamma + beta`, mean and
    (biased) variance over the last dimension.

    Constraints:
    - C1: operand and result have the same shape; gamma and beta are
      [channels].
    - C2: epsilon is not negative.

    Example:

    ```mlir
    %1 = deit.layer_norm %0, %gamma, %beta {epsilon = 1.0e-06 : f64}
      : (tensor<1x5x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input, DeiT_Vector:$gamma,
                   DeiT_Vector:$beta, F64Attr:$epsilon);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def DeiT_GeluOp : DeiT_Op<"gelu", [SameOperandsAndResultShape]> {
  let summary = "Gaussian error linear unit";
  let description = [{
    `y = min(x / 2 * (1 + erf(x / sqrt(2))), limit)`, the exact form; without a
    limit, as networks are trained, there is none.

    Constraints:
    - C1: the limit is positive and finite.

    Example:

    ```mlir
    %1 = deit.gelu %0 : tensor<1x5x32xf32> -> tensor<1x5x32xf32>
    %3 = deit.gelu %2 {limit = 6.5 : f64} : tensor<1x5x34xf32> -> tensor<1x5x34xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input, OptionalAttr<F64Attr>:$limit);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The largest result, infinite if there is no limit.
    double getLargest();
  }];
}

def DeiT_AddOp : DeiT_Op<"add"> {
  let summary = "sum, as of the residual stream and a branch";
  let description = [{
    `y = lhs + rhs`. The right operand's first dimension may be 1: a position
    embedding is added to every image.

    Constraints:
    - C1: the result has the left operand's shape, and so has the right
      operand but for a first dimension of 1.

    Example:

    ```mlir
    %2 = deit.add %0, %1
      : (tensor<1x5x8xf32>, tensor<1x5x8xf32>) -> tensor<1x5x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$lhs, DeiT_Tensor:$rhs);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def DeiT_LayerScaleOp : DeiT_Op<"layer_scale"> {
  let summary = "multiply every channel by its learned factor";
  let description = [{
    `y[..., c] = x[..., c] * gamma[c]`. `deit-fold-layer-scale` folds it into
    the linear layer before it.

    Constraints:
    - C1: operand and result have the same shape; gamma is [channels].

    Example:

    ```mlir
    %1 = deit.layer_scale %0, %gamma
      : (tensor<1x5x8xf32>, tensor<8xf32>) -> tensor<1x5x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input, DeiT_Vector:$gamma);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

def DeiT_SplitQkvOp : DeiT_Op<"split_qkv"> {
  let summary = "queries, keys and values out of one tensor";
  let description = [{
    Cuts the last dimension into three equal parts.

    Constraints:
    - C1: the operand has three times the channels of each result, and the
      results' shapes are equal.

    Example:

    ```mlir
    %q, %k, %v = deit.split_qkv %0 : tensor<1x5x24xf32>
      -> tensor<1x5x8xf32>, tensor<1x5x8xf32>, tensor<1x5x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Tokens:$input);
  let results = (outs DeiT_Tokens:$query, DeiT_Tokens:$key,
                 DeiT_Tokens:$value);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($query) `,` type($key) `,`
    type($value)
  }];
  let hasVerifier = 1;
}

def DeiT_SplitHeadsOp : DeiT_Op<"split_heads"> {
  let summary = "give every head its own channels";
  let description = [{
    `y[b, h, t, d] = x[b, t, h * D + d]`, where D is the channels of one head.

    Constraints:
    - C1: the result is [images, heads, tokens, channels / heads].
    - C2: operand and result have the same element type.

    Example:

    ```mlir
    %1 = deit.split_heads %0 : tensor<1x5x8xf32> -> tensor<1x2x5x4xf32>
    ```
  }];
  let arguments = (ins DeiT_Tokens:$input);
  let results = (outs DeiT_Heads:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def DeiT_MergeHeadsOp : DeiT_Op<"merge_heads"> {
  let summary = "put the heads' channels side by side";
  let description = [{
    `y[b, t, h * D + d] = x[b, h, t, d]`: the inverse of `deit.split_heads`.

    Constraints:
    - C1: the result is [images, tokens, heads * head channels].
    - C2: operand and result have the same element type.

    Example:

    ```mlir
    %1 = deit.merge_heads %0 : tensor<1x2x5x4xf32> -> tensor<1x5x8xf32>
    ```
  }];
  let arguments = (ins DeiT_Heads:$input);
  let results = (outs DeiT_Tokens:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def DeiT_ScaleOp : DeiT_Op<"scale", [SameOperandsAndResultShape]> {
  let summary = "multiply by one constant";
  let description = [{
    `y = x * factor`, as of queries by 1/sqrt(head channels).
    `deit-fold-attention-scale` folds it into the linear layer before it.

    Example:

    ```mlir
    %1 = deit.scale %0 {factor = 1.25e-01 : f64}
      : tensor<1x2x5x4xf32> -> tensor<1x2x5x4xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input, F64Attr:$factor);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def DeiT_MatmulOp : DeiT_Op<"matmul"> {
  let summary = "product of two activations, head by head";
  let description = [{
    `y[b, h] = lhs[b, h] * rhs[b, h]`, with `transpose_rhs` times the
    transpose.

    Constraints:
    - C1: images and heads agree.
    - C2: the contracted dimensions agree, and the result has the others.

    Example:

    ```mlir
    %s = deit.matmul %q, %k {transpose_rhs}
      : (tensor<1x2x5x4xf32>, tensor<1x2x5x4xf32>) -> tensor<1x2x5x5xf32>
    ```
  }];
  let arguments = (ins DeiT_Heads:$lhs, DeiT_Heads:$rhs,
                   UnitAttr:$transpose_rhs);
  let results = (outs DeiT_Heads:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def DeiT_SoftmaxOp : DeiT_Op<"softmax", [SameOperandsAndResultShape]> {
  let summary = "attention weights out of scores";
  let description = [{
    `y[..., t] = exp(x[..., t]) / sum(exp(x))` over the last dimension.

    Numerics: a quantized result of u8 storage holds *numerators*,
    `code = round(255 * exp(x - max(x)))`, and stands for
    `code / sum(codes)` over its row; the scale in its type, 1/255, only names
    the step of a row's largest code. No mass of a flat row is lost to
    rounding, as it is with one fixed scale.

    Example:

    ```mlir
    %1 = deit.softmax %0 : tensor<1x2x5x5xf32> -> tensor<1x2x5x5xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

include "deit/Dialect/DeiT/IR/DeiTConvolutionOps.td"

#endif // DEIT_DIALECT_DEIT_IR_DEITOPS_TD
