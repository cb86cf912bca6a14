/* SPDX-License-Identifier: Apache-2.0 */
/* answer_test.c - the answer's JSON and text from values set by hand: order, rounding, lists, since, short memory. */
#include "cli/quantity.h"
#include "cli/text.h"
#include "core/time.h"
#include "format/result_json.h"
#include "tap.h"

#include <stdlib.h>

/* ---- memory that fails at the nth call ---- */

struct failing {
	long at, calls, live;
	bool from_then_on;
};

static void *failing_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct failing *f = ctx;
	void *q;

	(void)old_size;
	if (new_size == 0) {
		f->live -= p != NULL;
		free(p);
		return NULL;
	}
	f->calls++;
	if (f->at >= 0 && (f->from_then_on ? f->calls > f->at : f->calls == f->at + 1))
		return NULL;
	q = realloc(p, new_size);
	f->live += !p && q;
	return q;
}

/* ---- a plan of two parties, four operations ---- */

struct world {
	struct dcf_plan plan;
	struct dcf_result result;
	struct dcf_conflict conflicts[4];
	struct dcf_interval intervals[3];
	struct dcf_breach breaches[2];
	struct dcf_remark remarks[5];
};

static int64_t at(const char *text)
{
	int64_t us = 0;

	CHECK(dcf_time_parse(dcf_span_of(text), false, &us) == NULL);
	return us;
}

static uint32_t add(struct dcf_plan *plan, const char *party, const char *operation, const char *feature)
{
	static struct dcf_latlon point = { 350000000, 360000000 };
	struct dcf_feature f = {
		.id = dcf_span_of(feature),
		.where = dcf_span_of("a.geojson#/features/0"),
		.shape = DCF_CIRCLE,
		.start_us = at("2020-01-01T00:00:00Z"),
		.end_us = at("2020-01-02T00:00:00Z"),
		.lower = { 0, DCF_REF_SFC, DCF_UNIT_FT, false },
		.upper = { 250 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL, false },
		.radius_m = 1000,
		.points = &point,
		.point_count = 1,
	};

	CHECK(dcf_plan_party(plan, dcf_span_of(party), &f.party) == DCF_OK);
	CHECK(dcf_plan_operation(plan, f.party, dcf_span_of(operation), &f.operation) == DCF_OK);
	CHECK(dcf_plan_add_feature(plan, &f) == DCF_OK);
	return f.operation;
}

static struct dcf_conflict pair(uint32_t a, uint32_t b, enum dcf_class cls)
{
	return (struct dcf_conflict){
		.a = a,
		.b = b,
		.a_feature = a,
		.b_feature = b,
		.class = (uint8_t)cls,
		.start_us = at("2020-01-01T10:00:00.123456Z"),
		.end_us = at("2020-01-01T10:05:00.000001Z"),
		.dwell_us = 299876545,
		.lateral_gap_dm = 12345,
		.vertical_gap_dft = { 1001, 2360 },
		.closest_time_us = at("2020-01-01T10:01:00.9999Z"),
		.closest = { 351234567, -1 },
		.minimum_lateral_m = 5556,
		.minimum_vertical_e4 = 3000 * DCF_FT_E4,
		.interval_count = 1,
	};
}

