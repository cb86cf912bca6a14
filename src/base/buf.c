/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <string.h>

static bool reserve(struct dcf_buf *b, size_t n)
{
	void *p = b->p;

	if (b->failed)
		return false;
	if (n <= b->cap - b->len)
		return true;
	if (n > SIZE_MAX - b->len || dcf_grow(b->from, &p, &b->cap, b->len + n, 1) != DCF_OK)
		b->failed = true;
	b->p = p;
	return !b->failed;
}

void dcf_buf_put(struct dcf_buf *b, const void *bytes, size_t n)
{
	if (n && reserve(b, n)) {
		memcpy(b->p + b->len, bytes, n);
		b->len += n;
	}
}

void dcf_buf_span(struct dcf_buf *b, struct dcf_span s)
{
	dcf_buf_put(b, s.p, s.len);
}

void dcf_buf_z(struct dcf_buf *b, const char *z)
{
	dcf_buf_put(b, z, strlen(z));
}

void dcf_buf_char(struct dcf_buf *b, char c)
{
	dcf_buf_put(b, &c, 1);
}

void dcf_buf_fill(struct dcf_buf *b, char c, size_t n)
{
	if (n && reserve(b, n)) {
		memset(b->p + b->len, c, n);
		b->len += n;
	}
}

/* The digits of |v| with a point before the last `decimals`, written backwards from the end of
 * `out`; returns the first character.  `trim` drops trailing zeros behind the point. */
static char *digits(char out[static 48], int64_t v, int decimals, bool trim)
{
	uint64_t u = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
	char *p = out + 48;
	bool tail = trim;

	for (int i = 0; i < decimals; i++, u /= 10) {
		if (tail && u % 10 == 0)
			continue;
		tail = false;
		*--p = (char)('0' + u % 10);
	}
	if (p != out + 48)
		*--p = '.';
	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (v < 0)
		*--p = '-';
	return p;
}

void dcf_buf_i64(struct dcf_buf *b, int64_t v)
{
	dcf_buf_fixed(b, v, 0);
}

void dcf_buf_fixed(struct dcf_buf *b, int64_t v, int decimals)
{
	char out[48];
	char *p = digits(out, v, decimals, true);

	dcf_buf_put(b, p, (size_t)(out + 48 - p));
}

void dcf_buf_fixed_full(struct dcf_buf *b, int64_t v, int decimals)
{
	char out[48];
	char *p = digits(out, v, decimals, false);

	dcf_buf_put(b, p, (size_t)(out + 48 - p));
}

void dcf_buf_free(struct dcf_buf *b)
{
	dcf_alloc_free(b->from, b->p, b->cap);
	b->p = NULL;
	b->len = b->cap = 0;
	b->failed = false;
}
