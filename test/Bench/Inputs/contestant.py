#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A contestant for bench/alternate whose times are known.

  contestant.py FACTS PEAK MS...

FACTS is the JSON that it begins with. The runs of a turn take MS milliseconds
each, one value a turn, the last value from then on.
"""
import json
import sys

facts, peak, *times = sys.argv[1:]
print(facts, flush=True)
for line in sys.stdin:
    answer = {"peak": float(peak), "ms": [float(times[0])] * int(line)}
    if len(times) > 1:
        del times[0]
    print(json.dumps(answer), flush=True)
