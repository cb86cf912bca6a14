/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from an entry of the line. */
#include "domain/line_int.h"
#include "crypto/text.h"

static enum dcf_status corrupt(struct dcf_buf *why, const char *text)
{
	if (why)
		dcf_buf_z(why, text);
	return DCF_E_CORRUPT;
}

enum dcf_status dcf_line_terms_now(struct dcf_line *line, const struct dcf_frame *frame)
{
	enum dcf_status s;

	if (line->terms_read && line->terms_of == frame->airspace.position)
		return DCF_OK;
	s = dcf_line_terms_read(frame->airspace.text, line->from, &line->terms, NULL);
	/* An airspace file is looked at when it is taken; one of an older record that says it wrongly means the defaults. */
	if (s != DCF_OK && s != DCF_E_REFUSED)
		return s;
	line->terms_read = true;
	line->terms_of = frame->airspace.position;
	return DCF_OK;
}

/* --- neighbours ------------------------------------------------------------------------------------------- */

static enum dcf_status apply_peer(struct dcf_line *line, const struct line_at *at, const struct dcf_entry_head *head,
				  struct dcf_buf *why)
{
	struct line_peer *p = dcf_line_peer_now(line, head->party);
	struct dcf_span key = dcf_body_text(head->body, "key"), url = dcf_body_text(head->body, "url");
	bool removed = dcf_span_eq(dcf_canonical_member(head->body, "removed"), DCF_SPAN("true"));
	enum dcf_status s = DCF_OK;

	if (!p && removed)
		return DCF_OK;
	if (!p) {
		s = dcf_line_add_peer(line, head->party, &p);
		if (s != DCF_OK)
			return s == DCF_E_LIMIT ? corrupt(why, "more neighbours than a node can have") : s;
		p->now.first = at->position;
		p->now.technical = DCF_LINE_DOWN;
		p->now.technical_since_us = at->at_us;
	}
	p->now.last = at->position;
	p->now.removed = removed;
	dcf_line_touch_peer(p);
	if (removed)
		return DCF_OK;
	if (dcf_text_read_exactly(DCF_TEXT_HEX, key, p->now.key.b, sizeof p->now.key.b) != DCF_OK || url.len > DCF_URL_MAX)
		return corrupt(why, "a neighbour whose key cannot be read");
	memset(p->now.url, 0, sizeof p->now.url);
	if (url.len)
		memcpy(p->now.url, url.p, url.len);
	return s;
}

/* Notices that are on their way when the path breaks are known to be undelivered; when it is back they are on their way again.
 */
static enum dcf_status path_changed(struct dcf_line *line, const struct line_at *at, uint32_t peer, bool up)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < line->slot_count && s == DCF_OK; i++) {
		struct line_slot *slot = line->slot[i];

		if (slot->now.peer != peer || !slot->now.ours || slot->now.machine != DCF_MACHINE_NOTIFICATION)
			continue;
		if (up && slot->now.state == DCF_NOTE_UNDELIVERED)
			s = dcf_line_event(line, at, slot, DCF_NOTE_RESEND);
		else if (!up && slot->now.state == DCF_NOTE_SENT)
			s = dcf_line_event(line, at, slot, DCF_NOTE_NO_PATH);
	}
	return s;
}

static enum dcf_status apply_status(struct dcf_line *line, const struct line_at *at, const struct dcf_entry_head *head)
{
	struct line_peer *p = dcf_line_peer_now(line, head->party);
	struct dcf_span name = dcf_body_text(head->body, "technical");
	int64_t acked = dcf_body_number(head->body, "acked", 0);
	uint8_t was, is = DCF_LINE_DOWN;

