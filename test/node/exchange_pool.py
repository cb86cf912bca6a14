#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""exchange_pool.py PROGRAM: the pool's mark on every reply, checked with other software; heartbeats; certificates; requests counted by
endpoint and code; what clients of both versions of F3411 do at the same time.  Writes TAP."""
import base64
import collections
import datetime
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time
import traceback

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from exchange_kit import FOLDER, PATIENCE, Own, Rid, Service, World, at, expect, notified
from exchange_schema import BEAT, DP, OI, POOL, R, SC, SP, VERSIONS, random_id

program = os.path.abspath(sys.argv[1])
_tests = []
HEARTBEAT = '/aux/v1/pool/dss_instances/heartbeat'


def test(function):
    _tests.append(function)
    return function


def in_time(what, get, wanted):
    """Until `get()` is `wanted`."""
    end = time.monotonic() + PATIENCE
    while get() != wanted:
        expect(time.monotonic() < end, what, 'is', get(), 'expected', wanted)
        time.sleep(0.01)


# --- the mark -------------------------------------------------------------------------------------------------------------------

def vkey(server):
    name, key_id, key = (server.data / 'record.vkey').read_text().strip().split('+', 2)
    raw = base64.b64decode(key)
    expect(raw[0] == 1 and len(raw) == 33, 'no Ed25519 key', key)
    return name, bytes.fromhex(key_id), ed25519.Ed25519PublicKey.from_public_bytes(raw[1:])


def unquote(text):
    return re.sub(rb'%([0-9A-F]{2})', lambda m: bytes([int(m[1], 16)]), text.encode()).decode()


def verify(key, name, key_id, pool, hour, signature):
    signature = base64.b64decode(signature, validate=True)
    expect(signature[:4] == key_id and len(signature) == 68, 'signed by another key')
    key.verify(signature[4:], f'deconflict-pool-v1\n{pool}\n{hour}\n'.encode())


def check_mark(server, reply, pool=None):
    """As the documents tell a client to."""
    name, key_id, key = vkey(server)
    value = reply.headers.get('deconflict-pool')
    expect(value, 'no mark', reply.status, reply.headers, reply.body[:200])
    found = re.fullmatch(r'"([ !#-\[\]-~]*)";hour="([^"]*)";by="([ !#-\[\]-~]*)";sig=:([A-Za-z0-9+/=]*):', value)
    expect(found, 'not a mark:', value)
    expect(unquote(found[3]) == name and unquote(found[1]) == (pool or name), value, 'expected', pool, name)
    verify(key, name, key_id, unquote(found[1]), found[2], found[4])
    told = datetime.datetime.fromisoformat(found[2].replace('Z', '+00:00'))
    now = datetime.datetime.now(datetime.timezone.utc)
    expect(told.minute == told.second == 0 and abs((now - told).total_seconds()) < 7200, 'the hour is', found[2], 'now', now)
    return value


@test
def every_reply_of_the_exchange_is_marked():
    server = Own(program)
    world, wanted = World(server), 'northern'
    area = ','.join(f'{lat},{lng}' for lat, lng in world.box())
    asked = [('GET', '/aux/v1/version', '', 200), ('GET', '/aux/v1/configuration/ca_certs', '', 501), ('GET', '/aux/v1/pool', '', 401),
             ('GET', '/aux/v1/pool', server.token('uss1', SC), 403), ('GET', '/aux/v1/pool', server.token('uss1', POOL), 200),
             ('GET', '/versions/x', server.token('uss1', VERSIONS), 200), ('GET', f'{OI}/{random_id()}', server.token('uss1', SC), 404),
             ('PUT', f'{OI}/{random_id()}', server.token('uss1', SC), 400), ('PUT', f'{OI}/nothing', server.token('uss1', SC), 400),
             ('GET', f'/rid/v2/dss/identification_service_areas?area={area}', server.token('uss1', DP), 200),
             ('GET', '/rid/v2/dss/identification_service_areas', server.token('uss1', DP), 400),
             ('GET', f'/v1/dss/subscriptions?area={area}', server.token('uss1', R), 200),
             ('GET', f'/v1/dss/subscriptions?area={area}', 'x.y', 401), ('GET', '/v1/dss/subscriptions/', server.token('uss1', R), 400)]
    asked += [('GET', '/rid/v2/nothing', '', 404), ('PATCH', '/aux/v1/version', '', 404), ('GET', '/versions', '', 404),
              ('GET', f'/v1/dss/subscriptions?area={"1" * 20000}', '', 431), ('GET', '/aux/v1/%zz', '', 400)]
    marks = set()
    for method, path, token, status in asked:
        reply = server.raw(method, path, None, {'Authorization': f'Bearer {token}'} if token else {})
        expect(reply.status == status, method, path, reply.status, reply.body)
        marks.add(check_mark(server, reply))
    expect(len(marks) <= 2, 'one mark an hour', marks)
    reply = server.raw('PUT', f'{OI}/{random_id()}', b'x' * (5 << 20), {'Authorization': 'Bearer ' + server.token('uss1', SC)})
    expect(reply.status == 413, reply.status)
    marks.add(check_mark(server, reply))
    expect('deconflict-pool' not in server.raw('GET', '/healthy').headers, 'native paths have none')
    spoiled = re.sub('sig=:.{20}', lambda m: m[0][:-1] + ('A' if m[0][-1] != 'A' else 'B'), marks.pop())
    reply.headers['deconflict-pool'] = spoiled
    try:
        check_mark(server, reply)
    except (InvalidSignature, AssertionError):
        pass
    else:
        raise AssertionError('a spoiled mark holds')
    expect(server.stop() == 0, server.log())
    server = Own(program, '--exchange-pool', 'Nördlicher "Pool" 100%', data=server.data)
    check_mark(server, server.raw('GET', '/aux/v1/version'), 'Nördlicher "Pool" 100%')
    expect(server.stop() == 0, server.log())


@test
def the_pool_tells_its_name_and_a_note_that_verifies():
    server = Own(program, '--exchange-pool', 'pool.example/north', '--exchange-locality', 'north-1',
                 '--exchange-public-endpoint', 'https://north.example/dss')
    name, key_id, key = vkey(server)
    reply = server.ask('GET', '/aux/v1/pool', scope=POOL)
    it = reply.json
    expect(it['dar_id'] == it['deconflict']['pool'] == 'pool.example/north', it)
    expect(it['deconflict']['vkey'] == (server.data / 'record.vkey').read_text().strip(), it)
    text, lines = it['deconflict']['note'].split('\n\n')
    expect(text == f'deconflict-pool-v1\npool.example/north\n{it["deconflict"]["hour"]}', it)
    expect(lines.startswith(f'— {name} ') and lines.endswith('\n'), lines)
    verify(key, name, key_id, 'pool.example/north', it['deconflict']['hour'], lines[:-1].rsplit(' ', 1)[1])
    it = server.ask('GET', '/aux/v1/pool/dss_instances', scope=POOL).json['dss_instances'][0]
    expect((it['id'], it['public_endpoint']) == ('north-1', 'https://north.example/dss'), it)
    expect(server.stop() == 0, server.log())
    server = Own(program, '--strict', data=server.data)
    expect(server.ask('GET', '/aux/v1/pool', scope=POOL).json == {'dar_id': name}, 'strict, and no name configured')
    expect(set(server.ask('GET', '/aux/v1/pool/dss_instances', scope=POOL).json['dss_instances'][0]) == {'id', 'most_recent_heartbeat'}, 'strict')
    check_mark(server, server.raw('GET', '/aux/v1/version'))
    expect(server.stop() == 0, server.log())


@test
def another_key_of_the_record_signs_from_its_handover_on():
    server = Own(program)
    world = World(server)
    world.put_intent()
    before = check_mark(server, server.raw('GET', '/aux/v1/version'))
    old = vkey(server)
    done = subprocess.run([program, 'keys', 'rotate', str(server.data), 'record', '--reason', 'a year has passed'], capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)
    server.child.send_signal(signal.SIGHUP)
    in_time('the key', lambda: vkey(server)[1] != old[1], True)
    in_time('the mark', lambda: server.raw('GET', '/aux/v1/version').headers['deconflict-pool'] != before, True)
    check_mark(server, server.raw('GET', '/aux/v1/version'))
    expect(server.stop() == 0, server.log())


# --- heartbeats -----------------------------------------------------------------------------------------------------------------

def beats(server):
    it = server.ask('GET', '/aux/v1/pool/dss_instances', scope=POOL).json['dss_instances']
    expect(len(it) == 1 and it[0]['most_recent_heartbeat'] == it[0]['deconflict']['heartbeats'][0], it)
    return it[0]['deconflict']['heartbeats']


@test
def heartbeats_are_kept_within_bounds_and_not_beyond_the_process():
    server = Own(program)
    own = beats(server)
    expect(len(own) == 1 and own[0]['source'] == 'Startup' and own[0]['index'] == 0 and 'reporter' not in own[0], own)
    reply = server.ask('PUT', f'{HEARTBEAT}?source=cron&next_heartbeat_expected_before={at(1)}', sub='uss2', scope=BEAT)
    expect(reply.status == 201 and reply.json['dss_instances'][0]['most_recent_heartbeat']['reporter'] == 'uss2', reply.body)
    first = beats(server)
    expect(first[0]['index'] == 1 and first[0]['next_heartbeat_expected_before'] and first[1] == own[0], first)
    # What came last is the most recent, whatever time it tells.
    for source, told in (('late', at(-2)), ('future', '2999-01-01T00:00:00Z')):
        server.ask('PUT', f'{HEARTBEAT}?source={source}&timestamp={told}', sub='uss3', scope=BEAT)
        expect(beats(server)[0]['source'] == source and beats(server)[0]['timestamp'][:19] == told[:19], beats(server))
    server.ask('PUT', f'{HEARTBEAT}?source=cron', sub='uss2', scope=BEAT)
    expect(beats(server)[0]['source'] == 'cron' and 'next_heartbeat_expected_before' not in beats(server)[0] and len(beats(server)) == 4, beats(server))
    for i in range(100):
        expect(server.ask('PUT', f'{HEARTBEAT}?source=s{i}', sub=f'uss{i % 3}', scope=BEAT).status == 201, i)
    now = beats(server)
    expect(len(now) == 64 and [b['index'] for b in now] == list(range(104, 40, -1)), [b['index'] for b in now])
    for query in ('', '?source=', '?source=' + 'x' * 257, '?source=x&timestamp=2020', '?source=x&timestamp=', '?source=x&next_heartbeat_expected_before=1'):
        expect(server.ask('PUT', HEARTBEAT + query, scope=BEAT).status == 400, query)
    expect(server.ask('PUT', f'{HEARTBEAT}?source=x', scope=POOL).status == 403 and beats(server) == now, 'refused, and nothing changed')
    expect(server.stop() == 0, server.log())
    server.start()
    server = Service(f'http://127.0.0.1:{server.bound}', server.made[0], 'exchange.test', True, True)
    expect([b['source'] for b in beats(server)] == ['Startup'], beats(server))


# --- certificates ---------------------------------------------------------------------------------------------------------------

def certificate(name):
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    return made, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def pem(made):
    return made.public_bytes(serialization.Encoding.PEM)


@test
def certificates_come_from_the_files_that_are_named():
    (one, secret), (two, _) = certificate('one'), certificate('two')
    own, accepted = FOLDER / 'own.pem', FOLDER / 'accepted.pem'
    own.write_bytes(b'Subject: CN = one\n' + pem(one))
    accepted.write_bytes(pem(one) + b'\r\n' + pem(two))
    server = Own(program, '--exchange-ca-certs', str(own), '--exchange-accepted-ca-certs', str(accepted))

    def told(name):
        reply = server.ask('GET', f'/aux/v1/configuration/{name}', token='')
        expect(reply.status == 200, reply.body)
        return [x509.load_pem_x509_certificate(c.encode()) for c in reply.json['CAs']]

    expect(told('ca_certs') == [one] and told('accepted_ca_certs') == [one, two], 'as the files say')
    own.write_bytes(pem(two))
    server.child.send_signal(signal.SIGHUP)
    in_time('the certificate', lambda: told('ca_certs'), [two])
    own.write_bytes(pem(one) + secret)
    server.child.send_signal(signal.SIGHUP)
    in_time('the log', lambda: 'certificates alone' in server.log(), True)
    expect(told('ca_certs') == [two], 'a private key is never told of')
    expect(server.stop() == 0, server.log())
    done = subprocess.run([program, 'serve', '--data', str(server.data), '--listen', '127.0.0.1:0', '--exchange-ca-certs', str(own)],
                          capture_output=True, text=True, timeout=PATIENCE)
    expect(done.returncode != 0 and str(own) in done.stderr and 'PRIVATE KEY' in done.stderr, done.returncode, done.stderr)


# --- counting -------------------------------------------------------------------------------------------------------------------

def metrics(server):
    """{name: {labels: value}} of the exchange."""
    out = collections.defaultdict(dict)
    for line in server.raw('GET', '/metrics').body.decode().splitlines():
        found = re.fullmatch(r'(deconflict_exchange_\w+)(?:\{(.*)\})? (\S+)', line)
        if found:
            at_labels = tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or '')))
            expect(at_labels not in out[found[1]], 'twice:', line)
            out[found[1]][at_labels] = float(found[3])
    return out


def labels(endpoint, method, code=None):
    return tuple(sorted([('endpoint', endpoint), ('method', method)] + ([('code', str(code))] if code else [])))


@test
def requests_are_counted_by_endpoint_and_code():
    server = Own(program)
    world, base = World(server), '/rid/v2/dss/identification_service_areas'
    rid = Rid(world, False)
    server.connection = None
    before = metrics(server)
    expect(not before['deconflict_exchange_requests_total'], 'a new node has counted nothing')
    id, made = rid.put('isa')
    expected = collections.Counter({(base + '/{id}', 'PUT', 200): 1})

    def count(method, path, status, endpoint, **more):
        reply = server.ask(method, path, **more)
        expect(reply.status == status, method, path, reply.status, reply.body)
        expected[endpoint, method, status] += 1

    version = made['service_area']['version']
    for _ in range(3):
        count('GET', f'{base}/{id}', 200, base + '/{id}', scope=DP)
    count('GET', f'{base}/{random_id()}', 404, base + '/{id}', scope=DP)
    count('GET', f'{base}/{id}', 403, base + '/{id}', scope=SC)
    count('GET', f'{base}/{id}', 401, base + '/{id}', token='')
    count('PUT', f'{base}/{id}', 409, base + '/{id}', body=rid.isa(), scope=SP)
    count('PUT', f'{base}/{id}/{version}', 403, base + '/{id}/{version}', body=rid.isa(), sub='uss2', scope=SP)
    count('GET', f'{base}?area=1,2', 400, base, scope=DP)
    count('GET', f'{base}?area=0,0,0,9,9,9,9,0', 413, base, scope=DP)
    count('DELETE', f'{base}/{id}/', 400, base + '/{id}/{version}', scope=SP)
    count('GET', '/aux/v1/version', 200, '/aux/v1/version', token='')
    count('GET', '/aux/v1/configuration/ca_certs', 501, '/aux/v1/configuration/ca_certs', token='')
    for i in range(50):  # what nobody serves makes one series
        server.raw('GET', f'/rid/v2/dss/nothing{i}')
        server.raw('PATCH', f'{base}/{id}')
        server.raw('GET', f'/rid{i}')  # not the exchange's
    expected['unknown', 'any', 404] += 100
    wanted = {labels(*k): float(n) for k, n in expected.items()}
    # A reply is counted when it is sent, which is after the client has it.
    in_time('the counts', lambda: metrics(server)['deconflict_exchange_requests_total'], wanted)
    now = metrics(server)
    took = collections.Counter()
    for (endpoint, method, _), n in expected.items():
        took[endpoint, method] += n
    expect(now['deconflict_exchange_seconds_count'] == {labels(*k): float(n) for k, n in took.items()}, now['deconflict_exchange_seconds_count'])
    kinds = {dict(k)['kind']: n for k, n in now['deconflict_exchange_entities'].items()}
    expect(kinds == {'operational_intent': 0, 'constraint': 0, 'subscription': 0, 'identification_service_area': 1, 'rid_subscription': 0}, kinds)
    rid.put('subscription')
    world.put_intent()
    rid.delete('isa', id, version)
    now = metrics(server)
    kinds = {dict(k)['kind']: n for k, n in now['deconflict_exchange_entities'].items()}
    expect(kinds == {'operational_intent': 1, 'constraint': 0, 'subscription': 0, 'identification_service_area': 0, 'rid_subscription': 1}, kinds)
    expect(now['deconflict_exchange_managers'][()] == 1 and now['deconflict_exchange_volumes'][()] >= 2 and now['deconflict_exchange_bytes'][()] > 0, now)
    expect(server.stop() == 0, server.log())


# --- both versions of F3411 at once ---------------------------------------------------------------------------------------------

class Client(threading.Thread):
    """Writes areas over one subscription, by one version or the other."""

    def __init__(self, server, world, v1, seed):
        super().__init__(daemon=True)
        # A connection of its own.
        self.service = Service(f'http://127.0.0.1:{server.bound}', server.key, 'exchange.test', True, True)
        world = World.__new__(World)
        world.__dict__.update(self.shared.__dict__ | {'s': self.service, 'listed': []})
        self.rid, self.random, self.told, self.error = Rid(world, v1), random.Random(seed), [], None

    def run(self):
        try:
            self.work()
        except Exception as error:
            self.error = error
            traceback.print_exc()

    def work(self):
        r, mine = self.rid, {}
        for _ in range(25):
            what = self.random.choice(['make', 'make', 'change', 'delete']) if mine else 'make'
            if what == 'make':
                id, reply = r.put('isa')
            else:
                id = self.random.choice(sorted(mine))
                reply = r.put('isa', id=id, version=mine[id])[1] if what == 'change' else r.delete('isa', id, mine[id])
            mine[id] = reply['service_area']['version']
            if what == 'delete':
                del mine[id]
            self.told.append(notified(reply))
        self.left = mine


@test
def every_change_is_told_once_whatever_the_version_of_its_client():
    server = Own(program)
    world = World(server)
    Client.shared = world
    seed = random.SystemRandom().getrandbits(32)
    print('# seed', seed)
    ids = [Rid(world, v1).put('subscription', url=f'https://uss{v1:d}.test/s')[0] for v1 in (False, True)]
    clients = [Client(server, world, i % 2 == 0, seed + i) for i in range(6)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
        expect(c.error is None, c.error)
    told = [t for c in clients for t in c.told]
    for id in ids:
        # Each change has an index of its own, and none is left out.
        expect(sorted(t[id] for t in told) == list(range(1, len(told) + 1)), sorted(t.get(id, -1) for t in told))
    for c in clients:  # one's own changes in their order
        for id in ids:
            expect([t[id] for t in c.told] == sorted(t[id] for t in c.told), 'indices go back')
    left = {id: v for c in clients for id, v in c.left.items()}
    for v1 in (False, True):
        rid = Rid(world, v1)
        expect({k: e['version'] for k, e in rid.search('isa').items()} == left, 'what is left, by', 'v1' if v1 else 'v2')
        for id in ids:
            expect(rid.get('subscription', id)['subscription']['notification_index'] == len(told), 'the last index')
    expect(server.stop() == 0, server.log())
    server.start()  # and all of it is in the record
    again = Service(f'http://127.0.0.1:{server.bound}', server.key, 'exchange.test', True, True)
    rid = Rid(world, True)
    world.s = rid.s = again
    expect({k: e['version'] for k, e in rid.search('isa').items()} == left, 'after a restart')
    expect(rid.get('subscription', ids[0])['subscription']['notification_index'] == len(told), 'after a restart')


@test
def lists_are_whole_however_long():
    server = Own(program)
    world, many = World(server), 620  # more than are found at once, and more than are written at once
    made = []

    def make(v1):
        it = Service(f'http://127.0.0.1:{server.bound}', server.key, 'exchange.test', True, True)
        rid = Rid(world, v1)
        body, base, scope = rid.isa(), rid.isas, rid.write
        for _ in range(many // 4):
            id = random_id()
            reply = it.ask('PUT', f'{base}/{id}', body, 'uss1', scope)
            expect(reply.status == 200, reply.body)
            made.append(id)

    threads = [threading.Thread(target=make, args=(i % 2 == 0,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expect(len(made) == len(set(made)) == many, len(made))
    for v1 in (False, True):
        rid = Rid(world, v1)
        expect(set(rid.search('isa')) == set(made), 'search')
        _, reply = rid.put('subscription', sub='uss2')
        expect(sorted(a['id'] for a in reply['service_areas']) == sorted(made), len(reply['service_areas']))
        expect(set(rid.search('isa', earliest_time=at(1), latest_time=at(2))) == set(made) and not rid.search('isa', earliest_time=at(3)), 'times')
    expect(server.stop() == 0, server.log())


failed = 0
only = sys.argv[2:]
tests = [t for t in _tests if not only or t.__name__ in only]
print(f'1..{len(tests)}')
for i, function in enumerate(tests, 1):
    try:
        function()
        print(f'ok {i} - {function.__name__}', flush=True)
    except Exception as error:
        failed += 1
        print('# ' + f'{type(error).__name__}: {error}'[:4000].replace('\n', '\n# '))
        print('# at', ', '.join(f'{pathlib.Path(f.filename).name}:{f.lineno}' for f in traceback.extract_tb(error.__traceback__)[-8:]))
        print(f'not ok {i} - {function.__name__}', flush=True)
sys.exit(failed > 0)
