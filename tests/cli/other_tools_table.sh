#!/bin/sh
# tests/cli/other_tools_table.sh - prints the table of docs/other-tools.md: what mpool exec, GNU parallel and xargs do
#
#     sh other_tools_table.sh MPOOL
#
# What is in it is what was seen in this run. It takes a minute. It is no test, and other_tools.sh looks whether mpool
# does what the page says.
. "$(dirname -- "$0")/lib.sh"
# shellcheck source=/dev/null
. "$here/other_tools_cases.sh"

# seen TOOL CASE... - what the tool does in this case
seen() {
    mkdir "$work/case" "$work/case/here" "$work/case/tmp"
    (
        cd "$work/case/here"
        TMPDIR=$work/case/tmp XDG_STATE_HOME=$work/case/state PARALLEL_HOME=$work/case/parallel
        export TMPDIR XDG_STATE_HOME PARALLEL_HOME
        use "$1"
        shift
        "$@" </dev/null
    ) 2>"$work/said" || echo 'the case itself failed'
    rm -rf -- "$work/case"
}

parallel --version 2>/dev/null | grep -q '^GNU parallel' || {
    echo 'GNU parallel is not installed; ./dev setup installs it' >&2
    exit 1
}
printf '%s, %s, %s\n\n' "$("$mpool" --version)" "$(parallel --version | head -n 1)" "$(xargs --version | head -n 1)"
echo '| Case | `mpool exec` | `parallel` | `xargs -P -n1` |'
echo '|---|---|---|---|'
cases | while IFS='|' read -r title case; do
    # shellcheck disable=SC2086
    echo "| $title | $(seen mpool $case) | $(seen parallel $case) | $(seen xargs $case) |"
done
