/* SPDX-License-Identifier: Apache-2.0 */
/* test_library.c EXAMPLE OTHER: the public library as other programs see it: only its headers, only what it exports. */
#include <deconflict/deconflict.h>

#include "tap.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *example, *other;
static size_t example_len, other_len;

/* --- memory that counts and fails ----------------------------------------------------------------- */

struct counting {
	size_t calls, fail_at; /* the call that fails, from 1; 0: none */
	bool for_good;         /* and all later ones */
	long blocks;
	size_t bytes;
};

static void *count_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct counting *c = ctx;
	void *q;

	if (new_size == 0) {
		c->blocks -= p != NULL;
		c->bytes -= old_size;
		free(p);
		return NULL;
	}
	c->calls++;
	if (c->fail_at && (c->for_good ? c->calls >= c->fail_at : c->calls == c->fail_at))
		return NULL;
	q = realloc(p, new_size);
	if (q) {
		c->blocks += p == NULL;
		c->bytes += new_size - old_size;
	}
	return q;
}

/* --- sinks ---------------------------------------------------------------------------------------- */

struct text {
	char *p;
	size_t len;
	int stop;
};

static int keep(void *ctx, const void *bytes, size_t n)
{
	struct text *t = ctx;

	if (t->stop)
		return 1;
	t->p = realloc(t->p, t->len + n + 1);
	memcpy(t->p + t->len, bytes, n);
	t->len += n;
	t->p[t->len] = 0;
	return 0;
}

/* --- helpers -------------------------------------------------------------------------------------- */

static struct dcf_operations *read_text(const struct dcf_alloc *a, const char *text, size_t n, bool finish)
{
	struct dcf_operations *ops = NULL;

	CHECK(dcf_operations_new(a, &ops) == DCF_OK);
	CHECK(dcf_operations_read_bytes(ops, "t.geojson", NULL, text, n) == DCF_OK);
	if (finish)
		CHECK(dcf_operations_finish(ops) == DCF_OK);
	return ops;
}

static bool is(struct dcf_text t, const char *z)
{
	return t.len == strlen(z) && memcmp(t.p ? t.p : "", z, t.len) == 0;
}

/* --- operations ----------------------------------------------------------------------------------- */

static void reads_and_counts(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len, true);
	struct dcf_operations_counts n = dcf_operations_count(ops);
	struct dcf_operation_view v;
	int64_t six, nine;
	bool seen = false;

	CHECK(n.parties == 2 && n.operations == 13 && n.features == 13);
	CHECK(dcf_time_read("2015-09-20T06:00:00Z", 20, false, &six, NULL) == DCF_OK);
	CHECK(dcf_time_read("2015-09-20T09:00:00Z", 20, false, &nine, NULL) == DCF_OK);
	for (size_t i = 0; i < n.operations; i++) {
		CHECK(dcf_operations_get(ops, i, &v) == DCF_OK && v.features == 1 && v.start_us < v.end_us);
		if (is(v.id, "RU-AIRLIFT-01")) {
			seen = true;
			CHECK(is(v.party, "RU") && v.start_us == six && v.end_us == nine);
		}
	}
	CHECK(seen);
	CHECK(dcf_operations_get(ops, n.operations, &v) == DCF_E_RANGE);
	dcf_operations_free(ops);
	dcf_operations_free(NULL);
}

/* A byte at a time, as a slow line might give it. */
static int64_t dribble(void *ctx, void *to, size_t n)
{
	size_t *at = ctx;

	if (n == 0 || *at == example_len)
		return 0;
	*(char *)to = example[(*at)++];
	return 1;
}

static int64_t broken(void *ctx, void *to, size_t n)
{
	(void)ctx;
	(void)to;
	(void)n;
	return -1;
}

static void reads_from_a_source(void)
{
	size_t at = 0;
	struct dcf_input slow = { dribble, &at }, bad = { broken, NULL };
	struct dcf_operations *ops = NULL;
	struct dcf_note note;

	CHECK(dcf_operations_new(NULL, &ops) == DCF_OK);
	CHECK(dcf_operations_read(ops, "slow", NULL, &slow) == DCF_OK);
	CHECK(dcf_operations_count(ops).operations == 13);
	CHECK(dcf_operations_read(ops, "broken", NULL, &bad) == DCF_E_IO);
	CHECK(dcf_operations_count(ops).operations == 13 && dcf_operations_count(ops).notes == 1);
	CHECK(dcf_operations_note(ops, 0, &note) == DCF_OK && note.refused && note.where.len > 0 && note.text.len > 0);
	CHECK(dcf_operations_note(ops, 1, &note) == DCF_E_RANGE);
	dcf_operations_free(ops);
}

