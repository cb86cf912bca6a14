/* SPDX-License-Identifier: Apache-2.0 */
/* One request from its first line to its reply, without the library: every check, and whose turn it is.
 *
 * A reply that is made before the whole request is there (a refusal) waits until the rest is read and thrown away, so that the
 * client gets to see it; only when there is too much to read, or no telling where the request ends, it goes out at once and the
 * connection ends with it. */
#include "node/http_int.h"

#include <string.h>

enum {
	THROWN_MAX = 8 << 20, /* bytes of a refused body that are read */
	BODY_KEPT = 64 << 10, /* memory that a work keeps for the next request */
	ARENA_KEPT = 256 << 10
};

/* ---- works ---- */

static struct dcf_http_work *work_take(struct dcf_http *h)
{
	struct dcf_http_work *w;

	(void)pthread_mutex_lock(&h->lock);
	w = h->works;
	if (w) {
		h->works = w->next;
		h->work_count--;
	}
	(void)pthread_mutex_unlock(&h->lock);
	if (w)
		return w;
	w = dcf_alloc_new(&h->from, sizeof *w);
	if (!w)
		return NULL;
	memset(w, 0, sizeof *w);
	w->arena.from = w->body.from = w->reply.body.from = &h->from;
	return w;
}

static void work_free(struct dcf_http *h, struct dcf_http_work *w)
{
	dcf_arena_free(&w->arena);
	dcf_buf_free(&w->body);
	dcf_buf_free(&w->reply.body);
	dcf_alloc_free(&h->from, w, sizeof *w);
}

static void buf_reset(struct dcf_buf *b)
{
	if (b->cap > BODY_KEPT || b->failed)
		dcf_buf_free(b);
	b->len = 0;
}

static void work_give(struct dcf_http *h, struct dcf_http_work *w)
{
	bool kept = false;

	buf_reset(&w->body);
	buf_reset(&w->reply.body);
	if (w->arena.total > ARENA_KEPT)
		dcf_arena_free(&w->arena);
	else
		dcf_arena_rewind(&w->arena);
	(void)pthread_mutex_lock(&h->lock);
	if (h->work_count < HTTP_WORKS_KEPT) {
		w->next = h->works;
		h->works = w;
		h->work_count++;
		kept = true;
	}
	(void)pthread_mutex_unlock(&h->lock);
	if (!kept)
		work_free(h, w);
}

void dcf_http_works_free(struct dcf_http *h)
{
	while (h->works) {
		struct dcf_http_work *w = h->works;

		h->works = w->next;
		work_free(h, w);
	}
	h->work_count = 0;
}

/* ---- the first line ---- */

static void put_hex(char *out, uint64_t v, int digits)
{
	for (int i = digits - 1; i >= 0; i--, v >>= 4)
		out[i] = "0123456789abcdef"[v & 15];
}

static struct dcf_span own_id(struct dcf_http_work *w)
{
	struct dcf_http *h = w->conn->server;

	put_hex(w->id, h->id_seed, 12);
	w->id[12] = '-';
	put_hex(w->id + 13, atomic_fetch_add(&h->next_id, 1), 10);
	w->id[23] = 0;
	return (struct dcf_span){ w->id, 23 };
}

static int64_t request_us(const struct dcf_http *h)
{
	return (int64_t)h->options.limits.request_ms * 1000;
}

/* Members one by one: the arrays need no clearing, and are most of it. */
static void work_clear(struct dcf_http_work *w)
{
	struct dcf_http_request *rq = &w->rq;
	struct dcf_http_reply *reply = &w->reply;

	rq->segment_count = rq->query_count = rq->header_count = 0;
	rq->path = rq->body = rq->peer_der = (struct dcf_span){ NULL, 0 };
	rq->route = NULL;
	rq->user = NULL;
	rq->arena = &w->arena;
	reply->status = 0;
	reply->still_body = (struct dcf_span){ NULL, 0 };
	reply->type = NULL;
	reply->header_count = 0;
	reply->close = reply->bad_header = false;
	reply->request = rq;
	reply->stream = NULL;
	w->step = HTTP_HEADERS;
	atomic_store(&w->late, HTTP_LATE_NO);
	w->reply_by_us = 0;
	w->framing = (struct dcf_framing){ 0 };
	w->more_headers = false;
	w->manners = NULL;
	w->thrown = w->counted = 0;
	w->second = NULL;
	w->status = 0;
	w->sent = 0;
	w->stream.open = false;
}

