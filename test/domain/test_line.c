/* SPDX-License-Identifier: Apache-2.0 */
/* The line as state: two nodes that talk, with messages held up, repeated and mixed up, batches undone, snapshots loaded: both
 * records have the same signed bytes, each replays to the same state, and nothing is acknowledged that was not read back
 * equally. Deadlines pass when they should.  Prints its seed. */
#include "crypto/hash.h"
#include "crypto/init.h"
#include "domain/line.h"
#include "domain/state.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000)

static uint64_t seed = 20150920;

static uint64_t draw(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* --- a node: a state and its record in memory ------------------------------------------------------------- */

struct node {
	struct dcf_alloc heap;
	const char *party, *other;
	struct dcf_state *state;
	struct dcf_buf *entry;
	size_t count, cap, published;
	int64_t now_us;
	struct dcf_signing_key key;
	struct dcf_signer signer;
	struct dcf_vkey their_key;
	struct dcf_buf note;
	struct dcf_jdoc doc;
	struct dcf_arena arena;
};

static enum dcf_status read_kept(void *ctx, uint64_t from, uint64_t count,
				 enum dcf_status (*each)(void *, uint64_t, const struct dcf_entry *), void *each_ctx)
{
	struct node *n = ctx;
	enum dcf_status s = DCF_OK;

	for (uint64_t i = from; i < from + count && i < n->count && s == DCF_OK; i++) {
		struct dcf_entry e = { .content = dcf_buf_as_span(&n->entry[i]) };

		s = each(each_ctx, i, &e);
	}
	return s;
}

static void keep(struct node *n, const struct dcf_entry_head *head)
{
	void *array = n->entry;

	CHECK(dcf_grow(&n->heap, &array, &n->cap, n->count + 1, sizeof *n->entry) == DCF_OK);
	n->entry = array;
	n->entry[n->count] = (struct dcf_buf){ .from = &n->heap };
	dcf_entry_write(head, &n->entry[n->count++]);
}

static void publish(struct node *n)
{
	dcf_state_publish(n->state);
	n->published = n->count;
}

static void undo(struct node *n)
{
	dcf_state_undo(n->state);
	while (n->count > n->published)
		dcf_buf_free(&n->entry[--n->count]);
}

static enum dcf_objection give(struct node *n, struct dcf_command *c)
{
	struct dcf_entry_head head;
	enum dcf_objection objection;
	struct dcf_buf why = { .from = &n->heap };
	enum dcf_status s;

	s = dcf_state_decide(n->state, c, n->now_us, &head, &objection, &why);
	CHECK_MSG(s == DCF_OK, "%s: verb %d version %u", dcf_status_text(s), c->line ? c->line->message.verb : -1,
		  c->line ? c->line->message.version : 0);
	if (objection == DCF_OBJECT_FRAME)
		printf("# %.*s\n", (int)why.len, why.p);
	if (objection == DCF_OBJECT_NOTHING) {
		keep(n, &head);
		s = dcf_state_apply(n->state, &head, NULL, &why);
		CHECK_MSG(s == DCF_OK, "%s: %.*s", dcf_status_text(s), (int)why.len, why.p ? why.p : "");
	}
	dcf_buf_free(&why);
	return objection;
}

static void path(struct node *n, const char *body)
{
	struct dcf_line_command line = { .objection = DCF_LINE_FINE };
	struct dcf_command c = {
		.head = { .kind = DCF_ENTRY_LINE_STATUS, .party = dcf_span_of(n->other), .body = dcf_span_of(body) },
		.line = &line
	};

	CHECK(give(n, &c) == DCF_OBJECT_NOTHING);
}

#define IS_UP   "{\"acked\":1,\"offset_us\":0,\"technical\":\"UP\"}"
#define IS_DOWN "{\"acked\":0,\"offset_us\":0,\"technical\":\"DOWN\"}"

static void begin(struct node *n, const char *party, const char *other, uint8_t first, uint8_t second, const char *airspace)
{
	uint8_t mine[32], theirs[32];
	struct dcf_signing_key their;
	char text[200], hex[65];
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_FOUNDED, .origin = dcf_span_of(party), .vkey = DCF_SPAN("k") } };
	struct dcf_line_command line = { .objection = DCF_LINE_FINE };

	*n = (struct node){ .heap = dcf_alloc_heap(), .party = party, .other = other, .now_us = 1000000 * SECOND };
	n->note.from = n->arena.from = &n->heap;
	memset(mine, first, 32);
	memset(theirs, second, 32);
	dcf_signing_key_from_seed(&n->key, mine);
	dcf_signing_key_from_seed(&their, theirs);
	CHECK(dcf_signer_make(&n->signer, dcf_span_of(party), &n->key) == DCF_OK);
	CHECK(dcf_vkey_make(&n->their_key, dcf_span_of(other), &their.public_key) == DCF_OK);
	CHECK(dcf_state_new(&n->heap, &n->state) == DCF_OK);
	CHECK(dcf_state_line_party(n->state, dcf_span_of(party)) == DCF_OK);
	CHECK(give(n, &c) == DCF_OBJECT_NOTHING);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof text, "{\"id\":\"%s\"}", i ? "RED" : "BLUE");
		c = (struct dcf_command){
			.head = { .kind = DCF_ENTRY_PARTY, .party = dcf_span_of(i ? "RED" : "BLUE"), .body = dcf_span_of(text) }
		};
		CHECK(give(n, &c) == DCF_OBJECT_NOTHING);
	}
	c = (struct dcf_command){ .head = { .kind = DCF_ENTRY_AIRSPACE, .body = dcf_span_of(airspace) } };
	CHECK(give(n, &c) == DCF_OBJECT_NOTHING);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", their.public_key.b[i]);
	snprintf(text, sizeof text, "{\"key\":\"%s\",\"url\":\"https://127.0.0.1:1\"}", hex);
	c = (struct dcf_command){ .head = { .kind = DCF_ENTRY_PEER, .party = dcf_span_of(other), .body = dcf_span_of(text) },
				  .line = &line };
	CHECK(give(n, &c) == DCF_OBJECT_NOTHING);
	path(n, IS_UP);
	publish(n);
}

