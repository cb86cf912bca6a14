# SPDX-License-Identifier: Apache-2.0
"""Rows of EXCHANGE_API.md 1.3: subscriptions, implicit ones, constraints, and who is told of what."""
import calendar
import time

from exchange_kit import CR, HIDDEN, NULL, OI, SUB, at, expect, notified, row, soon_over, table, wrapped
from exchange_schema import CM, CP, SA, SC, random_id

URL1, URL2 = 'https://uss1.test/scd', 'https://uss2.test/scd'
NEW = {'new_subscription': {'uss_base_url': URL1}}


def intent_of(put):
    return put['operational_intent_reference']


# --- subscriptions -----------------------------------------------------------------------------------------------------------------------

@row('1.3 subscriptions', 'PUT: 200 for both, GET shows the same; the index is 0 and is kept on updates')
def _(w):
    id, put = w.put_subscription(constraints=True)
    s = put['subscription']
    expect(s['id'] == id and s['uss_base_url'] == URL1 and s['notification_index'] == 0 and s['notify_for_operational_intents'] and s['notify_for_constraints'] and
           not s.get('implicit_subscription') and not s.get('dependent_operational_intents'), s)
    expect(w.get_subscription(id) == s and w.find_subscriptions() == {id: s}, 'GET and query')
    w.put_intent(sub='uss2')
    old, s = s, w.get_subscription(id)
    expect(s['notification_index'] == 1, s)
    _i, put = w.put_subscription(id=id, version=s['version'], url='https://uss1.test/other')
    expect(put['subscription']['notification_index'] == 1 and put['subscription']['version'] != old['version'] and put['subscription']['uss_base_url'].endswith('other'), put)
    expect(w.ask('DELETE', f'{SUB}/{id}/{put["subscription"]["version"]}', ok=200).json['subscription']['id'] == id, 'deleted')
    w.get_subscription(id, ok=404)
    expect(w.find_subscriptions() == {}, 'found after its end')


@row('1.3 subscriptions', 'GET: 403 if not the owner, 404 if unknown; queries show the caller\'s alone')
def _(w):
    id, _r = w.put_subscription()
    w.get_subscription(id, 'uss2', ok=403)
    w.get_subscription(random_id(), ok=404)
    expect(id in w.find_subscriptions() and w.find_subscriptions(sub='uss2') == {}, 'own only')


@row('1.3 subscriptions', 'unknown id with a version: 400; create of an existing one: 409; another version: 409')
def _(w):
    id, put = w.put_subscription()
    w.put_subscription(id=random_id(), version=put['subscription']['version'], ok=400)
    w.put_subscription(id=id, ok=409)
    w.put_subscription(id=id, version='x' * 20, ok=409)


@row('1.3 subscriptions', 'another manager\'s: PUT and DELETE 403; PUT asks for the version first (409), DELETE for the manager')
def _(w):
    id, put = w.put_subscription()
    w.put_subscription(id=id, sub='uss2', ok=409)
    w.put_subscription(id=id, version='x' * 20, sub='uss2', ok=409)
    w.put_subscription(id=id, version=put['subscription']['version'], sub='uss2', ok=403)
    w.ask('DELETE', f'{SUB}/{id}/{"x" * 20}', sub='uss2', ok=403)
    w.ask('DELETE', f'{SUB}/{id}/{put["subscription"]["version"]}', sub='uss2', ok=403)


@row('1.3 subscriptions', 'DELETE: unknown 404, another version 409')
def _(w):
    id, put = w.put_subscription()
    w.ask('DELETE', f'{SUB}/{random_id()}/{put["subscription"]["version"]}', ok=404)
    w.ask('DELETE', f'{SUB}/{id}/{"x" * 20}', ok=409)


BAD = [('no notify flag', {'notify_for_operational_intents': False}), ('no notify flag at all', {'notify_for_operational_intents': ...}), ('uss_base_url absent', {'uss_base_url': ...}),
       ('uss_base_url empty', {'uss_base_url': ''}), ('uss_base_url must be https', {'uss_base_url': 'http://uss1.test'})]
table('1.3 subscriptions', [(f'400: {name}', change) for name, change in BAD],
      lambda w, change: w.put_subscription({k: v for k, v in (w.subscription() | change).items() if v is not ...}, ok=400))
TIMES = [('start more than 5 min in the past', (-0.1, 5), 400), ('start less than 5 min in the past', (-0.07, 5), 200), ('longer than 24 h', (0, 24.1), 400), ('24 h', (1, 25), 200),
         ('end < start', (3, 2), 400), ('longer than 24 h from now, no start', (None, 25), 400)]
