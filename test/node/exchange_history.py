#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many clients write intents into one place at once, while connections are cut and the server is killed and started again; then what every
one of them asked and was told, and the server's own record, must agree that no intent came to Accepted or Activated without the OVN of each
other that was relevant and in force at that moment.  TAP.

    exchange_history.py DECONFLICT [--clients N] [--seconds S] [--kills K] [--seed SEED] [TEST...]"""
import argparse
import json
import os
import pathlib
import random
import sys
import threading
import time
import traceback

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from exchange_check import Event, History, from_record, read_record, relevant, wrong_histories
from exchange_kit import (AA, AVAIL, CP, HIDDEN, OI, SA, SC, UNIT, Own, at, circle, expect, height, polygon, random_id, wrapped)

SIDE, MANAGERS, STANDING = 8, 5, 4
LAT, LNG = 10.5, 20.5
GONE = (ConnectionError, TimeoutError, OSError)


def clock():
    return time.monotonic_ns()


class Connection:
    """HTTP by hand: so a request can be cut anywhere, and little of this machine is spent on clients."""

    def __init__(self, stage):
        self.stage, self.socket, self.rest = stage, None, b''

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.rest = None, b''

    def open(self):
        import socket
        self.socket = socket.create_connection(('127.0.0.1', self.stage.server.bound), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, method, path, token, body):
        text = b'' if body is None else json.dumps(body).encode()
        self.socket.sendall(f'{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(text)}\r\n\r\n'.encode() + text)

    def receive(self):
        while b'\r\n\r\n' not in self.rest:
            self.more()
        head, self.rest = self.rest.split(b'\r\n\r\n', 1)
        lines = head.decode().split('\r\n')
        headers = {k.lower(): v.strip() for k, v in (line.split(':', 1) for line in lines[1:])}
        if 'content-length' in headers:
            body = self.take(int(headers['content-length']))
        else:
            body = b''
            while True:
                while b'\r\n' not in self.rest:
                    self.more()
                size, self.rest = self.rest.split(b'\r\n', 1)
                piece = self.take(int(size, 16) + 2)[:-2]
                if not piece:
                    break
                body += piece
        if headers.get('connection', '').lower() == 'close':
            self.close()
        return int(lines[0].split()[1]), body

    def take(self, n):
        while len(self.rest) < n:
            self.more()
        out, self.rest = self.rest[:n], self.rest[n:]
        return out

    def more(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError('closed')
        self.rest += piece


class Stage:
    """A server that is killed, and what all clients share: the events, and the OVNs that one gets from the others' USSs."""

    def __init__(self, program, seed):
        self.server, self.seed = Own(program), seed
        self.events, self.ovns, self.lock = [], {}, threading.Lock()
        self.marks, self.stop, self.errors = iter(range(1, 1 << 40)), False, []

    def note(self, event):
        with self.lock:
            self.events.append(event)

    def restart(self):
        """Ended without a warning, and started again where it was."""
        port = self.server.bound
        self.server.kill()
        self.server.start(f'127.0.0.1:{port}')


def shape(r):
    """(places, least and greatest level, first and last hour): what decides about relevance."""
    places = [(r.randrange(SIDE), r.randrange(SIDE), r.random() < 0.3)]
    if r.random() < 0.2:
        places.append((r.randrange(SIDE), r.randrange(SIDE), False))
    lo, begin = r.randrange(4), r.randrange(4)
    return tuple(places), lo, min(lo + r.randrange(2), 4), begin, min(begin + r.randrange(1, 3), 5)


def volumes(s):
    """Squares of 0.014 degrees and circles of 600 m on a grid of 0.01: neighbours overlap by hundreds of metres or are as far apart."""
    out = []
    for x, y, is_circle in s[0]:
        lat, lng = LAT + y * UNIT, LNG + x * UNIT
        d = 0.007
        outline = {'outline_circle': circle(lat, lng, 600)} if is_circle else {
            'outline_polygon': polygon((lat - d, lng - d), (lat - d, lng + d), (lat + d, lng + d), (lat + d, lng - d))}
        out.append({'volume': outline | {'altitude_lower': height(s[1] * 100), 'altitude_upper': height(s[2] * 100)},
                    'time_start': wrapped(at(1 + s[3])), 'time_end': wrapped(at(1 + s[4]))})
    return out


