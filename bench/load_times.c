/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/load.h"

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS };

/* Below 64 ns a bin each; above, the highest bit and the six after it. */
static unsigned bin_of(uint64_t ns)
{
	unsigned high, bin;

	if (ns < STEPS)
		return (unsigned)ns;
	high = 63u - (unsigned)__builtin_clzll(ns);
	bin = (high - STEP_BITS + 1) * STEPS + (unsigned)(ns >> (high - STEP_BITS) & (STEPS - 1));
	return bin < DCF_LOAD_BINS ? bin : DCF_LOAD_BINS - 1;
}

/* The largest time of the bin. */
static uint64_t top_of(unsigned bin)
{
	unsigned high = bin / STEPS + STEP_BITS - 1;

	if (bin < STEPS)
		return bin;
	return (((uint64_t)STEPS + bin % STEPS + 1) << (high - STEP_BITS)) - 1;
}

void dcf_load_times_put(struct dcf_load_times *t, uint64_t ns)
{
	t->bins[bin_of(ns)]++;
	t->min_ns = t->count == 0 || ns < t->min_ns ? ns : t->min_ns;
	t->max_ns = ns > t->max_ns ? ns : t->max_ns;
	t->sum_ns += ns;
	t->count++;
}

void dcf_load_times_add(struct dcf_load_times *to, const struct dcf_load_times *from)
{
	if (from->count == 0)
		return;
	for (unsigned i = 0; i < DCF_LOAD_BINS; i++)
		to->bins[i] += from->bins[i];
	to->min_ns = to->count == 0 || from->min_ns < to->min_ns ? from->min_ns : to->min_ns;
	to->max_ns = from->max_ns > to->max_ns ? from->max_ns : to->max_ns;
	to->sum_ns += from->sum_ns;
	to->count += from->count;
}

double dcf_load_times_us(const struct dcf_load_times *t, double per_cent)
{
	/* A little less, so that rounding never asks for one more than there are. */
	double want = per_cent * (double)t->count / 100.0 - 1e-6;
	uint64_t seen = 0;

	for (unsigned i = 0; i < DCF_LOAD_BINS; i++) {
		seen += t->bins[i];
		if (seen > 0 && (double)seen >= want) {
			uint64_t top = top_of(i);

			return (double)(top < t->max_ns ? top : t->max_ns) / 1000.0;
		}
	}
	return (double)t->max_ns / 1000.0;
}
