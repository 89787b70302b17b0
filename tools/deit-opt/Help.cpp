// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What deit-opt --help shows.

#include "Help.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/CommandLine.h"

namespace cl = llvm::cl;
using namespace deit;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static cl::OptionCategory files("Input and output");
static cl::OptionCategory inside("Looking inside");
static cl::OptionCategory telling("What passes tell",
                                  "The filters are regular expressions that "
                                  "match the whole flag of a pass; '.*' is "
                                  "all of them.");

namespace {
/// Options that belong together.
struct Group {
  cl::OptionCategory &category;
  SmallVector<StringRef> options;
};
} // namespace

static SmallVector<Group> shownOptions() {
  return {{files,
           {"emit-bytecode", "pass-pipeline", "split-input-file",
            "verify-diagnostics", "verify-roundtrip", "show-dialects"}},
          {inside,
           {"mlir-print-ir-after-all", "mlir-print-ir-after-change",
            "mlir-print-ir-tree-dir", "mlir-print-debuginfo",
            "mlir-use-nameloc-as-prefix", "mlir-elide-elementsattrs-if-larger",
            "mlir-elide-resource-strings-if-larger",
            "mlir-pass-pipeline-crash-reproducer", "run-reproducer",
            "mlir-disable-threading"}},
          {telling,
           {"remarks-filter", "remarks-filter-passed", "remarks-filter-missed",
            "remarks-filter-analyse", "remark-format", "remarks-output-file",
            "mlir-pass-statistics", "mlir-timing"}}};
}

void deit::arrangeOptions() {
  llvm::StringMap<cl::OptionCategory *> shown;
  for (const Group &group : shownOptions())
    for (StringRef name : group.options)
      shown[name] = &group.category;
  for (auto &entry : cl::getRegisteredOptions()) {
    cl::Option &option = *entry.second;
    if (cl::OptionCategory *category = shown.lookup(entry.first))
      option.Categories.assign({category});
    else if (option.Categories.front()->getName() != "Generic Options" &&
             option.getOptionHiddenFlag() == cl::NotHidden)
      option.setHiddenFlag(cl::Hidden); // --help-hidden shows it
  }
}

//===----------------------------------------------------------------------===//
// Pipelines and passes
//===----------------------------------------------------------------------===//

static constexpr char overview[] =
    R"help(deit-opt: run passes and pipelines of DeiT-MLIR on IR of any level, one at a
time or as many as you like. It reads MLIR, text or bytecode, and prints what
becomes of it.

Levels of IR, and the pipelines from one to the next:
  deit, float         deit-import, deit-compile --emit=deit
    | --deit-quantization, which begins with --deit-prepare
  deit, quantized     deit-compile --emit=quant
    | --deit-to-fxp
  fxp, in kernels     deit-compile --emit=fxp
    | --fxp-to-loops
  scf, vector, ...    deit-compile --emit=loops
    | the rest of --fxp-to-llvm
  llvm                deit-compile --emit=llvm

Examples:
  deit-opt model.mlirbc --deit-prepare --emit-bytecode -o prepared.mlirbc
  deit-opt model.mlirbc --deit-quantization="data=train.bin samples=128" \
    --emit-bytecode -o model.q.mlirbc
  deit-opt model.q.mlirbc --deit-to-fxp --remarks-filter=fxp-fuse-kernels \
    --emit-bytecode -o model.fxp.mlirbc
  deit-opt model.mlirbc --deit-prepare --mlir-print-ir-after-change \
    --mlir-elide-resource-strings-if-larger=16 -o /dev/null
  deit-opt model.mlirbc --pass-pipeline="builtin.module(deit-prepare,
    deit-calibrate{data=train.bin}, func.func(deit-quantize))"
)help";

static constexpr char ending[] = R"(
Upstream's conversions, canonicalize, cse, loop-invariant-code-motion and others
are there, too: --help-hidden lists them, with every option of MLIR and LLVM.
More: docs/Tools.md, docs/Pipelines.md, docs/generated/Passes.md
)";

namespace {
/// Pipelines or passes of one step.
struct Section {
  StringRef title;
  SmallVector<StringRef> names;
};
} // namespace

// One name a line, so that adding one changes one.
static SmallVector<Section> sections() {
  return {{"Pipelines",
           {"deit-prepare",      //
            "deit-quantization", //
            "deit-to-fxp",       //
            "fxp-to-loops",      //
            "fxp-to-llvm"}},
          {"Passes on deit",
           {"deit-fold-normalize",       //
            "deit-fold-batch-norm",      //
            "deit-fold-class-position",  //
            "deit-fold-layer-scale",     //
            "deit-split-qkv",            //
            "deit-fold-attention-scale", //
            "deit-sink-token-select",    //
            "deit-apply-recipe",         //
            "deit-split-neurons",        //
            "deit-balance-channels",     //
            "deit-measure-sensitivity",  //
            "deit-choose-steps",         //
            "deit-round-weights",        //
            "deit-collect-statistics",   //
            "deit-calibrate",            //
            "deit-write-recipe",         //
            "deit-round-groups",         //
            "deit-quantize",             //
            "deit-correct-bias"}},
          {"Passes from deit to fxp, and on fxp",
           {"convert-deit-to-fxp", //
            "fxp-fuse-kernels",    //
            "fxp-set-batch"}},
          {"Passes from fxp on",
           {"convert-fxp-to-loops", //
            "convert-fxp-program-to-llvm"}}};
}

static const PassRegistryEntry *lookup(StringRef name) {
  if (const PassPipelineInfo *pipeline = PassPipelineInfo::lookup(name))
    return pipeline;
  return PassInfo::lookup(name);
}

static void printSection(const Section &section) {
  llvm::outs() << '\n' << section.title << ":\n";
  for (StringRef name : section.names) {
    const PassRegistryEntry *entry = lookup(name);
    assert(entry && "every name of a section is registered");
    if (entry)
      entry->printHelpStr(/*indent=*/2, /*descIndent=*/36);
  }
}

bool deit::wantsHelp(ArrayRef<char *> arguments) {
  return llvm::any_of(arguments, [](StringRef argument) {
    return argument == "--help" || argument == "-help" || argument == "-h";
  });
}

void deit::printHelp() {
  llvm::outs() << overview;
  for (const Section &section : sections())
    printSection(section);
  llvm::outs() << ending << '\n';
}
