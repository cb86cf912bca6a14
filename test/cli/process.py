#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""process.py DECONFLICT ROOT: what shows only from outside: output that fails, colours, reports, same bytes, documents.

Writes TAP."""
import json
import os
import pathlib
import pty
import re
import shlex
import subprocess
import sys
import tempfile

program, root = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
example = str(root / 'examples/latakia-2015.geojson')
tests = []


def test(function):
    tests.append(function)
    return function


def run(*arguments, env=None, **more):
    clean = {k: v for k, v in os.environ.items() if k not in ('NO_COLOR', 'TERM')} | (env or {})
    return subprocess.run([program, *map(str, arguments)], capture_output='stdout' not in more, env=clean, **more)


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def on_terminal(*arguments, env):
    """What the program writes when standard output is a terminal."""
    leader, follower = pty.openpty()
    child = subprocess.Popen([program, *arguments], stdout=follower, env={'PATH': os.environ['PATH'], **env})
    os.close(follower)
    text = b''
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    child.wait()
    os.close(leader)
    return text


@test
def a_full_disk_is_status_3():
    with open('/dev/full', 'wb') as full:
        for arguments in (('check', example), ('check', example, '--format', 'json'), ('convert', example, '--to', 'geojson'),
                          ('version',), ('help',), ('check', '--help')):
            done = run(*arguments, stdout=full, stderr=subprocess.PIPE)
            expect(done.returncode == 3, f'{arguments}: {done.returncode}')
            expect(b'No space left' in done.stderr, done.stderr)


@test
def a_closed_pipe_is_status_3():
    reading, writing = os.pipe()
    os.close(reading)
    done = run('check', example, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    expect(done.returncode == 3, done.returncode)


@test
def a_report_is_written_whole_or_not_at_all():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'report.html'
        path.write_text('before')
        path.chmod(0o640)
        done = run('check', example, '--report', path)
        expect(done.returncode == 1, done.returncode)
        expect(path.read_text().lstrip().lower().startswith('<!doctype html'), 'no page')
        expect(path.stat().st_mode & 0o777 == 0o640, 'the mode changed')
        expect(os.listdir(folder) == ['report.html'], os.listdir(folder))
        link = pathlib.Path(folder) / 'link.html'
        link.symlink_to('report.html')
        path.write_text('before')
        run('check', example, '--report', link)
        expect(link.is_symlink() and path.read_text() != 'before', 'the link was replaced')
        for bad in (pathlib.Path(folder) / 'none/report.html', pathlib.Path(folder)):
            done = run('check', example, '--report', bad)
            expect(done.returncode == 3 and b'cannot be written' in done.stderr, (bad, done.returncode, done.stderr))
            expect(b'conflicts' in done.stdout, 'the answer itself is missing')


@test
def a_report_never_replaces_an_input():
    with tempfile.TemporaryDirectory() as folder:
        plan, link = pathlib.Path(folder) / 'plan.geojson', pathlib.Path(folder) / 'link.geojson'
        text = pathlib.Path(example).read_text()
        plan.write_text(text)
        link.symlink_to('plan.geojson')
        for arguments in ((plan, '--report', plan), (link, '--report', plan), (example, plan, '--report', link),
                          (example, '--since', plan, '--report', plan)):
            done = run('check', *arguments)
            expect(done.returncode == 2 and b'--report' in done.stderr and not done.stdout, (arguments, done.stderr))
            expect(plan.read_text() == text, f'{arguments}: the input was replaced')


@test
def a_converted_file_is_written_whole():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'plan.geojson'
        done = run('convert', example, '--to', 'geojson', '-o', path)
        expect(done.returncode == 0 and done.stdout == b'', (done.returncode, done.stdout[:80]))
        expect(path.read_bytes() == run('convert', example, '--to', 'geojson').stdout, 'differs from standard output')
        expect(run('convert', example, '--to', 'geojson', '-o', '/dev/full').returncode == 3, '/dev/full')


@test
def a_converted_file_gives_the_same_answer():
    for name in ('latakia-2015', 'line-misread-2016', 'one-minute-notice-2018', 'river-line'):
        written = run('convert', root / f'examples/{name}.geojson', '--to', 'geojson').stdout
        before = json.loads(run('check', root / f'examples/{name}.geojson', '--format', 'json').stdout)
        after = json.loads(run('check', '-', '--format', 'json', input=written).stdout)
        for member in ('conflicts', 'brief', 'advisories', 'breaches', 'assumed'):
            expect(before[member] == after[member], f'{name}: {member}: {after}')


@test
def colours_only_on_a_terminal_that_wants_them():
    expect(b'\033' not in run('check', example, env={'TERM': 'xterm'}).stdout, 'colours in a pipe')
    expect(b'\033[' in on_terminal('check', example, env={'TERM': 'xterm'}), 'no colours on a terminal')
    for env in ({'TERM': 'xterm', 'NO_COLOR': '1'}, {'TERM': 'dumb'}, {}):
        expect(b'\033' not in on_terminal('check', example, env=env), f'colours with {env}')
    expect(b'\033' not in on_terminal('check', example, '--format', 'json', env={'TERM': 'xterm'}), 'colours in JSON')


@test
def the_same_bytes_with_any_engine_threads_and_source():
    plain = run('check', example, '--format', 'json', '--for', 'CO').stdout
    for options in (('--engine', 'brute'), ('--engine', 'index'), ('--threads', '1'), ('--threads', '2'), ('--threads=7',)):
        expect(run('check', example, '--format', 'json', '--for', 'CO', *options).stdout == plain, options)
    with open(example, 'rb') as file:
        piped = run('check', '-', '--format', 'json', '--for', 'CO', stdin=file).stdout
    expect(piped == plain.replace(example.encode() + b'#', b'-#'), 'standard input differs')


@test
def the_order_of_files_does_not_matter():
    files = [str(root / 'examples' / (name + '.geojson')) for name in ('latakia-2015', 'line-misread-2016', 'one-minute-notice-2018')]
    plain = run('check', *files, '--format', 'json', cwd=root)
    again = run('check', *reversed(files), '--format', 'json', cwd=root)
    expect(plain.returncode == again.returncode == 2, (plain.returncode, again.returncode))
    plain, again = json.loads(plain.stdout), json.loads(again.stdout)
    # Of two features with one name the second one read gets the warning, so where warnings stand may differ.
    for member in plain:
        if member != 'warnings':
            expect(plain[member] == again[member], f'another order, other {member}')


@test
def every_answer_says_that_it_is_no_clearance():
    words = b'No conflict found is not clearance.'
    for arguments in (('check', example), ('check', example, '--format', 'json'),
                      ('check', root / 'test/cli/cases/two-parties.geojson', '--only', 'far'), ('check', 'nothing.geojson'),
                      ('check', 'nothing.geojson', '--format', 'json')):
        expect(words in run(*arguments).stdout, arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'report.html'
        run('check', example, '--report', path)
        expect(words in path.read_bytes(), 'report')
    for document in ('README.md', 'doc/operators.md', 'doc/man/deconflict-check.1'):
        expect('no conflict found is not clearance' in (root / document).read_text().lower(), document)


@test
def lines_fit_a_terminal():
    for name in ('latakia-2015', 'line-misread-2016', 'one-minute-notice-2018', 'river-line'):
        for line in run('check', f'examples/{name}.geojson', cwd=root).stdout.decode().splitlines():
            expect(len(line) <= 100, line)


def options_of(command):
    return set(re.findall(r'^  (?:-\w, )?(--[a-z-]+)', run('help', command).stdout.decode(), re.M))


@test
def every_refused_row_is_counted():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / 'day.csv'
        rows = ''.join(f'{i},a,91,8,100\n{i},a\n' for i in range(1000))
        path.write_text(f't_unix_s,icao24,lat_deg,lon_deg,baro_alt_ft\n{rows}0,b,47,8,100\n9,b,47.1,8,100\n')
        text = run('check', path, '--party', 'X')
        expect(text.returncode == 2 and b', 2000 refused and NOT checked\n1 operation ' in text.stdout, text.stdout[:200])
        expect(text.stdout.count(b'\n  ') < 220 and text.stdout.count(b'900 more rows refused') == 2, text.stdout[-2000:])
        answer = json.loads(run('check', path, '--party', 'X', '--format', 'json').stdout)
        expect(answer['summary']['refused'] == 2000 and len(answer['refused']) == 202, answer['summary'])


@test
def documents_name_every_option_and_no_other():
    completion = (root / 'doc/completion/deconflict.bash').read_text()
    bench = ('bench',) if b'  bench ' in run('help').stdout else ()
    for command in ('check', 'convert', 'position', 'serve', 'token', 'keys', 'rehearse', *bench):
        options = options_of(command)
        expect(len(options) >= 2, f'{command}: {options}')
        page = (root / f'doc/man/deconflict-{command}.1').read_text().replace('\\-', '-')
        described = {'-' + o for o in re.findall(r'Fl (-[a-z-]+)', page)}
        expect(described == options, f'{command}: man page {described ^ options}')
        blocks = re.findall(rf'\t\t{command}\)(.*?);;', completion, re.S)
        words = {w for block in blocks for found in re.findall(r'words\+?=\'([^\']*)\'', block) for w in found.split()}
        expect({w for w in words if w.startswith('--')} - {'--help'} == options, f'{command}: completion {words ^ options}')


@test
def the_page_and_completion_name_every_option_of_the_line():
    page = (root / 'doc/man/deconflict-line.1').read_text().replace('\\-', '-')
    completion = (root / 'doc/completion/deconflict.bash').read_text()
    actions = re.findall(r'^  ([a-z-]+) .*\n      ', run('line', '--help').stdout.decode(), re.M)
    options = set()
    for action in actions:
        found = set(re.findall(r'^  (?:-\w, )?(--[a-z0-9-]+)', run('line', action, '--help').stdout.decode(), re.M))
        expect(len(found) >= 5, f'line {action}: {found}')
        options |= found
        expect(re.search(rf'\b{action}\b', page) and re.search(rf'[ \']{action}\b', completion), f'line {action} is not described')
    expect(len(actions) > 35, actions)
    described = {'-' + o for o in re.findall(r'Fl (-[a-z0-9-]+)', page)}
    expect(described == options, f'man page {described ^ options}')
    block = re.search(r'\t\tline\)(.*?);;', completion, re.S)[1]
    words = {w for found in re.findall(r"words\+?='([^']*)'", block) for w in found.split()} - {'--help'}
    expect(words == options, f'completion {words ^ options}')


@test
def completion_completes():
    def complete(*words):
        script = (f'compopt() {{ :; }}; source {shlex.quote(str(root))}/doc/completion/deconflict.bash; COMP_WORDS=({" ".join(words)} "");'
                  f' COMP_CWORD={len(words)}; _deconflict deconflict "" {words[-1]}; echo "${{COMPREPLY[@]}}"')
        return subprocess.run(['bash', '-c', script], capture_output=True, text=True, cwd=root / 'examples').stdout.split()

    expect('check' in complete('deconflict'), 'commands')
    expect(complete('deconflict', 'convert', '--to') == ['geojson', 'f3548', 'kml', 'html'], 'formats')
    expect('latakia-2015.geojson' in complete('deconflict', 'check'), 'files')


@test
def manual_pages_are_clean():
    for page in sorted((root / 'doc/man').glob('*.1')):
        done = subprocess.run(['mandoc', '-T', 'lint', str(page)], capture_output=True, text=True)
        # Whether the pages it names are installed is not this page's fault.
        lines = [l for l in done.stdout.splitlines() if 'referenced manual not found' not in l]
        expect(not lines, lines)


print(f'1..{len(tests)}')
bad = False
for number, function in enumerate(tests, 1):
    try:
        function()
        print('ok', number, '-', function.__name__)
    except Exception as error:
        print('#', type(error).__name__, str(error)[:500].replace('\n', '\n# '))
        print('not ok', number, '-', function.__name__)
        bad = True
sys.exit(bad)
