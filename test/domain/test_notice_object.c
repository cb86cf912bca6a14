/* SPDX-License-Identifier: Apache-2.0 */
/* test_notice_object.c - what a notice is about, as canonical text: every shape there and back, the same answer of CHECK before
 * and after; check-words; what differs; what moved; what is no notice.  Prints its seed.
 *
 *     test_notice_object [SEED] */
#include "core/check.h"
#include "core/geodesy.h"
#include "domain/message.h"
#include "domain/notice_object.h"
#include "line_kit.h"
#include "tap.h"

#include <inttypes.h>

static uint64_t seed = 20160917;
static struct dcf_alloc heap;

static uint64_t draw(uint64_t n)
{
	return kit_draw(&seed) % n;
}

#define START INT64_C(1442734800000000)

/* --- random features -------------------------------------------------------------------------------------- */

enum { POINTS = 8 };

struct sample {
	struct dcf_feature f;
	struct dcf_latlon points[POINTS];
	struct dcf_ring rings[3];
	struct dcf_waypoint waypoints[POINTS];
};

static struct dcf_altitude random_altitude(bool upper)
{
	static const int64_t units[] = { DCF_FT_E4, DCF_M_E4, DCF_FL_E4 };
	struct dcf_altitude a = { .e4 = (int64_t)(draw(100) + (upper ? 400 : 0)) * 10 * units[draw(upper ? 3 : 2)] +
					(int64_t)draw(2),
				  .ref = (uint8_t)(upper ? DCF_REF_MSL : draw(DCF_REF_COUNT)) };

	a.unlimited = upper && draw(5) == 0;
	if (a.unlimited)
		a.e4 = 0;
	return a;
}

/* Near one place, so that shapes meet; sometimes across the antimeridian. */
static struct dcf_latlon near(struct dcf_latlon at, int32_t north, int32_t east)
{
	int64_t lon = (int64_t)at.lon_e7 + east;

	return (struct dcf_latlon){ at.lat_e7 + north, (int32_t)(lon > 1800000000     ? lon - 3600000000
								 : lon <= -1800000000 ? lon + 3600000000
										      : lon) };
}

static void random_ring(struct sample *s, struct dcf_latlon at, int32_t size, bool outer)
{
	struct dcf_ring *r = &s->rings[s->f.ring_count++];

	*r = (struct dcf_ring){ s->f.point_count, 4, outer };
	s->points[s->f.point_count++] = near(at, -size, -size);
	s->points[s->f.point_count++] = near(at, -size + (int32_t)draw(1000), size);
	s->points[s->f.point_count++] = near(at, size, size - (int32_t)draw(1000));
	s->points[s->f.point_count++] = near(at, size, -size);
}

static void random_sample(struct sample *s, unsigned shape, bool whole)
{
	struct dcf_latlon at = { (int32_t)draw(1000000000) - 500000000, draw(4) ? 400000000 : 1799900000 };

	memset(s, 0, sizeof *s);
	s->f = (struct dcf_feature){ .shape = (uint8_t)shape,
				     .edges = (uint8_t)(shape == DCF_CIRCLE ? 0 : draw(2)),
				     .points = s->points,
				     .start_us = START + (int64_t)draw(1000000000),
				     .sent_us = DCF_TIME_NONE,
				     .received_us = DCF_TIME_NONE };
	if (s->f.edges == DCF_EDGES_LONLAT)
		at.lon_e7 = 400000000; /* straight in longitude and latitude: not across the antimeridian */
	s->f.end_us = s->f.start_us + 1 + (int64_t)draw(100000000000);
	s->f.lower = random_altitude(false);
	s->f.upper = random_altitude(true);
	s->f.radius_m = whole ? (double)(1 + draw(100000000)) / 1000 : (double)(1 + draw(1000000000)) / 9973.0;
	if (shape == DCF_POLYGON) {
		s->f.rings = s->rings;
		s->f.radius_m = 0;
		random_ring(s, at, 1000000, true);
		random_ring(s, draw(2) ? at : near(at, 4000000, 0), 100000, false);
		s->rings[1].outer = s->points[4].lat_e7 - at.lat_e7 > 1000000; /* a hole, or an island beside it */
		return;
	}
	s->f.point_count = shape == DCF_CIRCLE ? 1 : shape == DCF_ORBIT ? 2 : 2 + (uint32_t)draw(POINTS - 2);
	for (uint32_t i = 0; i < s->f.point_count; i++)
		s->points[i] = near(at, (int32_t)i * 300000 + (int32_t)draw(100000), (int32_t)draw(2000000));
	if (shape != DCF_TRAJECTORY)
		return;
	s->f.waypoints = s->waypoints;
	s->f.containment_e4 = (int64_t)draw(2) * 1524000;
	s->f.lower = s->f.upper = (struct dcf_altitude){ 0 };
	for (uint32_t i = 0; i < s->f.point_count; i++)
		s->waypoints[i] =
			(struct dcf_waypoint){ s->f.start_us + (int64_t)i * 60000000,
					       { 27432000 + (int64_t)draw(1000), (uint8_t)(draw(3) ? 1 : draw(5)), 0, false } };
	s->f.end_us = s->waypoints[s->f.point_count - 1].time_us;
}

