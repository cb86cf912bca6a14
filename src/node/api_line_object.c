/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_object.c - one object of the line, whole: what was said, by whom, when by both clocks; what differs; and of a notice
 * that came what of ours is inside, and the ways out. */
#include "node/api_line.h"
#include "format/json_members.h"
#include "node/line_notice.h"

/* A peer may have filled messages to the brim: what is shown of them has an end. */
enum { HISTORY_MOST = 500, HISTORY_BYTES = 16 << 20, OPTIONS_FOR_MOST = 5, OPTIONS_MS = 5000 };

/* One question.  In the request's arena. */
struct looking {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	struct dcf_line *line;
	struct dcf_line_object object;
	struct dcf_line_terms terms;
	bool options;
	int64_t until_us;
	struct dcf_view view;
	struct dcf_arena arena; /* of what is read out of the record */
	struct dcf_jdoc doc;
	struct dcf_span notified, heard; /* objects: as notified, as read back last; absent without */
	struct dcf_message notice;
	struct dcf_op *made; /* the notice as an operation, where it does not stand here */
	struct dcf_buf out;
	enum dcf_status status;
};

/* --- what was said ------------------------------------------------------------------------------------ */

static void put_message(struct dcf_json *j, const struct dcf_message *m)
{
	dcf_json_key(j, "from");
	dcf_json_string(j, m->from);
	dcf_json_key(j, "n");
	dcf_json_i64(j, (int64_t)m->n);
	dcf_json_key(j, "verb");
	dcf_json_z(j, dcf_verb_row((enum dcf_verb)m->verb)->name);
	dcf_line_put_time(j, "sent", m->at_us);
	dcf_json_key(j, "precedence");
	dcf_json_z(j, dcf_precedence_name((enum dcf_precedence)m->precedence));
	dcf_json_key(j, "role");
	if (m->role.len)
		dcf_json_string(j, m->role);
	else
		dcf_json_null(j);
	dcf_line_put_ids(j, "releasable_to", m->releasable_to);
	dcf_json_key(j, "body");
	dcf_json_raw(j, m->body);
}

/* The member `object` of a message's body, as it stands. */
static struct dcf_span object_of(struct looking *k, struct dcf_span body)
{
	struct dcf_json_members it = dcf_json_members_of(body);
	struct dcf_span name, value;

	while (dcf_json_members_next(&it, &name, &value))
		if (dcf_span_eq(name, DCF_SPAN("object")))
			return dcf_arena_copy(&k->arena, value);
	return (struct dcf_span){ NULL, 0 };
}

static void remember(struct looking *k, const struct dcf_message *m)
{
	struct dcf_span object = object_of(k, m->body);

	if (m->verb == DCF_VERB_READ_BACK && object.p)
		k->heard = object;
	if (m->verb == DCF_VERB_READ_BACK || !dcf_verb_row((enum dcf_verb)m->verb)->begins || m->version != k->object.version)
		return;
	k->notified = object;
	k->notice = *m;
}

static const char *kind_of(uint8_t kind)
{
	switch ((enum dcf_entry_kind)kind) {
	case DCF_ENTRY_LINE_OUT:
		return "out";
	case DCF_ENTRY_LINE_IN:
		return "in";
	case DCF_ENTRY_LINE_CLOCK:
		return "clock";
	default:
		return "record";
	}
}

static enum dcf_status put_entry(struct looking *k, struct dcf_json *j, uint64_t position)
{
	struct dcf_line_entry e;
	enum dcf_status s = dcf_line_entry_read(k->api->store, position, &k->doc, &k->arena, &e);

