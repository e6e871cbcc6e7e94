#!/bin/sh
# tests/lint/include_direction.sh - folders are processes, and includes go one way
#
#     base <- serialize <- ipc <- workers <- pool        cli, examples, bench, workers/functions: <mpool/...> only
#
# A library that one folder stands for is included there alone, so that it can be replaced there alone.
. "$(dirname -- "$0")/lib.sh"

files '*.c' '*.h' | xargs -r awk '
    BEGIN {
        allow("include", "mpool")
        allow("base", "mpool base")
        allow("serialize", "mpool base serialize")
        allow("ipc", "mpool base serialize ipc")
        allow("workers", "mpool base serialize ipc workers")
        allow("workers/functions", "mpool workers/functions")
        allow("pool", "mpool base serialize ipc workers pool")
        allow("cli", "mpool cli")
        allow("examples", "mpool examples")
        allow("bench", "mpool bench")
        allow("tests", "mpool base serialize ipc workers workers/functions pool cli tests")

        library["elfutils"] = "^(pool/unwind|tests/)"
        library["nng"] = "^(ipc/(channel|stream)\\.|bench/apply|tests/)"
        library["libfyaml.h"] = library["jansson.h"] = library["sqlite3.h"] = library["sodium.h"] = "^(cli|tests)/"
        library["gmp.h"] = "^(workers/functions/|cli/product\\.|tests/)"
        library["curl"] = "^examples/site_crawler"
    }

    function allow(folder, list,    i, n, word)
    {
        n = split(list, word, " ")
        for (i = 1; i <= n; i++)
            allowed[folder, word[i]] = 1
        for (i = 1; i <= n; i++)
            known[word[i]] = 1
    }

    function folder_of(path)
    {
        if (path ~ /^workers\/functions\//)
            return "workers/functions"
        sub(/\/.*/, "", path)
        return path
    }

    /^[ \t]*#[ \t]*include[ \t]*["<]/ {
        name = $0
        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", name)
        quoted = substr(name, 1, 1) == "\""
        name = substr(name, 2)
        sub(/[">].*/, "", name)
        from = folder_of(FILENAME)
        to = folder_of(name)
        at = FILENAME ":" FNR ": "

        if (name ~ /(^|\/)\.\.(\/|$)/)
            print at "\"" name "\": name the folder from the top, not from here"
        else if (to in library && FILENAME !~ library[to])
            print at "<" name ">: only files that match " library[to] " use this library"
        else if (name !~ /\// || !(to in known)) {
            if (quoted && name ~ /\// )
                print at "\"" name "\": there is no folder " to
        } else if (!((from, to) in allowed))
            print at "\"" name "\": " from "/ may not include " to "/"
    }' >"$findings"
finish "$findings"