static void end(struct node *n)
{
	n->published = 0;
	while (n->count)
		dcf_buf_free(&n->entry[--n->count]);
	dcf_alloc_free(&n->heap, n->entry, n->cap * sizeof *n->entry);
	dcf_state_free(n->state);
	dcf_buf_free(&n->note);
	dcf_jfree(&n->doc);
	dcf_arena_free(&n->arena);
}

static struct dcf_line *line_of(struct node *n)
{
	return dcf_state_line(n->state);
}

/* The note in an entry. */
static struct dcf_span note_at(struct node *n, uint64_t position)
{
	struct dcf_span content = dcf_buf_as_span(&n->entry[position]);
	const char *end_of_head = memchr(content.p, '\n', content.len);

	return (struct dcf_span){ end_of_head + 1, content.len - (size_t)(end_of_head + 1 - content.p) };
}

static enum dcf_line_objection say(struct node *n, struct dcf_message m)
{
	struct dcf_line_command line = { .message = m, .signer = &n->signer, .note = &n->note };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_LINE_OUT, .party = dcf_span_of(n->other) }, .line = &line };

	if (!line.message.body.p)
		line.message.body = DCF_SPAN("{}");
	return give(n, &c) == DCF_OBJECT_NOTHING ? DCF_LINE_FINE : line.objection;
}

static enum dcf_line_objection hear(struct node *n, struct dcf_span note)
{
	struct dcf_line_command line = { .received = note };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_LINE_IN, .party = dcf_span_of(n->other), .body = note },
				 .line = &line };

	dcf_arena_rewind(&n->arena);
	CHECK(dcf_message_open(note, &n->their_key, &n->doc, &n->arena, &line.text, &line.message, NULL) == DCF_OK);
	return give(n, &c) == DCF_OBJECT_NOTHING ? DCF_LINE_FINE : line.objection;
}

/* Everything that `to` lacks of what `from` said, in order. */
static void carry(struct node *from, struct node *to)
{
	struct dcf_line_peer mine, theirs;
	uint64_t position;

	CHECK(dcf_line_peer_at(line_of(from), 0, &mine) && dcf_line_peer_at(line_of(to), 0, &theirs));
	for (uint64_t i = theirs.in.count + 1; i <= mine.out.count; i++) {
		enum dcf_line_objection o;

		CHECK(dcf_line_message_at(line_of(from), 0, false, i, &position));
		o = hear(to, note_at(from, position));
		/* Those that waited for it are taken with it. */
		CHECK(o == DCF_LINE_FINE || o == DCF_LINE_REPEATED);
		publish(to);
	}
}

/* The clock's steps that are due now. */
static void tick(struct node *n)
{
	struct dcf_buf body = { .from = &n->heap };
	bool due = true;

	for (;;) {
		struct dcf_command c = { .head = { .kind = DCF_ENTRY_LINE_CLOCK } };

		body.len = 0;
		CHECK(dcf_line_due(line_of(n), n->now_us, 100, &body, &due) == DCF_OK);
		if (!due)
			break;
		c.head.body = dcf_buf_as_span(&body);
		CHECK(give(n, &c) == DCF_OBJECT_NOTHING);
		publish(n);
	}
	dcf_buf_free(&body);
}

static void receipts(struct node *n)
{
	struct dcf_line_object o;

	for (uint64_t serial = 0; dcf_line_duty_next(line_of(n), DCF_DUTY_RECEIPT, &serial, &o); serial++) {
		static const uint8_t verb[] = { DCF_VERB_RECEIPT, DCF_VERB_ASK_RECEIPT, DCF_VERB_CEASE_RECEIPT };
		struct dcf_message m = {
			.verb = verb[o.machine], .precedence = o.precedence, .object = dcf_span_of(o.id), .version = o.version
		};
		struct dcf_line_peer p;

		CHECK(dcf_line_peer_at(line_of(n), o.peer, &p));
		if (o.machine == DCF_MACHINE_NOTIFICATION && p.ours == DCF_LINE_SUSPENDED && o.precedence != DCF_FLASH)
			m.body = DCF_SPAN("{\"refused\":true}");
		CHECK(say(n, m) == DCF_LINE_FINE);
		publish(n);
	}
}

static struct dcf_line_object object(struct node *n, const char *id)
{
	struct dcf_line_object o = { .serial = 0 };

	CHECK_MSG(dcf_line_find(line_of(n), DCF_NONE, dcf_span_of(id), 0, &o), "%s is not there", id);
	return o;
}

