// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the pickle machine: its input, stack and memo, and its loop.

#include "importer/PickleMachine.h"

#include "deit/Support/FileIO.h"
#include "importer/PickleInternals.h"

#include "llvm/ADT/StringExtras.h"

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

/// The opcode's name, or its number if it has none.
static std::string opcodeName(uint8_t byte) {
  switch (byte) {
#define DEIT_PICKLE_OPCODE(NAME, BYTE)                                         \
  case uint8_t(BYTE):                                                          \
    return #NAME;
#include "importer/PickleOpcodes.def"
  default:
    return "0x" + llvm::utohexstr(byte, /*LowerCase=*/true, /*Width=*/2);
  }
}

//===----------------------------------------------------------------------===//
// Input and stack
//===----------------------------------------------------------------------===//

void PickleMachine::fail(const Twine &message) {
  if (failure.empty())
    failure = message.str();
}

StringRef PickleMachine::take(uint64_t count) {
  uint64_t left = bytes.size() - at;
  if (count > left) {
    fail("the pickle is cut off: " + Twine(count) + " bytes are needed, " +
         Twine(left) + " are left");
    return {};
  }
  StringRef result = bytes.substr(at, count);
  at += count;
  return result;
}

StringRef PickleMachine::line() {
  size_t end = bytes.find('\n', at);
  if (end == StringRef::npos) {
    fail("the pickle is cut off: its line has no end");
    return {};
  }
  StringRef result = bytes.slice(at, end);
  at = end + 1;
  return result;
}

Datum *PickleMachine::make(DatumKind kind) {
  if (pickle.data.size() >= limits.maxData) {
    fail("more than " + Twine(limits.maxData) + " values");
    return &dummy;
  }
  Datum &value = pickle.data.emplace_back();
  value.kind = kind;
  value.offset = opcodeAt;
  return &value;
}

void PickleMachine::push(Datum *value) {
  if (stack.size() >= limits.maxStack)
    return fail("more than " + Twine(limits.maxStack) + " values on the stack");
  stack.push_back(value);
}

Datum *PickleMachine::top() {
  if (stack.size() <= bottom()) {
    fail("the stack is empty");
    return &dummy;
  }
  return stack.back();
}

Datum *PickleMachine::pop() {
  Datum *value = top();
  if (value != &dummy)
    stack.pop_back();
  return value;
}

std::vector<Datum *> PickleMachine::popMark() {
  if (marks.empty()) {
    fail("there is no mark on the stack");
    return {};
  }
  std::vector<Datum *> items(stack.begin() + marks.back(), stack.end());
  stack.resize(marks.back());
  marks.pop_back();
  return items;
}

//===----------------------------------------------------------------------===//
// Stack and memo
//===----------------------------------------------------------------------===//

uint64_t PickleMachine::indexLine() {
  StringRef text = line();
  uint64_t index = 0;
  if (failure.empty() && text.getAsInteger(10, index))
    fail(quoted(text) + " is no memo index");
  return index;
}

void PickleMachine::put(uint64_t index) {
  // DenseMap keeps the two highest keys for itself.
  if (index > UINT32_MAX)
    return fail("the memo index " + Twine(index) + " is out of range");
  memo[index] = top();
}

void PickleMachine::get(uint64_t index) {
  auto found = index > UINT32_MAX ? memo.end() : memo.find(index);
  if (found == memo.end())
    return fail("nothing was stored under the memo index " + Twine(index));
  push(found->second);
}

bool PickleMachine::stepStack(Opcode opcode) {
  switch (opcode) {
  case Opcode::PROTO:
    if (unsigned version = number<uint8_t>(); version > 5)
      fail("pickle protocol " + Twine(version) +
           " is unknown; 0 to 5 are supported");
    return true;
  case Opcode::FRAME:
    // Frames only tell a reader how much to buffer.
    if (uint64_t length = number<uint64_t>(); length > bytes.size() - at)
      fail("the pickle is cut off: its frame has " + Twine(length) +
           " bytes, " + Twine(bytes.size() - at) + " are left");
    return true;
  case Opcode::MARK:
    if (marks.size() >= limits.maxStack)
      fail("more than " + Twine(limits.maxStack) + " marks");
    marks.push_back(stack.size());
    return true;
  case Opcode::POP:
    if (!marks.empty() && marks.back() == stack.size())
      marks.pop_back();
    else
      pop();
    return true;
  case Opcode::POP_MARK:
    popMark();
    return true;
  case Opcode::DUP:
    push(top());
    return true;
  case Opcode::PUT:
    put(indexLine());
    return true;
  case Opcode::BINPUT:
    put(number<uint8_t>());
    return true;
  case Opcode::LONG_BINPUT:
    put(number<uint32_t>());
    return true;
  case Opcode::MEMOIZE:
    put(memo.size());
    return true;
  case Opcode::GET:
    get(indexLine());
    return true;
  case Opcode::BINGET:
    get(number<uint8_t>());
    return true;
  case Opcode::LONG_BINGET:
    get(number<uint32_t>());
    return true;
  default:
    return false;
  }
}

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

Error PickleMachine::run() {
  if (bytes.size() > limits.maxBytes)
    return makeError("the pickle has " + Twine(bytes.size()) + " bytes, " +
                     Twine(limits.maxBytes) + " are the limit");
  while (at < bytes.size()) {
    opcodeAt = at;
    uint8_t byte = bytes[at++];
    Opcode opcode = Opcode(byte);
    if (opcode == Opcode::STOP) {
      pickle.root = pop();
    } else if (!stepScalar(opcode) && !stepText(opcode) &&
               !stepContainer(opcode) && !stepObject(opcode) &&
               !stepStack(opcode)) {
      fail("is not supported in a checkpoint");
    }
    if (!failure.empty())
      return makeError("pickle opcode " + opcodeName(byte) + " at offset " +
                       Twine(opcodeAt) + ": " + failure);
    if (opcode == Opcode::STOP)
      return Error::success();
  }
  return makeError("the pickle is cut off: no STOP before its end at offset " +
                   Twine(at));
}

Expected<Pickle> readPickle(StringRef bytes, const PickleLimits &limits,
                            size_t *consumed) {
  Pickle pickle;
  PickleMachine machine(bytes, limits, pickle);
  if (Error error = machine.run())
    return std::move(error);
  if (consumed)
    *consumed = machine.position();
  else if (machine.position() != bytes.size())
    return makeError(Twine(bytes.size() - machine.position()) +
                     " bytes follow the pickle's STOP at offset " +
                     Twine(machine.position() - 1));
  return pickle;
}

} // namespace deit::importer
