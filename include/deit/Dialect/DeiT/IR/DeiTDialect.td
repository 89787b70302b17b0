// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `deit` dialect and the types its operations take.

#ifndef DEIT_DIALECT_DEIT_IR_DEITDIALECT_TD
#define DEIT_DIALECT_DEIT_IR_DEITDIALECT_TD

include "mlir/Dialect/Quant/IR/QuantBase.td"
include "mlir/IR/OpBase.td"

def DeiT_Dialect : Dialect {
  let name = "deit";
  let cppNamespace = "::deit";
  let summary = "vision networks as graphs of their building blocks";
  let description = [{
    One operation per building block that a person would name. A model is a
    function from a raw RGB image, `tensor<1xHxWx3xui8>`, to logits,
    `tensor<1xCxf32>`. Locations carry the model's own module path, as in
    `loc("blocks.3.mlp.fc1")`; every report, remark and error speaks in those
    names.

    A freshly imported model is float. Quantization changes *types*: a value of
    type `tensor<...x!quant.uniform<...>>` holds integer codes, and the
    operation that defines it computes its float result from the values its
    operands' codes stand for, then rounds it to the result's codes as
    `deit.quantize` does. So an operation means the same on every mixture of
    float and quantized operands.

    Calibration leaves three discardable attributes on the operation that
    defines a value: `deit.range = array<f64: low, high>`, the range the
    quantized value is to cover, `deit.range_method = "mse"`, how it was chosen
    (`minmax`, `percentile`, `mse`, `entropy`, `fisher` or `gelu-output`), and
    `deit.channel_mean`, the mean of every channel over the calibration images.
    A range that is there before calibration stays; of a method, which may also
    be `search`, calibration makes a range.

    Where `deit-split-neurons` has added channels, `deit.parts = array<i32: 417,
    417>` says of which neuron each of the last ones is a part. Comparisons put
    them together again.

    On a function, and on a program that is made of it,
    `deit.resize = "bilinear"` says that its images are to be resized
    bilinearly, as its training did; without it, and with "bicubic",
    bicubically. Either way as the Pillow library resizes; images of the right
    size stay what they are.

    A module may have `deit.class_names = ["apple", ...]`, the names of the
    model's classes in order, one line each; it keeps them on every level.
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let hasOperationAttrVerify = 1;
}

/// A float, or integer codes with their scale in the type.
def DeiT_Element : AnyTypeOf<[F32, quant_QuantizedType]>;

/// A tensor of a fixed shape whose elements can be counted.
class DeiT_BoundedTensor<list<Type> elements>
    : Type<And<[StaticShapeTensorOf<elements>.predicate,
                CPred<"::deit::isBounded($_self)">]>,
           StaticShapeTensorOf<elements>.summary # " (2^36 at most)",
           "::mlir::RankedTensorType">;

class DeiT_TensorOfRank<list<int> ranks, list<Type> elements>
    : Type<And<[DeiT_BoundedTensor<elements>.predicate,
                HasAnyRankOfPred<ranks>]>,
           DeiT_BoundedTensor<elements>.summary # " of rank " #
               !interleave(ranks, " or "), "::mlir::RankedTensorType">;

/// An activation of any rank.
def DeiT_Tensor : DeiT_BoundedTensor<[DeiT_Element]>;
/// Per-channel parameters: [channels].
def DeiT_Vector : DeiT_TensorOfRank<[1], [DeiT_Element]>;
/// Weights of a linear layer: [outputs, inputs].
def DeiT_Matrix : DeiT_TensorOfRank<[2], [DeiT_Element]>;
/// Tokens: [images, tokens, channels].
def DeiT_Tokens : DeiT_TensorOfRank<[3], [DeiT_Element]>;
/// Tokens by head: [images, heads, tokens, head channels].
def DeiT_Heads : DeiT_TensorOfRank<[4], [DeiT_Element]>;
/// Feature maps: [images, height, width, channels].
def DeiT_Features : DeiT_TensorOfRank<[4], [DeiT_Element]>;
/// Pixels: [images, height, width, 3]; raw ones are ui8.
def DeiT_Image : DeiT_TensorOfRank<[4], [F32, UI8]>;
def DeiT_RawImage : DeiT_TensorOfRank<[4], [UI8]>;

#endif // DEIT_DIALECT_DEIT_IR_DEITDIALECT_TD
