/* SPDX-License-Identifier: Apache-2.0 */
/* notation_when.c - times as date-time groups, NOTAM times and RFC 3339. */
#include "core/time.h"
#include "format/notation_int.h"

#define MINUTE_US INT64_C(60000000)
/* JSON numbers are exact below 2^53 (RFC 8785): the years 1684 to 2255. */
#define EXACT INT64_C(9007199254740991)

static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

static enum dcf_status wrong(struct dcf_notation_fault *f, struct dcf_piece p, size_t at, enum dcf_status s, const char *text)
{
	*f = (struct dcf_notation_fault){ p.from[at < p.n ? at : p.n], text };
	return s;
}

/* Numbers of a date and time, as they are said in their zone. */
struct said {
	int64_t year, month, day, hour, minute, second;
	int zone_min;
	int64_t precision_us;
	enum dcf_when_form form;
};

/* Into the instant, through the text that core/time.h reads: one check of dates for all. */
static enum dcf_status settle(const struct said *d, struct dcf_piece t, struct dcf_when *out, struct dcf_notation_fault *f)
{
	const int64_t number[6] = { d->year, d->month, d->day, d->hour, d->minute, d->second };
	char text[] = "0000-00-00T00:00:00Z";
	size_t at = 4;
	int64_t us;
	const char *why;

	for (int i = 0; i < 6; i++) {
		int64_t v = number[i];

		for (int k = 0; k < (i ? 2 : 4); k++, v /= 10)
			text[at - 1 - (size_t)k] = (char)('0' + v % 10);
		at += 3;
	}
	why = d->second > 59 ? "no such time of day" : dcf_time_parse(dcf_span_of(text), false, &us);
	if (why)
		return wrong(f, t, 0, DCF_E_RANGE, why);
	*out = (struct dcf_when){ us - d->zone_min * MINUTE_US, d->precision_us, (uint8_t)d->form, (int16_t)d->zone_min };
	return DCF_OK;
}

/* ---- RFC 3339 ---- */

static enum dcf_status read_rfc3339(struct dcf_piece t, struct dcf_when *out, struct dcf_notation_fault *f)
{
	size_t point = dcf_piece_find(t, "."), n = point < t.n ? dcf_piece_digits(t, point + 1) : 0;
	struct dcf_when w = { .precision_us = n > 6 ? 1 : dcf_power_of_ten(6 - (int)n), .form = DCF_WHEN_RFC3339 };
	const char *why = dcf_time_parse((struct dcf_span){ t.c, t.n }, false, &w.us);

	if (why)
		return wrong(f, t, strcmp(why, "no time zone") ? 0 : t.n,
			     strcmp(why, "no time zone") ? DCF_E_SYNTAX : DCF_E_REFUSED, why);
	if (t.c[t.n - 1] != 'Z') {
		int minutes = (int)(dcf_piece_number(t, t.n - 5, 2) * 60 + dcf_piece_number(t, t.n - 2, 2));

		w.zone_min = (int16_t)(t.c[t.n - 6] == '-' ? -minutes : minutes);
	}
	*out = w;
	return DCF_OK;
}

/* ---- date-time groups ---- */

/* Minutes east of UTC of a zone letter; J is "local", which is no zone. */
static bool zone_of(char c, int *minutes)
{
	if (c < 'A' || c > 'Z' || c == 'J')
		return false;
	*minutes = c == 'Z' ? 0 : c >= 'N' ? -60 * (c - 'N' + 1) : 60 * (c - 'A' + 1 - (c > 'J'));
	return true;
}

static int month_at(struct dcf_piece t, size_t at)
{
	for (int m = 0; at + 3 <= t.n && m < 12; m++) {
		if (memcmp(t.c + at, months + 3 * m, 3) == 0)
			return m + 1;
	}
	return 0;
}

