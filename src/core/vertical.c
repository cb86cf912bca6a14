/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vertical.h"
#include "core/num.h"

__extension__ typedef __int128 wide;

/* A straight line in time: v0 at t0 to v1 at t1.  Constant ones have t0 = 0, t1 = 1. */
struct line {
	int64_t v0, v1, t0, t1;
};

/* One limit of a band over one leg. */
struct limit {
	struct line value;     /* in its own reference, when both ends share one */
	struct line low, high; /* above MSL */
	uint8_t ref;
	bool one_ref, boundless;
};

static bool over_ground(uint8_t ref)
{
	return ref == DCF_REF_AGL || ref == DCF_REF_SFC;
}

static struct limit limit_of(const struct dcf_offsets *o, struct dcf_altitude a, struct dcf_altitude b, int64_t shift_e4,
			     bool is_lower, int64_t t0, int64_t t1)
{
	struct limit l = { .ref = a.ref };
	int64_t al, ah, bl, bh;

	dcf_altitude_msl(o, a, is_lower, &al, &ah);
	dcf_altitude_msl(o, b, is_lower, &bl, &bh);
	l.boundless = a.unlimited || b.unlimited || al == DCF_ALT_MIN;
	if (l.boundless) {
		al = ah = bl = bh = al == DCF_ALT_MIN ? DCF_ALT_MIN : DCF_ALT_MAX;
		shift_e4 = 0;
		t0 = 0;
		t1 = 1;
	}
	l.one_ref = a.ref == b.ref || (over_ground(a.ref) && over_ground(b.ref));
	l.value = (struct line){ a.e4 + shift_e4, b.e4 + shift_e4, t0, t1 };
	l.low = (struct line){ al + shift_e4, bl + shift_e4, t0, t1 };
	l.high = (struct line){ ah + shift_e4, bh + shift_e4, t0, t1 };
	return l;
}

struct band {
	struct limit lower, upper;
};

/* The band of `f` over leg `i` (ignored for volumes). */
static struct band band_of(const struct dcf_feature *f, const struct dcf_offsets *o, uint32_t i)
{
	struct band b;

	if (f->shape != DCF_TRAJECTORY) {
		b.lower = limit_of(o, f->lower, f->lower, 0, true, 0, 1);
		b.upper = limit_of(o, f->upper, f->upper, 0, false, 0, 1);
		return b;
	}
	b.lower = limit_of(o, f->waypoints[i].altitude, f->waypoints[i + 1].altitude, -f->containment_e4, false,
			   f->waypoints[i].time_us, f->waypoints[i + 1].time_us);
	b.upper = limit_of(o, f->waypoints[i].altitude, f->waypoints[i + 1].altitude, f->containment_e4, false,
			   f->waypoints[i].time_us, f->waypoints[i + 1].time_us);
	return b;
}

/* How far one limit stands above another: at least `low`, at most `high`; each a difference of lines. */
struct gap {
	struct line low_x, low_y, high_x, high_y;
};

static struct gap gap_of(const struct limit *x, const struct limit *y, bool same_ground)
{
	bool ground = over_ground(x->ref) && over_ground(y->ref);

	if (!x->boundless && !y->boundless && x->one_ref && y->one_ref && (ground ? same_ground : x->ref == y->ref))
		return (struct gap){ x->value, y->value, x->value, y->value };
	return (struct gap){ x->low, y->high, x->high, y->low };
}

/* Numerator and denominator of a line at t. */
static void line_at(const struct line *l, int64_t t, wide *num, int64_t *den)
{
	if (l->v0 == l->v1) {
		*num = l->v0;
		*den = 1;
		return;
	}
	*den = l->t1 - l->t0;
	*num = (wide)l->v0 * (l->t1 - t) + (wide)l->v1 * (t - l->t0);
}

