/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json_scan.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t skip_space(struct dcf_span s, size_t i)
{
	while (i < s.len && is_space(s.p[i]))
		i++;
	return i;
}

/* Bytes of the value at s[i] of valid JSON. */
static size_t value_length(struct dcf_span s, size_t i)
{
	struct dcf_scan scan = { .max_depth = UINT32_MAX };
	enum dcf_scan_state state;
	size_t n = 0;

	if (s.p[i] == '{' || s.p[i] == '[')
		return dcf_scan_container(&scan, s.p + i, s.len - i, &state);
	if (s.p[i] == '"')
		return dcf_scan_string(&scan, s.p + i, s.len - i, &state);
	while (i + n < s.len && !strchr(",} \t\r\n", s.p[i + n]))
		n++;
	return n;
}

struct dcf_span dcf_scan_member(struct dcf_span s, const char *name)
{
	size_t i = skip_space(s, 0) + 1, want = strlen(name);

	for (;;) {
		size_t key, value, n;

		key = skip_space(s, i);
		if (key >= s.len || s.p[key] != '"')
			return DCF_SPAN("");
		n = value_length(s, key);
		value = skip_space(s, skip_space(s, key + n) + 1);
		if (n == want + 2 && memcmp(s.p + key + 1, name, want) == 0)
			return (struct dcf_span){ s.p + value, value_length(s, value) };
		i = skip_space(s, value + value_length(s, value)) + 1;
	}
}

/* Does `"name":` stand before byte `at`? */
static bool is_named(struct dcf_span s, size_t at, const char *name)
{
	size_t n = strlen(name);

	while (at && is_space(s.p[at - 1]))
		at--;
	if (!at || s.p[--at] != ':')
		return false;
	while (at && is_space(s.p[at - 1]))
		at--;
	return at >= n + 2 && s.p[at - 1] == '"' && s.p[at - n - 2] == '"' && memcmp(s.p + at - n - 1, name, n) == 0;
}

struct dcf_span dcf_scan_child(const struct dcf_scan *scan, struct dcf_span s, const char *name)
{
	for (uint32_t i = 0; i < scan->children; i++)
		if (is_named(s, scan->child[i].from, name))
			return (struct dcf_span){ s.p + scan->child[i].from, scan->child[i].to - scan->child[i].from };
	return scan->children < DCF_SCAN_CHILDREN ? DCF_SPAN("") : dcf_scan_member(s, name);
}
