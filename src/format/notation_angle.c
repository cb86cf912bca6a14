/* SPDX-License-Identifier: Apache-2.0 */
/* notation_angle.c - latitudes and longitudes: decimal degrees, minutes, seconds, packed digits, ISO 6709.
 *
 * One grammar for all but ISO 6709.  An angle is
 *     [letter] [sign] group [group [group]] [letter]
 * where groups are set apart by blanks, marks, ':' or '-', and a single group of four digits and more is packed: DDMM, DDMMSS,
 * DDDMM or DDDMMSS.  Letters N S E W say which angle is which.  Without letters only decimal degrees are read, latitude first,
 * or signed angles with marks.  Arithmetic is with integers: the nearest 1e-7 degree, halves away from zero. */
#include "base/damm.h"
#include "format/notation_int.h"

struct angle {
	struct dcf_piece text; /* the whole piece it stands in */
	size_t at;             /* where it begins */
	char letter;           /* N S E W, or 0 */
	bool letter_first;
	int sign; /* -1, 1, or 0 when none is written */
	int groups;
	struct dcf_decimal group[3];
	bool marks, dashes; /* a mark stood behind a group; a '-' between groups */
	int64_t e7;
	int64_t parts; /* of a degree: the last unit that was written */
};

static const int64_t mm_of_degree = 111319491; /* 6,378,137 m * pi / 180 */

int64_t dcf_precision_of_degrees(int64_t parts)
{
	int64_t mm = (mm_of_degree + parts / 2) / parts;

	return mm < 11 ? 11 : mm;
}

/* ---- one angle ---- */

static bool is_side(char c)
{
	return c == 'N' || c == 'S' || c == 'E' || c == 'W';
}

static void skip_blank(struct dcf_piece t, size_t *at)
{
	*at += *at < t.n && t.c[*at] == ' ';
}

/* The mark behind group `i`, if there is one; false for that of another group. */
static bool read_mark(struct dcf_piece t, size_t *at, int i, struct angle *a)
{
	static const char marks[3] = { DCF_MARK_DEGREE, DCF_MARK_MINUTE, DCF_MARK_SECOND };
	size_t k = *at;

	skip_blank(t, &k);
	if (k >= t.n || (t.c[k] != marks[0] && t.c[k] != marks[1] && t.c[k] != marks[2]))
		return true;
	if (t.c[k] != marks[i])
		return false;
	*at = k + 1;
	a->marks = true;
	return true;
}

/* What sets the next group of the same angle apart; false when none follows. */
static bool read_between(struct dcf_piece t, size_t *at, struct angle *a)
{
	size_t k = *at;

	if (k < t.n && (t.c[k] == ':' || t.c[k] == '-')) {
		a->dashes |= t.c[k] == '-';
		k++;
	} else {
		skip_blank(t, &k);
	}
	if (k >= t.n || !dcf_is_digit(t.c[k]) || (k == *at && !a->marks))
		return false;
	*at = k;
	return true;
}

/* Groups from *at on.  A point ends an angle: what follows is the next one. */
static enum dcf_status read_groups(struct dcf_reading *r, size_t *at, struct angle *a)
{
	for (;;) {
		struct dcf_decimal *g = &a->group[a->groups];
		size_t began = *at;

		if (!dcf_piece_decimal(a->text, at, g))
			return dcf_wrong(r, a->text, began, DCF_E_SYNTAX, "expected digits (and digits behind a point)");
		if (!read_mark(a->text, at, a->groups, a))
			return dcf_wrong(r, a->text, *at, DCF_E_SYNTAX,
					 "a mark out of order: expected degrees, minutes, seconds");
		a->groups++;
		if (g->said_digits || a->groups == 3 || g->whole_digits > 3)
			return DCF_OK;
		if (!read_between(a->text, at, a))
			return DCF_OK;
	}
}

static enum dcf_status read_angle(struct dcf_reading *r, size_t *at, struct angle *a)
{
	struct dcf_piece t = r->text;
	enum dcf_status s;
	size_t k;

