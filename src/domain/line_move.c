/* SPDX-License-Identifier: Apache-2.0 */
/* An event of an object: its next state, its deadlines, what the node owes for it. */
#include "domain/line_int.h"

/* Sent this long before it came: it was queued somewhere (an air gap, a cut line), and people are told. */
#define CAME_LATE_US (60 * INT64_C(1000000))

/* --- deadlines -------------------------------------------------------------------------------------------- */

/* When the clock next asks something of it. */
int64_t dcf_line_due_of(const struct dcf_line_object *o)
{
	int64_t due = o->deadline_us == DCF_TIME_NONE ? INT64_MAX : o->deadline_us;

	if (dcf_machine_final((enum dcf_machine_kind)o->machine, o->state))
		return INT64_MAX;
	if (o->machine == DCF_MACHINE_NOTIFICATION && o->end_us != DCF_TIME_NONE && o->end_us < due)
		due = o->end_us;
	return due;
}

static int64_t after(int64_t t, int64_t by)
{
	return t > INT64_MAX - by ? INT64_MAX : t + by;
}

static void start_clock(struct dcf_line_object *o, int64_t at_us)
{
	o->deadline_us = after(at_us, o->step_us);
	o->escalation = 0;
}

static void stop_clock(struct dcf_line_object *o)
{
	o->deadline_us = DCF_TIME_NONE;
	o->escalation = 0;
	o->overdue = false;
}

/* Does the deadline of acknowledgement run in this state, on this side? */
static bool note_waits(const struct dcf_line_object *o)
{
	static const bool waits[DCF_NOTE_STATES] = {
		[DCF_NOTE_SENT] = true,         [DCF_NOTE_UNDELIVERED] = true, [DCF_NOTE_RECEIVED] = true,
		[DCF_NOTE_READ_BACK_OK] = true, [DCF_NOTE_CHALLENGED] = true,  [DCF_NOTE_CLARIFIED] = true,
	};

	/* While the originator owes a clarification its recipient is not late. */
	return waits[o->state] && (o->state != DCF_NOTE_CHALLENGED || o->ours);
}

/* Overdue is cleared only by an acknowledgement or an end. */
static void note_clock(struct dcf_line_object *o, uint8_t before, int64_t at_us)
{
	if (o->state == DCF_NOTE_ACKNOWLEDGED) {
		stop_clock(o);
		o->deadline_us = after(at_us, o->step_us); /* of dissemination */
	} else if (o->state == DCF_NOTE_DISSEMINATED || o->state == DCF_NOTE_REFUSED ||
		   dcf_machine_final(DCF_MACHINE_NOTIFICATION, o->state)) {
		bool overdue = o->overdue && o->state == DCF_NOTE_REFUSED;

		stop_clock(o);
		o->overdue = overdue;
		o->dissemination_overdue = false;
	} else if (!note_waits(o)) {
		o->deadline_us = DCF_TIME_NONE;
	} else if (before == DCF_NOTE_ACKNOWLEDGED || before == DCF_NOTE_DISSEMINATED || before == DCF_NOTE_REFUSED) {
		o->dissemination_overdue = false;
		start_clock(o, at_us);
	} else if (o->deadline_us == DCF_TIME_NONE && o->escalation < ESCALATION_MOST) {
		o->deadline_us = after(at_us, o->step_us);
	}
}

static void ask_clock(struct dcf_line_object *o, uint8_t before, int64_t at_us)
{
	if (o->state == DCF_ASK_OPEN && before != DCF_ASK_OPEN)
		start_clock(o, at_us);
	else if (o->state == DCF_ASK_ANSWERED || o->state == DCF_ASK_CLOSED)
		stop_clock(o);
}

static void cease_clock(struct dcf_line_object *o, uint8_t before, int64_t at_us)
{
	(void)before, (void)at_us;
	if (o->state != DCF_CEASE_ISSUED && o->state != DCF_CEASE_RECEIVED)
		stop_clock(o);
}

