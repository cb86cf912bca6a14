/* SPDX-License-Identifier: Apache-2.0 */
/* Replies without an end: asked for bytes when the client can take some, put aside when there are none. */
#include "node/http_int.h"

#include <string.h>

struct dcf_http_stream *dcf_http_stream_start(struct dcf_http_reply *reply, const char *type,
					      const struct dcf_http_source *source)
{
	struct dcf_http_work *w = (struct dcf_http_work *)reply->request;
	struct dcf_http *h = w->conn->server;

	if (atomic_fetch_add(&h->streams, 1) >= h->options.limits.streams) {
		atomic_fetch_sub(&h->streams, 1);
		dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("10"));
		(void)dcf_http_problem(reply, 503, "too-many-streams",
				       DCF_SPAN("as many streams as the server takes are open"));
		return NULL;
	}
	reply->status = reply->status ? reply->status : 200;
	reply->type = type;
	reply->body.len = 0;
	w->stream = (struct dcf_http_stream){ .conn = w->conn,
					      .source = *source,
					      .open = true,
					      .last_us = dcf_http_now_us(),
					      .events = strncmp(type, "text/event-stream", 17) == 0 };
	reply->stream = &w->stream.source;
	return &w->stream;
}

void dcf_http_wake(struct dcf_http_stream *stream)
{
	dcf_http_conn_wake(stream->conn);
}

/* Bytes went out: the client has until then to take them. */
static long sending(struct dcf_http_work *w, size_t n)
{
	struct dcf_http_stream *s = &w->stream;

	s->last_us = dcf_http_now_us();
	w->sent += n;
	dcf_http_phase_set(s->conn, HTTP_STREAMING, (int64_t)s->conn->server->options.limits.stall_ms * 1000);
	return (long)n;
}

long dcf_http_stream_read(struct dcf_http_work *w, char *out, size_t cap)
{
	struct dcf_http_stream *s = &w->stream;
	struct dcf_http *h = s->conn->server;
	int64_t beat = (int64_t)h->options.limits.heartbeat_ms * 1000;
	size_t n = 0;
	enum dcf_http_more more;

	/* Before the source is asked, so that a wake after its answer is not lost. */
	dcf_http_running(s->conn);
	/* Events have no end but this; another answer is a request in hand, which is told to its end while there is time. */
	if (atomic_load(s->events ? &h->draining : &h->ending) || atomic_load(&s->conn->gone))
		return -1;
	more = s->source.next(s->source.ctx, out, cap, &n);
	if (more == DCF_HTTP_BYTES && n > 0 && n <= cap)
		return sending(w, n);
	if (more != DCF_HTTP_WAIT)
		return -1;
	if (s->events && cap >= 3 && dcf_http_now_us() - s->last_us >= beat) {
		memcpy(out, ":\n\n", 3);
		return sending(w, 3);
	}
	atomic_store(&s->conn->beat_us, s->events ? s->last_us + beat : INT64_MAX);
	dcf_http_phase_set(s->conn, HTTP_WAITING, 0);
	return 0;
}

void dcf_http_stream_over(struct dcf_http_work *w)
{
	struct dcf_http_stream *s = &w->stream;

	if (!s->open)
		return;
	s->open = false;
	if (s->source.close)
		s->source.close(s->source.ctx);
	atomic_fetch_sub(&s->conn->server->streams, 1);
}

/* Data in lines; CR, LF and CRLF all end one, as the reader of events has it. */
static void put_data(struct dcf_buf *out, struct dcf_span data)
{
	for (size_t at = 0;;) {
		size_t end = at;

		while (end < data.len && data.p[end] != '\n' && data.p[end] != '\r')
			end++;
		dcf_buf_z(out, "data: ");
		if (end > at)
			dcf_buf_put(out, data.p + at, end - at);
		dcf_buf_char(out, '\n');
		if (end >= data.len)
			return;
		at = end + (data.p[end] == '\r' && end + 1 < data.len && data.p[end + 1] == '\n' ? 2 : 1);
	}
}

static bool one_line(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == 0)
			return false;
	return true;
}

bool dcf_http_event(struct dcf_buf *out, struct dcf_span id, struct dcf_span event, struct dcf_span data)
{
	if (!one_line(id) || !one_line(event))
		return false;
	if (id.p) {
		dcf_buf_z(out, "id: ");
		dcf_buf_span(out, id);
		dcf_buf_char(out, '\n');
	}
	if (event.p) {
		dcf_buf_z(out, "event: ");
		dcf_buf_span(out, event);
		dcf_buf_char(out, '\n');
	}
	put_data(out, data);
	dcf_buf_char(out, '\n');
	return true;
}
