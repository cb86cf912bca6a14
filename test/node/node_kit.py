# SPDX-License-Identifier: Apache-2.0
"""A real `deconflict serve` in a folder of its own, clients that remember what they were told, and the record read by other means.
Standard library alone."""
import atexit
import base64
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(tempfile.mkdtemp(prefix='deconflict-crash-'))
atexit.register(shutil.rmtree, ROOT, ignore_errors=True)
PATIENCE = 60  # seconds for anything on a loaded machine, sanitizers included
GONE = (ConnectionError, http.client.HTTPException, TimeoutError, OSError)


def expect(condition, *text):
    if not condition:
        raise AssertionError(' '.join(str(t) for t in text))


class Node:
    def __init__(self, program, folder=None, options=(), **environment):
        self.program = program
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(dir=ROOT)) / 'data'
        self.options = list(options)
        self.environment = environment
        self.log_file = pathlib.Path(tempfile.mkstemp(dir=ROOT)[1])  # not in the folder: that one may be full
        self.process = None
        self.tokens = {}

    def start(self, wait=True):
        """Runs until it listens; with `wait`, until it is ready."""
        log = open(self.log_file, 'ab')
        self.seen = log.tell()
        self.process = subprocess.Popen([self.program, 'serve', '--data', str(self.folder), '--listen', '127.0.0.1:0', *self.options],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.environment})
        log.close()
        self.port = int(self.await_log(r'listening .*port=(\d+)')[1])
        if wait:
            self.await_ready()
        return self

    def log(self):
        with open(self.log_file, errors='replace') as f:
            f.seek(self.seen)
            return f.read()

    def await_log(self, pattern):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = re.search(pattern, self.log())
            if found:
                return found
            expect(self.process.poll() is None, 'serve ended with', self.process.returncode, self.log()[-2000:])
            time.sleep(0.005)
        raise AssertionError(f'no {pattern!r} in the log: {self.log()[-2000:]}')

    def await_ready(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if Client(self).ask('GET', '/ready')[0] == 200:
                return
            time.sleep(0.01)
        raise AssertionError(f'never ready: {self.log()[-2000:]}')

    def kill(self):
        expect(self.process.poll() is None, 'serve ended by itself with', self.process.returncode, self.log()[-2000:])
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def token(self, **claims):
        key = tuple(sorted(claims.items()))
        if key not in self.tokens:
            args = [f(k, v) for k, v in claims.items() for f in (lambda k, v: f'--{k}', lambda k, v: v)]
            self.tokens[key] = subprocess.run([self.program, 'token', '--data', str(self.folder), '--ttl', '24h', *args], check=True,
                                              capture_output=True, text=True).stdout.strip()
        return self.tokens[key]

    def found(self, parties=('CO', 'RU')):
        admin = Client(self, (self.folder / 'admin.token').read_text().strip())
        for party in parties:
            status, _, body = admin.ask('PUT', f'/v1/parties/{party}', json.dumps({'id': party}))
            expect(status in (200, 201), status, body)
        return self

    def client(self, party='CO'):
        return Client(self, self.token(party=party, scope='deconflict.declare,deconflict.read'))

    def status(self, name):
        """A line of /proc/PID/status in kB."""
        with open(f'/proc/{self.process.pid}/status') as f:
            return int(re.search(rf'{name}:\s+(\d+)', f.read())[1])

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))


