/* SPDX-License-Identifier: Apache-2.0 */
/* A plan written as an operations file and read again is the same plan: the examples, the inputs of the
 * reading tests, and made-up plans with every shape, unit and reference. */
#include "core/altitude.h"
#include "format/put_number.h"
#include "format/write_geojson.h"
#include "read_fixture.h"
#include "tap.h"
#include "write_shapes.h"

#include <dirent.h>
#include <string.h>

static struct dcf_alloc heap;
static char *const *folders;
static int folder_count;

static bool read_text(struct dcf_plan *plan, const char *text, size_t len)
{
	struct memory_source m = { .p = text, .len = len, .fail_at = SIZE_MAX };
	struct dcf_source source = memory_source(&m);
	struct dcf_read_options options = { .name = DCF_SPAN("x"), .party = DCF_SPAN("") };

	dcf_plan_init(plan, &heap);
	return dcf_read_plan(plan, &options, &source) == DCF_OK;
}

#define SAME(name, a, b, member) CHECK_MSG((a)->member == (b)->member, "%s: " #member, name)
#define SAME_TEXT(name, a, b, member)                                                                                          \
	CHECK_MSG(dcf_span_eq((a)->member, (b)->member), "%s: " #member " %.*s | %.*s", name, (int)(a)->member.len,            \
		  (a)->member.p, (int)(b)->member.len, (b)->member.p)

static void same_altitude(const char *name, struct dcf_altitude a, struct dcf_altitude b)
{
	CHECK_MSG(a.unlimited == b.unlimited && a.ref == b.ref && (a.unlimited || (a.e4 == b.e4 && a.unit == b.unit)),
		  "%s: %lld ref %d unit %d | %lld ref %d unit %d", name, (long long)a.e4, a.ref, a.unit, (long long)b.e4, b.ref,
		  b.unit);
}

static void same_points(const char *name, const struct dcf_latlon *a, const struct dcf_latlon *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		CHECK_MSG(a[i].lat_e7 == b[i].lat_e7 && a[i].lon_e7 == b[i].lon_e7, "%s: point %u", name, i);
}

static void same_shape(const char *name, const struct dcf_feature *a, const struct dcf_feature *b)
{
	SAME(name, a, b, shape);
	SAME(name, a, b, edges);
	CHECK_MSG(a->radius_m == b->radius_m, "%s: radius %.17g | %.17g", name, a->radius_m, b->radius_m);
	SAME(name, a, b, point_count);
	SAME(name, a, b, ring_count);
	if (a->shape != b->shape || a->point_count != b->point_count || a->ring_count != b->ring_count)
		return;
	for (uint32_t i = 0; i < a->ring_count; i++)
		CHECK_MSG(memcmp(&a->rings[i], &b->rings[i], sizeof a->rings[i]) == 0 ||
				  (a->rings[i].outer == b->rings[i].outer && a->rings[i].count == b->rings[i].count),
			  "%s: ring %u", name, i);
	same_points(name, a->points, b->points, a->point_count);
	for (uint32_t i = 0; a->shape == DCF_TRAJECTORY && i < a->point_count; i++) {
		CHECK_MSG(a->waypoints[i].time_us == b->waypoints[i].time_us, "%s: time %u", name, i);
		same_altitude(name, a->waypoints[i].altitude, b->waypoints[i].altitude);
	}
}

static void same_limits(const char *name, const struct dcf_limits *a, const struct dcf_limits *b)
{
	SAME(name, a, b, fixed);
	SAME(name, a, b, max_delay_us);
	SAME(name, a, b, max_advance_us);
	SAME(name, a, b, lowest_e4);
	SAME(name, a, b, highest_e4);
	SAME(name, a, b, max_detour_m);
	SAME(name, a, b, min_speed_mps);
	SAME(name, a, b, max_speed_mps);
}

