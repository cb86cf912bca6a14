/* SPDX-License-Identifier: Apache-2.0 */
#include "core/search.h"
#include "core/filter.h"
#include "core/items.h"
#include "core/minima.h"

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
		for (size_t k = i + 1; dcf_bodies_feature(bodies, i) && k < bodies->count && s == DCF_OK; k++) {
			int64_t from, to;

			if (dcf_bodies_feature(bodies, k) &&
			    dcf_search_wants(options, dcf_bodies_feature(bodies, i), dcf_bodies_feature(bodies, k)) &&
			    dcf_pair_window(dcf_bodies_feature(bodies, i), dcf_bodies_feature(bodies, k), &from, &to))
				s = add(out, (uint32_t)i, (uint32_t)k);
		}
	out->seen = out->count;
	return s;
}

/* ---- one share of the join ---- */

struct share {
	const struct search *search;
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
	const struct dcf_items *items;
	const struct dcf_index *ix;
	const struct dcf_minima *minima; /* by pair of parties; NULL when there are too many */
	struct share *shares;
	unsigned jobs;
};

static void clip_to_stretch(const struct dcf_track *view, int64_t *from, int64_t *to)
{
	int64_t start = view->feature->start_us;
	/* a microsecond around, since pieces may end between whole ones */
	int64_t first = start + (int64_t)view->t_us[0] - 1, last = start + (int64_t)view->t_us[view->n - 1] + 1;

	*from = first > *from ? first : *from;
	*to = last < *to ? last : *to;
}

/* The feature of an item; a stretch of a track clips the window as well. */
static uint32_t feature_of_item(const struct search *q, uint32_t item, int64_t *from, int64_t *to)
{
	const struct dcf_stretch *it;

	if (item < q->items->features)
		return item;
	it = &q->items->stretch[item - q->items->features];
	clip_to_stretch(&it->view, from, to);
	return it->feature;
}

static const struct dcf_minima *minima_between(const struct search *q, uint32_t a, uint32_t b, struct dcf_minima *made)
{
	if (q->minima)
		return &q->minima[(size_t)a * q->bodies->plan->party_count + b];
	*made = dcf_minima_of(q->bodies->plan, q->options, a, b);
	return made;
}

/* The body of an item: for a stretch only its own pieces, which are all that its window can need. */
static enum dcf_status body_of_item(struct share *s, uint32_t item, struct dcf_body *out)
{
	const struct dcf_items *items = s->search->items;

	if (item < items->features)
		return dcf_bodies_get(s->search->bodies, item, &s->made, out);
	*out = (struct dcf_body){ .feature = items->stretch[item - items->features].view.feature,
				  .track = items->stretch[item - items->features].view };
	return DCF_OK;
}

/* Are these two in conflict within the time that their items have in common? */
static enum dcf_status in_conflict(struct share *s, struct dcf_pair_ids pair, const struct dcf_minima *minima, int64_t from,
				   int64_t to, bool *yes)
{
	const struct search *q = s->search;
	struct dcf_pair_times times;
	struct dcf_body x, y;
	enum dcf_status st;

	dcf_arena_rewind(&s->made);
	st = body_of_item(s, pair.a, &x);
	st = st == DCF_OK ? body_of_item(s, pair.b, &y) : st;
	st = st == DCF_OK ? dcf_pair_when(&x, &y, q->offsets, minima, from, to, &s->scratch, &times) : st;
	*yes = st == DCF_OK && times.conflict->count > 0;
	return st;
}

static enum dcf_status take_one(struct share *s, struct dcf_pair_ids pair)
{
	const struct search *q = s->search;
	int64_t from = INT64_MIN, to = INT64_MAX, w0, w1;
	uint32_t a = feature_of_item(q, pair.a, &from, &to), b = feature_of_item(q, pair.b, &from, &to);
	const struct dcf_feature *fa = &q->bodies->plan->features[a], *fb = &q->bodies->plan->features[b];
	const struct dcf_minima *minima;
	struct dcf_minima made;
	enum dcf_filter filter = DCF_FILTER_UNSURE;
	enum dcf_status st = DCF_OK;
	bool yes = true;

	if (!dcf_search_wants(q->options, fa, fb) || !dcf_pair_window(fa, fb, &w0, &w1))
		return DCF_OK;
	from = w0 > from ? w0 : from;
	to = w1 < to ? w1 : to;
	if (from >= to)
		return DCF_OK;
	minima = minima_between(q, fa->party, fb->party, &made);
	if (fa->shape != DCF_TRAJECTORY && fb->shape != DCF_TRAJECTORY)
		filter = dcf_filter_volumes(fa, fb, q->offsets, minima);
	if (filter == DCF_FILTER_APART)
		return DCF_OK;
	if (s->found.count >= DCF_CONFLICTS_MAX)
		return DCF_E_LIMIT;
	if (filter == DCF_FILTER_UNSURE)
		st = in_conflict(s, pair, minima, from, to, &yes);
	return st == DCF_OK && yes ? add(&s->found, a, b) : st;
}

