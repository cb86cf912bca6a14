/* SPDX-License-Identifier: Apache-2.0 */
/* http_etag.h - "has it changed since you saw it?": entity tags and conditional requests (RFC 9110 8.8.3, 13). */
#ifndef DCF_NODE_HTTP_ETAG_H
#define DCF_NODE_HTTP_ETAG_H

#include "node/http.h"

enum dcf_etag_answer {
	DCF_ETAG_ABSENT, /* there is no such header */
	DCF_ETAG_MATCH,
	DCF_ETAG_NO_MATCH,
	DCF_ETAG_BAD /* the header is malformed */
};
/* Is `tag` (with its quotes: "\"12\"") one of the list `value` of If-Match or If-None-Match?  "*" matches any tag that is there
 * (p not NULL).  `weak`: W/ in front does not matter (If-None-Match); else a weak tag never matches (If-Match). */
enum dcf_etag_answer dcf_etag_match(struct dcf_span value, struct dcf_span tag, bool weak);

/* "\"12345\"" of a number in `out`. */
struct dcf_span dcf_etag_of(uint64_t number, char out[static 24]);

/* Evaluates If-Match and If-None-Match of the request for a resource whose tag is now `tag` (absent: there is no such resource
 * yet). True: go on.  False: the reply is filled: 304 for a GET, 412 else, 400 for a malformed header.  Sets no ETag header but
 * on 304. If-Modified-Since and the like are ignored: we send no Last-Modified. */
bool dcf_http_condition(const struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span tag);
/* The same, and 428 when neither header is there: for changes that must not be made blindly. */
bool dcf_http_condition_required(const struct dcf_http_request *rq, struct dcf_http_reply *reply, struct dcf_span tag);

#endif
