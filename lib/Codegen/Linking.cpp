// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links objects with the runtime into shared libraries and evaluators.

#include "deit/Codegen/Emission.h"
#include "deit/Support/Faults.h"
#include "deit/Support/FileIO.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"

using namespace deit;

static Expected<std::string> findLinker() {
  for (StringRef name : {"clang-22", "clang"})
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return makeError("linking needs clang-22 and lld-22, which are not "
                   "installed; --emit=obj needs neither");
}

static Expected<std::string> runtimeFolder(const Target &target,
                                           StringRef toolFolder) {
  SmallString<256> path(toolFolder);
  llvm::sys::path::append(path, "..", "lib", "deit",
                          target.isX86() ? "x86-64" : "aarch64");
  llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
  if (!llvm::sys::fs::is_directory(path))
    return makeError(path + ": the runtime for " + target.name +
                     " is missing; was it built without a C library for " +
                     (target.isX86() ? "x86-64" : "AArch64") + "?");
  return std::string(path);
}

namespace {
/// A file that goes away with this object, or with an interrupted process.
struct TemporaryFile {
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile() {
    if (!path.empty())
      llvm::sys::DontRemoveFileOnSignal(path);
  }

  SmallString<128> path;
  llvm::FileRemover remover;

  Error create(StringRef suffix) {
    InterruptsWait wait;
    if (std::error_code code =
            llvm::sys::fs::createTemporaryFile("deit", suffix, path))
      return makeError("no temporary file can be made: " + code.message());
    remover.setFile(path);
    llvm::sys::RemoveFileOnSignal(path);
    return Error::success();
  }

  Error make(StringRef suffix, StringRef contents) {
    if (Error error = create(suffix))
      return error;
    return writeFile(path, [&](llvm::raw_ostream &os) {
      os << contents;
      return Error::success();
    });
  }
};
} // namespace

Expected<std::string> deit::linkToMemory(StringRef object, const Target &target,
                                         LinkKind kind, StringRef toolFolder) {
  Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  Expected<std::string> folder = runtimeFolder(target, toolFolder);
  if (!folder)
    return folder.takeError();
  TemporaryFile objectFile, linkedFile, logFile;
  if (Error error = objectFile.make("o", object))
    return error;
  if (Error error = linkedFile.make("linked", ""))
    return error;
  if (Error error = logFile.make("log", ""))
    return error;

  std::string triple = "--target=" + target.triple.str();
  std::string search = "-L" + *folder;
  SmallVector<StringRef> arguments = {*linker,
                                      triple,
                                      "-fuse-ld=lld",
                                      "-Wl,--gc-sections",
                                      "-Wl,--build-id=none",
                                      "-s",
                                      search,
                                      "-o",
                                      linkedFile.path,
                                      objectFile.path};
  if (kind == LinkKind::SharedLibrary)
    llvm::append_values(
        arguments, StringRef("-shared"), StringRef("-Wl,--whole-archive"),
        StringRef("-ldeit_runtime"), StringRef("-Wl,--no-whole-archive"));
  else
    llvm::append_values(arguments, StringRef("-static"),
                        StringRef("-ldeit_evaluator"),
                        StringRef("-ldeit_runtime"), StringRef("-lm"));
  arguments.push_back("-lpthread");
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(logFile.path),
                                          StringRef(logFile.path)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*linker, arguments, std::nullopt,
                                         redirects, 0, 0, &message);
  if (status != 0) {
    if (auto log = readFile(logFile.path))
      message += (*log)->getBuffer().str();
    else
      llvm::consumeError(log.takeError());
    return makeError("linking for " + target.name + " failed: " + message);
  }
  auto linked = readFile(linkedFile.path);
  if (!linked)
    return linked.takeError();
  return (*linked)->getBuffer().str();
}

Expected<std::string> deit::makeStaticLibrary(StringRef object,
                                              const Target &target,
                                              StringRef toolFolder) {
  Expected<std::string> folder = runtimeFolder(target, toolFolder);
  if (!folder)
    return folder.takeError();
  std::string path = *folder + "/libdeit_runtime.a";
  auto runtime = readFile(path);
  if (!runtime)
    return runtime.takeError();
  auto archive = llvm::object::Archive::create(**runtime);
  if (!archive)
    return prefixError(path + ": ", archive.takeError());
  SmallVector<llvm::NewArchiveMember> members;
  members.emplace_back(llvm::MemoryBufferRef(object, "model.o"));
  Error error = Error::success();
  for (const llvm::object::Archive::Child &child :
       (*archive)->children(error)) {
    auto member = llvm::NewArchiveMember::getOldMember(child, true);
    if (!member)
      return prefixError(path + ": ", member.takeError());
    members.push_back(std::move(*member));
  }
  if (error)
    return prefixError(path + ": ", std::move(error));
  auto library = llvm::writeArchiveToBuffer(
      members, llvm::SymtabWritingMode::NormalSymtab,
      llvm::object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false);
  if (!library)
    return library.takeError();
  return (*library)->getBuffer().str();
}

Error deit::linkProgram(StringRef object, const Target &target, LinkKind kind,
                        StringRef output, StringRef toolFolder) {
  Expected<std::string> linked = linkToMemory(object, target, kind, toolFolder);
  if (!linked)
    return linked.takeError();
  if (Error error = writeFile(output, [&](llvm::raw_ostream &os) {
        os << *linked;
        return Error::success();
      }))
    return error;
  if (!llvm::sys::fs::is_regular_file(output)) // a device keeps its own
    return Error::success();
  auto all = llvm::sys::fs::perms::all_read | llvm::sys::fs::perms::all_exe |
             llvm::sys::fs::perms::owner_write;
  if (std::error_code code = llvm::sys::fs::setPermissions(output, all))
    return makeError(output + ": " + code.message());
  return Error::success();
}
