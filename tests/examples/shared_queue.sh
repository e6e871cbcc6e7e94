#!/bin/sh
# tests/examples/shared_queue.sh PROGRAM - one server, two clients: what they put is what it prints
set -eu

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$1" "$directory/queue" >"$directory/out" &
"$1" "$directory/queue" one two
"$1" "$directory/queue" three end
wait "$!"
printf 'one\ntwo\nthree\n' | cmp - "$directory/out"
test ! -e "$directory/queue"
