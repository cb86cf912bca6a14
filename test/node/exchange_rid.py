# SPDX-License-Identifier: Apache-2.0
"""Rows of EXCHANGE_API.md 1.4: F3411-19 and F3411-22a over one store."""
import time

from exchange_kit import Rid, at, circle, expect, notified, row, soon_over, table, wrapped
from exchange_schema import DP, R, SP, W, random_id

DIGITS = '0123456789abcdefghijklmnopqrstuv'


def each(section, sentence, ours=False):
    """The same row for both versions."""
    def take(function):
        for v1 in (True, False):
            row(f'{section} [{"v1" if v1 else "v2"}]', sentence, ours=ours)(lambda w, v1=v1: function(Rid(w, v1), w))
        return function
    return take


def each_of(section, cases, function):
    for v1 in (True, False):
        table(f'{section} [{"v1" if v1 else "v2"}]', cases, lambda w, *a, v1=v1: function(Rid(w, v1), *a))


def kept(body, change):
    return {k: v for k, v in (body | change).items() if v is not ...}


# --- identification service areas -----------------------------------------------------------------------------------------------------------

@each('1.4 ISA', 'PUT 200, GET, search, update 200, DELETE 200')
def _(r, w):
    id, put = r.put('isa')
    a = put['service_area']
    expect((a['id'], a['owner']) == (id, 'uss1') and a['flights_url' if r.v1 else 'uss_base_url'] == 'https://uss1.test/rid' and put['subscribers'] == [], put)
    expect(r.get('isa', id)['service_area'] == a and r.search('isa') == {id: a}, 'GET and search')
    _i, put = r.put('isa', id=id, version=a['version'], url='https://uss1.test/other')
    b = put['service_area']
    expect(b['version'] != a['version'] and 'other' in (b.get('flights_url') or b['uss_base_url']), b)
    expect(r.delete('isa', id, b['version'])['service_area']['id'] == id, 'DELETE')
    r.get('isa', id, ok=404)
    expect(r.search('isa') == {}, 'found after its end')


@each('1.4 ISA', 'version is base-32 of ns since epoch of the last write')
def _(r, w):
    before = time.time()
    id, put = r.put('isa')
    first = put['service_area']['version']
    _i, put = r.put('isa', id=id, version=first)
    ns = [sum(DIGITS.index(c) * 32 ** k for k, c in enumerate(reversed(v))) for v in (first, put['service_area']['version'])]
    expect(before - 5 < ns[0] / 1e9 < time.time() + 5 and ns[0] < ns[1], ns, before)


@each('1.4 ISA', 'a version that is no base 32: 400; a wrong one: 409; upper case is none')
def _(r, w):
    id, put = r.put('isa')
    for version in ('w', 'zzz', '!', '1k2m-', 'x' * 20, '%20'):
        r.put('isa', id=id, version=version, ok=400)
        r.delete('isa', id, version, ok=400)
    r.put('isa', id=id, version='1k2m3n4p', ok=409)
    r.delete('isa', id, '1k2m3n4p', ok=409)


@each('1.4 ISA', 'exists: 409; unknown: GET and DELETE 404, PUT with a version 400')
def _(r, w):
    id, put = r.put('isa')
    version = put['service_area']['version']
    r.put('isa', id=id, ok=409)
    r.get('isa', random_id(), ok=404)
    r.delete('isa', random_id(), version, ok=404)
    r.put('isa', id=random_id(), version=version, ok=400)


@each('1.4 ISA', 'update: owner (403) then version (409); delete: version first')
def _(r, w):
    id, put = r.put('isa')
    version = put['service_area']['version']
    r.put('isa', id=id, version='1k2m3n4p', sub='uss2', ok=403)
    r.put('isa', id=id, version=version, sub='uss2', ok=403)
    r.delete('isa', id, '1k2m3n4p', sub='uss2', ok=409)
    r.delete('isa', id, version, sub='uss2', ok=403)


def drop(*names):
    def change(r, body):
        at_ = body['extents']
        for n in names[:-1]:
            at_ = at_[n]
        at_.pop(names[-1])
    return change


def url_as(value):
    def change(r, body):
        name = 'flights_url' if r.v1 else 'uss_base_url'
        body.pop(name)
        if value is not ...:
            body[name] = value
    return change


def times(start, end):
    def change(r, body):
        body['extents'] = r.volume(when=(start, end))
    return change


