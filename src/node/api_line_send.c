/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_send.c - POST /v1/line/messages: a person says something to the other side.
 *
 *   read       the request into a message            api_line_ask.c
 *   judge      reasons for and against               api_line_judge.c, api_line_label.c
 *   explain    they are the answer, nothing is sent
 *   send       LINE_OUT: signed, recorded, then the link takes it */
#include "node/api_line_send.h"

/* --- what it says, to whoever asked ------------------------------------------------------------------- */

static void put_reasons(struct dcf_json *j, const struct dcf_line_reasons *r, bool all)
{
	dcf_json_key(j, "reasons");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < r->count; i++) {
		if (!all && !r->row[i].info)
			continue;
		dcf_json_begin(j, '{');
		dcf_json_key(j, "rule");
		dcf_json_z(j, r->row[i].rule);
		dcf_json_key(j, "holds");
		dcf_json_bool(j, r->row[i].holds);
		dcf_json_key(j, "stops");
		dcf_json_bool(j, !r->row[i].holds && !r->row[i].info);
		dcf_json_key(j, "text");
		dcf_json_string(j, r->row[i].text);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

static void put_lines(struct dcf_json *j, struct dcf_line_sending *m)
{
	struct dcf_span object = dcf_line_body_get(&m->body, "object");
	struct dcf_buf lines = { .from = &m->api->heap };

	if (object.p && dcf_line_object_lines(object, m->view.frame, &m->api->heap, &lines) != DCF_OK)
		lines.len = 0;
	dcf_line_put_split(j, "lines", dcf_buf_as_span(&lines), '\n');
	dcf_buf_free(&lines);
}

static void put_message(struct dcf_json *j, const struct dcf_line_sending *m)
{
	dcf_json_key(j, "message");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "from");
	dcf_json_string(j, m->message.from);
	dcf_json_key(j, "to");
	dcf_json_string(j, m->message.to);
	dcf_json_key(j, "machine");
	dcf_json_z(j, dcf_machine_name((enum dcf_machine_kind)m->row->machine));
	dcf_json_key(j, "verb");
	dcf_json_z(j, m->row->name);
	dcf_json_key(j, "object");
	if (m->message.object.len)
		dcf_json_string(j, m->message.object);
	else
		dcf_json_null(j);
	dcf_json_key(j, "precedence");
	dcf_json_z(j, dcf_precedence_name((enum dcf_precedence)m->message.precedence));
	dcf_json_key(j, "role");
	if (m->message.role.len)
		dcf_json_string(j, m->message.role);
	else
		dcf_json_null(j);
	dcf_line_put_ids(j, "releasable_to", m->message.releasable_to);
	dcf_json_key(j, "words");
	if (m->words[0])
		dcf_json_z(j, m->words);
	else
		dcf_json_null(j);
	dcf_json_key(j, "body");
	dcf_json_raw(j, m->message.body);
	dcf_json_end(j, '}');
}

static enum dcf_http_next explained(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_json j = dcf_api_json(reply);

	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "deconflict");
	dcf_json_i64(&j, 1);
	dcf_line_put_exercise(&j, m->api);
	dcf_json_key(&j, "would_send");
	dcf_json_bool(&j, m->why.all);
	put_reasons(&j, &m->why, true);
	put_message(&j, m);
	put_lines(&j, m);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	return DCF_HTTP_DONE;
}

/* --- what stops it ------------------------------------------------------------------------------------ */

static const char *kind_of(const struct dcf_line_reason *r)
{
	static const struct {
		const char *rule, *kind;
	} kinds[] = { { "label", "label" },         { "caveat", "label" }, { "forward", "label" }, { "undisclosed", "label" },
		      { "free-text", "free-text" }, { "state", "state" },  { "role", "role" } };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(r->rule, kinds[i].rule) == 0)
			return kinds[i].kind;
	return r->status == 404 ? "not-found" : r->status == 409 ? "exists" : "refused";
}

static enum dcf_http_next stopped(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_http_fault *faults = dcf_arena_get(m->rq->arena, DCF_LINE_REASONS_MAX * sizeof *faults);
	const struct dcf_line_reason *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < m->why.count && faults; i++) {
		const struct dcf_line_reason *r = &m->why.row[i];

		if (r->holds || r->info)
			continue;
		faults[n++] = (struct dcf_http_fault){ DCF_SPAN(""), r->text };
		if (!first)
			first = r;
	}
	if (!first)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	return dcf_http_problem_at(reply, first->status, kind_of(first), first->text, faults, n);
}

/* What the state objects to, which it alone sees. */
static enum dcf_http_next objected(struct dcf_http_reply *reply, const struct dcf_ticket *t)
{
	static const struct {
		unsigned status;
		const char *kind, *text;
	} say[] = {
		[DCF_LINE_FINE] = { 409, "state", "the message is not taken" },
		[DCF_LINE_NO_PEER] = { 404, "not-found", "no such peer: an administrator pins its key first" },
		[DCF_LINE_NO_OBJECT] = { 404, "not-found", "there is no such object on the line" },
		[DCF_LINE_STATE] = { 409, "state", "the state of the object has no such event" },
		[DCF_LINE_NOT_YOURS] = { 409, "state", "that is the other side's to do" },
		[DCF_LINE_ROLE] = { 422, "role", "a duty role must act" },
		[DCF_LINE_THERE] = { 409, "exists", "an object of that id is there already" },
		[DCF_LINE_BODY] = { 422, "refused", "the body is not what the verb asks for" },
	};
	enum dcf_line_objection o = t->command[0].line->objection;
	struct dcf_span why = dcf_arena_copy(reply->request->arena, dcf_buf_as_span(&t->why));
	struct dcf_http_fault fault = { DCF_SPAN(""), why };

