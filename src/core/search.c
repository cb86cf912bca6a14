/* SPDX-License-Identifier: Apache-2.0 */
#include "core/search.h"
#include "core/extent.h"
#include "core/filter.h"
#include "core/minima.h"
#include "core/sort.h"

void dcf_candidates_free(struct dcf_candidates *c)
{
	if (c->from)
		dcf_alloc_free(c->from, c->at, c->cap * sizeof *c->at);
	*c = (struct dcf_candidates){ .from = c->from };
}

bool dcf_search_wants(const struct dcf_check_options *options, const struct dcf_feature *a, const struct dcf_feature *b)
{
	if (a->operation == b->operation)
		return false;
	if (a->party == b->party && a->party != options->for_party)
		return false;
	return options->only_operation == DCF_NONE || a->operation == options->only_operation ||
	       b->operation == options->only_operation;
}

static enum dcf_status add(struct dcf_candidates *c, uint32_t a, uint32_t b)
{
	void *at = c->at;
	enum dcf_status s = DCF_OK;

	if (c->count == c->cap) {
		s = dcf_grow(c->from, &at, &c->cap, c->count + 1, sizeof *c->at);
		c->at = at;
	}
	if (s == DCF_OK)
		c->at[c->count++] = a < b ? (struct dcf_candidate){ a, b } : (struct dcf_candidate){ b, a };
	return s;
}

/* All pairs with a common window: the slow path, and the oracle of the other. */
static enum dcf_status all_pairs(const struct dcf_bodies *bodies, const struct dcf_check_options *options,
				 struct dcf_candidates *out)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < bodies->count; i++)
		for (size_t k = i + 1; bodies->kept[i].feature && k < bodies->count && s == DCF_OK; k++) {
			int64_t from, to;

			if (bodies->kept[k].feature &&
			    dcf_search_wants(options, bodies->kept[i].feature, bodies->kept[k].feature) &&
			    dcf_pair_window(bodies->kept[i].feature, bodies->kept[k].feature, &from, &to))
				s = add(out, (uint32_t)i, (uint32_t)k);
		}
	out->seen = out->count;
	return s;
}

/* ---- what the index holds: a volume, or a stretch of a track ---- */

struct item {
	uint32_t feature;
	uint32_t first, last; /* pieces of a track */
};

struct items {
	const struct dcf_alloc *from;
	struct item *item;
	size_t count, cap;
	struct dcf_index_item *box;
	size_t box_count, box_cap;
};

static void items_free(struct items *t)
{
	dcf_alloc_free(t->from, t->item, t->cap * sizeof *t->item);
	dcf_alloc_free(t->from, t->box, t->box_cap * sizeof *t->box);
}

static enum dcf_status add_item(struct items *t, const struct dcf_feature *f, struct item item, const struct dcf_extent *e)
{
	void *p = t->item;
	enum dcf_status s = dcf_grow(t->from, &p, &t->cap, t->count + 1, sizeof item);

	t->item = p;
	if (s != DCF_OK)
		return s;
	p = t->box;
	s = dcf_grow(t->from, &p, &t->box_cap, t->box_count + 2, sizeof *t->box);
	t->box = p;
	if (s != DCF_OK)
		return s;
	for (int i = 0; i < e->count; i++)
		t->box[t->box_count++] =
			(struct dcf_index_item){ .box = e->box[i], .id = (uint32_t)t->count, .group = f->party };
	t->item[t->count++] = item;
	return DCF_OK;
}

/* Pieces in one box: fewer make boxes tighter, more make fewer of them. */
enum { STRETCH = 8 };

/* Consecutive legs until they hold STRETCH pieces; a longer leg is cut into stretches of its own. */
static enum dcf_status add_track(struct items *t, const struct dcf_axes *axes, const struct dcf_track *track, uint32_t feature)
{
	const struct dcf_feature *f = track->feature;
	uint32_t first = 0, pieces = track->n - 1;
	enum dcf_status s = DCF_OK;