static void same_levels(const char *name, const struct dcf_level_limits *a, const struct dcf_level_limits *b)
{
	SAME(name, a, b, has_lowest);
	SAME(name, a, b, has_highest);
	if (a->has_lowest)
		same_altitude(name, a->lowest, b->lowest);
	if (a->has_highest)
		same_altitude(name, a->highest, b->highest);
}

static void same_disclosure(const char *name, const struct dcf_plan *p, const struct dcf_operation *a, const struct dcf_plan *q,
			    const struct dcf_operation *b)
{
	CHECK_MSG(!a->disclosed_to == !b->disclosed_to, "%s: disclosed_to", name);
	SAME(name, a, b, disclosed_count);
	for (uint32_t i = 0; i < a->disclosed_count && i < b->disclosed_count; i++)
		SAME_TEXT(name, &p->parties[a->disclosed_to[i]], &q->parties[b->disclosed_to[i]], id);
}

static void same_feature(const char *name, const struct dcf_plan *p, const struct dcf_feature *a, const struct dcf_plan *q,
			 const struct dcf_feature *b)
{
	SAME_TEXT(name, &p->parties[a->party], &q->parties[b->party], id);
	SAME_TEXT(name, &p->operations[a->operation], &q->operations[b->operation], id);
	SAME_TEXT(name, &p->operations[a->operation], &q->operations[b->operation], replaces);
	SAME_TEXT(name, a, b, id);
	same_limits(name, &p->operations[a->operation].limits, &q->operations[b->operation].limits);
	same_disclosure(name, p, &p->operations[a->operation], q, &q->operations[b->operation]);
	SAME_TEXT(name, a, b, acm);
	SAME_TEXT(name, a, b, others);
	SAME(name, a, b, advisory);
	SAME(name, a, b, is_protected);
	SAME(name, a, b, is_constraint);
	SAME(name, a, b, start_us);
	SAME(name, a, b, end_us);
	SAME(name, a, b, sent_us);
	SAME(name, a, b, received_us);
	SAME(name, a, b, containment_e4);
	if (a->shape != DCF_TRAJECTORY) {
		same_altitude(name, a->lower, b->lower);
		same_altitude(name, a->upper, b->upper);
	}
	same_shape(name, a, b);
}

static void same_atmosphere(const char *name, const struct dcf_atmosphere *a, const struct dcf_atmosphere *b)
{
	SAME(name, a, b, qnh_given);
	SAME(name, a, b, geoid_given);
	SAME(name, a, b, terrain_given);
	for (int i = 0; i < 2; i++) {
		SAME(name, a, b, qnh_hpa[i]);
		SAME(name, a, b, geoid_m[i]);
		SAME(name, a, b, terrain_e4[i]);
	}
	SAME(name, a, b, transition_altitude_e4);
	SAME(name, a, b, transition_level);
}

static void same_separation(const char *name, const struct dcf_separation_rule *a, const struct dcf_separation_rule *b)
{
	SAME(name, a, b, lateral_m);
	SAME(name, a, b, vertical_e4);
	SAME(name, a, b, max_dwell_us);
	SAME(name, a, b, party_count);
	SAME_TEXT(name, a, b, article);
	SAME_TEXT(name, a, b, others);
}

static void same_notice(const char *name, const struct dcf_notice_rule *a, const struct dcf_notice_rule *b)
{
	SAME(name, a, b, need_us);
	SAME_TEXT(name, a, b, acm);
	SAME_TEXT(name, a, b, article);
}

static void same_line(const char *name, const struct dcf_line_rule *a, const struct dcf_line_rule *b)
{
	SAME_TEXT(name, a, b, id);
	SAME_TEXT(name, a, b, article);
	SAME_TEXT(name, a, b, others);
	SAME(name, a, b, buffer_m);
	SAME(name, a, b, crossing_notice_us);
	SAME(name, a, b, point_count);
	same_points(name, a->points, b->points, a->point_count);
}

