/* SPDX-License-Identifier: Apache-2.0 */
/* test_uss.c - whom a provider may call, which addresses it may reach, what it keeps of what others say: against tables, and
 * plain lists. */
#include "node/uss_diary.h"
#include "node/uss_guard.h"
#include "node/uss_peers.h"
#include "tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const struct dcf_config_list prefixes = { 5,
						 { "https://uss.example.com/utm", "https://b.example",
						   "http://127.0.0.1:8080/mock/", "http://localhost:9000",
						   "https://[2001:db8::1]:8443/x" } };

/* --- whom ------------------------------------------------------------------------------------------------ */

static const struct judged {
	const char *url, *called, *host; /* called NULL: refused */
	enum dcf_uss_reach reach;
} judged[] = {
	{ "https://uss.example.com/utm", "https://uss.example.com:443/utm", "uss.example.com", DCF_USS_OUTSIDE },
	{ "https://USS.Example.COM/utm/", "https://uss.example.com:443/utm", "uss.example.com", DCF_USS_OUTSIDE },
	{ "https://uss.example.com:443/utm/v1", "https://uss.example.com:443/utm/v1", "uss.example.com", DCF_USS_OUTSIDE },
	{ "HTTPS://uss.example.com/utm", "https://uss.example.com:443/utm", "uss.example.com", DCF_USS_OUTSIDE },
	{ "https://b.example", "https://b.example:443", "b.example", DCF_USS_OUTSIDE },
	{ "https://b.example/any/where", "https://b.example:443/any/where", "b.example", DCF_USS_OUTSIDE },
	{ "https://b.example/a/../any", "https://b.example:443/any", "b.example", DCF_USS_OUTSIDE },
	{ "http://127.0.0.1:8080/mock", "http://127.0.0.1:8080/mock", "127.0.0.1", DCF_USS_NAMED },
	{ "http://localhost:9000/a", "http://localhost:9000/a", "localhost", DCF_USS_LOOPBACK },
	{ "https://[2001:db8::1]:8443/x/y", "https://[2001:db8::1]:8443/x/y", "2001:db8::1", DCF_USS_NAMED },
	{ "https://[2001:DB8:0:0::1]:8443/x", "https://[2001:db8::1]:8443/x", "2001:db8::1", DCF_USS_NAMED },
	{ "", NULL, NULL, 0 },
	{ "uss.example.com/utm", NULL, NULL, 0 },
	{ "/utm", NULL, NULL, 0 },
	{ "http://uss.example.com/utm", NULL, NULL, 0 },
	{ "https://uss.example.com", NULL, NULL, 0 },
	{ "https://uss.example.com/", NULL, NULL, 0 },
	{ "https://uss.example.com/utmost", NULL, NULL, 0 },
	{ "https://uss.example.com/utm/../admin", NULL, NULL, 0 },
	{ "https://uss.example.com/utm/%2e%2e/admin", NULL, NULL, 0 },
	{ "https://uss.example.com/utm/%2E./admin", NULL, NULL, 0 },
	{ "https://uss.example.com/utm%2fadmin", NULL, NULL, 0 },
	{ "https://uss.example.com/utm\\..\\admin", NULL, NULL, 0 },
	{ "https://uss.example.com:8443/utm", NULL, NULL, 0 },
	{ "https://uss.example.com./utm", NULL, NULL, 0 },
	{ "https://uss.example.com.evil.example/utm", NULL, NULL, 0 },
	{ "https://evil.example/https://uss.example.com/utm", NULL, NULL, 0 },
	{ "https://user@uss.example.com/utm", NULL, NULL, 0 },
	{ "https://user:pw@uss.example.com/utm", NULL, NULL, 0 },
	{ "https://uss.example.com@evil.example/utm", NULL, NULL, 0 },
	{ "https://uss.example.com/utm?x=1", NULL, NULL, 0 },
	{ "https://uss.example.com/utm#x", NULL, NULL, 0 },
	{ "https://uss.example.com/utm x", NULL, NULL, 0 },
	{ "https://uss.example.com/utm\r\nHost: x", NULL, NULL, 0 },
	{ "https://uss.ex\xc3\xa4mple.com/utm", NULL, NULL, 0 },
	{ "ftp://uss.example.com/utm", NULL, NULL, 0 },
	{ "file:///etc/passwd", NULL, NULL, 0 },
	{ "gopher://b.example/", NULL, NULL, 0 },
	{ "http://127.0.0.1:8081/mock", NULL, NULL, 0 },
	{ "http://127.0.0.2:8080/mock", NULL, NULL, 0 },
	{ "http://localhost:8080/mock", NULL, NULL, 0 },
	{ "http://[::1]:9000/", NULL, NULL, 0 },
	{ "http://[fe80::1%25eth0]:9000/", NULL, NULL, 0 },
	{ "https://[2001:db8::2]:8443/x", NULL, NULL, 0 },
};