table('1.3 subscriptions', [(f'{name}: {ok}', when, ok) for name, when, ok in TIMES], lambda w, when, ok: w.put_subscription(volume=w.volume(when=when), ok=ok))


def seconds(t):
    return time.mktime(time.strptime(t['value'][:19] + 'UTC', '%Y-%m-%dT%H:%M:%S%Z')) - time.timezone


@row('1.3 subscriptions', 'time_start defaults to now, time_end to start + 24 h; on updates to the old value')
def _(w):
    now = time.time()
    for when in (None, (None, 5), (2, None)):
        id, put = w.put_subscription(volume=w.volume(when=when))
        s = put['subscription']
        start, end = seconds(s['time_start']), seconds(s['time_end'])
        expect(abs(start - now) < 120 if when in (None, (None, 5)) else s['time_start']['value'][:19] == at(2)[:19], s)
        expect(abs(end - start - 86400) <= 1 if when != (None, 5) else s['time_end']['value'][:19] == at(5)[:19], s)
    _i, put = w.put_subscription(id=id, version=s['version'], volume=w.volume(when=(None, 20)))
    expect(put['subscription']['time_start']['value'][:19] == at(2)[:19] and put['subscription']['time_end']['value'][:19] == at(20)[:19], put)


@row('1.3 subscriptions', 'without extents, or with null: taken; it is nowhere, from now for a day; on updates it must still cover its intents')
def _(w):
    now = time.time()
    for more in ({'extents': ...}, {'extents': None}, {'extents': {}}):
        body = {k: v for k, v in (w.subscription() | more).items() if v is not ...}
        id, put = w.put_subscription(body)
        s = put['subscription']
        start, end = (calendar.timegm(time.strptime(s[n]['value'][:19], '%Y-%m-%dT%H:%M:%S')) for n in ('time_start', 'time_end'))
        expect(now - 2 <= start <= time.time() + 2 and end - start == 86400 and put['operational_intent_references'] == [] and id not in w.find_subscriptions(), put)
        _i, again = w.put_subscription(body, id=id, version=s['version'])
        expect((again['subscription']['time_start'], again['subscription']['time_end']) == (s['time_start'], s['time_end']), again, s)
        _i, put = w.put_intent()
        expect(put['subscribers'] == [], put)
        w.delete_intent(put['operational_intent_reference']['id'], put['operational_intent_reference']['ovn'])
    id, put = w.put_subscription()
    w.put_intent(subscription_id=id)
    w.put_subscription({k: v for k, v in w.subscription().items() if k != 'extents'}, id=id, version=put['subscription']['version'], ok=400)
    id, put = w.put_subscription({k: v for k, v in w.subscription().items() if k != 'extents'})
    w.put_intent(volumes=[w.volume(w.box(8, 8, 9, 9))], subscription_id=id, ok=400)


@row('1.3 subscriptions', 'no limit on their number')
def _(w):
    ids = {w.put_subscription()[0] for _k in range(25)}
    expect(set(w.find_subscriptions()) == ids, 'all there')


@row('1.3 subscriptions', 'PUT returns what is there, per the flags')
def _(w):
    intent, _r = w.put_intent(sub='uss2')
    constraint, _r = w.put_constraint()
    far, _r = w.put_intent(volumes=[w.volume(w.box(15, 15, 16, 16))])
    for flags in ((True, False), (False, True), (True, True)):
        _i, put = w.put_subscription(intents=flags[0], constraints=flags[1])
        expect([r['id'] for r in put.get('operational_intent_references', [])] == [intent] * flags[0], flags, put)
        expect([r['id'] for r in put.get('constraint_references', [])] == [constraint] * flags[1], flags, put)
        expect(not flags[0] or isinstance(put.get('operational_intent_references'), list), put)


# --- who is told --------------------------------------------------------------------------------------------------------------------------

@row('1.3 notification', 'each matching subscription\'s index is incremented first: PUT, update, DELETE, the caller\'s own too')
def _(w):
    ids = [w.put_subscription(sub=sub, url=url)[0] for sub, url in (('uss1', URL1), ('uss2', URL2))]
    id, put = w.put_intent()
    expect(notified(put) == {i: 1 for i in ids}, put)
    _i, put = w.put_intent(id=id, ovn=intent_of(put)['ovn'], ok=200)
    expect(notified(put) == {i: 2 for i in ids}, put)
    expect(notified(w.delete_intent(id, intent_of(put)['ovn'])) == {i: 3 for i in ids}, 'DELETE')
    for i, sub in zip(ids, ('uss1', 'uss2')):
        expect(w.get_subscription(i, sub)['notification_index'] == 3, 'kept')


