#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where aircraft are: what a party tells of its own operations, what the exchange gets of it and when, and that it is nowhere else.  Every native
reply is held against the OpenAPI document.

    telemetry.py DECONFLICT SOURCE_ROOT [TEST...]"""
import json
import pathlib
import sys
import threading
import time

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from api_kit import Document, Events, collection, expect, path_of, run_tests, test
from exchange_schema import ID, MOMENT, boolean, faults, maybe, one_of
from uss_kit import SA, SC, UssNode, square

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
document = Document(root / 'data' / 'openapi.json')
USS_OI = '/uss/v1/operational_intents'
# A place that stands nowhere else: whatever shows it shows a position.
SECRET = (20.1414213, 10.0577215)
CANARIES = (b'20.1414213', b'10.0577215')


def number(least, most):
    def check(v):
        if not isinstance(v, (int, float)) or isinstance(v, bool) or not least <= v <= most:
            return f'is not a number from {least} to {most}'
    return check


# GetOperationalIntentTelemetryResponse of F3548-21.
ALTITUDE = {'value': number(-8000, 100000), 'reference': one_of('W84'), 'units': one_of('M')}
TELEMETRY = {
    'operational_intent_id': ID,
    'telemetry': {
        'time_measured': MOMENT,
        'position': {
            'longitude': number(-180, 180), 'latitude': number(-90, 90), 'extrapolated': boolean, 'altitude': maybe(ALTITUDE),
            'accuracy_h': one_of('HAUnknown', 'HA10NMPlus', 'HA10NM', 'HA4NM', 'HA2NM', 'HA1NM', 'HA05NM', 'HA03NM', 'HA01NM', 'HA005NM', 'HA30m', 'HA10m',
                                 'HA3m', 'HA1m'),
            'accuracy_v': one_of('VAUnknown', 'VA150mPlus', 'VA150m', 'VA45m', 'VA25m', 'VA10m', 'VA3m', 'VA1m')},
        'velocity': maybe({'speed': number(0, 10000), 'units_speed': one_of('MetersPerSecond'), 'track': number(0, 360)})},
    'next_telemetry_opportunity': maybe(MOMENT)}


def node(*arguments):
    return UssNode(program, document, *arguments)


def now(seconds=0.0):
    t = time.time() + seconds
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(t)) + f'.{int(t % 1 * 1000):03}Z'


def report(**more):
    """One position, the latest so far; a member that is None is left out."""
    body = {'time': now(), 'at': list(SECRET), 'altitude': {'value': 550, 'unit': 'm', 'ref': 'W84'}} | more
    return {k: v for k, v in body.items() if v is not None}


def path(name='flight', party='CO'):
    return path_of(party, name) + '/telemetry'


def put(n, status=200, name='flight', by='CO', body=None, **more):
    return n.send('PUT', path(name), by, report(**more) if body is None else body, status).json()


def intent_of(told):
    return told['exchange'][0]['intent']['id'] if 'exchange' in told else None


def declare(n, *features):
    return intent_of(n.send('POST', '/v1/operations?options=none', 'CO', collection(*features), 201).json())


def event(n, what, name='flight'):
    return n.send('POST', f'{path_of("CO", name)}/events/{what}', 'CO', None, 200).json()


def told(n, id, status=200, **more):
    got = n.ok('GET', f'{USS_OI}/{id}/telemetry', status, scope=SA, **more)
    if status == 200:
        wrong = faults(TELEMETRY, got, extra=True)
        expect(not wrong and got['operational_intent_id'] == id, wrong, got)
    return got


def held(n):
    return n.metrics()['deconflict_telemetry_held']


@test
def from_first_to_last():
    with node() as n:
        n.found()
        id = declare(n, square('flight'))
        told(n, id, 409)
        n.get(path(), 'CO', 404)
        got = put(n, accuracy_h_m=4, accuracy_v_m=9.9, speed={'value': 36, 'unit': 'km/h'}, track_deg=359.99999, next=now(5))
        expect(got['state'] == 'DECLARED' and got['at'] == list(SECRET) and got['altitude'] == {'value': 550, 'unit': 'm', 'ref': 'W84'}, got)
        expect(got['speed'] == {'value': 10, 'unit': 'm/s'} and got['extrapolated'] is False and got['exchange']['told'] is False, got)
        expect(n.get(path(), 'CO').json() == got == n.get(path(), 'read:CO').json() == n.get(path(), 'cell').json(), 'read again')
        for what, status in (('activate', 409), ('leave_volume', 200), ('regain', 409), ('leave_volume', 200), ('give_up', 200)):
            event(n, what)
            t = told(n, id, status)
            expect(n.get(path(), 'CO').json()['exchange'] == {'told': status == 200, 'telemetry': got['exchange']['telemetry']}, what)
            if status == 200:
                expect(t['telemetry'] == got['exchange']['telemetry'] and 'deconflict' not in t, t, got)
        p, v = t['telemetry']['position'], t['telemetry']['velocity']
        expect((p['longitude'], p['latitude']) == SECRET and p['altitude'] == {'value': 550, 'reference': 'W84', 'units': 'M'}, p)
        expect((p['accuracy_h'], p['accuracy_v'], p['extrapolated']) == ('HA10m', 'VA10m', False), p)
        expect(v == {'speed': 10, 'units_speed': 'MetersPerSecond', 'track': 359.999} and t['next_telemetry_opportunity'], t)
        # The newest counts; of the same time the last said.
        first = now(-3)
        expect(n.send('PUT', path(), 'CO', report(time=first), 409).kind() == 'older', 'older')
        second = now()
        put(n, time=second, track_deg=90)
        put(n, time=second, speed={'value': 1, 'unit': 'kt'})
        t = told(n, id)
        expect(t['telemetry']['velocity'] == {'speed': 0.514, 'units_speed': 'MetersPerSecond', 'track': 360} and 'next_telemetry_opportunity' not in t, t)
        expect((t['telemetry']['position']['accuracy_h'], t['telemetry']['position']['accuracy_v']) == ('HAUnknown', 'VAUnknown'), t)
        # Taken back from the exchange: not there for it, still the party's own.  A version that replaces one that stands keeps the position.
        n.send('PUT', path_of('CO', 'flight') + '?options=none', 'CO', collection(square('flight', released=False)), 201)
        told(n, id, 404)
        expect('exchange' not in n.get(path(), 'CO').json() and held(n) == 1, 'taken back')
        id = intent_of(n.send('PUT', path_of('CO', 'flight') + '?options=none', 'CO', collection(square('flight')), 201).json())
        told(n, id, 409)
        event(n, 'activate'), event(n, 'emergency')
        told(n, id)
        # The end; and another flight of that name has no position of the one before.
        event(n, 'end')
        told(n, id, 404)
        n.get(path(), 'CO', 404)
        expect(held(n) == 0 and n.send('PUT', path(), 'CO', report(), 409).kind() == 'state' and held(n) == 0, 'the end')
        id = declare(n, square('flight'))
        event(n, 'activate'), event(n, 'leave_volume')
        told(n, id, 412)
        n.get(path(), 'CO', 404)
        put(n)
        told(n, id)
        n.restart()
        told(n, id, 412)
        n.get(path(), 'CO', 404)
        m = n.metrics()
        expect([m[f'deconflict_telemetry_total{{result="{r}"}}'] for r in ('taken', 'older', 'refused', 'told')] == [0, 0, 0, 0], m)


@test
def what_is_refused():
    rows = [({'time': None}, '/time'), ({'time': '2026-11-22T12:00:00'}, '/time'), ({'time': 1764000000}, '/time'), ({'time': now(60)}, '/time'),
            ({'time': now(-90000)}, '/time'), ({'time': '1970-01-01T00:00:00Z'}, '/time'), ({'time': 'yesterday'}, '/time'),
            ({'at': None}, '/at'), ({'at': [20]}, '/at'), ({'at': [20, 10, 300]}, '/at'), ({'at': [20, 90.1]}, '/at'), ({'at': [180.1, 10]}, '/at'),
            ({'at': ['20', '10']}, '/at'), ({'at': {'lon': 20, 'lat': 10}}, '/at'), ({'at': '20,10'}, '/at'),
            ({'altitude': 500}, '/altitude'), ({'altitude': {'value': 500, 'ref': 'MSL'}}, '/altitude/unit'),
            ({'altitude': {'value': 500, 'unit': 'm'}}, '/altitude/ref'), ({'altitude': {'value': '500', 'unit': 'm', 'ref': 'MSL'}}, '/altitude/value'),
            ({'altitude': {'value': 'UNL'}}, '/altitude/value'), ({'altitude': {'value': 100, 'unit': 'FL', 'ref': 'MSL'}}, '/altitude/ref'),
            ({'altitude': {'value': 1e30, 'unit': 'm', 'ref': 'MSL'}}, '/altitude/value'),
            ({'accuracy_h_m': 0}, '/accuracy_h_m'), ({'accuracy_h_m': -1}, '/accuracy_h_m'), ({'accuracy_v_m': '3'}, '/accuracy_v_m'),
            ({'accuracy_v_m': 1e9}, '/accuracy_v_m'), ({'speed': 12}, '/speed'), ({'speed': {'value': -1, 'unit': 'kt'}}, '/speed/value'),
            ({'speed': {'value': 1, 'unit': 'mph'}}, '/speed/unit'), ({'speed': {'value': 1e9, 'unit': 'm/s'}}, '/speed/value'),
            ({'track_deg': 360}, '/track_deg'), ({'track_deg': -0.1}, '/track_deg'), ({'track_deg': 'N'}, '/track_deg'),
            ({'extrapolated': 'yes'}, '/extrapolated'), ({'extrapolated': True}, '/accuracy_h_m'),
            ({'extrapolated': True, 'accuracy_h_m': 5}, '/accuracy_v_m'), ({'next': now(-60)}, '/next'), ({'next': 'soon'}, '/next'),
            ({'accuracy_h': 5}, '/accuracy_h'), ({'a~/b': 1}, '/a~0~1b'), ({'exercise': True}, '/exercise')]
    texts = ['', '{', '[]', '7', 'null', '{"time":"' + now() + '","time":"' + now() + '","at":[20,10]}', b'{"at":"\xff"}', '{"at":[1e400,10]}', '[' * 500,
             '{"a":' * 200 + '1' + '}' * 200]
    with node() as n:
        n.found()
        declare(n, square('flight'))
        for change, pointer in rows:
            problem = put(n, 422, **change)
            expect(pointer in [e['pointer'] for e in problem['errors']] and problem['type'] == '/problems/refused', change, problem)
        for text in texts:
            problem = put(n, 422, body=text)
            expect(problem['errors'][0]['pointer'] == '' and len(problem['errors']) == 1, text, problem)
        put(n, 413, body=json.dumps(report()) + ' ' * 4096)
        both = put(n, 422, at=None, speed=1)
        expect({e['pointer'] for e in both['errors']} == {'/at', '/speed'}, both)
        n.get(path(), 'CO', 404)
        put(n, 404, name='nothing')
        expect(n.send('PUT', path() + '?x=1', 'CO', report(), 400).kind() == 'bad-query', 'query')
        n.send('GET', path() + '?x=1', 'CO', None, 400)
        # What is only just fine.
        put(n, at=[-180, 90], altitude=None, extrapolated=True, accuracy_h_m=0.1, track_deg=0, time=now().replace('Z', '+00:00'), speed={'value': 0, 'unit': 'kt'})
        expect(n.get(path(), 'CO').json()['at'][1] == 90, 'the pole')
        expect(n.metrics()['deconflict_telemetry_total{result="refused"}'] == len(rows) - 1 + len(texts) + 1, n.metrics())


@test
def altitudes_as_the_exchange_has_them():
    def airspace(n, atmosphere):
        body = collection() | {'atmosphere': atmosphere}
        n.send('PUT', '/v1/airspace', 'admin', body, 200)

    def alt(value, ref, unit='m'):
        return {'value': value, 'unit': unit, 'ref': ref}

    nothing, known = {}, {'qnh_hpa': [1010, 1016], 'geoid_height_m': [46, 50], 'terrain_ft': [1600, 1700]}
    # (atmosphere, altitude, accuracy_v_m, what is told: value +- 0.01 or None, accuracy_v)
    rows = [(nothing, alt(500, 'W84'), 0.5, 500, 'VA1m'), (nothing, alt(500, 'W84'), 1, 500, 'VA3m'), (nothing, alt(500, 'W84'), 149, 500, 'VA150m'),
            (nothing, alt(500, 'W84'), 150, 500, 'VA150mPlus'), (nothing, alt(500, 'W84'), None, 500, 'VAUnknown'),
            (nothing, alt(500, 'MSL'), 10, 489.5, 'VA150m'),       # the geoid may be 107 m below and 86 m above
            (nothing, alt(500, 'MSL'), 60, 489.5, 'VA150mPlus'), (nothing, alt(500, 'STD'), 10, None, 'VAUnknown'),
            (nothing, alt(50, 'AGL'), 1, None, 'VAUnknown'), (known, alt(500, 'MSL'), 0.5, 548, 'VA3m'), (known, alt(500, 'MSL'), None, 548, 'VAUnknown'),
            (known, alt(100, 'AGL', 'ft'), 5, 581.4, 'VA25m'), (known, alt(20, 'STD', 'FL'), 5, 655.2, 'VA45m'),
            (known, alt(-9000, 'W84'), 1, None, 'VAUnknown'), (known, alt(100001, 'W84'), 1, None, 'VAUnknown'), (known, None, 3, None, 'VAUnknown')]
    lateral = [(0.99, 'HA1m'), (1, 'HA3m'), (3, 'HA10m'), (29.9, 'HA30m'), (30, 'HA005NM'), (92.6, 'HA01NM'), (185.2, 'HA03NM'), (555.6, 'HA05NM'),
               (926, 'HA1NM'), (1852, 'HA2NM'), (3704, 'HA4NM'), (7408, 'HA10NM'), (18520, 'HA10NMPlus')]
    with node() as n, node('--strict') as strict:
        for one in (n, strict):
            one.found()
            one.id = declare(one, square('flight'))
            event(one, 'activate'), event(one, 'emergency')
        last = None
        for atmosphere, altitude, accuracy, value, word in rows:
            if atmosphere is not last:
                airspace(n, atmosphere)
                last = atmosphere
            put(n, altitude=altitude, accuracy_v_m=accuracy)
            t = told(n, n.id)
            p = t['telemetry']['position']
            expect(p['accuracy_v'] == word and ('altitude' in p) == (value is not None), altitude, accuracy, p)
            expect(value is None or abs(p['altitude']['value'] - value) < (30 if altitude['ref'] == 'STD' else 0.01), altitude, p)
            sure = altitude is None or altitude['ref'] == 'W84'
            expect(('deconflict' in t) == (not sure), altitude, t)
            if not sure:
                low, high = t['deconflict']['altitude_lower']['value'], t['deconflict']['altitude_upper']['value']
                expect(low < high and (value is None or abs((low + high) / 2 - p['altitude']['value']) < 0.01), t)
                expect((value is None) == (high - low > 300), t)
        for accuracy, word in lateral:
            put(n, accuracy_h_m=accuracy)
            expect(told(n, n.id)['telemetry']['position']['accuracy_h'] == word, accuracy, word)
        put(strict, altitude=alt(500, 'MSL'))
        expect('deconflict' not in told(strict, strict.id), 'strict')


@test
def positions_are_nowhere_else():
    with node() as n:
        n.found()
        id = declare(n, square('flight', label={'releasable_to': ['RU', 'exchange']}))
        hidden = declare(n, square('hidden', lat=12.0, released=False))
        expect(hidden is None, 'released')
        with Events(n, 'RU') as theirs, Events(n, 'CO') as ours, Events(n, 'cell') as cells:
            event(n, 'activate'), event(n, 'leave_volume')
            put(n), put(n, name='hidden')
            told(n, id)
            event(n, 'regain')
            streams = [json.dumps(s.until(3)) for s in (theirs, ours, cells)]
        # Another party, whatever was released to it, learns nothing, not even that there is one.
        for by in ('RU', 'read:RU', 'admin'):
            for name in ('flight', 'hidden', 'nothing'):
                expect(n.get(path(name), by, 403).kind() in ('party', 'scope'), by, name)
                expect(n.send('PUT', path(name), by, report(), 403).kind() in ('party', 'scope'), by)
        for by in ('', 'garbage'):
            n.get(path(), by, 401)
            n.send('PUT', path(), by, report(), 401)
        n.send('PUT', path(), 'read:CO', report(), 403)
        # Without the scope, of what is not released, while it is nominal: nothing.
        n.ok('GET', f'{USS_OI}/{id}/telemetry', 403, scope=SC)
        told(n, id, 409)
        texts = [n.ask('GET', t, by).body for by in ('RU', 'CO', 'cell', 'admin', '') for t in
                 ('/v1/operations?state=all', path_of('CO', 'flight'), path_of('CO', 'flight') + '/conflicts', '/v1/conflicts', '/v1/node', '/metrics',
                  '/v1/exchange/operational_intents', f'/v1/exchange/operational_intents/{id}', '/checkpoint')]
        texts += [n.raw('GET', t, scope=s).body for s in (SC, SA) for t in
                  (f'{USS_OI}/{id}', f'{USS_OI}/{id}/telemetry', '/uss/v1/log_sets/exchanges', f'/uss/v1/log_sets/{id}')]
        texts += [json.dumps(n.query()).encode(), ''.join(n.log).encode(), *(s.encode() for s in streams)]
        log = n.ok('GET', f'/uss/v1/log_sets/{id}', 200)['messages']
        given = [m for m in log if m['url'].endswith('telemetry') and m['response_code'] == 200]
        expect(len(given) == 1 and given[0]['response_body'] == '' and 'not kept' in given[0]['problem'], log)
        n.stop()
        texts += [f.read_bytes() for f in n.data.rglob('*') if f.is_file()]
        for text in texts:
            for canary in CANARIES:
                expect(canary not in text and canary.replace(b'.', b'') not in text, 'a position shows in', text[:300])


@test
def many_at_once():
    """Positions come, are read and go with their operations, all at the same time; nobody is told one of an operation that is over."""
    with node() as n:
        n.found()
        names = [f'f{i}' for i in range(4)]
        ids = {name: declare(n, square(name, lat=10.0 + i)) for i, name in enumerate(names)}
        for name in names:
            event(n, 'activate', name), event(n, 'emergency', name)
        n.token('CO')
        bad, over = [], set()

        def fly(name):
            for _ in range(15):
                got = n.ask('PUT', path(name), 'CO', report())
                if got.status not in (200, 409):
                    bad.append((name, got.status, got.body))

        def look(name):
            for _ in range(15):
                was_over = name in over
                got = n.raw('GET', f'{USS_OI}/{ids[name]}/telemetry', scope=SA)
                if got.status not in (200, 404, 412) or (was_over and got.status != 404):
                    bad.append((name, was_over, got.status, got.body))

        threads = [threading.Thread(target=f, args=(name,)) for name in names for f in (fly, look)]
        for t in threads:
            t.start()
        for name in names:
            event(n, 'end', name)
            over.add(name)
        for t in threads:
            t.join()
        expect(not bad, bad)
        expect(held(n) == 0, n.metrics())


@test
def every_status_of_the_document_was_met():
    template = path_of('{party}', '{operation}').replace('%7B', '{').replace('%7D', '}') + '/telemetry'
    met = {(method, status) for method, t, status in document.seen if t == template}
    missing = {'GET': {200, 401, 403, 404}, 'PUT': {200, 400, 401, 403, 404, 409, 413, 422}}
    missing = {(method, status) for method, all in missing.items() for status in all} - met
    expect(set(document.doc['paths'][template]) == {'get', 'put'} and not missing, missing)


run_tests(sys.argv[3:])
