// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads off a quantized model what was chosen for each module.

#include "Report.h"
#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Quant/CodeLength.h"
#include "deit/Support/FileIO.h"

using namespace deit;

static std::string attribute(Operation *op, StringRef name) {
  auto text = op->getAttrOfType<StringAttr>(name);
  return text ? text.str() : "";
}

/// Adds what the codes of the weights of `module` take.
static Error addWeights(const AnalyzedModule &module, ChosenFormat &format) {
  if (!module.weights)
    return Error::success();
  auto constant = module.weights->get().getDefiningOp<ConstantOp>();
  auto type = dyn_cast<quant::QuantizedType>(
      constant.getResult().getType().getElementType());
  if (!type)
    return Error::success();
  format.weightBits = type.getStorageTypeIntegralWidth();
  // Constants of the residual stream have 16 bits, of another code.
  if (type.getStorageTypeIntegralWidth() != 8)
    return Error::success();
  Expected<std::vector<int8_t>> codes =
      readElements<int8_t>(constant.getValue());
  if (!codes)
    return prefixError(module.path + ": ", codes.takeError());
  double bits = codeBits(*codes, constant.getResult().getType().getDimSize(0));
  format.entropy = bits / static_cast<double>(codes->size());
  format.bytes = bits / 8;
  return Error::success();
}

Expected<std::vector<std::optional<ChosenFormat>>>
deit::chosenFormats(const QuantizedModel &model) {
  std::vector<std::optional<ChosenFormat>> result;
  for (auto [calibrated, quantized] :
       llvm::zip_equal(analyzedModules(forwardOf(*model.calibrated)),
                       analyzedModules(forwardOf(*model.module)))) {
    ChosenFormat format;
    format.rangeMethod = attribute(calibrated.op, kRangeMethodAttr);
    format.balance = attribute(calibrated.op, kBalanceAttr);
    if (auto range =
            calibrated.op->getAttrOfType<DenseF64ArrayAttr>(kRangeAttr))
      format.range = {range[0], range[1]};
    if (Error error = addWeights(quantized, format))
      return std::move(error);
    auto type = dyn_cast<quant::QuantizedType>(
        getElementTypeOrSelf(quantized.result().getType()));
    // Branches that are added have the stream's codes, too.
    if (type && quantized.kind == "residual")
      format.residualBits = type.getStorageTypeIntegralWidth();
    result.push_back(std::move(format));
  }
  return result;
}
