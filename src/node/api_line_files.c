/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_files.c - messages as they were signed: one by one, and as files for an air gap. */
#include "node/api_line.h"
#include "base/decimal.h"
#include "domain/message_page.h"
#include "node/line_file.h"

/* --- one message -------------------------------------------------------------------------------------- */

static enum dcf_http_next not_there(struct dcf_http_reply *reply)
{
	return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such message"));
}

/* Its position, or false after a problem. */
static bool find_message(struct dcf_line *line, struct dcf_http_request *rq, struct dcf_http_reply *reply, uint64_t *position)
{
	struct dcf_span way = dcf_http_param(rq, "way");
	uint32_t peer = dcf_api_line_peer(line, reply, dcf_http_param(rq, "party"));
	bool in = dcf_span_eq(way, DCF_SPAN("in"));
	uint64_t n;

	if (peer == DCF_NONE)
		return false;
	if ((in || dcf_span_eq(way, DCF_SPAN("out"))) && dcf_decimal_read(dcf_http_param(rq, "n"), &n) && n > 0 &&
	    dcf_line_message_at(line, peer, in, n, position))
		return true;
	(void)not_there(reply);
	return false;
}

/* How a message is wanted. */
enum form { AS_NOTE, AS_PAGE, AS_HTML };
struct wanted {
	enum form form;
	enum dcf_language language; /* beside English */
};

static bool read_wanted(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct wanted *w)
{
	static const char *const names[] = { "as", "lang", NULL };
	struct dcf_span as = dcf_http_query(rq, "as"), lang = dcf_http_query(rq, "lang");

	*w = (struct wanted){ AS_NOTE, DCF_ENGLISH };
	if (!dcf_http_query_known(rq, reply, names))
		return false;
	if (dcf_span_eq(as, DCF_SPAN("page")))
		w->form = AS_PAGE;
	else if (dcf_span_eq(as, DCF_SPAN("html")))
		w->form = AS_HTML;
	else if (as.p && !dcf_span_eq(as, DCF_SPAN("note")))
		return dcf_http_problem(reply, 400, "bad-query", DCF_SPAN("as: expected note, page or html")) == DCF_HTTP_PASS;
	w->language = lang.p ? dcf_language_of(lang) : DCF_ENGLISH;
	if (w->language == DCF_LANGUAGE_COUNT)
		return dcf_http_problem(reply, 400, "bad-query", DCF_SPAN("lang: expected en, ru or ar")) == DCF_HTTP_PASS;
	return true;
}

