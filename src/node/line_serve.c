/* SPDX-License-Identifier: Apache-2.0 */
/* The peer calls: a listener of its own, to which nobody gets but who holds a pinned key.
 *
 *     handshake        TLS 1.3, a certificate of a pinned key, else nothing
 *     gate             which peer is it; may it send now?
 *     handler          frame, clock, agreement, history; then its notes go into the record
 *     second stage     when they are durable: what we have now, and what the caller lacks where we cannot call it ourselves */
#include "node/http_problem.h"
#include "node/line_key.h"
#include "node/line_link_int.h"

#include <stdio.h>

enum {
	THREADS = 2,
	REQUEST_MS = 30000,
	BYTES_PER_S = 8192,    /* of a frame; where that is too much the caller's frames become smaller */
	BODIES_MAX = 64 << 20, /* bytes of all frames that are being read or handled */
	AT_ONCE = 8,           /* exchanges of one peer: it needs one, and one more for each that it has given up */
	CONNECTIONS = 2048,
	PER_ADDRESS = 512 /* many peers may come from behind one */
};

/* One exchange. */
struct served {
	struct line_peer *peer;
	struct dcf_line_frame frame;
	struct dcf_line_taken taken;
	bool take;
};

/* --- who is it ---------------------------------------------------------------------------------------------------- */

static struct line_peer *peer_of(struct dcf_line_link *l, struct dcf_span der)
{
	struct line_peer *found = NULL;
	struct dcf_public_key key;
	uint32_t count = atomic_load(&l->peer_count);

	if (!der.p || !dcf_line_certificate_key(der, &key))
		return NULL;
	pthread_mutex_lock(&l->lock);
	for (uint32_t i = 0; !found && i < count; i++) {
		struct line_peer *p = atomic_load(&l->peer[i]);

		if (p && !p->removed && memcmp(p->key.b, key.b, sizeof key.b) == 0)
			found = p;
	}
	pthread_mutex_unlock(&l->lock);
	return found;
}

static bool admit(void *ctx, struct dcf_span der, const uint8_t fingerprint[32])
{
	(void)fingerprint;
	return peer_of(ctx, der) != NULL;
}

static enum dcf_http_next wait(struct dcf_http_reply *reply, unsigned status, const char *kind, unsigned wait_s,
			       const char *why)
{
	char text[16];

	snprintf(text, sizeof text, "%u", wait_s);
	dcf_http_reply_header(reply, "Retry-After", dcf_span_of(text));
	return dcf_http_problem(reply, status, kind, dcf_span_of(why));
}

/* One more exchange of this peer, if it has not too many already. */
static bool enter(struct line_peer *p)
{
	bool in;

	pthread_mutex_lock(&p->link->lock);
	in = p->serving < AT_ONCE;
	p->serving += in;
	pthread_mutex_unlock(&p->link->lock);
	return in;
}

