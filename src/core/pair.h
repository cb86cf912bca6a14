/* SPDX-License-Identifier: Apache-2.0 */
/* pair.h - the exact test of two features: when are they in conflict, and how close do they come?
 *
 * dcf_pair_when finds the instants of conflict;
 * dcf_pair_measure adds the gaps and the closest point for those that are reported.  Both are
 * deterministic and need only the scratch they are given: one for each thread. */
#ifndef DCF_CORE_PAIR_H
#define DCF_CORE_PAIR_H

#include "core/body.h"
#include "core/lateral.h"
#include "core/vertical.h"

struct dcf_minima {
	double lateral_m;
	int64_t vertical_e4;
	int64_t max_dwell_us; /* DCF_NO_LIMIT */
	struct dcf_span article;
};

enum { DCF_PAIR_SETS = 9 };

/* Zero-initialise and set `from`; free with dcf_pair_scratch_free. */
struct dcf_pair_scratch {
	const struct dcf_alloc *from;
	struct dcf_set set[DCF_PAIR_SETS];
};
void dcf_pair_scratch_free(struct dcf_pair_scratch *s);

/* The common window of two features within [from_us, to_us): false when it is empty. */
bool dcf_pair_window(const struct dcf_feature *a, const struct dcf_feature *b, int64_t *from_us, int64_t *to_us);

struct dcf_pair_times {
	int64_t w0_us, w1_us;     /* the window looked at; sets are microseconds after w0_us */
	struct dcf_set *conflict; /* intervals of positive length, disjoint, sorted; in the scratch */
	struct dcf_set *overlap;  /* both gaps 0; may hold instants */
	struct dcf_set *meet;     /* lateral gap 0, whatever the levels */
};

/* When, within the window [w0_us, w1_us), are the two in conflict? */
DCF_CHECKED enum dcf_status dcf_pair_when(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
					  const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us,
					  struct dcf_pair_scratch *scratch, struct dcf_pair_times *times);

/* The same with all doubt counted in, and nothing else: the instants (microseconds after w0_us, in the scratch) that
 * make dcf_pair_when find a conflict.  For whoever asks about other windows than the features' own. */
DCF_CHECKED enum dcf_status dcf_pair_doubted(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
					     const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us,
					     struct dcf_pair_scratch *scratch, struct dcf_set **conflict);

/* Do the two, which overlap, meet only in their boundaries?  Uses the scratch but not the sets of `times`.
 * DCF_E_NOMEM leaves the answer open. */
DCF_CHECKED enum dcf_status dcf_pair_only_touch(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
						const struct dcf_pair_times *times, struct dcf_pair_scratch *scratch,
						bool *touch);

/* The lifts of `a` (0.1 mm, all its altitudes by the same) at which the two are in conflict at some time of their
 * window: as closed intervals whose insides are forbidden and whose ends are just clear where the vertical minimum is
 * above 0; with a minimum of 0 an end is still in conflict (bands that share a level).  Sorted and disjoint, in
 * `out` (its own memory, not the scratch's).  Lateral gaps are decided as dcf_pair_when does, doubt counted in. */
DCF_CHECKED enum dcf_status dcf_pair_lifts(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
					   const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us,
					   struct dcf_pair_scratch *scratch, struct dcf_set *out);

/* The least lateral gap of the two (metres, widths taken off, 0 where they meet) while their levels are within the
 * vertical minimum, in the window [w0_us, w1_us): DCF_FAR_M when they never are, or when it is above `limit_m`
 * (of two that stand still; moving ones are measured whole).  Heights over the ground are compared with each other only
 * where the shapes surely share it, as in a check.  No doubt is counted in. */
DCF_CHECKED enum dcf_status dcf_pair_gap_m(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
					   const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us, double limit_m,
					   struct dcf_pair_scratch *scratch, double *gap_m);

struct dcf_pair_measure {
	double lateral_gap_m;      /* smallest while in conflict */
	double vertical_gap_e4[2]; /* interval of the smallest vertical gap while in conflict */
	double when_us;            /* first instant of the least lateral gap, after w0_us */
	struct dcf_latlon closest;
};

/* Measure what dcf_pair_when found (conflict not empty). */
void dcf_pair_measure(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
		      const struct dcf_pair_times *times, struct dcf_pair_measure *out);

#endif
