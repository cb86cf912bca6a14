/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/position.h"
#include "base/json_writer.h"
#include "cli/cli.h"
#include "cli/place_names.h"
#include "core/geodesy.h"
#include "crypto/check_words.h"
#include "format/compass.h"

/* The notations that are shown.  The first CONTRACT_COUNT stand before the check-words in JSON, as the fixed contract has them.
 */
static const struct {
	enum dcf_notation as;
	const char *member, *label;
} shown[] = {
	{ DCF_NOTATION_DD, "dd", "DD" },
	{ DCF_NOTATION_DMS, "dms", "DMS" },
	{ DCF_NOTATION_MGRS, "mgrs", "MGRS" },
	{ DCF_NOTATION_GARS, "gars", "GARS" },
	{ DCF_NOTATION_DDM, "ddm", "DDM" },
	{ DCF_NOTATION_PACKED, "icao", "ICAO" },
	{ DCF_NOTATION_ISO6709, "iso6709", "ISO 6709" },
	{ DCF_NOTATION_UTM, "utm", "UTM" },
	{ DCF_NOTATION_UPS, "ups", "UPS" },
	{ DCF_NOTATION_GEOREF, "georef", "GEOREF" },
	{ DCF_NOTATION_TYPED, "typed", "typed" },
};
enum { SHOWN_COUNT = sizeof shown / sizeof *shown, CONTRACT_COUNT = 4, LABEL_WIDTH = 13 };

/* ---- what is near ---- */

struct near {
	const struct dcf_place *place;
	double m, azimuth_deg;
};

/* The nearest places, nearest first; returns how many. */
static int find_near(const struct dcf_said *s, struct near near[DCF_NEAR])
{
	int count = 0;

	for (size_t i = 0; s->places && i < s->places->place_count; i++) {
		struct near n = { .place = &s->places->places[i] };
		int at = count;

		if (dcf_inverse(n.place->at, s->position.at, &n.m, &n.azimuth_deg) != DCF_OK)
			continue;
		for (; at > 0 && n.m < near[at - 1].m; at--) {
			if (at < DCF_NEAR)
				near[at] = near[at - 1];
		}
		if (at < DCF_NEAR)
			near[at] = n;
		count += count < DCF_NEAR;
	}
	return count;
}

/* "4.5 km (2.4 NM) SW of Bassel al-Assad (OSLK)"; "at" it within 50 m. */
static void put_near(struct dcf_buf *out, const struct near *n)
{
	if (n->m < 50) {
		dcf_buf_z(out, "at ");
	} else {
		dcf_buf_fixed(out, (int64_t)(n->m / 100 + 0.5), 1);
		dcf_buf_z(out, " km (");
		dcf_buf_fixed(out, (int64_t)(n->m / 185.2 + 0.5), 1);
		dcf_buf_z(out, " NM) ");
		dcf_buf_z(out, dcf_compass_point(n->azimuth_deg));
		dcf_buf_z(out, " of ");
	}
	dcf_put_shown(out, n->place->name.len ? n->place->name : n->place->icao);
	if (n->place->name.len && n->place->icao.len) {
		dcf_buf_z(out, " (");
		dcf_put_shown(out, n->place->icao);
		dcf_buf_char(out, ')');
	}
}

static void put_words(const struct dcf_said *s, const struct dcf_alloc *a, char words[DCF_CHECK_WORDS_SIZE])
{
	struct dcf_buf canonical = { .from = a };

	dcf_canonical_put(&canonical, s->has_position ? &s->position : NULL, s->has_height ? &s->height : NULL,
			  s->has_when ? &s->when : NULL);
	dcf_check_words(dcf_buf_as_span(&canonical), words);
	dcf_buf_free(&canonical);
}

/* ---- altitudes ---- */

static bool is_number(struct dcf_altitude a)
{
	return !a.unlimited && !(a.ref == DCF_REF_SFC && a.e4 == 0);
}

/* Tenths of a unit, to the nearest. */
static int64_t tenths(int64_t e4, int64_t size)
{
	int64_t v = (2 * (e4 < 0 ? -e4 : e4) * 10 / size + 1) / 2;

	return e4 < 0 ? -v : v;
}

static void put_both_units(struct dcf_buf *out, int64_t e4)
{
	dcf_buf_fixed(out, tenths(e4, DCF_FT_E4), 1);
	dcf_buf_z(out, " ft, ");
	dcf_buf_fixed(out, tenths(e4, DCF_M_E4), 1);
	dcf_buf_z(out, " m");
}

