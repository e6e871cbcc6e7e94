#!/bin/sh
# tests/lint/banned_functions.sh - functions that we do not call, and where
#
# The table is tests/lint/banned.txt. Only calls count: a name in a comment or in a string is free, and so are members
# and functions of ours that only contain the name.
. "$(dirname -- "$0")/lib.sh"

files '*.c' '*.h' | xargs -r awk -f "$here/strip.awk" -f "$here/banned_functions.awk" "$here/banned.txt" >"$findings"
finish "$findings"