	while (first < pieces && s == DCF_OK) {
		uint32_t end = first;
		struct dcf_extent e;

		while (end < pieces && (end - first < STRETCH || track->leg[end] == track->leg[end - 1]))
			end++;
		if (end - first > 3 * STRETCH) {
			end = first + STRETCH;
			e = dcf_extent_of_track(axes, track, first, end - 1);
		} else if (first > 0 && track->leg[first] == track->leg[first - 1]) {
			e = dcf_extent_of_track(axes, track, first, end - 1);
		} else {
			e = dcf_extent_of_legs(axes, f, track->leg[first], track->leg[end - 1]);
		}
		s = add_item(t, f, (struct item){ feature, first, end - 1 }, &e);
		first = end;
	}
	return s;
}

static enum dcf_status fill_items(struct items *t, const struct dcf_axes *axes, const struct dcf_bodies *bodies)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < bodies->count && s == DCF_OK; i++) {
		const struct dcf_feature *f = bodies->kept[i].feature;
		struct dcf_extent e;

		if (!f)
			continue;
		if (f->shape == DCF_TRAJECTORY) {
			s = add_track(t, axes, &bodies->kept[i].track, (uint32_t)i);
			continue;
		}
		e = dcf_extent_of_feature(axes, f);
		s = add_item(t, f, (struct item){ (uint32_t)i, 0, 0 }, &e);
	}
	return s;
}

/* ---- one share of the join ---- */

struct share {
	struct search *search;
	struct dcf_candidates found;
	struct dcf_pair_scratch scratch;
	struct dcf_arena made;
	uint64_t seen;
	enum dcf_status status;
	bool stop;
};

struct search {
	const struct dcf_bodies *bodies;
	const struct dcf_check_options *options;
	const struct dcf_offsets *offsets;
	const struct items *items;
	const struct dcf_index *ix;
	struct share *shares;
	unsigned jobs;
};

static void clip_to_item(const struct dcf_bodies *bodies, const struct item *it, int64_t *from, int64_t *to)
{
	const struct dcf_track *t = &bodies->kept[it->feature].track;
	int64_t start, first, last;

	if (!t->feature)
		return;
	start = t->feature->start_us;
	/* a microsecond around, since pieces may end between whole ones */
	first = start + (int64_t)t->t_us[it->first] - 1;
	last = start + (int64_t)t->t_us[it->last + 1] + 1;
	*from = first > *from ? first : *from;
	*to = last < *to ? last : *to;
}

/* Could these two be in conflict?  Volumes are left to the filter; stretches of tracks are tested exactly. */
static enum dcf_status could_conflict(struct share *s, const struct item *a, const struct item *b, bool *yes)
{
	const struct search *q = s->search;
	const struct dcf_feature *fa = q->bodies->kept[a->feature].feature, *fb = q->bodies->kept[b->feature].feature;
	struct dcf_minima minima;
	struct dcf_pair_times times;
	struct dcf_body x, y;
	int64_t from, to;
	enum dcf_status st;

	*yes = false;
	if (!dcf_search_wants(q->options, fa, fb) || !dcf_pair_window(fa, fb, &from, &to))
		return DCF_OK;
	minima = dcf_minima_of(q->bodies->plan, q->options, fa->party, fb->party);
	if (fa->shape != DCF_TRAJECTORY && fb->shape != DCF_TRAJECTORY) {
		*yes = dcf_filter_volumes(fa, fb, q->offsets, &minima) != DCF_FILTER_APART;
		return DCF_OK;
	}
	clip_to_item(q->bodies, a, &from, &to);
	clip_to_item(q->bodies, b, &from, &to);
	if (from >= to)
		return DCF_OK;
	dcf_arena_rewind(&s->made);
	st = dcf_bodies_get(q->bodies, a->feature, &s->made, &x);
	st = st == DCF_OK ? dcf_bodies_get(q->bodies, b->feature, &s->made, &y) : st;
	st = st == DCF_OK ? dcf_pair_when(&x, &y, q->offsets, &minima, from, to, &s->scratch, &times) : st;
	*yes = st == DCF_OK && times.conflict->count > 0;
	return st;
}

