// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds and loads the library of tensor kernels.

#include "KernelLibrary.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include <cstdlib>
#include <dlfcn.h>

using namespace deit;
using llvm::Expected;
using llvm::SmallString;
using llvm::StringRef;
namespace path = llvm::sys::path;

static constexpr llvm::StringLiteral kFileName = "libDeiTReferenceTorch.so";
static constexpr llvm::StringLiteral kRemedy =
    "install LibTorch (Debian: apt-get install libtorch-dev "
    "libopenblas0-openmp)";

/// OpenBLAS takes processors younger than itself for very old ones, at a sixth
/// of their speed.
static void nameCoreToOpenBlas() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  const char *core = features.lookup("avx512f") ? "SkylakeX"
                     : features.lookup("avx2")  ? "Haswell"
                                                : nullptr;
  if (core)
    setenv("OPENBLAS_CORETYPE", core, /*overwrite=*/0);
}

/// GNU's OpenMP burns a core while it waits; when others work on the machine,
/// too, that made everything six times slower. Waking costs far less.
static void shortenSpinning() {
  if (!getenv("OMP_WAIT_POLICY"))
    setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
}

/// The library beside this program: in lib/ next to bin/, or wherever
/// libraries are installed. Empty if there is none.
static SmallString<256> findLibrary() {
  std::string program = llvm::sys::fs::getMainExecutable(
      nullptr, reinterpret_cast<void *>(&findLibrary));
  StringRef prefix = path::parent_path(path::parent_path(program));
  for (StringRef folder : {"lib", DEIT_INSTALL_LIBDIR}) {
    SmallString<256> file(prefix);
    path::append(file, folder, kFileName);
    if (llvm::sys::fs::exists(file))
      return file;
  }
  return {};
}

Expected<TensorKernels *> deit::loadKernelLibrary() {
  SmallString<256> file = findLibrary();
  if (file.empty())
    return makeError("running a model in floating point needs " + kFileName +
                     " in the folder of this program's libraries, and it is "
                     "not there; " +
                     kRemedy + " and build DeiT-MLIR again");
  // Both are read when the libraries are loaded.
  nameCoreToOpenBlas();
  shortenSpinning();
  void *library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return makeError("running a model in floating point needs LibTorch, "
                     "which cannot be loaded: " +
                     llvm::Twine(dlerror()) + "; " + kRemedy);
  auto *entry = reinterpret_cast<decltype(&deit_tensor_kernels)>(
      dlsym(library, "deit_tensor_kernels"));
  TensorKernels *kernels = entry ? entry() : nullptr;
  if (!kernels)
    return makeError(llvm::Twine(file) + ": is not this version's library of "
                                         "tensor kernels; build DeiT-MLIR "
                                         "again");
  return kernels;
}
