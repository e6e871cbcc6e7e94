#!/bin/sh
# tests/cli/screens.sh - whole screens of a terminal, as people see them
#
#     sh screens.sh MPOOL
#
# tmux is the terminal: its screens, with numbers that differ from run to run made the same, are those of ./screens.
# With MPOOL_ACCEPT=1 these are written anew; then read the difference. Nothing waits for a time, only for a text on
# the screen or a file, and jobs go on when a file lets them.
. "$(dirname -- "$0")/lib.sh"

command -v tmux >/dev/null 2>&1 || {
    echo "skipped: there is no tmux"
    exit 77
}

socket=mpool-screens-$$
terminal() {
    env -u TMUX TMUX_TMPDIR="$work" tmux -L "$socket" -f /dev/null "$@"
}
# opens COLUMNS ROWS - a terminal with a shell in it that runs what is typed
opens() {
    trap 'terminal kill-server 2>/dev/null || :' EXIT
    terminal new-session -d -x "$1" -y "$2" "env PS1='\$ ' PATH='$(dirname "$mpool"):$PATH' sh -i"
    waits '^\$$'
}

closes() {
    terminal kill-server
    wait_until gone
}

gone() {
    ! terminal has-session 2>/dev/null
}

types() {
    terminal send-keys -l "$1"
    terminal send-keys Enter
}

# waits PATTERN - until there is a line like this on the screen
waits() {
    wait_until shows "$1" || {
        terminal capture-pane -p
        return 1
    }
}

shows() {
    terminal capture-pane -p | grep -q -e "$1"
}

# The screen, without what differs from run to run: rates, times, and the blanks that these take in tables.
screen() {
    terminal capture-pane -p | sed -e 's/ *$//' -e 's/[0-9][0-9.,]*\/s/R\/s/' -e 's/ETA [0-9:]*/ETA T/' \
        -e 's/longest [0-9:.]* s/longest T/' -e 's/^[0-9]$/R/' \
        -e 's/^\(exec .*[^ ]\)  *[0-9]*[.][0-9][0-9]\(  *[0-9,]*\)*$/\1  S/' |
        awk 'NF > 0 { for (; blank > 0; blank--) print ""; print; next } { blank++ }'
}

# looks NAME - the screen is that of ./screens/NAME.txt
looks() {
    screen >"$1.txt"
    if [ -n "${MPOOL_ACCEPT:-}" ]; then
        cp "$1.txt" "$here/screens/$1.txt"
    fi
    diff -u "$here/screens/$1.txt" "$1.txt"
}

# The jobs of a run: a wait until the file go-ITEM is there, and b fails.
jobs_that_wait() {
    cat >job <<'END'
until [ -e "go-$1" ]; do sleep 0.05; done
echo "this is $1"
[ "$1" != b ] || { echo "no such thing: $1" >&2; exit 3; }
END
    chmod +x job
    types 'mpool exec -j1 --no-journal -- sh job ::: a b c d'
}

a_run_on_a_wide_terminal() {
    opens 120 30
    jobs_that_wait
    touch go-a
    waits 'exec  1 of 4 done'
    waits 'this is a'
    looks wide-running
    touch go-b
    waits '1 failed'
    looks wide-failure
    touch go-c
    waits 'this is c'
    touch go-d
    waits 'again: sh job b'
    waits '^\$$'
    looks wide-summary
    closes
}

a_run_on_a_narrow_terminal() {
    opens 40 10
    jobs_that_wait
    touch go-a
    waits 'this is a'
    touch go-b
    waits '1 failed'
    looks narrow-failure
    for item in c d; do
        touch go-$item
        waits "this is $item"
    done
    waits 'again: sh job b'
    waits '^\$$'
    looks narrow-summary
    closes
}

control_c_on_a_terminal() {
    opens 120 30
    jobs_that_wait
    touch go-a
    waits 'exec  1 of 4 done'
    terminal send-keys C-c
    waits '\^C again stops it'
    waits '2 cancelled'
    looks wide-interrupted
    touch go-b
    waits '^\$$'
    looks wide-interrupted-summary
    closes
}

# A terminal that becomes narrower breaks the line in two; nothing of that may stay.
a_terminal_that_becomes_narrower() {
    opens 120 30
    jobs_that_wait
    touch go-a
    waits 'exec  1 of 4 done .*/s'
    terminal resize-window -x 30 -y 10
    waits '^exec  1 of 4 done  ETA [0-9:]*$'
    is "$(terminal capture-pane -p | grep -c 'of 4\|/s')" 1
    touch go-b go-c go-d
    waits 'again: sh job b'
    closes
}

try a_run_on_a_wide_terminal a_run_on_a_narrow_terminal control_c_on_a_terminal a_terminal_that_becomes_narrower
finish
