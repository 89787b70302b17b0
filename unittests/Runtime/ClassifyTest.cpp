// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Crops are those of timm's evaluation; softmax is softmax.

#include "deit_classify.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace {

struct Case {
  uint32_t width, height, toWidth, toHeight;
  double crop;
  deit_crop result;
};

// By timm 0.9's create_transform: Resize((floor(224 / 0.9))) and CenterCrop,
// whose offsets Python rounds, halves to even.
const Case cases[] = {
    {640, 480, 224, 224, 0.9, {330, 248, 53, 12}},
    {480, 640, 224, 224, 0.9, {248, 330, 12, 53}},
    {32, 32, 224, 224, 1, {224, 224, 0, 0}},
    {400, 300, 64, 64, 1, {85, 64, 10, 0}},
    {301, 300, 300, 300, 1, {301, 300, 0, 0}},
    {303, 300, 300, 300, 1, {303, 300, 2, 0}},
    {100, 100, 60, 20, 1, {60, 60, 0, 20}},
    {1, 65535, 224, 224, 1, {224, 14679840, 0, 7339808}},
};

TEST(Classify, CropsAsTimmDoes) {
  for (const Case &test : cases) {
    deit_crop found;
    ASSERT_TRUE(deit_center_crop(test.width, test.height, test.toWidth,
                                 test.toHeight, test.crop, &found));
    EXPECT_EQ(found.width, test.result.width) << test.width;
    EXPECT_EQ(found.height, test.result.height) << test.width;
    EXPECT_EQ(found.left, test.result.left) << test.width;
    EXPECT_EQ(found.top, test.result.top) << test.width;
  }
  deit_crop found;
  EXPECT_FALSE(deit_center_crop(1, 65535, 65535, 65535, 1, &found));
}

TEST(Classify, CropsAreParts) {
  const uint32_t width = 37, height = 23, toWidth = 8, toHeight = 5;
  const deit_crop crop = {19, 11, 6, 3};
  std::vector<uint8_t> from(width * height * 3);
  for (size_t i = 0; i < from.size(); ++i)
    from[i] = i * i * 7 >> 3;
  deit_resizer *whole = deit_resizer_create(DEIT_FILTER_BICUBIC, width, height,
                                            crop.width, crop.height);
  deit_resizer *part = deit_resizer_create_crop(
      DEIT_FILTER_BICUBIC, width, height, &crop, toWidth, toHeight);
  std::vector<uint8_t> all(crop.width * crop.height * 3);
  std::vector<uint8_t> some(toWidth * toHeight * 3);
  deit_resize(whole, from.data(), all.data());
  deit_resize(part, from.data(), some.data());
  for (uint32_t y = 0; y < toHeight; ++y)
    for (uint32_t x = 0; x < toWidth * 3; ++x)
      EXPECT_EQ(some[y * toWidth * 3 + x],
                all[((y + crop.top) * crop.width + crop.left) * 3 + x]);
  deit_resizer_free(whole);
  deit_resizer_free(part);
}

TEST(Classify, Softmax) {
  const int32_t integers[] = {1000000, 999998, 0};
  double found[3];
  deit_softmax(integers, 0, 0.5, 3, found);
  EXPECT_DOUBLE_EQ(found[0], 1 / (1 + std::exp(-1.0)));
  EXPECT_DOUBLE_EQ(found[1], std::exp(-1.0) / (1 + std::exp(-1.0)));
  EXPECT_EQ(found[2], 0);
  const float floats[] = {200, 200};
  deit_softmax(floats, 1, 0, 2, found);
  EXPECT_DOUBLE_EQ(found[0], 0.5);
}

} // namespace
