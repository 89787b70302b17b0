#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Write a tiny checkpoint as torch.save would, without torch.

  make-checkpoint.py KIND OUT [--form module|state_dict|wrapped|safetensors]
                     [--edit KEY=SHAPE | --edit KEY= ...] [--cut BYTES]

KIND is one of
  deit     2 blocks, 8 channels, 2 heads, 12x8 images in 4x4 patches, 3 classes
  deit3    the same with LayerScale and no position for the class token
  square   one block, 64 channels, 8x8 images in 4x4 patches
  resnet   a few tensors of another architecture
  hostile  a pickle that would run a command: `touch OUT.executed`
  hooked, tanh, pooled
           a whole deit that computes something else than its tensors suggest
  nan      a deit with one weight that is not a number
  list, empty, text
           files without a model

--edit gives a tensor another shape, adds it, or (with nothing after the sign)
removes it. --cut keeps only the first BYTES bytes of the file.
"""
import argparse
import collections
import io
import json
import pickle
import random
import struct
import sys
import types
import zipfile


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


FloatStorage = fake_class("torch", "FloatStorage")
REBUILD_TENSOR = fake_function("torch._utils", "_rebuild_tensor_v2")
REBUILD_PARAMETER = fake_function("torch._utils", "_rebuild_parameter")


class Storage:
    def __init__(self, floats):
        self.floats = floats


class Tensor:
    def __init__(self, shape, floats):
        self.shape, self.storage = tuple(shape), Storage(floats)

    def __reduce_ex__(self, protocol):
        strides, step = [], 1
        for size in reversed(self.shape):
            strides.insert(0, step)
            step *= size
        return REBUILD_TENSOR, (self.storage, 0, self.shape, tuple(strides),
                                False, collections.OrderedDict())


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce_ex__(self, protocol):
        return REBUILD_PARAMETER, (self.tensor, True,
                                   collections.OrderedDict())


class Pickler(pickle.Pickler):
    """Keeps the storages outside, as torch.save does."""

    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.storages = []

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        if value not in self.storages:
            self.storages.append(value)
        return ("storage", FloatStorage, str(self.storages.index(value)),
                "cpu", len(value.floats))


def count(shape):
    result = 1
    for size in shape:
        result *= size
    return result


def shapes(width, hidden, depth, positions, patch, classes, scaled):
    """Names and shapes of timm's tensors."""
    result = {
        "cls_token": (1, 1, width), "pos_embed": (1, positions, width),
        "patch_embed.proj.weight": (width, 3, patch, patch),
        "patch_embed.proj.bias": (width,)}

    def layer(name, outputs, inputs=None):
        result[name + ".weight"] = (outputs, inputs) if inputs else (outputs,)
        result[name + ".bias"] = (outputs,)

    for i in range(depth):
        block = f"blocks.{i}"
        layer(block + ".norm1", width)
        layer(block + ".attn.qkv", 3 * width, width)
        layer(block + ".attn.proj", width, width)
        layer(block + ".norm2", width)
        layer(block + ".mlp.fc1", hidden, width)
        layer(block + ".mlp.fc2", width, hidden)
        if scaled:
            result[block + ".ls1.gamma"] = (width,)
            result[block + ".ls2.gamma"] = (width,)
    layer("norm", width)
    layer("head", classes, width)
    return result


def attributes(kind):
    """Class and plain attributes of the modules of a tiny deit, by path."""
    torch = "torch.nn.modules."
    timm = "timm.models.vision_transformer"
    config = {"architecture": "tiny", "input_size": (3, 12, 8),
              "mean": (0.5, 0.25, 0.125), "std": (1.0, 2.0, 4.0)}
    result = {
        "": (timm, "VisionTransformer",
             {"pretrained_cfg": config,
              "global_pool": "avg" if kind == "pooled" else "token"}),
        "patch_embed": ("timm.layers.patch_embed", "PatchEmbed",
                        {"img_size": (12, 8), "patch_size": (4, 4)}),
        "patch_embed.proj": (torch + "conv", "Conv2d",
                             {"kernel_size": (4, 4), "stride": (4, 4),
                              "padding": (0, 0)}),
        "blocks": (torch + "container", "Sequential", {}),
        "norm": (torch + "normalization", "LayerNorm", {"eps": 0.001}),
        "head": (torch + "linear", "Linear", {})}
    for i in range(2):
        block = f"blocks.{i}"
        result[block] = (timm, "Block", {})
        result[block + ".attn"] = (timm, "Attention", {"num_heads": 2})
        result[block + ".mlp"] = ("timm.layers.mlp", "Mlp", {})
        result[block + ".mlp.act"] = (
            torch + "activation", "GELU",
            {"approximate": "tanh" if kind == "tanh" else "none"})
        result[block + ".drop_path1"] = (torch + "linear", "Identity", {})
        for name in ("norm1", "norm2"):
            result[f"{block}.{name}"] = (torch + "normalization", "LayerNorm",
                                         {"eps": 0.001})
        for name in ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"):
            result[f"{block}.{name}"] = (torch + "linear", "Linear", {})
        if kind == "deit3":
            for name in ("ls1", "ls2"):
                result[f"{block}.{name}"] = (timm, "LayerScale", {})
    return result


