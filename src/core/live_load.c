/* SPDX-License-Identifier: Apache-2.0 */
/* Very many operations at once: boxes in shares, trees packed at once. */
#include "core/live_int.h"

enum { OPS_AT_ONCE = 1 << 18, MAX_SHARES = 64 };

struct loading {
	struct dcf_live *live;
	struct dcf_live_op *const *ops;
	size_t n;
	unsigned shares;
	struct dcf_live_boxes boxes[MAX_SHARES];
	enum dcf_status status[MAX_SHARES];
	uint32_t *box_count; /* by operation, of those at work */
	size_t first, end;   /* at work */
	struct dcf_index_item *items;
	size_t item_count, item_cap;
	struct dcf_live_tree **trees;
	size_t tree_count, tree_cap;
	size_t done; /* operations that hold slots */
	uint32_t places;
};

static size_t share_of(const struct loading *l, unsigned k)
{
	return l->first + (l->end - l->first) * k / l->shares;
}

static void box_share(void *arg, unsigned k)
{
	struct loading *l = arg;
	struct dcf_live_boxes *b = &l->boxes[k];

	b->count = 0;
	for (size_t i = share_of(l, k); i < share_of(l, k + 1); i++) {
		size_t before = b->count;

		l->ops[i]->mark.made = NULL;
		if (l->status[k] == DCF_OK)
			l->status[k] = dcf_live_boxes_add(b, &l->live->axes, l->ops[i]);
		l->box_count[i - l->first] = (uint32_t)(b->count - before);
	}
}

/* Slots and items of one operation; with less than it needs it keeps those it got, to be given back with the rest. */
static enum dcf_status place_op(struct loading *l, struct dcf_live_op *op, const struct dcf_live_piece *pieces, uint32_t n)
{
	uint32_t *to = &op->mark.first_item;
	struct dcf_live *live = l->live;

	op->mark.boxes = 0;
	*to = LIVE_NO_SLOT;
	for (uint32_t i = 0; i < n || i == 0; i++) {
		uint32_t slot = dcf_live_take_slot(live);
		struct dcf_live_slot *s;

		if (slot == LIVE_NO_SLOT)
			return DCF_E_NOMEM;
		s = dcf_live_slot_at(live, slot);
		s->piece = i < n ? pieces[i].piece : 0;
		s->next = LIVE_NO_SLOT;
		*to = slot;
		to = &s->next;
		if (i == n)
			break;
		l->items[l->item_count++] = (struct dcf_index_item){ pieces[i].box, slot, op->party };
		op->mark.boxes++;
	}
	return DCF_OK;
}

static enum dcf_status place_all(struct loading *l)
{
	enum dcf_status s = DCF_OK;
	size_t total = 0;
	void *p = l->items;

	for (unsigned k = 0; k < l->shares && s == DCF_OK; k++) {
		s = l->status[k];
		total += l->boxes[k].count;
		l->places |= l->boxes[k].places;
	}
	if (s == DCF_OK)
		s = dcf_grow(l->live->from, &p, &l->item_cap, total, sizeof *l->items);
	l->items = p;
	l->item_count = 0;
	for (unsigned k = 0; k < l->shares && s == DCF_OK; k++) {
		const struct dcf_live_piece *at = l->boxes[k].at;

		for (size_t i = share_of(l, k); i < share_of(l, k + 1) && s == DCF_OK; i++) {
			l->done = i + 1;
			s = place_op(l, l->ops[i], at, l->box_count[i - l->first]);
			at = at ? at + l->box_count[i - l->first] : at;
		}
	}
	return s;
}

static enum dcf_status build_tree(struct loading *l, const struct dcf_parallel *parallel)
{
	struct dcf_live_tree *t;
	void *p = l->trees;
	enum dcf_status s = dcf_grow(l->live->from, &p, &l->tree_cap, l->tree_count + 1, sizeof(struct dcf_live_tree *));

	l->trees = p;
	if (s != DCF_OK || l->item_count == 0)
		return s;
	s = dcf_live_tree_new(l->live, l->items, l->item_count, parallel, &t);
	if (s == DCF_OK)
		l->trees[l->tree_count++] = t;
	return s;
}

