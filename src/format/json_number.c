/* SPDX-License-Identifier: Apache-2.0 */
/* json_number.c - which number of a text is too large?  simdjson does not say.
 *
 * Only run on texts that the parser refused for that, and that are JSON otherwise. */
#include "format/json.h"

enum { DEPTH = 80, LONGEST_SAFE = 18 /* digits that fit whatever they are */ };

struct level {
	bool object;
	size_t index;
	struct dcf_span key; /* as written, without its quotes */
};

static void put_token(struct dcf_buf *out, struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '~' || s.p[i] == '/')
			dcf_buf_z(out, s.p[i] == '~' ? "~0" : "~1");
		else
			dcf_buf_char(out, s.p[i]);
	}
}

static void put_pointer(struct dcf_buf *out, const struct level *levels, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		dcf_buf_char(out, '/');
		if (levels[i].object)
			put_token(out, levels[i].key);
		else
			dcf_buf_i64(out, (int64_t)levels[i].index);
	}
}

static size_t string_length(const char *p, const char *end)
{
	const char *q = p + 1;

	while (q < end && *q != '"')
		q += *q == '\\' ? 2 : 1;
	return q < end ? (size_t)(q + 1 - p) : (size_t)(end - p);
}

static bool is_of_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static size_t number_length(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && is_of_number(*q))
		q++;
	return (size_t)(q - p);
}

/* What the parser says of this number alone. */
static enum dcf_status judge(struct dcf_jdoc *doc, struct dcf_span number)
{
	const char *text;
	bool exponent = memchr(number.p, 'e', number.len) || memchr(number.p, 'E', number.len);

	return exponent || number.len > LONGEST_SAFE ? dcf_jparse(doc, number.p, number.len, &text) : DCF_OK;
}

enum dcf_status dcf_jtoo_large(struct dcf_jdoc *doc, struct dcf_span text, struct dcf_buf *pointer, struct dcf_span *number)
{
	struct level levels[DEPTH];
	size_t depth = 0, n;
	const char *p = text.p, *end = text.p + text.len;
	struct dcf_span last = DCF_SPAN("");
	enum dcf_status s = DCF_OK;

	for (; p < end && s == DCF_OK; p += n) {
		n = 1;
		if (*p == '"') {
			n = string_length(p, end);
			last = (struct dcf_span){ p + 1, n > 1 ? n - 2 : 0 };
		} else if (*p == '{' || *p == '[') {
			if (depth == DEPTH)
				return DCF_E_LIMIT;
			levels[depth++] = (struct level){ *p == '{', 0, DCF_SPAN("") };
		} else if (*p == '}' || *p == ']') {
			depth -= depth > 0;
		} else if (*p == ':' && depth) {
			levels[depth - 1].key = last;
		} else if (*p == ',' && depth) {
			levels[depth - 1].index++;
		} else if (*p == '-' || (*p >= '0' && *p <= '9')) {
			n = number_length(p, end);
			*number = (struct dcf_span){ p, n };
			s = judge(doc, *number);
		}
	}
	if (s == DCF_E_RANGE)
		put_pointer(pointer, levels, depth);
	return s;
}
