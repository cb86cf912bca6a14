#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""schema.py DECONFLICT SCHEMAS EXAMPLES: examples and answers keep to the schemas, and the schemas are not empty words.

Writes TAP."""
import copy
import json
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator

program, schemas, examples = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
results = []


def check(title, problems):
    problems = list(problems)
    for problem in problems[:5]:
        print('#', problem)
    results.append(not problems)
    print('not ok' if problems else 'ok', len(results), '-', title)


def problems_of(validator, value):
    return [f'{e.json_path}: {e.message}' for e in validator.iter_errors(value)]


def answer(*arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    return json.loads(done.stdout)


def ordered(answer_, order=None):
    order = order or ['deconflict', 'version', 'conflicts', 'brief', 'advisories', 'internal', 'breaches', 'refused', 'warnings', 'assumed',
             'summary', 'since', 'notice']
    names = list(answer_)
    return [] if names == [n for n in order if n in names] else [f'members stand as {names}']


OPTIONS = ['deconflict', 'version', 'options', 'unresolved', 'stopped', 'plan', 'notice']
OPTION = ['party', 'move', 'resolves', 'kind', 'change', 'also', 'cost', 'margin', 'verified', 'protected', 'internal', 'features', 'feature']
PLAN = ['cost', 'lower_bound', 'parties', 'conflicts_before', 'conflicts_after', 'seed', 'steps', 'stopped', 'share_kept']


def problems_of_options(got):
    """Of the whole answer, the order of its members, and the features as those of an operations file."""
    features = [f for o in got['options'] for part in [o, *o['also']] for f in part['features']]
    problems = problems_of(validators['options'], got) + ordered(got, OPTIONS) + ordered(got.get('plan', {}), PLAN)
    for option in got['options']:
        problems += ordered(option, OPTION)
        problems += [] if option['feature'] == option['features'][0] else ['feature is not the first of features']
    return problems + problems_of(validators['operations'], {'type': 'FeatureCollection', 'features': features})


def changed(value, path, new):
    """A copy of `value` with the member at `path` replaced, or removed when `new` is KeyError."""
    value = copy.deepcopy(value)
    at = value
    for step in path[:-1]:
        at = at[step]
    if new is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return value


validators = {}
for path in sorted(schemas.glob('*.schema.json')):
    schema = json.loads(path.read_text())
    problems = []
    try:
        Draft202012Validator.check_schema(schema)
    except Exception as error:
        problems.append(error)
    check(f'{path.name} is a schema', problems)
    validators[path.name.split('.')[0]] = Draft202012Validator(schema)

files = sorted(examples.glob('*.geojson'))
for file in files:
    check(f'{file.name} keeps to the schema', problems_of(validators['operations'], json.loads(file.read_text())))
    got = answer('check', file, '--format', 'json', '--since', files[0])
    check(f'the answer to {file.name} keeps to the schema', problems_of(validators['check'], got) + ordered(got))
    for more in ([], ['--all', '--time-limit', '20s']):
        got = answer('options', file, '--format', 'json', *more)
        check(f'options {file.name} {" ".join(more)} keep to the schema', problems_of_options(got))
    written = answer('convert', file, '--to', 'geojson')
    check(f'{file.name} written again keeps to the schema', problems_of(validators['operations'], written))

plan = json.loads((examples / 'latakia-2015.geojson').read_text())
first = ('features', 0, 'properties')
for title, path, new in (
        ('another version', ('deconflict',), 2),
        ('an altitude without reference', (*first, 'lower', 'ref'), KeyError),
        ('an unknown unit', (*first, 'lower', 'unit'), 'yd'),
        ('a time without zone', (*first, 'start'), '2015-09-20T06:00:00'),
        ('an unknown shape', (*first, 'shape'), 'blob'),
        ('a corridor without width', (*first, 'half_width'), KeyError),
        ('a longitude out of range', ('features', 0, 'geometry', 'coordinates', 0, 0), 181),
        ('a feature without party', (*first, 'party'), KeyError)):
    found = problems_of(validators['operations'], changed(plan, path, new))
    check(f'the schema finds {title}', [] if found else ['it does not'])

river = json.loads((examples / 'river-line.geojson').read_text())
for title, path, new in (
        ('an unknown rule of an area', ('agreement', 'areas', 0, 'properties', 'rule'), 'no_fly'),
        ('an area without rule', ('agreement', 'areas', 0, 'properties', 'rule'), KeyError),
        ('a notice that is no number', ('agreement', 'notice_min', '*'), '15 min')):
    found = problems_of(validators['operations'], changed(river, path, new))
    check(f'the schema finds {title}', [] if found else ['it does not'])

got = answer('check', examples / 'latakia-2015.geojson', '--format', 'json')
for title, path, new in (
        ('a missing notice', ('notice',), KeyError),
        ('a notice that says something else', ('notice',), 'All clear. '),
        ('a time without milliseconds', ('conflicts', 0, 'start'), '2015-09-20T06:00:00Z'),
        ('a brief one among conflicts', ('conflicts', 0, 'class'), 'brief')):
    found = problems_of(validators['check'], changed(got, path, new))
    check(f'the schema finds {title}', [] if found else ['it does not'])

got = answer('options', examples / 'latakia-2015.geojson', '--format', 'json')
for title, path, new in (
        ('a notice that is no proposal', ('notice',), 'Fly.'),
        ('an option that was not verified', ('options', 0, 'verified'), False),
        ('an option without margin', ('options', 0, 'margin'), KeyError),
        ('a kind of its own', ('options', 0, 'kind'), 'vanish'),
        ('a change that says nothing', ('options', 0, 'change'), {}),
        ('one alone that is joint', ('options', 0, 'kind'), 'joint')):
    found = problems_of(validators['options'], changed(got, path, new))
    check(f'the schema finds {title}', [] if found else ['it does not'])

for words in (['35.4011', '35.9487', '--places', examples / 'latakia-2015.geojson'], ['-89.9', '10.5'],
              ['36SYE6721', '--altitude', 'FL180-UNL', '--qnh', 'Q1008', '--time', '171255CSEP16'], ['--altitude', '500FT AGL'],
              ['35.5N', '36.5E', 'SK-42']):
    got = answer('position', *words, '--format', 'json')
    check(f'the answer to position {words[0]} keeps to the schema', problems_of(validators['position'], got))
    for title, path, new in (('no check-words', ('check_words',), KeyError), ('other check-words', ('check_words',), '12 34'),
                             ('warnings that are no list', ('warnings',), 'none')):
        found = problems_of(validators['position'], changed(got, path, new))
        check(f'the schema finds {title} of {words[0]}', [] if found else ['it does not'])

if b'  bench ' in subprocess.run([program, 'help'], capture_output=True).stdout:
    got = answer('bench', 'A', '--n', '300', '--runs', '1', '--format', 'json')
    check('the answer of bench keeps to the schema', problems_of(validators['bench'], got))

print(f'1..{len(results)}')
sys.exit(not all(results))
