# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# shellcheck shell=bash
# What the scripts share; to be sourced.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
program=$(basename "$0")

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: error: %s\n' "$program" "$*" >&2
  exit 1
}

# Prints the comment at the head of the calling script.
usage() { sed -n '3,/^[^#]/ { s/^# \{0,1\}//p }' "$0"; }

# Does this CPU have all the named features, as /proc/cpuinfo spells them?
cpu_has() {
  local flags feature
  flags=" $(sed -n '/^\(flags\|Features\)/ { s/.*: //p; q }' /proc/cpuinfo) "
  for feature in "$@"; do
    [[ $flags == *" $feature "* ]] || return 1
  done
}

# The best compilation target this CPU runs.
native_target() {
  if cpu_has avx512f avx512bw avx512dq avx512vl avx512cd avx512_vnni \
    avx512vbmi; then
    echo x86-64-avx512vnni
  elif cpu_has avx2 avx_vnni; then
    echo x86-64-avxvnni
  else
    echo x86-64-v3
  fi
}

# Shows the last line of a log while a process runs: on a terminal at once and
# in place, else now and then.
watch_log() {
  local pid=$1 log=$2 polls=0 line
  while kill -0 "$pid" 2>/dev/null; do
    if [[ -t 1 ]]; then
      line=$(tail -c 2000 "$log" | tr '\r' '\n' | sed '/^$/d' | tail -n 1)
      printf '\r\033[K  %.74s' "$line"
    elif ((++polls % 150 == 0)); then
      line=$(tail -c 2000 "$log" | tr '\r' '\n' | sed '/^$/d' | tail -n 1)
      printf '  ... %.72s\n' "$line"
    fi
    sleep 0.2
  done
  [[ ! -t 1 ]] || printf '\r\033[K'
}

# run_logged TITLE LOG COMMAND...: runs a long command with its output in a log,
# the end of which is shown if it fails. Returns the command's exit code.
run_logged() {
  local title=$1 log=$2 code=0 begin=$SECONDS
  shift 2
  say "$title"
  mkdir -p "$(dirname "$log")"
  : >"$log"
  "$@" >>"$log" 2>&1 </dev/null &
  running=$!
  # A stopped script must not leave its compiler or tests behind.
  trap 'kill "$running" 2>/dev/null || true' EXIT
  watch_log "$running" "$log"
  wait "$running" || code=$?
  trap - EXIT
  if ((code != 0)); then
    say "  failed with exit code $code; the end of ${log#"$root"/}:"
    tail -n 40 "$log" | sed 's/^/  | /'
    return "$code"
  fi
  say "  done in $((SECONDS - begin)) s"
}

configure() {
  run_logged "Configuring (preset release)" "$build/configure.log" \
    cmake -S "$root" --preset release
}

# build_targets TITLE [TARGET...]: builds the targets, by default everything.
build_targets() {
  local title=$1
  shift
  run_logged "$title" "$build/build.log" \
    ninja -C "$build" ${DEIT_JOBS:+-j "$DEIT_JOBS"} "$@"
}
