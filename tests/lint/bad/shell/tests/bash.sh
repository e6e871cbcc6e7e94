#!/bin/bash
set -o pipefail
function sample {
    declare -a list
}
if [[ -f x ]]; then
    cat <x
fi
