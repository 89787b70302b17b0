#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compare two files of logits, image after image.

  compare-logits.py A B --classes N [--within X] [--agree PERCENT]

A is float32, B float32 or, with --codes, int32. Fails unless no logit differs
by more than X, and the largest logits of PERCENT of the images are the same.
"""
import argparse
import array
import sys


def read(path, kind):
    values = array.array(kind)
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--codes", action="store_true")
    parser.add_argument("--within", type=float)
    parser.add_argument("--agree", type=float)
    options = parser.parse_args()
    a, b = read(options.a, "f"), read(options.b, "i" if options.codes else "f")
    if len(a) != len(b) or not a or len(a) % options.classes:
        sys.exit(f"{len(a)} and {len(b)} logits")
    if options.within is not None:
        difference = max(abs(x - y) for x, y in zip(a, b))
        print("largest difference", difference)
        if difference > options.within:
            return 1
    if options.agree is not None:
        rows = range(0, len(a), options.classes)
        best = [[max(range(options.classes), key=lambda c: v[row + c])
                 for row in rows] for v in (a, b)]
        same = 100 * sum(x == y for x, y in zip(*best)) / len(rows)
        print("same answer", same, "%")
        if same < options.agree:
            return 1
    return 0


sys.exit(main())
