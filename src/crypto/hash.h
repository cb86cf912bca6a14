/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h - SHA-256 (FIPS 180-4), at once or in pieces.
 *
 * Pure: no heap, no state of its own; any thread.  Nothing here can fail. */
#ifndef DCF_CRYPTO_HASH_H
#define DCF_CRYPTO_HASH_H

#include <sodium/crypto_hash_sha256.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/span.h"

enum { DCF_HASH_BYTES = 32 };

struct dcf_hash {
	uint8_t b[DCF_HASH_BYTES];
};

/* The hash of `bytes`; of nothing when it is absent or empty. */
struct dcf_hash dcf_sha256(struct dcf_span bytes);

/* A hash in the making.  Begin, put any number of times, end once; a copy of the struct in between is a second hash that has
 * seen the same bytes. */
struct dcf_sha256 {
	crypto_hash_sha256_state state;
};

void dcf_sha256_begin(struct dcf_sha256 *s);
void dcf_sha256_put(struct dcf_sha256 *s, const void *bytes, size_t n);
/* Wipes `s`: begin again before the next use. */
struct dcf_hash dcf_sha256_end(struct dcf_sha256 *s);

/* Are they the same?  Takes the time it takes: for public values.  Secrets are compared by dcf_secret_eq (sign.h). */
static inline bool dcf_hash_eq(const struct dcf_hash *a, const struct dcf_hash *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

#endif
