/* SPDX-License-Identifier: Apache-2.0 */
/* Where could one operation go, all others staying where they are? */
#include "options/whole_int.h"

static void add_span(struct dcf_hand *hand, int32_t low, int32_t high)
{
	void *span = hand->span;

	if (hand->span_count == hand->span_cap) {
		enum dcf_status s = dcf_grow(hand->from, &span, &hand->span_cap, hand->span_count + 1, sizeof *hand->span);

		hand->span = span;
		if (s != DCF_OK) {
			hand->status = s;
			return;
		}
	}
	hand->span[hand->span_count++] = (struct dcf_range_s){ low, high };
}

/* What is forbidden to an operation at one level within `reach` of where it was declared. */
struct around {
	int32_t reach;
	uint32_t stays;  /* conflicts that stay if it does */
	bool home_taken; /* something else is in the way there */
};

static void add_tie(struct dcf_hand *hand, struct around *a, const struct dcf_spot *s, int32_t low, int32_t high)
{
	if (low > a->reach || high < -a->reach)
		return;
	add_span(hand, low, high);
	if (low > 0 || high < 0)
		return;
	if (dcf_spot_home(s))
		a->stays++;
	else
		a->home_taken = true;
}

/* dcf_whole_tie_of, kept beside the slot for the own level: with many flights the memo is too large for caches. */
static enum dcf_status tie_of_slot(struct dcf_whole *w, uint32_t i, uint32_t m, struct dcf_slot *slot, uint8_t rung,
				   const struct dcf_tie **at, uint32_t *count)
{
	uint8_t mine = w->part[i].stage, its = w->part[slot->other].stage, stage = mine > its ? mine : its;
	enum dcf_status s;

	if (m == 0 && slot->seen_stage == stage && slot->seen_rung == rung) {
		*at = w->memo.tie + slot->seen_first;
		*count = slot->seen_count;
		return DCF_OK;
	}
	s = dcf_whole_tie_of(w, i, m, slot, rung, at, count);
	if (s == DCF_OK && m == 0 && *count <= UINT16_MAX && *at - w->memo.tie <= UINT32_MAX) {
		slot->seen_first = (uint32_t)(*at - w->memo.tie);
		slot->seen_count = (uint16_t)*count;
		slot->seen_rung = rung;
		slot->seen_stage = stage;
	}
	return s;
}

static enum dcf_status add_off_level(struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t m, struct around *a)
{
	const struct dcf_node *n = w->part[i].node;

	for (uint32_t k = 0; k < n->slot_count; k++) {
		const struct dcf_spot *s = &w->spot[n->slot[k].other];
		const struct dcf_tie *at;
		uint32_t count;
		enum dcf_status status;

		if (s->rung == 0 || s->absent ||
		    dcf_whole_level_apart(w, i, &n->rung[m], n->slot[k].other, w->band[n->slot[k].other]))
			continue;
		status = tie_of_slot(w, i, m, &n->slot[k], s->rung, &at, &count);
		if (status != DCF_OK)
			return status;
		for (uint32_t c = 0; c < count; c++)
			if (i < n->slot[k].other)
				add_tie(hand, a, s, at[c].low + s->shift_s, at[c].high + s->shift_s);
			else
				add_tie(hand, a, s, s->shift_s - at[c].high, s->shift_s - at[c].low);
	}
	return DCF_OK;
}

static void add_bans(const struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t m, struct around *a)
{
	static const struct dcf_spot away = { .absent = true };

	for (size_t k = 0; k < w->ban_count; k++)
		if (w->ban[k].operation == i && w->ban[k].rung == m)
			add_tie(hand, a, &away, w->ban[k].low, w->ban[k].high);
}

/* False where that level cannot be had at all. */
static bool gather(struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, uint32_t m, struct around *a)
{
	const struct dcf_ties *t = dcf_whole_ties(w, hand, i, m);

	hand->span_count = 0;
	if (!t)
		return false;
	for (uint32_t k = 0; k < t->count; k++) {
		const struct dcf_spot *s = &w->spot[t->at[k].other];

		if (s->rung == 0 && !s->absent)
			add_tie(hand, a, s, t->at[k].low + s->shift_s, t->at[k].high + s->shift_s);
	}
	if (w->off_level && hand->status == DCF_OK)
		hand->status = add_off_level(w, hand, i, m, a);
	if (w->part[i].banned)
		add_bans(w, hand, i, m, a);
	return hand->status == DCF_OK;
}

