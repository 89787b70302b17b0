// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Descriptions of the CPUs that code is generated for.

#include "deit/Codegen/Target.h"
#include "deit_abi.h"
#include "deit_cpu.h"

using namespace deit;

static constexpr int64_t kV3 = DEIT_FEATURE_AVX2 | DEIT_FEATURE_FMA_BMI;

static const Target kTargets[] = {
    {"x86-64-avx512vnni", "x86_64-unknown-linux-gnu", "icelake-client",
     "+prefer-no-gather,-prefer-256-bit",
     kV3 | DEIT_FEATURE_AVX512 | DEIT_FEATURE_AVX512VNNI |
         DEIT_FEATURE_AVX512VBMI,
     DotStep::Vpdpbusd, TableStep::Vpermi2b, /*lanes=*/16, /*tileRows=*/6,
     /*tileVectors=*/4, /*unroll=*/2, /*width=*/1,
     "AVX-512 with VNNI and VBMI: Ice Lake, Zen 4 and later"},
    {"x86-64-v3", "x86_64-unknown-linux-gnu", "x86-64-v3", "", kV3,
     DotStep::Vpmaddwd, TableStep::Pshufb, /*lanes=*/8, /*tileRows=*/6,
     /*tileVectors=*/2, /*unroll=*/2, /*width=*/2,
     "AVX2: Haswell, Zen and later"},
    {"rpi5", "aarch64-unknown-linux-gnu", "cortex-a76", "",
     DEIT_FEATURE_DOTPROD, DotStep::Sdot, TableStep::Tbl, /*lanes=*/4,
     /*tileRows=*/5, /*tileVectors=*/4, /*unroll=*/4, /*width=*/1,
     "Raspberry Pi 5: Cortex-A76 with dot product"},
};

ArrayRef<Target> deit::allTargets() { return kTargets; }

/// The first target, the fastest ones standing first, that this CPU runs.
static Expected<const Target *> hostTarget() {
  int64_t features = deit_cpu_features();
  for (const Target &target : kTargets)
    if ((target.required & ~features) == 0)
      return &target;
  return llvm::createStringError(
      "this CPU runs none of the targets; name the one to compile for");
}

Expected<const Target *> deit::lookupTarget(StringRef name) {
  if (name == "native")
    return hostTarget();
  std::string names;
  for (const Target &target : kTargets) {
    if (target.name == name)
      return &target;
    names += target.name.str() + ", ";
  }
  return llvm::createStringError("unknown target '" + name +
                                 "'; there are: " + names + "native");
}