/* --- there and back --------------------------------------------------------------------------------------- */

static bool same_altitude(struct dcf_altitude a, struct dcf_altitude b)
{
	return a.unlimited == b.unlimited && (a.unlimited || (a.e4 == b.e4 && a.ref == b.ref));
}

static void check_same(const struct dcf_feature *a, const struct dcf_feature *b)
{
	CHECK(a->shape == b->shape && a->edges == b->edges && a->point_count == b->point_count &&
	      a->ring_count == b->ring_count);
	CHECK(a->start_us == b->start_us && a->end_us == b->end_us && a->containment_e4 == b->containment_e4);
	CHECK(b->radius_m >= a->radius_m && b->radius_m < a->radius_m + 0.0010001);
	CHECK(a->point_count != b->point_count || memcmp(a->points, b->points, a->point_count * sizeof *a->points) == 0);
	if (a->shape != DCF_TRAJECTORY)
		CHECK(same_altitude(a->lower, b->lower) && same_altitude(a->upper, b->upper));
	for (uint32_t i = 0; a->shape == DCF_TRAJECTORY && i < a->point_count; i++)
		CHECK(a->waypoints[i].time_us == b->waypoints[i].time_us &&
		      same_altitude(a->waypoints[i].altitude, b->waypoints[i].altitude));
	for (uint32_t i = 0; i < a->ring_count && i < b->ring_count; i++)
		CHECK(a->rings[i].first == b->rings[i].first && a->rings[i].count == b->rings[i].count &&
		      a->rings[i].outer == b->rings[i].outer);
}

static bool read_back(struct dcf_span object, struct dcf_plan *plan, struct dcf_buf *why)
{
	struct kit_json json = { .copy = NULL };
	bool ok;

	dcf_plan_init(plan, &heap);
	ok = kit_parse(&json, object) &&
	     dcf_notice_object_read(dcf_jroot(&json.doc), plan, DCF_SPAN("A"), DCF_SPAN("op"), why) == DCF_OK;
	kit_free(&json);
	return ok;
}

static void every_shape_comes_back(void)
{
	printf("# seed %" PRIu64 "\n", seed);
	for (unsigned round = 0; round < 2000; round++) {
		struct sample s;
		const struct dcf_feature *list[] = { &s.f };
		struct dcf_buf text = { .from = &heap }, again = { .from = &heap }, why = { .from = &heap };
		struct dcf_plan plan;
		const struct dcf_feature *back[2];
		bool islands;

		random_sample(&s, round % DCF_SHAPE_COUNT, false);
		islands = s.f.shape == DCF_POLYGON && s.rings[1].outer;
		CHECK(dcf_notice_object_put(list, 1, &text, &why) == DCF_OK);
		CHECK(dcf_canonical_ok(dcf_buf_as_span(&text), 6));
		CHECK_MSG(read_back(dcf_buf_as_span(&text), &plan, &why), "%.*s: %.*s", (int)why.len, why.p, (int)text.len,
			  text.p);
		CHECK(plan.feature_count == (islands ? 2u : 1u) && plan.party_count == 1 && plan.operation_count == 1);
		if (plan.feature_count == 1 && !islands)
			check_same(&s.f, &plan.features[0]);
		for (size_t i = 0; i < plan.feature_count && i < 2; i++)
			back[i] = &plan.features[i];
		CHECK(dcf_notice_object_put(back, plan.feature_count, &again, NULL) == DCF_OK);
		CHECK(dcf_span_eq(dcf_buf_as_span(&text), dcf_buf_as_span(&again)));
		dcf_plan_free(&plan);
		dcf_buf_free(&text);
		dcf_buf_free(&again);
		dcf_buf_free(&why);
	}
}

/* As an operation of RED, beside one of BLUE, through the whole check. */
static void answer_of(const struct dcf_feature *red, const struct dcf_feature *blue, struct dcf_result *result,
		      struct dcf_plan *plan)
{
	struct dcf_check_options options = { .lateral_m = 5556,
					     .vertical_e4 = 9144000,
					     .max_dwell_us = DCF_NO_LIMIT,
					     .for_party = DCF_NONE,
					     .only_operation = DCF_NONE };
	struct dcf_feature f[2] = { *blue, *red };

	dcf_plan_init(plan, &heap);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(dcf_plan_party(plan, i ? DCF_SPAN("RED") : DCF_SPAN("BLUE"), &f[i].party) == DCF_OK);
		CHECK(dcf_plan_operation(plan, f[i].party, DCF_SPAN("op"), &f[i].operation) == DCF_OK);
		CHECK(dcf_plan_add_feature(plan, &f[i]) == DCF_OK);
	}
	*result = (struct dcf_result){ .from = NULL };
	CHECK(dcf_check(plan, &options, &heap, result) == DCF_OK);
}

