/* SPDX-License-Identifier: Apache-2.0 */
/* test_geoconvert.c GEOCONVERT GEODSOLVE POINTS - grids and bearings against GeographicLib's tools, and datums against PROJ.
 *
 * Each tool runs once over all points, of which four in ten lie on the seams (edges of zones and bands, the exceptions
 * of Norway and Svalbard, the equator, 36 E, the antimeridian, where UTM ends, the poles). */
#include "base/buf.h"
#include "core/geodesy.h"
#include "format/notation.h"
#include "format/notation_grid.h"
#include "format/notation_int.h"
#include "tap.h"

#include <math.h>
#include <proj.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 1000000, BEARINGS = 5000 };

static const char *geoconvert, *geodsolve;
static struct dcf_latlon *points;
static int point_count;
static struct dcf_alloc heap;

/* ---- points ---- */

static uint64_t seed = 20160917;

static uint64_t next_random(void)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = seed;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static int64_t between(int64_t low, int64_t high)
{
	return low + (int64_t)(next_random() % (uint64_t)(high - low + 1));
}

static int32_t clamp_lat(int64_t lat)
{
	return (int32_t)(lat > 900000000 ? 900000000 : lat < -900000000 ? -900000000 : lat);
}

static int32_t turn_lon(int64_t lon)
{
	return (int32_t)(lon > 1800000000 ? lon - 3600000000 : lon <= -1800000000 ? lon + 3600000000 : lon);
}

/* On an edge, next to it by a few 1e-7 degree, or some kilometres off. */
static int64_t beside(int64_t edge)
{
	static const int64_t spread[] = { 0, 1, 3, 1000, 1000000 };
	int64_t s = spread[between(0, 4)];

	return edge + between(-s, s);
}

static struct dcf_latlon seam(void)
{
	static const int odd[] = { 0, 3, 6, 9, 12, 21, 33, 42, 36 };
	static const int ends[] = { -90, -80, 0, 56, 64, 72, 84, 90 };
	int64_t deg = 10000000, any_lat = between(-900000000, 900000000), any_lon = between(-1799999999, 1800000000);

	switch (between(0, 5)) {
	case 0: /* edges of zones */
		return (struct dcf_latlon){ clamp_lat(any_lat), turn_lon(beside(between(-30, 30) * 6 * deg)) };
	case 1: /* edges of bands */
		return (struct dcf_latlon){ clamp_lat(beside(between(-10, 10) * 8 * deg)), turn_lon(any_lon) };
	case 2: /* both */
		return (struct dcf_latlon){ clamp_lat(beside(between(-10, 10) * 8 * deg)),
					    turn_lon(beside(between(-30, 30) * 6 * deg)) };
	case 3: /* Norway, Svalbard, 36 E */
		return (struct dcf_latlon){ clamp_lat(between(30, 84) * deg + between(0, deg)),
					    turn_lon(beside(odd[between(0, 8)] * deg)) };
	case 4: /* ends of the grids, with any meridian and with those between zones */
		return (struct dcf_latlon){ clamp_lat(beside(ends[between(0, 7)] * deg)),
					    turn_lon(between(0, 1) ? any_lon : beside(between(-60, 60) * 3 * deg)) };
	default: /* the antimeridian */
		return (struct dcf_latlon){ clamp_lat(any_lat), turn_lon(beside(180 * deg)) };
	}
}

static void make_points(void)
{
	for (int i = 0; i < point_count; i++) {
		if (i % 10 < 6)
			points[i] = (struct dcf_latlon){ (int32_t)between(-900000000, 900000000),
							 turn_lon(between(-1799999999, 1800000000)) };
		else
			points[i] = seam();
	}
}

/* ---- a tool over a text ---- */

/* All that `command` answers to `text` on its standard input. */
static struct dcf_buf ask(const char *command, const struct dcf_buf *text)
{
	struct dcf_buf answer = { .from = &heap };
	char name[] = "/tmp/notation-XXXXXX", line[600], piece[4096];
	int fd = mkstemp(name);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	size_t n;

