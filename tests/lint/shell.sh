#!/bin/sh
# tests/lint/shell.sh - our scripts are POSIX shell
#
# dash reads each without running it, and the commonest habits from bash, which dash finds only when it runs them, are
# looked for by hand. `.ci/run` alone is for bash.
. "$(dirname -- "$0")/lib.sh"

need dash
{
    [ ! -f dev ] || echo dev
    files '*.sh'
} >"$findings.list"
while read -r file; do
    if ! dash -n "$file" 2>"$findings.out"; then
        line=$(sed -n '1s/^[^:]*: \([0-9]*\): .*/\1/p' "$findings.out")
        echo "$file:${line:-1}: is not POSIX shell"
        sed 's/^/    /' "$findings.out"
    fi
    awk -f "$here/shell.awk" "$file"
done <"$findings.list" >"$findings"
if [ -f .ci/run ] && ! bash -n .ci/run; then
    echo ".ci/run:1: is not bash" >>"$findings"
fi
finish "$findings"
