// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Puts the page together: page.html with style, report, ECharts and scripts in
// the places that it names.

#include "PageFiles.h"
#include "Writers.h"
#include "deit/Support/FileIO.h"
#include "deit/Support/Json.h"

#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

namespace deit {

/// The report as JSON that may stand inside a script element: without "<", no
/// name in it can end the element or begin a comment.
static void embedReport(const llvm::json::Value &report,
                        llvm::raw_ostream &os) {
  for (char letter : printJson(report)) {
    if (letter == '<')
      os << "\\u003c";
    else
      os << letter;
  }
}

static void embedScripts(llvm::raw_ostream &os) {
  for (StringRef name : sharedScripts())
    os << pageFile(name);
  for (StringRef name : {"dom.js", "figures.js", "module-panel.js", "page.js"})
    os << pageFile(name);
}

/// Who gets a page gets ECharts, and with it what its license asks for.
static void embedECharts(llvm::raw_ostream &os) {
  os << "/*\n"
     << pageFile("NOTICE") << "\n\n"
     << pageFile("LICENSE-d3") << "*/" << pageFile("echarts.min.js");
}

static void embedTitle(const llvm::json::Value &report, llvm::raw_ostream &os) {
  const llvm::json::Object *model = report.getAsObject()->getObject("model");
  llvm::printHTMLEscaped(*model->getString("name"), os);
  os << ": what quantization does";
}

static void embed(StringRef place, const llvm::json::Value &report,
                  llvm::raw_ostream &os) {
  if (place == "TITLE")
    embedTitle(report, os);
  else if (place == "STYLE")
    os << pageFile("style.css") << pageFile("print.css");
  else if (place == "REPORT")
    embedReport(report, os);
  else if (place == "ECHARTS")
    embedECharts(os);
  else if (place == "SCRIPTS")
    embedScripts(os);
  else
    os << '@' << place << '@';
}

llvm::Error writePage(const llvm::json::Value &report, StringRef path) {
  return writeFile(path, [&](llvm::raw_ostream &os) {
    // Texts and names of places take turns.
    bool isPlace = false;
    for (StringRef part : llvm::split(pageFile("page.html"), '@')) {
      if (isPlace)
        embed(part, report, os);
      else
        os << part;
      isPlace = !isPlace;
    }
    return llvm::Error::success();
  });
}

} // namespace deit
