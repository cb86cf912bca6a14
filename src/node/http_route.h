/* SPDX-License-Identifier: Apache-2.0 */
/* http_route.h - which line of the table does a path fit, and which methods would?
 *
 * The table is small (tens of lines) and read only, so it is walked for each request: some 20 ns a line, no memory. */
#ifndef DCF_NODE_HTTP_ROUTE_H
#define DCF_NODE_HTTP_ROUTE_H

#include "node/http_target.h"

/* Is every pattern well formed ("/", "/a/{b}/{rest...}"; names of a-z _; at most the limits of http.h), has every line a method
 * and a handler, and is there no second line for the same method and shape?  On DCF_E_USAGE `err` says which and why. */
DCF_CHECKED enum dcf_status dcf_routes_check(const struct dcf_http_route *routes, size_t count, struct dcf_node_error *err);

struct dcf_route_found {
	const struct dcf_http_route *route; /* NULL when no line fits path and method */
	unsigned methods;                   /* of every line that fits the path; 0: no such path */
	struct dcf_span params[DCF_HTTP_PARAMS_MAX];
};
/* `path` is the target's path as it came: the value of a {rest...} is its tail. */
void dcf_route_find(const struct dcf_http_route *routes, size_t count, enum dcf_http_method method,
		    const struct dcf_target *target, struct dcf_route_found *found);

/* "GET, HEAD, POST, OPTIONS" of `methods` (bits) in `out` (at least 64 bytes). */
struct dcf_span dcf_route_allow(unsigned methods, char out[static 64]);

/* Any method's name; 0 when it is none of ours.  "HEAD" sets *head and gives DCF_HTTP_GET. */
unsigned dcf_method_of(struct dcf_span name, bool *head);

#endif
