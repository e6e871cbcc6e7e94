#!/bin/sh
# tests/cli/kills.sh - a run is killed again and again, and goes on each time
#
# MPOOL_KILLS says how often; a run has 20 jobs for each kill. When one has come to its end before, another one is begun.
# Each job appends to a file of its own. At the end it is said what the kills hit.
. "$(dirname -- "$0")/lib.sh"

kills=${MPOOL_KILLS:-15}
jobs=$((kills * 20))

# A grep in a pipe here would have the case's tag, and find itself.
no_workers() {
    case $(left_processes "$MPOOL_TEST_TAG") in *'mpool run'*) return 1 ;; esac
}

# A random number below another one.
random() {
    echo $(($(od -An -N2 -tu2 /dev/urandom) % $1))
}

# The jobs that --output has as done, each with the bytes that it has written.
done_jobs() {
    sed -n 's/.*"item":\([0-9]*\),"status":"done".*/\1/p' lines | sort >done
    find ran -type f -printf '%f %s\n' | sort | join - done
}

# A job that was recorded as done has not run again, and is still recorded.
look_at_jobs() {
    done_jobs >now
    comm -23 recorded now >lost
    [ ! -s lost ] || {
        echo "jobs that were done, and have run again or are lost, with their sizes then: $(head -n 5 lost)"
        grep -F "$(cut -d ' ' -f 1 lost | head -n 1)" now | head -n 3
        return 1
    }
    mv now recorded
}

begin_run() {
    rm -rf ran lines recorded "$XDG_STATE_HOME"
    mkdir ran
    : >lines
    : >recorded
}

# Everything was done once, as far as it is told, and the totals are right.
end_run() {
    exits 0 "$mpool" run --json --resume --output lines
    is "$(json out done) $(json out total) $(json out n)" "$jobs $jobs $jobs"
    look_at_jobs
    is "$(wc -l <lines) $(sed 's/.*"item":\([0-9]*\),.*/\1/' lines | sort -u | wc -l) $(wc -l <recorded)" "$jobs $jobs $jobs"
    exits 0 "$mpool" audit "$(find "$XDG_STATE_HOME" -name '*.journal')"
    runs=$((runs + 1))
}

what_was_recorded_survives_kills() {
    printf 'mpool: 1\nsteps:\n  a: {each: {range: 1..%d}, %s, totals: {n: count}}\n' "$jobs" \
        'shell: "echo >>ran/$1; sleep 0.01"' >job.yaml
    begin_run
    runs=0 killed=0 in_start=0 among_jobs=0 too_late=0
    while [ "$killed" -lt "$kills" ]; do
        before=$(wc -l <lines)
        "$mpool" run -q --resume --output lines 2>err &
        pid=$!
        sleep "0.$(printf %03d $((10 + $(random 440))))"
        kill -KILL $pid 2>/dev/null || :
        code=0
        wait $pid 2>/dev/null || code=$?
        wait_until no_workers
        look_at_jobs
        if [ "$code" -ne 137 ]; then
            too_late=$((too_late + 1))
            end_run
            begin_run
            continue
        fi
        killed=$((killed + 1))
        if [ "$(wc -l <lines)" -gt "$before" ]; then
            among_jobs=$((among_jobs + 1))
        else
            in_start=$((in_start + 1))
        fi
    done
    end_run
    echo "$killed kills of $runs runs: $among_jobs after jobs were recorded, $in_start before; $too_late came too late" >&3
}

exec 3>&1
try what_was_recorded_survives_kills
finish
