/* SPDX-License-Identifier: Apache-2.0 */
/* claims.h - a token's payload as claims: between jwt.c and claims.c.  Callers see jwt.h. */
#ifndef DCF_NODE_CLAIMS_H
#define DCF_NODE_CLAIMS_H

#include "format/json.h"
#include "node/jwt.h"

/* Read the claims of a verified payload into a block of its own with one reference.  DCF_E_REFUSED with `*why`; DCF_E_NOMEM.
 * Times, audience and issuer are read, not judged.  By the exchange's rules only what these ask for is read: who made the token
 * may mean something else by the rest, and by scopes that cannot be ours. */
DCF_CHECKED enum dcf_status dcf_claims_read(const struct dcf_alloc *a, struct dcf_jval payload, enum dcf_jwt_rules rules,
					    unsigned slot, struct dcf_span kid, const struct dcf_claims **out,
					    enum dcf_jwt_fault *why);

/* Is it time for this token?  DCF_JWT_FINE, DCF_JWT_EXPIRED, DCF_JWT_FUTURE or, by the exchange's rules, DCF_JWT_TOO_LATE. */
enum dcf_jwt_fault dcf_claims_time_fault(const struct dcf_claims *c, enum dcf_jwt_rules rules, int64_t now_s);

/* May this be a subject, party, role, audience: 1..DCF_JWT_NAME_MAX bytes of UTF-8 without anything that steers a screen? */
bool dcf_claims_is_name(struct dcf_span s);
/* May this be a scope (RFC 6749, 3.3): printable ASCII without space, quote and backslash? */
bool dcf_claims_is_scope(struct dcf_span s);

#endif
