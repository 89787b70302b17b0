// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SHA-256 known answers (FIPS 180-4 examples and edge lengths).

#include "deit_sha256.h"

#include <gtest/gtest.h>

namespace {

std::string hash(const std::string &text, size_t piece = SIZE_MAX) {
  deit_sha256 hash;
  char digest[65];
  deit_sha256_begin(&hash);
  for (size_t at = 0; at < text.size(); at += std::min(piece, text.size()))
    deit_sha256_add(&hash, text.data() + at, std::min(piece, text.size() - at));
  deit_sha256_end(&hash, digest);
  return digest;
}

TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb924"
                      "27ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223"
                         "b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039"
            "a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67"
            "f1809a48a497200e046d39ccc7112cd0");
}

// Python: hashlib.sha256(b"a" * n).hexdigest(), around the padding's edges.
TEST(Sha256, PaddingEdges) {
  EXPECT_EQ(hash(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9a"
                                        "e9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(hash(std::string(56, 'a')), "b35439a4ac6f0948b6d6f9e3c6af0f5f"
                                        "590ce20f1bde7090ef7970686ec6738a");
  EXPECT_EQ(hash(std::string(57, 'a')), "f13b2d724659eb3bf47f2dd6af1accc8"
                                        "7b81f09f59f2b75e5c0bed6589dfe8c6");
  EXPECT_EQ(hash(std::string(63, 'a')), "7d3e74a05d7db15bce4ad9ec0658ea98"
                                        "e3f06eeecf16b4c6fff2da457ddc2f34");
  EXPECT_EQ(hash(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209"
                                        "f439851db43d0ba5997337df154668eb");
  EXPECT_EQ(hash(std::string(65, 'a')), "635361c48bb9eab14198e76ea8ab7f1a"
                                        "41685d6ad62aa9146d301d4f17eb0ae0");
  EXPECT_EQ(hash(std::string(119, 'a')), "31eba51c313a5c08226adf18d4a359cf"
                                         "dfd8d2e816b13f4af952f7ea6584dcfb");
  EXPECT_EQ(hash(std::string(120, 'a')), "2f3d335432c70b580af0e8e1b3674a7c"
                                         "020d683aa5f73aaaedfdc55af904c21c");
}

TEST(Sha256, PiecesMakeNoDifference) {
  std::string text(300, 'x');
  for (size_t piece = 1; piece < 200; ++piece)
    EXPECT_EQ(hash(text, piece), hash(text));
}

} // namespace
