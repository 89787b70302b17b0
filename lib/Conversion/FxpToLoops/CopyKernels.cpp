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

std::string CopyRowsKernel::name() const {
  return llvm::formatv("copy_rows_{0}x{1}_{2}_{3}{4}", rows, bytes,
                       sourceStride, resultStride, fromPacked ? "_packed" : "");
}

void CopyRowsKernel::emit(ModuleOp module, const Target &target,
                          const ProgramLayout &layout) const {
  KernelBuilder b(module, name(), target, layout, ParameterCount);
  auto open = [&](Value buffer, Parameter parameter, int64_t stride) {
    return b.view(buffer, b.parameterIndex(parameter),
                  {(rows - 1) * stride + bytes}, b.getI8Type());
  };
  Value source =
      open(fromPacked ? b.packed() : b.arena(), Source, sourceStride);
  Value result = open(b.arena(), Result, resultStride);
  int64_t count = b.lanes() * 4;
  b.forEach(b.begin(), b.end(), b.index(1), [&](Value row) {
    Value from = b.mul(row, b.index(sourceStride));
    Value to = b.mul(row, b.index(resultStride));
    b.forRange(0, bytes, count, [&](Value column) {
      Value part =
          b.load(source, b.add(from, column), b.vectorOf(count, b.getI8Type()));
      b.store(part, result, b.add(to, column));
    });
  });
  b.finish();
}
