/* SPDX-License-Identifier: Apache-2.0 */
/* What may be written to the exchange, what follows, and who is told: one case after the other. */
#include "exchange_kit.h"

#include "crypto/hash.h"
#include "crypto/random.h"

#include <pthread.h>
#include <stdatomic.h>

/* --- intents ---------------------------------------------------------------------------------------------- */

static void lives_of_an_intent(void)
{
	struct kit *k = kit_new();
	struct kit_put p = kit_intent(1, "uss1", 0, 0, 500, 0, 3600);
	struct dcf_span first;

	CHECK(kit_put(k, &p) == DCF_EXCHANGE_FINE && k->answer.entity->version == 1 &&
	      k->answer.entity->state == DCF_UTM_ACCEPTED);
	first = kit_keep(k, k->answer.entity->tag);
	/* what was asked stands in the entry once */
	dcf_buf_char(&k->entry[k->count - 1], 0);
	CHECK(strstr(k->entry[k->count - 1].p, "{\"ask\":{\"extents\":[") &&
	      !strstr(k->entry[k->count - 1].p, "{\"ask\":{\"ask\""));
	k->entry[k->count - 1].len--;
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_THERE);
	p.manager = "uss2";
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_NOT_YOURS);
	p.tag = DCF_SPAN("wrong-ovn-0123456789");
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_NOT_YOURS);
	p.manager = "uss1";
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_CHANGED);
	p.tag = first;
	p.state = DCF_UTM_ACTIVATED;
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_FINE && k->answer.entity->version == 2 &&
	      !dcf_span_eq(k->answer.entity->tag, first));
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_CHANGED);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss2", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_NOT_YOURS);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", first) == DCF_EXCHANGE_CHANGED);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_FINE);
	CHECK(k->answer.entity && k->answer.entity->version == 2 && !kit_now(k, DCF_ENTITY_INTENT, 1));
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", first) == DCF_EXCHANGE_NOT_THERE);
	p.id = 2;
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_NOT_THERE);
	kit_free(k);
}

/* There are millions: what an intent and its own subscription take is kept in sight.  Ids that fill the table several times
 * over are all found. */
static void many_are_small(void)
{
	struct kit *k = kit_new();
	struct dcf_exchange *x = dcf_state_exchange(k->state);
	struct dcf_exchange_stats before, after;
	unsigned n = 6000;

	for (unsigned i = 1; i <= n; i++) {
		struct kit_put p = kit_intent(i, "uss1", 3000.0 * (i % 100), 3000.0 * (i / 100), 500, 0, 3600);

		dcf_arena_rewind(&k->arena);
		p.make_subscription = true;
		k->hold = i % 100 != 0;
		CHECK(kit_put(k, &p) == DCF_EXCHANGE_FINE);
		if (i == n / 2)
			dcf_exchange_stats(x, &before);
	}
	dcf_exchange_stats(x, &after);
	CHECK_MSG(after.bytes - before.bytes < (uint64_t)n / 2 * 1200, "%llu bytes for %u intents",
		  (unsigned long long)(after.bytes - before.bytes), n / 2);
	for (unsigned i = 1; i <= n; i++) {
		struct dcf_uuid id = kit_id(i);
		const struct dcf_entity *e = kit_now(k, DCF_ENTITY_INTENT, i);

		CHECK(e && dcf_uuid_eq(&e->id, &id));
	}
	for (unsigned i = 1; i <= n; i += 3)
		CHECK(kit_delete(k, DCF_ENTITY_INTENT, i, "uss1", kit_tag(k, DCF_ENTITY_INTENT, i)) == DCF_EXCHANGE_FINE);
	for (unsigned i = 1; i <= n; i++)
		CHECK(!kit_now(k, DCF_ENTITY_INTENT, i) == (i % 3 == 1));
	kit_free(k);
}

/* What stands in the way must be in the key, ends included; what does not need not. */
static void keys(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600), b = kit_intent(2, "uss2", 800, 0, 500, 1800, 7200);
	struct dcf_span ovn;

	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	ovn = kit_tag(k, DCF_ENTITY_INTENT, 1);
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_KEY && k->answer.missing_count == 1 &&
	      dcf_span_eq(k->answer.missing[0]->tag, ovn));
	CHECK(!kit_now(k, DCF_ENTITY_INTENT, 2));
	b.key[0] = "another-ovn-that-is-not-needed";
	b.key[1] = ovn.p;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE);
	/* one microsecond after the end; at the end */
	b = kit_intent(3, "uss2", 0, 0, 500, 3600, 7200);
	b.low_m = 200;
	b.high_m = 300;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_KEY && k->answer.missing_count == 2);
	b.low_m = 200.1;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE);
	b = kit_intent(4, "uss2", -600, 0, 500, 3600, 7200);
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_KEY && k->answer.missing_count == 1);
	b.from_s = 3601;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE);
	/* apart by more than any doubt */
	b = kit_intent(5, "uss2", -1005, 0, 500, 0, 3600);
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE);
	/* nobody asks for a key where things went wrong already */
	a.tag = ovn;
	a.state = DCF_UTM_NONCONFORMING;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	a.state = DCF_UTM_ACTIVATED;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_KEY && k->answer.missing_count == 1);
	kit_free(k);
}

