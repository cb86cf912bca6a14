/* SPDX-License-Identifier: Apache-2.0 */
/* What does no plan undercut?
 *
 * For every conflict c(i, k) is the least that i and k together must spend to be clear of each other, whatever the
 * others do.  So the least sum of x(i) >= 0 with x(i) + x(k) >= c(i, k) is a bound; by duality it is the heaviest
 * fractional matching of the conflicts, which is half the heaviest matching of two copies of the operations (one on
 * either side).  Any matching is a bound; a good one is found by an auction (Bertsekas, 1979) in which those on the
 * left bid for those on the right, and stay away when no profit is left. */
#include "options/whole_int.h"

/* The least step of a bid in grains, and how many bids for each conflict are enough. */
enum { STEP = 5000, BIDS = 2000 };

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Ranges of one pair; ranges are of i's shift less k's. */
struct pair_ties {
	const struct dcf_alloc *from;
	struct dcf_range_s *at;
	size_t count, cap;
};

static enum dcf_status add_range(struct pair_ties *p, int32_t low, int32_t high)
{
	void *at = p->at;
	enum dcf_status s = dcf_grow(p->from, &at, &p->cap, p->count + 1, sizeof *p->at);

	p->at = at;
	if (s == DCF_OK)
		p->at[p->count++] = (struct dcf_range_s){ low, high };
	return s;
}

/* The fewest seconds of shift against each other that no range forbids, or `most`. */
static int64_t fewest(const struct pair_ties *p, int64_t most)
{
	int64_t up = 0, down = 0;
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t k = 0; k < p->count; k++) {
			if (p->at[k].low <= up && up <= p->at[k].high) {
				up = (int64_t)p->at[k].high + 1;
				moved = true;
			}
			if (p->at[k].low <= down && down <= p->at[k].high) {
				down = (int64_t)p->at[k].low - 1;
				moved = true;
			}
		}
	}
	return least(least(up, -down), most);
}

/* Ties of i at rung mi with k at rung mk into `p`; false where one of the levels cannot be had. */
static bool pair_ties(struct dcf_whole *w, uint32_t i, uint32_t mi, uint32_t k, uint32_t mk, struct pair_ties *p)
{
	const struct dcf_ties *t = dcf_whole_ties(w, &w->hand, i, mi);
	const struct dcf_slot *slot = dcf_whole_slot(w->part[i].node, k);
	const struct dcf_tie *at = NULL;
	uint32_t count = 0;
	enum dcf_status s = DCF_OK;

	p->count = 0;
	if (!t || !slot)
		return t != NULL;
	for (uint32_t c = 0; mk == 0 && c < t->count && s == DCF_OK; c++)
		if (t->at[c].other == k)
			s = add_range(p, t->at[c].low, t->at[c].high);
	if (mk && !dcf_whole_ties(w, &w->hand, k, mk))
		return false;
	if (mk)
		s = dcf_whole_tie_of(w, i, mi, slot, mk, &at, &count);
	/* against the lower-numbered or by it: the fewest seconds either way are the same */
	for (uint32_t c = 0; c < count && s == DCF_OK; c++)
		s = add_range(p, at[c].low, at[c].high);
	if (s != DCF_OK && w->hand.status == DCF_OK)
		w->hand.status = s;
	return s == DCF_OK;
}

/* The least that i and k must spend together. */
static int64_t pair_cost(struct dcf_whole *w, uint32_t i, uint32_t k, struct pair_ties *p)
{
	const struct dcf_node *ni = w->part[i].node, *nk = w->part[k].node;
	unsigned stage = w->part[i].stage < w->part[k].stage ? w->part[i].stage : w->part[k].stage;
	int64_t most = (int64_t)(dcf_whole_far_us(w, stage) / 1e6);
	int64_t best = least(least(ni->beyond, nk->beyond), most * w->second_cost);

	for (uint32_t mi = 0; mi < ni->rung_count && ni->rung[mi].cost < best; mi++)
		for (uint32_t mk = 0; mk < nk->rung_count && ni->rung[mi].cost + nk->rung[mk].cost < best; mk++)
			if (pair_ties(w, i, mi, k, mk, p))
				best = least(best, ni->rung[mi].cost + nk->rung[mk].cost + fewest(p, most) * w->second_cost);
	return best;
}

