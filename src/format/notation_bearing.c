/* SPDX-License-Identifier: Apache-2.0 */
/* notation_bearing.c - a bearing and a distance from a place, and location indicators.
 *
 * Bearings must say that they are true: here a compass is some five degrees off, which is 9 km at 100 km, and this program has
 * no model of it.  A place's name alone is no position. */
#include "core/geodesy.h"
#include "format/notation_int.h"

static const struct {
	const char *name;
	int64_t mm;
} units[] = { { "NM", 1852000 }, { "KM", 1000000 }, { "M", 1000 } };

static const int64_t furthest_mm = 1000000000; /* 1,000 km: beyond, a degree of bearing says nothing */

struct polar {
	int64_t bearing_e8, distance_mm; /* 1e-8 degree */
	int64_t bearing_unit_e8, distance_unit_mm;
	char north; /* 'T', 'M' or 0 */
};

/* The unit at *at. */
static int64_t read_unit(struct dcf_piece t, size_t *at)
{
	*at += *at < t.n && t.c[*at] == ' ';
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i].name);

		if (*at + n <= t.n && memcmp(t.c + *at, units[i].name, n) == 0 && (*at + n == t.n || t.c[*at + n] == ' ')) {
			*at += n;
			return units[i].mm;
		}
	}
	return 0;
}

/* "225T/4.5KM", "225 T / 4.5 NM" from *at on; false when it is none. */
static bool read_polar(struct dcf_piece t, size_t *at, struct polar *p)
{
	struct dcf_decimal bearing, distance;
	int64_t unit;

	if (!dcf_piece_decimal(t, at, &bearing) || bearing.whole_digits > 3)
		return false;
	*at += *at < t.n && t.c[*at] == DCF_MARK_DEGREE;
	*at += *at < t.n && t.c[*at] == ' ';
	p->north = *at < t.n && (t.c[*at] == 'T' || t.c[*at] == 'M') ? t.c[(*at)++] : '\0';
	*at += *at < t.n && t.c[*at] == ' ';
	if (*at >= t.n || t.c[*at] != '/')
		return false;
	(*at)++;
	*at += *at < t.n && t.c[*at] == ' ';
	if (!dcf_piece_decimal(t, at, &distance) || distance.whole_digits > 7)
		return false;
	unit = read_unit(t, at);
	p->bearing_e8 = dcf_decimal_times(bearing, 100000000);
	p->distance_mm = dcf_decimal_times(distance, unit);
	p->bearing_unit_e8 = dcf_power_of_ten(8 - bearing.part_digits);
	p->distance_unit_mm = unit / dcf_power_of_ten(distance.part_digits);
	return true;
}

/* What stands around it: "... FROM place", or "place ...". */
static bool split(struct dcf_piece t, struct polar *p, struct dcf_piece *polar, struct dcf_piece *place)
{
	size_t from = dcf_piece_find(t, " FROM "), at = 0;

	if (from < t.n) {
		*polar = dcf_piece_part(t, 0, from);
		*place = dcf_piece_part(t, from + 6, t.n);
		return read_polar(*polar, &at, p) && at == polar->n;
	}
	/* Of the blanks, the first behind which nothing but a bearing and a distance stands. */
	for (size_t i = 1; i < t.n; i++) {
		if (t.c[i] != ' ')
			continue;
		*polar = dcf_piece_part(t, i, t.n);
		*place = dcf_piece_part(t, 0, i);
		at = 0;
		if (read_polar(*polar, &at, p) && at == polar->n && p->distance_unit_mm)
			return true;
	}
	return false;
}

static enum dcf_status check(struct dcf_reading *r, struct dcf_piece piece, const struct polar *p)
{
	if (p->distance_unit_mm == 0)
		return dcf_wrong(r, piece, piece.n, DCF_E_REFUSED, "a distance without its unit: expected NM, KM or M");
	if (p->north == 'M')
		return dcf_wrong(
			r, piece, 0, DCF_E_REFUSED,
			"a magnetic bearing: there is no model of the compass here; expected a true one, such as 225T");
	if (p->north == '\0')
		return dcf_wrong(r, piece, 0, DCF_E_REFUSED, "a bearing from which north? expected a true one, such as 225T");
	if (p->bearing_e8 > 360 * INT64_C(100000000))
		return dcf_wrong(r, piece, 0, DCF_E_RANGE, "a bearing ends at 360 degrees");
	if (p->distance_mm > furthest_mm)
		return dcf_wrong(r, piece, 0, DCF_E_RANGE, "further than 1000 km");
	return DCF_OK;
}