static void text_altitude(const struct dcf_said *s, struct dcf_altitude a, struct dcf_buf *out)
{
	int64_t low, high;

	if (!is_number(a))
		return;
	dcf_buf_fill(out, ' ', LABEL_WIDTH);
	put_both_units(out, a.e4);
	if (a.ref == DCF_REF_STD && s->has_qnh) {
		dcf_pressure_msl(s->qnh, a.e4, &low, &high);
		dcf_buf_z(out, " at 1013.25 hPa; ");
		put_both_units(out, low + (high - low) / 2);
		dcf_buf_z(out, " MSL at QNH ");
		dcf_pressure_put(out, s->qnh, DCF_PRESSURE_HPA);
	}
	dcf_buf_char(out, '\n');
}

static void json_altitude(const struct dcf_said *s, struct dcf_altitude a, struct dcf_json *j)
{
	static const char *const ref[] = { [DCF_REF_MSL] = "MSL",
					   [DCF_REF_STD] = "STD",
					   [DCF_REF_AGL] = "AGL",
					   [DCF_REF_SFC] = "SFC",
					   [DCF_REF_W84] = "W84" };
	int64_t low, high;

	dcf_json_begin(j, '{');
	dcf_json_key(j, "ref");
	dcf_json_z(j, a.unlimited ? "UNL" : ref[a.ref]);
	if (!a.unlimited) {
		dcf_json_key(j, "ft");
		dcf_json_fixed(j, tenths(a.e4, DCF_FT_E4), 1);
		dcf_json_key(j, "m");
		dcf_json_fixed(j, tenths(a.e4, DCF_M_E4), 1);
	}
	if (!a.unlimited && a.ref == DCF_REF_STD && s->has_qnh) {
		dcf_pressure_msl(s->qnh, a.e4, &low, &high);
		dcf_json_key(j, "msl_ft");
		dcf_json_fixed(j, tenths(low + (high - low) / 2, DCF_FT_E4), 1);
	}
	dcf_json_end(j, '}');
}

/* ---- for people ---- */

static void put_label(struct dcf_buf *out, const char *label)
{
	size_t n = strlen(label);

	dcf_buf_z(out, "  ");
	dcf_buf_z(out, label);
	dcf_buf_fill(out, ' ', n + 2 < LABEL_WIDTH ? LABEL_WIDTH - n - 2 : 1);
}

static void put_precision(struct dcf_buf *out, int64_t mm)
{
	/* Two figures are enough of a doubt. */
	if (mm >= 10000000)
		dcf_buf_fixed(out, mm / 1000000, 0);
	else if (mm >= 1000000)
		dcf_buf_fixed(out, mm / 100000, 1);
	else
		dcf_buf_fixed(out, mm >= 10000 ? mm / 1000 * 1000 : mm / 10 * 10, 3);
	dcf_buf_z(out, mm >= 1000000 ? " km" : " m");
}

static void text_position(const struct dcf_said *s, struct dcf_buf *out)
{
	struct near near[DCF_NEAR];
	int count = find_near(s, near);

	dcf_buf_z(out, "Position: ");
	dcf_buf_z(out, dcf_notation_name(s->position.notation));
	dcf_buf_z(out, ", known to ");
	put_precision(out, s->position.precision_mm);
	dcf_buf_char(out, '\n');
	for (size_t i = 0; i < SHOWN_COUNT; i++) {
		size_t before = out->len;

		put_label(out, shown[i].label);
		if (dcf_position_put(out, &s->position, shown[i].as))
			dcf_buf_char(out, '\n');
		else if (!out->failed)
			out->len = before;
	}
	for (int i = 0; i < count; i++) {
		put_label(out, i ? "" : "near");
		put_near(out, &near[i]);
		dcf_place_names_text(near[i].place, out);
		dcf_buf_char(out, '\n');
	}
}

static void text_height(const struct dcf_said *s, struct dcf_buf *out)
{
	dcf_buf_z(out, "Altitude:    ");
	dcf_altitude_put(out, &s->height);
	dcf_buf_char(out, '\n');
	text_altitude(s, s->height.lower, out);
	if (s->height.is_block)
		text_altitude(s, s->height.upper, out);
}

