# SPDX-License-Identifier: Apache-2.0
"""A node in a temporary folder, a client whose every reply is held against the OpenAPI document, and TAP."""
import atexit
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

from jsonschema import Draft202012Validator, RefResolver

PATIENCE = 60
_tests = []
_running = []
_folders = pathlib.Path(tempfile.mkdtemp(prefix='deconflict-api-'))
atexit.register(lambda: [child.kill() for child in _running if child.poll() is None])
atexit.register(shutil.rmtree, _folders, ignore_errors=True)


def test(function):
    _tests.append(function)
    return function


def expect(condition, *text):
    if not condition:
        raise AssertionError(' '.join(str(t) for t in text))


def run_tests(only=None):
    tests = [t for t in _tests if not only or t.__name__ in only]
    failed = 0
    print(f'1..{len(tests)}')
    for i, function in enumerate(tests, 1):
        try:
            function()
            print(f'ok {i} - {function.__name__}', flush=True)
        except Exception as error:
            failed += 1
            where = traceback.extract_tb(error.__traceback__)
            print('# ' + f'{type(error).__name__}: {error}'[:4000].replace('\n', '\n# '))
            print('# at', ', '.join(f'{pathlib.Path(f.filename).name}:{f.lineno}' for f in where))
            print(f'not ok {i} - {function.__name__}', flush=True)
    sys.exit(failed > 0)


def folder():
    return pathlib.Path(tempfile.mkdtemp(dir=_folders))


def once_each(pairs):
    """For json.loads: an object in which no member stands twice."""
    out = dict(pairs)
    expect(len(out) == len(pairs), 'a member stands twice:', [k for k, _ in pairs])
    return out


