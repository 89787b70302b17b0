// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-balance-channels: brings the channels of layer norms to scales that one
// range for all serves better.

#include "ImagePasses.h"
#include "deit/Calibration/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Parallel.h"
#include <cmath>

namespace deit {
#define GEN_PASS_DEF_BALANCECHANNELSPASS
#include "deit/Calibration/Passes.h.inc"
} // namespace deit

using namespace deit;

#define DEBUG_TYPE "deit-balance-channels"
ALWAYS_ENABLED_STATISTIC(numBalanced, "Layer norms balanced");

namespace {

/// A layer norm, the layers that read it, and some of its values.
struct Site {
  LayerNormOp norm;
  SmallVector<WeightMatrix *> readers;
  std::vector<float> values; ///< rows x channels
  std::vector<float> ranges; ///< of each channel, the largest magnitude

  size_t channels() const { return ranges.size(); }
  size_t rows() const { return values.size() / channels(); }
};

/// What channels are divided by, and what that is called.
struct Choice {
  std::string name;
  std::vector<float> factors;
  double error = 0; ///< of the layers' outputs, relative to their size
};

struct BalanceChannelsPass
    : deit::impl::BalanceChannelsPassBase<BalanceChannelsPass> {
  using BalanceChannelsPassBase::BalanceChannelsPassBase;

  void runOnOperation() override {
    if (failed(forEachModel(
            getOperation(), getArgument(),
            [&](func::FuncOp function) { return balance(function); })))
      signalPassFailure();
  }

private:
  Error balance(func::FuncOp function);
  Error balanceSite(Site &site);
};

} // namespace

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

/// Keeps `factors` within 2^6 of one another, their geometric mean 1.
static std::vector<float> normalized(std::vector<double> factors) {
  constexpr double kFarthest = 8;
  double logarithms = 0;
  for (double factor : factors)
    logarithms += std::log(factor);
  double mean = std::exp(logarithms / static_cast<double>(factors.size()));
  std::vector<float> result;
  result.reserve(factors.size());
  for (double factor : factors)
    result.push_back(static_cast<float>(
        std::clamp(factor / mean, 1 / kFarthest, kFarthest)));
  return result;
}

/// The largest magnitude of a column in any reader's weight.
static std::vector<double> weightRanges(const Site &site) {
  std::vector<double> ranges(site.channels(), 1e-12);
  for (const WeightMatrix *reader : site.readers)
    for (auto [i, value] : llvm::enumerate(reader->values))
      ranges[i % ranges.size()] =
          std::max<double>(ranges[i % ranges.size()], std::abs(value));
  return ranges;
}

