/* SPDX-License-Identifier: Apache-2.0 */
/* http_fields.h - header lines: what they may be made of, and what they say about the body that follows (RFC 9110 5, RFC 9112
 * 6).
 *
 * Two readers of one request must not find two different ends of it, so what is ambiguous is refused.  Pure; any thread. */
#ifndef DCF_NODE_HTTP_FIELDS_H
#define DCF_NODE_HTTP_FIELDS_H

#include "node/http.h"

/* Are names equal but for the case of ASCII letters? */
bool dcf_field_is(struct dcf_span name, const char *other);
/* Is it a token (RFC 9110 5.6.2)?  Names of headers and methods are. */
bool dcf_field_token(struct dcf_span s);
/* `s` without spaces and tabs around it. */
struct dcf_span dcf_field_trim(struct dcf_span s);

/* What the headers say of the body. */
struct dcf_framing {
	bool chunked;
	bool has_length;
	uint64_t length;     /* 0 without has_length */
	bool wants_continue; /* Expect: 100-continue */
};
/* Looks at all headers of a request of HTTP/1.`minor`.  0 when all is well, else the status to refuse it with and a literal in
 * *why: names that are no tokens, control characters in values, no or two Host lines (in HTTP/1.1), Content-Length twice or not
 * a number below 2^63 or beside Transfer-Encoding, a transfer coding other than chunked or in HTTP/1.0, a content coding (415),
 * an expectation other than 100-continue (417). */
unsigned dcf_framing_of(const struct dcf_http_pair *headers, size_t count, int minor, struct dcf_framing *out,
			const char **why);

/* Is this a request id we take over: 1..DCF_HTTP_ID_MAX of A-Z a-z 0-9 . _ -? */
bool dcf_field_id(struct dcf_span s);

#endif