class Client:
    """One connection, made again when it breaks."""

    def __init__(self, node, token=None, timeout=PATIENCE):
        self.node, self.token, self.timeout = node, token, timeout
        self.connection = None

    def ask(self, method, path, body=None, **headers):
        """(status, headers, parsed body or text); raises one of GONE when there is no answer."""
        if self.token:
            headers['Authorization'] = 'Bearer ' + self.token
        try:
            if not self.connection:
                self.connection = http.client.HTTPConnection('127.0.0.1', self.node.port, timeout=self.timeout)
            self.connection.request(method, path, body, {k.replace('_', '-'): v for k, v in headers.items()})
            reply = self.connection.getresponse()
            text = reply.read().decode()
        except GONE:
            self.close()
            raise
        if reply.will_close:
            self.close()
        kind = reply.getheader('Content-Type') or ''
        return reply.status, reply.headers, json.loads(text) if 'json' in kind and text else text

    def leave(self, path, most):
        """Asks for what never ends, reads some of it, and goes away without a word."""
        connection = http.client.HTTPConnection('127.0.0.1', self.node.port, timeout=self.timeout)
        connection.request('GET', path, headers={'Authorization': 'Bearer ' + self.token})
        reply = connection.getresponse()
        expect(reply.status == 200, path, reply.status)
        if most:
            reply.read1(most)
        reply.close()
        connection.close()

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def feature(party, name, number=0, hours=1):
    """A place and a window of its own for each number, so that few of them meet."""
    hour, lon, lat = number % 480, 20 + number // 480 % 40, 10 + number // 19200 % 50
    start = 1893456000 + hour * 3600  # 2030-01-01
    text = [time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(t)) for t in (start, start + hours * 3600)]
    return {'type': 'Feature', 'id': name, 'geometry': {'type': 'Point', 'coordinates': [lon + 0.5, lat]},
            'properties': {'party': party, 'shape': 'circle', 'radius': {'value': 5, 'unit': 'km'}, 'start': text[0], 'end': text[1],
                           'lower': {'value': 100 + number % 150, 'unit': 'FL'}, 'upper': {'value': 300, 'unit': 'FL'}}}


def collection(features):
    return json.dumps({'type': 'FeatureCollection', 'deconflict': 1, 'features': list(features)})


class Known:
    """What one client was told of one operation."""

    def __init__(self, party, name, number):
        self.party, self.name, self.number = party, name, number
        self.version, self.tag, self.state = 0, None, None
        self.open = None  # the request without an answer: (method, path, body, headers, what follows from it)

    @property
    def path(self):
        return f'/v1/operations/{self.party}/{self.name}'

    def told(self, headers, body):
        op = body['operations'][0]
        self.version, self.tag, self.state = op['version'], headers['ETag'], op['state']


class Worker(threading.Thread):
    """A client that declares, amends and moves operations of its own until the server is gone or `stop` is set; at most one
    operation is left with a request without an answer."""

    def __init__(self, node, number, seed, party='CO'):
        super().__init__(daemon=True)
        self.client, self.party, self.number = node.client(party), party, number
        self.random = random.Random(seed)
        self.known, self.stop, self.error, self.answers, self.unavailable = [], False, None, 0, 0
        self.pause = 0.0

    def next_request(self):
        r = self.random
        key = f'{self.number}-{r.getrandbits(64):x}'
        if not self.known or r.random() < 0.5:
            k = Known(self.party, f'w{self.number}-{len(self.known)}', r.randrange(20000))
            self.known.append(k)
            return k, ('POST', '/v1/operations?options=none', collection([feature(k.party, k.name, k.number)]), {'Idempotency_Key': key},
                       (1, 'DECLARED'))
        k = r.choice(self.known[-30:])
        if k.state == 'DECLARED' and r.random() < 0.3:
            return k, ('POST', k.path + '/events/activate', None, {'Idempotency_Key': key, 'If_Match': k.tag}, (k.version, 'ACTIVE'))
        k.number = r.randrange(20000)
        return k, ('PUT', k.path + '?options=none', collection([feature(k.party, k.name, k.number)]),
                   {'Idempotency_Key': key, 'If_Match': k.tag}, (k.version + 1, 'DECLARED'))

    def one(self):
        k, request = self.next_request()
        k.open = request
        status, headers, body = self.client.ask(*request[:3], **request[3])
        while status == 503 and not self.stop:
            self.unavailable += 1
            time.sleep(0.05)
            status, headers, body = self.client.ask(*request[:3], **request[3])
        if status == 503:
            return
        expect(status in (200, 201), request[:2], status, body)
        k.told(headers, body)
        expect((k.version, k.state) == request[4], k.path, k.version, k.state, 'expected', request[4])
        k.open = None
        self.answers += 1

    def run(self):
        try:
            while not self.stop:
                self.one()
                time.sleep(self.pause)
        except GONE:
            pass
        except Exception as error:  # for whoever joins
            self.error = error

    def end(self):
        self.stop = True
        self.join(PATIENCE)
        expect(not self.is_alive(), 'a client hangs')
        if self.error:
            raise self.error


