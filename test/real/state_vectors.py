#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""state_vectors.py DECONFLICT: `check` on state vectors, against brute_state_vectors.py.

On the made-up rows beside this file, on random traffic, and on the real day of Swiss airspace where the environment's
DECONFLICT_SHARED names the folder of shared data.  An answer made false on purpose must be found out.  Writes TAP."""
import copy
import gzip
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

program = os.path.abspath(sys.argv[1])
here = pathlib.Path(__file__).absolute().parent
made_up = here / 'state-vectors.csv'
real = pathlib.Path(os.environ.get('DECONFLICT_SHARED', '/nowhere')) / 'data/traffic/statevectors/switzerland_2018-08-01.csv.gz'
tests = []


def test(function):
    tests.append(function)
    return function


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def check(path, party='callsign:3', lateral=5, vertical=1000):
    begin = time.monotonic()
    done = subprocess.run([program, 'check', str(path), '--party', party, '--lateral', f'{lateral}NM', '--vertical',
                           f'{vertical}ft', '--format', 'json'], capture_output=True, text=True)
    answer = json.loads(done.stdout)
    expect(done.returncode == (1 if answer['conflicts'] else 0), f'status {done.returncode}: {done.stderr}')
    print(f'# {path.name}: {len(answer["conflicts"])} conflicts in {time.monotonic() - begin:.2f} s')
    return answer


def brute(path, answer, party='callsign:3', lateral=5, vertical=1000):
    return subprocess.run([sys.executable, here / 'brute_state_vectors.py', path, '-', '--party', party, '--lateral-nm',
                           str(lateral), '--vertical-ft', str(vertical)], input=json.dumps(answer), capture_output=True,
                          text=True)


def agree(path, **options):
    answer = check(path, **options)
    done = brute(path, answer, **options)
    for line in done.stdout.splitlines()[:40]:
        print('#', line)
    expect(done.returncode == 0, done.stderr or 'the two do not agree')
    return answer


@test
def made_up_rows():
    answer = agree(made_up)
    expect(len(answer['conflicts']) == 24, len(answer['conflicts']))
    lone = [w for w in answer['warnings'] if w['operation'] == 'abc001-3']
    expect(len(answer['warnings']) == len(lone) == 1 and 'one row by itself' in lone[0]['text'], answer['warnings'])


@test
def made_up_rows_with_other_minima_and_parties():
    for options in ({'lateral': 0.5, 'vertical': 300}, {'lateral': 20, 'vertical': 2000}, {'party': 'column:icao24'},
                    {'party': 'callsign:1'}):
        expect(agree(made_up, **options)['conflicts'], options)
    expect(not agree(made_up, party='SWISS')['conflicts'], 'conflicts within one party')


def falsified(answer):
    """Answers that are wrong in one thing each."""
    for change in ('drop', 'repeat inside out', 'shift', 'lengthen', 'lateral', 'vertical', 'exact'):
        wrong = copy.deepcopy(answer)
        first = next(c for c in wrong['conflicts'] if 'intervals' not in c)
        if change == 'drop':
            wrong['conflicts'].remove(first)
        elif change == 'repeat inside out':
            wrong['conflicts'].append({**first, 'a': first['b'], 'b': first['a']})
        elif change == 'shift':
            first['start'] = first['start'][:17] + f'{(int(first["start"][17:19]) + 1) % 60:02}' + first['start'][19:]
        elif change == 'lengthen':
            first['end'] = first['end'][:14] + '59' + first['end'][16:]
        elif change == 'lateral':
            first['lateral_gap_m'] += 3
        elif change == 'vertical':
            first['vertical_gap_ft'][0] += 1
        else:  # two flights exactly a thousand feet apart
            wrong['conflicts'].append({**first, 'a': {'party': 'AAA', 'operation': 'aaa001-1'},
                                       'b': {'party': 'DDD', 'operation': 'ddd001-1'}})
        yield change, wrong


@test
def false_answers_are_found_out():
    answer, count = check(made_up), 0
    for change, wrong in falsified(answer):
        done = brute(made_up, wrong)
        expect(done.returncode == 1 and 'disagrees: ' in done.stdout, f'{change}: {done.stdout}{done.stderr}')
        count += 1
    expect(count == 7, count)


def flight(rng, number):
    """Rows of a flight through a small and busy airspace: turns, climbs, silences, rows without a place or twice."""
    t, lat, lon, feet = rng.uniform(0, 1200), rng.uniform(46, 47), rng.uniform(7, 8.5), 1000.0 * rng.randint(20, 40)
    north, east, climb = (rng.uniform(-0.002, 0.002) for _ in range(3))
    name = rng.choice(('AAA', 'BBB', 'CCC', 'DDD', '')) and f'{rng.choice(("AAA", "BBB", "CCC", "DDD"))}{number}'
    for _ in range(rng.randint(1, 60)):
        place = f'{lat:.6f},{lon:.6f},{feet:.1f}' if rng.random() < 0.97 else rng.choice((',,30000', '46.5,7.5,', '46.5,,1'))
        yield f'{1600000000 + t:.2f},{number:06x},{name if rng.random() < 0.98 else ""},{place}'
        if rng.random() < 0.02:
            yield f'{1600000000 + t:.2f},{number:06x},{name},46.5,7.5,30000'
        step = rng.choice((1, 5, 10, 10, 10, 10, 20, 60)) if rng.random() < 0.97 else rng.uniform(60, 200)
        if rng.random() < 0.2:
            north, east = rng.uniform(-0.002, 0.002), rng.uniform(-0.003, 0.003)
        if rng.random() < 0.2:
            climb = rng.choice((0, 0, 25, -25, 8.3, -50))
        t, lat, lon, feet = t + step, lat + north * step, lon + east * step, max(feet + climb * min(step, 20), 1000)


@test
def random_traffic():
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, 5):
            rng = random.Random(seed)
            rows = [row for number in range(1, 241) for row in flight(rng, number)]
            rng.shuffle(rows)
            text = 't_unix_s,icao24,callsign,lat_deg,lon_deg,baro_alt_ft\n' + '\n'.join(rows) + '\n'
            path = pathlib.Path(folder) / f'{seed}.csv.gz'
            path.write_bytes(gzip.compress(text.encode()))
            answer = agree(path, lateral=rng.choice((1, 3, 5)), vertical=rng.choice((300, 1000, 2000)))
            expect(len(answer['conflicts']) > 20, f'seed {seed}: {len(answer["conflicts"])} conflicts prove little')


@test
def a_real_day():
    if not real.exists():
        return 'SKIP no shared data: DECONFLICT_SHARED'
    expect(len(agree(real)['conflicts']) == 152, 'another number of conflicts')
    return None


print(f'1..{len(tests)}')
bad = False
for number, function in enumerate(tests, 1):
    try:
        skipped = function()
        print('ok', number, '-', function.__name__, f'# {skipped}' if skipped else '')
    except Exception as error:
        print('#', type(error).__name__, str(error)[:500].replace('\n', '\n# '))
        print('not ok', number, '-', function.__name__)
        bad = True
sys.exit(bad)
