/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmark of ways out: workload B cleared for everyone, rivals that clear it otherwise, and one operation at a time. */
#include "bench/options.h"

#include "bench/bench.h"
#include "bench/workload.h"
#include "bench/key_json.h"
#include <math.h>
#include <string.h>

/* A million standing volumes of workload A are some 194,000 operations; with few flights fewer, and fewer that ask. */
enum { STANDING = 194000, STANDING_A_FLIGHT = 20, NEWCOMERS = 2000, PATIENCE = 10 };

static struct dcf_check_options question_of(unsigned *threads)
{
	return (struct dcf_check_options){ .lateral_m = 5 * DCF_BENCH_NM,
					   .vertical_e4 = 1000 * DCF_FT_E4,
					   .max_dwell_us = DCF_NO_LIMIT,
					   .for_party = DCF_NONE,
					   .only_operation = DCF_NONE,
					   .parallel = { dcf_bench_parallel, threads, *threads } };
}

static enum dcf_status whole(const struct dcf_plan *plan, const struct dcf_check_options *question,
			     const struct dcf_result *check, uint64_t seed, struct dcf_plan_figures *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_whole_ask ask = { .ask = dcf_ask_usual(plan), .seed = seed, .max_share = 1 };
	struct dcf_whole_result r = { .from = NULL };
	struct dcf_clock from = dcf_clock_now(), took;
	enum dcf_status s = dcf_whole_find(plan, question, check, &ask, &heap, &r);

	took = dcf_clock_since(from);
	if (s == DCF_OK)
		*out = (struct dcf_plan_figures){
			true,          r.total.total, r.first_cost, r.lower_bound, r.conflicts_before, r.conflicts_after,
			r.moved_count, r.steps,       took.cpu_s,   took.wall_s
		};
	dcf_whole_free(&r);
	return s;
}

static enum dcf_status rivals(const struct dcf_plan *plan, const struct dcf_check_options *question,
			      const struct dcf_result *check, const struct dcf_bench_options *o, struct dcf_options_figures *f)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	enum dcf_status s = DCF_OK;

	if (o->options_rival[DCF_OPTIONS_FCFS])
		s = dcf_options_fcfs(plan, question, check, &heap, &f->rival[DCF_OPTIONS_FCFS]);
	if (s == DCF_OK && o->options_rival[DCF_OPTIONS_ANNEAL])
		s = dcf_options_anneal(plan, question, check, &heap, o->seed, PATIENCE * f->whole.cpu_s,
				       &f->rival[DCF_OPTIONS_ANNEAL]);
	return s;
}

static enum dcf_status measure(struct dcf_plan *plan, const struct dcf_bench_options *o, struct dcf_options_figures *f)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	unsigned threads = o->threads;
	struct dcf_check_options question = question_of(&threads);
	struct dcf_result check = { .from = NULL };
	enum dcf_status s = dcf_check(plan, &question, &heap, &check);

	s = s == DCF_OK ? whole(plan, &question, &check, o->seed, &f->whole) : s;
	f->peak_bytes = dcf_peak_bytes();
	s = s == DCF_OK ? rivals(plan, &question, &check, o, f) : s;
	s = s == DCF_OK ? dcf_options_shifts(plan, &question, o->seed, f) : s;
	dcf_result_free(&check);
	return s;
}

enum dcf_status dcf_bench_options_run(const struct dcf_bench_options *o, struct dcf_bench_report *r)
{
	static struct dcf_options_figures figures;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_bench_spec spec = { o->n, o->seed };
	uint32_t standing = o->n < STANDING / STANDING_A_FLIGHT ? o->n * STANDING_A_FLIGHT : STANDING;
	struct dcf_plan plan;
	enum dcf_status s;

	figures = (struct dcf_options_figures){ .peak_bytes = 0 };
	r->what = "flights of workload B cleared for everyone; options for one among volumes of workload A";
	r->ways = &figures;
	dcf_plan_init(&plan, &heap);
	s = dcf_bench_plan_b(&spec, &plan);
	r->volumes = plan.feature_count;
	s = s == DCF_OK ? measure(&plan, o, &figures) : s;
	dcf_plan_free(&plan);
	return s == DCF_OK ? dcf_options_latency(standing, o->n < NEWCOMERS ? o->n : NEWCOMERS, o->seed, o->threads, &figures)
			   : s;
}

