# tests/cli/schema.py - is what `mpool schema` prints a schema, and does it tell right from wrong?
#
#     python3 schema.py SCHEMA SOURCE         SCHEMA: what the command printed; SOURCE: the top of the source tree
#
# Prints what is wrong, a line each, and ends with 1 if there is anything. Job files are read by YAML's core schema, as
# mpool and editors do, and not by that of YAML 1.1, to which PyYAML keeps.
import glob
import json
import os
import re
import sys

import jsonschema
import yaml

SYNTAX = 'no YAML, or no UTF-8: no schema comes to be asked'
PARSER = 'YAML with something in it that mpool refuses, and other parsers take or refuse by themselves'
TEMPLATE = 'it takes to know what a template or a name stands for'
MACHINE = 'it takes to look at the machine'
RELATION = 'it takes to look at another key'
NUMBER = 'parsers give the number, and not how it is written'

# The faults in tests/cli/bad that are no matter for a schema.
BEYOND = {
    'alias': PARSER,
    'anchor': PARSER,
    'argv-program-is-not-there': MACHINE,
    'argv-with-args': RELATION,
    'bracket-without-end': SYNTAX,
    'capture-of-all-jobs': RELATION,
    'control-character': SYNTAX,
    'duplicate-key': PARSER,
    'duplicate-step': PARSER,
    'environment-unknown': TEMPLATE,
    'function-mistyped': TEMPLATE,
    'function-unknown': TEMPLATE,
    'item-is-no-path': TEMPLATE,
    'item-without-field': TEMPLATE,
    'item-without-text': TEMPLATE,
    'key-is-a-list': SYNTAX,
    'literal-braces-without-quotes': SYNTAX,
    'needs-in-a-circle': RELATION,
    'needs-what-is-not-there': RELATION,
    'nested-too-deep': SYNTAX,
    'not-utf8': SYNTAX,
    'nul-byte': SYNTAX,
    'nul-escape': PARSER,
    'numbers-that-are-not-finite': NUMBER,
    'outputs': RELATION,
    'pattern-without-quotes': SYNTAX,
    'pattern-without-quotes-in-brackets': SYNTAX,
    'pattern-without-quotes-star-only': SYNTAX,
    'program-keys-of-a-function': RELATION,
    'program-total-without-a-result': RELATION,
    'quote-without-end': SYNTAX,
    'result-in-args': TEMPLATE,
    'shell-args-is-text': RELATION,
    'shell-item-is-a-map': RELATION,
    'tab-indent': SYNTAX,
    'tag': PARSER,
    'tag-meant-as-text': PARSER,
    'template-in-items': TEMPLATE,
    'template-names-nothing': TEMPLATE,
    'template-without-each': TEMPLATE,
    'template-without-quotes-and-more': SYNTAX,
    'template-without-quotes-in-args': TEMPLATE,
    'template-without-quotes-within-a-list': SYNTAX,
    'text-begins-with-at': SYNTAX,
    'two-documents': SYNTAX,
    'variable-unknown': TEMPLATE,
    'vars-use-vars': TEMPLATE,
    'walk-root-missing': MACHINE,
    'worker-of-a-function': TEMPLATE,
    'workers-float': NUMBER,
    'workers-hexadecimal': NUMBER,
}


class CoreLoader(yaml.SafeLoader):
    """Scalars as YAML's core schema reads them: 007 is 7, and `no` is a text."""

    yaml_implicit_resolvers = {}


def construct_int(loader, node):
    text = loader.construct_scalar(node)
    base = {'0x': 16, '0o': 8}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)


def construct_float(loader, node):
    text = loader.construct_scalar(node).lower()
    return float(text.replace('.inf', 'inf').replace('.nan', 'nan'))


for tag, pattern, first in (
    ('null', r'~|null|Null|NULL|', ['~', 'n', 'N', '']),
    ('bool', r'true|True|TRUE|false|False|FALSE', list('tTfF')),
    ('int', r'[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+', list('-+0123456789')),
    ('float', r'[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)',
     list('-+.0123456789')),
):
    CoreLoader.add_implicit_resolver('tag:yaml.org,2002:' + tag, re.compile('^(?:%s)$' % pattern), first)
CoreLoader.add_constructor('tag:yaml.org,2002:int', construct_int)
CoreLoader.add_constructor('tag:yaml.org,2002:float', construct_float)


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def faults(validator, text):
    """What the schema has against a job file; None: it is no YAML."""
    try:
        document = yaml.load(text, CoreLoader)
    except (yaml.YAMLError, ValueError):
        return None
    return [fault.json_path + ': ' + fault.message[:200] for fault in validator.iter_errors(document)]


def good_files(source):
    """Job files that are right: name and text."""
    for path in glob.glob(source + '/examples/jobs/*.yaml'):
        yield path, read(path)
    for page in ('README.md', 'docs/job-file.md', 'docs/guide.md'):
        for number, block in enumerate(re.findall(r'^```yaml\n(.*?)^```', read(source + '/' + page), re.M | re.S)):
            if re.search('^mpool: 1', block, re.M):
                yield '%s, block %d' % (page, number + 1), block
    # What has every key is in a test of the command itself.
    test = read(source + '/tests/cli/goldens.sh')
    case = test[test.index('\nevery_key_of_this_build_is_accepted()'):]
    yield 'every_key_of_this_build_is_accepted', re.search(r"<<'END'\n(.*?)^END$", case, re.M | re.S).group(1)


