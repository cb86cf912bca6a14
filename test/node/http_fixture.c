/* SPDX-License-Identifier: Apache-2.0 */
/* A server with routes for every kind of reply, for clients in Python.
 *
 *     http_fixture [name=value ...]    prints "port N" and serves until standard input says "stop" or ends
 *
 * Commands on standard input: "stop" drains for 5 s and leaves; "publish TEXT" sends an event to every stream; "renew CERT KEY
 * [PIN]" takes new TLS material; "stats" prints what the server counts.  Values: body_max, header_max, connections,
 * per_address, idle_ms, request_ms, handler_ms, bytes_per_s, stall_ms, heartbeat_ms, streams, rate_per_s, burst, bodies_max,
 * threads, listen, plain, cert, key, client, pin (repeated), admit (nobody, named or all: command "admit WORD" changes it). */
#define _GNU_SOURCE
#include "node/http.h"
#include "node/http_etag.h"
#include "node/http_problem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- replies that come later, from a thread of its own in batches ---- */

enum { QUEUE = 4096 };
static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct dcf_http_request *waiting[QUEUE];
	size_t count;
	bool stop;
	pthread_t thread;
} later = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static void hand_over(void *arg, struct dcf_http_request *rq)
{
	(void)arg;
	(void)pthread_mutex_lock(&later.lock);
	later.waiting[later.count++ % QUEUE] = rq;
	(void)pthread_cond_signal(&later.more);
	(void)pthread_mutex_unlock(&later.lock);
}

static void pause_of(const struct dcf_http_request *rq)
{
	struct dcf_span ms = dcf_http_query(rq, "ms");
	struct timespec t = { 0 };

	if (!ms.p)
		return;
	t.tv_nsec = (long)strtol(ms.p, NULL, 10) * 1000000;
	t.tv_sec = t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	(void)nanosleep(&t, NULL);
}

static void *finisher(void *arg)
{
	struct dcf_http_request *batch[QUEUE];

	(void)pthread_mutex_lock(&later.lock);
	while (!later.stop || later.count) {
		size_t n = later.count;

		if (n == 0) {
			(void)pthread_cond_wait(&later.more, &later.lock);
			continue;
		}
		memcpy(batch, later.waiting, n * sizeof batch[0]);
		later.count = 0;
		(void)pthread_mutex_unlock(&later.lock);
		for (size_t i = 0; i < n; i++) {
			pause_of(batch[i]);
			*(unsigned *)batch[i]->user += 1;
		}
		dcf_http_finish_all(batch, n);
		(void)pthread_mutex_lock(&later.lock);
	}
	(void)pthread_mutex_unlock(&later.lock);
	return arg;
}

/* ---- streams ---- */

struct listener {
	struct listener *next;
	struct dcf_http_stream *stream;
	size_t at, limit; /* events sent; of a flood bytes, and how many there are (0: no end) */
	bool flood;
};

enum { EVENTS = 1024 };
static struct {
	pthread_mutex_t lock;
	struct listener *first;
	char *events[EVENTS];
	size_t count;
	atomic_size_t closed;
} hub = { .lock = PTHREAD_MUTEX_INITIALIZER };

static enum dcf_http_more next_event(void *ctx, char *out, size_t cap, size_t *len)
{
	struct listener *l = ctx;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf text = { .from = &heap };
	char id[24];
	enum dcf_http_more more = DCF_HTTP_WAIT;

	if (l->flood) {
		*len = l->limit && cap > l->limit - l->at ? l->limit - l->at : cap;
		memset(out, 'x', *len);
		l->at += *len;
		return *len ? DCF_HTTP_BYTES : DCF_HTTP_END;
	}
	(void)pthread_mutex_lock(&hub.lock);
	if (l->at < hub.count) {
		(void)snprintf(id, sizeof id, "%zu", l->at + 1);
		(void)dcf_http_event(&text, dcf_span_of(id), DCF_SPAN("change"), dcf_span_of(hub.events[l->at]));
		more = strcmp(hub.events[l->at], "end") == 0 ? DCF_HTTP_END : DCF_HTTP_BYTES;
		*len = text.len < cap ? text.len : cap;
		memcpy(out, text.p, *len);
		l->at++;
	}
	(void)pthread_mutex_unlock(&hub.lock);
	dcf_buf_free(&text);
	return more;
}

