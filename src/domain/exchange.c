/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/exchange_int.h"

/* --- life ------------------------------------------------------------------------------------------------- */

static void release_from_index(void *ctx, struct dcf_live_op *op)
{
	(void)ctx;
	dcf_entity_drop(op->owner);
}

/* Two parties, of which the one stands and the other asks, and no minima between them. */
static enum dcf_status new_indexes(struct dcf_exchange *x)
{
	struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	struct dcf_plan frame;
	uint32_t at;
	enum dcf_status s;

	dcf_plan_init(&frame, x->from);
	frame.atmosphere = dcf_atmosphere_widest();
	s = dcf_plan_party(&frame, DCF_SPAN("stands"), &at);
	s = s == DCF_OK ? dcf_plan_party(&frame, DCF_SPAN("asks"), &at) : s;
	for (int k = 0; k < DCF_ENTITY_KIND_COUNT && s == DCF_OK; k++)
		s = dcf_live_new(x->from, &frame, &question, release_from_index, NULL, &x->live[k]);
	dcf_plan_free(&frame);
	return s;
}

enum dcf_status dcf_exchange_new(const struct dcf_alloc *a, struct dcf_exchange **out)
{
	struct dcf_exchange *x = dcf_alloc_new(a, sizeof *x);
	enum dcf_status s;

	*out = NULL;
	if (!x)
		return DCF_E_NOMEM;
	memset(x, 0, sizeof *x);
	x->own_arena.from = a;
	x->from = x->body.from = x->arena.from = x->query.from = a;
	x->salt = (uint64_t)(uintptr_t)x;
	pthread_mutex_init(&x->lock, NULL);
	pthread_mutex_init(&x->order_lock, NULL);
	s = dcf_exchange_past_new(x);
	s = s == DCF_OK ? new_indexes(x) : s;
	if (s != DCF_OK) {
		dcf_exchange_free(x);
		return s;
	}
	*out = x;
	return DCF_OK;
}

void dcf_exchange_free(struct dcf_exchange *x)
{
	const struct dcf_alloc *a;

	if (!x)
		return;
	a = x->from;
	dcf_exchange_forget_act(x);
	for (int k = 0; k < DCF_ENTITY_KIND_COUNT; k++)
		dcf_live_free(x->live[k]);
	dcf_exchange_table_free(x);
	dcf_alloc_free(a, x->dirty, x->dirty_cap * sizeof(void *));
	dcf_alloc_free(a, x->changed, x->changed_cap * sizeof(void *));
	for (int k = 0; k < 2; k++)
		dcf_due_free(&x->queue[k].due, a);
	dcf_exchange_query_free(&x->query);
	dcf_alloc_free(a, x->hit, x->hit_cap * sizeof(void *));
	dcf_alloc_free(a, x->told, x->told_cap * sizeof *x->told);
	dcf_exchange_mine_free(x);
	dcf_alloc_free(a, x->own, x->own_cap * sizeof *x->own);
	dcf_alloc_free(a, (void *)x->own_party.p, x->own_party.len);
	dcf_alloc_free(a, (void *)x->own_manager.p, x->own_manager.len);
	dcf_alloc_free(a, (void *)x->own_url.p, x->own_url.len);
	dcf_buf_free(&x->body);
	dcf_jfree(&x->doc);
	dcf_arena_free(&x->arena);
	dcf_arena_free(&x->own_arena);
	dcf_exchange_rows_free(x);
	dcf_exchange_past_free(x);
	pthread_mutex_destroy(&x->lock);
	pthread_mutex_destroy(&x->order_lock);
	dcf_alloc_free(a, x, sizeof *x);
}

void dcf_exchange_forget_act(struct dcf_exchange *x)
{
	dcf_entity_drop(x->act.entity);
	x->act = (struct exchange_act){ 0 };
	x->command = NULL;
	x->decided = false;
}

/* --- changes ---------------------------------------------------------------------------------------------- */

enum dcf_status dcf_exchange_touch(struct dcf_exchange *x, struct exchange_slot *slot)
{
	void *array = x->dirty;
	enum dcf_status s;

