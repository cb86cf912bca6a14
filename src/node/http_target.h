/* SPDX-License-Identifier: Apache-2.0 */
/* http_target.h - the target of a request (RFC 9112 3.2, RFC 3986) taken apart: path segments and query, decoded and refused
 * when in doubt.
 *
 * One text has one meaning: what a proxy in front of us might read in another way is an error, not a guess.  Pure; any thread.
 */
#ifndef DCF_NODE_HTTP_TARGET_H
#define DCF_NODE_HTTP_TARGET_H

#include "node/http.h"

struct dcf_target {
	struct dcf_span path; /* as it came, without scheme, authority and query; of the input */
	struct dcf_span segments[DCF_HTTP_SEGMENTS_MAX];
	size_t segment_count;
	struct dcf_http_pair query[DCF_HTTP_QUERY_MAX];
	size_t query_count;
	bool slash_at_end; /* "/v1/": never matches a route, but "/" alone is the root */
};

/* Takes `target` apart: origin form ("/a/b?c=d") or absolute form ("http://host/a"; the authority must not be empty and has no
 * user). Decoded texts come from `arena` where something had to be decoded. DCF_E_SYNTAX with *why (a literal) for what is
 * refused, DCF_E_LIMIT for too many segments or parameters, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_target_parse(struct dcf_arena *arena, struct dcf_span target, struct dcf_target *out,
					     const char **why);

/* The same, but empty segments are let through, and encoded slashes and backslashes inside of one: "/a//b%2Fc/" is
 * { "a", "", "b/c", "" }. */
DCF_CHECKED enum dcf_status dcf_target_parse_loose(struct dcf_arena *arena, struct dcf_span target, struct dcf_target *out,
						   const char **why);

/* Percent-decodes `s` (and "+" to a space with `plus`).  *out is `s` itself when there is nothing to decode.  Refuses bad
 * percent-encoding, encoded or plain control characters (NUL too), and bytes that are not UTF-8 (overlong forms, surrogates).
 */
DCF_CHECKED enum dcf_status dcf_target_decode(struct dcf_arena *arena, struct dcf_span s, bool plus, struct dcf_span *out,
					      const char **why);

#endif
