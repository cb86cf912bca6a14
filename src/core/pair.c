/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pair.h"
#include "core/num.h"

enum dcf_status dcf_body_build(const struct dcf_feature *f, struct dcf_arena *arena, struct dcf_body *out, const char **why)
{
	enum dcf_status s = DCF_OK;

	*out = (struct dcf_body){ .feature = f };
	if (f->shape == DCF_TRAJECTORY)
		return dcf_track_build(f, arena, &out->track, why);
	out->base_count = dcf_feature_parts(f);
	out->bases = dcf_arena_get(arena, out->base_count * sizeof *out->bases);
	if (!out->bases)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < out->base_count && s == DCF_OK; i++)
		s = dcf_base_build(f, i, arena, &out->bases[i], why);
	return s;
}

enum { KEPT_ARCS = 64 };

static bool worth_keeping(const struct dcf_body *b)
{
	uint32_t arcs = 0;

	for (uint32_t i = 0; i < b->base_count; i++)
		arcs += b->bases[i].arc_count;
	return b->feature->shape == DCF_TRAJECTORY || arcs > KEPT_ARCS;
}

enum dcf_status dcf_bodies_build(const struct dcf_plan *plan, dcf_refusal_fn *refusal, void *ctx, struct dcf_bodies *bodies)
{
	struct dcf_arena scratch = { .from = bodies->arena.from };
	enum dcf_status s = DCF_OK;

	bodies->plan = plan;
	bodies->count = plan->feature_count;
	bodies->kept = dcf_alloc_new(bodies->arena.from, bodies->count * sizeof *bodies->kept);
	if (!bodies->kept)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < bodies->count && s == DCF_OK; i++) {
		const struct dcf_feature *f = &plan->features[i];
		struct dcf_body *b = &bodies->kept[i];
		bool track = f->shape == DCF_TRAJECTORY;
		const char *why = "";

		s = dcf_body_build(f, track ? &bodies->arena : &scratch, b, &why);
		if (s == DCF_OK && !track && worth_keeping(b))
			s = dcf_body_build(f, &bodies->arena, b, &why);
		else if (s == DCF_OK && !track)
			*b = (struct dcf_body){ .feature = f };
		if (s == DCF_E_REFUSED || s == DCF_E_LIMIT) {
			*b = (struct dcf_body){ .feature = NULL };
			s = refusal(ctx, f, *why ? why : "a shape with too many pieces");
		}
		dcf_arena_rewind(&scratch);
	}
	dcf_arena_free(&scratch);
	return s;
}

void dcf_bodies_free(struct dcf_bodies *bodies)
{
	dcf_alloc_free(bodies->arena.from, bodies->kept, bodies->count * sizeof *bodies->kept);
	dcf_arena_free(&bodies->arena);
	bodies->kept = NULL;
}

enum dcf_status dcf_bodies_get(const struct dcf_bodies *bodies, uint32_t i, struct dcf_arena *arena, struct dcf_body *out)
{
	const char *why;

	*out = bodies->kept[i];
	if (!out->feature)
		return DCF_E_REFUSED;
	if (out->bases || out->feature->shape == DCF_TRAJECTORY)
		return DCF_OK;
	return dcf_body_build(out->feature, arena, out, &why);
}

void dcf_pair_scratch_free(struct dcf_pair_scratch *s)
{
	for (int i = 0; i < DCF_PAIR_SETS; i++)
		dcf_set_free(&s->set[i]);
}

bool dcf_pair_window(const struct dcf_feature *a, const struct dcf_feature *b, int64_t *from_us, int64_t *to_us)
{
	*from_us = a->start_us > b->start_us ? a->start_us : b->start_us;
	*to_us = a->end_us < b->end_us ? a->end_us : b->end_us;
	return *from_us < *to_us;
}

static bool moves(const struct dcf_body *b)
{
	return b->feature->shape == DCF_TRAJECTORY;
}

/* Widths of both shapes together: bases at this distance are 0 apart. */
static double widths_m(const struct dcf_body *a, const struct dcf_body *b)
{
	return (a->feature->shape == DCF_POLYGON ? 0 : a->feature->radius_m) +
	       (b->feature->shape == DCF_POLYGON ? 0 : b->feature->radius_m);
}

