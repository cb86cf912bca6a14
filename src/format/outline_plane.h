/* SPDX-License-Identifier: Apache-2.0 */
/* outline_plane.h - outlines for who draws longitude and latitude as a plane: cut at the antimeridian
 * (RFC 7946, 3.1.9), closed along the pole they contain. */
#ifndef DCF_FORMAT_OUTLINE_PLANE_H
#define DCF_FORMAT_OUTLINE_PLANE_H

#include "format/outline.h"

/* Rings in longitude and latitude, -180..180, without the first point repeated; outer ones
 * counter-clockwise, holes clockwise.  Points are shared: ring i is points[first .. first+count). */
struct dcf_plane {
	const struct dcf_alloc *from;
	struct dcf_latlon *points;
	size_t point_count, point_cap;
	struct dcf_outline_ring *rings;
	size_t ring_count, ring_cap;
};

void dcf_plane_clear(struct dcf_plane *p);
void dcf_plane_free(struct dcf_plane *p);

/* Append the outline `o` (made with DCF_OUTLINE_PLANE).  A ring that crosses the antimeridian becomes one
 * on either side; where that leaves a ring in several parts they stay joined by edges along the
 * antimeridian itself.  Holes that touch the cut, and holes of rings that were cut, are dropped (a
 * larger shape); a ring that the plane would show inside out becomes the whole earth. */
DCF_CHECKED enum dcf_status dcf_plane_of(struct dcf_plane *p, const struct dcf_outline *o);

#endif
