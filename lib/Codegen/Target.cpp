// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Descriptions of the CPUs that code is generated for.

#include "deit/Codegen/Target.h"
#include "deit_abi.h"
#include "deit_cpu.h"
#include "llvm/ADT/StringExtras.h"

using namespace deit;

static constexpr int64_t kV3 = DEIT_FEATURE_AVX2 | DEIT_FEATURE_FMA_BMI;
static constexpr char kX86[] = "x86_64-unknown-linux-gnu";
static constexpr char kAArch64[] = "aarch64-unknown-linux-gnu";

static const Target kTargets[] = {
    {"x86-64-avx512vnni", "x86-64", kX86, "icelake-client",
     "+prefer-no-gather,-prefer-256-bit",
     kV3 | DEIT_FEATURE_AVX512 | DEIT_FEATURE_AVX512VNNI |
         DEIT_FEATURE_AVX512VBMI,
     DotStep::Vpdpbusd, TableStep::Vpermi2b, /*lanes=*/16, /*tileRows=*/6,
     /*tileVectors=*/4, /*unroll=*/2,
     "AVX-512 with VNNI and VBMI: Ice Lake, Zen 4 and later"},
    {"x86-64-avxvnni", "x86-64", kX86, "x86-64-v3", "+avxvnni",
     kV3 | DEIT_FEATURE_AVXVNNI, DotStep::Vpdpbusd, TableStep::Pshufb,
     /*lanes=*/8, /*tileRows=*/6, /*tileVectors=*/2, /*unroll=*/2,
     "AVX2 with VNNI: Alder Lake and later, without AVX-512"},
    {"x86-64-v3", "x86-64", kX86, "x86-64-v3", "", kV3, DotStep::Vpmaddwd,
     TableStep::Pshufb, /*lanes=*/8, /*tileRows=*/6, /*tileVectors=*/2,
     /*unroll=*/2, "AVX2: Haswell, Zen and later"},
    {"rpi5", "rpi", kAArch64, "cortex-a76", "",
     DEIT_FEATURE_NEON | DEIT_FEATURE_DOTPROD, DotStep::Sdot, TableStep::Tbl,
     /*lanes=*/4, /*tileRows=*/5,
     /*tileVectors=*/4, /*unroll=*/4,
     "Raspberry Pi 5: Cortex-A76 with dot product"},
    // The Pi's Cortex-A72 comes without the cryptographic instructions.
    {"rpi4", "rpi", kAArch64, "cortex-a72", "-aes,-sha2", DEIT_FEATURE_NEON,
     DotStep::Smlal, TableStep::Tbl, /*lanes=*/4, /*tileRows=*/4,
     /*tileVectors=*/4,
     /*unroll=*/8,
     "Raspberry Pi 4: Cortex-A72, or any 64-bit ARM without dot product"},
};

ArrayRef<Target> deit::allTargets() { return kTargets; }

/// The first target, the fastest ones standing first, that this CPU runs.
static Expected<TargetList> hostTarget() {
  int64_t features = deit_cpu_features();
  for (const Target &target : kTargets)
    if ((target.required & ~features) == 0)
      return TargetList{&target};
  return llvm::createStringError(
      "this CPU runs none of the targets; name the one to compile for");
}

/// The families' names, in the table's order.
static SmallVector<StringRef> families() {
  SmallVector<StringRef> names;
  for (const Target &target : kTargets)
    if (names.empty() || names.back() != target.family)
      names.push_back(target.family);
  return names;
}

Expected<TargetList> deit::lookupTargets(StringRef name) {
  if (name == "native")
    return hostTarget();
  TargetList found;
  std::string names;
  for (const Target &target : kTargets) {
    if (target.name == name)
      return TargetList{&target};
    if (target.family == name)
      found.push_back(&target);
    names += target.name.str() + ", ";
  }
  if (!found.empty())
    return found;
  return llvm::createStringError("unknown target '" + name +
                                 "'; there are: " + names +
                                 llvm::join(families(), ", ") + ", native");
}

std::string deit::describeTargets() {
  std::string text;
  auto line = [&](StringRef name, const Twine &summary) {
    text += "  " + name.str() +
            std::string(20 - std::min<size_t>(name.size(), 19), ' ') +
            summary.str() + "\n";
  };
  for (const Target &target : kTargets)
    line(target.name, target.summary);
  for (StringRef family : families()) {
    std::vector<StringRef> members;
    for (const Target *target : cantFail(lookupTargets(family)))
      members.push_back(target->name);
    line(family, "kernels of " + llvm::join(members, ", ") +
                     " in one file; the CPU chooses when it is loaded");
  }
  line("native", "the first of these that this CPU runs");
  return text;
}
