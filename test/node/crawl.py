#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What one party may not know of does not show: every endpoint of the document is asked as everybody, with every name and number
that anybody has, and each reply is compared with that of a twin in which what the caller may not know of was never declared.
Writes TAP.

    crawl.py DECONFLICT SOURCE_ROOT [--every N] [TEST...]

--every: one of N readings, others for each reader (where sanitizers make each dear).

What differs between twins by its nature is put into words that are the same first: positions (and ETags made of them) become the
entry that they are of, as the cell sees it; hashes, times, request ids and the record's name are left out."""
import json
import pathlib
import re
import sys

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from api_kit import Document, Events, Node, box, collection, expect, make, path_of, run_tests, test

program, root, only = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
every = int(only[1]) if only[:1] == ['--every'] else 1
only = only[2:] if only[:1] == ['--every'] else only
document = Document(root / 'data' / 'openapi.json')
CANARY = 'qanary'
# Coordinates that stand in what is hidden and nowhere else.
SECRET_PLACES = ('36.4142135', '36.2718281', '35.5772156')


def hidden(party, name, lon, lat, **more):
    f = box(party, f'{CANARY}-{name}', lon, lat, note=f'{CANARY} note of {name}', member=f'{CANARY}-member', kind=f'{CANARY} kind', **more)
    f['properties']['unheard-of'] = f'{CANARY} member'
    return f


def story():
    """What is done, in order: (caller, method, target, body, headers, the parties that may know of it, cell aside).  A step of
    operations that only some may know of is left out for others."""
    co_a = box('CO', 'CO-A', 36.4, 36.4, to=['RU', 'IL'], note='seen by all')
    co_m = box('CO', 'CO-M', 36.5, 36.5, to=['BLR'], note='for a member of RU alone')  # meets RU-A
    co_b = box('CO', 'CO-B', 36.6, 36.4, to=['RU'], note='seen by two')
    ru_a = box('RU', 'RU-A', 36.45, 36.45, to=['CO'], low=12000, high=16000)
    il_a = box('IL', 'IL-A', 37.4, 36.4, to=[])
    co_x = hidden('CO', 'X', 36.4142135, 36.2718281)                           # meets CO-A: inside its party
    co_y = hidden('CO', 'Y 9', 36.2718281, 36.5, to=[], low=17000, high=21000) # right above and beside RU-A
    ru_x = hidden('RU', 'X', 36.35, 36.4142135, start_h=9.2)                   # in the way of CO-A's delay
    il_x = hidden('IL', 'X', 36.4142135, 35.5772156, to=[])
    ru_d = hidden('RU', 'D', 37.3, 36.4142135, size=0.3)                       # meets IL-A

    def declare(*features, to=None, method='POST', target='/v1/operations', key=None, by=None):
        party = features[0]['properties']['party']
        names = {party} | set(features[0]['properties'].get('label', {}).get('releasable_to', []) if to is None else to)
        return (by or party, method, target, collection(*features), {'Idempotency-Key': key} if key else {}, names)

    yield declare(co_x)
    yield declare(co_a, key='batch-1')
    yield declare(ru_x, key='batch-1')
    yield declare(co_b)
    yield declare(co_m, by='CO:GBR', key='of-a-member')
    yield declare(co_y)
    yield declare(ru_a)
    yield declare(il_x)
    yield declare(il_a)
    yield declare(ru_d, by='cell')
    yield ('CO', 'POST', path_of('CO', f'{CANARY}-X') + '/events/activate', None, {}, {'CO'})
    yield ('CO', 'POST', path_of('CO', 'CO-A') + '/events/activate', None, {}, {'CO', 'RU', 'IL'})
    yield ('CO', 'DELETE', path_of('CO', f'{CANARY}-X'), None, {}, {'CO'})
    yield ('RU', 'PUT', path_of('RU', f'{CANARY}-X'), collection(hidden('RU', 'X', 36.35, 36.4142135, start_h=9.1)), {}, {'RU'})
    yield ('RU', 'POST', path_of('RU', f'{CANARY}-D') + '/events/cancel', None, {}, {'RU'})
    yield declare(hidden('RU', 'D', 37.3, 36.4142135, size=0.3))


