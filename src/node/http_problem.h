/* SPDX-License-Identifier: Apache-2.0 */
/* http_problem.h - errors as problem documents (RFC 9457), and checks whose failure is one.
 *
 *     { "type": "/problems/bad-query", "title": "Bad Request", "status": 400, "detail": "...", "request_id": "...",
 *       "errors": [ { "pointer": "/features/3/properties/floor", "detail": "..." } ] }
 *
 * `type` is a relative reference that stays the same for one kind of problem, whatever the words of `detail`. */
#ifndef DCF_NODE_HTTP_PROBLEM_H
#define DCF_NODE_HTTP_PROBLEM_H

#include "node/http.h"

/* One place of the request's body that is wrong: a JSON pointer (RFC 6901; "" is the whole) and what is wrong there. */
struct dcf_http_fault {
	struct dcf_span pointer, detail;
};

/* Makes the reply a problem: replaces body, type and status (not the headers) and returns DCF_HTTP_DONE, so that a handler can
 * `return dcf_http_problem(...)`.  `kind` is a word like "bad-query" (a literal), `detail` may be absent. */
enum dcf_http_next dcf_http_problem(struct dcf_http_reply *reply, unsigned status, const char *kind, struct dcf_span detail);
/* The same with places; at most 1,000 are written. */
enum dcf_http_next dcf_http_problem_at(struct dcf_http_reply *reply, unsigned status, const char *kind, struct dcf_span detail,
				       const struct dcf_http_fault *faults, size_t count);
/* The usual words for a status ("Not Found"); "Error" for one that has none. */
const char *dcf_http_title(unsigned status);

/* Does the query hold only parameters of the NULL-ended list, each at most once?  If not the reply is a 400 and false. */
bool dcf_http_query_known(const struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *const *names);
/* The parameter as a decimal number of low..high in *out, `otherwise` when it is not there.  If it is something else the reply
 * is a 400 and false. */
bool dcf_http_query_number(const struct dcf_http_request *rq, struct dcf_http_reply *reply, const char *name, uint64_t low,
			   uint64_t high, uint64_t otherwise, uint64_t *out);

#endif
