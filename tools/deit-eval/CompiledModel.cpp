// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads a compiled model and shows it to the runtime's evaluation.

#include "CompiledModel.h"
#include "deit_clock.h"
#include "deit_cpu.h"
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace deit;

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {

/// A file, mapped into memory as far as it is looked at.
class MappedFile {
public:
  ~MappedFile() {
    if (bytes)
      munmap(contents, bytes);
  }
  Failure open(const std::string &path);

  const char *data() const { return static_cast<const char *>(contents); }
  size_t size() const { return bytes; }
  /// Copies what lies at `offset`; false if that is beyond the end.
  template <typename T>
  bool read(uint64_t offset, T &value) const {
    if (offset > bytes || bytes - offset < sizeof value)
      return false;
    memcpy(&value, data() + offset, sizeof value);
    return true;
  }

private:
  void *contents = nullptr;
  size_t bytes = 0;
};

} // namespace

Failure MappedFile::open(const std::string &path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts = {};
  bool isOpen = file >= 0 && fstat(file, &facts) == 0;
  if (isOpen && facts.st_size > 0) {
    void *mapped =
        mmap(nullptr, facts.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    isOpen = mapped != MAP_FAILED;
    if (isOpen) {
      contents = mapped;
      bytes = facts.st_size;
    }
  }
  int code = errno;
  if (file >= 0)
    close(file);
  if (isOpen)
    return std::nullopt;
  return path + ": cannot be read: " + strerror(code);
}

bool deit::isCompiledModel(const std::string &path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char magic[SELFMAG] = {};
  bool isElf = file >= 0 && read(file, magic, sizeof magic) == SELFMAG &&
               memcmp(magic, ELFMAG, SELFMAG) == 0;
  if (file >= 0)
    close(file);
  return isElf;
}

#if defined(__x86_64__)
static constexpr int kMachine = EM_X86_64;
static constexpr char kMachineName[] = "x86-64";
#else
static constexpr int kMachine = EM_AARCH64;
static constexpr char kMachineName[] = "AArch64";
#endif

static std::string machineName(int machine) {
  switch (machine) {
  case EM_X86_64:
    return "x86-64";
  case EM_AARCH64:
    return "AArch64";
  case EM_RISCV:
    return "RISC-V";
  case EM_ARM:
    return "32-bit ARM";
  default:
    return "machine " + std::to_string(machine) + " of ELF's list";
  }
}

/// Loading maps the file whole; a part that is missing would be a crash.
static Failure checkSegments(const MappedFile &file, const Elf64_Ehdr &header) {
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!file.read(header.e_phoff + uint64_t(i) * sizeof segment, segment) ||
        segment.p_offset > file.size() ||
        segment.p_filesz > file.size() - segment.p_offset)
      return "is shorter than it says; was it copied whole?";
  }
  return std::nullopt;
}

/// Fails unless the library is whole and for this kind of machine.
static Failure checkLibrary(const std::string &path) {
  MappedFile file;
  if (Failure failure = file.open(path))
    return failure;
  Elf64_Ehdr header;
  if (!file.read(0, header))
    return "is shorter than it says; was it copied whole?";
  if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB)
    return "is no 64-bit little-endian library";
  if (header.e_machine != kMachine)
    return "is compiled for " + machineName(header.e_machine) +
           " and this machine is " + kMachineName +
           "; evaluate it there, with what deit-compile --emit=evaluator "
           "writes";
  if (header.e_type == ET_REL)
    return "is an object file; give what deit-compile --emit=so wrote";
  return checkSegments(file, header);
}

//===----------------------------------------------------------------------===//
// The library
//===----------------------------------------------------------------------===//

template <typename Function>
static bool find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function;
}

Failure CompiledModel::findFunctions(void *library) {
  Functions &found = functions;
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
    return std::nullopt;
  return "is a shared library, but no compiled model; give what deit-compile "
         "--emit=so wrote";
}

