/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers ask of a request and put on a reply. */
#include "node/http_int.h"

#include <string.h>

struct dcf_span dcf_http_header(const struct dcf_http_request *rq, const char *name)
{
	for (size_t i = 0; i < rq->header_count; i++)
		if (dcf_field_is(rq->headers[i].name, name))
			return rq->headers[i].value;
	return (struct dcf_span){ NULL, 0 };
}

size_t dcf_http_header_count(const struct dcf_http_request *rq, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < rq->header_count; i++)
		n += dcf_field_is(rq->headers[i].name, name);
	return n;
}

struct dcf_span dcf_http_query(const struct dcf_http_request *rq, const char *name)
{
	for (size_t i = 0; i < rq->query_count; i++)
		if (dcf_span_eq(rq->query[i].name, dcf_span_of(name)))
			return rq->query[i].value;
	return (struct dcf_span){ NULL, 0 };
}

bool dcf_http_media_is(const struct dcf_http_request *rq, const char *type)
{
	struct dcf_span value = dcf_http_header(rq, "Content-Type");
	const char *end = value.len ? memchr(value.p, ';', value.len) : NULL;

	if (end)
		value.len = (size_t)(end - value.p);
	return dcf_http_header_count(rq, "Content-Type") == 1 && dcf_field_is(dcf_field_trim(value), type);
}

static bool header_can_be(const char *name, struct dcf_span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.p[i] < 0x20 && value.p[i] != '\t') || value.p[i] == 0x7f)
			return false;
	return dcf_field_token(dcf_span_of(name));
}

void dcf_http_reply_header(struct dcf_http_reply *reply, const char *name, struct dcf_span value)
{
	/* The library wants a NUL after it. */
	struct dcf_span kept = dcf_arena_copy(reply->request->arena, value);

	if (!kept.p || reply->header_count == DCF_HTTP_HEADERS_MAX || !header_can_be(name, value)) {
		reply->bad_header = true;
		return;
	}
	reply->headers[reply->header_count++] = (struct dcf_http_pair){ dcf_span_of(name), kept };
}

enum dcf_http_next dcf_http_later(struct dcf_http_request *rq, dcf_http_handler second,
				  void (*hand_over)(void *arg, struct dcf_http_request *rq), void *arg)
{
	struct dcf_http_work *w = (struct dcf_http_work *)rq;

	w->second = second;
	w->hand_over = hand_over;
	w->arg = arg;
	return DCF_HTTP_LATER;
}

void dcf_http_finish(struct dcf_http_request *rq)
{
	struct dcf_http_work *w = (struct dcf_http_work *)rq;
	int waits = HTTP_LATE_WAITS;

	if (atomic_compare_exchange_strong(&w->late, &waits, HTTP_LATE_DUE))
		dcf_http_conn_wake(w->conn);
	else if (atomic_exchange(&w->late, HTTP_LATE_ENDED) == HTTP_LATE_LEFT)
		dcf_http_left_over(w);
}

void dcf_http_finish_all(struct dcf_http_request *const *rqs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dcf_http_finish(rqs[i]);
}
