/* SPDX-License-Identifier: Apache-2.0 */
/* api_line.c - how the line is, and what is talked about on it. */
#include "node/api_line.h"

enum { PAGE_USUAL = 100, PAGE_MOST = 1000, PAGE_LOOKED_AT = 65536 };

struct dcf_span dcf_api_line_party(const struct dcf_api *api)
{
	return api->line_signer ? dcf_vkey_name(&api->line_signer->who) : (struct dcf_span){ "", 0 };
}

bool dcf_api_line_may_see(const struct dcf_api *api, const struct dcf_caller *caller)
{
	struct dcf_span party = dcf_api_line_party(api);

	return party.len && (caller->cell || dcf_span_eq(caller->claims->party, party));
}

struct dcf_line *dcf_api_line(struct dcf_api *api, struct dcf_http_request *rq, struct dcf_http_reply *reply,
			      bool administrator)
{
	const struct dcf_caller *caller = dcf_caller_of(rq);

	if (api->line_signer && (dcf_api_line_may_see(api, caller) || (administrator && caller->admin)))
		return dcf_state_line(api->state);
	(void)dcf_http_problem(reply, 404, "not-found", DCF_SPAN("there is no line here that the token may look at"));
	return NULL;
}

uint32_t dcf_api_line_peer(struct dcf_line *line, struct dcf_http_reply *reply, struct dcf_span party)
{
	uint32_t peer = dcf_line_peer_of(line, party);

	if (peer == DCF_NONE)
		(void)dcf_http_problem(reply, 404, "not-found", DCF_SPAN("no such peer: an administrator pins its key first"));
	return peer;
}

bool dcf_api_line_yes(struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, int *out)
{
	struct dcf_span v = dcf_http_query(rq, name);

	*out = !v.p ? -1 : dcf_span_eq(v, DCF_SPAN("yes"));
	if (!v.p || *out == 1 || dcf_span_eq(v, DCF_SPAN("no")))
		return true;
	(void)dcf_http_problem(reply, 400, "bad-query",
			       DCF_SPAN("open, overdue, suspended, options, override: expected yes or no"));
	return false;
}

void dcf_api_line_terms(struct dcf_api *api, struct dcf_line_terms *out)
{
	struct dcf_view view;
	bool in = dcf_state_enter(api->state, &view) == DCF_OK;
	struct dcf_span airspace = in ? view.frame->airspace.text : (struct dcf_span){ "", 0 };

	if (dcf_line_terms_read(airspace, &api->heap, out, NULL) != DCF_OK && !in)
		*out = (struct dcf_line_terms){ 0 };
	if (in)
		dcf_state_leave(&view);
}

/* --- how it is ---------------------------------------------------------------------------------------- */

/* What is open with each peer. */
struct waiting {
	uint64_t open, overdue;
	uint8_t escalation;
};

static void count_waiting(struct dcf_line *line, struct waiting *of, uint32_t peers)
{
	uint64_t n = dcf_line_object_count(line);
	struct dcf_line_object o;

	for (uint64_t i = 0; i < n; i++) {
		if (!dcf_line_object_at(line, i, &o) || o.peer >= peers || !dcf_line_is_open(&o))
			continue;
		of[o.peer].open++;
		of[o.peer].overdue += o.overdue || o.dissemination_overdue;
		if (o.overdue && o.escalation > of[o.peer].escalation)
			of[o.peer].escalation = o.escalation;
	}
}

static void put_political(struct dcf_json *j, const struct dcf_line_peer *p)
{
	dcf_json_key(j, "political");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "line");
	dcf_json_z(j, dcf_line_political_name(dcf_line_political(p)));
	dcf_json_key(j, "ours");
	dcf_json_z(j, dcf_line_political_name((enum dcf_line_political)p->ours));
	dcf_line_put_time(j, "ours_since", p->ours ? p->ours_since_us : DCF_TIME_NONE);
	dcf_json_key(j, "theirs");
	dcf_json_z(j, dcf_line_political_name((enum dcf_line_political)p->theirs));
	dcf_line_put_time(j, "theirs_since", p->theirs ? p->theirs_since_us : DCF_TIME_NONE);
	dcf_json_end(j, '}');
}

static void put_stream(struct dcf_json *j, const char *key, uint64_t count, const char *other, uint64_t n)
{
	dcf_json_key(j, key);
	dcf_json_begin(j, '{');
	dcf_json_key(j, "messages");
	dcf_json_i64(j, (int64_t)count);
	dcf_json_key(j, other);
	dcf_json_i64(j, (int64_t)n);
	dcf_json_end(j, '}');
}