static void malformed_input_leaves_nothing_but_a_note(void)
{
	struct dcf_operations *ops = NULL;

	CHECK(dcf_operations_new(NULL, &ops) == DCF_OK);
	CHECK(dcf_operations_read_bytes(ops, NULL, NULL, NULL, 0) == DCF_E_SYNTAX);
	for (size_t n = 1; n < example_len - 2; n += 97)
		CHECK_MSG(dcf_operations_read_bytes(ops, "cut", NULL, example, n) == DCF_E_SYNTAX, "cut at %zu", n);
	CHECK(dcf_operations_count(ops).operations == 0 && dcf_operations_count(ops).features == 0);
	CHECK(dcf_operations_count(ops).notes == 1 + (example_len - 2 + 95) / 97);
	dcf_operations_free(ops);
}

static void what_is_out_of_order_is_refused(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len, false);
	struct dcf_question q = dcf_question_usual();
	struct dcf_answer *answer = (struct dcf_answer *)ops;
	struct text t = { 0 };

	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_E_USAGE && !answer);
	CHECK(dcf_operations_write(ops, DCF_FORMAT_KML, keep, &t) == DCF_E_USAGE && t.len == 0);
	CHECK(dcf_operations_finish(ops) == DCF_OK && dcf_operations_finish(ops) == DCF_OK);
	CHECK(dcf_operations_read_bytes(ops, "late", NULL, example, example_len) == DCF_E_USAGE);
	q.lateral_m = -1;
	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_E_RANGE && !answer);
	q.lateral_m = NAN;
	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_E_RANGE && !answer);
	q = dcf_question_usual();
	q.vertical_e4 = -1;
	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_E_RANGE && !answer);
	q = dcf_question_usual();
	q.for_party = "nobody";
	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_E_NOT_FOUND && !answer);
	q = dcf_question_usual();
	q.only_operation = "CO/nothing";
	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_E_NOT_FOUND && !answer);
	CHECK(dcf_operations_write(ops, DCF_FORMAT_END, keep, &t) == DCF_E_RANGE);
	t.stop = 1;
	CHECK(dcf_operations_write(ops, DCF_FORMAT_GEOJSON, keep, &t) == DCF_E_IO);
	dcf_operations_free(ops);
}

static void written_and_read_again_it_is_the_same(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len, true), *again;
	struct text first = { 0 }, second = { 0 };
	static const char *const begins[] = { "{", "[", "<?xml", "<!doctype html>" };

	CHECK(dcf_operations_write(ops, DCF_FORMAT_GEOJSON, keep, &first) == DCF_OK);
	again = read_text(NULL, first.p, first.len, true);
	CHECK(dcf_operations_write(again, DCF_FORMAT_GEOJSON, keep, &second) == DCF_OK);
	CHECK(first.len == second.len && memcmp(first.p, second.p, first.len) == 0);
	for (int f = 0; f < DCF_FORMAT_END; f++) {
		struct text t = { 0 };

		CHECK(dcf_operations_write(ops, (enum dcf_format)f, keep, &t) == DCF_OK);
		CHECK_MSG(t.p && strncmp(t.p, begins[f], strlen(begins[f])) == 0, "format %d: %.20s", f, t.p ? t.p : "");
		free(t.p);
	}
	free(first.p);
	free(second.p);
	dcf_operations_free(again);
	dcf_operations_free(ops);
}

/* --- answers -------------------------------------------------------------------------------------- */