/* Least distance of the bases of two bodies that stand still. */
static double still_distance(const struct dcf_body *a, const struct dcf_body *b, double limit_m, const struct dcf_base **pick_a,
			     const struct dcf_base **pick_b, struct dcf_vec *pa, struct dcf_vec *pb)
{
	double best = DCF_FAR_M;

	for (uint32_t i = 0; i < a->base_count; i++)
		for (uint32_t k = 0; k < b->base_count; k++) {
			struct dcf_vec x, y;
			double d = dcf_base_distance(&a->bases[i], &b->bases[k], best < limit_m ? best : limit_m, &x, &y);

			if (d < best) {
				best = d;
				*pick_a = &a->bases[i];
				*pick_b = &b->bases[k];
				*pa = x;
				*pb = y;
			}
		}
	return best;
}

/* Add `shift` to every end. */
static void shift_set(struct dcf_set *s, double shift)
{
	for (size_t i = 0; i < s->count; i++) {
		s->at[i].low += shift;
		s->at[i].high += shift;
	}
}

/* Rounding of the sums above must not push an end past the window. */
static void clamp_set(struct dcf_set *s, double span)
{
	for (size_t i = 0; i < s->count; i++) {
		s->at[i].low = s->at[i].low < 0 ? 0 : s->at[i].low > span ? span : s->at[i].low;
		s->at[i].high = s->at[i].high < 0 ? 0 : s->at[i].high > span ? span : s->at[i].high;
	}
}

/* The instants at which the shapes are within minimum_m of each other (0: meet). */
static void lateral_near(const struct dcf_body *a, const struct dcf_body *b, double minimum_m, int64_t w0, int64_t w1,
			 struct dcf_set *out)
{
	double reach = minimum_m + widths_m(a, b), span = (double)(w1 - w0);

	reach += dcf_half_tolerance_m(reach);
	dcf_set_clear(out);
	if (!moves(a) && !moves(b)) {
		const struct dcf_base *x, *y;
		struct dcf_vec pa, pb;

		if (still_distance(a, b, reach, &x, &y, &pa, &pb) <= reach)
			dcf_set_add(out, 0, span);
		return;
	}
	if (!moves(a)) {
		const struct dcf_body *t = a;

		a = b;
		b = t;
	}
	{
		double t0 = (double)(w0 - a->feature->start_us), t1 = (double)(w1 - a->feature->start_us);

		if (moves(b))
			dcf_track_near_track(&a->track, &b->track, (double)(a->feature->start_us - b->feature->start_us), reach,
					     t0, t1, out);
		for (uint32_t i = 0; i < b->base_count; i++)
			dcf_track_near_base(&a->track, &b->bases[i], reach, t0, t1, out);
		shift_set(out, -t0);
		clamp_set(out, span);
		dcf_set_normalise(out);
	}
}

static bool over_ground(const struct dcf_feature *f)
{
	const struct dcf_altitude *a = f->shape == DCF_TRAJECTORY ? &f->waypoints[0].altitude : &f->lower;
	const struct dcf_altitude *z = f->shape == DCF_TRAJECTORY ? &f->waypoints[f->point_count - 1].altitude : &f->upper;
	bool any = false;

	for (uint32_t i = 0; f->shape == DCF_TRAJECTORY && i < f->point_count; i++)
		any |= f->waypoints[i].altitude.ref == DCF_REF_AGL || f->waypoints[i].altitude.ref == DCF_REF_SFC;
	return any || a->ref == DCF_REF_AGL || a->ref == DCF_REF_SFC || z->ref == DCF_REF_AGL || z->ref == DCF_REF_SFC;
}

static void vertical_near(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o, bool same_ground,
			  int64_t minimum_e4, int64_t w0, int64_t w1, struct dcf_set *out)
{
	dcf_set_clear(out);
	dcf_vertical_near(a->feature, b->feature, o, same_ground, minimum_e4, w0, w1, out);
	dcf_set_normalise(out);
}

/* Conflict where heights over the ground meet heights over the ground: exact where the shapes overlap
 * in plan (set `meet`), as independent intervals elsewhere. */
static void conflict_over_ground(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
				 const struct dcf_minima *minima, int64_t w0, int64_t w1, struct dcf_set *near,
				 struct dcf_set *meet, struct dcf_set *t1, struct dcf_set *t2, struct dcf_set *t3,
				 struct dcf_set *out)
{
	double span = (double)(w1 - w0);

	vertical_near(a, b, o, true, minima->vertical_e4, w0, w1, t1);
	dcf_set_intersect(t2, meet, t1); /* exact part */
	dcf_set_complement(t1, meet, 0, span);
	dcf_set_intersect(t3, near, t1); /* apart but near */
	vertical_near(a, b, o, false, minima->vertical_e4, w0, w1, t1);
	dcf_set_intersect(out, t3, t1);
	dcf_set_union(t1, t2, out);
	dcf_set_intersect(out, t1, t1);
}

