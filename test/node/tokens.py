#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tokens.py AUTH_TOOL: tokens that other software made, good and bad, shown to ours.  Writes TAP."""
import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import sys
import tempfile

sys.path.append(sys.path.pop(0))  # modules of ours come behind Python's
from auth_kit import (NOW, Key, Tool, b64, claims, ec, ed25519, expect, hashes, new_ec, new_ed, new_rsa, number, raw_token, run_tests,
                      serialization, test, token)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed448, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

program = os.path.abspath(sys.argv[1])
scratch = tempfile.TemporaryDirectory(prefix='deconflict-tokens-')
folder = pathlib.Path(scratch.name)
RSA, EC, ED = new_rsa(kid='rsa-1'), new_ec(kid='ec-1'), new_ed(kid='ed-1')
PLAIN_RSA, PLAIN_EC, PLAIN_ED = new_rsa(), new_ec(), new_ed()
STRANGER_RSA, STRANGER_EC, STRANGER_ED = new_rsa(kid='rsa-1'), new_ec(kid='ec-1'), new_ed(kid='ed-1')


def write(name, data):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def jwks(*keys):
    return json.dumps({'keys': [k.jwk() if isinstance(k, Key) else k for k in keys]})


def by_kid():
    return Tool(program, 'aud:here', f'jwks:{write("by-kid.json", jwks(RSA, EC, ED))}')


def by_file():
    return Tool(program, 'aud:here', *(f'pem:{write(k.alg + ".pem", k.pem())}' for k in (PLAIN_RSA, PLAIN_EC, PLAIN_ED)))


def refused(*arguments):
    tool = Tool(program, 'aud:here', *arguments)
    log = tool.end()
    expect(tool.first.startswith('refused: '), f'{arguments}: {tool.first} {log}')
    return tool.first


def expect_fault(tool, fault, text, now=NOW, how='verify'):
    got = tool.verify(text, now, how)
    expect(got == f'fault {fault}', f'expected {fault}, got {got!r}')


def expect_ok(tool, text, now=NOW, how='verify', **members):
    got = tool.verify(text, now, how)
    expect(got.startswith('ok '), f'expected ok, got {got!r}')
    found = dict(w.split('=', 1) for w in got.split(' ')[1:])
    for k, v in members.items():
        expect(found[k] == str(v), f'{k}: expected {v!r}, got {found[k]!r}')


@test
def good_tokens_are_taken():
    for make, keys in ((by_kid, (RSA, EC, ED)), (by_file, (PLAIN_RSA, PLAIN_EC, PLAIN_ED))):
        with make() as tool:
            for key in keys:
                expect_ok(tool, token(key), sub='alice', scope='deconflict.read', aud='here', exp=NOW + 3600, slot=1,
                          kid=key.kid or '')
                expect_ok(tool, token(key, {'kid': ...}))
                for typ in ('at+jwt', 'jwt', 'JWT', 'application/at+jwt', ...):
                    expect_ok(tool, token(key, {'typ': typ}))


@test
def every_claim_arrives():
    with by_kid() as tool:
        expect_ok(tool, token(RSA, party='CO', iss='https://idp.example', jti='x1', scope='a b  c', roles=['planner', 'duty'],
                              aud=['elsewhere', 'here'], nbf=NOW - 5, exp=NOW + 10.75),
                  party='CO', iss='https://idp.example', jti='x1', scope='a,b,c', role='planner,duty', aud='elsewhere,here', nbf=NOW - 5,
                  iat=NOW, exp=NOW + 10)
        expect_ok(tool, token(ED, scope=['a', 'b'], roles='one', sub='Zoë'), scope='a,b', role='one', sub='Zoë')
        expect_ok(tool, token(EC, scope=..., iat=..., sub=..., party=None, other={'deep': [1, {'a': None}]}), scope='', sub='', party='')
        expect_ok(tool, token(EC, scope=' '.join(f's{i}' for i in range(32))))


@test
def strangers_signatures_are_refused():
    with by_kid() as tool:
        for good, bad in ((RSA, STRANGER_RSA), (EC, STRANGER_EC), (ED, STRANGER_ED)):
            expect_fault(tool, 'signature', token(bad))
            expect_fault(tool, 'signature', token(bad, {'kid': ...}))
            expect_fault(tool, 'unknown_key', token(bad, {'kid': 'other'}))
            expect_fault(tool, 'unknown_key', token(good, {'kid': 'other'}))
            # One bit anywhere.
            text = token(good)
            head, body, signature = text.split('.')
            other = token(good, sub='mallory').split('.')
            expect_fault(tool, 'signature', f'{head}.{other[1]}.{signature}')
            data = bytearray(base64.urlsafe_b64decode(signature + '=='))
            for at in (0, len(data) // 2, len(data) - 1):
                data[at] ^= 1
                expect_fault(tool, 'signature', f'{head}.{body}.{b64(bytes(data))}')
                data[at] ^= 1
            expect_ok(tool, text)
    with by_file() as tool:
        for bad in (STRANGER_RSA, STRANGER_EC, STRANGER_ED):
            expect_fault(tool, 'signature', token(bad, {'kid': ...}))
            expect_fault(tool, 'signature', token(bad))


@test
def other_algorithms_are_refused():
    with by_kid() as tool:
        for alg in ('none', 'None', 'NONE', 'nOnE', '', 'HS256', 'HS512', 'RS384', 'RS512', 'PS256', 'ES384', 'ES512', 'ES256K', 'Ed25519', 'EDDSA',
                    'rs256', 'RS256 ', 'RS256\0', None, 1, True, ['RS256'], {'a': 1}, ...):
            expect_fault(tool, 'algorithm', token(RSA, {'alg': alg}))
        for alg in ('none', 'None', 'NONE'):
            head, body = b64(json.dumps({'alg': alg}).encode()), b64(json.dumps(claims()).encode())
            expect_fault(tool, 'algorithm', f'{head}.{body}.')
            expect_fault(tool, 'algorithm', f'{head}.{body}.{token(RSA).split(".")[2]}')
        head, body, _ = token(RSA).split('.')
        expect_fault(tool, 'signature', f'{head}.{body}.')


@test
def a_public_key_is_no_hmac_secret():
    with by_file() as tool, by_kid() as other:
        for key in (PLAIN_RSA, PLAIN_EC, RSA):
            for secret in (key.pem(), key.pem().rstrip(b'\n'), key.public.public_bytes(serialization.Encoding.DER,
                                                                                  serialization.PublicFormat.SubjectPublicKeyInfo)):
                for alg in ('HS256', 'RS256', 'ES256', 'EdDSA'):
                    signed = b64(json.dumps({'alg': alg, 'typ': 'JWT', 'kid': 'rsa-1'}).encode()) + '.' + b64(json.dumps(claims()).encode())
                    text = signed + '.' + b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())
                    for t in (tool, other):
                        got = t.verify(text)
                        expect(got in ('fault algorithm', 'fault signature', 'fault key_type', 'fault unknown_key'), f'{alg}: {got}')


