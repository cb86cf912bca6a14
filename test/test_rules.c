/* SPDX-License-Identifier: Apache-2.0 */
/* test_rules.c - the agreement's notice, lines and areas against the oracle (oracle/rules.h) on random worlds.
 *
 *     test_rules [--worlds N] [--seed S] [--first K] [--stop]
 *
 * Every feature is checked alone, so that each breach has one feature, and judged by the oracle; the whole
 * world must then give the same breaches together, in the order that FORMAT.md names.  Beside that, notice
 * given to the microsecond keeps a line's rule and one microsecond less does not. */
#include "core/check.h"
#include "oracle/draft.h"
#include "oracle/rules.h"
#include "oracle/world.h"
#include <stdlib.h>
#include <string.h>

#define MINUTE 60000000LL

struct settings {
	uint64_t worlds, seed, first;
	bool stop;
};

struct totals {
	struct dcf_ora_rules_seen seen;
	size_t worlds, failed, breaches[5], sharp, refused;
};

/* --- worlds: no expression draws twice, since compilers would draw in different order -------------- */

struct maker {
	struct dcf_plan *plan;
	struct dcf_ora_random r;
	struct dcf_ora_point at;
	int64_t time;
};

static void must(enum dcf_status s)
{
	if (s != DCF_OK)
		abort();
}

static void *get(struct maker *m, size_t size)
{
	void *p = dcf_arena_get(&m->plan->arena, size);

	if (!p)
		abort();
	memset(p, 0, size);
	return p;
}

static struct dcf_span name(struct maker *m, const char *word, size_t number)
{
	char text[32];
	struct dcf_span s;

	snprintf(text, sizeof text, "%s%zu", word, number);
	s = dcf_arena_copy(&m->plan->arena, dcf_span_of(text));
	return s;
}

static struct dcf_ora_point pick_place(struct dcf_ora_random *r)
{
	double lat = dcf_ora_uniform(r, -70, 70), lon = dcf_ora_uniform(r, -180, 180);
	uint32_t how = dcf_ora_below(r, 4);

	if (how == 0)
		lon = dcf_ora_chance(r, 0.5) ? 180 - dcf_ora_log_uniform(r, 1e-4, 2) : -180 + dcf_ora_log_uniform(r, 1e-4, 2);
	if (how == 1)
		lat = (dcf_ora_chance(r, 0.5) ? 1 : -1) * dcf_ora_uniform(r, 70, 89.9);
	return dcf_ora_at(lat, lon);
}

/* Bent legs none of which turns back: every course is within 65 degrees of one, so the line never crosses itself. */
static void make_line(struct maker *m, struct dcf_line_rule *rule, size_t number)
{
	static const double buffer[] = { 0, 0, 100, 1852, 10e3, 50e3 };
	double course = dcf_ora_uniform(&m->r, 0, 360), bend = dcf_ora_chance(&m->r, 0.3) ? 65 : 25;
	double far = dcf_ora_log_uniform(&m->r, 3e3, 200e3);
	struct dcf_ora_point p = m->at;
	uint32_t n = 2 + dcf_ora_below(&m->r, 5), swap = dcf_ora_below(&m->r, 8);

	*rule = (struct dcf_line_rule){ .id = name(m, "line", number), .article = name(m, "art", dcf_ora_below(&m->r, 3)) };
	rule->points = get(m, n * sizeof *rule->points);
	rule->point_count = n;
	for (uint32_t i = 0; i < n; i++) {
		double to = course + dcf_ora_uniform(&m->r, -bend, bend), len = far * dcf_ora_uniform(&m->r, 0.3, 1),
		       azimuth = 0;

		rule->points[i] = dcf_ora_round(p);
		p = dcf_ora_go(p, to, len);
		/* near the poles courses turn fast: keep to the direction, not to the number */
		geod_inverse(dcf_ora_wgs84(), m->at.lat, m->at.lon, p.lat, p.lon, NULL, NULL, &azimuth);
		course += remainder(azimuth - course, 360) * (fabs(p.lat) > 75 ? 1 : 0);
	}
	rule->left = swap == 0 ? DCF_NONE : dcf_ora_below(&m->r, 3);
	rule->right = swap == 1 ? DCF_NONE : ((swap == 0 ? 0 : rule->left) + 1 + dcf_ora_below(&m->r, 2)) % 3;
	if (swap > 1 && dcf_ora_chance(&m->r, 0.05))
		rule->right = rule->left; /* nobody's line */
	rule->buffer_m = dcf_ora_chance(&m->r, 0.5) ? DCF_ORA_PICK(&m->r, buffer) : dcf_ora_uniform(&m->r, 0, 50e3);
	rule->crossing_notice_us = dcf_ora_chance(&m->r, 0.05) ? -1 : MINUTE * dcf_ora_between_i(&m->r, 0, 600);
}

