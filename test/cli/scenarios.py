#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""scenarios.py DECONFLICT EXAMPLES: every EXAMPLES/X.expected.json holds what `check` must say of X.geojson.

Conflicts, breaches and refusals must be exactly those listed; times within the stated tolerance.
Writes TAP."""
import datetime
import json
import pathlib
import subprocess
import sys

program, examples = sys.argv[1], pathlib.Path(sys.argv[2])
failures = []


def wrong(text):
    failures.append(text)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def run(file, *options):
    done = subprocess.run([program, 'check', str(file), '--format', 'json', *options], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


def name(side):
    return side['party'] + '/' + side['operation']


def by_pair(entries):
    return {(name(e['a']), name(e['b'])): e for e in entries}


def compare_pair(key, want, got, tolerance):
    tolerance = want.get('tolerance_s', tolerance)
    for member in ('start', 'end', 'overlap_start', 'overlap_end'):
        if member in want and (member not in got or abs(seconds(want[member]) - seconds(got[member])) > tolerance):
            wrong(f'{key}: {member} is {got.get(member)}, expected {want[member]} within {tolerance} s')
    if 'class' in want and want['class'] != got['class']:
        wrong(f"{key}: class is {got['class']}, expected {want['class']}")
    if 'dwell_s' in want and abs(want['dwell_s'] - got['dwell_s']) > tolerance:
        wrong(f"{key}: dwell_s is {got['dwell_s']}, expected {want['dwell_s']}")
    for member in ('lateral_gap_m', 'vertical_gap_ft'):
        if member in want and want[member] != got[member]:
            wrong(f'{key}: {member} is {got[member]}, expected {want[member]}')


def compare_pairs(title, want, none, got, tolerance):
    want, got = by_pair_names(want), by_pair(got)
    for key in sorted(want.keys() - got.keys()):
        wrong(f'{title}: missed {key}')
    for key in sorted(got.keys() - want.keys()):
        wrong(f'{title}: {key} is not expected')
    for entry in none:
        if (entry['a'], entry['b']) in got:
            wrong(f"{title}: {entry['a']} against {entry['b']}, though {entry['why']}")
    for key in sorted(want.keys() & got.keys()):
        compare_pair(f'{title} {key}', want[key], got[key], tolerance)


def by_pair_names(entries):
    return {(e['a'], e['b']): e for e in entries}


def alike(want, got):
    """In every member that is wanted; numbers to 0.1."""
    for member, value in want.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if not isinstance(got.get(member), (int, float)) or abs(got[member] - value) > 0.1:
                return False
        elif isinstance(value, list):
            if sorted(value) != sorted(got.get(member, [])):
                return False
        elif got.get(member) != value:
            return False
    return True


def compare_list(title, want, got):
    """Each wanted entry has its like, and there are no others."""
    if len(want) != len(got):
        wrong(f'{title}: {len(got)} entries, expected {len(want)}: {got}')
    for entry in want:
        if not any(alike(entry, g) for g in got):
            wrong(f'{title}: none is {entry} in {got}')


def scenario(expected):
    want = json.loads(expected.read_text())
    file = expected.with_name(expected.name.replace('.expected.json', '.geojson'))
    status, got = run(file)
    compare_pairs('conflicts', want['conflicts'], want['no_conflict'], got['conflicts'], want['tolerance_s'])
    for title in ('brief', 'advisories'):
        compare_pairs(title, want.get(title, []), [], got[title], want['tolerance_s'])
    compare_list('breaches', want['breaches'], got['breaches'])
    compare_list('refused', want['refused'], got['refused'])
    if got['internal']:
        wrong('pairs inside a party are shown to everyone')
    should = 2 if want['refused'] else 1 if want['conflicts'] or want['breaches'] else 0
    if status != should:
        wrong(f'exit status {status}, expected {should}')
    if got['summary']['conflicts'] != len(want['conflicts']):
        wrong(f"summary says {got['summary']['conflicts']} conflicts")
    for member in ('operations', 'features'):
        if member in want and got['summary'][member] != want[member]:
            wrong(f"summary says {got['summary'][member]} {member}, expected {want[member]}")
    if 'internal' in want:
        inside = want['internal']
        status, got = run(file, '--for', inside['for'])
        compare_pairs('internal', inside['pairs'], inside['no_conflict'], got['internal'], want['tolerance_s'])
        compare_pairs('conflicts with --for', want['conflicts'], [], got['conflicts'], want['tolerance_s'])
    return file.name


all_expected = sorted(examples.glob('*.expected.json'))
bad = 0
print(f'1..{len(all_expected)}')
for number, expected in enumerate(all_expected, 1):
    failures.clear()
    try:
        title = scenario(expected)
    except Exception as error:  # a crash of the program shows as unreadable JSON
        title = expected.name
        wrong(f'{type(error).__name__}: {error}')
    for failure in failures:
        print('#', failure)
    bad += bool(failures)
    print('not ok' if failures else 'ok', number, '-', title)
if not all_expected:
    print('# no example was found')
sys.exit(bool(bad) or not all_expected)
