// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled model: a shared library with the interface of deit_model.h.

#include "Model.h"
#include "deit/Support/FileIO.h"
#include "deit_cpu.h"
#include "deit_model.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/TargetParser/Host.h"
#include <dlfcn.h>

using namespace deit;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace {

/// The functions of deit_model.h, as one library has them.
struct Functions {
  decltype(&deit_describe) describe;
  decltype(&deit_choose_target) chooseTarget;
  decltype(&deit_missing_features) missingFeatures;
  decltype(&deit_status_text) statusText;
  decltype(&deit_load) load;
  decltype(&deit_set_threads) setThreads;
  decltype(&deit_run) run;
  decltype(&deit_step_count) stepCount;
  decltype(&deit_describe_step) describeStep;
  decltype(&deit_run_measured) runMeasured;
  decltype(&deit_measure_peak) measurePeak;
  decltype(&deit_free) free;
};

class CompiledModel : public Model {
public:
  ~CompiledModel() override {
    if (model)
      functions.free(model);
  }

  Error open(const ModelOptions &options);

private:
  Error infer(const uint8_t *images, unsigned count, void *logits) override;
  static CompiledModel &of(void *self) {
    return static_cast<CompiledModel &>(*static_cast<Model *>(self));
  }
  void offerProfile();
  Error load(const ModelOptions &options, const llvm::MemoryBuffer *container);
  void describe(const ModelOptions &options,
                const llvm::MemoryBuffer *container);

  Functions functions;
  deit_model *model = nullptr;
};

} // namespace

template <typename Function>
static bool find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function;
}

static Expected<Functions> findFunctions(void *library, StringRef path) {
  Functions found;
  if (find(library, "deit_describe", found.describe) &&
      find(library, "deit_choose_target", found.chooseTarget) &&
      find(library, "deit_missing_features", found.missingFeatures) &&
      find(library, "deit_status_text", found.statusText) &&
      find(library, "deit_load", found.load) &&
      find(library, "deit_set_threads", found.setThreads) &&
      find(library, "deit_run", found.run) &&
      find(library, "deit_step_count", found.stepCount) &&
      find(library, "deit_describe_step", found.describeStep) &&
      find(library, "deit_run_measured", found.runMeasured) &&
      find(library, "deit_measure_peak", found.measurePeak) &&
      find(library, "deit_free", found.free))
    return found;
  return makeError(path + ": is a shared library, but no compiled model; give "
                          "what deit-compile --emit=so wrote");
}

/// Loading maps the file whole; a part that is missing would be a crash.
static Error checkSegments(const llvm::object::ObjectFile &object) {
  auto *elf = llvm::dyn_cast<llvm::object::ELF64LEObjectFile>(&object);
  if (!elf)
    return makeError("is no 64-bit little-endian library");
  auto segments = elf->getELFFile().program_headers();
  if (!segments)
    return segments.takeError();
  for (const auto &segment : *segments)
    if (segment.p_offset + segment.p_filesz > object.getData().size())
      return makeError("is shorter than it says; was it copied whole?");
  return Error::success();
}

/// Fails unless `library` is whole and for this kind of machine.
static Error checkLibrary(llvm::MemoryBufferRef library) {
  auto object = llvm::object::ObjectFile::createObjectFile(library);
  if (!object)
    return prefixError("is damaged: ", object.takeError());
  llvm::Triple host(llvm::sys::getProcessTriple());
  if ((*object)->getArch() != host.getArch())
    return makeError(
        "is compiled for " +
        llvm::Triple::getArchTypeName((*object)->getArch()) +
        " and this machine is " + host.getArchName() +
        "; evaluate it there, with what deit-compile --emit=evaluator writes");
  if ((*object)->isRelocatableObject())
    return makeError("is an object file; give what deit-compile --emit=so "
                     "wrote");
  return checkSegments(**object);
}

/// Opens the library at `path` and finds its functions.
static Expected<Functions> openLibrary(StringRef path) {
  // With no slash in it, a name would be searched for among the system's.
  llvm::SmallString<256> absolute(path);
  llvm::sys::fs::make_absolute(absolute);
  void *library = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return makeError(path +
                     ": cannot be loaded as a shared library: " + dlerror());
  return findFunctions(library, path);
}

