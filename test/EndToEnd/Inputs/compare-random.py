#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compare random networks on several targets with the interpreter.

  compare-random.py FOLDER --images FILE --seeds FIRST:LAST
                    --run TARGET[=COMMAND ...] ...

Makes a network of each seed, compiles it for every target, runs the evaluator
(as an argument of COMMAND, which may emulate another CPU) and fails unless all
logits are those of the interpreter, image by image. The interpreter also runs a
batch, and so does every other program.
"""
import argparse
import concurrent.futures
import importlib
import json
import os
import random
import subprocess
import sys

NETWORK = os.path.join(os.path.dirname(__file__), "make-network.py")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))
EXTREMES = sorted(importlib.import_module("make-network").EXTREMES)


def grid_of(choose):
    """Rows and columns of patches: 2 to 61 tokens with the class token's."""
    rows = choose.randint(1, 6)
    return rows, choose.randint(1, choose.choice([6, 6, 6, 60 // rows]))


def options_of(seed):
    """Options of make-network.py, of deit-import, and the recipe. The extremes
    take turns; one network of 25 has 577 tokens and is narrow."""
    choose = random.Random(seed)
    heads = choose.choice([1, 1, 2, 3, 5])
    width = heads * choose.choice([1, 1, 2, 3, 4, 7, 8, 13, 17, 32, 33, 64])
    patch = choose.randint(1, 9), choose.randint(1, 9)
    grid = grid_of(choose)
    if seed % 25 == 0:
        heads, width, patch, grid = 2, 2 * choose.randint(1, 4), (1, 2), (24, 24)
    image = patch[0] * grid[0], patch[1] * grid[1]
    made = [f"--seed={seed}", f"--image={image[0]}x{image[1]}",
            f"--patch={patch[0]}x{patch[1]}", f"--width={width}",
            f"--heads={heads}",
            f"--hidden={choose.choice([1, 2, choose.randint(3, 150)])}",
            f"--depth={choose.choice([1, 1, 2])}",
            f"--classes={choose.choice([1, 2, 3, 10, 64, 65, 130, 1000])}"]
    made += ["--wild"] * (choose.random() < 0.7)
    made += ["--scaled"] * (choose.random() < 0.3)
    turn = seed % (len(EXTREMES) + 1)
    extremes = EXTREMES[turn:turn + 1]
    if choose.random() < 0.3:
        extremes += choose.sample(EXTREMES, 1)
    made += ["--extreme=" + name for name in extremes]
    imported = [f"--heads={heads}", f"--image-size={image[0]}x{image[1]}"]
    return made, imported, choose.choice(["w8a8", "w8a8", "naive"])


class Failed(Exception):
    """A command that should have done its work."""


def run(*command):
    """The command's standard output."""
    result = subprocess.run(command, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    if result.returncode:
        raise Failed(f"{' '.join(command)}\nexits {result.returncode}:\n"
                     f"{result.stdout}{result.stderr}")
    return result.stdout


def digests(options, seed):
    """What ran the network, and the digest of its logits; the interpreter is
    first."""
    made, imported, recipe = options_of(seed)
    stem = os.path.join(options.folder, str(seed))

    def digest(*command):
        results = json.loads(run(*command, "--data", options.images,
                                 "--quiet", "--json=-"))
        return results["logits_sha256"]

    run(sys.executable, NETWORK, stem + ".safetensors", *made)
    run("deit-import", stem + ".safetensors", "--quiet", *imported,
        "-o", stem + ".mlirbc")
    fxp, batch = stem + ".fxp.mlirbc", stem + ".batch.mlirbc"
    run("deit-compile", stem + ".mlirbc", "--calib", options.images,
        "--samples=8", "--recipe=" + recipe, "--emit=fxp", "-o", fxp)
    yield "interpreter", digest("deit-eval", fxp)
    run("deit-opt", fxp, f"-fxp-set-batch=images={seed % 4 + 2}",
        "--emit-bytecode", "-o", batch)
    yield "a batch", digest("deit-eval", batch)
    for text in options.run:
        target, _, command = text.partition("=")
        program = f"{stem}.{target}"
        run("deit-compile", batch if seed % 2 else fxp, "--target", target,
            "--emit=evaluator", "-o", program)
        yield target, digest(*command.split(), program, "--threads=2")
        os.remove(program)


def compare(options, seed):
    """What is wrong with the network, line by line."""
    try:
        (_, expected), *others = digests(options, seed)
    except Failed as failure:
        return [f"seed {seed}: {failure}"]
    made, imported, recipe = options_of(seed)
    return [f"seed {seed}: {name} differs from the interpreter; "
            f"make-network.py {' '.join(made)}; deit-import "
            f"{' '.join(imported)}; recipe {recipe}"
            for name, digest in others if digest != expected]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--images", required=True)
    parser.add_argument("--seeds", required=True)
    parser.add_argument("--run", action="append", required=True)
    options = parser.parse_args()
    first, last = map(int, options.seeds.split(":"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda seed: compare(options, seed),
                         range(first, last + 1))
        failures = [message for messages in found for message in messages]
    for message in failures:
        print(message)
    if failures:
        sys.exit(1)
    print(f"{last - first + 1} networks on {len(options.run)} targets: "
          "all logits are the interpreter's")


if __name__ == "__main__":
    main()
