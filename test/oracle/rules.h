/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - the oracle of the agreement's other rules: notice, lines, areas.
 *
 * Nothing of src/core: a line is a chain of PROJ's geodesics, prolonged by 3,000 km along its first and
 * last leg; a side is the sign of an azimuth difference at the nearest point (at a corner, what lies
 * outside of the bend); when a flight is over it is found by halving its legs.  Between the limit and
 * max(1 m, 1e-5 of the distance) either answer passes. */
#ifndef DCF_TEST_ORACLE_RULES_H
#define DCF_TEST_ORACLE_RULES_H

#include "core/check.h"
#include "oracle/geo.h"
#include <stdio.h>

struct dcf_ora_line {
	const struct dcf_line_rule *rule;
	struct dcf_ora_shape shape;
};

/* The points of `rule` must differ from their neighbours.  Free with dcf_ora_line_free. */
void dcf_ora_line_init(struct dcf_ora_line *line, const struct dcf_line_rule *rule);
void dcf_ora_line_free(struct dcf_ora_line *line);

/* Distance from the line in metres, positive to its left. */
double dcf_ora_line_signed(const struct dcf_ora_line *line, const struct dcf_ora_point *p);

/* The farthest that the feature comes over the line to its left (or right), its radius not counted. */
double dcf_ora_line_farthest(const struct dcf_ora_line *line, const struct dcf_feature *f, bool left);

/* How much was looked at, so that a run that meets nothing is seen. */
struct dcf_ora_rules_seen {
	size_t crossings, kept, several, volumes, flights, doubts, budgets, entries, sent, unknown;
};

/* Judge the breaches of lines and areas, and the warnings about lines, of a plan with one feature.
 * Returns the number of wrong statements, one line of `out` each. */
size_t dcf_ora_rules_one(const struct dcf_plan *plan, const struct dcf_result *result, struct dcf_ora_rules_seen *seen,
			 FILE *out);

/* Judge the breaches of notice_min and the warnings about it of a whole plan. */
size_t dcf_ora_rules_notice(const struct dcf_plan *plan, const struct dcf_result *result, FILE *out);

#endif
