// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pulls the names of LLVM and MLIR that every file uses into namespace deit.

#ifndef DEIT_SUPPORT_LLVM_H
#define DEIT_SUPPORT_LLVM_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace deit {
using namespace mlir; // NOLINT: the dialects read like MLIR's own
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::MutableArrayRef;
using llvm::SmallVector;
using llvm::StringRef;
using llvm::Twine;
} // namespace deit

#endif // DEIT_SUPPORT_LLVM_H
