/* SPDX-License-Identifier: Apache-2.0 */
/* api_declare.c - operations come, change and go.
 *
 *   stage 1   read, check, prepare                 on the connection's thread
 *   (queue)   decide, append, publish              sequencer.h
 *   stage 2   conflicts, as they are now           on the connection's thread again
 *   (pool)    ways out, where there are conflicts
 *   stage 3   the reply                                                              */
#include "node/api_declare.h"
#include "node/api_uss.h"
#include "base/decimal.h"
#include "crypto/hash.h"
#include "domain/declare.h"
#include "format/json.h"
#include "node/http_etag.h"

enum { OPERATIONS_MOST = 10000, OPTIONS_FOR_MOST = 10, OPTIONS_MS = 1500, KEY_MOST = 255 };

static enum dcf_http_next no_memory(struct dcf_http_reply *reply)
{
	dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
	return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
}

/* --- a request that changes something ---------------------------------------------------------------- */

static void ticket_done(struct dcf_ticket *t)
{
	dcf_http_finish(t->ctx);
}

static void hand_to_sequencer(void *arg, struct dcf_http_request *rq)
{
	struct dcf_change_request *c = arg;

	(void)rq;
	dcf_sequencer_put(c->api->sequencer, &c->ticket);
}

void dcf_api_change_free(struct dcf_change_request *c)
{
	dcf_buf_free(&c->ways_out);
	dcf_buf_free(&c->ticket.why);
	if (c->asking_out)
		dcf_buf_free(c->asking_out);
}

/* The token's roles, with blanks between them. */
static struct dcf_span roles_of(const struct dcf_claims *claims, struct dcf_arena *arena)
{
	size_t n = 0;
	char *p;

	for (size_t i = 0; i < claims->role_count; i++)
		n += claims->role[i].len + 1;
	p = n ? dcf_arena_get(arena, n) : NULL;
	if (!p)
		return DCF_SPAN("");
	n = 0;
	for (size_t i = 0; i < claims->role_count; i++) {
		if (i)
			p[n++] = ' ';
		memcpy(p + n, claims->role[i].p, claims->role[i].len);
		n += claims->role[i].len;
	}
	return (struct dcf_span){ p, n };
}

struct dcf_change_request *dcf_api_change(struct dcf_api *api, struct dcf_http_request *rq, size_t count)
{
	const struct dcf_claims *claims = dcf_caller_of(rq)->claims;
	struct dcf_change_request *c = dcf_arena_get(rq->arena, sizeof *c);
	struct dcf_span roles = roles_of(claims, rq->arena);

	if (!c || (claims->role_count && !roles.len))
		return NULL;
	*c = (struct dcf_change_request){ .api = api };
	c->ticket = (struct dcf_ticket){ .count = count, .done = ticket_done, .ctx = rq, .why = { .from = &api->heap } };
	c->ticket.command = dcf_arena_get(rq->arena, count * sizeof *c->ticket.command);
	c->ticket.op = dcf_arena_get(rq->arena, count * sizeof *c->ticket.op);
	c->name = dcf_arena_get(rq->arena, count * sizeof *c->name);
	if (!c->ticket.command || !c->ticket.op || !c->name)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		c->ticket.command[i] = (struct dcf_command){ .if_position = DCF_ANY_POSITION };
		c->ticket.command[i].head.by = claims->sub;
		c->ticket.command[i].head.member = claims->member;
		c->ticket.command[i].head.role = roles;
		c->ticket.op[i] = NULL;
		c->name[i] = (struct dcf_operation_name){ { NULL, 0 }, { NULL, 0 } };
	}
	return c;
}

/* Of a request with an Idempotency-Key: who asked with which key, and what. */
static bool take_key(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_change_request *c)
{
	struct dcf_span key = dcf_http_header(rq, "Idempotency-Key");
	const struct dcf_claims *claims = dcf_caller_of(rq)->claims;
	const struct dcf_span who[] = { claims->iss, claims->party, claims->sub };
	struct dcf_sha256 h;

	if (!key.p)
		return true;
	if (key.len == 0 || key.len > KEY_MOST) {
		(void)dcf_http_problem(reply, 400, "idempotency-key",
				       DCF_SPAN("Idempotency-Key: expected 1 to 255 characters"));
		return false;
	}
	/* A subject of one issuer and party is not that of another: each has keys of its own. */
	dcf_sha256_begin(&h);
	for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
		dcf_sha256_put(&h, who[i].p, who[i].len);
		dcf_sha256_put(&h, "", 1);
	}
	dcf_sha256_put(&h, key.p, key.len);
	c->ticket.key = dcf_sha256_end(&h);
	dcf_sha256_begin(&h);
	dcf_sha256_put(&h, &rq->method, sizeof rq->method);
	dcf_sha256_put(&h, rq->target.p, rq->target.len);
	dcf_sha256_put(&h, "\n", 1);
	dcf_sha256_put(&h, rq->body.p, rq->body.len);
	c->ticket.digest = dcf_sha256_end(&h);
	c->ticket.has_key = true;
	return true;
}

