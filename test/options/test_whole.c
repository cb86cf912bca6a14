/* SPDX-License-Identifier: Apache-2.0 */
/* test_whole.c - plans for everyone, on random and adversarial worlds.
 *
 *     test_whole [--worlds N] [--grid N] [--seed S] [--first K] [--family NAME]
 *
 * Each outcome is judged by CHECK's brute engine on the changed plan: no conflict that is not named, none that is new,
 * nothing new or longer inside a party, no rule newly broken, nobody beyond what it can bear; the bound below the
 * total; the same plan again, and on three threads.  Small worlds are also searched exhaustively over a grid of levels
 * and shifts: no plan on the grid may be cheaper. */
#include "options/whole.h"
#include "oracle/random.h"
#include "oracle/world.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	uint64_t worlds, grid, seed, first;
	const char *family;
};

static struct {
	size_t worlds, wrong, conflicts, cleared, left, moved, gridded, plans;
} tally;

struct trial {
	struct dcf_ora_world w;
	struct dcf_result check;
	struct dcf_whole_ask ask;
	uint64_t number;
	bool shown;
};

static void complain(struct trial *t, const char *what)
{
	if (!t->shown)
		printf("# world %llu, family %s:\n", (unsigned long long)t->number, t->w.family);
	t->shown = true;
	tally.wrong++;
	printf("#   %s\n", what);
}

static void must(struct trial *t, bool holds, const char *what)
{
	if (!holds)
		complain(t, what);
}

/* ---- worlds with limits ---- */

static void set_limits(struct trial *t, struct dcf_ora_random *r)
{
	struct dcf_plan *plan = &t->w.plan;

	t->ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(plan), .seed = dcf_ora_u64(r), .effort = 300, .max_share = 1 };
	for (size_t i = 0; i < plan->operation_count; i++) {
		struct dcf_limits *l = &plan->operations[i].limits;

		*l = dcf_limits_none();
		l->fixed = dcf_ora_chance(r, 0.1);
		if (dcf_ora_chance(r, 0.2))
			l->max_delay_us = dcf_ora_between_i(r, 0, 7200) * 1000000;
		if (dcf_ora_chance(r, 0.2))
			l->max_advance_us = dcf_ora_between_i(r, 0, 7200) * 1000000;
		if (dcf_ora_chance(r, 0.1))
			l->highest_e4 = dcf_ora_between_i(r, 0, 40000) * DCF_FT_E4;
	}
	for (size_t i = 0; i < plan->feature_count; i++)
		plan->features[i].is_protected = plan->features[i].is_protected || dcf_ora_chance(r, 0.1);
	if (dcf_ora_chance(r, 0.3))
		t->ask.ask.costs.altitude_ft = dcf_ora_log_uniform(r, 0.001, 10);
	if (dcf_ora_chance(r, 0.1))
		t->ask.ask.costs.delay_s = 0;
}

/* ---- judging ---- */

static bool counts(const struct dcf_conflict *c)
{
	return !c->internal && (c->class == DCF_CLASS_OVERLAP || c->class == DCF_CLASS_SEPARATION);
}

static const struct dcf_conflict *find(const struct dcf_result *r, uint32_t a, uint32_t b,
				       bool (*is)(const struct dcf_conflict *))
{
	for (size_t i = 0; i < r->conflict_count; i++)
		if (r->conflicts[i].a == a && r->conflicts[i].b == b && is(&r->conflicts[i]))
			return &r->conflicts[i];
	return NULL;
}

static bool is_internal(const struct dcf_conflict *c)
{
	return c->internal && c->class != DCF_CLASS_ADVISORY;
}

static size_t breaches_of(const struct dcf_result *r, uint32_t operation)
{
	size_t n = 0;

	for (size_t i = 0; i < r->breach_count; i++)
		n += r->breaches[i].operation == operation && r->breaches[i].rule != DCF_BREACH_ASK_FIRST &&
		     r->breaches[i].rule != DCF_BREACH_CONTACT;
	return n;
}