static void sink(struct dcf_range_s *at, size_t root, size_t n)
{
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		struct dcf_range_s t = at[root];

		child += child + 1 < n && at[child + 1].low > at[child].low;
		if (at[child].low <= t.low)
			return;
		at[root] = at[child];
		at[child] = t;
	}
}

/* By their low ends: a few by insertion, many by heap. */
static void sort_spans(struct dcf_range_s *at, size_t n)
{
	if (n > 48) {
		for (size_t k = n / 2; k-- > 0;)
			sink(at, k, n);
		for (size_t k = n; k-- > 1;) {
			struct dcf_range_s t = at[0];

			at[0] = at[k];
			at[k] = t;
			sink(at, 0, k);
		}
		return;
	}
	for (size_t k = 1; k < n; k++) {
		struct dcf_range_s t = at[k];
		size_t j = k;

		for (; j > 0 && at[j - 1].low > t.low; j--)
			at[j] = at[j - 1];
		at[j] = t;
	}
}

/* The free seconds next to 0: *down <= 0 <= *up, both 0 where 0 itself is free. */
static void nearest_free(struct dcf_hand *hand, int32_t *down, int32_t *up)
{
	struct dcf_range_s block = { 1, 0 };

	*down = *up = 0;
	sort_spans(hand->span, hand->span_count);
	for (size_t k = 0; k < hand->span_count; k++) {
		struct dcf_range_s r = hand->span[k];

		if (block.low <= block.high && r.low <= block.high + 1) {
			block.high = r.high > block.high ? r.high : block.high;
			continue;
		}
		if (block.low <= 0 && block.high >= 0)
			break;
		if (r.low > 0)
			return;
		block = r;
	}
	if (block.low <= 0 && block.high >= 0) {
		*down = block.low - 1;
		*up = block.high + 1;
	}
}

static bool better(const struct dcf_choice *a, const struct dcf_choice *b)
{
	if (a->stays != b->stays)
		return a->stays < b->stays;
	return a->cost < b->cost;
}

/* The two best so far. */
struct podium {
	struct dcf_choice at[2];
	uint32_t count;
};

static void propose(struct podium *p, struct dcf_choice c)
{
	if (p->count < 2)
		p->at[p->count++] = c;
	else if (better(&c, &p->at[1]))
		p->at[1] = c;
	if (p->count == 2 && better(&p->at[1], &p->at[0])) {
		struct dcf_choice t = p->at[0];

		p->at[0] = p->at[1];
		p->at[1] = t;
	}
}

static void propose_shift(const struct dcf_whole *w, const struct dcf_part *part, uint32_t m, int32_t shift, int32_t reach,
			  struct podium *p)
{
	int32_t size = shift < 0 ? -shift : shift;

	if (size > reach || shift < part->least_s || shift > part->most_s)
		return;
	propose(p, (struct dcf_choice){ 0, size * w->second_cost + part->node->rung[m].cost, shift, m });
}

/* How far away need it be looked at this level, if a place better than `worst` is wanted?  -1: not at all. */
static int32_t worth_looking(const struct dcf_whole *w, const struct dcf_node *n, uint32_t m, const struct dcf_choice *worst)
{
	int64_t room, s;

	if (!worst || worst->stays)
		return n->horizon_s;
	room = worst->cost - n->rung[m].cost;
	if (room <= 0)
		return -1;
	s = w->second_cost > 0 ? room / w->second_cost : n->horizon_s;
	return s < n->horizon_s ? (int32_t)s : n->horizon_s;
}

bool dcf_whole_best(struct dcf_whole *w, struct dcf_hand *hand, uint32_t i, unsigned skip, struct dcf_choice *out)
{
	const struct dcf_part *part = &w->part[i];
	const struct dcf_node *n = part->node;
	struct podium p = { .count = 0 };

	for (uint32_t m = 0; m < n->rung_count; m++) {
		struct around a = { .reach = worth_looking(w, n, m, p.count ? &p.at[0] : NULL) };
		int32_t down, up;

		if (a.reach < 0)
			break; /* and so for all dearer levels */
		if (!gather(w, hand, i, m, &a))
			continue;
		nearest_free(hand, &down, &up);
		propose_shift(w, part, m, up, a.reach, &p);
		if (down != up)
			propose_shift(w, part, m, down, a.reach, &p);
		if (m == 0 && a.stays && !a.home_taken)
			propose(&p, (struct dcf_choice){ a.stays, 0, 0, 0 });
	}
	if (p.count == 0)
		return false;
	*out = p.at[skip < p.count ? skip : p.count - 1];
	return hand->status == DCF_OK;
}

