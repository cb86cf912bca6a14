/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report: what must stand in it, what must not, and how large it may become. */
#include "base/utf8.h"
#include "core/check.h"
#include "format/compass.h"
#include "format/options_answer.h"
#include "format/report_html.h"
#include "read_fixture.h"
#include "tap.h"
#include "write_shapes.h"

#include <string.h>

static struct dcf_alloc heap;
static const char *example;

static const struct dcf_check_options plain = { .max_dwell_us = DCF_NO_LIMIT,
						.for_party = DCF_NONE,
						.only_operation = DCF_NONE };

static void page_of(const struct dcf_plan *plan, const struct dcf_result *result, struct dcf_buf *out)
{
	struct dcf_report_options options = { .version = "0.0.0", .title = DCF_SPAN("") };

	*out = (struct dcf_buf){ .from = &heap };
	CHECK(dcf_report_html(plan, result, &options, out) == DCF_OK);
	dcf_buf_char(out, '\0');
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* Every element that must be closed is, in order. */
static void is_balanced(const char *page)
{
	static const char *const open_ended[] = {
		"!doctype", "html",  "head", "body", "meta", "th",     "td",    "tr",   "br",
		"thead",    "tbody", "path", "rect", "use",  "circle", "input", "link", NULL
	};
	const char *stack[64];
	size_t length[64], depth = 0;

	for (const char *p = strchr(page, '<'); p; p = strchr(p + 1, '<')) {
		const char *name = p + 1 + (p[1] == '/');
		size_t n = strcspn(name, " >/\n");
		bool skip = false;

		for (size_t i = 0; open_ended[i]; i++)
			skip |= strlen(open_ended[i]) == n && memcmp(open_ended[i], name, n) == 0;
		if (skip)
			continue;
		if (p[1] != '/') {
			CHECK_MSG(depth < 64, "%.40s", p);
			if (depth == 64)
				return;
			stack[depth] = name;
			length[depth++] = n;
			continue;
		}
		CHECK_MSG(depth && length[depth - 1] == n && memcmp(stack[depth - 1], name, n) == 0, "%.60s closes %.20s", p,
			  depth ? stack[depth - 1] : "nothing");
		depth -= depth > 0;
	}
	CHECK(depth == 0);
}

static void contents(const char *page)
{
	is_balanced(page);
	CHECK(strstr(page, "<html lang=en>") && strstr(page, "name=viewport") && strstr(page, "@media print"));
	CHECK(strstr(page, "<h1>") && strstr(page, "<section id=map>") && strstr(page, "<section id=time>") &&
	      strstr(page, "<section id=height>") && strstr(page, "<section id=assumed>"));
	/* Nothing is fetched. */
	CHECK(!strstr(page, "http:") && !strstr(page, "https:") && !strstr(page, "src=") && !strstr(page, "@import") &&
	      !strstr(page, "<link"));
}

static bool read_example(struct dcf_plan *plan)
{
	size_t len;
	char *text = slurp(example, &len);
	struct memory_source m = { .p = text, .len = len, .fail_at = SIZE_MAX };
	struct dcf_source source = memory_source(&m);
	struct dcf_read_options options = { .name = DCF_SPAN("x.geojson"), .party = DCF_SPAN("") };
	bool ok;

	dcf_plan_init(plan, &heap);
	ok = text && dcf_read_plan(plan, &options, &source) == DCF_OK;
	free(text);
	return ok;
}

static void shows_the_conflicts(void)
{
	struct dcf_plan plan;
	struct dcf_result result = { 0 };
	struct dcf_buf page;
	const char *conflicts, *map;

	CHECK(read_example(&plan) && dcf_check(&plan, &plain, &heap, &result) == DCF_OK);
	page_of(&plan, &result, &page);
	contents(page.p);
	CHECK(strstr(page.p, "4 conflicts among 13 operations"));
	CHECK(strstr(page.p, "No conflict found is not clearance."));
	CHECK(count_of(page.p, "<tr tabindex=0") == 4);
	/* Failures come first, and each conflict is marked on the map, on both bars and in the profile. */
	conflicts = strstr(page.p, "<section id=conflicts>");
	map = strstr(page.p, "<section id=map>");
	CHECK(conflicts && map && conflicts < map);
	for (int i = 1; i <= 4; i++) {
		char mark[40];

		snprintf(mark, sizeof mark, "data-c=%d", i);
		CHECK_MSG(count_of(page.p, mark) >= 5, "conflict %d: %zu marks", i, count_of(page.p, mark));
	}
	CHECK(strstr(page.p, "FL280 \xe2\x80\x93 FL300") && strstr(page.p, "8600 m STD \xe2\x80\x93 10600 m STD"));
	CHECK(strstr(page.p, "1215 ft (370 m)") && strstr(page.p, "90.3 NM (167.1 km) NE of Deir ez-Zor (OSDZ)"));
	CHECK(strstr(page.p, " WNW of Deir ez-Zor (OSDZ)") && !strstr(page.p, " NW of Deir ez-Zor (OSDZ)"));
	CHECK(strstr(page.p, "class=coast") && strstr(page.p, "class=border"));
	CHECK_MSG(page.len < 100000, "%zu bytes", page.len);
	dcf_buf_free(&page);
	dcf_result_free(&result);
	dcf_plan_free(&plan);
}

/* The compass has sixteen points, and the later one stands for a direction halfway between two. */
static void names_a_direction_by_the_nearest_of_sixteen_points(void)
{
	static const struct {
		double azimuth_deg;
		const char *name;
	} at[] = { { 0, "N" },        { 11.24, "N" },  { 11.25, "NNE" }, { 33.75, "NE" },  { 67.5, "ENE" },  { 90, "E" },
		   { 112.5, "ESE" },  { 135, "SE" },   { 157.5, "SSE" }, { 180, "S" },     { 202.5, "SSW" }, { 225, "SW" },
		   { 247.5, "WSW" },  { 270, "W" },    { 281.24, "W" },  { 303.7, "WNW" }, { 303.75, "NW" }, { 337.5, "NNW" },
		   { 348.74, "NNW" }, { 348.75, "N" }, { 360, "N" } };

	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		CHECK_MSG(strcmp(dcf_compass_point(at[i].azimuth_deg), at[i].name) == 0, "%.2f is %s, not %s",
			  at[i].azimuth_deg, dcf_compass_point(at[i].azimuth_deg), at[i].name);
}

static void says_that_nothing_was_checked(void)
{
	struct dcf_plan plan;
	struct dcf_buf page;

	CHECK(read_example(&plan));
	page_of(&plan, NULL, &page);
	contents(page.p);
	CHECK(strstr(page.p, "Nothing was checked") && strstr(page.p, "It is not clearance"));
	CHECK(!strstr(page.p, "<section id=conflicts>") && !strstr(page.p, "No conflict was found"));
	dcf_buf_free(&page);
	dcf_plan_free(&plan);
}

/* Nothing in a page steers how it is written: it has line feeds and no other control character, and no mark of direction. */
static void check_plain(const struct dcf_buf *page)
{
	for (size_t i = 0, n; i < page->len; i += n) {
		n = dcf_utf8_length(page->p + i, page->len - i);
		CHECK(n > 0);
		if (n == 0)
			return;
		CHECK_MSG(page->p[i] == '\n' || page->p[i] == '\0' || !dcf_utf8_steers(page->p + i, n), "byte %zu: %.20s", i,
			  page->p + i);
	}
}

/* `n` operations of 1 to 3 volumes in a theatre of 800 km, half of them of either party; names are long
 * and hostile. */
static void make_theatre(struct dcf_plan *plan, size_t n, double wide_m, int repeat)
{
	struct rng r = { 99 };
	struct place middle = { 35, 38 };

	dcf_plan_init(plan, &heap);
	for (size_t i = 0; i < n; i++) {
		struct dcf_feature f = { 0 };
		struct place ignored;
		char name[100];
		uint32_t party;

		snprintf(name, sizeof name, "<script>alert(%zu)</script>]]>&\"'\xe2\x80\xae\xe2\x81\xa6\x1b\xc2\x9b%zu", i, i);
		CHECK(dcf_plan_party(plan, i % 2 ? DCF_SPAN("</style><b>RU") : DCF_SPAN("CO"), &party) == DCF_OK);
		f.party = party;
		CHECK(dcf_plan_operation(plan, party, dcf_span_of(name), &f.operation) == DCF_OK);
		for (int k = 0; k < repeat; k++) {
			struct place at = go(middle, rng_in(&r, 0, 360), wide_m * rng_unit(&r));

			do
				random_shape(&r, &plan->arena, &f, &ignored);
			while (f.shape == DCF_TRAJECTORY);
			f.radius_m = f.shape == DCF_POLYGON ? 0 : random_length(&r, 500, 20000);
			for (uint32_t p = 0; p < f.point_count; p++)
				f.points[p] = e7_of(go(at, -360.0 * p / f.point_count, random_length(&r, 5000, 60000)));
			f.id = plan->operations[f.operation].id;
			f.acm = DCF_SPAN("");
			f.where = f.id;
			f.lower =
				(struct dcf_altitude){ .e4 = (int64_t)rng_int(&r, 300) * 100 * DCF_FT_E4, .ref = DCF_REF_MSL };
			f.upper = f.lower;
			f.upper.e4 += 1000 * DCF_FT_E4;
			f.start_us = 1442700000000000 + (int64_t)rng_int(&r, 86400) * 1000000;
			f.end_us = f.start_us + 21600000000;
			f.sent_us = f.received_us = DCF_TIME_NONE;
			CHECK(dcf_plan_add_feature(plan, &f) == DCF_OK);
		}
	}
}

static void check_size(size_t n, int repeat, double wide_m, size_t limit, bool everything_conflicts)
{
	struct dcf_plan plan;
	struct dcf_result result = { 0 };
	struct dcf_buf page;

	make_theatre(&plan, n, wide_m, repeat);
	CHECK(dcf_check(&plan, &plain, &heap, &result) == DCF_OK);
	CHECK_MSG(!everything_conflicts || result.conflict_count > n / 4, "%zu conflicts", result.conflict_count);
	page_of(&plan, &result, &page);
	CHECK_MSG(page.len < limit, "%zu operations: %zu bytes", n, page.len);
	printf("# %zu operations, %zu pairs: %zu bytes\n", n, result.conflict_count, page.len);
	contents(page.p);
	CHECK(count_of(page.p, "<script>") == 1 && !strstr(page.p, "]]>") && count_of(page.p, "</style>") == 1);
	check_plain(&page);
	if (n > 500)
		CHECK(strstr(page.p, "class=left>"));
	dcf_buf_free(&page);
	dcf_result_free(&result);
	dcf_plan_free(&plan);
}

static void stays_small(void)
{
	check_size(13, 1, 400000, 200000, false);
	check_size(1000, 1, 400000, 1000000, false);
	check_size(1000, 5, 100000, 1000000, true);
}

static void stays_bounded(void)
{
	struct dcf_plan plan;
	struct dcf_buf page;

	make_theatre(&plan, 100000, 2000000, 1);
	page_of(&plan, NULL, &page);
	CHECK_MSG(page.len < 1500000, "%zu bytes", page.len);
	CHECK(strstr(page.p, "of 100&#8239;000 operations"));
	dcf_buf_free(&page);
	dcf_plan_free(&plan);
}

static void shows_the_whole_earth_and_nothing(void)
{
	struct dcf_plan plan;
	struct dcf_result result = { 0 };
	struct dcf_buf page;
	struct rng r = { 3 };
	struct place middle;

	dcf_plan_init(&plan, &heap);
	page_of(&plan, NULL, &page);
	contents(page.p);
	dcf_buf_free(&page);
	for (int i = 0; i < 60; i++) {
		struct dcf_feature f = { .id = DCF_SPAN("X"),
					 .acm = DCF_SPAN(""),
					 .where = DCF_SPAN("x"),
					 .end_us = 1000 + i,
					 .upper = { .unlimited = true },
					 .lower = { .ref = DCF_REF_SFC } };

		do
			random_shape(&r, &plan.arena, &f, &middle);
		while (f.shape == DCF_TRAJECTORY);
		CHECK(dcf_plan_party(&plan, DCF_SPAN("P"), &f.party) == DCF_OK);
		CHECK(dcf_plan_operation(&plan, f.party, DCF_SPAN("X"), &f.operation) == DCF_OK);
		CHECK(dcf_plan_add_feature(&plan, &f) == DCF_OK);
	}
	CHECK(dcf_check(&plan, &plain, &heap, &result) == DCF_OK);
	page_of(&plan, &result, &page);
	contents(page.p);
	CHECK(strstr(page.p, "No conflict and no breach found"));
	CHECK(strstr(page.p, "<p>No conflict was found.</p><p class=notice>No conflict found is not clearance."));
	CHECK(!strstr(page.p, "nan") && !strstr(page.p, "-1000000"));
	dcf_buf_free(&page);
	dcf_result_free(&result);
	dcf_plan_free(&plan);
}

static void is_the_same_twice(void)
{
	struct dcf_plan plan;
	struct dcf_buf a, b;

	make_theatre(&plan, 200, 300000, 2);
	page_of(&plan, NULL, &a);
	page_of(&plan, NULL, &b);
	CHECK(a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
	dcf_buf_free(&a);
	dcf_buf_free(&b);
	dcf_plan_free(&plan);
}

struct checked {
	const struct dcf_plan *plan;
	const struct dcf_result *result;
};

static enum dcf_status write_checked(const void *ctx, struct dcf_buf *out)
{
	const struct checked *w = ctx;
	struct dcf_report_options options = { 0 };

	return dcf_report_html(w->plan, w->result, &options, out);
}

static void short_memory_fails_cleanly(void)
{
	struct dcf_plan plan;
	struct dcf_result result = { 0 };
	const struct checked w = { &plan, &result };

	CHECK(read_example(&plan) && dcf_check(&plan, &plain, &heap, &result) == DCF_OK);
	CHECK(short_memory_is_clean(write_checked, &w));
	dcf_result_free(&result);
	dcf_plan_free(&plan);
}

/* For each conflict `each` options: its first operation later, elsewhere and higher. */
struct ways {
	struct dcf_option *options;
	struct dcf_conflict_options *conflicts;
	uint32_t *order;
	struct dcf_unresolved open;
	struct dcf_whole_result whole;
	struct dcf_burden burden[4];
	struct dcf_options_answer answer;
};

static struct dcf_feature *changed_features(struct dcf_plan *plan, uint32_t operation, uint32_t *count)
{
	struct dcf_feature *f = dcf_arena_get(&plan->arena, plan->operations[operation].feature_count * sizeof *f);

	*count = 0;
	for (size_t i = 0; i < plan->feature_count; i++) {
		struct dcf_feature *g = &f[*count];

		if (plan->features[i].operation != operation)
			continue;
		*g = plan->features[i];
		g->points = dcf_arena_get(&plan->arena, g->point_count * sizeof *g->points);
		for (uint32_t k = 0; k < g->point_count; k++)
			g->points[k] = (struct dcf_latlon){ plan->features[i].points[k].lat_e7 + 2000000,
							    plan->features[i].points[k].lon_e7 };
		g->start_us += 3600000000;
		g->end_us += 3600000000;
		g->lower.e4 += 5000 * DCF_FT_E4;
		g->upper.e4 += 5000 * DCF_FT_E4;
		++*count;
	}
	return f;
}

static struct dcf_option way_out(struct dcf_plan *plan, const struct dcf_conflict *c)
{
	struct dcf_option o = { .kind = DCF_OPTION_DELAY,
				.moved_count = 1,
				.resolve_count = 1,
				.cost = { 3600, 3600, 0, 0 },
				.margin = { 1234.5, DCF_MARGIN_NONE, 0.25 },
				.order_cost = 3600 };

	o.moved[0] = (struct dcf_moved){ .operation = c->a, .kind = DCF_OPTION_DELAY, .change_count = 1 };
	o.moved[0].change[0] = (struct dcf_change){ .how = DCF_CHANGE_SHIFT, .shift_us = 3600000000 };
	o.moved[0].features = changed_features(plan, c->a, &o.moved[0].feature_count);
	o.resolves = dcf_arena_get(&plan->arena, sizeof *o.resolves);
	o.resolves[0] = (struct dcf_pair_of_operations){ c->a, c->b };
	return o;
}

/* The last conflict has no way out. */
static void make_ways(struct ways *w, struct dcf_plan *plan, const struct dcf_result *result, uint32_t each)
{
	size_t n = result->conflict_count;

	*w = (struct ways){ .options = dcf_arena_get(&plan->arena, n * each * sizeof *w->options),
			    .conflicts = dcf_arena_get(&plan->arena, n * sizeof *w->conflicts),
			    .order = dcf_arena_get(&plan->arena, n * each * sizeof *w->order) };
	for (size_t i = 0; i < n; i++) {
		const struct dcf_conflict *c = &result->conflicts[i];

		w->conflicts[i] = (struct dcf_conflict_options){ c->a, c->b, (uint32_t)(i * each), i + 1 < n ? each : 0 };
		for (uint32_t k = 0; k < each; k++) {
			w->options[i * each + k] = way_out(plan, c);
			w->order[i * each + k] = (uint32_t)(i * each + k);
		}
	}
	w->open =
		(struct dcf_unresolved){ result->conflicts[n - 1].a, result->conflicts[n - 1].b, DCF_SPAN("both are <fixed>") };
	w->answer = (struct dcf_options_answer){ .plan = plan,
						 .check = result,
						 .options = w->options,
						 .option_count = n * each,
						 .conflicts = w->conflicts,
						 .conflict_count = n,
						 .order = w->order,
						 .unresolved = &w->open,
						 .unresolved_count = 1 };
}

static void page_with_ways(const struct dcf_plan *plan, const struct dcf_result *result,
			   const struct dcf_options_answer *answer, struct dcf_buf *out)
{
	struct dcf_report_options options = { .version = "0.0.0", .title = DCF_SPAN(""), .ways_out = answer };

	*out = (struct dcf_buf){ .from = &heap };
	CHECK(dcf_report_html(plan, result, &options, out) == DCF_OK);
	dcf_buf_char(out, '\0');
	contents(out->p);
}

static void shows_ways_out(void)
{
	struct dcf_plan plan;
	struct dcf_result result = { 0 };
	struct dcf_buf page;
	struct ways w;

	CHECK(read_example(&plan) && dcf_check(&plan, &plain, &heap, &result) == DCF_OK);
	make_ways(&w, &plan, &result, 2);
	page_with_ways(&plan, &result, &w.answer, &page);
	CHECK(strstr(page.p, "<section id=ways") && strstr(page.p, "href=\"#ways\""));
	CHECK(strstr(page.p, "US-AAR-01 1 h later") && strstr(page.p, "both are &lt;fixed&gt;"));
	CHECK(strstr(page.p, "room: 1.2 km to the side, 0.2 s in time"));
	/* The best of each is drawn on the map, in the timeline and in the profile, and no other. */
	CHECK_MSG(count_of(page.p, "<li class=drawn") == 3, "%zu", count_of(page.p, "<li class=drawn"));
	CHECK_MSG(count_of(page.p, " after\" data-o=") == 3, "%zu shapes", count_of(page.p, " after\" data-o="));
	/* Two volumes change level; the bars of a trajectory follow its waypoints, which stay. */
	CHECK_MSG(count_of(page.p, "class=\"bar after\"") == 5, "%zu bars", count_of(page.p, "class=\"bar after\""));
	CHECK(strstr(page.p, ">after: US-B1-01</text>"));
	dcf_buf_free(&page);
	/* Without an answer nothing of it is there. */
	page_of(&plan, &result, &page);
	CHECK(!strstr(page.p, "id=ways") && !strstr(page.p, "after the change") && !strstr(page.p, "bar after\""));
	dcf_buf_free(&page);
	dcf_result_free(&result);
	dcf_plan_free(&plan);
}

static void many_ways_out_stay_small(void)
{
	struct dcf_plan plan;
	struct dcf_result result = { 0 };
	struct dcf_buf page;
	struct ways w;

	make_theatre(&plan, 1000, 100000, 2);
	CHECK(dcf_check(&plan, &plain, &heap, &result) == DCF_OK && result.conflict_count > 1000);
	result.conflict_count = result.conflict_count < 4000 ? result.conflict_count : 4000;
	make_ways(&w, &plan, &result, 6);
	page_with_ways(&plan, &result, &w.answer, &page);
	CHECK_MSG(page.len < 1000000, "%zu bytes", page.len);
	printf("# with options: %zu bytes\n", page.len);
	CHECK(count_of(page.p, "<script>") == 1 && strstr(page.p, "more conflicts with their options"));
	dcf_buf_free(&page);
	w.whole = (struct dcf_whole_result){ .burden = w.burden, .conflicts_before = 7, .share_kept = true };
	w.answer.whole = &w.whole;
	w.answer.option_count = 1000;
	w.answer.conflict_count = 0;
	page_with_ways(&plan, &result, &w.answer, &page);
	CHECK_MSG(page.len < 1000000, "%zu bytes", page.len);
	CHECK(strstr(page.p, "7 conflicts before, 0 after") && strstr(page.p, "Still in conflict: "));
	dcf_buf_free(&page);
	dcf_result_free(&result);
	dcf_plan_free(&plan);
}

int main(int argc, char **argv)
{
	heap = dcf_alloc_heap();
	example = argc > 1 ? argv[1] : "examples/latakia-2015.geojson";
	return TAP_RUN(TAP(shows_the_conflicts), TAP(names_a_direction_by_the_nearest_of_sixteen_points),
		       TAP(says_that_nothing_was_checked), TAP(stays_small), TAP(stays_bounded),
		       TAP(shows_the_whole_earth_and_nothing), TAP(shows_ways_out), TAP(many_ways_out_stay_small),
		       TAP(is_the_same_twice), TAP(short_memory_fails_cleanly));
}
