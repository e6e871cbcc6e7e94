#!/bin/sh
# consumers.sh SOURCE BUILD VERSION - installs a build, and builds and runs programs against what was installed
#
# It is installed by DESTDIR for a prefix that does not exist, and used where it then lies: so it is also shown that
# nothing in it depends on where it was to go.
set -eu
LC_ALL=C
export LC_ALL
source=$1
build=$2
version=$3
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cc=${CC:-cc}
cxx=${CXX:-c++}
cmake=${CMAKE:-cmake}
work=$(mktemp -d "${TMPDIR:-/tmp}/mpool-install.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

die()
{
    printf '%s\n' "install: $*" >&2
    exit 1
}

quietly()
{
    "$@" >log 2>&1 || {
        cat log >&2
        die "failed: $*"
    }
}

quietly env DESTDIR="$work/stage" "$cmake" --install "$build" --prefix /opt/mpool
prefix=$work/stage/opt/mpool
pc=$(find "$prefix" -name mpool.pc)
libdir=$(dirname "$(dirname "$pc")")
[ "$(ls "$work/stage")" = opt ] || die "something went past the prefix: $(ls "$work/stage")"

# ---- what is there --------------------------------------------------------------------------------------------------

for file in bin/mpool include/mpool/mpool.h share/man/man1/mpool.1 share/man/man3/mpool.3 \
    share/man/man5/mpool-job.5 share/doc/mpool/guide.md; do
    [ -f "$prefix/$file" ] || die "$file is not there"
done
for file in libmpool.a libmpool-functions.a libmpool.so; do
    [ -f "$libdir/$file" ] || die "$file is not in $libdir"
done
(cd "$source/include" && find mpool -name '*.h' | sort) >headers
(cd "$prefix/include" && find . -type f | sed 's,^\./,,' | sort) | diff headers - || die 'the headers are not all there'

soname=$(readelf -d "$libdir/libmpool.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$soname" = "libmpool.so.${version%.*}" ] || die "the SONAME of version $version is $soname"
[ "$(readlink "$libdir/$soname")" = "libmpool.so.$version" ] || die "$soname is no link to libmpool.so.$version"
[ "$(readlink "$libdir/libmpool.so")" = "$soname" ] || die "libmpool.so is no link to $soname"
[ "$("$prefix/bin/mpool" version)" = "mpool $version" ] || die 'the installed command does not run'

# Each path stands alone there, or begins what follows: a source tree in /mpool is not meant by include/mpool.
for path in "$source" "$build" "$work"; do
    escaped=$(printf '%s\n' "$path" | sed 's,[].[\*^$],\\&,g')
    found=$(grep -arlE "(^|[^A-Za-z0-9_./}-])$escaped(/|[^A-Za-z0-9_.-]|\$)" "$work/stage" || :)
    [ -z "$found" ] || die "$path is named in $found"
done
for file in "$prefix/bin/mpool" "$libdir/libmpool.so"; do
    ! readelf -d "$file" | grep -E 'RPATH|RUNPATH' || die "$file looks for its libraries elsewhere"
done

# ---- the symbols: what the headers declare, and nothing else --------------------------------------------------------

nm -D --defined-only "$libdir/libmpool.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >exported
sed -n -e 's/^MPOOL_API .*[ *]\(mpool_[a-z0-9_]*\)(.*/\1/p' -e 's/^extern .* __thread .* \(mpool_[a-z0-9_]*\);/\1/p' \
    "$prefix"/include/mpool/*.h | grep -v '^mpool_functions_' | sort -u >declared
[ -s declared ] || die 'no declaration was found in the headers'
diff declared exported || die 'the shared library exports something else than the headers have (left: the headers)'

# ---- the headers, each alone ----------------------------------------------------------------------------------------

export PKG_CONFIG_PATH="$libdir/pkgconfig"
flags=$(pkg-config --cflags mpool)
while read -r header; do
    printf '#include <%s>\nextern int not_empty;\n' "$header" >alone.c
    # shellcheck disable=SC2086
    quietly "$cc" -std=c11 -Wall -Wextra -pedantic -Werror $flags -fsyntax-only alone.c
    # shellcheck disable=SC2086
    quietly "$cxx" -std=c++17 -Wall -Wextra -pedantic -Werror $flags -fsyntax-only -x c++ alone.c
done <headers

# ---- programs -------------------------------------------------------------------------------------------------------

echo '1 4 9' >squares.expected
printf '3\nfailed: an empty word\n7\n10 letters\n' >words.expected
echo 265252859812191058636308480000000 >factorial.expected
programs=0

# uses PROGRAM EXPECTED - runs it, and compares what it prints
uses()
{
    "$1" >out || die "$1 exits with $?"
    diff "$2.expected" out || die "$1 prints something else"
    programs=$((programs + 1))
}

# linked_shared PROGRAM yes|no - does it load libmpool at its start?
linked_shared()
{
    found=no
    ! readelf -d "$1" | grep -q "NEEDED.*\[$soname\]" || found=yes
    [ "$found" = "$2" ] || die "$1 loads $soname: $found"
}

quietly "$cmake" -S "$here/consumers" -B cmake -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DMPOOL_VERSION="$version" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
quietly "$cmake" --build cmake
for program in squares words factorial; do
    linked_shared "cmake/$program-mpool" yes
    linked_shared "cmake/$program-static" no
    uses "cmake/$program-mpool" "$program"
    uses "cmake/$program-static" "$program"
done

# by_pkg_config COMPILER SOURCE PACKAGE - the shared library, then everything static
by_pkg_config()
{
    name=$(basename "${2%.*}")
    # shellcheck disable=SC2046
    quietly "$1" -o "$name" "$here/consumers/$2" $(pkg-config --cflags --libs "$3")
    linked_shared "$name" yes
    LD_LIBRARY_PATH=$libdir uses "./$name" "$name"
    # shellcheck disable=SC2046
    quietly "$1" -static -o "$name" "$here/consumers/$2" $(pkg-config --static --cflags --libs "$3")
    ! readelf -d "$name" | grep NEEDED || die "$name is to be static"
    uses "./$name" "$name"
}

[ "$(pkg-config --modversion mpool)" = "$version" ] || die 'mpool.pc has another version'
by_pkg_config "$cc" squares.c mpool
by_pkg_config "$cxx" words.cpp mpool
by_pkg_config "$cc" factorial.c mpool-functions

# ---- other directories ----------------------------------------------------------------------------------------------

# directory LIBDIR EXPECTED - where mpool.pc says the library is, when CMAKE_INSTALL_LIBDIR is LIBDIR
directory()
{
    quietly "$cmake" -S "$source" -B other -G Ninja -DMPOOL_TESTS=OFF -DCMAKE_INSTALL_PREFIX=/opt/mpool \
        -DCMAKE_INSTALL_LIBDIR="$1"
    pc=$work/moved/$1/pkgconfig
    mkdir -p "$pc"
    cp other/mpool.pc "$pc"
    found=$(PKG_CONFIG_PATH=$pc pkg-config --variable=libdir mpool)
    case $found in
    /opt/*) ;;
    *) found=$(CDPATH='' cd -- "$found" && pwd) ;;
    esac
    [ "$found" = "$2" ] || die "for a libdir of $1 mpool.pc says $found, and not $2"
}

directory lib/x86_64-linux-gnu "$work/moved/lib/x86_64-linux-gnu"
directory /opt/elsewhere /opt/elsewhere

echo "$programs programs built and run against an installed mpool $version"
