/* SPDX-License-Identifier: Apache-2.0 */
/* token.h - tokens that this node mints with its own key: EdDSA, and the same claims as jwt.h reads.
 *
 * A token is of the native API or of the exchange, never of both: one that was handed to another provider opens nothing but the
 * exchange.  Of the exchange are those whose scopes are in exchange_scope.h; they name a subject, which is the manager of what
 * it writes there, have this node as issuer and live an hour at most, as every token there. */
#ifndef DCF_NODE_TOKEN_H
#define DCF_NODE_TOKEN_H

#include "base/buf.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "node/error.h"

enum {
	DCF_TOKEN_TTL_MAX_S = 366 * 86400 /* longest life of a minted token */
};

/* Who issued a token of the exchange. */
#define DCF_TOKEN_ISSUER "deconflict"

struct dcf_token_request {
	struct dcf_span sub;      /* who; empty: the party, or "admin" */
	struct dcf_span party;    /* empty: of no party (a neutral cell, an administrator) */
	struct dcf_span member;   /* of the party; may be empty */
	struct dcf_span audience; /* of this node: its first audience */
	const struct dcf_span *scopes;
	size_t scope_count; /* at least one */
	const struct dcf_span *roles;
	size_t role_count;
	struct dcf_random random; /* for `jti` */
	int64_t now_s;
	int64_t ttl_s; /* 1 .. DCF_TOKEN_TTL_MAX_S */
};

/* Do all of the scopes belong to the exchange? */
bool dcf_token_is_of_exchange(const struct dcf_token_request *request);

/* Put the token to `out` (ASCII, no line end).  Each gets a random `jti`.  What jwt.h would refuse is refused here: DCF_E_USAGE
 * with the reason in `err`; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_token_mint(const struct dcf_signing_key *key, const struct dcf_token_request *request,
					   struct dcf_buf *out, struct dcf_node_error *err);

#endif
