# SPDX-License-Identifier: Apache-2.0
"""What each reply of the exchange must look like: which statuses a request may get, and the members, types, formats and names of values of
what comes with them.  Facts of ASTM F3548-21's, F3411-19's and F3411-22a's interfaces and of InterUSS's, in tables of our own."""
import re
import uuid

UUID4 = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}')
TIME = re.compile(r'\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z')


def text(least=0, most=1 << 30, like=None):
    def check(v):
        if not isinstance(v, str) or not least <= len(v) <= most or (like and not like.fullmatch(v)):
            return f'is not a text of {least} to {most} characters' + (f' like {like.pattern}' if like else '')
    return check


def whole(least=-(1 << 31), most=(1 << 31) - 1):
    def check(v):
        if not isinstance(v, int) or isinstance(v, bool) or not least <= v <= most:
            return f'is not a whole number from {least} to {most}'
    return check


def boolean(v):
    if not isinstance(v, bool):
        return 'is neither true nor false'


def one_of(*names):
    def check(v):
        if v not in names:
            return f'is none of {names}'
    return check


def anything(v):
    return None


class Items:
    def __init__(self, of, least=0):
        self.of, self.least = of, least


class Optional:
    def __init__(self, of):
        self.of = of


def faults(schema, value, where='$', extra=False):
    """What is wrong with a value; `extra`: members of ours beside the interface's are allowed, in an object named "deconflict"."""
    if isinstance(schema, Items):
        if not isinstance(value, list) or len(value) < schema.least:
            return [f'{where} is not an array of at least {schema.least}']
        return [f for i, v in enumerate(value) for f in faults(schema.of, v, f'{where}[{i}]', extra)]
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            return [f'{where} is not an object']
        out = [f'{where}.{k} is missing' for k, s in schema.items() if not isinstance(s, Optional) and k not in value]
        out += [f'{where}.{k} is no member of it' for k in value if k not in schema and not (extra and k == 'deconflict')]
        return out + [f for k, s in schema.items() if k in value
                      for f in faults(s.of if isinstance(s, Optional) else s, value[k], f'{where}.{k}', extra)]
    said = schema(value)
    return [f'{where} = {value!r} {said}'] if said else []


maybe = Optional
ID, OVN, VERSION = text(36, 36, UUID4), text(16, 128), text(1)
BARE = text(1, 64, TIME)
MOMENT = {'value': BARE, 'format': one_of('RFC3339')}
URL = text(1)
AVAILABILITY = one_of('Unknown', 'Normal', 'Down')
INDEX = whole(0)
ERROR = {'message': text(1)}

# --- F3548-21 ---
INTENT = {'id': ID, 'manager': text(1), 'uss_availability': AVAILABILITY, 'version': whole(1),
          'state': one_of('Accepted', 'Activated', 'Nonconforming', 'Contingent'), 'ovn': OVN, 'time_start': MOMENT, 'time_end': MOMENT,
          'uss_base_url': URL, 'subscription_id': ID}
CONSTRAINT = {'id': ID, 'manager': text(1), 'uss_availability': AVAILABILITY, 'version': whole(1), 'ovn': OVN, 'time_start': MOMENT,
              'time_end': MOMENT, 'uss_base_url': URL}
SUBSCRIPTION = {'id': ID, 'version': VERSION, 'notification_index': INDEX, 'time_start': maybe(MOMENT), 'time_end': maybe(MOMENT),
                'uss_base_url': URL, 'notify_for_operational_intents': maybe(boolean), 'notify_for_constraints': maybe(boolean),
                'implicit_subscription': maybe(boolean), 'dependent_operational_intents': maybe(Items(ID))}
SUBSCRIBERS = Items({'subscriptions': Items({'subscription_id': ID, 'notification_index': INDEX}, 1), 'uss_base_url': URL})
CHANGED_INTENT = {'subscribers': SUBSCRIBERS, 'operational_intent_reference': INTENT}
CHANGED_CONSTRAINT = {'subscribers': SUBSCRIBERS, 'constraint_reference': CONSTRAINT}
PUT_SUBSCRIPTION = {'subscription': SUBSCRIPTION, 'operational_intent_references': maybe(Items(INTENT)),
                    'constraint_references': maybe(Items(CONSTRAINT))}
CONFLICT = {'message': text(1), 'missing_operational_intents': maybe(Items(INTENT)), 'missing_constraints': maybe(Items(CONSTRAINT))}
EXCHANGE = {'url': text(), 'method': text(), 'headers': maybe(Items(text())), 'recorder_role': one_of('Client', 'Server'),
            'request_time': {'value': text(1), 'format': one_of('RFC3339')}, 'request_body': maybe(text()),
            'response_time': maybe({'value': text(1), 'format': one_of('RFC3339')}), 'response_body': maybe(text()),
            'response_code': maybe(whole()), 'problem': maybe(text()), 'request_source': maybe(text())}
