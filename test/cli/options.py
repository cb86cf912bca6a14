#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""options.py DECONFLICT EXAMPLES: what `options` answers holds when `check` is asked, for each reader, at any time limit.

Every option is put into its file in place of the declared operation, and that file is checked anew.  Writes TAP."""
import copy
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

program, examples = sys.argv[1], pathlib.Path(sys.argv[2])
results = []


def check(title, problems):
    problems = list(problems)
    for problem in problems[:5]:
        print('#', problem)
    results.append(not problems)
    print('not ok' if problems else 'ok', len(results), '-', title)


def run(*arguments, stdin=None):
    return subprocess.run([program, *map(str, arguments)], input=stdin, capture_output=True, text=True)


def options(*arguments, stdin=None):
    done = run('options', *arguments, '--format', 'json', stdin=stdin)
    return json.loads(done.stdout), done


def name(feature):
    p = feature['properties']
    return p['party'], p.get('operation', feature.get('id'))


def pairs(answer, *lists):
    """(party, operation) twice, for each entry of these lists."""
    return {tuple((e[s]['party'], e[s]['operation']) for s in 'ab'): e for part in lists for e in answer[part]}


def breaches(answer):
    return {(b['party'], b['operation'], b['rule'], b.get('line'), b.get('area')) for b in answer['breaches'] if not b.get('advisory')}


def after(plan, moved):
    """The file with the moved operations' features in place of the declared ones: {(party, operation): features}."""
    plan = copy.deepcopy(plan)
    plan['features'] = [f for f in plan['features'] if name(f) not in moved] + [f for new in moved.values() for f in new]
    return plan


def checked(plan, party):
    return json.loads(run('check', '-', '--format', 'json', '--for', party, stdin=json.dumps(plan)).stdout)


def moved_by(option):
    return {(part.get('party'), part['move']): part['features'] for part in [option, *option['also']]}


def problems_of_option(plan, before, option):
    """Against the answer to the whole file: no conflict with another party, none new or longer inside its own, no new breach."""
    title = f"{option['move']} {option['kind']} {json.dumps(option['change'])}"
    moved = moved_by(option)
    got = checked(after(plan, moved), option['party'])
    for pair in pairs(got, 'conflicts', 'brief'):
        if set(pair) & set(moved):
            yield f'{title}: still in conflict: {pair}'
    for pair, entry in pairs(got, 'internal').items():
        if set(pair) & set(moved):
            old = pairs(before[option['party']], 'internal').get(pair)
            if not old or entry['dwell_s'] > old['dwell_s'] + 0.001:
                yield f'{title}: a conflict inside its own party is new or longer: {pair}'
            if [pair[0][1], pair[1][1]] not in option.get('internal', []):
                yield f'{title}: a conflict inside its own party that stays is not listed: {pair}'
    for breach in breaches(got) - breaches(before[option['party']]):
        yield f'{title}: breaks {breach}'
    resolved = {(a[1], b[1]) for a, b in pairs(before[option['party']], 'conflicts') if {a, b} & set(moved)}
    if {tuple(p) for p in option['resolves']} != resolved:
        yield f"{title}: resolves {option['resolves']}, expected {sorted(resolved)}"


def is_free(plan, moved_feature, party, shift_s):
    """Is an operation of one feature without conflict when it is shifted?"""
    def later(text):
        t = datetime.datetime.fromisoformat(text.replace('Z', '+00:00')) + datetime.timedelta(seconds=shift_s)
        return t.strftime('%Y-%m-%dT%H:%M:%S.%fZ')
    feature = copy.deepcopy(moved_feature)
    p = feature['properties']
    for member in ('start', 'end'):
        if member in p:
            p[member] = later(p[member])
    if 'times' in p:
        p['times'] = [later(t) for t in p['times']]
    got = checked(after(plan, {name(feature): [feature]}), party)
    return not any(name(feature) in pair for pair in pairs(got, 'conflicts', 'brief'))


# --- the scenarios --------------------------------------------------------------------------------