/* A point of the line or of what prolongs it, and the course there. */
static struct dcf_ora_point on_line(const struct dcf_line_rule *rule, double where, double *course)
{
	uint32_t legs = rule->point_count - 1, k = where < 0 ? 0 : where >= legs ? legs - 1 : (uint32_t)where;
	struct dcf_ora_point p = dcf_ora_of(rule->points[k]), q = dcf_ora_of(rule->points[k + 1]);
	struct geod_geodesicline leg;
	double lat, lon, s;

	geod_inverseline(&leg, dcf_ora_wgs84(), p.lat, p.lon, q.lat, q.lon, 0);
	s = where < 0 ? where * 100e3 : where >= legs ? leg.s13 + (where - legs) * 100e3 : (where - k) * leg.s13;
	geod_position(&leg, s, &lat, &lon, course);
	return dcf_ora_at(lat, lon);
}

/* Somewhere along the line or up to 600 km beyond its ends. */
static double pick_where(struct maker *m, const struct dcf_line_rule *rule)
{
	double legs = rule->point_count - 1;

	return dcf_ora_chance(&m->r, 0.3) ? (dcf_ora_chance(&m->r, 0.5) ? -6 * dcf_ora_uniform(&m->r, 0, 1)
									: legs + 6 * dcf_ora_uniform(&m->r, 0, 1))
					  : dcf_ora_uniform(&m->r, 0, legs);
}

/* How far beyond the buffer to come: close to it on both sides, or anything. */
static double pick_excess(struct maker *m, const struct dcf_line_rule *rule)
{
	static const double near[] = { 1.6, -1.6, 3, -3, 10, -10, 100, -100 };

	if (dcf_ora_chance(&m->r, 0.5))
		return DCF_ORA_PICK(&m->r, near);
	return dcf_ora_uniform(&m->r, -rule->buffer_m - 60e3, 40e3);
}

static void make_band(struct maker *m, struct dcf_feature *f)
{
	int64_t low = DCF_FT_E4 * dcf_ora_between_i(&m->r, 0, 200) * 100;
	uint8_t ref = dcf_ora_chance(&m->r, 0.7) ? DCF_REF_MSL : (uint8_t)dcf_ora_below(&m->r, DCF_REF_COUNT);

	f->lower = (struct dcf_altitude){ .e4 = low, .ref = ref, .unit = DCF_UNIT_FT };
	f->upper = (struct dcf_altitude){ .e4 = low + DCF_FT_E4 * dcf_ora_between_i(&m->r, 1, 100) * 100,
					  .ref = ref,
					  .unit = DCF_UNIT_FT };
}

