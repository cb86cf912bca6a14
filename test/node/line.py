# SPDX-License-Identifier: Apache-2.0
"""The link between two real nodes: who is let in, what comes across and how often, what happens when the network or a node fails.

    line.py PROGRAM [--kills N] [--rounds N] [--silence SECONDS] [TEST...]"""
import argparse
import json
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time

from line_kit import *
from node_kit import run_tests, verify

arguments = argparse.ArgumentParser()
arguments.add_argument('program')
arguments.add_argument('--kills', type=int, default=4, help='in killed_in_the_midst')
arguments.add_argument('--rounds', type=int, default=1, help='of faults in over_a_bad_network')
arguments.add_argument('--silence', type=float, default=0, help='seconds without a network in a_long_silence_is_made_good')
arguments.add_argument('test', nargs='*')
given = arguments.parse_intermixed_args()
PROGRAM = os.path.abspath(given.program)


def handshake(port, context):
    """The version that was agreed on; raises when there is none, or when the other side ends it."""
    with socket.create_connection(('127.0.0.1', port), timeout=PATIENCE) as plain, context.wrap_socket(plain) as tls:
        tls.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        return tls.version(), tls.recv(1000)


def refused(port, context):
    try:
        version, reply = handshake(port, context)
    except (ssl.SSLError, ConnectionError):
        return True
    return reply == b''


def only_pinned_keys_by_tls_1_3(nodes):
    a = Side(PROGRAM, 'CO', nodes).start().found(('CO', 'RU'))
    known, stranger = Peer(), Peer()
    a.pin('RU', known.public.hex())
    until('the peer is let in', lambda: not refused(a.line_port, known.context()))
    version, reply = handshake(a.line_port, known.context())
    expect(version == 'TLSv1.3' and reply.startswith(b'HTTP/1.1 404'), version, reply)
    expect(refused(a.line_port, stranger.context()), 'a key that nobody pinned was let in')
    expect(refused(a.line_port, known.context(certificate=False)), 'nobody was let in')
    old = known.context()
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    expect(refused(a.line_port, old), 'TLS 1.2 was spoken')
    a.unpin('RU')
    until('the peer is let in no more', lambda: refused(a.line_port, known.context()))
    expect(a.entries('line_in') == [] and a.entries('line_refused') == [], 'something was taken')


def who_answers_must_hold_the_pinned_key(nodes):
    a, b = (Side(PROGRAM, party, nodes).start().found(('CO', 'RU')) for party in ('CO', 'RU'))
    b.pin('CO', a.fingerprint)
    a.pin('RU', Peer().public.hex(), b.way.url)
    a.say('RU', 'secret')
    until('it is noticed', lambda: 'pinned key' in a.peer('RU')['trouble'])
    expect(b.stream('CO', 'in') == [] and a.peer('RU')['technical'] == 'DOWN', 'it was told what was not for it')
    # The right key, and all is well.
    a.pin('RU', b.fingerprint, b.way.url)
    settle(a, b)
    expect(same_streams(a, b)[0] >= 1, 'nothing came')


