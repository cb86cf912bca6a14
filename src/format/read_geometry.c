/* SPDX-License-Identifier: Apache-2.0 */
/* read_geometry.c - GeoJSON coordinates into points and rings (RFC 7946, 3.1).
 *
 * What a ring encloses and whether it crosses itself is for the core to judge; here it is only made of
 * positions on the earth. */
#include "format/read_int.h"

static bool wrong_position(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	dcf_refuse_found(r, at, v, "a position [longitude, latitude] of numbers");
	return false;
}

bool dcf_get_position(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_latlon *out)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval n;
	double c[2] = { 0, 0 };
	size_t count = 0;

	if (dcf_jkind(v) != DCF_J_ARRAY)
		return wrong_position(r, at, v);
	for (; dcf_jnext(&it, &n); count++) {
		if (!dcf_jis_number(n.doc->tape[n.at]))
			return wrong_position(r, at, v);
		if (count < 2)
			(void)dcf_jdouble(n, &c[count]);
	}
	if (count < 2)
		return wrong_position(r, at, v);
	return dcf_get_latlon(r, at, c[1], c[0], out);
}

static bool same(struct dcf_latlon a, struct dcf_latlon b)
{
	return a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7;
}

uint32_t dcf_drop_repeats(struct dcf_latlon *p, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || !same(p[kept - 1], p[i]))
			p[kept++] = p[i];
	return kept;
}

/* The common case, quickly: two numbers with a point, in range.  Anything else is for dcf_get_position. */
static bool plain_position(struct dcf_jval v, struct dcf_latlon *out)
{
	const uint64_t *t = v.doc->tape + v.at;
	double lon, lat;

	if ((t[0] >> 56) != DCF_J_ARRAY || (t[1] >> 56) != DCF_J_DOUBLE || (t[3] >> 56) != DCF_J_DOUBLE || (t[5] >> 56) != ']')
		return false;
	memcpy(&lon, &t[2], sizeof lon);
	memcpy(&lat, &t[4], sizeof lat);
	if (!(lon > -179.9 && lon <= 180 && lat >= -90 && lat <= 90))
		return false;
	*out = (struct dcf_latlon){ dcf_e7_of(lat), dcf_e7_of(lon) };
	return true;
}

/* The positions of array `v` into `out`, which has room for them. */
static bool get_positions(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_latlon *out)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;

	for (size_t i = 0; dcf_jnext(&it, &one); i++)
		if (!plain_position(one, &out[i]) && !dcf_get_position(r, DCF_AT_INDEX(at, i), one, &out[i]))
			return false;
	return true;
}

bool dcf_get_line(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool keep_all, struct dcf_latlon **points,
		  uint32_t *count)
{
	size_t n = dcf_jcount(v);

	if (dcf_jkind(v) != DCF_J_ARRAY) {
		dcf_refuse_found(r, at, v, "an array of positions");
		return false;
	}
	if (n < 2) {
		dcf_refuse(r, at, "found fewer than two positions, expected a line");
		return false;
	}
	*points = dcf_reader_get(r, n * sizeof **points);
	if (!*points || !get_positions(r, at, v, *points))
		return false;
	*count = keep_all ? (uint32_t)n : dcf_drop_repeats(*points, (uint32_t)n);
	return true;
}

static uint32_t distinct_up_to_three(const struct dcf_latlon *p, uint32_t count)
{
	uint32_t second = 0;

	for (uint32_t i = 1; i < count; i++) {
		if (same(p[i], p[0]))
			continue;
		if (second == 0)
			second = i;
		else if (!same(p[i], p[second]))
			return 3;
	}
	return count == 0 ? 0 : second == 0 ? 1 : 2;
}

bool dcf_clean_ring(struct dcf_reader *r, const struct dcf_step *at, struct dcf_latlon *p, uint32_t *count)
{
	uint32_t n = dcf_drop_repeats(p, *count);

	while (n > 1 && same(p[0], p[n - 1]))
		n--;
	*count = n;
	if (distinct_up_to_three(p, n) == 3)
		return true;
	dcf_refuse(r, at, "ring with fewer than 3 distinct points");
	return false;
}

/* How many rings and positions the polygons hold, and are they arrays all the way? */
static bool count_polygons(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, unsigned levels, size_t *rings,
			   size_t *points)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;

	if (dcf_jkind(v) != DCF_J_ARRAY || dcf_jcount(v) == 0) {
		dcf_refuse_found(r, at, v, levels == 0 ? "an array of positions" : "an array of rings");
		return false;
	}
	if (levels == 0) {
		*rings += 1;
		*points += dcf_jcount(v);
		return true;
	}
	for (size_t i = 0; dcf_jnext(&it, &one); i++)
		if (!count_polygons(r, DCF_AT_INDEX(at, i), one, levels - 1, rings, points))
			return false;
	return true;
}