static void fill(struct world *w, const struct dcf_alloc *heap)
{
	*w = (struct world){ 0 };
	dcf_plan_init(&w->plan, heap);
	add(&w->plan, "A", "a1", "a1");
	add(&w->plan, "A", "a2", "a2-leg");
	add(&w->plan, "B", "b1", "b1");
	add(&w->plan, "B", "b\033[2J\"2", "b2");
	w->conflicts[0] = pair(0, 2, DCF_CLASS_SEPARATION);
	w->conflicts[0].interval_count = 3;
	w->conflicts[0].touch = true;
	w->conflicts[0].article = DCF_SPAN("4.2");
	w->conflicts[1] = pair(0, 3, DCF_CLASS_BRIEF);
	w->conflicts[2] = pair(1, 3, DCF_CLASS_ADVISORY);
	w->conflicts[3] = pair(0, 1, DCF_CLASS_OVERLAP);
	w->conflicts[3].internal = true;
	w->conflicts[3].has_overlap = true;
	w->conflicts[3].overlap_start_us = at("2020-01-01T10:00:01.5555Z");
	w->conflicts[3].overlap_end_us = at("2020-01-01T10:00:02.5555Z");
	for (int i = 0; i < 3; i++)
		w->intervals[i] = (struct dcf_interval){ at("2020-01-01T10:00:00Z") + i, at("2020-01-01T10:01:00Z"),
							 DCF_CLASS_SEPARATION, 0, 2 };
	w->breaches[0] = (struct dcf_breach){ .operation = 0,
					      .rule = DCF_BREACH_NOTICE,
					      .article = DCF_SPAN("7"),
					      .has_minutes = true,
					      .have_us = 15 * (int64_t)60000000 - 1,
					      .need_us = 15 * (int64_t)60000000,
					      .start_us = DCF_TIME_NONE,
					      .end_us = DCF_TIME_NONE };
	w->breaches[1] = (struct dcf_breach){ .operation = 2,
					      .rule = DCF_BREACH_CONTACT,
					      .area = DCF_SPAN("ring"),
					      .start_us = at("2020-01-01T10:00:00.0001Z"),
					      .end_us = at("2020-01-01T10:00:00.0001Z") };
	w->remarks[0] = (struct dcf_remark){ .refused = true, .where = DCF_SPAN("x.json"), .text = DCF_SPAN("is a folder") };
	w->remarks[1] = (struct dcf_remark){ .refused = true,
					     .party = DCF_SPAN("A"),
					     .operation = DCF_SPAN("a9"),
					     .where = DCF_SPAN("a#/1"),
					     .text = DCF_SPAN("no end") };
	w->remarks[2] = w->remarks[1];
	w->remarks[2].text = DCF_SPAN("no geometry");
	w->remarks[3] = (struct dcf_remark){ .party = DCF_SPAN("A"),
					     .operation = DCF_SPAN("a1"),
					     .where = DCF_SPAN("a#/2"),
					     .field = DCF_SPAN("lower"),
					     .text = DCF_SPAN("below the transition level") };
	w->remarks[4] = w->remarks[3];
	w->remarks[4].operation = DCF_SPAN("a2");
	w->result = (struct dcf_result){
		.from = heap,
		.conflicts = w->conflicts,
		.conflict_count = 4,
		.intervals = w->intervals,
		.interval_count = 3,
		.breaches = w->breaches,
		.breach_count = 2,
		.remarks = w->remarks,
		.remark_count = 5,
	};
}

static struct dcf_alloc heap_of_test;

static void start(struct world *w)
{
	heap_of_test = dcf_alloc_heap();
	fill(w, &heap_of_test);
}

static bool contains(const struct dcf_buf *b, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= b->len; i++) {
		if (memcmp(b->p + i, text, n) == 0)
			return true;
	}
	return false;
}

#define HAS(text) CHECK_MSG(contains(&out, text), "%s", text)

/* ---- tests ---- */

static void json_members_stand_in_order_and_round_outward(void)
{
	struct world w;
	struct dcf_buf out = { .from = &heap_of_test };

	start(&w);
	dcf_result_json(&w.plan, &w.result, NULL, "9.8.7", &out);
	HAS("{\n \"deconflict\": 1,\n \"version\": \"9.8.7\",\n \"conflicts\": [\n  {\n"
	    "   \"a\": {\"party\": \"A\", \"operation\": \"a1\", \"feature\": \"a1\"},\n"
	    "   \"b\": {\"party\": \"B\", \"operation\": \"b1\", \"feature\": \"b1\"},\n"
	    "   \"class\": \"separation\",\n"
	    "   \"start\": \"2020-01-01T10:00:00.123Z\",\n"
	    "   \"end\": \"2020-01-01T10:05:00.001Z\",\n"
	    "   \"dwell_s\": 299.877,\n"
	    "   \"lateral_gap_m\": 1234.5,\n"
	    "   \"vertical_gap_ft\": [100.1, 236],\n"
	    "   \"closest\": {\"time\": \"2020-01-01T10:01:00.999Z\", \"lon\": -0.0000001, \"lat\": 35.1234567},\n"
	    "   \"touch\": true,\n"
	    "   \"article\": \"4.2\",\n"
	    "   \"intervals\": [\n"
	    "    {\"start\": \"2020-01-01T10:00:00.000Z\", \"end\": \"2020-01-01T10:01:00.000Z\", \"class\": \"separation\", "
	    "\"a_feature\": \"a1\", \"b_feature\": \"b1\"},\n");
	HAS(" \"brief\": [\n  {\n");
	HAS("\"operation\": \"b\\u001b[2J\\\"2\"");
	HAS(" \"advisories\": [\n  {\n   \"a\": {\"party\": \"A\", \"operation\": \"a2\", \"feature\": \"a2-leg\"},\n");
	HAS(" \"internal\": [\n  {\n");
	HAS("   \"overlap_start\": \"2020-01-01T10:00:01.555Z\",\n   \"overlap_end\": \"2020-01-01T10:00:02.556Z\",\n");
	HAS("{\"party\": \"A\", \"operation\": \"a1\", \"rule\": \"notice_min\", \"article\": \"7\", \"have_min\": 14.999, \"need_min\": 15}");
	HAS("{\"party\": \"B\", \"operation\": \"b1\", \"rule\": \"contact\", \"area\": \"ring\", \"start\": \"2020-01-01T10:00:00.000Z\", "
	    "\"end\": \"2020-01-01T10:00:00.001Z\", \"advisory\": true}");
	HAS("{\"where\": \"x.json\", \"reasons\": [\"is a folder\"]},\n"
	    "  {\"party\": \"A\", \"operation\": \"a9\", \"where\": \"a#/1\", \"reasons\": [\"no end\", \"no geometry\"]}");
	HAS("{\"party\": \"A\", \"operation\": \"a1\", \"where\": \"a#/2\", \"field\": \"lower\", \"text\": \"below the transition level\"}");
	HAS(" \"assumed\": {\"qnh_hpa\": [950, 1050], \"geoid_height_m\": [-107, 86], \"terrain_ft\": [-1400, 29100]},\n");
	HAS("\"summary\": {\"operations\": 4, \"features\": 4, \"conflicts\": 1, \"brief\": 1, \"advisories\": 1, \"internal\": 1, "
	    "\"breaches\": 1, \"asked\": 1, \"refused\": 2, \"warnings\": 2}");
	HAS(" \"notice\": \"No conflict found is not clearance. 2 declarations were refused");
	CHECK(!contains(&out, "\"since\""));
	CHECK(out.len && out.p[out.len - 1] == '\n');
	dcf_buf_free(&out);
	dcf_plan_free(&w.plan);
}

