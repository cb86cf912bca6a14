/* SPDX-License-Identifier: Apache-2.0 */
/* test_options_property.c - every way out that is offered, on random and adversarial worlds.
 *
 *     test_options_property [--worlds N] [--seed S] [--first K] [--family NAME] [--operations LOW HIGH] [--quiet]
 *
 * For each option: the plan with the change in it is checked by brute force, and the oracle (other arithmetic) judges that
 * answer; the mover has no conflict with another party, none inside its own that is new or longer, no breach that is
 * new.  For delay, advance and altitude also the other way round: no smaller shift, and no nearer level, is free.
 * Moved plans are made here, not by the code under test, wherever that is a shift or a lift. */
#include "options/options.h"
#include "core/sort.h"
#include "oracle/random.h"
#include "oracle/verify.h"
#include "oracle/world.h"
#include "two_threads.h"
#include "wide.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	uint64_t worlds, seed, first;
	struct dcf_ora_scale scale;
	const char *family;
	bool quiet;
};

struct totals {
	size_t worlds, failed, kinds[DCF_OPTION_KINDS], unresolved, smaller, levels, none, passed_over;
};

struct world {
	struct dcf_ora_world *w;
	struct dcf_result check; /* with the mover's party's own pairs: made anew for each */
	struct dcf_ask ask;
	struct totals *t;
	uint64_t random;
	size_t wrong;
};

