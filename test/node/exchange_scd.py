# SPDX-License-Identifier: Apache-2.0
"""Rows of EXCHANGE_API.md 1.3: volumes, operational intents, keys, redaction."""
import copy
import time
import urllib.parse
import uuid

from exchange_kit import (AVAIL, BEGAN, CR, HIDDEN, NULL, OI, SUB, UNIT, at, circle, east, expect, height, notified, polygon, row, table, wrapped)
from exchange_schema import AA, CM, CP, REPORTS, SA, SC, random_id

# --- volumes ------------------------------------------------------------------------------------------------------------------------


def send_volume(w, kind, v, ok):
    """The volume in a request of that kind."""
    if kind == 'intent':
        w.put_intent(volumes=[v], ok=ok)
    elif kind == 'constraint':
        w.put_constraint(volumes=[v], ok=ok)
    elif kind == 'subscription':
        w.put_subscription(volume=v, ok=ok)
    else:
        {'intent query': w.find_intents, 'constraint query': w.find_constraints, 'subscription query': w.find_subscriptions}[kind](v, ok=ok)


KINDS = ('intent', 'constraint', 'subscription', 'intent query', 'constraint query', 'subscription query')
CREATED = {'intent': 201, 'constraint': 201}


def outline(*points):
    def change(w, v):
        v['volume'] |= {'outline_polygon': polygon(*[(w.lat + UNIT * y, w.lng + UNIT * x) for x, y in points])}
    return change


def at_corner(lat=None, lng=None):
    def change(w, v):
        corner = v['volume']['outline_polygon']['vertices'][1]
        corner.update({k: x for k, x in (('lat', lat), ('lng', lng)) if x is not None})
    return change


def round_(radius, lat=None, lng=None):
    def change(w, v):
        v['volume'].pop('outline_polygon')
        v['volume']['outline_circle'] = circle(w.lat if lat is None else lat, w.lng if lng is None else lng, radius)
    return change


def member(*path, to):
    def change(w, v):
        at_ = v
        for name in path[:-1]:
            at_ = at_[name]
        if to is ...:
            at_.pop(path[-1])
        else:
            at_[path[-1]] = to
    return change


def both(w, v):
    v['volume']['outline_circle'] = circle(w.lat, w.lng, 500)


STAR = [(0, 0), (4, 3), (4, 0), (0, 3), (2, 5)]
BAD_VOLUMES = [
    ('circle AND polygon', both), ('altitude `units` must be "M"', member('volume', 'altitude_lower', 'units', to='FT')),
    ('altitude `reference` must be "W84"', member('volume', 'altitude_upper', 'reference', to='AGL')), ('lower > upper', member('volume', 'altitude_lower', 'value', to=151)),
    ('start > end', member('time_start', to=wrapped(at(3)))),
    ('latitude beyond 90', at_corner(lat=90.1)), ('latitude beyond -90', at_corner(lat=-91)), ('longitude beyond 180', at_corner(lng=180.1)), ('longitude beyond -180', at_corner(lng=-181)),
    ('polygon of no vertices', outline()), ('polygon of one vertex', outline((0, 0))), ('polygon of two vertices', outline((0, 0), (1, 0))),
    ('edges that cross', outline((0, 0), (2, 2), (2, 0), (0, 2))), ('edges that cross, of five', outline(*STAR)),
    ('a closing vertex equal to the first', outline((0, 0), (2, 0), (2, 2), (0, 2), (0, 0))), ('a repeated vertex next to itself', outline((0, 0), (2, 0), (2, 0), (2, 2), (0, 2))),
    ('a repeated vertex further on', outline((0, 0), (2, 0), (1, 1), (2, 2), (0, 2), (1, 1))), ('a vertex on another edge', outline((0, 0), (4, 0), (4, 4), (0, 4), (0, 3), (4, 2), (0, 1))),
    ('a spike onto itself: an edge that goes back along the one before', outline((0, 0), (0, 4), (0, 2), (3, 2), (3, 0))),
    ('radius 0', round_(0)), ('a negative radius', round_(-5)), ('circle latitude beyond 90', round_(500, lat=90.5)), ('circle longitude beyond 180', round_(500, lng=-180.5)),
    ('radius is no number', lambda w, v: (round_(5)(w, v), v['volume']['outline_circle']['radius'].update(value='5'))),
    ('altitude is no number', member('volume', 'altitude_lower', 'value', to='50')), ('time is no time', member('time_end', 'value', to='tomorrow')),
    ('latitude is missing', lambda w, v: v['volume']['outline_polygon']['vertices'][0].pop('lat')), ('vertices are no array', member('volume', 'outline_polygon', 'vertices', to={})),
    ('volume is missing', member('volume', to=...))]


def bad_volume(w, kind, change):
    v = w.volume()
    change(w, v)
    send_volume(w, kind, v, 400)


# Some of these say nothing of a subscription: it may be without a volume.
for kind in KINDS:
    table(f'1.3 volumes [{kind}]', [(f'{name}: 400', kind, change) for name, change in BAD_VOLUMES if not (name == 'volume is missing' and 'subscription' == kind)],
          bad_volume)

GOOD_VOLUMES = [
    ('counter-clockwise', outline((0, 0), (2, 0), (2, 2), (0, 2))), ('clockwise', outline((0, 0), (0, 2), (2, 2), (2, 0))), ('a triangle', outline((0, 0), (2, 0), (1, 2))),
    ('zero area with distinct vertices is a line', outline((0, 0), (0, 1), (0, 2))), ('concave', outline((0, 0), (4, 0), (2, 1), (4, 4), (0, 4))),
    ('a vertex on the line of its neighbours', outline((0, 0), (1, 0), (2, 0), (2, 2), (0, 2))), ('circle', round_(500)), ('a small circle', round_(0.5)),
    ('circles have no area limit', round_(100000)), ('start in the past is fine', member('time_start', to=wrapped(at(-0.05)))),
    ('49 km by 49 km', outline((-22, -22), (22, -22), (22, 22), (-22, 22)))]


