/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, header lines, routes, conditions, limits and events, each without a server. */
#include "node/http_etag.h"
#include "node/http_fields.h"
#include "node/http_int.h"
#include "node/http_problem.h"
#include "node/http_rate.h"
#include "node/http_route.h"
#include "node/http_target.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct dcf_alloc heap;

/* The text right before a page that must not be touched: one byte too far is a crash. */
static struct dcf_span guarded(const char *text, size_t n)
{
	static char *page;
	size_t size = (size_t)sysconf(_SC_PAGESIZE) * 4;

	if (!page) {
		page = mmap(NULL, size * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED || mprotect(page + size, size, PROT_NONE) != 0)
			abort();
	}
	memcpy(page + size - n, text, n);
	return (struct dcf_span){ page + size - n, n };
}

static enum dcf_status parse(const char *text, struct dcf_target *t, struct dcf_arena *arena, const char **why)
{
	return dcf_target_parse(arena, guarded(text, strlen(text)), t, why);
}

/* ---- targets ---- */

static void targets_are_taken_apart(void)
{
	static const struct {
		const char *target, *joined; /* segments, each after a bar; parameters after a question mark */
	} cases[] = {
		{ "/", "" },
		{ "/a", "|a" },
		{ "/a/b", "|a|b" },
		{ "/a%2Bb/+", "|a+b|+" },
		{ "/%7e", "|~" },
		{ "/a?b=c", "|a?b=c" },
		{ "/?", "" },
		{ "/a?", "|a" },
		{ "/a?b", "|a?b=" },
		{ "/a?=b", "|a?=b" },
		{ "/a?b=%3d&c=+", "|a?b==?c= " },
		{ "/a?&&", "|a" },
		{ "/a?b=c=d", "|a?b=c=d" },
		{ "/a?/../?", "|a?/../?=" },
		{ "http://h/a", "|a" },
		{ "HTTPS://h:1/a?b", "|a?b=" },
		{ "/%E2%82%AC", "|\xe2\x82\xac" },
		{ "/...", "|..." },
		{ "/.a", "|.a" },
		{ "/a./b", "|a.|b" },
		{ "/a/", "|a" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_arena arena = { .from = &heap };
		struct dcf_buf joined = { .from = &heap };
		struct dcf_target t;
		const char *why = NULL;
		enum dcf_status s = parse(cases[i].target, &t, &arena, &why);

		for (size_t k = 0; s == DCF_OK && k < t.segment_count; k++) {
			dcf_buf_char(&joined, '|');
			dcf_buf_span(&joined, t.segments[k]);
		}
		for (size_t k = 0; s == DCF_OK && k < t.query_count; k++) {
			dcf_buf_char(&joined, '?');
			dcf_buf_span(&joined, t.query[k].name);
			dcf_buf_char(&joined, '=');
			dcf_buf_span(&joined, t.query[k].value);
		}
		CHECK_MSG(s == DCF_OK && dcf_span_eq(dcf_buf_as_span(&joined), dcf_span_of(cases[i].joined)), "%s: %s %.*s",
			  cases[i].target, why, (int)joined.len, joined.p);
		dcf_buf_free(&joined);
		dcf_arena_free(&arena);
	}
}

static void doubtful_targets_are_refused(void)
{
	static const char *const cases[] = {
		"",
		"a",
		"*",
		"//",
		"/a//b",
		"//a",
		"/a//",
		"/.",
		"/..",
		"/a/../b",
		"/%2e",
		"/%2E%2e",
		"/.%2e",
		"/a/%2e%2e/",
		"/%2F",
		"/a%2fb",
		"/%5c",
		"/\\",
		"/%",
		"/%1",
		"/a%",
		"/%g0",
		"/%0g",
		"/%%",
		"/%00",
		"/%1f",
		"/%7F",
		"/%0d%0a",
		"/%80",
		"/%c0%80",
		"/%c0%af",
		"/%c1%bf",
		"/%e0%80%af",
		"/%e0%9f%bf",
		"/%ed%a0%80",
		"/%f0%80%80%af",
		"/%f4%90%80%80",
		"/%f8%88%80%80%80",
		"/%c3",
		"/%c3/%a9",
		"/%c3%28",
		"/a b",
		"/a\tb",
		"/\x80",
		"/\xc3\xa9",
		"/a#b",
		"/a?%",
		"/a?b=%0",
		"/a?%00=b",
		"/a?b=%c0%ae",
		"/a?b=\x7f",
		"/a?#",
		"http://",
		"http:///a",
		"http://h",
		"http://h?a",
		"http://u@h/a",
		"ftp://h/a",
		"http:/h/a",
		"//h/a",
		"http://h//a",
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_arena arena = { .from = &heap };
		struct dcf_target t;
		const char *why = NULL;
		enum dcf_status s = parse(cases[i], &t, &arena, &why);

		CHECK_MSG(s == DCF_E_SYNTAX && why && *why, "%s: %d", cases[i], (int)s);
		dcf_arena_free(&arena);
	}
}

/* Where clients expect it, an empty segment is one, and a slash may be part of a name. */
static void empty_segments_are_let_through_where_wanted(void)
{
	/* clang-format off */
	static const struct {
		const char *target, *joined; /* NULL: refused all the same */
	} cases[] = {
		{ "/", "" },	      { "/a", "|a" },	   { "/a/", "|a|" },  { "/a//", "|a||" }, { "//", "||" },      { "/a//b?c=d", "|a||b" },
		{ "/a/?b", "|a|" },   { "/a/..", NULL },   { "/a/%2f", "|a|/" }, { "/a/%5C", "|a|\\" }, { "/a%2F..%2fb/", "|a/../b|" }, { "/a/%2e%2E", NULL }, { "/a/%00", NULL }, { "/a/%", NULL },
		{ "http://h/a/", "|a|" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_arena arena = { .from = &heap };
		struct dcf_buf joined = { .from = &heap };
		struct dcf_target t;
		const char *why = "";
		enum dcf_status s = dcf_target_parse_loose(&arena, guarded(cases[i].target, strlen(cases[i].target)), &t, &why);

		for (size_t k = 0; s == DCF_OK && k < t.segment_count; k++) {
			dcf_buf_char(&joined, '|');
			dcf_buf_span(&joined, t.segments[k]);
		}
		if (cases[i].joined)
			CHECK_MSG(s == DCF_OK && !t.slash_at_end &&
					  dcf_span_eq(dcf_buf_as_span(&joined), dcf_span_of(cases[i].joined)),
				  "%s: %s %.*s", cases[i].target, why, (int)joined.len, joined.p ? joined.p : "");
		else
			CHECK_MSG(s == DCF_E_SYNTAX && *why, "%s", cases[i].target);
		dcf_buf_free(&joined);
		dcf_arena_free(&arena);
	}
}

static void targets_have_limits(void)
{
	char text[256] = "";
	struct dcf_arena arena = { .from = &heap };
	struct dcf_target t;
	const char *why;

	for (int i = 0; i < DCF_HTTP_SEGMENTS_MAX; i++)
		strcat(text, "/a");
	CHECK(parse(text, &t, &arena, &why) == DCF_OK && t.segment_count == DCF_HTTP_SEGMENTS_MAX);
	strcat(text, "/a");
	CHECK(parse(text, &t, &arena, &why) == DCF_E_LIMIT);
	strcpy(text, "/?");
	for (int i = 0; i < DCF_HTTP_QUERY_MAX; i++)
		strcat(text, "a&");
	CHECK(parse(text, &t, &arena, &why) == DCF_OK && t.query_count == DCF_HTTP_QUERY_MAX);
	strcat(text, "a");
	CHECK(parse(text, &t, &arena, &why) == DCF_E_LIMIT);
	dcf_arena_free(&arena);
}

/* Every byte, plain and encoded, alone in a segment: what is taken is what RFC 3986 calls harmless. */
static void every_byte_is_known(void)
{
	for (int b = 0; b < 256; b++) {
		struct dcf_arena arena = { .from = &heap };
		char plain[4] = { '/', (char)b, 0 }, coded[8];
		struct dcf_target t;
		const char *why;
		bool letter = b > 0x20 && b < 0x7f && !strchr("%#/\\?.", b);
		bool hidden = b >= 0x20 && b < 0x7f && !strchr("/\\.", b);

		(void)snprintf(coded, sizeof coded, "/%%%02x", b);
		CHECK_MSG((dcf_target_parse(&arena, guarded(plain, 2), &t, &why) == DCF_OK && t.segment_count == 1) == letter,
			  "byte %d", b);
		CHECK_MSG((dcf_target_parse(&arena, guarded(coded, 4), &t, &why) == DCF_OK && t.segments[0].p[0] == (char)b) ==
				  hidden,
			  "encoded byte %d", b);
		dcf_arena_free(&arena);
	}
}

/* ---- header lines ---- */

static void framing_is_told(void)
{
	static const struct {
		const char *lines; /* name:value, a bar between lines */
		unsigned status;   /* 0: taken */
		bool chunked, has_length;
		uint64_t length;
	} cases[] = {
		{ "Host:a", 0, false, false, 0 },
		{ "Host:a|Content-Length:0", 0, false, true, 0 },
		{ "HOST:a|content-LENGTH: 12 ", 0, false, true, 12 },
		{ "Host:a|Content-Length:999999999999999999", 0, false, true, 999999999999999999 },
		{ "Host:a|Content-Length:1000000000000000000", 400, false, false, 0 },
		{ "Host:a|Transfer-Encoding:CHUNKED", 0, true, false, 0 },
		{ "Host:a|Transfer-Encoding:chunked|Content-Length:3", 400, true, true, 3 },
		{ "Host:a|Content-Length:3|Content-Length:3", 400, false, true, 3 },
		{ "Host:a|Content-Length:3,3", 400, false, false, 0 },
		{ "Host:a|Content-Length:", 400, false, false, 0 },
		{ "Host:a|Content-Length:1 2", 400, false, false, 0 },
		{ "Host:a|Transfer-Encoding:gzip, chunked", 501, false, false, 0 },
		{ "Host:a|Transfer-Encoding:", 501, false, false, 0 },
		{ "Host:a|Host:a", 400, false, false, 0 },
		{ "A:b", 400, false, false, 0 },
		{ "Host:a|A b:c", 400, false, false, 0 },
		{ "Host:a|:c", 400, false, false, 0 },
		{ "Host:a|A:\x01", 400, false, false, 0 },
		{ "Host:a|A:b\rc", 400, false, false, 0 },
		{ "Host:a|A:tab\tin", 0, false, false, 0 },
		{ "Host:a|Content-Encoding:br", 415, false, false, 0 },
		{ "Host:a|Expect:x", 417, false, false, 0 },
		{ "Host:a|Content-Encoding:br|Content-Length:x", 400, false, false, 0 },
		{ "Content-Encoding:br", 400, false, false, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_http_pair headers[8];
		size_t count = 0;
		struct dcf_framing f;
		const char *why = "", *p = cases[i].lines;
		unsigned status;

		while (*p) {
			size_t n = strcspn(p, "|"), colon = strcspn(p, ":");

			headers[count++] =
				(struct dcf_http_pair){ { p, colon },
							dcf_field_trim((struct dcf_span){ p + colon + 1, n - colon - 1 }) };
			p += n + (p[n] == '|');
		}
		status = dcf_framing_of(headers, count, 1, &f, &why);
		CHECK_MSG(status == cases[i].status && (status == 0) == (*why == 0), "%s: %u %s", cases[i].lines, status, why);
		if (!status)
			CHECK_MSG(f.chunked == cases[i].chunked && f.has_length == cases[i].has_length &&
					  f.length == cases[i].length,
				  "%s", cases[i].lines);
	}
}

static void ids_and_tokens_are_told(void)
{
	char long_id[DCF_HTTP_ID_MAX + 2];

	memset(long_id, 'a', sizeof long_id);
	CHECK(dcf_field_id(DCF_SPAN("aZ09._-")));
	CHECK(dcf_field_id((struct dcf_span){ long_id, DCF_HTTP_ID_MAX }) &&
	      !dcf_field_id((struct dcf_span){ long_id, DCF_HTTP_ID_MAX + 1 }));
	CHECK(!dcf_field_id(DCF_SPAN("")) && !dcf_field_id(DCF_SPAN("a b")) && !dcf_field_id(DCF_SPAN("a\0")) &&
	      !dcf_field_id(DCF_SPAN("a/")));
	CHECK(dcf_field_token(DCF_SPAN("X-a!#$%&'*+.^_`|~9")));
	CHECK(!dcf_field_token(DCF_SPAN("")) && !dcf_field_token(DCF_SPAN("a\0b")) && !dcf_field_token(DCF_SPAN("a:")) &&
	      !dcf_field_token(DCF_SPAN("a(")));
	CHECK(dcf_field_is(DCF_SPAN("conTENT"), "Content") && !dcf_field_is(DCF_SPAN("conten"), "Content"));
	CHECK(!dcf_field_is(DCF_SPAN("@"), "`") && !dcf_field_is(DCF_SPAN("["), "{"));
}

/* ---- routes ---- */

static enum dcf_http_next nothing(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply)
{
	(void)ctx, (void)rq, (void)reply;
	return DCF_HTTP_DONE;
}

static void bad_tables_are_refused(void)
{
	static const struct {
		const char *pattern;
		unsigned methods;
		bool good;
	} cases[] = {
		{ "/", 1, true },
		{ "/a", 31, true },
		{ "/a/{b}", 1, true },
		{ "/{a_b}/{rest...}", 1, true },
		{ "", 1, false },
		{ "a", 1, false },
		{ "/a/", 1, false },
		{ "//", 1, false },
		{ "//a", 1, false },
		{ "/{}", 1, false },
		{ "/{...}", 1, false },
		{ "/{a", 1, false },
		{ "/{A}", 1, false },
		{ "/{a...}/b", 1, false },
		{ "/a", 0, false },
		{ "/a", 32, false },
		{ NULL, 1, false },
		{ "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 1, false },
		{ "/{a}/{a}/{a}/{a}/{a}/{a}/{a}/{a}/{a}", 1, false },
	};
	struct dcf_http_route twice[] = { { 1, "/a/{b}", NULL, nothing, 0, NULL }, { 3, "/a/{c}", NULL, nothing, 0, NULL } };
	struct dcf_node_error err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_http_route route = { cases[i].methods, cases[i].pattern, NULL, nothing, 0, NULL };

		CHECK_MSG((dcf_routes_check(&route, 1, &err) == DCF_OK) == cases[i].good, "%s",
			  cases[i].pattern ? cases[i].pattern : "(none)");
	}
	CHECK(dcf_routes_check(twice, 2, &err) == DCF_E_USAGE && strstr(err.text, "twice"));
	twice[1].methods = 2;
	CHECK(dcf_routes_check(twice, 2, NULL) == DCF_OK);
	twice[1].handler = NULL;
	CHECK(dcf_routes_check(twice, 2, NULL) == DCF_E_USAGE);
}

static const struct dcf_http_route table[] = {
	{ DCF_HTTP_GET, "/", "0", nothing, 0, NULL },
	{ DCF_HTTP_GET, "/{any...}", "1", nothing, 0, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_POST, "/ops", "2", nothing, 0, NULL },
	{ DCF_HTTP_GET | DCF_HTTP_PUT, "/ops/{id}", "3", nothing, 0, NULL },
	{ DCF_HTTP_GET, "/ops/latest", "4", nothing, 0, NULL },
	{ DCF_HTTP_GET, "/ops/{id}/{part}", "5", nothing, 0, NULL },
	{ DCF_HTTP_GET, "/ops/{id}/log", "6", nothing, 0, NULL },
	{ DCF_HTTP_DELETE, "/{x}/latest", "7", nothing, 0, NULL },
};

static void routes_are_found(void)
{
	static const struct {
		enum dcf_http_method method;
		const char *target, *scope, *param; /* of the line; the first parameter */
		unsigned methods;
	} cases[] = {
		{ DCF_HTTP_GET, "/", "0", NULL, 1 },
		{ DCF_HTTP_GET, "/ops", "2", NULL, 3 },
		{ DCF_HTTP_POST, "/ops", "2", NULL, 3 },
		{ DCF_HTTP_PUT, "/ops", NULL, NULL, 3 },
		{ DCF_HTTP_GET, "/ops/9", "3", "9", 5 },
		{ DCF_HTTP_GET, "/ops/latest", "4", NULL, 21 },
		{ DCF_HTTP_PUT, "/ops/latest", "3", "latest", 21 },
		{ DCF_HTTP_DELETE, "/ops/latest", "7", "ops", 21 },
		{ DCF_HTTP_GET, "/ops/1/log", "6", "1", 1 },
		{ DCF_HTTP_GET, "/ops/1/x", "5", "1", 1 },
		{ DCF_HTTP_GET, "/ops/1/x/y", "1", "ops/1/x/y", 1 },
		{ DCF_HTTP_GET, "/x%20y/z", "1", "x%20y/z", 1 },
		{ DCF_HTTP_GET, "/x/", "1", "x/", 1 },
		{ DCF_HTTP_GET, "http://h/x/z?q", "1", "x/z", 1 },
		{ DCF_HTTP_GET, "/ops/", "1", "ops/", 1 },
		{ DCF_HTTP_POST, "/x", NULL, NULL, 1 },
		{ DCF_HTTP_GET, "/ops/%6c%61test", "4", NULL, 21 },
	};

	CHECK(dcf_routes_check(table, sizeof table / sizeof *table, NULL) == DCF_OK);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_arena arena = { .from = &heap };
		struct dcf_target t;
		struct dcf_route_found f;
		const char *why;

		CHECK(parse(cases[i].target, &t, &arena, &why) == DCF_OK);
		dcf_route_find(table, sizeof table / sizeof *table, cases[i].method, &t, &f);
		CHECK_MSG((f.route ? f.route->scope : NULL) == cases[i].scope ||
				  (f.route && cases[i].scope && !strcmp(f.route->scope, cases[i].scope)),
			  "%s: %s", cases[i].target, f.route ? f.route->scope : "none");
		CHECK_MSG((f.methods & 31u) == (cases[i].methods | (f.methods & 1u)), "%s: methods %u", cases[i].target,
			  f.methods);
		if (f.route && cases[i].param)
			CHECK_MSG(dcf_span_eq(f.params[0], dcf_span_of(cases[i].param)), "%s: %.*s", cases[i].target,
				  (int)f.params[0].len, f.params[0].p);
		dcf_arena_free(&arena);
	}
}

static void parameters_have_names(void)
{
	struct dcf_http_request rq = { .route = &table[5], .params = { DCF_SPAN("1"), DCF_SPAN("2") } };

	CHECK(dcf_span_eq(dcf_http_param(&rq, "id"), DCF_SPAN("1")) && dcf_span_eq(dcf_http_param(&rq, "part"), DCF_SPAN("2")));
	CHECK(!dcf_http_param(&rq, "ops").p && !dcf_http_param(&rq, "i").p);
	rq.route = &table[1];
	CHECK(dcf_span_eq(dcf_http_param(&rq, "any"), DCF_SPAN("1")));
	rq.route = NULL;
	CHECK(!dcf_http_param(&rq, "id").p);
}

/* ---- conditions ---- */

static void tags_are_compared(void)
{
	static const struct {
		const char *value, *tag;
		enum dcf_etag_answer strong, weak;
	} cases[] = {
		{ "\"1\"", "\"1\"", DCF_ETAG_MATCH, DCF_ETAG_MATCH },
		{ "\"1\"", "\"2\"", DCF_ETAG_NO_MATCH, DCF_ETAG_NO_MATCH },
		{ "W/\"1\"", "\"1\"", DCF_ETAG_NO_MATCH, DCF_ETAG_MATCH },
		{ "\"0\",\"1\" ,\t\"2\"", "\"1\"", DCF_ETAG_MATCH, DCF_ETAG_MATCH },
		{ "*", "\"1\"", DCF_ETAG_MATCH, DCF_ETAG_MATCH },
		{ "*", NULL, DCF_ETAG_NO_MATCH, DCF_ETAG_NO_MATCH },
		{ "\"1\"", NULL, DCF_ETAG_NO_MATCH, DCF_ETAG_NO_MATCH },
		{ "\"\"", "\"\"", DCF_ETAG_MATCH, DCF_ETAG_MATCH },
		{ "", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "1", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "\"1", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "\"1\",", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ ",\"1\"", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "\"1\"\"2\"", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "w/\"1\"", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "W/", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "*,\"1\"", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
		{ "\"a b\"", "\"1\"", DCF_ETAG_BAD, DCF_ETAG_BAD },
	};
	char text[24];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_span value = guarded(cases[i].value, strlen(cases[i].value)), tag = dcf_span_of(cases[i].tag);

		CHECK_MSG(dcf_etag_match(value, tag, false) == cases[i].strong, "%s", cases[i].value);
		CHECK_MSG(dcf_etag_match(value, tag, true) == cases[i].weak, "%s weakly", cases[i].value);
	}
	CHECK(dcf_etag_match((struct dcf_span){ NULL, 0 }, DCF_SPAN("\"1\""), true) == DCF_ETAG_ABSENT);
	CHECK(dcf_span_eq(dcf_etag_of(0, text), DCF_SPAN("\"0\"")));
	CHECK(dcf_span_eq(dcf_etag_of(UINT64_MAX, text), DCF_SPAN("\"18446744073709551615\"")));
}

/* ---- rates ---- */

static void buckets_fill_and_empty(void)
{
	struct dcf_rate *r;
	int64_t wait = 0, now = 1000000;
	int taken = 0;

	CHECK(dcf_rate_new(&heap, 0, 1, 64, &r) == DCF_E_RANGE && dcf_rate_new(&heap, 1, 0, 64, &r) == DCF_E_RANGE);
	CHECK(dcf_rate_new(&heap, 10, 5, 64, &r) == DCF_OK);
	for (int i = 0; i < 20; i++)
		taken += dcf_rate_take(r, DCF_SPAN("a"), now, &wait);
	CHECK(taken == 5 && wait == 100);
	CHECK(!dcf_rate_take(r, DCF_SPAN("a"), now + 99999, &wait) && wait == 1);
	CHECK(dcf_rate_take(r, DCF_SPAN("a"), now + 100000, &wait));
	CHECK(!dcf_rate_take(r, DCF_SPAN("a"), now + 100000, &wait) && wait == 100);
	CHECK(dcf_rate_take(r, DCF_SPAN("b"), now, &wait));
	now += 3600ll * 1000000;
	taken = 0;
	for (int i = 0; i < 20; i++)
		taken += dcf_rate_take(r, DCF_SPAN("a"), now, &wait);
	CHECK(taken == 5);
	/* Ten seconds of asking as fast as can be: the burst, then ten a second. */
	taken = 0;
	now += 3600ll * 1000000;
	for (int64_t t = 0; t < 10000000; t += 1000)
		taken += dcf_rate_take(r, DCF_SPAN("a"), now + t, &wait);
	CHECK_MSG(taken >= 104 && taken <= 105, "%d", taken);
	dcf_rate_free(r);
	dcf_rate_free(NULL);
}

static void many_keys_need_no_more_memory(void)
{
	struct dcf_rate *r;
	int64_t wait, now = 1000000;
	int refused = 0;

	CHECK(dcf_rate_new(&heap, 1, 1, 1024, &r) == DCF_OK);
	for (uint32_t i = 0; i < 200000; i++) {
		char key[16] = { 0 };

		memcpy(key, &i, sizeof i);
		refused += !dcf_rate_take(r, (struct dcf_span){ key, 16 }, now + i, &wait);
	}
	/* All keys differ, so none may be refused; and a busy one is still held back beside a few others. */
	CHECK(refused == 0);
	now += 10000000;
	CHECK(dcf_rate_take(r, DCF_SPAN("busy"), now, &wait));
	for (uint32_t i = 0; i < 30; i++) {
		char key[16] = { 1 };

		memcpy(key + 4, &i, sizeof i);
		(void)dcf_rate_take(r, (struct dcf_span){ key, 16 }, now, &wait);
	}
	CHECK(!dcf_rate_take(r, DCF_SPAN("busy"), now + 1000, &wait));
	dcf_rate_free(r);
}

/* ---- events, problems, addresses ---- */

static void events_have_their_form(void)
{
	const struct {
		struct dcf_span id, event, data;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ DCF_SPAN("7"), DCF_SPAN("change"), DCF_SPAN("{}"), "id: 7\nevent: change\ndata: {}\n\n" },
		{ { NULL, 0 }, { NULL, 0 }, DCF_SPAN("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n" },
		{ { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, "data: \n\n" },
		{ DCF_SPAN(""), { NULL, 0 }, DCF_SPAN("x\n"), "id: \ndata: x\ndata: \n\n" },
		{ DCF_SPAN("1\n"), { NULL, 0 }, DCF_SPAN("x"), NULL },
		{ DCF_SPAN("1\0"), { NULL, 0 }, DCF_SPAN("x"), NULL },
		{ { NULL, 0 }, DCF_SPAN("a\rb"), DCF_SPAN("x"), NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_buf b = { .from = &heap };
		bool ok = dcf_http_event(&b, cases[i].id, cases[i].event, cases[i].data);

		CHECK_MSG(ok == (cases[i].text != NULL), "event %zu", i);
		CHECK_MSG(!ok || dcf_span_eq(dcf_buf_as_span(&b), dcf_span_of(cases[i].text)), "event %zu: %.*s", i, (int)b.len,
			  b.p);
		dcf_buf_free(&b);
	}
}

static void problems_have_titles(void)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_http_request rq = { .arena = &arena, .id = DCF_SPAN("r1") };
	struct dcf_http_reply reply = { .body = { .from = &heap }, .request = &rq };
	struct dcf_http_fault *faults = calloc(2000, sizeof *faults);
	size_t pointers = 0;

	CHECK(strcmp(dcf_http_title(404), "Not Found") == 0 && strcmp(dcf_http_title(499), "Error") == 0);
	CHECK(dcf_http_problem(&reply, 409, "conflict", DCF_SPAN("a \"b\"\n")) == DCF_HTTP_DONE && reply.status == 409);
	CHECK(dcf_span_eq(dcf_buf_as_span(&reply.body),
			  DCF_SPAN("{\"type\":\"/problems/conflict\",\"title\":\"Conflict\",\"status\":409,"
				   "\"detail\":\"a \\\"b\\\"\\n\",\"request_id\":\"r1\"}")));
	(void)dcf_http_problem_at(&reply, 422, "many", (struct dcf_span){ NULL, 0 }, faults, 2000);
	dcf_buf_char(&reply.body, 0);
	for (const char *p = reply.body.p; (p = strstr(p, "\"pointer\"")) != NULL; p++)
		pointers++;
	CHECK(pointers == 1000);
	free(faults);
	dcf_buf_free(&reply.body);
	dcf_arena_free(&arena);
}

static void addresses_have_keys(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(8) };
	char text[INET6_ADDRSTRLEN];
	uint8_t a[16], b[16];
	uint16_t port;

	v4.sin_addr.s_addr = htonl(0xc0000201);
	dcf_http_address((struct sockaddr *)&v4, text, &port, a);
	CHECK(strcmp(text, "192.0.2.1") == 0 && port == 7);
	/* The same client over a socket that takes both. */
	memcpy(&v6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	dcf_http_address((struct sockaddr *)&v6, text, &port, b);
	CHECK(strcmp(text, "192.0.2.1") == 0 && port == 8 && memcmp(a, b, 16) == 0);
	memcpy(&v6.sin6_addr, "\x20\1\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\1", 16);
	dcf_http_address((struct sockaddr *)&v6, text, &port, a);
	CHECK(strcmp(text, "2001:db8:0:1::1") == 0);
	memcpy(&v6.sin6_addr, "\x20\1\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\2", 16);
	dcf_http_address((struct sockaddr *)&v6, text, &port, b);
	CHECK(memcmp(a, b, 16) == 0);
	memcpy(&v6.sin6_addr, "\x20\1\x0d\xb8\0\0\0\2\0\0\0\0\0\0\0\1", 16);
	dcf_http_address((struct sockaddr *)&v6, text, &port, b);
	CHECK(memcmp(a, b, 16) != 0);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(targets_are_taken_apart), TAP(doubtful_targets_are_refused),
		       TAP(empty_segments_are_let_through_where_wanted), TAP(targets_have_limits), TAP(every_byte_is_known),
		       TAP(framing_is_told), TAP(ids_and_tokens_are_told), TAP(bad_tables_are_refused), TAP(routes_are_found),
		       TAP(parameters_have_names), TAP(tags_are_compared), TAP(buckets_fill_and_empty),
		       TAP(many_keys_need_no_more_memory), TAP(events_have_their_form), TAP(problems_have_titles),
		       TAP(addresses_have_keys));
}
