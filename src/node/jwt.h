/* SPDX-License-Identifier: Apache-2.0 */
/* jwt.h - who is calling?  Bearer tokens (JWT, RFC 7519, signed as JWS compact, RFC 7515) checked against public keys.
 *
 * TAKEN     RS256 with RSA keys of 2048 to 8192 bits and an exponent of at least 65537; ES256 with P-256; EdDSA with Ed25519.
 * REFUSED   everything else, each with a reason of its own (enum dcf_jwt_fault): other algorithms, `none` in any spelling, a
 * key of another type than the algorithm, tokens over 8 KiB, base64url with padding, white space or stray bits, members twice,
 * `crit`, `b64`, `zip`, `enc`, `cty`, a `typ` that is not a token's, no `exp`, expired, not valid yet, issued in the future (60
 * s of leeway each), no audience or another one, odd key ids. IGNORED   `jku`, `x5u`, `jwk`, `x5c`, `x5t`: keys come from the
 * operator alone. `kid` is compared with known ids and used for nothing else.
 *
 * THE EXCHANGE has rules of its own (DCF_JWT_EXCHANGE), those of the service that its clients know: RS384, RS512, PS256, PS384
 * and PS512 with the same RSA keys too; every key is tried, whatever `kid` says; `typ` is not looked at; `sub` and `iss` must
 * be there; `scope` is one text; no leeway; and a token that lives for more than another hour is refused.
 *
 * Verified tokens are kept by their SHA-256: a hit costs one hash and one short lock.  Times are checked at every use, and a
 * change of keys empties the cache.  All functions on a verifier may be called from any thread. */
#ifndef DCF_NODE_JWT_H
#define DCF_NODE_JWT_H

#include "base/alloc.h"
#include "crypto/sign.h"
#include "node/error.h"

#include <stdbool.h>

enum {
	DCF_JWT_MAX = 8192,        /* bytes of a token */
	DCF_JWT_LEEWAY_S = 60,     /* by which clocks may differ */
	DCF_JWT_EXCHANGE_S = 3600, /* for which a token of the exchange may live on */
	DCF_JWT_KID_MAX = 128,     /* bytes of a key id */
	DCF_JWT_SCOPES = 32,       /* scopes of one token */
	DCF_JWT_ROLES = 16,        /* roles of one token */
	DCF_JWT_AUDIENCES = 16,    /* audiences of one token, and of a verifier */
	DCF_JWT_NAME_MAX = 256,    /* bytes of sub, party, member, iss, jti, a scope, a role, an audience */
	DCF_JWT_DEPTH = 8,         /* nesting of a token's JSON */
	DCF_KEYSET_MAX = 64,       /* keys of one set */
	DCF_JWT_TRIED = 16,        /* keys tried on one token */
	DCF_JWT_TRIED_EXCHANGE = 64,
	DCF_VERIFIER_SLOTS = 12, /* key sets of a verifier */
	DCF_JWT_CACHE = 4096     /* verified tokens kept */
};

/* Why a token was refused.  Append-only: names are values of a metric's label. */
enum dcf_jwt_fault {
	DCF_JWT_FINE = 0,
	DCF_JWT_NO_TOKEN, /* no Authorization header, or another scheme than Bearer */
	DCF_JWT_TOO_LONG,
	DCF_JWT_FORM,        /* not three parts of canonical base64url holding JSON objects */
	DCF_JWT_TWICE,       /* a member twice */
	DCF_JWT_HEADER,      /* crit, b64, zip, enc, cty, or a typ of something else */
	DCF_JWT_ALGORITHM,   /* not RS256, ES256 or EdDSA */
	DCF_JWT_KID,         /* no plain key id */
	DCF_JWT_UNKNOWN_KEY, /* no key for that id and algorithm */
	DCF_JWT_KEY_TYPE,    /* the key of that id is of another type, or bound to another algorithm */
	DCF_JWT_SIGNATURE,
	DCF_JWT_CLAIMS, /* a claim of the wrong type, too long, or too many */
	DCF_JWT_NO_EXPIRY,
	DCF_JWT_EXPIRED,
	DCF_JWT_FUTURE, /* nbf or iat lie ahead */
	DCF_JWT_AUDIENCE,
	DCF_JWT_ISSUER,
	DCF_JWT_NO_SUBJECT, /* these three of the exchange */
	DCF_JWT_NO_ISSUER,
	DCF_JWT_TOO_LATE, /* lives longer than an hour from now */
	DCF_JWT_FAULT_END
};
/* "expired": a word for labels. */
const char *dcf_jwt_fault_name(enum dcf_jwt_fault f);
/* A sentence for the reply; tells nothing that the caller does not know about its own token. */
const char *dcf_jwt_fault_text(enum dcf_jwt_fault f);

/* --- key sets: immutable once published, counted ---------------------------------------------------- */

enum dcf_jwt_alg { DCF_ALG_RS256, DCF_ALG_ES256, DCF_ALG_EDDSA, DCF_ALG_END };

struct dcf_keyset;

/* An empty set with one reference.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_keyset_new(const struct dcf_alloc *a, struct dcf_keyset **out);
struct dcf_keyset *dcf_keyset_ref(struct dcf_keyset *set);
/* Drop a reference; NULL is fine. */
void dcf_keyset_free(struct dcf_keyset *set);
size_t dcf_keyset_count(const struct dcf_keyset *set);
/* The id of the nth key, empty when it has none; its algorithm. */
struct dcf_span dcf_keyset_kid(const struct dcf_keyset *set, size_t n);
enum dcf_jwt_alg dcf_keyset_alg(const struct dcf_keyset *set, size_t n);