	CHECK(f != NULL);
	if (!f)
		return answer;
	CHECK(fwrite(text->p, 1, text->len, f) == text->len);
	fclose(f);
	snprintf(line, sizeof line, "%s < %s", command, name);
	f = popen(line, "r");
	CHECK(f != NULL);
	while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
		dcf_buf_put(&answer, piece, n);
	CHECK(f && pclose(f) == 0);
	unlink(name);
	dcf_buf_char(&answer, '\0');
	return answer;
}

static void put_point(struct dcf_buf *out, struct dcf_latlon p)
{
	dcf_buf_fixed_full(out, p.lat_e7, 7);
	dcf_buf_char(out, ' ');
	dcf_buf_fixed_full(out, p.lon_e7, 7);
	dcf_buf_char(out, '\n');
}

static char *next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return line;
}

/* ---- degrees to grids ---- */

static bool near_whole(double x)
{
	return fabs(x - nearbyint(x)) < 1e-6;
}

static void utm_is_theirs_to_a_micrometre(void)
{
	struct dcf_buf text = { .from = &heap }, answer;
	char command[300], *rest;
	double worst = 0;

	for (int i = 0; i < point_count; i++)
		put_point(&text, points[i]);
	snprintf(command, sizeof command, "%s -u -p 9", geoconvert);
	answer = ask(command, &text);
	rest = answer.p;
	for (int i = 0; i < point_count; i++) {
		struct dcf_latlon p = points[i];
		char *line = next_line(&rest), side = 0;
		int zone = dcf_utm_zone(p), theirs = 0;
		double x = 0, y = 0, off;
		struct dcf_grid g;

		CHECK(line != NULL);
		if (!line)
			break;
		if (sscanf(line, "%2d%c %lf %lf", &theirs, &side, &x, &y) != 4)
			CHECK_MSG(sscanf(line, "%c %lf %lf", &side, &x, &y) == 3, "%s", line);
		CHECK_MSG(zone == theirs, "%d %d: %s", p.lat_e7, p.lon_e7, line);
		g = zone ? dcf_utm_forward(p, zone, side == 's') : dcf_ups_forward(p, side == 's');
		off = hypot(g.x - x, g.y - y);
		worst = off > worst ? off : worst;
		CHECK_MSG(off < 1e-6, "%d %d: %.9f %.9f, %s", p.lat_e7, p.lon_e7, g.x, g.y, line);
	}
	printf("# UTM and UPS: at most %.1e m apart\n", worst);
	dcf_buf_free(&answer);
	dcf_buf_free(&text);
}

static void mgrs_is_theirs(void)
{
	struct dcf_buf text = { .from = &heap }, answer;
	char command[300], *rest;
	int doubtful = 0;

	for (int i = 0; i < point_count; i++)
		put_point(&text, points[i]);
	snprintf(command, sizeof command, "%s -m -p 0", geoconvert);
	answer = ask(command, &text);
	rest = answer.p;
	for (int i = 0; i < point_count; i++) {
		struct dcf_position p = dcf_position_of(points[i]);
		struct dcf_buf ours = { .from = &heap };
		char *line = next_line(&rest);

		CHECK(line != NULL);
		if (!line)
			break;
		CHECK(dcf_position_put(&ours, &p, DCF_NOTATION_MGRS));
		if (!dcf_span_eq(dcf_buf_as_span(&ours), dcf_span_of(line))) {
			/* A metre's edge within what either side's arithmetic tells. */
			int zone = dcf_utm_zone(p.at);
			struct dcf_grid g =
				zone ? dcf_utm_forward(p.at, zone, p.at.lat_e7 < 0) : dcf_ups_forward(p.at, p.at.lat_e7 < 0);

			doubtful++;
			CHECK_MSG(near_whole(g.x) || near_whole(g.y), "%d %d: %.*s, %s", p.at.lat_e7, p.at.lon_e7,
				  (int)ours.len, ours.p, line);
		}
		dcf_buf_free(&ours);
	}
	CHECK_MSG(doubtful < 20, "%d", doubtful);
	printf("# MGRS: %d of %d on an edge\n", doubtful, point_count);
	dcf_buf_free(&answer);
	dcf_buf_free(&text);
}

