/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_agent_int.h"
#include "crypto/random.h"

#include <stdio.h>

static const struct dcf_span no_request;

enum { NAMES_MOST = 900 };

/* --- receipts ---------------------------------------------------------------------------------------- */

/* While either side has suspended the line only what is said at once is taken as always; the rest is on record, one way. */
static bool is_refused(const struct dcf_line_agent *a, const struct dcf_line_object *o)
{
	struct dcf_line_peer p;

	return o->machine != DCF_MACHINE_CEASE && o->precedence != DCF_FLASH && dcf_line_peer_at(a->line, o->peer, &p) &&
	       dcf_line_political(&p) != DCF_LINE_OPEN;
}

static void do_receipt(struct dcf_line_agent *a, struct dcf_job *j, const struct dcf_line_object *o)
{
	static const uint8_t verb[DCF_MACHINE_COUNT] = { [DCF_MACHINE_NOTIFICATION] = DCF_VERB_RECEIPT,
							 [DCF_MACHINE_CLARIFICATION] = DCF_VERB_ASK_RECEIPT,
							 [DCF_MACHINE_CEASE] = DCF_VERB_CEASE_RECEIPT };
	struct dcf_message *m = dcf_job_message(j, (enum dcf_verb)verb[o->machine], o);

	dcf_buf_z(&j->body, "{\"received\":");
	dcf_buf_i64(&j->body, o->begun_us);
	dcf_buf_z(&j->body, is_refused(a, o) ? ",\"refused\":true}" : "}");
	m->body = dcf_buf_as_span(&j->body);
	dcf_batch_put(&a->duties, j);
}

/* --- new objects that the node begins ------------------------------------------------------------------ */

/* "ID.ask1": what it is about can be read in it.  Where that name is taken, or too long, one that nobody can have foreseen. */
static void name_it(struct dcf_line_agent *a, struct dcf_job *j, const struct dcf_line_object *o, const char *kind)
{
	const struct dcf_random r = dcf_random_system();
	uint8_t random[8];
	int n = snprintf(j->object, sizeof j->object, "%s.%s%u", o->id, kind, o->version);

	if (n > 0 && n < (int)sizeof j->object && dcf_job_failures(a, o->serial, j->duty, o->last) == 0)
		return;
	dcf_random_fill(&r, random, sizeof random);
	n = snprintf(j->object, sizeof j->object, "%s.", kind);
	for (size_t i = 0; i < sizeof random; i++)
		n += snprintf(j->object + n, sizeof j->object - (size_t)n, "%02x", random[i]);
}

static void begin_object(struct dcf_job *j, enum dcf_verb verb, enum dcf_precedence precedence)
{
	struct dcf_message *m = dcf_job_message(j, verb, NULL);

	m->object = dcf_span_of(j->object);
	m->version = 1;
	m->precedence = (uint8_t)precedence;
	m->body = dcf_buf_as_span(&j->body);
}

static void do_clarify(struct dcf_line_agent *a, struct dcf_job *j, const struct dcf_line_object *o)
{
	struct dcf_arena arena = { .from = a->o.from };
	struct dcf_message notice;
	enum dcf_status s = dcf_line_message_of(a->o.store, o->first, &a->doc, &arena, &notice);

	s = s == DCF_OK ? dcf_line_ask_put(&notice, &a->doc, a->o.from, &j->body) : s;
	if (s == DCF_OK) {
		name_it(a, j, o, "ask");
		begin_object(j, DCF_VERB_ASK, (enum dcf_precedence)o->precedence);
		dcf_batch_put(&a->duties, j);
	} else {
		dcf_batch_drop(&a->duties, j, dcf_status_text(s));
	}
	dcf_arena_free(&arena);
}

static void do_incident(struct dcf_line_agent *a, struct dcf_job *j, const struct dcf_line_object *o)
{
	name_it(a, j, o, "expired");
	dcf_buf_z(&j->body, "{\"ref\":\"");
	dcf_buf_z(&j->body, o->id);
	dcf_buf_z(&j->body, "\",\"type\":\"no_acknowledgement\"}");
	begin_object(j, DCF_VERB_REPORT, DCF_IMMEDIATE);
	dcf_batch_put(&a->duties, j);
}

/* --- the peer's operation ------------------------------------------------------------------------------ */

/* The peer's operation that a notice is here. */
static const struct dcf_op *op_of(const struct dcf_view *view, const struct dcf_op_name *n)
{
	uint32_t party = dcf_plan_find_party(&view->frame->plan, dcf_span_of(n->party));

	return party == DCF_NONE ? NULL : dcf_view_find(view, party, dcf_span_of(n->id));
}

static bool end_operation(struct dcf_job *j, const struct dcf_op *op)
{
	enum dcf_op_state state = (enum dcf_op_state)atomic_load(&op->state);

	if (dcf_op_final(state))
		return false;
	dcf_job_operation(j, DCF_ENTRY_EVENT)->event = state == DCF_OP_DECLARED ? DCF_OP_CANCEL : DCF_OP_END;
	return true;
}

