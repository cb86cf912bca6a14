/* SPDX-License-Identifier: Apache-2.0 */
/* standing.h - a plan made ready for many questions about one operation: "what is near this, if it were here?"
 *
 * CHECK joins everything with everything once; whoever looks for ways out asks about one changed operation again
 * and again.  So bodies, boxes and index are built once and kept.  Built, it is only read: any number of threads. */
#ifndef DCF_OPTIONS_STANDING_H
#define DCF_OPTIONS_STANDING_H

#include "core/check.h"
#include "core/items.h"
#include "core/minima.h"

struct dcf_standing {
	const struct dcf_alloc *from;
	const struct dcf_plan *plan;              /* borrowed, unchanged */
	const struct dcf_check_options *question; /* borrowed: minima */
	struct dcf_offsets offsets;
	struct dcf_axes axes;
	struct dcf_bodies bodies;
	struct dcf_items items;
	struct dcf_index ix;
	struct dcf_minima *minima; /* by pair of parties, party_count squared */
	uint32_t *first_feature,
		*feature_of; /* features of operation i: feature_of[first_feature[i] .. first_feature[i + 1]) */
	uint32_t *rank;      /* order of operations by (party id, operation id) */
};

/* Zero `st` first.  Refused shapes take no part, as in a check.  Free it also after a failure. */
DCF_CHECKED enum dcf_status dcf_standing_build(const struct dcf_plan *plan, const struct dcf_check_options *question,
					       const struct dcf_alloc *a, struct dcf_standing *st);
void dcf_standing_free(struct dcf_standing *st);

/* How far a body may stray from where it is asked about. */
struct dcf_stray {
	int64_t earlier_us, later_us; /* >= 0 */
	int64_t lower_e4, higher_e4;  /* >= 0 */
	double aside_m;               /* >= 0 */
};

/* One thing near: pieces first..last of the body asked about (0, 0 of a volume), and an item of the index. */
struct dcf_near {
	uint32_t feature; /* of the plan: whose item it is */
	uint32_t first, last;
	uint32_t item;
};

/* Zero-initialise and set `from`. */
struct dcf_nears {
	const struct dcf_alloc *from;
	struct dcf_near *at; /* sorted by (feature, first, item), none twice */
	size_t count, cap;
	bool failed;
};
void dcf_nears_free(struct dcf_nears *n);

/* Everything that could come within the minima of `body` (of any operation but `operation`) if it strayed as said:
 * may name too much, never too little.  `body` need not be of the plan, only its party.  Replaces what `out` held. */
DCF_CHECKED enum dcf_status dcf_standing_near(const struct dcf_standing *st, const struct dcf_body *body, uint32_t operation,
					      const struct dcf_stray *stray, struct dcf_nears *out);

/* The body of an item: a volume's (made in `arena` where it is not kept), or a view of the pieces of a track. */
DCF_CHECKED enum dcf_status dcf_standing_item(const struct dcf_standing *st, uint32_t item, struct dcf_arena *arena,
					      struct dcf_body *out);

/* The part of the body that a neighbour was found near: a view of those pieces; of a volume, the body. */
struct dcf_body dcf_near_part(const struct dcf_body *body, const struct dcf_near *near);

static inline const struct dcf_minima *dcf_standing_minima(const struct dcf_standing *st, uint32_t a, uint32_t b)
{
	return &st->minima[(size_t)a * st->plan->party_count + b];
}

#endif
