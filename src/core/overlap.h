/* SPDX-License-Identifier: Apache-2.0 */
/* overlap.h - how far must one of two shapes move sideways until they are clear of each other?
 *
 * What is told is never less than the shortest such move (in a straight line, in the best direction), and close to it: for two
 * circles, a circle and a line, and two convex polygons the shortest itself to 0.1 % and 0.3 m; otherwise the shortest of many
 * directions. */
#ifndef DCF_CORE_OVERLAP_H
#define DCF_CORE_OVERLAP_H

#include "core/lateral.h"

/* 0 when the two only touch within `slack_m` or are apart.  Of an area's holes nothing is known here: they count as filled.
 * Scratch comes from `arena`.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_bases_overlap(const struct dcf_base *a, const struct dcf_base *b, double slack_m,
					      struct dcf_arena *arena, double *overlap_m);

#endif
