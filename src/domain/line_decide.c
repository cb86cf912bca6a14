/* SPDX-License-Identifier: Apache-2.0 */
/* What may be sent, and what is taken from a neighbour. */
#include "domain/line_int.h"
#include "crypto/text.h"

/* --- ours ------------------------------------------------------------------------------------------------- */

static bool id_ok(struct dcf_span id)
{
	if (id.len == 0 || id.len > DCF_OBJECT_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		char c = id.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		      c == '-'))
			return false;
	}
	return true;
}

/* What a verb's body must have, where anything. */
static const struct needs {
	uint8_t verb;
	const char *member, *expected;
} needs[] = {
	{ DCF_VERB_NOTIFY, "object", "an object: what is notified" },
	{ DCF_VERB_CHALLENGE, "reason", "a reason: conflict, position, late, not_understood, outside or no_comment" },
	{ DCF_VERB_DISSEMINATE, "to", "to whom it was passed on" },
	{ DCF_VERB_ASK, "about", "what it is about" },
	{ DCF_VERB_ANSWER_ASK, "answer", "an answer: OURS, NOT_OURS, NOT_KNOWN, NO_COMMENT or SEE_ATTACHED" },
	{ DCF_VERB_CEASE, "reason", "a reason: civilians, third_party, own_forces, wrong_place or other" },
	{ DCF_VERB_DECLINE, "reason", "a reason" },
	{ DCF_VERB_READOUT, "items", "items: what was agreed, noted, differed or is to follow" },
	{ DCF_VERB_REPORT, "type", "a type of incident" },
	{ DCF_VERB_CLASSIFY, "class", "a class" },
	{ DCF_VERB_CHECK, "number", "a number" },
	{ DCF_VERB_ECHO, "number", "a number" },
};

static enum dcf_line_objection body_fits(const struct dcf_message *m, struct dcf_buf *why)
{
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (needs[i].verb == m->verb && !dcf_canonical_member(m->body, needs[i].member).p) {
			if (why) {
				dcf_buf_z(why, "body: expected ");
				dcf_buf_z(why, needs[i].expected);
				dcf_buf_char(why, '\n');
			}
			return DCF_LINE_BODY;
		}
	if (m->verb == DCF_VERB_READ_BACK && !dcf_canonical_member(m->body, "words").p &&
	    !dcf_canonical_member(m->body, "object").p) {
		if (why)
			dcf_buf_z(why, "body: expected words or an object: what was read back\n");
		return DCF_LINE_BODY;
	}
	return DCF_LINE_FINE;
}

static void say_state(struct dcf_buf *why, const struct dcf_line_object *o, const struct dcf_verb_row *row)
{
	if (!why)
		return;
	dcf_buf_z(why, dcf_machine_name((enum dcf_machine_kind)o->machine));
	dcf_buf_char(why, ' ');
	dcf_buf_z(why, o->id);
	dcf_buf_z(why, ": found state ");
	dcf_buf_z(why, dcf_machine_state_name((enum dcf_machine_kind)o->machine, o->state));
	dcf_buf_z(why, ", which has no ");
	dcf_buf_z(why, row->name);
	if (row->machine == DCF_MACHINE_NOTIFICATION && o->state == DCF_NOTE_RECEIVED)
		dcf_buf_z(why, ": it must be read back first");
	if (o->state == DCF_NOTE_CHALLENGED && row->machine == DCF_MACHINE_NOTIFICATION)
		dcf_buf_z(why, ": its originator must clarify it first");
	dcf_buf_char(why, '\n');
}

/* A new object, or another version of one's own notice. */
static enum dcf_line_objection judge_begin(const struct line_slot *before, struct dcf_message *m)
{
	if (!id_ok(m->object))
		return DCF_LINE_BODY;
	if (!before) {
		if (m->version > 1)
			return DCF_LINE_NO_OBJECT;
		m->version = 1;
		return DCF_LINE_FINE;
	}
	if (m->verb != DCF_VERB_NOTIFY || before->now.machine != DCF_MACHINE_NOTIFICATION || !before->now.ours)
		return DCF_LINE_THERE;
	if (m->version && m->version != before->now.version + 1)
		return DCF_LINE_THERE;
	m->version = before->now.version + 1;
	return DCF_LINE_FINE;
}