struct dcf_http_work *dcf_http_begin(struct dcf_http_conn *c, const char *target)
{
	struct dcf_http *h = c->server;
	struct dcf_http_work *w = work_take(h);

	dcf_http_running(c);
	dcf_http_phase_set(c, HTTP_READING, request_us(h));
	atomic_fetch_add(&h->requests, 1);
	if (!w)
		return NULL;
	work_clear(w);
	w->conn = c;
	w->server = h;
	w->raw = target;
	w->rq.began_us = dcf_http_now_us();
	w->rq.id = own_id(w);
	w->rq.target = dcf_arena_copy(&w->arena, dcf_span_of(target ? target : ""));
	memcpy(w->peer, c->peer, sizeof w->peer);
	w->rq.peer = dcf_span_of(w->peer);
	w->rq.peer_port = c->port;
	w->rq.tls = c->tls != NULL;
	if (!w->rq.target.p) {
		work_give(h, w);
		return NULL;
	}
	atomic_fetch_add(&h->in_hand, 1);
	c->work = w;
	return w;
}

/* ---- the headers ---- */

static struct dcf_span text_of(struct dcf_http_work *w, const char *before, const char *what)
{
	struct dcf_span a = dcf_span_of(before), b = dcf_span_of(what);
	char *p = dcf_arena_get(&w->arena, a.len + b.len);

	if (!p)
		return b;
	memcpy(p, a.p, a.len);
	memcpy(p + a.len, b.p, b.len);
	return (struct dcf_span){ p, a.len + b.len };
}

/* The manners that clients of this target expect; NULL: ours. */
static const struct dcf_http_manners *manners_of(const struct dcf_http *h, struct dcf_span target)
{
	const struct dcf_http_manners *m = h->options.manners;

	return m && dcf_http_is_below(target, m->prefix) ? m : NULL;
}

/* Of a path with our own manners otherwise: is a method that it does not take refused as on those with others'? */
static bool is_probe(const struct dcf_http *h, struct dcf_span path)
{
	const struct dcf_http_manners *m = h->options.manners;

	for (size_t i = 0; m && m->probe && m->probe[i]; i++)
		if (dcf_span_eq(path, dcf_span_of(m->probe[i])))
			return true;
	return false;
}

/* Of a path that nothing serves: whose clients may have meant it? */
static bool is_nobodys(const struct dcf_http *h, struct dcf_span path)
{
	const struct dcf_http_manners *m = h->options.manners;

	return m && m->ours && !dcf_http_is_below(path, m->ours);
}

static void refuse(struct dcf_http_work *w, unsigned status, const char *kind, struct dcf_span detail)
{
	if (w->manners)
		w->manners->refuse(w->conn->server->options.ctx, &w->reply, status, kind, detail);
	else
		(void)dcf_http_problem(&w->reply, status, kind, detail);
}

/* The request's end is in doubt: the reply goes out now and the connection ends. */
static enum dcf_http_then refuse_and_close(struct dcf_http_work *w, unsigned status, const char *kind, struct dcf_span detail)
{
	atomic_fetch_add(&w->conn->server->bad, 1);
	refuse(w, status, kind, detail);
	w->reply.close = true;
	w->step = HTTP_DENIED;
	return HTTP_ANSWER;
}

/* The reply is made; it goes out when the rest of the request is read, if that is worth it. */
static enum dcf_http_then denied(struct dcf_http_work *w)
{
	w->step = HTTP_DENIED;
	if (w->framing.wants_continue || w->framing.length > THROWN_MAX) {
		w->reply.close = true;
		return HTTP_ANSWER;
	}
	return HTTP_GO_ON;
}

static enum dcf_http_then deny(struct dcf_http_work *w, unsigned status, const char *kind, struct dcf_span detail)
{
	refuse(w, status, kind, detail);
	return denied(w);
}

static enum dcf_http_then check_shape(struct dcf_http_work *w, const char *version, size_t bytes, bool plain)
{
	const struct dcf_http_limits *l = &w->conn->server->options.limits;
	const char *why = "";
	unsigned status;

