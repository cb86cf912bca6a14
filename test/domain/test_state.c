/* SPDX-License-Identifier: Apache-2.0 */
/* The state: random histories of commands, some of them undone; the same entries give the same state however they come back:
 * from entry 0, from a snapshot, with erased contents.  Prints its seed. */
#include "domain/declare.h"
#include "domain/state_int.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "crypto/text.h"
#include "tap.h"
#include "domain/text_source.h"
#include "format/json.h"

#include <stdlib.h>
#include <time.h>
#include <string.h>

static uint64_t seed = 20150920;

static uint64_t draw(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* --- a record in memory ----------------------------------------------------------------------------- */

struct kept {
	struct dcf_buf content;
	bool erased;
};

struct world {
	struct dcf_alloc heap;
	struct dcf_state *state;
	struct kept *entry;
	size_t count, cap;
	int64_t now_us;
	unsigned taken, objected, undone, purged;
};

static enum dcf_status read_kept(void *ctx, uint64_t from, uint64_t count,
				 enum dcf_status (*each)(void *, uint64_t, const struct dcf_entry *), void *each_ctx)
{
	struct world *w = ctx;
	enum dcf_status s = DCF_OK;

	for (uint64_t i = from; i < from + count && i < w->count && s == DCF_OK; i++) {
		struct dcf_entry e = { .erased = w->entry[i].erased };

		if (!e.erased)
			e.content = dcf_buf_as_span(&w->entry[i].content);
		s = each(each_ctx, i, &e);
	}
	return s;
}

static void keep(struct world *w, const struct dcf_entry_head *head)
{
	void *array = w->entry;

	CHECK(dcf_grow(&w->heap, &array, &w->cap, w->count + 1, sizeof *w->entry) == DCF_OK);
	w->entry = array;
	w->entry[w->count] = (struct kept){ .content = { .from = &w->heap } };
	dcf_entry_write(head, &w->entry[w->count++].content);
}

static void forget(struct world *w, size_t count)
{
	while (w->count > count)
		dcf_buf_free(&w->entry[--w->count].content);
}

static void world_free(struct world *w)
{
	forget(w, 0);
	dcf_state_free(w->state);
	dcf_alloc_free(&w->heap, w->entry, w->cap * sizeof *w->entry);
}

/* --- commands --------------------------------------------------------------------------------------- */

static const char *const party_name[] = { "CO", "RU", "UN" };

static enum dcf_objection give(struct world *w, const struct dcf_command *c)
{
	struct dcf_entry_head head;
	enum dcf_objection objection;
	struct dcf_buf why = { .from = &w->heap };
	enum dcf_status s;

	CHECK(dcf_state_decide(w->state, c, w->now_us, &head, &objection, &why) == DCF_OK);
	if (objection == DCF_OBJECT_NOTHING) {
		keep(w, &head);
		s = dcf_state_apply(w->state, &head, NULL, &why);
		CHECK_MSG(s == DCF_OK, "%s: %.*s", dcf_status_text(s), (int)why.len, why.p ? why.p : "");
	}
	dcf_buf_free(&why);
	return objection;
}

static void found(struct world *w)
{
	static const char airspace[] =
		"{\"type\":\"FeatureCollection\",\"deconflict\":1,\"agreement\":{\"id\":\"a\",\"separation\":"
		"[{\"lateral\":{\"value\":3,\"unit\":\"NM\"},\"vertical\":{\"value\":1000,\"unit\":\"ft\"}}]},\"features\":[]}";
	struct dcf_command c = {
		.head = { .kind = DCF_ENTRY_FOUNDED, .origin = DCF_SPAN("example.org/node"), .vkey = DCF_SPAN("k") }
	};

	CHECK(give(w, &c) == DCF_OBJECT_NOTHING);
	for (size_t i = 0; i < 3; i++) {
		char text[64];

		snprintf(text, sizeof text, "{\"id\":\"%s\",\"members\":[\"X%zu\"]}", party_name[i], i);
		c = (struct dcf_command){
			.head = { .kind = DCF_ENTRY_PARTY, .party = dcf_span_of(party_name[i]), .body = dcf_span_of(text) }
		};
		CHECK(give(w, &c) == DCF_OBJECT_NOTHING);
	}
	c = (struct dcf_command){ .head = { .kind = DCF_ENTRY_AIRSPACE, .body = DCF_SPAN(airspace) } };
	CHECK(give(w, &c) == DCF_OBJECT_NOTHING);
	dcf_state_publish(w->state);
}

static void random_hex(char out[65])
{
	for (int i = 0; i < 64; i++)
		out[i] = "0123456789abcdef"[draw(16)];
	out[64] = '\0';
}

static enum dcf_objection declare(struct world *w, unsigned party, unsigned number)
{
	char id[16], body[900], label[80] = "", key[65], digest[65];
	unsigned volumes = 1 + (unsigned)draw(3);
	size_t n = 0;
	int64_t start = w->now_us / 1000000 + (int64_t)draw(7200);
	struct dcf_command c = { .if_position = DCF_ANY_POSITION };

	snprintf(id, sizeof id, "op-%u", number);
	/* Parties and members, some of whom come and go. */
	if (draw(2))
		snprintf(label, sizeof label, ",\"label\":{\"releasable_to\":[\"X%d\",\"Y%d\",\"%s\"]}", (int)draw(3),
			 (int)draw(3), party_name[draw(3)]);
	for (unsigned i = 0; i < volumes; i++) {
		char from[32], to[32];
		time_t t0 = (time_t)start, t1 = (time_t)(start + 600 + (int64_t)draw(3600));

		strftime(from, sizeof from, "%Y-%m-%dT%H:%M:%SZ", gmtime(&t0));
		strftime(to, sizeof to, "%Y-%m-%dT%H:%M:%SZ", gmtime(&t1));
		n += (size_t)snprintf(
			     body + n, sizeof body - n,
			     "{\"type\":\"Feature\",\"id\":\"%s\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%d.5,35]},"
			     "\"properties\":{\"party\":\"%s\",\"shape\":\"circle\",\"radius\":{\"value\":5,\"unit\":\"km\"},"
			     "\"lower\":{\"value\":%d,\"unit\":\"FL\"},\"upper\":{\"value\":300,\"unit\":\"FL\"},\"start\":\"%s\",\"end\":\"%s\"%s}}\n",
			     id, 30 + (int)draw(3), party_name[party], 100 + (int)draw(100), from, to, label) %
		     sizeof body;
		if (n > 500)
			break;
	}
	c.head = (struct dcf_entry_head){ .kind = DCF_ENTRY_OPERATION,
					  .party = dcf_span_of(party_name[party]),
					  .operation = dcf_span_of(id),
					  .by = DCF_SPAN("tester"),
					  .body = dcf_span_of(body) };
	if (draw(3) == 0) {
		random_hex(key);
		random_hex(digest);
		c.head.request = dcf_span_of(key);
		c.head.digest = dcf_span_of(digest);
		c.head.request_count = 1;
	}
	c.must_be_new = draw(4) == 0;
	c.must_be_there = !c.must_be_new && draw(6) == 0;
	return give(w, &c);
}

static enum dcf_objection event(struct world *w, unsigned party, unsigned number)
{
	char id[16];
	struct dcf_command c = { .if_position = draw(5) == 0 ? draw(w->count + 1) : DCF_ANY_POSITION };

	snprintf(id, sizeof id, "op-%u", number);
	c.head = (struct dcf_entry_head){ .kind = DCF_ENTRY_EVENT,
					  .party = dcf_span_of(party_name[party]),
					  .operation = dcf_span_of(id),
					  .event = (uint8_t)draw(DCF_OP_EVENT_COUNT) };
	return give(w, &c);
}

/* A party gets other members. */
static enum dcf_objection people(struct world *w, size_t party)
{
	char text[80];
	struct dcf_command c = { .if_position = DCF_ANY_POSITION };

	snprintf(text, sizeof text, "{\"id\":\"%s\",\"members\":[%s\"%c%zu\"]}", party_name[party], draw(2) ? "\"Z\"," : "",
		 draw(2) ? 'X' : 'Y', party);
	c.head = (struct dcf_entry_head){ .kind = DCF_ENTRY_PARTY,
					  .party = dcf_span_of(party_name[party]),
					  .body = dcf_span_of(text),
					  .by = DCF_SPAN("tester"),
					  .member = DCF_SPAN("X0"),
					  .role = DCF_SPAN("watch chief") };
	return give(w, &c);
}

/* What the clock asks for, its contents erased as the node would. */
static void clock_work(struct world *w)
{
	struct dcf_buf body = { .from = &w->heap }, gone = { .from = &w->heap };
	struct dcf_command c = { .if_position = DCF_ANY_POSITION };
	uint8_t kind;
	bool due;

	for (int i = 0; i < 4; i++) {
		struct dcf_span rest;
		uint64_t position;
		bool bad = false;

		body.len = gone.len = 0;
		CHECK(dcf_state_due(w->state, w->now_us, INT64_C(3600000000), 20, &body, &kind, &due) == DCF_OK);
		if (!due)
			break;
		c.head = (struct dcf_entry_head){ .kind = kind, .body = dcf_buf_as_span(&body) };
		if (kind == DCF_ENTRY_PURGE) {
			CHECK(dcf_state_entries_of(w->state, c.head.body, &gone) == DCF_OK);
			w->purged++;
		}
		CHECK(give(w, &c) == DCF_OBJECT_NOTHING);
		dcf_state_publish(w->state);
		for (rest = dcf_buf_as_span(&gone); dcf_positions_next(&rest, &position, &bad);)
			w->entry[position].erased = draw(4) != 0 || w->entry[position].erased;
	}
	dcf_buf_free(&body);
	dcf_buf_free(&gone);
}

/* A snapshot that is written while things go on. */
static bool go_on(struct world *w, struct dcf_snapshot_walk *walk, struct dcf_buf *text, bool more)
{
	return more && dcf_state_walk_step(w->state, walk, 1 + (size_t)draw(2), text);
}

static void live_some(struct world *w, unsigned batches, struct dcf_buf *walked)
{
	struct dcf_snapshot_walk walk;
	bool more = walked != NULL;

	if (more)
		dcf_state_walk_begin(w->state, &walk);
	for (unsigned i = 0; i < batches; i++) {
		size_t before = w->count;
		unsigned n = 1 + (unsigned)draw(8);

		w->now_us += (int64_t)draw(UINT64_C(30000000000));
		for (unsigned k = 0; k < n; k++) {
			unsigned party = (unsigned)draw(3), number = (unsigned)draw(25);
			enum dcf_objection o = draw(12) == 0 ? people(w, party)
					       : draw(2)     ? declare(w, party, number)
							     : event(w, party, number);

			o == DCF_OBJECT_NOTHING ? w->taken++ : w->objected++;
		}
		if (draw(5) == 0) {
			dcf_state_undo(w->state);
			forget(w, before);
			w->undone++;
		} else {
			dcf_state_publish(w->state);
		}
		CHECK(dcf_state_position(w->state) == w->count);
		more = go_on(w, &walk, walked, more);
		if (draw(3) == 0)
			clock_work(w);
		more = go_on(w, &walk, walked, more);
		if (draw(3) == 0)
			(void)dcf_state_tend(w->state);
	}
	while (more)
		more = go_on(w, &walk, walked, more);
}

/* --- the tests -------------------------------------------------------------------------------------- */

static struct dcf_hash hash_of(const struct dcf_state *state)
{
	struct dcf_hash h = { 0 };

	CHECK(dcf_state_hash(state, &h) == DCF_OK);
	return h;
}

/* Who may know of what. */
static bool same_labels(struct dcf_state *state, struct dcf_state *again)
{
	struct dcf_view a, b;
	const struct dcf_op *p, *q;
	bool same = true;

	CHECK(dcf_state_enter(state, &a) == DCF_OK && dcf_state_enter(again, &b) == DCF_OK);
	for (uint64_t serial = 0; (p = dcf_view_next(&a, &serial)); serial++) {
		q = dcf_view_at(&b, serial);
		same = same && q && p->releasable_count == q->releasable_count &&
		       p->released_name_count == q->released_name_count;
		for (uint32_t i = 0; same && i < p->released_name_count; i++)
			same = dcf_op_names(q, p->released_names[i]);
		for (uint32_t i = 0; same && i < 3; i++)
			same = dcf_op_may_know(p, i) == dcf_op_may_know(q, i);
	}
	for (size_t i = 0; i < a.frame->plan.party_count && same; i++) {
		const struct dcf_people *m = &a.frame->people[i], *n = &b.frame->people[i];

		same = m->member_count == n->member_count && m->member_count > 0;
		for (size_t k = 0; same && k < m->member_count; k++)
			same = dcf_people_member(n, m->members[k].id);
	}
	dcf_state_leave(&a);
	dcf_state_leave(&b);
	return same;
}

static void same_from(struct world *w, struct dcf_span snapshot, const char *what)
{
	struct dcf_entry_source source = { read_kept, w };
	struct dcf_buf why = { .from = &w->heap }, a = { .from = &w->heap }, b = { .from = &w->heap };
	struct dcf_state *again;
	struct dcf_hash h = hash_of(w->state), g;
	enum dcf_status s;

	CHECK(dcf_state_new(&w->heap, &again) == DCF_OK);
	s = dcf_state_load(again, snapshot, &source, w->count, &why);
	CHECK_MSG(s == DCF_OK, "%s: %d %.*s", what, s, (int)why.len, why.p ? why.p : "");
	g = hash_of(again);
	CHECK_MSG(dcf_hash_eq(&h, &g), "%s: another state", what);
	CHECK_MSG(s != DCF_OK || same_labels(w->state, again), "%s: other labels", what);
	if (!dcf_hash_eq(&h, &g) && getenv("VERBOSE")) {
		dcf_state_snapshot(w->state, &a);
		dcf_state_snapshot(again, &b);
		fprintf(stderr, "--- live\n%.*s--- again\n%.*s", (int)a.len, a.p, (int)b.len, b.p);
	}
	dcf_buf_free(&a);
	dcf_buf_free(&b);
	dcf_buf_free(&why);
	dcf_state_free(again);
}

static void replay_gives_the_same_state(void)
{
	unsigned undone = 0, purged = 0, taken = 0, objected = 0;

	printf("# seed %llu\n", (unsigned long long)seed);
	for (int i = 0; i < 25; i++) {
		struct world w = { .heap = dcf_alloc_heap(), .now_us = INT64_C(1442700000000000) };
		struct dcf_buf snapshot = { .from = &w.heap }, walked = { .from = &w.heap };

		CHECK(dcf_state_new(&w.heap, &w.state) == DCF_OK);
		found(&w);
		live_some(&w, 30, NULL);
		dcf_state_snapshot(w.state, &snapshot);
		same_from(&w, DCF_SPAN(""), "from entry 0");
		same_from(&w, dcf_buf_as_span(&snapshot), "from a snapshot of now");
		live_some(&w, 25, &walked);
		same_from(&w, DCF_SPAN(""), "from entry 0, later");
		same_from(&w, dcf_buf_as_span(&snapshot), "from an older snapshot and the rest");
		same_from(&w, dcf_buf_as_span(&walked), "from a snapshot written meanwhile");
		live_some(&w, 5, NULL);
		same_from(&w, dcf_buf_as_span(&walked), "from a snapshot written meanwhile, later");
		if (tap_failed_checks)
			break;
		undone += w.undone;
		purged += w.purged;
		taken += w.taken;
		objected += w.objected;
		dcf_buf_free(&snapshot);
		dcf_buf_free(&walked);
		world_free(&w);
	}
	printf("# %u commands taken, %u not, %u batches undone, %u purges\n", taken, objected, undone, purged);
	CHECK(undone > 50 && purged > 20 && taken > 1000 && objected > 500);
}

static void undo_leaves_no_trace(void)
{
	struct world w = { .heap = dcf_alloc_heap(), .now_us = INT64_C(1442700000000000) };
	struct dcf_hash before;
	struct dcf_view view;

	CHECK(dcf_state_new(&w.heap, &w.state) == DCF_OK);
	found(&w);
	CHECK(declare(&w, 0, 1) == DCF_OBJECT_NOTHING || true);
	dcf_state_publish(w.state);
	before = hash_of(w.state);
	for (int i = 0; i < 200; i++) {
		size_t count = w.count;
		struct dcf_hash after;

		for (unsigned k = 0; k < 5; k++)
			(void)(draw(2) ? declare(&w, 0, (unsigned)draw(3)) : event(&w, 0, (unsigned)draw(3)));
		/* Readers see nothing of it meanwhile. */
		CHECK(dcf_state_enter(w.state, &view) == DCF_OK);
		CHECK(dcf_view_facts(&view).position == count);
		dcf_state_leave(&view);
		dcf_state_undo(w.state);
		forget(&w, count);
		after = hash_of(w.state);
		CHECK(dcf_hash_eq(&before, &after));
	}
	world_free(&w);
}

/* An hour at one place, with or without a key. */
static void declare_plainly(struct world *w, unsigned number, const char *key)
{
	char id[16], body[600], from[32], to[32];
	time_t t0 = (time_t)(w->now_us / 1000000), t1 = t0 + 3600;
	struct dcf_command c = { .if_position = DCF_ANY_POSITION };

	snprintf(id, sizeof id, "op-%u", number);
	strftime(from, sizeof from, "%Y-%m-%dT%H:%M:%SZ", gmtime(&t0));
	strftime(to, sizeof to, "%Y-%m-%dT%H:%M:%SZ", gmtime(&t1));
	snprintf(
		body, sizeof body,
		"{\"type\":\"Feature\",\"id\":\"%s\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[30,35]},\"properties\":{\"party\":\"CO\","
		"\"shape\":\"circle\",\"radius\":{\"value\":5,\"unit\":\"km\"},\"lower\":{\"value\":100,\"unit\":\"FL\"},\"upper\":{\"value\":300,"
		"\"unit\":\"FL\"},\"start\":\"%s\",\"end\":\"%s\"}}\n",
		id, from, to);
	c.head = (struct dcf_entry_head){ .kind = DCF_ENTRY_OPERATION,
					  .party = DCF_SPAN("CO"),
					  .operation = dcf_span_of(id),
					  .by = DCF_SPAN("tester"),
					  .body = dcf_span_of(body) };
	if (key) {
		c.head.request = c.head.digest = dcf_span_of(key);
		c.head.request_count = 1;
	}
	CHECK(give(w, &c) == DCF_OBJECT_NOTHING);
	dcf_state_publish(w->state);
}

static size_t standing(struct world *w)
{
	struct dcf_view view;
	size_t n;

	CHECK(dcf_state_enter(w->state, &view) == DCF_OK);
	n = (size_t)dcf_view_facts(&view).operations;
	dcf_state_leave(&view);
	return n;
}

/* With a retention of an hour (see clock_work): what was asked with a key stays a day longer, since its answer may be asked for
 * again. */
static void only_requests_with_a_key_are_kept_for_a_day(void)
{
	struct world w = { .heap = dcf_alloc_heap(), .now_us = INT64_C(1442700000000000) };
	const int64_t hour_us = INT64_C(3600000000);
	char key[65];

	CHECK(dcf_state_new(&w.heap, &w.state) == DCF_OK);
	found(&w);
	random_hex(key);
	declare_plainly(&w, 1, key);
	declare_plainly(&w, 2, NULL);
	declare_plainly(&w, 3, NULL);
	w.now_us += hour_us / 2;
	/* An amendment with a key keeps it as well. */
	random_hex(key);
	declare_plainly(&w, 3, key);
	clock_work(&w);
	CHECK(standing(&w) == 3 && w.purged == 0);
	w.now_us += 3 * hour_us;
	clock_work(&w);
	CHECK_MSG(standing(&w) == 2, "%zu stand", standing(&w));
	w.now_us += 21 * hour_us;
	clock_work(&w);
	CHECK(standing(&w) == 2);
	w.now_us += hour_us; /* 25.5 hours behind the first, 25 behind the other */
	clock_work(&w);
	CHECK_MSG(standing(&w) == 0, "%zu stand", standing(&w));
	same_from(&w, DCF_SPAN(""), "from entry 0");
	world_free(&w);
}

/* What stands and is declared anew goes on; what is over and is declared again begins anew, in one batch too. */
static void a_life_ends_with_the_operation(void)
{
	/* clang-format off */
	static const struct { enum dcf_op_event event; uint32_t version, life; bool publish; } rows[] = {
		{ DCF_OP_DECLARE, 1, 1, true },     { DCF_OP_DECLARE, 2, 1, true }, { DCF_OP_ACTIVATE, 2, 1, true }, { DCF_OP_EMERGENCY, 2, 1, true },
		{ DCF_OP_DECLARE, 3, 1, true },     { DCF_OP_CANCEL, 3, 1, true },  { DCF_OP_DECLARE, 4, 4, true },  { DCF_OP_ACTIVATE, 4, 4, true },
		{ DCF_OP_END, 4, 4, false },        { DCF_OP_DECLARE, 5, 5, true }, { DCF_OP_DECLARE, 6, 5, true },
	};
	/* clang-format on */
	struct world w = { .heap = dcf_alloc_heap(), .now_us = INT64_C(1442700000000000) };

	CHECK(dcf_state_new(&w.heap, &w.state) == DCF_OK);
	found(&w);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_command c = { .if_position = DCF_ANY_POSITION };
		struct dcf_view view;
		const struct dcf_op *op;

		if (rows[i].event == DCF_OP_DECLARE) {
			declare_plainly(&w, 1, NULL);
		} else {
			c.head = (struct dcf_entry_head){ .kind = DCF_ENTRY_EVENT,
							  .party = DCF_SPAN("CO"),
							  .operation = DCF_SPAN("op-1"),
							  .event = (uint8_t)rows[i].event };
			CHECK(give(&w, &c) == DCF_OBJECT_NOTHING);
		}
		if (!rows[i].publish)
			continue;
		dcf_state_publish(w.state);
		CHECK(dcf_state_enter(w.state, &view) == DCF_OK);
		op = dcf_view_find(&view, dcf_plan_find_party(&view.frame->plan, DCF_SPAN("CO")), DCF_SPAN("op-1"));
		CHECK_MSG(op && op->version == rows[i].version && op->life == rows[i].life, "row %zu", i);
		dcf_state_leave(&view);
	}
	same_from(&w, DCF_SPAN(""), "from entry 0");
	world_free(&w);
}

