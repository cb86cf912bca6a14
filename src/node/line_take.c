/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_take.h"
#include "node/line_notes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const fault_name[DCF_LINE_FAULT_COUNT] = {
	[DCF_LINE_NO_FAULT] = "",
	[DCF_LINE_MALFORMED] = "malformed",
	[DCF_LINE_SIGNATURE] = "wrong signature",
	[DCF_LINE_REWRITTEN] = "rewritten",
	[DCF_LINE_CHAIN_BROKEN] = "chain broken",
	[DCF_LINE_TOO_FAR] = "too far ahead",
	[DCF_LINE_MISDIRECTED] = "misdirected",
	[DCF_LINE_OVERSIZED] = "oversized",
	[DCF_LINE_FLOODING] = "flooding",
	[DCF_LINE_CLOCK] = "clock jumped",
	[DCF_LINE_HISTORY] = "other history",
};

const char *dcf_line_fault_name(enum dcf_line_fault f)
{
	return f < DCF_LINE_FAULT_COUNT ? fault_name[f] : "";
}

struct run;

/* One note on its way. */
struct one {
	struct run *run;
	uint32_t which;
	struct dcf_line_command line;
	struct dcf_command command;
	struct dcf_ticket ticket;
};

struct run {
	struct dcf_alloc from;
	struct dcf_arena arena; /* what messages point to */
	char party[65];
	struct one *one; /* in the order of their numbers */
	struct dcf_ticket **ticket;
	size_t count, put;
	_Atomic size_t left;
	struct dcf_line_taken taken;
	void (*done)(void *ctx, const struct dcf_line_taken *taken);
	void *ctx;
};

static void free_run(struct run *r)
{
	struct dcf_alloc from = r->from;

	dcf_arena_free(&r->arena);
	dcf_alloc_free(&from, r->one, r->count * sizeof *r->one);
	dcf_alloc_free(&from, r->ticket, r->count * sizeof *r->ticket);
	dcf_alloc_free(&from, r, sizeof *r);
}

static void finish(struct run *r)
{
	r->done(r->ctx, &r->taken);
	free_run(r);
}

static void blame(struct run *r, enum dcf_line_fault fault, uint32_t which, struct dcf_span note, const char *why)
{
	if (r->taken.fault != DCF_LINE_NO_FAULT)
		return;
	r->taken.fault = fault;
	r->taken.which = which;
	r->taken.digest = dcf_sha256(note);
	snprintf(r->taken.why, sizeof r->taken.why, "note %u: %s", (unsigned)which + 1, why);
}

/* --- before the record -------------------------------------------------------------------------------------------- */

/* Is it a message of the peer, by its hand? */
static enum dcf_status open_note(struct run *r, struct one *o, struct dcf_span note, const struct dcf_vkey *key,
				 struct dcf_jdoc *doc)
{
	struct dcf_message_error error = { 0, "" };
	char why[120];
	enum dcf_status s = dcf_message_open(note, key, doc, &r->arena, &o->line.text, &o->line.message, &error);

	if (s == DCF_OK) {
		o->line.received = note;
		return DCF_OK;
	}
	if (s == DCF_E_NOMEM)
		return s;
	snprintf(why, sizeof why, "at byte %zu expected %s", error.at, error.expected);
	blame(r, s == DCF_E_REFUSED ? DCF_LINE_SIGNATURE : DCF_LINE_MALFORMED, o->which, note, why);
	return DCF_OK;
}

static int by_number(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	if (x->line.message.n != y->line.message.n)
		return x->line.message.n < y->line.message.n ? -1 : 1;
	return x->which < y->which ? -1 : x->which > y->which;
}

struct compare {
	struct run *run;
	size_t at; /* of run->one */
};

/* Message n as the record has it, beside those of the run with that number. */
static enum dcf_status compare_note(void *ctx, uint64_t n, struct dcf_span note)
{
	struct compare *c = ctx;
	struct run *r = c->run;
	struct dcf_span text = dcf_line_note_text(note);

	for (; c->at < r->count && r->one[c->at].line.message.n == n; c->at++) {
		if (!dcf_span_eq(text, r->one[c->at].line.text))
			blame(r, DCF_LINE_REWRITTEN, r->one[c->at].which, r->one[c->at].line.received,
			      "another message of this number is in the record");
		else
			r->taken.repeated++;
	}
	return DCF_OK;
}

/* What is here already must be the same; it need not be put again. */
static enum dcf_status compare_known(struct run *r, const struct dcf_line_into *into, uint32_t peer, uint64_t known)
{
	struct dcf_line *line = dcf_state_line(into->state);
	struct compare c = { .run = r };
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && c.at < r->count && r->one[c.at].line.message.n <= known) {
		uint64_t n = r->one[c.at].line.message.n;

		s = dcf_line_notes(line, into->store, peer, true, n, n, compare_note, &c);
		if (s == DCF_OK && c.at < r->count && r->one[c.at].line.message.n == n)
			s = DCF_E_CORRUPT;
	}
	r->put = c.at;
	return s;
}

/* --- through the record ------------------------------------------------------------------------------------------- */