	*a = (struct angle){ .text = t, .at = *at };
	if (*at < t.n && is_side(t.c[*at])) {
		a->letter = t.c[(*at)++];
		a->letter_first = true;
		skip_blank(t, at);
	}
	if (*at < t.n && (t.c[*at] == '+' || t.c[*at] == '-'))
		a->sign = t.c[(*at)++] == '-' ? -1 : 1;
	if ((s = read_groups(r, at, a)) != DCF_OK)
		return s;
	k = *at;
	skip_blank(t, &k);
	if (!a->letter && k < t.n && is_side(t.c[k])) {
		a->letter = t.c[k];
		*at = k + 1;
	}
	return DCF_OK;
}

/* ---- what the groups mean ---- */

static bool is_lat(const struct angle *a)
{
	return a->letter == 'N' || a->letter == 'S';
}

/* One group of digits into degrees, minutes and seconds. */
static enum dcf_status unpack(struct dcf_reading *r, struct angle *a, bool lat)
{
	struct dcf_decimal g = a->group[0];
	int degree_digits = lat ? 2 : 3, rest = g.whole_digits - degree_digits;
	int64_t low = rest > 0 ? dcf_power_of_ten(rest) : 1;

	if (a->groups > 1 || g.whole_digits <= degree_digits)
		return DCF_OK;
	if (rest != 2 && rest != 4)
		return dcf_wrong(r, a->text, a->at, DCF_E_REFUSED,
				 lat ? "a latitude in packed digits has four (DDMM) or six (DDMMSS) before its point"
				     : "a longitude in packed digits has five (DDDMM) or seven (DDDMMSS) before its point");
	a->groups = 1 + rest / 2;
	a->group[0] = (struct dcf_decimal){ .whole = g.whole / low, .whole_digits = degree_digits };
	a->group[1] = (struct dcf_decimal){ .whole = g.whole % low / (low / 100), .whole_digits = 2 };
	a->group[2] = (struct dcf_decimal){ .whole = g.whole % 100, .whole_digits = 2 };
	g.whole = a->group[a->groups - 1].whole;
	g.whole_digits = 2;
	a->group[a->groups - 1] = g;
	return DCF_OK;
}

static enum dcf_status check_groups(struct dcf_reading *r, const struct angle *a, bool lat)
{
	for (int i = 0; i < a->groups; i++) {
		if (i && a->group[i].whole_digits > 2)
			return dcf_wrong(r, a->text, a->at, DCF_E_SYNTAX,
					 "minutes and seconds have at most two digits before their point");
		if (i && a->group[i].whole > 59)
			return dcf_wrong(r, a->text, a->at, DCF_E_RANGE, "minutes and seconds end at 59");
	}
	if (a->group[0].whole > (lat ? 90 : 180))
		return dcf_wrong(r, a->text, a->at, DCF_E_RANGE,
				 lat ? "a latitude ends at 90 degrees" : "a longitude ends at 180 degrees");
	if (a->sign && a->letter)
		return dcf_wrong(r, a->text, a->at, DCF_E_REFUSED, "a sign and a letter: expected one of them");
	return DCF_OK;
}

/* Groups into 1e-7 degree. */
static enum dcf_status settle(struct dcf_reading *r, struct angle *a, bool lat)
{
	static const int64_t unit[3] = { 1, 60, 3600 };
	const struct dcf_decimal *last = &a->group[a->groups - 1];
	int64_t size = dcf_power_of_ten(last->part_digits), whole = 0, den, v;
	enum dcf_status s = check_groups(r, a, lat);

	if (s != DCF_OK)
		return s;
	for (int i = 0; i < a->groups; i++)
		whole = whole * 60 + a->group[i].whole;
	den = unit[a->groups - 1] * size; /* at most 3.6e11 */
	v = whole * size + last->part;
	/* Whole degrees first: what is left is below den, and den * 2e7 below 2^63. */
	a->e7 = v / den * 10000000 + (2 * (v % den) * 10000000 / den + 1) / 2;
	if (a->e7 > (lat ? 900000000 : 1800000000))
		return dcf_wrong(r, a->text, a->at, DCF_E_RANGE,
				 lat ? "a latitude ends at 90 degrees" : "a longitude ends at 180 degrees");
	a->parts = unit[a->groups - 1] * dcf_power_of_ten(last->said_digits < 8 ? last->said_digits : 8);
	if (a->sign < 0 || a->letter == 'S' || a->letter == 'W')
		a->e7 = -a->e7;
	return DCF_OK;
}