/* The machine of an operation as data/states.json has it, typed from there. */
static void the_table_is_the_machine(void)
{
	/* clang-format off */
	static const struct { const char *from, *event, *to; } rows[] = {
		{ "DRAFT", "declare", "DECLARED" }, { "DECLARED", "activate", "ACTIVE" }, { "ACTIVE", "leave_volume", "NONCONFORMING" },
		{ "NONCONFORMING", "regain", "ACTIVE" }, { "NONCONFORMING", "give_up", "CONTINGENT" }, { "ACTIVE", "emergency", "CONTINGENT" },
		{ "ACTIVE", "end", "ENDED" }, { "CONTINGENT", "end", "ENDED" }, { "DECLARED", "cancel", "CANCELLED" },
		{ "DECLARED", "window_over", "ENDED" }, { "DECLARED", "new_version", "SUPERSEDED" }, { "ACTIVE", "new_version", "SUPERSEDED" },
		{ "NONCONFORMING", "end", "ENDED" }, { "NONCONFORMING", "new_version", "SUPERSEDED" }, { "CONTINGENT", "new_version", "SUPERSEDED" },
	};
	/* clang-format on */

	for (int s = 0; s < DCF_OP_STATE_COUNT; s++)
		for (int e = 0; e < DCF_OP_EVENT_COUNT; e++) {
			const char *expected = "";
			enum dcf_op_state next = dcf_op_next((enum dcf_op_state)s, (enum dcf_op_event)e);

			for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
				if (strcmp(rows[i].from, dcf_op_state_name((enum dcf_op_state)s)) == 0 &&
				    strcmp(rows[i].event, dcf_op_event_name((enum dcf_op_event)e)) == 0)
					expected = rows[i].to;
			CHECK_MSG(strcmp(expected, dcf_op_state_name(next)) == 0, "%d %d", s, e);
		}
}