	if (!plain)
		return refuse_and_close(w, 400, "bad-request",
					DCF_SPAN("the request is not made of lines that end in CRLF, unfolded, without NUL"));
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
		return refuse_and_close(w, 505, "bad-version", DCF_SPAN("HTTP/1.1 or HTTP/1.0 is expected"));
	if (bytes > l->header_max || w->more_headers)
		return refuse_and_close(w, 431, "headers-too-large",
					DCF_SPAN("the header section is longer than this server takes"));
	w->minor = version[7] - '0';
	status = dcf_framing_of(w->rq.headers, w->rq.header_count, w->minor, &w->framing, &why);
	if (status == 400 || status == 501)
		return refuse_and_close(w, status, "bad-headers", text_of(w, "not taken: ", why));
	/* The library's reader of chunks forgives much; what stands behind the last one is never taken for a request. */
	w->reply.close = w->framing.chunked;
	return status ? deny(w, status, "bad-headers", text_of(w, "not taken: ", why)) : HTTP_GO_ON;
}

static void take_id(struct dcf_http_work *w)
{
	struct dcf_span id = dcf_http_header(&w->rq, "X-Request-Id");

	if (!dcf_field_id(id) || dcf_http_header_count(&w->rq, "X-Request-Id") != 1 || id.len > DCF_HTTP_ID_MAX)
		return;
	memcpy(w->id, id.p, id.len);
	w->rq.id = (struct dcf_span){ w->id, id.len };
}

static enum dcf_http_then check_target(struct dcf_http_work *w, struct dcf_target *t)
{
	const char *why;
	enum dcf_status s = w->manners ? dcf_target_parse_loose(&w->arena, w->rq.target, t, &why)
				       : dcf_target_parse(&w->arena, w->rq.target, t, &why);

	if (s == DCF_E_NOMEM)
		return deny(w, 503, "out-of-memory", DCF_SPAN("the server is short of memory"));
	if (s != DCF_OK)
		return deny(w, s == DCF_E_LIMIT ? 414 : 400, "bad-target", text_of(w, "the request target has ", why));
	w->rq.path = t->path;
	w->rq.segment_count = t->segment_count;
	memcpy(w->rq.segments, t->segments, t->segment_count * sizeof t->segments[0]);
	w->rq.query_count = t->query_count;
	memcpy(w->rq.query, t->query, t->query_count * sizeof t->query[0]);
	return HTTP_GO_ON;
}

static enum dcf_http_then check_rate(struct dcf_http_work *w)
{
	struct dcf_http *h = w->conn->server;
	char seconds[24];
	int64_t wait_ms;
	struct dcf_buf text = { .from = &h->from, .p = seconds, .cap = sizeof seconds };

	if (!h->rate || dcf_rate_take(h->rate, (struct dcf_span){ (const char *)w->conn->key, 16 }, w->rq.began_us, &wait_ms))
		return HTTP_GO_ON;
	atomic_fetch_add(&h->limited, 1);
	dcf_buf_i64(&text, (wait_ms + 999) / 1000);
	dcf_http_reply_header(&w->reply, "Retry-After", dcf_buf_as_span(&text));
	return deny(w, 429, "too-many-requests",
		    DCF_SPAN("more requests than this address may make; Retry-After says when to try again"));
}

static enum dcf_http_then answer_options(struct dcf_http_work *w, unsigned methods)
{
	char allow[64];

	dcf_http_reply_header(&w->reply, "Allow", dcf_route_allow(methods, allow));
	w->reply.status = 204;
	return denied(w);
}

static enum dcf_http_then find_route(struct dcf_http_work *w, const char *method, const struct dcf_target *t)
{
	const struct dcf_http_options *o = &w->conn->server->options;
	struct dcf_span name = dcf_span_of(method);
	unsigned bit = dcf_method_of(name, &w->rq.head);
	bool options = dcf_span_eq(name, DCF_SPAN("OPTIONS"));
	struct dcf_route_found found;
	char allow[64];

