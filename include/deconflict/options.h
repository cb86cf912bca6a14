/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - ways out of conflicts, each checked against every other operation, and plans without conflicts.
 *
 * An option moves one operation (a joint one two) in time, in level or in place so that it has no conflict with another
 * party any more, none inside its own party is new or longer, and no rule of the agreement is broken that was kept
 * before.  Shifts and levels are the least that do.  An option is a proposal: not clearance, and not the consent of those
 * who would move.  Two options that are taken together must be checked again; a whole plan was checked as one.
 *
 * What a party or an operation can bear stands in the operations (`limits`, `protected`), as does what changes cost
 * (`costs` of the agreement).  The same operations and wish give the same answer on every machine and with any number of
 * threads, unless `stop` ends the search.  An answer may be read by any number of threads. */
#ifndef DECONFLICT_OPTIONS_H
#define DECONFLICT_OPTIONS_H

#include <deconflict/check.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is wished for.  Begin with dcf_wish_usual() and change what should differ. */
struct dcf_wish {
	struct dcf_question question; /* minima, engine and threads; `for_party` and `only_operation` are not used */
	const char *move;             /* "ID" or "PARTY/ID": only what this operation can do by itself; NULL: both sides */
	const char *reader;           /* the party that will read the answer: operations not disclosed to it are named nowhere;
				       * NULL: whoever holds all operations */
	bool accept_brief;            /* an option may leave pairs that are brief */
	int64_t max_delay_us, max_advance_us;                /* below 0: 24 h */
	double max_detour_m;                                 /* below 0: 200 km */
	double margin_m;                                     /* room that ways around leave beyond the minima */
	double cost_delay_s, cost_altitude_ft, cost_extra_m; /* of a second, a foot, a metre; below 0: the agreement's */
	unsigned max_options;                                /* for each conflict; 0: the usual number */
	bool whole;              /* one plan for everyone instead of options; `move` and `reader` must be NULL */
	uint64_t seed;           /* of a whole plan */
	uint64_t effort;         /* steps of improvement of a whole plan; 0: the usual number */
	double max_share;        /* the largest share of the cost that one party may carry, above 0 to 1 */
	bool (*stop)(void *ctx); /* true when time is up: asked often, from several threads at once; NULL: never */
	void *stop_ctx;
};

/* Everything as the command has it when nothing is said: options for all conflicts, one thread. */
DCF_API struct dcf_wish dcf_wish_usual(void);

struct dcf_ways_out;

/* Find ways out for `ops`, which must be finished and must outlive the answer.  `*out` is to be freed with
 * dcf_ways_out_free; it is NULL after any error.
 * DCF_E_USAGE: not finished, or a whole plan with `move` or `reader`.  DCF_E_RANGE: a value out of range.
 * DCF_E_NOT_FOUND: no such party or operation, or one that `reader` may not know of.  DCF_E_AMBIGUOUS: several parties have an
 * operation of that ID.  DCF_E_LIMIT: too many conflicts.  DCF_E_NOMEM. */
DCF_API DCF_CHECKED enum dcf_status dcf_find_ways_out(const struct dcf_operations *ops, const struct dcf_wish *wish,
						      struct dcf_ways_out **out);

/* Free the answer.  NULL is fine. */
DCF_API void dcf_ways_out_free(struct dcf_ways_out *ways);

/* How an answer counts. */
struct dcf_ways_out_counts {
	size_t options;    /* of a whole plan: operations that move */
	size_t conflicts;  /* that options were looked for; 0 of a whole plan */
	size_t unresolved; /* conflicts that stay */
	size_t refused;    /* features and inputs that took no part: as long as there are any the answer is not whole */
	bool stopped;      /* time was up: the best so far */
};
DCF_API struct dcf_ways_out_counts dcf_ways_out_count(const struct dcf_ways_out *ways);

/* One option.  Texts belong to the operations. */
struct dcf_way_out {
	struct dcf_text party, operation;           /* who moves */
	struct dcf_text also_party, also_operation; /* the other one of a joint option; absent otherwise */
	const char
		*kind; /* "delay", "advance", "altitude", "speed", "reroute", "resize", "split", "hold", "combined", "joint" */
	bool is_protected; /* one that moves is protected: asked last */
	double cost, delay_s, altitude_ft, extra_m;
	/* how much further it could be displaced in that dimension alone before it is in conflict, rounded down; below 0: by
	 * nothing that was looked at, or (a whole plan of more than 2000 moves, or one that time ended) not worked out */
	double room_lateral_m, room_vertical_ft, room_time_s;
	size_t resolves; /* conflicts that end with it */
};

/* Option `i`.  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_option(const struct dcf_ways_out *ways, size_t i, struct dcf_way_out *out);

/* Option `i` in words, "US-B1-01 at FL240 instead of FL290", with a NUL, into `to` of `cap` bytes; `*need` (may be NULL)
 * receives the bytes needed.  DCF_E_LIMIT: `cap` is too small.  DCF_E_RANGE, DCF_E_NOMEM. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_words(const struct dcf_ways_out *ways, size_t i, char *to, size_t cap,
						       size_t *need);

/* A conflict and how many options there are for it. */
struct dcf_way_out_of {
	struct dcf_text a_party, a_operation, b_party, b_operation; /* a sorts first */
	size_t options;
};

/* Conflict `k`, in the order of a check.  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_conflict(const struct dcf_ways_out *ways, size_t k,
							  struct dcf_way_out_of *out);

/* The `i`th best option of conflict `k`, as a number for dcf_ways_out_option.  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_best(const struct dcf_ways_out *ways, size_t k, size_t i, size_t *option);

/* A conflict that stays, and why. */
struct dcf_no_way_out {
	struct dcf_text a_party, a_operation, b_party, b_operation;
	struct dcf_text why; /* belongs to the answer */
};

/* Conflict `i` of those that stay.  DCF_E_RANGE: there is none. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_unresolved(const struct dcf_ways_out *ways, size_t i,
							    struct dcf_no_way_out *out);

/* The JSON object of `options --format json`.  DCF_E_IO: the sink stopped.  DCF_E_NOMEM. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_json(const struct dcf_ways_out *ways, dcf_sink *sink, void *ctx);

/* The operations as GeoJSON after option `i`, or after a whole plan (`i` 0, also when nothing moves).  A feature that changed
 * has a member "before" beside `properties`: the declared feature.  With a `reader` what it may not know is left out.
 * DCF_E_RANGE: there is no such option.  DCF_E_IO, DCF_E_NOMEM. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_changed(const struct dcf_ways_out *ways, size_t i, dcf_sink *sink, void *ctx);

/* What must be shown beside every answer, with a NUL: what an option is and is not, what was refused and assumed.
 * DCF_E_LIMIT: `cap` is too small.  DCF_E_NOMEM. */
DCF_API DCF_CHECKED enum dcf_status dcf_ways_out_notice(const struct dcf_ways_out *ways, char *to, size_t cap, size_t *need);

#ifdef __cplusplus
}
#endif

#endif
