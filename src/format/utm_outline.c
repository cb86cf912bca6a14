/* SPDX-License-Identifier: Apache-2.0 */
/* Which polygons can be outlines: at least three vertices, all different, edges that neither cross nor touch but where
 * neighbours meet; or no area at all, and then it is the line through its vertices.
 *
 * Edges are geodesics, cut into arcs of at most PIECE_M as the kernel does.  Whether they meet is asked in the gnomonic plane
 * about their middle, where arcs are straight.  Edges within TOUCH_M of one another touch: less than the grid of positions (11
 * mm) can tell apart, more than any rounding. */
#include "core/ring.h"
#include "core/shape.h"
#include "core/sort.h"
#include "format/read_int.h"
#include "format/utm_int.h"

#define PIECE_M      4630.0
#define EARTH_M      6378137.0
#define TOUCH_M      1e-3
#define SAME_M       2e-3             /* neighbours this near that came as different ones are one vertex */
#define LINE_WIDTH_M 0.01             /* area over length below which it may be a line ... */
#define LINE_OFF_M   0.03             /* ... and is one when no vertex lies further from it: three roundings to 1e-7 degree */
#define COS_80       0.17364817766693 /* as far from their middle as the kernel takes polygons */

#define NOT_WELL "Coordinates did not create a well-formed area"

struct outline {
	struct dcf_utm_reader *r;
	const struct dcf_utm_at *at;
	struct dcf_latlon *p; /* vertices, neighbours apart */
	uint32_t *source;     /* the index that each came with */
	uint32_t n;
	struct dcf_vec *v; /* the ring, cut: `pieces` points */
	uint32_t *edge;    /* of each piece: the vertex that its edge begins at */
	uint32_t pieces;
	double length, area; /* metres, square metres */
};

/* --- vertices --------------------------------------------------------------------------------------------------- */

bool dcf_utm_position(struct dcf_utm_reader *r, const struct dcf_utm_at *at, struct dcf_utm_vertex v, struct dcf_latlon *out)
{
	bool lat_ok = v.lat >= -90 && v.lat <= 90, lon_ok = v.lon >= -180 && v.lon <= 180;

	if (!lat_ok)
		return dcf_utm_refuse(r, 400, r->prefix, "Latitude out of range", at, NULL, "lat from -90 to 90");
	if (!lon_ok)
		return dcf_utm_refuse(r, 400, r->prefix, "Longitude out of range", at, NULL, "lng from -180 to 180");
	*out = (struct dcf_latlon){ dcf_e7_of(v.lat), dcf_e7_of(v.lon) };
	if (out->lon_e7 == -1800000000)
		out->lon_e7 = 1800000000;
	if (out->lat_e7 == 900000000 || out->lat_e7 == -900000000)
		out->lon_e7 = 0;
	return true;
}

/* One place, one pair of numbers. */
static struct dcf_utm_vertex place_of(struct dcf_utm_vertex v)
{
	if (v.lat == 90 || v.lat == -90)
		v.lon = 0;
	if (v.lon == -180)
		v.lon = 180;
	return v;
}

struct placed {
	struct dcf_utm_vertex at;
	uint32_t index;
};

static int compare_placed(const void *ctx, const void *i, const void *j)
{
	const struct placed *a = i, *b = j;

	(void)ctx;
	if (a->at.lat != b->at.lat)
		return a->at.lat < b->at.lat ? -1 : 1;
	return a->at.lon < b->at.lon ? -1 : a->at.lon > b->at.lon;
}

static bool refuse_repeated(struct outline *o, const struct placed *a, const struct placed *b, uint32_t last)
{
	char found[96];
	struct dcf_utm_sentence s = { found, 0, sizeof found };

	dcf_utm_say(&s, "vertex ");
	dcf_utm_say_number(&s, b->index);
	dcf_utm_say(&s, " equal to vertex ");
	dcf_utm_say_number(&s, a->index);
	return dcf_utm_refuse(o->r, 400, o->r->prefix, NOT_WELL, o->at, found,
			      a->index == 0 && b->index == last ? "a ring that closes by itself" : "each vertex once");
}

