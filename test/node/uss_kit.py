# SPDX-License-Identifier: Apache-2.0
"""Other providers (USSs), played: what they are told, what they answer, and how badly; a token service; and the exchange's paths of a node, asked with
tokens that other software signed."""
import base64
import hashlib
import http.client
import http.server
import json
import pathlib
import socket
import threading
import time
import urllib.parse
import uuid

from api_kit import PATIENCE, Node, Reply, at, expect, folder
from auth_kit import new_rsa, raw_token

_key = new_rsa()  # the authority that all of them trust
KEY_FILE = folder() / 'authority.pem'
KEY_FILE.write_bytes(_key.pem())
_own = new_rsa()  # the node signs its own tokens with this one, where there is no token service
OWN_KEY_FILE = folder() / 'own.pem'
OWN_KEY_FILE.write_bytes(_own.private_pem())
AUDIENCE = 'node.test'
SC, CM, CP, SA = ('utm.strategic_coordination', 'utm.constraint_management', 'utm.constraint_processing', 'utm.conformance_monitoring_sa')
OUR_URL = 'http://127.0.0.1:9/ours'


def bearer(sub, scope=SC, audience=AUDIENCE, life=600):
    now = int(time.time())
    return raw_token(_key, '{"alg":"RS256","typ":"JWT"}',
                     json.dumps({'iss': 'authority', 'sub': sub, 'aud': audience, 'scope': scope, 'exp': now + life, 'jti': str(uuid.uuid4())}))


def claims_of(header, public=None):
    """What a token says; its signature is checked with `public` (RSA)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    scheme, text = header.split(' ')
    expect(scheme == 'Bearer', header)
    head, body, signature = text.split('.')
    pad = lambda s: base64.urlsafe_b64decode(s + '=' * (-len(s) % 4))
    expect(json.loads(pad(head))['alg'] == 'RS256', head)
    if public:
        public.verify(pad(signature), f'{head}.{body}'.encode(), padding.PKCS1v15(), hashes.SHA256())
    return json.loads(pad(body))


OWN_PUBLIC = _own.public


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.at = time.monotonic()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.method} {self.path} {self.body[:200]}'


class Mock:
    """A web server whose answers are a function's: (status, headers, body) of a Request; None closes without an answer.  Every base URL below it
    is a provider of its own."""

    def __init__(self, answer=None, port=0):
        self.answer = answer or (lambda request: (204, {}, b''))
        self.requests, self.came, self.connections = [], threading.Condition(), 0
        mock = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def handle_one(self):
                length = int(self.headers.get('Content-Length') or 0)
                request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
                with mock.came:
                    mock.requests.append(request)
                    mock.came.notify_all()
                answer = mock.answer(request)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, body = answer
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for k, v in headers.items():
                    self.send_header(k, v)
                if status != 204 and 'Content-Length' not in headers:
                    self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(body)

            do_GET = do_POST = handle_one

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def process_request(self, request, address):
                mock.connections += 1
                super().process_request(request, address)

            def handle_error(self, *_):  # a client that goes away is none
                pass

        self.server = Server(('127.0.0.1', port), Handler)
        self.port = self.server.server_address[1]
        self.url = f'http://127.0.0.1:{self.port}'
        threading.Thread(target=self.server.serve_forever, daemon=True, kwargs={'poll_interval': 0.05}).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def of(self, base='', method=None):
        """What came for one provider."""
        with self.came:
            return [r for r in self.requests if r.path.startswith(base + '/') and method in (None, r.method)]

    def wait(self, count, base='', method=None, what=''):
        """At least so many requests; all that are there then."""
        end = time.monotonic() + PATIENCE
        while len(found := self.of(base, method)) < count:
            with self.came:
                left = end - time.monotonic()
                expect(left > 0, what, f'expected {count} requests to {base}, got', found)
                self.came.wait(min(left, 0.2))
        return found


def silent_port():
    """A port that counts who connects and never answers."""
    s = socket.create_server(('127.0.0.1', 0))
    seen = []

    def accept():
        while True:
            try:
                seen.append(s.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    return s, s.getsockname()[1], seen


class UssNode(Node):
    """A node that is a provider for party CO, under the name `co-uss`."""

    def __init__(self, program, document, *arguments, destination=(), own_tokens=True, data=None, attempts=3, timeout='5s'):
        more = ['--jwt-key', str(KEY_FILE), '--jwt-audience', AUDIENCE, '--allow-http-uss', '--uss-party', 'CO', '--uss-manager', 'co-uss',
                '--uss-url', OUR_URL, '--uss-timeout', timeout, '--uss-attempts', str(attempts)]
        for d in destination:
            more += ['--uss-destination', d]
        if own_tokens and destination:
            more += ['--uss-token-key', str(OWN_KEY_FILE)]
        super().__init__(program, document, data, *more, *arguments)
        self.heard = []  # every reply to somebody who is not of the party

    def __exit__(self, *error):
        if error[0]:
            print('# the log ends with\n# ' + '# '.join(self.log[-90:]), flush=True)
        super().__exit__(*error)

    def raw(self, method, target, sub='other', scope=SC, body=None, token=None):
        """The exchange's paths: these are not in the native document."""
        headers = {'Authorization': 'Bearer ' + (bearer(sub, scope) if token is None else token)}
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request(method, target, body, headers)
            got = connection.getresponse()
            reply = Reply(got.status, {n.lower(): v for n, v in got.getheaders()}, got.read())
        finally:
            connection.close()
        self.heard.append(str(reply.headers).encode() + reply.body)
        return reply

    def ok(self, method, target, status, **more):
        reply = self.raw(method, target, **more)
        expect(reply.status == status, method, target, reply.status, 'expected', status, reply.body[:800])
        if reply.body:
            expect(reply.headers['content-type'].startswith('application/json'), target, reply.headers)
        return reply.json() if reply.body else None

    def found(self):
        for party in ('CO', 'RU'):
            self.send('PUT', f'/v1/parties/{party}', 'admin', {'id': party}, 200)
        return self

    def metrics(self):
        text = self.ask('GET', '/metrics').body.decode()
        return {line.split(' ')[0]: float(line.split(' ')[1]) for line in text.splitlines() if line and line[0] != '#'}

    def count(self, result):
        return self.metrics()[f'deconflict_uss_notifications_total{{result="{result}"}}']

    def until(self, condition, *what):
        end = time.monotonic() + PATIENCE
        while not condition():
            expect(time.monotonic() < end, *what, ''.join(self.log[-15:]))
            time.sleep(0.02)

    def settled(self, **counts):
        """Metrics as they are when nothing waits."""
        self.until(lambda: self.metrics()['deconflict_uss_waiting'] == 0, 'notifications wait')
        got = {k: self.count(k) for k in counts}
        expect(got == counts, got, 'expected', counts)

    # --- the exchange as another provider uses it ---

    def subscribe(self, url, sub='other', lat=10.0, lon=20.0, hours=(0, 24), size=1.0, intents=True, constraints=False):
        """A subscription over a square, in the tests' day; its id."""
        id = str(uuid.uuid4())
        body = {'extents': area(lat, lon, size, *hours), 'uss_base_url': url, 'notify_for_operational_intents': intents,
                'notify_for_constraints': constraints}
        self.ok('PUT', f'/dss/v1/subscriptions/{id}', 200, sub=sub, body=body)
        return id

    def intent(self, url, sub='other', lat=10.0, lon=20.0, hours=(6, 9), size=0.2, **more):
        id = str(uuid.uuid4())
        body = {'extents': [area(lat, lon, size, *hours)], 'state': 'Accepted', 'uss_base_url': url, 'key': []} | more
        return id, self.ok('PUT', f'/dss/v1/operational_intent_references/{id}', 201, sub=sub, body=body)['operational_intent_reference']

    def query(self, sub='other', lat=10.0, lon=20.0, size=1.0, hours=(0, 24)):
        body = {'area_of_interest': area(lat, lon, size, *hours)}
        return self.ok('POST', '/dss/v1/operational_intent_references/query', 200, sub=sub, body=body)['operational_intent_references']


