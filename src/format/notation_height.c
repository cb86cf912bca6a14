/* SPDX-License-Identifier: Apache-2.0 */
/* notation_height.c - altitudes: a value with unit and reference, levels, words, blocks of two.
 *
 * F270, A150, S0960 and M0450 are those of ICAO Doc 4444, appendix 2, field 15. */
#include "format/notation_int.h"

/* From below the Dead Sea to where nothing flies by pressure. */
static const int64_t lowest_e4 = -2000 * (int64_t)DCF_M_E4, highest_e4 = 100000 * (int64_t)DCF_M_E4;

/* One attempt, like struct dcf_reading of positions. */
struct attempt {
	const struct dcf_height_context *context;
	struct dcf_notation_fault *fault;
};

static enum dcf_status wrong(struct attempt *a, struct dcf_piece p, size_t at, enum dcf_status s, const char *text)
{
	*a->fault = (struct dcf_notation_fault){ p.from[at < p.n ? at : p.n], text };
	return s;
}

/* ---- words and levels ---- */

static const struct {
	const char *word;
	struct dcf_altitude is;
} words[] = {
	{ "SFC", { 0, DCF_REF_SFC, DCF_UNIT_FT, false } },
	{ "GND", { 0, DCF_REF_SFC, DCF_UNIT_FT, false } },
	{ "UNL", { 0, DCF_REF_MSL, DCF_UNIT_FT, true } },
	{ "UNLTD", { 0, DCF_REF_MSL, DCF_UNIT_FT, true } },
};

static const struct {
	const char *letters;
	size_t digits;
	int64_t size_e4;
	uint8_t ref, unit;
	const char *expected;
} levels[] = {
	{ "FL", 3, DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL, "a flight level has three digits, such as FL090" },
	{ "F", 3, DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL, "a flight level has three digits, such as F090" },
	{ "A", 3, DCF_FL_E4, DCF_REF_MSL, DCF_UNIT_FT,
	  "A and an altitude in hundreds of feet have three digits, such as A045" },
	{ "S", 4, 10 * DCF_M_E4, DCF_REF_STD, DCF_UNIT_M, "S and a level in tens of metres have four digits, such as S0960" },
	{ "M", 4, 10 * DCF_M_E4, DCF_REF_MSL, DCF_UNIT_M,
	  "M and an altitude in tens of metres have four digits, such as M0450" },
};

/* DCF_E_NOT_FOUND: it does not begin like a level. */
static enum dcf_status read_level(struct attempt *a, struct dcf_piece t, struct dcf_altitude *out)
{
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		size_t at = strlen(levels[i].letters), n;

		if (!dcf_piece_begins(t, levels[i].letters))
			continue;
		at += at < t.n && t.c[at] == ' ';
		n = dcf_piece_digits(t, at);
		if (n == 0)
			continue;
		if (n != levels[i].digits || at + n != t.n)
			return wrong(a, t, at, DCF_E_REFUSED, levels[i].expected);
		*out = (struct dcf_altitude){ dcf_piece_number(t, at, n) * levels[i].size_e4, levels[i].ref, levels[i].unit,
					      false };
		return DCF_OK;
	}
	return DCF_E_NOT_FOUND;
}

/* ---- values ---- */

static const struct {
	const char *name;
	int64_t size_e4;
	uint8_t unit;
} units[] = {
	{ "FEET", DCF_FT_E4, DCF_UNIT_FT }, { "FT", DCF_FT_E4, DCF_UNIT_FT }, { "METRES", DCF_M_E4, DCF_UNIT_M },
	{ "METERS", DCF_M_E4, DCF_UNIT_M }, { "M", DCF_M_E4, DCF_UNIT_M },
};

enum setting { SET_NONE, SET_QNH, SET_QFE };

static const struct {
	const char *name;
	uint8_t ref;
	uint8_t setting;
} references[] = {
	{ "MSL", DCF_REF_MSL, SET_NONE }, { "AMSL", DCF_REF_MSL, SET_NONE },  { "STD", DCF_REF_STD, SET_NONE },
	{ "QNE", DCF_REF_STD, SET_NONE }, { "AGL", DCF_REF_AGL, SET_NONE },   { "SFC", DCF_REF_SFC, SET_NONE },
	{ "W84", DCF_REF_W84, SET_NONE }, { "WGS84", DCF_REF_W84, SET_NONE }, { "HAE", DCF_REF_W84, SET_NONE },
	{ "QNH", DCF_REF_MSL, SET_QNH },  { "QFE", DCF_REF_MSL, SET_QFE },
};

