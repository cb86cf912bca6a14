/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - every conflict between operations of different parties, none missed.
 *
 * At an instant two features conflict when (lateral gap is 0 or below the lateral minimum) and (vertical gap is 0 or
 * below the vertical minimum); a pair is reported when that holds for an interval of positive length.  Time is
 * continuous, distances are those on the ellipsoid (to 1 m or 1e-5 of the distance), altitudes exact integers; what
 * cannot be decided counts as a conflict.
 *
 * No conflict found is not clearance: what was not declared, or was refused, is not known here.  Show
 * dcf_answer_notice, or what it says, beside every answer.
 *
 * The same operations and question give the same answer, byte for byte, on every machine, with every engine and any
 * number of threads.  An answer may be read by any number of threads. */
#ifndef DECONFLICT_CHECK_H
#define DECONFLICT_CHECK_H

#include <deconflict/geodesy.h>
#include <deconflict/operations.h>
#include <deconflict/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs job(arg, k) for each k in [0, jobs) on whatever threads it likes, and returns when all are done. */
typedef void dcf_run_jobs(void *ctx, unsigned jobs, void (*job)(void *arg, unsigned k), void *arg);

/* What is asked.  Begin with dcf_question_usual() and change what should differ. */
struct dcf_question {
	double lateral_m;           /* least lateral distance between different parties, 0..3,000,000 m; where an agreement in
				     * the operations says more, that holds */
	int64_t vertical_e4;        /* least vertical distance, 0.1 mm, 0..1,000,000 m (1,000 ft is 3,048,000) */
	int64_t max_dwell_us;       /* pairs within the minima no longer than this, without an overlap, are listed apart as
				     * brief; below 0: no such list but the agreement's */
	const char *for_party;      /* also list pairs inside this party; NULL for none */
	const char *only_operation; /* "ID" or "PARTY/ID": only pairs with this operation; NULL for all */
	bool brute;                 /* test all pairs without an index: slow, the same answer */
	unsigned threads;           /* how many `run` can use; 0 and 1: the calling thread alone */
	dcf_run_jobs *run;          /* NULL: one job after the other.  The library starts no threads itself */
	void *run_ctx;
};

/* No minima but the agreement's, all operations, the index, one thread. */
DCF_API struct dcf_question dcf_question_usual(void);

struct dcf_answer;

/* Check `ops`, which must be finished and must outlive the answer.  Memory comes from the allocator of `ops`; with
 * threads it is called from several at once.  `*out` is to be freed with dcf_answer_free.
 * DCF_E_USAGE: not finished.  DCF_E_RANGE: a minimum out of range.  DCF_E_NOT_FOUND: no such party or operation.
 * DCF_E_AMBIGUOUS: several parties have an operation of that ID.  DCF_E_LIMIT: more than two million pairs are in
 * conflict.  DCF_E_NOMEM.  `*out` is NULL after any error. */
DCF_API DCF_CHECKED enum dcf_status dcf_check_operations(const struct dcf_operations *ops, const struct dcf_question *question,
							 struct dcf_answer **out);

/* Free the answer.  NULL is fine. */
DCF_API void dcf_answer_free(struct dcf_answer *answer);

/* The lists that pairs fall into. */
enum dcf_pair_list {
	DCF_PAIRS_CONFLICTS = 0,  /* overlaps and separations below the minima */
	DCF_PAIRS_BRIEF = 1,      /* below the minima for no longer than is allowed */
	DCF_PAIRS_ADVISORIES = 2, /* one of the two is advisory */
	DCF_PAIRS_INTERNAL = 3,   /* inside the party of `for_party`: not for anybody else's eyes */
	DCF_PAIRS_END
};

/* How an answer counts.  `found`: conflicts or breaches, what makes the command's exit status 1. */
struct dcf_answer_counts {
	size_t operations, features; /* that took part */
	size_t pairs[DCF_PAIRS_END];
	size_t breaches; /* of the agreement's rules, and what it asks for (dcf_rule_not_kept.counts tells which) */
	size_t refused;  /* features and inputs that took no part: as long as there are any the answer is not whole */
	size_t notes;
	bool found;
};
DCF_API struct dcf_answer_counts dcf_answer_count(const struct dcf_answer *answer);