static const char *state_of(struct node *n, const char *id)
{
	struct dcf_line_object o = object(n, id);

	return dcf_machine_state_name((enum dcf_machine_kind)o.machine, o.state);
}

#define STATE(node, id, expected)                                                                                              \
	CHECK_MSG(strcmp(state_of(node, id), expected) == 0, "%s: %s is %s, expected %s", (node)->party, id,                   \
		  state_of(node, id), expected)

static const char agreement[] =
	"{\"type\":\"FeatureCollection\",\"deconflict\":1,\"agreement\":{\"id\":\"a\",\"separation\":[{\"lateral\":{\"value\":3,\"unit\":\"NM\"},"
	"\"vertical\":{\"value\":1000,\"unit\":\"ft\"}}],\"notice_min\":{\"*\":15},\"escalation\":[\"duty officer\",\"battle director\","
	"\"deputy director\"]},\"features\":[]}";

/* A circle of 1.5 km; its window begins in 100 minutes and lasts two hours. */
static void notice_body(struct node *n, int64_t lat_e7, int64_t start_us, struct dcf_buf *out)
{
	char text[500];

	(void)n;
	snprintf(
		text, sizeof text,
		"{\"acm\":\"CAP\",\"object\":{\"volumes\":[{\"edges\":\"geodesic\",\"end\":%lld,\"lower\":{\"e4\":0,\"ref\":\"MSL\"},\"points\":[[%lld,401410000]],"
		"\"radius_mm\":1500000,\"shape\":\"circle\",\"start\":%lld,\"upper\":{\"e4\":60960000,\"ref\":\"MSL\"}}]}}",
		(long long)(start_us + 7200 * SECOND), (long long)lat_e7, (long long)start_us);
	out->len = 0;
	dcf_buf_z(out, text);
}

/* --- stories ---------------------------------------------------------------------------------------------- */

static struct dcf_message act(uint8_t verb, const char *id, const char *body)
{
	return (struct dcf_message){ .verb = verb,
				     .precedence = DCF_PRIORITY,
				     .object = dcf_span_of(id),
				     .role = DCF_SPAN("duty officer"),
				     .body = dcf_span_of(body) };
}

static void both(struct node *blue, struct node *red, int64_t pass_us)
{
	blue->now_us += pass_us;
	red->now_us += pass_us;
	tick(blue);
	tick(red);
	carry(blue, red);
	receipts(red);
	carry(red, blue);
	receipts(blue);
	carry(blue, red);
}

static void the_misread_position(void)
{
	struct node blue, red;
	struct dcf_buf body, heard;
	struct dcf_message m;
	struct dcf_line_object o;
	char words[64];

	begin(&blue, "BLUE", "RED", 1, 2, agreement);
	begin(&red, "RED", "BLUE", 2, 1, agreement);
	body = heard = (struct dcf_buf){ .from = &blue.heap };
	notice_body(&blue, 352568000, blue.now_us + 70 * 60 * SECOND, &body);
	m = act(DCF_VERB_NOTIFY, "BLUE-N17", "");
	m.body = dcf_buf_as_span(&body);
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	STATE(&blue, "BLUE-N17", "SENT");
	both(&blue, &red, 0);
	STATE(&blue, "BLUE-N17", "RECEIVED");
	STATE(&red, "BLUE-N17", "RECEIVED");
	CHECK(object(&red, "BLUE-N17").timeliness == DCF_ON_TIME && object(&blue, "BLUE-N17").timeliness == DCF_ON_TIME);
	/* No acknowledgement before an equal read-back. */
	CHECK(say(&red, act(DCF_VERB_ACKNOWLEDGE, "BLUE-N17", "{}")) == DCF_LINE_STATE);
	notice_body(&blue, 352045000, blue.now_us + 70 * 60 * SECOND, &heard);
	m = act(DCF_VERB_READ_BACK, "BLUE-N17", "");
	m.body = dcf_buf_as_span(&heard);
	CHECK(say(&red, m) == DCF_LINE_FINE);
	publish(&red);
	both(&blue, &red, 6 * 60 * SECOND);
	STATE(&blue, "BLUE-N17", "CHALLENGED");
	STATE(&red, "BLUE-N17", "CHALLENGED");
	o = object(&blue, "BLUE-N17");
	CHECK(o.their_words[0] && strcmp(o.their_words, o.words) != 0);
	CHECK(say(&red, act(DCF_VERB_ACKNOWLEDGE, "BLUE-N17", "{}")) == DCF_LINE_STATE);
	CHECK(say(&red, act(DCF_VERB_CLARIFY, "BLUE-N17", "{}")) == DCF_LINE_NOT_YOURS);
	CHECK(say(&blue, act(DCF_VERB_CLARIFY, "BLUE-N17", "{}")) == DCF_LINE_FINE);
	publish(&blue);
	both(&blue, &red, SECOND);
	snprintf(words, sizeof words, "{\"words\":\"%s\"}", o.words);
	CHECK(say(&red, act(DCF_VERB_READ_BACK, "BLUE-N17", words)) == DCF_LINE_FINE);
	m = act(DCF_VERB_ACKNOWLEDGE, "BLUE-N17", "{}");
	m.role = (struct dcf_span){ NULL, 0 };
	CHECK(say(&red, m) == DCF_LINE_ROLE);
	CHECK(say(&red, act(DCF_VERB_ACKNOWLEDGE, "BLUE-N17", "{}")) == DCF_LINE_FINE);
	publish(&red);
	both(&blue, &red, SECOND);
	STATE(&blue, "BLUE-N17", "ACKNOWLEDGED");
	STATE(&red, "BLUE-N17", "ACKNOWLEDGED");
	CHECK(!object(&blue, "BLUE-N17").overdue);
	/* A new version 5.8 km further north: flagged, and the old one is superseded on both sides. */
	notice_body(&blue, 353090000, blue.now_us + 70 * 60 * SECOND, &body);
	m = act(DCF_VERB_NOTIFY, "BLUE-N17", "");
	m.body = dcf_buf_as_span(&body);
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	both(&blue, &red, SECOND);
	CHECK(object(&red, "BLUE-N17").version == 2 && object(&red, "BLUE-N17").moved && object(&blue, "BLUE-N17").moved);
	CHECK(dcf_line_find(line_of(&red), 0, DCF_SPAN("BLUE-N17"), 1, &o) && o.state == DCF_NOTE_SUPERSEDED);
	/* Nobody acknowledges it: the window passes, it is expired and an incident is due on its originator's side. */
	both(&blue, &red, 5 * 3600 * SECOND);
	STATE(&blue, "BLUE-N17", "EXPIRED");
	STATE(&red, "BLUE-N17", "EXPIRED");
	CHECK(object(&blue, "BLUE-N17").duty == DCF_DUTY_INCIDENT && !(object(&red, "BLUE-N17").duty & DCF_DUTY_INCIDENT));
	dcf_buf_free(&body);
	dcf_buf_free(&heard);
	end(&blue);
	end(&red);
}

