#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random requests under /dss/v1, one after another, against a small model of what EXCHANGE_API.md 1.3 says: statuses, what is missing from a key,
who is told and with which index, implicit subscriptions as they come, grow, shrink and go; and now and then everything that stands, also after the
server was killed and started again.  TAP.

    exchange_model.py DECONFLICT [--worlds N] [--steps N] [--seed SEED]"""
import argparse
import os
import pathlib
import random
import sys
import traceback

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from exchange_kit import AA, AVAIL, CM, CP, CR, HIDDEN, NULL, OI, SA, SC, SUB, UNIT, Own, World, at, expect, height, polygon, random_id, wrapped

MANAGERS = ('uss1', 'uss2', 'uss3')


class Shape:
    """Rectangles (x0, y0, x1, y1) in units, with the bounds of the whole: levels in 100 m, times in hours.  Everything is inclusive."""

    def __init__(self, rects, low, high, start, end):
        self.rects, self.low, self.high, self.start, self.end = rects, low, high, start, end

    def near(self, other):
        return (self.start <= other.end and other.start <= self.end and
                any(a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3] for a in self.rects for b in other.rects))

    def meets(self, other):
        return self.near(other) and self.low <= other.high and other.low <= self.high

    def holds(self, other):
        """One rectangle around all of the other's."""
        a = self.rects[0]
        return (self.start <= other.start and other.end <= self.end and
                all(a[0] <= b[0] and a[1] <= b[1] and b[2] <= a[2] and b[3] <= a[3] for b in other.rects))

    def volumes(self, w):
        """The first has the bounds of the whole, so that these do not depend on the others."""
        out = []
        for r in self.rects:
            corners = [(w.lat + UNIT * y, w.lng + UNIT * x) for x, y in ((r[0], r[1]), (r[2], r[1]), (r[2], r[3]), (r[0], r[3]))]
            out.append({'volume': {'outline_polygon': polygon(*corners), 'altitude_lower': height(self.low * 100), 'altitude_upper': height(self.high * 100)},
                        'time_start': wrapped(at(self.start)), 'time_end': wrapped(at(self.end))})
        return out


def union(shapes):
    return Shape([r for s in shapes for r in s.rects], min(s.low for s in shapes), max(s.high for s in shapes), min(s.start for s in shapes), max(s.end for s in shapes))


class Intent:
    def __init__(self, manager, shape, state, ovn, sub):
        self.manager, self.shape, self.state, self.ovn, self.sub, self.version = manager, shape, state, ovn, sub, 1


class Constraint:
    def __init__(self, manager, shape, ovn):
        self.manager, self.shape, self.ovn, self.version = manager, shape, ovn, 1


class Subscription:
    def __init__(self, manager, shape, intents, constraints, implicit=False):
        self.manager, self.shape, self.intents, self.constraints, self.implicit, self.index, self.version = manager, shape, intents, constraints, implicit, 0, None