enum dcf_pair_kind { DCF_KIND_OVERLAP = 0, DCF_KIND_SEPARATION = 1, DCF_KIND_BRIEF = 2, DCF_KIND_ADVISORY = 3 };

struct dcf_side {
	struct dcf_text party, operation;
	struct dcf_text feature; /* the one with the earliest start */
};

/* One pair of operations.  Texts belong to the operations. */
struct dcf_pair_found {
	struct dcf_side a, b; /* a sorts first by (party, operation) */
	enum dcf_pair_kind kind;
	bool touch; /* they meet only in their boundaries */
	bool has_overlap;
	int64_t start_us, end_us;                 /* hull of the intervals, rounded outward */
	int64_t overlap_start_us, overlap_end_us; /* DCF_NO_TIME without an overlap */
	int64_t dwell_us;                         /* length of the union of the intervals */
	int64_t lateral_gap_dm;                   /* smallest while in conflict, 0.1 m, rounded down */
	int64_t vertical_gap_dft[2];              /* interval of the smallest vertical gap, 0.1 ft, rounded down */
	int64_t closest_us;                       /* first instant of the least lateral gap */
	struct dcf_position closest;              /* a point common to both, or between them, then */
	double minimum_lateral_m;                 /* the minima that held for the pair */
	int64_t minimum_vertical_e4;
	struct dcf_text article; /* of the agreement's rule that gave them; absent when none */
	size_t intervals;        /* at least 1: see dcf_answer_interval */
};

/* Pair `i` of `list`, sorted by (start, a, b).  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_pair(const struct dcf_answer *answer, enum dcf_pair_list list, size_t i,
						    struct dcf_pair_found *out);

struct dcf_interval_found {
	int64_t start_us, end_us; /* rounded outward, start < end */
	enum dcf_pair_kind kind;  /* overlap or separation */
	struct dcf_text a_feature, b_feature;
};

/* Interval `k` of pair `i` of `list`, sorted by start.  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_interval(const struct dcf_answer *answer, enum dcf_pair_list list, size_t i,
							size_t k, struct dcf_interval_found *out);

/* A rule of the agreement that an operation does not keep, or that asks something of it. */
struct dcf_rule_not_kept {
	struct dcf_text party, operation;
	const char *rule; /* "notice_min", "crossing_notice_min", "no_entry", "ask_first", "contact"; static */
	bool counts;      /* a breach; false: the agreement asks something, nothing is broken yet */
	struct dcf_text article, line, area; /* absent where they do not apply */
	bool has_notice;                     /* have_us and need_us stand: the notice given and due */
	int64_t have_us, need_us;
	int64_t start_us, end_us; /* DCF_NO_TIME where it does not apply */
};

/* Breach `i`, sorted by (party, operation, rule, article, start).  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_breach(const struct dcf_answer *answer, size_t i, struct dcf_rule_not_kept *out);

/* Note `i` of reading and checking, sorted by (party, operation, where).  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_note(const struct dcf_answer *answer, size_t i, struct dcf_note *out);

/* The whole answer as the JSON object of `deconflict check --format json` and a newline, to `sink`.
 * DCF_E_NOMEM; DCF_E_IO: the sink stopped. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_json(const struct dcf_answer *answer, dcf_sink *sink, void *ctx);

/* The same into `to`, of `cap` bytes, with a NUL after it.  `*need` (may be NULL) receives the bytes needed with
 * the NUL: call it with cap 0 (to may be NULL), then again.  The text is made in each call, so for large answers
 * dcf_answer_json costs half.  DCF_E_LIMIT: it does not fit; `to` is not written.  DCF_E_NOMEM. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_json_fill(const struct dcf_answer *answer, char *to, size_t cap, size_t *need);

/* The answer as one self-contained HTML page (UTF-8, below 1.5 MB) to `sink`.  Errors as dcf_answer_json, and
 * DCF_E_REFUSED where a shape cannot be drawn. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_report(const struct dcf_answer *answer, dcf_sink *sink, void *ctx);

/* The sentences that belong beside every answer: no conflict found is not clearance, what was refused, what was
 * assumed.  One line, sized as dcf_answer_json_fill. */
DCF_API DCF_CHECKED enum dcf_status dcf_answer_notice(const struct dcf_answer *answer, char *to, size_t cap, size_t *need);

#ifdef __cplusplus
}
#endif

#endif