	if (s != DCF_OK && s != DCF_E_NOT_FOUND)
		return s;
	dcf_json_begin(j, '{');
	dcf_json_key(j, "position");
	dcf_json_i64(j, (int64_t)position);
	dcf_json_key(j, "kind");
	dcf_json_z(j, s == DCF_E_NOT_FOUND ? "erased" : kind_of(e.head.kind));
	dcf_line_put_time(j, "at", s == DCF_E_NOT_FOUND ? DCF_TIME_NONE : e.head.at_us);
	if (e.has_message) {
		put_message(j, &e.message);
		remember(k, &e.message);
	}
	if (e.head.by.len) {
		dcf_json_key(j, "by");
		dcf_json_string(j, e.head.by);
	}
	dcf_json_end(j, '}');
	return DCF_OK;
}

static enum dcf_status put_history(struct looking *k, struct dcf_json *j)
{
	uint64_t *positions = dcf_arena_get(k->rq->arena, HISTORY_MOST * sizeof *positions);
	size_t n = positions ? dcf_line_history(k->line, k->object.serial, 0, positions, HISTORY_MOST) : 0;
	enum dcf_status s = positions ? DCF_OK : DCF_E_NOMEM;

	dcf_json_key(j, "history");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < n && s == DCF_OK && k->out.len < HISTORY_BYTES; i++)
		s = put_entry(k, j, positions[i]);
	dcf_json_end(j, ']');
	return s;
}

/* --- what differs ------------------------------------------------------------------------------------- */

/* Field by field where the object was read back, else the check-words. */
static enum dcf_status put_difference(struct looking *k, struct dcf_json *j)
{
	struct dcf_buf lines = { .from = &k->api->heap };
	struct dcf_jdoc other = { 0 };
	struct dcf_jval sent, heard;
	enum dcf_status s = DCF_OK;

	if (k->object.their_words[0] && k->notified.p && k->heard.p) {
		s = dcf_line_parse(k->notified, &k->arena, &k->doc, &sent);
		s = s == DCF_OK ? dcf_line_parse(k->heard, &k->arena, &other, &heard) : s;
		s = s == DCF_OK ? dcf_notice_object_differ(sent, heard, &lines) : s;
	}
	if (k->object.their_words[0]) {
		dcf_buf_z(&lines, "check-words: notified ");
		dcf_buf_z(&lines, k->object.words);
		dcf_buf_z(&lines, ", read back ");
		dcf_buf_z(&lines, k->object.their_words);
		dcf_buf_char(&lines, '\n');
	}
	dcf_line_put_split(j, "difference", dcf_buf_as_span(&lines), '\n');
	dcf_jfree(&other);
	dcf_buf_free(&lines);
	return s;
}

static enum dcf_status put_words(struct looking *k, struct dcf_json *j)
{
	struct dcf_buf lines = { .from = &k->api->heap };
	enum dcf_status s = DCF_OK;

	if (k->notified.p)
		s = dcf_line_object_lines(k->notified, k->view.frame, &k->api->heap, &lines);
	dcf_line_put_split(j, "lines", dcf_buf_as_span(&lines), '\n');
	dcf_buf_free(&lines);
	return s;
}

/* --- what of ours is inside --------------------------------------------------------------------------- */

/* The notice as an operation: as it stands here, or made from what came. */
static enum dcf_status notice_as_op(struct looking *k, uint32_t party, const struct dcf_op **op)
{
	struct dcf_buf text = { .from = &k->api->heap };
	struct dcf_span id = dcf_span_of(k->object.id);
	enum dcf_status s;

	*op = dcf_view_find(&k->view, party, id);
	if (*op && !dcf_op_final((enum dcf_op_state)atomic_load(&(*op)->state)))
		return DCF_OK;
	*op = NULL;
	s = dcf_line_operation_of(k->view.frame, &k->notice, id, dcf_api_line_party(k->api), &k->api->heap, &text, &k->made,
				  NULL);
	dcf_buf_free(&text);
	if (s != DCF_OK)
		return s == DCF_E_REFUSED ? DCF_OK : s;
	k->made->pending_state = DCF_OP_DECLARED;
	atomic_store(&k->made->state, DCF_OP_DECLARED);
	*op = k->made;
	return DCF_OK;
}

