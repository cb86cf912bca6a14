/* SPDX-License-Identifier: Apache-2.0 */
/* kind_int.h - what kinds share. */
#ifndef DCF_OPTIONS_KIND_INT_H
#define DCF_OPTIONS_KIND_INT_H

#include "options/around.h"
#include "options/change_int.h"
#include "options/kinds.h"

/* Is the question answered?  A candidate that fails only for what its reader may not know of ends the search as an accepted
 * one does: going on to the next would tell that something is there. */
static inline bool dcf_settled(enum dcf_verdict v)
{
	return v == DCF_VERDICT_ACCEPTED || v == DCF_VERDICT_HIDDEN || v == DCF_VERDICT_STOPPED;
}

/* Up to what the operation's party says: tenths of a nautical mile or of a kilometre, below one of them hundredths. */
double dcf_round_up_m(const struct dcf_desk *desk, uint32_t operation, double metres);

/* Zones moved as a whole (kind_move.c). */
DCF_CHECKED enum dcf_status dcf_propose_move(struct dcf_desk *desk, const struct dcf_case *c, const struct dcf_blocks *blocks,
					     struct dcf_plane plane);

/* The least way, straight to `course` (radians, anticlockwise from east), that takes `own` out of every hull: the Minkowski
 * difference of convex shapes is convex, so each hull forbids one interval of distances. */
double dcf_way_out_m(const struct dcf_hull *own, const struct dcf_hull *hulls, uint32_t count, double course);

/* From the beginning of the first clash that the reader may know of to the end of the last, in whole seconds outward. */
bool dcf_clash_hull(const struct dcf_case *c, int64_t *from_us, int64_t *to_us);

#endif
