// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-split-neurons: several small neurons in the place of a large one.

#include "ImagePasses.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

namespace deit {
#define GEN_PASS_DEF_SPLITNEURONSPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-split-neurons"
ALWAYS_ENABLED_STATISTIC(numSplit, "Neurons split");

namespace {

/// A GELU between two layers, and the largest value of each neuron.
struct Site {
  GeluOp gelu;
  WeightMatrix *before, *after;
  std::vector<float> largest;
};

struct SplitNeuronsPass : deit::impl::SplitNeuronsPassBase<SplitNeuronsPass> {
  using SplitNeuronsPassBase::SplitNeuronsPassBase;

  void runOnOperation() override {
    if (failed(forEachModel(
            getOperation(), getArgument(),
            [&](func::FuncOp function) { return split(function); })))
      signalPassFailure();
  }

private:
  Error split(func::FuncOp function);
  Error splitSite(Site &site);
};

} // namespace

//===----------------------------------------------------------------------===//
// Limits
//===----------------------------------------------------------------------===//

/// What calibration has not seen may be larger by this.
static constexpr double kRoom = 1.1;

/// How many neurons take the place of one that reaches `largest`.
static double partsOf(double largest, double limit) {
  return std::max(1.0, std::ceil(kRoom * largest / limit));
}

static double addedBy(ArrayRef<float> largest, double limit) {
  double added = 0;
  for (float value : largest)
    added += partsOf(value, limit) - 1;
  return added;
}

/// The limit with the best of bargains: a bit that all codes win is worth half
/// of the `most` neurons that may be added. 0 if none is worth it.
static double chooseLimit(ArrayRef<float> largest, double most) {
  double highest = *llvm::max_element(largest);
  double best = 0, limit = 0;
  std::vector<float> sorted = largest.vec();
  llvm::sort(sorted, std::greater<>());
  // With the largest neurons split, the next one is to stay whole.
  for (float value : sorted) {
    double candidate = kRoom * value, added = addedBy(largest, candidate);
    if (value <= 0 || added > most)
      break;
    double gain = std::log2(highest / candidate) - 2 * added / most;
    if (gain > best) {
      best = gain;
      limit = candidate;
    }
  }
  return limit;
}

//===----------------------------------------------------------------------===//
// Splitting
//===----------------------------------------------------------------------===//

namespace {

/// A neuron of the split layer: the neuron it is a part of, and how many parts
/// come before it.
struct Part {
  size_t neuron;
  size_t index;
};

} // namespace

/// The neurons that are there, then the parts that are added.
static std::vector<Part> partsAt(ArrayRef<float> largest, double limit) {
  std::vector<Part> parts;
  parts.reserve(largest.size());
  for (size_t neuron = 0; neuron < largest.size(); ++neuron)
    parts.push_back({neuron, 0});
  for (size_t neuron = 0; neuron < largest.size(); ++neuron)
    for (size_t i = 1; i < partsOf(largest[neuron], limit); ++i)
      parts.push_back({neuron, i});
  return parts;
}

/// Makes `operand`, a constant, one of `values` of `shape`.
static void replaceConstant(OpOperand &operand, ArrayRef<int64_t> shape,
                            ArrayRef<float> values) {
  auto constant = operand.get().getDefiningOp<ConstantOp>();
  OpBuilder builder(operand.getOwner());
  operand.set(createFloatConstant(builder, constant.getLoc(), shape, values));
  if (constant->use_empty())
    constant->erase();
}

/// Rows of the layer before, with lower biases for later parts.
static LogicalResult splitRows(const Site &site, ArrayRef<Part> parts,
                               double limit) {
  auto linear = cast<LinearOp>(site.before->op);
  FailureOr<std::vector<float>> bias = readFloatConstant(linear.getBias());
  if (failed(bias))
    return failure();
  std::vector<float> weights, biases;
  for (Part part : parts) {
    llvm::append_range(weights, site.before->row(part.neuron));
    biases.push_back(static_cast<float>(
        (*bias)[part.neuron] - static_cast<double>(part.index) * limit));
  }
  auto rows = static_cast<int64_t>(parts.size());
  replaceConstant(linear.getWeightMutable(),
                  {rows, static_cast<int64_t>(site.before->columns())},
                  weights);
  replaceConstant(linear.getBiasMutable()[0], {rows}, biases);
  return success();
}

/// Columns of the layer after, equal for all parts of a neuron.
static void repeatColumns(const Site &site, ArrayRef<Part> parts) {
  std::vector<float> weights;
  for (size_t row = 0; row < site.after->rows; ++row)
    for (Part part : parts)
      weights.push_back(site.after->row(row)[part.neuron]);
  replaceConstant(cast<LinearOp>(site.after->op).getWeightMutable(),
                  {static_cast<int64_t>(site.after->rows),
                   static_cast<int64_t>(parts.size())},
                  weights);
}

/// Gives a result `width` channels.
static void setWidth(Value value, size_t width) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = static_cast<int64_t>(width);
  value.setType(type.clone(shape));
}

