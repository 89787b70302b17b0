// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tests checkpoint files: archives, tensors, module trees, other formats.

#include "importer/Checkpoint.h"

#include "CheckpointFiles.h"
#include "importer/Archive.h"

#include <limits>

using namespace deit::importer;
using namespace deit::importer::testing;

namespace {

/// The floats 0, 1, 2, ... as bytes.
std::string ramp(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i)
    bytes += littleEndian(float(i));
  return bytes;
}

/// A zip checkpoint of the object `value` with these storages.
void writeCheckpoint(const TemporaryFile &file, const std::string &value,
                     const Pairs &storages, const Pairs &more = {}) {
  Pairs entries = {{"m/data.pkl", pickle(value)}};
  for (const auto &[key, bytes] : storages)
    entries.emplace_back("m/data/" + key, bytes);
  entries.insert(entries.end(), more.begin(), more.end());
  writeZip(file, entries);
}

/// Reads such a checkpoint, which must be good.
Checkpoint goodCheckpoint(const std::string &value, const Pairs &storages,
                          const Pairs &more = {}) {
  TemporaryFile file;
  writeCheckpoint(file, value, storages, more);
  auto checkpoint = readCheckpoint(file.name());
  if (checkpoint)
    return std::move(*checkpoint);
  ADD_FAILURE() << message(checkpoint.takeError());
  return {};
}

std::string badCheckpoint(const std::string &value, const Pairs &storages,
                          const Pairs &more = {}) {
  TemporaryFile file;
  writeCheckpoint(file, value, storages, more);
  return message(readCheckpoint(file.name()).takeError());
}

std::string badFile(const std::string &bytes) {
  TemporaryFile file(bytes);
  return message(readCheckpoint(file.name()).takeError());
}

std::vector<float> floatsOf(const Checkpoint &checkpoint,
                            const std::string &name) {
  auto found = checkpoint.tensors.find(name);
  if (found == checkpoint.tensors.end()) {
    ADD_FAILURE() << name << " is missing";
    return {};
  }
  auto floats = found->second.readFloats();
  if (floats)
    return *floats;
  ADD_FAILURE() << message(floats.takeError());
  return {};
}

using Floats = std::vector<float>;

