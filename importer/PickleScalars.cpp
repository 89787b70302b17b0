// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pickle machine's numbers and texts.

#include "deit/Support/FileIO.h"
#include "importer/PickleInternals.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

#include <cstring>

using llvm::StringRef;

namespace deit::importer {

void PickleMachine::pushInt(int64_t integer) {
  Datum *value = make(DatumKind::Int);
  value->integer = integer;
  push(value);
}

void PickleMachine::pushBool(bool flag) {
  Datum *value = make(DatumKind::Bool);
  value->integer = flag;
  push(value);
}

void PickleMachine::pushText(DatumKind kind, StringRef text) {
  Datum *value = make(kind);
  value->text = text;
  push(value);
}

void PickleMachine::pushLong(StringRef littleEndian) {
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

void PickleMachine::pushIntLine() {
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

void PickleMachine::pushFloatLine() {
  StringRef text = line();
  Datum *value = make(DatumKind::Float);
  if (text.getAsDouble(value->real))
    return fail(quoted(text) + " is no number");
  push(value);
}

/// Undoes Python's repr of a protocol 0 byte string, quotes included.
void PickleMachine::pushQuoted() {
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
void PickleMachine::pushUnicode() {
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

bool PickleMachine::stepScalar(Opcode opcode) {
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

bool PickleMachine::stepText(Opcode opcode) {
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

} // namespace deit::importer