	if (slot->dirty)
		return DCF_OK;
	s = dcf_grow(x->from, &array, &x->dirty_cap, x->dirty_count + 1, sizeof *x->dirty);
	x->dirty = array;
	if (s != DCF_OK)
		return s;
	x->dirty[x->dirty_count++] = slot;
	slot->dirty = true;
	return DCF_OK;
}

static bool is_of(const struct dcf_entity *e, uint64_t serial)
{
	return e && e->serial == serial;
}

static enum dcf_status into_index(struct dcf_exchange *x, struct dcf_entity *e)
{
	enum dcf_status s;

	if (!e->live)
		return DCF_OK;
	s = dcf_live_insert(x->live[e->kind], e->live);
	if (s == DCF_OK)
		dcf_entity_hold(e);
	x->moved[e->kind] = true;
	return s;
}

enum dcf_status dcf_exchange_place(struct dcf_exchange *x, struct exchange_slot *slot, struct dcf_entity *e)
{
	struct dcf_entity *old = slot->now;
	enum dcf_status s = dcf_exchange_touch(x, slot);

	if (s == DCF_OK && e && e->native)
		s = dcf_exchange_mine_put(x, slot, e->ours);
	if (s == DCF_OK && slot->kind == DCF_ENTITY_INTENT)
		s = dcf_exchange_link(x, slot, e);
	if (s == DCF_OK && e && !is_of(slot->seen, e->serial) && !is_of(old, e->serial))
		s = dcf_exchange_order_put(x, e->serial, slot);
	if (s != DCF_OK) {
		dcf_entity_drop(e);
		return s;
	}
	slot->now = e;
	if (old && old->live) {
		dcf_live_remove(x->live[slot->kind], old->live);
		x->moved[slot->kind] = true;
	}
	if (old && !is_of(e, old->serial) && !is_of(slot->seen, old->serial))
		dcf_exchange_order_drop(x, old->serial);
	dcf_entity_drop(old);
	dcf_exchange_queue_put(x, slot);
	return e ? into_index(x, e) : DCF_OK;
}

/* --- publish ---------------------------------------------------------------------------------------------- */

static void count_entity(struct dcf_exchange *x, const struct dcf_entity *e, bool more)
{
	uint64_t n = more ? 1 : (uint64_t)-1;

	if (!e)
		return;
	atomic_fetch_add_explicit(&x->entities[e->kind], n, memory_order_relaxed);
	atomic_fetch_add_explicit(&x->volumes, n * e->extents.count, memory_order_relaxed);
	atomic_fetch_add_explicit(&x->bytes, n * (e->bytes + dcf_exchange_slot_bytes(e->kind)), memory_order_relaxed);
}

static void publish_slot(struct dcf_exchange *x, struct exchange_slot *slot)
{
	struct dcf_entity *before = slot->seen, *now = slot->now;

	slot->dirty = false;
	if (now)
		atomic_store_explicit(&now->index, now->index_next, memory_order_relaxed);
	if (before == now) {
		if (!now)
			dcf_exchange_slot_drop(x, slot);
		return;
	}
	if (before && !is_of(now, before->serial))
		dcf_exchange_order_drop(x, before->serial);
	count_entity(x, before, false);
	count_entity(x, now, true);
	slot->seen = now;
	if (now)
		dcf_entity_hold(now);
	else
		dcf_exchange_slot_drop(x, slot);
	dcf_entity_drop(before);
}

static void publish_managers(struct dcf_exchange *x)
{
	for (size_t i = 0; i < x->changed_count; i++) {
		struct exchange_manager *m = x->changed[i];

		atomic_store(&m->pub.availability, m->availability_next);
		atomic_store(&m->pub.availability_tag, m->tag_next);
		m->dirty = false;
	}
	x->changed_count = 0;
}