/* One page for the printer. */
static enum dcf_http_next put_page(struct dcf_api *api, struct dcf_line *line, struct dcf_http_reply *reply,
				   const struct dcf_line_entry *e, const struct wanted *w)
{
	struct dcf_view view;
	struct dcf_line_object o = { 0 };
	uint32_t peer = dcf_line_peer_of(line, e->head.party), ours;
	struct dcf_message_page page = { .message = &e->message,
					 .hash = dcf_message_hash(e->text),
					 .language = w->language,
					 .received_us = e->head.kind == DCF_ENTRY_LINE_IN ? e->head.at_us : DCF_TIME_NONE };
	enum dcf_status s;

	if (!dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	if (peer != DCF_NONE && e->message.object.len && dcf_line_find(line, peer, e->message.object, e->message.version, &o))
		page.words = dcf_span_of(o.words);
	ours = dcf_plan_find_party(&view.frame->plan, dcf_api_line_party(api));
	page.metric = ours != DCF_NONE && !view.frame->plan.parties[ours].in_feet;
	page.places = &view.frame->plan;
	s = w->form == AS_HTML ? dcf_message_page_html(&page, &api->heap, &reply->body)
			       : dcf_message_page_text(&page, &api->heap, &reply->body);
	dcf_state_leave(&view);
	if (s != DCF_OK)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	reply->status = 200;
	reply->type = w->form == AS_HTML ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
	if (w->form == AS_HTML)
		dcf_http_reply_header(reply, "Content-Security-Policy",
				      DCF_SPAN("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_line_message_get)
{
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, false);
	struct dcf_line_entry entry;
	struct dcf_jdoc doc = { 0 };
	struct wanted wanted;
	uint64_t position;
	enum dcf_status s;

	if (!line || !read_wanted(rq, reply, &wanted) || !find_message(line, rq, reply, &position))
		return DCF_HTTP_DONE;
	s = dcf_line_entry_read(api->store, position, &doc, rq->arena, &entry);
	dcf_jfree(&doc);
	if (s == DCF_E_NOT_FOUND)
		return dcf_http_problem(reply, 410, "erased", DCF_SPAN("the content was deleted when its retention ended"));
	if (s != DCF_OK || !entry.has_message)
		return dcf_http_problem(reply, 503, "record", DCF_SPAN("the record cannot be read now"));
	if (wanted.form != AS_NOTE)
		return put_page(api, line, reply, &entry, &wanted);
	reply->status = 200;
	reply->type = "text/plain; charset=utf-8";
	dcf_buf_span(&reply->body, entry.note);
	return DCF_HTTP_DONE;
}

/* --- files -------------------------------------------------------------------------------------------- */

DCF_API_HANDLER(dcf_api_line_export)
{
	static const char *const names[] = { "from", NULL };
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, false);
	struct dcf_node_error err = { 0 };
	uint64_t from, next = 0;
	struct dcf_buf number = { .from = &api->heap };
	uint32_t peer;
	enum dcf_status s;

	if (!line || !dcf_http_query_known(rq, reply, names) ||
	    !dcf_http_query_number(rq, reply, "from", 1, UINT64_MAX >> 12, 1, &from) ||
	    (peer = dcf_api_line_peer(line, reply, dcf_http_param(rq, "party"))) == DCF_NONE)
		return DCF_HTTP_DONE;
	s = dcf_line_file_write(api->state, api->store, &api->heap, peer, from, &reply->body, &next, &err);
	if (s == DCF_E_NOT_FOUND)
		return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("there is no message from that number on"));
	if (s != DCF_OK)
		return dcf_http_problem(reply, 503, "record", DCF_SPAN("the record cannot be read now"));
	dcf_buf_i64(&number, (int64_t)next);
	dcf_http_reply_header(reply, "Deconflict-Next", dcf_buf_as_span(&number));
	dcf_buf_free(&number);
	reply->status = 200;
	reply->type = "text/plain; charset=utf-8";
	return DCF_HTTP_DONE;
}

/* A file that is being taken. */
struct importing {
	struct dcf_api *api;
	struct dcf_http_request *rq;
	uint32_t peer;
	enum dcf_status status;
	struct dcf_node_error err;
	struct dcf_line_taken taken;
};

static void taken(void *ctx, const struct dcf_line_taken *result)
{
	struct importing *im = ctx;

	im->taken = *result;
	dcf_http_finish(im->rq);
}

/* Thousands of signatures: not on the connection's thread. */
static void run(void *ctx)
{
	struct importing *im = ctx;
	struct dcf_line_into into = {
		.from = &im->api->heap, .state = im->api->state, .store = im->api->store, .sequencer = im->api->sequencer
	};
	/* Where it is DCF_OK the request may be over, and `im` gone with it, before this returns. */
	enum dcf_status s = dcf_line_file_take(&into, im->peer, im->rq->body, taken, im, &im->err);

	if (s == DCF_OK)
		return;
	im->status = s;
	dcf_http_finish(im->rq);
}

static void hand_over(void *arg, struct dcf_http_request *rq)
{
	struct importing *im = arg;

	if (dcf_pool_put(im->api->pool, run, im))
		return;
	im->status = DCF_E_BUSY;
	dcf_http_finish(rq);
}

static enum dcf_http_next not_taken(struct dcf_http_reply *reply, const struct importing *im)
{
	struct dcf_span why = dcf_arena_copy(reply->request->arena, dcf_span_of(im->err.text));

	switch (im->status) {
	case DCF_E_SYNTAX:
	case DCF_E_LIMIT:
		return dcf_http_problem(reply, 422, "refused", why);
	case DCF_E_REFUSED:
		return dcf_http_problem(reply, 409, "peer", why);
	case DCF_E_NOT_FOUND:
		return dcf_http_problem(reply, 404, "not-found", why);
	default:
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
		return dcf_http_problem(reply, 503, "busy", DCF_SPAN("the file cannot be taken now"));
	}
}

static DCF_API_HANDLER(imported)
{
	/* Put there by dcf_api_line_import: it lives in the request's arena. */
	const struct importing *im = dcf_caller_of(rq)->change->ticket.ctx;
	struct dcf_json j = dcf_api_json(reply);

	if (im->status != DCF_OK)
		return not_taken(reply, im);
	if (im->taken.unavailable) {
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
		return dcf_http_problem(
			reply, 503, "record",
			DCF_SPAN("the record cannot be written now: import the file again, nothing is taken twice"));
	}
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "deconflict");
	dcf_json_i64(&j, 1);
	dcf_line_put_exercise(&j, ctx);
	dcf_json_key(&j, "messages");
	dcf_json_i64(&j, im->taken.notes);
	dcf_json_key(&j, "taken");
	dcf_json_i64(&j, im->taken.taken);
	dcf_json_key(&j, "repeated");
	dcf_json_i64(&j, im->taken.repeated);
	dcf_json_key(&j, "refused");
	if (im->taken.fault != DCF_LINE_NO_FAULT) {
		dcf_json_begin(&j, '{');
		dcf_json_key(&j, "fault");
		dcf_json_z(&j, dcf_line_fault_name(im->taken.fault));
		dcf_json_key(&j, "which");
		dcf_json_i64(&j, im->taken.which);
		dcf_json_key(&j, "why");
		dcf_json_z(&j, im->taken.why);
		dcf_json_end(&j, '}');
	} else {
		dcf_json_null(&j);
	}
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_line_import)
{
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, false);
	struct importing *im = dcf_arena_get(rq->arena, sizeof *im);
	struct dcf_change_request *c = dcf_api_change(api, rq, 0);
	uint32_t peer;

	if (!line || (peer = dcf_api_line_peer(line, reply, dcf_http_param(rq, "party"))) == DCF_NONE)
		return DCF_HTTP_DONE;
	if (!im || !c)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	*im = (struct importing){ .api = api, .rq = rq, .peer = peer };
	c->ticket.ctx = im;
	((struct dcf_caller *)rq->user)->change = c;
	return dcf_http_later(rq, imported, hand_over, im);
}
