/* SPDX-License-Identifier: Apache-2.0 */
/* vertical.h - the oracle's altitudes: exact rationals of 128-bit integers, straight from FORMAT.md.
 *
 * Bands are compared over a stretch of time in which both altitudes change linearly; the answer is
 * the set of times at which the gap is 0 or below the minimum: one interval, since it is the meeting
 * of two half lines. */
#ifndef DCF_TEST_ORACLE_VERTICAL_H
#define DCF_TEST_ORACLE_VERTICAL_H

#include "core/plan.h"

/* How to read what is not decided to the last 0.1 mm (offsets from pressure and geoid): MUST takes the
 * least doubt that the formula allows, MAY two units more than it says. */
enum dcf_ora_reading { DCF_ORA_MUST, DCF_ORA_MAY };

struct dcf_ora_offsets {
	int64_t low[DCF_REF_COUNT], high[DCF_REF_COUNT];
};

/* A set of times [from, to], microseconds after the stretch began; possibly one instant. */
struct dcf_ora_set {
	bool empty;
	long double from, to;
};

/* A stretch of a feature: volumes have one, trajectories one a leg. */
struct dcf_ora_stretch {
	const struct dcf_feature *f;
	uint32_t leg;
};

struct dcf_ora_offsets dcf_ora_offsets_of(const struct dcf_atmosphere *a, enum dcf_ora_reading reading);

#define DCF_ORA_INSIDE (-1) /* as a minimum: the bands share more than a level */

/* Where in [start, end] is the gap of the two bands 0 (`minimum` 0) or below `minimum`?  `same_ground`:
 * the lateral gap is 0, so heights above the ground compare exactly. */
struct dcf_ora_set dcf_ora_vertical(const struct dcf_ora_offsets *o, struct dcf_ora_stretch a, struct dcf_ora_stretch b,
				    int64_t start, int64_t end, int64_t minimum, bool same_ground);

/* Low and high end of the vertical gap (0.1 mm) `tau` microseconds after `start`, by the same rules. */
void dcf_ora_vertical_gap(const struct dcf_ora_offsets *o, struct dcf_ora_stretch a, struct dcf_ora_stretch b, int64_t start,
			  long double tau, bool same_ground, long double *low, long double *high);

/* Does `same_ground` matter for this pair? */
bool dcf_ora_by_ground(struct dcf_ora_stretch a, struct dcf_ora_stretch b);

#endif
