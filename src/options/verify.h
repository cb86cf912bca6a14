/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h - does a change hold?  Asked of CHECK's own exact test, rules included.
 *
 * A verifier is one thread's scratch around a standing plan.  What it is asked about need not be in the plan: the moved
 * operations stand in the place of the declared ones, everything else stays as declared. */
#ifndef DCF_OPTIONS_VERIFY_H
#define DCF_OPTIONS_VERIFY_H

#include "options/desk.h"

/* Breaches of one operation before anything moves, kept since many candidates ask for them. */
struct dcf_rules_before {
	uint32_t operation; /* DCF_NONE: none kept */
	struct dcf_result result;
};

struct dcf_trial {
	const struct dcf_standing *st;
	const struct dcf_ask *ask;
	struct dcf_arena scratch; /* forgotten at each question */
	struct dcf_pair_scratch pair;
	struct dcf_nears nears;
	struct dcf_inside *inside; /* conflicts inside the own party, and brief ones: when, with whom */
	size_t inside_count, inside_cap;
	struct dcf_rules_before before[2];
	/* of the last dcf_verify: of DCF_VERDICT_INTERNAL, no shift by less than this can end it (0: nothing is known); of
	 * DCF_VERDICT_RULE, the rule */
	int64_t internal_for_us;
	uint8_t worse_rule; /* enum dcf_breach_rule */
};

void dcf_trial_init(struct dcf_trial *v, const struct dcf_standing *st, const struct dcf_ask *ask, const struct dcf_alloc *a);
void dcf_trial_free(struct dcf_trial *v);

/* Everything in the order conflicts with other parties, own party, rules; limits are the desk's affair.  `moved`
 * has its features set.  `blocker` receives the operation in the way, or DCF_NONE. */
DCF_CHECKED enum dcf_status dcf_verify(struct dcf_trial *v, const struct dcf_moved *moved, uint32_t count,
				       enum dcf_verdict *verdict, uint32_t *blocker);

/* The agreement's rules alone: does any breach appear that was not there, or grow worse?  (Asking first and contact are
 * requests, not breaches.) */
DCF_CHECKED enum dcf_status dcf_verify_rules(struct dcf_trial *v, uint32_t operation, const struct dcf_feature *features,
					     uint32_t count, bool *worse);

/* Is the no_entry area `id` entered by `operation` as declared?  Then entering it is not new. */
DCF_CHECKED enum dcf_status dcf_verify_enters(struct dcf_trial *v, uint32_t operation, struct dcf_span id, bool *yes);

/* How long two operations are in conflict as declared, whosever they are, advisory features left out.  Uses the scratch. */
DCF_CHECKED enum dcf_status dcf_verify_dwell(struct dcf_trial *v, uint32_t a, uint32_t b, int64_t *us);

/* Operations of `operation`'s own party with which it is in conflict when everything in `moved`, itself among them, has
 * moved: sorted by number, none twice.  `moved` was verified.  `list` in `arena`. */
DCF_CHECKED enum dcf_status dcf_verify_internal(struct dcf_trial *v, const struct dcf_moved *moved, uint32_t count,
						uint32_t operation, struct dcf_arena *arena, uint32_t **list, uint32_t *n);

/* How much room the moved operations have: see struct dcf_margin.  Looks 6 h, 20,000 ft and 50 km far, only at what
 * the reader may know of.  What CHECK would call in doubt counts as taken; shifts are within 0.05 s. */
DCF_CHECKED enum dcf_status dcf_verify_margin(struct dcf_trial *v, const struct dcf_moved *moved, uint32_t count,
					      struct dcf_margin *out);

#endif