@test
def a_key_is_of_one_algorithm():
    with by_kid() as tool:
        for key in (RSA, EC, ED):
            for kid in {'rsa-1', 'ec-1', 'ed-1'} - {key.kid}:
                expect_fault(tool, 'key_type', token(key, {'kid': kid}))
            for alg in {'RS256', 'ES256', 'EdDSA'} - {key.alg}:
                expect_fault(tool, 'key_type', token(key, {'alg': alg}))
    only_rsa = Tool(program, 'aud:here', f'pem:{write("only.pem", PLAIN_RSA.pem())}')
    with only_rsa as tool:
        expect_fault(tool, 'unknown_key', token(PLAIN_EC))
        expect_fault(tool, 'unknown_key', token(PLAIN_RSA, {'alg': 'ES256'}))


@test
def other_paddings_and_hashes_are_refused():
    signed = token(RSA).rsplit('.', 1)[0]
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    with by_kid() as tool:
        for pad, digest in ((pss, hashes.SHA256()), (padding.PKCS1v15(), hashes.SHA512()), (padding.PKCS1v15(), hashes.SHA1())):
            expect_fault(tool, 'signature', signed + '.' + b64(RSA.private.sign(signed.encode(), pad, digest)))
        signature = RSA.sign(signed.encode())
        for bad in (b'\0' + signature, signature[:-1], signature + b'\0', b'\0' * 256, b'\xff' * 256, signature[1:]):
            expect_fault(tool, 'signature', f'{signed}.{b64(bad)}')
        n = RSA.public.public_numbers().n
        more = int.from_bytes(signature, 'big') + n
        if more.bit_length() <= 2048:
            expect_fault(tool, 'signature', f'{signed}.{number(more, 256)}')


@test
def es256_signatures_have_one_form():
    signed = token(EC).rsplit('.', 1)[0]
    signature = EC.sign(signed.encode())
    r, s = signature[:32], signature[32:]
    order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
    zero = b'\0' * 32
    with by_kid() as tool:
        expect_ok(tool, f'{signed}.{b64(signature)}')
        bad = [EC.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())), signature[:-1], signature + b'\0', b'\0' + signature, r, b'', zero + zero,
               r + zero, zero + s, s + r, order.to_bytes(32, 'big') + s, r + order.to_bytes(32, 'big'), b'\xff' * 64,
               b'\0' * 16 + r + b'\0' * 16 + s]
        for i, b in enumerate(bad):
            got = tool.verify(f'{signed}.{b64(b)}')
            expect(got == 'fault signature', f'{i}: {got}')


@test
def eddsa_signatures_have_one_form():
    signed = token(ED).rsplit('.', 1)[0]
    signature = ED.sign(signed.encode())
    order = 2 ** 252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], 'little')
    with by_kid() as tool:
        for b in (signature[:-1], signature + b'\0', b'', b'\0' * 64, signature[:32] + (s + order).to_bytes(32, 'little'),
                  b'\1' + b'\0' * 31 + signature[32:]):
            expect_fault(tool, 'signature', f'{signed}.{b64(b)}')


@test
def times_are_checked_with_a_minute_of_leeway():
    with by_kid() as tool:
        expect_fault(tool, 'no_expiry', token(RSA, exp=...))
        expect_fault(tool, 'no_expiry', token(RSA, exp=None))
        expect_ok(tool, token(RSA, exp=NOW - 59))
        expect_fault(tool, 'expired', token(RSA, exp=NOW - 60))
        expect_fault(tool, 'expired', token(RSA, exp=0))
        expect_ok(tool, token(RSA, nbf=NOW + 60))
        expect_fault(tool, 'future', token(RSA, nbf=NOW + 61))
        expect_ok(tool, token(RSA, iat=NOW + 60))
        expect_fault(tool, 'future', token(RSA, iat=NOW + 61))
        expect_fault(tool, 'future', token(RSA, iat=NOW + 10 ** 6, exp=NOW + 10 ** 7))
        for bad in ('1900000000', True, [NOW], -1, -0.5, 1e300, 2 ** 53 + 2, 2 ** 63, {}):
            expect_fault(tool, 'claims', token(RSA, exp=bad))
            expect_fault(tool, 'claims', token(RSA, nbf=bad))
        expect_fault(tool, 'form', raw_token(RSA, '{"alg":"RS256"}', '{"exp":1' + '0' * 400 + '}'))
        # The same token later: what is kept is judged again.
        text = token(RSA, exp=NOW + 100)
        expect_ok(tool, text)
        expect_ok(tool, text, NOW + 159)
        expect_fault(tool, 'expired', text, NOW + 160)
        expect_ok(tool, text)
        expect_fault(tool, 'future', text, NOW - 61)