class Document:
    """The OpenAPI document."""
    BASE = 'https://deconflict.invalid/openapi.json'
    OWN = {'date', 'content-type', 'content-length', 'connection', 'transfer-encoding'}  # the server's own headers

    def __init__(self, path):
        self.doc = json.loads(pathlib.Path(path).read_text(encoding='utf-8'), object_pairs_hook=once_each)
        store = {self.BASE: self.doc}
        store |= {s['$id']: s for s in self.doc['components']['schemas'].values() if '$id' in s}
        self.resolver = RefResolver(self.BASE, self.doc, store=store)
        self.validators = {}
        self.seen = set()  # (method, template, status)
        self.patterns = [(re.compile('/'.join(self.segment(t, s) for s in t.split('/'))), t) for t in self.doc['paths']]

    @staticmethod
    def segment(template, segment):
        if not segment.startswith('{'):
            return re.escape(segment)
        return '.+' if segment == '{path}' else '[^/]+'

    def get(self, pointer):
        at = self.doc
        for part in pointer.removeprefix('#/').split('/'):
            at = at[part.replace('~1', '/').replace('~0', '~')]
        return at

    def follow(self, value):
        return self.get(value['$ref']) if '$ref' in value else value

    def template(self, path):
        """Of a path with no query; a path of literals goes before one with parameters."""
        fits = sorted((t.count('{'), t) for p, t in self.patterns if p.fullmatch(path))
        return fits[0][1] if fits else None

    def problems(self, schema, value):
        """`schema` has only $refs from the root of the document."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            self.validators[key] = Draft202012Validator(schema, resolver=self.resolver)
        return [f'{e.json_path}: {e.message[:300]}' for e in self.validators[key].iter_errors(value)]

    def check(self, schema, value, what):
        found = self.problems(schema, value)
        expect(not found, what, 'is not what the document says:', *found[:5], json.dumps(value)[:600])

    def check_event(self, name, data):
        self.check({'$ref': '#/components/schemas/EventName'}, name, 'event')
        self.check({'$ref': '#/components/schemas/Event'}, data, f'event {name}')

    def check_reply(self, method, target, reply):
        path = target.split('?')[0]
        template = self.template(path)
        methods = {m.upper() for m in self.doc['paths'].get(template, {})}
        allow = methods | ({'HEAD'} if 'GET' in methods else set()) | {'OPTIONS'}
        what = f'{method} {target}: {reply.status}'
        ours = re.match('/(v1|openapi.json|metrics|ready)(/|$)', path)
        if template == '/healthy' and method not in ('GET', 'HEAD') or not template and not ours:
            # As clients of the exchange expect it of every path.
            text = b'' if method == 'HEAD' else b'404 page not found'
            expect(reply.status == 404 and reply.body.strip() == text and 'allow' not in reply.headers, what, reply.headers)
            return
        if method == 'OPTIONS' and template:
            expect(reply.status == 204 and set(reply.headers['allow'].split(', ')) == allow, what, reply.headers)
            return
        operation = self.doc['paths'].get(template, {}).get('get' if method == 'HEAD' else method.lower())
        if operation:
            response = operation['responses'].get(str(reply.status))
            expect(response, what, 'is no status of the document', reply.body[:300])
            response = self.follow(response)
            self.seen.add((method, template, reply.status))
        elif template:
            expect(reply.status in (405, 501, 400), what)
            if reply.status == 405:
                expect(set(reply.headers['allow'].split(', ')) == allow, what, reply.headers)
            response = self.get('#/components/responses/' + {405: 'MethodNotAllowed', 501: 'NotImplemented', 400: 'BadRequest'}[reply.status])
        else:
            expect(reply.status in (404, 400, 401), what)
            response = self.get('#/components/responses/NotFound')
        self.check_headers(response, reply, what)
        if method != 'HEAD':
            self.check_body(response, reply, what)

    def check_headers(self, response, reply, what):
        declared = {n.lower(): self.follow(h) for n, h in response.get('headers', {}).items()}
        expect(set(reply.headers) <= self.OWN | set(declared), what, 'headers', reply.headers)
        expect('x-request-id' in reply.headers, what, reply.headers)
        for name, value in reply.headers.items():
            if name in declared:
                self.check(declared[name]['schema'], value, f'{what}: header {name}')

    def check_body(self, response, reply, what):
        if 'content' not in response:
            expect(reply.body == b'', what, 'has a body', reply.body[:100])
            return
        kind = reply.headers.get('content-type')
        expect(kind in response['content'], what, 'is of type', kind)
        schema = response['content'][kind]['schema']
        if 'json' in kind:
            value = reply.json()
            self.check(schema, value, what)
            if kind == 'application/problem+json':
                expect(value['status'] == reply.status and value['request_id'] == reply.headers['x-request-id'], what, value)
        elif kind.startswith('text/plain'):
            self.check(schema, reply.body.decode(), what)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body, object_pairs_hook=once_each)

    @property
    def etag(self):
        return self.headers['etag']

    def kind(self):
        return self.json()['type'].removeprefix('/problems/')


class Node:
    """`deconflict serve`; use as a context."""

    def __init__(self, program, document, data=None, *arguments, settings=None):
        self.program, self.document, self.arguments = program, document, arguments
        self.settings = os.environ | (settings or {})
        self.data = pathlib.Path(data) if data else folder() / 'node'
        self.tokens, self.child, self.log, self.kept = {}, None, [], None

    def __enter__(self):
        if not self.child:
            self.start()
        return self

    def __exit__(self, *_):
        if self.child:
            self.stop()

    def start(self):
        self.child = subprocess.Popen([self.program, 'serve', '--data', str(self.data), '--listen', '127.0.0.1:0', *self.arguments],
                                      stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, encoding='utf-8',
                                      env=self.settings)
        _running.append(self.child)
        self.port, self.log = None, []
        listening = threading.Event()
        threading.Thread(target=self.read_log, args=(self.child.stderr, listening), daemon=True).start()
        expect(listening.wait(PATIENCE) and self.port, 'the node does not listen:', ''.join(self.log))
        end = time.monotonic() + PATIENCE
        while self.ask('GET', '/ready').status != 200:
            expect(time.monotonic() < end, 'the node is not ready:', ''.join(self.log))
            time.sleep(0.01)

    def read_log(self, stream, listening):
        for line in stream:
            self.log.append(line)
            found = re.search(r'listening .*port=(\d+)', line)
            if found:
                self.port = int(found[1])
                listening.set()
        listening.set()

    def stop(self, how=signal.SIGTERM):
        child, self.child = self.child, None
        if self.kept:
            self.kept.close()
            self.kept = None
        child.send_signal(how)
        status = child.wait(PATIENCE)
        expect(status == (0 if how == signal.SIGTERM else -how), f'the node ended with {status}:', ''.join(self.log[-20:]))

    def restart(self, how=signal.SIGTERM):
        self.stop(how)
        self.start()

    def token(self, caller):
        """Of 'admin', 'cell', a party's id, 'PARTY:MEMBER', 'read:PARTY', or ''; made when it is first asked for."""
        if caller not in self.tokens:
            if caller == 'admin':
                self.tokens[caller] = (self.data / 'admin.token').read_text().strip()
            elif caller in ('', 'garbage'):
                self.tokens[caller] = caller
            else:
                self.tokens[caller] = self.mint(*self.wanted(caller))
        return self.tokens[caller]

    @staticmethod
    def wanted(caller):
        if caller == 'cell':
            return ('--scope', 'deconflict.cell,deconflict.declare', '--sub', 'cell')
        if ':' in caller and not caller.startswith('read:'):
            party, member = caller.split(':')
            return ('--party', party, '--member', member, '--role', 'watch', '--scope', 'deconflict.declare', '--sub', 'planner')
        if caller.startswith('read:'):
            return ('--party', caller[5:], '--scope', 'deconflict.read', '--sub', 'reader')
        # One subject for all parties: names of people are the parties' own affair.
        return ('--party', caller, '--scope', 'deconflict.declare', '--sub', 'planner')

    def mint(self, *arguments):
        done = subprocess.run([self.program, 'token', '--data', str(self.data), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def ask(self, method, target, by='', body=None, headers=None):
        """A reply, held against the document."""
        headers = dict(headers or {})
        if self.token(by):
            headers['Authorization'] = 'Bearer ' + self.token(by)
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        connection = self.kept or http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body, headers)
            got = connection.getresponse()
            names = [n.lower() for n, _ in got.getheaders()]
            expect(len(names) == len(set(names)), 'a header stands twice:', got.getheaders())
            reply = Reply(got.status, {n.lower(): v for n, v in got.getheaders()}, got.read())
        finally:
            if not self.kept:
                connection.close()
        self.document.check_reply(method, target, reply)
        return reply

    def keep(self):
        """One connection for all that is asked from now on, by one thread, while the node runs."""
        self.kept = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)

    def get(self, target, by, status=200, **headers):
        reply = self.ask('GET', target, by, headers={k.replace('_', '-'): v for k, v in headers.items()})
        expect(reply.status == status, f'GET {target} by {by}: {reply.status}, expected {status}', reply.body[:600])
        return reply

    def send(self, method, target, by, body, status, **headers):
        reply = self.ask(method, target, by, body, {k.replace('_', '-'): v for k, v in headers.items()})
        expect(reply.status == status, f'{method} {target} by {by}: {reply.status}, expected {status}', reply.body[:900])
        return reply

    def listed(self, by, query=''):
        """Names of all that are listed, through pages of 7."""
        names, after = [], 0
        while after is not None:
            page = self.get(f'/v1/operations?limit=7&after={after}{query}', by).json()
            names += [(o['party'], o['operation']) for o in page['operations']]
            after = page['next']
        return names

    def position(self, by='admin'):
        return self.get('/v1/node', by).json()['position']


