/* SPDX-License-Identifier: Apache-2.0 */
/* test_verify.c - does the judge notice?  True answers are tampered with, one statement at a time, and
 * the oracle must object.  A few changes are within the tolerance or still true (a grazing pair left
 * out, a closest point moved inside a large volume), so each kind has the share that must be noticed. */
#include "core/check.h"
#include "oracle/random.h"
#include "oracle/verify.h"
#include "oracle/world.h"
#include "tap.h"
#include <stdlib.h>

enum { SECOND = 1000000, WORLDS = 1500 };

struct tamper {
	const char *name;
	bool (*apply)(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random);
	double share;
	size_t least; /* how often it must have been possible, in WORLDS */
	size_t applied, noticed;
};

static struct dcf_conflict *pick(struct dcf_result *r, struct dcf_ora_random *random)
{
	return r->conflict_count ? &r->conflicts[dcf_ora_below(random, (uint32_t)r->conflict_count)] : NULL;
}

/* A conflict of one interval, to change its times and what follows from them. */
static struct dcf_conflict *pick_single(struct dcf_result *r, struct dcf_ora_random *random, int64_t longer)
{
	struct dcf_conflict *c = pick(r, random);

	return c && c->interval_count == 1 && c->end_us - c->start_us > longer ? c : NULL;
}

static void retime(struct dcf_result *r, struct dcf_conflict *c, int64_t start, int64_t end)
{
	struct dcf_interval *i = &r->intervals[c->first_interval];

	i->start_us = c->start_us = start;
	i->end_us = c->end_us = end;
	c->dwell_us = end - start;
}

/* Not within any tolerance of its minimum. */
static bool is_clear(const struct dcf_conflict *c)
{
	return c->minimum_lateral_m > 10 && (double)c->lateral_gap_dm / 10 < 0.9 * c->minimum_lateral_m;
}

static bool leave_out(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick(r, random);

	(void)w;
	if (!c || !is_clear(c))
		return false;
	for (struct dcf_conflict *d = c; d + 1 < r->conflicts + r->conflict_count; d++)
		*d = d[1];
	r->conflict_count--;
	return true;
}

static bool begin_late(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick_single(r, random, SECOND);

	(void)w;
	if (c)
		retime(r, c, c->start_us + 3, c->end_us);
	return c != NULL;
}

static bool end_early(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick_single(r, random, SECOND);

	(void)w;
	if (c)
		retime(r, c, c->start_us, c->end_us - (c->end_us - c->start_us) / 4);
	return c != NULL;
}

static bool begin_early(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick_single(r, random, 0);

	(void)w;
	if (c)
		retime(r, c, c->start_us - 30 * SECOND, c->end_us);
	return c != NULL;
}

static bool end_late(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick_single(r, random, 0);

	(void)w;
	if (c)
		retime(r, c, c->start_us, c->end_us + 30 * SECOND);
	return c != NULL;
}

static bool change_class(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick_single(r, random, 0);
	struct dcf_interval *i;

	(void)w;
	if (!c || c->class == DCF_CLASS_BRIEF)
		return false;
	i = &r->intervals[c->first_interval];
	i->class = i->class == DCF_CLASS_OVERLAP ? DCF_CLASS_SEPARATION : DCF_CLASS_OVERLAP;
	c->has_overlap = i->class == DCF_CLASS_OVERLAP;
	c->overlap_start_us = c->start_us;
	c->overlap_end_us = c->end_us;
	if (c->class != DCF_CLASS_ADVISORY)
		c->class = i->class;
	return true;
}

static bool cut_overlap(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick(r, random);

	(void)w;
	if (!c || !c->has_overlap || c->overlap_end_us - c->overlap_start_us < SECOND)
		return false;
	c->overlap_end_us -= (c->overlap_end_us - c->overlap_start_us) / 4;
	return true;
}

static bool change_gap(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick(r, random);

	(void)w;
	if (c)
		c->lateral_gap_dm += 30;
	return c != NULL;
}

static bool change_height(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick(r, random);

	if (!c || w->plan.features[c->a_feature].lower.ref == DCF_REF_AGL)
		return false;
	c->vertical_gap_dft[0] += 30;
	c->vertical_gap_dft[1] += 30;
	return true;
}

static bool move_closest(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick(r, random);

	(void)w;
	if (c)
		c->closest.lat_e7 += c->closest.lat_e7 > 0 ? -200000000 : 200000000;
	return c != NULL;
}

static bool change_minimum(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick(r, random);

	(void)w;
	if (c)
		c->minimum_vertical_e4++;
	return c != NULL;
}

static bool known(const struct dcf_result *r, uint32_t a, uint32_t b)
{
	for (size_t i = 0; i < r->conflict_count; i++)
		if ((r->conflicts[i].a == a && r->conflicts[i].b == b) || (r->conflicts[i].a == b && r->conflicts[i].b == a))
			return true;
	return false;
}