static void the_example_has_four_conflicts(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len, true);
	struct dcf_question q = dcf_question_usual();
	struct dcf_answer *answer = NULL;
	struct dcf_answer_counts n;
	struct dcf_pair_found p;
	struct dcf_interval_found v;
	struct dcf_note note;
	struct dcf_rule_not_kept rule;

	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_OK);
	n = dcf_answer_count(answer);
	CHECK(n.operations == 13 && n.features == 13 && n.pairs[DCF_PAIRS_CONFLICTS] == 4 && n.refused == 0 && n.found);
	CHECK(n.pairs[DCF_PAIRS_INTERNAL] == 0);
	CHECK(dcf_answer_pair(answer, DCF_PAIRS_CONFLICTS, 2, &p) == DCF_OK);
	CHECK(is(p.a.party, "CO") && is(p.a.operation, "US-B1-01") && is(p.b.operation, "RU-AIRLIFT-01") &&
	      is(p.b.feature, "RU-AIRLIFT-01"));
	CHECK(p.kind == DCF_KIND_OVERLAP && p.has_overlap && p.overlap_start_us >= p.start_us && p.overlap_end_us <= p.end_us);
	CHECK(p.lateral_gap_dm == 0 && p.vertical_gap_dft[0] == 0 && p.vertical_gap_dft[1] == 0);
	CHECK(p.minimum_lateral_m == 3 * 1852.0 && p.minimum_vertical_e4 == 3000 * 3048);
	CHECK(fabs(p.closest.lat_deg - 36.2) < 0.2 && fabs(p.closest.lon_deg - 40.6) < 0.2);
	CHECK(p.intervals >= 1 && dcf_answer_interval(answer, DCF_PAIRS_CONFLICTS, 2, 0, &v) == DCF_OK);
	CHECK(v.start_us == p.start_us && is(v.a_feature, "US-B1-01"));
	CHECK(dcf_answer_pair(answer, DCF_PAIRS_CONFLICTS, 3, &p) == DCF_OK && p.kind == DCF_KIND_SEPARATION);
	CHECK(!p.has_overlap && p.overlap_start_us == DCF_NO_TIME && p.overlap_end_us == DCF_NO_TIME);
	CHECK(dcf_answer_pair(answer, DCF_PAIRS_CONFLICTS, 4, &p) == DCF_E_RANGE);
	CHECK(dcf_answer_pair(answer, DCF_PAIRS_END, 0, &p) == DCF_E_RANGE);
	CHECK(dcf_answer_interval(answer, DCF_PAIRS_CONFLICTS, 3, p.intervals, &v) == DCF_E_RANGE);
	CHECK(dcf_answer_interval(answer, DCF_PAIRS_BRIEF, 0, 0, &v) == DCF_E_RANGE);
	CHECK(n.notes > 0 && dcf_answer_note(answer, 0, &note) == DCF_OK && !note.refused);
	CHECK(dcf_answer_note(answer, n.notes, &note) == DCF_E_RANGE);
	CHECK(dcf_answer_breach(answer, n.breaches, &rule) == DCF_E_RANGE);
	dcf_answer_free(answer);
	dcf_answer_free(NULL);
	dcf_operations_free(ops);
}

static void a_question_narrows_and_widens(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len, true);
	struct dcf_question q = dcf_question_usual();
	struct dcf_answer *answer = NULL;
	struct dcf_answer_counts n;

	q.only_operation = "CO/US-B1-01";
	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_OK && dcf_answer_count(answer).pairs[DCF_PAIRS_CONFLICTS] == 1);
	dcf_answer_free(answer);
	q = dcf_question_usual();
	q.for_party = "CO";
	q.lateral_m = 50000;
	q.vertical_e4 = 5000 * 3048;
	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_OK);
	n = dcf_answer_count(answer);
	CHECK(n.pairs[DCF_PAIRS_CONFLICTS] > 4 && n.pairs[DCF_PAIRS_INTERNAL] > 0);
	dcf_answer_free(answer);
	dcf_operations_free(ops);
}

static struct text json_of(const struct dcf_operations *ops, const struct dcf_question *q)
{
	struct dcf_answer *answer = NULL;
	struct text t = { 0 };

	CHECK(dcf_check_operations(ops, q, &answer) == DCF_OK);
	CHECK(dcf_answer_json(answer, keep, &t) == DCF_OK);
	dcf_answer_free(answer);
	return t;
}

static void backwards(void *ctx, unsigned jobs, void (*job)(void *arg, unsigned k), void *arg)
{
	*(unsigned *)ctx += jobs;
	while (jobs-- > 0)
		job(arg, jobs);
}

