/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - the answer: every conflict between operations of different parties.
 *
 * FORMAT rule: at an instant two features conflict when (lateral gap is 0 or < L) and (vertical gap
 * is 0 or < V); a pair is reported when that holds for an interval of positive length.
 * The search may only report too much to the exact test, never too little; both engines give the
 * same result, byte for byte, with any number of threads. */
#ifndef DCF_CORE_CHECK_H
#define DCF_CORE_CHECK_H

#include "core/index.h"
#include "core/plan.h"

enum dcf_engine { DCF_ENGINE_INDEX, DCF_ENGINE_BRUTE };

struct dcf_check_options {
	double lateral_m; /* minima for every pair of different parties, beside the agreement's; the larger holds */
	int64_t vertical_e4;
	int64_t max_dwell_us;    /* DCF_NO_LIMIT when not asked */
	uint32_t for_party;      /* also report pairs inside this party; DCF_NONE for none */
	uint32_t only_operation; /* only pairs with this operation; DCF_NONE for all */
	enum dcf_engine engine;
	enum dcf_simd simd;           /* DCF_SIMD_BEST, or a variant of the index to insist on: the answer is the same */
	struct dcf_parallel parallel; /* threads, if any: the answer is the same */
};

/* More pairs in conflict than anybody will read, or fit in memory: a check that finds more ends with
 * DCF_E_LIMIT instead of an answer. */
#define DCF_CONFLICTS_MAX 2000000

enum dcf_class { DCF_CLASS_OVERLAP, DCF_CLASS_SEPARATION, DCF_CLASS_BRIEF, DCF_CLASS_ADVISORY };

struct dcf_interval {
	int64_t start_us, end_us;      /* rounded outward to microseconds, start < end */
	uint8_t class;                 /* DCF_CLASS_OVERLAP or DCF_CLASS_SEPARATION */
	uint32_t a_feature, b_feature; /* indices in plan.features */
};

/* One pair of operations. */
struct dcf_conflict {
	uint32_t a, b;                 /* operations; a sorts first by (party id, operation id) */
	uint32_t a_feature, b_feature; /* the pair of features with the earliest start */
	uint8_t class;                 /* enum dcf_class */
	bool internal;                 /* both of one party */
	bool touch;                    /* they meet only in their boundaries */
	bool has_overlap;
	int64_t start_us, end_us; /* hull of the intervals */
	int64_t overlap_start_us, overlap_end_us;
	int64_t dwell_us;            /* length of the union of the intervals */
	int64_t lateral_gap_dm;      /* smallest while in conflict, 0.1 m, rounded down */
	int64_t vertical_gap_dft[2]; /* interval of the smallest vertical gap, 0.1 ft, rounded down */
	int64_t closest_time_us;
	struct dcf_latlon closest;
	struct dcf_span article;  /* of the separation rule that made it a conflict; "" when none */
	double minimum_lateral_m; /* the minima that held for the pair */
	int64_t minimum_vertical_e4;
	size_t first_interval,
		interval_count; /* in result.intervals, sorted by (start, ids of a's and b's feature, their numbers) */
};

enum dcf_breach_rule {
	DCF_BREACH_NOTICE,
	DCF_BREACH_CROSSING_NOTICE,
	DCF_BREACH_NO_ENTRY,
	DCF_BREACH_ASK_FIRST,
	DCF_BREACH_CONTACT
};

/* One rule that one operation does not keep.  CONTACT and ASK_FIRST are advisories of the agreement,
 * NO_ENTRY, NOTICE and CROSSING_NOTICE are breaches. */
struct dcf_breach {
	uint32_t operation;
	uint8_t rule;
	struct dcf_span article;
	struct dcf_span line, area; /* id; "" where it does not apply */
	bool has_minutes;           /* have/need stand */
	int64_t have_us, need_us;
	int64_t start_us, end_us; /* DCF_TIME_NONE where it does not apply */
};

struct dcf_result {
	const struct dcf_alloc *from;
	struct dcf_conflict *conflicts; /* every class, sorted by (start, a, b); readers split by class and `internal` */
	size_t conflict_count, conflict_cap;
	struct dcf_interval *intervals;
	size_t interval_count, interval_cap;
	struct dcf_breach *breaches; /* sorted by (party, operation, rule, article, start) */
	size_t breach_count, breach_cap;
	struct dcf_remark *remarks; /* refusals and warnings of reading and of checking, sorted */
	size_t remark_count, remark_cap;
	struct dcf_arena arena;    /* what the check itself wrote: texts of its remarks */
	uint64_t candidates;       /* pairs of indexed pieces the search handed to the exact test */
	size_t refused_features;   /* features that reading let pass and the geometry refused */
	size_t refused_operations; /* operations of which no feature is left for that reason */
};

/* Check the whole plan.  `result` must be zeroed; on failure it is left freed.
 * Features whose geometry is refused (a self-intersecting ring, a polygon larger than a hemisphere …)
 * take no part and stand in `remarks`. */
DCF_CHECKED enum dcf_status dcf_check(const struct dcf_plan *plan, const struct dcf_check_options *options,
				      const struct dcf_alloc *a, struct dcf_result *result);
void dcf_result_free(struct dcf_result *result);

#endif