static void same_area(const char *name, const struct dcf_area_rule *a, const struct dcf_area_rule *b)
{
	SAME_TEXT(name, a, b, id);
	SAME_TEXT(name, a, b, article);
	SAME_TEXT(name, a->volume, b->volume, others);
	SAME_TEXT(name, a->volume, b->volume, properties_json);
	SAME(name, a, b, kind);
	SAME(name, a, b, party_count);
	SAME(name, a->volume, b->volume, start_us);
	SAME(name, a->volume, b->volume, end_us);
	same_altitude(name, a->volume->lower, b->volume->lower);
	same_altitude(name, a->volume->upper, b->volume->upper);
	same_shape(name, a->volume, b->volume);
}

static void same_agreement(const char *name, const struct dcf_agreement *a, const struct dcf_agreement *b)
{
	SAME_TEXT(name, a, b, id);
	SAME_TEXT(name, a, b, status);
	SAME_TEXT(name, a, b, others);
	SAME(name, a, b, costs.given);
	SAME(name, a, b, costs.delay_s);
	SAME(name, a, b, costs.altitude_ft);
	SAME(name, a, b, costs.extra_m);
	SAME(name, a, b, separation_count);
	SAME(name, a, b, notice_count);
	SAME(name, a, b, line_count);
	SAME(name, a, b, area_count);
	for (size_t i = 0; i < a->separation_count && i < b->separation_count; i++)
		same_separation(name, &a->separation[i], &b->separation[i]);
	for (size_t i = 0; i < a->notice_count && i < b->notice_count; i++)
		same_notice(name, &a->notice[i], &b->notice[i]);
	for (size_t i = 0; i < a->line_count && i < b->line_count; i++)
		same_line(name, &a->lines[i], &b->lines[i]);
	for (size_t i = 0; i < a->area_count && i < b->area_count; i++)
		same_area(name, &a->areas[i], &b->areas[i]);
}

static void same_plan(const char *name, const struct dcf_plan *a, const struct dcf_plan *b)
{
	SAME_TEXT(name, a, b, title);
	SAME_TEXT(name, a, b, others);
	SAME_TEXT(name, a, b, atmosphere_others);
	SAME(name, a, b, party_count);
	SAME(name, a, b, operation_count);
	SAME(name, a, b, place_count);
	for (size_t i = 0; i < a->party_count; i++) {
		uint32_t k = dcf_plan_find_party(b, a->parties[i].id);

		CHECK_MSG(k != DCF_NONE, "%s: party %zu is lost", name, i);
		if (k == DCF_NONE)
			return;
		SAME_TEXT(name, &a->parties[i], &b->parties[k], name);
		SAME(name, &a->parties[i], &b->parties[k], in_feet);
		same_limits(name, &a->parties[i].limits, &b->parties[k].limits);
		same_levels(name, &a->parties[i].levels, &b->parties[k].levels);
	}
	for (size_t i = 0; i < a->place_count && i < b->place_count; i++) {
		SAME_TEXT(name, &a->places[i], &b->places[i], icao);
		SAME_TEXT(name, &a->places[i], &b->places[i], others);
		SAME_TEXT(name, &a->places[i], &b->places[i], name);
		same_points(name, &a->places[i].at, &b->places[i].at, 1);
	}
	same_atmosphere(name, &a->atmosphere, &b->atmosphere);
	same_agreement(name, &a->agreement, &b->agreement);
	for (size_t i = 0; i < a->feature_count && i < b->feature_count; i++)
		same_feature(name, a, &a->features[i], b, &b->features[i]);
}