struct blockers {
	uint32_t *at, count, cap;
};

static void add_blocker(struct blockers *b, uint32_t k)
{
	for (uint32_t j = 0; j < b->count && j < b->cap; j++)
		if (b->at[j] == k)
			return;
	if (b->count < b->cap)
		b->at[b->count] = k;
	b->count += b->count <= b->cap;
}

uint32_t dcf_whole_blockers(struct dcf_whole *w, uint32_t i, int32_t shift_s, uint32_t rung, uint32_t *out, uint32_t cap)
{
	const struct dcf_ties *t = dcf_whole_ties(w, &w->hand, i, rung);
	const struct dcf_node *n = w->part[i].node;
	struct blockers b = { out, 0, cap };

	for (uint32_t k = 0; t && k < t->count; k++) {
		const struct dcf_tie *tie = &t->at[k];
		const struct dcf_spot *s = &w->spot[tie->other];
		int32_t d = shift_s - s->shift_s;

		if (s->rung == 0 && !s->absent && tie->low <= d && d <= tie->high)
			add_blocker(&b, tie->other);
	}
	for (uint32_t k = 0; t && w->off_level && k < n->slot_count; k++) {
		uint32_t other = n->slot[k].other, count = 0;
		const struct dcf_spot *s = &w->spot[other];
		int32_t d = i < other ? shift_s - s->shift_s : s->shift_s - shift_s;
		const struct dcf_tie *at;

		if (s->rung == 0 || s->absent || dcf_whole_level_apart(w, i, &n->rung[rung], other, w->band[other]) ||
		    dcf_whole_tie_of(w, i, rung, &n->slot[k], s->rung, &at, &count) != DCF_OK)
			continue;
		for (uint32_t c = 0; c < count; c++)
			if (at[c].low <= d && d <= at[c].high)
				add_blocker(&b, other);
	}
	return b.count;
}

int64_t dcf_whole_move_cost(const struct dcf_whole *w, uint32_t i, int32_t shift_s, uint32_t rung)
{
	return (shift_s < 0 ? -shift_s : shift_s) * w->second_cost + (rung ? w->part[i].node->rung[rung].cost : 0);
}

int64_t dcf_whole_cost(const struct dcf_whole *w, uint32_t i, int32_t shift_s, uint32_t rung)
{
	bool moves = shift_s || rung;

	return dcf_whole_move_cost(w, i, shift_s, rung) + (moves && w->part[i].is_protected ? DCF_PROTECTED_COST : 0);
}

enum dcf_status dcf_whole_forbid(struct dcf_whole *w, struct dcf_ban ban)
{
	void *at = w->ban;
	enum dcf_status s = dcf_grow(w->from, &at, &w->ban_cap, w->ban_count + 1, sizeof ban);

	w->ban = at;
	if (s != DCF_OK)
		return s;
	w->ban[w->ban_count++] = ban;
	w->part[ban.operation].banned = true;
	return DCF_OK;
}

uint32_t dcf_whole_staying(const struct dcf_whole *w, uint32_t i)
{
	const struct dcf_part *p = &w->part[i];
	uint32_t n = 0;

	if (!dcf_spot_home(&w->spot[i]))
		return 0;
	for (uint32_t k = p->first_clash; k < p->first_clash + p->clash_count; k++)
		n += dcf_spot_home(&w->spot[w->clash[k]]);
	return n;
}

int64_t dcf_whole_total(const struct dcf_whole *w)
{
	int64_t total = 0, staying = 0;

	for (uint32_t i = 0; i < w->count; i++) {
		const struct dcf_spot *s = &w->spot[i];

		if (s->shift_s || s->rung)
			total += dcf_whole_cost(w, i, s->shift_s, s->rung);
		else
			staying += dcf_whole_staying(w, i);
	}
	return total + staying / 2 * DCF_STAYS_COST;
}
