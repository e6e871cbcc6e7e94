# tests/docs/keys.py - is every key that `mpool schema` knows in the pages about job files?
#
#     python3 keys.py SCHEMA JOB-FILE.md MPOOL-JOB.5
#
# In the page it has to be code, alone or before a colon; in the manual page bold. Prints what is missing, a line each.
import json
import re
import sys


def keys(schema):
    """Each key with what its map is called: the key that it is behind."""
    if isinstance(schema, dict):
        for name, value in schema.get('properties', {}).items():
            yield name
            yield from keys(value)
        for name, value in schema.items():
            if name != 'properties':
                yield from keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys(value)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def code(page):
    """What is code in a page of Markdown: blocks of YAML, and within lines."""
    blocks = re.findall(r'^```yaml\n(.*?)^```', page, re.M | re.S)
    rest = re.sub(r'^```.*?^```', '', page, flags=re.M | re.S)
    return '\n'.join(blocks + re.findall(r'`([^`]+)`', rest))


def bold(page):
    """What is bold in a manual page: whole lines, and every other word of .BR and .BI."""
    words = re.findall(r'^\.B (.*)', page, re.M)
    for line in re.findall(r'^\.B[RI] (.*)', page, re.M):
        words += re.findall(r'"[^"]*"|\S+', line)[::2]
    return '\n'.join(word.strip('"') for word in words)


def main():
    names = sorted(set(keys(json.loads(read(sys.argv[1])))))
    if len(names) < 60:
        print('only %d keys were found in the schema' % len(names))
    for path, marked in ((sys.argv[2], code), (sys.argv[3], bold)):
        text = marked(read(path))
        for name in names:
            if not re.search(r'(?<![\w.-])%s(:|$)' % name, text, re.M):
                print('%s says nothing of the key "%s"' % (path, name))


main()
