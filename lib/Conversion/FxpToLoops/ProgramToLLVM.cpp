// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// convert-fxp-program-to-llvm: the program as constant tables. The order of
// fields here is that of deit_abi.h.

#include "deit/Codegen/Container.h"
#include "deit/Conversion/Passes.h"
#include "deit/Dialect/DeiT/IR/Constants.h"
#include "deit/Support/FileIO.h"
#include "deit_abi.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringExtras.h"

namespace deit {
#define GEN_PASS_DEF_CONVERTFXPPROGRAMTOLLVMPASS
#include "deit/Conversion/Passes.h.inc"
} // namespace deit

using namespace deit;

namespace {

/// Writes tables as LLVM globals.
class TableWriter {
public:
  TableWriter(ModuleOp module, int64_t containerBytes)
      : containerSize(containerBytes),
        b(module.getLoc(), OpBuilder::atBlockEnd(module.getBody())),
        pointer(LLVM::LLVMPointerType::get(module.getContext())),
        names(module->getAttrOfType<ArrayAttr>(kClassNamesAttr)) {}

  /// Writes `program` under its own symbol.
  Error write(fxp::ProgramOp program, StringRef name);
  /// Writes `deit_programs`, the list of all programs written.
  void writeList();

private:
  int64_t containerSize; ///< of all programs; 0 before it is known
  ImplicitLocOpBuilder b;
  LLVM::LLVMPointerType pointer;
  ArrayAttr names; ///< of the classes; null if there are none
  llvm::StringMap<LLVM::GlobalOp> strings;
  int64_t serial = 0;
  LLVM::GlobalOp container;
  SmallVector<LLVM::GlobalOp> programs;

  LLVM::GlobalOp constant(Type type, StringRef name, LLVM::Linkage linkage,
                          llvm::function_ref<Value()> initializer);
  LLVM::GlobalOp text(StringRef value);
  LLVM::GlobalOp integers(ArrayRef<int64_t> values);
  LLVM::GlobalOp steps(fxp::ProgramOp program);
  LLVM::GlobalOp packs(fxp::ProgramOp program, int64_t &count);
  LLVM::GlobalOp external(Type type, StringRef name);
  Value peakOf(fxp::ProgramOp program);
  Value structure(LLVM::LLVMStructType type, ArrayRef<Value> fields);
  Value integer(int64_t value) {
    return LLVM::ConstantOp::create(b, b.getI64IntegerAttr(value));
  }
  Value address(LLVM::GlobalOp global) {
    return LLVM::AddressOfOp::create(b, pointer, global.getSymName());
  }
};

} // namespace

LLVM::GlobalOp TableWriter::constant(Type type, StringRef name,
                                     LLVM::Linkage linkage,
                                     llvm::function_ref<Value()> initializer) {
  auto global = LLVM::GlobalOp::create(b, type, /*isConstant=*/true, linkage,
                                       name, Attribute());
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&global.getInitializerRegion());
  LLVM::ReturnOp::create(b, initializer());
  return global;
}

LLVM::GlobalOp TableWriter::external(Type type, StringRef name) {
  return LLVM::GlobalOp::create(b, type, /*isConstant=*/true,
                                LLVM::Linkage::External, name, Attribute());
}

LLVM::GlobalOp TableWriter::text(StringRef value) {
  LLVM::GlobalOp &known = strings[value];
  if (!known) {
    std::string terminated = value.str() + '\0';
    known = LLVM::GlobalOp::create(
        b, LLVM::LLVMArrayType::get(b.getI8Type(), terminated.size()),
        /*isConstant=*/true, LLVM::Linkage::Private,
        "text_" + std::to_string(serial++), b.getStringAttr(terminated));
  }
  return known;
}

LLVM::GlobalOp TableWriter::integers(ArrayRef<int64_t> values) {
  auto type = LLVM::LLVMArrayType::get(b.getI64Type(),
                                       std::max<size_t>(values.size(), 1));
  SmallVector<int64_t> padded(values);
  padded.resize(type.getNumElements());
  return LLVM::GlobalOp::create(
      b, type, /*isConstant=*/true, LLVM::Linkage::Private,
      "parameters_" + std::to_string(serial++), b.getI64TensorAttr(padded));
}

Value TableWriter::peakOf(fxp::ProgramOp program) {
  if (std::optional<StringRef> peak = program.getPeak())
    return LLVM::AddressOfOp::create(b, pointer, *peak);
  return LLVM::ZeroOp::create(b, pointer);
}

Value TableWriter::structure(LLVM::LLVMStructType type,
                             ArrayRef<Value> fields) {
  Value result = LLVM::UndefOp::create(b, type);
  for (auto [i, field] : llvm::enumerate(fields))
    result = LLVM::InsertValueOp::create(b, result, field, i);
  return result;
}

/// deit_step: kernel, parameters, items, name, kind, macs.
LLVM::GlobalOp TableWriter::steps(fxp::ProgramOp program) {
  Type i64 = b.getI64Type();
  auto type = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {pointer, pointer, i64, pointer, pointer, i64});
  auto ops = llvm::to_vector(program.getBody().getOps<fxp::StepOp>());
  SmallVector<std::array<LLVM::GlobalOp, 3>> referred;
  for (fxp::StepOp step : ops)
    referred.push_back({integers(step.getParameters()), text(modulePath(step)),
                        text(step.getKind())});
  auto table = LLVM::LLVMArrayType::get(type, ops.size());
  std::string name = program.getSymName().str() + ".steps";
  return constant(table, name, LLVM::Linkage::Private, [&] {
    Value result = LLVM::UndefOp::create(b, table);
    for (auto [i, step] : llvm::enumerate(ops)) {
      auto [parameters, name, kind] = referred[i];
      Value kernel = LLVM::AddressOfOp::create(b, pointer, step.getKernel());
      Value row = structure(type, {kernel, address(parameters),
                                   integer(step.getItems()), address(name),
                                   address(kind), integer(step.getMacs())});
      result = LLVM::InsertValueOp::create(b, result, row, i);
    }
    return result;
  });
}

