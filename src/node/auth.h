/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - everything that decides who is calling, put together from the configuration: the node's own token keys, PEM files,
 * JWKS sources, audiences, pinned client certificates. */
#ifndef DCF_NODE_AUTH_H
#define DCF_NODE_AUTH_H

#include "node/config.h"
#include "node/jwks.h"
#include "node/jwt.h"
#include "node/log.h"
#include "node/metrics.h"

/* The audience of this node's own tokens when the configuration names none. */
#define DCF_AUTH_AUDIENCE "deconflict"

struct dcf_auth;

/* Load keys and start JWKS threads.  Everything passed in is borrowed until dcf_auth_close; logger and metrics may be NULL.
 * DIR/keys must hold token.key (dcf_keys_load with `make` does that).  Errors name the file or URL. */
DCF_CHECKED enum dcf_status dcf_auth_open(const struct dcf_alloc *a, const struct dcf_config *config, struct dcf_clock clock,
					  struct dcf_logger *logger, struct dcf_metrics *metrics, struct dcf_auth **out,
					  struct dcf_node_error *err);
void dcf_auth_close(struct dcf_auth *auth);

/* SIGHUP: read the key files again.  When one cannot be read, all stay as they were, and `err` says why. */
DCF_CHECKED enum dcf_status dcf_auth_reload(struct dcf_auth *auth, struct dcf_node_error *err);

/* Check the value of an Authorization header (empty span: there is none).  As dcf_jwt_verify, and counted in
 * deconflict_auth_total{result=...}.  Any thread. */
DCF_CHECKED enum dcf_status dcf_auth_check(struct dcf_auth *auth, struct dcf_span authorization,
					   const struct dcf_claims **claims, enum dcf_jwt_fault *why);

/* The same by the exchange's rules (jwt.h). */
DCF_CHECKED enum dcf_status dcf_auth_check_exchange(struct dcf_auth *auth, struct dcf_span authorization,
						    const struct dcf_claims **claims, enum dcf_jwt_fault *why);

/* May a client with this certificate (DER; empty: it showed none) talk to us?  By tls.client: with `none` nothing is looked at;
 * with `ask` one that is shown must be good; with `require` one must be shown.  Good is one whose public key is among tls.pin
 * (when there are any) and, when there is a tls.client_ca, for which a chain within that file holds now, for a client.
 * Revocation lists are not read: pin, or take the authority out.  Any thread; a verdict is kept for a minute, and forgotten by
 * dcf_auth_reload. */
bool dcf_auth_pinned(const struct dcf_auth *auth, struct dcf_span certificate_der);

/* "sha256//BASE64" of the public key (SubjectPublicKeyInfo) of a DER certificate, as curl's --pinnedpubkey writes it: 52
 * characters and a NUL.  False for what is no certificate. */
bool dcf_auth_pin_of(struct dcf_span certificate_der, char out[53]);

/* The audience that tokens minted for this node carry. */
const char *dcf_auth_audience(const struct dcf_auth *auth);

#endif