/* x(t) - y(t) - minimum, times a positive number that is the same for every t. */
static wide over_minimum(const struct line *x, const struct line *y, int64_t minimum, int64_t t)
{
	wide nx, ny;
	int64_t dx, dy;

	line_at(x, t, &nx, &dx);
	line_at(y, t, &ny, &dy);
	return nx * dy - ny * dx - (wide)minimum * dx * dy;
}

/* Where in [ta, tb] is x - y below the minimum (`strict`) or not above it?  In microseconds after w0;
 * false when nowhere (an instant at which it only reaches a strict minimum is nowhere). */
static bool side_near(const struct line *x, const struct line *y, int64_t minimum, bool strict, int64_t w0, int64_t ta,
		      int64_t tb, double *low, double *high)
{
	wide fa = over_minimum(x, y, minimum, ta), fb = over_minimum(x, y, minimum, tb);
	bool near_a = strict ? fa < 0 : fa <= 0, near_b = strict ? fb < 0 : fb <= 0;
	double root;

	*low = (double)(ta - w0);
	*high = (double)(tb - w0);
	if (near_a && near_b)
		return true;
	if (!near_a && !near_b)
		return false;
	/* One formula for both sides: where one expression is the other's negative, as between two bands
	 * without height, the roots are the same bits and an instant in common is not lost. */
	root = *low + (*high - *low) * ((double)fa / ((double)fa - (double)fb));
	*(near_a ? high : low) = root;
	return *low <= *high;
}

/* Walk over the stretches of [w0, w1] in which neither feature changes its leg. */
struct walk {
	const struct dcf_feature *a, *b;
	uint32_t i, k;
	int64_t t, end, to;
};

/* The leg that holds t: the last that begins at or before it.  Waypoints are mostly spread evenly in time,
 * so the search begins where t would then be and doubles its steps from there. */