static enum dcf_notation notation_of(const struct angle *lat, const struct angle *lon, bool packed)
{
	int groups = lat->groups > lon->groups ? lat->groups : lon->groups;

	if (packed)
		return DCF_NOTATION_PACKED;
	return groups == 1 ? DCF_NOTATION_DD : groups == 2 ? DCF_NOTATION_DDM : DCF_NOTATION_DMS;
}

/* Digits run together, as ICAO has them: degrees alone too when they are whole and their zeros are written. */
static bool is_packed(const struct angle *a, bool lat)
{
	int degree_digits = lat ? 2 : 3;

	if (a->groups != 1 || a->marks || !a->letter)
		return false;
	return a->group[0].whole_digits > degree_digits ||
	       (a->group[0].whole_digits == degree_digits && !a->group[0].said_digits);
}

/* ---- two angles ---- */

/* Neither has a letter: only what cannot be read in another way. */
static enum dcf_status check_bare(struct dcf_reading *r, const struct angle *a)
{
	bool degrees = a->groups == 1 && a->group[0].said_digits && a->group[0].whole_digits <= 3 && !a->dashes;

	if (degrees || (a->sign && a->marks && !a->dashes))
		return DCF_OK;
	if (a->groups == 1 && !a->sign && !a->marks)
		return dcf_wrong(
			r, a->text, a->at, DCF_E_REFUSED,
			"bare digits can be degrees, minutes or a grid: expected decimal degrees with a point, or letters N S E W");
	return dcf_wrong(r, a->text, a->at, DCF_E_REFUSED,
			 "degrees and minutes without a letter, or without sign and marks: expected N or S, and E or W");
}

static enum dcf_status check_pair(struct dcf_reading *r, const struct angle *a, const struct angle *b)
{
	enum dcf_status s;

	if (a->letter && b->letter && is_lat(a) == is_lat(b))
		return dcf_wrong(r, b->text, b->at, DCF_E_SYNTAX,
				 is_lat(a) ? "two latitudes: expected one, and a longitude"
					   : "two longitudes: expected one, and a latitude");
	if (!a->letter != !b->letter)
		return dcf_wrong(r, b->text, a->letter ? b->at : a->at, DCF_E_REFUSED,
				 "one angle has a letter, the other has none");
	if (a->letter)
		return DCF_OK;
	s = check_bare(r, a);
	return s == DCF_OK ? check_bare(r, b) : s;
}

static void finish(struct dcf_reading *r, const struct angle *lat, const struct angle *lon, enum dcf_notation n)
{
	struct dcf_latlon at = { (int32_t)lat->e7, dcf_lon_of(lon->e7) };
	/* The finer of both: who writes 35.2854 40.176 has left a zero out. */
	int64_t parts = lat->parts > lon->parts ? lat->parts : lon->parts;

	*r->out = (struct dcf_position){ .at = dcf_datum_to_wgs84(r->datum, at),
					 .precision_mm = dcf_precision_of_degrees(parts),
					 .notation = (uint8_t)n,
					 .datum = (uint8_t)r->datum };
}

/* The angles are read: settle which is which, and what they are. */
static enum dcf_status settle_pair(struct dcf_reading *r, struct angle *a, struct angle *b)
{
	struct angle *lat = a->letter && !is_lat(a) ? b : a, *lon = lat == a ? b : a;
	bool packed = is_packed(lat, true) && is_packed(lon, false);
	enum dcf_status s = check_pair(r, a, b);

	if (s != DCF_OK || (s = unpack(r, lat, true)) != DCF_OK || (s = unpack(r, lon, false)) != DCF_OK)
		return s;
	if (packed && lat->groups != lon->groups)
		return dcf_wrong(r, b->text, b->at, DCF_E_REFUSED,
				 "latitude and longitude are packed to different units: a digit is missing");
	if ((s = settle(r, lat, true)) != DCF_OK || (s = settle(r, lon, false)) != DCF_OK)
		return s;
	finish(r, lat, lon, notation_of(lat, lon, packed));
	return DCF_OK;
}

