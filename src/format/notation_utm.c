/* SPDX-License-Identifier: Apache-2.0 */
/* notation_utm.c - UTM and UPS in metres.
 *
 * "36S" is the southern hemisphere to some and band S, in the north, to others.  Where only one of the two fits the northing it
 * is that; where both do, the text is refused.  So this program writes "36 north". */
#include "core/num.h"
#include "format/notation_grid.h"
#include "format/notation_int.h"

/* Eastings of zones as they are used, overlaps included; of the polar grid what lies within 10 degrees of the pole. */
static const double east_min = 100000, east_max = 900000, ups_min = 800000, ups_max = 3200000;

struct metres {
	struct dcf_grid g;
	int said_digits;               /* behind the point: the fewer of both */
	int east_digits, north_digits; /* before it */
};

/* "767793 3921518", also "767793E 3921518N" and "767793mE 3921518mN". */
static bool read_metres(struct dcf_piece t, size_t at, struct metres *m)
{
	static const char *const tails[2][3] = { { "ME", "M E", "E" }, { "MN", "M N", "N" } };
	struct dcf_decimal d[2];

	for (int i = 0; i < 2; i++) {
		at += at < t.n && t.c[at] == ' ';
		if (!dcf_piece_decimal(t, &at, &d[i]) || (i == 0 && d[i].whole_digits < 5) || d[i].whole_digits > 8)
			return false;
		at += at < t.n && t.c[at] == ' ' && at + 1 < t.n && dcf_is_letter(t.c[at + 1]);
		for (int k = 0; k < 3; k++) {
			size_t n = strlen(tails[i][k]);

			if (at + n <= t.n && memcmp(t.c + at, tails[i][k], n) == 0) {
				at += n;
				break;
			}
		}
		at += i == 0 && at < t.n && t.c[at] == ',';
	}
	m->g.x = (double)d[0].whole + (double)d[0].part / (double)dcf_power_of_ten(d[0].part_digits);
	m->g.y = (double)d[1].whole + (double)d[1].part / (double)dcf_power_of_ten(d[1].part_digits);
	m->east_digits = d[0].whole_digits;
	m->north_digits = d[1].whole_digits;
	m->said_digits = d[0].said_digits < d[1].said_digits ? d[0].said_digits : d[1].said_digits;
	return at == t.n;
}

static int64_t precision_of(int said_digits)
{
	int64_t mm = said_digits > 3 ? 1 : 1000 / dcf_power_of_ten(said_digits);

	return mm < 11 ? 11 : mm;
}

/* Letters from `at` on. */
static struct dcf_piece word_at(struct dcf_piece t, size_t at)
{
	size_t n = 0;

	at += at < t.n && t.c[at] == ' ';
	while (at + n < t.n && dcf_is_letter(t.c[at + n]))
		n++;
	return (struct dcf_piece){ t.c + at, t.from + at, n };
}

/* What stands behind the zone: a hemisphere in full, or a letter. */
struct side {
	bool word, south; /* a word: which */
	char letter;
};

static bool read_side(struct dcf_piece word, struct side *s)
{
	*s = (struct side){ .word = true };
	if (dcf_piece_is(word, "NORTH") || dcf_piece_is(word, "SOUTH")) {
		s->south = word.c[0] == 'S';
		return true;
	}
	*s = (struct side){ .letter = word.n == 1 ? word.c[0] : '\0' };
	return word.n == 1;
}

/* Does the point, with this hemisphere, lie in band `band`? */
static bool in_band(struct dcf_grid g, int zone, bool south, char band)
{
	double lat, lon;
	int low, high;

	dcf_utm_reverse(g, zone, south, &lat, &lon);
	dcf_utm_band_edges(band, &low, &high);
	return lat > low * 1e7 - 1 && lat < high * 1e7 + 1;
}

static enum dcf_status settle_side(struct dcf_reading *r, struct dcf_piece word, struct side *s, int zone, struct dcf_grid g)
{
	int low, high;
	bool fits_band;

	if (s->word)
		return DCF_OK;
	dcf_utm_band_edges(s->letter, &low, &high);
	if (low == high)
		return dcf_wrong(r, word, 0, DCF_E_RANGE,
				 "no such band or hemisphere: expected north, south, or a band from C to X");
	s->south = s->letter < 'N';
	fits_band = in_band(g, zone, s->south, s->letter);
	if (s->letter == 'S' && fits_band)
		return dcf_wrong(
			r, word, 0, DCF_E_REFUSED,
			"S is band S, in the north, or the southern hemisphere, and both fit: write 'north' or 'south' in full");
	if (s->letter == 'S' || s->letter == 'N')
		s->south = s->letter == 'S';
	else if (!fits_band)
		return dcf_wrong(r, word, 0, DCF_E_RANGE, "this northing does not lie in this band");
	return DCF_OK;
}

static enum dcf_status finish(struct dcf_reading *r, struct dcf_piece word, int zone, bool south, struct metres m)
{
	double lat, lon;

	if (zone)
		dcf_utm_reverse(m.g, zone, south, &lat, &lon);
	else
		dcf_ups_reverse(m.g, south, &lat, &lon);
	/* The grids overlap by half a degree (DMA TM 8358.2); a degree is left to those who use more. */
	if (zone ? lat < -81e7 || lat > 85e7 : (south ? -lat : lat) < 79e7)
		return dcf_wrong(r, word, 0, DCF_E_RANGE,
				 "this is outside of what the grid is for: UTM from 80 S to 84 N, UPS beyond");
	*r->out = (struct dcf_position){ .at = dcf_grid_latlon(lat, lon),
					 .precision_mm = precision_of(m.said_digits),
					 .notation = zone ? DCF_NOTATION_UTM : DCF_NOTATION_UPS,
					 .zone = (uint8_t)zone };
	return DCF_OK;
}

