/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a growing run of bytes, and the decimal printing that every output shares.
 *
 * A buffer stays failed once an allocation failed, so a writer can put many things and ask once.
 * No locale, no printf: the same value gives the same bytes everywhere. */
#ifndef DCF_BASE_BUF_H
#define DCF_BASE_BUF_H

#include "base/alloc.h"
#include <stdbool.h>

/* Zero-initialise, set `from`. */
struct dcf_buf {
	const struct dcf_alloc *from;
	char *p;
	size_t len, cap;
	bool failed; /* memory ran out: contents are a prefix of what was put */
};

void dcf_buf_put(struct dcf_buf *b, const void *bytes, size_t n);
void dcf_buf_span(struct dcf_buf *b, struct dcf_span s);
void dcf_buf_z(struct dcf_buf *b, const char *z);
void dcf_buf_char(struct dcf_buf *b, char c);
/* `n` times `c`: the padding of a table. */
void dcf_buf_fill(struct dcf_buf *b, char c, size_t n);
void dcf_buf_i64(struct dcf_buf *b, int64_t v);
/* v / 10^decimals with at most `decimals` (0..18) digits after the point and no trailing zeros:
 * (346300, 3) is 346.3, (-5, 1) is -0.5, (20, 1) is 2. */
void dcf_buf_fixed(struct dcf_buf *b, int64_t v, int decimals);
/* The same with exactly `decimals` digits. */
void dcf_buf_fixed_full(struct dcf_buf *b, int64_t v, int decimals);
void dcf_buf_free(struct dcf_buf *b);

static inline struct dcf_span dcf_buf_as_span(const struct dcf_buf *b)
{
	return (struct dcf_span){ b->p, b->len };
}

#endif
