# SPDX-License-Identifier: Apache-2.0
"""Two real nodes with a line between them, a network between those that fails as it is told to, and a peer that holds a pinned key and means
no good.  Standard library, and cryptography for the peer's certificate."""
import base64
import datetime
import hashlib
import http.client
import json
import random
import re
import socket
import ssl
import struct
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from node_kit import GONE, PATIENCE, ROOT, Client, Node, expect
import sqlite3

ZERO = '0' * 64


def until(what, condition):
    """What shall happen happens within the patience that every machine gets; how long it takes is not judged."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < end, 'never:', what)
        time.sleep(0.02)


# --- the network --------------------------------------------------------------------------------------------------------------

class Proxy:
    """A place that can be called, behind which a node is or is not.  Faults begin and end while connections stand.

    delay   seconds by which each piece may come later, by chance: so connections overtake each other
    cut     a connection breaks in the middle after about so many bytes
    down    nobody answers
    mute    what comes is swallowed and connections stay open: half-open
    late    a request's caller loses its connection and calls again; the request comes up to so many seconds later all the same, so
            old words overtake new ones and come twice"""

    def __init__(self, port=0, seed=1):
        self.target, self.delay, self.cut, self.down, self.mute, self.late, self.overtaken = port, 0.0, 0, False, False, 0.0, 0
        self.random, self.lock, self.open, self.broken = random.Random(seed), threading.Lock(), set(), 0
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.url = f'https://127.0.0.1:{self.port}'
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.connect, args=(client,), daemon=True).start()

    def connect(self, client):
        if self.down:
            client.close()
            return
        try:
            server = socket.create_connection(('127.0.0.1', self.target), timeout=PATIENCE)
        except OSError:
            client.close()
            return
        with self.lock:
            self.open |= {client, server}
            left = [self.random.randrange(1, 2 * self.cut) if self.cut else None]
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=self.carry, args=(one, other, left, one is client), daemon=True).start()

    def carry(self, one, other, left, calls):
        pieces = 0
        try:
            while True:
                piece = one.recv(65536)
                if not piece:
                    break
                pieces += 1
                # Behind the handshake what a caller sends is a request.
                if self.late and calls and pieces > 3 and self.random.random() < 0.3:
                    self.snap(one)
                    time.sleep(self.random.random() * self.late)
                    other.sendall(piece)
                    self.overtaken += 1
                    time.sleep(self.late)
                    break
                if self.mute:
                    continue
                if self.delay:
                    with self.lock:
                        wait = self.random.random() * self.delay
                    time.sleep(wait)
                if left[0] is not None:
                    left[0] -= len(piece)
                    if left[0] <= 0:
                        other.sendall(piece[:len(piece) // 2])
                        self.broken += 1
                        self.snap(one, other)
                        return
                other.sendall(piece)
        except OSError:
            pass
        self.close(one, other)

    @staticmethod
    def snap(*sockets):
        """With a reset, as a cut line looks from its end when it is tried again."""
        for s in sockets:
            try:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            except OSError:
                pass
            s.close()

    def close(self, *sockets):
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
        with self.lock:
            self.open -= set(sockets)

    def break_all(self):
        with self.lock:
            sockets, self.open = list(self.open), set()
        self.close(*sockets)

    def well(self):
        self.delay, self.cut, self.down, self.mute, self.late = 0.0, 0, False, False, 0.0

    def end(self):
        self.socket.close()
        self.break_all()


# --- one side -----------------------------------------------------------------------------------------------------------------

class Side(Node):
    """A node that speaks for a party.  The way to it leads through its proxy, whose address stays when the node starts again."""

    def __init__(self, program, party, nodes, heartbeat='300ms', options=(), seed=1):
        super().__init__(program, options=['--line-party', party, '--line-listen', '127.0.0.1:0', '--line-heartbeat', heartbeat, *options])
        self.party, self.way = party, Proxy(seed=seed)
        nodes.append(self)

    def start(self, wait=True):
        super().start(wait)
        self.line_port = int(self.await_log(r'line_port=(\d+)')[1])
        self.way.target = self.line_port
        self.fingerprint = re.search(r'fingerprint="([0-9 ]+)"', self.log())[1]
        return self

    def admin(self):
        return Client(self, (self.folder / 'admin.token').read_text().strip())

    def duty(self):
        return Client(self, self.token(party=self.party, scope='deconflict.line,deconflict.read', role='duty'))

    def pin(self, party, fingerprint, url='', url2=''):
        status, _, body = self.admin().ask('PUT', f'/v1/line/peers/{party}', json.dumps({'fingerprint': fingerprint, 'url': url, 'url2': url2}))
        expect(status == 200, 'pin', party, status, body)

    def unpin(self, party):
        status, _, body = self.admin().ask('DELETE', f'/v1/line/peers/{party}')
        expect(status == 200, 'unpin', party, status, body)

    def peer(self, party):
        status, _, body = self.duty().ask('GET', '/v1/line')
        expect(status == 200, 'GET /v1/line', status, body)
        return next(p for p in body['peers'] if p['party'] == party)

    def agreement(self, text):
        status, _, body = self.admin().ask('PUT', '/v1/airspace', text)
        expect(status in (200, 201), 'airspace', status, body)

    def say(self, to, name, client=None, text='What is it?'):
        """A question, once whether the answer is heard or not; raises one of GONE when it is not."""
        body = {'peer': to, 'machine': 'clarification', 'verb': 'ask', 'object': name, 'precedence': 'ROUTINE',
                'body': {'about': 'other', 'text': text}}
        status, _, answer = (client or self.duty()).ask('POST', '/v1/line/messages', json.dumps(body), Idempotency_Key=name)
        # 200: asked again after an answer that was not heard.  A record restored from before it knows no key, but gets the object back.
        expect(status in (200, 201) or answer['type'] == '/problems/exists', 'say', name, status, answer)

    def stream(self, party, way):
        """Messages of the record as [(n, bytes of the note)], in the order of their entries; read by other means than the node's."""
        return [(json.loads(note.split(b'\n')[1])['n'], note) for head, note in self.entries(f'line_{way}') if head['party'] == party]

    def entries(self, kind):
        db = sqlite3.connect(f'file:{self.folder}/record.sqlite3?mode=ro', uri=True)
        try:
            rows = [bytes(r[0]) for r in db.execute('SELECT content FROM entry ORDER BY position')]
        finally:
            db.close()
        pairs = [(json.loads(r.split(b'\n', 1)[0]), r.split(b'\n', 1)[1]) for r in rows]
        return [(h, b) for h, b in pairs if h['kind'] == kind]


