// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes the container: all constants of an integer model in one blob.

#ifndef DEIT_CODEGEN_CONTAINER_H
#define DEIT_CODEGEN_CONTAINER_H

#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include <string>

namespace deit {

/// The container of `constants`, entry i being the i-th of them; the layout is
/// the runtime's deit_container.h. Fails on missing resources.
Expected<std::string> makeContainer(ArrayRef<fxp::ConstantOp> constants);

/// Its length in bytes, which only making it tells.
Expected<uint64_t> containerBytes(ArrayRef<fxp::ConstantOp> constants);

/// The constants below `root` that users refer to, in order of first use: what
/// a compiled model of it carries.
SmallVector<fxp::ConstantOp> collectConstants(Operation *root);

} // namespace deit

#endif // DEIT_CODEGEN_CONTAINER_H