static void check_answers_the_same(void)
{
	unsigned conflicts = 0;

	for (unsigned round = 0; round < 400; round++) {
		struct sample ours, theirs;
		struct dcf_buf text = { .from = &heap };
		const struct dcf_feature *list[] = { &theirs.f };
		struct dcf_plan plans[3];
		struct dcf_result before, after;

		random_sample(&theirs, round % DCF_SHAPE_COUNT, true);
		if (theirs.f.shape == DCF_POLYGON && theirs.rings[1].outer)
			theirs.f.ring_count = 1, theirs.f.point_count = 4;
		random_sample(&ours, DCF_CIRCLE, true);
		ours.points[0] = near(theirs.points[0], 100000, 100000);
		ours.f.start_us = theirs.f.start_us;
		CHECK(dcf_notice_object_put(list, 1, &text, NULL) == DCF_OK);
		CHECK(read_back(dcf_buf_as_span(&text), &plans[2], NULL) && plans[2].feature_count == 1);
		if (plans[2].feature_count == 1) {
			answer_of(&theirs.f, &ours.f, &before, &plans[0]);
			answer_of(&plans[2].features[0], &ours.f, &after, &plans[1]);
			CHECK(before.refused_features == 0 && after.refused_features == 0);
			CHECK(before.conflict_count == after.conflict_count);
			if (before.conflict_count && after.conflict_count) {
				const struct dcf_conflict *a = &before.conflicts[0], *b = &after.conflicts[0];

				CHECK(a->class == b->class && a->start_us == b->start_us && a->end_us == b->end_us &&
				      a->lateral_gap_dm == b->lateral_gap_dm &&
				      a->vertical_gap_dft[0] == b->vertical_gap_dft[0]);
				conflicts++;
			}
			dcf_result_free(&before);
			dcf_result_free(&after);
			dcf_plan_free(&plans[0]);
			dcf_plan_free(&plans[1]);
		}
		dcf_plan_free(&plans[2]);
		dcf_buf_free(&text);
	}
	CHECK_MSG(conflicts > 50, "%u conflicts", conflicts);
}

static void radii_go_outward(void)
{
	for (unsigned round = 0; round < 3000; round++) {
		struct sample s;
		const struct dcf_feature *list[] = { &s.f };
		struct dcf_buf text = { .from = &heap };
		struct dcf_plan plan;
		double r;
		bool back;

		random_sample(&s, DCF_CIRCLE, false);
		s.f.radius_m = r = round < 1000   ? (double)(round + 1) / 1000
				   : round < 2000 ? (double)(1 + draw(3000000000)) / 1000
						  : (double)(1 + draw((uint64_t)1 << 50)) / (double)((uint64_t)1 << 30);
		CHECK(dcf_notice_object_put(list, 1, &text, NULL) == DCF_OK);
		back = read_back(dcf_buf_as_span(&text), &plan, NULL);
		CHECK(back);
		if (back) {
			CHECK(plan.features[0].radius_m >= r && plan.features[0].radius_m < r + 0.0010001);
			/* whole millimetres stay */
			CHECK(round >= 2000 || plan.features[0].radius_m == r);
		}
		dcf_plan_free(&plan);
		dcf_buf_free(&text);
	}
}

/* --- what is no notice ------------------------------------------------------------------------------------ */

#define WINDOW_END     "\"end\":2000000,"
#define BAND_LOW       "\"lower\":{\"e4\":0,\"ref\":\"SFC\"},"
#define AT             "\"points\":[[350000000,360000000]],\"radius_mm\":1000,\"shape\":\"circle\","
#define WINDOW_START   "\"start\":1000000,"
#define BAND_HIGH      "\"upper\":{\"ref\":\"UNL\"}"
#define VOLUME(inside) "{\"volumes\":[{" inside "}]}"
#define FINE           "\"edges\":\"geodesic\"," WINDOW_END BAND_LOW AT WINDOW_START BAND_HIGH