TEST(Tensor, StridesAndSharedStorage) {
  auto view = [](int offset, std::vector<int32_t> shape,
                 std::vector<int32_t> strides) {
    return tensor("FloatStorage", "0", 12, offset, shape, strides);
  };
  Checkpoint checkpoint =
      goodCheckpoint(dict({{"whole", view(0, {3, 4}, {4, 1})},
                           {"transposed", view(0, {4, 3}, {1, 4})},
                           {"column", view(2, {3}, {4})},
                           {"expanded", view(5, {2, 2}, {0, 1})},
                           {"scalar", view(11, {}, {})},
                           {"empty", view(12, {0, 7}, {7, 1})}}),
                     {{"0", ramp(12)}});
  EXPECT_EQ(floatsOf(checkpoint, "whole")[11], 11);
  EXPECT_EQ(floatsOf(checkpoint, "transposed"),
            (Floats{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(floatsOf(checkpoint, "column"), (Floats{2, 6, 10}));
  EXPECT_EQ(floatsOf(checkpoint, "expanded"), (Floats{5, 6, 5, 6}));
  EXPECT_EQ(floatsOf(checkpoint, "scalar"), (Floats{11}));
  EXPECT_EQ(floatsOf(checkpoint, "empty"), Floats());
}

TEST(Tensor, TypesAreConverted) {
  std::string half, brain, wide;
  for (uint16_t bits : {0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000, 0x7c00})
    half += littleEndian(bits);
  for (uint16_t bits : {0x3f80, 0xc000})
    brain += littleEndian(bits);
  wide = littleEndian(0.1) + littleEndian(1e300);
  Checkpoint checkpoint = goodCheckpoint(
      dict({{"half", tensor("HalfStorage", "0", 6, 0, {6}, {1})},
            {"brain", tensor("BFloat16Storage", "1", 2, 0, {2}, {1})},
            {"wide", tensor("DoubleStorage", "2", 2, 0, {2}, {1})},
            {"long", tensor("LongStorage", "3", 1, 0, {1}, {1})}}),
      {{"0", half}, {"1", brain}, {"2", wide}, {"3", littleEndian(7L)}});
  float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(floatsOf(checkpoint, "half"),
            (Floats{1, -2, 0x1p-24f, 65504, -0.0f, infinity}));
  EXPECT_EQ(floatsOf(checkpoint, "brain"), (Floats{1, -2}));
  EXPECT_EQ(floatsOf(checkpoint, "wide"), (Floats{0.1f, infinity}));
  auto found = checkpoint.tensors.find("long");
  ASSERT_NE(found, checkpoint.tensors.end());
  EXPECT_SAYS(message(found->second.readFloats().takeError()), "int64");
}

TEST(Tensor, BigEndianFilesReadRight) {
  Checkpoint checkpoint = goodCheckpoint(
      dict({{"x", tensor("FloatStorage", "0", 1, 0, {1}, {1})}}),
      {{"0", std::string("\x3f\x80\0\0", 4)}}, {{"m/byteorder", "big"}});
  EXPECT_EQ(floatsOf(checkpoint, "x"), (Floats{1}));
}

TEST(Tensor, NothingReachesBeyondItsStorage) {
  auto bad = [](int offset, std::vector<int32_t> shape,
                std::vector<int32_t> strides) {
    return badCheckpoint(
        dict({{"x", tensor("FloatStorage", "0", 4, offset, shape, strides)}}),
        {{"0", ramp(4)}});
  };
  EXPECT_SAYS(bad(0, {5}, {1}), "reaches beyond its storage of 4 elements");
  EXPECT_SAYS(bad(1, {4}, {1}), "'x'");
  EXPECT_SAYS(bad(0, {2, 2}, {3, 1}), "reaches beyond");
  EXPECT_SAYS(bad(5, {0}, {1}), "reaches beyond");
  EXPECT_SAYS(bad(-1, {1}, {1}), "cannot have");
  EXPECT_SAYS(bad(0, {-1}, {1}), "cannot have");
  EXPECT_SAYS(bad(3, {2}, {-1}), "cannot have");
  EXPECT_SAYS(bad(0, {2}, {1, 1}), "cannot have");
  int32_t huge = std::numeric_limits<int32_t>::max();
  EXPECT_SAYS(bad(0, {huge, huge, huge}, {huge, huge, huge}), "reaches beyond");
  EXPECT_SAYS(bad(0, {huge}, {0}), "more than a storage of 4");
}

TEST(Tensor, StoragesMatchTheirEntries) {
  std::string value =
      dict({{"x", tensor("FloatStorage", "0", 1000000, 0, {1}, {1})}});
  EXPECT_SAYS(badCheckpoint(value, {{"0", ramp(4)}}),
              "has 16 bytes, its storage 4000000");
  EXPECT_SAYS(badCheckpoint(value, {}), "no entry 'm/data/0'");
}

TEST(Tensor, MalformedTensorsAreNamed) {
  std::string rebuild = global("torch._utils", "_rebuild_tensor_v2");
  auto bad = [&](const std::string &value) {
    return badCheckpoint(dict({{"x", value}}), {});
  };
  EXPECT_SAYS(bad(call(rebuild, ")")), "has 0 of 4 arguments");
  EXPECT_SAYS(bad(call(rebuild, tuple({"N", "N", "N", "N"}))), "is None");
  EXPECT_SAYS(bad(call(rebuild, tuple({"K\1Q", "N", "N", "N"}))),
              "not of the form");
  // A parameter of itself.
  EXPECT_SAYS(bad("]q\1" + global("torch._utils", "_rebuild_parameter") +
                  "h\1"
                  "0"
                  "(h\1tR"),
              "");
}

TEST(Checkpoint, FindsTheStateDict) {
  std::string sd = dict({{"x", tensor("FloatStorage", "0", 1, 0, {1}, {1})},
                         {"note", text("hello")}});
  for (const std::string &value :
       {sd, dict({{"model", sd}, {"epoch", integer(7)}}),
        dict({{"state_dict", sd}}), dict({{"model", dict({{"module", sd}})}}),
        call(global("collections", "OrderedDict"), ")") + "(" + text("model") +
            sd + "u"}) {
    Checkpoint checkpoint = goodCheckpoint(value, {{"0", ramp(1)}});
    EXPECT_EQ(checkpoint.tensors.size(), 1u);
    EXPECT_EQ(checkpoint.others, std::vector<std::string>{"note"});
    EXPECT_TRUE(checkpoint.modules.empty());
  }
}

TEST(Checkpoint, OfSeveralModelsTakesTheTrainedOne) {
  auto model = [](int offset) {
    return dict({{"x", tensor("FloatStorage", "0", 4, offset, {1}, {1})}});
  };
  Checkpoint both = goodCheckpoint(dict({{"ema", model(1)},
                                         {"state_dict_ema", model(2)},
                                         {"state_dict", model(3)}}),
                                   {{"0", ramp(4)}});
  EXPECT_EQ(floatsOf(both, "x"), (Floats{3}));
  ASSERT_EQ(both.notes.size(), 1u);
  EXPECT_EQ(both.notes[0],
            "the file holds several models, 'state_dict' and 'state_dict_ema' "
            "and 'ema'; 'state_dict' is imported");
  Checkpoint one =
      goodCheckpoint(dict({{"model_ema", model(2)}}), {{"0", ramp(4)}});
  EXPECT_EQ(floatsOf(one, "x"), (Floats{2}));
  EXPECT_TRUE(one.notes.empty());
}

TEST(Checkpoint, WhatIsBesideTheModelIsNotTheModel) {
  std::string x = tensor("FloatStorage", "0", 1, 0, {1}, {1});
  // A tensor beside it, and a text under a likely name.
  Checkpoint checkpoint =
      goodCheckpoint(dict({{"best_accuracy", x},
                           {"model", text("deit_tiny")},
                           {"state_dict", dict({{"x", x}})}}),
                     {{"0", ramp(1)}});
  EXPECT_EQ(checkpoint.tensors.size(), 1u);
  EXPECT_EQ(checkpoint.tensors.count("x"), 1u);
  EXPECT_TRUE(checkpoint.others.empty());
}

TEST(Checkpoint, TheOnlyModelMayHaveAnyName) {
  std::string sd = dict({{"x", tensor("FloatStorage", "0", 1, 0, {1}, {1})}});
  Checkpoint checkpoint = goodCheckpoint(
      dict({{"weights", sd}, {"epoch", integer(1)}}), {{"0", ramp(1)}});
  EXPECT_EQ(checkpoint.tensors.count("x"), 1u);
  EXPECT_EQ(checkpoint.notes,
            std::vector<std::string>{"'weights' is taken for the model"});
  EXPECT_SAYS(badCheckpoint(dict({{"a", sd}, {"b", sd}}), {{"0", ramp(1)}}),
              "a dictionary with the keys 'a', 'b', no model");
}

TEST(Checkpoint, TensorsOfUnknownKindsAreNamed) {
  for (std::string name :
       {"_rebuild_device_tensor_from_numpy", "_rebuild_qtensor",
        "_rebuild_sparse_tensor", "_rebuild_meta_tensor_no_storage"})
    EXPECT_SAYS(badCheckpoint(dict({{"x", call(global("torch._utils", name),
                                               tuple({"N"}))}}),
                              {}),
                "tensor 'x': 'torch._utils." + name + "'");
}

TEST(Checkpoint, StoragesOfUnknownTypesAreNamed) {
  EXPECT_SAYS(badCheckpoint(dict({{"x", tensor("ComplexFloatStorage", "0", 1, 0,
                                               {1}, {1})}}),
                            {{"0", ramp(2)}}),
              "is a ComplexFloatStorage, which is not supported");
}

TEST(Checkpoint, SaysWhatItFoundInstead) {
  EXPECT_SAYS(
      badCheckpoint(
          dict({{"x", call(global("numpy.core.multiarray", "_reconstruct"),
                           tuple({"N"}))}}),
          {}),
      "'x' and NumPy's arrays instead of tensors, no model");
  EXPECT_SAYS(badCheckpoint(dict({{"epoch", integer(1)}}), {}),
              "a dictionary with the keys 'epoch'");
  EXPECT_SAYS(badCheckpoint(dict({}), {}), "an empty dictionary");
  EXPECT_SAYS(badCheckpoint("]", {}), "holds a list, no model");
  EXPECT_SAYS(badCheckpoint("}q\1" + text("model") + "h\1s", {}), "no model");
}

TEST(Checkpoint, WalksModules) {
  std::string weight = tensor("FloatStorage", "0", 1, 0, {1}, {1});
  std::string tree = module(
      "Net", {{"scale", weight}, {"bias", "N"}},
      {{"fc", module("Linear", {{"weight", weight}}, {})}, {"gone", "N"}},
      {{"heads", integer(3)}});
  Checkpoint checkpoint = goodCheckpoint(tree, {{"0", ramp(1)}});
  EXPECT_EQ(checkpoint.tensors.size(), 2u);
  EXPECT_EQ(checkpoint.tensors.count("scale"), 1u);
  EXPECT_EQ(checkpoint.tensors.count("fc.weight"), 1u);
  EXPECT_EQ(checkpoint.modules.find("fc")->second.className, "torch.nn.Linear");
  EXPECT_EQ(checkpoint.attribute("", "heads")->asInt(), 3);
  EXPECT_EQ(checkpoint.attribute("fc", "heads"), nullptr);
  EXPECT_EQ(checkpoint.attribute("none", "heads"), nullptr);
}

TEST(Checkpoint, HooksAreRefused) {
  std::string tree =
      module("Net", {}, {}, {{"_forward_hooks", dict({{"0", "N"}})}});
  EXPECT_SAYS(badCheckpoint(tree, {}), "the model has hooks in _forward_hooks");
}

TEST(Checkpoint, CyclicModulesEnd) {
  // A module that is its own child.
  std::string self =
      global("torch.nn", "Net") + ")\x81q\1" +
      dict({{"_parameters", dict({})}, {"_modules", dict({{"a", "h\1"}})}}) +
      "b";
  EXPECT_SAYS(badCheckpoint(self, {}), "contain");
  // Every module twice below the one before: 2^40 of them.
  std::string bush = module("Net", {}, {}) + "q\1";
  for (int i = 0; i < 40; ++i)
    bush += "0" + module("Net", {}, {{"a", "h\1"}, {"b", "h\1"}}) + "q\1";
  EXPECT_SAYS(badCheckpoint(bush, {}), "too many modules");
}

TEST(Checkpoint, MaliceIsRefused) {
  std::string value =
      dict({{"x", tensor("FloatStorage", "0", 1, 0, {1}, {1})},
            {"y", call(global("posix", "system"), tuple({text("id")}))}});
  std::string said = badCheckpoint(value, {{"0", ramp(1)}});
  EXPECT_SAYS(said, "calls 'posix.system'");
  EXPECT_SAYS(said, "no checkpoint needs; the file is not executed");
}

TEST(Archive, OtherArchivesAreNamed) {
  TemporaryFile file;
  writeZip(file, {{"readme.txt", "hello"}});
  EXPECT_SAYS(message(readCheckpoint(file.name()).takeError()),
              "has no data.pkl");
  writeZip(file, {{"serialized_exported_program.json", "{}"}});
  EXPECT_SAYS(message(readCheckpoint(file.name()).takeError()), "torch.export");
  writeZip(file, {{"m/data.pkl", "N."}, {"m/constants.pkl", "N."}});
  EXPECT_SAYS(message(readCheckpoint(file.name()).takeError()), "TorchScript");
}

TEST(Archive, CompressedEntriesRead) {
  TemporaryFile file;
  std::string zeros(100000, '\0');
  writeZip(file, {{"a", zeros}}, ZIP_CM_DEFLATE);
  auto archive = Archive::open(file.name());
  ASSERT_TRUE(bool(archive));
  auto bytes = (*archive)->read("a");
  ASSERT_TRUE(bool(bytes));
  EXPECT_EQ(*bytes, zeros);
}

/// Overwrites the sizes that the entry "bomb" claims in both directories.
std::string claimSize(std::string zip, bool alsoCompressed, uint32_t size) {
  for (auto [signature, offset] :
       {std::pair(std::string("PK\3\4"), 18), {std::string("PK\1\2"), 20}}) {
    size_t at = zip.find(signature);
    EXPECT_NE(at, std::string::npos);
    if (alsoCompressed)
      zip.replace(at + offset, 4, littleEndian(size));
    zip.replace(at + offset + 4, 4, littleEndian(size));
  }
  return zip;
}

TEST(Archive, FalseSizesAreRefused) {
  for (int method : {ZIP_CM_STORE, ZIP_CM_DEFLATE})
    for (bool alsoCompressed : {false, true}) {
      TemporaryFile honest;
      writeZip(honest, {{"bomb", std::string(5000, 'x')}}, method);
      TemporaryFile file(claimSize(honest.bytes(), alsoCompressed, 0xf0000000));
      auto archive = Archive::open(file.name());
      EXPECT_FALSE(bool(archive));
      llvm::consumeError(archive.takeError());
    }
}

/// A pickle of `count` values, compressed.
std::string manyValues(int count) {
  TemporaryFile file;
  writeZip(file, {{"m/data.pkl", pickle("(" + std::string(count, 'N') + "t")}},
           ZIP_CM_DEFLATE);
  EXPECT_LT(file.bytes().size(), 2000u);
  return message(readCheckpoint(file.name()).takeError());
}

TEST(Archive, SmallFilesTakeLittleMemory) {
  EXPECT_SAYS(manyValues(1000), "holds a tuple, no model");
  EXPECT_SAYS(manyValues(1000000), "'m/data.pkl' has 1000005 bytes, ");
}

TEST(Archive, DamageIsNoticed) {
  TemporaryFile honest;
  writeZip(honest, {{"a", "some bytes that matter"}});
  std::string bytes = honest.bytes();
  bytes[bytes.find("matter")] = 'M';
  TemporaryFile file(bytes);
  auto archive = Archive::open(file.name());
  ASSERT_TRUE(bool(archive));
  EXPECT_SAYS(message((*archive)->read("a").takeError()), "'a' is damaged");
}

TEST(Archive, EveryTruncationIsAnError) {
  TemporaryFile whole;
  writeCheckpoint(whole,
                  dict({{"x", tensor("FloatStorage", "0", 4, 0, {4}, {1})}}),
                  {{"0", ramp(4)}});
  std::string bytes = whole.bytes();
  for (size_t length = 0; length < bytes.size(); ++length) {
    TemporaryFile file(bytes.substr(0, length));
    auto checkpoint = readCheckpoint(file.name());
    EXPECT_FALSE(bool(checkpoint)) << length;
    std::string said = message(checkpoint.takeError());
    EXPECT_EQ(said.find(file.name().str() + ": "), 0u) << said;
  }
}

TEST(Formats, OtherFilesAreRefused) {
  EXPECT_SAYS(badFile(""), "is empty");
  EXPECT_SAYS(badFile("hello"), "is no checkpoint");
  EXPECT_SAYS(badFile(pickle(dict({}))), "a pickle that torch.save did not");
  EXPECT_SAYS(message(readCheckpoint("/no/such/file").takeError()),
              "/no/such/file: cannot be read");
  EXPECT_SAYS(message(readCheckpoint("/").takeError()), "is a folder");
}

std::string safetensors(const std::string &header, const std::string &data) {
  return littleEndian(uint64_t(header.size())) + header + data;
}

TEST(Formats, Safetensors) {
  TemporaryFile file(
      safetensors(R"({"__metadata__":{"format":"pt"},)"
                  R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},)"
                  R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
                  ramp(3)));
  auto checkpoint = readCheckpoint(file.name());
  ASSERT_TRUE(bool(checkpoint));
  EXPECT_EQ(floatsOf(*checkpoint, "a"), (Floats{0}));
  EXPECT_EQ(floatsOf(*checkpoint, "b"), (Floats{1, 2}));
}

TEST(Formats, BadSafetensors) {
  auto bad = [](const std::string &header) {
    return badFile(safetensors(header, ramp(1)));
  };
  EXPECT_SAYS(bad("{"), "no JSON");
  EXPECT_SAYS(bad("{}"), "holds no tensors");
  EXPECT_SAYS(bad(R"({"a":1})"), "'a' is described by no object");
  EXPECT_SAYS(bad(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})"),
              "bytes 0 to 8 of 4");
  EXPECT_SAYS(bad(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"),
              "'a'");
  EXPECT_SAYS(bad(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[3,1]}})"),
              "'a'");
  EXPECT_SAYS(bad("{" + std::string(100000, '[')), "nests too deep");
  EXPECT_SAYS(badFile(littleEndian(uint64_t(1) << 40) + "{}"), "claims");
  EXPECT_SAYS(badFile(littleEndian(~uint64_t(0) >> 8) + "{}"), "claims");
}

