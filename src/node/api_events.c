/* SPDX-License-Identifier: Apache-2.0 */
/* api_events.c - what happens, as it happens: server-sent events made from the entries of the record.
 *
 * An event's id is the position of its entry, so a client that comes back with Last-Event-ID gets what it missed, in order.
 * Each event passes the same question as every other answer: may this caller know of it? */
#include "node/api_line.h"
#include "node/api_uss.h"
#include "base/decimal.h"
#include "domain/entry_head.h"
#include "format/json.h"

#include <pthread.h>

enum { ENTRIES_AT_ONCE = 32, MEETS_MOST = 100, VOLUMES_MOST = 20000 };

struct stream {
	struct dcf_events *events;
	struct dcf_http_stream *http;
	struct stream *next, **before;
	struct dcf_caller caller;
	struct dcf_buf out; /* written, and not taken yet from `taken` on */
	size_t taken;
	uint64_t position; /* of the entry that comes next */
	struct dcf_jdoc doc;
	struct dcf_arena arena;
};

struct dcf_events {
	struct dcf_api *api;
	pthread_mutex_t lock;
	struct stream *first;
	_Atomic uint64_t published;
};

/* --- one event --------------------------------------------------------------------------------------- */

struct telling {
	struct stream *s;
	const struct dcf_view *view;
	struct dcf_json *j;
	size_t met;
};

static enum dcf_status put_met(void *ctx, const struct dcf_live_hit *hit)
{
	struct telling *t = ctx;
	const struct dcf_op *op = hit->op->owner;

	if (hit->advisory || t->met >= MEETS_MOST || !dcf_caller_may_know(&t->s->caller, t->view, op))
		return DCF_OK;
	t->met++;
	dcf_json_begin(t->j, '{');
	dcf_json_key(t->j, "party");
	dcf_json_string(t->j, t->view->frame->plan.parties[op->live.party].id);
	dcf_json_key(t->j, "operation");
	dcf_json_string(t->j, op->id);
	dcf_api_put_exercise(t->j, t->view);
	dcf_json_end(t->j, '}');
	return DCF_OK;
}

/* What it meets now, of what the caller may know.  Of another party's operation the caller's own are meant as well. */
static void put_meets(struct telling *t, const struct dcf_op *op)
{
	struct dcf_live_scratch scratch = { .from = &t->s->events->api->heap };
	struct dcf_live_probe probe = { .party = op->live.party,
					.feature_count = op->live.feature_count,
					.features = op->live.features,
					.except = { &op->live, NULL } };

	dcf_json_key(t->j, "meets");
	dcf_json_begin(t->j, '[');
	if (dcf_live_meet(dcf_view_live(t->view), &t->view->live, &probe, &scratch, put_met, t) != DCF_OK)
		t->s->out.failed = true;
	dcf_json_end(t->j, ']');
	dcf_live_scratch_free(&scratch);
}

static void tell(struct telling *t, uint64_t position, int64_t at_us, struct dcf_span event, const struct dcf_op *op,
		 bool meets)
{
	struct dcf_buf data = { .from = &t->s->events->api->heap }, id = { .from = data.from };
	struct dcf_json j = { .out = &data };

	t->j = &j;
	t->met = 0;
	dcf_buf_i64(&id, (int64_t)position);
	dcf_json_begin(&j, '{');
	/* Of an operation its own: of the entry that declared it.  That of this entry is the event's id. */
	if (!op) {
		dcf_json_key(&j, "position");
		dcf_json_i64(&j, (int64_t)position);
	}
	dcf_json_key(&j, "at_us");
	dcf_json_i64(&j, at_us);
	if (!op)
		dcf_api_put_exercise(&j, t->view);
	if (op) {
		dcf_api_put_operation(&j, t->view, op);
		if (meets)
			put_meets(t, op);
	}
	dcf_json_end(&j, '}');
	if (data.failed || id.failed || !dcf_http_event(&t->s->out, dcf_buf_as_span(&id), event, dcf_buf_as_span(&data)))
		t->s->out.failed = true;
	dcf_buf_free(&data);
	dcf_buf_free(&id);
}

