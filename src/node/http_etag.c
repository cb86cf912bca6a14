/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http_etag.h"

#include "node/http_fields.h"
#include "node/http_problem.h"

#include <string.h>

/* One tag off the front of *rest: [W/]"...".  False when there is none. */
static bool take_tag(struct dcf_span *rest, struct dcf_span *tag, bool *is_weak)
{
	size_t at = 0, end;

	*is_weak = rest->len > 2 && rest->p[0] == 'W' && rest->p[1] == '/';
	at = *is_weak ? 2 : 0;
	if (at >= rest->len || rest->p[at] != '"')
		return false;
	for (end = at + 1; end < rest->len && rest->p[end] != '"'; end++)
		if ((unsigned char)rest->p[end] < 0x21 || rest->p[end] == 0x7f)
			return false;
	if (end == rest->len)
		return false;
	*tag = (struct dcf_span){ rest->p + at, end + 1 - at };
	rest->p += end + 1;
	rest->len -= end + 1;
	return true;
}

enum dcf_etag_answer dcf_etag_match(struct dcf_span value, struct dcf_span tag, bool weak)
{
	struct dcf_span rest = dcf_field_trim(value), one;
	bool found = false, is_weak;

	if (!value.p)
		return DCF_ETAG_ABSENT;
	if (dcf_span_eq(rest, DCF_SPAN("*")))
		return tag.p ? DCF_ETAG_MATCH : DCF_ETAG_NO_MATCH;
	for (;;) {
		if (!take_tag(&rest, &one, &is_weak))
			return DCF_ETAG_BAD;
		found |= tag.p && (weak || !is_weak) && dcf_span_eq(one, tag);
		rest = dcf_field_trim(rest);
		if (rest.len == 0)
			return found ? DCF_ETAG_MATCH : DCF_ETAG_NO_MATCH;
		if (rest.p[0] != ',')
			return DCF_ETAG_BAD;
		rest = dcf_field_trim((struct dcf_span){ rest.p + 1, rest.len - 1 });
	}
}

struct dcf_span dcf_etag_of(uint64_t number, char out[static 24])
{
	char *p = out + 24;

	*--p = '"';
	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	*--p = '"';
	memmove(out, p, (size_t)(out + 24 - p));
	return (struct dcf_span){ out, (size_t)(out + 24 - p) };
}

static bool not_modified(const struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span tag)
{
	struct dcf_span kept = tag.p ? dcf_arena_copy(rq->arena, tag) : (struct dcf_span){ NULL, 0 };

	reply->status = 304;
	reply->body.len = 0;
	if (kept.p)
		dcf_http_reply_header(reply, "ETag", kept);
	return false;
}

/* A second line of the same header is one list with the first (RFC 9110 5.3): we have no use for it, so it is refused. */
static struct dcf_span only_header(const struct dcf_http_request *rq, const char *name)
{
	return dcf_http_header_count(rq, name) > 1 ? DCF_SPAN("twice") : dcf_http_header(rq, name);
}

bool dcf_http_condition(const struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span tag)
{
	enum dcf_etag_answer match = dcf_etag_match(only_header(rq, "If-Match"), tag, false);
	enum dcf_etag_answer none = dcf_etag_match(only_header(rq, "If-None-Match"), tag, true);

	if (match == DCF_ETAG_BAD || none == DCF_ETAG_BAD) {
		(void)dcf_http_problem(reply, 400, "bad-condition",
				       DCF_SPAN("If-Match or If-None-Match is not a list of entity tags"));
		return false;
	}
	if (match == DCF_ETAG_NO_MATCH) {
		(void)dcf_http_problem(reply, 412, "changed", DCF_SPAN("it is not what If-Match names: look again"));
		return false;
	}
	if (none != DCF_ETAG_MATCH)
		return true;
	if (rq->method == DCF_HTTP_GET)
		return not_modified(rq, reply, tag);
	(void)dcf_http_problem(reply, 412, "exists", DCF_SPAN("it is there already, and If-None-Match asks that it is not"));
	return false;
}

bool dcf_http_condition_required(const struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span tag)
{
	if (!dcf_http_header(rq, "If-Match").p && !dcf_http_header(rq, "If-None-Match").p) {
		(void)dcf_http_problem(reply, 428, "condition-required",
				       DCF_SPAN("If-Match with the ETag last seen is required"));
		return false;
	}
	return dcf_http_condition(rq, reply, tag);
}