files = sorted(examples.glob('*.geojson'))
for file in files:
    plan = json.loads(file.read_text())
    got, done = options(file)
    parties = {f['properties']['party'] for f in plan['features']}
    before = {p: checked(plan, p) for p in parties}
    conflicts = pairs(next(iter(before.values())), 'conflicts')
    check(f'{file.stem}: every option verifies', (p for o in got['options'] for p in problems_of_option(plan, before, o)))
    open_ = {tuple((u[s]['party'], u[s]['operation']) for s in 'ab') for u in got['unresolved']}
    having = {tuple(p) for o in got['options'] for p in o['resolves']}
    check(f'{file.stem}: every conflict has options or a reason',
          [f'{pair}' for pair in conflicts if ((pair[0][1], pair[1][1]) in having) == (pair in open_)])
    refused = any(b['refused'] for b in before.values())
    check(f'{file.stem}: status', [f'{done.returncode}'] if done.returncode != (2 if refused else 1 if open_ else 0) else [])
    for pair in conflicts:
        costs = [o['cost']['total'] for o in got['options'] if [pair[0][1], pair[1][1]] in o['resolves'] and not o.get('protected')]
        check(f'{file.stem}: best first for {pair[0][1]}', [] if costs == sorted(costs) else [f'{costs}'])
    again, _ = options(file, '--threads', '3')
    check(f'{file.stem}: the same with three threads', [] if again == got else ['not the same'])
    brute, _ = options(file, '--engine', 'brute')
    check(f'{file.stem}: the same with the other engine', [] if brute == got else ['not the same'])

# --- the third scenario, by hand: half an hour later is clear of the aircraft, not of the terminal area ------

s3 = json.loads((examples / 'one-minute-notice-2018.geojson').read_text())
note = next(f for f in s3['features'] if f['id'] == 'IL-NOTE-02')


def meets_later(seconds):
    moved = json.loads(json.dumps(note))
    for end in ('start', 'end'):
        t = datetime.datetime.fromisoformat(moved['properties'][end].replace('Z', '+00:00')) + datetime.timedelta(seconds=seconds)
        moved['properties'][end] = t.isoformat().replace('+00:00', 'Z')
    plan = dict(s3, features=[moved if f is note else f for f in s3['features']])
    return {c[s]['operation'] for c in checked(plan, 'IL')['conflicts'] for s in 'ab'} - {'IL-NOTE-02'}


check('IL-NOTE-02 34 min later', [f'{seconds} s: {meets_later(seconds)}' for seconds, left in (
    (34 * 60 - 1, {'RU-IL20-01', 'RU-TMA-01'}), (34 * 60, {'RU-TMA-01'})) if meets_later(seconds) != left])
got, _ = options(examples / 'one-minute-notice-2018.geojson', '--move', 'IL-NOTE-02')
check('and so no option', [o for o in got['options'] if o['change'].get('shift_s') == 34 * 60])

# --- the first scenario, by hand ------------------------------------------------------------------

s1 = examples / 'latakia-2015.geojson'
# What the scenario's author worked out for the others, as a planner reads it.
for operation, lines in {
        'US-AAR-01': ['US-AAR-01 at FL230-FL250 instead of FL280-FL300', 'US-AAR-01 not before 09:00:00Z'],
        'US-F16-01': ['US-F16-01 only up to FL250 instead of FL270'],
        'US-MQ1-01': ['US-MQ1-01 at FL180-FL230 instead of FL150-FL200', 'US-MQ1-01 4 h later']}.items():
    said = subprocess.run([program, 'options', str(s1), '--move', operation], capture_output=True, text=True).stdout
    check(f'{operation} as worked out by hand', [line for line in lines if line not in said])
plan = json.loads(s1.read_text())
b1 = next(f for f in plan['features'] if f['id'] == 'US-B1-01')
got, _ = options(s1, '--move', 'US-B1-01')
by_kind = {}
for o in got['options']:
    by_kind.setdefault(o['kind'], []).append(o)
check('US-B1-01 alone moves', [o['move'] for o in got['options'] if o['move'] != 'US-B1-01' or o['also']])
check('US-B1-01 96 min 12 s later', [] if [o['change'] for o in by_kind.get('delay', [])] == [{'shift_s': 5772}] else [by_kind.get('delay')])
check('US-B1-01 89 min 35 s earlier',
      [] if [o['change'] for o in by_kind.get('advance', [])] == [{'shift_s': -5375}] else [by_kind.get('advance')])
check('US-B1-01 at FL240 or FL390',
      [] if [o['change']['to']['value'] for o in by_kind.get('altitude', [])] == [240, 390] else [by_kind.get('altitude')])
check("a second less is not free", [s for s in (5771, -5374) if is_free(plan, b1, 'CO', s)])
check('what is offered is free', [s for s in (5772, -5375) if not is_free(plan, b1, 'CO', s)])


