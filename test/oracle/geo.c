/* SPDX-License-Identifier: Apache-2.0 */
/* geo.c - points, pieces, feet of perpendiculars, chains under a tree of balls. */
#include "oracle/geo.h"
#include "oracle/geo_int.h"
#include <math.h>
#include <stdlib.h>

#define PIECE_M 200e3  /* short enough that a piece has one foot for any near point */
#define BIG_R   6.41e6 /* above every radius of curvature of WGS 84 (6,399,594 m) */
#define SMALL_R 6.33e6 /* below every one (6,335,439 m) */

const struct geod_geodesic *dcf_ora_wgs84(void)
{
	static struct geod_geodesic g;
	static bool ready;

	if (!ready)
		geod_init(&g, 6378137, 1 / 298.257223563);
	ready = true;
	return &g;
}

struct dcf_ora_point dcf_ora_at(double lat, double lon)
{
	const double a = 6378137, f = 1 / 298.257223563, e2 = f * (2 - f), rad = acos(-1.0) / 180;
	double s = sin(lat * rad), c = fabs(lat) == 90 ? 0 : cos(lat * rad), n = a / sqrt(1 - e2 * s * s);

	return (struct dcf_ora_point){ lat, lon, { n * c * cos(lon * rad), n * c * sin(lon * rad), n * (1 - e2) * s } };
}

struct dcf_ora_point dcf_ora_of(struct dcf_latlon p)
{
	return dcf_ora_at(p.lat_e7 / 1e7, p.lon_e7 / 1e7);
}

struct dcf_ora_point dcf_ora_go(struct dcf_ora_point from, double azi, double metres)
{
	double lat, lon;

	geod_direct(dcf_ora_wgs84(), from.lat, from.lon, azi, metres, &lat, &lon, NULL);
	return dcf_ora_at(lat, lon);
}

struct dcf_latlon dcf_ora_round(struct dcf_ora_point p)
{
	double lon = remainder(p.lon, 360);
	struct dcf_latlon r = { (int32_t)llround(p.lat * 1e7), (int32_t)llround(lon * 1e7) };

	if (r.lon_e7 == -1800000000)
		r.lon_e7 = 1800000000;
	return r;
}

double dcf_ora_distance(const struct dcf_ora_point *p, const struct dcf_ora_point *q)
{
	double d;

	geod_inverse(dcf_ora_wgs84(), p->lat, p->lon, q->lat, q->lon, &d, NULL, NULL);
	return d;
}

double dcf_ora_arc_low(double c)
{
	if (!(c > 0))
		return 0;
	return c < 2 * BIG_R ? 2 * BIG_R * asin(c / (2 * BIG_R)) : c;
}

double dcf_ora_chord(const double *a, const double *b)
{
	double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];

	return sqrt(x * x + y * y + z * z);
}

/* How far a piece may lie from its straight chord of `c` metres. */
double dcf_ora_sag(double c)
{
	return c * c / (8 * SMALL_R) * 1.01 + 1e-9;
}

void dcf_ora_ready(struct dcf_ora_piece *e)
{
	if (e->len < 0)
		geod_inverse(dcf_ora_wgs84(), e->a.lat, e->a.lon, e->b.lat, e->b.lon, &e->len, &e->azi, NULL);
}

/* Along the geodesic through the piece: `s` of the foot of `p` (not clamped), its distance `d`, and the
 * side as the sine of the angle there (positive to the right).  From a point of the line that is d away
 * at an angle k from its direction, a sphere would have the foot at R atan(tan(d / R) cos k) from
 * here; the ellipsoid is so nearly a sphere that a few rounds reach 0.01 mm. */
static void foot(struct dcf_ora_piece *e, const struct dcf_ora_point *p, double low, double high, double *s, double *d,
		 double *side)
{
	const double rad = acos(-1.0) / 180, r = 6371e3;
	double at = 0, azi, to, step;

	dcf_ora_ready(e);
	for (int i = 0; i < 12; i++) {
		double lat = e->a.lat, lon = e->a.lon, next;

		azi = e->azi;
		if (at != 0)
			geod_direct(dcf_ora_wgs84(), e->a.lat, e->a.lon, e->azi, at, &lat, &lon, &azi);
		geod_inverse(dcf_ora_wgs84(), lat, lon, p->lat, p->lon, d, &to, NULL);
		*side = sin((to - azi) * rad);
		*s = at;
		step = atan(tan(fmin(*d / r, 1.5)) * cos((to - azi) * rad)) * r;
		next = fmax(low, fmin(high, at + step));
		if (fabs(next - at) < 1e-5)
			break;
		at = next;
	}
}

double dcf_ora_piece_distance(struct dcf_ora_piece *e, const struct dcf_ora_point *p)
{
	double s, d, side;

	dcf_ora_ready(e);
	foot(e, p, 0, e->len, &s, &d, &side);
	return d;
}

double dcf_ora_piece_offset(struct dcf_ora_piece *e, const struct dcf_ora_point *p)
{
	double s, d, side;

	foot(e, p, -2 * PIECE_M, 2 * PIECE_M, &s, &d, &side);
	return side < 0 ? -d : d;
}

static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

static void add_piece(struct dcf_ora_chain *c, struct dcf_ora_point a, struct dcf_ora_point b)
{
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 8;
		c->piece = need(realloc(c->piece, c->cap * sizeof *c->piece));
	}
	c->piece[c->count++] = (struct dcf_ora_piece){ a, b, 0, -1 };
}