static void prefetch_item(const struct search *q, uint32_t item)
{
	const char *f;

	if (item >= q->items->features) {
		__builtin_prefetch(&q->items->stretch[item - q->items->features]);
		__builtin_prefetch((const char *)&q->items->stretch[item - q->items->features] + sizeof(struct dcf_stretch) -
				   1);
		return;
	}
	f = (const char *)&q->bodies->plan->features[item];
	__builtin_prefetch(f);
	__builtin_prefetch(f + 64);
}

static void prefetch_points(const struct search *q, uint32_t item)
{
	const char *p;

	if (item >= q->items->features) {
		const struct dcf_track *view = &q->items->stretch[item - q->items->features].view;

		__builtin_prefetch(view->feature);
		__builtin_prefetch((const char *)view->feature + 128);
		__builtin_prefetch(view->t_us);
		for (p = (const char *)view->v; p < (const char *)(view->v + view->n); p += 64)
			__builtin_prefetch(p);
		return;
	}
	p = (const char *)q->bodies->plan->features[item].points;
	__builtin_prefetch(p);
	__builtin_prefetch(p + 64);
}

static void take(void *ctx, const struct dcf_pair_ids *pairs, size_t n)
{
	enum { AHEAD = 24 };
	struct share *s = ctx;

	s->seen += n;
	for (size_t i = 0; i < n + AHEAD && s->status == DCF_OK; i++) {
		/* Memory is touched at random: ask for features two steps ahead, for points one step ahead. */
		if (i < n) {
			prefetch_item(s->search, pairs[i].a);
			prefetch_item(s->search, pairs[i].b);
		}
		if (i >= AHEAD / 2 && i - AHEAD / 2 < n) {
			prefetch_points(s->search, pairs[i - AHEAD / 2].a);
			prefetch_points(s->search, pairs[i - AHEAD / 2].b);
		}
		if (i >= AHEAD)
			s->status = take_one(s, pairs[i - AHEAD]);
	}
	s->stop = s->status != DCF_OK;
}

static void run_share(void *arg, unsigned k)
{
	struct search *q = arg;
	struct share *s = &q->shares[k];

	dcf_index_join(q->ix, q->options->for_party, k, q->jobs, take, s, &s->stop);
}

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static uint64_t key_of(struct dcf_candidate c)
{
	return (uint64_t)c.a << 32 | c.b;
}

/* Least significant digit radix sort by (a, b); digits on which all agree are left out. */
static enum dcf_status sort_candidates(struct dcf_candidates *c)
{
	struct dcf_candidate *from = c->at, *to, *other;
	uint64_t any = 0;

	for (size_t i = 1; i < c->count; i++)
		any |= key_of(c->at[i]) ^ key_of(c->at[0]);
	other = to = dcf_alloc_new(c->from, c->count * sizeof *to);
	if (!other)
		return DCF_E_NOMEM;
	for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
		size_t place[DIGITS] = { 0 }, sum = 0;
		struct dcf_candidate *t;

		if (!(any >> shift & (DIGITS - 1)))
			continue;
		for (size_t i = 0; i < c->count; i++)
			place[key_of(from[i]) >> shift & (DIGITS - 1)]++;
		for (size_t d = 0; d < DIGITS; d++) {
			size_t n = place[d];

			place[d] = sum;
			sum += n;
		}
		for (size_t i = 0; i < c->count; i++)
			to[place[key_of(from[i]) >> shift & (DIGITS - 1)]++] = from[i];
		t = from;
		from = to;
		to = t;
	}
	if (from != c->at)
		memcpy(c->at, from, c->count * sizeof *from);
	dcf_alloc_free(c->from, other, c->count * sizeof *other);
	return DCF_OK;
}

static enum dcf_status append(struct dcf_candidates *to, const struct dcf_candidates *more)
{
	void *at = to->at;
	enum dcf_status s = dcf_grow(to->from, &at, &to->cap, to->count + more->count, sizeof *to->at);

	to->at = at;
	if (s == DCF_OK && more->count) {
		memcpy(to->at + to->count, more->at, more->count * sizeof *to->at);
		to->count += more->count;
	}
	return s;
}

static enum dcf_status gather(struct search *q, struct dcf_candidates *out)
{
	enum dcf_status s = DCF_OK;
	size_t n = 0;

