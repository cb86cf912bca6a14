/* SPDX-License-Identifier: Apache-2.0 */
/* read_limits.h - what a party or an operation can bear when it is asked to move, what moving costs, and who may know
 * of an operation: the members that OPTIONS reads and CHECK ignores. */
#ifndef DCF_FORMAT_READ_LIMITS_H
#define DCF_FORMAT_READ_LIMITS_H

#include "format/read_int.h"

/* The object `limits`.  Levels stand in `levels`, with their references, and not in `limits`.  Where it returns false a
 * reason was given, and *limits is what a careful reader makes of it: nothing is moved. */
bool dcf_get_limits(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_limits *limits,
		    struct dcf_level_limits *levels);

/* Give a reason unless it is an array of names, as `disclosed_to` is. */
void dcf_check_disclosed(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v);

/* The object `costs` of an agreement, into the plan. */
void dcf_read_costs(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v);

/* What one feature says of its operation. */
struct dcf_bearing {
	bool has_limits;
	struct dcf_limits limits;
	struct dcf_level_limits levels;
	struct dcf_jval disclosed_to; /* checked; its parties are made when the feature is in the plan */
};

/* Join it into the operation of feature `f`, which is in the plan: of several the narrowest limits hold, and only a
 * party that all name may know. */
void dcf_bear(struct dcf_reader *r, const struct dcf_feature *f, const struct dcf_bearing *b);

/* When all is read: the levels of parties into the limits of their operations.  Levels in another reference than the
 * operation's own cannot be compared: no change of level is then offered for it, and a warning says so. */
DCF_CHECKED enum dcf_status dcf_join_levels(struct dcf_plan *plan);

#endif