static bool is_named(const struct dcf_whole_result *r, uint32_t a, uint32_t b)
{
	for (size_t i = 0; i < r->unresolved_count; i++)
		if (r->unresolved[i].a == a && r->unresolved[i].b == b && r->unresolved[i].why.len > 10)
			return true;
	return false;
}

static void judge_conflicts(struct trial *t, const struct dcf_whole_result *r, const struct dcf_result *after)
{
	size_t left = 0;

	for (size_t i = 0; i < after->conflict_count; i++) {
		const struct dcf_conflict *c = &after->conflicts[i];

		if (!counts(c))
			continue;
		left++;
		must(t, is_named(r, c->a, c->b), "a conflict stays and is not named");
		must(t, find(&t->check, c->a, c->b, counts) != NULL, "a conflict is new");
	}
	must(t, left == r->unresolved_count && left == r->conflicts_after, "more is named, or counted, than stays");
	tally.conflicts += r->conflicts_before;
	tally.left += left;
	tally.cleared += r->conflicts_before - left;
}

/* Inside each party in turn. */
static void judge_parties(struct trial *t, const struct dcf_plan *changed)
{
	struct dcf_check_options o = t->w.options;

	o.engine = DCF_ENGINE_BRUTE;
	for (uint32_t p = 0; p < t->w.plan.party_count; p++) {
		struct dcf_result before = { 0 }, after = { 0 };

		o.for_party = p;
		if (dcf_check(&t->w.plan, &o, &t->w.heap, &before) != DCF_OK ||
		    dcf_check(changed, &o, &t->w.heap, &after) != DCF_OK)
			complain(t, "a plan cannot be checked");
		for (size_t i = 0; i < after.conflict_count; i++) {
			const struct dcf_conflict *c = &after.conflicts[i], *was = find(&before, c->a, c->b, is_internal);

			if (is_internal(c))
				must(t, was && c->dwell_us <= was->dwell_us + 2, "a conflict inside a party is new or longer");
		}
		dcf_result_free(&before);
		dcf_result_free(&after);
	}
}

static void judge_limits(struct trial *t, const struct dcf_moved *m)
{
	const struct dcf_operation *o = &t->w.plan.operations[m->operation];
	struct dcf_limits l = dcf_limits_join(t->ask.ask.limits, o->limits);

	must(t, !l.fixed, "one that may not be moved is moved");
	for (uint32_t k = 0; k < m->change_count; k++) {
		const struct dcf_change *c = &m->change[k];

		if (c->how == DCF_CHANGE_SHIFT)
			must(t, c->shift_us <= l.max_delay_us && -c->shift_us <= l.max_advance_us && c->shift_us % 1000000 == 0,
			     "a shift is beyond the limits, or not in whole seconds");
		must(t, c->how != DCF_CHANGE_LIFT || c->lift_e4 < 0 || c->to.e4 <= l.highest_e4, "a level is above the limits");
		must(t, c->how != DCF_CHANGE_LIFT || c->lift_e4 > 0 || c->to.e4 >= l.lowest_e4, "a level is below the limits");
	}
}

static void judge_sums(struct trial *t, const struct dcf_whole_result *r)
{
	double total = 0, shares = 0, burden = 0;

	for (size_t i = 0; i < r->moved_count; i++)
		total += r->cost[i].total;
	for (size_t p = 0; p < t->w.plan.party_count; p++) {
		shares += r->burden[p].share;
		burden += r->burden[p].cost;
	}
	must(t, total <= r->total.total + 1e-6 && total >= r->total.total - 1e-6, "the costs do not sum up");
	must(t, burden <= total + 1e-6 && burden >= total - 1e-6, "the burdens do not sum up");
	must(t, total <= 0 || (shares < 1.000001 && shares > 0.999999), "the shares do not sum up");
	must(t, r->lower_bound <= total * 1.000001 + 1e-6, "the bound is above the plan");
	must(t, r->lower_bound >= 0 && r->first_cost >= 0, "a bound or first cost below zero");
}