REPORT = {'report_id': text(36, 128, UUID4), 'exchange': EXCHANGE}
STATUS = {'version': text(), 'status': {'uss': text(1), 'availability': AVAILABILITY}}

# --- F3411 ---
RID_VERSION = text(1, 13, re.compile('[0-9a-v]+'))


# F3411-19 requires members that it does not describe: a state's `subscription`, a subscription's `url`.
def rid(time, isa_url, subscription_url, state):
    """The tables of one of F3411's two versions."""
    subscribers = Items({'url': URL, 'subscriptions': Items({'subscription_id': ID, 'notification_index': INDEX} | state, 1)})
    isa = {'owner': text(1), 'time_start': time, 'time_end': time, 'version': RID_VERSION, 'id': ID} | isa_url
    subscription = {'id': ID, 'owner': text(1), 'notification_index': INDEX, 'time_start': time, 'time_end': time, 'version': RID_VERSION} | subscription_url
    return {'get isa': {'service_area': isa}, 'change isa': {'service_area': isa, 'subscribers': subscribers},
            'search isa': {'service_areas': Items(isa)}, 'subscription': {'subscription': subscription},
            'put subscription': {'subscription': subscription, 'service_areas': Items(isa)}, 'search subscription': {'subscriptions': Items(subscription)}}


V1 = rid(BARE, {'flights_url': URL}, {'callbacks': {'identification_service_area_url': URL}, 'url': maybe(URL)}, {'subscription': maybe(ID)})
V2 = rid(MOMENT, {'uss_base_url': URL}, {'uss_base_url': URL}, {})

# --- InterUSS's own ---
HEARTBEAT = {'timestamp': BARE, 'reporter': maybe(text()), 'source': text(1), 'index': maybe(whole(0, 1 << 62)),
             'next_heartbeat_expected_before': maybe(BARE)}
INSTANCES = {'dss_instances': Items({'id': text(1), 'public_endpoint': maybe(text()), 'most_recent_heartbeat': maybe(HEARTBEAT)})}
CERTIFICATES = {'CAs': Items(text(1))}

SC, CM, CP = 'utm.strategic_coordination', 'utm.constraint_management', 'utm.constraint_processing'
SA, AA = 'utm.conformance_monitoring_sa', 'utm.availability_arbitration'
R, W = 'dss.read.identification_service_areas', 'dss.write.identification_service_areas'
DP, SP = 'rid.display_provider', 'rid.service_provider'
POOL, BEAT, VERSIONS = 'interuss.pool_status.read', 'interuss.pool_status.heartbeat.write', 'interuss.versioning.read_system_versions'
ALL_SCOPES = (SC, CM, CP, SA, AA, R, W, DP, SP, POOL, BEAT, VERSIONS)


class Route:
    """A row of EXCHANGE's tables: scopes are alternatives; `ok` is the status of success and its body; `others` what else is emitted."""

    def __init__(self, method, path, scopes, ok, body, others=(), error=None):
        self.method, self.path, self.scopes, self.ok, self.body, self.others = method, path, scopes, ok, body, others
        self.error = error or {}
        self.pattern = re.compile('/'.join('[^/]*' if s.startswith('{') else re.escape(s) for s in path.split('/')))

    def schema(self, status):
        return self.body if status == self.ok else self.error.get(status, ERROR)

    def statuses(self):
        return {self.ok, *self.others}


