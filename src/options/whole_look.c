/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come near an operation that moves?
 *
 * A stage looks as far as a sum of cost goes, in time and in level, for both sides of a pair: whoever looked at it
 * knows of everyone whose own moves are within the same limits.  One that looks further tells those it finds, so of
 * two operations at least one knows of the other wherever they are, and both do. */
#include "core/num.h"
#include "core/sort.h"
#include "options/whole_int.h"

enum { NEAR_S = 256 };
/* Above every level that is flown, and below where altitudes end. */
#define HIGHEST_FT 150000.0

void dcf_hand_init(struct dcf_hand *hand, const struct dcf_alloc *a)
{
	*hand = (struct dcf_hand){ .from = a,
				   .keep = { .from = a },
				   .scrap = { .from = a },
				   .pair = { .from = a },
				   .nears = { .from = a },
				   .set = { .from = a } };
}

struct found {
	uint32_t other;
	struct dcf_meet meet;
};

void dcf_hand_free(struct dcf_hand *hand)
{
	const struct dcf_alloc *a = hand->from;

	if (!a)
		return;
	dcf_arena_free(&hand->keep);
	dcf_arena_free(&hand->scrap);
	dcf_pair_scratch_free(&hand->pair);
	dcf_nears_free(&hand->nears);
	dcf_set_free(&hand->set);
	dcf_alloc_free(a, hand->cut, hand->cut_cap * sizeof *hand->cut);
	dcf_alloc_free(a, hand->span, hand->span_cap * sizeof *hand->span);
	dcf_alloc_free(a, hand->list, hand->list_cap * sizeof(struct found));
	*hand = (struct dcf_hand){ .from = NULL };
}

/* How much a stage is ready to spend, in seconds of shift: stage 1 some two or three levels' worth, at least 16 s and
 * at most 256; each further stage twice as much. */
static int64_t radius_s(const struct dcf_whole *w, unsigned stage)
{
	int64_t levels = w->second_cost > 0 ? 2560 * w->foot_cost / w->second_cost : NEAR_S;
	int64_t first = levels < 16 ? 16 : levels > NEAR_S ? NEAR_S : levels;

	return first << (stage - 1);
}

/* The same as a shift; never further than anyone can bear. */
static int32_t reach_s(const struct dcf_whole *w, unsigned stage)
{
	int64_t s = radius_s(w, stage);

	return s < w->cap_s ? (int32_t)s : w->cap_s;
}

/* The same as a change of level, 0.1 mm. */
static int64_t lift_of(const struct dcf_whole *w, unsigned stage)
{
	double s = (double)radius_s(w, stage), ft = HIGHEST_FT;

	if (w->second_cost == 0)
		ft = 1000 * s / NEAR_S;
	else if (w->foot_cost > 0)
		ft = s * (double)w->second_cost / (double)w->foot_cost;
	return (int64_t)(ft < HIGHEST_FT ? ft * DCF_FT_E4 : HIGHEST_FT * DCF_FT_E4);
}

double dcf_whole_far_us(const struct dcf_whole *w, unsigned stage)
{
	return 2e6 * reach_s(w, stage);
}

static int64_t duration_us(const struct dcf_whole *w, uint32_t i)
{
	const struct dcf_standing *st = &w->standing;
	int64_t longest = 0;

	for (uint32_t k = st->first_feature[i]; k < st->first_feature[i + 1]; k++) {
		const struct dcf_feature *f = &w->plan->features[st->feature_of[k]];

		if (f->shape != DCF_TRAJECTORY && f->end_us - f->start_us > longest)
			longest = f->end_us - f->start_us;
	}
	return longest;
}

/* Flights pass each other in minutes; a volume is in the way for as long as both windows together. */
unsigned dcf_whole_first_stage(const struct dcf_whole *w, uint32_t i)
{
	int64_t longest = duration_us(w, i);
	unsigned stage = 1;

	while (stage < DCF_STAGES && reach_s(w, stage) < w->cap_s && (int64_t)reach_s(w, stage) * 1000000 < 2 * longest)
		stage++;
	return stage;
}

/* ---- levels ---- */