static bool all_different(struct outline *o, const struct dcf_utm_vertex *vertex, size_t n)
{
	struct placed *p = dcf_arena_get(o->r->scratch, n * sizeof *p);

	if (!p)
		return dcf_utm_no_memory(o->r);
	for (uint32_t i = 0; i < n; i++)
		p[i] = (struct placed){ place_of(vertex[i]), i };
	if (dcf_sort(o->r->scratch->from, p, n, sizeof *p, compare_placed, NULL) != DCF_OK)
		return dcf_utm_no_memory(o->r);
	for (size_t i = 1; i < n; i++)
		if (compare_placed(NULL, &p[i - 1], &p[i]) == 0)
			return refuse_repeated(o, &p[i - 1], &p[i], (uint32_t)n - 1);
	return true;
}

static bool near(struct dcf_latlon a, struct dcf_latlon b)
{
	return dcf_vec_length(dcf_vec_sub(dcf_vec_of(a), dcf_vec_of(b))) * EARTH_M < SAME_M;
}

/* Positions of the vertices, without those that rounding puts onto the one before. */
static bool take_vertices(struct outline *o, const struct dcf_utm_vertex *vertex, size_t n)
{
	o->p = dcf_arena_get(o->r->arena, n * sizeof *o->p);
	o->source = dcf_arena_get(o->r->scratch, n * sizeof *o->source);
	if (!o->p || !o->source)
		return dcf_utm_no_memory(o->r);
	for (uint32_t i = 0; i < n; i++) {
		if (!dcf_utm_position(o->r, DCF_UTM_INDEX(o->at, i), vertex[i], &o->p[o->n]))
			return false;
		if (o->n && near(o->p[o->n - 1], o->p[o->n]))
			continue;
		o->source[o->n++] = i;
	}
	while (o->n > 1 && near(o->p[0], o->p[o->n - 1]))
		o->n--;
	if (o->n < 2)
		return dcf_utm_refuse(o->r, 400, o->r->prefix, "Not enough points in polygon", o->at,
				      "vertices all within 2 mm", "an area, or a line");
	return true;
}

/* --- edges -------------------------------------------------------------------------------------------------------- */

static bool refuse_large(struct outline *o, const char *found)
{
	return dcf_utm_refuse(o->r, o->r->too_large, o->r->prefix, "Area too large", o->at, found,
			      "at most 2,500 km2 and 92,600 km of edges");
}

static struct dcf_edge edge_of(const struct outline *o, uint32_t i)
{
	struct dcf_latlon a = o->p[i], b = o->p[i + 1 < o->n ? i + 1 : 0];

	return (struct dcf_edge){ a, b, dcf_vec_of(a), dcf_vec_of(b), DCF_EDGES_GEODESIC };
}

static bool cut_edges(struct outline *o)
{
	uint32_t *pieces = dcf_arena_get(o->r->scratch, o->n * sizeof *pieces), at = 0;

	if (!pieces)
		return dcf_utm_no_memory(o->r);
	for (uint32_t i = 0; i < o->n; i++) {
		struct dcf_edge e = edge_of(o, i);

		if (dcf_edge_cut(&e, PIECE_M, &pieces[i]) != DCF_OK)
			return refuse_large(o, "an edge half way around the earth");
		o->pieces += pieces[i];
		if (o->pieces > DCF_UTM_PIECES_MAX + o->n)
			return refuse_large(o, "edges of more than 92,600 km");
	}
	o->v = dcf_arena_get(o->r->scratch, o->pieces * sizeof *o->v);
	o->edge = dcf_arena_get(o->r->scratch, o->pieces * sizeof *o->edge);
	if (!o->v || !o->edge)
		return dcf_utm_no_memory(o->r);
	for (uint32_t i = 0; i < o->n; i++) {
		struct dcf_edge e = edge_of(o, i);

		o->v[at] = e.a;
		dcf_edge_inner(&e, pieces[i], o->v + at + 1);
		for (uint32_t k = 0; k < pieces[i]; k++)
			o->edge[at++] = i;
	}
	return true;
}

/* --- area ------------------------------------------------------------------------------------------------- */

/* The integral of rho^2 from z to 1: what a cap above height z of the conformal sphere has on the ellipsoid, over 2 pi.  The
 * coefficients follow from those of dcf_rho(): (1 - z) (h0 + (z + z^2) (h1 + h2 z^2 + ...)); what is left out is below 1e-11 of
 * it. */
