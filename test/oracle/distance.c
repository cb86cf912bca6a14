/* SPDX-License-Identifier: Apache-2.0 */
/* distance.c - point to shape, shape to shape, inside or not. */
#include "oracle/geo.h"
#include "oracle/geo_int.h"
#include <math.h>

/* Distance in space from `p` to the straight segment a-b. */
static double segment_chord(const double *p, const double *a, const double *b)
{
	double u[3], w[3], uu = 0, uw = 0, k, d = 0;

	for (int i = 0; i < 3; i++) {
		u[i] = b[i] - a[i];
		w[i] = p[i] - a[i];
		uu += u[i] * u[i];
		uw += u[i] * w[i];
	}
	k = uu > 0 ? fmax(0, fmin(1, uw / uu)) : 0;
	for (int i = 0; i < 3; i++)
		d += (w[i] - k * u[i]) * (w[i] - k * u[i]);
	return sqrt(d);
}

/* A piece is within its sag of its chord, and no geodesic is shorter than the chord of its ends. */
static double piece_low(const struct dcf_ora_piece *e, const struct dcf_ora_point *p)
{
	double c = dcf_ora_chord(e->a.x, e->b.x);

	return dcf_ora_arc_low(segment_chord(p->x, e->a.x, e->b.x) - dcf_ora_sag(c) - 1e-7);
}

static double ball_low(const struct dcf_ora_ball *b, const struct dcf_ora_point *p)
{
	return dcf_ora_arc_low(dcf_ora_chord(b->x, p->x) - b->r - 1e-7);
}

static void nearest(struct dcf_ora_chain *c, size_t first, size_t count, size_t node, const struct dcf_ora_point *p,
		    double *best)
{
	size_t left = count / 2;
	bool swap;

	if (count == 1) {
		if (piece_low(&c->piece[first], p) < *best)
			*best = fmin(*best, dcf_ora_piece_distance(&c->piece[first], p));
		return;
	}
	swap = ball_low(&c->ball[node + 2 * left], p) < ball_low(&c->ball[node + 1], p);
	for (int k = 0; k < 2; k++) {
		bool right = (k == 1) != swap;
		size_t child = right ? node + 2 * left : node + 1;

		if (ball_low(&c->ball[child], p) < *best)
			nearest(c, right ? first + left : first, right ? count - left : left, child, p, best);
	}
}

/* The tangent plane of a point. */
struct plane {
	const double *at;
	double east[3], north[3];
};

static struct plane plane_at(const struct dcf_ora_point *p)
{
	const double rad = acos(-1.0) / 180;
	double sl = sin(p->lat * rad), cl = cos(p->lat * rad), so = sin(p->lon * rad), co = cos(p->lon * rad);

	return (struct plane){ p->x, { -so, co, 0 }, { -sl * co, -sl * so, cl } };
}

static void tangent(const struct plane *p, const double *x, double *e, double *n)
{
	double d[3] = { x[0] - p->at[0], x[1] - p->at[1], x[2] - p->at[2] };

	*e = p->east[0] * d[0] + p->east[1] * d[1];
	*n = p->north[0] * d[0] + p->north[1] * d[1] + p->north[2] * d[2];
}

/* Signed crossings of the half line to the east of p by the chord a-b. */
static int crossing(const struct plane *p, const double *a, const double *b)
{
	double ea, na, eb, nb, turn;

	tangent(p, a, &ea, &na);
	tangent(p, b, &eb, &nb);
	turn = ea * nb - eb * na;
	if (na <= 0 && nb > 0)
		return turn > 0 ? 1 : 0;
	if (na > 0 && nb <= 0)
		return turn < 0 ? -1 : 0;
	return 0;
}

/* A run of pieces whose ball does not come over p winds about it as the chord of its ends does. */
static int winding(const struct dcf_ora_chain *c, size_t first, size_t count, size_t node, const struct plane *p)
{
	size_t left = count / 2;
	double e, n;

	tangent(p, c->ball[node].x, &e, &n);
	if (count == 1 || sqrt(e * e + n * n) > c->ball[node].r + 1e-6)
		return crossing(p, c->piece[first].a.x, c->piece[first + count - 1].b.x);
	return winding(c, first, left, node + 1, p) + winding(c, first + left, count - left, node + 2 * left, p);
}

/* Areas of the oracle's worlds reach less than 4,900 km from their middle, so a point inside is within
 * 9,900 km of every vertex; farther away the tangent plane would also see what is around the antipode. */
