/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"
#include "core/sort.h"

void dcf_live_scratch_free(struct dcf_live_scratch *s)
{
	if (!s->from)
		return;
	dcf_pair_scratch_free(&s->pair);
	dcf_arena_free(&s->probe);
	dcf_arena_free(&s->made);
	dcf_alloc_free(s->from, s->part, s->part_cap * sizeof *s->part);
	dcf_alloc_free(s->from, s->find, s->find_cap * sizeof *s->find);
	dcf_alloc_free(s->from, s->met.op, s->met.room * sizeof *s->met.op);
	dcf_alloc_free(s->from, s->met.unsure, s->met.unsure_cap * sizeof *s->met.unsure);
	*s = (struct dcf_live_scratch){ .from = s->from };
}

static void begin(struct dcf_live_scratch *s)
{
	s->pair.from = s->from;
	s->probe.from = s->from;
	s->made.from = s->from;
	dcf_arena_rewind(&s->probe);
	s->part_count = s->find_count = 0;
}

/* ---- asking the runs and trees ---- */

struct asking {
	const struct dcf_live *live;
	const struct dcf_live_view *view;
	struct dcf_live_scratch *scratch;
	uint32_t left_out; /* party, or DCF_MANY_GROUPS */
	uint32_t part;
	bool failed;
};

static void take(void *ctx, const uint32_t *ids, size_t n)
{
	struct asking *q = ctx;
	struct dcf_live_scratch *s = q->scratch;
	void *p = s->find;

	if (q->failed || dcf_grow(s->from, &p, &s->find_cap, s->find_count + n, sizeof *s->find) != DCF_OK) {
		q->failed = true;
		return;
	}
	s->find = p;
	for (size_t i = 0; i < n; i++) {
		s->find[s->find_count++] = (struct dcf_live_find){ .slot = ids[i], .part = q->part };
		__builtin_prefetch(dcf_live_slot_at(q->live, ids[i]));
	}
}

static bool lane_meets(const struct dcf_index_boxes *n, uint32_t i, const struct dcf_box4 *b)
{
	return n->low[DCF_AXIS_TIME][i] < b->high[DCF_AXIS_TIME] && n->high[DCF_AXIS_TIME][i] > b->low[DCF_AXIS_TIME] &&
	       n->low[DCF_AXIS_LAT][i] <= b->high[DCF_AXIS_LAT] && n->high[DCF_AXIS_LAT][i] >= b->low[DCF_AXIS_LAT] &&
	       n->low[DCF_AXIS_LON][i] <= b->high[DCF_AXIS_LON] && n->high[DCF_AXIS_LON][i] >= b->low[DCF_AXIS_LON] &&
	       n->low[DCF_AXIS_ALT][i] <= b->high[DCF_AXIS_ALT] && n->high[DCF_AXIS_ALT][i] >= b->low[DCF_AXIS_ALT];
}

/* A run that is still being filled: only what was there when its count was read. */
static void ask_open_run(struct asking *q, const struct dcf_live_run *r, uint32_t count, const struct dcf_box4 *box)
{
	for (uint32_t l = 0; l * DCF_NODE < count; l++) {
		uint32_t lanes = count - l * DCF_NODE < DCF_NODE ? count - l * DCF_NODE : DCF_NODE;
		const struct dcf_index_leaf *leaf = &r->leaf[l];

		if (lanes == DCF_NODE && !lane_meets(&r->node, l, box))
			continue;
		for (uint32_t i = 0; i < lanes; i++)
			if (leaf->group[i] != q->left_out && lane_meets(&leaf->boxes, i, box))
				take(q, &leaf->id[i], 1);
	}
}

static bool boxes_meet(const struct dcf_box4 *a, const struct dcf_box4 *b)
{
	bool meet = a->low[DCF_AXIS_TIME] < b->high[DCF_AXIS_TIME] && a->high[DCF_AXIS_TIME] > b->low[DCF_AXIS_TIME];

	for (int k = 0; k < DCF_AXIS_TIME; k++)
		meet = meet && a->low[k] <= b->high[k] && a->high[k] >= b->low[k];
	return meet;
}