struct own {
	struct looking *k;
	uint32_t party;
	const struct dcf_op *op[OPTIONS_FOR_MOST];
	size_t count;
};

static enum dcf_status take_own(void *ctx, const struct dcf_live_hit *hit)
{
	struct own *own = ctx;
	const struct dcf_op *op = hit->op->owner;

	if (!hit->advisory && op->live.party == own->party && own->count < OPTIONS_FOR_MOST)
		own->op[own->count++] = op;
	return DCF_OK;
}

static bool time_is_up(void *ctx)
{
	const struct looking *k = ctx;

	return atomic_load(&k->api->hurry) || dcf_clock_mono_us(&k->api->clock) > k->until_us;
}

/* Ways out for those of ours that meet it, each kept clear of everything that we know of. */
static enum dcf_status put_options(struct looking *k, const struct dcf_op *op)
{
	struct own own = { .k = k, .party = dcf_plan_find_party(&k->view.frame->plan, dcf_api_line_party(k->api)) };
	struct dcf_live_scratch scratch = { .from = &k->api->heap };
	struct dcf_live_probe probe = { .party = op->live.party,
					.feature_count = op->live.feature_count,
					.features = op->live.features,
					.except = { &op->live, NULL } };
	enum dcf_status s = dcf_live_meet(dcf_view_live(&k->view), &k->view.live, &probe, &scratch, take_own, &own);
	struct dcf_question q = { dcf_caller_of(k->rq), &k->view, own.op, own.count, NULL, NULL, k->api->store };
	size_t put = 0;

	k->until_us = dcf_clock_mono_us(&k->api->clock) + OPTIONS_MS * 1000;
	dcf_buf_z(&k->out, ",\"options\":[");
	for (size_t i = 0; i < own.count && s == DCF_OK; i++) {
		size_t before = k->out.len;

		if (put)
			dcf_buf_char(&k->out, ',');
		s = dcf_answer_options(&q, i, k->api->version, time_is_up, k, &k->api->heap, &k->out);
		put += s == DCF_OK;
		if (s != DCF_OK)
			k->out.len = before;
		if (s == DCF_E_NOT_FOUND)
			s = DCF_OK;
	}
	dcf_buf_char(&k->out, ']');
	dcf_live_scratch_free(&scratch);
	return s;
}

/* CHECK of the notice against everything that this side knows of, its own operations first, disclosed or not. */
static enum dcf_status put_inside(struct looking *k)
{
	uint32_t party = dcf_plan_find_party(&k->view.frame->plan, k->notice.from);
	const struct dcf_op *op = NULL;
	struct dcf_question q = { dcf_caller_of(k->rq), &k->view, &op, 1, NULL, NULL, k->api->store };
	size_t conflicts = 0;
	enum dcf_status s = party == DCF_NONE ? DCF_OK : notice_as_op(k, party, &op);

	dcf_buf_z(&k->out, ",\"inside\":");
	if (s != DCF_OK || !op) {
		dcf_buf_z(&k->out, "null");
		return s;
	}
	dcf_buf_z(&k->out, "{\"check\":");
	s = dcf_answer_check(&q, k->api->version, &k->api->heap, &k->out, &conflicts);
	/* The search keeps clear of what stands: of a notice that does not stand here it knows nothing. */
	if (s == DCF_OK && conflicts && k->options && op != k->made)
		s = put_options(k, op);
	dcf_buf_char(&k->out, '}');
	return s;
}

/* --- the question ------------------------------------------------------------------------------------- */

static bool wants_inside(const struct looking *k)
{
	return k->object.machine == DCF_MACHINE_NOTIFICATION && !k->object.ours && dcf_line_is_open(&k->object) &&
	       k->notified.p;
}