static void text_qnh(const struct dcf_said *s, struct dcf_buf *out)
{
	dcf_buf_z(out, "QNH:         ");
	for (int u = DCF_PRESSURE_HPA; u <= DCF_PRESSURE_MMHG; u++) {
		dcf_buf_z(out, u ? ", " : "");
		dcf_pressure_put(out, s->qnh, (enum dcf_pressure_unit)u);
	}
	dcf_buf_char(out, '\n');
}

static void text_when(const struct dcf_said *s, struct dcf_buf *out)
{
	static const char *const label[DCF_WHEN_COUNT] = {
		[DCF_WHEN_RFC3339] = "Time:        ", [DCF_WHEN_DTG] = "  DTG        ", [DCF_WHEN_NOTAM] = "  NOTAM      "
	};

	for (int form = 0; form < DCF_WHEN_COUNT; form++) {
		size_t before = out->len;

		dcf_buf_z(out, label[form]);
		if (dcf_when_put(out, &s->when, (enum dcf_when_form)form))
			dcf_buf_char(out, '\n');
		else if (!out->failed)
			out->len = before;
	}
}

void dcf_said_text(const struct dcf_said *s, struct dcf_buf *out)
{
	char words[DCF_CHECK_WORDS_SIZE];

	if (s->has_position)
		text_position(s, out);
	if (s->has_height)
		text_height(s, out);
	if (s->has_qnh)
		text_qnh(s, out);
	if (s->has_when)
		text_when(s, out);
	if (!s->has_position && !s->has_height && !s->has_when)
		return;
	put_words(s, out->from, words);
	dcf_buf_z(out, "Check-words: ");
	dcf_buf_z(out, words);
	dcf_buf_char(out, '\n');
}

/* ---- JSON ---- */

static void json_notation(const struct dcf_said *s, size_t row, struct dcf_json *j)
{
	struct dcf_buf text = { .from = j->out->from };

	dcf_json_key(j, shown[row].member);
	if (dcf_position_put(&text, &s->position, shown[row].as))
		dcf_json_string(j, dcf_buf_as_span(&text));
	else
		dcf_json_null(j);
	j->out->failed |= text.failed;
	dcf_buf_free(&text);
}

static void json_numbers(const struct dcf_said *s, struct dcf_json *j)
{
	dcf_json_key(j, "lat");
	dcf_json_fixed(j, s->position.at.lat_e7, 7);
	dcf_json_key(j, "lon");
	dcf_json_fixed(j, s->position.at.lon_e7, 7);
	dcf_json_key(j, "precision_m");
	dcf_json_fixed(j, s->position.precision_mm, 3);
	for (size_t i = 0; i < CONTRACT_COUNT; i++)
		json_notation(s, i, j);
}

static void json_near(const struct dcf_said *s, struct dcf_json *j)
{
	struct near near[DCF_NEAR];
	int count = find_near(s, near);

	dcf_json_key(j, "near");
	dcf_json_begin(j, '[');
	for (int i = 0; i < count; i++) {
		struct dcf_buf text = { .from = j->out->from }, names = { .from = j->out->from };

		dcf_json_begin(j, '{');
		dcf_json_key(j, "icao");
		dcf_json_string(j, near[i].place->icao);
		dcf_json_key(j, "name");
		dcf_json_string(j, near[i].place->name);
		dcf_place_names_json(near[i].place, &names);
		dcf_json_key(j, "names");
		dcf_json_raw(j, dcf_buf_as_span(&names));
		dcf_json_key(j, "distance_m");
		dcf_json_fixed(j, (int64_t)(near[i].m * 10 + 0.5), 1);
		dcf_json_key(j, "bearing_deg");
		dcf_json_fixed(j, (int64_t)(near[i].azimuth_deg * 10 + 0.5) % 3600, 1);
		put_near(&text, &near[i]);
		dcf_json_key(j, "text");
		dcf_json_string(j, dcf_buf_as_span(&text));
		dcf_json_end(j, '}');
		j->out->failed |= text.failed || names.failed;
		dcf_buf_free(&names);
		dcf_buf_free(&text);
	}
	dcf_json_end(j, ']');
}

static void json_rest(const struct dcf_said *s, struct dcf_json *j)
{
	for (size_t i = CONTRACT_COUNT; i < SHOWN_COUNT; i++)
		json_notation(s, i, j);
	dcf_json_key(j, "notation");
	dcf_json_z(j, dcf_notation_name(s->position.notation));
	if (s->places)
		json_near(s, j);
}