static void the_call_that_nobody_took(void)
{
	struct node blue, red;
	struct dcf_message m;
	int64_t begun;

	begin(&blue, "BLUE", "RED", 1, 2, agreement);
	begin(&red, "RED", "BLUE", 2, 1, agreement);
	begun = red.now_us;
	m = act(DCF_VERB_CEASE, "C1", "{\"reason\":\"third_party\"}");
	m.precedence = DCF_FLASH;
	CHECK(say(&red, m) == DCF_LINE_FINE);
	publish(&red);
	carry(&red, &blue);
	receipts(&blue);
	carry(&blue, &red);
	STATE(&red, "C1", "RECEIVED");
	CHECK(dcf_line_next_due_us(line_of(&red)) == begun + 60 * SECOND &&
	      dcf_line_next_due_us(line_of(&blue)) == begun + 60 * SECOND);
	for (unsigned k = 1; k <= 3; k++) {
		both(&blue, &red, 60 * SECOND - 1);
		CHECK(object(&red, "C1").escalation == k - 1);
		both(&blue, &red, 1);
		CHECK(object(&red, "C1").escalation == k && object(&blue, "C1").escalation == k);
		CHECK(object(&red, "C1").overdue && object(&blue, "C1").overdue);
	}
	CHECK(dcf_line_next_due_us(line_of(&red)) == INT64_MAX);
	CHECK(say(&red, act(DCF_VERB_EXECUTE, "C1", "{}")) == DCF_LINE_NOT_YOURS);
	CHECK(say(&blue, act(DCF_VERB_EXECUTE, "C1", "{}")) == DCF_LINE_FINE);
	CHECK(say(&blue, act(DCF_VERB_STOPPED, "C1", "{}")) == DCF_LINE_FINE);
	publish(&blue);
	both(&blue, &red, SECOND);
	STATE(&red, "C1", "STOPPED");
	STATE(&blue, "C1", "STOPPED");
	CHECK(!object(&red, "C1").overdue);
	end(&blue);
	end(&red);
}

static void suspended_and_resumed(void)
{
	struct node blue, red;
	struct dcf_buf body;
	struct dcf_message m;

	begin(&blue, "BLUE", "RED", 1, 2, agreement);
	begin(&red, "RED", "BLUE", 2, 1, agreement);
	body = (struct dcf_buf){ .from = &blue.heap };
	notice_body(&blue, 352568000, blue.now_us + 7200 * SECOND, &body);
	m = act(DCF_VERB_NOTIFY, "N0", "");
	m.body = dcf_buf_as_span(&body);
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	both(&blue, &red, SECOND);
	m = act(DCF_VERB_SUSPEND, "", "{\"articles\":[],\"from\":1}");
	m.object.len = 0;
	CHECK(say(&red, m) == DCF_LINE_FINE);
	publish(&red);
	both(&blue, &red, SECOND);
	notice_body(&blue, 352568000, blue.now_us + 7200 * SECOND, &body);
	m = act(DCF_VERB_NOTIFY, "N1", "");
	m.body = dcf_buf_as_span(&body);
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	m.object = DCF_SPAN("N2");
	m.precedence = DCF_FLASH;
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	m = act(DCF_VERB_CEASE, "C1", "{\"reason\":\"civilians\"}");
	m.precedence = DCF_FLASH;
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	both(&blue, &red, SECOND);
	STATE(&blue, "N1", "REFUSED");
	STATE(&red, "N1", "REFUSED");
	CHECK(object(&blue, "N1").timeliness == DCF_ON_TIME && object(&red, "N1").suspended);
	CHECK(object(&red, "N0").stale && object(&blue, "N0").stale);
	STATE(&blue, "N2", "RECEIVED");
	STATE(&blue, "C1", "RECEIVED");
	m = act(DCF_VERB_RESUME_LINE, "", "{\"from\":2}");
	m.object.len = 0;
	CHECK(say(&red, m) == DCF_LINE_FINE);
	publish(&red);
	both(&blue, &red, SECOND);
	CHECK(say(&blue, act(DCF_VERB_RESEND, "N1", "{}")) == DCF_LINE_FINE);
	publish(&blue);
	both(&blue, &red, SECOND);
	STATE(&blue, "N1", "RECEIVED");
	STATE(&red, "N1", "RECEIVED");
	dcf_buf_free(&body);
	end(&blue);
	end(&red);
}