static void add_geodesic(struct dcf_ora_chain *c, struct dcf_ora_point a, struct dcf_ora_point b)
{
	double len, azi, pieces;
	struct dcf_ora_point last = a;

	if (dcf_ora_chord(a.x, b.x) < PIECE_M * 0.9) {
		add_piece(c, a, b);
		return;
	}
	geod_inverse(dcf_ora_wgs84(), a.lat, a.lon, b.lat, b.lon, &len, &azi, NULL);
	pieces = ceil(len / PIECE_M);
	for (double k = 1; k < pieces; k++) {
		struct dcf_ora_point q = dcf_ora_go(a, azi, len * k / pieces);

		add_piece(c, last, q);
		last = q;
	}
	add_piece(c, last, b);
}

/* Straight in longitude and latitude, the short way around.  A piece of n degrees of longitude turns
 * by n sin(lat) against the geodesic, and its course by as much again where the latitude changes, so its
 * middle is off by length * turn / 8. */
static void add_lonlat(struct dcf_ora_chain *c, struct dcf_ora_point a, struct dcf_ora_point b)
{
	const double rad = acos(-1.0) / 180;
	double dlat = b.lat - a.lat, dlon = remainder(b.lon - a.lon, 360), mid = fmax(fabs(a.lat), fabs(b.lat));
	double low = a.lat * b.lat < 0 ? 0 : fmin(fabs(a.lat), fabs(b.lat));
	double len = 111.7e3 * hypot(dlat, dlon * cos(low * rad)), turn = 2 * fabs(dlon) * rad * (sin(mid * rad) + 0.01);
	double pieces = ceil(fmax(sqrt(len * turn / 8 / DCF_ORA_LONLAT_M), len / PIECE_M));
	struct dcf_ora_point last = a;

	for (double k = 1; k < pieces; k++) {
		struct dcf_ora_point q = dcf_ora_at(a.lat + dlat * k / pieces, a.lon + dlon * k / pieces);

		add_piece(c, last, q);
		last = q;
	}
	add_piece(c, last, b);
}

struct dcf_ora_ball dcf_ora_ball_join(struct dcf_ora_ball a, struct dcf_ora_ball b)
{
	double d = dcf_ora_chord(a.x, b.x), r, k;

	if (d + b.r <= a.r)
		return a;
	if (d + a.r <= b.r)
		return b;
	r = (d + a.r + b.r) / 2 * (1 + 1e-12);
	k = (r - a.r) / d;
	for (int i = 0; i < 3; i++)
		a.x[i] += (b.x[i] - a.x[i]) * k;
	a.r = r + 1e-8;
	return a;
}

static struct dcf_ora_ball piece_ball(const struct dcf_ora_piece *e)
{
	double c = dcf_ora_chord(e->a.x, e->b.x);
	struct dcf_ora_ball b = { { 0 }, c / 2 + dcf_ora_sag(c) };

	for (int i = 0; i < 3; i++)
		b.x[i] = (e->a.x[i] + e->b.x[i]) / 2;
	return b;
}

static void build(struct dcf_ora_chain *c, size_t first, size_t count, size_t node)
{
	size_t left = count / 2;

	if (count == 1) {
		c->ball[node] = piece_ball(&c->piece[first]);
		return;
	}
	build(c, first, left, node + 1);
	build(c, first + left, count - left, node + 2 * left);
	c->ball[node] = dcf_ora_ball_join(c->ball[node + 1], c->ball[node + 2 * left]);
}

static void chain_of(struct dcf_ora_chain *c, const struct dcf_latlon *p, size_t n, bool ring, enum dcf_edges edges)
{
	*c = (struct dcf_ora_chain){ .ring = ring };
	for (size_t i = 0; i + 1 < n + ring; i++) {
		struct dcf_ora_point a = dcf_ora_of(p[i]), b = dcf_ora_of(p[(i + 1) % n]);

		if (edges == DCF_EDGES_LONLAT)
			add_lonlat(c, a, b);
		else
			add_geodesic(c, a, b);
	}
	if (n == 1)
		add_piece(c, dcf_ora_of(p[0]), dcf_ora_of(p[0]));
	c->ball = need(malloc(2 * c->count * sizeof *c->ball));
	build(c, 0, c->count, 0);
}

struct dcf_ora_shape dcf_ora_shape_of(const struct dcf_feature *f)
{
	struct dcf_ora_shape s = { .area = f->shape == DCF_POLYGON };

	s.lonlat = f->edges == DCF_EDGES_LONLAT && f->shape != DCF_TRAJECTORY && f->shape != DCF_CIRCLE;
	s.count = s.area ? f->ring_count : 1;
	s.chain = need(calloc(s.count, sizeof *s.chain));
	for (size_t i = 0; s.area && i < s.count; i++)
		chain_of(&s.chain[i], f->points + f->rings[i].first, f->rings[i].count, true, f->edges);
	if (!s.area)
		chain_of(&s.chain[0], f->points, f->point_count, false, s.lonlat ? DCF_EDGES_LONLAT : DCF_EDGES_GEODESIC);
	s.ball = s.chain[0].ball[0];
	for (size_t i = 1; i < s.count; i++)
		s.ball = dcf_ora_ball_join(s.ball, s.chain[i].ball[0]);
	return s;
}

void dcf_ora_shape_free(struct dcf_ora_shape *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->chain[i].piece);
		free(s->chain[i].ball);
	}
	free(s->chain);
	*s = (struct dcf_ora_shape){ 0 };
}
