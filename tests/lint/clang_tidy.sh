#!/bin/sh
# tests/lint/clang_tidy.sh - what clang-tidy finds suspicious, by the checks in .clang-tidy
#
# Only what ships is checked; in the tests the macros of the test framework would be. With a second argument, a build
# directory, files are compiled as its compile_commands.json says; without, by the flags below.
. "$(dirname -- "$0")/lib.sh"

build=${2-}
need clang-tidy
[ -z "$build" ] || [ -f "$build/compile_commands.json" ] || {
    echo "clang_tidy: $build has no compile_commands.json: run  cmake --preset dev  first" >&2
    exit 1
}
cat >"$findings.sh" <<'END'
build=$1 file=$2
set -- --quiet --warnings-as-errors='*'
if [ -n "$build" ]; then
    out=$(clang-tidy "$@" -p "$build" "$file" 2>&1) && exit
else
    out=$(clang-tidy "$@" "$file" -- -std=c11 -D_GNU_SOURCE -I. -Iinclude 2>&1) && exit
fi
printf '%s\n' "$out" | awk -v top="$PWD/" -v file="$file" '
    index($0, top) == 1 { $0 = substr($0, length(top) + 1) }
    { sub(/^\.\//, "") }
    /^[^ :]+:[0-9]+:[0-9]+: (error|warning): / {
        sub(/:[0-9]+: (error|warning): /, ": ")
        sub(/,-warnings-as-errors\]$/, "]")
        print
        found = 1
        more = 12
        next
    }
    /^[0-9]+ warnings?( and [0-9]+ errors?)? generated|^Suppressed|^Use -header-filter|^Error while processing/ { next }
    more > 0 { print "    " $0 }
    more-- == 0 { print "    ..." }
    END { if (!found) print file ":1: clang-tidy failed, and did not say why" }'
END
files '*.c' | grep -v '^tests/' >"$findings.list" || files '*.c' >"$findings.list"
in_parallel "$findings.sh" "$build" <"$findings.list" >"$findings"
finish "$findings"