/* ---- showing ---- */

static void plan_json(struct dcf_json *j, const struct dcf_plan_figures *f)
{
	key_count(j, "conflicts_before", f->conflicts_before);
	key_count(j, "conflicts_after", f->conflicts_after);
	key_fixed(j, "cost", f->cost, 1);
	key_count(j, "moved", f->moved);
	if (f->steps)
		key_count(j, "steps", f->steps);
	key_fixed(j, "cpu_s", f->cpu_s, 6);
	key_fixed(j, "wall_s", f->wall_s, 6);
}

void dcf_options_json(const struct dcf_options_figures *f, const bool rival[DCF_OPTIONS_RIVALS], struct dcf_json *j)
{
	plan_json(j, &f->whole);
	key_fixed(j, "first_cost", f->whole.first_cost, 1);
	key_fixed(j, "lower_bound", f->whole.lower_bound, 1);
	key_count(j, "peak_bytes", f->peak_bytes);
	key_count(j, "standing_volumes", f->standing_volumes);
	key_count(j, "newcomers", f->newcomers);
	key_fixed(j, "p50_us", f->p50_us, 1);
	key_fixed(j, "p99_us", f->p99_us, 1);
	key_fixed(j, "neighbours", f->neighbours, 1);
	key_fixed(j, "shift_us", f->shift_us, 2);
	dcf_json_key(j, "rivals");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < DCF_OPTIONS_RIVALS; i++) {
		if (!rival[i])
			continue;
		dcf_json_begin(j, '{');
		dcf_json_key(j, "name");
		dcf_json_z(j, dcf_options_rival_names[i]);
		plan_json(j, &f->rival[i]);
		if (f->whole.cost > 0)
			key_fixed(j, "ratio_cost", f->rival[i].cost / f->whole.cost, 3);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

static void put_fixed(struct dcf_buf *out, double value, int decimals, size_t width)
{
	struct dcf_buf text = { .from = out->from };

	dcf_buf_fixed_full(&text, llround(value * pow(10, decimals)), decimals);
	if (text.len < width)
		dcf_buf_fill(out, ' ', width - text.len);
	dcf_buf_span(out, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
}

static void line(struct dcf_buf *out, const char *name, const struct dcf_plan_figures *f)
{
	dcf_buf_z(out, "  ");
	dcf_buf_z(out, name);
	dcf_buf_fill(out, ' ', 9 - strlen(name));
	put_fixed(out, f->cost, 0, 12);
	dcf_buf_z(out, " s of change");
	put_fixed(out, (double)f->moved, 0, 8);
	dcf_buf_z(out, " moved");
	put_fixed(out, (double)f->conflicts_after, 0, 6);
	dcf_buf_z(out, " of ");
	put_fixed(out, (double)f->conflicts_before, 0, 0);
	dcf_buf_z(out, " conflicts left");
	put_fixed(out, f->cpu_s, 2, 10);
	dcf_buf_z(out, " s CPU");
	put_fixed(out, f->wall_s, 2, 10);
	dcf_buf_z(out, " s wall\n");
}

static void fact(struct dcf_buf *out, double value, int decimals, const char *what)
{
	put_fixed(out, value, decimals, 14);
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, what);
	dcf_buf_char(out, '\n');
}

void dcf_options_text(const struct dcf_options_figures *f, const bool rival[DCF_OPTIONS_RIVALS], struct dcf_buf *out)
{
	line(out, "whole", &f->whole);
	for (size_t i = 0; i < DCF_OPTIONS_RIVALS; i++)
		if (rival[i])
			line(out, dcf_options_rival_names[i], &f->rival[i]);
	dcf_buf_char(out, '\n');
	fact(out, f->whole.lower_bound, 0, "s at least, whatever the plan");
	fact(out, f->whole.first_cost, 0, "s of change in the first plan without conflicts");
	fact(out, (double)f->peak_bytes / 1e6, 0, "MB at most for the whole plan");
	fact(out, f->p50_us, 0, "us for the options of one operation in conflict, median");
	fact(out, f->p99_us, 0, "us for one of a hundred");
	fact(out, (double)f->standing_volumes, 0, "volumes that it stands among");
	fact(out, f->shift_us, 2, "us a neighbour for the exact forbidden shifts of a flight, an hour either way");
	fact(out, f->neighbours, 1, "neighbours a flight");
}
