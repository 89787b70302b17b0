// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `fxp` dialect and the types its operations take.

#ifndef DEIT_DIALECT_FXP_IR_FXPDIALECT_TD
#define DEIT_DIALECT_FXP_IR_FXPDIALECT_TD

include "mlir/IR/OpBase.td"

def Fxp_Dialect : Dialect {
  let name = "fxp";
  let cppNamespace = "::deit::fxp";
  let summary = "the network as fixed-point integer arithmetic";
  let description = [{
    Plain integer tensors, explicit multipliers, shifts and tables, from u8
    pixels to s32 logits without one floating-point operation. This is the
    numerical contract: the reference interpreter is the specification, and
    every target computes the same bytes.

    Element types: `ui8` is unsigned, `i8`, `i16` and `i32` are signed two's
    complement.

    The first dimension of an activation counts images, `[images, ...]`, and
    every operation computes each image by itself, the same whatever else is in
    the batch. Weights, biases, multipliers and tables have no such dimension.
    Two operands of one image count for every image: the branch of `fxp.add` and
    the token of `fxp.prepend_token`. `fxp-set-batch` sets the number of images.

    Requantization, written `rq(a, m, l, e)` below, brings a 32-bit
    accumulator to another scale:

        t = ((a << l) * m) >> 31        64-bit product, arithmetic shift
        rq = (t + (1 << (e - 1))) >> e  arithmetic shift

    with 0 <= m < 2^31, 0 <= l <= 24, 1 <= e <= 30, and `|a << l| < 2^31 -
    2^e`, which the conversion to `fxp` ensures. It multiplies by
    `m * 2^(l - e - 31)`; both floors together cost less than `1/2 + 2^-e` of
    a result code.

    A function that returns logits carries their scale as the discardable
    attribute `fxp.logit_scale = <f64>`; the arg-max does not need it.

    What the codes of an operation's first result stand for may be kept beside
    it as the discardable attribute `fxp.format`, the quantized type that the
    value had in the `deit` dialect: `fxp.format = !quant.uniform<u8:f32,
    0.5:128>`. Nothing computes with it; it is how integers are compared with
    the float model. So is `fxp.parts`, of which channels neurons that were
    split are parts, as `deit.parts` says.
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let hasOperationAttrVerify = 1;
}

/// A tensor of a fixed shape whose elements can be counted.
class Fxp_BoundedTensor<list<Type> elements>
    : Type<And<[StaticShapeTensorOf<elements>.predicate,
                CPred<"::deit::isBounded($_self)">]>,
           StaticShapeTensorOf<elements>.summary # " (2^36 at most)",
           "::mlir::RankedTensorType">;

class Fxp_TensorOf<list<int> ranks, list<Type> elements>
    : Type<And<[Fxp_BoundedTensor<elements>.predicate,
                HasAnyRankOfPred<ranks>]>,
           Fxp_BoundedTensor<elements>.summary # " of rank " #
               !interleave(ranks, " or "), "::mlir::RankedTensorType">;

/// Codes of an activation, a weight or a wider sum, of any rank.
def Fxp_Tensor : Fxp_BoundedTensor<[UI8, I8, I16, I32]>;
/// Operands of products.
def Fxp_Codes : Fxp_BoundedTensor<[UI8, I8]>;
def Fxp_U8 : Fxp_BoundedTensor<[UI8]>;
def Fxp_S16 : Fxp_BoundedTensor<[I16]>;
def Fxp_S32 : Fxp_BoundedTensor<[I32]>;

def Fxp_Image : Fxp_TensorOf<[4], [UI8]>;
def Fxp_Weight : Fxp_TensorOf<[2], [I8]>;
def Fxp_Vector : Fxp_TensorOf<[1], [I32]>;
def Fxp_Table : Fxp_TensorOf<[1], [UI8]>;
def Fxp_Heads : Fxp_TensorOf<[4], [UI8, I8]>;
def Fxp_Tokens : Fxp_TensorOf<[3], [UI8, I8]>;
def Fxp_Stream : Fxp_TensorOf<[2, 3], [I16]>;
def Fxp_Rows : Fxp_TensorOf<[2, 3], [UI8, I8, I16]>;

#endif // DEIT_DIALECT_FXP_IR_FXPDIALECT_TD