/* Operations that were made and are not the queue's. */
static void drop_ops(struct dcf_change_request *c)
{
	for (size_t i = 0; i < c->ticket.count; i++) {
		if (c->ticket.op[i])
			dcf_op_drop(c->ticket.op[i]);
		c->ticket.op[i] = NULL;
	}
}

/* Does every entry fit into the record?  A text may be longer there than it came. */
static bool fits(struct dcf_http_reply *reply, const struct dcf_change_request *c)
{
	/* What a head can have beside the body: names and hashes. */
	enum { HEAD_MOST = 16384 };

	for (size_t i = 0; i < c->ticket.count; i++) {
		struct dcf_http_fault fault = {
			DCF_SPAN(""), DCF_SPAN("found more than 16 MiB of text, as the record would have it, expected less")
		};

		if (c->ticket.command[i].head.body.len <= DCF_CONTENT_MAX - HEAD_MOST)
			continue;
		if (c->name[i].operation.len) {
			struct dcf_buf text = { .from = &c->api->heap };

			dcf_buf_z(&text, "operation ");
			dcf_buf_span(&text, c->name[i].operation);
			dcf_buf_z(&text, ": ");
			dcf_buf_span(&text, fault.detail);
			if (!text.failed)
				fault.detail = dcf_arena_copy(reply->request->arena, dcf_buf_as_span(&text));
			dcf_buf_free(&text);
		}
		(void)dcf_http_problem_at(reply, 413, "entry-too-large",
					  DCF_SPAN("nothing was taken: one object is larger than an entry of the record"),
					  &fault, 1);
		return false;
	}
	return true;
}

enum dcf_http_next dcf_api_submit(struct dcf_change_request *c, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				  dcf_http_handler second)
{
	if (!fits(reply, c) || !take_key(rq, reply, c)) {
		drop_ops(c);
		return DCF_HTTP_DONE;
	}
	((struct dcf_caller *)rq->user)->change = c;
	return dcf_http_later(rq, second, hand_to_sequencer, c);
}

/* --- declaring --------------------------------------------------------------------------------------- */

struct declaring {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	struct dcf_http_reply *reply;
	struct dcf_view *view;
	struct dcf_plan asked, kept; /* as it came; as the record will have it */
	struct dcf_buf text;         /* bodies, one behind the other */
	size_t *begin;               /* of each operation's body in it; one more for the end */
	struct dcf_op **ops;
	struct dcf_change_request *change;
};

/* The operations' texts as the record will have them, and the operations that follow from those. */
static enum dcf_status prepare(struct declaring *d)
{
	const struct dcf_alloc *a = &d->api->heap;
	uint32_t *first, *of;
	size_t n = d->asked.operation_count;
	enum dcf_status s = dcf_plan_group(&d->asked, d->rq->arena, &first, &of);

	d->begin = dcf_arena_get(d->rq->arena, (n + 1) * sizeof *d->begin);
	d->ops = dcf_arena_get(d->rq->arena, (n + 1) * sizeof *d->ops);
	if (s != DCF_OK || !d->begin || !d->ops)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		d->begin[i] = d->text.len;
		dcf_declare_write(&d->asked, of + first[i], first[i + 1] - first[i], &d->text);
	}
	d->begin[n] = d->text.len;
	if (d->text.failed)
		return DCF_E_NOMEM;
	s = dcf_declare_read_again(d->view->frame, DCF_SPAN("entry"), dcf_buf_as_span(&d->text), a, &d->kept);
	if (s == DCF_OK && d->kept.operation_count != n)
		s = DCF_E_REFUSED;
	return s == DCF_OK ? dcf_ops_make(&d->kept, a, d->ops) : s;
}