static void call_clock(struct dcf_line_object *o, uint8_t before, int64_t at_us)
{
	bool waits = o->state == DCF_CALL_RINGING || o->state == DCF_CALL_ON_HOLD;

	if (before == DCF_CALL_ON_HOLD && o->hold_since_us != DCF_TIME_NONE) {
		o->hold_us = after(o->hold_us, at_us - o->hold_since_us);
		o->hold_since_us = DCF_TIME_NONE;
	}
	if (o->state == DCF_CALL_ON_HOLD)
		o->hold_since_us = at_us;
	/* Put on hold while it rings, nobody has answered yet: the clock goes on. */
	if (waits && !(before == DCF_CALL_RINGING && o->state == DCF_CALL_ON_HOLD))
		start_clock(o, at_us);
	else if (!waits)
		stop_clock(o);
}

static void set_clock(struct dcf_line_object *o, uint8_t before, int64_t at_us)
{
	static void (*const of[DCF_MACHINE_COUNT])(struct dcf_line_object *, uint8_t, int64_t) = {
		[DCF_MACHINE_NOTIFICATION] = note_clock,
		[DCF_MACHINE_CLARIFICATION] = ask_clock,
		[DCF_MACHINE_CEASE] = cease_clock,
		[DCF_MACHINE_CALL] = call_clock,
	};

	if (of[o->machine])
		of[o->machine](o, before, at_us);
}

/* --- moving ----------------------------------------------------------------------------------------------- */

/* The object is in another state: what follows from that alone. */
static enum dcf_status enter(struct dcf_line *line, struct line_slot *slot, uint8_t next, const struct line_at *at)
{
	struct dcf_line_object *o = &slot->now;
	uint8_t before = o->state;

	o->state = next;
	set_clock(o, before, at->at_us);
	if (o->machine == DCF_MACHINE_NOTIFICATION && dcf_machine_final(DCF_MACHINE_NOTIFICATION, next)) {
		/* Nothing is owed any more but the report of what nobody acknowledged. */
		o->duty &= DCF_DUTY_INCIDENT;
		/* What it made known is to be taken back; a window that is over ends it anyway. */
		if (next == DCF_NOTE_WITHDRAWN && !o->ours && o->words[0])
			o->duty |= DCF_DUTY_DECLARE;
		if (next == DCF_NOTE_EXPIRED && o->ours)
			o->duty |= DCF_DUTY_INCIDENT;
	}
	return dcf_line_due_put(line, slot, dcf_line_due_of(o));
}

enum dcf_status dcf_line_event(struct dcf_line *line, const struct line_at *at, struct line_slot *slot, uint8_t event)
{
	uint8_t next = dcf_machine_next((enum dcf_machine_kind)slot->now.machine, slot->now.state, event, NULL);
	enum dcf_status s = dcf_line_touch(line, slot);

	s = s == DCF_OK ? dcf_line_note(line, slot, at->position) : s;
	if (s != DCF_OK)
		return s;
	slot->now.last = at->position;
	slot->now.last_us = at->at_us;
	return next == DCF_NO_STATE ? DCF_OK : enter(line, slot, next, at);
}

/* The words of what was read back: as said, or of the object as heard; "" when there are neither. */
static void heard_words(struct dcf_span body, char out[DCF_CHECK_WORDS_MAX])
{
	struct dcf_span words = dcf_body_text(body, "words"), object = dcf_canonical_member(body, "object");
	size_t n = 0;

	out[0] = 0;
	if (object.len) {
		dcf_check_words_of(object, out);
		return;
	}
	for (size_t i = 0; i < words.len && n < DCF_CHECK_WORDS_MAX - 1; i++) {
		if (words.p[i] < '0' || words.p[i] > '9')
			continue;
		if (n % 4 == 3)
			out[n++] = ' ';
		out[n++] = words.p[i];
	}
	out[n] = 0;
}

static bool reads_equal(const struct line_slot *slot, struct dcf_span body)
{
	char words[DCF_CHECK_WORDS_MAX];
	struct dcf_span said = dcf_body_text(body, "words"), object = dcf_canonical_member(body, "object");

	if (slot->now.words[0] == 0 || (said.len == 0 && object.len == 0))
		return false;
	if (said.len && !dcf_check_words_equal(slot->now.words, said))
		return false;
	if (object.len == 0)
		return true;
	dcf_check_words_of(object, words);
	return dcf_check_words_equal(words, dcf_span_of(slot->now.words));
}

