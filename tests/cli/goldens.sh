#!/bin/sh
# tests/cli/goldens.sh - what the command says about a bad job file
#
#     sh goldens.sh MPOOL            compare bad/NAME.yaml with bad/NAME.err, and the cases below
#     sh goldens.sh MPOOL --accept   write bad/NAME.err anew; look at the difference before it is committed
. "$(dirname -- "$0")/lib.sh"

# One file: message, exit code, and nothing on standard output.
check_file() {
    name=$(basename -- "$1" .yaml)
    message=$(cd "$here/bad" && "$mpool" check "$name.yaml" 2>&1 >"$work/out" </dev/null)
    code=$?
    printf '%s\n' "$message" >"$work/err"
    if [ "${accept:-}" = yes ]; then
        cp "$work/err" "$here/bad/$name.err"
    fi
    if [ "$code" -eq 2 ] && [ ! -s "$work/out" ] && cmp -s "$work/err" "$here/bad/$name.err"; then
        passed=$((passed + 1))
        echo "PASS bad/$name"
    else
        failed=$((failed + 1))
        echo "FAIL bad/$name (exit $code)"
        diff "$here/bad/$name.err" "$work/err" | sed 's/^/     /'
    fi
}

[ "${2-}" != --accept ] || accept=yes
for file in "$here"/bad/*.yaml; do
    check_file "$file"
done

# repeat TEXT COUNT - on one line
repeat() {
    awk -v text="$1" -v count="$2" 'BEGIN { while (count-- > 0) printf "%s", text }'
}

# refuses_quickly FILE TEXT - exit 2, with this in the message, and within a second of processor time, which the kernel
# counts
refuses_quickly() {
    exits 2 sh -c 'ulimit -t 1; exec "$0" check "$1"' "$mpool" "$1"
    has err "$2"
}

deep_nesting_is_refused_at_once() {
    for text in '[' '{' '- ' '{a: ' '[*a,'; do
        { repeat "$text" 100000; echo; } >deep.yaml
        refuses_quickly deep.yaml error
    done
}

many_anchors_are_refused_at_once() {
    { echo 'mpool: 1'; echo 'vars:'; awk 'BEGIN { for (i = 0; i < 20000; i++) print "  a" i ": &a" i " x" }'; } >many.yaml
    refuses_quickly many.yaml 'anchors and aliases are not allowed'
}

many_braces_are_refused_at_once() {
    {
        printf 'mpool: 1\nsteps: {a: {call: echo, each: {glob: "'
        repeat x 300000
        printf '{'
        repeat , 100000
        echo 'a}"}}}'
    } >braces.yaml
    refuses_quickly braces.yaml 'a pattern has no braces; list them all: ["xxx'
}

a_large_file_is_refused_at_once() {
    truncate -s 100M large.yaml
    refuses_quickly large.yaml 'a job file may have 1 MiB, and this one has 104857600 bytes'
    refuses_quickly /dev/zero 'a device, not a regular file'
}

a_fifo_is_refused_and_not_waited_for() {
    mkfifo fifo.yaml
    refuses_quickly fifo.yaml 'fifo.yaml: error: a FIFO, not a regular file; to read one: mpool run - <FIFO'
}

# The shells that have it give <(COMMAND) as /dev/fd/63.
the_output_of_a_command_is_read_as_a_job_file() {
    echo '{mpool: 1, steps: {a: {each: {range: 1..5}, call: square}}}' >job.yaml
    for command in 'cat job.yaml' 'head -c 20 job.yaml; sleep 0.2; tail -c +21 job.yaml'; do
        sh -c "$command" | exits 0 sh -c 'exec "$0" check /dev/fd/3 3<&0 </dev/null' "$mpool"
        is "$(cat out)" 'a  5 jobs'
    done
    head -c 2000000 /dev/zero | tr '\0' ' ' |
        exits 2 sh -c 'exec "$0" check /dev/fd/3 3<&0 </dev/null' "$mpool"
    has err '/dev/fd/3: error: a job file may have 1 MiB, and this one has more'
}

a_directory_is_refused() {
    mkdir directory.yaml
    refuses_quickly directory.yaml 'directory.yaml: error: a directory, not a regular file'
}

a_missing_file_is_told() {
    refuses_quickly none.yaml 'none.yaml: error: No such file or directory'
    for command in run check; do
        exits 2 "$mpool" $command
        has err "mpool $command: no job file is named, and there is no ./job.yaml; name one: mpool $command FILE"
    done
}

an_unreadable_file_is_told() {
    echo 'mpool: 1' >secret.yaml
    chmod 000 secret.yaml
    if [ "$(id -u)" -eq 0 ]; then
        chmod 755 "$work" "$work"/*
        exits 2 setpriv --reuid=65534 --clear-groups "$mpool" check "$PWD/secret.yaml"
    else
        exits 2 "$mpool" check secret.yaml
    fi
    has err 'secret.yaml: error: Permission denied'
}

a_file_cut_off_anywhere_is_refused_or_read() {
    cat >whole.yaml <<'END'
mpool: 1
vars: {root: "/usr/share", n: [1, 2}
steps:
  a: {each: {items: ["{{x}}", 'y', {z: "é"}]}, call: echo, args: "{item}"}
END
    sed -i 's/, n: \[1, 2}/}/' whole.yaml
    size=$(wc -c <whole.yaml)
    while [ "$size" -ge 0 ]; do
        head -c "$size" whole.yaml >cut.yaml
        code=0
        "$mpool" check cut.yaml >out 2>err || code=$?
        [ "$code" -eq 0 ] || [ "$code" -eq 2 ]
        [ "$code" -eq 0 ] || grep -q '^cut.yaml:\([0-9]*:[0-9]*:\)\{0,1\} error: ' err
        size=$((size - 1))
    done
}

a_name_on_the_command_line_is_escaped_in_messages() {
    name=$(printf 'a\033[31m\nb.yaml')
    exits 2 "$mpool" check "$name"
    has err 'a\e[31m\nb.yaml: error: No such file or directory'
}

the_job_file_can_come_from_standard_input() {
    echo '{mpool: 1, steps: {a: {each: {range: 1..5}, call: square}}}' | "$mpool" check - >out
    is "$(cat out)" 'a  5 jobs'
    echo '{mpool: 1, steps: {a: {each: {lines: "-"}, call: square}}}' >in
    exits 2 "$mpool" check - <in
    has err '<stdin>:1:38: error: standard input is the job file already'
}

crlf_and_a_byte_order_mark_are_fine() {
    printf '\357\273\277mpool: 1\r\nsteps:\r\n  a:\r\n    call: echo\r\n    args: |\r\n      x\r\n' >crlf.yaml
    exits 0 "$mpool" check crlf.yaml
    is "$(cat out)" 'a  1 job'
}

every_key_of_this_build_is_accepted() {
    cat >all.yaml <<'END'
mpool: 1
name: everything
workers: auto
vars: {root: /usr/bin, n: 3, home: "{env.HOME}"}
defaults: {timeout: none, retries: 2}
steps:
  walk:
    each: {walk: ["{vars.root}", /usr/sbin], type: any, match: ["*.a", b/c], exclude: x, follow: true, one_filesystem: false, max_depth: 1}
    call: file_size
    args: {path: "{path}", parts: ["{name}", "{stem}", "{ext}", "{dir}", "{index}", "{item}"], text: "{{path}} {vars.n} {1}"}
    totals: {bytes: sum, least: {min: "{result.bytes}"}, most: {max: "{result.bytes}"}, files: count}
    timeout: {soft: 500ms, hard: 1h}
    retries: 0
  range: {each: {range: "1..{vars.n}", step: 2}, call: square, totals: {all: {sum: "{result}"}, m: {mean: "{result}"}, p: {product: "{result}"}}}
  long-range: {each: {range: {from: 10, to: -10, step: -5}}, call: square}
  groups:
    each: {walk: /usr/bin, max_depth: 1}
    call: file_size
    totals:
      by_type: {count: jobs, by: "{ext} of {result.type}", keys: 1000000}
      largest: {max: "{result.bytes}", show: "{path} {index}", top: 1000}
      smallest: {min: "{result.bytes}", show: "{name}", by: "{result.links}"}
      mean: {mean: "{result.bytes}", by: "{dir}/{stem}"}
      jobs: {count: jobs}
  items: {each: {items: [{a: {b: 1}}, {a: {b: x}}]}, call: echo, args: "{item.a.b} {index}"}
  lines: {each: {lines: /etc/passwd, separator: newline}, call: echo, timeout: 1.5m}
  csv: {each: {csv: /etc/passwd, delimiter: ":", header: [name, x, uid, gid, gecos, home, shell]}, call: echo, args: "{item.home}"}
  jsonl: {each: {jsonl: /dev/null}, call: echo, args: "{item.a.b} {path}"}
  product: {each: {product: {a: {items: [x, y]}, b: {zip: {c: {range: "1..{vars.n}"}}}}}, call: echo, args: "{item.a} {item.b.c}"}
  zip: {each: {zip: {a: {items: [x, y]}, b: {range: 1..2}}}, call: echo, args: "{item.a}{item.b}"}
  batch: {each: {range: 1..20, batch: "{vars.n}"}, call: echo, args: ["{items}", "{index}"]}
  glob: {each: {glob: [/usr/*]}, call: file_size, timeout: 2d}
  dirs: {each: {walk: /usr/bin, type: directory}, call: file_size, timeout: {soft: 1s, hard: none}}
  one: {call: echo, args: [1, 2.5, true, null, "text", {a: b}], retries: {max: 0}}
  some: {call: crash, retries: {max: 3, backoff: 1s, on: [crashed, timed_out, "exit:75", exit:0, signal:SIGKILL, oom]}}
  none: {call: crash, retries: {max: 3, backoff: none, on: [failed]}}
END
    exits 0 "$mpool" check all.yaml --set n=9 --set root=/usr/lib
    has out 'range       5 jobs'
    has out 'long-range  5 jobs'
    has out 'items       2 jobs'
    has out 'product     18 jobs'
    has out 'batch       3 jobs'
    has out 'one         1 job'
}

# And not beyond.
numbers_are_accepted_up_to_their_bounds() {
    for text in 'workers: 1' 'workers: 1024' 'defaults: {priority: -10}' 'defaults: {priority: 10}' \
        'defaults: {retries: 0}' 'defaults: {retries: 1000000}' 'defaults: {at_most: 1}' 'defaults: {at_most: 1024}' \
        'defaults: {timeout: 1ms}' 'defaults: {timeout: 366d}' 'defaults: {memory: 1}' 'defaults: {memory: 1048576TiB}'; do
        printf 'mpool: 1\n%s\nsteps: {a: {call: echo}}\n' "$text" >job.yaml
        exits 0 "$mpool" check
    done
    for text in 'workers: 0' 'workers: 1025' 'defaults: {priority: -11}' 'defaults: {priority: 11}' \
        'defaults: {retries: -1}' 'defaults: {retries: 1000001}' 'defaults: {at_most: 0}' 'defaults: {at_most: 1025}' \
        'defaults: {timeout: 0.9ms}' 'defaults: {timeout: 367d}' 'defaults: {memory: 0}' 'defaults: {memory: 1048577TiB}'; do
        printf 'mpool: 1\n%s\nsteps: {a: {call: echo}}\n' "$text" >job.yaml
        exits 2 "$mpool" check
        has err 'job.yaml:2:'
    done
}

# warns TEMPLATE WHAT - the file is right all the same
warns() {
    printf 'mpool: 1\nsteps: {a: {each: {items: [{x: 1}]}, call: echo, args: ["%s"]}}\n' "$1" >job.yaml
    exits 0 "$mpool" check
    is "$(sed -n 's/^job.yaml:2:[0-9]*: //p' err)" "${2:+warning: $2}"
}

what_was_perhaps_meant_as_a_template_is_a_warning() {
    warns '{}' '{} stays as it is; the item is {item}'
    warns 'a b/{}.png' '{} stays as it is; the item is {item}'
    warns '{ item }' '{ item } stays as it is; a template has no blanks: {item}'
    warns '{{ item.x }}' '{ item.x } stays as it is; a template has no blanks: {item.x}'
    warns '{env.HOME } {index}' '{env.HOME } stays as it is; a template has no blanks: {env.HOME}'
    for text in 'f(){}' '{ print }' '{ x, item }' '{{item}}' '{ }' '{item' '{{}}' '{1,2}' '{ vars }'; do
        warns "$text" ''
    done
    # Where there is no item, {} is nothing to wonder about.
    echo '{mpool: 1, steps: {a: {call: echo, args: "{}"}, b: {each: {items: ["{}"]}, call: echo}}}' >job.yaml
    exits 0 "$mpool" check
    [ ! -s err ]
    warns '{ item } { item }' '{ item } stays as it is; a template has no blanks: {item}
warning: { item } stays as it is; a template has no blanks: {item}'
    has err '      |                                                                   ^'
}

a_template_in_the_text_of_a_shell_is_a_warning() {
    for text in '{item}@{item} stays as it is, since `shell` is code; the item is "$1"' \
        '{path} b@{path} stays as it is, since `shell` is code; put it into `args`, and write "$1"' \
        '{item.x}@{item.x} stays as it is, since `shell` is code; put it into `args`, and write "$1"' \
        "f'{path}'@" "jq '{name: .x}' '{item}'@" '${path}@' '{nothing}@' '{ path; }@' 'find . -exec ls {} +@'; do
        printf 'mpool: 1\nsteps: {a: {each: {items: [a]}, shell: "%s"}}\n' "${text%%@*}" >job.yaml
        exits 0 "$mpool" check
        is "$(sed -n 's/^job.yaml:2:[0-9]*: warning: //p' err)" "${text#*@}"
    done
    printf 'mpool: 1\nsteps: {a: {each: {items: [a]}, args: ["{item}"], shell: "{item}"}}\n' >job.yaml
    exits 0 "$mpool" check
    has err '{item} stays as it is, since `shell` is code; put it into `args`, and write "$1"'
    printf 'mpool: 1\nsteps: {a: {each: {items: [a], batch: 2}, shell: "{items}"}, b: {shell: "{item}"}}\n' >job.yaml
    exits 0 "$mpool" check
    has err '{items} stays as it is, since `shell` is code; the items are "$@"'
    has err '{item} stays as it is, since `shell` is code; put it into `args`, and write "$1"'
}

a_source_that_gives_nothing_says_so() {
    mkdir tree
    : >empty
    echo name >header.csv
    cat >job.yaml <<'END'
mpool: 1
steps:
  glob: {each: {glob: ["*.none", "no*"]}, call: echo}
  walk: {each: {walk: tree}, call: echo}
  lines: {each: {lines: empty}, call: echo}
  items: {each: {items: []}, call: echo}
  csv: {each: {csv: header.csv}, call: echo}
  jsonl: {each: {jsonl: empty, batch: 2}, call: echo}
  product: {each: {product: {a: {items: [1]}, b: {items: []}}}, call: echo}
  zip: {each: {zip: {a: {lines: empty}, b: {items: []}}}, call: echo}
END
    for command in check run; do
        exits 0 "$mpool" $command
        is "$(grep '^mpool' err)" 'mpool: glob: `glob` matches no path
mpool: walk: `walk` finds nothing that is of its type and matches
mpool: lines: its file has no line
mpool: csv: `csv` finds no row behind the header
mpool: jsonl: its file has no line with a value
mpool: product: `product` has no item, for one of its sources has none
mpool: zip: `zip` has no item, for its sources have none'
    done
}

help_and_version_go_to_standard_output() {
    for option in --version version; do
        exits 0 "$mpool" "$option"
        grep -qx 'mpool [0-9]*\.[0-9]*\.[0-9]*' out
    done
    for option in --help help; do
        exits 0 "$mpool" "$option"
        has out 'mpool run '
    done
    exits 0 "$mpool" run --help
    has out '--output=FILE'
    exits 0 "$mpool" help run
    has out '--output=FILE'
    exits 0 "$mpool" check --help
    exits 0 "$mpool" functions
    has out 'file_size'
    [ ! -s err ]
}

printing_to_a_full_disk_exits_with_3() {
    echo '{mpool: 1, steps: {a: {call: echo}}}' >job.yaml
    for command in functions help version check 'run --help'; do
        code=0
        # shellcheck disable=SC2086
        "$mpool" $command >/dev/full 2>err || code=$?
        is "$code" 3
        has err 'mpool: standard output: No space left on device'
    done
}

the_directory_option_comes_before_the_job_file() {
    mkdir there
    echo '{mpool: 1, steps: {a: {each: {glob: "*"}, call: echo}}}' >there/job.yaml
    touch there/x
    exits 0 "$mpool" check -C there
    is "$(cat out)" 'a  2 jobs'
}

try deep_nesting_is_refused_at_once many_anchors_are_refused_at_once many_braces_are_refused_at_once \
    a_large_file_is_refused_at_once a_fifo_is_refused_and_not_waited_for a_directory_is_refused \
    the_output_of_a_command_is_read_as_a_job_file \
    a_missing_file_is_told an_unreadable_file_is_told a_file_cut_off_anywhere_is_refused_or_read \
    a_name_on_the_command_line_is_escaped_in_messages the_job_file_can_come_from_standard_input \
    crlf_and_a_byte_order_mark_are_fine every_key_of_this_build_is_accepted numbers_are_accepted_up_to_their_bounds \
    what_was_perhaps_meant_as_a_template_is_a_warning a_template_in_the_text_of_a_shell_is_a_warning \
    a_source_that_gives_nothing_says_so \
    help_and_version_go_to_standard_output printing_to_a_full_disk_exits_with_3 \
    the_directory_option_comes_before_the_job_file
finish
