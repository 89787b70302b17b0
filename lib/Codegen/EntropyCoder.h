// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Entropy-codes one entry of a container; deit_container.h has the format.

#ifndef DEIT_LIB_CODEGEN_ENTROPYCODER_H
#define DEIT_LIB_CODEGEN_ENTROPYCODER_H

#include "deit/Support/LLVM.h"
#include <string>

namespace deit {

/// The stored form of `rows` x `columns` elements of `size` bytes (1, 2 or 4),
/// which lie in `raw` row after row: coded, or `raw` itself where that is not
/// longer.
std::string encodeEntry(ArrayRef<uint8_t> raw, size_t size, size_t rows,
                        size_t columns);

} // namespace deit

#endif // DEIT_LIB_CODEGEN_ENTROPYCODER_H
