# SPDX-License-Identifier: Apache-2.0
"""Rows of EXCHANGE_API.md 1.1 (HTTP) and 1.2 (tokens)."""
import http.client
import json
import time
import urllib.parse
import uuid

from exchange_kit import AVAIL, CR, HIDDEN, OI, SUB, Key, Rid, at, b64, expect, row, table, wrapped
from exchange_schema import AA, ALL_SCOPES, BEAT, CM, CP, DP, POOL, R, REPORTS, ROUTES, SA, SC, SP, VERSIONS, W, random_id

V1, V2 = '/v1/dss', '/rid/v2/dss'
OTHER = '/identification_service_areas'


def good_body(w, method, path):
    """One that a route takes."""
    if path.startswith(OI):
        w.levels = getattr(w, 'levels', 0) + 1  # so that no two of them meet
        return {'area_of_interest': w.volume()} if path.endswith('query') else w.intent([w.volume(alt=(200 * w.levels, 200 * w.levels + 100))])
    if path.startswith(CR):
        return {'area_of_interest': w.volume()} if path.endswith('query') else w.constraint()
    if path.startswith(SUB):
        return {'area_of_interest': w.volume()} if path.endswith('query') else w.subscription()
    if path.startswith(AVAIL):
        return {'old_version': '', 'availability': 'Normal'}
    if path == REPORTS:
        return report()
    for base in (V1, V2):
        if path.startswith(base):
            return (Rid(w, base == V1).isa if OTHER in path else Rid(w, base == V1).subscription)()
    return None


def report():
    return {'exchange': {'url': 'https://uss1.test/uss/v1/operational_intents/x', 'method': 'GET', 'headers': ['A: b'], 'recorder_role': 'Client',
                         'request_time': wrapped(at(0)), 'response_code': 500, 'problem': 'no answer'}}


def target(w, route):
    """A path of the route, about what does not exist, with a query where one is needed; and a body."""
    path = route.path
    for name, value in (('{id}', random_id()), ('{ovn}', 'x' * 20), ('{version}', '1k2m3n4p' if 'dss/v1' not in path else 'x' * 20),
                        ('{uss_id}', 'nobody-' + random_id()), ('{system_identity}', 'deconflict')):
        path = path.replace(name, value)
    body = good_body(w, route.method, path) if route.method in ('PUT', 'POST') else None
    if route.method == 'GET' and (path.endswith(OTHER) or path.endswith('dss/subscriptions')):
        path += '?area=' + ','.join(f'{lat},{lng}' for lat, lng in w.box())
    if path.endswith('validate_oauth'):
        path += '?owner=uss1'
    if path.endswith('heartbeat'):
        path += '?source=test'
    return path, body


def all_routes():
    return [r for r in ROUTES if r.scopes]


# --- 1.1 --------------------------------------------------------------------------------------------------------------------------

EMPTY = [('GET', OI + '/', SC), ('PUT', OI + '/', SC), ('DELETE', OI + '/{id}/', SC), ('DELETE', OI + '//x' + 'x' * 20, SC), ('PUT', OI + '/{id}/', SC),
         ('PUT', OI + '//' + 'x' * 20, SC), ('GET', CR + '/', CM), ('PUT', CR + '/', CM), ('DELETE', CR + '/{id}/', CM), ('DELETE', CR + '//' + 'x' * 20, CM),
         ('GET', SUB + '/', SC), ('PUT', SUB + '/', SC), ('PUT', SUB + '/{id}/', SC), ('DELETE', SUB + '/{id}/', SC), ('DELETE', SUB + '//' + 'x' * 20, SC),
         ('GET', AVAIL + '/', AA), ('PUT', AVAIL + '/', AA)]
for base, read, write in ((V1, R, W), (V2, DP, SP)):
    EMPTY += [('GET', base + OTHER + '/', read), ('PUT', base + OTHER + '/', write), ('PUT', base + OTHER + '/{id}/', write),
              ('DELETE', base + OTHER + '/{id}/', write), ('DELETE', base + OTHER + '//1k2m', write), ('GET', base + '/subscriptions/', read),
              ('PUT', base + '/subscriptions/', read), ('DELETE', base + '/subscriptions/{id}/', read), ('DELETE', base + '/subscriptions//1k2m', read)]


