#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""brute_state_vectors.py [OPTIONS] ROWS.csv[.gz] ANSWER.json: the conflicts between aircraft of state vectors, found again.

ANSWER.json ('-': standard input) is what `deconflict check ROWS --format json` printed with the same --party, --lateral and
--vertical.  Nothing of the project is used: every pair of stretches is taken, both aircraft move on straight chords between
their rows in earth-centred coordinates (long legs are halved, and the middle put back on the ellipsoid), so that the squared
distance is a quadratic of time in each common segment.  Chords and geodesics differ by less than 0.2 m in what is compared.

An instant is surely a conflict where it is inside both minima, and may be one where it is within the tolerance of 1 m or
1e-5 of the distance, as the answer promises.  Each pair that is surely in conflict must be in the answer, each one in the
answer may be in conflict; starts and ends must lie within --time-tolerance of the sure ones, or between what is sure and
what may be; the gaps likewise.

Prints the numbers; the status is 0 where both agree, 1 where they do not, 2 where something could not be read."""
import argparse
import bisect
import collections
import csv
import datetime
import gzip
import io
import json
import math
import sys
import time

SILENCE_S = 60.0
SEMI_MAJOR_M, FLATTENING = 6378137.0, 1 / 298.257223563
TOLERANCE_M, TOLERANCE = 1.0, 1e-5
LEG_M = 2500.0       # longer legs are halved: a chord of this length is up to 0.12 m below the surface
CHORD_M = 0.2        # what chords may differ from geodesics
FEET_ERROR = 1e-9    # of doubles in interpolated altitudes; those of level flight are exact
NUMBERS = ('t_unix_s', 'lat_deg', 'lon_deg', 'baro_alt_ft')

Track = collections.namedtuple('Track', 'name party times xyz feet low high')


# --- rows to tracks -----------------------------------------------------------------------------------------------


def earth_centred(lat_deg, lon_deg):
    """A point of the ellipsoid, in metres from the centre of the earth."""
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    squared = FLATTENING * (2 - FLATTENING)
    across = SEMI_MAJOR_M / math.sqrt(1 - squared * math.sin(lat) ** 2)
    return (across * math.cos(lat) * math.cos(lon), across * math.cos(lat) * math.sin(lon),
            across * (1 - squared) * math.sin(lat))


def missing(text):
    return text.strip().lower() in ('', 'nan')


def party_of(row, rule):
    kind, _, value = rule.partition(':')
    if kind == 'callsign':
        return row['callsign'].strip()[:int(value)] or 'UNK'
    return (row[value].strip() or 'UNK') if kind == 'column' else rule


def read_rows(path, rule):
    """icao24 to its rows (time, lat, lon, feet, party), as they stand."""
    aircraft, count = collections.OrderedDict(), 0
    with open(path, 'rb') as file:
        data = file.read()
    text = (gzip.decompress(data) if data[:2] == b'\x1f\x8b' else data).decode('utf-8-sig')
    for row in csv.DictReader(io.StringIO(text, newline='')):
        count += 1
        if missing(row['lat_deg']) or missing(row['lon_deg']) or missing(row['baro_alt_ft']):
            continue
        aircraft.setdefault(row['icao24'].strip(), []).append((*(float(row[k]) for k in NUMBERS), party_of(row, rule)))
    return aircraft, count


def stretches(rows):
    """The rows of one aircraft in order of time, without those of a time that was there, cut at every silence."""
    cut = []
    for row in sorted(rows, key=lambda r: r[0]):  # stable: of equal times the first stays first
        if cut and row[0] == cut[-1][-1][0]:
            continue
        if not cut or row[0] - cut[-1][-1][0] > SILENCE_S:
            cut.append([])
        cut[-1].append(row)
    return cut


def middle(p, q):
    """Half way along the leg from p to q: (time, x, y, z, feet)."""
    m = [(a + b) / 2 for a, b in zip(p, q)]
    semi_minor_m = SEMI_MAJOR_M * (1 - FLATTENING)
    up = 1 / math.hypot(m[1] / SEMI_MAJOR_M, m[2] / SEMI_MAJOR_M, m[3] / semi_minor_m)
    return m[0], m[1] * up, m[2] * up, m[3] * up, m[4]


def legs(p, q):
    """What comes behind p up to q, in legs that are short."""
    if math.dist(p[1:4], q[1:4]) <= LEG_M:
        return [q]
    m = middle(p, q)
    return legs(p, m) + legs(m, q)


def track_of(name, rows):
    points = [(t, *earth_centred(lat, lon), feet) for t, lat, lon, feet, _ in rows]
    path = points[:1]
    for p, q in zip(points, points[1:]):
        path += legs(p, q)
    corners = [p[1:] for p in path]
    return Track(name, next((r[4] for r in rows if r[4] != 'UNK'), 'UNK'), [p[0] for p in path], [p[1:4] for p in path],
                 [p[4] for p in path], [min(c) for c in zip(*corners)], [max(c) for c in zip(*corners)])


def tracks_of(aircraft):
    tracks = []
    for address, rows in aircraft.items():
        for number, part in enumerate(stretches(rows), 1):
            if len(part) > 1:
                tracks.append(track_of(f'{address}-{number}', part))
    return tracks


# --- two tracks ---------------------------------------------------------------------------------------------------


def at(track, t):
    """Position and altitude at a time of the track."""
    k = min(max(bisect.bisect_right(track.times, t), 1), len(track.times) - 1)
    t0, t1 = track.times[k - 1], track.times[k]
    part = (t - t0) / (t1 - t0)
    p, q = track.xyz[k - 1], track.xyz[k]
    x, y, z = (a + (b - a) * part for a, b in zip(p, q))
    return x, y, z, track.feet[k - 1] + (track.feet[k] - track.feet[k - 1]) * part


def inside_lateral(p, q, limit):
    """The part of [0, 1] in which |p + (q - p) s| < limit, or None."""
    v = [b - a for a, b in zip(p, q)]
    a = sum(c * c for c in v)
    b = sum(c * d for c, d in zip(p, v))
    c = sum(d * d for d in p) - limit * limit
    if a < 1e-9:
        return (0.0, 1.0) if c < 0 else None
    root = b * b - a * c
    if root <= 0:
        return None
    root = math.sqrt(root)
    return max(0.0, (-b - root) / a), min(1.0, (-b + root) / a)


def inside_vertical(f, g, limit):
    """The part of [0, 1] in which |f + (g - f) s| < limit, or None."""
    if f == g:
        return (0.0, 1.0) if abs(f) < limit else None
    s, t = sorted(((-limit - f) / (g - f), (limit - f) / (g - f)))
    return max(0.0, s), min(1.0, t)


def smallest(p, q, part):
    """The least length of p + (q - p) s, where s is in the part."""
    v = [b - a for a, b in zip(p, q)]
    a = sum(c * c for c in v)
    s = -sum(c * d for c, d in zip(p, v)) / a if a > 1e-9 else part[0]
    s = min(max(s, part[0]), part[1])
    return math.sqrt(sum((c + d * s) ** 2 for c, d in zip(p, v)))


def least_feet(f, g, part):
    f, g = (f + (g - f) * s for s in part)
    return 0.0 if (f < 0) != (g < 0) else min(abs(f), abs(g))


def common_times(a, b):
    start, end = max(a.times[0], b.times[0]), min(a.times[-1], b.times[-1])
    inner = {t for track in (a, b) for t in track.times[bisect.bisect(track.times, start):bisect.bisect(track.times, end)]}
    return sorted(inner | {start, end})


class Found:
    """Where a pair is inside both minima: intervals of time, the smallest gaps."""

    def __init__(self):
        self.intervals, self.lateral_m, self.feet = [], math.inf, math.inf

    def add(self, t0, t1, p, q, limits):
        lateral, vertical = inside_lateral(p[:3], q[:3], limits[0]), inside_vertical(p[3], q[3], limits[1])
        if not lateral or not vertical:
            return
        part = max(lateral[0], vertical[0]), min(lateral[1], vertical[1])
        if (part[1] - part[0]) * (t1 - t0) <= 1e-6:
            return
        self.lateral_m = min(self.lateral_m, smallest(p[:3], q[:3], part))
        self.feet = min(self.feet, least_feet(p[3], q[3], part))
        begin, end = (t0 + (t1 - t0) * s for s in part)
        if self.intervals and begin - self.intervals[-1][1] < 1e-5:
            begin = self.intervals.pop()[0]
        self.intervals.append((begin, end))


def look_at(a, b, sure, perhaps):
    """The two aircraft, segment by segment: (what is surely inside, what may be)."""
    surely, maybe, before = Found(), Found(), None
    for t in common_times(a, b):
        here = tuple(c - d for c, d in zip(at(a, t), at(b, t)))
        if before:
            maybe.add(before[0], t, before[1], here, perhaps)
            surely.add(before[0], t, before[1], here, sure)
        before = t, here
    return surely, maybe


def far_apart(a, b, limits):
    """Boxes in space and altitude that are further apart than the minima: a chord never leaves the box of its ends."""
    room = (limits[0],) * 3 + (limits[1],)
    return any(a.low[k] - b.high[k] > room[k] or b.low[k] - a.high[k] > room[k] for k in range(4))


def all_pairs(tracks, sure, perhaps):
    surely, maybe, looked = {}, {}, 0
    for k, a in enumerate(tracks):
        for b in tracks[:k]:
            if a.party == b.party or a.times[-1] <= b.times[0] or b.times[-1] <= a.times[0] or far_apart(a, b, perhaps):
                continue
            looked += 1
            first, second = sorted((a, b), key=lambda t: (t.party.encode(), t.name.encode()))
            one, two = look_at(first, second, sure, perhaps)
            name = first.party, first.name, second.party, second.name
            if one.intervals:
                surely[name] = one
            if two.intervals:
                maybe[name] = two
    return surely, maybe, looked


# --- the answer ---------------------------------------------------------------------------------------------------


def seconds(text):
    return datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%S.%f%z').timestamp()


def read_answer(path):
    with (sys.stdin if path == '-' else open(path, encoding='utf-8')) as file:
        document = json.load(file)
    conflicts = {}
    for c in document['conflicts']:
        name = c['a']['party'], c['a']['operation'], c['b']['party'], c['b']['operation']
        c['seconds'] = [(seconds(i['start']), seconds(i['end'])) for i in c.get('intervals', [c])]
        if name in conflicts:
            raise ValueError(f'{name} is listed twice')
        conflicts[name] = c
    return document, conflicts


class Compare:
    def __init__(self, tolerance_s):
        self.tolerance_s, self.faults = tolerance_s, []
        self.worst = {'start or end, s': 0.0, 'lateral gap, m': 0.0, 'vertical gap, ft': 0.0}

    def fault(self, name, text):
        self.faults.append(f'{"/".join(name[:2])} and {"/".join(name[2:])}: {text}')

    def note(self, what, value):
        self.worst[what] = max(self.worst[what], value)

    def moment(self, name, what, got, sure, perhaps):
        """`got` is near the sure moment, or between it and the one that may be (times are printed in milliseconds)."""
        self.note('start or end, s', abs(got - sure))
        low, high = min(sure, perhaps) - 0.002, max(sure, perhaps) + 0.002
        if abs(got - sure) > self.tolerance_s and not low <= got <= high:
            self.fault(name, f'{what} {got:.3f}, expected {sure:.3f} (or to {perhaps:.3f})')

    def times(self, name, got, sure, maybe):
        """Every sure interval is in one of the answer's, every one of the answer's in one that may be."""
        for begin, end in sure:
            inside = [g for g in got if g[0] <= begin + self.tolerance_s and g[1] >= end - self.tolerance_s]
            if not inside:
                self.fault(name, f'{begin:.3f} to {end:.3f} is not in the answer')
        for begin, end in got:
            around = [m for m in maybe if m[0] <= begin + self.tolerance_s and m[1] >= end - self.tolerance_s]
            within = [s for s in sure if s[1] > begin and s[0] < end]
            if not around:
                self.fault(name, f'{begin:.3f} to {end:.3f} is no conflict')
            elif within:
                self.moment(name, 'start', begin, within[0][0], around[0][0])
                self.moment(name, 'end', end, within[-1][1], around[0][1])

    def gaps(self, name, conflict, sure, maybe):
        lateral, vertical = conflict['lateral_gap_m'], conflict['vertical_gap_ft'][0]
        slack = max(TOLERANCE_M, TOLERANCE * lateral) + 0.1 + CHORD_M
        if sure:
            self.note('lateral gap, m', abs(lateral - sure.lateral_m))
            self.note('vertical gap, ft', abs(vertical - sure.feet))
        upper = sure or maybe
        if not maybe.lateral_m - slack <= lateral <= upper.lateral_m + slack:
            self.fault(name, f'lateral gap {lateral} m, expected {upper.lateral_m:.1f} m')
        if not maybe.feet - 0.101 <= vertical <= upper.feet + 0.001:
            self.fault(name, f'vertical gap {vertical} ft, expected {upper.feet:.1f} ft')

    def answer(self, conflicts, surely, maybe):
        for name in sorted(surely.keys() - conflicts.keys()):
            self.fault(name, f'missing, in conflict from {surely[name].intervals[0][0]:.3f}')
        for name, conflict in conflicts.items():
            if name not in maybe:
                self.fault(name, f'from {conflict["start"]} is no conflict')
                continue
            sure = surely.get(name)
            self.times(name, conflict['seconds'], sure.intervals if sure else [], maybe[name].intervals)
            self.gaps(name, conflict, sure, maybe[name])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('rows')
    parser.add_argument('answer')
    parser.add_argument('--party', default='callsign:3')
    parser.add_argument('--lateral-nm', type=float, default=5.0)
    parser.add_argument('--vertical-ft', type=float, default=1000.0)
    parser.add_argument('--time-tolerance', type=float, default=0.1)
    return parser.parse_args()


def main():
    args = arguments()
    limit = args.lateral_nm * 1852
    # A chord is shorter than its geodesic: at 5 NM by 1 mm, at 50 NM by 0.8 m.
    sure = limit - CHORD_M, args.vertical_ft - FEET_ERROR
    perhaps = limit + max(TOLERANCE_M, TOLERANCE * limit) + CHORD_M, args.vertical_ft
    begin = time.monotonic()
    try:
        document, conflicts = read_answer(args.answer)
        aircraft, rows = read_rows(args.rows, args.party)
    except (OSError, ValueError, KeyError) as error:
        print(f'brute_state_vectors.py: {error!r}', file=sys.stderr)
        return 2
    tracks = tracks_of(aircraft)
    surely, maybe, looked = all_pairs(tracks, sure, perhaps)
    compare = Compare(args.time_tolerance)
    compare.answer(conflicts, surely, maybe)
    if document['summary']['operations'] != len(tracks):
        compare.faults.append(f'{document["summary"]["operations"]} operations in the answer, {len(tracks)} found here')
    print(f'{rows} rows, {len(aircraft)} aircraft, {len(tracks)} tracks, {len(tracks) * (len(tracks) - 1) // 2} pairs, '
          f'{looked} looked at segment by segment')
    print(f'in conflict: {len(conflicts)} in the answer, {len(surely)} surely, {len(maybe)} at most; '
          f'{sum(len(c["seconds"]) for c in conflicts.values())} intervals in the answer, '
          f'{sum(len(f.intervals) for f in surely.values())} surely')
    print('largest differences: ' + '; '.join(f'{k} {v:.4f}' for k, v in compare.worst.items()))
    print(f'{time.monotonic() - begin:.1f} s')
    for fault in compare.faults:
        print('disagrees:', fault)
    print(f'{len(compare.faults)} disagreements')
    return 1 if compare.faults else 0


if __name__ == '__main__':
    sys.exit(main())
