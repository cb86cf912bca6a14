/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of ours in the exchange: what follows from a declaration, under which id, and what of it a restart and an undone
 * batch leave. */
#include "crypto/random.h"
#include "exchange_kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static const struct dcf_exchange_own own_setting = { .party = { "RED", 3 },
						     .manager = { "red.example", 11 },
						     .url = { "https://red.example.org", 23 } };

static void give_party(struct kit *k, const char *text, enum dcf_objection expected)
{
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_PARTY, .party = DCF_SPAN("RED"), .body = dcf_span_of(text) },
				 .if_position = DCF_ANY_POSITION };

	CHECK(kit_give(k, &c) == expected);
}

/* What the sequencer does behind every command. */
static unsigned follow(struct kit *k)
{
	const struct dcf_random random = dcf_random_system();
	unsigned n = 0;
	bool due = true, ended;

	while (due) {
		struct dcf_exchange_command x = { .answer = { .from = &k->heap } };
		struct dcf_command c = { .head = { .kind = DCF_ENTRY_EXCHANGE_OWN },
					 .exchange = &x,
					 .if_position = DCF_ANY_POSITION };

		CHECK(dcf_state_exchange_own_due(k->state, &random, &due, &ended) == DCF_OK);
		if (!due)
			break;
		CHECK(kit_give(k, &c) == DCF_OBJECT_NOTHING && (x.verb == DCF_EXCHANGE_DELETE) == ended);
		dcf_exchange_answer_free(&k->answer);
		k->answer = x.answer;
		n++;
	}
	return n;
}

static void declare_with(struct kit *k, const char *name, const char *releasable, double lon, const char *more)
{
	char body[1000];
	struct dcf_command c = {
		.head = { .kind = DCF_ENTRY_OPERATION, .party = DCF_SPAN("RED"), .operation = dcf_span_of(name) },
		.if_position = DCF_ANY_POSITION
	};

	snprintf(
		body, sizeof body,
		"{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%f,47]},\"properties\":{\"party\":\"RED\",\"operation\":\"%s\","
		"\"shape\":\"circle\",\"radius\":{\"value\":500,\"unit\":\"m\"},\"lower\":{\"value\":100,\"unit\":\"m\",\"ref\":\"W84\"},"
		"\"upper\":{\"value\":200,\"unit\":\"m\",\"ref\":\"W84\"},\"start\":\"2027-01-15T08:00:00Z\",\"end\":\"2027-01-15T09:00:00Z\","
		"\"label\":{\"releasable_to\":[%s]}%s}}\n",
		lon, name, releasable, more);
	c.head.body = dcf_span_of(body);
	CHECK(kit_give(k, &c) == DCF_OBJECT_NOTHING);
}

static void declare_as(struct kit *k, const char *name, const char *releasable, double lon)
{
	declare_with(k, name, releasable, lon, "");
}

static void declare(struct kit *k, const char *releasable, double lon)
{
	declare_as(k, "OP1", releasable, lon);
}

static void give_event(struct kit *k, enum dcf_op_event event)
{
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_EVENT,
					   .party = DCF_SPAN("RED"),
					   .operation = DCF_SPAN("OP1"),
					   .event = (uint8_t)event },
				 .if_position = DCF_ANY_POSITION };

	CHECK(kit_give(k, &c) == DCF_OBJECT_NOTHING);
}

/* As published; for a look before the next change. */
static const struct dcf_entity *found(struct dcf_state *st, const char *name)
{
	const struct dcf_entity *e = dcf_exchange_find_own(dcf_state_exchange(st), DCF_SPAN("RED"), dcf_span_of(name));

	dcf_entity_drop(e);
	return e;
}

static const struct dcf_entity *mine(struct kit *k)
{
	return found(k->state, "OP1");
}

