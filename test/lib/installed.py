#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""installed.py ROOT BUILD CC...: install into a folder, then build and run an example against what is there, as
somebody else would: with pkg-config, with the shared library and with the static one.  Writes TAP."""
import os
import pathlib
import subprocess
import sys
import tempfile

root, build, cc = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
tests = []


def test(function):
    tests.append(function)
    return function


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def run(*words, **more):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, **more)
    expect(done.returncode == 0, f'{words}: {done.stdout}{done.stderr}')
    return done.stdout


scratch = tempfile.TemporaryDirectory()
dest = pathlib.Path(scratch.name) / 'dest'
run('meson', 'install', '-C', build, '--no-rebuild', '--destdir', dest)
pc = next(dest.rglob('deconflict.pc'))
libdir = pc.parent.parent


def pkg_config(*words):
    """The installed file, with its paths below the folder."""
    installed_prefix = [line[7:].strip() for line in pc.read_text().splitlines() if line.startswith('prefix=')][0]
    env = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent))
    text = run('pkg-config', f'--define-variable=prefix={dest}{installed_prefix}', *words, 'deconflict', env=env)
    return text.split()


def check_with(program, env):
    done = subprocess.run([program, root / 'examples/latakia-2015.geojson', root / 'examples/line-misread-2016.geojson'],
                          capture_output=True, text=True, env=env)
    expect(done.returncode == 1 and 'overlap: CO/US-B1-01' in done.stdout, f'{done.returncode}: {done.stdout}{done.stderr}')


def needed(program):
    return [line.split('[')[1].rstrip(']') for line in run('readelf', '-d', program).splitlines() if '(NEEDED)' in line]


@test
def an_example_builds_and_runs_with_the_shared_library():
    program = pathlib.Path(scratch.name) / 'shared'
    run(*cc, '-std=c17', '-Wall', '-Wextra', '-Wpedantic', '-Werror', *pkg_config('--cflags'), root / 'examples/check-two-files.c',
        '-o', program, *pkg_config('--libs'))
    major = '.'.join(pkg_config('--modversion')[0].split('.')[:2])
    expect(f'libdeconflict.so.{major}' in needed(program), f'the soname carries {major}: {needed(program)}')
    expect('libsimdjson.so.14' not in needed(program), 'what the library uses is its own affair')
    check_with(program, dict(os.environ, LD_LIBRARY_PATH=str(libdir)))


@test
def an_example_builds_and_runs_with_the_static_library():
    program = pathlib.Path(scratch.name) / 'static'
    words = pkg_config('--static', '--libs')
    i = words.index('-ldeconflict')
    words[i:i + 1] = ['-l:libdeconflict.a']
    run(*cc, '-std=c17', *pkg_config('--cflags'), root / 'examples/check-two-files.c', '-o', program, *words)
    expect(not any('deconflict' in name for name in needed(program)), f'{needed(program)}')
    check_with(program, os.environ)


@test
def what_belongs_to_it_is_installed():
    names = {str(p.relative_to(dest)) for p in dest.rglob('*') if p.is_file() or p.is_symlink()}
    wanted = ['bin/deconflict', 'libdeconflict.so', 'libdeconflict.a', 'pkgconfig/deconflict.pc', 'man1/deconflict.1',
              'man1/deconflict-check.1', 'completions/deconflict', 'schema/operations.schema.json', 'schema/check.schema.json']
    wanted += ['include/deconflict/' + p.name for p in (root / 'include/deconflict').glob('*.h')]
    for name in wanted:
        expect(any(n.endswith('/' + name) for n in names), f'{name} is not installed')
    internal = [n for n in names if n.endswith('.h') and '/include/deconflict/' not in n]
    expect(not internal, f'internal headers are installed: {internal}')


@test
def the_installed_command_runs():
    program = next(p for p in dest.rglob('deconflict') if p.parent.name == 'bin')
    expect(run(program, 'version').split()[1] == pkg_config('--modversion')[0], 'command and pkg-config name one version')


print(f'1..{len(tests)}')
failed = 0
for i, function in enumerate(tests, 1):
    try:
        function()
        print(f'ok {i} - {function.__name__}')
    except Exception as error:
        failed += 1
        print('# ' + str(error).replace('\n', '\n# '))
        print(f'not ok {i} - {function.__name__}')
sys.exit(failed > 0)