/* Write, read, compare; then write again: the text must not change either. */
static void survives(const char *name, const struct dcf_plan *plan)
{
	struct dcf_buf first = { .from = &heap }, second = { .from = &heap };
	struct dcf_plan again;
	bool ok;

	CHECK(dcf_write_geojson(plan, &first) == DCF_OK);
	ok = read_text(&again, first.p, first.len);
	CHECK_MSG(ok, "%s: %.*s", name, ok || !again.remark_count ? 0 : (int)again.remarks[0].text.len,
		  again.remark_count ? again.remarks[0].text.p : "");
	CHECK_MSG(again.feature_count == plan->feature_count, "%s: %zu of %zu features", name, again.feature_count,
		  plan->feature_count);
	for (size_t i = 0; i < again.remark_count; i++)
		CHECK_MSG(!again.remarks[i].refused, "%s: %.*s %.*s", name, (int)again.remarks[i].where.len,
			  again.remarks[i].where.p, (int)again.remarks[i].text.len, again.remarks[i].text.p);
	same_plan(name, plan, &again);
	CHECK(dcf_write_geojson(&again, &second) == DCF_OK);
	dcf_buf_char(&first, '\0');
	dcf_buf_char(&second, '\0');
	CHECK_MSG(strcmp(first.p, second.p) == 0, "%s: written again", name);
	dcf_buf_free(&first);
	dcf_buf_free(&second);
	dcf_plan_free(&again);
}

static void files_survive(void)
{
	size_t tried = 0;

	for (int k = 0; k < folder_count; k++) {
		DIR *d = opendir(folders[k]);
		struct dirent *e;

		CHECK_MSG(d != NULL, "%s", folders[k]);
		while (d && (e = readdir(d))) {
			char path[1024];
			struct dcf_plan plan;
			size_t len;
			char *text;

			snprintf(path, sizeof path, "%s/%s", folders[k], e->d_name);
			text = slurp(path, &len);
			if (!text)
				continue;
			/* What cannot be read is another test's matter. */
			if (read_text(&plan, text, len) && plan.feature_count) {
				survives(path, &plan);
				tried++;
			}
			dcf_plan_free(&plan);
			free(text);
		}
		if (d)
			closedir(d);
	}
	CHECK_MSG(tried >= 3, "%zu files", tried);
}

/* Every member that this program does not know is in what it writes, with its value. */
static void unknown_members_survive(void)
{
	static const char *const members[] = {
		"\"generator\": \"a tool\"",
		"\"n\\u0061me\": {\"of\":[\"a\",\"layer\",{\"deep\":null}],\"price\":1.10}",
		"\"cr\\\"s\": 12345678901234567890",
		"\"members\": [\"USA\",\"GBR\"]",
		"\"habitual_units\": {\"altitude\":\"m/FL\",\"distance\":\"km\",\"speed\":\"km/h\"}",
		"\"colour\": \"#00f\"",
		"\"x\": \"\"",
		"\"elev_ft\": 157",
		"\"ar\": \"\\u0627\\u0644\\u0644\\u0627\\u0630\\u0642\\u064a\\u0629\"",
		"\"source\": \"METAR\"",
		"\"version\": \"1.2\"",
		"\"ack_deadlines_s\": {\"1\":30}",
		"\"escalation\": [\"watch\",\"duty officer\"]",
		"\"reason\": \"agreed on 12 May\"",
		"\"note\": \"the river\"",
		"\"kept\": [1]",
		"\"name\": \"hospital\"",
		"\"disclosure\": \"exists\"",
		"\"style\": {\"stroke\":\"#f00\"}",
		"\"note\": \"kept\"",
		"\"last\": true",
	};
	struct dcf_buf out = { .from = &heap };
	char path[1024];
	struct dcf_plan plan;
	size_t len;
	char *text;

	snprintf(path, sizeof path, "%s/unknown_members.in", folders[folder_count - 1]);
	text = slurp(path, &len);
	CHECK(text && read_text(&plan, text, len) && plan.feature_count == 2);
	CHECK(dcf_write_geojson(&plan, &out) == DCF_OK);
	dcf_buf_char(&out, '\0');
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *found = strstr(out.p, members[i]);

		CHECK_MSG(found && !strstr(found + 1, members[i]), "%s: %s", members[i], found ? "twice" : "lost");
	}
	CHECK(!strstr(out.p, "bbox"));
	dcf_buf_free(&out);
	dcf_plan_free(&plan);
	free(text);
}

