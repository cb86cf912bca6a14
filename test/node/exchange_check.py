# SPDX-License-Identifier: Apache-2.0
"""What a recorded history of concurrent writes must satisfy, by itself and together with the record.

By itself: every request has an instant between its beginning and its end at which it happened; one without an answer has one after its
beginning, or none.  What is concluded holds whatever these instants were, so a fault is one for certain.  With the record: positions are the
order, and everything is decided."""
import copy
import json
import sqlite3
from dataclasses import dataclass, field

NEVER = float('inf')


@dataclass(eq=False)
class Event:
    kind: str  # put, delete, availability, query, get
    client: int
    id: str = None
    begin: float = 0
    end: float = NEVER
    status: int = None  # None: nobody knows
    base: str = None  # the OVN in the path
    key: frozenset = frozenset()
    state: str = None
    shape: tuple = None
    manager: str = None
    ovn: str = None
    version: int = None
    missing: tuple = ()
    found: dict = None
    mark: int = None

    @property
    def done(self):
        return self.status in (200, 201)

    def __str__(self):
        return (f'{self.kind} {self.id} by {self.manager or self.client} [{self.begin}, {self.end}] {self.status} {self.state or ""} {self.shape or ""} version {self.version} '
                f'ovn {self.ovn} base {self.base} key of {len(self.key)} mark {self.mark}')


def relevant(a, b):
    """Of two shapes (see exchange_history.volumes): neighbours overlap, others are clearly apart; two circles only when beside or above each other."""
    if a[1] > b[2] or b[1] > a[2] or a[3] > b[4] or b[3] > a[4]:
        return False
    for x, y, one in a[0]:
        for u, v, other in b[0]:
            dx, dy = abs(x - u), abs(y - v)
            if max(dx, dy) <= 1 and not (one and other and dx + dy == 2):
                return True
    return False


def demands(state):
    return state in ('Accepted', 'Activated')


class History:
    def __init__(self, events):
        self.events = events
        self.writes, self.unknown, self.made, self.ended = {}, {}, {}, {}
        for e in events:
            if e.kind in ('put', 'delete') and e.status is None:
                self.unknown.setdefault(e.id, []).append(e)
            elif e.kind == 'put' and e.done:
                self.writes.setdefault(e.id, {})[e.version] = e
                self.made[e.ovn] = e
        for e in events:
            if e.kind == 'delete' and e.done:
                self.ended[e.base] = e
        for versions in self.writes.values():
            for n, e in versions.items():
                if n + 1 in versions:
                    self.ended[e.ovn] = versions[n + 1]
        self.availability = {}
        for e in events:
            if e.kind == 'availability' and (e.done or e.status is None):
                self.availability.setdefault(e.manager, []).append(e)

    def may_end(self, e):
        """From when on the version that `e` made need not be in force."""
        times = [u.begin for u in self.unknown.get(e.id, ())]
        if e.ovn in self.ended:
            times.append(self.ended[e.ovn].begin)
        return min(times, default=NEVER)

    def must_end(self, e):
        """From when on it is not."""
        return self.ended[e.ovn].end if e.ovn in self.ended else NEVER

    def may_be_down(self, manager, w):
        said = self.availability.get(manager, ())
        for d in said:
            if d.state == 'Down' and d.begin <= w.end and not any(o.done and o.state != 'Down' and o.begin > d.end and o.end < w.begin for o in said):
                return True
        return False

    def lacking(self, w, other):
        """`w` does not know `other`, and must if that was in force."""
        return (w.id != other.id and relevant(w.shape, other.shape) and other.ovn not in w.key and
                not (other.state == 'Accepted' and self.may_be_down(other.manager, w)))

    def faults(self):
        out, there = [], []  # what began before, and may still be in force
        for e in sorted((e for e in self.events if e.kind in ('put', 'query') and e.status is not None), key=lambda e: e.begin):
            there = [(v, end) for v, end in there if end > e.begin]
            if e.kind == 'query' and e.done:
                out += self.query(e, there)
            elif e.kind == 'put' and e.done:
                out += self.write(e, there)
                there.append((e, self.may_end(e)))
            elif e.kind == 'put' and e.missing:
                out += self.refusal(e)
        return out

    def write(self, w, there):
        out = []
        for v, end in there:
            if end <= w.end or not demands(w.state) or not self.lacking(w, v):
                continue
            # It was in force before the write began, and until it had ended.
            if v.end < w.begin:
                out.append(f'written without the OVN of one in force: {w} | {v}')
            elif demands(v.state) and self.lacking(v, w) and self.may_end(w) > v.end:
                out.append(f'at once, and neither knows the other: {w} | {v}')
        return out

    def query(self, q, there):
        out = []
        for v, end in there:
            if v.end < q.begin and end > q.end and relevant(q.shape, v.shape) and q.found.get(v.id) != v.version:
                out.append(f'a query misses what was in force: {q} {q.found.get(v.id)} | {v}')
        for id, version in q.found.items():
            v = self.writes.get(id, {}).get(version)
            if v and (v.begin > q.end or self.must_end(v) < q.begin):
                out.append(f'a query shows what was not in force: {q} | {v}')
            if not v and not self.unknown.get(id):
                out.append(f'a query shows what nobody wrote: {q} {id} {version}')
        return out

    def refusal(self, e):
        """Each that was said to be missing can have been in force and missing."""
        out = []
        for id in e.missing:
            could = bool(self.unknown.get(id))
            for v in self.writes.get(id, {}).values():
                could |= v.begin <= e.end and self.must_end(v) >= e.begin and v.ovn not in e.key and relevant(v.shape, e.shape)
            if not could:
                out.append(f'refused for what was not in force, or was in the key: {e} | {id}')
        return out


