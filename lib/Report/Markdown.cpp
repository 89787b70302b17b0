// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes a report as Markdown, its charts drawn by the page's own scripts.

#include "PageFiles.h"
#include "Scripts.h"
#include "Writers.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Json.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using llvm::Error;
using llvm::StringRef;
using llvm::Twine;
namespace json = llvm::json;

namespace deit {

/// Text and pictures of the report, as deit.markdown in markdown.js returns
/// them. The text refers to pictures below `folder`.
static llvm::Expected<json::Value> draw(const json::Value &report,
                                        StringRef folder) {
  Scripts scripts;
  auto run = [&](StringRef name) { return scripts.run(name, pageFile(name)); };
  for (StringRef name : {"shim.js", "echarts.min.js"})
    if (Error error = run(name))
      return std::move(error);
  for (StringRef name : sharedScripts())
    if (Error error = run(name))
      return std::move(error);
  if (Error error = run("markdown.js"))
    return std::move(error);
  auto result = scripts.call("deit", "markdown", printJson(report), folder);
  if (!result)
    return result.takeError();
  return json::parse(json::fixUTF8(*result));
}

static Error writeText(StringRef path, StringRef text) {
  return writeFile(path, [&](llvm::raw_ostream &os) {
    os << text;
    return Error::success();
  });
}

namespace {
/// Pictures in a folder. Those that are new, and the folder if it is, go again
/// unless they are kept.
class Pictures {
public:
  explicit Pictures(StringRef folder) : folder(folder) {}
  ~Pictures() {
    for (const std::string &path : added)
      llvm::sys::fs::remove(path);
    if (isNew)
      llvm::sys::fs::remove(folder);
  }

  Error write(const json::Array &pictures);
  void keep() {
    added.clear();
    isNew = false;
  }

private:
  std::string folder;
  std::vector<std::string> added;
  bool isNew = false;
};
} // namespace

Error Pictures::write(const json::Array &pictures) {
  isNew = !llvm::sys::fs::exists(folder);
  if (!isNew && !llvm::sys::fs::is_directory(folder))
    return makeError(Twine(folder) + ": is a file where the pictures' folder "
                                     "should be; give -o another name");
  if (std::error_code code = llvm::sys::fs::create_directory(folder))
    return makeError(Twine(folder) +
                     ": cannot be made a folder: " + code.message());
  for (const json::Value &value : pictures) {
    const json::Object &picture = *value.getAsObject();
    llvm::SmallString<256> path(folder);
    llvm::sys::path::append(path, *picture.getString("name"));
    if (!llvm::sys::fs::exists(path))
      added.push_back(path.str().str());
    if (Error error = writeText(path, *picture.getString("svg")))
      return error;
  }
  return Error::success();
}

/// `folder` as it stands in a link: letters that end one are written in
/// numbers.
static std::string linked(StringRef folder) {
  std::string result;
  llvm::raw_string_ostream os(result);
  for (unsigned char letter : folder) {
    if (llvm::isAlnum(letter) || StringRef("-_.~").contains(letter))
      os << letter;
    else
      os << '%' << llvm::format_hex_no_prefix(letter, 2, /*Upper=*/true);
  }
  return result;
}

Error writeMarkdown(const json::Value &report, StringRef path) {
  if (path == "-")
    return makeError("Markdown has its pictures beside it and cannot go to "
                     "standard output; give -o a file, such as report.md");
  llvm::SmallString<256> folder(path);
  llvm::sys::path::replace_extension(folder, "");
  folder += "-files";
  auto drawn = draw(report, linked(llvm::sys::path::filename(folder)));
  if (!drawn)
    return drawn.takeError();
  const json::Object &result = *drawn->getAsObject();
  Pictures pictures(folder);
  if (Error error = pictures.write(*result.getArray("pictures")))
    return error;
  if (Error error = writeText(path, *result.getString("text")))
    return error;
  pictures.keep();
  return Error::success();
}

} // namespace deit
