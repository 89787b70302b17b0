# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Changes one member of a report: spoil-report.py IN OUT PATH [JSON].

PATH is as in "modules.3.weights.count". Without JSON the member is left out.
"""
import json
import sys

source, target, path, *value = sys.argv[1:]
report = thing = json.load(open(source))
*way, last = [int(name) if name.isdigit() else name for name in path.split(".")]
for name in way:
    thing = thing[name]
if value:
    thing[last] = json.loads(value[0])
else:
    del thing[last]
with open(target, "w") as file:
    json.dump(report, file)