def good_volume(w, kind, change):
    v = w.volume(when=(1, 2))
    change(w, v)
    send_volume(w, kind, v, CREATED.get(kind, 200))


for kind in KINDS:
    table(f'1.3 volumes [{kind}]', [(f'{name}: taken', kind, change) for name, change in GOOD_VOLUMES], good_volume)

TOO_LARGE = outline((-30, -30), (30, -30), (30, 30), (-30, 30))
table('1.3 volumes', [(f'area > 2500 km2: {ok} [{kind}]', kind, ok) for kind, ok in
                      (('intent', 400), ('constraint', 400), ('subscription', 400), ('intent query', 400), ('constraint query', (400, 413)), ('subscription query', 413))],
      lambda w, kind, ok: [TOO_LARGE(w, v := w.volume()), send_volume(w, kind, v, ok)])
table('1.3 volumes', [(f'no footprint: {ok} [{kind}]', kind, ok) for kind, ok in
                      (('intent', 400), ('constraint', 400), ('intent query', 400), ('constraint query', 400), ('subscription', 200))],
      lambda w, kind, ok: send_volume(w, kind, w.volume(area=None), ok))
table('1.3 volumes', [(f'no area of interest: 400 [{path}]', path, scope) for path, scope in ((OI, SC), (CR, CM), (SUB, SC))],
      lambda w, path, scope: [w.ask('POST', path + '/query', body, scope=scope, ok=400) for body in ({}, {'area_of_interest': None}, {'area_of_interest': {}})])


def open_query(w, change):
    v = w.volume()
    change(w, v)
    for kind in KINDS[3:]:
        send_volume(w, kind, v, 200)


table('1.3 volumes', [(f'a null bound is unbounded in queries: no {name}', member(*path, to=...)) for name, path in
                      (('start', ('time_start',)), ('end', ('time_end',)), ('lower', ('volume', 'altitude_lower')), ('upper', ('volume', 'altitude_upper')))], open_query)


def needed(w, kind, ok, change):
    v = w.volume()
    change(w, v)
    send_volume(w, kind, v, ok)


BOUNDS = (('time_start', ('time_start',)), ('time_end', ('time_end',)), ('altitude_lower', ('volume', 'altitude_lower')), ('altitude_upper', ('volume', 'altitude_upper')))
table('1.3 volumes', [(f'extents need both times and both altitudes: no {name}: 400 [intent]', 'intent', 400, member(*path, to=...)) for name, path in BOUNDS], needed)
table('1.3 volumes', [(f'constraints need times only: no {name}: {ok}', 'constraint', ok, member(*path, to=...)) for (name, path), ok in zip(BOUNDS, (400, 400, 201, 201))], needed)
table('1.3 volumes', [(f'subscriptions need no bound: no {name}', 'subscription', 200, member(*path, to=...)) for name, path in BOUNDS], needed)
table('1.3 volumes', [(f'union end in the past: 400 [{kind}]', kind) for kind in ('intent', 'constraint')],
      lambda w, kind: send_volume(w, kind, w.volume(when=(-0.04, -0.01)), 400))


@row('1.3 volumes', 'extents: absent, null, empty: 400')
def _(w):
    for bad in (..., None, []):
        w.put_intent(w.intent() | {'extents': []} if bad == [] else {k: v for k, v in (w.intent() | {'extents': bad}).items() if v is not ...}, ok=400)
        w.put_constraint({k: v for k, v in (w.constraint() | {'extents': bad}).items() if v is not ...}, ok=400)
    w.put_intent(volumes=[w.volume(), w.volume(area=None)], ok=400)


# --- relevance ----------------------------------------------------------------------------------------------------------------------

def relevant(w, made, asked, found, kinds=('intent', 'constraint', 'subscription')):
    """What is made of `made` is found by a query of `asked`, or not, and told of changes in it."""
    made = made(w) if callable(made) else made
    asked = asked(w) if callable(asked) else asked
    if 'intent' in kinds:
        id, _ = w.put_intent(volumes=made if isinstance(made, list) else [made])
        expect((id in w.find_intents(asked, 'uss2')) == found, 'intent', 'not' if found else '', 'found')
        # The key check asks the same; what is asked for may have no bounds, which an intent must have.
        if all(k in asked for k in ('time_start', 'time_end')) and all(k in asked['volume'] for k in ('altitude_lower', 'altitude_upper')):
            other, reply = w.put_intent(volumes=[asked], sub='uss2', ok=409 if found else 201)
            expect(not found or [r['id'] for r in reply['missing_operational_intents']] == [id], reply)
    if 'constraint' in kinds:
        id, _ = w.put_constraint(volumes=made if isinstance(made, list) else [made])
        expect((id in w.find_constraints(asked)) == found, 'constraint', 'not' if found else '', 'found')
    if 'subscription' in kinds and not isinstance(made, list):
        id, _ = w.put_subscription(volume=made, constraints=True)
        expect((id in w.find_subscriptions(asked)) == found, 'subscription', 'not' if found else '', 'found')


def pair(made=None, asked=None, **same):
    return lambda w: w.volume(**(same | (made or {}))), lambda w: w.volume(**(same | (asked or {})))


def boxes(one, other):
    return lambda w: w.volume(w.box(*one)), lambda w: w.volume(w.box(*other))