static void judge(struct trial *t, const struct dcf_whole_result *r)
{
	struct dcf_check_options o = t->w.options;
	struct dcf_result after = { 0 };
	struct dcf_plan changed;

	o.engine = DCF_ENGINE_BRUTE;
	o.for_party = o.only_operation = DCF_NONE;
	if (dcf_plan_changed(&t->w.plan, r->moved, r->moved_count, &t->w.heap, &changed) != DCF_OK ||
	    dcf_check(&changed, &o, &t->w.heap, &after) != DCF_OK) {
		complain(t, "the changed plan cannot be checked");
		return;
	}
	must(t, changed.feature_count >= t->w.plan.feature_count, "features were lost");
	judge_conflicts(t, r, &after);
	judge_parties(t, &changed);
	for (size_t i = 0; i < r->moved_count; i++) {
		judge_limits(t, &r->moved[i]);
		must(t, breaches_of(&after, r->moved[i].operation) <= breaches_of(&t->check, r->moved[i].operation),
		     "a rule is newly broken");
	}
	judge_sums(t, r);
	tally.moved += r->moved_count;
	dcf_result_free(&after);
	dcf_plan_changed_free(&changed, &t->w.heap);
}

static bool same_plan(const struct dcf_whole_result *a, const struct dcf_whole_result *b)
{
	if (a->moved_count != b->moved_count || a->steps != b->steps || a->unresolved_count != b->unresolved_count)
		return false;
	for (size_t i = 0; i < a->moved_count; i++)
		for (uint32_t k = 0; k < DCF_CHANGES_MAX; k++)
			if (a->moved[i].operation != b->moved[i].operation ||
			    a->moved[i].change[k].how != b->moved[i].change[k].how ||
			    a->moved[i].change[k].shift_us != b->moved[i].change[k].shift_us ||
			    a->moved[i].change[k].lift_e4 != b->moved[i].change[k].lift_e4)
				return false;
	return true;
}

struct errand {
	dcf_job_fn *job;
	void *arg;
	unsigned k, jobs;
};

static void *run_errand(void *p)
{
	struct errand *e = p;

	for (unsigned k = e->k; k < e->jobs; k += 3)
		e->job(e->arg, k);
	return NULL;
}

static void on_three_threads(void *ctx, unsigned jobs, dcf_job_fn *job, void *arg)
{
	struct errand e[3];
	pthread_t thread[3];
	bool started[3];

	(void)ctx;
	for (unsigned k = 0; k < 3; k++) {
		e[k] = (struct errand){ job, arg, k, jobs };
		started[k] = pthread_create(&thread[k], NULL, run_errand, &e[k]) == 0;
		if (!started[k])
			run_errand(&e[k]);
	}
	for (unsigned k = 0; k < 3; k++)
		if (started[k])
			pthread_join(thread[k], NULL);
}

static void again(struct trial *t, const struct dcf_whole_result *r)
{
	struct dcf_check_options o = t->w.options;
	struct dcf_whole_result second = { 0 };

	if (t->number % 2)
		o.parallel = (struct dcf_parallel){ on_three_threads, NULL, 3 };
	if (dcf_whole_find(&t->w.plan, &o, &t->check, &t->ask, &t->w.heap, &second) != DCF_OK)
		complain(t, "the second time it fails");
	else
		must(t, same_plan(r, &second), "the second time another plan comes out");
	dcf_whole_free(&second);
}

/* ---- the grid ---- */

enum { GRID_OPS = 4, GRID_SHIFTS = 9, GRID_LEVELS = 5 };

struct place {
	int64_t shift_us, lift_e4;
	double cost;
	uint32_t s, m; /* numbers of shift and level */
};

