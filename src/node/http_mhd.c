/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that sees libmicrohttpd (0.9.75): its callbacks, turned into the calls of http_int.h.
 *
 * What was learned about that version, and is relied on here:
 *
 * LINES     are parsed in place: CR and LF become NUL, so the header section as it came can be seen between the method's first
 *           byte and the size that the library tells.  A bare LF ends a line, folded lines are joined, values are cut at a NUL:
 *           plain_lines() finds all of these.
 * RESUMING  may be asked from any thread after a connection was suspended on its own; its thread looks at the flag later.
 * ENDS      are told (completed, closed) on the connection's thread with no lock held, before the socket's number is given
 * back. STOPPING  while a connection is suspended ends the process. QUIESCING races with the threads when they use epoll, and
 * ends the process when it loses: so connections are accepted by ourselves (http_accept.c) and handed to the library. */
#include "node/http_int.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { POOL_MORE = 8 << 10, STREAM_BLOCK = 16 << 10 };

/* ---- what came ---- */

/* Looks at one header line as it stands in memory; moves *at to the next. */
struct lines {
	struct dcf_http_work *w;
	const char *at, *end;
	bool plain;
};

/* "name:" blanks "value" CRLF, where the colon, CR and LF are NUL now. */
static bool line_is_plain(struct lines *l, const char *name, size_t name_len, const char *value, size_t value_len)
{
	const char *p = name + name_len;

	if (name != l->at || (size_t)(l->end - name) < name_len + value_len + 3 || *p++ != 0)
		return false;
	while (p < value && (*p == ' ' || *p == '\t'))
		p++;
	if (p != value || (size_t)(l->end - value) < value_len + 2 || value[value_len] != 0 || value[value_len + 1] != 0)
		return false;
	l->at = value + value_len + 2;
	return true;
}

static enum MHD_Result take_header(void *ctx, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
				   size_t value_len)
{
	struct lines *l = ctx;
	struct dcf_http_request *rq = &l->w->rq;

	(void)kind;
	/* A header without a value has no pointer in some versions. */
	if (!name || !value || !line_is_plain(l, name, name_len, value, value_len))
		l->plain = false;
	if (!l->plain)
		return MHD_NO;
	l->w->more_headers = rq->header_count == DCF_HTTP_HEADERS_MAX;
	if (!l->w->more_headers)
		rq->headers[rq->header_count++] =
			(struct dcf_http_pair){ { name, name_len }, dcf_field_trim((struct dcf_span){ value, value_len }) };
	return MHD_YES;
}

static size_t header_bytes(struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info ? info->header_size : 0;
}

/* Takes the headers over, and says whether the header section was a request line, lines, and an empty line, each ending in
 * CRLF. */
static bool plain_lines(struct dcf_http_work *w, struct MHD_Connection *mc, const char *method, const char *url,
			const char *version, size_t bytes)
{
	struct lines l = { .w = w, .end = method + bytes, .plain = true };
	size_t method_len = strlen(method), version_len = strlen(version);

	/* METHOD SP target SP HTTP/1.1 CRLF, and no other space: the library takes the last for the one before the version. */
	if (bytes == 0 || strchr(method, ' ') || memchr(w->rq.target.p, ' ', w->rq.target.len) || url != w->raw ||
	    url != method + method_len + 1 || version != url + w->rq.target.len + 1 ||
	    (size_t)(l.end - version) < version_len + 4 || version[version_len] != 0 || version[version_len + 1] != 0)
		return false;
	l.at = version + version_len + 2;
	(void)MHD_get_connection_values_n(mc, MHD_HEADER_KIND, take_header, &l);
	return l.plain && l.at + 2 == l.end && l.at[0] == 0 && l.at[1] == 0;
}

static enum dcf_http_then headers(struct dcf_http_work *w, struct MHD_Connection *mc, const char *method, const char *url,
				  const char *version)
{
	size_t bytes = header_bytes(mc);
	bool plain = plain_lines(w, mc, method, url, version, bytes);

	return dcf_http_headers_in(w, method, version, bytes, plain);
}

/* ---- what is sent ---- */

