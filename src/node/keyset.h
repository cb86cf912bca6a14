/* SPDX-License-Identifier: Apache-2.0 */
/* keyset.h - inside of a key set: what jwt.c and jwks.c share.  Callers see jwt.h. */
#ifndef DCF_NODE_KEYSET_H
#define DCF_NODE_KEYSET_H

#include "node/jwt.h"

#include <openssl/evp.h>
#include <stdatomic.h>

/* One public key that passed the checks of dcf_keyset_add. */
struct dcf_jwt_key {
	enum dcf_jwt_alg alg;
	bool exchange_alone;       /* its set says that it is for a scheme that the exchange's rules alone take */
	EVP_PKEY *pkey;            /* RS256, ES256; owned */
	struct dcf_public_key raw; /* EdDSA */
	size_t kid_len;            /* 0: none */
	char kid[DCF_JWT_KID_MAX];
};

struct dcf_keyset {
	_Atomic unsigned refs;
	struct dcf_alloc from;
	size_t count;
	struct dcf_jwt_key key[DCF_KEYSET_MAX];
};

/* How a token may be signed, by the name in its header.  The last has no name. */
struct dcf_jwt_scheme {
	const char *name;
	enum dcf_jwt_alg of; /* the keys that it is for */
	const EVP_MD *(*digest)(void);
	bool pss, exchange_alone; /* RSASSA-PSS; taken by the exchange's rules alone */
};
extern const struct dcf_jwt_scheme dcf_jwt_schemes[];

/* May a key be called so: 1..DCF_JWT_KID_MAX bytes of printable ASCII without blanks, quotes and backslashes? */
bool dcf_jwt_kid_possible(struct dcf_span kid);
/* And is it plain: letters, digits and -._~=+@: without ".." and "://"? */
bool dcf_jwt_kid_plain(struct dcf_span kid);

/* Add a key.  Takes `pkey` over, also when it fails.  DCF_E_REFUSED: weak, another type, another curve, not on its curve, a kid
 * that is there already or impossible.  DCF_E_LIMIT, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_keyset_add(struct dcf_keyset *set, EVP_PKEY *pkey, struct dcf_span kid, const char *where,
					   struct dcf_node_error *err);
/* Forget the keys from the nth on. */
void dcf_keyset_cut(struct dcf_keyset *set, size_t n);

/* Does `signature` over `signed_part` hold?  Any thread. */
bool dcf_jwt_key_holds(const struct dcf_jwt_key *key, const struct dcf_jwt_scheme *scheme, struct dcf_span signed_part,
		       struct dcf_span signature);

#endif
