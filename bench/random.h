/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - numbers from a seed, the same on every machine.
 *
 * SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): one 64-bit
 * state, so each operation of a workload has a stream of its own, keyed by (seed, purpose, number), and
 * does not depend on how many were made before it. */
#ifndef DCF_BENCH_RANDOM_H
#define DCF_BENCH_RANDOM_H

#include <stdint.h>

struct dcf_random {
	uint64_t state;
};

/* The finaliser of SplitMix64: a bijection that spreads every bit. */
static inline uint64_t dcf_mix64(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static inline uint64_t dcf_random_next(struct dcf_random *r)
{
	return dcf_mix64(r->state += 0x9e3779b97f4a7c15u);
}

static inline struct dcf_random dcf_random_of(uint64_t seed, uint64_t purpose, uint64_t number)
{
	return (struct dcf_random){ dcf_mix64(dcf_mix64(seed + 0x9e3779b97f4a7c15u) ^ purpose << 56 ^ number) };
}

/* In [0, 1), a multiple of 2^-53. */
static inline double dcf_random_unit(struct dcf_random *r)
{
	return (double)(dcf_random_next(r) >> 11) * 0x1p-53;
}

/* In [low, high). */
static inline double dcf_random_in(struct dcf_random *r, double low, double high)
{
	return low + (high - low) * dcf_random_unit(r);
}

/* An integer in [low, high], both included; high - low < 2^31. */
static inline int32_t dcf_random_int(struct dcf_random *r, int32_t low, int32_t high)
{
	uint64_t span = (uint64_t)((int64_t)high - low + 1);

	return low + (int32_t)((dcf_random_next(r) >> 32) * span >> 32);
}

#endif
