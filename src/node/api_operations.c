/* SPDX-License-Identifier: Apache-2.0 */
/* api_operations.c - operations are shown and listed.  Changing them is in api_declare.c. */
#include "node/api.h"
#include "domain/entry_head.h"
#include "format/geojson_parts.h"
#include "format/json.h"
#include "node/http_etag.h"

enum { PAGE_USUAL = 100, PAGE_MOST = 1000 };

uint64_t dcf_op_tag(const struct dcf_op *op)
{
	uint64_t event = atomic_load(&op->event_position);

	return event > op->position ? event : op->position;
}

static void put_releasable(struct dcf_json *j, const struct dcf_view *view, const struct dcf_op *op)
{
	dcf_json_key(j, "releasable_to");
	dcf_json_begin(j, '[');
	for (uint32_t i = 0; i < op->releasable_count; i++)
		dcf_json_string(j, view->frame->plan.parties[op->releasable_to[i]].id);
	for (uint32_t i = 0; i < op->released_name_count; i++)
		dcf_json_string(j, op->released_names[i]);
	dcf_json_end(j, ']');
}

void dcf_api_put_exercise(struct dcf_json *j, const struct dcf_view *view)
{
	if (!dcf_view_facts(view).exercise)
		return;
	dcf_json_key(j, "exercise");
	dcf_json_bool(j, true);
}

/* "/v1/operations/PARTY/ID" with everything but unreserved characters percent-encoded (RFC 3986 2.3). */
static void put_href(struct dcf_buf *out, struct dcf_span s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			     c == '.' || c == '_' || c == '~';

		if (plain) {
			dcf_buf_char(out, (char)c);
			continue;
		}
		dcf_buf_char(out, '%');
		dcf_buf_char(out, hex[c >> 4]);
		dcf_buf_char(out, hex[c & 15]);
	}
}

void dcf_api_put_operation(struct dcf_json *j, const struct dcf_view *view, const struct dcf_op *op)
{
	struct dcf_span party = view->frame->plan.parties[op->live.party].id;
	char tag[24];

	dcf_json_key(j, "party");
	dcf_json_string(j, party);
	dcf_json_key(j, "operation");
	dcf_json_string(j, op->id);
	dcf_json_key(j, "version");
	dcf_json_i64(j, op->version);
	dcf_json_key(j, "state");
	dcf_json_z(j, dcf_op_state_name((enum dcf_op_state)atomic_load(&op->state)));
	dcf_json_key(j, "position");
	dcf_json_i64(j, (int64_t)op->position);
	dcf_json_key(j, "etag");
	dcf_json_string(j, dcf_etag_of(dcf_op_tag(op), tag));
	dcf_json_key(j, "href");
	dcf_json_raw(j, DCF_SPAN("\"/v1/operations/"));
	put_href(j->out, party);
	dcf_buf_char(j->out, '/');
	put_href(j->out, op->id);
	dcf_buf_char(j->out, '"');
	dcf_json_key(j, "start");
	dcf_json_time(j, op->start_us);
	dcf_json_key(j, "end");
	dcf_json_time(j, op->end_us);
	put_releasable(j, view, op);
	dcf_api_put_exercise(j, view);
}

/* --- one operation ----------------------------------------------------------------------------------- */

/* The operation of the path, or NULL after a 404.  What the caller may not know of is not there: the answer is the same. */
static const struct dcf_op *find(struct dcf_http_request *rq, struct dcf_http_reply *reply, const struct dcf_view *view)
{
	uint32_t party = dcf_plan_find_party(&view->frame->plan, dcf_http_param(rq, "party"));
	const struct dcf_op *op = party == DCF_NONE ? NULL : dcf_view_find(view, party, dcf_http_param(rq, "operation"));

	if (op && dcf_caller_may_know(dcf_caller_of(rq), view, op))
		return op;
	(void)dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such operation"));
	return NULL;
}

/* The features as they were declared, from the record. */
struct declared {
	struct dcf_buf *out;
	bool erased, bad;
};

