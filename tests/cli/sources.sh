#!/bin/sh
# tests/cli/sources.sh - each source gives the items that it should, and no other
#
#     sh sources.sh MPOOL DEEP
#
# `mpool check` counts the jobs without running any, so no workers are needed here.
. "$(dirname -- "$0")/lib.sh"
deep=$(cd "$(dirname -- "$2")" && pwd)/$(basename -- "$2")

items_are_counted() {
    is "$(counts '{items: [a, 1, [x, y], {k: v}]}')" 4
    is "$(counts '{items: []}')" 0
}

a_range_includes_both_ends() {
    is "$(counts '{range: 1..100}')" 100
    is "$(counts '{range: -3..3}')" 7
    is "$(counts '{range: 5..5}')" 1
    is "$(counts '{range: 0..100, step: 30}')" 4
    is "$(counts '{range: 10..1, step: -3}')" 4
    is "$(counts '{range: {from: 10, to: 0, step: -5}}')" 3
    is "$(counts '{range: 0..9223372036854775807}')" 9223372036854775808
    is "$(counts '{range: -9223372036854775808..9223372036854775807, step: 9223372036854775807}')" 3
}

a_line_is_an_item_whatever_is_in_it() {
    printf 'a\n\nb c\n\r\n  \nlast' >lines
    is "$(counts '{lines: lines}')" 6
    printf 'a\nb\0\0c' >nuls
    is "$(counts '{lines: nuls, separator: nul}')" 3
    : >empty
    is "$(counts '{lines: empty}')" 0
    printf '\n' >one
    is "$(counts '{lines: one}')" 1
    awk 'BEGIN { for (i = 0; i < 200000; i++) print i }' >many
    is "$(counts '{lines: many}')" 200000
}

a_line_longer_than_any_argument_is_a_fault_and_the_next_one_is_read() {
    { echo first; head -c 9000000 /dev/zero | tr '\0' x; echo; echo last; } >lines
    printf '{mpool: 1, steps: {a: {each: {lines: lines}, call: echo}}}' >job.yaml
    exits 1 "$mpool" check
    is "$(cat out)" 'a  3 jobs'
    has err 'mpool: a: xxxxxxxx'
    has err 'the line is longer than 8 MiB'
}

standard_input_is_left_alone_by_check() {
    printf '{mpool: 1, steps: {a: {each: {lines: "-"}, call: echo}}}' >job.yaml
    printf '1\n2\n' | { exits 0 "$mpool" check; cat; } >left
    is "$(cat left)" "$(printf '1\n2')"
    has out 'as many jobs as lines from standard input'
}

