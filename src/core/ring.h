/* SPDX-License-Identifier: Apache-2.0 */
/* ring.h - is a polygon's boundary simple?  Which side is inside must never be a guess. */
#ifndef DCF_CORE_RING_H
#define DCF_CORE_RING_H

#include "core/planar.h"

/* Star-shaped about the mean of its corners: every edge turns the same way about it, once around in all, also when
 * corners are shifted by up to `slack`.  Edges first..end - 1 of `xy`, two ends an edge. */
bool dcf_ring_is_star(const struct dcf_xy *xy, uint32_t first, uint32_t end, double slack);

/* `xy` holds two ends an edge; the edges of ring i end before ring_end[i].  DCF_OK when no ring crosses
 * itself, meets itself in a corner or folds back, and no ring crosses another; else DCF_E_REFUSED and a sentence.
 * (A corner on the inside of another edge of the ring leaves no doubt what is inside, and passes.)
 * Rings that are star-shaped about their mean are seen in O(n); others in O(n log n + overlaps in x).
 * Scratch comes from `arena`. */
DCF_CHECKED enum dcf_status dcf_rings_are_simple(const struct dcf_xy *xy, const uint32_t *ring_end, uint32_t rings,
						 struct dcf_arena *arena, const char **why);

#endif
