/* SPDX-License-Identifier: Apache-2.0 */
/* What an option says: every way to change, as JSON and in words, from hand-made values; whole plans from the moves. */
#include "base/json_writer.h"
#include "core/check.h"
#include "format/options_json.h"
#include "read_fixture.h"
#include "tap.h"

#include <string.h>

static struct dcf_alloc heap;

#define MINUTE_US 60000000ll

/* Two parties, one in feet and one in metres, that use one id alike; a name that must be escaped. */
static const char world[] =
	"{\"type\": \"FeatureCollection\", \"deconflict\": 1, \"parties\": [{\"id\": \"A\"}, {\"id\": \"B\", \"habitual_units\": {\"altitude\": \"m\"}}],"
	"\"features\": ["
	"{\"type\": \"Feature\", \"id\": \"same\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [36, 35]}, \"properties\": {\"party\": \"A\","
	"\"shape\": \"circle\", \"radius\": {\"value\": 5, \"unit\": \"km\"}, \"lower\": {\"value\": 100, \"unit\": \"FL\"}, \"upper\": {\"value\": 120, \"unit\": \"FL\"},"
	"\"start\": \"2015-09-20T06:00:00Z\", \"end\": \"2015-09-20T07:00:00Z\"}},"
	"{\"type\": \"Feature\", \"id\": \"same\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [36, 35]}, \"properties\": {\"party\": \"B\","
	"\"shape\": \"circle\", \"radius\": {\"value\": 5, \"unit\": \"km\"}, \"lower\": {\"value\": 3000, \"unit\": \"m\", \"ref\": \"MSL\"},"
	"\"upper\": {\"value\": 4000, \"unit\": \"m\", \"ref\": \"MSL\"}, \"start\": \"2015-09-20T06:30:00Z\", \"end\": \"2015-09-20T07:30:00Z\"}},"
	"{\"type\": \"Feature\", \"id\": \"on\\\"e\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [36, 35]}, \"properties\": {\"party\": \"B\", \"protected\": true,"
	"\"shape\": \"circle\", \"radius\": {\"value\": 5, \"unit\": \"km\"}, \"lower\": {\"value\": 110, \"unit\": \"FL\"}, \"upper\": {\"value\": \"UNL\"},"
	"\"start\": \"2015-09-20T06:30:00Z\", \"end\": \"2015-09-20T07:30:00Z\"}}]}";

static const struct dcf_check_options plain = { .max_dwell_us = DCF_NO_LIMIT,
						.for_party = DCF_NONE,
						.only_operation = DCF_NONE };

struct scene {
	struct dcf_plan plan;
	struct dcf_result check;
	uint32_t a, b, one; /* operations */
};

static void open_scene(struct scene *s)
{
	struct memory_source m = { .p = world, .len = sizeof world - 1, .fail_at = SIZE_MAX };
	struct dcf_source source = memory_source(&m);
	struct dcf_read_options options = { .name = DCF_SPAN("x"), .party = DCF_SPAN("") };

	*s = (struct scene){ 0 };
	dcf_plan_init(&s->plan, &heap);
	CHECK(dcf_read_plan(&s->plan, &options, &source) == DCF_OK && s->plan.feature_count == 3);
	CHECK(dcf_check(&s->plan, &plain, &heap, &s->check) == DCF_OK && s->check.conflict_count == 2);
	s->a = s->plan.features[0].operation;
	s->b = s->plan.features[1].operation;
	s->one = s->plan.features[2].operation;
}

static void close_scene(struct scene *s)
{
	dcf_result_free(&s->check);
	dcf_plan_free(&s->plan);
}

static struct dcf_moved moved(const struct scene *s, uint32_t operation, struct dcf_change c)
{
	return (struct dcf_moved){ .operation = operation,
				   .kind = dcf_change_kind(&c),
				   .change = { c },
				   .change_count = 1,
				   .features = &s->plan.features[operation == s->a   ? 0
								 : operation == s->b ? 1
										     : 2],
				   .feature_count = 1 };
}