static const struct {
	const char *object, *why;
} no_notice[] = {
	{ "{}", "no geometry\nno altitude band\nno window\n" },
	{ "[]", "no geometry\nno altitude band\nno window\n" },
	{ "{\"volumes\":[]}", "no geometry\nno altitude band\nno window\n" },
	{ "{\"volumes\":[1]}", "volume 1: no geometry\n" },
	{ "{\"volumes\":[{}]}", "volume 1: no geometry\nvolume 1: no window\nvolume 1: no altitude band\n" },
	{ "{\"other\":1,\"volumes\":[{" FINE "}]}", "a member beside volumes\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END AT WINDOW_START BAND_HIGH), "volume 1: no altitude band\n" },
	{ VOLUME("\"edges\":\"geodesic\"," BAND_LOW AT BAND_HIGH), "volume 1: no window\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"radius_mm\":1000,\"shape\":\"circle\"," WINDOW_START BAND_HIGH),
	  "volume 1: no geometry\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"points\":[[350000000,360000000]],\"radius_mm\":0,\"shape\":\"circle\"," WINDOW_START BAND_HIGH),
	  "volume 1, geometry: radius_mm is from 1 (of a trajectory 0) to 3000000000\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"points\":[[350000000,-1800000000]],\"radius_mm\":1,\"shape\":\"circle\"," WINDOW_START BAND_HIGH),
	  "volume 1, geometry: a position is latitude and longitude in 1e-7 degree\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"points\":[[900000001,0]],\"radius_mm\":1,\"shape\":\"circle\"," WINDOW_START BAND_HIGH),
	  "volume 1, geometry: a position is latitude and longitude in 1e-7 degree\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"points\":[[1,2,3]],\"radius_mm\":1,\"shape\":\"circle\"," WINDOW_START BAND_HIGH),
	  "volume 1, geometry: a position is latitude and longitude in 1e-7 degree\n" },
	{ VOLUME("\"edges\":\"geodesic\",\"end\":1000000," BAND_LOW AT WINDOW_START BAND_HIGH),
	  "volume 1, window: start not before end\n" },
	{ VOLUME("\"edges\":\"geodesic\",\"end\":\"x\"," BAND_LOW AT WINDOW_START BAND_HIGH),
	  "volume 1, window: start and end are microseconds since 1970\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END "\"lower\":{\"e4\":2,\"ref\":\"MSL\"}," AT WINDOW_START
		 "\"upper\":{\"e4\":1,\"ref\":\"MSL\"}"),
	  "volume 1, altitude band: lower above upper\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END "\"lower\":{\"ref\":\"UNL\"}," AT WINDOW_START BAND_HIGH),
	  "volume 1, altitude band: each limit has its reference and tenths of a millimetre\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END "\"lower\":{\"e4\":0,\"ref\":\"QNH\"}," AT WINDOW_START BAND_HIGH),
	  "volume 1, altitude band: each limit has its reference and tenths of a millimetre\n" },
	{ VOLUME("\"edges\":\"lonlat\"," WINDOW_END BAND_LOW AT WINDOW_START BAND_HIGH),
	  "volume 1, geometry: edges are geodesic or lonlat, of a circle geodesic\n" },
	{ VOLUME("\"a\":1," FINE), "volume 1: a member that this shape does not have\n" },
	{ VOLUME("\"rings\":[]," FINE), "volume 1: a member that this shape does not have\n" },
	{ VOLUME(FINE "," BAND_HIGH), "volume 1: a member twice\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"rings\":[[[0,0],[10000000,10000000],[0,10000000],[10000000,0]]],\"shape\":\"polygon\"," WINDOW_START
			 BAND_HIGH),
	  "volume 1, geometry: " },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"rings\":[[[0,0],[1,1]]],\"shape\":\"polygon\"," WINDOW_START BAND_HIGH),
	  "volume 1, geometry: a ring has three points or more\n" },
	{ VOLUME("\"edges\":\"geodesic\"," WINDOW_END BAND_LOW
		 "\"rings\":[[[0,0],[9,0],[9,9],[0,0]]],\"shape\":\"polygon\"," WINDOW_START BAND_HIGH),
	  "volume 1, geometry: a ring does not repeat its first point\n" },
	{ VOLUME("\"containment_e4\":0,\"edges\":\"geodesic\",\"radius_mm\":0,\"ref\":\"STD\",\"shape\":\"trajectory\","
		 "\"waypoints\":[[0,0,5,0],[1,1,5,0]]"),
	  "volume 1, window: each waypoint has a time after the one before it\n" },
	{ VOLUME("\"containment_e4\":0,\"edges\":\"geodesic\",\"radius_mm\":0,\"shape\":\"trajectory\",\"waypoints\":[[0,0,5,0]"
		 ",[1,1,6,0]]"),
	  "volume 1: no altitude band\n" },
	{ VOLUME("\"containment_e4\":0,\"edges\":\"geodesic\",\"radius_mm\":0,\"refs\":[\"STD\",\"STD\"],\"shape\":"
		 "\"trajectory\",\"waypoints\":[[0,0,5,0],[1,1,6,0]]"),
	  "volume 1, altitude band: refs: one a waypoint, where they differ\n" },
	{ VOLUME("\"containment_e4\":0,\"edges\":\"geodesic\",\"radius_mm\":0,\"refs\":[\"STD\",\"MSL\",\"STD\"],\"shape\":"
		 "\"trajectory\",\"waypoints\":[[0,0,5,0],[1,1,6,0]]"),
	  "volume 1, altitude band: refs: one a waypoint, where they differ\n" },
	{ "{\"volumes\":[{" FINE "},{\"edges\":\"geodesic\"," WINDOW_END AT WINDOW_START BAND_HIGH "}]}",
	  "volume 2: no altitude band\n" },
};