static uint64_t next_random(uint64_t *s)
{
	uint64_t z = *s += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* ---- changed plans ---- */

/* A plan in which the features of `moved` stand for those of their operations: borrows all else. */
static bool changed_plan(const struct dcf_plan *plan, const struct dcf_moved *moved, uint32_t count, struct dcf_plan *out)
{
	size_t n = 0, most = plan->feature_count;

	*out = *plan;
	for (uint32_t m = 0; m < count; m++)
		most += moved[m].feature_count;
	out->features = malloc((most + 1) * sizeof *out->features);
	if (!out->features)
		return false;
	for (size_t i = 0; i < plan->feature_count; i++) {
		bool is_moved = false;

		for (uint32_t m = 0; m < count; m++)
			is_moved |= plan->features[i].operation == moved[m].operation;
		if (!is_moved)
			out->features[n++] = plan->features[i];
	}
	for (uint32_t m = 0; m < count; m++)
		for (uint32_t i = 0; i < moved[m].feature_count; i++)
			out->features[n++] = moved[m].features[i];
	out->feature_count = n;
	out->trajectory_count = 0;
	for (size_t i = 0; i < n; i++)
		out->trajectory_count += out->features[i].shape == DCF_TRAJECTORY;
	return true;
}

/* The operation shifted and lifted, by this test's own hand. */
static struct dcf_moved by_hand(const struct dcf_plan *plan, uint32_t operation, int64_t shift_us, int64_t lift_e4)
{
	struct dcf_moved m = { .operation = operation };

	m.features = malloc((plan->feature_count + 1) * sizeof *m.features);
	for (size_t i = 0; i < plan->feature_count && m.features; i++) {
		struct dcf_feature f = plan->features[i];

		if (f.operation != operation)
			continue;
		f.start_us += shift_us;
		f.end_us += shift_us;
		f.lower.e4 += lift_e4;
		f.upper.e4 += lift_e4;
		if (f.shape == DCF_TRAJECTORY) {
			f.waypoints = malloc(f.point_count * sizeof *f.waypoints);
			for (uint32_t k = 0; k < f.point_count && f.waypoints; k++) {
				f.waypoints[k] = plan->features[i].waypoints[k];
				f.waypoints[k].time_us += shift_us;
				f.waypoints[k].altitude.e4 += lift_e4;
			}
		}
		m.features[m.feature_count++] = f;
	}
	return m;
}

static void by_hand_free(struct dcf_moved *m)
{
	for (uint32_t i = 0; i < m->feature_count; i++)
		if (m->features[i].shape == DCF_TRAJECTORY)
			free(m->features[i].waypoints);
	free(m->features);
}

/* ---- judging ---- */

static bool involves(const struct dcf_conflict *c, const struct dcf_moved *moved, uint32_t count)
{
	bool yes = false;

	for (uint32_t m = 0; m < count; m++)
		yes |= c->a == moved[m].operation || c->b == moved[m].operation;
	return yes;
}

static int64_t dwell_of(const struct dcf_result *r, uint32_t a, uint32_t b)
{
	int64_t us = 0;

	for (size_t i = 0; i < r->conflict_count; i++)
		if (r->conflicts[i].a == a && r->conflicts[i].b == b && r->conflicts[i].class != DCF_CLASS_ADVISORY)
			us += r->conflicts[i].dwell_us;
	return us;
}

static size_t breaches_of(const struct dcf_result *r, uint32_t operation)
{
	size_t n = 0;

	for (size_t i = 0; i < r->breach_count; i++)
		n += r->breaches[i].operation == operation && r->breaches[i].rule != DCF_BREACH_ASK_FIRST &&
		     r->breaches[i].rule != DCF_BREACH_CONTACT;
	return n;
}

enum fault { NO_FAULT, FAULT_OTHER_PARTY, FAULT_OWN_PARTY, FAULT_RULE, FAULT_CHECK };

/* Is the plan with the change free for the movers?  By brute force; `oracle` judges that answer as well. */
static enum fault judge(struct world *x, const struct dcf_moved *moved, uint32_t count, FILE *oracle)
{
	enum fault fault = NO_FAULT;

	for (uint32_t m = 0; m < count && fault == NO_FAULT; m++) {
		struct dcf_check_options o = x->w->options;
		struct dcf_result before = { 0 }, after = { 0 };
		struct dcf_plan plan;

		o.engine = DCF_ENGINE_BRUTE;
		o.only_operation = DCF_NONE;
		o.for_party = x->w->plan.operations[moved[m].operation].party;
		if (!changed_plan(&x->w->plan, moved, count, &plan))
			return FAULT_CHECK;
		if (dcf_check(&x->w->plan, &o, &x->w->heap, &before) != DCF_OK ||
		    dcf_check(&plan, &o, &x->w->heap, &after) != DCF_OK)
			fault = FAULT_CHECK;
		if (fault == NO_FAULT && oracle && dcf_ora_verify(&plan, &o, &after, oracle) > 0)
			fault = FAULT_CHECK;
		for (size_t i = 0; i < after.conflict_count && fault == NO_FAULT; i++) {
			const struct dcf_conflict *c = &after.conflicts[i];

			if (!involves(c, moved, count) || c->class == DCF_CLASS_ADVISORY)
				continue;
			if (!c->internal)
				fault = FAULT_OTHER_PARTY;
			else if (!dwell_of(&before, c->a, c->b) || c->dwell_us > dwell_of(&before, c->a, c->b) + 2)
				fault = FAULT_OWN_PARTY;
		}
		if (fault == NO_FAULT && breaches_of(&after, moved[m].operation) > breaches_of(&before, moved[m].operation))
			fault = FAULT_RULE;
		free(plan.features);
		dcf_result_free(&before);
		dcf_result_free(&after);
	}
	return fault;
}

static void complain(struct world *x, const struct dcf_option *o, const char *what)
{
	x->wrong++;
	printf("# %s, operation %u, shift %.3f s, lift %.1f ft: %s\n", dcf_option_kind_name(o->kind), o->moved[0].operation,
	       (double)o->moved[0].change[0].shift_us / 1e6, (double)o->moved[0].change[0].lift_e4 / DCF_FT_E4, what);
}

static const char *const faults[] = { "", "it is in conflict with another party",
				      "it is new or longer in conflict inside its own party", "it breaks a rule",
				      "the changed plan has no right answer" };

/* No smaller shift may be free of other parties' conflicts (and of worse ones of its own). */
static void no_smaller_shift(struct world *x, const struct dcf_option *o, int64_t shift_us)
{
	int64_t whole = shift_us / 1000000, sign = whole < 0 ? -1 : 1, size = whole * sign;
	int64_t tries[6] = { size - 1, size / 2, size - size / 4, 1, 0, 0 };

	for (int i = 4; i < 6; i++)
		tries[i] = size > 1 ? (int64_t)(next_random(&x->random) % (uint64_t)size) : 0;
	for (int i = 0; i < 6; i++) {
		struct dcf_moved m = by_hand(&x->w->plan, o->moved[0].operation, sign * tries[i] * 1000000, 0);
		char text[80];

		if (tries[i] > 0 && tries[i] < size) {
			x->t->smaller++;
			snprintf(text, sizeof text, "but a shift of %lld s is free", (long long)(sign * tries[i]));
			if (judge(x, &m, 1, NULL) == NO_FAULT)
				complain(x, o, text);
		}
		by_hand_free(&m);
	}
}

static bool lifts_whole(const struct dcf_plan *plan, uint32_t operation)
{
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct dcf_feature *f = &plan->features[i];

		for (uint32_t k = 1; f->operation == operation && f->shape == DCF_TRAJECTORY && k < f->point_count; k++)
			if (f->waypoints[k].altitude.e4 != f->waypoints[0].altitude.e4)
				return false;
	}
	return true;
}