static void every_way_gives_the_same_bytes(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len, true);
	struct dcf_question q = dcf_question_usual();
	struct text usual = json_of(ops, &q), brute, threads;
	unsigned jobs = 0;

	q.brute = true;
	brute = json_of(ops, &q);
	q = dcf_question_usual();
	q.threads = 3;
	q.run = backwards;
	q.run_ctx = &jobs;
	threads = json_of(ops, &q);
	CHECK(usual.len > 1000 && usual.len == brute.len && memcmp(usual.p, brute.p, usual.len) == 0);
	CHECK(usual.len == threads.len && memcmp(usual.p, threads.p, usual.len) == 0);
	CHECK(jobs > 0);
	free(usual.p);
	free(brute.p);
	free(threads.p);
	dcf_operations_free(ops);
}

static void texts_are_sized_first_then_filled(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len, true);
	struct dcf_question q = dcf_question_usual();
	struct dcf_answer *answer = NULL;
	struct text t = { 0 }, page = { 0 };
	size_t need = 0, same = 0;
	char *room;

	CHECK(dcf_check_operations(ops, &q, &answer) == DCF_OK);
	CHECK(dcf_answer_json_fill(answer, NULL, 0, &need) == DCF_E_LIMIT && need > 1000);
	room = malloc(need);
	memset(room, 'x', need);
	CHECK(dcf_answer_json_fill(answer, room, need - 1, &same) == DCF_E_LIMIT && same == need && room[0] == 'x');
	CHECK(dcf_answer_json_fill(answer, room, need, NULL) == DCF_OK && strlen(room) + 1 == need);
	CHECK(dcf_answer_json(answer, keep, &t) == DCF_OK && t.len + 1 == need && strcmp(t.p, room) == 0);
	CHECK(dcf_answer_notice(answer, room, need, &same) == DCF_OK && strlen(room) + 1 == same);
	CHECK(strstr(room, "No conflict found is not clearance"));
	CHECK(dcf_answer_report(answer, keep, &page) == DCF_OK && strstr(page.p, "US-B1-01") && strstr(page.p, "</html>"));
	t.stop = 1;
	CHECK(dcf_answer_json(answer, keep, &t) == DCF_E_IO);
	free(room);
	free(t.p);
	free(page.p);
	dcf_answer_free(answer);
	dcf_operations_free(ops);
}

/* --- memory --------------------------------------------------------------------------------------- */

/* Reads both files, one with lines, areas and refusals, checks, writes. */
static enum dcf_status all_of_it(const struct dcf_alloc *a)
{
	struct dcf_operations *ops = NULL;
	struct dcf_answer *answer = NULL;
	struct dcf_question q = dcf_question_usual();
	struct text t = { 0 };
	enum dcf_status s;

	q.for_party = "CO";
	if ((s = dcf_operations_new(a, &ops)) != DCF_OK ||
	    (s = dcf_operations_read_bytes(ops, "t", NULL, example, example_len)) != DCF_OK ||
	    (s = dcf_operations_read_bytes(ops, "u", NULL, other, other_len)) != DCF_OK ||
	    (s = dcf_operations_finish(ops)) != DCF_OK || (s = dcf_check_operations(ops, &q, &answer)) != DCF_OK ||
	    (s = dcf_answer_json(answer, keep, &t)) != DCF_OK ||
	    (s = dcf_operations_write(ops, DCF_FORMAT_GEOJSON, keep, &t)) != DCF_OK)
		goto done;
done:
	CHECK(s == DCF_OK || (s == DCF_E_NOMEM && t.stop == 0));
	free(t.p);
	dcf_answer_free(answer);
	dcf_operations_free(ops);
	return s;
}

/* Each allocation fails once, then from some one on for good: never a leak, a crash or a wrong success. */
static void any_allocation_may_fail(void)
{
	for (int for_good = 0; for_good < 2; for_good++) {
		struct counting c = { 0 };
		const struct dcf_alloc a = { count_resize, &c };
		enum dcf_status s = DCF_E_NOMEM;

		for (size_t n = 1; s != DCF_OK && n < 100000; n++) {
			c = (struct counting){ .fail_at = n, .for_good = for_good };
			s = all_of_it(&a);
			CHECK_MSG(c.blocks == 0 && c.bytes == 0, "allocation %zu: %ld blocks of %zu bytes left", n, c.blocks,
				  c.bytes);
			CHECK_MSG(s == DCF_E_NOMEM || c.calls < n, "allocation %zu failed unseen: %s", n, dcf_status_text(s));
		}
		CHECK(s == DCF_OK && c.calls > 50);
	}
}

