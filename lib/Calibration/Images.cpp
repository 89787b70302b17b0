// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads calibration images at the size a model takes.

#include "deit/Calibration/Calibration.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "deit_cifar.h"
#include "deit_resize.h"

using namespace deit;

namespace {

struct FreeResizer {
  void operator()(deit_resizer *resizer) const { deit_resizer_free(resizer); }
};

/// A CIFAR file that closes itself.
struct CifarFile {
  ~CifarFile() { deit_cifar_close(&reader); }
  std::string path; ///< the reader names it in errors
  deit_cifar reader = {};
  deit_error error = {};
};

} // namespace

static Error failOn(const deit_error &error) { return makeError(error.text); }

/// Reads the images of `batch`, which has room for them, from an open file.
static Error readImages(CifarFile &file, deit_resizer *resizer,
                        ImageBatch &batch) {
  uint8_t small[DEIT_CIFAR_IMAGE_BYTES];
  size_t bytes = batch.pixels.size() / batch.count;
  for (auto [i, label] : llvm::enumerate(batch.labels)) {
    if (!deit_cifar_read(&file.reader, small, &label, &file.error))
      return failOn(file.error);
    deit_resize(resizer, small, batch.pixels.data() + i * bytes);
  }
  return Error::success();
}

/// Opens `path` for `function`, whose image and logits it checks.
static Error openImages(func::FuncOp function, StringRef path,
                        CifarFile &file) {
  if (function.getNumArguments() != 1 || function.getNumResults() != 1)
    return makeError("'" + function.getName() +
                     "' is not a function from image to logits");
  auto image = dyn_cast<RankedTensorType>(function.getArgumentTypes()[0]);
  auto logits = dyn_cast<RankedTensorType>(function.getResultTypes()[0]);
  if (!image || image.getRank() != 4 || !logits || logits.getRank() != 2)
    return makeError("'" + function.getName() +
                     "' is not a function from image to logits");
  file.path = path.str();
  if (!deit_cifar_open(&file.reader, file.path.c_str(), /*format=*/0,
                       logits.getDimSize(1), &file.error))
    return failOn(file.error);
  return Error::success();
}

Expected<int64_t> deit::countCalibrationImages(func::FuncOp function,
                                               StringRef path) {
  CifarFile file;
  if (Error error = openImages(function, path, file))
    return std::move(error);
  return file.reader.count;
}

Expected<ImageBatch> deit::loadCalibrationImages(func::FuncOp function,
                                                 StringRef path,
                                                 int64_t samples) {
  if (path.empty() || samples < 1)
    return makeError(
        "expected a CIFAR file and at least one image; set data=FILE and "
        "samples=N");
  CifarFile file;
  if (Error error = openImages(function, path, file))
    return std::move(error);
  if (file.reader.count < samples)
    return makeError(path + " holds " + Twine(file.reader.count) +
                     " images, fewer than " + "the " + Twine(samples) +
                     " asked for; lower samples");
  auto image = cast<RankedTensorType>(function.getArgumentTypes()[0]);
  int64_t height = image.getDimSize(1), width = image.getDimSize(2);
  deit_filter filter = isResizedBilinearly(function) ? DEIT_FILTER_BILINEAR
                                                     : DEIT_FILTER_BICUBIC;
  std::unique_ptr<deit_resizer, FreeResizer> resizer(deit_resizer_create(
      filter, DEIT_CIFAR_SIDE, DEIT_CIFAR_SIDE, width, height));
  if (!resizer)
    return makeError("no memory to resize images");
  ImageBatch batch;
  batch.count = samples;
  batch.pixels.resize(samples * height * width * 3);
  batch.labels.resize(samples);
  if (Error error = readImages(file, resizer.get(), batch))
    return error;
  return batch;
}
