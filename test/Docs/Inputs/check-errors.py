# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Looks up every error that docs/Troubleshooting.md explains in the sources.

usage: check-errors.py ROOT DOCUMENT.md

What stands in the first column of a table whose heading is "error" has to be
there, "…" aside. Prints how many were found.
"""
import os
import re
import sys

root, document = sys.argv[1:]


def messages():
    """All string literals of the sources, with neighbours joined. What stands
    between two of them, a number or a name, becomes "…"."""
    texts = []
    for folder in ("importer", "lib", "runtime", "tools"):
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith((".cpp", ".c")):
                    with open(os.path.join(path, name)) as file:
                        texts.append(file.read())
    text = "\n".join(texts)
    text = re.sub(r'"\s*(?:\+\s*)?"', "", text)
    return text.replace('\\"', '"')


sources, found = messages(), 0
with open(document) as file:
    lines = file.read().splitlines()
is_error_table = False
for number, line in enumerate(lines, 1):
    if line.startswith("| error |"):
        is_error_table = True
    elif not line.startswith("|"):
        is_error_table = False
    elif is_error_table and line.startswith("| `"):
        for part in re.match(r"\| `([^`]*)`", line)[1].split("…"):
            # A format's own conversions are what differs, too.
            part = part.strip(" '():;")
            if len(part) > 3 and part not in sources:
                sys.exit(f"{document}:{number}: error: no source says '{part}'")
        found += 1
print("found", found, "errors")
