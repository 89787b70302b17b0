#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds a copy of the checkout by taking unchanged objects from its build.

usage: reuse-objects.py prepare CHECKOUT BUILD COPY FOLDER

makes a folder with a program called "ccache" that the build of COPY finds before
the real one. Asked to compile a file, it compares every file of the project that
the original object was made from, the compiler's command line too; where all are
equal it hands out the original object, elsewhere it compiles.
"""

import filecmp
import json
import os
import shlex
import shutil
import stat
import subprocess
import sys


def dependencies(ninja, build):
    """By object, the files it was made from, relative to the build folder."""
    text = subprocess.run([ninja, "-C", build, "-t", "deps"], check=True,
                          capture_output=True, text=True).stdout
    result, current = {}, None
    for line in text.splitlines():
        if line.startswith("    "):
            result[current].append(line.strip())
        elif ": #deps" in line:
            current = line.split(":")[0]
            result[current] = []
    return result


def prepare(checkout, build, copy, folder):
    ninja = shutil.which("ninja")
    commands = json.loads(subprocess.run(
        [ninja, "-C", build, "-t", "compdb"], check=True, capture_output=True,
        text=True).stdout)
    facts = {"checkout": checkout, "build": build, "copy": copy, "objects": {}}
    deps = dependencies(ninja, build)
    for command in commands:
        if command["output"] not in deps:
            continue
        own = [os.path.relpath(path, checkout) for path in
               (os.path.normpath(os.path.join(build, name))
                for name in deps[command["output"]])
               if path.startswith(checkout + os.sep)]
        words = shlex.split(command["command"])
        if os.path.basename(words[0]) == "ccache":
            words = words[1:]
        facts["objects"][command["output"]] = {"words": words, "files": own}
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "facts.json"), "w") as file:
        json.dump(facts, file)
    program = os.path.join(folder, "ccache")
    with open(__file__) as file:
        text = file.read()
    with open(program, "w") as file:
        file.write(text.replace("#!/usr/bin/env python3",
                                "#!" + sys.executable, 1))
    os.chmod(program, os.stat(program).st_mode | stat.S_IXUSR)


def is_same(facts, known, words):
    """Whether the command in the copy is that of the original, on equal files."""
    original = [word.replace(facts["checkout"], facts["copy"])
                for word in known["words"]]
    return original == words and all(
        filecmp.cmp(os.path.join(facts["checkout"], name),
                    os.path.join(facts["copy"], name), shallow=False)
        for name in known["files"])


def compile(words):
    folder = os.path.dirname(os.path.realpath(sys.argv[0]))
    with open(os.path.join(folder, "facts.json")) as file:
        facts = json.load(file)
    output = words[words.index("-o") + 1] if "-o" in words else None
    known = facts["objects"].get(output)
    try:
        same = known is not None and is_same(facts, known, words)
    except FileNotFoundError:
        same = False
    if not same:
        with open(os.path.join(folder, "compiled"), "a") as file:
            print(words[-1], file=file)
        return subprocess.run(words).returncode
    shutil.copyfile(os.path.join(facts["build"], output), output)
    with open(words[words.index("-MF") + 1], "w") as file:
        names = [os.path.join(facts["copy"], name) for name in known["files"]]
        file.write(f"{output}: " + " ".join(names) + "\n")
    return 0


if sys.argv[1:2] == ["prepare"]:
    prepare(*(os.path.realpath(path) for path in sys.argv[2:]))
else:
    sys.exit(compile(sys.argv[1:]))
