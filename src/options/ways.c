/* SPDX-License-Identifier: Apache-2.0 */
#include "options/ways.h"
#include "core/num.h"

/* How far along a lonlat edge its direction at an end is taken. */
#define NEAR_M 200.0

static bool same(struct dcf_latlon a, struct dcf_latlon b)
{
	return a.lat_e7 == b.lat_e7 && a.lon_e7 == b.lon_e7;
}

static struct dcf_latlon between(struct dcf_latlon a, struct dcf_latlon b, double part)
{
	return (struct dcf_latlon){ (int32_t)dcf_floor(a.lat_e7 + ((double)b.lat_e7 - a.lat_e7) * part + 0.5),
				    (int32_t)dcf_floor(a.lon_e7 + ((double)b.lon_e7 - a.lon_e7) * part + 0.5) };
}

static double reverse(double deg)
{
	return deg < 180 ? deg + 180 : deg - 180;
}

static enum dcf_status inverse(struct dcf_latlon a, struct dcf_latlon b, double *metres, double *azimuth)
{
	return dcf_inverse(a, b, metres, azimuth) == DCF_OK ? DCF_OK : DCF_E_RANGE;
}

enum dcf_status dcf_leg_of(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, struct dcf_leg *leg)
{
	struct dcf_latlon first = b, last = a;
	double m, part;
	enum dcf_status s;

	*leg = (struct dcf_leg){ 0 };
	if (same(a, b))
		return DCF_OK;
	s = inverse(a, b, &leg->metres, &leg->out_deg);
	if (s == DCF_OK && edges == DCF_EDGES_LONLAT && leg->metres > 2 * NEAR_M) {
		part = NEAR_M / leg->metres;
		first = between(a, b, part);
		last = between(a, b, 1 - part);
		s = inverse(a, first, &m, &leg->out_deg);
	}
	if (s == DCF_OK)
		s = inverse(b, last, &m, &leg->in_deg);
	leg->in_deg = reverse(leg->in_deg);
	return s;
}

enum dcf_status dcf_leg_point(struct dcf_latlon a, struct dcf_latlon b, enum dcf_edges edges, double part,
			      struct dcf_latlon *out)
{
	struct dcf_leg leg;
	enum dcf_status s;

	*out = part <= 0 ? a : b;
	if (part <= 0 || part >= 1 || same(a, b))
		return DCF_OK;
	if (edges == DCF_EDGES_LONLAT) {
		*out = between(a, b, part);
		return DCF_OK;
	}
	s = dcf_leg_of(a, b, edges, &leg);
	if (s == DCF_OK)
		*out = dcf_latlon_of(dcf_direct(a, leg.out_deg, leg.metres * part));
	return s;
}

enum dcf_status dcf_way_metres(const struct dcf_latlon *p, uint32_t n, enum dcf_edges edges, double *metres)
{
	enum dcf_status s = DCF_OK;
	struct dcf_leg leg;

	*metres = 0;
	for (uint32_t i = 1; i < n && s == DCF_OK; i++) {
		s = dcf_leg_of(p[i - 1], p[i], edges, &leg);
		*metres += leg.metres;
	}
	return s;
}

double dcf_turn(double a_deg, double b_deg)
{
	double t = b_deg - a_deg;

	while (t > 180)
		t -= 360;
	while (t <= -180)
		t += 360;
	return t;
}

/* The edges of a line or ring, those without length given the courses of their neighbours. */
struct legs {
	struct dcf_leg *at;
	uint32_t count;
};

/* Edge i + step, or itself at the end of an open line. */
static uint32_t neighbour(const struct legs *l, uint32_t i, bool closed, bool forward)
{
	if (forward)
		return i + 1 < l->count ? i + 1 : closed ? 0 : i;
	return i > 0 ? i - 1 : closed ? l->count - 1 : i;
}

/* Lengthless edges continue the course before them; at the beginning of an open line, the course after them. */
static void fill_courses(struct legs *l, bool closed)
{
	uint32_t first = 0;

	while (first < l->count && l->at[first].metres <= 0)
		first++;
	if (first == l->count)
		return;
	for (uint32_t k = 1; k < l->count; k++) {
		uint32_t i = (first + k) % l->count, before = neighbour(l, i, true, false);

		if (l->at[i].metres <= 0)
			l->at[i].out_deg = l->at[i].in_deg = !closed && i < first ? l->at[first].out_deg : l->at[before].in_deg;
	}
}

static enum dcf_status measure(const struct dcf_latlon *p, uint32_t n, bool closed, enum dcf_edges edges,
			       struct dcf_arena *arena, struct legs *out)
{
	enum dcf_status s = DCF_OK;

	out->count = closed ? n : n - 1;
	out->at = dcf_arena_get(arena, out->count * sizeof *out->at);
	if (!out->at)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < out->count && s == DCF_OK; i++)
		s = dcf_leg_of(p[i], p[i + 1 < n ? i + 1 : 0], edges, &out->at[i]);
	if (s == DCF_OK)
		fill_courses(out, closed);
	return s;
}