static void entries_have_one_form(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { 0 };
	/* clang-format off */
	static const char *const bad[] = {
		"", "{}", "{}\n", "[]\n", "{\"at\":1}\n", "{\"kind\":\"operation\",\"at\":1}\n", "{\"at\":1,\"kind\":\"nothing\"}\n",
		"{\"at\":1,\"at\":1,\"kind\":\"operation\"}\n", "{\"at\":1.5,\"kind\":\"operation\"}\n", "{\"at\":1,\"kind\":\"operation\",\"x\":1}\n",
		"{\"at\":1,\"by\":\"\",\"kind\":\"operation\"}\n", "{\"at\":1,\"kind\":\"operation\",\"version\":0}\n",
		"{\"at\":1,\"exercise\":false,\"kind\":\"founded\"}\n", "{\"at\":1,\"event\":\"fly\",\"kind\":\"event\"}\n",
	};
	/* clang-format on */
	struct dcf_entry_head head, back;
	const char *why;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_MSG(dcf_entry_read(dcf_span_of(bad[i]), &doc, &arena, &head, &why) == DCF_E_SYNTAX, "%s", bad[i]);
	for (int i = 0; i < 500; i++) {
		struct dcf_buf a = { .from = &heap }, b = { .from = &heap };
		static const char *const text[] = { "", "x", "a \"b\"\n\\c", "\xd0\x9b\xd0\xb0", "\x01\x1f/" };

		head = (struct dcf_entry_head){ .kind = (uint8_t)draw(DCF_ENTRY_KIND_COUNT),
						.at_us = (int64_t)draw(1u << 30),
						.version = (uint32_t)draw(4),
						.by = dcf_span_of(text[draw(5)]),
						.party = dcf_span_of(text[draw(5)]),
						.operation = dcf_span_of(text[draw(5)]),
						.body = dcf_span_of(text[draw(5)]),
						.exercise = draw(2) };
		if (head.kind == DCF_ENTRY_EVENT)
			head.event = (uint8_t)draw(DCF_OP_EVENT_COUNT);
		dcf_entry_write(&head, &a);
		CHECK_MSG(dcf_entry_read(dcf_buf_as_span(&a), &doc, &arena, &back, &why) == DCF_OK, "%.*s: %s", (int)a.len, a.p,
			  why);
		dcf_entry_write(&back, &b);
		CHECK(dcf_span_eq(dcf_buf_as_span(&a), dcf_buf_as_span(&b)));
		dcf_buf_free(&a);
		dcf_buf_free(&b);
	}
	dcf_jfree(&doc);
	dcf_arena_free(&arena);
}