static enum dcf_http_next gate(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct line_peer *p = peer_of(ctx, rq->peer_der);
	struct served *served = dcf_arena_get(rq->arena, sizeof *served);
	unsigned wait_s = 1;
	bool flooding = false;

	if (!p) {
		reply->close = true;
		return dcf_http_problem(reply, 403, "not-pinned", DCF_SPAN("this key is not pinned here"));
	}
	if (!served)
		return wait(reply, 503, "memory", 1, "not enough memory");
	if (atomic_load(&p->link->cut)) {
		reply->close = true;
		return wait(reply, 503, "cut", 1, "the line is cut for a rehearsal");
	}
	if (!dcf_line_rate_open(p, &wait_s, &flooding)) {
		if (flooding)
			dcf_line_refuse(p, DCF_LINE_FLOODING, dcf_sha256(rq->target),
					"went on sending when it was told to wait");
		return wait(reply, 429, "too-many", wait_s,
			    "more messages than line.max_rate, or bytes than line.max_bytes: wait");
	}
	if (!enter(p))
		return wait(reply, 429, "too-many", 1, "too many exchanges at once: wait");
	*served = (struct served){ .peer = p };
	rq->user = served;
	return DCF_HTTP_PASS;
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

/* Where our own calls get through they carry what we have to say; else it goes with the reply. */
static bool calls_work(struct line_peer *p)
{
	struct dcf_line_link *l = p->link;
	int64_t since_us = line_mono(l) - l->o.config->line.heartbeat_us * (int64_t)l->o.config->line.miss;
	bool work;

	pthread_mutex_lock(&l->lock);
	work = *p->url[0] && (p->ok_us[DCF_LINE_PATH_FIRST] >= since_us || p->ok_us[DCF_LINE_PATH_SECOND] >= since_us);
	pthread_mutex_unlock(&l->lock);
	return work;
}

static enum dcf_http_next refuse(struct dcf_http_reply *reply, unsigned status, enum dcf_line_fault fault, const char *why)
{
	static const char *const kind[DCF_LINE_FAULT_COUNT] = {
		[DCF_LINE_MALFORMED] = "malformed",   [DCF_LINE_SIGNATURE] = "wrong-signature",
		[DCF_LINE_REWRITTEN] = "rewritten",   [DCF_LINE_CHAIN_BROKEN] = "chain-broken",
		[DCF_LINE_TOO_FAR] = "too-far-ahead", [DCF_LINE_MISDIRECTED] = "misdirected",
		[DCF_LINE_OVERSIZED] = "oversized",   [DCF_LINE_FLOODING] = "flooding",
		[DCF_LINE_CLOCK] = "clock-jumped",    [DCF_LINE_HISTORY] = "other-history",
	};

	return dcf_http_problem(reply, status, kind[fault] ? kind[fault] : "refused", dcf_span_of(why));
}

static enum dcf_http_next answer(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct dcf_line_link *l = ctx;
	struct served *served = rq->user;
	struct line_peer *p = served->peer;
	uint64_t have = 0, sent_to;

	if (served->taken.notes)
		dcf_line_heard(p, &served->taken);
	if (served->taken.fault != DCF_LINE_NO_FAULT)
		return refuse(reply, 422, served->taken.fault, served->taken.why);
	if (served->taken.unavailable)
		return wait(reply, 503, "record", 1, "the record cannot be written at the moment: ask again");
	if (dcf_line_say(p, served->take && !calls_work(p), DCF_LINE_FRAME_MAX, &reply->body, &have, &sent_to) != DCF_OK)
		return wait(reply, 503, "memory", 1, "not enough memory, or the record cannot be read");
	pthread_mutex_lock(&l->lock);
	p->told_have = have > p->told_have ? have : p->told_have;
	pthread_mutex_unlock(&l->lock);
	reply->status = 200;
	reply->type = DCF_LINE_FRAME_TYPE;
	return DCF_HTTP_DONE;
}

static void taken(void *ctx, const struct dcf_line_taken *taken)
{
	struct dcf_http_request *rq = ctx;
	struct served *served = rq->user;

	served->taken = *taken;
	dcf_http_finish(rq);
}

static void hand_over(void *arg, struct dcf_http_request *rq)
{
	struct dcf_line_link *l = arg;
	struct served *served = rq->user;

	if (dcf_line_take(&l->into, served->peer->index, served->frame.note, served->frame.count, taken, rq) != DCF_OK) {
		served->taken.unavailable = true;
		dcf_http_finish(rq);
	}
}

static enum dcf_status read_frame(struct dcf_http_request *rq, struct dcf_line_frame *out, struct dcf_line_frame_error *error)
{
	struct dcf_jdoc doc = { 0 };
	enum dcf_status s = dcf_line_frame_read(rq->body, &doc, rq->arena, out, error);

	dcf_jfree(&doc);
	return s;
}

static enum dcf_http_next exchange(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	struct dcf_line_link *l = ctx;
	struct served *served = rq->user;
	struct line_peer *p = served->peer;
	struct line_hearing h = { .way = DCF_LINE_PATH_THEIRS, .bytes = rq->body };
	struct dcf_line_frame_error error = { 0, "" };
	enum dcf_line_fault fault;
	char why[160];
	enum dcf_status s;

	s = read_frame(rq, &served->frame, &error);
	if (s == DCF_E_NOMEM)
		return wait(reply, 503, "memory", 1, "not enough memory");
	dcf_line_rate_take(p, s == DCF_OK ? served->frame.count : 1, rq->body.len);
	if (s != DCF_OK) {
		snprintf(why, sizeof why, "at byte %zu expected %s", error.at, error.expected);
		dcf_line_refuse(p, DCF_LINE_MALFORMED, dcf_sha256(rq->body), why);
		return refuse(reply, 400, DCF_LINE_MALFORMED, why);
	}
	fault = dcf_line_hear(p, &served->frame, &h, &served->take);
	if (fault != DCF_LINE_NO_FAULT)
		return refuse(reply, 422, fault, "this exchange is refused; the record says why");
	if (served->take && served->frame.count)
		return dcf_http_later(rq, answer, hand_over, l);
	return answer(ctx, rq, reply);
}

/* --- the listener ------------------------------------------------------------------------------------------------- */

/* A body too large is refused before a handler sees it. */
static void done(void *ctx, const struct dcf_http_done *d)
{
	struct dcf_line_link *l = ctx;
	const struct served *served = d->request->user;
	/* A length that is too large is refused before the gate. */
	struct line_peer *p = served ? served->peer : d->status == 413 ? peer_of(l, d->request->peer_der) : NULL;

	if (served) {
		pthread_mutex_lock(&l->lock);
		served->peer->serving--;
		pthread_mutex_unlock(&l->lock);
	}
	if (p && d->status == 413)
		dcf_line_refuse(p, DCF_LINE_OVERSIZED, dcf_sha256(d->request->target), "a frame of more than 1 MiB");
}

static void say(void *ctx, const char *text)
{
	static const struct dcf_span no_request;
	struct dcf_line_link *l = ctx;

	dcf_logger_event(l->o.logger, DCF_LOG_DEBUG, no_request, "line connection", DCF_LOG_Z("what", text));
}

static const struct dcf_http_route routes[] = {
	{ DCF_HTTP_POST, "/line/v1/exchange", NULL, exchange, DCF_LINE_FRAME_MAX, NULL },
};

enum dcf_status dcf_line_serve(struct dcf_line_link *l, struct dcf_node_error *err)
{
	int64_t idle_ms = l->o.config->line.heartbeat_us / 1000 * 4 + 30000;
	struct dcf_http_options o = { .listen = l->o.config->line.listen,
				      .tls = { .certificate_pem = dcf_buf_as_span(&l->certificate),
					       .key_pem = dcf_buf_as_span(&l->key),
					       .client = DCF_HTTP_CERT_REQUIRED },
				      .limits = { .body_max = DCF_LINE_FRAME_MAX,
						  .connections = CONNECTIONS,
						  .per_address = PER_ADDRESS,
						  .idle_ms = (unsigned)idle_ms,
						  .request_ms = REQUEST_MS,
						  .bytes_per_s = BYTES_PER_S,
						  .bodies_max = BODIES_MAX },
				      .threads = THREADS,
				      .routes = routes,
				      .route_count = sizeof routes / sizeof *routes,
				      .admit = admit,
				      .gate = gate,
				      .done = done,
				      .say = say,
				      .ctx = l };

	return dcf_http_start(&l->from, &o, &l->http, err);
}