def pin_both(a, b):
    a.pin(b.party, b.fingerprint, b.way.url)
    b.pin(a.party, a.fingerprint, a.way.url)


def await_up(*sides):
    for one, other in ((sides[0], sides[1]), (sides[1], sides[0])):
        until(f'{one.party}: UP', lambda: one.peer(other.party)['technical'] == 'UP')


def pair(program, nodes, parties=('CO', 'RU'), **more):
    sides = [Side(program, party, nodes, seed=i + 1, **more).start() for i, party in enumerate(parties)]
    for side in sides:
        side.found(parties)
    pin_both(*sides)
    await_up(*sides)
    return sides


def same_streams(a, b):
    """The same signed bytes in both records, each number once, in order; returns how many each sent.  Nodes that answer by themselves may say
    more meanwhile: what was said when this began is compared."""
    counts = []
    for one, other in ((a, b), (b, a)):
        sent = one.stream(other.party, 'out')
        def came():
            notes = other.stream(one.party, 'in')
            return notes if len(notes) >= len(sent) else None
        there = until(f'{other.party} has {len(sent)} messages', came) if sent else other.stream(one.party, 'in')
        expect([n for n, _ in sent] == list(range(1, len(sent) + 1)), one.party, 'sent', [n for n, _ in sent])
        expect([n for n, _ in there] == list(range(1, len(there) + 1)), other.party, 'has', [n for n, _ in there])
        expect(there[:len(sent)] == sent, other.party, 'has other messages than', one.party, 'sent')
        counts.append(len(sent))
    return counts


