# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what adjusting biases and layer norms has changed.

usage: check-adjusted.py REMARKS REMARKS-WITHOUT ROUNDED.mlir ADJUSTED.mlir
"""
import re
import sys


def divergences(path):
    with open(path) as file:
        text = file.read()
    return [float(re.search(f"Nats{when}=([0-9.e+-]+)", text)[1])
            for when in ("Before", "After")]


def weights(path):
    """The resources that belong to weights, by name."""
    with open(path) as file:
        return dict(re.findall(r'(\S*weight\S*): "(0x[0-9A-F]*)"', file.read()))


remarks, without, rounded, adjusted = sys.argv[1:]
before, after = divergences(remarks)
assert 0 < after < before, (before, after)
assert divergences(without) == [0, 0], "nothing was to be adjusted"

matrices = {name: value for name, value in weights(rounded).items()
            if len(value) > 20000}
assert len(matrices) > 10, sorted(matrices)
changed = weights(adjusted)
assert all(changed[name] == value for name, value in matrices.items())