def foreign(key=None, header=None, **changes):
    """As the exchange's clients have them."""
    return token(key or RSA, header, **({'iss': 'https://auth.example', 'scope': 'utm.strategic_coordination', 'iat': ...} | changes))


@test
def the_exchange_has_rules_of_its_own():
    def fine(tool, text, now=NOW, **members):
        expect_ok(tool, text, now, 'exchange', **members)

    def bad(tool, fault, text, now=NOW):
        expect_fault(tool, fault, text, now, 'exchange')

    with by_kid() as tool:
        fine(tool, foreign(), sub='alice', iss='https://auth.example', scope='utm.strategic_coordination')
        # The id of the key does not count, nor which other words stand beside it.
        for kid in ('other', 'ec-1', '', 'http://evil/../x', 'x' * 1000, 7, None, ['rsa-1'], ...):
            fine(tool, foreign(header={'kid': kid}))
        for key in (EC, ED):
            fine(tool, foreign(key, {'kid': 'rsa-1'}))
        for key in (STRANGER_RSA, STRANGER_EC, STRANGER_ED):
            bad(tool, 'signature', foreign(key))
        for typ in (None, 'ID', 7, ...):
            fine(tool, foreign(header={'typ': typ}))
        for word in ('crit', 'b64', 'zip', 'enc', 'cty'):
            bad(tool, 'header', foreign(header={word: 'x'}))
        bad(tool, 'claims', foreign(scope=['utm.strategic_coordination']))
        # What others mean by words that are ours elsewhere.
        for claims in ({'party': ['x']}, {'member': 7}, {'jti': 7}, {'jti': 'x' * 300}, {'role': {}}, {'roles': [{'name': 'x'}]},
                       {'scope': 'utm.strategic_coordination ' + 'x' * 300}, {'scope': 'utm.strategic_coordination ' + ' '.join(f'x{i}' for i in range(99))}):
            fine(tool, foreign(**claims))
            expect_fault(tool, 'claims', foreign(**claims))
        # Who it is, and who says so.
        for missing in (..., None):
            bad(tool, 'no_subject', foreign(sub=missing))
            bad(tool, 'no_issuer', foreign(iss=missing))
        bad(tool, 'claims', foreign(sub=''))
        bad(tool, 'claims', foreign(iss=''))
        bad(tool, 'audience', foreign(aud='there'))
        bad(tool, 'audience', foreign(aud=...))
        fine(tool, foreign(aud=['there', 'here']))
        # To the second, and an hour at most.
        fine(tool, foreign(exp=NOW + 1))
        bad(tool, 'expired', foreign(exp=NOW))
        bad(tool, 'no_expiry', foreign(exp=...))
        bad(tool, 'too_late', foreign(exp=NOW + 3601))
        fine(tool, foreign(exp=NOW + 3601), NOW + 1)
        for claim in ('nbf', 'iat'):
            fine(tool, foreign(**{claim: NOW}))
            bad(tool, 'future', foreign(**{claim: NOW + 1}))
        # What is kept is judged by the rules of each question.
        text = foreign(exp=NOW + 3590)
        fine(tool, text)
        expect_ok(tool, text)
        expect_ok(tool, text, NOW + 3600)
        bad(tool, 'expired', text, NOW + 3600)
        bad(tool, 'too_late', text, NOW - 11)
        expect_ok(tool, text, NOW - 11)
        own = foreign(sub=...)
        expect_ok(tool, own)
        bad(tool, 'no_subject', own)
        expect_ok(tool, own)


@test
def the_exchange_takes_every_rsa_scheme_and_no_other_api_does():
    digests = {'256': hashes.SHA256(), '384': hashes.SHA384(), '512': hashes.SHA512()}
    with by_kid() as tool, by_file() as plain:
        for tool, key in ((tool, RSA), (plain, PLAIN_RSA)):
            for bits, digest in digests.items():
                pads = {'RS': [padding.PKCS1v15()], 'PS': [padding.PSS(mgf=padding.MGF1(digest), salt_length=n) for n in (0, digest.digest_size, 100)]}
                for family in pads:
                    for pad in pads[family]:
                        alg = family + bits
                        signed = foreign(key, {'alg': alg}).rsplit('.', 1)[0]
                        text = f'{signed}.{b64(key.private.sign(signed.encode(), pad, digest))}'
                        for _ in range(2):
                            expect_ok(tool, text, how='exchange')
                            if alg == 'RS256':
                                expect_ok(tool, text)
                            else:
                                expect_fault(tool, 'algorithm', text)
                        # A good signature by another scheme than the header says.
                        for other in ('RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'):
                            signed = foreign(key, {'alg': other}).rsplit('.', 1)[0]
                            if other != alg:
                                expect_fault(tool, 'signature', f'{signed}.{b64(key.private.sign(signed.encode(), pad, digest))}', how='exchange')
            for alg in ('none', 'HS256', 'ES384', 'rs256', '', None, ...):
                expect_fault(tool, 'algorithm', foreign(key, {'alg': alg}), how='exchange')
        for alg in ('RS384', 'PS256', 'ES256', 'EdDSA'):
            expect_fault(plain, 'signature', foreign(PLAIN_RSA, {'alg': alg}), how='exchange')


