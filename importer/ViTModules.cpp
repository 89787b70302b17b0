// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the checks of a pickled model's modules.

#include "importer/ViTModules.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/StringSwitch.h"

using llvm::StringRef;

namespace deit::importer {

/// What a class of module means here.
enum class Role { Unknown, Model, Wrapper, Plain, Gelu, Conv, Activation };

static Role roleOf(StringRef className) {
  // timm, torch and others use the same names for the same modules.
  StringRef name = className.rsplit('.').second;
  return llvm::StringSwitch<Role>(name)
      .Cases({"VisionTransformer", "vit_models"}, Role::Model)
      .Cases({"DistilledVisionTransformer", "VisionTransformerDistilled"},
             Role::Model)
      .Cases({"DataParallel", "DistributedDataParallel", "OptimizedModule"},
             Role::Wrapper)
      .Cases({"AveragedModel", "ModelEma", "ModelEmaV2", "ModelEmaV3"},
             Role::Wrapper)
      .Cases({"PatchEmbed", "Sequential", "ModuleList", "Block"}, Role::Plain)
      .Cases({"Layer_scale_init_Block", "LayerScale", "Attention"}, Role::Plain)
      .Cases({"Mlp", "Linear", "LayerNorm", "Identity"}, Role::Plain)
      .Cases({"Dropout", "DropPath", "PatchDropout"}, Role::Plain)
      .Case("LayerNormFp32", Role::Plain)
      .Case("GELU", Role::Gelu)
      .Cases({"GELUTanh", "QuickGELU", "SiLU", "ReLU", "Tanh", "Mish"},
             Role::Activation)
      .Case("Conv2d", Role::Conv)
      .Default(Role::Unknown);
}

/// The feature that an unknown class is known to implement, or "".
static StringRef featureOfClass(StringRef className) {
  StringRef name = className.rsplit('.').second;
  return llvm::StringSwitch<StringRef>(name)
      .Cases({"GluMlp", "SwiGLU", "SwiGLUPacked", "SwiGLUFFN"}, "gated MLP")
      .Cases({"SwiGLUFFNFused", "GatedMlp"}, "gated MLP")
      .Cases({"AttentionPoolLatent", "AttentionPool2d"}, "attention pooling")
      .Cases({"RmsNorm", "RMSNorm", "SimpleNorm"}, "RMS normalization")
      .Cases({"ParallelScalingBlock", "ParallelThingsBlock"}, "parallel blocks")
      .Case("ResPostBlock", "normalization at the end of branches")
      .Case("HybridEmbed", "convolutional patch embedding")
      .Default("");
}

/// Whether `value` is absent, or is or consists of `number` only.
static bool isAbsentOr(const Datum *value, int64_t number) {
  if (!value)
    return true;
  if (value->asInt())
    return value->asInt() == number;
  auto numbers = value->asInts();
  return numbers &&
         llvm::all_of(*numbers, [&](int64_t n) { return n == number; });
}

/// Whether the convolution's patches tile the image, each pixel used once.
static bool isPatchConvolution(const Datum &state) {
  const Datum *kernel = state.find("kernel_size");
  const Datum *stride = state.find("stride");
  if (kernel && stride && kernel->asInts() != stride->asInts())
    return false;
  return isAbsentOr(state.find("padding"), 0) &&
         isAbsentOr(state.find("dilation"), 1) &&
         isAbsentOr(state.find("groups"), 1);
}

/// "average pooling", for what timm calls the pooling.
static std::string poolingFeature(const Datum &pool) {
  StringRef name = pool.asString().value_or("?");
  if (name == "avg")
    return "average pooling";
  if (name == "map")
    return "attention pooling";
  return "pooling by " + quoted(name);
}

/// The feature that one module, which is the model or a part of it, has, or
/// "". What its tensors tell is left to them.
static std::string featureOf(StringRef path, const Module &module) {
  const Datum &state = *module.state;
  switch (roleOf(module.className)) {
  case Role::Unknown:
  case Role::Wrapper: {
    StringRef feature = featureOfClass(module.className);
    if (feature.empty())
      feature = knownFeature(path);
    return feature.empty() ? "the module class " + quoted(module.className)
                           : feature.str();
  }
  case Role::Model: {
    const Datum *pool = state.find("global_pool");
    bool byToken =
        !pool || pool->isNone() || pool->asString() == StringRef("token");
    return byToken ? "" : poolingFeature(*pool);
  }
  case Role::Gelu: {
    const Datum *approximate = state.find("approximate");
    bool isExact = !approximate || approximate->asString() == StringRef("none");
    return isExact ? ""
                   : "GELU approximated by " +
                         quoted(approximate->asString().value_or("?"));
  }
  case Role::Activation:
    return "the activation " +
           quoted(StringRef(module.className).rsplit('.').second);
  case Role::Conv:
    return isPatchConvolution(state) ? "" : "overlapping or padded patches";
  case Role::Plain:
    return "";
  }
  return "";
}

/// Whether the module `path` is around the model at `prefix`.
static bool isAround(StringRef path, StringRef prefix) {
  return path.size() + 1 < prefix.size() && prefix.starts_with(path) &&
         (path.empty() || prefix[path.size()] == '.');
}

/// Whether it is the model, or a part of it.
static bool isWithin(StringRef path, StringRef prefix) {
  return prefix.empty() || path == prefix.drop_back() ||
         path.starts_with(prefix);
}

/// The feature of a module that is not within the model, or "".
static std::string featureOutside(StringRef path, const Module &module,
                                  StringRef prefix) {
  StringRef name = StringRef(module.className).rsplit('.').second;
  std::string described = "the module class " + quoted(module.className);
  if (!isAround(path, prefix))
    return name == "Identity" || name == "Dropout"
               ? ""
               : described + " beside the model " + quoted(prefix.drop_back());
  return name == "Sequential" || roleOf(module.className) == Role::Wrapper
             ? ""
             : described + " around the model " + quoted(prefix.drop_back());
}

void findModuleFeatures(const Checkpoint &checkpoint, StringRef prefix,
                        ViTFeatures &features) {
  for (const auto &[path, module] : checkpoint.modules) {
    std::string feature = isWithin(path, prefix)
                              ? featureOf(path, module)
                              : featureOutside(path, module, prefix);
    if (!feature.empty())
      features.add(feature, (path.empty() ? "the whole model"
                                          : "module " + quoted(path)) +
                                " of class " + quoted(module.className));
  }
}

} // namespace deit::importer