/* Whoever is told by times is told so of our operations too, and nothing is counted. */
static void times_as_indices(void)
{
	struct kit *k = kit_new();
	struct dcf_exchange_own own = own_setting;
	struct kit_put s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss2", 0, 0, 1000, 0, 3600);

	own.time_indexed = true;
	CHECK(dcf_state_exchange_own(k->state, &own) == DCF_OK);
	give_party(k, "{\"id\":\"RED\"}", DCF_OBJECT_NOTHING);
	s.any_height = true;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	declare(k, "\"exchange\"", 8);
	CHECK(follow(k) == 1 && kit_told(k, 7) == (uint64_t)(k->now_us % (86400 * INT64_C(1000000)) / 1000));
	CHECK(kit_now(k, DCF_ENTITY_SUBSCRIPTION, 7)->index == 0);
	kit_free(k);
}

static void ours(void)
{
	struct kit *k = kit_new();
	struct dcf_exchange_own own = own_setting;
	struct dcf_uuid id;
	struct kit_put a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600),
		       s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss2", 0, 0, 1000, 0, 3600);
	const struct dcf_entity *e;

	CHECK(dcf_state_exchange_own(k->state, &own) == DCF_OK);
	give_party(k, "{\"id\":\"exchange\"}", DCF_OBJECT_FRAME);
	give_party(k, "{\"id\":\"RED\",\"members\":[\"exchange\"]}", DCF_OBJECT_FRAME);
	give_party(k, "{\"id\":\"RED\"}", DCF_OBJECT_NOTHING);
	declare(k, "\"RED\"", 8);
	CHECK(follow(k) == 0 && kit_count(k, DCF_ENTITY_INTENT) == 0);
	s.any_height = true;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE);
	declare(k, "\"exchange\"", 8);
	CHECK(follow(k) == 1 && kit_told(k, 7) == 1);
	e = mine(k);
	CHECK(e && e->native && e->state == DCF_UTM_ACCEPTED && dcf_span_eq(e->manager->name, own.manager) &&
	      dcf_span_eq(e->ours->operation, DCF_SPAN("OP1")) && e->extents.count >= 1 && e->tag.len == 32);
	id = e->id;
	CHECK(e == kit_now_uuid(k, DCF_ENTITY_INTENT, &id));
	/* others need its OVN, and cannot write in its name */
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_KEY && k->answer.missing_count == 1);
	a.manager = "red.example";
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_NOT_YOURS);
	give_event(k, DCF_OP_ACTIVATE);
	CHECK(follow(k) == 1 && kit_now_uuid(k, DCF_ENTITY_INTENT, &id)->state == DCF_UTM_ACTIVATED && kit_told(k, 7) == 2);
	give_event(k, DCF_OP_LEAVE_VOLUME);
	CHECK(follow(k) == 1 && kit_now_uuid(k, DCF_ENTITY_INTENT, &id)->state == DCF_UTM_NONCONFORMING);
	give_event(k, DCF_OP_REGAIN);
	declare(k, "\"exchange\"", 8.1);
	CHECK(follow(k) == 1 && kit_now_uuid(k, DCF_ENTITY_INTENT, &id)->state == DCF_UTM_ACCEPTED && kit_told(k, 7) == 4);
	/* what was due, and whose batch was undone, is due again; and so is what was only noted */
	for (int taken = 0; taken < 2; taken++) {
		const struct dcf_random random = dcf_random_system();
		bool due = true, ended;

		declare(k, "\"exchange\"", 8.1);
		if (taken)
			CHECK(dcf_state_exchange_own_due(k->state, &random, &due, &ended) == DCF_OK && due);
		dcf_state_undo(k->state);
		CHECK(follow(k) == 1 && follow(k) == 0);
	}
	/* the same is the same: another start finds nothing to do, another URL finds something */
	CHECK(dcf_state_exchange_own(k->state, &own) == DCF_OK && follow(k) == 0);
	own.url = DCF_SPAN("https://other.example.org");
	CHECK(dcf_state_exchange_own(k->state, &own) == DCF_OK && follow(k) == 1);
	declare(k, "", 8.1);
	CHECK(follow(k) == 1 && !kit_now_uuid(k, DCF_ENTITY_INTENT, &id) && !mine(k));
	declare(k, "\"exchange\"", 8.1);
	CHECK(follow(k) == 1 && mine(k));
	give_event(k, DCF_OP_CANCEL);
	CHECK(follow(k) == 1 && !mine(k));
	/* without a party of ours none stands */
	declare(k, "\"exchange\"", 8.1);
	CHECK(follow(k) == 1 && mine(k));
	CHECK(dcf_state_exchange_own(k->state, &(struct dcf_exchange_own){ .party = DCF_SPAN("") }) == DCF_OK &&
	      follow(k) == 1);
	CHECK(!mine(k));
	{
		struct dcf_state *st = kit_load(k, DCF_SPAN(""));
		struct dcf_hash one, two;

		CHECK(dcf_state_hash(k->state, &one) == DCF_OK && dcf_state_hash(st, &two) == DCF_OK &&
		      dcf_hash_eq(&one, &two));
		dcf_state_free(st);
	}
	kit_free(k);
}