static bool is_true(struct dcf_span body, const char *name)
{
	return dcf_span_eq(dcf_canonical_member(body, name), DCF_SPAN("true"));
}

/* A class that the other side named already; `o` when it did not. */
static uint8_t class_event(const struct dcf_line_object *o, struct dcf_span class_, bool by_a)
{
	const char *other = by_a ? o->class_b : o->class_a;

	if (!(o->classified & (by_a ? 2 : 1)))
		return DCF_NO_STATE;
	return dcf_span_eq(class_, dcf_span_of(other)) ? DCF_INCIDENT_CLASSIFY_SAME : DCF_INCIDENT_CLASSIFY_DIFFER;
}

uint8_t dcf_line_event_of(struct dcf_line *line, const struct line_slot *slot, const struct dcf_message *m, bool by_a)
{
	const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)m->verb);

	(void)line;
	switch ((enum dcf_verb)m->verb) {
	case DCF_VERB_RECEIPT:
		return is_true(m->body, "refused") ? DCF_NOTE_LINE_SUSPENDED : DCF_NOTE_DELIVERY_RECEIPT;
	case DCF_VERB_READ_BACK:
		return reads_equal(slot, m->body) ? DCF_NOTE_READBACK_EQUAL : DCF_NOTE_READBACK_DIFFERS;
	case DCF_VERB_READOUT:
		return by_a ? DCF_CALL_READOUT_A : DCF_CALL_READOUT_B;
	case DCF_VERB_EVIDENCE:
		return by_a ? DCF_INCIDENT_EVIDENCE_A : DCF_INCIDENT_EVIDENCE_B;
	case DCF_VERB_CLASSIFY:
		return class_event(&slot->now, dcf_body_text(m->body, "class"), by_a);
	default:
		return row->event;
	}
}

/* --- what each message leaves on the object --------------------------------------------------------------- */

/* Notice given is the start less the first receipt, by the recipient's clock. */
static void judge_notice(struct dcf_line_object *o, int64_t received_us)
{
	if (o->timeliness != DCF_NOT_JUDGED || o->start_us == DCF_TIME_NONE)
		return;
	o->notice_us = o->start_us - received_us;
	if (o->notice_us <= 0)
		o->timeliness = DCF_NO_NOTICE;
	else if (o->need_us > 0)
		o->timeliness = o->notice_us >= o->need_us ? DCF_ON_TIME : DCF_LATE;
}

static void take_class(struct dcf_line_object *o, struct dcf_span class_, bool by_a)
{
	char *to = by_a ? o->class_a : o->class_b;
	size_t n = class_.len < sizeof o->class_a - 1 ? class_.len : sizeof o->class_a - 1;

	memset(to, 0, sizeof o->class_a);
	if (n)
		memcpy(to, class_.p, n);
	o->classified |= by_a ? 1 : 2;
}

static void take_answer(struct dcf_line_object *o, struct dcf_span body)
{
	struct dcf_span said = dcf_body_text(body, "answer");

	for (unsigned a = DCF_OURS; a < DCF_ANSWER_COUNT; a++)
		if (dcf_span_eq(said, dcf_span_of(dcf_answer_name((enum dcf_answer)a))))
			o->answer = (uint8_t)a;
}

/* Receipts are owed by the other side of what arrived; sending one is the end of it. */
static uint8_t duty_done(enum dcf_verb verb)
{
	switch (verb) {
	case DCF_VERB_RECEIPT:
	case DCF_VERB_ASK_RECEIPT:
	case DCF_VERB_CEASE_RECEIPT:
		return DCF_DUTY_RECEIPT;
	case DCF_VERB_DISCLOSE:
		return DCF_DUTY_DISCLOSE;
	default:
		return 0;
	}
}

