#!/bin/sh
# tests/cli/items.sh - items with fields, several sources together, and several items to a job
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

a_row_of_a_csv_has_the_fields_of_its_header() {
    printf 'name,size,note\r\nAda,007,"a ""b"", c"\r\n"new\nline",1.10,\r\n' >people.csv
    job '{csv: people.csv}'
    gives '{"name":"Ada","size":"007","note":"a \"b\", c"},{"name":"new\nline","size":"1.10","note":""}'
    has lines '"item":{"name":"Ada","size":"007","note":"a \"b\", c"},"status":"done"'
    job '{csv: people.csv}' '["{item.size}", "{item.name}: {item.note}", "{index}"]'
    gives '["007","Ada: a \"b\", c",0],["1.10","new\nline: ",1]'
    is "$(counts '{csv: people.csv}')" 2
}

a_csv_can_have_another_delimiter_and_its_names_in_the_job_file() {
    printf 'a\tb,c\n\nd\te\n' >table
    job '{csv: table, delimiter: tab, header: [x, y]}' '"{item.y}/{item.x}"'
    gives '"b,c/a","e/d"'
    printf '\357\273\277k;v\n1;2\n' >table
    job '{csv: table, delimiter: ;}'
    gives '{"k":"1","v":"2"}'
}

a_row_that_is_wrong_is_a_failed_job_and_the_others_are_done() {
    printf 'a,b\n1,2\n3\n4,5"6\n"7"8,9\n10,11,12\n\n13,14\n"15,16\n' >rows.csv
    job '{csv: rows.csv}' '"{item.b}"'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed)" '2 5'
    has err 'a: 3: rows.csv:3:1: the row has 1 field, and the header 2'
    has err 'rows.csv:4:4: a field with a quote in it is put in quotes, and the quote doubled'
    has err 'rows.csv:5:4: there is text behind the closing quote; within a field a quote is doubled'
    has err 'a: 10,11,12: rows.csv:6:1: the row has 3 fields, and the header 2'
    has err 'rows.csv:9:1: the quote that opens here is not closed'
    has lines '"item":"3","status":"failed","result":null,"error":"rows.csv:3:1: the row has 1 field, and the header 2",'
    exits 1 "$mpool" check
    is "$(cat out)" 'a  7 jobs'
}

the_fields_of_a_csv_are_looked_for_before_any_job_runs() {
    printf 'name,size\na,1\n' >people.csv
    job '{csv: people.csv}' '"{item.nmae}"'
    exits 2 "$mpool" run
    has err 'job.yaml:6:12: error: {item.nmae}: the items have no field "nmae"; did you mean "name"?'
    job '{csv: people.csv}' '"{stem}"'
    exits 2 "$mpool" run
    has err '{stem}: the items are maps, which are no paths; name a field, as {item.name}'
    job '{csv: people.csv}' '"x{item}"'
    exits 2 "$mpool" run
    has err '{item}: the items are maps, which have no text; name a field, as {item.name}'
    job '{csv: people.csv}' '"{item.name.first}"'
    exits 2 "$mpool" run
    has err '{item.name.first}: the values of name are text, without fields'
}

# A FIFO is opened when its step begins, and the job file was checked before.
a_header_that_changes_after_the_check_is_a_fault() {
    printf 'name,size\na,1\n' >people.csv
    mkfifo fifo
    printf 'mpool: 1\nsteps: {first: {each: {lines: fifo}, call: echo}, a: {each: {csv: people.csv}, call: echo}}\n' >job.yaml
    "$mpool" run --json >out 2>err &
    mpool_pid=$!
    exec 3>fifo
    printf 'size,name\n1,a\n' >people.csv
    exec 3>&-
    code=0
    wait "$mpool_pid" || code=$?
    is "$code $(json out total)" '1 1'
    has err 'a: size,name: people.csv:1:1: the header is another one than when the job file was checked'
}