static struct dcf_hash key_of(uint64_t n)
{
	return dcf_sha256((struct dcf_span){ (const char *)&n, sizeof n });
}

/* Requests come and are forgotten for ever: around the places where their numbers do not fit what a cell holds. */
static void requests_are_numbered_without_an_end(void)
{
	static const uint64_t begin[] = { 0, (UINT64_C(1) << 31) - 150, (UINT64_C(1) << 32) - 150, (UINT64_C(1) << 33) - 150 };
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) {
		struct dcf_requests r = { .numbered = begin[i] };
		const int64_t hour = INT64_C(3600000000);

		for (uint64_t n = 0; n < 300; n++) {
			struct dcf_hash key = key_of(n), other = key_of(n + 1);
			struct dcf_request q = { .key = key, .first = n, .at_us = (int64_t)n * hour };
			const struct dcf_request *found;
			uint64_t mark = r.numbered;

			CHECK(!dcf_requests_find(&r, &key));
			CHECK(dcf_requests_put(&r, &heap, &q) == DCF_OK);
			q.key = other;
			CHECK(dcf_requests_put(&r, &heap, &q) == DCF_OK && dcf_requests_find(&r, &other));
			dcf_requests_undo(&r, mark + 1);
			CHECK(!dcf_requests_find(&r, &other));
			dcf_requests_expire(&r, (int64_t)n * hour);
			for (uint64_t k = 0; k <= n; k++) {
				key = key_of(k);
				found = dcf_requests_find(&r, &key);
				CHECK_MSG((found != NULL) == (k + 24 >= n) && (!found || found->first == k), "request %d of %d",
					  (int)k, (int)n);
			}
		}
		dcf_requests_free(&r, &heap);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (dcf_crypto_init() != DCF_OK)
		return 3;
	return TAP_RUN(TAP(the_table_is_the_machine), TAP(entries_have_one_form), TAP(undo_leaves_no_trace),
		       TAP(a_life_ends_with_the_operation), TAP(requests_are_numbered_without_an_end),
		       TAP(only_requests_with_a_key_are_kept_for_a_day), TAP(replay_gives_the_same_state));
}