/* Shapes that cannot be: crossing rings and the like, which reading lets pass. */
static bool sound(struct declaring *d)
{
	for (size_t i = 0; i < d->asked.operation_count; i++) {
		const struct dcf_op *op = d->ops[i];
		uint32_t which;
		const char *why;
		enum dcf_status s = dcf_live_validate(&d->api->heap, op->live.features, op->live.feature_count, &which, &why);

		if (s == DCF_OK)
			continue;
		if (s == DCF_E_NOMEM)
			(void)no_memory(d->reply);
		else if (s == DCF_E_LIMIT)
			(void)dcf_api_shape_refused(d->reply, &d->asked, i, 0,
						    "found more features than one operation can have");
		else
			(void)dcf_api_shape_refused(d->reply, &d->asked, i, which, why);
		return false;
	}
	return true;
}

/* Is everything the caller's to declare, and of a PUT about the operation of the path? */
static bool entitled(struct declaring *d)
{
	struct dcf_span party = dcf_http_param(d->rq, "party"), operation = dcf_http_param(d->rq, "operation");

	for (size_t i = 0; i < d->asked.operation_count; i++) {
		const struct dcf_operation *o = &d->asked.operations[i];

		if (!dcf_caller_may_declare(dcf_caller_of(d->rq), d->asked.parties[o->party].id)) {
			(void)dcf_http_problem(d->reply, 403, "party",
					       DCF_SPAN("the token does not allow declaring for that party"));
			return false;
		}
		if (party.p && (d->asked.operation_count != 1 || !dcf_span_eq(o->id, operation) ||
				!dcf_span_eq(d->asked.parties[o->party].id, party))) {
			(void)dcf_http_problem(d->reply, 422, "another",
					       DCF_SPAN("found features of another operation than that of the path"));
			return false;
		}
	}
	if (d->asked.operation_count == 0 || d->asked.operation_count > OPERATIONS_MOST || d->asked.feature_count == 0) {
		(void)dcf_http_problem(d->reply, 422, "count", DCF_SPAN("expected 1 to 10,000 operations in one request"));
		return false;
	}
	return true;
}

static struct dcf_span keep(struct dcf_http_request *rq, struct dcf_span s)
{
	return dcf_arena_copy(rq->arena, s);
}

static bool fill_commands(struct declaring *d)
{
	size_t n = d->asked.operation_count;
	struct dcf_change_request *c = d->change = dcf_api_change(d->api, d->rq, n);
	struct dcf_span bodies = keep(d->rq, dcf_buf_as_span(&d->text));

	if (!c || !bodies.p)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct dcf_entry_head *h = &c->ticket.command[i].head;

		h->kind = DCF_ENTRY_OPERATION;
		h->party = keep(d->rq, d->asked.parties[d->asked.operations[i].party].id);
		h->operation = keep(d->rq, d->asked.operations[i].id);
		h->body = (struct dcf_span){ bodies.p + d->begin[i], d->begin[i + 1] - d->begin[i] };
		c->ticket.op[i] = d->ops[i];
		c->name[i] = (struct dcf_operation_name){ h->party, h->operation };
		if (!h->party.p || !h->operation.p)
			return false;
		d->ops[i] = NULL;
	}
	return true;
}

static void drop_prepared(struct declaring *d)
{
	for (size_t i = 0; d->ops && i < d->asked.operation_count; i++)
		if (d->ops[i])
			dcf_op_drop(d->ops[i]);
	dcf_plan_free(&d->asked);
	dcf_plan_free(&d->kept);
	dcf_buf_free(&d->text);
}

/* Warnings of reading go into the reply. */
static void keep_warnings(struct declaring *d)
{
	struct dcf_remark *to = dcf_arena_get(d->rq->arena, d->asked.remark_count * sizeof *to);

	if (!to)
		return;
	d->change->warning = to;
	for (size_t i = 0; i < d->asked.remark_count; i++) {
		struct dcf_remark r = d->asked.remarks[i];

		r.party = keep(d->rq, r.party);
		r.operation = keep(d->rq, r.operation);
		r.where = keep(d->rq, r.where);
		r.field = keep(d->rq, r.field);
		r.text = keep(d->rq, r.text);
		to[d->change->warning_count++] = r;
	}
}

/* Stage 1 of POST and PUT; the commands of *out are ready, or the reply is filled and it is NULL. */
static struct dcf_change_request *read_declaration(struct dcf_api *api, struct dcf_http_request *rq,
						   struct dcf_http_reply *reply)
{
	struct dcf_view view;
	struct declaring d = { .api = api, .rq = rq, .reply = reply, .view = &view, .text = { .from = &api->heap } };
	enum dcf_status s;

