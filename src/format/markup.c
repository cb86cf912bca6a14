/* SPDX-License-Identifier: Apache-2.0 */
#include "format/markup.h"
#include "base/utf8.h"
#include "format/put_number.h"

static const char replacement[] = "\xef\xbf\xbd";

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\n':
	case '\r':
		return " ";
	default:
		return dcf_utf8_steers(&c, 1) ? replacement : NULL;
	}
}

/* U+FFFE and U+FFFF are no characters in XML; what steers the screen is none that a name may have. */
static bool is_forbidden(const char *p, size_t n)
{
	return (n == 3 && memcmp(p, "\xef\xbf", 2) == 0 && (unsigned char)p[2] >= 0xbe) || dcf_utf8_steers(p, n);
}

void dcf_put_markup_short(struct dcf_buf *out, struct dcf_span text, size_t limit)
{
	size_t characters = 0;

	for (size_t i = 0; i < text.len; characters++) {
		size_t n = dcf_utf8_length(text.p + i, text.len - i);
		const char *entity = n == 1 ? entity_of(text.p[i]) : n == 0 || is_forbidden(text.p + i, n) ? replacement : NULL;

		if (characters == limit) {
			dcf_buf_z(out, "\xe2\x80\xa6");
			return;
		}
		if (entity)
			dcf_buf_z(out, entity);
		else
			dcf_buf_put(out, text.p + i, n);
		i += n ? n : 1;
	}
}

void dcf_put_markup(struct dcf_buf *out, struct dcf_span text)
{
	dcf_put_markup_short(out, text, SIZE_MAX);
}

void dcf_show_altitude(struct dcf_buf *out, struct dcf_altitude a)
{
	static const char *const refs[DCF_REF_COUNT] = {
		[DCF_REF_MSL] = " MSL", [DCF_REF_STD] = " STD", [DCF_REF_AGL] = " AGL",
		[DCF_REF_SFC] = " SFC", [DCF_REF_W84] = " W84",
	};

	if (a.unlimited) {
		dcf_buf_z(out, "UNL");
		return;
	}
	if (a.unit == DCF_UNIT_FL) {
		dcf_buf_z(out, "FL");
		if (a.e4 >= 0 && a.e4 < 100 * DCF_FL_E4)
			dcf_buf_z(out, a.e4 < 10 * DCF_FL_E4 ? "00" : "0");
		dcf_put_ratio(out, a.e4, DCF_FL_E4, DCF_LEAN_NEAREST);
		return;
	}
	dcf_put_ratio(out, a.e4, a.unit == DCF_UNIT_M ? DCF_M_E4 : DCF_FT_E4, DCF_LEAN_NEAREST);
	dcf_buf_z(out, a.unit == DCF_UNIT_M ? " m" : " ft");
	dcf_buf_z(out, refs[a.ref]);
}

void dcf_show_length(struct dcf_buf *out, double metres, bool nautical)
{
	if (!(metres < 1e9)) {
		dcf_buf_z(out, "everywhere");
		return;
	}
	if (metres < 1000) {
		dcf_buf_i64(out, (int64_t)(metres + 0.5));
		dcf_buf_z(out, " m");
		return;
	}
	dcf_buf_fixed(out, (int64_t)(metres / (nautical ? 1852 : 1000) * 10 + 0.5), 1);
	dcf_buf_z(out, nautical ? " NM" : " km");
}