def corners(*points):
    def change(r, body):
        spatial = body['extents']['spatial_volume' if r.v1 else 'volume']
        spatial['footprint' if r.v1 else 'outline_polygon']['vertices'] = [{'lat': r.w.lat + y * 0.01, 'lng': r.w.lng + x * 0.01} for x, y in points]
    return change


def one_corner(**to):
    def change(r, body):
        spatial = body['extents']['spatial_volume' if r.v1 else 'volume']
        spatial['footprint' if r.v1 else 'outline_polygon']['vertices'][0].update(to)
    return change


def spatial(**to):
    def change(r, body):
        it = body['extents']['spatial_volume' if r.v1 else 'volume']
        for name, value in to.items():
            name = {'lower': 'altitude_lo' if r.v1 else 'altitude_lower', 'upper': 'altitude_hi' if r.v1 else 'altitude_upper'}[name]
            it[name] = value if r.v1 else {'value': value, 'reference': 'W84', 'units': 'M'}
    return change


def no_extents(r, body):
    body.pop('extents')


EXTENTS = ('Missing or malformed required extents', 'Error parsing Volume4D')
BAD = [('extents are missing', no_extents, EXTENTS), ('no vertices', corners(), (EXTENTS[0], EXTENTS[1])), ('one vertex', corners((0, 0)), 'Not enough points in polygon'),
       ('two vertices', corners((0, 0), (1, 1)), 'Not enough points in polygon'), ('area > 2500 km2', corners((-30, -30), (30, -30), (30, 30), (-30, 30)), 'too large'),
       ('edges that cross', corners((0, 0), (2, 2), (2, 0), (0, 2)), ''), ('a closing vertex', corners((0, 0), (2, 0), (2, 2), (0, 0)), ''), ('latitude beyond 90', one_corner(lat=91), ''),
       ('longitude beyond 180', one_corner(lng=-181), ''), ('lower > upper', spatial(lower=200, upper=100), '')]
ISA_BAD = BAD + [('flights_url or uss_base_url absent', url_as(...), ''), ('empty', url_as(''), ''), ('must be https', url_as('http://uss1.test'), ''), ('no URL', url_as('uss1'), ''),
                 ('end time is required', lambda r, b: b['extents'].pop('time_end'), ''), ('start is more than 5 min in the past', times(-0.2, 1), 'IdentificationServiceArea time_start must not be in the past'),
                 ('end < start', times(2, 1), 'IdentificationServiceArea time_end must be after time_start'), ('end in the past', times(None, -0.01), ''), ('a time is none', times('soon', 1), '')]
SUB_BAD = BAD + [('longer than 24 h', times(0, 24.1), ''), ('start is more than 5 min in the past', times(-0.2, 1), ''), ('end < start', times(2, 1), '')]


def bad(r, kind, change, text):
    body = r.isa() if kind == 'isa' else r.subscription()
    change(r, body)
    reply = r.put(kind, body, ok=400)[1]
    if isinstance(text, tuple):
        text = text[0 if r.v1 else 1]
    expect(text in reply['message'], reply, 'expected', text)


each_of('1.4 ISA', [(f'400: {name}' + (f' `{text[0]}` or `{text[1]}`' if isinstance(text, tuple) else f' `{text}`' if text else ''), 'isa', change, text) for name, change, text in ISA_BAD], bad)
each_of('1.4 subscription', [(f'400: {name}', 'subscription', change, text if not isinstance(text, tuple) else '') for name, change, text in SUB_BAD], bad)


def bad_v2(w, kind, change, text):
    bad(Rid(w, False), kind, change, text)


def with_circle(r, body):
    body['extents']['volume']['outline_circle'] = circle(r.w.lat, r.w.lng, 500)


def in_v2(change):
    return lambda r, body: change(body['extents'])