def empty(w, method, path, scope):
    path = path.replace('{id}', random_id())
    w.ask(method, path, good_body(w, method, path) if method == 'PUT' else None, scope=scope, ok=400)
    expect(w.s.ask(method, path, None, token='').status == 401, 'without a token it is 401')


table('1.1 routing', [(f'empty parameter matches: {m} {p} is 400, not 404', m, p, s) for m, p, s in EMPTY], empty)

UNKNOWN = [('GET', '/dss/v1/nothing'), ('GET', '/dss/v1'), ('POST', OI), ('DELETE', OI + '/{id}'), ('POST', OI + '/{id}'), ('GET', OI + '/{id}/x/y'), ('PATCH', OI + '/{id}'),
           ('PUT', SUB + '/{id}/x/y'), ('DELETE', SUB + '/{id}'), ('GET', SUB), ('POST', SUB + '/{id}'), ('GET', CR), ('DELETE', CR + '/{id}'), ('GET', REPORTS),
           ('PUT', REPORTS), ('DELETE', AVAIL + '/uss1'), ('POST', V1 + OTHER), ('DELETE', V1 + OTHER + '/{id}'), ('GET', V1 + '/nothing'), ('POST', V2 + OTHER + '/{id}'),
           ('GET', V2 + OTHER + '/{id}/1k2m'), ('DELETE', V2 + '/subscriptions/{id}'), ('GET', V2 + '/nothing'), ('GET', '/aux/v1/nothing'), ('POST', '/aux/v1/version'),
           ('GET', '/aux/v1/pool/dss_instances/heartbeat'), ('PUT', '/versions/deconflict'), ('POST', '/healthy'), ('DELETE', '/healthy'), ('OPTIONS', '/healthy'),
           ('OPTIONS', OI + '/{id}'), ('HEAD', OI + '/{id}'), ('HEAD', CR + '/{id}'), ('HEAD', SUB + '/{id}'), ('HEAD', AVAIL + '/uss1'), ('HEAD', V1 + OTHER + '/{id}'), ('HEAD', V1 + OTHER),
           ('HEAD', V2 + OTHER + '/{id}'), ('HEAD', V2 + '/subscriptions/{id}'), ('HEAD', '/aux/v1/version'), ('HEAD', '/versions/deconflict'), ('HEAD', '/uss/v1/operational_intents/{id}'),
           ('HEAD', '/dss/v1'), ('GET', '/'), ('GET', '/nope'), ('PUT', '/healthy/'), ('POST', '/DSS/v1/reports'), ('HEAD', '/favicon.ico')]


def unknown(w, method, path):
    for token in ('', None):
        reply = w.s.ask(method, path.replace('{id}', random_id()), None, token=token)
        expect(reply.status == 404, method, path, reply.status, reply.body[:200])
        expect(reply.headers.get('content-type', '').startswith('text/plain') and 'allow' not in reply.headers, reply.headers)
        expect(reply.body.strip() == (b'' if method == 'HEAD' else b'404 page not found'), reply.body[:200])


table('1.1 routing', [(f'unknown path or wrong method: 404 text/plain `404 page not found` ({m} {p})', m, p) for m, p in UNKNOWN], unknown)


@row('1.1 routing', 'what is asked for below the native API is refused as it refuses, in whatever form the target comes', ours=True)
def _(w):
    for start in ('', 'http://node.example'):
        for path, kind in (('/nope', 'text/plain'), ('/v1nope', 'text/plain'), ('/v1/nothing', 'application/problem+json'), ('/v1?x=1', 'application/problem+json')):
            reply = w.s.raw('GET', start + path)
            expect(reply.status == 404 and reply.headers['content-type'].startswith(kind), start + path, reply.status, reply.headers)


@row('1.1 health', 'GET /healthy: 200 `ok`, no auth')
def _(w):
    reply = w.s.raw('GET', '/healthy')
    expect(reply.status == 200 and reply.body == b'ok', reply.status, reply.body)
    expect(w.s.raw('GET', '/dss/v1/healthy').status in (200, 404), 'any answer is fine, but one there must be')