static void leave_mark(struct line_slot *slot, const struct dcf_message *m, const struct line_at *at, bool by_a)
{
	struct dcf_line_object *o = &slot->now;

	/* What comes from the other side does nothing of ours. */
	if (by_a == o->ours)
		o->duty &= (uint8_t)~duty_done((enum dcf_verb)m->verb);
	switch ((enum dcf_verb)m->verb) {
	case DCF_VERB_RECEIPT:
		/* The recipient says when it came; on its own side that is when it did. */
		judge_notice(o, o->ours ? dcf_body_number(m->body, "received", m->at_us) : o->begun_us);
		o->suspended |= is_true(m->body, "refused");
		break;
	case DCF_VERB_READ_BACK:
		if (reads_equal(slot, m->body))
			o->their_words[0] = 0;
		else
			heard_words(m->body, o->their_words);
		break;
	case DCF_VERB_RESEND:
		if (!o->ours)
			o->duty |= DCF_DUTY_RECEIPT;
		break;
	case DCF_VERB_ANSWER_ASK:
		take_answer(o, m->body);
		break;
	case DCF_VERB_CLASSIFY:
		take_class(o, dcf_body_text(m->body, "class"), by_a);
		break;
	case DCF_VERB_READOUT:
		o->readouts |= by_a ? 1 : 2;
		break;
	default:
		break;
	}
	(void)at;
}

enum dcf_status dcf_line_move(struct dcf_line *line, const struct line_at *at, struct line_peer *p, struct line_slot *slot,
			      const struct dcf_message *m, bool by_a)
{
	const struct dcf_verb_row *row = dcf_verb_row((enum dcf_verb)m->verb);
	uint8_t event = dcf_line_event_of(line, slot, m, by_a), next = DCF_NO_STATE;
	enum dcf_status s = dcf_line_touch(line, slot);

	(void)p;
	s = s == DCF_OK ? dcf_line_note(line, slot, at->position) : s;
	if (s != DCF_OK)
		return s;
	slot->now.last = at->position;
	slot->now.last_us = at->at_us;
	/* The other side's to do: it stays in the record, and moves nothing. */
	if (!(row->who & (by_a ? DCF_WHO_A : DCF_WHO_B)))
		return DCF_OK;
	/* A receipt shows that there was a path after all: by file, or before the link's own word that it is up again. */
	if (m->verb == DCF_VERB_RECEIPT && slot->now.state == DCF_NOTE_UNDELIVERED)
		s = enter(line, slot, DCF_NOTE_SENT, at);
	if (s != DCF_OK)
		return s;
	if (event != DCF_NO_STATE)
		next = dcf_machine_next((enum dcf_machine_kind)slot->now.machine, slot->now.state, event, NULL);
	if (event != DCF_NO_STATE && next == DCF_NO_STATE && m->verb != DCF_VERB_RECEIPT)
		return DCF_OK;
	leave_mark(slot, m, at, by_a);
	return next == DCF_NO_STATE ? dcf_line_due_put(line, slot, dcf_line_due_of(&slot->now)) : enter(line, slot, next, at);
}

/* --- beginning -------------------------------------------------------------------------------------------- */

/* Window of a notice; false when it is none for want of geometry, band or window. */
static bool read_window(struct dcf_line *line, struct dcf_span object, struct dcf_line_object *o)
{
	struct dcf_plan plan;
	struct dcf_buf text = { .from = line->from };
	const char *why;
	bool ok = false;

	dcf_plan_init(&plan, line->from);
	dcf_buf_span(&text, object);
	dcf_buf_fill(&text, ' ', 64);
	if (!text.failed && dcf_jparse(&line->body, text.p, object.len, &why) == DCF_OK &&
	    dcf_notice_object_read(dcf_jroot(&line->body), &plan, DCF_SPAN("-"), DCF_SPAN("-"), NULL) == DCF_OK &&
	    plan.feature_count) {
		o->start_us = INT64_MAX;
		o->end_us = INT64_MIN;
		for (size_t i = 0; i < plan.feature_count; i++) {
			if (plan.features[i].start_us < o->start_us)
				o->start_us = plan.features[i].start_us;
			if (plan.features[i].end_us > o->end_us)
				o->end_us = plan.features[i].end_us;
		}
		ok = true;
	}
	dcf_plan_free(&plan);
	dcf_buf_free(&text);
	return ok;
}

