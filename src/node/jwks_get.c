/* SPDX-License-Identifier: Apache-2.0 */
/* jwks_get.c - HTTP GET with little trust: no redirects, no other protocols, no cookies, no user data, a bounded body.
 *
 * That http: reaches loopback alone is checked twice: by the name in the URL, and by the address that is connected to. */
#include "node/jwks_get.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "node/jwks.h"

struct dcf_jwks_get {
	struct dcf_alloc from;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers; /* of the request under way */
	char *url;
	size_t url_size;
	bool loopback_only;
	_Atomic bool broken;
	struct dcf_buf *body;
	bool too_long;
	struct dcf_jwks_answer *answer;
	int64_t age_s;
	char error[CURL_ERROR_SIZE];
};

static void start_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* --- which URLs ---------------------------------------------------------------------------------------------- */

static bool is_loopback_host(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcmp(host, "[::1]") == 0 || strcasecmp(host, "localhost") == 0;
}

static bool has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static const char *parsed_fault(CURLU *u, const char *url, bool allow_http, bool *loopback_only)
{
	char *scheme = NULL, *host = NULL;
	const char *fault = NULL;

	*loopback_only = false;
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		fault = "expected a URL as https://idp.example/jwks.json";
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		fault = "expected https: (or http: on loopback)";
	else if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD) || has_part(u, CURLUPART_FRAGMENT))
		fault = "expected no user, password or fragment in the URL";
	else if (strcmp(scheme, "http") == 0 && !allow_http && !is_loopback_host(host))
		fault = "expected https: for another machine (or auth.jwks_allow_http = yes)";
	else
		*loopback_only = strcmp(scheme, "http") == 0 && !allow_http;
	curl_free(scheme);
	curl_free(host);
	return fault;
}

static const char *url_fault(const char *url, bool allow_http, bool *loopback_only)
{
	CURLU *u = curl_url();
	const char *fault = u ? parsed_fault(u, url, allow_http, loopback_only) : "no memory";

	curl_url_cleanup(u);
	return fault;
}

