#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients, friendly and not, against the HTTP server: raw sockets, so that every byte is ours.

    http_clients.py FIXTURE [TEST ...]    runs all tests or those named, TAP out"""
import json
import select
import socket
import subprocess
import sys
import time

FIXTURE = sys.argv[1]
# A sanitizer or a loaded machine makes everything slower; deadlines of the server under test stay as they are.
PATIENCE = 20


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
        status = self.process.wait(30)
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


tests = []


def test(f):
    tests.append(f)
    return f


def same(got, expected, about=''):
    assert got == expected, f'{about}: got {got!r}, expected {expected!r}'


# ---- the ordinary ----

@test
def requests_are_answered_and_connections_kept():
    with Server() as server, server.connect() as c:
        for i in range(50):
            r = c.ask(get('/hello'))
            same((r.status, json.loads(r.body)), (200, {'hello': 'world'}))
            same(r.headers['content-type'], 'application/json')
            same(r.headers['x-content-type-options'], 'nosniff')
        same(c.ask(get('/hello', 'Connection: close')).status, 200)
        assert c.closed()
        settled(server, accepted=1, connections=0)


@test
def http_1_0_is_served():
    with Server() as server:
        with server.connect() as c:
            r = c.ask(b'GET /hello HTTP/1.0\r\n\r\n')
            same(r.status, 200)
            assert c.closed()
        with server.connect() as c:
            for _ in range(3):
                same(c.ask(b'GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n').status, 200)
        r = server.once(b'GET /hello HTTP/2.0\r\nHost: a\r\n\r\n')
        same(r.status, 505)


@test
def pipelined_requests_are_answered_in_order():
    with Server() as server, server.connect() as c:
        c.send(b''.join(get(f'/echo/n{i}') for i in range(100)) + post('/later', b'x' * 10) + get('/echo/last'))
        for i in range(100):
            same(values(c.reply(), 'id'), [f'n{i}'])
        same(json.loads(c.reply().body), {'turns': 1, 'bytes': 10})
        same(values(c.reply(), 'id'), ['last'])


@test
def heads_options_and_405():
    with Server() as server, server.connect() as c:
        r = c.ask(get('/hello', method='HEAD'), head=True)
        same((r.status, r.headers['content-length']), (200, '17'))
        same(c.ask(get('/hello')).status, 200)
        r = c.ask(get('/thing', method='OPTIONS'))
        same((r.status, r.headers['allow']), (204, 'GET, HEAD, PUT, OPTIONS'))
        same(c.ask(get('*', method='OPTIONS')).status, 204)
        r = c.ask(get('/thing', method='DELETE'))
        same((r.status, r.headers['allow']), (405, 'GET, HEAD, PUT, OPTIONS'))
        same(r.problem()['type'], '/problems/method-not-allowed')
        r = c.ask(post('/hello', b'abc'))
        same((r.status, r.headers['allow']), (405, 'GET, HEAD, OPTIONS'))
        for method in ('TRACE', 'BREW', 'get'):
            same(c.ask(get('/hello', method=method)).status, 501)
        r = c.ask(get('/events', method='HEAD'), head=True)
        same((r.status, r.headers['content-type']), (200, 'text/event-stream'))
        assert c.closed()
        settled(server, closed=1, streams=0)


@test
def routes_prefer_what_is_written_out():
    with Server() as server, server.connect() as c:
        same(values(c.ask(get('/echo/abc')), 'id'), ['abc'])
        same(c.ask(get('/echo/fixed')).body, b'{"hello":"world"}')
        same(c.ask(get('/')).status, 200)
        for path in ('/nope', '/echo', '/echo/', '/echo/a/b', '/hello/', '/files', '/files/'):
            same(c.ask(get(path)).status, 404, path)
        same(values(c.ask(get('/files/a/b%20c/d')), 'rest'), ['a/b%20c/d'])


@test
def request_ids_are_taken_or_made():
    with Server() as server, server.connect() as c:
        r = c.ask(get('/echo/a', 'X-Request-Id: my-id_1.2'))
        same((r.headers['x-request-id'], values(r, 'request')), ('my-id_1.2', ['my-id_1.2']))
        seen = set()
        for bad in ('a b', 'a/b', 'x' * 65, '', '<script>', 'é'):
            r = c.ask(get('/echo/a', f'X-Request-Id: {bad}'))
            seen.add(r.headers['x-request-id'])
        same(len(seen), 6)
        r = c.ask(get('/echo/a', 'X-Request-Id: one', 'X-Request-Id: two'))
        assert r.headers['x-request-id'] not in ('one', 'two')


@test
def late_replies_come_from_another_thread():
    with Server() as server:
        with server.connect() as c:
            for i in range(20):
                r = c.ask(post('/later', b'z' * i))
                same((r.status, json.loads(r.body)), (201, {'turns': 1, 'bytes': i}))
            same(json.loads(c.ask(post('/later?twice=1', b'zz')).body), {'turns': 2, 'bytes': 2})
            same(c.ask(get('/later', method='HEAD'), head=True).status, 201)
        # One that is late holds up nobody, on the same thread of the server or another.
        with server.connect() as slow:
            slow.send(get('/later?ms=1500'))
            time.sleep(0.1)
            begun = time.time()
            for _ in range(20):
                same(server.once(get('/hello')).status, 200)
            assert time.time() - begun < 1.2
            same(slow.reply().status, 201)
        # A client that went away meanwhile.
        with server.connect() as gone:
            gone.send(get('/later?ms=300'))
        time.sleep(0.6)
        same(server.once(get('/hello')).status, 200)
        settled(server, in_hand=0)


@test
def conditions_are_evaluated():
    with Server() as server, server.connect() as c:
        tag = c.ask(get('/thing')).headers['etag']
        r = c.ask(get('/thing', f'If-None-Match: "x", W/{tag}'))
        same((r.status, r.headers['etag']), (304, tag))
        same(c.ask(get('/thing', 'If-None-Match: "x"')).status, 200)
        same(c.ask(get('/thing', method='PUT', body=b'')).status, 428)
        same(c.ask(get('/thing', 'If-Match: "0"', method='PUT', body=b'')).status, 412)
        same(c.ask(get('/thing', f'If-Match: W/{tag}', method='PUT', body=b'')).status, 412)
        same(c.ask(get('/thing', 'If-None-Match: *', method='PUT', body=b'')).status, 412)
        r = c.ask(get('/thing', f'If-Match: "y" ,{tag}', method='PUT', body=b''))
        same(r.status, 200)
        same(c.ask(get('/thing', f'If-Match: {tag}', method='PUT', body=b'')).status, 412)
        for bad in ('abc', '"a', '"a" "b"', '"a",', 'w/"a"', '', '"a\x7f"'):
            assert c.ask(get('/thing', f'If-Match: {bad}', method='PUT', body=b'')).status == 400, bad
            if c.closed(0.05):
                c.s = server.connect().s
        r = c.ask(get('/thing', f'If-Match: {tag}', f'If-Match: {tag}', method='PUT', body=b''))
        same(r.status, 400)


@test
def problems_have_their_form():
    with Server() as server, server.connect() as c:
        p = c.ask(post('/fault', b'{}')).problem()
        same(p['errors'], [{'pointer': '/features/0', 'detail': 'is "bad"'}, {'pointer': '', 'detail': 'all of it'}])
        same((p['type'], p['title'], p['detail']), ('/problems/bad-operation', 'Unprocessable Content', 'two faults'))
        same(c.ask(get('/big?n=0')).problem()['detail'], 'query parameter "n" is not a whole number of 1 to 67108864')
        same(c.ask(get('/big?n=5&n=6')).status, 400)
        same(c.ask(get('/big?m=5')).status, 400)
        for bad in ('-1', '1e3', '0x5', '', '99999999999999999999999', '67108865', '+5', '%205'):
            same(c.ask(get(f'/big?n={bad}')).status, 400, bad)
        same(c.ask(get('/nothing')).problem()['status'], 500)
        r = c.ask(get('/nothing?header=1'))
        same(r.problem()['status'], 500)
        assert 'x-broken' not in r.headers


# ---- targets ----

@test
def paths_are_decoded_once_and_only_when_clear():
    with Server() as server, server.connect() as c:
        good = {'/echo/a%20b': 'a b', '/echo/%41': 'A', '/echo/%25': '%', '/echo/%252F': '%2F', '/echo/%c3%a9': 'é',
                '/echo/%F0%9F%9B%A9': '\U0001F6E9', '/echo/...': '...', '/echo/a+b': 'a+b', '/echo/%2e%2e%2e': '...', '/echo/~a:b@c': '~a:b@c'}
        for path, expected in good.items():
            same(values(c.ask(get(path)), 'id'), [expected], path)
        bad = ['/echo/a%2Fb', '/echo/a%2fb', '/echo/..', '/echo/%2e%2e', '/echo/.%2E', '/echo/.', '/echo/%2e', '/echo//a', '//echo/a',
               '/echo/%00', '/echo/a%00b', '/echo/%0a', '/echo/%7f', '/echo/%', '/echo/%4', '/echo/%zz', '/echo/a%5Cb', '/echo/a\\b',
               '/echo/%C0%AF', '/echo/%c0%ae%c0%ae', '/echo/%E0%80%AF', '/echo/%ed%a0%80', '/echo/%ff', '/echo/%F4%90%80%80',
               '/echo/a#b', '/files/../hello', '/files/a/%2e%2e/b', '/files/a//b', '/echo/é']
        for path in bad:
            r = server.once(get(path))
            same((r.status, r.problem()['type']), (400, '/problems/bad-target'), path)
        same(server.once(get('/files/' + '/'.join('abcdefghijklmnopqrstuvwxyz'))).status, 414)
        same(server.once(get('hello')).status, 400)
        same(server.once(get('?a=b')).status, 400)


@test
def absolute_targets_are_served():
    with Server() as server:
        same(server.once(get('http://elsewhere:80/echo/a?b=c')).status, 200)
        same(values(server.once(get('HTTP://test/echo/a')), 'path'), ['/echo/a'])
        for bad in ('http://user@test/echo/a', 'http:///echo/a', 'http://test', 'ftp://test/echo/a', 'http:/echo/a', 'http://test?x'):
            same(server.once(get(bad)).status, 400, bad)


@test
def queries_are_decoded():
    with Server() as server, server.connect() as c:
        r = c.ask(get('/echo/a?b=1&c=%26+d&&e&f=&%67=h=i&b=2'))
        same(list(zip(values(r, 'name'), values(r, 'value'))),
             [('b', '1'), ('c', '& d'), ('e', ''), ('f', ''), ('g', 'h=i'), ('b', '2')])
        for bad in ('%', '%0', 'a=%00', 'a=%0d%0a', 'a=%ff', '%c0%80=1', 'a=%ed%bf%bf'):
            same(server.once(get(f'/echo/a?{bad}')).status, 400, bad)
        same(server.once(get('/echo/a?' + '&'.join(f'a{i}=1' for i in range(33)))).status, 414)
        same(server.once(get('/echo/a?' + '&'.join(f'a{i}=1' for i in range(32)))).status, 200)
        same(values(c.ask(get('/echo/a?x=/../%2f')), 'value'), ['/../'+'/'])


# ---- requests that two readers could read in two ways ----

SMUGGLED = b'GET /echo/smuggled HTTP/1.1\r\nHost: test\r\n\r\n'


def refused(server, data, statuses=(400, 413)):
    """Refused, if with a reply at all then with one of these, and the end of the connection: what follows is never answered.
    (Pages of the library's own about a Content-Length come with their headers twice: only that nothing is served counts.)"""
    with server.connect() as c:
        c.send(data + SMUGGLED)
        said = c.all_that_comes()
        assert not said or int(said.split()[1]) in statuses, f'{data!r}: {said}'
        assert b'smuggled' not in said and b' 200 OK' not in said, f'{data!r}: {said}'


@test
def doubtful_framing_is_refused_and_the_connection_ends():
    with Server() as server:
        body = b'{"a":1}'
        cases = [
            'Content-Length: 7\r\nContent-Length: 7', 'Content-Length: 7\r\nContent-Length: 8', 'Content-Length: 7, 7',
            'Content-Length: +7', 'Content-Length: -7', 'Content-Length: 0x7', 'Content-Length: 7 7', 'Content-Length: 7\t7',
            'Content-Length: 99999999999999999999', 'Content-Length:', 'Content-Length: 7.0', 'Content-Length: 7;a=b',
            'Content-Length: 7\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 7',
            'Content-Length : 7', 'Content-Length\t: 7', ' Content-Length: 7', 'Content-Length: 7\r\n Content-Length: 9',
            'A: b\r\n c\r\nContent-Length: 7', 'A: b\r\n\tc\r\nContent-Length: 7', 'A: b\r\n \r\nContent-Length: 7',
            'Content-Length: 7\nA: b', 'A: b\nContent-Length: 7', 'A: b\rContent-Length: 7', 'A: b\r\r\nContent-Length: 7',
            'A: b\0c\r\nContent-Length: 7', 'A\0: b\r\nContent-Length: 7', 'A: b\r\n\0Content-Length: 7', 'Content-Length: 7\0',
            'A: \x01\r\nContent-Length: 7', 'A: \x7f\r\nContent-Length: 7', 'A b: c\r\nContent-Length: 7', 'A(: c\r\nContent-Length: 7',
            ': c\r\nContent-Length: 7', 'no colon\r\nContent-Length: 7', 'Host: other\r\nContent-Length: 7',
            'Content-Length: 7\r\nA: b\r\0', 'A: b\n\r\nContent-Length: 7',
        ]
        for lines in cases:
            refused(server, b'POST /length HTTP/1.1\r\nHost: test\r\n' + lines.encode('latin-1') + b'\r\n\r\n' + body)
        for coding in ('gzip', 'gzip, chunked', 'chunked, chunked', 'identity', 'xchunked', 'chunked\r\nTransfer-Encoding: chunked',
                       'chunked\r\nTransfer-Encoding: identity', '"chunked"', 'chunked;a=b', '\x0bchunked', 'chunked\x0b', ''):
            refused(server, b'POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: ' + coding.encode('latin-1') +
                    b'\r\n\r\n7\r\n' + body + b'\r\n0\r\n\r\n', (400, 501))
        refused(server, b'POST /length HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n' + body + b'\r\n0\r\n\r\n')
        refused(server, b'GET /hello HTTP/1.1\r\n\r\n')
        for line in (b'GET /hello HTTP/1.1\nHost: test\r\n\r\n', b'GET /hello HTTP/1.1\r\nHost: test\n\n',
                     b'GET /hello HTTP/1.1\r\nHost: test\r\n\n', b'GET  /hello HTTP/1.1\r\nHost: test\r\n\r\n',
                     b'GET /hello  HTTP/1.1\r\nHost: test\r\n\r\n', b'GET /hello HTTP/1.1 \r\nHost: test\r\n\r\n',
                     b' GET /hello HTTP/1.1\r\nHost: test\r\n\r\n', b'GET\t/hello HTTP/1.1\r\nHost: test\r\n\r\n',
                     b'GET /a b HTTP/1.1\r\nHost: test\r\n\r\n', b'GET /hello\r\nHost: test\r\n\r\n', b'GET\r\n\r\n',
                     b'GET /hello HTTP/1.1\r\n Host: test\r\n\r\n', b'GET /hel\0lo HTTP/1.1\r\nHost: test\r\n\r\n',
                     b'GET /hello HTTP/1.11\r\nHost: test\r\n\r\n', b'GET /hello http/1.1\r\nHost: test\r\n\r\n',
                     b'GET /hello HTTP/1.1\r\nHost: test\r\n\0\r\n\r\n', b'GET /hello HTTP/1.1\0\r\nHost: test\r\n\r\n'):
            refused(server, line, (400, 501, 505))
        same(server.once(get('/hello')).status, 200)


@test
def chunked_bodies_end_the_connection_after_the_reply():
    with Server() as server:
        head = b'POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: Chunked\r\n\r\n'
        with server.connect() as c:
            r = c.ask(head + b'3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n' + SMUGGLED)
            same((r.status, r.body, r.headers['connection']), (200, b'13', 'close'))
            assert c.reply() is None
        # Whatever the reader of chunks takes for the end, nothing behind it is a request.
        for rest in (b'3\nabc\n0\n\n', b'3\r\nabcd\r\n0\r\n\r\n', b'0x3\r\nabc\r\n0\r\n\r\n', b'-1\r\nabc\r\n0\r\n\r\n', b'3 \r\nabc\r\n0\r\n\r\n',
                     b'ffffffffffffffff\r\nabc\r\n0\r\n\r\n', b'10000000000000000\r\nabc\r\n0\r\n\r\n', b'3;\nabc\r\n0\r\n\r\n',
                     b'\r\nabc\r\n0\r\n\r\n', b'3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n', b'0\r\n\r\n', b'0;a=b\r\n\r\n'):
            with server.connect() as c:
                c.send(head + rest + SMUGGLED)
                c.s.shutdown(socket.SHUT_WR)
                r = c.reply()
                assert r is None or r.status in (200, 400, 413), r
                assert b'HTTP/1.' not in c.all_that_comes(), rest


@test
def content_codings_and_expectations_are_refused():
    with Server() as server, server.connect() as c:
        same(c.ask(post('/length', b'abc', 'Content-Encoding: gzip')).status, 415)
        same(c.ask(post('/length', b'abc', 'Content-Encoding: identity')).status, 200)
        same(c.ask(post('/length', b'abc', 'Expect: 200-ok')).status, 417)
        same(c.ask(post('/length', b'abc')).body, b'3')


# ---- limits ----

@test
def large_headers_are_refused():
    with Server(header_max=4096) as server:
        same(server.once(get('/hello', 'A: ' + 'x' * 3900)).status, 200)
        for size in (4200, 6000, 20000, 200000):
            with server.connect() as c:
                try:
                    c.send(get('/hello', 'A: ' + 'x' * size))
                except (BrokenPipeError, ConnectionResetError):
                    continue
                r = c.reply()
                assert r is None or r.status == 431, r
        for size in (6000, 200000):
            with server.connect() as c:
                try:
                    c.send(get('/' + 'x' * size))
                except (BrokenPipeError, ConnectionResetError):
                    continue
                r = c.reply()
                assert r is None or r.status in (414, 431), r
        same(server.once(get('/hello', *[f'A{i}: b' for i in range(63)])).status, 200)
        same(server.once(get('/hello', *[f'A{i}: b' for i in range(64)])).status, 431)
        same(server.once(get('/hello', *[f'A{i}: b' for i in range(900)])).status, 431)
        r = server.once(get('/echo/a?' + 'a&' * 1900))
        assert r is None or r.status in (414, 431)


@test
def large_bodies_are_refused():
    with Server(body_max=100000) as server:
        with server.connect() as c:
            same(c.ask(post('/length', b'x' * 100000)).body, b'100000')
            r = c.ask(post('/length', b'x' * 100001))
            same((r.status, r.problem()['detail']), (413, 'the body is longer than 100000 bytes'))
            same(c.ask(post('/short', b'x' * 11)).status, 413)
            same(c.ask(post('/short', b'x' * 10)).body, b'10')
            for method in ('PUT', 'PATCH', 'DELETE'):
                same(c.ask(get('/length', method=method, body=b'x' * 300000)).status, 413)
                same(c.ask(get('/length', method=method, body=b'x' * 1000)).body, b'1000')
        # A body that nobody would read to its end: the reply comes at once, and the connection ends.
        for method in ('POST', 'PATCH'):
            with server.connect() as c:
                c.send(f'{method} /length HTTP/1.1\r\nHost: test\r\nContent-Length: 999999999999\r\n\r\n'.encode())
                r = c.reply()
                same((r.status, r.headers['connection']), (413, 'close'))
                c.send(SMUGGLED)
                assert c.reply() is None
        with server.connect() as c:
            chunk = b'2710\r\n' + b'y' * 10000 + b'\r\n'
            r = c.ask(b'POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n' + chunk * 11 + b'0\r\n\r\n')
            same(r.status, 413)
        with server.connect() as c:
            c.send(b'POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n')
            try:
                for _ in range(2000):
                    c.send(chunk)
                assert False, 'an endless body is read'
            except (BrokenPipeError, ConnectionResetError):
                pass


@test
def all_bodies_together_are_bounded():
    with Server(body_max=100000, bodies_max=250000) as server:
        held = [server.connect() for _ in range(2)]
        for c in held:
            c.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n' + b'x' * 99999)
        time.sleep(0.3)
        r = server.once(post('/length', b'y' * 60000))
        same((r.status, r.headers['retry-after']), (503, '1'))
        for c in held:
            same(c.ask(b'x').body, b'100000')
        same(server.once(post('/length', b'y' * 60000)).body, b'60000')


@test
def continue_is_said_only_when_the_body_is_wanted():
    with Server(body_max=1000) as server:
        with server.connect() as c:
            c.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n')
            same(c.reply().status, 100)
            same(c.ask(b'abc').body, b'3')
        for method in ('POST', 'PUT', 'PATCH'):
            with server.connect() as c:
                c.send(f'{method} /length HTTP/1.1\r\nHost: test\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n'.encode())
                same(c.reply().status, 413)
                c.send(SMUGGLED)
                assert c.reply() is None


@test
def the_gate_is_asked_before_the_body():
    with Server() as server, server.connect() as c:
        r = c.ask(get('/guarded'))
        same((r.status, r.headers['www-authenticate']), (401, 'Bearer'))
        same(c.ask(get('/guarded', 'Authorization: Bearer good')).status, 200)
        # A small body is read and thrown away, so that the connection stays.
        same(c.ask(post('/guarded', b'x' * 1000)).status, 401)
        same(c.ask(get('/guarded', method='PATCH', body=b'x' * 1000)).status, 401)
        same(c.ask(post('/guarded', b'x' * 1000, 'Authorization: Bearer good')).body, b'1000')
        with server.connect() as d:
            d.send(b'POST /guarded HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n')
            same(d.reply().status, 401)


@test
def connections_are_counted():
    with Server(connections=8, per_address=100) as server:
        held = [server.connect() for _ in range(8)]
        for c in held:
            same(c.ask(get('/hello')).status, 200)
        with server.connect() as more:
            assert more.closed(5)
        held.pop().s.close()
        time.sleep(0.3)
        same(server.once(get('/hello')).status, 200)
        for c in held:
            same(c.ask(get('/hello')).status, 200)
            c.s.close()
        assert server.stats()['refused'] == 1
    with Server(per_address=3) as server:
        held = [server.connect() for _ in range(3)]
        for c in held:
            same(c.ask(get('/hello')).status, 200)
        with server.connect() as more:
            assert more.closed(5)
        # Another address of this machine is another client.
        s = socket.create_connection(('127.0.0.1', server.port), PATIENCE, ('127.0.0.2', 0))
        with Client(s) as other:
            same(other.ask(get('/hello')).status, 200)
        for c in held:
            c.s.close()


@test
def requests_of_one_address_are_limited():
    with Server(rate_per_s=5, burst=10) as server, server.connect() as c:
        replies = [c.ask(get('/hello')) for _ in range(30)]
        ok = [r for r in replies if r.status == 200]
        no = [r for r in replies if r.status == 429]
        assert 10 <= len(ok) <= 13 and len(ok) + len(no) == 30, (len(ok), len(no))
        assert all(r.headers['retry-after'] == '1' and r.problem() for r in no)
        s = socket.create_connection(('127.0.0.1', server.port), PATIENCE, ('127.0.0.3', 0))
        with Client(s) as other:
            same(other.ask(get('/hello')).status, 200)
        time.sleep(1.1)
        same(c.ask(get('/hello')).status, 200)
        same(server.stats()['limited'], len(no))


# ---- slow and silent clients ----

@test
def slow_clients_hold_up_nobody_and_are_cut():
    with Server(threads=1, request_ms=1500, idle_ms=60000) as server:
        slow = []
        for data in (get('/hello', 'A: ' + 'b' * 100), post('/length', b'x' * 100)):
            for _ in range(20):
                slow.append([server.connect(), data, 0])
        begun, worst, alive = time.time(), 0, slow
        while alive and time.time() - begun < 10:
            for entry in list(alive):
                c, data, at = entry
                try:
                    # The first line at once, so that the request has begun; then byte by byte.
                    n = 30 if at == 0 else 1
                    c.send(data[at:at + n])
                    entry[2] += n
                    if select.select([c.s], [], [], 0)[0] and not c.more():
                        alive.remove(entry)
                except (BrokenPipeError, ConnectionResetError):
                    alive.remove(entry)
            before = time.time()
            same(server.once(get('/hello')).status, 200)
            worst = max(worst, time.time() - before)
            time.sleep(0.1)
        assert not alive, f'{len(alive)} slow clients still there'
        took = time.time() - begun
        assert 1.2 < took < 6, took
        assert worst < 0.5, f'a request took {worst} s beside slow clients'
        assert server.stats()['cut'] == 40


@test
def silent_connections_are_closed():
    with Server(idle_ms=400) as server:
        silent = server.connect()
        half = server.connect()
        half.send(b'GET /hel')
        used = server.connect()
        same(used.ask(get('/hello')).status, 200)
        for c in (silent, half, used):
            begun = time.time()
            assert c.closed(5)
            assert time.time() - begun < 3
        same(server.stats()['cut'], 0)


@test
def connections_that_were_left_are_closed():
    with Server(idle_ms=60000) as server:
        clients = [server.connect() for _ in range(20)]
        for c in clients:
            c.send(get('/hello'))
            c.s.close()
        begun = time.time()
        while server.stats()['connections'] and time.time() - begun < 15:
            time.sleep(0.1)
        assert time.time() - begun < 10, 'connections whose client has gone are kept'


@test
def slow_links_have_time_for_long_bodies():
    # 300 bytes within 200 ms would be too slow; but each 100 bytes bring a second.
    with Server(request_ms=200, bytes_per_s=100, idle_ms=60000) as server, server.connect() as c:
        c.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 300\r\n\r\n')
        for _ in range(10):
            c.send(b'x' * 30)
            time.sleep(0.15)
        same(c.reply().body, b'300')


@test
def a_client_that_does_not_read_its_reply_is_cut():
    with Server(request_ms=500, bytes_per_s=20000000) as server:
        c = server.connect()
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.send(get('/big?n=30000000'))
        begun = time.time()
        time.sleep(0.3)
        while server.stats()['in_hand'] and time.time() - begun < 15:
            time.sleep(0.1)
        took = time.time() - begun
        assert 1.2 < took < 8, took
        same(server.stats()['cut'], 1)
        same(len(server.once(get('/big?n=30000000')).body), 30000000)


# ---- streams ----

@test
def events_are_streamed_and_resumed():
    with Server() as server:
        with server.connect() as c:
            r = c.ask(get('/events'))
            same((r.status, r.headers['content-type']), (200, 'text/event-stream'))
            for i in range(3):
                begun = time.time()
                server.command(f'publish n{i}')
                same(c.chunk(), f'id: {i + 1}\nevent: change\ndata: n{i}\n\n'.encode())
                assert time.time() - begun < 0.15, 'an event waited'
        with server.connect() as c:
            same(c.ask(get('/events', 'Last-Event-ID: 1')).status, 200)
            same(c.chunk(), b'id: 2\nevent: change\ndata: n1\n\n')
            same(c.chunk(), b'id: 3\nevent: change\ndata: n2\n\n')
        settled(server, streams=0, closed=2)


@test
def many_streams_are_woken_together():
    with Server(streams=200) as server:
        clients = [server.connect() for _ in range(200)]
        for c in clients:
            same(c.ask(get('/events')).status, 200)
        r = server.once(get('/events'))
        same((r.status, r.problem()['type'], r.headers['retry-after']), (503, '/problems/too-many-streams', '10'))
        for i in range(20):
            server.command(f'publish m{i}')
        for c in clients:
            for i in range(20):
                same(c.chunk(), f'id: {i + 1}\nevent: change\ndata: m{i}\n\n'.encode())
        same(server.once(get('/hello')).status, 200)
        for c in clients[:100]:
            c.s.close()
        settled(server, streams=100, closed=100)


@test
def streams_end_properly():
    with Server() as server, server.connect() as c:
        same(c.ask(get('/events')).status, 200)
        server.command('publish a')
        same(c.chunk(), b'id: 1\nevent: change\ndata: a\n\n')
        server.command('publish end')
        same(c.chunk(), b'')
        # The connection is good for another request.
        same(c.ask(get('/hello')).status, 200)


@test
def waiting_streams_have_a_heartbeat():
    with Server(heartbeat_ms=300) as server, server.connect() as c:
        same(c.ask(get('/events')).status, 200)
        for _ in range(3):
            begun = time.time()
            same(c.chunk(), b':\n\n')
            assert 0.2 < time.time() - begun < 1.5
        server.command('publish x')
        data = c.chunk()
        while data == b':\n\n':
            data = c.chunk()
        assert data.startswith(b'id: 1\n')


@test
def a_reader_that_does_not_read_is_dropped():
    with Server(stall_ms=700, threads=1) as server:
        c = server.connect()
        c.send(get('/flood'))
        time.sleep(0.3)
        begun = time.time()
        while server.stats()['streams'] and time.time() - begun < 10:
            same(server.once(get('/hello')).status, 200)
            time.sleep(0.05)
        assert 0.3 < time.time() - begun < 5
        s = server.stats()
        same((s['closed'], s['cut']), (1, 1))
        # One that reads slowly, but reads, is not.
        with server.connect() as d:
            d.send(get('/flood'))
            begun = time.time()
            while time.time() - begun < 2:
                assert d.s.recv(1 << 20)
                time.sleep(0.02)
            same(server.stats()['streams'], 1)


@test
def a_stream_whose_client_hangs_up_ends():
    with Server(heartbeat_ms=60000, stall_ms=2000) as server:
        c = server.connect()
        same(c.ask(get('/events')).status, 200)
        c.s.close()
        begun = time.time()
        while server.stats()['streams'] and time.time() - begun < 10:
            time.sleep(0.05)
        assert time.time() - begun < 3


# ---- the end ----

@test
def draining_answers_what_is_in_hand():
    server = Server()
    late, stream, idle, body = (server.connect() for _ in range(4))
    same(stream.ask(get('/events')).status, 200)
    same(idle.ask(get('/hello')).status, 200)
    late.send(post('/later?ms=800', b'abc'))
    body.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n')
    time.sleep(0.2)
    server.command('stop')
    time.sleep(0.15)
    try:
        refused = server.connect().closed(3)
    except ConnectionRefusedError:
        refused = True
    assert refused, 'a connection is taken while draining'
    same(stream.chunk(), b'')
    r = body.ask(b'abc')
    same((r.status, r.body, r.headers['connection']), (200, b'3', 'close'))
    r = late.reply()
    same((r.status, r.headers['connection'], json.loads(r.body)['bytes']), (201, 'close', 3))
    assert idle.closed(3)
    same(server.process.stdout.read().strip(), 'drained 0')
    same(server.process.wait(10), 0)


@test
def draining_gives_up_on_what_does_not_end():
    server = Server(request_ms=60000, stall_ms=60000)
    stuck, flood = server.connect(), server.connect()
    stuck.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n')
    flood.send(get('/flood'))
    time.sleep(0.2)
    begun = time.time()
    said = server.stop()
    assert 4 < time.time() - begun < 9
    same(said, 'drained 2')


@test
def addresses_that_cannot_be_are_refused():
    for listen, why in (('0.0.0.0:0', 'not a loopback address'), ('[::]:0', 'not a loopback address'), ('nowhere', 'expected'),
                        ('127.0.0.1:65536', 'expected'), ('127.0.0.1:', 'expected'), ('1.2.3:80', 'expected'),
                        ('[::1:80', 'expected'), (':80', 'expected'), ('192.0.2.1:80', 'not a loopback')):
        server = Server(listen=listen)
        assert server.port is None and why in server.first, server.first
        server.process.communicate()
    with Server(listen='0.0.0.0:0', plain=1) as server:
        same(server.once(get('/hello')).status, 200)
    with Server(listen='[::1]:0') as server:
        s = socket.create_connection(('::1', server.port), PATIENCE)
        with Client(s) as c:
            same(c.ask(get('/peer')).body.split()[2], b'::1')
        other = Server(listen=f'[::1]:{server.port}')
        assert 'in use' in other.first, other.first
        other.process.communicate()


@test
def noise_leaves_the_server_whole():
    import random
    rng = random.Random(20150920)
    seeds = [get('/echo/a?b=c', 'A: b', 'Accept: */*'), post('/length', b'{"a":[1,2,3]}'),
             b'POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', get('/events')]
    with Server(request_ms=300, idle_ms=300) as server:
        for _ in range(400):
            data = bytearray(rng.choice(seeds) * rng.randint(1, 3))
            for _ in range(rng.randint(1, 6)):
                at = rng.randrange(len(data))
                what = rng.randrange(3)
                if what == 0:
                    data[at] = rng.choice(b'\0\r\n\t :%/;,\x7f\xff0a')
                elif what == 1:
                    del data[at:at + rng.randint(1, 8)]
                else:
                    data[at:at] = bytes(rng.choice(b'\0\r\n\t :%/') for _ in range(rng.randint(1, 4)))
                data = data or bytearray(b'\r')
            with server.connect() as c:
                try:
                    c.send(bytes(data))
                    c.s.shutdown(socket.SHUT_WR)
                    c.s.settimeout(0.02)
                    c.s.recv(65536)
                except (socket.timeout, OSError):
                    pass
        same(server.once(get('/hello')).status, 200)
        settled(server, in_hand=0, streams=0)


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


if __name__ == '__main__':
    sys.exit(main(tests))
