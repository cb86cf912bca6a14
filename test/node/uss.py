#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The node as a provider (USS) of the exchange: what it serves of its own operations and to whom, how it tells subscribers, whom it calls and
whom not.  Other providers are played by uss_kit.Mock.

    uss.py DECONFLICT SOURCE_ROOT [TEST...]"""
import hashlib
import json
import pathlib
import os
import random
import re
import signal
import sys
import threading
import time
import uuid

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from api_kit import Document, Events, collection, expect, path_of, run_tests, test
from uss_kit import (CM, CP, OUR_URL, OWN_PUBLIC, SA, SC, Mock, UssNode, area, bearer, claims_of, details, silent_port, soon, square)

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
document = Document(root / 'data' / 'openapi.json')
CANARY = 'canary-' + uuid.uuid4().hex
UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}')
OI, USS_OI = '/dss/v1/operational_intent_references', '/uss/v1/operational_intents'
CR, USS_CR = '/dss/v1/constraint_references', '/uss/v1/constraints'


def node(*arguments, **more):
    return UssNode(program, document, *arguments, **more)


def declare(n, *features, status=201):
    return n.send('POST', '/v1/operations?options=none', 'CO', collection(*features), status).json()


def event(n, name, what, status=200):
    return n.send('POST', f'{path_of("CO", name)}/events/{what}', 'CO', None, status).json()


def our_intent(declared, k=0):
    return declared['exchange'][k]['intent']['id']


def check_volume(v):
    expect(len([k for k in ('outline_polygon', 'outline_circle') if v['volume'].get(k)]) == 1, v)
    if v['volume'].get('outline_polygon'):
        vertices = v['volume']['outline_polygon']['vertices']
        expect(len(vertices) >= 3 and len({json.dumps(p) for p in vertices}) == len(vertices), vertices)
        expect(all(-90 <= p['lat'] <= 90 and -180 <= p['lng'] <= 180 for p in vertices), vertices)
    else:
        expect(v['volume']['outline_circle']['radius']['value'] > 0 and v['volume']['outline_circle']['radius']['units'] == 'M', v)
    low, high = v['volume']['altitude_lower'], v['volume']['altitude_upper']
    expect(low['reference'] == high['reference'] == 'W84' and low['units'] == high['units'] == 'M' and low['value'] <= high['value'], v)
    for end in ('time_start', 'time_end'):
        expect(v[end]['format'] == 'RFC3339' and re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z', v[end]['value']), v)


def check_intent(intent, state):
    """As OperationalIntent of the standard has it, and its rules for each state."""
    r, d = intent['reference'], intent['details']
    expect(UUID.fullmatch(r['id']) and r['manager'] == 'co-uss' and r['uss_base_url'] == OUR_URL, r)
    expect(r['state'] == state and r['version'] >= 1 and 16 <= len(r['ovn']) <= 128 and r['ovn'] != 'Available from USS', r)
    expect(r['uss_availability'] in ('Unknown', 'Normal', 'Down') and UUID.fullmatch(r['subscription_id']), r)
    off_nominal = state in ('Nonconforming', 'Contingent')
    expect(bool(d['volumes']) == (state != 'Contingent') and bool(d['off_nominal_volumes']) == off_nominal, d)
    expect(isinstance(d['priority'], int), d)
    for v in d['volumes'] + d['off_nominal_volumes']:
        check_volume(v)
    return r


def our_constraint(declared, k=0):
    expect('intent' not in declared['exchange'][k] and declared['exchange'][k]['constraint']['kind'] == 'constraint', declared['exchange'])
    return declared['exchange'][k]['constraint']['id']


def check_constraint(constraint):
    """As Constraint of the standard has it."""
    expect(set(constraint) == {'reference', 'details'} and set(constraint['details']) == {'volumes'}, constraint)
    r = constraint['reference']
    expect(set(r) == {'id', 'manager', 'uss_availability', 'version', 'ovn', 'time_start', 'time_end', 'uss_base_url'}, r)
    expect(UUID.fullmatch(r['id']) and r['manager'] == 'co-uss' and r['uss_base_url'] == OUR_URL, r)
    expect(r['version'] >= 1 and 16 <= len(r['ovn']) <= 128 and r['ovn'] != 'Available from USS', r)
    expect(constraint['details']['volumes'], constraint)
    for v in constraint['details']['volumes']:
        check_volume(v)
    return r


def put(n, name, *features, status=201):
    return n.send('PUT', path_of('CO', name) + '?options=none', 'CO', collection(*features), status).json()


# --- serving -------------------------------------------------------------------------------------------------------------


@test
def details_of_what_is_released():
    with node() as n:
        n.found()
        told = declare(n, square('flight', 10.0), square(CANARY, 12.0, released=False))
        expect(len(told['exchange']) == 1 and told['exchange'][0]['operation'] == 'flight', told.get('exchange'))
        id = our_intent(told)
        got = n.ok('GET', f'{USS_OI}/{id}', 200)['operational_intent']
        r = check_intent(got, 'Accepted')
        ring = [(p['lat'], p['lng']) for p in got['details']['volumes'][0]['volume']['outline_polygon']['vertices']]
        expect(sorted(ring) == sorted([(10, 20), (10, 20.2), (10.2, 20), (10.2, 20.2)]), ring)
        low = got['details']['volumes'][0]['volume']['altitude_lower']['value']
        expect(low == 300, got['details'])
        # What stands in the exchange is the same, without its OVN for others.
        (listed,) = n.query()
        expect(listed['id'] == id and listed['version'] == r['version'] and listed['ovn'] == 'Available from USS', listed)
        # Only the other's own OVN is shown; the version may be asked for.
        expect(n.ok('GET', f'{USS_OI}/{id}?version={r["version"]}', 200)['operational_intent'] == got, 'version')
        n.ok('GET', f'{USS_OI}/{id}?version={r["version"] + 1}', 404)
        n.ok('GET', f'{USS_OI}/{id}?version=x', 400)
        n.ok('GET', f'{USS_OI}/{uuid.uuid4()}', 404)
        n.ok('GET', f'{USS_OI}/not-an-id', 400)
        n.ok('GET', f'{USS_OI}/{id.upper().replace("-", "")}', 200)
        # Another version has another OVN; a second one released is another intent.
        again = n.send('PUT', path_of('CO', 'flight') + '?options=none', 'CO', collection(square('flight', 10.0, hours=4)), 201).json()
        expect(our_intent(again) == id, again['exchange'])
        newer = n.ok('GET', f'{USS_OI}/{id}', 200)['operational_intent']['reference']
        expect(newer['version'] == r['version'] + 1 and newer['ovn'] != r['ovn'], newer)


@test
def constraints_of_ours():
    """What is declared as a constraint is one in the exchange; a flight is none, and one that becomes the other is another."""
    with node() as n:
        n.found()
        met, _ = n.intent('https://met.example')
        told = declare(n, square('closed', constraint=True), square(CANARY, 10.05, constraint=True, released=False), square('open', 11.0, constraint=False))
        expect([e['operation'] for e in told['exchange']] == ['closed', 'open'], told['exchange'])
        id = our_constraint(told)
        expect([m['id'] for m in told['exchange'][0]['meets']] == [met], told['exchange'])
        got = n.ok('GET', f'{USS_CR}/{id}', 200, scope=CP)
        expect(set(got) == {'constraint'}, got)
        r = check_constraint(got['constraint'])
        n.ok('GET', f'{USS_CR}/{id}', 403)
        n.ok('GET', f'{USS_OI}/{id}', 404)
        n.ok('GET', f'{USS_CR}/{our_intent(told, 1)}', 404, scope=CP)
        seen = n.ok('GET', f'{CR}/{id}', 200, scope=CP)['constraint_reference']
        expect(seen['manager'] == 'co-uss' and seen['ovn'] == 'Available from USS' and seen['version'] == 1, seen)
        # Whose subscription is for constraints needs its OVN, which its details show; nobody else writes it.
        body = {'extents': [area(10.0, 20.0, 0.2, 6, 9)], 'state': 'Accepted', 'uss_base_url': 'https://late.example', 'key': [],
                'new_subscription': {'uss_base_url': 'https://late.example', 'notify_for_constraints': True}}
        missing = n.ok('PUT', f'{OI}/{uuid.uuid4()}', 409, sub='late', scope=f'{SC} {CP}', body=body)
        expect([m['id'] for m in missing['missing_constraints']] == [id], missing)
        mine = {'extents': [area(10.0, 20.0, 0.2, 6, 9)], 'uss_base_url': 'https://late.example'}
        n.ok('PUT', f'{CR}/{id}/{r["ovn"]}', 403, scope=CM, body=mine)
        n.ok('DELETE', f'{CR}/{id}/{r["ovn"]}', 403, scope=CM)
        # Ids are of one kind: an intent may have that of a constraint, and is met like any other.
        n.ok('PUT', f'{OI}/{id}', 201, sub='twin', body={'extents': [area(10.0, 20.0, 0.2, 6, 9)], 'state': 'Accepted', 'uss_base_url': 'https://twin.example',
                                                         'key': [x['ovn'] for x in n.query(sub='other') if x['id'] == met]})
        # Its states are all one there; a new version of the operation is one of the constraint.
        told = event(n, 'closed', 'activate')
        expect(our_constraint(told) == id, 'activated')
        expect({(m['kind'], m['id']) for m in told['exchange'][0]['meets']} == {('operational_intent', met), ('operational_intent', id)}, told['exchange'])
        expect(n.ok('GET', f'{USS_CR}/{id}', 200, scope=CP) == got, 'a state of it shows')
        expect(our_constraint(put(n, 'closed', square('closed', 10.01, constraint=True))) == id, 'amended')
        newer = check_constraint(n.ok('GET', f'{USS_CR}/{id}', 200, scope=CP)['constraint'])
        expect(newer['version'] == 2 and newer['ovn'] != r['ovn'], newer)
        n.restart(signal.SIGKILL)
        expect(check_constraint(n.ok('GET', f'{USS_CR}/{id}', 200, scope=CP)['constraint']) == newer, 'after a start')
        # It becomes a flight, and that a constraint.
        flight = our_intent(put(n, 'closed', square('closed', 10.01)))
        expect(flight != id, flight)
        n.ok('GET', f'{USS_CR}/{id}', 404, scope=CP)
        n.ok('GET', f'{CR}/{id}', 404, scope=CP)
        n.ok('GET', f'{USS_OI}/{flight}', 200)
        again = our_constraint(put(n, 'closed', square('closed', 10.01, constraint=True)))
        n.ok('GET', f'{USS_OI}/{flight}', 404)
        n.ok('GET', f'{USS_CR}/{again}', 200, scope=CP)
        expect('exchange' not in event(n, 'closed', 'cancel'), 'cancelled')
        n.ok('GET', f'{USS_CR}/{again}', 404, scope=CP)
        n.ok('GET', f'{USS_CR}/x', 400, scope=CP)
        # One operation is the one or the other, where it goes to the exchange; and a boolean says so.
        parts = [square('part', 13.0 + k, constraint=k == 0, operation='mixed') for k in range(2)]
        for k, f in enumerate(parts):
            f['id'] = f'part-{k}'
        text = json.dumps(n.send('POST', '/v1/operations?options=none', 'CO', collection(*parts), 422).json())
        expect('all or none' in text, text)
        for f in parts:
            del f['properties']['label']
        declare(n, *parts)
        text = json.dumps(n.send('POST', '/v1/operations?options=none', 'CO', collection(square('odd', constraint='yes')), 422).json())
        expect('constraint' in text, text)


@test
def what_is_taken_back_is_gone():
    with node() as n:
        n.found()
        id = our_intent(declare(n, square('flight')))
        n.ok('GET', f'{USS_OI}/{id}', 200)
        told = n.send('PUT', path_of('CO', 'flight') + '?options=none', 'CO', collection(square('flight', released=False)), 201).json()
        expect('exchange' not in told, told.get('exchange'))
        n.ok('GET', f'{USS_OI}/{id}', 404)
        n.ok('GET', f'{OI}/{id}', 404)
        expect(n.query() == [], n.query())
        told = n.send('PUT', path_of('CO', 'flight') + '?options=none', 'CO', collection(square('flight')), 201).json()
        again = our_intent(told)
        expect(again != id, told)
        n.ok('GET', f'{USS_OI}/{again}', 200)
        n.ok('GET', f'{USS_OI}/{id}', 404)


@test
def ids_that_others_cannot_take_first():
    """Whoever knows party and name, and every id of before, keeps nothing out."""
    def take(n, id, k):
        body = {'extents': [area(50.0 + k, 20.0, 0.1, 6, 9)], 'state': 'Accepted', 'uss_base_url': 'https://other.example', 'key': []}
        n.ok('PUT', f'{OI}/{id}', 201, body=body)

    def ours(n):
        return [r['id'] for r in n.query() if r['manager'] == 'co-uss']

    with node() as n:
        n.found()
        for k in range(16):
            more = bytes((0, k)) if k else b''
            take(n, uuid.UUID(bytes=hashlib.sha256(b'CO\0flight' + more).digest()[:16], version=4), k)
        told = declare(n, square('flight'), square('second', 12.0))
        id = our_intent(told)
        expect(told['exchange'][0]['intent']['manager'] == 'co-uss' and ours(n) == [id], told['exchange'])
        expect(our_intent(told, 1) != id, told['exchange'])
        n.ok('GET', f'{USS_OI}/{id}', 200)
        # It stays through changes and starts, and is another one where it comes back: others have seen the first.
        expect(our_intent(event(n, 'flight', 'activate')) == id and ours(n) == [id], ours(n))
        n.restart(signal.SIGKILL)
        expect(our_intent(event(n, 'flight', 'leave_volume')) == id and ours(n) == [id], ours(n))
        expect('exchange' not in event(n, 'flight', 'end') and ours(n) == [], ours(n))
        take(n, id, 16)
        again = our_intent(declare(n, square('flight')))
        expect(again != id and ours(n) == [again], ours(n))
        n.ok('GET', f'{USS_OI}/{id}', 404)


@test
def the_party_hears_of_what_comes_near_it():
    """What of others is written where an operation of ours is, released or not, is an event for our party and for cells; for nobody else."""
    def put(n, id, where, ovn=None, **more):
        body = {'extents': [where], 'state': 'Accepted', 'uss_base_url': 'https://other.example', 'key': [], **more}
        told = n.ok('PUT', f'{OI}/{id}' + (f'/{ovn}' if ovn else ''), 200 if ovn else 201, body=body)
        return told['operational_intent_reference']['ovn']

    with node() as n:
        n.found()
        declare(n, square('quiet', released=False))
        declare(n, square('done', released=False))
        # RU may know of this one, and is not told what comes near it all the same.
        declare(n, square('shared', 10.1, 20.1, label={'releasable_to': ['RU']}))
        event(n, 'done', 'activate')
        event(n, 'done', 'end')
        near, beside, above = (str(uuid.uuid4()) for _ in range(3))
        ovn = put(n, near, area(10.1, 20.1, 0.2, 5, 7, 0, 500))
        put(n, beside, area(10.35, 20.35, 0.1, 5, 7, 0, 500))
        put(n, above, area(10.1, 20.1, 0.2, 5, 7, 1000, 2000))
        rule = str(uuid.uuid4())
        n.ok('PUT', f'{CR}/{rule}', 201, scope=CM, body={'extents': [area(10.1, 20.1, 0.2, 5, 7, 800)], 'uss_base_url': 'https://other.example'})
        put(n, near, area(10.1, 20.1, 0.2, 6, 8, 0, 400), ovn)
        for reader in ('CO', 'cell'):
            with Events(n, reader, '?from=0') as events:
                came = [data for _, name, data in events.until(0) if name == 'exchange']
            # The first version of `near` is replaced, and tells nothing any more.
            expect([(c['exchange']['kind'], c['exchange']['id'], c['exchange']['version']) for c in came] ==
                   [('constraint', rule, 1), ('operational_intent', near, 2)], reader, came)
            met = came[1]['exchange']['meets']
            expect(sorted((m['operation'], m['state'], m['pair_count']) for m in met) == [(name, 'DECLARED', 1) for name in ('quiet', 'shared')], met)
            expect((met[0]['pairs'][0]['lower_w84_m'], met[0]['pairs'][0]['upper_w84_m']) == (300, 400) and came[1]['exchange']['left_out'] == 0, met)
            expect([met[0]['pairs'][0][end].replace('.000000Z', 'Z') for end in ('start', 'end')] == [soon(6), soon(8)], met)
        with Events(n, 'RU', '?from=0') as events:
            names = [name for _, name, _ in events.until(0)]
            expect('declared' in names and 'exchange' not in names and b'quiet' not in events.raw, 'others are told', names)


@test
def states_and_telemetry():
    with node() as n:
        n.found()
        id = our_intent(declare(n, square('flight')))
        telemetry = f'{USS_OI}/{id}/telemetry'
        seen = set()
        for what, state in ((None, 'Accepted'), ('activate', 'Activated'), ('leave_volume', 'Nonconforming'), ('regain', 'Activated'),
                            ('leave_volume', 'Nonconforming'), ('give_up', 'Contingent')):
            if what:
                expect(our_intent(event(n, 'flight', what)) == id, what)
            r = check_intent(n.ok('GET', f'{USS_OI}/{id}', 200)['operational_intent'], state)
            expect(r['ovn'] not in seen, 'an OVN twice')
            seen.add(r['ovn'])
            n.ok('GET', telemetry, 412 if state in ('Nonconforming', 'Contingent') else 409, scope=SA)
        expect('exchange' not in event(n, 'flight', 'end'), 'ended')
        n.ok('GET', f'{USS_OI}/{id}', 404)
        n.ok('GET', telemetry, 404, scope=SA)
        n.ok('GET', f'{USS_OI}/{uuid.uuid4()}/telemetry', 404, scope=SA)
        n.ok('GET', f'{USS_OI}/x/telemetry', 400, scope=SA)


@test
def scopes():
    id = str(uuid.uuid4())
    rows = [('GET', f'{USS_OI}/{id}', {SC}, 404), ('GET', f'{USS_OI}/{id}/telemetry', {SA}, 404), ('POST', USS_OI, {SC}, 400),
            ('GET', f'/uss/v1/constraints/{id}', {CP}, 404), ('POST', '/uss/v1/constraints', {CM}, 400),
            ('POST', '/uss/v1/reports', {SC, CM, CP, SA, 'utm.availability_arbitration'}, 400),
            ('GET', '/uss/v1/log_sets/nothing', {SC, CM, CP, SA, 'utm.availability_arbitration'}, 404)]
    with node() as n:
        for method, path, scopes, status in rows:
            body = 'x' if method == 'POST' else None
            for scope in (SC, CM, CP, SA, 'utm.availability_arbitration', ''):
                n.ok(method, path, status if scope in scopes else 403, scope=scope, body=body)
            n.ok(method, path, 401, token='', body=body)
            n.ok(method, path, 401, token=bearer('other', next(iter(scopes)), audience='elsewhere'), body=body)
            n.ok(method, path, 401, token=bearer('other', next(iter(scopes)), life=-5), body=body)


@test
def constraints_reports_log_sets():
    with node() as n:
        n.found()
        n.ok('GET', f'/uss/v1/constraints/{uuid.uuid4()}', 404, scope=CP)
        report = {'exchange': {'url': 'https://x.example/uss', 'method': 'GET', 'recorder_role': 'Client',
                               'request_time': {'value': soon(0), 'format': 'RFC3339'}, 'problem': 'no answer'}}
        got = n.ok('POST', '/uss/v1/reports', 201, body=report)
        expect(got['exchange'] == report['exchange'] and got['report_id'], got)
        id = our_intent(declare(n, square('flight')))
        n.ok('GET', f'{USS_OI}/{id}', 200, sub='one')
        n.ok('GET', f'{USS_OI}/{id}', 200, sub='two')
        (message,) = n.ok('GET', f'/uss/v1/log_sets/{id}', 200, sub='one')['messages']
        expect(message['method'] == 'GET' and message['recorder_role'] == 'Server' and message['response_code'] == 200, message)
        expect(message['request_source'] == 'one', message)
        expect(message['url'] == f'{OUR_URL}{USS_OI}/{id}' and message['request_time']['format'] == 'RFC3339', message)
        expect(any(h.startswith('Authorization:') for h in message['headers']) and 'ey' not in ''.join(message['headers']), message)
        expect(len(n.ok('GET', '/uss/v1/log_sets/exchanges', 200, sub='two')['messages']) == 1, 'what passed with others is shown')
        n.ok('GET', f'/uss/v1/log_sets/{uuid.uuid4()}', 404)


# --- what others tell --------------------------------------------------------------------------------------------------------


def notification(reference, volumes=None, **changes):
    body = {'operational_intent_id': reference['id'], 'subscriptions': [{'subscription_id': str(uuid.uuid4()), 'notification_index': 3}]}
    if volumes is not None:
        body['operational_intent'] = details(reference, volumes, **changes)
    return body


@test
def notifications_are_taken():
    with node() as n:
        n.found()
        id, reference = n.intent('https://other.example')
        volumes = [area(10.0, 20.0, 0.2, 6, 9)]
        good = notification(reference, volumes)
        n.ok('POST', USS_OI, 204, body=good)
        n.ok('POST', USS_OI, 204, body=good)
        again = json.loads(json.dumps(good))
        again['subscriptions'][0]['notification_index'] = 4  # the same said for another reason
        n.ok('POST', USS_OI, 204, body=again)
        n.ok('POST', USS_OI, 409, body=notification(reference, [area(10.0, 20.0, 0.3, 6, 9)]))
        n.ok('POST', USS_OI, 204, body=notification(reference, [area(10.0, 20.0, 0.3, 6, 9)], version=reference['version'] + 1))
        n.ok('POST', USS_OI, 409, body=good)
        n.ok('POST', USS_OI, 403, sub='thief', body=notification(reference, volumes, manager='thief', version=9))
        n.ok('POST', USS_OI, 403, sub='thief', body=notification(reference))
        n.ok('POST', USS_OI, 403, body=notification(reference | {'id': str(uuid.uuid4())}, volumes, manager='somebody'))
        n.ok('POST', USS_OI, 204, body=notification(reference))
        n.ok('POST', USS_OI, 204, body=notification({'id': str(uuid.uuid4())}))
        expect(n.metrics()['deconflict_uss_heard'] == 0, n.metrics())
        bad = [('operational_intent_id', None), ('operational_intent_id', 'x'), ('subscriptions', []), ('subscriptions', None),
               ('subscriptions', [{'subscription_id': str(uuid.uuid4())}]), ('subscriptions', [{'subscription_id': 'x', 'notification_index': 1}]),
               ('subscriptions', [{'subscription_id': str(uuid.uuid4()), 'notification_index': -1}]), ('operational_intent', 7),
               ('operational_intent', {}), ('operational_intent', {'reference': {}, 'details': {}})]
        for member, value in bad:
            n.ok('POST', USS_OI, 400, body=good | {member: value})
        for member, value in (('id', str(uuid.uuid4())), ('ovn', 'short'), ('ovn', None), ('state', 'Ended'), ('version', 'x'), ('manager', 5)):
            n.ok('POST', USS_OI, 400, body=notification(reference, volumes, **{member: value}))
        n.ok('POST', USS_OI, 400, body=notification(reference, []))
        n.ok('POST', USS_OI, 400, body=notification(reference, [area(95.0, 20.0)]))
        for body in ('', '{', '[]', '{"a":1,"a":2}', b'\xff', '[' * 100):
            n.ok('POST', USS_OI, 400, body=body)
        constraint = {'constraint_id': str(uuid.uuid4()), 'subscriptions': good['subscriptions']}
        n.ok('POST', '/uss/v1/constraints', 204, scope=CM, body=constraint)
        mine = {k: v for k, v in reference.items() if k not in ('state', 'subscription_id')} | {'id': constraint['constraint_id'], 'ovn': 'x' * 20}
        n.ok('POST', '/uss/v1/constraints', 204, scope=CM, body=constraint | {'constraint': {'reference': mine, 'details': {'volumes': volumes}}})
        n.ok('POST', '/uss/v1/constraints', 400, scope=CM, body=constraint | {'constraint': {'reference': mine, 'details': {'volumes': []}}})


# --- telling subscribers ---------------------------------------------------------------------------------------------------------


@test
def subscribers_are_told():
    with Mock() as mock, node(destination=[mock.url]) as n:
        n.found()
        one = [n.subscribe(f'{mock.url}/one', 'one'), n.subscribe(f'{mock.url}/one', 'one')]
        two = n.subscribe(f'{mock.url}/two', 'two')
        n.subscribe(f'{mock.url}/far', 'far', lat=40.0)
        id = our_intent(declare(n, square('flight'), square(CANARY, 10.05, released=False)))
        for before, (name, event_of, state) in enumerate((('create', None, 'Accepted'), ('activate', 'activate', 'Activated'), ('end', 'end', None))):
            if event_of:
                event(n, 'flight', event_of)
            got = mock.wait(before + 1, '/one')[-1]
            mock.wait(before + 1, '/two')
            body = got.json()
            expect(got.method == 'POST' and got.path == f'/one{USS_OI}' and body['operational_intent_id'] == id, got)
            expect({s['subscription_id'] for s in body['subscriptions']} == set(one), name, body['subscriptions'])
            expect([s['notification_index'] for s in body['subscriptions']] == [before + 1, before + 1], name, body['subscriptions'])
            if state:
                r = check_intent(body['operational_intent'], state)
                if state == 'Activated':
                    expect(n.ok('GET', f'{USS_OI}/{id}', 200)['operational_intent'] == body['operational_intent'], 'told otherwise than shown')
                expect(r['version'] == before + 1, name, r)
            else:
                expect(not body.get('operational_intent'), name, body)
            claims = claims_of(got.headers['authorization'], OWN_PUBLIC)
            expect(claims['aud'] == '127.0.0.1' and claims['scope'] == SC and claims['sub'] == 'co-uss' and claims['iss'] == OUR_URL, claims)
            expect(0 < claims['exp'] - time.time() <= 3600 and claims['jti'], claims)
        expect([s['subscription_id'] for s in mock.of('/two')[0].json()['subscriptions']] == [two], 'two')
        n.settled(sent=6, refused=0, given_up=0, dropped=0, forbidden=0)
        expect(not mock.of('/far'), mock.of('/far'))
        expect(CANARY.encode() not in b''.join(r.body for r in mock.requests), 'an undisclosed operation left')


@test
def subscribers_are_told_by_times_where_others_are():
    def now():
        return int(time.time() * 1000)

    with Mock() as mock, node('--time-based-notification-index', destination=[mock.url]) as n:
        n.found()
        id = n.subscribe(f'{mock.url}/one', 'one')
        for k in range(2):
            before = now()
            declare(n, square('flight')) if k == 0 else event(n, 'flight', 'activate')
            said = mock.wait(k + 1, '/one')[k].json()['subscriptions']
            expect([s['subscription_id'] for s in said] == [id], said)
            day = 86400000
            expect((said[0]['notification_index'] - before) % day <= now() - before, said, before)


@test
def subscribers_are_told_of_constraints():
    with Mock() as mock, node(destination=[mock.url]) as n:
        n.found()
        n.subscribe(f'{mock.url}/flights', 'one')
        both = n.subscribe(f'{mock.url}/both', 'two', constraints=True)
        n.subscribe(f'{mock.url}/rules', 'three', intents=False, constraints=True)
        id = our_constraint(declare(n, square('closed', constraint=True), square(CANARY, 10.05, constraint=True, released=False)))
        body = mock.wait(1, '/both')[0].json()
        expect(mock.wait(1, '/rules')[0].path == f'/rules{USS_CR}', mock.of('/rules')[0].path)
        expect(body['constraint_id'] == id and set(body) == {'constraint_id', 'constraint', 'subscriptions'}, body)
        expect([s['subscription_id'] for s in body['subscriptions']] == [both], body)
        check_constraint(body['constraint'])
        expect(n.ok('GET', f'{USS_CR}/{id}', 200, scope=CP)['constraint'] == body['constraint'], 'told otherwise than shown')
        claims = claims_of(mock.of('/both')[0].headers['authorization'], OWN_PUBLIC)
        expect(claims['scope'] == CM and claims['sub'] == 'co-uss', claims)
        # A flight from now on: two changes, of two kinds.
        flight = our_intent(put(n, 'closed', square('closed')))
        told = {r.path: r.json() for r in mock.wait(3, '/both')[1:]}
        expect(set(told) == {f'/both{USS_CR}', f'/both{USS_OI}'}, told)
        expect(told[f'/both{USS_CR}'].get('constraint') is None and told[f'/both{USS_CR}']['constraint_id'] == id, told)
        expect(told[f'/both{USS_OI}']['operational_intent_id'] == flight, told)
        mock.wait(2, '/rules')
        mock.wait(1, '/flights')
        n.settled(sent=6, refused=0, given_up=0, dropped=0, forbidden=0)
        expect(len(mock.of('/flights')) == 1 and len(mock.of('/rules')) == 2, [r.path for r in mock.requests])
        expect(CANARY.encode() not in b''.join(r.body for r in mock.requests), 'an undisclosed operation left')


@test
def tries_are_counted():
    plan = {'/down': [503] * 9, '/slow': [429, 503, 204] * 9, '/gone': [404], '/conflict': [409], '/redirect': [302] * 9,
            '/huge': ['huge'] * 9, '/fine': [204] * 9}
    elsewhere, port, seen = silent_port()

    def answer(request):
        name = '/' + request.path.split('/')[1]
        step = plan[name].pop(0)
        if step == 'huge':
            return 200, {}, b'x' * (1 << 20)
        return step, {'Location': f'http://127.0.0.1:{port}/'} if step == 302 else {}, b'{}'

    with Mock(answer) as mock, Mock(lambda _: None) as drop, node(destination=[mock.url, drop.url]) as n:
        n.found()
        for name in plan:
            n.subscribe(mock.url + name, name[1:])
        n.subscribe(drop.url + '/drop', 'drop')
        declare(n, square('flight'))
        n.until(lambda: n.metrics()['deconflict_uss_waiting'] == 0, 'tries go on')
        tries = {name: len(mock.of(name)) for name in plan} | {'/drop': len(drop.of('/drop'))}
        expect(tries == {'/down': 3, '/slow': 3, '/gone': 1, '/conflict': 1, '/redirect': 1, '/drop': 3, '/huge': 3, '/fine': 1}, tries)
        gaps = [b.at - a.at for a, b in zip(mock.of('/down'), mock.of('/down')[1:])]
        expect(gaps[0] >= 0.24 and gaps[1] >= 0.49, 'tried again too soon', gaps)
        n.settled(sent=2, refused=3, given_up=3, dropped=0, forbidden=0)
        expect(not seen, 'a redirect was followed')
        n.until(lambda: len(re.findall('a notification was given up', ''.join(n.log))) == 6, 'not each that was given up is in the log')
        # One that fails holds up nobody else, and is told of what comes later.
        plan['/down'] = [204] * 9
        event(n, 'flight', 'activate')
        mock.wait(2, '/fine')
        expect(check_intent(mock.wait(4, '/down')[-1].json()['operational_intent'], 'Activated'), 'down')
    elsewhere.close()


@test
def who_is_late_holds_up_nobody():
    over = threading.Event()

    def late(request):
        over.wait(60)

    with Mock(late) as slow, Mock() as fast, node(destination=[slow.url, fast.url], attempts=2, timeout='1s') as n:
        n.found()
        for k in range(5):
            n.subscribe(f'{slow.url}/late{k}', 'late')
        n.subscribe(f'{fast.url}/one')
        declare(n, square('flight'))
        event(n, 'flight', 'activate')
        event(n, 'flight', 'end')
        fast.wait(3, '/one')
        n.until(lambda: n.metrics()['deconflict_uss_waiting'] == 0, 'notifications wait')
        expect(n.count('sent') == 3 and n.count('given_up') == 15, n.metrics())
        for k in range(5):
            # Whom nobody answers is not asked for each notification alone.
            expect(2 <= len(slow.of(f'/late{k}')) <= 6, slow.of(f'/late{k}'))
        # One that is asked for details and does not answer is not waited for for long.
        id, _ = n.intent(f'{slow.url}/late', lat=30.0)
        expect(n.get(f'/v1/exchange/operational_intents/{id}', 'CO').json()['details']['origin'] == 'nowhere', 'details')
        over.set()


@test
def order_holds_while_one_is_slow():
    """Changes of one intent are told one after the other, also when the first fails for a while."""
    failing = [503, 503]

    def answer(request):
        return (failing.pop() if failing else 204), {}, b''

    with Mock(answer) as mock, node(destination=[mock.url]) as n:
        n.found()
        n.subscribe(f'{mock.url}/one')
        declare(n, square('flight'))
        for what in ('activate', 'leave_volume', 'regain', 'end'):
            event(n, 'flight', what)
        n.settled(sent=5, given_up=0)
        fine = [r.json() for r in mock.of('/one')][2:]
        expect([b['subscriptions'][0]['notification_index'] for b in fine] == [1, 2, 3, 4, 5], fine)
        expect([b.get('operational_intent', {}).get('reference', {}).get('version') for b in fine] == [1, 2, 3, 4, None], 'versions')


@test
def forged_destinations_are_refused():
    """Nobody but the configured base URLs is called: not a byte, not a connection."""
    closed, port, seen = silent_port()
    with Mock() as mock, node(destination=[f'{mock.url}/utm', 'http://localhost.invalid:1/']) as n:
        n.found()
        bad = [f'http://127.0.0.1:{port}', f'http://localhost:{mock.port}/utm', f'http://127.0.0.1:{mock.port}', f'{mock.url}/utmost',
               f'{mock.url}/utm/../admin', f'{mock.url}/utm/%2e%2e/admin', f'{mock.url}/utm%2f..%2fadmin', f'{mock.url}/utm?x=', f'{mock.url}/utm#x',
               f'http://user:pass@127.0.0.1:{mock.port}/utm', f'http://127.0.0.1:{mock.port}@127.0.0.1:{port}/utm', f'http://[::1]:{port}/utm',
               f'http://[::ffff:127.0.0.1]:{mock.port}/utm', f'http://169.254.169.254/utm', f'https://127.0.0.1:{mock.port}/utm',
               f'http://127.0.0.1.nip.invalid:{mock.port}/utm', f'{mock.url}\\@127.0.0.1:{port}/utm']
        refused = 0
        for url in bad:
            body = {'extents': area(10.0, 20.0), 'uss_base_url': url, 'notify_for_operational_intents': True}
            reply = n.raw('PUT', f'/dss/v1/subscriptions/{uuid.uuid4()}', body=body)
            expect(reply.status in (200, 400), url, reply.status, reply.body)
            refused += reply.status == 200
        expect(refused >= 8, 'few of the forged URLs could be tried:', refused)
        good = n.subscribe(f'http://127.0.0.1:{mock.port}/utm/', 'good')
        also = n.subscribe(f'http://127.1:{mock.port}/utm/deeper', 'good')  # the same place, otherwise written
        declare(n, square('flight'))
        mock.wait(1, '/utm')
        mock.wait(1, '/utm/deeper')
        n.until(lambda: n.count('sent') == 2, 'the good ones are not told')
        n.settled(sent=2, forbidden=refused, refused=0, given_up=0)
        expect({r.path for r in mock.requests} == {f'/utm{USS_OI}', f'/utm/deeper{USS_OI}'}, mock.requests)
        told = {s['subscription_id'] for r in mock.requests for s in r.json()['subscriptions']}
        expect(told == {good, also}, told)
        expect(not seen, 'a port that nobody named was connected to')
        # Nor is anybody else asked for details.
        for k, url in enumerate((f'http://127.0.0.1:{port}', f'{mock.url}/utm/../x')):
            id, _ = n.intent(url, lat=30.0 + k)
            whole = n.get(f'/v1/exchange/operational_intents/{id}', 'CO').json()
            expect(whole['details']['origin'] == 'nowhere' and 'not called' in whole['details']['why'], whole)
        expect(not seen and len(mock.requests) == 2, 'details were asked for')
    closed.close()


@test
def without_destinations_nobody_is_called():
    closed, port, seen = silent_port()
    with node() as n:
        n.found()
        n.subscribe(f'http://127.0.0.1:{port}')
        id, _ = n.intent(f'http://127.0.0.1:{port}', lat=30.0)
        declare(n, square('flight'))
        expect(n.get(f'/v1/exchange/operational_intents/{id}', 'CO').json()['details']['origin'] == 'nowhere', 'details')
        expect(not seen, 'somebody was called')
    closed.close()


@test
def what_is_untold_survives_a_crash():
    """A node that is killed with notifications in hand tells them after its restart: what stands now, to those who want it now."""
    import signal
    mock = Mock(lambda request: None)
    with node(attempts=100, destination=[mock.url]) as n:
        n.found()
        n.subscribe(f'{mock.url}/one')
        n.subscribe(f'{mock.url}/rules', intents=False, constraints=True)
        gone = our_intent(declare(n, square('gone', 10.0)))
        stays = our_intent(declare(n, square('stays', 10.3)))
        event(n, 'gone', 'cancel')
        ended = our_constraint(declare(n, square('ended', 10.0, constraint=True)))
        closed = our_constraint(declare(n, square('closed', 10.3, constraint=True)))
        event(n, 'ended', 'cancel')
        mock.wait(1, '/one')
        n.stop(signal.SIGKILL)
        mock.close()
        mock = Mock(port=mock.port)
        n.start()
        mock.wait(2, '/one')
        mock.wait(2, '/rules')
        n.settled(sent=4)
        rules = {r.json()['constraint_id']: r.json() for r in mock.of('/rules')}
        expect(set(rules) == {ended, closed} and not rules[ended].get('constraint'), rules)
        check_constraint(rules[closed]['constraint'])
        told = {r.json()['operational_intent_id']: r.json() for r in mock.of('/one')}
        expect(set(told) == {gone, stays}, told)
        expect(not told[gone].get('operational_intent'), told[gone])
        check_intent(told[stays]['operational_intent'], 'Accepted')
        expect(told[stays]['subscriptions'][0]['notification_index'] == 3, told[stays]['subscriptions'])
        # What was told is not told again.
        position = n.position()
        n.until(lambda: int((n.data / 'uss.told').read_text()) >= position - 1, 'what was told is not written down')
        n.restart()
        event(n, 'stays', 'activate')
        mock.wait(3, '/one')
        n.settled(sent=1)
        expect([r.json()['operational_intent']['reference']['state'] for r in mock.of('/one')[2:]] == ['Activated'], 'told again')
    mock.close()


# --- tokens --------------------------------------------------------------------------------------------------------------------


def secret_file(text):
    from api_kit import folder
    path = folder() / 'secret'
    path.write_text(text + '\n')
    return str(path)


@test
def tokens_of_a_service():
    """OAuth 2.0 client credentials: by Basic, by parameters in the body, by GET without a secret; kept until shortly before they end."""
    import base64
    import urllib.parse
    mode, asked, given = {'now': 'basic'}, [], []

    def answer(request):
        if not request.path.startswith('/token'):
            if request.headers['authorization'].split(' ')[1] == mode.get('revoked'):
                return 401, {}, b'{}'
            return 204, {}, b''
        url = urllib.parse.urlparse(request.path)
        form = dict(urllib.parse.parse_qsl(request.body.decode() or url.query))
        asked.append((request.method, form, request.headers.get('authorization')))
        if mode['now'] == 'body' and 'client_secret' not in form:
            return 401, {}, b'{"error":"invalid_client"}'
        token = bearer('co-uss', form['scope'], form.get('audience') or form['intended_audience'], 3600)
        given.append(token)
        return 200, {}, {'access_token': token} | ({} if mode['now'] == 'dummy' else {'token_type': 'Bearer', 'expires_in': 1800})

    def ways(mock, way, *arguments):
        mode.clear()
        mode['now'] = way
        asked.clear()
        given.clear()
        return node('--uss-token-url', f'{mock.url}/token', '--uss-token-client', 'co client', *arguments, destination=[mock.url], own_tokens=False)

    with Mock(answer) as mock:
        for way in ('basic', 'body', 'dummy'):
            secret = ['--uss-token-secret', secret_file('s3cret & more')] if way != 'dummy' else []
            with ways(mock, way, *secret) as n:
                n.found()
                mock.requests.clear()
                for k in range(3):
                    n.subscribe(f'{mock.url}/p{k}', f'p{k}')
                declare(n, square('flight'))
                event(n, 'flight', 'activate')
                n.settled(sent=6, given_up=0)
                used = {r.headers['authorization'].split(' ')[1] for r in mock.requests if not r.path.startswith('/token')}
                expect(used == {given[0]} and len(given) == 1, way, len(given), 'tokens were asked for')
                method, form, authorization = asked[-1]
                expect(form['grant_type'] == 'client_credentials' and form['scope'] == SC, form)
                if way == 'dummy':
                    expect(method == 'GET' and form['intended_audience'] == '127.0.0.1' and form['sub'] == 'co client' and form['issuer'], form)
                else:
                    expect(method == 'POST' and form['audience'] == '127.0.0.1', method, form)
                if way == 'basic':
                    expect(base64.b64decode(authorization.split(' ')[1]) == b'co client:s3cret & more', authorization)
                if way == 'body':
                    expect(len(asked) == 2 and form['client_id'] == 'co client' and form['client_secret'] == 's3cret & more', asked)
                # One that is taken no more is replaced, once and at once.
                mode['revoked'] = given[0]
                event(n, 'flight', 'leave_volume')
                n.settled(sent=9, refused=0, given_up=0)
                expect(len(given) == 2, way, len(given), 'tokens')
                expect(given[0] not in ''.join(n.log) and 's3cret' not in ''.join(n.log), 'the log has secrets')


@test
def a_token_service_that_fails():
    def answer(request):
        return (500, {}, b'{}') if request.path.startswith('/token') else (204, {}, b'')

    with Mock(answer) as mock:
        with node('--uss-token-url', f'{mock.url}/token', '--uss-token-client', 'co', destination=[mock.url], own_tokens=False) as n:
            n.found()
            n.subscribe(f'{mock.url}/one')
            declare(n, square('flight'))
            n.settled(sent=0, given_up=1)
            expect(not mock.of('/one'), 'told without a token')
            expect('no token' in ''.join(n.log), ''.join(n.log))


# --- others' details ---------------------------------------------------------------------------------------------------------------


@test
def details_of_others():
    said = {}

    def answer(request):
        id = request.path.split('/')[-1]
        return said.get(id, (404, {}, {'message': 'none'}))

    with Mock(answer) as mock, node(destination=[mock.url]) as n:
        n.found()
        declare(n, square('meets', 10.1, 20.1, released=False), square('meets-not', 11.0, released=False), square('meets-too', 10.15))
        id, reference = n.intent(f'{mock.url}/other', key=[n.ok('GET', f'{USS_OI}/{r["id"]}', 200)['operational_intent']['reference']['ovn']
                                                           for r in n.query()])
        look = f'/v1/exchange/operational_intents/{id}'
        whole = n.get(look, 'CO').json()
        expect(whole['details'] == {'origin': 'nowhere', 'why': 'its manager answers with status 404'}, whole['details'])
        good = {'operational_intent': details(reference, [area(10.0, 20.0, 0.2, 6, 9)])}
        said[id] = (200, {}, good)
        whole = n.get(look, 'CO').json()
        expect(whole['details']['origin'] == 'fetched' and whole['details']['version'] == reference['version'], whole['details'])
        expect(whole['details']['priority'] == 7 and len(whole['details']['features']['features']) == 1, whole['details'])
        expect(sorted(m['operation'] for m in whole['meets']) == ['meets', 'meets-too'], whole['meets'])
        expect(whole['intent']['manager'] == 'other' and 'ovn' not in json.dumps(whole['intent']), whole['intent'])
        asked = mock.of('/other', 'GET')[-1]
        claims = claims_of(asked.headers['authorization'], OWN_PUBLIC)
        expect(asked.path == f'/other{USS_OI}/{id}' and claims['scope'] == SC and claims['aud'] == '127.0.0.1', asked, claims)
        # What is wrong with an answer is said, and nothing of it is shown.
        for bad, word in ((details(reference | {'id': str(uuid.uuid4())}, [area(10, 20)]), 'another intent'),
                          (details(reference, [area(10, 20)], manager='liar'), 'another manager'), (details(reference, []), 'volumes'),
                          (details(reference, [area(10, 20) | {'time_end': None}]), 'end')):
            said[id] = (200, {}, {'operational_intent': bad})
            why = n.get(look, 'CO').json()['details']
            expect(why['origin'] == 'nowhere' and word in why['why'], why, 'expected', word)
        for status, body in ((200, b'no json'), (302, b''), (500, b'{}'), (200, b'x' * (17 << 20))):
            said[id] = (status, {'Location': mock.url} if status == 302 else {}, body)
            expect(n.get(look, 'CO').json()['details']['origin'] == 'nowhere', status)
        # What its manager told is taken without asking, while it is of the version that stands.
        count = len(mock.requests)
        n.ok('POST', USS_OI, 204, body={'operational_intent_id': id, 'operational_intent': good['operational_intent'],
                                        'subscriptions': [{'subscription_id': str(uuid.uuid4()), 'notification_index': 1}]})
        whole = n.get(look, 'CO').json()
        expect(whole['details']['origin'] == 'notified' and len(mock.requests) == count, whole['details'])
        expect(sorted(m['operation'] for m in whole['meets']) == ['meets', 'meets-too'], whole['meets'])
        # Our own, and who may look.
        own = next(r['id'] for r in n.query() if r['manager'] == 'co-uss')
        whole = n.get(f'/v1/exchange/operational_intents/{own}', 'cell').json()
        expect(whole['details']['origin'] == 'own' and [m['operation'] for m in whole['meets']] == ['meets'], whole)
        n.get(look, 'RU', 403)
        n.get('/v1/exchange/operational_intents', 'RU', 403)
        n.get('/v1/exchange/operational_intents/x', 'CO', 404)
        n.get(f'/v1/exchange/operational_intents/{uuid.uuid4()}', 'CO', 404)


def corridor(name, lon, length, km):
    """A long and wide one, above what one polygon of the exchange may be."""
    line = [[lon + length * k / 4, 10.0 + 0.3 * (k % 2)] for k in range(5)]
    f = square(name)
    f['geometry'] = {'type': 'LineString', 'coordinates': line}
    f['properties'] |= {'shape': 'corridor', 'half_width': {'value': km, 'unit': 'km'}}
    return f


@test
def large_volumes_are_split_and_joined():
    said = {}
    with Mock(lambda request: said.get(request.path.split('/')[-1], (404, {}, {}))) as mock, node(destination=[mock.url]) as n:
        n.found()
        ring = [[20, 10], [23, 10], [23, 12], [20, 12], [20, 10]]
        big = square('big', lat=10)
        big['geometry']['coordinates'] = [ring]
        told = declare(n, big, corridor('long', 30.0, 4.5, 30))
        for which, id in ((t['operation'], t['intent']['id']) for t in told['exchange']):
            ours = n.ok('GET', f'{USS_OI}/{id}', 200)['operational_intent']
            check_intent(ours, 'Accepted')
            volumes = ours['details']['volumes']
            expect(len(volumes) >= 20, which, len(volumes))
            theirs, reference = n.intent(f'{mock.url}/other', lat=40.0 if which == 'big' else 45.0)
            said[theirs] = (200, {}, {'operational_intent': ours | {'reference': ours['reference'] | {'id': theirs, 'manager': 'other'}}})
            whole = n.get(f'/v1/exchange/operational_intents/{theirs}', 'CO').json()
            expect(whole['details']['origin'] == 'fetched', whole['details'])
            expect(len(whole['details']['features']['features']) <= 4, which, len(whole['details']['features']['features']), 'features')
            expect([m['operation'] for m in whole['meets']] == [which], whole['meets'])
        # As the standard has it, nothing beside: parts stay volumes.
    with node('--strict') as n:
        n.found()
        told = declare(n, big)
        text = n.raw('GET', f'{USS_OI}/{our_intent(told)}').body
        expect(b'deconflict' not in text and len(json.loads(text)['operational_intent']['details']['volumes']) >= 20, text[:300])


@test
def what_stands_is_listed():
    with node() as n:
        n.found()
        ids = [our_intent(declare(n, square(f'own-{k}', 10 + k))) for k in range(3)]
        ids += [n.intent('https://x.example', lat=20.0 + k)[0] for k in range(4)]
        seen, after = [], 0
        while after is not None:
            page = n.get(f'/v1/exchange/operational_intents?limit=2&after={after}', 'CO').json()
            seen += page['intents']
            after = page['next']
        expect([i['id'] for i in seen] == ids and [i['own'] for i in seen] == [True] * 3 + [False] * 4, seen)
        n.get('/v1/exchange/operational_intents?limit=0', 'CO', 400)
        n.get('/v1/exchange/operational_intents?color=red', 'CO', 400)


@test
def a_declaration_says_what_it_meets():
    """It is never refused for a conflict; the reply lists intents and constraints of the exchange that its volumes meet."""
    with node() as n:
        n.found()
        met, _ = n.intent('https://met.example')
        n.intent('https://beside.example', lat=10.5)
        constraint = str(uuid.uuid4())
        n.ok('PUT', f'/dss/v1/constraint_references/{constraint}', 201, scope=CM,
             body={'extents': [area(10.1, 20.1, 0.2, 6, 9)], 'uss_base_url': 'https://rules.example'})
        told = declare(n, square('flight', 10.1, 20.05), square(CANARY, 10.0, released=False))
        (mine,) = told['exchange']
        expect(mine['operation'] == 'flight' and {m['id'] for m in mine['meets']} == {met, constraint}, mine)
        expect({m['kind'] for m in mine['meets']} == {'operational_intent', 'constraint'} and mine['left_out'] == 0, mine)
        for m in mine['meets']:
            (pair,) = m['pairs']
            expect(pair['volume'] == 0 and pair['start'] == soon(6).replace('Z', '') + 'Z' or pair['start'].startswith(soon(6)[:-1]), pair)
            expect(pair['lower_w84_m'] == 300 and pair['upper_w84_m'] == 900, pair)
        expect('ovn' not in json.dumps(mine), 'OVNs are not for a native reply')
        # The others are none the wiser for it; a later intent must know ours.
        body = {'extents': [area(10.1, 20.05, 0.2, 6, 9)], 'state': 'Accepted', 'uss_base_url': 'https://late.example', 'key': []}
        missing = n.ok('PUT', f'{OI}/{uuid.uuid4()}', 409, sub='late', body=body)['missing_operational_intents']
        expect(our_intent(told) in {r['id'] for r in missing}, missing)


# --- disclosure ----------------------------------------------------------------------------------------------------------------------


@test
def nothing_undisclosed_ever_leaves():
    """Operations with telling names, of our party and another one, not released, in every place and state: not a byte of them reaches the exchange."""
    seed = int(os.environ.get('UNDISCLOSED_SEED') or random.randrange(1 << 30))
    rnd = random.Random(seed)
    print(f'# seed {seed}')
    with Mock() as mock, node(destination=[mock.url]) as n:
        n.found()
        n.subscribe(f'{mock.url}/one', size=2.0, constraints=True)
        released, rules, hidden = {}, {}, []
        for k in range(12):
            party = rnd.choice(['CO', 'CO', 'RU'])
            open_ = party == 'CO' and rnd.random() < 0.5
            name = f'open-{k}' if open_ else f'{CANARY}-{k}'
            to = ['exchange'] if open_ else rnd.choice([[], ['RU'], ['CO', 'RU']])
            f = square(name, 10 + rnd.random(), 20 + rnd.random(), released=False, party=party, **({'label': {'releasable_to': to}} if to else {}))
            f['properties']['note'] = CANARY
            if rnd.random() < 0.4:
                f['properties']['constraint'] = True
            told = n.send('POST', '/v1/operations?options=none', party, collection(f), 201).json()
            expect(('exchange' in told) == open_, name, told.get('exchange'))
            if open_ and f['properties'].get('constraint'):
                rules[our_constraint(told)] = name
            elif open_:
                released[our_intent(told)] = name
            else:
                hidden.append((party, name))
        for party, name in hidden:
            n.send('POST', f'{path_of(party, name)}/events/activate', party, None, 200)
        expect({r['id'] for r in n.query(size=2.0)} == set(released), 'what stands in the exchange')
        found = n.ok('POST', f'{CR}/query', 200, scope=CP, body={'area_of_interest': area(10.0, 20.0, 2.0)})['constraint_references']
        expect({r['id'] for r in found} == set(rules), 'what constraints stand in the exchange')
        n.settled(sent=len(released) + len(rules))
        for id in rules:
            n.ok('GET', f'{USS_CR}/{id}', 200, scope=CP)
            n.ok('GET', f'{CR}/{id}', 200, scope=CP)
        for id in released:
            n.ok('GET', f'{USS_OI}/{id}', 200)
            n.ok('GET', f'{OI}/{id}', 200)
        own = str(uuid.uuid4())
        n.raw('PUT', f'{OI}/{own}', body={'extents': [area(10.0, 20.0, 2.0)], 'state': 'Accepted', 'uss_base_url': 'https://x.example', 'key': []})
        n.raw('GET', '/uss/v1/log_sets/exchanges')
        n.raw('PUT', f'/dss/v1/subscriptions/{uuid.uuid4()}', body={'extents': area(10.0, 20.0, 2.0), 'uss_base_url': 'https://x.example',
                                                                   'notify_for_operational_intents': True})
        left = b''.join(n.heard) + b''.join(r.body + r.path.encode() + str(r.headers).encode() for r in mock.requests)
        expect(all(id.encode() in left for id in [*released, *rules]), 'what is released was not heard')
        expect(CANARY.encode() not in left, 'an undisclosed operation left')
        # Names inside our party are ours alone too.
        expect(not any(name.encode() in left for name in [*released.values(), *rules.values()]), 'a native name left')


run_tests(sys.argv[3:])
