/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - is this text, and how wide is it on a screen? */
#ifndef DCF_BASE_UTF8_H
#define DCF_BASE_UTF8_H

#include "base/span.h"
#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that begins at `p` (1..4), or 0 when the bytes there are not valid UTF-8
 * (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF) or `n` is 0. */
size_t dcf_utf8_length(const char *p, size_t n);

/* Does the character of `n` bytes at `p` (as dcf_utf8_length has it) steer the screen instead of being seen on it?  C0, DEL and
 * C1; the line and paragraph separators; the marks that turn the direction of writing (U+061C, U+200E, U+200F, U+202A..U+202E,
 * U+2066..U+2069): one name could be shown as another with them. */
bool dcf_utf8_steers(const char *p, size_t n);

/* Number of characters in `s`, an invalid byte counting as one: what a table needs to align text.
 * Combining marks and double-width characters are not told apart. */
size_t dcf_utf8_count(struct dcf_span s);

#endif
