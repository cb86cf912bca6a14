/* SPDX-License-Identifier: Apache-2.0 */
#include "node/strict_json.h"

#include <string.h>
#include "format/feed.h"
#include "format/json_scan.h"

static enum dcf_status fail(struct dcf_strict_json *j, enum dcf_status s, const char *fault)
{
	j->fault = fault;
	return s;
}

/* simdjson bounds nesting at 80; ours is tighter. */
static enum dcf_status check_depth(struct dcf_strict_json *j, struct dcf_span text, uint32_t depth)
{
	enum dcf_scan_state state = DCF_SCAN_MORE;
	struct dcf_scan scan = { 0 };
	size_t at = 0;

	while (at < text.len && memchr(" \t\r\n", text.p[at], 4))
		at++;
	if (at == text.len || text.p[at] != '{')
		return fail(j, DCF_E_SYNTAX, "no JSON object");
	dcf_scan_begin(&scan, depth);
	(void)dcf_scan_container(&scan, text.p + at, text.len - at, &state);
	if (state == DCF_SCAN_DEEP)
		return fail(j, DCF_E_LIMIT, "nested too deep");
	return state == DCF_SCAN_DONE ? DCF_OK : fail(j, DCF_E_SYNTAX, "a JSON object that does not end");
}

static enum dcf_status check_duplicates(struct dcf_strict_json *j)
{
	struct dcf_jscratch scratch = { .from = j->from };
	struct dcf_span name;
	enum dcf_status s = dcf_jduplicate(&j->doc, &scratch, &name);

	dcf_jscratch_free(&scratch);
	return s == DCF_E_REFUSED ? fail(j, s, "a member twice") : s;
}

static enum dcf_status parse(struct dcf_strict_json *j, const char *padded, size_t len)
{
	enum dcf_status s = dcf_jparse(&j->doc, padded, len, &j->fault);

	if (s == DCF_E_RANGE)
		return fail(j, DCF_E_SYNTAX, "a number beyond 64 bits");
	if (s != DCF_OK)
		return s;
	if (dcf_jkind(dcf_jroot(&j->doc)) != DCF_J_OBJECT)
		return fail(j, DCF_E_SYNTAX, "no JSON object");
	return check_duplicates(j);
}

enum dcf_status dcf_strict_json(struct dcf_strict_json *j, struct dcf_span text, size_t max, uint32_t depth)
{
	enum dcf_status s;
	char *padded;

	if (text.len > max)
		return fail(j, DCF_E_LIMIT, "too long");
	if ((s = check_depth(j, text, depth)) != DCF_OK)
		return s;
	padded = dcf_alloc_new(j->from, text.len + DCF_FEED_SLACK);
	if (!padded)
		return DCF_E_NOMEM;
	memcpy(padded, text.p, text.len);
	memset(padded + text.len, 0, DCF_FEED_SLACK);
	s = parse(j, padded, text.len);
	dcf_alloc_free(j->from, padded, text.len + DCF_FEED_SLACK);
	return s;
}

void dcf_strict_json_free(struct dcf_strict_json *j)
{
	dcf_jfree(&j->doc);
}