static enum dcf_line_objection judge_act(struct dcf_line *line, const struct line_slot *slot, struct dcf_message *m,
					 struct dcf_buf *why)
{
	const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)m->verb);
	uint8_t event;

	if (!slot || slot->now.machine != row->machine)
		return DCF_LINE_NO_OBJECT;
	m->version = slot->now.version;
	if (!(row->who & (slot->now.ours ? DCF_WHO_A : DCF_WHO_B)))
		return DCF_LINE_NOT_YOURS;
	event = dcf_line_event_of(line, slot, m, slot->now.ours);
	if (event == DCF_NO_STATE)
		/* A word on something that has ended says nothing, but for receipts, which may come late. */
		return m->verb == DCF_VERB_CLASSIFY && slot->now.state != DCF_INCIDENT_EVIDENCE
			       ? (say_state(why, &slot->now, row), DCF_LINE_STATE)
			       : DCF_LINE_FINE;
	if (m->verb == DCF_VERB_RECEIPT && !(slot->now.duty & DCF_DUTY_RECEIPT))
		return DCF_LINE_THERE;
	if (dcf_machine_next((enum dcf_machine_kind)row->machine, slot->now.state, event, NULL) == DCF_NO_STATE &&
	    m->verb != DCF_VERB_RECEIPT) {
		say_state(why, &slot->now, row);
		return DCF_LINE_STATE;
	}
	return DCF_LINE_FINE;
}

static enum dcf_status decide_out(struct dcf_line *line, const struct line_at *at, struct dcf_line_command *c,
				  struct dcf_entry_head *head, struct dcf_buf *why)
{
	struct line_peer *p = dcf_line_peer_now(line, head->party);
	const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)c->message.verb);
	struct dcf_message m = c->message;
	struct line_slot *slot;
	enum dcf_status s;

	c->objection = DCF_LINE_NO_PEER;
	if (!p || p->now.removed || line->party[0] == 0)
		return DCF_OK;
	c->objection = DCF_LINE_ROLE;
	if (row->needs_role && m.role.len == 0)
		return DCF_OK;
	slot = row->machine == DCF_MACHINE_LINE ? NULL
						: dcf_line_slot_now(line, p->index, m.object, row->begins ? 0 : m.version);
	c->objection = body_fits(&m, why);
	if (c->objection == DCF_LINE_FINE && row->begins)
		c->objection = judge_begin(slot, &m);
	else if (c->objection == DCF_LINE_FINE && row->machine != DCF_MACHINE_LINE)
		c->objection = judge_act(line, slot, &m, why);
	if (c->objection != DCF_LINE_FINE)
		return DCF_OK;
	s = dcf_line_terms_now(line, at->frame);
	if (s != DCF_OK)
		return s;
	m.from = dcf_span_of(line->party);
	m.to = dcf_span_of(p->now.party);
	m.n = p->now.out.count + 1;
	m.prev = p->now.out.last;
	m.at_us = at->at_us;
	m.agreement = line->terms.hash;
	m.exercise = at->exercise;
	c->note->len = 0;
	s = dcf_message_sign(&m, c->signer, c->note);
	head->body = dcf_buf_as_span(c->note);
	if (s == DCF_E_RANGE || s == DCF_E_LIMIT || s == DCF_E_SYNTAX) {
		c->objection = DCF_LINE_BODY;
		if (why)
			dcf_buf_z(why, m.verb == DCF_VERB_CEASE && m.precedence != DCF_FLASH
					       ? "precedence: a cease request is FLASH\n"
					       : "message: a value that a message cannot have\n");
		s = DCF_OK;
	}
	return s;
}

/* --- theirs ----------------------------------------------------------------------------------------------- */

