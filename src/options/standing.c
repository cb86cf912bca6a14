/* SPDX-License-Identifier: Apache-2.0 */
#include "options/standing.h"
#include "core/sort.h"

static enum dcf_status rank_operations(struct dcf_standing *st)
{
	size_t n = st->plan->operation_count;
	uint32_t *order = dcf_alloc_new(st->from, n * sizeof *order);
	enum dcf_status s = DCF_E_NOMEM;

	st->rank = dcf_alloc_new(st->from, n * sizeof *st->rank);
	if (!order || !st->rank)
		goto done;
	s = dcf_plan_rank_operations(st->plan, st->from, order, st->rank);
done:
	dcf_alloc_free(st->from, order, n * sizeof *order);
	return s;
}

/* Which features each operation has, refused ones left out: counted, then listed. */
static enum dcf_status list_features(struct dcf_standing *st)
{
	size_t ops = st->plan->operation_count;

	st->first_feature = dcf_alloc_new(st->from, (ops + 1) * sizeof *st->first_feature);
	st->feature_of = dcf_alloc_new(st->from, st->plan->feature_count * sizeof *st->feature_of);
	if (!st->first_feature || !st->feature_of)
		return DCF_E_NOMEM;
	memset(st->first_feature, 0, (ops + 1) * sizeof *st->first_feature);
	for (size_t i = 0; i < st->bodies.count; i++)
		if (dcf_bodies_feature(&st->bodies, i))
			st->first_feature[st->plan->features[i].operation + 1]++;
	for (size_t k = 0; k < ops; k++)
		st->first_feature[k + 1] += st->first_feature[k];
	/* fill from behind, so that each start ends where it belongs */
	for (size_t i = 0; i < st->bodies.count; i++)
		if (dcf_bodies_feature(&st->bodies, i))
			st->feature_of[st->first_feature[st->plan->features[i].operation]++] = (uint32_t)i;
	memmove(st->first_feature + 1, st->first_feature, ops * sizeof *st->first_feature);
	st->first_feature[0] = 0;
	return DCF_OK;
}

static enum dcf_status fill_minima(struct dcf_standing *st)
{
	size_t n = st->plan->party_count;

	st->minima = dcf_alloc_new(st->from, n * n * sizeof *st->minima);
	if (!st->minima)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < n; k++)
			st->minima[i * n + k] = dcf_minima_of(st->plan, st->question, i, k);
	return DCF_OK;
}

enum dcf_status dcf_standing_build(const struct dcf_plan *plan, const struct dcf_check_options *question,
				   const struct dcf_alloc *a, struct dcf_standing *st)
{
	double lateral_m;
	int64_t vertical_e4;
	enum dcf_status s;

	*st = (struct dcf_standing){ .from = a,
				     .plan = plan,
				     .question = question,
				     .offsets = dcf_offsets_of(&plan->atmosphere),
				     .bodies = { .from = a },
				     .items = { .from = a } };
	dcf_minima_largest(plan, question, &lateral_m, &vertical_e4);
	st->axes = dcf_axes_of(plan, &st->offsets, lateral_m, vertical_e4, &question->parallel);
	if ((s = dcf_bodies_build(plan, true, &question->parallel, &st->bodies)) != DCF_OK ||
	    (s = dcf_items_fill(&st->items, &st->axes, &st->bodies, &question->parallel)) != DCF_OK ||
	    (s = dcf_index_build(a, st->items.box, st->items.box_count, question->simd, &question->parallel, &st->ix)) !=
		    DCF_OK ||
	    (s = list_features(st)) != DCF_OK || (s = rank_operations(st)) != DCF_OK)
		return s;
	dcf_items_free_boxes(&st->items);
	return fill_minima(st);
}

void dcf_standing_free(struct dcf_standing *st)
{
	const struct dcf_alloc *a = st->from;
	size_t ops, parties;

	if (!a)
		return;
	ops = st->plan->operation_count;
	parties = st->plan->party_count;
	dcf_index_free(&st->ix);
	dcf_items_free(&st->items);
	dcf_bodies_free(&st->bodies);
	dcf_alloc_free(a, st->minima, parties * parties * sizeof *st->minima);
	dcf_alloc_free(a, st->first_feature, (ops + 1) * sizeof *st->first_feature);
	dcf_alloc_free(a, st->feature_of, st->plan->feature_count * sizeof *st->feature_of);
	dcf_alloc_free(a, st->rank, ops * sizeof *st->rank);
	*st = (struct dcf_standing){ .from = NULL };
}

void dcf_nears_free(struct dcf_nears *n)
{
	if (n->from)
		dcf_alloc_free(n->from, n->at, n->cap * sizeof *n->at);
	*n = (struct dcf_nears){ .from = n->from };
}

/* ---- asking ---- */

