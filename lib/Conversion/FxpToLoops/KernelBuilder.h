// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits the vector code that all kernels are made of.

#ifndef DEIT_LIB_CONVERSION_FXPTOLOOPS_KERNELBUILDER_H
#define DEIT_LIB_CONVERSION_FXPTOLOOPS_KERNELBUILDER_H

#include "deit/Codegen/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <functional>

namespace deit {

/// What the kernels of one program share.
struct ProgramLayout {
  int64_t arena, packed, image; ///< sizes in bytes of the buffers they get
  std::string suffix;           ///< of their names
};

/// Splats of one requantization, loaded once a kernel.
struct Requantizer {
  Value preShift;  ///< null when it is known to be 0
  Value shift;     ///< as KernelBuilder::shiftRounded has it
  Value rounding;  ///< null where the shift rounds by itself
  Value zeroPoint; ///< null when there is none to add
  Value low, high;
};

/// Where the lanes of two vectors are in a vector of words.
enum class WordOrder {
  Split,  ///< as splitWords has them
  Packed, ///< as packWords has them
};

/// What bounds the results of a requantization.
enum class Bounds {
  Lanes,     ///< low and high in 32-bit lanes
  Words,     ///< low and high in words
  CodeWords, ///< zero point, low and high in words
};

/// Reads the left operand of a product: `count` stored codes of tile row `row`
/// from element `k` of the contracted dimension.
using LoadLeft = llvm::function_ref<Value(int64_t row, Value k, int64_t count)>;
/// Reads vector `vector` of the packed right operand at group `group`.
using LoadRight = llvm::function_ref<Value(Value group, int64_t vector)>;

/// Rows are cut into so many parts, each whole register blocks, so that few
/// column blocks or heads still keep several threads busy.
inline int64_t rowChunks(int64_t rows, const Target &target) {
  return std::clamp<int64_t>(rows / target.tileRows, 1, 4);
}

/// What the name of a kernel for several images at once begins with.
inline std::string batchName(int64_t images) {
  return images == 1 ? "" : std::to_string(images) + "x";
}

/// A builder inside one kernel,
///   func @name(arena, packed, image, parameters, begin, end).
/// Row strides and padding guarantee that whole vectors may be accessed.
class KernelBuilder : public ImplicitLocOpBuilder {
public:
  /// Starts the kernel `name`, with the layout's suffix, at the end of
  /// `module`. `parameters` is the number of 64-bit step parameters it takes.
  KernelBuilder(ModuleOp module, StringRef name, const Target &target,
                const ProgramLayout &layout, int64_t parameters);
  /// Ends the kernel.
  void finish();

  const Target &target;

  // Arguments.
  Value arena() { return function.getArgument(0); }
  Value packed() { return function.getArgument(1); }
  Value image() { return function.getArgument(2); }
  Value begin() { return function.getArgument(4); }
  Value end() { return function.getArgument(5); }
  Value parameter(int64_t position);      ///< as i64
  Value parameterIndex(int64_t position); ///< as index
  Value parameterSplat(int64_t position); ///< as splat of 32-bit lanes
  Value parameterWords(int64_t position); ///< as splat of words
  /// `rows` x `columns` elements at byte `offset` of a buffer.
  Value view(Value buffer, Value offset, ArrayRef<int64_t> shape, Type element);

  // Types.
  int64_t lanes() const { return target.lanes; }
  VectorType lanesType(); ///< 32-bit lanes
  VectorType vectorOf(int64_t count, Type element);
  Type activationType(); ///< of a stored 8-bit code

  // Scalars and splats.
  Value index(int64_t value);
  Value constant64(int64_t value);
  Value splat(int64_t value);    ///< 32-bit lanes
  Value broadcast(Value scalar); ///< i32 or i64 to 32-bit lanes
  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, Value rhs);
  Value shiftLeft(Value lhs, Value rhs);
  Value shiftRight(Value lhs, Value rhs); ///< arithmetic
  Value clamp(Value value, Value low, Value high);

  // Loops.
  void forEach(Value low, Value high, Value step,
               llvm::function_ref<void(Value)> body);
  void forRange(int64_t low, int64_t high, int64_t step,
                llvm::function_ref<void(Value)> body);
  SmallVector<Value>
  reduce(Value low, Value high, Value step, ValueRange start,
         llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body);
  void ifEqual(Value lhs, Value rhs, llvm::function_ref<void()> body);
  /// The register blocks of one work item. Items number first some outer
  /// dimension (column blocks, heads), then `rowChunks` parts of `rows`; `body`
  /// gets a block's rows, its first row, and the outer position.
  void forEachTile(
      Value item, int64_t rows,
      llvm::function_ref<void(int64_t rows, Value firstRow, Value outer)> body);

