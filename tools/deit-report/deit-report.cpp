// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// deit-report: shows what was measured of a model.

#include "deit/Report/Report.h"
#include "deit/Support/FileIO.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

namespace cl = llvm::cl;
using namespace deit;

static cl::OptionCategory category("Options of deit-report");
static cl::opt<std::string> from("from", cl::value_desc("file"), cl::Required,
                                 cl::cat(category),
                                 cl::desc("A report measured before"));
static cl::opt<std::string> output("o", cl::value_desc("file"), cl::Required,
                                   cl::cat(category), cl::desc("Output"));
static cl::opt<ReportFormat>
    format("format", cl::cat(category), cl::init(ReportFormat::HTML),
           cl::desc("What to show the report as; default: html"),
           cl::values(clEnumValN(ReportFormat::HTML, "html", "one page"),
                      clEnumValN(ReportFormat::Markdown, "md",
                                 "Markdown, with pictures beside it")));

static llvm::Error run() {
  auto buffer = readFile(from);
  if (!buffer)
    return buffer.takeError();
  auto report = llvm::json::parse((*buffer)->getBuffer());
  if (!report)
    return prefixError(from + ": ", report.takeError());
  if (llvm::Error error = checkReport(*report))
    return prefixError(from + ": ", std::move(error));
  return renderReport(*report, format, output);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Show a report.\n");
  return reportError(llvm::errs(), "deit-report", run());
}
