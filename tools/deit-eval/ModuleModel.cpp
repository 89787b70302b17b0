// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model that is still MLIR: `fxp` runs in the integer interpreter, `deit` in
// the float reference.

#include "Model.h"
#include "ModuleFile.h"
#include "deit/Codegen/Container.h"
#include "deit/Dialect/DeiT/IR/DeiTOps.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include "deit/Reference/FloatReference.h"
#include "deit/Reference/FxpInterpreter.h"
#include "deit/Support/FileIO.h"
#include "deit_cpu.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"

using namespace deit;

//===----------------------------------------------------------------------===//
// The two executors
//===----------------------------------------------------------------------===//

namespace {

class ModuleModel : public Model {
public:
  /// Takes over the module and describes it.
  ModuleModel(ModuleFile file, const ModelOptions &options);

protected:
  ModuleFile file;
  func::FuncOp forward;
  unsigned imagesPerRun;  ///< the function's batch
  std::string classNames; ///< one a line
};

/// Runs of the function are interpreted side by side, one in each thread.
class FxpModel : public ModuleModel {
public:
  using ModuleModel::ModuleModel;
  Error open();

private:
  Error chooseBatch();
  Error infer(const uint8_t *images, unsigned count, void *logits) override;
  /// One run, of at most `imagesPerRun` images.
  Error inferRun(FxpInterpreter &interpreter, const uint8_t *images,
                 unsigned count, int32_t *logits);

  std::vector<std::unique_ptr<FxpInterpreter>> interpreters;
  std::unique_ptr<llvm::DefaultThreadPool> pool;
};

class FloatModel : public ModuleModel {
public:
  using ModuleModel::ModuleModel;
  Error open();

private:
  Error infer(const uint8_t *images, unsigned count, void *logits) override;

  FloatReference *reference = nullptr;
};

} // namespace

ModuleModel::ModuleModel(ModuleFile module, const ModelOptions &options)
    : file(std::move(module)), forward(file.forward) {
  name = file.module->getSymName()
             .value_or(llvm::sys::path::stem(options.path))
             .str();
  imagesPerRun = file.imagesPerRun();
  facts.image_height = file.imageHeight();
  facts.image_width = file.imageWidth();
  facts.classes = file.classes();
  facts.filter = file.filter();
  classNames = file.classNames();
  facts.class_names = classNames.empty() ? nullptr : classNames.c_str();
  facts.threads = options.threads ? options.threads : deit_core_count();
  facts.batch = options.batch;
}

/// Whole runs, unless asked otherwise one for each thread.
Error FxpModel::chooseBatch() {
  if (facts.batch % imagesPerRun != 0)
    return makeError("--batch " + Twine(facts.batch) +
                     " does not suit a network of " + Twine(imagesPerRun) +
                     " images a run; pass a multiple of that");
  if (facts.batch != 0)
    return Error::success();
  unsigned runs = std::min(facts.threads, kMostImages / imagesPerRun);
  facts.batch = runs * imagesPerRun;
  return Error::success();
}

Error FxpModel::open() {
  target = "interpreter";
  if (auto scale = forward->getAttrOfType<FloatAttr>(fxp::kLogitScaleAttr))
    facts.logit_scale = scale.getValueAsDouble();
  Expected<uint64_t> bytes = containerBytes(collectConstants(forward));
  if (!bytes)
    return bytes.takeError();
  facts.model_bytes = *bytes;
  if (Error error = chooseBatch())
    return error;
  for (unsigned i = 0; i < facts.batch / imagesPerRun; ++i) {
    auto interpreter = FxpInterpreter::create(forward);
    if (!interpreter)
      return interpreter.takeError();
    interpreters.push_back(std::move(*interpreter));
  }
  pool = std::make_unique<llvm::DefaultThreadPool>(
      llvm::hardware_concurrency(facts.threads));
  return Error::success();
}