static enum dcf_status put_all(struct looking *k)
{
	struct dcf_json j = { .out = &k->out };
	enum dcf_status s;

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "deconflict");
	dcf_json_i64(&j, 1);
	dcf_line_put_object(&j, k->api, k->line, &k->terms, &k->object);
	s = put_history(k, &j);
	s = s == DCF_OK ? put_words(k, &j) : s;
	s = s == DCF_OK ? put_difference(k, &j) : s;
	if (s == DCF_OK && wants_inside(k))
		s = put_inside(k);
	dcf_buf_z(&k->out, "}\n");
	return k->out.failed ? DCF_E_NOMEM : s;
}

static void close_looking(struct looking *k)
{
	if (k->made)
		dcf_op_drop(k->made);
	k->made = NULL;
	dcf_state_leave(&k->view);
	dcf_jfree(&k->doc);
	dcf_arena_free(&k->arena);
}

static void run(void *ctx)
{
	struct looking *k = ctx;

	k->status = put_all(k);
	close_looking(k);
	dcf_http_finish(k->rq);
}

static void hand_to_pool(void *arg, struct dcf_http_request *rq)
{
	struct looking *k = arg;

	if (dcf_pool_put(k->api->pool, run, k))
		return;
	k->status = DCF_E_BUSY;
	close_looking(k);
	dcf_http_finish(rq);
}

static DCF_API_HANDLER(looked)
{
	const struct looking *k = dcf_caller_of(rq)->change->ticket.ctx;

	(void)ctx;
	if (k->status != DCF_OK) {
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
		return dcf_http_problem(reply, 503, "busy", DCF_SPAN("this could not be worked out"));
	}
	reply->status = 200;
	dcf_buf_span(&reply->body, dcf_buf_as_span(&k->out));
	return DCF_HTTP_DONE;
}

/* Which object: the newest of that id, of any peer or of one, or one version. */
static bool find(struct looking *k, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	static const char *const names[] = { "peer", "version", "options", NULL };
	struct dcf_span peer = dcf_http_query(rq, "peer"), options = dcf_http_query(rq, "options");
	uint32_t index = DCF_NONE;
	uint64_t version;

	if (!dcf_http_query_known(rq, reply, names) || !dcf_http_query_number(rq, reply, "version", 1, UINT32_MAX, 0, &version))
		return false;
	if (options.p && !dcf_span_eq(options, DCF_SPAN("some")) && !dcf_span_eq(options, DCF_SPAN("none"))) {
		(void)dcf_http_problem(reply, 400, "bad-query", DCF_SPAN("options: expected some or none"));
		return false;
	}
	k->options = !dcf_span_eq(options, DCF_SPAN("none"));
	if (peer.p && (index = dcf_api_line_peer(k->line, reply, peer)) == DCF_NONE)
		return false;
	if (dcf_line_find(k->line, index, dcf_http_param(rq, "id"), (uint32_t)version, &k->object))
		return true;
	(void)dcf_http_problem(reply, 404, "not-found", DCF_SPAN("there is no such object on the line"));
	return false;
}

DCF_API_HANDLER(dcf_api_line_object)
{
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, false);
	struct looking *k = dcf_arena_get(rq->arena, sizeof *k);
	struct dcf_change_request *c = dcf_api_change(api, rq, 0);

	if (!line)
		return DCF_HTTP_DONE;
	if (!k || !c)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	memset(k, 0, sizeof *k);
	k->api = api;
	k->rq = rq;
	k->line = line;
	k->arena.from = k->out.from = &api->heap;
	if (!find(k, rq, reply))
		return DCF_HTTP_DONE;
	dcf_api_line_terms(api, &k->terms);
	c->ticket.ctx = k;
	c->asking_out = &k->out;
	((struct dcf_caller *)rq->user)->change = c;
	if (!dcf_api_enter(api, reply, &k->view))
		return DCF_HTTP_DONE;
	return dcf_http_later(rq, looked, hand_to_pool, k);
}
