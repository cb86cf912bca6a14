# SPDX-License-Identifier: Apache-2.0
"""A peer that holds a pinned key and means no good: each thing it tries is refused with a reason, told to the record, and leaves the node as it
was.  Every attack has a party of its own, so that what is told of one does not hide what is told of another.

    line_hostile.py PROGRAM [TEST...]"""
import hashlib
import os
import socket
import ssl
import sys
import threading
import time

from line_kit import *
from node_kit import run_tests, verify

PROGRAM = os.path.abspath(sys.argv[1])
PARTIES = ['CO'] + [f'R{i}' for i in range(16)]
victim, used = None, 0


def peer(nodes):
    """A fresh party, pinned at the one node that all attacks are made on."""
    global victim, used
    if not victim:
        victim = Side(PROGRAM, 'CO', [], options=['--line-max-rate', '50']).start().found(PARTIES)
    used += 1
    p = Peer(f'R{used}')
    victim.pin(p.party, p.public.hex())
    until('it is let in', lambda: let_in(p))
    return p


def let_in(p):
    try:
        return p.send(victim.line_port)[0] == 200
    except (ssl.SSLError, ConnectionError):
        return False


def told(p, reason, digest=None):
    """The record says so."""
    def found():
        entries = [h for h, _ in victim.entries('line_refused') if h['party'] == p.party]
        return [h for h in entries if h['reason'].startswith(reason)]
    entries = until(f'{reason} of {p.party} in the record', found)
    if digest:
        expect(entries[0]['digest'] == digest, entries)
    return entries


def taken(p):
    return [n for _, n in victim.stream(p.party, 'in')]


def good(p):
    """It can still say something sound."""
    before = len(taken(p))
    status, reply = p.send(victim.line_port, p.message())
    expect(status == 200 and len(taken(p)) == before + 1, p.party, status, reply)


def refused(p, status, kind, reply):
    expect(reply[0] == status and reply[1]['type'] == f'/problems/{kind}', p.party, 'expected', status, kind, 'found', reply)


def malformed_exchanges(nodes):
    p = peer(nodes)
    sound = p.frame()
    head = sound.split(b'\n')[1]
    bad = [b'', b'\n', b'deconflict-exchange-v2\n' + head + b'\n', sound[:-1], sound + b'x', sound.replace(b'"at":', b'"at" :'),
           sound.replace(b'"count":0', b'"count":1'), sound.replace(b'"count":0', b'"count":-1'), sound.replace(b'"count":0', b'"count":1e0'),
           sound.replace(b'"count":0', b'"count":99999'), sound.replace(b'"have":0', b'"have":"0"'), sound.replace(b'0000', b'00', 1),
           sound.replace(b'{', b'{"a":1,', 1), sound.replace(b'"have":0', b'"have":0,"have":0'), p.frame(party='x' * 65),
           p.frame(at=2 ** 53), p.frame(exercise=False), p.frame([b'not a note']), p.frame([b'']), sound.replace(b'R', b'\xff'),
           p.frame([p.message(n=1)])[:-5], b'\0' * 5000, b'[' * 900 + b'\n', b'deconflict-exchange-v1\n' + b'{"agreement":' * 60 + b'\n']
    for i, body in enumerate(bad):
        status, reply = p.call(victim.line_port, body)
        expect(status in (400, 422) and reply['type'] == '/problems/malformed', i, body[:80], status, reply)
        time.sleep(0.02)  # below the rate: this is about form
    entries = told(p, 'malformed', hashlib.sha256(bad[0]).hexdigest())
    expect(len(entries) == 1, 'more than one entry in ten seconds')
    expect(victim.peer(p.party)['refused'] >= 1 and taken(p) == [], victim.peer(p.party))
    p.texts.clear()
    good(p)


def messages_that_are_none(nodes):
    p = peer(nodes)
    good(p)
    text = b'deconflict-message-v1\n{}\n'
    for note in (note_of(text, p.party, p.key), note_of(b'deconflict-message-v2\n{}\n', p.party, p.key), p.message(n=2, verb='obey'),
                 p.message(n=2, version=-1), p.message(n=2, body={'a': 1.5}), p.message(n=2, object='x' * 65), p.message(n=2).replace(b'"n":2', b'"n": 2')):
        p.texts[1:] = []
        status, reply = p.send(victim.line_port, note)
        expect(status == 422 and reply['type'] in ('/problems/malformed', '/problems/wrong-signature'), note, status, reply)
    told(p, 'malformed')
    expect(len(taken(p)) == 1, taken(p))
    good(p)