	w->rq.method = bit;
	/* There HEAD is a method like any other that nothing takes. */
	dcf_route_find(o->routes, o->route_count, w->manners && w->rq.head ? 0 : bit, t, &found);
	if (!found.route && (is_probe(w->conn->server, t->path) || (!found.methods && is_nobodys(w->conn->server, t->path))))
		w->manners = o->manners;
	if (!bit && !options && !w->manners)
		return deny(w, 501, "bad-method", DCF_SPAN("GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS is expected"));
	if (!found.methods || (w->manners && !found.route))
		return deny(w, 404, "not-found", DCF_SPAN("there is nothing at this path"));
	if (options)
		return answer_options(w, found.methods);
	if (!found.route) {
		dcf_http_reply_header(&w->reply, "Allow", dcf_route_allow(found.methods, allow));
		return deny(w, 405, "method-not-allowed",
			    DCF_SPAN("this path does not take this method; Allow says which it takes"));
	}
	w->rq.route = found.route;
	memcpy(w->rq.params, found.params, sizeof found.params);
	w->body_max = found.route->body_max ? found.route->body_max : o->limits.body_max;
	return HTTP_GO_ON;
}

static enum dcf_http_then too_large(struct dcf_http_work *w)
{
	struct dcf_buf text = { .from = &w->conn->server->from };
	enum dcf_http_then then;

	dcf_buf_z(&text, "the body is longer than ");
	dcf_buf_i64(&text, (int64_t)w->body_max);
	dcf_buf_z(&text, " bytes");
	then = deny(w, 413, "body-too-large", dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return then;
}

static enum dcf_http_then check_peer(struct dcf_http_work *w)
{
	struct dcf_http_conn *c = w->conn;

	if (!c->tls)
		return HTTP_GO_ON;
	if (!c->peer_known) {
		(void)dcf_http_tls_peer(c->session, &c->der, c->fingerprint);
		c->peer_known = true;
	}
	w->rq.peer_der = c->der;
	memcpy(w->rq.peer_fingerprint, c->fingerprint, sizeof c->fingerprint);
	/* Asked again for each request: a pin that was taken away ends the connections that it let in. */
	if (dcf_http_tls_admits(c->server->tls, c->der, c->fingerprint))
		return HTTP_GO_ON;
	w->reply.close = true;
	return deny(w, 403, "certificate-not-accepted",
		    DCF_SPAN("the client's certificate is not, or no longer, accepted here"));
}

static enum dcf_http_then ask_gate(struct dcf_http_work *w)
{
	struct dcf_http *h = w->conn->server;
	enum dcf_http_next next;

	if (atomic_load(&h->ending))
		return deny(w, 503, "stopping", DCF_SPAN("the server is stopping"));
	if (!h->options.gate)
		return HTTP_GO_ON;
	next = h->options.gate(h->options.ctx, &w->rq, &w->reply);
	if (next == DCF_HTTP_PASS)
		return HTTP_GO_ON;
	return next == DCF_HTTP_DONE ? denied(w) : deny(w, 500, "internal", DCF_SPAN("the server made a mistake"));
}

enum dcf_http_then dcf_http_headers_in(struct dcf_http_work *w, const char *method, const char *version, size_t bytes,
				       bool plain)
{
	struct dcf_target target;
	enum dcf_http_then then;

	w->step = HTTP_BODY;
	w->manners = manners_of(w->conn->server, w->rq.target);
	take_id(w);
	if ((then = check_shape(w, version, bytes, plain)) != HTTP_GO_ON || w->step == HTTP_DENIED)
		return then;
	if ((then = check_peer(w)) != HTTP_GO_ON || w->step == HTTP_DENIED)
		return then;
	if ((then = check_rate(w)) != HTTP_GO_ON || w->step == HTTP_DENIED)
		return then;
	if (strcmp(method, "OPTIONS") == 0 && dcf_span_eq(w->rq.target, DCF_SPAN("*")))
		return answer_options(w, DCF_HTTP_GET | DCF_HTTP_POST | DCF_HTTP_PUT | DCF_HTTP_PATCH | DCF_HTTP_DELETE);
	if ((then = check_target(w, &target)) != HTTP_GO_ON || w->step == HTTP_DENIED)
		return then;
	if ((then = find_route(w, method, &target)) != HTTP_GO_ON || w->step == HTTP_DENIED)
		return then;
	if (w->framing.length > w->body_max && !w->manners)
		return too_large(w);
	then = ask_gate(w);
	return then == HTTP_GO_ON && w->step != HTTP_DENIED && w->framing.length > w->body_max ? too_large(w) : then;
}

/* ---- the body ---- */

/* A byte more a client sends, a little more time it has. */
static void extend(struct dcf_http_work *w)
{
	const struct dcf_http_limits *l = &w->conn->server->options.limits;
	int64_t more_us = (int64_t)w->body.len * 1000000 / l->bytes_per_s;

	atomic_store(&w->conn->deadline_us, w->rq.began_us + (int64_t)l->request_ms * 1000 + more_us);
}

static enum dcf_http_then keep(struct dcf_http_work *w, const char *bytes, size_t n)
{
	struct dcf_http *h = w->conn->server;