def check_known(client, k):
    """The operation is as the last answer said, or as the request without an answer would have made it."""
    status, headers, body = client.ask('GET', k.path)
    if status == 404 and k.version == 0 and k.open:
        return
    expect(status == 200, k.path, 'version', k.version, 'was acknowledged:', status, body)
    now = (body['version'], body['state'])
    if k.open and now == k.open[4]:
        return
    expect(now == (k.version, k.state) and headers['ETag'] == k.tag, k.path, 'is', now, headers['ETag'], 'acknowledged were', k.version,
           k.state, k.tag)


def settle(client, k):
    """Asks again what had no answer: it happens once, whether it had happened or not; and a third time changes nothing."""
    method, path, body, headers, after = k.open
    status, reply, answer = client.ask(method, path, body, **headers)
    expect(status in (200, 201), 'asked again:', method, path, status, answer)
    k.told(reply, answer)
    was_there = answer['repeated']
    expect((k.version, k.state) == after, k.path, 'is', k.version, k.state, 'expected', after)
    status, reply, again = client.ask(method, path, body, **headers)
    expect(status == 200 and again['repeated'] and again['position'] == answer['position'], 'a third time:', status, again)
    expect(again['operations'] == answer['operations'], again['operations'], answer['operations'])
    k.open = None
    return was_there


# --- the record by other means ----------------------------------------------------------------------------------------

def subtree(nodes):
    """RFC 9162, 2.1.1, from the bottom up: what has no sibling goes up as it is."""
    while len(nodes) > 1:
        up = [hashlib.sha256(b'\x01' + nodes[i] + nodes[i + 1]).digest() for i in range(0, len(nodes) - 1, 2)]
        nodes = up + ([nodes[-1]] if len(nodes) % 2 else [])
    return nodes[0] if nodes else hashlib.sha256(b'').digest()


def check_record(node):
    """Every content is what its commitment says, and the tree of all commitments is the one that the head names; the positions have no
    gap, times never go back.  The server may run.  Returns the number of entries."""
    db = sqlite3.connect(f'file:{node.folder}/record.sqlite3?mode=ro', uri=True)
    try:
        db.execute('BEGIN')
        size, note = db.execute('SELECT size, note FROM head').fetchone()
        leaves, last = [], 0
        for position, commitment, salt, content in db.execute('SELECT position, commitment, salt, content FROM entry ORDER BY position'):
            expect(position == len(leaves), 'entry', len(leaves), 'is missing')
            if content is not None:
                expect(hashlib.sha256(b'deconflict-entry-v1\n' + salt + content).digest() == commitment, 'entry', position, 'is another')
                at = json.loads(content.split(b'\n')[0])['at']
                expect(at >= last, 'entry', position, 'goes back in time')
                last = at
            leaves.append(hashlib.sha256(b'\x00' + commitment).digest())
    finally:
        db.close()
    lines = note.decode().split('\n')
    expect(size == len(leaves) == int(lines[1]), 'the head is of', lines[1], 'entries, there are', len(leaves))
    expect(base64.b64decode(lines[2]) == subtree(leaves), 'the head names another tree')
    return size


def verify(node):
    """By `deconflict record verify` and by check_record."""
    run = subprocess.run([node.program, 'record', 'verify', str(node.folder)], capture_output=True, text=True, timeout=600)
    expect(run.returncode == 0, 'record verify:', run.returncode, run.stdout, run.stderr)
    return check_record(node)


def run_tests(tests, only):
    tests = [t for t in tests if not only or t.__name__ in only]
    failed = 0
    print(f'1..{len(tests)}')
    for i, test in enumerate(tests, 1):
        nodes = []
        try:
            test(nodes)
            print(f'ok {i} - {test.__name__}', flush=True)
        except Exception as error:
            failed += 1
            print('# ' + f'{type(error).__name__}: {error}'[:3000].replace('\n', '\n# '))
            trace = error.__traceback__
            while trace:
                print(f'#   {pathlib.Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}')
                trace = trace.tb_next
            print(f'not ok {i} - {test.__name__}', flush=True)
        finally:
            for node in nodes:
                if node.process and node.process.poll() is None:
                    node.kill()
    sys.exit(failed > 0)