/// deit_pack: kind, source, destination, stride, flip, bias, bias_destination,
/// block, group, width, padded_n, padded_k, activation_offset.
LLVM::GlobalOp TableWriter::packs(fxp::ProgramOp program, int64_t &count) {
  SmallVector<int64_t> flat;
  for (Operation &op : program.getBody().front()) {
    if (auto rows = dyn_cast<fxp::PackRowsOp>(op))
      llvm::append_values(flat, DEIT_PACK_ROWS, rows.getSource(),
                          rows.getDestination(), rows.getStride(),
                          rows.getFlip(), 0, 0, 0, 0, 0, 0, 0, 0);
    if (auto gemm = dyn_cast<fxp::PackGemmOp>(op))
      llvm::append_values(
          flat, DEIT_PACK_GEMM, gemm.getSource(), gemm.getDestination(), 0, 0,
          gemm.getBias(), gemm.getBiasDestination(), gemm.getBlock(),
          gemm.getGroup(), gemm.getWidth(), gemm.getPaddedN(),
          gemm.getPaddedK(), static_cast<int64_t>(gemm.getActivationOffset()));
  }
  count = flat.size() / (sizeof(deit_pack) / sizeof(int64_t));
  return integers(flat);
}

Error TableWriter::write(fxp::ProgramOp program, StringRef name) {
  SmallVector<fxp::ConstantOp> constants =
      llvm::to_vector(program.getBody().getOps<fxp::ConstantOp>());
  if (containerSize == 0) {
    Expected<uint64_t> bytes = containerBytes(constants);
    if (!bytes)
      return bytes.takeError();
    containerSize = *bytes;
  }
  if (!container)
    container = external(LLVM::LLVMArrayType::get(b.getI8Type(), containerSize),
                         "deit_container");
  int64_t stepCount = llvm::range_size(program.getBody().getOps<fxp::StepOp>());
  int64_t packCount = 0;
  LLVM::GlobalOp stepTable = steps(program);
  LLVM::GlobalOp packTable = packs(program, packCount);
  LLVM::GlobalOp nameText = text(name), targetText = text(program.getTarget());

  LLVM::GlobalOp classNames;
  if (names) {
    if (names.size() != size_t(program.getClasses()))
      return makeError("the module names " + Twine(names.size()) +
                       " classes, but the model has " +
                       Twine(program.getClasses()));
    classNames = text(llvm::join(names.getAsValueRange<StringAttr>(), "\n"));
  }

  Type i64 = b.getI64Type();
  SmallVector<Type> types(24, i64);
  // name, target, steps, packs, peak, container, class_names
  for (int position : {2, 3, 14, 16, 18, 20, 22})
    types[position] = pointer;
  types[8] = b.getF64Type(); // logit_scale
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), types);
  programs.push_back(
      constant(type, program.getSymName(), LLVM::Linkage::Internal, [&] {
        Value scale = LLVM::ConstantOp::create(
            b, b.getF64FloatAttr(program.getLogitScale().convertToDouble()));
        return structure(type, {integer(DEIT_ABI_VERSION),
                                integer(program.getFeatures()),
                                address(nameText),
                                address(targetText),
                                integer(program.getBatch()),
                                integer(program.getImageHeight()),
                                integer(program.getImageWidth()),
                                integer(program.getClasses()),
                                scale,
                                integer(program.getArenaBytes()),
                                integer(program.getPackedBytes()),
                                integer(program.getLogitsOffset()),
                                integer(program.getLogitsStride()),
                                integer(constants.size()),
                                address(stepTable),
                                integer(stepCount),
                                address(packTable),
                                integer(packCount),
                                peakOf(program),
                                integer(program.getPeakMacs().value_or(0)),
                                address(container),
                                integer(containerSize),
                                classNames ? address(classNames)
                                           : LLVM::ZeroOp::create(b, pointer),
                                integer(isResizedBilinearly(program))});
      }));
  return Error::success();
}

void TableWriter::writeList() {
  auto type = LLVM::LLVMArrayType::get(pointer, programs.size() + 1);
  constant(type, "deit_programs", LLVM::Linkage::External, [&] {
    Value list = LLVM::ZeroOp::create(b, type);
    for (auto [i, program] : llvm::enumerate(programs))
      list = LLVM::InsertValueOp::create(b, list, address(program), i);
    return list;
  });
}

namespace {
struct ConvertFxpProgramToLLVMPass
    : deit::impl::ConvertFxpProgramToLLVMPassBase<ConvertFxpProgramToLLVMPass> {
  using ConvertFxpProgramToLLVMPassBase::ConvertFxpProgramToLLVMPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (module.getOps<fxp::ProgramOp>().empty())
      return;
    TableWriter writer(module, containerBytes);
    for (auto program :
         llvm::make_early_inc_range(module.getOps<fxp::ProgramOp>())) {
      // The table takes the program's symbol.
      fxp::ProgramOp detached = program;
      detached->remove();
      Error error = writer.write(detached, name);
      detached->erase();
      if (error) {
        module.emitError(llvm::toString(std::move(error)));
        return signalPassFailure();
      }
    }
    writer.writeList();
  }
};
} // namespace
