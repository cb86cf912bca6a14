/* SPDX-License-Identifier: Apache-2.0 */
/* verify_int.h - what verify.c (pairs of operations) and verify_pair.c (pairs of features) share. */
#ifndef DCF_TEST_ORACLE_VERIFY_INT_H
#define DCF_TEST_ORACLE_VERIFY_INT_H

#include "oracle/motion.h"
#include "oracle/verify.h"

struct dcf_ora_verifier {
	const struct dcf_plan *plan;
	const struct dcf_check_options *options;
	const struct dcf_result *result;
	struct dcf_ora_offsets must, may;
	struct dcf_ora_body *body; /* one a feature */
	FILE *out;
	size_t wrong;
};

/* What the pairs of features of one pair of operations have said so far. */
struct dcf_ora_tally {
	const struct dcf_conflict *c; /* NULL: nothing reported */
	struct dcf_ora_minima min;
	double gap, gap_doubt;         /* least lateral gap in the reported intervals, metres; how far it may be off */
	long double low_must, low_may; /* least vertical gap there, 0.1 mm */
	bool ground;                   /* heights above ground compared: vertical gap depends on the lateral one */
	bool start_seen, end_seen;     /* an overlap at overlap_start, at overlap_end */
	bool inner_sure, inner_maybe;  /* interiors meet */
	bool closest_ok;
	double closest_off; /* how far the closest point is from the two, together */
};

/* Compare everything about the features fa and fb (of operations a and b of the tally). */
void dcf_ora_verify_features(struct dcf_ora_verifier *v, struct dcf_ora_tally *t, uint32_t fa, uint32_t fb);

/* One wrong statement. */
void dcf_ora_wrong(struct dcf_ora_verifier *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

double dcf_ora_tolerance(double distance);

#endif
