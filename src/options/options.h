/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - verified ways out of every conflict. */
#ifndef DCF_OPTIONS_OPTIONS_H
#define DCF_OPTIONS_OPTIONS_H

#include "options/desk.h"

/* What was found for one conflict: options[first .. first + count) by place in `order`. */
struct dcf_conflict_options {
	uint32_t a, b;         /* operations, a first by (party id, operation id) */
	uint32_t first, count; /* in dcf_options_result.order */
};

struct dcf_options_result {
	const struct dcf_alloc *from;
	struct dcf_option *options; /* each once, best first for each conflict in order of conflicts */
	size_t option_count, option_cap;
	struct dcf_conflict_options *conflicts; /* in the order of check (start, a, b): all with another party, not advisory,
						   not accepted as brief */
	size_t conflict_count, conflict_cap;
	uint32_t *order; /* indices into options */
	size_t order_count, order_cap;
	struct dcf_unresolved *unresolved;
	size_t unresolved_count, unresolved_cap;
	bool stopped; /* time was up: the best so far */
	struct dcf_arena arena;
	struct dcf_arena *job_arenas; /* what the shares of the work made */
	unsigned job_count;
};

/* Options for every conflict in `check` (dcf_check's answer on the same plan and question), or with `move` (an
 * operation, or DCF_NONE) only that operation's.  `result` must be zeroed; on failure it is left freed.
 * Threads of question->parallel are used, the answer is the same for any number of them. */
DCF_CHECKED enum dcf_status dcf_options_find(const struct dcf_plan *plan, const struct dcf_check_options *question,
					     const struct dcf_result *check, const struct dcf_ask *ask, uint32_t move,
					     const struct dcf_alloc *a, struct dcf_options_result *result);
void dcf_options_free(struct dcf_options_result *result);

/* The options of one operation. */
struct dcf_one {
	struct dcf_option *options; /* ranked, in the caller's arena; `resolves` is not filled in: all its clashes end */
	size_t option_count;
	uint32_t clash_count; /* operations of other parties that it is in conflict with as declared */
	bool stopped;
};

/* For a newcomer in a plan that stands: what it clashes with is found on the way, nobody else is asked to move.  Any
 * number of threads, each with its own `keep`. */
DCF_CHECKED enum dcf_status dcf_options_one(const struct dcf_standing *st, const struct dcf_ask *ask, uint32_t operation,
					    struct dcf_arena *keep, const struct dcf_alloc *a, struct dcf_one *out);

#endif
