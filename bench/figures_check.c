/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/figures.h"

#include "core/check.h"
#include "core/search.h"
#include <stdio.h>

static enum dcf_status sum_up(const struct dcf_result *result, const struct dcf_alloc *a, struct dcf_figures *out)
{
	struct dcf_pairs pairs = { .from = a };
	enum dcf_status s = DCF_OK;
	struct dcf_pairs_sum sum;

	for (size_t i = 0; i < result->conflict_count && s == DCF_OK; i++)
		s = dcf_pairs_add(&pairs, result->conflicts[i].a, result->conflicts[i].b);
	dcf_pairs_unique(&pairs);
	sum = dcf_pairs_sum_of(&pairs);
	out->pairs = sum.pairs;
	out->checksum = sum.checksum;
	out->candidates = result->candidates;
	dcf_pairs_free(&pairs);
	return s;
}

static struct dcf_check_options options_of(double lateral_m, int64_t vertical_e4, bool brute, unsigned *threads)
{
	return (struct dcf_check_options){
		.lateral_m = lateral_m,
		.vertical_e4 = vertical_e4,
		.max_dwell_us = DCF_NO_LIMIT,
		.for_party = DCF_NONE,
		.only_operation = DCF_NONE,
		.engine = brute ? DCF_ENGINE_BRUTE : DCF_ENGINE_INDEX,
		.parallel = { .run = dcf_bench_parallel, .ctx = threads, .threads = *threads },
	};
}

static enum dcf_status sum_up_pairs(const struct dcf_candidates *found, const struct dcf_plan *plan, const struct dcf_alloc *a,
				    struct dcf_figures *out)
{
	struct dcf_pairs pairs = { .from = a };
	enum dcf_status s = DCF_OK;
	struct dcf_pairs_sum sum;

	for (size_t i = 0; i < found->count && s == DCF_OK; i++)
		s = dcf_pairs_add(&pairs, plan->features[found->at[i].a].operation, plan->features[found->at[i].b].operation);
	dcf_pairs_unique(&pairs);
	sum = dcf_pairs_sum_of(&pairs);
	out->pairs = sum.pairs;
	out->checksum = sum.checksum;
	out->volume_pairs = found->count;
	out->candidates = found->seen;
	out->index_bytes = found->index_bytes;
	dcf_pairs_free(&pairs);
	return s;
}

enum dcf_status dcf_figures_of_pairs(const struct dcf_plan *plan, double lateral_m, int64_t vertical_e4, unsigned threads,
				     unsigned runs, struct dcf_figures *out)
{
	struct dcf_counter counter = { .from = dcf_alloc_heap() };
	struct dcf_alloc counted = dcf_counter_alloc(&counter);
	struct dcf_check_options options = options_of(lateral_m, vertical_e4, false, &threads);
	struct dcf_laps laps = { .count = 0 };
	bool more = true;
	enum dcf_status s = DCF_OK;

	*out = (struct dcf_figures){ .done = false };
	while (more) {
		struct dcf_candidates found = { .from = &counted };
		struct dcf_clock from = dcf_clock_now(), took;

		s = dcf_detect(plan, &options, &found);
		took = dcf_clock_since(from);
		if (s == DCF_OK)
			s = sum_up_pairs(&found, plan, &counter.from, out);
		dcf_candidates_free(&found);
		more = s == DCF_OK && dcf_laps_add(&laps, took, 0, runs);
	}
	if (s != DCF_OK)
		return s;
	dcf_laps_medians(&laps, out);
	out->work_bytes = atomic_load(&counter.peak);
	out->done = true;
	return DCF_OK;
}

enum dcf_status dcf_figures_of_check(const struct dcf_plan *plan, double lateral_m, int64_t vertical_e4, bool brute,
				     unsigned threads, unsigned runs, struct dcf_figures *out)
{
	struct dcf_counter counter = { .from = dcf_alloc_heap() };
	struct dcf_alloc counted = dcf_counter_alloc(&counter);
	struct dcf_check_options options = options_of(lateral_m, vertical_e4, brute, &threads);
	struct dcf_laps laps = { .count = 0 };
	bool more = true;
	enum dcf_status s = DCF_OK;

	*out = (struct dcf_figures){ .done = false };
	while (more) {
		struct dcf_result result = { .from = NULL };
		struct dcf_clock from = dcf_clock_now(), took;

		s = dcf_check(plan, &options, &counted, &result);
		took = dcf_clock_since(from);
		if (s == DCF_OK)
			s = sum_up(&result, &counter.from, out);
		/* A workload that is partly refused would be measured as faster than it is. */
		if (s == DCF_OK && result.refused_features)
			s = DCF_E_REFUSED;
		dcf_result_free(&result);
		more = s == DCF_OK && dcf_laps_add(&laps, took, 0, runs);
	}
	if (s != DCF_OK)
		return s;
	dcf_laps_medians(&laps, out);
	out->work_bytes = atomic_load(&counter.peak);
	out->done = true;
	return DCF_OK;
}
