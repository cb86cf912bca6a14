/* SPDX-License-Identifier: Apache-2.0 */
#include "options/shift.h"
#include "core/num.h"

static bool moves(const struct dcf_body *b)
{
	return b->feature->shape == DCF_TRAJECTORY;
}

static void add_clamped(struct dcf_set *out, double from, double to, double low, double high)
{
	from = from > low ? from : low;
	to = to < high ? to : high;
	if (from < to)
		dcf_set_add(out, from, to);
}

/* ---- what stands still ---- */

static enum dcf_status still_still(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
				   const struct dcf_minima *minima, double low, double high, struct dcf_pair_scratch *scratch,
				   struct dcf_set *out)
{
	const struct dcf_feature *x = a->feature, *y = b->feature;
	double from = (double)(y->start_us - x->end_us), to = (double)(y->end_us - x->start_us);
	struct dcf_set *when;
	enum dcf_status s;

	if (from >= high || to <= low)
		return DCF_OK;
	/* neither changes with time, so any window answers for all */
	s = dcf_pair_doubted(a, b, o, minima, 0, 1000000, scratch, &when);
	if (s == DCF_OK && when->count)
		add_clamped(out, from, to, low, high);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

/* When is the track near the volume, whatever the volume's window?  Each stay forbids the shifts that bring it
 * under the window; `flip`: it is the volume that shifts. */
static enum dcf_status track_still(const struct dcf_body *track, const struct dcf_body *still, bool flip,
				   const struct dcf_offsets *o, const struct dcf_minima *minima, double low, double high,
				   struct dcf_pair_scratch *scratch, struct dcf_set *out)
{
	const struct dcf_track *t = &track->track;
	const struct dcf_feature *y = still->feature;
	int64_t w0 = track->feature->start_us + (int64_t)dcf_floor(t->t_us[0]);
	int64_t w1 = track->feature->start_us + (int64_t)dcf_ceil(t->t_us[t->n - 1]);
	double begin = (double)(y->start_us - w0), end = (double)(y->end_us - w0);
	struct dcf_set *when;
	enum dcf_status s;

	if (w0 >= w1)
		return DCF_OK;
	if (!flip && (begin - (double)(w1 - w0) >= high || end <= low))
		return DCF_OK;
	if (flip && (-end >= high || (double)(w1 - w0) - begin <= low))
		return DCF_OK;
	s = dcf_pair_doubted(track, still, o, minima, w0, w1, scratch, &when);
	for (size_t i = 0; s == DCF_OK && i < when->count; i++) {
		double l = when->at[i].low, h = when->at[i].high;

		if (flip)
			add_clamped(out, l - end, h - begin, low, high);
		else
			add_clamped(out, begin - h, end - l, low, high);
	}
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

/* ---- two tracks ---- */

/* A point of the unit square: how far along a's piece, how far along b's. */
struct spot {
	double a, b;
};

/* value = c + ka * a + kb * b */
struct plane {
	double c, ka, kb;
};

static double value_at(const struct plane *f, struct spot p)
{
	return f->c + f->ka * p.a + f->kb * p.b;
}

/* A convex polygon: the square cut by two half planes has six corners at most. */
enum { CORNERS = 8 };
struct region {
	struct spot at[CORNERS];
	int count;
};

/* Keep the part where f <= 0. */
static void cut(struct region *r, const struct plane *f)
{
	struct region kept = { .count = 0 };

	for (int i = 0; i < r->count; i++) {
		struct spot p = r->at[i], q = r->at[i + 1 < r->count ? i + 1 : 0];
		double fp = value_at(f, p), fq = value_at(f, q);

		if (fp <= 0)
			kept.at[kept.count++] = p;
		if ((fp < 0 && fq > 0) || (fp > 0 && fq < 0)) {
			double t = fp / (fp - fq);

			kept.at[kept.count++] = (struct spot){ p.a + t * (q.a - p.a), p.b + t * (q.b - p.b) };
		}
	}
	*r = kept;
}

static double area(const struct region *r)
{
	double sum = 0;

	for (int i = 1; i + 1 < r->count; i++)
		sum += (r->at[i].a - r->at[0].a) * (r->at[i + 1].b - r->at[0].b) -
		       (r->at[i + 1].a - r->at[0].a) * (r->at[i].b - r->at[0].b);
	return dcf_fabs(sum) / 2;
}

/* Cut by "this far above the other is too near": f < 0, or f <= 0 where the minimum is 0. */
static void cut_level(struct region *r, struct plane f, bool strict)
{
	bool level = !(f.ka < 0) && !(f.ka > 0) && !(f.kb < 0) && !(f.kb > 0);

	if (level && (strict ? f.c >= 0 : f.c > 0))
		r->count = 0;
	else if (!level)
		cut(r, &f);
}

/* Lower and upper limit at both ends of a piece, 0.1 mm: low end of the lower and high end of the upper. */
struct span_of_levels {
	double lower0, lower1, upper0, upper1;
};

static struct span_of_levels levels_of(const struct dcf_track *t, uint32_t i, const struct dcf_offsets *o, bool own_ref)
{
	const struct dcf_feature *f = t->feature;
	const struct dcf_waypoint *p = &f->waypoints[t->leg[i]], *q = p + 1;
	double c = (double)f->containment_e4, t0 = (double)(p->time_us - f->start_us), t1 = (double)(q->time_us - f->start_us);
	double f0 = (t->t_us[i] - t0) / (t1 - t0), f1 = (t->t_us[i + 1] - t0) / (t1 - t0);
	int64_t pl = p->altitude.e4, ph = pl, ql = q->altitude.e4, qh = ql;
	struct span_of_levels s;

