// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimization remarks of the project's passes.

#include "deit/Dialect/DeiT/IR/Remarks.h"
#include "deit/Dialect/DeiT/IR/Constants.h"

using namespace deit;

template <typename Emit>
static Remark makeRemark(Emit emit, Location loc, StringRef pass,
                         StringRef what) {
  Remark remark = emit(loc, remark::RemarkOpts::name(what).category(pass));
  remark << remarkArg("Module", modulePath(loc));
  return remark;
}

Remark deit::passedRemark(Location loc, StringRef pass, StringRef what) {
  return makeRemark(remark::passed, loc, pass, what);
}

Remark deit::missedRemark(Location loc, StringRef pass, StringRef what) {
  return makeRemark(remark::missed, loc, pass, what);
}

Remark deit::analysisRemark(Location loc, StringRef pass, StringRef what) {
  return makeRemark(remark::analysis, loc, pass, what);
}