/* Nothing of it has been seen by anyone. */
static void take_back(struct loading *l)
{
	for (size_t i = 0; i < l->done; i++) {
		uint32_t slot = l->ops[i]->mark.first_item;

		while (slot != LIVE_NO_SLOT) {
			uint32_t next = dcf_live_slot_at(l->live, slot)->next;

			dcf_live_return_slot(l->live, slot);
			slot = next;
		}
	}
	for (size_t i = 0; i < l->end; i++)
		dcf_live_made_free(l->live->from, l->ops[i]);
	for (size_t i = 0; i < l->tree_count; i++)
		dcf_live_destroy(l->live, &l->trees[i]->waste);
}

/* Operations first, then the trees through which they are found. */
static enum dcf_status install(struct loading *l)
{
	struct dcf_live *live = l->live;
	struct dcf_live_change c = { .tree_in = l->trees, .tree_in_count = l->tree_count };
	uint64_t born = atomic_load(&live->published) + 1, items = 0;
	enum dcf_status s;

	for (size_t i = 0; i < l->n; i++) {
		struct dcf_live_op *op = l->ops[i];

		atomic_store_explicit(&op->mark.born, born, memory_order_relaxed);
		atomic_store_explicit(&op->mark.died, LIVE_STAYS, memory_order_relaxed);
		items += op->mark.boxes;
		for (uint32_t slot = op->mark.first_item; slot != LIVE_NO_SLOT; slot = dcf_live_slot_at(live, slot)->next)
			atomic_store(&dcf_live_slot_at(live, slot)->op, op);
	}
	atomic_fetch_or(&live->places, l->places);
	dcf_live_pin_writer(live);
	s = dcf_live_set_change(live, &c);
	dcf_live_unpin_writer(live);
	for (size_t i = 0; i < l->n && s != DCF_OK; i++)
		for (uint32_t slot = l->ops[i]->mark.first_item; slot != LIVE_NO_SLOT;
		     slot = dcf_live_slot_at(live, slot)->next)
			atomic_store(&dcf_live_slot_at(live, slot)->op, NULL);
	for (size_t i = 0; i < l->n && s == DCF_OK; i++) {
		l->ops[i]->mark.next = live->inserted;
		live->inserted = l->ops[i];
	}
	if (s == DCF_OK) {
		live->ops += (int64_t)l->n;
		atomic_fetch_add_explicit(&live->items, items, memory_order_relaxed);
		atomic_fetch_add_explicit(&live->tree_count, l->tree_count, memory_order_relaxed);
	}
	return s;
}

static enum dcf_status check_parties(const struct loading *l)
{
	uint32_t parties = atomic_load(&l->live->frame)->parties;

	for (size_t i = 0; i < l->n; i++)
		if (l->ops[i]->party >= parties)
			return DCF_E_RANGE;
	return DCF_OK;
}

enum dcf_status dcf_live_load(struct dcf_live *live, struct dcf_live_op *const *ops, size_t n,
			      const struct dcf_parallel *parallel)
{
	unsigned threads = dcf_parallel_threads(parallel);
	struct loading *l = dcf_alloc_new(live->from, sizeof *l);
	enum dcf_status s = DCF_E_NOMEM;

	if (!l)
		return s;
	memset(l, 0, sizeof *l);
	l->live = live;
	l->ops = ops;
	l->n = n;
	l->shares = threads == 1 ? 1 : threads * 8 < MAX_SHARES ? threads * 8 : MAX_SHARES;
	for (unsigned k = 0; k < l->shares; k++)
		l->boxes[k].from = live->from;
	l->box_count = dcf_alloc_new(live->from, OPS_AT_ONCE * sizeof *l->box_count);
	if (l->box_count)
		s = check_parties(l);
	while (s == DCF_OK && l->end < n) {
		l->first = l->end;
		l->end = n - l->first < OPS_AT_ONCE ? n : l->first + OPS_AT_ONCE;
		dcf_parallel_run(parallel, l->shares, box_share, l);
		s = place_all(l);
		s = s == DCF_OK ? build_tree(l, parallel) : s;
	}
	s = s == DCF_OK ? install(l) : s;
	if (s != DCF_OK)
		take_back(l);
	for (unsigned k = 0; k < l->shares; k++)
		dcf_live_boxes_free(&l->boxes[k]);
	dcf_alloc_free(live->from, l->box_count, OPS_AT_ONCE * sizeof *l->box_count);
	dcf_alloc_free(live->from, l->items, l->item_cap * sizeof *l->items);
	dcf_alloc_free(live->from, l->trees, l->tree_cap * sizeof(struct dcf_live_tree *));
	dcf_alloc_free(live->from, l, sizeof *l);
	return s;
}
