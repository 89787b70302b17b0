# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a CIFAR-10 file of even images: image i is 10 * i everywhere.

usage: make-cifar.py FILE COUNT
"""
import sys

path, count = sys.argv[1], int(sys.argv[2])
with open(path, "wb") as file:
    for i in range(count):
        file.write(bytes([i % 2]) + bytes([10 * i]) * 3072)
