// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operations of the `fxp` dialect.

#ifndef DEIT_DIALECT_FXP_IR_FXPOPS_TD
#define DEIT_DIALECT_FXP_IR_FXPOPS_TD

include "deit/Dialect/Fxp/IR/FxpDialect.td"
include "deit/Dialect/Fxp/IR/FxpProgramOps.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Fxp_Op<string mnemonic, list<Trait> traits = []>
    : Op<Fxp_Dialect, mnemonic, !listconcat(traits, [Pure])>;

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

def Fxp_ConstantOp : Op<Fxp_Dialect, "constant",
    [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "weights, multipliers, tables";
  let description = [{
    Every constant becomes one entry of the model's container. In an
    `fxp.program` its position is its meaning, so that none is dropped or
    merged there; anywhere else it has no effect.

    Constraints:
    - C1: `value` has the result's shape, and signless integers of its width.
    - C2: `value` writes its elements out if there are more than 2^22.

    Example:

    ```mlir
    %0 = fxp.constant dense<[1, -2]> : tensor<2xi32> -> tensor<2xi32>
    %1 = fxp.constant dense<[1, 200]> : tensor<2xi8> -> tensor<2xui8>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Fxp_Tensor:$result);
  let assemblyFormat = "$value attr-dict `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

def Fxp_PatchesOp : Fxp_Op<"patches"> {
  let summary = "the image cut into rows of a matrix";
  let description = [{
    Row p of the result holds patch p, patches counted rows first, its pixels
    rows first, the three colours of a pixel side by side.

    Constraints:
    - C1: the patch's height and width are positive and divide the image's.
    - C2: the result is [images, patches, patch height * width * colours].

    Example:

    ```mlir
    %1 = fxp.patches %image {height = 16 : i64, width = 16 : i64}
      : tensor<1x32x32x3xui8> -> tensor<1x4x768xui8>
    ```
  }];
  let arguments = (ins Fxp_Image:$image, I64Attr:$height, I64Attr:$width);
  let results = (outs Fxp_Tokens:$result);
  let assemblyFormat = "$image attr-dict `:` type($image) `->` type($result)";
  let hasVerifier = 1;
}

def Fxp_PrependTokenOp : Fxp_Op<"prepend_token"> {
  let summary = "put the class token before the others";
  let description = [{
    `y[b, 0] = token`, `y[b, t + 1] = x[b, t]`: every image b gets the same
    token.

    Constraints:
    - C1: the result has one token more than the operand; the token is
      [1, channels].

    Example:

    ```mlir
    %1 = fxp.prepend_token %0, %token
      : (tensor<1x4x8xi16>, tensor<1x8xi16>) -> tensor<1x5x8xi16>
    ```
  }];
  let arguments = (ins Fxp_Stream:$tokens, Fxp_Stream:$token);
  let results = (outs Fxp_Stream:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Fxp_SelectTokenOp : Fxp_Op<"select_token"> {
  let summary = "one token of each image";
  let description = [{
    `y[b] = x[b, index]`.

    Constraints:
    - C1: the index lies among the tokens; the result is [images, channels].
    - C2: operand and result have one element type.

    Example:

    ```mlir
    %1 = fxp.select_token %0 {index = 0 : i64}
      : tensor<1x5x8xi16> -> tensor<1x8xi16>
    ```
  }];
  let arguments = (ins Fxp_Rows:$tokens, I64Attr:$index);
  let results = (outs Fxp_Rows:$result);
  let assemblyFormat = "$tokens attr-dict `:` type($tokens) `->` type($result)";
  let hasVerifier = 1;
}

def Fxp_SplitHeadsOp : Fxp_Op<"split_heads"> {
  let summary = "give every head its own channels";
  let description = [{
    `y[b, h, t, d] = x[b, t, h * D + d]`, where D is the channels of one head.

    Constraints:
    - C1: the result is [images, heads, tokens, channels / heads], of the
      operand's element type.

    Example:

    ```mlir
    %1 = fxp.split_heads %0 : tensor<1x5x8xi8> -> tensor<1x2x5x4xi8>
    ```
  }];
  let arguments = (ins Fxp_Tokens:$input);
  let results = (outs Fxp_Heads:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Fxp_MergeHeadsOp : Fxp_Op<"merge_heads"> {
  let summary = "put the heads' channels side by side";
  let description = [{
    `y[b, t, h * D + d] = x[b, h, t, d]`.

    Constraints:
    - C1: the result is [images, tokens, heads * head channels], of the
      operand's element type.

    Example:

    ```mlir
    %1 = fxp.merge_heads %0 : tensor<1x2x5x4xui8> -> tensor<1x5x8xui8>
    ```
  }];
  let arguments = (ins Fxp_Heads:$input);
  let results = (outs Fxp_Tokens:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

def Fxp_LinearOp : Fxp_Op<"linear"> {
  let summary = "exact sums of a fully connected layer";
  let description = [{
    `y[..., n] = sum_k(x[..., k] * weight[n, k]) + bias[n]` in s32, which never
    overflows. The operand's zero point is part of the bias:
    `bias = round(b / scale) - zero_point * sum_k(weight[n, k])`.

    Constraints:
    - C1: the operand's last dimension is the weight's second.
    - C2: the result's last dimension is the weight's first, the others are the
      operand's; the bias is [outputs].

    Example:

    ```mlir
    %1 = fxp.linear %0, %weight, %bias
      : (tensor<1x5x8xui8>, tensor<24x8xi8>, tensor<24xi32>)
      -> tensor<1x5x24xi32>
    ```
  }];
  let arguments = (ins Fxp_Codes:$input, Fxp_Weight:$weight,
                   Fxp_Vector:$bias);
  let results = (outs Fxp_S32:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Fxp_MatmulOp : Fxp_Op<"matmul"> {
  let summary = "exact product of two activations, head by head";
  let description = [{
    `y[b, h] = lhs[b, h] * rhs[b, h]` in s32, with `transpose_rhs` times the
    transpose. The right operand is i8, both operands' zero points are 0.

    Constraints:
    - C1: images and heads agree, the contracted dimensions agree, and the
      result has the others.
    - C2: the right operand is i8.

    Example:

    ```mlir
    %s = fxp.matmul %q, %k {transpose_rhs}
      : (tensor<1x2x5x4xi8>, tensor<1x2x5x4xi8>) -> tensor<1x2x5x5xi32>
    ```
  }];
  let arguments = (ins Fxp_Heads:$lhs, Fxp_Heads:$rhs,
                   UnitAttr:$transpose_rhs);
  let results = (outs Fxp_S32:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Change of scale
//===----------------------------------------------------------------------===//

def Fxp_RequantizeOp : Fxp_Op<"requantize"> {
  let summary = "sums to codes of another scale";
  let description = [{
    `y[..., n] = clamp(zero_point + rq(x[..., n], multiplier[n], pre_shift,
    shift), low, high)`.

    Constraints:
    - C1: operand and result have the same shape; multiplier is [channels].
    - C2: `pre_shift` is 0 to 24, `shift` 1 to 30.
    - C3: `low <= high`, and both fit the result's element type; `zero_point`
      fits s16.

    Example:

    ```mlir
    %1 = fxp.requantize %0, %m {pre_shift = 0 : i64, shift = 8 : i64,
        zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
      : (tensor<1x5x8xi32>, tensor<8xi32>) -> tensor<1x5x8xui8>
    ```
  }];
  let arguments = (ins Fxp_S32:$input, Fxp_Vector:$multiplier,
                   I64Attr:$pre_shift, I64Attr:$shift, I64Attr:$zero_point,
                   I64Attr:$low, I64Attr:$high);
  let results = (outs Fxp_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Fxp_LookupOp : Fxp_Op<"lookup"> {
  let summary = "any function of 8 bits, by table";
  let description = [{
    `y = table[x]`.

    Constraints:
    - C1: the table has 256 entries.
    - C2: operand and result have the same shape.

    Example:

    ```mlir
    %1 = fxp.lookup %0 in %table
      : (tensor<1x5x8xui8>, tensor<256xui8>) -> tensor<1x5x8xui8>
    ```
  }];
  let arguments = (ins Fxp_U8:$input, Fxp_Table:$table);
  let results = (outs Fxp_U8:$result);
  let assemblyFormat = [{
    $input `in` $table attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Fxp_AddOp : Fxp_Op<"add"> {
  let summary = "sum at the result's scale";
  let description = [{
    `y = clamp(rq(x, multiplier, pre_shift, shift) + branch, low, high)`: the
    residual `x` is brought to the result's scale, at which `branch` already
    is. A branch of one image is added to every image.

    Constraints:
    - C1: the result has x's shape, and so has the branch but for a first
      dimension of 1.
    - C2: `multiplier` is 0 to 2^31 - 1, `pre_shift` 0 to 24, `shift` 1 to 30.
    - C3: `low <= high`, and both fit s16.

    Example:

    ```mlir
    %2 = fxp.add %0, %1 {multiplier = 1073741824 : i64, pre_shift = 12 : i64,
        shift = 11 : i64, low = -32767 : i64, high = 32767 : i64}
      : (tensor<1x5x8xi16>, tensor<1x5x8xi16>) -> tensor<1x5x8xi16>
    ```
  }];
  let arguments = (ins Fxp_S16:$input, Fxp_S16:$branch, I64Attr:$multiplier,
                   I64Attr:$pre_shift, I64Attr:$shift, I64Attr:$low,
                   I64Attr:$high);
  let results = (outs Fxp_S16:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Nonlinear functions
//===----------------------------------------------------------------------===//

def Fxp_LayerNormOp : Fxp_Op<"layer_norm"> {
  let summary = "normalize every token over its channels";
  let description = [{
    For a row of N codes x, with N <= 4096:

        S = sum(x), Q = sum(x * x)                  |S| <= 2^27, Q <= 2^42
        V = N * Q - S * S + epsilon                 V < 2^62
        r = max(isqrt(V), 1), L = bit length of r   r < 2^31
        R = (2^(30 + L) - 1) / r                    2^30 <= R < 2^31
        c = N * x - S                               |c| < 2^28
        a = max(21 - L, 0), b = max(L - 21, 0)
        n = (((c << a) * R) >> 31) >> b             c / r in Q20, |n| < 2^27
        t = ((n * gamma) >> 31) + beta
        y = clamp(zero_point + ((t + (1 << (shift - 1))) >> shift), low, high)

    `t` and `t + (1 << (shift - 1))` fit s32, for which |beta| <= 2^30 suffices.
    `isqrt` is the floor of the square root; `epsilon` is the float epsilon
    times N^2 over the squared scale of x; `gamma` and `beta` carry the result's
    scale: `gamma = g / scale * 2^(11 + shift)`, `beta = b / scale * 2^shift`.

    Constraints:
    - C1: operand and result have the same shape, with 1 to 4096 channels;
      gamma and beta are [channels].
    - C2: `shift` is 1 to 24, `epsilon` 0 to 2^61.
    - C3: `low <= high`, and both fit the result's element type; `zero_point`
      fits s16.

    Example:

    ```mlir
    %1 = fxp.layer_norm %0, %gamma, %beta {epsilon = 64 : i64,
        shift = 14 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x5x8xi16>, tensor<8xi32>, tensor<8xi32>) -> tensor<1x5x8xui8>
    ```
  }];
  let arguments = (ins Fxp_S16:$input, Fxp_Vector:$gamma, Fxp_Vector:$beta,
                   I64Attr:$epsilon, I64Attr:$shift, I64Attr:$zero_point,
                   I64Attr:$low, I64Attr:$high);
  let results = (outs Fxp_Codes:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Fxp_SoftmaxOp : Fxp_Op<"softmax"> {
  let summary = "numerators of the attention weights";
  let description = [{
    For a row of scores s, with base-2 exponents in Q16:

        d = min(max(s) - s, limit)
        u = ((d << pre_shift) * multiplier) >> 31
        f = u & 0xffff, i = u >> 16
        p = 2^-f in Q15, by the cubic
            p = 32768 - ((f * (22670 - ((f * (7600 - ((f * 1316)
                >> 16))) >> 16))) >> 16)
        y = (255 * p + (1 << (14 + i))) >> (15 + i)
        sum = sum(y)

    so the row's maximum gives 255. `limit` keeps `d << pre_shift` below 2^31
    and i below 17; y is 0 from i = 9 on.

    Constraints:
    - C1: numerators have the scores' shape; the sums lack the last dimension.
    - C2: `multiplier` is 0 to 2^31 - 1, `pre_shift` 0 to 24.
    - C3: `limit` is positive, `limit << pre_shift` is below 2^31, and
      `((limit << pre_shift) * multiplier) >> 31` below 17 * 2^16.

    Example:

    ```mlir
    %y, %sum = fxp.softmax %s {multiplier = 1400000000 : i64,
        pre_shift = 2 : i64, limit = 300000 : i64}
      : tensor<1x2x5x5xi32> -> tensor<1x2x5x5xui8>, tensor<1x2x5xi32>
    ```
  }];
  let arguments = (ins Fxp_S32:$scores, I64Attr:$multiplier,
                   I64Attr:$pre_shift, I64Attr:$limit);
  let results = (outs Fxp_U8:$numerators, Fxp_S32:$sums);
  let assemblyFormat = [{
    $scores attr-dict `:` type($scores) `->` type($numerators) `,` type($sums)
  }];
  let hasVerifier = 1;
}

def Fxp_NormalizeOp : Fxp_Op<"normalize"> {
  let summary = "divide by the row sums of a softmax";
  let description = [{
    The product of numerators and values becomes the weighted mean:

        m = multiplier / sum                   unsigned division, m < 2^31
        y = clamp(zero_point + rq(x, m, 0, shift), low, high)

    Constraints:
    - C1: operand and result have the same shape; the sums lack the last
      dimension.
    - C2: `multiplier` is 0 to 255 * 2^31 - 1 (a row's sum is at least 255),
      `shift` 1 to 30.
    - C3: `low <= high`, and both fit the result's element type; `zero_point`
      fits s16.

    Example:

    ```mlir
    %1 = fxp.normalize %0, %sum {multiplier = 137438953472 : i64,
        shift = 7 : i64, zero_point = 128 : i64, low = 0 : i64,
        high = 255 : i64}
      : (tensor<1x2x5x4xi32>, tensor<1x2x5xi32>) -> tensor<1x2x5x4xui8>
    ```
  }];
  let arguments = (ins Fxp_S32:$input, Fxp_S32:$sums, I64Attr:$multiplier,
                   I64Attr:$shift, I64Attr:$zero_point, I64Attr:$low,
                   I64Attr:$high);
  let results = (outs Fxp_Codes:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

def Fxp_KernelOp : Op<Fxp_Dialect, "kernel", [SingleBlock,
    RecursiveMemoryEffects]> {
  let summary = "operations that run as one loop nest";
  let description = [{
    Groups a product with what follows it on the same elements. Only the
    result leaves the registers; it means what its body means, operation by
    operation.

    Constraints:
    - C1: the body ends in `fxp.yield` of one value of the result's type.

    Example:

    ```mlir
    %r = fxp.kernel "gemm" -> tensor<1x5x24xui8> {
      %0 = fxp.linear %x, %w, %b
        : (tensor<1x5x8xui8>, tensor<24x8xi8>, tensor<24xi32>)
        -> tensor<1x5x24xi32>
      %1 = fxp.requantize %0, %m {pre_shift = 0 : i64, shift = 8 : i64,
          zero_point = 128 : i64, low = 0 : i64, high = 255 : i64}
        : (tensor<1x5x24xi32>, tensor<24xi32>) -> tensor<1x5x24xui8>
      fxp.yield %1 : tensor<1x5x24xui8>
    }
    ```
  }];
  let arguments = (ins StrAttr:$kind);
  let results = (outs Fxp_Tensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind attr-dict `->` type($result) $body";
  let hasVerifier = 1;
}

def Fxp_YieldOp : Fxp_Op<"yield", [Terminator, HasParent<"KernelOp">]> {
  let summary = "the result of a kernel";
  let description = [{
    Ends the body of `fxp.kernel`.

    Example:

    ```mlir
    fxp.yield %1 : tensor<1x5x24xui8>
    ```
  }];
  let arguments = (ins Fxp_Tensor:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // DEIT_DIALECT_FXP_IR_FXPOPS_TD
