/* SPDX-License-Identifier: Apache-2.0 */
/* body.h - features made ready for exact tests: bases for volumes, a track for a trajectory. */
#ifndef DCF_CORE_BODY_H
#define DCF_CORE_BODY_H

#include "core/parallel.h"
#include "core/shape.h"

struct dcf_body {
	const struct dcf_feature *feature;
	struct dcf_base *bases; /* one a part; NULL for a trajectory */
	uint32_t base_count;
	struct dcf_track track;
};

/* Build the body of `f` in `arena`.  DCF_E_REFUSED with `*why` (see dcf_base_build), DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_body_build(const struct dcf_feature *f, struct dcf_arena *arena, struct dcf_body *out,
					   const char **why);

/* All bodies of a plan.  Small shapes are made when asked for (a microsecond or two) and forgotten, so a
 * million of them need no memory; large ones and tracks are kept. */
struct dcf_kept {
	struct dcf_body body; /* .feature NULL: refused; bases and track NULL: made when asked for */
	const char *refusal;  /* why, where refused */
};

struct dcf_bodies {
	const struct dcf_alloc *from;
	const struct dcf_plan *plan;
	struct dcf_kept *kept; /* one a feature; NULL: none is kept or refused */
	size_t count;
	struct dcf_arena *arenas; /* one a job of building */
	unsigned arena_count;
};

/* Build what is worth keeping.  With `validate` every shape is built once to see whether it is refused;
 * without, only tracks are: for plans known to be sound.  `bodies` zeroed with `from` set; free it also
 * after a failure. */
DCF_CHECKED enum dcf_status dcf_bodies_build(const struct dcf_plan *plan, bool validate, const struct dcf_parallel *parallel,
					     struct dcf_bodies *bodies);
void dcf_bodies_free(struct dcf_bodies *bodies);

/* Feature `i`, or NULL where it is refused. */
static inline const struct dcf_feature *dcf_bodies_feature(const struct dcf_bodies *bodies, size_t i)
{
	return bodies->kept ? bodies->kept[i].body.feature : &bodies->plan->features[i];
}

/* Body `i`, kept or made in `arena` (which the caller rewinds when done with it). */
DCF_CHECKED enum dcf_status dcf_bodies_get(const struct dcf_bodies *bodies, uint32_t i, struct dcf_arena *arena,
					   struct dcf_body *out);

#endif
