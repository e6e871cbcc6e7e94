#!/bin/sh
# tests/lint/file_heads.sh - every file says at its head what it is, and where it runs
#
#     /*
#      * base/buf.c - a byte buffer that grows by doubling
#      *
#      * Runs in: any process.
#
# Public headers name themselves as they are included, mpool/init.h. `Runs in:` stands in each .c of the folders whose
# code runs in more than one kind of process.
. "$(dirname -- "$0")/lib.sh"

for file in $(files '*.c' '*.h'); do
    name=${file#include/}
    if ! sed -n '1{/^\/\*$/!q};2{p;q}' "$file" | grep -qF -- " * $name - "; then
        echo "$file:1: the file does not begin with a comment that names it: \" * $name - what it does\""
    fi
    case $file in
    base/*.c | serialize/*.c | ipc/*.c | workers/*.c | pool/*.c)
        sed '/\*\//q' "$file" | grep -q '^ \* .*Runs in:' ||
            echo "$file:1: the comment at its head does not say \"Runs in:\" which process"
        ;;
    esac
done >"$findings"
finish "$findings"