static void no_path(void)
{
	struct node blue, red;
	struct dcf_buf body;
	struct dcf_message m;
	struct dcf_line_command line = { .objection = DCF_LINE_FINE };
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_LINE_STATUS,
					   .party = DCF_SPAN("RED"),
					   .body = DCF_SPAN("{\"acked\":0,\"offset_us\":3000000,\"technical\":\"DEGRADED\"}") },
				 .line = &line };

	begin(&blue, "BLUE", "RED", 1, 2, agreement);
	begin(&red, "RED", "BLUE", 2, 1, agreement);
	body = (struct dcf_buf){ .from = &blue.heap };
	CHECK(give(&blue, &c) == DCF_OBJECT_NOTHING);
	notice_body(&blue, 352568000, blue.now_us + 7200 * SECOND, &body);
	m = act(DCF_VERB_NOTIFY, "N1", "");
	m.body = dcf_buf_as_span(&body);
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	c.head.body = DCF_SPAN("{\"acked\":0,\"offset_us\":0,\"technical\":\"DOWN\"}");
	CHECK(give(&blue, &c) == DCF_OBJECT_NOTHING);
	publish(&blue);
	STATE(&blue, "N1", "UNDELIVERED");
	blue.now_us += 1800 * SECOND;
	tick(&blue);
	CHECK(object(&blue, "N1").overdue && object(&blue, "N1").escalation == 1);
	c.head.body = DCF_SPAN("{\"acked\":0,\"offset_us\":0,\"technical\":\"UP\"}");
	CHECK(give(&blue, &c) == DCF_OBJECT_NOTHING);
	publish(&blue);
	STATE(&blue, "N1", "SENT");
	CHECK(object(&blue, "N1").overdue);
	red.now_us = blue.now_us;
	both(&blue, &red, 0);
	STATE(&blue, "N1", "RECEIVED");
	/* Without a path from the beginning; and the receipt may come before the word that there is one again, or by file. */
	path(&blue, IS_DOWN);
	m.object = DCF_SPAN("N2");
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	STATE(&blue, "N2", "UNDELIVERED");
	both(&blue, &red, 0);
	STATE(&blue, "N2", "RECEIVED");
	dcf_buf_free(&body);
	end(&blue);
	end(&red);
}

/* Ahead of a gap messages wait; what comes of them is undone like everything else. */
static void ahead_of_a_gap(void)
{
	struct node blue, red;
	struct dcf_line_peer p;
	struct dcf_message m = act(DCF_VERB_ASK, "Q1", "{\"about\":\"area\"}"), wrong;
	struct dcf_buf forged;
	struct dcf_span note[3];
	uint64_t position;

	begin(&blue, "BLUE", "RED", 1, 2, agreement);
	begin(&red, "RED", "BLUE", 2, 1, agreement);
	forged = (struct dcf_buf){ .from = &blue.heap };
	for (int i = 0; i < 3; i++) {
		static const char *const id[] = { "Q1", "Q2", "Q3" };

		m.object = dcf_span_of(id[i]);
		CHECK(say(&blue, m) == DCF_LINE_FINE);
		publish(&blue);
	}
	for (int i = 0; i < 3; i++) {
		CHECK(dcf_line_message_at(line_of(&blue), 0, false, (uint64_t)i + 1, &position));
		note[i] = note_at(&blue, position);
	}
	CHECK(hear(&red, note[2]) == DCF_LINE_FINE && hear(&red, note[1]) == DCF_LINE_FINE);
	CHECK(hear(&red, note[2]) == DCF_LINE_REPEATED);
	publish(&red);
	CHECK(dcf_line_peer_at(line_of(&red), 0, &p) && p.held == 2 && p.in.count == 0);
	CHECK(hear(&red, note[0]) == DCF_LINE_FINE);
	undo(&red);
	/* They wait as before: the one that they follow brings them, without being said again. */
	CHECK(hear(&red, note[0]) == DCF_LINE_FINE);
	publish(&red);
	CHECK(dcf_line_peer_at(line_of(&red), 0, &p) && p.held == 0 && p.in.count == 3);
	STATE(&red, "Q3", "OPEN");
	/* One that does not follow when its turn comes is dropped; the right one is taken. */
	m.object = DCF_SPAN("Q4");
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	wrong = m;
	wrong.object = DCF_SPAN("Q5");
	wrong.version = 1;
	wrong.from = DCF_SPAN("BLUE");
	wrong.to = DCF_SPAN("RED");
	wrong.n = 5;
	memset(&wrong.prev, 7, sizeof wrong.prev);
	wrong.at_us = blue.now_us;
	CHECK(dcf_message_sign(&wrong, &blue.signer, &forged) == DCF_OK);
	CHECK(hear(&red, dcf_buf_as_span(&forged)) == DCF_LINE_FINE);
	publish(&red);
	carry(&blue, &red);
	CHECK(dcf_line_peer_at(line_of(&red), 0, &p) && p.held == 0 && p.in.count == 4);
	CHECK(!dcf_line_find(line_of(&red), 0, DCF_SPAN("Q5"), 0, &(struct dcf_line_object){ 0 }));
	m.object = DCF_SPAN("Q5");
	CHECK(say(&blue, m) == DCF_LINE_FINE);
	publish(&blue);
	carry(&blue, &red);
	STATE(&red, "Q5", "OPEN");
	dcf_buf_free(&forged);
	end(&blue);
	end(&red);
}

