# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes PNG and JPEG files with nothing but the standard library."""
import struct
import zlib


def chunk(kind, content):
    """A chunk of a PNG file, with its checksum."""
    body = kind + content
    return (struct.pack(">I", len(content)) + body +
            struct.pack(">I", zlib.crc32(body)))


def png(width, height, pixels, color=2, depth=8, stream=None, palette=None):
    """`pixels` are bytes of rows, of `color` 2 (RGB), 6 (RGBA), 0 (grey) or 3,
    which are places in `palette`, the bytes of RGB."""
    row = len(pixels) // height
    lines = b"".join(b"\0" + pixels[y * row:(y + 1) * row]
                     for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color,
                                       0, 0, 0)) +
            (chunk(b"PLTE", palette) if palette else b"") +
            chunk(b"IDAT", stream or zlib.compress(lines)) +
            chunk(b"IEND", b""))


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(blocks, width=None, height=None):
    """A grey picture of even blocks of 8 x 8 pixels, `blocks` their rows of
    values: baseline JPEG, in which a block is the difference to the one before.
    """
    rows, columns = len(blocks), len(blocks[0])
    width, height = width or 8 * columns, height or 8 * rows
    # Code of category n: n itself in 4 bits. The other table ends a block: 0.
    first = bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))
    second = bytes([1] + [0] * 15) + b"\0"
    bits, last = "", 0
    for row in blocks:
        for value in row:
            # A step of 8 of the first coefficient is one of the pixels.
            difference, last = value - 128 - last, value - 128
            size = abs(difference).bit_length()
            bits += f"{size:04b}"
            if size:
                positive = difference if difference > 0 else (
                    difference + (1 << size) - 1)
                bits += f"{positive:0{size}b}"
            bits += "0"
    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
    return (b"\xff\xd8" + segment(0xDB, b"\0" + bytes([8] * 64)) +
            segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11,
                                      0)) +
            segment(0xC4, b"\0" + first) + segment(0xC4, b"\x10" + second) +
            segment(0xDA, b"\1\1\0\0\x3f\0") + data.replace(
                b"\xff", b"\xff\0") + b"\xff\xd9")


def cifar(path, number):
    """The pixels of a record of a CIFAR-100 file, RGB, rows first."""
    with open(path, "rb") as file:
        record = file.read()[3074 * number + 2:3074 * (number + 1)]
    return bytes(record[c * 1024 + i] for i in range(1024) for c in range(3))