/* ---- the auction ---- */

struct auction {
	const struct dcf_whole *w;
	int64_t *worth;   /* beside w->clash */
	int64_t *price;   /* of those on the right */
	uint32_t *holder; /* of those on the right: 1 + who won it, 0: nobody */
	uint32_t *queue;  /* a stack of those on the left without one */
	size_t waiting;
};

/* Bids for the best; displaces who held it. */
static void bid(struct auction *a, uint32_t i)
{
	const struct dcf_part *p = &a->w->part[i];
	int64_t first = 0, second = 0;
	uint32_t at = DCF_NONE;

	for (uint32_t c = p->first_clash; c < p->first_clash + p->clash_count; c++) {
		int64_t profit = a->worth[c] - a->price[a->w->clash[c]];

		if (profit > first) {
			second = first;
			first = profit;
			at = a->w->clash[c];
		} else if (profit > second) {
			second = profit;
		}
	}
	if (at == DCF_NONE)
		return;
	if (a->holder[at])
		a->queue[a->waiting++] = a->holder[at] - 1;
	a->holder[at] = i + 1;
	a->price[at] += first - second + STEP;
}

static int64_t worth_of(const struct auction *a, uint32_t i, uint32_t k)
{
	const struct dcf_part *p = &a->w->part[i];

	for (uint32_t c = p->first_clash; c < p->first_clash + p->clash_count; c++)
		if (a->w->clash[c] == k)
			return a->worth[c];
	return 0;
}

static int64_t hold_auction(struct auction *a)
{
	const struct dcf_whole *w = a->w;
	uint64_t bids = 0, most = (uint64_t)BIDS * (w->clash_total + 1);
	int64_t sum = 0;

	for (size_t i = w->count; i-- > 0;)
		if (w->part[i].clash_count)
			a->queue[a->waiting++] = (uint32_t)i;
	while (a->waiting && bids++ < most)
		bid(a, a->queue[--a->waiting]);
	for (uint32_t k = 0; k < w->count; k++)
		if (a->holder[k])
			sum += worth_of(a, a->holder[k] - 1, k);
	return sum / 2;
}

/* Each conflict from both its sides; those that stay bind nobody. */
static enum dcf_status rate_conflicts(struct dcf_whole *w, int64_t *worth)
{
	struct pair_ties p = { .from = w->from };

	for (uint32_t i = 0; i < w->count && w->hand.status == DCF_OK; i++) {
		const struct dcf_part *x = &w->part[i];

		for (uint32_t c = x->first_clash; c < x->first_clash + x->clash_count; c++) {
			uint32_t k = w->clash[c];
			bool stays = dcf_spot_home(&w->spot[i]) && dcf_spot_home(&w->spot[k]);

			worth[c] = stays || !x->node || !w->part[k].node ? 0 : pair_cost(w, i < k ? i : k, i < k ? k : i, &p);
		}
	}
	dcf_alloc_free(w->from, p.at, p.cap * sizeof *p.at);
	return w->hand.status;
}

enum dcf_status dcf_whole_bound(struct dcf_whole *w, int64_t *bound)
{
	const struct dcf_alloc *a = w->from;
	size_t n = w->count, m = w->clash_total;
	struct auction x = { w,
			     dcf_alloc_new(a, m * sizeof *x.worth),
			     dcf_alloc_new(a, n * sizeof *x.price),
			     dcf_alloc_new(a, n * sizeof *x.holder),
			     dcf_alloc_new(a, n * sizeof *x.queue),
			     0 };
	enum dcf_status s = DCF_E_NOMEM;

	*bound = 0;
	if (!x.worth || !x.price || !x.holder || !x.queue)
		goto done;
	memset(x.price, 0, n * sizeof *x.price);
	memset(x.holder, 0, n * sizeof *x.holder);
	s = rate_conflicts(w, x.worth);
	if (s == DCF_OK)
		*bound = hold_auction(&x);
done:
	dcf_alloc_free(a, x.worth, m * sizeof *x.worth);
	dcf_alloc_free(a, x.price, n * sizeof *x.price);
	dcf_alloc_free(a, x.holder, n * sizeof *x.holder);
	dcf_alloc_free(a, x.queue, n * sizeof *x.queue);
	return s;
}
