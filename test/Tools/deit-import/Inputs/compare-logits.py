#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fails unless two files of float32 agree to a part in ten thousand of the
largest: compare-logits.py FOUND EXPECTED [TOLERANCE]."""
import array
import sys


def read(path):
    values = array.array("f")
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


found, expected = read(sys.argv[1]), read(sys.argv[2])
tolerance = float(sys.argv[3]) if len(sys.argv) > 3 else 1e-4
if len(found) != len(expected):
    sys.exit(f"{len(found)} values, {len(expected)} are expected")
largest = max(map(abs, expected))
error = max(abs(a - b) for a, b in zip(found, expected))
if not error <= tolerance * largest:
    sys.exit(f"values differ by up to {error}, the largest is {largest}")
print(f"{len(found)} values agree")