@row('1.3 notification', 'grouped by URL')
def _(w):
    ids = {w.put_subscription(url=url)[0]: url for url in (URL1, URL1, URL2)}
    _i, put = w.put_intent(sub='uss2')
    expect(set(notified(put)) == set(ids), put)
    expect(sorted((s['uss_base_url'], len(s['subscriptions'])) for s in put['subscribers']) == [(URL1, 2), (URL2, 1)], put)
    expect(all(ids[t['subscription_id']] == s['uss_base_url'] for s in put['subscribers'] for t in s['subscriptions']), put)


@row('1.3 notification', 'intents tell those with notify_for_operational_intents, constraints those with notify_for_constraints')
def _(w):
    intents, constraints, both = (w.put_subscription(intents=i, constraints=c)[0] for i, c in ((True, False), (False, True), (True, True)))
    id, put = w.put_intent(sub='uss2')
    expect(notified(put) == {intents: 1, both: 1}, put)
    con, put2 = w.put_constraint()
    expect(notified(put2) == {constraints: 1, both: 2}, put2)
    _i, put2 = w.put_constraint(id=con, ovn=put2['constraint_reference']['ovn'], ok=200)
    expect(notified(put2) == {constraints: 2, both: 3}, put2)
    gone = w.ask('DELETE', f'{CR}/{con}/{put2["constraint_reference"]["ovn"]}', sub='uss2', scope=CM, ok=200).json
    expect(notified(gone) == {constraints: 3, both: 4}, gone)
    expect(notified(w.delete_intent(id, intent_of(put)['ovn'], 'uss2')) == {intents: 2, both: 5}, 'DELETE')


@row('1.3 notification', 'old and new bounds together decide whom to notify: area and time')
def _(w):
    here, there = w.volume(w.box(0, 0, 2, 2)), w.volume(w.box(10, 10, 12, 12), when=(4, 5))
    old, new, late = (w.put_subscription(volume=v)[0] for v in (here, there, w.volume(w.box(0, 0, 2, 2), when=(6, 7))))
    id, put = w.put_intent(sub='uss2', volumes=[here])
    expect(notified(put) == {old: 1}, put)
    _i, put = w.put_intent(sub='uss2', id=id, ovn=intent_of(put)['ovn'], volumes=[there], ok=200)
    expect(notified(put) == {old: 2, new: 1}, put)
    _i, put = w.put_intent(sub='uss2', id=id, ovn=intent_of(put)['ovn'], volumes=[there], ok=200)
    expect(notified(put) == {new: 2}, put)
    con, put = w.put_constraint(volumes=[here])
    expect(late not in notified(put), put)


@row('1.3 notification', 'what was refused tells nobody and increments nothing')
def _(w):
    sub, _r = w.put_subscription()
    id, put = w.put_intent()
    w.put_intent(sub='uss2', ok=409)
    w.put_intent(id=id, ovn='x' * 20, ok=409)
    w.delete_intent(id, 'x' * 20, ok=409)
    expect(w.get_subscription(sub)['notification_index'] == 1, w.get_subscription(sub))


# --- implicit subscriptions -----------------------------------------------------------------------------------------------------------------

@row('1.3 implicit', 'new_subscription: a new implicit one over the intent\'s bounds, not limited to 24 h, intents always, constraints as asked')
def _(w):
    for constraints in (None, False, True):
        more = {} if constraints is None else {'notify_for_constraints': constraints}
        id, put = w.put_intent(volumes=[w.volume(when=(1, 60))], new_subscription={'uss_base_url': 'https://uss1.test/implicit'} | more)
        s = w.get_subscription(intent_of(put)['subscription_id'])
        expect(s['implicit_subscription'] and s['notify_for_operational_intents'] and bool(s.get('notify_for_constraints')) == bool(constraints) and
               s['uss_base_url'] == 'https://uss1.test/implicit' and s['dependent_operational_intents'] == [id], s)
        expect(s['time_start']['value'][:19] == at(1)[:19] and s['time_end']['value'][:19] == at(60)[:19], s)
        expect(set(notified(put)) == {s['id']}, 'it is told of the very write', put)
        w.delete_intent(id, intent_of(put)['ovn'])
        w.get_subscription(s['id'], ok=404)
        expect(w.find_subscriptions() == {}, 'nothing is left')


