#!/bin/sh
# tests/lint/function_length.sh - a function fits a screen: 70 lines from brace to brace
#
# Relies on the format, in which the braces of a function, and of nothing else, stand alone in the first column. A
# longer one says in the comment above it  lint: allow function_length because ...
. "$(dirname -- "$0")/lib.sh"

files '*.c' '*.h' | xargs -r awk -f "$here/strip.awk" -f "$here/function_length.awk" >"$findings"
finish "$findings"
