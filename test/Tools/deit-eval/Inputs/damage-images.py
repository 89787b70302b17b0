# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Gives deit-eval parts of pictures, damaged pictures and pictures that claim to
be large: one error each time.

usage: damage-images.py MODEL [MEBIBYTES]

MEBIBYTES is the address space that deit-eval gets. Sanitizers need all of it.
"""
import random
import resource
import struct
import subprocess
import sys
import zlib

from pictures import chunk, jpeg, png, segment

model = sys.argv[1]
memory = int(sys.argv[2]) << 20 if len(sys.argv) > 2 else resource.RLIM_INFINITY


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def run(content):
    with open("damaged", "wb") as file:
        file.write(content)
    result = subprocess.run(["deit-eval", model, "--image", "damaged",
                             "--threads", "1"],
                            capture_output=True, text=True,
                            preexec_fn=limit_memory)
    return result.returncode, result.stdout, result.stderr


def refuse(content, *words):
    code, out, err = run(content)
    assert code == 1 and not out, (code, out, err)
    assert err.startswith("deit-eval: error: damaged "), err
    assert err.count("\n") == 1, err
    assert any(word in err for word in words), (err, words)


small = png(5, 4, bytes(range(60)))
grey = jpeg([[10, 200], [30, 90]])
assert run(small)[0] == 0 and run(grey)[0] == 0

for whole in (small, grey):
    for length in range(len(whole)):
        refuse(whole[:length], "cut off", "no picture")

# Checksums see every change; without them there is a picture or an error.
for position in range(8, len(small)):
    changed = bytearray(small)
    changed[position] ^= 1 << position % 8
    refuse(bytes(changed), "damaged (", "cut off", "pixels")
generator = random.Random(1)
for _ in range(100):
    changed = bytearray(grey)
    for _ in range(3):
        changed[generator.randrange(2, len(grey))] = generator.randrange(256)
    code, out, err = run(bytes(changed))
    assert code in (0, 1) and (code == 0 or err.count("\n") == 1), err

# Headers that promise more than there is.
refuse(png(60000, 60000, b"0", stream=b"x" * 900), "60000x60000 pixels, and")
refuse(png(8000, 8000, b"0", stream=b"x" * 900), "bytes cannot hold")
refuse(png(0, 1, b"0", stream=b"x"), "damaged (")
refuse(png(70000, 1, b"0", stream=b"x"), "70000x1 pixels, and")
refuse(jpeg([[1]], 65000, 65000), "65000x65000 pixels, and")
refuse(jpeg([[1]], 4000, 4000), "bytes cannot hold")
# Two headers, of which the second is larger.
second = segment(0xC0, struct.pack(">BHHBBBB", 8, 60000, 60000, 1, 1, 0x11, 0))
refuse(grey[:2] + second + grey[2:], "damaged (")
# A stream that unpacks to a gigabyte, of a picture of one pixel: what is beyond
# that is not unpacked.
packer = zlib.compressobj(9)
bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024))
code, out, err = run(png(1, 1, b"000", stream=bomb + packer.flush()))
assert code == 0 and out.startswith("damaged: 1x1 pixels"), (code, out, err)
refuse(b"GIF89a" + bytes(100), "give a PNG or JPEG")
refuse(b"", "give a PNG or JPEG")
print("refused all")
