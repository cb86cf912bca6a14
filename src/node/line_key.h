/* SPDX-License-Identifier: Apache-2.0 */
/* line_key.h - the line key: how people compare it, and the certificate that is made of it.
 *
 * Its public half is the identity of this side of the line.  The two sides exchange it once by another way (on paper, by voice,
 * by a picture) and pin it.  Three forms of the same 32 bytes:
 *
 *     hex     64 digits, lower case
 *     digits  16 groups of five: the bytes as one big-endian number in 78 decimal digits, and two check digits behind them: 98
 * less the remainder of (number * 100) divided by 97 (ISO 7064 MOD 97-10), so that the 80 digits read as a number leave the
 * remainder 1; every single wrong digit and every swap of neighbours is found QR      "DECONFLICT:1:<party>:<hex>:<url>" (url
 * may be empty)
 */
#ifndef DCF_NODE_LINE_KEY_H
#define DCF_NODE_LINE_KEY_H

#include "base/buf.h"
#include "crypto/sign.h"
#include "node/error.h"

enum { DCF_LINE_DIGITS = 16 * 6 }; /* 16 groups, a blank or (behind the last) a NUL after each */

/* "12345 67890 ..." and a NUL. */
void dcf_line_key_digits(const struct dcf_public_key *key, char out[DCF_LINE_DIGITS]);
/* Either form as typed: digits with blanks, dashes or dots between them, or hex (also in upper case, or in groups).
 * DCF_E_SYNTAX with a sentence in *why (static) when it is neither, or the check digits say that one is wrong; DCF_E_REFUSED
 * when it is no key. */
DCF_CHECKED enum dcf_status dcf_line_key_read(struct dcf_span text, struct dcf_public_key *key, const char **why);

/* The text of the QR code. */
void dcf_line_key_put_qr_text(const struct dcf_public_key *key, struct dcf_span party, struct dcf_span url,
			      struct dcf_buf *out);
/* Read one.  Spans of `party` and `url` point into `text`.  DCF_E_SYNTAX. */
DCF_CHECKED enum dcf_status dcf_line_key_read_qr(struct dcf_span text, struct dcf_public_key *key, struct dcf_span *party,
						 struct dcf_span *url);
/* `text` as a QR code for a terminal: half blocks in UTF-8, dark on light whatever the terminal's colours.  DCF_E_LIMIT too
 * long; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_line_qr_put(struct dcf_span text, struct dcf_buf *out);

/* A self-signed X.509 certificate of the key and the key itself, both PEM (the second is a secret: wipe it).  Its subject is
 * CN=<hex of the key>; its dates never matter.  Always another serial number; nothing looks at it. */
DCF_CHECKED enum dcf_status dcf_line_certificate(const struct dcf_signing_key *key, struct dcf_buf *certificate_pem,
						 struct dcf_buf *key_pem, struct dcf_node_error *err);
/* The Ed25519 key of a certificate (DER); false when it has none. */
bool dcf_line_certificate_key(struct dcf_span der, struct dcf_public_key *key);
/* "sha256//BASE64" of the key as curl's pins have it, and a NUL. */
void dcf_line_key_pin(const struct dcf_public_key *key, char out[53]);

#endif