static size_t held_bytes(const struct line_peer *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->held_count; i++)
		n += p->held[i].len;
	return n;
}

enum { HELD_BYTES_MOST = 8 << 20 };

static enum dcf_line_objection judge_in(const struct dcf_line *line, const struct line_at *at, const struct line_peer *p,
					const struct dcf_line_command *c)
{
	const struct dcf_message *m = &c->message;
	const struct dcf_line_stream *in = &p->now.in;
	struct dcf_hash hash;

	if (!dcf_span_eq(m->from, dcf_span_of(p->now.party)) || !dcf_span_eq(m->to, dcf_span_of(line->party)) ||
	    m->exercise != at->exercise)
		return DCF_LINE_NOT_FOR_US;
	if (m->n > in->count + 1) {
		if (dcf_line_held_of(p, m->n))
			return DCF_LINE_REPEATED;
		return m->n - in->count > DCF_LINE_HELD_MAX || p->now.held >= DCF_LINE_HELD_MAX ||
				       held_bytes(p) + c->received.len > HELD_BYTES_MOST
			       ? DCF_LINE_AHEAD
			       : DCF_LINE_FINE;
	}
	if (m->n == in->count + 1)
		return dcf_hash_eq(&m->prev, &in->last) ? DCF_LINE_FINE : DCF_LINE_CHAIN;
	/* Of older ones only the last's hash is at hand: whoever has the record compares (the link does). */
	hash = dcf_message_hash(c->text);
	if (m->n == in->count && !dcf_hash_eq(&hash, &in->last))
		return DCF_LINE_OTHER;
	return DCF_LINE_REPEATED;
}

static enum dcf_status decide_in(struct dcf_line *line, const struct line_at *at, struct dcf_line_command *c,
				 struct dcf_entry_head *head)
{
	struct line_peer *p = dcf_line_peer_now(line, head->party);

	c->objection = !p || p->now.removed || line->party[0] == 0 ? DCF_LINE_NO_PEER : judge_in(line, at, p, c);
	head->body = c->received;
	return DCF_OK;
}

/* --- neighbours ------------------------------------------------------------------------------------------- */

static bool peer_fits(const struct dcf_entry_head *head)
{
	struct dcf_public_key key;
	struct dcf_span url = dcf_body_text(head->body, "url");

	if (!dcf_canonical_ok(head->body, 2) || head->party.len == 0 || head->party.len > 64)
		return false;
	if (dcf_span_eq(dcf_canonical_member(head->body, "removed"), DCF_SPAN("true")))
		return true;
	return url.len <= DCF_URL_MAX &&
	       dcf_text_read_exactly(DCF_TEXT_HEX, dcf_body_text(head->body, "key"), key.b, sizeof key.b) == DCF_OK;
}

static enum dcf_line_objection judge_peer(const struct dcf_line *line, const struct dcf_entry_head *head)
{
	if (!peer_fits(head))
		return DCF_LINE_BODY;
	if (dcf_span_eq(head->party, dcf_span_of(line->party)))
		return DCF_LINE_NOT_FOR_US;
	return dcf_line_peer_now(line, head->party) || line->peer_count < DCF_PEERS_MAX ? DCF_LINE_FINE : DCF_LINE_BODY;
}

enum dcf_status dcf_line_decide(struct dcf_line *line, const struct line_at *at, struct dcf_line_command *c,
				struct dcf_entry_head *head, struct dcf_buf *why)
{
	switch ((enum dcf_entry_kind)head->kind) {
	case DCF_ENTRY_LINE_OUT:
		return decide_out(line, at, c, head, why);
	case DCF_ENTRY_LINE_IN:
		return decide_in(line, at, c, head);
	case DCF_ENTRY_PEER:
		c->objection = judge_peer(line, head);
		return DCF_OK;
	case DCF_ENTRY_LINE_CLOCK:
		return DCF_OK;
	default:
		c->objection = dcf_line_peer_now(line, head->party) ? DCF_LINE_FINE : DCF_LINE_NO_PEER;
		return DCF_OK;
	}
}
