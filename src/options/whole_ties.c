/* SPDX-License-Identifier: Apache-2.0 */
/* Which shifts may two operations not have against each other?
 *
 * Always worked out as the lower-numbered operation against the higher, whoever asks, so both see the same ranges. */
#include "core/num.h"
#include "options/whole_int.h"

/* Where something flies dcf_shift_pair's ends are free within a millisecond or so: two are kept away from them.  Of
 * windows they are exact, and windows that touch share nothing. */
#define ROOM_S  0.002
#define EXACT_S (-1e-7)

static bool clash_of(const struct dcf_whole *w, uint32_t i, uint32_t k)
{
	const struct dcf_part *p = &w->part[i];
	uint32_t low = p->first_clash, high = p->first_clash + p->clash_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (w->clash[mid] < k)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->first_clash + p->clash_count && w->clash[low] == k;
}

/* Give `body` the levels of `f`. */
static void use_levels(struct dcf_body *body, const struct dcf_feature *f)
{
	body->feature = f;
	if (f->shape == DCF_TRAJECTORY)
		body->track.feature = f;
}

static enum dcf_status own_body(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, const struct dcf_rung *rung,
				const struct dcf_meet *m, struct dcf_body *out)
{
	const struct dcf_standing *st = &w->standing;
	enum dcf_status s = dcf_bodies_get(&st->bodies, st->feature_of[st->first_feature[i] + m->own], &hand->scrap, out);

	if (s != DCF_OK)
		return s;
	if (out->feature->shape == DCF_TRAJECTORY) {
		const struct dcf_track *t = &out->track;

		out->track = (struct dcf_track){ t->feature, t->v + m->first, t->t_us + m->first, t->leg + m->first,
						 m->last - m->first + 2 };
	}
	use_levels(out, &rung->features.at[m->own]);
	return DCF_OK;
}

static enum dcf_status other_body(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t k, const struct dcf_rung *rung,
				  const struct dcf_meet *m, struct dcf_body *out)
{
	const struct dcf_standing *st = &w->standing;
	enum dcf_status s = dcf_standing_item(st, m->item, &hand->scrap, out);
	uint32_t first = st->first_feature[k], own = 0;

	if (s != DCF_OK || !rung)
		return s;
	while (&w->plan->features[st->feature_of[first + own]] != out->feature)
		own++;
	use_levels(out, &rung->features.at[own]);
	return DCF_OK;
}

/* Make the features of a rung; DCF_E_RANGE where it has no meaning. */
static enum dcf_status make_rung(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t m)
{
	struct dcf_node *n = w->part[i].node;
	struct dcf_rung *r = &n->rung[m];
	struct dcf_change c = { .how = DCF_CHANGE_LIFT, .lift_e4 = r->lift_e4 };
	enum dcf_status s = DCF_OK;

	if (r->state == DCF_RUNG_NEW) {
		s = dcf_change_apply(&n->declared, &c, &hand->keep, &r->features);
		r->state = s == DCF_OK ? DCF_RUNG_READY : DCF_RUNG_REFUSED;
		if (s == DCF_OK)
			dcf_whole_levels(r);
	} else if (r->state == DCF_RUNG_REFUSED) {
		s = DCF_E_RANGE;
	}
	return s;
}

const struct dcf_slot *dcf_whole_slot(const struct dcf_node *n, uint32_t other)
{
	uint32_t low = 0, high = n->own_slots;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (n->slot[mid].other < other)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < n->own_slots && n->slot[low].other == other)
		return &n->slot[low];
	for (uint32_t k = n->own_slots; k < n->slot_count; k++)
		if (n->slot[k].other == other)
			return &n->slot[k];
	return NULL;
}

