/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h - what a measurement of one engine gives, and how it is taken. */
#ifndef DCF_BENCH_FIGURES_H
#define DCF_BENCH_FIGURES_H

#include "bench/measure.h"
#include "bench/rival.h"

/* One run that takes longer than this is enough. */
#define DCF_BENCH_LONG_S 300.0

struct dcf_figures {
	bool done;           /* false: it could not be run; the note says why */
	size_t pairs;        /* pairs of operations */
	uint64_t checksum;   /* of those */
	size_t volume_pairs; /* 0 where not counted */
	uint64_t candidates;
	double cpu_s, wall_s; /* medians */
	unsigned runs;
	double load_s;                  /* once, wall */
	size_t index_bytes, work_bytes; /* 0 when not known; work: the most held while at work, index included */
	char note[DCF_RIVAL_NOTE];
};

enum { DCF_BENCH_MOST_RUNS = 1000 };

/* The times of the runs so far. */
struct dcf_laps {
	double cpu_s[DCF_BENCH_MOST_RUNS], wall_s[DCF_BENCH_MOST_RUNS];
	unsigned count;
};
/* Adds one, with CPU time spent elsewhere for it; true while another of `runs` is wanted. */
bool dcf_laps_add(struct dcf_laps *laps, struct dcf_clock took, double other_cpu_s, unsigned runs);
/* Medians and number of at least one. */
void dcf_laps_medians(struct dcf_laps *laps, struct dcf_figures *out);

/* Measures `rival` with up to `runs` (1..1000) joins.  A failure of the rival is not one of the call: it
 * stands in the figures.  DCF_E_NOMEM when the harness itself is short of memory. */
DCF_CHECKED enum dcf_status dcf_figures_of_rival(const struct dcf_rival *rival, const struct dcf_planar_world *world,
						 unsigned threads, unsigned runs, const struct dcf_alloc *a,
						 struct dcf_figures *out);

struct dcf_plan;
/* Measures dcf_check over the plan with the given minima, by the index or by brute force. */
DCF_CHECKED enum dcf_status dcf_figures_of_check(const struct dcf_plan *plan, double lateral_m, int64_t vertical_e4, bool brute,
						 unsigned threads, unsigned runs, struct dcf_figures *out);

/* Measures dcf_detect: the exact set of pairs alone, without times, gaps and closest points; boxes, index and
 * (for trajectories) their pieces included.  The plan must be sound. */
DCF_CHECKED enum dcf_status dcf_figures_of_pairs(const struct dcf_plan *plan, double lateral_m, int64_t vertical_e4,
						 unsigned threads, unsigned runs, struct dcf_figures *out);

#endif