# --- the plan after the changes -------------------------------------------------------------------


def parted(collection):
    """The features as they are after the changes, and what each that changed says it was before."""
    then = [f.get('before') for f in collection['features']]
    return [{k: v for k, v in f.items() if k != 'before'} for f in collection['features']], then


def problems_of_before(written, changed):
    """What a changed feature says it was stands in the file that was read, at its place; what did not change says nothing."""
    now, then = parted(changed)
    for f, was in zip(now, then):
        same = f in written['features']
        if was is None and not same:
            yield f'{name(f)} does not say what it was'
        if was is not None and (same or was not in written['features'] or name(was) != name(f)):
            yield f'{name(f)} says it was {was}'
    gone = [f for f in written['features'] if f not in now and f not in then]
    yield from (f'{name(f)} is nowhere' for f in gone)


for file in files:
    plan = json.loads(file.read_text())
    whole, _ = options(file, '--all')
    done = run('options', file, '--all', '--format', 'geojson')
    written = json.loads(run('convert', file, '--to', 'geojson').stdout)
    changed = json.loads(done.stdout)
    check(f'{file.stem}: before and after', problems_of_before(written, changed))
    back = json.loads(run('convert', '-', '--to', 'geojson', stdin=done.stdout).stdout)
    check(f'{file.stem}: what was before stays when the file is read', [] if back == changed else ['it does not'])
    changed['features'] = parted(changed)[0]
    moved = {(o['party'], o['move']): o['features'] for o in whole['options']}
    rest = [f for f in written['features'] if name(f) not in moved]
    problems = [] if [f for f in changed['features'] if name(f) not in moved] == rest else ['what did not move is not as it was']
    problems += [] if {k: v for k, v in changed.items() if k != 'features'} == {k: v for k, v in written.items() if k != 'features'} else \
        ['what stands beside the features changed']
    for key, features in moved.items():
        problems += [] if [f for f in changed['features'] if name(f) == key] == features else [f'{key} is not as the answer says']
    left = pairs(json.loads(run('check', '-', '--format', 'json', stdin=done.stdout).stdout), 'conflicts')
    named = {tuple((u[s]['party'], u[s]['operation']) for s in 'ab') for u in whole['unresolved']}
    problems += [f'{pair} is left' for pair in set(left) ^ named]
    problems += [] if whole['plan']['conflicts_after'] == len(left) else ['the count after is another']
    problems += [] if whole['plan']['lower_bound'] <= whole['plan']['cost']['total'] + 1e-6 else ['below the bound']
    problems += [] if abs(sum(o['cost']['total'] for o in whole['options']) - whole['plan']['cost']['total']) < 0.01 else ['the sum is another']
    check(f'{file.stem}: the plan after the changes', problems)
    check(f'{file.stem}: without --all it is the same plan', [] if run('options', file, '--format', 'geojson').stdout == done.stdout else ['not'])

done = run('options', s1, '--move', 'CO/US-B1-01', '--format', 'geojson')
best = got['options'][0]
changed = json.loads(done.stdout)
check('with --move, the plan after the best option',
      [] if [f for f in parted(changed)[0] if f['id'] == 'US-B1-01'] == best['features'] else [done.stdout[:200]])
check('with --move, before and after', problems_of_before(json.loads(run('convert', s1, '--to', 'geojson').stdout), changed))
check('only what moved says what it was', [f['id'] for f in changed['features'] if ('before' in f) != (f['id'] == 'US-B1-01')])

# A second change of the same operation, and a member of that name that is somebody else's.
first = changed
older = next(f for f in first['features'] if f['id'] == 'US-B1-01')
for f in first['features']:
    if f['id'] == 'RU-CAP-01':
        f['before'] = {'not': 'ours'}
again = json.loads(run('options', '-', '--move', 'CO/US-B1-01', '--format', 'geojson', '--vertical', '9000ft',
                       stdin=json.dumps(first)).stdout)
twice = next(f for f in again['features'] if f['id'] == 'US-B1-01')
check('what was before the first change stands inside what was before the second', [] if twice['before'] == older and twice != older else [twice])
check('what does not move keeps what is not ours', [f['before'] for f in again['features'] if f['id'] == 'RU-CAP-01' and f['before'] != {'not': 'ours'}])

# --- who may know ---------------------------------------------------------------------------------


