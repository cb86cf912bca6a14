#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients with and without certificates against the HTTP server with TLS.

    http_tls.py FIXTURE [TEST ...]    runs all tests or those named, TAP out"""
import atexit
import datetime
import hashlib
import shutil
import socket
import ssl
import sys
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

sys.dont_write_bytecode = True
from http_kit import PATIENCE, Client, Server, get, main, post, same

folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder)
tests = []


def test(f):
    tests.append(f)
    return f


class Identity:
    """A self-signed certificate and its key, in files."""

    def __init__(self, name, key=None, days=(-1, 10)):
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        today = datetime.datetime.utcnow()
        algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        certificate = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
                       .serial_number(x509.random_serial_number())
                       .not_valid_before(today + datetime.timedelta(days[0])).not_valid_after(today + datetime.timedelta(days[1]))
                       .add_extension(x509.SubjectAlternativeName([x509.DNSName('localhost')]), False).sign(key, algorithm))
        self.der = certificate.public_bytes(serialization.Encoding.DER)
        self.pin = hashlib.sha256(self.der).hexdigest()
        self.cert, self.key = f'{folder}/{name}.crt', f'{folder}/{name}.key'
        with open(self.cert, 'wb') as f:
            f.write(certificate.public_bytes(serialization.Encoding.PEM))
        with open(self.key, 'wb') as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


server_id = Identity('server')
other_server = Identity('other_server', ed25519.Ed25519PrivateKey.generate())
alice, bob = Identity('alice'), Identity('bob', rsa.generate_private_key(65537, 2048))
stale, early = Identity('stale', days=(-10, -1)), Identity('early', days=(1, 10))


def serve(**options):
    return Server(cert=server_id.cert, key=server_id.key, **options)


def connect(server, who=None, trust=server_id, highest=None):
    context = ssl.create_default_context(cafile=trust.cert)
    if highest:
        context.maximum_version = highest
    if who:
        context.load_cert_chain(who.cert, who.key)
    s = socket.create_connection(('127.0.0.1', server.port), PATIENCE)
    return Client(context.wrap_socket(s, server_hostname='localhost'))


def refused(server, who):
    """The handshake, or with TLS 1.3 the first read after it, fails."""
    try:
        with connect(server, who) as c:
            c.send(get('/hello'))
            return not c.s.recv(100)
    except (ssl.SSLError, ConnectionError):
        return True


@test
def tls_1_3_and_nothing_else():
    with serve() as server:
        with connect(server) as c:
            same(c.s.version(), 'TLSv1.3')
            for _ in range(5):
                same(c.ask(get('/hello')).status, 200)
        try:
            connect(server, highest=ssl.TLSVersion.TLSv1_2)
            assert False, 'TLS 1.2 is spoken'
        except (ssl.SSLError, ConnectionError):
            pass
        said = b''
        with server.connect() as plain:
            plain.send(get('/hello'))
            said = plain.all_that_comes()
        assert b'200 OK' not in said, said
        with connect(server) as c:
            same(c.ask(get('/hello')).status, 200)


@test
def everything_works_over_tls():
    with serve() as server, connect(server) as c:
        same(c.ask(post('/length', b'x' * 3000000)).body, b'3000000')
        same(len(c.ask(get('/big?n=5000000')).body), 5000000)
        same(c.ask(post('/later?twice=1', b'abc')).body, b'{"turns":2,"bytes":3}')
        same(c.ask(post('/length', b'x' * 5000000)).status, 413)
        same(c.ask(get('/peer')).body.split()[0], b'0')
        c.send(b''.join(get(f'/echo/n{i}') for i in range(50)))
        for _ in range(50):
            same(c.reply().status, 200)
        same(c.ask(get('/events')).headers['content-type'], 'text/event-stream')
        for i in range(3):
            server.command(f'publish e{i}')
            same(c.chunk(), f'id: {i + 1}\nevent: change\ndata: e{i}\n\n'.encode())


@test
def certificates_are_handed_over_when_asked():
    with serve(client='asked') as server:
        with connect(server) as c:
            same(c.ask(get('/peer')).body.split()[:2], [b'0', b'0' * 64])
        for who in (alice, bob):
            with connect(server, who) as c:
                for _ in range(2):
                    same(c.ask(get('/peer')).body.split()[:2], [str(len(who.der)).encode(), who.pin.encode()])


@test
def certificates_are_required():
    with serve(client='required') as server:
        assert refused(server, None)
        for who in (alice, bob):
            with connect(server, who) as c:
                same(c.ask(get('/peer')).body.split()[1], who.pin.encode())
        assert refused(server, stale) and refused(server, early)


@test
def certificates_are_pinned():
    with serve(client='required', pins=[bob.pin, alice.pin, stale.pin]) as server:
        for who in (alice, bob):
            with connect(server, who) as c:
                same(c.ask(get('/hello')).status, 200)
        assert refused(server, None) and refused(server, Identity('stranger')) and refused(server, stale)
        # The same name and key in another certificate is another client.
        assert refused(server, Identity('alice2', serialization.load_pem_private_key(open(alice.key, 'rb').read(), None)))
    with serve(client='asked', pins=[alice.pin]) as server:
        with connect(server) as c:
            same(c.ask(get('/hello')).status, 200)
        with connect(server, alice) as c:
            same(c.ask(get('/hello')).status, 200)
        assert refused(server, bob)


@test
def material_is_renewed_while_running():
    with serve(client='required', pins=[alice.pin]) as server:
        with connect(server, alice) as c:
            same(c.ask(get('/hello')).status, 200)
            same(server.ask(f'renew {other_server.cert} {alice.key} {bob.pin}').split()[:2], ['renewed', '3'])
            same(server.ask(f'renew /nowhere {alice.key}').split()[:2], ['renewed', '3'])
            same(c.ask(get('/hello')).status, 200)
            assert refused(server, bob)
            same(server.ask(f'renew {other_server.cert} {other_server.key} {bob.pin}').split()[:2], ['renewed', '0'])
            # A connection of a client that is no longer let in ends with its next request.
            r = c.ask(get('/hello'))
            same((r.status, r.headers['connection'], r.problem()['type']), (403, 'close', '/problems/certificate-not-accepted'))
            assert c.closed()
        with connect(server, bob, other_server) as c:
            same(c.ask(get('/hello')).status, 200)
        try:
            with connect(server, alice, other_server) as c:
                c.send(get('/hello'))
                assert not c.s.recv(100)
        except (ssl.SSLError, ConnectionError):
            pass


@test
def the_program_decides_who_is_admitted():
    with serve(client='asked', admit='named') as server:
        assert refused(server, None)
        with connect(server, alice) as c:
            same(c.ask(get('/hello')).status, 200)
            same(c.ask(get('/hello')).status, 200)
            server.command('admit nobody')
            server.stats()
            # Before anything is told of, be it that there is nothing.
            same(c.ask(get('/nowhere')).status, 403)
            assert c.closed()
        assert refused(server, alice)
        server.command('admit all')
        server.stats()
        with connect(server) as c:
            same(c.ask(get('/hello')).status, 200)
    with serve(client='required', pins=[alice.pin], admit='named') as server:
        assert refused(server, bob) and refused(server, None)
        with connect(server, alice) as c:
            same(c.ask(get('/hello')).status, 200)
    with serve(admit='nobody') as server, connect(server) as c:
        same(c.ask(get('/hello')).status, 200)


@test
def sessions_are_not_resumed_past_a_pin():
    with serve(client='required', pins=[alice.pin]) as server:
        context = ssl.create_default_context(cafile=server_id.cert)
        context.load_cert_chain(alice.cert, alice.key)
        s = context.wrap_socket(socket.create_connection(('127.0.0.1', server.port), PATIENCE), server_hostname='localhost')
        with Client(s) as c:
            same(c.ask(get('/hello')).status, 200)
            session = c.s.session
        if session is not None:
            s = context.wrap_socket(socket.create_connection(('127.0.0.1', server.port), PATIENCE), server_hostname='localhost',
                                    session=session)
            assert not s.session_reused
            s.close()


@test
def a_handshake_that_does_not_come_holds_up_nobody():
    for idle_ms, asked in ((600000, 5), (500, 0)):
        with serve(threads=1, idle_ms=idle_ms) as server:
            silent = [server.connect() for _ in range(20)]
            half = [server.connect() for _ in range(20)]
            for c in half:
                c.send(b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')
            # The one thread waits for none of them: none ends within the test's patience.
            for _ in range(asked):
                with connect(server) as c:
                    same(c.ask(get('/hello')).status, 200)
            for c in silent + half if idle_ms < 1000 else ():
                assert c.closed()


@test
def material_that_cannot_be_used_is_refused():
    for options, why in ((dict(cert=server_id.cert, key=alice.key), 'cannot be used'),
                         (dict(cert=alice.key, key=alice.key), 'cannot be used'),
                         (dict(cert=server_id.cert, key='/nowhere'), 'cannot be used'),
                         (dict(cert='/nowhere', key=alice.key), 'cannot be used'),
                         (dict(cert=server_id.cert, key=server_id.key, pins=[alice.pin]), 'not asked'),
                         (dict(client='required'), 'need TLS')):
        server = Server(**options)
        assert server.port is None and why in server.first, server.first
        server.process.communicate()
    with serve(listen='0.0.0.0:0') as server, connect(server) as c:
        same(c.ask(get('/hello')).status, 200)


@test
def draining_works_over_tls():
    with serve() as server:
        late, idle = connect(server), connect(server)
        same(idle.ask(get('/hello')).status, 200)
        late.send(get('/later?ms=500'))
        time.sleep(0.2)
        said = server.stop()
        same(late.reply().status, 201)
        same(said, 'drained 0')


if __name__ == '__main__':
    sys.exit(main(tests))