static int64_t lift_cost(const struct dcf_whole *w, int64_t lift_e4)
{
	int64_t size = lift_e4 < 0 ? -lift_e4 : lift_e4;

	return (int64_t)((double)size / DCF_FT_E4 * (double)w->foot_cost);
}

/* The next level beyond, as a lift of `level`; false when the party cannot bear it.  A limit binds who moves towards it,
 * the upper one its highest band or waypoint (`top`). */
static bool next_lift(const struct dcf_whole *w, const struct dcf_part *p, struct dcf_altitude level, int64_t top, bool up,
		      int64_t *lift)
{
	int64_t e4 = dcf_level_next(level, w->ask->ask.level_step_e4, level.e4 + *lift, up), next = e4 - level.e4;

	if (next == *lift || (up ? top + next > p->highest_e4 : e4 < p->lowest_e4))
		return false;
	*lift = next;
	return true;
}

static int64_t top_of(const struct dcf_features *f, struct dcf_altitude level)
{
	int64_t top = level.e4;

	for (uint32_t k = 0; k < f->count; k++)
		if (f->at[k].shape != DCF_TRAJECTORY && f->at[k].upper.e4 > top)
			top = f->at[k].upper.e4;
	return top;
}

struct ladder {
	struct dcf_rung rung[DCF_LEVELS_MAX];
	uint32_t count;
	int64_t beyond; /* cost of the cheapest level that was left out */
};

/* Own level, then by cost; of two that cost the same the lower first. */
static void climb(const struct dcf_whole *w, const struct dcf_part *p, const struct dcf_features *f, int64_t most,
		  struct ladder *l)
{
	struct dcf_altitude level;
	int64_t lift[2] = { 0, 0 }, top;
	bool more[2];

	l->rung[0] = (struct dcf_rung){ .state = DCF_RUNG_READY, .features = *f };
	l->count = 1;
	l->beyond = INT64_MAX;
	if (!dcf_change_level(f, &level))
		return;
	top = top_of(f, level);
	for (int up = 0; up < 2; up++)
		more[up] = next_lift(w, p, level, top, up, &lift[up]);
	while (more[0] || more[1]) {
		int up = !more[0] || (more[1] && lift[1] < -lift[0]);
		int64_t size = up ? lift[1] : -lift[0];

		if (size > most || l->count == DCF_LEVELS_MAX) {
			l->beyond = lift_cost(w, size);
			return;
		}
		l->rung[l->count++] = (struct dcf_rung){ .lift_e4 = lift[up], .cost = lift_cost(w, size) };
		more[up] = next_lift(w, p, level, top, up, &lift[up]);
	}
}

/* Lowest and highest level of a feature; false where it has several references, or heights over the ground. */
static bool levels_of(const struct dcf_feature *f, uint8_t *ref, int64_t *low, int64_t *high)
{
	bool one = true;

	if (f->shape != DCF_TRAJECTORY) {
		*ref = f->lower.ref;
		*low = f->lower.e4;
		*high = f->upper.e4;
		return f->upper.ref == *ref && !f->lower.unlimited && !f->upper.unlimited;
	}
	*ref = f->waypoints[0].altitude.ref;
	*low = *high = f->waypoints[0].altitude.e4;
	for (uint32_t k = 0; k < f->point_count; k++) {
		const struct dcf_altitude *a = &f->waypoints[k].altitude;

		one = one && a->ref == *ref && !a->unlimited;
		*low = a->e4 < *low ? a->e4 : *low;
		*high = a->e4 > *high ? a->e4 : *high;
	}
	*low -= f->containment_e4;
	*high += f->containment_e4;
	return one;
}

void dcf_whole_levels(struct dcf_rung *r)
{
	r->ref = DCF_REF_COUNT;
	for (uint32_t k = 0; k < r->features.count; k++) {
		int64_t low, high;
		uint8_t ref;

		if (!levels_of(&r->features.at[k], &ref, &low, &high) || ref == DCF_REF_AGL || ref == DCF_REF_SFC ||
		    (k > 0 && ref != r->ref)) {
			r->ref = DCF_REF_COUNT;
			return;
		}
		r->low_e4 = k == 0 || low < r->low_e4 ? low : r->low_e4;
		r->high_e4 = k == 0 || high > r->high_e4 ? high : r->high_e4;
		r->ref = ref;
	}
}

