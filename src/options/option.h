/* SPDX-License-Identifier: Apache-2.0 */
/* option.h - a way out of a conflict, as plain values: who moves, how, what it costs, what margin it leaves. */
#ifndef DCF_OPTIONS_OPTION_H
#define DCF_OPTIONS_OPTION_H

#include "core/plan.h"

enum dcf_option_kind {
	DCF_OPTION_DELAY,
	DCF_OPTION_ADVANCE,
	DCF_OPTION_ALTITUDE,
	DCF_OPTION_SPEED,
	DCF_OPTION_REROUTE,
	DCF_OPTION_RESIZE,
	DCF_OPTION_SPLIT,
	DCF_OPTION_HOLD,
	DCF_OPTION_COMBINED,
	DCF_OPTION_JOINT,
	DCF_OPTION_KINDS
};

/* "delay", "advance" …: the names of FORMAT.md. */
const char *dcf_option_kind_name(uint8_t kind);

/* One elementary change of one operation.  Members that a change does not use are 0. */
enum dcf_change_how {
	DCF_CHANGE_NONE,
	DCF_CHANGE_SHIFT,   /* all times by shift_us */
	DCF_CHANGE_LIFT,    /* levels by lift_e4: a trajectory that is not level, its top (see change.h) */
	DCF_CHANGE_SPEED,   /* a trajectory flown at `factor` times its speed from its start; shift_us: the change of its last
			       time */
	DCF_CHANGE_OFFSET,  /* a line or trajectory moved aside in parallel by distance_m, positive to its right */
	DCF_CHANGE_DOGLEG,  /* a line or trajectory led around: from `leave` on leg leave_leg by way of `at`, `at2` to `rejoin`
			     * on leg  rejoin_leg; distance_m: how far aside (positive: right) */
	DCF_CHANGE_MOVE,    /* a zone moved by distance_m towards bearing_deg */
	DCF_CHANGE_SHRINK,  /* radius, half width or polygon made smaller by distance_m all round */
	DCF_CHANGE_FLOOR,   /* the lower limit raised to level_e4 */
	DCF_CHANGE_CEILING, /* the upper limit brought down to level_e4 */
	DCF_CHANGE_BEGIN,   /* the window begins at from_us; shift_us: the length cut away (>= 0), set by dcf_change_apply */
	DCF_CHANGE_END,     /* the window ends at to_us; shift_us: the same */
	DCF_CHANGE_SPLIT,   /* nothing from from_us to to_us: two windows */
	DCF_CHANGE_HOLD,    /* a trajectory waits at `at` from from_us for shift_us; what follows is later by as much */
	DCF_CHANGES
};

struct dcf_change {
	uint8_t how; /* enum dcf_change_how */
	int64_t shift_us;
	int64_t lift_e4;
	struct dcf_altitude from,
		to; /* LIFT, FLOOR, CEILING: the level before and after, in the operation's own unit and reference */
	double factor;
	double distance_m, bearing_deg;
	double extra_m; /* more path than before (never negative in costs) */
	int64_t from_us, to_us;
	struct dcf_latlon at, at2;
	struct dcf_latlon leave, rejoin; /* DOGLEG: on the declared line, after vertex leave_leg and rejoin_leg */
	uint32_t leave_leg, rejoin_leg;
};

/* What one operation does in an option: one change, or two of different kinds (combined). */
enum { DCF_CHANGES_MAX = 2 };
struct dcf_moved {
	uint32_t operation;
	uint8_t kind; /* enum dcf_option_kind of its (first) change */
	struct dcf_change change[DCF_CHANGES_MAX];
	uint32_t change_count;
	struct dcf_feature *features; /* all features of the operation after the change */
	uint32_t feature_count;
};

/* What was changed, in documented units; total = weighted by struct dcf_costs. */
struct dcf_cost {
	double total;
	double delay_s;     /* seconds of shift either way, of hold, and of time given up (window seconds cut away) */
	double altitude_ft; /* feet of level change, either way, or of band given up */
	double extra_m;     /* metres of extra path, of sideways displacement, or of radius given up */
};

/* How much further could the moved operation be displaced in that dimension alone before it is in conflict?
 * DCF_MARGIN_NONE: by nothing that was looked at. */
#define DCF_MARGIN_NONE (-1.0)
struct dcf_margin {
	double lateral_m;   /* rounded down to 0.1 m */
	double vertical_ft; /* rounded down to 0.1 ft */
	double time_s;      /* rounded down to 0.001 s */
};

struct dcf_pair_of_operations {
	uint32_t a, b; /* a sorts first by (party id, operation id) */
};

struct dcf_option {
	uint8_t kind;              /* enum dcf_option_kind */
	struct dcf_moved moved[2]; /* [1] of joint options only */
	uint32_t moved_count;
	bool is_protected;                       /* one that moves is protected: asked last */
	struct dcf_pair_of_operations *resolves; /* conflicts with other parties that end with it, sorted */
	uint32_t resolve_count;
	struct dcf_pair_of_operations *internal; /* conflicts inside the mover's party that stay as they were or shrink */
	uint32_t internal_count;
	struct dcf_cost cost;
	struct dcf_margin margin;
	double order_cost; /* what it is ranked by: cost.total, and protected behind all others */
};

/* A conflict that has no way out (or none was found in time). */
struct dcf_unresolved {
	uint32_t a, b;       /* operations, a first by (party id, operation id) */
	struct dcf_span why; /* a sentence: what blocks, and the nearest miss */
};

#endif