static void leave(void *ctx)
{
	struct listener *l = ctx, **at;

	(void)pthread_mutex_lock(&hub.lock);
	for (at = &hub.first; *at && *at != l; at = &(*at)->next)
		;
	if (*at)
		*at = l->next;
	(void)pthread_mutex_unlock(&hub.lock);
	atomic_fetch_add(&hub.closed, 1);
	free(l);
}

static void publish(const char *text)
{
	(void)pthread_mutex_lock(&hub.lock);
	if (hub.count < EVENTS)
		hub.events[hub.count++] = strdup(text);
	for (struct listener *l = hub.first; l; l = l->next)
		dcf_http_wake(l->stream);
	(void)pthread_mutex_unlock(&hub.lock);
}

static enum dcf_http_next stream(struct dcf_http_request *rq, struct dcf_http_reply *reply, bool flood)
{
	struct listener *l = calloc(1, sizeof *l);
	struct dcf_http_source source = { next_event, leave, l };
	struct dcf_span last = dcf_http_header(rq, "Last-Event-ID");

	l->flood = flood;
	l->limit = flood && dcf_http_query(rq, "n").p ? (size_t)strtoul(dcf_http_query(rq, "n").p, NULL, 10) : 0;
	l->at = last.len ? (size_t)strtoul(last.p, NULL, 10) : 0;
	(void)pthread_mutex_lock(&hub.lock);
	l->stream = dcf_http_stream_start(reply, flood ? "text/plain" : "text/event-stream", &source);
	if (l->stream) {
		l->next = hub.first;
		hub.first = l;
	}
	(void)pthread_mutex_unlock(&hub.lock);
	if (!l->stream)
		free(l);
	return DCF_HTTP_DONE;
}

static enum dcf_http_next events(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	return stream(rq, reply, false);
}

static enum dcf_http_next flood(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	return stream(rq, reply, true);
}

/* ---- plain handlers ---- */

static enum dcf_http_next hello(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx, (void)rq;
	reply->status = 200;
	dcf_buf_z(&reply->body, "{\"hello\":\"world\"}");
	return DCF_HTTP_DONE;
}

static void put_quoted(struct dcf_buf *out, const char *name, struct dcf_span value)
{
	dcf_buf_z(out, name);
	dcf_buf_z(out, "=[");
	dcf_buf_span(out, value);
	dcf_buf_z(out, "]\n");
}

static enum dcf_http_next echo(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct dcf_buf *b = &reply->body;

	(void)ctx;
	reply->status = 200;
	reply->type = "text/plain";
	put_quoted(b, "target", rq->target);
	put_quoted(b, "path", rq->path);
	for (size_t i = 0; i < rq->segment_count; i++)
		put_quoted(b, "segment", rq->segments[i]);
	put_quoted(b, "id", dcf_http_param(rq, "id"));
	put_quoted(b, "rest", dcf_http_param(rq, "rest"));
	for (size_t i = 0; i < rq->query_count; i++) {
		put_quoted(b, "name", rq->query[i].name);
		put_quoted(b, "value", rq->query[i].value);
	}
	for (size_t i = 0; i < rq->header_count; i++) {
		put_quoted(b, "header", rq->headers[i].name);
		put_quoted(b, "is", rq->headers[i].value);
	}
	put_quoted(b, "request", rq->id);
	put_quoted(b, "body", rq->body);
	return DCF_HTTP_DONE;
}

static enum dcf_http_next length(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	reply->status = 200;
	dcf_buf_i64(&reply->body, (int64_t)rq->body.len);
	return DCF_HTTP_DONE;
}

static enum dcf_http_next second(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	unsigned *turns = rq->user;

	(void)ctx;
	if (dcf_http_query(rq, "twice").p && *turns < 2)
		return dcf_http_later(rq, second, hand_over, NULL);
	reply->status = 201;
	dcf_buf_z(&reply->body, "{\"turns\":");
	dcf_buf_i64(&reply->body, *turns);
	dcf_buf_z(&reply->body, ",\"bytes\":");
	dcf_buf_i64(&reply->body, (int64_t)rq->body.len);
	dcf_buf_z(&reply->body, "}");
	return DCF_HTTP_DONE;
}

