// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions between the levels of IR.

#ifndef DEIT_CONVERSION_PASSES_TD
#define DEIT_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertDeiTToFxpPass : Pass<"convert-deit-to-fxp", "::mlir::func::FuncOp"> {
  let summary = "Convert a quantized model to integer arithmetic";
  let description = [{
    Turns scales into multipliers and shifts, zero points into biases and GELU
    into a table. Afterwards the function has no floating-point value.

    Requires that `deit-quantize` ran: every value but biases and the layer
    norms' parameters is quantized. Each value that is not is an error that
    names its module path. A `deit.dequantize` of the returned logits is
    dropped: the function returns codes, whose scale is kept as
    `fxp.logit_scale` on the function. Every other value's type is kept as
    `fxp.format` on the operation that computes its codes.

    Locations are kept; constants are called after the module and their part in
    it: "head.weight", "head.bias", "head.multiplier", "act.table".

    Example:

    ```mlir
    %1 = deit.linear %0, %weight bias %bias : (...)
      -> tensor<1x4x2x!quant.uniform<u8:f32, 0.5:128>>
    ```

    becomes

    ```mlir
    %1 = fxp.linear %0, %weight, %bias : (...) -> tensor<1x4x2xi32>
    %2 = fxp.requantize %1, %multiplier {high = 255 : i64, low = 0 : i64,
        pre_shift = 0 : i64, shift = 5 : i64, zero_point = 128 : i64,
        fxp.format = !quant.uniform<u8:f32, 0.5:128>}
      : (tensor<1x4x2xi32>, tensor<2xi32>) -> tensor<1x4x2xui8>
    ```
  }];
  let dependentDialects = ["::deit::fxp::FxpDialect"];
}

def ConvertFxpToLoopsPass
    : Pass<"convert-fxp-to-loops", "::mlir::ModuleOp"> {
  let summary = "Generate the kernels of a target and the program that runs them";
  let description = [{
    Every `fxp.kernel` of @forward becomes a step of one `fxp.program`: a call
    of a generated function over independent work items. Kernels of the same
    shape share one function; what differs between them (offsets, shifts, zero
    points) are parameters of the step. Activations live in one arena whose
    layout is planned here; constants are packed for the target when the model
    is loaded, by the packing ops of the program.

    `target` may stand for several CPUs (`x86-64`, `rpi`): then each gets its own
    kernels and its own `fxp.program`, with the CPU's name behind theirs, and the
    runtime chooses when the model is loaded. All have the same constants.

    Requires that `fxp-fuse-kernels` ran. The result is plain scf, vector,
    memref and arith; only the dot product, high halves of products on AArch64
    and table lookups are the target's own instructions.

    Example:

    ```mlir
    %2 = fxp.kernel "layer_norm" -> tensor<1x5x8xui8> { ... }
    ```

    becomes

    ```mlir
    func.func @layer_norm_5x8(%arena: memref<...>, %packed: memref<...>, ...)
    fxp.program @deit_program attributes {...} {
      fxp.step @layer_norm_5x8 {parameters = array<i64: ...>, items = 5 : i64,
          kind = "layer_norm", macs = 0 : i64}
    }
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"x86-64-avx512vnni\"",
           "CPU, or family of CPUs, to generate code for; deit-compile "
           "--help lists them">
  ];
  let dependentDialects = [
    "::deit::fxp::FxpDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

def ConvertFxpProgramToLLVMPass
    : Pass<"convert-fxp-program-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Lay out the program as the runtime's constant tables";
  let description = [{
    Every `fxp.program` becomes a `deit_program_t` of the runtime's deit_abi.h,
    with its tables of steps and packings, and `deit_programs` lists them all.
    The container they point to is an external symbol, `deit_container`, of the
    size the programs' constants give: all have the same. The size is known once
    the constants are coded, which whoever also writes the container does once
    and passes `container-bytes`.

    Requires that the kernels are `llvm.func` already.

    Example:

    ```mlir
    fxp.program @deit_program attributes {...} { fxp.step @k {...} }
    ```

    becomes

    ```mlir
    llvm.mlir.global internal constant @deit_program() : !llvm.struct<...>
    llvm.mlir.global external constant @deit_programs() : !llvm.array<2 x ptr>
    ```
  }];
  let options = [
    Option<"name", "name", "std::string", "\"model\"",
           "what the compiled model calls itself">,
    Option<"containerBytes", "container-bytes", "int64_t", "0",
           "bytes of the container of the programs' constants, if it has been "
           "made already; 0 makes it to find out">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // DEIT_CONVERSION_PASSES_TD
