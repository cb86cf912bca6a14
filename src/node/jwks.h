/* SPDX-License-Identifier: Apache-2.0 */
/* jwks.h - public keys from a JSON Web Key Set (RFC 7517): a text, a file, or a URL that is fetched again and again. */
#ifndef DCF_NODE_JWKS_H
#define DCF_NODE_JWKS_H

#include "node/clock.h"
#include "node/jwt.h"
#include "node/log.h"
#include "node/metrics.h"

enum {
	DCF_JWKS_MAX = 256 * 1024 /* bytes of a document */
};

/* Add to `set` the keys of a JWKS text, or of one JWK, that can verify RS256, ES256 or EdDSA.  Keys of other types, uses and
 * algorithms, weak ones and such that hold a private or symmetric part are left out and counted in `*skipped` (may be NULL);
 * the first of them and its reason is in `err->text` even when DCF_OK.  Refused as a whole: what is no JSON or no key set,
 * members twice, a kid twice, no usable key at all.  DCF_E_SYNTAX, DCF_E_REFUSED, DCF_E_LIMIT, DCF_E_NOMEM; the set is
 * unchanged then. */
DCF_CHECKED enum dcf_status dcf_jwks_parse(struct dcf_keyset *set, struct dcf_span text, const char *where, size_t *skipped,
					   struct dcf_node_error *err);
/* The same from a file. DCF_E_IO. */
DCF_CHECKED enum dcf_status dcf_jwks_file(struct dcf_keyset *set, const char *path, size_t *skipped,
					  struct dcf_node_error *err);

/* A URL whose keys fill one slot of a verifier, kept up to date by a thread of its own.
 *
 * Fetched at start, then whenever the answer's Cache-Control max-age ends (held between `least_us` and `most_us`; `most_us`
 * without one), with If-None-Match.  A token with an unknown key id causes one look before that, but never sooner than
 * `least_us` after the last one.  A failure is tried again after `least_us`, doubling up to `most_us`; the keys stay as they
 * are, until `keep_us` after the last good answer: then they are dropped.  Redirects are not followed, bodies are bounded by
 * DCF_JWKS_MAX, only status 200 and 304 count.  https: with the system's certificates (or `ca_file`); http: only to a loopback
 * address, or with `allow_http`. */
struct dcf_jwks_options {
	const char *url;     /* copied */
	const char *ca_file; /* PEM; NULL for the system's; copied */
	bool allow_http;
	int64_t least_us, most_us, keep_us; /* 0: 30 s, 15 min, 24 h */
	int64_t timeout_us;                 /* of one fetch; 0: 10 s */
	unsigned slot;                      /* of the verifier */
};

struct dcf_jwks_source;

/* Check the URL and start the thread.  `verifier`, `clock`'s ctx and `logger` are borrowed until dcf_jwks_stop.  Does not wait
 * for the first answer.  DCF_E_USAGE for a URL that may not be fetched, DCF_E_NOMEM, DCF_E_IO (no thread). */
DCF_CHECKED enum dcf_status dcf_jwks_start(const struct dcf_alloc *a, const struct dcf_jwks_options *options,
					   struct dcf_verifier *verifier, struct dcf_clock clock, struct dcf_logger *logger,
					   struct dcf_jwks_source **out, struct dcf_node_error *err);
/* Look again soon: a key is missing.  Never waits; any thread. */
void dcf_jwks_poke(struct dcf_jwks_source *s);
/* Has a good answer arrived, and not too long ago?  And how old is it (microseconds, -1 for none)?  Any thread. */
bool dcf_jwks_ready(struct dcf_jwks_source *s);
int64_t dcf_jwks_age_us(struct dcf_jwks_source *s);
uint64_t dcf_jwks_fetches(struct dcf_jwks_source *s);
uint64_t dcf_jwks_failures(struct dcf_jwks_source *s);
/* End the thread (a fetch under way is broken off) and free; the slot keeps its keys.  NULL is fine. */
void dcf_jwks_stop(struct dcf_jwks_source *s);

#endif