class Planner(threading.Thread):
    """Makes, changes and ends intents of its own.  Is now and then negligent, and now and then its connection breaks."""

    def __init__(self, stage, number):
        super().__init__(daemon=True)
        self.stage, self.number, self.manager = stage, number, f'uss{number % MANAGERS}'
        self.random, self.wire, self.mine = random.Random(stage.seed * 1000 + number), Connection(stage), {}
        self.token = stage.server.token(self.manager, f'{SC} {SA} {CP}')

    def ask(self, event, method, path, body=None, cut=True):
        """Sends; notes what was asked and, if it was, answered.  None when there is no answer."""
        cut = self.random.random() if cut else 1
        try:
            if not self.wire.socket:
                self.wire.open()
        except GONE:
            time.sleep(0.02)
            return None
        event.begin = clock()
        try:
            self.wire.send(method, path, self.token, body)
            if cut < 0.02:
                self.wire.close()
                raise ConnectionError('cut')
            status, text = self.wire.receive()
        except GONE:
            self.wire.close()
            self.stage.note(event)  # nobody knows
            return None
        if status == 503:  # it starts, or ends: as if there were no answer
            self.stage.note(event)
            time.sleep(0.02)
            return None
        event.end, event.status = clock(), status
        value = json.loads(text) if text else {}
        self.answer(event, value)
        self.stage.note(event)
        return value

    @staticmethod
    def answer(event, value):
        reference = value.get('operational_intent_reference')
        if event.status in (200, 201) and reference:
            event.ovn, event.version = reference['ovn'], reference['version']
            expect(event.kind != 'put' or event.ovn != HIDDEN, 'an own OVN is hidden', value)
        if event.status == 409:
            event.missing = tuple(r['id'] for r in value.get('missing_operational_intents', ()))
        if event.kind == 'query':
            event.found = {r['id']: r['version'] for r in value.get('operational_intent_references', ())}

    def look(self, s):
        """Ids that stand there."""
        v = volumes((s[0][:1],) + s[1:])[0]
        e = Event('query', self.number, shape=(s[0][:1],) + s[1:])
        return self.ask(e, 'POST', OI + '/query', {'area_of_interest': v}, cut=False) and e.found or {}

    def ovn_of(self, id):
        """By asking its manager's USS, which is any of us."""
        with self.stage.lock:
            known = self.stage.ovns.get(id)
        return known[1] if known else None

    def learn(self, id):
        """An intent whose last write had no answer: its manager looks."""
        with self.stage.lock:
            known = self.stage.ovns.get(id)
        if not known:
            return
        token, self.token = self.token, self.stage.server.token(known[0], f'{SC} {SA} {CP}')
        value = self.ask(Event('get', self.number, id=id), 'GET', f'{OI}/{id}', cut=False)
        self.token = token
        if value and 'operational_intent_reference' in value:
            with self.stage.lock:
                self.stage.ovns[id] = (known[0], value['operational_intent_reference']['ovn'])

    def put(self, id, s, state, base):
        key = {o for o in (self.ovn_of(i) for i in self.look(s) if i != id) if o}
        for _again in range(4):
            if key and self.random.random() < 0.15:
                key.discard(self.random.choice(sorted(key)))  # forgotten
            mark = next(self.stage.marks)
            body = {'extents': volumes(s), 'key': sorted(key), 'state': state, 'uss_base_url': f'https://uss.test/{mark}'}
            if state != 'Accepted' or self.random.random() < 0.2:
                body['new_subscription'] = {'uss_base_url': f'https://uss.test/{mark}'}
            e = Event('put', self.number, id=id, base=base, key=frozenset(key), state=state, shape=s, manager=self.manager, mark=mark)
            if self.ask(e, 'PUT', f'{OI}/{id}' + (f'/{base}' if base else ''), body) is None:
                return self.lost(id)
            if e.status in (200, 201):
                self.mine[id] = (s, state, e.ovn)
                with self.stage.lock:
                    self.stage.ovns[id] = (self.manager, e.ovn)
                return
            expect(e.status == 409, 'PUT', e.status, body)
            if not e.missing:
                return self.lost(id)  # its OVN has changed: a request that was cut has come after all
            for i in e.missing:
                if not self.ovn_of(i) or self.ovn_of(i) in key:
                    self.learn(i)
            key |= {o for o in (self.ovn_of(i) for i in e.missing) if o}

    def lost(self, id):
        """Nobody knows how it stands, and what was sent may yet come; others may ask."""
        self.mine.pop(id, None)
        with self.stage.lock:
            self.stage.ovns[id] = (self.manager, None)

    def one(self):
        r = self.random.random()
        if len(self.mine) < 2 or (r < 0.35 and len(self.mine) < STANDING):
            self.put(random_id(), shape(self.random), 'Accepted', None)
            return
        id = self.random.choice(sorted(self.mine))
        s, state, ovn = self.mine[id]
        if r < 0.75:
            state = self.random.choice(('Accepted', 'Activated', 'Activated', 'Nonconforming', 'Contingent'))
            self.put(id, shape(self.random) if self.random.random() < 0.5 else s, state, ovn)
            return
        e = Event('delete', self.number, id=id, base=ovn, manager=self.manager)
        if self.ask(e, 'DELETE', f'{OI}/{id}/{ovn}') is None:
            return self.lost(id)
        expect(e.status == 200, 'DELETE', e.status)
        del self.mine[id]

    def run(self):
        try:
            while not self.stage.stop:
                self.one()
        except Exception as error:  # for whoever joins
            self.stage.errors.append(f'{type(error).__name__}: {error} ' + ', '.join(f'{f.name}:{f.lineno}' for f in traceback.extract_tb(error.__traceback__)))
            self.stage.stop = True
        self.wire.close()