	if (!dcf_api_enter(api, reply, &view))
		return NULL;
	if (!dcf_api_exercise_agrees(rq, reply, &view)) {
		dcf_state_leave(&view);
		return NULL;
	}
	dcf_plan_init(&d.kept, &api->heap);
	s = dcf_declare_read(view.frame, DCF_SPAN("body"), rq->body, &api->heap, &d.asked);
	if (s == DCF_E_REFUSED) {
		(void)dcf_api_refused(reply, &d.asked);
	} else if (s == DCF_OK && entitled(&d) && dcf_api_names_fit(reply, &d.asked)) {
		s = prepare(&d);
		if (s == DCF_E_REFUSED)
			(void)dcf_http_problem(reply, 422, "refused",
					       DCF_SPAN("what was read cannot be written and read again"));
		else if (s == DCF_OK && sound(&d) && !fill_commands(&d))
			s = DCF_E_NOMEM;
	}
	if (s == DCF_OK && d.change)
		keep_warnings(&d);
	if (s == DCF_E_NOMEM || s == DCF_E_LIMIT) {
		(void)no_memory(reply);
		if (d.change)
			drop_ops(d.change);
		d.change = NULL;
	}
	drop_prepared(&d);
	dcf_state_leave(&view);
	return d.change;
}

bool dcf_api_read_options(struct dcf_http_request *rq, struct dcf_http_reply *reply, bool *options)
{
	static const char *const names[] = { "options", NULL };
	struct dcf_span wish = dcf_http_query(rq, "options");

	if (!dcf_http_query_known(rq, reply, names))
		return false;
	*options = !dcf_span_eq(wish, DCF_SPAN("none"));
	if (!wish.p || !*options || dcf_span_eq(wish, DCF_SPAN("some")))
		return true;
	(void)dcf_http_problem(reply, 400, "bad-query", DCF_SPAN("options: expected some or none"));
	return false;
}

DCF_API_HANDLER(dcf_api_operations_post)
{
	bool options;
	struct dcf_change_request *c;

	if (!dcf_api_read_options(rq, reply, &options) || !(c = read_declaration(ctx, rq, reply)))
		return DCF_HTTP_DONE;
	c->options = options;
	for (size_t i = 0; i < c->ticket.count; i++)
		c->ticket.command[i].must_be_new = true;
	return dcf_api_submit(c, rq, reply, dcf_api_declared);
}

/* If-Match: "4711" names the version that is to be changed; If-None-Match: * that there is none. */
bool dcf_api_read_match(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_command *command)
{
	struct dcf_span match = dcf_http_header(rq, "If-Match"), none = dcf_http_header(rq, "If-None-Match");

	if (none.p && dcf_span_eq(none, DCF_SPAN("*")))
		command->must_be_new = true;
	else if (none.p)
		goto bad;
	if (!match.p)
		return true;
	if (dcf_span_eq(match, DCF_SPAN("*"))) {
		command->must_be_there = true;
		return true;
	}
	if (match.len >= 3 && match.p[0] == '"' && match.p[match.len - 1] == '"' &&
	    dcf_decimal_read((struct dcf_span){ match.p + 1, match.len - 2 }, &command->if_position))
		return true;
bad:
	(void)dcf_http_problem(reply, 412, "changed",
			       DCF_SPAN("If-Match or If-None-Match names nothing that was ever an ETag here"));
	return false;
}

DCF_API_HANDLER(dcf_api_operation_put)
{
	bool options;
	struct dcf_change_request *c;
	struct dcf_command match = { .if_position = DCF_ANY_POSITION };

	if (!dcf_api_read_options(rq, reply, &options) || !dcf_api_read_match(rq, reply, &match) ||
	    !(c = read_declaration(ctx, rq, reply)))
		return DCF_HTTP_DONE;
	c->options = options;
	c->ticket.command[0].must_be_new = match.must_be_new;
	c->ticket.command[0].must_be_there = match.must_be_there;
	c->ticket.command[0].if_position = match.if_position;
	return dcf_api_submit(c, rq, reply, dcf_api_declared);
}

/* --- events ------------------------------------------------------------------------------------------ */

static enum dcf_http_next change_state(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				       enum dcf_op_event event)
{
	struct dcf_span party = dcf_http_param(rq, "party");
	struct dcf_change_request *c;
	struct dcf_command *command;

