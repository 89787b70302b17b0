// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Descriptions of the CPUs that code is generated for.

#ifndef DEIT_CODEGEN_TARGET_H
#define DEIT_CODEGEN_TARGET_H

#include "deit/Support/LLVM.h"

namespace deit {

/// How products of 8-bit codes are added into 32-bit lanes.
enum class DotStep {
  Vpdpbusd, ///< u8 x s8, four a lane (AVX512-VNNI, AVX-VNNI)
  Vpmaddwd, ///< s16 x s16, two a lane (AVX2); exact for any 8-bit codes
  Sdot,     ///< s8 x s8, four a lane (AArch64 dot product)
  Smlal,    ///< s8 x s8, two a lane, of two groups at once: their sum takes 16
            ///< bits, which holds as no right code is -128 (any AArch64)
};

/// How 256-entry tables are looked up.
enum class TableStep {
  Vpermi2b, ///< 64 codes at a time (AVX512-VBMI)
  Pshufb,   ///< sixteen shuffles of 16 entries (AVX2)
  Tbl,      ///< four lookups of 64 entries (AArch64)
};

/// A CPU as the microkernel emitter sees it.
struct Target {
  StringRef name;
  StringRef family; ///< the targets that one library can hold together
  StringRef triple;
  StringRef cpu;      ///< LLVM's name
  StringRef features; ///< LLVM's, beyond the CPU's own
  int64_t required;   ///< DEIT_FEATURE_* of the runtime's deit_abi.h
  DotStep dot;
  TableStep table;
  int64_t lanes;       ///< 32-bit lanes of a vector
  int64_t tileRows;    ///< rows of the register block
  int64_t tileVectors; ///< vectors of the register block
  int64_t unroll;      ///< groups along K an iteration
  StringRef summary;   ///< for --help

  bool isX86() const { return triple.starts_with("x86_64"); }
  /// Bytes an 8-bit activation or weight takes.
  int64_t width() const { return dot == DotStep::Vpmaddwd ? 2 : 1; }
  /// Codes along K that one lane takes.
  int64_t group() const {
    return dot == DotStep::Vpmaddwd || dot == DotStep::Smlal ? 2 : 4;
  }
  /// Groups that one dot step takes.
  int64_t groupsADot() const { return dot == DotStep::Smlal ? 2 : 1; }
  /// Groups of a left operand that are loaded together: x86 broadcasts one from
  /// memory, AArch64 names one of a register of 16 bytes.
  int64_t groupsALoad() const { return isX86() ? 1 : 16 / group(); }
  /// K is padded to a multiple of this.
  int64_t depth() const { return group() * unroll; }
  /// What is added to a u8 code to get its stored form as a left operand.
  int64_t unsignedOffset() const { return isX86() ? 0 : -128; }
  /// What is added to an s8 code to get its stored form as a left operand.
  int64_t signedOffset() const { return dot == DotStep::Vpdpbusd ? 128 : 0; }
};

/// All targets, for help texts. Those of one family stand together, the
/// fastest first.
ArrayRef<Target> allTargets();

/// A list of targets whose kernels one library holds; what runs is the first
/// that the CPU has the features for.
using TargetList = SmallVector<const Target *, 4>;

/// The targets that `name` stands for: one; all of a family; or, for "native",
/// the best that this CPU runs. Fails with the names there are.
Expected<TargetList> lookupTargets(StringRef name);

/// A line for each name that `lookupTargets` takes: the name, padded, and what
/// it is for.
std::string describeTargets();

} // namespace deit

#endif // DEIT_CODEGEN_TARGET_H