@test
def keys_of_schemes_that_the_exchange_alone_takes():
    keys = {alg: new_rsa(kid='same') for alg in ('RS256', 'RS384', 'PS512')}
    named = [key.jwk() | {'alg': alg} for alg, key in keys.items()]
    for order in (named, named[::-1]):
        with Tool(program, 'aud:here', f'jwks:{write("named.json", jwks(*order))}') as tool:
            for alg, key in keys.items():
                expect_ok(tool, foreign(key, {'kid': 'same'}), how='exchange')
                for header in ({'kid': 'same'}, {'kid': ...}):
                    if alg == 'RS256':
                        expect_ok(tool, token(key, header))
                    else:
                        expect_fault(tool, 'signature', token(key, header))
    with Tool(program, 'aud:here', f'jwks:{write("named.json", jwks(named[1]))}') as tool:
        expect_ok(tool, foreign(keys['RS384']), how='exchange')
        for header in ({'kid': 'same'}, {'kid': ...}):
            expect_fault(tool, 'unknown_key', token(keys['RS384'], header))
    for bad in (named[0] | {'alg': 'ES384'}, named[0] | {'alg': 'HS256'}, new_ec(kid='e').jwk() | {'alg': 'RS384'}):
        refused(f'jwks:{write("bad.json", jwks(bad))}')


@test
def every_key_is_tried_for_the_exchange():
    keys = [new_ec(kid=f'k{i}') if i % 7 else new_rsa(kid=f'k{i}') for i in range(20)]
    with Tool(program, 'aud:here', f'jwks:{write("many.json", jwks(*keys))}') as tool:
        for key in keys:
            expect_ok(tool, foreign(key, {'kid': 'k0'}), how='exchange')
            expect_ok(tool, foreign(key, {'kid': 'none of them'}), how='exchange')


@test
def this_nodes_own_tokens_of_the_exchange():
    home = folder / 'home'
    home.mkdir(exist_ok=True)
    with Tool(program) as tool:
        tool.ask(f'mint {home} {NOW} 60 - deconflict.read')  # makes the key
    with Tool(program, 'aud:here', f'own:{home}') as tool:
        def mint(who, scopes, ttl=3600):
            text = tool.ask(f'mint {home} {NOW} {ttl} {who} {scopes}')
            return text if not text.startswith('error') else None

        text = mint('sub:uss1', 'utm.strategic_coordination,utm.constraint_management')
        expect_ok(tool, text, how='exchange', sub='uss1', slot=0, iss='deconflict', scope='utm.strategic_coordination,utm.constraint_management')
        expect_ok(tool, text, NOW + 3599, how='exchange')
        expect_fault(tool, 'expired', text, NOW + 3600, how='exchange')
        # Nothing of the native API beside it, nobody's, no longer than an hour.
        for who, scopes, ttl in (('sub:uss1', 'utm.strategic_coordination,deconflict.read', 60), ('-', 'rid.service_provider', 60),
                                 ('CO', 'rid.service_provider', 60), ('sub:uss1', 'interuss.pool_status.read', 3601)):
            expect(mint(who, scopes, ttl) is None, f'{who} {scopes} {ttl}: minted')
        # A native one opens nothing here, whatever it may there.
        for scopes in ('deconflict.admin', 'deconflict.cell,deconflict.declare'):
            expect_fault(tool, 'no_issuer', mint('CO', scopes, 60), how='exchange')
        expect_ok(tool, mint('CO', 'deconflict.read', 60))


@test
def audiences_and_issuers():
    with by_kid() as tool:
        for aud in ('there', ..., None, [], ['there'], 'Here', 'here ', 'her', 'here/', [['here']], 1, {'here': 1}, ['here', 1], ''):
            got = tool.verify(token(RSA, aud=aud))
            expect(got in ('fault audience', 'fault claims'), f'{aud}: {got}')
    with Tool(program, f'jwks:{write("by-kid.json", jwks(RSA))}') as tool:
        expect_fault(tool, 'audience', token(RSA))
        expect_fault(tool, 'audience', token(RSA, aud='deconflict'))
        expect_fault(tool, 'claims', token(RSA, aud=''))
    with Tool(program, 'aud:here', 'aud:more', 'iss:a', 'iss:b', f'jwks:{write("by-kid.json", jwks(RSA))}') as tool:
        expect_ok(tool, token(RSA, aud='more', iss='b'))
        for iss in ('c', ..., 'ab', ''):
            got = tool.verify(token(RSA, iss=iss))
            expect(got in ('fault issuer', 'fault claims'), f'{iss}: {got}')


@test
def the_form_is_strict():
    good = token(ED)
    head, body, signature = good.split('.')
    with by_kid() as tool:
        for bad in ('a', '.', '..', '...', 'a.b', head, f'{head}.{body}', f'{good}.', f'.{good}', f'{good}.{signature}', f'{head}..{signature}',
                    f'.{body}.{signature}', good.replace('.', '..'), good + '=', good + '==', f'{head}=.{body}.{signature}',
                    f'{head}.{body}=.{signature}', good + '\r', good[:-1] + '\x7f', good[:9] + ' ' + good[9:], good[:9] + '\t' + good[9:],
                    good[:5] + '+' + good[6:], good[:5] + '/' + good[6:], good[:5] + '%' + good[6:], good[:9] + '\xe9' + good[10:]):
            got = tool.verify(bad)
            expect(got in ('fault form', 'fault signature', 'fault algorithm'), f'{bad[:60]!r}: {got}')
        # The last character has bits that belong to no byte: 86 characters for 64 bytes leave four.
        alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
        last = alphabet.index(signature[-1])
        for bits in range(1, 16):
            expect_fault(tool, 'form', good[:-1] + alphabet[last ^ bits])
        expect_fault(tool, 'signature', good + 'A')
        expect_ok(tool, good)
        for text in ('', 'null', '1', '"a"', '[]', '[{"exp":1}]', '{', '{}x', '{"a":1,}', "{'a':1}", '{"a":01}', '{"a":"\\ud800"}', '\ufeff{}'):
            expect_fault(tool, 'form', raw_token(ED, text, json.dumps(claims())))
            if text:
                expect_fault(tool, 'form', raw_token(ED, '{"alg":"EdDSA","kid":"ed-1"}', text))
        expect_fault(tool, 'form', raw_token(ED, b'{"alg":"EdDSA","x":"\xff"}', '{}'))
        expect_fault(tool, 'form', raw_token(ED, '{"alg":"EdDSA","x":' + '[' * 9 + ']' * 9 + '}', '{}'))
        expect_fault(tool, 'form', raw_token(ED, '{"alg":"EdDSA"}', '{"x":' + '[' * 2000 + ']' * 2000 + '}'))
        expect_ok(tool, raw_token(ED, ' \r\n{"alg" : "EdDSA"}\n', ' ' + json.dumps(claims()) + ' '))