class World:
    """A node in which all was done that `reader` may know of; everything for None."""

    def __init__(self, reader=None, **agreement):
        self.reader = reader
        names = set(reader.removeprefix('read:').split(':')) if reader else set()
        self.node = Node(program, document)
        self.node.start()
        self.node.keep()
        make(self.node, **agreement)
        for by, method, target, body, headers, known in story():
            if reader is None or names & known:
                reply = self.node.ask(method, target, by, body, headers)
                expect(reply.status in (200, 201), method, target, reply.status, reply.body[:500])

    def learn(self):
        """What each position is, in words that twins share."""
        node = self.node
        self.size = node.position()
        self.words, self.positions = {}, {}
        for n in range(self.size):
            content = json.loads(node.get(f'/v1/record/entries/{n}', 'cell').json()['content'].split('\n')[0])
            word = ' '.join(str(content[k]) for k in ('kind', 'party', 'operation', 'version', 'event') if k in content)
            word = f'<{word}>' if word not in self.positions else f'<{word} again {sum(w.startswith(word[:-1]) for w in self.words.values())}>'
            expect(word not in self.positions, word)
            self.words[n], self.positions[word] = word, n
        return self

    def stop(self):
        self.node.stop()


def plain(world, value, key=''):
    """A JSON value with positions in words and without what no twin can share."""
    if isinstance(value, dict):
        return {k: plain(world, v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(world, v, key) for v in value]
    if key in ('position', 'next') and isinstance(value, int):
        # The end of the record is where it ends, and a page that found nothing more says so by null.
        return world.words.get(value, '<end>' if value == world.size else f'<{value}>')
    if key == 'etag':
        return world.words[int(value.strip('"'))] if value != '"0"' else value
    if key in ('at_us', 'received'):
        return '<time>'
    if key in ('origin', 'vkey', 'request_id', 'commitment', 'salt'):
        return '<own>'
    if key == 'content':
        head, body = value.split('\n', 1)
        head = {k: '<own>' if k in ('at', 'digest', 'request', 'origin', 'vkey') else world.words[v] if k == 'first' else v
                for k, v in json.loads(head).items()}
        return [head, body]
    return value


def comparable(world, reply):
    """What a reply says, in words that twins share."""
    headers = {k: v for k, v in reply.headers.items() if k not in ('date', 'x-request-id', 'content-length')}
    if 'etag' in headers:
        headers['etag'] = plain(world, headers['etag'], 'etag')
    kind = headers.get('content-type', '')
    body = plain(world, reply.json()) if 'json' in kind and reply.body else reply.body if 'text' not in kind or reply.status != 200 else b''
    return reply.status, headers, body


def no_canary(raw, what):
    text = raw if isinstance(raw, str) else raw.decode('utf-8', 'replace')
    for secret in (CANARY, *SECRET_PLACES):
        expect(secret not in text, what, 'shows', secret, text[:2000])


NAMES = ('CO-A', 'CO-B', 'CO-M', 'RU-A', 'IL-A', f'{CANARY}-X', f'{CANARY}-Y 9', f'{CANARY}-D', 'nothing')
HEADERS = ({}, {'If-None-Match': '"987654"'}, {'If-Match': '"987654"'}, {'If-None-Match': '*'}, {'If-Match': '*'}, {'If-Match': 'rubbish'})


def filled(template):
    """Targets of a path of the document with everything that anybody could put into it, but for positions."""
    if template.startswith('/v1/line'):
        # Of a node without a line: nothing is there for anybody.  What there is with one: api_line.py.
        return [template.replace('{party}', 'RU').replace('{id}', 'RU-A').replace('{way}', 'in').replace('{n}', '1')]
    targets = [template]
    for name, values in (('{party}', ('CO', 'RU', 'IL', 'ZZ')), ('{operation}', [path_of('', n).rsplit('/', 1)[1] for n in NAMES]),
                         ('{event}', ('activate', 'cancel', 'window_over', 'nonsense'))):
        targets = [t.replace(name, v) for t in targets for v in (values if name in t else ('',))]
    return targets


def queries(template):
    yield ''
    if template in ('/v1/operations', '/v1/conflicts'):
        yield from ('?limit=1', '?limit=2', '?limit=1000', '?limit=0', '?after=x', '?nonsense=1', '?limit=1&limit=1')
    if template == '/v1/operations':
        yield from ('?state=all', '?state=ENDED,CANCELLED', '?state=SUPERSEDED', '?state=NONSENSE', '?party=CO', '?party=RU', '?party=ZZ', '?party=RU&state=all')


def own(reader):
    """The reader's party."""
    return reader.removeprefix('read:').split(':')[0]


def readings(reader):
    """(method, target, headers, body) that change nothing that stands; without positions."""
    for template, item in document.doc['paths'].items():
        if template in ('/v1/events', '/metrics', '/openapi.json', '/checkpoint') or '{position}' in template or '{path}' in template:
            continue
        for target in filled(template):
            for method in item:
                if method == 'get':
                    yield from (('GET', target + q, h, None) for q in queries(template) for h in (HEADERS if not q else HEADERS[:1]))
                    yield 'HEAD', target, {}, None
                elif template != '/v1/check':
                    # What only others may do: nothing comes of it.
                    for_others = template.startswith('/v1/operations/') and not target.startswith(f'/v1/operations/{own(reader)}/')
                    if for_others or reader in ('', 'garbage'):
                        name = target.split('/')[4] if target.count('/') > 3 else 'N'
                        for party in ('CO', 'RU'):
                            body = collection(box(party, 'N', 36.4, 36.4))
                            yield from ((method.upper(), target, h, body) for h in HEADERS[1:5])
                        yield method.upper(), target, {'Idempotency-Key': 'batch-1'}, b'{'
                    elif 'requestBody' in item[method] and (reader != 'admin' or 'operations' in template):
                        yield method.upper(), target, {}, b'{'
            yield 'OPTIONS', target, {}, None
            yield 'PATCH', target, {}, None


def pages(world, reader, path):
    """All pages of a list, one operation each."""
    out, after = [], 0
    while after is not None:
        reply = world.node.ask('GET', f'{path}?limit=1&after={after}', reader)
        if reply.status != 200:
            return out + [comparable(world, reply)]
        no_canary_for(reader, reply, path)
        out.append(comparable(world, reply))
        after = reply.json()['next']
    return out


def no_canary_for(reader, reply, what):
    """A party may read its own secrets."""
    text = reply.body.decode('utf-8', 'replace') + json.dumps(reply.headers)
    if own(reader) not in ('CO', 'RU', 'IL'):
        no_canary(text, f'{what} as {reader!r}')
        return
    others = {'CO': ('X', 'Y 9'), 'RU': ('X', 'D'), 'IL': ('X',)}
    for party, names in others.items():
        if party == own(reader):
            continue
        for name in names:
            expect(f'/v1/operations/{party}/{CANARY}' not in text, what, reader, text[:1500])
    # No object of another party holds a canary.
    if reply.headers.get('content-type', '').endswith('json') and reply.body:
        for party, value in owned(reply.json()):
            if party != own(reader):
                no_canary(json.dumps(value), f'{what} as {reader}')


def owned(value, party=None):
    """(party, leaf) for everything that stands below an object that names a party."""
    if isinstance(value, dict):
        party = value['party'] if isinstance(value.get('party'), str) else party
        for v in value.values():
            yield from owned(v, party)
    elif isinstance(value, list):
        for v in value:
            yield from owned(v, party)
    elif party is not None:
        yield party, value


def compare(full, twin, reader, method, target, headers=None, body=None, twins_target=None):
    a = full.node.ask(method, target, reader, body, headers)
    b = twin.node.ask(method, twins_target or target, reader, body, headers)
    no_canary_for(reader, a, f'{method} {target}')
    x, y = comparable(full, a), comparable(twin, b)
    expect(x == y, f'{method} {target} {headers} as {reader!r} differs from the twin:\n{x}\n{y}')
    return a


def both(reader, **agreement):
    return World(None, **agreement).learn(), World(reader, **agreement).learn()


def record_compared(full, twin, reader):
    # Each entry by its word; those that the twin lacks look like entries that are not there.
    for word, n in full.positions.items():
        there = twin.positions.get(word)
        a = full.node.ask('GET', f'/v1/record/entries/{n}', reader)
        b = twin.node.ask('GET', f'/v1/record/entries/{twin.size + 5 if there is None else there}', reader)
        no_canary_for(reader, a, f'entry {word}')
        expect(comparable(full, a) == comparable(twin, b), f'entry {word} as {reader!r} differs:\n{comparable(full, a)}\n{comparable(twin, b)}')
        full.node.ask('GET', f'/v1/record/proof?entry={n}', reader)
    for n in ('-1', '99999', 'x', str(2**63), '1%2F2'):
        compare(full, twin, reader, 'GET', f'/v1/record/entries/{n}')
        compare(full, twin, reader, 'GET', f'/v1/record/proof?entry={n}')
    for path in ('/checkpoint', '/metrics', '/openapi.json', f'/tile/0/000.p/{full.size}', f'/tile/entries/000.p/{full.size}', '/v1/record/proof?from=1',
                 '/tile/0/001', '/tile/1/000', '/tile/entries/000'):
        reply = full.node.ask('GET', path, reader)
        no_canary(reply.body, f'{path} as {reader}')
        no_canary(json.dumps(reply.headers), f'{path} as {reader}')


def stream_compared(full, twin, reader):
    if full.node.ask('GET', '/v1/events?from=x', reader).status == 401:
        return
    told = []
    for world in (full, twin):
        with Events(world.node, reader, '?from=0') as events:
            came = events.until(0)
            raw = events.raw
        told.append([(world.words[i], name, plain(world, data)) for i, name, data in came])
        for _, _, data in came:
            for party, value in owned(data):
                if party != own(reader):
                    no_canary(json.dumps(value), f'events as {reader}')
        if own(reader) not in ('CO', 'RU', 'IL'):
            no_canary(raw, f'events as {reader}')
    expect(told[0] == told[1], f'events as {reader!r} differ:\n{told[0]}\n{told[1]}')
    return told[0]


def crawl(reader):
    full, twin = both(reader)
    count = 0
    for n, (method, target, headers, body) in enumerate(readings(reader)):
        if (n + sum(reader.encode())) % every == 0:
            compare(full, twin, reader, method, target, headers, body)
            count += 1
    expect(count * every > 300, count)
    for path in ('/v1/operations', '/v1/conflicts'):
        a, b = pages(full, reader, path), pages(twin, reader, path)
        expect(a == b, f'pages of {path} as {reader!r} differ:\n{a}\n{b}')
    record_compared(full, twin, reader)
    stream_compared(full, twin, reader)
    return full, twin


def end(*worlds):
    for world in worlds:
        world.stop()


@test
def nobody_learns_anything_without_a_party_that_is_here():
    for reader in ('', 'garbage', 'ZZ', 'admin'):
        end(*crawl(reader))


@test
def a_party_learns_nothing_of_what_is_hidden():
    for reader in ('RU:RUS', 'read:RU', 'IL', 'CO', 'RU:BLR'):
        full, twin = crawl(reader)
        mine = full.node.listed(reader, '&state=all')
        expect((('CO', 'CO-M') in mine) == (reader in ('CO', 'RU:BLR')), reader, mine)
        expect(mine == twin.node.listed(reader, '&state=all') and len(mine) > 1, mine)
        end(full, twin)


@test
def a_cell_sees_everything():
    full = World(None).learn()
    names = full.node.listed('cell', '&state=all')
    expect({('CO', f'{CANARY}-X'), ('RU', f'{CANARY}-D'), ('IL', 'IL-A'), ('CO', 'CO-A')} <= set(names), names)
    pairs = full.node.get('/v1/conflicts?limit=1000', 'cell').json()['check']['conflicts']
    expect(any(CANARY in p['a']['operation'] or CANARY in p['b']['operation'] for p in pairs), 'the hidden operations meet nothing: this tests nothing')
    expect(any(p['a']['party'] == 'IL' and p['b']['operation'] == f'{CANARY}-D' for p in pairs), pairs)
    with Events(full.node, 'cell', '?from=0') as events:
        came = events.until(10)
    expect(any(CANARY in data.get('operation', '') for _, _, data in came), 'the cell is told nothing')
    end(full)


def probes(party, to):
    """Questions and declarations all around what is hidden."""
    n = 0
    for lon in (36.2, 36.35, 36.5, 37.3):
        for low in (9000, 16500):
            for start_h in (6, 9.1):
                n += 1
                yield box(party, f'{party}-PROBE-{n}', lon, 36.3, low=low, high=low + 3000, start_h=start_h, size=0.25, to=to)


@test
def probing_answers_as_if_it_were_not_there():
    for reader, to in (('RU', ['CO']), ('IL', []), ('CO', ['RU', 'IL'])):
        full, twin = both(reader)
        some = 0
        for probe in probes(reader, to):
            reply = compare(full, twin, reader, 'POST', '/v1/check', {}, collection(probe))
            some += bool(reply.json().get('options'))
        expect(some, 'no probe met anything: this tests nothing')
        for probe in list(probes(reader, to))[:8]:
            for world in (full, twin):
                world.node.send('POST', '/v1/operations', reader, collection(probe), 201)
                world.learn()
            target = path_of(reader, probe['id'])
            for path in ('', '/conflicts', '/options'):
                compare(full, twin, reader, 'GET', target + path)
        compare(full, twin, reader, 'GET', '/v1/conflicts?limit=1000')
        # Declaring, amending, withdrawing: the replies themselves.
        probe = box(reader, 'LAST', 36.35, 36.4, low=15000, high=19000, to=to)
        replies = [w.node.send('POST', '/v1/operations', reader, collection(probe), 201, Idempotency_Key='k') for w in (full, twin)]
        for world in (full, twin):
            world.learn()
        expect(comparable(full, replies[0]) == comparable(twin, replies[1]), 'declaring differs', replies[0].body, replies[1].body)
        compare(full, twin, reader, 'POST', '/v1/operations', {'Idempotency-Key': 'k'}, collection(probe))
        compare(full, twin, reader, 'POST', '/v1/operations', {'Idempotency-Key': 'k'}, collection())
        stream_compared(full, twin, reader)
        end(full, twin)


@test
def keys_of_one_party_are_not_anothers():
    # The same subject and key with both: batch-1 was used by CO and by RU in the story.
    full, twin = both('IL')
    body = collection(box('IL', 'IL-K', 38, 38))
    for world in (full, twin):
        reply = world.node.send('POST', '/v1/operations', 'IL', body, 201, Idempotency_Key='batch-1')
        expect(reply.json()['repeated'] is False, reply.body)
    end(full, twin)


@test
def a_request_with_hidden_parts_shows_the_other_parts_alone():
    for key in ({}, {'Idempotency-Key': 'both'}):
        told = []
        for features in ((box('CO', 'SEEN', 36, 36, to=['RU']), hidden('CO', 'Z', 36.2, 36)), (box('CO', 'SEEN', 36, 36, to=['RU']),)):
            with Node(program, document) as node:
                make(node)
                first = node.position()
                reply = node.ask('POST', '/v1/operations', 'CO', collection(*features), key)
                expect(reply.status == 201, reply.body)
                entry = node.ask('GET', f'/v1/record/entries/{first}', 'RU')
                content = entry.json().get('content', '')
                no_canary(entry.body, 'the entry')
                expect('request_count' not in content and 'digest' not in content, content)
                told.append((entry.status, re.sub(r'"at":\d+', '', content), node.listed('RU')))
        expect(told[0] == told[1], told)


@test
def another_version_has_labels_of_its_own():
    # What was hidden stays hidden when a later version is released, and what is hidden again is gone.
    with Node(program, document) as node:
        make(node)
        start = node.position()
        name = path_of('CO', 'V')
        node.send('PUT', name, 'CO', collection(hidden('CO', 'gone', 36, 36, operation='V')), 201)
        node.send('POST', name + '/events/activate', 'CO', None, 200)
        node.get(name, 'RU', 404)
        node.send('PUT', name, 'CO', collection(box('CO', 'V', 36, 37, to=['RU'])), 201)
        no_canary(node.get(name, 'RU').body, 'the new version')
        for n in range(start, node.position()):
            reply = node.ask('GET', f'/v1/record/entries/{n}', 'RU')
            expect((reply.status == 200) == (n == start + 2), n, reply.status)
        with Events(node, 'RU', f'?from={start}') as events:
            came = events.until(1)
        expect([(i, name_) for i, name_, _ in came] == [(start + 2, 'declared')], came)
        no_canary(events.raw, 'events')
        # And after the end of it all, a new first version under the old name.
        node.send('POST', name + '/events/activate', 'CO', None, 200)
        node.send('DELETE', name, 'CO', None, 200)
        node.send('POST', '/v1/operations', 'CO', collection(hidden('CO', 'gone', 36, 36, operation='V')), 201)
        node.get(name, 'RU', 404)
        expect(node.listed('RU', '&state=all') == [], node.listed('RU', '&state=all'))
        for n in range(start, node.position()):
            reply = node.ask('GET', f'/v1/record/entries/{n}', 'RU')
            expect(reply.status == 404, n, reply.body)
        with Events(node, 'RU', f'?from={start}') as events:
            expect(events.until(0) == [], 'events of what is hidden')


@test
def streams_of_one_party_are_not_anothers():
    with Node(program, document, settings={'DECONFLICT_LIMIT_STREAMS_PER_CLIENT': '1'}) as node:
        make(node)
        with Events(node, 'CO'):
            expect(node.ask('GET', '/v1/events', 'CO').status == 429, 'a second stream')
            with Events(node, 'RU'), Events(node, 'cell'):
                pass


@test
def where_the_agreement_says_so_the_existence_is_told_and_nothing_else():
    full, twin = both('IL', disclosure='exists')
    # IL-A meets RU's hidden D.
    said, quiet = (w.node.get(path_of('IL', 'IL-A') + '/conflicts', 'IL').json()['check'] for w in (full, twin))
    expect(said.pop('undisclosed') is True and 'undisclosed' not in quiet and said == quiet, said, quiet)
    for path in ('/conflicts', '/options', ''):
        no_canary_for('IL', full.node.get(path_of('IL', 'IL-A') + path, 'IL'), path)
    probe = collection(box('IL', 'P', 37.35, 36.42))
    reply = full.node.send('POST', '/v1/check', 'IL', probe, 200)
    expect(reply.json()['check']['undisclosed'] is True, reply.body[:300])
    no_canary_for('IL', reply, 'what if')
    end(full, twin)


@test
def where_a_step_is_agreed_the_amount_to_move_is_told_in_whole_steps():
    full, twin = both('IL', disclosure={'step': {'value': 5, 'unit': 'km'}})
    target = path_of('IL', 'IL-A')

    def amounts(world=full):
        return [(m['operation'], m['move_m']) for m in world.node.get(target + '/conflicts', 'IL').json()['check'].get('undisclosed_moves', [])]
    said, quiet = (w.node.get(target + '/conflicts', 'IL').json()['check'] for w in (full, twin))
    expect(said.pop('undisclosed') is True and said.pop('undisclosed_moves') and 'undisclosed' not in quiet and said == quiet, said, quiet)
    # RU's hidden D ends at 37.6 E, IL-A begins at 37.4 E: 3 NM clear of it is 23.5 km to the east, and further to all other sides.
    expect(amounts() == [('IL-A', 25000.0)] and amounts(twin) == [], amounts())
    for probe, amount in ((box('IL', 'P', 37.4, 36.4), 25000.0), (box('IL', 'P', 37.41, 36.4), 25000.0), (box('IL', 'P', 37.47, 36.4), 20000.0)):
        reply = full.node.send('POST', '/v1/check', 'IL', collection(probe), 200)
        expect([m['move_m'] for m in reply.json()['check']['undisclosed_moves']] == [amount], probe['geometry'], reply.body[-300:])
        no_canary_for('IL', reply, 'what if')
        # As it says: by so much to some side nothing is met, by a step less something is, to every side.
        for metres, clear in ((amount, True), (amount - 5000, False)):
            met = []
            for north, east in ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.7, -0.7), (0, -1), (0.7, -0.7)):
                lon, lat = probe['geometry']['coordinates'][0][0]
                moved = box('IL', 'P', lon + east * metres / 89500, lat + north * metres / 111000)
                met.append(full.node.send('POST', '/v1/check?options=none', 'IL', collection(moved), 200).json()['check'].get('undisclosed', False))
            expect(clear == (False in met), metres, met)
    airspace = full.node.get('/v1/airspace', 'IL').json()
    for length, amount in (({'value': 1, 'unit': 'km'}, 24000.0), ({'value': 10, 'unit': 'NM'}, 37040.0), ({'value': 100, 'unit': 'km'}, 100000.0), (None, None)):
        airspace['agreement']['disclosure'] = {'step': length} if length else 'none'
        full.node.send('PUT', '/v1/airspace', 'admin', airspace, 200)
        expect(amounts() == ([('IL-A', amount)] if amount else []), length, amounts())
    end(full, twin)


if __name__ == '__main__':
    run_tests(only)
