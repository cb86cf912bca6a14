/* SPDX-License-Identifier: Apache-2.0 */
/* around.h - what stands in the way, seen in a plane: how far aside is far enough?
 *
 * The plane is azimuthal equidistant about a centre: exact in distance and direction from it, and elsewhere never
 * shorter than the truth by more than a part in 10,000 within 150 km.  An obstacle is a convex hull of discs, each grown
 * by all that must be kept from it.  Everything found here is a proposal that CHECK verifies. */
#ifndef DCF_OPTIONS_AROUND_H
#define DCF_OPTIONS_AROUND_H

#include "core/geodesy.h"
#include "options/desk.h"

struct dcf_spot {
	double x, y; /* metres east and north of the centre; with flip -1 west and north */
};

struct dcf_plane {
	struct dcf_latlon centre;
	double flip; /* 1, or -1: mirrored, so that what is found for the left side serves for the right */
};

/* Farthest from the centre that the plane is used. */
#define DCF_PLANE_MAX_M 1500000.0

/* False beyond DCF_PLANE_MAX_M. */
bool dcf_plane_spot(const struct dcf_plane *p, struct dcf_latlon at, struct dcf_spot *out);
struct dcf_latlon dcf_plane_latlon(const struct dcf_plane *p, struct dcf_spot s);

struct dcf_disc {
	double x, y, r;
};

enum { DCF_HULL_SIDES = 120 };

/* The convex hull of discs, and its support in directions of 3 degrees. */
struct dcf_hull {
	struct dcf_disc *at;
	size_t count, cap;
	struct dcf_spot normal[DCF_HULL_SIDES]; /* outward, of unit length; dcf_hull_close fills both */
	double reach[DCF_HULL_SIDES];
};

/* Largest n . p + r over the discs. */
double dcf_hull_support(const struct dcf_hull *h, struct dcf_spot n);
void dcf_hull_close(struct dcf_hull *h);
/* The part of the stretch from a to b inside the hull (taken with its sides): false when none. */
bool dcf_hull_clip(const struct dcf_hull *h, struct dcf_spot a, struct dcf_spot b, double *t0, double *t1);

/* Whom to keep clear of, and when to look at those that move. */
struct dcf_block {
	uint32_t operation;
	int64_t from_us, to_us;
	bool learned; /* met on the way aside, not where the operation is declared */
};

enum { DCF_BLOCKS_MAX = 12 };

struct dcf_blocks {
	struct dcf_block at[DCF_BLOCKS_MAX];
	uint32_t count;
	double extra_m; /* kept beyond minima and margin, after a near miss */
};

/* The clashes of a case that the reader may know of.  False when there is none, or there are too many. */
bool dcf_blocks_of(const struct dcf_case *c, struct dcf_blocks *out);
/* After `operation` was found in the way: take it in, or keep more from it.  False when it has been tried enough. */
bool dcf_blocks_learn(struct dcf_blocks *b, const struct dcf_features *own, uint32_t operation, int64_t around_us);

/* Add to `hull` what block `i` puts in the way of `own` (its widths included where `with_widths`; the moved operation's own
 * features as declared): shapes whole, moving ones where they are at that time.  Only what is near in level counts. */
DCF_CHECKED enum dcf_status dcf_hull_add(struct dcf_desk *desk, const struct dcf_features *own, const struct dcf_blocks *b,
					 uint32_t i, bool with_widths, const struct dcf_plane *plane, struct dcf_hull *hull);

/* The points of a feature as discs of its own width. */
DCF_CHECKED enum dcf_status dcf_hull_add_own(struct dcf_desk *desk, const struct dcf_feature *f, const struct dcf_plane *plane,
					     struct dcf_hull *hull);

/* One candidate of one change. */
DCF_CHECKED enum dcf_status dcf_offer_one(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind,
					  const struct dcf_change *change, enum dcf_verdict *verdict, uint32_t *blocker);

/* Would `features` be clear of all that the case clashes with (as far as the reader knows), by CHECK's exact test and with the
 * margin asked for?  Quicker than an offer, and says less. */
DCF_CHECKED enum dcf_status dcf_clear_of_clashes(struct dcf_desk *desk, const struct dcf_case *c,
						 const struct dcf_features *features, bool *clear);

#endif
