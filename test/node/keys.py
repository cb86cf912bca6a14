#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""keys.py DECONFLICT: the record's key is replaced while the node runs and while it does not; whoever has the first key can
follow; a lost key is not replaced behind the operator's back.  Writes TAP."""
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

program = sys.argv[1]
results = []


def check(title, problems):
    for problem in problems[:5]:
        print('#', problem)
    results.append(not problems)
    print('not ok' if problems else 'ok', len(results), '-', title, flush=True)


def run(*words):
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Node:
    def __init__(self, folder):
        self.url = f'http://127.0.0.1:{free_port()}'
        self.process = subprocess.Popen([program, 'serve', '--data', str(folder), '--listen', self.url[7:]], stderr=subprocess.PIPE, text=True)
        for _ in range(3000):
            if self.process.poll() is not None:
                return
            try:
                urllib.request.urlopen(self.url + '/ready').read()
                return
            except OSError:
                time.sleep(0.02)

    def party(self, name):
        token = (folder / 'admin.token').read_text().strip()
        request = urllib.request.Request(f'{self.url}/v1/parties/{name}', data=json.dumps({'id': name}).encode(), method='PUT',
                                         headers={'Authorization': 'Bearer ' + token})
        return json.loads(urllib.request.urlopen(request).read())['position']

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30), self.process.stderr.read()


def verified(*more):
    done = run('record', 'verify', folder, *more)
    return [] if done.returncode == 0 else [f'{more}: {done.returncode} {done.stdout} {done.stderr}']


def rotate(reason):
    done = run('keys', 'rotate', folder, 'record', '--reason', reason)
    return [] if done.returncode == 0 else [f'rotate: {done.returncode} {done.stderr}']


with tempfile.TemporaryDirectory() as place:
    folder = pathlib.Path(place) / 'node'
    first = pathlib.Path(place) / 'first.vkey'
    node = Node(folder)
    first.write_text((folder / 'record.vkey').read_text())
    node.party('A')
    problems = rotate('while it runs')
    node.process.send_signal(signal.SIGHUP)
    for _ in range(3000):
        if (folder / 'record.vkey').read_text() != first.read_text():
            break
        time.sleep(0.02)
    problems += [] if (folder / 'record.vkey').read_text() != first.read_text() else ['the key is the same']
    problems += [] if node.party('B') == 3 else ['the next entry is not where it should be']
    problems += verified() + verified('--vkey', first) + verified('--vkey', folder / 'record.vkey')
    check('a node hands over to another key when told to', problems)

    status, log = node.stop()
    problems = [] if status == 0 and 'the record has another key' in log else [f'{status} {log[-300:]}']
    second = (folder / 'record.vkey').read_text()
    problems += rotate('while it does not')
    node = Node(folder)
    problems += [] if node.party('C') == 5 and (folder / 'record.vkey').read_text() != second else ['not handed over at the start']
    problems += verified('--vkey', first)
    shown = run('record', 'show', folder).stdout
    problems += [] if shown.count('"kind":"key"') == 2 and 'while it runs' in shown and 'while it does not' in shown else [shown]
    check('and when it starts, each with an entry that says why', problems)

    node.stop()
    (folder / 'keys' / 'record.key').unlink()
    node = Node(folder)
    status, log = node.process.wait(30), node.process.stderr.read()
    check('a record whose key is lost is not continued by another', [] if status == 3 and 'record.key' in log and
          not (folder / 'keys' / 'record.key').exists() else [f'{status} {log}'])

print(f'1..{len(results)}')
sys.exit(0 if all(results) else 1)