  /// A head and its image's first row out of a position that counts `heads` of
  /// all images, of `rows` rows each.
  std::pair<Value, Value> splitPart(Value part, int64_t images, int64_t heads,
                                    int64_t rows);

  // Memory.
  Value load(Value memref, ValueRange indices, VectorType type);
  void store(Value value, Value memref, ValueRange indices);
  /// Stores the first `valid` lanes only.
  void storePartial(Value value, Value memref, ValueRange indices,
                    int64_t valid);
  /// Loads one vector's worth of stored codes as 32-bit lanes.
  Value loadSigned(Value memref, ValueRange indices);
  /// Temporary memory of this call, 64-byte aligned.
  Value temporary(ArrayRef<int64_t> shape, Type element);

  // Arithmetic.
  /// (x * m) >> 31, as fxp's requantization has it.
  Value multiplyHigh(Value x, Value m);
  /// The same, of x and m that are not negative.
  Value multiplyHighUnsigned(Value x, Value m);
  /// The same with pre-shift, then shifted and rounded: `rq` of the numerics.
  Value rescale(Value x, Value m, const Requantizer &constants);
  /// (x + 2^(shift-1)) >> shift
  Value shiftRounded(Value x, const Requantizer &constants);
  /// Parameters `first` on: pre-shift, shift, zero point, low, high.
  Requantizer loadRequantizer(int64_t first, bool preShift, Bounds bounds);
  /// Adds the zero point to vectors of lanes, clamps, and puts them behind one
  /// another: as words, or as bytes.
  Value narrow(ArrayRef<Value> vectors, const Requantizer &constants,
               bool bytes);
  /// The same, as activations are stored.
  Value storedCodes(ArrayRef<Value> vectors, const Requantizer &constants) {
    return narrow(vectors, constants, target.width() == 1);
  }
  /// Looks u8 codes up in the table at byte `offset` of the packed weights.
  Value lookup(Value codes, Value offset);
  Value concatenate(ArrayRef<Value> vectors);

  // Words: vectors of 16 bits, two vectors of lanes making one.
  VectorType wordsType();
  Value wordSplat(int64_t value);
  /// The lane, counted on through both vectors, that a word comes from.
  int64_t wordLane(int64_t word, WordOrder order);
  /// The low and the high halves of all lanes.
  std::pair<Value, Value> splitWords(Value first, Value second);
  /// All lanes, clamped to 16 bits.
  Value packWords(Value first, Value second);
  /// Words in the order of lanes.
  Value sortWords(Value words, WordOrder order);
  /// The low bytes of one or two vectors of words, in the order of lanes.
  Value sortBytes(ArrayRef<Value> words, WordOrder order);
  /// (x * m) >> 16, for 0 <= x < 2^16 and 0 <= m < 2^15.
  Value multiplyWords(Value x, Value m);
  /// (x * even) >> 16, for an even factor and |x| < 2^15.
  Value multiplyWordsSigned(Value x, int64_t even);
  /// (x + 2^times) >> (times + 1), for x < 2^15 and times <= 16.
  Value halveWords(Value x, Value times);
  /// Adds words, none above 2^15 - 1, to any of the lanes of `sum`.
  Value addWords(Value sum, Value words);

  /// Adds the products of `groupsADot` groups to the lanes of `sum`.
  Value dot(Value sum, ArrayRef<Value> lefts, ArrayRef<Value> rights);

  /// The same vector, of which the optimizer knows nothing.
  Value opaque(Value vector);

  /// The register block: rows x vectors sums over `depth` codes (a multiple of
  /// the target's depth), row after row. `start` is what each vector of a row
  /// begins with.
  SmallVector<Value> tile(int64_t rows, ArrayRef<Value> start, int64_t depth,
                          LoadLeft left, LoadRight right);

private:
  func::FuncOp function;

  Value broadcastGroup(Value groups, int64_t position);
  Value intrinsic(StringRef name, Type result, ValueRange arguments);
  Value multiplyHighX86(Value x, Value m);
  Value alternateLanes(Value even, Value odd);
  Value lookupVpermi2b(Value codes, Value offset);
  Value lookupPshufb(Value codes, Value offset);
  Value lookupTbl(Value codes, Value offset);
};

} // namespace deit

#endif // DEIT_LIB_CONVERSION_FXPTOLOOPS_KERNELBUILDER_H