static enum dcf_exchange_objection set_availability(struct kit *k, const char *about, enum dcf_utm_availability a,
						    struct dcf_span version)
{
	struct dcf_utm_ask ask = { .availability = (uint8_t)a, .old_version = version, .url = DCF_SPAN("") };
	struct dcf_exchange_command x = { .verb = DCF_EXCHANGE_AVAILABILITY,
					  .manager = DCF_SPAN("arbiter"),
					  .about = dcf_span_of(about),
					  .ask = &ask,
					  .form = DCF_UTM_AVAILABILITY_PUT };

	return kit_ask(k, &x);
}

/* A manager that is down is excused for what is only accepted. */
static void availability(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600), b = kit_intent(2, "uss2", 0, 0, 500, 0, 3600);
	const struct dcf_manager *m;
	char text[DCF_RID_VERSION_TEXT];
	struct dcf_span version;

	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	CHECK(set_availability(k, "uss1", DCF_UTM_DOWN, DCF_SPAN("1")) == DCF_EXCHANGE_CHANGED);
	CHECK(set_availability(k, "uss1", DCF_UTM_DOWN, DCF_SPAN("")) == DCF_EXCHANGE_FINE && k->answer.availability_tag);
	version = (struct dcf_span){ text, dcf_rid_version_write((int64_t)k->answer.availability_tag, text) };
	m = dcf_exchange_manager(dcf_state_exchange(k->state), DCF_SPAN("uss1"));
	CHECK(m && m->availability == DCF_UTM_DOWN && !dcf_exchange_manager(dcf_state_exchange(k->state), DCF_SPAN("nobody")));
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE);
	b.tag = kit_tag(k, DCF_ENTITY_INTENT, 2);
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	a.state = DCF_UTM_ACTIVATED;
	a.all_keys = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_KEY);
	CHECK(set_availability(k, "uss1", DCF_UTM_NORMAL, DCF_SPAN("")) == DCF_EXCHANGE_CHANGED);
	CHECK(set_availability(k, "uss1", DCF_UTM_NORMAL, version) == DCF_EXCHANGE_FINE && m->availability == DCF_UTM_NORMAL);
	kit_free(k);
}

/* Constraints are asked for by those whose subscription wants them, whatever the height. */
static void constraints(void)
{
	struct kit *k = kit_new();
	struct kit_put c = kit_a(DCF_ENTITY_CONSTRAINT, 9, "authority", 0, 0, 500, 0, 3600),
		       a = kit_intent(1, "uss1", 0, 0, 100, 0, 3600);
	struct kit_put s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss3", 0, 0, 5000, 0, 7200);

	c.low_m = 3000;
	c.high_m = 4000;
	s.for_constraints = true;
	s.for_intents = false;
	s.square = true;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	CHECK(kit_put(k, &c) == DCF_EXCHANGE_FINE && k->answer.notice_count == 1 && kit_told(k, 7) == 1);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.notice_count == 0);
	a.id = 2;
	a.key[0] = kit_tag(k, DCF_ENTITY_INTENT, 1).p;
	a.make_subscription = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	a.id = 3;
	a.key[1] = kit_tag(k, DCF_ENTITY_INTENT, 2).p;
	a.make_for_constraints = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_KEY && k->answer.missing_count == 1 &&
	      k->answer.missing[0]->kind == DCF_ENTITY_CONSTRAINT);
	a.all_keys = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	/* that of intent 3 is told of the constraint, that of intent 2 is not */
	CHECK(kit_delete(k, DCF_ENTITY_CONSTRAINT, 9, "uss1", kit_tag(k, DCF_ENTITY_CONSTRAINT, 9)) == DCF_EXCHANGE_NOT_YOURS);
	CHECK(kit_delete(k, DCF_ENTITY_CONSTRAINT, 9, "authority", kit_tag(k, DCF_ENTITY_CONSTRAINT, 9)) == DCF_EXCHANGE_FINE);
	CHECK(k->answer.notice_count == 2 && kit_told(k, 7) == 2);
	c.tag = DCF_SPAN("some-ovn-of-a-constraint");
	CHECK(kit_put(k, &c) == DCF_EXCHANGE_NOT_THERE);
	kit_free(k);
}

/* --- subscriptions ---------------------------------------------------------------------------------------- */

static const struct dcf_entity *subscription_of(struct kit *k, unsigned intent)
{
	const struct dcf_entity *e = kit_now(k, DCF_ENTITY_INTENT, intent);

	return e && !dcf_uuid_is_zero(&e->subscription) ? kit_now_uuid(k, DCF_ENTITY_SUBSCRIPTION, &e->subscription) : NULL;
}