def signed_by_another(nodes):
    p = peer(nodes)
    status, reply = p.send(victim.line_port, p.message(key=Peer().key))
    refused(p, 422, 'wrong-signature', (status, reply))
    p.texts.clear()
    note = p.message()
    refused(p, 422, 'wrong-signature', p.send(victim.line_port, note.replace(b'number 1', b'number 2')))
    told(p, 'wrong signature')
    expect(taken(p) == [], taken(p))
    p.texts.clear()
    good(p)


def replayed(nodes):
    p = peer(nodes)
    notes = [p.message() for _ in range(5)]
    frame = p.frame(notes)
    for _ in range(3):
        status, reply = p.call(victim.line_port, frame)
        expect(status == 200, status, reply)
    for order in (notes[::-1], notes[2:] + notes[:2], notes[3:] * 4):
        status, reply = p.send(victim.line_port, *order)
        expect(status == 200, status, reply)
    expect(taken(p) == notes, 'not once and in order')
    expect(victim.peer(p.party)['received']['messages'] == 5, victim.peer(p.party))
    good(p)


def rewritten(nodes):
    p = peer(nodes)
    status, reply = p.send(victim.line_port, *[p.message() for _ in range(3)])
    expect(status == 200, status, reply)
    for n in (1, 2, 3):
        other = p.message(n=n, body={'about': 'other', 'text': 'I never said that'})
        refused(p, 422, 'rewritten', p.send(victim.line_port, other))
        # Not among sound ones either: the whole exchange is refused.
        more = p.message(n=4, prev=p.hash_of(3))
        p.texts[3:] = []
        refused(p, 422, 'rewritten', p.send(victim.line_port, more, other))
    told(p, 'rewritten')
    expect(len(taken(p)) == 3, taken(p))
    good(p)


def chain_broken(nodes):
    p = peer(nodes)
    good(p)
    refused(p, 422, 'chain-broken', p.send(victim.line_port, p.message(n=2, prev='11' * 32)))
    told(p, 'chain broken')
    p.texts[1:] = []
    refused(p, 422, 'too-far-ahead', p.send(victim.line_port, p.message(n=5000, prev='11' * 32)))
    # A gap is kept until it is filled; a chain that does not fit then is found out.
    status, reply = p.send(victim.line_port, p.message(n=3, prev='22' * 32))
    expect(status == 200 and b'"have":1,' in reply, status, reply)
    good(p)
    expect(victim.peer(p.party)['received']['messages'] == 2, 'a message that does not follow was taken')


def misdirected(nodes):
    p = peer(nodes)
    refused(p, 422, 'misdirected', p.send(victim.line_port, party='R0'))
    refused(p, 422, 'misdirected', p.send(victim.line_port, p.message(to='R0')))
    told(p, 'misdirected')
    p.texts.clear()
    status, reply = p.send(victim.line_port, p.message(**{'from': 'R0'}))
    expect(status == 422 and reply['type'] in ('/problems/misdirected', '/problems/wrong-signature'), status, reply)
    expect(taken(p) == [], taken(p))
    p.texts.clear()
    good(p)


def oversized(nodes):
    p = peer(nodes)
    note = b'x' * 250000
    for body in (p.frame([note] * 5), b'\n' * (3 << 20)):
        try:
            status, reply = p.call(victim.line_port, body)
            expect(status == 413, status, reply)
        except (ConnectionError, ssl.SSLError):
            pass  # it was cut off in the middle of what it sent
    told(p, 'oversized')
    expect(p.call(victim.line_port, p.frame().replace(b'"count":0', b'"count":1') + b'300000\n' + b'x' * 300000)[0] == 400, 'a note too long')
    good(p)


def flooding(nodes):
    p = peer(nodes)
    statuses = []
    connection = http.client.HTTPSConnection('127.0.0.1', victim.line_port, timeout=PATIENCE, context=p.context())
    def ask():
        connection.request('POST', '/line/v1/exchange', p.frame(), {'Content-Type': 'application/vnd.deconflict.exchange'})
        reply = connection.getresponse()
        reply.read()
        statuses.append(reply.status)
        return reply
    # However slow this machine: it goes on as long as it is let, with many at once.
    def flood():
        q = Peer(p.party, key=p.key)
        while not done:
            try:
                statuses.append(q.send(victim.line_port, *many)[0])
            except OSError:
                pass
    many, done = [p.message() for _ in range(200)], []
    threads = [threading.Thread(target=flood, daemon=True) for _ in range(3)]
    for t in threads:
        t.start()
    until('it is told to wait', lambda: 429 in statuses)
    told(p, 'flooding')
    done.append(1)
    for t in threads:
        t.join()
    until('its time is over', lambda: ask().status == 200 or time.sleep(1))
    expect(len(taken(p)) == 200, len(taken(p)))