@test
def members_twice_are_refused():
    good = json.dumps(claims())
    with by_kid() as tool:
        for header in ('{"alg":"none","alg":"EdDSA"}', '{"alg":"EdDSA","alg":"none"}', '{"alg":"EdDSA","alg":"EdDSA"}',
                       '{"alg":"EdDSA","kid":"ed-1","kid":"rsa-1"}', '{"alg":"EdDSA","x":{"a":1,"a":1}}', '{"alg":"EdDSA","\\u0061lg":"EdDSA"}'):
            expect_fault(tool, 'member_twice', raw_token(ED, header, good))
        for more in ('"sub":"mallory"', '"exp":9999999999', '"\\u0065xp":9999999999', '"x":[{"b":1,"b":2}]'):
            expect_fault(tool, 'member_twice', raw_token(ED, '{"alg":"EdDSA"}', good[:-1] + ',' + more + '}'))


@test
def headers_that_want_more_are_refused():
    with by_kid() as tool:
        for more in ({'crit': ['exp']}, {'crit': []}, {'crit': None}, {'crit': ['b64'], 'b64': False}, {'b64': False}, {'b64': True}, {'zip': 'DEF'},
                     {'enc': 'A128GCM'}, {'cty': 'JWT'}, {'typ': 'dpop+jwt'}, {'typ': 'secevent+jwt'}, {'typ': 1}, {'typ': None}, {'typ': ''},
                     {'typ': 'JWT '}, {'typ': 'JW'}, {'typ': 'JWTT'}, {'typ': 'id\ufffdjwt'}, {'typ': ['JWT']}):
            expect_fault(tool, 'header', token(RSA, more))


@test
def keys_come_from_the_operator_alone():
    bad = new_rsa(kid='rsa-1')
    extra = {'jku': 'https://evil.example/jwks.json', 'x5u': 'http://127.0.0.1:1/x', 'jwk': bad.jwk(), 'x5c': ['AAAA'], 'x5t': 'AAAA'}
    with by_kid() as tool:
        expect_ok(tool, token(RSA, extra))
        expect_fault(tool, 'signature', token(bad, extra))
        expect_fault(tool, 'unknown_key', token(bad, extra | {'kid': 'evil'}))


@test
def key_ids_are_only_compared():
    evil = ['', ' ', 'a b', 'a"b', "a'b", 'a\\b', 'a`b', '\0', 'rsa-1\0', 'rsa-1\n', '\x1b[31m', 'k\u00e9y', 'x' * 129, 1, None, True, [], ['rsa-1'], {},
            {'rsa-1': 1}, 1.5]
    odd = ['../../../../dev/null', '/dev/null', 'file:///etc/passwd', 'https://evil.example/k', 'a/../b', 'a%2e%2e', 'a|b', '$(id)', "a;b", '..', 'a..b',
           'a&b', 'a?b', 'a#b', 'a*b', '{x}', '<x>']
    with by_kid() as tool, by_file() as files:
        for kid in evil:
            expect_fault(tool, 'kid', token(RSA, {'kid': kid}))
            expect_fault(files, 'kid', token(PLAIN_RSA, {'kid': kid}))
        for kid in odd:
            expect_fault(tool, 'kid', token(RSA, {'kid': kid}))
            expect_fault(files, 'kid', token(PLAIN_RSA, {'kid': kid}))
        for kid in ('x' * 128, 'a.b-c_d~e=f+g@h:i', '0'):
            expect_fault(tool, 'unknown_key', token(RSA, {'kid': kid}))
            # A signer with one PEM file may call its key what it likes.
            expect_ok(files, token(PLAIN_RSA, {'kid': kid}))
        expect_fault(tool, 'unknown_key', token(RSA, {'kid': 'RSA-1'}))
        expect_fault(tool, 'unknown_key', token(RSA, {'kid': 'rsa-'}))
    slash = new_ec(kid='l1+/Zxw==')
    with Tool(program, 'aud:here', f'jwks:{write("slash.json", jwks(slash))}') as tool:
        expect_ok(tool, token(slash), kid='l1+/Zxw==')


@test
def huge_tokens_are_refused():
    with by_kid() as tool:
        base = len(token(ED, pad=''))
        size = (8192 - base) * 3 // 4
        text = token(ED, pad='x' * size)
        while len(text) > 8192:
            size -= 1
            text = token(ED, pad='x' * size)
        expect(8185 <= len(text) <= 8192, len(text))
        expect_ok(tool, text)
        expect_fault(tool, 'too_long', token(ED, pad='x' * (size + 8)))
        expect_fault(tool, 'too_long', 'A' * 8193)
        expect_fault(tool, 'too_long', '.' * 15000)


