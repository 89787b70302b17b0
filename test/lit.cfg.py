# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The lit suite: what counts as a test, where tools are, what a machine has.
#
# Parameters: -Dverify_roundtrip=1 has deit-opt print and parse every module
# again, as text and as bytecode, before it runs.
import os
import shutil
import subprocess

import lit.formats

config.name = "DeiT-MLIR"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.build_root, "test", "Output")

bin_folder = os.path.join(config.build_root, "bin")
config.environment["PATH"] = os.pathsep.join(
    [bin_folder, config.llvm_tools, os.environ["PATH"]]
)
for name in ("HOME", "OPENBLAS_CORETYPE", "XDG_CACHE_HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

if lit_config.params.get("verify_roundtrip"):
    config.substitutions.append(
        (r"(?<![-\w/])deit-opt(?![-\w.])", "deit-opt --verify-roundtrip")
    )
config.substitutions.append(("%python", config.python))
config.substitutions.append(("%root", config.source_root))
config.substitutions.append(("%build", config.build_root))
config.substitutions.append(
    ("%examples", os.path.join(config.source_root, "examples", "deit-shapes"))
)

if shutil.which("valgrind"):
    config.available_features.add("valgrind")

# The build that the release preset makes, where documents may expect it.
if config.build_type == "Release" and not config.sanitizers:
    config.available_features.add("release-build")

# A browser, and what drives it, for pages.
if shutil.which("chromium") and shutil.which("chromedriver"):
    config.available_features.add("chromium")

# Programs for other CPUs, where there is something that runs them.
if shutil.which("qemu-aarch64"):
    config.available_features.add("aarch64")
    config.substitutions.append(("%a76", "qemu-aarch64 -cpu cortex-a76"))
    config.substitutions.append(("%a72", "qemu-aarch64 -cpu cortex-a72"))
    members = subprocess.run(
        [os.path.join(config.llvm_tools, "llvm-ar"), "t",
         os.path.join(config.build_root, "lib", "deit", "aarch64",
                      "libdeit_evaluator.a")], capture_output=True, text=True)
    if "pngread.o" in members.stdout:
        config.available_features.add("aarch64-pictures")
run_avx512 = os.path.join(config.source_root, "scripts", "run-avx512")
probe = subprocess.run([run_avx512, "--probe"], capture_output=True, text=True)
avx512 = probe.stdout.strip()
if avx512 in ("native", "bochs"):
    config.available_features.add("avx512")
    config.substitutions.append(("%avx512", run_avx512))
if avx512 != "native":
    config.available_features.add("no-native-avx512")
with open("/proc/cpuinfo") as cpuinfo:
    flags = cpuinfo.read().split()
for flag, feature in (("avx2", "avx2"), ("avx_vnni", "avxvnni")):
    if flag in flags:
        config.available_features.add(feature)
if os.path.exists(os.path.join(config.build_root, "lib",
                               "libDeiTReferenceTorch.so")):
    config.available_features.add("torch")

# Benchmarks, of which those are built whose libraries are installed.
bench_folder = os.path.join(config.build_root, "bench")
for program, feature in (("bench-compiled", "bench"),
                         ("bench-onednn", "onednn"),
                         ("bench-kernels", "benchmark")):
    if os.path.exists(os.path.join(bench_folder, program)):
        config.available_features.add(feature)

# Fuzz targets for libFuzzer, in the folder that scripts/fuzz builds in.
fuzz_folder = os.path.join(config.source_root, "build-fuzz", "fuzz")
if os.path.exists(os.path.join(fuzz_folder, "fuzz-ir")):
    config.available_features.add("fuzz")
    config.substitutions.append(("%fuzz", fuzz_folder))

# Real models and images, which the repository does not hold.
data = os.environ.get("DEIT_DATA")
if data and os.path.isdir(os.path.join(data, "models")):
    config.available_features.add("data")
    config.substitutions.append(("%data", data))