a_csv_can_come_through_a_pipe() {
    job '{csv: "-"}' '"{item.name}"'
    exits 0 "$mpool" check
    is "$(cat out)" 'a  as many jobs as rows from standard input'
    printf 'name,size\na,1\n"b\n",2\n' | { exits 0 "$mpool" run --output lines; }
    is "$(results)" '"a","b\n"'
    job '{csv: "-"}' '"{item.nmae}"'
    printf 'name,size\na,1\n' | { exits 1 "$mpool" run; }
    has err 'a: {"name":"a","size":"1"}: standard input:2: {item.nmae}: the item has no field "nmae"'
    printf 'name,name\na,1\n' | { exits 1 "$mpool" run --json; }
    has err 'standard input:1:1: two columns have the name "name"; every one needs its own'
    is "$(json out total)" 1
    exits 1 "$mpool" run --json </dev/null
    has err 'standard input:1:1: there is no header line'
}

# A writer that stops within a row, and goes on when somebody has seen that the row before is done.
a_row_is_waited_for_until_it_is_whole() {
    mkfifo fifo
    job '{csv: fifo}' '"{item.a}"'
    "$mpool" run --output lines 2>err &
    mpool_pid=$!
    exec 3>fifo
    printf 'a,b\n1,2\n"3' >&3
    wait_until grep -q '"result":"1"' lines
    printf '\n3",4\n' >&3
    wait_until grep -q '"result":"3.n3"' lines
    exec 3>&-
    wait "$mpool_pid"
    is "$(results)" '"1","3\n3"'
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

a_product_has_every_combination_in_order() {
    job '{product: {a: {items: [1.10, x]}, b: {range: 1..3}}}' '"{item.a}{item.b}"'
    gives '"1.101","1.102","1.103","x1","x2","x3"'
    job '{product: {a: {items: [1.10]}, b: {range: 1..2}}}'
    gives '{"a":1.1,"b":1},{"a":1.1,"b":2}'
    has lines '"item":{"a":1.1,"b":2},"status":"done"'
    printf 'k,v\n1,2\n3,4\n' >rows.csv
    printf 'l\nm' >lines.txt
    job '{product: {c: {csv: rows.csv}, l: {lines: lines.txt}, p: {product: {q: {range: 1..2}}}}}' \
        '"{item.c.v}{item.l}{item.p.q}"'
    gives '"2l1","2l2","2m1","2m2","4l1","4l2","4m1","4m2"'
    is "$(counts '{product: {a: {range: 1..3}, b: {items: []}, c: {range: 1..9}}}')" 0
    is "$(counts '{product: {a: {range: 1..4000000000}, b: {range: 1..4000000000}}}')" 16000000000000000000
    is "$(counts '{product: {a: {lines: lines.txt}, b: {range: 1..9}}}')" 18
    is "$(counts '{product: {a: {range: 1..9}, b: {lines: lines.txt}, c: {glob: "lines.t*"}}}')" 18
}

the_first_source_of_a_product_can_be_a_pipe() {
    job '{product: {a: {lines: "-"}, b: {range: 1..2}}}' '"{item.a}{item.b}"'
    exits 0 "$mpool" check
    is "$(cat out)" 'a  a number of jobs that depends on standard input'
    printf 'x\ny\n' | { exits 0 "$mpool" run --output lines; }
    is "$(results)" '"x1","x2","y1","y2"'
}

a_zip_has_items_side_by_side() {
    printf 'one\ntwo\nthree\n' >words
    job '{zip: {n: {range: 1..3}, w: {lines: words}, z: {zip: {x: {items: [1.10, no, ~]}}}}}' \
        '"{item.n} {item.w} {item.z.x}"'
    gives '"1 one 1.10","2 two no","3 three ~"'
    is "$(counts '{zip: {n: {range: 1..3}, w: {lines: words}}}')" 3
    is "$(counts '{zip: {n: {range: 1..3}, w: {items: [a, b, c]}}}')" 3
    printf '1\n2\n3\n' | {
        job '{zip: {n: {lines: "-"}, w: {lines: words}}}' '"{item.n}{item.w}"'
        exits 0 "$mpool" run --output lines
    }
    is "$(results)" '"1one","2two","3three"'
}

sources_of_different_length_are_told_at_the_end_of_a_zip() {
    printf 'one\ntwo\n' >words
    job '{zip: {n: {range: 1..3}, w: {lines: words}}}'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed)" '2 1'
    has err 'a: w: ended after 2 items, and "n" has more; a zip needs as many of each'
    exits 1 "$mpool" check
    has err 'mpool: a: w: ended after 2 items, and "n" has more'
    touch f1 f2 f3
    job '{zip: {n: {range: 1..2}, f: {glob: "f*"}}}'
    exits 1 "$mpool" check
    has err 'mpool: a: n: ended after 2 items, and "f" has more'
}