@test
def claims_have_bounds():
    with by_kid() as tool:
        for name in ('sub', 'party', 'iss', 'jti'):
            for bad in ('', 'x' * 257, 'a\0b', 'a\nb', 'a\x1bb', 'a\u202eb', 'a\u2028b', 1, True, ['a'], {}):
                expect_fault(tool, 'claims', token(ED, **{name: bad}))
            expect_ok(tool, token(ED, **{name: 'x' * 256}))
        for bad in (' '.join(f's{i}' for i in range(33)), 'x' * 257, 'a\tb', 'a"b', 'a\\b', 'a\u00e9', 1, {}, True, ['a', 1], ['a b'], ['']):
            expect_fault(tool, 'claims', token(ED, scope=bad))
        for bad in ([f'r{i}' for i in range(17)], 'a\nb', 1, [['a']], {}, ['']):
            expect_fault(tool, 'claims', token(ED, roles=bad))
        expect_fault(tool, 'claims', token(ED, aud=['here'] * 17))


@test
def weak_keys_are_refused():
    weak = [('1024.pem', new_rsa(1024).pem()), ('2047.pem', new_rsa(2047).pem()), ('e3.pem', new_rsa(2048, exponent=3).pem()),
            ('p384.pem', new_ec(ec.SECP384R1()).pem()), ('k256.pem', new_ec(ec.SECP256K1()).pem()),
            ('ed448.pem', ed448.Ed448PrivateKey.generate().public_key().public_bytes(serialization.Encoding.PEM,
                                                                                   serialization.PublicFormat.SubjectPublicKeyInfo)),
            ('x25519.pem', x25519.X25519PrivateKey.generate().public_key().public_bytes(serialization.Encoding.PEM,
                                                                                      serialization.PublicFormat.SubjectPublicKeyInfo))]
    for name, pem in weak:
        text = refused(f'pem:{write(name, pem)}')
        expect(name in text and 'expected' in text, text)
    n = RSA.public.public_numbers().n
    # No prime, no product of small ones, exponents that make nothing safe, and a modulus of 16384 bits.
    prime = rsa_prime()
    for e, m in ((1, n), (2, n), (3, n), (65535, n), (65536, n), (2 ** 32 + 1, n), (2 ** 40 + 1, n), (65537, n + 1), (65537, n * 2), (65537, prime),
                 (65537, n ** 8), (65537, 3 * 2 ** 2100), (65537, 0), (0, n)):
        key = {'kty': 'RSA', 'n': number(m, max(1, (m.bit_length() + 7) // 8)), 'e': number(e, max(1, (e.bit_length() + 7) // 8))}
        refused(f'jwks:{write("weak.json", jwks(key))}')


def rsa_prime():
    return rsa.generate_private_key(65537, 4096).private_numbers().p


@test
def points_that_are_none_are_refused():
    x, y = (EC.jwk()[m] for m in 'xy')
    for bad in ({'x': y, 'y': x}, {'x': b64(b'\0' * 32), 'y': b64(b'\0' * 32)}, {'x': b64(b'\xff' * 32), 'y': y}, {'x': x[:-2], 'y': y}, {'x': x + 'AA', 'y': y},
                {'x': x}, {'x': x, 'y': 1}, {'x': x + '=', 'y': y}, {'x': '', 'y': y}):
        refused(f'jwks:{write("bad.json", jwks({"kty": "EC", "crv": "P-256"} | bad))}')
    small = ['0100000000000000000000000000000000000000000000000000000000000000', '0000000000000000000000000000000000000000000000000000000000000000',
             'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
             'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'ff' * 32]
    for h in small:
        refused(f'jwks:{write("small.json", jwks({"kty": "OKP", "crv": "Ed25519", "x": b64(bytes.fromhex(h))}))}')


@test
def pem_files_hold_public_keys_alone():
    for name, data in (('private.pem', RSA.private_pem()), ('both.pem', RSA.pem() + RSA.private_pem()), ('empty.pem', b''), ('text.pem', b'hello\n'),
                       ('cut.pem', RSA.pem()[:200]), ('cut2.pem', RSA.pem().replace(b'-----END', b'----END')), ('bits.pem', RSA.pem().replace(b'MII', b'AII')),
                       ('params.pem', b'-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'), ('big.pem', b'\n' * 300000),
                       ('twice.pem', RSA.pem() + b'-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'),
                       ('many.pem', PLAIN_ED.pem() * 65)):
        text = refused(f'pem:{write(name, data)}')
        expect(name in text, text)
        expect('PRIVATE' not in text, text)
    expect('No such file' in refused(f'pem:{folder}/none.pem'), 'a missing file')
    expect('regular' in refused(f'pem:{folder}'), 'a folder')
    os.mkfifo(folder / 'pipe.pem')
    expect('regular' in refused(f'pem:{folder}/pipe.pem'), 'a pipe')
    with Tool(program, 'aud:here', f'pem:{write("two.pem", b"comment" + chr(10).encode() + PLAIN_RSA.pem() + PLAIN_EC.pem())}') as tool:
        expect_ok(tool, token(PLAIN_RSA))
        expect_ok(tool, token(PLAIN_EC))
    pkcs1 = PLAIN_RSA.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
    with Tool(program, 'aud:here', f'pem:{write("pkcs1.pem", pkcs1)}', f'pem:{write("cert.pem", certificate(PLAIN_EC)[0])}') as tool:
        expect_ok(tool, token(PLAIN_RSA))
        expect_ok(tool, token(PLAIN_EC))


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'test')])
    day = datetime.datetime(2026, 1, 1)
    it = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public).serial_number(1).not_valid_before(
        day).not_valid_after(day + datetime.timedelta(days=3650)).sign(key.private, None if key.alg == 'EdDSA' else hashes.SHA256())
    return it.public_bytes(serialization.Encoding.PEM), it.public_bytes(serialization.Encoding.DER)