class Arbiter(Planner):
    """Says of managers that they are down, and up again."""

    def __init__(self, stage, number):
        super().__init__(stage, number)
        self.token = stage.server.token('arbiter', AA)

    def one(self):
        name, state = f'uss{self.random.randrange(MANAGERS)}', self.random.choice(('Down', 'Normal', 'Unknown'))
        value = self.ask(Event('look', self.number), 'GET', f'{AVAIL}/{name}', cut=False)
        if value:
            e = Event('availability', self.number, manager=name, state=state)
            self.ask(e, 'PUT', f'{AVAIL}/{name}', {'old_version': value['version'], 'availability': state})
        time.sleep(0.02)


def play(program, clients, seconds, kills, seed):
    """(history, the server): what happened, and the server after a last kill and start."""
    stage = Stage(program, seed)
    threads = [Planner(stage, n) for n in range(clients)] + [Arbiter(stage, clients)]
    chance = random.Random(seed)
    for t in threads:
        t.start()
    for _k in range(kills + 1):
        until = time.monotonic() + seconds / (kills + 1) * chance.uniform(0.6, 1.4)
        while time.monotonic() < until and not stage.stop:
            time.sleep(0.01)
        if _k < kills and not stage.stop:
            stage.restart()
    stage.stop = True
    for t in threads:
        t.join(60)
        expect(not t.is_alive(), 'a client hangs')
    expect(not stage.errors, *stage.errors[:3])
    stage.restart()  # whatever was acknowledged is there after this
    return stage


def final(stage):
    """What the server shows at the end: id -> (manager, version, state)."""
    area = {'outline_polygon': polygon(*((LAT + UNIT * (y - 2), LNG + UNIT * (x - 2)) for x, y in ((0, 0), (SIDE + 4, 0), (SIDE + 4, SIDE + 4), (0, SIDE + 4))))}
    reply = stage.server.ask('POST', OI + '/query', {'area_of_interest': {'volume': area}})
    return {r['id']: (r['manager'], r['version'], r['state']) for r in reply.json['operational_intent_references']}


def concurrent_clients(given):
    stage = play(given.program, given.clients, given.seconds, given.kills, given.seed)
    events = stage.events
    history = History(events)
    done = [e for e in events if e.kind == 'put' and e.status in (200, 201)]
    refused = [e for e in events if e.kind == 'put' and e.status == 409 and e.missing]
    lost = [e for e in events if e.status is None and e.kind in ('put', 'delete')]
    print(f'# {given.clients} clients, {given.seconds} s, {given.kills} kills, seed {given.seed}: {len(events)} requests, {len(done)} writes, {len(refused)} refused for their '
          f'keys, {len(lost)} without an answer')
    expect(len(done) > given.clients and len(refused) > given.clients and len(lost) > 1, 'hardly anything happened')
    record = read_record(stage.server.data)
    shown = final(stage)
    found = history.faults()
    expect(not found, 'the history alone is impossible:', *found[:3])
    found, stands = from_record(events, record)
    expect(not found, 'the record and the history disagree:', *found[:3])
    expect(shown == stands, 'the record says', {k: v for k, v in stands.items() if shown.get(k) != v}, 'shown is', {k: v for k, v in shown.items() if stands.get(k) != v})
    # The same history, spoiled in one place each: the checkers must see it.
    seen, tried = wrong_histories(events, record, random.Random(given.seed))
    print('#', ', '.join(f'{name}: {seen[name]} of {tried[name]} seen' for name in tried))
    for name in tried:
        expect(tried[name] == 0 or seen[name] == tried[name], name, 'was not seen each time')
    expect(sum(tried.values()) > 20, 'hardly anything was spoiled')
    expect(stage.server.stop() == 0, 'the server ended badly:', stage.server.log()[-2000:])


