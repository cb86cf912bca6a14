#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document against the program and the schemas.  Writes TAP.

    openapi.py DECONFLICT SOURCE_ROOT            tests
    openapi.py --embed SOURCE_ROOT               puts data/schema/*.schema.json into the document again"""
import json
import pathlib
import re
import sys

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from api_kit import Document, Node, collection, expect, make, path_of, run_tests, test
from jsonschema import Draft202012Validator

EMBEDDED = {'Check': 'check', 'Options': 'options', 'Operations': 'operations'}
root = pathlib.Path(sys.argv[2])
path = root / 'data' / 'openapi.json'


def schema_file(name):
    return json.loads((root / 'data' / 'schema' / f'{name}.schema.json').read_text(encoding='utf-8'))


def lines_of(value, depth=0):
    """JSON with what fits on one line on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + depth <= 130 or not isinstance(value, (dict, list)) or not value:
        return flat
    items = [f'{json.dumps(k)}: {lines_of(v, depth + 1)}' for k, v in value.items()] if isinstance(value, dict) else \
            [lines_of(v, depth + 1) for v in value]
    begin, end = '{}' if isinstance(value, dict) else '[]'
    pad = ' ' * depth
    return begin + '\n' + ',\n'.join(f'{pad} {i}' for i in items) + f'\n{pad}{end}'


if sys.argv[1] == '--embed':
    whole = json.loads(path.read_text(encoding='utf-8'))
    whole['components']['schemas'] |= {n: schema_file(f) for n, f in EMBEDDED.items()}
    path.write_text(lines_of(whole) + '\n', encoding='utf-8')
    sys.exit()

document = Document(path)
doc = document.doc


def routes():
    """(method, pattern, scope) of the table in the program's source."""
    text = (root / 'src' / 'node' / 'api_routes.c').read_text(encoding='utf-8')
    names = {'READ': 'deconflict.read', 'DECLARE': 'deconflict.declare', 'ADMIN': 'deconflict.admin', 'LINE': 'deconflict.line', 'PUBLIC': None}
    rows = re.findall(r'\{ DCF_HTTP_(\w+), "([^"]+)", (\w+),', text)
    expect(len(rows) == text.count('{ DCF_HTTP_'), 'a row of the table is not understood')
    return {(m.lower(), p.replace('...}', '}')): names[s] for m, p, s in rows}


def operations():
    return {(m, p): o for p, item in doc['paths'].items() for m, o in item.items()}


def every(value, at=''):
    yield at, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for k, v in items:
        yield from every(v, f'{at}/{k}')


@test
def paths_and_scopes_are_the_programs():
    table = routes()
    expect(set(table) == set(operations()), set(table) ^ set(operations()))
    for key, o in operations().items():
        wanted = [{'bearer': [table[key]]}] if table[key] else []
        expect(o['security'] == wanted, key, o['security'], wanted)


@test
def the_running_program_says_the_same():
    with Node(sys.argv[1], document) as node:
        served = node.ask('GET', '/openapi.json')
        expect(served.json() == doc, 'the program was built with another document')
        make(node)
        for template, item in doc['paths'].items():
            target = template.replace('{path}', '0/000.p/1').replace('{position}', '0').replace('{event}', 'activate')
            target = target.replace('{party}', 'CO').replace('{operation}', 'X').replace('{id}', 'X').replace('{way}', 'in').replace('{n}', '1')
            # The document's methods are held against Allow in every reply.
            node.ask('OPTIONS', target)
            for method in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'):
                if template == '/v1/events' and method in ('GET', 'HEAD'):
                    continue
                reply = node.ask(method, target, 'admin')
                known = method.lower() in item or (method == 'HEAD' and 'get' in item)
                expect(known == (reply.status not in (405, 501)) or (template == '/healthy' and reply.status == 404), method, target, reply.status)
                bare = node.ask(method, target)
                expect(not known or (bare.status == 401) == (routes()[('get' if method == 'HEAD' else method.lower(), template)] is not None),
                       method, target, bare.status)
        for target in ('/', '/v1', '/v1/', '/v2/node', '/v1/operations/CO', '/tile', '/v1/record', path_of('CO', 'X') + '/events'):
            expect(node.ask('GET', target, 'admin').status == 404, target)


@test
def schemas_of_files_are_embedded_unchanged():
    for name, file in EMBEDDED.items():
        expect(doc['components']['schemas'][name] == schema_file(file), name, 'differs from', file, '(openapi.py --embed puts it right)')


@test
def the_document_is_whole():
    expect(doc['openapi'].startswith('3.1.'), doc['openapi'])
    components = doc['components']
    ids = [o['operationId'] for o in operations().values()]
    expect(len(ids) == len(set(ids)), 'operationIds twice')
    used = set()
    for where, value in every({k: v for k, v in doc.items()}):
        if isinstance(value, dict) and isinstance(value.get('$ref'), str):
            ref = value['$ref']
            if '/schemas/Operations/' in where or '/schemas/Check/' in where or '/schemas/Options/' in where:
                continue  # inside a schema with an $id of its own
            used.add(ref.split('/$defs')[0])
            document.resolver.resolve(ref if ref.startswith('http') else document.BASE + ref)
    kinds = ('parameters', 'headers', 'responses', 'schemas')
    unused = {f'#/components/{k}/{n}' for k in kinds for n in components[k]} - used - {'#/components/schemas/EventName', '#/components/schemas/Event',
                                                                                    '#/components/responses/MethodNotAllowed'}
    expect(not unused, 'nothing uses', unused)
    for name, schema in components['schemas'].items():
        Draft202012Validator.check_schema(schema)
    for (method, template), o in operations().items():
        given = [document.follow(p) for p in o.get('parameters', [])]
        in_path = {p['name'] for p in given if p['in'] == 'path'}
        expect(in_path == set(re.findall(r'\{(\w+)\}', template)), method, template, in_path)
        expect(o.get('summary') and all(document.follow(r).get('description') for r in o['responses'].values()), method, template)
        expect(('requestBody' in o) == (method in ('post', 'put') and '{event}' not in template), method, template)


@test
def examples_keep_to_their_schemas():
    count = 0
    for where, value in every(doc['paths']):
        if isinstance(value, dict) and 'example' in value and 'schema' in value:
            document.check(value['schema'], value['example'], where)
            count += 1
    for name, p in doc['components']['parameters'].items():
        if 'example' in p:
            document.check(p['schema'], p['example'], name)
            count += 1
    expect(count > 25, count)
    # And schemas refuse what is wrong.
    bad = collection() | {'deconflict': 2}
    expect(document.problems({'$ref': '#/components/schemas/Operations'}, bad), 'the schema of operations takes anything')
    good = next(v['example'] for w, v in every(doc['paths']) if isinstance(v, dict) and 'example' in v and 'operations' in v['example'])
    whole = {'$ref': '#/components/schemas/OperationList'}
    expect(not document.problems(whole, {'operations': good['operations'], 'next': None}), 'a good list is refused')
    for change in ({'extra': 1}, {'state': 'APPROVED'}, {'etag': '17'}, {'position': -1}):
        expect(document.problems(whole, {'operations': [good['operations'][0] | change], 'next': None}), change)
    event = {'position': 3, 'at_us': 5} | good['operations'][0]
    for data, sound in ((event, True), ({'position': 3, 'at_us': 5}, True), (event | {'note': ''}, False), ({'at_us': 5, 'position': 3, 'party': 'CO'}, False)):
        expect(sound == (not document.problems({'$ref': '#/components/schemas/Event'}, data)), data)


@test
def every_kind_of_problem_is_named():
    kinds = set()
    for source in (root / 'src' / 'node').glob('*.c'):
        text = source.read_text(encoding='utf-8')
        kinds |= set(re.findall(r'\b(?:dcf_http_problem|dcf_http_problem_at|deny|refuse_and_close)\(\s*&?[\w>-]+(?:\.\w+)?,\s*\d{3},\s*"([a-z-]+)"', text))
        kinds |= set(re.findall(r'\[DCF_OBJECT_\w+\] = \{ \d{3}, "([a-z-]+)"', text))
    named = {k.removeprefix('/problems/') for k in doc['components']['schemas']['Problem']['properties']['type']['enum']}
    expect(len(kinds) > 20 and kinds - {'condition-required'} <= named, kinds - named)


run_tests()
