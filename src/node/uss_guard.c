/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_guard.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A URL taken apart; texts are curl's. */
struct parts {
	char *scheme, *host, *port, *path, *query, *url;
};

struct dcf_uss_guard {
	struct dcf_alloc from;
	bool allow_http;
	size_t count;
	struct prefix {
		struct parts parts;
		enum dcf_uss_reach reach;
	} prefix[DCF_CONFIG_LIST];
};

/* --- URLs ---------------------------------------------------------------------------------------------- */

static void free_parts(struct parts *p)
{
	curl_free(p->scheme);
	curl_free(p->host);
	curl_free(p->port);
	curl_free(p->path);
	curl_free(p->query);
	curl_free(p->url);
	*p = (struct parts){ NULL, NULL, NULL, NULL, NULL, NULL };
}

static bool has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* Dots, slashes and backslashes in disguise: what a server makes of them is not for us to guess. */
static bool is_disguised(const char *path)
{
	static const char *const tricks[] = { "%2e", "%2f", "%5c", "%00", "\\" };

	for (const char *p = path; *p; p++)
		for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++)
			if (strncasecmp(p, tricks[i], strlen(tricks[i])) == 0)
				return true;
	return false;
}

static bool is_plain_host(const char *host)
{
	size_t n = strlen(host);

	for (const char *p = host; *p; p++)
		if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || strchr(".-_:[]", *p)))
			return false;
	return n > 0 && n <= DCF_USS_HOST_MAX;
}

static void lower_host(char *host)
{
	for (; *host; host++)
		if (*host >= 'A' && *host <= 'Z')
			*host = (char)(*host - 'A' + 'a');
}

/* "/utm/" and "/utm" are one base; "/" is "". */
static void cut_slashes(char *path)
{
	size_t n = strlen(path);

	while (n && path[n - 1] == '/')
		path[--n] = '\0';
}

static const char *get_parts(CURLU *u, struct parts *p)
{
	if (curl_url_get(u, CURLUPART_SCHEME, &p->scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &p->host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &p->port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PATH, &p->path, 0) != CURLUE_OK)
		return "expected a URL as https://uss.example/utm";
	if (curl_url_get(u, CURLUPART_QUERY, &p->query, 0) != CURLUE_OK)
		p->query = NULL;
	if (strcmp(p->scheme, "https") != 0 && strcmp(p->scheme, "http") != 0)
		return "expected https:";
	if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD) || has_part(u, CURLUPART_FRAGMENT) ||
	    has_part(u, CURLUPART_ZONEID))
		return "expected no user, password, zone or fragment in the URL";
	if (!is_plain_host(p->host))
		return "expected a host's name or address in plain letters";
	if (is_disguised(p->path))
		return "expected a path without disguised dots and slashes";
	lower_host(p->host);
	return NULL;
}

static const char *parse(struct dcf_span url, struct parts *p)
{
	char text[DCF_USS_URL_MAX + 1];
	CURLU *u;
	const char *fault;

	*p = (struct parts){ NULL, NULL, NULL, NULL, NULL, NULL };
	if (url.len == 0 || url.len > DCF_USS_URL_MAX || memchr(url.p, '\0', url.len))
		return "expected a URL of at most 2,048 bytes";
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] > '~')
			return "expected a URL of printable ASCII characters";
	memcpy(text, url.p, url.len);
	text[url.len] = '\0';
	if (!(u = curl_url()))
		return "no memory";
	if (curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		fault = "expected a URL as https://uss.example/utm";
	else
		fault = get_parts(u, p);
	curl_url_cleanup(u);
	if (fault)
		free_parts(p);
	return fault;
}

/* --- addresses -------------------------------------------------------------------------------------------- */

/* Networks that are not the internet at large (RFC 6890 and its registry). */
static const struct network {
	uint8_t bits;
	bool link; /* of this very link, where a cloud's metadata is: never */
	uint32_t address;
} v4_inside[] = {
	{ 8, false, 0x00000000 },  { 8, false, 0x0a000000 },  { 10, false, 0x64400000 }, { 8, false, 0x7f000000 },
	{ 16, true, 0xa9fe0000 },  { 12, false, 0xac100000 }, { 24, false, 0xc0000000 }, { 16, false, 0xc0a80000 },
	{ 15, false, 0xc6120000 }, { 4, true, 0xe0000000 },   { 4, true, 0xf0000000 },
};

static bool v4_reached(enum dcf_uss_reach reach, uint32_t address)
{
	if (reach == DCF_USS_LOOPBACK)
		return address >> 24 == 127;
	for (size_t i = 0; i < sizeof v4_inside / sizeof *v4_inside; i++)
		if ((address ^ v4_inside[i].address) >> (32 - v4_inside[i].bits) == 0)
			return reach == DCF_USS_NAMED && !v4_inside[i].link && address != 0;
	return true;
}

