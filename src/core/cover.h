/* SPDX-License-Identifier: Apache-2.0 */
/* cover.h - is the union of these footprints inside the union of those?
 *
 * Footprints are the shapes of features alone (points, rings, radius): circles, polygons with their holes, lines and corridors.
 * Bands and windows are the caller's affair.
 *
 * The answer errs to one side only.  With S = dcf_cover_slack_m():
 *  - "covered" is said only when no point of the inner shapes is farther than S from the outer ones;
 *  - when the inner shapes are inside the outer ones to the last point (seams and boundaries may coincide), it is said, unless
 *    that takes more than DCF_COVER_WORK steps;
 *  - in between, where something reaches beyond by less than S, either answer may come; the same one everywhere.
 *
 * How: one outer shape that holds an inner one alone is seen by distances.  Otherwise rings are laid around the outer shapes,
 * 0.7 S outside them: when no point of such a ring is both in the (connected) inner shape and away from all outer ones, then
 * the edge of the outer shapes so widened does not pass through the inner one, which then lies wholly in or wholly out.  So
 * lines are walked, not areas: work grows with the number of edges, and only with the logarithm of 1 / S. */
#ifndef DCF_CORE_COVER_H
#define DCF_CORE_COVER_H

#include "core/plan.h"

/* Steps of about 10 ns: a box looked at is one, an exact distance some ten.  Some 50 ms at the utmost, beside what it takes to
 * make the shapes ready. */
#define DCF_COVER_WORK UINT64_C(4000000)

/* What a slack of `slack_m` metres is taken as: at least 2 m and 1.2e-5 of the largest radius, as distances are not known
 * better. */
double dcf_cover_slack_m(const struct dcf_feature *const *inner, uint32_t inner_count, const struct dcf_feature *const *outer,
			 uint32_t outer_count, double slack_m);

/* Sets *covered.  No inner shape at all is covered; an inner shape that cannot be made ready (shape.h says which) and a
 * trajectory are not, such outer ones cover nothing.  Workspace comes from `from` and goes back.  Any thread.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_cover(const struct dcf_feature *const *inner, uint32_t inner_count,
				      const struct dcf_feature *const *outer, uint32_t outer_count, double slack_m,
				      const struct dcf_alloc *from, bool *covered);

#endif