/* Made with an intent, moved with it, gone with the last. */
static void implicit_subscriptions(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600), b = kit_intent(2, "uss1", 20000, 0, 500, 5000, 9000);
	struct dcf_entity_list list = { .from = &k->heap };
	const struct dcf_entity *s;
	struct dcf_uuid first;

	a.make_subscription = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.notice_count == 1 && k->answer.notice[0].index == 1);
	s = subscription_of(k, 1);
	CHECK(s && s->implicit && s->for_intents && !s->for_constraints && s->index == 1 && k->answer.subscription == s);
	CHECK(s && s->tag.len >= 16 && !dcf_span_eq(s->tag, k->answer.entity->tag));
	first = s->id;
	/* a refused write leaves nothing behind */
	b.east_m = 0;
	b.from_s = 0;
	b.make_subscription = true;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_KEY && kit_count(k, DCF_ENTITY_SUBSCRIPTION) == 1 &&
	      subscription_of(k, 1)->index == 1);
	/* it grows with a second intent, and is told of what meets that */
	b.east_m = 20000;
	b.from_s = 5000;
	b.make_subscription = false;
	{
		struct dcf_utm_ask ask = kit_ask_of(k, &b);
		struct dcf_exchange_command x = { .verb = DCF_EXCHANGE_PUT,
						  .kind = DCF_ENTITY_INTENT,
						  .id = kit_id(2),
						  .manager = DCF_SPAN("uss2"),
						  .ask = &ask };

		ask.subscription = kit_id(4711);
		CHECK(kit_ask(k, &x) == DCF_EXCHANGE_SUBSCRIPTION_NOT_THERE);
		ask.subscription = first;
		CHECK(kit_ask(k, &x) == DCF_EXCHANGE_SUBSCRIPTION_NOT_YOURS);
		x.manager = DCF_SPAN("uss1");
		CHECK(kit_ask(k, &x) == DCF_EXCHANGE_FINE && k->answer.notice_count == 1 && k->answer.notice[0].index == 2);
	}
	s = subscription_of(k, 2);
	CHECK(s && s->extents.start_us == k->now_us && s->extents.end_us == k->now_us + 9000 * INT64_C(1000000));
	CHECK(dcf_exchange_dependents(dcf_state_exchange(k->state), &first, &list) == DCF_OK && list.count == 2);
	while (list.count)
		dcf_entity_drop(list.at[--list.count]);
	{
		struct kit_put c = kit_intent(3, "uss2", 20000, 0, 500, 5000, 9000);

		c.all_keys = true;
		CHECK(kit_put(k, &c) == DCF_EXCHANGE_FINE && k->answer.notice_count == 1 && k->answer.notice[0].index == 3);
		CHECK(dcf_exchange_search(dcf_state_exchange(k->state), DCF_ENTITY_SUBSCRIPTION, &k->answer.entity->extents,
					  DCF_SPAN("uss1"), &list) == DCF_OK &&
		      list.count == 1 && dcf_uuid_eq(&list.at[0]->id, &first));
		while (list.count)
			dcf_entity_drop(list.at[--list.count]);
		CHECK(dcf_exchange_search(dcf_state_exchange(k->state), DCF_ENTITY_SUBSCRIPTION, &k->answer.entity->extents,
					  DCF_SPAN("uss2"), &list) == DCF_OK &&
		      list.count == 0);
	}
	/* it shrinks again */
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 2, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 2)) == DCF_EXCHANGE_FINE &&
	      k->answer.notice_count == 1);
	s = subscription_of(k, 1);
	CHECK(s && s->extents.end_us == k->now_us + 3600 * INT64_C(1000000) && s->index == 4);
	/* replaced by another: it goes, and is not told */
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.notice_count == 1 && k->answer.notice[0].index == 1);
	CHECK(!dcf_uuid_eq(&subscription_of(k, 1)->id, &first) && kit_count(k, DCF_ENTITY_SUBSCRIPTION) == 1);
	/* gone with the last, and told of it */
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_FINE &&
	      k->answer.notice_count == 1 && k->answer.notice[0].index == 2);
	CHECK(kit_count(k, DCF_ENTITY_SUBSCRIPTION) == 0);
	dcf_alloc_free(&k->heap, list.at, list.cap * sizeof *list.at);
	kit_free(k);
}

