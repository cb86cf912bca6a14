/* SPDX-License-Identifier: Apache-2.0 */
/* change.h - an operation after a change: new features, the old ones untouched.
 *
 * All functions copy what they change into `arena` and share the rest with the plan.  They do not look whether the
 * result is free, allowed or sound: verify.h does.  DCF_E_NOMEM; DCF_E_RANGE where the change has no meaning for
 * that operation (a hold of a volume, a window cut to nothing), which callers take as "not this one". */
#ifndef DCF_OPTIONS_CHANGE_H
#define DCF_OPTIONS_CHANGE_H

#include "options/option.h"
#include "options/standing.h"

/* Features of an operation, by value. */
struct dcf_features {
	struct dcf_feature *at;
	uint32_t count;
};

/* The features of `operation` as declared (refused ones left out), copied shallowly into the arena. */
DCF_CHECKED enum dcf_status dcf_features_of(const struct dcf_standing *st, uint32_t operation, struct dcf_arena *arena,
					    struct dcf_features *out);

/* Apply `c` to `from`.  Fills in c->extra_m, and for SPEED c->shift_us.  LIFT: volumes and level trajectories as a whole; a
 * trajectory that climbs or descends is lowered by capping it at its top level plus lift_e4, and raised at those waypoints that
 * are at its top level, so that it still begins and ends where it did.  Refuses (DCF_E_RANGE) to lift a band that stands on the
 * ground (0 SFC), is unlimited, or would reach below the surface of its reference (AGL, SFC below 0). */
DCF_CHECKED enum dcf_status dcf_change_apply(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
					     struct dcf_features *out);

/* What a change costs in seconds, feet and metres, weighted by `w`. */
struct dcf_cost dcf_change_cost(const struct dcf_change *c, const struct dcf_costs *w);
struct dcf_cost dcf_cost_sum(struct dcf_cost a, struct dcf_cost b);

/* The level an operation is known by: the lower limit of its lowest band, or a trajectory's top.  False when it has
 * none that could be moved (see dcf_change_apply, LIFT). */
bool dcf_change_level(const struct dcf_features *f, struct dcf_altitude *level);

/* Next usable level above (up) or below `e4` in the unit and reference of `like`: with step_e4 0 the usual one:
 * STD in feet or FL: 1,000 ft; other references in feet: 500 ft (100 ft for AGL and SFC below 2,000 ft); STD in metres: by 300
 * m to 8,100 m, 500 m to 12,100 m, then 1,000 m (levels.c says whose table that is); other metres: 150 m (30 m for AGL and SFC
 * below 600 m).  Levels are multiples of the step above the reference's zero. */
int64_t dcf_level_next(struct dcf_altitude like, int64_t step_e4, int64_t e4, bool up);

#endif