an_item_that_is_wrong_leaves_the_others_of_a_zip_side_by_side() {
    printf '1\nx\n3\n' >values.jsonl
    job '{zip: {a: {items: [a, b, c]}, v: {jsonl: values.jsonl}, n: {range: 1..3}}}' '"{item.a}{item.v}{item.n}"'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed)" '2 1'
    has err 'a: x: values.jsonl:2:1: '
    is "$(grep -v failed lines >done; mv done lines; results)" '"a11","c33"'
}

a_batch_is_one_job_with_the_list_of_its_items() {
    job '{range: 1..7, batch: 3}'
    gives '[1,2,3],[4,5,6],[7]'
    has lines '"index":2,"item":[7],"status":"done"'
    is "$(counts '{range: 1..7, batch: 3}')" 3
    is "$(counts '{range: 1..6, batch: 3}')" 2
    is "$(counts '{items: [], batch: 3}')" 0
    is "$(counts '{range: 0..9223372036854775807, batch: 100000}')" 92233720368548
    printf 'a\nb\nc\n' >lines.txt
    is "$(counts '{lines: lines.txt, batch: 2}')" 2
    job '{lines: lines.txt, batch: 2}' '{all: "{items}", n: "{index}"}'
    gives '{"all":["a","b"],"n":0},{"all":["c"],"n":1}'
    printf 'k,v\n1,2\n3,4\n' >rows.csv
    job '{product: {r: {csv: rows.csv}, i: {items: [{x: 1.10}]}}, batch: 10}'
    gives '[{"r":{"k":"1","v":"2"},"i":{"x":1.1}},{"r":{"k":"3","v":"4"},"i":{"x":1.1}}]'
    job '{lines: "-", batch: 20}'
    exits 0 "$mpool" check
    is "$(cat out)" 'a  a job for every 20 lines from standard input'
}

every_source_can_have_batches() {
    printf '{"a": 1}\n{"a": 2}\n' >values.jsonl
    printf 'a\n1\n2\n' >rows.csv
    for each in 'items: [1, 2]' 'range: 1..2' 'lines: values.jsonl' 'csv: rows.csv' 'jsonl: values.jsonl' \
        'glob: ["rows.csv", "*.jsonl"]' 'walk: [rows.csv, values.jsonl]' 'product: {a: {range: 1..2}}' \
        'zip: {a: {range: 1..2}}'; do
        is "$(counts "{$each}")" 2
        is "$(counts "{$each, batch: 2}")" 1
        is "$(counts "{$each, batch: 1}")" 2
    done
}

an_item_that_cannot_be_had_is_no_part_of_a_batch() {
    printf '1\nx\n2\n3\n4\n' >values.jsonl
    job '{jsonl: values.jsonl, batch: 2}'
    exits 1 "$mpool" run --json --output lines
    is "$(json out done) $(json out failed)" '2 1'
    has err 'a: x: values.jsonl:2:1: '
    is "$(grep -v failed lines >done; mv done lines; results)" '[1,2],[3,4]'
}