/* --- random talk ------------------------------------------------------------------------------------------ */

static const char *const ids[] = { "N0", "N1", "N2", "Q0", "Q1", "C0", "C1", "T0", "T1", "I0" };
enum { IDS = sizeof ids / sizeof *ids };

static void random_act(struct node *n, struct dcf_buf *body)
{
	struct dcf_message m = { .verb = (uint8_t)draw(DCF_VERB_COUNT),
				 .precedence = (uint8_t)draw(DCF_PRECEDENCE_COUNT),
				 .role = DCF_SPAN("duty officer"),
				 .version = (uint32_t)draw(3) };
	const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)m.verb);
	const char *id = ids[draw(IDS)];
	struct dcf_line_object o;

	if (draw(4) == 0)
		m.verb = DCF_VERB_NOTIFY;
	row = dcf_verb_row((enum dcf_verb)m.verb);
	m.object = row->machine == DCF_MACHINE_LINE ? (struct dcf_span){ "", 0 } : dcf_span_of(id);
	if (row->machine == DCF_MACHINE_LINE)
		m.version = 0;
	body->len = 0;
	if (m.verb == DCF_VERB_NOTIFY) {
		notice_body(n, 350000000 + (int64_t)draw(3) * 500000, n->now_us + (int64_t)draw(10000) * SECOND, body);
	} else if (m.verb == DCF_VERB_READ_BACK && draw(2) && dcf_line_find(line_of(n), 0, m.object, 0, &o) && o.words[0]) {
		dcf_buf_z(body, "{\"words\":\"");
		dcf_buf_z(body, o.words);
		dcf_buf_z(body, "\"}");
	} else {
		dcf_buf_z(
			body,
			draw(2) ? "{\"about\":\"area\",\"answer\":\"OURS\",\"class\":\"a\",\"from\":1,\"items\":[],\"number\":7,\"reason\":\"late\",\"refused\":true,"
				  "\"to\":[],\"type\":\"dwell\",\"words\":\"1\"}"
				: "{\"about\":\"area\",\"answer\":\"NOT_OURS\",\"class\":\"b\",\"items\":[],\"number\":8,\"reason\":\"other\",\"ref\":\"N1\",\"to\":[],"
				  "\"type\":\"laser\",\"words\":\"000 111 222 333\"}");
	}
	m.body = dcf_buf_as_span(body);
	(void)say(n, m);
}

/* Any message of `from`, early, late or again. */
static void random_carry(struct node *from, struct node *to)
{
	struct dcf_line_peer p;
	uint64_t position, n;
	enum dcf_line_objection o;

	CHECK(dcf_line_peer_at(line_of(from), 0, &p));
	if (p.out.count == 0)
		return;
	n = 1 + draw(p.out.count);
	CHECK(dcf_line_message_at(line_of(from), 0, false, n, &position));
	o = hear(to, note_at(from, position));
	CHECK_MSG(o == DCF_LINE_FINE || o == DCF_LINE_REPEATED, "message %llu: %d", (unsigned long long)n, (int)o);
}

static struct dcf_hash hash_of(struct dcf_state *state)
{
	struct dcf_hash h = { { 0 } };

	CHECK(dcf_state_hash(state, &h) == DCF_OK);
	return h;
}

/* Member by member: a member that no snapshot has would be missing in both texts that the hashes are of. */
static bool same_object(const struct dcf_line_object *a, const struct dcf_line_object *b)
{
#define EQ(member)  (a->member == b->member)
#define EQZ(member) (strcmp(a->member, b->member) == 0)
	return EQ(serial) && EQZ(id) && EQ(version) && EQ(peer) && EQ(machine) && EQ(state) && EQ(precedence) && EQ(ours) &&
	       EQ(overdue) && EQ(dissemination_overdue) && EQ(escalation) && EQ(suspended) && EQ(stale) && EQ(came_late) &&
	       EQ(timeliness) && EQ(notice_us) && EQ(need_us) && EQ(sent_us) && EQ(begun_us) && EQ(deadline_us) &&
	       EQ(step_us) && EQ(start_us) && EQ(end_us) && EQZ(words) && EQZ(their_words) && EQ(moved) && EQ(hold_since_us) &&
	       EQ(hold_us) && EQ(readouts) && EQ(classified) && EQZ(class_a) && EQZ(class_b) && EQ(answer) && EQZ(ref) &&
	       EQ(duty) && EQ(first) && EQ(last) && EQ(last_us);
}

