/* SPDX-License-Identifier: Apache-2.0 */
/* What the whole plan is compared with: the same exact ties, the same costs, other ways to choose. */
#include "bench/options.h"
#include "bench/choose.h"

#include "core/sort.h"
#include "options/whole_int.h"
#include <math.h>

const char *const dcf_options_rival_names[DCF_OPTIONS_RIVALS] = {
	[DCF_OPTIONS_FCFS] = "fcfs", [DCF_OPTIONS_ANNEAL] = "anneal"
};

bool dcf_options_rival_choose(struct dcf_span list, bool chosen[DCF_OPTIONS_RIVALS])
{
	struct dcf_span unknown;

	return dcf_choose_names(list, dcf_options_rival_names, DCF_OPTIONS_RIVALS, chosen, &unknown);
}

struct rival {
	struct dcf_whole w;
	struct dcf_whole_ask ask;
	struct dcf_clock from;
};

static enum dcf_status open_rival(struct rival *r, const struct dcf_plan *plan, const struct dcf_check_options *question,
				  const struct dcf_result *check, const struct dcf_alloc *a)
{
	r->from = dcf_clock_now();
	r->ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(plan), .max_share = 1 };
	r->w = (struct dcf_whole){
		.from = a, .plan = plan, .question = question, .check = check, .ask = &r->ask, .count = plan->operation_count
	};
	return dcf_whole_open(&r->w);
}

/* Costs as dcf_whole_find counts them, conflicts as CHECK does. */
static enum dcf_status sum_up(struct rival *r, struct dcf_plan_figures *out)
{
	struct dcf_whole_result result = { .from = r->w.from, .arena = { .from = r->w.from } };
	struct dcf_result left = { .from = NULL };
	struct dcf_clock took = dcf_clock_since(r->from);
	bool again;
	enum dcf_status s = dcf_whole_verify(&r->w, false, &result, &left, &again);

	if (s == DCF_OK)
		s = dcf_whole_write_rest(&r->w, &left, &result);
	out->cost = result.total.total;
	out->conflicts_before = result.conflicts_before;
	out->conflicts_after = result.conflicts_after;
	out->moved = result.moved_count;
	out->cpu_s = took.cpu_s;
	out->wall_s = took.wall_s;
	out->done = s == DCF_OK;
	dcf_result_free(&left);
	dcf_whole_free(&result);
	return s;
}

/* The best place however far one must look. */
static enum dcf_status place(struct dcf_whole *w, uint32_t i, bool *found)
{
	struct dcf_choice c;
	enum dcf_status s = dcf_whole_ready(w, i, dcf_whole_first_stage(w, i));

	for (*found = false; s == DCF_OK;) {
		const struct dcf_node *n = w->part[i].node;

		*found = dcf_whole_best(w, &w->hand, i, 0, &c) && !c.stays;
		if (w->hand.status != DCF_OK || (*found && c.cost <= n->beyond) || n->beyond == INT64_MAX)
			break;
		s = dcf_whole_ready(w, i, w->part[i].stage + 1u);
	}
	if (s == DCF_OK)
		s = w->hand.status;
	if (s == DCF_OK)
		dcf_whole_put(w, i, *found ? (struct dcf_spot){ c.shift_s, (uint8_t)c.rung, false } : (struct dcf_spot){ 0 });
	return s;
}

/* ---- first come, first served ---- */

static int by_start(const void *ctx, const void *x, const void *y)
{
	const struct dcf_plan *plan = ctx;
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	/* one feature an operation, in the same order */
	if (plan->features[a].start_us != plan->features[b].start_us)
		return plan->features[a].start_us < plan->features[b].start_us ? -1 : 1;
	return a < b ? -1 : a > b;
}

enum dcf_status dcf_options_fcfs(const struct dcf_plan *plan, const struct dcf_check_options *question,
				 const struct dcf_result *check, const struct dcf_alloc *a, struct dcf_plan_figures *out)
{
	size_t n = plan->operation_count;
	uint32_t *order = dcf_alloc_new(a, n * sizeof *order);
	struct rival r;
	enum dcf_status s = open_rival(&r, plan, question, check, a);
	bool found;

	s = s == DCF_OK && !order ? DCF_E_NOMEM : s;
	for (uint32_t i = 0; s == DCF_OK && i < n; i++) {
		order[i] = i;
		r.w.spot[i].absent = true;
		/* delays alone: no advance, no level */
		r.w.part[i].least_s = 0;
		r.w.part[i].lowest_e4 = INT64_MAX;
		r.w.part[i].highest_e4 = INT64_MIN;
	}
	s = s == DCF_OK ? dcf_sort(a, order, n, sizeof *order, by_start, plan) : s;
	for (size_t k = 0; s == DCF_OK && k < n; k++)
		s = place(&r.w, order[k], &found);
	s = s == DCF_OK ? sum_up(&r, out) : s;
	dcf_whole_close(&r.w);
	dcf_alloc_free(a, order, n * sizeof *order);
	return s;
}

/* ---- simulated annealing ---- */