/* DDHHMM[SS], a zone letter, a month, a year of two or four digits; blanks are taken out. */
static enum dcf_status read_dtg(struct dcf_piece t, struct dcf_when *out, struct dcf_notation_fault *f)
{
	size_t n = dcf_piece_digits(t, 0), at = n, year;
	struct said d = { .form = DCF_WHEN_DTG, .precision_us = n == 8 ? 1000000 : MINUTE_US };

	if (n != 6 && n != 8)
		return wrong(f, t, 0, DCF_E_SYNTAX, "a date-time group begins with DDHHMM or DDHHMMSS: 171255ZSEP16");
	d.day = dcf_piece_number(t, 0, 2);
	d.hour = dcf_piece_number(t, 2, 2);
	d.minute = dcf_piece_number(t, 4, 2);
	d.second = n == 8 ? dcf_piece_number(t, 6, 2) : 0;
	if (month_at(t, at))
		return wrong(f, t, at, DCF_E_REFUSED,
			     "a time without its zone: expected a letter, Z for UTC, behind the digits");
	if (at < t.n && t.c[at] == 'J')
		return wrong(f, t, at, DCF_E_REFUSED,
			     "zone J is the local time of whoever reads it: expected another letter, Z for UTC");
	if (at >= t.n || !zone_of(t.c[at], &d.zone_min))
		return wrong(f, t, at, DCF_E_REFUSED,
			     "a time without its zone: expected a letter, Z for UTC, behind the digits");
	at++;
	if (at == t.n)
		return wrong(f, t, at, DCF_E_REFUSED, "a day without its month and year: expected such as 171255ZSEP16");
	d.month = month_at(t, at);
	if (!d.month)
		return wrong(f, t, at, DCF_E_SYNTAX, "no such month: expected JAN to DEC");
	at += 3;
	year = dcf_piece_digits(t, at);
	if (at == t.n)
		return wrong(f, t, at, DCF_E_REFUSED, "a month without its year: expected such as 171255ZSEP16");
	if ((year != 2 && year != 4) || at + year != t.n)
		return wrong(f, t, at, DCF_E_SYNTAX, "expected a year of two or four digits, and nothing behind it");
	d.year = dcf_piece_number(t, at, year) + (year == 2 ? 2000 : 0);
	return settle(&d, t, out, f);
}

/* ---- NOTAM ---- */

static enum dcf_status read_notam(struct dcf_piece t, struct dcf_when *out, struct dcf_notation_fault *f)
{
	struct said d = { .form = DCF_WHEN_NOTAM, .precision_us = MINUTE_US };

	d.year = 2000 + dcf_piece_number(t, 0, 2);
	d.month = dcf_piece_number(t, 2, 2);
	d.day = dcf_piece_number(t, 4, 2);
	d.hour = dcf_piece_number(t, 6, 2);
	d.minute = dcf_piece_number(t, 8, 2);
	return settle(&d, t, out, f);
}

/* ---- which is it ---- */

static const struct {
	const char *ends, *text;
} open_ended[] = {
	{ "EST", "an estimated time (EST): a notice needs a time that holds" },
	{ "PERM", "a period without an end (PERM): a notice needs one" },
	{ "UFN", "a period without an end (until further notice): a notice needs one" },
	{ "WIE", "with immediate effect (WIE): a notice needs a time" },
	{ "TBD", "a time that is not settled (TBD): a notice needs one" },
};

/* Without blanks; its bytes remember where they stood. */
static struct dcf_piece squeeze(struct dcf_clean *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		t->from[n] = t->from[i];
		t->c[n] = t->c[i];
		n += t->c[i] != ' ';
	}
	t->from[n] = t->from[t->n];
	t->n = n;
	return dcf_piece_of(t);
}

static enum dcf_status read_when(struct dcf_clean *clean, struct dcf_when *out, struct dcf_notation_fault *f)
{
	struct dcf_piece t = dcf_piece_of(clean);
	size_t n;