struct grid {
	struct trial *t;
	uint32_t n, place_count[GRID_OPS];
	struct place place[GRID_OPS][GRID_SHIFTS * GRID_LEVELS];
	int64_t lift[GRID_OPS][GRID_LEVELS];
	uint32_t lifts[GRID_OPS];
	int64_t step_us;
	/* for a pair, levels and difference of shifts: -1 unknown, 0 free, 1 taken */
	signed char taken[GRID_OPS][GRID_OPS][GRID_LEVELS][GRID_LEVELS][2 * GRID_SHIFTS - 1];
	struct dcf_standing st;
	struct dcf_arena arena;
	double best;
};

/* Are these two in conflict, one moved by a shift and both by their lifts?  Asked of CHECK. */
static bool pair_taken(struct grid *g, uint32_t a, uint32_t b, int64_t shift_us, int64_t lift_a, int64_t lift_b)
{
	struct trial *t = g->t;
	struct dcf_change shift = { .how = DCF_CHANGE_SHIFT, .shift_us = shift_us },
			  up_a = { .how = DCF_CHANGE_LIFT, .lift_e4 = lift_a },
			  up_b = { .how = DCF_CHANGE_LIFT, .lift_e4 = lift_b };
	struct dcf_features fa, fb, x, y, z;
	struct dcf_check_options o = t->w.options;
	struct dcf_result r = { 0 };
	struct dcf_plan plan;
	bool yes = true;

	dcf_arena_rewind(&g->arena);
	if (dcf_features_of(&g->st, a, &g->arena, &fa) != DCF_OK || dcf_features_of(&g->st, b, &g->arena, &fb) != DCF_OK ||
	    dcf_change_apply(&fa, &shift, &g->arena, &x) != DCF_OK)
		return true;
	y = x;
	z = fb;
	if ((lift_a && dcf_change_apply(&x, &up_a, &g->arena, &y) != DCF_OK) ||
	    (lift_b && dcf_change_apply(&fb, &up_b, &g->arena, &z) != DCF_OK))
		return true;
	if (dcf_plan_changed(&t->w.plan,
			     (struct dcf_moved[]){ { .operation = a, .features = y.at, .feature_count = y.count },
						   { .operation = b, .features = z.at, .feature_count = z.count } },
			     2, &t->w.heap, &plan) != DCF_OK)
		return true;
	o.engine = DCF_ENGINE_BRUTE;
	o.only_operation = a;
	o.for_party = t->w.plan.operations[a].party == t->w.plan.operations[b].party ? t->w.plan.operations[a].party : DCF_NONE;
	if (dcf_check(&plan, &o, &t->w.heap, &r) == DCF_OK) {
		yes = false;
		for (size_t i = 0; i < r.conflict_count; i++)
			yes = yes ||
			      ((r.conflicts[i].a == b || r.conflicts[i].b == b) && r.conflicts[i].class != DCF_CLASS_ADVISORY);
	}
	dcf_result_free(&r);
	dcf_plan_changed_free(&plan, &t->w.heap);
	return yes;
}

static bool free_of(struct grid *g, uint32_t a, const struct place *x, uint32_t b, const struct place *y)
{
	int d = (int)x->s - (int)y->s;
	signed char *known = &g->taken[a][b][x->m][y->m][d + GRID_SHIFTS - 1];

	if (*known < 0)
		*known = pair_taken(g, a, b, d * g->step_us, g->lift[a][x->m], g->lift[b][y->m]);
	return !*known;
}

static void try_grid(struct grid *g, const struct place **chosen, uint32_t k, double cost)
{
	if (cost >= g->best)
		return;
	if (k == g->n) {
		g->best = cost;
		tally.plans++;
		return;
	}
	for (uint32_t p = 0; p < g->place_count[k]; p++) {
		const struct place *x = &g->place[k][p];
		bool is_free = cost + x->cost < g->best;

		for (uint32_t j = 0; j < k && is_free; j++)
			is_free = free_of(g, j, chosen[j], k, x);
		chosen[k] = x;
		if (is_free)
			try_grid(g, chosen, k + 1, cost + x->cost);
	}
}