static struct dcf_option option(const struct scene *s, uint32_t operation, struct dcf_change c)
{
	return (struct dcf_option){ .kind = dcf_change_kind(&c),
				    .moved = { moved(s, operation, c) },
				    .moved_count = 1,
				    .margin = { DCF_MARGIN_NONE, DCF_MARGIN_NONE, DCF_MARGIN_NONE } };
}

static void json_of(const struct scene *s, const struct dcf_option *options, size_t count, struct dcf_buf *out)
{
	const struct dcf_options_answer answer = {
		.plan = &s->plan, .check = &s->check, .options = options, .option_count = count
	};

	*out = (struct dcf_buf){ .from = &heap };
	dcf_options_json(&answer, "1.2.3", out);
	dcf_buf_char(out, '\0');
	CHECK(!out->failed);
}

static void holds(const struct dcf_buf *text, const char *part)
{
	CHECK_MSG(strstr(text->p, part) != NULL, "%s\n# in %.1500s", part, text->p);
}

/* clang-format off */
#define FL(n) { .e4 = (n) * (int64_t)DCF_FL_E4, .ref = DCF_REF_STD, .unit = DCF_UNIT_FL }
/* clang-format on */

/* --- every way to change -------------------------------------------------------------------------- */

/* clang-format off */
static const struct way {
	bool metric; /* said by party B */
	struct dcf_change c;
	const char *kind, *json, *words;
} ways[] = {
	{ false, { .how = DCF_CHANGE_SHIFT, .shift_us = 5772000000 }, "delay", "{\"shift_s\": 5772}", "A/same 96 min 12 s later" },
	{ false, { .how = DCF_CHANGE_SHIFT, .shift_us = -5375000000 }, "advance", "{\"shift_s\": -5375}", "A/same 89 min 35 s earlier" },
	{ false, { .how = DCF_CHANGE_SHIFT, .shift_us = 1 }, "delay", "{\"shift_s\": 0.000001}", "A/same 1 s later" },
	{ false, { .how = DCF_CHANGE_SHIFT, .shift_us = 7200 * 1000000ll }, "delay", "{\"shift_s\": 7200}", "A/same 2 h later" },
	{ false, { .how = DCF_CHANGE_SHIFT, .shift_us = 90061 * 1000000ll }, "delay", "{\"shift_s\": 90061}", "A/same 25 h 1 min 1 s later" },
	{ false, { .how = DCF_CHANGE_LIFT, .lift_e4 = -1524000 * 10, .from = FL(150), .to = FL(100) }, "altitude",
	  "{\"lift_ft\": -5000, \"from\": {\"value\": 150, \"unit\": \"FL\", \"ref\": \"STD\"}, \"to\": {\"value\": 100, \"unit\": \"FL\", \"ref\": \"STD\"}}",
	  "A/same at FL100-FL120 instead of FL150-FL170" },
	{ true,
	  { .how = DCF_CHANGE_LIFT, .lift_e4 = 300 * DCF_M_E4, .from = { .e4 = 27000000, .unit = DCF_UNIT_M }, .to = { .e4 = 30000000, .unit = DCF_UNIT_M } },
	  "altitude",
	  "{\"lift_ft\": 984.251968504, \"from\": {\"value\": 2700, \"unit\": \"m\", \"ref\": \"MSL\"}, \"to\": {\"value\": 3000, \"unit\": \"m\", \"ref\": \"MSL\"}}",
	  "B/same at 3000-4000 m MSL instead of 2700-3700 m MSL" },
	{ false, { .how = DCF_CHANGE_SPEED, .factor = 0.95, .shift_us = 120 * 1000000ll }, "speed", "{\"factor\": 0.95, \"shift_s\": 120}",
	  "A/same 5 % slower, arriving 2 min later" },
	{ false, { .how = DCF_CHANGE_SPEED, .factor = 1.035, .shift_us = -61 * 1000000ll }, "speed", "{\"factor\": 1.035, \"shift_s\": -61}",
	  "A/same 3.5 % faster, arriving 1 min 1 s earlier" },
	{ true, { .how = DCF_CHANGE_OFFSET, .distance_m = -12000 }, "reroute", "{\"offset_m\": 12000, \"side\": \"left\"}", "B/same 12 km to the left" },
	{ false, { .how = DCF_CHANGE_OFFSET, .distance_m = 12000 }, "reroute", "{\"offset_m\": 12000, \"side\": \"right\"}",
	  "A/same 6.48 NM to the right" },
	{ true, { .how = DCF_CHANGE_OFFSET, .distance_m = 900.01 }, "reroute", "{\"offset_m\": 900, \"side\": \"right\"}", "B/same 901 m to the right" },
	{ true,
	  { .how = DCF_CHANGE_DOGLEG, .distance_m = 4000, .extra_m = 2500, .at = { 350000000, 360000000 }, .at2 = { 351000000, 361000000 } },
	  "reroute", "{\"via\": [[36, 35], [36.1, 35.1]], \"aside_m\": 4000, \"side\": \"right\", \"extra_m\": 2500}",
	  "B/same led around on the right by 4 km, 2.5 km longer" },
	{ true, { .how = DCF_CHANGE_MOVE, .distance_m = 12345.67, .bearing_deg = 182.5 }, "reroute", "{\"distance_m\": 12345.7, \"bearing_deg\": 182.5}",
	  "B/same 12.346 km to the south (183 deg)" },
	{ true, { .how = DCF_CHANGE_MOVE, .distance_m = 1000, .bearing_deg = 359.9 }, "reroute", "{\"distance_m\": 1000, \"bearing_deg\": 359.9}",
	  "B/same 1 km to the north (0 deg)" },
	{ true, { .how = DCF_CHANGE_SHRINK, .distance_m = 1200 }, "resize", "{\"shrink_m\": 1200}", "B/same 1.2 km smaller all round" },
	{ false, { .how = DCF_CHANGE_FLOOR, .from = FL(90), .to = FL(100) }, "resize", "{\"lower\": {\"value\": 100, \"unit\": \"FL\", \"ref\": \"STD\"}}",
	  "A/same only from FL100 instead of FL090" },
	{ false, { .how = DCF_CHANGE_CEILING, .from = { .unlimited = true, .ref = DCF_REF_STD }, .to = FL(120) }, "resize",
	  "{\"upper\": {\"value\": 120, \"unit\": \"FL\", \"ref\": \"STD\"}}", "A/same only up to FL120 instead of UNL" },
	{ false, { .how = DCF_CHANGE_BEGIN, .from_us = 1442729700500000 }, "resize", "{\"start\": \"2015-09-20T06:15:00.500Z\"}",
	  "A/same not before 06:15:01Z" },
	{ false, { .how = DCF_CHANGE_END, .to_us = 1442729700500000 }, "resize", "{\"end\": \"2015-09-20T06:15:00.500Z\"}", "A/same ends at 06:15:00Z" },
	{ false, { .how = DCF_CHANGE_END, .to_us = 1442793600000000 }, "resize", "{\"end\": \"2015-09-21T00:00:00Z\"}",
	  "A/same ends at 2015-09-21 00:00:00Z" },
	{ false, { .how = DCF_CHANGE_SPLIT, .from_us = 1442729700000000, .to_us = 1442730600000000 }, "split",
	  "{\"from\": \"2015-09-20T06:15:00Z\", \"to\": \"2015-09-20T06:30:00Z\"}", "A/same not from 06:15:00Z to 06:30:00Z" },
	{ false, { .how = DCF_CHANGE_HOLD, .from_us = 1442729700000000, .shift_us = 250 * 1000000ll, .at = { -350000000, 60000000 } }, "hold",
	  "{\"at\": [6, -35], \"from\": \"2015-09-20T06:15:00Z\", \"hold_s\": 250}", "A/same waits 4 min 10 s at 35.0000S 006.0000E from 06:15:00Z" },
};
/* clang-format on */