	if (!own_ref) {
		dcf_altitude_msl(o, p->altitude, false, &pl, &ph);
		dcf_altitude_msl(o, q->altitude, false, &ql, &qh);
	}
	s.lower0 = (double)pl + (double)(ql - pl) * f0 - c;
	s.lower1 = (double)pl + (double)(ql - pl) * f1 - c;
	s.upper0 = (double)ph + (double)(qh - ph) * f0 + c;
	s.upper1 = (double)ph + (double)(qh - ph) * f1 + c;
	return s;
}

/* Do both pieces state their levels in one reference that is the same everywhere? */
static bool one_reference(const struct dcf_track *a, uint32_t i, const struct dcf_track *b, uint32_t k)
{
	const struct dcf_waypoint *p = &a->feature->waypoints[a->leg[i]], *q = &b->feature->waypoints[b->leg[k]];
	uint8_t ref = p->altitude.ref;

	return ref != DCF_REF_AGL && ref != DCF_REF_SFC && p[1].altitude.ref == ref && q->altitude.ref == ref &&
	       q[1].altitude.ref == ref;
}

/* Do both fly this piece at heights over the ground?  Then they compare exactly while they share the ground. */
static bool is_over_ground(const struct dcf_track *t, uint32_t i)
{
	const struct dcf_waypoint *p = &t->feature->waypoints[t->leg[i]];

	return (p->altitude.ref == DCF_REF_AGL || p->altitude.ref == DCF_REF_SFC) &&
	       (p[1].altitude.ref == DCF_REF_AGL || p[1].altitude.ref == DCF_REF_SFC);
}

/* The part of the square in which the levels are too near. */
static struct region near_levels(const struct dcf_track *a, uint32_t i, const struct dcf_track *b, uint32_t k,
				 const struct dcf_offsets *o, int64_t minimum_e4, bool own)
{
	struct region r = { { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } }, 4 };
	struct span_of_levels x = levels_of(a, i, o, own), y = levels_of(b, k, o, own);
	double v = (double)minimum_e4;

