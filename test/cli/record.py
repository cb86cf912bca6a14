#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""record.py DECONFLICT MAKE_RECORD ROOT [--few]: `deconflict record` on records made here, and what it writes checked by other code.

Writes TAP.  --few: fewer entries, where sanitizers make each dear."""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator

program, maker = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
root = pathlib.Path(sys.argv[3]).absolute()
few = sys.argv[4:] == ['--few']
schema = Draft202012Validator(json.loads((root / 'data/schema/record.schema.json').read_text()))
ORIGIN = 'example.com/record'
tests = []


def test(function):
    tests.append(function)
    return function


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def run(*arguments, **more):
    return subprocess.run([program, 'record', *map(str, arguments)], capture_output=True, **more)


def good(*arguments):
    done = run(*arguments)
    expect(done.returncode == 0 and not done.stderr, f'{arguments}: {done.returncode} {done.stderr}')
    return done.stdout.decode()


def answer(*arguments, status=0):
    done = run(*arguments, '--format', 'json')
    expect(done.returncode == status, f'{arguments}: {done.returncode} {done.stderr}')
    got = json.loads(done.stdout)
    problems = [f'{e.json_path}: {e.message}' for e in schema.iter_errors(got)]
    expect(not problems, f'{arguments}: {problems[:3]} {got}')
    return got


def bad(status, words, *arguments):
    done = run(*arguments)
    expect(done.returncode == status, f'{arguments}: {done.returncode} {done.stderr} {done.stdout[:200]}')
    expect(words in (done.stderr + done.stdout).decode(), f'{arguments}: {done.stderr} {done.stdout[:300]}')


def make(folder, *steps):
    done = subprocess.run([maker, folder, *map(str, steps)], capture_output=True, text=True)
    expect(done.returncode == 0, f'{steps}: {done.stderr}')


class Work:
    """A folder of one test, with a record of `steps` in d."""

    def __init__(self, *steps):
        self.steps = steps

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='dcf-record-'))
        if self.steps:
            make(self.folder / 'd', 'begin', *self.steps)
        return self.folder

    def __exit__(self, *error):
        shutil.rmtree(self.folder, ignore_errors=True)


def change(folder, sql, *values):
    with sqlite3.connect(folder / 'record.sqlite3', isolation_level=None) as db:
        db.execute(sql, values)
    db.close()


# --- the same hashes by other code ---------------------------------------------------------------------------------------------

def sha(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


def commitment_of(salt, content):
    return sha(b'deconflict-entry-v1\n', salt, content)


def leaf_of(commitment):
    return sha(b'\0', commitment)


def tree(leaves):
    """RFC 9162, section 2.1.1, as it stands there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b'\1', tree(leaves[:k]), tree(leaves[k:]))


def included(leaf, index, size, hashes, wanted):
    """RFC 9162, section 2.1.3.2."""
    at, last, r = index, size - 1, leaf
    for p in hashes:
        if last == 0:
            return False
        if at & 1 or at == last:
            r = sha(b'\1', p, r)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            r = sha(b'\1', r, p)
        at, last = at >> 1, last >> 1
    return last == 0 and r == wanted