/* A volume that comes over the line by the buffer and something. */
static void make_volume(struct maker *m, struct dcf_feature *f, const struct dcf_line_rule *rule)
{
	static const enum dcf_ora_kind kinds[] = { DCF_ORA_STAR, DCF_ORA_HOLED, DCF_ORA_COMB,   DCF_ORA_SLIVER,
						   DCF_ORA_DISC, DCF_ORA_LINE,  DCF_ORA_CAPSULE };
	struct dcf_ora_draft d = { .kind = DCF_ORA_PICK(&m->r, kinds), .rough = 0.5 };
	struct dcf_ora_line line;
	double course, aim = rule->buffer_m + pick_excess(m, rule), go, is;
	bool left = dcf_ora_chance(&m->r, 0.5);
	struct dcf_ora_point foot;

	if (f->party == rule->left || f->party == rule->right)
		left = f->party == rule->right;
	d.vertices = 3 + dcf_ora_below(&m->r, 8);
	d.size = dcf_ora_log_uniform(&m->r, 200, 60e3);
	d.width = dcf_ora_uniform(&m->r, 0.03, 0.3);
	d.turn = dcf_ora_uniform(&m->r, 0, 360);
	d.seed = dcf_ora_u64(&m->r);
	foot = on_line(rule, pick_where(m, rule), &course);
	dcf_ora_line_init(&line, rule);
	go = aim - d.size;
	for (int i = 0; i < 5; i++) {
		d.centre = dcf_ora_go(foot, course + (left ? -90 : 90), go);
		dcf_ora_draw(&d, &m->plan->arena, f);
		is = dcf_ora_line_farthest(&line, f, left) + (f->shape == DCF_POLYGON ? 0 : f->radius_m);
		if (fabs(is - aim) < 0.1)
			break;
		go += aim - is;
	}
	dcf_ora_line_free(&line);
	make_band(m, f);
	f->start_us = m->time + dcf_ora_between_i(&m->r, -120, 120) * MINUTE;
	f->start_us += dcf_ora_between_i(&m->r, 0, 1);
	f->end_us = f->start_us + dcf_ora_between_i(&m->r, 1, 300) * MINUTE;
}

/* A flight that weaves over the line. */
static void make_flight(struct maker *m, struct dcf_feature *f, const struct dcf_line_rule *rule)
{
	uint32_t n = 2 + dcf_ora_below(&m->r, 7);
	double where = pick_where(m, rule), step = dcf_ora_uniform(&m->r, -0.5, 0.5), course;
	double reach = rule->buffer_m + dcf_ora_log_uniform(&m->r, 500, 60e3);
	bool side = dcf_ora_chance(&m->r, 0.5);

	f->shape = DCF_TRAJECTORY;
	f->radius_m = dcf_ora_chance(&m->r, 0.5) ? 0 : dcf_ora_log_uniform(&m->r, 10, 5e3);
	f->containment_e4 = DCF_FT_E4 * dcf_ora_between_i(&m->r, 0, 500);
	f->points = get(m, n * sizeof *f->points);
	f->waypoints = get(m, n * sizeof *f->waypoints);
	f->start_us = f->end_us = m->time + dcf_ora_between_i(&m->r, -120, 120) * MINUTE;
	for (uint32_t i = 0; i < n; i++) {
		struct dcf_ora_point p = on_line(rule, where, &course), last = i ? dcf_ora_of(f->points[i - 1]) : p;
		double off = dcf_ora_chance(&m->r, 0.3) ? rule->buffer_m + pick_excess(m, rule) - f->radius_m
							: dcf_ora_uniform(&m->r, 0, reach);

		p = dcf_ora_go(p, course + (side ? -90 : 90), off);
		f->points[i] = dcf_ora_round(i && dcf_ora_chance(&m->r, 0.05) ? last : p);
		p = dcf_ora_of(f->points[i]);
		if (i)
			f->end_us += 1000000 + (int64_t)(1e6 * dcf_ora_distance(&last, &p) / dcf_ora_uniform(&m->r, 50, 400));
		f->waypoints[i].time_us = f->end_us;
		f->waypoints[i].altitude = (struct dcf_altitude){ .e4 = DCF_FT_E4 * 100 * dcf_ora_between_i(&m->r, 0, 200),
								  .ref = DCF_REF_MSL,
								  .unit = DCF_UNIT_FT };
		if (dcf_ora_chance(&m->r, 0.85))
			side = !side;
		where += step;
	}
	f->point_count = n;
}