/* An explicit one must cover the intent, in time and area; heights are not compared then, but they are when it changes. */
static void explicit_subscriptions(void)
{
	struct kit *k = kit_new();
	struct kit_put s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss1", 0, 0, 1000, 0, 3600),
		       a = kit_intent(1, "uss1", 0, 0, 900, 0, 3600);

	a.subscription = 7;
	a.low_m = 1000;
	a.high_m = 1100;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE && k->answer.notice_count == 0 && k->answer.entity->index == 0);
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_THERE);
	a.to_s = 3601;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_NOT_COVERED);
	a.to_s = 3600;
	a.from_s = -1;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_NOT_COVERED);
	a.from_s = 0;
	a.east_m = 200;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_NOT_COVERED);
	a.east_m = 50;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && kit_told(k, 7) == 1);
	/* changed: it covers what depends on it */
	s.tag = kit_tag(k, DCF_ENTITY_SUBSCRIPTION, 7);
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_NOT_COVERED);
	s.any_height = true;
	s.from_s = 300;
	s.to_s = 3599;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_NOT_COVERED);
	s.to_s = 3600;
	s.from_s = 301;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_NOT_COVERED);
	s.from_s = 300;
	s.size_m = 920;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_NOT_COVERED);
	s.size_m = 1000;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE && k->answer.entity->version == 2 && k->answer.entity->index == 1 &&
	      k->answer.dependent_count == 1);
	CHECK(kit_delete(k, DCF_ENTITY_SUBSCRIPTION, 7, "uss1", s.tag) == DCF_EXCHANGE_CHANGED);
	CHECK(kit_delete(k, DCF_ENTITY_SUBSCRIPTION, 7, "uss2", kit_tag(k, DCF_ENTITY_SUBSCRIPTION, 7)) ==
	      DCF_EXCHANGE_NOT_YOURS);
	CHECK(kit_delete(k, DCF_ENTITY_SUBSCRIPTION, 7, "uss1", kit_tag(k, DCF_ENTITY_SUBSCRIPTION, 7)) ==
	      DCF_EXCHANGE_HAS_INTENTS);
	/* before its window, but an intent of its manager is met there */
	a.id = 2;
	a.manager = "uss2";
	a.subscription = 0;
	a.to_s = 100;
	a.all_keys = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && kit_told(k, 7) == 2);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_FINE &&
	      kit_told(k, 7) == 3);
	CHECK(kit_delete(k, DCF_ENTITY_SUBSCRIPTION, 7, "uss1", kit_tag(k, DCF_ENTITY_SUBSCRIPTION, 7)) == DCF_EXCHANGE_FINE);
	kit_free(k);
}

/* An implicit one that its manager changes is explicit from then on, and stays when the intent goes. */
static void implicit_made_explicit(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600),
		       s = kit_a(DCF_ENTITY_SUBSCRIPTION, 0, "uss1", 0, 0, 2000, 0, 3600);
	struct dcf_uuid id;

	a.make_subscription = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	id = k->answer.subscription->id;
	s.any_height = true;
	{
		struct dcf_utm_ask ask = kit_ask_of(k, &s);
		struct dcf_span tag = kit_keep(k, k->answer.subscription->tag);
		struct dcf_exchange_command x = { .verb = DCF_EXCHANGE_PUT,
						  .kind = DCF_ENTITY_SUBSCRIPTION,
						  .id = id,
						  .manager = DCF_SPAN("uss1"),
						  .ask = &ask,
						  .form = DCF_UTM_SUBSCRIPTION_PUT,
						  .tag = tag };

		CHECK(kit_ask(k, &x) == DCF_EXCHANGE_FINE && !k->answer.entity->implicit && k->answer.entity->index == 1 &&
		      k->answer.entity->version == 2);
	}
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_FINE &&
	      k->answer.notice_count == 1);
	CHECK(kit_now_uuid(k, DCF_ENTITY_SUBSCRIPTION, &id) && kit_now_uuid(k, DCF_ENTITY_SUBSCRIPTION, &id)->index == 2);
	kit_free(k);
}

/* Windows that are left open, and ones that are too long. */
static void windows(void)
{
	struct kit *k = kit_new();
	struct kit_put s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss1", 0, 0, 1000, 0, 86401);
	int64_t begun = k->now_us;

	CHECK(kit_put(k, &s) == DCF_EXCHANGE_TIME);
	s.to_s = -1;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_TIME);
	s.any_from = s.any_to = true;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	CHECK(k->answer.entity->extents.start_us == begun &&
	      k->answer.entity->extents.end_us == begun + 86400 * INT64_C(1000000) &&
	      k->answer.entity->extents.volume[0].start_us == begun);
	k->now_us += 7200 * INT64_C(1000000);
	s.tag = kit_tag(k, DCF_ENTITY_SUBSCRIPTION, 7);
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE && k->answer.entity->extents.start_us == begun);
	s.tag = kit_tag(k, DCF_ENTITY_SUBSCRIPTION, 7);
	s.any_to = false;
	s.to_s = 86400;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_TIME);
	s.to_s = 86400 - 7200;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	/* a start of long ago is none to ask for, unless it is what stands */
	s.tag = kit_tag(k, DCF_ENTITY_SUBSCRIPTION, 7);
	s.any_from = false;
	s.late = true;
	s.from_s = -7199;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_TIME);
	s.from_s = -7200;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE && k->answer.entity->extents.start_us == begun);
	kit_free(k);
}

