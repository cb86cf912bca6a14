/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/exchange_int.h"

static enum dcf_status corrupt(struct dcf_buf *why, const char *text)
{
	if (why)
		dcf_buf_z(why, text);
	return DCF_E_CORRUPT;
}

/* Does the slot know this entry already?  It does where it comes from a snapshot that was written in steps. */
static bool knows(const struct exchange_slot *slot, const struct exchange_at *at)
{
	return at->position < slot->known;
}

static enum dcf_status slot_for(struct dcf_exchange *x, uint8_t kind, const struct dcf_uuid *id, struct exchange_slot **slot)
{
	enum dcf_status s = dcf_exchange_slot_for(x, kind, id, slot);

	return s == DCF_OK ? dcf_exchange_touch(x, *slot) : s;
}

/* The subscription of that serial, where it stands and does not know this entry. */
static struct exchange_slot *subscription_at(const struct dcf_exchange *x, const struct exchange_at *at, uint64_t serial)
{
	struct exchange_slot *slot = dcf_exchange_by_serial(x, serial);

	return slot && slot->now && slot->now->serial == serial && !knows(slot, at) ? slot : NULL;
}

static enum dcf_status make_implicit(struct dcf_exchange *x, const struct exchange_at *at, const struct exchange_act *act)
{
	struct exchange_slot *slot;
	struct dcf_entity *e;
	enum dcf_status s;

	if (dcf_uuid_is_zero(&act->made))
		return DCF_OK;
	s = slot_for(x, DCF_ENTITY_SUBSCRIPTION, &act->made, &slot);
	if (s != DCF_OK || knows(slot, at))
		return s;
	s = dcf_exchange_made_of(x, at, act, &e);
	return s == DCF_OK ? dcf_exchange_place(x, slot, e) : s;
}

static enum dcf_status fit(struct dcf_exchange *x, const struct exchange_at *at, const struct dcf_uuid *subscription)
{
	struct exchange_slot *sub =
		dcf_uuid_is_zero(subscription) ? NULL : dcf_exchange_slot(x, DCF_ENTITY_SUBSCRIPTION, subscription);

	return sub && sub->now && sub->now->implicit ? dcf_exchange_fit(x, at, sub) : DCF_OK;
}

static enum dcf_status let_go(struct dcf_exchange *x, const struct exchange_at *at, uint64_t gone)
{
	struct exchange_slot *sub = gone ? subscription_at(x, at, gone - 1) : NULL;

	return sub ? dcf_exchange_place(x, sub, NULL) : DCF_OK;
}

static uint64_t since_midnight_ms(int64_t at_us)
{
	int64_t day = at_us % EXCHANGE_DAY_US;

	return (uint64_t)(day < 0 ? day + EXCHANGE_DAY_US : day) / 1000;
}

static enum dcf_status answer_notice(struct dcf_exchange_answer *a, const struct dcf_entity *sub, uint64_t index)
{
	void *array = a->notice;
	enum dcf_status s = dcf_grow(a->from, &array, &a->notice_cap, a->notice_count + 1, sizeof *a->notice);

	a->notice = array;
	if (s != DCF_OK)
		return s;
	dcf_entity_hold(sub);
	a->notice[a->notice_count++] = (struct dcf_notice_to){ sub, index };
	return DCF_OK;
}

/* Count the indices of those who are told, and answer with them. */
static enum dcf_status notify(struct dcf_exchange *x, const struct exchange_at *at, const struct exchange_act *act,
			      struct dcf_exchange_answer *answer)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < x->told_count && s == DCF_OK; i++) {
		struct exchange_slot *sub = subscription_at(x, at, x->told[i]);

		if (!sub)
			continue;
		if (!act->timed) {
			s = dcf_exchange_touch(x, sub);
			sub->now->index_next++;
		}
		if (s == DCF_OK && answer)
			s = answer_notice(answer, sub->now, act->timed ? since_midnight_ms(at->at_us) : sub->now->index_next);
	}
	return s;
}

static enum dcf_status answer_subscription(struct dcf_exchange *x, const struct dcf_entity *intent,
					   struct dcf_exchange_answer *answer)
{
	const struct exchange_slot *sub = dcf_uuid_is_zero(&intent->subscription)
						  ? NULL
						  : dcf_exchange_slot(x, DCF_ENTITY_SUBSCRIPTION, &intent->subscription);

	if (sub && sub->now) {
		dcf_entity_hold(sub->now);
		answer->subscription = sub->now;
	}
	return DCF_OK;
}

static enum dcf_status answer_dependents(const struct exchange_slot *sub, struct dcf_exchange_answer *a)
{
	void *array = a->dependent;
	enum dcf_status s = dcf_grow(a->from, &array, &a->dependent_cap, sub->dependent_count, sizeof *a->dependent);

	a->dependent = array;
	for (uint32_t i = 0; i < sub->dependent_count && s == DCF_OK; i++) {
		const struct dcf_entity *d = sub->dependent[i]->now;

		if (d && dcf_uuid_eq(&d->subscription, &sub->id))
			a->dependent[a->dependent_count++] = d->id;
	}
	return s;
}

static enum dcf_status answer_put(struct dcf_exchange *x, const struct exchange_slot *slot, struct dcf_exchange_answer *answer)
{
	dcf_entity_hold(slot->now);
	answer->entity = slot->now;
	if (slot->kind == DCF_ENTITY_INTENT)
		return answer_subscription(x, slot->now, answer);
	return slot->kind == DCF_ENTITY_SUBSCRIPTION ? answer_dependents(slot, answer) : DCF_OK;
}

/* --- verbs ------------------------------------------------------------------------------------------------ */