	if (!p)
		return DCF_OK;
	while (is < DCF_LINE_UP && !dcf_span_eq(name, dcf_span_of(dcf_line_technical_name((enum dcf_line_technical)is))))
		is++;
	was = p->now.technical;
	p->now.technical = is;
	if (was != is)
		p->now.technical_since_us = at->at_us;
	p->now.offset_us = dcf_body_number(head->body, "offset_us", 0);
	if (acked > 0 && (uint64_t)acked <= p->now.out.count)
		p->now.acked = (uint64_t)acked;
	dcf_line_touch_peer(p);
	return (was == DCF_LINE_DOWN) == (is == DCF_LINE_DOWN) ? DCF_OK : path_changed(line, at, p->index, is != DCF_LINE_DOWN);
}

static enum dcf_status apply_refused(struct dcf_line *line, const struct dcf_entry_head *head)
{
	struct line_peer *p = dcf_line_peer_now(line, head->party);

	if (p) {
		p->now.refused++;
		dcf_line_touch_peer(p);
	}
	return DCF_OK;
}

/* --- messages --------------------------------------------------------------------------------------------- */

static void declare_political(struct line_peer *p, const struct dcf_message *m, bool incoming, int64_t at_us)
{
	static const uint8_t to[DCF_VERB_COUNT] = { [DCF_VERB_SUSPEND] = DCF_LINE_SUSPENDED,
						    [DCF_VERB_RESUME_LINE] = DCF_LINE_OPEN,
						    [DCF_VERB_CLOSE_LINE] = DCF_LINE_CLOSED };
	int64_t from_us = dcf_body_number(m->body, "from", at_us);

	*(incoming ? &p->now.theirs : &p->now.ours) = to[m->verb];
	*(incoming ? &p->now.theirs_since_us : &p->now.ours_since_us) = from_us;
}

/* Objects known when the line is suspended go on as last known, and are marked; resuming takes the mark off. */
static enum dcf_status mark_stale(struct dcf_line *line, const struct line_peer *p, bool stale)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < line->slot_count && s == DCF_OK; i++) {
		struct line_slot *slot = line->slot[i];

		if (line->peer[slot->now.peer] != p || slot->now.stale == stale ||
		    dcf_machine_final((enum dcf_machine_kind)slot->now.machine, slot->now.state))
			continue;
		s = dcf_line_touch(line, slot);
		slot->now.stale = stale;
	}
	return s;
}

static enum dcf_status apply_line_verb(struct dcf_line *line, const struct line_at *at, struct line_peer *p,
				       const struct dcf_message *m, bool incoming)
{
	bool was = dcf_line_political(&p->now) != DCF_LINE_OPEN, is;

	if (m->verb == DCF_VERB_CHECK && incoming)
		p->echo_now = (uint64_t)dcf_body_number(m->body, "number", 0);
	else if (m->verb == DCF_VERB_ECHO && !incoming && (uint64_t)dcf_body_number(m->body, "number", 0) >= p->echo_now)
		p->echo_now = 0;
	if (m->verb != DCF_VERB_SUSPEND && m->verb != DCF_VERB_RESUME_LINE && m->verb != DCF_VERB_CLOSE_LINE)
		return DCF_OK;
	declare_political(p, m, incoming, at->at_us);
	is = dcf_line_political(&p->now) != DCF_LINE_OPEN;
	return was == is ? DCF_OK : mark_stale(line, p, is);
}

/* A message that is next in its stream. */
static enum dcf_status take(struct dcf_line *line, const struct line_at *at, struct line_peer *p, struct dcf_span text,
			    const struct dcf_message *m, bool incoming)
{
	const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)m->verb);
	struct dcf_hash hash = dcf_message_hash(text);
	struct line_slot *slot;
	enum dcf_status s = dcf_line_stream_push(line, p, incoming, &hash, at->position);

	if (s != DCF_OK)
		return s;
	if (row->machine == DCF_MACHINE_LINE)
		return apply_line_verb(line, at, p, m, incoming);
	if (row->begins)
		return dcf_line_begin(line, at, p, m, !incoming);
	slot = dcf_line_slot_now(line, p->index, m->object, m->version);
	/* About something that is not there, or of another machine: it stays in the record, and moves nothing. */
	if (!slot || slot->now.machine != row->machine)
		return DCF_OK;
	return dcf_line_move(line, at, p, slot, m, slot->now.ours == !incoming);
}