static uint32_t leg_at(const struct dcf_feature *f, int64_t t)
{
	const struct dcf_waypoint *w = f->waypoints;
	uint32_t low = 0, high, guess, step = 1;

	if (f->shape != DCF_TRAJECTORY)
		return 0;
	high = f->point_count - 1;
	if (t <= f->start_us || f->end_us <= f->start_us)
		guess = 0;
	else
		guess = (uint32_t)((double)(t - f->start_us) / (double)(f->end_us - f->start_us) * high);
	guess = guess < high ? guess : high - 1;
	if (w[guess].time_us <= t) {
		for (low = guess; low + step < high && w[low + step].time_us <= t; step *= 2)
			low += step;
		high = low + step < high ? low + step : high;
	} else {
		for (high = guess; high > step && w[high - step].time_us > t; step *= 2)
			high -= step;
		low = high > step ? high - step : 0;
	}
	while (high - low > 1) {
		uint32_t mid = (low + high) / 2;

		if (w[mid].time_us <= t)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int64_t leg_end(const struct dcf_feature *f, uint32_t i)
{
	return f->shape == DCF_TRAJECTORY ? f->waypoints[i + 1].time_us : INT64_MAX;
}

static void set_end(struct walk *w)
{
	int64_t ea = leg_end(w->a, w->i), eb = leg_end(w->b, w->k);

	w->to = ea < eb ? ea : eb;
	w->to = w->to < w->end ? w->to : w->end;
}

static struct walk walk_from(const struct dcf_feature *a, const struct dcf_feature *b, int64_t from, int64_t to)
{
	struct walk w = { a, b, leg_at(a, from), leg_at(b, from), from, to, 0 };

	set_end(&w);
	return w;
}

/* On to the next stretch; false at the end. */
static bool walk_on(struct walk *w)
{
	bool more;

	if (w->to >= w->end)
		return false;
	w->t = w->to;
	more = leg_end(w->a, w->i) > w->t || w->i + 2 < w->a->point_count;
	more = more && (leg_end(w->b, w->k) > w->t || w->k + 2 < w->b->point_count);
	if (!more)
		return false;
	w->i += leg_end(w->a, w->i) <= w->t;
	w->k += leg_end(w->b, w->k) <= w->t;
	set_end(w);
	return true;
}

static void near_levels(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t minimum_e4, bool strict, int64_t w0_us, int64_t w1_us, struct dcf_set *out)
{
	struct walk w = walk_from(a, b, w0_us, w1_us);

	do {
		struct band x = band_of(a, o, w.i), y = band_of(b, o, w.k);
		struct gap above = gap_of(&y.lower, &x.upper, same_ground), below = gap_of(&x.lower, &y.upper, same_ground);
		double l0, h0, l1, h1;

		if (!side_near(&above.low_x, &above.low_y, minimum_e4, strict, w0_us, w.t, w.to, &l0, &h0) ||
		    !side_near(&below.low_x, &below.low_y, minimum_e4, strict, w0_us, w.t, w.to, &l1, &h1))
			continue;
		dcf_set_add(out, l0 > l1 ? l0 : l1, h0 < h1 ? h0 : h1);
	} while (walk_on(&w));
}

void dcf_vertical_near(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
		       int64_t minimum_e4, int64_t w0_us, int64_t w1_us, struct dcf_set *out)
{
	near_levels(a, b, o, same_ground, minimum_e4, minimum_e4 > 0, w0_us, w1_us, out);
}

void dcf_vertical_inside(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, int64_t w0_us,
			 int64_t w1_us, struct dcf_set *out)
{
	near_levels(a, b, o, true, 0, true, w0_us, w1_us, out);
}

static double value_at(const struct line *x, const struct line *y, double t)
{
	double vx = x->v0 == x->v1 ? (double)x->v0
				   : (double)x->v0 + (double)(x->v1 - x->v0) * ((t - (double)x->t0) / (double)(x->t1 - x->t0));
	double vy = y->v0 == y->v1 ? (double)y->v0
				   : (double)y->v0 + (double)(y->v1 - y->v0) * ((t - (double)y->t0) / (double)(y->t1 - y->t0));

	return vx - vy;
}

static double gap_low(const struct gap *g, double t)
{
	return value_at(&g->low_x, &g->low_y, t);
}

static double gap_high(const struct gap *g, double t)
{
	return value_at(&g->high_x, &g->high_y, t);
}

/* The part of a stretch that lies within a time, in the time of the plan, and the gaps on both sides of `a` there. */
struct part {
	struct gap above, below;
	double start, end;
};

/* False where the stretch lies outside of [from, to]. */
static bool part_of(const struct walk *w, const struct dcf_offsets *o, bool same_ground, double from, double to, struct part *p)
{
	struct band x = band_of(w->a, o, w->i), y = band_of(w->b, o, w->k);

	p->above = gap_of(&y.lower, &x.upper, same_ground);
	p->below = gap_of(&x.lower, &y.upper, same_ground);
	p->start = from > (double)w->t ? from : (double)w->t;
	p->end = to < (double)w->to ? to : (double)w->to;
	return p->start <= p->end;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double most(double a, double b)
{
	double m = a > b ? a : b;

	return m > 0 ? m : 0;
}

static void offer_at(const struct part *p, double t, double *low, double *high)
{
	double l = most(gap_low(&p->above, t), gap_low(&p->below, t)), h = most(gap_high(&p->above, t), gap_high(&p->below, t));

	if (l < *low || (l == *low && h < *high)) {
		*low = l;
		*high = h;
	}
}

void dcf_vertical_least(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t w0_us, double t0, double t1, double *low_e4, double *high_e4)
{
	int64_t from = w0_us + (int64_t)t0, to = w0_us + (int64_t)t1 + 1;
	struct walk w = walk_from(a, b, from, to);
	struct part p;
	double d0, d1;

	*low_e4 = *high_e4 = 1e300;
	do {
		if (!part_of(&w, o, same_ground, (double)w0_us + t0, (double)w0_us + t1, &p))
			continue;
		offer_at(&p, p.start, low_e4, high_e4);
		offer_at(&p, p.end, low_e4, high_e4);
		/* One band passes through the other's level: the gap was nothing on the way. */
		d0 = gap_low(&p.above, p.start) - gap_low(&p.below, p.start);
		d1 = gap_low(&p.above, p.end) - gap_low(&p.below, p.end);
		if ((d0 < 0) != (d1 < 0))
			offer_at(&p, p.start + (p.end - p.start) * (d0 / (d0 - d1)), low_e4, high_e4);
	} while (walk_on(&w));
}

/* A lift is bounded by the two sides at the ends of a stretch: the lowest that still comes too near from below
 * (below), the highest from above.  Both sides are straight lines of time, and the lifts between them at one end and
 * at the other are joined by those on the way. */
void dcf_vertical_lifts(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o, bool same_ground,
			int64_t minimum_e4, int64_t w0_us, double t0, double t1, struct dcf_set *out)
{
	int64_t from = w0_us + (int64_t)dcf_floor(t0), to = w0_us + (int64_t)dcf_ceil(t1);
	struct walk w = walk_from(a, b, from, to);
	struct part p;
	double low, high;

	do {
		if (!part_of(&w, o, same_ground, (double)w0_us + t0, (double)w0_us + t1, &p))
			continue;
		low = least(gap_low(&p.above, p.start), gap_low(&p.above, p.end));
		high = -least(gap_low(&p.below, p.start), gap_low(&p.below, p.end));
		/* Two levels without thickness that change against each other meet for an instant only. */
		if (minimum_e4 == 0 && low < high && gap_low(&p.above, p.start) + gap_low(&p.below, p.start) > -0.5 &&
		    gap_low(&p.above, p.end) + gap_low(&p.below, p.end) > -0.5)
			continue;
		dcf_set_add(out, dcf_floor(low) - (double)minimum_e4, dcf_ceil(high) + (double)minimum_e4);
	} while (walk_on(&w));
}

/* `exact`: it is compared in its own reference, so in a frame of that one it stands where it is. */
static int64_t in_frame(const struct dcf_offsets *o, struct dcf_altitude alt, bool is_lower, bool exact, uint8_t ref,
			bool high_end)
{
	int64_t low, high;

	if (exact && !alt.unlimited && alt.ref == ref && !over_ground(ref) && !(is_lower && dcf_altitude_is_ground(alt)))
		return alt.e4;
	dcf_altitude_msl(o, alt, is_lower, &low, &high);
	if (low == DCF_ALT_MIN || low == DCF_ALT_MAX)
		return low;
	return high_end ? high - o->low_e4[ref] : low - o->high_e4[ref];
}

void dcf_vertical_leg_extent(const struct dcf_feature *f, const struct dcf_offsets *o, uint8_t ref, uint32_t first,
			     uint32_t last, int64_t *low_e4, int64_t *high_e4)
{
	bool exact = true;

	/* A leg between two references is an interval above the sea all along, at its ends as well. */
	for (uint32_t i = first; i < last; i++)
		exact = exact && f->waypoints[i].altitude.ref == f->waypoints[i + 1].altitude.ref;
	*low_e4 = INT64_MAX;
	*high_e4 = INT64_MIN;
	for (uint32_t i = first; i <= last; i++) {
		int64_t l = in_frame(o, f->waypoints[i].altitude, false, exact, ref, false) - f->containment_e4;
		int64_t h = in_frame(o, f->waypoints[i].altitude, false, exact, ref, true) + f->containment_e4;

		*low_e4 = l < *low_e4 ? l : *low_e4;
		*high_e4 = h > *high_e4 ? h : *high_e4;
	}
}

void dcf_vertical_extent(const struct dcf_feature *f, const struct dcf_offsets *o, uint8_t ref, int64_t *low_e4,
			 int64_t *high_e4)
{
	if (f->shape == DCF_TRAJECTORY) {
		dcf_vertical_leg_extent(f, o, ref, 0, f->point_count - 1, low_e4, high_e4);
		return;
	}
	*low_e4 = in_frame(o, f->lower, true, true, ref, false);
	*high_e4 = in_frame(o, f->upper, false, true, ref, true);
}
