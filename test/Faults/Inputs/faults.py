# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs tools where the system, or a file, lets them down."""
import os
import re
import resource
import signal
import subprocess
import sys

CRASHES = re.compile(r"Stack dump|terminate called|LLVM ERROR|Sanitizer:|"
                     r"Assertion|core dumped", re.I)


class Outcome:
    """How a process ended, what it said and the memory that it took."""

    def __init__(self, command, code, text, peak):
        self.command, self.code = command, code
        self.text, self.peak = text, peak

    def describe(self):
        return f"{' '.join(self.command)}\nexit code {self.code}:\n{self.text}"

    def is_refusal(self):
        """One error, said once, and exit code 1."""
        errors = [line for line in self.text.splitlines()
                  if re.search(r"\berror\b:?|for the -|not enough positional",
                               line, re.I) and "see current" not in line]
        return (self.code == 1 and len(errors) == 1
                and not CRASHES.search(self.text))

    def expect_refusal(self, *words):
        assert self.is_refusal(), self.describe()
        for word in words:
            assert re.search(word, self.text), (word, self.describe())
        return self

    def expect_success(self):
        assert self.code == 0 and not CRASHES.search(self.text), \
            self.describe()
        return self


def limit(**limits):
    """For `before`: sets limits by name, AS=bytes."""
    def apply():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, "RLIMIT_" + name),
                               (value, value))
    return apply


def run(*command, before=None, environment=None, stdout=subprocess.DEVNULL,
        timeout=300):
    command = [str(part) for part in command]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=stdout,
        stderr=subprocess.PIPE, preexec_fn=before, text=True, errors="replace",
        env=dict(os.environ, **(environment or {})))
    text = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    return Outcome(command, process.returncode, text, usage.ru_maxrss * 1024)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def report(text):
    print(text)
    sys.stdout.flush()
