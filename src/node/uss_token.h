/* SPDX-License-Identifier: Apache-2.0 */
/* uss_token.h - tokens for calls to other providers, one for each audience and scope, kept until shortly before they end.
 *
 *   uss.token_url with uss.token_secret      OAuth 2.0 client credentials (RFC 6749, 4.4): POST, the client by HTTP Basic;
 * where that is refused, by parameters in the body.  `audience` names the other side's host. uss.token_url without it as test
 * services have it: GET with grant_type, scope, intended_audience, issuer, sub uss.token_key                            no
 * service: RS256, signed here The audience is the host's name without port, as F3548-21 asks for. */
#ifndef DCF_NODE_USS_TOKEN_H
#define DCF_NODE_USS_TOKEN_H

#include "node/clock.h"
#include "node/uss_call.h"

struct dcf_uss_tokens;

struct dcf_uss_tokens_options {
	const struct dcf_alloc *from;
	const struct dcf_uss_wire *wire;
	struct dcf_clock clock;
	const char *url, *client, *secret_file, *key_file; /* "": none */
	const char *manager;                               /* `sub` */
	const char *issuer;                                /* `iss` of tokens signed here, and as asked for */
	bool allow_http;
};

/* DCF_E_USAGE (no good URL or key), DCF_E_IO, DCF_E_NOMEM.  Texts are borrowed. */
DCF_CHECKED enum dcf_status dcf_uss_tokens_new(const struct dcf_uss_tokens_options *options, struct dcf_uss_tokens **out,
					       struct dcf_node_error *err);
void dcf_uss_tokens_free(struct dcf_uss_tokens *t);

/* Is one in the cache, or can one be made without waiting?  Then it is put to `out`.  Any thread. */
bool dcf_uss_token_now(struct dcf_uss_tokens *t, const char *audience, const char *scope, struct dcf_buf *out);
/* The same, asking the service where need be: waits.  DCF_E_IO, DCF_E_REFUSED (the service says no), DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_uss_token(struct dcf_uss_tokens *t, const char *audience, const char *scope,
					  struct dcf_buf *out, struct dcf_node_error *err);
/* The other side did not take this one. */
void dcf_uss_token_forget(struct dcf_uss_tokens *t, struct dcf_span token);

#endif
