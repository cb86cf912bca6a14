/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shape.h"
#include "core/num.h"
#include "core/ring.h"

uint32_t dcf_feature_parts(const struct dcf_feature *f)
{
	uint32_t parts = 0;

	if (f->shape != DCF_POLYGON)
		return f->shape == DCF_TRAJECTORY ? 0 : 1;
	for (uint32_t i = 0; i < f->ring_count; i++)
		parts += f->rings[i].outer;
	return parts;
}

static void box_empty(struct dcf_box3 *b)
{
	for (int k = 0; k < 3; k++) {
		b->low[k] = 2;
		b->high[k] = -2;
	}
}

static void box_point(struct dcf_box3 *b, struct dcf_vec p, double margin)
{
	double c[3] = { p.x, p.y, p.z };

	for (int k = 0; k < 3; k++) {
		b->low[k] = c[k] - margin < b->low[k] ? c[k] - margin : b->low[k];
		b->high[k] = c[k] + margin > b->high[k] ? c[k] + margin : b->high[k];
	}
}

static void box_join(struct dcf_box3 *b, const struct dcf_box3 *o)
{
	for (int k = 0; k < 3; k++) {
		b->low[k] = o->low[k] < b->low[k] ? o->low[k] : b->low[k];
		b->high[k] = o->high[k] > b->high[k] ? o->high[k] : b->high[k];
	}
}

double dcf_box_gap2(const struct dcf_box3 *a, const struct dcf_box3 *b)
{
	double sum = 0;

	for (int k = 0; k < 3; k++) {
		double g = a->low[k] - b->high[k], h = b->low[k] - a->high[k];

		g = g > h ? g : h;
		sum += g > 0 ? g * g : 0;
	}
	return sum;
}

/* Sagitta of an arc of this chord (chord^2 / 8, a little more) and rounding. */
static double bulge(const struct dcf_arc *arc)
{
	struct dcf_vec d = dcf_vec_sub(arc->b, arc->a);

	return dcf_vec_dot(d, d) * 0.1251 + 1e-15;
}

static enum dcf_status build_boxes(struct dcf_base *base, struct dcf_arena *arena)
{
	uint32_t below = base->arc_count;

	for (base->levels = 0; base->levels == 0 || below > 1; base->levels++) {
		uint32_t count = (below + DCF_FAN - 1) / DCF_FAN;
		struct dcf_box3 *b = dcf_arena_get(arena, count * sizeof *b);

		if (!b)
			return DCF_E_NOMEM;
		if (base->levels == DCF_BOX_LEVELS)
			return DCF_E_LIMIT; /* 8^8 arcs: readers refuse far smaller shapes */
		for (uint32_t i = 0; i < count; i++) {
			box_empty(&b[i]);
			for (uint32_t k = i * DCF_FAN; k < below && k < (i + 1) * DCF_FAN; k++) {
				if (base->levels > 0) {
					box_join(&b[i], &base->boxes[base->levels - 1][k]);
					continue;
				}
				box_point(&b[i], base->arcs[k].a, bulge(&base->arcs[k]));
				box_point(&b[i], base->arcs[k].b, bulge(&base->arcs[k]));
			}
		}
		base->boxes[base->levels] = b;
		base->box_count[base->levels] = count;
		below = count;
	}
	return DCF_OK;
}

/* The inside of an area bulges out of the box of its boundary: its points are q / |q| for some q in that box with |q| at least
 * the least cosine of a corner's angle from the centre. */
struct dcf_box3 dcf_base_hull(const struct dcf_base *base)
{
	struct dcf_box3 hull = base->boxes[base->levels - 1][0];
	double least = 1;

	for (uint32_t i = 0; base->area && i < base->arc_count; i++) {
		double d = dcf_vec_dot(base->arcs[i].a, base->centre);

		least = d < least ? d : least;
	}
	for (int k = 0; k < 3; k++) {
		hull.low[k] -= 1 - least;
		hull.high[k] += 1 - least;
	}
	return hull;
}

