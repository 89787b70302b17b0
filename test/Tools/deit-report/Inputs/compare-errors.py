# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a report has the errors that deit-eval --compare finds.

usage: compare-errors.py REPORT.json COMPARE.json
"""
import json
import math
import sys

report, compare = (json.load(open(path)) for path in sys.argv[1:])
found = {module["path"]: module["error"] for module in report["modules"]}
expected = {module["module"]: module for module in compare["modules"]}
compared = 0
for path, error in found.items():
    if (error is None) != (path not in expected):
        sys.exit(f"{path}: {error}, {expected.get(path)}")
    if error is None:
        continue
    for name in ("snr_db", "drop_db", "cosine"):
        if not math.isclose(error[name], expected[path][name], rel_tol=1e-4,
                            abs_tol=1e-3):
            sys.exit(f"{path}: {name} is {error[name]}, expected "
                     f"{expected[path][name]}")
    compared += 1
if compared < 20:
    sys.exit(f"only {compared} modules have errors")
