// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pipelines from a float model to LLVM. Tools call the same functions that
// deit-opt registers.

#ifndef DEIT_PIPELINES_PIPELINES_H
#define DEIT_PIPELINES_PIPELINES_H

#include "deit/Calibration/Calibration.h"
#include "deit/Support/LLVM.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace deit {

/// How a model is quantized.
enum class Recipe {
  W8A8, ///< per-channel weights, searched ranges, 16-bit residual stream
  Naive ///< per-tensor minimum and maximum for everything, 8 bits everywhere
};

/// The command-line values of a recipe option.
llvm::cl::ValuesClass recipeValues();

/// The command-line values of an option for ranges.
llvm::cl::ValuesClass observerValues();

/// Options of `deit-quantization`.
struct QuantizationOptions : PassPipelineOptions<QuantizationOptions> {
  Option<std::string> data{*this, "data",
                           llvm::cl::desc("CIFAR file to calibrate with")};
  Option<unsigned> samples{*this, "samples",
                           llvm::cl::desc("images of it to use"),
                           llvm::cl::init(128)};
  Option<double> bits{*this, "bits",
                      llvm::cl::desc("bits a weight, entropy-coded; 8 leaves "
                                     "every weight its 8 bits"),
                      llvm::cl::init(8)};
  Option<Observer> observer{*this, "observer",
                            llvm::cl::desc("how ranges are chosen"),
                            llvm::cl::init(Observer::MSE), observerValues()};
  Option<std::string> balance{
      *this, "balance",
      llvm::cl::desc("how channels of layer norms are brought to one scale, "
                     "where a recipe file does not say: search, off, repq, or "
                     "smooth:A"),
      llvm::cl::init("off")};
  Option<double> split{
      *this, "split",
      llvm::cl::desc("neurons to add at most, as a part of those there are, "
                     "where few are far larger than the others; 0: none"),
      llvm::cl::init(0.0625)};
  Option<unsigned> epochs{*this, "epochs",
                          llvm::cl::desc("times the images are seen to adjust "
                                         "biases and layer norms to weights "
                                         "below 8 bits"),
                          llvm::cl::init(6)};
  Option<Recipe> recipe{*this, "recipe", llvm::cl::desc("how to quantize"),
                        llvm::cl::init(Recipe::W8A8), recipeValues()};
};

/// Options of `fxp-to-llvm`.
struct CodegenOptions : PassPipelineOptions<CodegenOptions> {
  Option<std::string> target{*this, "target",
                             llvm::cl::desc("CPU to generate code for"),
                             llvm::cl::init("x86-64-avx512vnni")};
  Option<std::string> name{*this, "name",
                           llvm::cl::desc("what the model calls itself"),
                           llvm::cl::init("model")};
  Option<int64_t> containerBytes{
      *this, "container-bytes",
      llvm::cl::desc("size of the container, if it has been made already"),
      llvm::cl::init(0)};
};

/// `deit-prepare`: folds everything into weights that costs nothing there.
void populatePreparePipeline(OpPassManager &pm);

/// `deit-quantization`: prepares, calibrates, quantizes, corrects biases.
void populateQuantizationPipeline(OpPassManager &pm,
                                  const QuantizationOptions &options);

// The parts of `deit-quantization` after preparing, for whoever needs the model
// in between. Their results stay on the operations.

/// Splits neurons that are far larger than the others; nothing for the naive
/// recipe. Comes after populatePreparePipeline.
void populateSplitPipeline(OpPassManager &pm,
                           const QuantizationOptions &options);

/// Brings channels of layer norms to scales that codes serve better; nothing
/// for the naive recipe. Comes after populatePreparePipeline.
void populateBalancePipeline(OpPassManager &pm,
                             const QuantizationOptions &options);

/// What errors of weights cost: the same at every number of bits.
void populateSensitivityPipeline(OpPassManager &pm,
                                 const QuantizationOptions &options);

/// Everything that is chosen: steps and rounded weights, if they are `coarse`,
/// of fewer than 8 bits, and ranges.
void populateChoosingPipeline(OpPassManager &pm,
                              const QuantizationOptions &options, bool coarse);

/// Codes by what was chosen, corrected biases.
void populateEncodingPipeline(OpPassManager &pm,
                              const QuantizationOptions &options);

/// `deit-to-fxp`: quantized model to fused integer kernels.
void populateFxpPipeline(OpPassManager &pm);

/// `fxp-to-loops`: fused integer kernels to vector code and the program that
/// runs it.
void populateLoopsPipeline(OpPassManager &pm, const CodegenOptions &options);

/// Lowers what populateLoopsPipeline made to the LLVM dialect.
void populateLoopsToLLVMPipeline(OpPassManager &pm,
                                 const CodegenOptions &options);

/// `fxp-to-llvm`: fused integer kernels to the LLVM dialect.
void populateLLVMPipeline(OpPassManager &pm, const CodegenOptions &options);

/// Registers every pass and pipeline of the project, and the upstream passes
/// that the pipelines use.
void registerPassesAndPipelines();

/// Registers every dialect the levels of IR use, with its translation to LLVM.
void registerDialects(DialectRegistry &registry);

} // namespace deit

#endif // DEIT_PIPELINES_PIPELINES_H
