/* SPDX-License-Identifier: Apache-2.0 */
#include "format/outline_plane.h"

#define HALF_TURN 1800000000
#define TURN      ((int64_t)3600000000)
#define POLE      900000000

void dcf_plane_clear(struct dcf_plane *p)
{
	p->point_count = p->ring_count = 0;
}

void dcf_plane_free(struct dcf_plane *p)
{
	dcf_alloc_free(p->from, p->points, p->point_cap * sizeof *p->points);
	dcf_alloc_free(p->from, p->rings, p->ring_cap * sizeof *p->rings);
	*p = (struct dcf_plane){ .from = p->from };
}

/* A ring unrolled: longitude runs on beyond 180 degrees. */
struct spot {
	int64_t lon, lat;
};

struct roll {
	const struct dcf_alloc *from;
	struct spot *p;
	size_t count, cap;
};

static enum dcf_status put_spot(struct roll *r, int64_t lon, int64_t lat)
{
	void *p = r->p;
	enum dcf_status s = dcf_grow(r->from, &p, &r->cap, r->count + 1, sizeof *r->p);

	r->p = p;
	if (s == DCF_OK)
		r->p[r->count++] = (struct spot){ lon, lat };
	return s;
}

static int64_t nearest_turn(int64_t lon, int64_t near_to)
{
	while (lon - near_to > HALF_TURN)
		lon -= TURN;
	while (lon - near_to < -HALF_TURN)
		lon += TURN;
	return lon;
}

/* From a pole the next longitude lies west of the last at the north pole, east at the south pole, so
 * that what is on the left of the way along the pole's edge of the plane is inside. */
static int64_t turn_from_pole(int64_t lon, int64_t last, bool north)
{
	lon = nearest_turn(lon, last);
	if (north && lon > last)
		lon -= TURN;
	if (!north && lon < last)
		lon += TURN;
	return lon;
}

/* Unroll a ring; ends with the first point again, whole turns further where the ring goes round a pole. */
static enum dcf_status unroll(const struct dcf_vec *v, size_t n, struct roll *r)
{
	size_t first = 0;
	enum dcf_status s;
	struct dcf_latlon p;
	int64_t pole = 0;

	while (first < n && (p = dcf_latlon_of(v[first]), p.lat_e7 == POLE || p.lat_e7 == -POLE))
		first++;
	if (first == n)
		return DCF_OK;
	s = put_spot(r, p.lon_e7, p.lat_e7);
	for (size_t i = 1; s == DCF_OK && i <= n; i++) {
		int64_t last = r->p[r->count - 1].lon, lon;

		p = dcf_latlon_of(v[(first + i) % n]);
		if (p.lat_e7 == POLE || p.lat_e7 == -POLE) {
			if (!pole)
				s = put_spot(r, last, p.lat_e7);
			pole = p.lat_e7;
			continue;
		}
		lon = pole ? turn_from_pole(p.lon_e7, last, pole > 0) : nearest_turn(p.lon_e7, last);
		if (pole)
			s = put_spot(r, lon, pole);
		pole = 0;
		if (s == DCF_OK)
			s = put_spot(r, lon, p.lat_e7);
	}
	return s;
}

/* Close an unrolled ring: along the pole that lies on its left when it goes round the earth. */
static enum dcf_status close_roll(struct roll *r)
{
	int64_t start = r->p[0].lon, end = r->p[r->count - 1].lon, pole = end > start ? POLE : -POLE;
	enum dcf_status s;

	if (start == end) {
		r->count--;
		return DCF_OK;
	}
	s = put_spot(r, end, pole);
	return s == DCF_OK ? put_spot(r, start, pole) : s;
}

/* Twice the area, in square degrees: only its sign counts. */
static double signed_area(const struct roll *r)
{
	double sum = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct spot a = r->p[i], b = r->p[(i + 1) % r->count];

		sum += ((double)(a.lon - r->p[0].lon) * (double)b.lat - (double)(b.lon - r->p[0].lon) * (double)a.lat) * 1e-14;
	}
	return sum;
}

/* The part of `in` west (sign 1) or east (sign -1) of the meridian `at`: Sutherland and Hodgman. */
static enum dcf_status clip(const struct roll *in, int64_t at, int sign, struct roll *out)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; s == DCF_OK && i < in->count; i++) {
		struct spot a = in->p[i], b = in->p[(i + 1) % in->count];
		bool a_in = sign * (at - a.lon) >= 0, b_in = sign * (at - b.lon) >= 0;

		if (a_in)
			s = put_spot(out, a.lon, a.lat);
		if (s == DCF_OK && a_in != b_in && a.lon != at && b.lon != at) {
			double t = (double)(at - a.lon) / (double)(b.lon - a.lon);
			double lat = (double)a.lat + t * (double)(b.lat - a.lat);

			s = put_spot(out, at, (int64_t)(lat < 0 ? lat - 0.5 : lat + 0.5));
		}
	}
	return s;
}

