#!/bin/sh
# run.sh PROGRAM EXPECTED [SERVER] - runs an example, compares what it prints, and looks at what is left
#
# It runs in a folder with three files, whose names are its arguments. An example that needs something else has a file
# NAME.sh beside its NAME.expected, which is read here and says how that one is prepared, run and looked at.
set -eu
LC_ALL=C
export LC_ALL
program=$1
expected=$2
server=${3-}

prepare()
{
    printf '%010d' 1 >a
    printf '%0200d' 1 >b
    truncate -s 5G c
}

# example ARGUMENT... - the example; its processes have the tag in their environment
example()
{
    MPOOL_TEST_TAG=$folder TMPDIR=$folder/work XDG_RUNTIME_DIR='' "$program" "$@"
}

run()
{
    example a b c
}

# Where the output differs from run to run, what does not: the lines in another order, names without their numbers.
normalise()
{
    cat
}

hooks=${expected%.expected}.sh
# shellcheck source=/dev/null
[ ! -f "$hooks" ] || . "$hooks"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/work"
cd "$folder/work"
prepare
find . | sort >"$folder/before"
run >"$folder/out"
normalise <"$folder/out" | diff -u "$expected" -
find . | sort | diff "$folder/before" - >"$folder/left" || {
    echo 'left behind:'
    cat "$folder/left"
    exit 1
}

# The last processes may be on their way out still.
processes()
{
    grep -alzx "MPOOL_TEST_TAG=$folder" /proc/[0-9]*/environ 2>/dev/null || :
}

tries=0
while left=$(processes) && [ -n "$left" ]; do
    tries=$((tries + 1))
    [ $tries -lt 40 ] || { echo "left behind: $left"; exit 1; }
    sleep 0.05
done