static void no_nearer_level(struct world *x, const struct dcf_option *o)
{
	const struct dcf_change *c = &o->moved[0].change[0];
	bool up = c->lift_e4 > 0;
	int64_t e4 = c->from.e4;

	if (!lifts_whole(&x->w->plan, o->moved[0].operation))
		return;
	for (int i = 0; i < 300; i++) {
		struct dcf_moved m;
		int64_t next = dcf_level_next(c->from, 0, e4, up);
		char text[80];

		if (next == e4 || (up ? next >= c->to.e4 : next <= c->to.e4))
			return;
		e4 = next;
		x->t->levels++;
		m = by_hand(&x->w->plan, o->moved[0].operation, 0, e4 - c->from.e4);
		snprintf(text, sizeof text, "but a lift of %.1f ft is free", (double)(e4 - c->from.e4) / DCF_FT_E4);
		if (judge(x, &m, 1, NULL) == NO_FAULT)
			complain(x, o, text);
		by_hand_free(&m);
	}
}

static void judge_option(struct world *x, const struct dcf_option *o, size_t number)
{
	enum fault fault = judge(x, o->moved, o->moved_count, number % 4 == 0 ? stdout : NULL);

	x->t->kinds[o->kind]++;
	if (fault != NO_FAULT)
		complain(x, o, faults[fault]);
	if (o->cost.total < 0 || o->resolve_count == 0)
		complain(x, o, "it resolves nothing, or costs less than nothing");
	if (o->kind == DCF_OPTION_DELAY || o->kind == DCF_OPTION_ADVANCE)
		no_smaller_shift(x, o, o->moved[0].change[0].shift_us);
	if (o->kind == DCF_OPTION_ALTITUDE)
		no_nearer_level(x, o);
}

/* An operation that got no delay: none of a few random ones may be free. */
static void nothing_was_free(struct world *x, const struct dcf_options_result *r)
{
	for (size_t i = 0; i < r->unresolved_count; i++)
		for (int k = 0; k < 8; k++) {
			uint32_t operation = k % 2 ? r->unresolved[i].a : r->unresolved[i].b;
			int64_t most = x->ask.limits.max_delay_us / 1000000;
			int64_t s = 1 + (int64_t)(next_random(&x->random) % (uint64_t)most);
			struct dcf_moved m = by_hand(&x->w->plan, operation, (k & 2 ? s : -s) * 1000000, 0);

			x->t->none++;
			if (judge(x, &m, 1, NULL) == NO_FAULT) {
				x->wrong++;
				printf("# operation %u has no options, but a shift of %lld s is free\n", operation,
				       (long long)(k & 2 ? s : -s));
			}
			by_hand_free(&m);
		}
}

/* ---- the same from two threads ---- */

static bool same_option(const struct dcf_option *a, const struct dcf_option *b)
{
	bool same = a->kind == b->kind && a->moved_count == b->moved_count && a->resolve_count == b->resolve_count &&
		    a->internal_count == b->internal_count && memcmp(&a->cost, &b->cost, sizeof a->cost) == 0 &&
		    memcmp(&a->margin, &b->margin, sizeof a->margin) == 0;

	for (uint32_t m = 0; m < a->moved_count && same; m++)
		same = a->moved[m].operation == b->moved[m].operation &&
		       a->moved[m].change[0].shift_us == b->moved[m].change[0].shift_us &&
		       a->moved[m].change[0].lift_e4 == b->moved[m].change[0].lift_e4;
	return same;
}

static void same_on_two_threads(struct world *x, const struct dcf_options_result *r)
{
	struct dcf_check_options o = x->w->options;
	struct dcf_options_result two = { 0 };
	bool same;

	o.parallel = TWO_THREADS;
	same = dcf_options_find(&x->w->plan, &o, &x->check, &x->ask, DCF_NONE, &x->w->heap, &two) == DCF_OK &&
	       two.option_count == r->option_count && two.unresolved_count == r->unresolved_count;
	for (size_t i = 0; i < r->option_count && same; i++)
		same = same_option(&r->options[i], &two.options[i]);
	if (!same) {
		x->wrong++;
		printf("# two threads give other options\n");
	}
	dcf_options_free(&two);
}

/* ---- worlds ---- */

static size_t points_of(const struct dcf_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->feature_count; i++)
		n += plan->features[i].point_count;
	return n;
}