	if ((size_t)o >= sizeof say / sizeof *say || !say[o].text)
		o = DCF_LINE_FINE;
	while (fault.detail.len && fault.detail.p[fault.detail.len - 1] == '\n')
		fault.detail.len--;
	return dcf_http_problem_at(reply, say[o].status, say[o].kind,
				   fault.detail.len ? fault.detail : dcf_span_of(say[o].text), &fault, fault.detail.len > 0);
}

/* --- sending ------------------------------------------------------------------------------------------ */

static void put_sent_object(struct dcf_json *j, struct dcf_line_sending *m)
{
	struct dcf_line_object o;

	dcf_json_key(j, "object");
	if (m->row->machine == DCF_MACHINE_LINE || !dcf_line_find(m->line, m->peer_index, m->message.object, 0, &o)) {
		dcf_json_null(j);
		return;
	}
	dcf_json_begin(j, '{');
	dcf_line_put_object(j, m->api, m->line, &m->terms, &o);
	dcf_json_end(j, '}');
}

/* A repeated request: what it said the first time, with the id that was made then. */
static bool as_it_was(struct dcf_line_sending *m, uint64_t position)
{
	struct dcf_line_entry entry;
	struct dcf_jdoc doc = { 0 };
	enum dcf_status s = dcf_line_entry_read(m->api->store, position, &doc, m->rq->arena, &entry);

	dcf_jfree(&doc);
	if (s != DCF_OK || !entry.has_message)
		return false;
	m->message = entry.message;
	return true;
}

static DCF_API_HANDLER(sent)
{
	struct dcf_change_request *c = dcf_caller_of(rq)->change;
	struct dcf_line_sending *m = (struct dcf_line_sending *)c->ticket.command[0].line; /* its first member */
	struct dcf_json j = dcf_api_json(reply);

	(void)ctx;
	if (c->ticket.answer == DCF_TICKET_OBJECTED && c->ticket.objection == DCF_OBJECT_LINE)
		return objected(reply, &c->ticket);
	if (!dcf_api_ticket_fine(reply, &c->ticket))
		return DCF_HTTP_DONE;
	if (c->ticket.answer == DCF_TICKET_REPEATED && !as_it_was(m, c->ticket.first))
		return dcf_http_problem(reply, 503, "record", DCF_SPAN("the record cannot be read now"));
	reply->status = c->ticket.answer == DCF_TICKET_REPEATED ? 200 : 201;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "deconflict");
	dcf_json_i64(&j, 1);
	dcf_line_put_exercise(&j, m->api);
	dcf_json_key(&j, "position");
	dcf_json_i64(&j, (int64_t)c->ticket.first);
	dcf_json_key(&j, "repeated");
	dcf_json_bool(&j, c->ticket.answer == DCF_TICKET_REPEATED);
	put_reasons(&j, &m->why, false);
	put_message(&j, m);
	put_sent_object(&j, m);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	return DCF_HTTP_DONE;
}

static enum dcf_http_next send(struct dcf_line_sending *m, struct dcf_http_reply *reply)
{
	struct dcf_change_request *c = dcf_api_change(m->api, m->rq, 1);
	struct dcf_buf *note = dcf_arena_get(m->rq->arena, sizeof *note);

	if (!c || !note)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	*note = (struct dcf_buf){ .from = &m->api->heap };
	c->asking_out = note;
	m->command = (struct dcf_line_command){ .message = m->message, .signer = m->api->line_signer, .note = note };
	c->ticket.command[0].head.kind = DCF_ENTRY_LINE_OUT;
	c->ticket.command[0].head.party = m->message.to;
	c->ticket.command[0].line = &m->command;
	return dcf_api_submit(c, m->rq, reply, sent);
}

/* Asked again with the same key, the object stands as the first time left it: then nothing but its state may be against it, and
 * whoever keeps the record knows the key. */
static bool may_be_repeated(const struct dcf_line_sending *m)
{
	if (!dcf_http_header(m->rq, "Idempotency-Key").p)
		return false;
	for (size_t i = 0; i < m->why.count; i++) {
		const struct dcf_line_reason *r = &m->why.row[i];

		if (!r->holds && !r->info && strcmp(r->rule, "state") != 0 && strcmp(r->rule, "object") != 0)
			return false;
	}
	return true;
}

DCF_API_HANDLER(dcf_api_line_message_post)
{
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, false);
	struct dcf_line_sending *m = dcf_arena_get(rq->arena, sizeof *m);
	enum dcf_http_next next = DCF_HTTP_DONE;
	bool judged = false;

	if (!line)
		return DCF_HTTP_DONE;
	if (!m)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	memset(m, 0, sizeof *m);
	m->api = api;
	m->rq = rq;
	m->line = line;
	m->now_us = dcf_clock_wall_us(&api->clock);
	m->json.from = &api->heap;
	dcf_api_line_terms(api, &m->terms);
	if (dcf_line_sending_read(m, reply) && dcf_api_enter(api, reply, &m->view)) {
		judged = dcf_api_exercise_agrees(rq, reply, &m->view) && dcf_line_sending_judge(m, reply);
		if (judged && m->explain)
			next = explained(m, reply);
		dcf_state_leave(&m->view);
	}
	dcf_strict_json_free(&m->json);
	if (!judged || m->explain)
		return next;
	return m->why.all || may_be_repeated(m) ? send(m, reply) : stopped(m, reply);
}