class Model:
    def __init__(self, service, seed):
        self.w, self.r = World(service), random.Random(seed)
        self.intents, self.constraints, self.subs, self.down, self.counts = {}, {}, {}, {m: 'Unknown' for m in MANAGERS}, {}
        self.names = {m: f'{m}-{random_id()[:8]}' for m in MANAGERS}

    # what is asked

    def shape(self):
        r, rects = self.r, []
        for _k in range(r.choice((1, 1, 1, 2))):
            x, y = r.randrange(-8, 7), r.randrange(-8, 7)
            rects.append((x, y, x + r.randrange(1, 5), y + r.randrange(1, 5)))
        low, start = r.randrange(5), r.randrange(1, 6)
        return Shape(rects, low, low + r.randrange(3), start, start + r.randrange(1, 3))

    def around(self, other=None):
        """Of a subscription, with ends at halves: never in doubt beside those of intents."""
        r = self.r
        if other and r.random() < 0.8:
            grow = r.choice((0.5, 0.5, 0.5, -0.5))
            box = [min(a[0] for a in other.rects) - 0.5, min(a[1] for a in other.rects) - 0.5, max(a[2] for a in other.rects) + grow, max(a[3] for a in other.rects) + 0.5]
            return Shape([tuple(box)], 0, 20, other.start - 0.25, other.end + r.choice((0.25, 0.25, 0.25, -0.25)))
        x, y = r.randrange(-9, 3) + 0.5, r.randrange(-9, 3) + 0.5
        return Shape([(x, y, x + r.randrange(3, 12), y + r.randrange(3, 12))], 0, 20, 0.25, r.randrange(2, 8) + 0.25)

    def of(self, things, manager=None):
        ids = sorted(i for i, t in things.items() if manager is None or t.manager == manager)
        return self.r.choice(ids) if ids else None

    def count(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1

    def ask(self, method, path, body, manager, scope, status, what):
        reply = self.w.s.ask(method, path, body, self.names[manager], scope)
        expect(reply.status == status, f'{what}: {method} {path} by {manager}: {reply.status}, expected {status}', reply.body[:700], body)
        self.count(f'{what} {status}')
        return reply.json

    # what follows

    def dependents(self, sub):
        return [i for i, t in self.intents.items() if t.sub == sub]

    def extents(self, sub):
        s = self.subs[sub]
        return union([self.intents[i].shape for i in self.dependents(sub)]) if s.implicit and self.dependents(sub) else s.shape

    def watching(self, shapes, kind, most=False):
        """Subscriptions that are told of a change there: an implicit one where one of its intents is, or (`most`) within the bounds of all."""
        def parts(i, s):
            return [self.intents[d].shape for d in self.dependents(i)] if s.implicit and not most else [self.extents(i)]
        return {i for i, s in self.subs.items() if getattr(s, kind) and any(p.near(x) for p in parts(i, s) for x in shapes)}

    def told(self, reply, before, after):
        """Those that watch afterwards must be told; those that watched before may be."""
        got = {s['subscription_id']: s['notification_index'] for to in reply['subscribers'] for s in to['subscriptions']}
        lacking, much = after - set(got), {g for g in got if g in self.subs} - before - after
        expect(not lacking, 'not told:', [(i, self.subs[i].__dict__, self.extents(i).__dict__, self.dependents(i)) for i in lacking], reply)
        expect(not much, 'told, and not concerned:', much, reply['subscribers'])
        for i, index in got.items():
            if i in self.subs:
                self.subs[i].index += 1
                expect(self.subs[i].index == index, 'index', i, index, 'expected', self.subs[i].index)

    def attach(self, manager, state):
        """(members of the body, id or 'new' or None, does it ask for constraints)."""
        r = self.r.random()
        if state == 'Accepted' and r < 0.3:
            return {}, None, False
        if r < 0.6:
            constraints = self.r.random() < 0.4
            return {'new_subscription': {'uss_base_url': 'https://uss.test/new', 'notify_for_constraints': constraints}}, 'new', constraints
        id = self.of(self.subs, manager if self.r.random() < 0.9 else None)
        if id is None or self.r.random() < 0.05:
            id = random_id()
        return {'subscription_id': id}, id, id in self.subs and self.subs[id].constraints

    def refusal(self, manager, shape, sub):
        """Status for a subscription that will not do, or None."""
        if sub in (None, 'new'):
            return None
        if sub not in self.subs:
            return 400
        if self.subs[sub].manager != manager:
            return 403
        if not self.subs[sub].implicit and not self.subs[sub].shape.holds(shape):
            return 400
        return None

    def missing(self, id, shape, state, key, constraints):
        if state not in ('Accepted', 'Activated'):
            return set(), set()
        intents = {i for i, t in self.intents.items() if i != id and t.shape.meets(shape) and t.ovn not in key and
                   not (t.state == 'Accepted' and self.down[t.manager] == 'Down')}
        return intents, {i for i, c in self.constraints.items() if constraints and c.shape.near(shape) and c.ovn not in key}

    def key(self):
        """All that stand, or all but some."""
        out = [t.ovn for t in (*self.intents.values(), *self.constraints.values())]
        self.r.shuffle(out)
        return out[self.r.randrange(len(out) + 1):] if self.r.random() < 0.4 else out

    def put_intent(self):
        manager = self.r.choice(MANAGERS)
        id = self.of(self.intents, manager if self.r.random() < 0.95 else None) if self.intents and self.r.random() < 0.55 else None
        old = self.intents.get(id)
        id, shape = id or random_id(), old.shape if old and self.r.random() < 0.4 else self.shape()
        state = self.r.choice(('Accepted', 'Activated', 'Activated', 'Nonconforming', 'Contingent')) if old else 'Accepted'
        members, sub, constraints = self.attach(manager, state)
        key, ovn = self.key(), old and (old.ovn if self.r.random() < 0.95 else 'x' * 20)
        body = {'extents': shape.volumes(self.w), 'key': key, 'state': state, 'uss_base_url': f'https://{manager}.test'} | members
        intents, restrictions = self.missing(id, shape, state, key, constraints)
        status = self.refusal(manager, shape, sub)
        if old and old.manager != manager:
            status = 403
        elif old and ovn != old.ovn:
            status, intents, restrictions = 409, set(), set()
        elif not status:
            status = 409 if intents or restrictions else 200 if old else 201
        reply = self.ask('PUT', f'{OI}/{id}' + (f'/{ovn}' if old else ''), body, manager, f'{SC} {SA} {CP}', status, 'intent')
        if status == 409:
            got = {r['id'] for r in reply.get('missing_operational_intents', ())}, {r['id'] for r in reply.get('missing_constraints', ())}
            expect(got == (intents, restrictions), 'missing are', got, 'expected', (intents, restrictions))
        elif status < 400:
            self.write(id, old, manager, shape, state, sub, constraints, reply)

    def write(self, id, old, manager, shape, state, sub, constraints, reply):
        r = reply['operational_intent_reference']
        shapes = [shape] + ([old.shape] if old else [])
        before = self.watching(shapes, 'intents', True)
        was = old.sub if old else None
        if sub == 'new':
            sub = r['subscription_id']
            expect(sub not in self.subs, 'a new subscription has an old id')
            self.subs[sub] = Subscription(manager, None, True, constraints, True)
        expect(r['subscription_id'] == (sub or NULL) and r['version'] == (old.version + 1 if old else 1) and r['state'] == state, r, 'expected', sub, state)
        self.intents[id] = Intent(manager, shape, state, r['ovn'], sub)
        self.intents[id].version = r['version']
        self.drop(was)
        self.told(reply, before | self.watching(shapes, 'intents', True), self.watching(shapes, 'intents'))

    def drop(self, sub):
        if sub in self.subs and self.subs[sub].implicit and not self.dependents(sub):
            del self.subs[sub]

    def delete_intent(self):
        id, manager = self.of(self.intents), self.r.choice(MANAGERS)
        if not id:
            return
        t = self.intents[id]
        manager = t.manager if self.r.random() < 0.9 else manager
        ovn = t.ovn if self.r.random() < 0.9 else 'x' * 20
        status = 403 if manager != t.manager else 409 if ovn != t.ovn else 200
        before = self.watching([t.shape], 'intents', True)
        reply = self.ask('DELETE', f'{OI}/{id}/{ovn}', None, manager, SC, status, 'end intent')
        if status == 200:
            del self.intents[id]
            self.drop(t.sub)
            self.told(reply, before, self.watching([t.shape], 'intents'))

    def put_constraint(self):
        manager = self.r.choice(MANAGERS)
        id = self.of(self.constraints) if self.constraints and self.r.random() < 0.5 else None
        old, shape = self.constraints.get(id), self.shape()
        id, shapes = id or random_id(), [shape] + ([self.constraints[id].shape] if id else [])
        status = 201 if not old else 403 if old.manager != manager else 200
        reply = self.ask('PUT', f'{CR}/{id}' + (f'/{old.ovn}' if old else ''), {'extents': shape.volumes(self.w), 'uss_base_url': f'https://{manager}.test'}, manager, CM,
                         status, 'constraint')
        if status < 400:
            self.constraints[id] = Constraint(manager, shape, reply['constraint_reference']['ovn'])
            self.told(reply, self.watching(shapes, 'constraints', True), self.watching(shapes, 'constraints'))

    def delete_constraint(self):
        id = self.of(self.constraints)
        if id:
            c = self.constraints.pop(id)
            self.told(self.ask('DELETE', f'{CR}/{id}/{c.ovn}', None, c.manager, CM, 200, 'end constraint'), self.watching([c.shape], 'constraints', True),
                      self.watching([c.shape], 'constraints'))

    def put_subscription(self):
        manager, near = self.r.choice(MANAGERS), self.of(self.intents)
        id = self.of(self.subs, manager) if self.r.random() < 0.4 else None
        old = self.subs.get(id)
        needs = [self.intents[i].shape for i in self.dependents(id)] if old else []
        shape = self.around(self.r.choice(needs) if needs and self.r.random() < 0.7 else self.intents[near].shape if near else None)
        flags = self.r.choice(((True, False), (True, True), (True, True), (False, True)))
        id = id or random_id()
        body = {'extents': shape.volumes(self.w)[0], 'uss_base_url': f'https://{manager}.test', 'notify_for_operational_intents': flags[0], 'notify_for_constraints': flags[1]}
        status = 200 if all(shape.holds(n) for n in needs) else 400
        version = self.w.get_subscription(id, self.names[manager])['version'] if old else None
        reply = self.ask('PUT', f'{SUB}/{id}' + (f'/{version}' if old else ''), body, manager, SC, status, 'subscription' + (' that was implicit' if old and old.implicit else ''))
        if status == 200:
            self.subs[id] = Subscription(manager, shape, *flags)
            self.subs[id].index = old.index if old else 0
            expect(sorted(r['id'] for r in reply.get('operational_intent_references', ())) == sorted(i for i, t in self.intents.items() if flags[0] and t.shape.near(shape)), 'intents')
            expect(sorted(r['id'] for r in reply.get('constraint_references', ())) == sorted(i for i, c in self.constraints.items() if flags[1] and c.shape.near(shape)), 'constraints')

    def delete_subscription(self):
        id = self.of(self.subs)
        if id:
            s = self.subs[id]
            version = self.w.get_subscription(id, self.names[s.manager])['version']
            status = 400 if self.dependents(id) else 200
            self.ask('DELETE', f'{SUB}/{id}/{version}', None, s.manager, SC, status, 'end subscription')
            if status == 200:
                del self.subs[id]

    def availability(self):
        manager, state = self.r.choice(MANAGERS), self.r.choice(('Down', 'Down', 'Normal', 'Unknown'))
        self.w.availability(self.names[manager], state)
        self.down[manager] = state

    # everything

    def look(self):
        area = self.w.volume(self.w.box(-20, -20, 20, 20), None, None)
        for m in MANAGERS:
            shown = {i: r for i, r in self.w.find_intents(area, self.names[m]).items()}
            expect({i: (r['ovn'], r['state'], r['version'], r['subscription_id'], r['uss_availability']) for i, r in shown.items()} ==
                   {i: (t.ovn if t.manager == m else HIDDEN, t.state, t.version, t.sub or NULL, self.down[t.manager]) for i, t in self.intents.items()}, 'intents', shown)
            subs = {i: (s['notification_index'], s['notify_for_operational_intents'], s['notify_for_constraints'], s['implicit_subscription'],
                        sorted(s['dependent_operational_intents']), s['time_start']['value'][:19], s['time_end']['value'][:19])
                    for i, s in self.w.find_subscriptions(area, self.names[m]).items()}
            own = {i: (s.index, s.intents, s.constraints, s.implicit, sorted(self.dependents(i)), at(self.extents(i).start)[:19], at(self.extents(i).end)[:19])
                   for i, s in self.subs.items() if s.manager == m}
            expect(subs == own, f'subscriptions of {m}', {i: s for i, s in subs.items() if own.get(i) != s}, 'expected', {i: s for i, s in own.items() if subs.get(i) != s})
        expect(set(self.w.find_constraints(area)) == set(self.constraints), 'constraints')
        probe = self.shape()
        box = self.w.find_intents(probe.volumes(self.w)[0])
        expect(set(box) == {i for i, t in self.intents.items() if Shape(probe.rects[:1], probe.low, probe.high, probe.start, probe.end).meets(t.shape)}, 'a query', probe.__dict__)

    def step(self):
        crowded = len(self.intents) > 10
        self.r.choice([self.put_intent] * 6 + [self.delete_intent] * (6 if crowded else 2) + [self.put_constraint, self.delete_constraint] +
                      [self.put_subscription] * 2 + [self.delete_subscription, self.availability])()


def world(service, seed, steps):
    model = Model(service, seed)
    for k in range(steps):
        try:
            model.step()
            if k % 70 == 69:  # from the record, or from a snapshot and what lies behind it
                service.close()
                service.kill()
                service.start(f'127.0.0.1:{service.port}')
            if k % 5 == 4:
                model.look()
        except AssertionError as error:
            raise AssertionError(f'seed {seed}, step {k}: {error}') from error
    model.look()
    return model.counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('--worlds', type=int, default=6)
    parser.add_argument('--steps', type=int, default=150)
    parser.add_argument('--seed', type=int, default=int.from_bytes(os.urandom(3), 'big'))
    given = parser.parse_args()
    os.environ.setdefault('DECONFLICT_RECORD_SNAPSHOT_EVERY', '100')
    service, failed, counts = Own(given.program), 0, {}
    print(f'1..{given.worlds}')
    for k in range(given.worlds):
        try:
            for name, n in world(service, given.seed + k, given.steps).items():
                counts[name] = counts.get(name, 0) + n
            print(f'ok {k + 1} - world of seed {given.seed + k}', flush=True)
        except Exception as error:
            failed += 1
            print('# ' + f'{type(error).__name__}: {error}'[:3000].replace('\n', '\n# '))
            print('# at', ', '.join(f'{pathlib.Path(f.filename).name}:{f.lineno}' for f in traceback.extract_tb(error.__traceback__)))
            print(f'not ok {k + 1} - world of seed {given.seed + k}', flush=True)
    print('#', ', '.join(f'{name}: {n}' for name, n in sorted(counts.items())))
    sys.exit(failed > 0 or service.stop() != 0)


main()
