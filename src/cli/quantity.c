/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/quantity.h"
#include "cli/cli.h"
#include "core/altitude.h"
#include "core/geodesy.h"
#include "core/time.h"
#include "format/compass.h"

#include <math.h>

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static int64_t ceil_div(int64_t a, int64_t b)
{
	return -floor_div(-a, b);
}

/* ---- altitudes ---- */

enum direction { DOWN, NEAREST, UP };

static int64_t divide(int64_t a, int64_t b, enum direction to)
{
	return to == DOWN ? floor_div(a, b) : to == UP ? ceil_div(a, b) : floor_div(2 * a + b, 2 * b);
}

static const char *ref_name(uint8_t ref)
{
	static const char *const name[] = {
		[DCF_REF_MSL] = " MSL", [DCF_REF_STD] = " STD", [DCF_REF_AGL] = " AGL",
		[DCF_REF_SFC] = " SFC", [DCF_REF_W84] = " W84",
	};
	_Static_assert(sizeof name / sizeof *name == DCF_REF_COUNT, "every reference needs a name");
	return name[ref];
}

/* The unit that stands beside the declared one: metres beside feet and levels, and the reverse. */
static uint8_t other_unit(struct dcf_altitude alt)
{
	if (alt.unit != DCF_UNIT_M)
		return DCF_UNIT_M;
	return alt.ref == DCF_REF_STD ? DCF_UNIT_FL : DCF_UNIT_FT;
}

static void put_level(struct dcf_buf *out, int64_t tenths)
{
	dcf_buf_z(out, "FL");
	if (tenths >= 0 && tenths < 1000)
		dcf_buf_fill(out, '0', tenths < 100 ? 2 : 1);
	dcf_buf_fixed(out, tenths, 1);
}

/* The number alone.  As declared it keeps a tenth; converted it is whole. */
static void put_number(struct dcf_buf *out, int64_t e4, uint8_t unit, bool declared, enum direction to)
{
	static const int64_t size[] = { [DCF_UNIT_FT] = DCF_FT_E4, [DCF_UNIT_M] = DCF_M_E4, [DCF_UNIT_FL] = DCF_FL_E4 };
	int64_t tenths = declared ? divide(e4 * 10, size[unit], to) : divide(e4, size[unit], to) * 10;

	if (unit == DCF_UNIT_FL)
		put_level(out, tenths);
	else
		dcf_buf_fixed(out, tenths, 1);
}

static void put_unit(struct dcf_buf *out, uint8_t unit, uint8_t ref, bool with_ref)
{
	if (unit == DCF_UNIT_FL)
		return;
	dcf_buf_z(out, unit == DCF_UNIT_M ? " m" : " ft");
	if (with_ref)
		dcf_buf_z(out, ref_name(ref));
}

/* A limit of a band, or a level (NEAREST). */
struct limit {
	struct dcf_altitude alt;
	enum direction to;
};

static bool is_word(struct limit l)
{
	return l.alt.unlimited || (l.to == DOWN && dcf_altitude_is_ground(l.alt));
}

static void put_limit(struct dcf_buf *out, struct limit l, bool declared, bool with_ref)
{
	uint8_t unit = declared ? l.alt.unit : other_unit(l.alt);

	if (is_word(l)) {
		dcf_buf_z(out, l.alt.unlimited ? "UNL" : "SFC");
		return;
	}
	put_number(out, l.alt.e4, unit, declared, l.to);
	put_unit(out, unit, l.alt.ref, with_ref);
}

static bool same_kind(struct dcf_altitude x, struct dcf_altitude y)
{
	return x.ref == y.ref && x.unit == y.unit;
}

