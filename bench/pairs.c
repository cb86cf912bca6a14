/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/pairs.h"

#include "bench/random.h"
#include <stdlib.h>

enum dcf_status dcf_pairs_add(struct dcf_pairs *pairs, uint32_t a, uint32_t b)
{
	void *array = pairs->pair;
	enum dcf_status s = dcf_grow(pairs->from, &array, &pairs->cap, pairs->count + 1, sizeof *pairs->pair);

	pairs->pair = array;
	if (s == DCF_OK)
		pairs->pair[pairs->count++] = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
	return s;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void dcf_pairs_unique(struct dcf_pairs *pairs)
{
	size_t kept = 0;

	if (!pairs->count)
		return;
	qsort(pairs->pair, pairs->count, sizeof *pairs->pair, by_value);
	for (size_t i = 0; i < pairs->count; i++)
		if (!i || pairs->pair[i] != pairs->pair[i - 1])
			pairs->pair[kept++] = pairs->pair[i];
	pairs->count = kept;
}

void dcf_pairs_free(struct dcf_pairs *pairs)
{
	dcf_alloc_free(pairs->from, pairs->pair, pairs->cap * sizeof *pairs->pair);
	*pairs = (struct dcf_pairs){ .from = pairs->from };
}

struct dcf_pairs_sum dcf_pairs_sum_of(const struct dcf_pairs *pairs)
{
	struct dcf_pairs_sum sum = { .pairs = pairs->count };

	for (size_t i = 0; i < pairs->count; i++)
		sum.checksum += dcf_mix64(pairs->pair[i] + 0x9e3779b97f4a7c15u);
	return sum;
}