static void every_change_in_json_and_words(void)
{
	struct scene s;
	bool seen[DCF_CHANGES] = { [DCF_CHANGE_NONE] = true };

	open_scene(&s);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct dcf_option o = option(&s, ways[i].metric ? s.b : s.a, ways[i].c);
		struct dcf_buf json, words = { .from = &heap }, want = { .from = &heap };

		seen[ways[i].c.how] = true;
		dcf_put_option_words(&words, &s.plan, &o);
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&words), dcf_span_of(ways[i].words)), "found %.*s, expected %s",
			  (int)words.len, words.p, ways[i].words);
		json_of(&s, &o, 1, &json);
		dcf_buf_z(&want, "\"kind\": \"");
		dcf_buf_z(&want, ways[i].kind);
		dcf_buf_z(&want, "\",\n   \"change\": ");
		dcf_buf_z(&want, ways[i].json);
		dcf_buf_z(&want, ",\n   \"also\": [],");
		dcf_buf_char(&want, '\0');
		holds(&json, want.p);
		dcf_buf_free(&want);
		dcf_buf_free(&words);
		dcf_buf_free(&json);
	}
	for (int how = 0; how < DCF_CHANGES; how++)
		CHECK_MSG(seen[how], "change %d is not tried", how);
	close_scene(&s);
}

