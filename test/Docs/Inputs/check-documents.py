# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that links between documents lead somewhere and that options, passes
and pipelines they name exist.

usage: check-documents.py DOCUMENT.md...

Links are followed to files and to headings. Options are looked up in what the
tools' own --help prints: after a tool's name those of that tool, alone in
`code` those of any. Commands of other programs are left alone.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
TOOLS = ("deit-import", "deit-compile", "deit-eval", "deit-opt",
         "deit-lsp-server", "deit-report", "draw-shapes")
SCRIPTS = ("scripts/setup", "scripts/demo", "scripts/check", "scripts/fuzz",
           "scripts/run-avx512", "scripts/generate-docs",
           "bench/run", "bench/kernels", "bench/alternate",
           "bench/compare-latency", "bench/analyze-arm")
OPTION = re.compile(r"(?<![\w-])(--?[a-zA-Z][\w-]*)")
PASS = re.compile(r"-{0,2}((?:deit|fxp|convert)-[a-z0-9-]+)")
# Options of other programs that documents name by themselves.
FOREIGN = {"-lpthread"}


def help_of(*command):
    """The options in what a tool's help prints."""
    text = subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout
    return {option.lstrip("-") for option in OPTION.findall(text)}


def known_options():
    """By command, its options without dashes."""
    known = {}
    for tool in TOOLS:
        every = "--help" if tool in ("deit-eval", "draw-shapes") else (
            "--help-hidden")
        known[tool] = help_of(tool, every) | help_of(tool, "--help")
    for script in SCRIPTS:
        known[script] = help_of(os.path.join(ROOT, script), "--help")
    # deit-compile takes MLIR's options and does not show them.
    known["deit-compile"] |= {option for option in known["deit-opt"]
                              if option.startswith("mlir-")}
    known["evaluate"] = known["deit-eval"]
    known["scripts/run-avx512"] |= known["evaluate"]  # of what it runs
    return known


def slug(heading):
    """What GitHub calls a heading."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


class Document:
    """A Markdown file, split into prose, code spans and blocks of commands."""

    def __init__(self, path):
        self.path = path
        self.headings, self.links = set(), []
        self.spans, self.commands = [], []
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        # Passes that a tutorial writes exist for its readers.
        self.defined = set(re.findall(r'\bPass<"([\w-]+)"', "\n".join(lines)))
        fence, block = None, []
        for number, line in enumerate(lines, 1):
            found = re.match(r" *(`{3,})(\w*)", line)
            if found and fence is None:
                fence, block = found, []
            elif fence is not None and line.rstrip() == re.match(
                    r" *`{3,}", fence[0])[0]:
                if fence[2] == "sh":
                    self.add_commands(block)
                fence = None
            elif fence is not None:
                block.append((number, line))
            else:
                self.read_prose(number, line)

    def read_prose(self, number, line):
        if line.startswith("#"):
            self.headings.add(slug(line.lstrip("#")))
        self.spans += [(number, span) for span in re.findall(r"`([^`]+)`", line)]
        bare = re.sub(r"`[^`]*`", "``", line)
        self.links += [(number, target)
                       for target in re.findall(r"\]\(([^)\s]+)\)", bare)]

    def add_commands(self, block):
        """Commands, with lines that a backslash joins joined."""
        number, command = 0, ""
        for number, line in block:
            if line.endswith("\\"):
                command += line[:-1] + " "
            else:
                self.commands.append((number, command + line))
                command = ""


def check_links(document, documents, complain):
    for number, target in document.links:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(document.path),
                                             path)) if path else document.path
        if not os.path.exists(path):
            complain(document, number, f"the link {target} leads nowhere")
        elif anchor and path.endswith(".md"):
            if path not in documents:
                documents[path] = Document(path)
            if anchor not in documents[path].headings:
                complain(document, number,
                         f"{target}: there is no such heading")


def command_name(word):
    """The command a word calls, as known_options names it."""
    base = os.path.basename(word)
    if base in TOOLS:
        return base
    if word.removeprefix("./").startswith(("scripts/", "bench/")):
        return word.removeprefix("./")
    return "evaluate" if base.startswith("evaluate") else None


def check_command(document, number, text, known, complain):
    """Checks the options behind each of our tools in `text`."""
    for part in re.split(r"[|;&]|\s#", text):
        words = part.split()
        names = [command_name(word) for word in words]
        if not any(names):
            continue
        start = next(i for i, name in enumerate(names) if name)
        name, rest = names[start], " ".join(words[start + 1:])
        if name not in known:
            complain(document, number, f"there is no {name}")
            continue
        quoted = re.sub(r"""(["']).*?\1""", "", rest)
        for option in OPTION.findall(re.sub(r"=\S*", "", quoted)):
            if option.lstrip("-") not in known[name]:
                complain(document, number, f"{name} has no option {option}")


def check_span(document, number, span, known, complain):
    """Checks an option or a pass that stands alone."""
    everything = set().union(*known.values())
    named = PASS.fullmatch(span)
    if named and not (named[1] in known or named[1] in everything):
        complain(document, number, f"there is no pass or tool {span}")
    elif re.match(r"--?[a-z]", span) and not named:
        option = OPTION.match(span)[1]
        if option.lstrip("-") not in everything and option not in FOREIGN:
            complain(document, number, f"no tool has an option {option}")


def main(paths):
    known = known_options()
    failures = []

    def complain(document, number, message):
        name = os.path.relpath(document.path, ROOT)
        failures.append(f"{name}:{number}: error: {message}")

    def with_own(document):
        return {**known, "deit-opt": known["deit-opt"] | document.defined}

    documents = {path: Document(path) for path in map(os.path.realpath, paths)}
    for document in list(documents.values()):
        check_links(document, documents, complain)
        for number, command in document.commands:
            check_command(document, number, command,
                          with_own(document), complain)
        for number, span in document.spans:
            if command_name(span.split()[0]) and " " in span:
                check_command(document, number, span, with_own(document),
                              complain)
            else:
                check_span(document, number, span, with_own(document),
                           complain)
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.exit(main(sys.argv[1:]))
