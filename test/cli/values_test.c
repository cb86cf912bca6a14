/* SPDX-License-Identifier: Apache-2.0 */
/* values_test.c - values of options: what is read exactly, what is refused. */
#include "cli/cli.h"
#include "tap.h"

#include <string.h>

static void heights_are_exact(void)
{
	/* clang-format off */
	static const struct {
		const char *text;
		int64_t e4; /* -1: refused */
	} rows[] = {
		{ "1000ft", 1000 * 3048 }, { "1000 ft", 1000 * 3048 }, { "1000FT", 1000 * 3048 }, { "300m", 3000000 },
		{ "0.5m", 5000 },	   { "0.00001m", 1 },	       { "0.1ft", 305 },	  { "0", 0 },
		{ "0ft", 0 },		   { "100km", 1000000000 },    { "100.0001km", -1 },	  { "1000", -1 },
		{ "ft", -1 },		   { "", -1 },		       { "-5ft", -1 },		  { "1e3ft", -1 },
		{ "5NM", -1 },		   { "1.ft", -1 },	       { ".5ft", -1 },		  { "1.2.3ft", -1 },
		{ "nan", -1 },		   { "99999999999999999999ft", -1 }, { "1000ftx", -1 },	  { " 5ft", -1 },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t e4 = -7;
		const char *expected = dcf_take_vertical(rows[i].text, &e4);

		CHECK_MSG((expected != NULL) == (rows[i].e4 < 0), "'%s'", rows[i].text);
		CHECK_MSG(expected || e4 == rows[i].e4, "'%s': %lld", rows[i].text, (long long)e4);
	}
}

static void lengths_take_every_unit(void)
{
	static const struct {
		const char *text;
		double metres;
	} rows[] = { { "5NM", 9260 },  { "5nm", 9260 },   { "9.26km", 9260 }, { "300m", 300 },
		     { "0.5NM", 926 }, { "10ft", 3.048 }, { "5000km", 5e6 },  { "5000.1km", -1 },
		     { "3mi", -1 },    { "5", -1 },       { "0", 0 } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double m = -7;
		const char *expected = dcf_take_lateral(rows[i].text, &m);

		CHECK_MSG((expected != NULL) == (rows[i].metres < 0), "'%s'", rows[i].text);
		CHECK_MSG(expected || m == rows[i].metres, "'%s': %.17g", rows[i].text, m);
	}
}

static void durations_and_counts(void)
{
	int64_t us = 0;
	unsigned n = 0;

	CHECK(dcf_take_duration("180s", &us) == NULL && us == 180000000);
	CHECK(dcf_take_duration("3min", &us) == NULL && us == 180000000);
	CHECK(dcf_take_duration("1.5h", &us) == NULL && us == 5400000000);
	CHECK(dcf_take_duration("0.0000019s", &us) != NULL);
	CHECK(dcf_take_duration("180", &us) != NULL);
	CHECK(dcf_take_duration("9000h", &us) != NULL);
	CHECK(dcf_take_threads("1", &n) == NULL && n == 1);
	CHECK(dcf_take_threads("1024", &n) == NULL && n == 1024);
	CHECK(dcf_take_threads("0", &n) != NULL);
	CHECK(dcf_take_threads("1025", &n) != NULL);
	CHECK(dcf_take_threads("1.0", &n) != NULL);
	CHECK(dcf_take_threads("two", &n) != NULL);
}

