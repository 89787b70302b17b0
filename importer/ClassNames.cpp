// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds names of classes in checkpoints.

#include "importer/ClassNames.h"
#include "deit/Support/LLVM.h"
#include "llvm/Support/ConvertUTF.h"

namespace deit::importer {

using Names = std::vector<std::string>;

/// A name is one line of UTF-8: it is printed, and stored one a line.
static bool isName(StringRef text) {
  constexpr size_t longest = 200;
  auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.bytes_begin());
  return !text.empty() && text.size() <= longest &&
         llvm::all_of(text, [](unsigned char c) { return c >= ' '; }) &&
         llvm::isLegalUTF8String(&begin, text.bytes_end());
}

/// The names of a list, or nothing unless it holds `count` of them.
static Names namesInList(const Datum &list, size_t count) {
  Names names;
  if (!list.isSequence() || list.items.size() != count)
    return names;
  for (const Datum *item : list.items) {
    std::optional<StringRef> text = item->asString();
    if (!text || !isName(*text))
      return {};
    names.push_back(text->str());
  }
  return names;
}

/// The keys of a dictionary whose values are 0 to count - 1, by value.
static Names namesInDict(const Datum &dict, size_t count) {
  if (!dict.isDict() || dict.entryCount() != count)
    return {};
  Names names(count);
  dict.visitEntries([&](const Datum &key, const Datum &value) {
    std::optional<StringRef> text = key.asString();
    std::optional<int64_t> index = value.asInt();
    if (text && isName(*text) && index && *index >= 0 &&
        uint64_t(*index) < count)
      names[*index] = text->str();
  });
  bool isWhole = llvm::none_of(names, [](auto &name) { return name.empty(); });
  return isWhole ? names : Names();
}

std::vector<std::string> findClassNames(const Checkpoint &checkpoint,
                                        StringRef modelPath,
                                        const Datum *config, int64_t classes) {
  SmallVector<const Datum *> candidates = {config};
  for (StringRef key :
       {"class_names", "classes", "label_names", "labels", "class_to_idx"}) {
    candidates.push_back(checkpoint.attribute(modelPath, key));
    if (checkpoint.root)
      candidates.push_back(checkpoint.root->find(key));
  }
  for (const Datum *each : candidates) {
    if (!each)
      continue;
    Names names = each->isDict() ? namesInDict(*each, classes)
                                 : namesInList(*each, classes);
    if (!names.empty())
      return names;
  }
  return {};
}

} // namespace deit::importer
