# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Classifies pictures in every way and compares with what --data gives.

usage: check-images.py IMAGES.bin LABELS LOGIT_SCALE COMMAND...

COMMAND is deit-eval with a model of 64 pixels and 100 classes, or an evaluator.
Prints how many pictures it has compared.
"""
import array
import json
import math
import subprocess
import sys

from pictures import cifar, jpeg, png

COUNT = 6
images, labels_file, scale, *command = sys.argv[1:]
scale = float(scale)


def run(*arguments):
    return subprocess.run([*command, *arguments], check=True,
                          capture_output=True, text=True).stdout


def write(name, content):
    with open(name, "wb") as file:
        file.write(content)
    return name


def classify(name, *arguments):
    return json.loads(run("--image", name, "--json", "-",
                          *arguments))["classes"]


with open(labels_file) as file:
    labels = file.read().splitlines()
run("--data", images, "--limit", str(COUNT), "--quiet", "--logits", "logits")
logits = array.array("i")
with open("logits", "rb") as file:
    logits.frombytes(file.read())

# A record of the file, as a picture: the same logits, and of them softmax.
compared = 0
for number in range(COUNT):
    row = logits[100 * number:100 * (number + 1)]
    powers = [math.exp(scale * (value - max(row))) for value in row]
    order = sorted(range(100), key=lambda i: (-row[i], i))[:5]
    pixels = cifar(images, number)
    opaque = b"".join(pixels[i:i + 3] + b"\x50"
                      for i in range(0, len(pixels), 3))
    for name, content in (("rgb.png", png(32, 32, pixels)),
                          ("rgba.png", png(32, 32, opaque, color=6))):
        found = classify(write(name, content), "--classes", labels_file)
        assert [each["class"] for each in found] == order, (found, order)
        for each in found:
            index = each["class"]
            expected = powers[index] / sum(powers)
            assert each["name"] == labels[index]
            assert math.isclose(each["probability"], expected,
                                rel_tol=1e-9), (each, expected)
        compared += 1

# A JPEG of even blocks and a PNG of the same pixels.
blocks = [[(37 * x + 101 * y) % 256 for x in range(9)] for y in range(8)]
grey = bytes(blocks[y // 8][x // 8] for y in range(64) for x in range(72))
jpeg_name = write("blocks.jpg", jpeg(blocks))
png_name = write("blocks.png", png(72, 64, grey, color=0))
assert classify(jpeg_name) == classify(png_name)
compared += 1

# The middle of a picture of the model's height, cut out by hand.
middle = b"".join(grey[72 * y + 4:72 * y + 68] for y in range(64))
middle_name = write("middle.png", png(64, 64, middle, color=0))
assert classify(png_name) == classify(middle_name)
assert classify(png_name) != classify(png_name, "--crop", "0.5")
compared += 1

# The table says the same as the JSON.
best = classify(jpeg_name)[0]
lines = run("--image", jpeg_name).splitlines()
assert lines[0] == ("blocks.jpg: 72x64 pixels, resized to 72x64, the middle "
                    "64x64 of it"), lines
assert lines[1].split() == [f"{100 * best['probability']:.2f}", "%",
                            best["name"]], lines
print("compared", compared)