CENTRE = lambda w, r, dx=0: circle(w.lat, round(w.lng + dx, 7), r)  # noqa: E731
table('1.3 relevance', [
    ('the same', *pair(), True), ('areas touch along an edge', *boxes((0, 0, 2, 2), (2, 0, 4, 2)), True), ('areas touch in a corner', *boxes((0, 0, 2, 2), (2, 2, 4, 4)), True),
    ('one within the other', *boxes((0, 0, 6, 6), (2, 2, 3, 3)), True), ('the other within the one', *boxes((2, 2, 3, 3), (0, 0, 6, 6)), True),
    ('times touch', *pair({'when': (1, 2)}, {'when': (2, 3)}), True), ('times touch on the other side', *pair({'when': (2, 3)}, {'when': (1, 2)}), True),
    ('times are apart', *pair({'when': (1, 2)}, {'when': (2.001, 3)}), False), ('areas far apart', *boxes((0, 0, 2, 2), (12, 12, 14, 14)), False),
    ('no start in the query', *pair({'when': (1, 2)}, {'when': (None, 1)}), True), ('no end in the query', *pair({'when': (1, 2)}, {'when': (2, None)}), True),
    ('no times in the query', *pair({'when': (1, 2)}, {'when': None}), True), ('a circle and what it contains', lambda w: w.volume(CENTRE(w, 5000)), lambda w: w.volume(), True),
    ('circles that overlap', lambda w: w.volume(CENTRE(w, 500)), lambda w: w.volume(CENTRE(w, 500, east(w.lat, 950))), True),
    ('a circle and a line of no area', lambda w: w.volume(CENTRE(w, 500)), lambda w: w.volume([(w.lat, w.lng - 0.02), (w.lat, w.lng + 0.03), (w.lat, w.lng + 0.05)]), True),
    ('clockwise and counter-clockwise', lambda w: w.volume(w.box()[::-1]), lambda w: w.volume(w.box(1, 1, 3, 3)), True)], relevant)
table('1.3 relevance', [('areas 20 m apart', *boxes((0, 0, 2, 2), (2.02, 0, 4, 2)), False),
                        ('within the bounds of a concave polygon, but outside it', lambda w: w.volume([(w.lat, w.lng), (w.lat, w.lng + 0.06), (w.lat + 0.01, w.lng + 0.01), (w.lat + 0.06, w.lng)]),
                         lambda w: w.volume(w.box(4, 4, 5, 5)), False),
                        ('circles 20 m apart', lambda w: w.volume(CENTRE(w, 500)), lambda w: w.volume(CENTRE(w, 500, east(w.lat, 1020))), False),
                        # InterUSS's inscribed 20-gon is up to 1.2 % short.
                        ('circles that overlap by 5 m', lambda w: w.volume(CENTRE(w, 5000)), lambda w: w.volume(CENTRE(w, 5000, east(w.lat, 9995))), True)],
      relevant, ours=True)


def at_the_pole(w, lat, lng, r, other, ok=True):
    around = lambda a, b, c: w.volume(circle(a, (b + w.lng + 540) % 360 - 180, c), when=(w.moment, w.moment + 0.01))  # noqa: E731
    relevant(w, around(lat, lng, r), around(*other), ok)


table('1.3 relevance', [('a circle over the North Pole and one on its other side', 89.9, 0, 30000, (89.9, 180, 30000)), ('one around the pole and one beside', 90, 0, 50000, (89.6, 77, 1000)),
                        ('over the South Pole', -89.9, 0, 30000, (-89.9, 180, 30000)), ('over the North Pole, apart', 89, 0, 30000, (89, 180, 30000), False)], at_the_pole)


def at_the_line(w, one, other, ok=True):
    lat = w.lat
    shape = lambda s: circle(lat, s[0], s[1]) if len(s) == 2 else [(lat, s[0]), (lat, s[1]), (lat + 0.1, s[1]), (lat + 0.1, s[0])]  # noqa: E731
    relevant(w, *(w.volume(shape(s), when=(w.moment, w.moment + 0.01)) for s in (one, other)), ok)


table('1.3 relevance', [('circles on both sides of the antimeridian', (179.99, 3000), (-179.99, 3000)), ('a circle at 178 degrees east over the antimeridian', (178, 300000), (-179.9, 100)),
                        ('a circle with its centre on the antimeridian', (180, 3000), (-179.99, 100)), ('180 and -180 are one', (180, 100), (-180, 100)),
                        ('a polygon over the antimeridian', (179.9, -179.9, 0), (-179.95, 100)), ('a polygon over the antimeridian and one beyond', (179.9, -179.9, 0), (-179.5, -179.4, 0), False),
                        ('not the long way round', (179.9, -179.9, 0), (0.5, 100), False)], at_the_line)


def whole_earths(w, radius):
    """A circle of any size, and small ones far from its centre and within; apart from all other rows by time."""
    when, made, lat, lng = (600 + w.moment, 600.01 + w.moment), [], 12.3, 45.6
    large = w.volume(circle(lat, lng, radius), (90000, 90010), when)
    far = min(radius, 1.9e7) / 111700 - 0.01
    small = w.volume(circle(lat + far, lng, 100) if lat + far <= 90 else circle(180 - lat - far, lng - 180, 100) if 180 - lat - far >= -90 else circle(-lat, lng - 180, 100),
                     (90005, 90006), when)
    for one, other in ((large, small), (small, large)):
        id, put = w.put_intent(volumes=[one])
        expect(id in w.find_intents(other, 'uss2'), 'intent not found')
        intents, _c = missing(w.put_intent(volumes=[other], sub='uss2', ok=409)[1])
        expect(set(intents) == {id}, intents)
        con, con_put = w.put_constraint(volumes=[one])
        expect(con in w.find_constraints(other), 'constraint not found')
        sub, sub_put = w.put_subscription(volume=one, constraints=True)
        expect(sub in w.find_subscriptions(other), 'subscription not found')
        expect(sub in notified(w.delete_intent(id, put['operational_intent_reference']['ovn'])), 'not told')
        expect(sub in notified(w.ask('DELETE', f'{CR}/{con}/{con_put["constraint_reference"]["ovn"]}', None, 'uss2', CM, 200).json), 'not told')
        w.ask('DELETE', f'{SUB}/{sub}/{w.get_subscription(sub)["version"]}', ok=200)
    # A subscription drawn alike, or larger, covers it; one that is smaller does not.
    for k, ok in ((1, 201), (1.3, 201), (0.9 * 3e6 / radius, 400)):
        sub, sub_put = w.put_subscription(volume=w.volume(circle(lat, lng, min(radius * k, 1e308)), None, when))
        id, put = w.put_intent(volumes=[large], subscription_id=sub, ok=ok)
        if ok == 201:
            w.delete_intent(id, put['operational_intent_reference']['ovn'])
        w.ask('DELETE', f'{SUB}/{sub}/{w.get_subscription(sub)["version"]}', ok=200)


