/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_links.c - which intents depend on a subscription.
 *
 * An intent is in the list of each subscription that it names now or named when it was published: so the writer finds those
 * that depend on one now, and readers those that did, each by looking at the intent itself.  Lists change only under the lock.
 */
#include "domain/exchange_int.h"

static struct exchange_slot *subscription_of(const struct dcf_exchange *x, const struct dcf_entity *intent)
{
	if (!intent || dcf_uuid_is_zero(&intent->subscription))
		return NULL;
	return dcf_exchange_slot(x, DCF_ENTITY_SUBSCRIPTION, &intent->subscription);
}

static enum dcf_status put(struct dcf_exchange *x, struct exchange_slot *sub, struct exchange_slot *intent)
{
	struct exchange_slot **array;
	uint32_t cap = sub->dependent_cap > 1 ? sub->dependent_cap * 2 : 4;
	enum dcf_status s = DCF_OK;

	pthread_mutex_lock(&x->lock);
	if (sub->dependent_count == sub->dependent_cap) {
		array = dcf_alloc_new(x->from, cap * sizeof(void *));
		s = array ? DCF_OK : DCF_E_NOMEM;
		if (array) {
			memcpy(array, sub->dependent, sub->dependent_count * sizeof(void *));
			dcf_exchange_links_free(x, sub);
			sub->dependent = array;
			sub->dependent_cap = cap;
		}
	}
	if (s == DCF_OK)
		sub->dependent[sub->dependent_count++] = intent;
	pthread_mutex_unlock(&x->lock);
	return s;
}

void dcf_exchange_links_free(struct dcf_exchange *x, struct exchange_slot *sub)
{
	if (sub->kind == DCF_ENTITY_SUBSCRIPTION && sub->dependent != &sub->one)
		dcf_alloc_free(x->from, sub->dependent, sub->dependent_cap * sizeof(void *));
}

/* With the lock held. */
static void take_out(struct exchange_slot *sub, const struct exchange_slot *intent)
{
	for (uint32_t i = sub->dependent_count; i > 0; i--)
		if (sub->dependent[i - 1] == intent) {
			sub->dependent[i - 1] = sub->dependent[--sub->dependent_count];
			return;
		}
}

enum dcf_status dcf_exchange_link(struct dcf_exchange *x, struct exchange_slot *intent, const struct dcf_entity *next)
{
	struct exchange_slot *from = subscription_of(x, intent->now), *to = subscription_of(x, next),
			     *seen = subscription_of(x, intent->seen);
	enum dcf_status s = to && to != from && to != seen ? put(x, to, intent) : DCF_OK;

	if (s == DCF_OK && from && from != to && from != seen) {
		pthread_mutex_lock(&x->lock);
		take_out(from, intent);
		pthread_mutex_unlock(&x->lock);
	}
	return s;
}

enum dcf_status dcf_exchange_relink(struct dcf_exchange *x, struct exchange_slot *intent)
{
	struct exchange_slot *to = subscription_of(x, intent->now);

	if (!to)
		return DCF_OK;
	for (uint32_t i = to->dependent_count; i > 0; i--)
		if (to->dependent[i - 1] == intent)
			return DCF_OK;
	return put(x, to, intent);
}

void dcf_exchange_link_publish(struct dcf_exchange *x, struct exchange_slot *intent)
{
	struct exchange_slot *from = subscription_of(x, intent->seen);

	if (from && from != subscription_of(x, intent->now))
		take_out(from, intent);
}

void dcf_exchange_link_undo(struct dcf_exchange *x, struct exchange_slot *intent)
{
	struct exchange_slot *from = subscription_of(x, intent->now);

	if (from && from != subscription_of(x, intent->seen))
		take_out(from, intent);
}

static bool depends(const struct exchange_slot *intent, const struct exchange_slot *sub)
{
	return intent->now && dcf_uuid_eq(&intent->now->subscription, &sub->id);
}

bool dcf_exchange_is_needed(const struct exchange_slot *sub, const struct exchange_slot *other)
{
	for (uint32_t i = 0; i < sub->dependent_count; i++)
		if (sub->dependent[i] != other && depends(sub->dependent[i], sub))
			return true;
	return false;
}

static void widen(struct dcf_utm_extents *hull, const struct dcf_utm_extents *by, bool first)
{
	if (first || by->start_us < hull->start_us)
		hull->start_us = by->start_us;
	if (first || by->end_us > hull->end_us)
		hull->end_us = by->end_us;
	if (first || by->lower_e4 < hull->lower_e4)
		hull->lower_e4 = by->lower_e4;
	if (first || by->upper_e4 > hull->upper_e4)
		hull->upper_e4 = by->upper_e4;
}

enum dcf_status dcf_exchange_fit(struct dcf_exchange *x, const struct exchange_at *at, struct exchange_slot *sub)
{
	const struct dcf_utm_extents *is = &sub->now->extents;
	struct dcf_entity like, *e;
	struct dcf_utm_extents hull = { 0 };
	bool any = false;
	enum dcf_status s;

	for (uint32_t i = 0; i < sub->dependent_count; i++)
		if (depends(sub->dependent[i], sub)) {
			widen(&hull, &sub->dependent[i]->now->extents, !any);
			any = true;
		}
	if (!any || (hull.start_us == is->start_us && hull.end_us == is->end_us && hull.lower_e4 == is->lower_e4 &&
		     hull.upper_e4 == is->upper_e4))
		return DCF_OK;
	(void)at;
	like = *sub->now;
	like.extents = hull;
	s = dcf_entity_make(x->from, &like, &e);
	if (s != DCF_OK)
		return s;
	e->index_next = sub->now->index_next;
	return dcf_exchange_place(x, sub, e);
}
