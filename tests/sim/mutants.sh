#!/bin/sh
# tests/sim/mutants.sh - the simulator finds bugs that are planted in the core
#
#     tests/sim/mutants.sh [NAME...]
#
# Each tests/sim/mutants/NAME.patch is a mistake that somebody could make in pool/*.c or base/ends.c. It is applied to a
# copy of the sources, and the simulator runs over the mutated core from seed 1 on, until it finds a violation or gives
# up. A mutant that is not found fails the test, and so do a patch that does not apply, a seed that does not show the
# same violation again, and one that shows any in the core as it is.
#
# From the environment: CC (cc), MUTANT_SECONDS for each mutant (60), MUTANTS_SECONDS for all of them (400).
#
# Nothing is sanitized here: the mutants are to be found by what the oracle knows, and fast.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$here/../.." && pwd)
cc=${CC:-cc}
each=${MUTANT_SECONDS:-60}
all=${MUTANTS_SECONDS:-400}
core='core commit finish flight pace dispatch limits blame gate later cancel crew'
dir=$(mktemp -d "${TMPDIR:-/tmp}/mpool-mutants.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 129' HUP INT TERM

now_ms()
{
    date +%s%3N
}

# compile TREE FILE.c - makes FILE.o in the current directory. CC may be several words.
compile()
{
    # shellcheck disable=SC2086
    $cc -std=gnu11 -D_GNU_SOURCE -O1 -I"$1/include" -I"$1" -c "$1/$2" -o "$(basename "$2" .c).o"
}

# apply PATCH - to $dir/mutant, exactly. Neither git nor patch is needed to build, so either will do.
apply()
{
    if command -v patch >/dev/null; then
        (cd "$dir/mutant" && patch -s -p1 --fuzz=0 <"$1")
    else
        (cd "$dir/mutant" && GIT_CEILING_DIRECTORIES="$dir" git apply -p1 "$1")
    fi
}

# build_clean - copies what is needed to $dir/clean, and leaves objects and $dir/test-sim.
build_clean()
{
    mkdir "$dir/clean" "$dir/objects" "$dir/clean/tests"
    cp -R "$top/include" "$top/base" "$top/pool" "$dir/clean"
    mkdir "$dir/clean/tests/sim"
    cp "$here"/*.[ch] "$dir/clean/tests/sim"
    (
        cd "$dir/objects"
        for file in $core; do
            compile "$dir/clean" "pool/$file.c"
        done
        compile "$dir/clean" base/ends.c
        compile "$dir/clean" base/error.c
        for file in "$here"/*.c; do
            compile "$dir/clean" "tests/sim/$(basename "$file")"
        done
        # shellcheck disable=SC2086
        $cc ./*.o -o "$dir/test-sim"
    )
}

# build_mutant PATCH - leaves $dir/mutant-sim. The queue is compiled as a part of census.c.
build_mutant()
{
    rm -rf "$dir/mutant" "$dir/mutant-objects"
    cp -R "$dir/clean" "$dir/mutant"
    cp -R "$dir/objects" "$dir/mutant-objects"
    apply "$1" || return 1
    # shellcheck disable=SC2013
    for file in $(sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$1"); do
        case $file in
        pool/queue.c) file=tests/sim/census.c ;;
        pool/*.c | base/ends.c) ;;
        *)
            echo "mutants.sh: $1 changes $file, which is not of the core"
            return 1
            ;;
        esac
        (cd "$dir/mutant-objects" && compile "$dir/mutant" "$file") || return 1
    done
    # shellcheck disable=SC2086
    (cd "$dir/mutant-objects" && $cc ./*.o -o "$dir/mutant-sim")
}

# violation FILE - the line of a run's output that says what is wrong; empty if nothing is
violation()
{
    sed -n 's/^VIOLATION //p' "$1"
}

row()
{
    printf '%-28s %-10s %6s %10s %8s  %s\n' "$@"
}

# try NAME - one mutant; leaves 1 in $failed unless all is as it should be.
try()
{
    name=$1
    left=$((all - ($(now_ms) - start) / 1000))
    if [ "$left" -le 0 ]; then
        row "$name" 'NOT TRIED' - - - "the $all s for all mutants are over"
        failed=1
        return
    fi
    if ! build_mutant "$here/mutants/$name.patch" >"$dir/log" 2>&1; then
        row "$name" 'BROKEN' - - - 'the patch does not apply, or what it makes does not compile:'
        sed 's/^/    /' "$dir/log"
        failed=1
        return
    fi
    began=$(now_ms)
    "$dir/mutant-sim" --seed 1 --seconds "$((left < each ? left : each))" >"$dir/out" 2>&1 || :
    took=$(($(now_ms) - began))
    took=$(printf '%d.%03d' $((took / 1000)) $((took % 1000)))
    found=$(violation "$dir/out")
    if [ -z "$found" ]; then
        row "$name" 'NOT FOUND' - "$(sed -n 's/^schedules \([0-9]*\).*/\1/p' "$dir/out")" "$took" ''
        failed=1
        return
    fi
    seed=$(printf '%s\n' "$found" | sed -n 's/^seed \([0-9]*\).*/\1/p')
    row "$name" found "$seed" "$seed" "$took" "${found#*: }"
    "$dir/mutant-sim" --seed "$seed" --schedules 1 >"$dir/again" 2>&1 || :
    if [ "$(violation "$dir/again")" != "$found" ]; then
        echo "    seed $seed alone shows something else: $(violation "$dir/again")"
        failed=1
    fi
    if ! "$dir/test-sim" --seed "$seed" --schedules 1 >"$dir/again" 2>&1; then
        echo "    seed $seed shows something in the core as it is: $(violation "$dir/again")"
        failed=1
    fi
}

failed=0
start=$(now_ms)
build_clean
if [ $# -eq 0 ]; then
    for patch in "$here"/mutants/*.patch; do
        set -- "$@" "$(basename "$patch" .patch)"
    done
fi
row mutant '' seed schedules seconds 'what the oracle says'
for mutant; do
    try "$mutant"
done
printf '%d mutants, %d s\n' $# $((($(now_ms) - start) / 1000))
exit "$failed"
