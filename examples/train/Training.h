// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trains a DeiT and measures it.

#ifndef DEIT_EXAMPLES_TRAIN_TRAINING_H
#define DEIT_EXAMPLES_TRAIN_TRAINING_H

#include "Dataset.h"
#include "Model.h"

namespace deit::examples {

struct TrainingOptions {
  int64_t epochs = 4;
  int64_t batch = 32;
  double learningRate = 1.5e-3; ///< the peak, after warming up
  double weightDecay = 0.05;    ///< of matrices; vectors do not decay
};

/// Trains `model` with AdamW (Loshchilov and Hutter, arXiv:1711.05101): the
/// learning rate rises linearly over the first twentieth of the steps and then
/// falls to zero along a cosine. The patch embedding starts from the pictures.
/// Draws from torch's global generator; prints its progress to standard error
/// and, after every epoch, the accuracy on `test`.
void train(VisionTransformer &model, const Dataset &trainSet,
           const Dataset &testSet, const TrainingOptions &options);

/// The percentage of `dataset` whose largest logit is the label's.
double accuracy(VisionTransformer &model, const Dataset &dataset);

} // namespace deit::examples

#endif // DEIT_EXAMPLES_TRAIN_TRAINING_H