def settle(a, b):
    """Until both have all that the other sent; nodes that answer by themselves may say more meanwhile."""
    def even():
        x, y = a.peer(b.party), b.peer(a.party)
        return x['sent']['messages'] == y['received']['messages'] and y['sent']['messages'] == x['received']['messages'] and \
            x['sent']['in_their_record'] == x['sent']['messages'] and y['sent']['in_their_record'] == y['sent']['messages']
    until('both have all', even)


# --- a peer that means no good --------------------------------------------------------------------------------------------------

def note_of(text, party, key):
    """A signed note (C2SP signed-note): em dash, name, base64 of key id and signature."""
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    key_id = hashlib.sha256(party.encode() + b'\n\x01' + public).digest()[:4]
    return text + b'\n\xe2\x80\x94 ' + party.encode() + b' ' + base64.b64encode(key_id + key.sign(text)) + b'\n'


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


class Peer:
    """Speaks the exchange with a key of its own, over a connection of its own each time."""

    def __init__(self, party='RU', to='CO', key=None):
        self.party, self.to, self.key = party, to, key or Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.texts = []
        self.offset = 0
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'anything')])
        certificate = x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number(), datetime.datetime(2000, 1, 1),
                                              datetime.datetime(2100, 1, 1)).sign(self.key, None)
        self.files = []
        for data in (certificate.public_bytes(serialization.Encoding.PEM),
                     self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())):
            f = tempfile.NamedTemporaryFile(dir=ROOT, delete=False)
            f.write(data)
            f.close()
            self.files.append(f.name)

    def context(self, certificate=True):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        if certificate:
            c.load_cert_chain(*self.files)
        return c

    def message(self, n=None, prev=None, key=None, at=None, **members):
        """The next message as a note; `members` replace what stands in it."""
        n = n or len(self.texts) + 1
        m = {'agreement': ZERO, 'at': self.now() if at is None else at, 'body': {'about': 'other', 'text': f'number {n}'}, 'from': self.party,
             'machine': 'clarification', 'n': n, 'object': f'q{n}', 'precedence': 'ROUTINE',
             'prev': prev or (self.hash_of(n - 1) if n > 1 else ZERO), 'role': 'duty', 'to': self.to, 'verb': 'ask', 'version': 1, **members}
        text = b'deconflict-message-v1\n' + canonical(m) + b'\n'
        if n == len(self.texts) + 1:
            self.texts.append(text)
        return note_of(text, self.party, key or self.key)

    def hash_of(self, n):
        return hashlib.sha256(self.texts[n - 1]).hexdigest()

    def now(self):
        return int(time.time() * 1e6) + self.offset

    def frame(self, notes=(), **members):
        head = {'agreement': ZERO, 'at': self.now(), 'count': len(notes), 'have': 0, 'have_hash': ZERO, 'party': self.party, **members}
        return b'deconflict-exchange-v1\n' + canonical(head) + b'\n' + b''.join(b'%d\n' % len(n) + n for n in notes)

    def call(self, port, body, kind='application/vnd.deconflict.exchange', timeout=PATIENCE):
        """(status, body): JSON or bytes."""
        connection = http.client.HTTPSConnection('127.0.0.1', port, timeout=timeout, context=self.context())
        try:
            connection.request('POST', '/line/v1/exchange', body, {'Content-Type': kind})
            reply = connection.getresponse()
            data = reply.read()
            return reply.status, json.loads(data) if 'json' in (reply.getheader('Content-Type') or '') else data
        finally:
            connection.close()

    def send(self, port, *notes, **members):
        return self.call(port, self.frame(notes, **members))