/* What the exchange stood for before is found again, from entries alone and from a snapshot. */
static void is_found_again(struct kit *k)
{
	struct dcf_buf text = { .from = &k->heap };

	dcf_state_snapshot(k->state, &text);
	for (int from_snapshot = 0; from_snapshot < 2; from_snapshot++) {
		struct dcf_state *st = kit_load(k, from_snapshot ? dcf_buf_as_span(&text) : DCF_SPAN(""));
		struct dcf_hash one, two;

		CHECK(dcf_state_hash(k->state, &one) == DCF_OK && dcf_state_hash(st, &two) == DCF_OK &&
		      dcf_hash_eq(&one, &two));
		for (int i = 0; i < 40; i++) {
			char name[8];
			const struct dcf_entity *e, *f;

			snprintf(name, sizeof name, "OP%d", i);
			e = found(k->state, name);
			f = found(st, name);
			CHECK_MSG(!e == !f && (!e || (dcf_uuid_eq(&e->id, &f->id) && dcf_span_eq(e->tag, f->tag))), "%s", name);
		}
		dcf_state_free(st);
	}
	dcf_buf_free(&text);
}

static void take(struct kit *k, const struct dcf_uuid *id, enum dcf_exchange_objection expected)
{
	struct kit_put a = kit_intent(1, "uss1", 50000, 0, 500, 0, 3600);

	a.uuid = id;
	CHECK(kit_put(k, &a) == expected);
}

/* Ids are drawn: nobody knows one before it stands.  It stays through changes, and nothing keeps an operation out. */
static void ids(void)
{
	struct kit *k = kit_new();
	struct dcf_uuid id, undone, next;
	char name[8];

	CHECK(dcf_state_exchange_own(k->state, &own_setting) == DCF_OK);
	give_party(k, "{\"id\":\"RED\"}", DCF_OBJECT_NOTHING);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "OP%d", i);
		declare_as(k, name, "\"exchange\"", 8 + 0.1 * i);
	}
	CHECK(follow(k) == 40 && kit_count(k, DCF_ENTITY_INTENT) == 40);
	id = mine(k)->id;
	CHECK(!dcf_uuid_eq(&id, &found(k->state, "OP2")->id) && !found(k->state, "OP") && !found(k->state, "OP40"));
	take(k, &id, DCF_EXCHANGE_NOT_YOURS);
	declare(k, "\"exchange\"", 9);
	CHECK(follow(k) == 1 && dcf_uuid_eq(&mine(k)->id, &id) && mine(k)->version == 2);
	is_found_again(k);
	/* Taken back and given again in one batch, others taking the id that they have seen: undone, then for good. */
	for (int again = 0; again < 2; again++) {
		k->hold = true;
		declare(k, "", 9);
		CHECK(follow(k) == 1);
		take(k, &id, DCF_EXCHANGE_FINE);
		declare(k, "\"exchange\"", 9);
		CHECK(follow(k) == 1 && dcf_uuid_eq(&mine(k)->id, &id) && mine(k)->version == 2);
		undone = k->answer.entity->id;
		CHECK(!dcf_uuid_eq(&undone, &id));
		k->hold = false;
		if (!again) {
			kit_undo(k);
			CHECK(follow(k) == 0 && dcf_uuid_eq(&mine(k)->id, &id) && !kit_now_uuid(k, DCF_ENTITY_INTENT, &undone));
		}
	}
	kit_publish(k);
	next = mine(k)->id;
	CHECK(dcf_uuid_eq(&next, &undone) && kit_now_uuid(k, DCF_ENTITY_INTENT, &id) &&
	      !kit_now_uuid(k, DCF_ENTITY_INTENT, &id)->native);
	is_found_again(k);
	for (int i = 0; i < 40; i += 2) {
		snprintf(name, sizeof name, "OP%d", i);
		declare_as(k, name, "", 8);
	}
	CHECK(follow(k) == 20 && kit_count(k, DCF_ENTITY_INTENT) == 21);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "OP%d", i);
		CHECK_MSG(!found(k->state, name) == (i % 2 == 0), "%s", name);
	}
	is_found_again(k);
	kit_free(k);
}

