// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operations of the `deit` dialect that convolutional networks need beside
// those of vision transformers. Included by DeiTOps.td.

#ifndef DEIT_DIALECT_DEIT_IR_DEITCONVOLUTIONOPS_TD
#define DEIT_DIALECT_DEIT_IR_DEITCONVOLUTIONOPS_TD

/// Filters: [outputs, height, width, inputs of a group].
def DeiT_Filters : DeiT_TensorOfRank<[4], [DeiT_Element]>;

def DeiT_Conv2DOp : DeiT_Op<"conv2d"> {
  let summary = "two-dimensional convolution";
  let description = [{
    `y[b, i, j, n] = sum(x[b, i * s - p + u, j * s' - p' + v, g + c] *
    weight[n, u, v, c]) + bias[n]`, where s, s' are the strides, p, p' the
    padding before the first row and column, and g the first channel of the
    group that output n belongs to. What lies outside of x is zero. Both
    channels and outputs are cut into `groups` equal parts; with as many groups
    as channels the convolution is depthwise. The bias may be absent.

    `strides` are [rows, columns], `padding` is [top, left, bottom, right].

    Constraints:
    - C1: two strides of at least 1, four paddings of at least 0.
    - C2: groups is at least 1 and divides channels and outputs; the weight has
      the channels of one group.
    - C3: the filter fits into the padded operand.
    - C4: the result is [images, rows, columns, outputs]; the bias is
      [outputs].

    Example:

    ```mlir
    %1 = deit.conv2d %0, %weight bias %bias
      {strides = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>,
       groups = 1 : i64}
      : (tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>)
      -> tensor<1x4x4x16xf32>
    ```
  }];
  let arguments = (ins DeiT_Features:$input, DeiT_Filters:$weight,
                   Optional<DeiT_Vector>:$bias, DenseI64ArrayAttr:$strides,
                   DenseI64ArrayAttr:$padding, I64Attr:$groups);
  let results = (outs DeiT_Features:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def DeiT_BatchNormOp : DeiT_Op<"batch_norm"> {
  let summary = "normalize every channel by what training saw";
  let description = [{
    `y[..., c] = (x[..., c] - mean[c]) / sqrt(variance[c] + epsilon) * gamma[c]
    + beta[c]`: the form for inference. `deit-fold-batch-norm` folds it into
    the convolution before it.

    Constraints:
    - C1: operand and result have the same shape; gamma, beta, mean and
      variance are [channels].
    - C2: epsilon is not negative.

    Example:

    ```mlir
    %1 = deit.batch_norm %0, %gamma, %beta, %mean, %variance
      {epsilon = 1.0e-05 : f64}
      : (tensor<1x4x4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
         tensor<2xf32>) -> tensor<1x4x4x2xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input, DeiT_Vector:$gamma,
                   DeiT_Vector:$beta, DeiT_Vector:$mean,
                   DeiT_Vector:$variance, F64Attr:$epsilon);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def DeiT_ReluOp : DeiT_Op<"relu", [SameOperandsAndResultShape]> {
  let summary = "rectified linear unit, perhaps with a ceiling";
  let description = [{
    `y = min(max(x, 0), ceiling)`; without a ceiling, `y = max(x, 0)`. ReLU6 is
    the one with ceiling 6.

    Constraints:
    - C1: the ceiling is positive and finite.

    Example:

    ```mlir
    %1 = deit.relu %0 : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
    %2 = deit.relu %1 {ceiling = 6.0 : f64}
      : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
    ```
  }];
  let arguments = (ins DeiT_Tensor:$input, OptionalAttr<F64Attr>:$ceiling);
  let results = (outs DeiT_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

class DeiT_PoolOp<string mnemonic> : DeiT_Op<mnemonic> {
  let arguments = (ins DeiT_Features:$input, DenseI64ArrayAttr:$window,
                   DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$padding);
  let results = (outs DeiT_Features:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def DeiT_MaxPoolOp : DeiT_PoolOp<"max_pool"> {
  let summary = "the largest value of each window";
  let description = [{
    `y[b, i, j, c] = max(x[b, i * s - p + u, j * s' - p' + v, c])` over the
    u and v of the window; what lies outside of x does not count. `window` and
    `strides` are [rows, columns], `padding` is [top, left, bottom, right].

    Constraints:
    - C1: two windows and strides of at least 1, four paddings of at least 0
      and below the window.
    - C2: the window fits into the padded operand.
    - C3: the result is [images, rows, columns, channels].

    Example:

    ```mlir
    %1 = deit.max_pool %0
      {window = array<i64: 2, 2>, strides = array<i64: 2, 2>,
       padding = array<i64: 0, 0, 0, 0>}
      : tensor<1x8x8x2xf32> -> tensor<1x4x4x2xf32>
    ```
  }];
}

def DeiT_AveragePoolOp : DeiT_PoolOp<"average_pool"> {
  let summary = "the mean of each window";
  let description = [{
    `y[b, i, j, c] = sum(x[b, i * s - p + u, j * s' - p' + v, c]) / n` over the
    u and v of the window, of which there are n; what lies outside of x is zero
    and counts. `window` and `strides` are [rows, columns], `padding` is [top,
    left, bottom, right].

    Constraints: as of `deit.max_pool`.

    Example:

    ```mlir
    %1 = deit.average_pool %0
      {window = array<i64: 2, 2>, strides = array<i64: 2, 2>,
       padding = array<i64: 0, 0, 0, 0>}
      : tensor<1x8x8x2xf32> -> tensor<1x4x4x2xf32>
    ```
  }];
}

def DeiT_GlobalAveragePoolOp : DeiT_Op<"global_average_pool"> {
  let summary = "the mean of every channel";
  let description = [{
    `y[b, c]` is the mean of `x[b, i, j, c]` over all i and j.

    Constraints:
    - C1: the result is [images, channels].

    Example:

    ```mlir
    %1 = deit.global_average_pool %0
      : tensor<1x4x4x16xf32> -> tensor<1x16xf32>
    ```
  }];
  let arguments = (ins DeiT_Features:$input);
  let results = (outs DeiT_Matrix:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def DeiT_ShortcutOp : DeiT_Op<"shortcut"> {
  let summary = "shortcut to fewer pixels and more channels";
  let description = [{
    `y[b, i, j, c + before] = x[b, i * stride, j * stride, c]`; the other
    channels are zero. It has no parameters: option A of He et al., Deep
    Residual Learning for Image Recognition, section 3.3.

    Constraints:
    - C1: the stride is at least 1.
    - C2: the result is [images, height / stride, width / stride, any
      channels], rounded up.
    - C3: the result's channels hold the operand's after `before` others.

    Example:

    ```mlir
    %1 = deit.shortcut %0 {stride = 2 : i64, before = 8 : i64}
      : tensor<1x8x8x16xf32> -> tensor<1x4x4x32xf32>
    ```
  }];
  let arguments = (ins DeiT_Features:$input, I64Attr:$stride,
                   I64Attr:$before);
  let results = (outs DeiT_Features:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

#endif // DEIT_DIALECT_DEIT_IR_DEITCONVOLUTIONOPS_TD
