#!/bin/sh
# tests/cli/lib.sh - what the scripts of this folder have in common; to be read with `.`
#
# A script is called with the path of the mpool command. It defines a function for each case, named by the behaviour it
# shows, and calls `try NAME...`, then `finish`. A case runs in a process and an empty directory of its own, under
# `set -eu`: the first command that fails ends it. After each case nothing may be left of what it started: no process,
# and no file in the directory for temporary files.
LC_ALL=C
HOME=${HOME:-/}
export LC_ALL HOME
unset XDG_RUNTIME_DIR MPOOL_WORKERS MPOOL_FAULT NO_COLOR

here=$(cd "$(dirname -- "$0")" && pwd)
mpool=$(cd "$(dirname -- "$1")" && pwd)/$(basename -- "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/mpool-cli.XXXXXX")
failed=0
passed=0
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' INT TERM HUP PIPE

# The processes of a case: they have its tag in their environment.
left_processes() {
    grep -alzx "MPOOL_TEST_TAG=$1" /proc/[0-9]*/environ 2>/dev/null | while IFS=/ read -r _ _ pid _; do
        echo "left: process $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
    done 2>/dev/null
}

# Waits until a command succeeds; fails after ten seconds.
wait_until() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || {
            echo "waited for ten seconds: $*"
            return 1
        }
        sleep 0.05
    done
}

none_left() {
    [ -z "$(left_processes "$1")" ]
}

# Runs one case; prints PASS or FAIL with its name, and what it printed if it failed.
run_case() {
    case_name=$1
    tag=$case_name.$$
    mkdir "$work/$case_name" "$work/$case_name/here" "$work/$case_name/tmp"
    (
        set -eu
        cd "$work/$case_name/here"
        TMPDIR=$work/$case_name/tmp
        XDG_STATE_HOME=$work/$case_name/state
        MPOOL_TEST_TAG=$tag
        export TMPDIR XDG_STATE_HOME MPOOL_TEST_TAG
        "$case_name"
    ) >"$work/$case_name/log" 2>&1 </dev/null
    code=$?
    wait_until none_left "$tag" >>"$work/$case_name/log" 2>&1 || {
        left_processes "$tag" >>"$work/$case_name/log"
        code=1
    }
    if [ -n "$(ls -A "$work/$case_name/tmp")" ]; then
        echo "left in TMPDIR: $(ls -A "$work/$case_name/tmp")" >>"$work/$case_name/log"
        code=1
    fi
    if [ "$code" -eq 0 ]; then
        passed=$((passed + 1))
        echo "PASS $case_name"
    else
        failed=$((failed + 1))
        echo "FAIL $case_name"
        tail -n 50 "$work/$case_name/log" | sed 's/^/     /'
    fi
    rm -rf -- "${work:?}/$case_name"
}

try() {
    for name in "$@"; do
        run_case "$name"
    done
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

# exits CODE COMMAND... - the command exits with CODE; its output goes to ./out and ./err
exits() {
    expected=$1
    shift
    code=0
    "$@" >out 2>err || code=$?
    [ "$code" -eq "$expected" ] || {
        echo "exit $code, and not $expected: $*"
        cat err
        return 1
    }
}

# is FOUND EXPECTED
is() {
    [ "$1" = "$2" ] || {
        echo "found:    $1"
        echo "expected: $2"
        return 1
    }
}

# has FILE TEXT - the file has a line with this text in it
has() {
    grep -qF -e "$2" -- "$1" || {
        echo "no \"$2\" in $1:"
        cat -- "$1"
        return 1
    }
}

has_not() {
    ! grep -qF -e "$2" -- "$1" || {
        echo "there is \"$2\" in $1:"
        cat -- "$1"
        return 1
    }
}

# json FILE NAME - the number, or the text in quotes, that a JSON object has for a name
json() {
    sed -n "s/.*\"$2\":\([^,{}]*\)[,}].*/\1/p" "$1"
}

# counts SOURCE - how many jobs `mpool check` counts for a source, written as in a job file
counts() {
    printf 'mpool: 1\nsteps:\n  a:\n    each: %s\n    call: echo\n' "$1" >counts.yaml
    "$mpool" check counts.yaml | sed -n 's/^a  \([0-9,]*\) jobs*$/\1/p' | tr -d ,
}
