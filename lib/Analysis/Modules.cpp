// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names the parts of a model.

#include "deit/Analysis/Modules.h"
#include "deit/Calibration/Observation.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/JSON.h"

using namespace deit;

template <typename Op>
static bool isUsedBy(Value value) {
  return llvm::any_of(value.getUsers(), llvm::IsaPred<Op>);
}

static StringRef kindOf(LinearOp op) {
  if (isUsedBy<func::ReturnOp>(op))
    return "head";
  if (isUsedBy<SplitHeadsOp>(op))
    return "qkv";
  if (isUsedBy<GeluOp>(op))
    return "fc1";
  return op.getInput().getDefiningOp<GeluOp>() ? "fc2" : "proj";
}

static StringRef kindOf(Conv2DOp op) {
  ArrayRef<int64_t> shape = op.getWeight().getType().getShape();
  if (op.getGroups() > 1)
    return "depthwise";
  return shape[1] == 1 && shape[2] == 1 ? "pointwise" : "conv";
}

static StringRef kindOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case<LinearOp, Conv2DOp>([](auto op) { return kindOf(op); })
      .Case([](NormalizeOp) { return "input"; })
      .Case([](PatchEmbedOp) { return "patch_embedding"; })
      .Case([](LayerNormOp) { return "norm"; })
      .Case([](MatmulOp op) {
        return isUsedBy<SoftmaxOp>(op) ? "scores" : "context";
      })
      .Case([](SoftmaxOp) { return "probabilities"; })
      .Case([](GeluOp) { return "gelu"; })
      .Case([](PrependTokenOp) { return "residual"; })
      .Case([](AddOp op) { return isFeatures(op) ? "add" : "residual"; })
      .Case([](ReluOp op) { return op.getCeiling() ? "relu6" : "relu"; })
      .Case<AveragePoolOp, GlobalAveragePoolOp, MaxPoolOp>(
          [](auto) { return "pool"; })
      .Default([](Operation *op) { return op->getName().stripDialect(); });
}

/// "blocks.3" of "blocks.3.mlp.fc1", "layer1.0" of "layer1.0.conv1",
/// "features.5" of "features.5.conv.1": up to the first part that is a number;
/// empty if there is none.
static StringRef blockName(StringRef path) {
  for (size_t begin = 0; begin < path.size();) {
    size_t end = std::min(path.find('.', begin), path.size());
    if (llvm::all_of(path.slice(begin, end), llvm::isDigit))
      return path.take_front(end);
    begin = end + 1;
  }
  return "";
}

namespace {

/// Names modules while they come by.
class Namer {
public:
  std::string nameOf(Operation *op) {
    StringRef path = modulePath(op);
    unsigned count = ++counts[path];
    std::string name = llvm::json::fixUTF8(path);
    return count == 1 ? name : name + "#" + std::to_string(count);
  }

  std::optional<int64_t> blockOf(Operation *op) {
    StringRef name = blockName(modulePath(op));
    if (name.empty())
      return std::nullopt;
    return blocks.try_emplace(name, blocks.size()).first->second;
  }

private:
  llvm::StringMap<unsigned> counts;
  llvm::StringMap<int64_t> blocks;
};

} // namespace

std::vector<int64_t> AnalyzedModule::shape() const {
  return cast<ShapedType>(op->getResult(0).getType())
      .getShape()
      .drop_front()
      .vec();
}

std::vector<AnalyzedModule> deit::analyzedModules(func::FuncOp function) {
  std::vector<AnalyzedModule> modules;
  Namer namer;
  for (Operation *op : observedOperations(function))
    modules.push_back({op, namer.nameOf(op), kindOf(op).str(),
                       namer.blockOf(op), weightOperand(op)});
  return modules;
}

bool deit::isConvolutional(func::FuncOp function) {
  return !function.getOps<Conv2DOp>().empty();
}