/* --- a whole answer ------------------------------------------------------------------------------- */

static void two_changes_and_two_movers(void)
{
	const struct dcf_change later = { .how = DCF_CHANGE_SHIFT, .shift_us = MINUTE_US },
				up = { .how = DCF_CHANGE_LIFT, .lift_e4 = 10 * DCF_FL_E4, .from = FL(90), .to = FL(100) };
	struct dcf_option options[2];
	struct dcf_pair_of_operations inside = { 0, 0 };
	struct scene s;
	struct dcf_buf json, words = { .from = &heap };

	open_scene(&s);
	options[0] = option(&s, s.a, later);
	options[0].moved[0].change[1] = up;
	options[0].moved[0].change_count = 2;
	options[0].kind = DCF_OPTION_COMBINED;
	options[0].cost = (struct dcf_cost){ 160.0004, 60, 1000, 0.04 };
	options[0].order_cost = 160;
	options[0].margin = (struct dcf_margin){ 12.3, 4.5, 6.789 };
	options[1] = option(&s, s.a, later);
	options[1].moved[1] = moved(&s, s.one, later);
	options[1].moved_count = 2;
	options[1].kind = DCF_OPTION_JOINT;
	options[1].order_cost = 120;
	inside = (struct dcf_pair_of_operations){ s.b, s.one };
	options[1].internal = options[1].resolves = &inside;
	options[1].internal_count = options[1].resolve_count = 1;
	options[0].is_protected = true;
	json_of(&s, options, 2, &json);
	holds(&json,
	      "\"kind\": \"combined\",\n   \"change\": {\"changes\": [{\"kind\": \"delay\", \"shift_s\": 60}, {\"kind\": \"altitude\", \"lift_ft\": 1000,");
	holds(&json,
	      "\"cost\": {\"total\": 160, \"delay_s\": 60, \"altitude_ft\": 1000, \"extra_m\": 0},\n   \"margin\": {\"lateral_m\": 12.3, \"vertical_ft\": 4.5, "
	      "\"time_s\": 6.789},\n   \"verified\": true,\n   \"protected\": true,\n   \"features\": [");
	holds(&json,
	      "\"also\": [\n    {\n     \"party\": \"B\",\n     \"move\": \"on\\\"e\",\n     \"change\": {\"shift_s\": 60},\n     \"features\": [");
	holds(&json,
	      "\"margin\": {\"lateral_m\": null, \"vertical_ft\": null, \"time_s\": null},\n   \"verified\": true,\n   \"internal\": [[\"same\", \"on\\\"e\"]],");
	/* The cheaper one first, and the protected one last whatever it costs. */
	CHECK(strstr(json.p, "\"joint\"") < strstr(json.p, "\"combined\""));
	dcf_put_option_words(&words, &s.plan, &options[0]);
	dcf_buf_z(&words, "|");
	dcf_put_option_words(&words, &s.plan, &options[1]);
	CHECK_MSG(
		dcf_span_eq(
			dcf_buf_as_span(&words),
			DCF_SPAN(
				"A/same 1 min later, and at FL100-FL120 instead of FL090-FL110|A/same 1 min later; on\"e 1 min later")),
		"%.*s", (int)words.len, words.p);
	dcf_buf_free(&words);
	dcf_buf_free(&json);
	close_scene(&s);
}

