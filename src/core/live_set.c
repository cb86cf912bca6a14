/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_int.h"

void *dcf_live_get(struct dcf_live *live, size_t n)
{
	void *p = dcf_alloc_new(live->from, n);

	if (p)
		atomic_fetch_add_explicit(&live->bytes, n, memory_order_relaxed);
	return p;
}

void dcf_live_put(struct dcf_live *live, void *p, size_t n)
{
	if (!p)
		return;
	atomic_fetch_sub_explicit(&live->bytes, n, memory_order_relaxed);
	dcf_alloc_free(live->from, p, n);
}

/* ---- slots ---- */

static bool add_chunk(struct dcf_live *live)
{
	size_t k = live->slot_count / LIVE_CHUNK;
	struct dcf_live_slot *c;

	if (k >= LIVE_CHUNKS)
		return false;
	c = dcf_live_get(live, LIVE_CHUNK * sizeof *c);
	if (!c)
		return false;
	for (size_t i = 0; i < LIVE_CHUNK; i++) {
		atomic_init(&c[i].op, NULL);
		c[i].piece = 0;
		c[i].next = LIVE_NO_SLOT;
	}
	live->chunk[k] = c;
	return true;
}

uint32_t dcf_live_take_slot(struct dcf_live *live)
{
	uint32_t slot;

	if (live->own_slots == LIVE_NO_SLOT)
		live->own_slots = atomic_exchange(&live->free_slots, LIVE_NO_SLOT);
	slot = live->own_slots;
	if (slot != LIVE_NO_SLOT) {
		live->own_slots = dcf_live_slot_at(live, slot)->next;
		return slot;
	}
	if (live->slot_count % LIVE_CHUNK == 0 && !add_chunk(live))
		return LIVE_NO_SLOT;
	return live->slot_count++;
}

void dcf_live_return_slot(struct dcf_live *live, uint32_t slot)
{
	dcf_live_slot_at(live, slot)->next = live->own_slots;
	live->own_slots = slot;
}

void dcf_live_free_chain(struct dcf_live *live, const struct dcf_live_chain *chain)
{
	uint32_t head = atomic_load(&live->free_slots);

	if (chain->count == 0)
		return;
	/* The writer takes all there are at once, so a head that comes back is the same list. */
	do
		dcf_live_slot_at(live, chain->last)->next = head;
	while (!atomic_compare_exchange_weak(&live->free_slots, &head, chain->first));
}

/* ---- waste ---- */

void dcf_live_discard(struct dcf_live *live, struct dcf_live_waste *waste)
{
	waste->next = atomic_load(&live->waste);
	while (!atomic_compare_exchange_weak(&live->waste, &waste->next, waste))
		;
}

static void destroy_tree(struct dcf_live *live, struct dcf_live_tree *t)
{
	atomic_fetch_sub_explicit(&live->bytes, t->ix.bytes, memory_order_relaxed);
	dcf_index_free(&t->ix);
	dcf_live_put(live, t, sizeof *t);
}

void dcf_live_destroy(struct dcf_live *live, struct dcf_live_waste *waste)
{
	switch (waste->kind) {
	case LIVE_WASTE_SET:
		dcf_live_put(live, waste, ((struct dcf_live_set *)waste)->bytes);
		break;
	case LIVE_WASTE_RUN:
		dcf_live_free_chain(live, &((struct dcf_live_run *)waste)->dropped);
		dcf_live_put(live, waste, sizeof(struct dcf_live_run));
		break;
	case LIVE_WASTE_TREE:
		dcf_live_free_chain(live, &((struct dcf_live_tree *)waste)->dropped);
		destroy_tree(live, (struct dcf_live_tree *)waste);
		break;
	case LIVE_WASTE_FRAME:
		dcf_live_frame_free(live, (struct dcf_live_frame *)waste);
		break;
	}
}

/* ---- the set ---- */

static struct dcf_live_set *set_new(struct dcf_live *live, size_t runs, size_t trees)
{
	size_t bytes = sizeof(struct dcf_live_set) + (runs + trees) * sizeof(void *);
	struct dcf_live_set *s = dcf_live_get(live, bytes);