static void what_is_missing_is_told(void)
{
	struct dcf_plan plan;

	CHECK(read_back(DCF_SPAN(VOLUME(FINE)), &plan, NULL));
	dcf_plan_free(&plan);
	for (size_t i = 0; i < sizeof no_notice / sizeof *no_notice; i++) {
		struct dcf_buf why = { .from = &heap };
		size_t n = strlen(no_notice[i].why);
		bool taken = read_back(dcf_span_of(no_notice[i].object), &plan, &why);

		CHECK_MSG(!taken && plan.feature_count == 0 && plan.party_count == 0, "%s", no_notice[i].object);
		/* A sentence of the core is not repeated here: what ends in a blank is the beginning. */
		CHECK_MSG(why.len >= n && memcmp(why.p, no_notice[i].why, n) == 0 &&
				  (why.len == n || no_notice[i].why[n - 1] == ' '),
			  "%s: %.*s", no_notice[i].object, (int)why.len, why.p ? why.p : "");
		dcf_plan_free(&plan);
		CHECK(!read_back(dcf_span_of(no_notice[i].object), &plan, NULL));
		dcf_plan_free(&plan);
		dcf_buf_free(&why);
	}
}

static void what_cannot_be_put_is_told(void)
{
	for (unsigned change = 0; change < 10; change++) {
		static struct dcf_latlon many[DCF_NOTICE_POINTS_MAX + 1];
		struct sample s;
		const struct dcf_feature *list[DCF_NOTICE_VOLUMES_MAX + 1];
		struct dcf_buf text = { .from = &heap }, why = { .from = &heap };
		size_t count = 1;

		random_sample(&s, change == 9 ? DCF_TRAJECTORY : DCF_CORRIDOR, false);
		for (size_t i = 0; i <= DCF_NOTICE_VOLUMES_MAX; i++)
			list[i] = &s.f;
		switch (change) {
		case 0:
			s.f.point_count = 0;
			break;
		case 1:
			s.f.end_us = s.f.start_us;
			break;
		case 2:
			s.f.start_us = -1;
			break;
		case 3:
			s.f.lower.unlimited = true;
			break;
		case 4:
			s.f.radius_m = -1;
			break;
		case 5:
			s.f.radius_m = 0.0 / (double)(change - 5);
			break;
		case 6:
			count = 0;
			break;
		case 7:
			count = DCF_NOTICE_VOLUMES_MAX + 1;
			break;
		case 8:
			s.f.points = many;
			s.f.point_count = DCF_NOTICE_POINTS_MAX + 1;
			break;
		case 9:
			s.waypoints[0].altitude.unlimited = true;
			break;
		}
		CHECK_MSG(dcf_notice_object_put(list, count, &text, &why) == DCF_E_RANGE && text.len == 0 && why.len > 5,
			  "change %u", change);
		CHECK(dcf_notice_object_put(list, count, &text, NULL) == DCF_E_RANGE);
		dcf_buf_free(&text);
		dcf_buf_free(&why);
	}
}

/* Nearly from pole to pole and back: a few bytes that would keep the core busy for long. */
static void edges_are_not_endless(void)
{
	for (uint32_t points = 19; points <= 21; points++) {
		struct sample s;
		struct dcf_latlon line[21];
		const struct dcf_feature *list[] = { &s.f, &s.f };
		struct dcf_buf text = { .from = &heap }, why = { .from = &heap };
		struct dcf_plan plan;
		bool fits = points < 21;

		random_sample(&s, DCF_CORRIDOR, true);
		s.f.edges = DCF_EDGES_GEODESIC;
		for (uint32_t i = 0; i < points; i++)
			line[i] = (struct dcf_latlon){ i % 2 ? 850000000 : -850000000, (int32_t)i * 1000000 };
		s.f.points = line;
		s.f.point_count = points;
		CHECK((dcf_notice_object_put(list, 1, &text, &why) == DCF_OK) == fits);
		CHECK(fits == (why.len == 0));
		CHECK(dcf_notice_object_put(list, 2, &why, NULL) == DCF_E_RANGE);
		if (fits) {
			CHECK(read_back(dcf_buf_as_span(&text), &plan, NULL));
			dcf_plan_free(&plan);
		}
		dcf_buf_free(&text);
		dcf_buf_free(&why);
	}
	/* what another program sends */
	{
		struct dcf_buf text = { .from = &heap }, why = { .from = &heap };
		struct dcf_plan plan;

		dcf_buf_z(&text, "{\"volumes\":[{\"edges\":\"geodesic\"," WINDOW_END BAND_LOW "\"points\":[[-850000000,0]");
		for (int i = 1; i < 1000; i++)
			dcf_buf_z(&text, i % 2 ? ",[850000000,1000000]" : ",[-850000000,0]");
		dcf_buf_z(&text, "],\"radius_mm\":1,\"shape\":\"corridor\"," WINDOW_START BAND_HIGH "}]}");
		CHECK(!read_back(dcf_buf_as_span(&text), &plan, &why));
		CHECK(dcf_span_eq(dcf_buf_as_span(&why), DCF_SPAN("volume 1, geometry: edges too long in all\n")));
		dcf_plan_free(&plan);
		dcf_buf_free(&text);
		dcf_buf_free(&why);
	}
}

/* --- check-words ------------------------------------------------------------------------------------------ */