/* --- geodesy, altitude, time, encounters ---------------------------------------------------------- */

static void distances_are_those_of_the_ellipsoid(void)
{
	/* Flinders Peak to Buninyong, the test line of the Geocentric Datum of Australia technical manual (on
	 * GRS 80: the ellipsoids differ by 0.1 mm): 54,972.271 m, 306 deg 52' 05.37". */
	const struct dcf_position flinders = { -(37 + 57 / 60.0 + 3.72030 / 3600), 144 + 25 / 60.0 + 29.52440 / 3600 };
	const struct dcf_position buninyong = { -(37 + 39 / 60.0 + 10.15610 / 3600), 143 + 55 / 60.0 + 35.38390 / 3600 };
	const struct dcf_position pole = { 90, 17 }, east = { 0, 179.5 }, west = { 0, -179.5 };
	struct dcf_position to;
	double d, az;

	CHECK(dcf_geo_inverse(flinders, buninyong, &d, &az) == DCF_OK);
	CHECK_MSG(fabs(d - 54972.271) < 0.02 && fabs(az - (306 + 52 / 60.0 + 5.37 / 3600)) < 1e-5, "%.4f %.8f", d, az);
	CHECK(dcf_geo_distance(flinders, buninyong, &d) == DCF_OK && fabs(d - 54972.271) < 0.1 + 1e-6 * d);
	CHECK(dcf_geo_direct(flinders, az, 54972.271, &to) == DCF_OK);
	CHECK(fabs(to.lat_deg - buninyong.lat_deg) < 3e-7 && fabs(to.lon_deg - buninyong.lon_deg) < 3e-7);
	/* A quarter of a meridian, and a degree of the equator over the antimeridian. */
	CHECK(dcf_geo_inverse((struct dcf_position){ 0, -30 }, pole, &d, &az) == DCF_OK && fabs(d - 10001965.729) < 0.001 &&
	      az < 1e-6);
	CHECK(dcf_geo_inverse(east, west, &d, &az) == DCF_OK && fabs(d - 111319.4908) < 0.001 && fabs(az - 90) < 1e-9);
	CHECK(dcf_geo_distance(east, west, &d) == DCF_OK && fabs(d - 111319.4908) < 0.2);
	CHECK(dcf_geo_inverse(pole, pole, &d, NULL) == DCF_OK && d == 0);
	CHECK(dcf_geo_inverse((struct dcf_position){ 0, 0 }, (struct dcf_position){ 0, 180 }, &d, &az) == DCF_E_REFUSED &&
	      d == 0);
	CHECK(dcf_geo_distance((struct dcf_position){ 90.0001, 0 }, pole, &d) == DCF_E_RANGE);
	CHECK(dcf_geo_inverse((struct dcf_position){ 0, 181 }, pole, &d, &az) == DCF_E_RANGE);
	CHECK(dcf_geo_distance((struct dcf_position){ 0, (double)NAN }, pole, &d) == DCF_E_RANGE);
	CHECK(dcf_geo_direct(east, (double)NAN, 1, &to) == DCF_E_RANGE && dcf_geo_direct(east, 0, -1, &to) == DCF_E_RANGE);
	CHECK(dcf_geo_direct(east, 90, 111319.4908, &to) == DCF_OK && fabs(to.lon_deg + 179.5) < 2e-7);
}

static int64_t sea_ft(const struct dcf_air *air, double value, enum dcf_unit unit, enum dcf_reference ref)
{
	struct dcf_level level;
	int64_t e4[2];

	CHECK(dcf_level_of(value, unit, ref, &level) == DCF_OK && dcf_level_above_sea(air, level, e4) == DCF_OK);
	CHECK(e4[1] - e4[0] <= 1);
	return (int64_t)floor((double)e4[0] / 3048 + 0.5);
}