/* A constraint is one in the exchange too: there are others that want to hear of it, it has no state, and nobody else may write
 * it. */
static void constraints(void)
{
	static const char is_one[] = ",\"constraint\":true";
	struct kit *k = kit_new();
	struct kit_put s = kit_a(DCF_ENTITY_SUBSCRIPTION, 7, "uss2", 0, 0, 1000, 0, 3600), i = s,
		       a = kit_intent(1, "uss1", 0, 0, 500, 0, 3600), b;
	const struct dcf_entity *e;
	struct dcf_uuid id, intent;

	CHECK(dcf_state_exchange_own(k->state, &own_setting) == DCF_OK);
	give_party(k, "{\"id\":\"RED\"}", DCF_OBJECT_NOTHING);
	s.any_height = i.any_height = true;
	s.for_constraints = true;
	s.for_intents = false;
	i.id = 8;
	i.for_intents = true;
	i.for_constraints = false;
	CHECK(kit_put(k, &s) == DCF_EXCHANGE_FINE && kit_put(k, &i) == DCF_EXCHANGE_FINE);
	declare_with(k, "OP1", "", 8, is_one);
	CHECK(follow(k) == 0 && kit_count(k, DCF_ENTITY_CONSTRAINT) == 0);
	declare_with(k, "OP1", "\"exchange\"", 8, is_one);
	CHECK(follow(k) == 1 && kit_told(k, 7) == 1 && kit_told(k, 8) == 0);
	CHECK(kit_count(k, DCF_ENTITY_CONSTRAINT) == 1 && kit_count(k, DCF_ENTITY_INTENT) == 0);
	e = mine(k);
	id = e->id;
	CHECK(e->kind == DCF_ENTITY_CONSTRAINT && e->native && e->tag.len == 32 &&
	      dcf_span_eq(e->manager->name, own_setting.manager));
	/* Others need its OVN where their subscription is for constraints, and cannot write it. */
	a.make_subscription = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_FINE);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_FINE);
	a.make_for_constraints = true;
	CHECK(kit_put(k, &a) == DCF_EXCHANGE_KEY && k->answer.missing_count == 1);
	b = kit_a(DCF_ENTITY_CONSTRAINT, 3, "red.example", 0, 0, 500, 0, 3600);
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_NOT_YOURS);
	b.manager = "uss1";
	b.uuid = &id;
	CHECK(kit_put(k, &b) == DCF_EXCHANGE_NOT_YOURS);
	/* It has no state of its own, and changes with its operation. */
	give_event(k, DCF_OP_ACTIVATE);
	CHECK(follow(k) == 0 && mine(k)->version == 1);
	give_event(k, DCF_OP_LEAVE_VOLUME);
	CHECK(follow(k) == 0);
	declare_with(k, "OP1", "\"exchange\"", 8.001, is_one);
	CHECK(follow(k) == 1 && mine(k)->version == 2 && dcf_uuid_eq(&mine(k)->id, &id) && kit_told(k, 7) == 2);
	is_found_again(k);
	/* A flight all of a sudden: the one ends, the other is made, in one batch; and back.  The first time all of it is
	 * undone. */
	for (int again = 0; again < 2; again++) {
		k->hold = true;
		declare_with(k, "OP1", "\"exchange\"", 8.001, again ? ",\"constraint\":false" : "");
		CHECK(follow(k) == 2 && mine(k)->kind == DCF_ENTITY_CONSTRAINT);
		k->hold = false;
		if (!again) {
			kit_undo(k);
			CHECK(follow(k) == 0 && dcf_uuid_eq(&mine(k)->id, &id));
		}
	}
	kit_publish(k);
	CHECK(kit_told(k, 8) > 0 && kit_count(k, DCF_ENTITY_CONSTRAINT) == 0 && kit_count(k, DCF_ENTITY_INTENT) == 1);
	intent = mine(k)->id;
	CHECK(mine(k)->kind == DCF_ENTITY_INTENT && !dcf_uuid_eq(&intent, &id));
	is_found_again(k);
	/* Found by the look at all of them too. */
	declare_with(k, "OP1", "\"exchange\"", 8.001, is_one);
	CHECK(dcf_state_exchange_own(k->state, &own_setting) == DCF_OK && follow(k) == 2);
	CHECK(mine(k)->kind == DCF_ENTITY_CONSTRAINT && kit_count(k, DCF_ENTITY_INTENT) == 0 &&
	      kit_count(k, DCF_ENTITY_CONSTRAINT) == 1);
	is_found_again(k);
	give_event(k, DCF_OP_CANCEL);
	CHECK(follow(k) == 1 && !mine(k) && kit_count(k, DCF_ENTITY_CONSTRAINT) == 0 && kit_told(k, 7) > 2);
	is_found_again(k);
	kit_free(k);
}