static void json_height(const struct dcf_said *s, struct dcf_json *j)
{
	struct dcf_buf text = { .from = j->out->from };

	dcf_altitude_put(&text, &s->height);
	dcf_json_key(j, "altitude");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "text");
	dcf_json_string(j, dcf_buf_as_span(&text));
	dcf_json_key(j, "lower");
	json_altitude(s, s->height.lower, j);
	dcf_json_key(j, "upper");
	json_altitude(s, s->height.upper, j);
	dcf_json_end(j, '}');
	j->out->failed |= text.failed;
	dcf_buf_free(&text);
}

static void json_when(const struct dcf_said *s, struct dcf_json *j)
{
	static const char *const member[DCF_WHEN_COUNT] = {
		[DCF_WHEN_RFC3339] = "utc", [DCF_WHEN_DTG] = "dtg", [DCF_WHEN_NOTAM] = "notam"
	};

	dcf_json_key(j, "time");
	dcf_json_begin(j, '{');
	for (int form = 0; form < DCF_WHEN_COUNT; form++) {
		struct dcf_buf text = { .from = j->out->from };

		dcf_json_key(j, member[form]);
		if (dcf_when_put(&text, &s->when, (enum dcf_when_form)form))
			dcf_json_string(j, dcf_buf_as_span(&text));
		else
			dcf_json_null(j);
		j->out->failed |= text.failed;
		dcf_buf_free(&text);
	}
	dcf_json_end(j, '}');
}

static void json_warnings(const struct dcf_said *s, struct dcf_json *j)
{
	struct dcf_buf lines = { .from = j->out->from };
	size_t from = 0;

	dcf_said_warnings(s, &lines);
	dcf_json_key(j, "warnings");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < lines.len; i++) {
		if (lines.p[i] != '\n')
			continue;
		dcf_json_string(j, (struct dcf_span){ lines.p + from, i - from });
		from = i + 1;
	}
	dcf_json_end(j, ']');
	j->out->failed |= lines.failed;
	dcf_buf_free(&lines);
}

void dcf_said_json(const struct dcf_said *s, int indent, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out, .indent = indent };
	char words[DCF_CHECK_WORDS_SIZE];

	dcf_json_begin(&j, '{');
	if (s->has_position)
		json_numbers(s, &j);
	if (s->has_position || s->has_height || s->has_when) {
		put_words(s, out->from, words);
		dcf_json_key(&j, "check_words");
		dcf_json_z(&j, words);
	}
	if (s->has_position)
		json_rest(s, &j);
	if (s->has_height)
		json_height(s, &j);
	if (s->has_qnh) {
		dcf_json_key(&j, "qnh_hpa");
		dcf_json_fixed(&j, s->qnh.hpa_e4, 4);
	}
	if (s->has_when)
		json_when(s, &j);
	json_warnings(s, &j);
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

/* ---- warnings ---- */

static void warn_level(const struct dcf_said *s, struct dcf_altitude a, struct dcf_buf *out)
{
	const struct dcf_atmosphere *air = s->places ? &s->places->atmosphere : NULL;

	if (!air || a.unlimited || a.ref != DCF_REF_STD || air->transition_level < 0 ||
	    a.e4 >= air->transition_level * (int64_t)DCF_FL_E4)
		return;
	dcf_buf_z(out, "a standard-pressure altitude below the transition level FL");
	dcf_buf_i64(out, air->transition_level);
	dcf_buf_z(out, ": altitudes are flown there on QNH\n");
}

void dcf_said_warnings(const struct dcf_said *s, struct dcf_buf *out)
{
	if (s->has_position && s->position.datum == DCF_DATUM_SK42)
		dcf_buf_z(
			out,
			"converted from SK-42 by the parameters of GOST R 51794-2008, made for Russia: elsewhere tens of metres may be left\n");
	else if (s->has_position && s->position.datum != DCF_DATUM_WGS84)
		dcf_buf_z(out, "converted from PZ-90 by the parameters of GOST R 51794\n");
	if (s->has_position && s->position.notation == DCF_NOTATION_INDICATOR)
		dcf_buf_z(out, "a location indicator names an aerodrome, not a point\n");
	if (s->has_height) {
		warn_level(s, s->height.lower, out);
		if (s->height.is_block)
			warn_level(s, s->height.upper, out);
	}
}
