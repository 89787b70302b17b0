// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tests the pickle machine: every kind of opcode, damage and malice.

#include "importer/PickleMachine.h"

#include "CheckpointFiles.h"

#include <deque>

using namespace deit::importer;
using namespace deit::importer::testing;

namespace {

/// Reads `bytes`, which must be a good pickle, and keeps them for its texts.
Pickle good(llvm::StringRef bytes) {
  static std::deque<std::string> kept;
  auto pickle = readPickle(kept.emplace_back(bytes));
  if (pickle)
    return std::move(*pickle);
  ADD_FAILURE() << message(pickle.takeError());
  Pickle nothing;
  nothing.root = &nothing.data.emplace_back();
  return nothing;
}

/// The error that reading `bytes` gives.
std::string bad(llvm::StringRef bytes, const PickleLimits &limits = {}) {
  return message(readPickle(bytes, limits).takeError());
}

TEST(PickleMachine, Integers) {
  const std::pair<std::string, int64_t> cases[] = {
      {"K\xff.", 255},
      {"M\x01\x02.", 0x0201},
      {"J\xfe\xff\xff\xff.", -2},
      {std::string("\x8a\x00.", 3), 0},
      {"\x8a\x01\x80.", -128},
      {std::string("\x8a\x02\xff\x00.", 5), 255},
      {"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", INT64_MAX},
      {std::string("\x8b\x01\x00\x00\x00\x05.", 7), 5},
      {"I-12\n.", -12},
      {"L34L\n.", 34},
  };
  for (const auto &[bytes, expected] : cases) {
    Pickle pickle = good(bytes);
    ASSERT_TRUE(pickle.root);
    EXPECT_EQ(pickle.root->kind, DatumKind::Int);
    EXPECT_EQ(pickle.root->asInt(), expected);
  }
}

TEST(PickleMachine, LongIntegersStayOpaque) {
  EXPECT_EQ(
      good("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.").root->kind,
      DatumKind::Long);
  EXPECT_EQ(good("I123456789012345678901234567890\n.").root->kind,
            DatumKind::Long);
}

TEST(PickleMachine, OtherScalars) {
  EXPECT_TRUE(good("N.").root->isNone());
  EXPECT_EQ(good("I01\n.").root->kind, DatumKind::Bool);
  EXPECT_EQ(good("\x88.").root->asInt(), 1);
  EXPECT_EQ(good("\x89.").root->asInt(), 0);
  EXPECT_EQ(good("F2.5\n.").root->asFloat(), 2.5);
  EXPECT_EQ(good(std::string("G\xbf\xf8\0\0\0\0\0\0.", 10)).root->asFloat(),
            -1.5);
}

TEST(PickleMachine, Texts) {
  for (const std::string &bytes :
       {std::string("\x8c\x02hi."), std::string("X\x02\0\0\0hi.", 8),
        std::string("\x8d\x02\0\0\0\0\0\0\0hi.", 12), std::string("U\x02hi."),
        std::string("T\x02\0\0\0hi.", 8), std::string("S'h\\x69'\n."),
        std::string("Vh\\u0069\n.")}) {
    EXPECT_EQ(good(bytes).root->asString(), llvm::StringRef("hi"));
  }
  for (const std::string &bytes :
       {std::string("C\x02hi."), std::string("B\x02\0\0\0hi.", 8),
        std::string("\x8e\x02\0\0\0\0\0\0\0hi.", 12),
        std::string("\x96\x02\0\0\0\0\0\0\0hi.", 12)}) {
    Pickle pickle = good(bytes);
    EXPECT_EQ(pickle.root->kind, DatumKind::Bytes);
    EXPECT_EQ(pickle.root->text, "hi");
  }
  EXPECT_EQ(good("V\\u00e4\xe4\n.").root->text, "\xc3\xa4\xc3\xa4");
}

TEST(PickleMachine, Containers) {
  EXPECT_TRUE(good(").").root->items.empty());
  EXPECT_EQ(good("K\1\x85.").root->items.size(), 1u);
  EXPECT_EQ(good("K\1K\2\x86.").root->asInts()->back(), 2);
  EXPECT_EQ(good("K\1K\2K\3\x87.").root->asInts()->front(), 1);
  EXPECT_EQ(good("(K\1K\2K\3K\4t.").root->asInts()->size(), 4u);
  EXPECT_EQ(good("](K\1K\2e.").root->asInts()->size(), 2u);
  EXPECT_EQ(good("]K\1a.").root->asInts()->size(), 1u);
  EXPECT_EQ(good("(K\1l.").root->kind, DatumKind::List);
  EXPECT_EQ(good("\x8f(K\1K\2\x90.").root->items.size(), 2u);
  EXPECT_EQ(good("(K\1\x91.").root->kind, DatumKind::Set);
  EXPECT_EQ(good("(U\1aK\1d.").root->find("a")->asInt(), 1);
  EXPECT_EQ(good("}U\1aK\1s.").root->find("a")->asInt(), 1);
}

TEST(PickleMachine, OfEqualKeysTheLastCounts) {
  Pickle result = good(pickle(dict({{"a", integer(1)}, {"a", integer(2)}})));
  EXPECT_EQ(result.root->find("a")->asInt(), 2);
  EXPECT_EQ(result.root->find("b"), nullptr);
}

TEST(PickleMachine, StackAndMemo) {
  EXPECT_EQ(good("K\1K\2"
                 "0.")
                .root->asInt(),
            1);
  EXPECT_EQ(good("K\1(K\2"
                 "1.")
                .root->asInt(),
            1);
  EXPECT_EQ(good("K\1(0.").root->asInt(), 1);
  EXPECT_EQ(good("K\1"
                 "2\x86.")
                .root->asInts()
                ->back(),
            1);
  EXPECT_EQ(good("K\7q\5"
                 "0h\5.")
                .root->asInt(),
            7);
  EXPECT_EQ(good("K\7p12\n0g12\n.").root->asInt(), 7);
  EXPECT_EQ(good(std::string("K\7r\1\2\3\0"
                             "0j\1\2\3\0.",
                             14))
                .root->asInt(),
            7);
  EXPECT_EQ(good(std::string("K\7\x94"
                             "0h\0.",
                             7))
                .root->asInt(),
            7);
}

TEST(PickleMachine, FramesAndProtocols) {
  EXPECT_EQ(
      good(std::string("\x80\4\x95\3\0\0\0\0\0\0\0K\1.", 14)).root->asInt(), 1);
  EXPECT_SAYS(bad("\x80\6N."), "protocol 6 is unknown");
  EXPECT_SAYS(bad(std::string("\x95\x7f\0\0\0\0\0\0\0N.", 11)), "cut off");
}

TEST(PickleMachine, ObjectsAreRecordedNotMade) {
  std::string bytes =
      pickle(global("collections", "OrderedDict") + ")R" + "(" + text("k") +
             integer(3) + "u" + dict({{"_metadata", "N"}}) + "b");
  Pickle pickle = good(bytes);
  const Datum &object = *pickle.root;
  EXPECT_TRUE(object.isCallOf("collections", "OrderedDict"));
  EXPECT_FALSE(object.isNew);
  EXPECT_EQ(object.find("k")->asInt(), 3);
  EXPECT_TRUE(object.state->find("_metadata")->isNone());

  Pickle fresh = good("cfoo\nBar\n)\x81.");
  EXPECT_TRUE(fresh.root->isNew);
  EXPECT_TRUE(fresh.root->callee->isGlobal("foo", "Bar"));
  Pickle keywords = good("cfoo\nBar\n)}\x92.");
  EXPECT_TRUE(keywords.root->isCallOf("foo", "Bar"));
  Pickle old = good("(K\1ifoo\nBar\n.");
  EXPECT_EQ(old.root->arguments().size(), 1u);
  Pickle older = good("(cfoo\nBar\nK\1K\2o.");
  EXPECT_EQ(older.root->arguments().size(), 2u);
  Pickle stacked = good("\x8c\3foo\x8c\3Bar\x93.");
  EXPECT_TRUE(stacked.root->isGlobal("foo", "Bar"));
  EXPECT_EQ(good("K\1Q.").root->items[0]->asInt(), 1);
  EXPECT_EQ(good("Pid\n.").root->items[0]->asString(), llvm::StringRef("id"));
}

TEST(PickleMachine, CyclesEnd) {
  // A list that holds itself, and an object that is its own state.
  Pickle list = good("]q\1h\1a.");
  EXPECT_EQ(list.root->items[0], list.root);
  EXPECT_FALSE(list.root->asInts());
  Pickle object = good("ctorch\nA\n)\x81q\1h\1b.");
  EXPECT_EQ(object.root->state, object.root);
  EXPECT_FALSE(object.root->describe().empty());
  EXPECT_EQ(message(checkCalls(object)), "");
}

TEST(PickleMachine, MaliceIsInertAndNamed) {
  for (auto [module, name] :
       {std::pair("posix", "system"), std::pair("builtins", "eval"),
        std::pair("__builtin__", "getattr"), std::pair("subprocess", "Popen"),
        std::pair("torch", "os.system"), std::pair("torchevil", "run"),
        std::pair("numpyx.core", "f")}) {
    std::string bytes = pickle(
        dict({{"model", dict({})},
              {"x", call(global(module, name), tuple({text("echo")}))}}));
    Pickle hostile = good(bytes);
    std::string said = message(checkCalls(hostile));
    EXPECT_SAYS(said, "calls '" + std::string(module) + "." + name + "'");
    EXPECT_SAYS(said, "not executed");
    EXPECT_SAYS(said, "at offset");
  }
  // By the older opcodes, too, and through a computed callee.
  EXPECT_SAYS(message(checkCalls(good("(iposix\nsystem\n."))), "posix.system");
  EXPECT_SAYS(message(checkCalls(good("(cposix\nsystem\no."))), "posix.system");
  EXPECT_SAYS(message(checkCalls(good("ctorch\nx\n)R)R."))),
              "calls the result of 'torch.x'");
}

TEST(PickleMachine, WhatCheckpointsCallIsFine) {
  for (auto [module, name] :
       {std::pair("collections", "OrderedDict"),
        std::pair("torch._utils", "_rebuild_tensor_v2"),
        std::pair("numpy.core.multiarray", "scalar"),
        std::pair("_codecs", "encode"), std::pair("__builtin__", "set"),
        std::pair("argparse", "Namespace")})
    EXPECT_EQ(
        message(checkCalls(good(pickle(call(global(module, name), ")"))))), "");
}

/// What a call of `module`.`name` with these arguments is said to be.
std::string calling(const std::string &module, const std::string &name,
                    const std::vector<std::string> &arguments) {
  return message(
      checkCalls(good(pickle(call(global(module, name), tuple(arguments))))));
}

TEST(PickleMachine, MembersOfEnumerationsAreFine) {
  EXPECT_EQ(calling("__main__", "Mode", {text("fast")}), "");
  EXPECT_EQ(calling("my.settings", "_Level", {integer(3)}), "");
  EXPECT_EQ(calling("my.settings", "Size", {integers({2, 3})}), "");
  EXPECT_EQ(calling("__builtin__", "getattr",
                    {global("my.settings", "Mode"), text("FAST")}),
            "");
  EXPECT_EQ(calling("types", "SimpleNamespace", {}), "");
}

TEST(PickleMachine, WhatOnlyLooksLikeAnEnumerationIsRefused) {
  std::string refused = "which no checkpoint needs";
  EXPECT_SAYS(calling("subprocess", "Popen", {text("id")}), refused);
  EXPECT_SAYS(calling("ctypes", "CDLL", {text("evil.so")}), refused);
  EXPECT_SAYS(calling("zipfile", "ZipFile", {text("x")}), refused);
  EXPECT_SAYS(calling("_posixsubprocess", "Fork", {text("x")}), refused);
  EXPECT_SAYS(calling("my.settings", "run", {text("id")}), refused);
  EXPECT_SAYS(calling("my.settings", "os.System", {text("id")}), refused);
  EXPECT_SAYS(calling("my.settings", "Mode", {text("a"), text("b")}), refused);
  EXPECT_SAYS(calling("my.settings", "Mode", {global("os", "system")}),
              refused);
  EXPECT_SAYS(calling("types", "FunctionType", {}), refused);
  std::string getter = global("builtins", "getattr");
  EXPECT_SAYS(
      calling("builtins", "getattr", {global("os", "path"), text("system")}),
      refused);
  // A member may be looked up, but not called.
  std::string member =
      call(getter, tuple({global("my.settings", "Mode"), text("FAST")}));
  EXPECT_SAYS(message(checkCalls(good(pickle(call(member, tuple({})))))),
              refused);
}

TEST(PickleMachine, ErrorsNameOpcodeAndOffset) {
  EXPECT_SAYS(bad("K\1R."), "opcode REDUCE at offset 2");
  EXPECT_SAYS(bad("N)R\xff"), "opcode 0xff at offset 3");
  EXPECT_SAYS(bad("."), "opcode STOP at offset 0: the stack is empty");
  EXPECT_SAYS(bad("t"), "opcode TUPLE at offset 0: there is no mark");
  EXPECT_SAYS(bad("h\1."), "memo index 1");
  EXPECT_SAYS(bad("Np99999999999\n."), "out of range");
  EXPECT_SAYS(bad("Np18446744073709551615\n."), "out of range");
  EXPECT_SAYS(bad("g18446744073709551615\n."), "nothing was stored");
  EXPECT_SAYS(bad("\x82\1."), "EXT1");
  EXPECT_SAYS(bad("\x97."), "NEXT_BUFFER");
  EXPECT_SAYS(bad("N)b."), "cannot set the state of None");
  EXPECT_SAYS(bad("NNa."), "cannot add items to None");
  EXPECT_SAYS(bad("N(NNu."), "cannot set items of None");
  EXPECT_SAYS(bad("}(Nu."), "a key has no value");
  EXPECT_SAYS(bad("cA\nB\nNR."), "not a tuple");
  EXPECT_SAYS(bad("N.N"), "1 bytes follow");
  EXPECT_SAYS(bad("N(."), "the stack is empty");
  EXPECT_SAYS(bad("Ix\n."), "no integer");
  EXPECT_SAYS(bad("Fx\n."), "no number");
  EXPECT_SAYS(bad("Sx\n."), "not in quotes");
  EXPECT_SAYS(bad("S'\\q'\n."), "unknown escape");
  EXPECT_SAYS(bad("V\\u00\n."), "broken");
}

TEST(PickleMachine, HugeClaimsCostNothing) {
  EXPECT_SAYS(bad("X\xff\xff\xff\xff."), "4294967295 bytes are needed");
  EXPECT_SAYS(bad("\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), "are needed");
  EXPECT_SAYS(bad("\x8e\xff\xff\xff\xff\xff\xff\xff\x7f."), "are needed");
  EXPECT_SAYS(bad("\x8b\xff\xff\xff\xff."), "are needed");
}

TEST(PickleMachine, LimitsHold) {
  PickleLimits few;
  few.maxData = 10;
  few.maxStack = 10;
  EXPECT_SAYS(bad(std::string(11, 'N') + ".", few), "more than 10 values");
  EXPECT_SAYS(bad("N" + std::string(10, '2') + ".", few), "on the stack");
  EXPECT_SAYS(bad(std::string(11, '(') + ".", few), "marks");
  few.maxBytes = 3;
  EXPECT_SAYS(bad("NNNN", few), "3 are the limit");
  // A long tuple, passed to many calls, is not copied into each.
  std::string bomb = "(" + std::string(100000, 'N') + "tq\1" + "0cA\nB\nq\2";
  for (int i = 0; i < 100000; ++i)
    bomb += "0h\2h\1R";
  EXPECT_TRUE(good(bomb + ".").root);
}

/// A state_dict with two tensors, an OrderedDict, memo and metadata.
std::string sample() {
  return pickle(
      global("collections", "OrderedDict") + ")Rq\1(" + text("w") +
      tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1}) + text("b") +
      tensor("HalfStorage", "1", 2, 0, {2}, {1}) + "u" +
      dict({{"_metadata", "](K\1M\1\2h\1G" + std::string(8, '\1') + "e"}}) +
      "b");
}

TEST(PickleMachine, EveryTruncationIsAnError) {
  std::string whole = sample();
  ASSERT_TRUE(good(whole).root);
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(bad(whole.substr(0, length)), "") << "at " << length;
}

TEST(PickleMachine, EveryDamageIsSurvived) {
  std::string whole = sample();
  for (size_t at = 0; at < whole.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(byte);
      auto pickle = readPickle(damaged);
      if (!pickle)
        EXPECT_NE(message(pickle.takeError()), "");
      else
        llvm::consumeError(checkCalls(*pickle));
    }
}

TEST(PickleMachine, PicklesCanFollowOneAnother) {
  size_t length = 0;
  auto first = readPickle("K\1.K\2.", {}, &length);
  ASSERT_TRUE(bool(first));
  EXPECT_EQ(first->root->asInt(), 1);
  EXPECT_EQ(length, 3u);
}

} // namespace
