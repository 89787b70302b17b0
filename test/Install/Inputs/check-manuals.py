# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Looks up every option that a tool's --help names in its manual page and in its
completion for each shell, and every completed option in the help.

usage: check-manuals.py SHARE TOOL...
"""
import os
import re
import subprocess
import sys

share, *tools = sys.argv[1:]


def read(*path):
    with open(os.path.join(share, *path), encoding="utf-8") as file:
        return file.read()


total = 0
for tool in tools:
    text = subprocess.run([tool, "--help"], check=True, capture_output=True,
                          text=True).stdout
    own = set(re.findall(r"^  (--?[a-zA-Z][\w-]*)", text, re.MULTILINE))
    inner = set(re.findall(r"^    (--?[a-zA-Z][\w-]*)", text, re.MULTILINE))
    values = set(re.findall(r"^    =([\w-]+) ", text, re.MULTILINE))
    assert {"--help", "--version"} <= own, (tool, own)
    manual = read("man", "man1", tool + ".1").replace("\\-", "-")
    for word in own | inner | values:
        assert re.search(r"\\fB" + re.escape(word) + r"\b", manual), (tool, word)
    bash = read("bash-completion", "completions", tool)
    zsh = read("zsh", "site-functions", "_" + tool)
    fish = read("fish", "vendor_completions.d", tool + ".fish")
    in_bash = set(re.search(r'-W "(-[^"]*)"', bash)[1].replace("=", "").split())
    in_zsh = set(re.findall(r"^  '(--?[\w-]+)", zsh, re.MULTILINE))
    in_fish = {("--" if kind == "l" else "-") + name for kind, name in
               re.findall(r" -([los]) ([\w-]+) ", fish)}
    assert in_bash == own, (tool, in_bash ^ own)
    assert in_zsh == own, (tool, in_zsh ^ own)
    assert in_fish == own, (tool, in_fish ^ own)
    total += len(own)
print("looked up", total, "options")
