#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that ask for too much, are slow, stream, or are there when the server ends.

    http_limits.py FIXTURE [TEST ...]    runs all tests or those named, TAP out"""
import json
import select
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
from http_kit import PATIENCE, SMUGGLED, Client, Server, get, main, post, same, settled

tests = []


def test(f):
    tests.append(f)
    return f


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
    # What has not yet been read is not yet held: with too little time before the third body it is one of the first two that is
    # refused, and all is tried again.
    for tries in range(7):
        with Server(body_max=100000, bodies_max=250000) as server:
            held = [server.connect() for _ in range(2)]
            for c in held:
                c.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n' + b'x' * 99999)
            time.sleep(0.3 * 2 ** tries)
            r = server.once(post('/length', b'y' * 60000))
            try:
                replies = [c.ask(b'x') for c in held]
            except OSError: # refused, and the connection ended
                replies = []
            same(server.once(post('/length', b'y' * 60000)).body, b'60000')
        if r.status == 503 and [x.body for x in replies if x] == [b'100000'] * 2:
            same(r.headers['retry-after'], '1')
            return
    assert False, (r, replies)


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
            assert more.closed()
        held.pop().s.close()
        settled(server, connections=7)
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
            assert more.closed()
        # Another address of this machine is another client.
        s = socket.create_connection(('127.0.0.1', server.port), PATIENCE, ('127.0.0.2', 0))
        with Client(s) as other:
            same(other.ask(get('/hello')).status, 200)
        for c in held:
            c.s.close()


@test
def requests_of_one_address_are_limited():
    with Server(rate_per_s=1, burst=10) as server, server.connect() as c:
        begun, ok, no = time.time(), [], []
        while len(no) < 20 and len(ok) < 1000:
            r = c.ask(get('/hello'))
            same(r.status in (200, 429), True)
            (ok if r.status == 200 else no).append(r)
        assert 10 <= len(ok) <= 11 + time.time() - begun, (len(ok), len(no))
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
    with Server(threads=1, request_ms=3000, idle_ms=600000) as server:
        slow = []
        for data in (get('/hello', 'A: ' + 'b' * 100), post('/length', b'x' * 100)):
            for _ in range(20):
                slow.append([server.connect(), data, 0])
        begun, beside, alive = time.time(), 0, slow
        while alive and time.time() - begun < PATIENCE:
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
            same(server.once(get('/hello')).status, 200)
            beside += server.stats()['cut'] == 0
            time.sleep(0.1)
        assert not alive, f'{len(alive)} slow clients still there'
        took = time.time() - begun
        assert took > 2.5, took
        assert beside, 'no request was answered while slow clients were there'
        assert server.stats()['cut'] == 40


@test
def silent_connections_are_closed():
    with Server(idle_ms=1000) as server:
        silent = server.connect()
        half = server.connect()
        half.send(b'GET /hel')
        used = server.connect()
        same(used.ask(get('/hello')).status, 200)
        for c in (silent, half, used):
            assert c.closed()
        same(server.stats()['cut'], 0)


@test
def connections_that_were_left_are_closed():
    with Server(idle_ms=600000) as server:
        clients = [server.connect() for _ in range(20)]
        for c in clients:
            c.send(get('/hello'))
            c.s.close()
        settled(server, connections=0)


@test
def slow_links_have_time_for_long_bodies():
    # 300 bytes in more than 2 s would be too slow; but each 30 bytes bring three seconds.
    with Server(request_ms=2000, bytes_per_s=10, idle_ms=600000) as server, server.connect() as c:
        c.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 300\r\n\r\n' + b'x' * 30)
        for _ in range(9):
            time.sleep(0.3)
            c.send(b'x' * 30)
        same(c.reply().body, b'300')


@test
def a_client_that_does_not_read_its_reply_is_cut():
    with Server(request_ms=500, bytes_per_s=20000000) as server:
        c = server.connect()
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.send(get('/big?n=30000000'))
        begun = time.time()
        settled(server, in_hand=0, cut=1)
        took = time.time() - begun
        assert took > 1.2, took
    with Server() as server:
        same(len(server.once(get('/big?n=30000000')).body), 30000000)


# ---- replies that do not come in time ----

@test
def where_manners_apply_a_reply_comes_in_time_or_is_given_up():
    with Server(handler_ms=200) as server, server.connect() as c:
        r = c.ask(post('/other/later?ms=1500', b'abc', 'X-Request-Id: mine'))
        same((r.status, r.headers['content-type'], r.body, r.headers['x-request-id']), (503, 'text/plain', b'other: time-out', 'mine'))
        # The connection goes on meanwhile, and so does the request.
        same(c.ask(get('/hello')).status, 200)
        assert server.stats()['in_hand'] >= 1
        s = settled(server, in_hand=0)
        same((s['answered'], s['cut']), (2, 0))
        same(c.ask(get('/other/later')).status, 201)
        # A limit for both stages together; and none where our own manners apply.
        same(c.ask(get('/other/later?ms=150&twice=1')).status, 503)
        same(c.ask(get('/later?ms=400')).status, 201)
        # What stands behind chunks is never a request.
        with server.connect() as other:
            r = other.ask(b'POST /other/later?ms=400 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
            same((r.status, r.headers['connection']), (503, 'close'))
        # Nobody is there to hear it.
        c.send(post('/other/later?ms=500', b'abc'))
        c.s.close()
        settled(server, in_hand=0, connections=0)


@test
def who_left_before_the_end_of_the_time_is_given_up_too():
    server = Server(handler_ms=200)
    clients = [server.connect() for _ in range(6)]
    for c in clients:
        c.send(post('/other/later?ms=400', b'abc'))
    time.sleep(0.05)
    for c in clients[:2]:
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))  # a reset
    for c in clients[:4]:
        c.s.close()
    for c in clients[4:]:
        c.s.shutdown(socket.SHUT_WR)
    settled(server, in_hand=0, connections=0)
    same(server.stop(), 'drained 0')


@test
def replies_race_with_the_end_of_their_time():
    with Server(handler_ms=160, threads=3) as server:
        seen = set()
        # The pauses of a batch add up, and then all of it is finished at once.
        for n in (14, 15, 16, 17, 40):
            clients = [server.connect() for _ in range(n)]
            for i, c in enumerate(clients):
                c.send(post('/other/later?ms=10', b'z' * i))
            for c in clients:
                r = c.reply()
                same(r.body if r.status == 503 else r.body[:9], {503: b'other: time-out', 201: b'{"turns":'}[r.status])
                seen.add(r.status)
            for c in clients:
                same(c.ask(get('/hello')).status, 200)
                c.s.close()
        assert 503 in seen, seen
        settled(server, in_hand=0, connections=0)


@test
def what_is_given_up_is_bounded():
    # One may be left: the next waits, long past its time, until that one is finished.
    with Server(handler_ms=100, connections=1) as server, server.connect() as c:
        same(c.ask(post('/other/later?ms=900', b'abc')).status, 503)
        c.send(post('/other/later', b'abc'))
        early = select.select([c.s], [], [], 0.3)[0]
        assert not early or server.stats()['in_hand'] < 2
        assert c.reply().status in (201, 503)
        settled(server, in_hand=0)
        same(c.ask(post('/other/later?ms=300', b'abc')).status, 503)


@test
def draining_waits_for_what_was_given_up():
    server = Server(handler_ms=200)
    late = server.connect()
    late.send(get('/other/later?ms=900'))
    same(late.reply().status, 503)
    same(server.stop(), 'drained 0')


# ---- streams ----

@test
def events_are_streamed_and_resumed():
    # An event that waits for the next heartbeat does not come in time.
    with Server(heartbeat_ms=600000) as server:
        with server.connect() as c:
            r = c.ask(get('/events'))
            same((r.status, r.headers['content-type']), (200, 'text/event-stream'))
            for i in range(3):
                server.command(f'publish n{i}')
                same(c.chunk(), f'id: {i + 1}\nevent: change\ndata: n{i}\n\n'.encode())
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
        begun = time.time()
        for _ in range(3):
            same(c.chunk(), b':\n\n')
        assert time.time() - begun > 0.5
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
        begun = time.time()
        while not server.stats()['closed'] and time.time() - begun < PATIENCE:
            same(server.once(get('/hello')).status, 200)
            time.sleep(0.05)
        assert time.time() - begun > 0.6
        s = settled(server, streams=0)
        same((s['closed'], s['cut']), (1, 1))
    # One that reads slowly, but reads, is not.
    with Server(stall_ms=2500, threads=1) as server:
        with server.connect() as d:
            d.send(get('/flood'))
            begun = time.time()
            while time.time() - begun < 3.5:
                assert d.s.recv(1 << 20)
                time.sleep(0.02)
            same(server.stats()['streams'], 1)


@test
def a_stream_whose_client_hangs_up_ends():
    with Server(heartbeat_ms=600000, stall_ms=600000) as server:
        c = server.connect()
        same(c.ask(get('/events')).status, 200)
        c.s.close()
        settled(server, streams=0)


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
        refused = server.connect().closed()
    except ConnectionRefusedError:
        refused = True
    assert refused, 'a connection is taken while draining'
    same(stream.chunk(), b'')
    r = body.ask(b'abc')
    same((r.status, r.body, r.headers['connection']), (200, b'3', 'close'))
    r = late.reply()
    same((r.status, r.headers['connection'], json.loads(r.body)['bytes']), (201, 'close', 3))
    assert idle.closed()
    same(server.process.stdout.read().strip(), 'drained 0')
    same(server.process.wait(PATIENCE), 0)


@test
def draining_lets_long_answers_come_to_their_end():
    server = Server()
    with server.connect() as c:
        same(c.ask(get('/flood?n=20000000')).status, 200)
        server.command('stop')
        time.sleep(0.1)
        same(sum(map(len, iter(c.chunk, b''))), 20000000)
    same(server.process.stdout.read().strip(), 'drained 0')


@test
def draining_gives_up_on_what_does_not_end():
    server = Server(request_ms=60000, stall_ms=60000)
    stuck, flood = server.connect(), server.connect()
    stuck.send(b'POST /length HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\n')
    flood.send(get('/flood'))
    time.sleep(0.2)
    begun = time.time()
    said = server.stop()
    assert time.time() - begun > 4
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


if __name__ == '__main__':
    sys.exit(main(tests))
