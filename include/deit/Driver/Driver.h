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
  Bundle,    ///< archive of both, for a device
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
      batch;                   ///< images of a run, unless as the input has it
  std::string calibration;     ///< CIFAR file; needed to quantize
  unsigned samples = 128;      ///< images of it
  std::string recipe = "w8a8"; ///< w8a8, naive, or a recipe file
  /// How w8a8 chooses ranges and balances layer norms, where a recipe file does
  /// not say.
  Observer observer = Observer::MSE;
  std::string balance = "off"; ///< search, off, repq or smooth:A
  /// How small the model is to be: at most one of these, which goes before
  /// what the recipe says.
  std::optional<double> weightBits;   ///< a weight, entropy-coded, on average
  std::optional<uint64_t> sizeBudget; ///< bytes of the container
  std::optional<double> maxDrop;      ///< of top-1, in points, expected
  std::string writeRecipe;            ///< file for what was chosen
  /// CSV of a sweep over rates, with a picture beside it, in the place of an
  /// output; and what it is measured on.
  std::string sweep, data;
  int64_t limit = 0; ///< images of `data`; 0: all
  std::vector<double> sweepBits = {7,    6, 5,    4.5, 4,    3.5,
                                   3.25, 3, 2.75, 2.5, 2.25, 2};
  unsigned threads = 0;      ///< to measure with; 0: one per core
  bool elideWeights = false; ///< IR as text without its weights
  importer::ImportOptions import;
  std::string toolFolder; ///< where the tools are, for the runtime's archives
  /// Is told what was found out, one sentence each.
  std::function<void(StringRef)> note;
  /// Is told what happens, one sentence a stage.
  std::function<void(StringRef)> progress;
  /// Is given every pass manager before it runs: timing, printing.
  std::function<LogicalResult(PassManager &)> configure;
};

/// Runs the driver. The context must know the dialects; diagnostics of passes
/// go to its handler.
Error runDriver(MLIRContext &context, const DriverOptions &options);

/// Reads the input of `options`, a checkpoint or IR, and finds its level.
Expected<OwningOpRef<ModuleOp>>
readModel(MLIRContext &context, const DriverOptions &options, Level &found);

/// The level `module` is on; fails when it holds no model.
Expected<Level> levelOf(ModuleOp module);

} // namespace deit

#endif // DEIT_DRIVER_DRIVER_H