@row('1.1 health', 'HEAD /healthy, as probes ask, is answered as GET without the body', ours=True)
def _(w):
    reply = w.s.raw('HEAD', '/healthy')
    expect(reply.status == 200 and reply.body == b'', reply.status, reply.body)


@row('1.1 connections', 'up to 100 at once are kept and answered')
def _(w):
    make = http.client.HTTPSConnection if w.s.tls else http.client.HTTPConnection
    id, _put = w.put_intent()
    all_ = [make(w.s.host, w.s.port, timeout=60) for _k in range(100)]
    for _k in range(2):
        for c in all_:
            c.request('GET', f'{w.s.base}{OI}/{id}', headers={'Authorization': 'Bearer ' + w.s.token('uss1', SC)})
        for c in all_:
            reply = c.getresponse()
            expect(reply.status == 200 and json.loads(reply.read())['operational_intent_reference']['id'] == id and not reply.will_close, reply.status)
    for c in all_:
        c.close()


@row('1.1 bodies', 'body limit 4 MiB (413 text); a little less is taken')
def _(w):
    body = json.dumps(w.intent(filler='x'))
    room = (4 << 20) - len(body)
    w.ask('PUT', f'{OI}/{random_id()}', body.replace('"x"', '"' + 'x' * (room - 100) + '"'), ok=201)
    for size in (room + 100, 2 * room):
        big = body.replace('"x"', '"' + 'x' * size + '"')
        try:
            expect(w.s.ask('PUT', f'{OI}/{random_id()}', big).status == 413, '413')
        except (ConnectionError, http.client.HTTPException):
            w.s.close()  # it need not read what it refuses


@row('1.1 bodies', 'a body of more than 4 MiB without a token: 401')
def _(w):
    try:
        expect(w.s.ask('PUT', f'{OI}/{random_id()}', b' ' * (5 << 20), token='').status == 401, 'auth errors win over body errors')
    except (ConnectionError, http.client.HTTPException):
        w.s.close()


WRITERS = [('intent', OI + '/{id}', SC), ('constraint', CR + '/{id}', CM), ('subscription', SUB + '/{id}', SC), ('v1 ISA', V1 + OTHER + '/{id}', W),
           ('v1 subscription', V1 + '/subscriptions/{id}', R), ('v2 ISA', V2 + OTHER + '/{id}', SP), ('v2 subscription', V2 + '/subscriptions/{id}', DP)]
BAD_JSON = [b'', b'{', b'null', b'[]', b'"x"', b'17', b'{"extents":}', b'{"extents": 1', b'\xff\xfe{}', b'{"a":"\xff"}', b'[' * 100000, b'{}{}', b'{"extents": nul}']


def bad_json(w, path, scope):
    path = path.replace('{id}', random_id())
    for body in BAD_JSON:
        w.ask('PUT', path, body, scope=scope, ok=400)
        expect(w.s.ask('PUT', path, body, token='').status == 401, 'auth errors win over body errors', body[:20])
        expect(w.s.ask('PUT', path, body, scope=BEAT).status == 403, 'auth errors win over body errors', body[:20])


table('1.1 JSON', [(f'bad JSON: 400, and auth errors win over it ({name})', path, scope) for name, path, scope in WRITERS], bad_json)


@row('1.1 JSON', 'bad JSON: 400 (queries, availability, reports)')
def _(w):
    for method, path, scope in (('POST', OI + '/query', SC), ('POST', CR + '/query', CM), ('POST', SUB + '/query', SC), ('PUT', AVAIL + '/uss9', AA), ('POST', REPORTS, SC)):
        for body in (b'', b'{', b'[]', b'17', b'{"area_of_interest": 3, "availability": 4, "exchange": 5}'):
            w.ask(method, path, body, scope=scope, ok=400)


def types(w, path, scope):
    """Each member of a good body as something else."""
    good, wrong = good_body(w, 'PUT', path), ('x', 7, True, [], {}, [7], [[]], 1.5)
    names = set(good) | {'key': {'key', 'subscription_id', 'new_subscription', 'requested_ovn_suffix'}}.get('key' if path.startswith(OI) else '', set())
    for name in sorted(names):
        for value in wrong:
            if isinstance(good.get(name, 'x'), type(value)) or (name == 'key' and value == []) or (name in ('callbacks',) and value == {}):
                continue
            w.ask('PUT', path.replace('{id}', random_id()), good | {name: value}, scope=scope, ok=400)