static struct dcf_arc arc_of(struct dcf_vec a, struct dcf_vec b)
{
	/* (b - a) x (b + a) = 2 a x b without the cancellation of nearly parallel vectors. */
	return (struct dcf_arc){ a, b, dcf_vec_unit(dcf_vec_cross(dcf_vec_add(a, b), dcf_vec_sub(b, a))) };
}

/* Vertices of an open line or closed ring with the points between them, in the arena. */
struct path {
	struct dcf_vec *v;
	uint32_t n;
	uint32_t *pieces; /* of each edge */
};

static const char *edge_refusal(const struct dcf_feature *f)
{
	return f->edges == DCF_EDGES_LONLAT ? "an edge straight in lonlat spans more than 180 degrees of longitude"
					    : "an edge between nearly antipodal points has no single geodesic";
}

/* A limit on what one shape may become: 4 million arcs are 300 MB of working memory. */
enum { MAX_VERTICES = 4 << 20 };

static enum dcf_status densify(const struct dcf_feature *f, const struct dcf_latlon *p, uint32_t n, bool closed,
			       struct dcf_arena *arena, struct path *out, const char **why)
{
	uint32_t edges = closed ? n : n - 1, total = 1, at = 0;
	struct dcf_vec *corner = dcf_arena_get(arena, n * sizeof *corner);

	out->pieces = dcf_arena_get(arena, n * sizeof *out->pieces);
	if (!corner || !out->pieces)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < n; i++)
		corner[i] = dcf_vec_of(p[i]);
	for (uint32_t i = 0; i < edges; i++) {
		uint32_t k = i + 1 < n ? i + 1 : 0;
		struct dcf_edge e = { p[i], p[k], corner[i], corner[k], f->edges };

		if (dcf_edge_cut(&e, DCF_PIECE_M, &out->pieces[i]) != DCF_OK) {
			*why = edge_refusal(f);
			return DCF_E_REFUSED;
		}
		total += out->pieces[i];
		if (total > MAX_VERTICES) {
			*why = "a shape that needs more than four million pieces";
			return DCF_E_REFUSED;
		}
	}
	if (total == edges + 1) { /* no edge was cut: the corners are the path */
		*out = (struct path){ corner, n, out->pieces };
		return DCF_OK;
	}
	out->v = dcf_arena_get(arena, total * sizeof *out->v);
	if (!out->v)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < edges; i++) {
		uint32_t k = i + 1 < n ? i + 1 : 0;
		struct dcf_edge e = { p[i], p[k], corner[i], corner[k], f->edges };

		out->v[at++] = corner[i];
		dcf_edge_inner(&e, out->pieces[i], out->v + at);
		at += out->pieces[i] - 1;
	}
	if (!closed)
		out->v[at++] = corner[n - 1];
	out->n = at;
	return DCF_OK;
}

static enum dcf_status add_line(const struct dcf_feature *f, struct dcf_arena *arena, struct dcf_base *out, const char **why)
{
	struct path path;
	enum dcf_status s = densify(f, f->points, f->point_count, false, arena, &path, why);

	if (s != DCF_OK)
		return s;
	out->arc_count = path.n > 1 ? path.n - 1 : 1;
	out->arcs = dcf_arena_get(arena, out->arc_count * sizeof *out->arcs);
	if (!out->arcs)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < out->arc_count; i++)
		out->arcs[i] = arc_of(path.v[i], path.v[path.n > 1 ? i + 1 : i]);
	return DCF_OK;
}

static bool same_point(struct dcf_latlon a, struct dcf_latlon b)
{
	if (a.lat_e7 != b.lat_e7)
		return false;
	return a.lon_e7 == b.lon_e7 || a.lat_e7 == 900000000 || a.lat_e7 == -900000000 ||
	       (a.lon_e7 % 1800000000 == 0 && b.lon_e7 % 1800000000 == 0 && a.lon_e7 != 0 && b.lon_e7 != 0);
}

/* Drop repeated points and the slits (out to a point and back the same way) by which maps straight in
 * longitude and latitude draw areas around a pole: p q p becomes p. */
