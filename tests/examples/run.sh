#!/bin/sh
# run.sh PROGRAM EXPECTED - runs an example in a folder with three files, and compares what it prints
set -eu
program=$1
expected=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf '%010d' 1 >a
printf '%0200d' 1 >b
truncate -s 5G c
TMPDIR=$folder XDG_RUNTIME_DIR= "$program" a b c >out
rm a b c
diff -u "$expected" out
rm out
left=$(ls -A)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
