/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of zones: moved as a whole, or made smaller all round. */
#include "options/change_int.h"
#include "options/ways.h"

/* The middle of all points: a circle's centre. */
static struct dcf_vec middle(const struct dcf_features *f)
{
	struct dcf_vec sum = { 0, 0, 0 };

	for (uint32_t i = 0; i < f->count; i++)
		for (uint32_t k = 0; k < f->at[i].point_count; k++)
			sum = dcf_vec_add(sum, dcf_vec_of(f->at[i].points[k]));
	return dcf_vec_unit(sum);
}

/* A turn of the conformal sphere that takes unit vector a to b by the shortest way: rigid, so shapes keep their
 * form; their size changes as the scale does, by less than 1e-4 over 200 km. */
struct turn {
	struct dcf_vec axis; /* a x b: not of unit length */
	double cosine;
};

static struct dcf_vec turned(const struct turn *t, struct dcf_vec p)
{
	/* Rodrigues, with sin * unit axis = axis and 1 - cos = |axis|^2 / (1 + cos) */
	double along = dcf_vec_dot(t->axis, p) / (1 + t->cosine);

	return dcf_vec_unit(dcf_vec_add(dcf_vec_add(dcf_vec_scale(p, t->cosine), dcf_vec_cross(t->axis, p)),
					dcf_vec_scale(t->axis, along)));
}

/* Points of the feature, copied and turned. */
static enum dcf_status turn_points(struct dcf_feature *f, const struct turn *t, struct dcf_arena *arena)
{
	struct dcf_latlon *p = dcf_arena_get(arena, f->point_count * sizeof *p);

	if (!p)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < f->point_count; i++)
		p[i] = dcf_latlon_of(turned(t, dcf_vec_of(f->points[i])));
	f->points = p;
	return DCF_OK;
}

enum dcf_status dcf_apply_move(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
			       struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);
	struct dcf_vec a = middle(from), b = dcf_direct(dcf_latlon_of(a), c->bearing_deg, c->distance_m);
	struct turn t = { dcf_vec_cross(a, b), dcf_vec_dot(a, b) };

	if (!(t.cosine > -0.5) || !(dcf_vec_length(a) > 0.5))
		return DCF_E_RANGE;
	for (uint32_t i = 0; i < out->count && s == DCF_OK; i++) {
		struct dcf_feature *f = &out->at[i];

		if (f->shape == DCF_TRAJECTORY || f->shape == DCF_CORRIDOR)
			return DCF_E_RANGE;
		s = turn_points(f, &t, arena);
	}
	return s;
}

/* Each ring set in by `by_m`: convex ones only, since the inset of a notch may come apart. */
static enum dcf_status inset(struct dcf_feature *f, double by_m, struct dcf_arena *arena)
{
	struct dcf_latlon *p = dcf_arena_get(arena, f->point_count * sizeof *p);
	enum dcf_status s = DCF_OK;

	if (!p)
		return DCF_E_NOMEM;
	for (uint32_t r = 0; r < f->ring_count && s == DCF_OK; r++) {
		const struct dcf_ring *ring = &f->rings[r];
		int side = dcf_ring_convex(f->points + ring->first, ring->count, f->edges);
		struct dcf_way way;

		if (side == 0 || !ring->outer)
			return DCF_E_RANGE;
		s = dcf_way_aside(f->points + ring->first, ring->count, true, f->edges, side * by_m, arena, &way);
		if (s != DCF_OK || way.count != ring->count)
			return s == DCF_OK ? DCF_E_RANGE : s;
		memcpy(p + ring->first, way.points, way.count * sizeof *p);
	}
	f->points = p;
	return s;
}

enum dcf_status dcf_apply_shrink(const struct dcf_features *from, struct dcf_change *c, struct dcf_arena *arena,
				 struct dcf_features *out)
{
	enum dcf_status s = dcf_features_copy(from, from->count, arena, out);

	if (!(c->distance_m > 0))
		return DCF_E_RANGE;
	for (uint32_t i = 0; i < out->count && s == DCF_OK; i++) {
		struct dcf_feature *f = &out->at[i];

		if (f->shape == DCF_POLYGON) {
			s = inset(f, c->distance_m, arena);
			continue;
		}
		if (f->shape == DCF_TRAJECTORY || !(f->radius_m > c->distance_m))
			return DCF_E_RANGE;
		f->radius_m -= c->distance_m;
	}
	return s;
}
