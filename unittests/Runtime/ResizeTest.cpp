// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Resizing equals Pillow's, bit for bit.

#include "deit_resize.h"
#include "deit_sha256.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

struct Case {
  uint32_t fromWidth, fromHeight, toWidth, toHeight;
  const char *digest;
};

// Printed by scripts/make-resize-vectors.py with Pillow 9.4.0.
const Case cases[] = {
    {32, 32, 224, 224,
     "082efa4458f3dbc9b94374b30f7e1a9fb9257c3e3a3f8e787211e19cf5a71d4b"},
    {32, 32, 64, 64,
     "2e2f4f07e3ce0400dfa33caca12e2efb6925fd917fa394d9228d502cf90e03bd"},
    {32, 32, 32, 32,
     "edb62ca65b45c3ce63e80a656729e03e5757f04ec500523b59c4d70465660f94"},
    {32, 32, 48, 48,
     "43922e2c69483e92ee697b1f54e146fe2623b4686c280d6c645b36a7c773a6c5"},
    {48, 48, 20, 20,
     "efc94885323eda78a4813525ae9f54eeec4ee50df2a19c4dfe41a35f90748982"},
    {1, 1, 5, 5,
     "98e1e1813b325c789d9936ffceecb9593c1db25936e1d454d571d5168b4d1280"},
    {32, 32, 384, 384,
     "4c793f8b5f5f7016750d2a5761e20a33d86550d78fb70271eacfb1328c8fd94a"},
    {32, 32, 224, 32,
     "30175c97333d2298bbbdf4ada8b9e1faccb00b9a16bfbea1b10f265c12c2c172"},
    {32, 32, 32, 224,
     "2af12ea972444fca2cea60eb29bbcd302be6468ffedab9e588eeca43d23e470b"},
    {32, 32, 31, 33,
     "3c65d0af3403dc9dfa4f93e5b4ba3ce35294ebe458d363a7698c0b353094d938"},
    {7, 3, 2, 11,
     "19be8098e3698f9de3d2aa53f4196234901c307af005de00e0bc0544b2fe673e"},
    {100, 60, 1, 1,
     "8ae40a3583aef6697d2c2eff57eb915ed0bda54aaa92812ad97982743ac06f37"},
    {64, 64, 63, 17,
     "4ec7797e69d3b50abc98cd443e6ee5714dff9f5721dc1c61611995129f753c0c"},
    {2, 2, 3, 3,
     "308bf80e9d499f889fb2478fb73b22a7e99142e670871bbb619fd071b46540d2"},
    {5, 300, 6, 7,
     "9f8c7da44aa1ea1c417492cea8bc9c8b5cf18eb74e95c8e3dec6e766078999d2"},
    {32, 32, 240, 240,
     "ea722a6b08adffcae68ed880248a2b9d5cedb439c1599d739687f510b5b5fcab"},
};

const Case bilinearCases[] = {
    {32, 32, 224, 224,
     "899908be9ab0f08b2e66569440daa2c67a1ea3bec11d1ef4e4c11a23e46534fd"},
    {32, 32, 48, 48,
     "4a4e7ca28d9a93c93d0711daba65ffb8ab4966126323b00f870099cdf25ba866"},
    {48, 48, 20, 20,
     "38f66572072f1a59a7bcf46df53d6bd844a1de51eb77e01903b73153410f1979"},
    {1, 1, 5, 5,
     "0ae57436fccdddfe6566fbe9bf75d807ec3b3d7658415cfffd532c6210b5384e"},
    {7, 3, 2, 11,
     "f56bef185c45a38ea8b47a61c3d2632fa970d52db93294379b7308a1129f68c2"},
    {100, 60, 1, 1,
     "decc3b82f915577a4e440dc4a121dc070c14b91fb29c3c885a43ff6cf52d5c22"},
    {5, 300, 6, 7,
     "fc1ba9d43987402e2da24ca2f38de472f77674448c923739053069689a440b68"},
};

/// The script's generator.
std::vector<uint8_t> randomBytes(uint32_t state, size_t count) {
  std::vector<uint8_t> bytes;
  while (bytes.size() < count) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    uint32_t kind = state & 7;
    bytes.push_back(kind == 0 ? 0 : kind == 1 ? 255 : state >> 24);
  }
  return bytes;
}

std::vector<uint8_t> resize(const Case &test, const std::vector<uint8_t> &from,
                            int times = 1,
                            deit_filter filter = DEIT_FILTER_BICUBIC) {
  deit_resizer *resizer = deit_resizer_create(
      filter, test.fromWidth, test.fromHeight, test.toWidth, test.toHeight);
  std::vector<uint8_t> to(size_t{test.toWidth} * test.toHeight * 3);
  for (int i = 0; i < times; ++i)
    deit_resize(resizer, from.data(), to.data());
  deit_resizer_free(resizer);
  return to;
}

std::string hash(const std::vector<uint8_t> &bytes) {
  deit_sha256 hash;
  char digest[65];
  deit_sha256_begin(&hash);
  deit_sha256_add(&hash, bytes.data(), bytes.size());
  deit_sha256_end(&hash, digest);
  return digest;
}

TEST(Resize, EqualsPillow) {
  uint32_t seed = 0;
  for (const Case &test : cases) {
    auto from = randomBytes(++seed, test.fromWidth * test.fromHeight * 3);
    EXPECT_EQ(hash(resize(test, from)), test.digest)
        << test.fromWidth << "x" << test.fromHeight << " to " << test.toWidth
        << "x" << test.toHeight;
  }
}

TEST(Resize, BilinearEqualsPillow) {
  uint32_t seed = 0;
  for (const Case &test : bilinearCases) {
    auto from = randomBytes(++seed, test.fromWidth * test.fromHeight * 3);
    EXPECT_EQ(hash(resize(test, from, 1, DEIT_FILTER_BILINEAR)), test.digest)
        << test.fromWidth << "x" << test.fromHeight << " to " << test.toWidth
        << "x" << test.toHeight;
  }
}

// Image.frombytes("RGB", (2, 2), bytes([0, 255, 10, 255, 0, 20, 80, 90, 100,
// 200, 30, 250])).resize((3, 1), Image.BICUBIC)
TEST(Resize, SmallImageByHand) {
  std::vector<uint8_t> from = {0,  255, 10,  255, 0,  20,
                               80, 90,  100, 200, 30, 250};
  std::vector<uint8_t> expected = {36, 175, 50, 134, 94, 95, 232, 13, 138};
  EXPECT_EQ(resize({2, 2, 3, 1, ""}, from), expected);
}

TEST(Resize, SameSizeIsACopy) {
  auto from = randomBytes(7, 5 * 9 * 3);
  EXPECT_EQ(resize({5, 9, 5, 9, ""}, from), from);
}

TEST(Resize, UniformStaysUniform) {
  for (int level : {0, 1, 127, 254, 255}) {
    std::vector<uint8_t> from(32 * 32 * 3, level), to(224 * 224 * 3, level);
    EXPECT_EQ(resize({32, 32, 224, 224, ""}, from), to);
  }
}

TEST(Resize, ReusableResizer) {
  auto from = randomBytes(1, 32 * 32 * 3);
  EXPECT_EQ(hash(resize(cases[0], from, 3)), cases[0].digest);
}

} // namespace