static void list_lifts(struct grid *g, uint32_t i)
{
	struct dcf_limits l = dcf_limits_join(g->t->ask.ask.limits, g->t->w.plan.operations[i].limits);
	struct dcf_features f;
	struct dcf_altitude level;

	g->lifts[i] = 1;
	g->lift[i][0] = 0;
	if (l.fixed || dcf_features_of(&g->st, i, &g->arena, &f) != DCF_OK || !dcf_change_level(&f, &level))
		return;
	for (int up = 0; up < 2; up++)
		for (int64_t e4 = level.e4, k = 0; k < 2; k++) {
			int64_t next = dcf_level_next(level, 0, e4, up);

			if (next == e4 || (up ? next > l.highest_e4 : next < l.lowest_e4))
				break;
			e4 = next;
			g->lift[i][g->lifts[i]++] = e4 - level.e4;
		}
}

static void list_places(struct grid *g, uint32_t i)
{
	struct dcf_limits l = dcf_limits_join(g->t->ask.ask.limits, g->t->w.plan.operations[i].limits);
	const struct dcf_costs *c = &g->t->ask.ask.costs;

	list_lifts(g, i);
	for (uint32_t m = 0; m < g->lifts[i]; m++)
		for (uint32_t s = 0; s < GRID_SHIFTS; s++) {
			int64_t shift = ((int64_t)s - GRID_SHIFTS / 2) * g->step_us, lift = g->lift[i][m];

			if (shift > l.max_delay_us || -shift > l.max_advance_us || (l.fixed && shift))
				continue;
			g->place[i][g->place_count[i]++] = (struct place){
				shift, lift,
				(double)llabs(shift) / 1e6 * c->delay_s + (double)llabs(lift) / DCF_FT_E4 * c->altitude_ft, s, m
			};
		}
}

static bool only_shifts_and_lifts(const struct dcf_whole_result *r)
{
	for (size_t i = 0; i < r->moved_count; i++)
		for (uint32_t k = 0; k < r->moved[i].change_count; k++)
			if (r->moved[i].change[k].how != DCF_CHANGE_SHIFT && r->moved[i].change[k].how != DCF_CHANGE_LIFT)
				return false;
	return true;
}

/* Heights over the ground of two tracks are taken as independent, levels of a brief conflict are not weighed: not here. */
static bool suits_grid(const struct trial *t, const struct dcf_whole_result *r)
{
	const struct dcf_plan *plan = &t->w.plan;

	if (plan->operation_count < 2 || plan->operation_count > GRID_OPS || r->unresolved_count || r->moved_count == 0 ||
	    !only_shifts_and_lifts(r) || t->w.options.max_dwell_us != DCF_NO_LIMIT || plan->agreement.notice_count ||
	    plan->agreement.line_count || plan->agreement.area_count || plan->agreement.separation_count)
		return false;
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct dcf_feature *f = &plan->features[i];

		/* limits of level bind the top of a band */
		if (f->advisory || f->is_protected || plan->operations[f->operation].limits.highest_e4 != INT64_MAX)
			return false;
		for (uint32_t k = 0; f->shape == DCF_TRAJECTORY && k < f->point_count; k++)
			if (f->waypoints[k].altitude.ref == DCF_REF_AGL || f->waypoints[k].altitude.ref == DCF_REF_SFC)
				return false;
	}
	return true;
}

/* Steps such that our longest shift lies within the grid, and about on it. */
static int64_t grid_step(const struct dcf_whole_result *r)
{
	int64_t longest = 4000000;

	for (size_t i = 0; i < r->moved_count; i++)
		for (uint32_t k = 0; k < r->moved[i].change_count; k++)
			longest = llabs(r->moved[i].change[k].shift_us) > longest ? llabs(r->moved[i].change[k].shift_us)
										  : longest;
	return longest / 3 / 1000000 * 1000000 + 1000000;
}