table('1.3 relevance', [(f'circles have no limit: a radius of {radius:g} m', radius) for radius in (3000001, 5e6, 1.1e7, 1.9e7, 2.1e7, 1e300)], whole_earths)


@row('1.3 relevance', 'the altitude filter applies to intents: inclusive, searches and keys')
def _(w):
    id, put = w.put_intent(volumes=[w.volume(alt=(50, 150))])
    for alt, found in (((150, 200), True), ((0, 50), True), ((150.5, 200), False), ((0, 49.5), False), ((None, 50), True), ((None, 49), False), ((150, None), True), ((151, None), False),
                       (None, True), ((100, 100), True)):
        expect((id in w.find_intents(w.volume(alt=alt))) == found, alt)
    for k, (alt, ok) in enumerate((((150, 200), 409), ((0, 50), 409), ((200.5, 210), 201), ((0, 49.5), 201))):
        w.put_intent(volumes=[w.volume(alt=alt)], sub='uss2', ok=ok)


@row('1.3 relevance', 'subscription and constraint matching ignores altitude; times do count')
def _(w):
    sub, _r = w.put_subscription(volume=w.volume(alt=(1000, 1100), when=(1, 2)), constraints=True)
    con, _r = w.put_constraint(volumes=[w.volume(alt=(3000, 3100))])
    expect(sub in notified(_r), 'a constraint at another height tells of it', _r)
    expect(con in w.find_constraints(w.volume(alt=(0, 10))), 'constraints at any height are found')
    expect(sub in w.find_subscriptions(w.volume(alt=(0, 10))), 'subscriptions at any height are found')
    _i, put = w.put_intent(sub='uss2', volumes=[w.volume(alt=(5, 6), when=(2, 3))])
    expect(sub in notified(put), 'an intent at another height tells of it', put)
    for when in ((2.01, 3), (0.5, 0.99)):
        _i, put = w.put_intent(sub='uss2', volumes=[w.volume(alt=(7, 8), when=when)], key=[put['operational_intent_reference']['ovn']])
        expect(sub not in notified(put), 'an intent at another time does not', put)


@row('1.3 relevance', 'all extents are merged: union of footprints, least and greatest altitude and time')
def _(w):
    low_early, high_late = w.volume(w.box(0, 0, 2, 2), (50, 60), (1, 2)), w.volume(w.box(10, 10, 12, 12), (400, 500), (5, 6))
    id, put = w.put_intent(volumes=[low_early, high_late])
    shown = put['operational_intent_reference']
    expect(shown['time_start']['value'][:19] == at(1)[:19] and shown['time_end']['value'][:19] == at(6)[:19], shown)
    for box in ((0, 0, 2, 2), (10, 10, 12, 12)):
        for alt, when in (((450, 460), (5, 6)), ((50, 55), (1, 2)), ((200, 201), (3, 4))):
            expect(id in w.find_intents(w.volume(w.box(*box), alt, when)), box, alt, when)
    expect(id not in w.find_intents(w.volume(w.box(0, 0, 12, 12), (501, 600))) and id not in w.find_intents(w.volume(w.box(0, 0, 12, 12), None, (6.1, 7))), 'beyond the bounds of all')


@row('1.3 relevance', 'the union of footprints is not their bounds', ours=True)
def _(w):
    id, _r = w.put_intent(volumes=[w.volume(w.box(0, 0, 2, 2)), w.volume(w.box(10, 10, 12, 12))])
    expect(id not in w.find_intents(w.volume(w.box(5, 5, 6, 6))), 'between the two')


@row('1.3 relevance', 'fifty volumes of one intent, and each is asked for')
def _(w):
    id, _r = w.put_intent(volumes=[w.volume(w.box(x, 0, x + 0.4, 1)) for x in range(-10, 10)])
    for x in range(-10, 10):
        expect(id in w.find_intents(w.volume(w.box(x + 0.1, 0.1, x + 0.2, 0.2))), x)


# --- operational intents --------------------------------------------------------------------------------------------------------------

@row('1.3 intents', 'PUT creates: 201, version 1, the caller manages it, null subscription, Unknown availability')
def _(w):
    id, put = w.put_intent()
    r = put['operational_intent_reference']
    expect((r['id'], r['manager'], r['version'], r['state'], r['subscription_id'], r['uss_availability'], r['uss_base_url']) ==
           (id, 'uss1', 1, 'Accepted', NULL, 'Unknown', 'https://uss1.test/scd') and put['subscribers'] == [], put)
    expect(r['time_start']['value'][:19] == at(1)[:19] and r['time_end']['value'][:19] == at(2)[:19], r)
    expect(w.get_intent(id) == r and w.find_intents(w.volume()) == {id: r}, 'GET and query show the same')


@row('1.3 intents', 'PUT with the OVN updates: 200, version + 1, a new OVN on every write; DELETE: 200 with what it was')
def _(w):
    id, put = w.put_intent()
    ovns = [put['operational_intent_reference']['ovn']]
    for version in (2, 3, 4):
        _i, put = w.put_intent(id=id, ovn=ovns[-1], ok=200)
        expect(put['operational_intent_reference']['version'] == version, put)
        ovns.append(put['operational_intent_reference']['ovn'])
    expect(len(set(ovns)) == 4, ovns)
    w.put_intent(id=id, ovn=ovns[0], ok=409)
    gone = w.delete_intent(id, ovns[-1])['operational_intent_reference']
    expect(gone['id'] == id and gone['ovn'] == ovns[-1], gone)
    w.get_intent(id, ok=404)
    expect(w.find_intents(w.volume()) == {}, 'found after its end')


