// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-eval --compare: two levels of one model, module by module.

#include "Compare.h"
#include "ModuleFile.h"
#include "deit/Pipelines/Pipelines.h"
#include "deit/Reference/Comparison.h"
#include "deit/Support/FileIO.h"
#include "deit_cifar.h"
#include "deit_resize.h"
#include "llvm/Support/raw_ostream.h"

using namespace deit;

//===----------------------------------------------------------------------===//
// The image
//===----------------------------------------------------------------------===//

namespace {

/// A CIFAR file that closes itself.
struct CifarFile {
  ~CifarFile() { deit_cifar_close(&reader); }
  deit_cifar reader = {};
  deit_error error = {};
};

struct FreeResizer {
  void operator()(deit_resizer *resizer) const { deit_resizer_free(resizer); }
};

} // namespace

/// Reads record `index` of the file: its 32 x 32 pixels.
static Expected<std::vector<uint8_t>>
readRecord(const deit_evaluate_options &evaluation, int64_t index,
           int64_t classes) {
  CifarFile file;
  if (!deit_cifar_open(&file.reader, evaluation.data, evaluation.format,
                       classes, &file.error))
    return makeError(file.error.text);
  if (index >= file.reader.count)
    return makeError(Twine(evaluation.data) + " holds " +
                     Twine(file.reader.count) + " images, the first is 0; " +
                     "lower --image " + Twine(index));
  std::vector<uint8_t> pixels(DEIT_CIFAR_IMAGE_BYTES);
  for (int64_t i = 0; i <= index; ++i) {
    uint32_t label;
    if (!deit_cifar_read(&file.reader, pixels.data(), &label, &file.error))
      return makeError(file.error.text);
  }
  return pixels;
}

/// The image as `model` takes it.
static Expected<std::vector<uint8_t>>
readImage(const deit_evaluate_options &evaluation, int64_t index,
          ModuleFile &model) {
  auto record = readRecord(evaluation, index, model.classes());
  if (!record)
    return record.takeError();
  int64_t height = model.imageHeight(), width = model.imageWidth();
  std::unique_ptr<deit_resizer, FreeResizer> resizer(deit_resizer_create(
      model.filter(), DEIT_CIFAR_SIDE, DEIT_CIFAR_SIDE, width, height));
  if (!resizer)
    return makeError("no memory to resize the image");
  std::vector<uint8_t> pixels(height * width * 3);
  deit_resize(resizer.get(), record->data(), pixels.data());
  return pixels;
}

//===----------------------------------------------------------------------===//
// The models
//===----------------------------------------------------------------------===//

/// Folds what quantization folds, so that the values of a float model are
/// those that a quantized one has.
static Error prepare(ModuleFile &file) {
  PassManager pm(file.context.get(), ModuleOp::getOperationName());
  populatePreparePipeline(pm);
  return succeeded(pm.run(*file.module))
             ? Error::success()
             : makeError("deit-prepare failed on the model");
}

static Expected<ModuleFile> readComparable(StringRef path) {
  auto contents = readFile(path);
  if (!contents)
    return contents.takeError();
  if ((*contents)->getBuffer().starts_with("\177ELF"))
    return makeError(path + ": is compiled, which leaves no values to compare; "
                            "give the MLIR of --emit=fxp, whose logits are "
                            "the same bit for bit");
  Expected<ModuleFile> file = readModule(path, std::move(*contents));
  if (!file)
    return file.takeError();
  if (file->imagesPerRun() != 1)
    return makeError(path + ": expected a network of one image, found one of " +
                     Twine(file->imagesPerRun()) +
                     "; compare the one before fxp-set-batch, it computes the "
                     "same");
  if (!file->isInteger() && !file->isQuantized())
    if (Error error = prepare(*file))
      return prefixError(path + ": ", std::move(error));
  return file;
}

static Error checkShapes(ModuleFile &model, ModuleFile &reference) {
  if (model.imageHeight() == reference.imageHeight() &&
      model.imageWidth() == reference.imageWidth())
    return Error::success();
  return makeError("expected two levels of one model, found images of " +
                   Twine(model.imageHeight()) + "x" +
                   Twine(model.imageWidth()) + " and, in the reference, " +
                   Twine(reference.imageHeight()) + "x" +
                   Twine(reference.imageWidth()));
}

static Expected<Trace> run(StringRef path, ModuleFile &file,
                           ArrayRef<uint8_t> image, unsigned threads) {
  Expected<Trace> trace = traceModel(file.forward, image, threads);
  if (!trace)
    return prefixError(path + ": ", trace.takeError());
  return trace;
}

//===----------------------------------------------------------------------===//
// The results
//===----------------------------------------------------------------------===//

static Error report(const CompareOptions &options,
                    const deit_evaluate_options &evaluation,
                    const Comparison &comparison) {
  StringRef json = evaluation.json ? evaluation.json : "";
  if (!evaluation.quiet && json != "-") {
    llvm::outs() << options.model << " against " << options.reference
                 << ", image " << options.image << " of " << evaluation.data
                 << "\n\n";
    printComparison(llvm::outs(), comparison);
  }
  if (json.empty())
    return Error::success();
  return writeFile(json, [&](llvm::raw_ostream &os) {
    printComparisonJSON(os, options.model, options.reference, options.image,
                        comparison);
    return Error::success();
  });
}

Error deit::compareModels(const CompareOptions &options,
                          const deit_evaluate_options &evaluation) {
  if (!evaluation.data)
    return makeError("there is no image to compare with; pass --data FILE");
  if (options.model == "-" && options.reference == "-")
    return makeError("standard input can be read only once; name a file for "
                     "MODEL or --compare");
  Expected<ModuleFile> model = readComparable(options.model);
  if (!model)
    return model.takeError();
  Expected<ModuleFile> reference = readComparable(options.reference);
  if (!reference)
    return reference.takeError();
  if (Error error = checkShapes(*model, *reference))
    return error;
  auto image = readImage(evaluation, options.image, *model);
  if (!image)
    return image.takeError();
  Expected<Trace> expected =
      run(options.reference, *reference, *image, evaluation.threads);
  if (!expected)
    return expected.takeError();
  Expected<Trace> found =
      run(options.model, *model, *image, evaluation.threads);
  if (!found)
    return found.takeError();
  Expected<Comparison> comparison = compareTraces(*expected, *found);
  if (!comparison)
    return comparison.takeError();
  return report(options, evaluation, *comparison);
}
