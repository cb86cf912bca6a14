# SPDX-License-Identifier: Apache-2.0
"""A server of the exchange, ours or any by its URL; tokens that this test signs; places in which nothing stands yet; rows that each prove one
sentence.  Python's library, and cryptography for the keys."""
import atexit
import base64
import http.client
import json
import math
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from exchange_schema import (AA, AVAIL, CM, CP, CR, DP, OI, R, ROUTES, SA, SC, SP, SUB, W, faults, random_id, route_of)

PATIENCE = 60
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix='deconflict-exchange-'))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
NULL = '00000000-0000-4000-8000-000000000000'
HIDDEN = 'Available from USS'


def expect(condition, *words):
    if not condition:
        raise AssertionError(' '.join(str(w) for w in words)[:3000])


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


# --- keys and tokens ------------------------------------------------------------------------------------------------------------

class Key:
    def __init__(self, path=None):
        self.private = serialization.load_pem_private_key(pathlib.Path(path).read_bytes(), None) if path else rsa.generate_private_key(65537, 2048)

    def public_file(self, name):
        path = FOLDER / name
        path.write_bytes(self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        return path

    def token(self, claims, header=None, spoil=False):
        head = {k: v for k, v in ({'alg': 'RS256', 'typ': 'JWT'} | (header or {})).items() if v is not ...}
        signed = '.'.join(b64(json.dumps(part).encode()) for part in (head, claims))
        signature = bytearray(self.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))
        signature[7] ^= spoil
        return f'{signed}.{b64(bytes(signature))}'


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json.get('message', '')


class Service:
    """What is tested.  Every reply is held against the tables."""

    def __init__(self, url, key, audience, own, extra):
        at = urllib.parse.urlsplit(url)
        self.host, self.port, self.tls, self.base = at.hostname, at.port or (443 if at.scheme == 'https' else 80), at.scheme == 'https', at.path.rstrip('/')
        self.key, self.audience, self.own, self.extra = key, audience, own, extra
        self.tokens, self.connection, self.seen, self.requests = {}, None, set(), 0
        self.manager = 'uss1'

    def claims(self, sub='uss1', scope=SC, **changes):
        """Good ones; a change to ... leaves a claim out."""
        now = int(time.time())
        it = {'sub': sub, 'scope': scope, 'iss': 'issuer', 'aud': self.audience, 'exp': now + 3000, 'iat': now - 1} | changes
        return {k: v for k, v in it.items() if v is not ...}

    def token(self, sub, scope):
        if (sub, scope) not in self.tokens:
            self.tokens[sub, scope] = self.key.token(self.claims(sub, scope))
        return self.tokens[sub, scope]

    def raw(self, method, path, body=None, headers=None):
        """One exchange of bytes, no judgement."""
        for again in (True, False):
            fresh = self.connection is None
            try:
                if fresh:
                    make = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
                    self.connection = make(self.host, self.port, timeout=PATIENCE)
                self.connection.request(method, self.base + path, body, headers or {})
                reply = self.connection.getresponse()
                out = Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
                break
            except (ConnectionError, http.client.HTTPException):
                self.close()
                if fresh or not again:
                    raise
        if reply.will_close:
            self.close()
        self.requests += 1
        return out

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, method, path, body=None, sub='uss1', scope=SC, token=None, headers=None):
        """Sends with a good token, unless `token` is one or ''; holds the reply against the table of its route."""
        token = self.token(sub, scope) if token is None else token
        headers = dict(headers or {})
        if token:
            headers.setdefault('Authorization', 'Bearer ' + token)
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault('Content-Type', 'application/json')
        reply = self.raw(method, path, body, headers)
        self.judge(method, path.split('?')[0], reply)
        return reply

    def judge(self, method, path, reply):
        route, what = route_of(method, path), f'{method} {path}: {reply.status}'
        if not route:
            return
        expect(not self.own or 'deconflict-pool' in reply.headers, what, 'does not say of which pool it is', reply.headers)
        if not (reply.status == 413 and 'json' not in reply.headers.get('content-type', '')):
            self.judge_body(route, what, reply)
        self.seen.add((route.method, route.path, reply.status))

    def judge_body(self, route, what, reply):
        expect(reply.status in route.statuses(), what, 'is none of', sorted(route.statuses()), reply.body[:500])
        schema = route.schema(reply.status)
        if schema is None:
            return
        kind = reply.headers.get('content-type', '')
        expect(kind.split(';')[0].strip() == 'application/json', what, 'is of type', kind, reply.body[:200])
        try:
            value = reply.json
        except ValueError:
            raise AssertionError(f'{what} is no JSON: {reply.body[:300]}') from None
        found = faults(schema, value, extra=self.extra)
        expect(not found, what, *found[:5], json.dumps(value)[:800])