	if (n > w->body_max - w->body.len)
		return too_large(w);
	if (atomic_fetch_add(&h->bodies, n) + n > h->options.limits.bodies_max) {
		atomic_fetch_sub(&h->bodies, n);
		dcf_http_reply_header(&w->reply, "Retry-After", DCF_SPAN("1"));
		return deny(w, 503, "busy", DCF_SPAN("the server holds as many bytes of requests as it may"));
	}
	w->counted += n;
	dcf_buf_put(&w->body, bytes, n);
	if (w->body.failed)
		return deny(w, 503, "out-of-memory", DCF_SPAN("the server is short of memory"));
	extend(w);
	return HTTP_GO_ON;
}

enum dcf_http_then dcf_http_body_in(struct dcf_http_work *w, const char *bytes, size_t n)
{
	if (w->step == HTTP_BODY) {
		/* What keep() refuses now can only be answered once the body is over. */
		enum dcf_http_then then = keep(w, bytes, n);

		return then == HTTP_ANSWER ? HTTP_GO_ON : then;
	}
	w->thrown += n;
	return w->thrown > THROWN_MAX ? HTTP_CUT : HTTP_GO_ON;
}

/* ---- the handler ---- */

/* How long until the reply must have begun; 0: no limit. */
static int64_t time_left(struct dcf_http_work *w)
{
	int64_t now = dcf_http_now_us();

	if (!w->manners)
		return 0;
	if (!w->reply_by_us)
		w->reply_by_us = now + (int64_t)w->server->options.limits.handler_ms * 1000;
	return w->reply_by_us > now ? w->reply_by_us - now : 1;
}

static enum dcf_http_then run(struct dcf_http_work *w, dcf_http_handler handler)
{
	struct dcf_http *h = w->conn->server;