table('1.1 JSON', [(f'wrong types: 400 ({name})', path, scope) for name, path, scope in WRITERS], types)


def ignored(w, path, scope):
    good = good_body(w, 'PUT', path)
    nothing = {'requested_ovn_suffix': None, 'subscription_id': None, 'new_subscription': None} if path.startswith(OI) else {}
    w.ask('PUT', path.replace('{id}', random_id()), good | {'nobody_knows_this': [1, {'x': None}], '': 0} | nothing, scope=scope, ok=(200, 201))


table('1.1 JSON', [(f'unknown fields are ignored, explicit null is absent ({name})', path, scope) for name, path, scope in WRITERS], ignored)


def null_required(w, path, scope):
    good = good_body(w, 'PUT', path)
    for name in ('uss_base_url', 'extents', 'state', 'flights_url', 'callbacks'):
        if name in good and not (name == 'extents' and path.startswith(SUB)):  # which may be nowhere
            w.ask('PUT', path.replace('{id}', random_id()), good | {name: None}, scope=scope, ok=400)
            w.ask('PUT', path.replace('{id}', random_id()), {k: v for k, v in good.items() if k != name}, scope=scope, ok=400)


table('1.1 JSON', [(f'what is required and absent or null: 400 ({name})', path, scope) for name, path, scope in WRITERS], null_required)


def repeated(w, path, scope):
    """Of a name that stands twice the last counts."""
    good = json.dumps(good_body(w, 'PUT', path))
    w.ask('PUT', path.replace('{id}', random_id()), '{"uss_base_url": 7, "extents": 8, "callbacks": 9, "flights_url": 10, ' + good[1:], scope=scope, ok=(200, 201))
    w.ask('PUT', path.replace('{id}', random_id()), good[:-1] + ', "extents": 7}', scope=scope, ok=400)


table('1.1 JSON', [(f'a member given twice: the last counts ({name})', path, scope) for name, path, scope in WRITERS], repeated)


def behind(w, path, scope):
    good = json.dumps(good_body(w, 'PUT', path))
    for more in ('x', '{}', '}', ',', '\0', ' \0\1 }{ "', good):
        w.ask('PUT', path.replace('{id}', random_id()), good + more, scope=scope, ok=400)
    w.ask('PUT', path.replace('{id}', random_id()), '\r\n' + good + ' \t\n', scope=scope, ok=(200, 201))


table('1.1 JSON', [(f'bad JSON: 400, also when it begins with a good body ({name})', path, scope) for name, path, scope in WRITERS], behind)


# Ids.

def id_forms(w, path, scope):
    for form in (str, lambda i: i.upper(), lambda i: i.replace('-', ''), lambda i: '{' + i + '}', lambda i: 'urn:uuid:' + i):
        id = random_id()
        reply = w.ask('PUT', path.replace('{id}', urllib.parse.quote(form(id), safe=':')), good_body(w, 'PUT', path), scope=scope, ok=(200, 201)).json
        found = next(v['id'] for k, v in reply.items() if isinstance(v, dict) and 'id' in v)
        expect(found == id, 'echoed lower-case canonical:', found, 'expected', id)


table('1.1 ids', [(f'forms that Go reads, echoed lower-case canonical ({name})', path, scope) for name, path, scope in WRITERS], id_forms)

NO_IDS = ['x', '123', 'not-a-uuid', str(uuid.uuid1()), str(uuid.uuid3(uuid.NAMESPACE_DNS, 'x')), str(uuid.uuid5(uuid.NAMESPACE_DNS, 'x')), '00000000-0000-0000-0000-000000000000',
          '01890a5d-ac96-774b-bcce-b302099a8057', 'b5e9c4d1-7c0b-4f3a-0e1f-5a6b7c8d9e0f', 'b5e9c4d1-7c0b-4f3a-ce1f-5a6b7c8d9e0f', 'b5e9c4d1-7c0b-4f3a-ae1f-5a6b7c8d9e0',
          'b5e9c4d1-7c0b-4f3a-ae1f-5a6b7c8d9e0ff', 'g5e9c4d1-7c0b-4f3a-ae1f-5a6b7c8d9e0f', 'b5e9c4d17-c0b-4f3a-ae1f-5a6b7c8d9e0f', 'urn:uuid:x', '%7Bb5e9c4d1-7c0b-4f3a-ae1f-5a6b7c8d9e0f']


