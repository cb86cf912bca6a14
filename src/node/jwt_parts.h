/* SPDX-License-Identifier: Apache-2.0 */
/* jwt_parts.h - a token taken apart: between jwt.c and verifier.c.  Callers see jwt.h. */
#ifndef DCF_NODE_JWT_PARTS_H
#define DCF_NODE_JWT_PARTS_H

#include "node/keyset.h"

/* Key sets at one moment, counted: what a verification uses from its beginning to its end. */
struct dcf_keyring {
	_Atomic unsigned refs;
	uint64_t generation;
	struct dcf_keyset *slot[DCF_VERIFIER_SLOTS];
};

/* Check form, header and signature of `token` and read its claims; the times, audience and issuer are for the caller.  `*asked`
 * is set when the token names a key id that no key has.  DCF_E_REFUSED with `*why`, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_jwt_open(const struct dcf_alloc *a, const struct dcf_keyring *keys, enum dcf_jwt_rules rules,
					 struct dcf_span token, const struct dcf_claims **out, enum dcf_jwt_fault *why,
					 bool *asked);

#endif