class Own(Service):
    """`deconflict serve` in a folder of its own."""

    def __init__(self, program, *options, keys=1, data=None):
        made = [Key() for _ in range(keys)]
        self.program, self.options = program, list(options)
        self.data = data or pathlib.Path(tempfile.mkdtemp(dir=FOLDER)) / 'data'
        for i, key in enumerate(made):
            self.options += ['--jwt-key', str(key.public_file(f'{random_id()}-{i}.pem'))]
        self.made, self.child = made, None
        self.start()
        super().__init__(f'http://127.0.0.1:{self.bound}', made[0], 'exchange.test', True, '--strict' not in options)

    def start(self, listen='127.0.0.1:0'):
        self.log_path = tempfile.mkstemp(dir=FOLDER)[1]
        with open(self.log_path, 'ab') as log:
            self.child = subprocess.Popen([self.program, 'serve', '--data', str(self.data), '--listen', listen, '--jwt-audience', 'exchange.test',
                                           '--jwt-audience', 'other.test', *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        atexit.register(lambda child=self.child: child.poll() is None and child.kill())
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(r'listening .*port=(\d+)', self.log())
            if found:
                break
            expect(self.child.poll() is None and time.monotonic() < end, 'serve does not listen:', self.log()[-2000:])
            time.sleep(0.005)
        self.bound = int(found[1])
        while True:
            probe = http.client.HTTPConnection('127.0.0.1', self.bound, timeout=PATIENCE)
            probe.request('GET', '/ready')
            status = probe.getresponse().status
            probe.close()
            if status == 200:
                return
            expect(time.monotonic() < end, 'serve is never ready:', self.log()[-2000:])
            time.sleep(0.01)

    def log(self):
        return pathlib.Path(self.log_path).read_text(errors='replace')

    def kill(self):
        expect(self.child.poll() is None, 'serve ended by itself with', self.child.returncode, self.log()[-3000:])
        self.child.kill()
        self.child.wait()

    def stop(self):
        self.close()
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(PATIENCE)


# --- times and places -------------------------------------------------------------------------------------------------------------

BEGAN = int(time.time())


def at(hours):
    """So many hours from when the test began."""
    s = BEGAN + round(hours * 3600 * 1000) / 1000
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(math.floor(s))) + f'{s % 1:.3f}'[1:] + 'Z'


def soon_over(w, before, seconds=1.2):
    """What before(world, time) returns, told of a time that has come when this returns, and not while it was at work: where the machine is
    too slow for that, again, at another place and with more time."""
    while True:
        end = time.time() + seconds
        try:
            out = before(w, time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(end)) + f'{end % 1:.3f}'[1:] + 'Z')
            over = time.time() >= end
        except Exception:
            if time.time() < end:
                raise
            over = True
        if not over:
            time.sleep(max(0, end + 0.2 - time.time()))
            return out
        w, seconds = World(w.s), seconds * 4


def wrapped(text):
    return {'value': text, 'format': 'RFC3339'}


def height(metres):
    return {'value': metres, 'reference': 'W84', 'units': 'M'}


def circle(lat, lng, radius):
    return {'center': {'lat': lat, 'lng': lng}, 'radius': {'value': radius, 'units': 'M'}}


def polygon(*points):
    return {'vertices': [{'lat': lat, 'lng': lng} for lat, lng in points]}


UNIT = 0.01  # degrees; offsets in a place are in these, 0 in its middle
_places = iter(range(1 << 30))
# Where the first place is, among 79 latitudes; told, and to be given again by EXCHANGE_PLACE.
_shift = int(os.environ.get('EXCHANGE_PLACE', random.SystemRandom().randrange(20000)))


def east(lat, metres):
    """So many metres along a parallel, in degrees."""
    e2 = 0.00669437999014
    return math.degrees(metres * math.sqrt(1 - e2 * math.sin(math.radians(lat)) ** 2) / (6378137 * math.cos(math.radians(lat))))


