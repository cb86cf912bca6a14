#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""documents.py [--update] DECONFLICT ROOT: what README.md and doc/ show as the program's output is its output.

--update puts the present output in: read the difference before you commit it.  Writes TAP."""
import json
import os
import pathlib
import subprocess
import sys

update = sys.argv[1] == '--update'
program, root = os.path.abspath(sys.argv[-2]), pathlib.Path(sys.argv[-1])


def run(*arguments, **more):
    return subprocess.run([program, *arguments], capture_output=True, text=True, cwd=root, **more)


def one_pair():
    pairs = json.loads(run('check', 'examples/latakia-2015.geojson', '--format', 'json').stdout)['conflicts']
    pair = {k: json.dumps(v) for k, v in next(p for p in pairs if p['a']['operation'] == 'US-B1-01').items()}
    lines = (('a',), ('b',), ('class',), ('start', 'end'), ('overlap_start', 'overlap_end'),
             ('dwell_s', 'lateral_gap_m', 'vertical_gap_ft'), ('closest',))
    return '{ ' + ',\n  '.join(', '.join(f'"{k}": {pair[k]}' for k in line) for line in lines) + ' }\n'


answer = run('check', 'examples/latakia-2015.geojson').stdout
block = answer[answer.index(' 3  OVERLAP'):answer.index(' 4  SEPARATION')].rstrip()

moving = run('options', 'examples/latakia-2015.geojson', '--move', 'US-B1-01').stdout
ways = run('options', 'examples/latakia-2015.geojson').stdout
ways = ways[ways.index(' 3  OVERLAP'):ways.index(' 4  SEPARATION')].rstrip()

rehearsal = run('rehearse', 'examples/line-misread-2016.json').stdout
rehearsal = '...\n' + rehearsal[rehearsal.index('2016-09-17T13:18:00Z'):]

# document, what stands before the shown text, what stands behind it, the text
shown = (
    ('README.md', '$ deconflict check examples/latakia-2015.geojson\n', '```', answer),
    ('doc/operators.md', '## A conflict\n\n', '\n* **OVERLAP**', ''.join(f'    {line}\n' for line in block.splitlines())),
    ('README.md', '$ deconflict options examples/latakia-2015.geojson --move US-B1-01\n', '```', moving),
    ('doc/operators.md', 'the cheapest first:\n\n', '\n* Each was', ''.join(f'    {line}\n' if line else '\n' for line in ways.splitlines())),
    ('README.md', '$ deconflict rehearse examples/line-misread-2016.json\n', '```', rehearsal),
    ('doc/integrators.md', '### A pair\n\n```json\n', '```', one_pair()),
)

print(f'1..{len(shown) + 1}')
bad = False
for number, (name, before, behind, text) in enumerate(shown, 1):
    document = (root / name).read_text()
    head, rest = document.split(before, 1)
    found = rest[:rest.index(behind)]
    if update and found != text:
        (root / name).write_text(head + before + text + rest[len(found):])
    elif found != text:
        bad = True
        print(f'# {name} shows:\n#' + found.replace('\n', '\n# ') + '\n# expected:\n#' + text.replace('\n', '\n# '))
    print('not ok' if found != text and not update else 'ok', number, '-', name)

# The file that doc/format.md shows can be checked: one operation, so nothing is found.
example = (root / 'doc/format.md').read_text().split('```json\n')[1].split('```')[0]
done = run('check', '-', '--format', 'json', input=example)
bad |= done.returncode != 0
print('not ok' if done.returncode else 'ok', len(shown) + 1, '- doc/format.md')
sys.exit(bad)
