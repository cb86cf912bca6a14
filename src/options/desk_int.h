/* SPDX-License-Identifier: Apache-2.0 */
/* desk_int.h - a desk from the inside: for the driver, the ranking and the desk itself. */
#ifndef DCF_OPTIONS_DESK_INT_H
#define DCF_OPTIONS_DESK_INT_H

#include "base/buf.h"
#include "options/kinds.h"
#include "options/verify.h"

/* The cheapest candidate that failed, for saying what blocks. */
struct dcf_miss {
	struct dcf_proposal proposal;
	double cost;
	enum dcf_verdict verdict;
	uint32_t blocker;
	bool any;
};

struct dcf_desk {
	const struct dcf_standing *st;
	const struct dcf_ask *ask;
	const struct dcf_alloc *from;
	struct dcf_trial verifier;
	struct dcf_arena arena;     /* of the case at hand */
	struct dcf_arena *keep;     /* of accepted options: lives with the result */
	struct dcf_option *options; /* accepted in the case at hand */
	size_t option_count, option_cap;
	struct dcf_miss miss;
	size_t offers; /* in the case at hand */
	bool only_one; /* one side's choices were asked for: no joint options */
	bool stopped;
};

void dcf_desk_init(struct dcf_desk *desk, const struct dcf_standing *st, const struct dcf_ask *ask, struct dcf_arena *keep,
		   const struct dcf_alloc *a);
void dcf_desk_free(struct dcf_desk *desk);
/* Begin the next case: forget options, misses and the arena. */
void dcf_desk_clear(struct dcf_desk *desk);

/* What `operation` can bear: of what was asked, of its party's limits and its own the narrowest. */
struct dcf_limits dcf_desk_limits(const struct dcf_desk *desk, uint32_t operation);

/* Two operations in the order of their ranks, and the order of such pairs (`ctx` is the standing plan). */
struct dcf_pair_of_operations dcf_pair_ordered(const struct dcf_standing *st, uint32_t a, uint32_t b);
int dcf_pair_compare(const void *ctx, const void *x, const void *y);

/* Make `operation` a case in the desk's arena: what it clashes with, its limits, its forbidden shifts and lifts.  `shifts`
 * and `lifts` are the caller's sets, which the case borrows.  Without clashes the sets are left empty. */
DCF_CHECKED enum dcf_status dcf_case_open(struct dcf_desk *desk, uint32_t operation, struct dcf_set *shifts,
					  struct dcf_set *lifts, struct dcf_case *c);
/* Fill in what the case's operation is in conflict with as declared. */
DCF_CHECKED enum dcf_status dcf_case_clashes(struct dcf_desk *desk, struct dcf_case *c);
/* Let the kinds propose, rank what was accepted, and keep that in desk->keep with margins: `*options` lives there. */
DCF_CHECKED enum dcf_status dcf_case_solve(struct dcf_desk *desk, const struct dcf_case *c, struct dcf_option **options,
					   size_t *count);

/* Keep of the desk's options those that no other is better than in every respect, at most a few a kind, in order. */
void dcf_rank(struct dcf_desk *desk);
/* The order of options: cost, then kind, then who moves. */
int dcf_option_compare(const struct dcf_standing *st, const struct dcf_option *a, const struct dcf_option *b);

/* Forbidden shifts of bodies of `operation` (one a feature) within [low, high] us against what the reader may know of and
 * what is not in conflict inside the own party as declared; normalised.  For one more use: levels tried in turn. */
DCF_CHECKED enum dcf_status dcf_case_shifts(struct dcf_desk *desk, const struct dcf_feature *features, uint32_t count,
					    int64_t low_us, int64_t high_us, struct dcf_set *out);

/* The least whole-second shift to later (`later`) or earlier that `shifts` leaves free, beyond `beyond_us` (>= 0) in size;
 * false when there is none within limit_us.  In microseconds, negative when earlier. */
bool dcf_next_free_shift(const struct dcf_set *shifts, bool later, int64_t beyond_us, int64_t limit_us, int64_t *shift_us);

/* Append a sentence on why no option was found that moves `operation`: what blocks, and the nearest miss. */
void dcf_why_none(const struct dcf_standing *st, const struct dcf_limits *limits, const struct dcf_miss *miss,
		  uint32_t operation, struct dcf_buf *out);

/* Copies that share nothing with the originals but text. */
DCF_CHECKED enum dcf_status dcf_features_keep(const struct dcf_feature *from, uint32_t count, struct dcf_arena *arena,
					      struct dcf_feature **out);

#endif