class Events:
    """A stream of server-sent events, read on the caller's thread; use as a context."""

    def __init__(self, node, by, query='', last=None):
        self.node, self.rest = node, b''
        self.s = socket.create_connection(('127.0.0.1', node.port), PATIENCE)
        head = f'GET /v1/events{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {node.token(by)}\r\n'
        head += f'Last-Event-ID: {last}\r\n' if last is not None else ''
        self.s.sendall((head + '\r\n').encode())
        while b'\r\n\r\n' not in self.rest:
            expect(self.more(PATIENCE), 'no reply to GET /v1/events', self.rest)
        top, self.rest = self.rest.split(b'\r\n\r\n', 1)
        lines = top.decode().split('\r\n')
        headers = {k.lower(): v.strip() for k, v in (line.split(':', 1) for line in lines[1:])}
        self.chunked = headers.get('transfer-encoding') == 'chunked'
        node.document.check_reply('GET', '/v1/events' + query, Reply(int(lines[0].split()[1]), headers, b''))
        self.raw, self.text = top, b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def more(self, wait):
        self.s.settimeout(wait)
        try:
            data = self.s.recv(65536)
        except (socket.timeout, ConnectionResetError):
            data = b''
        self.rest += data
        return data

    def unchunk(self):
        while self.chunked and b'\r\n' in self.rest:
            size, rest = self.rest.split(b'\r\n', 1)
            n = int(size, 16)
            if len(rest) < n + 2:
                return
            self.text += rest[:n]
            self.rest = rest[n + 2:]
        if not self.chunked:
            self.text, self.rest = self.text + self.rest, b''

    def take(self):
        """Whole events that are here: (id, name, data)."""
        self.unchunk()
        out = []
        while b'\n\n' in self.text:
            block, self.text = self.text.split(b'\n\n', 1)
            self.raw += block
            lines = [line for line in block.decode().split('\n') if not line.startswith(':')]
            if lines:
                members = dict(line.split(': ', 1) for line in lines)
                expect(set(members) == {'id', 'event', 'data'}, lines)
                data = json.loads(members['data'], object_pairs_hook=once_each)
                self.node.document.check_event(members['event'], data)
                out.append((int(members['id']), members['event'], data))
        return out

    def until(self, count, quiet=0.3):
        """At least so many events, and what comes until it is quiet."""
        out, end = self.take(), time.monotonic() + PATIENCE
        while len(out) < count:
            expect(self.more(max(0.01, end - time.monotonic())), f'expected {count} events, got', [e[:2] for e in out])
            out += self.take()
        while self.more(quiet):
            out += self.take()
        return out