static enum dcf_status take_body(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct declared *d = ctx;
	const char *end = entry->content.len ? memchr(entry->content.p, '\n', entry->content.len) : NULL;
	struct dcf_span body;

	(void)position;
	d->erased = entry->erased;
	if (!end) {
		d->bad = !entry->erased;
		return DCF_OK;
	}
	body = (struct dcf_span){ end + 1, (size_t)(entry->content.p + entry->content.len - end) - 1 };
	/* One feature a line, each line ended. */
	while (body.len) {
		const char *line = memchr(body.p, '\n', body.len);
		size_t n = line ? (size_t)(line - body.p) : body.len;

		if (d->out->len && d->out->p[d->out->len - 1] != '[')
			dcf_buf_z(d->out, ",\n");
		dcf_buf_put(d->out, body.p, n);
		n += line ? 1 : 0;
		body = (struct dcf_span){ body.p + n, body.len - n };
	}
	return DCF_OK;
}

/* --- who acted: for its own party ---------------------------------------------------------------------- */

struct acts {
	struct dcf_json *j;
	struct dcf_arena *arena;
	struct dcf_jdoc doc;
};

static void put_text(struct dcf_json *j, const char *key, struct dcf_span s)
{
	if (!s.len)
		return;
	dcf_json_key(j, key);
	dcf_json_string(j, s);
}

/* What the clock did nobody did. */
static enum dcf_status take_act(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct acts *k = ctx;
	struct dcf_entry_head head;
	const char *why;
	bool declared;

	if (entry->erased || dcf_entry_read(entry->content, &k->doc, k->arena, &head, &why) != DCF_OK)
		return DCF_OK;
	declared = head.kind == DCF_ENTRY_OPERATION;
	if (!declared && head.kind != DCF_ENTRY_EVENT)
		return DCF_OK;
	dcf_json_begin(k->j, '{');
	dcf_json_key(k->j, "position");
	dcf_json_i64(k->j, (int64_t)position);
	dcf_json_key(k->j, "at_us");
	dcf_json_i64(k->j, head.at_us);
	dcf_json_key(k->j, "event");
	dcf_json_z(k->j, declared ? "declared" : dcf_op_event_name((enum dcf_op_event)head.event));
	put_text(k->j, "by", head.by);
	put_text(k->j, "member", head.member);
	put_text(k->j, "role", head.role);
	dcf_json_end(k->j, '}');
	return DCF_OK;
}

/* Who declared this version, and who told of its last event. */
static bool put_acts(struct dcf_api *api, struct dcf_json *j, struct dcf_arena *arena, const struct dcf_op *op)
{
	struct acts k = { .j = j, .arena = arena };
	struct dcf_store_error err;
	uint64_t event = atomic_load(&op->event_position);
	bool fine;

	dcf_json_key(j, "acts");
	dcf_json_begin(j, '[');
	fine = dcf_store_read(api->store, op->position, 1, DCF_READ_ALL, take_act, &k, &err) == DCF_OK;
	if (fine && event > op->position)
		fine = dcf_store_read(api->store, event, 1, DCF_READ_ALL, take_act, &k, &err) == DCF_OK;
	dcf_json_end(j, ']');
	dcf_jfree(&k.doc);
	return fine;
}

