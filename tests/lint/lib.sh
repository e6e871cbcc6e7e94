# tests/lint/lib.sh - what the lint scripts share; sourced, never run
#
# Every lint is a script  tests/lint/NAME.sh TREE  that reads the source tree TREE, prints one line for each thing it
# finds,
#
#     base/buf.c:12: what is wrong, and what to do
#
# and exits 1 if it found any. What a compiler has to say in addition comes indented below. tests/lint/bad/NAME is a
# small tree with mistakes in it, on which the lint is run as a test too: a lint that finds nothing in it is broken.
#
# A place where the rule should not hold says so in a comment on the line or on the one above, with the reason:
#
#     lint: allow NAME because ...

set -eu
LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tree=${1:?usage: $0 TREE}
cd -- "$tree"

# Our own folders; whatever else lies in the tree is not ours to check.
folders='include base serialize ipc workers pool cli examples bench tests'

# files PATTERN... - the files of ours whose names match, one a line, without the samples of mistakes
files()
{
    set -f
    names=
    for pattern; do
        names="$names${names:+ -o }-name $pattern"
    done
    for folder in $folders; do
        # shellcheck disable=SC2086
        [ ! -d "$folder" ] || find "$folder" -path tests/lint/bad -prune -o -type f \( $names \) -print
    done | sort
    set +f
}

# in_parallel SCRIPT ARGUMENT... - runs it, with a file named on stdin as its last argument, once for each; as many at a
# time as there are processors. What one has to say stays together.
in_parallel()
{
    # shellcheck disable=SC2016
    xargs -r -n 1 -P "$(getconf _NPROCESSORS_ONLN)" \
        sh -c 'out=$(sh "$@"); [ -z "$out" ] || printf "%s\n" "$out"' in_parallel "$@"
}

# finish FINDINGS - prints the findings in a file, if any, and ends the lint
finish()
{
    [ -s "$1" ] || exit 0
    cat "$1"
    exit 1
}

# need COMMAND - the lint is skipped (77, for ctest) where the command is not installed
need()
{
    command -v "$1" >/dev/null && return
    echo "skipped: $1 is not installed; ./dev setup installs it"
    exit 77
}

findings=$(mktemp "${TMPDIR:-/tmp}/mpool-lint.XXXXXX")
trap 'rm -rf "$findings" "$findings".*' EXIT
trap 'exit 129' HUP INT TERM