static struct dcf_altitude random_altitude(struct rng *r, bool lower)
{
	static const int32_t unit_e4[] = { DCF_FT_E4, DCF_M_E4, DCF_FL_E4 };
	struct dcf_altitude a = { .ref = (uint8_t)rng_int(r, DCF_REF_COUNT), .unit = (uint8_t)rng_int(r, 2) };

	if (rng_int(r, 3) == 0) {
		a.ref = DCF_REF_STD;
		a.unit = DCF_UNIT_FL;
	}
	if (!lower && rng_int(r, 10) == 0)
		a.unlimited = true;
	else if (rng_int(r, 3))
		a.e4 = (int64_t)rng_int(r, 400) * unit_e4[a.unit];
	else
		a.e4 = (int64_t)(rng_next(r) % 300000000) - 50000000; /* any 0.1 mm */
	if (!lower && !a.unlimited)
		a.e4 += 400000000;
	return a;
}

static struct dcf_span random_name(struct rng *r, struct dcf_arena *arena)
{
	static const char *const bits[] = { "RU",  "-01", "\"", "\\", "\xd0\xa5\xd0\xbc",
					    "<b>", "/",   " x", "\n", "\xf0\x9f\x9b\xa9",
					    "0" };
	char text[64] = "n";

	for (int i = rng_int(r, 5); i >= 0; i--)
		strcat(text, bits[rng_int(r, 11)]);
	return dcf_arena_copy(arena, dcf_span_of(text));
}

static bool repeats_a_point(const struct dcf_feature *f)
{
	for (uint32_t i = 1; i < f->point_count; i++)
		if (f->points[i].lat_e7 == f->points[i - 1].lat_e7 && f->points[i].lon_e7 == f->points[i - 1].lon_e7)
			return true;
	return false;
}

static void random_limits(struct rng *r, struct dcf_party *p)
{
	struct dcf_limits *l = &p->limits;

	l->fixed = rng_int(r, 4) == 0;
	if (rng_int(r, 2))
		l->max_delay_us = (int64_t)(rng_next(r) % 100000000000);
	if (rng_int(r, 2))
		l->max_advance_us = (int64_t)rng_int(r, 7200) * 1000000;
	if (rng_int(r, 2))
		l->max_detour_m = rng_int(r, 2) ? rng_int(r, 100) * 1852.0 : rng_unit(r) * 1e5;
	if (rng_int(r, 2))
		l->min_speed_mps = rng_unit(r) * 300;
	if (rng_int(r, 2))
		l->max_speed_mps = 300 + rng_unit(r) * 300;
	p->levels.has_lowest = rng_int(r, 2);
	p->levels.has_highest = rng_int(r, 2);
	p->levels.lowest = random_altitude(r, true);
	p->levels.highest = random_altitude(r, true);
	p->levels.highest.e4 += 400000000;
}