/* The row of the reference that begins at `at`, as a whole word; -1 for none. */
static int reference_at(struct dcf_piece t, size_t at)
{
	for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
		size_t n = strlen(references[i].name);

		if (at + n <= t.n && memcmp(t.c + at, references[i].name, n) == 0 && (at + n == t.n || t.c[at + n] == ' '))
			return (int)i;
	}
	return -1;
}

/* "FT" at *at; -1 for none. */
static int unit_at(struct dcf_piece t, size_t *at)
{
	/* A reference right behind the number is not a unit, though MSL begins with one. */
	if (reference_at(t, *at) >= 0)
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i].name);

		if (*at + n <= t.n && memcmp(t.c + *at, units[i].name, n) == 0) {
			*at += n;
			return (int)i;
		}
	}
	return -1;
}

/* The pressure behind QNH or QFE, when it is given: it must be one, and changes nothing. */
static enum dcf_status check_setting(struct attempt *a, struct dcf_piece t, size_t at, enum setting setting)
{
	struct dcf_piece rest = dcf_piece_part(t, at, t.n);
	struct dcf_pressure unused;
	struct dcf_notation_fault inner;
	enum dcf_status s;

	if (rest.n == 0)
		return DCF_OK;
	if (setting == SET_NONE)
		return wrong(a, rest, 0, DCF_E_SYNTAX, "characters behind the altitude");
	/* With its word, since a QFE may be lower. */
	s = dcf_pressure_parse((struct dcf_span){ rest.c - 4, rest.n + 4 }, &unused, &inner);
	return s == DCF_OK ? s : wrong(a, rest, 0, s, inner.text);
}

static enum dcf_status apply_setting(struct attempt *a, struct dcf_piece t, size_t at, enum setting setting,
				     struct dcf_altitude *out)
{
	if (setting != SET_QFE)
		return DCF_OK;
	if (!a->context || !a->context->elevation_given)
		return wrong(a, t, at, DCF_E_REFUSED,
			     "a height on QFE is above a field: its elevation is needed (see --elevation)");
	out->e4 += a->context->elevation_e4;
	return DCF_OK;
}

static enum dcf_status read_value(struct attempt *a, struct dcf_piece t, struct dcf_altitude *out)
{
	size_t at = t.n && (t.c[0] == '-' || t.c[0] == '+');
	bool below = t.n && t.c[0] == '-';
	struct dcf_decimal d;
	int unit, ref;
	size_t ref_at;
	enum dcf_status s;

	if (!dcf_piece_decimal(t, &at, &d) || d.whole_digits > 6)
		return wrong(a, t, 0, DCF_E_SYNTAX,
			     "no altitude: expected such as 15000FT MSL, 4500M MSL, FL270, A150, S0960, M0450, SFC or UNL");
	at += at < t.n && t.c[at] == ' ';
	unit = unit_at(t, &at);
	if (unit < 0)
		return wrong(a, t, at, DCF_E_REFUSED,
			     at < t.n && t.c[at] == ',' ? "a comma: expected digits without it, and a unit"
							: "a height without its unit: expected FT or M");
	at += at < t.n && t.c[at] == ' ';
	ref_at = at;
	ref = reference_at(t, at);
	if (ref < 0)
		return wrong(a, t, at, DCF_E_REFUSED,
			     "a height without its reference: expected MSL, STD, AGL, W84, QNH or QFE behind it");
	at += strlen(references[ref].name);
	*out = (struct dcf_altitude){ dcf_decimal_times(d, units[unit].size_e4), references[ref].ref, units[unit].unit, false };
	out->e4 = below ? -out->e4 : out->e4;
	if ((s = check_setting(a, t, at, references[ref].setting)) != DCF_OK ||
	    (s = apply_setting(a, t, ref_at, references[ref].setting, out)) != DCF_OK)
		return s;
	if (!(out->e4 >= lowest_e4 && out->e4 <= highest_e4))
		return wrong(a, t, 0, DCF_E_RANGE, "outside -2000 m to 100000 m");
	return DCF_OK;
}

static enum dcf_status read_one(struct attempt *a, struct dcf_piece t, struct dcf_altitude *out)
{
	enum dcf_status s;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (dcf_piece_is(t, words[i].word)) {
			*out = words[i].is;
			return DCF_OK;
		}
	}
	s = read_level(a, t, out);
	return s == DCF_E_NOT_FOUND ? read_value(a, t, out) : s;
}

/* ---- blocks ---- */

