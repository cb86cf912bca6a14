/* SPDX-License-Identifier: Apache-2.0 */
/* change_int.h - what the files that apply changes share: one function for each way to change. */
#ifndef DCF_OPTIONS_CHANGE_INT_H
#define DCF_OPTIONS_CHANGE_INT_H

#include "options/change.h"

typedef enum dcf_status dcf_apply_fn(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				     struct dcf_features *out);

dcf_apply_fn dcf_apply_shift;              /* change_times.c */
dcf_apply_fn dcf_apply_lift;            /* change_levels.c */

/* A shallow copy with room for `room` features (at least as many as there are), or DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_features_copy(const struct dcf_features *from, uint32_t room, struct dcf_arena *arena,
					      struct dcf_features *out);

/* Give `f` waypoints of its own, to be changed. */
DCF_CHECKED enum dcf_status dcf_own_waypoints(struct dcf_feature *f, struct dcf_arena *arena);

#endif
