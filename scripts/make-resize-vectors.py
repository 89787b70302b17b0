#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the tables of unittests/Runtime/ResizeTest.cpp: SHA-256 of what Pillow
makes of pseudo-random images. Needs Pillow; run by hand when cases change."""
import hashlib

from PIL import Image

# (from width, from height, to width, to height)
CASES = [
    (32, 32, 224, 224), (32, 32, 64, 64), (32, 32, 32, 32), (32, 32, 48, 48),
    (48, 48, 20, 20), (1, 1, 5, 5), (32, 32, 384, 384), (32, 32, 224, 32),
    (32, 32, 32, 224), (32, 32, 31, 33), (7, 3, 2, 11), (100, 60, 1, 1),
    (64, 64, 63, 17), (2, 2, 3, 3), (5, 300, 6, 7), (32, 32, 240, 240),
]


def random_bytes(seed, count):
    """Marsaglia's xorshift32; the two extremes are frequent, for clipping."""
    state, out = seed, bytearray()
    for _ in range(count):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        kind = state & 7
        out.append(0 if kind == 0 else 255 if kind == 1 else state >> 24)
    return bytes(out)


BILINEAR_CASES = [
    (32, 32, 224, 224), (32, 32, 48, 48), (48, 48, 20, 20), (1, 1, 5, 5),
    (7, 3, 2, 11), (100, 60, 1, 1), (5, 300, 6, 7),
]


def print_table(cases, bicubic):
    for number, (width, height, to_width, to_height) in enumerate(cases):
        pixels = random_bytes(number + 1, width * height * 3)
        image = Image.frombytes("RGB", (width, height), pixels)
        resized = image.resize(
            (to_width, to_height),
            Image.BICUBIC if bicubic else Image.BILINEAR).tobytes()
        digest = hashlib.sha256(resized).hexdigest()
        print(f"    {{{width}, {height}, {to_width}, {to_height},\n"
              f'     "{digest}"}},')


print_table(CASES, True)
print("// Bilinear:")
print_table(BILINEAR_CASES, False)
