# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a report of deit-report is whole and agrees with itself.

usage: check-report.py REPORT.json
"""
import json
import math
import sys

report = json.load(open(sys.argv[1]))


def check(condition, what):
    if not condition:
        sys.exit(f"{sys.argv[1]}: {what}")


def members(thing, names, where):
    check(isinstance(thing, dict), f"{where} is no object")
    check(set(names.split()) <= set(thing),
          f"{where} lacks {set(names.split()) - set(thing)}")


def near(a, b, what):
    check(a is not None and b is not None
          and math.isclose(a, b, rel_tol=2e-5, abs_tol=1e-9), f"{what}: {a}, {b}")


def check_histogram(histogram, where):
    members(histogram, "low high counts", where)
    check(histogram["low"] <= histogram["high"], f"{where}: ends")
    check(0 < len(histogram["counts"]) <= 128, f"{where}: bins")
    check(all(count >= 0 for count in histogram["counts"]), f"{where}: counts")


def check_distribution(found, where):
    members(found, "count minimum maximum mean deviation kurtosis "
            "outlier_percent channel_spread histogram channels", where)
    check_histogram(found["histogram"], where)
    check(sum(found["histogram"]["counts"]) == found["count"],
          f"{where}: bins do not hold all values")
    check(found["minimum"] <= found["mean"] <= found["maximum"],
          f"{where}: mean")
    channels = found["channels"]
    if channels is None:
        check(found["channel_spread"] is None, f"{where}: spread")
        return
    low, high = channels["minimum"], channels["maximum"]
    check(len(low) == len(high), f"{where}: channels")
    # Channels have five digits.
    check(math.isclose(min(low), found["minimum"], rel_tol=1e-4), f"{where}: low")
    check(math.isclose(max(high), found["maximum"], rel_tol=1e-4),
          f"{where}: high")
    ranges = sorted(b - a for a, b in zip(low, high))
    middle = len(ranges) // 2
    median = (ranges[middle] + ranges[~middle]) / 2
    if found["channel_spread"] is not None:
        check(math.isclose(found["channel_spread"], ranges[-1] / median,
                           rel_tol=1e-3), f"{where}: channel_spread")


def check_effects(effects, names, where):
    members(effects, "weights activations both", where)
    for part in ("weights", "activations", "both"):
        if effects[part] is not None:
            members(effects[part], names, f"{where}.{part}")
            check(effects[part]["kl"] >= -1e-9, f"{where}.{part}: kl")
            check(0 <= effects[part]["agreement"] <= 100, f"{where}: agreement")
    one = [effects[part] for part in ("weights", "activations")
           if effects[part] is not None]
    check((effects["both"] is None) == (not one), f"{where}: both")
    if len(one) == 1:
        check(effects["both"] == one[0], f"{where}: both is the one")


members(report, "version producer command model calibration evaluation float "
        "modules kinds depth ranking confirmation ablation frontier comparison "
        "suggestions questions timing", "report")
check(report["version"] == 1, "version")
members(report["model"], "name family parameters classes blocks float_bytes",
        "model")
check(report["model"]["float_bytes"] == 4 * report["model"]["parameters"],
      "float_bytes")
members(report["evaluation"], "file images sensitivity_images group_images",
        "evaluation")
modules = {module["path"]: module for module in report["modules"]}
check(len(modules) == len(report["modules"]), "paths repeat")
weights = 0
for path, module in modules.items():
    members(module, "path operation kind block shape weights activations codes "
            "sensitivity error recipe", path)
    check_distribution(module["activations"], path)
    values = math.prod(module["shape"]) * report["calibration"]["images"]
    check(module["activations"]["count"] == values, f"{path}: count")
    if module["weights"]:
        check_distribution(module["weights"], f"{path}.weights")
        members(module["weights"], "rows columns bits bytes", path)
        count = module["weights"]["rows"] * module["weights"]["columns"]
        check(module["weights"]["count"] == count, f"{path}: rows, columns")
        weights += count
    fisher = module["activations"]["fisher"]
    if fisher:
        check_histogram(fisher["histogram"], f"{path}.fisher")
    if module["codes"]:
        members(module["codes"],
                "low high bits method used of dead_percent clipped_percent",
                path)
        check(0 < module["codes"]["used"] <= module["codes"]["of"], path)
    check_effects(module["sensitivity"],
                  "module_snr_db logits_snr_db agreement kl", path)
    if module["error"]:
        members(module["error"], "snr_db drop_db cosine largest_error", path)
    members(module["recipe"], "weight_bits range_method low high balance bytes "
            "residual_bits", path)
check(0.9 * report["model"]["parameters"] < weights
      <= report["model"]["parameters"], "weights are nearly all parameters")

# The ranking is what it says.
measured = [path for path, module in modules.items()
            if module["sensitivity"]["both"]]
check(sorted(measured) == sorted(report["ranking"]), "ranking: modules")
costs = [modules[path]["sensitivity"]["both"]["kl"]
         for path in report["ranking"]]
check(costs == sorted(costs, reverse=True), "ranking: order")

# A kind of one module is that module.
for kind in report["kinds"]:
    check_effects(kind, "logits_snr_db agreement kl top1", kind["kind"])
    of_kind = [module for module in modules.values()
               if module["kind"] == kind["kind"]]
    check(len(of_kind) == kind["modules"], f"{kind['kind']}: modules")
    if len(of_kind) > 1 or not report["ranking"] or (
            report["evaluation"]["sensitivity_images"]
            != report["evaluation"]["group_images"]):
        continue
    for part in ("weights", "activations", "both"):
        alone, group = of_kind[0]["sensitivity"][part], kind[part]
        check((alone is None) == (group is None), f"{kind['kind']}.{part}")
        if alone:
            for name in ("logits_snr_db", "agreement", "kl"):
                near(alone[name], group[name], f"{kind['kind']}.{part}.{name}")

# Depth is that of all additions of branches.
for point in report["depth"]:
    members(point, "path block naive_snr_db w8a8_snr_db", "depth")
    check(modules[point["path"]]["kind"] in ("residual", "add"), "depth")

own = report["comparison"][0]
check(own["model"] == report["model"], "comparison: the model comes first")
check(own["kinds"] == report["kinds"], "comparison: kinds")
for other in report["comparison"]:
    members(other, "model evaluation float naive naive_weights_only "
            "naive_activations_only per_channel summary nonlinearities modules "
            "kinds", "comparison")
confirmation = report["confirmation"]
if confirmation:
    check(confirmation["all_quantized"] == own["naive"], "the whole model twice")
    check(confirmation["modules"] == report["ranking"][:5], "the five worst")
    check(len(confirmation["random_five_float"]) == 5, "five draws")
    draws = [draw["modules"] for draw in confirmation["random_five_float"]]
    for draw in draws:
        check(len(set(draw)) == 5 and set(draw) <= set(modules), "a draw")
    check(len({tuple(draw) for draw in draws}) > 1, "draws differ")
for step in report["ablation"]:
    members(step, "step what top1 agreement kl bytes", "ablation")
for row in report["frontier"]:
    members(row, "name kind bits_per_parameter bytes top1 agreement", "frontier")
check(len(report["questions"]) == 5, "five questions")
charts = {"weights", "activations", "channels", "balancing", "gelu", "softmax",
          "sensitivity-modules", "sensitivity-kinds", "depth",
          "float-against-integer", "confirmation", "ablation", "frontier",
          "comparison", "comparison-spread", "comparison-nonlinearities",
          "recipe"}
for answer in report["questions"]:
    members(answer, "question answer charts", "questions")
    check(all(answer["answer"]) and answer["answer"] and set(answer["charts"]) <= charts, "answer")
for suggestion in report["suggestions"]:
    members(suggestion, "title text evidence chart", "suggestions")
    check(suggestion["evidence"] and suggestion["chart"] in charts, "evidence")
check(report["timing"]["seconds"] > 0 and report["timing"]["peak_bytes"] > 1e6,
      "timing")