static bool same_peer(const struct dcf_line_peer *a, const struct dcf_line_peer *b)
{
	return EQZ(party) && memcmp(&a->key, &b->key, sizeof a->key) == 0 && EQZ(url) && EQ(removed) && EQ(out.count) &&
	       EQ(in.count) && dcf_hash_eq(&a->out.last, &b->out.last) && dcf_hash_eq(&a->in.last, &b->in.last) && EQ(acked) &&
	       EQ(held) && EQ(technical) && EQ(technical_since_us) && EQ(offset_us) && EQ(ours) && EQ(theirs) &&
	       EQ(ours_since_us) && EQ(theirs_since_us) && EQ(refused) && EQ(first) && EQ(last);
#undef EQ
#undef EQZ
}

static void same_members(struct dcf_line *a, struct dcf_line *b)
{
	struct dcf_line_object o, p;
	struct dcf_line_peer q, r;

	CHECK(dcf_line_object_count(a) == dcf_line_object_count(b) && dcf_line_next_due_us(a) == dcf_line_next_due_us(b));
	for (uint64_t i = 0; dcf_line_object_at(a, i, &o); i++)
		CHECK_MSG(dcf_line_object_at(b, i, &p) && same_object(&o, &p), "%s is another after a replay", o.id);
	CHECK(dcf_line_peer_at(a, 0, &q) && dcf_line_peer_at(b, 0, &r) && same_peer(&q, &r));
	CHECK(dcf_line_echo_due(a, 0) == dcf_line_echo_due(b, 0));
}

/* From entry 0, and from a snapshot of its own: the same state. */
static void replays(struct node *n)
{
	struct dcf_entry_source source = { read_kept, n };
	struct dcf_hash whole = hash_of(n->state), again;
	struct dcf_buf snapshot = { .from = &n->heap }, why = { .from = &n->heap };
	struct dcf_state *state;

	for (int from_snapshot = 0; from_snapshot < 2; from_snapshot++) {
		CHECK(dcf_state_new(&n->heap, &state) == DCF_OK);
		CHECK(dcf_state_line_party(state, dcf_span_of(n->party)) == DCF_OK);
		if (from_snapshot)
			dcf_state_snapshot(n->state, &snapshot);
		CHECK_MSG(dcf_state_load(state, dcf_buf_as_span(&snapshot), &source, n->count, &why) == DCF_OK, "%.*s",
			  (int)why.len, why.p ? why.p : "");
		again = hash_of(state);
		CHECK_MSG(dcf_hash_eq(&whole, &again), "another state after a replay%s",
			  from_snapshot ? " from a snapshot" : "");
		same_members(dcf_state_line(n->state), dcf_state_line(state));
		if (!dcf_hash_eq(&whole, &again)) {
			struct dcf_buf a = { .from = &n->heap }, b = { .from = &n->heap };

			dcf_state_snapshot(n->state, &b);
			dcf_state_snapshot(state, &a);
			for (size_t i = 0; i < a.len && i < b.len; i++)
				if (a.p[i] != b.p[i]) {
					size_t from = i < 200 ? 0 : i - 200;

					printf("# %.*s\n# %.*s\n", (int)(b.len - from < 300 ? b.len - from : 300), b.p + from,
					       (int)(a.len - from < 300 ? a.len - from : 300), a.p + from);
					break;
				}
			dcf_buf_free(&a);
			dcf_buf_free(&b);
		}
		/* Some go on from what was loaded. */
		if (from_snapshot && draw(2)) {
			dcf_state_free(n->state);
			n->state = state;
		} else {
			dcf_state_free(state);
		}
	}
	dcf_buf_free(&snapshot);
	dcf_buf_free(&why);
}

/* What each said is in both records, byte for byte. */
static void same_bytes(struct node *from, struct node *to)
{
	struct dcf_line_peer mine, theirs;

	CHECK(dcf_line_peer_at(line_of(from), 0, &mine) && dcf_line_peer_at(line_of(to), 0, &theirs));
	CHECK(mine.out.count == theirs.in.count && dcf_hash_eq(&mine.out.last, &theirs.in.last) && theirs.held == 0);
	for (uint64_t n = 1; n <= mine.out.count; n++) {
		uint64_t a = 0, b = 0;

		CHECK(dcf_line_message_at(line_of(from), 0, false, n, &a) && dcf_line_message_at(line_of(to), 0, true, n, &b));
		CHECK(dcf_span_eq(note_at(from, a), note_at(to, b)));
	}
}

/* Every acknowledgement that moved a notification stands behind a read-back with its words. */
static void nothing_unread_is_acknowledged(struct node *n)
{
	struct dcf_line_object o;

	for (uint64_t serial = 0; dcf_line_object_at(line_of(n), serial, &o); serial++) {
		uint64_t at[2000];
		size_t count = dcf_line_history(line_of(n), serial, 0, at, 2000);
		bool read = false;

		if (o.machine != DCF_MACHINE_NOTIFICATION ||
		    (o.state != DCF_NOTE_ACKNOWLEDGED && o.state != DCF_NOTE_DISSEMINATED && o.state != DCF_NOTE_CLOSED))
			continue;
		for (size_t i = 0; i < count; i++)
			read |= o.words[0] &&
				memmem(n->entry[at[i]].p, n->entry[at[i]].len, o.words, strlen(o.words)) != NULL &&
				memmem(n->entry[at[i]].p, n->entry[at[i]].len, "\"verb\":\"read_back\"", 18) != NULL;
		CHECK_MSG(read, "%s is %s and was never read back", o.id,
			  dcf_machine_state_name(DCF_MACHINE_NOTIFICATION, o.state));
	}
}

