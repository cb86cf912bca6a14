/* SPDX-License-Identifier: Apache-2.0 */
/* line_pair.h - two sides of a line in one process, without a network: records in memory, one clock that is turned by hand, and
 * a wire that carries notes from one record into the other and keeps every byte that it saw. */
#ifndef DCF_TEST_NODE_LINE_PAIR_H
#define DCF_TEST_NODE_LINE_PAIR_H

#include "crypto/init.h"
#include "crypto/random.h"
#include "domain/declare.h"
#include "node/line_agent.h"
#include "node/line_disclose.h"
#include "node/line_notice.h"
#include "store/memory.h"
#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define BEGIN  INT64_C(1474110000000000) /* 2016-09-17T11:00:00Z */

enum { PATIENCE_MS = 60000, MOST_NOTES = 4096 };

struct side {
	struct dcf_alloc heap;
	const char *party, *other;
	struct dcf_store *store;
	struct dcf_signing_key key, line_key;
	struct dcf_signer signer, line_signer;
	struct dcf_log *log;
	struct dcf_state *state;
	struct dcf_line *line;
	struct dcf_sequencer *sequencer;
	_Atomic(struct dcf_line_agent *) agent;
	struct dcf_clock clock;
	bool live; /* the clock is the machine's */
	uint32_t disclose_per_h;
	/* what it sent, note by note: when, and the bytes in `wire` */
	struct dcf_buf wire;
	struct {
		int64_t at_us;
		size_t from, to;
		uint8_t verb;
	} note[MOST_NOTES];
	size_t notes;
};

struct pair {
	struct dcf_clock_manual hands;
	struct side a, b;
	bool cut; /* the wire carries nothing */
};

/* --- asking ------------------------------------------------------------------------------------------ */

struct asked {
	struct dcf_ticket ticket;
	pthread_mutex_t lock;
	pthread_cond_t came;
	bool answered;
};

static inline void asked_done(struct dcf_ticket *t)
{
	struct asked *k = t->ctx;

	pthread_mutex_lock(&k->lock);
	k->answered = true;
	pthread_cond_signal(&k->came);
	pthread_mutex_unlock(&k->lock);
}

/* One command, waited for.  The objection of the line in command->line. */
static inline enum dcf_ticket_answer side_ask(struct side *s, struct dcf_command *command, struct dcf_op *op)
{
	struct asked k = {
		.ticket = { .command = command, .op = &op, .count = 1, .done = asked_done, .why = { .from = &s->heap } }
	};

	k.ticket.ctx = &k;
	pthread_mutex_init(&k.lock, NULL);
	pthread_cond_init(&k.came, NULL);
	dcf_sequencer_put(s->sequencer, &k.ticket);
	pthread_mutex_lock(&k.lock);
	while (!k.answered)
		pthread_cond_wait(&k.came, &k.lock);
	pthread_mutex_unlock(&k.lock);
	if (k.ticket.answer == DCF_TICKET_OBJECTED && getenv("DCF_TEST_TELL"))
		printf("# %s: objection %d: %.*s\n", s->party, (int)k.ticket.objection, (int)k.ticket.why.len,
		       k.ticket.why.p ? k.ticket.why.p : "");
	dcf_buf_free(&k.ticket.why);
	pthread_cond_destroy(&k.came);
	pthread_mutex_destroy(&k.lock);
	return k.ticket.answer;
}

static inline void side_put(struct side *s, uint8_t kind, const char *party, const char *body)
{
	struct dcf_line_command line = { .objection = DCF_LINE_FINE };
	struct dcf_command c = { .head = { .kind = kind, .party = dcf_span_of(party), .body = dcf_span_of(body) },
				 .if_position = DCF_ANY_POSITION,
				 .line = &line };

	CHECK_MSG(side_ask(s, &c, NULL) == DCF_TICKET_TAKEN, "%s: kind %u: %s", s->party, (unsigned)kind, body);
}

/* Declare what a line of GeoJSON says. */
static inline void side_declare(struct side *s, const char *feature)
{
	struct dcf_view view;
	struct dcf_plan plan = { 0 };
	struct dcf_op *op = NULL;
	struct dcf_command c = {
		.head = { .kind = DCF_ENTRY_OPERATION, .by = DCF_SPAN("planner"), .body = dcf_span_of(feature) },
		.if_position = DCF_ANY_POSITION
	};

	CHECK(dcf_state_enter(s->state, &view) == DCF_OK);
	CHECK_MSG(dcf_declare_read(view.frame, DCF_SPAN("test"), dcf_span_of(feature), &s->heap, &plan) == DCF_OK, "%s",
		  feature);
	CHECK(plan.operation_count == 1 && dcf_ops_make(&plan, &s->heap, &op) == DCF_OK);
	c.head.party = plan.parties[plan.operations[0].party].id;
	c.head.operation = plan.operations[0].id;
	CHECK(side_ask(s, &c, op) == DCF_TICKET_TAKEN);
	dcf_plan_free(&plan);
	dcf_state_leave(&view);
}

