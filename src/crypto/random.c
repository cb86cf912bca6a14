/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/random.h"

#include <sodium/randombytes.h>

static void from_system(void *ctx, void *to, size_t n)
{
	(void)ctx;
	randombytes_buf(to, n);
}

struct dcf_random dcf_random_system(void)
{
	return (struct dcf_random){ from_system, NULL };
}
