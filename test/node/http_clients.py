#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients, friendly and not, against the HTTP server: what is answered, how paths are read, what is refused as doubtful.

    http_clients.py FIXTURE [TEST ...]    runs all tests or those named, TAP out"""
import json
import select
import socket
import sys
import time

sys.dont_write_bytecode = True
from http_kit import SMUGGLED, Server, get, main, post, same, settled, values

tests = []


def test(f):
    tests.append(f)
    return f


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
def paths_of_other_clients_have_other_manners():
    def plain(reply, status, kind):
        same((reply.status, reply.headers['content-type'], reply.body), (status, 'text/plain', f'other: {kind}'.encode()))

    with Server() as server, server.connect() as c:
        for path, value in (('/other/', ''), ('/other/a', 'a'), ('/other/?x=1', ''), ('/other/a?', 'a')):
            r = c.ask(get(path))
            same((r.status, values(r, 'id')), (200, [value]), path)
        r = c.ask(get('/other/a/', method='PUT', body=b''))
        same((r.status, values(r, 'id'), values(r, 'rest')), (200, ['a'], ['']))
        r = c.ask(get('/other//b', method='PUT', body=b''))
        same((r.status, values(r, 'id'), values(r, 'rest')), (200, [''], ['b']))
        # Nothing there, and no such method, are the same.
        for method, path in (('GET', '/other'), ('GET', '/other/a/b/c'), ('GET', '/v1/other'), ('GET', '/v1/other//'), ('POST', '/other/a'),
                             ('OPTIONS', '/other/a'), ('BREW', '/other/a'), ('GET', '/other/a/b')):
            r = c.ask(get(path, method=method))
            plain(r, 404, 'not-found')
            assert 'allow' not in r.headers
        # Nor is HEAD a GET there; a HEAD's reply has no body.
        for path in ('/other/a', '/other/', '/other/nothing/here/at/all', '/other'):
            r = c.ask(get(path, method='HEAD'), head=True)
            same((r.status, r.headers['content-type'], 'allow' in r.headers), (404, 'text/plain', False))
        # Of a probe only methods are judged so.
        for method in ('POST', 'DELETE', 'BREW', 'OPTIONS'):
            plain(c.ask(get('/peer', method=method)), 404, 'not-found')
        same(c.ask(get('/peer', method='HEAD'), head=True).status, c.ask(get('/peer')).status)
        same(c.ask(get('/peer/')).problem()['type'], '/problems/not-found')
        plain(c.ask(get('/other/%zz')), 400, 'bad-target')
        plain(c.ask(get('/other/..')), 400, 'bad-target')
        # Who calls comes before how much.
        same(c.ask(post('/other/guarded/short', b'x' * 11)).status, 401)
        plain(c.ask(post('/other/guarded/short', b'x' * 11, 'Authorization: Bearer good')), 413, 'body-too-large')
        same(c.ask(post('/other/guarded/short', b'x' * 10, 'Authorization: Bearer good')).body, b'10')
        same(c.ask(post('/short', b'x' * 11)).problem()['type'], '/problems/body-too-large')
        # Other paths keep theirs, also those that only begin alike.
        for path in ('/otherwise/', '/others', '/v1/otherwise', '/echo/'):
            same(c.ask(get(path)).problem()['type'], '/problems/not-found', path)
        same(c.ask(get('/echo//')).problem()['type'], '/problems/bad-target')


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
            slow.send(get('/later?ms=2000'))
            settled(server, in_hand=1)
            before = 0
            for _ in range(20):
                same(server.once(get('/hello')).status, 200)
                before += not select.select([slow.s], [], [], 0)[0]
            assert before, 'nothing was answered before the late reply'
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
            r = c.ask(get('/thing', f'If-Match: {bad}', method='PUT', body=b''))
            assert r.status == 400, bad
            if r.headers.get('connection') == 'close':
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
                '/echo/%F0%9F%9B%A9': '\U0001F6E9', '/echo/...': '...', '/echo/a+b': 'a+b', '/echo/%2e%2e%2e': '...',
                '/echo/~a:b@c': '~a:b@c'}
        for path, expected in good.items():
            same(values(c.ask(get(path)), 'id'), [expected], path)
        bad = ['/echo/a%2Fb', '/echo/a%2fb', '/echo/..', '/echo/%2e%2e', '/echo/.%2E', '/echo/.', '/echo/%2e', '/echo//a',
               '//echo/a',
               '/echo/%00', '/echo/a%00b', '/echo/%0a', '/echo/%7f', '/echo/%', '/echo/%4', '/echo/%zz',
               '/echo/a%5Cb', '/echo/a\\b',
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
        for bad in ('http://user@test/echo/a', 'http:///echo/a', 'http://test', 'ftp://test/echo/a', 'http:/echo/a',
                    'http://test?x'):
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
            'A: \x01\r\nContent-Length: 7', 'A: \x7f\r\nContent-Length: 7', 'A b: c\r\nContent-Length: 7',
            'A(: c\r\nContent-Length: 7',
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
        for rest in (b'3\nabc\n0\n\n', b'3\r\nabcd\r\n0\r\n\r\n', b'0x3\r\nabc\r\n0\r\n\r\n', b'-1\r\nabc\r\n0\r\n\r\n',
                     b'3 \r\nabc\r\n0\r\n\r\n',
                     b'ffffffffffffffff\r\nabc\r\n0\r\n\r\n', b'10000000000000000\r\nabc\r\n0\r\n\r\n', b'3;\nabc\r\n0\r\n\r\n',
                     b'\r\nabc\r\n0\r\n\r\n', b'3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n', b'0\r\n\r\n', b'0;a=b\r\n\r\n'):
            with server.connect() as c:
                c.send(head + rest + SMUGGLED)
                c.s.shutdown(socket.SHUT_WR)
                r = c.reply()
                assert r is None or r.status in (200, 400, 413), r
                assert b'HTTP/1.' not in c.all_that_comes(), rest


@test
def clients_that_end_in_the_middle_are_let_go():
    """Long before the 30 s that a request may take, also when the end comes together with the last bytes before it."""
    halves = (b'POST /length HTTP/1.1\r\nHost: te', b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nabc',
              b'POST /length HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab')
    with Server(request_ms=300000, idle_ms=300000) as server:
        clients = [server.connect() for _ in range(30)]
        for i, c in enumerate(clients):
            c.send(halves[i % 3])
            c.s.shutdown(socket.SHUT_WR)
        settled(server, connections=0)
        for c in clients:
            c.s.close()


@test
def content_codings_and_expectations_are_refused():
    with Server() as server, server.connect() as c:
        same(c.ask(post('/length', b'abc', 'Content-Encoding: gzip')).status, 415)
        same(c.ask(post('/length', b'abc', 'Content-Encoding: identity')).status, 200)
        same(c.ask(post('/length', b'abc', 'Expect: 200-ok')).status, 417)
        same(c.ask(post('/length', b'abc')).body, b'3')


if __name__ == '__main__':
    sys.exit(main(tests))
