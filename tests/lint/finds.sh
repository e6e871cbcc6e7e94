#!/bin/sh
# tests/lint/finds.sh NAME - does the lint NAME find what it is for?
#
# Runs it on the small tree tests/lint/bad/NAME and compares the places it reports with those in the file `expected`
# there: none may be missing, and none may be reported that is allowed.
set -eu
LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
bad=$here/bad/${1:?usage: $0 NAME}
status=0
out=$("$here/$1.sh" "$bad" 2>&1) || status=$?
[ "$status" -ne 77 ] || {
    echo "$out"
    exit 77
}
printf '%s\n' "$out" | sed -n 's/^\([^ :][^ :]*:[0-9]*\):.*/\1/p' | sort -u >"${TMPDIR:-/tmp}/mpool-lint.$$"
trap 'rm -f "${TMPDIR:-/tmp}/mpool-lint.$$"' EXIT
if [ "$status" -eq 1 ] && sort -u "$bad/expected" | diff -u - "${TMPDIR:-/tmp}/mpool-lint.$$"; then
    exit 0
fi
echo "$1 ended with $status on tests/lint/bad/$1, and said:"
printf '%s\n' "$out"
exit 1