/* Lowest and highest level of a body in one reference that is the same everywhere; false otherwise. */
static bool levels_of(const struct dcf_body *b, uint8_t *ref, int64_t *low, int64_t *high)
{
	const struct dcf_feature *f = b->feature;
	const struct dcf_waypoint *p, *end;

	if (f->shape != DCF_TRAJECTORY) {
		*ref = f->lower.ref;
		*low = f->lower.e4;
		*high = f->upper.e4;
		return f->upper.ref == *ref && *ref != DCF_REF_AGL && *ref != DCF_REF_SFC && !f->lower.unlimited &&
		       !f->upper.unlimited;
	}
	p = &f->waypoints[b->track.leg[0]];
	end = &f->waypoints[b->track.leg[b->track.n - 2] + 1];
	*ref = p->altitude.ref;
	*low = *high = p->altitude.e4;
	for (; p <= end; p++) {
		if (p->altitude.ref != *ref || *ref == DCF_REF_AGL || *ref == DCF_REF_SFC || p->altitude.unlimited)
			return false;
		*low = p->altitude.e4 < *low ? p->altitude.e4 : *low;
		*high = p->altitude.e4 > *high ? p->altitude.e4 : *high;
	}
	*low -= f->containment_e4;
	*high += f->containment_e4;
	return true;
}

/* Two whose levels never come near: most of those that boxes name. */
static bool far_in_level(const struct dcf_body *a, const struct dcf_body *b, int64_t minimum_e4)
{
	int64_t al, ah, bl, bh;
	uint8_t ar, br;

	if (!levels_of(a, &ar, &al, &ah) || !levels_of(b, &br, &bl, &bh) || ar != br)
		return false;
	return al - bh > minimum_e4 || bl - ah > minimum_e4;
}

/* One pair of pieces, or of volumes: of `owner`, in whose list the meet stands, and the other. */
static enum dcf_status tie_meet(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t owner, const struct dcf_rung *own,
				uint32_t other, const struct dcf_rung *away, const struct dcf_meet *m, double far_us)
{
	const struct dcf_standing *st = &w->standing;
	const struct dcf_minima *minima =
		dcf_standing_minima(st, w->plan->operations[owner].party, w->plan->operations[other].party);
	struct dcf_body x, y;
	enum dcf_status s;

	dcf_arena_rewind(&hand->scrap);
	s = own_body(w, hand, owner, own, m, &x);
	s = s == DCF_OK ? other_body(w, hand, other, away, m, &y) : s;
	if (s != DCF_OK || far_in_level(&x, &y, minima->vertical_e4))
		return s;
	return owner < other ? dcf_shift_pair(&x, &y, &st->offsets, minima, -far_us, far_us, &hand->pair, &hand->set)
			     : dcf_shift_pair(&y, &x, &st->offsets, minima, -far_us, far_us, &hand->pair, &hand->set);
}

static void add_cut(struct dcf_hand *hand, int64_t low, int64_t high)
{
	void *cut = hand->cut;

	if (low > high)
		return;
	if (hand->cut_count && low <= (int64_t)hand->cut[hand->cut_count - 1].high + 1) {
		if (high > hand->cut[hand->cut_count - 1].high)
			hand->cut[hand->cut_count - 1].high = (int32_t)high;
		return;
	}
	if (hand->status == DCF_OK)
		hand->status = dcf_grow(hand->from, &cut, &hand->cut_cap, hand->cut_count + 1, sizeof *hand->cut);
	hand->cut = cut;
	if (hand->status == DCF_OK)
		hand->cut[hand->cut_count++] = (struct dcf_range_s){ (int32_t)low, (int32_t)high };
}

/* What becomes of no shift at all. */
enum at_rest { AS_FOUND, FREE_AT_REST, TIED_AT_REST };

static bool flies(const struct dcf_whole *w, uint32_t i)
{
	const struct dcf_standing *st = &w->standing;

	for (uint32_t k = st->first_feature[i]; k < st->first_feature[i + 1]; k++)
		if (w->plan->features[st->feature_of[k]].shape == DCF_TRAJECTORY)
			return true;
	return false;
}

/* From microseconds to whole seconds that are forbidden, in order. */
static void to_seconds(struct dcf_hand *hand, enum at_rest rest, double room)
{
	struct dcf_set *set = &hand->set;

	if (rest == TIED_AT_REST)
		dcf_set_add(set, -1, 1);
	dcf_set_normalise(set);
	hand->cut_count = 0;
	for (size_t k = 0; k < set->count; k++) {
		int64_t low = (int64_t)dcf_ceil(set->at[k].low / 1e6 - room);
		int64_t high = (int64_t)dcf_floor(set->at[k].high / 1e6 + room);

		if (rest == FREE_AT_REST && low <= 0 && high >= 0) {
			add_cut(hand, low, -1);
			/* 1 does not touch -1 */
			add_cut(hand, 1, high);
		} else {
			add_cut(hand, low, high);
		}
	}
}