/* What the link knows at the moment; without a link, what the record says. */
static void put_live(struct dcf_json *j, struct dcf_api *api, uint32_t peer, const struct dcf_line_peer *p)
{
	struct dcf_line_live live = { .technical = p->technical, .offset_us = p->offset_us, .acked = p->acked };
	bool known = api->line_link && dcf_line_link_live(api->line_link, peer, &live) && live.heard;

	if (!known)
		live.technical = p->technical;
	dcf_json_key(j, "technical");
	dcf_json_z(j, dcf_line_technical_name((enum dcf_line_technical)live.technical));
	dcf_line_put_time(j, "technical_since", p->technical_since_us ? p->technical_since_us : DCF_TIME_NONE);
	dcf_json_key(j, "path");
	dcf_json_z(j, dcf_line_path_name((enum dcf_line_path)live.path));
	dcf_line_put_time(j, "heard", known ? live.heard_at_us : DCF_TIME_NONE);
	dcf_json_key(j, "agreement");
	dcf_json_z(j, !known ? "unknown" : live.agreement_differs ? "differs" : "equal");
	if (known)
		dcf_line_put_hash(j, "their_agreement", &live.agreement);
	dcf_json_key(j, "exercise_differs");
	dcf_json_bool(j, live.exercise_differs);
	dcf_json_key(j, "history_differs");
	dcf_json_bool(j, live.history_differs);
	dcf_json_key(j, "clock_offset_us");
	dcf_json_i64(j, live.offset_us);
	dcf_json_key(j, "trouble");
	dcf_json_z(j, live.trouble);
	put_stream(j, "sent", p->out.count, "in_their_record", live.acked);
}

static void put_peer(struct dcf_json *j, struct dcf_api *api, uint32_t index, const struct dcf_line_peer *p,
		     const struct waiting *w, const struct dcf_line_terms *terms)
{
	struct dcf_line_object ringing = { .overdue = w->overdue > 0,
					   .escalation = w->escalation,
					   .deadline_us = DCF_TIME_NONE,
					   .machine = DCF_MACHINE_CEASE };

	dcf_json_begin(j, '{');
	dcf_json_key(j, "party");
	dcf_json_z(j, p->party);
	dcf_line_put_fingerprint(j, "fingerprint", &p->key);
	dcf_json_key(j, "url");
	dcf_json_z(j, p->url);
	dcf_json_key(j, "pinned");
	dcf_json_bool(j, !p->removed);
	put_political(j, p);
	put_live(j, api, index, p);
	put_stream(j, "received", p->in.count, "waiting", p->held);
	dcf_json_key(j, "refused");
	dcf_json_i64(j, (int64_t)p->refused);
	dcf_json_key(j, "open");
	dcf_json_i64(j, (int64_t)w->open);
	dcf_json_key(j, "overdue");
	dcf_json_i64(j, (int64_t)w->overdue);
	dcf_line_put_ringing(j, "ringing", terms, &ringing);
	dcf_json_end(j, '}');
}

static void put_deadlines(struct dcf_json *j, const struct dcf_line_terms *terms)
{
	dcf_json_key(j, "roles");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < terms->role_count; i++)
		dcf_json_z(j, terms->role[i]);
	dcf_json_end(j, ']');
	dcf_json_key(j, "deadlines_s");
	dcf_json_begin(j, '{');
	for (unsigned i = 0; i < DCF_PRECEDENCE_COUNT; i++) {
		dcf_json_key(j, dcf_precedence_name((enum dcf_precedence)i));
		dcf_json_i64(j, terms->ack_us[i] / 1000000);
	}
	dcf_json_end(j, '}');
}

static void put_line(struct dcf_json *j, struct dcf_api *api, struct dcf_line *line, const struct dcf_line_terms *terms,
		     const struct waiting *waiting, uint32_t peers)
{
	static const struct dcf_hash none;
	struct dcf_line_peer p;

	dcf_json_key(j, "deconflict");
	dcf_json_i64(j, 1);
	dcf_json_key(j, "party");
	dcf_json_string(j, dcf_api_line_party(api));
	dcf_json_key(j, "exercise");
	dcf_json_bool(j, api->config->server.exercise);
	dcf_line_put_fingerprint(j, "fingerprint", &api->line_signer->who.key);
	dcf_json_key(j, "port");
	dcf_json_i64(j, api->line_link ? dcf_line_link_port(api->line_link) : 0);
	if (memcmp(&terms->hash, &none, sizeof none) != 0) {
		dcf_line_put_hash(j, "agreement", &terms->hash);
	} else {
		dcf_json_key(j, "agreement");
		dcf_json_null(j);
	}
	put_deadlines(j, terms);
	dcf_line_put_time(j, "now", dcf_clock_wall_us(&api->clock));
	dcf_json_key(j, "peers");
	dcf_json_begin(j, '[');
	for (uint32_t i = 0; i < peers; i++)
		if (dcf_line_peer_at(line, i, &p))
			put_peer(j, api, i, &p, &waiting[i], terms);
	dcf_json_end(j, ']');
}