static void put_pair(struct dcf_buf *out, struct limit low, struct limit high, bool declared)
{
	uint8_t unit = declared ? low.alt.unit : other_unit(low.alt);
	/* The reference stands once: with what was declared, or with metres beside a flight level. */
	bool with_ref = declared || low.alt.unit == DCF_UNIT_FL || high.alt.unit == DCF_UNIT_FL;

	if (low.to == NEAREST) {
		put_limit(out, low, declared, with_ref);
		return;
	}
	if (is_word(low) || is_word(high) || !same_kind(low.alt, high.alt)) {
		put_limit(out, low, declared, with_ref);
		dcf_buf_z(out, " to ");
		put_limit(out, high, declared, with_ref);
		return;
	}
	put_number(out, low.alt.e4, unit, declared, DOWN);
	dcf_buf_char(out, '-');
	put_number(out, high.alt.e4, unit, declared, UP);
	put_unit(out, unit, low.alt.ref, with_ref);
}

static void put_containment(struct dcf_buf *out, int64_t e4, bool in_metres)
{
	if (e4 == 0)
		return;
	dcf_buf_z(out, " \xc2\xb1");
	dcf_buf_fixed(out, in_metres ? ceil_div(e4 * 10, DCF_M_E4) : ceil_div(e4 * 10, DCF_FT_E4), 1);
	dcf_buf_z(out, in_metres ? " m" : " ft");
}

/* The vertices of the legs that are flown between the two times: lowest and highest, or first and last
 * where their references differ. */
static void trajectory_band(const struct dcf_feature *f, int64_t start_us, int64_t end_us, struct limit *low,
			    struct limit *high)
{
	uint32_t first = 0, last = f->point_count - 1;
	bool comparable = true;

	while (first + 1 < last && f->waypoints[first + 1].time_us <= start_us)
		first++;
	while (last > first + 1 && f->waypoints[last - 1].time_us >= end_us)
		last--;
	*low = (struct limit){ f->waypoints[first].altitude, DOWN };
	*high = (struct limit){ f->waypoints[first].altitude, UP };
	for (uint32_t i = first + 1; i <= last; i++) {
		struct dcf_altitude a = f->waypoints[i].altitude;

		comparable &= a.ref == low->alt.ref;
		if (a.e4 < low->alt.e4)
			low->alt = a;
		if (a.e4 > high->alt.e4)
			high->alt = a;
	}
	if (!comparable) {
		low->alt = f->waypoints[first].altitude;
		high->alt = f->waypoints[last].altitude;
	} else if (low->alt.e4 == high->alt.e4) {
		low->to = NEAREST;
	}
}

void dcf_put_band(struct dcf_buf *out, const struct dcf_feature *f, int64_t start_us, int64_t end_us)
{
	bool moves = f->shape == DCF_TRAJECTORY;
	struct limit low = { f->lower, DOWN }, high = { f->upper, UP };

	if (moves)
		trajectory_band(f, start_us, end_us, &low, &high);
	put_pair(out, low, high, true);
	if (moves)
		put_containment(out, f->containment_e4, low.alt.unit == DCF_UNIT_M);
	if (is_word(low) && is_word(high))
		return;
	dcf_buf_z(out, " (");
	put_pair(out, low, high, false);
	if (moves)
		put_containment(out, f->containment_e4, low.alt.unit != DCF_UNIT_M);
	dcf_buf_char(out, ')');
}

/* ---- gaps and minima ---- */

static void put_nautical_miles(struct dcf_buf *out, int64_t dm)
{
	dcf_buf_fixed(out, dm / 1852, 1);
	dcf_buf_z(out, " NM");
}

static void put_kilometres(struct dcf_buf *out, int64_t dm)
{
	if (dm < 10000)
		dcf_buf_i64(out, dm / 10);
	else
		dcf_buf_fixed(out, dm / 1000, 1);
	dcf_buf_z(out, dm < 10000 ? " m" : " km");
}

void dcf_put_lateral_gap(struct dcf_buf *out, int64_t gap_dm, bool metric)
{
	if (gap_dm == 0) {
		dcf_buf_char(out, '0');
		return;
	}
	(metric ? put_kilometres : put_nautical_miles)(out, gap_dm);
	dcf_buf_z(out, " (");
	(metric ? put_nautical_miles : put_kilometres)(out, gap_dm);
	dcf_buf_char(out, ')');
}