static double cosine(double deg)
{
	double sine, cos;

	dcf_sincos(deg * DCF_RAD_PER_DEG, &sine, &cos);
	return cos;
}

/* Sharper turns are rounded off with two points on their outside. */
#define SHARP_DEG 90.0
/* Turns sharper than this have no useful mitre on their inside: the line goes back the way it came. */
#define FOLD_DEG 175.0

static enum dcf_status corner(struct dcf_latlon p, double in_deg, double out_deg, double aside_m, uint32_t vertex,
			      struct dcf_way *w)
{
	double turn = dcf_turn(in_deg, out_deg), side = aside_m < 0 ? -90 : 90, d = dcf_fabs(aside_m);
	int points;

	/* there and back: round the tip on either side */
	if (dcf_fabs(turn) > FOLD_DEG && turn * aside_m > 0)
		turn += turn > 0 ? -360 : 360;
	points = dcf_fabs(turn) > SHARP_DEG && turn * aside_m < 0 ? 2 : 1;
	for (int k = 0; k < points; k++) {
		double part = points == 2 ? (1 + 2 * k) * 0.25 : 0.5;
		double reach = d / cosine(turn * (points == 2 ? 0.25 : 0.5));

		w->points[w->count] = dcf_latlon_of(dcf_direct(p, in_deg + turn * part + side, reach));
		w->from[w->count++] = vertex;
	}
	return DCF_OK;
}

/* Does every edge of the way still go where the one it came from went? */
static bool keeps_direction(const struct dcf_way *w, const struct legs *l, bool closed, enum dcf_edges edges)
{
	for (uint32_t i = 0; i < w->count; i++) {
		uint32_t k = i + 1 < w->count ? i + 1 : 0;
		const struct dcf_leg *old = &l->at[w->from[i] < l->count ? w->from[i] : 0];
		struct dcf_leg leg;

		if ((k == 0 && !closed) || w->from[i] == w->from[k] || old->metres <= 0)
			continue;
		if (dcf_leg_of(w->points[i], w->points[k], edges, &leg) != DCF_OK || leg.metres <= 0 ||
		    dcf_fabs(dcf_turn(old->out_deg, leg.out_deg)) > 60)
			return false;
	}
	return true;
}

enum dcf_status dcf_way_aside(const struct dcf_latlon *p, uint32_t n, bool closed, enum dcf_edges edges, double aside_m,
			      struct dcf_arena *arena, struct dcf_way *out)
{
	struct legs legs;
	enum dcf_status s = n > 1 ? measure(p, n, closed, edges, arena, &legs) : DCF_E_RANGE;

	if (s != DCF_OK)
		return s;
	*out = (struct dcf_way){ dcf_arena_get(arena, 2 * (size_t)n * sizeof *out->points),
				 dcf_arena_get(arena, 2 * (size_t)n * sizeof *out->from), 0 };
	if (!out->points || !out->from)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < n && s == DCF_OK; i++) {
		uint32_t next = i < legs.count ? i : legs.count - 1;
		uint32_t before = i > 0 ? i - 1 : closed ? legs.count - 1 : 0;
		double in = i == 0 && !closed ? legs.at[0].out_deg : legs.at[before].in_deg;
		double course = i == n - 1 && !closed ? in : legs.at[next].out_deg;

		s = corner(p[i], in, course, aside_m, i, out);
	}
	return s != DCF_OK || keeps_direction(out, &legs, closed, edges) ? s : DCF_E_RANGE;
}

/* Rounding of points to 1e-7 degree bends a straight side by less than this where it is longer than some 10 m. */
#define STRAIGHT_DEG 0.1

int dcf_ring_convex(const struct dcf_latlon *p, uint32_t n, enum dcf_edges edges)
{
	double sum = 0, low = 0, high = 0, turn, first_out = 0, in = 0;
	bool begun = false;
	struct dcf_leg leg;

	for (uint32_t i = 0; i < n; i++) {
		if (dcf_leg_of(p[i], p[i + 1 < n ? i + 1 : 0], edges, &leg) != DCF_OK)
			return 0;
		if (leg.metres <= 0)
			continue;
		turn = begun ? dcf_turn(in, leg.out_deg) : 0;
		if (!begun)
			first_out = leg.out_deg;
		begun = true;
		in = leg.in_deg;
		sum += turn;
		low = turn < low ? turn : low;
		high = turn > high ? turn : high;
	}
	turn = dcf_turn(in, first_out);
	sum += turn;
	low = turn < low ? turn : low;
	high = turn > high ? turn : high;
	/* the turns of a ring of geodesics add up to 360 less its spherical excess */
	if (!begun || dcf_fabs(sum) < 180 || dcf_fabs(sum) > 540)
		return 0;
	if (low >= -STRAIGHT_DEG)
		return 1;
	return high <= STRAIGHT_DEG ? -1 : 0;
}
