// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --emit=bundle: everything for a device in one archive.

#ifndef DEIT_LIB_DRIVER_BUNDLE_H
#define DEIT_LIB_DRIVER_BUNDLE_H

#include "deit/Codegen/Target.h"

namespace deit {

/// What a bundle's texts say of the model.
struct BundleFacts {
  std::string name;    ///< the model's
  std::string target;  ///< as it was asked for, "rpi"
  std::string targets; ///< all there are kernels for, "rpi5, rpi4"
  int64_t height = 0, width = 0, classes = 0;
  uint64_t containerBytes = 0;
};

/// The text of deit_model.h.
StringRef modelHeader();

/// The bytes of a .tar.gz with a folder deit-TARGET: evaluator, libraries of
/// both kinds, header, an example, a script that measures. `object` is what
/// --emit=obj writes; the runtime of the architecture is found by `toolFolder`.
Expected<std::string> makeBundle(StringRef object, const Target &target,
                                 const BundleFacts &facts,
                                 StringRef toolFolder);

} // namespace deit

#endif // DEIT_LIB_DRIVER_BUNDLE_H