	if (!dcf_caller_may_declare(dcf_caller_of(rq), party))
		return dcf_http_problem(reply, 403, "party", DCF_SPAN("the token does not allow declaring for that party"));
	c = dcf_api_change(api, rq, 1);
	if (!c)
		return no_memory(reply);
	command = c->ticket.command;
	if (!dcf_api_read_match(rq, reply, command))
		return DCF_HTTP_DONE;
	command->head.kind = DCF_ENTRY_EVENT;
	command->head.event = (uint8_t)event;
	command->head.party = party;
	command->head.operation = dcf_http_param(rq, "operation");
	c->name[0] = (struct dcf_operation_name){ party, command->head.operation };
	return dcf_api_submit(c, rq, reply, dcf_api_changed);
}

DCF_API_HANDLER(dcf_api_operation_event)
{
	enum dcf_op_event event = dcf_op_event_of(dcf_http_param(rq, "event"));

	if (event == DCF_OP_EVENT_COUNT || event == DCF_OP_DECLARE || event == DCF_OP_NEW_VERSION ||
	    event == DCF_OP_WINDOW_OVER)
		return dcf_http_problem(reply, 404, "not-found",
					DCF_SPAN("expected activate, leave_volume, regain, give_up, emergency, end or cancel"));
	return change_state(ctx, rq, reply, event);
}

