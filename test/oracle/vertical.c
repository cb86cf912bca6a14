/* SPDX-License-Identifier: Apache-2.0 */
/* vertical.c - FORMAT.md sections 1 and 2 on altitudes, in exact rationals. */
#include "oracle/vertical.h"
#include <math.h>

__extension__ typedef __int128 wide;

/* (c0 + c1 * tau) / den, 0.1 mm, tau in microseconds after the beginning of the stretch. */
struct line {
	wide c0, c1, den;
};

/* A limit of a band over a stretch. */
struct limit {
	int infinite;          /* -1: below everything, 1: above everything */
	int ref;               /* DCF_REF_*, or -1 where a leg goes between references */
	struct line value;     /* above `ref` */
	struct line low, high; /* above mean sea level */
};

static int64_t inward(long double x, bool low, enum dcf_ora_reading reading)
{
	if (reading == DCF_ORA_MAY)
		return (int64_t)(low ? floorl(x) - 2 : ceill(x) + 2);
	return (int64_t)(low ? ceill(x) : floorl(x));
}

struct dcf_ora_offsets dcf_ora_offsets_of(const struct dcf_atmosphere *a, enum dcf_ora_reading reading)
{
	struct dcf_ora_offsets o = { { 0 }, { 0 } };

	for (int k = 0; k < 2; k++) {
		int64_t *side = k == 0 ? o.low : o.high;
		long double std = -3048 * 145366.45L * (1 - powl((long double)a->qnh_hpa[k] / 1013.25L, 0.190284L));

		side[DCF_REF_STD] = a->qnh_hpa[k] == 1013.25 ? 0 : inward(std, k == 0, reading);
		side[DCF_REF_W84] = inward(-10000 * (long double)a->geoid_m[1 - k], k == 0, reading);
		side[DCF_REF_AGL] = side[DCF_REF_SFC] = a->terrain_e4[k];
	}
	return o;
}

static bool by_ground(int ref)
{
	return ref == DCF_REF_AGL || ref == DCF_REF_SFC;
}

static struct line shifted(struct line v, int64_t by)
{
	v.c0 += (wide)by * v.den;
	return v;
}

/* The line through (t0, a0) and (t1, a1), from `start` on. */
static struct line through(int64_t t0, int64_t a0, int64_t t1, int64_t a1, int64_t start)
{
	wide rise = (wide)a1 - a0;

	return (struct line){ (wide)a0 * (t1 - t0) + rise * (start - t0), rise, t1 - t0 };
}

static struct limit of_volume(const struct dcf_ora_offsets *o, struct dcf_altitude alt, bool is_lower)
{
	struct limit l = { 0 };

	if (alt.unlimited)
		l.infinite = 1;
	else if (is_lower && alt.ref == DCF_REF_SFC && alt.e4 == 0)
		l.infinite = -1;
	l.ref = by_ground(alt.ref) ? DCF_REF_AGL : alt.ref;
	l.value = (struct line){ alt.e4, 0, 1 };
	l.low = shifted(l.value, o->low[alt.ref]);
	l.high = shifted(l.value, o->high[alt.ref]);
	return l;
}

static struct limit of_leg(const struct dcf_ora_offsets *o, const struct dcf_feature *f, uint32_t leg, bool is_lower,
			   int64_t start)
{
	const struct dcf_waypoint *p = &f->waypoints[leg], *q = p + 1;
	int64_t a = p->altitude.e4, b = q->altitude.e4, by = is_lower ? -f->containment_e4 : f->containment_e4;
	int pr = p->altitude.ref, qr = q->altitude.ref;
	struct limit l = { 0 };

	l.ref = pr == qr ? (by_ground(pr) ? DCF_REF_AGL : pr) : by_ground(pr) && by_ground(qr) ? DCF_REF_AGL : -1;
	l.value = shifted(through(p->time_us, a, q->time_us, b, start), by);
	l.low = shifted(through(p->time_us, a + o->low[pr], q->time_us, b + o->low[qr], start), by);
	l.high = shifted(through(p->time_us, a + o->high[pr], q->time_us, b + o->high[qr], start), by);
	return l;
}