	if (!s)
		return NULL;
	*s = (struct dcf_live_set){ .waste = { NULL, LIVE_WASTE_SET }, .bytes = bytes };
	s->run = (struct dcf_live_run **)(s + 1);
	s->tree = (struct dcf_live_tree **)(s->run + runs);
	return s;
}

static bool is_among(const void *p, const void *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == p)
			return true;
	return false;
}

static size_t runs_from(const struct dcf_live_run *r)
{
	size_t n = 0;

	for (; r; r = r->after)
		n++;
	return n;
}

/* Runs leave in the order they came, so the first that does not ends the search. */
static void fill_set(struct dcf_live_set *s, const struct dcf_live_set *old, const struct dcf_live_change *c)
{
	uint32_t k = 0;

	for (; old && k < old->run_count && k < c->run_out_count && old->run[k] == c->run_out[k]; k++)
		;
	for (; old && k < old->run_count; k++)
		s->run[s->run_count++] = old->run[k];
	for (struct dcf_live_run *r = c->run_in; r; r = r->after)
		s->run[s->run_count++] = r;
	for (k = 0; old && k < old->tree_count; k++)
		if (!is_among(old->tree[k], (const void *const *)c->tree_out, c->tree_out_count))
			s->tree[s->tree_count++] = old->tree[k];
	for (size_t i = 0; i < c->tree_in_count; i++)
		s->tree[s->tree_count++] = c->tree_in[i];
}

enum dcf_status dcf_live_set_change(struct dcf_live *live, const struct dcf_live_change *c)
{
	size_t new_runs = runs_from(c->run_in);
	struct dcf_live_set *old = atomic_load(&live->set), *s;

	for (;;) {
		s = set_new(live, (old ? old->run_count : 0) + new_runs, (old ? old->tree_count : 0) + c->tree_in_count);
		if (!s)
			return DCF_E_NOMEM;
		fill_set(s, old, c);
		if (atomic_compare_exchange_strong(&live->set, &old, s))
			break;
		/* the other one of writer and tender was quicker */
		dcf_live_put(live, s, s->bytes);
	}
	if (old)
		dcf_live_discard(live, &old->waste);
	return DCF_OK;
}

/* ---- runs ---- */

static struct dcf_live_run *run_new(struct dcf_live *live)
{
	struct dcf_live_run *r = dcf_live_get(live, sizeof *r);

	if (!r)
		return NULL;
	r->waste = (struct dcf_live_waste){ NULL, LIVE_WASTE_RUN };
	r->dropped = (struct dcf_live_chain){ LIVE_NO_SLOT, LIVE_NO_SLOT, 0 };
	r->after = NULL;
	atomic_init(&r->count, 0);
	r->tree = (struct dcf_index_tree){ .leaves = r->leaf,
					   .leaf_count = LIVE_LEAVES,
					   .level = { &r->node },
					   .only = { r->only },
					   .node_count = { 1 },
					   .levels = 1,
					   .item_count = LIVE_RUN };
	return r;
}

static size_t room_of(const struct dcf_live_run *r)
{
	return LIVE_RUN - atomic_load_explicit(&r->count, memory_order_relaxed);
}

enum dcf_status dcf_live_run_room(struct dcf_live *live, size_t n)
{
	struct dcf_live_change c = { 0 };
	struct dcf_live_run *last = NULL, *r;
	size_t room = 0;
	enum dcf_status s = DCF_OK;

	for (r = live->open; r; r = r->after) {
		room += room_of(r);
		last = r;
	}
	if (room >= n)
		return DCF_OK;
	for (struct dcf_live_run **to = &c.run_in; room < n && s == DCF_OK; room += LIVE_RUN) {
		*to = run_new(live);
		if (!*to)
			s = DCF_E_NOMEM;
		else
			to = &(*to)->after;
	}
	dcf_live_pin_writer(live);
	s = s == DCF_OK ? dcf_live_set_change(live, &c) : s;
	dcf_live_unpin_writer(live);
	if (s != DCF_OK) {
		while ((r = c.run_in) != NULL) {
			c.run_in = r->after;
			dcf_live_put(live, r, sizeof *r);
		}
		return s;
	}
	if (last)
		last->after = c.run_in;
	else
		live->open = c.run_in;
	return DCF_OK;
}