# --- with the record ----------------------------------------------------------------------------------------------------------------

def read_record(folder):
    """Entries of the exchange: (position, what, id, manager, body)."""
    db = sqlite3.connect(f'file:{folder}/record.sqlite3?mode=ro', uri=True)
    out = []
    for position, content in db.execute('SELECT position, content FROM entry ORDER BY position'):
        if content is None or b'exchange' not in content[:400]:
            continue
        head, body = content.split(b'\n', 1)
        head = json.loads(head)
        if head['kind'].startswith('exchange'):
            body = json.loads(body)
            ask = body.get('ask', {})
            ask = ask.get('ask', ask)
            out.append((position, head, body | {k: ask[k] for k in ('url', 'state', 'availability') if k in ask}))
    db.close()
    return out


def from_record(events, record):
    """(faults, what stands at the end): walks the record's order and holds each write against what was in force."""
    out, stands, available = [], {}, {}
    by_mark = {e.mark: e for e in events if e.kind == 'put'}
    at, positions = {}, {}
    for position, head, body in record:
        if head['kind'] != 'exchange':
            out.append(f'position {position}: {head["kind"]} was not expected')
            continue
        verb, id = body['verb'], head.get('operation')
        if verb == 'availability':
            available[body['about']] = body['availability']
        elif verb == 'delete':
            if id not in stands:
                out.append(f'position {position} ends {id}, which does not stand')
            stands.pop(id, None)
            at['delete', id] = position
        elif body['kind'] == 'intent':
            e = by_mark.get(int(body['url'].rsplit('/', 1)[1]))
            if e is None or e.id != id or (e.status is not None and (not e.done or e.ovn != body['tag'])):
                out.append(f'position {position} is none of the requests that were made, or of those refused: {body["url"]} {e}')
                continue
            if e.mark in positions:
                out.append(f'positions {positions[e.mark]} and {position} are one request: {e}')
            positions[e.mark] = position
            out += judge(position, e, body, stands, available)
            version = stands[id][0].version + 1 if id in stands else 1
            e = copy.copy(e)
            e.version, e.ovn = version, body['tag']
            stands[id] = (e, position)
    for e in events:
        if e.kind == 'put' and e.done and e.mark not in positions:
            out.append(f'acknowledged, and not in the record: {e}')
        if e.kind == 'delete' and e.done and ('delete', e.id) not in at:
            out.append(f'acknowledged, and not in the record: {e}')
    out += order(events, positions, at)
    return out, {id: (e.manager, e.version, e.state) for id, (e, _p) in stands.items()}


def judge(position, w, body, stands, available):
    """Was each relevant intent in force known to this write, and does the record say so?"""
    if not demands(w.state):
        return []
    out, met = [], set(body.get('met', ()))
    for id, (v, p) in stands.items():
        if id == w.id or not relevant(v.shape, w.shape) or (v.state == 'Accepted' and available.get(v.manager, '').lower() == 'down'):
            continue
        if v.ovn not in w.key:
            out.append(f'position {position}: written without the OVN of one in force: {w} | {v}')
        if p not in met:
            out.append(f'position {position}: its evidence {sorted(met)} does not name {p}: {w} | {v}')
    held = {p for v, p in stands.values() if v.ovn in w.key}
    if met - held:
        out.append(f'position {position}: its evidence names {sorted(met - held)}, whose OVNs were not in the key: {w}')
    return out