void dcf_exchange_publish(struct dcf_exchange *x)
{
	dcf_exchange_forget_act(x);
	dcf_exchange_past_publish(x);
	x->own_looked = false;
	for (int k = 0; k < DCF_ENTITY_KIND_COUNT; k++) {
		if (x->moved[k]) {
			(void)dcf_live_publish(x->live[k]);
			atomic_store(&x->stirred[k], true);
		}
		x->moved[k] = false;
	}
	if (x->dirty_count + x->changed_count == 0)
		return;
	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < x->dirty_count; i++)
		if (x->dirty[i]->kind == DCF_ENTITY_INTENT)
			dcf_exchange_link_publish(x, x->dirty[i]);
	for (size_t i = 0; i < x->dirty_count; i++)
		publish_slot(x, x->dirty[i]);
	x->dirty_count = 0;
	publish_managers(x);
	pthread_mutex_unlock(&x->lock);
}

/* --- undo ------------------------------------------------------------------------------------------------- */

static void undo_slot(struct dcf_exchange *x, struct exchange_slot *slot)
{
	struct dcf_entity *now = slot->now;

	slot->dirty = false;
	if (now != slot->seen) {
		if (now && !is_of(slot->seen, now->serial))
			dcf_exchange_order_drop(x, now->serial);
		slot->now = slot->seen;
		if (slot->now)
			dcf_entity_hold(slot->now);
		dcf_entity_drop(now);
	}
	if (!slot->now) {
		dcf_exchange_slot_drop(x, slot);
		return;
	}
	slot->now->index_next = atomic_load_explicit(&slot->now->index, memory_order_relaxed);
	dcf_exchange_queue_put(x, slot);
}

void dcf_exchange_undo(struct dcf_exchange *x)
{
	dcf_exchange_forget_act(x);
	dcf_exchange_past_undo(x);
	for (int k = 0; k < DCF_ENTITY_KIND_COUNT; k++) {
		if (x->moved[k]) {
			dcf_live_undo(x->live[k]);
			atomic_store(&x->stirred[k], true);
		}
		x->moved[k] = false;
	}
	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < x->dirty_count; i++)
		if (x->dirty[i]->kind == DCF_ENTITY_INTENT)
			dcf_exchange_link_undo(x, x->dirty[i]);
	for (size_t i = 0; i < x->dirty_count; i++)
		undo_slot(x, x->dirty[i]);
	x->dirty_count = 0;
	for (size_t i = 0; i < x->changed_count; i++) {
		struct exchange_manager *m = x->changed[i];

		m->availability_next = atomic_load(&m->pub.availability);
		m->tag_next = atomic_load(&m->pub.availability_tag);
		m->dirty = false;
	}
	x->changed_count = 0;
	pthread_mutex_unlock(&x->lock);
	/* What was noted before and is not followed yet is found by a look at all, and so is what followed and does no more. */
	if (x->own_looked || x->own_count)
		dcf_exchange_own_look(x);
	x->own_count = 0;
	x->own_looked = false;
}

bool dcf_exchange_tend(struct dcf_exchange *x)
{
	bool more = false;

	for (int k = 0; k < DCF_ENTITY_KIND_COUNT; k++) {
		bool waits;

		if (!atomic_exchange(&x->stirred[k], false))
			continue;
		waits = dcf_live_tend(x->live[k]) != DCF_LIVE_IDLE;
		if (waits)
			atomic_store(&x->stirred[k], true);
		more |= waits;
	}
	return more;
}

bool dcf_exchange_wants_tending(const struct dcf_exchange *x)
{
	for (int k = 0; k < DCF_ENTITY_KIND_COUNT; k++)
		if (dcf_live_wants_tending(x->live[k]))
			return true;
	return false;
}

void dcf_exchange_stats(struct dcf_exchange *x, struct dcf_exchange_stats *out)
{
	*out = (struct dcf_exchange_stats){ .managers = atomic_load(&x->managers),
					    .volumes = atomic_load(&x->volumes),
					    .bytes = atomic_load(&x->bytes),
					    .expired = atomic_load(&x->expired),
					    .keys_lacking = atomic_load(&x->keys_lacking) };
	for (int k = 0; k < DCF_ENTITY_KIND_COUNT; k++) {
		struct dcf_live_stats live;

		dcf_live_stats(x->live[k], &live);
		out->entities[k] = atomic_load(&x->entities[k]);
		out->bytes += live.bytes;
	}
}