static double cap_of(double one_minus_z, double z)
{
	double u = z * z, p = -327.0599013650289634825;

	p = p * u + 32687.05786423022072995;
	p = p * u - 3659619.142273991834372;
	p = p * u + 489903239.003675699234;
	p = p * u - 90899091454.2399597168;
	return one_minus_z * (40589732499314.7578125 + (z + u) * p);
}

#define HALF_EARTH_M2 (2 * DCF_PI * 40589732499314.760044878)

/* Stereographic about the pole nearer to the ring, on the sphere of the ellipsoid's areas.  `turn` is 1 for the north pole, -1
 * for the south. */
static struct dcf_xy stereographic(struct dcf_vec v, double turn)
{
	double z = v.z * turn, h2 = v.x * v.x + v.y * v.y;
	double near_m2 = cap_of(z > 0 ? h2 / (1 + z) : 1 - z, z), far_m2 = cap_of(z < 0 ? h2 / (1 - z) : 1 + z, -z);
	double k = h2 > 0 ? dcf_sqrt(near_m2 / far_m2 / h2) : 0;

	return (struct dcf_xy){ v.x * k, v.y * k };
}

/* The triangles from the pole over each piece add up to what the ring encloses. */
static void measure(struct outline *o)
{
	struct dcf_vec sum = { 0, 0, 0 };
	struct dcf_xy a, b, first;
	double turn, angle = 0;

	for (uint32_t i = 0; i < o->pieces; i++)
		sum = dcf_vec_add(sum, o->v[i]);
	turn = sum.z < 0 ? -1 : 1;
	a = first = stereographic(o->v[0], turn);
	for (uint32_t i = 0; i < o->pieces; i++, a = b) {
		struct dcf_vec next = o->v[i + 1 < o->pieces ? i + 1 : 0];

		b = i + 1 < o->pieces ? stereographic(next, turn) : first;
		angle += 2 * dcf_atan2(a.x * b.y - a.y * b.x, 1 + a.x * b.x + a.y * b.y);
		o->length += dcf_vec_length(dcf_vec_sub(next, o->v[i])) * dcf_rho((next.z + o->v[i].z) / 2);
	}
	o->area = dcf_fabs(angle) / (2 * DCF_PI) * HALF_EARTH_M2;
	if (o->area > HALF_EARTH_M2)
		o->area = dcf_fabs(2 * HALF_EARTH_M2 - o->area);
}

static bool refuse_area(struct outline *o)
{
	char found[40];
	struct dcf_utm_sentence s = { found, 0, sizeof found };

	/* up, so that it is never the limit itself */
	dcf_utm_say_number(&s, (int64_t)(o->area / 1e6) + 1);
	dcf_utm_say(&s, " km2");
	return refuse_large(o, found);
}

/* --- lines ------------------------------------------------------------------------------------------------ */

static uint32_t farthest_from(const struct outline *o, uint32_t from)
{
	struct dcf_vec a = dcf_vec_of(o->p[from]);
	double most = -1;
	uint32_t which = 0;

	for (uint32_t i = 0; i < o->n; i++) {
		double d = dcf_vec_length(dcf_vec_sub(dcf_vec_of(o->p[i]), a));

		if (d > most) {
			most = d;
			which = i;
		}
	}
	return which;
}

/* How far vertex i lies to the side of the geodesic from a, which leaves it at `azimuth`. */
static bool beside(const struct outline *o, uint32_t a, double azimuth, uint32_t i)
{
	double d, course, s, c;

	if (dcf_inverse(o->p[a], o->p[i], &d, &course) != DCF_OK)
		return false;
	dcf_sincos((course - azimuth) * DCF_RAD_PER_DEG, &s, &c);
	if (c < 0 && d > LINE_OFF_M)
		return false;
	dcf_sincos(d / EARTH_M, &d, &c);
	return dcf_fabs(EARTH_M * d * s) <= LINE_OFF_M;
}

static bool is_line(const struct outline *o)
{
	uint32_t a = farthest_from(o, 0), b = farthest_from(o, a);
	double d, azimuth;

	if (o->n == 2)
		return true;
	if (!(o->area <= LINE_WIDTH_M * o->length) || dcf_inverse(o->p[a], o->p[b], &d, &azimuth) != DCF_OK)
		return false;
	for (uint32_t i = 0; i < o->n; i++)
		if (i != a && i != b && !beside(o, a, azimuth, i))
			return false;
	return true;
}

/* --- crossings -------------------------------------------------------------------------------------------- */

