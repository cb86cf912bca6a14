#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""line_vectors.py PROGRAM DOCUMENT: the test vectors of doc/protocol-line.md, computed here from what the document says, with json,
hashlib and the cryptography package alone, and compared with what PROGRAM (line_dump) computes and with what DOCUMENT prints.
Writes TAP.
line_vectors.py --print: the vectors as the document has them."""
import base64
import hashlib
import json
import math
import subprocess
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def canonical(value):
    """RFC 8785; all member names here are ASCII, all numbers integers."""
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False)


# --- keys and notes: C2SP signed-note --------------------------------------------------------------------------------------------
class Signer:
    def __init__(self, name, first):
        self.name = name
        self.key = Ed25519PrivateKey.from_private_bytes(bytes(range(first, first + 32)))
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(name.encode() + b'\n\x01' + self.public).digest()[:4]

    def vkey(self):
        return f'{self.name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}'

    def note(self, text):
        signature = base64.b64encode(self.id + self.key.sign(text.encode())).decode()
        return f'{text}\n\u2014 {self.name} {signature}\n'


# --- the object ------------------------------------------------------------------------------------------------------------------
START, END = 1442734800000000, 1442745600000000
SFC, FL180, UNL = {'e4': 0, 'ref': 'SFC'}, {'e4': 18000 * 3048, 'ref': 'STD'}, {'ref': 'UNL'}
LINE = [[352854000, 401760000], [353361000, 403094000]]


def volume(shape, lower, upper, edges='geodesic', **more):
    return {'shape': shape, 'start': START, 'end': END, 'lower': lower, 'upper': upper, 'edges': edges, **more}


def the_object():
    return {'volumes': [
        volume('circle', SFC, FL180, points=[[354011000, 359487000]], radius_mm=15 * 1852 * 1000),
        volume('corridor', FL180, UNL, edges='lonlat', points=LINE, radius_mm=math.ceil(1852000.1)),
        volume('orbit', SFC, FL180, points=LINE, radius_mm=math.ceil(0.5)),
        volume('polygon', SFC, UNL, rings=[[[350000000, 360000000], [350000000, 370000000], [360000000, 370000000]],
                                           [[352000000, 364000000], [352000000, 365000000], [353000000, 365000000]]]),
        {'shape': 'trajectory', 'edges': 'geodesic', 'radius_mm': 1000000, 'containment_e4': 500 * 3048, 'refs': ['STD', 'MSL'],
         'waypoints': [LINE[0] + [START, 9000 * 3048], LINE[1] + [START + 3600123456, 15000 * 3048]]},
    ]}


def check_words(text):
    number = int.from_bytes(hashlib.sha256(b'deconflict-object-v1\n' + text.encode()).digest()[:5], 'big') % 10**12
    digits = f'{number:012d}'
    return ' '.join(digits[i:i + 3] for i in range(0, 12, 3))


# --- messages --------------------------------------------------------------------------------------------------------------------
ZERO = '0' * 64


def message_text(sender, to, n, prev, at, machine, verb, precedence, body, **more):
    return 'deconflict-message-v1\n' + canonical({
        'agreement': ZERO, 'from': sender.name, 'to': to.name, 'n': n, 'prev': prev, 'at': at, 'machine': machine, 'verb': verb,
        'precedence': precedence, 'body': body, **more}) + '\n'


def vectors():
    blue, red = Signer('BLUE', 0), Signer('RED', 128)
    body = the_object()
    words = check_words(canonical(body))
    yield 'BLUE vkey', blue.vkey()
    yield 'RED vkey', red.vkey()
    yield 'object', canonical(body)
    yield 'check-words', words
    notice = {'object': body, 'operation': 'OIR-CAP-07', 'acm': 'CAP', 'text': {'en': 'Patrol "A"', 'ru': 'Патруль'}}
    agreement = hashlib.sha256(b'deconflict-agreement-v1\n{}\n').hexdigest()
    last = {blue: ZERO, red: ZERO}
    of_notice = {'object': 'OIR-CAP-07', 'version': 1}
    for name, sender, to, n, at, machine, verb, precedence, said, more in (
            ('notify', blue, red, 1, 1442733000000000, 'notification', 'notify', 'IMMEDIATE', notice,
             {'agreement': agreement, 'releasable_to': 'SYR,IRQ', **of_notice}),
            ('check', blue, red, 2, 1442733001000000, 'line', 'check', 'ROUTINE', {'head': 'x', 'number': 1}, {'exercise': True}),
            ('read back', red, blue, 1, 1442733002000000, 'notification', 'read_back', 'IMMEDIATE', {'words': words},
             {'role': 'duty officer', **of_notice}),
            ('acknowledge', red, blue, 2, 1442733002000001, 'notification', 'acknowledge', 'IMMEDIATE', {},
             {'role': 'duty officer', **of_notice})):
        text = message_text(sender, to, n, last[sender], at, machine, verb, precedence, said, **more)
        last[sender] = hashlib.sha256(text.encode()).hexdigest()
        yield f'{name} note', sender.note(text).replace('\n', '\\n')
        yield f'{name} hash', last[sender]


def main():
    want = list(vectors())
    if sys.argv[1] == '--print':
        print('\n'.join(f'{name} = {value}' for name, value in want))
        return 0
    out = subprocess.run([sys.argv[1], 'vectors'], stdout=subprocess.PIPE, check=True).stdout.decode()
    have = dict(line.split(' = ', 1) for line in out.splitlines())
    with open(sys.argv[2], encoding='utf-8') as f:
        printed = dict(line.strip().split(' = ', 1) for line in f if ' = ' in line)
    failed = 0
    print(f'1..{len(want) + 1}')
    for i, (name, value) in enumerate(want, 1):
        ok = have.get(name) == value and printed.get(name) == value
        failed += not ok
        print(f"{'ok' if ok else 'not ok'} {i} - {name}")
        if not ok:
            print(f'# here     {value}\n# program  {have.get(name)}\n# document {printed.get(name)}')
    more = sorted(set(have) - {name for name, _ in want})
    print(f"{'not ok' if more else 'ok'} {len(want) + 1} - nothing else is computed {more or ''}")
    return 1 if failed or more else 0


sys.exit(main())