static const struct {
	uint8_t objection, fault;
	const char *why;
} objections[] = {
	{ DCF_LINE_OTHER, DCF_LINE_REWRITTEN, "another message of this number is in the record" },
	{ DCF_LINE_CHAIN, DCF_LINE_CHAIN_BROKEN, "does not follow the message before it" },
	{ DCF_LINE_AHEAD, DCF_LINE_TOO_FAR, "too far ahead of what is here: the messages before it first" },
	{ DCF_LINE_NOT_FOR_US, DCF_LINE_MISDIRECTED, "from or to another party, or an exercise mixed with the real thing" },
	{ DCF_LINE_NO_PEER, DCF_LINE_MISDIRECTED, "this peer is not pinned any more" },
};

static void judge(struct run *r, const struct one *o)
{
	const struct dcf_ticket *t = &o->ticket;

	if (t->answer == DCF_TICKET_TAKEN) {
		r->taken.taken++;
	} else if (t->answer != DCF_TICKET_OBJECTED) {
		r->taken.unavailable = true;
	} else if (o->line.objection == DCF_LINE_REPEATED) {
		r->taken.repeated++;
	} else {
		for (size_t i = 0; i < sizeof objections / sizeof *objections; i++)
			if (objections[i].objection == o->line.objection) {
				blame(r, (enum dcf_line_fault)objections[i].fault, o->which, o->line.received,
				      objections[i].why);
				return;
			}
		blame(r, DCF_LINE_MALFORMED, o->which, o->line.received, "not a message that can be taken");
	}
}

static void one_done(struct dcf_ticket *t)
{
	struct one *o = t->ctx;
	struct run *r = o->run;

	dcf_buf_free(&t->why);
	if (atomic_fetch_sub(&r->left, 1) != 1)
		return;
	for (size_t i = r->put; i < r->count; i++)
		judge(r, &r->one[i]);
	finish(r);
}

static void put_all(struct run *r, struct dcf_sequencer *sequencer)
{
	size_t n = r->count - r->put;

	for (size_t i = 0; i < n; i++) {
		struct one *o = &r->one[r->put + i];

		o->command = (struct dcf_command){
			.head = { .kind = DCF_ENTRY_LINE_IN, .party = dcf_span_of(r->party), .body = o->line.received },
			.if_position = DCF_ANY_POSITION,
			.line = &o->line
		};
		o->ticket = (struct dcf_ticket){
			.command = &o->command, .count = 1, .done = one_done, .ctx = o, .why = { .from = &r->from }
		};
		r->ticket[i] = &o->ticket;
	}
	atomic_store(&r->left, n);
	dcf_sequencer_put_all(sequencer, r->ticket, n);
}

/* --- a run -------------------------------------------------------------------------------------------------------- */

static struct run *make_run(const struct dcf_alloc *from, size_t count)
{
	struct run *r = dcf_alloc_new(from, sizeof *r);

	if (!r)
		return NULL;
	memset(r, 0, sizeof *r);
	r->from = *from;
	r->arena.from = &r->from;
	r->count = count;
	r->taken.notes = (uint32_t)count;
	r->one = dcf_alloc_new(from, count * sizeof *r->one);
	r->ticket = dcf_alloc_new(from, count * sizeof *r->ticket);
	if (!r->one || !r->ticket) {
		free_run(r);
		return NULL;
	}
	memset(r->one, 0, count * sizeof *r->one);
	return r;
}

static enum dcf_status open_all(struct run *r, const struct dcf_line_peer *peer, const struct dcf_span *notes)
{
	struct dcf_jdoc doc = { 0 };
	struct dcf_vkey key;
	enum dcf_status s = dcf_vkey_make(&key, dcf_span_of(peer->party), &peer->key);

	memcpy(r->party, peer->party, sizeof r->party);
	for (size_t i = 0; s == DCF_OK && i < r->count && r->taken.fault == DCF_LINE_NO_FAULT; i++) {
		r->one[i].run = r;
		r->one[i].which = (uint32_t)i;
		s = open_note(r, &r->one[i], notes[i], &key, &doc);
	}
	dcf_jfree(&doc);
	return s;
}

enum dcf_status dcf_line_take(const struct dcf_line_into *into, uint32_t peer, const struct dcf_span *notes, size_t count,
			      void (*done)(void *ctx, const struct dcf_line_taken *taken), void *ctx)
{
	struct dcf_line_peer p;
	struct run *r;
	enum dcf_status s;

	if (count > DCF_LINE_TAKE_MAX)
		return DCF_E_LIMIT;
	if (!dcf_line_peer_at(dcf_state_line(into->state), peer, &p) || p.removed)
		return DCF_E_NOT_FOUND;
	r = make_run(into->from, count);
	if (!r)
		return DCF_E_NOMEM;
	r->done = done;
	r->ctx = ctx;
	s = open_all(r, &p, notes);
	if (s == DCF_OK && r->taken.fault == DCF_LINE_NO_FAULT) {
		qsort(r->one, count, sizeof *r->one, by_number);
		s = compare_known(r, into, peer, p.in.count);
	}
	if (s != DCF_OK) {
		free_run(r);
		return s;
	}
	if (r->taken.fault != DCF_LINE_NO_FAULT || r->put == r->count)
		finish(r);
	else
		put_all(r, into->sequencer);
	return DCF_OK;
}