/* Times of notice about the need, to the microsecond. */
static void make_notice(struct maker *m, struct dcf_feature *f, int64_t need)
{
	static const int64_t off[] = { 0, 0, 1, -1, MINUTE, -MINUTE, 90 * MINUTE, -600 * MINUTE };
	int64_t at = f->start_us - need + DCF_ORA_PICK(&m->r, off), delay = dcf_ora_between_i(&m->r, 0, 3) * MINUTE;
	uint32_t how = dcf_ora_below(&m->r, 8);

	f->received_us = how < 2 ? DCF_TIME_NONE : at;
	f->sent_us = how == 0 || how == 4 ? DCF_TIME_NONE : how == 1 ? at : at - delay;
}

static void make_feature(struct maker *m, uint32_t party, uint32_t operation)
{
	static const char *const acm[] = { "", "CORRTE", "ROZ" };
	const struct dcf_agreement *g = &m->plan->agreement;
	const struct dcf_line_rule *rule = &g->lines[dcf_ora_below(&m->r, (uint32_t)g->line_count)];
	struct dcf_feature f = { .party = party, .operation = operation };
	int64_t need = rule->crossing_notice_us > 0 ? rule->crossing_notice_us : 0;

	f.id = name(m, "f", m->plan->feature_count);
	f.where = name(m, "world#/features/", m->plan->feature_count);
	f.acm = dcf_span_of(DCF_ORA_PICK(&m->r, acm));
	if (dcf_ora_chance(&m->r, 0.5))
		make_flight(m, &f, rule);
	else
		make_volume(m, &f, rule);
	if (g->notice_count && dcf_ora_chance(&m->r, 0.5))
		need = g->notice[dcf_ora_below(&m->r, (uint32_t)g->notice_count)].need_us;
	make_notice(m, &f, need);
	must(dcf_plan_add_feature(m->plan, &f));
}

static void make_operations(struct maker *m)
{
	uint32_t n = 1 + dcf_ora_below(&m->r, 3), index;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t party = dcf_ora_below(&m->r, 3), volumes = dcf_ora_chance(&m->r, 0.3) ? 2 : 1;

		must(dcf_plan_operation(m->plan, party, name(m, "op", dcf_ora_below(&m->r, 12)), &index));
		for (uint32_t i = 0; i < volumes; i++)
			make_feature(m, party, index);
	}
}

