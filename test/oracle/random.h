/* SPDX-License-Identifier: Apache-2.0 */
/* random.h - numbers from a seed: splitmix64 (Steele, Lea, Flood 2014), the same everywhere. */
#ifndef DCF_TEST_ORACLE_RANDOM_H
#define DCF_TEST_ORACLE_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct dcf_ora_random {
	uint64_t state;
};

static inline uint64_t dcf_ora_u64(struct dcf_ora_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline uint32_t dcf_ora_below(struct dcf_ora_random *r, uint32_t n)
{
	return (uint32_t)((dcf_ora_u64(r) >> 32) * n >> 32);
}

static inline int64_t dcf_ora_between_i(struct dcf_ora_random *r, int64_t low, int64_t high)
{
	return low + (int64_t)(dcf_ora_u64(r) % (uint64_t)(high - low + 1));
}

static inline double dcf_ora_uniform(struct dcf_ora_random *r, double low, double high)
{
	return low + (high - low) * ((double)(dcf_ora_u64(r) >> 11) * 0x1p-53);
}

/* As likely between 1 and 10 as between 10 and 100. */
static inline double dcf_ora_log_uniform(struct dcf_ora_random *r, double low, double high)
{
	return exp(dcf_ora_uniform(r, log(low), log(high)));
}

static inline bool dcf_ora_chance(struct dcf_ora_random *r, double p)
{
	return dcf_ora_uniform(r, 0, 1) < p;
}

#define DCF_ORA_PICK(r, array) ((array)[dcf_ora_below((r), (uint32_t)(sizeof(array) / sizeof *(array)))])

#endif
