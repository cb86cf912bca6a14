#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""structure.py ROOT BUILD SANITIZED CC... -- CXX...: the promises about the sources and the libraries that a compiler
does not keep: who includes whom, what the core calls, what is exported, what is documented.  Writes TAP."""
import pathlib
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

root, build, sanitized = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3] == 'true'
cc, cxx = sys.argv[4:sys.argv.index('--')], sys.argv[sys.argv.index('--') + 1:]
tests = []

# The table of ARCHITECTURE.md: src/FOLDER may include headers of these, and its own, and <deconflict/...>.
MAY_INCLUDE = {
    'base': [],
    'core': ['base'],
    'options': ['base', 'core'],
    'format': ['base', 'core', 'options'],
    'lib': ['base', 'core', 'options', 'format'],
    'crypto': ['base'],
    'record': ['base', 'crypto'],
    'store': ['base', 'crypto', 'record'],
    'domain': ['base', 'core', 'options', 'format', 'crypto', 'record'],
    'node': ['base', 'core', 'options', 'format', 'crypto', 'record', 'store', 'domain'],
    'cli': ['base', 'core', 'options', 'format', 'crypto', 'record', 'store', 'domain', 'node'],
}
# Everything that the core may call beside base: bytes in memory, the square root, and what a compiler makes of 128-bit
# integers and of counting bits.
CORE_MAY_CALL = {'memcmp', 'memcpy', 'memmove', 'memset', 'strlen', 'strchr', 'sqrt', '__floattidf', '__divti3', '__modti3', '__udivti3',
                 '__umodti3', '__multi3', '__popcountdi2', '_GLOBAL_OFFSET_TABLE_'}
# System headers the core may include (math.h for the square root alone: see the list above).
CORE_MAY_SEE = {'stddef.h', 'stdint.h', 'stdbool.h', 'string.h', 'float.h', 'immintrin.h', 'cpuid.h', 'math.h', 'stdatomic.h'}
SOURCES = ['include', 'src', 'bench', 'fuzz', 'examples', 'test']
LONGEST_FILE = 1000
GENERATED = {'src/format/basemap_data.h'}


def test(function):
    tests.append(function)
    return function


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def sources(*folders, suffixes=('.c', '.h', '.cc', '.cpp')):
    return sorted(p for f in folders for p in (root / f).rglob('*') if p.suffix in suffixes and p.is_file())


def name_of(path):
    return str(path.relative_to(root))


def run(*words):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True)


def symbols(archive, *options):
    done = run('nm', *options, archive)
    expect(done.returncode == 0, f'nm {archive}: {done.stderr}')
    return [line.split() for line in done.stdout.splitlines() if len(line.split()) >= 2]


def undefined(archive):
    return {words[-1] for words in symbols(archive, '-u') if words[-2] == 'U'}


def defined(archive, *options):
    return {words[2] for words in symbols(archive, '--defined-only', *options) if len(words) == 3 and words[1].isupper()}


def exported():
    return {line.strip() for line in (root / 'test/exports.txt').read_text().splitlines() if line.strip()}


def public_headers():
    return sources('include/deconflict', suffixes=('.h',))


def without_comments(text):
    return re.sub(r'/\*.*?\*/', ' ', text, flags=re.S)


@test
def folders_include_only_what_the_table_allows():
    bad = []
    folders = {p.name for p in (root / 'src').iterdir() if p.is_dir()}
    expect(folders <= set(MAY_INCLUDE), f'folders without a row: {folders - set(MAY_INCLUDE)}')
    for folder, others in MAY_INCLUDE.items():
        for path in sources(f'src/{folder}'):
            for found in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.M):
                if found.split('/')[0] not in [folder, *others] or '/' not in found:
                    bad.append(f'{name_of(path)}: "{found}"')
    expect(not bad, '\n'.join(bad))


@test
def the_build_and_the_page_have_the_same_table():
    text = (root / 'src/meson.build').read_text()
    built = dict(re.findall(r"^  '(\w+)': \[(.*)\],$", text, re.M))
    expect({k: re.findall(r'\w+', v) for k, v in built.items()} == MAY_INCLUDE, f'src/meson.build says {built}')
    page = dict(re.findall(r'^\| `?(\w+)`? \| (.*) \|$', (root / 'ARCHITECTURE.md').read_text(), re.M))
    for folder, others in MAY_INCLUDE.items():
        expect(re.findall(r'\w+', page.get(folder, '')) == (others or ['nothing']), f'ARCHITECTURE.md: {folder}: {page.get(folder)}')


@test
def the_core_sees_no_file_no_clock_no_heap():
    bad = []
    for path in sources('src/core'):
        for found in re.findall(r'^\s*#\s*include\s+<([^>]+)>', path.read_text(), re.M):
            if found not in CORE_MAY_SEE and not found.startswith('deconflict/'):
                bad.append(f'{name_of(path)}: <{found}>')
    expect(not bad, '\n'.join(bad))


@test
def the_core_calls_nothing_outside_the_list():
    if sanitized:
        return 'sanitizers put calls of their own in'
    core, base = build / 'src/core/libdcf_core.a', build / 'src/base/libdcf_base.a'
    stray = undefined(core) - defined(core) - defined(base) - CORE_MAY_CALL
    expect(not stray, f'the core calls {sorted(stray)}')
    expect('memcpy' in undefined(core), 'nothing was looked at')


@test
def the_shared_library_exports_the_list():
    if sanitized:
        return 'sanitizers export names of their own'
    library = build / 'src/lib/libdeconflict.so'
    found = defined(library, '-D')
    expect(found == exported(), f'not in the list: {sorted(found - exported())}; missing: {sorted(exported() - found)}')


@test
def global_names_have_our_prefix():
    bad = set()
    for name in ('base/libdcf_base.a', 'core/libdcf_core.a', 'format/libdcf_format.a', 'lib/libdeconflict.a'):
        names = defined(build / 'src' / name)
        # C++ names are in name spaces of their own (simdjson, std); sanitizers add marks.
        bad |= {n for n in names if not n.startswith(('dcf_', '_Z', '__odr_asan', 'DW.ref', '__asan', '_ITM', '__gxx', '__clang_call'))}
    expect(not bad, f'{sorted(bad)}')


@test
def every_header_stands_alone():
    jobs = []
    for path in public_headers():
        include = f'#include <deconflict/{path.name}>\n'
        jobs += [(name_of(path) + ' as C17', [*cc, '-x', 'c', '-std=c17'], include),
                 (name_of(path) + ' as C++17', [*cxx, '-x', 'c++', '-std=c++17'], include)]
    for folder in MAY_INCLUDE:
        for path in sources(f'src/{folder}', suffixes=('.h',)):
            if name_of(path) in GENERATED: # rows of a table, included inside it
                continue
            jobs.append((name_of(path), [*cc, '-x', 'c', '-std=c17', '-I', str(root / 'src')], f'#include "{folder}/{path.name}"\n'))

    def compile_one(job):
        what, words, text = job
        words = [w for w in words if not w.startswith('-fsanitize')]
        done = subprocess.run([*words, '-Wall', '-Wextra', '-Wpedantic', '-Wno-unused-function', '-Wno-unused-const-variable',
                               '-Wno-unused-variable', '-Werror', '-fsyntax-only', '-I', str(root / 'include'), '-'],
                              input=text + text + 'typedef int dcf_nothing_else;\n', capture_output=True, text=True)
        return None if done.returncode == 0 else f'{what}: {done.stderr}'

    with ThreadPoolExecutor(2) as pool:
        bad = [b for b in pool.map(compile_one, jobs) if b]
    expect(len(jobs) > 60 and not bad, '\n'.join(bad))


@test
def every_public_function_is_listed_documented_and_used():
    declared, bad = set(), []
    for path in public_headers():
        text = path.read_text()
        for match in re.finditer(r'^DCF_API\b[^;]*?\b(dcf_\w+)\s*\([^;]*;', text, re.M | re.S):
            name = match.group(1)
            declared.add(name)
            before = text[:match.start()]
            # A comment directly before it, or before the one struct it fills.
            before = re.sub(r'\}\s*;\s*$', '', re.sub(r'struct \w+ \{[^}]*\};\s*$', '', before)).rstrip()
            if not before.endswith('*/'):
                bad.append(f'{name_of(path)}: {name} has no comment')
    expect(declared == exported(), f'declared and not listed, or listed and not declared: {sorted(declared ^ exported())}')
    users = '\n'.join(p.read_text() for p in sources('examples', 'test/lib'))
    bad += [f'{name} is in no example and no test' for name in sorted(declared) if not re.search(rf'\b{name}\b', users)]
    expect(not bad, '\n'.join(bad))


@test
def every_status_is_numbered_in_writing():
    text = (root / 'include/deconflict/status.h').read_text()
    body = without_comments(re.search(r'enum dcf_status \{(.*?)\};', text, re.S).group(1))
    members = [m.strip() for m in body.split(',') if m.strip()]
    expect(members[-1] == 'DCF_STATUS_END', members[-1])
    for i, member in enumerate(members[:-1]):
        expect(re.fullmatch(rf'DCF_(OK|E_\w+) = {i}', member), f'{member}: number {i} expected')
        code = member.split()[0]
        expect(f'[{code}] = "' in (root / 'src/base/status.c').read_text(), f'{code} has no sentence')


@test
def versions_are_one():
    version = re.search(r"version: '([\d.]+)'", (root / 'meson.build').read_text()).group(1)
    header = (root / 'include/deconflict/version.h').read_text()
    expect(re.findall(r'#define DCF_LIBRARY_\w+ (\d+)', header) == version.split('.'), f'version.h does not say {version}')
    changes = (root / 'CHANGELOG.md').read_text()
    expect('## [Unreleased]' in changes or f'## [{version}]' in changes, 'CHANGELOG.md has no section for it')


@test
def every_source_says_its_licence():
    bad = []
    files = sources('include', 'src', 'test', 'fuzz', 'bench', 'examples', suffixes=('.c', '.h', '.cc', '.cpp', '.py'))
    files += [p for p in root.rglob('meson.build') if 'build-' not in name_of(p) and not name_of(p).startswith('build/')]
    files += [p for p in (root / 'script').iterdir() if p.is_file()] + [root / '.ci/run', root / 'meson_options.txt']
    for path in files:
        if 'SPDX-License-Identifier: Apache-2.0' not in '\n'.join(path.read_text().splitlines()[:3]):
            bad.append(name_of(path))
    expect(len(files) > 100 and not bad, '\n'.join(bad))
    expect('Apache License' in (root / 'LICENSE').read_text(), 'LICENSE')


@test
def sources_are_in_form():
    if sanitized:
        return 'the sources of the other build are the same'
    if not shutil.which('clang-format') or ' 14.' not in run('clang-format', '--version').stdout:
        return 'no clang-format 14 here, and others break lines otherwise'
    files = [p for p in sources(*SOURCES) if name_of(p) not in GENERATED]
    done = run('clang-format', '--dry-run', *files)
    bad = sorted({line.split(':')[0] for line in done.stderr.splitlines() if 'code should be clang-formatted' in line})
    expect(files and not bad, '\n'.join(bad))


@test
def files_stay_small():
    long = [f'{name_of(p)}: {n} lines' for p in sources(*SOURCES)
            if (n := len(p.read_text().splitlines())) > LONGEST_FILE and name_of(p) not in GENERATED]
    expect(not long, '\n'.join(long))


@test
def scripts_can_be_run():
    bad = []
    for path in [*(root / 'script').iterdir(), root / '.ci/run']:
        if path.is_file() and (not path.stat().st_mode & 0o100 or not path.read_text().startswith('#!')):
            bad.append(name_of(path))
        elif path.is_file() and path.read_text().startswith('#!/bin/sh') and (done := run('sh', '-n', path)).returncode:
            bad.append(done.stderr)
    expect(not bad, '\n'.join(bad))


@test
def documents_lead_somewhere():
    bad = []
    pages = [p for p in [*root.glob('*.md'), *(root / 'doc').rglob('*.md'), *(root / 'examples').glob('*.md')] if p.is_file()]
    for page in pages:
        for target in re.findall(r'\]\(([^)#\s]+)(?:#[^)]*)?\)', page.read_text()):
            if not re.match(r'\w+:', target) and not (page.parent / target).exists():
                bad.append(f'{name_of(page)}: {target}')
    expect(len(pages) >= 6 and not bad, '\n'.join(bad))


@test
def every_mutant_still_applies():
    patches, bad = sorted((root / 'test/mutants').glob('*.patch')), []
    for path in patches:
        with path.open() as text:
            done = subprocess.run(['patch', '-p1', '-s', '--dry-run', '-d', str(root)], stdin=text, capture_output=True, text=True)
        if done.returncode:
            bad.append(f'{name_of(path)}: {done.stdout}')
    expect(len(patches) >= 10 and not bad, '\n'.join(bad))


print(f'1..{len(tests)}')
failed = 0
for i, function in enumerate(tests, 1):
    try:
        skipped = function()
        print(f'ok {i} - {function.__name__}' + (f' # SKIP {skipped}' if skipped else ''))
    except Exception as error:
        failed += 1
        print('# ' + (str(error) or repr(error)).replace('\n', '\n# '))
        print(f'not ok {i} - {function.__name__}')
sys.exit(failed > 0)
