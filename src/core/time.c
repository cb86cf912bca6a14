/* SPDX-License-Identifier: Apache-2.0 */
#include "core/time.h"

#define DAY_US 86400000000
/* 0001-01-01T00:00:00Z and the last microsecond of 9999 */
#define FIRST_US INT64_C(-62135596800000000)
#define LAST_US  INT64_C(253402300799999999)

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar (years counted from March). */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

struct cursor {
	const char *p, *end;
};

/* Exactly `n` digits as a number, -1 when they are not there. */
static int number(struct cursor *c, int n)
{
	int v = 0;

	if (c->end - c->p < n)
		return -1;
	for (; n > 0; n--, c->p++) {
		if (*c->p < '0' || *c->p > '9')
			return -1;
		v = v * 10 + (*c->p - '0');
	}
	return v;
}

static bool take(struct cursor *c, const char *one_of)
{
	if (c->p < c->end && *c->p && strchr(one_of, *c->p)) {
		c->p++;
		return true;
	}
	return false;
}

/* ".123456789" in microseconds; whatever lies beyond them rounds down, or up. */
static bool fraction(struct cursor *c, bool up, int32_t *us)
{
	int32_t unit = 100000;
	bool rest = false;
	const char *from;

	*us = 0;
	if (!take(c, "."))
		return true;
	from = c->p;
	for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++, unit /= 10) {
		*us += (*c->p - '0') * unit;
		rest |= unit == 0 && *c->p != '0';
	}
	*us += rest && up;
	return c->p > from;
}

static const char *zone(struct cursor *c, int *minutes)
{
	int sign, h, m;

	*minutes = 0;
	if (take(c, "Zz"))
		return NULL;
	if (c->p == c->end)
		return "no time zone";
	sign = *c->p == '-' ? -1 : 1;
	if (!take(c, "+-"))
		return "expected a time zone, Z or +hh:mm";
	h = number(c, 2);
	m = take(c, ":") ? number(c, 2) : -1;
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return "expected a time zone, Z or +hh:mm";
	*minutes = sign * (h * 60 + m);
	return NULL;
}

const char *dcf_time_parse(struct dcf_span text, bool up, int64_t *time_us)
{
	struct cursor c = { text.p, text.p + text.len };
	int year, month, day, hour, minute, second, minutes;
	int32_t us;
	int64_t at_us;
	const char *wrong;

	year = number(&c, 4);
	month = take(&c, "-") ? number(&c, 2) : -1;
	day = take(&c, "-") ? number(&c, 2) : -1;
	if (year < 0 || month < 0 || day < 0)
		return "expected an RFC 3339 time such as 2015-09-20T06:00:00Z";
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return "no such date";
	hour = take(&c, "Tt ") ? number(&c, 2) : -1;
	minute = take(&c, ":") ? number(&c, 2) : -1;
	second = take(&c, ":") ? number(&c, 2) : -1;
	if (hour < 0 || minute < 0 || second < 0 || !fraction(&c, up, &us))
		return "expected an RFC 3339 time such as 2015-09-20T06:00:00Z";
	if (hour > 23 || minute > 59 || second > 60 || (second == 60 && minute != 59))
		return "no such time of day";
	wrong = zone(&c, &minutes);
	if (wrong)
		return wrong;
	if (c.p != c.end)
		return "characters after the time";
	at_us = days_of(year, month, day) * DAY_US + ((hour * 60 + minute - minutes) * (int64_t)60 + second) * 1000000 + us;
	/* A zone can carry it over; what cannot be written must not be read. */
	if (at_us < FIRST_US || at_us > LAST_US)
		return "no such date: expected the years 1 to 9999 in UTC";
	*time_us = at_us;
	return NULL;
}

struct dcf_civil dcf_civil_of(int64_t time_us)
{
	int64_t days = time_us / DAY_US, us = time_us % DAY_US;
	int64_t z, era, doe, yoe, doy, mp;
	struct dcf_civil c;

	if (us < 0) {
		us += DAY_US;
		days--;
	}
	z = days + 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	c.day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c.year = (int)(yoe + era * 400 + (c.month <= 2));
	c.us = (int32_t)(us % 1000000);
	us /= 1000000;
	c.second = (int)(us % 60);
	c.minute = (int)(us / 60 % 60);
	c.hour = (int)(us / 3600);
	return c;
}

static void put_padded(struct dcf_buf *out, int v, int digits)
{
	char text[12];

	for (int i = digits; i-- > 0; v /= 10)
		text[i] = (char)('0' + v % 10);
	dcf_buf_put(out, text, (size_t)digits);
}

void dcf_time_put(struct dcf_buf *out, int64_t time_us, enum dcf_time_precision precision)
{
	static const int64_t first = -62167219200000000, last = LAST_US; /* years 0 and 9999 */
	struct dcf_civil c;

	if (precision == DCF_TIME_MS_UP)
		time_us = time_us > last - 999 ? last : time_us + 999;
	c = dcf_civil_of(time_us < first ? first : time_us > last ? last : time_us);
	put_padded(out, c.year, 4);
	dcf_buf_char(out, '-');
	put_padded(out, c.month, 2);
	dcf_buf_char(out, '-');
	put_padded(out, c.day, 2);
	dcf_buf_char(out, 'T');
	put_padded(out, c.hour, 2);
	dcf_buf_char(out, ':');
	put_padded(out, c.minute, 2);
	dcf_buf_char(out, ':');
	put_padded(out, c.second, 2);
	if (precision != DCF_TIME_S) {
		dcf_buf_char(out, '.');
		put_padded(out, precision == DCF_TIME_US ? c.us : c.us / 1000, precision == DCF_TIME_US ? 6 : 3);
	}
	dcf_buf_char(out, 'Z');
}