def issued(key, issuer=None, ca=False, days=(-1, 30), usage=None, name='client', path=None, digest=None):
    """A certificate of `key`, by (key, name) `issuer` or itself, as PEM and DER."""
    by, by_name = issuer or (key, name)
    person = lambda n: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)])
    day = datetime.datetime.utcfromtimestamp(NOW)
    it = x509.CertificateBuilder().subject_name(person(name)).issuer_name(person(by_name)).public_key(key.public).serial_number(
        x509.random_serial_number()).not_valid_before(day + datetime.timedelta(days=days[0])).not_valid_after(
        day + datetime.timedelta(days=days[1])).add_extension(x509.BasicConstraints(ca, path), True)
    if usage:
        it = it.add_extension(x509.ExtendedKeyUsage([usage]), False)
    it = it.sign(by.private, None if by.alg == 'EdDSA' else digest or hashes.SHA256())
    return it.public_bytes(serialization.Encoding.PEM), it.public_bytes(serialization.Encoding.DER)


@test
def client_certificates():
    node = folder / 'certs'
    node.mkdir()
    root, between, leaf, other = new_ec(), new_ec(), new_ec(), new_ec()
    root_pem, root_der = issued(root, ca=True, name='root')
    between_pem, _ = issued(between, (root, 'root'), ca=True, name='between')
    ca, deep = write('ca.pem', root_pem), write('deep.pem', root_pem + between_pem)
    only_between = write('between.pem', between_pem)
    good = issued(leaf, (root, 'root'))[1]
    below = issued(leaf, (between, 'between'))[1]
    pin = 'sha256//' + base64.b64encode(hashlib.sha256(leaf.public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()).decode()
    forged = issued(leaf, (other, 'root'))[1]
    with Tool(program, 'aud:here') as tool:
        def ask(mode, ca, pin, der, now=NOW):
            return tool.ask(f'cert {node} {now} {mode} {ca} {pin} {der.hex() or "-"}')

        for mode, ca_file, pinned, der, expected in (
                ('none', '-', '-', b'', 'yes'), ('none', '-', '-', good, 'yes'), ('require', ca, '-', b'', 'no'), ('ask', ca, '-', b'', 'yes'),
                ('require', ca, '-', good, 'yes'), ('ask', ca, '-', good, 'yes'), ('require', ca, '-', forged, 'no'), ('ask', ca, '-', forged, 'no'),
                ('require', ca, '-', below, 'no'), ('require', deep, '-', below, 'yes'), ('require', only_between, '-', below, 'yes'),
                ('require', only_between, '-', good, 'no'), ('require', '-', pin, good, 'yes'), ('require', '-', pin, forged, 'yes'),
                ('require', ca, pin, forged, 'no'), ('require', ca, pin, good, 'yes'), ('require', '-', pin, root_der, 'no'),
                ('ask', '-', pin, b'', 'yes'), ('require', '-', pin, b'', 'no'),
                ('require', ca, '-', issued(leaf, (root, 'root'), days=(-9, -1))[1], 'no'), ('require', ca, '-', issued(leaf, (root, 'root'), days=(1, 9))[1], 'no'),
                ('require', ca, '-', issued(leaf, (root, 'root'), usage=x509.oid.ExtendedKeyUsageOID.SERVER_AUTH)[1], 'no'),
                ('require', ca, '-', issued(leaf, (root, 'root'), usage=x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH)[1], 'yes'),
                ('require', ca, '-', issued(leaf, (leaf, 'client'))[1], 'no'), ('require', ca, '-', issued(new_rsa(1024), (root, 'root'))[1], 'no'),
                ('require', ca, '-', issued(leaf, (root, 'root'), digest=hashes.SHA1())[1], 'no'),
                ('require', ca, '-', good[:-1], 'no'), ('require', ca, '-', good + b'\0', 'no'), ('require', '-', pin, good + b'\0', 'no'),
                ('require', ca, '-', b'\x30\x82', 'no')):
            got = ask(mode, ca_file, pinned, der)
            expect(got == expected, f'{mode} {ca_file} {pinned}: expected {expected}, got {got} for {der[:8].hex()}')
        # An end certificate is no authority, also when it signs one.
        expect(ask('require', ca, '-', issued(other, (leaf, 'client'), name='x')[1]) == 'no', 'signed by an end certificate')
        for bad in ('x', write('bad-ca.pem', b'hello'), write('cut-ca.pem', root_pem[:200]), write('no-ca.pem', RSA.pem())):
            expect(ask('require', bad, '-', good).startswith('refused: '), bad)


@test
def pins_are_of_the_public_key():
    with by_kid() as tool:
        for key in (RSA, EC, ED):
            der = certificate(key)[1]
            spki = key.public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            expect(tool.ask(f'pin {der.hex()}') == 'sha256//' + base64.b64encode(hashlib.sha256(spki).digest()).decode(), 'another pin')
            for bad in (der[:-1], der + b'\0', b'', b'\x30\x80', spki):
                expect(tool.ask(f'pin {bad.hex()}') == 'none', 'a pin of nothing')


@test
def key_sets_are_strict_and_leave_out_what_is_not_for_us():
    # Left out beside a good key, refused alone.
    d = b64(ED.private.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()))
    out = [{'kty': 'oct', 'k': 'AAAA'}, {'kty': 'AKP', 'pub': 'AAAA'}, {'kty': 1}, {}, 1, None, 'x', [], ED.jwk() | {'d': d}, RSA.jwk(use='enc', kid='u'),
           RSA.jwk(alg='HS256', kid='a'), RSA.jwk(alg='RSA-OAEP', kid='a'), EC.jwk(alg='ES384', kid='a'), EC.jwk(key_ops=['sign'], kid='o'), EC.jwk(key_ops=[], kid='o'),
           EC.jwk(crv='P-384', kid='c'), ED.jwk(crv='X25519', kid='c'), RSA.jwk(kid='bad kid'), RSA.jwk(kid=1), RSA.jwk(n='!'), RSA.jwk(e='AQAB='),
           new_rsa(1024, kid='w').jwk(), {'kty': 'RSA', 'kid': 'x'}]
    for key in out:
        refused(f'jwks:{write("out.json", jwks(key))}')
        with Tool(program, 'aud:here', f'jwks:{write("out.json", jwks(key, EC.jwk(kid="good")))}') as tool:
            expect_ok(tool, token(EC, {'kid': 'good'}))
    for text in ('', '[]', '{}', '{"keys":{}}', '{"keys":[]}', '{"keys":1}', 'null', jwks(EC) + 'x', jwks(EC, EC), jwks(EC)[:-1],
                 '{"keys":[],' + jwks(EC)[1:], jwks(EC).replace('"kty"', '"kty": "EC", "kty"'), jwks(EC, RSA.jwk(kid='ec-1')),
                 jwks(*({'kty': 'x'} for _ in range(1025))), json.dumps({'keys': [[[[[[[[[]]]]]]]]]}), ' ' * 262145):
        refused(f'jwks:{write("bad.json", text)}')
    with Tool(program, 'aud:here', f'jwks:{write("one.json", json.dumps(ED.jwk(use="sig", alg="EdDSA", key_ops=["verify"])))}') as tool:
        expect_ok(tool, token(ED))
    padded = RSA.jwk(n=b64(b'\0' + RSA.public.public_numbers().n.to_bytes(256, 'big')))
    with Tool(program, 'aud:here', f'jwks:{write("padded.json", jwks(padded))}') as tool:
        expect_ok(tool, token(RSA))


