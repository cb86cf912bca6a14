/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_call.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, LOOK_MS = 100 };

static void start_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* curl asks for a socket to this very address: a name that resolves to where it must not gets none. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct dcf_uss_call *c = ctx;

	(void)purpose;
	if (!dcf_uss_reaches(c->place->reach, &a->addr)) {
		c->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t take_reply(char *p, size_t one, size_t n, void *ctx)
{
	struct dcf_uss_call *c = ctx;

	n *= one;
	if (n > c->reply_max - c->reply.len) {
		c->too_long = true;
		return 0;
	}
	dcf_buf_put(&c->reply, p, n);
	return c->reply.failed ? 0 : n;
}

static bool add_header(struct dcf_uss_call *c, const char *line)
{
	struct curl_slist *more = curl_slist_append(c->headers, line);

	if (more)
		c->headers = more;
	return more != NULL;
}

static bool add_bearer(struct dcf_uss_call *c)
{
	static const char begin[] = "Authorization: Bearer ";
	struct dcf_buf line = { .from = c->reply.from };
	bool ok;

	dcf_buf_put(&line, begin, sizeof begin - 1);
	dcf_buf_span(&line, c->bearer);
	dcf_buf_char(&line, '\0');
	ok = !line.failed && add_header(c, line.p);
	if (line.p)
		explicit_bzero(line.p, line.cap);
	dcf_buf_free(&line);
	return ok;
}

static bool set_headers(struct dcf_uss_call *c)
{
	char type[80];

	(void)snprintf(type, sizeof type, "Content-Type: %s", c->body.p ? c->type : "");
	if (c->wire->exercise && !add_header(c, "Deconflict-Exercise: true"))
		return false;
	return add_header(c, "Accept: application/json") && (!c->body.p || (add_header(c, type) && add_header(c, "Expect:"))) &&
	       (!c->bearer.p || add_bearer(c)) && curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK;
}

static bool set_request(struct dcf_uss_call *c)
{
	char url[DCF_USS_URL_MAX + 512];
	CURL *e = c->easy;
	int len = snprintf(url, sizeof url, "%s%s", c->place->url, c->path);
	bool ok = len > 0 && (size_t)len < sizeof url && curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK;

	if (c->body.p) {
		ok = ok && curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK;
		ok = ok && curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->body.p) == CURLE_OK;
		ok = ok && curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len) == CURLE_OK;
	}
	if (c->user) {
		ok = ok && curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK;
		ok = ok && curl_easy_setopt(e, CURLOPT_USERNAME, c->user) == CURLE_OK;
		ok = ok && curl_easy_setopt(e, CURLOPT_PASSWORD, c->secret) == CURLE_OK;
	}
	return ok;
}

static bool set_bounds(struct dcf_uss_call *c)
{
	long ms = (long)(c->wire->timeout_us / 1000);
	CURL *e = c->easy;
	bool ok = curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;

	ok = ok && curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, ms > 0 ? ms : 1) == CURLE_OK;
	ok = ok &&
	     curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, ms > 0 && ms < CONNECT_MS ? ms : (long)CONNECT_MS) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
	ok = ok && (!*c->wire->ca_file || curl_easy_setopt(e, CURLOPT_CAINFO, c->wire->ca_file) == CURLE_OK);
	ok = ok && curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
	/* Through a proxy the address that is reached would be the proxy's to choose. */
	ok = ok && curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->reply_max) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_USERAGENT, "deconflict/" DCF_VERSION) == CURLE_OK;
	return ok;
}

static bool set_callbacks(struct dcf_uss_call *c)
{
	CURL *e = c->easy;
	bool ok = curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error) == CURLE_OK;

	ok = ok && curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_reply) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_WRITEDATA, c) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
	return ok && curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, c) == CURLE_OK;
}

enum dcf_status dcf_uss_call_open(struct dcf_uss_call *c, const struct dcf_uss_wire *wire)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, start_curl);
	c->wire = wire;
	c->status = 0;
	c->retry_after_s = 0;
	c->error[0] = '\0';
	c->reply.len = 0;
	c->reply.failed = false;
	c->too_long = c->forbidden = false;
	c->easy = curl_easy_init();
	if (c->easy && set_request(c) && set_bounds(c) && set_callbacks(c) && set_headers(c))
		return DCF_OK;
	dcf_uss_call_close(c);
	return DCF_E_NOMEM;
}

static void say(struct dcf_uss_call *c, const char *text)
{
	(void)snprintf(c->error, sizeof c->error, "%s", text);
}

void dcf_uss_call_ended(struct dcf_uss_call *c, CURLcode result)
{
	long status = 0;
	curl_off_t after = 0;

	if (c->forbidden)
		say(c, "the name resolves to an address that it may not");
	else if (c->too_long || result == CURLE_FILESIZE_EXCEEDED)
		say(c, "a reply longer than is taken");
	else if (result != CURLE_OK && !*c->error)
		say(c, curl_easy_strerror(result));
	if (result != CURLE_OK || c->reply.failed)
		return;
	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &after);
	c->status = status > 0 && status < 1000 ? (unsigned)status : 0;
	c->retry_after_s = after > 0 ? (int64_t)after : 0;
}

void dcf_uss_call_close(struct dcf_uss_call *c)
{
	if (c->easy)
		curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	c->easy = NULL;
	c->headers = NULL;
}

/* Until it is done or the node ends; curl's own limit ends it otherwise. */
static CURLcode run(struct dcf_uss_call *c, CURLM *multi)
{
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	int running = 1, left;
	CURLMsg *m;

	if (curl_multi_add_handle(multi, c->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	while (running && !atomic_load(&c->wire->ending))
		if (curl_multi_perform(multi, &running) != CURLM_OK ||
		    (running && curl_multi_poll(multi, NULL, 0, LOOK_MS, NULL) != CURLM_OK))
			break;
	while ((m = curl_multi_info_read(multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			result = m->data.result;
	(void)curl_multi_remove_handle(multi, c->easy);
	return result;
}

enum dcf_status dcf_uss_call_run(struct dcf_uss_call *c, const struct dcf_uss_wire *wire)
{
	enum dcf_status s = dcf_uss_call_open(c, wire);
	CURLM *multi;

	if (s != DCF_OK)
		return s;
	multi = curl_multi_init();
	if (multi) {
		dcf_uss_call_ended(c, run(c, multi));
		s = c->reply.failed ? DCF_E_NOMEM : c->status ? DCF_OK : DCF_E_IO;
	} else {
		s = DCF_E_NOMEM;
	}
	dcf_uss_call_close(c);
	if (multi)
		(void)curl_multi_cleanup(multi);
	return s;
}
