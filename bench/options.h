/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - measuring ways out of conflicts: the whole plan and its rivals, one operation's options, shifts. */
#ifndef DCF_BENCH_OPTIONS_H
#define DCF_BENCH_OPTIONS_H

#include "bench/measure.h"
#include "bench/random.h"
#include "base/buf.h"
#include "base/json_writer.h"
#include "options/whole.h"

enum { DCF_OPTIONS_FCFS, DCF_OPTIONS_ANNEAL, DCF_OPTIONS_RIVALS };

/* One plan without conflicts, or what there is of one. */
struct dcf_plan_figures {
	bool done;
	double cost; /* in seconds of shift, by the usual weights */
	double first_cost, lower_bound;
	size_t conflicts_before, conflicts_after; /* by CHECK */
	size_t moved;
	uint64_t steps;
	double cpu_s, wall_s;
};

struct dcf_options_figures {
	struct dcf_plan_figures whole, rival[DCF_OPTIONS_RIVALS];
	size_t peak_bytes; /* of the process, after the whole plan */
	/* one newcomer among standing volumes */
	size_t standing_volumes, newcomers;
	double p50_us, p99_us;
	/* exact forbidden shifts of a flight, within an hour either way */
	double shift_us;   /* microseconds for each neighbour */
	double neighbours; /* of a flight, on average */
};

/* Which of them `list` ("none", "all", or names with commas) names; false for an unknown one. */
bool dcf_options_rival_choose(struct dcf_span list, bool chosen[DCF_OPTIONS_RIVALS]);
extern const char *const dcf_options_rival_names[DCF_OPTIONS_RIVALS];

/* First come, first served: each flight in order of start is delayed by the least shift that clears all earlier ones. */
DCF_CHECKED enum dcf_status dcf_options_fcfs(const struct dcf_plan *plan, const struct dcf_check_options *question,
					     const struct dcf_result *check, const struct dcf_alloc *a,
					     struct dcf_plan_figures *out);
/* Plain simulated annealing: one random operation to a random shift or level at a time, conflicts at a price; for
 * `cpu_s` seconds of CPU time.  What is left in conflict at the end is cleared by best moves. */
DCF_CHECKED enum dcf_status dcf_options_anneal(const struct dcf_plan *plan, const struct dcf_check_options *question,
					       const struct dcf_result *check, const struct dcf_alloc *a, uint64_t seed,
					       double cpu_s, struct dcf_plan_figures *out);
/* dcf_options_one for `newcomers` (1 or more) random operations of workload A that are in conflict, among `operations` of it.
 */
DCF_CHECKED enum dcf_status dcf_options_latency(uint32_t operations, uint32_t newcomers, uint64_t seed, unsigned threads,
						struct dcf_options_figures *out);
/* dcf_shift_pair over all that is near random flights of `plan`. */
DCF_CHECKED enum dcf_status dcf_options_shifts(const struct dcf_plan *plan, const struct dcf_check_options *question,
					       uint64_t seed, struct dcf_options_figures *out);

void dcf_options_json(const struct dcf_options_figures *f, const bool rival[DCF_OPTIONS_RIVALS], struct dcf_json *j);
void dcf_options_text(const struct dcf_options_figures *f, const bool rival[DCF_OPTIONS_RIVALS], struct dcf_buf *out);

#endif
