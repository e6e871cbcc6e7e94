#!/bin/sh
# tests/cli/secrets.sh - values of variables that are never written down
#
#     sh secrets.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# job STEP - a job file whose variable `key` is a secret, from the environment
job() {
    cat >job.yaml <<YAML
mpool: 1
vars: {key: {value: "{env.CANARY}", secret: true}}
steps:
  a: {$1}
YAML
}

# nowhere NAME... - in these files, and in all that mpool keeps, the secret is not
nowhere() {
    if grep -rF "$CANARY" "$@" "$XDG_STATE_HOME"; then
        echo 'the secret is there'
        return 1
    fi
}

export CANARY="it's a \"canary\"\\"

a_program_gets_it_and_nothing_is_written() {
    job 'each: {items: [x]}, argv: [sh, -c, "echo $1 >got; echo $1 >&2; exit 7", "{vars.key}", "{vars.key}"]'
    exits 1 "$mpool" run -q --output lines --joblog log
    is "$(cat got)" "$CANARY"
    has lines '{vars.key}'
    has log '{vars.key}'
    exits 0 "$mpool" status
    exits 0 "$mpool" log 1
    has out 'sh exited with 7: {vars.key}'
    nowhere lines log out
}

a_failure_and_a_dry_run_show_its_name() {
    job 'each: {items: ["{vars.key}"]}, argv: [sh, -c, "exit 7", sh, "{item}{vars.key}"], show: none'
    sed -i 's/items: .*"\]}/lines: names}/' job.yaml
    printf '%s\n' "$CANARY" >names
    exits 1 "$mpool" run
    has err 'a: {vars.key}: failed'
    has err "again: sh -c 'exit 7' sh '{vars.key}{vars.key}'"
    nowhere err
    exits 0 "$mpool" run --dry-run
    is "$(cat out)" "sh -c 'exit 7' sh '{vars.key}{vars.key}'"
}

the_file_of_how_a_program_ended_shows_its_name() {
    job 'argv: ["true", "{vars.key}"], capture: {exit: end}'
    exits 0 "$mpool" run -q
    has end '{"argv":["true","{vars.key}"],"exit":0,'
    nowhere end
}

in_json_a_number_with_it_inside_is_a_string() {
    CANARY=12345
    job 'each: {items: ["{vars.key}", 312345, {k: [123456, true, "\nx{vars.key}"]}]}, call: echo, args: 1'
    exits 0 "$mpool" run -q --output lines
    has lines '"item":"{vars.key}","status":"done"'
    has lines '"item":"3{vars.key}","status":"done"'
    has lines '"item":{"k":["{vars.key}6",true,"\nx{vars.key}"]},"status":"done"'
    nowhere lines
}

in_json_only_values_have_it_hidden() {
    for CANARY in exit nothing '"ab"'; do
        job 'each: {items: ["\nothing", ab]}, argv: ["true", "{vars.key}", "{item}"], capture: {exit: "end.%"}'
        sed -i 's/%/{index}/' job.yaml
        exits 0 "$mpool" run -q --output lines
        has lines '"item":"\nothing","status":"done"'
        has lines '"item":"ab","status":"done"'
        has end.0 '{"argv":["true","{vars.key}","\nothing"],"exit":0,'
        has end.1 '{"argv":["true","{vars.key}","ab"],"exit":0,'
    done
}

a_command_shows_its_name_in_whatever_quotes_it_is() {
    CANARY="pa\"ss'w\\o{item}rd"
    job 'call: fail, args: "m {vars.key}"'
    again="printf %s '{mpool: 1, steps: {a: {call: fail, args: \"m {vars.key}\"}}}' | mpool run -"
    exits 1 "$mpool" run --joblog log
    has err "again: $again"
    has log "$again"
    exits 0 "$mpool" run --dry-run
    is "$(cat out)" "$again"
    job 'call: echo, args: {k: "{vars.key}", l: [312345, "{{item}}"]}'
    exits 0 env CANARY=12345 "$mpool" run --dry-run
    has out 'args: {"k":"{vars.key}","l":["3{vars.key}","{{item}}"]}}}}'
    job 'argv: ["true", "{vars.key}", "a{vars.key}"]'
    exits 0 env CANARY=hunter22 "$mpool" run --dry-run
    is "$(cat out)" "true '{vars.key}' 'a{vars.key}'"
}