/* ---- neighbours ---- */

static enum dcf_status add_found(struct dcf_hand *hand, size_t *count, struct found f)
{
	enum dcf_status s = dcf_grow(hand->from, &hand->list, &hand->list_cap, *count + 1, sizeof f);

	if (s == DCF_OK)
		((struct found *)hand->list)[(*count)++] = f;
	return s;
}

static uint32_t feature_of_item(const struct dcf_standing *st, uint32_t item)
{
	return item < st->items.features ? item : st->items.stretch[item - st->items.features].feature;
}

static enum dcf_status find_own(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t own,
				const struct dcf_stray *stray, size_t *count)
{
	const struct dcf_standing *st = &w->standing;
	struct dcf_body body;
	enum dcf_status s;

	dcf_arena_rewind(&hand->scrap);
	s = dcf_bodies_get(&st->bodies, st->feature_of[st->first_feature[i] + own], &hand->scrap, &body);
	if (s == DCF_OK)
		s = dcf_standing_near(st, &body, i, stray, &hand->nears);
	for (size_t k = 0; k < hand->nears.count && s == DCF_OK; k++) {
		const struct dcf_near *n = &hand->nears.at[k];
		const struct dcf_feature *f = &w->plan->features[feature_of_item(st, n->item)];

		if (!f->advisory)
			s = add_found(hand, count, (struct found){ f->operation, { n->item, n->first, n->last, own } });
	}
	return s;
}

static int by_other(const void *ctx, const void *x, const void *y)
{
	const struct found *a = x, *b = y;

	(void)ctx;
	return a->other < b->other ? -1 : a->other > b->other;
}

static enum dcf_status group(struct dcf_hand *hand, size_t count, struct dcf_node *n)
{
	struct found *f = hand->list;
	enum dcf_status s = dcf_sort(hand->from, f, count, sizeof *f, by_other, NULL);
	uint32_t slots = 0;

	if (s != DCF_OK)
		return s;
	for (size_t k = 0; k < count; k++)
		slots += k == 0 || f[k].other != f[k - 1].other;
	n->meet = dcf_arena_get(&hand->keep, count * sizeof *n->meet);
	n->slot_cap = slots + slots / 4 + 4;
	n->slot = dcf_arena_get(&hand->keep, n->slot_cap * sizeof *n->slot);
	if (!n->meet || !n->slot)
		return DCF_E_NOMEM;
	for (size_t k = 0; k < count; k++) {
		if (k == 0 || f[k].other != f[k - 1].other)
			n->slot[n->own_slots++] = (struct dcf_slot){ .other = f[k].other, .first = (uint32_t)k };
		n->slot[n->own_slots - 1].count++;
		n->meet[k] = f[k].meet;
	}
	n->slot_count = n->own_slots;
	return DCF_OK;
}

static struct dcf_slot *own_slot(struct dcf_node *n, uint32_t other)
{
	uint32_t low = 0, high = n->own_slots;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (n->slot[mid].other < other)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n->own_slots && n->slot[low].other == other ? &n->slot[low] : NULL;
}

/* A neighbour that looked further. */
static enum dcf_status add_slot(struct dcf_hand *hand, struct dcf_node *n, uint32_t other)
{
	struct dcf_slot *own = own_slot(n, other);

	if (own) {
		own->count = 0; /* the other's list holds more */
		return DCF_OK;
	}
	if (n->slot_count == n->slot_cap) {
		uint32_t cap = 2 * n->slot_cap;
		struct dcf_slot *more = dcf_arena_get(&hand->keep, cap * sizeof *more);

		if (!more)
			return DCF_E_NOMEM;
		memcpy(more, n->slot, n->slot_count * sizeof *more);
		n->slot = more;
		n->slot_cap = cap;
	}
	n->slot[n->slot_count++] = (struct dcf_slot){ .other = other };
	return DCF_OK;
}

static enum dcf_status set_rungs(const struct dcf_whole *w, struct dcf_hand *hand, const struct dcf_part *p, unsigned stage,
				 struct dcf_node *n)
{
	int32_t most = -p->least_s > p->most_s ? -p->least_s : p->most_s;
	struct ladder l;