static ssize_t read_stream(void *ctx, uint64_t position, char *out, size_t cap)
{
	struct dcf_http_work *w = ctx;
	struct dcf_http_conn *c = w->conn;
	long n = dcf_http_stream_read(w, out, cap);

	(void)position;
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n > 0)
		return (ssize_t)n;
	MHD_suspend_connection(c->handle);
	if (!dcf_http_parked(c))
		MHD_resume_connection(c->handle);
	else if (atomic_load(&c->server->draining))
		dcf_http_conn_wake(c);
	return 0;
}

/* Where the library takes no const. */
static void *unconst(const char *p)
{
	union {
		const char *from;
		void *to;
	} u = { .from = p };

	return u.to;
}

static struct MHD_Response *response_of(struct dcf_http_work *w)
{
	struct dcf_http_reply *r = &w->reply;
	static const char none[1];

	if (r->stream) {
		struct MHD_Response *response =
			MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, w, NULL);

		/* The library would put the last chunk behind the headers of a HEAD's reply: without chunks the connection ends
		 * instead. */
		if (response && w->rq.head)
			(void)MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
		return response;
	}
	if (r->still_body.p)
		return MHD_create_response_from_buffer(r->still_body.len, unconst(r->still_body.p), MHD_RESPMEM_PERSISTENT);
	return MHD_create_response_from_buffer(r->body.len, r->body.len ? (void *)r->body.p : unconst(none),
					       MHD_RESPMEM_PERSISTENT);
}

static bool put_headers(struct MHD_Response *response, struct dcf_http_work *w)
{
	const struct dcf_http_options *o = &w->conn->server->options;
	struct dcf_http_reply *r = &w->reply;
	char id[DCF_HTTP_ID_MAX + 1];
	bool ok = true;

	memcpy(id, w->rq.id.p, w->rq.id.len);
	id[w->rq.id.len] = 0;
	ok &= MHD_add_response_header(response, "X-Request-Id", id) == MHD_YES;
	if (r->type)
		ok &= MHD_add_response_header(response, "Content-Type", r->type) == MHD_YES;
	if (r->close)
		ok &= MHD_add_response_header(response, "Connection", "close") == MHD_YES;
	for (size_t i = 0; i < o->always_count; i++)
		ok &= MHD_add_response_header(response, o->always[i].name.p, o->always[i].value.p) == MHD_YES;
	for (size_t i = 0; i < r->header_count; i++)
		ok &= MHD_add_response_header(response, r->headers[i].name.p, r->headers[i].value.p) == MHD_YES;
	return ok;
}

static enum MHD_Result answer(struct dcf_http_work *w, struct MHD_Connection *mc)
{
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	dcf_http_reply_ready(w);
	response = response_of(w);
	if (!response)
		return MHD_NO;
	if (put_headers(response, w))
		result = MHD_queue_response(mc, w->status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- the library's callbacks ---- */

static struct dcf_http_conn *conn_of(struct MHD_Connection *mc)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *mc, void **slot, enum MHD_ConnectionNotificationCode code)
{
	struct dcf_http *h = ctx;
	struct dcf_http_conn *c = *slot;
	const union MHD_ConnectionInfo *address, *fd, *session;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (c && c->work)
			dcf_http_over(c->work, false, 0);
		if (c)
			dcf_http_conn_end(c);
		*slot = NULL;
		return;
	}
	address = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	fd = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_CONNECTION_FD);
	/* Without memory for it the first request finds no connection and ends it. */
	c = dcf_http_conn_new(h, mc, fd->connect_fd, address->client_addr);
	*slot = c;
	if (!c || !h->tls)
		return;
	session = MHD_get_connection_info(mc, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	c->tls = dcf_http_tls_take(h->tls);
	c->session = session->tls_session;
	dcf_http_tls_begin(c->session, &c->tls);
}

static void *on_first_line(void *ctx, const char *target, struct MHD_Connection *mc)
{
	struct dcf_http_conn *c = conn_of(mc);
	struct dcf_http_work *w = c ? dcf_http_begin(c, target) : NULL;
	char *mark = target ? strchr(unconst(target), '?') : NULL;

	(void)ctx;
	/* The library would now parse the query too, into its small pool, and with some hundred parameters it neither goes on
	 * nor answers.  It works in place, so nothing is left for it to find. */
	if (mark && mark[1])
		mark[1] = 0;
	return w;
}

static size_t keep_escapes(void *ctx, struct MHD_Connection *mc, char *text)
{
	(void)ctx, (void)mc;
	return strlen(text);
}

