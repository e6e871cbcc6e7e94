#!/bin/sh
# instructions.sh SOURCE - what the inline operations on atomics are in machine code: one locked instruction each
#
# Looks at x86-64, by objdump; elsewhere it is skipped.
set -eu
LC_ALL=C
export LC_ALL
cd "$1"
cc=${CC:-cc}
[ "$(uname -m)" = x86_64 ] || exit 77
command -v objdump >/dev/null 2>&1 || exit 77
work=$(mktemp -d "${TMPDIR:-/tmp}/mpool-instructions.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
code=0

"$cc" -std=gnu11 -O2 -Iinclude -c tests/unit/instructions/atomics.c -o "$work/atomics.o"
objdump -d --no-show-raw-insn "$work/atomics.o" >"$work/all"

# wrong FUNCTION WHAT - says so, with what is there
wrong()
{
    echo "instructions: $1 $2:"
    cat "$work/one"
    code=1
}

# has FUNCTION LOCKED INSTRUCTION - it has so many instructions that lock or exchange, and this one (a pattern)
has()
{
    sed -n "/<$1>:\$/,/^\$/p" "$work/all" >"$work/one"
    [ -s "$work/one" ] || wrong "$1" 'is not there'
    [ "$(grep -cE '[[:space:]](lock |xchg +%[a-z0-9]+,\()' "$work/one")" -eq "$2" ] ||
        wrong "$1" "does not have $2 locked instructions"
    grep -qE "[[:space:]]$3" "$work/one" || wrong "$1" "has no $3"
    ! grep -q call "$work/one" || wrong "$1" 'calls'
}

has i64_get 0 'mov +\(%rdi\),%rax'
has i64_set 1 'xchg +%r[a-z0-9]+,\(%rdi\)'
has i64_get_and_set 1 'xchg +%r[a-z0-9]+,\(%rdi\)'
has i64_compare_and_set 1 'lock cmpxchg'
has i64_add_and_get 1 'lock xadd'
has i64_get_and_add 1 'lock xadd'
has i64_subtract_and_get 1 'lock xadd'
has i64_get_and_subtract 1 'lock xadd'
has i64_increment_and_get 1 'lock xadd'
has i64_get_and_decrement 1 'lock xadd'
has i64_increment 1 'lock (add|inc|xadd)'
has i64_decrement 1 'lock (sub|dec|add|xadd)'
has i64_add 1 'lock (add|xadd)'
has f64_add_and_get 1 'lock cmpxchg'
has bool_get_and_set 1 'xchg +%[a-z0-9]+,\(%rdi\)'
has adder_add 0 'add +'
exit $code