static void shown_text_cannot_steer_a_terminal(void)
{
	/* clang-format off */
	static const char *const rows[][2] = {
		{ "plain", "plain" },
		{ "a\033[31mb", "a?[31mb" },
		{ "a\nb\tc\x7f", "a?b?c?" },
		{ "\xc2\x9b" "31m", "?31m" },
		{ "\xe2\x80\xae" "x\xe2\x81\xa6", "?x?" },
		{ "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa8", "????" },
		{ "\xd8\x9b\xe2\x80\x90\xe2\x81\xaa\xe2\x80\xaf", "\xd8\x9b\xe2\x80\x90\xe2\x81\xaa\xe2\x80\xaf" },
		{ "\xff\xc3", "??" },
		{ "\xd0\x94\xd0\xbe \xc3\xa9", "\xd0\x94\xd0\xbe \xc3\xa9" },
	};
	/* clang-format on */
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_buf out = { .from = &heap };

		dcf_put_shown(&out, dcf_span_of(rows[i][0]));
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(rows[i][1])), "%zu: %.*s", i, (int)out.len, out.p);
		dcf_buf_free(&out);
	}
}

static void levels_and_weights(void)
{
	static const char *const bad_levels[] = { "",         "FL180",   "FL180..",    "..FL180",  "FL410..FL180",
						  "180..410", "FL..FL2", "FL1.x..FL2", "-5ft..5ft" };
	static const char *const bad_weights[] = {
		"",       "delay",    "delay=",          "delay=-1",         "delay=1,",         "delay=1,delay=2",
		"cost=1", ",delay=1", "delay=1;extra=2", "delay=1,,extra=2", "delay=99999999999"
	};
	struct dcf_cli_levels l = { 0 };
	struct dcf_cli_weights w = { 0 };

	CHECK(dcf_take_levels("FL180..FL410", &l) == NULL && l.given && l.lowest_e4 == 180 * 304800 &&
	      l.highest_e4 == 410 * 304800);
	CHECK(dcf_take_levels("1000ft..300m", &l) != NULL);
	CHECK(dcf_take_levels("900ft..300m", &l) == NULL && l.lowest_e4 == 900 * 3048 && l.highest_e4 == 3000000);
	CHECK(dcf_take_levels("fl65.5..fl65.5", &l) == NULL && l.lowest_e4 == 6550 * 3048);
	for (size_t i = 0; i < sizeof bad_levels / sizeof *bad_levels; i++)
		CHECK_MSG(dcf_take_levels(bad_levels[i], &l) != NULL, "'%s'", bad_levels[i]);
	CHECK(dcf_take_weights("delay=1.5,extra=0.01", &w) == NULL && w.has_delay && !w.has_altitude && w.has_extra &&
	      w.delay_s == 1.5 && w.extra_m == 0.01);
	CHECK(dcf_take_weights("altitude=0", &w) == NULL && !w.has_delay && w.has_altitude && w.altitude_ft == 0);
	for (size_t i = 0; i < sizeof bad_weights / sizeof *bad_weights; i++)
		CHECK_MSG(dcf_take_weights(bad_weights[i], &w) != NULL, "'%s'", bad_weights[i]);
}

static void shares_and_numbers(void)
{
	uint64_t n = 7;
	double share = 0;

	CHECK(dcf_take_count("0", &n) == NULL && n == 0);
	CHECK(dcf_take_count("1000000000000000", &n) == NULL && n == 1000000000000000);
	CHECK(dcf_take_count("1000000000000001", &n) != NULL && dcf_take_count("18446744073709551617", &n) != NULL);
	CHECK(dcf_take_count("", &n) != NULL && dcf_take_count("-1", &n) != NULL && dcf_take_count("1.5", &n) != NULL &&
	      dcf_take_count("7x", &n) != NULL);
	CHECK(dcf_take_share("60%", &share) == NULL && share == 0.6);
	CHECK(dcf_take_share("100%", &share) == NULL && share == 1);
	CHECK(dcf_take_share("0%", &share) != NULL && dcf_take_share("101%", &share) != NULL &&
	      dcf_take_share("0.6", &share) != NULL);
}

int main(void)
{
	return TAP_RUN(TAP(heights_are_exact), TAP(lengths_take_every_unit), TAP(durations_and_counts),
		       TAP(shown_text_cannot_steer_a_terminal), TAP(levels_and_weights), TAP(shares_and_numbers));
}
