// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the building of deit IR from a vision transformer's tensors.

#include "importer/ViTBuilder.h"

#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

#include <cmath>

namespace deit::importer {
namespace {

/// Emits one model. A tensor that cannot be read leaves a failure behind and
/// zeros in its place, so that the steps stay a plain list of layers.
class Builder {
public:
  Builder(MLIRContext &context, const Checkpoint &checkpoint, const ViT &vit)
      : builder(&context), checkpoint(checkpoint), vit(vit) {}

  Expected<OwningOpRef<ModuleOp>> run(StringRef name);

private:
  using Floats = std::vector<float>;

  Location at(const Twine &path) { return pathLoc(builder.getContext(), path); }
  RankedTensorType type(ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, builder.getF32Type());
  }
  static ArrayRef<int64_t> shapeOf(mlir::Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  }
  const Tensor *find(const Twine &path) const;
  Floats read(const Twine &path);
  mlir::Value constant(const Twine &path, ArrayRef<int64_t> shape,
                       ArrayRef<float> values);
  mlir::Value vector(const Twine &path);

  mlir::Value linear(const Twine &path, mlir::Value input);
  mlir::Value layerNorm(const Twine &path, mlir::Value input, double epsilon);
  mlir::Value layerScale(StringRef path, mlir::Value input);
  mlir::Value patchEmbed(mlir::Value image);
  mlir::Value embed(mlir::Value image);
  mlir::Value attention(const ViTBlock &block, mlir::Value input);
  mlir::Value mlp(const ViTBlock &block, mlir::Value input);
  mlir::Value block(const ViTBlock &block, mlir::Value input);
  mlir::Value model(mlir::Value image);
  mlir::Value add(const Twine &path, mlir::Value lhs, mlir::Value rhs) {
    return AddOp::create(builder, at(path), lhs.getType(), lhs, rhs);
  }