def north(lat, metres):
    """So many metres along a meridian, in degrees."""
    e2 = 0.00669437999014
    return math.degrees(metres * (1 - e2 * math.sin(math.radians(lat)) ** 2) ** 1.5 / (6378137 * (1 - e2)))


class World:
    """A place of its own, 40 units wide, and the requests of several managers about it."""

    def __init__(self, service):
        k = next(_places) + _shift
        self.s, self.lat, self.lng = service, -39.5 + k % 79, -169.5 + k // 79 % 339
        self.listed = None
        self.moment = 3 + k % 800 * 0.02  # for places that all worlds have: a time of its own

    # shapes

    def box(self, x0=0, y0=0, x1=2, y1=2):
        """Corners, counter-clockwise seen from above."""
        return [(round(self.lat + UNIT * y, 7), round(self.lng + UNIT * x, 7)) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]

    def volume(self, area=..., alt=(50, 150), when=(1, 2)):
        area = self.box() if area is ... else area
        v = {'volume': {}}
        if isinstance(area, dict):
            v['volume']['outline_circle'] = area
        elif area:
            v['volume']['outline_polygon'] = polygon(*area)
        for name, value in zip(('altitude_lower', 'altitude_upper'), alt or (None, None)):
            if value is not None:
                v['volume'][name] = height(value)
        for name, value in zip(('time_start', 'time_end'), when or (None, None)):
            if value is not None:
                v[name] = wrapped(value if isinstance(value, str) else at(value))
        return v

    def volume_v1(self, area=..., alt=(50, 150), when=(1, 2)):
        area = self.box() if area is ... else area
        v = {'spatial_volume': {'footprint': polygon(*area)}}
        for name, value in zip(('altitude_lo', 'altitude_hi'), alt or (None, None)):
            if value is not None:
                v['spatial_volume'][name] = value
        for name, value in zip(('time_start', 'time_end'), when or (None, None)):
            if value is not None:
                v[name] = value if isinstance(value, str) else at(value)
        return v

    # F3548

    def ask(self, method, path, body=None, sub='uss1', scope=SC, ok=None, **more):
        """`ok`: the status that it must have.  What is refused must leave no trace in this place."""
        refused = ok is not None and (min(ok) if isinstance(ok, (tuple, set)) else ok) >= 400 and method != 'GET' and not path.endswith('/query')
        if refused and self.listed is None:
            self.listed = self.listing()
        reply = self.s.ask(method, path, body, sub, scope, **more)
        wanted = ok if isinstance(ok, (tuple, set)) else (ok,)
        expect(ok is None or reply.status in wanted, f'{method} {path} as {sub} ({scope}): {reply.status}, expected {ok}:', reply.body[:600],
               'body', json.dumps(body)[:900] if not isinstance(body, (bytes, str)) else body[:200])
        if reply.status < 400 and method != 'GET' and not path.endswith('/query'):
            self.listed = None
        elif refused:
            now = self.listing()
            expect(now == self.listed, f'{method} {path}: {reply.status}, and yet it left something:', now, 'before', self.listed)
        return reply

    def listing(self):
        """Everything in this place that can be seen."""
        area = {'area_of_interest': self.volume(self.box(-20, -20, 20, 20), None, None)}
        flat = ','.join(f'{lat},{lng}' for lat, lng in self.box(-20, -20, 20, 20))
        out = [self.s.ask('POST', OI + '/query', area).json['operational_intent_references'],
               self.s.ask('POST', CR + '/query', area, scope=CP).json['constraint_references']]
        for sub in ('uss1', 'uss2'):
            out.append(self.s.ask('POST', SUB + '/query', area, sub).json['subscriptions'])
            out.append(self.s.ask('GET', f'/rid/v2/dss/subscriptions?area={flat}', None, sub, DP).json['subscriptions'])
        out.append(self.s.ask('GET', f'/rid/v2/dss/identification_service_areas?area={flat}&earliest_time={at(-1)}&latest_time={at(99)}', None,
                              scope=DP).json['service_areas'])
        return [sorted(json.dumps(e, sort_keys=True) for e in part) for part in out]

    def intent(self, volumes=None, key=(), state='Accepted', url='https://uss1.test/scd', **more):
        """A body; a change to ... leaves a member out."""
        it = {'extents': volumes if volumes is not None else [self.volume()], 'key': list(key), 'state': state, 'uss_base_url': url} | more
        return {k: v for k, v in it.items() if v is not ...}

    def put_intent(self, body=None, sub='uss1', ok=201, id=None, ovn=None, scope=None, **more):
        """(id, reply's JSON)."""
        id = id or random_id()
        body = self.intent(**more) if body is None else body
        if isinstance(body, dict) and body.get('state') in ('Nonconforming', 'Contingent') and scope is None:
            scope = SA
        reply = self.ask('PUT', f'{OI}/{id}' + (f'/{ovn}' if ovn is not None else ''), body, sub, scope or SC, ok)
        return id, reply.json

    def delete_intent(self, id, ovn, sub='uss1', ok=200, scope=SC):
        return self.ask('DELETE', f'{OI}/{id}/{ovn}', None, sub, scope, ok).json

    def get_intent(self, id, sub='uss1', ok=200):
        reply = self.ask('GET', f'{OI}/{id}', None, sub, SC, ok)
        return reply.json['operational_intent_reference'] if ok == 200 else reply

    def find_intents(self, volume, sub='uss1', ok=200, scope=SC):
        reply = self.ask('POST', OI + '/query', {'area_of_interest': volume}, sub, scope, ok)
        return {r['id']: r for r in reply.json['operational_intent_references']} if ok == 200 else reply

    def constraint(self, volumes=None, url='https://uss2.test/cm', **more):
        it = {'extents': volumes if volumes is not None else [self.volume()], 'uss_base_url': url} | more
        return {k: v for k, v in it.items() if v is not ...}

    def put_constraint(self, body=None, sub='uss2', ok=201, id=None, ovn=None, **more):
        id = id or random_id()
        body = self.constraint(**more) if body is None else body
        return id, self.ask('PUT', f'{CR}/{id}' + (f'/{ovn}' if ovn is not None else ''), body, sub, CM, ok).json

    def find_constraints(self, volume, sub='uss1', ok=200):
        reply = self.ask('POST', CR + '/query', {'area_of_interest': volume}, sub, CP, ok)
        return {r['id']: r for r in reply.json['constraint_references']} if ok == 200 else reply

    def subscription(self, volume=None, intents=True, constraints=False, url='https://uss1.test/scd', **more):
        it = {'extents': volume if volume is not None else self.volume(self.box(-4, -4, 6, 6), None, (0, 20)), 'uss_base_url': url,
              'notify_for_operational_intents': intents, 'notify_for_constraints': constraints} | more
        return {k: v for k, v in it.items() if v is not ...}

    def put_subscription(self, body=None, sub='uss1', ok=200, id=None, version=None, scope=SC, **more):
        id = id or random_id()
        body = self.subscription(**more) if body is None else body
        return id, self.ask('PUT', f'{SUB}/{id}' + (f'/{version}' if version is not None else ''), body, sub, scope, ok).json

    def get_subscription(self, id, sub='uss1', ok=200):
        reply = self.ask('GET', f'{SUB}/{id}', None, sub, SC, ok)
        return reply.json['subscription'] if ok == 200 else reply

    def find_subscriptions(self, volume=None, sub='uss1', ok=200):
        volume = volume or self.volume(self.box(-20, -20, 20, 20), None, None)
        reply = self.ask('POST', SUB + '/query', {'area_of_interest': volume}, sub, SC, ok)
        return {r['id']: r for r in reply.json['subscriptions']} if ok == 200 else reply

    def availability(self, sub, text):
        version = self.ask('GET', f'{AVAIL}/{sub}', None, scope=AA, ok=200).json['version']
        return self.ask('PUT', f'{AVAIL}/{sub}', {'old_version': version, 'availability': text}, 'arbiter', AA, 200).json