static void what_was_assumed_rounds_outward(void)
{
	struct world w;
	struct dcf_buf out = { .from = &heap_of_test };

	start(&w);
	w.plan.atmosphere.qnh_hpa[0] = 1013.25;
	w.plan.atmosphere.qnh_hpa[1] = 1013.256;
	w.plan.atmosphere.geoid_m[0] = 23.44;
	w.plan.atmosphere.geoid_m[1] = 29.3;
	w.plan.atmosphere.terrain_e4[0] = -DCF_FT_E4 / 100;
	w.plan.atmosphere.terrain_e4[1] = 700 * DCF_FT_E4;
	dcf_result_json(&w.plan, &w.result, NULL, "1.0.0", &out);
	HAS("\"assumed\": {\"qnh_hpa\": [1013.25, 1013.26], \"geoid_height_m\": [23.4, 29.3], \"terrain_ft\": [-0.1, 700]}");
	dcf_buf_free(&out);
	dcf_plan_free(&w.plan);
}

static void since_tells_new_gone_and_changed(void)
{
	struct world old, now;
	struct dcf_since since = { 0 };
	struct dcf_buf out = { .from = &heap_of_test };

	start(&old);
	start(&now);
	/* Gone: a1-b1.  Changed: a1-b2.  Same: a2-b2.  New: a1-a2. */
	old.result.conflict_count = 3;
	now.conflicts[0] = now.conflicts[1];
	now.conflicts[0].lateral_gap_dm = 1;
	now.conflicts[1] = now.conflicts[2];
	now.conflicts[2] = now.conflicts[3];
	now.result.conflict_count = 3;
	since.old_plan = &old.plan;
	since.old_result = &old.result;
	CHECK(dcf_since_compare(&now.plan, &now.result, &heap_of_test, &since) == DCF_OK);
	CHECK(since.count == 3 && since.counts[DCF_SINCE_NEW] == 1 && since.counts[DCF_SINCE_GONE] == 1 &&
	      since.counts[DCF_SINCE_CHANGED] == 1);
	CHECK(since.count == 3 && since.changes[0].after == &now.conflicts[2] && since.changes[1].before == &old.conflicts[0] &&
	      since.changes[2].before == &old.conflicts[1] && since.changes[2].after == &now.conflicts[0]);
	dcf_result_json(&now.plan, &now.result, &since, "1.0.0", &out);
	HAS(" \"since\": {\n  \"new\": [\n   {\n    \"a\": {\"party\": \"A\", \"operation\": \"a1\", \"feature\": \"a1\"},\n"
	    "    \"b\": {\"party\": \"A\", \"operation\": \"a2\", \"feature\": \"a2-leg\"},\n");
	HAS("    \"before\": {\n     \"a\": ");
	dcf_since_free(&since);
	dcf_buf_free(&out);
	dcf_plan_free(&old.plan);
	dcf_plan_free(&now.plan);
}