an_item_that_makes_no_job_shows_its_name() {
    job 'each: {jsonl: items}, call: echo, args: 1'
    echo '"hunter22' >items
    exits 1 env CANARY=hunter22 "$mpool" run --dry-run
    is "$(cat err)" "mpool: a: \"{vars.key}: items:1:9: premature end of input near '\"{vars.key}'"
    exits 1 env CANARY=hunter22 "$mpool" check
    has err "mpool: a: \"{vars.key}: items:1:9: premature end of input near '\"{vars.key}'"
}

of_a_name_that_is_cut_none_of_it_is_seen() {
    job 'each: {lines: names}, call: fail, args: 1'
    printf '%0498d%s\n' 0 "$CANARY" >names
    exits 1 "$mpool" run
    has err '0000{v…: failed'
}

tags_show_its_name() {
    for show in grouped lines; do
        job "each: {items: ['x{vars.key}y']}, argv: [echo, z], tag: true, show: $show"
        exits 0 env CANARY=hunter22 "$mpool" run -q
        is "$(cat out)" 'x{vars.key}y	z'
    done
}

totals_show_its_name_also_when_resumed() {
    job 'each: {items: [a, "x{vars.key}y"]}, argv: [echo, "1"], result: json,
      totals: {groups: {sum: "{result}", by: "{item}"}, jobs: {max: "{result}", top: 2, show: "{item}"}}'
    sum='"groups":{"a":1,"x{vars.key}y":1},"jobs":[{"value":1,"show":"a"},{"value":1,"show":"x{vars.key}y"}]'
    export CANARY=hunter22
    exits 0 "$mpool" run --json --journal journal
    has out "$sum"
    has err '    x{vars.key}y  1'
    has err '    1  x{vars.key}y'
    nowhere journal out err
    exits 0 "$mpool" run --json --journal journal --resume
    has out '"resumed":2'
    has out "$sum"
    nowhere journal out err
}

set_on_the_command_line_it_is_no_part_of_the_record() {
    job 'argv: ["true"]'
    sed -i 's/{value.*true}}/{secret: true}}/; s/key:/lock:/' job.yaml
    exits 2 "$mpool" run
    has err 'the variable "lock" has no value: give it `value`, or --set lock=...'
    exits 0 "$mpool" run -q --set "lock=$CANARY"
    nowhere job.yaml
    exits 2 "$mpool" run -q --set lock=abc
    has err 'a secret has at least 4 bytes'
}

of_two_that_begin_alike_each_is_hidden_whole() {
    for names in 'key longer' 'longer key'; do
        # shellcheck disable=SC2086
        set -- $names
        printf '%s\n' 'mpool: 1' "vars: {$1: {secret: true}, $2: {secret: true}}" \
            'steps: {a: {each: {items: ["{vars.key}", "{vars.longer}"]}, call: fail}}' >job.yaml
        exits 1 "$mpool" run --set "key=$CANARY" --set "longer=${CANARY}tail"
        has err 'a: {vars.key}: '
        has err 'a: {vars.longer}: '
    done
}

a_variable_can_have_its_value_in_a_map_and_be_none() {
    job 'argv: [echo, "{vars.key}"]'
    sed -i 's/^vars.*/vars: {key: {value: 1.10}}/' job.yaml
    exits 0 "$mpool" run -q
    is "$(cat out)" 1.10
    exits 0 "$mpool" run -q --set key=x
    is "$(cat out)" x
}

try a_program_gets_it_and_nothing_is_written a_failure_and_a_dry_run_show_its_name \
    the_file_of_how_a_program_ended_shows_its_name in_json_a_number_with_it_inside_is_a_string \
    in_json_only_values_have_it_hidden a_command_shows_its_name_in_whatever_quotes_it_is \
    an_item_that_makes_no_job_shows_its_name of_a_name_that_is_cut_none_of_it_is_seen \
    tags_show_its_name totals_show_its_name_also_when_resumed set_on_the_command_line_it_is_no_part_of_the_record \
    of_two_that_begin_alike_each_is_hidden_whole a_variable_can_have_its_value_in_a_map_and_be_none
finish