struct asking {
	const struct dcf_standing *st;
	struct dcf_nears *out;
	uint32_t operation, first, last;
};

static void take(void *ctx, const uint32_t *ids, size_t n)
{
	struct asking *q = ctx;
	const struct dcf_items *items = &q->st->items;
	void *at = q->out->at;

	if (q->out->failed || dcf_grow(q->out->from, &at, &q->out->cap, q->out->count + n, sizeof *q->out->at) != DCF_OK) {
		q->out->failed = true;
		return;
	}
	q->out->at = at;
	for (size_t i = 0; i < n; i++) {
		uint32_t f = ids[i] < items->features ? ids[i] : items->stretch[ids[i] - items->features].feature;

		if (q->st->plan->features[f].operation != q->operation)
			q->out->at[q->out->count++] = (struct dcf_near){ f, q->first, q->last, ids[i] };
	}
}

static int32_t saturated(int64_t v)
{
	return v > INT32_MAX - 1 ? INT32_MAX - 1 : v < INT32_MIN + 1 ? INT32_MIN + 1 : (int32_t)v;
}

static void widen(const struct dcf_axes *x, const struct dcf_stray *stray, struct dcf_box4 *b)
{
	unsigned t = x->time_shift;

	b->low[DCF_AXIS_TIME] = saturated(b->low[DCF_AXIS_TIME] - (stray->earlier_us >> t) - (stray->earlier_us > 0));
	b->high[DCF_AXIS_TIME] = saturated(b->high[DCF_AXIS_TIME] + (stray->later_us >> t) + (stray->later_us > 0));
	b->low[DCF_AXIS_ALT] = saturated(b->low[DCF_AXIS_ALT] - (stray->lower_e4 >> 4) - (stray->lower_e4 > 0));
	b->high[DCF_AXIS_ALT] = saturated(b->high[DCF_AXIS_ALT] + (stray->higher_e4 >> 4) + (stray->higher_e4 > 0));
}

static void ask(struct asking *q, const struct dcf_axes *x, const struct dcf_stray *stray, struct dcf_extent e)
{
	for (int i = 0; i < e.count; i++) {
		widen(x, stray, &e.box[i]);
		dcf_index_query(&q->st->ix, &e.box[i], take, q);
	}
}

static int compare_nears(const void *ctx, const void *x, const void *y)
{
	const struct dcf_near *a = x, *b = y;

	(void)ctx;
	if (a->feature != b->feature)
		return a->feature < b->feature ? -1 : 1;
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

/* Pieces asked about at once: fewer make boxes tighter, more make fewer questions. */
enum { PIECES = 8 };

enum dcf_status dcf_standing_near(const struct dcf_standing *st, const struct dcf_body *body, uint32_t operation,
				  const struct dcf_stray *stray, struct dcf_nears *out)
{
	struct asking q = { st, out, operation, 0, 0 };
	struct dcf_axes x = st->axes;
	enum dcf_status s;
	size_t n = 0;

	x.reach_m += stray->aside_m;
	out->count = 0;
	out->failed = false;
	if (body->feature->shape != DCF_TRAJECTORY) {
		ask(&q, &x, stray, dcf_extent_of_feature(&x, body->feature));
	} else {
		for (q.first = 0; q.first + 1 < body->track.n; q.first = q.last + 1) {
			q.last = q.first + PIECES - 1;
			q.last = q.last + 1 < body->track.n ? q.last : body->track.n - 2;
			ask(&q, &x, stray, dcf_extent_of_track(&x, &body->track, q.first, q.last));
		}
	}
	if (out->failed)
		return DCF_E_NOMEM;
	s = dcf_sort(out->from, out->at, out->count, sizeof *out->at, compare_nears, NULL);
	for (size_t i = 0; i < out->count && s == DCF_OK; i++)
		if (n == 0 || compare_nears(NULL, &out->at[n - 1], &out->at[i]) != 0)
			out->at[n++] = out->at[i];
	out->count = n;
	return s;
}

enum dcf_status dcf_standing_item(const struct dcf_standing *st, uint32_t item, struct dcf_arena *arena, struct dcf_body *out)
{
	const struct dcf_stretch *stretch;

	if (item < st->items.features)
		return dcf_bodies_get(&st->bodies, item, arena, out);
	stretch = &st->items.stretch[item - st->items.features];
	*out = (struct dcf_body){ .feature = stretch->view.feature, .track = stretch->view };
	return DCF_OK;
}

struct dcf_body dcf_near_part(const struct dcf_body *body, const struct dcf_near *near)
{
	struct dcf_body p = *body;

	if (body->feature->shape != DCF_TRAJECTORY)
		return p;
	p.track.v += near->first;
	p.track.t_us += near->first;
	p.track.leg += near->first;
	p.track.n = near->last - near->first + 2;
	return p;
}