static void text_says_all_and_lets_no_file_write_on_the_screen(void)
{
	struct world w;
	struct dcf_text_options options = { .only_operation = 2 };
	struct dcf_buf out = { .from = &heap_of_test };

	start(&w);
	dcf_text_check(&w.plan, &w.result, &options, &out);
	HAS("1 conflict, 1 breach, 2 refused and NOT checked\n");
	HAS("only pairs with B/b1: conflicts between others are not listed\n");
	HAS("CONFLICTS (1)\n\n 1  SEPARATION  2020-01-01 10:00:00Z to 10:05:01Z (5 min)\n");
	HAS("    A/a1  SFC to FL250 (SFC to 7620 m STD)\n");
	HAS("    gap     lateral 0.6 NM (1.2 km), vertical 100 to 236 ft (30 to 71 m), they only touch; minima\n"
	    "            3 NM and 3000 ft (article 4.2)\n");
	HAS("14.9 min given, 15 min needed (notice_min, article 7)");
	HAS("  x.json: is a folder\n  A/a9  a#/1: no end; no geometry\n");
	HAS("  2 times, first A/a1  a#/2: lower: below the transition level\n");
	HAS("B/b?[2J\"2");
	CHECK(!contains(&out, "\033"));
	HAS("No conflict found is not clearance.");
	dcf_buf_free(&out);
	options.colour = true;
	dcf_text_check(&w.plan, &w.result, &options, &out);
	HAS("\033[1;31mCONFLICTS (1)\033[0m");
	CHECK(!contains(&out, "\033[2J"));
	dcf_buf_free(&out);
	dcf_plan_free(&w.plan);
}

static void no_allocation_may_fail_unseen(void)
{
	for (int mode = 0; mode < 2; mode++) {
		bool done = false;

		for (long n = 0; !done && n < 1000; n++) {
			struct world w;
			struct failing failing = { .at = n, .from_then_on = mode };
			struct dcf_alloc short_memory = { failing_resize, &failing };
			struct dcf_text_options options = { .only_operation = DCF_NONE };
			struct dcf_buf json = { .from = &short_memory }, text = { .from = &short_memory };
			struct dcf_since since = { 0 };
			enum dcf_status s;

			start(&w);
			since.old_plan = &w.plan;
			since.old_result = &w.result;
			s = dcf_since_compare(&w.plan, &w.result, &short_memory, &since);
			CHECK(s == DCF_OK || s == DCF_E_NOMEM);
			if (s == DCF_OK)
				options.since = &since;
			dcf_result_json(&w.plan, &w.result, options.since, "1.0.0", &json);
			dcf_text_check(&w.plan, &w.result, &options, &text);
			done = s == DCF_OK && !json.failed && !text.failed;
			CHECK(done == (failing.calls <= n));
			dcf_since_free(&since);
			dcf_buf_free(&json);
			dcf_buf_free(&text);
			CHECK_MSG(failing.live == 0, "allocation %ld: %ld blocks left", n, failing.live);
			dcf_plan_free(&w.plan);
		}
		CHECK(done);
	}
}

/* ---- quantities ---- */

static struct dcf_altitude alt(int64_t e4, int ref, int unit)
{
	return (struct dcf_altitude){ e4, (uint8_t)ref, (uint8_t)unit, false };
}

static void check_band(struct dcf_altitude lower, struct dcf_altitude upper, const char *expected)
{
	struct dcf_buf out = { .from = &heap_of_test };
	struct dcf_feature f = { .shape = DCF_CIRCLE, .lower = lower, .upper = upper };

	dcf_put_band(&out, &f, 0, 1);
	CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(expected)), "%.*s, expected %s", (int)out.len, out.p,
		  expected);
	dcf_buf_free(&out);
}

static void bands_show_both_units(void)
{
	struct dcf_altitude unlimited = { .ref = DCF_REF_MSL, .unlimited = true };

	heap_of_test = dcf_alloc_heap();
	check_band(alt(280 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL), alt(300 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL),
		   "FL280-FL300 (8534-9144 m STD)");
	check_band(alt(8600 * DCF_M_E4, DCF_REF_STD, DCF_UNIT_M), alt(10600 * DCF_M_E4, DCF_REF_STD, DCF_UNIT_M),
		   "8600-10600 m STD (FL282-FL348)");
	check_band(alt(3000 * DCF_M_E4, DCF_REF_MSL, DCF_UNIT_M), alt(4500 * DCF_M_E4, DCF_REF_MSL, DCF_UNIT_M),
		   "3000-4500 m MSL (9842-14764 ft)");
	check_band(alt(50 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL), alt(95 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL),
		   "FL050-FL095 (1524-2896 m STD)");
	check_band(alt(0, DCF_REF_SFC, DCF_UNIT_FT), unlimited, "SFC to UNL");
	check_band(alt(0, DCF_REF_SFC, DCF_UNIT_FT), alt(6000 * DCF_M_E4, DCF_REF_MSL, DCF_UNIT_M),
		   "SFC to 6000 m MSL (SFC to 19686 ft)");
	check_band(alt(500 * DCF_FT_E4, DCF_REF_AGL, DCF_UNIT_FT), alt(250 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL),
		   "500 ft AGL to FL250 (152 m AGL to 7620 m STD)");
}

