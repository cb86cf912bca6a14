#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vectors.py PROGRAM DOCUMENT: the test vectors of doc/protocol-record.md, computed here from the definitions of RFC 9162,
RFC 4648 and the C2SP documents with hashlib and the cryptography package alone, and compared with what PROGRAM computes and with
what DOCUMENT says.  Writes TAP.
vectors.py --print: the vectors as the document has them."""
import base64
import hashlib
import re
import subprocess
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = 'example.com/node'
ENTRIES = 70000  # two levels of complete tiles and more


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


# --- entries ---------------------------------------------------------------------------------------------------------------------
def salt(i):
    return sha256(f'salt {i}'.encode())


def content(i):
    return b'' if i == 0 else f'content {i}\n'.encode()


def commitment(salted_by, data):
    return sha256(b'deconflict-entry-v1\n' + salted_by + data)


COMMITMENTS = [commitment(salt(i), content(i)) for i in range(ENTRIES)]
LEAVES = [sha256(b'\x00' + c) for c in COMMITMENTS]


# --- the tree: RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, as they are written ------------------------------------------------
def k_below(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


KNOWN = {}


def mth(first, end):
    """The root over leaves first..end-1."""
    if end == first:
        return sha256(b'')
    if end - first == 1:
        return LEAVES[first]
    if (first, end) not in KNOWN:
        k = first + k_below(end - first)
        KNOWN[first, end] = sha256(b'\x01' + mth(first, k) + mth(k, end))
    return KNOWN[first, end]


def path(m, first, end):
    if end - first == 1:
        return []
    k = k_below(end - first)
    if m < k:
        return path(m, first, first + k) + [mth(first + k, end)]
    return path(m - k, first + k, end) + [mth(first, first + k)]


def subproof(m, first, end, whole):
    if m == end - first:
        return [] if whole else [mth(first, end)]
    k = k_below(end - first)
    if m <= k:
        return subproof(m, first, first + k, whole) + [mth(first + k, end)]
    return subproof(m - k, first + k, end, False) + [mth(first, first + k)]


# --- tiles: C2SP tlog-tiles ------------------------------------------------------------------------------------------------------
def tile(level, index, width):
    span = 256 ** level
    return b''.join(mth((index * 256 + i) * span, (index * 256 + i + 1) * span) for i in range(width))


def bundle(index, width):
    return b''.join(len(c).to_bytes(2, 'big') + c for c in COMMITMENTS[index * 256:index * 256 + width])


def tile_path(level, index, width):
    digits = str(index)
    groups = re.findall(r'\d{3}', digits.zfill(-(-len(digits) // 3) * 3))
    return f"tile/{level}/{'/'.join(['x' + g for g in groups[:-1]] + groups[-1:])}" + (f'.p/{width}' if width < 256 else '')


# --- keys, notes, heads: C2SP signed-note and tlog-checkpoint --------------------------------------------------------------------
class Key:
    def __init__(self, first_byte):
        self.seed = bytes((first_byte + i) & 255 for i in range(32))
        self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha256(ORIGIN.encode() + b'\n\x01' + self.public)[:4]
        self.vkey = f'{ORIGIN}+{self.id.hex()}+{b64(bytes([1]) + self.public)}'

    def line(self, text):
        return f'\u2014 {ORIGIN} {b64(self.id + self.private.sign(text.encode()))}\n'


FIRST, SECOND = Key(0x00), Key(0x80)


def checkpoint(size, *keys):
    text = f'{ORIGIN}\n{size}\n{b64(mth(0, size))}\n'
    return text + '\n' + ''.join(k.line(text) for k in keys)


def inclusion_text(index, size, extra):
    head = f'extra {b64(salt(index) + content(index))}\n' if extra else ''
    return ('c2sp.org/tlog-proof@v1\n' + head + f'index {index}\n' + ''.join(b64(h) + '\n' for h in path(index, 0, size)) + '\n'
            + checkpoint(size, FIRST))


def consistency_text(old, size):
    proof = subproof(old, 0, size, True) if 0 < old < size else []
    return f'old {old}\n' + ''.join(b64(h) + '\n' for h in proof) + '\n' + checkpoint(size, FIRST)


# --- the vectors -----------------------------------------------------------------------------------------------------------------
def text(value):
    """A text of several lines on one."""
    return value.replace('\n', '\\n')


def hashes(values):
    return ' '.join(v.hex() for v in values) or '(none)'


def vectors():
    for i in (0, 1, 2):
        yield f'salt {i}', salt(i).hex()
        yield f'commitment {i}', COMMITMENTS[i].hex()
        yield f'leaf {i}', LEAVES[i].hex()
    for size in (0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 256, 257, 65535, 65536, 65537, 70000):
        yield f'root {size}', mth(0, size).hex()
    for index, size in ((0, 1), (0, 2), (3, 5), (4, 5), (255, 256), (256, 257), (69999, 70000), (12345, 70000)):
        yield f'inclusion {index} {size}', hashes(path(index, 0, size))
    for old, size in ((1, 2), (3, 5), (4, 7), (6, 8), (255, 257), (256, 257), (257, 65536), (65537, 70000)):
        yield f'consistency {old} {size}', hashes(subproof(old, 0, size, True))
    for level, index, width in ((0, 0, 1), (0, 0, 256), (0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)):
        yield f'sha256 of {tile_path(level, index, width)}', sha256(tile(level, index, width)).hex()
    for index, width in ((0, 1), (0, 256), (273, 112)):
        name = tile_path(0, index, width).replace('tile/0', 'tile/entries')
        yield f'sha256 of {name}', sha256(bundle(index, width)).hex()
    for level, index, width in ((0, 1234067, 256), (0, 999, 255), (0, 1000, 1), (3, 0, 7), (0, 2**55 - 1, 255)):
        yield f'path {level} {index} {width}', tile_path(level, index, width)
    yield 'path of content 1', f'content/{COMMITMENTS[1].hex()}'
    yield 'sha256 of content 1', sha256(salt(1) + content(1)).hex()
    for name, key in (('first', FIRST), ('second', SECOND)):
        yield f'{name} seed', key.seed.hex()
        yield f'{name} public key', key.public.hex()
        yield f'{name} vkey', key.vkey
    for size in (0, 5, 70000):
        yield f'checkpoint {size}', text(checkpoint(size, FIRST))
    yield 'keys', text(f'0 {FIRST.vkey}\n256 {SECOND.vkey}\n')
    yield 'handover 256', text(checkpoint(256, FIRST, SECOND))
    yield 'inclusion proof 3 5', text(inclusion_text(3, 5, True))
    yield 'inclusion proof 3 5, erased', text(inclusion_text(3, 5, False))
    yield 'consistency proof 3 5', text(consistency_text(3, 5))
    yield 'consistency proof 0 5', text(consistency_text(0, 5))


def in_document(path_of_document):
    block = re.search(r'^```vectors\n(.*?)^```$', open(path_of_document, encoding='utf-8').read(), re.M | re.S)
    return dict(line.split(' = ', 1) for line in block.group(1).splitlines()) if block else {}


def main():
    if sys.argv[1:] == ['--print']:
        for name, value in vectors():
            print(f'{name} = {value}')
        return 0
    done = subprocess.run([sys.argv[1]], capture_output=True, text=True, encoding='utf-8')
    computed = dict(line.split(' = ', 1) for line in done.stdout.splitlines() if ' = ' in line)
    written = in_document(sys.argv[2])
    expected = dict(vectors())
    failed = 0
    print(f'1..{len(expected) + 2}')
    for n, (name, value) in enumerate(expected.items(), 1):
        good = computed.get(name) == value and written.get(name) == value
        failed += not good
        print(f"{'ok' if good else 'not ok'} {n} - {name}")
        if not good:
            print(f'#   expected {value}\n#   program  {computed.get(name)}\n#   document {written.get(name)}')
    nothing_else = (set(computed) | set(written)) == set(expected)
    print(f"{'ok' if nothing_else else 'not ok'} {len(expected) + 1} - nothing else is computed or written")
    print(f"{'ok' if done.returncode == 0 else 'not ok'} {len(expected) + 2} - the program ends well")
    if done.returncode:
        print(f'# status {done.returncode}\n# ' + done.stderr.replace('\n', '\n# '))
    return 1 if failed or not nothing_else or done.returncode else 0


sys.exit(main())