enum dcf_status dcf_read_utm(struct dcf_reading *r)
{
	struct dcf_piece t = r->text, word;
	size_t from = dcf_piece_begins(t, "UTM ") ? 4 : dcf_piece_begins(t, "ZONE ") ? 5 : 0, n;
	struct metres m;
	struct side side;
	int zone;
	enum dcf_status s;

	t = dcf_piece_part(t, from, t.n);
	n = dcf_piece_digits(t, 0);
	if (n == 0 || n > 2)
		return dcf_not_this(r);
	word = word_at(t, n);
	if (word.n == 0 && read_metres(t, n, &m))
		return dcf_wrong(r, t, n, DCF_E_REFUSED,
				 "UTM without its hemisphere: expected 'north' or 'south' behind the zone");
	if (!read_side(word, &side) || !read_metres(t, (size_t)(word.c - t.c) + word.n, &m))
		return dcf_not_this(r);
	zone = (int)dcf_piece_number(t, 0, n);
	if (zone < 1 || zone > 60)
		return dcf_wrong(r, t, 0, DCF_E_RANGE, "no such zone: expected 1 to 60");
	if (m.east_digits < 6 || (m.north_digits != 7 && m.g.y != 1e7))
		return dcf_wrong(
			r, t, (size_t)(word.c - t.c) + word.n, DCF_E_REFUSED,
			"an easting has six digits and a northing seven, leading zeros written: a digit is missing, or one too many");
	if (!(m.g.x >= east_min && m.g.x <= east_max))
		return dcf_wrong(r, t, (size_t)(word.c - t.c) + word.n, DCF_E_RANGE, "easting outside 100000 to 900000 m");
	if (!(m.g.y >= 0 && m.g.y <= 1e7))
		return dcf_wrong(r, t, (size_t)(word.c - t.c) + word.n, DCF_E_RANGE, "northing outside 0 to 10000000 m");
	if ((s = settle_side(r, word, &side, zone, m.g)) != DCF_OK)
		return s;
	return finish(r, word, zone, side.south, m);
}

/* "N352404 E0355655" is not meant. */
static bool has_letter(struct dcf_piece t, size_t from)
{
	for (size_t i = from; i < t.n; i++) {
		if (dcf_is_letter(t.c[i]))
			return true;
	}
	return false;
}

enum dcf_status dcf_read_ups(struct dcf_reading *r)
{
	struct dcf_piece t = dcf_piece_part(r->text, dcf_piece_begins(r->text, "UPS ") ? 4 : 0, r->text.n),
			 word = word_at(t, 0);
	struct metres m;
	struct side side;

	if (!read_side(word, &side) || !read_metres(t, (size_t)(word.c - t.c) + word.n, &m) || (!side.word && has_letter(t, 1)))
		return dcf_not_this(r);
	if (!side.word)
		return dcf_wrong(
			r, word, 0, DCF_E_REFUSED,
			"UTM without its zone, or UPS: expected a zone and a hemisphere, or 'north' or 'south' in full for UPS");
	if (m.east_digits != 7 || m.north_digits != 7)
		return dcf_wrong(r, word, word.n, DCF_E_REFUSED,
				 "UPS has seven digits of easting and of northing, leading zeros written");
	if (!(m.g.x >= ups_min && m.g.x <= ups_max && m.g.y >= ups_min && m.g.y <= ups_max))
		return dcf_wrong(r, word, word.n, DCF_E_RANGE,
				 "no place of UPS (metres from 800000 to 3200000): a zone is missing, or a digit");
	return finish(r, word, 0, side.south, m);
}

/* ---- writing ---- */

/* " 0009862.1": with its leading zeros, so that a digit that is left out is missed. */
static void put_one(struct dcf_buf *out, int64_t v, int digits, int decimals)
{
	int64_t size = dcf_power_of_ten(decimals);

	dcf_buf_char(out, ' ');
	dcf_put_digits(out, v / size, v / size >= 10000000 ? 8 : digits);
	if (decimals) {
		dcf_buf_char(out, '.');
		dcf_put_digits(out, v % size, decimals);
	}
}

static void put_metres(struct dcf_buf *out, struct dcf_grid g, const struct dcf_position *p, int zone)
{
	/* Not to the centimetre: 1e-7 degree does not hold that. */
	int decimals = p->precision_mm < 1000;
	int64_t size = dcf_power_of_ten(decimals);

	put_one(out, (int64_t)dcf_floor(g.x * (double)size + 0.5), zone ? 6 : 7, decimals);
	put_one(out, (int64_t)dcf_floor(g.y * (double)size + 0.5), 7, decimals);
}

bool dcf_put_utm(struct dcf_buf *out, const struct dcf_position *p)
{
	int zone = p->notation == DCF_NOTATION_UTM || (p->notation == DCF_NOTATION_MGRS && p->zone) ? p->zone
												    : dcf_utm_zone(p->at);
	bool south = p->at.lat_e7 < 0;

	if (zone == 0)
		return false;
	dcf_put_digits(out, zone, 2);
	dcf_buf_z(out, south ? " south" : " north");
	put_metres(out, dcf_utm_forward(p->at, zone, south), p, zone);
	return true;
}

bool dcf_put_ups(struct dcf_buf *out, const struct dcf_position *p)
{
	bool south = p->at.lat_e7 < 0;

	if (p->notation != DCF_NOTATION_UPS && dcf_utm_zone(p->at) != 0)
		return false;
	dcf_buf_z(out, south ? "south" : "north");
	put_metres(out, dcf_ups_forward(p->at, south), p, 0);
	return true;
}
