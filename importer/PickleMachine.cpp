// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the pickle machine.

#include "importer/PickleMachine.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Endian.h"

#include <cstring>

using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {
namespace {

enum class Opcode : uint8_t {
#define DEIT_PICKLE_OPCODE(NAME, BYTE) NAME = BYTE,
#include "importer/PickleOpcodes.def"
};

/// The opcode's name, or its number if it has none.
std::string opcodeName(uint8_t byte) {
  switch (byte) {
#define DEIT_PICKLE_OPCODE(NAME, BYTE)                                         \
  case uint8_t(BYTE):                                                          \
    return #NAME;
#include "importer/PickleOpcodes.def"
  }
  return "0x" + llvm::utohexstr(byte, /*LowerCase=*/true, /*Width=*/2);
}

/// The machine. A failure is kept (the first one) and turns every later step
/// into a no-op with dummy values, so that steps need not check one another.
class Machine {
public:
  Machine(StringRef bytes, const PickleLimits &limits, Pickle &pickle)
      : bytes(bytes), limits(limits), pickle(pickle) {}

  Error run();
  size_t position() const { return at; }

private:
  // Input.
  void fail(const Twine &message);
  StringRef take(uint64_t count);
  template <typename T>
  T number();
  StringRef line();

  // Stack. `bottom` is how far the innermost mark lets a step reach down.
  size_t bottom() const { return marks.empty() ? 0 : marks.back(); }
  Datum *make(DatumKind kind);
  void push(Datum *value);
  Datum *pop();
  Datum *top();
  std::vector<Datum *> popMark();

  // Opcode families; false if the opcode is of another family.
  bool stepScalar(Opcode opcode);
  bool stepText(Opcode opcode);
  bool stepContainer(Opcode opcode);
  bool stepObject(Opcode opcode);
  bool stepStack(Opcode opcode);

  void pushInt(int64_t integer);
  void pushBool(bool value);
  void pushText(DatumKind kind, StringRef text);
  void pushLong(StringRef littleEndian);
  void pushIntLine();
  void pushFloatLine();
  void pushQuoted();
  void pushUnicode();
  void pushItems(DatumKind kind, std::vector<Datum *> items);
  void pushGlobal(StringRef module, StringRef name);
  void pushCall(Datum *callee, Datum *arguments, bool isNew);
  void append(Datum *target, llvm::ArrayRef<Datum *> items);
  void setItems(Datum *target, llvm::ArrayRef<Datum *> keysAndValues);
  void build();
  void put(uint64_t index);
  void get(uint64_t index);
  uint64_t indexLine();

  StringRef bytes;
  const PickleLimits &limits;
  Pickle &pickle;
  size_t at = 0;
  size_t opcodeAt = 0;
  std::string failure;
  std::vector<Datum *> stack;
  std::vector<size_t> marks;
  llvm::DenseMap<uint64_t, Datum *> memo;
  Datum dummy;
};

//===----------------------------------------------------------------------===//
// Input and stack
//===----------------------------------------------------------------------===//

void Machine::fail(const Twine &message) {
  if (failure.empty())
    failure = message.str();
}

StringRef Machine::take(uint64_t count) {
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

template <typename T>
T Machine::number() {
  StringRef raw = take(sizeof(T));
  if (raw.empty())
    return T(0);
  return llvm::support::endian::read<T>(raw.data(), llvm::endianness::little);
}

StringRef Machine::line() {
  size_t end = bytes.find('\n', at);
  if (end == StringRef::npos) {
    fail("the pickle is cut off: its line has no end");
    return {};
  }
  StringRef result = bytes.slice(at, end);
  at = end + 1;
  return result;
}

Datum *Machine::make(DatumKind kind) {
  if (pickle.data.size() >= limits.maxData) {
    fail("more than " + Twine(limits.maxData) + " values");
    return &dummy;
  }
  Datum &value = pickle.data.emplace_back();
  value.kind = kind;
  value.offset = opcodeAt;
  return &value;
}

void Machine::push(Datum *value) {
  if (stack.size() >= limits.maxStack)
    return fail("more than " + Twine(limits.maxStack) + " values on the stack");
  stack.push_back(value);
}

Datum *Machine::top() {
  if (stack.size() <= bottom()) {
    fail("the stack is empty");
    return &dummy;
  }
  return stack.back();
}

Datum *Machine::pop() {
  Datum *value = top();
  if (value != &dummy)
    stack.pop_back();
  return value;
}

std::vector<Datum *> Machine::popMark() {
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
// Numbers and texts
//===----------------------------------------------------------------------===//

void Machine::pushInt(int64_t integer) {
  Datum *value = make(DatumKind::Int);
  value->integer = integer;
  push(value);
}

void Machine::pushBool(bool flag) {
  Datum *value = make(DatumKind::Bool);
  value->integer = flag;
  push(value);
}

void Machine::pushText(DatumKind kind, StringRef text) {
  Datum *value = make(kind);
  value->text = text;
  push(value);
}

void Machine::pushLong(StringRef littleEndian) {
  if (littleEndian.size() > 8)
    return pushText(DatumKind::Long, littleEndian);
  uint64_t integer = 0;
  for (size_t i = 0; i < littleEndian.size(); ++i)
    integer |= uint64_t(uint8_t(littleEndian[i])) << (8 * i);
  size_t bits = 8 * littleEndian.size();
  if (bits > 0 && bits < 64 && (integer >> (bits - 1)) != 0)
    integer |= ~uint64_t(0) << bits;
  pushInt(static_cast<int64_t>(integer));
}

void Machine::pushIntLine() {
  StringRef text = line();
  // Protocol 1 spells booleans as integers with a leading zero.
  if (text == "00" || text == "01")
    return pushBool(text == "01");
  text.consume_back("L");
  int64_t integer = 0;
  if (!text.getAsInteger(10, integer))
    return pushInt(integer);
  StringRef digits = text;
  digits.consume_front("-");
  if (digits.empty() || !llvm::all_of(digits, llvm::isDigit))
    return fail(quoted(text) + " is no integer");
  pushText(DatumKind::Long, text);
}

void Machine::pushFloatLine() {
  StringRef text = line();
  Datum *value = make(DatumKind::Float);
  if (text.getAsDouble(value->real))
    return fail(quoted(text) + " is no number");
  push(value);
}

/// Undoes Python's repr of a protocol 0 byte string, quotes included.
void Machine::pushQuoted() {
  StringRef text = line();
  if (text.size() < 2 || text.front() != text.back() ||
      (text.front() != '\'' && text.front() != '"'))
    return fail("the string is not in quotes");
  std::string plain;
  StringRef rest = text.drop_front().drop_back();
  while (!rest.empty()) {
    char c = rest.front();
    rest = rest.drop_front();
    if (c != '\\') {
      plain += c;
      continue;
    }
    char escape = rest.empty() ? '\0' : rest.front();
    rest = rest.drop_front(!rest.empty());
    unsigned code = 0;
    if (escape == 'n' || escape == 't' || escape == 'r')
      plain += escape == 'n' ? '\n' : escape == 't' ? '\t' : '\r';
    else if (escape == '\\' || escape == '\'' || escape == '"')
      plain += escape;
    else if (escape == 'x' && rest.size() >= 2 &&
             !rest.take_front(2).getAsInteger(16, code)) {
      plain += static_cast<char>(code);
      rest = rest.drop_front(2);
    } else {
      return fail("the string holds an unknown escape");
    }
  }
  pickle.unescaped.push_back(std::move(plain));
  pushText(DatumKind::String, pickle.unescaped.back());
}

/// Undoes the raw-unicode-escape of a protocol 0 text: Latin-1 bytes and
/// \uXXXX or \UXXXXXXXX.
void Machine::pushUnicode() {
  StringRef text = line();
  std::string plain;
  while (!text.empty()) {
    unsigned code = uint8_t(text.front());
    size_t digits = text.starts_with("\\u")   ? 4
                    : text.starts_with("\\U") ? 8
                                              : 0;
    if (digits != 0 && (text.size() < 2 + digits ||
                        text.substr(2, digits).getAsInteger(16, code)))
      return fail("the text holds a broken \\u escape");
    text = text.drop_front(digits ? 2 + digits : 1);
    char encoded[UNI_MAX_UTF8_BYTES_PER_CODE_POINT];
    char *end = encoded;
    if (!llvm::ConvertCodePointToUTF8(code, end))
      return fail("the text holds an invalid code point");
    plain.append(encoded, end);
  }
  pickle.unescaped.push_back(std::move(plain));
  pushText(DatumKind::String, pickle.unescaped.back());
}

bool Machine::stepScalar(Opcode opcode) {
  switch (opcode) {
  case Opcode::NONE:
    push(make(DatumKind::None));
    return true;
  case Opcode::NEWTRUE:
  case Opcode::NEWFALSE:
    pushBool(opcode == Opcode::NEWTRUE);
    return true;
  case Opcode::BININT:
    pushInt(number<int32_t>());
    return true;
  case Opcode::BININT1:
    pushInt(number<uint8_t>());
    return true;
  case Opcode::BININT2:
    pushInt(number<uint16_t>());
    return true;
  case Opcode::INT:
  case Opcode::LONG:
    pushIntLine();
    return true;
  case Opcode::LONG1:
    pushLong(take(number<uint8_t>()));
    return true;
  case Opcode::LONG4:
    pushLong(take(number<uint32_t>()));
    return true;
  case Opcode::FLOAT:
    pushFloatLine();
    return true;
  case Opcode::BINFLOAT: {
    uint64_t bits = llvm::byteswap(number<uint64_t>()); // The one big-endian.
    Datum *value = make(DatumKind::Float);
    std::memcpy(&value->real, &bits, sizeof(bits));
    push(value);
    return true;
  }
  default:
    return false;
  }
}

bool Machine::stepText(Opcode opcode) {
  switch (opcode) {
  case Opcode::STRING:
    pushQuoted();
    return true;
  case Opcode::UNICODE:
    pushUnicode();
    return true;
  case Opcode::SHORT_BINSTRING:
  case Opcode::SHORT_BINUNICODE:
    pushText(DatumKind::String, take(number<uint8_t>()));
    return true;
  case Opcode::BINSTRING:
  case Opcode::BINUNICODE:
    pushText(DatumKind::String, take(number<uint32_t>()));
    return true;
  case Opcode::BINUNICODE8:
    pushText(DatumKind::String, take(number<uint64_t>()));
    return true;
  case Opcode::SHORT_BINBYTES:
    pushText(DatumKind::Bytes, take(number<uint8_t>()));
    return true;
  case Opcode::BINBYTES:
    pushText(DatumKind::Bytes, take(number<uint32_t>()));
    return true;
  case Opcode::BINBYTES8:
  case Opcode::BYTEARRAY8:
    pushText(DatumKind::Bytes, take(number<uint64_t>()));
    return true;
  default:
    return false;
  }
}

//===----------------------------------------------------------------------===//
// Containers
//===----------------------------------------------------------------------===//

void Machine::pushItems(DatumKind kind, std::vector<Datum *> items) {
  Datum *value = make(kind);
  if (value == &dummy)
    return;
  value->items = std::move(items);
  push(value);
}

void Machine::append(Datum *target, llvm::ArrayRef<Datum *> items) {
  if (!target->is(DatumKind::List) && !target->is(DatumKind::Set) &&
      !target->is(DatumKind::Call))
    return fail("cannot add items to " + target->describe());
  target->items.insert(target->items.end(), items.begin(), items.end());
}

void Machine::setItems(Datum *target, llvm::ArrayRef<Datum *> keysAndValues) {
  if (!target->is(DatumKind::Dict) && !target->is(DatumKind::Call))
    return fail("cannot set items of " + target->describe());
  if (keysAndValues.size() % 2 != 0)
    return fail("a key has no value");
  for (size_t i = 0; i < keysAndValues.size(); i += 2)
    target->entries.emplace_back(keysAndValues[i], keysAndValues[i + 1]);
}

bool Machine::stepContainer(Opcode opcode) {
  switch (opcode) {
  case Opcode::EMPTY_TUPLE:
    push(make(DatumKind::Tuple));
    return true;
  case Opcode::EMPTY_LIST:
    push(make(DatumKind::List));
    return true;
  case Opcode::EMPTY_DICT:
    push(make(DatumKind::Dict));
    return true;
  case Opcode::EMPTY_SET:
    push(make(DatumKind::Set));
    return true;
  case Opcode::TUPLE1:
  case Opcode::TUPLE2:
  case Opcode::TUPLE3: {
    size_t count = size_t(opcode) - size_t(Opcode::TUPLE1) + 1;
    std::vector<Datum *> items(count);
    for (size_t i = count; i-- > 0;)
      items[i] = pop();
    pushItems(DatumKind::Tuple, std::move(items));
    return true;
  }
  case Opcode::TUPLE:
    pushItems(DatumKind::Tuple, popMark());
    return true;
  case Opcode::LIST:
    pushItems(DatumKind::List, popMark());
    return true;
  case Opcode::FROZENSET:
    pushItems(DatumKind::Set, popMark());
    return true;
  case Opcode::DICT: {
    std::vector<Datum *> items = popMark();
    Datum *dict = make(DatumKind::Dict);
    setItems(dict, items);
    push(dict);
    return true;
  }
  case Opcode::APPEND: {
    Datum *item = pop();
    append(top(), item);
    return true;
  }
  case Opcode::APPENDS:
  case Opcode::ADDITEMS: {
    std::vector<Datum *> items = popMark();
    append(top(), items);
    return true;
  }
  case Opcode::SETITEM: {
    Datum *value = pop();
    Datum *key = pop();
    setItems(top(), {key, value});
    return true;
  }
  case Opcode::SETITEMS: {
    std::vector<Datum *> items = popMark();
    setItems(top(), items);
    return true;
  }
  default:
    return false;
  }
}

//===----------------------------------------------------------------------===//
// Objects, recorded and never made
//===----------------------------------------------------------------------===//

void Machine::pushGlobal(StringRef module, StringRef name) {
  Datum *value = make(DatumKind::Global);
  value->text = module;
  value->name = name;
  push(value);
}

void Machine::pushCall(Datum *callee, Datum *arguments, bool isNew) {
  if (!arguments->is(DatumKind::Tuple))
    return fail("the arguments of a call are " + arguments->describe() +
                ", not a tuple");
  Datum *call = make(DatumKind::Call);
  call->callee = callee;
  call->isNew = isNew;
  // Shared, not copied: a few bytes could ask for a long copy over and over.
  call->argumentTuple = arguments;
  push(call);
}

void Machine::build() {
  Datum *state = pop();
  Datum *target = top();
  if (!target->is(DatumKind::Call))
    return fail("cannot set the state of " + target->describe());
  if (target->state)
    return fail("sets the state of " + target->describe() + " twice");
  target->state = state;
}

bool Machine::stepObject(Opcode opcode) {
  switch (opcode) {
  case Opcode::GLOBAL: {
    StringRef module = line();
    pushGlobal(module, line());
    return true;
  }
  case Opcode::STACK_GLOBAL: {
    Datum *name = pop();
    Datum *module = pop();
    if (!name->is(DatumKind::String) || !module->is(DatumKind::String))
      fail("a global's name is no string");
    pushGlobal(module->text, name->text);
    return true;
  }
  case Opcode::REDUCE:
  case Opcode::NEWOBJ: {
    Datum *arguments = pop();
    Datum *callee = pop();
    pushCall(callee, arguments, opcode == Opcode::NEWOBJ);
    return true;
  }
  case Opcode::NEWOBJ_EX: {
    Datum *keywords = pop();
    Datum *arguments = pop();
    Datum *callee = pop();
    if (!keywords->is(DatumKind::Dict))
      fail("the keyword arguments are no dictionary");
    pushCall(callee, arguments, /*isNew=*/true);
    return true;
  }
  case Opcode::INST: {
    StringRef module = line();
    StringRef name = line();
    pushItems(DatumKind::Tuple, popMark());
    Datum *arguments = pop();
    pushGlobal(module, name);
    pushCall(pop(), arguments, /*isNew=*/false);
    return true;
  }
  case Opcode::OBJ: {
    std::vector<Datum *> items = popMark();
    if (items.empty()) {
      fail("an object has no class");
      return true;
    }
    Datum *callee = items.front();
    items.erase(items.begin());
    pushItems(DatumKind::Tuple, std::move(items));
    pushCall(callee, pop(), /*isNew=*/false);
    return true;
  }
  case Opcode::BUILD:
    build();
    return true;
  case Opcode::PERSID:
    pushText(DatumKind::String, line());
    pushItems(DatumKind::PersistentId, {pop()});
    return true;
  case Opcode::BINPERSID:
    pushItems(DatumKind::PersistentId, {pop()});
    return true;
  default:
    return false;
  }
}

//===----------------------------------------------------------------------===//
// Stack and memo
//===----------------------------------------------------------------------===//

uint64_t Machine::indexLine() {
  StringRef text = line();
  uint64_t index = 0;
  if (failure.empty() && text.getAsInteger(10, index))
    fail(quoted(text) + " is no memo index");
  return index;
}

void Machine::put(uint64_t index) {
  // DenseMap keeps the two highest keys for itself.
  if (index > UINT32_MAX)
    return fail("the memo index " + Twine(index) + " is out of range");
  memo[index] = top();
}

void Machine::get(uint64_t index) {
  auto found = index > UINT32_MAX ? memo.end() : memo.find(index);
  if (found == memo.end())
    return fail("nothing was stored under the memo index " + Twine(index));
  push(found->second);
}

bool Machine::stepStack(Opcode opcode) {
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

Error Machine::run() {
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

} // namespace

Expected<Pickle> readPickle(StringRef bytes, const PickleLimits &limits,
                            size_t *consumed) {
  Pickle pickle;
  Machine machine(bytes, limits, pickle);
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