static void tell_operation(struct telling *t, uint64_t position, const struct dcf_entry_head *head)
{
	uint32_t party = dcf_plan_find_party(&t->view->frame->plan, head->party);
	const struct dcf_op *op = party == DCF_NONE ? NULL : dcf_view_find(t->view, party, head->operation);
	bool declared = head->kind == DCF_ENTRY_OPERATION;

	/* What is gone since cannot be shown any more; what took its place has an event of its own.  An entry before the one
	 * that declared this version is about an earlier one, whose labels are not this one's. */
	if (!op || op->version != head->version || position < op->position || !dcf_caller_may_know(&t->s->caller, t->view, op))
		return;
	tell(t, position, head->at_us,
	     declared ? DCF_SPAN("declared") : dcf_span_of(dcf_op_event_name((enum dcf_op_event)head->event)), op,
	     declared && !dcf_op_final((enum dcf_op_state)atomic_load(&op->state)));
}

static void tell_over(struct telling *t, uint64_t position, const struct dcf_entry_head *head)
{
	struct dcf_span body = head->body;
	uint64_t serial;
	bool bad = false;

	while (dcf_positions_next(&body, &serial, &bad)) {
		const struct dcf_op *op = dcf_view_at(t->view, serial);

		if (op && op->position < position && dcf_caller_may_know(&t->s->caller, t->view, op))
			tell(t, position, head->at_us, DCF_SPAN("window_over"), op, false);
	}
}

static void put_beginning(struct dcf_json *j, const struct telling *t, uint64_t position, int64_t at_us)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "position");
	dcf_json_i64(j, (int64_t)position);
	dcf_json_key(j, "at_us");
	dcf_json_i64(j, at_us);
	dcf_api_put_exercise(j, t->view);
}

static void tell_line(struct telling *t, uint64_t position, const struct dcf_entry_head *head)
{
	struct dcf_buf data = { .from = &t->s->events->api->heap }, id = { .from = data.from };
	struct dcf_json j = { .out = &data };
	struct dcf_span event;

	put_beginning(&j, t, position, head->at_us);
	if (dcf_api_line_event(t->s->events->api, &t->s->caller, head, &t->s->doc, &t->s->arena, &j, &event)) {
		dcf_json_end(&j, '}');
		dcf_buf_i64(&id, (int64_t)position);
		if (data.failed || id.failed ||
		    !dcf_http_event(&t->s->out, dcf_buf_as_span(&id), event, dcf_buf_as_span(&data)))
			t->s->out.failed = true;
	}
	dcf_buf_free(&data);
	dcf_buf_free(&id);
}

/* An intent or constraint of others, that the entry wrote and that stands as it did: told where it meets operations of ours, or
 * may. */
static void tell_entity(struct telling *t, uint64_t position, const struct dcf_entry_head *head, const struct dcf_entity *e)
{
	struct dcf_api *api = t->s->events->api;
	struct dcf_buf data = { .from = &api->heap }, id = { .from = data.from };
	struct dcf_json j = { .out = &data };
	struct dcf_uss_near near = { .api = api,
				     .caller = &t->s->caller,
				     .view = t->view,
				     .e = e,
				     .theirs = &e->extents,
				     .features = e->live->features,
				     .feature_count = e->live->feature_count,
				     .most = MEETS_MOST,
				     .volumes_most = VOLUMES_MOST };

	put_beginning(&j, t, position, head->at_us);
	dcf_json_key(&j, "exchange");
	dcf_json_begin(&j, '{');
	dcf_uss_put_entity(&j, e);
	if (dcf_uss_put_near(&near, &j) != DCF_OK)
		t->s->out.failed = true;
	dcf_json_end(&j, '}');
	dcf_json_end(&j, '}');
	dcf_buf_i64(&id, (int64_t)position);
	if (near.listed + near.left_out &&
	    (data.failed || id.failed ||
	     !dcf_http_event(&t->s->out, dcf_buf_as_span(&id), DCF_SPAN("exchange"), dcf_buf_as_span(&data))))
		t->s->out.failed = true;
	dcf_buf_free(&data);
	dcf_buf_free(&id);
}