@row('1.3 intents', 'the scope SA is enough for the whole of an intent\'s life')
def _(w):
    id, put = w.put_intent(scope=f'{SC} {SA}')
    reply = w.ask('GET', f'{OI}/{id}', scope=SA, ok=200)
    expect(id in w.find_intents(w.volume(), scope=SA), 'found')
    w.delete_intent(id, put['operational_intent_reference']['ovn'], scope=SA)


@row('1.3 intents', 'GET unknown 404; DELETE unknown 404; PUT with an OVN of an unknown id 400')
def _(w):
    w.get_intent(random_id(), ok=404)
    w.delete_intent(random_id(), 'x' * 20, ok=404)
    w.put_intent(id=random_id(), ovn='x' * 20, ok=400)


@row('1.3 intents', 'DELETE: other manager 403 (before the OVN is looked at), other OVN 409')
def _(w):
    id, put = w.put_intent()
    ovn = put['operational_intent_reference']['ovn']
    w.delete_intent(id, ovn, sub='uss2', ok=403)
    w.delete_intent(id, 'x' * 20, sub='uss2', ok=403)
    w.delete_intent(id, 'x' * 20, ok=409)
    w.delete_intent(id, HIDDEN.replace(' ', '%20'), ok=409)
    w.delete_intent(id, ovn)


@row('1.3 intents', 'PUT over another manager\'s: 403; create of an existing id: 409; another OVN: 409 with `message` only')
def _(w):
    id, put = w.put_intent()
    ovn = put['operational_intent_reference']['ovn']
    w.put_intent(id=id, sub='uss2', ok=403)
    w.put_intent(id=id, ovn=ovn, sub='uss2', ok=403)
    w.put_intent(id=id, ovn='x' * 20, sub='uss2', ok=403)
    for change in ({}, {'ovn': 'x' * 20}):
        reply = w.put_intent(id=id, ok=409, **change)[1]
        expect(not reply.get('missing_operational_intents') and not reply.get('missing_constraints') and reply['message'], reply)


BODIES = [('uss_base_url absent', {'uss_base_url': ...}), ('uss_base_url null', {'uss_base_url': None}), ('uss_base_url empty', {'uss_base_url': ''}),
          ('uss_base_url must be https', {'uss_base_url': 'http://uss1.test'}), ('uss_base_url is no URL', {'uss_base_url': 'uss1'}), ('uss_base_url of another scheme', {'uss_base_url': 'ftp://uss1.test'}),
          ('subscription_id must be valid', {'subscription_id': 'x'}), ('subscription_id of another version', {'subscription_id': str(uuid.uuid1())}),
          ('new_subscription.uss_base_url must be present', {'new_subscription': {}}), ('new_subscription.uss_base_url must be https', {'new_subscription': {'uss_base_url': 'http://uss1.test'}}),
          ('subscription_id of no subscription that there is', {'subscription_id': random_id()}), ('subscription_id that references without one show', {'subscription_id': NULL}),
          ('both subscription_id and new_subscription', {'subscription_id': random_id(), 'new_subscription': {'uss_base_url': 'https://uss1.test'}}),
          ('state absent', {'state': ...}), ('`Ended` is not a state of the DSS', {'state': 'Ended'}), ('state of another case', {'state': 'accepted'}), ('state empty', {'state': ''}),
          ('creation must be Accepted: Activated', {'state': 'Activated', 'new_subscription': {'uss_base_url': 'https://uss1.test'}}),
          ('creation must be Accepted: Nonconforming', {'state': 'Nonconforming', 'new_subscription': {'uss_base_url': 'https://uss1.test'}}),
          ('creation must be Accepted: Contingent', {'state': 'Contingent', 'new_subscription': {'uss_base_url': 'https://uss1.test'}}),
          ('requested_ovn_suffix must be a UUIDv7', {'requested_ovn_suffix': random_id()}), ('requested_ovn_suffix is no UUID', {'requested_ovn_suffix': 'x'})]
table('1.3 order', [(f'400: {name}', change) for name, change in BODIES],
      lambda w, change: w.put_intent({k: v for k, v in (w.intent() | change).items() if v is not ...}, scope=f'{SC} {SA}' if 'state' in change else SC, ok=400))


def uuid7(seconds):
    ms = int((time.time() + seconds) * 1000)
    n = ms << 80 | 7 << 76 | uuid.uuid4().int & 0xfff << 64 | 2 << 62 | uuid.uuid4().int & (1 << 62) - 1
    return str(uuid.UUID(int=n))


@row('1.3 intents', 'requested_ovn_suffix: the OVN is {id}_{suffix}; within 5 minutes of now, else 400')
def _(w):
    # Whoever asks for it makes the OVN too: it is the same to the letter, and other ways to write a UUID are not taken.
    suffix = uuid7(0).upper()
    id, put = w.put_intent(requested_ovn_suffix=suffix)
    expect(put['operational_intent_reference']['ovn'] == f'{id}_{suffix}', put)
    for other in (suffix.replace('-', ''), '{' + suffix + '}', 'urn:uuid:' + suffix, suffix + ' '):
        w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], requested_ovn_suffix=other, ok=400)
    w.delete_intent(id, put['operational_intent_reference']['ovn'])
    suffix = uuid7(0)
    id, put = w.put_intent(requested_ovn_suffix=suffix)
    expect(put['operational_intent_reference']['ovn'] == f'{id}_{suffix}', put)
    for seconds in (-290, 290):
        suffix = uuid7(seconds)
        _i, put = w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], requested_ovn_suffix=suffix, ok=200)
        expect(put['operational_intent_reference']['ovn'] == f'{id}_{suffix}', put)
    for seconds in (-330, 330, -86400):
        w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], requested_ovn_suffix=uuid7(seconds), ok=400)
    # A new OVN on every write.
    w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], requested_ovn_suffix=suffix, ok=400)
    # Nor one that an earlier version had: a key that knows that one alone must not do.
    _i, put = w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], requested_ovn_suffix=uuid7(0), ok=200)
    w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], requested_ovn_suffix=suffix, ok=400)


