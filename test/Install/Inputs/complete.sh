# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Prints what bash would offer behind LINE.
#
# usage: complete.sh SHARE TOOL LINE
source "$1/bash-completion/completions/$2"
COMP_LINE=$3
COMP_POINT=${#3}
"_${2//-/_}"
printf '%s\n' "${COMPREPLY[@]}"
