/* SPDX-License-Identifier: Apache-2.0 */
/* canonical.h - where does a text stop being canonical JSON (RFC 8785) with integers below 2^53 only?
 *
 * Canonical: no white space between tokens; members sorted by their names as UTF-16, none twice; strings UTF-8 with the one
 * escape that each character has, if it has one; numbers integers without leading zeros, -0 or exponent.  So there is one text
 * for each value.  Pure; any thread; no memory but the stack, which `depth` bounds. */
#ifndef DCF_DOMAIN_CANONICAL_H
#define DCF_DOMAIN_CANONICAL_H

#include "base/span.h"

enum { DCF_CANONICAL_DEPTH_MAX = 32 };

/* The length of `json` when the whole of it is canonical, nested at most `depth` (0..DCF_CANONICAL_DEPTH_MAX) levels deep;
 * otherwise the byte where that ends, at most the length, and in *expected (static) what should stand there.  `*expected` is
 * NULL exactly when it is canonical. */
size_t dcf_canonical_stops(struct dcf_span json, unsigned depth, const char **expected);

#endif
