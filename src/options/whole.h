/* SPDX-License-Identifier: Apache-2.0 */
/* whole.h - a plan without conflicts for everyone, changing as little as possible (`options --all`).
 *
 * Moves: shift in time and change of level of whole operations.  The sum of weighted changes is made small by local
 * search over exact forbidden shifts; what these moves cannot clear is tried with every other kind of option, one
 * operation at a time; the outcome is verified by CHECK as a whole. */
#ifndef DCF_OPTIONS_WHOLE_H
#define DCF_OPTIONS_WHOLE_H

#include "options/desk.h"

struct dcf_whole_ask {
	struct dcf_ask ask;
	uint64_t seed;
	uint64_t effort;  /* steps of improvement; 0: the usual number for this size.  The same effort, the same plan */
	double max_share; /* largest share of the total cost that one party may carry, 0..1; 1: not bounded */
};

/* Margins are worked out up to so many moves: each looks at everything within 6 h, 20,000 ft and 50 km, which takes 1 to 2 ms
 * among some ten thousand flights, so a plan that a person reads gets them within a second or two, and a plan in which
 * tens of thousands move does not wait a minute for numbers that nobody reads.  Nor once time is up. */
enum { DCF_WHOLE_MARGINS_MAX = 2000 };

/* What one party carries. */
struct dcf_burden {
	double cost, share; /* share of the total, 0 when nothing moves */
	size_t moved;       /* operations */
};

struct dcf_whole_result {
	const struct dcf_alloc *from;
	struct dcf_moved *moved; /* operations that change, by rank of operation */
	size_t moved_count, moved_cap;
	struct dcf_cost *cost;     /* of each moved one */
	struct dcf_margin *margin; /* of each moved one, all others where the plan puts them; NULL: not worked out */
	struct dcf_cost total;
	double lower_bound;                /* no plan of shifts and changes of level alone costs less */
	double first_cost;                 /* of the first plan without conflicts */
	struct dcf_burden *burden;         /* one a party */
	bool share_kept;                   /* max_share holds */
	struct dcf_unresolved *unresolved; /* pairs still in conflict, with the reason */
	size_t unresolved_count, unresolved_cap;
	size_t conflicts_before, conflicts_after; /* pairs of operations of different parties, as CHECK counts them */
	uint64_t steps;
	bool stopped; /* time was up: the best so far */
	struct dcf_arena arena;
};

/* `check` is dcf_check's answer on the same plan and question.  Zero `result` first; on failure it is left freed. */
DCF_CHECKED enum dcf_status dcf_whole_find(const struct dcf_plan *plan, const struct dcf_check_options *question,
					   const struct dcf_result *check, const struct dcf_whole_ask *ask,
					   const struct dcf_alloc *a, struct dcf_whole_result *result);
void dcf_whole_free(struct dcf_whole_result *result);

/* The plan with the moved operations in place of the declared ones: a shallow copy that borrows everything else from
 * `plan`; free with dcf_plan_changed_free, never dcf_plan_free. */
DCF_CHECKED enum dcf_status dcf_plan_changed(const struct dcf_plan *plan, const struct dcf_moved *moved, size_t count,
					     const struct dcf_alloc *a, struct dcf_plan *out);
void dcf_plan_changed_free(struct dcf_plan *out, const struct dcf_alloc *a);

#endif
