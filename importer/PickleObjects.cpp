// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pickle machine's containers, and objects, which are recorded, not made.

#include "importer/PickleInternals.h"

using llvm::StringRef;

namespace deit::importer {

//===----------------------------------------------------------------------===//
// Containers
//===----------------------------------------------------------------------===//

void PickleMachine::pushItems(DatumKind kind, std::vector<Datum *> items) {
  Datum *value = make(kind);
  if (value == &dummy)
    return;
  value->items = std::move(items);
  push(value);
}

void PickleMachine::append(Datum *target, llvm::ArrayRef<Datum *> items) {
  if (!target->is(DatumKind::List) && !target->is(DatumKind::Set) &&
      !target->is(DatumKind::Call))
    return fail("cannot add items to " + target->describe());
  target->items.insert(target->items.end(), items.begin(), items.end());
}

void PickleMachine::setItems(Datum *target,
                             llvm::ArrayRef<Datum *> keysAndValues) {
  if (!target->is(DatumKind::Dict) && !target->is(DatumKind::Call))
    return fail("cannot set items of " + target->describe());
  if (keysAndValues.size() % 2 != 0)
    return fail("a key has no value");
  for (size_t i = 0; i < keysAndValues.size(); i += 2)
    target->entries.emplace_back(keysAndValues[i], keysAndValues[i + 1]);
}

bool PickleMachine::stepContainer(Opcode opcode) {
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

void PickleMachine::pushGlobal(StringRef module, StringRef name) {
  Datum *value = make(DatumKind::Global);
  value->text = module;
  value->name = name;
  push(value);
}

void PickleMachine::pushCall(Datum *callee, Datum *arguments, bool isNew) {
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

void PickleMachine::build() {
  Datum *state = pop();
  Datum *target = top();
  if (!target->is(DatumKind::Call))
    return fail("cannot set the state of " + target->describe());
  if (target->state)
    return fail("sets the state of " + target->describe() + " twice");
  target->state = state;
}

bool PickleMachine::stepObject(Opcode opcode) {
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

} // namespace deit::importer