V2_BAD = [('circle or polygon, not both', with_circle, ''), ('no outline: `Error parsing Volume4D: Neither outline_polygon nor outline_circle were specified in volume`', drop('volume', 'outline_polygon'),
                                                             'Error parsing Volume4D: Neither outline_polygon nor outline_circle were specified in volume'),
          ('no vertices: `Not enough points in polygon`', corners(), 'Not enough points in polygon'),
          ('time format must be RFC3339', in_v2(lambda e: e['time_end'].update(format='UNIX')), ''), ('altitude must be W84', in_v2(lambda e: e['volume']['altitude_lower'].update(reference='AGL')), ''),
          ('altitude must be M', in_v2(lambda e: e['volume']['altitude_lower'].update(units='FT')), ''),
          ('radius must be M', lambda r, b: (b['extents']['volume'].pop('outline_polygon'), with_circle(r, b), b['extents']['volume']['outline_circle']['radius'].update(units='FT')), ''),
          ('a radius beyond 3,000 km is too large', lambda r, b: (b['extents']['volume'].pop('outline_polygon'), with_circle(r, b), b['extents']['volume']['outline_circle']['radius'].update(value=3000001)), 'too large'),
          ('radius must be > 0', lambda r, b: (b['extents']['volume'].pop('outline_polygon'), with_circle(r, b), b['extents']['volume']['outline_circle']['radius'].update(value=0)), '')]
for kind in ('isa', 'subscription'):
    table(f'1.4 {kind} [v2]', [(f'400: {name}', kind, change, text) for name, change, text in V2_BAD], bad_v2)


@row('1.4 ISA [v2]', 'a circle is taken and found')
def _(w):
    r = Rid(w, False)
    id, _put = r.put('isa', r.isa(w.volume(circle(w.lat, w.lng, 5000))))
    expect(id in r.search('isa', w.box(3, 0, 5, 2)) and id not in r.search('isa', w.box(8, 8, 9, 9)), 'found')


each_of('1.4 ISA', [('no 24 h limit', 0, 60), ('start in the past by less than 5 min', -0.07, 1), ('no start: now', None, 1)],
        lambda r, start, end: r.put('isa', r.isa(r.volume(when=(start, end)))))
each_of('1.4 subscription', [('24 h', 1, 25), ('start in the past by less than 5 min', -0.07, 1), ('no start: now', None, 1), ('no end: 24 h', 1, None)],
        lambda r, start, end: r.put('subscription', r.subscription(r.volume(when=(start, end)))))


@each('1.4 ISA', 'search: ending at or after max(now, earliest) and starting at or before latest')
def _(r, w):
    ids = [r.put('isa', r.isa(r.volume(when=when)))[0] for when in ((1, 2), (2, 4), (5, 6))]
    for more, found in (({}, ids), ({'earliest_time': at(2)}, ids), ({'earliest_time': at(2.01)}, ids[1:]), ({'latest_time': at(2)}, ids[:2]), ({'latest_time': at(1.99)}, ids[:1]),
                        ({'earliest_time': at(4.5), 'latest_time': at(4.9)}, []), ({'earliest_time': at(-5), 'latest_time': at(9)}, ids), ({'earliest_time': at(6.1)}, [])):
        expect(set(r.search('isa', **more)) == set(found), more)
    expect(r.search('isa', w.box(10, 10, 12, 12)) == {}, 'elsewhere')
    expect(set(r.search('isa', w.box(2, 2, 3, 3))) == set(ids), 'touching')


AREAS = [('missing', None, 400), ('empty', '', 400), ('garbage', 'here', 400), ('two pairs', '1,1,2,2', 400), ('odd count', '1,1,2,2,1,2,5', 400), ('a pair that is none', '1,1,2,x,1,2', 400),
         ('latitude beyond 90', '91,1,2,2,1,2', 400), ('longitude beyond 180', '1,181,2,2,1,2', 400), ('crossing', '0,0,0.1,0.1,0.1,0,0,0.1', 400), ('repeated closing vertex', '0,0,0,0.1,0.1,0.1,0,0', 400),
         ('> 2500 km2', '0,0,0,1,1,1,1,0', 413), ('a trailing comma', '0,0,0,0.1,0.1,0.1,', 400), ('a triangle', '0,0,0,0.1,0.1,0.1', 200), ('clockwise', '0,0,0.1,0.1,0,0.1', 200)]


def areas(r, area, ok):
    for base in (r.isas, r.subs):
        r.w.ask('GET', base + ('' if area is None else f'?area={area}'), scope=r.read, ok=ok)


each_of('1.4 area', [(f'{name}: {ok}', area, ok) for name, area, ok in AREAS], areas)


@each('1.4 ISA', 'search with a time that is none: 400')
def _(r, w):
    for more in ({'earliest_time': 'soon'}, {'latest_time': '2030'}):
        r.search('isa', ok=400, **more)