def state_needs_subscription(w, state):
    id, put = w.put_intent(new_subscription={'uss_base_url': 'https://uss1.test/scd'})
    ovn = put['operational_intent_reference']['ovn']
    scope = f'{SC} {SA}'
    w.put_intent(id=id, ovn=ovn, state=state, scope=scope, ok=400)
    w.put_intent(id=id, ovn=ovn, state=state, scope=scope, subscription_id=put['operational_intent_reference']['subscription_id'], ok=200)
    ovn = w.get_intent(id)['ovn']
    w.put_intent(id=id, ovn=ovn, state=state, scope=scope, ok=400)
    _i, put = w.put_intent(id=id, ovn=ovn, state=state, scope=scope, new_subscription={'uss_base_url': 'https://uss1.test/scd'}, ok=200)
    expect(put['operational_intent_reference']['state'] == state, put)


table('1.3 order', [(f'state {s} needs subscription_id or new_subscription in every PUT', s) for s in ('Activated', 'Nonconforming', 'Contingent')], state_needs_subscription)
NEW = {'new_subscription': {'uss_base_url': 'https://uss1.test/scd'}}


@row('1.3 order', 'Nonconforming and Contingent without SA: 403, after the 400s, before what stands is looked at')
def _(w):
    id, put = w.put_intent()
    ovn = put['operational_intent_reference']['ovn']
    for state in ('Nonconforming', 'Contingent'):
        w.put_intent(id=id, ovn=ovn, state=state, scope=SC, ok=403, **NEW)
        w.put_intent(id=id, ovn=ovn, state=state, scope=SC, ok=400)
        w.put_intent(id=random_id(), ovn=ovn, state=state, scope=SC, ok=403, **NEW)
        w.put_intent(id=id, ovn='x' * 20, state=state, scope=SC, ok=403, **NEW)
        w.put_intent(id=random_id(), ovn=ovn, state=state, scope=f'{SC} {SA}', ok=400, **NEW)


@row('1.3 order', 'the null subscription is none that exists: 400, on updates and in other states too, and one that is made under its id cannot be named')
def _(w):
    id, put = w.put_intent()
    ovn = put['operational_intent_reference']['ovn']
    expect(put['operational_intent_reference']['subscription_id'] == NULL, put)
    for state in ('Accepted', 'Activated', 'Nonconforming'):
        w.put_intent(id=id, ovn=ovn, state=state, scope=f'{SC} {SA}', subscription_id=NULL, ok=400)
    w.put_intent(id=id, ovn=ovn, subscription_id='', ok=200)
    _i, put = w.put_subscription(id=NULL)
    w.put_intent(volumes=[w.volume(alt=(900, 901))], subscription_id=NULL, ok=400)
    w.ask('DELETE', f'{SUB}/{NULL}/{put["subscription"]["version"]}', ok=200)


@row('1.3 order', '400s before another manager\'s 403 and before the OVN\'s 409')
def _(w):
    id, put = w.put_intent()
    w.put_intent(id=id, ovn='x' * 20, sub='uss2', url='http://x.test', ok=400)
    w.put_intent(id=id, ovn='x' * 20, url='http://x.test', ok=400)


@row('1.3 order', 'what stands (403, 409) before the subscription (400, 403), and that before the key (409)')
def _(w):
    id, put = w.put_intent()
    ovn, none = put['operational_intent_reference']['ovn'], random_id()
    others, _r = w.put_subscription(sub='uss2')
    w.put_intent(id=id, ovn='x' * 20, subscription_id=none, ok=409)
    w.put_intent(id=id, ovn=ovn, sub='uss2', subscription_id=none, ok=403)
    w.put_intent(id=id, ovn=ovn, subscription_id=none, ok=400)
    w.put_intent(id=id, ovn=ovn, subscription_id=others, ok=403)
    # A key is lacking too.
    w.put_intent(sub='uss2', subscription_id=none, ok=400)
    mine, _r = w.put_subscription(sub='uss1')
    w.put_intent(sub='uss2', subscription_id=mine, ok=403)
    w.put_intent(sub='uss2', subscription_id=others, ok=409)


# --- keys ------------------------------------------------------------------------------------------------------------------------------

def missing(reply):
    return {r['id']: r for r in reply.get('missing_operational_intents', [])}, {r['id']: r for r in reply.get('missing_constraints', [])}


@row('1.3 key', 'every relevant intent whose OVN is not in `key` is missing: listed, with its OVN redacted unless it is the caller\'s')
def _(w):
    one, put1 = w.put_intent()
    two, put2 = w.put_intent(sub='uss2', url='https://uss2.test/scd', key=[put1['operational_intent_reference']['ovn']])
    for sub, own, other, ovn in (('uss1', one, two, put1), ('uss2', two, one, put2)):
        intents, constraints = missing(w.put_intent(sub=sub, ok=409)[1])
        expect(set(intents) == {one, two} and not constraints, intents)
        expect(intents[other]['ovn'] == HIDDEN and intents[own]['ovn'] == ovn['operational_intent_reference']['ovn'], intents)
    intents, _c = missing(w.put_intent(sub='uss3', key=[put1['operational_intent_reference']['ovn']], ok=409)[1])
    expect(set(intents) == {two}, intents)


