# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a made-up report to show: usage: make-report.py OUT [bare|hostile].

The numbers are drawn at random, seeded, and mean nothing. "bare" leaves out all
that a report may leave out; "hostile" has names that are markup.
"""
import json
import random
import sys

draw = random.Random(7)
HOSTILE = "</script><img src=x onerror=\"document.title='broken'\">|`*_ä"
KINDS = [
    ("norm1", "norm", 0), ("attn.qkv", "qkv", 1), ("attn.scores", "scores", 0),
    ("attn.softmax", "probabilities", 0), ("attn.context", "context", 0),
    ("attn.proj", "proj", 1), ("add1", "residual", 0), ("norm2", "norm", 0),
    ("mlp.fc1", "fc1", 1), ("mlp.act", "gelu", 0), ("mlp.fc2", "fc2", 1),
    ("add2", "residual", 0),
]
CNN = [("conv", "conv"), ("depthwise", "depthwise"), ("relu", "relu6")]


def digits(value, count=5):
    return float(f"%.{count}g" % value)


def distribution(channels, spread, low=-3.0, high=3.0):
    scales = [spread ** draw.random() for _ in range(channels)]
    scales[channels // 3] = spread
    counts = [int(1e5 * 2.72 ** (-((i - 64) / (9 + i % 5)) ** 2)) for i in range(128)]
    counts[3] = 2
    return {
        "count": sum(counts), "minimum": low * spread, "maximum": high * spread,
        "mean": 0.01, "deviation": digits(draw.uniform(0.3, 2)),
        "kurtosis": digits(3 * spread), "outlier_percent": digits(spread / 900),
        "channel_spread": digits(spread),
        "histogram": {"low": low * spread, "high": high * spread, "counts": counts},
        "channels": {
            "minimum": [digits(low * s * draw.random()) for s in scales],
            "maximum": [digits(high * s * draw.random()) for s in scales],
        },
    }


def codes(kind):
    used = draw.randint(80, 256)
    return {
        "low": -2.5, "high": 2.5, "bits": 16 if kind == "residual" else 8,
        "method": "mse", "used": used, "of": 256,
        "dead_percent": 100 * (256 - used) / 256, "clipped_percent": 0.02,
    }


def measured(level, **more):
    return {
        "agreement": digits(100 - 8 * level), "kl": digits(0.02 * level * level),
        **more,
    }


def accuracy(level):
    return measured(level, top1=digits(86 - 6 * level))


def module(path, kind, block, layer):
    level = draw.random()
    result = distribution(192, 1.5 + 30 * level**3)
    result["fisher"] = {"histogram": distribution(4, 2)["histogram"]}
    if kind == "norm":
        result["balanced"] = distribution(192, 1.4)
    single = lambda share: measured(
        share * level, module_snr_db=digits(45 - 20 * level),
        logits_snr_db=digits(40 - 25 * share * level))
    return {
        "path": path, "operation": "deit." + kind, "kind": kind, "block": block,
        "shape": [65, 192],
        "weights": None if not layer else dict(
            distribution(192, 1.2 + 6 * level, -0.2, 0.2), rows=192, columns=192,
            bits=7.1, bytes=32768),
        "activations": result, "codes": codes(kind),
        "sensitivity": {
            "weights": single(0.3) if layer else None,
            "activations": single(0.8), "both": single(1),
        },
        "error": {
            "snr_db": digits(38 - 14 * level), "drop_db": digits(3 * level),
            "cosine": 0.9991, "largest_error": digits(level),
        },
        "recipe": {
            "weight_bits": 8 if layer else None, "range_method": "mse", "low": -2.5,
            "high": 2.5, "balance": "search" if kind == "norm" else None,
            "bytes": 33000 if layer else None,
            "residual_bits": 16 if kind == "residual" else None,
        },
    }


def summary(scale):
    names = [
        "weight_channel_spread_median", "weight_kurtosis_median",
        "activation_channel_spread_median", "activation_channel_spread_worst",
        "activation_kurtosis_median", "activation_kurtosis_worst",
        "outlier_percent_worst", "dead_percent_median",
    ]
    return {name: digits(scale * draw.uniform(1, 4)) for name in names}


def compared(model, scale, kind, modules):
    return {
        "model": model, "evaluation": {"file": "test.bin", "images": 1000},
        "float": {"top1": 92.5, "top5": 99.1}, "naive": accuracy(3 * scale),
        "naive_weights_only": accuracy(scale),
        "naive_activations_only": accuracy(2 * scale),
        "per_channel": accuracy(1.5 * scale), "summary": summary(10 * scale),
        "nonlinearities": [{
            "kind": kind, "path": "worst." + kind, "dead_percent": 20 * scale,
            "used": 170, "histogram": distribution(4, 2)["histogram"],
        }],
        "modules": modules, "kinds": [],
    }


def transformer_modules():
    yield module("patch_embed.proj", "patch_embedding", None, True)
    for block in range(12):
        for name, kind, layer in KINDS:
            yield module(f"blocks.{block}.{name}", kind, block, layer)
    yield module("norm", "norm", None, False)
    yield module("head", "head", None, True)


def full():
    modules = list(transformer_modules())
    by_kl = sorted(modules, key=lambda m: -m["sensitivity"]["both"]["kl"])
    ranking = [m["path"] for m in by_kl]
    model = {"name": "deit_tiny", "family": "transformer", "parameters": 5543716,
             "classes": 100, "blocks": 12, "float_bytes": 22174864}
    net = {"name": "resnet56", "family": "convolutional", "parameters": 855770,
           "classes": 10, "blocks": 27, "float_bytes": 3423080}
    short = lambda m: {"path": m["path"], "kind": m["kind"], **{
        k: m["activations"][k] for k in ("channel_spread", "kurtosis",
                                         "outlier_percent")}}
    small = [{"path": f"layer{i}.{n}", "kind": k, "channel_spread":
              digits(draw.uniform(1, 5)), "kurtosis": digits(draw.uniform(3, 9)),
              "outlier_percent": 0.01} for i in range(27) for n, k in CNN]
    return {
        "version": 1, "producer": "deit-report 0.1.0",
        "command": "deit-report deit_tiny.pth --calib train.bin --data test.bin",
        "model": model, "calibration": {"file": "train.bin", "images": 128},
        "evaluation": {"file": "test.bin", "images": 1000,
                       "sensitivity_images": 64, "group_images": 256},
        "float": {"top1": 86.7, "top5": 97.9}, "modules": modules,
        "kinds": [{"kind": kind, "modules": 12, "weights":
                   accuracy(0.2 * i / 4) if i % 2 else None,
                   "activations": accuracy(i / 5), "both": accuracy(i / 4)}
                  for i, kind in enumerate(dict.fromkeys(m["kind"] for m in modules))],
        "depth": [{"path": f"blocks.{i // 2}.add{i % 2 + 1}", "block": i // 2,
                   "naive_snr_db": digits(24 - 0.7 * i),
                   "w8a8_snr_db": digits(41 - 0.5 * i)} for i in range(24)],
        "ranking": ranking,
        "confirmation": {
            "modules": ranking[:5], "all_quantized": accuracy(5),
            "top_five_float": accuracy(2), "random_five_float": [
                dict(accuracy(4 + i / 5), modules=ranking[i * 5:i * 5 + 5])
                for i in range(5)],
        },
        "ablation": [dict(accuracy(4 - i / 2), step=step, bytes=5600000 - 1000 * i,
                          what=f"What {step} adds, said in one sentence.")
                     for i, step in enumerate(["naive", "per channel", "ranges",
                                               "GELU's range", "balancing", "bias"])],
        "frontier": [
            {"name": "float", "kind": "float", "bits_per_parameter": 32,
             "bytes": 22174864, "top1": 86.7, "agreement": 100},
            {"name": "naive", "kind": "naive", "bits_per_parameter": 7.4,
             "bytes": 5100000, "top1": 75.25, "agreement": 80.5},
            {"name": "w8a8", "kind": "w8a8", "bits_per_parameter": 7.7,
             "bytes": 5321000, "top1": 86.34, "agreement": 96.5}] + [
            {"name": f"{kind} {bits}", "kind": kind, "bits_per_parameter": bits,
             "bytes": int(bits * 690000), "top1": top - 9 / bits**2,
             "agreement": top + 8 - 20 / bits**2}
            for kind, top in (("rate", 86.5), ("groups", 84.5)) for bits in (4, 3, 2.5)],
        "comparison": [compared(model, 1, "gelu", [short(m) for m in modules]),
                       compared(net, 0.2, "relu", small)],
        "suggestions": [{"title": "Keep GELU's operand in 16 bits",
                         "text": "It is where codes are lost.", "chart": "gelu",
                         "evidence": [
                             {"label": "codes never used", "value": 41.3, "unit": "%"},
                             {"label": "signal to noise", "value": 12.25,
                              "unit": "dB"},
                             {"label": "module", "value": "blocks.3.mlp.act",
                              "unit": None}]}],
        "questions": [{"question": f"Question {i}: which layers are hurt most?",
                       "answer": ["The answer with 12.5 dB of numbers in it." + " And so on." * 6,
                                  "One more point."],
                       "charts": ids} for i, ids in enumerate([
                           ["weights", "activations"], ["sensitivity-modules"],
                           ["comparison"], ["balancing", "gelu"],
                           ["ablation", "frontier"]])],
        "timing": {"seconds": 345.6, "peak_bytes": 812345678},
    }


def bare(report):
    for one in report["modules"]:
        for name in ("activations", "codes", "sensitivity", "error", "recipe"):
            one[name] = None
    for name in ("kinds", "depth", "ranking", "ablation", "frontier", "comparison",
                 "suggestions", "questions"):
        report[name] = []
    report["confirmation"] = None


def hostile(report):
    report["model"]["name"] = HOSTILE
    names = {}
    for one in report["modules"][:3]:
        names[one["path"]] = HOSTILE + one["path"]
        one["path"] = names[one["path"]]
    report["ranking"] = [names.get(path, path) for path in report["ranking"]]
    report["questions"][0]["answer"] = [HOSTILE]
    report["suggestions"][0]["title"] = HOSTILE
    report["comparison"][1]["model"]["name"] = HOSTILE


report = full()
for change in sys.argv[2:]:
    {"bare": bare, "hostile": hostile}[change](report)
with open(sys.argv[1], "w") as file:
    json.dump(report, file)
