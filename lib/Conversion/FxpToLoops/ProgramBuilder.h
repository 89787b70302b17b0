// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Collects constants, packing, buffers and steps, then writes the program.

#ifndef DEIT_LIB_CONVERSION_FXPTOLOOPS_PROGRAMBUILDER_H
#define DEIT_LIB_CONVERSION_FXPTOLOOPS_PROGRAMBUILDER_H

#include "ArenaPlanner.h"
#include "Kernels.h"
#include "deit/Dialect/Fxp/IR/FxpOps.h"
#include <map>

namespace deit {

/// A place in the arena: a buffer and a byte offset in it.
struct Slot {
  int64_t buffer = -1;
  int64_t offset = 0;
};

/// A parameter of a step: a number, or where a slot will be.
struct StepParameter {
  StepParameter() = default;
  StepParameter(int64_t value) : value(value) {}
  StepParameter(Slot slot) : value(slot.offset), buffer(slot.buffer) {}
  int64_t value = 0;
  int64_t buffer = -1;
};

class ProgramBuilder {
public:
  /// Symbols end in `suffix`: a module may hold the programs of several
  /// targets.
  ProgramBuilder(ModuleOp module, const Target &target, StringRef suffix)
      : module(module), target(target), suffix(suffix) {}

  // The arena.
  Slot allocate(int64_t bytes);
  /// The step to come reads or writes the slot.
  void touch(Slot slot);

  // The packed weights; each gives the byte offset in them.
  int64_t packRows(Value constant, int64_t strideBytes, bool flip = false);
  std::pair<int64_t, int64_t> packGemm(fxp::LinearOp linear,
                                       const GemmKernel &kernel,
                                       int64_t activationOffset);

  // Steps.
  /// Adds the step `kernel` of `items`, of which one body is generated for all
  /// steps of that name.
  template <typename Kernel>
  void addStep(Location loc, const Kernel &kernel, int64_t items,
               StringRef kind, int64_t macs,
               ArrayRef<StepParameter> parameters) {
    for (const StepParameter &parameter : parameters)
      if (parameter.buffer >= 0)
        touch({parameter.buffer, 0});
    steps.push_back({loc, kernel.name() + suffix, items, kind.str(), macs,
                     SmallVector<StepParameter>(parameters),
                     [kernel, this](const ProgramLayout &layout) {
                       kernel.emit(module, target, layout);
                     }});
  }

  /// Plans the arena, generates kernels and program. `imageType` is the
  /// function's argument, `logits` the returned slot, whose rows of classes are
  /// `rowStride` elements apart.
  void finish(RankedTensorType imageType, int64_t classes, double logitScale,
              Slot logits);

  ModuleOp module;
  const Target &target;

private:
  std::string suffix;
  struct Step {
    Location loc;
    std::string kernel;
    int64_t items;
    std::string kind;
    int64_t macs;
    SmallVector<StepParameter> parameters;
    std::function<void(const ProgramLayout &)> emit;
  };
  struct RowsPacking {
    int64_t source, destination, stride, flip;
  };
  struct GemmPacking {
    int64_t source, destination, bias, biasDestination, block, group, width,
        paddedN, paddedK, activationOffset;
  };

  int64_t entryOf(Value constant);
  int64_t reservePacked(int64_t bytes);

  SmallVector<ArenaBuffer> buffers;
  SmallVector<Step> steps;
  SmallVector<fxp::ConstantOp> entries;
  llvm::DenseMap<Value, int64_t> entryIndex;
  std::map<std::tuple<int64_t, int64_t, bool>, int64_t> packedRows;
  SmallVector<RowsPacking> rowsPackings;
  SmallVector<GemmPacking> gemmPackings;
  int64_t packedBytes = 0;
};

} // namespace deit

#endif // DEIT_LIB_CONVERSION_FXPTOLOOPS_PROGRAMBUILDER_H