def tables(source):
    """The keys of each table in the source that this build has: name of the table and a tuple."""
    macros = {}
    for path in glob.glob(source + '/cli/*.h'):
        macros.update(re.findall(r'^#define (\w+_KEYS) ((?:.*\\\n)*.*)', read(path), re.M))
    for path in sorted(glob.glob(source + '/cli/*.c')):
        # Those within functions are parts of others.
        for name, body in re.findall(r'^static const struct schema_key (\w+)\[\] = \{(.*?)\};', read(path), re.M | re.S):
            body = re.sub(r'\b\w+_KEYS\b', lambda macro: macros[macro.group(0)], body)
            keys = re.findall(r'\{\s*"(\w+)",\s*(\w+)', body)
            yield '%s of %s' % (name, os.path.basename(path)), tuple(
                key for key, need in keys if need != 'true')


def objects(schema):
    """The keys of each map in the schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get('properties'), dict):
            yield tuple(schema['properties'])
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def check_tables(schema, source):
    known = set(objects(schema))
    found = list(tables(source))
    if len(found) < 10:
        yield 'only %d tables of keys were found in cli/' % len(found)
    for name, keys in found:
        if keys not in known:
            yield 'no map of the schema has the keys of %s: %s' % (name, ', '.join(keys))


def check_good(validator, source):
    count = 0
    for name, text in good_files(source):
        count += 1
        found = faults(validator, text)
        if found is None:
            yield name + ' is no YAML'
        for fault in found or []:
            yield '%s is right, and the schema says %s' % (name, fault)
    if count < 6:
        yield 'only %d job files were found that are right' % count


def check_bad(validator, source):
    names = {os.path.basename(path)[:-5]: path for path in glob.glob(source + '/tests/cli/bad/*.yaml')}
    for name in sorted(set(BEYOND) - set(names)):
        yield 'there is no tests/cli/bad/%s.yaml' % name
    for name, path in sorted(names.items()):
        with open(path, 'rb') as file:
            found = faults(validator, file.read())
        if name not in BEYOND and found == []:
            yield 'bad/%s.yaml is wrong, and the schema takes it' % name
        elif name not in BEYOND and found is None:
            yield 'bad/%s.yaml is no YAML' % name
        elif name in BEYOND and found is None and BEYOND[name] not in (SYNTAX, PARSER):
            yield 'bad/%s.yaml is no YAML, and the reason given is another: %s' % (name, BEYOND[name])
        elif name in BEYOND and found is not None and BEYOND[name] == SYNTAX:
            yield 'bad/%s.yaml is YAML, and the reason given is: %s' % (name, SYNTAX)
        elif name in BEYOND and found:
            yield 'bad/%s.yaml is said to be no matter for the schema, which says %s' % (name, found[0])


def parts(schema, root):
    """The schema and all that is required or possible beside it, with references followed."""
    if '$ref' in schema:
        yield from parts(root['definitions'][schema['$ref'].rsplit('/', 1)[1]], root)
    yield schema
    for word in ('anyOf', 'allOf'):
        for part in schema.get(word, []):
            yield from parts(part, root)


def types(schema, root):
    """Names of JSON's types that a value may have."""
    found = set()
    for part in parts(schema, root):
        if 'type' in part:
            found.update([part['type']] if isinstance(part['type'], str) else part['type'])
        found.update('string' for word in part.get('enum', []))
    if 'integer' in found:
        found.add('number')
    return found or {'any'}


def values(schema, value, root, path=''):
    """Each key of the schema with a value that a document has there: the key's path, its schema, the value."""
    for part in parts(schema, root):
        if isinstance(value, list) and isinstance(part.get('items'), dict):
            for one in value:
                yield from values(part['items'], one, root, path)
        if not isinstance(value, dict):
            continue
        for name, one in value.items():
            if name in part.get('properties', {}):
                yield path + '.' + name, part['properties'][name], one
                yield from values(part['properties'][name], one, root, path + '.' + name)
            for of_any_name in part.get('patternProperties', {}).values():
                yield from values(of_any_name, one, root, path + '.*')


def every_key(schema, root, path=''):
    """The path and the schema of each key; a source within a source has the keys of a source, and is not gone into."""
    for part in parts(schema, root):
        for name, one in part.get('properties', {}).items():
            yield path + '.' + name, one
            if name not in ('product', 'zip'):
                yield from every_key(one, root, path + '.' + name)
        for of_any_name in part.get('patternProperties', {}).values():
            yield from every_key(of_any_name, root, path + '.*')
        if isinstance(part.get('items'), dict):
            yield from every_key(part['items'], root, path)


NAMES = {type(None): 'null', bool: 'boolean', int: 'number', float: 'number', str: 'string', list: 'array', dict: 'object'}


def check_types(schema, source):
    """Each key has a bad file in which its value is of a wrong type, so that there is a golden message for it."""
    wrong = set()
    for path in glob.glob(source + '/tests/cli/bad/*.yaml'):
        try:
            with open(path, 'rb') as file:
                document = yaml.load(file.read(), CoreLoader)
        except (yaml.YAMLError, ValueError):
            continue
        for key, of_key, value in values(schema, document, schema):
            if NAMES[type(value)] not in types(of_key, schema):
                wrong.add(key)
    count = 0
    for key, of_key in dict(every_key(schema, schema)).items():
        if 'any' in types(of_key, schema):
            continue
        count += 1
        if key not in wrong:
            yield 'no file in tests/cli/bad has a value of a wrong type for %s' % key
    if count < 60:
        yield 'only %d keys have a type' % count


def main():
    schema = json.loads(read(sys.argv[1]))
    source = sys.argv[2]
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong = [*check_tables(schema, source), *check_good(validator, source), *check_bad(validator, source),
             *check_types(schema, source)]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


sys.exit(main())
