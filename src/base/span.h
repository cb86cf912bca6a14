/* SPDX-License-Identifier: Apache-2.0 */
/* span.h - a borrowed run of bytes: not terminated, not owned. */
#ifndef DCF_BASE_SPAN_H
#define DCF_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct dcf_span {
	const char *p; /* may be NULL when len is 0: then the value is absent */
	size_t len;
};

#define DCF_SPAN(literal) ((struct dcf_span){ (literal), sizeof(literal) - 1 })

static inline struct dcf_span dcf_span_of(const char *z)
{
	return (struct dcf_span){ z, z ? strlen(z) : 0 };
}

static inline bool dcf_span_eq(struct dcf_span a, struct dcf_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Byte order, a prefix before what it begins: the order of every sorted output. */
static inline int dcf_span_cmp(struct dcf_span a, struct dcf_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return a.len < b.len ? -1 : a.len > b.len;
}

#endif
