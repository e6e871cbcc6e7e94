# tests/lint/shell.awk - finds habits from bash in a script for /bin/sh

function found(what)
{
    print FILENAME ":" FNR ": " what
}

FNR == 1 && !/^#!\/bin\/sh$/ && !/sourced, never run$/ { found("begins with something else than #!/bin/sh") }

/^ *#/ { next }

/(^|[ ;])\[\[ /                              { found("[[ is not POSIX: use [ or case") }
/^ *function [A-Za-z_]+ *(\(\))? *({|$)/     { found("the word `function` is not POSIX") }
/(^|[ ;])(source|declare|typeset) /          { found($1 " is not POSIX") }
/[ =]<\(/                                    { found("<( is not POSIX: use a pipe or a file") }
/set -o pipefail/                            { found("pipefail is not POSIX") }
