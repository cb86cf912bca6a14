/* SPDX-License-Identifier: Apache-2.0 */
/* jwks_get.h - one look at a URL: the only part of the node that fetches by libcurl.  Callers see jwks.h. */
#ifndef DCF_NODE_JWKS_GET_H
#define DCF_NODE_JWKS_GET_H

#include "base/buf.h"
#include "node/error.h"

#include <stdbool.h>

enum { DCF_ETAG_MAX = 256 };

struct dcf_jwks_get; /* one URL; one thread at a time, but for dcf_jwks_get_break */

/* What came of it. */
struct dcf_jwks_answer {
	bool unchanged;          /* 304: `body` is empty */
	int64_t max_age_us;      /* of Cache-Control, less Age; 0 for no-cache and no-store; -1 when nothing is said */
	char etag[DCF_ETAG_MAX]; /* "" for none, or one that is too long */
};

/* Check the URL: https:, or http: to a loopback address (to any with `allow_http`); no user, password or fragment.  `ca_file`
 * may be NULL.  DCF_E_USAGE, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_jwks_get_new(const struct dcf_alloc *a, const char *url, const char *ca_file, bool allow_http,
					     int64_t timeout_us, struct dcf_jwks_get **out, struct dcf_node_error *err);
void dcf_jwks_get_free(struct dcf_jwks_get *g);

/* Fetch; waits at most the timeout.  `etag` of the last answer, "" for none.  The body is put to `body`, which is emptied
 * first. DCF_E_IO with the reason: no connection, another status than 200 and 304, too long, broken off. */
DCF_CHECKED enum dcf_status dcf_jwks_get(struct dcf_jwks_get *g, const char *etag, struct dcf_buf *body,
					 struct dcf_jwks_answer *answer, struct dcf_node_error *err);

/* From another thread: end what is under way, and whatever comes after, at once. */
void dcf_jwks_get_break(struct dcf_jwks_get *g);

#endif
