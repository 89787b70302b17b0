// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prints a comparison as a table and as JSON.

#include "deit/Reference/Comparison.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace deit;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printRow(llvm::raw_ostream &os, const ValueComparison &value,
                     size_t width) {
  os << llvm::left_justify(value.path, width);
  if (std::isinf(value.signalToNoise) && value.signalToNoise > 0)
    os << "     exact";
  else
    os << llvm::format("%10.1f", value.signalToNoise);
  double drop = std::fabs(value.drop) < 0.05 ? 0 : value.drop; // no "-0.0"
  os << llvm::format("%8.1f%15.4g%15.4g%10.5f\n", drop, value.largestError,
                     value.largestValue, value.cosine);
}

/// The classes in falling order of their reference logit, five at most.
static SmallVector<size_t> likelyClasses(ArrayRef<float> logits) {
  auto all = llvm::to_vector(llvm::seq<size_t>(0, logits.size()));
  llvm::sort(all, [&](size_t a, size_t b) {
    return std::make_pair(-logits[a], a) < std::make_pair(-logits[b], b);
  });
  all.resize(std::min<size_t>(all.size(), 5));
  return all;
}

static size_t best(ArrayRef<float> logits) {
  return llvm::max_element(logits) - logits.begin();
}

static void printLogits(llvm::raw_ostream &os, const Comparison &comparison) {
  os << "\nlogit of class   reference       model\n";
  for (size_t label : likelyClasses(comparison.referenceLogits))
    os << llvm::format("%14zu%12.4f%12.4f\n", label,
                       comparison.referenceLogits[label],
                       comparison.logits[label]);
  size_t expected = best(comparison.referenceLogits);
  size_t found = best(comparison.logits);
  if (expected == found)
    os << "both find class " << found << '\n';
  else
    os << "the reference finds class " << expected << ", the model " << found
       << '\n';
}

void deit::printComparison(llvm::raw_ostream &os,
                           const Comparison &comparison) {
  size_t width = StringRef("module").size();
  for (const ValueComparison &value : comparison.values)
    width = std::max(width, value.path.size());
  os << llvm::left_justify("module", width)
     << "    SNR dB    drop  largest error  largest value    cosine\n";
  for (const ValueComparison &value : comparison.values)
    printRow(os, value, width);
  for (const std::string &value : comparison.unmatched)
    os << "not compared: " << value << '\n';
  if (const ValueComparison *worst = comparison.worst())
    os << "\nlargest drop: " << worst->path
       << llvm::format(", %.1f dB\n", worst->drop);
  printLogits(os, comparison);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// JSON has no infinity.
static llvm::json::Value number(double value) {
  return std::isfinite(value) ? llvm::json::Value(value)
                              : llvm::json::Value(nullptr);
}

static void writeValue(llvm::json::OStream &json,
                       const ValueComparison &value) {
  json.object([&] {
    json.attribute("module", value.path);
    json.attribute("shape", llvm::json::Array(value.shape));
    json.attribute("snr_db", number(value.signalToNoise));
    json.attribute("drop_db", number(value.drop));
    json.attribute("largest_error", number(value.largestError));
    json.attribute("largest_value", number(value.largestValue));
    json.attribute("cosine", number(value.cosine));
  });
}

static llvm::json::Array asArray(ArrayRef<float> logits) {
  llvm::json::Array array;
  for (float logit : logits)
    array.push_back(number(logit));
  return array;
}

static void writeLogits(llvm::json::OStream &json,
                        const Comparison &comparison) {
  json.attributeObject("logits", [&] {
    json.attribute("reference_class",
                   static_cast<int64_t>(best(comparison.referenceLogits)));
    json.attribute("model_class",
                   static_cast<int64_t>(best(comparison.logits)));
    json.attribute("reference", asArray(comparison.referenceLogits));
    json.attribute("model", asArray(comparison.logits));
  });
}

void deit::printComparisonJSON(llvm::raw_ostream &os, StringRef model,
                               StringRef reference, int64_t image,
                               const Comparison &comparison) {
  llvm::json::OStream json(os, 2);
  json.object([&] {
    json.attribute("model", llvm::json::fixUTF8(model));
    json.attribute("reference", llvm::json::fixUTF8(reference));
    json.attribute("image", image);
    json.attributeArray("modules", [&] {
      for (const ValueComparison &value : comparison.values)
        writeValue(json, value);
    });
    if (const ValueComparison *worst = comparison.worst())
      json.attribute("worst", worst->path);
    json.attribute("unmatched", llvm::json::Array(comparison.unmatched));
    writeLogits(json, comparison);
  });
  os << '\n';
}
