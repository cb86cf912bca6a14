/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - random numbers as something that is passed in.
 *
 * Salts, ids and keys need numbers that nobody can guess.  Code that uses them takes a struct dcf_random; the program passes
 * dcf_random_system(), a test passes one that repeats itself. */
#ifndef DCF_CRYPTO_RANDOM_H
#define DCF_CRYPTO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct dcf_random {
	/* Fill `n` bytes at `to`.  Cannot fail: a system without random numbers ends the program (dcf_crypto_init finds that
	 * out at the start). */
	void (*fill)(void *ctx, void *to, size_t n);
	void *ctx;
};

/* The system's.  dcf_crypto_init comes first; any thread. */
struct dcf_random dcf_random_system(void);

static inline void dcf_random_fill(const struct dcf_random *r, void *to, size_t n)
{
	r->fill(r->ctx, to, n);
}

#endif
