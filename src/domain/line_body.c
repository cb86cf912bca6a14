/* SPDX-License-Identifier: Apache-2.0 */
/* What bodies of messages say.  They are canonical JSON (checked when they came), so a member can be found without a parser. */
#include "domain/line_int.h"

/* The end of the value that begins at `p`; bodies are well formed. */
static const char *value_end(const char *p, const char *end)
{
	unsigned depth = 0;
	bool text = false;

	for (; p < end; p++) {
		if (text) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				text = false;
			continue;
		}
		if (*p == '"')
			text = true;
		else if (*p == '{' || *p == '[')
			depth++;
		else if (depth == 0 && (*p == ',' || *p == '}' || *p == ']'))
			return p;
		else if (*p == '}' || *p == ']')
			depth--;
	}
	return end;
}

struct dcf_span dcf_canonical_member(struct dcf_span json, const char *name)
{
	const char *p = json.p, *end = json.p + json.len;
	size_t len = strlen(name);

	if (json.len < 2 || *p != '{')
		return (struct dcf_span){ NULL, 0 };
	for (p++; p < end && *p == '"';) {
		const char *colon = p + 1, *after;

		while (colon < end && *colon != '"')
			colon += *colon == '\\' ? 2 : 1;
		if (end - colon < 3)
			break;
		/* "name": then the value */
		after = value_end(colon + 2, end);
		if ((size_t)(colon - p - 1) == len && memcmp(p + 1, name, len) == 0)
			return (struct dcf_span){ colon + 2, (size_t)(after - colon - 2) };
		p = after + 1;
	}
	return (struct dcf_span){ NULL, 0 };
}

struct dcf_span dcf_body_text(struct dcf_span body, const char *name)
{
	struct dcf_span v = dcf_canonical_member(body, name);

	if (v.len < 2 || v.p[0] != '"' || memchr(v.p, '\\', v.len))
		return (struct dcf_span){ NULL, 0 };
	return (struct dcf_span){ v.p + 1, v.len - 2 };
}

int64_t dcf_body_number(struct dcf_span body, const char *name, int64_t other)
{
	struct dcf_span v = dcf_canonical_member(body, name);
	bool minus = v.len && v.p[0] == '-';
	int64_t n = 0;

	if (v.len == 0 || v.len > 17 || (minus && v.len == 1))
		return other;
	for (size_t i = minus; i < v.len; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return other;
		n = n * 10 + (v.p[i] - '0');
	}
	return minus ? -n : n;
}