glob_finds_what_a_shell_would() {
    mkdir d
    touch a.c b.c .hidden.c d/e.c ./-f.c "$(printf 'new\nline.c')"
    is "$(counts '{glob: "*.c"}')" 4
    is "$(counts '{glob: ["*.c", "*/*.c", ".*.c"]}')" 6
    is "$(counts '{glob: "*.none"}')" 0
    is "$(counts '{glob: "[ab].c"}')" 2
}

# A tree with one of everything.
tree() {
    mkdir -p tree/sub/inner tree/.git 'tree/-dash' tree/empty
    touch tree/a.gz tree/b.txt tree/sub/c.gz tree/sub/inner/d.gz tree/.git/e.gz tree/.hidden 'tree/-dash/-f' \
        "tree/$(printf 'new\nline')" "tree/$(printf '\377\376')"
    ln -s a.gz tree/link
    ln -s nowhere tree/dangling
    ln -s .. tree/sub/up
    ln -s sub tree/subdir
    mkfifo tree/fifo
}

walk_gives_what_find_does() {
    tree
    is "$(counts '{walk: tree}')" "$(find tree -type f -printf x | wc -c)"
    is "$(counts '{walk: tree, type: dir}')" "$(find tree -type d -printf x | wc -c)"
    is "$(counts '{walk: tree, type: link}')" "$(find tree -type l -printf x | wc -c)"
    is "$(counts '{walk: tree, type: any}')" "$(find tree -printf x | wc -c)"
    is "$(counts '{walk: tree/, type: any}')" "$(find tree/ -printf x | wc -c)"
    is "$(counts '{walk: /usr/include, type: any, one_filesystem: true}')" "$(find /usr/include -xdev -printf x | wc -c)"
    is "$(counts '{walk: tree/a.gz}')" 1
    is "$(counts '{walk: tree/empty}')" 0
    is "$(counts '{walk: [tree/sub, tree/a.gz, tree/-dash]}')" 4
}

walk_stops_at_the_depth_that_was_asked_for() {
    tree
    for depth in 0 1 2 3 9; do
        is "$(counts "{walk: tree, type: any, max_depth: $depth}")" "$(find tree -maxdepth $depth -printf x | wc -c)"
    done
}

patterns_match_names_or_paths_below_the_root() {
    tree
    is "$(counts '{walk: tree, match: "*.gz"}')" 4
    is "$(counts '{walk: tree, match: ["*.gz", "*.txt"]}')" 5
    is "$(counts '{walk: tree, match: "*.gz", exclude: .git}')" 3
    is "$(counts '{walk: tree, match: "sub/*.gz"}')" 1
    is "$(counts '{walk: tree, match: "*.gz", exclude: [sub/inner, .git]}')" 2
    is "$(counts '{walk: tree, match: "[ab].*"}')" 2
    is "$(counts '{walk: tree, match: ".*"}')" 1
    is "$(counts '{walk: tree, exclude: "*"}')" 0
}

links_are_followed_only_if_asked_for_and_never_in_circles() {
    tree
    is "$(counts '{walk: tree/subdir}')" 2 # the root may be a link
    # Once more through subdir: c.gz, d.gz; link is a file then, dangling is not. `up` leads to where the walk is.
    is "$(counts '{walk: tree, follow: true}')" "$(find -L tree -type f -printf x 2>/dev/null | wc -c)"
    mkdir circle
    ln -s . circle/self
    ln -s ../circle circle/again
    touch circle/f
    is "$(counts '{walk: circle, follow: true}')" 1
}

what_is_no_file_is_never_opened() {
    mkdir tree
    mkfifo tree/fifo
    touch tree/f
    code=0
    timeout 10 "$mpool" check -C tree /dev/null 2>/dev/null || code=$?
    is "$code" 2
    is "$(counts '{walk: tree, follow: true}')" 1
    is "$(counts '{walk: tree, type: any}')" 3
}

a_tree_of_ten_thousand_levels_is_walked_with_few_file_descriptors() {
    mkdir tree
    "$deep" tree 10000
    # The file descriptors of 64 levels, and of 10.
    is "$(counts '{walk: tree}')" 20000
    is "$(counts '{walk: tree, type: dir, one_filesystem: true}')" 20001
    is "$(counts '{walk: tree, follow: true, max_depth: 300}')" 599
    (
        ulimit -n 20
        is "$(counts '{walk: tree}')" 20000
    )
}

a_closed_directory_is_found_again_below_a_link() {
    # The way up is not the way down here: the walk has to open levels by their path.
    mkdir a other
    "$deep" other 200
    ln -s ../other a/link
    mkdir a/z
    touch a/z/f
    is "$(counts '{walk: a, follow: true}')" 401
    (
        ulimit -n 20
        is "$(counts '{walk: a, follow: true}')" 401
    )
}

a_directory_of_a_hundred_thousand_entries_is_walked() {
    mkdir tree
    (cd tree && awk 'BEGIN { for (i = 0; i < 100000; i++) print "f" i }' | xargs touch)
    is "$(counts '{walk: tree}')" 100000
}

a_directory_that_cannot_be_read_is_a_fault_and_the_walk_goes_on() {
    mkdir -p tree/closed/inner tree/open
    touch tree/a tree/open/b tree/closed/c
    chmod 000 tree/closed
    printf 'mpool: 1\nsteps:\n  a: {each: {walk: tree}, call: echo}\n' >job.yaml
    as=
    if [ "$(id -u)" -eq 0 ]; then
        as='setpriv --reuid=65534 --clear-groups'
        chmod 755 "$work" "$work"/* .
    fi
    # shellcheck disable=SC2086
    exits 1 $as "$mpool" check
    is "$(cat out)" 'a  3 jobs'
    has err 'mpool: a: tree/closed: Permission denied'
    chmod 755 tree/closed
}

a_variable_can_be_the_root() {
    tree
    printf 'mpool: 1\nvars: {root: nowhere}\nsteps:\n  a: {each: {walk: "{vars.root}/sub"}, call: echo}\n' >job.yaml
    exits 2 "$mpool" check
    exits 0 "$mpool" check --set root=tree
    is "$(cat out)" 'a  2 jobs'
}

try items_are_counted a_range_includes_both_ends a_line_is_an_item_whatever_is_in_it \
    a_line_longer_than_any_argument_is_a_fault_and_the_next_one_is_read standard_input_is_left_alone_by_check \
    glob_finds_what_a_shell_would walk_gives_what_find_does walk_stops_at_the_depth_that_was_asked_for \
    patterns_match_names_or_paths_below_the_root links_are_followed_only_if_asked_for_and_never_in_circles \
    what_is_no_file_is_never_opened a_tree_of_ten_thousand_levels_is_walked_with_few_file_descriptors \
    a_closed_directory_is_found_again_below_a_link a_directory_of_a_hundred_thousand_entries_is_walked \
    a_directory_that_cannot_be_read_is_a_fault_and_the_walk_goes_on a_variable_can_be_the_root
finish
