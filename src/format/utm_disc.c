/* SPDX-License-Identifier: Apache-2.0 */
/* Circles that the kernel does not take: about half way around the earth no nearest point is unique, so it stops at 3,000 km.
 *
 * 32 fixed discs of DCF_UTM_DISC_M, about the corners and the faces of an icosahedron, contain the whole earth: no point is
 * farther than 22.69 degrees of the conformal sphere from the nearest centre, which is 2,526 km at most (a test looks
 * everywhere).  A larger circle becomes those of them that may reach into it: of every point in it the nearest centre is then
 * among those taken, so what stands for the circle is never smaller.  It is larger by up to two discs; who draws such circles
 * means everywhere.  That a larger circle about the same place, or one that contains another, has all the discs of the smaller
 * follows from angles being a metric. */
#include "core/geodesy.h"
#include "format/utm_int.h"

#define GOLDEN 1.61803398874989484820

/* The corners of an icosahedron are the turns of (0, +-1, +-GOLDEN); the middles of its faces the corners of a cube and the
 * turns of (0, +-GOLDEN, +-1 / GOLDEN).  Turn k sends x, y, z to x + k. */
static struct dcf_vec turned(double y, double z, uint32_t k)
{
	switch (k) {
	case 0:
		return (struct dcf_vec){ 0, y, z };
	case 1:
		return (struct dcf_vec){ z, 0, y };
	default:
		return (struct dcf_vec){ y, z, 0 };
	}
}

static double sign(uint32_t i, uint32_t bit)
{
	return i >> bit & 1 ? -1 : 1;
}

struct dcf_latlon dcf_utm_disc_centre(uint32_t i)
{
	struct dcf_vec v;

	if (i < 12)
		v = turned(sign(i, 0), sign(i, 1) * GOLDEN, i / 4);
	else if (i < 24)
		v = turned(sign(i, 0) * GOLDEN, sign(i, 1) / GOLDEN, (i - 12) / 4);
	else
		v = (struct dcf_vec){ sign(i, 0), sign(i, 1), sign(i, 2) };
	return dcf_latlon_of(dcf_vec_unit(v));
}

/* No way between two places is shorter than their angle times the least scale, which is that of the poles. */
static bool may_reach(struct dcf_latlon a, struct dcf_latlon b, double reach_m)
{
	struct dcf_vec u = dcf_vec_of(a), v = dcf_vec_of(b);

	return dcf_atan2(dcf_vec_length(dcf_vec_cross(u, v)), dcf_vec_dot(u, v)) * dcf_rho(1) <= reach_m;
}

uint32_t dcf_utm_discs(struct dcf_latlon centre, double radius_m, struct dcf_latlon out[static DCF_UTM_DISCS])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < DCF_UTM_DISCS; i++) {
		struct dcf_latlon disc = dcf_utm_disc_centre(i);

		if (may_reach(centre, disc, radius_m + DCF_UTM_DISC_M + 1))
			out[n++] = disc;
	}
	return n;
}

static bool is_large(const struct dcf_utm_volume *v)
{
	return v->footprint.shape == DCF_CIRCLE && v->footprint.radius_m > DCF_UTM_RADIUS_MAX_M;
}

/* The first disc takes the place of the volume, the others come behind all: so the others keep their numbers. */
static bool spread_one(struct dcf_utm_reader *r, struct dcf_utm_extents *e, uint32_t index)
{
	struct dcf_feature *f = &e->volume[index].footprint;
	struct dcf_latlon *at = dcf_arena_get(r->arena, DCF_UTM_DISCS * sizeof *at);
	uint32_t n;

	if (!at)
		return dcf_utm_no_memory(r);
	n = dcf_utm_discs(f->points[0], f->radius_m, at);
	f->radius_m = DCF_UTM_DISC_M;
	f->points = at;
	for (uint32_t i = 1; i < n; i++) {
		e->volume[e->count] = e->volume[index];
		e->volume[e->count++].footprint.points = at + i;
	}
	return true;
}

bool dcf_utm_spread(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_utm_extents *e)
{
	struct dcf_utm_volume *volume;
	uint32_t large = 0, count = e->count;

	for (uint32_t i = 0; i < count; i++)
		large += is_large(&e->volume[i]);
	if (!large)
		return true;
	if (count + large * (DCF_UTM_DISCS - 1) > DCF_UTM_VOLUMES_MAX)
		return dcf_utm_refuse(r, 400, r->prefix, "Too many volumes", at, NULL,
				      "at most 10,000, a circle beyond 3,000 km as 32");
	volume = dcf_arena_get(r->arena, (count + large * (size_t)(DCF_UTM_DISCS - 1)) * sizeof *volume);
	if (!volume)
		return dcf_utm_no_memory(r);
	memcpy(volume, e->volume, count * sizeof *volume);
	e->volume = volume;
	for (uint32_t i = 0; i < count; i++)
		if (is_large(&volume[i]) && !spread_one(r, e, i))
			return false;
	return true;
}
