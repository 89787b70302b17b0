#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compare random networks on several targets with the interpreter.

  compare-random.py FOLDER --images FILE --seeds FIRST:LAST
                    --run TARGET[=COMMAND ...] ...

Makes a network of each seed, compiles it for every target, runs the evaluator
(as an argument of COMMAND, which may emulate another CPU) and fails unless all
logits are the interpreter's.
"""
import argparse
import json
import os
import random
import subprocess
import sys

NETWORK = os.path.join(os.path.dirname(__file__), "make-network.py")


def geometry(seed):
    """Options of make-network.py, and those that deit-import needs."""
    choose = random.Random(seed)
    heads = choose.choice([1, 2, 3, 5])
    width = heads * choose.choice([3, 4, 7, 8, 13, 17, 33, 64])
    patch = choose.randint(2, 9), choose.randint(2, 9)
    image = [size * choose.randint(1, 5) for size in patch]
    made = [f"--seed={seed}", f"--image={image[0]}x{image[1]}",
            f"--patch={patch[0]}x{patch[1]}", f"--width={width}",
            f"--heads={heads}", f"--hidden={choose.randint(1, 150)}",
            f"--depth={choose.randint(1, 2)}",
            f"--classes={choose.choice([3, 10, 64, 65, 130])}", "--wild"]
    if choose.random() < 0.3:
        made.append("--scaled")
    imported = [f"--heads={heads}", f"--image-size={image[0]}x{image[1]}"]
    return made, imported, choose.choice(["w8a8", "w8a8", "naive"])


def run(*command):
    """The command's standard output."""
    result = subprocess.run(command, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)}\nexits {result.returncode}:\n"
                 f"{result.stdout}{result.stderr}")
    return result.stdout


def compare(options, seed):
    """One message for each target that tells other logits."""
    made, imported, recipe = geometry(seed)
    stem = os.path.join(options.folder, str(seed))

    def digest(*command):
        results = json.loads(run(*command, "--data", options.images,
                                 "--threads=2", "--quiet", "--json=-"))
        return results["logits_sha256"]

    run(sys.executable, NETWORK, stem + ".safetensors", *made)
    run("deit-import", stem + ".safetensors", "--quiet", *imported,
        "-o", stem + ".mlirbc")
    run("deit-compile", stem + ".mlirbc", "--calib", options.images,
        "--samples=8", "--recipe=" + recipe, "--emit=fxp",
        "-o", stem + ".fxp.mlirbc")
    expected = digest("deit-eval", stem + ".fxp.mlirbc")
    for text in options.run:
        target, _, command = text.partition("=")
        program = f"{stem}.{target}"
        run("deit-compile", stem + ".fxp.mlirbc", "--target", target,
            "--emit=evaluator", "-o", program)
        if digest(*command.split(), program) != expected:
            yield (f"seed {seed}: {target} differs from the interpreter; "
                   f"make-network.py {' '.join(made)}; deit-import "
                   f"{' '.join(imported)}; recipe {recipe}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--images", required=True)
    parser.add_argument("--seeds", required=True)
    parser.add_argument("--run", action="append", required=True)
    options = parser.parse_args()
    first, last = map(int, options.seeds.split(":"))
    failures = [message for seed in range(first, last + 1)
                for message in compare(options, seed)]
    for message in failures:
        print(message)
    if failures:
        sys.exit(1)
    print(f"{last - first + 1} networks on {len(options.run)} targets: "
          "all logits are the interpreter's")


if __name__ == "__main__":
    main()