a_batch_that_is_too_large_is_a_failed_job() {
    {
        echo a
        echo b
        head -c 5000000 /dev/zero | tr '\0' x
        echo
        head -c 5000000 /dev/zero | tr '\0' y
        echo
        echo c
    } >lines.txt
    job '{lines: lines.txt, batch: 2}'
    exits 1 "$mpool" run --json
    is "$(json out done) $(json out failed)" '2 1'
    has err 'the items of the batch are larger than 8 MiB, the most that arguments may have'
}

# The arguments are small, and the items have 8 MB each: 960 MB in all. The second step waits, so that the memory that
# the first one took can be looked at.
large_items_with_small_arguments_do_not_add_up() {
    head -c 8000000 /dev/zero | tr '\0' x >large
    mkfifo fifo
    cat >job.yaml <<'YAML'
mpool: 1
workers: 2
steps:
  a: {each: {product: {large: {lines: large}, n: {range: 1..120}}}, call: sleep, args: 0.05}
  b: {each: {lines: fifo}, call: echo}
YAML
    "$mpool" run --json >out 2>err &
    mpool_pid=$!
    exec 3>fifo
    kib=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$mpool_pid/status")
    exec 3>&-
    wait "$mpool_pid"
    is "$(json out done)" 120
    [ "$kib" -lt 450000 ] || {
        echo "the command had $kib KiB"
        return 1
    }
}

the_command_that_is_printed_runs_a_batch_or_a_combination_again() {
    printf 'a,b\n1,{{x}}\n' >rows.csv
    cat >job.yaml <<'END'
mpool: 1
steps:
  batch: {each: {range: 1..2, batch: 2}, call: fail, args: {message: "two", all: "{items}"}}
  row: {each: {csv: rows.csv}, call: fail}
  both: {each: {zip: {x: {items: [1.10]}, y: {csv: rows.csv}}}, call: fail, args: "{item.x} {item.y.b}"}
END
    exits 1 "$mpool" run
    has err "'{mpool: 1, steps: {batch: {call: fail, args: {\"message\":\"two\",\"all\":[1,2]}}}}'"
    has err "'{mpool: 1, steps: {row: {call: fail, args: {\"a\":\"1\",\"b\":\"{{{x}}}\"}}}}'"
    has err "'{mpool: 1, steps: {both: {call: fail, args: \"1.10 {{{x}}}\"}}}'"
    printf 'a,b\n1,\377\n' >rows.csv
    exits 1 "$mpool" run
    is "$(grep -c 'again: not as a command, for the item is not UTF-8' err)" 2
}

try a_row_of_a_csv_has_the_fields_of_its_header a_csv_can_have_another_delimiter_and_its_names_in_the_job_file \
    a_row_that_is_wrong_is_a_failed_job_and_the_others_are_done the_fields_of_a_csv_are_looked_for_before_any_job_runs \
    a_header_that_changes_after_the_check_is_a_fault a_csv_can_come_through_a_pipe \
    a_row_is_waited_for_until_it_is_whole a_line_of_jsonl_is_any_value fields_of_jsonl_are_found_where_they_are \
    a_line_that_is_no_value_or_has_not_the_field_is_a_failed_job what_is_nested_too_deep_for_a_job_fails_only_this_job \
    a_product_has_every_combination_in_order the_first_source_of_a_product_can_be_a_pipe a_zip_has_items_side_by_side \
    sources_of_different_length_are_told_at_the_end_of_a_zip \
    an_item_that_is_wrong_leaves_the_others_of_a_zip_side_by_side a_batch_is_one_job_with_the_list_of_its_items \
    every_source_can_have_batches an_item_that_cannot_be_had_is_no_part_of_a_batch \
    a_batch_that_is_too_large_is_a_failed_job large_items_with_small_arguments_do_not_add_up \
    the_command_that_is_printed_runs_a_batch_or_a_combination_again
finish