static void altitudes_differ_by_intervals(void)
{
	struct dcf_air air = dcf_air_widest(), bad = air;
	struct dcf_level x, y;
	int64_t e4[2] = { 7, 7 };

	CHECK(air.qnh_hpa[0] == 950 && air.qnh_hpa[1] == 1050 && air.geoid_m[0] == -107 && air.geoid_m[1] == 86);
	air.qnh_hpa[0] = air.qnh_hpa[1] = 983;
	CHECK(sea_ft(&air, 190, DCF_IN_FLIGHT_LEVELS, DCF_ABOVE_STD) == 18164);
	air.qnh_hpa[0] = air.qnh_hpa[1] = 1033;
	CHECK(sea_ft(&air, 190, DCF_IN_FLIGHT_LEVELS, DCF_ABOVE_STD) == 19535);
	CHECK(dcf_level_of(10000, DCF_IN_FEET, DCF_ABOVE_MSL, &x) == DCF_OK && x.e4 == 30480000);
	CHECK(dcf_level_of(11000, DCF_IN_FEET, DCF_ABOVE_MSL, &y) == DCF_OK);
	CHECK(dcf_level_difference(&air, y, x, false, e4) == DCF_OK && e4[0] == 3048000 && e4[1] == 3048000);
	CHECK(dcf_level_of(100, DCF_IN_METRES, DCF_ABOVE_AGL, &x) == DCF_OK);
	CHECK(dcf_level_of(50, DCF_IN_METRES, DCF_ABOVE_SFC, &y) == DCF_OK);
	CHECK(dcf_level_difference(&air, x, y, true, e4) == DCF_OK && e4[0] == 500000 && e4[1] == 500000);
	CHECK(dcf_level_difference(&air, x, y, false, e4) == DCF_OK && e4[1] - 500000 == 30500 * 3048 &&
	      500000 - e4[0] == 30500 * 3048);
	CHECK(dcf_level_of(1, DCF_IN_FLIGHT_LEVELS, DCF_ABOVE_MSL, &x) == DCF_E_RANGE);
	CHECK(dcf_level_of(NAN, DCF_IN_FEET, DCF_ABOVE_MSL, &x) == DCF_E_RANGE);
	CHECK(dcf_level_of(1, DCF_UNIT_END, DCF_ABOVE_MSL, &x) == DCF_E_RANGE);
	bad.qnh_hpa[0] = 1051;
	CHECK(dcf_level_above_sea(&bad, y, e4) == DCF_E_RANGE);
	y.reference = DCF_REFERENCE_END;
	CHECK(dcf_level_difference(&air, y, y, true, e4) == DCF_E_RANGE);
}

static void times_go_both_ways(void)
{
	char text[DCF_TIME_TEXT_MAX] = "untouched";
	const char *why = NULL;
	int64_t t = 5;

	CHECK(dcf_time_read("2015-09-20T09:24:43.7785+02:00", 30, false, &t, &why) == DCF_OK && t == 1442733883778500);
	CHECK(dcf_time_format(t, 0, false, text) == DCF_OK && strcmp(text, "2015-09-20T07:24:43Z") == 0);
	CHECK(dcf_time_format(t, 3, false, text) == DCF_OK && strcmp(text, "2015-09-20T07:24:43.778Z") == 0);
	CHECK(dcf_time_format(t, 3, true, text) == DCF_OK && strcmp(text, "2015-09-20T07:24:43.779Z") == 0);
	CHECK(dcf_time_format(t, 6, false, text) == DCF_OK && strcmp(text, "2015-09-20T07:24:43.778500Z") == 0);
	CHECK(dcf_time_format(t, 2, false, text) == DCF_E_RANGE && dcf_time_format(t, 6, true, text) == DCF_E_RANGE);
	CHECK(dcf_time_format(INT64_MAX, 6, false, text) == DCF_OK && dcf_time_format(INT64_MIN, 6, false, text) == DCF_OK);
	t = 5;
	CHECK(dcf_time_read("2015-09-20T09:24:43", 19, false, &t, &why) == DCF_E_SYNTAX && t == 5 &&
	      strcmp(why, "no time zone") == 0);
	CHECK(dcf_time_read(NULL, 0, false, &t, NULL) == DCF_E_SYNTAX && t == 5);
}

