#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""examples.py ROOT DIR DECONFLICT: run the example programs in DIR and look at what they print.  Writes TAP."""
import json
import pathlib
import subprocess
import sys
import tempfile

root, programs, deconflict = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
tests = []


def test(function):
    tests.append(function)
    return function


def run(name, *arguments):
    return subprocess.run([programs / name, *map(str, arguments)], capture_output=True, text=True)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


@test
def two_files_give_what_the_command_gives():
    whole = json.loads((root / 'examples/latakia-2015.geojson').read_text())
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for party in ('CO', 'RU'):
            part = dict(whole, features=[f for f in whole['features'] if f['properties']['party'] == party])
            files.append(pathlib.Path(folder) / f'{party}.geojson')
            files[-1].write_text(json.dumps(part))
        done = run('check-two-files', *files)
        answer = json.loads(subprocess.run([deconflict, 'check', *files, '--format', 'json'], capture_output=True).stdout)
    expect(done.returncode == 1, f'status {done.returncode}: {done.stderr}')
    lines = done.stdout.splitlines()
    expect(len(lines) == len(answer['conflicts']) + 1 == 5, done.stdout)
    for line, c in zip(lines, answer['conflicts']):
        for part in (c['class'], c['a']['operation'], c['b']['operation'], c['start'], c['end'], f"{c['lateral_gap_m']:.1f} m"):
            expect(part in line, f'{part!r} is not in {line!r}')
    expect(lines[-1] == answer['notice'], lines[-1])


@test
def the_best_way_out_is_that_of_the_command():
    example = root / 'examples/latakia-2015.geojson'
    done = run('ways-out', example)
    options = json.loads(subprocess.run([deconflict, 'options', example, '--format', 'json'], capture_output=True).stdout)
    expect(done.returncode == 0, f'status {done.returncode}: {done.stderr}')
    lines = done.stdout.splitlines()
    expect(len(lines) == 5 and lines[-1] == options['notice'], done.stdout)
    for line in lines[:-1]:
        a, b = line.split(':')[0].split(' against ')
        best = next(o for o in options['options'] if [a, b] in o['resolves'] and (not o['also'] or {o['move'], o['also'][0]['move']} == {a, b}))
        expect(f"({best['kind']}, cost {best['cost']['total']:.0f}," in line, f'{line!r}: {best["kind"]} {best["cost"]}')


@test
def the_reader_of_ways_out_must_be_a_party():
    done = run('ways-out', root / 'examples/latakia-2015.geojson', 'XX')
    expect(done.returncode == 3 and done.stderr.startswith('ways-out: '), f'{done.returncode}: {done.stderr}')


@test
def a_file_that_is_no_input_is_status_2():
    with tempfile.NamedTemporaryFile('w', suffix='.geojson') as bad:
        bad.write('{"type": "FeatureCollection", "features": [')
        bad.flush()
        done = run('check-two-files', root / 'examples/latakia-2015.geojson', bad.name)
    expect(done.returncode == 2 and 'refused: ' in done.stderr, f'{done.returncode}: {done.stderr}')
    expect('overlap: CO/US-B1-01' in done.stdout, 'the good file is still checked')


@test
def head_on_aircraft_meet():
    # One degree of longitude on the equator is 60.11 NM (111,319.49 m); at 960 kt together 225.4 s.
    done = run('nearest-miss', 0, 0, 35000, 90, 480, 0, 0, 1, 35500, 270, 480, 0)
    expect(done.returncode == 1, done.stderr)
    expect('0.00 NM after 225.4 s' in done.stdout, done.stdout)
    # 5 NM before and after: 5 / 960 h = 18.75 s
    expect('from 206.7 s to 244.2 s' in done.stdout, done.stdout)


@test
def aircraft_a_thousand_feet_apart_do_not():
    done = run('nearest-miss', 0, 0, 35000, 90, 480, 0, 0, 1, 36000, 270, 480, 0)
    expect(done.returncode == 0 and 'not within' in done.stdout, done.stdout)


@test
def a_level_and_a_time():
    # Computed from the altimeter equation: 18,164 ft on 983 hPa, 19,535 ft on 1033 hPa.
    done = run('level-and-time', 190, 983, '2015-09-20T09:00:00+03:00')
    expect(done.stdout == 'FL190 on QNH 983 is 18164 ft above mean sea level\n2015-09-20T06:00:00Z\n', done.stdout)
    done = run('level-and-time', 190, 1033, '2015-09-20T09:00:00.5Z')
    expect(done.stdout == 'FL190 on QNH 1033 is 19535 ft above mean sea level\n2015-09-20T09:00:00Z\n', done.stdout)


@test
def wrong_arguments_are_status_2():
    for name, arguments in (('check-two-files', ()), ('nearest-miss', ('x',) * 12), ('nearest-miss', (91,) + (0,) * 11),
                            ('level-and-time', (190, 983, '2015-09-20')), ('level-and-time', (190, 3, '2015-09-20T00:00:00Z'))):
        done = run(name, *arguments)
        expect(done.returncode == 2 and done.stderr and not done.stdout, f'{name} {arguments}: {done.returncode}')


print(f'1..{len(tests)}')
failed = 0
for i, function in enumerate(tests, 1):
    try:
        function()
        print(f'ok {i} - {function.__name__}')
    except Exception as error:
        failed += 1
        print('# ' + repr(error).replace('\n', '\n# '))
        print(f'not ok {i} - {function.__name__}')
sys.exit(failed > 0)