struct segment {
	struct dcf_xy a, b;
	double x0, x1, y0, y1;
	uint32_t index;
};

static double turn_of(struct dcf_xy a, struct dcf_xy b, struct dcf_xy c)
{
	return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

static bool end_near(struct dcf_xy p, const struct segment *s)
{
	double ux = s->b.x - s->a.x, uy = s->b.y - s->a.y, wx = p.x - s->a.x, wy = p.y - s->a.y;
	double length2 = ux * ux + uy * uy, t = ux * wx + uy * wy;

	t = t <= 0 || !(length2 > 0) ? 0 : t >= length2 ? 1 : t / length2;
	wx -= t * ux;
	wy -= t * uy;
	return wx * wx + wy * wy <= (TOUCH_M / EARTH_M) * (TOUCH_M / EARTH_M);
}

static bool meet(const struct segment *e, const struct segment *f)
{
	double d1 = turn_of(e->a, e->b, f->a), d2 = turn_of(e->a, e->b, f->b);
	double d3 = turn_of(f->a, f->b, e->a), d4 = turn_of(f->a, f->b, e->b);

	if (((d1 > 0 && d2 < 0) || (d1 < 0 && d2 > 0)) && ((d3 > 0 && d4 < 0) || (d3 < 0 && d4 > 0)))
		return true;
	return end_near(e->a, f) || end_near(e->b, f) || end_near(f->a, e) || end_near(f->b, e);
}

static int compare_segments(const void *ctx, const void *i, const void *j)
{
	const struct segment *a = i, *b = j;

	(void)ctx;
	return a->x0 < b->x0 ? -1 : a->x0 > b->x0;
}

static struct segment segment_of(const struct dcf_xy *xy, uint32_t i)
{
	const double t = TOUCH_M / EARTH_M;
	struct segment s = { .a = xy[2 * i], .b = xy[2 * i + 1], .index = i };

	s.x0 = (s.a.x < s.b.x ? s.a.x : s.b.x) - t;
	s.x1 = (s.a.x < s.b.x ? s.b.x : s.a.x) + t;
	s.y0 = (s.a.y < s.b.y ? s.a.y : s.b.y) - t;
	s.y1 = (s.a.y < s.b.y ? s.b.y : s.a.y) + t;
	return s;
}

static bool neighbours(const struct outline *o, uint32_t i, uint32_t j)
{
	uint32_t gap = i < j ? j - i : i - j;

	return gap <= 1 || gap == o->pieces - 1;
}

static void say_edge(struct dcf_utm_sentence *s, const struct outline *o, uint32_t piece)
{
	uint32_t i = o->edge[piece];

	dcf_utm_say_number(s, o->source[i]);
	dcf_utm_say(s, "-");
	dcf_utm_say_number(s, o->source[i + 1 < o->n ? i + 1 : 0]);
}

static bool refuse_meeting(struct outline *o, uint32_t i, uint32_t j)
{
	char found[120];
	struct dcf_utm_sentence s = { found, 0, sizeof found };

	dcf_utm_say(&s, "edges between vertices ");
	say_edge(&s, o, i < j ? i : j);
	dcf_utm_say(&s, " and ");
	say_edge(&s, o, i < j ? j : i);
	dcf_utm_say(&s, " that cross or touch");
	return dcf_utm_refuse(o->r, 400, o->r->prefix, NOT_WELL, o->at, found, "a ring that does not");
}

static bool none_meet(struct outline *o, const struct dcf_xy *xy)
{
	struct segment *s = dcf_arena_get(o->r->scratch, o->pieces * sizeof *s);

	if (!s)
		return dcf_utm_no_memory(o->r);
	for (uint32_t i = 0; i < o->pieces; i++)
		s[i] = segment_of(xy, i);
	if (dcf_sort(o->r->scratch->from, s, o->pieces, sizeof *s, compare_segments, NULL) != DCF_OK)
		return dcf_utm_no_memory(o->r);
	for (uint32_t i = 0; i < o->pieces; i++)
		for (uint32_t k = i + 1; k < o->pieces && s[k].x0 <= s[i].x1; k++)
			if (s[k].y0 <= s[i].y1 && s[i].y0 <= s[k].y1 && !neighbours(o, s[i].index, s[k].index) &&
			    meet(&s[i], &s[k]))
				return refuse_meeting(o, s[i].index, s[k].index);
	return true;
}

/* Two ends of each piece in the gnomonic plane; NULL when they do not fit into it (and then nothing is refused yet) or memory
 * is short. */
static struct dcf_xy *project(struct outline *o)
{
	struct dcf_xy *xy = dcf_arena_get(o->r->scratch, 2 * (size_t)o->pieces * sizeof *xy);
	struct dcf_vec middle = { 0, 0, 0 }, east, north;

	if (!xy) {
		(void)dcf_utm_no_memory(o->r);
		return NULL;
	}
	for (uint32_t i = 0; i < o->pieces; i++)
		middle = dcf_vec_add(middle, o->v[i]);
	middle = dcf_vec_unit(middle);
	dcf_vec_basis(middle, &east, &north);
	for (uint32_t i = 0; i < o->pieces; i++) {
		double k = dcf_vec_dot(o->v[i], middle);

		if (!(k > COS_80))
			return NULL;
		xy[2 * i] = (struct dcf_xy){ dcf_vec_dot(o->v[i], east) / k, dcf_vec_dot(o->v[i], north) / k };
		xy[2 * (i ? i - 1 : o->pieces - 1) + 1] = xy[2 * i];
	}
	return xy;
}

static bool is_simple(struct outline *o)
{
	struct dcf_xy *xy = project(o);

	if (o->r->status != DCF_OK)
		return false;
	if (!xy && o->area > DCF_UTM_AREA_MAX_M2)
		return refuse_area(o);
	if (!xy)
		return dcf_utm_refuse(o->r, 400, o->r->prefix, NOT_WELL, o->at, "a polygon half around the earth",
				      "all of it within 80 degrees of its middle");
	return dcf_ring_is_star(xy, 0, o->pieces, 0) || none_meet(o, xy);
}

/* --- the whole -------------------------------------------------------------------------------------------- */

static void become_line(struct outline *o, struct dcf_feature *f)
{
	*f = (struct dcf_feature){ .shape = DCF_CORRIDOR, .edges = DCF_EDGES_GEODESIC, .points = o->p, .point_count = o->n };
}

static bool become_polygon(struct outline *o, struct dcf_utm_volume *volume)
{
	struct dcf_feature *f = &volume->footprint;
	struct dcf_base base;
	const char *why;
	enum dcf_status s;

	*f = (struct dcf_feature){
		.shape = DCF_POLYGON, .edges = DCF_EDGES_GEODESIC, .points = o->p, .point_count = o->n, .ring_count = 1
	};
	f->rings = dcf_arena_get(o->r->arena, sizeof *f->rings);
	if (!f->rings)
		return dcf_utm_no_memory(o->r);
	*f->rings = (struct dcf_ring){ .first = 0, .count = o->n, .outer = true };
	/* what the kernel would not take must not get to it */
	s = dcf_base_build(f, 0, o->r->scratch, &base, &why);
	if (s == DCF_E_REFUSED)
		return dcf_utm_refuse(o->r, 400, o->r->prefix, NOT_WELL, o->at, why, "a simple ring");
	if (s != DCF_OK)
		return dcf_utm_no_memory(o->r);
	/* to 1 cm2, so that text can hold it */
	volume->area_m2 = dcf_floor(o->area * 1e4 + 0.5) / 1e4;
	return true;
}

bool dcf_utm_outline(struct dcf_utm_reader *r, const struct dcf_utm_at *at, const struct dcf_utm_vertex *vertex, size_t n,
		     struct dcf_utm_volume *volume)
{
	struct outline o = { .r = r, .at = at };
	char found[32];
	struct dcf_utm_sentence s = { found, 0, sizeof found };

	if (n < 3) {
		dcf_utm_say_number(&s, (int64_t)n);
		return dcf_utm_refuse(r, 400, r->prefix, "Not enough points in polygon", at, found, "at least 3 vertices");
	}
	dcf_arena_rewind(r->scratch);
	if (!all_different(&o, vertex, n) || !take_vertices(&o, vertex, n) || !cut_edges(&o))
		return false;
	measure(&o);
	if (is_line(&o)) {
		become_line(&o, &volume->footprint);
		return true;
	}
	if (!is_simple(&o))
		return false;
	return o.area > DCF_UTM_AREA_MAX_M2 ? refuse_area(&o) : become_polygon(&o, volume);
}