/* Turns a conflict into one of a pair that has none. */
static bool invent(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick_single(r, random, 0);
	const struct dcf_feature *f = w->plan.features;

	for (uint32_t i = 0; c && i < w->plan.feature_count; i++) {
		struct dcf_interval *v = &r->intervals[c->first_interval];

		if (f[i].party != f[c->b_feature].party || f[i].operation == c->a || known(r, c->a, f[i].operation))
			continue;
		c->b = f[i].operation;
		c->b_feature = v->b_feature = i;
		return true;
	}
	return false;
}

static bool swap_order(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict c;

	(void)w;
	(void)random;
	if (r->conflict_count < 2)
		return false;
	c = r->conflicts[0];
	r->conflicts[0] = r->conflicts[1];
	r->conflicts[1] = c;
	return true;
}

static bool join(const struct dcf_ora_world *w, struct dcf_result *r, struct dcf_ora_random *random)
{
	struct dcf_conflict *c = pick(r, random);
	struct dcf_interval *i = c ? &r->intervals[c->first_interval] : NULL;

	(void)w;
	if (!c || c->interval_count != 2 || i[0].a_feature != i[1].a_feature || i[0].b_feature != i[1].b_feature ||
	    i[1].start_us - i[0].end_us < SECOND / 10)
		return false;
	i[0].end_us = i[1].end_us;
	c->interval_count = 1;
	c->dwell_us = i[0].end_us - i[0].start_us;
	return true;
}

static struct tamper tampers[] = {
	{ "leave out a clear conflict", leave_out, 0.99, 250, 0, 0 },
	{ "begin 3 us late", begin_late, 0.85, 400, 0, 0 },
	{ "end early", end_early, 0.9, 400, 0, 0 },
	{ "begin 30 s early", begin_early, 0.9, 400, 0, 0 },
	{ "end 30 s late", end_late, 0.9, 400, 0, 0 },
	{ "change the class", change_class, 0.85, 400, 0, 0 },
	{ "cut the overlap short", cut_overlap, 0.75, 200, 0, 0 },
	{ "add 3 m to the gap", change_gap, 0.9, 500, 0, 0 },
	{ "add 3 ft to the vertical gap", change_height, 0.75, 300, 0, 0 },
	{ "move the closest point by 20 degrees", move_closest, 0.95, 500, 0, 0 },
	{ "change the minimum by 0.1 mm", change_minimum, 1, 500, 0, 0 },
	{ "invent a conflict", invent, 0.95, 100, 0, 0 },
	{ "swap two conflicts", swap_order, 1, 300, 0, 0 },
	{ "join two intervals", join, 0.75, 15, 0, 0 },
};

static void try_tamper(const struct dcf_ora_world *w, struct tamper *t, struct dcf_ora_random *random, FILE *out)
{
	struct dcf_result r = { 0 };

	CHECK(dcf_check(&w->plan, &w->options, &w->heap, &r) == DCF_OK);
	if (t->apply(w, &r, random)) {
		t->applied++;
		t->noticed += dcf_ora_verify(&w->plan, &w->options, &r, out) > 0;
	}
	dcf_result_free(&r);
}

static void tampered_answers_are_noticed(void)
{
	FILE *out = fopen("/dev/null", "w");
	struct dcf_ora_random random = { 3 };
	const char *text = getenv("VERIFY_WORLDS");
	uint64_t worlds = text ? strtoull(text, NULL, 10) : WORLDS;

	if (!out)
		abort();
	for (uint64_t n = 0; n < worlds; n++) {
		struct dcf_result r = { 0 };
		struct dcf_ora_world w;
		bool right;

		CHECK(dcf_ora_world_make(&w, 31, n, (struct dcf_ora_scale){ 2, 5 }, NULL));
		CHECK(dcf_check(&w.plan, &w.options, &w.heap, &r) == DCF_OK);
		right = dcf_ora_verify(&w.plan, &w.options, &r, out) == 0;
		dcf_result_free(&r);
		for (size_t i = 0; right && i < sizeof tampers / sizeof *tampers; i++)
			try_tamper(&w, &tampers[i], &random, out);
		dcf_ora_world_free(&w);
	}
	fclose(out);
	for (size_t i = 0; i < sizeof tampers / sizeof *tampers; i++) {
		const struct tamper *t = &tampers[i];

		printf("# %s: noticed %zu of %zu\n", t->name, t->noticed, t->applied);
		CHECK_MSG(t->applied >= t->least * worlds / WORLDS && (double)t->noticed >= t->share * (double)t->applied, "%s",
			  t->name);
	}
}

int main(void)
{
	return TAP_RUN(TAP(tampered_answers_are_noticed));
}