static void random_feature(struct rng *r, struct dcf_plan *plan)
{
	struct dcf_feature f = { 0 };
	struct place middle;
	uint32_t party, operation;

	CHECK(dcf_plan_party(plan, random_name(r, &plan->arena), &party) == DCF_OK);
	plan->parties[party].declared = true;
	if (rng_int(r, 3) == 0)
		random_limits(r, &plan->parties[party]);
	CHECK(dcf_plan_operation(plan, party, random_name(r, &plan->arena), &operation) == DCF_OK);
	do
		random_shape(r, &plan->arena, &f, &middle);
	while (repeats_a_point(&f)); /* which a reader puts together */
	f.party = party;
	f.operation = operation;
	f.id = rng_int(r, 2) ? plan->operations[operation].id : random_name(r, &plan->arena);
	f.where = DCF_SPAN("x");
	f.acm = rng_int(r, 2) ? DCF_SPAN("") : random_name(r, &plan->arena);
	f.advisory = rng_int(r, 4) == 0;
	f.is_protected = rng_int(r, 4) == 0;
	f.is_constraint = rng_int(r, 4) == 0;
	f.sent_us = rng_int(r, 3) ? DCF_TIME_NONE : (int64_t)(rng_next(r) % 2000000000000000);
	f.received_us = rng_int(r, 3) ? DCF_TIME_NONE : (int64_t)(rng_next(r) % 2000000000000000);
	f.start_us = (int64_t)(rng_next(r) % 4000000000000000) - 1000000000000000;
	f.end_us = f.start_us + 1 + rng_int(r, 2000000000);
	f.lower = random_altitude(r, true);
	f.upper = random_altitude(r, false);
	f.radius_m = f.shape == DCF_POLYGON ? 0 : rng_int(r, 2) ? f.radius_m : (double)rng_int(r, 60) * 926 + 926;
	if (f.shape == DCF_TRAJECTORY) {
		int64_t t = f.start_us;

		f.containment_e4 = rng_int(r, 3) ? rng_int(r, 2000000) : rng_int(r, 20) * 100 * DCF_FT_E4;
		f.waypoints = dcf_arena_get(&plan->arena, f.point_count * sizeof *f.waypoints);
		for (uint32_t i = 0; i < f.point_count; i++, t += 1 + rng_int(r, 1000000000))
			f.waypoints[i] = (struct dcf_waypoint){ t, random_altitude(r, true) };
		f.end_us = f.waypoints[f.point_count - 1].time_us;
		f.lower = f.upper = (struct dcf_altitude){ 0 };
	}
	CHECK(dcf_plan_add_feature(plan, &f) == DCF_OK);
}

static void random_atmosphere(struct rng *r, struct dcf_atmosphere *a)
{
	*a = dcf_atmosphere_widest();
	if (rng_int(r, 2)) {
		a->qnh_given = true;
		a->qnh_hpa[0] = 950 + rng_int(r, 100) / 10.0;
		a->qnh_hpa[1] = a->qnh_hpa[0] + rng_int(r, 3) * 0.25;
	}
	if (rng_int(r, 2)) {
		a->geoid_given = true;
		a->geoid_m[0] = -rng_unit(r) * 100;
		a->geoid_m[1] = rng_unit(r) * 80;
	}
	if (rng_int(r, 2)) {
		a->terrain_given = true;
		a->terrain_e4[0] = (int64_t)rng_int(r, 1000) * DCF_FT_E4;
		a->terrain_e4[1] = a->terrain_e4[0] + (int64_t)rng_int(r, 1000) * DCF_FT_E4;
	}
	if (rng_int(r, 2))
		a->transition_altitude_e4 = (int64_t)rng_int(r, 130) * 100 * DCF_FT_E4;
	if (rng_int(r, 2))
		a->transition_level = rng_int(r, 200);
}

static void random_rule(struct rng *r, struct dcf_plan *plan)
{
	struct dcf_agreement *a = &plan->agreement;
	void *p = NULL;

	a->id = random_name(r, &plan->arena);
	a->costs.given = rng_int(r, 2);
	if (a->costs.given)
		a->costs = (struct dcf_costs){ rng_int(r, 3), rng_unit(r), rng_unit(r) * 0.02, true };
	CHECK(dcf_grow(&heap, &p, &a->separation_cap, 1, sizeof *a->separation) == DCF_OK);
	a->separation = p;
	a->separation_count = 1;
	a->separation[0] =
		(struct dcf_separation_rule){ .lateral_m = rng_int(r, 20) * 926.0,
					      .vertical_e4 = (int64_t)rng_int(r, 5000) * (rng_int(r, 2) ? 3048 : 77),
					      .max_dwell_us = rng_int(r, 2) ? DCF_NO_LIMIT : (int64_t)rng_int(r, 2000) * 500000,
					      .article = DCF_SPAN("") };
}

