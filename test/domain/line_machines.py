#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""line_machines.py PROGRAM STATES DOCUMENT: the machines of the line as the program has them (line_dump machines) against
line_states.json, which was made from their definition: every state with every event, who does it, where each begins and ends.  And the
tables of DOCUMENT (doc/protocol-line.md): every transition and every verb, none more.  Writes TAP."""
import json
import subprocess
import sys


def dumped(program):
    """{machine: {"start", "final", "events", "states": {state: {event: [to, who]}}}} and the verbs from the program's lines."""
    machines, verbs = {}, []
    out = subprocess.run([program, 'machines'], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    for line in out.splitlines():
        word = line.split()
        if word[0] == 'machine':
            machines[word[1]] = m = {'start': word[2], 'final': [], 'events': set(), 'states': {}}
        elif word[0] == 'final':
            m['final'].append(word[1])
        elif word[0] == 'verb':
            verbs.append(['' if w == '-' else w for w in word[1:]])
        else:
            state, event, to, who = word
            m['events'].add(event)
            m['states'].setdefault(state, {})
            if to != '-':
                m['states'][state][event] = [to, who]
    return machines, verbs


def differences(name, want, have):
    if have is None:
        return [f'{name}: missing']
    out = []
    if want['start'] != have['start']:
        out.append(f"{name}: begins as {have['start']}, not {want['start']}")
    if sorted(want['final']) != sorted(have['final']):
        out.append(f"{name}: ends as {have['final']}, not {want['final']}")
    if set(want['states']) != set(have['states']):
        out.append(f"{name}: states {sorted(set(want['states']) ^ set(have['states']))}")
    events = {e for row in want['states'].values() for e in row}
    if events != have['events']:
        out.append(f"{name}: events {sorted(events ^ have['events'])}")
    for state, row in want['states'].items():
        for event in sorted(events):
            a, b = row.get(event), have['states'].get(state, {}).get(event)
            if a != b:
                out.append(f'{name}: {state} and {event}: {b}, not {a}')
    return out


def document(path, machines, verbs):
    """What the tables of the page have that the program has not, or the reverse."""
    with open(path, encoding='utf-8') as f:
        rows = [[cell.strip().strip('`') for cell in line.strip().strip('|').split('|')] for line in f if line.startswith('|')]
    told = {tuple(row[:5]) for row in rows if len(row) == 6}
    told_moves = sorted(tuple(row) for row in rows if len(row) == 4)
    who = {'BOTH': 'A/B', 'CLOCK': 'clock'}
    moves = sorted((state, event, to, who.get(w, w)) for m in machines.values() for state, row in m['states'].items()
                   for event, (to, w) in row.items())
    heads = {('machine', 'verb', 'who', 'role', 'suspended'), ('---',) * 5}
    head_moves = [('state', 'event', 'becomes', 'who'), ('---',) * 4]
    return [str(d) for d in sorted((told - heads) ^ {tuple(v) for v in verbs})] + \
        ([] if [m for m in told_moves if m not in head_moves] == moves else ['the tables of states differ'])


def main():
    have, verbs = dumped(sys.argv[1])
    with open(sys.argv[2]) as f:
        want = json.load(f)
    wrong = []
    pairs = 0
    for name in want:
        wrong += differences(name, want[name], have.get(name))
        pairs += len(want[name]['states']) * len({e for row in want[name]['states'].values() for e in row})
    wrong += [f'{name}: not defined' for name in have if name not in want]
    words = [w for m in have.values() for s, row in m['states'].items() for w in [s, *m['events']]]
    approved = sorted({w for w in words if 'approv' in w.lower() or 'permit' in w.lower() or 'authori' in w.lower()})
    page = document(sys.argv[3], have, verbs)
    for line in wrong + approved + page:
        print('#', line)
    print('1..3')
    print(f"{'not ok' if wrong or pairs < 300 else 'ok'} 1 - {pairs} pairs of state and event are as defined")
    print(f"{'not ok' if approved else 'ok'} 2 - nothing is approved, permitted or authorised")
    print(f"{'not ok' if page or len(verbs) < 39 else 'ok'} 3 - the document's tables are the program's, {len(verbs)} verbs")
    return 1 if wrong or approved or page or pairs < 300 or len(verbs) < 39 else 0


sys.exit(main())