/* The quadrant as a digit, so that a wrong letter is caught like a wrong digit. */
static unsigned quadrant_of(int64_t lat, int64_t lon)
{
	return (lat < 0 ? 2u : 0u) + (lon < 0 ? 1u : 0u);
}

/* Where a check digit stands: "...E-4" or "...E -4"; t.n when there is none. */
static size_t check_digit_at(struct dcf_piece t)
{
	size_t n = t.n;

	if (n < 4 || !dcf_is_digit(t.c[n - 1]) || t.c[n - 2] != '-')
		return n;
	n -= 2;
	n -= t.c[n - 1] == ' ';
	return is_side(t.c[n - 1]) ? n : t.n;
}

static enum dcf_status check_typed(struct dcf_reading *r, struct dcf_piece whole, const struct angle *lat,
				   const struct angle *lon)
{
	unsigned state = dcf_damm_add(0, quadrant_of(lat->letter == 'S' ? -1 : 0, lon->letter == 'W' ? -1 : 0));

	if (r->out->notation != DCF_NOTATION_PACKED || lat->groups != 3 || !is_lat(lat))
		return dcf_wrong(r, whole, r->text.n, DCF_E_SYNTAX,
				 "a check digit stands behind packed seconds, latitude first: 352404N0355655E-5");
	for (size_t i = 0; i < r->text.n; i++) {
		if (dcf_is_digit(r->text.c[i]))
			state = dcf_damm_add(state, (unsigned)(r->text.c[i] - '0'));
	}
	if (state != (unsigned)(whole.c[whole.n - 1] - '0'))
		return dcf_wrong(r, whole, whole.n - 1, DCF_E_SYNTAX,
				 "the check digit does not fit: a digit or a letter is wrong");
	r->out->notation = DCF_NOTATION_TYPED;
	return DCF_OK;
}

/* Blanks and at most one of , ; / between two angles; false when nothing sets them apart. */
static bool read_gap(struct dcf_piece t, size_t *at, const struct angle *a)
{
	size_t began = *at;

	skip_blank(t, at);
	*at += *at < t.n && (t.c[*at] == ',' || t.c[*at] == ';' || t.c[*at] == '/');
	skip_blank(t, at);
	return *at > began || a->marks || (a->letter && (!a->letter_first || (*at < t.n && is_side(t.c[*at]))));
}

static enum dcf_status read_two(struct dcf_reading *r, struct angle *a, struct angle *b)
{
	struct dcf_piece t = r->text;
	size_t at = 0;
	enum dcf_status s = read_angle(r, &at, a);

	if (s != DCF_OK)
		return s;
	if (at == t.n && !a->letter)
		return dcf_wrong(
			r, t, at, DCF_E_REFUSED,
			"bare digits, and no second angle: expected a latitude and a longitude with letters N S E W, or decimal "
			"degrees with points");
	if (at == t.n)
		return dcf_wrong(r, t, at, DCF_E_SYNTAX, "one angle: expected a latitude and a longitude");
	if (!read_gap(t, &at, a))
		return dcf_wrong(r, t, at, DCF_E_SYNTAX,
				 "expected a blank, a comma or a letter N S E W between latitude and longitude");
	if ((s = read_angle(r, &at, b)) != DCF_OK)
		return s;
	if (at != t.n && !a->letter && !b->letter)
		return dcf_wrong(
			r, t, at, DCF_E_REFUSED,
			"more than two numbers and no letters N S E W: decimal commas, or degrees and minutes, cannot be told apart");
	if (at != t.n)
		return dcf_wrong(r, t, at, DCF_E_SYNTAX, "characters behind the position");
	return settle_pair(r, a, b);
}

enum dcf_status dcf_read_angles(struct dcf_reading *r)
{
	struct dcf_piece whole = r->text;
	size_t check = check_digit_at(whole);
	struct angle a, b;
	enum dcf_status s;
	char first = whole.c[0];