static bool inside(const struct dcf_ora_shape *s, const struct dcf_ora_point *p)
{
	struct plane plane = plane_at(p);
	int turns = 0;

	if (!s->area || dcf_ora_chord(s->chain[0].piece[0].a.x, p->x) > 9e6)
		return false;
	for (size_t i = 0; i < s->count; i++)
		turns += winding(&s->chain[i], 0, s->chain[i].count, 0, &plane) & 1;
	return turns & 1;
}

double dcf_ora_signed(const struct dcf_ora_shape *s, const struct dcf_ora_point *p)
{
	double best = INFINITY;

	for (size_t i = 0; i < s->count; i++)
		if (ball_low(&s->chain[i].ball[0], p) < best)
			nearest(&s->chain[i], 0, s->chain[i].count, 0, p, &best);
	return inside(s, p) ? -best : best;
}

double dcf_ora_between_low(const struct dcf_ora_shape *a, const struct dcf_ora_shape *b)
{
	return dcf_ora_arc_low(dcf_ora_chord(a->ball.x, b->ball.x) - a->ball.r - b->ball.r - 1e-7);
}

static double dot(const double *a, const double *b)
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double *a, const double *b, double *c)
{
	c[0] = a[1] * b[2] - a[2] * b[1];
	c[1] = a[2] * b[0] - a[0] * b[2];
	c[2] = a[0] * b[1] - a[1] * b[0];
}

/* No more than the distance in space of two straight segments, and little less: it is that of an end from the other
 * segment, or that of the lines where both feet of their common perpendicular are on the segments.  Lines within 1e-5 of
 * parallel have no feet to rely on; what a crossing of theirs could be closer than their ends is taken off. */
static double chords_low(const struct dcf_ora_piece *e, const struct dcf_ora_piece *f)
{
	double low = fmin(fmin(segment_chord(e->a.x, f->a.x, f->b.x), segment_chord(e->b.x, f->a.x, f->b.x)),
			  fmin(segment_chord(f->a.x, e->a.x, e->b.x), segment_chord(f->b.x, e->a.x, e->b.x)));
	double u[3], v[3], w[3], n[3], wv[3], wu[3], nn, s, t;

	for (int i = 0; i < 3; i++) {
		u[i] = e->b.x[i] - e->a.x[i];
		v[i] = f->b.x[i] - f->a.x[i];
		w[i] = f->a.x[i] - e->a.x[i];
	}
	cross(u, v, n);
	nn = dot(n, n);
	if (nn <= 1e-10 * dot(u, u) * dot(v, v))
		return low - 1e-5 * sqrt(fmax(dot(u, u), dot(v, v)));
	cross(w, v, wv);
	cross(w, u, wu);
	s = dot(wv, n) / nn;
	t = dot(wu, n) / nn;
	if (s < -0.01 || s > 1.01 || t < -0.01 || t > 1.01)
		return low;
	return fmin(low, fabs(dot(w, n)) / sqrt(nn) - 1e-10 * sqrt(dot(w, w)));
}

static double ends_apart(struct dcf_ora_piece *e, const struct dcf_ora_point *p, double best)
{
	return piece_low(e, p) < best ? fmin(best, dcf_ora_piece_distance(e, p)) : best;
}

/* Two geodesics that do not cross are closest at an end of one: a common perpendicular of two
 * geodesics on a surface of positive curvature is no minimum.  Returns a negative number where they surely
 * cross: every end farther from the other's line than the oracle's error.  Where they do not reach `best`, `best`;
 * pieces whose chords keep farther apart than the pieces may leave them neither reach it nor cross. */
static double piece_piece(struct dcf_ora_piece *e, struct dcf_ora_piece *f, double best)
{
	double space = chords_low(e, f) - dcf_ora_sag(dcf_ora_chord(e->a.x, e->b.x)) -
		       dcf_ora_sag(dcf_ora_chord(f->a.x, f->b.x)) - 1e-7;
	double d, fa, fb, ea, eb;

	if (space > 0) {
		if (dcf_ora_arc_low(space) >= best)
			return best;
		d = ends_apart(e, &f->b, ends_apart(e, &f->a, best));
		return ends_apart(f, &e->b, ends_apart(f, &e->a, d));
	}
	d = fmin(fmin(dcf_ora_piece_distance(e, &f->a), dcf_ora_piece_distance(e, &f->b)),
		 fmin(dcf_ora_piece_distance(f, &e->a), dcf_ora_piece_distance(f, &e->b)));
	if (!(e->len > 0 && f->len > 0) || d > fmax(e->len, f->len))
		return d;
	fa = dcf_ora_piece_offset(e, &f->a);
	fb = dcf_ora_piece_offset(e, &f->b);
	ea = dcf_ora_piece_offset(f, &e->a);
	eb = dcf_ora_piece_offset(f, &e->b);
	if (!(fa * fb < 0 && ea * eb < 0))
		return d;
	return fmin(fmin(fabs(fa), fabs(fb)), fmin(fabs(ea), fabs(eb))) > DCF_ORA_EPS ? -1 : 0;
}

