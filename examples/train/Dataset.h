// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads pictures in CIFAR-100's format and prepares them as the models expect.

#ifndef DEIT_EXAMPLES_TRAIN_DATASET_H
#define DEIT_EXAMPLES_TRAIN_DATASET_H

#include "deit_resize.h"

#include <torch/torch.h>

#include <memory>
#include <string>

namespace deit::examples {

/// A file of labelled 32 x 32 pictures of 100 classes.
class Dataset {
public:
  /// Reads the whole file, to give pictures of `edge` x `edge` pixels. Throws
  /// std::runtime_error if it cannot be read or is no CIFAR-100 file.
  Dataset(const std::string &path, int64_t edge);

  int64_t size() const { return classes.size(0); }

  /// Fine labels of the pictures `indices` (int64 [B]): int64 [B].
  torch::Tensor labels(const torch::Tensor &indices) const;

  /// The pictures `indices` (int64 [B]), resized as PIL's bicubic filter does
  /// and normalized by ImageNet's mean and deviation: float32
  /// [B, 3, edge, edge].
  torch::Tensor images(const torch::Tensor &indices) const;

private:
  int64_t edge;
  torch::Tensor pixels;  ///< uint8 [N, 32, 32, 3]
  torch::Tensor classes; ///< int64 [N]
  std::unique_ptr<deit_resizer, decltype(&deit_resizer_free)> resizer;
};

} // namespace deit::examples

#endif // DEIT_EXAMPLES_TRAIN_DATASET_H