static bool is_loopback_address(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
	return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

/* curl asks for a socket to this address; a name that only looks like loopback gets none. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	const struct dcf_jwks_get *g = ctx;

	(void)purpose;
	if (g->loopback_only && !is_loopback_address(&a->addr))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* --- what comes back --------------------------------------------------------------------------------------------- */

static size_t take_body(char *p, size_t one, size_t n, void *ctx)
{
	struct dcf_jwks_get *g = ctx;

	n *= one;
	if (n > DCF_JWKS_MAX - g->body->len) {
		g->too_long = true;
		return 0;
	}
	dcf_buf_put(g->body, p, n);
	return g->body->failed ? 0 : n;
}

/* The value of a header line called `name`; absent when it is another. */
static struct dcf_span value_of(struct dcf_span line, const char *name)
{
	size_t n = strlen(name);

	if (line.len <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0)
		return (struct dcf_span){ 0 };
	line.p += n + 1;
	line.len -= n + 1;
	while (line.len && strchr(" \t", line.p[0]) && line.p[0])
		line.p++, line.len--;
	while (line.len && strchr(" \t\r\n", line.p[line.len - 1]) && line.p[line.len - 1])
		line.len--;
	return line;
}

/* Seconds, at most a year: more is no different to us. */
static int64_t seconds_of(struct dcf_span s)
{
	int64_t v = 0;
	size_t i = 0;

	for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		v = v < 31536000 ? v * 10 + (s.p[i] - '0') : v;
	return i == 0 ? -1 : v < 31536000 ? v : 31536000;
}

static void take_cache_control(struct dcf_jwks_answer *answer, struct dcf_span s)
{
	while (s.len) {
		const char *comma = memchr(s.p, ',', s.len);
		size_t n = comma ? (size_t)(comma - s.p) : s.len, skip = 0;
		struct dcf_span d = { s.p, n };

		while (d.len && (d.p[0] == ' ' || d.p[0] == '\t'))
			d.p++, d.len--;
		if (d.len >= 8 && (strncasecmp(d.p, "no-store", 8) == 0 || strncasecmp(d.p, "no-cache", 8) == 0))
			answer->max_age_us = 0;
		else if (d.len > 8 && strncasecmp(d.p, "max-age=", 8) == 0 && answer->max_age_us != 0) {
			int64_t v = seconds_of((struct dcf_span){ d.p + 8, d.len - 8 });

			answer->max_age_us = v < 0 ? -1 : v * 1000000;
		}
		skip = n + (comma != NULL);
		s.p += skip;
		s.len -= skip;
	}
}

/* An entity tag (RFC 9110, 8.8.3): quotes around printable ASCII, perhaps W/ before it. */
static void take_etag(struct dcf_jwks_answer *answer, struct dcf_span s)
{
	struct dcf_span inner = s;

	if (inner.len > 2 && memcmp(inner.p, "W/", 2) == 0)
		inner.p += 2, inner.len -= 2;
	if (s.len >= DCF_ETAG_MAX || inner.len < 2 || inner.p[0] != '"' || inner.p[inner.len - 1] != '"')
		return;
	for (size_t i = 1; i + 1 < inner.len; i++)
		if (inner.p[i] <= ' ' || inner.p[i] > '~' || inner.p[i] == '"')
			return;
	memcpy(answer->etag, s.p, s.len);
	answer->etag[s.len] = '\0';
}

static size_t take_header(char *p, size_t one, size_t n, void *ctx)
{
	struct dcf_jwks_get *g = ctx;
	struct dcf_span line = { p, one * n }, v;

	/* A status line begins anew: what an interim answer (1xx) said does not count. */
	if (line.len > 5 && memcmp(line.p, "HTTP/", 5) == 0) {
		*g->answer = (struct dcf_jwks_answer){ .max_age_us = -1 };
		g->age_s = 0;
	}
	if ((v = value_of(line, "etag")).p)
		take_etag(g->answer, v);
	else if ((v = value_of(line, "cache-control")).p)
		take_cache_control(g->answer, v);
	else if ((v = value_of(line, "age")).p && seconds_of(v) > 0)
		g->age_s = seconds_of(v);
	return one * n;
}

/* --- making ----------------------------------------------------------------------------------------------- */

static bool set_options(struct dcf_jwks_get *g, const char *ca_file, int64_t timeout_us)
{
	CURL *e = g->easy;
	bool ok = curl_easy_setopt(e, CURLOPT_URL, g->url) == CURLE_OK;

	ok = ok && curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)(timeout_us / 1000)) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(timeout_us / 1000)) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
	ok = ok && (!ca_file || !*ca_file || curl_easy_setopt(e, CURLOPT_CAINFO, ca_file) == CURLE_OK);
	/* A proxy of the environment is for the world outside, and would make loopback something else. */
	ok = ok && (!g->loopback_only || curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK);
	ok = ok && curl_easy_setopt(e, CURLOPT_MAXFILESIZE, (long)DCF_JWKS_MAX) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_USERAGENT, "deconflict/" DCF_VERSION) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_ERRORBUFFER, g->error) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_WRITEDATA, g) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_HEADERDATA, g) == CURLE_OK;
	ok = ok && curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
	return ok && curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, g) == CURLE_OK;
}

enum dcf_status dcf_jwks_get_new(const struct dcf_alloc *a, const char *url, const char *ca_file, bool allow_http,
				 int64_t timeout_us, struct dcf_jwks_get **out, struct dcf_node_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct dcf_jwks_get *g;
	bool loopback_only;
	const char *fault;

	(void)pthread_once(&once, start_curl);
	if ((fault = url_fault(url, allow_http, &loopback_only)) != NULL)
		return dcf_node_fail(err, DCF_E_USAGE, "%s: %s", url, fault);
	if (!(g = dcf_alloc_new(a, sizeof *g)))
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", url);
	*g = (struct dcf_jwks_get){ .from = *a, .loopback_only = loopback_only, .url_size = strlen(url) + 1 };
	g->url = dcf_alloc_new(a, g->url_size);
	if (g->url)
		memcpy(g->url, url, g->url_size);
	g->multi = curl_multi_init();
	g->easy = curl_easy_init();
	if (!g->url || !g->multi || !g->easy || !set_options(g, ca_file, timeout_us)) {
		dcf_jwks_get_free(g);
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: cannot be set up to be fetched", url);
	}
	*out = g;
	return DCF_OK;
}

