# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks numbers of a report against what other tools find of the same files.

usage: compare-tools.py FOLDER, with report.json, model.pth, calib.bin, test.bin
"""
import json
import math
import re
import struct
import subprocess
import sys

folder = sys.argv[1]
report = json.load(open(f"{folder}/report.json"))
modules = {module["path"]: module for module in report["modules"]}
model = [f"{folder}/model.pth", "--quiet"]
calibration = ["--calib", f"{folder}/calib.bin", "--samples", "16"]


def check(condition, what):
    if not condition:
        sys.exit(what)


def run(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True).stdout


def evaluate(path):
    return json.loads(run("deit-eval", path, "--quiet", "--data",
                          f"{folder}/test.bin", "--limit", "40", "--json", "-"))


# Accuracy and size of the float model and of the first step.
run("deit-compile", *model, "--emit=deit", "-o", f"{folder}/float.mlirbc")
found = evaluate(f"{folder}/float.mlirbc")
check(math.isclose(found["top1"], report["float"]["top1"], rel_tol=1e-5),
      f"float: {found['top1']}")
run("deit-compile", *model, *calibration, "--recipe", "naive", "-o",
    f"{folder}/naive.so")
found = evaluate(f"{folder}/naive.so")
step = report["ablation"][0]
check(step["step"] == "naive" and step["bytes"] == found["model_bytes"]
      and math.isclose(step["top1"], found["top1"], rel_tol=1e-5),
      f"naive: {step}, {found['top1']}, {found['model_bytes']}")

# All steps are there; 3 bits are smaller than 8.
names = [step["step"] for step in report["ablation"]]
check(names == ["naive", "per-channel", "residual-16", "ranges", "gelu-range",
                "split", "balancing", "bias", "3-bit-nearest", "error-feedback"],
      f"steps: {names}")
sizes = {step["step"]: step["bytes"] for step in report["ablation"]}
check(sizes["error-feedback"] < sizes["bias"] / 2, f"sizes: {sizes}")
costs = {step["step"]: step["kl"] for step in report["ablation"]}
check(costs["error-feedback"] < costs["3-bit-nearest"], f"feedback: {costs}")
check(costs["residual-16"] < costs["per-channel"], f"16 bits: {costs}")

# Weights are those of the model: the head's, out of its text.
text = run("deit-opt", f"{folder}/float.mlirbc", "-deit-prepare",
           "--mlir-print-debuginfo").decode()
head = re.search(r"dense_resource<(\"?head\.weight\"?)>", text).group(1)
blob = re.search(re.escape(head) + r': "0x([0-9A-F]+)"', text).group(1)
values = [value for value, in struct.iter_unpack("<f", bytes.fromhex(blob)[4:])]
weights = modules["head"]["weights"]
check(len(values) == weights["count"], "head: count")
mean = sum(values) / len(values)
second = sum((value - mean)**2 for value in values) / len(values)
fourth = sum((value - mean)**4 for value in values) / len(values)
for name, expected in (("minimum", min(values)), ("maximum", max(values)),
                       ("mean", mean), ("deviation", math.sqrt(second)),
                       ("kurtosis", fourth / second**2)):
    check(math.isclose(weights[name], expected, rel_tol=1e-4, abs_tol=1e-7),
          f"head: {name} is {weights[name]}, expected {expected}")

# Rounding a weight to 255 codes leaves an error of a twelfth of a step squared.
scale = max(map(abs, values)) / 127
noise = sum((value - round(value / scale) * scale)**2 for value in values)
# The head's own signal to noise is that of its input times its weights.
ratio = 10 * math.log10(sum(value**2 for value in values) / noise)
alone = modules["head"]["sensitivity"]["weights"]
check(abs(alone["module_snr_db"] - ratio) < 12,
      f"head: {alone['module_snr_db']} dB at the module, {ratio} of weights")
check(alone["module_snr_db"] == alone["logits_snr_db"],
      "what the head computes are the logits")