	for (unsigned k = 0; k < q->jobs; k++) {
		struct share *sh = &q->shares[k];

		s = s == DCF_OK ? sh->status : s;
		out->seen += sh->seen;
		if (s == DCF_OK && out->count + sh->found.count > DCF_CONFLICTS_MAX)
			s = DCF_E_LIMIT;
		s = s == DCF_OK ? append(out, &sh->found) : s;
		dcf_candidates_free(&sh->found);
		dcf_pair_scratch_free(&sh->scratch);
		dcf_arena_free(&sh->made);
	}
	s = s == DCF_OK ? sort_candidates(out) : s;
	for (size_t i = 0; i < out->count && s == DCF_OK; i++)
		if (n == 0 || key_of(out->at[n - 1]) != key_of(out->at[i]))
			out->at[n++] = out->at[i];
	out->count = s == DCF_OK ? n : 0;
	return s;
}

static enum dcf_status join_shares(struct search *q, struct dcf_candidates *out)
{
	const struct dcf_alloc *a = out->from;
	unsigned threads = dcf_parallel_threads(&q->options->parallel);
	enum dcf_status s;

	q->jobs = threads > 1 ? threads * 16 : 1;
	q->shares = dcf_alloc_new(a, q->jobs * sizeof *q->shares);
	if (!q->shares)
		return DCF_E_NOMEM;
	for (unsigned k = 0; k < q->jobs; k++)
		q->shares[k] =
			(struct share){ .search = q, .found = { .from = a }, .scratch = { .from = a }, .made = { .from = a } };
	dcf_parallel_run(&q->options->parallel, q->jobs, run_share, q);
	s = gather(q, out);
	dcf_alloc_free(a, q->shares, q->jobs * sizeof *q->shares);
	return s;
}

enum { MATRIX_PARTIES = 256 };

/* The minima of every pair of parties, so that no pair of features asks the rules again. */
static enum dcf_status minima_matrix(const struct dcf_plan *plan, const struct dcf_check_options *options,
				     const struct dcf_alloc *a, struct dcf_minima **out)
{
	size_t n = plan->party_count;

	*out = NULL;
	if (n > MATRIX_PARTIES)
		return DCF_OK;
	*out = dcf_alloc_new(a, n * n * sizeof **out);
	if (!*out)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < n; k++)
			(*out)[i * n + k] = dcf_minima_of(plan, options, i, k);
	return DCF_OK;
}

static enum dcf_status build_index(const struct dcf_bodies *bodies, const struct dcf_check_options *options,
				   const struct dcf_offsets *offsets, struct dcf_items *items, struct dcf_index *ix)
{
	double lateral_m;
	int64_t vertical_e4;
	struct dcf_axes axes;
	enum dcf_status s;

	dcf_minima_largest(bodies->plan, options, &lateral_m, &vertical_e4);
	axes = dcf_axes_of(bodies->plan, offsets, lateral_m, vertical_e4, &options->parallel);
	s = dcf_items_fill(items, &axes, bodies, &options->parallel);
	if (s == DCF_OK)
		s = dcf_index_build(items->from, items->box, items->box_count, options->simd, &options->parallel, ix);
	return s;
}

enum dcf_status dcf_search(const struct dcf_bodies *bodies, const struct dcf_check_options *options,
			   const struct dcf_offsets *offsets, struct dcf_candidates *out)
{
	struct dcf_items items = { .from = out->from };
	struct search q = { .bodies = bodies, .options = options, .offsets = offsets, .items = &items };
	struct dcf_index ix = { .from = NULL };
	struct dcf_minima *matrix = NULL;
	size_t parties = bodies->plan->party_count;
	enum dcf_status s;

	if (options->engine == DCF_ENGINE_BRUTE)
		return all_pairs(bodies, options, out);
	s = minima_matrix(bodies->plan, options, out->from, &matrix);
	if (s == DCF_OK)
		s = build_index(bodies, options, offsets, &items, &ix);
	q.ix = &ix;
	q.minima = matrix;
	out->index_bytes = ix.bytes;
	out->index_items = items.box_count;
	dcf_items_free_boxes(&items); /* they are in the index now */
	if (s == DCF_OK)
		s = join_shares(&q, out);
	dcf_index_free(&ix);
	dcf_items_free(&items);
	dcf_alloc_free(out->from, matrix, parties * parties * sizeof *matrix);
	return s;
}

enum dcf_status dcf_detect(const struct dcf_plan *plan, const struct dcf_check_options *options, struct dcf_candidates *out)
{
	struct dcf_bodies bodies = { .from = out->from };
	struct dcf_offsets offsets = dcf_offsets_of(&plan->atmosphere);
	enum dcf_status s = dcf_bodies_build(plan, false, &options->parallel, &bodies);

	if (s == DCF_OK)
		s = dcf_search(&bodies, options, &offsets, out);
	dcf_bodies_free(&bodies);
	return s;
}