/* Say something: body and role may be NULL. */
static inline enum dcf_line_objection side_say(struct side *s, enum dcf_verb verb, enum dcf_precedence precedence,
					       const char *object, const char *body, const char *role)
{
	struct dcf_buf note = { .from = &s->heap };
	struct dcf_line_command line = { .signer = &s->line_signer, .note = &note };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_LINE_OUT, .party = dcf_span_of(s->other), .by = DCF_SPAN("duty") },
				 .if_position = DCF_ANY_POSITION,
				 .line = &line };
	enum dcf_ticket_answer answer;

	line.message = (struct dcf_message){ .verb = (uint8_t)verb,
					     .precedence = (uint8_t)precedence,
					     .object = dcf_span_of(object),
					     .role = dcf_span_of(role ? role : ""),
					     .body = dcf_span_of(body ? body : "{}") };
	answer = side_ask(s, &c, NULL);
	dcf_buf_free(&note);
	CHECK(answer == DCF_TICKET_TAKEN || answer == DCF_TICKET_OBJECTED);
	return line.objection;
}

/* The body of a notify message about what a line of GeoJSON says. */
static inline char *notice_body(const struct side *s, const char *feature, const char *acm)
{
	struct dcf_buf out = { .from = &s->heap };
	struct dcf_view view;
	struct dcf_plan plan = { 0 };
	const struct dcf_feature *f;

	CHECK(dcf_state_enter(s->state, &view) == DCF_OK);
	CHECK_MSG(dcf_declare_read(view.frame, DCF_SPAN("test"), dcf_span_of(feature), &s->heap, &plan) == DCF_OK, "%s",
		  feature);
	f = &plan.features[0];
	dcf_buf_z(&out, "{\"acm\":\"");
	dcf_buf_z(&out, acm);
	dcf_buf_z(&out, "\",\"object\":");
	CHECK(dcf_notice_object_put(&f, 1, &out, NULL) == DCF_OK);
	dcf_buf_z(&out, "}");
	dcf_buf_char(&out, 0);
	dcf_plan_free(&plan);
	dcf_state_leave(&view);
	return out.p;
}

/* --- the wire ---------------------------------------------------------------------------------------- */

static inline struct dcf_line_peer peer_of(struct side *s)
{
	struct dcf_line_peer p = { 0 };

	(void)dcf_line_peer_at(s->line, dcf_line_peer_of(s->line, dcf_span_of(s->other)), &p);
	return p;
}

struct carried {
	struct side *from;
	struct dcf_buf note;
};

static enum dcf_status carry_entry(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct carried *c = ctx;
	struct dcf_entry_head head;
	struct dcf_jdoc doc = { 0 };
	struct dcf_arena arena = { .from = &c->from->heap };
	const char *why;

	(void)position;
	CHECK(dcf_entry_read(entry->content, &doc, &arena, &head, &why) == DCF_OK);
	dcf_buf_span(&c->note, head.body);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
	return DCF_OK;
}

/* Message n of `from` into the record of `to`. */
static inline void carry(struct side *from, struct side *to, uint64_t n)
{
	struct carried c = { from, { .from = &from->heap } };
	struct dcf_line_command line = { .objection = DCF_LINE_FINE };
	struct dcf_command command = { .head = { .kind = DCF_ENTRY_LINE_IN, .party = dcf_span_of(from->party) },
				       .if_position = DCF_ANY_POSITION,
				       .line = &line };
	struct dcf_jdoc doc = { 0 };
	struct dcf_arena arena = { .from = &from->heap };
	uint64_t position = 0;

	CHECK(dcf_line_message_at(from->line, 0, false, n, &position));
	CHECK(dcf_log_read(from->store, position, 1, carry_entry, &c, NULL) == DCF_OK);
	CHECK(dcf_message_open(dcf_buf_as_span(&c.note), &from->line_signer.who, &doc, &arena, &line.text, &line.message,
			       NULL) == DCF_OK);
	line.received = dcf_buf_as_span(&c.note);
	if (from->notes < MOST_NOTES) {
		from->note[from->notes].at_us = dcf_clock_wall_us(&from->clock);
		from->note[from->notes].from = from->wire.len;
		from->note[from->notes].verb = line.message.verb;
		dcf_buf_span(&from->wire, line.text);
		from->note[from->notes++].to = from->wire.len;
		/* The signature too is on the wire. */
		dcf_buf_put(&from->wire, c.note.p + line.text.len, c.note.len - line.text.len);
	}
	CHECK(side_ask(to, &command, NULL) == DCF_TICKET_TAKEN);
	CHECK_MSG(line.objection == DCF_LINE_FINE, "objection %d", (int)line.objection);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
	dcf_buf_free(&c.note);
}

