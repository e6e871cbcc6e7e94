#!/bin/sh
# tests/cli/usage.sh - what the command says of wrong command lines
#
#     sh usage.sh MPOOL            compare with usage.expected
#     sh usage.sh MPOOL --accept   write usage.expected anew; look at the difference before it is committed
#
# usage.expected is a list of command lines, each behind a "$ " and followed by what is said and the exit code. Who adds
# a line adds it there, and accepts what is said. Nothing may be printed to standard output, and nothing is run.
. "$(dirname -- "$0")/lib.sh"

# Runs each line as a shell would; `mpool` is the command.
transcript() {
    echo '{mpool: 1, vars: {root: /}, steps: {a: {call: echo}}}' >job.yaml
    echo '{mpool: 1, steps: {a: {call: echo}}}' >none.yaml # it has no variables
    mpool() { "$mpool" "$@"; }
    sed -n 's/^\$ //p' "$here/usage.expected" | while read -r line; do
        code=0
        (eval "$line") >out 2>err </dev/null || code=$?
        echo "\$ $line"
        sed 's/^/stdout: /' out
        cat err
        echo "exit $code"
    done
}

each_wrong_command_line_has_its_message() {
    transcript >"$work/transcript"
    [ "${accept:-}" != yes ] || cp "$work/transcript" "$here/usage.expected"
    diff "$here/usage.expected" "$work/transcript"
    is "$(wc -l <job.yaml)" 1 # --output has not written to it
    is "$(grep -c '^stdout: ' "$work/transcript")" 0
    is "$(grep '^exit ' "$work/transcript" | sort -u)" 'exit 2'
}

# The options of a command that take a value, or take none.
options_with_a_value() {
    "$mpool" "$1" --help | grep -oE -e '--[a-z-]+=' | tr -d = | sort -u
}

options_without_a_value() {
    "$mpool" "$1" --help | grep -oE -e '^ +(-., )?--[a-z-]+( |$)' | grep -oE -e '--[a-z-]+' | sort -u
}

every_command_refuses_what_it_does_not_know() {
    commands=$("$mpool" help | sed -n 's/^  mpool \([a-z]*\) .*/\1/p')
    for command in $commands; do
        exits 2 "$mpool" "$command" --no-such-option
        has err "mpool $command: unrecognized option '--no-such-option'"
        has err "Try \`mpool $command --help'"
        [ ! -s out ]
        exits 2 "$mpool" "$command" -Y
        has err "invalid option -- 'Y'"
        for option in $(options_with_a_value "$command"); do
            exits 2 "$mpool" "$command" "$option"
            has err "option '$option' requires an argument"
            echo "$command $option" >>values
        done
        for option in $(options_without_a_value "$command"); do
            exits 2 "$mpool" "$command" "$option=x"
            has err "option '$option' doesn't allow an argument"
        done
    done
    has values 'exec --timeout'
    has values 'run --only'
    has values 'check --set'
}

[ "${2-}" != --accept ] || accept=yes
try each_wrong_command_line_has_its_message every_command_refuses_what_it_does_not_know
finish