static void close_leaf(struct dcf_live_run *r, uint32_t l)
{
	const struct dcf_index_leaf *leaf = &r->leaf[l];

	r->only[l] = leaf->group[0];
	for (int k = 0; k < DCF_AXES; k++) {
		int32_t low = INT32_MAX, high = INT32_MIN;

		for (unsigned i = 0; i < DCF_NODE; i++) {
			low = leaf->boxes.low[k][i] < low ? leaf->boxes.low[k][i] : low;
			high = leaf->boxes.high[k][i] > high ? leaf->boxes.high[k][i] : high;
		}
		r->node.low[k][l] = low;
		r->node.high[k][l] = high;
	}
	for (unsigned i = 1; i < DCF_NODE; i++)
		if (leaf->group[i] != r->only[l])
			r->only[l] = DCF_MANY_GROUPS;
}

static void put_lane(struct dcf_live_run *r, uint32_t at, const struct dcf_live_piece *p, uint32_t party)
{
	struct dcf_index_leaf *leaf = &r->leaf[at / DCF_NODE];
	uint32_t lane = at % DCF_NODE;

	for (int k = 0; k < DCF_AXES; k++) {
		leaf->boxes.low[k][lane] = p->box.low[k];
		leaf->boxes.high[k][lane] = p->box.high[k];
	}
	leaf->id[lane] = p->slot;
	leaf->group[lane] = party;
	if (lane == DCF_NODE - 1)
		close_leaf(r, at / DCF_NODE);
}

void dcf_live_run_append(struct dcf_live *live, const struct dcf_live_piece *pieces, size_t n, uint32_t party)
{
	while (n > 0) {
		struct dcf_live_run *r = live->open;
		uint32_t at = atomic_load_explicit(&r->count, memory_order_relaxed);

		for (; n > 0 && at < LIVE_RUN; n--)
			put_lane(r, at++, pieces++, party);
		if (at == LIVE_RUN) {
			/* Once it is full the tender may take it away: go on before that. */
			live->open = r->after;
			atomic_fetch_add_explicit(&live->full_runs, 1, memory_order_relaxed);
		}
		atomic_store_explicit(&r->count, at, memory_order_release);
	}
}

/* ---- trees ---- */

static struct dcf_box4 hull_of(const struct dcf_index_tree *t)
{
	struct dcf_box4 b = { { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX }, { INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN } };
	const struct dcf_index_boxes *root = t->leaf_count ? t->level[t->levels - 1] : NULL;

	for (int k = 0; root && k < DCF_AXES; k++)
		for (unsigned i = 0; i < DCF_NODE; i++) {
			b.low[k] = root->low[k][i] < b.low[k] ? root->low[k][i] : b.low[k];
			b.high[k] = root->high[k][i] > b.high[k] ? root->high[k][i] : b.high[k];
		}
	return b;
}

enum dcf_status dcf_live_tree_new(struct dcf_live *live, const struct dcf_index_item *items, size_t n,
				  const struct dcf_parallel *parallel, struct dcf_live_tree **tree)
{
	struct dcf_live_tree *t = dcf_live_get(live, sizeof *t);
	enum dcf_status s;

	if (!t)
		return DCF_E_NOMEM;
	*t = (struct dcf_live_tree){ .waste = { NULL, LIVE_WASTE_TREE },
				     .dropped = { LIVE_NO_SLOT, LIVE_NO_SLOT, 0 },
				     .items = (uint32_t)n };
	s = dcf_index_build(live->from, items, n, live->simd, parallel, &t->ix);
	if (s != DCF_OK) {
		dcf_live_put(live, t, sizeof *t);
		return s;
	}
	atomic_fetch_add_explicit(&live->bytes, t->ix.bytes, memory_order_relaxed);
	for (int c = 0; c < DCF_INDEX_CLASSES; c++)
		t->hull[c] = hull_of(&t->ix.tree[c]);
	*tree = t;
	return DCF_OK;
}