@row('1.3 key', 'extra OVNs in `key` are ignored, and repeated ones; an old OVN is none')
def _(w):
    id, put = w.put_intent()
    old = put['operational_intent_reference']['ovn']
    _i, put = w.put_intent(id=id, ovn=old, ok=200)
    ovn = put['operational_intent_reference']['ovn']
    w.put_intent(sub='uss2', key=[old], ok=409)
    w.put_intent(sub='uss2', key=[HIDDEN], ok=409)
    w.put_intent(sub='uss2', key=['x' * 20, old, ovn, ovn, 'y' * 128])


@row('1.3 key', 'an intent is not missing from its own key; what only touches is relevant; what is apart is not')
def _(w):
    id, put = w.put_intent(volumes=[w.volume(w.box(0, 0, 2, 2))])
    _i, put = w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], volumes=[w.volume(w.box(1, 1, 3, 3))], ok=200)
    w.put_intent(sub='uss2', volumes=[w.volume(w.box(3, 1, 5, 3))], ok=409)
    w.put_intent(sub='uss2', volumes=[w.volume(w.box(1, 1, 3, 3), when=(2, 3))], ok=409)
    w.put_intent(sub='uss2', volumes=[w.volume(w.box(8, 1, 9, 3))])


@row('1.3 key', 'checked when the NEW state is Accepted or Activated, not for Nonconforming and Contingent')
def _(w):
    mine, put = w.put_intent(volumes=[w.volume(w.box(0, 0, 2, 2))])
    ovn = put['operational_intent_reference']['ovn']
    other, put = w.put_intent(sub='uss2', url='https://uss2.test/scd', volumes=[w.volume(w.box(10, 0, 12, 2))])
    there = [w.volume(w.box(9, 0, 11, 2))]
    for state, ok in (('Accepted', 409), ('Activated', 409), ('Nonconforming', 200), ('Contingent', 200), ('Activated', 409), ('Accepted', 409)):
        reply = w.put_intent(id=mine, ovn=ovn, volumes=there, state=state, ok=ok, scope=f'{SC} {SA}', **NEW)[1]
        ovn = reply['operational_intent_reference']['ovn'] if ok == 200 else ovn
    w.put_intent(id=mine, ovn=ovn, volumes=there, state='Activated', key=[put['operational_intent_reference']['ovn']], ok=200, **NEW)


@row('1.3 key', 'excused: those whose manager is Down AND whose state is Accepted')
def _(w):
    sub = 'down-' + random_id()
    id, put = w.put_intent(sub=sub)
    ovn = put['operational_intent_reference']['ovn']
    far = lambda: [w.volume(w.box(-1, -1, 1, 1))]  # noqa: E731
    made = []

    def tried(ok):
        reply = w.put_intent(sub='uss2', volumes=far(), ok=ok)
        if ok == 201:
            w.delete_intent(reply[0], reply[1]['operational_intent_reference']['ovn'], sub='uss2')
        else:
            intents, _c = missing(reply[1])
            expect(set(intents) == {id}, intents)
            made.append(intents[id]['uss_availability'])
    tried(409)
    for state, ok in (('Normal', 409), ('Down', 201), ('Unknown', 409), ('Down', 201)):
        w.availability(sub, state)
        expect(w.get_intent(id, sub=sub)['uss_availability'] == state, 'the intent shows its manager\'s state')
        tried(ok)
    for state in ('Activated', 'Nonconforming', 'Contingent', 'Accepted'):
        _i, put = w.put_intent(id=id, ovn=ovn, sub=sub, state=state, scope=f'{SC} {SA}', ok=200, **NEW)
        ovn = put['operational_intent_reference']['ovn']
        tried(201 if state == 'Accepted' else 409)
    expect(made[:2] == ['Unknown', 'Normal'] and set(made[3:]) == {'Down'}, made)


@row('1.3 key', 'constraints are demanded if the attached subscription has notify_for_constraints, whatever their height')
def _(w):
    id, put = w.put_constraint(volumes=[w.volume(alt=(1000, 1100))])
    ovn = put['constraint_reference']['ovn']
    told, _r = w.put_subscription(constraints=True)
    untold, _r = w.put_subscription()
    near, level = {'uss_base_url': 'https://uss1.test/scd'}, iter(range(100, 9000, 200))

    def tried(ok, **more):
        h = next(level)
        reply = w.put_intent(volumes=[w.volume(alt=(h, h + 100))], ok=ok, **more)[1]
        if ok == 409:
            intents, constraints = missing(reply)
            expect(set(constraints) == {id} and not intents and constraints[id]['ovn'] == HIDDEN, reply)
    tried(201)
    tried(201, new_subscription=near)
    tried(201, new_subscription=near | {'notify_for_constraints': False})
    tried(409, new_subscription=near | {'notify_for_constraints': True})
    tried(201, new_subscription=near | {'notify_for_constraints': True}, key=[ovn])
    tried(201, subscription_id=untold)
    tried(409, subscription_id=told)
    tried(201, subscription_id=told, key=['x' * 20, ovn])


@row('1.3 key', 'a 409 leaves no implicit subscription behind')
def _(w):
    w.put_intent(sub='uss2', url='https://uss2.test/scd')
    for more in (NEW, {'new_subscription': NEW['new_subscription'] | {'notify_for_constraints': True}}):
        w.put_intent(ok=409, **more)
        expect(w.find_subscriptions() == {}, w.find_subscriptions())
    id, put = w.put_intent(volumes=[w.volume(w.box(10, 10, 11, 11))], **NEW)
    before = w.find_subscriptions()
    w.put_intent(id=id, ovn=put['operational_intent_reference']['ovn'], ok=409, **NEW)
    expect(w.find_subscriptions() == before and len(before) == 1, 'the old one stays as it was')


# --- redaction ---------------------------------------------------------------------------------------------------------------------------

@row('1.3 redaction', '`ovn` is `Available from USS` for other managers, in GET, query and subscription PUT, and nothing else is redacted')
def _(w):
    id, put = w.put_intent()
    own = put['operational_intent_reference']
    seen = own | {'ovn': HIDDEN}
    expect(w.get_intent(id) == own and w.get_intent(id, 'uss2') == seen, 'GET')
    expect(w.find_intents(w.volume())[id] == own and w.find_intents(w.volume(), 'uss2')[id] == seen, 'query')
    for sub, shown in (('uss1', own), ('uss2', seen)):
        expect(w.put_subscription(sub=sub)[1]['operational_intent_references'] == [shown], 'subscription PUT')