/* Old bounds and new ones; times as indices count nothing. */
static void who_is_told(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600),
		       s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss2", 0, 0, 1000, 0, 3600);

	s.any_height = true;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	s.id = 8;
	s.east_m = 10000;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	s.id = 9;
	s.east_m = 0;
	s.from_s = 3601;
	s.to_s = 7200;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.notice_count == 1 && kit_told(k, 7) == 1);
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	a.east_m = 10000;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.notice_count == 2 && kit_told(k, 7) == 2 && kit_told(k, 8) == 1);
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	a.timed = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.notice_count == 1 &&
	      kit_told(k, 8) == (uint64_t)(k->now_us % (86400 * INT64_C(1000000)) / 1000));
	CHECK(kit_now(k, DCF_ENTITY_SUBSCRIPTION, 8)->index == 1);
	/* a subscription that is over is not told, although it stands */
	k->now_us += 3601 * INT64_C(1000000);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_FINE &&
	      k->answer.notice_count == 0);
	kit_free(k);
}

/* --- F3411 ------------------------------------------------------------------------------------------------ */

static void areas(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_a(DCF_ENTITY_ISA, 1, "uss1", 0, 0, 500, 100, 3600),
		       s = kit_a(DCF_ENTITY_RID_SUBSCRIPTION, 7, "uss2", 0, 0, 1000, 3000, 3600);
	struct dcf_exchange_command x = { .verb = DCF_EXCHANGE_DELETE,
					  .kind = DCF_ENTITY_ISA,
					  .id = kit_id(1),
					  .manager = DCF_SPAN("uss2"),
					  .tag = DCF_SPAN("v") };
	char text[DCF_RID_VERSION_TEXT];
	int64_t first, end_us;

	a.timed = true; /* that is of F3548 alone */
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE && k->answer.entity->index == 0);
	/* told before it begins */
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && kit_told(k, 7) == 1);
	first = k->answer.entity->tag_ns;
	CHECK(first >= k->now_us * 1000 && first < k->now_us * 1000 + 1000);
	CHECK(dcf_span_eq(k->answer.entity->tag, (struct dcf_span){ text, dcf_rid_version_write(first, text) }));
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_THERE);
	a.tag = DCF_SPAN("v");
	a.tag_ns = first + 1;
	a.manager = "uss2";
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_NOT_YOURS);
	a.manager = "uss1";
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_CHANGED);
	a.tag_ns = first;
	a.east_m = 50000;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.entity->tag_ns > first && kit_told(k, 7) == 2);
	/* gone from there: no more */
	a.tag_ns = k->answer.entity->tag_ns;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.notice_count == 0);
	/* what is left open stays as it was */
	a.tag_ns = k->answer.entity->tag_ns;
	end_us = k->answer.entity->extents.end_us;
	a.any_from = a.any_to = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && end_us != DCF_UTM_FOR_EVER && k->answer.entity->extents.end_us == end_us);
	/* and so does a start of long ago */
	k->now_us += 3000 * INT64_C(1000000);
	a.tag_ns = k->answer.entity->tag_ns;
	a.any_from = false;
	a.late = true;
	a.from_s = 101 - 3000;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_TIME);
	a.from_s = 100 - 3000;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && k->answer.entity->extents.end_us == end_us);
	k->now_us -= 3000 * INT64_C(1000000);
	x.tag_ns = 1;
	CHECK(kit_ask(k, &x) == DCF_EXCHANGE_CHANGED);
	x.tag_ns = kit_now(k, DCF_ENTITY_ISA, 1)->tag_ns;
	CHECK(kit_ask(k, &x) == DCF_EXCHANGE_NOT_YOURS);
	x.manager = DCF_SPAN("uss1");
	CHECK(kit_ask(k, &x) == DCF_EXCHANGE_FINE && !kit_now(k, DCF_ENTITY_ISA, 1));
	CHECK(kit_ask(k, &x) == DCF_EXCHANGE_NOT_THERE);
	/* with every change of a subscription its count begins anew */
	s.tag = DCF_SPAN("v");
	s.tag_ns = kit_now(k, DCF_ENTITY_RID_SUBSCRIPTION, 7)->tag_ns;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE && k->answer.entity->index == 0);
	kit_free(k);
}

static void ten_in_an_area(void)
{
	struct kit *k = kit_new();
	struct kit_put s = kit_a(DCF_ENTITY_RID_SUBSCRIPTION, 0, "uss1", 0, 0, 1000, 0, 3600);

	for (s.id = 1; s.id <= 10; s.id++)
		CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_TOO_MANY);
	s.manager = "uss2";
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	s.manager = "uss1";
	s.id++;
	s.east_m = 5000;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	s.id++;
	s.east_m = 0;
	k->now_us += 3601 * INT64_C(1000000);
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	kit_free(k);
}

/* --- the clock -------------------------------------------------------------------------------------------- */

static bool clock_over(struct kit *k)
{
	struct dcf_exchange_keeping keep = { 3600 * INT64_C(1000000), 1800 * INT64_C(1000000) };
	struct dcf_buf body = { .from = &k->heap };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_EXCHANGE_OVER }, .if_position = DCF_ANY_POSITION };
	bool due;

	CHECK(dcf_exchange_due(dcf_state_exchange(k->state), k->now_us, &keep, 100, &body, &due) == DCF_OK);
	c.head.body = dcf_buf_as_span(&body);
	if (due)
		CHECK(kit_give(k, &c) == DCF_OBJECT_NOTHING);
	dcf_buf_free(&body);
	return due;
}

