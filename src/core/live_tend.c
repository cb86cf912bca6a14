/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"

/* ---- giving back ---- */

static bool reclaim_waste(struct dcf_live *live)
{
	if (live->pending) {
		if (dcf_live_oldest(live) <= live->pending_epoch)
			return false;
		while (live->pending) {
			struct dcf_live_waste *w = live->pending;

			live->pending = w->next;
			dcf_live_destroy(live, w);
		}
	}
	live->pending = atomic_exchange(&live->waste, NULL);
	if (live->pending)
		live->pending_epoch = atomic_fetch_add(&live->epoch, 1);
	return live->pending != NULL;
}

/* No version shows it any more: empty its slots, so that nobody finds it in a tree that still holds them. */
static void empty_slots(struct dcf_live *live, const struct dcf_live_op *op)
{
	struct dcf_live_chain lone = { LIVE_NO_SLOT, LIVE_NO_SLOT, 0 };
	uint32_t slot = op->mark.first_item, boxes = op->mark.boxes;

	for (uint32_t k = 0; k < boxes; k++) {
		struct dcf_live_slot *s = dcf_live_slot_at(live, slot);

		slot = s->next;
		atomic_store(&s->op, NULL);
	}
	atomic_fetch_add_explicit(&live->dead_items, boxes, memory_order_relaxed);
	if (boxes)
		return;
	/* without a box it is in no tree */
	atomic_store(&dcf_live_slot_at(live, slot)->op, NULL);
	dcf_live_chain_add(live, &lone, slot);
	dcf_live_free_chain(live, &lone);
}

static void release_all(struct dcf_live *live, struct dcf_live_op *op)
{
	while (op) {
		struct dcf_live_op *next = op->mark.next_gone;

		dcf_live_made_free(live->from, op);
		atomic_fetch_sub_explicit(&live->waiting, 1, memory_order_relaxed);
		if (live->release)
			live->release(live->ctx, op);
		op = next;
	}
}

/* One step of those on their way out: new ones, dying ones, dead ones. */
static bool reclaim_ops(struct dcf_live *live)
{
	uint64_t oldest = dcf_live_oldest(live);
	struct dcf_live_op *dead;

	if (live->dead && oldest > live->dead_epoch) {
		dead = live->dead;
		live->dead = NULL;
		release_all(live, dead);
		return true;
	}
	if (live->dying && !live->dead && oldest > live->dying_epoch) {
		for (struct dcf_live_op *op = live->dying; op; op = op->mark.next_gone)
			empty_slots(live, op);
		live->dead = live->dying;
		live->dying = NULL;
		live->dead_epoch = atomic_fetch_add(&live->epoch, 1);
		return true;
	}
	if (!live->dying) {
		live->dying = atomic_exchange(&live->gone, NULL);
		if (live->dying)
			live->dying_epoch = atomic_fetch_add(&live->epoch, 1);
		return live->dying != NULL;
	}
	return false;
}

bool dcf_live_reclaim(struct dcf_live *live)
{
	while (reclaim_ops(live))
		;
	while (reclaim_waste(live))
		;
	return live->pending || live->dying || live->dead;
}

/* At the end nobody has a view open, so nothing has to wait. */
void dcf_live_reclaim_all(struct dcf_live *live)
{
	while (dcf_live_reclaim(live))
		;
}

/* ---- what is due ---- */

static bool merge_runs(struct dcf_live *live, const struct dcf_live_set *set, size_t most)
{
	size_t full = 0;

	if (most > LIVE_RUNS_AT_ONCE * LIVE_RUN)
		most = LIVE_RUNS_AT_ONCE * LIVE_RUN;
	while (full < set->run_count && (full + 1) * LIVE_RUN <= most &&
	       atomic_load_explicit(&set->run[full]->count, memory_order_acquire) == LIVE_RUN)
		full++;
	return full >= LIVE_RUNS_DUE && dcf_live_merge(live, set->run, full, NULL, 0, full * LIVE_RUN);
}

/* Trees that may be merged, the smallest first. */
static size_t sorted_trees(const struct dcf_live_set *set, struct dcf_live_tree *to[LIVE_TREES])
{
	size_t n = 0;

	for (uint32_t i = 0; i < set->tree_count && n < LIVE_TREES; i++) {
		struct dcf_live_tree *t = set->tree[i];
		size_t at;

		if (t->busy || t->items > LIVE_BASE)
			continue;
		for (at = n++; at > 0 && to[at - 1]->items > t->items; at--)
			to[at] = to[at - 1];
		to[at] = t;
	}
	return n;
}

/* The smaller trees up to one that is at most twice as large as all before it together: so each box is merged again only
 * when it comes into a tree a good deal larger, and trees are few. */
static bool merge_trees(struct dcf_live *live, const struct dcf_live_set *set, size_t most)
{
	struct dcf_live_tree *tree[LIVE_TREES];
	size_t n = sorted_trees(set, tree), sum = 0, take = 0, items = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && tree[i]->items <= 2 * sum && sum + tree[i]->items <= most) {
			take = i + 1;
			items = sum + tree[i]->items;
		}
		sum += tree[i]->items;
	}
	return take > 1 && dcf_live_merge(live, NULL, 0, tree, take, items);
}

/* Where a quarter of all boxes belongs to nobody, the tree that was made longest ago is made anew. */
static bool merge_oldest(struct dcf_live *live, const struct dcf_live_set *set, size_t most)
{
	uint64_t items = atomic_load_explicit(&live->items, memory_order_relaxed);
	uint64_t dead = atomic_load_explicit(&live->dead_items, memory_order_relaxed);
	struct dcf_live_tree *oldest = NULL;

	if (dead < LIVE_RUNS_DUE * LIVE_RUN || dead < items / 4)
		return false;
	for (uint32_t i = 0; i < set->tree_count; i++)
		if (!set->tree[i]->busy && (!oldest || set->tree[i]->serial < oldest->serial))
			oldest = set->tree[i];
	return oldest && oldest->items <= most && dcf_live_merge(live, NULL, 0, &oldest, 1, oldest->items);
}

bool dcf_live_merge_due(struct dcf_live *live, size_t most)
{
	/* a merge that fails may have let smaller ones replace the set */
	return merge_runs(live, atomic_load(&live->set), most) || merge_trees(live, atomic_load(&live->set), most) ||
	       merge_oldest(live, atomic_load(&live->set), most);
}

void dcf_live_between(struct dcf_live *live, size_t items)
{
	/* each inside the other is smaller by far: so they are few */
	if (atomic_load_explicit(&live->full_runs, memory_order_relaxed) < LIVE_RUNS_DUE ||
	    items <= (size_t)LIVE_RUNS_AT_ONCE * LIVE_RUN)
		return;
	dcf_live_reclaim(live);
	while (dcf_live_merge_due(live, items / 8))
		;
}

/* ---- the tender's calls ---- */

enum dcf_live_more dcf_live_tend(struct dcf_live *live)
{
	bool no = false, waits;

	if (!atomic_compare_exchange_strong(&live->tending, &no, true))
		return DCF_LIVE_WAITING;
	do
		waits = dcf_live_reclaim(live);
	while (dcf_live_merge_due(live, SIZE_MAX));
	waits = dcf_live_reclaim(live);
	atomic_store(&live->tending, false);
	return waits ? DCF_LIVE_WAITING : DCF_LIVE_IDLE;
}

bool dcf_live_wants_tending(const struct dcf_live *live)
{
	return atomic_load_explicit(&live->full_runs, memory_order_relaxed) >= LIVE_RUNS_DUE ||
	       atomic_load_explicit(&live->waiting, memory_order_relaxed) > 0;
}
