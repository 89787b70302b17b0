// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler driver: from a checkpoint or any level of IR to any level.

#ifndef DEIT_DRIVER_DRIVER_H
#define DEIT_DRIVER_DRIVER_H

#include "deit/Pipelines/Pipelines.h"
#include "importer/ImportOptions.h"

namespace deit {

/// What the driver writes, in the order of lowering.
enum class Emit {
  DeiT,      ///< float model
  Quant,     ///< quantized model
  Fxp,       ///< fused integer network
  Loops,     ///< vector code and program
  LLVM,      ///< optimized LLVM IR
  Assembly,  ///< the target's assembly
  Object,    ///< object file with its container
  Shared,    ///< shared library
  Evaluator, ///< static program
  Container, ///< the weights alone
  Header     ///< the C header of the library
};

/// A level of IR a module is on.
enum class Level { Float, Quantized, Integer, Program };

struct DriverOptions {
  std::string input;  ///< checkpoint or MLIR of any level
  std::string output; ///< "-" for standard output, of text
  Emit emit = Emit::Shared;
  std::string target; ///< a target's or a family's name
  std::optional<unsigned>
      batch;               ///< images of a run, unless as the input has it
  std::string calibration; ///< CIFAR file; needed to quantize
  unsigned samples = 128;  ///< images of it
  Recipe recipe = Recipe::W8A8;
  double weightBits = 8;     ///< a weight, entropy-coded, on average
  bool elideWeights = false; ///< IR as text without its weights
  importer::ImportOptions import;
  std::string toolFolder; ///< where the tools are, for the runtime's archives
  /// Is told what happens, one sentence a stage.
  std::function<void(StringRef)> progress;
  /// Is given every pass manager before it runs: timing, printing.
  std::function<LogicalResult(PassManager &)> configure;
};

/// Runs the driver. The context must know the dialects; diagnostics of passes
/// go to its handler.
Error runDriver(MLIRContext &context, const DriverOptions &options);

/// The level `module` is on; fails when it holds no model.
Expected<Level> levelOf(ModuleOp module);

} // namespace deit

#endif // DEIT_DRIVER_DRIVER_H