	cut_level(&r, (struct plane){ y.lower0 - x.upper0 - v, x.upper0 - x.upper1, y.lower1 - y.lower0 }, minimum_e4 > 0);
	cut_level(&r, (struct plane){ x.lower0 - y.upper0 - v, x.lower1 - x.lower0, y.upper0 - y.upper1 }, minimum_e4 > 0);
	if (r.count && area(&r) < 1e-13) /* levels that cross for an instant only */
		r.count = 0;
	return r;
}

/* Relative place of the two points over the square, on the plane that touches the sphere between them. */
struct relative {
	struct dcf_xy at0, a, b; /* w = at0 + a * spot.a - b * spot.b */
	double z, reach;         /* height of the middle on the sphere; chord */
};

static struct dcf_xy place(const struct relative *w, struct spot p)
{
	return (struct dcf_xy){ w->at0.x + w->a.x * p.a - w->b.x * p.b, w->at0.y + w->a.y * p.a - w->b.y * p.b };
}

static bool is_near(const struct relative *w, struct spot p)
{
	struct dcf_xy x = place(w, p);

	return x.x * x.x + x.y * x.y <= w->reach * w->reach;
}

struct extremes {
	double low, high;
};

static void offer(struct extremes *e, const struct plane *shift, struct spot p)
{
	double s = value_at(shift, p);

	e->low = s < e->low ? s : e->low;
	e->high = s > e->high ? s : e->high;
}

/* Where an edge of the region runs within reach: its ends there. */
static void offer_edge(struct extremes *e, const struct plane *shift, const struct relative *w, struct spot p, struct spot q)
{
	struct dcf_xy s = place(w, p), t = place(w, q);
	double in, out;

	if (!dcf_disc_interval(s, (struct dcf_xy){ t.x - s.x, t.y - s.y }, w->reach, 0, 1, &in, &out))
		return;
	offer(e, shift, (struct spot){ p.a + in * (q.a - p.a), p.b + in * (q.b - p.b) });
	offer(e, shift, (struct spot){ p.a + out * (q.a - p.a), p.b + out * (q.b - p.b) });
}

static bool inside(const struct region *r, struct spot p)
{
	double sign = 0;

	for (int i = 0; i < r->count; i++) {
		struct spot a = r->at[i], b = r->at[i + 1 < r->count ? i + 1 : 0];
		double c = (b.a - a.a) * (p.b - a.b) - (b.b - a.b) * (p.a - a.a);

		if (c * sign < 0)
			return false;
		sign = sign > 0 || sign < 0 ? sign : c;
	}
	return true;
}

/* Where the reach itself (an ellipse in the square) has its least and greatest shift, if that is in the region: with
 * w = w0 + M p the shift is linear in w, so its extremes on |w| = reach lie along its gradient. */
static void offer_tangents(struct extremes *e, const struct plane *shift, const struct relative *w, const struct region *r)
{
	double det = -w->a.x * w->b.y + w->b.x * w->a.y, scale;
	struct dcf_xy h;

	scale = (dcf_fabs(w->a.x) + dcf_fabs(w->a.y)) * (dcf_fabs(w->b.x) + dcf_fabs(w->b.y));
	if (!(dcf_fabs(det) > 1e-12 * scale))
		return; /* side by side: the extremes lie on the region's edges */
	/* h = M^-T g with M = [a, -b] and g the gradient of the shift */
	h.x = (-w->b.y * shift->ka - w->a.y * shift->kb) / det;
	h.y = (w->b.x * shift->ka + w->a.x * shift->kb) / det;
	scale = dcf_sqrt(h.x * h.x + h.y * h.y);
	if (!(scale > 0))
		return;
	for (int side = -1; side <= 1; side += 2) {
		double x = side * w->reach * h.x / scale - w->at0.x, y = side * w->reach * h.y / scale - w->at0.y;
		struct spot p = { (-w->b.y * x + w->b.x * y) / det, (-w->a.y * x + w->a.x * y) / det };

		if (inside(r, p))
			offer(e, shift, p);
	}
}

/* Beyond this the scale of the sphere changes within one distance: a net half a per cent wider. */
#define WIDE_M 50000.0

/* The chord of a reach at height z of the sphere. */
static double chord_of(double reach_m, double z)
{
	double s, c;

	dcf_sincos((reach_m > WIDE_M ? reach_m * 1.005 : reach_m) / 2 / dcf_rho(z), &s, &c);
	return 2 * s;
}

static struct relative relative_of(const struct dcf_vec *p, const struct dcf_vec *q, double reach_m)
{
	struct relative r;
	struct dcf_vec m = dcf_vec_add(dcf_vec_add(p[0], p[1]), dcf_vec_add(q[0], q[1])), e, n;
	struct dcf_vec w = dcf_vec_sub(p[0], q[0]), a = dcf_vec_sub(p[1], p[0]), b = dcf_vec_sub(q[1], q[0]);

