# SPDX-License-Identifier: Apache-2.0
"""Keys and tokens made by other software (python3-cryptography), and the tool that they are shown to."""
import base64
import concurrent.futures
import hashlib
import json
import subprocess
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

NOW = 1_800_000_000
_tests = []


def test(function):
    _tests.append(function)
    return function


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def run_tests(at_once=1):
    """Tests that wait more than they work may run several at once."""
    print(f'1..{len(_tests)}', flush=True)
    failed = 0
    pool = concurrent.futures.ThreadPoolExecutor(at_once)
    for i, (function, run) in enumerate([(function, pool.submit(function)) for function in _tests], 1):
        try:
            run.result()
            print(f'ok {i} - {function.__name__}', flush=True)
        except Exception as error:
            failed += 1
            print('# ' + (str(error) or repr(error)).replace('\n', '\n# '))
            print(f'not ok {i} - {function.__name__}', flush=True)
    sys.exit(failed > 0)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, 'big'))


class Key:
    """A private key and how it signs; `kid` may be None."""

    def __init__(self, private, kid=None):
        self.private, self.kid = private, kid
        self.public = private.public_key()
        self.alg = {rsa.RSAPrivateKey: 'RS256', ec.EllipticCurvePrivateKey: 'ES256', ed25519.Ed25519PrivateKey: 'EdDSA'}[
            next(t for t in (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey) if isinstance(private, t))]

    def sign(self, data):
        if self.alg == 'RS256':
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.alg == 'ES256':
            size = (self.private.curve.key_size + 7) // 8
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(size, 'big') + s.to_bytes(size, 'big')
        return self.private.sign(data)

    def jwk(self, **more):
        public = self.public
        if self.alg == 'RS256':
            n = public.public_numbers()
            it = {'kty': 'RSA', 'n': number(n.n), 'e': number(n.e)}
        elif self.alg == 'ES256':
            n = public.public_numbers()
            size = (public.curve.key_size + 7) // 8
            name = {'secp256r1': 'P-256', 'secp384r1': 'P-384', 'secp521r1': 'P-521', 'secp256k1': 'secp256k1'}[public.curve.name]
            it = {'kty': 'EC', 'crv': name, 'x': number(n.x, size), 'y': number(n.y, size)}
        else:
            it = {'kty': 'OKP', 'crv': 'Ed25519',
                  'x': b64(public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))}
        if self.kid is not None:
            it['kid'] = self.kid
        return it | more

    def pem(self):
        return self.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def private_pem(self):
        return self.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption())

    def thumbprint(self):
        """RFC 7638."""
        members = {k: v for k, v in self.jwk().items() if k in ('crv', 'kty', 'x', 'y', 'n', 'e')}
        return b64(hashlib.sha256(json.dumps(members, sort_keys=True, separators=(',', ':')).encode()).digest())


def new_rsa(bits=2048, kid=None, exponent=65537):
    return Key(rsa.generate_private_key(exponent, bits), kid)


def new_ec(curve=None, kid=None):
    return Key(ec.generate_private_key(curve or ec.SECP256R1()), kid)


def new_ed(kid=None):
    return Key(ed25519.Ed25519PrivateKey.generate(), kid)


def raw_token(key, header, payload):
    """Of texts (or bytes) as they are."""
    as_bytes = [part if isinstance(part, bytes) else part.encode() for part in (header, payload)]
    signed = '.'.join(b64(part) for part in as_bytes)
    return signed + '.' + b64(key.sign(signed.encode()))


def claims(**changes):
    """Good ones; a change to ... leaves a claim out."""
    it = {'sub': 'alice', 'aud': 'here', 'exp': NOW + 3600, 'iat': NOW, 'scope': 'deconflict.read'} | changes
    return {k: v for k, v in it.items() if v is not ...}


def token(key, header=None, **changes):
    it = {'alg': key.alg, 'typ': 'JWT'} | ({'kid': key.kid} if key.kid is not None else {}) | (header or {})
    return raw_token(key, json.dumps({k: v for k, v in it.items() if v is not ...}), json.dumps(claims(**changes)))


class Tool:
    """The tool, running; use as a context."""

    def __init__(self, program, *arguments):
        self.child = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, encoding='utf-8')
        self.first = self.child.stdout.readline().rstrip('\n')

    def __enter__(self):
        expect(self.first == 'ready', self.first)
        return self

    def __exit__(self, *_):
        self.log = self.end()

    def end(self):
        out, log = self.child.communicate(timeout=60)
        expect(self.child.returncode in (0, 1), f'the tool ended with {self.child.returncode}: {log}')
        return log

    def ask(self, line):
        self.child.stdin.write(line + '\n')
        self.child.stdin.flush()
        return self.child.stdout.readline().rstrip('\n')

    def verify(self, text, now=NOW, how='verify'):
        return self.ask(f'{how} {now} {text}')