static void what_is_over(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600),
		       s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss1", 9000, 0, 1000, 0, 3600),
		       r = kit_a(DCF_ENTITY_RID_SUBSCRIPTION, 8, "uss1", 0, 0, 1000, 0, 3600),
		       i = kit_a(DCF_ENTITY_ISA, 9, "uss1", 0, 0, 1000, 0, 3700);

	a.make_subscription = true;
	s.any_height = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE && kit_put(k, &s) == DCF_EXCHANGE_FINE &&
	      kit_put(k, &r) == DCF_EXCHANGE_FINE && kit_put(k, &i) == DCF_EXCHANGE_FINE);
	a.id = 2;
	a.make_subscription = false;
	a.subscription = 7;
	a.east_m = 9000;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	k->now_us += 5400 * INT64_C(1000000);
	CHECK(!clock_over(k));
	k->now_us += 1;
	CHECK(clock_over(k) && !clock_over(k) && !kit_now(k, DCF_ENTITY_RID_SUBSCRIPTION, 8) && kit_now(k, DCF_ENTITY_ISA, 9));
	/* over, but still in the key */
	a = kit_intent(3, "uss2", 0, 0, 500, -4000, 3600);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_KEY && k->answer.missing_count == 1);
	k->now_us += 1800 * INT64_C(1000000);
	while (clock_over(k))
		;
	CHECK(!kit_now(k, DCF_ENTITY_INTENT, 1) && !kit_now(k, DCF_ENTITY_INTENT, 2) && !kit_now(k, DCF_ENTITY_ISA, 9));
	/* the explicit one was asked first, when its intent still stood */
	k->now_us += 61 * INT64_C(1000000);
	while (clock_over(k))
		;
	CHECK(kit_count(k, DCF_ENTITY_SUBSCRIPTION) == 0 && kit_count(k, DCF_ENTITY_INTENT) == 0);
	kit_free(k);
}

/* In one batch, undone: as if nothing had been. */
static void undone(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600), b = kit_intent(2, "uss2", 0, 0, 500, 0, 3600);
	struct dcf_hash before, after;
	struct dcf_span tag;

	a.make_subscription = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	CHECK(dcf_state_hash(k->state, &before) == DCF_OK);
	k->hold = true;
	b.all_keys = b.make_subscription = true;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE && !kit_now(k, DCF_ENTITY_INTENT, 2));
	a.tag = tag;
	a.all_keys = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", k->answer.entity->tag) == DCF_EXCHANGE_FINE);
	a.tag = (struct dcf_span){ NULL, 0 };
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	CHECK(set_availability(k, "uss1", DCF_UTM_DOWN, DCF_SPAN("")) == DCF_EXCHANGE_FINE);
	kit_undo(k);
	CHECK(dcf_state_hash(k->state, &after) == DCF_OK && dcf_hash_eq(&before, &after));
	CHECK(dcf_span_eq(kit_tag(k, DCF_ENTITY_INTENT, 1), tag) && !kit_now(k, DCF_ENTITY_INTENT, 2));
	k->hold = false;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE && k->answer.notice_count == 2);
	kit_free(k);
}

/* "{id}_{suffix}" for the kit's intent 1. */
static struct dcf_span suffixed(struct kit *k, unsigned suffix)
{
	struct dcf_uuid id = kit_id(1), with = kit_id(suffix);
	char text[2 * DCF_UUID_TEXT + 1];

	dcf_uuid_write(&id, text);
	text[DCF_UUID_TEXT] = '_';
	dcf_uuid_write(&with, text + DCF_UUID_TEXT + 1);
	return kit_keep(k, (struct dcf_span){ text, sizeof text });
}

/* An OVN that a client makes by a suffix names one version alone, for as long as that suffix is taken. */
static void suffixes(void)
{
	struct kit *k = kit_new();
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 36000);
	struct dcf_buf text = { .from = &k->heap };
	struct dcf_hash before, after;
	struct dcf_state *again;

	a.new_tag = suffixed(k, 100);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_SUFFIX);
	a.new_tag = suffixed(k, 101);
	CHECK(dcf_state_hash(k->state, &before) == DCF_OK);
	k->hold = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	kit_undo(k);
	k->hold = false;
	CHECK(dcf_state_hash(k->state, &after) == DCF_OK && dcf_hash_eq(&before, &after));
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	a.new_tag = suffixed(k, 100);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_SUFFIX);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", a.tag) == DCF_EXCHANGE_FINE);
	a.tag = (struct dcf_span){ NULL, 0 };
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_SUFFIX);
	/* Whoever starts anew knows it too. */
	dcf_state_snapshot(k->state, &text);
	CHECK(dcf_state_hash(k->state, &before) == DCF_OK);
	for (int from_snapshot = 0; from_snapshot < 2; from_snapshot++) {
		again = kit_load(k, from_snapshot ? dcf_buf_as_span(&text) : DCF_SPAN(""));
		CHECK(dcf_state_hash(again, &after) == DCF_OK && dcf_hash_eq(&before, &after));
		dcf_state_free(again);
	}
	/* A suffix of then is refused by its time now. */
	k->now_us += 16 * 60 * INT64_C(1000000);
	a.new_tag = suffixed(k, 102);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	a.tag = kit_tag(k, DCF_ENTITY_INTENT, 1);
	a.new_tag = suffixed(k, 100);
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	dcf_buf_free(&text);
	kit_free(k);
}

