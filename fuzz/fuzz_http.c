/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_http.c - what strangers put into requests, and servers into replies.
 *
 * The first byte says which reader: targets, header lines, entity tags, data of events, or replies as the load client reads
 * them. Beside not crashing: what is taken holds what its header promises, and means the same when it is written in another
 * way. */
#include "bench/load_reply.h"
#include "base/utf8.h"
#include "node/http_etag.h"
#include "node/http_fields.h"
#include "node/http_route.h"
#include "node/http_target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dcf_alloc heap;

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(struct dcf_span s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = dcf_utf8_length(s.p + i, s.len - i);
		must(n > 0 && (unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f);
	}
}

static void check_segment(struct dcf_span s)
{
	check_text(s);
	must(s.len > 0 && !memchr(s.p, '/', s.len) && !memchr(s.p, '\\', s.len));
	must(!dcf_span_eq(s, DCF_SPAN(".")) && !dcf_span_eq(s, DCF_SPAN("..")));
}

/* Every byte as %XX. */
static void put_encoded(struct dcf_buf *b, struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		dcf_buf_char(b, '%');
		dcf_buf_char(b, "0123456789abcdef"[(unsigned char)s.p[i] >> 4]);
		dcf_buf_char(b, "0123456789ABCDEF"[(unsigned char)s.p[i] & 15]);
	}
}

static void put_target(struct dcf_buf *b, const struct dcf_target *t)
{
	for (size_t i = 0; i < t->segment_count; i++) {
		dcf_buf_char(b, '/');
		put_encoded(b, t->segments[i]);
	}
	if (t->segment_count == 0 || t->slash_at_end)
		dcf_buf_char(b, '/');
	for (size_t i = 0; i < t->query_count; i++) {
		dcf_buf_char(b, i ? '&' : '?');
		put_encoded(b, t->query[i].name);
		dcf_buf_char(b, '=');
		put_encoded(b, t->query[i].value);
	}
}

static enum dcf_http_next nothing(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx, (void)rq, (void)reply;
	return DCF_HTTP_DONE;
}

static void route(const struct dcf_target *t)
{
	static const struct dcf_http_route table[] = {
		{ DCF_HTTP_GET, "/", NULL, nothing, 0, NULL },      { DCF_HTTP_GET, "/a/{b}", NULL, nothing, 0, NULL },
		{ DCF_HTTP_PUT, "/{a}/b", NULL, nothing, 0, NULL }, { DCF_HTTP_GET, "/a/{b...}", NULL, nothing, 0, NULL },
		{ 31, "/{a}/{b}/{c...}", NULL, nothing, 0, NULL },
	};
	struct dcf_route_found found;

	dcf_route_find(table, sizeof table / sizeof *table, DCF_HTTP_GET, t, &found);
	must(!found.route || (found.methods & DCF_HTTP_GET));
	/* The tail stands in the path as it came. */
	if (found.route && strstr(found.route->pattern, "...")) {
		struct dcf_span rest = found.params[found.route->pattern[1] == 'a' ? 0 : 2];

		must(rest.p > t->path.p && rest.p + rest.len == t->path.p + t->path.len && rest.p[-1] == '/' && rest.len > 0);
	}
}

/* Where empty segments are let through, and slashes inside of one: whatever the strict reader takes means the same, but for a
 * slash at the end, which is one more; what it refuses is taken for no other reason than such segments. */
static void try_loose(struct dcf_arena *arena, struct dcf_span text, enum dcf_status strict, const struct dcf_target *t)
{
	struct dcf_target u;
	const char *why = NULL;
	enum dcf_status s = dcf_target_parse_loose(arena, text, &u, &why);
	bool loose = false;

	must(s == DCF_OK || ((s == DCF_E_SYNTAX || s == DCF_E_LIMIT) && why && *why));
	if (s != DCF_OK) {
		must(strict != DCF_OK || t->slash_at_end);
		return;
	}
	must(!u.slash_at_end);
	for (size_t i = 0; i < u.segment_count; i++) {
		struct dcf_span one = u.segments[i];

		if (one.len && !memchr(one.p, '/', one.len) && !memchr(one.p, '\\', one.len))
			check_segment(one);
		else
			loose = true;
	}
	must(strict == DCF_OK || loose);
	if (strict != DCF_OK)
		return;
	must(u.segment_count == t->segment_count + t->slash_at_end && u.query_count == t->query_count);
	for (size_t i = 0; i < t->segment_count; i++)
		must(dcf_span_eq(t->segments[i], u.segments[i]));
}