/* What the agreement asks for notice of this kind; 0 where nothing. */
static int64_t notice_needed(const struct dcf_frame *frame, struct dcf_span acm)
{
	const struct dcf_agreement *a = &frame->plan.agreement;
	int64_t any = 0;

	for (size_t i = 0; i < a->notice_count; i++) {
		const struct dcf_notice_rule *r = &a->notice[i];

		if (acm.len && dcf_span_eq(r->acm, acm))
			return r->need_us;
		if (r->acm.len == 0 || dcf_span_eq(r->acm, DCF_SPAN("*")))
			any = r->need_us;
	}
	return any;
}

/* Did a volume move by more than its own radius since the version before? */
static bool has_moved(struct dcf_line *line, const struct line_slot *before, struct dcf_span object)
{
	struct dcf_buf text = { .from = line->from };
	double moved = 0, radius = 0;
	const char *why;
	bool yes = false;

	/* The object of one that is over may be gone already: that must not make a difference. */
	if (!before->object || dcf_machine_final(DCF_MACHINE_NOTIFICATION, before->now.state))
		return false;
	dcf_buf_put(&text, before->object, before->object_len);
	dcf_buf_fill(&text, ' ', 64);
	dcf_buf_span(&text, object);
	dcf_buf_fill(&text, ' ', 64);
	if (!text.failed && dcf_jparse(&line->doc, text.p, before->object_len, &why) == DCF_OK &&
	    dcf_jparse(&line->body, text.p + before->object_len + 64, object.len, &why) == DCF_OK &&
	    dcf_notice_object_moved(dcf_jroot(&line->doc), dcf_jroot(&line->body), &moved, &radius) == DCF_OK)
		yes = moved > radius;
	dcf_buf_free(&text);
	return yes;
}

static enum dcf_status keep_object(struct dcf_line *line, struct line_slot *slot, struct dcf_span object)
{
	slot->object = dcf_alloc_new(line->from, object.len);
	if (!slot->object)
		return DCF_E_NOMEM;
	memcpy(slot->object, object.p, object.len);
	slot->object_len = object.len;
	return DCF_OK;
}

static enum dcf_status begin_notice(struct dcf_line *line, const struct line_at *at, struct line_slot *slot,
				    struct line_slot *before, const struct dcf_message *m, bool path)
{
	struct dcf_line_object *o = &slot->now;
	struct dcf_span object = dcf_canonical_member(m->body, "object");
	enum dcf_status s = DCF_OK;

	o->state = o->ours && !path ? DCF_NOTE_UNDELIVERED : DCF_NOTE_SENT;
	o->need_us = notice_needed(at->frame, dcf_body_text(m->body, "acm"));
	if (!o->ours)
		o->duty |= DCF_DUTY_RECEIPT | DCF_DUTY_DISCLOSE;
	if (object.len && read_window(line, object, o)) {
		dcf_check_words_of(object, o->words);
		o->moved = before && has_moved(line, before, object);
		if (!o->ours)
			o->duty |= DCF_DUTY_DECLARE;
	} else if (!o->ours) {
		o->duty = DCF_DUTY_RECEIPT | DCF_DUTY_CLARIFY;
	}
	if (object.len)
		s = keep_object(line, slot, object);
	if (s == DCF_OK && !o->ours)
		judge_notice(o, at->at_us);
	if (s == DCF_OK && before && !dcf_machine_final(DCF_MACHINE_NOTIFICATION, before->now.state))
		s = dcf_line_event(line, at, before, DCF_NOTE_NEW_VERSION);
	return s;
}