static void ask_box(struct asking *q, const struct dcf_box4 *box)
{
	const struct dcf_live_set *set = q->view->set;
	enum dcf_simd simd = q->live->simd;

	for (uint32_t i = 0; i < set->tree_count; i++)
		for (int c = 0; c < DCF_INDEX_CLASSES; c++)
			if (boxes_meet(&set->tree[i]->hull[c], box))
				dcf_index_query_tree(&set->tree[i]->ix.tree[c], simd, box, q->left_out, take, q);
	for (uint32_t i = 0; i < set->run_count; i++) {
		const struct dcf_live_run *r = set->run[i];
		uint32_t count = atomic_load_explicit(&r->count, memory_order_acquire);

		if (count == LIVE_RUN)
			dcf_index_query_tree(&r->tree, simd, box, q->left_out, take, q);
		else
			ask_open_run(q, r, count, box);
	}
}

/* ---- boxes of a probe ---- */

/* How far to look around a probe. */
struct around {
	const struct dcf_offsets *offsets;
	struct dcf_axes axes;
	int64_t below_e4, above_e4;
	int64_t earlier, later; /* units of the time axis */
};

static int64_t units_of(const struct dcf_axes *axes, int64_t us)
{
	return us <= 0 ? 0 : ((us - 1) >> axes->time_shift) + 1;
}

static struct around around_of(const struct dcf_live *live, const struct dcf_live_view *view,
			       const struct dcf_live_probe *probe, const struct dcf_live_margin *margin)
{
	const struct dcf_live_frame *f = view->frame;
	const struct dcf_live_reach *reach = &f->reach[probe->party == DCF_NONE ? f->parties : probe->party];
	struct around a = {
		.offsets = &f->offsets, .axes = live->axes, .below_e4 = reach->vertical_e4, .above_e4 = reach->vertical_e4
	};

	a.axes.reach_m = reach->lateral_m;
	if (!margin)
		return a;
	a.axes.reach_m += margin->aside_m;
	a.below_e4 += margin->lower_e4;
	a.above_e4 += margin->higher_e4;
	a.earlier = units_of(&a.axes, margin->earlier_us);
	a.later = units_of(&a.axes, margin->later_us);
	return a;
}

static int32_t saturated(int64_t v)
{
	return v > INT32_MAX - 1 ? INT32_MAX - 1 : v < INT32_MIN + 1 ? INT32_MIN + 1 : (int32_t)v;
}

/* Levels of a volume, or of waypoints first..last, in the frame of `ref`. */
static void levels_in(const struct dcf_feature *f, uint32_t first, uint32_t last, const struct dcf_offsets *o, uint8_t ref,
		      int64_t *low_e4, int64_t *high_e4)
{
	if (f->shape == DCF_TRAJECTORY)
		dcf_vertical_leg_extent(f, o, ref, first, last, low_e4, high_e4);
	else
		dcf_vertical_extent(f, o, ref, low_e4, high_e4);
}

/* Ask about the part last added, in every place of the altitude axis where something stands. */
static void ask_part(struct asking *q, const struct around *a, const struct dcf_extent *e, uint32_t first, uint32_t last)
{
	const struct dcf_live_part *part = &q->scratch->part[q->part];
	uint32_t places = atomic_load_explicit(&q->live->places, memory_order_relaxed);

	for (int p = 0; p < LIVE_PLACES; p++) {
		int64_t low, high;

		if (!(places >> p & 1))
			continue;
		levels_in(part->body.feature, first, last, a->offsets, dcf_live_place_ref(p), &low, &high);
		for (int i = 0; i < e->count; i++) {
			struct dcf_box4 box = e->box[i];

			box.low[DCF_AXIS_TIME] = saturated(box.low[DCF_AXIS_TIME] - a->earlier);
			box.high[DCF_AXIS_TIME] = saturated(box.high[DCF_AXIS_TIME] + a->later);
			dcf_live_box_finish(&box, p, low - a->below_e4, high + a->above_e4);
			ask_box(q, &box);
		}
	}
}

static enum dcf_status add_part(struct asking *q, const struct dcf_body *body, uint32_t feature, bool built)
{
	struct dcf_live_scratch *s = q->scratch;
	void *p = s->part;

	if (dcf_grow(s->from, &p, &s->part_cap, s->part_count + 1, sizeof *s->part) != DCF_OK)
		return DCF_E_NOMEM;
	s->part = p;
	q->part = (uint32_t)s->part_count;
	s->part[s->part_count++] = (struct dcf_live_part){ *body, feature, built };
	return DCF_OK;
}

static enum dcf_status ask_volume(struct asking *q, const struct around *a, const struct dcf_feature *f, uint32_t feature)
{
	struct dcf_body body = { .feature = f };
	struct dcf_extent e = dcf_extent_of_feature(&a->axes, f);
	enum dcf_status s = add_part(q, &body, feature, false);

