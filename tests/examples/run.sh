#!/bin/sh
# run.sh PROGRAM EXPECTED - runs an example in a folder with three files, compares what it prints, and looks at what is left
set -eu
program=$1
expected=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf '%010d' 1 >a
printf '%0200d' 1 >b
truncate -s 5G c
MPOOL_TEST_TAG=$folder TMPDIR=$folder XDG_RUNTIME_DIR= "$program" a b c >out
rm a b c
diff -u "$expected" out
rm out
left=$(ls -A)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }

# Its processes have the tag in their environment. The last ones may be on their way out still.
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