Error SplitNeuronsPass::splitSite(Site &site) {
  auto pinned = site.gelu->getAttrOfType<FloatAttr>(kSplitAttr);
  auto count = static_cast<double>(site.largest.size());
  double limit = pinned ? pinned.getValueAsDouble()
                        : chooseLimit(site.largest, extra * count);
  Builder builder(&getContext());
  site.gelu->setAttr(kSplitAttr, builder.getF64FloatAttr(limit));
  float highest = *llvm::max_element(site.largest);
  double added = limit > 0 ? addedBy(site.largest, limit) : 0;
  // A limit that someone has given may ask for any number of parts.
  if (added > count)
    return makeError(
        llvm::formatv(
            "'{0}' has values up to {1:f2}; to keep all below the "
            "limit {2:f2}, {3:f0} neurons would have to be added to {4}; "
            "choose a higher limit, so that they at most double",
            modulePath(site.gelu), highest, limit, added, site.largest.size())
            .str());
  if (limit > 0) {
    std::vector<Part> parts = partsAt(site.largest, limit);
    if (failed(splitRows(site, parts, limit)))
      return makeError("the bias of '" + modulePath(site.before->op) +
                       "' is no readable constant");
    repeatColumns(site, parts);
    site.gelu.setLimitAttr(builder.getF64FloatAttr(limit));
    SmallVector<int32_t> neurons;
    for (Part part : ArrayRef(parts).drop_front(site.largest.size()))
      neurons.push_back(static_cast<int32_t>(part.neuron));
    for (Operation *op : {site.before->op, site.gelu.getOperation()})
      op->setAttr(kPartsAttr, builder.getDenseI32ArrayAttr(neurons));
    setWidth(site.before->op->getResult(0), parts.size());
    setWidth(site.gelu.getResult(), parts.size());
    numSplit += llvm::count_if(
        site.largest, [&](float value) { return partsOf(value, limit) > 1; });
  }
  analysisRemark(site.gelu->getLoc(), getArgument(), "Split")
      << (pinned ? "as given" : "by the neurons' largest values")
      << remarkArg("Largest", llvm::formatv("{0:f2}", highest).str())
      << remarkArg("Limit", llvm::formatv("{0:f2}", limit).str())
      << remarkArg("Added", static_cast<int64_t>(added));
  return Error::success();
}

/// The layers around every GELU that nothing else is between.
static std::vector<Site> sitesOf(func::FuncOp function,
                                 MutableArrayRef<WeightMatrix> weights) {
  std::vector<Site> sites;
  auto find = [&](Operation *op) -> WeightMatrix * {
    auto *found = llvm::find_if(weights, [&](const WeightMatrix &weight) {
      return weight.op == op && isa<LinearOp>(op);
    });
    return found == weights.end() ? nullptr : found;
  };
  for (auto gelu : function.getOps<GeluOp>()) {
    Value operand = gelu.getInput(), result = gelu.getResult();
    if (!operand.hasOneUse() || !result.hasOneUse() || gelu.getLimit())
      continue;
    auto before = operand.getDefiningOp<LinearOp>();
    Site site = {gelu, find(before), find(*result.getUsers().begin()), {}};
    if (site.before && site.after && before.getBias())
      sites.push_back(std::move(site));
  }
  return sites;
}

Error SplitNeuronsPass::split(func::FuncOp function) {
  if (!(extra >= 0 && extra <= 1))
    return makeError("expected 'extra' from 0 to 1, a part of the neurons");
  Expected<WeightExperiment> set = setUpExperiment(function, data, samples);
  if (!set)
    return set.takeError();
  auto &[images, weights, reference] = *set;
  std::vector<Site> sites = sitesOf(function, weights);
  Error failure =
      visitValues(*reference, function, images,
                  [&](Value value, ArrayRef<float> values, int64_t channels) {
                    auto site = llvm::find_if(sites, [&](Site &site) {
                      return site.gelu.getResult() == value;
                    });
                    if (site == sites.end())
                      return;
                    site->largest.resize(channels);
                    for (size_t i = 0; i < values.size(); ++i)
                      site->largest[i % channels] =
                          std::max(site->largest[i % channels], values[i]);
                  });
  if (failure)
    return failure;
  for (Site &site : sites)
    if (Error error = splitSite(site))
      return error;
  return Error::success();
}
