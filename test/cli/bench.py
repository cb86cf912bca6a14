#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py DECONFLICT SCHEMA: `deconflict bench` measures, compares only what is equal, and refuses bad usage.

Writes TAP."""
import json
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator

program = sys.argv[1]
schema = Draft202012Validator(json.loads(pathlib.Path(sys.argv[2]).read_text(encoding='utf-8')))
results = []

# The order of FORMAT.md, with the members that are ours beside their kin.
ORDER = ['bench', 'n', 'seed', 'threads', 'volumes', 'pairs', 'checksum', 'volume_pairs', 'candidates', 'cpu_s', 'wall_s', 'runs', 'mb_s', 'file_bytes',
         'peak_bytes', 'peak_over_file', 'index_bytes_per_volume', 'bytes_per_volume', 'plan_bytes_per_volume', 'triad_gb_s', 'exponent',
         'answer', 'planar', 'rivals']
OPTIONS = ['bench', 'n', 'seed', 'threads', 'volumes', 'conflicts_before', 'conflicts_after', 'cost', 'moved', 'steps', 'cpu_s', 'wall_s',
           'first_cost', 'lower_bound', 'peak_bytes', 'standing_volumes', 'newcomers', 'p50_us', 'p99_us', 'neighbours', 'shift_us', 'rivals']
LIVE = ['bench', 'n', 'seed', 'threads', 'volumes', 'pairs', 'checksum', 'standing_operations', 'standing_volumes', 'load_s', 'bytes_per_volume',
        'most_bytes_per_volume', 'p50_us', 'p99_us', 'work', 'work_cpu', 'ask', 'change', 'work_beside_reader', 'reader',
        'conflicts_per_question', 'merges', 'merged_boxes']
NODE = ['bench', 'n', 'seed', 'threads', 'volumes', 'connections', 'sync_p50_us', 'sync_p99_us', 'declare_empty', 'standing', 'fill_s', 'declare',
        'entries_per_append', 'get', 'conflicts', 'resident_bytes', 'file_bytes', 'healthy_s', 'ready_s']
GROWTH = ['bench', 'n', 'seed', 'threads', 'volumes', 'connections', 'sync_p50_us', 'sync_p99_us', 'growth', 'resident_bytes', 'file_bytes',
          'healthy_s', 'ready_s']
EXCHANGE = ['bench', 'n', 'seed', 'threads', 'volumes', 'connections', 'sync_p50_us', 'sync_p99_us', 'busy', 'subscribed', 'spread', 'isa', 'standing',
            'fill', 'queries', 'hits', 'empty_bytes', 'standing_bytes', 'file_bytes', 'healthy_s', 'ready_s']
ALWAYS = ['bench', 'n', 'seed', 'threads', 'volumes', 'cpu_s', 'wall_s', 'runs', 'triad_gb_s', 'rivals']


def check(title, problems):
    for problem in problems[:5]:
        print('#', problem)
    results.append(not problems)
    print('not ok' if problems else 'ok', len(results), '-', title)


def run(*arguments):
    return subprocess.run([program, 'bench', *map(str, arguments)], capture_output=True, text=True, check=False)


def measured(*arguments, order=None):
    done = run(*arguments, '--format', 'json')
    if done.returncode != 0:
        return {}, [f'status {done.returncode}: {done.stderr}']
    report = json.loads(done.stdout)
    problems = [f'{e.json_path}: {e.message}' for e in schema.iter_errors(report)]
    order = order or {'options': OPTIONS, 'C': LIVE, 'node': NODE, 'exchange': EXCHANGE}.get(arguments[0], ORDER)
    if list(report) != [m for m in order if m in report]:
        problems.append(f'members stand as {list(report)}')
    return report, problems + [f'no {m}' for m in (ALWAYS if order is ORDER else order) if m not in report]


def rivals_problems(report, ours, wanted):
    problems = [] if [r['name'] for r in report['rivals']] == wanted else [f"rivals {report['rivals']}"]
    for rival in report['rivals']:
        if rival['ratio_cpu'] is None:
            problems += [] if 'not built' in rival['why'] else [f"{rival['name']}: {rival['why']}"]
        elif rival['checksum'] != ours['checksum'] or rival['pairs'] != ours['pairs']:
            problems.append(f"{rival['name']} has a ratio, but other pairs")
    return problems


def workload_a():
    report, problems = measured('A', '--n', 1500, '--runs', 3, '--rivals', 'sqlite,brute,geos,boost')
    if report:
        problems += rivals_problems(report, report['planar'], ['brute', 'geos', 'boost', 'sqlite'])
        problems += [] if report['pairs'] >= report['planar']['pairs'] * 0.98 > 100 else ['the exact answer lacks pairs']
        problems += [] if report['index_bytes_per_volume'] <= 48 else ['the index is too large']
        problems += [] if report['runs'] == 3 and report['exponent'] > 0 else ['runs or exponent']
    return problems


def same_again():
    one, problems = measured('A', '--n', 700, '--runs', 1, '--seed', 5)
    two, more = measured('A', '--n', 700, '--runs', 2, '--seed', 5, '--threads', 2)
    other, last = measured('A', '--n', 700, '--runs', 1, '--seed', 6)
    if one and two and other:
        problems += [f'{m}: {one[m]} and {two[m]}' for m in ('pairs', 'checksum', 'volumes') if one[m] != two[m]]
        problems += [] if one['checksum'] != other['checksum'] else ['two seeds give the same pairs']
    return problems + more + last


def workload_b():
    report, problems = measured('B', '--n', 400, '--runs', 1, '--rivals', 'brute')
    if report:
        problems += rivals_problems(report, report, ['brute'])
        problems += [] if report['pairs'] > 5 and report['volumes'] == 400 else [f"{report['pairs']} pairs"]
    return problems


def ways_out():
    """No conflict is left, the rivals' plans hold too, ours is the cheapest, and the seed alone decides."""
    report, problems = measured('options', '--n', 300, '--rivals', 'fcfs,anneal')
    again, more = measured('options', '--n', 300, '--threads', 2)
    if not report or not again:
        return problems + more
    problems += [f'{m}: {report[m]} and {again[m]}' for m in ('cost', 'moved', 'steps', 'lower_bound') if report[m] != again[m]]
    problems += [] if report['conflicts_before'] > 10 and report['conflicts_after'] == 0 else ['conflicts are left, or none were there']
    problems += [] if 0 < report['lower_bound'] <= report['cost'] <= report['first_cost'] else ['bound, cost and first cost']
    problems += [] if [r['name'] for r in report['rivals']] == ['fcfs', 'anneal'] else ['rivals']
    for rival in report['rivals']:
        problems += [] if rival['conflicts_after'] == 0 and rival['ratio_cost'] >= 1 else [f'{rival}']
    problems += [] if report['rivals'][0]['ratio_cost'] > 1.5 else ['first come, first served is nearly as cheap']
    return problems + more