/* A window is half open: what holds only at its last instant does not count. */
static void drop_at_end(struct dcf_set *s, double span)
{
	if (s->count && s->at[s->count - 1].low >= span)
		s->count--;
}

enum dcf_status dcf_pair_when(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			      const struct dcf_minima *minima, int64_t w0_us, int64_t w1_us, struct dcf_pair_scratch *scratch,
			      struct dcf_pair_times *times)
{
	struct dcf_set *near = &scratch->set[0], *meet = &scratch->set[1], *level = &scratch->set[2], *t1 = &scratch->set[3],
		       *t2 = &scratch->set[4], *t3 = &scratch->set[5];
	bool failed = false;

	for (int i = 0; i < DCF_PAIR_SETS; i++) {
		scratch->set[i].from = scratch->from;
		scratch->set[i].failed = false;
		dcf_set_clear(&scratch->set[i]);
	}
	*times = (struct dcf_pair_times){ w0_us, w1_us, &scratch->set[6], &scratch->set[7], meet };
	lateral_near(a, b, minima->lateral_m, w0_us, w1_us, near);
	if (near->count == 0 || near->failed)
		return near->failed ? DCF_E_NOMEM : DCF_OK;
	vertical_near(a, b, o, false, minima->vertical_e4, w0_us, w1_us, level);
	dcf_set_intersect(times->conflict, near, level);
	dcf_set_drop_instants(times->conflict);
	if (times->conflict->count == 0 || times->conflict->failed)
		return times->conflict->failed ? DCF_E_NOMEM : DCF_OK;
	if (minima->lateral_m > 0)
		lateral_near(a, b, 0, w0_us, w1_us, meet);
	else
		dcf_set_intersect(meet, near, near);
	if (over_ground(a->feature) && over_ground(b->feature)) {
		conflict_over_ground(a, b, o, minima, w0_us, w1_us, near, meet, t1, t2, t3, times->conflict);
		dcf_set_drop_instants(times->conflict);
	}
	vertical_near(a, b, o, true, 0, w0_us, w1_us, level);
	dcf_set_intersect(t1, meet, level);
	dcf_set_intersect(times->overlap, t1, times->conflict);
	drop_at_end(times->overlap, (double)(w1_us - w0_us));
	for (int i = 0; i < DCF_PAIR_SETS; i++)
		failed |= scratch->set[i].failed;
	return failed ? DCF_E_NOMEM : DCF_OK;
}

/* Least lateral distance of bases while in conflict, and its first instant. */
static double least_lateral(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_pair_times *times, double *when)
{
	double best = DCF_FAR_M;

	*when = times->conflict->at[0].low;
	for (size_t i = 0; i < times->conflict->count; i++) {
		double low = times->conflict->at[i].low, high = times->conflict->at[i].high, found = DCF_FAR_M, at = low;

		if (moves(a) && moves(b)) {
			double t0 = (double)(times->w0_us - a->feature->start_us);

			found = dcf_track_track_least(&a->track, &b->track, (double)(a->feature->start_us - b->feature->start_us),
						      low + t0, high + t0, &at);
			at -= t0;
		} else {
			const struct dcf_body *m = moves(a) ? a : b, *s = moves(a) ? b : a;
			double t0 = (double)(times->w0_us - m->feature->start_us);

			for (uint32_t k = 0; k < s->base_count; k++) {
				double t, d = dcf_track_base_least(&m->track, &s->bases[k], low + t0, high + t0, &t);

				if (d < found) {
					found = d;
					at = t - t0;
				}
			}
		}
		if (found < best) {
			best = found;
			*when = at < low ? low : at > high ? high : at;
		}
	}
	return best;
}

/* The first instant at which the shapes meet while in conflict; false when they never do. */
static bool first_meeting(const struct dcf_pair_times *times, double *when)
{
	size_t i = 0, k = 0;

	while (i < times->meet->count && k < times->conflict->count) {
		const struct dcf_range *m = &times->meet->at[i], *c = &times->conflict->at[k];
		double low = m->low > c->low ? m->low : c->low, high = m->high < c->high ? m->high : c->high;

		if (low <= high) {
			*when = low;
			return true;
		}
		if (m->high < c->high)
			i++;
		else
			k++;
	}
	return false;
}

/* Body `b` as it stands at `when`: its own base(s), or the one point of a track. */
static void freeze(const struct dcf_body *b, double when, int64_t w0, struct dcf_body *still, struct dcf_base *base,
		   struct dcf_arc *arc, struct dcf_box3 *box)
{
	*still = *b;
	if (!moves(b))
		return;
	dcf_base_point(dcf_track_at(&b->track, when + (double)(w0 - b->feature->start_us)), arc, box, base);
	base->radius_m = b->feature->radius_m;
	still->bases = base;
	still->base_count = 1;
}

