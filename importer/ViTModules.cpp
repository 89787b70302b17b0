// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the checks of a pickled model's modules.

#include "importer/ViTModules.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/StringSwitch.h"

using llvm::Error;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

/// What a class of module means here.
enum class Role { Unknown, Model, Wrapper, Plain, Gelu, Conv };

static Role roleOf(StringRef className) {
  // timm, torch and others use the same names for the same modules.
  StringRef name = className.rsplit('.').second;
  return llvm::StringSwitch<Role>(name)
      .Cases({"VisionTransformer", "vit_models"}, Role::Model)
      .Cases({"DataParallel", "DistributedDataParallel", "OptimizedModule"},
             Role::Wrapper)
      .Cases({"PatchEmbed", "Sequential", "ModuleList", "Block"}, Role::Plain)
      .Cases({"Layer_scale_init_Block", "LayerScale", "Attention"}, Role::Plain)
      .Cases({"Mlp", "Linear", "LayerNorm", "Identity"}, Role::Plain)
      .Cases({"Dropout", "DropPath", "PatchDropout"}, Role::Plain)
      .Case("GELU", Role::Gelu)
      .Case("Conv2d", Role::Conv)
      .Default(Role::Unknown);
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

/// Checks one module that is part of the model, or the model.
static Error checkModule(StringRef path, const Module &module) {
  auto unsupported = [&](const Twine &what) {
    return makeError(Twine(path.empty() ? "the model" : "module ") +
                     (path.empty() ? "" : quoted(path)) + " of class " +
                     quoted(module.className) + " " + what);
  };
  const Datum &state = *module.state;
  switch (roleOf(module.className)) {
  case Role::Unknown:
  case Role::Wrapper:
    return unsupported("is not supported; supported are timm's vision "
                       "transformers (ViT, DeiT, DeiT-III) with a class token");
  case Role::Model: {
    const Datum *pool = state.find("global_pool");
    if (pool && !pool->isNone() && pool->asString() != StringRef("token"))
      return unsupported("pools by " + quoted(pool->asString().value_or("?")) +
                         ", supported is 'token'");
    return Error::success();
  }
  case Role::Gelu: {
    const Datum *approximate = state.find("approximate");
    if (approximate && approximate->asString() != StringRef("none"))
      return unsupported("is approximated by " +
                         quoted(approximate->asString().value_or("?")) +
                         ", supported is the exact form, 'none'");
    return Error::success();
  }
  case Role::Conv:
    if (!isPatchConvolution(state))
      return unsupported("has overlapping or padded patches, which are not "
                         "supported");
    return Error::success();
  case Role::Plain:
    return Error::success();
  }
  return Error::success();
}

Error checkViTModules(const Checkpoint &checkpoint, StringRef prefix) {
  for (const auto &[name, module] : checkpoint.modules) {
    StringRef path = name;
    bool isAbove = prefix.size() > path.size() && prefix.starts_with(path) &&
                   (path.empty() || prefix[path.size()] == '.') &&
                   prefix != path.str() + ".";
    if (isAbove && roleOf(module.className) == Role::Wrapper)
      continue;
    if (Error error = checkModule(path, module))
      return error;
  }
  return Error::success();
}

} // namespace deit::importer