def live_index():
    """It compares the answers with those of a check itself, before and after the work, and fails where they differ."""
    report, problems = measured('C', '--n', 3000, '--runs', 1)
    if report:
        problems += [] if report['pairs'] > 100 and report['merges'] > 10 and report['reader']['count'] > 100 else ['too little happened']
        problems += [] if 0 < report['p50_us'] <= report['p99_us'] <= report['work']['most_us'] else ['times']
        problems += [] if report['standing_volumes'] < report['volumes'] else ['no newcomers']
    return problems


def node():
    report, problems = measured('node', '--n', 3000, '--seconds', 1)
    if report:
        problems += [] if report['standing'] == 3000 and report['declare']['requests'] > 10 else ['nothing was declared']
        problems += [] if report['entries_per_append'] >= 1 and report['ready_s'] >= report['healthy_s'] else ['appends or start']
    return problems


def exchange():
    """It fails where a reply is wrong; in one cell some are refused, all over the world hardly any."""
    report, problems = measured('exchange', '--standing', 2000, '--seconds', 1, '--parts', 'busy,subscribed,spread,isa,queries')
    if report:
        problems += [] if all(report[k]['flights'] > 3 for k in ('busy', 'subscribed', 'spread')) else ['nothing flew']
        problems += [] if report['busy']['conflicts'] > 0 and report['spread']['conflicts'] < report['spread']['flights'] / 10 else ['conflicts']
        problems += [] if report['standing'] == 2000 and report['hits'] >= 1 and report['isa']['requests'] > 10 else ['standing, hits or areas']
    return problems


def growth():
    """Tenths of a record that grows: each declares, amends and asks."""
    report, problems = measured('node', '--n', 2000, '--entries', 10000, order=GROWTH)
    if report:
        entries = [s['entries'] for s in report['growth']]
        problems += [] if len(entries) == 10 and entries == sorted(entries) and entries[-1] >= 10000 else [f'entries {entries}']
        problems += [] if all(0 < s[k]['p50_us'] <= s[k]['p99_us'] for s in report['growth'] for k in ('declare', 'get')) else ['times']
    return problems


def reading():
    report, problems = measured('read', '--n', 300, '--runs', 2)
    if report:
        problems += [] if report['mb_s'] > 0 and report['file_bytes'] > 300 * 1000 else ['speed or size']
        problems += [] if 'pairs' not in report and 'planar' not in report else ['members that do not apply']
    return problems


def text():
    done = run('A', '--n', 100, '--runs', 1)
    return [] if done.returncode == 0 and 'exact' in done.stdout and 'bytes of index a volume' in done.stdout else [done.stdout]


def bad_usage():
    problems = []
    for arguments in (['D'], ['A', 'B'], ['--n', '0'], ['--n'], ['--n', '1e3'], ['--threads', '-1'], ['--runs', '1001'],
                      ['--rivals', 'geos,nobody'], ['options', '--rivals', 'geos'], ['--format', 'xml'], ['exchange', '--parts', 'busy,none'], ['exchange', '--url', 'http://127.0.0.1:1'], ['--bogus', '1'], ['--seed', '18446744073709551616']):
        done = run(*arguments)
        if done.returncode != 2 or done.stdout or not done.stderr.startswith('deconflict: bench: '):
            problems.append(f'{arguments}: status {done.returncode}, {done.stderr!r}')
    help_ = run('--help')
    return problems + ([] if help_.returncode == 0 and '--rivals LIST' in help_.stdout else ['--help'])


check('workload A and its rivals', workload_a())
check('a seed decides, threads and runs do not', same_again())
check('workload B equals brute force', workload_b())
check('ways out of conflicts', ways_out())
check('a live index', live_index())
check('a node', node())
check('an exchange', exchange())
check('a record that grows', growth())
check('reading', reading())
check('text', text())
check('bad usage is told', bad_usage())
print(f'1..{len(results)}')
sys.exit(0 if all(results) else 1)