	if (!dcf_is_digit(first) && first != '+' && first != '-' &&
	    !(is_side(first) && whole.n > 1 &&
	      (dcf_is_digit(whole.c[1]) || whole.c[1] == ' ' || whole.c[1] == '+' || whole.c[1] == '-')))
		return dcf_not_this(r);
	r->text = dcf_piece_part(whole, 0, check);
	s = read_two(r, &a, &b);
	if (s == DCF_OK && check < whole.n)
		s = check_typed(r, whole, &a, &b);
	r->text = whole;
	return s;
}

/* ---- ISO 6709 ---- */

static bool read_signed(struct dcf_reading *r, size_t *at, struct angle *a)
{
	*a = (struct angle){ .text = r->text, .at = *at, .groups = 1 };
	if (*at >= r->text.n || (r->text.c[*at] != '+' && r->text.c[*at] != '-'))
		return false;
	a->sign = r->text.c[(*at)++] == '-' ? -1 : 1;
	return dcf_piece_decimal(r->text, at, &a->group[0]);
}

enum dcf_status dcf_read_iso6709(struct dcf_reading *r)
{
	struct dcf_piece t = r->text;
	struct angle lat, lon, height;
	size_t at = 0;
	enum dcf_status s;

	if (!read_signed(r, &at, &lat) || !read_signed(r, &at, &lon))
		return dcf_not_this(r);
	if (read_signed(r, &at, &height))
		return dcf_wrong(r, t, height.at, DCF_E_REFUSED,
				 "a height without a reference: give the altitude apart from the position");
	if (dcf_piece_part(t, at, t.n).n && t.c[at] == 'C') {
		static const char crs[] = "CRSWGS_84";

		if (t.n - at < sizeof crs - 1 || memcmp(t.c + at, crs, sizeof crs - 1) != 0)
			return dcf_wrong(r, t, at, DCF_E_REFUSED,
					 "a reference system that is not read here: expected CRSWGS_84");
		at += sizeof crs - 1;
	}
	at += at < t.n && t.c[at] == '/';
	if (at != t.n)
		return dcf_wrong(r, t, at, DCF_E_SYNTAX, "characters behind the position");
	if (lat.group[0].whole_digits < 2 || lon.group[0].whole_digits < 3 ||
	    lon.group[0].whole_digits != lat.group[0].whole_digits + 1)
		return dcf_wrong(
			r, t, lon.at, DCF_E_REFUSED,
			"ISO 6709 has two, four or six digits of latitude and one more of longitude before the points");
	if ((s = unpack(r, &lat, true)) != DCF_OK || (s = unpack(r, &lon, false)) != DCF_OK)
		return s;
	if ((s = settle(r, &lat, true)) != DCF_OK || (s = settle(r, &lon, false)) != DCF_OK)
		return s;
	finish(r, &lat, &lon, DCF_NOTATION_ISO6709);
	return DCF_OK;
}

/* ---- writing ---- */

struct written {
	int64_t unit; /* of a degree: 1, 60 or 3600 */
	int decimals; /* of that unit */
};

static int64_t magnitude(int32_t e7)
{
	return e7 < 0 ? -(int64_t)e7 : e7;
}

/* In units of 1/(unit 10^decimals) degree, to the nearest: at most 1.8e9 * 3.6e8. */
static int64_t in_units(int32_t e7, struct written w)
{
	return (2 * magnitude(e7) * (w.unit * dcf_power_of_ten(w.decimals)) / 10000000 + 1) / 2;
}

static struct written as_fine_as_known(const struct dcf_position *p, int64_t unit, int least, int most)
{
	struct written w = { unit, least };

	while (w.decimals < most && dcf_precision_of_degrees(unit * dcf_power_of_ten(w.decimals)) > p->precision_mm)
		w.decimals++;
	return w;
}

static bool reads_back(int32_t e7, struct written w)
{
	int64_t den = w.unit * dcf_power_of_ten(w.decimals), v = in_units(e7, w);

	return v / den * 10000000 + (2 * (v % den) * 10000000 / den + 1) / 2 == magnitude(e7);
}