@row('1.3 implicit', 'an update with new_subscription makes a NEW one; the one before goes if nothing else depends on it')
def _(w):
    id, put = w.put_intent(**NEW)
    seen = [intent_of(put)['subscription_id']]
    for _k in range(2):
        _i, put = w.put_intent(id=id, ovn=intent_of(put)['ovn'], ok=200, **NEW)
        seen.append(intent_of(put)['subscription_id'])
        w.get_subscription(seen[-2], ok=404)
        expect(set(w.find_subscriptions()) == {seen[-1]}, w.find_subscriptions())
    expect(len(set(seen)) == 3, seen)


@row('1.3 implicit', 'replaced by an explicit one, or by none: it goes; the explicit one stays when the intent goes')
def _(w):
    explicit, _r = w.put_subscription()
    id, put = w.put_intent(**NEW)
    first = intent_of(put)['subscription_id']
    _i, put = w.put_intent(id=id, ovn=intent_of(put)['ovn'], subscription_id=explicit, ok=200)
    expect(intent_of(put)['subscription_id'] == explicit and set(w.find_subscriptions()) == {explicit}, put)
    expect(w.get_subscription(explicit)['dependent_operational_intents'] == [id], 'dependent')
    _i, put = w.put_intent(id=id, ovn=intent_of(put)['ovn'], ok=200, **NEW)
    _i, put = w.put_intent(id=id, ovn=intent_of(put)['ovn'], ok=200)
    expect(intent_of(put)['subscription_id'] == NULL and set(w.find_subscriptions()) == {explicit}, put)
    expect(not w.get_subscription(explicit).get('dependent_operational_intents'), 'none depends')
    _i, put = w.put_intent(id=id, ovn=intent_of(put)['ovn'], subscription_id=explicit, ok=200)
    w.delete_intent(id, intent_of(put)['ovn'])
    expect(set(w.find_subscriptions()) == {explicit}, 'explicit ones stay')


@row('1.3 implicit', 'shared by two intents: extended to the second, there until the last has gone')
def _(w):
    one, put1 = w.put_intent(volumes=[w.volume(w.box(0, 0, 2, 2), when=(1, 2))], **NEW)
    s = intent_of(put1)['subscription_id']
    two, put2 = w.put_intent(volumes=[w.volume(w.box(10, 10, 12, 12), when=(3, 6))], subscription_id=s)
    shown = w.get_subscription(s)
    expect(sorted(shown['dependent_operational_intents']) == sorted([one, two]) and shown['implicit_subscription'], shown)
    expect(shown['time_start']['value'][:19] == at(1)[:19] and shown['time_end']['value'][:19] == at(6)[:19], shown)
    _i, put = w.put_intent(sub='uss2', volumes=[w.volume(w.box(11, 11, 13, 13), when=(4, 5))], key=[intent_of(put2)['ovn']])
    expect(s in notified(put), 'it watches the second\'s place too', put)
    w.delete_intent(one, intent_of(put1)['ovn'])
    expect(w.get_subscription(s)['dependent_operational_intents'] == [two], 'one left')
    w.delete_intent(two, intent_of(put2)['ovn'])
    w.get_subscription(s, ok=404)


@row('1.3 implicit', 'it shrinks with its intents', ours=True)
def _(w):
    one, put1 = w.put_intent(volumes=[w.volume(w.box(0, 0, 2, 2), when=(1, 2))], **NEW)
    s = intent_of(put1)['subscription_id']
    two, put2 = w.put_intent(volumes=[w.volume(w.box(10, 10, 12, 12), when=(3, 6))], subscription_id=s)
    w.delete_intent(one, intent_of(put1)['ovn'])
    shown = w.get_subscription(s)
    expect(shown['time_start']['value'][:19] == at(3)[:19], shown)
    _i, put = w.put_intent(sub='uss2', volumes=[w.volume(w.box(0, 0, 2, 2), when=(4, 5))])
    expect(s not in notified(put), 'it watches the first\'s place no more', put)
    _i, put2 = w.put_intent(id=two, ovn=intent_of(put2)['ovn'], volumes=[w.volume(w.box(-9, -9, -8, -8), when=(3, 4))], subscription_id=s, ok=200)
    _i, put = w.put_intent(sub='uss2', volumes=[w.volume(w.box(10, 10, 12, 12), when=(3, 4))])
    expect(s not in notified(put), 'an intent that has moved took it along', put)


