/* SPDX-License-Identifier: Apache-2.0 */
/* rival.h - other engines on the same polygons, each behind three functions.
 *
 * What is timed is `join`: building its index and finding every pair.  Turning our vertices into an
 * engine's own objects, boxes included, happens in `open` and is not held against it; ours likewise.  A rival is linked only
 * where its library was found; all of them see planar.h and nothing of src/core's search. */
#ifndef DCF_BENCH_RIVAL_H
#define DCF_BENCH_RIVAL_H

#include "bench/pairs.h"
#include "bench/planar.h"

enum { DCF_RIVAL_NOTE = 320 };

/* What a rival says about itself beside its pairs. */
struct dcf_rival_facts {
	uint64_t candidates;       /* of a join: pairs that came to the polygon test; 0 when it does not tell */
	size_t index_bytes;        /* 0 when it does not tell */
	double other_cpu_s;        /* CPU of the last join spent outside this process */
	char note[DCF_RIVAL_NOTE]; /* which index and which polygon test; or why it failed */
};

struct dcf_rival {
	const char *name;
	uint32_t most_n; /* operations; more would take hours */
	/* Once; what it made stands in *state even when it fails, for `close`. */
	DCF_CHECKED enum dcf_status (*open)(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a,
					    void **state, struct dcf_rival_facts *facts);
	/* Puts pairs of volume numbers into `out`, each pair at least once. */
	DCF_CHECKED enum dcf_status (*join)(void *state, struct dcf_pairs *out, struct dcf_rival_facts *facts);
	void (*close)(void *state); /* NULL is fine */
};

enum { DCF_RIVAL_COUNT = 5 };

/* All that the program knows, in a fixed order; `rival` is NULL where its library was not found. */
struct dcf_rival_entry {
	const char *name;
	const struct dcf_rival *rival;
};
extern const struct dcf_rival_entry dcf_rivals[DCF_RIVAL_COUNT];

/* Which of them "none", "all" or "geos,boost" names.  False for an unknown name, which then stands in
 * `unknown`. */
bool dcf_rival_choose(struct dcf_span list, bool chosen[DCF_RIVAL_COUNT], struct dcf_span *unknown);

extern const struct dcf_rival dcf_rival_brute, dcf_rival_geos, dcf_rival_boost, dcf_rival_sqlite, dcf_rival_postgis;

#endif
