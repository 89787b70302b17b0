// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The machine behind readPickle; internal to the files that implement it.

#ifndef DEIT_IMPORTER_PICKLEINTERNALS_H
#define DEIT_IMPORTER_PICKLEINTERNALS_H

#include "importer/PickleMachine.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Endian.h"

namespace deit::importer {

enum class Opcode : uint8_t {
#define DEIT_PICKLE_OPCODE(NAME, BYTE) NAME = BYTE,
#include "importer/PickleOpcodes.def"
};

/// The machine. A failure is kept (the first one) and turns every later step
/// into a no-op with dummy values, so that steps need not check one another.
class PickleMachine {
public:
  PickleMachine(llvm::StringRef bytes, const PickleLimits &limits,
                Pickle &pickle)
      : bytes(bytes), limits(limits), pickle(pickle) {}

  /// Reads one pickle into `pickle`, up to its STOP.
  llvm::Error run();

  /// How many bytes have been read.
  size_t position() const { return at; }

private:
  // Input.
  void fail(const llvm::Twine &message);
  llvm::StringRef take(uint64_t count);
  template <typename T>
  T number();
  llvm::StringRef line();

  // Stack and memo. `bottom` is how far the innermost mark lets a step reach
  // down.
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
  void pushText(DatumKind kind, llvm::StringRef text);
  void pushLong(llvm::StringRef littleEndian);
  void pushIntLine();
  void pushFloatLine();
  void pushQuoted();
  void pushUnicode();
  void pushItems(DatumKind kind, std::vector<Datum *> items);
  void pushGlobal(llvm::StringRef module, llvm::StringRef name);
  void pushCall(Datum *callee, Datum *arguments, bool isNew);
  void append(Datum *target, llvm::ArrayRef<Datum *> items);
  void setItems(Datum *target, llvm::ArrayRef<Datum *> keysAndValues);
  void build();
  void put(uint64_t index);
  void get(uint64_t index);
  uint64_t indexLine();

  llvm::StringRef bytes;
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

template <typename T>
T PickleMachine::number() {
  llvm::StringRef raw = take(sizeof(T));
  if (raw.empty())
    return T(0);
  return llvm::support::endian::read<T>(raw.data(), llvm::endianness::little);
}

} // namespace deit::importer

#endif // DEIT_IMPORTER_PICKLEINTERNALS_H