@row('1.3 implicit', 'updated by its owner it becomes explicit: it stays when the intent goes')
def _(w):
    id, put = w.put_intent(**NEW)
    s = w.get_subscription(intent_of(put)['subscription_id'])
    _i, changed = w.put_subscription(id=s['id'], version=s['version'])
    expect(not changed['subscription'].get('implicit_subscription') and changed['subscription']['dependent_operational_intents'] == [id], changed)
    w.delete_intent(id, intent_of(put)['ovn'])
    expect(set(w.find_subscriptions()) == {s['id']}, 'still there')


# --- the subscription of an intent ---------------------------------------------------------------------------------------------------------------

EXPLICIT = [('covers exactly', {}, {}, 201), ('ends too early', {'when': (0, 1.9)}, {}, 400), ('begins too late', {'when': (1.1, 5)}, {}, 400), ('is too small', {'area': (0, 0, 2, 1.9)}, {}, 400),
            ('is elsewhere', {'area': (10, 10, 12, 12)}, {}, 400), ('covers in altitude or not: that is not compared', {'alt': (1000, 1100)}, {}, 201), ('is larger', {'area': (-1, -1, 3, 3), 'when': (0, 5)}, {}, 201)]


def explicit(w, sub, intent, ok):
    def volume(area=(0, 0, 2, 2), alt=(50, 150), when=(1, 2)):
        return w.volume(w.box(*area), alt, when)
    id, _r = w.put_subscription(volume=volume(**sub))
    w.put_intent(volumes=[volume(**intent)], subscription_id=id, ok=ok)


table('1.3 explicit', [(f'a given subscription must cover the intent in time and area: {name}: {ok}', sub, intent, ok) for name, sub, intent, ok in EXPLICIT], explicit)


@row('1.3 explicit', 'volumes in two places are covered where one subscription covers both')
def _(w):
    id, _r = w.put_subscription(volume=w.volume(w.box(-1, -1, 20, 20), None, (0, 10)))
    two = [w.volume(w.box(0, 0, 2, 2)), w.volume(w.box(16, 16, 19, 19), when=(2, 3))]
    w.put_intent(volumes=two, subscription_id=id)
    less, _r = w.put_subscription(volume=w.volume(w.box(-1, -1, 18, 18), None, (0, 10)))
    w.put_intent(volumes=[w.volume(w.box(0, 0, 2, 2), (500, 600)), w.volume(w.box(16, 16, 19, 19), (500, 600))], subscription_id=less, ok=400)


@row('1.3 explicit', 'a subscription with dependent intents is not deleted: 400')
def _(w):
    s, sub = w.put_subscription()
    id, put = w.put_intent(subscription_id=s)
    w.ask('DELETE', f'{SUB}/{s}/{w.get_subscription(s)["version"]}', ok=400)
    w.delete_intent(id, intent_of(put)['ovn'])
    w.ask('DELETE', f'{SUB}/{s}/{w.get_subscription(s)["version"]}', ok=200)


CHANGES = [('area', {'area': (0, 0, 1, 2)}, 400), ('another place', {'area': (10, 10, 12, 12)}, 400), ('altitude', {'alt': (100, 300)}, 400), ('end time', {'when': (1, 1.9)}, 400),
           ('start up to 5 min after the intent\'s', {'when': (1.07, 5)}, 200), ('start more than 5 min after the intent\'s', {'when': (1.1, 5)}, 400), ('no altitudes', {'alt': None}, 200),
           ('all of it', {'area': (-1, -1, 3, 3), 'alt': (0, 500), 'when': (0, 9)}, 200)]


def change(w, more, ok):
    s, _r = w.put_subscription(volume=w.volume(w.box(-2, -2, 4, 4), None, (0, 20)))
    w.put_intent(subscription_id=s)
    volume = w.volume(w.box(*more.get('area', (0, 0, 2, 2))), more.get('alt', (50, 150)), more.get('when', (1, 2)))
    _i, put = w.put_subscription(id=s, version=w.get_subscription(s)['version'], volume=volume, ok=ok)


table('1.3 explicit', [(f'an update must still cover dependent intents: {name}: {ok}', more, ok) for name, more, ok in CHANGES], change)


# --- constraints ------------------------------------------------------------------------------------------------------------------------------------