static void destinations(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_uss_guard *g = NULL;
	struct dcf_node_error err;

	CHECK(dcf_uss_guard_new(&heap, &prefixes, true, &g, &err) == DCF_OK);
	for (size_t i = 0; g && i < sizeof judged / sizeof *judged; i++) {
		const struct judged *j = &judged[i];
		struct dcf_uss_place place;
		const char *fault = dcf_uss_guard_judge(g, dcf_span_of(j->url), &place);

		CHECK_MSG(!fault == (j->called != NULL), "%s: %s", j->url, fault ? fault : "taken");
		if (fault || !j->called)
			continue;
		CHECK_MSG(strcmp(place.url, j->called) == 0, "%s: called is %s", j->url, place.url);
		CHECK_MSG(strcmp(place.host, j->host) == 0, "%s: the host is %s", j->url, place.host);
		CHECK_MSG(place.reach == j->reach, "%s: reaches %d", j->url, (int)place.reach);
	}
	dcf_uss_guard_free(g);
}

static void long_and_cut_urls(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_uss_guard *g = NULL;
	struct dcf_uss_place place;
	char text[4096] = "https://b.example/";

	CHECK(dcf_uss_guard_new(&heap, &prefixes, true, &g, NULL) == DCF_OK);
	memset(text + strlen(text), 'a', sizeof text - strlen(text) - 1);
	CHECK(dcf_uss_guard_judge(g, dcf_span_of(text), &place) != NULL);
	for (size_t n = 1; n < DCF_USS_URL_MAX + 10; n++) {
		const char *fault = dcf_uss_guard_judge(g, (struct dcf_span){ text, n }, &place);

		/* The port is written out, so a few less than the limit fit. */
		CHECK_MSG(n < 17 || n > DCF_USS_URL_MAX - 4 || !fault, "%zu bytes: %s", n, fault);
		CHECK(n <= DCF_USS_URL_MAX || fault);
	}
	CHECK(dcf_uss_guard_judge(g, (struct dcf_span){ "https://b.example\0.evil", 23 }, &place) != NULL);
	dcf_uss_guard_free(g);
}

static void bad_settings(void)
{
	static const char *const bad[] = {
		"", "b.example", "ftp://b.example", "https://user@b.example", "https://b.example/?x", "http://b.example"
	};
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct dcf_config_list one = { 1, { bad[i] } };
		struct dcf_uss_guard *g = NULL;
		struct dcf_node_error err = { .code = DCF_OK };

		CHECK_MSG(dcf_uss_guard_new(&heap, &one, false, &g, &err) == DCF_E_USAGE && err.text[0], "%s", bad[i]);
	}
}

/* --- where to --------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct reached {
	const char *address;
	bool outside, loopback, named;
} reached[] = {
	{ "8.8.8.8", true, false, true },         { "127.0.0.1", false, true, true },       { "127.255.1.2", false, true, true },
	{ "10.0.0.1", false, false, true },       { "172.16.0.1", false, false, true },     { "172.31.255.255", false, false, true },
	{ "172.32.0.1", true, false, true },      { "192.168.1.1", false, false, true },    { "192.169.1.1", true, false, true },
	{ "169.254.169.254", false, false, false }, { "100.64.0.1", false, false, true },   { "100.128.0.1", true, false, true },
	{ "0.0.0.0", false, false, false },       { "224.0.0.1", false, false, false },     { "255.255.255.255", false, false, false },
	{ "198.18.0.1", false, false, true },     { "::1", false, true, true },             { "::", false, false, false },
	{ "2001:db8::1", true, false, true },     { "2606:4700::1", true, false, true },    { "fe80::1", false, false, false },
	{ "fc00::1", false, false, true },        { "fd12::1", false, false, true },        { "ff02::1", false, false, false },
	{ "::ffff:127.0.0.1", false, true, true }, { "::ffff:8.8.8.8", true, false, true }, { "::ffff:169.254.169.254", false, false, false },
	{ "64:ff9b::7f00:1", false, false, true }, { "64:ff9b::808:808", true, false, true }, { "2002:7f00:1::", false, false, true },
	{ "2002:808:808::", true, false, true },  { "2001::1", false, false, false },       { "::7f00:1", false, false, false },
};
/* clang-format on */

