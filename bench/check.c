/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmarks that check: A and B. */
#include "bench/bench.h"

#include "bench/engine.h"
#include <math.h>
#include <stdio.h>

/* Below this the smaller of the two runs of an exponent says nothing. */
enum { LEAST_N_OF_EXPONENT = 1000, BRUTE_MOST_FLIGHTS = 10000 };

struct workload {
	enum dcf_status (*fill)(const struct dcf_bench_spec *spec, struct dcf_plan *plan);
	double lateral_m;
	int64_t vertical_e4;
};

static const struct workload volumes = { dcf_bench_plan_a, 0, 0 };
static const struct workload trajectories = { dcf_bench_plan_b, 5 * DCF_BENCH_NM, 1000 * DCF_FT_E4 };

/* Makes the plan and hands it to the check; `whole` and `brute` may be NULL. */
static enum dcf_status measure(const struct workload *w, const struct dcf_bench_options *o, uint32_t n,
			       struct dcf_bench_report *whole, struct dcf_figures *index, struct dcf_figures *brute)
{
	struct dcf_counter counter = { .from = dcf_alloc_heap() };
	struct dcf_alloc counted = dcf_counter_alloc(&counter);
	struct dcf_bench_spec spec = { n, o->seed };
	struct dcf_plan plan;
	enum dcf_status s;

	dcf_plan_init(&plan, &counted);
	s = w->fill(&spec, &plan);
	if (s == DCF_OK && whole) {
		whole->volumes = plan.feature_count;
		whole->plan_bytes = atomic_load(&counter.live);
	}
	if (s == DCF_OK)
		s = dcf_figures_of_pairs(&plan, w->lateral_m, w->vertical_e4, o->threads, o->runs, index);
	if (s == DCF_OK && whole)
		s = dcf_figures_of_check(&plan, w->lateral_m, w->vertical_e4, false, o->threads, 1, &whole->answer);
	if (s == DCF_OK && brute)
		s = dcf_figures_of_check(&plan, w->lateral_m, w->vertical_e4, true, 1, o->runs, brute);
	dcf_plan_free(&plan);
	return s;
}

/* The p in "time grows as n to the p", from a tenth of n to n. */
static enum dcf_status measure_exponent(const struct workload *w, struct dcf_bench_report *r)
{
	struct dcf_figures tenth;
	enum dcf_status s;

	if (r->options->n < LEAST_N_OF_EXPONENT)
		return DCF_OK;
	s = measure(w, r->options, r->options->n / 10, NULL, &tenth, NULL);
	if (s == DCF_OK && tenth.cpu_s > 0)
		r->exponent = log10(r->exact.cpu_s / tenth.cpu_s) / log10(r->options->n / (double)(r->options->n / 10));
	return s;
}

static void not_built(struct dcf_figures *f, const char *why)
{
	*f = (struct dcf_figures){ .done = false };
	snprintf(f->note, sizeof f->note, "%s", why);
}

static enum dcf_status measure_planar(const struct dcf_bench_options *o, struct dcf_bench_report *r)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_planar_world world = { .from = NULL };
	struct dcf_bench_spec spec = { o->n, o->seed };
	enum dcf_status s = dcf_planar_make(&spec, &heap, &world);

	if (s == DCF_OK)
		s = dcf_figures_of_rival(&dcf_bench_engine, &world, o->threads, o->runs, &heap, &r->planar);
	for (size_t i = 0; i < DCF_RIVAL_COUNT && s == DCF_OK; i++) {
		if (o->rival[i] && dcf_rivals[i].rival)
			s = dcf_figures_of_rival(dcf_rivals[i].rival, &world, 1, o->runs, &heap, &r->rival[i]);
		else if (o->rival[i])
			not_built(&r->rival[i], "not built: its library was not found");
	}
	dcf_planar_free(&world);
	return s;
}

enum dcf_status dcf_bench_volumes(const struct dcf_bench_options *o, struct dcf_bench_report *r)
{
	enum dcf_status s = measure(&volumes, o, o->n, r, &r->exact, NULL);

	r->what = "corridors, restricted zones and unmanned flights as volumes";
	if (s == DCF_OK)
		s = measure_exponent(&volumes, r);
	if (s == DCF_OK)
		s = measure_planar(o, r);
	r->triad_gb_s = dcf_triad_gb_s(o->threads);
	return s;
}

enum dcf_status dcf_bench_trajectories(const struct dcf_bench_options *o, struct dcf_bench_report *r)
{
	bool brute = o->rival[0] && o->n <= BRUTE_MOST_FLIGHTS;
	enum dcf_status s;

	r->what = "flights as trajectories, 5 NM and 1000 ft";
	r->rival_is_exact = true;
	for (size_t i = 0; i < DCF_RIVAL_COUNT; i++)
		not_built(&r->rival[i], i ? "not for trajectories: it knows no moving points" : "not run above 10000 flights");
	s = measure(&trajectories, o, o->n, r, &r->exact, brute ? &r->rival[0] : NULL);
	if (s == DCF_OK && brute)
		snprintf(r->rival[0].note, sizeof r->rival[0].note, "the exact kernel on all pairs, 1 thread");
	if (s == DCF_OK)
		s = measure_exponent(&trajectories, r);
	r->triad_gb_s = dcf_triad_gb_s(o->threads);
	return s;
}
