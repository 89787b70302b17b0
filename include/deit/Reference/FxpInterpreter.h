// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs `fxp` functions exactly as their operations are specified.

#ifndef DEIT_REFERENCE_FXPINTERPRETER_H
#define DEIT_REFERENCE_FXPINTERPRETER_H

#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <memory>
#include <vector>

namespace deit {

/// A tensor of integers, whatever their width in the IR.
struct IntegerTensor {
  SmallVector<int64_t> shape;
  std::vector<int32_t> values; ///< row-major
};

/// Sees what an operation computes: the value in the IR, and its integers. The
/// operations in a kernel are shown, not the kernel, which hands the last one's
/// result on. Constants are not shown.
using FxpObserver =
    llvm::function_ref<void(OpResult result, const IntegerTensor &tensor)>;

/// Interprets one function. Constants are read once, by `create`.
class FxpInterpreter {
public:
  /// Fails on operations of other dialects and on missing resources.
  static Expected<std::unique_ptr<FxpInterpreter>>
  create(func::FuncOp function);
  ~FxpInterpreter();

  /// Runs the function; arguments and results in the order of its type.
  Expected<std::vector<IntegerTensor>> run(ArrayRef<IntegerTensor> arguments,
                                           FxpObserver observer = nullptr);

private:
  FxpInterpreter();
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace deit

#endif // DEIT_REFERENCE_FXPINTERPRETER_H