DCF_API_HANDLER(dcf_api_operation_get)
{
	struct dcf_api *api = ctx;
	struct dcf_view view;
	const struct dcf_op *op;
	struct dcf_json j = dcf_api_json(reply);
	struct declared d = { .out = &reply->body };
	struct dcf_store_error err;
	char *tag = dcf_arena_get(rq->arena, 24);

	if (!tag || !dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	op = find(rq, reply, &view);
	if (op && dcf_http_condition(rq, reply, dcf_etag_of(dcf_op_tag(op), tag))) {
		reply->status = 200;
		reply->type = "application/geo+json";
		dcf_http_reply_header(reply, "ETag", dcf_etag_of(dcf_op_tag(op), tag));
		dcf_json_begin(&j, '{');
		dcf_json_key(&j, "type");
		dcf_json_z(&j, "FeatureCollection");
		dcf_json_key(&j, "deconflict");
		dcf_json_i64(&j, 1);
		dcf_api_put_operation(&j, &view, op);
		if (dcf_caller_party(dcf_caller_of(rq), &view) == op->live.party)
			d.bad = !put_acts(api, &j, rq->arena, op);
		dcf_json_key(&j, "features");
		dcf_json_raw(&j, DCF_SPAN("["));
		if (d.bad || dcf_store_read(api->store, op->position, 1, DCF_READ_ALL, take_body, &d, &err) != DCF_OK ||
		    d.erased || d.bad)
			(void)dcf_http_problem(reply, d.erased ? 410 : 503, d.erased ? "erased" : "record",
					       d.erased ? DCF_SPAN("the content was deleted when its retention ended")
							: DCF_SPAN("the record cannot be read now"));
		else
			dcf_buf_z(&reply->body, "]}\n");
	}
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}

/* --- lists ------------------------------------------------------------------------------------------- */

struct dcf_page dcf_page_at(const struct dcf_view *view, uint64_t after)
{
	enum { PAGE_POSITIONS = 65536 };

	return (struct dcf_page){ .view = view, .at = after, .end = after + PAGE_POSITIONS };
}

const struct dcf_op *dcf_page_next(struct dcf_page *page)
{
	const struct dcf_op *op = page->at < page->end ? dcf_view_next(page->view, &page->at) : NULL;

	page->more = op && page->at < page->end;
	if (page->more)
		return op;
	page->at = page->end;
	page->more = page->end < dcf_view_facts(page->view).position;
	return NULL;
}

/* What a list is asked to hold. */
struct filter {
	struct dcf_span party;
	unsigned states; /* bits of enum dcf_op_state; 0: those that are not over */
};

/* "DECLARED,ACTIVE" or "all". */
static bool read_states(struct dcf_span s, unsigned *states)
{
	*states = 0;
	if (dcf_span_eq(s, DCF_SPAN("all"))) {
		*states = ~0u;
		return true;
	}
	while (s.len) {
		const char *comma = memchr(s.p, ',', s.len);
		size_t n = comma ? (size_t)(comma - s.p) : s.len;
		enum dcf_op_state state = dcf_op_state_of((struct dcf_span){ s.p, n });

		if (state == DCF_OP_STATE_COUNT)
			return false;
		*states |= 1u << state;
		n += comma ? 1 : 0;
		s = (struct dcf_span){ s.p + n, s.len - n };
	}
	return true;
}

static bool wanted(const struct filter *f, const struct dcf_view *view, const struct dcf_op *op)
{
	unsigned state = atomic_load(&op->state);

	if (f->party.len && !dcf_span_eq(f->party, view->frame->plan.parties[op->live.party].id))
		return false;
	return f->states ? (f->states & 1u << state) != 0 : !dcf_op_final((enum dcf_op_state)state);
}

static bool read_filter(const struct dcf_http_request *rq, struct dcf_http_reply *reply, struct filter *f)
{
	struct dcf_span states = dcf_http_query(rq, "state");

	*f = (struct filter){ .party = dcf_http_query(rq, "party") };
	if (states.p && !read_states(states, &f->states)) {
		(void)dcf_http_problem(reply, 400, "bad-query", DCF_SPAN("state: expected states with commas between, or all"));
		return false;
	}
	return true;
}

DCF_API_HANDLER(dcf_api_operations_get)
{
	static const char *const names[] = { "party", "state", "limit", "after", NULL };
	struct dcf_api *api = ctx;
	const struct dcf_caller *caller = dcf_caller_of(rq);
	struct dcf_json j = dcf_api_json(reply);
	struct dcf_view view;
	struct filter f;
	struct dcf_page page;
	uint64_t limit, after, shown = 0;
	const struct dcf_op *op;

	if (!dcf_http_query_known(rq, reply, names) || !read_filter(rq, reply, &f) ||
	    !dcf_http_query_number(rq, reply, "limit", 1, PAGE_MOST, PAGE_USUAL, &limit) ||
	    !dcf_http_query_number(rq, reply, "after", 0, UINT64_MAX >> 1, 0, &after) || !dcf_api_enter(api, reply, &view))
		return DCF_HTTP_DONE;
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_api_put_exercise(&j, &view);
	dcf_json_key(&j, "operations");
	dcf_json_begin(&j, '[');
	for (page = dcf_page_at(&view, after); (op = dcf_page_next(&page)); page.at++) {
		if (!wanted(&f, &view, op) || !dcf_caller_may_know(caller, &view, op))
			continue;
		if (shown++ == limit)
			break;
		dcf_json_begin(&j, '{');
		dcf_api_put_operation(&j, &view, op);
		dcf_json_end(&j, '}');
	}
	dcf_json_end(&j, ']');
	dcf_json_key(&j, "next");
	if (page.more)
		dcf_json_i64(&j, (int64_t)page.at);
	else
		dcf_json_null(&j);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}
