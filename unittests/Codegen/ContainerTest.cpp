// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler writes, the runtime reads.

#include "deit/Codegen/Container.h"
#include "deit_expand.h"
#include "deit_pack.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <random>

using namespace deit;

namespace {

class ContainerTest : public testing::Test {
protected:
  ContainerTest() {
    context.loadDialect<fxp::FxpDialect, func::FuncDialect>();
    context.allowUnregisteredDialects();
  }

  /// The constants of `text` that something uses.
  SmallVector<fxp::ConstantOp> parse(StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    return collectConstants(*module);
  }

  /// The elements of entry `index` as T.
  template <typename T>
  std::vector<T> payload(const std::string &bytes, uint32_t index) {
    const deit_container_header *header =
        deit_container_open(bytes.data(), bytes.size());
    deit_container_entry entry = deit_container_get(header, index);
    std::vector<T> values(entry.bytes / sizeof(T));
    std::vector<uint64_t> workspace(deit_expand_workspace(&entry) / 8 + 1);
    EXPECT_TRUE(deit_expand(header, &entry,
                            reinterpret_cast<uint8_t *>(values.data()),
                            workspace.data()));
    return values;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

constexpr StringRef kKinds = R"mlir(
  %0 = fxp.constant dense<[[1, -2, 3], [-128, 127, 0]]> : tensor<2x3xi8>
    -> tensor<2x3xi8>
  %1 = fxp.constant dense<[-1, 0, 1]> : tensor<3xi8> -> tensor<3xui8>
  %2 = fxp.constant dense<[[[-32768, 32767]]]> : tensor<1x1x2xi16>
    -> tensor<1x1x2xi16>
  %3 = fxp.constant dense<[-2147483648, 5]> : tensor<2xi32> -> tensor<2xi32>
  "test.use"(%0, %1, %2, %3)
    : (tensor<2x3xi8>, tensor<3xui8>, tensor<1x1x2xi16>, tensor<2xi32>) -> ()
)mlir";

TEST_F(ContainerTest, RuntimeReadsEveryKind) {
  SmallVector<fxp::ConstantOp> constants = parse(kKinds);
  ASSERT_EQ(constants.size(), 4u);
  std::string bytes = cantFail(makeContainer(constants));
  EXPECT_EQ(bytes.size(), cantFail(containerBytes(constants)));
  const deit_container_header *header =
      deit_container_open(bytes.data(), bytes.size());
  ASSERT_NE(header, nullptr);
  EXPECT_EQ(header->entry_count, 4u);

  const struct {
    deit_element element;
    uint32_t rows, columns;
  } expected[] = {{DEIT_ELEMENT_S8, 2, 3},
                  {DEIT_ELEMENT_U8, 1, 3},
                  {DEIT_ELEMENT_S16, 1, 2},
                  {DEIT_ELEMENT_S32, 1, 2}};
  for (uint32_t i = 0; i < 4; ++i) {
    deit_container_entry entry = deit_container_get(header, i);
    EXPECT_EQ(entry.element, expected[i].element) << i;
    EXPECT_EQ(entry.rows, expected[i].rows) << i;
    EXPECT_EQ(entry.columns, expected[i].columns) << i;
  }
  EXPECT_EQ(payload<int8_t>(bytes, 0),
            (std::vector<int8_t>{1, -2, 3, -128, 127, 0}));
  EXPECT_EQ(payload<uint8_t>(bytes, 1), (std::vector<uint8_t>{255, 0, 1}));
  EXPECT_EQ(payload<int16_t>(bytes, 2), (std::vector<int16_t>{-32768, 32767}));
  EXPECT_EQ(payload<int32_t>(bytes, 3), (std::vector<int32_t>{INT32_MIN, 5}));
}

TEST_F(ContainerTest, SameConstantsGiveSameBytes) {
  std::string first = cantFail(makeContainer(parse(kKinds)));
  std::string second = cantFail(makeContainer(parse(kKinds)));
  EXPECT_EQ(first, second);
}

TEST_F(ContainerTest, RuntimeRefusesAnyOtherByte) {
  std::string bytes = cantFail(makeContainer(parse(kKinds)));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 0x10;
    EXPECT_EQ(deit_container_open(damaged.data(), damaged.size()), nullptr)
        << "byte " << i;
  }
}

/// A matrix, its bias and a table, and the program that packs them.
constexpr StringRef kModel = R"mlir(
  %w = fxp.constant dense<3> : tensor<40x24xi8> -> tensor<40x24xi8>
  %b = fxp.constant dense<70000> : tensor<40xi32> -> tensor<40xi32>
  %t = fxp.constant dense<-2> : tensor<256xi16> -> tensor<256xi16>
  "test.use"(%w, %b, %t)
    : (tensor<40x24xi8>, tensor<40xi32>, tensor<256xi16>) -> ()
)mlir";
constexpr deit_pack kPacks[] = {
    {DEIT_PACK_GEMM, 0, 0, 0, 0, 1, 960, 8, 4, 1, 40, 24, 0},
    {DEIT_PACK_ROWS, 2, 1120, 512, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
constexpr size_t kPackedBytes = 1632;

deit_program_t packingProgram() {
  deit_program_t program = {};
  program.entry_count = 3;
  program.packed_bytes = kPackedBytes;
  program.packs = kPacks;
  program.pack_count = 2;
  return program;
}

/// Whether `bytes` is a container of the program, which then can be packed, or
/// is found to be damaged while it is.
bool packs(const std::string &bytes, std::vector<uint8_t> &packed) {
  const deit_program_t program = packingProgram();
  const deit_container_header *header =
      deit_container_open(bytes.data(), bytes.size());
  if (!header || !deit_packs_match(&program, header))
    return false;
  packed.assign(kPackedBytes + 8, 0);
  for (const deit_pack &pack : kPacks) {
    std::vector<uint64_t> workspace(deit_pack_workspace(&pack, header) / 8);
    if (!deit_pack_constant(&pack, header, packed.data(),
                            reinterpret_cast<uint8_t *>(workspace.data())))
      return false;
  }
  return std::all_of(packed.end() - 8, packed.end(),
                     [](uint8_t byte) { return byte == 0; });
}

/// A writer that knows the format can make the checksum fit anything.
TEST_F(ContainerTest, DamageBehindARightChecksum) {
  std::string sound = cantFail(makeContainer(parse(kModel)));
  std::vector<uint8_t> packed;
  ASSERT_TRUE(packs(sound, packed));
  EXPECT_EQ(packed[0], 3);
  EXPECT_EQ(packed[1120], 0xfe);
  std::mt19937 random(9);
  int refused = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string damaged = sound;
    for (int flips = 1 + i % 4; flips > 0; --flips)
      damaged[20 + random() % (damaged.size() - 20)] ^= 1 << random() % 8;
    uint32_t crc = deit_crc32(0, damaged.data() + 20, damaged.size() - 20);
    memcpy(&damaged[16], &crc, 4);
    refused += !packs(damaged, packed);
  }
  EXPECT_GT(refused, 5000);
}

TEST_F(ContainerTest, NoConstants) {
  std::string bytes = cantFail(makeContainer({}));
  EXPECT_EQ(bytes.size(), sizeof(deit_container_header));
  ASSERT_NE(deit_container_open(bytes.data(), bytes.size()), nullptr);
}

TEST_F(ContainerTest, ElidedWeightsAreAnError) {
  SmallVector<fxp::ConstantOp> constants = parse(R"mlir(
    %0 = fxp.constant dense_resource<__elided__> : tensor<2x3xi8>
      -> tensor<2x3xi8>
    "test.use"(%0) : (tensor<2x3xi8>) -> ()
  )mlir");
  Expected<std::string> bytes = makeContainer(constants);
  ASSERT_FALSE(bytes);
  EXPECT_NE(llvm::toString(bytes.takeError()).find("elided"),
            std::string::npos);
}

TEST_F(ContainerTest, ConstantsInOrderOfFirstUse) {
  SmallVector<fxp::ConstantOp> constants = parse(R"mlir(
    %unused = fxp.constant dense<9> : tensor<9xi32> -> tensor<9xi32>
    %0 = fxp.constant dense<1> : tensor<1xi32> -> tensor<1xi32>
    %1 = fxp.constant dense<2> : tensor<2xi32> -> tensor<2xi32>
    %2 = fxp.constant dense<3> : tensor<3xi32> -> tensor<3xi32>
    "test.use"(%2, %0) : (tensor<3xi32>, tensor<1xi32>) -> ()
    "test.use"(%0, %1) : (tensor<1xi32>, tensor<2xi32>) -> ()
  )mlir");
  SmallVector<int64_t> sizes;
  for (fxp::ConstantOp constant : constants)
    sizes.push_back(constant.getResult().getType().getNumElements());
  EXPECT_EQ(sizes, (SmallVector<int64_t>{3, 1, 2}));
}

TEST_F(ContainerTest, AProgramListsItsConstants) {
  module = parseSourceString<ModuleOp>(R"mlir(
    fxp.program @deit_program attributes {target = "t", features = 0 : i64,
        batch = 1 : i64, image_height = 4 : i64, image_width = 8 : i64, classes = 2 : i64,
        logit_scale = 0.5 : f64, arena_bytes = 64 : i64,
        packed_bytes = 128 : i64, logits_offset = 0 : i64, logits_stride = 8 : i64} {
      %0 = fxp.constant dense<1> : tensor<1xi32> -> tensor<1xi32>
      %1 = fxp.constant dense<1> : tensor<1xi32> -> tensor<1xi32>
    }
  )mlir",
                                       &context);
  ASSERT_TRUE(module);
  fxp::ProgramOp program = *module->getOps<fxp::ProgramOp>().begin();
  EXPECT_EQ(collectConstants(program).size(), 2u);
}

} // namespace
