// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Feature names and core count; the features themselves against the compiler's
// own detection, which this process, being dynamic, may trust.

#include "deit_abi.h"
#include "deit_cpu.h"

#include <gtest/gtest.h>

namespace {

std::string names(int64_t features, size_t bytes = 256) {
  std::string text(bytes, 'x');
  deit_feature_names(features, text.data(), bytes);
  return text.c_str();
}

TEST(Cpu, Names) {
  EXPECT_EQ(names(0), "");
  EXPECT_EQ(names(DEIT_FEATURE_DOTPROD), "dotprod");
  EXPECT_EQ(names(DEIT_FEATURE_AVX512VNNI | DEIT_FEATURE_AVX512VBMI),
            "avx512vnni, avx512vbmi");
  EXPECT_EQ(
      names(DEIT_FEATURE_AVX2 | DEIT_FEATURE_FMA_BMI | DEIT_FEATURE_AVX512),
      "avx2, fma/bmi2, avx512f/bw/dq/vl/cd");
  EXPECT_EQ(names(int64_t{1} << 40), "a feature unknown to this version");
}

TEST(Cpu, NamesInLittleRoom) {
  for (size_t bytes = 1; bytes < 40; ++bytes)
    EXPECT_LT(names(~int64_t{0}, bytes).size(), bytes);
}

TEST(Cpu, Cores) {
  EXPECT_GE(deit_core_count(), 1u);
  EXPECT_LE(deit_core_count(), 256u);
}

#ifdef __x86_64__
TEST(Cpu, AgreesWithTheCompiler) {
  __builtin_cpu_init();
  int64_t features = deit_cpu_features();
  EXPECT_EQ((features & DEIT_FEATURE_AVX2) != 0,
            __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ((features & DEIT_FEATURE_AVX512) != 0,
            __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512cd"));
  EXPECT_EQ((features & DEIT_FEATURE_AVX512VNNI) != 0,
            __builtin_cpu_supports("avx512vnni") != 0);
  EXPECT_EQ((features & DEIT_FEATURE_AVX512VBMI) != 0,
            __builtin_cpu_supports("avx512vbmi") != 0);
  EXPECT_EQ(features & (DEIT_FEATURE_NEON | DEIT_FEATURE_DOTPROD), 0);
}
#endif

} // namespace