static void a_whole_plan(void)
{
	struct scene s;
	struct dcf_moved m;
	struct dcf_cost cost = { 60, 60, 0, 0 };
	struct dcf_burden burden[2] = { { 60, 1, 1 }, { 0, 0, 0 } };
	struct dcf_unresolved left;
	struct dcf_whole_result whole = { .moved = &m,
					  .moved_count = 1,
					  .cost = &cost,
					  .total = { 60, 60, 0, 0 },
					  .lower_bound = 12.3456,
					  .burden = burden,
					  .share_kept = true,
					  .unresolved = &left,
					  .unresolved_count = 1,
					  .conflicts_before = 2,
					  .conflicts_after = 1,
					  .steps = 9,
					  .stopped = true };
	struct dcf_options_answer answer;
	struct dcf_arena arena = { .from = &heap };
	struct dcf_buf json = { .from = &heap };

	open_scene(&s);
	m = moved(&s, s.a, (struct dcf_change){ .how = DCF_CHANGE_SHIFT, .shift_us = MINUTE_US });
	left = (struct dcf_unresolved){ s.a, s.one, DCF_SPAN("neither may move") };
	CHECK(dcf_answer_of_whole(&s.plan, &s.check, &whole, 5, &arena, &answer) == DCF_OK);
	/* Of its two conflicts the one that is left is not resolved. */
	CHECK(answer.option_count == 1 && answer.options[0].resolve_count == 1 && answer.options[0].resolves[0].b == s.b);
	dcf_options_json(&answer, "1.2.3", &json);
	dcf_buf_char(&json, '\0');
	holds(&json, "\"resolves\": [[\"same\", \"same\"]]");
	holds(&json,
	      "{\"a\": {\"party\": \"A\", \"operation\": \"same\"}, \"b\": {\"party\": \"B\", \"operation\": \"on\\\"e\"}, \"why\": \"neither may move\"}");
	holds(&json,
	      "\"stopped\": true,\n \"plan\": {\n  \"cost\": {\"total\": 60, \"delay_s\": 60, \"altitude_ft\": 0, \"extra_m\": 0},\n"
	      "  \"lower_bound\": 12.345,\n  \"parties\": [\n   {\"party\": \"A\", \"cost\": 60, \"share\": 1, \"moved\": 1},\n"
	      "   {\"party\": \"B\", \"cost\": 0, \"share\": 0, \"moved\": 0}\n  ],\n  \"conflicts_before\": 2,\n  \"conflicts_after\": 1,\n"
	      "  \"seed\": 5,\n  \"steps\": 9,\n  \"stopped\": true,\n  \"margins\": false\n },\n \"notice\": \"The plan was checked as a whole.");
	holds(&json, "Time was up: this is the best that was found so far.");
	dcf_buf_free(&json);
	dcf_arena_free(&arena);
	close_scene(&s);
}

/* Each allocation fails in turn: the writer says so, and nothing is lost. */
static void short_memory_is_told(void)
{
	struct scene s;
	struct dcf_option o[2];

	open_scene(&s);
	o[0] = o[1] = option(&s, s.a, ways[0].c);
	for (size_t n = 1;; n++) {
		struct failing_heap h = { .fail_at = n };
		struct dcf_alloc a = failing_heap(&h);
		struct dcf_buf out = { .from = &a };
		const struct dcf_options_answer answer = {
			.plan = &s.plan, .check = &s.check, .options = o, .option_count = 2
		};
		bool failed;

		dcf_options_json(&answer, "1.2.3", &out);
		failed = out.failed;
		CHECK(failed == (h.calls >= n));
		dcf_buf_free(&out);
		CHECK(h.in_use == 0);
		if (!failed)
			break;
	}
	close_scene(&s);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(every_change_in_json_and_words), TAP(two_changes_and_two_movers), TAP(a_whole_plan),
		       TAP(short_memory_is_told));
}
