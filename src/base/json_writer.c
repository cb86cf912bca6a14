/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "base/utf8.h"

#include <assert.h>

static void before_value(struct dcf_json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->depth == 0)
		return;
	if (j->has_member[j->depth - 1])
		dcf_buf_char(j->out, ',');
	if (j->indent && !j->inline_from[j->depth - 1]) {
		dcf_buf_char(j->out, '\n');
		dcf_buf_fill(j->out, ' ', (size_t)(j->indent * j->depth));
	} else if (j->indent && j->has_member[j->depth - 1]) {
		dcf_buf_char(j->out, ' ');
	}
	j->has_member[j->depth - 1] = true;
}

static void begin(struct dcf_json *j, char open, bool on_one_line)
{
	before_value(j);
	assert(j->depth < DCF_JSON_DEPTH);
	dcf_buf_char(j->out, open);
	j->has_member[j->depth] = false;
	j->inline_from[j->depth] = on_one_line || (j->depth > 0 && j->inline_from[j->depth - 1]);
	j->depth++;
}

void dcf_json_begin(struct dcf_json *j, char open)
{
	begin(j, open, false);
}

void dcf_json_begin_inline(struct dcf_json *j, char open)
{
	begin(j, open, true);
}

void dcf_json_end(struct dcf_json *j, char close)
{
	assert(j->depth > 0);
	j->depth--;
	if (j->indent && j->has_member[j->depth] && !j->inline_from[j->depth]) {
		dcf_buf_char(j->out, '\n');
		dcf_buf_fill(j->out, ' ', (size_t)(j->indent * j->depth));
	}
	dcf_buf_char(j->out, close);
}

/* How many bytes from `p` on are ASCII that stands for itself. */
static size_t plain(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (unsigned char)p[i] - 0x20U < 0x60U && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

static void quoted(struct dcf_buf *out, struct dcf_span s)
{
	static const char hex[] = "0123456789abcdef";

	dcf_buf_char(out, '"');
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = plain(s.p + i, s.len - i);

		if (n) {
			dcf_buf_put(out, s.p + i, n);
			i += n;
			continue;
		}
		n = dcf_utf8_length(s.p + i, s.len - i);
		if (n == 0) {
			dcf_buf_z(out, "\xef\xbf\xbd");
			i++;
		} else if (n > 1) {
			dcf_buf_put(out, s.p + i, n);
			i += n;
		} else {
			if (c == '"' || c == '\\') {
				dcf_buf_char(out, '\\');
				dcf_buf_char(out, (char)c);
			} else if (c == '\n') {
				dcf_buf_z(out, "\\n");
			} else if (c == '\r') {
				dcf_buf_z(out, "\\r");
			} else if (c == '\t') {
				dcf_buf_z(out, "\\t");
			} else if (c == '\b') {
				dcf_buf_z(out, "\\b");
			} else if (c == '\f') {
				dcf_buf_z(out, "\\f");
			} else {
				dcf_buf_z(out, "\\u00");
				dcf_buf_char(out, hex[c >> 4]);
				dcf_buf_char(out, hex[c & 15]);
			}
			i++;
		}
	}
	dcf_buf_char(out, '"');
}

void dcf_json_key_span(struct dcf_json *j, struct dcf_span name)
{
	before_value(j);
	quoted(j->out, name);
	dcf_buf_char(j->out, ':');
	if (j->indent)
		dcf_buf_char(j->out, ' ');
	j->after_key = true;
}

void dcf_json_key(struct dcf_json *j, const char *name)
{
	dcf_json_key_span(j, dcf_span_of(name));
}

void dcf_json_string(struct dcf_json *j, struct dcf_span s)
{
	before_value(j);
	quoted(j->out, s);
}

void dcf_json_z(struct dcf_json *j, const char *s)
{
	dcf_json_string(j, dcf_span_of(s));
}

void dcf_json_i64(struct dcf_json *j, int64_t v)
{
	before_value(j);
	dcf_buf_i64(j->out, v);
}

void dcf_json_fixed(struct dcf_json *j, int64_t v, int decimals)
{
	before_value(j);
	dcf_buf_fixed(j->out, v, decimals);
}

void dcf_json_bool(struct dcf_json *j, bool v)
{
	before_value(j);
	dcf_buf_z(j->out, v ? "true" : "false");
}

void dcf_json_null(struct dcf_json *j)
{
	before_value(j);
	dcf_buf_z(j->out, "null");
}

void dcf_json_raw(struct dcf_json *j, struct dcf_span text)
{
	before_value(j);
	dcf_buf_span(j->out, text);
}
