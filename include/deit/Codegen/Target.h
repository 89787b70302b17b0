// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Descriptions of the CPUs that code is generated for.

#ifndef DEIT_CODEGEN_TARGET_H
#define DEIT_CODEGEN_TARGET_H

#include "deit/Support/LLVM.h"

namespace deit {

/// How products of 8-bit codes are added into 32-bit lanes.
enum class DotStep {
  Vpdpbusd, ///< u8 x s8, four a lane (AVX512-VNNI)
  Vpmaddwd, ///< s16 x s16, two a lane (AVX2); exact for any 8-bit codes
  Sdot,     ///< s8 x s8, four a lane (AArch64 dot product)
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
  StringRef triple;
  StringRef cpu;      ///< LLVM's name
  StringRef features; ///< LLVM's, beyond the CPU's own
  int64_t required;   ///< DEIT_FEATURE_* of the runtime's deit_abi.h
  DotStep dot;
  TableStep table;
  int64_t lanes;       ///< 32-bit lanes of a vector
  int64_t tileRows;    ///< rows of the register block
  int64_t tileVectors; ///< vectors of the register block
  int64_t unroll;      ///< dot steps along K an iteration
  int64_t width;       ///< bytes an 8-bit activation or weight takes
  StringRef summary;   ///< for --help

  /// Codes along K that one lane takes.
  int64_t group() const { return dot == DotStep::Vpmaddwd ? 2 : 4; }
  /// K is padded to a multiple of this.
  int64_t depth() const { return group() * unroll; }
  /// What is added to a u8 code to get its stored form as a left operand.
  int64_t unsignedOffset() const { return dot == DotStep::Sdot ? -128 : 0; }
  /// What is added to an s8 code to get its stored form as a left operand.
  int64_t signedOffset() const { return dot == DotStep::Vpdpbusd ? 128 : 0; }
  bool isX86() const { return dot != DotStep::Sdot; }
};

/// All targets, for help texts.
ArrayRef<Target> allTargets();

/// The target called `name`; "native" is the best that this CPU runs. Fails
/// with the names there are.
Expected<const Target *> lookupTarget(StringRef name);

} // namespace deit

#endif // DEIT_CODEGEN_TARGET_H
