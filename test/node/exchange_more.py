#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What our server has beside the standards: what really meets, ways out, lists of any length, tokens of its own.  TAP.

    exchange_more.py DECONFLICT [PART OF A NAME...]"""
import http.client
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from exchange_kit import CP, OI, PATIENCE, SC, Own, World, circle, east, expect, north, random_id, row, run_rows

program = sys.argv[1]


def same(got, wanted, *about):
    expect(got == wanted, *about, f'got {got!r}, expected {wanted!r}')


# --- what meets -------------------------------------------------------------------------------------------------------------------------

def boxes(w, *corners, alt=(50, 150), when=(1, 2)):
    return [w.volume(w.box(*c), alt, when) for c in corners]


@row('more', 'a 409 says which volumes meet, when, in which levels and by how much')
def _(w):
    id, first = w.put_intent(w.intent(boxes(w, (0, 0, 2, 2)) + boxes(w, (4, 0, 6, 2))))
    mine = w.intent([w.volume(w.box(9, 9, 10, 10)), w.volume(w.box(5, 1, 8, 3), (100, 300), (1.5, 3))], url='https://uss2.test')
    reply = w.ask('PUT', f'{OI}/{random_id()}', mine, 'uss2', ok=409).json
    it = reply['deconflict']
    same((it['relevant'], it['looked_at'], it['meet']), (1, 1, 1))
    one, = it['entities']
    same((one['id'], one['kind'], one['manager'], one['pairs_found']), (id, 'operational_intent', 'uss1', 1))
    pair, = one['pairs']
    same((pair['volume'], pair['their_volume']), (1, 1))
    same((pair['lower_m'], pair['upper_m']), (100, 150))
    same((pair['time_start'], pair['time_end']), tuple(reply['missing_operational_intents'][0]['time_end']['value'] if end else
                                                       mine['extents'][1]['time_start']['value'].replace('.000Z', '.000000Z') for end in (0, 1)))
    # The least way out is along the shorter side of the overlap, one unit: eastward, but near the equator northward.
    expect(abs(pair['overlap_m'] - min(0.01 / east(w.lat + 0.015, 1), 0.01 / north(w.lat + 0.015, 1))) < 5, pair, w.lat)
    same(one['text'], f'Meets the operational intent of uss1 from {pair["time_start"][:19]}Z until {pair["time_end"][:19]}Z, between 100 and 150 m above the ellipsoid, '
         f'sideways by up to {pair["overlap_m"]:g} m.')
    expect(it['options']['href'].startswith('/exchange/v1/options?entityid='), it)


@row('more', 'relevant by the bounds of the whole, and yet nothing meets')
def _(w):
    id, first = w.put_intent(w.intent(boxes(w, (0, 0, 1, 1)) + boxes(w, (4, 4, 5, 5), alt=(1000, 1100))))
    mine = w.intent(boxes(w, (0, 0, 1, 1), alt=(500, 600)))
    it = w.ask('PUT', f'{OI}/{random_id()}', mine, 'uss2', ok=409).json['deconflict']
    same((it['relevant'], it['meet'], it['entities'], it.get('options')), (1, 0, [], None))
    # With the key it is taken, and the same is said.
    ovn = first['operational_intent_reference']['ovn']
    _, taken = w.put_intent(mine | {'key': [ovn]}, 'uss2')
    same((taken['deconflict']['meet'], taken['deconflict']['relevant']), (0, 1))


@row('more', 'a success says what it meets, but for itself')
def _(w):
    id, first = w.put_intent()
    ovn = first['operational_intent_reference']['ovn']
    other, second = w.put_intent(w.intent(key=[ovn]), 'uss2')
    same([e['id'] for e in second['deconflict']['entities']], [id])
    _, third = w.put_intent(w.intent(key=[second['operational_intent_reference']['ovn']]), id=id, ovn=ovn, ok=200)
    same([e['id'] for e in third['deconflict']['entities']], [other])


@row('more', 'a constraint that the key lacks is told of too')
def _(w):
    sub, _ = w.put_subscription(intents=True, constraints=True)
    c, _ = w.put_constraint()
    it = w.ask('PUT', f'{OI}/{random_id()}', w.intent(subscription_id=sub), ok=409).json
    same([r['id'] for r in it['missing_constraints']], [c])
    same([(e['id'], e['kind']) for e in it['deconflict']['entities']], [(c, 'constraint')])


@row('more', 'many constraints in a key')
def _(w):
    made = [w.put_constraint()[1]['constraint_reference'] for _ in range(20)]
    sub = {'uss_base_url': 'https://uss1.test', 'notify_for_constraints': True}
    it = w.ask('PUT', f'{OI}/{random_id()}', w.intent(new_subscription=sub), ok=409).json
    same(sorted(r['id'] for r in it['missing_constraints']), sorted(c['id'] for c in made))
    _, taken = w.put_intent(w.intent(new_subscription=sub, key=[c['ovn'] for c in made]))
    same(taken['operational_intent_reference']['state'], 'Accepted')


@row('more', '--strict leaves all of it out', where='strict')
def _(w):
    id, first = w.put_intent()
    same(sorted(first), ['operational_intent_reference', 'subscribers'])
    reply = w.ask('PUT', f'{OI}/{random_id()}', w.intent(), 'uss2', ok=409).json
    same(sorted(reply), ['message', 'missing_operational_intents'])
    _, constraint = w.put_constraint()
    same(sorted(constraint), ['constraint_reference', 'subscribers'])


# --- ways out ----------------------------------------------------------------------------------------------------------------------------

def metres(w, text):
    return {'value': text, 'reference': 'W84', 'units': 'M'}


@row('more', 'ways out are asked for with the same body, and are ways out')
def _(w):
    id, first = w.put_intent(w.intent([w.volume(circle(w.lat, w.lng, 500))]))
    ovn = first['operational_intent_reference']['ovn']
    own = random_id()
    mine = w.intent([w.volume(circle(w.lat, w.lng + 0.003, 500), (60, 120), (1.5, 2.5))])
    told = w.ask('PUT', f'{OI}/{own}', mine, 'uss2', ok=409).json['deconflict']
    answer = w.ask('POST', told['options']['href'], mine, 'uss2', ok=200).json
    kinds = {o['kind']: o for o in answer['options']}
    expect({'altitude', 'delay'} <= set(kinds) and all(o['verified'] and o['party'] == 'uss2' and o['move'] == own for o in answer['options']), kinds)
    lift = kinds['altitude']['features'][0]['properties']
    mine['extents'][0]['volume']['altitude_lower'] = metres(w, lift['lower']['value'])
    mine['extents'][0]['volume']['altitude_upper'] = metres(w, lift['upper']['value'])
    mine['key'] = [ovn]
    _, taken = w.put_intent(mine, 'uss2', id=own)
    same(taken['deconflict']['meet'], 0)
    # An update does not meet what it takes the place of.
    again = w.ask('POST', f'/exchange/v1/options?entityid={own}', mine, 'uss2', ok=200).json
    same(again['options'], [])
    w.ask('POST', '/exchange/v1/options', mine, 'uss2', ok=200)
    w.ask('POST', '/exchange/v1/options?entityid=x', mine, 'uss2', ok=400)
    w.ask('POST', '/exchange/v1/options?other=1', mine, 'uss2', ok=400)
    w.ask('POST', '/exchange/v1/options', {}, 'uss2', ok=400)
    w.ask('POST', '/exchange/v1/options', mine, 'uss2', 'utm.constraint_processing', ok=403)
    w.ask('POST', '/exchange/v1/options', mine, token='', ok=401)


@row('more', 'ways out of more than can be compared are not looked for')
def _(w):
    many = [w.volume(circle(w.lat, w.lng, 500 + k % 7)) for k in range(1001)]
    w.put_intent(w.intent(many[:1000]))
    w.ask('POST', '/exchange/v1/options', w.intent(many), 'uss2', ok=413)


@row('more', 'one\'s own other intents stand in the way like everybody\'s')
def _(w):
    w.put_intent(w.intent([w.volume(circle(w.lat, w.lng, 500))]))
    answer = w.ask('POST', '/exchange/v1/options', w.intent([w.volume(circle(w.lat, w.lng, 300))]), ok=200).json
    expect(answer['options'], answer)


# --- long lists ------------------------------------------------------------------------------------------------------------------------------

@row('more', 'nothing is left out of a long list, and who goes away in the middle harms nobody')
def _(w):
    made = set()
    for i in range(900):
        # Spread out, so that no key is needed.
        v = w.volume(circle(round(w.lat + i % 30 * 0.01, 7), round(w.lng + i // 30 * 0.01, 7), 100))
        made.add(w.put_intent(w.intent([v]))[0])
    whole = w.volume(circle(w.lat + 0.15, w.lng + 0.15, 60000), None, None)
    same(set(w.find_intents(whole)), made)
    body = json.dumps({'area_of_interest': whole}).encode()
    ask = (f'POST {OI}/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {w.s.token("uss1", SC)}\r\nContent-Type: application/json\r\n'
           f'Content-Length: {len(body)}\r\n\r\n').encode() + body
    for read in (0, 1, 5000):
        s = socket.create_connection(('127.0.0.1', w.s.port))
        s.sendall(ask)
        got = 0
        while got < read:
            got += len(s.recv(read - got))
        s.close()
    found = []
    threads = [threading.Thread(target=lambda: found.append(several(w, ask))) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    expect(all(f == made for f in found) and len(found) == 8, [len(f) for f in found])
    same(set(w.find_intents(whole)), made)
    # A subscription there is told of them all, and behind the constraints, which are few.
    area = w.volume(circle(w.lat + 0.15, w.lng + 0.15, 60000))
    w.put_constraint(w.constraint([w.volume(circle(w.lat + 0.15, w.lng + 0.15, 100))]))
    for constraints in (False, True):
        _, put = w.put_subscription(extents=area, notify_for_constraints=constraints)
        same({r['id'] for r in put['operational_intent_references']}, made)
        same(len(put.get('constraint_references', ())), int(constraints))
        same(put['subscription']['notify_for_constraints'], constraints)


@row('more', 'nothing is left out of what a key lacks, and of whom to tell')
def _(w):
    ovn = {'uss1': {}, 'uss2': {}}
    for i in range(400):
        v = w.volume(circle(round(w.lat + i % 30 * 0.01, 7), round(w.lng + i // 30 * 0.01, 7), 100))
        sub = 'uss2' if i % 7 else 'uss1'
        id, put = w.put_intent(w.intent([v], url=f'https://{sub}.test'), sub)
        ovn[sub][id] = put['operational_intent_reference']['ovn']
    every = {**ovn['uss1'], **ovn['uss2']}
    middle = w.volume(circle(w.lat + 0.15, w.lng + 0.15, 100))
    constraints = {w.put_constraint(w.constraint([middle]))[0] for _ in range(3)}
    whole = w.volume(circle(w.lat + 0.15, w.lng + 0.15, 27000))
    watching = w.put_subscription(extents=whole, notify_for_constraints=True)[0]
    mine = w.intent([whole], subscription_id=watching)

    def lacks(key, scope=f'{SC} {CP}'):
        it = w.ask('PUT', f'{OI}/{random_id()}', mine | {'key': key}, 'uss1', scope, ok=409).json
        intents = it.get('missing_operational_intents', [])
        for r in intents:
            same(r['ovn'], ovn['uss1'].get(r['id'], 'Available from USS'))
        expect('deconflict' in it and it['deconflict']['relevant'] == len(intents) + len(it.get('missing_constraints', [])), it)
        return it['message'].split(' (E:')[0], [r['id'] for r in intents], [r['id'] for r in it.get('missing_constraints', [])]

    def sorted_all(text, intents, constraints):
        return text, sorted(intents), sorted(constraints)

    same(sorted_all(*lacks([])), ('The key lacks the OVNs of 400 OperationalIntents and 3 Constraints relevant to this OperationalIntent', sorted(every), sorted(constraints)))
    same(sorted_all(*lacks(list(ovn['uss1'].values()))),
         (f'The key lacks the OVNs of {len(ovn["uss2"])} OperationalIntents and 3 Constraints relevant to this OperationalIntent', sorted(ovn['uss2']), sorted(constraints)))
    same(sorted_all(*lacks(list(every.values()))), ('The key lacks the OVNs of 3 Constraints relevant to this OperationalIntent', [], sorted(constraints)))
    one = list(every)[250]
    del mine['subscription_id']
    same(lacks([o for i, o in every.items() if i != one]), ('The key lacks the OVNs of 1 OperationalIntent relevant to this OperationalIntent', [one], []))
    body = json.dumps(mine | {'key': []}).encode()
    ask = (f'PUT {OI}/{random_id()} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {w.s.token("uss1", SC)}\r\nContent-Type: application/json\r\n'
           f'Content-Length: {len(body)}\r\n\r\n').encode() + body
    for read in (0, 1, 20000):
        s = socket.create_connection(('127.0.0.1', w.s.port))
        s.sendall(ask)
        while read > 0:
            read -= len(s.recv(read))
        s.close()
    told(w, mine | {'key': list(every.values())}, watching)


def told(w, body, watching):
    """More subscriptions than one piece has, of three providers, each with two URLs."""
    urls = {watching: 'https://uss1.test/scd'}
    for i in range(510):
        url = f'https://told{i % 6}.test'
        id, put = w.put_subscription(w.subscription(w.volume(circle(w.lat, w.lng, 100 + i)), url=url), f'uss{i % 3}')
        urls[id] = url
        same(put['subscription']['notification_index'], 0)
    id, put = w.put_intent(body)
    first = put['operational_intent_reference']
    same((first['id'], first['manager'], first['version']), (id, 'uss1', 1))
    after = w.delete_intent(id, first['ovn'])
    same(after['operational_intent_reference'], first)
    for n, subscribers in enumerate((put['subscribers'], after['subscribers'])):
        got = {s['subscription_id']: (of['uss_base_url'], s['notification_index']) for of in subscribers for s in of['subscriptions']}
        index = {i: got[i][1] for i in urls if i in got}
        same({i: u for i, (u, _) in got.items()}, urls)
        same(len({of['uss_base_url'] for of in subscribers}), len(subscribers))
        same(sum(len(of['subscriptions']) for of in subscribers), len(urls))
        same({v for i, v in index.items() if i != watching}, {n + 1})


@row('more', 'one client has a quarter of the streams for long answers: beyond that it is 503, and others are answered')
def _(w):
    service = Own(program, '--limit-streams', '8')
    w = World(service)
    url = 'https://uss1.test/' + 'u' * 4000  # so that an answer is more than what fits between a node and a client that takes nothing
    made = {w.put_intent(w.intent([w.volume(when=(1 + k * 0.01, 1.005 + k * 0.01))], url=url))[0] for k in range(150)}
    body = json.dumps({'area_of_interest': w.volume(when=None)}).encode()

    def begin(sub):
        s = socket.socket()
        s.settimeout(PATIENCE)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # by which the kernel of the node's side sizes its own buffer
        s.connect(('127.0.0.1', service.port))
        s.sendall((f'POST {OI}/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.token(sub, SC)}\r\nContent-Type: application/json\r\n'
                   f'Content-Length: {len(body)}\r\n\r\n').encode() + body)
        reply = http.client.HTTPResponse(s, method='POST')
        reply.begin()
        return s, reply

    held = [begin('uss1') for _ in range(2)]
    same([r.status for _s, r in held], [200, 200])
    s, refused = begin('uss1')
    same(refused.status, 503)
    expect('or a client' in json.loads(refused.read())['error_message'], 'why')
    s.close()
    s, other = begin('uss2')
    same((other.status, {r['id'] for r in json.loads(other.read())['operational_intent_references']}), (200, made))
    s.close()
    # What is short takes no stream, and what was held comes whole.
    w.get_intent(min(made))
    s, reply = held.pop()
    same({r['id'] for r in json.loads(reply.read())['operational_intent_references']}, made)
    s.close()
    until = time.monotonic() + PATIENCE
    while (again := begin('uss1'))[1].status == 503:
        again[0].close()
        expect(time.monotonic() < until, 'the stream that ended is not given to another')
    same(again[1].status, 200)
    again[0].close()
    held[0][0].close()


def several(w, ask):
    c = http.client.HTTPConnection('127.0.0.1', w.s.port, timeout=60)
    c.connect()
    c.sock.sendall(ask)
    reply = http.client.HTTPResponse(c.sock, method='POST')
    reply.begin()
    return {r['id'] for r in json.loads(reply.read())['operational_intent_references']}


# --- tokens and names of this node -------------------------------------------------------------------------------------------------------------

def minted(w, *options):
    done = subprocess.run([program, 'token', '--data', str(w.s.data), *options], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


@row('more', 'a node mints tokens of the exchange, and they open nothing else')
def _(w):
    token = minted(w, '--scope', f'{SC},utm.constraint_management', '--sub', 'small')
    id = random_id()
    made = w.ask('PUT', f'{OI}/{id}', w.intent(), token=token, ok=201).json
    same(made['operational_intent_reference']['manager'], 'small')
    same(w.s.raw('GET', '/v1/parties', headers={'Authorization': f'Bearer {token}'}).status, 403)
    w.ask('GET', f'{OI}/{id}', token=minted(w, '--scope', 'utm.constraint_processing', '--sub', 'small'), ok=403)
    for scope in ('deconflict.admin', 'deconflict.cell,deconflict.declare,deconflict.read'):
        w.ask('GET', f'{OI}/{id}', token=minted(w, '--scope', scope, '--sub', 'small'), ok=401)
    for options in (('--scope', f'{SC},deconflict.read', '--sub', 'x'), ('--scope', SC), ('--scope', SC, '--party', 'CO', '--sub', 'x'),
                    ('--scope', SC, '--sub', 'x', '--ttl', '61min')):
        same(minted(w, *options), None, options)


@row('more', 'the node\'s own name in the exchange is its own', where='own')
def _(w):
    for path, scope, body in ((f'{OI}/{random_id()}', SC, w.intent()), (f'/dss/v1/constraint_references/{random_id()}', 'utm.constraint_management', w.constraint()),
                              (f'/dss/v1/subscriptions/{random_id()}', SC, w.subscription())):
        w.ask('PUT', path, body, 'ours', scope, ok=403)
        w.ask('PUT', path, body, 'CO', scope, ok=(200, 201))
    same(w.find_intents(w.volume(), 'ours').keys(), w.find_intents(w.volume()).keys())


# --- the rest ------------------------------------------------------------------------------------------------------------------------------------

@row('more', 'a report comes back with an id of ours, and its body is not in the log')
def _(w):
    report = {'exchange': {'url': 'https://uss2.test/x?secret=1', 'method': 'PUT', 'headers': ['Authorization: Bearer abc.def.ghi'], 'recorder_role': 'Client',
                           'request_time': {'value': '2026-01-01T00:00:00Z', 'format': 'RFC3339'}, 'request_body': 'e30=}],"', 'response_code': 500,
                           'problem': 'a "quoted"\n problem'}}
    for given in ({}, {'report_id': 'mine'}):
        reply = w.ask('POST', '/dss/v1/reports', report | given, ok=201).json
        same(reply['exchange'], report['exchange'])
        expect(len(reply['report_id']) == 36 and reply['report_id'] in w.s.log(), reply)
    expect('abc.def.ghi' not in w.s.log() and 'e30=' not in w.s.log(), 'the log holds the body')
    for bad in ({}, [], {'exchange': None}, {'exchange': 1}, '{"exchange":{},"exchange":{}}', '{', 'null', '{"exchange":' + '[' * 100 + ']' * 100 + '}',
                *({'exchange': report['exchange'] | wrong} for wrong in ({'url': 1}, {'headers': 'x'}, {'request_time': '2026-01-01T00:00:00Z'}, {'response_code': '500'}))):
        w.ask('POST', '/dss/v1/reports', bad, ok=400)
    w.ask('POST', '/dss/v1/reports', report, scope='rid.display_provider', ok=403)


@row('more', 'every error can be found again in the log')
def _(w):
    reply = w.ask('GET', f'{OI}/{random_id()}', ok=404)
    id = reply.headers['x-request-id']
    expect(reply.message.endswith(f'(E:{id})'), reply.message)
    until = time.monotonic() + PATIENCE
    while id not in w.s.log():  # written when the reply is sent
        expect(time.monotonic() < until, id, 'is not in the log')
        time.sleep(0.01)
    reply = w.ask('GET', f'{OI}/{random_id()}', headers={'X-Request-Id': 'mine.1'}, ok=404)
    expect(reply.message.endswith('(E:mine.1)'), reply.message)


@row('more', 'a reply that does not come within limit.handler is 503 `request timeout`; the write is carried out all the same when it can be')
def _(w):
    service = Own(program, '--limit-handler', '1s')
    slow, other = World(service), http.client.HTTPConnection(service.host, service.port, timeout=PATIENCE)
    id, ahead = random_id(), slow.put_intent()[1]['operational_intent_reference']
    held = sqlite3.connect(service.data / 'record.sqlite3', isolation_level=None)
    held.execute('BEGIN IMMEDIATE')  # so that the node's own transaction waits
    began = time.monotonic()
    body = slow.intent(key=[ahead['ovn']])
    reply = service.raw('PUT', f'{OI}/{id}', json.dumps(body), {'Authorization': 'Bearer ' + service.token('uss1', SC), 'X-Request-Id': 'slow.1'})
    took = time.monotonic() - began
    same((reply.status, reply.body, reply.headers['content-type']), (503, b'request timeout', 'text/plain; charset=utf-8'))
    expect(took > 0.9 and 'deconflict-pool' in reply.headers, took, reply.headers)
    # What asks for nothing of the record is answered meanwhile, also on the connection that was told.
    slow.get_intent(ahead['id'])
    other.request('GET', '/healthy')
    same(other.getresponse().status, 200)
    held.execute('ROLLBACK')
    held.close()
    until = time.monotonic() + PATIENCE
    while service.ask('GET', f'{OI}/{id}').status != 200:
        expect(time.monotonic() < until, 'the write never came')
        time.sleep(0.01)
    slow.put_intent(body, id=id, ok=409)
    while 'request finished behind its time' not in service.log():
        expect(time.monotonic() < until, 'not in the log')
        time.sleep(0.01)
    counted = [line for line in service.raw('GET', '/metrics').body.decode().split('\n') if line.startswith('deconflict_exchange_requests_total') and '"503"' in line]
    expect(len(counted) == 1 and counted[0].endswith(' 1'), counted)
    same(service.stop(), 0)


services = {'plain': Own(program), 'strict': Own(program, '--strict'), 'own': Own(program, '--uss-party', 'XX', '--uss-manager', 'ours', '--uss-url', 'https://ours.test')}
failed = run_rows(services, sys.argv[2:], False)
for service in services.values():
    service.stop()
sys.exit(failed > 0)