static void compare_with_grid(struct trial *t, const struct dcf_whole_result *r)
{
	struct grid *g = calloc(1, sizeof *g);
	const struct place *chosen[GRID_OPS];
	char text[120];

	if (!g || !suits_grid(t, r)) {
		free(g);
		return;
	}
	*g = (struct grid){
		.t = t, .n = (uint32_t)t->w.plan.operation_count, .arena = { .from = &t->w.heap }, .best = r->total.total
	};
	memset(g->taken, -1, sizeof g->taken);
	g->step_us = grid_step(r);
	/* our own plan is known: only cheaper ones are looked for, by more than rounding to seconds explains */
	g->best -= (double)g->n * t->ask.ask.costs.delay_s + 1e-6;
	if (dcf_standing_build(&t->w.plan, &t->w.options, &t->w.heap, &g->st) == DCF_OK) {
		double ours = g->best;

		for (uint32_t i = 0; i < g->n; i++)
			list_places(g, i);
		try_grid(g, chosen, 0, 0);
		tally.gridded++;
		snprintf(text, sizeof text, "a plan on the grid costs %.3f, ours %.3f, bound %.3f", g->best, r->total.total,
			 r->lower_bound);
		must(t, !(g->best < ours), text);
	}
	dcf_standing_free(&g->st);
	dcf_arena_free(&g->arena);
	free(g);
}

/* ---- worlds one after the other ---- */

static void run_world(const struct settings *s, uint64_t number, bool small)
{
	struct trial t = { .number = number };
	struct dcf_ora_random r = { s->seed * 1000003 + number };
	struct dcf_ora_scale scale = { 2, small ? 4 : 9 };
	struct dcf_whole_result result = { 0 };
	enum dcf_status status;

	if (!dcf_ora_world_make(&t.w, s->seed, number, scale, s->family))
		return;
	set_limits(&t, &r);
	t.w.options.only_operation = t.w.options.for_party = DCF_NONE;
	tally.worlds++;
	status = dcf_check(&t.w.plan, &t.w.options, &t.w.heap, &t.check);
	if (status == DCF_OK)
		status = dcf_whole_find(&t.w.plan, &t.w.options, &t.check, &t.ask, &t.w.heap, &result);
	if (status != DCF_OK) {
		complain(&t, dcf_status_text(status));
	} else {
		judge(&t, &result);
		if (number % 4 < 2)
			again(&t, &result);
		if (small)
			compare_with_grid(&t, &result);
	}
	dcf_whole_free(&result);
	dcf_result_free(&t.check);
	dcf_ora_world_free(&t.w);
}

static bool take(struct settings *s, const char *name, const char *value)
{
	if (strcmp(name, "--worlds") == 0)
		s->worlds = strtoull(value, NULL, 10);
	else if (strcmp(name, "--grid") == 0)
		s->grid = strtoull(value, NULL, 10);
	else if (strcmp(name, "--seed") == 0)
		s->seed = strtoull(value, NULL, 10);
	else if (strcmp(name, "--first") == 0)
		s->first = strtoull(value, NULL, 10);
	else if (strcmp(name, "--family") == 0)
		s->family = value;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct settings s = { .worlds = 500, .grid = 500, .seed = 20150920 };

	for (int i = 1; i + 1 < argc; i += 2)
		if (!take(&s, argv[i], argv[i + 1]))
			return 2;
	printf("# seed %llu\n", (unsigned long long)s.seed);
	for (uint64_t k = 0; k < s.worlds; k++)
		run_world(&s, s.first + k, false);
	for (uint64_t k = 0; k < s.grid; k++)
		run_world(&s, s.first + k, true);
	printf("# %zu worlds, %zu conflicts, %zu cleared by %zu moves, %zu stay; %zu compared with a grid\n", tally.worlds,
	       tally.conflicts, tally.cleared, tally.moved, tally.left, tally.gridded);
	if (s.worlds + s.grid >= 100 && (tally.cleared == 0 || tally.left == 0))
		tally.wrong++;
	printf("%sok 1 - whole plans of random worlds\n1..1\n", tally.wrong ? "not " : "");
	return tally.wrong ? 1 : 0;
}