static void tell_exchange(struct telling *t, uint64_t position, const struct dcf_entry_head *head)
{
	static const enum dcf_entity_kind kinds[] = { DCF_ENTITY_INTENT, DCF_ENTITY_CONSTRAINT };
	struct dcf_api *api = t->s->events->api;
	struct dcf_uuid id;

	if (!dcf_uss_may_look(api, &t->s->caller) || !dcf_uuid_read(head->operation, 4, &id))
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct dcf_entity *e = dcf_exchange_find(dcf_state_exchange(api->state), kinds[i], &id);

		if (e && e->position == position && !e->native && e->live)
			tell_entity(t, position, head, e);
		if (e)
			dcf_entity_drop(e);
	}
}

static enum dcf_status take_entry(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct telling *t = ctx;
	struct dcf_entry_head head;
	const char *why;

	t->s->position = position + 1;
	dcf_arena_rewind(&t->s->arena);
	if (entry->erased || dcf_entry_read(entry->content, &t->s->doc, &t->s->arena, &head, &why) != DCF_OK)
		return DCF_OK;
	switch ((enum dcf_entry_kind)head.kind) {
	case DCF_ENTRY_OPERATION:
	case DCF_ENTRY_EVENT:
		tell_operation(t, position, &head);
		break;
	case DCF_ENTRY_OVER:
		tell_over(t, position, &head);
		break;
	case DCF_ENTRY_PARTY:
	case DCF_ENTRY_AIRSPACE:
		tell(t, position, head.at_us, dcf_span_of(dcf_entry_kind_name((enum dcf_entry_kind)head.kind)), NULL, false);
		break;
	case DCF_ENTRY_EXCHANGE:
		tell_exchange(t, position, &head);
		break;
	default:
		tell_line(t, position, &head);
		break;
	}
	return DCF_OK;
}

/* --- the stream -------------------------------------------------------------------------------------- */

static bool fill(struct stream *s)
{
	struct dcf_api *api = s->events->api;
	uint64_t end = atomic_load(&s->events->published);
	struct dcf_store_error err;
	struct dcf_view view;
	struct telling t = { .s = s, .view = &view };
	uint64_t n = end - s->position < ENTRIES_AT_ONCE ? end - s->position : ENTRIES_AT_ONCE;
	enum dcf_status st;

	if (s->position >= end || dcf_state_enter(api->state, &view) != DCF_OK)
		return false;
	st = dcf_store_read(api->store, s->position, n, DCF_READ_ALL, take_entry, &t, &err);
	dcf_state_leave(&view);
	return st == DCF_OK;
}

static enum dcf_http_more next(void *ctx, char *out, size_t cap, size_t *len)
{
	struct stream *s = ctx;

	/* A token that ends, ends what it opened. */
	if (atomic_load(&s->events->api->ending) ||
	    s->caller.claims->exp_s * 1000000 < dcf_clock_wall_us(&s->events->api->clock))
		return DCF_HTTP_END;
	while (s->taken == s->out.len) {
		s->taken = s->out.len = 0;
		if (!fill(s))
			return DCF_HTTP_WAIT;
	}
	if (s->out.failed)
		return DCF_HTTP_END;
	*len = s->out.len - s->taken < cap ? s->out.len - s->taken : cap;
	memcpy(out, s->out.p + s->taken, *len);
	s->taken += *len;
	return DCF_HTTP_BYTES;
}

static void close_stream(void *ctx)
{
	struct stream *s = ctx;
	struct dcf_events *e = s->events;

	pthread_mutex_lock(&e->lock);
	if (s->before) {
		*s->before = s->next;
		if (s->next)
			s->next->before = s->before;
	}
	pthread_mutex_unlock(&e->lock);
	dcf_claims_free(s->caller.claims);
	dcf_buf_free(&s->out);
	dcf_jfree(&s->doc);
	dcf_arena_free(&s->arena);
	dcf_alloc_free(&e->api->heap, s, sizeof *s);
}