@row('1.3 redaction', 'constraints likewise')
def _(w):
    id, put = w.put_constraint()
    own = put['constraint_reference']
    seen = own | {'ovn': HIDDEN}
    for sub, shown in (('uss2', own), ('uss1', seen)):
        expect(w.ask('GET', f'{CR}/{id}', sub=sub, scope=CP, ok=200).json['constraint_reference'] == shown, 'GET')
        expect(w.find_constraints(w.volume(), sub)[id] == shown, 'query')
        expect(w.put_subscription(sub=sub, constraints=True)[1]['constraint_references'] == [shown], 'subscription PUT')


# --- reports, availability -----------------------------------------------------------------------------------------------------------------

@row('1.3 reports', 'any of the five scopes: 201, the body echoed with `report_id` set')
def _(w):
    from exchange_http import report
    seen = set()
    for scope in (SC, CM, CP, SA, AA):
        reply = w.ask('POST', REPORTS, report(), scope=scope, ok=201).json
        expect(reply['exchange'] == report()['exchange'], reply)
        seen.add(reply['report_id'])
    expect(len(seen) == 5, seen)


@row('1.3 reports', 'no exchange: 400')
def _(w):
    for body in ({}, {'exchange': None}, {'exchange': 'x'}):
        w.ask('POST', REPORTS, body, ok=400)


@row('1.3 availability', 'never 404: an unknown USS gives `Unknown`, version ""; each of AA, SC, SA may ask')
def _(w):
    name = 'nobody-' + random_id()
    for scope in (AA, SC, SA):
        expect(w.ask('GET', f'{AVAIL}/{name}', scope=scope, ok=200).json == {'version': '', 'status': {'uss': name, 'availability': 'Unknown'}}, 'GET')


@row('1.3 availability', 'old_version must be the current one ("" if none), else 409; a new version each time')
def _(w):
    path, versions = f'{AVAIL}/uss-{random_id()}', ['']
    for k, state in enumerate(('Normal', 'Down', 'Down', 'Unknown', 'Normal')):
        for wrong in {'x', '', *versions} - {versions[-1]}:
            w.ask('PUT', path, {'old_version': wrong, 'availability': state}, 'arbiter', AA, 409)
        put = w.ask('PUT', path, {'old_version': versions[-1], 'availability': state}, 'arbiter', AA, 200).json
        expect(put['status']['availability'] == state and put == w.ask('GET', path, ok=200).json, put)
        versions.append(put['version'])
    expect(len(set(versions)) == 6, versions)


STATES = [('normal', 'Normal'), ('NORMAL', 'Normal'), ('Normal', 'Normal'), ('dOwN', 'Down'), ('down', 'Down'), ('unknown', 'Unknown'), ('UNKNOWN', 'Unknown'), ('', 'Unknown')]
table('1.3 availability', [(f'input in any case: {given!r} is stored as {kept}', given, kept) for given, kept in STATES],
      lambda w, given, kept: expect(w.ask('PUT', f'{AVAIL}/uss-{random_id()}', {'old_version': '', 'availability': given}, 'arbiter', AA, 200)
                                    .json['status']['availability'] == kept, given))
table('1.3 availability', [(f'other text: 400 ({given!r})', given) for given in ('up', 'Normal ', 'Downn', 'null', 7)],
      lambda w, given: w.ask('PUT', f'{AVAIL}/uss-{random_id()}', {'old_version': '', 'availability': given}, 'arbiter', AA, 400))


@row('1.3 availability', 'names of USSs may hold any letter', ours=True)
def _(w):
    for name in (f'Ünï côdé-{random_id()}', f'a/b\\../{random_id()}'):
        path = f'{AVAIL}/{urllib.parse.quote(name, safe="")}'
        put = w.ask('PUT', path, {'old_version': '', 'availability': 'Down'}, 'arbiter', AA, 200).json
        expect(put['status'] == {'uss': name, 'availability': 'Down'} and w.ask('GET', path, ok=200).json == put, name, put)
        id, made = w.put_intent(sub=name)
        expect((made['operational_intent_reference']['manager'], w.get_intent(id, sub=name)['uss_availability']) == (name, 'Down'), made)


# --- flags ------------------------------------------------------------------------------------------------------------------------------------

@row('flags', '--allow-http-uss takes http: base URLs', where='open')
def _(w):
    id, put = w.put_intent(url='http://uss1.test/scd', new_subscription={'uss_base_url': 'http://uss1.test/scd'})
    expect(put['operational_intent_reference']['uss_base_url'] == 'http://uss1.test/scd', put)
    w.put_subscription(url='http://uss1.test/scd')
    w.put_constraint(url='http://uss1.test/scd')
    w.put_intent(url='ftp://uss1.test/scd', ok=400)


@row('flags', '--time-based-notification-index: milliseconds since midnight UTC', where='open')
def _(w):
    sub, put = w.put_subscription()
    for _k in range(2):
        _i, put = w.put_intent(sub='uss2', key=[r['ovn'] for r in w.find_intents(w.volume(), 'uss2').values()])
        index, now = notified(put)[sub], time.time() % 86400 * 1000
        expect(min(abs(index - now), 86400000 - abs(index - now)) < 60000, index, now)


@row('flags', '--strict leaves every member out that the interface does not name', where='strict')
def _(w):
    id, put = w.put_intent(**NEW)
    w.put_intent(sub='uss2', ok=409)
    w.put_constraint()
    w.put_subscription(constraints=True)
    w.find_intents(w.volume(), 'uss2')
    w.delete_intent(id, put['operational_intent_reference']['ovn'])
