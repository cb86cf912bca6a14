/* SPDX-License-Identifier: Apache-2.0 */
/* sign.h - Ed25519 (RFC 8032): keys, signatures, and how secrets are compared and wiped.
 *
 * Pure but for dcf_signing_key_make, which takes random numbers; any thread.  Whoever holds a struct dcf_signing_key wipes it.
 * Nothing here looks at whether a message means something: what is signed begins with its own name and version, so that a
 * signature made for one purpose can never be shown for another. */
#ifndef DCF_CRYPTO_SIGN_H
#define DCF_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/span.h"
#include "base/status.h"

enum { DCF_SEED_BYTES = 32, DCF_PUBLIC_KEY_BYTES = 32, DCF_SIGNATURE_BYTES = 64 };

struct dcf_public_key {
	uint8_t b[DCF_PUBLIC_KEY_BYTES];
};

struct dcf_signature {
	uint8_t b[DCF_SIGNATURE_BYTES];
};

/* The seed and the public key that follows from it.  A secret. */
struct dcf_signing_key {
	uint8_t seed[DCF_SEED_BYTES];
	struct dcf_public_key public_key;
};

/* The key of a seed (RFC 8032 calls it the private key): the same seed gives the same key everywhere. */
void dcf_signing_key_from_seed(struct dcf_signing_key *key, const uint8_t seed[DCF_SEED_BYTES]);
/* A new key.  dcf_crypto_init comes first. */
void dcf_signing_key_make(struct dcf_signing_key *key);
/* Overwrite it, also where a compiler sees no further use.  Again does no harm. */
void dcf_signing_key_wipe(struct dcf_signing_key *key);

/* Could anything be signed by the holder of this key?  A point of the curve in its one form and in the main subgroup: what keys
 * made here and elsewhere are; for keys that people hand in. */
bool dcf_public_key_ok(const struct dcf_public_key *key);

/* Sign a message of any length, also none.  The same key and message give the same signature. */
struct dcf_signature dcf_sign(const struct dcf_signing_key *key, struct dcf_span message);
/* Was `message` signed by the holder of `key`?  Refused too: a key that is not canonical or of small order, an S not below the
 * group's order, an R of small order (libsodium's checks), so that a signature has one form only. */
DCF_CHECKED bool dcf_signature_holds(const struct dcf_public_key *key, struct dcf_span message,
				     const struct dcf_signature *signature);

/* Same bytes?  In a time that depends on `n` alone. */
DCF_CHECKED bool dcf_secret_eq(const void *a, const void *b, size_t n);
/* Overwrite a secret, also where a compiler sees no further use. */
void dcf_wipe(void *secret, size_t n);

#endif
