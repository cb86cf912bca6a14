/* SPDX-License-Identifier: Apache-2.0 */
/* What bodies of messages say.  They are canonical JSON (checked when they came), so a member can be found without a parser. */
#include "domain/line_int.h"
#include "format/json_members.h"

struct dcf_span dcf_canonical_member(struct dcf_span json, const char *name)
{
	struct dcf_json_members members = dcf_json_members_of(json);
	struct dcf_span found, value;

	while (dcf_json_members_next(&members, &found, &value))
		if (dcf_span_eq(found, dcf_span_of(name)))
			return value;
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
