/* SPDX-License-Identifier: Apache-2.0 */
/* client_cert.h - may a client with this certificate talk to us?  Behind auth.h.
 *
 * The TLS handshake has shown that the client holds the certificate's key; whether the certificate is one of ours to take is
 * decided here, by pins of public keys, by authorities, or by both.  Any thread. */
#ifndef DCF_NODE_CLIENT_CERT_H
#define DCF_NODE_CLIENT_CERT_H

#include "node/clock.h"
#include "node/config.h"

struct dcf_client_certs;

/* Reads the authorities of tls.client_ca when there are any.  `config` is borrowed.  DCF_E_IO, DCF_E_SYNTAX, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_client_certs_new(const struct dcf_alloc *a, const struct dcf_config *config,
						 struct dcf_clock clock, struct dcf_client_certs **out,
						 struct dcf_node_error *err);
void dcf_client_certs_free(struct dcf_client_certs *c);

/* As dcf_auth_pinned.  A verdict is kept for a minute: a chain costs a tenth of a millisecond. */
bool dcf_client_certs_take(struct dcf_client_certs *c, struct dcf_span der);

/* As dcf_auth_pin_of. */
bool dcf_client_cert_pin(struct dcf_span der, char out[53]);

#endif
