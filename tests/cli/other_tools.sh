#!/bin/sh
# tests/cli/other_tools.sh - `mpool exec` in the tests that GNU parallel publishes for other tools
#
#     sh other_tools.sh MPOOL
#
# The cases are in other_tools_cases.sh. Output is exact, or there is an error and an exit code: it is never lost in
# silence. Files of 120 MB are the largest that are made.
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=/dev/null
. "$here/other_tools_cases.sh"

# shows WHAT CASE... - this is what mpool does in the case; ./seen keeps it for the comparison with the page
shows() {
    wanted=$1
    shift
    use mpool
    seen=$("$@")
    printf '%s|%s\n' "$*" "$seen" >>"$work/seen"
    is "$seen" "$wanted"
}

outputs_of_long_lines_are_not_mixed() {
    shows right long_lines_of_several_jobs
}

outputs_in_short_pieces_are_not_mixed() {
    shows right short_pieces_of_several_jobs
}

standard_error_is_not_merged_with_standard_output() {
    shows right both_streams_of_a_job
}

outputs_may_be_larger_than_memory() {
    # A sanitizer takes more memory for itself than the limit is.
    [ -n "${MPOOL_INSTRUMENTED:-}" ] || shows right outputs_larger_than_memory
}

output_that_a_full_disk_cannot_keep_is_told() {
    shows 'lost, and told: exit 1' outputs_larger_than_the_disk
    grep -q 'a: failed after 1 attempt: its output could not be kept: \(No space left on device\|File too large\)' err
}

output_that_was_lost_while_the_disk_was_full_is_told() {
    can_mount || {
        echo 'skipped: nothing can be mounted here'
        return
    }
    shows 'lost, and told: exit 1' outputs_while_the_disk_was_full 0
    has err 'a: failed after 1 attempt: its output could not be kept: No space left on device'
    shows 'lost, and told: exit 1' outputs_while_the_disk_was_full 3
}

# It has failed in any case, and what it said of that may be what was lost.
a_program_that_fails_on_a_full_disk_is_told_to_have_lost_output() {
    program job <<'JOB'
head -c 12000000 /dev/zero
echo why >&2
exit 3
JOB
    use mpool
    can_mount || {
        echo 'skipped: nothing can be mounted here'
        return
    }
    echo a | exits 1 on_a_small_disk ./each 1 ./job
    has err './job exited with 3: why; its output could not be kept: No space left on device'
}

a_full_disk_that_output_goes_to_is_told() {
    shows 'lost, and told: exit 3' outputs_to_a_full_disk
    has err 'standard output: No space left on device'
}

a_killed_run_leaves_no_file_and_no_program() {
    shows right killed_tool
}

names_of_any_kind_are_arguments() {
    shows right special_characters
    shows right names_that_end_with_a_nul
}

commands_are_composed_by_a_shell_that_is_asked_for() {
    shows 'no shell is between; right with sh' composed_commands
    exits 2 ./each 1 'echo foo; echo {}'
    has err "a shell runs it by: mpool exec -- sh -c 'echo foo; echo {}' sh"
}

an_item_can_be_in_several_places() {
    shows right an_item_in_several_places
}

an_item_is_as_long_as_an_argument_may_be() {
    shows right an_item_of_131000_bytes
}

an_item_that_is_too_long_is_told_and_the_next_one_is_run() {
    shows 'lost, and told: exit 1' a_line_of_100_MB
    has err 'the line is longer than 8 MiB'
    is "$(cat out)" behind
    shows 'lost, and told: exit 1' a_short_part_of_a_line_of_100_MB
}

a_line_of_output_can_be_of_any_length() {
    shows right a_long_line_of_output
}

# Its second column is what the cases above have seen.
the_page_says_what_mpool_does() {
    page=$here/../../docs/other-tools.md
    cases | while IFS='|' read -r title case; do
        seen=$(sed -n "s/^$case|//p" "$work/seen")
        [ -n "$seen" ] || continue # it was skipped
        has "$page" "| $title | $seen |"
        echo x >>rows
    done
    [ "$(wc -l <rows)" -ge 10 ]
    # Besides, only the head of the table.
    is "$(grep -c '^| .* |$' "$page")" "$(($(cases | wc -l) + 1))"
}

try outputs_of_long_lines_are_not_mixed outputs_in_short_pieces_are_not_mixed \
    standard_error_is_not_merged_with_standard_output outputs_may_be_larger_than_memory \
    output_that_a_full_disk_cannot_keep_is_told output_that_was_lost_while_the_disk_was_full_is_told \
    a_program_that_fails_on_a_full_disk_is_told_to_have_lost_output a_full_disk_that_output_goes_to_is_told \
    a_killed_run_leaves_no_file_and_no_program names_of_any_kind_are_arguments \
    commands_are_composed_by_a_shell_that_is_asked_for an_item_can_be_in_several_places \
    an_item_is_as_long_as_an_argument_may_be an_item_that_is_too_long_is_told_and_the_next_one_is_run \
    a_line_of_output_can_be_of_any_length the_page_says_what_mpool_does
finish
