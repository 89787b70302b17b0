# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes damaged copies of a file of statistics.

usage: damage-statistics.py FILE PREFIX
"""
import struct
import sys
import zlib

path, prefix = sys.argv[1:]
with open(path, "rb") as file:
    data = file.read()
header, payload = data[:24], data[24:]


def write(suffix, contents):
    with open(prefix + suffix, "wb") as file:
        file.write(contents)


write(".short", data[: len(data) // 2])
write(".header", data[:12])
write(".flipped", data[:1000] + bytes([data[1000] ^ 4]) + data[1001:])
write(".version", data[:8] + struct.pack("<I", 2) + data[12:])
# Sound but for a count that leads beyond the end: 2^32 - 1 activations.
absurd = payload[:16] + b"\xff" * 4 + payload[20:]
write(
    ".absurd",
    data[:8] + struct.pack("<IIQ", 1, zlib.crc32(absurd), len(absurd)) + absurd,
)
