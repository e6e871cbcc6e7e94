#!/bin/sh
# tests/cli/items.sh - items with fields
#
#     sh items.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# job EACH ARGS - a job file with a step `a` that gives its arguments back
job() {
    printf 'mpool: 1\nsteps:\n  a:\n    each: %s\n    call: echo\n' "$1" >job.yaml
    [ -z "${2:-}" ] || printf '    args: %s\n' "$2" >>job.yaml
}

# results - those of the last run in the order of the items, with commas between
results() {
    awk '{ i = $0; sub(/.*"index":/, "", i); sub(/,.*/, "", i)
           r = $0; sub(/.*"result":/, "", r); sub(/,"error":.*/, "", r); print i "\t" r }' lines |
        sort -n | cut -f 2 | paste -s -d ,
}

# gives EXPECTED - run, and look at the results
gives() {
    exits 0 "$mpool" run --output lines
    is "$(results)" "$1"
}

a_line_of_jsonl_is_any_value() {
    cat >values.jsonl <<'JSON'
{"name": "a", "size": 18014398509481985, "tags": ["x", {"y": null}]}

[1, 2.50, true]
"text \u0000 \u00e9"
-9223372036854775808
null
JSON
    printf '{}' >>values.jsonl
    job '{jsonl: values.jsonl}'
    gives '{"name":"a","size":18014398509481985,"tags":["x",{"y":null}]},[1,2.5,true],"text \u0000 é",-9223372036854775808,null,{}'
    has lines '"item":[1,2.5,true],"status":"done"'
    is "$(counts '{jsonl: values.jsonl}')" 6
}

fields_of_jsonl_are_found_where_they_are() {
    printf '{"a": {"b": [1, "x"], "c": 1.5}, "p": "d/e.gz"}\r\n' >values.jsonl
    job '{jsonl: values.jsonl}' '["{item.a.b}", "{item.a.c}", "{item.a.c} {item.p}", "{item}"]'
    gives '[[1,"x"],1.5,"1.5 d/e.gz",{"a":{"b":[1,"x"],"c":1.5},"p":"d/e.gz"}]'
    printf '"d/e.tar.gz"\n"f"\n' >values.jsonl
    job '{jsonl: values.jsonl}' '"{dir} {stem} {ext} {path}"'
    gives '"d e.tar gz d/e.tar.gz",". f  f"'
}

a_line_that_is_no_value_or_has_not_the_field_is_a_failed_job() {
    cat >values.jsonl <<'JSON'
{"a": 1}
{"a": 1
{"b": 1}
{"a": [1]}
18446744073709551616
{"a": 1, "a": 2}
7
{"a": 2}
JSON
    job '{jsonl: values.jsonl}' '"{item.a}!"'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed)" '2 6'
    has err 'a: {"a": 1: values.jsonl:2:'
    has err 'a: {"b":1}: values.jsonl:3: {item.a}: the item has no field "a"'
    has err 'a: {"a":[1]}: values.jsonl:4: {item.a}: a list or a map has no text'
    has err 'a: 18446744073709551616: values.jsonl:5:'
    has err 'a: {"a": 1, "a": 2}: values.jsonl:6:'
    has err 'a: 7: values.jsonl:7: {item.a}: the item has no field "a"'
    has lines '"index":2,"item":{"b":1},"status":"failed","result":null,"error":"values.jsonl:3: {item.a}: the item has no field \"a\"","attempts":0,'
    job '{jsonl: values.jsonl}' '"{stem}"'
    exits 1 "$mpool" run
    has err 'values.jsonl:7: a template names a part of a path, and the item is no text'
}

# nested LEVELS - lists within lists
nested() {
    awk -v levels="$1" 'BEGIN { for (i = 0; i < levels; i++) printf "["; for (i = 0; i < levels; i++) printf "]"; print "" }'
}

what_is_nested_too_deep_for_a_job_fails_only_this_job() {
    { nested 1; nested 29; nested 30; nested 31; nested 100; nested 3000; nested 1; } >values.jsonl
    job '{jsonl: values.jsonl}'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out failed)" '4 3'
    has err 'values.jsonl:4:1: nested deeper than 30 levels, the most that a job takes'
    has err 'values.jsonl:6:'
    job '{jsonl: values.jsonl}' '["{item}"]'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out failed)" '3 4'
    has err 'values.jsonl:3: nested deeper than 30 levels, the most that a job takes'
}

try a_line_of_jsonl_is_any_value fields_of_jsonl_are_found_where_they_are \
    a_line_that_is_no_value_or_has_not_the_field_is_a_failed_job what_is_nested_too_deep_for_a_job_fails_only_this_job
finish