@each('1.4 ISA', 'any write bumps and lists all subscriptions touching the old or new area, whatever their height and start')
def _(r, w):
    here, there = w.box(0, 0, 2, 2), w.box(10, 10, 12, 12)
    one = r.put('subscription', r.subscription(r.volume(here, (3000, 3100), (0, 9))))[0]
    later = r.put('subscription', r.subscription(r.volume(here, None, (5, 9))), sub='uss2')[0]
    other = r.put('subscription', r.subscription(r.volume(there, None, (0, 9))))[0]
    id, put = r.put('isa', r.isa(r.volume(here)))
    expect(notified(put) == {one: 1, later: 1}, put)
    _i, put = r.put('isa', r.isa(r.volume(there)), id=id, version=put['service_area']['version'])
    expect(notified(put) == {one: 2, later: 2, other: 1}, put)
    _i, put = r.put('isa', r.isa(r.volume(there)), id=id, version=put['service_area']['version'])
    expect(notified(put) == {other: 2}, put)
    expect(notified(r.delete('isa', id, put['service_area']['version'])) == {other: 3}, 'DELETE')
    expect(r.get('subscription', other)['subscription']['notification_index'] == 3, 'kept')


# --- subscriptions ---------------------------------------------------------------------------------------------------------------------------------

@each('1.4 subscription', 'PUT 200 with the intersecting ISAs, GET by any caller, search own only, update 200, DELETE 200')
def _(r, w):
    isa, _p = r.put('isa')
    id, put = r.put('subscription')
    s = put['subscription']
    expect((s['id'], s['owner'], s['notification_index']) == (id, 'uss1', 0) and [a['id'] for a in put['service_areas']] == [isa], put)
    expect((s['callbacks']['identification_service_area_url'] if r.v1 else s['uss_base_url']) == 'https://uss1.test/rid', s)
    for sub in ('uss1', 'uss2'):
        expect(r.get('subscription', id, sub)['subscription'] == s, 'GET')
    expect(r.search('subscription') == {id: s} and r.search('subscription', sub='uss2') == {}, 'search')
    _i, put = r.put('subscription', id=id, version=s['version'])
    expect(put['subscription']['version'] != s['version'], put)
    expect(r.delete('subscription', id, put['subscription']['version'])['subscription']['id'] == id, 'DELETE')
    expect(r.search('subscription') == {}, 'found after its end')


@each('1.4 subscription', 'not found: `Subscription <id> not found`')
def _(r, w):
    for id in (random_id(), random_id()):
        expect(f'Subscription {id} not found' in r.get('subscription', id, ok=404)['message'], 'GET')
        expect(f'Subscription {id} not found' in r.delete('subscription', id, '1k2m3n4p', ok=404)['message'], 'DELETE')
        r.put('subscription', id=id, version='1k2m3n4p', ok=400)


@each('1.4 subscription', 'exists: 409; version first (409), then owner (403); no base 32: 400')
def _(r, w):
    id, put = r.put('subscription')
    version = put['subscription']['version']
    r.put('subscription', id=id, ok=409)
    for ask in (lambda v, sub, ok: r.put('subscription', id=id, version=v, sub=sub, ok=ok), lambda v, sub, ok: r.delete('subscription', id, v, sub=sub, ok=ok)):
        ask('1k2m3n4p', 'uss1', 409)
        ask('1k2m3n4p', 'uss2', 409)
        ask(version, 'uss2', 403)
        ask('zz', 'uss1', 400)


@each('1.4 subscription', 'an update resets notification_index to 0')
def _(r, w):
    id, put = r.put('subscription')
    r.put('isa')
    expect(r.get('subscription', id)['subscription']['notification_index'] == 1, 'bumped')
    _i, put = r.put('subscription', id=id, version=r.get('subscription', id)['subscription']['version'])
    expect(put['subscription']['notification_index'] == 0, put)


@row('1.4 subscription', 'notification_index is +1 per change also where those of F3548 are times', where='open')
def _(w):
    for r in (Rid(w, True), Rid(w, False)):
        id, put = r.put('subscription')
        before = put['subscription']['notification_index']
        isa, put = r.put('isa')
        expect(r.get('subscription', id)['subscription']['notification_index'] == before + 1, put)
        r.delete('isa', isa, put['service_area']['version'])