static int find_place(const struct dcf_reading *r, struct dcf_piece name, bool indicator, struct dcf_latlon *at)
{
	const struct dcf_position_context *c = r->context;

	return c && c->find ? c->find(c->places, (struct dcf_span){ name.c, name.n }, indicator, at) : 0;
}

/* The place as a name, or as a position in any other notation. */
static enum dcf_status read_place(struct dcf_reading *r, struct dcf_piece place, struct dcf_position *out)
{
	struct dcf_reading inner = *r;
	enum dcf_status s;
	int found = find_place(r, place, false, &out->at);

	if (found == 1) {
		out->precision_mm = 11;
		return DCF_OK;
	}
	if (found > 1)
		return dcf_wrong(r, place, 0, DCF_E_REFUSED, "several places have this name");
	inner.text = place;
	inner.out = out;
	inner.nested = true;
	s = dcf_read_position(&inner);
	if (s == DCF_E_SYNTAX || s == DCF_E_NOT_FOUND)
		return dcf_wrong(r, place, 0, DCF_E_NOT_FOUND,
				 "neither a place that is known here (see --places) nor a position");
	return s;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

enum dcf_status dcf_read_bearing(struct dcf_reading *r)
{
	struct polar p = { 0 };
	struct dcf_piece piece, place;
	struct dcf_position from = { .precision_mm = 11 };
	int64_t across_mm;
	enum dcf_status s;

	if (r->nested || !split(r->text, &p, &piece, &place))
		return dcf_not_this(r);
	if ((s = check(r, piece, &p)) != DCF_OK || (s = read_place(r, place, &from)) != DCF_OK)
		return s;
	/* One step of the bearing, seen from the place: at most 1e12 * 1e8 / 5.7e9. */
	across_mm = (int64_t)((double)p.distance_mm * (double)p.bearing_unit_e8 * 1e-8 * DCF_RAD_PER_DEG);
	*r->out = (struct dcf_position){
		.at = dcf_latlon_of(dcf_direct(from.at, (double)p.bearing_e8 * 1e-8, (double)p.distance_mm * 1e-3)),
		.precision_mm = larger(larger(across_mm, p.distance_unit_mm), larger(from.precision_mm, 11)),
		.notation = DCF_NOTATION_BEARING,
		.datum = from.datum,
	};
	r->out->at.lon_e7 = dcf_lon_of(r->out->at.lon_e7);
	return DCF_OK;
}

/* A location indicator names an aerodrome, some two kilometres of it. */
enum dcf_status dcf_read_indicator(struct dcf_reading *r)
{
	struct dcf_piece t = r->text;
	struct dcf_latlon at;
	int found;

	for (size_t i = 0; i < t.n; i++) {
		if (!dcf_is_letter(t.c[i]) && t.c[i] != ' ' && t.c[i] != '-' && t.c[i] != '\'')
			return dcf_not_this(r);
	}
	found = t.n == 4 ? find_place(r, t, true, &at) : 0;
	if (found == 1) {
		*r->out = (struct dcf_position){ .at = at, .precision_mm = 1852000, .notation = DCF_NOTATION_INDICATOR };
		return DCF_OK;
	}
	if (found > 1)
		return dcf_wrong(r, t, 0, DCF_E_REFUSED, "several places have this location indicator");
	if (t.n == 4)
		return dcf_wrong(r, t, 0, DCF_E_NOT_FOUND,
				 "four letters: a location indicator that is not known here (see --places)");
	return dcf_wrong(
		r, t, 0, DCF_E_REFUSED,
		"a place's name is not a position: expected coordinates, or bearing and distance from it such as 225T/4.5KM FROM OSLK");
}