static struct limit limit_of(const struct dcf_ora_offsets *o, struct dcf_ora_stretch s, bool is_lower, int64_t start)
{
	if (s.f->shape == DCF_TRAJECTORY)
		return of_leg(o, s.f, s.leg, is_lower, start);
	return of_volume(o, is_lower ? s.f->lower : s.f->upper, is_lower);
}

static struct line minus(struct line x, struct line y)
{
	return (struct line){ x.c0 * y.den - y.c0 * x.den, x.c1 * y.den - y.c1 * x.den, x.den * y.den };
}

/* The least (or greatest) that `lower` of one can lie above `upper` of the other; -1 or 1 in
 * `*infinite` when there is no bound. */
static struct line difference(struct limit lower, struct limit upper, bool same_ground, bool least, int *infinite)
{
	bool exact = lower.ref >= 0 && lower.ref == upper.ref && (lower.ref != DCF_REF_AGL || same_ground);

	*infinite = lower.infinite < 0 || upper.infinite > 0 ? -1 : lower.infinite > 0 || upper.infinite < 0 ? 1 : 0;
	if (exact)
		return minus(lower.value, upper.value);
	return least ? minus(lower.low, upper.high) : minus(lower.high, upper.low);
}

static wide gcd(wide a, wide b)
{
	a = a < 0 ? -a : a;
	b = b < 0 ? -b : b;
	while (b) {
		wide r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* Cut the set to where d < minimum (d <= 0 where minimum is 0).  Roots are reduced before they become
 * long doubles, so equal roots stay equal. */
static void cut(struct dcf_ora_set *s, struct line d, int64_t minimum)
{
	wide c = d.c0 - (minimum > 0 ? (wide)minimum * d.den : 0), g;
	long double root;

	if (s->empty)
		return;
	if (d.c1 == 0) {
		s->empty = minimum ? c >= 0 : c > 0;
		return;
	}
	g = gcd(c, d.c1);
	root = -(long double)(c / g) / (long double)(d.c1 / g);
	if (d.c1 > 0)
		s->to = fminl(s->to, root);
	else
		s->from = fmaxl(s->from, root);
	s->empty = s->from > s->to || (minimum && s->from == s->to);
}

struct dcf_ora_set dcf_ora_vertical(const struct dcf_ora_offsets *o, struct dcf_ora_stretch a, struct dcf_ora_stretch b,
				    int64_t start, int64_t end, int64_t minimum, bool same_ground)
{
	struct dcf_ora_set s = { false, 0, (long double)(end - start) };

	for (int k = 0; k < 2; k++) {
		struct limit lower = limit_of(o, k ? b : a, true, start), upper = limit_of(o, k ? a : b, false, start);
		int infinite;
		struct line d = difference(lower, upper, same_ground, true, &infinite);

		if (infinite > 0)
			s.empty = true;
		else if (infinite == 0)
			cut(&s, d, minimum);
	}
	return s;
}

static long double value(struct line d, long double tau)
{
	return ((long double)d.c0 + (long double)d.c1 * tau) / (long double)d.den;
}

void dcf_ora_vertical_gap(const struct dcf_ora_offsets *o, struct dcf_ora_stretch a, struct dcf_ora_stretch b, int64_t start,
			  long double tau, bool same_ground, long double *low, long double *high)
{
	*low = *high = 0;
	for (int k = 0; k < 2; k++) {
		struct limit lower = limit_of(o, k ? b : a, true, start), upper = limit_of(o, k ? a : b, false, start);
		int infinite;
		struct line least = difference(lower, upper, same_ground, true, &infinite);
		struct line most = difference(lower, upper, same_ground, false, &infinite);

		if (infinite < 0)
			continue;
		*low = fmaxl(*low, value(least, tau));
		*high = fmaxl(*high, value(most, tau));
	}
}

static bool on_ground(struct dcf_ora_stretch s, bool is_lower)
{
	struct dcf_ora_offsets o = { { 0 }, { 0 } };
	struct limit l = limit_of(&o, s, is_lower, s.f->start_us);

	return l.ref == DCF_REF_AGL && !l.infinite;
}

bool dcf_ora_by_ground(struct dcf_ora_stretch a, struct dcf_ora_stretch b)
{
	return (on_ground(a, true) && on_ground(b, false)) || (on_ground(b, true) && on_ground(a, false));
}