  OpBuilder builder;
  const Checkpoint &checkpoint;
  const ViT &vit;
  std::string failure;
};

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

const Tensor *Builder::find(const Twine &path) const {
  auto found = checkpoint.tensors.find(vit.prefix + path.str());
  return found == checkpoint.tensors.end() ? nullptr : &found->second;
}

/// The values of the tensor `path`, which recognition has found to exist.
Builder::Floats Builder::read(const Twine &path) {
  const Tensor *tensor = find(path);
  assert(tensor && "recognizeViT checks that tensors exist");
  if (!failure.empty())
    return Floats(tensor->numElements());
  Expected<Floats> values = tensor->readFloats();
  if (!values) {
    failure = "tensor " + quoted(vit.prefix + path.str()) + " " +
              llvm::toString(values.takeError());
    return Floats(tensor->numElements());
  }
  if (!llvm::all_of(*values, [](float x) { return std::isfinite(x); }))
    failure = "tensor " + quoted(vit.prefix + path.str()) +
              " holds values that are infinite or not a number";
  return std::move(*values);
}

mlir::Value Builder::constant(const Twine &path, ArrayRef<int64_t> shape,
                              ArrayRef<float> values) {
  return createFloatConstant(builder, at(path), shape, values);
}

/// The tensor `path` without its leading dimensions, which are 1.
mlir::Value Builder::vector(const Twine &path) {
  Floats values = read(path);
  return constant(path, {int64_t(values.size())}, values);
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

mlir::Value Builder::linear(const Twine &path, mlir::Value input) {
  ArrayRef<int64_t> weightShape = find(path + ".weight")->shape();
  mlir::Value weight =
      constant(path + ".weight", weightShape, read(path + ".weight"));
  mlir::Value bias =
      find(path + ".bias") ? vector(path + ".bias") : mlir::Value();
  SmallVector<int64_t> shape(shapeOf(input));
  shape.back() = weightShape[0];
  return LinearOp::create(builder, at(path), type(shape), input, weight, bias);
}

mlir::Value Builder::layerNorm(const Twine &path, mlir::Value input,
                               double epsilon) {
  mlir::Value gamma = vector(path + ".weight");
  mlir::Value beta = vector(path + ".bias");
  return LayerNormOp::create(builder, at(path), input.getType(), input, gamma,
                             beta, builder.getF64FloatAttr(epsilon));
}

/// LayerScale by the tensor `path`, or nothing if that is empty.
mlir::Value Builder::layerScale(StringRef path, mlir::Value input) {
  if (path.empty())
    return input;
  StringRef module = path;
  module.consume_back(".gamma");
  return LayerScaleOp::create(builder, at(module), input.getType(), input,
                              vector(path));
}

/// PyTorch's filters are [channels, colours, height, width], ours end with
/// the colours, as images do.
mlir::Value Builder::patchEmbed(mlir::Value image) {
  constexpr llvm::StringLiteral path = "patch_embed.proj";
  int64_t height = vit.patchHeight, width = vit.patchWidth;
  Floats values = read(path + ".weight");
  Floats colourLast(values.size());
  size_t to = 0;
  for (int64_t n = 0; n < vit.width; ++n)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < 3; ++c)
          colourLast[to++] = values[((n * 3 + c) * height + y) * width + x];
  mlir::Value weight =
      constant(path + ".weight", {vit.width, height, width, 3}, colourLast);
  mlir::Value bias =
      find(path + ".bias")
          ? vector(path + ".bias")
          : constant(path + ".bias", {vit.width}, Floats(vit.width));
  return PatchEmbedOp::create(builder, at(path),
                              type({1, vit.patches(), vit.width}), image,
                              weight, bias);
}

mlir::Value Builder::embed(mlir::Value image) {
  mlir::Value pixels =
      NormalizeOp::create(builder, at("normalize"), type(shapeOf(image)), image,
                          builder.getDenseF32ArrayAttr(vit.mean),
                          builder.getDenseF32ArrayAttr(vit.deviation));
  mlir::Value tokens = patchEmbed(pixels);
  mlir::Value positions =
      constant("pos_embed", find("pos_embed")->shape(), read("pos_embed"));
  if (!vit.classTokenHasPosition)
    tokens = add("add_pos_embed", tokens, positions);
  tokens = PrependTokenOp::create(builder, at("prepend_cls_token"),
                                  type({1, vit.patches() + 1, vit.width}),
                                  tokens, vector("cls_token"));
  if (vit.classTokenHasPosition)
    tokens = add("add_pos_embed", tokens, positions);
  return tokens;
}

mlir::Value Builder::attention(const ViTBlock &block, mlir::Value input) {
  std::string path = block.path + ".attn";
  int64_t tokens = shapeOf(input)[1];
  mlir::Value qkv = linear(path + ".qkv", input);
  Type part = input.getType();
  auto split =
      SplitQkvOp::create(builder, at(path + ".split"), part, part, part, qkv);
  Type byHead = type({1, block.heads, tokens, vit.width / block.heads});
  auto heads = [&](const Twine &name, mlir::Value value) -> mlir::Value {
    return SplitHeadsOp::create(builder, at(path + name), byHead, value);
  };
  mlir::Value query = heads(".q", split.getQuery());
  mlir::Value key = heads(".k", split.getKey());
  mlir::Value value = heads(".v", split.getValue());
  query = ScaleOp::create(builder, at(path + ".scale"), byHead, query,
                          builder.getF64FloatAttr(block.queryScale));
  Type square = type({1, block.heads, tokens, tokens});
  mlir::Value scores = MatmulOp::create(builder, at(path + ".scores"), square,
                                        query, key, /*transpose_rhs=*/true);
  mlir::Value weights =
      SoftmaxOp::create(builder, at(path + ".softmax"), square, scores);
  mlir::Value context =
      MatmulOp::create(builder, at(path + ".context"), byHead, weights, value,
                       /*transpose_rhs=*/false);
  mlir::Value merged =
      MergeHeadsOp::create(builder, at(path + ".merge"), part, context);
  return linear(path + ".proj", merged);
}

mlir::Value Builder::mlp(const ViTBlock &block, mlir::Value input) {
  mlir::Value hidden = linear(block.path + ".mlp.fc1", input);
  hidden = GeluOp::create(builder, at(block.path + ".mlp.act"),
                          hidden.getType(), hidden);
  return linear(block.path + ".mlp.fc2", hidden);
}

mlir::Value Builder::block(const ViTBlock &block, mlir::Value input) {
  mlir::Value branch = layerNorm(block.path + ".norm1", input, block.epsilon1);
  branch = layerScale(block.layerScale1, attention(block, branch));
  mlir::Value sum = add(block.path + ".add1", input, branch);
  branch = layerNorm(block.path + ".norm2", sum, block.epsilon2);
  branch = layerScale(block.layerScale2, mlp(block, branch));
  return add(block.path + ".add2", sum, branch);
}

mlir::Value Builder::model(mlir::Value image) {
  mlir::Value tokens = embed(image);
  for (const ViTBlock &each : vit.blocks)
    tokens = block(each, tokens);
  tokens = layerNorm("norm", tokens, vit.epsilon);
  mlir::Value token = SelectTokenOp::create(builder, at("select_cls_token"),
                                            type({1, vit.width}), tokens,
                                            builder.getI64IntegerAttr(0));
  return linear("head", token);
}

Expected<OwningOpRef<ModuleOp>> Builder::run(StringRef name) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(at(name), name);
  if (!vit.classNames.empty())
    (*module)->setAttr(kClassNamesAttr,
                       builder.getStrArrayAttr(SmallVector<StringRef>(
                           vit.classNames.begin(), vit.classNames.end())));
  builder.setInsertionPointToEnd(module->getBody());
  Type image =
      RankedTensorType::get({1, vit.imageHeight, vit.imageWidth, 3},
                            builder.getIntegerType(8, /*isSigned=*/false));
  auto function = func::FuncOp::create(
      builder, at("forward"), "forward",
      builder.getFunctionType(image, type({1, vit.classes})));
  builder.setInsertionPointToStart(function.addEntryBlock());
  function.getArgument(0).setLoc(at("image"));
  mlir::Value logits = model(function.getArgument(0));
  func::ReturnOp::create(builder, at("forward"), logits);
  if (!failure.empty())
    return makeError(failure);
  std::string wrong;
  ScopedDiagnosticHandler handler(builder.getContext(),
                                  [&](Diagnostic &diagnostic) {
                                    wrong += diagnostic.str();
                                    return success();
                                  });
  if (failed(verify(*module)))
    return makeError("makes invalid IR, which is a bug: " + wrong);
  return module;
}

} // namespace

Expected<OwningOpRef<ModuleOp>> buildViT(MLIRContext &context, StringRef name,
                                         const Checkpoint &checkpoint,
                                         const ViT &vit) {
  return Builder(context, checkpoint, vit).run(name);
}

} // namespace deit::importer