static void put_interval(struct dcf_buf *out, int64_t low, int64_t high, const char *unit)
{
	dcf_buf_i64(out, low);
	if (high != low) {
		dcf_buf_z(out, " to ");
		dcf_buf_i64(out, high);
	}
	dcf_buf_z(out, unit);
}

void dcf_put_vertical_gap(struct dcf_buf *out, const int64_t gap_dft[2], bool metric)
{
	int64_t ft[2] = { gap_dft[0] / 10, gap_dft[1] / 10 };
	int64_t m[2] = { gap_dft[0] * 3048 / 100000, gap_dft[1] * 3048 / 100000 };

	if (gap_dft[1] == 0) {
		dcf_buf_char(out, '0');
		return;
	}
	put_interval(out, metric ? m[0] : ft[0], metric ? m[1] : ft[1], metric ? " m" : " ft");
	dcf_buf_z(out, " (");
	put_interval(out, metric ? ft[0] : m[0], metric ? ft[1] : m[1], metric ? " ft" : " m");
	dcf_buf_char(out, ')');
}

/* In the unit in which it is a round number, as it was probably said. */
static void put_minimum_lateral(struct dcf_buf *out, double metres)
{
	int64_t dm = (int64_t)ceil(metres * 10 - 1e-6);

	if (dm % 1852 == 0) {
		put_nautical_miles(out, dm);
	} else if (dm % 1000 == 0) {
		dcf_buf_fixed(out, dm / 1000, 1);
		dcf_buf_z(out, " km");
	} else {
		dcf_buf_fixed(out, dm, 1);
		dcf_buf_z(out, " m");
	}
}

static void put_minimum_vertical(struct dcf_buf *out, int64_t e4)
{
	bool feet = e4 % DCF_FT_E4 == 0;

	dcf_buf_fixed(out, feet ? e4 / DCF_FT_E4 * 10 : ceil_div(e4, DCF_M_E4 / 10), 1);
	dcf_buf_z(out, feet ? " ft" : " m");
}

void dcf_put_minima(struct dcf_buf *out, double lateral_m, int64_t vertical_e4)
{
	if (lateral_m <= 0 && vertical_e4 <= 0) {
		dcf_buf_z(out, "no minima: they must not meet");
		return;
	}
	dcf_buf_z(out, "minima ");
	put_minimum_lateral(out, lateral_m);
	dcf_buf_z(out, " and ");
	put_minimum_vertical(out, vertical_e4);
}

/* ---- times ---- */

static void put_padded(struct dcf_buf *out, int64_t v, int digits)
{
	int64_t limit = 1;

	for (int i = 1; i < digits; i++)
		limit *= 10;
	for (; v < limit && limit > 1; limit /= 10)
		dcf_buf_char(out, '0');
	dcf_buf_i64(out, v);
}

static void put_date(struct dcf_buf *out, const struct dcf_civil *c)
{
	put_padded(out, c->year, 4);
	dcf_buf_char(out, '-');
	put_padded(out, c->month, 2);
	dcf_buf_char(out, '-');
	put_padded(out, c->day, 2);
	dcf_buf_char(out, ' ');
}

static void put_clock(struct dcf_buf *out, const struct dcf_civil *c)
{
	put_padded(out, c->hour, 2);
	dcf_buf_char(out, ':');
	put_padded(out, c->minute, 2);
	dcf_buf_char(out, ':');
	put_padded(out, c->second, 2);
	dcf_buf_char(out, 'Z');
}