def soon(hours):
    """A time of tomorrow: what lasts longer than a day is no subscription."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime((int(time.time()) // 3600 + 1 + hours) * 3600))


def area(lat, lon, size=1.0, start=0, end=23, low=0, high=20000):
    """A square, or where that would be larger than a polygon may be the circle around it."""
    ring = [(lat, lon), (lat, lon + size), (lat + size, lon + size), (lat + size, lon)]
    m = lambda v: {'value': v, 'reference': 'W84', 'units': 'M'}
    t = lambda h: {'value': soon(h), 'format': 'RFC3339'}
    outline = {'outline_polygon': {'vertices': [{'lat': round(a, 7), 'lng': round(o, 7)} for a, o in ring]}}
    if size > 0.4:
        outline = {'outline_circle': {'center': {'lat': lat + size / 2, 'lng': lon + size / 2}, 'radius': {'value': size * 80000, 'units': 'M'}}}
    return {'volume': outline | {'altitude_lower': m(low), 'altitude_upper': m(high)}, 'time_start': t(start), 'time_end': t(end)}


def square(name, lat=10.0, lon=20.0, start=6, hours=3, released=True, size=0.2, party='CO', **more):
    """A native feature; released to the exchange or not."""
    ring = [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]
    label = {'label': {'releasable_to': ['exchange']}} if released else {}
    return {'type': 'Feature', 'id': name, 'geometry': {'type': 'Polygon', 'coordinates': [[[round(x, 7), round(y, 7)] for x, y in ring]]},
            'properties': {'party': party, 'lower': {'value': 300, 'unit': 'm', 'ref': 'W84'}, 'upper': {'value': 900, 'unit': 'm', 'ref': 'W84'},
                           'start': soon(start), 'end': soon(start + hours)} | label | more}


def details(reference, volumes, manager='other', ovn='0123456789abcdef', **changes):
    """What the provider of an intent says of it."""
    mine = reference | {'manager': manager, 'ovn': ovn} | changes
    return {'reference': mine, 'details': {'volumes': volumes, 'off_nominal_volumes': [], 'priority': 7}}
