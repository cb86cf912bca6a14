/* SPDX-License-Identifier: Apache-2.0 */
/* http_tls.h - the server's certificate and the pins of its clients, which may change while it runs (GnuTLS).
 *
 * A set is one certificate, key and list of pins; a connection holds the set it began with.  No chain of trust is followed: a
 * client is who holds the key of a pinned certificate, within the certificate's dates. */
#ifndef DCF_NODE_HTTP_TLS_H
#define DCF_NODE_HTTP_TLS_H

#include "node/http.h"

/* TLS 1.3 and nothing else, in GnuTLS's words. */
#define DCF_HTTP_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:%SERVER_PRECEDENCE"

struct dcf_http_keeper;  /* of a server */
struct dcf_http_tls_set; /* one generation, counted */

/* The caller's own question about a client (struct dcf_http_options); `ask` may be NULL. */
struct dcf_http_tls_admit {
	bool (*ask)(void *ctx, struct dcf_span der, const uint8_t fingerprint[32]);
	void *ctx;
};

DCF_CHECKED enum dcf_status dcf_http_tls_new(const struct dcf_alloc *from, const struct dcf_http_tls *material,
					     struct dcf_http_tls_admit admit, struct dcf_http_keeper **out,
					     struct dcf_node_error *err);
DCF_CHECKED enum dcf_status dcf_http_tls_renew(struct dcf_http_keeper *tls, const struct dcf_http_tls *material,
					       struct dcf_node_error *err);
void dcf_http_tls_free(struct dcf_http_keeper *tls);

/* The set for a connection that begins; to be given back. */
struct dcf_http_tls_set *dcf_http_tls_take(struct dcf_http_keeper *tls);
void dcf_http_tls_give(struct dcf_http_tls_set *set);
/* Prepares `session` (a gnutls_session_t) before its handshake.  The session must find `*holder` as long as it lives. */
void dcf_http_tls_begin(void *session, struct dcf_http_tls_set **holder);
/* gnutls_certificate_retrieve_function2, as a pointer the library takes. */
void *dcf_http_tls_retrieve_function(void);
/* The peer's certificate (of the session's memory) and its SHA-256; false when it sent none. */
bool dcf_http_tls_peer(void *session, struct dcf_span *der, uint8_t fingerprint[static 32]);
/* Is this client let in by the newest set?  `der` absent when it sent none. */
bool dcf_http_tls_admits(struct dcf_http_keeper *tls, struct dcf_span der, const uint8_t fingerprint[static 32]);

#endif
