#!/bin/sh
# tests/cli/schema.sh - `mpool schema`: it has every key, takes what is right, and refuses what is wrong
#
#     sh schema.sh MPOOL
. "$(dirname -- "$0")/lib.sh"

# The one that has the modules; another one may come first in PATH.
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import jsonschema, yaml' 2>/dev/null && break
done
[ "$python" != none ] || {
    echo 'skipped: python3 has no jsonschema or no yaml; ./dev setup installs both'
    exit 77
}

it_has_the_keys_of_all_tables_and_tells_right_from_wrong() {
    exits 0 "$mpool" schema
    [ ! -s err ]
    "$python" "$here/schema.py" out "$here/../.."
}

# An editor shows it next to each key.
every_key_says_what_it_is_for() {
    "$mpool" schema >schema.json
    "$python" - schema.json <<'END'
import json, sys

def undescribed(schema, path):
    if isinstance(schema, dict):
        for name, key in schema.get('properties', {}).items():
            if not key.get('description'):
                yield path + '.' + name
        for name, value in schema.items():
            yield from undescribed(value, path + '.' + name)
    elif isinstance(schema, list):
        for value in schema:
            yield from undescribed(value, path)

missing = list(undescribed(json.load(open(sys.argv[1])), ''))
print('\n'.join(missing))
sys.exit(1 if missing else 0)
END
}

it_takes_no_argument() {
    exits 2 "$mpool" schema job.yaml
    has err "mpool schema: this command takes no arguments, and here is 'job.yaml'"
}

try it_has_the_keys_of_all_tables_and_tells_right_from_wrong every_key_says_what_it_is_for it_takes_no_argument
finish