static uint32_t without_slits(const struct dcf_latlon *p, uint32_t n, struct dcf_latlon *out)
{
	uint32_t m = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (m > 0 && same_point(out[m - 1], p[i]))
			continue;
		if (m > 1 && same_point(out[m - 2], p[i]))
			m--;
		else
			out[m++] = p[i];
	}
	for (bool again = true; again && m > 2;) {
		again = true;
		if (same_point(out[0], out[m - 1])) {
			m--;
		} else if (same_point(out[1], out[m - 1])) {
			/* first point is the tip: drop it and one of the two that are equal */
			for (uint32_t i = 1; i < m; i++)
				out[i - 1] = out[i];
			m -= 2;
		} else if (same_point(out[0], out[m - 2])) {
			m -= 2;
		} else {
			again = false;
		}
	}
	return m;
}

static void frame_of(struct dcf_base *out, struct dcf_vec centre)
{
	struct dcf_vec axis = { 0, 0, 1 };

	if (centre.z > 0.9 || centre.z < -0.9)
		axis = (struct dcf_vec){ 1, 0, 0 };
	out->centre = centre;
	out->east = dcf_vec_unit(dcf_vec_cross(axis, centre));
	out->north = dcf_vec_cross(centre, out->east);
}

static struct dcf_xy gnomonic(const struct dcf_base *base, struct dcf_vec p)
{
	double k = 1 / dcf_vec_dot(p, base->centre);

	return (struct dcf_xy){ dcf_vec_dot(p, base->east) * k, dcf_vec_dot(p, base->north) * k };
}

static enum dcf_status project(struct dcf_base *out, struct dcf_arena *arena, const char **why)
{
	struct dcf_vec sum = { 0, 0, 0 };

	for (uint32_t i = 0; i < out->ring_end[0]; i++)
		sum = dcf_vec_add(sum, out->arcs[i].a);
	frame_of(out, dcf_vec_unit(sum));
	out->xy = dcf_arena_get(arena, 2 * (size_t)out->arc_count * sizeof *out->xy);
	if (!out->xy)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < out->arc_count; i++) {
		/* cos 80 degrees: beyond it the gnomonic map stretches too far, and which side is inside
		 * becomes a guess */
		if (!(dcf_vec_dot(out->arcs[i].a, out->centre) > 0.17364817766693)) {
			*why = "a polygon that does not fit within 80 degrees of its centre";
			return DCF_E_REFUSED;
		}
		out->xy[2 * i] = gnomonic(out, out->arcs[i].a);
		out->xy[2 * i + 1] = gnomonic(out, out->arcs[i].b);
	}
	return DCF_OK;
}

static enum dcf_status add_polygon(const struct dcf_feature *f, uint32_t first_ring, struct dcf_arena *arena,
				   struct dcf_base *out, const char **why)
{
	uint32_t rings = 1, arcs = 0, at = 0;
	struct path *paths;
	enum dcf_status s = DCF_E_NOMEM;

	while (first_ring + rings < f->ring_count && !f->rings[first_ring + rings].outer)
		rings++;
	paths = dcf_arena_get(arena, rings * sizeof *paths);
	out->ring_end = dcf_arena_get(arena, rings * sizeof *out->ring_end);
	if (!paths || !out->ring_end)
		return DCF_E_NOMEM;
	for (uint32_t r = 0; r < rings; r++) {
		const struct dcf_ring *ring = &f->rings[first_ring + r];
		struct dcf_latlon *p = dcf_arena_get(arena, ring->count * sizeof *p);
		uint32_t n;

		if (!p)
			return DCF_E_NOMEM;
		n = without_slits(f->points + ring->first, ring->count, p);
		if (n < 3) {
			*why = "a ring without area";
			return DCF_E_REFUSED;
		}
		s = densify(f, p, n, true, arena, &paths[r], why);
		if (s != DCF_OK)
			return s;
		arcs += paths[r].n;
	}
	out->arcs = dcf_arena_get(arena, arcs * sizeof *out->arcs);
	if (!out->arcs)
		return DCF_E_NOMEM;
	for (uint32_t r = 0; r < rings; r++) {
		for (uint32_t i = 0; i < paths[r].n; i++)
			out->arcs[at++] = arc_of(paths[r].v[i], paths[r].v[(i + 1) % paths[r].n]);
		out->ring_end[r] = at;
	}
	out->arc_count = arcs;
	out->ring_count = rings;
	out->area = true;
	s = project(out, arena, why);
	return s == DCF_OK ? dcf_rings_are_simple(out->xy, out->ring_end, rings, arena, why) : s;
}