def circle(identity, party, lon, lower, upper, start, end, **more):
    return {'type': 'Feature', 'id': identity, 'geometry': {'type': 'Point', 'coordinates': [lon, 35]},
            'properties': {'party': party, 'shape': 'circle', 'radius': {'value': 5, 'unit': 'km'}, 'lower': {'value': lower, 'unit': 'FL'},
                           'upper': {'value': upper, 'unit': 'FL'}, 'start': f'2015-09-20T{start}Z', 'end': f'2015-09-20T{end}Z', **more}}


def world(*features, **more):
    return json.dumps({'type': 'FeatureCollection', 'deconflict': 1, **more, 'features': features})


# A and B meet; later at the same place, and above, is what C keeps from A.
secret = world(circle('A1', 'A', 36, 100, 120, '06:00:00', '07:00:00'), circle('B1', 'B', 36, 100, 120, '06:30:00', '07:30:00'),
               circle('HIDDEN', 'C', 36, 90, 200, '07:30:00', '09:00:00', disclosed_to=['B']),
               circle('HIDDEN2', 'C', 36.05, 130, 200, '05:00:00', '07:00:00', disclosed_to=[]))
for reader, sees in (('A', False), ('B', True), ('C', True)):
    for form in (['--format', 'json'], ['--format', 'text'], ['--format', 'geojson', '--move', 'A1']):
        done = run('options', '-', '--for', reader, *form, stdin=secret)
        hidden = ['HIDDEN2'] if reader == 'B' else ['HIDDEN', 'HIDDEN2'] if reader == 'A' else []
        check(f'{reader} reads {form[1]}: nothing of what it may not know',
              [h for h in hidden if f'{h}"' in done.stdout or f'{h} ' in done.stdout or done.returncode > 1])
everything, _ = options('-', stdin=secret)
for reader in 'AB':
    for_reader, _ = options('-', '--for', reader, stdin=secret)
    plan = json.loads(secret)
    before = {p: checked(plan, p) for p in 'ABC'}
    check(f'what {reader} is offered is free of what it may not know',
          (p for o in for_reader['options'] for p in problems_of_option(plan, before, o) if 'resolves' not in p))
    check(f'{reader} is offered something', [] if for_reader['options'] else ['nothing'])
with tempfile.TemporaryDirectory() as folder:
    page = pathlib.Path(folder) / 'page.html'
    run('options', '-', '--for', 'A', '--report', page, stdin=secret)
    check("the reader's page", [h for h in ('HIDDEN',) if h in page.read_text()] if page.exists() else ['there is none'])
# Where only what it may not know is in the way, the reader is not told what.
walls = json.loads(world(circle('A1', 'A', 36, 100, 120, '06:00:00', '07:00:00'),
                         circle('B1', 'B', 36, 100, 120, '06:30:00', '07:30:00', limits={'movable': False}),
                         circle('HIDDEN', 'C', 36, 10, 600, '00:00:00', '23:59:00', disclosed_to=['B'])))
walls['features'][2]['properties']['radius']['value'] = 900
got, done = options('-', '--for', 'A', '--max-delay', '4h', '--max-advance', '4h', stdin=json.dumps(walls))
check('a wall that is not disclosed', [done.stdout[:400]] if got['options'] or len(got['unresolved']) != 1 or 'HIDDEN' in done.stdout or
      '"C"' in done.stdout or 'C/' in done.stdout else [])
# Nor does a count or a longer name tell of it: A1 is the only A1 that A may know of.
twins = json.loads(secret)
twins['features'][2]['id'] = 'A1'
text = run('options', '-', '--for', 'A', stdin=json.dumps(twins)).stdout
check('neither its number nor its name', [text] if '3 operations' in text or '4 operations' in text or 'A/A1 1' in text or ' A1 ' not in text or 'C' in text.split('Cost is')[0] else [])
check('no operation is named that is not disclosed',
      [] if run('options', '-', '--for', 'A', '--move', 'HIDDEN', stdin=secret).returncode == 2 else ['it is'])

# --- limits ---------------------------------------------------------------------------------------

fixed = {'limits': {'movable': False}}
two = (circle('A1', 'A', 36, 100, 120, '06:00:00', '07:00:00'), circle('B1', 'B', 36, 100, 120, '06:30:00', '07:30:00'))
stuck = json.loads(world(*two))
for f in stuck['features']:
    f['properties'].update(fixed)
