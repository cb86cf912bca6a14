# SPDX-License-Identifier: Apache-2.0
"""What the clients of the HTTP server share: the server under test, and a socket whose every byte is ours.

The first argument of the program is the fixture; further ones name the tests to run."""
import json
import socket
import subprocess
import sys
import time

FIXTURE = sys.argv[1]
# A sanitizer or a loaded machine makes everything slower; deadlines of the server under test stay as they are.
PATIENCE = 60
# What must not be answered behind a request that is refused.
SMUGGLED = b'GET /echo/smuggled HTTP/1.1\r\nHost: test\r\n\r\n'


class Server:
    """The fixture with options, as a context."""

    def __init__(self, **options):
        pins = options.pop('pins', [])
        args = [FIXTURE] + [f'{k}={v}' for k, v in options.items()] + [f'pin={p}' for p in pins]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.first = self.process.stdout.readline().strip()
        self.port = int(self.first.split()[1]) if self.first.startswith('port') else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def command(self, text):
        self.process.stdin.write(text + '\n')
        self.process.stdin.flush()

    def ask(self, text):
        self.command(text)
        return self.process.stdout.readline().strip()

    def stats(self):
        return {k: int(v) for k, v in (word.split('=') for word in self.ask('stats').split()[1:])}

    def stop(self):
        """Drains; the line it said, after it left with status 0."""
        if self.process.returncode is not None:
            return ''
        try:
            self.command('stop')
        except BrokenPipeError:
            pass
        said = self.process.stdout.read()
        status = self.process.wait(PATIENCE)
        assert status == 0, f'the server left with {status}'
        return said.strip()

    def connect(self):
        s = socket.create_connection(('127.0.0.1', self.port), PATIENCE)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Client(s)

    def once(self, data, **more):
        with self.connect() as c:
            return c.ask(data, **more)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f'{self.status} {self.headers} {self.body[:300]}'

    def problem(self):
        assert self.headers['content-type'] == 'application/problem+json', self
        p = json.loads(self.body)
        assert p['status'] == self.status and p['type'].startswith('/problems/') and p['title'] and p['request_id'], p
        return p


class Client:
    def __init__(self, s):
        self.s, self.rest = s, b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def send(self, data):
        self.s.sendall(data)

    def more(self):
        try:
            data = self.s.recv(65536)
        except ConnectionResetError:
            data = b''
        self.rest += data
        return data

    def closed(self, within=PATIENCE):
        """Does the server close within so many seconds, saying nothing?"""
        self.s.settimeout(within)
        try:
            return self.more() == b'' and self.rest == b''
        except socket.timeout:
            return False
        finally:
            self.s.settimeout(PATIENCE)

    def reply(self, head=False):
        """The next reply, or None when the connection ended without one."""
        while b'\r\n\r\n' not in self.rest:
            if not self.more():
                assert not self.rest, self.rest
                return None
        top, self.rest = self.rest.split(b'\r\n\r\n', 1)
        lines = top.decode().split('\r\n')
        assert lines[0].startswith('HTTP/1.'), lines
        status = int(lines[0].split()[1])
        headers = {}
        for line in lines[1:]:
            name, value = line.split(': ', 1)
            assert name.lower() not in headers, lines
            headers[name.lower()] = value
        if status == 100:
            return Reply(status, headers, b'')
        if head or status in (204, 304):
            return Reply(status, headers, b'')
        if headers.get('transfer-encoding') == 'chunked':
            return Reply(status, headers, None)
        size = int(headers['content-length'])
        body, self.rest = bytearray(self.rest[:size]), self.rest[size:]
        while len(body) < size:
            data = self.s.recv(min(1 << 20, size - len(body)))
            assert data, f'cut after {len(body)} of {size} bytes'
            body += data
        return Reply(status, headers, bytes(body))

    def all_that_comes(self):
        while self.more():
            pass
        return self.rest

    def chunk(self):
        while b'\r\n' not in self.rest:
            if not self.more():
                return None
        size, self.rest = self.rest.split(b'\r\n', 1)
        n = int(size, 16)
        while len(self.rest) < n + 2:
            assert self.more()
        data, self.rest = self.rest[:n], self.rest[n + 2:]
        return data

    def ask(self, data, head=False):
        self.send(data)
        return self.reply(head)


def get(path, *lines, method='GET', body=None):
    """A request in bytes; `lines` are further headers."""
    text = [f'{method} {path} HTTP/1.1', 'Host: test', *lines]
    if body is not None:
        text.append(f'Content-Length: {len(body)}')
    return '\r\n'.join(text).encode('latin-1') + b'\r\n\r\n' + (body or b'')


def post(path, body, *lines):
    return get(path, *lines, method='POST', body=body)


def values(reply, name):
    """What the echo route said."""
    return [line[len(name) + 2:-1].decode() for line in reply.body.split(b'\n') if line.startswith(name.encode() + b'=[')]


def settled(server, **expected):
    """The server counts so within a while: it may hear of an end after its client does."""
    begun = time.time()
    while True:
        s = server.stats()
        if all(s[k] == v for k, v in expected.items()):
            return s
        assert time.time() - begun < PATIENCE, f'{s}, expected {expected}'
        time.sleep(0.05)


def same(got, expected, about=''):
    assert got == expected, f'{about}: got {got!r}, expected {expected!r}'


def main(all_tests):
    only = sys.argv[2:]
    chosen = [t for t in all_tests if not only or t.__name__ in only]
    print(f'1..{len(chosen)}', flush=True)
    failed = 0
    for i, t in enumerate(chosen, 1):
        try:
            t()
            print(f'ok {i} - {t.__name__}', flush=True)
        except Exception as e:  # a test that breaks must not hide the others
            import traceback
            for line in traceback.format_exc().splitlines():
                print(f'# {line}')
            print(f'not ok {i} - {t.__name__}: {e}'.replace('\n', ' '), flush=True)
            failed += 1
    return 1 if failed else 0