/* An area near one of the features, or grazing it. */
static void make_area(struct maker *m, struct dcf_area_rule *rule, size_t number)
{
	static const enum dcf_ora_kind kinds[] = { DCF_ORA_STAR, DCF_ORA_HOLED, DCF_ORA_DISC, DCF_ORA_LINE, DCF_ORA_CAPSULE };
	static const double gaps[] = { 0, 0.5, -0.5, 2, -2, 50 };
	const struct dcf_feature *f = &m->plan->features[dcf_ora_below(&m->r, (uint32_t)m->plan->feature_count)];
	struct dcf_feature *v = get(m, sizeof *v);
	struct dcf_ora_draft d = { .kind = DCF_ORA_PICK(&m->r, kinds), .rough = 0.5, .vertices = 7, .width = 0.2 };
	double azimuth = dcf_ora_uniform(&m->r, 0, 360), gap = DCF_ORA_PICK(&m->r, gaps);

	d.size = dcf_ora_log_uniform(&m->r, 500, 40e3);
	d.seed = dcf_ora_u64(&m->r);
	d.centre = dcf_ora_of(f->points[dcf_ora_below(&m->r, f->point_count)]);
	if (dcf_ora_chance(&m->r, 0.4))
		dcf_ora_put(&d, &m->plan->arena, f, d.centre, azimuth, gap, false);
	dcf_ora_draw(&d, &m->plan->arena, v);
	v->party = v->operation = DCF_NONE;
	v->start_us = v->end_us = v->sent_us = v->received_us = DCF_TIME_NONE;
	v->lower = (struct dcf_altitude){ .ref = DCF_REF_SFC };
	v->upper = (struct dcf_altitude){ .unlimited = true };
	if (dcf_ora_chance(&m->r, 0.4))
		make_band(m, v);
	if (dcf_ora_chance(&m->r, 0.3))
		v->start_us = dcf_ora_between_i(&m->r, f->start_us, f->end_us);
	if (dcf_ora_chance(&m->r, 0.3))
		v->end_us =
			(v->start_us == DCF_TIME_NONE ? f->start_us : v->start_us) + dcf_ora_between_i(&m->r, 1, 60 * MINUTE);
	*rule = (struct dcf_area_rule){ .id = name(m, "area", number), .volume = v };
	rule->article = name(m, "art", dcf_ora_below(&m->r, 3));
	rule->kind = (uint8_t)dcf_ora_below(&m->r, 3);
	rule->party_count = dcf_ora_below(&m->r, 3);
	rule->parties = get(m, 4 * sizeof *rule->parties);
	for (uint32_t i = 0; i < rule->party_count; i++)
		rule->parties[i] = dcf_ora_below(&m->r, 3);
}

static void make_agreement(struct maker *m)
{
	static const char *const acm[] = { "*", "CORRTE", "", "ROZ" };
	struct dcf_agreement *g = &m->plan->agreement;
	uint32_t notices = dcf_ora_below(&m->r, 4), lines = 1 + dcf_ora_below(&m->r, 2);
	void *array = NULL;

	for (uint32_t i = 0; i < notices; i++) {
		const char *whose = DCF_ORA_PICK(&m->r, acm);
		int64_t need = MINUTE * dcf_ora_between_i(&m->r, 0, 90);

		array = g->notice;
		must(dcf_grow(m->plan->arena.from, &array, &g->notice_cap, i + 1, sizeof *g->notice));
		g->notice = array;
		g->notice[g->notice_count++] = (struct dcf_notice_rule){ dcf_span_of(whose), need, name(m, "art", i) };
	}
	for (uint32_t i = 0; i < lines; i++) {
		array = g->lines;
		must(dcf_grow(m->plan->arena.from, &array, &g->line_cap, i + 1, sizeof *g->lines));
		g->lines = array;
		make_line(m, &g->lines[g->line_count++], i);
	}
}

static void make_areas(struct maker *m)
{
	struct dcf_agreement *g = &m->plan->agreement;
	uint32_t areas = dcf_ora_below(&m->r, 3);

	for (uint32_t i = 0; i < areas; i++) {
		void *array = g->areas;

		must(dcf_grow(m->plan->arena.from, &array, &g->area_cap, i + 1, sizeof *g->areas));
		g->areas = array;
		make_area(m, &g->areas[g->area_count++], i);
	}
}

