// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --size-budget: the largest model that fits.

#include "deit/Driver/Quantizer.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace deit;

namespace {

/// Looks for the rate whose container takes `budget` bytes: its size is nearly
/// linear in the bits.
class SizeSearch {
public:
  SizeSearch(const Quantizer &quantizer, uint64_t budget)
      : quantizer(quantizer), budget(static_cast<double>(budget)),
        bytesPerBit(static_cast<double>(quantizer.weightCount()) / 8) {}
  Expected<Found> run();

private:
  Error attempt(double bits);
  double firstGuess() const;
  double nextGuess() const;
  bool isGoodEnough() const;
  Error tooSmall(uint64_t smallest) const;
  Expected<Found> adjusted() const;

  const Quantizer &quantizer;
  double budget, bytesPerBit;
  std::optional<Found> best; ///< the largest that fits
  std::optional<std::pair<double, double>>
      above; ///< least bits too many, bytes
};

} // namespace

Error SizeSearch::attempt(double bits) {
  // Adjusting takes the longest, and hardly changes the size.
  Expected<Found> found = quantizer.at(bits, /*adjust=*/false);
  if (!found)
    return found.takeError();
  Expected<uint64_t> bytes = sizeOf(quantizer.getSession(), *found->module);
  if (!bytes)
    return bytes.takeError();
  quantizer.getSession().tell(
      llvm::formatv("at {0:f3} bits a weight {1}", bits, describeSize(*bytes))
          .str());
  double size = static_cast<double>(*bytes);
  if (size > budget) {
    above = {bits, size};
    return Error::success();
  }
  found->bytes = *bytes;
  if (!best || *bytes >= best->bytes)
    best = std::move(*found);
  return Error::success();
}

double SizeSearch::firstGuess() const {
  // What is no weight takes some room as well.
  return std::clamp(0.95 * budget / bytesPerBit, 1.0, 8.0);
}

double SizeSearch::nextGuess() const {
  constexpr double kAim = 0.998; // of the budget
  if (best && above) {
    double low = best->bits, high = above->first;
    double slope = (above->second - best->bytes) / (high - low);
    double guess = low + (kAim * budget - best->bytes) / slope;
    double margin = 0.1 * (high - low);
    return std::clamp(guess, low + margin, high - margin);
  }
  double bits = best ? best->bits : above->first;
  double bytes = best ? best->bytes : above->second;
  double guess = bits + (kAim * budget - bytes) / bytesPerBit;
  // A step in the right direction, whatever the rounding.
  guess = best ? std::max(guess, bits + 0.02) : std::min(guess, bits - 0.02);
  return std::clamp(guess, 1.0, 8.0);
}

bool SizeSearch::isGoodEnough() const {
  constexpr double kTolerance = 0.995;
  return best && (best->bytes >= kTolerance * budget || best->bits >= 8 ||
                  (above && above->first - best->bits < 0.002));
}

Error SizeSearch::tooSmall(uint64_t smallest) const {
  return makeError("--size-budget " +
                   describeSize(static_cast<uint64_t>(budget)) +
                   " cannot be reached: the smallest this model gets, at 1 bit "
                   "a weight, is " +
                   describeSize(smallest) + "; raise it to that or more");
}

/// What was found, adjusted; at a little less if it has grown over the budget.
Expected<Found> SizeSearch::adjusted() const {
  double bits = best->bits;
  for (;;) {
    Expected<Found> found = quantizer.at(bits);
    if (!found)
      return found.takeError();
    Expected<uint64_t> bytes = sizeOf(quantizer.getSession(), *found->module);
    if (!bytes)
      return bytes.takeError();
    found->bytes = *bytes;
    double excess = static_cast<double>(*bytes) - budget;
    if (excess <= 0)
      return found;
    if (bits <= 1)
      return tooSmall(*bytes);
    bits = std::max(1.0, bits - excess / bytesPerBit - 0.002);
  }
}

Expected<Found> SizeSearch::run() {
  constexpr int kTries = 12;
  double bits = firstGuess();
  for (int i = 0; i < kTries && !isGoodEnough(); ++i) {
    if (Error error = attempt(bits))
      return std::move(error);
    if (!best && above->first <= 1)
      return tooSmall(static_cast<uint64_t>(above->second));
    bits = nextGuess();
  }
  if (!best) // nearly out of reach
    if (Error error = attempt(1))
      return std::move(error);
  if (!best)
    return tooSmall(static_cast<uint64_t>(above->second));
  return adjusted();
}

Expected<Found> deit::fitSize(const Quantizer &quantizer, uint64_t budget) {
  return SizeSearch(quantizer, budget).run();
}