/* The new version stands, or is known already. */
static enum dcf_status put_entity(struct dcf_exchange *x, const struct exchange_at *at, struct exchange_act *act,
				  struct exchange_slot *slot)
{
	struct dcf_entity *e = act->entity;
	enum dcf_status s = DCF_OK;

	if (knows(slot, at))
		return slot->kind == DCF_ENTITY_INTENT ? dcf_exchange_relink(x, slot) : DCF_OK;
	act->entity = NULL;
	if (!e)
		s = dcf_exchange_entity_of(x, at, act, &e);
	if (s != DCF_OK)
		return s;
	/* F3411 begins the count anew with every version. */
	if (slot->now && slot->kind == DCF_ENTITY_SUBSCRIPTION)
		e->index_next = slot->now->index_next;
	return dcf_exchange_place(x, slot, e);
}

static enum dcf_status apply_put(struct dcf_exchange *x, const struct exchange_at *at, struct exchange_act *act,
				 struct dcf_exchange_answer *answer)
{
	struct dcf_uuid before = { { 0 } };
	struct exchange_slot *slot;
	enum dcf_status s = slot_for(x, act->kind, &act->id, &slot);

	if (s == DCF_OK && slot->now)
		before = slot->now->subscription;
	if (s == DCF_OK && act->kind == DCF_ENTITY_INTENT)
		s = dcf_exchange_past_note(x, at, act->tag);
	s = s == DCF_OK ? make_implicit(x, at, act) : s;
	s = s == DCF_OK ? put_entity(x, at, act, slot) : s;
	s = s == DCF_OK ? let_go(x, at, act->gone) : s;
	s = s == DCF_OK ? fit(x, at, &before) : s;
	if (s == DCF_OK && slot->now && !dcf_uuid_eq(&before, &slot->now->subscription))
		s = fit(x, at, &slot->now->subscription);
	s = s == DCF_OK ? notify(x, at, act, answer) : s;
	return s == DCF_OK && answer ? answer_put(x, slot, answer) : s;
}

static enum dcf_status apply_delete(struct dcf_exchange *x, const struct exchange_at *at, struct exchange_act *act,
				    struct dcf_exchange_answer *answer)
{
	struct exchange_slot *slot = dcf_exchange_slot(x, act->kind, &act->id);
	struct dcf_uuid before = { { 0 } };
	/* Subscriptions that go with it are told too. */
	enum dcf_status s = notify(x, at, act, answer);

	if (s == DCF_OK && slot && slot->now && !knows(slot, at)) {
		before = slot->now->subscription;
		if (answer)
			s = answer_put(x, slot, answer);
		s = s == DCF_OK ? dcf_exchange_place(x, slot, NULL) : s;
	}
	s = s == DCF_OK ? let_go(x, at, act->gone) : s;
	return s == DCF_OK ? fit(x, at, &before) : s;
}

static enum dcf_status apply_availability(struct dcf_exchange *x, const struct exchange_at *at, const struct exchange_act *act,
					  struct dcf_exchange_answer *answer)
{
	struct exchange_manager *m;
	void *array = x->changed;
	enum dcf_status s = dcf_exchange_manager_for(x, act->about, &m);

	if (s == DCF_OK && !m->dirty) {
		s = dcf_grow(x->from, &array, &x->changed_cap, x->changed_count + 1, sizeof *x->changed);
		x->changed = array;
		if (s == DCF_OK)
			x->changed[x->changed_count++] = m;
		m->dirty = s == DCF_OK;
	}
	if (s != DCF_OK)
		return s;
	m->availability_next = act->ask->availability;
	m->tag_next = at->position + 1;
	if (answer)
		answer->availability_tag = m->tag_next;
	return DCF_OK;
}

static enum dcf_status apply_over(struct dcf_exchange *x, const struct exchange_at *at, const struct dcf_entry_head *head,
				  struct dcf_buf *why)
{
	struct dcf_span body = head->body;
	enum dcf_status s = DCF_OK;
	uint64_t serial;
	bool bad = false;

	while (s == DCF_OK && dcf_positions_next(&body, &serial, &bad)) {
		struct exchange_slot *slot = subscription_at(x, at, serial);
		struct dcf_uuid before;

		if (!slot)
			continue;
		before = slot->now->subscription;
		s = dcf_exchange_place(x, slot, NULL);
		s = s == DCF_OK ? fit(x, at, &before) : s;
		atomic_fetch_add_explicit(&x->expired, 1, memory_order_relaxed);
	}
	return bad ? corrupt(why, "a list of entities that cannot be read") : s;
}

enum dcf_status dcf_exchange_apply(struct dcf_exchange *x, const struct exchange_at *at, const struct dcf_entry_head *head,
				   struct dcf_buf *why)
{
	struct exchange_act *act = &x->act;
	struct dcf_exchange_answer *answer = NULL;
	enum dcf_status s = DCF_OK;

	if (head->kind == DCF_ENTRY_EXCHANGE_OVER)
		return apply_over(x, at, head, why);
	if (x->decided && head->body.p == x->decided_body.p && head->body.len == x->decided_body.len &&
	    at->position == x->decided_at.position && at->at_us == x->decided_at.at_us)
		answer = x->command ? &x->command->answer : NULL;
	else
		s = dcf_exchange_body_read(x, at, head, why);
	if (s == DCF_OK)
		s = act->verb == DCF_EXCHANGE_PUT      ? apply_put(x, at, act, answer)
		    : act->verb == DCF_EXCHANGE_DELETE ? apply_delete(x, at, act, answer)
						       : apply_availability(x, at, act, answer);
	dcf_exchange_forget_act(x);
	return s == DCF_E_REFUSED ? corrupt(why, "an outline that is refused") : s;
}