DCF_API_HANDLER(dcf_api_line_get)
{
	static const char *const names[] = { NULL };
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, true);
	struct dcf_line_terms *terms = dcf_arena_get(rq->arena, sizeof *terms);
	struct dcf_json j = dcf_api_json(reply);
	struct waiting *waiting;
	uint32_t peers;

	if (!line || !dcf_http_query_known(rq, reply, names))
		return DCF_HTTP_DONE;
	peers = dcf_line_peer_count(line);
	waiting = dcf_arena_get(rq->arena, peers * sizeof *waiting);
	if (!terms || !waiting)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	memset(waiting, 0, peers * sizeof *waiting);
	dcf_api_line_terms(api, terms);
	count_waiting(line, waiting, peers);
	reply->status = 200;
	dcf_json_begin(&j, '{');
	put_line(&j, api, line, terms, waiting, peers);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	return DCF_HTTP_DONE;
}

/* --- objects ------------------------------------------------------------------------------------------ */

/* What a list is asked to hold. */
struct filter {
	uint32_t peer;                 /* DCF_NONE: of all */
	enum dcf_machine_kind machine; /* DCF_MACHINE_NAMES: of all */
	int open, overdue, suspended;  /* -1: either */
	uint64_t limit, before;
};

static bool read_filter(struct dcf_line *line, struct dcf_http_request *rq, struct dcf_http_reply *reply, struct filter *f)
{
	static const char *const names[] = { "peer", "machine", "open", "overdue", "suspended", "limit", "before", NULL };
	struct dcf_span peer = dcf_http_query(rq, "peer"), machine = dcf_http_query(rq, "machine");

	*f = (struct filter){ .peer = DCF_NONE, .machine = DCF_MACHINE_NAMES };
	if (!dcf_http_query_known(rq, reply, names) ||
	    !dcf_http_query_number(rq, reply, "limit", 1, PAGE_MOST, PAGE_USUAL, &f->limit) ||
	    !dcf_http_query_number(rq, reply, "before", 0, UINT64_MAX >> 1, UINT64_MAX >> 1, &f->before) ||
	    !dcf_api_line_yes(rq, reply, "open", &f->open) || !dcf_api_line_yes(rq, reply, "overdue", &f->overdue) ||
	    !dcf_api_line_yes(rq, reply, "suspended", &f->suspended))
		return false;
	if (peer.p && (f->peer = dcf_api_line_peer(line, reply, peer)) == DCF_NONE)
		return false;
	if (machine.p && (f->machine = dcf_machine_named(machine)) >= DCF_MACHINE_COUNT) {
		(void)dcf_http_problem(reply, 400, "bad-query",
				       DCF_SPAN("machine: expected notification, clarification, cease, call or incident"));
		return false;
	}
	return true;
}

static bool wanted(const struct filter *f, const struct dcf_line_object *o)
{
	return (f->peer == DCF_NONE || o->peer == f->peer) && (f->machine == DCF_MACHINE_NAMES || o->machine == f->machine) &&
	       (f->open < 0 || dcf_line_is_open(o) == (f->open == 1)) &&
	       (f->overdue < 0 || (o->overdue || o->dissemination_overdue) == (f->overdue == 1)) &&
	       (f->suspended < 0 || o->suspended == (f->suspended == 1));
}

/* Those that are wanted, newest first; where the next page begins (exclusive), or 0 at the end. */
static uint64_t put_objects(struct dcf_json *j, const struct dcf_api *api, struct dcf_line *line,
			    const struct dcf_line_terms *terms, const struct filter *f)
{
	uint64_t count = dcf_line_object_count(line), at = f->before < count ? f->before : count, shown = 0;
	uint64_t end = at > PAGE_LOOKED_AT ? at - PAGE_LOOKED_AT : 0;
	struct dcf_line_object o;

	for (; at > end && shown < f->limit; at--) {
		if (!dcf_line_object_at(line, at - 1, &o) || !wanted(f, &o))
			continue;
		shown++;
		dcf_json_begin(j, '{');
		dcf_line_put_object(j, api, line, terms, &o);
		dcf_json_end(j, '}');
	}
	return at;
}

DCF_API_HANDLER(dcf_api_line_objects)
{
	struct dcf_api *api = ctx;
	struct dcf_line *line = dcf_api_line(api, rq, reply, false);
	struct dcf_line_terms *terms = dcf_arena_get(rq->arena, sizeof *terms);
	struct dcf_json j = dcf_api_json(reply);
	struct filter f;
	uint64_t next;

	if (!line || !read_filter(line, rq, reply, &f))
		return DCF_HTTP_DONE;
	if (!terms)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	dcf_api_line_terms(api, terms);
	reply->status = 200;
	dcf_json_begin(&j, '{');
	dcf_line_put_exercise(&j, api);
	dcf_json_key(&j, "objects");
	dcf_json_begin(&j, '[');
	next = put_objects(&j, api, line, terms, &f);
	dcf_json_end(&j, ']');
	dcf_json_key(&j, "next");
	if (next)
		dcf_json_i64(&j, (int64_t)next);
	else
		dcf_json_null(&j);
	dcf_json_end(&j, '}');
	dcf_buf_char(&reply->body, '\n');
	return DCF_HTTP_DONE;
}