static bool reaches(enum dcf_uss_reach reach, const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return dcf_uss_reaches(reach, (const struct sockaddr *)&v4);
	CHECK(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
	return dcf_uss_reaches(reach, (const struct sockaddr *)&v6);
}

static void addresses(void)
{
	const struct sockaddr other = { .sa_family = AF_UNIX };

	for (size_t i = 0; i < sizeof reached / sizeof *reached; i++) {
		const struct reached *r = &reached[i];

		CHECK_MSG(reaches(DCF_USS_OUTSIDE, r->address) == r->outside, "%s", r->address);
		CHECK_MSG(reaches(DCF_USS_LOOPBACK, r->address) == r->loopback, "%s", r->address);
		CHECK_MSG(reaches(DCF_USS_NAMED, r->address) == r->named, "%s", r->address);
	}
	CHECK(!dcf_uss_reaches(DCF_USS_NAMED, &other));
}

static void own_urls(void)
{
	struct dcf_uss_place place;

	CHECK(!dcf_uss_guard_own(DCF_SPAN("https://idp.example/token?tenant=1"), false, &place));
	CHECK(strcmp(place.url, "https://idp.example:443/token?tenant=1") == 0);
	CHECK(!dcf_uss_guard_own(DCF_SPAN("http://127.0.0.1:8085/token"), false, &place));
	CHECK(!dcf_uss_guard_own(DCF_SPAN("http://localhost:8085/token"), false, &place));
	CHECK(dcf_uss_guard_own(DCF_SPAN("http://idp.example/token"), false, &place) != NULL);
	CHECK(!dcf_uss_guard_own(DCF_SPAN("http://idp.example/token"), true, &place));
	CHECK(dcf_uss_guard_own(DCF_SPAN("https://me:pw@idp.example/token"), true, &place) != NULL);
}

/* --- what others said ---------------------------------------------------------------------------------------- */

static struct dcf_uss_word word(unsigned id, const char *peer, int64_t version, const char *text)
{
	struct dcf_uss_word w = { .kind = DCF_ENTITY_INTENT,
				  .peer = dcf_span_of(peer),
				  .version = version,
				  .text = dcf_span_of(text),
				  .at_us = version };

	memcpy(w.id.b, &id, sizeof id);
	w.digest = dcf_sha256(w.text);
	return w;
}

static enum dcf_status said(struct dcf_uss_peers *p, unsigned id, const char *peer, int64_t version, const char *text)
{
	struct dcf_uss_word w = word(id, peer, version, text);

	return dcf_uss_peers_take(p, &w);
}

static bool has(struct dcf_uss_peers *p, unsigned id, const char *peer, int64_t version, const char *text)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_uss_word w = word(id, peer, version, text);
	int64_t at_us = 0;
	bool found = dcf_uss_peers_find(p, DCF_ENTITY_INTENT, &w.id, w.peer, version, &out, &at_us);

	CHECK(!found || at_us == version);
	found = found && dcf_span_eq(dcf_buf_as_span(&out), w.text);
	dcf_buf_free(&out);
	return found;
}

static void words_of_others(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_uss_peers *p = NULL;

	CHECK(dcf_uss_peers_new(&heap, &p) == DCF_OK);
	CHECK(said(p, 1, "a", 3, "three") == DCF_OK && has(p, 1, "a", 3, "three"));
	CHECK(said(p, 1, "a", 3, "three") == DCF_OK);
	CHECK(said(p, 1, "a", 3, "other") == DCF_E_CONFLICT);
	CHECK(said(p, 1, "a", 2, "two") == DCF_E_CONFLICT);
	CHECK(said(p, 1, "b", 9, "nine") == DCF_E_REFUSED && said(p, 1, "b", 9, NULL) == DCF_E_REFUSED);
	CHECK(has(p, 1, "a", 3, "three") && !has(p, 1, "b", 3, "three") && !has(p, 1, "a", 2, "two"));
	CHECK(said(p, 1, "a", 4, "four") == DCF_OK && has(p, 1, "a", 4, "four") && !has(p, 1, "a", 3, "three"));
	CHECK(said(p, 1, "a", 0, NULL) == DCF_OK && !has(p, 1, "a", 4, "four") && dcf_uss_peers_count(p) == 0);
	CHECK(said(p, 1, "b", 1, "one") == DCF_OK);
	/* More than are kept: the oldest go, and what is said again is new. */
	for (unsigned i = 2; i <= DCF_USS_PEERS; i++)
		CHECK(said(p, i, "a", 1, "one") == DCF_OK);
	CHECK(said(p, 1, "b", 2, "two") == DCF_OK);
	for (unsigned i = 0; i < 10; i++)
		CHECK(said(p, 1000000 + i, "a", 1, "one") == DCF_OK);
	CHECK(dcf_uss_peers_count(p) == DCF_USS_PEERS);
	CHECK(has(p, 1, "b", 2, "two") && !has(p, 2, "a", 1, "one") && !has(p, 11, "a", 1, "one") && has(p, 12, "a", 1, "one"));
	dcf_uss_peers_free(p);
}