/* Withdrawing is cancelling what has not begun, and ending what has. */
DCF_API_HANDLER(dcf_api_operation_delete)
{
	struct dcf_api *api = ctx;
	struct dcf_view view;
	uint32_t party;
	const struct dcf_op *op;
	enum dcf_op_event event;

	if (!dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	party = dcf_plan_find_party(&view.frame->plan, dcf_http_param(rq, "party"));
	op = party == DCF_NONE ? NULL : dcf_view_find(&view, party, dcf_http_param(rq, "operation"));
	event = op && atomic_load(&op->state) != DCF_OP_DECLARED ? DCF_OP_END : DCF_OP_CANCEL;
	dcf_state_leave(&view);
	return change_state(api, rq, reply, event);
}

/* --- replies ----------------------------------------------------------------------------------------- */

/* The operations of the request as they are now: another one may have changed them since. */
static size_t find_all(const struct dcf_change_request *c, const struct dcf_view *view, const struct dcf_op **ops)
{
	size_t n = 0;

	for (size_t i = 0; i < c->ticket.count; i++) {
		uint32_t party = dcf_plan_find_party(&view->frame->plan, c->name[i].party);
		const struct dcf_op *op = party == DCF_NONE ? NULL : dcf_view_find(view, party, c->name[i].operation);

		if (op)
			ops[n++] = op;
	}
	return n;
}

static void put_beginning(struct dcf_json *j, const struct dcf_change_request *c, const struct dcf_view *view,
			  const struct dcf_op *const *ops, size_t n)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "deconflict");
	dcf_json_i64(j, 1);
	dcf_json_key(j, "position");
	dcf_json_i64(j, (int64_t)(c->ticket.first + c->ticket.taken));
	dcf_json_key(j, "repeated");
	dcf_json_bool(j, c->ticket.answer == DCF_TICKET_REPEATED);
	dcf_api_put_exercise(j, view);
	dcf_json_key(j, "operations");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < n; i++) {
		dcf_json_begin(j, '{');
		dcf_api_put_operation(j, view, ops[i]);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

static void put_tag(struct dcf_http_request *rq, struct dcf_http_reply *reply, const struct dcf_op *op)
{
	char *tag = dcf_arena_get(rq->arena, 24);

	if (tag)
		dcf_http_reply_header(reply, "ETag", dcf_etag_of(dcf_op_tag(op), tag));
}

/* It is done; that what it meets cannot be told now must not look as if it met nothing. */
static enum dcf_http_next done_unchecked(struct dcf_http_reply *reply)
{
	reply->body.len = 0;
	return dcf_http_problem(
		reply, 500, "declared-unchecked",
		DCF_SPAN("the operations are declared, but their conflicts could not be worked out: ask for them"));
}

DCF_API_HANDLER(dcf_api_changed)
{
	struct dcf_change_request *c = dcf_caller_of(rq)->change;
	struct dcf_json j = dcf_api_json(reply);
	const struct dcf_op *op = NULL;
	struct dcf_view view;
	enum dcf_status s;
	size_t n;

	(void)ctx;
	if (!dcf_api_ticket_fine(reply, &c->ticket) || !dcf_api_enter(c->api, reply, &view))
		return DCF_HTTP_DONE;
	reply->status = 200;
	n = find_all(c, &view, &op);
	put_beginning(&j, c, &view, &op, n);
	s = dcf_uss_put_meetings(c->api, &j, &view, &op, n);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	if (n)
		put_tag(rq, reply, op);
	dcf_state_leave(&view);
	return s == DCF_OK ? DCF_HTTP_DONE : done_unchecked(reply);
}

/* --- ways out, on the pool --------------------------------------------------------------------------- */

static bool time_is_up(void *ctx)
{
	const struct dcf_change_request *c = ctx;

	return atomic_load(&c->api->hurry) || dcf_clock_mono_us(&c->api->clock) > c->options_until_us;
}

static void find_ways_out(void *ctx)
{
	struct dcf_change_request *c = ctx;
	struct dcf_http_request *rq = c->ticket.ctx;
	const struct dcf_op **ops = dcf_arena_get(rq->arena, c->ticket.count * sizeof *ops);
	struct dcf_view view;
	size_t put = 0;

	c->options_until_us = dcf_clock_mono_us(&c->api->clock) + OPTIONS_MS * 1000;
	if (ops && dcf_state_enter(c->api->state, &view) == DCF_OK) {
		struct dcf_question q = { dcf_caller_of(rq), &view, ops, find_all(c, &view, ops), NULL, NULL, c->api->store };

		for (size_t i = 0; i < q.count && i < OPTIONS_FOR_MOST; i++) {
			size_t before = c->ways_out.len;

			if (put)
				dcf_buf_char(&c->ways_out, ',');
			if (dcf_answer_options(&q, i, c->api->version, time_is_up, c, &c->api->heap, &c->ways_out) == DCF_OK)
				put++;
			else
				c->ways_out.len = before;
		}
		dcf_state_leave(&view);
	}
	dcf_http_finish(rq);
}

static void hand_to_pool(void *arg, struct dcf_http_request *rq)
{
	struct dcf_change_request *c = arg;

	if (!dcf_pool_put(c->api->pool, find_ways_out, c))
		dcf_http_finish(rq);
}

static enum dcf_http_next finish_declared(struct dcf_change_request *c, struct dcf_http_reply *reply)
{
	struct dcf_buf *out = &reply->body;

	if (c->ways_out.len) {
		dcf_buf_z(out, ",\"options\":[");
		dcf_buf_span(out, dcf_buf_as_span(&c->ways_out));
		dcf_buf_z(out, "]");
	}
	dcf_buf_z(out, "}\n");
	return DCF_HTTP_DONE;
}

static DCF_API_HANDLER(declared_third)
{
	(void)ctx;
	return finish_declared(dcf_caller_of(rq)->change, reply);
}

DCF_API_HANDLER(dcf_api_declared)
{
	struct dcf_change_request *c = dcf_caller_of(rq)->change;
	const struct dcf_op **ops = dcf_arena_get(rq->arena, c->ticket.count * sizeof *ops);
	struct dcf_plan remarks = { .remarks = c->warning, .remark_count = c->warning_count };
	struct dcf_json j = dcf_api_json(reply);
	struct dcf_view view;
	size_t n, conflicts = 0;
	enum dcf_status s;

	(void)ctx;
	c->ways_out.from = &c->api->heap;
	if (!dcf_api_ticket_fine(reply, &c->ticket) || !ops || !dcf_api_enter(c->api, reply, &view))
		return ops ? DCF_HTTP_DONE : no_memory(reply);
	n = find_all(c, &view, ops);
	reply->status = c->ticket.answer == DCF_TICKET_REPEATED ? 200 : 201;
	put_beginning(&j, c, &view, ops, n);
	s = dcf_uss_put_meetings(c->api, &j, &view, ops, n);
	dcf_buf_z(&reply->body, ",\"check\":");
	if (s == DCF_OK)
		s = dcf_answer_check(&(struct dcf_question){ dcf_caller_of(rq), &view, ops, n, NULL, &remarks, c->api->store },
				     c->api->version, &c->api->heap, &reply->body, &conflicts);
	if (n == 1)
		put_tag(rq, reply, ops[0]);
	dcf_state_leave(&view);
	if (s != DCF_OK)
		return done_unchecked(reply);
	if (conflicts && c->options && c->ticket.count <= OPTIONS_FOR_MOST)
		return dcf_http_later(rq, declared_third, hand_to_pool, c);
	return finish_declared(c, reply);
}