/* The reply comes later.  Suspended first: from hand_over() on another thread may wake it. */
static enum MHD_Result park(struct dcf_http_work *w, struct MHD_Connection *mc)
{
	struct dcf_http_conn *c = w->conn;

	MHD_suspend_connection(mc);
	(void)dcf_http_parked(c);
	if (atomic_load(&c->server->ending)) {
		/* Nobody may be left to finish it. */
		dcf_http_conn_wake(c);
		w->step = HTTP_DENIED;
		(void)dcf_http_problem(&w->reply, 503, "stopping", DCF_SPAN("the server is stopping"));
		return MHD_YES;
	}
	atomic_store(&w->late, HTTP_LATE_WAITS);
	w->hand_over(w->arg, &w->rq);
	return MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *mc, const char *url, const char *method,
				  const char *version, const char *bytes, size_t *n, void **slot)
{
	struct dcf_http_work *w = *slot;
	enum dcf_http_then then;

	(void)ctx;
	if (w && w->step == HTTP_AGAIN)
		w = *slot = dcf_http_again(w);
	if (!w)
		return MHD_NO;
	if (w->step == HTTP_HEADERS)
		then = headers(w, mc, method, url, version);
	else if (*n)
		then = dcf_http_body_in(w, bytes, *n);
	else
		then = dcf_http_whole_in(w);
	*n = 0;
	switch (then) {
	case HTTP_GO_ON:
		return MHD_YES;
	case HTTP_ANSWER:
		return answer(w, mc);
	case HTTP_PARK:
		return park(w, mc);
	case HTTP_CUT:
	default:
		return MHD_NO;
	}
}

static void on_completed(void *ctx, struct MHD_Connection *mc, void **slot, enum MHD_RequestTerminationCode code)
{
	struct dcf_http_work *w = *slot;
	const union MHD_ConnectionInfo *info;

	(void)ctx;
	*slot = NULL;
	if (!w)
		return;
	/* What the library answered by itself (a request line beyond its buffer) has a status too. */
	info = w->status ? NULL : MHD_get_connection_info(mc, MHD_CONNECTION_INFO_HTTP_STATUS);
	dcf_http_over(w, code == MHD_REQUEST_TERMINATED_COMPLETED_OK, info ? info->http_status : 0);
}

static void __attribute__((format(printf, 2, 0))) on_log(void *ctx, const char *format, va_list args)
{
	char text[400];
	int n = vsnprintf(text, sizeof text, format, args);

	while (n > 0 && n < (int)sizeof text && text[n - 1] == '\n')
		text[--n] = 0;
	dcf_http_say(ctx, text);
}

/* ---- start and stop ---- */

static unsigned flags_of(const struct dcf_http *h)
{
	return MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
	       MHD_USE_ERROR_LOG | (h->tls ? MHD_USE_TLS : 0u);
}

enum dcf_status dcf_http_mhd_start(struct dcf_http *h, struct dcf_node_error *err)
{
	const struct dcf_http_limits *l = &h->options.limits;
	struct MHD_OptionItem items[20] = {
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, h },
		/* Counted by ourselves; the library would divide it between threads. */
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)((l->connections + 16) * h->options.threads), NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)(l->header_max + POOL_MORE), NULL },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, h },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, h },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_first_line, h },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, h },
	};
	size_t n = 7;

	if (h->options.threads > 1)
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)h->options.threads, NULL };
	if (h->tls) {
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, unconst(DCF_HTTP_TLS_PRIORITIES) };
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, dcf_http_tls_retrieve_function() };
	}
	items[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	h->daemon = MHD_start_daemon(flags_of(h), 0, NULL, NULL, on_request, h, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
	if (!h->daemon)
		return dcf_node_fail(err, DCF_E_IO, "the HTTP server cannot be started on %s", h->options.listen);
	return DCF_OK;
}

bool dcf_http_mhd_add(struct dcf_http *h, int fd, const struct sockaddr *address, unsigned len)
{
	return MHD_add_connection(h->daemon, fd, address, len) == MHD_YES;
}

void dcf_http_mhd_free(struct dcf_http *h)
{
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
}

void dcf_http_mhd_resume(void *handle)
{
	MHD_resume_connection(handle);
}