/* Ties of `i` at rung mi and `k` at rung mk into hand->cut, from whichever list looked further. */
static enum dcf_status tie_pair(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t mi,
				const struct dcf_slot *slot, uint32_t mk)
{
	uint32_t k = slot->other;
	bool mine = slot->count > 0;
	uint32_t owner = mine ? i : k, other = mine ? k : i;
	const struct dcf_node *n = w->part[owner].node;
	const struct dcf_slot *found = mine ? slot : dcf_whole_slot(n, i);
	const struct dcf_rung *ri = &w->part[i].node->rung[mi];
	/* one that nobody has looked around may stand at its own level, as the plan has it */
	const struct dcf_rung *rk = mk ? &w->part[k].node->rung[mk] : NULL;
	double far_us = dcf_whole_far_us(w, w->part[owner].stage);
	bool both_own = mi == 0 && mk == 0;
	enum dcf_status s = DCF_OK;

	hand->ties_made++;
	dcf_set_clear(&hand->set);
	if ((rk || w->part[k].node) && dcf_whole_level_apart(w, i, ri, k, dcf_rung_band(rk ? rk : &w->part[k].node->rung[0])))
		found = NULL;
	for (uint32_t m = 0; found && m < found->count && s == DCF_OK; m++)
		s = tie_meet(w, hand, owner,
			     mine ? ri
			     : rk ? rk
				  : &n->rung[0],
			     other, mine ? rk : ri, &n->meet[found->first + m], far_us);
	to_seconds(hand,
		   !both_own           ? AS_FOUND
		   : clash_of(w, i, k) ? TIED_AT_REST
				       : FREE_AT_REST,
		   flies(w, i) || flies(w, k) ? ROOM_S : EXACT_S);
	if (s == DCF_OK && hand->set.failed)
		s = DCF_E_NOMEM;
	return s == DCF_OK ? hand->status : s;
}

static enum dcf_status append_ties(struct dcf_hand *hand, struct dcf_ties *t, uint32_t i, uint32_t k)
{
	if (t->count + hand->cut_count > t->cap) {
		uint32_t cap = (t->count + (uint32_t)hand->cut_count) * 3 / 2 + 8;
		struct dcf_tie *more = dcf_arena_get(&hand->keep, cap * sizeof *more);

		if (!more)
			return DCF_E_NOMEM;
		if (t->count)
			memcpy(more, t->at, t->count * sizeof *more);
		t->at = more;
		t->cap = cap;
	}
	for (size_t c = 0; c < hand->cut_count; c++) {
		struct dcf_range_s r = hand->cut[c];

		t->at[t->count++] = i < k ? (struct dcf_tie){ k, r.low, r.high } : (struct dcf_tie){ k, -r.high, -r.low };
	}
	return DCF_OK;
}

const struct dcf_ties *dcf_whole_ties(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t m)
{
	struct dcf_node *n = w->part[i].node;
	struct dcf_ties *t = &n->rung[m].ties;
	enum dcf_status s = DCF_OK;

	if (n->rung[m].state != DCF_RUNG_READY)
		s = make_rung(w, hand, i, m);
	if (s == DCF_E_RANGE)
		return NULL;
	for (; s == DCF_OK && t->slots < n->slot_count; t->slots++) {
		s = tie_pair(w, hand, i, m, &n->slot[t->slots], 0);
		s = s == DCF_OK ? append_ties(hand, t, i, n->slot[t->slots].other) : s;
	}
	if (s != DCF_OK && hand->status == DCF_OK)
		hand->status = s;
	return s == DCF_OK ? t : NULL;
}

enum dcf_status dcf_whole_tie_again(struct dcf_whole *w, uint32_t i, uint32_t other)
{
	struct dcf_node *n = w->part[i].node;
	const struct dcf_slot *slot = dcf_whole_slot(n, other);
	enum dcf_status s = DCF_OK;

