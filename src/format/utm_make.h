/* SPDX-License-Identifier: Apache-2.0 */
/* utm_make.h - features as volumes of F3548: outlines, W84 bands, windows, never smaller than the features.
 *
 * Shared by the document writer (write_f3548.c) and by what goes over the wire (utm_split.c).  Corridors, orbits and
 * trajectories become one circumscribed polygon a leg (trajectories in pieces of at most 10 NM, and of 60 s where they move 1
 * km or climb 300 m in that time), altitudes of other references the widest W84 band that the atmosphere allows.  `0 SFC` as a
 * lower limit is -8,000 m and "UNL" 100,000 m, the ends of the standard's range, or the lowest and highest limit that was
 * announced where that lies beyond.  Polygons keep their holes and may be of any size. */
#ifndef DCF_FORMAT_UTM_MAKE_H
#define DCF_FORMAT_UTM_MAKE_H

#include "core/altitude.h"
#include "format/outline.h"
#include "format/utm.h"

struct dcf_utm_maker {
	struct dcf_offsets offsets;
	double circles_beyond_m; /* 0 or how wide to a side legs may be that become polygons: wider ones become circles along
				    them */
	int64_t lowest_e4, highest_e4; /* what `0 SFC` and "UNL" become */
	struct dcf_outline outline;
	const struct dcf_feature *feature; /* the one at hand */
	struct dcf_latlon *points;         /* of the volume at hand */
	size_t point_cap;
	struct dcf_ring *rings;
	size_t ring_cap;
	/* Gets each volume; it points to memory of the maker that the next one uses again.  Anything but DCF_OK ends the
	 * making. */
	enum dcf_status (*take)(void *ctx, const struct dcf_utm_volume *v);
	void *ctx;
};

/* Set take and ctx then. */
void dcf_utm_maker_init(struct dcf_utm_maker *m, const struct dcf_atmosphere *atmosphere, const struct dcf_alloc *from);
void dcf_utm_maker_free(struct dcf_utm_maker *m);
/* Announce a feature: "UNL" must stand above, and `0 SFC` below, everything else that is made. */
void dcf_utm_maker_range(struct dcf_utm_maker *m, const struct dcf_feature *f);
/* DCF_E_NOMEM; DCF_E_REFUSED for an edge that has no one shortest way; what `take` says. */
DCF_CHECKED enum dcf_status dcf_utm_make(struct dcf_utm_maker *m, const struct dcf_feature *f);

/* utm_split.c: the polygon of a volume in parts without holes of at most DCF_UTM_AREA_MAX_M2 each; others as they are.  The
 * parts go to `take`. DCF_E_NOMEM; DCF_E_LIMIT: more than DCF_UTM_PARTS_MAX of one, or one that cannot be cut; what `take`
 * says. */
enum { DCF_UTM_PARTS_MAX = 10000 };
DCF_CHECKED enum dcf_status dcf_utm_split(const struct dcf_utm_volume *v, const struct dcf_alloc *from,
					  enum dcf_status (*take)(void *ctx, const struct dcf_utm_volume *v), void *ctx);

#endif
