/* SPDX-License-Identifier: Apache-2.0 */
/* api_frame.c - parties and the airspace: read by all, changed by administrators, every change an entry of the record. */
#include "node/api_declare.h"
#include "domain/text_source.h"
#include "format/json.h"
#include "node/http_etag.h"

/* A text of the frame, in an exercise marked as such; with its position as ETag, see show. */
static void put_marked(struct dcf_buf *out, const struct dcf_frame_text *text, bool exercise)
{
	struct dcf_span rest = text->text;

	/* An object with members: "id" or "type" stand in each. */
	if (exercise && !text->marked && rest.len && *rest.p == '{') {
		dcf_buf_z(out, "{\"exercise\":true,");
		rest = (struct dcf_span){ rest.p + 1, rest.len - 1 };
	}
	dcf_buf_span(out, rest);
}

static void show(struct dcf_http_request *rq, struct dcf_http_reply *reply, const struct dcf_frame_text *text, bool exercise)
{
	char *tag = dcf_arena_get(rq->arena, 24);
	struct dcf_span etag = tag ? dcf_etag_of(text->position, tag) : (struct dcf_span){ NULL, 0 };

	if (!dcf_http_condition(rq, reply, etag))
		return;
	reply->status = 200;
	dcf_http_reply_header(reply, "ETag", etag);
	put_marked(&reply->body, text, exercise);
	dcf_buf_char(&reply->body, '\n');
}

DCF_API_HANDLER(dcf_api_parties_get)
{
	struct dcf_json j = dcf_api_json(reply);
	struct dcf_view view;

	(void)rq;
	if (!dcf_api_enter(ctx, reply, &view))
		return DCF_HTTP_DONE;
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_api_put_exercise(&j, &view);
	dcf_json_key(&j, "parties");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < view.frame->plan.party_count; i++) {
		dcf_json_raw(&j, DCF_SPAN(""));
		put_marked(&reply->body, &view.frame->party[i], dcf_view_facts(&view).exercise);
	}
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_party_get)
{
	struct dcf_view view;
	uint32_t party;

	if (!dcf_api_enter(ctx, reply, &view))
		return DCF_HTTP_DONE;
	party = dcf_plan_find_party(&view.frame->plan, dcf_http_param(rq, "party"));
	if (party == DCF_NONE)
		(void)dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such party"));
	else
		show(rq, reply, &view.frame->party[party], dcf_view_facts(&view).exercise);
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_airspace_get)
{
	static const struct dcf_frame_text nothing = {
		.text = { "{\"type\":\"FeatureCollection\",\"deconflict\":1,\"features\":[]}", 56 }
	};
	struct dcf_view view;

	if (!dcf_api_enter(ctx, reply, &view))
		return DCF_HTTP_DONE;
	reply->type = "application/geo+json";
	show(rq, reply, view.frame->airspace.text.len ? &view.frame->airspace : &nothing, dcf_view_facts(&view).exercise);
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}

/* --- changes ----------------------------------------------------------------------------------------- */

static DCF_API_HANDLER(changed)
{
	struct dcf_change_request *c = dcf_caller_of(rq)->change;
	struct dcf_json j = dcf_api_json(reply);
	struct dcf_view view;

	if (!dcf_api_ticket_fine(reply, &c->ticket) || !dcf_api_enter(ctx, reply, &view))
		return DCF_HTTP_DONE;
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "position");
	dcf_json_i64(&j, (int64_t)c->ticket.first);
	dcf_api_put_exercise(&j, &view);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	dcf_state_leave(&view);
	return DCF_HTTP_DONE;
}

/* A JSON object on one line, as the record keeps it; false after a problem. */
static bool one_line(struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span *out)
{
	char *p = dcf_arena_get(rq->arena, rq->body.len + DCF_JSON_SLACK);
	struct dcf_jdoc doc = { 0 };
	const char *why = "";
	bool in_string = false, sound;
	size_t n = 0;

	if (!p)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory")) == DCF_HTTP_PASS;
	memcpy(p, rq->body.p ? rq->body.p : "", rq->body.len);
	memset(p + rq->body.len, ' ', DCF_JSON_SLACK);
	sound = dcf_jparse(&doc, p, rq->body.len, &why) == DCF_OK;
	if (sound && dcf_jkind(dcf_jroot(&doc)) != DCF_J_OBJECT) {
		sound = false;
		why = "";
	}
	dcf_jfree(&doc);
	if (!sound) {
		struct dcf_http_fault fault = { DCF_SPAN(""),
						why && *why ? dcf_span_of(why) : DCF_SPAN("expected a JSON object") };

		(void)dcf_http_problem_at(reply, 400, "json", DCF_SPAN("the body is no JSON object"), &fault, 1);
		return false;
	}
	/* White space outside strings goes: it is JSON, so this is all there is to it. */
	for (size_t i = 0; i < rq->body.len; i++) {
		char c = p[i];

		if (in_string && c == '\\') {
			p[n++] = c;
			p[n++] = p[++i];
			continue;
		}
		in_string ^= c == '"';
		if (in_string || !(c == ' ' || c == '\n' || c == '\r' || c == '\t'))
			p[n++] = c;
	}
	*out = (struct dcf_span){ p, n };
	return true;
}

static enum dcf_http_next put(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply, uint8_t kind)
{
	struct dcf_span party = dcf_http_param(rq, "party"), text;
	struct dcf_change_request *c;

	if (!one_line(rq, reply, &text))
		return DCF_HTTP_DONE;
	c = dcf_api_change(api, rq, 1);
	if (!c)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	c->ticket.command[0].head.kind = kind;
	c->ticket.command[0].head.party = party;
	c->ticket.command[0].head.body = text;
	return dcf_api_submit(c, rq, reply, changed);
}

/* The id in the text must be that of the path: checked on the text itself, for a clear answer. */
DCF_API_HANDLER(dcf_api_party_put)
{
	struct dcf_span text;
	struct dcf_jdoc doc = { 0 };
	const char *why;
	char *p;
	bool same = false;

	if (!one_line(rq, reply, &text))
		return DCF_HTTP_DONE;
	p = dcf_arena_get(rq->arena, text.len + DCF_JSON_SLACK);
	if (!p)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	memcpy(p, text.p, text.len);
	memset(p + text.len, ' ', DCF_JSON_SLACK);
	if (dcf_jparse(&doc, p, text.len, &why) == DCF_OK) {
		struct dcf_jval id = dcf_jget(dcf_jroot(&doc), "id");

		same = dcf_jkind(id) == DCF_J_STRING && dcf_span_eq(dcf_jstring(id), dcf_http_param(rq, "party"));
	}
	dcf_jfree(&doc);
	if (!same) {
		struct dcf_http_fault fault = { DCF_SPAN("/id"), DCF_SPAN("expected the id of the path") };

		return dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("the party of the path and of the body differ"),
					   &fault, 1);
	}
	return put(ctx, rq, reply, DCF_ENTRY_PARTY);
}

DCF_API_HANDLER(dcf_api_airspace_put)
{
	return put(ctx, rq, reply, DCF_ENTRY_AIRSPACE);
}