def consistent(first, second, hashes, old, new):
    """RFC 9162, section 2.1.4.2."""
    path = list(hashes)
    if first == second:
        return not path and old == new
    if first & (first - 1) == 0:
        path.insert(0, old)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha(b'\1', c, fr), sha(b'\1', c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha(b'\1', sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old and sr == new


def open_checkpoint(note, vkey):
    """Size and root of a signed checkpoint; raises when `vkey` did not sign it."""
    name, key_id, key = vkey.split('+', 2)
    key = base64.b64decode(key)
    expect(key[0] == 1 and sha(name.encode(), b'\n', key)[:4].hex() == key_id, f'vkey {vkey}')
    text, signatures = note.split('\n\n', 1)
    text += '\n'
    origin, size, root_hash = text.splitlines()
    for line in signatures.splitlines():
        dash, who, what = line.split(' ')
        what = base64.b64decode(what)
        if who == name and what[:4].hex() == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(key[1:]).verify(what[4:], text.encode())
            except InvalidSignature:
                raise AssertionError('the signature does not hold') from None
            expect(origin == ORIGIN and dash == '\u2014', note)
            return int(size), base64.b64decode(root_hash)
    raise AssertionError(f'not signed by {vkey}: {note}')


def keys_of(folder):
    return [line.split(' ')[1] for line in (folder / 'keys').read_text().splitlines()]


def number_path(n):
    groups = [f'{n % 1000:03}']
    while n >= 1000:
        n //= 1000
        groups.insert(0, f'x{n % 1000:03}')
    return '/'.join(groups)


def tile_file(folder, level, n, width):
    path = folder / f'tile/{level}/{number_path(n)}'
    return (path if width == 256 else path.with_name(path.name + '.p') / str(width)).read_bytes()


def check_exported(folder, erased=()):
    """Everything that an exported folder says, without our program.  Returns the commitments."""
    size, wanted = open_checkpoint((folder / 'checkpoint').read_text(), keys_of(folder)[-1])
    commitments = []
    for n in range((size + 255) // 256):
        width = min(256, size - n * 256)
        bundle = tile_file(folder, 'entries', n, width)
        expect(len(bundle) == width * 34, f'bundle {n}: {len(bundle)}')
        for i in range(width):
            expect(bundle[i * 34:i * 34 + 2] == b'\0\x20', f'length in bundle {n}')
            commitments.append(bundle[i * 34 + 2:i * 34 + 34])
    leaves = [leaf_of(c) for c in commitments]
    expect(tree(leaves) == wanted, 'the tree is not the one that the checkpoint signs')
    level, row = 0, leaves
    while row:
        for n in range((len(row) + 255) // 256):
            part = row[n * 256:n * 256 + 256]
            expect(tile_file(folder, level, n, len(part)) == b''.join(part), f'tile {n} of level {level}')
        row = [tree(row[i:i + 256]) for i in range(0, len(row) - 255, 256)]
        level += 1
    expect(not (folder / f'tile/{level}').exists(), f'a tile of level {level}')
    names = {p.name for p in (folder / 'content').iterdir()}
    for i, commitment in enumerate(commitments):
        expect((commitment.hex() in names) == (i not in erased), f'content of entry {i}')
        if i not in erased:
            content = (folder / 'content' / commitment.hex()).read_bytes()
            expect(commitment_of(content[:32], content[32:]) == commitment, f'content of entry {i}')
    expect(len(names) == size - len(erased), f'{len(names)} contents')
    return commitments


def files_of(folder):
    return {str(p.relative_to(folder)): (p.stat().st_mtime_ns, p.stat().st_ino) for p in folder.rglob('*') if p.is_file()}


# --- verify --------------------------------------------------------------------------------------------------------------------

@test
def a_record_verifies_in_one_line():
    with Work('append', 600, 'erase', 7) as w:
        line = good('verify', w / 'd')
        expect(line.count('\n') == 1 and line.startswith(f'verified: {ORIGIN}, 600 entries (1 erased), root '), line)
        got = answer('verify', w / 'd')
        expect(got['verified'] and got['size'] == got['entries'] == 600 and got['erased'] == 1, got)
        good('export', w / 'd', w / 'out')
        size, wanted = open_checkpoint((w / 'out/checkpoint').read_text(), keys_of(w / 'out')[0])
        expect(base64.b64decode(got['root']) == wanted and size == 600, got)
    with Work('append', 0) as w:
        expect('0 entries' in good('verify', w / 'd'), 'an empty record')


@test
def damage_is_told_with_its_position():
    damages = (
        ('UPDATE entry SET content = ? WHERE position = 300', b'{}\nforged', 300),
        ('UPDATE entry SET salt = ? WHERE position = 599', bytes(32), 599),
        ('UPDATE entry SET commitment = ? WHERE position = 0', bytes(32), 0),
        ('DELETE FROM entry WHERE position = ?', 421, 421),
        ('UPDATE entry SET position = 100000 WHERE position = ?', 30, 30),
        ('UPDATE entry SET salt = NULL, content = NULL, commitment = ? WHERE position = 255', bytes(32), 255),
        ('UPDATE tile SET hashes = ? WHERE id = 1', bytes(8192), 256),
        ('DELETE FROM tile WHERE id = ?', 0, 0),
        ('UPDATE head SET size = ?', 599, 0),
        ('UPDATE head SET note = ?', b'no note\n', 0),
        ('DELETE FROM meta WHERE key = ?', 'keys', 0),
    )
    with Work('append', 600) as w:
        for number, (sql, value, position) in enumerate(damages):
            copy = w / f'copy{number}'
            shutil.copytree(w / 'd', copy)
            change(copy, sql, value)
            bad(1, f'NOT verified: first bad position {position}: ', 'verify', copy)
            expect(run('verify', copy).stdout.count(b'\n') == 1, 'more than one line')
            got = answer('verify', copy, status=1)
            expect(not got['verified'] and got['first_bad'] == position and got['why'], got)


@test
def a_forger_without_the_key_is_found():
    """Content, commitment and tile changed so that they agree: only the signature knows."""
    with Work('append', 600) as w:
        forged, salt = b'{"kind":"test","number":5}\nforged', bytes(32)
        commitment = commitment_of(salt, forged)
        change(w / 'd', 'UPDATE entry SET content = ?, salt = ?, commitment = ? WHERE position = 5', forged, salt, commitment)
        bad(1, 'NOT verified: first bad position 5: tile 0 of level 0', 'verify', w / 'd')
        with sqlite3.connect(w / 'd/record.sqlite3') as db:
            hashes, = db.execute('SELECT hashes FROM tile WHERE id = 0').fetchone()
        db.close()
        change(w / 'd', 'UPDATE tile SET hashes = ? WHERE id = 0', hashes[:160] + leaf_of(commitment) + hashes[192:])
        bad(1, 'NOT verified: first bad position 0: the tree of the entries is not the one that the head signs', 'verify', w / 'd')
        for action in ('show', 'export', 'prove'):
            more = {'export': [w / 'out'], 'prove': ['--entry', 3], 'show': []}[action]
            bad(1, 'not the one that the head signs', action, w / 'd', *more)


@test
def keys_from_elsewhere_are_gone_by():
    with Work('append', 300, 'rotate', 'append', 50) as w:
        good('export', w / 'd', w / 'out')
        first, second = keys_of(w / 'out')
        expect(answer('verify', w / 'd')['keys'] == 2, 'both keys')
        for name, text in (('first', first), ('second', second + '\n'), ('ring', (w / 'out/keys').read_text())):
            (w / name).write_text(text)
            good('verify', w / 'd', '--vkey', w / name)
            good('verify', w / 'out', '--vkey', w / name)
        make(w / 'other', 'begin', 'append', 3)
        raw = bytearray(base64.b64decode(first.split('+', 2)[2]))
        raw[7] ^= 1
        stranger = f'{ORIGIN}+{sha(ORIGIN.encode(), bytes([10]), bytes(raw))[:4].hex()}+{base64.b64encode(bytes(raw)).decode()}'
        (w / 'stranger').write_text(stranger)
        bad(1, 'NOT verified: first bad position 0', 'verify', w / 'd', '--vkey', w / 'stranger')
        # record.vkey in the folder is gone by without being asked for.
        (w / 'd/record.vkey').write_text(stranger)
        bad(1, 'NOT verified', 'verify', w / 'd')
        (w / 'd/record.vkey').write_text(second)
        good('verify', w / 'd')
        (w / 'nonsense').write_text('a key? no\n')
        bad(2, 'nonsense: byte ', 'verify', w / 'd', '--vkey', w / 'nonsense')
        bad(2, 'No such file', 'verify', w / 'd', '--vkey', w / 'none')
        shutil.rmtree(w / 'out/handover')
        bad(1, 'handover', 'verify', w / 'out')


@test
def exported_folders_are_verified_too():
    with Work('append', 600) as w:
        good('export', w / 'd', w / 'out')
        names = [c.hex() for c in check_exported(w / 'out')]
        damages = (
            (f'content/{names[300]}', lambda b: b + b'x', 300),
            (f'content/{names[9]}', lambda b: b[:20], 9),
            ('tile/0/001', lambda b: bytes([b[0] ^ 1]) + b[1:], 256),
            ('tile/0/001', lambda b: b[:-32], 256),
            ('tile/entries/000', lambda b: b[:34 * 70 + 5] + bytes([b[34 * 70 + 5] ^ 1]) + b[34 * 70 + 6:], 70),
            ('tile/entries/002.p/88', lambda b: b[:-1], 512),
            ('checkpoint', lambda b: b.replace(b'600', b'599'), 0),
            ('checkpoint', lambda b: b[:-4] + b'AA==\n', 0),
            ('keys', lambda b: b[:-9] + b'\n', 0),
        )
        for name, how, position in damages:
            before = (w / 'out' / name).read_bytes()
            (w / 'out' / name).write_bytes(how(before))
            bad(1, f'first bad position {position}: ', 'verify', w / 'out')
            (w / 'out' / name).write_bytes(before)
        (w / 'out/content' / names[2]).unlink()
        expect(answer('verify', w / 'out')['erased'] == 1, 'content that is not there is erased content')
        (w / 'out/tile/entries/000').unlink()
        bad(1, 'first bad position 0: ', 'verify', w / 'out')


# --- show ----------------------------------------------------------------------------------------------------------------------

@test
def entries_are_shown():
    with Work('append', 200, 'erase', 4, 'large', 3000) as w:
        got = answer('show', w / 'd')
        expect(got['size'] == 201 and [e['position'] for e in got['entries']] == list(range(201)), 'positions')
        for e in got['entries'][:200]:
            if e['position'] == 4:
                expect(e['erased'] and len(e) == 3, e)
                continue
            content = json.dumps(e['head'], separators=(',', ':')).encode() + b'\n' + e['body'].encode()
            expect(e['head'] == {'kind': 'test', 'number': e['position']} and e['bytes'] == len(content), e)
            expect(commitment_of(bytes.fromhex(e['salt']), content).hex() == e['commitment'], e)
        last = got['entries'][200]
        content = base64.b64decode(last['base64'])
        expect(len(content) == 3000 and commitment_of(bytes.fromhex(last['salt']), content).hex() == last['commitment'], 'bytes')
        text = good('show', w / 'd', '--from', 3, '--count', 2)
        lines = text.splitlines()
        expect(re.fullmatch(r'entry 3 [0-9a-f]{64} \d+ bytes', lines[0]) and lines[1] == '  {"kind":"test","number":3}', text)
        expect(lines[2:4] == ['  body of 3', '  in two lines'] and re.fullmatch('entry 4 [0-9a-f]{64} erased', lines[4]), text)
        expect(len(lines) == 5, text)
        for options, positions in ((('--from', 200), [200]), (('--count', 0), []), (('--from', 199, '--count', 9), [199, 200]),
                                   (('--from', 60, '--count', 70), list(range(60, 130)))):
            expect([e['position'] for e in answer('show', w / 'd', *options)['entries']] == positions, options)
        bad(2, 'the record has 201 entries', 'show', w / 'd', '--from', 201)
        change(w / 'd', 'UPDATE entry SET content = ? WHERE position = 130', b'{}')
        bad(1, 'entry 130 is not what its commitment stands for', 'show', w / 'd')


@test
def nothing_steers_the_reader_s_screen():
    with Work('append', 3) as w:
        good('export', w / 'd', w / 'out')
        content = '{"kind":"\u202etset"}\n\x1b[2J\x9b0m\n'.encode() + b'\xc2\x9bx'
        salt = bytes(32)
        commitment = commitment_of(salt, content)
        # A folder made by somebody else: the head is not checked against it by show alone unless it fits.
        (w / 'out/content' / commitment.hex()).write_bytes(salt + content)
        done = run('show', w / 'd')
        expect(done.returncode == 0 and b'\x1b' not in done.stdout, done.stdout)
        (w / 'd\x1b[2J').mkdir()
        done = run('verify', w / 'd\x1b[2J')
        expect(done.returncode == 2 and b'\x1b' not in done.stderr, done.stderr)


# --- prove ---------------------------------------------------------------------------------------------------------------------

def hashes_of(got):
    return [base64.b64decode(h) for h in got['hashes']]


@test
def inclusion_is_proved():
    with Work('append', 700, 'erase', 8) as w:
        good('export', w / 'd', w / 'out')
        vkey, commitments = keys_of(w / 'out')[0], check_exported(w / 'out', {8})
        for place in ('d', 'out'):
            for entry, size in ((0, None), (8, None), (255, None), (256, None), (699, None), (5, 6), (5, 300), (299, 300), (0, 1)):
                got = answer('prove', w / place, '--entry', entry, *(['--size', size] if size else []))
                n = size or 700
                wanted = tree([leaf_of(c) for c in commitments[:n]])
                expect(base64.b64decode(got['root']) == wanted and got['size'] == n, got)
                expect(got['commitment'] == commitments[entry].hex() and got['erased'] == (entry == 8), got)
                expect(included(leaf_of(commitments[entry]), entry, n, hashes_of(got), wanted), (entry, size))
                expect(('checkpoint' in got) == (n == 700), got)
                if n == 700:
                    expect(open_checkpoint(got['checkpoint'], vkey) == (700, wanted), got)
        text = good('prove', w / 'd', '--entry', 300)
        proof, note = text.split('\n\n', 1)
        lines = proof.splitlines()
        expect(lines[0] == 'c2sp.org/tlog-proof@v1' and lines[1].startswith('extra ') and lines[2] == 'index 300', text)
        extra = base64.b64decode(lines[1][6:])
        expect(commitment_of(extra[:32], extra[32:]) == commitments[300], text)
        size, wanted = open_checkpoint(note, vkey)
        expect(included(leaf_of(commitments[300]), 300, size, [base64.b64decode(h) for h in lines[3:]], wanted), text)
        expect('\nextra' not in good('prove', w / 'd', '--entry', 8), 'content that was erased')
        expect(good('prove', w / 'd', '--entry', 5, '--size', 9).startswith('index 5\nsize 9\nroot '), 'no head of that size')
        for words, arguments in (('700', ('--entry', 700)), ('700', ('--entry', 3, '--size', 701)), ('first 3', ('--entry', 3, '--size', 3))):
            bad(2, words, 'prove', w / 'd', *arguments)


@test
def consistency_is_proved():
    with Work('append', 700) as w:
        good('export', w / 'd', w / 'out')
        vkey, commitments = keys_of(w / 'out')[0], check_exported(w / 'out')
        for old, size in ((1, None), (256, None), (255, 257), (300, 700), (512, 513), (699, 700), (700, 700), (3, 7), (4, 7), (6, 8)):
            got = answer('prove', w / 'd', '--consistency', old, *([size] if size else []))
            before, after = (tree([leaf_of(c) for c in commitments[:n]]) for n in (old, size or 700))
            expect(base64.b64decode(got['old_root']) == before and base64.b64decode(got['root']) == after, got)
            expect(consistent(old, size or 700, hashes_of(got), before, after), (old, size))
        expect(answer('prove', w / 'd', '--consistency', 0)['hashes'] == [], 'nothing begins everything')
        text = good('prove', w / 'd', '--consistency', 300)
        proof, note = text.split('\n\n', 1)
        expect(proof.startswith('old 300\n') and open_checkpoint(note, vkey)[0] == 700, text)
        bad(2, '701', 'prove', w / 'd', '--consistency', 300, 701)
        bad(2, '300', 'prove', w / 'd', '--consistency', 300, 299)


# --- diff ----------------------------------------------------------------------------------------------------------------------

@test
def records_are_compared():
    with Work('append', 300) as w:
        shutil.copytree(w / 'd', w / 'same')
        shutil.copytree(w / 'd', w / 'more')
        shutil.copytree(w / 'd', w / 'parted')
        shutil.copytree(w / 'd', w / 'far')
        make(w / 'more', 'append', 30)
        make(w / 'parted', 'append', 2, 'other', 40)
        make(w / 'far', 'append', 500)
        good('export', w / 'more', w / 'out')
        got = answer('diff', w / 'd', w / 'same')
        expect(got['relation'] == 'same' and got['common'] == 300 and not got['only_a'] and not got['only_b'], got)
        expect(good('diff', w / 'd', w / 'same') == 'the same: 300 entries\n', 'text')
        for a, b, relation in (('d', 'out', 'a_begins_b'), ('more', 'd', 'b_begins_a'), ('out', 'far', 'a_begins_b')):
            got = answer('diff', w / a, w / b)
            expect(got['relation'] == relation and got['common'] == min(got['a']['size'], got['b']['size']), got)
        got = answer('diff', w / 'd', w / 'more', '--count', 5)
        expect([e['position'] for e in got['only_b']] == [300, 301, 302, 303, 304] and not got['only_a'], got)
        for a, b in (('parted', 'more'), ('more', 'parted'), ('out', 'parted'), ('far', 'parted')):
            got = answer('diff', w / a, w / b, status=1)
            expect(got['relation'] == 'part' and got['common'] == 302, got)
            expect(got['only_a'][0]['position'] == 302 and len(got['only_a']) == 20 and len(got['only_b']) == 20, 'lists')
            expect({e['head']['kind'] for e in got['only_a'] + got['only_b']} == {'test', 'other'}, 'whose they are')
        bad(1, 'they part at entry 302: 302 entries in common', 'diff', w / 'more', w / 'parted')
        make(w / 'stranger', 'begin', 'other', 5)
        expect(answer('diff', w / 'stranger', w / 'd', status=1)['common'] == 0, 'nothing in common')
        make(w / 'empty', 'begin')
        expect(answer('diff', w / 'empty', w / 'd')['relation'] == 'a_begins_b', 'an empty one')


# --- export --------------------------------------------------------------------------------------------------------------------

@test
def an_export_holds_by_other_code():
    for steps, erased in ((('append', 0), ()), (('append', 1), ()), (('append', 256), ()), (('append', 257, 'large', 100000), ()),
                          (('append', 700, 'erase', 3, 'erase', 600), {3, 600})):
        with Work(*steps) as w:
            good('export', w / 'd', w / 'out')
            if steps != ('append', 0):
                check_exported(w / 'out', erased)
            expect(not (w / 'out/exporting').exists() and not (w / 'out/checkpoint.part').exists(), 'left over')
            good('verify', w / 'out')


@test
def exporting_again_adds_what_is_new():
    with Work('append', 300) as w:
        first = answer('export', w / 'd', w / 'out')
        expect(first['before'] == 0 and first['contents'] == 300, first)
        before = files_of(w / 'out')
        again = answer('export', w / 'd', w / 'out')
        expect(again['before'] == 300 and again['contents'] == 0 and again['files'] <= 2, again)
        make(w / 'd', 'append', 500, 'erase', 10, 'erase', 350)
        more = answer('export', w / 'd', w / 'out')
        expect(more['before'] == 300 and more['size'] == 800 and more['contents'] == 499 and more['erased'] == 1, more)
        check_exported(w / 'out', {10, 350})
        after = files_of(w / 'out')
        changed = {n for n in before if before[n] != after.get(n)}
        old = {n for n in changed if n.startswith('tile')}
        expect(old == {'tile/0/001.p/44', 'tile/entries/001.p/44', 'tile/1/000.p/1'}, old)
        expect(len([n for n in changed if n.startswith('content')]) == 1, changed)
        expect(not [n for n in after if n.startswith('tile') and n.endswith('/44')], 'incomplete tiles that are of no use')
        more = (6000, 1000) if few else (60000, 10000)  # beyond 65,536 the tiles have a level more
        make(w / 'd', 'rotate', 'append', more[0], 'append', more[1])
        good('export', w / 'd', w / 'out')
        expect(len(check_exported(w / 'out', {10, 350})) == 800 + sum(more) and len(keys_of(w / 'out')) == 2, 'all levels')
        good('verify', w / 'out')


@test
def an_export_that_was_interrupted_goes_on():
    with Work('append', 600) as w:
        good('export', w / 'd', w / 'out')
        # Before the first checkpoint.
        (w / 'out/checkpoint').unlink()
        (w / 'out/exporting').write_text('')
        (w / 'out/tile/0/001').write_bytes(b'half')
        good('export', w / 'd', w / 'out')
        check_exported(w / 'out')
        # Before a later one.
        make(w / 'd', 'append', 300)
        shutil.copytree(w / 'out', w / 'kept')
        good('export', w / 'd', w / 'out')
        shutil.copy(w / 'kept/checkpoint', w / 'out/checkpoint')
        (w / 'out/tile/0/002').write_bytes(b'half')
        good('export', w / 'd', w / 'out')
        check_exported(w / 'out')


@test
def an_export_touches_no_other_folder():
    with Work('append', 300) as w:
        good('export', w / 'd', w / 'out')
        (w / 'full').mkdir()
        (w / 'full/letter').write_text('dear')
        bad(2, 'has files and no checkpoint', 'export', w / 'd', w / 'full')
        expect([p.name for p in (w / 'full').iterdir()] == ['letter'], 'files')
        make(w / 'other', 'begin', 'other', 400)
        bad(2, 'are not the first ones of this record', 'export', w / 'other', w / 'out')
        make(w / 'short', 'begin', 'append', 3)
        bad(2, 'only 3', 'export', w / 'short', w / 'out')
        check_exported(w / 'out')
        bad(3, 'none/out', 'export', w / 'd', w / 'none/out')
        (w / 'file').write_text('')
        bad(3, 'file', 'export', w / 'd', w / 'file')


# --- backup, restore, a writer at work -----------------------------------------------------------------------------------------

@test
def a_backup_can_be_restored():
    with Work('append', 300, 'erase', 3, 'rotate', 'append', 10) as w:
        expect(good('backup', w / 'd', w / 'b') == 'backed up: 310 entries\n', 'text')
        expect(sorted(p.name for p in w.iterdir()) == ['b', 'd'], 'left over')
        expect((w / 'b').stat().st_mode & 0o077 == 0, 'others can read it')
        for action in ('verify', 'show'):
            good(action, w / 'b')
        bad(2, 'is there already', 'backup', w / 'd', w / 'b')
        bad(3, 'none', 'backup', w / 'd', w / 'none/b')
        got = answer('restore', w / 'b', w / 'new')
        expect(got['size'] == 310, got)
        good('verify', w / 'new')
        expect(answer('diff', w / 'd', w / 'new')['relation'] == 'same', 'differs')
        expect((w / 'new/record.vkey').read_text().startswith(ORIGIN + '+'), 'the key')
        make(w / 'new', 'append', 5)
        expect(answer('diff', w / 'd', w / 'new')['relation'] == 'a_begins_b', 'goes on')
        bad(2, 'is there already', 'restore', w / 'b', w / 'new')
        # The log of a file that is gone must not be taken for the new one's.
        (w / 'left').mkdir()
        (w / 'left/record.sqlite3-wal').write_bytes(b'x' * 100)
        bad(2, 'lies beside it', 'restore', w / 'b', w / 'left')
        change_file = sqlite3.connect(w / 'b', isolation_level=None)
        change_file.execute('UPDATE entry SET content = ? WHERE position = 77', (b'{}',))
        change_file.close()
        bad(1, 'first bad position 77', 'restore', w / 'b', w / 'worse')
        expect(not (w / 'worse').exists(), 'a bad copy was restored')
        expect(answer('restore', w / 'b', w / 'worse', status=1)['first_bad'] == 77, 'json')
        good('export', w / 'd', w / 'out')
        bad(2, 'copied as a folder', 'backup', w / 'out', w / 'c')


@test
def everything_works_while_it_is_written():
    with Work('append', 100) as w:
        writer = subprocess.Popen([maker, w / 'd', 'stay'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        expect(writer.stdout.readline() == b'ready\n', 'the writer')
        size = 0
        for i in range(4):
            got = answer('verify', w / 'd')
            expect(got['verified'] and got['size'] >= size, got)
            size = got['size']
            good('show', w / 'd', '--count', 5)
            answer('prove', w / 'd', '--entry', size - 1)
            good('export', w / 'd', w / 'out')
            good('verify', w / 'out')
            good('backup', w / 'd', w / f'b{i}')
            good('verify', w / f'b{i}')
            expect(answer('diff', w / f'b{i}', w / 'd')['relation'] in ('same', 'a_begins_b'), 'diff')
        writer.stdin.close()
        expect(writer.wait() == 0 and answer('verify', w / 'd')['size'] > size, 'the writer was held up')
        check_exported(w / 'out')


@test
def a_copy_of_the_folder_of_a_killed_writer_is_read():
    with Work('append', 100) as w:
        writer = subprocess.Popen([maker, w / 'd', 'stay'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        expect(writer.stdout.readline() == b'ready\n', 'the writer')
        while answer('verify', w / 'd')['size'] < 200:
            pass
        writer.kill()
        writer.wait()
        shutil.copytree(w / 'd', w / 'copy')
        expect((w / 'copy/record.sqlite3-wal').stat().st_size > 0, 'nothing in the log')
        expect(answer('verify', w / 'copy')['size'] >= 200, 'the log was not read')
        expect(answer('diff', w / 'd', w / 'copy')['relation'] == 'same', 'differs')


# --- usage ---------------------------------------------------------------------------------------------------------------------

@test
def bad_usage_is_told():
    with Work('append', 3) as w:
        d = w / 'd'
        for words, arguments in (
                ('no action', ()), ("found 'check'", ('check',)), ('a path is missing', ('verify',)), ('too many', ('verify', d, d)),
                ('a path is missing', ('diff', d)), ('no option', ('verify', d, '--from', 1)), ('a whole number', ('show', d, '--from', '-1')),
                ('either --entry or --consistency', ('prove', d)), ('either', ('prove', d, '--entry', 1, '--consistency', 1)),
                ('one folder', ('prove', d, '--entry', 1, 2)), ('--size belongs to --entry', ('prove', d, '--consistency', 1, '--size', 2)),
                ('whole number', ('prove', d, '--consistency', 1, 'x')), ('text or json', ('show', d, '--format', 'xml')),
                ('No such file', ('verify', w / 'none')), ('neither record.sqlite3 nor checkpoint', ('verify', w)),
                ('No such file', ('diff', d, w / 'none')), ('a name', ('verify', d, '--vkey='))):
            bad(2, words, *arguments)
        (w / 'text').write_text('not a database, but a text long enough to be looked at as one: ' + 'x' * 2000)
        bad(1, 'not a database', 'verify', w / 'text')
        (w / 'empty').write_text('')
        bad(1, 'it is empty', 'verify', w / 'empty')
        change(d, 'PRAGMA user_version = 99')
        bad(2, 'written by a newer program', 'verify', d)


@test
def help_is_there():
    text = subprocess.run([program, 'help', 'record'], capture_output=True, text=True).stdout
    expect(text == good('--help') and 'verify DIR [--vkey FILE]' in text and 'restore FILE DIR' in text, text)
    for action in ('verify', 'show', 'prove', 'diff', 'export', 'backup', 'restore'):
        expect(f'record {action}' in good(action, '--help'), action)


@test
def output_that_fails_is_status_3():
    with Work('append', 300) as w, open('/dev/full', 'wb') as full:
        for arguments in (('verify',), ('show',), ('prove', '--entry', '1'), ('export', w / 'out'), ('backup', w / 'b')):
            done = subprocess.run([program, 'record', arguments[0], str(w / 'd'), *map(str, arguments[1:])], stdout=full,
                                  stderr=subprocess.PIPE)
            expect(done.returncode == 3 and b'No space left' in done.stderr, (arguments, done.returncode, done.stderr))


@test
def the_manual_and_the_completion_name_every_option():
    page = (root / 'doc/man/deconflict-record.1').read_text().replace('\\-', '-')
    completion = (root / 'doc/completion/deconflict.bash').read_text()
    options = set()
    for action in ('verify', 'show', 'prove', 'diff', 'export', 'backup', 'restore'):
        options |= set(re.findall(r'^  (?:-\w, )?(--[a-z-]+)', good(action, '--help'), re.M))
        expect(f'.Cm {action}' in page and action in completion, action)
    options -= {'--help'}
    described = {'-' + o for o in re.findall(r'Fl (-[a-z-]+)', page)}
    expect(described == options, f'man page {described ^ options}')
    words = set(re.search(r"\trecord\)\s+words='(--[^']*)'", completion).group(1).split())
    expect({x for x in words if x.startswith('--')} - {'--help'} == options, words ^ options)


print(f'1..{len(tests)}')
failed = False
for number, function in enumerate(tests, 1):
    try:
        function()
        print('ok', number, '-', function.__name__)
    except Exception as error:
        print('#', type(error).__name__, str(error)[:900].replace('\n', '\n# '))
        print('not ok', number, '-', function.__name__)
        failed = True
sys.exit(failed)
