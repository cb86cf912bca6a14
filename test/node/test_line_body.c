/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of messages as they are asked for, in the one form that is signed. */
#include "node/api_line.h"
#include "tap.h"

#include <stdlib.h>

/* The canonical form of a JSON object, or "! why", in a static buffer. */
static const char *made(const char *json, unsigned depth)
{
	static char out[4096];
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_arena arena = { .from = &heap };
	struct dcf_buf text = { .from = &heap };
	struct dcf_jdoc doc = { 0 };
	struct dcf_jval value;
	const char *why = "";
	enum dcf_status s = dcf_line_parse(dcf_span_of(json), &arena, &doc, &value);

	if (s == DCF_OK)
		s = dcf_line_canonical(value, depth, &arena, &text, &why);
	if (s == DCF_OK && text.len < sizeof out) {
		CHECK_MSG(dcf_canonical_ok(dcf_buf_as_span(&text), depth), "%s", json);
		memcpy(out, text.p, text.len);
		out[text.len] = '\0';
	} else {
		snprintf(out, sizeof out, "! %s", why);
	}
	dcf_buf_free(&text);
	dcf_jfree(&doc);
	dcf_arena_free(&arena);
	return out;
}

static void is_sorted_and_without_blanks(void)
{
	static const char *const rows[][2] = {
		{ "{}", "{}" },
		{ " { \"b\" : 1 , \"a\" : [ ] } ", "{\"a\":[],\"b\":1}" },
		{ "{\"b\":{\"z\":1,\"a\":2},\"B\":0,\"a1\":0,\"a\":0}", "{\"B\":0,\"a\":0,\"a1\":0,\"b\":{\"a\":2,\"z\":1}}" },
		{ "{\"n\":[-0,0,-5,9007199254740991,-9007199254740991]}",
		  "{\"n\":[0,0,-5,9007199254740991,-9007199254740991]}" },
		{ "{\"t\":[true,false,null]}", "{\"t\":[true,false,null]}" },
		{ "{\"s\":\"\\u0041\\/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u20ac\"}",
		  "{\"s\":\"A/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\xe2\x82\xac\"}" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *is = made(rows[i][0], 16);

		CHECK_MSG(strcmp(is, rows[i][1]) == 0, "%s becomes %s, expected %s", rows[i][0], is, rows[i][1]);
	}
}

static void refuses_what_has_no_such_form(void)
{
	static const char *const bad[] = { "{\"n\":1.5}",
					   "{\"n\":1e3}",
					   "{\"n\":9007199254740992}",
					   "{\"n\":-9007199254740992}",
					   "{\"n\":18446744073709551615}",
					   "{\"\xc3\xa4\":1}",
					   "{\"a\\nb\":1}",
					   "{\"\":1}",
					   "{\"a\":{\"b\":{\"c\":{}}}}" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_MSG(made(bad[i], 3)[0] == '!' && made(bad[i], 3)[2], "%s", bad[i]);
	CHECK(strcmp(made("{\"a\":{\"b\":{}}}", 3), "{\"a\":{\"b\":{}}}") == 0);
}

static void a_body_is_put_together(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf text = { .from = &heap };
	struct dcf_line_body body = { .count = 0 };
	static char names[DCF_LINE_MEMBERS_MAX + 1][4];

	dcf_line_body_put(&body, &text);
	CHECK(dcf_span_eq(dcf_buf_as_span(&text), DCF_SPAN("{}")));
	CHECK(dcf_line_body_set(&body, DCF_SPAN("text"), DCF_SPAN("\"x\"")) &&
	      dcf_line_body_set(&body, DCF_SPAN("acm"), DCF_SPAN("1")));
	CHECK(dcf_line_body_set(&body, DCF_SPAN("text"), DCF_SPAN("{}")) && body.count == 2);
	CHECK(dcf_span_eq(dcf_line_body_get(&body, "text"), DCF_SPAN("{}")) && !dcf_line_body_get(&body, "tex").p);
	text.len = 0;
	dcf_line_body_put(&body, &text);
	CHECK(dcf_span_eq(dcf_buf_as_span(&text), DCF_SPAN("{\"acm\":1,\"text\":{}}")));
	for (size_t i = 0; i <= DCF_LINE_MEMBERS_MAX; i++)
		snprintf(names[i], sizeof names[i], "m%02u", (unsigned)i % 100);
	for (size_t i = 0; i < DCF_LINE_MEMBERS_MAX - 2; i++)
		CHECK(dcf_line_body_set(&body, dcf_span_of(names[i]), DCF_SPAN("0")));
	CHECK(!dcf_line_body_set(&body, dcf_span_of(names[DCF_LINE_MEMBERS_MAX]), DCF_SPAN("0")));
	CHECK(dcf_line_body_set(&body, dcf_span_of(names[0]), DCF_SPAN("7")));
	dcf_buf_free(&text);
}

int main(void)
{
	return TAP_RUN(TAP(is_sorted_and_without_blanks), TAP(refuses_what_has_no_such_form), TAP(a_body_is_put_together));
}
