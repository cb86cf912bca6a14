/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the report as text. */
#include "core/num.h"
#include "core/time.h"
#include "format/markup.h"
#include "format/put_number.h"
#include "format/report_int.h"

static const int64_t day_us = 86400000000;

static int64_t floor_day(int64_t us)
{
	return us / day_us - (us % day_us < 0);
}

static void two_digits(struct dcf_buf *out, int v)
{
	dcf_buf_char(out, (char)('0' + v / 10 % 10));
	dcf_buf_char(out, (char)('0' + v % 10));
}

void dcf_report_date(struct dcf_buf *out, int64_t time_us)
{
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	struct dcf_civil c = dcf_civil_of(time_us);

	dcf_buf_i64(out, c.day);
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, months[(c.month + 11) % 12]);
	dcf_buf_char(out, ' ');
	dcf_buf_i64(out, c.year);
}

void dcf_report_clock(struct dcf_buf *out, int64_t time_us, bool seconds)
{
	struct dcf_civil c = dcf_civil_of(time_us);

	two_digits(out, c.hour);
	dcf_buf_char(out, ':');
	two_digits(out, c.minute);
	if (!seconds)
		return;
	dcf_buf_char(out, ':');
	two_digits(out, c.second);
	if (c.us) {
		dcf_buf_char(out, '.');
		dcf_buf_char(out, (char)('0' + c.us / 100000));
	}
}

void dcf_report_time(struct dcf_buf *out, int64_t time_us, int64_t same_day_us)
{
	if (same_day_us == DCF_TIME_NONE || floor_day(time_us) != floor_day(same_day_us)) {
		dcf_report_date(out, time_us);
		dcf_buf_char(out, ' ');
	}
	dcf_report_clock(out, time_us, true);
	dcf_buf_char(out, 'Z');
}

void dcf_report_end(struct dcf_buf *out, int64_t time_us, int64_t same_day_us)
{
	int64_t over = time_us % 100000;

	/* Up to the tenth that is shown: an end must not look earlier than it is. */
	dcf_report_time(out, over ? time_us - over + (over > 0 ? 100000 : 0) : time_us, same_day_us);
}

void dcf_report_duration(struct dcf_buf *out, int64_t us)
{
	int64_t ds = us / 100000, h = ds / 36000, min = ds / 600 % 60, rest = ds % 600;

	if (h) {
		dcf_buf_i64(out, h);
		dcf_buf_z(out, min || rest ? " h " : " h");
	}
	if (min) {
		dcf_buf_i64(out, min);
		dcf_buf_z(out, rest ? " min " : " min");
	}
	if (rest || (!h && !min)) {
		dcf_buf_fixed(out, rest, 1);
		dcf_buf_z(out, " s");
	}
}

static void put_degrees(struct dcf_buf *out, int32_t e7, const char *positive, const char *negative)
{
	int64_t v = e7 < 0 ? -(int64_t)e7 : e7;

	dcf_buf_fixed_full(out, (v + 500) / 1000, 4);
	dcf_buf_z(out, "&nbsp;");
	dcf_buf_z(out, e7 < 0 ? negative : positive);
}

void dcf_report_position(struct dcf_buf *out, struct dcf_latlon p)
{
	put_degrees(out, p.lat_e7, "N", "S");
	dcf_buf_char(out, ' ');
	put_degrees(out, p.lon_e7, "E", "W");
}

void dcf_report_count(struct dcf_buf *out, size_t n)
{
	if (n >= 1000) {
		dcf_report_count(out, n / 1000);
		dcf_buf_z(out, "&#8239;");
		dcf_buf_char(out, (char)('0' + n / 100 % 10));
		dcf_buf_char(out, (char)('0' + n / 10 % 10));
		dcf_buf_char(out, (char)('0' + n % 10));
		return;
	}
	dcf_buf_i64(out, (int64_t)n);
}

void dcf_report_party_class(struct dcf_report *r, uint32_t party)
{
	dcf_buf_char(r->out, 'p');
	dcf_buf_i64(r->out, party % DCF_REPORT_PATTERNS);
}

/* The legs of a trajectory that touch [start, end]: from `first` to `last` waypoint. */
static void legs_within(const struct dcf_feature *f, int64_t start_us, int64_t end_us, uint32_t *first, uint32_t *last)
{
	*first = 0;
	*last = f->point_count - 1;
	while (*first + 2 < f->point_count && f->waypoints[*first + 1].time_us <= start_us)
		(*first)++;
	while (*last > *first + 1 && f->waypoints[*last - 1].time_us >= end_us)
		(*last)--;
}

static bool same_altitude(struct dcf_altitude a, struct dcf_altitude b)
{
	return a.e4 == b.e4 && a.ref == b.ref && a.unlimited == b.unlimited;
}

void dcf_report_altitudes(struct dcf_report *r, const struct dcf_feature *f, int64_t start_us, int64_t end_us)
{
	struct dcf_buf *out = r->out;
	uint32_t first, last;

	if (f->shape != DCF_TRAJECTORY) {
		dcf_show_altitude(out, f->lower);
		dcf_buf_z(out, " \xe2\x80\x93 ");
		dcf_show_altitude(out, f->upper);
		return;
	}
	legs_within(f, start_us, end_us, &first, &last);
	dcf_show_altitude(out, f->waypoints[first].altitude);
	for (uint32_t i = first + 1, named = 0; i <= last; i++) {
		if (same_altitude(f->waypoints[i].altitude, f->waypoints[i - 1].altitude))
			continue;
		if (named++ == 3) {
			dcf_buf_z(out, " \xe2\x86\x92 \xe2\x80\xa6");
			break;
		}
		dcf_buf_z(out, " \xe2\x86\x92 ");
		dcf_show_altitude(out, f->waypoints[i].altitude);
	}
	if (f->containment_e4) {
		bool feet = f->containment_e4 % DCF_FT_E4 == 0;

		dcf_buf_z(out, " \xc2\xb1 ");
		dcf_put_ratio(out, f->containment_e4, feet ? DCF_FT_E4 : DCF_M_E4, DCF_LEAN_NEAREST);
		dcf_buf_z(out, feet ? " ft" : " m");
	}
}

void dcf_report_band(const struct dcf_report *r, const struct dcf_feature *f, int64_t start_us, int64_t end_us, int64_t *low_e4,
		     int64_t *high_e4)
{
	int64_t low, high;
	uint32_t first, last;

	if (f->shape != DCF_TRAJECTORY) {
		dcf_altitude_msl(&r->offsets, f->lower, true, low_e4, &high);
		dcf_altitude_msl(&r->offsets, f->upper, false, &low, high_e4);
		return;
	}
	*low_e4 = DCF_ALT_MAX;
	*high_e4 = DCF_ALT_MIN;
	legs_within(f, start_us, end_us, &first, &last);
	for (uint32_t i = first; i <= last; i++) {
		dcf_altitude_msl(&r->offsets, f->waypoints[i].altitude, false, &low, &high);
		*low_e4 = low - f->containment_e4 < *low_e4 ? low - f->containment_e4 : *low_e4;
		*high_e4 = high + f->containment_e4 > *high_e4 ? high + f->containment_e4 : *high_e4;
	}
}
