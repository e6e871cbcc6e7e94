#!/bin/sh
# tests/cli/journal_kill.sh - a journal survives the death of who writes it, at any moment
#
#     sh journal_kill.sh MPOOL JOURNAL-DRIVER JOURNAL-KILL KILLS [SEED]
. "$(dirname -- "$0")/lib.sh"

driver=$(cd "$(dirname -- "$2")" && pwd)/$(basename -- "$2")
killer=$(cd "$(dirname -- "$3")" && pwd)/$(basename -- "$3")
kills=$4
seed=${5-}

what_was_durable_is_there_once_after_every_kill() {
    XDG_STATE_HOME=$PWD/state
    export XDG_STATE_HOME
    : >job.yaml
    # shellcheck disable=SC2086
    "$killer" "$driver" "$kills" $seed || {
        cat log
        return 1
    }
    exits 0 "$mpool" audit journal
    has out ' 0 violations'
}

try what_was_durable_is_there_once_after_every_kill
finish
