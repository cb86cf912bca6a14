/* SPDX-License-Identifier: Apache-2.0 */
/* One operation at a time: how long until it has its options, and its forbidden shifts. */
#include "bench/options.h"

#include "bench/workload.h"
#include "options/options.h"
#include "options/shift.h"
#include <stdlib.h>

enum { FLIGHTS = 500 };

static enum dcf_status one_after_the_other(const struct dcf_standing *st, const struct dcf_ask *ask, uint64_t seed,
					   uint32_t newcomers, double *took, struct dcf_options_figures *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_random r = dcf_random_of(seed, 'N', 0);
	enum dcf_status s = DCF_OK;
	int32_t last = (int32_t)st->plan->operation_count - 1;

	/* who is in no conflict needs no options and is not counted */
	for (size_t tries = 0; out->newcomers < newcomers && tries < 20 * (size_t)newcomers && s == DCF_OK; tries++) {
		struct dcf_arena keep = { .from = &heap };
		struct dcf_one one;
		uint32_t i = (uint32_t)dcf_random_int(&r, 0, last);
		struct dcf_clock from = dcf_clock_now();

		s = dcf_options_one(st, ask, i, &keep, &heap, &one);
		if (s == DCF_OK && one.clash_count)
			took[out->newcomers++] = dcf_clock_since(from).wall_s * 1e6;
		dcf_arena_free(&keep);
	}
	return s;
}

enum dcf_status dcf_options_latency(uint32_t operations, uint32_t newcomers, uint64_t seed, unsigned threads,
				    struct dcf_options_figures *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_bench_spec spec = { operations, seed };
	struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT,
					      .for_party = DCF_NONE,
					      .only_operation = DCF_NONE,
					      .parallel = { dcf_bench_parallel, &threads, threads } };
	struct dcf_standing st = { .from = NULL };
	struct dcf_plan plan;
	struct dcf_ask ask;
	double *took = malloc(newcomers * sizeof *took);
	enum dcf_status s;

	dcf_plan_init(&plan, &heap);
	s = took ? dcf_bench_plan_a(&spec, &plan) : DCF_E_NOMEM;
	s = s == DCF_OK ? dcf_standing_build(&plan, &question, &heap, &st) : s;
	if (s == DCF_OK) {
		ask = dcf_ask_usual(&plan);
		out->standing_volumes = plan.feature_count;
		s = one_after_the_other(&st, &ask, seed, newcomers, took, out);
	}
	if (s == DCF_OK && out->newcomers) {
		out->p50_us = dcf_percentile(took, out->newcomers, 50);
		out->p99_us = dcf_percentile(took, out->newcomers, 99);
	}
	dcf_standing_free(&st);
	dcf_plan_free(&plan);
	free(took);
	return s;
}

struct shifting {
	const struct dcf_standing *st;
	struct dcf_nears nears;
	struct dcf_pair_scratch pair;
	struct dcf_set set;
	struct dcf_arena scrap;
	size_t neighbours;
};

/* All shifts of flight `f` within `far_us` that are forbidden. */
static enum dcf_status shifts_of(struct shifting *x, uint32_t f, int64_t far_us)
{
	const struct dcf_feature *own = &x->st->plan->features[f];
	struct dcf_stray stray = { far_us, far_us, 0, 0, 0 };
	struct dcf_body body, part, other;
	uint32_t before = DCF_NONE;
	enum dcf_status s = dcf_bodies_get(&x->st->bodies, f, &x->scrap, &body);

	s = s == DCF_OK ? dcf_standing_near(x->st, &body, own->operation, &stray, &x->nears) : s;
	dcf_set_clear(&x->set);
	for (size_t k = 0; k < x->nears.count && s == DCF_OK; k++) {
		const struct dcf_near *n = &x->nears.at[k];

		x->neighbours += n->feature != before;
		before = n->feature;
		part = body;
		part.track = (struct dcf_track){ body.track.feature, body.track.v + n->first, body.track.t_us + n->first,
						 body.track.leg + n->first, n->last - n->first + 2 };
		s = dcf_standing_item(x->st, n->item, &x->scrap, &other);
		if (s == DCF_OK)
			s = dcf_shift_pair(&part, &other, &x->st->offsets,
					   dcf_standing_minima(x->st, own->party, x->st->plan->features[n->feature].party),
					   -(double)far_us, (double)far_us, &x->pair, &x->set);
	}
	dcf_set_normalise(&x->set);
	return s;
}

enum dcf_status dcf_options_shifts(const struct dcf_plan *plan, const struct dcf_check_options *question, uint64_t seed,
				   struct dcf_options_figures *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_standing st = { .from = NULL };
	struct shifting x = { &st, { .from = &heap }, { .from = &heap }, { .from = &heap }, { .from = &heap }, 0 };
	struct dcf_random r = dcf_random_of(seed, 'F', 0);
	enum dcf_status s = dcf_standing_build(plan, question, &heap, &st);
	struct dcf_clock from = dcf_clock_now(), took;

	for (int k = 0; k < FLIGHTS && s == DCF_OK; k++)
		s = shifts_of(&x, (uint32_t)dcf_random_int(&r, 0, (int32_t)plan->feature_count - 1), INT64_C(3600000000));
	took = dcf_clock_since(from);
	if (x.neighbours)
		out->shift_us = took.cpu_s * 1e6 / (double)x.neighbours;
	out->neighbours = (double)x.neighbours / FLIGHTS;
	dcf_nears_free(&x.nears);
	dcf_pair_scratch_free(&x.pair);
	dcf_set_free(&x.set);
	dcf_arena_free(&x.scrap);
	dcf_standing_free(&st);
	return s;
}
