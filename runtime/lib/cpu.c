// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Detects CPU features. Must itself run on the oldest CPU of the architecture.

#define _GNU_SOURCE // sched_getaffinity

#include "deit_abi.h"
#include "deit_cpu.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>

typedef struct {
  unsigned eax, ebx, ecx, edx;
} leaf;

/// CPUID, zeros where the CPU has no such leaf.
static leaf read_leaf(unsigned number, unsigned part) {
  leaf found = {0};
  __get_cpuid_count(number, part, &found.eax, &found.ebx, &found.ecx,
                    &found.edx);
  return found;
}

static bool has_bits(unsigned value, unsigned bits) {
  return (value & bits) == bits;
}

/// The register state the system saves on a context switch (XCR0): without
/// it an instruction traps however new the CPU is.
static unsigned saved_state(leaf basic) {
  if (!has_bits(basic.ecx, bit_OSXSAVE))
    return 0;
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static bool has_fma_bmi(leaf basic, leaf extended) {
  const unsigned basic_bits = bit_FMA | bit_MOVBE | bit_POPCNT | bit_F16C;
  return has_bits(basic.ecx, basic_bits) &&
         has_bits(extended.ebx, bit_BMI | bit_BMI2) &&
         has_bits(read_leaf(0x80000001, 0).ecx, bit_LZCNT);
}

int64_t deit_cpu_features(void) {
  const unsigned ymm_state = 0x06, zmm_state = 0xe6;
  const unsigned avx512 =
      bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL | bit_AVX512CD;
  leaf basic = read_leaf(1, 0), extended = read_leaf(7, 0);
  unsigned saved = saved_state(basic);
  int64_t features = 0;
  if (!has_bits(saved, ymm_state) || !has_bits(basic.ecx, bit_AVX))
    return features;
  if (has_bits(extended.ebx, bit_AVX2))
    features |= DEIT_FEATURE_AVX2;
  if (has_fma_bmi(basic, extended))
    features |= DEIT_FEATURE_FMA_BMI;
  if (has_bits(read_leaf(7, 1).eax, bit_AVXVNNI))
    features |= DEIT_FEATURE_AVXVNNI;
  if (!has_bits(saved, zmm_state) || !has_bits(extended.ebx, avx512))
    return features;
  features |= DEIT_FEATURE_AVX512;
  if (has_bits(extended.ecx, bit_AVX512VNNI))
    features |= DEIT_FEATURE_AVX512VNNI;
  if (has_bits(extended.ecx, bit_AVX512VBMI))
    features |= DEIT_FEATURE_AVX512VBMI;
  return features;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

int64_t deit_cpu_features(void) {
  const unsigned long asimddp = 1ul << 20; // HWCAP_ASIMDDP
  return DEIT_FEATURE_NEON |
         (getauxval(AT_HWCAP) & asimddp ? DEIT_FEATURE_DOTPROD : 0);
}

#else
int64_t deit_cpu_features(void) { return 0; }
#endif

static const struct {
  int64_t feature;
  const char *name;
} feature_names[] = {
    {DEIT_FEATURE_AVX2, "avx2"},
    {DEIT_FEATURE_FMA_BMI, "fma/bmi2"},
    {DEIT_FEATURE_AVX512, "avx512f/bw/dq/vl/cd"},
    {DEIT_FEATURE_AVX512VNNI, "avx512vnni"},
    {DEIT_FEATURE_AVX512VBMI, "avx512vbmi"},
    {DEIT_FEATURE_AVXVNNI, "avxvnni"},
    {DEIT_FEATURE_NEON, "neon"},
    {DEIT_FEATURE_DOTPROD, "dotprod"},
};

static void append(char *text, size_t bytes, size_t *used, const char *name) {
  int length = snprintf(text + *used, bytes - *used, "%s%s",
                        *used > 0 ? ", " : "", name);
  *used += (size_t)length;
  if (*used >= bytes)
    *used = bytes - 1;
}

void deit_feature_names(int64_t features, char *text, size_t bytes) {
  size_t used = 0;
  text[0] = 0;
  for (size_t i = 0; i < sizeof feature_names / sizeof *feature_names; ++i) {
    if (features & feature_names[i].feature)
      append(text, bytes, &used, feature_names[i].name);
    features &= ~feature_names[i].feature;
  }
  if (features != 0)
    append(text, bytes, &used, "a feature unknown to this version");
}

unsigned deit_core_count(void) {
  cpu_set_t allowed;
  long count = sched_getaffinity(0, sizeof allowed, &allowed) == 0
                   ? CPU_COUNT(&allowed)
                   : sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > 256 ? 256 : (unsigned)count;
}
