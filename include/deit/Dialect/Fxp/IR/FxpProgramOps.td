// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled network: its constants, how they are packed, its steps in order.

#ifndef DEIT_DIALECT_FXP_IR_FXPPROGRAMOPS_TD
#define DEIT_DIALECT_FXP_IR_FXPPROGRAMOPS_TD

include "deit/Dialect/Fxp/IR/FxpDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"

def Fxp_ProgramOp : Op<Fxp_Dialect, "program", [Symbol, IsolatedFromAbove,
    SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "everything the runtime walks at load and at run time";
  let description = [{
    The body lists the `fxp.constant`s (entry i of the container is the i-th of
    them), then the packing of each for the target, then the steps. It becomes
    a `deit_program_t` of the runtime's `deit_abi.h`. A module may have the
    programs of several targets, all with the same constants. `peak` is a kernel
    that does `peak_macs` multiply-accumulates an item as fast as the core can,
    for comparison.

    Constraints:
    - C1: the body holds only `fxp.constant`, `fxp.pack_rows`, `fxp.pack_gemm`
      and `fxp.step`.
    - C2: sizes are positive, and the logits of every image of the batch,
      `logits_stride` bytes apart, lie inside the arena.

    Example:

    ```mlir
    fxp.program @deit_program attributes {target = "rpi5", features = 256 : i64,
        batch = 1 : i64, image_height = 224 : i64, image_width = 224 : i64, classes = 100 : i64,
        logit_scale = 1.0e-3 : f64, arena_bytes = 4096 : i64,
        packed_bytes = 64 : i64, logits_offset = 0 : i64,
        logits_stride = 512 : i64} {
      fxp.step @kernel {parameters = array<i64: 0, 64>, items = 3 : i64,
          kind = "gemm", macs = 0 : i64}
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$target,
      I64Attr:$features, I64Attr:$batch, I64Attr:$image_height,
      I64Attr:$image_width, I64Attr:$classes, F64Attr:$logit_scale,
      I64Attr:$arena_bytes, I64Attr:$packed_bytes, I64Attr:$logits_offset,
      I64Attr:$logits_stride, OptionalAttr<FlatSymbolRefAttr>:$peak,
      OptionalAttr<I64Attr>:$peak_macs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Fxp_StepOp : Op<Fxp_Dialect, "step", [HasParent<"ProgramOp">]> {
  let summary = "one loop nest over independent work items";
  let description = [{
    Calls `kernel` on parts of 0 to `items`, on as many threads as there are;
    the next step starts when all parts are done. The location is the module
    path of the network's part it computes.

    Constraints:
    - C1: at least one item.

    Example: see `fxp.program`.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, DenseI64ArrayAttr:$parameters,
                   I64Attr:$items, StrAttr:$kind, I64Attr:$macs);
  let assemblyFormat = "$kernel attr-dict";
  let hasVerifier = 1;
}

def Fxp_PackRowsOp : Op<Fxp_Dialect, "pack_rows", [HasParent<"ProgramOp">]> {
  let summary = "copy a constant row by row";
  let description = [{
    Copies the rows of container entry `source` to byte `destination` of the
    packed weights, `stride` bytes apart and zero-filled in between, every byte
    xor-ed with `flip`.

    Example:

    ```mlir
    fxp.pack_rows {source = 3 : i64, destination = 128 : i64,
        stride = 64 : i64, flip = 0 : i64}
    ```
  }];
  let arguments = (ins I64Attr:$source, I64Attr:$destination, I64Attr:$stride,
                   I64Attr:$flip);
  let assemblyFormat = "attr-dict";
}

def Fxp_PackGemmOp : Op<Fxp_Dialect, "pack_gemm", [HasParent<"ProgramOp">]> {
  let summary = "lay out a weight for the microkernel";
  let description = [{
    Lays out the codes [N][K] of entry `source` as
    W[padded_n / block][padded_k / group][block][group], and the sums of entry
    `bias` beside them with `activation_offset` times each row's code sum
    subtracted.

    Example:

    ```mlir
    fxp.pack_gemm {source = 0 : i64, destination = 0 : i64, bias = 1 : i64,
        bias_destination = 4096 : i64, block = 64 : i64, group = 4 : i64,
        width = 1 : i64, padded_n = 64 : i64, padded_k = 64 : i64,
        activation_offset = 0 : i64}
    ```
  }];
  let arguments = (ins I64Attr:$source, I64Attr:$destination, I64Attr:$bias,
      I64Attr:$bias_destination, I64Attr:$block, I64Attr:$group,
      I64Attr:$width, I64Attr:$padded_n, I64Attr:$padded_k,
      I64Attr:$activation_offset);
  let assemblyFormat = "attr-dict";
}

#endif // DEIT_DIALECT_FXP_IR_FXPPROGRAMOPS_TD
