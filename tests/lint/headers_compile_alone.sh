#!/bin/sh
# tests/lint/headers_compile_alone.sh - every header brings what it needs
#
# Each is compiled as if it were all of a program, by itself; those of include/ also as strict C11, and as C++, for they
# are compiled with other people's flags. Include paths that are not the system's come in LINT_CFLAGS.
. "$(dirname -- "$0")/lib.sh"

need "${CC:-cc}"
need "${CXX:-c++}"
cat >"$findings.sh" <<'END'
header=$1
compile()
{
    what=$1
    shift
    out=$(printf '#include "%s"\nextern int lint_not_empty;\n' "$header" |
        "$@" -I. -Iinclude $LINT_CFLAGS -Wall -Wextra -Werror -fsyntax-only - 2>&1) && return
    printf '%s:1: does not compile alone as %s\n' "$header" "$what"
    printf '%s\n' "$out" | sed 's/^/    /'
}
compile C "${CC:-cc}" -std=c11 -D_GNU_SOURCE -x c
case $header in
include/*)
    compile 'strict C11' "${CC:-cc}" -std=c11 -pedantic -x c
    compile C++ "${CXX:-c++}" -std=c++11 -pedantic -x c++
    ;;
esac
END
LINT_CFLAGS=${LINT_CFLAGS-}
export LINT_CFLAGS
files '*.h' | in_parallel "$findings.sh" >"$findings"
finish "$findings"