def faults_made_by_hand(_given):
    """Small histories, right and wrong."""
    here, there = (((1, 1, False),), 0, 1, 0, 1), (((5, 5, False),), 0, 1, 0, 1)
    ids = (f'id{k}' for k in range(1000))

    def put(begin, end, ovn, key=(), s=here, id=None, version=1, state='Accepted', manager='m', base=None):
        return Event('put', 0, id=id or next(ids), begin=begin, end=end, status=201 if version == 1 else 200, ovn=ovn, version=version, key=frozenset(key), shape=s, state=state,
                     manager=manager, base=base)
    expect(relevant(here, here) and not relevant(here, there), 'relevance')
    one = put(0, 10, 'o1')
    gone = Event('delete', 0, id=one.id, base='o1', begin=12, end=14, status=200, manager='m', ovn='o1')
    down = Event('availability', 0, manager='m', state='Down', begin=11, end=13, status=200)
    up = Event('availability', 0, manager='m', state='Normal', begin=15, end=16, status=200)
    unknown = Event('put', 0, id=one.id, base='o1', begin=12, state='Accepted', shape=there, manager='m', key=frozenset())
    active = put(11, 12, 'o1b', id=one.id, version=2, state='Activated', base='o1')
    cases = [
        ('apart', [one, put(20, 30, 'o2', s=there)], False), ('with the key', [one, put(20, 30, 'o2', ['o1'])], False), ('without it', [one, put(20, 30, 'o2')], True),
        ('both at once, neither knows the other', [one, put(5, 8, 'o2')], True), ('both at once, one knows the other', [one, put(5, 8, 'o2', ['o1'])], False),
        ('it had gone', [one, gone, put(20, 30, 'o2')], False), ('it may have gone meanwhile', [one, gone, put(11, 13, 'o2')], False),
        ('it went later', [one, put(10.5, 11.5, 'o2'), gone], True), ('an unknown write may have moved it', [one, unknown, put(20, 30, 'o2')], False),
        ('nobody need know for Nonconforming', [one, put(20, 30, 'o2', state='Nonconforming')], False), ('its manager is down', [one, down, put(20, 30, 'o2')], False),
        ('its manager was down', [one, down, up, put(20, 30, 'o2')], True), ('down, but activated', [one, active, down, put(20, 30, 'o2', ['o1'])], True),
        ('an old OVN', [one, active, put(20, 30, 'o2', ['o1'])], True), ('the new OVN', [one, active, put(20, 30, 'o2', ['o1b'])], False),
        ('a query misses it', [one, Event('query', 0, begin=20, end=21, status=200, shape=here, found={})], True),
        ('a query shows what had gone', [one, gone, Event('query', 0, begin=20, end=21, status=200, shape=here, found={one.id: 1})], True),
        ('a query shows an old version', [one, active, Event('query', 0, begin=20, end=21, status=200, shape=here, found={one.id: 1})], True),
        ('refused for what had gone', [one, gone, Event('put', 0, id='z', begin=20, end=21, status=409, missing=(one.id,), shape=here, state='Accepted', key=frozenset(), manager='n')], True)]
    for name, events, wrong in cases:
        found = History(events).faults()
        expect(bool(found) == wrong, name, 'found', found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('--clients', type=int, default=20)
    parser.add_argument('--seconds', type=float, default=3)
    parser.add_argument('--kills', type=int, default=2)
    parser.add_argument('--seed', type=int, default=int.from_bytes(os.urandom(4), 'big'))
    parser.add_argument('only', nargs='*')
    given = parser.parse_args()
    tests = [t for t in (faults_made_by_hand, concurrent_clients) if not given.only or t.__name__ in given.only]
    failed = 0
    print(f'1..{len(tests)}', flush=True)
    for i, test in enumerate(tests, 1):
        try:
            test(given)
            print(f'ok {i} - {test.__name__}', flush=True)
        except Exception as error:
            failed += 1
            print('# ' + f'{type(error).__name__}: {error}'[:4000].replace('\n', '\n# '))
            print('# at', ', '.join(f'{pathlib.Path(f.filename).name}:{f.lineno}' for f in traceback.extract_tb(error.__traceback__)))
            print(f'not ok {i} - {test.__name__} (seed {given.seed})', flush=True)
    sys.exit(failed > 0)


main()
