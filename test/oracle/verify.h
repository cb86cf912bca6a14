/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h - is this answer right?  Holds every statement of a result against the oracle.
 *
 * A result is a certificate: intervals for pairs of features.  The oracle looks for a time outside them
 * at which two features surely conflict (a missed conflict), and for a time inside them at which they
 * surely do not, even with the stated tolerance (an extra one), by branch and bound over the distance
 * as a function of time; where neither is found the answer stands.  Distances are PROJ's, altitudes
 * exact rationals.  Between the true limit and the limit plus max(1 m, 1e-5 of the distance) either
 * answer passes; altitudes and windows have no tolerance at all beyond the rounding of times to 1 us. */
#ifndef DCF_TEST_ORACLE_VERIFY_H
#define DCF_TEST_ORACLE_VERIFY_H

#include "core/check.h"
#include "core/plan.h"
#include <stdio.h>

/* Number of wrong statements; each is written to `out` as one line that begins with "# ".
 * `result` may be of any engine.  Not for use by several threads at once. */
size_t dcf_ora_verify(const struct dcf_plan *plan, const struct dcf_check_options *options, const struct dcf_result *result,
		      FILE *out);

/* The minima between two operations: false when pairs of the two are never reported. */
struct dcf_ora_minima {
	double lateral;
	int64_t vertical, dwell;
};
bool dcf_ora_minima_of(const struct dcf_plan *plan, const struct dcf_check_options *options, uint32_t a, uint32_t b,
		       struct dcf_ora_minima *m);

/* Are two results the same, field by field?  Writes the first difference to `out`. */
bool dcf_ora_same(const struct dcf_result *x, const struct dcf_result *y, FILE *out);

#endif