	for (size_t i = 0; i < sizeof open_ended / sizeof *open_ended; i++) {
		if (dcf_piece_ends(t, open_ended[i].ends))
			return wrong(f, t, t.n - strlen(open_ended[i].ends), DCF_E_REFUSED, open_ended[i].text);
	}
	if (t.n > 4 && dcf_piece_digits(t, 0) == 4 && t.c[4] == '-')
		return read_rfc3339(t, out, f);
	t = squeeze(clean);
	if (dcf_piece_begins(t, "H+") || dcf_piece_begins(t, "H-"))
		return wrong(f, t, 0, DCF_E_REFUSED, "relative to an H-hour that is not defined: expected the time itself");
	n = dcf_piece_digits(t, 0);
	if (n == 10 && (n == t.n || (t.n == 11 && t.c[10] == 'Z')))
		return read_notam(t, out, f);
	if ((n == 3 || n == 4) && n + 1 >= t.n)
		return wrong(f, t, 0, DCF_E_REFUSED, "a time of day without its date: expected such as 171255ZSEP16");
	if (n == t.n && n)
		return wrong(f, t, 0, DCF_E_REFUSED,
			     "bare digits: expected ten (YYMMDDHHMM of a NOTAM), a date-time group or RFC 3339");
	if (n == 6 || n == 8)
		return read_dtg(t, out, f);
	return wrong(f, t, 0, DCF_E_SYNTAX, "no time: expected such as 2016-09-17T12:55:00Z, 171255ZSEP16 or 1609171255");
}

enum dcf_status dcf_when_parse(struct dcf_span text, struct dcf_when *out, struct dcf_notation_fault *fault)
{
	struct dcf_notation_fault unused, *f = fault ? fault : &unused;
	struct dcf_clean clean;
	struct dcf_when read;
	enum dcf_status s = dcf_clean_text(text, &clean, f);

	if (s != DCF_OK)
		return s;
	s = read_when(&clean, &read, f);
	if (s != DCF_OK)
		return s;
	if (!(read.us >= -EXACT && read.us <= EXACT))
		return wrong(f, dcf_piece_of(&clean), 0, DCF_E_RANGE, "outside the years 1685 to 2254");
	*out = read;
	return DCF_OK;
}

/* ---- writing ---- */

static void put_dtg(struct dcf_buf *out, const struct dcf_civil *c)
{
	dcf_put_digits(out, c->day, 2);
	dcf_put_digits(out, c->hour, 2);
	dcf_put_digits(out, c->minute, 2);
	if (c->second)
		dcf_put_digits(out, c->second, 2);
	dcf_buf_char(out, 'Z');
	dcf_buf_put(out, months + (c->month - 1) * 3, 3);
	if (c->year >= 2000 && c->year < 2100)
		dcf_put_digits(out, c->year % 100, 2);
	else
		dcf_put_digits(out, c->year, 4);
}

static void put_notam(struct dcf_buf *out, const struct dcf_civil *c)
{
	dcf_put_digits(out, c->year % 100, 2);
	dcf_put_digits(out, c->month, 2);
	dcf_put_digits(out, c->day, 2);
	dcf_put_digits(out, c->hour, 2);
	dcf_put_digits(out, c->minute, 2);
}

bool dcf_when_put(struct dcf_buf *out, const struct dcf_when *w, enum dcf_when_form as)
{
	struct dcf_civil c = dcf_civil_of(w->us);

	if (c.year < 1 || c.year > 9999 || (as == DCF_WHEN_NOTAM && (c.year < 2000 || c.year > 2099)))
		return false;
	if (as == DCF_WHEN_RFC3339)
		dcf_time_put(out, w->us, c.us == 0 ? DCF_TIME_S : c.us % 1000 == 0 ? DCF_TIME_MS_DOWN : DCF_TIME_US);
	else
		(as == DCF_WHEN_DTG ? put_dtg : put_notam)(out, &c);
	return true;
}