def no_id(w, path, scope):
    for id in NO_IDS:
        w.ask('PUT', path.replace('{id}', id), good_body(w, 'PUT', path), scope=scope, ok=400)
        w.ask('GET', path.replace('{id}', id), None, scope=scope if scope != W else R, ok=400)
    w.ask('DELETE', path.replace('{id}', NO_IDS[2]) + '/1k2m3n4p5q6r7s8t', None, scope=scope, ok=400)


table('1.1 ids', [(f'must be version 4 and of the RFC 4122 variant, else 400 ({name})', path, scope) for name, path, scope in WRITERS], no_id)


@row('1.1 times', 'times in: RFC 3339 with a fraction and any offset; out: UTC, Z')
def _(w):
    s = int(time.time()) // 60 * 60 + 3600

    def local(seconds, zone):
        return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds + (int(zone[:3]) * 60 + int(zone[0] + zone[4:])) * 60))
    for zone in ('+02:00', '-05:30', '+14:00', '-12:00', '+00:00'):
        v = w.volume(when=(local(s, zone) + '.250' + zone, local(s + 3600, zone) + zone))
        r = w.put_intent(volumes=[v])
        shown = r[1]['operational_intent_reference']
        expect(shown['time_start']['value'].startswith(time.strftime('%Y-%m-%dT%H:%M:%S.25', time.gmtime(s))), shown, zone)
        expect(shown['time_end']['value'].startswith(time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(s + 3600))), shown, zone)
        w.delete_intent(r[0], shown['ovn'])
    for bad in ('yesterday', '2030-01-01', '2030-01-01T00:00:00', '2030-13-01T00:00:00Z', '2030-01-01T25:00:00Z', '', 17):
        v = w.volume()
        v['time_end'] = {'value': bad, 'format': 'RFC3339'}
        w.put_intent(volumes=[v], ok=400)


@row('1.1 errors', 'errors of every path are {"message": text}, with no more')
def _(w):
    reply = w.get_intent(random_id(), ok=404)
    expect(set(reply.json) == {'message'} and reply.message, reply.body)


# --- 1.2 --------------------------------------------------------------------------------------------------------------------------

def without(w, route):
    path, body = target(w, route)
    reply = w.ask(route.method, path, body, token='', ok=401)
    expect('Missing access token' in reply.message, reply.body)
    w.ask(route.method, path, body, token=w.s.token('uss1', ''), ok=(401, 403))
    for scope in route.scopes:
        w.ask(route.method, path, body, token=w.s.key.token(w.s.claims('uss1', scope), spoil=True), ok=401)


table('1.2 tokens', [(f'no token, a bad signature: 401, an empty scope: 401 or 403, and nothing changes ({r.method} {r.path})', r) for r in all_routes()], without)


def wrong_scope(w, route):
    path, body = target(w, route)
    allowed = [s for s in route.scopes if ' ' not in s]
    others = [s for s in ALL_SCOPES if s not in allowed]
    for scope in (*others, ' '.join(others), 'utm', *(s.upper() for s in allowed), *(s + 'x' for s in allowed)):
        w.ask(route.method, path, body, scope=scope, ok=403)


table('1.2 tokens', [(f'a valid token without the needed scope: 403 ({r.method} {r.path})', r) for r in all_routes()], wrong_scope)


def each_scope(w, route):
    for scope in route.scopes:
        for text in (scope, 'some.other ' + scope + ' utm.more'):
            path, body = target(w, route)
            reply = w.ask(route.method, path, body, scope=text)
            expect(reply.status not in (401, 403), route.method, route.path, text, reply.status, reply.body[:300])


table('1.2 tokens', [(f'each of the scopes is enough ({r.method} {r.path})', r) for r in all_routes()], each_scope)

NOW = int(time.time())
GARBLED = [('not a JWT', 'x', True), ('two segments', 'a.b', True), ('four segments', 'a.b.c.d', True), ('no base 64', '!!.!!.!!', False), ('no JSON', 'eHg.eHg.eHg', False),
           ('three empty segments', '..', False)]