Failure CompiledModel::openLibrary(const std::string &path) {
  if (Failure failure = checkLibrary(path))
    return failure;
  // With no slash in it, a name would be searched for among the system's.
  std::unique_ptr<char, decltype(&::free)> absolute(
      realpath(path.c_str(), nullptr), ::free);
  void *library =
      dlopen(absolute ? absolute.get() : path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return std::string("cannot be loaded as a shared library: ") + dlerror();
  return findFunctions(library);
}

Failure CompiledModel::checkCpu(const ModelOptions &options) {
  if (!options.target.empty() &&
      functions.chooseTarget(options.target.c_str()) == DEIT_ERROR_ARGUMENT)
    return "has no kernels for '" + options.target +
           "'; it has: " + functions.describe()->targets;
  const char *missing = functions.missingFeatures();
  if (*missing)
    return std::string("was compiled for ") + functions.describe()->target +
           " and this CPU lacks " + missing +
           "; compile the model for this CPU with deit-compile --target";
  return std::nullopt;
}

Failure CompiledModel::load(const ModelOptions &options) {
  const deit_info *info = functions.describe();
  MappedFile container;
  if (!options.container.empty())
    if (Failure failure = container.open(options.container))
      return failure;
  if (options.container.empty() && info->container_bytes == 0)
    return "carries no weights; pass --container FILE, the file that was "
           "compiled along with it";
  facts.model_bytes =
      options.container.empty() ? info->container_bytes : container.size();
  // An empty file has no address, yet it is a wrong container, not none.
  deit_status status = functions.load(options.container.empty() ? nullptr
                                      : container.size() ? container.data()
                                                         : "",
                                      container.size(), &model);
  if (status == DEIT_OK)
    status = functions.setThreads(model, facts.threads);
  if (status == DEIT_OK)
    return std::nullopt;
  std::string text = functions.statusText(status);
  if (!options.container.empty())
    text = options.container + ": " + text;
  if (status == DEIT_ERROR_CONTAINER)
    text += "; copy the file again, or compile the model again to get a "
            "matching pair";
  return text;
}

Failure CompiledModel::open(const ModelOptions &options) {
  int64_t start = deit_nanoseconds();
  if (options.batch)
    return "has the batch it was compiled for; --batch is for MLIR, compile "
           "the model again with deit-compile --batch";
  if (Failure failure = openLibrary(options.path))
    return failure;
  if (Failure failure = checkCpu(options))
    return failure;
  facts.threads = options.threads ? options.threads : deit_core_count();
  if (Failure failure = load(options))
    return failure;
  facts.load_ms = static_cast<double>(deit_nanoseconds() - start) / 1e6;
  return std::nullopt;
}

CompiledModel::~CompiledModel() {
  if (model)
    functions.free(model);
}

//===----------------------------------------------------------------------===//
// The backend
//===----------------------------------------------------------------------===//

deit_backend CompiledModel::backend() {
  const deit_info *info = functions.describe();
  deit_backend backend = facts;
  backend.name = info->name;
  backend.target = info->target;
  backend.image_height = info->image_height;
  backend.image_width = info->image_width;
  backend.classes = info->classes;
  backend.logit_scale = info->logit_scale;
  backend.class_names = info->class_names;
  backend.filter = info->bilinear ? DEIT_FILTER_BILINEAR : DEIT_FILTER_BICUBIC;
  backend.code_bytes = info->code_bytes;
  backend.batch = info->batch;
  backend.self = this;
  backend.infer = [](void *self, const uint8_t *images, unsigned,
                     void *logits) -> const char * {
    auto &[functions, model, facts] = *static_cast<CompiledModel *>(self);
    deit_status status =
        functions.run(model, images, static_cast<int32_t *>(logits));
    return status == DEIT_OK ? nullptr : functions.statusText(status);
  };
  backend.step_count = functions.stepCount(model);
  backend.describe_step = [](void *self, int64_t index, deit_step_info *info) {
    auto &[functions, model, facts] = *static_cast<CompiledModel *>(self);
    (void)functions.describeStep(model, index, info);
  };
  backend.infer_measured = [](void *self, const uint8_t *images, void *logits,
                              int64_t *nanoseconds) -> const char * {
    auto &[functions, model, facts] = *static_cast<CompiledModel *>(self);
    deit_status status = functions.runMeasured(
        model, images, static_cast<int32_t *>(logits), nanoseconds);
    return status == DEIT_OK ? nullptr : functions.statusText(status);
  };
  backend.measure_peak = [](void *self) {
    auto &[functions, model, facts] = *static_cast<CompiledModel *>(self);
    return functions.measurePeak(model);
  };
  return backend;
}