static enum dcf_http_next slow(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	unsigned *turns = dcf_arena_get(rq->arena, sizeof *turns);

	(void)ctx, (void)reply;
	*turns = 0;
	rq->user = turns;
	return dcf_http_later(rq, second, hand_over, NULL);
}

static enum dcf_http_next big(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	uint64_t n;

	(void)ctx;
	if (!dcf_http_query_known(rq, reply, (const char *const[]){ "n", NULL }) ||
	    !dcf_http_query_number(rq, reply, "n", 1, 64 << 20, 1, &n))
		return DCF_HTTP_DONE;
	reply->status = 200;
	reply->type = "text/plain";
	dcf_buf_fill(&reply->body, 'b', n);
	return DCF_HTTP_DONE;
}

static _Atomic uint64_t version = 1;

static enum dcf_http_next thing(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	char text[24];
	struct dcf_span tag = dcf_etag_of(atomic_load(&version), text);

	(void)ctx;
	if (rq->method == DCF_HTTP_GET ? !dcf_http_condition(rq, reply, tag) : !dcf_http_condition_required(rq, reply, tag))
		return DCF_HTTP_DONE;
	if (rq->method == DCF_HTTP_PUT)
		tag = dcf_etag_of(atomic_fetch_add(&version, 1) + 1, text);
	reply->status = 200;
	dcf_http_reply_header(reply, "ETag", tag);
	dcf_buf_z(&reply->body, "{}");
	return DCF_HTTP_DONE;
}

static enum dcf_http_next fault(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct dcf_http_fault faults[] = { { DCF_SPAN("/features/0"), DCF_SPAN("is \"bad\"") },
					   { DCF_SPAN(""), DCF_SPAN("all of it") } };

	(void)ctx, (void)rq;
	return dcf_http_problem_at(reply, 422, "bad-operation", DCF_SPAN("two faults"), faults, 2);
}

static enum dcf_http_next peer(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	char hex[3];

	(void)ctx;
	reply->status = 200;
	reply->type = "text/plain";
	dcf_buf_i64(&reply->body, (int64_t)rq->peer_der.len);
	dcf_buf_char(&reply->body, ' ');
	for (int i = 0; i < 32; i++) {
		(void)snprintf(hex, sizeof hex, "%02x", rq->peer_fingerprint[i]);
		dcf_buf_z(&reply->body, hex);
	}
	dcf_buf_char(&reply->body, ' ');
	dcf_buf_span(&reply->body, rq->peer);
	return DCF_HTTP_DONE;
}

static enum dcf_http_next nothing(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx, (void)rq;
	if (dcf_http_query(rq, "header").p)
		dcf_http_reply_header(reply, "X-Broken", DCF_SPAN("a\r\nb"));
	reply->status = dcf_http_query(rq, "header").p ? 200 : 0;
	return DCF_HTTP_DONE;
}

static enum dcf_http_next gate(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx;
	if (!rq->route->scope || dcf_span_eq(dcf_http_header(rq, "Authorization"), DCF_SPAN("Bearer good")))
		return DCF_HTTP_PASS;
	dcf_http_reply_header(reply, "WWW-Authenticate", DCF_SPAN("Bearer"));
	return dcf_http_problem(reply, 401, "no-token", DCF_SPAN("a token is needed"));
}

/* Whom the fixture admits: 0 nobody, 1 those with a certificate, 2 all. */
static atomic_int admitted = 2;

static int admitted_of(const char *word)
{
	return strcmp(word, "nobody") == 0 ? 0 : strcmp(word, "named") == 0 ? 1 : 2;
}

static bool admit(void *ctx, struct dcf_span der, const uint8_t fingerprint[32])
{
	static const uint8_t none[32];
	int who = atomic_load(&admitted);

	(void)ctx;
	/* The fingerprint is zero exactly when there is no certificate. */
	return (memcmp(fingerprint, none, 32) == 0) == (der.p == NULL) && (who == 2 || (who == 1 && der.p));
}

static void done(void *ctx, const struct dcf_http_done *d)
{
	atomic_ullong *answered = ctx;

	if (d->status)
		atomic_fetch_add(answered, 1);
}