	m = dcf_vec_unit(m);
	dcf_vec_basis(m, &e, &n);
	r.at0 = (struct dcf_xy){ dcf_vec_dot(w, e), dcf_vec_dot(w, n) };
	r.a = (struct dcf_xy){ dcf_vec_dot(a, e), dcf_vec_dot(a, n) };
	r.b = (struct dcf_xy){ dcf_vec_dot(b, e), dcf_vec_dot(b, n) };
	r.z = m.z;
	r.reach = chord_of(reach_m, m.z);
	return r;
}

/* Least radius of the conformal sphere's scale, metres; how far the middle of a piece of 10 NM may lie from that of its
 * chord, and more, in radians. */
#define RHO_MIN 6356800.0
#define SAGITTA 2e-6

struct two_tracks {
	const struct dcf_track *a, *b;
	const struct dcf_offsets *o;
	int64_t minimum_e4;
	double reach_m, sure_m, base, low, high;     /* sure_m: they share the ground beyond doubt; <= 0: never */
	struct dcf_set *leave, *enter, *sure, *rest; /* scratch */
};

/* The shifts at which the two points are somewhere in the region (which is not empty) and within reach. */
static struct extremes shifts_in(const struct plane *shift, const struct relative *w, const struct region *r)
{
	struct extremes e = { 1e300, -1e300 };

	for (int c = 0; c < r->count; c++) {
		if (is_near(w, r->at[c]))
			offer(&e, shift, r->at[c]);
		offer_edge(&e, shift, w, r->at[c], r->at[c + 1 < r->count ? c + 1 : 0]);
	}
	offer_tangents(&e, shift, w, r);
	return e;
}

/* The shifts at which the two share the ground as long as they are in the region: a line of one shift enters the region
 * over one edge and leaves it over another, and within reach at both it is so between them.  (Corners run
 * anticlockwise, so a line leaves over those edges along which the shift grows.) */
static void shifts_inside(const struct two_tracks *t, const struct plane *shift, const struct relative *w,
			  const struct region *r)
{
	dcf_set_clear(t->leave);
	dcf_set_clear(t->enter);
	for (int c = 0; c < r->count; c++) {
		struct spot p = r->at[c], q = r->at[c + 1 < r->count ? c + 1 : 0];
		struct extremes e = { 1e300, -1e300 };

		offer_edge(&e, shift, w, p, q);
		if (e.low < e.high)
			dcf_set_add(value_at(shift, q) > value_at(shift, p) ? t->leave : t->enter, e.low, e.high);
	}
	dcf_set_normalise(t->leave);
	dcf_set_normalise(t->enter);
	dcf_set_intersect(t->sure, t->leave, t->enter);
}

static void two_pieces(const struct two_tracks *t, uint32_t i, uint32_t k, struct dcf_set *out)
{
	const struct dcf_track *a = t->a, *b = t->b;
	double ta = a->t_us[i + 1] - a->t_us[i], tb = b->t_us[k + 1] - b->t_us[k];
	struct plane shift = { t->base + b->t_us[k] - a->t_us[i], -ta, tb };
	struct extremes e;
	struct relative w;
	struct region r;

	if (!(ta > 0) || !(tb > 0))
		return;
	r = near_levels(a, i, b, k, t->o, t->minimum_e4, one_reference(a, i, b, k));
	if (r.count == 0)
		return;
	w = relative_of(&a->v[i], &b->v[k], t->reach_m);
	e = shifts_in(&shift, &w, &r);
	if (!(t->sure_m > 0) || !(e.low < e.high) || !is_over_ground(a, i) || !is_over_ground(b, k)) {
		add_clamped(out, e.low, e.high, t->low, t->high);
		return;
	}
	/* where they surely share the ground heights compare exactly, elsewhere as if the ground were anywhere */
	w.reach = chord_of(t->sure_m, w.z);
	shifts_inside(t, &shift, &w, &r);
	dcf_set_complement(t->rest, t->sure, e.low, e.high);
	for (size_t c = 0; c < t->rest->count; c++)
		add_clamped(out, t->rest->at[c].low, t->rest->at[c].high, t->low, t->high);
	r = near_levels(a, i, b, k, t->o, t->minimum_e4, true);
	if (r.count == 0)
		return;
	e = shifts_in(&shift, &w, &r);
	add_clamped(out, e.low, e.high, t->low, t->high);
}

/* A piece as a ball: most pairs are told apart by it. */
struct ball {
	struct dcf_vec middle;
	double radius;
};

static struct ball ball_of(const struct dcf_track *t, uint32_t i)
{
	struct dcf_vec d = dcf_vec_sub(t->v[i + 1], t->v[i]), s = dcf_vec_add(t->v[i + 1], t->v[i]);

