/* SPDX-License-Identifier: Apache-2.0 */
/* notation_cell.c - GARS and GEOREF: cells of whole minutes of latitude and longitude, by integers. */
#include "format/notation_int.h"

static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ"; /* without I and O */

/* Which of the first `count` letters it is, from 0; -1 for none. */
static int letter_of(char c, int count)
{
	const char *at = c ? strchr(letters, c) : NULL;

	return at && at - letters < count ? (int)(at - letters) : -1;
}

/* Degrees from the south pole and from 180 W times 1e7, inside the grid: the last cells hold the pole and the antimeridian. */
static int64_t from_pole(struct dcf_latlon p)
{
	int64_t v = (int64_t)p.lat_e7 + 900000000;

	return v >= 1800000000 ? 1799999999 : v;
}
static int64_t from_antimeridian(struct dcf_latlon p)
{
	return ((int64_t)p.lon_e7 + 1800000000) % 3600000000;
}

/* The cell whose south-west corner is `south` and `west` in 1/parts degree from pole and antimeridian, and which is `side` of
 * these high and wide. */
static void place_cell(struct dcf_reading *r, int64_t south, int64_t west, int64_t side, int64_t parts, enum dcf_notation n)
{
	/* Halves of a part, so that a centre is whole; to the nearest 1e-7 degree. */
	int64_t lat = (2 * (2 * south + side) * 10000000 / (2 * parts) + 1) / 2 - 900000000;
	int64_t lon = (2 * (2 * west + side) * 10000000 / (2 * parts) + 1) / 2 - 1800000000;

	*r->out = (struct dcf_position){ .at = { (int32_t)lat, dcf_lon_of(lon) },
					 .precision_mm = dcf_precision_of_degrees(1) * side / parts,
					 .notation = (uint8_t)n };
	if (r->out->precision_mm < 11)
		r->out->precision_mm = 11;
}

/* ---- GARS: half degrees 001..720 from 180 W, AA..QZ from the south pole; quadrants; keypad ---- */

enum dcf_status dcf_read_gars(struct dcf_reading *r)
{
	struct dcf_piece t = r->text;
	int64_t lon, lat, quadrant, key;
	int high, low;

	if (dcf_piece_digits(t, 0) != 3 || t.n < 5 || t.n > 7 || !dcf_is_letter(t.c[3]) || !dcf_is_letter(t.c[4]) ||
	    dcf_piece_digits(t, 5) != t.n - 5)
		return dcf_not_this(r);
	lon = dcf_piece_number(t, 0, 3) - 1;
	high = letter_of(t.c[3], 15);
	low = letter_of(t.c[4], 24);
	if (lon < 0 || lon > 719)
		return dcf_wrong(r, t, 0, DCF_E_RANGE, "no such band of GARS: expected 001 to 720");
	if (high < 0 || low < 0)
		return dcf_wrong(r, t, 3, DCF_E_RANGE, "no such band of GARS: expected AA to QZ without I and O");
	lat = high * 24 + low;
	quadrant = t.n > 5 ? t.c[5] - '1' : 0;
	key = t.n > 6 ? t.c[6] - '1' : 0;
	if (quadrant < 0 || quadrant > 3)
		return dcf_wrong(r, t, 5, DCF_E_RANGE, "no such quadrant of GARS: expected 1 to 4");
	if (key < 0)
		return dcf_wrong(r, t, 6, DCF_E_RANGE, "no such key of GARS: expected 1 to 9");
	/* In steps of 5 minutes; quadrants and keys count from the north-west. */
	lat = lat * 6 + (t.n > 5 ? (quadrant < 2 ? 3 : 0) : 0) + (t.n > 6 ? 2 - key / 3 : 0);
	lon = lon * 6 + (t.n > 5 ? (quadrant % 2 ? 3 : 0) : 0) + (t.n > 6 ? key % 3 : 0);
	place_cell(r, lat, lon, t.n == 5 ? 6 : t.n == 6 ? 3 : 1, 12, DCF_NOTATION_GARS);
	return DCF_OK;
}

