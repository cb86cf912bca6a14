/* SPDX-License-Identifier: Apache-2.0 */
/* What an operation clashes with: CHECK's test against its neighbours in the standing plan, grouped by operation. */
#include "core/sort.h"
#include "options/desk_int.h"
#include "options/hurry.h"

/* One pair of features in conflict. */
struct found {
	struct dcf_clash clash;
	int64_t dwell_us;
	bool overlap;
};

struct finding {
	struct dcf_desk *desk;
	struct found *at;
	size_t count, cap;
};

static enum dcf_status add(struct finding *q, const struct dcf_body *x, const struct dcf_body *y, uint32_t own, uint32_t other,
			   const struct dcf_pair_times *times)
{
	const struct dcf_range *first = &times->conflict->at[0], *last = &times->conflict->at[times->conflict->count - 1];
	struct dcf_pair_measure m;
	void *at = q->at;
	enum dcf_status s = dcf_grow(q->desk->from, &at, &q->cap, q->count + 1, sizeof *q->at);

	q->at = at;
	if (s != DCF_OK)
		return s;
	dcf_pair_measure(x, y, &q->desk->st->offsets, times, &m);
	q->at[q->count++] = (struct found){
		.clash = { .other = y->feature->operation,
			   .own_feature = own,
			   .other_feature = other,
			   .start_us = times->w0_us + (int64_t)first->low,
			   .end_us = times->w0_us + (int64_t)last->high + 1,
			   .closest = m.closest },
		.dwell_us = (int64_t)dcf_set_length(times->conflict),
		.overlap = times->overlap->count > 0,
	};
	return s;
}

static enum dcf_status against(struct finding *q, const struct dcf_body *x, uint32_t own, uint32_t other)
{
	const struct dcf_standing *st = q->desk->st;
	const struct dcf_feature *g = &st->plan->features[other];
	struct dcf_trial *v = &q->desk->verifier;
	struct dcf_pair_times times;
	struct dcf_body y;
	int64_t w0, w1;
	enum dcf_status s;

	if (g->party == x->feature->party || g->advisory || !dcf_pair_window(x->feature, g, &w0, &w1) ||
	    dcf_surely_apart(st, x->feature, g))
		return DCF_OK;
	s = dcf_bodies_get(&st->bodies, other, &v->scratch, &y);
	if (s == DCF_OK)
		s = dcf_pair_when(x, &y, &st->offsets, dcf_standing_minima(st, x->feature->party, g->party), w0, w1, &v->pair,
				  &times);
	return s == DCF_OK && times.conflict->count ? add(q, x, &y, own, other, &times) : s;
}

static int by_other(const void *ctx, const void *x, const void *y)
{
	const struct found *a = x, *b = y;

	(void)ctx;
	if (a->clash.other != b->clash.other)
		return a->clash.other < b->clash.other ? -1 : 1;
	if (a->clash.start_us != b->clash.start_us)
		return a->clash.start_us < b->clash.start_us ? -1 : 1;
	if (a->clash.own_feature != b->clash.own_feature)
		return a->clash.own_feature < b->clash.own_feature ? -1 : 1;
	return a->clash.other_feature < b->clash.other_feature ? -1 : a->clash.other_feature > b->clash.other_feature;
}

static int by_start(const void *ctx, const void *x, const void *y)
{
	const struct dcf_clash *a = x, *b = y;
	const struct dcf_standing *st = ctx;

	if (a->start_us != b->start_us)
		return a->start_us < b->start_us ? -1 : 1;
	return st->rank[a->other] < st->rank[b->other] ? -1 : st->rank[a->other] > st->rank[b->other];
}

/* One row an operation.  The dwell is a sum, where CHECK takes a union: what is brief here is brief there. */
static enum dcf_status group(struct finding *q, struct dcf_case *c)
{
	const struct dcf_standing *st = q->desk->st;
	struct dcf_clash *out = dcf_arena_get(&q->desk->arena, (q->count + 1) * sizeof *out);
	uint32_t party = st->plan->operations[c->operation].party;
	enum dcf_status s = dcf_sort(q->desk->from, q->at, q->count, sizeof *q->at, by_other, NULL);

	if (!out)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < q->count && s == DCF_OK;) {
		struct dcf_clash clash = q->at[i].clash;
		const struct dcf_minima *m = dcf_standing_minima(st, party, st->plan->operations[clash.other].party);
		int64_t dwell = 0;
		bool overlap = false;

		for (; i < q->count && q->at[i].clash.other == clash.other; i++) {
			dwell += q->at[i].dwell_us;
			overlap |= q->at[i].overlap;
			clash.end_us = q->at[i].clash.end_us > clash.end_us ? q->at[i].clash.end_us : clash.end_us;
		}
		clash.visible = dcf_ask_may_know(q->desk->ask, st->plan, clash.other);
		clash.brief = !overlap && m->max_dwell_us != DCF_NO_LIMIT && dwell <= m->max_dwell_us;
		out[c->clash_count++] = clash;
	}
	c->clash = out;
	return s == DCF_OK ? dcf_sort(q->desk->from, out, c->clash_count, sizeof *out, by_start, st) : s;
}

enum dcf_status dcf_case_clashes(struct dcf_desk *desk, struct dcf_case *c)
{
	const struct dcf_standing *st = desk->st;
	struct dcf_trial *v = &desk->verifier;
	struct finding q = { .desk = desk };
	enum dcf_status s = DCF_OK;

	c->clash_count = 0;
	dcf_arena_rewind(&v->scratch);
	for (uint32_t i = st->first_feature[c->operation]; i < st->first_feature[c->operation + 1] && s == DCF_OK; i++) {
		uint32_t own = st->feature_of[i];
		struct dcf_body x;

		if (st->plan->features[own].advisory)
			continue;
		s = dcf_bodies_get(&st->bodies, own, &v->scratch, &x);
		s = s == DCF_OK ? dcf_standing_near(st, &x, c->operation, &(struct dcf_stray){ 0 }, &v->nears) : s;
		for (size_t k = 0; s == DCF_OK && k < v->nears.count; k++)
			if (k == 0 || v->nears.at[k - 1].feature != v->nears.at[k].feature)
				s = against(&q, &x, own, v->nears.at[k].feature);
	}
	s = s == DCF_OK ? group(&q, c) : s;
	dcf_alloc_free(desk->from, q.at, q.cap * sizeof *q.at);
	return s;
}