class Rid:
    """F3411 by one of its versions, in a world."""

    def __init__(self, world, v1):
        self.w, self.v1, self.s = world, v1, world.s
        self.base = '/v1/dss' if v1 else '/rid/v2/dss'
        self.isas, self.subs = self.base + '/identification_service_areas', self.base + '/subscriptions'
        self.read, self.write = (R, W) if v1 else (DP, SP)

    def volume(self, *arguments, **more):
        return self.w.volume_v1(*arguments, **more) if self.v1 else self.w.volume(*arguments, **more)

    def isa(self, volume=None, url='https://uss1.test/rid', **more):
        it = {'extents': volume if volume is not None else self.volume(), ('flights_url' if self.v1 else 'uss_base_url'): url} | more
        return {k: v for k, v in it.items() if v is not ...}

    def subscription(self, volume=None, url='https://uss1.test/rid', **more):
        volume = volume if volume is not None else self.volume(when=(0, 20))
        it = {'extents': volume} | ({'callbacks': {'identification_service_area_url': url}} if self.v1 else {'uss_base_url': url}) | more
        return {k: v for k, v in it.items() if v is not ...}

    def put(self, kind, body=None, sub='uss1', ok=200, id=None, version=None, **more):
        id = id or random_id()
        base, scope = (self.isas, self.write) if kind == 'isa' else (self.subs, self.read)
        if body is None:
            body = self.isa(**more) if kind == 'isa' else self.subscription(**more)
        reply = self.w.ask('PUT', f'{base}/{id}' + (f'/{version}' if version is not None else ''), body, sub, scope, ok)
        return id, reply.json

    def get(self, kind, id, sub='uss1', ok=200):
        base = self.isas if kind == 'isa' else self.subs
        return self.w.ask('GET', f'{base}/{id}', None, sub, self.read, ok).json

    def delete(self, kind, id, version, sub='uss1', ok=200):
        base, scope = (self.isas, self.write) if kind == 'isa' else (self.subs, self.read)
        return self.w.ask('DELETE', f'{base}/{id}/{version}', None, sub, scope, ok).json

    def search(self, kind, area=None, sub='uss1', ok=200, **times):
        flat = area if isinstance(area, str) else ','.join(f'{lat},{lng}' for lat, lng in (area or self.w.box()))
        query = urllib.parse.urlencode({'area': flat} | times)
        reply = self.w.ask('GET', f'{self.isas if kind == "isa" else self.subs}?{query}', None, sub, self.read, ok)
        return {r['id']: r for r in reply.json['service_areas' if kind == 'isa' else 'subscriptions']} if ok == 200 else reply.json


