/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_sign_ed25519.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>
#include <string.h>

_Static_assert(crypto_sign_ed25519_SEEDBYTES == DCF_SEED_BYTES, "a seed");
_Static_assert(crypto_sign_ed25519_PUBLICKEYBYTES == DCF_PUBLIC_KEY_BYTES, "a public key");
_Static_assert(crypto_sign_ed25519_BYTES == DCF_SIGNATURE_BYTES, "a signature");
_Static_assert(crypto_sign_ed25519_SECRETKEYBYTES == DCF_SEED_BYTES + DCF_PUBLIC_KEY_BYTES, "a secret key: both in a row");

void dcf_signing_key_from_seed(struct dcf_signing_key *key, const uint8_t seed[DCF_SEED_BYTES])
{
	uint8_t both[crypto_sign_ed25519_SECRETKEYBYTES];

	(void)crypto_sign_ed25519_seed_keypair(key->public_key.b, both, seed);
	memcpy(key->seed, both, sizeof key->seed);
	dcf_wipe(both, sizeof both);
}

void dcf_signing_key_make(struct dcf_signing_key *key)
{
	uint8_t seed[DCF_SEED_BYTES];

	randombytes_buf(seed, sizeof seed);
	dcf_signing_key_from_seed(key, seed);
	dcf_wipe(seed, sizeof seed);
}

void dcf_signing_key_wipe(struct dcf_signing_key *key)
{
	dcf_wipe(key, sizeof *key);
}

bool dcf_public_key_ok(const struct dcf_public_key *key)
{
	return crypto_core_ed25519_is_valid_point(key->b) == 1;
}

struct dcf_signature dcf_sign(const struct dcf_signing_key *key, struct dcf_span message)
{
	uint8_t both[crypto_sign_ed25519_SECRETKEYBYTES];
	struct dcf_signature s;

	memcpy(both, key->seed, sizeof key->seed);
	memcpy(both + sizeof key->seed, key->public_key.b, sizeof key->public_key.b);
	(void)crypto_sign_ed25519_detached(s.b, NULL, (const unsigned char *)message.p, message.len, both);
	dcf_wipe(both, sizeof both);
	return s;
}

bool dcf_signature_holds(const struct dcf_public_key *key, struct dcf_span message, const struct dcf_signature *signature)
{
	return crypto_sign_ed25519_verify_detached(signature->b, (const unsigned char *)message.p, message.len, key->b) == 0;
}

bool dcf_secret_eq(const void *a, const void *b, size_t n)
{
	return n == 0 || sodium_memcmp(a, b, n) == 0;
}

void dcf_wipe(void *secret, size_t n)
{
	if (n)
		sodium_memzero(secret, n);
}