static void encounters_are_intervals(void)
{
	/* 10 km ahead, closing at 200 m/s, 100 m above and descending 2 m/s. */
	struct dcf_relative m = { { 10000, 0, 100 }, { -200, 0, -2 } };
	double in = -1, out = -1, when, least;
	bool meets;

	CHECK(dcf_encounter_cylinder(&m, 1000, 50, 0, 100, &meets, &in, &out) == DCF_OK && meets);
	CHECK(fabs(in - 45) < 1e-9 && fabs(out - 55) < 1e-9);
	CHECK(dcf_encounter_nearest(&m, 0, 100, &when, &least) == DCF_OK && fabs(when - 50) < 1e-9 && least < 1e-6);
	CHECK(dcf_encounter_nearest(&m, 0, 20, &when, &least) == DCF_OK && when == 20 && fabs(least - 6000) < 1e-6);
	CHECK(dcf_encounter_cylinder(&m, 1000, 50, 0, 45, &meets, &in, &out) == DCF_OK && !meets && in == 0 && out == 0);
	m.v_mps[0] = NAN;
	CHECK(dcf_encounter_cylinder(&m, 1000, 50, 0, 45, &meets, &in, &out) == DCF_E_RANGE);
	CHECK(dcf_encounter_nearest(&m, 0, 45, &when, &least) == DCF_E_RANGE);
	m.v_mps[0] = 0;
	CHECK(dcf_encounter_cylinder(&m, 1000, 50, 1, 0, &meets, &in, &out) == DCF_E_RANGE);
	CHECK(dcf_encounter_cylinder(&m, -1, 50, 0, 1, &meets, &in, &out) == DCF_E_RANGE);
	CHECK(dcf_encounter_nearest(&m, 3, 9, &when, &least) == DCF_OK && when == 3 && least == 10000);
}

static void versions_agree_and_codes_have_sentences(void)
{
	char text[32];

	snprintf(text, sizeof text, "%d.%d.%d", DCF_LIBRARY_MAJOR, DCF_LIBRARY_MINOR, DCF_LIBRARY_PATCH);
	CHECK(strcmp(text, dcf_library_version()) == 0);
	CHECK(dcf_library_version_number() == 10000 * DCF_LIBRARY_MAJOR + 100 * DCF_LIBRARY_MINOR + DCF_LIBRARY_PATCH);
	for (int i = 0; i < DCF_STATUS_END; i++) {
		CHECK_MSG(strlen(dcf_status_text((enum dcf_status)i)) > 1, "code %d", i);
		for (int k = 0; k < i; k++)
			CHECK_MSG(strcmp(dcf_status_text((enum dcf_status)i), dcf_status_text((enum dcf_status)k)) != 0,
				  "%d and %d", i, k);
	}
	CHECK(strcmp(dcf_status_text(DCF_STATUS_END), "unknown status") == 0);
	CHECK(strcmp(dcf_status_text((enum dcf_status) - 1), "unknown status") == 0);
}

static bool slurp(const char *path, char **to, size_t *len)
{
	FILE *f = fopen(path, "rb");
	long n;

	if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0)
		return false;
	rewind(f);
	*to = malloc((size_t)n);
	*len = fread(*to, 1, (size_t)n, f);
	fclose(f);
	return *len == (size_t)n;
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 3 || !slurp(argv[1], &example, &example_len) || !slurp(argv[2], &other, &other_len)) {
		fprintf(stderr, "usage: test_library EXAMPLE OTHER\n");
		return 2;
	}
	status = TAP_RUN(TAP(reads_and_counts), TAP(reads_from_a_source), TAP(malformed_input_leaves_nothing_but_a_note),
			 TAP(what_is_out_of_order_is_refused), TAP(written_and_read_again_it_is_the_same),
			 TAP(the_example_has_four_conflicts), TAP(a_question_narrows_and_widens),
			 TAP(every_way_gives_the_same_bytes), TAP(texts_are_sized_first_then_filled),
			 TAP(any_allocation_may_fail), TAP(distances_are_those_of_the_ellipsoid),
			 TAP(altitudes_differ_by_intervals), TAP(times_go_both_ways), TAP(encounters_are_intervals),
			 TAP(versions_agree_and_codes_have_sentences));
	free(example);
	free(other);
	return status;
}