static const struct dcf_http_route routes[] = {
	{ DCF_HTTP_GET, "/", NULL, hello, 0, NULL },
	{ DCF_HTTP_GET, "/hello", NULL, hello, 0, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_POST | DCF_HTTP_PATCH, "/echo/{id}", NULL, echo, 0, NULL },
	{ DCF_HTTP_GET, "/echo/fixed", NULL, hello, 0, NULL },
	{ DCF_HTTP_GET, "/files/{rest...}", NULL, echo, 0, NULL },
	{ DCF_HTTP_POST | DCF_HTTP_PUT | DCF_HTTP_PATCH | DCF_HTTP_DELETE, "/length", NULL, length, 0, NULL },
	{ DCF_HTTP_POST, "/short", NULL, length, 10, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_POST, "/later", NULL, slow, 0, NULL },
	{ DCF_HTTP_GET, "/big", NULL, big, 0, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_PUT, "/thing", NULL, thing, 0, NULL },
	{ DCF_HTTP_POST, "/fault", NULL, fault, 0, NULL },
	{ DCF_HTTP_GET, "/peer", NULL, peer, 0, NULL },
	{ DCF_HTTP_GET, "/nothing", NULL, nothing, 0, NULL },
	{ DCF_HTTP_GET, "/events", NULL, events, 0, NULL },
	{ DCF_HTTP_GET, "/flood", NULL, flood, 0, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_POST | DCF_HTTP_PATCH, "/guarded", "write", length, 0, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_DELETE, "/other/{id}", NULL, echo, 0, NULL },
	{ DCF_HTTP_PUT, "/other/{id}/{rest}", NULL, echo, 0, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_POST, "/other/later", NULL, slow, 0, NULL },
	{ DCF_HTTP_POST, "/other/guarded/short", "write", length, 10, NULL },
};

/* Paths of another server's clients. */
static const char *const others[] = { "/other", "/v1/other", NULL };
static const char *const probes[] = { "/peer", NULL };

static void refuse(void *ctx, struct dcf_http_reply *reply, unsigned status, const char *kind, struct dcf_span detail)
{
	(void)ctx;
	reply->status = status;
	reply->type = "text/plain";
	reply->body.len = 0;
	dcf_buf_z(&reply->body, "other: ");
	dcf_buf_z(&reply->body, kind);
	dcf_buf_z(&reply->body, detail.len ? "" : " without words");
}

static const struct dcf_http_manners manners = { others, probes, NULL, refuse };

/* ---- the command line ---- */

static char *files[64];
static size_t file_count;

static void file_of(const char *path, struct dcf_span *out)
{
	FILE *f = fopen(path, "rb");
	char *p = calloc(1, 1 << 16);

	files[file_count++ % 64] = p;
	out->p = p;
	out->len = f ? fread(p, 1, (1 << 16) - 1, f) : 0;
	if (f)
		(void)fclose(f);
}

static void free_files(void)
{
	for (size_t i = 0; i < file_count; i++)
		free(files[i]);
}

static uint8_t pins[16][32];

static void put_pin(struct dcf_http_tls *tls, const char *hex)
{
	for (int i = 0; i < 32; i++) {
		unsigned v = 0;

		(void)sscanf(hex + 2 * i, "%2x", &v);
		pins[tls->pin_count][i] = (uint8_t)v;
	}
	tls->pins = (const uint8_t(*)[32])pins;
	tls->pin_count++;
}

static void take_option(struct dcf_http_options *o, char *arg)
{
	struct dcf_http_limits *l = &o->limits;
	/* clang-format off */
	const struct {
		const char *name;
		unsigned *u;
		size_t *z;
	} numbers[] = {
		{ "body_max", NULL, &l->body_max },         { "header_max", NULL, &l->header_max },
		{ "connections", &l->connections, NULL },   { "per_address", &l->per_address, NULL },
		{ "idle_ms", &l->idle_ms, NULL },           { "request_ms", &l->request_ms, NULL },
		{ "bytes_per_s", &l->bytes_per_s, NULL },   { "stall_ms", &l->stall_ms, NULL },
		{ "heartbeat_ms", &l->heartbeat_ms, NULL }, { "streams", &l->streams, NULL },
		{ "handler_ms", &l->handler_ms, NULL },
		{ "rate_per_s", &l->rate_per_s, NULL },     { "burst", &l->burst, NULL },
		{ "bodies_max", NULL, &l->bodies_max },     { "threads", &o->threads, NULL },
	};
	/* clang-format on */
	char *value = strchr(arg, '=');

	if (!value)
		return;
	*value++ = 0;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strcmp(arg, numbers[i].name) != 0)
			continue;
		if (numbers[i].u)
			*numbers[i].u = (unsigned)strtoul(value, NULL, 10);
		else
			*numbers[i].z = strtoul(value, NULL, 10);
	}
	if (strcmp(arg, "listen") == 0)
		o->listen = value;
	else if (strcmp(arg, "plain") == 0)
		o->allow_plain = true;
	else if (strcmp(arg, "cert") == 0)
		file_of(value, &o->tls.certificate_pem);
	else if (strcmp(arg, "key") == 0)
		file_of(value, &o->tls.key_pem);
	else if (strcmp(arg, "client") == 0)
		o->tls.client = strcmp(value, "required") == 0 ? DCF_HTTP_CERT_REQUIRED : DCF_HTTP_CERT_ASKED;
	else if (strcmp(arg, "pin") == 0)
		put_pin(&o->tls, value);
	else if (strcmp(arg, "admit") == 0)
		atomic_store(&admitted, admitted_of(value));
}

