/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_notify.c - who is told of a change: subscriptions whose outline is relevant to it, and those of intents that are. */
#include "domain/exchange_int.h"

void dcf_exchange_told_begin(struct dcf_exchange *x)
{
	x->told_count = 0;
	x->marks++;
}

enum dcf_status dcf_exchange_tell(struct dcf_exchange *x, struct exchange_slot *sub)
{
	void *array = x->told;
	enum dcf_status s;

	if (sub->mark == x->marks)
		return DCF_OK;
	s = dcf_grow(x->from, &array, &x->told_cap, x->told_count + 1, sizeof *x->told);
	x->told = array;
	if (s != DCF_OK)
		return s;
	sub->mark = x->marks;
	x->told[x->told_count++] = sub->now->serial;
	return DCF_OK;
}

struct telling {
	struct dcf_exchange *x;
	int64_t at_us;
	uint8_t of; /* kind of what changes */
};

static bool wants(const struct dcf_entity *sub, const struct telling *t)
{
	if (sub->extents.end_us < t->at_us)
		return false;
	switch ((enum dcf_entity_kind)t->of) {
	case DCF_ENTITY_INTENT:
		return sub->for_intents;
	case DCF_ENTITY_CONSTRAINT:
		return sub->for_constraints;
	default:
		return true;
	}
}

static enum dcf_status tell_one(void *ctx, const struct dcf_entity *e)
{
	const struct telling *t = ctx;
	struct exchange_slot *slot = wants(e, t) ? dcf_exchange_slot(t->x, e->kind, &e->id) : NULL;

	return slot && slot->now ? dcf_exchange_tell(t->x, slot) : DCF_OK;
}

/* That of an intent which is relevant. */
static enum dcf_status tell_of_intent(void *ctx, const struct dcf_entity *intent)
{
	const struct telling *t = ctx;
	const struct exchange_slot *sub = dcf_uuid_is_zero(&intent->subscription)
						  ? NULL
						  : dcf_exchange_slot(t->x, DCF_ENTITY_SUBSCRIPTION, &intent->subscription);

	return sub && sub->now ? tell_one(ctx, sub->now) : DCF_OK;
}

static enum dcf_status note_hit(void *ctx, const struct dcf_entity *e)
{
	struct dcf_exchange *x = ctx;
	void *array = x->hit;
	enum dcf_status s = dcf_grow(x->from, &array, &x->hit_cap, x->hit_count + 1, sizeof *x->hit);

	x->hit = array;
	if (s == DCF_OK)
		x->hit[x->hit_count++] = e;
	return s;
}

enum dcf_status dcf_exchange_hits(struct dcf_exchange *x, const struct dcf_utm_extents *extents)
{
	struct exchange_bounds b = dcf_exchange_bounds(extents, true);

	x->hit_count = 0;
	return dcf_exchange_ask(x, &x->query, true, DCF_ENTITY_INTENT, extents, &b, note_hit, x);
}

/* F3411: whatever the time of the change, whoever has not ended. */
static enum dcf_status tell_of_isa(struct dcf_exchange *x, const struct exchange_at *at, const struct dcf_utm_extents *extents)
{
	struct telling t = { x, at->at_us, DCF_ENTITY_ISA };
	struct exchange_bounds b = dcf_exchange_bounds(extents, true);

	b.start_us = at->at_us;
	b.end_us = EXCHANGE_FAR_US;
	return dcf_exchange_ask(x, &x->query, true, DCF_ENTITY_RID_SUBSCRIPTION, extents, &b, tell_one, &t);
}

enum dcf_status dcf_exchange_tell_of(struct dcf_exchange *x, const struct exchange_at *at, uint8_t kind,
				     const struct dcf_utm_extents *extents, bool hits)
{
	struct telling t = { x, at->at_us, kind };
	struct exchange_bounds b = dcf_exchange_bounds(extents, true);
	enum dcf_status s;

	if (kind == DCF_ENTITY_ISA)
		return tell_of_isa(x, at, extents);
	if (kind != DCF_ENTITY_INTENT && kind != DCF_ENTITY_CONSTRAINT)
		return DCF_OK;
	s = dcf_exchange_ask(x, &x->query, true, DCF_ENTITY_SUBSCRIPTION, extents, &b, tell_one, &t);
	if (s == DCF_OK && !hits)
		s = dcf_exchange_hits(x, extents);
	for (size_t i = 0; i < x->hit_count && s == DCF_OK; i++)
		s = tell_of_intent(&t, x->hit[i]);
	return s;
}
