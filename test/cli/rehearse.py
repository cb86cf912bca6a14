#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""rehearse.py DECONFLICT ROOT: `deconflict rehearse`: the examples as they were written down, the same each time; expectations
that do not hold are found; and nothing that a side did not disclose is on the wire or in anything of the other side's.

    rehearse.py --update DECONFLICT ROOT    write what the examples say now

Writes TAP."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

update = '--update' in sys.argv
if update:
    sys.argv.remove('--update')
program, root = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
examples, expected = root / 'examples', root / 'test/cli/rehearse'
NAMES = ('latakia-2015', 'misread-2016', 'one-minute-2018', 'suspended', 'cut')
tests = []


def test(function):
    tests.append(function)
    return function


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def run(*arguments, folder=examples, **more):
    return subprocess.run([program, 'rehearse', *map(str, arguments)], capture_output=True, cwd=folder, timeout=300, **more)


def both(functions):
    """Rehearsals mostly wait for each other's threads: some at a time."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [f.result() for f in [pool.submit(f) for f in functions]]


if update:
    for name in NAMES:
        done = run(f'line-{name}.json')
        (expected / f'{name}.txt').write_bytes(done.stdout)
        print(name, done.returncode, done.stderr.decode())
    sys.exit(0)


@test
def examples_go_as_they_were_written_down():
    for name, done in zip(NAMES, both([lambda n=n: run(f'line-{n}.json') for n in NAMES])):
        expect(done.returncode == 0 and not done.stderr, f'{name}: {done.returncode} {done.stderr.decode()}')
        want = (expected / f'{name}.txt').read_bytes()
        if done.stdout != want:
            lines = [(a, b) for a, b in zip(done.stdout.splitlines(), want.splitlines()) if a != b]
            raise AssertionError(f'{name}: {lines[:1] or "longer or shorter"}')


@test
def the_stories_say_what_they_must():
    """The numbers of the scenarios, read out of the words: whoever changes an example cannot lose them unseen."""
    text = {name: (expected / f'{name}.txt').read_text() for name in NAMES}
    for words in ('sent 35.2568N 040.1410E, read back 35.2045N 040.1760E, 6.6 km apart', 'refused: STATE',
                  '2016-09-17T13:19:00Z\n  RED-CEASE-01  RECEIVED, overdue, escalation 1: the battle director rings',
                  '2016-09-17T13:20:00Z\n  RED-CEASE-01  RECEIVED, overdue, escalation 2: the deputy director rings',
                  '2016-09-17T13:21:00Z\n  RED-CEASE-01  RECEIVED, overdue, escalation 3: all roles ring'):
        expect(words in text['misread-2016'], words)
    at = text['one-minute-2018'].split('\n\n')[1]
    expect(at.startswith('2018-09-17T18:39:00Z') and 'ask IL-NOTE-01.ask1' in at and 'missing geometry, band, window' in at, at)
    expect('LATE: 1 min given, 15 min asked' in at and 'meets RU-IL20-01 RU-TMA-01' in at, at)
    for words in ('US-B1-01 meets RU-AIRLIFT-01', 'US-MQ1-01 meets RU-UAV-01', 'RU-AIRLIFT-01 meets US-AAR-01 US-F16-01 US-B1-01'):
        expect(words in text['latakia-2015'], words)
    for words in ('BLUE-N17      BLUE: UNDELIVERED | RED: not there', 'RED: ISSUED, overdue, escalation 3: all roles ring',
                  '2016-09-17T11:35:00Z', 'BLUE-N17      RECEIVED; notice LATE: 55 min given, 60 min asked'):
        expect(words in text['cut'], words)
    for name in NAMES:
        expect('the same signed bytes are in both records.\nBoth records verify.\n' in text[name], name)
        expect('level none, result null' in text[name] and 'level exists' not in text[name], name)


@test
def json_is_the_same_each_time():
    first, second = both([lambda: run('line-misread-2016.json', '--format', 'json')] * 2)
    expect(first.returncode == 0 and first.stdout == second.stdout, first.stderr)
    answer = json.loads(first.stdout)
    expect(answer['records']['same'] and answer['records']['verify'] and answer['expectations']['failed'] == 0, answer['records'])
    cease = [line for line in answer['log'] if line.get('object') == 'RED-CEASE-01' and 'sides' in line]
    found = [(line['time'], side['state'], side['escalation'], side['overdue'], len(side['ringing']))
             for line in cease for side in line['sides'].values()]
    steps = [('2016-09-17T13:18:00.000000Z', 0, False, 1), ('2016-09-17T13:19:00.000000Z', 1, True, 1),
             ('2016-09-17T13:20:00.000000Z', 2, True, 1), ('2016-09-17T13:21:00.000000Z', 3, True, 4)]
    for at, escalation, overdue, ringing in steps:
        expect(found.count((at, 'RECEIVED', escalation, overdue, ringing)) == 2, f'{at}: {found}')
    said = [line for line in answer['log'] if line.get('verb') == 'disclose']
    expect(all(line['body']['level'] == 'none' and line['body']['result'] is None for line in said) and said, said)


def changed(folder, name, change):
    script = json.loads((examples / f'line-{name}.json').read_text())
    shutil.copy(examples / script['plan'], folder)
    change(script)
    path = pathlib.Path(folder) / 'script.json'
    path.write_text(json.dumps(script))
    return path.name


@test
def what_does_not_hold_is_found():
    def escalate(script):
        next(s for s in script['steps'] if s.get('at') == '2016-09-17T13:19:00Z')['expect']['escalation'] = 2

    def acknowledge_anyway(script):
        del next(s for s in script['steps'] if 'refused' in s)['refused']

    def no_object(script):
        script['steps'][-1]['expect']['object'] = 'NOBODY'

    def refused_but_taken(script):
        next(s for s in script['steps'] if 'read_back' in s)['refused'] = 'STATE'

    def attempt(change, words):
        with tempfile.TemporaryDirectory() as folder:
            done = run(changed(folder, 'misread-2016', change), folder=folder)
        expect(done.returncode == 1 and not done.stderr, f'{words}: {done.returncode} {done.stderr}')
        expect(f'NOT AS EXPECTED {words}' in done.stdout.decode(), f'{words}: {done.stdout.decode()[-2000:]}')
        expect(b' DO NOT.\n' in done.stdout, words)

    both([lambda a=a: attempt(*a) for a in (
        (escalate, 'BLUE: RED-CEASE-01 escalation 1; expected 2'),
        (acknowledge_anyway, 'RED: refused: STATE, notification BLUE-N17: found state CHALLENGED'),
        (no_object, 'RED: there is no object NOBODY'),
        (refused_but_taken, 'RED: taken; expected refused: STATE'))])


@test
def scripts_that_are_none_are_refused():
    def plain(script):
        script['steps'].clear()

    def attempt(change, words):
        with tempfile.TemporaryDirectory() as folder:
            done = run(changed(folder, 'misread-2016', lambda s: (plain(s), change(s))), folder=folder)
        # What was rehearsed before the bad step is shown; it never ends as if all had been well.
        expect(done.returncode == 2 and words.encode() in done.stderr and b'hold' not in done.stdout,
               f'{words}: {done.returncode} {done.stderr} {done.stdout}')

    for change, words in (
            (lambda s: s.update(deconflict_rehearsal=2), 'expected "deconflict_rehearsal": 1'),
            (lambda s: s.update(stepps=[]), 'found "stepps"'),
            (lambda s: s.update(plan='../x.geojson'), 'plan: expected the name'),
            (lambda s: s.update(plan='nothing.geojson'), 'nothing.geojson'),
            (lambda s: s.update(sides=['BLUE', 'GREEN']), 'GREEN is no party of the plan'),
            (lambda s: s.update(sides=['BLUE']), 'two parties'),
            (lambda s: s.update(begin='2016-09-17 11:00'), 'begin: expected a time with its zone')):
        attempt(change, words)
    both([lambda a=a: attempt(*a) for a in (
        (lambda s: s.update(steps=[{'by': 'BLUE', 'declare': ['NOTHING']}]), 'step 1: the plan has no operation NOTHING of BLUE'),
        (lambda s: s.update(steps=[{'declare': ['RED-CAUTION-01']}]), 'step 1: by: expected BLUE or RED'),
        (lambda s: s.update(steps=[{'by': 'RED', 'send': 'cease/begin'}]), 'step 1: send: expected MACHINE/VERB'),
        (lambda s: s.update(steps=[{'by': 'RED', 'sned': 'x/y'}]), 'found "sned", which no step has'),
        (lambda s: s.update(steps=[{}, {'at': '2016-09-17T10:00:00Z'}]), 'step 2: at: before the step before it'),
        (lambda s: s.update(steps=[{'expect': {'mood': 'good'}}]), 'expect: found "mood"'))])
    done = run()
    expect(done.returncode == 2 and b'expected SCRIPT...' in done.stderr, done.stderr)
    done = run('no-such.json')
    expect(done.returncode == 2 and b'no-such.json' in done.stderr, done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'cut.json'
        path.write_text('{"deconflict_rehearsal": 1,')
        done = run(path)
        expect(done.returncode == 2 and b'cut.json' in done.stderr, done.stderr)


def bytes_in(folder):
    return b'\n'.join(path.read_bytes() for path in sorted(pathlib.Path(folder).rglob('*')) if path.is_file())


def nothing_of(name, owner, other, canaries):
    """Rehearse, and look for words of `owner` that were never notified on the wire and in all that `other` keeps."""
    with tempfile.TemporaryDirectory() as folder:
        wire, kept = pathlib.Path(folder) / 'wire', pathlib.Path(folder) / 'kept'
        done = run(f'line-{name}.json', '--keep', kept, '--wire', wire)
        expect(done.returncode == 0, done.stderr)
        seen, theirs, own = wire.read_bytes(), bytes_in(kept / other), bytes_in(kept / owner)
        log = (kept / f'{other}.log').read_bytes()
        expect(len(seen) > 5000 and len(theirs) > 5000 and len(log) > 200, f'{len(seen)} {len(theirs)} {len(log)}')
        expect(b'deconflict-message-v1' in seen and b'disclose' in seen, seen[:200])
        for canary in canaries:
            expect(canary in own, f'{canary} is not at its owner: it proves nothing')
            for where, what in (('on the wire', seen), ('in the other record', theirs), ('in the other log', log)):
                expect(canary not in what, f'{canary} {where}')
        for side in 'ab':
            done = subprocess.run([program, 'record', 'verify', kept / side], capture_output=True, timeout=120)
            expect(done.returncode == 0, done.stdout + done.stderr)


@test
def nothing_undisclosed_leaves():
    both([lambda: nothing_of('one-minute-2018', 'b', 'a', (b'RU-IL20-01', b'RU-TMA-01', b'36.55', b'reconnaissance', b'terminal area')),
          lambda: nothing_of('misread-2016', 'b', 'a', (b'RED-CAUTION-01', b'FSCM/RFA', b'ask before acting'))])


@test
def leaves_nothing_behind():
    with tempfile.TemporaryDirectory() as folder:
        done = run('line-latakia-2015.json', env={**os.environ, 'TMPDIR': folder})
        expect(done.returncode == 0, done.stderr)
        expect(not os.listdir(folder), os.listdir(folder))


print(f'1..{len(tests)}')
bad = False
for number, function in enumerate(tests, 1):
    try:
        function()
        print('ok', number, '-', function.__name__)
    except Exception as error:
        print('#', type(error).__name__, str(error)[:900].replace('\n', '\n# '))
        print('not ok', number, '-', function.__name__)
        bad = True
sys.exit(bad)