def garbled(w, token, segments):
    reply = w.ask('PUT', f'{OI}/{random_id()}', w.intent(), token=token, ok=401)
    expect(not segments or 'token contains an invalid number of segments' in reply.message, reply.body)


table('1.2 tokens', [(f'garbled: 401 ({name})' + (', `token contains an invalid number of segments`' if segments else ''), token, segments)
                     for name, token, segments in GARBLED], garbled)


def bad_claims(w, changes, statuses=(401,), header=None):
    token = w.s.key.token(w.s.claims(**{k: v() if callable(v) else v for k, v in changes.items()}), header)
    w.ask('PUT', f'{OI}/{random_id()}', w.intent(), token=token, ok=statuses)


def now(seconds):
    return lambda: int(time.time()) + seconds


table('1.2 tokens', [
    ('`sub` is required', {'sub': ...}), ('`sub` is non-empty', {'sub': ''}), ('`sub` is a text', {'sub': 7}),
    ('`exp` is present', {'exp': ...}), ('`exp` is not past', {'exp': now(-5)}), ('`exp` is at most now + 1 h', {'exp': now(3700)}), ('`exp` is a number', {'exp': 'soon'}),
    ('`iss` is required', {'iss': ...}), ('`iss` is non-empty', {'iss': ''}),
    ('`aud` is required', {'aud': ...}), ('wrong audience', {'aud': 'elsewhere'}), ('no accepted audience in a list', {'aud': ['elsewhere', 'nowhere']}), ('an empty list', {'aud': []}),
    ('`nbf` is checked', {'nbf': now(60)}), ('`iat` is checked', {'iat': now(60)}),
    ('`scope` is required', {'scope': ...}, (401, 403)), ('`scope` is one text', {'scope': [SC]}, (401, 403)),
    ('alg none', {}, (401,), {'alg': 'none'}), ('alg HS256', {}, (401,), {'alg': 'HS256'})], bad_claims)


@row('1.2 tokens', 'a token signed by HMAC with the public key as the secret: 401')
def _(w):
    import hashlib
    import hmac

    from cryptography.hazmat.primitives import serialization
    pem = w.s.key.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = b64(b'{"alg":"HS256","typ":"JWT"}') + '.' + b64(json.dumps(w.s.claims()).encode())
    w.ask('PUT', f'{OI}/{random_id()}', w.intent(), token=signed + '.' + b64(hmac.new(pem, signed.encode(), hashlib.sha256).digest()), ok=401)


def good_claims(w, changes, header=None, scheme='Bearer'):
    token = w.s.key.token(w.s.claims(**changes), header)
    w.ask('PUT', f'{OI}/{random_id()}', w.intent(), token='', headers={'Authorization': f'{scheme} {token}'}, ok=201)


table('1.2 tokens', [('any issuer', {'iss': 'https://somebody.else'}), ('without iat', {'iat': ...}), ('nbf that has come', {'nbf': NOW - 10}), ('`kid` is ignored', {}, {'kid': 'nobody'}),
                     ('no typ', {}, {'typ': ...}), ('scheme in lower case', {}, None, 'bearer'), ('scheme in any case', {}, None, 'bEARER')], good_claims)
table('1.2 tokens', [('`aud` as a list that contains an accepted one', {'aud': ['elsewhere', 'exchange.test']}), ('another accepted audience', {'aud': 'other.test'})], good_claims, ours=True)


@row('1.2 tokens', 'every key is tried', ours=True)
def _(w):
    for key in w.s.made:
        w.ask('PUT', f'{OI}/{random_id()}', w.intent(), token=key.token(w.s.claims()), ok=(201, 409))
    w.ask('PUT', f'{OI}/{random_id()}', w.intent(), token=Key().token(w.s.claims()), ok=401)


@row('1.2 tokens', 'other schemes than Bearer are no token')
def _(w):
    for header in ('Basic dXNlcjpwYXNz', 'Bearer', 'Bearer ', w.s.token('uss1', SC)):
        w.ask('PUT', f'{OI}/{random_id()}', w.intent(), token='', headers={'Authorization': header}, ok=401)