static void make_world(struct dcf_ora_world *w, uint64_t seed, uint64_t number)
{
	static const char *const party[] = { "C", "A", "B" };
	struct maker m = { .plan = &w->plan, .r = { seed * 0x9e3779b97f4a7c15u ^ number * 0xd1342543de82ef95u } };
	uint32_t index;

	(void)dcf_ora_u64(&m.r);
	*w = (struct dcf_ora_world){ .heap = dcf_alloc_heap(), .family = "rules" };
	w->options =
		(struct dcf_check_options){ .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	dcf_plan_init(&w->plan, &w->heap);
	m.at = pick_place(&m.r);
	m.time = 1600000000000000 + (int64_t)(dcf_ora_u64(&m.r) % 100000000000000u);
	for (int i = 0; i < 3; i++)
		must(dcf_plan_party(&w->plan, dcf_span_of(party[i]), &index));
	make_agreement(&m);
	make_operations(&m);
	make_areas(&m);
}

/* Lines and areas are no part of the dump of a world. */
static void print_lines(const struct dcf_plan *plan)
{
	for (size_t i = 0; i < plan->agreement.line_count; i++) {
		const struct dcf_line_rule *l = &plan->agreement.lines[i];

		printf("# %.*s left %d right %d buffer %.3f m notice %lld us:", (int)l->id.len, l->id.p, (int)l->left,
		       (int)l->right, l->buffer_m, (long long)l->crossing_notice_us);
		for (uint32_t k = 0; k < l->point_count; k++)
			printf(" [%.7f, %.7f]", l->points[k].lon_e7 / 1e7, l->points[k].lat_e7 / 1e7);
		printf("\n");
	}
}

/* --- the order of breaches, and whether two lists are one ------------------------------------------ */

static int by_text(struct dcf_span a, struct dcf_span b)
{
	size_t both = a.len < b.len ? a.len : b.len;
	int c = both ? memcmp(a.p, b.p, both) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int by_number(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static const struct dcf_plan *sorted_for; /* qsort gives no context */

static struct dcf_span rule_name(const struct dcf_breach *b)
{
	static const char *const names[] = { [DCF_BREACH_NOTICE] = "notice_min",
					     [DCF_BREACH_CROSSING_NOTICE] = "crossing_notice_min",
					     [DCF_BREACH_NO_ENTRY] = "no_entry",
					     [DCF_BREACH_ASK_FIRST] = "ask_first",
					     [DCF_BREACH_CONTACT] = "contact" };

	return dcf_span_of(names[b->rule]);
}

/* By (party, operation, rule, article, start), as FORMAT.md says. */
static int in_order(const struct dcf_breach *a, const struct dcf_breach *b)
{
	const struct dcf_operation *x = &sorted_for->operations[a->operation], *y = &sorted_for->operations[b->operation];
	int c = by_text(sorted_for->parties[x->party].id, sorted_for->parties[y->party].id);

	c = c ? c : by_text(x->id, y->id);
	c = c ? c : by_text(rule_name(a), rule_name(b));
	c = c ? c : by_text(a->article, b->article);
	return c ? c : by_number(a->start_us, b->start_us);
}

static int in_full(const void *x, const void *y)
{
	const struct dcf_breach *a = x, *b = y;
	int c = in_order(a, b);

	c = c ? c : by_text(a->line, b->line);
	c = c ? c : by_text(a->area, b->area);
	c = c ? c : by_number(a->end_us, b->end_us);
	c = c ? c : by_number(a->need_us, b->need_us);
	return c ? c : by_number(a->have_us, b->have_us);
}

struct list {
	struct dcf_breach *at;
	size_t count;
};

/* Everything but notice_min, which is one an operation and not one a feature. */
static void gather(struct list *l, const struct dcf_result *r)
{
	l->at = realloc(l->at, (l->count + r->breach_count + 1) * sizeof *l->at);
	if (!l->at)
		abort();
	for (size_t i = 0; i < r->breach_count; i++)
		if (r->breaches[i].rule != DCF_BREACH_NOTICE)
			l->at[l->count++] = r->breaches[i];
}

static bool same_list(const struct dcf_plan *plan, struct list *a, struct list *b)
{
	sorted_for = plan;
	if (a->count != b->count)
		return false;
	qsort(a->at, a->count, sizeof *a->at, in_full);
	qsort(b->at, b->count, sizeof *b->at, in_full);
	for (size_t i = 0; i < a->count; i++)
		if (in_full(&a->at[i], &b->at[i]) != 0)
			return false;
	return true;
}

static bool ordered(const struct dcf_plan *plan, const struct dcf_result *r)
{
	sorted_for = plan;
	for (size_t i = 1; i < r->breach_count; i++)
		if (in_order(&r->breaches[i - 1], &r->breaches[i]) > 0)
			return false;
	return true;
}

/* --- judging -------------------------------------------------------------------------------------- */

static int64_t first_notice(const struct dcf_plan *plan, uint32_t operation, bool received)
{
	int64_t first = DCF_TIME_NONE;

	for (size_t i = 0; i < plan->feature_count; i++) {
		int64_t t = received ? plan->features[i].received_us : plan->features[i].sent_us;

		if (plan->features[i].operation == operation && t != DCF_TIME_NONE && (first == DCF_TIME_NONE || t < first))
			first = t;
	}
	return first;
}

/* A line's notice given to the microsecond, and one less. */
static size_t notice_is_sharp(const struct dcf_ora_world *w, const struct dcf_plan *solo, const struct dcf_result *r,
			      struct totals *t, FILE *out)
{
	const struct dcf_breach *b = NULL;
	size_t bad = 0;

	for (size_t i = 0; i < r->breach_count && !b; i++)
		if (r->breaches[i].rule == DCF_BREACH_CROSSING_NOTICE && r->breaches[i].have_us >= 0)
			b = &r->breaches[i];
	for (int more = 0; b && more < 2; more++) {
		struct dcf_plan plan = *solo;
		struct dcf_line_rule lines[4];
		struct dcf_result again = { 0 };
		bool is = false;

		memcpy(lines, plan.agreement.lines, plan.agreement.line_count * sizeof *lines);
		plan.agreement.lines = lines;
		for (size_t i = 0; i < plan.agreement.line_count; i++)
			lines[i].crossing_notice_us = b->have_us + more;
		must(dcf_check(&plan, &w->options, &w->heap, &again));
		for (size_t i = 0; i < again.breach_count; i++)
			is |= again.breaches[i].rule == b->rule && dcf_span_eq(again.breaches[i].line, b->line) &&
			      again.breaches[i].start_us == b->start_us;
		if (is != (more == 1)) {
			fprintf(out, "# line: notice of exactly %lld us is not sharp\n", (long long)b->have_us);
			bad++;
		}
		dcf_result_free(&again);
		t->sharp++;
	}
	return bad;
}

static size_t judge(const struct dcf_ora_world *w, struct totals *t, FILE *out)
{
	struct dcf_result all = { 0 };
	struct list together = { 0 }, alone = { 0 };
	size_t bad = 0;

	must(dcf_check(&w->plan, &w->options, &w->heap, &all));
	gather(&together, &all);
	for (size_t i = 0; i < w->plan.feature_count; i++) {
		struct dcf_plan solo = w->plan;
		struct dcf_feature f = w->plan.features[i];
		struct dcf_result r = { 0 };

		f.received_us = first_notice(&w->plan, f.operation, true);
		f.sent_us = first_notice(&w->plan, f.operation, false);
		solo.features = &f;
		solo.feature_count = 1;
		must(dcf_check(&solo, &w->options, &w->heap, &r));
		gather(&alone, &r);
		if (r.refused_features) { /* a sliver may fold back once rounded: nothing to judge */
			t->refused++;
		} else {
			bad += dcf_ora_rules_one(&solo, &r, &t->seen, out);
			bad += notice_is_sharp(w, &solo, &r, t, out);
		}
		dcf_result_free(&r);
	}
	if (!same_list(&w->plan, &together, &alone)) {
		fprintf(out, "# %zu breaches of all together, %zu of each alone\n", together.count, alone.count);
		bad++;
	}
	if (!ordered(&w->plan, &all)) {
		fprintf(out, "# breaches out of order\n");
		bad++;
	}
	bad += dcf_ora_rules_notice(&w->plan, &all, out);
	for (size_t i = 0; i < all.breach_count; i++)
		t->breaches[all.breaches[i].rule]++;
	dcf_result_free(&all);
	free(together.at);
	free(alone.at);
	return bad;
}

static void one_world(const struct settings *s, uint64_t number, struct totals *t)
{
	struct dcf_ora_world w;
	char *text = NULL;
	size_t len = 0, bad;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	make_world(&w, s->seed, number);
	t->worlds++;
	bad = judge(&w, t, out);
	fclose(out);
	if (bad && t->failed++ < 10) {
		printf("# seed %llu world %llu (rules):\n%s", (unsigned long long)s->seed, (unsigned long long)number, text);
		print_lines(&w.plan);
		if (s->worlds == 1)
			dcf_ora_world_dump(&w, stdout);
		fflush(stdout);
	}
	free(text);
	dcf_ora_world_free(&w);
}

/* A number after the option at `*i`. */
static bool number_of(int argc, char **argv, int *i, uint64_t *value)
{
	char *end;

	if (++*i >= argc)
		return false;
	*value = strtoull(argv[*i], &end, 10);
	return *end == 0 && end != argv[*i];
}

static bool parse(int argc, char **argv, struct settings *s)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--stop") == 0)
			s->stop = true;
		else if (!(strcmp(argv[i], "--worlds") == 0 && number_of(argc, argv, &i, &s->worlds)) &&
			 !(strcmp(argv[i], "--seed") == 0 && number_of(argc, argv, &i, &s->seed)) &&
			 !(strcmp(argv[i], "--first") == 0 && number_of(argc, argv, &i, &s->first)))
			return false;
	return true;
}

/* A run that meets nothing proves nothing. */
static bool is_rich(const struct totals *t)
{
	const struct dcf_ora_rules_seen *n = &t->seen;
	bool all = t->sharp > 20 && t->refused * 50 <= t->worlds && n->budgets * 10 <= t->worlds && n->kept > 20 &&
		   n->several > 10 && n->volumes > 50 && n->flights > 50 && n->entries > 50 && n->sent > 5 && n->unknown > 5;

	for (int k = 0; k < 5; k++)
		all = all && t->breaches[k] > 10;
	return all;
}

int main(int argc, char **argv)
{
	struct settings s = { .worlds = 500, .seed = 20150920 };
	struct totals t = { 0 };
	bool rich;

	if (!parse(argc, argv, &s)) {
		fprintf(stderr, "usage: test_rules [--worlds N] [--seed S] [--first K] [--stop]\n");
		return 2;
	}
	printf("1..2\n");
	for (uint64_t k = 0; k < s.worlds && !(s.stop && t.failed); k++)
		one_world(&s, s.first + k, &t);
	printf("%s 1 - %zu worlds of seed %llu, %zu wrong\n", t.failed ? "not ok" : "ok", t.worlds, (unsigned long long)s.seed,
	       t.failed);
	printf("# breaches: notice %zu, crossing %zu, no entry %zu, ask first %zu, contact %zu\n",
	       t.breaches[DCF_BREACH_NOTICE], t.breaches[DCF_BREACH_CROSSING_NOTICE], t.breaches[DCF_BREACH_NO_ENTRY],
	       t.breaches[DCF_BREACH_ASK_FIRST], t.breaches[DCF_BREACH_CONTACT]);
	printf("# over a line: %zu volumes, %zu stretches of flights, %zu features several times, %zu kept, %zu volumes in doubt\n",
	       t.seen.volumes, t.seen.flights, t.seen.several, t.seen.kept, t.seen.doubts);
	printf("# %zu only sent, %zu without notice, %zu entries, %zu times notice to the microsecond, %zu features refused\n",
	       t.seen.sent, t.seen.unknown, t.seen.entries, t.sharp, t.refused);
	printf("# %zu times the oracle came to the end of its budget\n", t.seen.budgets);
	rich = s.worlds < 500 || is_rich(&t);
	printf("%s 2 - the worlds are rich enough to mean something\n", rich ? "ok" : "not ok");
	return t.failed || !rich;
}