static bool get_ring(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool outer, struct dcf_feature *f)
{
	struct dcf_ring *ring = &f->rings[f->ring_count];
	struct dcf_latlon *p = f->points + f->point_count;
	uint32_t n = (uint32_t)dcf_jcount(v);

	if (!get_positions(r, at, v, p))
		return false;
	if (!same(p[0], p[n - 1]))
		dcf_warn(r, "geometry", "a ring's last point is not its first: taken as joined by a straight edge");
	if (!dcf_clean_ring(r, at, p, &n))
		return false;
	*ring = (struct dcf_ring){ .first = f->point_count, .count = n, .outer = outer };
	f->ring_count++;
	f->point_count += n;
	return true;
}

static bool get_rings(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval polygon, struct dcf_feature *f)
{
	struct dcf_jwalk it = dcf_jwalk(polygon);
	struct dcf_jval ring;

	for (size_t i = 0; dcf_jnext(&it, &ring); i++)
		if (!get_ring(r, DCF_AT_INDEX(at, i), ring, i == 0, f))
			return false;
	return true;
}

static bool get_polygons(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool multi, struct dcf_feature *f)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval polygon;
	size_t rings = 0, points = 0;

	if (!count_polygons(r, at, v, multi ? 2 : 1, &rings, &points))
		return false;
	f->points = dcf_reader_get(r, points * sizeof *f->points);
	f->rings = dcf_reader_get(r, rings * sizeof *f->rings);
	if (!f->points || !f->rings)
		return false;
	if (!multi)
		return get_rings(r, at, v, f);
	for (size_t i = 0; dcf_jnext(&it, &polygon); i++)
		if (!get_rings(r, DCF_AT_INDEX(at, i), polygon, f))
			return false;
	return true;
}

static bool get_point(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_feature *f)
{
	f->points = dcf_reader_get(r, sizeof *f->points);
	f->point_count = 1;
	return f->points && dcf_get_position(r, at, v, f->points);
}

/* A line that never leaves its first point is a disc around it, for a corridor and an orbit alike. */
static bool get_track(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_feature *f)
{
	bool moving = f->shape == DCF_TRAJECTORY;

	if (f->shape == DCF_ORBIT && dcf_jkind(v) == DCF_J_ARRAY && dcf_jcount(v) != 2) {
		dcf_refuse(r, at, "found another number of positions, expected the two of an orbit");
		return false;
	}
	if (!dcf_get_line(r, at, v, moving, &f->points, &f->point_count))
		return false;
	if (f->point_count == 1 && !moving) {
		f->shape = DCF_CIRCLE;
		dcf_warn(r, "geometry", "all positions of the line are one: taken as a circle");
	}
	return true;
}

enum geometry_type { POINT, LINE_STRING, POLYGON, MULTI_POLYGON, TYPES };

static const char *const type_names[TYPES] = { "Point", "LineString", "Polygon", "MultiPolygon" };

/* What geometry a shape has. */
static const struct {
	unsigned allowed; /* a bit each type */
	const char *expected;
} geometry_of[DCF_SHAPE_COUNT] = {
	[DCF_POLYGON] = { 1 << POLYGON | 1 << MULTI_POLYGON, "Polygon or MultiPolygon for this shape" },
	[DCF_CIRCLE] = { 1 << POINT, "Point for this shape" },
	[DCF_CORRIDOR] = { 1 << LINE_STRING, "LineString for this shape" },
	[DCF_ORBIT] = { 1 << LINE_STRING, "LineString for this shape" },
	[DCF_TRAJECTORY] = { 1 << LINE_STRING, "LineString for this shape" },
};

bool dcf_get_geometry(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval geometry, struct dcf_feature *f)
{
	static const struct dcf_span names[] = { DCF_NAME("type"), DCF_NAME("coordinates") };
	struct dcf_jval v[2];
	const struct dcf_step *inside = DCF_AT(at, "coordinates");
	unsigned t = 0;

	if (dcf_jkind(geometry) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, geometry, "a geometry object");
		return false;
	}
	dcf_jpick(geometry, names, 2, v);
	while (t < TYPES && !dcf_jis(v[0], type_names[t]))
		t++;
	if (t == TYPES || !(geometry_of[f->shape].allowed & 1u << t)) {
		dcf_refuse_found(r, DCF_AT(at, "type"), v[0], geometry_of[f->shape].expected);
		return false;
	}
	switch ((enum geometry_type)t) {
	case POINT:
		return get_point(r, inside, v[1], f);
	case LINE_STRING:
		return get_track(r, inside, v[1], f);
	default:
		return get_polygons(r, inside, v[1], t == MULTI_POLYGON, f);
	}
}