got, done = options('-', stdin=json.dumps(stuck))
check('nobody may be moved', [] if not got['options'] and len(got['unresolved']) == 1 and done.returncode == 1 else [done.stdout])
got, done = options('-', '--all', stdin=json.dumps(stuck))
check('nobody may be moved in a whole plan',
      [] if not got['options'] and len(got['unresolved']) == 1 and got['plan']['conflicts_after'] == 1 and done.returncode == 1 else [done.stdout])
stuck['features'][1]['properties'].pop('limits')
got, done = options('-', stdin=json.dumps(stuck))
check('only the other one moves', [o['move'] for o in got['options'] if o['move'] != 'B1' or o['also']] if got['options'] else ['nothing'])
got, _ = options('-', '--max-delay', '10min', '--max-advance', '0', '--max-detour', '0', '--levels', 'FL100..FL125', stdin=world(*two))
check('what is asked for on the command line', [o['kind'] for o in got['options'] if o['kind'] in ('delay', 'advance', 'altitude', 'reroute')])
parties = [{'id': 'A', 'limits': {'max_delay_s': 2000, 'max_advance_s': 0}}, {'id': 'B', 'limits': {'movable': False}}]
got, _ = options('-', stdin=world(*two, parties=parties))
check("a party's limits", [o for o in got['options'] if o['party'] == 'B' or o['also'] or abs(o['change'].get('shift_s', 0)) > 2000])
metres = {'lowest': {'value': 1000, 'unit': 'm', 'ref': 'MSL'}}
for where in ('party', 'feature'):
    odd = json.loads(world(*two, parties=[{'id': 'A', 'limits': metres if where == 'party' else {}}, {'id': 'B', 'limits': {'movable': False}}]))
    if where == 'feature':
        odd['features'][0]['properties']['limits'] = metres
    got, _ = options('-', stdin=json.dumps(odd))
    levels = [c for o in got['options'] for c in [o['change'], *o['change'].get('changes', [])] if {'to', 'lower', 'upper'} & c.keys()]
    check(f'no level in a reference that cannot be compared: {where}', levels if got['options'] else ['nothing'])
    got, _ = options('-', '--all', '--max-delay', '1min', '--max-advance', '1min', stdin=json.dumps(odd))
    levels = [o['change'] for o in got['options'] if {'to', 'lower', 'upper'} & o['change'].keys()]
    check(f'nor in a whole plan: {where}', levels)
protected = json.loads(world(*two))
protected['features'][0]['properties']['protected'] = True
got, _ = options('-', stdin=json.dumps(protected))
flags = [o.get('protected', False) for o in got['options']]
check('the protected one is asked last', [] if flags == sorted(flags) and not flags[0] else [f'{flags}'])
check('and is marked', [o['move'] for o in got['options'] if ('A1' in (o['move'], *(a['move'] for a in o['also']))) != o.get('protected', False)])
heavy, _ = options('-', '--weights', 'delay=0.001,altitude=100', '--move', 'A1', stdin=world(*two))
check('weights', [] if heavy['options'][0]['kind'] in ('delay', 'advance') else [heavy['options'][0]['kind']])
agreed, _ = options('-', '--move', 'A1', stdin=world(*two, agreement={'costs': {'delay_s': 0.001, 'altitude_ft': 100}}))
check('costs of the agreement', [] if agreed['options'] == heavy['options'] else ['another answer than with the same weights'])

# --- time -----------------------------------------------------------------------------------------

got, done = options(s1, '--time-limit', '0s')
check('a time limit of nothing', [] if got.get('stopped') and len(got['options']) + len(got['unresolved']) and done.returncode in (0, 1) else [done.stdout[:300]])
check('the notice says so', [] if 'Time was up' in got['notice'] else [got['notice']])
check('the text says so', [] if 'TIME WAS UP' in run('options', s1, '--time-limit', '0s').stdout else ['it does not'])
got, done = options(s1, '--all', '--time-limit', '0s')
check('a whole plan in no time', [] if got.get('stopped') and got['plan']['stopped'] else [done.stdout[-300:]])
got, _ = options(s1, '--time-limit', '1h')
check('an hour is enough', [] if 'stopped' not in got and got['options'] == options(s1)[0]['options'] else ['it is not'])
one, two_ = (options(s1, '--all', '--seed', '7', '--effort', '50')[0] for _ in range(2))
check('the same seed, the same plan', [] if one == two_ else ['another plan'])

print(f'1..{len(results)}')
sys.exit(not all(results))