Error CompiledModel::load(const ModelOptions &options,
                          const llvm::MemoryBuffer *container) {
  const deit_info *info = functions.describe();
  if (!container && info->container_bytes == 0)
    return makeError(options.path +
                     ": carries no weights; pass --container FILE, the file "
                     "that was compiled along with it");
  deit_status status =
      functions.load(container ? container->getBufferStart() : nullptr,
                     container ? container->getBufferSize() : 0, &model);
  if (status == DEIT_OK)
    status = functions.setThreads(model, facts.threads);
  if (status == DEIT_OK)
    return Error::success();
  StringRef remedy = status == DEIT_ERROR_CONTAINER
                         ? "; copy the file again, or compile the model again "
                           "to get a matching pair"
                         : "";
  return makeError((container ? options.container : options.path) + ": " +
                   functions.statusText(status) + remedy);
}

void CompiledModel::describe(const ModelOptions &options,
                             const llvm::MemoryBuffer *container) {
  const deit_info *info = functions.describe();
  name = info->name;
  target = info->target;
  facts.image_height = info->image_height;
  facts.image_width = info->image_width;
  facts.classes = info->classes;
  facts.model_bytes =
      container ? container->getBufferSize() : info->container_bytes;
  facts.code_bytes = info->code_bytes;
  facts.threads = options.threads ? options.threads : deit_core_count();
  facts.batch = info->batch;
}

void CompiledModel::offerProfile() {
  facts.step_count = functions.stepCount(model);
  facts.describe_step = [](void *self, int64_t index, deit_step_info *info) {
    (void)of(self).functions.describeStep(of(self).model, index, info);
  };
  facts.infer_measured = [](void *self, const uint8_t *images, void *logits,
                            int64_t *nanoseconds) -> const char * {
    const Functions &functions = of(self).functions;
    deit_status status = functions.runMeasured(
        of(self).model, images, static_cast<int32_t *>(logits), nanoseconds);
    return status == DEIT_OK ? nullptr : functions.statusText(status);
  };
  facts.measure_peak = [](void *self) {
    return of(self).functions.measurePeak(of(self).model);
  };
}

Error CompiledModel::open(const ModelOptions &options) {
  Expected<Functions> found = openLibrary(options.path);
  if (!found)
    return found.takeError();
  functions = *found;
  if (!options.target.empty() &&
      functions.chooseTarget(options.target.c_str()) == DEIT_ERROR_ARGUMENT)
    return makeError(options.path + ": has no kernels for '" + options.target +
                     "'; it has: " + functions.describe()->targets);
  const char *missing = functions.missingFeatures();
  if (*missing)
    return makeError(options.path + ": was compiled for " +
                     functions.describe()->target + " and this CPU lacks " +
                     missing +
                     "; compile the model for this CPU with deit-compile "
                     "--target");
  std::unique_ptr<llvm::MemoryBuffer> container;
  if (!options.container.empty()) {
    auto contents = readFile(options.container);
    if (!contents)
      return contents.takeError();
    container = std::move(*contents);
  }
  describe(options, container.get());
  if (Error error = load(options, container.get()))
    return error;
  offerProfile();
  return Error::success();
}

Error CompiledModel::infer(const uint8_t *images, unsigned, void *logits) {
  deit_status status =
      functions.run(model, images, static_cast<int32_t *>(logits));
  return status == DEIT_OK ? Error::success()
                           : makeError(functions.statusText(status));
}

Expected<ModelPtr> deit::openCompiledModel(const ModelOptions &options,
                                           llvm::MemoryBufferRef library) {
  auto model = std::make_unique<CompiledModel>();
  if (options.path == "-")
    return makeError("a shared library cannot be read from standard input; "
                     "name the file");
  if (Error error = checkLibrary(library))
    return prefixError(options.path + ": ", std::move(error));
  if (Error error = model->open(options))
    return std::move(error);
  return model;
}
