/* SPDX-License-Identifier: Apache-2.0 */
/* What the clock asks for: entities by their end.  An implicit subscription goes with the last of its intents, and an explicit
 * one not before them. */
#include "domain/exchange_int.h"

#define AGAIN_US (INT64_C(60) * 1000000)

enum dcf_status dcf_exchange_queue_room(struct dcf_exchange *x, uint8_t kind)
{
	struct exchange_queue *q = dcf_exchange_queue_of(x, kind);

	return dcf_due_room(&q->due, x->from, q->owed + 1);
}

void dcf_exchange_queue_drop(struct dcf_exchange *x, struct exchange_slot *slot)
{
	dcf_due_drop(&dcf_exchange_queue_of(x, slot->kind)->due, &slot->due);
}

void dcf_exchange_queue_put(struct dcf_exchange *x, struct exchange_slot *slot)
{
	if (!slot->now || slot->now->implicit || slot->now->native || slot->now->extents.end_us == DCF_UTM_FOR_EVER)
		dcf_exchange_queue_drop(x, slot);
	else
		dcf_due_set(&dcf_exchange_queue_of(x, slot->kind)->due, &slot->due, slot->now->extents.end_us,
			    slot->now->serial);
}

/* --- what is over ----------------------------------------------------------------------------------------- */

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
static size_t due_of(struct dcf_exchange *x, struct dcf_due_queue *q, int64_t over_us, size_t cap, struct dcf_buf *body)
{
	size_t taken = 0, looked = 0;

	for (; q->count && q->at[0].us < over_us && taken < cap && looked < 4 * cap; looked++) {
		struct exchange_slot *slot = DCF_DUE_OF(q->at[0].who, struct exchange_slot, due);
		bool early = slot->kind == DCF_ENTITY_SUBSCRIPTION && !goes_too(x, slot);

		dcf_due_set(q, &slot->due, over_us + AGAIN_US, slot->now->serial);
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
	taken = due_of(x, &x->queue[0].due, minus(now_us, keep->scd_us), cap, body);
	taken += due_of(x, &x->queue[1].due, minus(now_us, keep->rid_us), cap - taken, body);
	*due = taken > 0;
	return body->failed ? DCF_E_NOMEM : DCF_OK;
}