static void words_follow_every_number(void)
{
	struct dcf_buf text = { .from = &heap };
	char words[DCF_CHECK_WORDS_MAX], other[DCF_CHECK_WORDS_MAX];

	dcf_buf_z(&text, VOLUME(FINE));
	dcf_check_words_of(dcf_buf_as_span(&text), words);
	CHECK(strlen(words) == 15 && words[3] == ' ' && words[7] == ' ' && words[11] == ' ');
	for (size_t i = 0; i < text.len; i++) {
		text.p[i] ^= 1;
		dcf_check_words_of(dcf_buf_as_span(&text), other);
		CHECK_MSG(strcmp(words, other) != 0, "byte %zu", i);
		text.p[i] ^= 1;
	}
	dcf_buf_free(&text);
}

static void typed_words_may_be_spaced(void)
{
	static const char words[DCF_CHECK_WORDS_MAX] = "012 345 678 901";
	static const char *const same[] = { "012 345 678 901", "012345678901", " 012-345-678-901 ", "012.345.678.901",
					    "0 1 2 3 4 5 6 7 8 9 0 1" };
	static const char *const others[] = { "",
					      "012 345 678 90",
					      "012 345 678 9011",
					      "112 345 678 901",
					      "O12 345 678 901",
					      "012/345/678/901",
					      "12345678901",
					      "021 345 678 901" };
	char one[DCF_CHECK_WORDS_MAX];

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		CHECK_MSG(dcf_check_words_equal(words, dcf_span_of(same[i])), "%s", same[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		CHECK_MSG(!dcf_check_words_equal(words, dcf_span_of(others[i])), "%s", others[i]);
	for (size_t i = 0; i < 15; i++)
		for (char c = '0'; c <= '9'; c++) {
			memcpy(one, words, sizeof one);
			one[i] = c;
			CHECK(dcf_check_words_equal(words, dcf_span_of(one)) == (c == words[i]));
		}
}

/* --- what differs, what moved ----------------------------------------------------------------------------- */

static void check_differ(const char *sent, const char *heard, const char *want)
{
	struct kit_json a = { .copy = NULL }, b = { .copy = NULL };
	struct dcf_buf out = { .from = &heap };

	CHECK(kit_parse(&a, dcf_span_of(sent)) && kit_parse(&b, dcf_span_of(heard)));
	CHECK(dcf_notice_object_differ(dcf_jroot(&a.doc), dcf_jroot(&b.doc), &out) == DCF_OK);
	CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(want)), "%.*s", (int)out.len, out.p ? out.p : "");
	dcf_buf_free(&out);
	kit_free(&a);
	kit_free(&b);
}

#define CIRCLE(at, rest) "{\"volumes\":[{\"edges\":\"geodesic\",\"points\":[" at "],\"shape\":\"circle\"" rest "}]}"

static void differences_are_told(void)
{
	check_differ(VOLUME(FINE), VOLUME(FINE), "");
	/* Deir ez-Zor: 35 17 07 read as 35.1707 */
	check_differ(CIRCLE("[352568000,401410000]", ""), CIRCLE("[352045000,401760000]", ""),
		     "volume 1, centre: sent 35.2568N 040.1410E, read back 35.2045N 040.1760E, 6.6 km apart\n");
	check_differ(CIRCLE("[352568000,401410000]", ""), CIRCLE("[352568010,401410000]", ""),
		     "volume 1, centre: sent 35.2568000N 040.1410000E, read back 35.2568010N 040.1410000E, 0.1 m apart\n");
	check_differ(CIRCLE("[-5,-1234567891]", ""), CIRCLE("[900000000,1800000000]", ""),
		     "volume 1, centre: sent 00.0000S 123.4568W, read back 90.0000N 180.0000E, 10002.0 km apart\n");
	check_differ(CIRCLE("[1,2]", ",\"radius_mm\":1500000"), CIRCLE("[1,2]", ",\"radius_mm\":1500001"),
		     "volume 1, radius: sent 1500 m, read back 1500.001 m\n");
	check_differ(CIRCLE("[1,2]", ",\"upper\":{\"e4\":54864000,\"ref\":\"STD\"}"),
		     CIRCLE("[1,2]", ",\"upper\":{\"e4\":54864000,\"ref\":\"MSL\"}"),
		     "volume 1, upper: sent FL180, read back 18000 ft MSL\n");
	check_differ(CIRCLE("[1,2]", ",\"lower\":{\"e4\":10000000,\"ref\":\"AGL\"}"),
		     CIRCLE("[1,2]", ",\"lower\":{\"ref\":\"UNL\"}"), "volume 1, lower: sent 1000 m AGL, read back UNL\n");
	check_differ(CIRCLE("[1,2]", ",\"start\":1442734800000000"), CIRCLE("[1,2]", ",\"start\":1442738400000001"),
		     "volume 1, start: sent 2015-09-20T07:40:00Z, read back 2015-09-20T08:40:00.000001Z\n");
	check_differ(CIRCLE("[1,2]", ""),
		     "{\"volumes\":[{\"edges\":\"lonlat\",\"points\":[[1,2],[3,4]],\"shape\":\"orbit\"},{}]}",
		     "volume 1, shape: sent circle, read back orbit\nvolume 1, edges: sent geodesic, read back lonlat\n"
		     "volume 1, points: sent 1, read back 2\nvolume 2: read back, not sent\n");
	check_differ("{\"volumes\":[{\"rings\":[[[1,2],[3,4],[5,6]]]}]}",
		     "{\"volumes\":[{\"rings\":[[[1,2],[3,4],[5,7]],[[1,1]]]}]}",
		     "volume 1, position ring 1 point 3: sent 00.0000005N 000.0000006E, read back 00.0000005N 000.0000007E, "
		     "0.0 m apart\n"
		     "volume 1, points ring 2: sent 0, read back 1\n");
	check_differ("{\"volumes\":[{\"ref\":\"STD\",\"waypoints\":[[1,2,5000000,30480]]}]}",
		     "{\"volumes\":[{\"ref\":\"MSL\",\"waypoints\":[[1,2,6000000,30481]]}]}",
		     "volume 1, reference of the altitudes: sent STD, read back MSL\n"
		     "volume 1, time of point 1: sent 1970-01-01T00:00:05Z, read back 1970-01-01T00:00:06Z\n"
		     "volume 1, altitude of point 1: sent 3.048 m, read back 3.0481 m\n");
}

