/* SPDX-License-Identifier: Apache-2.0 */
#include "options/verify.h"
#include "core/sort.h"
#include "options/hurry.h"

/* A stay of the moved operation within the minima of another that does not forbid the change by itself. */
struct dcf_inside {
	uint32_t moved; /* operation */
	uint32_t other; /* operation */
	int64_t from_us, to_us;
	bool overlap;
};

void dcf_trial_init(struct dcf_trial *v, const struct dcf_standing *st, const struct dcf_ask *ask, const struct dcf_alloc *a)
{
	*v = (struct dcf_trial){ .st = st,
				 .ask = ask,
				 .scratch = { .from = a },
				 .pair = { .from = a },
				 .nears = { .from = a },
				 .before = { { .operation = DCF_NONE }, { .operation = DCF_NONE } } };
}

void dcf_trial_free(struct dcf_trial *v)
{
	dcf_alloc_free(v->scratch.from, v->inside, v->inside_cap * sizeof *v->inside);
	dcf_nears_free(&v->nears);
	dcf_pair_scratch_free(&v->pair);
	for (int i = 0; i < 2; i++)
		dcf_result_free(&v->before[i].result);
	dcf_arena_free(&v->scratch);
}

/* One question: the moved operations, their bodies, and what was found so far. */
struct looking {
	struct dcf_trial *v;
	const struct dcf_moved *moved;
	uint32_t count;
	bool conflict, hidden;
	uint32_t blocker;
};

static enum dcf_status remember(struct dcf_trial *v, uint32_t moved, uint32_t other, const struct dcf_pair_times *times)
{
	void *at = v->inside;
	enum dcf_status s =
		dcf_grow(v->scratch.from, &at, &v->inside_cap, v->inside_count + times->conflict->count, sizeof *v->inside);

	v->inside = at;
	for (size_t i = 0; s == DCF_OK && i < times->conflict->count; i++)
		v->inside[v->inside_count++] =
			(struct dcf_inside){ .moved = moved,
					     .other = other,
					     .from_us = times->w0_us + (int64_t)times->conflict->at[i].low,
					     .to_us = times->w0_us + (int64_t)times->conflict->at[i].high + 1,
					     .overlap = times->overlap->count > 0 };
	return s;
}

/* A body of a moved operation against one other body, the plan's or another moved one's. */
static enum dcf_status meet(struct looking *l, const struct dcf_body *x, const struct dcf_body *y)
{
	struct dcf_trial *v = l->v;
	const struct dcf_feature *f = x->feature, *g = y->feature;
	const struct dcf_minima *minima = dcf_standing_minima(v->st, f->party, g->party);
	struct dcf_pair_times times;
	int64_t w0, w1;
	enum dcf_status s;

	if (f->advisory || g->advisory || !dcf_pair_window(f, g, &w0, &w1))
		return DCF_OK;
	s = dcf_pair_when(x, y, &v->st->offsets, minima, w0, w1, &v->pair, &times);
	if (s != DCF_OK || times.conflict->count == 0)
		return s;
	if (f->party == g->party || (v->ask->accept_brief && minima->max_dwell_us != DCF_NO_LIMIT))
		return remember(v, f->operation, g->operation, &times);
	if (dcf_ask_may_know(v->ask, v->st->plan, g->operation)) {
		l->conflict = true;
		l->blocker = g->operation;
	} else {
		l->hidden = true;
	}
	return DCF_OK;
}

static bool is_moved(const struct looking *l, uint32_t operation)
{
	bool yes = false;

	for (uint32_t i = 0; i < l->count; i++)
		yes |= l->moved[i].operation == operation;
	return yes;
}

static enum dcf_status against_plan(struct looking *l, const struct dcf_body *body)
{
	struct dcf_trial *v = l->v;
	enum dcf_status s = dcf_standing_near(v->st, body, body->feature->operation, &(struct dcf_stray){ 0 }, &v->nears);

	for (size_t i = 0; s == DCF_OK && i < v->nears.count && !l->conflict; i++) {
		uint32_t k = v->nears.at[i].feature;
		struct dcf_body other;

		if ((i && v->nears.at[i - 1].feature == k) || is_moved(l, v->st->plan->features[k].operation) ||
		    dcf_surely_apart(v->st, body->feature, &v->st->plan->features[k]))
			continue;
		s = dcf_bodies_get(&v->st->bodies, k, &v->scratch, &other);
		s = s == DCF_OK ? meet(l, body, &other) : s;
	}
	return s;
}