	for (uint32_t m = 0; slot && m < n->rung_count && s == DCF_OK; m++) {
		struct dcf_ties *t = &n->rung[m].ties;
		uint32_t kept = 0;

		if (t->slots <= (uint32_t)(slot - n->slot))
			continue; /* not worked out yet */
		for (uint32_t k = 0; k < t->count; k++)
			if (t->at[k].other != other)
				t->at[kept++] = t->at[k];
		t->count = kept;
		s = tie_pair(w, &w->hand, i, m, slot, 0);
		s = s == DCF_OK ? append_ties(&w->hand, t, i, other) : s;
	}
	return s;
}

/* ---- pairs off their own levels ---- */

static uint64_t memo_hash(struct dcf_memo_key k)
{
	return dcf_mix((uint64_t)k.low_op << 32 | k.high_op) ^ dcf_mix((uint64_t)k.low_rung << 8 | k.high_rung);
}

static bool same_key(struct dcf_memo_key a, struct dcf_memo_key b)
{
	return a.low_op == b.low_op && a.high_op == b.high_op && a.low_rung == b.low_rung && a.high_rung == b.high_rung;
}

/* The entry of `key`, or the free one where it would be. */
static struct dcf_memo_entry *memo_entry(const struct dcf_memo *m, struct dcf_memo_key key)
{
	size_t at = memo_hash(key) & (m->cap - 1);

	while (m->at[at].stage && !same_key(m->at[at].key, key))
		at = (at + 1) & (m->cap - 1);
	return &m->at[at];
}

static enum dcf_status memo_room(struct dcf_whole *w)
{
	struct dcf_memo old = w->memo, *m = &w->memo;
	size_t cap = old.cap ? 2 * old.cap : 1024;

	if (old.count * 4 < old.cap * 3)
		return DCF_OK;
	m->at = dcf_alloc_new(w->from, cap * sizeof *m->at);
	if (!m->at) {
		m->at = old.at;
		return DCF_E_NOMEM;
	}
	memset(m->at, 0, cap * sizeof *m->at);
	m->cap = cap;
	for (size_t k = 0; k < old.cap; k++)
		if (old.at[k].stage)
			*memo_entry(m, old.at[k].key) = old.at[k];
	dcf_alloc_free(w->from, old.at, old.cap * sizeof *old.at);
	return DCF_OK;
}

static enum dcf_status memo_fill(struct dcf_whole *w, struct dcf_memo_entry *e)
{
	struct dcf_memo *m = &w->memo;
	struct dcf_hand *hand = &w->hand;
	void *tie = m->tie;
	enum dcf_status s = dcf_grow(w->from, &tie, &m->tie_cap, m->tie_count + hand->cut_count + 1, sizeof *m->tie);

	m->tie = tie;
	if (s != DCF_OK)
		return s;
	e->first = (uint32_t)m->tie_count;
	e->count = (uint32_t)hand->cut_count;
	for (size_t c = 0; c < hand->cut_count; c++)
		m->tie[m->tie_count++] = (struct dcf_tie){ 0, hand->cut[c].low, hand->cut[c].high };
	return DCF_OK;
}

enum dcf_status dcf_whole_tie_of(struct dcf_whole *w, uint32_t i, uint32_t mi, const struct dcf_slot *slot, uint32_t mk,
				 const struct dcf_tie **at, uint32_t *count)
{
	uint32_t k = slot->other;
	uint8_t stage = w->part[i].stage > w->part[k].stage ? w->part[i].stage : w->part[k].stage;
	struct dcf_memo_key key = { i < k ? i : k, i < k ? k : i, (uint8_t)(i < k ? mi : mk), (uint8_t)(i < k ? mk : mi) };
	enum dcf_status s = memo_room(w);
	struct dcf_memo_entry *e;

	*count = 0;
	if (s != DCF_OK)
		return s;
	e = memo_entry(&w->memo, key);
	if (e->stage < stage) {
		s = make_rung(w, &w->hand, i, mi);
		s = s == DCF_OK ? tie_pair(w, &w->hand, i, mi, slot, mk) : s;
		s = s == DCF_OK ? memo_fill(w, e) : s;
		if (s != DCF_OK)
			return s;
		w->memo.count += e->stage == 0;
		*e = (struct dcf_memo_entry){ key, stage, e->first, e->count };
	}
	*at = w->memo.tie + e->first;
	*count = e->count;
	return DCF_OK;
}
