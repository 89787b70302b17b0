#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fail unless all results (the --json of deit-eval) tell the same logits.

usage: same-logits.py RESULTS RESULTS...
"""
import json
import sys

digests = {}
for path in sys.argv[1:]:
    with open(path) as file:
        results = json.load(file)
    digest = results["logits_sha256"]
    if not digest or len(digest) != 64:
        sys.exit(f"{path}: tells no logits")
    digests.setdefault(digest, []).append(path)
if len(sys.argv) < 3 or len(digests) != 1:
    sys.exit("\n".join(f"{digest}: {' '.join(paths)}"
                       for digest, paths in digests.items()))
print(f"{len(sys.argv) - 1} results, one digest")
