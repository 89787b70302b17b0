#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Write a tiny checkpoint as torch.save would, without torch.

  make-checkpoint.py KIND OUT [--form FORM] [options]

KIND is one of
  deit     2 blocks, 8 channels, 2 heads, 12x8 images in 4x4 patches, 3 classes
  deit3    the same with LayerScale and no position for the class token
  square   one block, 64 channels, 8x8 images in 4x4 patches
  large    one block, 8 channels, 384x384 images in 32x32 patches, 1000 classes
  resized  a whole deit for 16x16 images, whose configuration still says 12x8
  resnet, swin
           a few tensors of another architecture
  hostile  a pickle that would run a command: `touch OUT.executed`
  hooked, tanh, pooled, padded
           a whole deit that computes something else than its tensors suggest
  nan      a deit with one weight that is not a number
  xla      a state_dict with a tensor that torch saves in an unusual way
  list, empty, text
           files without a model

FORM is one of
  module           the whole model (the default)
  state_dict       its tensors
  wrapped          {'model': state_dict, 'epoch', 'args', 'optimizer', ...}
  wrapped_module   {'model': the whole model, ...}
  averaged         {'model': state_dict, 'model_ema': another, ...}
  only_averaged    {'model_ema': state_dict}
  lightning        what Lightning writes
  parallel         the whole model within DataParallel
  chained, framed  the whole model, and another module after or around it
  safetensors      a file of that name

