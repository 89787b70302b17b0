// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Implements the mutations of text.

#include "TextMutator.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace deit::fuzz;
using llvm::StringRef;

/// Numbers at which something ends.
static constexpr StringRef kNumbers[] = {"0",
                                         "1",
                                         "2",
                                         "3",
                                         "7",
                                         "16",
                                         "24",
                                         "30",
                                         "31",
                                         "63",
                                         "64",
                                         "127",
                                         "128",
                                         "255",
                                         "256",
                                         "1024",
                                         "32767",
                                         "65536",
                                         "-1",
                                         "-128",
                                         "-32768",
                                         "1000000",
                                         "2147483647",
                                         "-2147483648",
                                         "1e30",
                                         "1e-30",
                                         "0.5",
                                         "4294967296",
                                         "0x7FF0000000000000",
                                         "9223372036854775807"};

using Pieces = llvm::SmallVector<StringRef>;

/// Words, numbers, and every other character by itself.
static Pieces wordsOf(StringRef text) {
  Pieces words;
  while (!text.empty()) {
    StringRef word =
        text.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (word.empty())
      word = text.take_front();
    words.push_back(word);
    text = text.drop_front(word.size());
  }
  return words;
}

static Pieces linesOf(StringRef text) {
  Pieces lines;
  text.split(lines, '\n');
  return lines;
}

static bool isNumber(StringRef word) { return llvm::isDigit(word.front()); }

/// The index of a piece of which `wanted` holds, or of any.
static size_t choose(const Pieces &pieces, Random &random,
                     bool (*wanted)(StringRef)) {
  size_t at = random() % pieces.size();
  for (size_t tries = 0; tries < pieces.size() && !wanted(pieces[at]); ++tries)
    at = (at + 1) % pieces.size();
  return at;
}

static std::string mutateWords(StringRef text, Random &random) {
  Pieces words = wordsOf(text);
  bool number = random() % 2;
  size_t at = choose(
      words, random, number ? isNumber : [](StringRef word) {
        return llvm::isAlpha(word.front());
      });
  if (number && random() % 3 != 0)
    words[at] = kNumbers[random() % std::size(kNumbers)];
  else
    words[at] = words[choose(
        words, random, number ? isNumber : [](StringRef word) {
          return llvm::isAlpha(word.front());
        })];
  return llvm::join(words, "");
}

static std::string mutateLines(StringRef text, Random &random) {
  Pieces lines = linesOf(text);
  size_t from = random() % lines.size(), to = random() % lines.size();
  switch (random() % 3) {
  case 0:
    lines.erase(lines.begin() + from);
    break;
  case 1:
    lines.insert(lines.begin() + to, StringRef(lines[from]));
    break;
  default:
    std::swap(lines[from], lines[to]);
  }
  return llvm::join(lines, "\n");
}

void deit::fuzz::mutateText(std::string &text, Random &random) {
  for (unsigned left = 1 + random() % 3; left > 0 && !text.empty(); --left)
    text = random() % 4 ? mutateWords(text, random) : mutateLines(text, random);
}