static int compare_inside(const void *ctx, const void *x, const void *y)
{
	const struct dcf_inside *a = x, *b = y;

	(void)ctx;
	if (a->moved != b->moved)
		return a->moved < b->moved ? -1 : 1;
	if (a->other != b->other)
		return a->other < b->other ? -1 : 1;
	return a->from_us < b->from_us ? -1 : a->from_us > b->from_us;
}

/* Length of the union of the rows from `*at` on that concern the same two operations; `*at` moves behind them. */
static int64_t dwell_us(const struct dcf_trial *v, size_t *at, bool *overlap)
{
	const struct dcf_inside *first = &v->inside[*at];
	int64_t sum = 0, until = INT64_MIN;

	*overlap = false;
	for (; *at < v->inside_count; ++*at) {
		const struct dcf_inside *r = &v->inside[*at];
		int64_t from = r->from_us > until ? r->from_us : until;

		if (r->moved != first->moved || r->other != first->other)
			break;
		*overlap |= r->overlap;
		if (r->to_us > from) {
			sum += r->to_us - from;
			until = r->to_us;
		}
	}
	return sum;
}

enum dcf_status dcf_verify_dwell(struct dcf_trial *v, uint32_t a, uint32_t b, int64_t *us)
{
	const struct dcf_standing *st = v->st;
	size_t kept = v->inside_count, at = kept;
	bool overlap;
	enum dcf_status s = DCF_OK;

	for (uint32_t i = st->first_feature[a]; i < st->first_feature[a + 1] && s == DCF_OK; i++)
		for (uint32_t k = st->first_feature[b]; k < st->first_feature[b + 1] && s == DCF_OK; k++) {
			const struct dcf_feature *f = &st->plan->features[st->feature_of[i]],
						 *g = &st->plan->features[st->feature_of[k]];
			struct dcf_pair_times times;
			struct dcf_body x, y;
			int64_t w0, w1;

			if (f->advisory || g->advisory || !dcf_pair_window(f, g, &w0, &w1))
				continue;
			s = dcf_bodies_get(&st->bodies, st->feature_of[i], &v->scratch, &x);
			s = s == DCF_OK ? dcf_bodies_get(&st->bodies, st->feature_of[k], &v->scratch, &y) : s;
			s = s == DCF_OK ? dcf_pair_when(&x, &y, &st->offsets, dcf_standing_minima(st, f->party, g->party), w0,
							w1, &v->pair, &times)
					: s;
			s = s == DCF_OK ? remember(v, a, b, &times) : s;
		}
	*us = 0;
	if (s == DCF_OK && v->inside_count > kept) {
		s = dcf_sort(v->scratch.from, v->inside + kept, v->inside_count - kept, sizeof *v->inside, compare_inside,
			     NULL);
		*us = dwell_us(v, &at, &overlap);
	}
	v->inside_count = kept;
	return s;
}

static bool any_track(const struct dcf_standing *st, uint32_t operation)
{
	bool yes = false;

	for (uint32_t i = st->first_feature[operation]; i < st->first_feature[operation + 1]; i++)
		yes |= st->plan->features[st->feature_of[i]].shape == DCF_TRAJECTORY;
	return yes;
}

/* By how much must one be shifted at least to shorten their conflict by that much?  Of two volumes windows move against
 * each other, so it shortens no faster than time; of several pairs at once, no faster than that for each. */
static int64_t least_shift_us(const struct dcf_standing *st, uint32_t a, uint32_t b, int64_t too_long_us)
{
	int64_t pairs =
		(int64_t)(st->first_feature[a + 1] - st->first_feature[a]) * (st->first_feature[b + 1] - st->first_feature[b]);

	return any_track(st, a) || any_track(st, b) ? 0 : too_long_us / pairs;
}

/* What remains inside the own party may not be new or longer; what is brief must be brief in all. */
static enum dcf_status judge_inside(struct dcf_trial *v, enum dcf_verdict *verdict, uint32_t *blocker)
{
	const struct dcf_plan *plan = v->st->plan;
	enum dcf_status s = dcf_sort(v->scratch.from, v->inside, v->inside_count, sizeof *v->inside, compare_inside, NULL);
	size_t at = 0;

	while (s == DCF_OK && at < v->inside_count && *verdict == DCF_VERDICT_ACCEPTED) {
		uint32_t a = v->inside[at].moved, b = v->inside[at].other;
		uint32_t pa = plan->operations[a].party, pb = plan->operations[b].party;
		bool overlap;
		int64_t after = dwell_us(v, &at, &overlap), before;

		if (pa != pb) {
			if (overlap || after > dcf_standing_minima(v->st, pa, pb)->max_dwell_us)
				*verdict = dcf_ask_may_know(v->ask, v->st->plan, b) ? DCF_VERDICT_CONFLICT : DCF_VERDICT_HIDDEN;
		} else {
			s = dcf_verify_dwell(v, a, b, &before);
			if (s == DCF_OK && after > (before ? before + 2 : 0)) { /* ends are rounded outward to a microsecond */
				*verdict = DCF_VERDICT_INTERNAL;
				v->internal_for_us = least_shift_us(v->st, a, b, after - before - (before ? 2 : 0));
			}
		}
		if (*verdict != DCF_VERDICT_ACCEPTED)
			*blocker = b;
	}
	return s;
}

