// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernels a network is made of. Each is generated once a shape and called
// with the parameters of its step.

#ifndef DEIT_LIB_CONVERSION_FXPTOLOOPS_KERNELS_H
#define DEIT_LIB_CONVERSION_FXPTOLOOPS_KERNELS_H

#include "KernelBuilder.h"

namespace deit {

/// Elements from row to row of every activation buffer: a whole number of
/// vectors on every target, so that nothing reads or writes past a row's end.
inline int64_t rowStride(int64_t columns) { return llvm::alignTo(columns, 64); }

/// What a product's epilogue adds.
enum class Residual {
  None,
  Stream,  ///< rescale what is in the arena, add the product
  Constant ///< rescale the product, add packed rows (position embedding)
};

/// A linear layer with what follows it.
struct GemmKernel {
  int64_t rows, columns, depth;
  unsigned resultBits; ///< 8 (stored as activations), 16 or 32
  bool preShift, lookup;
  Residual residual;

  /// Positions of the step's parameters.
  enum Parameter {
    Input,
    Weight,
    Bias,
    Multiplier,
    Result, // byte offsets
    PreShift,
    Shift,
    ZeroPoint,
    Low,
    High, // requantization
    Table,
    Other, // byte offsets
    RescaleMultiplier,
    RescalePreShift,
    RescaleShift,
    RescaleZero,
    RescaleLow,
    RescaleHigh,
    ParameterCount
  };

  int64_t blockColumns(const Target &target) const {
    return target.lanes * target.tileVectors;
  }
  int64_t paddedColumns(const Target &target) const {
    return llvm::alignTo(columns, blockColumns(target));
  }
  int64_t paddedDepth(const Target &target) const {
    return llvm::alignTo(depth, target.depth());
  }
  int64_t items(const Target &target) const;
  std::string name() const;
  void emit(ModuleOp module, const Target &target,
            const ProgramLayout &layout) const;
};

/// Lays keys and values out as right operands, head by head.
struct PackHeadsKernel {
  int64_t images, tokens, heads, headChannels;

  enum Parameter { Key, Value, Packed, ParameterCount };

  // Layout of one head's part of the packed buffer.
  int64_t keyBlock(const Target &target) const;   ///< tokens of a block
  int64_t valueBlock(const Target &target) const; ///< channels of a block
  int64_t paddedTokens(const Target &target) const;
  int64_t paddedDepth(const Target &target) const;      ///< of scores
  int64_t paddedTokenDepth(const Target &target) const; ///< of the mean
  int64_t paddedChannels(const Target &target) const;
  int64_t keyBytes(const Target &target) const;
  int64_t keyOffsetsAt(const Target &target) const; ///< tokens x i32
  int64_t valuesAt(const Target &target) const;
  int64_t valueOffsetsAt(const Target &target) const; ///< channels x i32
  int64_t headBytes(const Target &target) const;

  std::string name() const;
  void emit(ModuleOp module, const Target &target,
            const ProgramLayout &layout) const;
};

/// Scores, softmax, weighted mean of one head and a block of rows.
struct AttentionKernel {
  int64_t images, tokens, heads, headChannels;
  bool softmaxPreShift;

  enum Parameter {
    Query,
    Packed,
    Result, // byte offsets
    SoftmaxMultiplier,
    SoftmaxPreShift,
    SoftmaxLimit,
    MeanMultiplier, // over the row's sum
    PreShift,
    Shift,
    ZeroPoint,
    Low,
    High,
    ParameterCount
  };

  PackHeadsKernel packing() const {
    return {images, tokens, heads, headChannels};
  }
  int64_t items(const Target &target) const;
  std::string name() const;
  void emit(ModuleOp module, const Target &target,
            const ProgramLayout &layout) const;
};

/// Normalization of rows.
struct LayerNormKernel {
  int64_t rows, channels;

  enum Parameter {
    Input,
    Gamma,
    Beta,
    Result,
    Epsilon,
    PreShift,
    Shift,
    ZeroPoint,
    Low,
    High,
    ParameterCount
  };

  std::string name() const;
  void emit(ModuleOp module, const Target &target,
            const ProgramLayout &layout) const;
};

/// The images, one above the other, cut into rows of a matrix.
struct PatchesKernel {
  int64_t height, width, patchHeight, patchWidth;

  enum Parameter { Result, ParameterCount };

  int64_t columns() const { return patchHeight * patchWidth * 3; }
  std::string name() const;
  void emit(ModuleOp module, const Target &target,
            const ProgramLayout &layout) const;
};

/// Rows from place to place, each a whole row stride of elements: one item a
/// row. The class token goes to the first row of every image, the selected
/// token of every image to a row of its own.
struct CopyRowsKernel {
  int64_t rows, bytes;                ///< `bytes` of a row
  int64_t sourceStride, resultStride; ///< bytes from row to row
  bool fromPacked;                    ///< or from the arena

  enum Parameter { Source, Result, ParameterCount };

  std::string name() const;
  void emit(ModuleOp module, const Target &target,
            const ProgramLayout &layout) const;
};

/// Dot steps on registers and nothing else, as many sums at once as a register
/// block has: what the core can do at most. One item is `macs` of them.
struct PeakKernel {
  enum Parameter { ParameterCount };

  int64_t macs(const Target &target) const;
  std::string name() const { return "peak"; }
  void emit(ModuleOp module, const Target &target,
            const ProgramLayout &layout) const;
};

} // namespace deit

#endif // DEIT_LIB_CONVERSION_FXPTOLOOPS_KERNELS_H
