// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Measures models on images the way a user does: with deit-eval.

#ifndef DEIT_DRIVER_EVALUATION_H
#define DEIT_DRIVER_EVALUATION_H

#include "deit/Driver/Session.h"

namespace deit {

/// A file that is gone when this is, or when the process is interrupted.
class TemporaryFile {
public:
  static Expected<TemporaryFile> create(StringRef suffix);
  TemporaryFile(TemporaryFile &&other) noexcept
      : path(std::exchange(other.path, {})) {}
  TemporaryFile &operator=(TemporaryFile &&) = delete;
  ~TemporaryFile();
  const std::string &name() const { return path; }

private:
  explicit TemporaryFile(std::string path) : path(std::move(path)) {}
  std::string path;
};

/// The first images of a file in CIFAR's format.
struct ImageFile {
  std::string path;
  int64_t limit = 0; ///< 0: all
};

/// What deit-eval finds out.
struct Measurement {
  int64_t images = 0;
  double top1 = 0, top5 = 0; ///< percent
  uint64_t bytes = 0;        ///< stored size
  std::vector<float> logits; ///< images x classes; integer ones as they are

  size_t classes() const { return logits.size() / images; }
  /// The class of image `index`.
  size_t decision(size_t index) const;
};

/// Measures a float model, by LibTorch.
Expected<Measurement> evaluateFloat(const Session &session, ModuleOp module,
                                    const ImageFile &images);

/// Measures the integer program of a quantized model, or of a convolutional one
/// what it means, in LibTorch. The program is compiled, where there is
/// a target for this machine, else interpreted. The results are the same. (Of a
/// DeiT-Tiny, compiling takes 3 s and an image 2 ms; fake-quantized in LibTorch
/// an image takes 100 ms.)
Expected<Measurement> evaluateQuantized(const Session &session, ModuleOp module,
                                        const ImageFile &images);

} // namespace deit

#endif // DEIT_DRIVER_EVALUATION_H
