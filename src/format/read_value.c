/* SPDX-License-Identifier: Apache-2.0 */
/* read_value.c - single values: strings, times, lengths, altitudes, positions.  Bounds are positive statements,
 * so that NaN fails them. */
#include "core/time.h"
#include "format/read_int.h"

#include <assert.h>

#define LENGTH_MAX_M    3e6
#define SPEED_MAX_MPS   10000.0 /* faster than anything in the air */
#define ALTITUDE_MAX_E4 1e11    /* 10,000 km: far beyond use, far below overflow */

struct unit {
	const char *name;
	double metres, e4; /* one unit in metres, in 0.1 mm: both exact, but for 0.3048 in binary */
};

static const struct unit lengths[] = {
	{ "m", 1, 1e4 },
	{ "km", 1000, 1e7 },
	{ "NM", 1852, 1852e4 },
	{ "ft", 0.3048, 3048 },
};

static const char *const ref_names[] = {
	[DCF_REF_MSL] = "MSL", [DCF_REF_STD] = "STD", [DCF_REF_AGL] = "AGL", [DCF_REF_SFC] = "SFC", [DCF_REF_W84] = "W84",
};

static const char *const altitude_units[] = { [DCF_UNIT_FT] = "ft", [DCF_UNIT_M] = "m", [DCF_UNIT_FL] = "FL" };
static const int32_t altitude_unit_e4[] = { [DCF_UNIT_FT] = DCF_FT_E4, [DCF_UNIT_M] = DCF_M_E4, [DCF_UNIT_FL] = DCF_FL_E4 };

bool dcf_get_string(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_span *out)
{
	if (dcf_jkind(v) != DCF_J_STRING) {
		dcf_refuse_found(r, at, v, "a string");
		return false;
	}
	*out = dcf_jstring(v);
	return true;
}

bool dcf_get_bool(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool *out)
{
	int k = dcf_jkind(v);

	*out = k == DCF_J_TRUE;
	if (k == DCF_J_TRUE || k == DCF_J_FALSE)
		return true;
	dcf_refuse_found(r, at, v, "true or false");
	return false;
}

bool dcf_get_number(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, double low, double high,
		    const char *expected, double *out)
{
	if (dcf_jdouble(v, out) && *out >= low && *out <= high)
		return true;
	dcf_refuse_found(r, at, v, expected);
	return false;
}

bool dcf_get_word(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, const char *const *words, size_t count,
		  const char *expected, unsigned *out)
{
	for (size_t i = 0; i < count; i++) {
		if (dcf_jis(v, words[i])) {
			*out = (unsigned)i;
			return true;
		}
	}
	dcf_refuse_found(r, at, v, expected);
	return false;
}

bool dcf_get_time(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool up, int64_t *out)
{
	struct dcf_span text;
	const char *wrong;

	if (dcf_jkind(v) != DCF_J_STRING) {
		dcf_refuse_found(r, at, v, "a time such as \"2015-09-20T06:00:00Z\"");
		return false;
	}
	text = dcf_jstring(v);
	wrong = dcf_time_parse(text, up, out);
	if (wrong && strncmp(wrong, "expected ", 9) == 0) {
		dcf_refuse_text(r, at, text, wrong + 9);
	} else if (wrong) {
		struct dcf_buf said = { .from = r->plan->arena.from };

		dcf_buf_z(&said, "a time such as \"2015-09-20T06:00:00Z\": ");
		dcf_buf_z(&said, wrong);
		dcf_buf_char(&said, '\0');
		if (said.failed)
			r->status = DCF_E_NOMEM;
		else
			dcf_refuse_text(r, at, text, said.p);
		dcf_buf_free(&said);
	}
	return wrong == NULL;
}

int64_t dcf_round_e4(double value, double unit_e4, enum dcf_rounding rounding)
{
	double e4 = value * unit_e4, nearest, off;

	assert(e4 >= -1e15 && e4 <= 1e15);
	nearest = (double)(int64_t)(e4 + (e4 < 0 ? -0.5 : 0.5));
	off = e4 - nearest;
	/* What was meant as a whole number of 0.1 mm and lost its last bits as a double is that number. */
	if (off >= -1e-3 && off <= 1e-3)
		off = 0;
	if (rounding == DCF_ROUND_DOWN && off < 0)
		nearest -= 1;
	if (rounding == DCF_ROUND_UP && off > 0)
		nearest += 1;
	return (int64_t)nearest;
}

/* The number and the unit of a length; both members are looked at, so that both faults are told. */
static bool get_measure(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool positive, double *value,
			const struct unit **unit)
{
	static const struct dcf_span names[] = { DCF_NAME("value"), DCF_NAME("unit") };
	struct dcf_jval m[2], n, u;
	bool ok;

	dcf_jpick(v, names, 2, m);
	n = m[0];
	u = m[1];

	if (dcf_jkind(v) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, v, "an object such as {\"value\": 10, \"unit\": \"km\"}");
		return false;
	}
	*unit = NULL;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		if (dcf_jis(u, lengths[i].name))
			*unit = &lengths[i];
	ok = dcf_jdouble(n, value);
	if (!ok)
		dcf_refuse_found(r, DCF_AT(at, "value"), n, "a number");
	if (!*unit)
		dcf_refuse_found(r, DCF_AT(at, "unit"), u, "m, km, NM or ft");
	if (!ok || !*unit)
		return false;
	ok = (positive ? *value > 0 : *value >= 0) && *value * (*unit)->metres <= LENGTH_MAX_M;
	if (!ok)
		dcf_refuse_found(r, DCF_AT(at, "value"), n,
				 positive ? "a length above 0 and up to 3000 km" : "a length of 0 to 3000 km");
	return ok;
}

