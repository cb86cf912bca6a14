/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <sodium/utils.h>

_Static_assert(crypto_hash_sha256_BYTES == DCF_HASH_BYTES, "SHA-256 has 32 bytes");

/* libsodium's hash functions return 0 always. */

struct dcf_hash dcf_sha256(struct dcf_span bytes)
{
	struct dcf_hash h;

	(void)crypto_hash_sha256(h.b, (const unsigned char *)bytes.p, bytes.len);
	return h;
}

void dcf_sha256_begin(struct dcf_sha256 *s)
{
	(void)crypto_hash_sha256_init(&s->state);
}

void dcf_sha256_put(struct dcf_sha256 *s, const void *bytes, size_t n)
{
	if (n)
		(void)crypto_hash_sha256_update(&s->state, bytes, n);
}

struct dcf_hash dcf_sha256_end(struct dcf_sha256 *s)
{
	struct dcf_hash h;

	(void)crypto_hash_sha256_final(&s->state, h.b);
	sodium_memzero(s, sizeof *s);
	return h;
}
