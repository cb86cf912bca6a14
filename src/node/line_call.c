/* SPDX-License-Identifier: Apache-2.0 */
/* Our side calls: one exchange at a time with each peer that has a url, over a connection that is kept.
 *
 * TLS 1.3, the peer's key pinned, ours shown; no authority, name or date of a certificate means anything here. */
#include "node/line_link_int.h"
#include "node/line_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct dcf_span no_request;

#define SECOND         INT64_C(1000000)
#define BACK_OFF_LEAST (SECOND / 5)
#define BACK_OFF_MOST  (5 * SECOND)
/* Where much is said at once, several messages share an exchange: it costs more than they do. */
#define GAP_US INT64_C(4000)

enum {
	REPLY_MAX = DCF_LINE_FRAME_MAX,
	KEPT = 64 * 1024, /* bytes of buffers that an idle peer keeps */
	CONNECT_MS = 5000,
	STALL_LEAST_S = 5,
	STALL_MOST_S = 30, /* without a byte either way */
	WHOLE_MS = 180 * 1000
};

/* --- setting up --------------------------------------------------------------------------------------------------- */

static size_t take_body(char *p, size_t one, size_t n, void *ctx)
{
	struct line_call *c = ctx;

	n *= one;
	if (n > REPLY_MAX - c->reply.len) {
		c->too_long = true;
		return 0;
	}
	dcf_buf_put(&c->reply, p, n);
	return c->reply.failed ? 0 : n;
}

/* "Retry-After: 2" of a peer that has enough for now. */
static size_t take_header(char *p, size_t one, size_t n, void *ctx)
{
	static const char name[] = "retry-after:";
	struct line_call *c = ctx;

	n *= one;
	if (n > sizeof name && n < 64 && strncasecmp(p, name, sizeof name - 1) == 0) {
		char text[64] = { 0 };
		long s;

		memcpy(text, p + sizeof name - 1, n - (sizeof name - 1));
		s = strtol(text, NULL, 10);
		c->wait_us = s > 0 && s <= 60 ? s * SECOND : SECOND;
	}
	return n;
}

static bool set(CURL *e, CURLoption option, long value)
{
	return curl_easy_setopt(e, option, value) == CURLE_OK;
}

static bool set_blob(CURL *e, CURLoption option, const struct dcf_buf *pem)
{
	struct curl_blob blob = { pem->p, pem->len, CURL_BLOB_NOCOPY };

	return curl_easy_setopt(e, option, &blob) == CURLE_OK;
}

static bool set_tls(struct line_peer *p, CURL *e)
{
	struct dcf_line_link *l = p->link;

	dcf_line_key_pin(&p->key, p->call.pin);
	return set_blob(e, CURLOPT_SSLCERT_BLOB, &l->certificate) &&
	       curl_easy_setopt(e, CURLOPT_SSLCERTTYPE, "PEM") == CURLE_OK && set_blob(e, CURLOPT_SSLKEY_BLOB, &l->key) &&
	       curl_easy_setopt(e, CURLOPT_SSLKEYTYPE, "PEM") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PINNEDPUBLICKEY, p->call.pin) == CURLE_OK &&
	       /* The pin is the identity; there is nobody else to ask. */
	       set(e, CURLOPT_SSL_VERIFYPEER, 0) && set(e, CURLOPT_SSL_VERIFYHOST, 0) &&
	       set(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3 | (long)CURL_SSLVERSION_MAX_TLSv1_3) &&
	       /* Each connection shows the key anew. */
	       set(e, CURLOPT_SSL_SESSIONID_CACHE, 0);
}

static long stall_s(const struct dcf_line_link *l)
{
	int64_t s = l->o.config->line.heartbeat_us * (int64_t)l->o.config->line.miss / SECOND;

	return s < STALL_LEAST_S ? STALL_LEAST_S : s > STALL_MOST_S ? STALL_MOST_S : (long)s;
}

static bool set_http(struct line_peer *p, CURL *e)
{
	struct line_call *c = &p->call;

	return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK && set(e, CURLOPT_FOLLOWLOCATION, 0) &&
	       set(e, CURLOPT_NOSIGNAL, 1) && curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
	       set(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) && set(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) &&
	       set(e, CURLOPT_TIMEOUT_MS, WHOLE_MS) && set(e, CURLOPT_LOW_SPEED_LIMIT, 1) &&
	       set(e, CURLOPT_LOW_SPEED_TIME, stall_s(p->link)) && set(e, CURLOPT_TCP_KEEPALIVE, 1) &&
	       set(e, CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024) &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, "deconflict/" DCF_VERSION) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK && set(e, CURLOPT_POST, 1) &&
	       curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, c) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, c) == CURLE_OK && curl_easy_setopt(e, CURLOPT_PRIVATE, p) == CURLE_OK;
}

static bool set_headers(struct line_call *c)
{
	/* No "Expect: 100-continue": the peer takes every frame. */
	static const char *const lines[] = { "Content-Type: " DCF_LINE_FRAME_TYPE, "Accept: " DCF_LINE_FRAME_TYPE, "Expect:" };

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct curl_slist *more = curl_slist_append(c->headers, lines[i]);

		if (!more)
			return false;
		c->headers = more;
	}
	return true;
}

