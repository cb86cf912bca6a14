/* SPDX-License-Identifier: Apache-2.0 */
#include "node/http_problem.h"

#include "base/json_writer.h"

#include <string.h>

enum { FAULTS_MAX = 1000 };

const char *dcf_http_title(unsigned status)
{
	static const struct {
		unsigned status;
		const char *title;
	} titles[] = {
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 411, "Length Required" },
		{ 412, "Precondition Failed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 422, "Unprocessable Content" },
		{ 428, "Precondition Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

static void put_type(struct dcf_json *j, const char *kind)
{
	char text[80] = "/problems/";
	size_t n = strlen(kind), at = strlen(text);

	n = n < sizeof text - at ? n : sizeof text - at;
	memcpy(text + at, kind, n);
	dcf_json_string(j, (struct dcf_span){ text, at + n });
}

static void put_faults(struct dcf_json *j, const struct dcf_http_fault *faults, size_t count)
{
	dcf_json_key(j, "errors");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < count && i < FAULTS_MAX; i++) {
		dcf_json_begin(j, '{');
		dcf_json_key(j, "pointer");
		dcf_json_string(j, faults[i].pointer);
		dcf_json_key(j, "detail");
		dcf_json_string(j, faults[i].detail);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, ']');
}

enum dcf_http_next dcf_http_problem_at(struct dcf_http_reply *reply, unsigned status, const char *kind, struct dcf_span detail,
				       const struct dcf_http_fault *faults, size_t count)
{
	struct dcf_json j = { .out = &reply->body };

	reply->status = status;
	reply->type = "application/problem+json";
	reply->still_body.p = NULL;
	reply->body.len = 0;
	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "type");
	put_type(&j, kind);
	dcf_json_key(&j, "title");
	dcf_json_z(&j, dcf_http_title(status));
	dcf_json_key(&j, "status");
	dcf_json_i64(&j, (int64_t)status);
	if (detail.len) {
		dcf_json_key(&j, "detail");
		dcf_json_string(&j, detail);
	}
	if (reply->request && reply->request->id.len) {
		dcf_json_key(&j, "request_id");
		dcf_json_string(&j, reply->request->id);
	}
	if (count)
		put_faults(&j, faults, count);
	dcf_json_end(&j, '}');
	return DCF_HTTP_DONE;
}

enum dcf_http_next dcf_http_problem(struct dcf_http_reply *reply, unsigned status, const char *kind, struct dcf_span detail)
{
	return dcf_http_problem_at(reply, status, kind, detail, NULL, 0);
}

static enum dcf_http_next bad_query(const struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span name,
				    const char *what)
{
	struct dcf_buf text = { .from = rq->arena->from };
	enum dcf_http_next next;

	dcf_buf_z(&text, "query parameter \"");
	dcf_buf_put(&text, name.p, name.len < 64 ? name.len : 64);
	dcf_buf_z(&text, "\" ");
	dcf_buf_z(&text, what);
	next = dcf_http_problem(reply, 400, "bad-query", dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return next;
}

static bool known(struct dcf_span name, const char *const *names)
{
	for (; *names; names++)
		if (dcf_span_eq(name, dcf_span_of(*names)))
			return true;
	return false;
}

bool dcf_http_query_known(const struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *const *names)
{
	for (size_t i = 0; i < rq->query_count; i++) {
		struct dcf_span name = rq->query[i].name;

		if (!known(name, names)) {
			(void)bad_query(rq, reply, name, "is not known here");
			return false;
		}
		for (size_t k = 0; k < i; k++) {
			if (dcf_span_eq(rq->query[k].name, name)) {
				(void)bad_query(rq, reply, name, "is given twice");
				return false;
			}
		}
	}
	return true;
}

static bool parse_number(struct dcf_span s, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || *out > UINT64_MAX / 10 - 1)
			return false;
		*out = *out * 10 + (uint64_t)(s.p[i] - '0');
	}
	return s.len > 0;
}

bool dcf_http_query_number(const struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, uint64_t low,
			   uint64_t high, uint64_t otherwise, uint64_t *out)
{
	struct dcf_span text = dcf_http_query(rq, name);
	struct dcf_buf what = { .from = rq->arena->from };

	*out = otherwise;
	if (!text.p || (parse_number(text, out) && *out >= low && *out <= high))
		return true;
	dcf_buf_z(&what, "is not a whole number of ");
	dcf_buf_i64(&what, (int64_t)(low > INT64_MAX ? INT64_MAX : low));
	dcf_buf_z(&what, " to ");
	dcf_buf_i64(&what, (int64_t)(high > INT64_MAX ? INT64_MAX : high));
	dcf_buf_char(&what, 0);
	(void)bad_query(rq, reply, dcf_span_of(name), what.failed ? "is not a number that fits" : what.p);
	dcf_buf_free(&what);
	return false;
}