TEST(Formats, SafetensorsCoverTheirData) {
  auto bad = [](int begin, int end, int floats) {
    std::string range =
        "[" + std::to_string(begin) + "," + std::to_string(end) + "]";
    std::string shape = "[" + std::to_string((end - begin) / 4) + "]";
    return badFile(
        safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                    R"("b":{"dtype":"F32","shape":)" +
                        shape + R"(,"data_offsets":)" + range + "}}",
                    ramp(floats)));
  };
  EXPECT_EQ(bad(8, 16, 4), "");
  EXPECT_EQ(bad(8, 8, 2), "");
  EXPECT_SAYS(bad(4, 12, 3), "'b' begins at byte 4, the one before it ends at "
                             "8");
  EXPECT_SAYS(bad(0, 8, 2), "'b' begins at byte 0");
  EXPECT_SAYS(bad(12, 16, 4), "'b' begins at byte 12");
  EXPECT_SAYS(bad(8, 12, 4), "the tensors end at byte 12 of 16");
}

TEST(Formats, SafetensorsTypes) {
  TemporaryFile file(safetensors(
      R"({"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},)"
      R"("b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},)"
      R"("d":{"dtype":"F64","shape":[1],"data_offsets":[4,12]},)"
      R"("e":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[12,16]}})",
      littleEndian(uint16_t(0x3c00)) + littleEndian(uint16_t(0xc000)) +
          littleEndian(0.5) + "abcd"));
  auto checkpoint = readCheckpoint(file.name());
  ASSERT_TRUE(bool(checkpoint)) << message(checkpoint.takeError());
  EXPECT_EQ(floatsOf(*checkpoint, "h"), (Floats{1}));
  EXPECT_EQ(floatsOf(*checkpoint, "b"), (Floats{-2}));
  EXPECT_EQ(floatsOf(*checkpoint, "d"), (Floats{0.5}));
  auto found = checkpoint->tensors.find("e");
  ASSERT_NE(found, checkpoint->tensors.end());
  EXPECT_SAYS(message(found->second.readFloats().takeError()), "unsupported");
}

TEST(Formats, Legacy) {
  std::string value = call(global("collections", "OrderedDict"), ")") + "(" +
                      text("x") + tensor("FloatStorage", "77", 3, 1, {2}, {1}) +
                      "u";
  std::string bytes =
      pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") +
      pickle("M\xe9\x03") + pickle(dict({{"little_endian", "\x88"}})) +
      pickle(value) + pickle("]" + text("77") + "a") +
      littleEndian(uint64_t(3)) + ramp(3);
  {
    TemporaryFile file(bytes);
    auto checkpoint = readCheckpoint(file.name());
    ASSERT_TRUE(bool(checkpoint)) << message(checkpoint.takeError());
    EXPECT_EQ(floatsOf(*checkpoint, "x"), (Floats{1, 2}));
  }
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(badFile(bytes.substr(0, length)), "") << length;
}

} // namespace