bool dcf_put_gars(struct dcf_buf *out, const struct dcf_position *p)
{
	int64_t lat = from_pole(p->at) * 12 / 10000000, lon = from_antimeridian(p->at) * 12 / 10000000, known = p->precision_mm;
	int64_t key_mm = dcf_precision_of_degrees(12), quadrant_mm = 3 * key_mm, band_mm = 6 * key_mm;

	/* Sizes as place_cell has them are within a few millimetres of these. */
	known -= known / 1000000;
	if (known > band_mm)
		return false;
	dcf_put_digits(out, lon / 6 + 1, 3);
	dcf_buf_char(out, letters[lat / 6 / 24]);
	dcf_buf_char(out, letters[lat / 6 % 24]);
	if (known <= quadrant_mm)
		dcf_put_digits(out, (lat % 6 < 3 ? 3 : 1) + (lon % 6 >= 3), 1);
	if (known <= key_mm)
		dcf_put_digits(out, (2 - lat % 3) * 3 + lon % 3 + 1, 1);
	return true;
}

/* ---- GEOREF: 15 degrees, degrees, then minutes and their decimals ---- */

/* The minutes in `n` digits (2 or more): in steps of 10^-(n-2) minutes. */
static enum dcf_status read_minutes(struct dcf_reading *r, size_t at, size_t n, int64_t *steps)
{
	if (dcf_piece_number(r->text, at, 2) > 59)
		return dcf_wrong(r, r->text, at, DCF_E_RANGE, "minutes end at 59");
	*steps = dcf_piece_number(r->text, at, n);
	return DCF_OK;
}

enum dcf_status dcf_read_georef(struct dcf_reading *r)
{
	static const int counts[4] = { 24, 12, 15, 15 };
	struct dcf_piece t = r->text;
	size_t at = 4, n;
	int part[4];
	int64_t east, north, step;
	enum dcf_status s;

	for (size_t i = 0; i < 4; i++) {
		if (i >= t.n || !dcf_is_letter(t.c[i]))
			return dcf_not_this(r);
	}
	at += at < t.n && t.c[at] == ' ';
	n = dcf_piece_digits(t, at);
	if (n == 0 || at + n != t.n)
		return dcf_not_this(r);
	for (size_t i = 0; i < 4; i++) {
		part[i] = letter_of(t.c[i], counts[i]);
		if (part[i] < 0)
			return dcf_wrong(r, t, i, DCF_E_RANGE, "no such letter of GEOREF here");
	}
	if (n % 2 || n < 4 || n > 12)
		return dcf_wrong(r, t, at, DCF_E_SYNTAX,
				 "GEOREF has 4, 6, 8, 10 or 12 digits: as many of longitude as of latitude");
	n /= 2;
	if ((s = read_minutes(r, at, n, &east)) != DCF_OK || (s = read_minutes(r, at + n, n, &north)) != DCF_OK)
		return s;
	step = dcf_power_of_ten((int)n - 2);
	place_cell(r, (part[1] * 15 + part[3]) * 60 * step + north, (part[0] * 15 + part[2]) * 60 * step + east, 1, 60 * step,
		   DCF_NOTATION_GEOREF);
	return DCF_OK;
}

bool dcf_put_georef(struct dcf_buf *out, const struct dcf_position *p)
{
	int64_t known = p->notation == DCF_NOTATION_GEOREF ? p->precision_mm + 1 : p->precision_mm;
	int64_t step = 1, lat, lon;
	int digits = 2;

	if (dcf_precision_of_degrees(60) < known - 1)
		return false;
	for (; digits < 6 && dcf_precision_of_degrees(60 * step) > known; digits++)
		step *= 10;
	lat = from_pole(p->at) * 60 * step / 10000000;
	lon = from_antimeridian(p->at) * 60 * step / 10000000;
	dcf_buf_char(out, letters[lon / (900 * step)]);
	dcf_buf_char(out, letters[lat / (900 * step)]);
	dcf_buf_char(out, letters[lon / (60 * step) % 15]);
	dcf_buf_char(out, letters[lat / (60 * step) % 15]);
	dcf_put_digits(out, lon % (60 * step), digits);
	dcf_put_digits(out, lat % (60 * step), digits);
	return true;
}
