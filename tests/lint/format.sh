#!/bin/sh
# tests/lint/format.sh - the layout is clang-format's, and lines have at most 120 columns
#
# The formatter leaves comments as they are, so their length is checked apart from it. `./dev format` repairs the rest.
# Versions of clang-format differ in what they do, so another one than Debian 12's is not asked.
. "$(dirname -- "$0")/lib.sh"

version=14
need clang-format
if ! clang-format --version | grep -q "version $version\."; then
    echo "skipped: the format is that of clang-format $version, and this is $(clang-format --version)"
    exit 77
fi
cat >"$findings.sh" <<'END'
clang-format "$1" | cmp -s - "$1" && exit
line=$(clang-format "$1" | diff "$1" - | sed -n '1s/[^0-9].*//p')
echo "$1:$line: is not as clang-format lays it out; ./dev format does it"
clang-format "$1" | diff -U 1 "$1" - | sed -n '3,20s/^/    /p'
END
files '*.c' '*.h' | in_parallel "$findings.sh" >"$findings"
files '*.c' '*.h' | xargs -r awk '
    { columns = $0; gsub(/[\200-\277]/, "", columns) }
    length(columns) > 120 { print FILENAME ":" FNR ": " length(columns) " columns, and 120 are the most" }
    / $/ || /\t/ { print FILENAME ":" FNR ": a tab, or a space at the end" }' >>"$findings"
finish "$findings"