/* --- memory that runs out --------------------------------------------------------------------------------- */

/* One step of what follows, with `n` allocations. */
static enum dcf_status follow_once(struct kit *k, long n, struct dcf_entry_head *head, bool *due)
{
	const struct dcf_random random = dcf_random_system();
	struct dcf_exchange_command x = { .answer = { .from = &k->heap } };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_EXCHANGE_OWN }, .exchange = &x, .if_position = DCF_ANY_POSITION };
	struct dcf_buf why = { .from = &k->heap };
	enum dcf_objection o;
	enum dcf_status s;
	bool ended;

	kit_left = n;
	s = dcf_state_exchange_own_due(k->state, &random, due, &ended);
	if (s == DCF_OK && *due)
		s = dcf_state_decide(k->state, &c, k->now_us, head, &o, &why);
	if (s == DCF_OK && *due)
		s = dcf_state_apply(k->state, head, NULL, &why);
	kit_left = -1;
	dcf_buf_free(&why);
	dcf_exchange_answer_free(&x.answer);
	return s;
}

/* Whatever allocation fails, undoing gives back what was, and it follows all the same afterwards. */
static void memory_runs_out(void)
{
	struct kit *k = kit_new();
	struct dcf_alloc few = { kit_short_resize, NULL };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_FOUNDED, .origin = DCF_SPAN("o"), .vkey = DCF_SPAN("k") },
				 .if_position = DCF_ANY_POSITION };
	long failures = 0;

	dcf_state_free(k->state);
	CHECK(dcf_state_new(&few, &k->state) == DCF_OK);
	k->published = 0;
	while (k->count)
		dcf_buf_free(&k->entry[--k->count]);
	CHECK(kit_give(k, &c) == DCF_OBJECT_NOTHING);
	CHECK(dcf_state_exchange_own(k->state, &own_setting) == DCF_OK);
	give_party(k, "{\"id\":\"RED\"}", DCF_OBJECT_NOTHING);
	for (int round = 0; round < 20; round++) {
		struct dcf_hash before, after;
		struct dcf_entry_head head;
		bool done = false, due = true;
		char name[8];

		snprintf(name, sizeof name, "OP%d", round / 3 * 3);
		declare_as(k, name, round % 3 == 2 ? "" : "\"exchange\"", 8 + 0.1 * round);
		CHECK(dcf_state_hash(k->state, &before) == DCF_OK);
		for (long n = 0; n < 500 && !done; n++) {
			enum dcf_status s = follow_once(k, n, &head, &due);

			CHECK(s == DCF_OK || s == DCF_E_NOMEM);
			done = s == DCF_OK;
			if (done) {
				CHECK(due);
				kit_note(k, &head);
				kit_publish(k);
				continue;
			}
			dcf_state_undo(k->state);
			CHECK(dcf_state_hash(k->state, &after) == DCF_OK && dcf_hash_eq(&before, &after));
			failures++;
		}
		CHECK(done && follow(k) == 0 && !found(k->state, name) == (round % 3 == 2));
	}
	is_found_again(k);
	printf("# %ld failures\n", failures);
	kit_free(k);
}