/* A few worlds in a thousand have areas of thousands of corners, and would take longer than all the others: they are for
 * script/soak. */
static size_t most_points(void)
{
	return wide() ? SIZE_MAX : 2000;
}

static bool try_world(const struct settings *set, uint64_t number, struct totals *t)
{
	struct dcf_ora_world w;
	struct world x = { .w = &w, .t = t, .random = set->seed ^ (number * 77) };
	struct dcf_options_result r = { 0 };
	static const int64_t limits_s[] = { 60, 1800, 6 * 3600, 48 * 3600 };

	if (!dcf_ora_world_make(&w, set->seed, number, set->scale, set->family)) {
		printf("Bail out! no family '%s'\n", set->family);
		return false;
	}
	if (points_of(&w.plan) > most_points()) {
		t->passed_over++;
		dcf_ora_world_free(&w);
		return true;
	}
	w.options.only_operation = DCF_NONE;
	w.options.for_party = DCF_NONE;
	x.ask = dcf_ask_usual(&w.plan);
	x.ask.limits.max_delay_us = x.ask.limits.max_advance_us = limits_s[number % 4] * 1000000;
	if (dcf_check(&w.plan, &w.options, &w.heap, &x.check) != DCF_OK ||
	    dcf_options_find(&w.plan, &w.options, &x.check, &x.ask, DCF_NONE, &w.heap, &r) != DCF_OK) {
		printf("# the search failed\n");
		x.wrong++;
	}
	for (size_t i = 0; i < r.option_count; i++)
		judge_option(&x, &r.options[i], i + number);
	t->unresolved += r.unresolved_count;
	nothing_was_free(&x, &r);
	same_on_two_threads(&x, &r);
	t->worlds++;
	t->failed += x.wrong > 0;
	if (x.wrong)
		printf("# world %llu of seed %llu (%s): %zu wrong\n", (unsigned long long)number, (unsigned long long)set->seed,
		       w.family, x.wrong);
	if (x.wrong && !set->quiet)
		dcf_ora_world_dump(&w, stdout);
	dcf_options_free(&r);
	dcf_result_free(&x.check);
	dcf_ora_world_free(&w);
	return x.wrong == 0;
}

static bool take_arguments(int argc, char **argv, struct settings *s)
{
	for (int i = 1; i < argc; i++) {
		uint64_t *n = strcmp(argv[i], "--worlds") == 0  ? &s->worlds
			      : strcmp(argv[i], "--seed") == 0  ? &s->seed
			      : strcmp(argv[i], "--first") == 0 ? &s->first
								: NULL;

		if (strcmp(argv[i], "--quiet") == 0)
			s->quiet = true;
		else if (n && i + 1 < argc)
			*n = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--family") == 0 && i + 1 < argc)
			s->family = argv[++i];
		else if (strcmp(argv[i], "--operations") == 0 && i + 2 < argc) {
			s->scale.least = (uint32_t)strtoul(argv[++i], NULL, 10);
			s->scale.most = (uint32_t)strtoul(argv[++i], NULL, 10);
		} else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct settings set = { .worlds = 500, .seed = 20150920, .scale = { 2, 6 } };
	struct totals t = { 0 };

	if (!take_arguments(argc, argv, &set)) {
		fprintf(stderr,
			"usage: test_options_property [--worlds N] [--seed S] [--first K] [--family NAME] [--operations LOW HIGH] [--quiet]\n");
		return 2;
	}
	printf("1..1\n# seed %llu\n", (unsigned long long)set.seed);
	for (uint64_t k = set.first; k < set.first + set.worlds && t.failed < 5; k++)
		(void)try_world(&set, k, &t);
	printf("# %zu worlds, %zu larger ones passed over;", t.worlds, t.passed_over);
	for (int k = 0; k < DCF_OPTION_KINDS; k++)
		printf(" %s %zu", dcf_option_kind_name((uint8_t)k), t.kinds[k]);
	printf("; unresolved %zu; %zu smaller shifts and %zu nearer levels tried, %zu where nothing was found\n", t.unresolved,
	       t.smaller, t.levels, t.none);
	/* a world that offers nothing would prove nothing */
	if (!set.family && set.worlds >= 100 && (t.kinds[DCF_OPTION_DELAY] == 0 || t.kinds[DCF_OPTION_ALTITUDE] == 0))
		t.failed++;
	printf("%s 1 - options hold\n", t.failed ? "not ok" : "ok");
	return t.failed ? 1 : 0;
}