/* The point at distance x (0..d) from p on the way to q, d apart. */
static struct dcf_vec on_the_way(struct dcf_vec p, struct dcf_vec q, double x, double d)
{
	double f = d > 0 ? x / d : 0, theta, s0, s1, s, c;
	struct dcf_vec w = dcf_vec_sub(q, p);

	theta = 2 * dcf_asin(dcf_vec_length(w) / 2);
	if (theta < 1e-7)
		return dcf_vec_unit(dcf_vec_add(p, dcf_vec_scale(w, f)));
	dcf_sincos(theta, &s, &c);
	dcf_sincos(theta * f, &s1, &c);
	dcf_sincos(theta * (1 - f), &s0, &c);
	return dcf_vec_unit(dcf_vec_add(dcf_vec_scale(p, s0 / s), dcf_vec_scale(q, s1 / s)));
}

/* A point of both shapes, or the middle of the gap between them. */
static struct dcf_vec meeting_point(struct dcf_vec pa, struct dcf_vec pb, double d, double ra, double rb)
{
	if (d <= 0)
		return pa;
	if (d <= ra + rb)
		return on_the_way(pa, pb, d * ra / (ra + rb), d);
	return on_the_way(pa, pb, ra + (d - ra - rb) / 2, d);
}

static bool bands_only_touch(const double gap_e4[2], const struct dcf_body *a, const struct dcf_body *b,
			     const struct dcf_offsets *o)
{
	int64_t low, high, low2, high2;

	if (moves(a) || moves(b) || gap_e4[0] != 0)
		return false;
	dcf_altitude_difference(o, a->feature->lower, b->feature->upper, true, &low, &high);
	dcf_altitude_difference(o, b->feature->lower, a->feature->upper, true, &low2, &high2);
	return (low == 0 && high == 0 && !dcf_altitude_is_ground(a->feature->lower)) ||
	       (low2 == 0 && high2 == 0 && !dcf_altitude_is_ground(b->feature->lower));
}

static void measure_vertical(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			     const struct dcf_pair_times *times, struct dcf_pair_measure *out)
{
	out->vertical_gap_e4[0] = out->vertical_gap_e4[1] = 1e300;
	for (size_t i = 0; i < times->conflict->count; i++) {
		double low, high;

		dcf_vertical_least(a->feature, b->feature, o, out->lateral_gap_m <= 0, times->w0_us, times->conflict->at[i].low,
				   times->conflict->at[i].high, &low, &high);
		if (low < out->vertical_gap_e4[0] || (low == out->vertical_gap_e4[0] && high < out->vertical_gap_e4[1])) {
			out->vertical_gap_e4[0] = low;
			out->vertical_gap_e4[1] = high;
		}
	}
}

void dcf_pair_measure(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
		      const struct dcf_pair_times *times, struct dcf_pair_measure *out)
{
	struct dcf_body sa, sb;
	struct dcf_base base_a, base_b;
	const struct dcf_base *x = NULL, *y = NULL;
	struct dcf_arc arc_a, arc_b;
	struct dcf_box3 box_a, box_b;
	struct dcf_vec pa = { 0, 0, 0 }, pb = { 0, 0, 0 };
	double d, widths = widths_m(a, b);
	bool meet;

	out->when_us = times->conflict->at[0].low;
	meet = first_meeting(times, &out->when_us);
	if (!meet && (moves(a) || moves(b)))
		(void)least_lateral(a, b, times, &out->when_us);
	freeze(a, out->when_us, times->w0_us, &sa, &base_a, &arc_a, &box_a);
	freeze(b, out->when_us, times->w0_us, &sb, &base_b, &arc_b, &box_b);
	d = still_distance(&sa, &sb, 2.1e7, &x, &y, &pa, &pb);
	out->lateral_gap_m = meet || d < widths ? 0 : d - widths;
	out->closest = dcf_latlon_of(x && y ? meeting_point(pa, pb, d, x->radius_m, y->radius_m) : pa);
	measure_vertical(a, b, o, times, out);
	out->touch = false;
	if (times->overlap->count > 0 && !moves(a) && !moves(b))
		out->touch = bands_only_touch(out->vertical_gap_e4, a, b, o) ||
			     (a->base_count == 1 && b->base_count == 1 && dcf_bases_only_touch(x, y, dcf_half_tolerance_m(widths)));
}