static enum dcf_status reopen(struct dcf_line *line, struct dcf_span note, struct dcf_span *text, struct dcf_message *m,
			      struct dcf_buf *why)
{
	enum dcf_status s;

	dcf_arena_rewind(&line->scratch);
	s = dcf_message_reopen(note, &line->doc, &line->scratch, text, m);
	return s == DCF_OK || s == DCF_E_NOMEM ? s : corrupt(why, "a message that cannot be read");
}

static enum dcf_status hold(struct dcf_line *line, const struct line_at *at, struct line_peer *p, struct dcf_span note,
			    uint64_t n)
{
	void *array = p->held;
	struct line_held h = { .n = n, .position = at->position, .len = note.len, .is_new = true };
	enum dcf_status s = dcf_grow(line->from, &array, &p->held_cap, p->held_count + 1, sizeof *p->held);

	p->held = array;
	h.note = s == DCF_OK ? dcf_alloc_new(line->from, note.len) : NULL;
	if (!h.note)
		return DCF_E_NOMEM;
	memcpy(h.note, note.p, note.len);
	p->held[p->held_count++] = h;
	p->now.held++;
	dcf_line_touch_peer(p);
	return DCF_OK;
}

/* Those that waited for the one that just came. */
static enum dcf_status take_held(struct dcf_line *line, const struct line_at *at, struct line_peer *p, struct dcf_buf *why)
{
	struct line_held *h;
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && (h = dcf_line_held_of(p, p->now.in.count + 1)) != NULL) {
		struct dcf_span text;
		struct dcf_message m;

		s = reopen(line, (struct dcf_span){ h->note, h->len }, &text, &m, why);
		if (s != DCF_OK)
			return s;
		h->gone = true;
		p->now.held--;
		dcf_line_touch_peer(p);
		/* One that does not follow after all is dropped: its sender has to say it again, rightly. */
		if (dcf_hash_eq(&m.prev, &p->now.in.last)) {
			struct line_at then = *at;

			then.position = h->position;
			s = take(line, &then, p, text, &m, true);
		}
	}
	return s;
}

static enum dcf_status apply_message(struct dcf_line *line, const struct line_at *at, const struct dcf_entry_head *head,
				     bool incoming, struct dcf_buf *why)
{
	struct line_peer *p = dcf_line_peer_now(line, head->party);
	const struct dcf_line_stream *stream;
	struct dcf_span text;
	struct dcf_message m;
	enum dcf_status s =
		p ? reopen(line, head->body, &text, &m, why) : corrupt(why, "a message with somebody who is no neighbour");

	if (s != DCF_OK)
		return s;
	stream = incoming ? &p->now.in : &p->now.out;
	if (m.n <= stream->count || (m.n > stream->count + 1 && !incoming))
		return corrupt(why, "a message whose number is not the next");
	if (m.n > stream->count + 1)
		return hold(line, at, p, head->body, m.n);
	if (!dcf_hash_eq(&m.prev, &stream->last))
		return corrupt(why, "a message that does not follow the one before it");
	s = take(line, at, p, text, &m, incoming);
	return s == DCF_OK && incoming ? take_held(line, at, p, why) : s;
}

/* --- the clock -------------------------------------------------------------------------------------------- */

/* What a deadline is called in each machine. */
static uint8_t deadline_event(const struct dcf_line_object *o)
{
	static const uint8_t of[DCF_MACHINE_COUNT] = { [DCF_MACHINE_NOTIFICATION] = DCF_NOTE_DEADLINE,
						       [DCF_MACHINE_CLARIFICATION] = DCF_ASK_DEADLINE,
						       [DCF_MACHINE_CEASE] = DCF_CEASE_DEADLINE,
						       [DCF_MACHINE_CALL] = DCF_CALL_DEADLINE,
						       [DCF_MACHINE_INCIDENT] = DCF_NO_STATE };

	if (o->machine == DCF_MACHINE_NOTIFICATION && o->state == DCF_NOTE_ACKNOWLEDGED)
		return DCF_NOTE_DISSEMINATION_DEADLINE;
	return of[o->machine];
}