/* ---- grids to degrees ---- */

/* Squares of every size, read by us and by them: centres within the rounding to 1e-7 degree. */
static void squares_are_read_as_theirs(void)
{
	struct dcf_buf text = { .from = &heap }, answer;
	size_t *starts = malloc(((size_t)point_count + 1) * sizeof *starts);
	char command[300], *rest;
	double worst = 0;

	for (int i = 0; i < point_count; i++) {
		struct dcf_position p = dcf_position_of(points[i]);

		p.precision_mm = 10000 * dcf_power_of_ten(i % 5);
		starts[i] = text.len;
		CHECK(dcf_position_put(&text, &p, DCF_NOTATION_MGRS));
		dcf_buf_char(&text, '\n');
	}
	starts[point_count] = text.len;
	snprintf(command, sizeof command, "%s -g -p 9", geoconvert);
	answer = ask(command, &text);
	rest = answer.p;
	for (int i = 0; i < point_count; i++) {
		struct dcf_span mgrs = { text.p + starts[i], starts[i + 1] - starts[i] - 1 };
		struct dcf_notation_fault f = { 0, "" };
		struct dcf_position p;
		char *line = next_line(&rest);
		double lat, lon, off;
		struct dcf_buf again = { .from = &heap };

		CHECK(line != NULL);
		if (!line)
			break;
		CHECK_MSG(dcf_position_parse(mgrs, NULL, &p, &f) == DCF_OK, "%.*s: %s", (int)mgrs.len, mgrs.p, f.text);
		CHECK_MSG(sscanf(line, "%lf %lf", &lat, &lon) == 2, "%.*s: %s", (int)mgrs.len, mgrs.p, line);
		off = fmax(fabs(lat * 1e7 - p.at.lat_e7),
			   fabs(remainder(lon * 1e7 - p.at.lon_e7, 3.6e9)) * cos(lat * DCF_RAD_PER_DEG));
		worst = off > worst ? off : worst;
		CHECK_MSG(off < 0.51, "%.*s: %d %d, %s", (int)mgrs.len, mgrs.p, p.at.lat_e7, p.at.lon_e7, line);
		CHECK(dcf_position_put(&again, &p, DCF_NOTATION_MGRS));
		CHECK_MSG(dcf_span_eq(mgrs, dcf_buf_as_span(&again)), "%.*s, %.*s", (int)mgrs.len, mgrs.p, (int)again.len,
			  again.p);
		dcf_buf_free(&again);
	}
	printf("# centres: at most %.2f of 1e-7 degree apart\n", worst);
	free(starts);
	dcf_buf_free(&answer);
	dcf_buf_free(&text);
}

/* ---- bearings ---- */

static void bearings_are_theirs(void)
{
	struct dcf_buf text = { .from = &heap }, answer;
	struct dcf_latlon *ours = malloc(BEARINGS * sizeof *ours);
	char command[300], *rest;

	for (int i = 0; i < BEARINGS; i++) {
		struct dcf_latlon from = points[i];
		int64_t bearing = between(0, 3600), distance = between(0, 9999999);
		struct dcf_buf said = { .from = &heap };
		struct dcf_position p = { .at = from };
		struct dcf_notation_fault f = { 0, "" };

		dcf_buf_fixed_full(&said, bearing, 1);
		dcf_buf_z(&said, "T/");
		dcf_buf_fixed_full(&said, distance, 1);
		dcf_buf_z(&said, "M FROM ");
		put_point(&said, from);
		CHECK_MSG(dcf_position_parse(dcf_buf_as_span(&said), NULL, &p, &f) == DCF_OK, "%.*s: %s", (int)said.len, said.p,
			  f.text);
		CHECK(p.precision_mm >= 100 && p.precision_mm >= distance * 100 / 600);
		ours[i] = p.at;
		put_point(&text, from);
		text.len--;
		dcf_buf_char(&text, ' ');
		dcf_buf_fixed_full(&text, bearing, 1);
		dcf_buf_char(&text, ' ');
		dcf_buf_fixed_full(&text, distance, 1);
		dcf_buf_char(&text, '\n');
		dcf_buf_free(&said);
	}
	snprintf(command, sizeof command, "%s -p 6", geodsolve);
	answer = ask(command, &text);
	rest = answer.p;
	for (int i = 0; i < BEARINGS; i++) {
		char *line = next_line(&rest);
		double lat, lon;

		CHECK(line && sscanf(line, "%lf %lf", &lat, &lon) == 2);
		if (!line)
			break;
		CHECK_MSG(fabs(lat * 1e7 - ours[i].lat_e7) < 1.5 &&
				  fabs(remainder(lon * 1e7 - ours[i].lon_e7, 3.6e9)) * cos(lat * DCF_RAD_PER_DEG) < 1.5,
			  "%d %d, %s", ours[i].lat_e7, ours[i].lon_e7, line);
	}
	free(ours);
	dcf_buf_free(&answer);
	dcf_buf_free(&text);
}