@row('1.3 constraints', 'PUT 201 and 200, GET, query, DELETE 200; version + 1 and a new OVN on each write')
def _(w):
    id, put = w.put_constraint()
    r = put['constraint_reference']
    expect((r['id'], r['manager'], r['version'], r['uss_base_url']) == (id, 'uss2', 1, 'https://uss2.test/cm') and put['subscribers'] == [], put)
    for scope in (CM, CP):
        expect(w.ask('GET', f'{CR}/{id}', sub='uss2', scope=scope, ok=200).json['constraint_reference'] == r, scope)
    ovns = {r['ovn']}
    for version in (2, 3):
        _i, put = w.put_constraint(id=id, ovn=r['ovn'], ok=200)
        r = put['constraint_reference']
        expect(r['version'] == version, r)
        ovns.add(r['ovn'])
    expect(len(ovns) == 3 and w.find_constraints(w.volume(), 'uss2') == {id: r}, ovns)
    expect(w.ask('DELETE', f'{CR}/{id}/{r["ovn"]}', sub='uss2', scope=CM, ok=200).json['constraint_reference']['id'] == id, 'DELETE')
    w.ask('GET', f'{CR}/{id}', scope=CP, ok=404)
    expect(w.find_constraints(w.volume()) == {}, 'found after its end')


@row('1.3 constraints', 'unknown: GET 404, DELETE 404, PUT with an OVN 409')
def _(w):
    w.ask('GET', f'{CR}/{random_id()}', scope=CP, ok=404)
    w.ask('DELETE', f'{CR}/{random_id()}/{"x" * 20}', scope=CM, ok=404)
    w.put_constraint(id=random_id(), ovn='x' * 20, ok=409)


@row('1.3 constraints', 'another OVN, and create of an existing id: 409; another manager\'s: 403')
def _(w):
    id, put = w.put_constraint()
    ovn = put['constraint_reference']['ovn']
    w.put_constraint(id=id, ovn='x' * 20, ok=409)
    w.put_constraint(id=id, ok=409)
    w.put_constraint(id=id, ovn=ovn, sub='uss1', ok=403)
    w.ask('DELETE', f'{CR}/{id}/{"x" * 20}', sub='uss2', scope=CM, ok=409)
    w.ask('DELETE', f'{CR}/{id}/{ovn}', sub='uss1', scope=CM, ok=403)


def refused_constraint(w, more):
    body = {k: v for k, v in (w.constraint() | more).items() if v is not ...}
    id, put = w.put_constraint()
    w.put_constraint(body, ok=400)
    w.put_constraint(body, id=id, ovn=put['constraint_reference']['ovn'], ok=400)


table('1.3 constraints', [(f'400: {name}', more) for name, more in (('no uss_base_url', {'uss_base_url': ...}), ('empty uss_base_url', {'uss_base_url': ''}),
                                                                    ('uss_base_url must be https', {'uss_base_url': 'http://uss2.test'}))],
      refused_constraint)


@row('1.3 constraints', 'they show their manager\'s availability', ours=True)
def _(w):
    sub = 'cm-' + random_id()
    id, put = w.put_constraint(sub=sub)
    for state in ('Down', 'Normal'):
        w.availability(sub, state)
        expect(w.find_constraints(w.volume())[id]['uss_availability'] == state, state)


# --- what is over ---------------------------------------------------------------------------------------------------------------------------------------

@row('1.3 expiry', 'intents and constraints that are over are still found, subscriptions are not')
def _(w):
    def before(w, text):
        v = w.volume(when=(-0.01, text))
        id, put = w.put_intent(volumes=[v])
        con, _r = w.put_constraint(volumes=[v])
        sub, _r = w.put_subscription(volume=v)
        implicit = intent_of(w.put_intent(volumes=[v], key=[intent_of(put)['ovn']], **NEW)[1])['subscription_id']
        expect({sub, implicit} <= set(w.find_subscriptions()), 'before')
        return w, v, id, con, sub, implicit

    w, v, id, con, sub, implicit = soon_over(w, before)
    expect(id in w.find_intents(v) and con in w.find_constraints(v), 'after')
    expect(not {sub, implicit} & set(w.find_subscriptions()), 'after', w.find_subscriptions())
    # And they are told nothing more.
    _i, put = w.put_intent(sub='uss2', volumes=[w.volume(when=(-0.01, 1))], key=[], ok=409)
    expect({r['id'] for r in put['missing_operational_intents']} >= {id}, 'demanded while they are found', put)