static enum dcf_status step(struct dcf_line *line, const struct line_at *at, struct line_slot *slot)
{
	struct dcf_line_object *o = &slot->now;
	/* What was due first comes first, however late the clock asks. */
	bool window = o->machine == DCF_MACHINE_NOTIFICATION && o->end_us != DCF_TIME_NONE &&
		      (o->deadline_us == DCF_TIME_NONE || o->end_us <= o->deadline_us);
	bool dissemination;
	enum dcf_status s;

	/* Between the asking and now it may have moved on. */
	if (dcf_line_due_of(o) > at->at_us)
		return dcf_line_due_put(line, slot, dcf_line_due_of(o));
	if (window)
		return dcf_line_event(line, at, slot, DCF_NOTE_WINDOW_OVER);
	dissemination = o->machine == DCF_MACHINE_NOTIFICATION && o->state == DCF_NOTE_ACKNOWLEDGED;
	s = dcf_line_event(line, at, slot, deadline_event(o));
	if (s != DCF_OK)
		return s;
	if (dissemination) {
		o->dissemination_overdue = true;
		o->deadline_us = DCF_TIME_NONE;
	} else {
		o->overdue = true;
		o->escalation++;
		o->deadline_us = o->escalation < ESCALATION_MOST ? o->deadline_us + o->step_us : DCF_TIME_NONE;
	}
	return dcf_line_due_put(line, slot, dcf_line_due_of(o));
}

static enum dcf_status apply_clock(struct dcf_line *line, const struct line_at *at, const struct dcf_entry_head *head,
				   struct dcf_buf *why)
{
	struct dcf_span body = head->body;
	enum dcf_status s = DCF_OK;
	uint64_t serial;
	bool bad = false;

	while (s == DCF_OK && dcf_positions_next(&body, &serial, &bad)) {
		if (serial >= line->slot_count)
			return corrupt(why, "a deadline of something that is not there");
		s = dcf_line_touch(line, line->slot[serial]);
		s = s == DCF_OK ? step(line, at, line->slot[serial]) : s;
	}
	return bad ? corrupt(why, "a list of objects that cannot be read") : s;
}

enum dcf_status dcf_line_apply(struct dcf_line *line, const struct line_at *at, const struct dcf_entry_head *head,
			       struct dcf_buf *why)
{
	if (at->position < line->known)
		return DCF_OK;
	switch ((enum dcf_entry_kind)head->kind) {
	case DCF_ENTRY_PEER:
		return apply_peer(line, at, head, why);
	case DCF_ENTRY_LINE_OUT:
		return apply_message(line, at, head, false, why);
	case DCF_ENTRY_LINE_IN:
		return apply_message(line, at, head, true, why);
	case DCF_ENTRY_LINE_CLOCK:
		return apply_clock(line, at, head, why);
	case DCF_ENTRY_LINE_STATUS:
		return apply_status(line, at, head);
	case DCF_ENTRY_LINE_REFUSED:
		return apply_refused(line, head);
	default:
		return corrupt(why, "an entry that the line does not know");
	}
}

void dcf_line_declared(struct dcf_line *line, struct dcf_span party, struct dcf_span operation)
{
	struct line_peer *p = line->peer_count ? dcf_line_peer_now(line, party) : NULL;
	struct line_slot *slot;

	if (!p)
		return;
	slot = dcf_line_slot_now(line, p->index, operation, 0);
	if (slot && (slot->now.duty & DCF_DUTY_DECLARE) && dcf_line_touch(line, slot) == DCF_OK)
		slot->now.duty &= (uint8_t)~DCF_DUTY_DECLARE;
}