/* Where the lower part ends and the upper one begins; false when it is one altitude. */
static bool split(struct dcf_piece t, size_t *end, size_t *begin)
{
	size_t to = dcf_piece_find(t, " TO ");

	if (to < t.n) {
		*end = to;
		*begin = to + 4;
		return true;
	}
	/* A '-' at the beginning is a sign. */
	for (size_t i = 1; i < t.n; i++) {
		if (t.c[i] == '-') {
			*end = i;
			*begin = i + 1;
			return true;
		}
	}
	return false;
}

static bool upside_down(struct dcf_altitude low, struct dcf_altitude high)
{
	return low.unlimited || (!high.unlimited && low.ref == high.ref && low.e4 > high.e4) ||
	       (!high.unlimited && high.ref == DCF_REF_SFC && high.e4 == 0);
}

static enum dcf_status read_block(struct attempt *a, struct dcf_piece t, size_t end, size_t begin, struct dcf_height *out)
{
	struct dcf_piece low = dcf_piece_part(t, 0, end), high = dcf_piece_part(t, begin, t.n);
	enum dcf_status s = read_one(a, low, &out->lower);

	if (s != DCF_OK || (s = read_one(a, high, &out->upper)) != DCF_OK)
		return s;
	out->is_block = true;
	if (upside_down(out->lower, out->upper))
		return wrong(a, t, begin, DCF_E_RANGE, "the upper limit is not above the lower one");
	return DCF_OK;
}

enum dcf_status dcf_altitude_parse(struct dcf_span text, const struct dcf_height_context *context, struct dcf_height *out,
				   struct dcf_notation_fault *fault)
{
	struct dcf_notation_fault unused;
	struct attempt a = { context, fault ? fault : &unused };
	struct dcf_height read = { 0 };
	struct dcf_clean clean;
	struct dcf_piece t;
	size_t end, begin;
	bool block;
	enum dcf_status s = dcf_clean_text(text, &clean, a.fault);

	if (s != DCF_OK)
		return s;
	t = dcf_piece_of(&clean);
	block = dcf_piece_begins(t, "BLOCK ");
	t = dcf_piece_part(t, block ? 6 : 0, t.n);
	if (split(t, &end, &begin)) {
		s = read_block(&a, t, end, begin, &read);
	} else if (block) {
		s = wrong(&a, t, t.n, DCF_E_SYNTAX, "a block has two altitudes: expected such as BLOCK FL180-FL200");
	} else {
		s = read_one(&a, t, &read.lower);
		read.upper = read.lower;
	}
	if (s == DCF_OK)
		*out = read;
	return s;
}

/* ---- writing ---- */

static void put_one(struct dcf_buf *out, struct dcf_altitude a)
{
	static const char *const ref[] = { [DCF_REF_MSL] = " MSL",
					   [DCF_REF_STD] = " STD",
					   [DCF_REF_AGL] = " AGL",
					   [DCF_REF_SFC] = " SFC",
					   [DCF_REF_W84] = " W84" };
	_Static_assert(sizeof ref / sizeof *ref == DCF_REF_COUNT, "every reference needs a name");

	if (a.unlimited || (a.ref == DCF_REF_SFC && a.e4 == 0)) {
		dcf_buf_z(out, a.unlimited ? "UNL" : "SFC");
		return;
	}
	if (a.unit == DCF_UNIT_FL && a.ref == DCF_REF_STD && a.e4 >= 0 && a.e4 % DCF_FL_E4 == 0 && a.e4 / DCF_FL_E4 < 1000) {
		dcf_buf_z(out, "FL");
		dcf_put_digits(out, a.e4 / DCF_FL_E4, 3);
		return;
	}
	if (a.unit == DCF_UNIT_M) {
		dcf_buf_fixed(out, a.e4, 4);
		dcf_buf_char(out, 'M');
	} else {
		/* 0.0001 ft are 0.03 mm: read back, it is the same. */
		int64_t v = (2 * (a.e4 < 0 ? -a.e4 : a.e4) * 10000 / DCF_FT_E4 + 1) / 2;

		dcf_buf_fixed(out, a.e4 < 0 ? -v : v, 4);
		dcf_buf_z(out, "FT");
	}
	dcf_buf_z(out, ref[a.ref]);
}

void dcf_altitude_put(struct dcf_buf *out, const struct dcf_height *h)
{
	if (h->is_block)
		dcf_buf_z(out, "BLOCK ");
	put_one(out, h->lower);
	if (!h->is_block)
		return;
	dcf_buf_char(out, '-');
	put_one(out, h->upper);
}
