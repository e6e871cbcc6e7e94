#!/bin/sh
# [[ in a comment
awk 'function twice(x) { return 2 * x }
    { print twice($1) }'