def both_ways_in_order_each_once(nodes):
    a, b = pair(PROGRAM, nodes)
    def talk(side, other):
        client = side.duty()
        for i in range(60):
            side.say(other.party, f'{side.party}-{i}', client, 'long ' * random.Random(i).randrange(1, 300))
    threads = [threading.Thread(target=talk, args=p) for p in ((a, b), (b, a))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    settle(a, b)
    expect(min(same_streams(a, b)) >= 60, 'messages are missing')
    expect(a.stop() == 0 and b.stop() == 0, 'a node did not end well')
    verify(a), verify(b)


def only_under_the_same_agreement(nodes):
    a, b = pair(PROGRAM, nodes)
    text = json.dumps({'type': 'FeatureCollection', 'deconflict': 1, 'agreement': {'minimum': {'lateral': {'value': 5, 'unit': 'NM'}}},
                       'features': []})
    other = text.replace('5', '6')
    a.agreement(text)
    until('both notice', lambda: a.peer('RU')['agreement'] == b.peer('CO')['agreement'] == 'differs')
    a.say('RU', 'early')
    b.say('CO', 'early-too')
    b.agreement(other)
    # They keep talking, but about nothing.
    heard = a.peer('RU')['heard']
    until('another check', lambda: a.peer('RU')['heard'] > heard and a.peer('RU')['agreement'] == 'differs')
    expect(a.stream('RU', 'in') == [] and b.stream('CO', 'in') == [], 'messages crossed under different agreements')
    b.agreement(text)
    settle(a, b)
    expect(min(same_streams(a, b)) >= 1, 'nothing came')


def one_of_them_may_be_out_of_reach(nodes):
    a, b = (Side(PROGRAM, party, nodes).start().found(('CO', 'RU')) for party in ('CO', 'RU'))
    a.pin('RU', b.fingerprint)  # nobody can call RU
    b.pin('CO', a.fingerprint, a.way.url)
    await_up(a, b)
    expect(a.peer('RU')['path'] == 'theirs' and b.peer('CO')['path'] == 'first', a.peer('RU'), b.peer('CO'))
    a.say('RU', 'from-co')
    b.say('CO', 'from-ru')
    settle(a, b)
    expect(min(same_streams(a, b)) >= 1, 'nothing came')


def a_call_that_failed_is_tried_again_before_the_next_heartbeat(nodes):
    a, b = (Side(PROGRAM, party, nodes, heartbeat='300s').start().found(('CO', 'RU')) for party in ('CO', 'RU'))
    b.way.down = True
    a.pin('RU', b.fingerprint, b.way.url)
    until('a call that fails', lambda: a.peer('RU')['trouble'])
    b.pin('CO', a.fingerprint, a.way.url)
    until('heard by the other way', lambda: a.peer('RU')['path'] == 'theirs')
    b.way.down = False
    await_up(a, b)


def down_degraded_and_up_are_in_the_record(nodes):
    a, b = pair(PROGRAM, nodes, heartbeat='100ms')
    second = Proxy(b.line_port)
    a.pin('RU', b.fingerprint, b.way.url, second.url)
    await_up(a, b)
    b.way.down = True
    b.way.break_all()
    until('the second way', lambda: a.peer('RU')['technical'] == 'DEGRADED' and a.peer('RU')['path'] == 'second')
    second.down = a.way.down = True
    second.break_all()
    a.way.break_all()
    until('down', lambda: a.peer('RU')['technical'] == 'DOWN' and b.peer('CO')['technical'] == 'DOWN')
    a.say('RU', 'meanwhile')
    for way in (b.way, second, a.way):
        way.well()
    await_up(a, b)
    settle(a, b)
    same_streams(a, b)
    def told():
        said = iter([json.loads(body)['technical'] for head, body in a.entries('line_status')])
        return all(s in said for s in ('UP', 'DEGRADED', 'DOWN', 'UP'))
    until('the record tells', told)
    acked = [json.loads(body)['acked'] for head, body in a.entries('line_status')]
    expect(max(acked) <= len(a.stream('RU', 'out')), acked)


class Talker(threading.Thread):
    """Says one thing after the other, again when the node was gone; what was answered is known to be in the record."""

    def __init__(self, side, to, pause=0.0):
        super().__init__(daemon=True)
        self.side, self.to, self.said, self.stop, self.error, self.pause = side, to, 0, False, None, pause
        self.start()

    def run(self):
        client = None
        while not self.stop:
            try:
                client = client or self.side.duty()
                self.side.say(self.to, f'{self.side.party}-{self.said}', client)
                self.said += 1
                time.sleep(self.pause)
            except GONE:
                client = None
                time.sleep(0.02)
            except Exception as error:  # for whoever ends it
                if '503' not in str(error):
                    self.error = error
                    return

    def end(self):
        self.stop = True
        self.join(PATIENCE)
        expect(not self.is_alive(), 'a talker hangs')
        if self.error:
            raise self.error
        return self.said


def killed_in_the_midst(nodes):
    a, b = pair(PROGRAM, nodes, heartbeat='100ms')
    chance = random.Random(5)
    talkers = [Talker(a, 'RU'), Talker(b, 'CO')]
    for i in range(given.kills):
        before = [t.said for t in talkers]
        until('both speak', lambda: all(t.said > n + 5 or t.error for t, n in zip(talkers, before)))
        time.sleep(chance.random() * 0.1)
        dying = [a, b] if i == given.kills - 1 else [(a, b)[i % 2]]
        for side in dying:
            side.kill()
        for side in dying:
            side.way.break_all()
            side.start()
    said = [t.end() for t in talkers]
    settle(a, b)
    counts = same_streams(a, b)
    for side, other, n, count in ((a, b, said[0], counts[0]), (b, a, said[1], counts[1])):
        asked = [json.loads(note.split(b'\n')[1])['object'] for _, note in side.stream(other.party, 'out')]
        asked = [o for o in asked if o.startswith(side.party + '-')]
        expect(n <= len(asked), side.party, 'said', n, 'things and its record has', len(asked))
        expect(sorted(int(o.split('-')[1]) for o in asked if asked.count(o) == 1) == list(range(len(asked))) , 'twice or never', asked[-20:])
    expect(a.stop() == 0 and b.stop() == 0, 'a node did not end well')
    verify(a), verify(b)


def over_a_bad_network(nodes):
    a, b = pair(PROGRAM, nodes, heartbeat='200ms')
    talkers = [Talker(a, 'RU', 0.01), Talker(b, 'CO', 0.01)]
    faults = [dict(delay=0.05), dict(cut=6000), dict(cut=6000, delay=0.03), dict(down=True), dict(mute=True),
              dict(late=0.3)]
    for _ in range(given.rounds):
        for fault in faults:
            before = [t.said for t in talkers]
            for way in (a.way, b.way):
                way.__dict__.update(fault)
                if 'cut' in fault or 'down' in fault:
                    way.break_all()
            until('both speak', lambda: all(t.said > n + 15 for t, n in zip(talkers, before)))
            if 'cut' in fault:
                broken = a.way.broken + b.way.broken
                until('connections break', lambda: a.way.broken + b.way.broken > broken + 2)
            if 'late' in fault:
                late = a.way.overtaken + b.way.overtaken
                until('requests come late', lambda: a.way.overtaken + b.way.overtaken > late + 5)
            for way in (a.way, b.way):
                way.well()
                if 'mute' in fault:
                    way.break_all()  # what was swallowed is gone: no connection can go on
    said = [t.end() for t in talkers]
    settle(a, b)
    repeated = [int(re.search(r'^deconflict_line_repeated_total (\d+)', n.admin().ask('GET', '/metrics')[2], re.M)[1]) for n in (a, b)]
    expect(sum(repeated) > 0, 'nothing came twice, so the network was not bad enough')
    counts = same_streams(a, b)
    expect(counts[0] >= said[0] and counts[1] >= said[1], 'said', said, 'sent', counts)


def a_long_silence_is_made_good(nodes):
    a, b = pair(PROGRAM, nodes, heartbeat='100ms')
    for way in (a.way, b.way):
        way.down = True
        way.break_all()
    client = a.duty()
    for i in range(150):
        a.say('RU', f'm{i}', client, 'a long text ' * 200)
    until('down', lambda: a.peer('RU')['technical'] == 'DOWN')
    end, i = time.monotonic() + given.silence, 150
    while time.monotonic() < end:
        time.sleep(1)
        a.say('RU', f'm{i}', client)
        b.say('CO', f'm{i}')
        i += 1
    for way in (a.way, b.way):
        way.well()
    await_up(a, b)
    settle(a, b)
    expect(same_streams(a, b)[0] >= 150, 'messages are missing')


def a_restored_record_is_noticed(nodes):
    a, b = pair(PROGRAM, nodes, heartbeat='100ms')
    a.say('RU', 'm0')
    b.say('CO', 'm0')
    settle(a, b)
    expect(b.stop() == 0, 'it did not end well')
    copy = b.folder.with_name('copy')
    shutil.copytree(b.folder, copy)
    b.start()
    a.say('RU', 'm1')
    b.say('CO', 'm1')
    settle(a, b)
    expect(b.stop() == 0, 'it did not end well')
    shutil.rmtree(b.folder)
    copy.rename(b.folder)
    b.start()
    # It has forgotten what it said: to go on would be to say something else under the same number.
    until('it is noticed', lambda: b.peer('CO')['history_differs'])
    until('the record tells', lambda: [h for h, _ in b.entries('line_refused') if h['reason'].startswith('other history')])
    before = len(a.stream('RU', 'in'))
    b.say('CO', 'something-else')
    until('it stays so', lambda: '422' in a.peer('RU')['trouble'] or a.peer('RU')['refused'])
    expect(len(a.stream('RU', 'in')) == before and 'something-else' not in str(a.stream('RU', 'in')), 'two pasts')


def another_line_key(nodes):
    a, b = pair(PROGRAM, nodes)
    a.say('RU', 'before')
    settle(a, b)
    old = a.fingerprint
    expect(a.stop() == 0, 'it did not end well')
    told = subprocess.run([PROGRAM, 'keys', 'rotate', str(a.folder), 'line'], capture_output=True, text=True, check=True).stdout
    a.start()
    shown = subprocess.run([PROGRAM, 'keys', 'show', str(a.folder)], capture_output=True, text=True, check=True).stdout
    expect(a.fingerprint != old and a.fingerprint in told and a.fingerprint in shown, told, shown)
    a.say('RU', 'after')
    until('it is refused', lambda: a.peer('RU')['trouble'] and 'pinned' in b.peer('CO')['trouble'])
    expect(b'after' not in b''.join(n for _, n in b.stream('CO', 'in')), 'taken from a key that nobody pinned')
    b.pin('CO', a.fingerprint, a.way.url)
    settle(a, b)
    same_streams(a, b)


def by_file_in_any_order_any_number_of_times(nodes):
    a, b = (Side(PROGRAM, party, nodes).start().found(('CO', 'RU')) for party in ('CO', 'RU'))
    a.pin('RU', b.fingerprint)
    b.pin('CO', a.fingerprint)
    client, taker = a.duty(), b.duty()
    def export(first):
        status, headers, text = client.ask('GET', f'/v1/line/peers/RU/export?from={first}')
        expect(status == 200, status, text)
        return text
    def take(text, side=taker, peer='CO'):
        return side.ask('POST', f'/v1/line/peers/{peer}/import', text.encode())
    for i in range(3):
        a.say('RU', f'm{i}', client)
    first = export(1)
    for i in range(3, 6):
        a.say('RU', f'm{i}', client)
    second = export(4)
    expect(b'\n'.join(n for _, n in a.stream('RU', 'out'))[:20] in first.encode(), 'not the bytes of the record')
    status, _, body = take(second)
    expect(status == 200 and body['taken'] == 3 and body['refused'] is None, status, body)
    expect(b.peer('CO')['received'] == {'messages': 0, 'waiting': 3}, b.peer('CO')['received'])
    status, _, body = take(first)
    expect(status == 200 and body['taken'] == 3, status, body)
    expect(b.peer('CO')['received'] == {'messages': 6, 'waiting': 0}, b.peer('CO')['received'])
    for text in (first, second, first + second, export(1)):
        status, _, body = take(text)
        expect(status == 200 and body['taken'] == 0 and body['repeated'] == body['messages'] > 0, status, body)
    expect(sorted(b.stream('CO', 'in')) == a.stream('RU', 'out')[:6], 'other bytes')
    # What was changed on the way, what is of somebody else, what is none.
    changed = first.replace('What is it?', 'What is it!')
    status, _, body = take(changed)
    expect(status == 200 and body['refused']['fault'] == 'wrong signature', status, body)
    status, _, body = take(first, client, 'RU')
    expect(status == 409, status, body)
    for text in ('', first[:-1], first + 'x', first.replace('v1', 'v2', 1), 'deconflict-line-file-v1\n{}\n'):
        status, _, body = take(text)
        expect(status == 422, repr(text[-60:]), status, body)
    expect(len(b.stream('CO', 'in')) == 6, 'something was taken')


run_tests([only_pinned_keys_by_tls_1_3, who_answers_must_hold_the_pinned_key, both_ways_in_order_each_once, only_under_the_same_agreement,
           one_of_them_may_be_out_of_reach, a_call_that_failed_is_tried_again_before_the_next_heartbeat,
           down_degraded_and_up_are_in_the_record, killed_in_the_midst, over_a_bad_network, a_long_silence_is_made_good,
           a_restored_record_is_noticed, another_line_key, by_file_in_any_order_any_number_of_times], given.test)