static enum dcf_status declare_operation(struct dcf_line_agent *a, const struct dcf_view *view, struct dcf_job *j,
					 const struct dcf_line_object *o, struct dcf_buf *why)
{
	struct dcf_arena arena = { .from = a->o.from };
	struct dcf_message notice;
	enum dcf_status s = dcf_line_message_of(a->o.store, o->first, &a->doc, &arena, &notice);

	s = s == DCF_OK ? dcf_line_operation_of(view->frame, &notice, dcf_span_of(j->name.id), dcf_span_of(a->party), a->o.from,
						&j->body, &j->op, why)
			: s;
	if (s == DCF_OK)
		dcf_job_operation(j, DCF_ENTRY_OPERATION)->body = dcf_buf_as_span(&j->body);
	dcf_arena_free(&arena);
	return s;
}

/* What was notified stands among the peer's operations until it is withdrawn or its window is over; a newer version takes its
 * place. */
static void do_declare(struct dcf_line_agent *a, struct dcf_job *j, const struct dcf_line_object *o)
{
	struct dcf_buf why = { .from = a->o.from };
	struct dcf_view view;
	const struct dcf_op *op;
	bool withdrawn = o->state == DCF_NOTE_WITHDRAWN, put;
	enum dcf_status s = dcf_state_enter(a->o.state, &view);

	if (s != DCF_OK)
		return;
	op = op_of(&view, &j->name);
	put = withdrawn ? op && end_operation(j, op) : true;
	if (!withdrawn)
		s = declare_operation(a, &view, j, o, &why);
	dcf_buf_char(&why, 0);
	if (s == DCF_OK && put)
		dcf_batch_put(&a->duties, j);
	else if (s != DCF_OK && s != DCF_E_NOMEM)
		dcf_batch_drop(&a->duties, j, why.failed || why.len < 2 ? dcf_status_text(s) : why.p);
	dcf_buf_free(&why);
	dcf_state_leave(&view);
}

/* --- what of ours is inside ---------------------------------------------------------------------------- */

static void say_met(struct dcf_line_agent *a, const struct dcf_line_object *o, const char *party,
		    const struct dcf_line_meeting *met, struct dcf_span names)
{
	if (names.len > NAMES_MOST)
		names.len = NAMES_MOST;
	dcf_logger_event(a->o.logger, met->conflicts ? DCF_LOG_WARN : DCF_LOG_INFO, no_request,
			 "a notice was checked against our own operations", DCF_LOG_Z("peer", party),
			 DCF_LOG_Z("object", o->id), DCF_LOG_I("version", o->version), DCF_LOG_I("conflicts", met->conflicts),
			 DCF_LOG_SPAN("with", names),
			 DCF_LOG_Z("notice", dcf_timeliness_name((enum dcf_timeliness)o->timeliness)),
			 DCF_LOG_Z("stale", o->stale ? "yes" : "no"));
}

/* Found once, when it stands; a version that is over by now is nobody's question any more. */
static void meet(struct dcf_line_agent *a, const struct dcf_line_object *o)
{
	struct dcf_line_meeting met = { 0 };
	struct dcf_buf names = { .from = a->o.from };
	struct dcf_line_peer p;
	struct dcf_op_name name;
	struct dcf_view view;
	const struct dcf_op *op;
	enum dcf_status s;

	if (!dcf_line_peer_at(a->line, o->peer, &p) || dcf_state_enter(a->o.state, &view) != DCF_OK)
		return;
	snprintf(name.party, sizeof name.party, "%s", p.party);
	snprintf(name.id, sizeof name.id, "%s", o->id);
	op = op_of(&view, &name);
	s = op ? dcf_line_meet(&view, op, dcf_span_of(a->party), a->o.from, &met) : DCF_E_NOT_FOUND;
	if (s == DCF_OK && met.conflicts)
		s = dcf_line_meet_names(&view, op, dcf_span_of(a->party), a->o.from, &names);
	if (s == DCF_OK) {
		dcf_agent_meets(a, o->serial, &met);
		say_met(a, o, p.party, &met, dcf_buf_as_span(&names));
	}
	dcf_buf_free(&names);
	dcf_state_leave(&view);
}

static void meet_all(struct dcf_line_agent *a)
{
	struct dcf_line_object o;
	struct dcf_line_meeting met;
	uint64_t serial = 0;

	for (; dcf_line_duty_next(a->line, DCF_DUTY_DISCLOSE, &serial, &o); serial++)
		if (!(o.duty & DCF_DUTY_DECLARE) && !dcf_agent_met(a, serial, &met))
			meet(a, &o);
}

/* --- all of them --------------------------------------------------------------------------------------- */

void dcf_agent_duties(struct dcf_line_agent *a)
{
	static const struct {
		uint8_t duty;
		void (*run)(struct dcf_line_agent *a, struct dcf_job *j, const struct dcf_line_object *o);
	} row[] = {
		{ DCF_DUTY_RECEIPT, do_receipt },
		{ DCF_DUTY_CLARIFY, do_clarify },
		{ DCF_DUTY_DECLARE, do_declare },
		{ DCF_DUTY_INCIDENT, do_incident },
	};

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct dcf_line_object o;
		uint64_t serial = 0;

		for (; dcf_line_duty_next(a->line, row[i].duty, &serial, &o); serial++) {
			struct dcf_job *j = dcf_batch_job(&a->duties, o.peer, &o, row[i].duty);

			if (j)
				row[i].run(a, j, &o);
		}
		dcf_batch_flush(&a->duties);
	}
	meet_all(a);
}