	climb(w, p, &n->declared, lift_of(w, stage), &l);
	n->horizon_s = reach_s(w, stage) < most ? reach_s(w, stage) : most;
	n->beyond = n->horizon_s < most ? n->horizon_s * w->second_cost : INT64_MAX;
	n->beyond = l.beyond < n->beyond ? l.beyond : n->beyond;
	n->rung_count = l.count;
	n->rung = dcf_arena_get(&hand->keep, l.count * sizeof *n->rung);
	if (!n->rung)
		return DCF_E_NOMEM;
	memcpy(n->rung, l.rung, l.count * sizeof *n->rung);
	dcf_whole_levels(&n->rung[0]);
	return DCF_OK;
}

enum dcf_status dcf_whole_look(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, unsigned stage)
{
	struct dcf_part *p = &w->part[i];
	struct dcf_node *n = dcf_arena_get(&hand->keep, sizeof *n);
	int64_t far_us = 2 * (int64_t)reach_s(w, stage) * 1000000, high_e4 = 2 * lift_of(w, stage);
	struct dcf_stray stray = { far_us, far_us, high_e4, high_e4, 0 };
	size_t count = 0;
	enum dcf_status s;

	if (!n)
		return DCF_E_NOMEM;
	*n = (struct dcf_node){ .meet = NULL };
	s = dcf_features_of(&w->standing, i, &hand->keep, &n->declared);
	for (uint32_t own = 0; own < n->declared.count && s == DCF_OK; own++)
		if (!n->declared.at[own].advisory)
			s = find_own(w, hand, i, own, &stray, &count);
	s = s == DCF_OK ? group(hand, count, n) : s;
	s = s == DCF_OK ? set_rungs(w, hand, p, stage, n) : s;
	/* of those that told this one before, the ones that still look further */
	for (size_t k = 0; k < p->extra_count && s == DCF_OK; k++)
		if (w->part[p->extra[k]].stage > stage)
			s = add_slot(hand, n, p->extra[k]);
	if (s != DCF_OK)
		return s;
	p->node = n;
	p->stage = (uint8_t)stage;
	return DCF_OK;
}

static bool has_extra(const struct dcf_part *p, uint32_t other)
{
	for (size_t k = 0; k < p->extra_count; k++)
		if (p->extra[k] == other)
			return true;
	return false;
}

/* `k` looked less far than `i` and shall use what `i` found. */
static enum dcf_status tell_one(struct dcf_whole *w, uint32_t i, uint32_t k)
{
	struct dcf_part *p = &w->part[k];
	struct dcf_slot *own = p->node ? own_slot(p->node, i) : NULL;
	void *extra = p->extra;
	enum dcf_status s = DCF_OK;

	if (!has_extra(p, i)) {
		s = dcf_grow(w->from, &extra, &p->extra_cap, p->extra_count + 1, sizeof *p->extra);
		p->extra = extra;
		if (s != DCF_OK)
			return s;
		p->extra[p->extra_count++] = i;
		if (p->node && !own)
			return add_slot(&w->hand, p->node, i);
	}
	if (!p->node)
		return DCF_OK;
	if (own)
		own->count = 0;
	return dcf_whole_tie_again(w, k, i);
}

enum dcf_status dcf_whole_tell(struct dcf_whole *w, uint32_t i)
{
	const struct dcf_node *n = w->part[i].node;
	enum dcf_status s = DCF_OK;

	for (uint32_t k = 0; k < n->own_slots && s == DCF_OK; k++)
		if (w->part[n->slot[k].other].stage < w->part[i].stage)
			s = tell_one(w, i, n->slot[k].other);
	return s;
}

enum dcf_status dcf_whole_ready(struct dcf_whole *w, uint32_t i, unsigned stage)
{
	enum dcf_status s;

	if (w->part[i].stage >= stage)
		return DCF_OK;
	s = dcf_whole_look(w, &w->hand, i, stage);
	/* those told at a lower stage know it already; the others are told now */
	return s == DCF_OK && stage > 1 ? dcf_whole_tell(w, i) : s;
}
