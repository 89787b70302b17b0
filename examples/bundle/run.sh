#!/bin/sh
# Measures the model on a CIFAR file. usage: ./run.sh DATA.bin [OPTION...]
# deit-eval --help lists the options.
set -eu
here=$(dirname "$0")
if [ $# -lt 1 ] || [ ! -r "$1" ]; then
  echo "run.sh: error: ${1:-no file} cannot be read; usage: ./run.sh DATA.bin" \
    "[OPTION...], a CIFAR-10 or CIFAR-100 file of the binary version" >&2
  exit 1
fi
data=$1
shift

# What a time depends on, beside the program.
facts=/sys/devices/system/cpu/cpu0/cpufreq
if [ -r /proc/device-tree/model ]; then
  printf 'board          %s\n' "$(tr -d '\0' </proc/device-tree/model)"
fi
if [ -r $facts/scaling_governor ]; then
  printf 'governor       %s, at most %s MHz\n' "$(cat $facts/scaling_governor)" \
    "$(($(cat $facts/scaling_max_freq) / 1000))"
fi
code=0
"$here/deit-eval" --data "$data" "$@" || code=$?
if [ $code -eq 126 ]; then
  echo "run.sh: error: this program is for {{ARCH}} and this system is" \
    "$(uname -m); a Raspberry Pi needs the 64-bit Raspberry Pi OS" >&2
fi
# Bit 2 and 18: it is, or was, slowed down for heat or power.
if command -v vcgencmd >/dev/null 2>&1; then
  throttled=$(vcgencmd get_throttled 2>/dev/null || true)
  [ "$throttled" = throttled=0x0 ] || echo "throttling     $throttled," \
    "so times are too long: cool the board, use its own power supply"
fi
exit $code