static void renew(struct dcf_http *h, enum dcf_http_client_cert client, char *words)
{
	struct dcf_http_tls tls = { .client = client };
	struct dcf_node_error err = { 0 };
	char *cert = strtok(words, " "), *key = strtok(NULL, " "), *pin = strtok(NULL, " ");

	file_of(cert, &tls.certificate_pem);
	file_of(key, &tls.key_pem);
	if (pin)
		put_pin(&tls, pin);
	printf("renewed %d %s\n", (int)dcf_http_new_tls(h, &tls, &err), err.text);
}

static void print_stats(struct dcf_http *h, unsigned long long answered)
{
	struct dcf_http_stats s = dcf_http_stats(h);

	printf("stats connections=%u streams=%u in_hand=%u accepted=%llu refused=%llu requests=%llu limited=%llu cut=%llu "
	       "bad=%llu closed=%zu "
	       "answered=%llu\n",
	       s.connections, s.streams, s.requests_in_hand, (unsigned long long)s.accepted,
	       (unsigned long long)s.refused_connections, (unsigned long long)s.requests, (unsigned long long)s.rate_limited,
	       (unsigned long long)s.cut_slow, (unsigned long long)s.bad_requests, atomic_load(&hub.closed), answered);
}

int main(int argc, char **argv)
{
	static atomic_ullong answered;
	static const struct dcf_http_pair always[] = { { { "X-Content-Type-Options", 22 }, { "nosniff", 7 } } };
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_http_options o = { .listen = "127.0.0.1:0",
				      .routes = routes,
				      .route_count = sizeof routes / sizeof *routes,
				      .manners = &manners,
				      .gate = gate,
				      .admit = admit,
				      .done = done,
				      .ctx = &answered,
				      .always = always,
				      .always_count = 1 };
	struct dcf_node_error err = { 0 };
	struct dcf_http *h = NULL;
	char line[512];
	size_t left;

	for (int i = 1; i < argc; i++)
		take_option(&o, argv[i]);
	if (dcf_http_start(&heap, &o, &h, &err) != DCF_OK) {
		printf("failed %d %s\n", (int)err.code, err.text);
		free_files();
		return 1;
	}
	(void)pthread_create(&later.thread, NULL, finisher, NULL);
	printf("port %u\n", dcf_http_port(h));
	(void)fflush(stdout);
	while (fgets(line, sizeof line, stdin) && strncmp(line, "stop", 4) != 0) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "publish ", 8) == 0)
			publish(line + 8);
		else if (strncmp(line, "renew ", 6) == 0)
			renew(h, o.tls.client, line + 6);
		else if (strncmp(line, "admit ", 6) == 0)
			atomic_store(&admitted, admitted_of(line + 6));
		else if (strcmp(line, "stats") == 0)
			print_stats(h, atomic_load(&answered));
		(void)fflush(stdout);
	}
	left = dcf_http_drain(h, 5000);
	printf("drained %zu\n", left);
	dcf_http_free(h);
	(void)pthread_mutex_lock(&later.lock);
	later.stop = true;
	(void)pthread_cond_signal(&later.more);
	(void)pthread_mutex_unlock(&later.lock);
	(void)pthread_join(later.thread, NULL);
	for (size_t i = 0; i < hub.count; i++)
		free(hub.events[i]);
	free_files();
	return 0;
}