static void try_target(struct dcf_span text)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_buf again = { .from = &heap };
	struct dcf_target t, u;
	const char *why = NULL;
	enum dcf_status s = dcf_target_parse(&arena, text, &t, &why);

	must(s == DCF_OK || ((s == DCF_E_SYNTAX || s == DCF_E_LIMIT) && why && *why));
	try_loose(&arena, text, s, &t);
	if (s == DCF_OK) {
		for (size_t i = 0; i < t.segment_count; i++)
			check_segment(t.segments[i]);
		for (size_t i = 0; i < t.query_count; i++) {
			check_text(t.query[i].name);
			check_text(t.query[i].value);
		}
		route(&t);
		put_target(&again, &t);
		must(dcf_target_parse(&arena, dcf_buf_as_span(&again), &u, &why) == DCF_OK);
		must(u.segment_count == t.segment_count && u.query_count == t.query_count && u.slash_at_end == t.slash_at_end);
		for (size_t i = 0; i < t.segment_count; i++)
			must(dcf_span_eq(t.segments[i], u.segments[i]));
		for (size_t i = 0; i < t.query_count; i++)
			must(dcf_span_eq(t.query[i].name, u.query[i].name) && dcf_span_eq(t.query[i].value, u.query[i].value));
	}
	dcf_buf_free(&again);
	dcf_arena_free(&arena);
}

/* Lines "name:value" apart by LF. */
static void try_headers(struct dcf_span text)
{
	struct dcf_http_pair headers[DCF_HTTP_HEADERS_MAX];
	struct dcf_framing f;
	const char *why = NULL, *p = text.p, *end = text.p + text.len;
	size_t count = 0, lengths = 0, codings = 0, hosts = 0;
	unsigned status;

	while (p < end && count < DCF_HTTP_HEADERS_MAX) {
		const char *stop = memchr(p, '\n', (size_t)(end - p)), *colon;

		stop = stop ? stop : end;
		colon = memchr(p, ':', (size_t)(stop - p));
		if (colon)
			headers[count++] =
				(struct dcf_http_pair){ { p, (size_t)(colon - p) }, { colon + 1, (size_t)(stop - colon - 1) } };
		p = stop < end ? stop + 1 : end;
	}
	for (size_t i = 0; i < count; i++) {
		lengths += dcf_field_is(headers[i].name, "content-length");
		codings += dcf_field_is(headers[i].name, "transfer-encoding");
		hosts += dcf_field_is(headers[i].name, "host");
	}
	status = dcf_framing_of(headers, count, 1, &f, &why);
	must(status == 0 || (status >= 400 && status < 600 && why && *why));
	if (status)
		return;
	must(hosts == 1 && lengths + codings <= 1 && f.chunked == (codings == 1) && f.has_length == (lengths == 1));
	must(f.length < (uint64_t)1 << 63 && (f.has_length || f.length == 0));
}

static void try_tags(struct dcf_span text)
{
	enum dcf_etag_answer strong = dcf_etag_match(text, DCF_SPAN("\"1\""), false),
			     weak = dcf_etag_match(text, DCF_SPAN("\"1\""), true);

	must(strong != DCF_ETAG_MATCH || weak == DCF_ETAG_MATCH);
	must((strong == DCF_ETAG_BAD) == (weak == DCF_ETAG_BAD));
	must(text.p && strong != DCF_ETAG_ABSENT);
}

static void try_event(struct dcf_span text)
{
	struct dcf_buf b = { .from = &heap };
	size_t half = text.len / 2;
	struct dcf_span id = { text.p, half < 8 ? half : 8 }, data = { text.p + id.len, text.len - id.len };

	if (dcf_http_event(&b, id, DCF_SPAN("x"), data)) {
		size_t empty = 0;

		for (const char *p = b.p, *end = b.p + b.len; p < end; p = memchr(p, '\n', (size_t)(end - p)), p++) {
			empty += *p == '\n';
			must(*p == '\n' || memcmp(p, "id: ", 4) == 0 || memcmp(p, "event: ", 7) == 0 ||
			     memcmp(p, "data: ", 6) == 0);
		}
		/* One event: nothing in it ends it early. */
		must(empty == 1 && !memchr(b.p, '\r', b.len));
	}
	dcf_buf_free(&b);
}

static void try_reply(struct dcf_span text, bool head)
{
	struct dcf_load_reply reply = { 0 };
	size_t used = 0, steps = text.len < 64 ? text.len : 64;
	bool closing;

	for (size_t k = 1; k <= steps; k++) {
		size_t n = text.len * k / steps;
		char *p = malloc(n ? n : 1);
		enum dcf_reply_found found;

		memcpy(p, text.p, n);
		found = dcf_reply_find(p, n, head, k == steps, &reply, &used, &closing);
		if (found == DCF_REPLY_WHOLE) {
			must(used <= n && reply.status >= 200 && reply.body.len <= n && reply.head.p >= p &&
			     reply.head.p + reply.head.len <= p + n);
			must(!reply.body.len || (reply.body.p > p && reply.body.p + reply.body.len <= p + used));
		}
		free(p);
		if (found != DCF_REPLY_MORE)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcf_span text = { (const char *)data + 1, size ? size - 1 : 0 };

	heap = dcf_alloc_heap();
	if (size == 0)
		return 0;
	switch (data[0]) {
	case 't':
		try_target(text);
		break;
	case 'h':
		try_headers(text);
		break;
	case 'e':
		try_tags(text);
		break;
	case 'd':
		try_event(text);
		break;
	case 'r':
	case 'R':
		try_reply(text, data[0] == 'R');
		break;
	default:
		break;
	}
	return 0;
}