/* What the other side sends may be anything: told, without showing it. */
static void anything_can_be_compared(void)
{
	static const char *const strange[] = {
		"{}",
		"[]",
		"1",
		"null",
		"\"\xe2\x80\xae\"",
		"{\"volumes\":1}",
		"{\"volumes\":[]}",
		"{\"volumes\":[null,[],\"x\"]}",
		CIRCLE("\"x\"", ""),
		CIRCLE("[1]", ""),
		CIRCLE("[1,2,3]", ""),
		CIRCLE("", ",\"radius_mm\":\"\xe2\x80\xae\""),
		CIRCLE("[1,2]", ",\"upper\":{\"e4\":{},\"ref\":5}"),
		CIRCLE("[1,2]", ",\"start\":-5"),
		CIRCLE("[1,2]", ",\"evil\":1"),
		"{\"volumes\":[{\"rings\":[1,[],{}],\"waypoints\":[1,[],[1,2]]}]}",
	};
	size_t n = sizeof strange / sizeof *strange;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct kit_json a = { .copy = NULL }, b = { .copy = NULL };
			struct dcf_buf out = { .from = &heap };
			double moved, radius;

			CHECK(kit_parse(&a, dcf_span_of(strange[i])) && kit_parse(&b, dcf_span_of(strange[k])));
			CHECK(dcf_notice_object_differ(dcf_jroot(&a.doc), dcf_jroot(&b.doc), &out) == DCF_OK);
			CHECK_MSG((out.len == 0) == (i == k), "%s and %s", strange[i], strange[k]);
			for (size_t c = 0; c < out.len; c++)
				CHECK((unsigned char)out.p[c] < 0x80);
			(void)!dcf_notice_object_moved(dcf_jroot(&a.doc), dcf_jroot(&b.doc), &moved, &radius);
			dcf_buf_free(&out);
			kit_free(&a);
			kit_free(&b);
		}
}

/* Many differences: a bounded number of lines. */
static void differences_are_bounded(void)
{
	struct dcf_buf a = { .from = &heap }, b = { .from = &heap }, out = { .from = &heap };
	struct kit_json x = { .copy = NULL }, y = { .copy = NULL };
	size_t lines = 0;

	for (struct dcf_buf *t = &a; t; t = t == &a ? &b : NULL) {
		dcf_buf_z(t, "{\"volumes\":[{\"points\":[");
		for (unsigned i = 0; i < 1000; i++)
			dcf_buf_z(t, t == &a ? (i ? ",[1,2]" : "[1,2]") : (i ? ",[1,3]" : "[1,3]"));
		dcf_buf_z(t, "]}]}");
	}
	CHECK(kit_parse(&x, dcf_buf_as_span(&a)) && kit_parse(&y, dcf_buf_as_span(&b)));
	CHECK(dcf_notice_object_differ(dcf_jroot(&x.doc), dcf_jroot(&y.doc), &out) == DCF_OK);
	for (size_t i = 0; i < out.len; i++)
		lines += out.p[i] == '\n';
	CHECK(lines == 61 && out.len > 30 && memcmp(out.p + out.len - 21, "940 more differences\n", 21) == 0);
	kit_free(&x);
	kit_free(&y);
	dcf_buf_free(&a);
	dcf_buf_free(&b);
	dcf_buf_free(&out);
}

static void check_moved(const char *older, const char *newer, enum dcf_status want, double moved_m, double radius_m)
{
	struct kit_json a = { .copy = NULL }, b = { .copy = NULL };
	double moved = -1, radius = -1;

	CHECK(kit_parse(&a, dcf_span_of(older)) && kit_parse(&b, dcf_span_of(newer)));
	CHECK(dcf_notice_object_moved(dcf_jroot(&a.doc), dcf_jroot(&b.doc), &moved, &radius) == want);
	CHECK_MSG(moved > moved_m - 2 && moved < moved_m + 2, "moved %f, not %f", moved, moved_m);
	CHECK_MSG(radius > radius_m - 2 && radius < radius_m + 2, "radius %f, not %f", radius, radius_m);
	kit_free(&a);
	kit_free(&b);
}

