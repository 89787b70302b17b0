// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Implements the reading of PyTorch's tensors out of plain data.

#include "importer/TorchData.h"

#include "deit/Support/FileIO.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace deit::importer {

/// The element type of a storage class, "FloatStorage".
static DType storageClassType(StringRef name) {
  return llvm::StringSwitch<DType>(name)
      .Case("FloatStorage", DType::F32)
      .Case("DoubleStorage", DType::F64)
      .Case("HalfStorage", DType::F16)
      .Case("BFloat16Storage", DType::BF16)
      .Case("LongStorage", DType::I64)
      .Case("IntStorage", DType::I32)
      .Case("ShortStorage", DType::I16)
      .Case("CharStorage", DType::I8)
      .Case("ByteStorage", DType::U8)
      .Case("BoolStorage", DType::Bool)
      .Default(DType::Other);
}

/// The type that a global such as torch.float32 names.
static DType namedType(const Datum &datum) {
  if (!datum.is(DatumKind::Global) || datum.text != "torch")
    return DType::Other;
  return llvm::StringSwitch<DType>(datum.name)
      .Cases({"float32", "float"}, DType::F32)
      .Cases({"float64", "double"}, DType::F64)
      .Cases({"float16", "half"}, DType::F16)
      .Case("bfloat16", DType::BF16)
      .Case("int64", DType::I64)
      .Case("int32", DType::I32)
      .Case("int16", DType::I16)
      .Case("int8", DType::I8)
      .Case("uint8", DType::U8)
      .Case("bool", DType::Bool)
      .Default(DType::Other);
}

Expected<StorageId> decodeStorageId(const Datum &id) {
  auto malformed = [&](const Twine &what) {
    return makeError("the storage at pickle offset " + Twine(id.offset) + " " +
                     what);
  };
  if (!id.is(DatumKind::PersistentId))
    return malformed("is " + id.describe());
  const Datum &tuple = *id.items[0];
  if (!tuple.is(DatumKind::Tuple) || tuple.items.size() < 5 ||
      tuple.items[0]->asString() != StringRef("storage"))
    return malformed("is not of the form ('storage', type, key, device, size)");
  if (!tuple.items[1]->is(DatumKind::Global))
    return malformed("has no type");
  std::optional<StringRef> key = tuple.items[2]->asString();
  std::optional<int64_t> count = tuple.items[4]->asInt();
  if (!key || !count || *count < 0)
    return malformed("has no key or no size");
  StorageId result;
  result.key = *key;
  result.dtype = storageClassType(tuple.items[1]->name);
  if (result.dtype == DType::Other &&
      !tuple.items[1]->name.ends_with("UntypedStorage"))
    return malformed("is a " + tuple.items[1]->name +
                     ", which is not supported; save the model's tensors as "
                     "floats");
  int64_t size;
  if (llvm::MulOverflow(*count, int64_t(dtypeSize(result.dtype)), size))
    return malformed("claims " + Twine(*count) + " elements");
  result.sizeInBytes = size;
  // A legacy view onto another storage has a sixth item that is not None.
  if (tuple.items.size() > 5 && !tuple.items[5]->isNone())
    return malformed("is a view, which is not supported");
  return result;
}

/// How a call makes a tensor.
enum class Rebuild {
  None,
  Tensor,
  TypedTensor,
  Parameter,
  FromType,
  Unsupported
};

static Rebuild rebuildKind(const Datum &datum) {
  const Datum *function = &datum;
  if (datum.is(DatumKind::Call))
    function = datum.callee;
  if (!function->is(DatumKind::Global))
    return Rebuild::None;
  if (function->text == "torch._tensor")
    return function->name == "_rebuild_from_type_v2" ? Rebuild::FromType
                                                     : Rebuild::None;
  if (function->text != "torch._utils")
    return Rebuild::None;
  return llvm::StringSwitch<Rebuild>(function->name)
      .Cases({"_rebuild_tensor", "_rebuild_tensor_v2"}, Rebuild::Tensor)
      .Case("_rebuild_tensor_v3", Rebuild::TypedTensor)
      .Cases({"_rebuild_parameter", "_rebuild_parameter_with_state"},
             Rebuild::Parameter)
      .StartsWith("_rebuild_", Rebuild::Unsupported)
      .Default(Rebuild::None);
}

bool isTensor(const Datum &datum) {
  return datum.is(DatumKind::Call) && rebuildKind(datum) != Rebuild::None;
}

/// (storage, offset, shape, strides, requires_grad, hooks[, type]).
static Expected<Tensor> rebuildTensor(llvm::ArrayRef<Datum *> arguments,
                                      Rebuild kind, uint64_t offset,
                                      const StorageFinder &findStorage) {
  size_t needed = kind == Rebuild::TypedTensor ? 7 : 4;
  if (arguments.size() < needed)
    return makeError("the tensor at pickle offset " + Twine(offset) + " has " +
                     Twine(arguments.size()) + " of " + Twine(needed) +
                     " arguments");
  Expected<StorageId> id = decodeStorageId(*arguments[0]);
  if (!id)
    return id.takeError();
  std::optional<int64_t> start = arguments[1]->asInt();
  auto shape = arguments[2]->asInts();
  auto strides = arguments[3]->asInts();
  if (!start || !shape || !strides)
    return makeError("the tensor at pickle offset " + Twine(offset) +
                     " has no plain offset, shape and strides");
  auto storage = findStorage(*id);
  if (!storage)
    return storage.takeError();
  DType type =
      kind == Rebuild::TypedTensor ? namedType(*arguments[6]) : id->dtype;
  return Tensor::create(type, *shape, *strides, *start, std::move(*storage));
}

Expected<Tensor> decodeTensor(const Datum &datum,
                              const StorageFinder &findStorage) {
  const Datum *call = &datum;
  // A parameter wraps a tensor, once; more is a cycle or mischief.
  for (int depth = 0; depth < 4 && call->is(DatumKind::Call); ++depth) {
    llvm::ArrayRef<Datum *> arguments = call->arguments();
    switch (rebuildKind(*call)) {
    case Rebuild::None:
      return makeError(call->describe() + " at pickle offset " +
                       Twine(call->offset) + " makes no tensor");
    case Rebuild::Unsupported:
      return makeError(call->describe() + " at pickle offset " +
                       Twine(call->offset) +
                       " makes a tensor of a kind that is not supported; in "
                       "Python, save it as a dense tensor of floats, "
                       "tensor.cpu().to_dense().float()");
    case Rebuild::Tensor:
    case Rebuild::TypedTensor:
      return rebuildTensor(arguments, rebuildKind(*call), call->offset,
                           findStorage);
    case Rebuild::Parameter:
      if (arguments.empty())
        return makeError("the parameter at pickle offset " +
                         Twine(call->offset) + " is empty");
      call = arguments[0];
      break;
    case Rebuild::FromType: {
      // (function, class, arguments, attributes): a tensor with attributes.
      Rebuild inner =
          arguments.size() < 3 ? Rebuild::None : rebuildKind(*arguments[0]);
      if ((inner != Rebuild::Tensor && inner != Rebuild::TypedTensor) ||
          !arguments[2]->is(DatumKind::Tuple))
        return makeError("the tensor at pickle offset " + Twine(call->offset) +
                         " is of an unknown kind");
      return rebuildTensor(arguments[2]->items, inner, call->offset,
                           findStorage);
    }
    }
  }
  return makeError(call->describe() + " at pickle offset " +
                   Twine(call->offset) + " stands where a tensor is expected");
}

} // namespace deit::importer