/* --- memory that runs out --------------------------------------------------------------------------------- */

/* Whatever allocation fails, undoing gives back what was, and the same works afterwards. */
static void memory_runs_out(void)
{
	struct kit *k = kit_new();
	struct kit_put p[3] = { kit_intent(1, "uss1", 0, 0, 500, 0, 3600), kit_intent(2, "uss2", 100, 0, 500, 0, 3600),
				kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss3", 0, 0, 9000, 0, 3600) };
	struct dcf_state *st;
	struct dcf_alloc few = { kit_short_resize, NULL };
	long failures = 0;

	dcf_state_free(k->state);
	CHECK(dcf_state_new(&few, &k->state) == DCF_OK);
	k->published = 0;
	while (k->count)
		dcf_buf_free(&k->entry[--k->count]);
	{
		struct dcf_command c = { .head = { .kind = DCF_ENTRY_FOUNDED, .origin = DCF_SPAN("o"), .vkey = DCF_SPAN("k") },
					 .if_position = DCF_ANY_POSITION };

		CHECK(kit_give(k, &c) == DCF_OBJECT_NOTHING);
	}
	p[0].make_subscription = p[1].make_subscription = true;
	p[0].key[0] = p[1].key[0] = "ovn-of-the-kit-9999999";
	p[2].any_height = true;
	for (int round = 0; round < 9; round++) {
		struct kit_put *q = &p[round % 3];
		struct dcf_utm_ask ask;
		struct dcf_hash before, after;
		bool done = false;

		q->tag = round < 3 ? (struct dcf_span){ NULL, 0 } : kit_tag(k, q->kind, q->id);
		q->east_m += 10;
		ask = kit_ask_of(k, q);
		CHECK(dcf_state_hash(k->state, &before) == DCF_OK);
		for (long n = 0; n < 500 && !done; n++) {
			struct dcf_exchange_command x = { .verb = DCF_EXCHANGE_PUT,
							  .kind = (uint8_t)q->kind,
							  .id = kit_id(q->id),
							  .ask = &ask,
							  .manager = dcf_span_of(q->manager),
							  .tag = q->tag,
							  .form = (uint8_t)kit_form(q->kind),
							  .new_tag = DCF_SPAN("ovn-of-the-kit-9999999"),
							  .new_subscription = kit_id(3000 + (unsigned)round),
							  .answer = { .from = &k->heap } };
			struct dcf_command c = { .head = { .kind = DCF_ENTRY_EXCHANGE },
						 .exchange = &x,
						 .if_position = DCF_ANY_POSITION };
			struct dcf_buf why = { .from = &k->heap };
			struct dcf_entry_head head;
			enum dcf_objection o;
			enum dcf_status s;

			x.answer.from = &few;
			kit_left = n;
			s = dcf_state_decide(k->state, &c, k->now_us, &head, &o, &why);
			CHECK(s == DCF_E_NOMEM || (s == DCF_OK && o == DCF_OBJECT_NOTHING));
			if (s == DCF_OK)
				s = dcf_state_apply(k->state, &head, NULL, &why);
			done = s == DCF_OK;
			CHECK(s == DCF_OK || s == DCF_E_NOMEM);
			kit_left = -1;
			dcf_buf_free(&why);
			if (done) {
				kit_note(k, &head);
				kit_publish(k);
			} else {
				dcf_state_undo(k->state);
				CHECK(dcf_state_hash(k->state, &after) == DCF_OK && dcf_hash_eq(&before, &after));
				failures++;
			}
			dcf_exchange_answer_free(&x.answer);
		}
		CHECK(done);
	}
	printf("# %ld failures\n", failures);
	/* starting with too little: it says so, or it is whole */
	for (long n = 0; n < 2000; n += 7) {
		struct dcf_entry_source source = { kit_read, k };
		enum dcf_status s;

		kit_left = n;
		s = dcf_state_new(&few, &st);
		if (s == DCF_OK) {
			s = dcf_state_load(st, DCF_SPAN(""), &source, k->published, NULL);
			dcf_state_free(st);
		}
		kit_left = -1;
		CHECK(s == DCF_OK || s == DCF_E_NOMEM);
	}
	kit_free(k);
}

/* --- threads ---------------------------------------------------------------------------------------------- */

enum { READERS = 3, ROUNDS = 400 };

struct shared {
	struct kit *k;
	struct dcf_utm_extents extents;
	atomic_bool ends;
	atomic_uint looks, bad;
};

static void look_once(struct shared *sh, struct dcf_entity_list *list)
{
	struct dcf_exchange *x = dcf_state_exchange(sh->k->state);
	struct dcf_uuid id = kit_id(7);
	const struct dcf_entity *e;
	struct dcf_exchange_stats stats;
	size_t first;

	/* 1 and 2 come and go together. */
	atomic_fetch_add(&sh->bad,
			 dcf_exchange_search(x, DCF_ENTITY_INTENT, &sh->extents, (struct dcf_span){ NULL, 0 }, list) != DCF_OK);
	atomic_fetch_add(&sh->bad, list->count != 0 && list->count != 2);
	first = list->count;
	atomic_fetch_add(&sh->bad, dcf_exchange_search(x, DCF_ENTITY_SUBSCRIPTION, &sh->extents, (struct dcf_span){ NULL, 0 },
						       list) != DCF_OK);
	atomic_fetch_add(&sh->bad, list->count < first + 1);
	while (list->count) {
		e = list->at[--list->count];
		atomic_fetch_add(&sh->bad, e->tag.len < 10 || e->version == 0);
		dcf_entity_drop(e);
	}
	e = dcf_exchange_find(x, DCF_ENTITY_SUBSCRIPTION, &id);
	atomic_fetch_add(&sh->bad, !e || atomic_load(&e->index) > 10 * ROUNDS);
	dcf_entity_drop(e);
	atomic_fetch_add(&sh->bad, dcf_exchange_dependents(x, &id, list) != DCF_OK || list->count > 2);
	while (list->count)
		dcf_entity_drop(list->at[--list->count]);
	(void)dcf_exchange_manager(x, DCF_SPAN("uss1"));
	dcf_exchange_stats(x, &stats);
	atomic_fetch_add(&sh->looks, 1);
}

static void *reads(void *ctx)
{
	struct shared *sh = ctx;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_entity_list list = { .from = &heap };

	while (!atomic_load(&sh->ends))
		look_once(sh, &list);
	dcf_alloc_free(&heap, list.at, list.cap * sizeof *list.at);
	return NULL;
}

static void *tends(void *ctx)
{
	struct shared *sh = ctx;

	while (!atomic_load(&sh->ends))
		if (dcf_state_wants_tending(sh->k->state) || atomic_load(&sh->looks) % 16 == 0)
			(void)dcf_state_tend(sh->k->state);
	return NULL;
}

static void readers_see_whole_batches(void)
{
	struct kit *k = kit_new();
	struct kit_put s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss1", 0, 0, 5000, 0, 3600),
		       a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600), b = a;
	struct shared sh = { .k = k };
	pthread_t reader[READERS], tender;
	struct dcf_utm_volume v;

	s.any_height = true;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	kit_volume(k, &a, &v);
	sh.extents = (struct dcf_utm_extents){ &v, 1, v.start_us, v.end_us, v.lower_e4, v.upper_e4 };
	b.id = 2;
	a.all_keys = b.all_keys = true;
	b.subscription = 7;
	for (int i = 0; i < READERS; i++)
		CHECK(pthread_create(&reader[i], NULL, reads, &sh) == 0);
	CHECK(pthread_create(&tender, NULL, tends, &sh) == 0);
	k->hold = true;
	for (int round = 0; round < ROUNDS; round++) {
		a.make_subscription = round % 2;
		a.subscription = round % 2 ? 0 : 7;
		a.tag = b.tag = (struct dcf_span){ NULL, 0 };
		CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
		a.tag = kit_keep(k, k->answer.entity->tag);
		CHECK(kit_put(k, &b) == DCF_EXCHANGE_FINE);
		b.tag = kit_keep(k, k->answer.entity->tag);
		if (round % 5 == 4) {
			kit_undo(k);
			continue;
		}
		kit_publish(k);
		a.make_subscription = round % 3 == 0;
		a.subscription = 0;
		CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
		a.tag = kit_keep(k, k->answer.entity->tag);
		kit_publish(k);
		CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", a.tag) == DCF_EXCHANGE_FINE);
		CHECK(kit_delete(k, DCF_ENTITY_INTENT, 2, "uss1", b.tag) == DCF_EXCHANGE_FINE);
		kit_publish(k);
	}
	atomic_store(&sh.ends, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(reader[i], NULL);
	pthread_join(tender, NULL);
	CHECK_MSG(atomic_load(&sh.bad) == 0, "%u of %u looks", atomic_load(&sh.bad), atomic_load(&sh.looks));
	kit_free(k);
}

int main(void)
{
	return TAP_RUN(TAP(lives_of_an_intent), TAP(many_are_small), TAP(keys), TAP(availability), TAP(constraints),
		       TAP(implicit_subscriptions), TAP(explicit_subscriptions), TAP(implicit_made_explicit), TAP(windows),
		       TAP(who_is_told), TAP(areas), TAP(ten_in_an_area), TAP(what_is_over), TAP(undone), TAP(suffixes),
		       TAP(memory_runs_out), TAP(readers_see_whole_batches));
}