static void few_bytes_are_kept(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_uss_peers *p = NULL;
	size_t each = DCF_USS_PEERS_BYTES / 8;
	char *text = dcf_alloc_new(&heap, DCF_USS_PEERS_BYTES);
	struct dcf_uss_word w = word(1, "a", 1, NULL);

	CHECK(text && dcf_uss_peers_new(&heap, &p) == DCF_OK);
	memset(text, 'x', DCF_USS_PEERS_BYTES);
	w.text = (struct dcf_span){ text, DCF_USS_PEERS_BYTES / 2 + 1 };
	CHECK(dcf_uss_peers_take(p, &w) == DCF_E_LIMIT);
	for (unsigned i = 0; i < 20; i++) {
		memcpy(w.id.b, &i, sizeof i);
		w.text.len = each;
		CHECK(dcf_uss_peers_take(p, &w) == DCF_OK && dcf_uss_peers_count(p) <= 8);
	}
	CHECK(dcf_uss_peers_count(p) == 7);
	dcf_uss_peers_free(p);
	dcf_alloc_free(&heap, text, DCF_USS_PEERS_BYTES);
}

/* --- the diary -------------------------------------------------------------------------------------------------- */

static size_t lines(struct dcf_uss_diary *d, const char *peer, const struct dcf_uuid *intent, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };
	size_t n;

	out->len = 0;
	dcf_json_begin(&j, '[');
	n = dcf_uss_diary_write(d, dcf_span_of(peer), DCF_SPAN("us"), intent, &j);
	dcf_json_end(&j, ']');
	dcf_buf_char(out, '\0');
	return n;
}

static void the_diary_tells_each_its_own(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_uss_diary *d = NULL;
	static char body[DCF_USS_DIARY_BODY + 1];
	struct dcf_uss_exchange x = { .peer = DCF_SPAN("a"),
				      .has_intent = true,
				      .client = true,
				      .method = "POST",
				      .url = DCF_SPAN("https://a.example"),
				      .path = "/uss/v1/operational_intents",
				      .request_us = 1000000,
				      .response_us = 2000000,
				      .request = { body, sizeof body },
				      .response = DCF_SPAN("secret of a"),
				      .status = 204,
				      .problem = "" };
	struct dcf_uuid none = { { 9 } };

	memset(body, 'q', sizeof body);
	CHECK(dcf_uss_diary_new(&heap, &d) == DCF_OK);
	dcf_uss_diary_put(d, &x);
	CHECK(lines(d, "a", NULL, &out) == 1 && strstr(out.p, "left out") && strstr(out.p, "\"request_body\":\"\"") &&
	      strstr(out.p, "c2VjcmV0IG9mIGE="));
	CHECK(lines(d, "b", NULL, &out) == 0 && strcmp(out.p, "[]") == 0);
	CHECK(lines(d, "a", &x.intent, &out) == 1 && lines(d, "a", &none, &out) == 0);
	x.peer = DCF_SPAN("b");
	for (size_t i = 0; i < DCF_USS_DIARY; i++)
		dcf_uss_diary_put(d, &x);
	CHECK(lines(d, "a", NULL, &out) == 0 && lines(d, "b", NULL, &out) == DCF_USS_DIARY);
	dcf_uss_diary_put(NULL, &x);
	dcf_uss_diary_free(d);
	dcf_buf_free(&out);
}

int main(void)
{
	return TAP_RUN(TAP(destinations), TAP(long_and_cut_urls), TAP(bad_settings), TAP(addresses), TAP(own_urls),
		       TAP(words_of_others), TAP(few_bytes_are_kept), TAP(the_diary_tells_each_its_own));
}