static inline bool pump(struct pair *p, struct side *from, struct side *to)
{
	bool any = false;

	while (!p->cut && peer_of(to).in.count < peer_of(from).out.count) {
		char body[100];

		carry(from, to, peer_of(to).in.count + 1);
		snprintf(body, sizeof body, "{\"acked\":%llu,\"offset_us\":0,\"technical\":\"UP\"}",
			 (unsigned long long)peer_of(to).in.count);
		side_put(from, DCF_ENTRY_LINE_STATUS, from->other, body);
		any = true;
	}
	return any;
}

static inline bool quiet(struct side *s)
{
	struct dcf_line_agent *agent = atomic_load(&s->agent);

	dcf_sequencer_poke(s->sequencer);
	return !agent || dcf_line_agent_quiet(agent);
}

/* Until nothing is left to be done by the clock as it stands. */
static inline void settle(struct pair *p)
{
	struct side *side[] = { &p->a, &p->b };
	bool still = false;

	for (int i = 0; i < 2; i++)
		if (atomic_load(&side[i]->agent))
			dcf_line_agent_poke(atomic_load(&side[i]->agent));
	for (int ms = 0; ms < PATIENCE_MS && !still; ms++) {
		bool there = pump(p, &p->a, &p->b), back = pump(p, &p->b, &p->a);

		still = !there && !back && quiet(&p->a) && quiet(&p->b) && quiet(&p->a) && !pump(p, &p->a, &p->b) &&
			!pump(p, &p->b, &p->a);
		if (!still)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	CHECK(still);
}

static inline int64_t now(const struct pair *p)
{
	return atomic_load(&p->hands.wall_us);
}

/* The clock goes on to `at_us`, standing still wherever one of the sides has something to do. */
static inline void turn_to(struct pair *p, int64_t at_us)
{
	for (;;) {
		struct side *side[] = { &p->a, &p->b };
		int64_t next = at_us;

		settle(p);
		for (int i = 0; i < 2; i++) {
			struct dcf_line_agent *agent = atomic_load(&side[i]->agent);
			int64_t due = dcf_line_next_due_us(side[i]->line),
				own = agent ? dcf_line_agent_next_us(agent) : INT64_MAX;

			due = own < due ? own : due;
			if (due > now(p) && due < next)
				next = due;
		}
		if (now(p) >= at_us)
			return;
		dcf_clock_manual_pass(&p->hands, next - now(p));
	}
}

static inline void turn(struct pair *p, int64_t by_us)
{
	turn_to(p, now(p) + by_us);
}

/* --- life -------------------------------------------------------------------------------------------- */

static void side_published(void *ctx, uint64_t from, uint64_t to)
{
	struct side *s = ctx;

	(void)from;
	dcf_line_agent_published(atomic_load(&s->agent), to);
}

static inline void side_wake(struct side *s)
{
	struct dcf_line_agent_options o = { .from = &s->heap,
					    .state = s->state,
					    .store = s->store,
					    .log = s->log,
					    .sequencer = s->sequencer,
					    .clock = s->clock,
					    .signer = s->line_signer,
					    .tick_us = SECOND,
					    .disclose_per_h = s->disclose_per_h,
					    .stepped = !s->live };
	struct dcf_line_agent *agent = NULL;
	struct dcf_node_error err;

	CHECK(dcf_line_agent_start(&o, &agent, &err) == DCF_OK);
	atomic_store(&s->agent, agent);
}

static inline void side_sleep(struct side *s)
{
	struct dcf_line_agent *agent = atomic_load(&s->agent);

	/* Nobody publishes meanwhile: the test's own thread is the only one that asks. */
	atomic_store(&s->agent, NULL);
	dcf_sequencer_poke(s->sequencer);
	dcf_line_agent_stop(agent);
}

static inline void side_begin(struct side *s, struct dcf_clock_manual *hands, const char *party, const char *other,
			      uint8_t salt, const char *airspace)
{
	uint8_t seed[DCF_SEED_BYTES] = { salt };
	struct dcf_sequencer_options o = { .from = &s->heap, .batch = 16, .published = side_published, .ctx = s };
	struct dcf_node_error err;
	char body[100], origin[40];

	*s = (struct side){ .heap = dcf_alloc_heap(), .party = party, .other = other, .disclose_per_h = 100 };
	s->wire.from = &s->heap;
	s->live = !hands;
	s->clock = hands ? dcf_clock_manual_of(hands) : dcf_clock_system();
	dcf_signing_key_from_seed(&s->key, seed);
	seed[1] = 1;
	dcf_signing_key_from_seed(&s->line_key, seed);
	snprintf(origin, sizeof origin, "example.org/%u", salt);
	CHECK(dcf_signer_make(&s->signer, dcf_span_of(origin), &s->key) == DCF_OK);
	CHECK(dcf_signer_make(&s->line_signer, dcf_span_of(party), &s->line_key) == DCF_OK);
	CHECK(dcf_memory_open(&s->heap, &s->store, NULL) == DCF_OK);
	CHECK(dcf_log_create(s->store, &s->heap, &s->signer, NULL) == DCF_OK);
	CHECK(dcf_log_open(s->store, &s->heap, NULL, &s->log, NULL) == DCF_OK);
	CHECK(dcf_state_new(&s->heap, &s->state) == DCF_OK);
	CHECK(dcf_state_line_party(s->state, dcf_span_of(party)) == DCF_OK);
	s->line = dcf_state_line(s->state);
	o.state = s->state;
	o.store = s->store;
	o.log = s->log;
	o.signer = s->signer;
	o.clock = s->clock;
	CHECK(dcf_sequencer_start(&o, &s->sequencer, &err) == DCF_OK);
	side_put(s, DCF_ENTRY_FOUNDED, "", "");
	snprintf(body, sizeof body, "{\"id\":\"%s\"}", party);
	side_put(s, DCF_ENTRY_PARTY, party, body);
	snprintf(body, sizeof body, "{\"id\":\"%s\"}", other);
	side_put(s, DCF_ENTRY_PARTY, other, body);
	side_put(s, DCF_ENTRY_AIRSPACE, "", airspace);
}

static inline void side_pin(struct side *s, const struct side *other)
{
	char body[120] = "{\"key\":\"";
	size_t n = strlen(body);
	struct dcf_public_key key = other->line_signer.who.key;

	for (size_t i = 0; i < sizeof key.b; i++)
		n += (size_t)snprintf(body + n, sizeof body - n, "%02x", key.b[i]);
	snprintf(body + n, sizeof body - n, "\",\"url\":\"\"}");
	side_put(s, DCF_ENTRY_PEER, s->other, body);
}

static inline void side_end(struct side *s)
{
	if (atomic_load(&s->agent))
		side_sleep(s);
	dcf_sequencer_stop(s->sequencer);
	dcf_log_close(s->log);
	dcf_state_free(s->state);
	dcf_store_close(s->store);
	dcf_buf_free(&s->wire);
}

static inline void pair_begin_by(struct pair *p, struct dcf_clock_manual *hands, const char *airspace)
{
	memset(p, 0, sizeof *p);
	atomic_store(&p->hands.wall_us, BEGIN);
	atomic_store(&p->hands.mono_us, SECOND);
	side_begin(&p->a, hands, "BLUE", "RED", 1, airspace);
	side_begin(&p->b, hands, "RED", "BLUE", 2, airspace);
	side_pin(&p->a, &p->b);
	side_pin(&p->b, &p->a);
	side_wake(&p->a);
	side_wake(&p->b);
}

static inline void pair_begin(struct pair *p, const char *airspace)
{
	pair_begin_by(p, &p->hands, airspace);
}

static inline void pair_end(struct pair *p)
{
	side_end(&p->a);
	side_end(&p->b);
}

/* The newest version of an object, as that side has it; zeroed with state DCF_NO_STATE when there is none. */
static inline struct dcf_line_object object_of(struct side *s, const char *id)
{
	struct dcf_line_object o = { .state = DCF_NO_STATE };

	if (!dcf_line_find(s->line, 0, dcf_span_of(id), 0, &o))
		o.state = DCF_NO_STATE;
	return o;
}

#endif