static void trajectories_show_the_part_that_is_flown(void)
{
	struct dcf_waypoint w[] = {
		{ 0, alt(100 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL) },
		{ 10, alt(200 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL) },
		{ 20, alt(200 * DCF_FL_E4, DCF_REF_STD, DCF_UNIT_FL) },
		{ 30, alt(300 * DCF_M_E4, DCF_REF_MSL, DCF_UNIT_M) },
	};
	struct dcf_feature f = { .shape = DCF_TRAJECTORY, .waypoints = w, .point_count = 4, .containment_e4 = 500 * DCF_FT_E4 };
	/* clang-format off */
	const struct {
		int64_t start, end;
		const char *text;
	} rows[] = {
		{ 0, 10, "FL100-FL200 \xc2\xb1" "500 ft (3048-6096 m STD \xc2\xb1" "152.4 m)" },
		{ 12, 18, "FL200 \xc2\xb1" "500 ft (6096 m STD \xc2\xb1" "152.4 m)" },
		{ 25, 26, "FL200 to 300 m MSL \xc2\xb1" "500 ft (6096 m STD to 985 ft MSL \xc2\xb1" "152.4 m)" },
	};
	/* clang-format on */

	heap_of_test = dcf_alloc_heap();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_buf out = { .from = &heap_of_test };

		dcf_put_band(&out, &f, rows[i].start, rows[i].end);
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(rows[i].text)), "%.*s", (int)out.len, out.p);
		dcf_buf_free(&out);
	}
}

static void times_and_positions_read_well(void)
{
	static const struct {
		int64_t us;
		const char *text;
	} lengths[] = {
		{ 350000, "0.4 s" },        { 346300000, "5 min 47 s" }, { 10800000000, "3 h" },
		{ 10805000000, "3 h 5 s" }, { 86400000000, "1 d" },      { 60000000, "1 min" },
	};
	static const struct {
		int32_t lat_e7, lon_e7;
		const char *text;
	} positions[] = {
		{ 362500000, 406000000, "36.2500N 040.6000E, 61 NM (114 km) NNE of Deir ez-Zor (OSDZ)" },
		{ 352854000, 401760000, "35.2854N 040.1760E, at Deir ez-Zor (OSDZ)" },
		{ -352854000, -1799999999, "35.2854S 180.0000W, 120 NM (222 km) N of Nowhere" },
		{ 351954000, 401760000, "35.1954N 040.1760E, 5.4 NM (10 km) S of Deir ez-Zor (OSDZ)" },
	};
	struct dcf_place places[] = {
		{ DCF_SPAN("OSDZ"), DCF_SPAN("Deir ez-Zor"), { 352854000, 401760000 }, DCF_SPAN("") },
		{ DCF_SPAN(""), DCF_SPAN("Nowhere"), { -372854000, 1800000000 }, DCF_SPAN("") },
	};
	struct dcf_plan plan = { .places = places, .place_count = 2 };

	heap_of_test = dcf_alloc_heap();
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct dcf_buf out = { .from = &heap_of_test };

		dcf_put_length_of_time(&out, lengths[i].us);
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(lengths[i].text)), "%.*s", (int)out.len, out.p);
		dcf_buf_free(&out);
	}
	for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
		struct dcf_buf out = { .from = &heap_of_test };

		dcf_put_position(&out, &plan, (struct dcf_latlon){ positions[i].lat_e7, positions[i].lon_e7 });
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(positions[i].text)), "%.*s", (int)out.len, out.p);
		dcf_buf_free(&out);
	}
}

int main(void)
{
	return TAP_RUN(TAP(json_members_stand_in_order_and_round_outward), TAP(what_was_assumed_rounds_outward),
		       TAP(since_tells_new_gone_and_changed), TAP(text_says_all_and_lets_no_file_write_on_the_screen),
		       TAP(no_allocation_may_fail_unseen), TAP(bands_show_both_units),
		       TAP(trajectories_show_the_part_that_is_flown), TAP(times_and_positions_read_well));
}