static void begin_other(struct dcf_line_object *o, const struct dcf_message *m)
{
	static const uint8_t start[DCF_MACHINE_COUNT] = {
		[DCF_MACHINE_CLARIFICATION] = DCF_ASK_OPEN,
		[DCF_MACHINE_CEASE] = DCF_CEASE_ISSUED,
		[DCF_MACHINE_CALL] = DCF_CALL_SCHEDULED,
		[DCF_MACHINE_INCIDENT] = DCF_INCIDENT_REPORTED,
	};

	o->state = start[o->machine];
	if (!o->ours && (o->machine == DCF_MACHINE_CLARIFICATION || o->machine == DCF_MACHINE_CEASE))
		o->duty |= DCF_DUTY_RECEIPT;
	(void)m;
}

/* An automatic question or report about an object is what was owed for it. */
static enum dcf_status pay_duty(struct dcf_line *line, uint32_t peer, const struct dcf_message *m, struct dcf_span ref)
{
	uint8_t duty = m->verb == DCF_VERB_ASK ? DCF_DUTY_CLARIFY : m->verb == DCF_VERB_REPORT ? DCF_DUTY_INCIDENT : 0;
	struct line_slot *about = duty && ref.len ? dcf_line_slot_now(line, peer, ref, 0) : NULL;
	enum dcf_status s = DCF_OK;

	if (about && (about->now.duty & duty)) {
		s = dcf_line_touch(line, about);
		about->now.duty &= (uint8_t)~duty;
	}
	return s;
}

static void set_ref(struct dcf_line_object *o, struct dcf_span ref)
{
	if (ref.len && ref.len <= DCF_OBJECT_ID_MAX) {
		memcpy(o->ref, ref.p, ref.len);
		o->ref[ref.len] = 0;
	}
}

enum dcf_status dcf_line_begin(struct dcf_line *line, const struct line_at *at, struct line_peer *p,
			       const struct dcf_message *m, bool ours)
{
	struct line_slot *before, *slot = NULL;
	enum dcf_machine_kind machine = (enum dcf_machine_kind)dcf_verb_row((enum dcf_verb)m->verb)->machine;
	struct dcf_line_object *o;
	enum dcf_status s;

	before = dcf_line_slot_now(line, p->index, m->object, 0);
	if (before) {
		/* Another version of one's own notice, the next one; anything else moves nothing. */
		if (m->verb != DCF_VERB_NOTIFY || before->now.machine != DCF_MACHINE_NOTIFICATION || before->now.ours != ours ||
		    m->version != before->now.version + 1) {
			s = dcf_line_touch(line, before);
			return s == DCF_OK ? dcf_line_note(line, before, at->position) : s;
		}
	}
	s = dcf_line_terms_now(line, at->frame);
	s = s == DCF_OK ? dcf_line_add(line, p->index, m->object, &slot) : s;
	s = s == DCF_OK ? dcf_line_note(line, slot, at->position) : s;
	if (s != DCF_OK)
		return s;
	o = &slot->now;
	o->version = m->version;
	o->machine = (uint8_t)machine;
	o->precedence = m->precedence;
	o->ours = ours;
	o->sent_us = m->at_us;
	o->begun_us = o->last_us = at->at_us;
	o->first = o->last = at->position;
	o->start_us = o->end_us = o->hold_since_us = o->deadline_us = DCF_TIME_NONE;
	o->step_us = line->terms.ack_us[m->precedence];
	o->came_late = !ours && at->at_us - m->at_us > CAME_LATE_US;
	o->suspended = dcf_line_political(&p->now) != DCF_LINE_OPEN;
	set_ref(o, dcf_body_text(m->body, "ref"));
	if (ours)
		s = pay_duty(line, p->index, m, dcf_span_of(o->ref));
	if (machine == DCF_MACHINE_NOTIFICATION || machine == DCF_MACHINE_CLARIFICATION || machine == DCF_MACHINE_CEASE)
		start_clock(o, at->at_us);
	if (s == DCF_OK && machine == DCF_MACHINE_NOTIFICATION)
		s = begin_notice(line, at, slot, before, m, p->now.technical != DCF_LINE_DOWN);
	else if (s == DCF_OK)
		begin_other(o, m);
	return s == DCF_OK ? dcf_line_due_put(line, slot, dcf_line_due_of(o)) : s;
}
