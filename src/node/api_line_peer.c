/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_peer.c - whom we talk to: keys of other parties' nodes are pinned by an administrator, and unpinned. */
#include "node/api_line.h"
#include "crypto/text.h"
#include "node/line_key.h"
#include "node/strict_json.h"

enum { BODY_MOST = 4096, BODY_DEPTH = 2 };

static enum dcf_http_next no_memory(struct dcf_http_reply *reply)
{
	return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
}

static enum dcf_http_next refuse(struct dcf_http_reply *reply, const char *pointer, struct dcf_span text)
{
	struct dcf_http_fault fault = { dcf_span_of(pointer), text };

	return dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("the peer is not pinned"), &fault, 1);
}

static DCF_API_HANDLER(pinned)
{
	struct dcf_change_request *c = dcf_caller_of(rq)->change;
	struct dcf_json j = dcf_api_json(reply);

	if (!dcf_api_ticket_fine(reply, &c->ticket))
		return DCF_HTTP_DONE;
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_line_put_exercise(&j, ctx);
	dcf_json_key(&j, "position");
	dcf_json_i64(&j, (int64_t)c->ticket.first);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	return DCF_HTTP_DONE;
}

/* One PEER entry. */
static enum dcf_http_next put(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			      struct dcf_span party, struct dcf_span body)
{
	struct dcf_change_request *c = dcf_api_change(api, rq, 1);

	if (!c || !body.p)
		return no_memory(reply);
	c->ticket.command[0].head.kind = DCF_ENTRY_PEER;
	c->ticket.command[0].head.party = party;
	c->ticket.command[0].head.body = body;
	return dcf_api_submit(c, rq, reply, pinned);
}

/* Is it a party of the frame, and not our own?  False after a problem. */
static bool may_be_peer(struct dcf_api *api, struct dcf_http_reply *reply, struct dcf_span party)
{
	struct dcf_view view;
	bool known;

	if (dcf_span_eq(party, dcf_api_line_party(api))) {
		(void)refuse(reply, "", DCF_SPAN("found this node's own party, expected another one's"));
		return false;
	}
	if (!dcf_api_enter(api, reply, &view))
		return false;
	known = dcf_plan_find_party(&view.frame->plan, party) != DCF_NONE;
	dcf_state_leave(&view);
	if (!known)
		(void)dcf_http_problem(reply, 422, "party", DCF_SPAN("no such party: put it first (PUT /v1/parties/{party})"));
	return known;
}

/* {"key":HEX,"url":URL}, canonical. */
static struct dcf_span peer_body(struct dcf_arena *arena, const struct dcf_alloc *heap, const struct dcf_public_key *key,
				 struct dcf_span url)
{
	struct dcf_buf out = { .from = heap };
	struct dcf_json j = { .out = &out };
	char hex[2 * sizeof key->b];
	struct dcf_span text = { NULL, 0 };

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "key");
	dcf_json_string(&j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, key->b, sizeof key->b) });
	dcf_json_key(&j, "url");
	dcf_json_string(&j, url);
	dcf_json_end(&j, '}');
	if (!out.failed)
		text = dcf_arena_copy(arena, dcf_buf_as_span(&out));
	dcf_buf_free(&out);
	return text;
}

/* "url", or "url url2"; absent after a problem. */
static struct dcf_span read_urls(struct dcf_arena *arena, struct dcf_http_reply *reply, struct dcf_jval url,
				 struct dcf_jval second)
{
	struct dcf_span a = dcf_jkind(url) == DCF_J_STRING ? dcf_jstring(url) : (struct dcf_span){ "", 0 };
	struct dcf_span b = dcf_jkind(second) == DCF_J_STRING ? dcf_jstring(second) : (struct dcf_span){ "", 0 };
	bool sound =
		(dcf_jnone(url) || dcf_jkind(url) == DCF_J_STRING) && (dcf_jnone(second) || dcf_jkind(second) == DCF_J_STRING);
	char *p = dcf_arena_get(arena, a.len + b.len + 2);
	struct dcf_span both = { p, a.len };

