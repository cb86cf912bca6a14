/* SPDX-License-Identifier: Apache-2.0 */
/* What the clock asks for: heaps of entities by their end.  An implicit subscription goes with the last of its intents, and an explicit one not
 * before them. */
#include "domain/exchange_int.h"

#define AGAIN_US (INT64_C(60) * 1000000)

static bool before(const struct exchange_slot *a, const struct exchange_slot *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->now->serial < b->now->serial;
}

static void place(struct exchange_queue *q, size_t i, struct exchange_slot *slot)
{
	q->at[i] = slot;
	slot->due_at = (uint32_t)i;
}

static void sift(struct exchange_queue *q, size_t i, struct exchange_slot *slot)
{
	while (i > 0 && before(slot, q->at[(i - 1) / 2])) {
		place(q, i, q->at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < q->count && before(q->at[child + 1], q->at[child]))
			child++;
		if (child >= q->count || !before(q->at[child], slot))
			break;
		place(q, i, q->at[child]);
		i = child;
	}
	place(q, i, slot);
}

enum dcf_status dcf_exchange_queue_room(struct dcf_exchange *x, uint8_t kind)
{
	struct exchange_queue *q = dcf_exchange_queue_of(x, kind);
	void *array = q->at;
	enum dcf_status s = q->owed < EXCHANGE_NOT_DUE - 1 ? dcf_grow(x->from, &array, &q->cap, q->owed + 1, sizeof *q->at) : DCF_E_LIMIT;

	q->at = array;
	return s;
}

void dcf_exchange_queue_drop(struct dcf_exchange *x, struct exchange_slot *slot)
{
	struct exchange_queue *q = dcf_exchange_queue_of(x, slot->kind);
	size_t i = slot->due_at;
	struct exchange_slot *last;

	if (i == EXCHANGE_NOT_DUE)
		return;
	slot->due_at = EXCHANGE_NOT_DUE;
	last = q->at[--q->count];
	if (last != slot)
		sift(q, i, last);
}

static void put(struct dcf_exchange *x, struct exchange_slot *slot, int64_t due_us)
{
	struct exchange_queue *q = dcf_exchange_queue_of(x, slot->kind);

	dcf_exchange_queue_drop(x, slot);
	slot->due_us = due_us;
	q->count++;
	sift(q, q->count - 1, slot);
}

void dcf_exchange_queue_put(struct dcf_exchange *x, struct exchange_slot *slot)
{
	if (!slot->now || slot->now->implicit || slot->now->native || slot->now->extents.end_us == DCF_UTM_FOR_EVER)
		dcf_exchange_queue_drop(x, slot);
	else if (slot->due_at == EXCHANGE_NOT_DUE || slot->due_us != slot->now->extents.end_us)
		put(x, slot, slot->now->extents.end_us);
}

/* --- what is over ---------------------------------------------------------------------------------------------------------- */

static bool is_listed(const struct dcf_exchange *x, const struct exchange_slot *slot)
{
	return slot->mark == x->marks;
}

/* Do all that depend on it go too? */
static bool goes_too(const struct dcf_exchange *x, const struct exchange_slot *sub)
{
	for (uint32_t i = 0; i < sub->dependent_count; i++) {
		const struct exchange_slot *d = sub->dependent[i];

		if (d->now && dcf_uuid_eq(&d->now->subscription, &sub->id) && !is_listed(x, d))
			return false;
	}
	return true;
}

static void list(struct dcf_exchange *x, struct exchange_slot *slot, struct dcf_buf *body)
{
	slot->mark = x->marks;
	dcf_positions_put(body, slot->now->serial);
}

static void list_subscription_of(struct dcf_exchange *x, const struct exchange_slot *intent, struct dcf_buf *body)
{
	struct exchange_slot *sub = dcf_exchange_slot(x, DCF_ENTITY_SUBSCRIPTION, &intent->now->subscription);

	if (sub && sub->now && sub->now->implicit && !is_listed(x, sub) && goes_too(x, sub))
		list(x, sub, body);
}

static int64_t minus(int64_t t, int64_t by)
{
	return t < INT64_MIN + by ? INT64_MIN : t - by;
}

/* What is due stays in the queue until its entry is applied: those taken are put behind and come back if it never is. */
static size_t due_of(struct dcf_exchange *x, struct exchange_queue *q, int64_t over_us, size_t cap, struct dcf_buf *body)
{
	size_t taken = 0, looked = 0;

	for (; q->count && q->at[0]->due_us < over_us && taken < cap && looked < 4 * cap; looked++) {
		struct exchange_slot *slot = q->at[0];
		bool early = slot->kind == DCF_ENTITY_SUBSCRIPTION && !goes_too(x, slot);

		put(x, slot, over_us + AGAIN_US);
		if (early || slot->now->extents.end_us >= over_us)
			continue;
		list(x, slot, body);
		taken++;
		if (slot->kind == DCF_ENTITY_INTENT)
			list_subscription_of(x, slot, body);
	}
	return taken;
}

enum dcf_status dcf_exchange_due(struct dcf_exchange *x, int64_t now_us, const struct dcf_exchange_keeping *keep, size_t cap,
				 struct dcf_buf *body, bool *due)
{
	size_t taken;

	x->marks++;
	taken = due_of(x, &x->queue[0], minus(now_us, keep->scd_us), cap, body);
	taken += due_of(x, &x->queue[1], minus(now_us, keep->rid_us), cap - taken, body);
	*due = taken > 0;
	return body->failed ? DCF_E_NOMEM : DCF_OK;
}