static void random_plans_survive(void)
{
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct rng r = { seed * 6151 };
		struct dcf_plan plan;
		char name[40];

		dcf_plan_init(&plan, &heap);
		random_atmosphere(&r, &plan.atmosphere);
		for (int n = rng_int(&r, 12); n >= 0; n--)
			random_feature(&r, &plan);
		if (rng_int(&r, 2))
			random_rule(&r, &plan);
		snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
		survives(name, &plan);
		dcf_plan_free(&plan);
	}
}

static void unknown_members_stay(void)
{
	static const char text[] =
		"{\"type\":\"FeatureCollection\",\"deconflict\":1,\"parties\":[{\"id\":\"A\"}],\"features\":[{\"type\":\"Feature\",\"id\":\"X\","
		"\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"properties\":{\"party\":\"A\",\"shape\":\"circle\",\"radius\":"
		"{\"value\":5,\"unit\":\"NM\"},\"lower\":{\"value\":0,\"unit\":\"ft\",\"ref\":\"SFC\"},\"upper\":{\"value\":95,\"unit\":\"FL\"},"
		"\"start\":\"2020-01-01T00:00:00Z\",\"end\":\"2020-01-01T01:00:00Z\",\"note\" : { \"en\" : \"a \\\" } , [ b\" },"
		"\"x\\u0041y\": [1, 2.50, {\"z\": null}], \"kind\": \"\"}}]}";
	struct dcf_buf out = { .from = &heap };
	struct dcf_plan plan;

	CHECK(read_text(&plan, text, strlen(text)));
	CHECK(dcf_write_geojson(&plan, &out) == DCF_OK);
	dcf_buf_char(&out, '\0');
	CHECK(strstr(out.p, "\"note\": {\"en\":\"a \\\" } , [ b\"}") != NULL);
	CHECK(strstr(out.p, "\"x\\u0041y\": [1,2.50,{\"z\":null}]") != NULL ||
	      strstr(out.p, "\"xAy\": [1,2.50,{\"z\":null}]") != NULL);
	CHECK(strstr(out.p, "\"kind\": \"\"") != NULL);
	CHECK(strstr(out.p, "{\"value\": 5, \"unit\": \"NM\"}") != NULL);
	CHECK(strstr(out.p, "{\"value\": 95, \"unit\": \"FL\", \"ref\": \"STD\"}") != NULL);
	survives("unknown members", &plan);
	dcf_buf_free(&out);
	dcf_plan_free(&plan);
}

/* Numbers must read back to the bit. */
static void numbers_read_back(void)
{
	struct rng r = { 11 };

	for (int i = 0; i < 20000; i++) {
		double v = rng_int(&r, 2) ? rng_in(&r, -1e6, 1e6) : (double)rng_int(&r, 1000000) / 1000;
		struct dcf_buf out = { .from = &heap };

		dcf_put_double(&out, v);
		dcf_buf_char(&out, '\0');
		CHECK_MSG(strtod(out.p, NULL) == v, "%.17g as %s", v, out.p);
		dcf_buf_free(&out);
	}
}

static enum dcf_status write_plan(const void *plan, struct dcf_buf *out)
{
	return dcf_write_geojson(plan, out);
}

static void short_memory_fails_cleanly(void)
{
	struct dcf_plan plan;
	struct rng r = { 5 };

	dcf_plan_init(&plan, &heap);
	for (int i = 0; i < 6; i++)
		random_feature(&r, &plan);
	CHECK(short_memory_is_clean(write_plan, &plan));
	dcf_plan_free(&plan);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	folders = argv + 1;
	folder_count = argc - 1;
	return TAP_RUN(TAP(files_survive), TAP(unknown_members_survive), TAP(random_plans_survive), TAP(unknown_members_stay),
		       TAP(numbers_read_back), TAP(short_memory_fails_cleanly));
}
