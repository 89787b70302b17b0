// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranks, medians and the course's score at its edges.

#include "deit_score.h"

#include <gtest/gtest.h>

#include <cmath>

namespace {

uint32_t rank(const std::vector<int32_t> &logits, uint32_t label) {
  return deit_rank(logits.data(), 0, logits.size(), label);
}

uint32_t rank(const std::vector<float> &logits, uint32_t label) {
  return deit_rank(logits.data(), 1, logits.size(), label);
}

TEST(Score, Rank) {
  std::vector<int32_t> logits = {5, INT32_MAX, INT32_MIN, 5, INT32_MAX - 1};
  EXPECT_EQ(rank(logits, 1), 0u);
  EXPECT_EQ(rank(logits, 4), 1u);
  EXPECT_EQ(rank(logits, 0), 2u);
  EXPECT_EQ(rank(logits, 3), 3u); // the lower class of equal ones comes first
  EXPECT_EQ(rank(logits, 2), 4u);
}

TEST(Score, EqualLogitsHitOnlyTheFirstClasses) {
  std::vector<int32_t> logits(100, 0);
  for (uint32_t label = 0; label < 100; ++label)
    EXPECT_EQ(rank(logits, label), label);
}

TEST(Score, FloatRank) {
  std::vector<float> logits = {0.5f, -1.0f, NAN, INFINITY, 0.5f};
  EXPECT_EQ(rank(logits, 3), 0u);
  EXPECT_EQ(rank(logits, 0), 1u);
  EXPECT_EQ(rank(logits, 4), 2u);
  EXPECT_EQ(rank(logits, 1), 3u);
  EXPECT_EQ(rank(logits, 2), 4u); // not a number: never right
}

TEST(Score, CourseScore) {
  EXPECT_EQ(deit_course_score(30000001, 85.99), 0);
  EXPECT_EQ(deit_course_score(30000000, 85.99), 10);
  EXPECT_EQ(deit_course_score(27000001, 0), 10);
  EXPECT_EQ(deit_course_score(27000000, 0), 10);
  EXPECT_EQ(deit_course_score(26000001, 0), 10);
  EXPECT_EQ(deit_course_score(26000000, 0), 12);
  EXPECT_EQ(deit_course_score(25999999, 0), 12);
  EXPECT_EQ(deit_course_score(1000000, 0), 62);
  EXPECT_EQ(deit_course_score(0, 0), 64);
  EXPECT_EQ(deit_course_score(40000000, 86), 10);
  EXPECT_EQ(deit_course_score(40000000, 86.99), 10);
  EXPECT_EQ(deit_course_score(40000000, 87), 12);
  EXPECT_EQ(deit_course_score(21900000, 82.8), 20);
  EXPECT_EQ(deit_course_score(9990000, 90.2), 10 + 34 + 18);
  EXPECT_EQ(deit_course_score(0, 100), 64 + 38);
}

TEST(Score, Median) {
  double values[] = {9, 1, 5, 3};
  EXPECT_EQ(deit_median(values, 0), 0);
  EXPECT_EQ(deit_median(values, 1), 9);
  EXPECT_EQ(deit_median(values, 3), 5);
  EXPECT_EQ(deit_median(values, 4), 4);
}

} // namespace