@test
def authorization_headers():
    good = token(ED)
    with by_kid() as tool:
        for head in ('Bearer ', 'bearer ', 'BEARER ', 'Bearer   '):
            expect(tool.ask(f'header {NOW} {head}{good}').startswith('ok '), head)
        for bad in ('', 'Bearer', 'Bearer ', 'Basic ' + good, good, 'Bearer\t' + good, 'Bearer: ' + good, 'Bearerx ' + good):
            expect(tool.ask(f'header {NOW} {bad}') == 'fault no_token', bad[:20])
        expect(tool.ask(f'header {NOW} Bearer {good} {good}') == 'fault form', 'two tokens')


@test
def our_tokens_are_read_by_others():
    (folder / 'node').mkdir()
    with Tool(program, 'aud:here') as tool:
        text = tool.ask(f'mint {folder}/node {NOW} 3600 CO deconflict.read,deconflict.declare')
        again = tool.ask(f'mint {folder}/node {NOW} 3600 - deconflict.admin')
    key = Key(serialization.load_pem_private_key((folder / 'node/keys/token.key').read_bytes(), None))
    expect(isinstance(key.private, ed25519.Ed25519PrivateKey), 'no Ed25519 key')
    head, body, signature = (base64.urlsafe_b64decode(p + '==') for p in text.split('.'))
    key.public.verify(signature, text.rsplit('.', 1)[0].encode())
    expect(json.loads(head) == {'alg': 'EdDSA', 'kid': key.thumbprint(), 'typ': 'JWT'}, head)
    it = json.loads(body)
    expect(it.pop('jti') != json.loads(base64.urlsafe_b64decode(again.split('.')[1] + '=='))['jti'], 'one id twice')
    expect(it == {'aud': 'deconflict', 'exp': NOW + 3600, 'iat': NOW, 'party': 'CO', 'scope': 'deconflict.read deconflict.declare', 'sub': 'CO'}, body)
    with Tool(program, 'aud:here', f'own:{folder}/node', f'pem:{write(PLAIN_ED.alg + ".pem", PLAIN_ED.pem())}') as tool:
        expect_ok(tool, text, slot=0, party='CO', scope='deconflict.read,deconflict.declare', kid=key.thumbprint())
        expect_ok(tool, again, slot=0, sub='admin', party='')
        # Ours with a stranger's audience and theirs with ours: neither.
        key.kid = key.thumbprint()
        expect_fault(tool, 'audience', token(key, aud='here'))
        expect_ok(tool, token(key, aud='deconflict'), slot=0)
        expect_fault(tool, 'audience', token(PLAIN_ED, aud='deconflict'))


@test
def token_keys_rotate():
    node = folder / 'rotating'
    node.mkdir()
    with Tool(program, 'aud:here') as tool:
        first = tool.ask(f'mint {node} {NOW} 3600 A deconflict.read')
    with Tool(program, 'aud:here', f'own:{node}') as tool:
        expect_ok(tool, first)
        expect(tool.ask(f'rotate {node} keep') == 'done' and tool.ask(f'reload {node}') == 'done', 'rotation')
        second = tool.ask(f'mint {node} {NOW} 3600 A deconflict.read')
        expect_ok(tool, first, slot=0)
        expect_ok(tool, second, slot=0)
        files = sorted(p.name for p in (node / 'keys').iterdir())
        expect(len(files) == 2 and files[1] == 'token.key' and files[0].startswith('token-'), files)
        (node / 'keys' / files[0]).unlink()
        expect(tool.ask(f'reload {node}') == 'done', 'reload')
        expect_fault(tool, 'unknown_key', first)
        expect_ok(tool, second)
        expect(tool.ask(f'rotate {node} drop') == 'done' and tool.ask(f'reload {node}') == 'done', 'rotation')
        expect_fault(tool, 'unknown_key', second)
        expect([p.name for p in (node / 'keys').iterdir()] == ['token.key'], 'files')


with scratch:
    run_tests()
