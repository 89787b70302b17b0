# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What torch.save writes, by hand: tensors, storages, files of each format."""
import collections
import io
import json
import pickle
import struct
import sys
import types
import zipfile
import zlib


def fake_class(module, name, bases=(object,), **members):
    """A class that pickles as module.name."""
    for i in range(1, module.count(".") + 2):
        part = ".".join(module.split(".")[:i])
        sys.modules.setdefault(part, types.ModuleType(part))
    cls = type(name, bases, dict(members, __module__=module))
    setattr(sys.modules[module], name, cls)
    return cls


def fake_function(module, name):
    """A function that pickles as module.name."""
    fake_class(module, "_placeholder")

    def function(*arguments):
        raise AssertionError("never called")

    function.__module__, function.__name__ = module, name
    function.__qualname__ = name
    setattr(sys.modules[module], name, function)
    return function


REBUILD_TENSOR = fake_function("torch._utils", "_rebuild_tensor_v2")
REBUILD_PARAMETER = fake_function("torch._utils", "_rebuild_parameter")
REBUILD_FROM_NUMPY = fake_function("torch._utils",
                                   "_rebuild_device_tensor_from_numpy")
StorageClass = fake_class("torch", "FloatStorage")
STORAGE_CLASSES = {
    "f32": StorageClass, "f64": fake_class("torch", "DoubleStorage"),
    "f16": fake_class("torch", "HalfStorage"),
    "bf16": fake_class("torch", "BFloat16Storage"),
    "i8": fake_class("torch", "CharStorage"),
    "i64": fake_class("torch", "LongStorage")}
NAMES = {"f32": "F32", "f64": "F64", "f16": "F16", "bf16": "BF16"}


def encode(floats, dtype, order="<"):
    """The bytes of `floats`, which are to be exact in `dtype`."""
    if dtype != "bf16":
        code = {"f32": "f", "f64": "d", "f16": "e", "i8": "b", "i64": "q"}[dtype]
        return struct.pack(f"{order}{len(floats)}{code}", *floats)
    words = struct.unpack(f"<{len(floats)}I",
                          struct.pack(f"<{len(floats)}f", *floats))
    return struct.pack(f"{order}{len(floats)}H", *(w >> 16 for w in words))


def row_major(shape):
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    return tuple(strides)


class Storage:
    def __init__(self, floats, dtype):
        self.floats, self.dtype = floats, dtype


class Tensor:
    def __init__(self, shape, floats, dtype="f32"):
        self.shape, self.strides = tuple(shape), row_major(shape)
        self.offset, self.storage = 0, Storage(floats, dtype)

    def transpose(self):
        """Keeps the values and stores a matrix by columns."""
        if len(self.shape) == 2:
            rows, columns = self.shape
            floats = self.storage.floats
            self.storage.floats = [floats[r * columns + c]
                                   for c in range(columns)
                                   for r in range(rows)]
            self.strides = (1, rows)

    def __reduce_ex__(self, protocol):
        return REBUILD_TENSOR, (self.storage, self.offset, self.shape,
                                self.strides, False,
                                collections.OrderedDict())


class NumpyTensor:
    """A tensor of a device that torch cannot save by storage."""

    def __reduce_ex__(self, protocol):
        return REBUILD_FROM_NUMPY, ([1.0], "float32", "xla:0", False)


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce_ex__(self, protocol):
        return REBUILD_PARAMETER, (self.tensor, True,
                                   collections.OrderedDict())


def share_storage(tensors):
    """Makes all tensors views of one storage."""
    every = Storage([], next(iter(tensors.values())).storage.dtype)
    for tensor in tensors.values():
        tensor.offset = len(every.floats)
        every.floats.extend(tensor.storage.floats)
        tensor.storage = every


class Pickler(pickle.Pickler):
    """Keeps the storages outside, as torch.save does; `legacy` the classes of
    modules too."""

    def __init__(self, file, legacy=False, protocol=2):
        super().__init__(file, protocol=protocol)
        self.storages, self.legacy, self.classes = [], legacy, set()

    def persistent_id(self, value):
        if (self.legacy and hasattr(value, "is_module_class")
                and isinstance(value, type) and value not in self.classes):
            self.classes.add(value)
            return ("module", value, "model.py", "class Source: ...")
        if not isinstance(value, Storage):
            return None
        if value not in self.storages:
            self.storages.append(value)
        name = ("storage", STORAGE_CLASSES[value.dtype],
                str(self.storages.index(value)), "cpu", len(value.floats))
        return name + (None,) if self.legacy else name


def write_zip(path, value, folder="tiny", order="<", zip64=False, protocol=2):
    stream = io.BytesIO()
    pickler = Pickler(stream, protocol=protocol)
    pickler.dump(value)
    entries = [("data.pkl", stream.getvalue()),
               ("byteorder", b"little" if order == "<" else b"big")]
    for i, storage in enumerate(pickler.storages):
        entries.append((f"data/{i}",
                        encode(storage.floats, storage.dtype, order)))
    entries.append(("version", b"3\n"))
    entries = [(f"{folder}/{name}", data) for name, data in entries]
    if zip64:
        write_zip64(path, entries)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data)


def write_zip64(path, entries):
    """An archive with every size and offset in 64 bits, however small."""
    full = 0xffffffff
    body, directory = b"", b""
    for name, data in entries:
        encoded, check, at = name.encode(), zlib.crc32(data), len(body)
        sizes = struct.pack("<QQ", len(data), len(data))
        extra = struct.pack("<HH", 1, len(sizes)) + sizes
        common = struct.pack("<HHHHHIIIHH", 45, 0x800, 0, 0, 0x21, check, full,
                             full, len(encoded), len(extra))
        body += b"PK\3\4" + common + encoded + extra + data
        extra = struct.pack("<HH", 1, len(sizes) + 8) + sizes
        extra += struct.pack("<Q", at)
        common = common[:-2] + struct.pack("<H", len(extra))
        directory += (b"PK\1\2" + struct.pack("<H", 45) + common +
                      struct.pack("<HHHII", 0, 0, 0, 0, full) + encoded + extra)
    end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0,
                      len(entries), len(entries), len(directory), len(body))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body) + len(directory), 1)
    last = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xffff, 0xffff, full,
                       full, 0)
    with open(path, "wb") as file:
        file.write(body + directory + end + locator + last)


def write_legacy(path, value):
    """The stream of before torch 1.6: five pickles, then the storages."""
    with open(path, "wb") as file:
        for header in (0x1950a86a20f9469cfc6c, 1001,
                       {"protocol_version": 1001, "little_endian": True,
                        "type_sizes": {"short": 2, "int": 4, "long": 4}}):
            pickle.dump(header, file, protocol=2)
        pickler = Pickler(file, legacy=True)
        pickler.dump(value)
        keys = [str(i) for i in range(len(pickler.storages))]
        pickle.dump(keys, file, protocol=2)
        for storage in pickler.storages:
            file.write(struct.pack("<q", len(storage.floats)))
            file.write(encode(storage.floats, storage.dtype))


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt", "note": "{[\"}"}}, b""
    for name, tensor in tensors.items():
        blob = encode(tensor.storage.floats, tensor.storage.dtype)
        header[name] = {"dtype": NAMES[tensor.storage.dtype],
                        "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
