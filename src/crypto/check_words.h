/* SPDX-License-Identifier: Apache-2.0 */
/* check_words.h - twelve digits that two people read to each other, to know that they look at the same thing.
 *
 * SHA-256 over the canonical bytes of an object, its first 40 bits (most significant first) modulo 10^12, as four groups of
 * three digits: "123 456 789 012".  Digits are the same in every language.  They guard against error, not against malice: forty
 * bits can be searched.  The signature is what holds against malice.  Pure; any thread; cannot fail. */
#ifndef DCF_CRYPTO_CHECK_WORDS_H
#define DCF_CRYPTO_CHECK_WORDS_H

#include "base/span.h"
#include "crypto/hash.h"

enum { DCF_CHECK_WORDS_SIZE = 16 };

/* Write the 15 characters for `canonical` (a line with name and version, then JSON as of RFC 8785) and a NUL. */
void dcf_check_words(struct dcf_span canonical, char out[DCF_CHECK_WORDS_SIZE]);
/* The same of bytes that were hashed already, for whoever has them in pieces. */
void dcf_check_words_of_hash(struct dcf_hash hash, char out[DCF_CHECK_WORDS_SIZE]);

/* Are the digits of `text` those of `words`?  Blanks, tabs, '-', '.' and ',' between them are passed over, as people write them
 * down; any other character, or another number of digits than twelve, is a difference. */
bool dcf_check_words_same(struct dcf_span text, const char words[DCF_CHECK_WORDS_SIZE]);

#endif
