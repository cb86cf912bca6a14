/* SPDX-License-Identifier: Apache-2.0 */
/* shift.h - by how much may one feature move in time against another?  The exact set of forbidden shifts.
 *
 * A shift s moves all of `a` to later by s microseconds (earlier when negative).  What stands still conflicts while
 * windows share time, so its shifts are one interval; a track and a volume one interval for each stay near it.
 *
 * Two tracks: let u be a time of a's own clock and v one of b's; at shift s they meet where v = u + s.  Over one pair
 * of pieces both points run straight, so "within reach" is a convex quadric in (u, v), "levels too near" a strip, the
 * pieces' times a rectangle.  Their intersection is convex, and the shifts are the values of v - u on it: one
 * interval, whose ends lie at a vertex, at a crossing of an edge with the quadric, or where the quadric's own
 * tangent is v - u = const.  No stepping through time or through shifts. */
#ifndef DCF_OPTIONS_SHIFT_H
#define DCF_OPTIONS_SHIFT_H

#include "core/pair.h"

/* Add to `out` the forbidden shifts of `a` against `b` within [low_us, high_us]: open intervals, given by their ends
 * (an end is free, within a millisecond or so; whoever uses one rounds away from it and asks CHECK).  Not normalised.
 * Either body may be a view of some pieces of a track: then only those count.  All doubt of CHECK is counted in.
 * Instants of contact are no conflict and forbid nothing.  Minima beyond 50 km may forbid up to a
 * half per cent of their distance too much. */
DCF_CHECKED enum dcf_status dcf_shift_pair(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
					   const struct dcf_minima *minima, double low_us, double high_us,
					   struct dcf_pair_scratch *scratch, struct dcf_set *out);

#endif
