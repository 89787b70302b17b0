# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Copies the checkout that this file is in to a folder, without what was built
but with what scripts/setup has fetched.

usage: copy-checkout.py FOLDER
"""

import os
import shutil
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))


def ignore(folder, names):
    if folder != ROOT:
        return [name for name in names if name == "__pycache__"]
    return [name for name in names
            if name == ".git" or name.startswith("build")]


shutil.copytree(ROOT, sys.argv[1], symlinks=True, ignore=ignore)
shutil.copytree(os.path.join(ROOT, "build/npm"),
                os.path.join(sys.argv[1], "build/npm"))
