// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that only move data: patches of the image, the class token.

#include "Kernels.h"
#include "llvm/Support/FormatVariadic.h"

using namespace deit;

std::string PatchesKernel::name() const {
  return llvm::formatv("patches_{0}x{1}_{2}x{3}", height, width, patchHeight,
                       patchWidth);
}

/// One item is one row of patches. A line of a patch is contiguous in the image
/// and in the result.
void PatchesKernel::emit(ModuleOp module, const Target &target,
                         const ProgramLayout &layout) const {
  KernelBuilder b(module, name(), target, layout, ParameterCount);
  int64_t across = width / patchWidth, line = patchWidth * 3;
  Value image =
      b.view(b.image(), b.index(0), {height, width * 3}, b.getI8Type());
  Value result = b.view(b.arena(), b.parameterIndex(Result),
                        {height / patchHeight * across, rowStride(columns())},
                        b.activationType());
  VectorType bytes = b.vectorOf(line, b.getI8Type());
  b.forEach(b.begin(), b.end(), b.index(1), [&](Value down) {
    b.forRange(0, across, 1, [&](Value right) {
      Value patch = b.add(b.mul(down, b.index(across)), right);
      b.forRange(0, patchHeight, 1, [&](Value y) {
        Value row = b.add(b.mul(down, b.index(patchHeight)), y);
        Value pixels = b.load(image, {row, b.mul(right, b.index(line))}, bytes);
        if (target.unsignedOffset()) { // 128 less, modulo 256
          Value flip = arith::ConstantOp::create(
              b, DenseElementsAttr::get(bytes, static_cast<int8_t>(-128)));
          pixels = arith::XOrIOp::create(b, pixels, flip);
        }
        if (target.width() > 1)
          pixels = arith::ExtUIOp::create(
              b, b.vectorOf(line, b.activationType()), pixels);
        b.store(pixels, result, {patch, b.mul(y, b.index(line))});
      });
    });
  });
  b.finish();
}

std::string CopyRowKernel::name() const {
  return llvm::formatv("copy_row_{0}", channels);
}

void CopyRowKernel::emit(ModuleOp module, const Target &target,
                         const ProgramLayout &layout) const {
  KernelBuilder b(module, name(), target, layout, ParameterCount);
  int64_t stride = rowStride(channels);
  Value source =
      b.view(b.packed(), b.parameterIndex(Source), {stride}, b.getI16Type());
  Value result =
      b.view(b.arena(), b.parameterIndex(Result), {stride}, b.getI16Type());
  VectorType type = b.vectorOf(b.lanes(), b.getI16Type());
  b.forRange(0, stride, b.lanes(), [&](Value column) {
    b.store(b.load(source, column, type), result, column);
  });
  b.finish();
}