/* One degree of latitude is 110,574.3 m at the equator, of longitude 111,319.5 m (WGS 84). */
static void moves_are_measured(void)
{
	check_moved(CIRCLE("[0,0]", ",\"radius_mm\":1500000"), CIRCLE("[0,0]", ",\"radius_mm\":9000"), DCF_OK, 0, 1500);
	check_moved(CIRCLE("[0,0]", ",\"radius_mm\":1500000"), CIRCLE("[10000000,0]", ",\"radius_mm\":9000"), DCF_OK, 110574.4,
		    1500);
	/* across the antimeridian */
	check_moved(CIRCLE("[0,1795000000]", ""), CIRCLE("[0,-1795000000]", ""), DCF_OK, 111319.5, 0);
	/* a square of one degree: half its diagonal */
	check_moved("{\"volumes\":[{\"rings\":[[[0,0],[0,10000000],[10000000,10000000],[10000000,0]]],\"shape\":\"polygon\"}]}",
		    "{\"volumes\":[{\"rings\":[[[10000000,0],[10000000,10000000],[20000000,10000000],[20000000,0]]],\"shape\":"
		    "\"polygon\"}]}",
		    DCF_OK, 110578, 78450);
	/* an orbit: half its length and its radius */
	check_moved("{\"volumes\":[{\"points\":[[0,0],[0,10000000]],\"radius_mm\":1000000,\"shape\":\"orbit\"}]}",
		    "{\"volumes\":[{\"points\":[[0,10000000],[0,20000000]],\"radius_mm\":1000000,\"shape\":\"orbit\"}]}",
		    DCF_OK, 111319.5, 56659.7);
	/* of several the one that is worst against its own size: the second */
	check_moved("{\"volumes\":[{\"points\":[[0,0]],\"radius_mm\":200000000,\"shape\":\"circle\"},{\"points\":[[0,0]],"
		    "\"radius_mm\":1000,\"shape\":\"circle\"}]}",
		    "{\"volumes\":[{\"points\":[[0,10000000]],\"radius_mm\":1,\"shape\":\"circle\"},{\"points\":[[0,1000000]],"
		    "\"radius_mm\":1,\"shape\":\"circle\"}]}",
		    DCF_OK, 11131.95, 1);
	/* one that was added: against the nearest */
	check_moved("{\"volumes\":[{\"points\":[[0,0]],\"radius_mm\":1000,\"shape\":\"circle\"},{\"points\":[[0,50000000]],"
		    "\"radius_mm\":5000,\"shape\":\"circle\"}]}",
		    "{\"volumes\":[{\"points\":[[0,0]],\"shape\":\"circle\"},{\"points\":[[0,50000000]],\"shape\":\"circle\"},{"
		    "\"points\":[[0,60000000]],\"shape\":\"circle\"}]}",
		    DCF_OK, 111319.5, 5);
	check_moved("{}", CIRCLE("[0,0]", ""), DCF_E_RANGE, 0, 0);
	check_moved(CIRCLE("[0,0]", ""), "{}", DCF_E_RANGE, 0, 0);
}

/* --- memory ----------------------------------------------------------------------------------------------- */

static void memory_may_run_out(void)
{
	struct sample s;
	const struct dcf_feature *list[] = { &s.f };
	struct dcf_buf text = { .from = &heap };
	struct kit_json json = { .copy = NULL };
	bool done = false;

	random_sample(&s, DCF_CORRIDOR, false);
	CHECK(dcf_notice_object_put(list, 1, &text, NULL) == DCF_OK && kit_parse(&json, dcf_buf_as_span(&text)));
	for (size_t n = 0; !done && n < 100; n++) {
		struct kit_memory memory = { .left = n };
		struct dcf_alloc a = kit_alloc(&memory);
		struct dcf_buf out = { .from = &a };
		struct dcf_plan plan;
		enum dcf_status st;

		CHECK(dcf_notice_object_put(list, 1, &out, &out) == (memory.failed ? DCF_E_NOMEM : DCF_OK));
		dcf_buf_free(&out);
		memory.failed = false;
		dcf_plan_init(&plan, &a);
		st = dcf_notice_object_read(dcf_jroot(&json.doc), &plan, DCF_SPAN("A"), DCF_SPAN("op"), NULL);
		CHECK(st == (memory.failed ? DCF_E_NOMEM : DCF_OK));
		done = st == DCF_OK;
		dcf_plan_free(&plan);
		CHECK(memory.held == 0);
	}
	CHECK(done);
	kit_free(&json);
	dcf_buf_free(&text);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return TAP_RUN(TAP(every_shape_comes_back), TAP(check_answers_the_same), TAP(radii_go_outward),
		       TAP(what_is_missing_is_told), TAP(what_cannot_be_put_is_told), TAP(edges_are_not_endless),
		       TAP(words_follow_every_number), TAP(typed_words_may_be_spaced), TAP(differences_are_told),
		       TAP(anything_can_be_compared), TAP(differences_are_bounded), TAP(moves_are_measured),
		       TAP(memory_may_run_out));
}
