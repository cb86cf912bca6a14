/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json_members.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* `p` stands on the opening quote; the place behind the closing one, or `end`. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

/* The place behind the value at `p`: a string, a bracketed value, or up to the next , ] } or space. */
static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	do {
		if (p >= end)
			return end;
		if (*p == '"') {
			p = skip_string(p, end);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			depth--;
			p++;
		} else if (depth) {
			p++;
		} else {
			while (p < end && *p != ',' && *p != '}' && *p != ']' && !is_space(*p))
				p++;
		}
	} while (depth);
	return p;
}

static struct dcf_json_members inside(struct dcf_span text, char open)
{
	struct dcf_json_members m = { text.p, text.p ? text.p + text.len : text.p };

	m.p = skip_space(m.p, m.end);
	if (m.p == m.end || *m.p != open)
		m.p = m.end;
	else
		m.p++;
	return m;
}

struct dcf_json_members dcf_json_members_of(struct dcf_span text)
{
	return inside(text, '{');
}

struct dcf_json_members dcf_json_elements_of(struct dcf_span text)
{
	return inside(text, '[');
}

bool dcf_json_elements_next(struct dcf_json_members *m, struct dcf_span *value)
{
	const char *begin = skip_space(m->p, m->end);

	if (begin < m->end && *begin == ',')
		begin = skip_space(begin + 1, m->end);
	m->p = skip_value(begin, m->end);
	*value = (struct dcf_span){ begin, (size_t)(m->p - begin) };
	return m->p > begin;
}

bool dcf_json_members_next(struct dcf_json_members *m, struct dcf_span *name, struct dcf_span *value)
{
	const char *p = skip_space(m->p, m->end), *begin;

	if (p < m->end && *p == ',')
		p = skip_space(p + 1, m->end);
	m->p = m->end;
	if (p == m->end || *p != '"')
		return false;
	begin = p + 1;
	p = skip_string(p, m->end);
	*name = (struct dcf_span){ begin, (size_t)(p - begin) - 1 };
	p = skip_space(p, m->end);
	if (p == m->end || *p != ':')
		return false;
	begin = skip_space(p + 1, m->end);
	p = skip_value(begin, m->end);
	*value = (struct dcf_span){ begin, (size_t)(p - begin) };
	m->p = p;
	return p > begin;
}

void dcf_put_json_compact(struct dcf_buf *out, struct dcf_span json)
{
	const char *p = json.p, *end = p ? p + json.len : p;

	while (p < end) {
		const char *begin = p;

		if (*p == '"') {
			p = skip_string(p, end);
		} else if (is_space(*p)) {
			p++;
			continue;
		} else {
			p++;
		}
		dcf_buf_put(out, begin, (size_t)(p - begin));
	}
}