@each('1.4 subscription', 'at most 10 of one owner in an area: the next is 429')
def _(r, w):
    for _k in range(10):
        r.put('subscription')
    r.put('subscription', ok=429)
    r.put('subscription', sub='uss2')
    r.put('subscription', r.subscription(r.volume(w.box(12, 12, 14, 14), when=(0, 20))))
    first = sorted(r.search('subscription'))[0]
    r.delete('subscription', first, r.get('subscription', first)['subscription']['version'])
    r.put('subscription')
    r.put('subscription', ok=429)


@each('1.4 subscription', 'at most 10 in an area: an update of one of ten is the 11th; ten that lie apart are no ten in one area')
def _(r, w):
    ids = [r.put('subscription')[0] for _k in range(10)]
    r.put('subscription', id=ids[3], version=r.get('subscription', ids[3])['subscription']['version'], ok=429)
    r.delete('subscription', ids[0], r.get('subscription', ids[0])['subscription']['version'])
    r.put('subscription', id=ids[3], version=r.get('subscription', ids[3])['subscription']['version'])
    for k in range(10):
        r.put('subscription', r.subscription(r.volume(w.box(3 * k - 18, 9, 3 * k - 17, 10))))
    r.put('subscription', r.subscription(r.volume(w.box(-18, 9, 12, 10))))


BAD_URL = [('absent', ...), ('empty', ''), ('http', 'http://uss1.test'), ('no URL', 'uss1')]


def bad_url(r, value):
    body = r.subscription()
    if r.v1:
        body['callbacks'] = {} if value is ... else {'identification_service_area_url': value}
    elif value is ...:
        body.pop('uss_base_url')
    else:
        body['uss_base_url'] = value
    r.put('subscription', body, ok=400)


each_of('1.4 subscription', [(f'400: callback {name}', value) for name, value in BAD_URL], bad_url)


# --- one store, and what is over -------------------------------------------------------------------------------------------------------------------------

@row('1.4 subscription [v1]', 'what the interface requires and does not describe: `url`, and `subscription` of those to notify', ours=True)
def _(w):
    r = Rid(w, True)
    id, put = r.put('subscription')
    expect(put['subscription']['url'] == 'https://uss1.test/rid', put)
    expect([s['subscription'] for to in r.put('isa')[1]['subscribers'] for s in to['subscriptions']] == [id], 'subscription')


@row('1.4 one store', 'what was made by v1 is visible by v2, and the reverse; each is told of the other\'s')
def _(w):
    one, two = Rid(w, True), Rid(w, False)
    subs = [one.put('subscription')[0], two.put('subscription')[0]]
    for made, other in ((one, two), (two, one)):
        id, put = made.put('isa')
        expect(set(notified(put)) == set(subs), put)
        a, b = made.get('isa', id)['service_area'], other.get('isa', id)['service_area']
        expect((a['id'], a['owner'], a['version']) == (b['id'], b['owner'], b['version']) and id in other.search('isa'), a, b)
        end = lambda x: x['time_end'] if isinstance(x['time_end'], str) else x['time_end']['value']  # noqa: E731
        expect(end(a) == end(b), a, b)
        other.put('isa', id=id, ok=409)
        _i, put = other.put('isa', id=id, version=b['version'])
        made.delete('isa', id, put['service_area']['version'])
    for a in (one, two):
        expect(set(a.search('subscription')) == set(subs), 'subscriptions')


@row('1.4 expiry', 'search leaves out what is over, GET by id still returns an ISA; subscriptions that are over are told nothing')
def _(w):
    def before(w, text):
        made = [(r, r.put('isa', r.isa(r.volume(when=(None, text))))[0], r.put('subscription', r.subscription(r.volume(when=(None, text))))[0]) for r in (Rid(w, True), Rid(w, False))]
        for r, isa, sub in made:
            expect(isa in r.search('isa') and sub in r.search('subscription'), 'before')
        return made

    made = soon_over(w, before)
    for r, isa, sub in made:
        expect(isa not in r.search('isa') and isa not in r.search('isa', earliest_time=at(-1)), 'search')
        expect(r.get('isa', isa)['service_area']['id'] == isa, 'GET')
        expect(sub not in r.search('subscription'), 'subscription search')
    _i, put = made[0][0].put('isa')
    expect(put['subscribers'] == [], put)