static void take(void *ctx, const struct dcf_pair_ids *pairs, size_t n)
{
	struct share *s = ctx;

	s->seen += n;
	for (size_t i = 0; i < n && s->status == DCF_OK; i++) {
		const struct item *a = &s->search->items->item[pairs[i].a], *b = &s->search->items->item[pairs[i].b];
		bool yes;

		s->status = could_conflict(s, a, b, &yes);
		if (s->status == DCF_OK && yes)
			s->status = add(&s->found, a->feature, b->feature);
	}
	s->stop = s->status != DCF_OK;
}

static void run_share(void *arg, unsigned k)
{
	struct search *q = arg;
	struct share *s = &q->shares[k];

	dcf_index_join(q->ix, q->options->for_party, k, q->jobs, take, s, &s->stop);
}

static int compare_candidates(const void *ctx, const void *x, const void *y)
{
	const struct dcf_candidate *a = x, *b = y;

	(void)ctx;
	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

static enum dcf_status gather(struct search *q, struct dcf_candidates *out)
{
	enum dcf_status s = DCF_OK;
	size_t n = 0;

	for (unsigned k = 0; k < q->jobs; k++) {
		struct share *sh = &q->shares[k];

		s = s == DCF_OK ? sh->status : s;
		out->seen += sh->seen;
		for (size_t i = 0; i < sh->found.count && s == DCF_OK; i++)
			s = add(out, sh->found.at[i].a, sh->found.at[i].b);
		dcf_candidates_free(&sh->found);
		dcf_pair_scratch_free(&sh->scratch);
		dcf_arena_free(&sh->made);
	}
	s = s == DCF_OK ? dcf_sort(out->from, out->at, out->count, sizeof *out->at, compare_candidates, NULL) : s;
	for (size_t i = 0; i < out->count && s == DCF_OK; i++)
		if (n == 0 || compare_candidates(NULL, &out->at[n - 1], &out->at[i]) != 0)
			out->at[n++] = out->at[i];
	out->count = s == DCF_OK ? n : 0;
	return s;
}

static enum dcf_status join_shares(struct search *q, struct dcf_candidates *out)
{
	const struct dcf_alloc *a = out->from;
	unsigned threads = q->options->parallel ? q->options->threads : 1;

	q->jobs = threads > 1 ? threads * 16 : 1;
	q->shares = dcf_alloc_new(a, q->jobs * sizeof *q->shares);
	if (!q->shares)
		return DCF_E_NOMEM;
	for (unsigned k = 0; k < q->jobs; k++)
		q->shares[k] = (struct share){
			.search = q, .found = { .from = a }, .scratch = { .from = a }, .made = { .from = a }
		};
	if (q->jobs > 1)
		q->options->parallel(q->options->parallel_ctx, q->jobs, run_share, q);
	else
		run_share(q, 0);
	{
		enum dcf_status s = gather(q, out);

		dcf_alloc_free(a, q->shares, q->jobs * sizeof *q->shares);
		return s;
	}
}

enum dcf_status dcf_search(const struct dcf_bodies *bodies, const struct dcf_check_options *options,
			   const struct dcf_offsets *offsets, struct dcf_candidates *out)
{
	struct items items = { .from = out->from };
	struct dcf_parallel parallel = { options->parallel, options->parallel_ctx, options->threads };
	struct search q = { .bodies = bodies, .options = options, .offsets = offsets, .items = &items };
	struct dcf_index ix = { .from = NULL };
	struct dcf_axes axes;
	double lateral_m;
	int64_t vertical_e4;
	enum dcf_status s;

	if (options->engine == DCF_ENGINE_BRUTE)
		return all_pairs(bodies, options, out);
	dcf_minima_largest(bodies->plan, options, &lateral_m, &vertical_e4);
	axes = dcf_axes_of(bodies->plan, offsets, lateral_m, vertical_e4);
	s = fill_items(&items, &axes, bodies);
	if (s == DCF_OK)
		s = dcf_index_build(out->from, items.box, items.box_count, options->simd, &parallel, &ix);
	q.ix = &ix;
	if (s == DCF_OK)
		s = join_shares(&q, out);
	out->index_bytes = ix.bytes;
	out->index_items = items.count;
	dcf_index_free(&ix);
	items_free(&items);
	return s;
}
