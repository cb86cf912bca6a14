/* SPDX-License-Identifier: Apache-2.0 */
/* items.h - what the index holds of a plan.
 *
 * Item i below the number of features is that feature, when it is a volume; items from there on are
 * stretches of tracks.  A volume that crosses the antimeridian has a second box, with the same item. */
#ifndef DCF_CORE_ITEMS_H
#define DCF_CORE_ITEMS_H

#include "core/extent.h"

struct dcf_stretch {
	uint32_t feature;
	uint32_t first, last;  /* pieces of its track */
	struct dcf_track view; /* those pieces as a track of their own, on the same memory */
};

/* The stretch of `track` that begins with piece `first`: the piece behind its last one.  Consecutive legs until they hold
 * enough pieces for one box; a longer leg is cut into stretches of its own (*whole_legs false). */
uint32_t dcf_stretch_end(const struct dcf_track *track, uint32_t first, bool *whole_legs);
/* Its box, and its pieces [first, end) as a track of their own on the same memory. */
struct dcf_extent dcf_stretch_extent(const struct dcf_axes *axes, const struct dcf_track *track, uint32_t first, uint32_t end,
				     bool whole_legs);
struct dcf_track dcf_stretch_view(const struct dcf_track *t, uint32_t first, uint32_t end);

/* Zero-initialise and set `from`. */
struct dcf_items {
	const struct dcf_alloc *from;
	size_t features;
	struct dcf_stretch *stretch;
	size_t stretch_count, stretch_cap;
	struct dcf_index_item *box; /* id UINT32_MAX: none */
	size_t box_count, box_cap;
};

/* Boxes of every feature that has a body; by shares, with the same outcome for any number of threads. */
DCF_CHECKED enum dcf_status dcf_items_fill(struct dcf_items *items, const struct dcf_axes *axes,
					   const struct dcf_bodies *bodies, const struct dcf_parallel *parallel);
/* Give back the boxes alone (once they are in the index), or everything. */
void dcf_items_free_boxes(struct dcf_items *items);
void dcf_items_free(struct dcf_items *items);

#endif