bool dcf_get_length(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, bool positive, double *metres)
{
	const struct unit *unit;
	double value;

	if (!get_measure(r, at, v, positive, &value, &unit))
		return false;
	*metres = value * unit->metres;
	return true;
}

bool dcf_get_height(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, int64_t *e4)
{
	const struct unit *unit;
	double value;

	if (!get_measure(r, at, v, false, &value, &unit))
		return false;
	*e4 = dcf_round_e4(value, unit->e4, DCF_ROUND_UP);
	return true;
}

bool dcf_get_speed(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, double *mps)
{
	static const char *const units[] = { "kt", "m/s", "km/h" };
	static const double unit_mps[] = { 1852.0 / 3600, 1, 1 / 3.6 };
	struct dcf_jval n = dcf_jget(v, "value");
	unsigned unit = 0;
	double value;

	if (dcf_jkind(v) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, v, "an object such as {\"value\": 420, \"unit\": \"kt\"}");
		return false;
	}
	if (!dcf_jdouble(n, &value)) {
		dcf_refuse_found(r, DCF_AT(at, "value"), n, "a number");
		return false;
	}
	if (!dcf_get_word(r, DCF_AT(at, "unit"), dcf_jget(v, "unit"), units, 3, "kt, m/s or km/h", &unit))
		return false;
	if (!(value >= 0 && value * unit_mps[unit] <= SPEED_MAX_MPS)) {
		dcf_refuse_found(r, DCF_AT(at, "value"), n, "a speed of 0 to 10,000 m/s");
		return false;
	}
	*mps = value * unit_mps[unit];
	return true;
}

/* Unit and reference together: FL implies STD and goes with nothing else; "UNL" needs neither. */
static bool get_unit_and_ref(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval u, struct dcf_jval f,
			     struct dcf_altitude *out)
{
	unsigned unit = DCF_UNIT_FT, ref = DCF_REF_MSL;
	bool has_unit = !dcf_jnone(u), has_ref = !dcf_jnone(f), ok = true;

	if ((has_unit || !out->unlimited) && !dcf_get_word(r, DCF_AT(at, "unit"), u, altitude_units, 3, "ft, m or FL", &unit))
		ok = false;
	if (ok && has_unit && unit == DCF_UNIT_FL && !has_ref)
		ref = DCF_REF_STD;
	else if ((has_ref || !out->unlimited) &&
		 !dcf_get_word(r, DCF_AT(at, "ref"), f, ref_names, DCF_REF_COUNT, "MSL, STD, AGL, SFC or W84", &ref))
		ok = false;
	if (ok && has_unit && unit == DCF_UNIT_FL && ref != DCF_REF_STD) {
		dcf_refuse_found(r, DCF_AT(at, "ref"), f, "STD, as FL implies");
		ok = false;
	}
	out->unit = (uint8_t)unit;
	out->ref = (uint8_t)ref;
	return ok;
}

bool dcf_get_altitude(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, enum dcf_rounding rounding,
		      struct dcf_altitude *out)
{
	static const struct dcf_span names[] = { DCF_NAME("value"), DCF_NAME("unit"), DCF_NAME("ref") };
	struct dcf_jval m[3], n;
	double value = 0;
	bool ok;

	dcf_jpick(v, names, 3, m);
	n = m[0];
	*out = (struct dcf_altitude){ .unlimited = dcf_jis(n, "UNL") };
	if (dcf_jkind(v) != DCF_J_OBJECT) {
		dcf_refuse_found(r, at, v, "an altitude such as {\"value\": 5000, \"unit\": \"ft\", \"ref\": \"MSL\"}");
		return false;
	}
	ok = out->unlimited || dcf_jdouble(n, &value);
	if (!ok)
		dcf_refuse_found(r, DCF_AT(at, "value"), n, "a number or \"UNL\"");
	if (!get_unit_and_ref(r, at, m[1], m[2], out) || !ok)
		return false;
	value *= altitude_unit_e4[out->unit];
	if (!(value >= -ALTITUDE_MAX_E4 && value <= ALTITUDE_MAX_E4)) {
		dcf_refuse_found(r, DCF_AT(at, "value"), n, "an altitude within 10,000 km");
		return false;
	}
	out->e4 = dcf_round_e4(value, 1, rounding);
	return true;
}

bool dcf_get_latlon(struct dcf_reader *r, const struct dcf_step *at, double lat, double lon, struct dcf_latlon *out)
{
	bool lat_ok = lat >= -90 && lat <= 90, lon_ok = lon >= -180 && lon <= 180;

	if (!lat_ok || !lon_ok) {
		struct dcf_buf said = { .from = r->plan->arena.from };
		double v = lat_ok ? lon : lat;

		dcf_buf_z(&said, "coordinate out of range: found ");
		dcf_buf_z(&said, lat_ok ? "longitude " : "latitude ");
		if (v > -1e9 && v < 1e9)
			dcf_buf_fixed(&said, (int64_t)(v * 1e7 + (v < 0 ? -0.5 : 0.5)), 7);
		else
			dcf_buf_z(&said, "far beyond");
		dcf_buf_z(&said, lat_ok ? ", expected -180 to 180" : ", expected -90 to 90");
		dcf_buf_char(&said, '\0');
		if (said.failed)
			r->status = DCF_E_NOMEM;
		else
			dcf_refuse(r, at, said.p);
		dcf_buf_free(&said);
		return false;
	}
	*out = (struct dcf_latlon){ dcf_e7_of(lat), dcf_e7_of(lon) };
	if (out->lon_e7 == -1800000000)
		out->lon_e7 = 1800000000;
	return true;
}
