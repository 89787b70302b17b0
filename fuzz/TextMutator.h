// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mutations of text that keep most of it readable.

#ifndef DEIT_FUZZ_TEXTMUTATOR_H
#define DEIT_FUZZ_TEXTMUTATOR_H

#include "Fuzz.h"

namespace deit::fuzz {

/// Replaces a number by one at the edge of something, a word by another one of
/// the text, or removes, repeats or moves a line.
void mutateText(std::string &text, Random &random);

} // namespace deit::fuzz

#endif // DEIT_FUZZ_TEXTMUTATOR_H