/* Add the public keys (or those of certificates) in a PEM text.  `kid` empty: the keys answer to tokens without an id and to
 * any id that no other key has.  `where` names the text in messages.  Text that holds a private key is refused: it does not
 * belong here.  DCF_E_SYNTAX, DCF_E_REFUSED (weak, another type), DCF_E_LIMIT, DCF_E_NOMEM; the set is unchanged then. */
DCF_CHECKED enum dcf_status dcf_keyset_add_pem(struct dcf_keyset *set, struct dcf_span pem, struct dcf_span kid,
					       const char *where, struct dcf_node_error *err);
/* The same from a file of at most 256 KiB.  DCF_E_IO. */
DCF_CHECKED enum dcf_status dcf_keyset_add_pem_file(struct dcf_keyset *set, const char *path, struct dcf_node_error *err);
/* The RFC 7638 thumbprint of an Ed25519 public key: 43 characters of base64url and a NUL. */
void dcf_jwt_thumbprint(const struct dcf_public_key *key, char out[44]);
/* Add an Ed25519 public key under its RFC 7638 thumbprint. */
DCF_CHECKED enum dcf_status dcf_keyset_add_ed25519(struct dcf_keyset *set, const struct dcf_public_key *key,
						   struct dcf_node_error *err);

/* --- claims: immutable, counted ------------------------------------------------------------------------ */

/* What a verified token says.  Spans point into the same block; absent ones are empty. */
struct dcf_claims {
	struct dcf_span sub, party, member, iss, jti;
	struct dcf_span scope[DCF_JWT_SCOPES]; /* of `scope` (words or an array) */
	size_t scope_count;
	bool scope_is_list;                  /* it was an array */
	struct dcf_span role[DCF_JWT_ROLES]; /* of `role` and `roles` */
	size_t role_count;
	struct dcf_span aud[DCF_JWT_AUDIENCES];
	size_t aud_count;
	int64_t exp_s, nbf_s, iat_s; /* seconds since 1970, INT64_MIN when absent; exp_s is never absent */
	unsigned slot;               /* of the verifier: whose key signed (DCF_SLOT_OWN: this node's) */
	struct dcf_span kid;         /* of the key that signed, empty when it has none */
};

void dcf_claims_ref(const struct dcf_claims *c);
/* Drop a reference; NULL is fine. */
void dcf_claims_free(const struct dcf_claims *c);
bool dcf_claims_scope(const struct dcf_claims *c, const char *scope);
bool dcf_claims_role(const struct dcf_claims *c, const char *role);

/* The scopes of the native API. */
#define DCF_SCOPE_READ    "deconflict.read"
#define DCF_SCOPE_DECLARE "deconflict.declare"
#define DCF_SCOPE_CELL    "deconflict.cell" /* a neutral cell: sees all parties */
#define DCF_SCOPE_ADMIN   "deconflict.admin"
#define DCF_SCOPE_LINE    "deconflict.line" /* a duty role: speaks on the line of the token's party */

/* --- the verifier --------------------------------------------------------------------------------------- */

enum { DCF_SLOT_OWN = 0, DCF_SLOT_FILES = 1, DCF_SLOT_JWKS = 2 }; /* JWKS sources take slots 2 and on */

struct dcf_verifier;

/* `audiences` (copied; at most DCF_JWT_AUDIENCES): a token must name one of them; with none, only keys of DCF_SLOT_OWN count.
 * Tokens of DCF_SLOT_OWN must name `own_audience` instead.  `issuers` may be none: any; they do not bind DCF_SLOT_OWN.
 * `unknown_key` (may be NULL) is told when a token names a key that is not known, so that a JWKS source may look again; it must
 * not wait.  DCF_E_NOMEM, DCF_E_LIMIT. */
struct dcf_verifier_options {
	struct dcf_span own_audience;
	const struct dcf_span *audiences;
	size_t audience_count;
	const struct dcf_span *issuers;
	size_t issuer_count;
	void (*unknown_key)(void *ctx);
	void *unknown_key_ctx;
};
DCF_CHECKED enum dcf_status dcf_verifier_new(const struct dcf_alloc *a, const struct dcf_verifier_options *options,
					     struct dcf_verifier **out);
void dcf_verifier_free(struct dcf_verifier *v);

/* From now on the keys of `slot` are those of `set` (a reference is taken; NULL for none).  Tokens verified before are checked
 * again at their next use.  Callers that are verifying finish with what they began with.
 * DCF_E_NOMEM: the keys stay as they were. */
DCF_CHECKED enum dcf_status dcf_verifier_publish(struct dcf_verifier *v, unsigned slot, struct dcf_keyset *set);

/* By which rules a token is judged. */
enum dcf_jwt_rules { DCF_JWT_NATIVE, DCF_JWT_EXCHANGE };

/* Check `token` at `now_s` (wall clock, seconds since 1970).  DCF_OK: `*claims` holds a reference for the caller.
 * DCF_E_REFUSED: `*why` says why and `*claims` is NULL.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_jwt_verify(struct dcf_verifier *v, struct dcf_span token, int64_t now_s,
					   const struct dcf_claims **claims, enum dcf_jwt_fault *why);
DCF_CHECKED enum dcf_status dcf_jwt_verify_by(struct dcf_verifier *v, enum dcf_jwt_rules rules, struct dcf_span token,
					      int64_t now_s, const struct dcf_claims **claims, enum dcf_jwt_fault *why);

/* The token of an Authorization header's value ("Bearer" in any case, one or more spaces, the token); empty when it is none. */
struct dcf_span dcf_jwt_bearer(struct dcf_span header);

struct dcf_verifier_figures {
	uint64_t hits, misses; /* of the cache */
};
struct dcf_verifier_figures dcf_verifier_figures(struct dcf_verifier *v);

#endif
