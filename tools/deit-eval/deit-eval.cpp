// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-eval: accuracy, size and speed of a model over a CIFAR file, or the
// classes of a picture.

#include "CompiledModel.h"
#include "Modules.h"
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <new>
#include <unistd.h>

using namespace deit;

/// The library for MLIR: beside this program's folder in lib/, or wherever
/// libraries are installed.
static std::string findModules() {
  char program[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  std::string prefix(program, length > 0 ? length : 0);
  for (int i = 0; i < 2; ++i)
    prefix.resize(prefix.rfind('/') == std::string::npos ? 0
                                                         : prefix.rfind('/'));
  for (const char *folder : {"lib", DEIT_INSTALL_LIBDIR}) {
    std::string file = prefix + "/" + folder + "/libDeiTEvalModules.so";
    if (access(file.c_str(), R_OK) == 0)
      return file;
  }
  return "";
}

static Failure runModules(const EvalOptions &options,
                          const deit_evaluate_options &evaluation, int &code) {
  std::string file = findModules();
  if (file.empty())
    return "running MLIR needs libDeiTEvalModules.so in the folder of this "
           "program's libraries, and it is not there; build or install "
           "DeiT-MLIR again";
  void *library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return std::string("running MLIR needs a library that cannot be loaded: ") +
           dlerror();
  auto *entry = reinterpret_cast<decltype(&deit_evaluate_modules)>(
      dlsym(library, "deit_evaluate_modules"));
  if (!entry)
    return file + ": is not this version's library; build DeiT-MLIR again";
  code = entry(&options, &evaluation);
  return std::nullopt;
}

static bool wantsHelp(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
      return true;
  return false;
}

static Failure run(int argc, char **argv, int &code) {
  deit_evaluate_options evaluation = {};
  std::vector<char *> rest(argc + 1);
  rest.resize(deit_evaluate_parse(argc, argv, &evaluation, rest.data()));
  EvalOptions options;
  if (Failure failure = parseEvalOptions({rest.begin(), rest.end()},
                                         evaluation.image, options))
    return failure;
  options.model.threads = evaluation.threads;
  if (!options.reference.empty() || !isCompiledModel(options.model.path))
    return runModules(options, evaluation, code);
  CompiledModel model;
  if (Failure failure = model.open(options.model))
    return options.model.path + ": " + *failure;
  deit_backend backend = model.backend();
  code = deit_evaluate("deit-eval", &evaluation, &backend);
  return std::nullopt;
}

[[noreturn]] static void exitWithoutMemory() {
  fputs("deit-eval: error: there is not enough memory; free some or raise the "
        "limit\n",
        stderr); // which has no buffer that would have to be made
  _exit(1);
}

int main(int argc, char **argv) {
  std::set_new_handler(exitWithoutMemory);
  std::signal(SIGXFSZ, SIG_IGN); // an error of writing, as a full disk is
  if (wantsHelp(argc, argv)) {
    fputs(evalHelp().c_str(), stdout);
    return fflush(stdout) == 0 ? 0 : 1;
  }
  int code = 1;
  if (Failure failure = run(argc, argv, code))
    fprintf(stderr, "deit-eval: error: %s\n", failure->c_str());
  return code;
}