	if (s == DCF_OK)
		ask_part(q, a, &e, 0, 0);
	return s;
}

static enum dcf_status ask_track(struct asking *q, const struct around *a, const struct dcf_feature *f, uint32_t feature)
{
	struct dcf_track t;
	const char *why;
	enum dcf_status s = dcf_track_build(f, &q->scratch->probe, &t, &why);

	for (uint32_t first = 0, end; s == DCF_OK && first + 1 < t.n; first = end) {
		struct dcf_body body = { .feature = f };
		struct dcf_extent e;
		bool whole_legs;

		end = dcf_stretch_end(&t, first, &whole_legs);
		e = dcf_stretch_extent(&a->axes, &t, first, end, whole_legs);
		body.track = dcf_stretch_view(&t, first, end);
		s = add_part(q, &body, feature, true);
		if (s == DCF_OK)
			ask_part(q, a, &e, t.leg[first], t.leg[end - 1] + 1);
	}
	return s;
}

/* ---- from slots to operations ---- */

static bool visible(const struct dcf_live_op *op, uint64_t version)
{
	return atomic_load_explicit(&op->mark.born, memory_order_relaxed) <= version &&
	       version < atomic_load_explicit(&op->mark.died, memory_order_relaxed);
}

/* What a slot leads to lies all over memory: one look at every slot, then one at every operation. */
static void resolve(const struct asking *q, const struct dcf_live_op *const except[2])
{
	struct dcf_live_scratch *s = q->scratch;
	size_t n = 0;

	for (size_t i = 0; i < s->find_count; i++) {
		struct dcf_live_find f = s->find[i];
		const struct dcf_live_slot *slot = dcf_live_slot_at(q->live, f.slot);

		f.op = atomic_load_explicit(&slot->op, memory_order_acquire);
		if (!f.op || dcf_live_is_met(&s->met, f.op))
			continue;
		f.piece = slot->piece;
		__builtin_prefetch(f.op);
		__builtin_prefetch((const char *)f.op + sizeof *f.op - 1);
		s->find[n++] = f;
	}
	s->find_count = n;
	n = 0;
	for (size_t i = 0; i < s->find_count; i++) {
		struct dcf_live_find f = s->find[i];

		if (!visible(f.op, q->view->version) || f.op == except[0] || f.op == except[1])
			continue;
		f.key = f.op->mark.first_item;
		s->find[n++] = f;
	}
	s->find_count = n;
}

static int compare_finds(const void *ctx, const void *x, const void *y)
{
	const struct dcf_live_find *a = x, *b = y;

	(void)ctx;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return a->piece < b->piece ? -1 : a->piece > b->piece;
}

/* The same part and piece may have been found by two boxes. */
static void drop_doubles(struct dcf_live_scratch *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->find_count; i++)
		if (n == 0 || compare_finds(NULL, &s->find[n - 1], &s->find[i]) != 0)
			s->find[n++] = s->find[i];
	s->find_count = n;
}

static enum dcf_status sort_finds(struct dcf_live_scratch *s)
{
	enum { FEW = 32 };

	if (s->find_count > FEW)
		return dcf_sort(s->from, s->find, s->find_count, sizeof *s->find, compare_finds, NULL);
	for (size_t i = 1; i < s->find_count; i++) {
		struct dcf_live_find f = s->find[i];
		size_t at = i;

		for (; at > 0 && compare_finds(NULL, &s->find[at - 1], &f) > 0; at--)
			s->find[at] = s->find[at - 1];
		s->find[at] = f;
	}
	return DCF_OK;
}

static enum dcf_status finish(struct asking *q, const struct dcf_live_op *const except[2])
{
	enum dcf_status s;

	if (q->failed)
		return DCF_E_NOMEM;
	resolve(q, except);
	s = sort_finds(q->scratch);
	if (s == DCF_OK)
		drop_doubles(q->scratch);
	return s;
}

enum dcf_status dcf_live_search_some(const struct dcf_live *live, const struct dcf_live_view *view,
				     const struct dcf_live_probe *probe, const struct dcf_live_margin *margin,
				     struct dcf_live_scratch *scratch, uint32_t *next)
{
	enum { MUCH = 1 << 18 };
	size_t most = scratch->find_most ? scratch->find_most : MUCH;
	struct asking q = { .live = live, .view = view, .scratch = scratch };
	struct around a;
	enum dcf_status s = DCF_OK;

