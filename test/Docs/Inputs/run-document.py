# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Does what a document tells to do, in the current folder, word by word.

usage: run-document.py DOCUMENT.md

The document says in HTML comments, which no reader sees, what its fenced blocks
are. A comment stands on a line of its own before the block:

  <!-- run -->            commands, for bash -e; all blocks share one shell, so
                          that variables and the folder last
  <!-- output -->         what the commands before have printed: these lines, in
                          this order, at the end of whatever else. "..." alone
                          on a line stands for any lines, within a line for any
                          text; blanks count as one. An empty block: nothing
  <!-- output, numbers vary -->  the same; any number will do for a number
  <!-- file PATH -->      the contents of the file PATH
  <!-- insert PATH after LINE -->, <!-- insert PATH before LINE -->
                          lines to insert there, beside the one line that begins
                          with LINE, blanks aside
  <!-- excerpt PATH -->   lines as they stand in PATH, of the checkout
  <!-- not run: REASON -->  commands for reading only

and, without a block, <!-- run: COMMAND -->, which a test needs and a reader does
not. A block of commands (```sh) without a comment is an error, so that none is
forgotten. Commands find the checkout as $root, this folder as $inputs and an
interpreter as $python.
"""

import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
MARK = re.compile(r"<!-- (run|output|file|insert|excerpt|not run)\b(.*?)-->$")


class Block:
    """A fenced block, or a command that has none, with its comment."""

    def __init__(self, line, kind, argument, lines):
        self.line = line  # of the document, from 1
        self.kind = kind
        self.argument = argument.strip()
        self.lines = lines

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)


def fail(document, line, message):
    sys.exit(f"{document}:{line}: error: {message}")


def read_fence(document, lines, start):
    """The lines between the fences, the first of which is lines[start]."""
    fence = re.match(r" *`{3,}", lines[start])[0]
    for end in range(start + 1, len(lines)):
        if lines[end].rstrip() == fence:
            return [line[fence.index("`"):]
                    for line in lines[start + 1:end]], end
    fail(document, start + 1, "the block has no end")


def read_blocks(document):
    """Every marked block of the document, in order."""
    with open(document, encoding="utf-8") as file:
        lines = file.read().splitlines()
    blocks, mark, number = [], None, 0
    while number < len(lines):
        line = lines[number]
        found = MARK.match(line.strip())
        if found and found[2].startswith(":") and found[1] == "run":
            blocks.append(
                Block(number + 1, "run", "", [found[2][1:].strip()]))
        elif found:
            mark = found
        elif re.match(r" *```", line):
            start = number
            content, number = read_fence(document, lines, number)
            if mark:
                blocks.append(Block(start + 1, mark[1], mark[2], content))
            elif line.strip() == "```sh":
                fail(document, start + 1, "commands without a comment that "
                     "says whether to run them; see run-document.py")
            mark = None
        elif mark and line.strip():
            fail(document, number + 1, f"expected a block after <!-- {mark[1]}")
        number += 1
    return blocks


def write_file(document, block):
    folder = os.path.dirname(block.argument)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(block.argument, "w", encoding="utf-8") as file:
        file.write(block.text)


def insert(document, block):
    path, place, anchor = re.match(r"(\S+) (after|before) (.*)",
                                   block.argument).groups()
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines(keepends=True)
    found = [i for i, line in enumerate(lines)
             if line.strip().startswith(anchor.strip())]
    if len(found) != 1:
        fail(document, block.line, f"expected one line of {path} that begins "
             f"with '{anchor}', found {len(found)}")
    position = found[0] + (place == "after")
    lines.insert(position, block.text)
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(lines))


def check_excerpt(document, block):
    with open(os.path.join(ROOT, block.argument), encoding="utf-8") as file:
        if block.text not in file.read():
            fail(document, block.line,
                 f"{block.argument} does not say this any more")


def line_pattern(line, numbers_vary):
    """A regular expression for a line of expected output."""
    parts = []
    for part in re.split(r"(\.\.\.)", " ".join(line.split())):
        if part == "...":
            parts.append(".*")
        elif numbers_vary:
            parts += [r"[-+]?\d+(\.\d+)?" if re.fullmatch(r"\d+(\.\d+)?", piece)
                      else re.escape(piece)
                      for piece in re.split(r"(?<![\w.])-?(\d+(?:\.\d+)?)"
                                            r"(?![\w.]*\w)", part)]
        else:
            parts.append(re.escape(part))
    return "".join(parts)


def check_output(document, block, printed):
    """Every line in order, adjacent unless there is a "..." between them."""
    vary = block.argument.strip(", ") == "numbers vary"
    pattern = ""
    for line in block.lines:
        if line.strip() == "...":
            pattern += r"(.*\n)*?"
        else:
            pattern += line_pattern(line, vary) + r"\n"
    squeezed = "".join(" ".join(line.split()) + "\n"
                       for line in printed.splitlines())
    if not (re.search("^" + pattern, squeezed, re.MULTILINE) if pattern
            else not squeezed):
        fail(document, block.line, "the commands print something else:\n"
             + printed)


class Shell:
    """One bash that runs block after block."""

    def __init__(self, document):
        self.document = document
        environment = dict(os.environ, root=ROOT, python=sys.executable,
                           inputs=os.path.dirname(os.path.realpath(__file__)))
        self.process = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8",
            errors="replace", env=environment)

    def run(self, block):
        """What the block prints; fails if one of its commands does."""
        end = f"@@ end of {self.document}:{block.line}"
        script = f"set -e\n{block.text}\nset +e\necho {shlex.quote(end)}\n"
        self.process.stdin.write(f"eval {shlex.quote(script)} < /dev/null\n")
        self.process.stdin.flush()
        printed = []
        for line in self.process.stdout:
            if line.rstrip("\n") == end:
                return "".join(printed)
            printed.append(line)
        fail(self.document, block.line,
             "a command failed:\n" + "".join(printed))

    def folder(self):
        return os.readlink(f"/proc/{self.process.pid}/cwd")


def main(document):
    blocks = read_blocks(document)
    shell = Shell(document)
    printed = None
    for block in blocks:
        if block.kind == "run":
            printed = shell.run(block)
            print(f"{document}:{block.line}:", block.lines[0], flush=True)
            sys.stdout.write(printed)
        elif block.kind == "output":
            if printed is None:
                fail(document, block.line, "nothing has been run before")
            check_output(document, block, printed)
        elif block.kind in ("file", "insert"):
            os.chdir(shell.folder())
            (write_file if block.kind == "file" else insert)(document, block)
        elif block.kind == "excerpt":
            check_excerpt(document, block)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(os.path.realpath(sys.argv[1]))
