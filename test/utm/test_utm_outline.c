/* SPDX-License-Identifier: Apache-2.0 */
/* test_utm_outline.c - polygons of the exchange against other arithmetic: areas against PROJ's, crossings against whole
 * numbers.
 *
 *     test_utm_outline [SEED]                                                                         */
#include "core/live.h"
#include "format/utm.h"
#include "tap.h"

#include <geodesic.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VERTICES_MOST = 40 };

static uint64_t seed = 20260601, state;

static uint32_t below(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 33) % n);
}

static double between(double low, double high)
{
	return low + (high - low) * below(1u << 30) / (1u << 30);
}

static void begin(const char *what)
{
	state = seed;
	printf("# %s: seed %llu\n", what, (unsigned long long)seed);
}

struct ring {
	double lat[VERTICES_MOST], lon[VERTICES_MOST];
	int n;
};

struct read {
	struct dcf_alloc heap;
	struct dcf_arena arena;
	struct dcf_utm_extents extents;
	struct dcf_utm_fault fault;
	enum dcf_status status;
};

static void read_ring(struct read *r, const struct ring *ring)
{
	char text[VERTICES_MOST * 30];
	size_t len = 0;

	for (int i = 0; i < ring->n; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%.7f,%.7f", i ? "," : "", ring->lat[i], ring->lon[i]);
	r->heap = dcf_alloc_heap();
	r->arena.from = &r->heap;
	dcf_arena_rewind(&r->arena);
	r->status = dcf_utm_area_read((struct dcf_span){ text, len }, &r->arena, &r->extents, &r->fault);
}

/* What is taken, the kernel must take too. */
static void check_kernel_takes(const struct read *r)
{
	const struct dcf_feature *f = &r->extents.volume[0].footprint;
	const char *why = "";
	uint32_t which;

	CHECK_MSG(dcf_live_validate(&r->heap, f, 1, &which, &why) == DCF_OK, "%s", why);
}

static double rounded(double degrees)
{
	return nearbyint(degrees * 1e7) / 1e7;
}

static void go(const struct geod_geodesic *g, double lat, double lon, double azimuth, double metres, double *to_lat,
	       double *to_lon)
{
	geod_direct(g, lat, lon, azimuth, metres, to_lat, to_lon, NULL);
	*to_lat = rounded(*to_lat);
	*to_lon = rounded(*to_lon);
}

static void centre_of(double *lat, double *lon)
{
	static const double lats[] = { 90, -90, 89.99, -89.7, 0, 0.01, 70 }, lons[] = { 180, -180, 179.99, -179.9, 0, 90 };

	*lat = below(2) ? between(-89, 89) : lats[below(7)];
	*lon = below(2) ? between(-180, 180) : lons[below(6)];
}

/* Around a place, further and nearer. */
static void star(const struct geod_geodesic *g, struct ring *ring)
{
	double lat, lon, size = pow(10, between(1.3, 4.75)), turn = below(2) ? 1 : -1, from = between(0, 360);

	centre_of(&lat, &lon);
	ring->n = 3 + (int)below(10);
	for (int i = 0; i < ring->n; i++) {
		double course = from + turn * (i + between(-0.3, 0.3)) * 360 / ring->n, metres = size * between(0.4, 1);

		go(g, lat, lon, course, metres, &ring->lat[i], &ring->lon[i]);
	}
}

/* A piece of a pie whose tip is a pole, or any place. */
static void pie(const struct geod_geodesic *g, struct ring *ring)
{
	double lat, lon, size = pow(10, between(1.3, 4.5)), from = between(0, 360), angle = between(20, 340);

	centre_of(&lat, &lon);
	if (below(2))
		lat = below(2) ? 90 : -90;
	lat = ring->lat[0] = rounded(lat);
	lon = ring->lon[0] = rounded(lon);
	ring->n = 3 + (int)below(10);
	for (int i = 1; i < ring->n; i++)
		go(g, lat, lon, from + angle * i / ring->n, size, &ring->lat[i], &ring->lon[i]);
}

/* Long and thin. */
static void strip(const struct geod_geodesic *g, struct ring *ring)
{
	double lat, lon, end_lat, end_lon, back, length = pow(10, between(3, 6.3)), width = between(20, 1e3),
						 course = between(0, 360);

	centre_of(&lat, &lon);
	geod_direct(g, lat, lon, course, length, &end_lat, &end_lon, &back);
	ring->n = 4;
	go(g, lat, lon, course + 90, width, &ring->lat[0], &ring->lon[0]);
	go(g, end_lat, end_lon, back + 90, width, &ring->lat[1], &ring->lon[1]);
	go(g, end_lat, end_lon, back - 90, width, &ring->lat[2], &ring->lon[2]);
	go(g, lat, lon, course - 90, width, &ring->lat[3], &ring->lon[3]);
}

static unsigned compared, refused;
static double worst;

static void check_area(struct read *r, const struct geod_geodesic *g, struct ring *ring)
{
	double area, length;

	geod_polygonarea(g, ring->lat, ring->lon, ring->n, &area, &length);
	area = fabs(area);
	read_ring(r, ring);
	if (area > DCF_UTM_AREA_MAX_M2 * 0.9999 && area < DCF_UTM_AREA_MAX_M2 * 1.0001)
		return;
	if (area > DCF_UTM_AREA_MAX_M2) {
		refused++;
		CHECK_MSG(r->status == DCF_E_REFUSED && r->fault.status == 413 && strstr(r->fault.text, "too large"), "%f: %s",
			  area, r->fault.text);
		return;
	}
	CHECK_MSG(r->status == DCF_OK, "%f, %d vertices from %.7f,%.7f: %s", area, ring->n, ring->lat[0], ring->lon[0],
		  r->fault.text);
	if (r->status != DCF_OK)
		return;
	CHECK_MSG(r->extents.volume[0].footprint.shape == DCF_POLYGON &&
			  fabs(r->extents.volume[0].area_m2 - area) <= 1e-4 * area + 0.05,
		  "%f instead of %f, %d vertices from %.7f,%.7f", r->extents.volume[0].area_m2, area, ring->n, ring->lat[0],
		  ring->lon[0]);
	compared++;
	if (area > 1e5)
		worst = fmax(worst, fabs(r->extents.volume[0].area_m2 / area - 1));
	check_kernel_takes(r);
}

static void areas_are_those_of_the_ellipsoid(void)
{
	struct read r = { .arena = { .total = 0 } };
	struct geod_geodesic g;
	struct ring ring;

	begin("areas");
	geod_init(&g, 6378137, 1 / 298.257223563);
	for (int i = 0; i < 4000; i++) {
		(i % 4 == 0 ? strip : i % 4 == 1 ? pie : star)(&g, &ring);
		check_area(&r, &g, &ring);
	}
	printf("# %u compared, within %g of their area; %u too large\n", compared, worst, refused);
	CHECK(compared > 2000 && refused > 20);
	dcf_arena_free(&r.arena);
}

/* --- crossings -------------------------------------------------------------------------------------------- */

struct point {
	int x, y;
};

static int turn_of(struct point a, struct point b, struct point c)
{
	int t = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

	return t > 0 ? 1 : t < 0 ? -1 : 0;
}

static bool within(struct point a, struct point b, struct point p)
{
	return turn_of(a, b, p) == 0 && (p.x - a.x) * (p.x - b.x) <= 0 && (p.y - a.y) * (p.y - b.y) <= 0;
}

static bool meet(struct point a, struct point b, struct point c, struct point d)
{
	return (turn_of(a, b, c) * turn_of(a, b, d) < 0 && turn_of(c, d, a) * turn_of(c, d, b) < 0) || within(a, b, c) ||
	       within(a, b, d) || within(c, d, a) || within(c, d, b);
}

enum kind { POLYGON, LINE, CROSSED };

static enum kind kind_of(const struct point *p, int n)
{
	bool straight = true;

	for (int i = 2; i < n; i++)
		straight &= turn_of(p[0], p[1], p[i]) == 0;
	if (straight)
		return LINE;
	for (int i = 0; i < n; i++)
		for (int k = i + 2; k < n; k++)
			if ((k + 1) % n != i && meet(p[i], p[i + 1], p[k], p[(k + 1) % n]))
				return CROSSED;
	return POLYGON;
}

/* Points of a grid of 11 m, all different; the earth is flat enough there. */
static int draw(struct point *p)
{
	int n = 3 + (int)below(6), m = 0, size = 2 + (int)below(6);

	if (size == 2 && n > 8)
		n = 8;
	while (m < n) {
		int i = 0;

		p[m].x = (int)below((uint32_t)size + 1);
		p[m].y = (int)below((uint32_t)size + 1);
		while (p[i].x != p[m].x || p[i].y != p[m].y)
			i++;
		m += i == m;
	}
	return n;
}

static void crossings_are_seen_and_nothing_else(void)
{
	static const double lats[] = { 0, 0.0003, -30, 60 }, lons[] = { 0, 179.9998, -180, 8.5 };
	struct read r = { .arena = { .total = 0 } };
	unsigned seen[3] = { 0, 0, 0 };

	begin("crossings");
	for (int i = 0; i < 30000; i++) {
		struct point p[16];
		int n = draw(p);
		enum kind kind = kind_of(p, n);
		struct ring ring = { .n = n };
		double lat = lats[below(4)], lon = lons[below(4)];

		/* off the equator a parallel is no geodesic: by less than 1 mm here, as long as it is no line */
		if (kind == LINE)
			lat = 0;
		for (int k = 0; k < n; k++) {
			ring.lat[k] = lat + p[k].y * 1e-4;
			ring.lon[k] = lon + p[k].x * 1e-4 > 180 ? lon + p[k].x * 1e-4 - 360 : lon + p[k].x * 1e-4;
		}
		read_ring(&r, &ring);
		seen[kind]++;
		CHECK_MSG((r.status == DCF_OK) == (kind != CROSSED), "%d: %d of %d vertices at %f,%f: %s", i, kind, n, lat, lon,
			  r.fault.text);
		if (r.status != DCF_OK)
			continue;
		CHECK_MSG((r.extents.volume[0].footprint.shape == DCF_CORRIDOR) == (kind == LINE), "%d: %d", i, kind);
		check_kernel_takes(&r);
	}
	printf("# %u polygons, %u lines, %u crossed\n", seen[POLYGON], seen[LINE], seen[CROSSED]);
	CHECK(seen[POLYGON] > 1000 && seen[LINE] > 100 && seen[CROSSED] > 1000);
	dcf_arena_free(&r.arena);
}

/* Combs: many vertices, teeth that a single moved corner makes touch. */
static void combs(void)
{
	struct read r = { .arena = { .total = 0 } };

	begin("combs");
	for (int i = 0; i < 2000; i++) {
		struct ring ring = { .n = 0 };
		int teeth = 2 + (int)below(8), broken = (int)below((uint32_t)teeth);
		bool touch = below(2);
		double lat = between(-80, 80), lon = between(-179, 179), step = pow(10, between(-4.5, -2));

		for (int k = 0; k < teeth; k++) {
			ring.lat[ring.n] = lat + step;
			ring.lon[ring.n++] = lon + 2 * k * step;
			ring.lat[ring.n] = touch && k == broken ? lat - 0.5 * step : lat + 0.2 * step;
			ring.lon[ring.n++] = lon + (2 * k + 1) * step;
		}
		ring.lat[ring.n] = lat + step;
		ring.lon[ring.n++] = lon + 2 * teeth * step;
		ring.lat[ring.n] = lat;
		ring.lon[ring.n++] = lon + 2 * teeth * step;
		/* the back: straight in steps, so that no tooth reaches it where the parallel bends */
		for (int k = teeth - 1; k >= 0; k--) {
			ring.lat[ring.n] = lat;
			ring.lon[ring.n++] = lon + 2 * k * step;
		}
		read_ring(&r, &ring);
		CHECK_MSG((r.status == DCF_OK) == !touch, "%d: %d %s", i, touch, r.fault.text);
	}
	dcf_arena_free(&r.arena);
}

/* --- area strings ----------------------------------------------------------------------------------------- */

static void area_strings(void)
{
	static const struct {
		const char *text, *said;
		unsigned status;
	} rows[] = {
		{ "47.4,8.5,47.4,8.6,47.5,8.6", "", 0 },
		{ " 47.4 , 8.5,47.4,+8.6 ,4.75e1,860e-2", "", 0 },
		{ "0.0000001,0,.5,0.,0,5E-1", "", 0 },
		{ "0,1.00000000000000000000000000000000000000001,0.1,1,0.1,1.1", "", 0 },
		{ "0,0,0,1,0,2", "", 0 },
		{ "", "Missing area", 400 },
		{ "47.4,8.5,47.4,8.6", "Not enough points in polygon", 400 },
		{ "47.4,8.5,47.4,8.6,47.5", "Odd number of coordinates", 400 },
		{ "47.4", "Odd number of coordinates", 400 },
		{ "47.4,8.5,47.4,8.6,47.5,", "coordinate 5", 400 },
		{ "47.4,8.5,47.4,8.6,47.5,8.6,", "Odd number", 400 },
		{ "47.4,8.5,47.4,8.6,47.5,8.6 x", "coordinate 5", 400 },
		{ "47.4,8.5,x,8.6,47.5,8.6", "coordinate 2", 400 },
		{ "47.4,8.5,NaN,8.6,47.5,8.6", "coordinate 2", 400 },
		{ "47.4,8.5,1e,8.6,47.5,8.6", "coordinate 2", 400 },
		{ "47.4,8.5,.,8.6,47.5,8.6", "coordinate 2", 400 },
		{ "47.4,8.5,--1,8.6,47.5,8.6", "coordinate 2", 400 },
		{ "47.4,8.5,91,8.6,47.5,8.6", "Latitude out of range", 400 },
		{ "47.4,8.5,1e99999999999999999999,8.6,47.5,8.6", "Latitude out of range", 400 },
		{ "47.4,8.5,47.4,180.1,47.5,8.6", "Longitude out of range", 400 },
		{ "47.4,8.5,47.4,8.6,47.5,8.6,47.4,8.5", "a ring that closes by itself", 400 },
		{ "47.4,8.5,47.5,8.6,47.4,8.6,47.5,8.5", "cross or touch", 400 },
		{ "-12,115,-12,150,-35,150,-35,115", "too large", 413 },
	};
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_arena arena = { .from = &heap };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_utm_extents e;
		struct dcf_utm_fault fault;
		enum dcf_status s = dcf_utm_area_read(dcf_span_of(rows[i].text), &arena, &e, &fault);

		CHECK_MSG(s == (rows[i].status ? DCF_E_REFUSED : DCF_OK) && fault.status == rows[i].status &&
				  strstr(fault.text, rows[i].said),
			  "%s: %d %u %s", rows[i].text, s, fault.status, fault.text);
		if (s == DCF_OK)
			CHECK(e.count == 1 && e.start_us == DCF_UTM_SINCE_EVER && e.upper_e4 == DCF_UTM_NO_UPPER);
	}
	dcf_arena_free(&arena);
}

