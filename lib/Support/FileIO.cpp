// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements whole-file reading and writing and error reports.

#include "deit/Support/FileIO.h"
#include "deit/Support/Faults.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

namespace deit {

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

Error makeError(const Twine &message) {
  return llvm::createStringError(message);
}

Error prefixError(const Twine &prefix, Error error) {
  Error result = Error::success();
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &e) {
    result = llvm::joinErrors(std::move(result),
                              makeError(prefix + Twine(e.message())));
  });
  return result;
}

std::string quoted(StringRef text) {
  constexpr size_t kept = 160;
  std::string result;
  llvm::raw_string_ostream os(result);
  os << '\'';
  if (text.size() <= kept) {
    llvm::printEscapedString(text, os);
  } else {
    llvm::printEscapedString(text.take_front(kept / 2), os);
    os << "...";
    llvm::printEscapedString(text.take_back(kept / 2), os);
  }
  os << '\'';
  return result;
}

/// What the operating system says of `path`, in the words of makeError.
static Error systemError(StringRef path, const Twine &what,
                         std::error_code code) {
  return makeError(Twine(path) + ": " + what + ": " + code.message());
}

Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(StringRef path) {
  if (path != "-" && llvm::sys::fs::is_directory(path))
    return makeError(Twine(path) + ": is a folder, a file is needed");
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return systemError(path, "cannot be read", buffer.getError());
  return std::move(*buffer);
}

/// Streams `write` into the open descriptor `fd` and tells of any byte lost.
static Error
writeDescriptor(int fd, StringRef path,
                llvm::function_ref<Error(llvm::raw_ostream &)> write) {
  llvm::raw_fd_ostream os(fd, /*shouldClose=*/false);
  Error error = write(os);
  os.flush();
  std::error_code code = os.error();
  // The stream would end the process on an error that nobody has cleared.
  os.clear_error();
  if (error)
    return error;
  if (code)
    return systemError(path, "cannot be written", code);
  return Error::success();
}

static std::error_code closeDescriptor(int fd) {
  llvm::sys::fs::file_t file = llvm::sys::fs::convertFDToNativeFile(fd);
  return llvm::sys::fs::closeFile(file);
}

/// Writes into something that is no regular file, where a rename would replace
/// the device instead of feeding it.
static Error
writeInPlace(StringRef path,
             llvm::function_ref<Error(llvm::raw_ostream &)> write) {
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (Error error = write(os))
    return error;
  auto emit = [&](llvm::raw_ostream &out) {
    out << bytes;
    return Error::success();
  };
  if (path == "-")
    return writeDescriptor(1, "standard output", emit);
  int fd = -1;
  if (std::error_code code = llvm::sys::fs::openFileForWrite(
          path, fd, llvm::sys::fs::CD_OpenExisting))
    return systemError(path, "cannot be written", code);
  Error error = writeDescriptor(fd, path, emit);
  std::error_code code = closeDescriptor(fd);
  if (!error && code)
    return systemError(path, "cannot be written", code);
  return error;
}

namespace {
/// A new file beside another, which it replaces in the end. It goes away with an
/// interrupted process, and when it was not kept. (llvm::sys::fs::TempFile takes
/// every % of a path for a place of a random digit, also those of its folder.)
class FileBeside {
public:
  explicit FileBeside(StringRef path) : path(path) {}
  FileBeside(const FileBeside &) = delete;
  FileBeside &operator=(const FileBeside &) = delete;
  ~FileBeside();
  std::error_code create();
  std::error_code keep();
  int descriptor() const { return fd; }

private:
  /// As well as it can be done: there is an error to tell of already.
  void remove() { (void)llvm::sys::fs::remove(name); }

  StringRef path;
  std::string name;
  int fd = -1;
};
} // namespace

std::error_code FileBeside::create() {
  InterruptsWait wait;
  std::error_code code;
  do {
    auto number = llvm::utohexstr(llvm::sys::Process::GetRandomNumber());
    name = (Twine(path) + "." + number + ".tmp").str();
    code = llvm::sys::fs::openFileForWrite(name, fd,
                                           llvm::sys::fs::CD_CreateNew);
  } while (code == std::errc::file_exists);
  if (!code)
    llvm::sys::RemoveFileOnSignal(name);
  return code;
}

std::error_code FileBeside::keep() {
  std::error_code code = closeDescriptor(std::exchange(fd, -1));
  if (!code)
    code = llvm::sys::fs::rename(name, path);
  if (code)
    remove();
  llvm::sys::DontRemoveFileOnSignal(name);
  return code;
}

FileBeside::~FileBeside() {
  if (fd < 0)
    return;
  (void)closeDescriptor(fd); // what was written is of no use
  remove();
  llvm::sys::DontRemoveFileOnSignal(name);
}

/// Writes into a file beside `path`, then renames it.
static Error writeBeside(StringRef path,
                         llvm::function_ref<Error(llvm::raw_ostream &)> write) {
  FileBeside file(path);
  if (std::error_code code = file.create())
    return systemError(path, "cannot be written", code);
  if (Error error = writeDescriptor(file.descriptor(), path, write))
    return error;
  if (std::error_code code = file.keep())
    return systemError(path, "cannot be written", code);
  return Error::success();
}

Error writeFile(StringRef path,
                llvm::function_ref<Error(llvm::raw_ostream &)> write) {
  if (path == "-")
    return writeInPlace(path, write);
  if (!llvm::sys::fs::exists(path))
    return writeBeside(path, write);
  if (llvm::sys::fs::is_directory(path))
    return makeError(Twine(path) + ": is a folder, a file is needed");
  if (!llvm::sys::fs::is_regular_file(path))
    return writeInPlace(path, write);
  // Rename onto what a link leads to, or the link itself would be replaced.
  llvm::SmallString<256> real;
  if (std::error_code code = llvm::sys::fs::real_path(path, real))
    return systemError(path, "cannot be written", code);
  return writeBeside(real, write);
}

int reportError(llvm::raw_ostream &os, StringRef tool, Error error) {
  int code = 0;
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &e) {
    os << tool << ": error: " << e.message() << '\n';
    code = 1;
  });
  return code;
}

} // namespace deit
