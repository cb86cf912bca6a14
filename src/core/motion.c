/* SPDX-License-Identifier: Apache-2.0 */
/* Distances over time.  A piece of a track (at most 10 NM) is taken as the straight chord between its
 * ends; its shadow on the planes used here differs from the true path by less than 1e-6 of the distance
 * plus 2 cm, and so does the time on it. */
#include "core/lateral.h"
#include "core/num.h"

#define RHO_MIN 6356800.0

/* The piece that holds t: largest i with t_us[i] <= t, at most n - 2. */
static uint32_t piece_at(const struct dcf_track *track, double t)
{
	uint32_t low = 0, high = track->n - 1;

	while (high - low > 1) {
		uint32_t mid = (low + high) / 2;

		if (track->t_us[mid] <= t)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* On the chord of piece i. */
static struct dcf_vec on_chord(const struct dcf_track *track, uint32_t i, double t)
{
	double t0 = track->t_us[i], t1 = track->t_us[i + 1], f = t1 > t0 ? (t - t0) / (t1 - t0) : 0;

	f = f < 0 ? 0 : f > 1 ? 1 : f;
	return dcf_vec_add(track->v[i], dcf_vec_scale(dcf_vec_sub(track->v[i + 1], track->v[i]), f));
}

struct dcf_vec dcf_track_at(const struct dcf_track *track, double t_us)
{
	return dcf_vec_unit(on_chord(track, piece_at(track, t_us), t_us));
}

/* Beyond this the scale of the sphere changes too much within one distance for one figure to stand for
 * it: intervals found are then worked over with the distance itself. */
#define NEAR_M 50000.0

typedef double distance_fn(const void *ctx, double t);

/* On [low, high] the distance falls to one least value and rises again: where is it within reach?
 * Three-way search for the least, then halving on both sides, to 1e-3 us or a millimetre. */
static bool polish(distance_fn *distance, const void *ctx, double reach_m, double *low, double *high)
{
	double a = *low, b = *high, least, in, out;

	for (int i = 0; i < 100 && b - a > 1e-3; i++) {
		double x = a + (b - a) / 3, y = b - (b - a) / 3;

		if (distance(ctx, x) <= distance(ctx, y))
			b = y;
		else
			a = x;
	}
	least = (a + b) / 2;
	if (distance(ctx, least) > reach_m)
		return false;
	if (distance(ctx, *low) > reach_m) {
		for (in = *low, out = least; out - in > 1e-3;) {
			double mid = (in + out) / 2;

			if (mid <= in || mid >= out)
				break;
			*(distance(ctx, mid) <= reach_m ? &out : &in) = mid;
		}
		*low = in;
	}
	if (distance(ctx, *high) > reach_m) {
		for (in = least, out = *high; out - in > 1e-3;) {
			double mid = (in + out) / 2;

			if (mid <= in || mid >= out)
				break;
			*(distance(ctx, mid) <= reach_m ? &in : &out) = mid;
		}
		*high = out;
	}
	return true;
}

/* One straight move: from p at t0 to q at t1. */
struct move {
	struct dcf_vec p, q;
	double t0, t1;
	struct dcf_box3 box;
};

static struct move move_of(const struct dcf_track *track, uint32_t i, double t0, double t1)
{
	struct move m;
	struct dcf_vec d;
	double margin;

	m.t0 = t0 > track->t_us[i] ? t0 : track->t_us[i];
	m.t1 = t1 < track->t_us[i + 1] ? t1 : track->t_us[i + 1];
	m.p = on_chord(track, i, m.t0);
	m.q = on_chord(track, i, m.t1);
	d = dcf_vec_sub(track->v[i + 1], track->v[i]);
	margin = dcf_vec_dot(d, d) * 0.1251 + 1e-15;
	for (int k = 0; k < 3; k++) {
		double a = k == 0 ? m.p.x : k == 1 ? m.p.y : m.p.z, b = k == 0 ? m.q.x : k == 1 ? m.q.y : m.q.z;

		m.box.low[k] = (a < b ? a : b) - margin;
		m.box.high[k] = (a < b ? b : a) + margin;
	}
	return m;
}

/* sin of the angle that `metres` are at height z; for the short ones by series. */
static double sine_of(double metres, double z)
{
	double x = metres / dcf_rho(z), x2 = x * x, s, c;

	if (x2 < 1e-4)
		return x * (1 - x2 / 6 * (1 - x2 / 20)); /* the next term is below 2e-16 of it */
	dcf_sincos(x, &s, &c);
	return s;
}

struct move_and_arc {
	const struct move *m;
	const struct dcf_arc *arc;
};

static double move_arc_distance(const void *ctx, double t)
{
	const struct move_and_arc *c = ctx;
	double f = c->m->t1 > c->m->t0 ? (t - c->m->t0) / (c->m->t1 - c->m->t0) : 0;
	struct dcf_vec p = dcf_vec_unit(dcf_vec_add(c->m->p, dcf_vec_scale(dcf_vec_sub(c->m->q, c->m->p), f)));

	return dcf_point_distance_m(p, dcf_nearest_on_arc(c->arc, p));
}

static void move_near_arc(const struct move *m, const struct dcf_arc *arc, double reach_m, struct dcf_set *out)
{
	struct dcf_vec middle = dcf_vec_add(m->p, m->q), ua, ub, n = arc->n;
	/* beyond NEAR_M a wider net, half a per cent, then the distance itself */
	double net_m = reach_m > NEAR_M ? reach_m * 1.005 : reach_m;
	double d = sine_of(net_m, middle.z / 4 + (arc->a.z + arc->b.z) / 4), span = m->t1 - m->t0, low, high;
	struct dcf_approach p, q;

	if (!(dcf_vec_dot(middle, arc->a) > 0))
		return; /* more than 90 degrees away; reach stays below that */
	if (dcf_vec_dot(n, n) > 0.5) {
		ua = dcf_vec_cross(n, arc->a);
		ub = dcf_vec_cross(arc->b, n);
	} else {
		dcf_vec_basis(arc->a, &ua, &n);
		ub = dcf_vec_scale(ua, -1);
	}
	p = (struct dcf_approach){ .along = dcf_vec_dot(m->p, ua),
				   .across = dcf_vec_dot(m->p, n),
				   .back = dcf_vec_dot(m->p, ub) };
	q = (struct dcf_approach){ .along = dcf_vec_dot(m->q, ua),
				   .across = dcf_vec_dot(m->q, n),
				   .back = dcf_vec_dot(m->q, ub) };
	p.end_across = p.across;
	if (span > 0) {
		p.along_rate = (q.along - p.along) / span;
		p.end_across_rate = p.across_rate = (q.across - p.across) / span;
		p.back_rate = (q.back - p.back) / span;
	}
	if (!dcf_capsule_interval(&p, d, 0, span, &low, &high))
		return;
	low = low <= 0 ? m->t0 : m->t0 + low;
	high = high >= span ? m->t1 : m->t0 + high;
	if (reach_m <= NEAR_M || polish(move_arc_distance, &(struct move_and_arc){ m, arc }, reach_m, &low, &high))
		dcf_set_add(out, low, high);
}

static void near_boxes(const struct move *m, const struct dcf_base *base, int level, uint32_t i, double reach_m,
		       struct dcf_set *out)
{
	uint32_t all = level > 0 ? base->box_count[level - 1] : base->arc_count, end = (i + 1) * DCF_FAN;
	double reach = reach_m / RHO_MIN;

	if (dcf_box_gap2(&m->box, &base->boxes[level][i]) > reach * reach * (1 + 1e-12))
		return;
	for (uint32_t k = i * DCF_FAN; k < end && k < all; k++) {
		if (level > 0)
			near_boxes(m, base, level - 1, k, reach_m, out);
		else
			move_near_arc(m, &base->arcs[k], reach_m, out);
	}
}

/* Add the stretches of [t0, t1] between the boundary's neighbourhoods that run inside, and the
 * neighbourhoods themselves unless only what lies deeper is asked for. */
static void fill_inside(const struct dcf_track *track, const struct dcf_base *base, double t0, double t1, bool deep,
			struct dcf_set *edges, struct dcf_set *out)
{
	double low = t0;

	dcf_set_normalise(edges);
	for (size_t i = 0; i <= edges->count; i++) {
		double high = i < edges->count ? edges->at[i].low : t1;

		if (low < high && dcf_base_contains(base, dcf_track_at(track, (low + high) / 2)))
			dcf_set_add(out, low, high);
		if (i < edges->count) {
			if (!deep)
				dcf_set_add(out, edges->at[i].low, edges->at[i].high);
			low = edges->at[i].high;
		}
	}
}

void dcf_track_near_base(const struct dcf_track *track, const struct dcf_base *base, double reach_m, double t0, double t1,
			 struct dcf_set *out)
{
	struct dcf_set edges = { .from = out->from };
	struct dcf_set *into = base->area ? &edges : out;
	bool deep = reach_m < 0;

	if (deep && !base->area)
		return;
	reach_m = dcf_fabs(reach_m);

	for (uint32_t i = piece_at(track, t0); i + 1 < track->n && track->t_us[i] <= t1; i++) {
		struct move m = move_of(track, i, t0, t1);

		if (m.t0 <= m.t1)
			near_boxes(&m, base, base->levels - 1, 0, reach_m, into);
	}
	if (base->area) {
		fill_inside(track, base, t0, t1, deep, &edges, out);
		out->failed |= edges.failed;
		dcf_set_free(&edges);
	}
}

/* Least squared length of w0 + f (w1 - w0), f in [0, 1]. */
static double least_between(struct dcf_vec w0, struct dcf_vec w1)
{
	struct dcf_vec d = dcf_vec_sub(w1, w0);
	double d2 = dcf_vec_dot(d, d), f = -dcf_vec_dot(w0, d);

	f = f <= 0 || !(d2 > 0) ? 0 : f >= d2 ? 1 : f / d2;
	w0 = dcf_vec_add(w0, dcf_vec_scale(d, f));
	return dcf_vec_dot(w0, w0);
}

/* Relative motion of two moves over their common time, on the plane that touches the sphere halfway; only
 * `far` is set when they stay further apart than the chord `beyond`. */
struct relative {
	double t0, t1;
	struct dcf_xy s, v;
	double z; /* height of the middle, for rho */
	bool far;
};

static struct relative relative_of(const struct dcf_track *a, uint32_t i, const struct dcf_track *b, uint32_t k, double shift,
				   double t0, double t1, double beyond)
{
	struct relative r = { .t0 = t0, .t1 = t1 };
	struct dcf_vec p0 = on_chord(a, i, t0), p1 = on_chord(a, i, t1), q0 = on_chord(b, k, t0 + shift),
		       q1 = on_chord(b, k, t1 + shift);
	struct dcf_vec w0 = dcf_vec_sub(p0, q0), w1 = dcf_vec_sub(p1, q1), e, n, m;

	/* In space the two are never nearer than on the plane; chords sag by 7 m at most, 1.1e-6 each. */
	r.far = least_between(w0, w1) > (beyond + 3e-6) * (beyond + 3e-6);
	if (r.far)
		return r;
	m = dcf_vec_add(dcf_vec_add(p0, p1), dcf_vec_add(q0, q1));
	r.far = !(dcf_vec_dot(m, m) > 4); /* 16 when together, 0 at the antipodes: beyond some 120 degrees */
	m = dcf_vec_unit(m);
	dcf_vec_basis(m, &e, &n);
	r.z = m.z;
	r.s = (struct dcf_xy){ dcf_vec_dot(w0, e), dcf_vec_dot(w0, n) };
	if (t1 > t0) {
		r.v.x = (dcf_vec_dot(w1, e) - r.s.x) / (t1 - t0);
		r.v.y = (dcf_vec_dot(w1, n) - r.s.y) / (t1 - t0);
	}
	return r;
}

/* Calls visit for every pair of pieces with a common time in [t0, t1]. */
typedef void visit_fn(void *ctx, uint32_t i, uint32_t k, double t0, double t1);

static void common_pieces(const struct dcf_track *a, const struct dcf_track *b, double shift, double t0, double t1,
			  visit_fn *visit, void *ctx)
{
	uint32_t i = piece_at(a, t0), k = piece_at(b, t0 + shift);

	while (t0 <= t1) {
		double end_a = a->t_us[i + 1], end_b = b->t_us[k + 1] - shift, end = end_a < end_b ? end_a : end_b;

		end = end < t1 ? end : t1;
		if (t0 <= end)
			visit(ctx, i, k, t0, end);
		if (end >= t1)
			return;
		if (end_a <= end && i + 2 < a->n)
			i++;
		else if (end_a <= end)
			return;
		if (end_b <= end && k + 2 < b->n)
			k++;
		else if (end_b <= end)
			return;
		t0 = end;
	}
}

struct near_ctx {
	const struct dcf_track *a, *b;
	double shift, reach_m;
	struct dcf_set *out;
};

/* Twice the sine of half the angle: the chord that `metres` are at height z. */
static double chord_of(double metres, double z)
{
	return 2 * sine_of(metres / 2, z);
}

struct two_pieces {
	const struct near_ctx *c;
	uint32_t i, k;
};

static double pieces_distance(const void *ctx, double t)
{
	const struct two_pieces *w = ctx;

	return dcf_point_distance_m(dcf_vec_unit(on_chord(w->c->a, w->i, t)),
				    dcf_vec_unit(on_chord(w->c->b, w->k, t + w->c->shift)));
}

static void near_pieces(void *arg, uint32_t i, uint32_t k, double t0, double t1)
{
	struct near_ctx *c = arg;
	struct dcf_vec pa = c->a->v[i], pb = c->b->v[k], d = dcf_vec_sub(pa, pb);
	/* two pieces of at most 10 NM (0.00292 rad) from their first points */
	double far = c->reach_m / RHO_MIN + 0.0059, low, high;
	struct relative r;

	if (dcf_vec_dot(d, d) > far * far)
		return;
	r = relative_of(c->a, i, c->b, k, c->shift, t0, t1, far - 0.0059);
	if (r.far)
		return;
	if (!dcf_disc_interval(r.s, r.v, chord_of(c->reach_m > NEAR_M ? c->reach_m * 1.005 : c->reach_m, r.z), 0, t1 - t0, &low,
			       &high))
		return;
	low = low <= 0 ? t0 : t0 + low;
	high = high >= t1 - t0 ? t1 : t0 + high;
	if (c->reach_m <= NEAR_M || polish(pieces_distance, &(struct two_pieces){ c, i, k }, c->reach_m, &low, &high))
		dcf_set_add(c->out, low, high);
}

void dcf_track_near_track(const struct dcf_track *a, const struct dcf_track *b, double shift_us, double reach_m, double t0,
			  double t1, struct dcf_set *out)
{
	struct near_ctx c = { a, b, shift_us, reach_m, out };

	if (reach_m >= 0)
		common_pieces(a, b, shift_us, t0, t1, near_pieces, &c);
}

struct least {
	const struct dcf_track *a, *b;
	double shift, m, when;
};

static void least_pieces(void *arg, uint32_t i, uint32_t k, double t0, double t1)
{
	struct least *c = arg;
	struct relative r = relative_of(c->a, i, c->b, k, c->shift, t0, t1, 3);
	double v2 = r.v.x * r.v.x + r.v.y * r.v.y, t = v2 > 0 ? -(r.s.x * r.v.x + r.s.y * r.v.y) / v2 : 0, m;

	t = t < 0 ? 0 : t > t1 - t0 ? t1 - t0 : t;
	m = dcf_distance_m(dcf_vec_unit(on_chord(c->a, i, t0 + t)), dcf_vec_unit(on_chord(c->b, k, t0 + t + c->shift)));
	if (m < c->m) {
		c->m = m;
		c->when = t0 + t;
	}
}

double dcf_track_track_least(const struct dcf_track *a, const struct dcf_track *b, double shift_us, double t0, double t1,
			     double *when)
{
	struct least c = { a, b, shift_us, DCF_FAR_M, t0 };

	common_pieces(a, b, shift_us, t0, t1, least_pieces, &c);
	*when = c.when;
	return c.m;
}

static struct dcf_arc chord_arc(struct dcf_vec p, struct dcf_vec q)
{
	p = dcf_vec_unit(p);
	q = dcf_vec_unit(q);
	return (struct dcf_arc){ p, q, dcf_vec_unit(dcf_vec_cross(dcf_vec_add(p, q), dcf_vec_sub(q, p))) };
}

double dcf_track_base_least(const struct dcf_track *track, const struct dcf_base *base, double t0, double t1, double *when)
{
	double best = DCF_FAR_M;

	*when = t0;
	for (uint32_t i = piece_at(track, t0); i + 1 < track->n && track->t_us[i] <= t1 && best > 0; i++) {
		struct move m = move_of(track, i, t0, t1);
		struct dcf_arc arc = chord_arc(m.p, m.q);
		struct dcf_base path = { .arcs = &arc, .arc_count = 1, .levels = 1 };
		struct dcf_vec pa, pb, d, e;
		double found;

		if (!(m.t0 <= m.t1))
			continue;
		path.boxes[0] = &m.box;
		path.box_count[0] = 1;
		found = dcf_base_distance(&path, base, best < 2e7 ? best : 2e7, &pa, &pb);
		if (!(found < best))
			continue;
		best = found;
		d = dcf_vec_sub(pa, arc.a);
		e = dcf_vec_sub(arc.b, arc.a);
		*when = m.t0 + (dcf_vec_dot(e, e) > 0 ? (m.t1 - m.t0) * dcf_sqrt(dcf_vec_dot(d, d) / dcf_vec_dot(e, e)) : 0);
		if (*when > m.t1)
			*when = m.t1;
	}
	return best;
}