	if (probe->party != DCF_NONE && probe->party >= view->frame->parties)
		return DCF_E_RANGE;
	begin(scratch);
	a = around_of(live, view, probe, margin);
	q.left_out = probe->own_party || probe->party == DCF_NONE ? DCF_MANY_GROUPS : probe->party;
	for (; *next < probe->feature_count && s == DCF_OK && scratch->find_count < most; ++*next) {
		const struct dcf_feature *f = &probe->features[*next];

		s = f->shape == DCF_TRAJECTORY ? ask_track(&q, &a, f, *next) : ask_volume(&q, &a, f, *next);
	}
	return s == DCF_OK ? finish(&q, probe->except) : s;
}

/* ---- answers without exact tests ---- */

/* Each operation once, by the first of its finds.  `some`: of what is found later too. */
static enum dcf_status hand_out(struct dcf_live_scratch *s, bool some, uint32_t party, dcf_live_take *out, void *ctx)
{
	enum dcf_status status = DCF_OK;

	for (size_t i = 0; i < s->find_count && status == DCF_OK; i++) {
		const struct dcf_live_find *f = &s->find[i];
		struct dcf_live_hit hit = { .op = f->op };

		if (i > 0 && s->find[i - 1].op == f->op)
			continue;
		hit.feature = dcf_live_feature_of(f->op, f->piece);
		hit.probe_feature = s->part_count ? s->part[f->part].feature : 0;
		hit.internal = f->op->party == party;
		status = some ? dcf_live_be_met(s, f->op) : DCF_OK;
		status = status == DCF_OK ? out(ctx, &hit) : status;
	}
	return status;
}

enum dcf_status dcf_live_near(const struct dcf_live *live, const struct dcf_live_view *view, const struct dcf_live_probe *probe,
			      const struct dcf_live_margin *margin, struct dcf_live_scratch *scratch, dcf_live_take *out,
			      void *ctx)
{
	enum dcf_status s;
	uint32_t next = 0;
	bool some = false;

	do {
		s = dcf_live_search_some(live, view, probe, margin, scratch, &next);
		some = some || next < probe->feature_count;
		s = s == DCF_OK ? hand_out(scratch, some, probe->party, out, ctx) : s;
	} while (s == DCF_OK && next < probe->feature_count);
	dcf_live_meet_none(&scratch->met);
	return s;
}

/* Levels of the bounds as a volume's. */
static void ask_bounds(struct asking *q, const struct dcf_live_bounds *b, struct dcf_box4 box)
{
	uint32_t places = atomic_load_explicit(&q->live->places, memory_order_relaxed);
	struct dcf_feature f = { .shape = DCF_POLYGON, .lower = b->lower, .upper = b->upper };

	for (int p = 0; p < LIVE_PLACES; p++) {
		int64_t low = DCF_ALT_MIN, high = DCF_ALT_MAX;
		struct dcf_box4 at = box;

		if (!(places >> p & 1))
			continue;
		if (!b->all_levels)
			dcf_vertical_extent(&f, &q->view->frame->offsets, dcf_live_place_ref(p), &low, &high);
		dcf_live_box_finish(&at, p, low, high);
		ask_box(q, &at);
	}
}

enum dcf_status dcf_live_box(const struct dcf_live *live, const struct dcf_live_view *view,
			     const struct dcf_live_bounds *bounds, struct dcf_live_scratch *scratch, dcf_live_take *out,
			     void *ctx)
{
	static const struct dcf_live_op *const none[2] = { NULL, NULL };
	struct asking q = { .live = live, .view = view, .scratch = scratch, .left_out = DCF_MANY_GROUPS };
	struct dcf_box4 box = { { bounds->lat_low_e7, bounds->lon_low_e7 }, { bounds->lat_high_e7, bounds->lon_high_e7 } };
	enum dcf_status s;

	begin(scratch);
	if (bounds->start_us >= bounds->end_us)
		return DCF_OK;
	dcf_live_box_window(&live->axes, bounds->start_us, bounds->end_us, &box);
	if (bounds->lon_low_e7 > bounds->lon_high_e7) {
		box.high[DCF_AXIS_LON] = INT32_MAX - 1;
		ask_bounds(&q, bounds, box);
		box.high[DCF_AXIS_LON] = bounds->lon_high_e7;
		box.low[DCF_AXIS_LON] = INT32_MIN + 1;
	}
	ask_bounds(&q, bounds, box);
	s = finish(&q, none);
	return s == DCF_OK ? hand_out(scratch, false, DCF_NONE, out, ctx) : s;
}