/// The factors that `method` means: "off", "repq", or "smooth:A".
static std::vector<float> factorsOf(const Site &site, StringRef method) {
  std::vector<double> factors(site.channels(), 1);
  double strength = 1;
  bool isSmooth = method.consume_front("smooth:");
  if (isSmooth)
    method.getAsDouble(strength);
  if (!isSmooth && method == "off")
    return std::vector<float>(site.channels(), 1);
  std::vector<double> weights = weightRanges(site);
  for (size_t c = 0; c < factors.size(); ++c) {
    double range = std::max<double>(site.ranges[c], 1e-12);
    factors[c] = isSmooth ? std::pow(range, strength) /
                                std::pow(weights[c], 1 - strength)
                          : range;
  }
  return normalized(std::move(factors));
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// `values` divided by the channels' factors, and what 8-bit codes in the best
/// range make of that.
static std::vector<float> roundedInput(const Site &site,
                                       ArrayRef<float> factors) {
  std::vector<float> divided(site.values.size());
  for (size_t i = 0; i < divided.size(); ++i)
    divided[i] = site.values[i] / factors[i % factors.size()];
  Range range = mseRange(Histogram::fromValues(divided), 8, false);
  AffineCodes codes = affineCodes(range, 255);
  for (float &value : divided) {
    double code = std::nearbyint(value / codes.scale) +
                  static_cast<double>(codes.zeroPoint);
    value = static_cast<float>(
        (std::clamp(code, 0.0, 255.0) - static_cast<double>(codes.zeroPoint)) *
        codes.scale);
  }
  return divided;
}

/// Row `row` of a weight times the factors, in 8-bit codes of its own scale.
static std::vector<float> roundedRow(const WeightMatrix &weight, size_t row,
                                     ArrayRef<float> factors) {
  std::vector<float> result;
  double largest = 0;
  for (auto [value, factor] : llvm::zip_equal(weight.row(row), factors)) {
    result.push_back(value * factor);
    largest = std::max<double>(largest, std::abs(result.back()));
  }
  double scale = std::max(largest / 127, 1e-30);
  for (float &value : result)
    value = static_cast<float>(std::nearbyint(value / scale) * scale);
  return result;
}

static float dot(const float *x, const float *y, size_t count) {
  float sums[8] = {};
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (size_t lane = 0; lane < 8; ++lane)
      sums[lane] += x[i + lane] * y[i + lane];
  for (; i < count; ++i)
    sums[0] += x[i] * y[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
         ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/// The squared error of the readers' outputs, relative to their size.
static double errorOf(const Site &site, ArrayRef<float> factors) {
  std::vector<float> input = roundedInput(site, factors);
  size_t n = site.channels();
  double error = 0, size = 0;
  for (const WeightMatrix *reader : site.readers) {
    std::vector<double> errors(reader->rows), sizes(reader->rows);
    llvm::parallelFor(0, reader->rows, [&](size_t row) {
      std::vector<float> weight = roundedRow(*reader, row, factors);
      for (size_t i = 0; i < site.rows(); ++i) {
        double exact =
            dot(site.values.data() + i * n, reader->row(row).data(), n);
        double lost = exact - dot(input.data() + i * n, weight.data(), n);
        errors[row] += lost * lost;
        sizes[row] += exact * exact;
      }
    });
    for (size_t row = 0; row < reader->rows; ++row) {
      error += errors[row];
      size += sizes[row];
    }
  }
  return size > 0 ? error / size : 0;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Puts `values` changed by `change(value, channel)` in the place of a constant
/// that nothing else reads.
template <typename Change>
static LogicalResult changeConstant(OpOperand &operand, Change change) {
  FailureOr<std::vector<float>> values = readFloatConstant(operand.get());
  if (failed(values))
    return failure();
  for (auto [channel, value] : llvm::enumerate(*values))
    value = change(value, channel);
  OpBuilder builder(operand.getOwner());
  auto constant = operand.get().getDefiningOp<ConstantOp>();
  auto count = static_cast<int64_t>(values->size());
  operand.set(
      createFloatConstant(builder, constant.getLoc(), {count}, *values));
  if (constant->use_empty())
    constant->erase();
  return success();
}

/// Divides the norm's channels by `factors`, multiplies the readers' columns.
static LogicalResult rescale(Site &site, ArrayRef<float> factors) {
  auto divide = [&](float value, size_t channel) {
    return value / factors[channel];
  };
  if (failed(changeConstant(site.norm.getGammaMutable(), divide)) ||
      failed(changeConstant(site.norm.getBetaMutable(), divide)))
    return failure();
  for (WeightMatrix *reader : site.readers) {
    for (size_t i = 0; i < reader->values.size(); ++i)
      reader->values[i] *= factors[i % factors.size()];
    replaceValues(*reader, reader->values);
  }
  return success();
}

static std::string percent(double part) {
  return llvm::formatv("{0:f3} %", 100 * part).str();
}

Error BalanceChannelsPass::balanceSite(Site &site) {
  auto pinned = site.norm->getAttrOfType<StringAttr>(kBalanceAttr);
  StringRef wanted = pinned ? pinned.getValue() : StringRef(method);
  SmallVector<StringRef> names = {wanted};
  if (wanted == "search")
    names = {"off", "smooth:0.25", "smooth:0.5", "smooth:0.75", "repq"};
  std::optional<Choice> best;
  std::string tried;
  for (StringRef name : names) {
    Choice choice = {name.str(), factorsOf(site, name)};
    choice.error = errorOf(site, choice.factors);
    tried +=
        (tried.empty() ? "" : ", ") + choice.name + " " + percent(choice.error);
    // What is not clearly better is left alone.
    constexpr double kClearly = 0.97;
    if (!best || choice.error < kClearly * best->error)
      best = std::move(choice);
  }
  if (best->name != "off" && failed(rescale(site, best->factors)))
    return makeError("'" + modulePath(site.norm) +
                     "' has a gamma or beta that is no readable constant");
  site.norm->setAttr(kBalanceAttr, StringAttr::get(&getContext(), best->name));
  numBalanced += best->name != "off";
  analysisRemark(site.norm->getLoc(), getArgument(), "Balance")
      << (pinned ? "as given" : "by the error of the layers that read it")
      << remarkArg("Method", best->name) << remarkArg("Errors", tried);
  return Error::success();
}

/// The layers that read `norm` if nothing else does.
static SmallVector<WeightMatrix *>
readersOf(LayerNormOp norm, MutableArrayRef<WeightMatrix> weights) {
  SmallVector<WeightMatrix *> readers;
  for (Operation *user : norm.getResult().getUsers()) {
    auto *found = llvm::find_if(weights, [&](const WeightMatrix &weight) {
      return weight.op == user && isa<LinearOp>(user);
    });
    if (found == weights.end())
      return {};
    readers.push_back(found);
  }
  return readers;
}

/// Keeps evenly spaced rows of `values`.
static void record(Site &site, ArrayRef<float> values, size_t channels) {
  constexpr size_t kMostRows = 512;
  size_t rows = values.size() / channels;
  size_t kept = std::min(rows, kMostRows);
  for (size_t i = 0; i < kept; ++i) {
    auto row = values.slice(i * rows / kept * channels, channels);
    site.values.insert(site.values.end(), row.begin(), row.end());
  }
  site.ranges.assign(channels, 0);
  for (size_t i = 0; i < values.size(); ++i)
    site.ranges[i % channels] =
        std::max(site.ranges[i % channels], std::abs(values[i]));
}

Error BalanceChannelsPass::balance(func::FuncOp function) {
  if (method != "search" && !isBalance(method))
    return makeError("expected method search, " + kBalanceForms + "; found '" +
                     method + "'");
  Expected<WeightExperiment> set = setUpExperiment(function, data, samples);
  if (!set)
    return set.takeError();
  auto &[images, weights, reference] = *set;
  std::vector<Site> sites;
  for (auto norm : function.getOps<LayerNormOp>())
    if (auto readers = readersOf(norm, weights); !readers.empty())
      sites.push_back({norm, std::move(readers), {}, {}});
  Error failure =
      visitValues(*reference, function, images,
                  [&](Value value, ArrayRef<float> values, int64_t channels) {
                    for (Site &site : sites)
                      if (site.norm.getResult() == value)
                        record(site, values, channels);
                  });
  if (failure)
    return failure;
  for (Site &site : sites)
    if (Error error = balanceSite(site))
      return error;
  return Error::success();
}