static bool make(struct line_peer *p)
{
	struct line_call *c = &p->call;

	if (c->easy)
		return true;
	c->request.from = c->reply.from = c->arena.from = &p->link->from;
	c->room = DCF_LINE_FRAME_MAX;
	c->easy = curl_easy_init();
	if (c->easy && set_headers(c) && set_http(p, c->easy) && set_tls(p, c->easy))
		return true;
	dcf_line_call_reset(p);
	return false;
}

void dcf_line_call_reset(struct line_peer *p)
{
	struct line_call *c = &p->call;

	if (c->easy && c->busy)
		(void)curl_multi_remove_handle(p->link->multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	c->easy = NULL;
	c->headers = NULL;
	c->busy = false;
	c->back_off_us = c->next_us = c->probe_us = c->began_us = 0;
	c->url = 0;
}

void dcf_line_call_free(struct line_peer *p)
{
	dcf_line_call_reset(p);
	dcf_buf_free(&p->call.request);
	dcf_buf_free(&p->call.reply);
	dcf_arena_free(&p->call.arena);
	dcf_jfree(&p->call.doc);
}

/* --- beginning ---------------------------------------------------------------------------------------------------- */

static void small_again(struct dcf_buf *b)
{
	if (b->cap > KEPT || b->failed)
		dcf_buf_free(b);
	b->len = 0;
	b->failed = false;
}

static bool set_request(struct line_peer *p)
{
	struct line_call *c = &p->call;
	char url[DCF_URL_MAX + 32];

	snprintf(url, sizeof url, "%s/line/v1/exchange", p->url[c->url]);
	return curl_easy_setopt(c->easy, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->request.len) == CURLE_OK &&
	       curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->request.p) == CURLE_OK;
}

static void begin(struct line_peer *p, int64_t now_us)
{
	struct line_call *c = &p->call;
	uint64_t have = 0;

	if (c->url && now_us >= c->probe_us)
		c->url = 0;
	small_again(&c->request);
	small_again(&c->reply);
	c->too_long = false;
	c->wait_us = 0;
	c->error[0] = '\0';
	c->began_us = now_us;
	c->began_wall_us = dcf_clock_wall_us(&p->link->o.clock);
	if (!make(p) || dcf_line_say(p, true, c->room, &c->request, &have, &c->sent_to) != DCF_OK || !set_request(p) ||
	    curl_multi_add_handle(p->link->multi, c->easy) != CURLM_OK) {
		c->next_us = now_us + BACK_OFF_MOST;
		c->busy = false;
		return;
	}
	if (p->link->o.wire)
		p->link->o.wire(p->link->o.wire_ctx, true, dcf_buf_as_span(&c->request));
	c->said_have = have;
	dcf_counter_one(p->link->calls);
}

/* Something to send, something to say that we have it, or nothing for a heartbeat. */
static bool is_due(struct line_peer *p, int64_t now_us)
{
	struct dcf_line_link *l = p->link;
	bool due;

	pthread_mutex_lock(&l->lock);
	due = !p->live.heard || p->in_count > p->told_have ||
	      (p->out_count > p->live.acked && !p->live.agreement_differs && !p->live.exercise_differs &&
	       !p->live.history_differs);
	pthread_mutex_unlock(&l->lock);
	return due || atomic_load(&p->again) || now_us >= p->call.last_us + l->o.config->line.heartbeat_us;
}

int64_t dcf_line_call_tend(struct line_peer *p, int64_t now_us)
{
	struct line_call *c = &p->call;
	int64_t beat_us = c->last_us + p->link->o.config->line.heartbeat_us;

	if (p->removed || !*p->url[0] || c->busy || atomic_load(&c->taking) || atomic_load(&p->link->cut))
		return INT64_MAX;
	if (now_us < c->next_us)
		return c->next_us;
	if (now_us < c->began_us + GAP_US)
		return c->began_us + GAP_US;
	/* Before anybody looks whether there is something to say: see dcf_line_link_quiet. */
	c->busy = true;
	if (!is_due(p, now_us)) {
		c->busy = false;
		return beat_us;
	}
	begin(p, now_us);
	return c->busy ? INT64_MAX : c->next_us;
}

/* --- ending ------------------------------------------------------------------------------------------------------- */

static void fail(struct line_peer *p, const char *why)
{
	struct dcf_line_link *l = p->link;
	struct line_call *c = &p->call;

	c->back_off_us = c->back_off_us ? 2 * c->back_off_us : BACK_OFF_LEAST;
	if (c->back_off_us > BACK_OFF_MOST)
		c->back_off_us = BACK_OFF_MOST;
	c->next_us = line_mono(l) + (c->wait_us ? c->wait_us : c->back_off_us);
	/* Perhaps the path does not carry so much at once. */
	if (c->request.len > LINE_NOTE_ROOM && c->room > LINE_NOTE_ROOM)
		c->room /= 2;
	if (*p->url[1]) {
		if (c->url == 0)
			c->probe_us = line_mono(l) + l->o.config->line.heartbeat_us * (int64_t)l->o.config->line.miss;
		c->url = 1 - c->url;
	}
	dcf_counter_one(l->failed);
	/* Meanwhile the peer may call: what is heard so says nothing of our own path, which is tried again before the next
	 * heartbeat. */
	atomic_store(&p->again, true);
	pthread_mutex_lock(&l->lock);
	snprintf(p->live.trouble, sizeof p->live.trouble, "%s", why);
	pthread_mutex_unlock(&l->lock);
	dcf_logger_event(l->o.logger, DCF_LOG_DEBUG, no_request, "a call to a peer failed", DCF_LOG_Z("peer", p->party),
			 DCF_LOG_Z("why", why));
}

