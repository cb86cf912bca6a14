#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The exchange as its clients meet it: a row for each sentence of its rules, each reply held against tables of members and statuses.  TAP.

    exchange.py DECONFLICT [PART OF A NAME...]
    exchange.py --url URL --key PRIVATE.pem --audience NAME [PART OF A NAME...]

With --url the server there is asked instead, by tokens signed with that RSA key; what is right for ours alone is left out.  -v: times."""
import argparse
import pathlib
import sys

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
import exchange_aux
import exchange_http
import exchange_rid
import exchange_scd
import exchange_told
from exchange_kit import Key, Own, Service, run_rows
from exchange_schema import ROUTES


# May be, and need not.
NEED_NOT = {'GET /aux/v1/configuration/accepted_ca_certs: 200', 'GET /aux/v1/configuration/ca_certs: 200', 'GET /versions/{system_identity}: 404',
            'PUT /rid/v2/dss/subscriptions/{id}/{version}: 429', 'PUT /v1/dss/subscriptions/{id}/{version}: 429'}


def unseen(services):
    """Statuses of the tables that no row met."""
    seen = set().union(*(s.seen for s in services if s))
    return sorted({f'{r.method} {r.path}: {s}' for r in ROUTES for s in r.statuses() - {501, 413} if (r.method, r.path, s) not in seen} - NEED_NOT)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program', nargs='?')
    parser.add_argument('only', nargs='*')
    parser.add_argument('--url')
    parser.add_argument('--key')
    parser.add_argument('--audience', default='localhost')
    parser.add_argument('-v', action='store_true')
    given = parser.parse_args()
    if given.url:
        only = [given.program] * bool(given.program) + given.only
        services = {'plain': Service(given.url, Key(given.key), given.audience, False, True)}
    else:
        only = given.only
        services = {'plain': Own(given.program, keys=2), 'open': Own(given.program, '--allow-http-uss', '--time-based-notification-index'),
                    'strict': Own(given.program, '--strict')}
    failed = run_rows(services, only, given.v)
    lacking = unseen(services.values()) if not only and not given.url else []
    for name in lacking:
        print('# no row met', name)
        failed += 1
    print('#', sum(s.requests for s in services.values()), 'requests')
    for s in services.values():
        if s.own and (s.stop() != 0 or 'runtime error' in s.log()):
            print('# a server ended badly:', s.log()[-3000:])
            failed += 1
    sys.exit(failed > 0)


main()
