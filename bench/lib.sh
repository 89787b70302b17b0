# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# shellcheck shell=bash disable=SC2154
# What bench/run and bench/kernels share; to be sourced after scripts/lib.sh.

samples=16 # pictures to calibrate with: speed does not depend on it

require_x86() {
  [[ $(uname -m) == x86_64 ]] ||
    die "this CPU is $(uname -m); benchmarks beside others are of x86-64 alone"
}

build_benchmarks() {
  configure
  build_targets "Building the tools and benchmarks" deit-compile deit-opt \
    draw-shapes DeiTDeviceRuntime DeiTBenchmarks
}

# draw_pictures FOLDER: leaves calib.bin there.
draw_pictures() {
  [[ ! -s $1/calib.bin ]] || return 0
  run_logged "Drawing $samples pictures to calibrate with" "$1/draw.log" \
    "$build/bin/draw-shapes" --seed 7 --count "$samples" -o "$1/calib.bin"
}

# make_network FILE BLOCKS: random weights, otherwise like DeiT-S.
make_network() {
  local file=$1 blocks=$2
  [[ ! -s $file ]] || return 0
  run_logged "Drawing weights of $blocks blocks like DeiT-S's" \
    "$(dirname "$file")/network.log" \
    python3 "$root/test/EndToEnd/Inputs/make-network.py" "$file.new" \
    --image=224x224 --patch=16x16 --width=384 --heads=6 --hidden=1536 \
    --depth="$blocks" --classes=100
  mv "$file.new" "$file"
}