	if (!p) {
		(void)no_memory(reply);
		return both;
	}
	memcpy(p, a.p, a.len);
	if (b.len) {
		p[both.len++] = ' ';
		memcpy(p + both.len, b.p, b.len);
		both.len += b.len;
	}
	if (sound && (a.len || !b.len) && dcf_line_url_ok(both))
		return both;
	(void)refuse(reply, b.len ? "/url2" : "/url",
		     DCF_SPAN("expected https://HOST:PORT, without a path, of at most 200 bytes with the second"));
	return (struct dcf_span){ NULL, 0 };
}

static bool only_known(struct dcf_http_reply *reply, struct dcf_jval root)
{
	struct dcf_jwalk it = dcf_jwalk(root);
	struct dcf_span name;
	struct dcf_jval v;

	while (dcf_jmember(&it, &name, &v))
		if (!dcf_span_eq(name, DCF_SPAN("fingerprint")) && !dcf_span_eq(name, DCF_SPAN("url")) &&
		    !dcf_span_eq(name, DCF_SPAN("url2"))) {
			(void)refuse(reply, "", DCF_SPAN("found an unknown member, expected fingerprint, url and url2"));
			return false;
		}
	return true;
}

/* What is pinned, from the request's body; absent after a problem. */
static struct dcf_span read_peer(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
				 struct dcf_jval root)
{
	static const struct dcf_span absent;
	struct dcf_jval fingerprint = dcf_jget(root, "fingerprint");
	struct dcf_public_key key;
	struct dcf_span url;
	const char *why = "expected the peer's fingerprint: 16 groups of five digits, or 64 hexadecimal digits";

	if (!only_known(reply, root))
		return absent;
	if (dcf_jkind(fingerprint) != DCF_J_STRING || dcf_line_key_read(dcf_jstring(fingerprint), &key, &why) != DCF_OK) {
		(void)refuse(reply, "/fingerprint", dcf_span_of(why));
		return absent;
	}
	if (memcmp(&key, &api->line_signer->who.key, sizeof key) == 0) {
		(void)refuse(reply, "/fingerprint", DCF_SPAN("found this node's own fingerprint, expected the peer's"));
		return absent;
	}
	url = read_urls(rq->arena, reply, dcf_jget(root, "url"), dcf_jget(root, "url2"));
	return url.p ? peer_body(rq->arena, &api->heap, &key, url) : absent;
}

DCF_API_HANDLER(dcf_api_line_peer_put)
{
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, true);
	struct dcf_strict_json json = { .from = &api->heap };
	struct dcf_span party = dcf_http_param(rq, "party"), body = { NULL, 0 };

	if (!line || !may_be_peer(api, reply, party))
		return DCF_HTTP_DONE;
	if (dcf_strict_json(&json, rq->body, BODY_MOST, BODY_DEPTH) != DCF_OK)
		(void)dcf_http_problem(reply, 400, "json", dcf_span_of(json.fault ? json.fault : "out of memory"));
	else
		body = read_peer(api, rq, reply, dcf_jroot(&json.doc));
	dcf_strict_json_free(&json);
	return body.p ? put(api, rq, reply, party, body) : DCF_HTTP_DONE;
}

DCF_API_HANDLER(dcf_api_line_peer_delete)
{
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, true);
	struct dcf_span party = dcf_http_param(rq, "party");
	struct dcf_line_peer p;
	uint32_t peer;

	if (!line || (peer = dcf_api_line_peer(line, reply, party)) == DCF_NONE)
		return DCF_HTTP_DONE;
	if (!dcf_line_peer_at(line, peer, &p) || p.removed)
		return dcf_http_problem(reply, 404, "not-found", DCF_SPAN("the peer is unpinned already"));
	return put(api, rq, reply, party, DCF_SPAN("{\"removed\":true}"));
}
