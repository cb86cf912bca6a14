/* SPDX-License-Identifier: Apache-2.0 */
#include "format/put_number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static const double power_of_ten[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12 };
enum { DECIMALS_MAX = 12 };

/* Is `v` the double nearest to some decimal with `d` places?  An integer below 2^53 over a power of ten
 * below 10^22 divides to the correctly rounded decimal, so the comparison is exact. */
static bool has_decimals(double v, int d, int64_t *scaled)
{
	double s = v * power_of_ten[d];

	if (!(fabs(s) < 9007199254740992.0))
		return false;
	*scaled = (int64_t)(s < 0 ? s - 0.5 : s + 0.5);
	return (double)*scaled / power_of_ten[d] == v;
}

/* 17 digits are always enough; a program may have set a locale that writes a comma. */
static void put_seventeen(struct dcf_buf *out, double v)
{
	char text[40];

	snprintf(text, sizeof text, "%.17g", v);
	for (char *p = text; *p; p++)
		if (*p == ',')
			*p = '.';
	dcf_buf_z(out, text);
}

void dcf_put_double(struct dcf_buf *out, double v)
{
	int64_t scaled;

	if (isnan(v))
		v = 0;
	if (isinf(v))
		v = v < 0 ? -DBL_MAX : DBL_MAX;
	for (int d = 0; d <= DECIMALS_MAX; d++)
		if (has_decimals(v, d, &scaled)) {
			dcf_buf_fixed(out, scaled, d);
			return;
		}
	put_seventeen(out, v);
}

void dcf_put_ratio(struct dcf_buf *out, int64_t num, int64_t den, enum dcf_lean lean)
{
	uint64_t u = num < 0 ? (uint64_t)0 - (uint64_t)num : (uint64_t)num;
	uint64_t d = (uint64_t)den, whole = u / d, rest = u % d, places = 0;
	bool negative = num < 0;

	/* |num| / den = whole + places / 1e9 + a rest below 1e-9 */
	for (int i = 0; i < 9; i++) {
		rest *= 10;
		places = places * 10 + rest / d;
		rest %= d;
	}
	if (rest && (lean == DCF_LEAN_NEAREST ? rest * 2 >= d : (lean == DCF_LEAN_ABOVE) != negative))
		places++;
	if (places == 1000000000u) {
		whole++;
		places = 0;
	}
	if (negative && (whole || places))
		dcf_buf_char(out, '-');
	dcf_buf_i64(out, (int64_t)whole);
	if (places) {
		struct dcf_buf digits = { .from = out->from };

		dcf_buf_fixed(&digits, (int64_t)places, 9);
		if (digits.failed)
			out->failed = true;
		else
			dcf_buf_put(out, digits.p + 1, digits.len - 1); /* without the leading 0 */
		dcf_buf_free(&digits);
	}
}

struct length_unit {
	const char *name;
	double metres;
};

void dcf_put_length(struct dcf_buf *out, double metres, bool nautical)
{
	static const struct length_unit units[2][4] = {
		{ { "m", 1 }, { "km", 1000 }, { "NM", 1852 }, { "ft", 0.3048 } },
		{ { "NM", 1852 }, { "m", 1 }, { "km", 1000 }, { "ft", 0.3048 } },
	};
	const struct length_unit *u = units[nautical];
	int64_t scaled;

	for (int d = 0; d <= 3 && metres >= 0 && metres < 1e9; d++)
		for (int i = 0; i < 4; i++) {
			double v = metres / u[i].metres;

			if (has_decimals((double)(int64_t)(v * power_of_ten[d] + 0.5) / power_of_ten[d], d, &scaled) &&
			    (double)scaled / power_of_ten[d] * u[i].metres == metres) {
				dcf_buf_z(out, "\"value\": ");
				dcf_buf_fixed(out, scaled, d);
				dcf_buf_z(out, ", \"unit\": \"");
				dcf_buf_z(out, u[i].name);
				dcf_buf_char(out, '"');
				return;
			}
		}
	dcf_buf_z(out, "\"value\": ");
	dcf_put_double(out, metres);
	dcf_buf_z(out, ", \"unit\": \"m\"");
}
