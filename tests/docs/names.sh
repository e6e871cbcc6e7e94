#!/bin/sh
# names.sh SOURCE - what the pages for users name is there, and every error has its remedy in the guide
set -eu
LC_ALL=C
export LC_ALL
cd "$1"
work=$(mktemp -d "${TMPDIR:-/tmp}/mpool-docs.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
pages='README.md docs/guide.md docs/gallery.md docs/man/*.in'
code=0

# Calls, types and macros. The names of errors and statuses are put together by macros, and so are some calls: what an
# example uses, there is.
cat include/mpool/*.h examples/*.c >"$work/headers"
sed -n 's/^ *X([0-9]*, \([A-Z_]*\), .*/MPOOL_\1/p' include/mpool/*.h >>"$work/headers"
grep -oEh '(^|[^A-Za-z0-9_.-])(mpool_[a-z0-9_]*[a-z0-9]|MPOOL_[A-Z0-9_]+)' $pages | sed 's/^[^Mm]//' | sort -u >"$work/named"
[ "$(wc -l <"$work/named")" -gt 20 ] || {
    echo "names: the pages name next to nothing: $(cat "$work/named")"
    exit 1
}
while read -r name; do
    grep -qw -e "$name" "$work/headers" || {
        echo "names: no header has $name, and it is in $(grep -lw -e "$name" $pages | tr '\n' ' ')"
        code=1
    }
done <"$work/named"

# One row of the guide's table for each error, in their order.
sed -n 's/^ *X([0-9]*, \(E_[A-Z]*\), .*/MPOOL_\1/p' include/mpool/error.h >"$work/errors"
sed -n 's/^| `\(MPOOL_E_[A-Z]*\)` | .*/\1/p' docs/guide.md >"$work/rows"
diff "$work/errors" "$work/rows" || {
    echo 'names: error.h (left) and the table of errors in docs/guide.md (right) differ'
    code=1
}

# Each chapter is in the list at the top.
for page in docs/guide.md docs/gallery.md; do
    sed -n 's/^[0-9]*\. \[\(.*\)\](#.*/\1/p' $page >"$work/listed"
    sed -n 's/^## [0-9]*\. //p' $page >"$work/chapters"
    diff "$work/listed" "$work/chapters" || {
        echo "names: the list of chapters (left) and the chapters (right) of $page differ"
        code=1
    }
done

# The gallery has each example, and no other.
ls examples | sed -n 's/\.c$//p' >"$work/examples"
grep -oE 'examples/[a-z_]+\.c' docs/gallery.md | sed 's,.*/,,; s/\.c$//' | sort -u | diff "$work/examples" - || {
    echo 'names: the programs in examples/ (left) and those in docs/gallery.md (right) differ'
    code=1
}

# The tests that tests/cli/README.md names are there, and it has all rows.
grep -oE '`(bad/)?[a-z0-9_-]*[_/][a-z0-9_-]*`' tests/cli/README.md | tr -d '`' | sort -u >"$work/tests"
while read -r name; do
    case $name in
    bad/*) [ -f "tests/cli/$name.yaml" ] ;;
    *) grep -q "^$name() {" tests/cli/*.sh ;;
    esac || {
        echo "names: tests/cli/README.md names the test $name, which is not there"
        code=1
    }
done <"$work/tests"
[ "$(grep -c '^| E[0-9]* ' tests/cli/README.md)" -eq 11 ] || {
    echo 'names: tests/cli/README.md has not eleven rows E1 to E11'
    code=1
}

# Files that a page of ours points to are there.
for page in README.md docs/guide.md docs/gallery.md docs/other-tools.md; do
    grep -oE '\]\([^)#]+' $page | sed 's/^](//' | grep -v '^http' | while read -r target; do
        [ -e "$(dirname $page)/$target" ] || echo "names: $page points to $target, which is not there"
    done >"$work/missing"
    cat "$work/missing"
    [ ! -s "$work/missing" ] || code=1
done
exit $code
