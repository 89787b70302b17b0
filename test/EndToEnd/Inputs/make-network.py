#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Write a small random vision transformer as safetensors.

  make-network.py OUT [--seed N] [--image HxW] [--patch HxW] [--width N]
                  [--heads N] [--hidden N] [--depth N] [--classes N] [--scaled]
                  [--wild] [--extreme NAME ...]

--scaled adds LayerScale. --wild makes it hard to quantize: magnitudes that
differ by powers of ten from tensor to tensor and channel to channel, channels
that are zero, layer norms that ignore their input. --extreme makes it absurd in
one way, see EXTREMES.
"""
import argparse
import json
import math
import random
import struct


def pair(text):
    first, _, second = text.partition("x")
    return int(first), int(second or first)


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--image", type=pair, default=(16, 16))
    parser.add_argument("--patch", type=pair, default=(8, 8))
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--heads", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--scaled", action="store_true")
    parser.add_argument("--wild", action="store_true")
    parser.add_argument("--extreme", action="append", default=[],
                        choices=sorted(EXTREMES))
    return parser.parse_args(arguments)


class Weights:
    """Named tensors, filled with random numbers as they are added."""

    def __init__(self, seed, wild):
        self.random = random.Random(seed)
        self.wild = wild
        self.tensors = {}

    def add(self, name, shape, deviation, mean=0.0):
        rows, columns = shape[0], math.prod(shape[1:])
        if self.wild:
            deviation *= 10 ** self.random.uniform(-2, 1)
        values = []
        for _ in range(rows):
            scale = deviation * self.channel_scale()
            values += [self.random.gauss(mean, 1) * scale
                       for _ in range(columns)]
        self.tensors[name] = (shape, values)

    def channel_scale(self):
        """What one output channel is multiplied by."""
        if not self.wild:
            return 1
        if self.random.random() < 0.1:
            return 0
        return 10 ** self.random.uniform(-1, 1)

    def layer(self, name, outputs, inputs):
        self.add(name + ".weight", (outputs, *inputs),
                 1 / math.sqrt(math.prod(inputs)))
        self.add(name + ".bias", (outputs,), 0.1)

    def norm(self, name, channels):
        self.add(name + ".weight", (channels,), 0.3, mean=3)
        self.add(name + ".bias", (channels,), 0.1)


def make_weights(options):
    """The network's tensors, by timm's names."""
    weights = Weights(options.seed, options.wild)
    width = options.width
    tokens = (options.image[0] // options.patch[0] *
              (options.image[1] // options.patch[1]) + 1)
    weights.add("cls_token", (1, 1, width), 1)
    weights.add("pos_embed", (1, tokens, width), 0.5)
    weights.layer("patch_embed.proj", width, (3, *options.patch))
    for i in range(options.depth):
        block = f"blocks.{i}."
        weights.norm(block + "norm1", width)
        weights.layer(block + "attn.qkv", 3 * width, (width,))
        weights.layer(block + "attn.proj", width, (width,))
        weights.norm(block + "norm2", width)
        weights.layer(block + "mlp.fc1", options.hidden, (width,))
        weights.layer(block + "mlp.fc2", width, (options.hidden,))
        if options.scaled:
            weights.add(block + "ls1.gamma", (width,), 0.5)
            weights.add(block + "ls2.gamma", (width,), 0.5)
    weights.norm("norm", width)
    weights.layer("head", options.classes, (width,))
    for name in options.extreme:
        EXTREMES[name](weights.tensors, weights.random)
    return weights.tensors


def is_stream(name):
    """Whether what the tensor makes is, or is added to, the residual stream."""
    return any(part in name for part in (
        "cls_token", "pos_embed", "patch_embed", "attn.proj", "mlp.fc2"))


def scale(tensors, factor, matches):
    for name, (_, values) in tensors.items():
        if matches(name):
            values[:] = [value * factor for value in values]


def scale_scores(tensors, factor):
    """Multiplies queries and keys, two thirds of qkv."""
    for name, (_, values) in tensors.items():
        if "attn.qkv" in name:
            end = len(values) // 3 * 2
            values[:end] = [value * factor for value in values[:end]]


def kill(tensors, generator):
    """Nine of ten output channels are zero, their biases too."""
    for name, (shape, values) in tensors.items():
        columns = len(values) // shape[0]
        for row in range(shape[0]):
            if generator.random() < 0.9:
                values[row * columns:(row + 1) * columns] = [0.0] * columns


def tie(tensors, generator):
    """In every other tensor all output channels are the same."""
    for name, (shape, values) in tensors.items():
        if generator.random() < 0.5:
            columns = len(values) // shape[0]
            values[:] = values[:columns] * shape[0]


def flatten_stream(tensors, _):
    """All channels of the residual stream are the same."""
    for name, (shape, values) in tensors.items():
        if "cls_token" in name or "pos_embed" in name:
            width = shape[-1]
            for i in range(0, len(values), width):
                values[i:i + width] = [values[i]] * width
        elif is_stream(name):
            columns = len(values) // shape[0]
            values[:] = values[:columns] * shape[0]


def make_gelu_negative(tensors, _):
    for name, (_, values) in tensors.items():
        if "fc1.bias" in name:
            values[:] = [-50 - abs(value) for value in values]


def oppose_tokens(tensors, _):
    """Tokens are nearly each other's opposites, and attention takes the mean of
    their values."""
    width = tensors["cls_token"][0][-1]
    bias = tensors["patch_embed.proj.bias"][1]
    tensors["cls_token"][1][:] = [-x for x in bias]
    positions = tensors["pos_embed"][1]
    for i in range(0, len(positions), width):
        odd = i // width % 2
        positions[i:i + width] = [-2 * x if odd == 0 and i else 0.0
                                  for x in bias]
    scale(tensors, 1e-5, lambda name: name == "patch_embed.proj.weight")
    scale(tensors, 0.0, lambda name: name.endswith(("norm1.bias", "qkv.bias")))
    scale_scores(tensors, 0.0)


def any_magnitude(tensors, generator):
    for name in tensors:
        factor = 10 ** generator.uniform(-5, 4)
        scale(tensors, factor, lambda other: other == name)


# What is done to the tensors, with a generator of random numbers.
EXTREMES = {
    "sharp-scores": lambda t, g: scale_scores(t, 10 ** g.uniform(1, 4)),
    "flat-scores": lambda t, g: scale_scores(t, 10 ** g.uniform(-9, -2)),
    "no-scores": lambda t, g: scale_scores(t, 0.0),
    "dead-channels": kill,
    "equal-channels": tie,
    "constant-rows": flatten_stream,
    "no-gamma": lambda t, g: scale(
        t, 0.0, lambda name: "norm" in name and "weight" in name),
    "no-stream": lambda t, g: scale(t, 0.0, is_stream),
    "no-head": lambda t, g: scale(t, 0.0, lambda name: "head" in name),
    "large-biases": lambda t, g: scale(
        t, 10 ** g.uniform(2, 6), lambda name: name.endswith("bias")),
    "large-position": lambda t, g: scale(
        t, 10 ** g.uniform(2, 6), lambda name: "pos_embed" in name),
    "large-weights": lambda t, g: scale(
        t, 10 ** g.uniform(2, 4), lambda name: name.endswith("weight")),
    "small-weights": lambda t, g: scale(
        t, 10 ** g.uniform(-9, -2), lambda name: name.endswith("weight")),
    "any-magnitude": any_magnitude,
    "negative-gelu": make_gelu_negative,
    "opposite-tokens": oppose_tokens,
}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        blob = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": list(shape),
                        "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    options = parse_arguments()
    write_safetensors(options.out, make_weights(options))


if __name__ == "__main__":
    main()
