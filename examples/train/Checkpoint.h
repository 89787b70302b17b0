// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes a state dictionary as torch.save does.

#ifndef DEIT_EXAMPLES_TRAIN_CHECKPOINT_H
#define DEIT_EXAMPLES_TRAIN_CHECKPOINT_H

#include <torch/torch.h>

#include <string>

namespace deit::examples {

/// Writes the parameters of `module` to `path`, as Python's
/// `torch.save(module.state_dict(), path)` would: a zip archive of a pickled
/// OrderedDict and one stored entry for each tensor. All parameters are float32
/// on the CPU. The bytes depend on the parameters alone, and the file appears
/// whole or not at all. Throws std::runtime_error naming the file.
void saveCheckpoint(const torch::nn::Module &module, const std::string &path);

} // namespace deit::examples

#endif // DEIT_EXAMPLES_TRAIN_CHECKPOINT_H