static enum dcf_status look(struct looking *l)
{
	struct dcf_trial *v = l->v;
	struct dcf_body *bodies[2] = { NULL, NULL };
	enum dcf_status s = DCF_OK;
	const char *why;

	for (uint32_t m = 0; m < l->count && s == DCF_OK; m++) {
		bodies[m] = dcf_arena_get(&v->scratch, (l->moved[m].feature_count + 1) * sizeof *bodies[m]);
		if (!bodies[m])
			return DCF_E_NOMEM;
		for (uint32_t i = 0; i < l->moved[m].feature_count && s == DCF_OK; i++)
			s = dcf_body_build(&l->moved[m].features[i], &v->scratch, &bodies[m][i], &why);
	}
	for (uint32_t m = 0; m < l->count; m++)
		for (uint32_t i = 0; i < l->moved[m].feature_count && s == DCF_OK && !l->conflict; i++)
			s = against_plan(l, &bodies[m][i]);
	for (uint32_t i = 0; l->count > 1 && i < l->moved[0].feature_count; i++)
		for (uint32_t k = 0; k < l->moved[1].feature_count && s == DCF_OK && !l->conflict; k++)
			s = meet(l, &bodies[0][i], &bodies[1][k]);
	return s;
}

static bool has_rules(const struct dcf_plan *plan)
{
	return plan->agreement.notice_count || plan->agreement.line_count || plan->agreement.area_count;
}

enum dcf_status dcf_verify(struct dcf_trial *v, const struct dcf_moved *moved, uint32_t count, enum dcf_verdict *verdict,
			   uint32_t *blocker)
{
	struct looking l = { .v = v, .moved = moved, .count = count, .blocker = DCF_NONE };
	enum dcf_status s;

	dcf_arena_rewind(&v->scratch);
	v->inside_count = 0;
	*blocker = DCF_NONE;
	*verdict = DCF_VERDICT_ACCEPTED;
	s = look(&l);
	if (s == DCF_E_REFUSED || s == DCF_E_LIMIT || s == DCF_E_RANGE) {
		*verdict = DCF_VERDICT_NO_SENSE;
		return DCF_OK;
	}
	if (s != DCF_OK)
		return s;
	if (l.conflict) {
		*verdict = DCF_VERDICT_CONFLICT;
		*blocker = l.blocker;
		return DCF_OK;
	}
	s = judge_inside(v, verdict, blocker);
	for (uint32_t m = 0; m < count && s == DCF_OK && *verdict == DCF_VERDICT_ACCEPTED && has_rules(v->st->plan); m++) {
		bool worse;

		s = dcf_verify_rules(v, moved[m].operation, moved[m].features, moved[m].feature_count, &worse);
		if (s == DCF_OK && worse)
			*verdict = DCF_VERDICT_RULE;
	}
	if (s == DCF_OK && *verdict == DCF_VERDICT_ACCEPTED && l.hidden)
		*verdict = DCF_VERDICT_HIDDEN;
	return s;
}

enum dcf_status dcf_verify_internal(struct dcf_trial *v, const struct dcf_moved *moved, uint32_t count, uint32_t operation,
				    struct dcf_arena *arena, uint32_t **list, uint32_t *n)
{
	struct looking l = { .v = v, .moved = moved, .count = count, .blocker = DCF_NONE };
	enum dcf_status s;

	dcf_arena_rewind(&v->scratch);
	v->inside_count = 0;
	*n = 0;
	s = look(&l);
	s = s == DCF_OK ? dcf_sort(v->scratch.from, v->inside, v->inside_count, sizeof *v->inside, compare_inside, NULL) : s;
	*list = dcf_arena_get(arena, (v->inside_count + 1) * sizeof **list);
	if (!*list)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < v->inside_count && s == DCF_OK; i++) {
		uint32_t other = v->inside[i].other;

		if (v->inside[i].moved == operation &&
		    v->st->plan->operations[other].party == v->st->plan->operations[operation].party &&
		    (*n == 0 || (*list)[*n - 1] != other))
			(*list)[(*n)++] = other;
	}
	return s;
}