OI, CR, SUB = '/dss/v1/operational_intent_references', '/dss/v1/constraint_references', '/dss/v1/subscriptions'
AVAIL, REPORTS = '/dss/v1/uss_availability', '/dss/v1/reports'
CONFLICTS = {409: CONFLICT}
ROUTES = [
    Route('POST', OI + '/query', (SC, SA), 200, {'operational_intent_references': Items(INTENT)}, (400, 401, 403, 413)),
    Route('GET', OI + '/{id}', (SC, SA), 200, {'operational_intent_reference': INTENT}, (400, 401, 403, 404)),
    Route('PUT', OI + '/{id}', (SC, f'{SC} {CP}', SA), 201, CHANGED_INTENT, (400, 401, 403, 409, 413), CONFLICTS),
    Route('PUT', OI + '/{id}/{ovn}', (SC, f'{SC} {CP}', SA), 200, CHANGED_INTENT, (400, 401, 403, 409, 413), CONFLICTS),
    Route('DELETE', OI + '/{id}/{ovn}', (SC, SA), 200, CHANGED_INTENT, (400, 401, 403, 404, 409)),
    Route('POST', CR + '/query', (CM, CP), 200, {'constraint_references': Items(CONSTRAINT)}, (400, 401, 403, 413)),
    Route('GET', CR + '/{id}', (CM, CP), 200, {'constraint_reference': CONSTRAINT}, (400, 401, 403, 404)),
    Route('PUT', CR + '/{id}', (CM,), 201, CHANGED_CONSTRAINT, (400, 401, 403, 409, 413)),
    Route('PUT', CR + '/{id}/{ovn}', (CM,), 200, CHANGED_CONSTRAINT, (400, 401, 403, 409, 413)),
    Route('DELETE', CR + '/{id}/{ovn}', (CM,), 200, CHANGED_CONSTRAINT, (400, 401, 403, 404, 409)),
    Route('POST', SUB + '/query', (CP, SC), 200, {'subscriptions': Items(SUBSCRIPTION)}, (400, 401, 403, 413)),
    Route('GET', SUB + '/{id}', (CP, SC), 200, {'subscription': SUBSCRIPTION}, (400, 401, 403, 404)),
    Route('PUT', SUB + '/{id}', (CP, SC), 200, PUT_SUBSCRIPTION, (400, 401, 403, 409, 413)),
    Route('PUT', SUB + '/{id}/{version}', (CP, SC), 200, PUT_SUBSCRIPTION, (400, 401, 403, 409, 413)),
    Route('DELETE', SUB + '/{id}/{version}', (CP, SC), 200, {'subscription': SUBSCRIPTION}, (400, 401, 403, 404, 409)),
    Route('POST', REPORTS, (SC, CM, CP, SA, AA), 201, REPORT, (400, 401, 403, 413)),
    Route('PUT', AVAIL + '/{uss_id}', (AA,), 200, STATUS, (400, 401, 403, 409, 413)),
    Route('GET', AVAIL + '/{uss_id}', (AA, SC, SA), 200, STATUS, (400, 401, 403)),
]
for base, table, read, write, both in (('/v1/dss', V1, R, W, (R, W)), ('/rid/v2/dss', V2, DP, SP, (DP, SP))):
    ISA, RSUB = base + '/identification_service_areas', base + '/subscriptions'
    ROUTES += [
        Route('GET', ISA, (read,), 200, table['search isa'], (400, 401, 403, 413)),
        Route('GET', ISA + '/{id}', both if base != '/v1/dss' else (read,), 200, table['get isa'], (400, 401, 403, 404)),
        Route('PUT', ISA + '/{id}', (write,), 200, table['change isa'], (400, 401, 403, 409, 413)),
        Route('PUT', ISA + '/{id}/{version}', (write,), 200, table['change isa'], (400, 401, 403, 409, 413)),
        Route('DELETE', ISA + '/{id}/{version}', (write,), 200, table['change isa'], (400, 401, 403, 404, 409)),
        Route('GET', RSUB, (read,), 200, table['search subscription'], (400, 401, 403, 413)),
        Route('GET', RSUB + '/{id}', both, 200, table['subscription'], (400, 401, 403, 404)),
        Route('PUT', RSUB + '/{id}', (read,), 200, table['put subscription'], (400, 401, 403, 409, 413, 429)),
        Route('PUT', RSUB + '/{id}/{version}', (read,), 200, table['put subscription'], (400, 401, 403, 409, 413, 429)),
        Route('DELETE', RSUB + '/{id}/{version}', (read,), 200, table['subscription'], (400, 401, 403, 404, 409)),
    ]
NOT_MADE = {501: ERROR}
ROUTES += [
    Route('GET', '/aux/v1/version', (), 200, {'version': text(1)}),
    Route('GET', '/aux/v1/validate_oauth', (R, W), 200, None, (401, 403)),
    Route('GET', '/aux/v1/pool', (POOL,), 200, {'dar_id': maybe(text())}, (401, 403, 501), NOT_MADE),
    Route('GET', '/aux/v1/pool/dss_instances', (POOL,), 200, INSTANCES, (401, 403, 501), NOT_MADE),
    Route('PUT', '/aux/v1/pool/dss_instances/heartbeat', (BEAT,), 201, INSTANCES, (400, 401, 403, 501), NOT_MADE),
    Route('GET', '/aux/v1/configuration/accepted_ca_certs', (), 200, CERTIFICATES, (501,), NOT_MADE),
    Route('GET', '/aux/v1/configuration/ca_certs', (), 200, CERTIFICATES, (501,), NOT_MADE),
    Route('GET', '/aux/v1/configuration/global_options', (POOL,), 200, {'scd_global_lock': maybe(boolean), 'scd_hash_lock': maybe(boolean),
                                                                         'time_based_notification_index': maybe(boolean)}, (401, 403, 501), NOT_MADE),
    Route('GET', '/versions/{system_identity}', (VERSIONS,), 200, {'system_identity': maybe(text()), 'system_version': maybe(text())}, (401, 403, 404)),
]


def route_of(method, path):
    """The row for a path without its query; one of literals goes before one with parameters."""
    fits = sorted((r.path.count('{'), i) for i, r in enumerate(ROUTES) if r.method == method and r.pattern.fullmatch(path))
    return ROUTES[fits[0][1]] if fits else None


def random_id():
    return str(uuid.uuid4())