enum { CROWD = 16, CLOCK_EVERY = 512 };
/* Temperatures and the price of a conflict, in seconds of shift; furthest shift at first. */
static const double hot_s = 60, cold_s = 0.2, conflict_s = 300;

struct annealing {
	struct dcf_whole *w;
	uint32_t *id; /* operations in conflict */
	size_t count;
	struct dcf_random random;
	double heat; /* grains */
	uint64_t steps;
};

static int32_t within(int64_t v, const struct dcf_part *p)
{
	int64_t h = p->node->horizon_s;

	v = v < p->least_s ? p->least_s : v > p->most_s ? p->most_s : v;
	return (int32_t)(v < -h ? -h : v > h ? h : v);
}

static void draw_place(struct annealing *x, uint32_t i, int32_t *shift, uint32_t *rung)
{
	const struct dcf_part *p = &x->w->part[i];
	const struct dcf_spot *now = &x->w->spot[i];
	int32_t dice = dcf_random_int(&x->random, 0, 7);

	*shift = now->shift_s;
	*rung = now->rung;
	if (dice < 4)
		*shift = within((int64_t)now->shift_s + dcf_random_int(&x->random, -40, 40), p);
	else if (dice < 6)
		*shift = within(dcf_random_int(&x->random, -p->node->horizon_s, p->node->horizon_s), p);
	else if (dice == 6)
		*shift = 0, *rung = 0;
	else
		*rung = (uint32_t)dcf_random_int(&x->random, 0, (int32_t)p->node->rung_count - 1);
}

static void anneal_once(struct annealing *x)
{
	struct dcf_whole *w = x->w;
	uint32_t i = x->id[dcf_random_int(&x->random, 0, (int32_t)x->count - 1)], rung, crowd[CROWD], before, after;
	struct dcf_spot now = w->spot[i];
	int32_t shift;
	double rise;

	draw_place(x, i, &shift, &rung);
	if (shift == now.shift_s && rung == now.rung)
		return;
	w->spot[i].absent = true;
	before = dcf_whole_blockers(w, i, now.shift_s, now.rung, crowd, CROWD);
	after = dcf_whole_blockers(w, i, shift, rung, crowd, CROWD);
	w->spot[i].absent = false;
	if (w->part[i].node->rung[rung].state != DCF_RUNG_READY)
		return;
	rise = (double)(dcf_whole_cost(w, i, shift, rung) - dcf_whole_cost(w, i, now.shift_s, now.rung)) +
	       ((double)after - (double)before) * conflict_s * DCF_GRAIN;
	if (rise <= 0 || exp(-rise / x->heat) > dcf_random_unit(&x->random))
		dcf_whole_put(w, i, (struct dcf_spot){ shift, (uint8_t)rung, false });
}

static void anneal(struct annealing *x, double cpu_s)
{
	struct dcf_clock from = dcf_clock_now();

	for (double part = 0; part < 1 && x->w->hand.status == DCF_OK && x->count; part = dcf_clock_since(from).cpu_s / cpu_s) {
		x->heat = DCF_GRAIN * hot_s * pow(cold_s / hot_s, part);
		for (int k = 0; k < CLOCK_EVERY; k++)
			anneal_once(x);
		x->steps += CLOCK_EVERY;
	}
}

/* What stands in each other's way still is put elsewhere. */
static enum dcf_status clear_rest(struct annealing *x)
{
	uint32_t crowd[CROWD];
	enum dcf_status s = DCF_OK;
	bool found;

	for (size_t k = 0; k < x->count && s == DCF_OK; k++) {
		uint32_t i = x->id[k];
		const struct dcf_spot *now = &x->w->spot[i];

		x->w->spot[i].absent = true;
		if (dcf_whole_blockers(x->w, i, now->shift_s, now->rung, crowd, CROWD))
			s = place(x->w, i, &found);
		x->w->spot[i].absent = false;
	}
	return s;
}

enum dcf_status dcf_options_anneal(const struct dcf_plan *plan, const struct dcf_check_options *question,
				   const struct dcf_result *check, const struct dcf_alloc *a, uint64_t seed, double cpu_s,
				   struct dcf_plan_figures *out)
{
	struct rival r;
	struct annealing x = { .w = &r.w,
			       .id = dcf_alloc_new(a, plan->operation_count * sizeof *x.id),
			       .random = dcf_random_of(seed, 'S', 0) };
	enum dcf_status s = open_rival(&r, plan, question, check, a);

	s = s == DCF_OK && !x.id ? DCF_E_NOMEM : s;
	for (uint32_t i = 0; s == DCF_OK && i < r.w.count; i++) {
		if (!r.w.part[i].clash_count)
			continue;
		x.id[x.count++] = i;
		s = dcf_whole_ready(&r.w, i, 1);
	}
	if (s == DCF_OK) {
		anneal(&x, cpu_s);
		s = r.w.hand.status;
	}
	s = s == DCF_OK ? clear_rest(&x) : s;
	s = s == DCF_OK ? sum_up(&r, out) : s;
	out->steps = x.steps;
	dcf_whole_close(&r.w);
	dcf_alloc_free(a, x.id, plan->operation_count * sizeof *x.id);
	return s;
}
