#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command on files gives the answer that the library gives on plans.

    replay.py TEST_PROPERTY DECONFLICT [WORLDS]

Each world of the property test is written as an operations file and checked by the command; gaps and dwell
of every pair must be those of the library, to the last digit that the command prints.  So a world
that the property test prints can be replayed by hand, and reading loses nothing.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

PAIR = re.compile(r"#   \d+ and \d+: \w+, lateral ([\d.]+) m, vertical ([\d.]+)\.\.([\d.]+) ft, dwell ([\d.]+) s")


def world(program, number):
    """The world as text, its command-line options, and (gap, vertical gaps, dwell) of each of its pairs."""
    out = subprocess.run([program, "--worlds", "1", "--first", str(number), "--seed", "44", "--dump"],
                         stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    text = "\n".join(line for line in out.split("\n") if line[:1] in ("{", '"', "]"))
    pairs = [tuple(float(v) for v in PAIR.match(line).groups()) for line in out.split("\n") if PAIR.match(line)]
    return text, json.loads(text)["title"].split("; ")[1].split(), sorted(pairs)


def answer(program, text, options):
    with tempfile.NamedTemporaryFile("w", suffix=".geojson", delete=False) as f:
        f.write(text)
    try:
        done = subprocess.run([program, "check", f.name, "--format", "json"] + options, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True)
    finally:
        os.unlink(f.name)
    if done.returncode not in (0, 1):
        return None, done.stderr.strip()
    a = json.loads(done.stdout)
    pairs = a["conflicts"] + a["brief"] + a["advisories"] + a["internal"]
    return sorted((p["lateral_gap_m"], p["vertical_gap_ft"][0], p["vertical_gap_ft"][1], p["dwell_s"]) for p in pairs), ""


def same(x, y):
    """Gaps as printed; the dwell to the millisecond of its printing."""
    return len(x) == len(y) and all(
        abs(p[0] - q[0]) < 0.051 and abs(p[1] - q[1]) < 0.051 and abs(p[2] - q[2]) < 0.051 and abs(p[3] - q[3]) < 0.0021
        for p, q in zip(x, y))


def main():
    worlds = int(sys.argv[3]) if len(sys.argv) > 3 else 150
    wrong = pairs = 0
    print("1..1")
    for number in range(worlds):
        text, options, want = world(sys.argv[1], number)
        got, why = answer(sys.argv[2], text, options)
        pairs += len(want)
        if got is None or not same(got, want):
            wrong += 1
            print("# world %d of seed 44: %s" % (number, why or "the command says %s, the library %s" % (got, want)))
    enough = pairs > worlds / 2
    print("%s 1 - %d worlds with %d pairs, %d answered otherwise" % ("not ok" if wrong or not enough else "ok", worlds, pairs, wrong))
    return 1 if wrong or not enough else 0


sys.exit(main())