/* --- readers beside the writer ---------------------------------------------------------------------------- */

enum { READERS = 3, ROUNDS = 60 };

struct shared {
	struct kit *k;
	atomic_bool ends;
	atomic_uint bad, looks;
};

/* OP0 stands always; the others come, go, and become the other kind. */
static void *reads(void *ctx)
{
	struct shared *sh = ctx;

	for (unsigned i = 0; !atomic_load(&sh->ends); i = (i + 1) % 40) {
		char name[8];
		const struct dcf_entity *e;

		snprintf(name, sizeof name, "OP%u", i);
		e = dcf_exchange_find_own(dcf_state_exchange(sh->k->state), DCF_SPAN("RED"), dcf_span_of(name));
		atomic_fetch_add(&sh->bad,
				 e ? !e->native || !dcf_span_eq(e->ours->operation, dcf_span_of(name)) || e->tag.len != 32
				   : i == 0);
		dcf_entity_drop(e);
		atomic_fetch_add(&sh->looks, 1);
	}
	return NULL;
}

static void readers_find_what_stands(void)
{
	struct kit *k = kit_new();
	struct shared sh = { .k = k };
	pthread_t reader[READERS];

	CHECK(dcf_state_exchange_own(k->state, &own_setting) == DCF_OK);
	give_party(k, "{\"id\":\"RED\"}", DCF_OBJECT_NOTHING);
	declare_as(k, "OP0", "\"exchange\"", 8);
	CHECK(follow(k) == 1);
	for (int i = 0; i < READERS; i++)
		CHECK(pthread_create(&reader[i], NULL, reads, &sh) == 0);
	k->hold = true;
	for (int round = 0; round < ROUNDS || atomic_load(&sh.looks) < 1000; round++) {
		for (int i = 0; i < 40; i += 1 + round % 7) {
			char name[8];

			snprintf(name, sizeof name, "OP%d", i);
			declare_with(k, name, i && (i + round) % 3 == 0 ? "" : "\"exchange\"", 8 + 0.1 * i,
				     round % 2 ? ",\"constraint\":true" : "");
			(void)follow(k);
		}
		if (round % 5 == 4)
			kit_undo(k);
		else
			kit_publish(k);
	}
	atomic_store(&sh.ends, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(reader[i], NULL);
	CHECK_MSG(atomic_load(&sh.bad) == 0, "%u of %u looks", atomic_load(&sh.bad), atomic_load(&sh.looks));
	CHECK(follow(k) == 0);
	kit_publish(k);
	is_found_again(k);
	kit_free(k);
}

int main(void)
{
	return TAP_RUN(TAP(ours), TAP(times_as_indices), TAP(ids), TAP(constraints), TAP(memory_runs_out),
		       TAP(readers_find_what_stands));
}