def order(events, positions, at):
    """What had ended before another began comes before it in the record."""
    known = [(positions[e.mark], e) for e in events if e.kind == 'put' and e.done and e.mark in positions]
    known += [(at['delete', e.id], e) for e in events if e.kind == 'delete' and e.done and ('delete', e.id) in at]
    out, latest = [], None
    for _position, e in sorted(known, key=lambda k: k[0]):
        if latest and e.end < latest.begin:
            out.append(f'{e} had ended before {latest} began, and stands behind it in the record')
        if latest is None or e.begin > latest.begin:
            latest = e
    return out


# --- histories that are wrong on purpose -----------------------------------------------------------------------------------------------

def beginning(events, record, entries):
    """The first so many entries, and what was asked until then."""
    record = record[:entries]
    marks = {body.get('url', '').rsplit('/', 1)[-1] for _p, _h, body in record}
    ended = {head['operation'] for _p, head, body in record if body['verb'] == 'delete'}
    return [e for e in events if str(e.mark) in marks or (e.kind == 'delete' and e.id in ended)], record


def wrong_histories(events, record, random, each=8):
    """({name: seen}, {name: tried}): the beginning of the real one with one thing spoiled, in several places each."""
    events, record = beginning(events, record, 400)
    found, _stands = from_record(events, record)
    assert not found, found
    position_of = {body['url']: position for position, head, body in record if head['kind'] == 'exchange' and body['verb'] == 'put' and body['kind'] == 'intent'}
    url = lambda e: f'https://uss.test/{e.mark}'  # noqa: E731
    seen, tried = {}, {}

    def attempt(name, changed_events, changed_record):
        tried[name] = tried.get(name, 0) + 1
        found, _stands = from_record(changed_events, changed_record)
        seen[name] = seen.get(name, 0) + bool(found)

    def replaced(old, **changes):
        new = copy.copy(old)
        for name, value in changes.items():
            setattr(new, name, value)
        return [new if e is old else e for e in events]

    def bodies(url_, **changes):
        return [(p, h, b | changes if b.get('url') == url_ else b) for p, h, b in record]
    done = [e for e in events if e.kind == 'put' and e.done and demands(e.state)]
    with_evidence = [(e, b) for e in done for p, h, b in record if b.get('url') == url(e) and b.get('met')]
    ovn_at = {position: body['tag'] for position, head, body in record if head['kind'] == 'exchange' and body['verb'] == 'put' and body['kind'] == 'intent'}
    for name in ('an OVN out of a key', 'evidence left out', 'evidence for what the key had not', 'an acknowledged write lost', 'a refused write done', 'two writes the other way round',
                 'a write twice'):
        tried[name] = seen[name] = 0
    for e, body in random.sample(with_evidence, min(each, len(with_evidence))):
        p = random.choice(sorted(body['met']))
        attempt('an OVN out of a key', replaced(e, key=e.key - {ovn_at[p]}), record)
        attempt('evidence left out', events, bodies(url(e), met=[m for m in body['met'] if m != p]))
        attempt('evidence for what the key had not', events, bodies(url(e), met=[*body['met'], 10 ** 9]))
    for e in random.sample(done, min(each, len(done))):
        attempt('an acknowledged write lost', events, [r for r in record if r[2].get('url') != url(e)])
        attempt('a refused write done', replaced(e, status=409, ovn=None), record)
        again = [r for r in record if r[2].get('url') == url(e)]
        attempt('a write twice', events, sorted(record + [(10 ** 9, *again[0][1:])], key=lambda r: r[0]))
    # A write and one whose OVN its key held: the other way round, as if it had known the future.
    for e, body in random.sample(with_evidence, min(each, len(with_evidence))):
        p, q = random.choice(sorted(body['met'])), position_of[url(e)]
        swap = {p: q, q: p}
        attempt('two writes the other way round', events, sorted(((swap.get(k, k), h, b) for k, h, b in record), key=lambda r: r[0]))
    return seen, tried