static void random_talk(unsigned rounds)
{
	struct node node[2];
	struct dcf_buf body;

	begin(&node[0], "BLUE", "RED", 1, 2, agreement);
	begin(&node[1], "RED", "BLUE", 2, 1, agreement);
	body = (struct dcf_buf){ .from = &node[0].heap };
	for (unsigned i = 0; i < rounds; i++) {
		struct node *n = &node[draw(2)], *o = n == &node[0] ? &node[1] : &node[0];

		switch (draw(8)) {
		case 0:
			random_carry(o, n);
			break;
		case 1:
			publish(n);
			publish(o);
			tick(n);
			receipts(n);
			break;
		case 2:
			if (draw(3) == 0)
				undo(n);
			else if (draw(3) == 0)
				path(n, draw(2) ? IS_UP : IS_DOWN);
			break;
		case 3:
			publish(n);
			n->now_us += (int64_t)draw(2000) * SECOND;
			break;
		case 4:
			publish(n);
			publish(o);
			carry(o, n);
			break;
		default:
			random_act(n, &body);
			break;
		}
	}
	for (int i = 0; i < 2; i++)
		publish(&node[i]);
	replays(&node[0]);
	for (int i = 0; i < 3; i++) {
		carry(&node[0], &node[1]);
		carry(&node[1], &node[0]);
		receipts(&node[0]);
		receipts(&node[1]);
	}
	same_bytes(&node[0], &node[1]);
	same_bytes(&node[1], &node[0]);
	replays(&node[0]);
	replays(&node[1]);
	nothing_unread_is_acknowledged(&node[0]);
	nothing_unread_is_acknowledged(&node[1]);
	dcf_buf_free(&body);
	end(&node[0]);
	end(&node[1]);
}

/* --- readers meanwhile ------------------------------------------------------------------------------------ */

struct reading {
	struct dcf_line *line;
	_Atomic bool stop;
	uint64_t looked, wrong;
};

/* What readers see is whole and never goes back. */
static void *read_on(void *arg)
{
	struct reading *r = arg;
	uint64_t out = 0, in = 0, objects = 0;

	while (!atomic_load(&r->stop)) {
		struct dcf_line_peer p;
		struct dcf_line_object o, found;
		uint64_t at[4], position, count = dcf_line_object_count(r->line);

		r->wrong += !dcf_line_peer_at(r->line, 0, &p) || p.out.count < out || p.in.count < in || count < objects;
		out = p.out.count;
		in = p.in.count;
		objects = count;
		r->wrong += out && !dcf_line_message_at(r->line, 0, false, out, &position);
		for (uint64_t serial = 0; dcf_line_object_at(r->line, serial, &o); serial++) {
			r->wrong += o.serial != serial || o.id[0] == 0 || dcf_line_history(r->line, serial, 0, at, 4) == 0 ||
				    at[0] != o.first || !dcf_line_find(r->line, o.peer, dcf_span_of(o.id), o.version, &found) ||
				    found.serial != serial;
			r->looked++;
		}
		for (uint64_t serial = 0; dcf_line_duty_next(r->line, 0xff, &serial, &o); serial++)
			r->wrong += o.duty == 0;
	}
	return NULL;
}

static void readers_see_whole_things(void)
{
	struct node node[2];
	struct dcf_buf body;
	struct reading reading = { .stop = false };
	pthread_t thread;

	begin(&node[0], "BLUE", "RED", 1, 2, agreement);
	begin(&node[1], "RED", "BLUE", 2, 1, agreement);
	body = (struct dcf_buf){ .from = &node[0].heap };
	reading.line = line_of(&node[0]);
	CHECK(pthread_create(&thread, NULL, read_on, &reading) == 0);
	for (unsigned i = 0; i < 1500; i++) {
		random_act(&node[i % 2], &body);
		if (draw(6) == 0)
			undo(&node[0]);
		if (draw(3) == 0) {
			publish(&node[0]);
			publish(&node[1]);
			carry(&node[0], &node[1]);
			carry(&node[1], &node[0]);
			receipts(&node[0]);
			receipts(&node[1]);
		}
		if (draw(50) == 0) {
			node[0].now_us += (int64_t)draw(3600) * SECOND;
			publish(&node[0]);
			tick(&node[0]);
		}
	}
	atomic_store(&reading.stop, true);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(reading.wrong == 0 && reading.looked > 0);
	dcf_buf_free(&body);
	end(&node[0]);
	end(&node[1]);
}

static void random_talks(void)
{
	unsigned talks = (unsigned)(getenv("TALKS") ? atoi(getenv("TALKS")) : 60);

	for (unsigned i = 0; i < talks; i++)
		random_talk(20 + (unsigned)draw(200));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	else
		seed ^= (uint64_t)time(NULL) << 20;
	printf("# seed %llu\n", (unsigned long long)seed);
	if (dcf_crypto_init() != DCF_OK)
		return 3;
	return TAP_RUN(TAP(the_misread_position), TAP(the_call_that_nobody_took), TAP(suspended_and_resumed), TAP(no_path),
		       TAP(ahead_of_a_gap), TAP(random_talks), TAP(readers_see_whole_things));
}
