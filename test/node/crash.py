#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real `deconflict serve` that is killed, ended, filled up, damaged and loaded: what it acknowledged stays.

    crash.py DECONFLICT [--kills N] [--soak SECONDS] [--seed S] [TEST ...]

20 kills and no soak unless asked.  Prints its seed; TAP out.  Nothing needs root: the test on a small file system of its own is left
out where none can be mounted, and the one with a limit on file sizes asks the same."""
import argparse
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

from node_kit import PATIENCE, ROOT, Client, Node, Worker, check_known, collection, expect, feature, run_tests, settle, verify

arguments = argparse.ArgumentParser()
arguments.add_argument('program')
arguments.add_argument('--kills', type=int, default=20)
arguments.add_argument('--entries', type=int, default=100000)
arguments.add_argument('--soak', type=int, default=0)
arguments.add_argument('--seed', type=int, default=random.randrange(1 << 32))
arguments.add_argument('tests', nargs='*')
A = arguments.parse_intermixed_args()
R = random.Random(A.seed)
print('# seed', A.seed)


def fresh(nodes, *options, folder=None, **environment):
    node = Node(A.program, folder, options, **environment)
    nodes.append(node)
    return node


def workers(node, count, number=0, pause=0.0):
    crew = [Worker(node, number + i, R.getrandbits(64), ('CO', 'RU')[i % 2]) for i in range(count)]
    for w in crew:
        w.pause = pause
        w.start()
    return crew


def check_all(node, crew):
    """Every acknowledged write is there; what had no answer is asked again and happens once.  How often it had happened."""
    client, happened = node.client('CO'), 0
    client.token = node.token(sub='checker', scope='deconflict.cell,deconflict.declare,deconflict.read')
    for w in crew:
        own = node.client(w.party)
        for k in w.known:
            check_known(client, k)
            if k.open:
                happened += settle(own, k)
    return happened


def enough(acknowledged, asked):
    return acknowledged > 10 * A.kills and asked > A.kills // 2


def killed_at_random(nodes):
    node = fresh(nodes, DECONFLICT_RECORD_SNAPSHOT_EVERY='150', DECONFLICT_RECORD_BATCH='64').start().found()
    crew, asked, happened, acknowledged, entries = [], 0, 0, 0, 0
    kills = 0
    # On a slow machine too little may have happened by then: so more often there.
    while kills < A.kills or (kills < 5 * A.kills and not enough(acknowledged, asked)):
        i, kills = kills, kills + 1
        now = workers(node, 4, number=4 * i)
        time.sleep(R.choice((0.02, 0.1, 0.3, 0.6)) * R.random())
        node.kill()
        for w in now:
            w.end()
        while R.random() < 0.25:  # and again while it starts
            node.start(wait=False)
            time.sleep(0.03 * R.random())
            node.kill()
        node.start()
        asked += sum(k.open is not None for w in now for k in w.known)
        happened += check_all(node, now)
        acknowledged += sum(w.answers for w in now)
        old = [k for w in crew for k in w.known]
        for k in R.sample(old, min(30, len(old))):
            check_known(node.client(k.party), k)
        crew += now
        if i % 5 == 4:
            entries = verify(node)
    check_all(node, crew)
    entries = verify(node)
    expect(node.stop() == 0, 'the end')
    verify(node)
    print(f'# {kills} kills, {acknowledged} writes acknowledged, {asked} without an answer of which {happened} had happened, '
          f'{entries} entries')
    expect(enough(acknowledged, asked), 'too little happened')


def killed_at_the_first_start(nodes):
    for i in range(8):
        node = fresh(nodes)
        for _ in range(2):
            node.folder.parent.mkdir(exist_ok=True)
            process = subprocess.Popen([A.program, 'serve', '--data', str(node.folder), '--listen', '127.0.0.1:0'],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.04 * R.random())
            process.kill()
            process.wait()
        node.start().found()
        verify(node)
        expect(node.stop() == 0, 'the end')


def busy(crew):
    """Until so much has happened that an end would be in the middle of it."""
    def enough():
        return sum(w.answers for w in crew) > 20
    until(enough)


def ended_under_load(nodes):
    crew = []
    node = fresh(nodes).start().found()
    for i in range(3):
        now = workers(node, 6, number=6 * i)
        busy(now)
        status = node.stop()  # which has its own patience
        expect(status == 0, 'status', status, node.log()[-2000:])
        for w in now:
            w.end()
        crew += now
        verify(node)
        node.start()
        check_all(node, crew)


# --- no room -------------------------------------------------------------------------------------------------------------

def until(what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not what():
        expect(time.monotonic() < end, 'in vain waited for', what.__name__)
        time.sleep(0.05)


def full_and_free_again(node, fill, free, words):
    node.start().found()
    crew = workers(node, 4, pause=0.002)
    reader = node.client('CO')
    time.sleep(0.5)
    for _ in range(2):
        fill()

        def refused():
            return all(w.unavailable for w in crew)

        def not_ready():
            return Client(node).ask('GET', '/ready')[0] == 503

        def ready():
            return Client(node).ask('GET', '/ready')[0] == 200
        until(refused)
        until(not_ready)
        status, headers, body = Client(node).ask('GET', '/ready')
        if status == 503:
            expect(headers['Retry-After'] and any(w in body['detail'] for w in words), body)
        expect(Client(node).ask('GET', '/healthy')[0] == 200, 'not alive')
        known = [k for w in crew for k in w.known if k.version and not k.open and k.party == 'CO']
        for k in R.sample(known, min(20, len(known))):
            expect(reader.ask('GET', k.path)[0] == 200, 'reading while no room is left')
        expect(reader.ask('GET', '/v1/operations')[0] == 200, 'a list while no room is left')
        free()
        until(ready)
        before = [w.answers for w in crew]

        def all_go_on():
            return all(w.answers > n for w, n in zip(crew, before))
        until(all_go_on)
        for w in crew:
            w.unavailable = 0
    for w in crew:
        w.end()
    check_all(node, crew)
    expect(node.stop() == 0, 'the end')
    verify(node)
    node.start()
    check_all(node, crew)
    expect(node.stop() == 0, 'the end')


def disk_full(nodes):
    place = tempfile.mkdtemp(dir=ROOT)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', place], capture_output=True).returncode != 0:
        print('# left out: no file system can be mounted here; file_limit asks the same')
        return
    filler = os.path.join(place, 'filler')

    def fill():
        with open(filler, 'wb', buffering=0) as f:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while f.write(b'x' * size) == size:
                        pass
                except OSError:
                    pass

    try:
        full_and_free_again(fresh(nodes, folder=place), fill, lambda: os.unlink(filler), ('no room',))
    finally:
        for node in nodes:
            if node.process and node.process.poll() is None:
                node.kill()
        subprocess.run(['umount', place], check=True)


def file_limit(nodes):
    node = fresh(nodes)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]

    def limit(n):
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (n, hard))

    full_and_free_again(node, lambda: limit(65536), lambda: limit(hard), ('no room', 'its disk fails', 'the log says why'))


# --- starting ------------------------------------------------------------------------------------------------------------

def serve_again(node, *options):
    return subprocess.run([A.program, 'serve', '--data', str(node.folder), '--listen', '127.0.0.1:0', *options], capture_output=True,
                          text=True, timeout=PATIENCE)


def a_second_server_is_refused(nodes):
    node = fresh(nodes).start().found()
    for _ in range(3):
        run = serve_again(node)
        expect(run.returncode == 3, 'status', run.returncode, run.stderr)
        expect('record.sqlite3' in run.stderr and 'another process' in run.stderr, run.stderr)
        expect(len(run.stderr.splitlines()) == 1, run.stderr)
    crew = workers(node, 2)
    time.sleep(0.2)
    for w in crew:
        w.end()
    check_all(node, crew)


def change(node, text, *values):
    db = sqlite3.connect(node.folder / 'record.sqlite3')
    with db:
        expect(db.execute(text, values).rowcount > 0, 'nothing changed:', text)
    db.close()


def damaged_records(nodes):
    """Each on a copy: what is wrong is said in a line, and the status is 3."""
    node = fresh(nodes).start().found()
    crew = workers(node, 2)
    busy(crew)
    for w in crew:
        w.end()
    node.kill()
    node.start()
    expect(node.stop() == 0, 'the end')
    whole = node.folder
    size = (whole / 'record.sqlite3').stat().st_size

    def overwrite(node, at, data):
        with open(node.folder / 'record.sqlite3', 'r+b') as f:
            f.seek(at)
            f.write(data)

    def forge(node):
        db = sqlite3.connect(node.folder / 'record.sqlite3')
        position, content = db.execute('SELECT position, content FROM entry WHERE instr(content, ?)', (b'"FL"',)).fetchone()
        db.close()
        change(node, 'UPDATE entry SET content = ? WHERE position = ?', content.replace(b'"FL"', b'"ft"'), position)
        change(node, 'DELETE FROM snapshot')

    damages = {
        'no database': lambda n: overwrite(n, 0, b'x' * 4096),
        'cut': lambda n: os.truncate(n.folder / 'record.sqlite3', size // 2 // 4096 * 4096),
        'empty': lambda n: os.truncate(n.folder / 'record.sqlite3', 0) or os.truncate(n.folder / 'record.sqlite3', 4096),
        'another head': lambda n: change(n, "UPDATE head SET note = CAST(replace(note, '\n', '\n\n') AS BLOB)"),
        'a head of fewer entries': lambda n: change(n, 'UPDATE head SET size = size - 1'),
        'last entry gone': lambda n: change(n, 'DELETE FROM entry WHERE position = (SELECT max(position) FROM entry)'),
        'another commitment at the end': lambda n: change(n, 'UPDATE entry SET commitment = zeroblob(32) WHERE position = '
                                                              '(SELECT max(position) FROM entry)'),
        'an entry gone': lambda n: (change(n, 'DELETE FROM entry WHERE position = 5'), change(n, 'DELETE FROM snapshot')),
        'another content': forge,
        'a newer schema': set_version,
    }
    for name, damage in damages.items():
        copy = fresh(nodes)
        shutil.copytree(whole, copy.folder)
        copy.process = node.process
        damage(copy)
        run = serve_again(copy)
        last = [line for line in run.stderr.splitlines() if line.startswith('deconflict: ')]
        expect(run.returncode == 3, name, ': status', run.returncode, run.stderr)
        expect(len(last) == 1 and len(last[0]) > 30, name, ':', run.stderr)
        print(f'# {name}: {last[0].replace(str(copy.folder), "DIR")[12:]}')


def record(node, *arguments):
    return subprocess.run([A.program, 'record', *arguments], capture_output=True, text=True, timeout=PATIENCE)


def a_log_cut_short(nodes):
    """A damaged byte in the log that a crash left: SQLite takes it for the log's end, and what is left verifies.  The head beside the
    record says that more was acknowledged."""
    node = fresh(nodes).start().found()
    client = node.client()
    for n in range(30):
        status, _, body = client.ask('POST', '/v1/operations?options=none', collection([feature('CO', f'cut-{n}', n)]))
        expect(status == 201, status, body)
    node.kill()
    client.close()
    log, head = node.folder / 'record.sqlite3-wal', node.folder / 'record.head'
    whole = log.read_bytes()
    size = int(head.read_text().split('\n')[1])
    expect(size >= 33, 'the head says', size)
    expect(record(node, 'verify', str(node.folder)).returncode == 0, 'the whole does not verify')
    frame = 24 + 8192
    at = 32 + len(whole) // frame // 2 * frame + 1000
    log.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    (node.folder / 'record.sqlite3-shm').unlink(missing_ok=True)

    def refused(words):
        run = serve_again(node)
        last = [line for line in run.stderr.splitlines() if line.startswith('deconflict: ')]
        expect(run.returncode == 3 and len(last) == 1 and words in last[0] and 'record.head' in last[0], run.returncode, run.stderr)
        run = record(node, 'verify', str(node.folder))
        expect(run.returncode == 1 and 'NOT verified' in run.stdout and words in run.stdout, run.returncode, run.stdout, run.stderr)
        print('#', last[0].replace(str(node.folder), 'DIR')[12:])

    refused(f'but {size} were acknowledged')
    kept = head.read_text()
    # A head that cannot be one is not passed over either; one of another tree is seen.
    head.write_text(kept.replace('deconflict.invalid', 'deconflict.invalib'))
    refused("is another record's")
    head.write_text(kept.replace(f'\n{size}\n', f'\n{size + 1}\n'))
    refused('its signature does not hold')
    head.write_text('x')
    refused('damaged')
    # Deleting it is how somebody says that what is lost is lost.
    head.unlink()
    expect(record(node, 'verify', str(node.folder)).returncode == 0, 'what is left does not verify')
    node.start()
    expect(int(head.read_text().split('\n')[1]) < size, 'nothing was lost')
    expect(node.stop() == 0, 'the end')
    # Restoring an older copy over the folder says the same, and says what goes with it.
    copy = node.folder.parent / 'copy.sqlite3'
    expect(record(node, 'backup', str(node.folder), str(copy)).returncode == 0, 'no backup')
    head.write_text(kept)
    for name in ('record.sqlite3', 'record.sqlite3-wal', 'record.sqlite3-shm'):
        (node.folder / name).unlink(missing_ok=True)
    run = record(node, 'restore', str(copy), str(node.folder))
    expect(run.returncode == 0 and f'{size} were acknowledged' in run.stderr, run.returncode, run.stderr)
    expect(not head.exists(), 'the head of what is gone stays')
    node.start()
    expect(node.stop() == 0, 'the end')
    verify(node)


def set_version(node):
    db = sqlite3.connect(node.folder / 'record.sqlite3')
    db.execute('PRAGMA user_version = 99')
    db.close()


def keys_are_read_again(nodes):
    if not shutil.which('openssl'):
        print('# left out: no openssl to write a public key with')
        return
    keys = ROOT / 'keys.pem'
    others = [fresh(nodes).start(), fresh(nodes).start()]

    def public(other):
        return subprocess.run(['openssl', 'pkey', '-in', str(other.folder / 'keys' / 'token.key'), '-pubout'], check=True,
                              capture_output=True, text=True).stdout

    keys.write_text(public(others[0]))
    node = fresh(nodes, '--jwt-key', str(keys), '--jwt-audience', 'here').start().found()
    clients = [Client(node, o.token(party='CO', sub='x', scope='deconflict.read', audience='here')) for o in others]

    def statuses():
        return [c.ask('GET', '/v1/node')[0] for c in clients]

    def both():
        return statuses() == [200, 200]
    expect(statuses() == [200, 401], statuses())
    keys.write_text(public(others[0]) + public(others[1]))
    expect(statuses() == [200, 401], 'read without being told:', statuses())
    node.process.send_signal(signal.SIGHUP)
    until(both, 10)
    keys.write_text('no key\n')
    node.process.send_signal(signal.SIGHUP)
    node.await_log('keys were not read again')
    expect(both(), 'keys that cannot be read take the place of those that were')
    expect(node.stop() == 0, 'the end')


def look_while_it_loads(node, client):
    """Killed and started, and asked until it is ready: answers by path, seconds until it was alive and until it was ready."""
    node.kill()
    client.close()
    began = time.monotonic()
    node.start(wait=False)
    alive = None
    seen = {}
    while '/ready' not in seen or seen['/ready'][-1] != 200:
        expect(time.monotonic() - began < PATIENCE, 'never ready')
        for path in ('/healthy', '/v1/operations/CO/op-7', '/ready'):
            status, headers, body = client.ask('GET', path)
            if path == '/healthy' and alive is None:
                expect(status == 200, 'healthy:', status)
                alive = time.monotonic() - began
            if status == 503:
                expect(headers['Retry-After'], 'no Retry-After')
                expect('loading' in body['detail'], body)
            seen.setdefault(path, []).append(status)
    return seen, alive, time.monotonic() - began


def alive_while_it_loads(nodes):
    """Many entries without a snapshot: alive while it loads, everything else 503 until it is ready."""
    node = fresh(nodes, DECONFLICT_RECORD_SNAPSHOT_EVERY='100000000').start().found()
    client = node.client()
    for i in range(A.entries // 5000):
        text = collection(feature('CO', f'op-{n}', n) for n in range(5000 * i, 5000 * i + 5000))
        status, _, body = client.ask('POST', '/v1/operations?options=none', text)
        expect(status == 201, status, str(body)[:500])
    # It may have loaded before we got a turn to ask: then once more.
    for _ in range(20):
        seen, alive, ready = look_while_it_loads(node, client)
        if seen['/ready'][0] == 503 and 503 in seen['/v1/operations/CO/op-7']:
            break
    print(f'# alive after {alive:.3f} s, ready after {ready:.3f} s')
    expect(seen['/ready'][0] == 503, 'alive only when it was ready')
    expect(set(seen['/healthy']) == {200}, seen['/healthy'])
    expect(503 in seen['/v1/operations/CO/op-7'], 'it loaded too fast to be seen loading')
    expect(set(seen['/v1/operations/CO/op-7']) <= {200, 503}, seen)
    for n in (0, 7, A.entries // 2, A.entries - 1):
        status, _, body = client.ask('GET', f'/v1/operations/CO/op-{n}')
        expect(status == 200 and body['version'] == 1, n, status, body)
    # Told to end while it loads, it ends.
    node.kill()
    client.close()
    node.start(wait=False)
    expect(node.stop() == 0, 'ended while loading')


# --- for long ------------------------------------------------------------------------------------------------------------

class Bystander(threading.Thread):
    """Reads, lists, asks what is wrong, opens streams and leaves them."""

    def __init__(self, node, seed):
        super().__init__(daemon=True)
        self.node, self.random, self.stop, self.error, self.done = node, random.Random(seed), False, None, 0

    def one(self, client):
        r = self.random.random()
        if r < 0.4:
            client.ask('GET', f'/v1/operations/CO/soak-{self.random.randrange(500)}')
        elif r < 0.6:
            client.ask('GET', '/v1/operations?limit=20')
        elif r < 0.7:
            client.ask('GET', f'/v1/operations/CO/soak-{self.random.randrange(500)}/conflicts')
        elif r < 0.8:
            client.ask('POST', '/v1/check', collection([feature('CO', 'what-if', self.random.randrange(500))]))
        elif r < 0.85:
            client.ask('POST', '/v1/operations', '{"type": ')
        elif r < 0.9:
            client.ask('GET', '/nowhere', X_Long='x' * 500)
        elif r < 0.95:
            client.ask('GET', '/metrics')
        else:
            Client(self.node, client.token).leave('/v1/events', self.random.randrange(2000))
        self.done += 1

    def run(self):
        client = self.node.client()
        try:
            while not self.stop:
                self.one(client)
        except Exception as error:
            self.error = error


class Amender(Bystander):
    """Changes 500 operations, over and over."""

    def one(self, client):
        n = self.random.randrange(500)
        status, _, body = client.ask('PUT', f'/v1/operations/CO/soak-{n}?options=none',
                                     collection([feature('CO', f'soak-{n}', self.random.randrange(20000))]))
        expect(status in (200, 201), status, body)
        self.done += 1


def soak(nodes):
    """Memory and descriptors do not grow: 500 operations stand, whatever happens to them.  What must be kept for each entry (its
    position in an operation's history) is allowed for."""
    node = fresh(nodes, DECONFLICT_RECORD_SNAPSHOT_EVERY='5000').start().found()
    crew = [Amender(node, R.getrandbits(64)) for _ in range(3)] + [Bystander(node, R.getrandbits(64)) for _ in range(3)]
    for w in crew:
        w.start()
    rows = []
    end = time.monotonic() + A.soak
    while time.monotonic() < end:
        time.sleep(1)
        rows.append((node.status('VmRSS'), node.descriptors(), int(Client(node, node.token(party='CO', scope='deconflict.read'))
                                                                   .ask('GET', '/checkpoint')[2].split('\n')[1])))
    for w in crew:
        w.stop = True
    for w in crew:
        w.join(PATIENCE)
        if w.error:
            raise w.error
    third = len(rows) // 3
    middle, last = rows[third:2 * third], rows[2 * third:]
    kb = [max(r[0] for r in part) for part in (middle, last)]
    files = [max(r[1] for r in part) for part in (middle, last)]
    entries = last[-1][2] - middle[0][2]
    allowed = kb[0] * 1.05 + 2048 + entries * 32 / 1024
    print(f'# {last[-1][2]} entries, {sum(w.done for w in crew)} requests; memory {kb[0]} then {kb[1]} kB, at most {allowed:.0f}; '
          f'descriptors {files[0]} then {files[1]}')
    expect(kb[1] <= allowed, 'memory grows')
    expect(files[1] <= files[0] + 6, 'descriptors grow')
    expect(node.stop() == 0, 'the end')
    verify(node)


TESTS = [killed_at_random, killed_at_the_first_start, ended_under_load, disk_full, file_limit, a_second_server_is_refused,
         damaged_records, a_log_cut_short, keys_are_read_again, alive_while_it_loads]
run_tests(TESTS + ([soak] if A.soak else []), A.tests)