Error FxpModel::inferRun(FxpInterpreter &interpreter, const uint8_t *images,
                         unsigned count, int32_t *logits) {
  IntegerTensor argument;
  argument.shape = {imagesPerRun, facts.image_height, facts.image_width, 3};
  size_t whole = ShapedType::getNumElements(argument.shape);
  argument.values.assign(images, images + whole / imagesPerRun * count);
  argument.values.resize(whole); // black images, whose logits no one wants
  auto results = interpreter.run(argument);
  if (!results)
    return results.takeError();
  std::copy_n(results->front().values.begin(), size_t(count) * facts.classes,
              logits);
  return Error::success();
}

Error FxpModel::infer(const uint8_t *images, unsigned count, void *logits) {
  unsigned runs = (count + imagesPerRun - 1) / imagesPerRun;
  std::vector<std::string> failures(runs);
  size_t imageBytes = size_t(facts.image_height) * facts.image_width * 3;
  for (unsigned i = 0; i < runs; ++i)
    pool->async([&, i] {
      size_t first = size_t(i) * imagesPerRun;
      unsigned filled = std::min<size_t>(imagesPerRun, count - first);
      failures[i] = llvm::toString(
          inferRun(*interpreters[i], images + first * imageBytes, filled,
                   static_cast<int32_t *>(logits) + first * facts.classes));
    });
  pool->wait();
  for (const std::string &failure : failures)
    if (!failure.empty())
      return makeError(failure);
  return Error::success();
}

/// Bytes of the parameters as they are: floats or codes.
static uint64_t parameterBytes(func::FuncOp function) {
  uint64_t bits = 0;
  function.walk([&](ConstantOp constant) {
    auto type = cast<ShapedType>(constant.getValue().getType());
    bits += type.getNumElements() * type.getElementTypeBitWidth();
  });
  return bits / 8;
}

Error FloatModel::open() {
  if (imagesPerRun != 1)
    return makeError("function 'forward': expected a function of one image, "
                     "found one of " +
                     Twine(imagesPerRun) +
                     "; only networks of 'fxp' have a batch");
  if (facts.batch == 0)
    facts.batch = 16; // enough to keep the threads busy
  Expected<FloatReference *> loaded = loadFloatReference(facts.threads);
  if (!loaded)
    return loaded.takeError();
  reference = *loaded;
  target = file.isQuantized() ? "fake-quantized" : "float";
  facts.model_bytes = parameterBytes(forward);
  facts.is_float = true;
  return Error::success();
}

Error FloatModel::infer(const uint8_t *images, unsigned count, void *logits) {
  size_t bytes = size_t(facts.image_height) * facts.image_width * 3 * count;
  auto values = reference->run(forward, {images, bytes}, count);
  if (!values)
    return values.takeError();
  llvm::copy(*values, static_cast<float *>(logits));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Choosing the executor
//===----------------------------------------------------------------------===//

template <typename Executor>
static Expected<ModelPtr> open(std::unique_ptr<Executor> model) {
  if (Error error = model->open())
    return std::move(error);
  return model;
}

Expected<ModelPtr>
deit::openModule(const ModelOptions &options,
                 std::unique_ptr<llvm::MemoryBuffer> contents) {
  if (!options.container.empty())
    return makeError("--container gives weights to a compiled model; " +
                     Twine(options.path) + " is MLIR, which holds its own");
  if (!options.target.empty())
    return makeError("--target chooses among a compiled model's kernels; " +
                     Twine(options.path) + " is MLIR, which has none");
  Expected<ModuleFile> file = readModule(options.path, std::move(contents));
  if (!file)
    return file.takeError();
  bool isInteger = file->isInteger();
  Expected<ModelPtr> model =
      isInteger ? open(std::make_unique<FxpModel>(std::move(*file), options))
                : open(std::make_unique<FloatModel>(std::move(*file), options));
  if (!model)
    return prefixError(options.path + ": ", model.takeError());
  return model;
}