static enum dcf_status put_ring(struct dcf_plane *p, const struct roll *r, int64_t shift, bool outer, uint32_t leg)
{
	void *points = p->points, *rings = p->rings;
	enum dcf_status s = dcf_grow(p->from, &points, &p->point_cap, p->point_count + r->count, sizeof *p->points);

	p->points = points;
	if (s != DCF_OK || r->count < 3)
		return s;
	s = dcf_grow(p->from, &rings, &p->ring_cap, p->ring_count + 1, sizeof *p->rings);
	p->rings = rings;
	if (s != DCF_OK)
		return s;
	p->rings[p->ring_count++] = (struct dcf_outline_ring){ p->point_count, r->count, outer, leg };
	for (size_t i = 0; i < r->count; i++) {
		struct spot at = r->p[outer ? i : r->count - 1 - i];

		p->points[p->point_count++] = (struct dcf_latlon){ (int32_t)at.lat, (int32_t)(at.lon - shift) };
	}
	return DCF_OK;
}

static enum dcf_status put_earth(struct dcf_plane *p, struct roll *r, uint32_t leg)
{
	static const struct spot corners[4] = {
		{ -HALF_TURN, -POLE }, { HALF_TURN, -POLE }, { HALF_TURN, POLE }, { -HALF_TURN, POLE }
	};
	enum dcf_status s = DCF_OK;

	r->count = 0;
	for (int i = 0; s == DCF_OK && i < 4; i++)
		s = put_spot(r, corners[i].lon, corners[i].lat);
	return s == DCF_OK ? put_ring(p, r, 0, true, leg) : s;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The numbers of the turns (strips of the plane 360 degrees wide) that a ring reaches into. */
static void strips_of(const struct roll *r, int64_t *first, int64_t *last)
{
	int64_t low = r->p[0].lon, high = low;

	for (size_t i = 1; i < r->count; i++) {
		low = r->p[i].lon < low ? r->p[i].lon : low;
		high = r->p[i].lon > high ? r->p[i].lon : high;
	}
	*first = floor_div(low + HALF_TURN, TURN);
	*last = -floor_div(HALF_TURN - high, TURN);
	if (*last < *first)
		*last = *first;
}

static enum dcf_status put_strips(struct dcf_plane *p, const struct roll *r, int64_t first, int64_t last, uint32_t leg)
{
	struct roll east = { .from = p->from }, part = { .from = p->from };
	enum dcf_status s = DCF_OK;

	for (int64_t k = first; s == DCF_OK && k <= last; k++) {
		east.count = part.count = 0;
		s = clip(r, k * TURN - HALF_TURN, -1, &east);
		if (s == DCF_OK)
			s = clip(&east, k * TURN + HALF_TURN, 1, &part);
		if (s == DCF_OK)
			s = put_ring(p, &part, k * TURN, true, leg);
	}
	dcf_alloc_free(p->from, east.p, east.cap * sizeof *east.p);
	dcf_alloc_free(p->from, part.p, part.cap * sizeof *part.p);
	return s;
}

/* `strip`: the one that the last outer ring lies in, or INT64_MIN when it was cut. */
static enum dcf_status plane_ring(struct dcf_plane *p, const struct dcf_outline *o, const struct dcf_outline_ring *ring,
				  struct roll *r, int64_t *strip)
{
	bool goes_round;
	int64_t first, last;
	enum dcf_status s;

	r->count = 0;
	s = unroll(o->points + ring->first, ring->count, r);
	if (s != DCF_OK || r->count < 3)
		return s;
	goes_round = r->p[0].lon != r->p[r->count - 1].lon;
	if (!ring->outer && goes_round)
		return DCF_OK;
	s = close_roll(r);
	if (s != DCF_OK)
		return s;
	strips_of(r, &first, &last);
	if (!ring->outer)
		return first == last && signed_area(r) > 0 && first == *strip ? put_ring(p, r, first * TURN, false, ring->leg)
									      : DCF_OK;
	*strip = first == last && !goes_round ? first : INT64_MIN;
	if (last - first > 2 || !(signed_area(r) >= 0)) {
		*strip = INT64_MIN;
		return put_earth(p, r, ring->leg);
	}
	return put_strips(p, r, first, last, ring->leg);
}

enum dcf_status dcf_plane_of(struct dcf_plane *p, const struct dcf_outline *o)
{
	struct roll r = { .from = p->from };
	int64_t strip = INT64_MIN;
	enum dcf_status s = o->everything ? put_earth(p, &r, 0) : DCF_OK;

	for (size_t i = 0; s == DCF_OK && !o->everything && i < o->ring_count; i++)
		s = plane_ring(p, o, &o->rings[i], &r, &strip);
	dcf_alloc_free(p->from, r.p, r.cap * sizeof *r.p);
	return s;
}