def notified(reply):
    """{subscription: index} of a reply; each subscription once, each URL once."""
    out, urls = {}, []
    for to in reply['subscribers']:
        urls.append(to.get('uss_base_url') or to.get('url'))
        for state in to['subscriptions']:
            expect(state['subscription_id'] not in out, 'twice in subscribers:', reply)
            out[state['subscription_id']] = state['notification_index']
    expect(len(set(urls)) == len(urls), 'a URL twice in subscribers:', reply)
    return out


# --- rows ---------------------------------------------------------------------------------------------------------------------------

ROWS = []


class Row:
    """`where`: which server: 'plain'; 'open' (http and time-based indices); 'strict'.  `ours`: InterUSS is known to do otherwise."""

    def __init__(self, section, sentence, run, where='plain', ours=False):
        self.section, self.sentence, self.run, self.where, self.ours = section, sentence, run, where, ours


def row(section, sentence, where='plain', ours=False):
    def take(function):
        ROWS.append(Row(section, sentence, function, where, ours))
        return function
    return take


def table(section, cases, function, where='plain', ours=False):
    """Each case is (sentence, arguments...)."""
    for sentence, *arguments in cases:
        ROWS.append(Row(section, sentence, lambda w, a=tuple(arguments): function(w, *a), where, ours))


def run_rows(services, only, verbose):
    """`services`: where -> Service or None.  TAP; the number that failed."""
    rows = [r for r in ROWS if not only or any(o in f'{r.section}: {r.sentence}' for o in only)]
    failed = 0
    print(f'1..{len(rows)}')
    print(f'# EXCHANGE_PLACE={_shift}')
    for i, r in enumerate(rows, 1):
        service, name = services.get(r.where), f'{r.section}: {r.sentence}'.replace('#', '')
        if service is None or (r.ours and not service.own):
            print(f'ok {i} - {name} # SKIP of our own server alone')
            continue
        began = time.process_time()
        try:
            r.run(World(service))
            print(f'ok {i} - {name}' + (f' ({(time.process_time() - began) * 1000:.0f} ms)' if verbose else ''), flush=True)
        except Exception as error:
            failed += 1
            print('# ' + f'{type(error).__name__}: {error}'[:3000].replace('\n', '\n# '))
            print('# at', ', '.join(f'{pathlib.Path(f.filename).name}:{f.lineno}' for f in traceback.extract_tb(error.__traceback__)[-4:]))
            print(f'not ok {i} - {name}', flush=True)
            service.close()
    return failed
