#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Write a CIFAR-10 file of random images: make-images.py FILE COUNT [CLASSES].

The first is black, the second white, the others are blocks of colours with
noise of different strength. They are of 3 classes unless told otherwise.
"""
import random
import sys

path, count = sys.argv[1], int(sys.argv[2])
classes = int(sys.argv[3]) if len(sys.argv) > 3 else 3
generator = random.Random(0)


def channel(index):
    if index < 2:
        return bytes([255 * index]) * 1024
    blocks = [generator.randrange(256) for _ in range(16)]
    noise = generator.choice([1, 30, 200])
    return bytes(
        min(255, max(0, blocks[y // 8 * 4 + x // 8] +
                     generator.randrange(-noise, noise)))
        for y in range(32) for x in range(32))


with open(path, "wb") as file:
    for i in range(count):
        file.write(bytes([i % classes]) + channel(i) + channel(i) + channel(i))
