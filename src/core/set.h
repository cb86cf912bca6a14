/* SPDX-License-Identifier: Apache-2.0 */
/* set.h - sets of instants as sorted, disjoint, closed intervals of a real line.
 *
 * The line is time in microseconds after some origin the caller chose, so doubles keep far better than
 * a microsecond.  An interval may be a single instant (low == high); whoever needs a positive length
 * asks for it.  Sets grow through an allocator; once memory was short a set stays `failed`, so a
 * computation can be written straight and asked once at its end. */
#ifndef DCF_CORE_SET_H
#define DCF_CORE_SET_H

#include "base/alloc.h"
#include <stdbool.h>

struct dcf_range {
	double low, high; /* low <= high */
};

/* Zero-initialise and set `from`.  dcf_set_free gives the memory back. */
struct dcf_set {
	const struct dcf_alloc *from;
	struct dcf_range *at;
	size_t count, cap;
	bool failed;
};

void dcf_set_free(struct dcf_set *s);
static inline void dcf_set_clear(struct dcf_set *s)
{
	s->count = 0;
}
/* Append without order: call dcf_set_normalise before using the set.  Ignored when low > high. */
void dcf_set_add(struct dcf_set *s, double low, double high);
/* Sort, and join what overlaps or touches. */
void dcf_set_normalise(struct dcf_set *s);
/* out = a and b; out = a or b; out = window minus the inside of a.  `out` is neither `a` nor `b`. */
void dcf_set_intersect(struct dcf_set *out, const struct dcf_set *a, const struct dcf_set *b);
void dcf_set_union(struct dcf_set *out, const struct dcf_set *a, const struct dcf_set *b);
void dcf_set_complement(struct dcf_set *out, const struct dcf_set *a, double low, double high);
/* Drop intervals of no length. */
void dcf_set_drop_instants(struct dcf_set *s);
/* Total length. */
double dcf_set_length(const struct dcf_set *s);

#endif
