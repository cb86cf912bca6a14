/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - which side of a line, and how far over it? */
#ifndef DCF_CORE_LINE_H
#define DCF_CORE_LINE_H

#include "core/pair.h"

/* A line ready for use: geodesic arcs, prolonged at both ends along the geodesic of its last leg by 2,963 km, so that
 * the parts of the world around it have a side. */
struct dcf_line {
	struct dcf_base base;
};

DCF_CHECKED enum dcf_status dcf_line_build(const struct dcf_line_rule *rule, struct dcf_arena *arena, struct dcf_line *out,
					   const char **why);

/* Distance of p from the line in metres, positive to its left (walking along its coordinates). */
double dcf_line_side_m(const struct dcf_line *line, struct dcf_vec p);

/* Stretches of time (microseconds after the feature's start) in which some point of the body is more
 * than beyond_m over the line, to its left (`left`) or its right.  For a volume all of its window or
 * nothing.  Right to 1 m of distance for points; a shape with a width counts as over by its line's
 * distance plus the width, which at the tip of a narrow spit of the line is more than any of its points
 * is: such a doubt counts as over. */
void dcf_line_beyond(const struct dcf_line *line, const struct dcf_body *body, bool left, double beyond_m, struct dcf_set *out);

#endif