/* The groups of one angle with `gap` between them (0 for none). */
static void put_angle(struct dcf_buf *out, int32_t e7, struct written w, bool lat, char gap)
{
	int64_t size = dcf_power_of_ten(w.decimals), v = in_units(e7, w), last = v % size, whole = v / size;
	int64_t rest = whole % w.unit;

	dcf_put_digits(out, whole / w.unit, lat ? 2 : 3);
	for (int64_t unit = w.unit / 60; unit >= 1; unit /= 60) {
		if (gap)
			dcf_buf_char(out, gap);
		dcf_put_digits(out, rest / unit, 2);
		rest %= unit;
	}
	if (w.decimals) {
		dcf_buf_char(out, '.');
		dcf_put_digits(out, last, w.decimals);
	}
}

static void put_lettered(struct dcf_buf *out, const struct dcf_position *p, struct written w, char gap)
{
	put_angle(out, p->at.lat_e7, w, true, gap);
	dcf_buf_char(out, p->at.lat_e7 < 0 ? 'S' : 'N');
	if (gap)
		dcf_buf_char(out, gap);
	put_angle(out, p->at.lon_e7, w, false, gap);
	dcf_buf_char(out, p->at.lon_e7 < 0 ? 'W' : 'E');
}

static void put_signed(struct dcf_buf *out, const struct dcf_position *p, struct written w)
{
	dcf_buf_fixed_full(out, (p->at.lat_e7 < 0 ? -1 : 1) * in_units(p->at.lat_e7, w), w.decimals);
	dcf_buf_char(out, ' ');
	dcf_buf_fixed_full(out, (p->at.lon_e7 < 0 ? -1 : 1) * in_units(p->at.lon_e7, w), w.decimals);
}

static void put_iso(struct dcf_buf *out, const struct dcf_position *p, struct written w)
{
	dcf_buf_char(out, p->at.lat_e7 < 0 ? '-' : '+');
	put_angle(out, p->at.lat_e7, w, true, 0);
	dcf_buf_char(out, p->at.lon_e7 < 0 ? '-' : '+');
	put_angle(out, p->at.lon_e7, w, false, 0);
	dcf_buf_char(out, '/');
}

static void put_typed(struct dcf_buf *out, const struct dcf_position *p)
{
	struct written w = { 3600, 0 };
	unsigned state = dcf_damm_add(0, quadrant_of(p->at.lat_e7, p->at.lon_e7));
	size_t from = out->len;

	/* Four digits behind the point are 3 mm: they always read back. */
	while (w.decimals < 4 && !(reads_back(p->at.lat_e7, w) && reads_back(p->at.lon_e7, w)))
		w.decimals++;
	put_lettered(out, p, w, 0);
	if (out->failed)
		return;
	for (size_t i = from; i < out->len; i++) {
		if (dcf_is_digit(out->p[i]))
			state = dcf_damm_add(state, (unsigned)(out->p[i] - '0'));
	}
	dcf_buf_char(out, '-');
	dcf_buf_char(out, (char)('0' + state));
}

void dcf_put_angles(struct dcf_buf *out, const struct dcf_position *p, enum dcf_notation as)
{
	switch (as) {
	case DCF_NOTATION_DD:
		put_signed(out, p, as_fine_as_known(p, 1, 1, 7)); /* without a point it could not be read */
		break;
	case DCF_NOTATION_DDM:
		put_lettered(out, p, as_fine_as_known(p, 60, 0, 5), ' ');
		break;
	case DCF_NOTATION_DMS:
		put_lettered(out, p, as_fine_as_known(p, 3600, 0, 4), ' ');
		break;
	case DCF_NOTATION_PACKED:
		if (p->precision_mm >= dcf_precision_of_degrees(60))
			put_lettered(out, p, (struct written){ 60, 0 }, 0);
		else
			put_lettered(out, p, as_fine_as_known(p, 3600, 0, 4), 0);
		break;
	case DCF_NOTATION_ISO6709:
		put_iso(out, p, as_fine_as_known(p, 1, 0, 7));
		break;
	default:
		put_typed(out, p);
		break;
	}
}