/* A part of a chain: a node of its tree. */
struct part {
	struct dcf_ora_chain *c;
	size_t first, count, node;
};

static struct part half(struct part p, bool right)
{
	size_t left = p.count / 2;

	if (right)
		return (struct part){ p.c, p.first + left, p.count - left, p.node + 2 * left };
	return (struct part){ p.c, p.first, left, p.node + 1 };
}

static double part_low(const struct part *p, const struct part *q)
{
	const struct dcf_ora_ball *a = &p->c->ball[p->node], *b = &q->c->ball[q->node];

	return dcf_ora_arc_low(dcf_ora_chord(a->x, b->x) - a->r - b->r - 1e-7);
}

static void closest(struct part p, struct part q, double *best)
{
	struct part k[2];
	bool swap;

	if (p.count == 1 && q.count == 1) {
		*best = fmin(*best, piece_piece(&p.c->piece[p.first], &q.c->piece[q.first], *best));
		return;
	}
	if (q.count > 1 && (p.count == 1 || q.c->ball[q.node].r > p.c->ball[p.node].r)) {
		struct part t = p;

		p = q;
		q = t;
	}
	k[0] = half(p, false);
	k[1] = half(p, true);
	swap = part_low(&k[1], &q) < part_low(&k[0], &q);
	for (int i = 0; i < 2; i++)
		if (part_low(&k[i ^ swap], &q) < *best || (*best == 0 && part_low(&k[i ^ swap], &q) == 0))
			closest(k[i ^ swap], q, best);
}

/* Some ring of `a` (or its line) begins inside `b`. */
static double begins_inside(const struct dcf_ora_shape *a, const struct dcf_ora_shape *b)
{
	double least = INFINITY;

	for (size_t i = 0; b->area && i < a->count; i++)
		least = fmin(least, dcf_ora_signed(b, &a->chain[i].piece[0].a));
	return least;
}

/* Are there points beside a's edges that are inside both?  Finds areas that share their edges. */
static double beside(const struct dcf_ora_shape *a, const struct dcf_ora_shape *b)
{
	static const double off[] = { 0.01, 1, 1000 };
	double least = INFINITY;

	for (size_t i = 0; i < a->chain[0].count && i < 6; i++) {
		struct dcf_ora_piece *e = &a->chain[0].piece[i];
		struct dcf_ora_point mid;

		dcf_ora_ready(e);
		mid = dcf_ora_go(e->a, e->azi, e->len / 2);
		for (int k = 0; k < 6; k++) {
			struct dcf_ora_point q = dcf_ora_go(mid, e->azi + (k & 1 ? 90 : -90), off[k / 2]);

			least = fmin(least, fmax(dcf_ora_signed(a, &q), dcf_ora_signed(b, &q)));
		}
	}
	return least;
}

static bool common_vertex(const struct dcf_ora_shape *a, const struct dcf_ora_shape *b)
{
	const struct dcf_ora_chain *c = &a->chain[0], *d = &b->chain[0];

	for (size_t i = 0; i < c->count && i < 64; i++)
		for (size_t j = 0; j < d->count && j < 64; j++)
			if (c->piece[i].a.lat == d->piece[j].a.lat && c->piece[i].a.lon == d->piece[j].a.lon)
				return true;
	return false;
}

double dcf_ora_between(const struct dcf_ora_shape *a, const struct dcf_ora_shape *b)
{
	double best = fmin(begins_inside(a, b), begins_inside(b, a));

	if (best < -DCF_ORA_EPS)
		return best;
	best = INFINITY;
	for (size_t i = 0; i < a->count && best >= 0; i++)
		for (size_t j = 0; j < b->count && best >= 0; j++) {
			struct part p = { &a->chain[i], 0, a->chain[i].count, 0 },
				    q = { &b->chain[j], 0, b->chain[j].count, 0 };

			if (part_low(&p, &q) < best)
				closest(p, q, &best);
		}
	if (best < DCF_ORA_EPS && best >= 0 && common_vertex(a, b))
		return -1;
	if (best < DCF_ORA_EPS && best >= 0 && a->area && b->area && beside(a, b) < -DCF_ORA_EPS)
		return -1;
	return best;
}