def lying_clock(nodes):
    p = peer(nodes)
    p.offset = 3600 * 1000000
    refused(p, 422, 'clock-jumped', p.send(victim.line_port))
    told(p, 'clock jumped')
    # A clock that was set and stays there is believed, and shown.
    good(p)
    expect(victim.peer(p.party)['clock_offset_us'] > 3000 * 1000000, victim.peer(p.party))
    until('degraded', lambda: victim.peer(p.party)['technical'] == 'DEGRADED')
    p.offset = 0
    refused(p, 422, 'clock-jumped', p.send(victim.line_port))
    good(p)


def other_history(nodes):
    p = peer(nodes)
    victim.say(p.party, 'a-question')
    status, reply = p.send(victim.line_port)
    sent = [n for _, n in victim.stream(p.party, 'out')]
    expect(status == 200 and len(sent) == 1 and sent[0] in reply, status, reply)
    for have in ({'have': 2, 'have_hash': '11' * 32}, {'have': 1, 'have_hash': '11' * 32}, {'have': 0, 'have_hash': '11' * 32},
                 {'have': 2 ** 53 - 1}):
        refused(p, 422, 'other-history', p.send(victim.line_port, **have))
    told(p, 'other history')
    expect(victim.peer(p.party)['history_differs'] and victim.peer(p.party)['sent']['in_their_record'] == 0, victim.peer(p.party))
    text = sent[0].split('\n\n— '.encode())[0] + b'\n'
    status, reply = p.send(victim.line_port, have=1, have_hash=hashlib.sha256(text).hexdigest())
    expect(status == 200 and not victim.peer(p.party)['history_differs'], status, reply)
    expect(victim.peer(p.party)['sent']['in_their_record'] == 1, victim.peer(p.party))


def exercise_and_other_agreement(nodes):
    p = peer(nodes)
    for members in ({'exercise': True}, {'agreement': '11' * 32}):
        status, reply = p.send(victim.line_port, p.message(n=1), **members)
        expect(status == 200 and b'"have":0,' in reply and taken(p) == [], members, status, reply)
        p.texts.clear()
    good(p)


def not_even_a_request(nodes):
    p = peer(nodes)
    for junk in (b'', b'\x16\x03\x01\x02\x00' + b'\xff' * 512, b'GET / HTTP/1.1\r\n\r\n', os.urandom(3000)):
        with socket.create_connection(('127.0.0.1', victim.line_port), timeout=PATIENCE) as s:
            s.sendall(junk)
    for start in (b'POST /line/v1/exchange HTTP/1.1\r\n', b'POST /line/v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nabc'):
        with socket.create_connection(('127.0.0.1', victim.line_port), timeout=PATIENCE) as s, p.context().wrap_socket(s) as tls:
            tls.sendall(start)
    connection = http.client.HTTPSConnection('127.0.0.1', victim.line_port, timeout=PATIENCE, context=p.context())
    for method, path, status in (('GET', '/line/v1/exchange', 405), ('POST', '/v1/operations', 404), ('GET', '/v1/line', 404), ('GET', '/', 404)):
        connection.request(method, path)
        reply = connection.getresponse()
        reply.read()
        expect(reply.status == status, method, path, reply.status)
    good(p)


def and_the_node_is_as_it_was(nodes):
    p = peer(nodes)
    good(p)
    # What had no entry of its own is counted in the next one.
    until('the rest is told', lambda: [h for h, _ in victim.entries('line_refused') if 'more since the last entry' in h['reason']])
    refused_at = {}
    for head, _ in victim.entries('line_refused'):
        refused_at.setdefault(head['party'], []).append(head['at'])
    for party, times in refused_at.items():
        # By the node's monotonic clock, which the entries' need not follow to the last.
        expect(all(y - x > 9 * 10 ** 6 for x, y in zip(times, times[1:])), party, 'more than one entry in ten seconds:', times)
    expect(victim.process.poll() is None and victim.stop() == 0, 'the node did not end well')
    expect('Sanitizer' not in victim.log() and 'runtime error' not in victim.log(), victim.log()[-2000:])
    verify(victim)


run_tests([malformed_exchanges, messages_that_are_none, signed_by_another, replayed, rewritten, chain_broken, misdirected, oversized, flooding,
           lying_clock, other_history, exercise_and_other_agreement, not_even_a_request, and_the_node_is_as_it_was], sys.argv[2:])