static void numbers_are_the_nearest(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_arena arena = { .from = &heap };

	begin("numbers");
	for (int i = 0; i < 20000; i++) {
		struct dcf_utm_extents e;
		struct dcf_utm_fault fault;
		double lat = between(-89, 89), lon = between(-178, 178);
		char text[200];
		int places = (int)below(18);

		snprintf(text, sizeof text, "%.*f,%.*f,%.7f,%.7f,%.7f,%.7f", places, lat, places, lon, lat + 0.1, lon + 0.1,
			 lat + 0.1, lon - 0.1);
		dcf_arena_rewind(&arena);
		if (dcf_utm_area_read(dcf_span_of(text), &arena, &e, &fault) != DCF_OK)
			continue; /* with few places the first may lie anywhere */
		CHECK_MSG(e.volume[0].footprint.points[0].lat_e7 == (int32_t)lround(strtod(text, NULL) * 1e7), "%s", text);
	}
	dcf_arena_free(&arena);
}

/* Ten thousand vertices in a spiral, each edge over all the others' longitudes: seconds would be too many. */
static void many_vertices(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_arena arena = { .from = &heap };
	struct dcf_buf text = { .from = &heap };
	struct dcf_utm_extents e;
	struct dcf_utm_fault fault;
	char one[64];

	for (int over = 0; over < 2; over++) {
		text.len = 0;
		for (int i = 0; i < DCF_UTM_VERTICES_MAX + over; i++) {
			double angle = 6.283185307179586 * i / DCF_UTM_VERTICES_MAX, r = i % 2 ? 0.2 : 0.19;

			snprintf(one, sizeof one, "%s%.7f,%.7f", i ? "," : "", 40 + r * cos(angle), 8 + r * sin(angle));
			dcf_buf_z(&text, one);
		}
		CHECK_MSG(dcf_utm_area_read(dcf_buf_as_span(&text), &arena, &e, &fault) == (over ? DCF_E_REFUSED : DCF_OK),
			  "%s", fault.text);
	}
	CHECK(strstr(fault.text, "Too many vertices"));
	dcf_buf_free(&text);
	dcf_arena_free(&arena);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return TAP_RUN(TAP(areas_are_those_of_the_ellipsoid), TAP(crossings_are_seen_and_nothing_else), TAP(combs),
		       TAP(area_strings), TAP(numbers_are_the_nearest), TAP(many_vertices));
}
