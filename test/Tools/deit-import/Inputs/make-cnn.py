#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Write a tiny convolutional network as PyTorch would, images, and its logits.

  make-cnn.py KIND OUT [--images FILE --logits FILE] [options]

KIND is one of
  resnet   a state_dict of a residual network for CIFAR, one block a stage,
           with 2, 4 and 8 channels and 10 classes, in the stream of before
           torch 1.6, keys with 'module.' before them
  export   an archive of torch.export: a network that PT2E has quantized, with
           strided, depthwise and pointwise convolutions

The images are a CIFAR-10 file of four. The logits are of the float model, in
double precision by plain loops. --edit KEY=SHAPE gives a tensor of the resnet
another shape or adds it, --edit KEY= removes it. --replace OLD=NEW changes the
text of the exported graph.
"""
import argparse
import collections
import io
import json
import math
import random
import struct
import zipfile

import torch_files
from torch_files import Tensor

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGES, SIDE = 4, 32


def to_float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def make_images(generator):
    """Planes of red, green, blue as CIFAR stores them."""
    return [[generator.randrange(256) for _ in range(3 * SIDE * SIDE)]
            for _ in range(IMAGES)]


def normalized(image):
    """Planes of rows."""
    return [[[(image[(c * SIDE + y) * SIDE + x] / 255 - MEAN[c]) / STD[c]
              for x in range(SIDE)] for y in range(SIDE)] for c in range(3)]


#===-----------------------------------------------------------------------===#
# Layers on planes
#===-----------------------------------------------------------------------===#

def conv(x, shape, weight, bias=None, stride=1, padding=0, groups=1):
    """`weight` is flat, of `shape` [outputs, channels, height, width]."""
    outputs, channels, height, width = shape
    rows, columns = len(x[0]), len(x[0][0])
    result = []
    for n in range(outputs):
        first = n // (outputs // groups) * channels
        plane = []
        for i in range((rows + 2 * padding - height) // stride + 1):
            line = []
            for j in range((columns + 2 * padding - width) // stride + 1):
                total = bias[n] if bias else 0.0
                for c in range(channels):
                    for u in range(height):
                        y = i * stride - padding + u
                        if not 0 <= y < rows:
                            continue
                        for v in range(width):
                            z = j * stride - padding + v
                            if 0 <= z < columns:
                                total += (x[first + c][y][z] * weight[
                                    ((n * channels + c) * height + u) * width
                                    + v])
                line.append(total)
            plane.append(line)
        result.append(plane)
    return result


def every(function, *planes):
    return [[[function(*values) for values in zip(*lines)]
             for lines in zip(*rows)] for rows in zip(*planes)]


def relu(x, ceiling=math.inf):
    return every(lambda value: min(max(value, 0.0), ceiling), x)


def add(x, y):
    return every(lambda a, b: a + b, x, y)


def pool(x):
    return [sum(map(sum, plane)) / (len(plane) * len(plane[0])) for plane in x]


def linear(x, weight, bias):
    return [sum(a * b for a, b in zip(x, weight[n * len(x):])) + bias[n]
            for n in range(len(bias))]


#===-----------------------------------------------------------------------===#
# The residual network
#===-----------------------------------------------------------------------===#

def resnet_shapes():
    shapes = collections.OrderedDict()

    def layer(conv_name, norm_name, outputs, inputs):
        shapes[conv_name + ".weight"] = (outputs, inputs, 3, 3)
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{norm_name}.{part}"] = (outputs,)

    layer("conv1", "bn1", 2, 3)
    inputs = 2
    for stage, outputs in ((1, 2), (2, 4), (3, 8)):
        block = f"layer{stage}.0"
        layer(f"{block}.conv1", f"{block}.bn1", outputs, inputs)
        layer(f"{block}.conv2", f"{block}.bn2", outputs, outputs)
        inputs = outputs
    shapes["linear.weight"], shapes["linear.bias"] = (10, 8), (10,)
    return shapes


def resnet_tensors(generator, edits):
    shapes = resnet_shapes()
    for edit in edits:
        key, _, shape = edit.partition("=")
        if shape:
            shapes[key] = tuple(int(size) for size in shape.split(","))
        else:
            del shapes[key]
    tensors = collections.OrderedDict()
    for name, shape in shapes.items():
        low, high = (0.5, 1.5) if name.endswith("_var") else (-0.7, 0.7)
        floats = [to_float32(generator.uniform(low, high))
                  for _ in range(math.prod(shape))]
        tensors[name] = Tensor(shape, floats)
    return tensors


def run_resnet(tensors, image):
    def values(name):
        return tensors[name].storage.floats

    def layer(x, conv_name, norm_name, stride):
        weight = tensors[conv_name + ".weight"]
        y = conv(x, weight.shape, weight.storage.floats, stride=stride,
                 padding=1)
        gamma, beta, mean, variance = (
            values(f"{norm_name}.{part}")
            for part in ("weight", "bias", "running_mean", "running_var"))
        return [[[(value - mean[c]) / math.sqrt(variance[c] + 1e-5) * gamma[c]
                  + beta[c] for value in line] for line in plane]
                for c, plane in enumerate(y)]

    x = relu(layer(normalized(image), "conv1", "bn1", 1))
    for stage in (1, 2, 3):
        block, stride = f"layer{stage}.0", 1 if stage == 1 else 2
        y = relu(layer(x, f"{block}.conv1", f"{block}.bn1", stride))
        y = layer(y, f"{block}.conv2", f"{block}.bn2", 1)
        if stride == 2:
            half = [[line[::2] for line in plane[::2]] for plane in x]
            zeros = [[[0.0] * len(half[0][0])] * len(half[0])]
            x = zeros * (len(x) // 2) + half + zeros * (len(x) // 2)
        x = relu(add(y, x))
    return linear(pool(x), values("linear.weight"), values("linear.bias"))


#===-----------------------------------------------------------------------===#
# The exported network
#===-----------------------------------------------------------------------===#

class Export:
    """A graph that grows node by node, computing what it means."""

    def __init__(self, generator):
        self.generator, self.nodes, self.state = generator, [], {}
        self.specs, self.floats = [], {}

    def stored(self, name, shape, values, dtype, kind):
        self.state[name] = Tensor(shape, values, dtype)
        argument = f"arg{len(self.specs)}"
        self.specs.append({kind: {"arg": {"name": argument},
                                  f"{kind}_name": name}})
        return argument

    def node(self, target, path, **inputs):
        kinds = {str: lambda v: {"as_tensor": {"name": v}},
                 int: lambda v: {"as_int": v}, float: lambda v: {"as_float": v},
                 bool: lambda v: {"as_bool": v}, list: lambda v: {"as_ints": v}}
        output = f"value{len(self.nodes)}"
        stack = "L__self__,,GraphModule"
        if path:
            stack += f";L__self___key,{path},torch.nn.Module"
        self.nodes.append({
            "target": "torch.ops." + target,
            "inputs": [{"name": name.rstrip("_"), "arg": kinds[type(v)](v)}
                       for name, v in inputs.items()],
            "outputs": [{"as_tensor": {"name": output}}],
            "metadata": {"nn_module_stack": stack}})
        return output

    def rounded(self, value):
        """A pair of nodes around an activation, which the importer drops."""
        for verb in ("quantize", "dequantize"):
            value = self.node(
                f"quantized_decomposed.{verb}_per_tensor.default", "",
                input=value, scale=0.05, zero_point=-3, quant_min=-128,
                quant_max=127, dtype=2)
        return value

    def weight(self, name, shape, per_channel):
        codes = [self.generator.randrange(-127, 128)
                 for _ in range(math.prod(shape))]
        argument = self.stored(name, shape, codes, "i8", "buffer")
        rows = shape[0] if per_channel else 1
        scales = [to_float32(self.generator.uniform(0.002, 0.01))
                  for _ in range(rows)]
        length = len(codes) // rows
        self.floats[name] = [code * scales[i // length]
                             for i, code in enumerate(codes)]
        if not per_channel:
            return self.node(
                "quantized_decomposed.dequantize_per_tensor.default", "",
                input=argument, scale=scales[0], zero_point=0, quant_min=-127,
                quant_max=127, dtype=2)
        return self.node(
            "quantized_decomposed.dequantize_per_channel.default", "",
            input=argument,
            scales=self.stored(name + "_scale", (rows,), scales, "f32",
                               "buffer"),
            zero_points=self.stored(name + "_zero", (rows,), [0] * rows, "i64",
                                    "buffer"),
            axis=0, quant_min=-127, quant_max=127, dtype=2)

    def bias(self, name, count):
        self.floats[name] = [to_float32(self.generator.uniform(-1, 1))
                             for _ in range(count)]
        return self.stored(name, (count,), self.floats[name], "f32",
                           "parameter")

    def conv(self, value, path, shape, stride, padding, groups,
             per_channel=False):
        return self.node(
            "aten.convolution.default", path, input=self.rounded(value),
            weight=self.weight(path + "_weight", shape, per_channel),
            bias=self.bias(path + "_bias", shape[0]), stride=[stride, stride],
            padding=[padding, padding], dilation=[1, 1], transposed=False,
            output_padding=[0, 0], groups=groups)

    def relu6(self, value, path):
        return self.node("aten.hardtanh.default", path,
                         self_=self.rounded(value), min_val=0.0, max_val=6.0)


STEM, DEPTH, POINT = (4, 3, 3, 3), (4, 1, 3, 3), (4, 4, 1, 1)


def build_export(generator):
    export = Export(generator)
    stem = export.relu6(export.conv("image", "stem.0", STEM, 2, 1, 1), "stem.1")
    depth = export.relu6(export.conv(stem, "block.0", DEPTH, 1, 1, 4, True),
                         "block.1")
    point = export.conv(depth, "block.2", POINT, 1, 0, 1)
    total = export.node("aten.add.Tensor", "block", self_=stem, other=point)
    mean = export.node("aten.mean.dim", "", self_=total, dim=[-1, -2],
                       keepdim=True)
    flat = export.node("aten.view.default", "", self_=mean, size=[1, 4])
    kept = export.node("aten.native_dropout.default", "head.0", input=flat,
                       p=0.2, train=True)
    weight = export.node("aten.t.default", "head.1",
                         self_=export.weight("head.1_weight", (10, 4), False))
    logits = export.node("aten.addmm.default", "head.1",
                         self_=export.bias("head.1_bias", 10), mat1=kept,
                         mat2=weight)
    return export, export.rounded(logits)


def run_export(floats, image):
    def layer(x, path, shape, stride, padding, groups):
        return conv(x, shape, floats[path + "_weight"], floats[path + "_bias"],
                    stride, padding, groups)

    stem = relu(layer(normalized(image), "stem.0", STEM, 2, 1, 1), 6)
    y = relu(layer(stem, "block.0", DEPTH, 1, 1, 4), 6)
    y = add(stem, layer(y, "block.2", POINT, 1, 0, 1))
    return linear(pool(y), floats["head.1_weight"], floats["head.1_bias"])


def write_export(path, export, result, replacements):
    export.specs.append(
        {"user_input": {"arg": {"as_tensor": {"name": "image"}}}})
    graph = {
        "graph_module": {
            "graph": {
                "nodes": export.nodes,
                "tensor_values": {"image": {"sizes": [
                    {"as_int": size} for size in (1, 3, SIDE, SIDE)]}}},
            "signature": {
                "input_specs": export.specs,
                "output_specs": [{"user_output": {
                    "arg": {"as_tensor": {"name": result}}}}]}},
        "schema_version": {"major": 5, "minor": 1}}
    text = json.dumps(graph)
    for replacement in replacements:
        old, _, new = replacement.partition("=")
        assert old in text
        text = text.replace(old, new)
    state = io.BytesIO()
    torch_files.write_zip(state, collections.OrderedDict(export.state),
                          folder="archive")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in (("serialized_exported_program.json", text),
                           ("serialized_state_dict.pt", state.getvalue())):
            archive.writestr(zipfile.ZipInfo(name), data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("resnet", "export"))
    parser.add_argument("out")
    parser.add_argument("--images")
    parser.add_argument("--logits")
    parser.add_argument("--edit", action="append", default=[])
    parser.add_argument("--replace", action="append", default=[])
    arguments = parser.parse_args()
    generator = random.Random(1)
    images = make_images(generator)
    if arguments.kind == "resnet":
        tensors = resnet_tensors(generator, arguments.edit)
        torch_files.write_legacy(arguments.out, {
            "state_dict": collections.OrderedDict(
                ("module." + key, value) for key, value in tensors.items()),
            "best_prec1": 10.0})
        run = lambda image: run_resnet(tensors, image)
    else:
        export, result = build_export(generator)
        write_export(arguments.out, export, result, arguments.replace)
        run = lambda image: run_export(export.floats, image)
    if arguments.images:
        with open(arguments.images, "wb") as file:
            for image in images:
                file.write(bytes([0] + image))
    if arguments.logits:
        with open(arguments.logits, "wb") as file:
            for image in images:
                file.write(struct.pack("<10f", *run(image)))


if __name__ == "__main__":
    main()