	return (struct ball){ { s.x / 2, s.y / 2, s.z / 2 }, dcf_sqrt(dcf_vec_dot(d, d)) / 2 + SAGITTA };
}

enum { BALLS = 32 };

/* All pieces of a against the pieces first..end of b. */
static void track_part(const struct two_tracks *t, uint32_t first, uint32_t end, double far, struct dcf_set *out)
{
	struct ball balls[BALLS];

	for (uint32_t k = first; k < end; k++)
		balls[k - first] = ball_of(t->b, k);
	for (uint32_t i = 0; i + 1 < t->a->n; i++) {
		struct ball x = ball_of(t->a, i);
		double early = t->base - t->a->t_us[i + 1], late = t->base - t->a->t_us[i];

		for (uint32_t k = first; k < end; k++) {
			const struct ball *y = &balls[k - first];
			struct dcf_vec d = dcf_vec_sub(x.middle, y->middle);
			double room = far + x.radius + y->radius;

			if (dcf_vec_dot(d, d) <= room * room && early + t->b->t_us[k] < t->high &&
			    late + t->b->t_us[k + 1] > t->low)
				two_pieces(t, i, k, out);
		}
	}
}

static void track_track(const struct two_tracks *t, struct dcf_set *out)
{
	double far = t->reach_m * (t->reach_m > WIDE_M ? 1.006 : 1) / RHO_MIN;

	for (uint32_t first = 0; first + 1 < t->b->n; first += BALLS)
		track_part(t, first, first + BALLS + 1 < t->b->n ? first + BALLS : t->b->n - 1, far, out);
}

enum dcf_status dcf_shift_pair(const struct dcf_body *a, const struct dcf_body *b, const struct dcf_offsets *o,
			       const struct dcf_minima *minima, double low_us, double high_us, struct dcf_pair_scratch *scratch,
			       struct dcf_set *out)
{
	double reach = minima->lateral_m, widths;
	struct dcf_set *set = scratch->set;
	struct two_tracks t = { &a->track, &b->track, o,      minima->vertical_e4, 0, 0, 0, low_us, high_us, &set[0],
				&set[1],   &set[2],   &set[3] };

	if (!moves(a) && !moves(b))
		return still_still(a, b, o, minima, low_us, high_us, scratch, out);
	if (!moves(a) || !moves(b))
		return track_still(moves(a) ? a : b, moves(a) ? b : a, !moves(a), o, minima, low_us, high_us, scratch, out);
	widths = a->feature->radius_m + b->feature->radius_m;
	reach += widths;
	t.reach_m = reach + dcf_doubt_m(reach);
	t.sure_m = widths - dcf_error_m(widths);
	t.base = (double)(b->feature->start_us - a->feature->start_us);
	for (int i = 0; i < 4; i++) {
		set[i].from = scratch->from;
		set[i].failed = false;
	}
	track_track(&t, out);
	return out->failed || set[0].failed || set[1].failed || set[2].failed || set[3].failed ? DCF_E_NOMEM : DCF_OK;
}
