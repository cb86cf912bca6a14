/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"

/* What comes out of the sources, and what is left behind. */
struct merging {
	struct dcf_live *live;
	struct dcf_index_item *items;
	size_t count, cap;
	struct dcf_live_chain dropped;
};

static void take_leaf(struct merging *m, const struct dcf_index_leaf *leaf)
{
	for (unsigned i = 0; i < DCF_NODE; i++) {
		struct dcf_index_item *to = &m->items[m->count];
		uint32_t slot = leaf->id[i];

		if (slot == LIVE_NO_SLOT)
			continue;
		if (!atomic_load(&dcf_live_slot_at(m->live, slot)->op)) {
			dcf_live_chain_add(m->live, &m->dropped, slot);
			continue;
		}
		for (int k = 0; k < DCF_AXES; k++) {
			to->box.low[k] = leaf->boxes.low[k][i];
			to->box.high[k] = leaf->boxes.high[k][i];
		}
		to->id = slot;
		to->group = leaf->group[i];
		m->count++;
	}
}

/* Slots are all over memory: asked for some leaves ahead. */
static void take_tree(struct merging *m, const struct dcf_index_tree *t)
{
	enum { AHEAD = 2, SLICE = 1024 };

	for (uint32_t l = 0; l < t->leaf_count; l++) {
		for (unsigned i = 0; i < DCF_NODE && l + AHEAD < t->leaf_count; i++)
			if (t->leaves[l + AHEAD].id[i] != LIVE_NO_SLOT)
				__builtin_prefetch(dcf_live_slot_at(m->live, t->leaves[l + AHEAD].id[i]));
		take_leaf(m, &t->leaves[l]);
		if (l % SLICE == SLICE - 1)
			dcf_live_between(m->live, m->cap);
	}
}

/* The builder's shares one after the other; between them smaller merges. */
static void in_slices(void *ctx, unsigned jobs, dcf_job_fn *job, void *arg)
{
	const struct merging *m = ctx;

	for (unsigned k = 0; k < jobs; k++) {
		job(arg, k);
		dcf_live_between(m->live, m->cap);
	}
}

static enum dcf_status build(struct merging *m, struct dcf_live_tree **out)
{
	enum { SHARES = 64, WHOLE = 1 << 14 };
	struct dcf_parallel slices = { in_slices, m, SHARES };
	enum dcf_status s;

	*out = NULL;
	if (m->count == 0)
		return DCF_OK;
	s = dcf_live_tree_new(m->live, m->items, m->count, m->count > WHOLE ? &slices : NULL, out);
	if (s == DCF_OK)
		(*out)->serial = ++m->live->serial;
	return s;
}

static void mark_busy(struct dcf_live_tree *const *trees, size_t n, bool busy)
{
	for (size_t i = 0; i < n; i++)
		trees[i]->busy = busy;
}

/* The new tree in place of its sources. */
static enum dcf_status install(struct merging *m, struct dcf_live_tree *tree, struct dcf_live_run *const *runs,
			       size_t run_count, struct dcf_live_tree *const *trees, size_t tree_count)
{
	struct dcf_live_change c = { .run_out = runs,
				     .run_out_count = run_count,
				     .tree_out = trees,
				     .tree_out_count = tree_count,
				     .tree_in = &tree,
				     .tree_in_count = tree != NULL };
	struct dcf_live *live = m->live;
	enum dcf_status s = dcf_live_set_change(live, &c);

	if (s != DCF_OK)
		return s;
	/* the slots come free together with the last of what refers to them */
	if (run_count)
		runs[0]->dropped = m->dropped;
	else
		trees[0]->dropped = m->dropped;
	atomic_fetch_sub_explicit(&live->items, m->dropped.count, memory_order_relaxed);
	atomic_fetch_sub_explicit(&live->dead_items, m->dropped.count, memory_order_relaxed);
	atomic_fetch_sub_explicit(&live->full_runs, run_count, memory_order_relaxed);
	atomic_fetch_add_explicit(&live->tree_count, (uint64_t)(tree != NULL) - tree_count, memory_order_relaxed);
	atomic_fetch_add_explicit(&live->merges, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&live->merged, m->cap, memory_order_relaxed);
	for (size_t i = 0; i < run_count; i++)
		dcf_live_discard(live, &runs[i]->waste);
	for (size_t i = 0; i < tree_count; i++)
		dcf_live_discard(live, &trees[i]->waste);
	return DCF_OK;
}

/* `runs` and `trees` may be of a set: while they are sources nothing else takes them out of it, and the set itself is
 * freed by nobody but the tender, who copies them first. */
bool dcf_live_merge(struct dcf_live *live, struct dcf_live_run *const *runs, size_t run_count,
		    struct dcf_live_tree *const *trees, size_t tree_count, size_t items)
{
	struct merging m = { .live = live, .cap = items, .dropped = { LIVE_NO_SLOT, LIVE_NO_SLOT, 0 } };
	struct dcf_live_run *run[LIVE_RUNS_AT_ONCE];
	struct dcf_live_tree *made = NULL;
	enum dcf_status s;

	m.items = dcf_alloc_new(live->from, items * sizeof *m.items);
	if (!m.items)
		return false;
	if (run_count)
		memcpy(run, runs, run_count * sizeof(struct dcf_live_run *));
	mark_busy(trees, tree_count, true);
	for (size_t i = 0; i < run_count; i++)
		take_tree(&m, &run[i]->tree);
	for (size_t i = 0; i < tree_count; i++)
		for (int c = 0; c < DCF_INDEX_CLASSES; c++)
			take_tree(&m, &trees[i]->ix.tree[c]);
	s = build(&m, &made);
	if (s == DCF_OK && (s = install(&m, made, run, run_count, trees, tree_count)) != DCF_OK && made)
		dcf_live_destroy(live, &made->waste);
	if (s != DCF_OK)
		mark_busy(trees, tree_count, false);
	dcf_alloc_free(live->from, m.items, items * sizeof *m.items);
	return s == DCF_OK;
}
