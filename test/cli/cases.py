#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cases.py [--update] DECONFLICT ROOT: each cases/X.in is a command line (with standard input below a line '---');
cases/X.ok is what it must print on standard output, on standard error, and its exit status.

Commands run in ROOT.  --update writes the .ok files anew: read the difference before you commit it.  Writes TAP."""
import os
import pathlib
import shlex
import subprocess
import sys

update = sys.argv[1] == '--update'
program, root = sys.argv[-2:]
folder = pathlib.Path(root) / 'test/cli/cases'
environment = {k: v for k, v in os.environ.items() if k != 'NO_COLOR'} | {'TERM': 'xterm'}


def run(*arguments, stdin=''):
    return subprocess.run([os.path.abspath(program), *arguments], input=stdin, capture_output=True, text=True, cwd=root,
                          env=environment)


version = run('version').stdout.split()[1]


def result(case):
    command, _, stdin = case.read_text().partition('\n---\n')
    done = run(*shlex.split(command), stdin=stdin)
    text = f'{done.stdout}=== standard error\n{done.stderr}=== status {done.returncode}\n'
    return text.replace(f'deconflict {version}', 'deconflict @VERSION@').replace(f'"{version}"', '"@VERSION@"')


def differences(got, want):
    got, want = got.splitlines(), want.splitlines()
    for number in range(max(len(got), len(want))):
        g, w = (lines[number] if number < len(lines) else '(nothing)' for lines in (got, want))
        if g != w:
            return [f'line {number + 1}: {g}', f'expected: {w}']
    return []


cases = sorted(folder.glob('*.in'))
print(f'1..{len(cases)}')
bad = not cases
for number, case in enumerate(cases, 1):
    got, ok = result(case), case.with_suffix('.ok')
    if update:
        ok.write_text(got)
    found = differences(got, ok.read_text() if ok.exists() else '')
    for line in found:
        print('#', line)
    bad |= bool(found)
    print('not ok' if found else 'ok', number, '-', case.stem)
sys.exit(bad)
