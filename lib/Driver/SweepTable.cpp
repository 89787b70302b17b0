// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of a sweep as CSV.

#include "Sweep.h"
#include "deit/Support/FileIO.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;

static constexpr char kColumns[] = "row,bits_per_parameter,bytes,images,top1,"
                                   "top5,agreement,seconds,command";

SweepKind SweepRow::kind() const {
  return name == "float"                      ? SweepKind::Float
         : name == "naive"                    ? SweepKind::Naive
         : name == "w8a8"                     ? SweepKind::W8A8
         : StringRef(name).starts_with("rtn") ? SweepKind::Groups
                                              : SweepKind::Rate;
}

/// `text` as a field: in quotes, which are doubled.
static std::string quoteField(StringRef text) {
  std::string result = "\"";
  for (char c : text)
    result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

static std::string unquoteField(StringRef field) {
  std::string result;
  field.consume_front("\"");
  field.consume_back("\"");
  while (!field.empty()) {
    result += field.front();
    field = field.drop_front(field.starts_with("\"\"") ? 2 : 1);
  }
  return result;
}

static std::string header(StringRef key) {
  return ("# deit-compile --sweep of " + key + "\n" + kColumns + "\n").str();
}

std::string deit::printTable(ArrayRef<SweepRow> rows, StringRef key) {
  std::string text = header(key);
  for (const SweepRow &row : rows)
    text += llvm::formatv(
                "{0},{1:f4},{2},{3},{4:f2},{5:f2},{6:f2},{7:f1},{8}\n",
                row.name, row.bitsPerParameter, row.bytes, row.images, row.top1,
                row.top5, row.agreement, row.seconds, quoteField(row.command))
                .str();
  return text;
}

/// False if `line` is no row.
static bool readRow(StringRef line, SweepRow &row) {
  SmallVector<StringRef> fields;
  // The command is last and may have commas in it.
  line.split(fields, ',', /*MaxSplit=*/8);
  if (fields.size() != 9 || fields[0].empty())
    return false;
  row.name = fields[0].str();
  row.command = unquoteField(fields[8]);
  return !fields[1].getAsDouble(row.bitsPerParameter) &&
         !fields[2].getAsInteger(10, row.bytes) &&
         !fields[3].getAsInteger(10, row.images) &&
         !fields[4].getAsDouble(row.top1) && !fields[5].getAsDouble(row.top5) &&
         !fields[6].getAsDouble(row.agreement) &&
         !fields[7].getAsDouble(row.seconds);
}

Expected<std::vector<SweepRow>> deit::readTable(StringRef path, StringRef key) {
  auto contents = readFile(path);
  if (!contents)
    return contents.takeError();
  StringRef text = (*contents)->getBuffer();
  if (!text.consume_front(header(key)))
    return makeError(path + ": is there already and not of this model, these "
                            "images and these options, so the sweep cannot go "
                            "on with it; remove it or name another file");
  std::vector<SweepRow> rows;
  SmallVector<StringRef> lines;
  text.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    if (!readRow(line, rows.emplace_back()))
      return makeError(path + ": has a line that is no row of a sweep, " +
                       quoted(line) + "; remove the file");
  return rows;
}
