# SPDX-License-Identifier: Apache-2.0
"""Rows of EXCHANGE_API.md 1.5: InterUSS's extras."""
import time

from exchange_kit import BEGAN, at, expect, row
from exchange_schema import BEAT, POOL, R, VERSIONS, W


@row('1.5 version', 'GET /aux/v1/version: no auth, `version` does not contain "undefined"')
def _(w):
    reply = w.ask('GET', '/aux/v1/version', token='', ok=200)
    expect('undefined' not in reply.json['version'], reply.body)


@row('1.5 validate_oauth', '200 for the token\'s own `sub`, 403 if owner is another, whichever scope')
def _(w):
    for scope in (R, W):
        w.ask('GET', '/aux/v1/validate_oauth?owner=uss1', scope=scope, ok=200)
        w.ask('GET', '/aux/v1/validate_oauth?owner=uss2', scope=scope, ok=403)
        w.ask('GET', '/aux/v1/validate_oauth?owner=', scope=scope, ok=403)
        w.ask('GET', '/aux/v1/validate_oauth?owner=uss2', sub='uss2', scope=scope, ok=200)


@row('1.5 pool', '`dar_id` (501 allowed)')
def _(w):
    reply = w.ask('GET', '/aux/v1/pool', scope=POOL, ok=(200, 501))
    expect(not w.s.own or reply.status == 200, reply.status)


@row('1.5 pool', 'dss_instances (501 allowed)')
def _(w):
    w.ask('GET', '/aux/v1/pool/dss_instances', scope=POOL, ok=(200, 501))


@row('1.5 pool', 'PUT heartbeat: 201, and it is shown', ours=True)
def _(w):
    path = '/aux/v1/pool/dss_instances/heartbeat'
    now = at((time.time() - BEGAN) / 3600)
    w.ask('PUT', f'{path}?source=tester&timestamp={now}&next_heartbeat_expected_before={at(1)}', scope=BEAT, ok=201)
    shown = w.ask('GET', '/aux/v1/pool/dss_instances', scope=POOL, ok=200).json['dss_instances']
    beats = [i['most_recent_heartbeat'] for i in shown if 'most_recent_heartbeat' in i]
    expect(any(b['source'] == 'tester' for b in beats), shown)
    w.ask('PUT', f'{path}?source=tester', scope=BEAT, ok=201)
    for query in ('', '?source=', f'?source=x&timestamp=yesterday', '?source=x&next_heartbeat_expected_before=never'):
        w.ask('PUT', path + query, scope=BEAT, ok=400)


@row('1.5 configuration', 'accepted_ca_certs and ca_certs: no auth, 501 allowed')
def _(w):
    for name in ('accepted_ca_certs', 'ca_certs'):
        w.ask('GET', f'/aux/v1/configuration/{name}', token='', ok=(200, 501))


@row('1.5 configuration', 'global_options')
def _(w):
    w.ask('GET', '/aux/v1/configuration/global_options', scope=POOL, ok=(200, 501))


@row('1.5 configuration', 'global_options says that notification indices follow the time', where='open')
def _(w):
    reply = w.ask('GET', '/aux/v1/configuration/global_options', scope=POOL, ok=200)
    expect(reply.json.get('time_based_notification_index') is True, reply.body)


@row('1.5 versioning', 'GET /versions/{system_identity}: 200 or 404')
def _(w):
    w.ask('GET', '/versions/nobody-knows', scope=VERSIONS, ok=(200, 404))