# --- worlds ---

DAY = 86400


def at(seconds):
    """A time of day in a month from now, which is far enough for any notice."""
    base = (int(time.time()) // DAY + 30) * DAY
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(base + seconds))


def box(party, name, lon, lat, start_h=6, hours=3, low=10000, high=14000, size=0.2, to=None, **more):
    """A feature: a square volume, whose sides are `size` degrees."""
    ring = [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]
    ring = [[round(x, 7), round(y, 7)] for x, y in ring]
    label = {} if to is None else {'label': {'releasable_to': list(to)}}
    return {'type': 'Feature', 'id': name, 'geometry': {'type': 'Polygon', 'coordinates': [ring]},
            'properties': {'party': party, 'lower': {'value': low, 'unit': 'ft', 'ref': 'STD'}, 'upper': {'value': high, 'unit': 'ft', 'ref': 'STD'},
                           'start': at(int(start_h * 3600)), 'end': at(int((start_h + hours) * 3600)), **label, **more}}


def collection(*features):
    return {'type': 'FeatureCollection', 'deconflict': 1, 'features': list(features)}


def path_of(party, name):
    return f'/v1/operations/{urllib.parse.quote(party, safe="")}/{urllib.parse.quote(name, safe="")}'


PEOPLE = {'CO': {'members': ['USA', {'id': 'GBR', 'name': 'Britain'}], 'roles': [{'id': 'watch', 'escalation': 1}, {'id': 'chief', 'escalation': 2}]},
          'RU': {'members': [{'id': 'RUS'}, {'id': 'BLR'}]}}


def found(parties=('CO', 'RU', 'IL'), **agreement):
    """What makes a new node one with parties and an agreement: (method, target, body) each, for an administrator."""
    yield from (('PUT', f'/v1/parties/{p}', {'id': p, 'name': f'party {p}'} | PEOPLE.get(p, {})) for p in parties)
    rules = {'id': 'draft', 'separation': [{'lateral': {'value': 3, 'unit': 'NM'}, 'vertical': {'value': 1000, 'unit': 'ft'}}]} | agreement
    yield 'PUT', '/v1/airspace', {'type': 'FeatureCollection', 'deconflict': 1, 'atmosphere': {'qnh_hpa': 1013.25, 'terrain_ft': [0, 700]},
                                  'agreement': rules, 'features': []}


def make(node, **agreement):
    for method, target, body in found(**agreement):
        node.send(method, target, 'admin', body, 200)
