#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""jwks.py AUTH_TOOL: key sets that are fetched, from a small server that answers as each test wants.  Writes TAP."""
import sys

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's: one is called http

import datetime
import http.server
import ipaddress
import json
import os
import pathlib
import ssl
import tempfile
import threading
import time

from auth_kit import NOW, Tool, expect, hashes, new_ec, new_ed, run_tests, serialization, test, token
from cryptography import x509
from cryptography.x509.oid import NameOID

program = os.path.abspath(sys.argv[1])
scratch = tempfile.TemporaryDirectory(prefix='deconflict-jwks-')
folder = pathlib.Path(scratch.name)


class Server:
    """Answers every GET by `answer(handler)`; keeps what was asked and when."""

    def __init__(self, answer=None, tls=None):
        self.asked, self.lock = [], threading.Lock()
        self.answer = answer or self.document
        self.keys, self.headers = [], {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                with outer.lock:
                    outer.asked.append((time.monotonic(), self.path, dict(self.headers)))
                try:
                    outer.answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f'{"https" if tls else "http"}://127.0.0.1:{self.port}/jwks.json'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def body(self):
        return json.dumps({'keys': [k.jwk() for k in self.keys]}).encode()

    def document(self, handler, status=200, body=None, **headers):
        body = self.body() if body is None else body
        handler.send_response(status)
        for k, v in (self.headers | headers).items():
            handler.send_header(k, v)
        handler.send_header('Content-Length', str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def tool_of(url, *more):
    return Tool(program, 'aud:here', f'url:{url}', *more)


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def state(tool):
    return {k: int(v) for k, v in (w.split('=') for w in tool.ask('state').split())}


def is_ok(tool, text):
    return tool.verify(text).startswith('ok ')


@test
def keys_are_fetched_at_the_start():
    key = new_ed('k1')
    with Server() as server:
        server.keys = [key]
        with tool_of(server.url) as tool:
            expect(wait_for(lambda: is_ok(tool, token(key))), f'not taken: {tool.verify(token(key))}')
            expect('slot=2' in tool.verify(token(key)), 'another slot')
            expect(state(tool) == {'fetches': 1, 'failures': 0, 'ready': 1}, state(tool))
        headers = {k.lower(): v for k, v in server.asked[0][2].items()}
        expect('application/jwk-set+json' in headers['accept'] and headers['user-agent'].startswith('deconflict/'), headers)
        expect(not {'cookie', 'authorization', 'referer', 'if-none-match'} & set(headers), headers)


@test
def a_new_key_appears_and_the_old_one_goes():
    old, new = new_ec(kid='old'), new_ed('new')
    with Server() as server:
        server.keys = [old]
        with tool_of(server.url, 'least:300', 'most:60000') as tool:
            expect(wait_for(lambda: is_ok(tool, token(old))), 'the first key')
            server.keys = [old, new]
            # The token with the unknown id is refused once, and makes us look.
            expect(tool.verify(token(new)) == 'fault unknown_key', 'taken before it was known')
            expect(wait_for(lambda: is_ok(tool, token(new))), 'the new key')
            expect(is_ok(tool, token(old)), 'the old key beside it')
            kept = token(old)
            expect(is_ok(tool, kept), 'kept')
            server.keys = [new]
            tool.verify(token(new_ed('other')))
            expect(wait_for(lambda: tool.verify(kept) == 'fault unknown_key'), 'the old key lives on, also for a token that was verified before')
            expect(is_ok(tool, token(new)), 'the new key')


@test
def unknown_ids_ask_seldom():
    key = new_ed('k1')
    with Server() as server:
        server.keys = [key]
        began = time.monotonic()
        with tool_of(server.url, 'least:400', 'most:60000') as tool:
            expect(wait_for(lambda: is_ok(tool, token(key))), 'not taken')
            asked = 0
            while len(server.asked) < 5:
                expect(time.monotonic() - began < 60, f'{asked} tokens, {len(server.asked)} looks')
                expect(tool.verify(token(key, {'kid': f'x{asked}'})) == 'fault unknown_key', 'taken')
                asked += 1
        # Looks are asked for all the time, so nothing but the wait between them keeps them apart.
        took = server.asked[4][0] - began
        expect(asked > 4 and took >= 4 * 0.39, f'{asked} tokens, 5 looks in {took} s')


@test
def what_is_unchanged_is_not_sent_again():
    key = new_ed('k1')

    def answer(handler):
        if handler.headers.get('If-None-Match') == '"v1"':
            server.document(handler, 304, b'')
        else:
            server.document(handler, ETag='"v1"')

    with Server(answer) as server:
        server.keys = [key]
        server.headers = {'Cache-Control': 'public, max-age=1, must-revalidate'}
        began = time.monotonic()
        with tool_of(server.url, 'least:100', 'most:600000') as tool:
            expect(wait_for(lambda: len(server.asked) >= 3), 'asked too seldom')
            expect(is_ok(tool, token(key)), 'lost by a 304')
            expect(state(tool)['failures'] == 0, state(tool))
        asked = server.asked
        expect('If-None-Match' not in asked[0][2] and asked[1][2]['If-None-Match'] == '"v1"' and asked[2][2]['If-None-Match'] == '"v1"', asked)
        gap = asked[1][0] - began # the server may hear of the first look later than it was
        expect(gap >= 0.95, f'max-age=1, and asked after {gap} s')


@test
def ages_are_held_between_bounds():
    # By the least, though the most is far away; by the most, though the least is near.
    for headers, by_least in (({'Cache-Control': 'max-age=0'}, True), ({'Cache-Control': 'no-store'}, True),
                              ({'Cache-Control': 'max-age=99999999999999999999'}, False), ({}, False),
                              ({'Cache-Control': 'max-age=60', 'Age': '60'}, True), ({'Cache-Control': 'max-age=x'}, False),
                              ({'ETag': 'no quotes', 'Cache-Control': ',,=,max-age,max-age='}, False), ({'ETag': '"' + 'x' * 2000 + '"'}, False)):
        with Server() as server:
            server.keys, server.headers = [new_ed('k1')], headers
            began = time.monotonic()
            with tool_of(server.url, *(('least:500', 'most:600000') if by_least else ('least:50', 'most:1000'))):
                expect(wait_for(lambda: len(server.asked) >= 2), f'{headers}: not asked again')
            gap = server.asked[1][0] - began
            expect(gap >= (0.45 if by_least else 0.95), f'{headers}: asked after {gap} s')
            expect('If-None-Match' not in server.asked[1][2], f'{headers}: an entity tag that is none')


def failing(answer, expected, *more, fails_with=None):
    """The keys that are known stay while the answers are bad, and the log says why."""
    key = new_ed('k1')
    with Server() as server:
        server.keys = [key]
        with tool_of(server.url, 'least:100', 'most:200', *more) as tool:
            expect(wait_for(lambda: is_ok(tool, token(key))), 'not taken')
            server.answer = lambda handler: answer(server, handler)
            expect(wait_for(lambda: state(tool)['failures'] >= 2), f'{expected}: no failure')
            expect(is_ok(tool, token(key)), f'{expected}: the keys are gone')
            server.answer = server.document
            before = state(tool)['failures']
            expect(wait_for(lambda: state(tool)['fetches'] >= before + 4), 'no more looks')
        expect(expected in tool.log, f'{expected}: {tool.log}')
        return server


@test
def bad_answers_change_nothing():
    failing(lambda s, h: s.document(h, 500), 'status 500')
    failing(lambda s, h: s.document(h, 404), 'status 404')
    failing(lambda s, h: s.document(h, 204, b''), 'status 204')
    failing(lambda s, h: s.document(h, 304, b''), 'status 304')
    failing(lambda s, h: s.document(h, body=b'<html>'), 'no JSON object')
    failing(lambda s, h: s.document(h, body=b'{"keys":[]}'), 'no key that can be used')
    failing(lambda s, h: s.document(h, body=s.body()[:-5]), 'does not end')
    failing(lambda s, h: h.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"keys"'), 'key set not fetched')
    failing(lambda s, h: h.wfile.write(b'\0\1\2 nonsense\r\n\r\n'), 'key set not fetched')
    failing(lambda s, h: h.connection.close(), 'key set not fetched')


@test
def huge_answers_are_cut_off():
    def endless(server, handler):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        piece = b'4000\r\n' + b' ' * 0x4000 + b'\r\n'
        for _ in range(4000):
            handler.wfile.write(piece)
            server.sent = getattr(server, 'sent', 0) + 0x4000

    server = failing(endless, 'more than 262144 bytes')
    expect(server.sent < 40_000_000, f'{server.sent} bytes were taken')
    failing(lambda s, h: s.document(h, body=b' ' * 262145), 'more than 262144 bytes')


@test
def slow_answers_time_out():
    failing(lambda s, h: time.sleep(3), 'key set not fetched', 'timeout:200')

    def drops(server, handler):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
        for _ in range(30):
            handler.wfile.write(b' ')
            time.sleep(0.1)

    failing(drops, 'key set not fetched', 'timeout:300')


@test
def redirects_are_not_followed():
    bad = new_ed('evil')
    with Server() as elsewhere:
        elsewhere.keys = [bad]
        for status in (301, 302, 303, 307, 308):
            failing(lambda s, h: s.document(h, status, b'', Location=elsewhere.url), f'status {status}')
        failing(lambda s, h: s.document(h, 302, b'', Location='file:///etc/passwd'), 'redirects are not followed')
        expect(not elsewhere.asked, 'it was asked')


@test
def old_keys_are_dropped_at_last():
    key = new_ed('k1')
    with Server() as server:
        server.keys = [key]
        with tool_of(server.url, 'least:100', 'most:300', 'keep:4000') as tool:
            expect(wait_for(lambda: is_ok(tool, token(key))), 'not taken')
            server.answer = lambda handler: server.document(handler, 503)
            before = state(tool)['failures']
            expect(wait_for(lambda: state(tool)['failures'] > before), 'no failure')
            expect(is_ok(tool, token(key)) and state(tool)['ready'] == 1, 'dropped too soon')
            expect(wait_for(lambda: tool.verify(token(key)) == 'fault unknown_key'), 'kept for ever')
            expect(state(tool)['ready'] == 0, 'still ready')
            server.answer = server.document
            expect(wait_for(lambda: is_ok(tool, token(key))), 'never back')
        expect('key set dropped' in tool.log, tool.log)


@test
def a_server_that_is_not_there_yet():
    with Server() as server:
        url, port = server.url, server.port
    with tool_of(url, 'least:100', 'most:400') as tool:
        expect(wait_for(lambda: state(tool)['failures'] >= 3), 'no looks')
        expect(tool.verify(token(new_ed('k'))) == 'fault unknown_key' and state(tool)['ready'] == 0, 'taken')
    expect('Connection refused' in tool.log or "Couldn't connect" in tool.log, tool.log)


@test
def the_end_does_not_wait():
    def hang(handler):
        time.sleep(300)

    with Server(hang) as server:
        # At its end a tool is waited for, not for so long.
        with tool_of(server.url, 'timeout:200000') as tool:
            expect(wait_for(lambda: len(server.asked) == 1), 'not asked')


@test
def which_urls_may_be_fetched():
    for url in ('ftp://127.0.0.1/x', 'file:///etc/passwd', 'http://192.0.2.1/x', 'http://example.org/x', 'http://127.0.0.1.example.org/x', 'http://[::2]/x',
                'https://user:pass@example.org/x', 'https://user@example.org/x', 'https://example.org/x#y', 'https://', 'example.org', '', 'http://128.0.0.1/',
                'gopher://127.0.0.1/', 'https://exa mple.org/', 'http://0.0.0.0/x', 'http://localhost.example.org/', 'HTTP://example.org/', 'https:/\n/x'):
        tool = tool_of(url)
        tool.end()
        expect(tool.first.startswith('refused: ') and 'expected' in tool.first, f'{url}: {tool.first}')
    for url in ('http://127.0.0.1:1/x', 'http://127.9.9.9:1/x', 'http://localhost:1/x', 'http://[::1]:1/x', 'https://127.0.0.1:1/x'):
        with tool_of(url):
            pass


def certificate(key, name='127.0.0.1'):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    day = datetime.datetime.utcnow()
    it = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public).serial_number(7).not_valid_before(
        day - datetime.timedelta(days=1)).not_valid_after(day + datetime.timedelta(days=2)).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), False).add_extension(
        x509.BasicConstraints(True, None), True).sign(key.private, hashes.SHA256())
    return it.public_bytes(serialization.Encoding.PEM)


def tls_of(name):
    key = new_ec()
    (folder / f'{name}.pem').write_bytes(certificate(key, name))
    (folder / f'{name}.key').write_bytes(key.private_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f'{name}.pem', folder / f'{name}.key')
    return context


@test
def https_is_checked():
    key = new_ed('k1')
    for name, ca, good in (('127.0.0.1', '127.0.0.1.pem', True), ('127.0.0.1', None, False), ('127.0.0.2', '127.0.0.2.pem', False)):
        with Server(tls=tls_of(name)) as server:
            server.keys = [key]
            with tool_of(server.url, 'least:100', 'most:200', *([f'ca:{folder / ca}'] if ca else [])) as tool:
                expect(wait_for(lambda: state(tool)['fetches'] >= 2), 'no looks')
                got = tool.verify(token(key))
                expect(got.startswith('ok ') == good, f'{name} with {ca}: {got}')
            expect(good or 'ertificate' in tool.log or 'subject' in tool.log, tool.log)


with scratch:
    run_tests(at_once=5)
