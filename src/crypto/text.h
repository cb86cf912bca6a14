/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - bytes as text: base64, base64url and hexadecimal.
 *
 * Reading is strict: one text for each run of bytes and no other.  No white space, no character outside the alphabet, padding
 * exactly where it belongs, bits beyond the last byte zero.  Pure; any thread.  Writing makes no look-up and no branch that
 * depends on the bytes (libsodium's code): a seed can be written with it. */
#ifndef DCF_CRYPTO_TEXT_H
#define DCF_CRYPTO_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

enum dcf_text {
	DCF_TEXT_BASE64,     /* RFC 4648 section 4, padded with '=' */
	DCF_TEXT_BASE64_URL, /* section 5: '-' and '_', not padded (as JSON Web Tokens have it) */
	DCF_TEXT_HEX         /* section 8 in lower case; upper case is refused when read */
};

/* Length of the text of `n` bytes.  `n` is at most SIZE_MAX / 4. */
size_t dcf_text_length(enum dcf_text kind, size_t n);
/* Most bytes that a text of `length` characters can hold: room for dcf_text_read. */
size_t dcf_text_room(enum dcf_text kind, size_t length);

/* Write dcf_text_length(kind, n) characters at `out` and no NUL; returns how many. */
size_t dcf_text_write(enum dcf_text kind, char *out, const void *bytes, size_t n);
/* The same behind what is in `b`; a buffer without memory is failed, as always. */
void dcf_text_put(struct dcf_buf *b, enum dcf_text kind, const void *bytes, size_t n);

/* Read `text` into `out`, of `cap` bytes, and the number of bytes into `*n`.  DCF_E_SYNTAX when it is not the text of any
 * bytes, DCF_E_LIMIT when there is no room; `*n` is 0 then and `out` holds nothing of meaning. */
DCF_CHECKED enum dcf_status dcf_text_read(enum dcf_text kind, struct dcf_span text, void *out, size_t cap, size_t *n);
/* The same where exactly `n` bytes are expected; any other number is DCF_E_SYNTAX. */
DCF_CHECKED enum dcf_status dcf_text_read_exactly(enum dcf_text kind, struct dcf_span text, void *out, size_t n);

#endif
