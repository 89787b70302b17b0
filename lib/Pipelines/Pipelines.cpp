// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pipelines from a float model to LLVM.

#include "deit/Pipelines/Pipelines.h"
#include "deit/Calibration/Passes.h"
#include "deit/Conversion/Passes.h"
#include "deit/Dialect/DeiT/Transforms/Passes.h"
#include "deit/Dialect/Fxp/Transforms/Passes.h"
#include "deit/Recipe/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace deit;

llvm::cl::ValuesClass deit::recipeValues() {
  return llvm::cl::values(
      clEnumValN(Recipe::W8A8, "w8a8",
                 "8-bit weights by channel, 8-bit activations with searched "
                 "ranges, 16-bit residual stream, corrected biases"),
      clEnumValN(Recipe::Naive, "naive",
                 "8 bits by tensor, minimum to maximum, for everything: the "
                 "baseline"));
}

llvm::cl::ValuesClass deit::observerValues() {
  return llvm::cl::values(
      clEnumValN(Observer::MinMax, "minmax", "everything that occurs"),
      clEnumValN(Observer::Percentile, "percentile",
                 "all but the outermost values"),
      clEnumValN(Observer::MSE, "mse", "least squared error"),
      clEnumValN(Observer::Entropy, "entropy", "least loss of information"),
      clEnumValN(Observer::Fisher, "fisher",
                 "least squared error, values weighted by their gradients"),
      clEnumValN(Observer::Search, "search",
                 "for each value what changes the logits least"));
}

void deit::populatePreparePipeline(OpPassManager &pm) {
  OpPassManager &function = pm.nest<func::FuncOp>();
  function.addPass(createFoldNormalizePass());
  function.addPass(createFoldBatchNormPass());
  function.addPass(createFoldClassPositionPass());
  function.addPass(createFoldLayerScalePass());
  function.addPass(createSplitQkvPass());
  function.addPass(createFoldAttentionScalePass());
  function.addPass(createSinkTokenSelectPass());
  function.addPass(mlir::createCanonicalizerPass());
}

void deit::populateSplitPipeline(OpPassManager &pm,
                                 const QuantizationOptions &options) {
  if (options.recipe == Recipe::Naive)
    return;
  SplitNeuronsPassOptions split;
  split.data = options.data;
  split.samples = options.samples;
  split.extra = options.split;
  pm.addPass(createSplitNeuronsPass(split));
}

void deit::populateBalancePipeline(OpPassManager &pm,
                                   const QuantizationOptions &options) {
  if (options.recipe == Recipe::Naive)
    return;
  BalanceChannelsPassOptions balance;
  balance.data = options.data;
  balance.samples = options.samples;
  balance.method = options.balance;
  pm.addPass(createBalanceChannelsPass(balance));
}

void deit::populateSensitivityPipeline(OpPassManager &pm,
                                       const QuantizationOptions &options) {
  MeasureSensitivityPassOptions sensitivity;
  sensitivity.data = options.data;
  sensitivity.samples = options.samples;
  pm.addPass(createMeasureSensitivityPass(sensitivity));
}

void deit::populateChoosingPipeline(OpPassManager &pm,
                                    const QuantizationOptions &options,
                                    bool coarse) {
  bool naive = options.recipe == Recipe::Naive;
  ChooseStepsPassOptions steps;
  steps.bits = options.bits;
  RoundWeightsPassOptions round;
  round.data = options.data;
  round.samples = options.samples;
  round.epochs = options.epochs;
  if (coarse) {
    pm.addPass(createChooseStepsPass(steps));
    pm.addPass(createRoundWeightsPass(round));
  }

  CalibratePassOptions calibrate;
  calibrate.data = options.data;
  calibrate.samples = options.samples;
  calibrate.observer = naive ? Observer::MinMax : options.observer;
  calibrate.geluRange = naive ? GeluRange::Observer : GeluRange::Output;
  pm.addPass(createCalibratePass(calibrate));
}

void deit::populateEncodingPipeline(OpPassManager &pm,
                                    const QuantizationOptions &options) {
  bool naive = options.recipe == Recipe::Naive;
  QuantizePassOptions quantize;
  quantize.weights = naive ? WeightScales::PerTensor : WeightScales::PerChannel;
  quantize.residualBits = naive ? 8 : 16;
  pm.nest<func::FuncOp>().addPass(createQuantizePass(quantize));

  if (naive)
    return;
  CorrectBiasPassOptions correct;
  correct.data = options.data;
  correct.samples = options.samples;
  pm.addPass(createCorrectBiasPass(correct));
}

void deit::populateQuantizationPipeline(OpPassManager &pm,
                                        const QuantizationOptions &options) {
  bool coarse = options.recipe != Recipe::Naive && options.bits < 8;
  populatePreparePipeline(pm);
  populateSplitPipeline(pm, options);
  populateBalancePipeline(pm, options);
  if (coarse)
    populateSensitivityPipeline(pm, options);
  populateChoosingPipeline(pm, options, coarse);
  populateEncodingPipeline(pm, options);
}

void deit::populateFxpPipeline(OpPassManager &pm) {
  OpPassManager &function = pm.nest<func::FuncOp>();
  function.addPass(createConvertDeiTToFxpPass());
  function.addPass(createFuseKernelsPass());
}

void deit::populateLoopsPipeline(OpPassManager &pm,
                                 const CodegenOptions &options) {
  ConvertFxpToLoopsPassOptions loops;
  loops.target = options.target;
  pm.addPass(createConvertFxpToLoopsPass(loops));
  OpPassManager &function = pm.nest<func::FuncOp>();
  function.addPass(mlir::createCanonicalizerPass());
  function.addPass(mlir::createCSEPass());
  function.addPass(mlir::createLoopInvariantCodeMotionPass());
}

void deit::populateLoopsToLLVMPipeline(OpPassManager &pm,
                                       const CodegenOptions &options) {
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(functions));
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(mlir::createCSEPass());
  ConvertFxpProgramToLLVMPassOptions program;
  program.name = options.name;
  program.containerBytes = options.containerBytes;
  pm.addPass(createConvertFxpProgramToLLVMPass(program));
}

void deit::populateLLVMPipeline(OpPassManager &pm,
                                const CodegenOptions &options) {
  populateLoopsPipeline(pm, options);
  populateLoopsToLLVMPipeline(pm, options);
}

void deit::registerPassesAndPipelines() {
  registerDeiTCalibrationPasses();
  registerDeiTConversionPasses();
  registerDeiTRecipePasses();
  registerDeiTTransformsPasses();
  registerFxpTransformsPasses();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerLoopInvariantCodeMotionPass();
  mlir::registerSymbolDCEPass();
  mlir::registerPrintIRPass();
  mlir::registerConversionPasses();

  PassPipelineRegistration<>("deit-prepare",
                             "Fold everything into weights that costs nothing "
                             "there",
                             populatePreparePipeline);
  PassPipelineRegistration<QuantizationOptions>(
      "deit-quantization", "Prepare, calibrate, quantize, correct biases",
      populateQuantizationPipeline);
  PassPipelineRegistration<>("deit-to-fxp",
                             "Quantized model to fused integer kernels",
                             populateFxpPipeline);
  PassPipelineRegistration<CodegenOptions>(
      "fxp-to-loops", "Fused integer kernels to vector code",
      populateLoopsPipeline);
  PassPipelineRegistration<CodegenOptions>(
      "fxp-to-llvm", "Fused integer kernels to the LLVM dialect",
      populateLLVMPipeline);
}