/* The reason that a problem document gives, for people; its words are the peer's. */
static void fail_status(struct line_peer *p, long status)
{
	char why[160];

	switch (status) {
	case 403:
		snprintf(why, sizeof why, "the peer does not take our key: has it pinned it?");
		break;
	case 429:
		snprintf(why, sizeof why, "the peer asks us to wait");
		break;
	case 503:
		snprintf(why, sizeof why, "the peer cannot write its record at the moment");
		break;
	default:
		snprintf(why, sizeof why, "the peer answered with status %ld%s", status,
			 status == 422 ? ": it refuses what we sent" : "");
	}
	fail(p, why);
}

static void notes_done(void *ctx, const struct dcf_line_taken *taken)
{
	struct line_peer *p = ctx;
	struct dcf_line_link *l = p->link;

	pthread_mutex_lock(&l->lock);
	p->taken = *taken;
	p->has_taken = true;
	pthread_mutex_unlock(&l->lock);
	atomic_store(&p->call.taking, false);
	dcf_line_wake(l);
	dcf_line_land(l);
}

static void succeed(struct line_peer *p, const struct dcf_line_frame *f, bool take)
{
	struct dcf_line_link *l = p->link;
	struct line_call *c = &p->call;

	c->back_off_us = c->next_us = 0;
	atomic_store(&p->again, false);
	if (c->room < DCF_LINE_FRAME_MAX)
		c->room *= 2;
	pthread_mutex_lock(&l->lock);
	p->told_have = c->said_have > p->told_have ? c->said_have : p->told_have;
	pthread_mutex_unlock(&l->lock);
	if (!take || f->count == 0)
		return;
	atomic_store(&c->taking, true);
	dcf_line_fly(l);
	if (dcf_line_take(&l->into, p->index, f->note, f->count, notes_done, p) != DCF_OK) {
		atomic_store(&c->taking, false);
		dcf_line_land(l);
		c->next_us = line_mono(l) + BACK_OFF_LEAST;
	}
}

/* A frame came with status 200: what does it say? */
static void read_reply(struct line_peer *p)
{
	struct line_call *c = &p->call;
	int64_t round_us = line_mono(p->link) - c->began_us;
	struct line_hearing h = { .way = c->url ? DCF_LINE_PATH_SECOND : DCF_LINE_PATH_FIRST,
				  .answer = true,
				  .round_us = round_us,
				  .middle_us = c->began_wall_us + (p->link->o.stepped ? 0 : round_us / 2),
				  .bytes = dcf_buf_as_span(&c->reply) };
	struct dcf_line_frame f;
	struct dcf_line_frame_error error = { 0, "" };
	char why[160];
	bool take = false;
	enum dcf_status s;

	if (p->link->o.wire)
		p->link->o.wire(p->link->o.wire_ctx, false, h.bytes);
	dcf_arena_rewind(&c->arena);
	s = dcf_line_frame_read(dcf_buf_as_span(&c->reply), &c->doc, &c->arena, &f, &error);
	if (s == DCF_E_NOMEM) {
		fail(p, "out of memory");
		return;
	}
	if (s != DCF_OK) {
		snprintf(why, sizeof why, "its answer: at byte %zu expected %s", error.at, error.expected);
		dcf_line_refuse(p, DCF_LINE_MALFORMED, dcf_sha256(h.bytes), why);
		fail(p, why);
		return;
	}
	if (dcf_line_hear(p, &f, &h, &take) != DCF_LINE_NO_FAULT) {
		fail(p, "what it answered was refused: see the record");
		return;
	}
	succeed(p, &f, take);
}

void dcf_line_call_ended(struct line_peer *p, CURLcode result)
{
	struct line_call *c = &p->call;
	long status = 0;

	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_multi_remove_handle(p->link->multi, c->easy);
	c->busy = false;
	c->last_us = line_mono(p->link);
	if (c->too_long) {
		dcf_line_refuse(p, DCF_LINE_OVERSIZED, dcf_sha256(dcf_buf_as_span(&c->reply)),
				"its answer has more than 1 MiB");
		fail(p, "its answer has more than 1 MiB");
	} else if (result == CURLE_SSL_PINNEDPUBKEYNOTMATCH) {
		fail(p, "who answers there does not hold the pinned key");
	} else if (result != CURLE_OK) {
		fail(p, *c->error ? c->error : curl_easy_strerror(result));
	} else if (status != 200) {
		fail_status(p, status);
	} else {
		read_reply(p);
	}
}