/* From the query or from Last-Event-ID; without either, what comes from now on. */
static bool read_start(struct dcf_http_request *rq, struct dcf_http_reply *reply, uint64_t now, uint64_t *position)
{
	static const char *const names[] = { "from", NULL };
	struct dcf_span last = dcf_http_header(rq, "Last-Event-ID");
	uint64_t n = 0;

	if (!dcf_http_query_known(rq, reply, names) ||
	    !dcf_http_query_number(rq, reply, "from", 0, UINT64_MAX >> 1, now, position))
		return false;
	if (last.len && !dcf_decimal_read(last, &n)) {
		(void)dcf_http_problem(reply, 400, "last-event-id", DCF_SPAN("Last-Event-ID: expected the id of an event"));
		return false;
	}
	if (last.len)
		*position = n + 1;
	if (*position > now)
		*position = now;
	return true;
}

/* A subject of one issuer and party is not that of another. */
static bool same_client(const struct dcf_claims *a, const struct dcf_claims *b)
{
	return dcf_span_eq(a->sub, b->sub) && dcf_span_eq(a->party, b->party) && dcf_span_eq(a->iss, b->iss);
}

/* How many are open for whoever the token names. */
static uint64_t streams_of(struct dcf_events *e, const struct dcf_caller *caller)
{
	uint64_t n = 0;

	pthread_mutex_lock(&e->lock);
	for (const struct stream *s = e->first; s; s = s->next)
		n += same_client(s->caller.claims, caller->claims);
	pthread_mutex_unlock(&e->lock);
	return n;
}

DCF_API_HANDLER(dcf_api_events)
{
	struct dcf_api *api = ctx;
	struct dcf_events *e = api->events;
	struct dcf_http_source source = { next, close_stream, NULL };
	uint64_t position;
	struct stream *s;

	if (!read_start(rq, reply, atomic_load(&e->published), &position))
		return DCF_HTTP_DONE;
	if (streams_of(e, dcf_caller_of(rq)) >= api->config->limit.streams_per_client) {
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("5"));
		return dcf_http_problem(reply, 429, "streams", DCF_SPAN("this client has as many streams open as it may"));
	}
	s = dcf_alloc_new(&api->heap, sizeof *s);
	if (!s)
		return dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
	*s = (struct stream){ .events = e,
			      .caller = *dcf_caller_of(rq),
			      .position = position,
			      .out = { .from = &api->heap },
			      .arena = { .from = &api->heap } };
	s->caller.change = NULL;
	dcf_claims_ref(s->caller.claims);
	source.ctx = s;
	dcf_http_reply_header(reply, "Cache-Control", DCF_SPAN("no-store"));
	s->http = dcf_http_stream_start(reply, "text/event-stream", &source);
	if (s->http) {
		/* It is not closed before this handler has returned. */
		pthread_mutex_lock(&e->lock);
		s->next = e->first;
		s->before = &e->first;
		if (s->next)
			s->next->before = &s->next;
		e->first = s;
		pthread_mutex_unlock(&e->lock);
	}
	if (!s->http)
		close_stream(s);
	return DCF_HTTP_DONE;
}

enum dcf_status dcf_events_new(struct dcf_api *api, struct dcf_events **out)
{
	struct dcf_events *e = dcf_alloc_new(&api->heap, sizeof *e);

	if (!e)
		return DCF_E_NOMEM;
	*e = (struct dcf_events){ .api = api };
	pthread_mutex_init(&e->lock, NULL);
	*out = e;
	return DCF_OK;
}

void dcf_events_published(struct dcf_events *e, uint64_t to)
{
	atomic_store(&e->published, to);
	pthread_mutex_lock(&e->lock);
	for (struct stream *s = e->first; s; s = s->next)
		dcf_http_wake(s->http);
	pthread_mutex_unlock(&e->lock);
}

void dcf_events_free(struct dcf_events *e)
{
	if (!e)
		return;
	pthread_mutex_destroy(&e->lock);
	dcf_alloc_free(&e->api->heap, e, sizeof *e);
}