enum dcf_status dcf_base_build(const struct dcf_feature *f, uint32_t part, struct dcf_arena *arena, struct dcf_base *out,
			       const char **why)
{
	enum dcf_status s;
	uint32_t ring = 0;

	*out = (struct dcf_base){ .radius_m = f->shape == DCF_POLYGON ? 0 : f->radius_m };
	*why = "";
	if (!(out->radius_m >= 0 && out->radius_m <= DCF_REACH_MAX_M)) {
		*why = "a radius or half width outside 0 to 3,000 km";
		return DCF_E_REFUSED;
	}
	if (f->shape == DCF_POLYGON) {
		for (uint32_t seen = 0; ring < f->ring_count; ring++)
			if (f->rings[ring].outer && seen++ == part)
				break;
		s = add_polygon(f, ring, arena, out, why);
	} else {
		s = add_line(f, arena, out, why);
	}
	return s == DCF_OK ? build_boxes(out, arena) : s;
}

enum dcf_status dcf_base_of_arcs(struct dcf_arc *arcs, uint32_t n, struct dcf_arena *arena, struct dcf_base *out)
{
	*out = (struct dcf_base){ .arcs = arcs, .arc_count = n };
	return build_boxes(out, arena);
}

void dcf_base_point(struct dcf_vec p, struct dcf_arc *arc, struct dcf_box3 *box, struct dcf_base *out)
{
	*out = (struct dcf_base){ .arcs = arc, .arc_count = 1, .levels = 1 };
	*arc = (struct dcf_arc){ p, p, { 0, 0, 0 } };
	box_empty(box);
	box_point(box, p, 1e-15);
	out->boxes[0] = box;
	out->box_count[0] = 1;
}

enum dcf_status dcf_track_build(const struct dcf_feature *f, struct dcf_arena *arena, struct dcf_track *out, const char **why)
{
	struct path path;
	uint32_t at = 0;
	enum dcf_status s;

	*why = "";
	if (!(f->radius_m >= 0 && f->radius_m <= DCF_REACH_MAX_M)) {
		*why = "a containment outside 0 to 3,000 km";
		return DCF_E_REFUSED;
	}
	s = densify(f, f->points, f->point_count, false, arena, &path, why);
	if (s != DCF_OK)
		return s;
	*out = (struct dcf_track){ .feature = f, .v = path.v, .n = path.n };
	out->t_us = dcf_arena_get(arena, path.n * sizeof *out->t_us);
	out->leg = dcf_arena_get(arena, path.n * sizeof *out->leg);
	if (!out->t_us || !out->leg)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i + 1 < f->point_count; i++) {
		uint32_t pieces = path.pieces[i];
		double t0 = (double)(f->waypoints[i].time_us - f->start_us);
		double t1 = (double)(f->waypoints[i + 1].time_us - f->start_us);

		for (uint32_t k = 0; k < pieces; k++, at++) {
			out->t_us[at] = t0 + (t1 - t0) * k / pieces;
			out->leg[at] = i;
		}
		out->t_us[at] = t1;
	}
	return DCF_OK;
}

bool dcf_base_contains(const struct dcf_base *base, struct dcf_vec p)
{
	uint32_t i = 0;
	struct dcf_xy q;

	if (!(dcf_vec_dot(p, base->centre) > 1e-3))
		return false;
	q = gnomonic(base, p);
	for (uint32_t r = 0; r < base->ring_count; r++) {
		bool in = false;

		for (; i < base->ring_end[r]; i++) {
			struct dcf_xy a = base->xy[2 * i], b = base->xy[2 * i + 1];

			if ((a.y > q.y) != (b.y > q.y)) {
				double side = (b.x - a.x) * (q.y - a.y) - (b.y - a.y) * (q.x - a.x);

				in ^= b.y > a.y ? side > 0 : side < 0;
			}
		}
		if (in != (r == 0))
			return false;
	}
	return true;
}
