/* SPDX-License-Identifier: Apache-2.0 */
/* notation_pressure.c - QNH and QFE in hectopascals, inches and millimetres of mercury: 760 mm are 1013.25 hPa exactly. */
#include "core/altitude.h"
#include "format/notation_int.h"

/* A hundred-millionth of the unit times num/den is 0.0001 hPa.  An inch is 25.4 mm. */
static const struct unit {
	const char *name;
	int64_t num, den;
} units[] = {
	{ "HPA", 1, 10000 },
	{ "MBAR", 1, 10000 },
	{ "MB", 1, 10000 },
	{ "INHG", 254 * INT64_C(101325), 76 * INT64_C(100000000) },
	{ "IN HG", 254 * INT64_C(101325), 76 * INT64_C(100000000) },
	{ "MMHG", 10132500, 760 * INT64_C(100000000) },
	{ "MM HG", 10132500, 760 * INT64_C(100000000) },
};
enum { IN_HPA = 0, IN_INHG = 3, IN_MMHG = 5 };

static int64_t to_hpa_e4(int64_t value_e8, const struct unit *u)
{
	/* At most 1.2e11 * 2.6e7, twice. */
	return (2 * value_e8 * u->num / u->den + 1) / 2;
}

static enum dcf_status wrong(struct dcf_notation_fault *f, struct dcf_piece p, size_t at, enum dcf_status s, const char *text)
{
	*f = (struct dcf_notation_fault){ p.from[at < p.n ? at : p.n], text };
	return s;
}

/* "Q1013" and "A2992" of weather reports (Annex 3). */
static bool read_group(struct dcf_piece t, int64_t *value_e8, const struct unit **u)
{
	if (t.n != 5 || (t.c[0] != 'Q' && t.c[0] != 'A') || dcf_piece_digits(t, 1) != 4)
		return false;
	*u = &units[t.c[0] == 'Q' ? IN_HPA : IN_INHG];
	*value_e8 = dcf_piece_number(t, 1, 4) * (t.c[0] == 'Q' ? 100000000 : 1000000);
	return true;
}

static enum dcf_status read_value(struct dcf_piece t, int64_t *value_e8, const struct unit **u, struct dcf_notation_fault *f)
{
	struct dcf_decimal d;
	size_t at = 0;

	if (!dcf_piece_decimal(t, &at, &d) || d.whole_digits > 4 || d.whole > 1200)
		return wrong(f, t, 0, DCF_E_SYNTAX,
			     "no pressure: expected such as 1013 hPa, 29.92 inHg, 760 mmHg, Q1013 or A2992");
	at += at < t.n && t.c[at] == ' ';
	*value_e8 = dcf_decimal_times(d, 100000000);
	t = dcf_piece_part(t, at, t.n);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (dcf_piece_is(t, units[i].name)) {
			*u = &units[i];
			return DCF_OK;
		}
	}
	return wrong(f, t, 0, DCF_E_REFUSED, "a pressure without its unit: expected hPa, inHg or mmHg");
}

enum dcf_status dcf_pressure_parse(struct dcf_span text, struct dcf_pressure *out, struct dcf_notation_fault *fault)
{
	struct dcf_notation_fault unused, *f = fault ? fault : &unused;
	struct dcf_clean clean;
	struct dcf_piece t;
	const struct unit *u;
	int64_t value_e8, low_e4;
	struct dcf_pressure read;
	enum dcf_status s = dcf_clean_text(text, &clean, f);

	if (s != DCF_OK)
		return s;
	t = dcf_piece_of(&clean);
	low_e4 = dcf_piece_begins(t, "QFE") ? 4500000 : 8500000;
	t = dcf_piece_part(t, dcf_piece_begins(t, "QFE") || dcf_piece_begins(t, "QNH") ? 3 : 0, t.n);
	if (!read_group(t, &value_e8, &u) && (s = read_value(t, &value_e8, &u, f)) != DCF_OK)
		return s;
	read.hpa_e4 = to_hpa_e4(value_e8, u);
	if (!(read.hpa_e4 >= low_e4 && read.hpa_e4 <= 11000000))
		return wrong(f, t, 0, DCF_E_RANGE, "no pressure of this earth: expected 850 to 1100 hPa (QFE from 450 hPa)");
	*out = read;
	return DCF_OK;
}

void dcf_pressure_put(struct dcf_buf *out, struct dcf_pressure p, enum dcf_pressure_unit unit)
{
	static const struct {
		const char *name;
		int row, decimals;
	} shown[] = { [DCF_PRESSURE_HPA] = { " hPa", IN_HPA, 2 },
		      [DCF_PRESSURE_INHG] = { " inHg", IN_INHG, 2 },
		      [DCF_PRESSURE_MMHG] = { " mmHg", IN_MMHG, 1 } };
	const struct unit *u = &units[shown[unit].row];
	/* value = hpa_e4 * den / num / 1e8, in the decimals that are shown; hpa_e4 is at most 1.1e7. */
	int64_t per = 100000000 / dcf_power_of_ten(shown[unit].decimals);
	int64_t v = (2 * p.hpa_e4 * u->den / (u->num * per) + 1) / 2;

	dcf_buf_fixed(out, v, shown[unit].decimals);
	dcf_buf_z(out, shown[unit].name);
}

void dcf_pressure_msl(struct dcf_pressure qnh, int64_t std_e4, int64_t *low_e4, int64_t *high_e4)
{
	struct dcf_atmosphere atmosphere = dcf_atmosphere_widest();
	struct dcf_offsets offsets;

	atmosphere.qnh_hpa[0] = atmosphere.qnh_hpa[1] = (double)qnh.hpa_e4 / 10000;
	offsets = dcf_offsets_of(&atmosphere);
	*low_e4 = std_e4 + offsets.low_e4[DCF_REF_STD];
	*high_e4 = std_e4 + offsets.high_e4[DCF_REF_STD];
}