def build_module(tensors, described, kind):
    """The tree of objects that torch.save(model) would pickle."""
    objects = {}
    for path, (module, name, plain) in described.items():
        existing = getattr(sys.modules.get(module), name, None)
        cls = existing or fake_class(module, name)
        made = objects[path] = cls()
        made.__dict__.update(
            training=False, _parameters=collections.OrderedDict(),
            _buffers=collections.OrderedDict(),
            _modules=collections.OrderedDict(),
            _forward_hooks=collections.OrderedDict(), **plain)
        if path:
            parent, _, child = path.rpartition(".")
            objects[parent]._modules[child] = made
    for path, tensor in tensors.items():
        parent, _, name = path.rpartition(".")
        objects[parent]._parameters[name] = Parameter(tensor)
    if kind == "hooked":
        objects["blocks.1"]._forward_hooks[0] = "a hook"
    return objects[""]


class Command:
    """Pickles as a call of os.system."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        import os
        return os.system, (self.command,)


def write_zip(path, value):
    stream = io.BytesIO()
    pickler = Pickler(stream)
    pickler.dump(value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        def write(name, data):
            archive.writestr(zipfile.ZipInfo("tiny/" + name), data)
        write("data.pkl", stream.getvalue())
        write("byteorder", "little")
        for i, storage in enumerate(pickler.storages):
            write(f"data/{i}", struct.pack(f"<{len(storage.floats)}f",
                                           *storage.floats))
        write("version", "3\n")


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        floats = tensor.storage.floats
        blob = struct.pack(f"<{len(floats)}f", *floats)
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def make_tensors(kind, edits):
    if kind == "resnet":
        wanted = {"conv1.weight": (16, 3, 3, 3), "bn1.weight": (16,),
                  "layer1.0.conv1.weight": (16, 16, 3, 3),
                  "fc.weight": (10, 64), "fc.bias": (10,)}
    elif kind == "square":
        wanted = shapes(64, 32, 1, 5, 4, 3, False)
    else:
        deit3 = kind == "deit3"
        wanted = shapes(8, 16, 2, 6 if deit3 else 7, 4, 3, deit3)
    for edit in edits:
        key, _, shape = edit.partition("=")
        if shape:
            wanted[key] = tuple(int(size) for size in shape.split(","))
        else:
            del wanted[key]
    generator = random.Random(0)
    tensors = collections.OrderedDict()
    for name, shape in wanted.items():
        floats = [generator.uniform(-1, 1) for _ in range(count(shape))]
        tensors[name] = Tensor(shape, floats)
    if kind == "nan":
        tensors["head.weight"].storage.floats[5] = float("nan")
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("out")
    parser.add_argument("--form", default="module")
    parser.add_argument("--edit", action="append", default=[])
    parser.add_argument("--cut", type=int)
    arguments = parser.parse_args()
    kind, out, form = arguments.kind, arguments.out, arguments.form
    if kind in ("empty", "text"):
        with open(out, "w") as file:
            file.write("" if kind == "empty" else "no checkpoint at all\n")
        return
    tensors = make_tensors(kind, arguments.edit)
    if kind == "list":
        write_zip(out, [1, 2, 3])
    elif kind == "hostile":
        write_zip(out, {"model": tensors,
                        "extra": Command(f"touch '{out}.executed'")})
    elif form == "safetensors":
        write_safetensors(out, tensors)
    elif form == "module" and kind not in ("resnet", "square"):
        write_zip(out, build_module(tensors, attributes(kind), kind))
    elif form == "wrapped":
        write_zip(out, {"model": tensors, "epoch": 7,
                        "args": argparse.Namespace(lr=1e-4, opt="adamw")})
    else:
        write_zip(out, tensors)
    if arguments.cut is not None:
        with open(out, "rb+") as file:
            file.truncate(arguments.cut)


if __name__ == "__main__":
    main()