--legacy writes the stream of before torch 1.6. --prefix stands before every
key of a state_dict. --dtype is f32, f16, bf16 or f64. --layout is contiguous,
transposed (matrices by columns) or shared (one storage). --big-endian,
--zip64, --folder and --protocol are of the archive. --heads is the number of
attention heads of a whole model. --edit KEY=SHAPE gives a tensor another shape
or adds it, --edit KEY= removes it. --names KEY=A,B,... adds names of classes,
beside a wrapped model or to a module's pretrained_cfg. --cut keeps only the first bytes of the
file.
"""
import argparse
import collections
import datetime
import enum
import pathlib
import random
import sys
import types

import torch_files
from torch_files import (NumpyTensor, Parameter, Tensor, fake_class,
                         share_storage)


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


def attributes(kind, heads):
    """Class and plain attributes of the modules of a tiny deit, by path."""
    torch = "torch.nn.modules."
    timm = "timm.models.vision_transformer"
    identity = (torch + "linear", "Identity", {})
    norm = (torch + "normalization", "LayerNorm", {"eps": 0.001})
    config = {"architecture": "tiny", "input_size": (3, 12, 8),
              "mean": (0.5, 0.25, 0.125), "std": (1.0, 2.0, 4.0)}
    result = {
        "": (timm, "VisionTransformer",
             {"pretrained_cfg": config, "reg_token": None,
              "num_prefix_tokens": 1, "num_reg_tokens": 0,
              "has_class_token": True,
              "global_pool": "avg" if kind == "pooled" else "token"}),
        "patch_embed": ("timm.layers.patch_embed", "PatchEmbed",
                        {"img_size": None if kind == "resized" else (12, 8),
                         "patch_size": (4, 4)}),
        "patch_embed.proj": (torch + "conv", "Conv2d",
                             {"kernel_size": (4, 4), "stride": (4, 4),
                              "padding": (int(kind == "padded"), 0)}),
        "patch_embed.norm": identity, "norm_pre": identity,
        "blocks": (torch + "container", "Sequential", {}),
        "norm": norm, "fc_norm": identity,
        "head": (torch + "linear", "Linear", {})}
    for i in range(2):
        block = f"blocks.{i}"
        result[block] = (timm, "Block", {})
        result[block + ".attn"] = (
            timm, "Attention",
            {"num_heads": heads, "scale": (8 // heads) ** -0.5})
        result[block + ".mlp"] = ("timm.layers.mlp", "Mlp", {})
        result[block + ".mlp.act"] = (
            torch + "activation", "GELU",
            {"approximate": "tanh" if kind == "tanh" else "none"})
        for name in ("attn.q_norm", "attn.k_norm", "drop_path1", "mlp.norm"):
            result[f"{block}.{name}"] = identity
        for name in ("norm1", "norm2"):
            result[f"{block}.{name}"] = norm
        for name in ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"):
            result[f"{block}.{name}"] = (torch + "linear", "Linear", {})
        if kind == "deit3":
            for name in ("ls1", "ls2"):
                result[f"{block}.{name}"] = (timm, "LayerScale", {})
    return result


def make_object(module, name, plain=()):
    """A torch.nn.Module without parameters and children."""
    cls = getattr(sys.modules.get(module), name, None)
    if cls is None:
        cls = fake_class(module, name, is_module_class=True)
    made = cls()
    made.__dict__.update(
        training=False, _parameters=collections.OrderedDict(),
        _buffers=collections.OrderedDict(),
        _modules=collections.OrderedDict(),
        _forward_hooks=collections.OrderedDict(), **dict(plain))
    return made


def build_module(tensors, described, kind):
    """The tree of objects that torch.save(model) would pickle."""
    for path in tensors:  # What --edit added needs modules around it.
        parent = path.rpartition(".")[0]
        if parent not in described or described[parent][1] == "Identity":
            described[parent] = ("torch.nn.modules.normalization",
                                 "LayerNorm", {})
    objects = {}
    for path, (module, name, plain) in described.items():
        objects[path] = make_object(module, name, plain)
        if path:
            parent, _, child = path.rpartition(".")
            objects[parent]._modules[child] = objects[path]
    for path, tensor in tensors.items():
        parent, _, name = path.rpartition(".")
        # The one bias is a buffer: which it is does not matter.
        if path == "head.bias":
            objects[parent]._buffers[name] = tensor
        else:
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


class Schedule(enum.Enum):
    COSINE = "cosine"
    STEP = "step"


class ByName:
    """Pickles as Python 3.11 pickles a member of an enumeration."""

    def __reduce__(self):
        return getattr, (Schedule, "STEP")


class ByValue:
    """Pickles as other versions of Python do."""

    def __reduce__(self):
        return Schedule, ("step",)


def settings():
    """The command line that training scripts keep beside the model."""
    return argparse.Namespace(
        lr=1e-4, opt="adamw", output=pathlib.PurePosixPath("/tmp/run"),
        schedules=[Schedule.COSINE, ByName(), ByValue()],
        nested={"aug": {"mixup": [0.8, (1, None)]}}, names={"a", "b"},
        more=types.SimpleNamespace(seed=2**80, size=range(4), raw=b"\xff"),
        groups=collections.defaultdict(list, {"decay": [1]}),
        started=datetime.datetime(2024, 1, 2))


def optimizer():
    """What optimizer.state_dict() gives after a step."""
    moment = Tensor((2,), [0.5, 0.25])
    return {"state": {0: {"step": Tensor((), [1.0]), "exp_avg": moment}},
            "param_groups": [{"lr": 1e-4, "params": [0]}]}


def wrap(form, model, tensors):
    """What a training script saves instead of the model alone."""
    more = {"epoch": 7, "args": settings(), "optimizer": optimizer(),
            "best_accuracy": Tensor((), [0.5])}
    if form == "averaged":
        other = make_tensors("deit", [], "f32", seed=1)
        return {"model_ema": other, "model": tensors, **more}
    if form == "only_averaged":
        return {"model_ema": tensors, **more}
    if form == "lightning":
        return {"state_dict": tensors, "global_step": 4,
                "pytorch-lightning_version": "2.0", "loops": {},
                "callbacks": {"ModelCheckpoint": {
                    "best_model_score": Tensor((), [0.5])}},
                "hyper_parameters": vars(settings()),
                "optimizer_states": [optimizer()]}
    return {"model": model, **more}


def make_tensors(kind, edits, dtype, seed=0):
    if kind == "resnet":
        wanted = {"conv1.weight": (16, 3, 3, 3), "bn1.weight": (16,),
                  "layer1.0.conv1.weight": (16, 16, 3, 3),
                  "fc.weight": (10, 64), "fc.bias": (10,)}
    elif kind == "swin":
        wanted = {"patch_embed.proj.weight": (8, 3, 4, 4),
                  "layers.0.blocks.0.attn.qkv.weight": (24, 8),
                  "layers.0.blocks.0.attn.relative_position_bias_table":
                      (9, 2)}
    elif kind == "square":
        wanted = shapes(64, 32, 1, 5, 4, 3, False)
    elif kind == "large":
        wanted = shapes(8, 16, 1, 145, 32, 1000, False)
    else:
        deit3 = kind == "deit3"
        positions = {"deit3": 6, "resized": 17}.get(kind, 7)
        wanted = shapes(8, 16, 2, positions, 4, 3, deit3)
    for edit in edits:
        key, _, shape = edit.partition("=")
        if shape:
            wanted[key] = tuple(int(size) for size in shape.split(","))
        else:
            del wanted[key]
    generator = random.Random(seed)
    tensors = collections.OrderedDict()
    for name, shape in wanted.items():
        # Exact in every type of float.
        floats = [generator.randint(-128, 128) / 128
                  for _ in range(count(shape))]
        tensors[name] = Tensor(shape, floats, dtype)
    if kind == "nan":
        tensors["head.weight"].storage.floats[5] = float("nan")
    if kind == "xla":
        tensors["norm.weight"] = NumpyTensor()
    return tensors


# What is around a whole model, and the model's name in it.
AROUND = {
    "parallel": ("torch.nn.parallel.data_parallel", "DataParallel", "module"),
    "chained": ("torch.nn.modules.container", "Sequential", "0"),
    "framed": ("my.models", "Classifier", "backbone")}


def make_value(arguments):
    """The object that is pickled."""
    kind, form = arguments.kind, arguments.form
    if kind == "list":
        return [1, 2, 3]
    tensors = make_tensors(kind, arguments.edit, arguments.dtype)
    if arguments.layout == "transposed":
        for tensor in tensors.values():
            tensor.transpose()
    elif arguments.layout == "shared":
        share_storage(tensors)
    if kind == "hostile":
        return {"model": tensors,
                "extra": Command(f"touch '{arguments.out}.executed'")}
    model = None
    if form in ("module", "wrapped_module", *AROUND):
        if kind in ("resnet", "swin", "square", "large", "xla"):
            return tensors
        model = build_module(tensors, attributes(kind, arguments.heads), kind)
    tensors = collections.OrderedDict(
        (arguments.prefix + name, tensor) for name, tensor in tensors.items())
    if form in AROUND:
        module, name, child = AROUND[form]
        outer = make_object(module, name, {"device_ids": [0], "dim": 0})
        outer._modules[child] = model
        if form == "chained":
            outer._modules["1"] = make_object("torch.nn.modules.activation",
                                              "GELU")
        return outer
    key, _, listed = arguments.names.partition("=")
    names = listed.split(",")
    if key == "pretrained_cfg":
        vars(model)[key]["label_names"] = tuple(names)
    if form in ("module", "state_dict", "safetensors"):
        return model or tensors
    value = wrap(form, model or tensors, tensors)
    if key == "class_to_idx":
        value[key] = {name: at for at, name in reversed([*enumerate(names)])}
    elif key and key != "pretrained_cfg":
        value[key] = names
    return value


def write(arguments):
    out = arguments.out
    if arguments.kind in ("empty", "text"):
        with open(out, "w") as file:
            file.write("no checkpoint at all\n" * (arguments.kind == "text"))
        return
    value = make_value(arguments)
    if arguments.form == "safetensors":
        torch_files.write_safetensors(out, value)
    elif arguments.legacy:
        torch_files.write_legacy(out, value)
    else:
        torch_files.write_zip(
            out, value, folder=arguments.folder, zip64=arguments.zip64,
            order=">" if arguments.big_endian else "<",
            protocol=arguments.protocol)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind")
    parser.add_argument("out")
    parser.add_argument("--form", default="module")
    parser.add_argument("--legacy", action="store_true")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--dtype", default="f32")
    parser.add_argument("--layout", default="contiguous")
    parser.add_argument("--big-endian", action="store_true")
    parser.add_argument("--zip64", action="store_true")
    parser.add_argument("--folder", default="tiny")
    parser.add_argument("--protocol", type=int, default=2)
    parser.add_argument("--heads", type=int, default=2)
    parser.add_argument("--edit", action="append", default=[])
    parser.add_argument("--names", default="")
    parser.add_argument("--cut", type=int)
    arguments = parser.parse_args()
    write(arguments)
    if arguments.cut is not None:
        with open(arguments.out, "rb+") as file:
            file.truncate(arguments.cut)


if __name__ == "__main__":
    main()
