/* SPDX-License-Identifier: Apache-2.0 */
/* desk.h - where one operation's options are worked out: a kind proposes candidates, CHECK verifies them.
 *
 *   kinds.h    delay advance altitude ... each knows how to make candidates, cheapest first
 *      |  dcf_desk_offer(candidate)
 *      v
 *   desk.h     limits -> verify (CHECK's exact test against every other operation, own party, agreement's rules)
 *      |  accepted
 *      v
 *   rank.h     Pareto front over (delay, altitude, metres), order, a few a kind
 *
 * One desk serves one thread. */
#ifndef DCF_OPTIONS_DESK_H
#define DCF_OPTIONS_DESK_H

#include "options/change.h"
#include "options/option.h"
#include "options/standing.h"

/* What whoever asks can set.  Begin with dcf_ask_usual. */
struct dcf_ask {
	struct dcf_limits limits; /* for everyone; parties' and operations' own limits narrow it */
	struct dcf_costs costs;   /* the agreement's, or the command line's */
	double margin_m;          /* room that reroutes and shrinks leave beyond the minima */
	int64_t level_step_e4;    /* 0: the usual steps of dcf_level_next */
	bool accept_brief;        /* an option may rest on `brief` */
	uint32_t reader;          /* party that will read the options; DCF_NONE: whoever holds the file */
	uint32_t max_options;     /* for each conflict */
	/* true when time is up (checked between candidates); NULL: never */
	bool (*stop)(void *ctx);
	void *stop_ctx;
};

/* 24 h either way, any level up to 60,000 ft, a detour of 200 km, the agreement's costs, 24 options a conflict, no margin. */
struct dcf_ask dcf_ask_usual(const struct dcf_plan *plan);
/* May whoever reads the options know of this operation? */
bool dcf_ask_may_know(const struct dcf_ask *ask, const struct dcf_plan *plan, uint32_t operation);

/* One conflict of the operation with another party's, as seen from the operation. */
struct dcf_clash {
	uint32_t other;                      /* operation */
	uint32_t own_feature, other_feature; /* of the plan: the pair with the earliest start */
	int64_t start_us, end_us;            /* hull of all their intervals */
	struct dcf_latlon closest;
	bool visible; /* the reader may know of it */
	bool brief;
};

/* An operation that shall move. */
struct dcf_case {
	uint32_t operation;
	struct dcf_features features; /* as declared */
	struct dcf_limits limits;     /* of ask, party and operation, joined */
	bool is_protected;
	const struct dcf_clash *clash; /* what it conflicts with (other parties, not advisory), sorted by (start, other) */
	uint32_t clash_count;
	/* forbidden shifts of the whole operation, over all visible others and parts: normalised, microseconds; within
	 * [-limits.max_advance_us, limits.max_delay_us] */
	const struct dcf_set *shifts;
	/* forbidden lifts of the whole operation when all its altitudes move alike (0.1 mm); meaningless when it has no
	 * level (dcf_change_level) or is a trajectory that is not level (`lifts` is NULL then) */
	const struct dcf_set *lifts;
};

struct dcf_desk;

/* A candidate: changes of one operation, or of two (joint).  `features` need not be set: the desk applies the changes. */
struct dcf_proposal {
	uint8_t kind;
	struct dcf_moved moved[2];
	uint32_t moved_count;
};

/* What became of an offer. */
enum dcf_verdict {
	DCF_VERDICT_ACCEPTED, /* verified and kept (it may still be left out in the ranking) */
	DCF_VERDICT_LIMIT,    /* beyond what its party can bear, or fixed */
	DCF_VERDICT_NO_SENSE, /* the change cannot be made or gives no sound shape */
	DCF_VERDICT_CONFLICT, /* still in conflict with another party, `blocker` names the first */
	DCF_VERDICT_INTERNAL, /* makes or lengthens a conflict inside its own party */
	DCF_VERDICT_RULE,     /* breaks a rule of the agreement that was kept before, or breaks it more */
	DCF_VERDICT_HIDDEN,   /* would do, but for an operation its reader may not know of: not offered, nothing said */
	DCF_VERDICT_STOPPED   /* time is up */
};

/* Verify a candidate and keep it if it holds.  `blocker` (may be NULL) receives the operation in the way, or DCF_NONE. */
DCF_CHECKED enum dcf_status dcf_desk_offer(struct dcf_desk *desk, const struct dcf_proposal *p, enum dcf_verdict *verdict,
					   uint32_t *blocker);

/* For kinds: the plan, what was asked, an arena that lives until the case is over, time. */
const struct dcf_standing *dcf_desk_standing(const struct dcf_desk *desk);
const struct dcf_ask *dcf_desk_ask(const struct dcf_desk *desk);
struct dcf_arena *dcf_desk_arena(struct dcf_desk *desk);
bool dcf_desk_stopped(struct dcf_desk *desk);

#endif