void dcf_put_window(struct dcf_buf *out, int64_t start_us, int64_t end_us)
{
	struct dcf_civil a = dcf_civil_of(floor_div(start_us, 1000000) * 1000000);
	struct dcf_civil b = dcf_civil_of(ceil_div(end_us, 1000000) * 1000000);

	put_date(out, &a);
	put_clock(out, &a);
	dcf_buf_z(out, " to ");
	if (a.year != b.year || a.month != b.month || a.day != b.day)
		put_date(out, &b);
	put_clock(out, &b);
}

void dcf_put_length_of_time(struct dcf_buf *out, int64_t us)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, " d" }, { 3600, " h" }, { 60, " min" }, { 1, " s" } };
	int64_t left = ceil_div(us, 1000000);
	bool first = true;

	if (us < 10 * (int64_t)1000000) {
		dcf_buf_fixed(out, ceil_div(us, 100000), 1);
		dcf_buf_z(out, " s");
		return;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (left < units[i].seconds)
			continue;
		dcf_buf_z(out, first ? "" : " ");
		dcf_buf_i64(out, left / units[i].seconds);
		dcf_buf_z(out, units[i].name);
		left %= units[i].seconds;
		first = false;
	}
}

/* ---- positions ---- */

static void put_degrees(struct dcf_buf *out, int32_t e7, int digits, const char *sides)
{
	/* To the nearest 1e-4 degree: 11 m. */
	int64_t v = ((e7 < 0 ? -(int64_t)e7 : e7) + 500) / 1000;

	put_padded(out, v / 10000, digits);
	dcf_buf_char(out, '.');
	put_padded(out, v % 10000, 4);
	dcf_buf_char(out, sides[e7 < 0]);
}

/* The place nearest to `at`, or NULL.  A place that is further away in latitude alone than the best so
 * far needs no distance. */
static const struct dcf_place *nearest(const struct dcf_plan *plan, struct dcf_latlon at, double *distance_m,
				       double *azimuth_deg)
{
	const struct dcf_place *best = NULL;

	for (size_t i = 0; i < plan->place_count; i++) {
		const struct dcf_place *p = &plan->places[i];
		/* A degree of latitude is at least 110.5 km. */
		double apart_m = fabs((double)p->at.lat_e7 - at.lat_e7) * 1e-7 * 110500, d, azimuth;

		if (best && apart_m > *distance_m)
			continue;
		if (dcf_inverse(p->at, at, &d, &azimuth) != DCF_OK || (best && d >= *distance_m))
			continue;
		best = p;
		*distance_m = d;
		*azimuth_deg = azimuth;
	}
	return best;
}

static void put_distance(struct dcf_buf *out, double m)
{
	int64_t nm = (int64_t)(m / 185.2 + 0.5), km = (int64_t)(m / 100 + 0.5);

	dcf_buf_fixed(out, nm < 100 ? nm : (nm + 5) / 10 * 10, 1);
	dcf_buf_z(out, " NM (");
	dcf_buf_fixed(out, km < 100 ? km : (km + 5) / 10 * 10, 1);
	dcf_buf_z(out, " km) ");
}

void dcf_put_position(struct dcf_buf *out, const struct dcf_plan *plan, struct dcf_latlon at)
{
	double distance_m = 0, azimuth_deg = 0;
	const struct dcf_place *place = nearest(plan, at, &distance_m, &azimuth_deg);

	put_degrees(out, at.lat_e7, 2, "NS");
	dcf_buf_char(out, ' ');
	put_degrees(out, at.lon_e7, 3, "EW");
	if (!place)
		return;
	dcf_buf_z(out, ", ");
	if (distance_m >= 500) {
		put_distance(out, distance_m);
		dcf_buf_z(out, dcf_compass_point(azimuth_deg));
		dcf_buf_z(out, " of ");
	} else {
		dcf_buf_z(out, "at ");
	}
	dcf_put_shown(out, place->name.len ? place->name : place->icao);
	if (place->name.len && place->icao.len) {
		dcf_buf_z(out, " (");
		dcf_put_shown(out, place->icao);
		dcf_buf_char(out, ')');
	}
}
