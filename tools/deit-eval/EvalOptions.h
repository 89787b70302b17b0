// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line of deit-eval, beyond what the runtime's evaluation reads.
// No LLVM here: deit-eval itself does without.

#ifndef DEIT_TOOLS_DEIT_EVAL_EVALOPTIONS_H
#define DEIT_TOOLS_DEIT_EVAL_EVALOPTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace deit {

/// What went wrong, as a sentence; nothing if all is well.
using Failure = std::optional<std::string>;

/// What the command line says of the model.
struct ModelOptions {
  std::string path;
  std::string container; ///< weights for a compiled model; empty: its own
  std::string target;    ///< whose kernels to run; empty: the best there are
  unsigned threads = 0;  ///< 0: one per core
  unsigned batch = 0;    ///< images MLIR is run on at once; 0: as many as pay
};

/// Everything but the runtime's options.
struct EvalOptions {
  ModelOptions model;
  std::string reference;        ///< to compare with; empty: measure
  std::optional<int64_t> image; ///< to compare on
};

/// The text of --help.
std::string evalHelp();

/// Reads `arguments`, what the runtime's options have left over of a command
/// line, and of the options that both share `image`, a picture or a number.
Failure parseEvalOptions(const std::vector<std::string> &arguments,
                         const char *image, EvalOptions &options);

} // namespace deit

#endif // DEIT_TOOLS_DEIT_EVAL_EVALOPTIONS_H
