// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What passes count, for --mlir-pass-statistics.

#include "deit/Support/PassStatistics.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/Support/CommandLine.h"

using namespace deit;

void deit::enablePassStatistics() {
  llvm::EnableStatistics(/*DoPrintOnExit=*/false);
}

void deit::printPassStatistics(llvm::raw_ostream &os) {
  auto &options = llvm::cl::getRegisteredOptions();
  auto found = options.find("mlir-pass-statistics");
  if (found != options.end() && found->second->getNumOccurrences())
    llvm::PrintStatistics(os);
}
