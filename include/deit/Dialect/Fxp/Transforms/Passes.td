// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transformations within the `fxp` dialect.

#ifndef DEIT_DIALECT_FXP_TRANSFORMS_PASSES_TD
#define DEIT_DIALECT_FXP_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseKernelsPass : Pass<"fxp-fuse-kernels", "::mlir::func::FuncOp"> {
  let summary = "Group operations that run as one loop nest";
  let description = [{
    Moves the operations of a function into `fxp.kernel` regions. Afterwards
    every operation but `fxp.constant`, `fxp.select_token` and the return is in
    exactly one; constants stay outside and are captured. The kinds:

    - `gemm`: `fxp.linear`, then, each where it is the only user of what came
      before, `fxp.requantize`, and either `fxp.lookup` or `fxp.add` (the product
      is the branch, or the branch is a constant) and `fxp.prepend_token`.
    - `attention`: the split heads of queries, keys and values, both products,
      `fxp.softmax`, `fxp.normalize`, and `fxp.merge_heads`.
    - `patches`, `layer_norm`, and every operation that fits nowhere: alone, the
      kind is its name.

    A `fxp.softmax` that is not part of an attention is an error: a kernel has
    one result, a softmax has two.

    With `--remarks-filter=fxp-fuse-kernels`, a passed remark tells of every
    kernel what is in it and which modules it comes from, a missed remark of
    every operation that is alone, and need not be, why it could not join a
    product's kernel.

    Example:

    ```mlir
    %0 = fxp.linear %x, %w, %b : (...) -> tensor<1x4x2xi32>
    %1 = fxp.requantize %0, %m {...} : (...) -> tensor<1x4x2xui8>
    ```

    becomes

    ```mlir
    %1 = fxp.kernel "gemm" -> tensor<1x4x2xui8> {
      %2 = fxp.linear %x, %w, %b : (...) -> tensor<1x4x2xi32>
      %3 = fxp.requantize %2, %m {...} : (...) -> tensor<1x4x2xui8>
      fxp.yield %3 : tensor<1x4x2xui8>
    }
    ```
  }];
  let dependentDialects = ["::deit::fxp::FxpDialect"];
}

def SetBatchPass : Pass<"fxp-set-batch", "::mlir::ModuleOp"> {
  let summary = "Make the network for one image one for several";
  let description = [{
    Turns the function `forward`, integers from one image to its logits, into
    one from `images` images to theirs: the first dimension of the image, of the
    logits, and of every value between them becomes `images`. Constants stay as
    they are and mean the same for every image. The logits are those of as many
    runs of the original.

    Runs before and after `fxp-fuse-kernels`. It is an error if the network is
    for several images already, or if an operation would mix them, such as a
    layer whose weight depends on the image.

    Example, with `images=8`:

    ```mlir
    func.func @forward(%image: tensor<1x2x4x3xui8>) -> tensor<1x2x5xi32> {
      %0 = fxp.patches %image {...} : tensor<1x2x4x3xui8> -> tensor<1x2x12xui8>
      %1 = fxp.linear %0, %w, %b : (...) -> tensor<1x2x5xi32>
      return %1 : tensor<1x2x5xi32>
    }
    ```

    becomes

    ```mlir
    func.func @forward(%image: tensor<8x2x4x3xui8>) -> tensor<8x2x5xi32> {
      %0 = fxp.patches %image {...} : tensor<8x2x4x3xui8> -> tensor<8x2x12xui8>
      %1 = fxp.linear %0, %w, %b : (...) -> tensor<8x2x5xi32>
      return %1 : tensor<8x2x5xi32>
    }
    ```
  }];
  let dependentDialects = ["::deit::fxp::FxpDialect"];
  let options = [
    Option<"images", "images", "int64_t", /*default=*/"1",
           "Images a run, 1 to 1024">
  ];
}

#endif // DEIT_DIALECT_FXP_TRANSFORMS_PASSES_TD