	dcf_http_phase_set(w->conn, HTTP_HANDLING, time_left(w));
	switch (handler(h->options.ctx, &w->rq, &w->reply)) {
	case DCF_HTTP_DONE:
		return HTTP_ANSWER;
	case DCF_HTTP_LATER:
		w->step = HTTP_AGAIN;
		return HTTP_PARK;
	case DCF_HTTP_PASS:
	default:
		refuse(w, 500, "internal", DCF_SPAN("the server made a mistake"));
		return HTTP_ANSWER;
	}
}

enum dcf_http_then dcf_http_whole_in(struct dcf_http_work *w)
{
	switch (w->step) {
	case HTTP_BODY:
		w->rq.body = dcf_buf_as_span(&w->body);
		return run(w, w->rq.route->handler);
	case HTTP_AGAIN:
		dcf_http_running(w->conn);
		return run(w, w->second);
	case HTTP_DENIED:
		return HTTP_ANSWER;
	case HTTP_HEADERS:
	case HTTP_ANSWERED:
	default:
		return HTTP_CUT;
	}
}

/* ---- the reply ---- */

static void mistake(struct dcf_http_work *w)
{
	dcf_http_stream_over(w);
	w->reply.stream = NULL;
	w->reply.header_count = 0;
	w->reply.bad_header = false;
	buf_reset(&w->reply.body);
	refuse(w, 500, "internal", DCF_SPAN("the server made a mistake or is short of memory"));
	if (w->reply.body.failed) {
		buf_reset(&w->reply.body);
		w->reply.type = NULL;
	}
}

void dcf_http_reply_ready(struct dcf_http_work *w)
{
	struct dcf_http *h = w->conn->server;
	struct dcf_http_reply *r = &w->reply;
	size_t n;

	if (r->status < 200 || r->status > 599 || r->body.failed || r->bad_header)
		mistake(w);
	if (r->status == 204 || r->status == 304) {
		r->body.len = 0;
		r->still_body.p = NULL;
	}
	n = r->still_body.p ? r->still_body.len : r->body.len;
	if (!r->type && n)
		r->type = "application/json";
	r->close |= atomic_load(&h->draining);
	w->status = r->status;
	if (!r->stream) {
		w->sent = w->rq.head ? 0 : n;
		dcf_http_phase_set(w->conn, HTTP_SENDING, request_us(h) + (int64_t)n * 1000000 / h->options.limits.bytes_per_s);
	}
	w->step = HTTP_ANSWERED;
}

void dcf_http_over(struct dcf_http_work *w, bool whole, unsigned status)
{
	struct dcf_http_conn *c = w->conn;
	struct dcf_http *h = c->server;
	struct dcf_http_done done = { .status = w->status ? w->status : status, .whole = whole };

	/* Its time was up, and the connection ended before it came to say so: others are at the request still. */
	w = w->step == HTTP_AGAIN ? dcf_http_again(w) : w;
	if (!w)
		return;
	done.request = &w->rq;
	dcf_http_stream_over(w);
	done.body_sent = w->sent;
	done.took_us = dcf_http_now_us() - w->rq.began_us;
	if (h->options.done)
		h->options.done(h->options.ctx, &done);
	atomic_fetch_sub(&h->bodies, w->counted);
	c->work = NULL;
	dcf_http_phase_set(c, HTTP_IDLE, (int64_t)h->options.limits.idle_ms * 1000);
	work_give(h, w);
	atomic_fetch_sub(&h->in_hand, 1);
}

/* ---- requests whose time was up ---- */

/* A request with nothing but what is told of requests. */
static struct dcf_http_work *stand_in(const struct dcf_http_work *w)
{
	struct dcf_http_work *s = work_take(w->server);

	if (!s)
		return NULL;
	work_clear(s);
	s->conn = w->conn;
	s->server = w->server;
	s->manners = w->manners;
	s->raw = w->raw;
	s->reply.close = w->framing.chunked; /* as check_shape() has it */
	memcpy(s->id, w->id, sizeof s->id);
	memcpy(s->peer, w->peer, sizeof s->peer);
	s->rq.id = (struct dcf_span){ s->id, w->rq.id.len };
	s->rq.peer = dcf_span_of(s->peer);
	s->rq.peer_port = w->rq.peer_port;
	s->rq.tls = w->rq.tls;
	s->rq.method = w->rq.method;
	s->rq.head = w->rq.head;
	s->rq.route = w->rq.route;
	s->rq.began_us = w->rq.began_us;
	s->rq.target = dcf_arena_copy(&s->arena, w->rq.target);
	if (s->rq.target.p)
		return s;
	work_give(w->server, s);
	return NULL;
}

struct dcf_http_work *dcf_http_again(struct dcf_http_work *w)
{
	struct dcf_http_conn *c = w->conn;
	struct dcf_http_work *s;

	if (atomic_load(&w->late) == HTTP_LATE_DUE)
		return w;
	dcf_http_running(c);
	s = stand_in(w);
	atomic_store(&c->work, s);
	if (s) {
		atomic_fetch_add(&w->server->in_hand, 1);
		refuse(s, 503, "time-out", DCF_SPAN("request timeout"));
		s->step = HTTP_DENIED;
	}
	if (atomic_exchange(&w->late, HTTP_LATE_LEFT) == HTTP_LATE_ENDED)
		dcf_http_left_over(w);
	return s;
}

void dcf_http_left_over(struct dcf_http_work *w)
{
	struct dcf_http *h = w->server;
	struct dcf_http_done done = { .request = &w->rq, .late = true };

	done.took_us = dcf_http_now_us() - w->rq.began_us;
	if (h->options.done)
		h->options.done(h->options.ctx, &done);
	atomic_fetch_sub(&h->bodies, w->counted);
	work_give(h, w);
	atomic_fetch_sub(&h->in_hand, 1);
	atomic_fetch_sub(&h->left, 1);
}