static uint32_t v4_at(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool v6_reached(enum dcf_uss_reach reach, const uint8_t b[16])
{
	static const uint8_t zero[16], nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	bool loopback = memcmp(b, zero, 15) == 0 && b[15] == 1;

	/* IPv4 in other clothes: mapped, compatible, through NAT64 and 6to4. */
	if (memcmp(b, zero, 10) == 0 && b[10] == 0xff && b[11] == 0xff)
		return v4_reached(reach, v4_at(b + 12));
	if (loopback)
		return reach != DCF_USS_OUTSIDE;
	if (reach == DCF_USS_LOOPBACK)
		return false;
	if (memcmp(b, nat64, sizeof nat64) == 0)
		return v4_reached(reach, v4_at(b + 12));
	if (b[0] == 0x20 && b[1] == 0x02)
		return v4_reached(reach, v4_at(b + 2));
	if ((b[0] & 0xfe) == 0xfc)
		return reach == DCF_USS_NAMED;
	/* 2000::/3 is the internet, less what tunnels to anywhere (2001::/32). */
	return (b[0] & 0xe0) == 0x20 && !(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0);
}

bool dcf_uss_reaches(enum dcf_uss_reach reach, const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return v4_reached(reach, ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
	return address->sa_family == AF_INET6 &&
	       v6_reached(reach, ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr);
}

static bool is_address(const char *host)
{
	struct in_addr v4;

	return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

static enum dcf_uss_reach reach_of(const struct parts *p)
{
	if (strcmp(p->host, "localhost") == 0)
		return DCF_USS_LOOPBACK;
	return is_address(p->host) || strcmp(p->scheme, "http") == 0 ? DCF_USS_NAMED : DCF_USS_OUTSIDE;
}

/* --- judging ------------------------------------------------------------------------------------------------ */

static bool begins_so(const struct parts *p, const struct parts *prefix)
{
	size_t n = strlen(prefix->path);

	return strcmp(p->scheme, prefix->scheme) == 0 && strcmp(p->host, prefix->host) == 0 &&
	       strcmp(p->port, prefix->port) == 0 && strncmp(p->path, prefix->path, n) == 0 &&
	       (p->path[n] == '\0' || p->path[n] == '/');
}

/* The parts put together again. */
static const char *put_place(const struct parts *p, enum dcf_uss_reach reach, struct dcf_uss_place *place)
{
	size_t n = strlen(p->host);
	bool bracketed = p->host[0] == '[' && n > 2;
	int len;

	place->reach = reach;
	(void)snprintf(place->host, sizeof place->host, "%.*s", (int)(bracketed ? n - 2 : n), p->host + bracketed);
	len = snprintf(place->origin, sizeof place->origin, "%s://%s:%s", p->scheme, p->host, p->port);
	if (len < 0 || (size_t)len >= sizeof place->origin)
		return "expected a shorter host";
	len = snprintf(place->url, sizeof place->url, "%s%s%s%s", place->origin, p->path, p->query ? "?" : "",
		       p->query ? p->query : "");
	return len < 0 || (size_t)len >= sizeof place->url ? "expected a URL of at most 2,048 bytes" : NULL;
}

const char *dcf_uss_guard_judge(const struct dcf_uss_guard *g, struct dcf_span url, struct dcf_uss_place *place)
{
	struct parts p;
	const char *fault = parse(url, &p);

	if (fault)
		return fault;
	cut_slashes(p.path);
	fault = p.query ? "expected no query in a base URL" : "not among the configured destinations";
	for (size_t i = 0; !p.query && i < g->count; i++)
		if (begins_so(&p, &g->prefix[i].parts)) {
			fault = put_place(&p, g->prefix[i].reach, place);
			break;
		}
	free_parts(&p);
	return fault;
}

const char *dcf_uss_guard_own(struct dcf_span url, bool allow_http, struct dcf_uss_place *place)
{
	struct parts p;
	const char *fault = parse(url, &p);
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (fault)
		return fault;
	if (strcmp(p.scheme, "https") != 0 && !allow_http && strcmp(p.host, "localhost") != 0 && strcmp(p.host, "[::1]") != 0 &&
	    !(inet_pton(AF_INET, p.host, &v4.sin_addr) == 1 && v4_reached(DCF_USS_LOOPBACK, ntohl(v4.sin_addr.s_addr))))
		fault = "expected https: (http: on loopback, or with uss.allow_http_uss)";
	else
		fault = put_place(&p, strcmp(p.host, "localhost") == 0 ? DCF_USS_LOOPBACK : DCF_USS_NAMED, place);
	free_parts(&p);
	return fault;
}

/* --- making --------------------------------------------------------------------------------------------------- */

static const char *take_prefix(struct dcf_uss_guard *g, const char *text)
{
	struct prefix *p = &g->prefix[g->count];
	const char *fault = parse(dcf_span_of(text), &p->parts);

	if (fault)
		return fault;
	g->count++;
	if (p->parts.query)
		return "expected no query";
	if (strcmp(p->parts.scheme, "http") == 0 && !g->allow_http)
		return "expected https: (or uss.allow_http_uss = yes)";
	cut_slashes(p->parts.path);
	p->reach = reach_of(&p->parts);
	return NULL;
}

enum dcf_status dcf_uss_guard_new(const struct dcf_alloc *a, const struct dcf_config_list *prefix, bool allow_http,
				  struct dcf_uss_guard **out, struct dcf_node_error *err)
{
	struct dcf_uss_guard *g = dcf_alloc_new(a, sizeof *g);

	if (!g)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(g, 0, sizeof *g);
	g->from = *a;
	g->allow_http = allow_http;
	for (size_t i = 0; i < prefix->count; i++) {
		const char *fault = take_prefix(g, prefix->item[i]);

		if (!fault)
			continue;
		dcf_uss_guard_free(g);
		return dcf_node_fail(err, DCF_E_USAGE, "uss.destination: %s: %s", prefix->item[i], fault);
	}
	*out = g;
	return DCF_OK;
}

void dcf_uss_guard_free(struct dcf_uss_guard *g)
{
	struct dcf_alloc from;

	if (!g)
		return;
	from = g->from;
	for (size_t i = 0; i < g->count; i++)
		free_parts(&g->prefix[i].parts);
	dcf_alloc_free(&from, g, sizeof *g);
}