/* ---- datums ---- */

static void datums_are_as_proj_has_them(void)
{
	static const struct {
		enum dcf_datum datum;
		const char *pipeline;
	} rows[] = {
		{ DCF_DATUM_SK42,
		  "+proj=pipeline +step +proj=cart +ellps=krass +step +proj=helmert +convention=coordinate_frame +x=23.57 "
		  "+y=-140.95 +z=-79.8 +rx=0 +ry=-0.35 +rz=-0.79 +s=-0.22 +step +inv +proj=cart +ellps=WGS84" },
		{ DCF_DATUM_PZ90,
		  "+proj=pipeline +step +proj=cart +a=6378136 +rf=298.257839303 +step +proj=helmert "
		  "+convention=coordinate_frame +x=-1.08 +y=-0.27 +z=-0.9 +rx=0 +ry=0 +rz=-0.16 +s=-0.12 +step +inv "
		  "+proj=cart +ellps=WGS84" },
		{ DCF_DATUM_PZ90_02,
		  "+proj=pipeline +step +proj=cart +a=6378136 +rf=298.257839303 +step +proj=helmert +x=-0.36 +y=0.08 "
		  "+z=0.18 +step +inv +proj=cart +ellps=WGS84" },
	};

	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		PJ *pipeline = proj_create(NULL, rows[r].pipeline);

		CHECK(pipeline != NULL);
		for (int i = 0; pipeline && i < 2000; i++) {
			struct dcf_latlon p = points[i], got = dcf_datum_to_wgs84(rows[r].datum, p);
			PJ_COORD c = proj_coord(p.lon_e7 * 1e-7 * DCF_RAD_PER_DEG, p.lat_e7 * 1e-7 * DCF_RAD_PER_DEG, 0, 0);

			c = proj_trans(pipeline, PJ_FWD, c);
			CHECK_MSG(fabs(c.lp.phi / DCF_RAD_PER_DEG * 1e7 - got.lat_e7) < 0.51 &&
					  fabs(remainder(c.lp.lam / DCF_RAD_PER_DEG * 1e7 - got.lon_e7, 3.6e9)) *
							  cos(c.lp.phi) <
						  0.51,
				  "%d %d: %d %d", p.lat_e7, p.lon_e7, got.lat_e7, got.lon_e7);
		}
		proj_destroy(pipeline);
	}
}

int main(int argc, char **argv)
{
	int failed;

	point_count = argc == 4 ? atoi(argv[3]) : 0;
	if (point_count < BEARINGS || point_count > MOST) {
		fprintf(stderr, "usage: test_geoconvert GEOCONVERT GEODSOLVE POINTS (%d to %d)\n", BEARINGS, MOST);
		return 2;
	}
	points = calloc((size_t)point_count, sizeof *points);
	if (!points)
		return 3;
	geoconvert = argv[1];
	geodsolve = argv[2];
	heap = dcf_alloc_heap();
	make_points();
	failed = TAP_RUN(TAP(utm_is_theirs_to_a_micrometre), TAP(mgrs_is_theirs), TAP(squares_are_read_as_theirs),
			 TAP(bearings_are_theirs), TAP(datums_are_as_proj_has_them));
	free(points);
	return failed;
}