void dcf_jwks_get_free(struct dcf_jwks_get *g)
{
	struct dcf_alloc from;

	if (!g)
		return;
	from = g->from;
	curl_easy_cleanup(g->easy);
	curl_multi_cleanup(g->multi);
	dcf_alloc_free(&from, g->url, g->url_size);
	dcf_alloc_free(&from, g, sizeof *g);
}

void dcf_jwks_get_break(struct dcf_jwks_get *g)
{
	atomic_store(&g->broken, true);
	(void)curl_multi_wakeup(g->multi);
}

/* --- fetching --------------------------------------------------------------------------------------------------------------
 */

static bool set_headers(struct dcf_jwks_get *g, const char *etag)
{
	char line[DCF_ETAG_MAX + 32];
	struct curl_slist *more;

	g->headers = curl_slist_append(NULL, "Accept: application/jwk-set+json, application/json");
	if (!g->headers)
		return false;
	if (*etag) {
		(void)snprintf(line, sizeof line, "If-None-Match: %s", etag);
		if (!(more = curl_slist_append(g->headers, line)))
			return false;
		g->headers = more;
	}
	return curl_easy_setopt(g->easy, CURLOPT_HTTPHEADER, g->headers) == CURLE_OK;
}

/* Until it is done or broken off; curl's own timeout ends it otherwise. */
static CURLcode run(struct dcf_jwks_get *g)
{
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	int running = 1, left;
	CURLMsg *m;

	if (curl_multi_add_handle(g->multi, g->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	while (running && !atomic_load(&g->broken)) {
		if (curl_multi_perform(g->multi, &running) != CURLM_OK)
			break;
		if (running && curl_multi_poll(g->multi, NULL, 0, 1000, NULL) != CURLM_OK)
			break;
	}
	while ((m = curl_multi_info_read(g->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			result = m->data.result;
	(void)curl_multi_remove_handle(g->multi, g->easy);
	return result;
}

static enum dcf_status judge(struct dcf_jwks_get *g, CURLcode result, bool had_etag, struct dcf_node_error *err)
{
	long status = 0;

	if (atomic_load(&g->broken))
		return dcf_node_fail(err, DCF_E_IO, "%s: broken off", g->url);
	if (g->body->failed)
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", g->url);
	if (g->too_long || result == CURLE_FILESIZE_EXCEEDED)
		return dcf_node_fail(err, DCF_E_IO, "%s: more than %d bytes", g->url, DCF_JWKS_MAX);
	if (result != CURLE_OK)
		return dcf_node_fail(err, DCF_E_IO, "%s: %s", g->url, *g->error ? g->error : curl_easy_strerror(result));
	(void)curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
	g->answer->unchanged = status == 304 && had_etag;
	if (status != 200 && !g->answer->unchanged)
		return dcf_node_fail(err, DCF_E_IO, "%s: status %ld, expected 200%s", g->url, status,
				     status >= 300 && status < 400 ? " (redirects are not followed: name the place itself)"
								   : "");
	return DCF_OK;
}

enum dcf_status dcf_jwks_get(struct dcf_jwks_get *g, const char *etag, struct dcf_buf *body, struct dcf_jwks_answer *answer,
			     struct dcf_node_error *err)
{
	CURLcode result = CURLE_OUT_OF_MEMORY;
	enum dcf_status s;

	body->len = 0;
	body->failed = false;
	*answer = (struct dcf_jwks_answer){ .max_age_us = -1 };
	g->body = body;
	g->answer = answer;
	g->too_long = false;
	g->age_s = 0;
	g->error[0] = '\0';
	if (set_headers(g, etag))
		result = run(g);
	s = judge(g, result, *etag != '\0', err);
	if (answer->max_age_us > 0)
		answer->max_age_us = answer->max_age_us > g->age_s * 1000000 ? answer->max_age_us - g->age_s * 1000000 : 0;
	if (answer->unchanged)
		body->len = 0;
	(void)curl_easy_setopt(g->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(g->headers);
	g->headers = NULL;
	return s;
}
