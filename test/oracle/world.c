/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - families of worlds as a table, and how a world is put together from one. */
#include "oracle/world_int.h"
#include <stdlib.h>

#define NM 1852.0

enum {
	STAR = 1 << DCF_ORA_STAR,
	HOLED = 1 << DCF_ORA_HOLED,
	SEVERAL = 1 << DCF_ORA_SEVERAL,
	COMB = 1 << DCF_ORA_COMB,
	SLIVER = 1 << DCF_ORA_SLIVER,
	BOX = 1 << DCF_ORA_BOX,
	LONLAT = 1 << DCF_ORA_LONLAT,
	DISC = 1 << DCF_ORA_DISC,
	LINE = 1 << DCF_ORA_LINE,
	CAPSULE = 1 << DCF_ORA_CAPSULE,
	FLIGHT = 1 << DCF_ORA_FLIGHT,
	VOLUMES = STAR | HOLED | SEVERAL | COMB | SLIVER | BOX | LONLAT | DISC | LINE | CAPSULE,
	ROUND = DISC | LINE | CAPSULE,
	MIXED = VOLUMES | FLIGHT,
};

/* Weights say how often a family is drawn; those that cost most come seldom. */
/* clang-format off */
static const struct family families[] = {
	{ "mixed", 120, MIXED, { 100, 100e3 }, { 3, 12 }, GAP_MIX, LEVEL_MIX, WINDOW_MIX, 0 },
	{ "grazing", 120, VOLUMES, { 100, 50e3 }, { 3, 9 }, GAP_GRAZE, LEVEL_SAME, WINDOW_SAME, 0 },
	{ "grazing-flight", 100, STAR | ROUND | FLIGHT, { 200, 50e3 }, { 3, 8 }, GAP_GRAZE, LEVEL_SAME, WINDOW_MIX, 0 },
	{ "levels", 100, ROUND | STAR | FLIGHT, { 100, 20e3 }, { 3, 6 }, GAP_NONE, LEVEL_EXACT, WINDOW_SAME, 0 },
	{ "windows", 80, ROUND | STAR | FLIGHT, { 100, 20e3 }, { 3, 6 }, GAP_NONE, LEVEL_SAME, WINDOW_EDGE, 0 },
	{ "encounters", 160, FLIGHT, { 1e3, 300e3 }, { 2, 6 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, FAMILY_ENCOUNTERS },
	{ "encounter-levels", 80, FLIGHT, { 1e3, 50e3 }, { 2, 6 }, GAP_MIX, LEVEL_EXACT, WINDOW_MIX, FAMILY_ENCOUNTERS },
	{ "hovering", 50, FLIGHT | DISC | STAR, { 10, 20e3 }, { 2, 6 }, GAP_MIX, LEVEL_MIX, WINDOW_MIX, FAMILY_DOUBLED | FAMILY_HOVER },
	{ "references", 120, ROUND | STAR | FLIGHT, { 500, 30e3 }, { 2, 6 }, GAP_MIX, LEVEL_REFS, WINDOW_MIX, 0 },
	{ "reference-encounters", 60, FLIGHT, { 500, 30e3 }, { 2, 5 }, GAP_MIX, LEVEL_REFS, WINDOW_MIX, FAMILY_ENCOUNTERS },
	{ "date-line", 80, STAR | HOLED | SEVERAL | ROUND | FLIGHT, { 100, 300e3 }, { 3, 9 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, FAMILY_DATE_LINE },
	{ "poles", 100, STAR | HOLED | SEVERAL | ROUND | FLIGHT, { 10, 1000e3 }, { 3, 9 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, FAMILY_POLAR },
	{ "pole-encounters", 30, FLIGHT, { 1e3, 300e3 }, { 2, 5 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, FAMILY_ENCOUNTERS | FAMILY_POLAR },
	{ "northern", 60, STAR | HOLED | COMB | SLIVER | ROUND, { 20e3, 400e3 }, { 3, 12 }, GAP_GRAZE, LEVEL_SAME, WINDOW_SAME, FAMILY_NORTHERN },
	{ "huge", 40, STAR | HOLED | ROUND | FLIGHT, { 300e3, 2000e3 }, { 3, 7 }, GAP_MIX, LEVEL_MIX, WINDOW_MIX, 0 },
	{ "vast", 15, STAR | DISC | CAPSULE | FLIGHT, { 1500e3, 4000e3 }, { 5, 9 }, GAP_MIX, LEVEL_MIX, WINDOW_MIX, 0 },
	{ "uneven", 50, MIXED & ~(BOX | LONLAT), { 1, 1000e3 }, { 3, 7 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, 0 },
	{ "tiny", 60, STAR | ROUND | FLIGHT, { 1, 30 }, { 3, 5 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, 0 },
	{ "holes", 80, HOLED | SEVERAL, { 1e3, 100e3 }, { 7, 12 }, GAP_HOLE, LEVEL_SAME, WINDOW_SAME, 0 },
	{ "combs", 60, COMB | FLIGHT | DISC, { 200, 100e3 }, { 3, 40 }, GAP_GRAZE, LEVEL_SAME, WINDOW_MIX, 0 },
	{ "slivers", 60, SLIVER | COMB | FLIGHT | LINE, { 500, 300e3 }, { 3, 8 }, GAP_GRAZE, LEVEL_SAME, WINDOW_MIX, 0 },
	{ "neighbours", 80, STAR | COMB | LINE | HOLED, { 100, 100e3 }, { 3, 9 }, GAP_SHARED, LEVEL_EXACT, WINDOW_MIX, 0 },
	{ "lonlat", 40, BOX | LONLAT, { 100, 100e3 }, { 3, 8 }, GAP_GRAZE, LEVEL_SAME, WINDOW_SAME, 0 },
	{ "lonlat-long", 1, BOX | LONLAT | FLIGHT, { 200e3, 1000e3 }, { 3, 8 }, GAP_MIX, LEVEL_SAME, WINDOW_SAME, 0 },
	{ "doubled", 50, STAR | LINE | FLIGHT, { 100, 100e3 }, { 3, 9 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, FAMILY_DOUBLED },
	{ "hundreds", 8, STAR | COMB | LINE | FLIGHT, { 5e3, 100e3 }, { 60, 200 }, GAP_GRAZE, LEVEL_MIX, WINDOW_MIX, 0 },
	{ "thousands", 2, STAR | COMB | DISC, { 20e3, 300e3 }, { 1000, 3000 }, GAP_GRAZE, LEVEL_SAME, WINDOW_SAME, 0 },
	{ "ten-thousand", 1, STAR | DISC | LINE, { 50e3, 500e3 }, { 9000, 10000 }, GAP_GRAZE, LEVEL_SAME, WINDOW_SAME, 0 },
	{ "several-volumes", 70, STAR | ROUND | FLIGHT, { 500, 50e3 }, { 3, 6 }, GAP_MIX, LEVEL_MIX, WINDOW_MIX, FAMILY_VOLUMES },
	{ "rules", 120, STAR | ROUND | FLIGHT, { 500, 50e3 }, { 2, 6 }, GAP_MIX, LEVEL_MIX, WINDOW_MIX, FAMILY_RULES | FAMILY_VOLUMES },
	{ "rule-encounters", 60, FLIGHT, { 500, 50e3 }, { 2, 4 }, GAP_MIX, LEVEL_MIX, WINDOW_MIX, FAMILY_RULES | FAMILY_ENCOUNTERS },
};
/* clang-format on */

enum { FAMILIES = sizeof families / sizeof *families };

const char *dcf_ora_family_name(size_t i)
{
	return i < FAMILIES ? families[i].name : NULL;
}

static void must(enum dcf_status s)
{
	if (s != DCF_OK)
		abort();
}

static const struct family *pick_family(struct dcf_ora_random *r, const char *name)
{
	unsigned sum = 0, k;

	for (size_t i = 0; i < FAMILIES; i++) {
		if (name && strcmp(name, families[i].name) == 0)
			return &families[i];
		sum += families[i].weight;
	}
	k = dcf_ora_below(r, sum);
	for (size_t i = 0; !name; i++) {
		if (k < families[i].weight)
			return &families[i];
		k -= families[i].weight;
	}
	return NULL;
}

static struct dcf_ora_point pick_place(struct maker *m)
{
	struct dcf_ora_random *r = &m->r;
	double lat = dcf_ora_uniform(r, -70, 70), lon = dcf_ora_uniform(r, -180, 180);

	if (m->family->flags & FAMILY_DATE_LINE) {
		double off = dcf_ora_log_uniform(r, 1e-5, 1);

		return dcf_ora_at(lat, dcf_ora_chance(r, 0.5) ? 180 - off : -180 + off);
	}
	if (m->family->flags & FAMILY_POLAR) {
		lat = 90 - (dcf_ora_chance(r, 0.2) ? 0 : dcf_ora_log_uniform(r, 1e-6, 8));
		return dcf_ora_at(dcf_ora_chance(r, 0.5) ? lat : -lat, lon);
	}
	if (m->family->flags & FAMILY_NORTHERN)
		lat = (lat < 0 ? -1 : 1) * dcf_ora_uniform(r, 50, 71);
	else if (dcf_ora_chance(r, 0.1))
		lat = 0;
	return dcf_ora_at(lat, lon);
}

static void make_minima(struct maker *m)
{
	static const double lateral[] = { 0, 0, 0.5, 500, 3 * NM, 5 * NM, 10 * NM };
	static const double small[] = { 0, 0, 0.5, 1, 50 };
	static const int64_t vertical[] = { 0, 0, 1, 1000 * DCF_FT_E4, 2000 * DCF_FT_E4, 304801 };

	m->lateral = m->family->size[1] < 1e3 ? DCF_ORA_PICK(&m->r, small) : DCF_ORA_PICK(&m->r, lateral);
	if (m->family->size[0] > 1e5 && dcf_ora_chance(&m->r, 0.3))
		m->lateral = floor(dcf_ora_uniform(&m->r, 20e3, 300e3));
	m->vertical = DCF_ORA_PICK(&m->r, vertical);
}

static void make_atmosphere(struct maker *m)
{
	struct dcf_atmosphere *a = &m->plan->atmosphere;
	struct dcf_ora_random *r = &m->r;

	if (dcf_ora_chance(r, 0.3))
		return;
	a->qnh_hpa[0] = dcf_ora_chance(r, 0.4) ? 1013.25 : dcf_ora_uniform(r, 960, 1030);
	a->qnh_hpa[1] = a->qnh_hpa[0] + (dcf_ora_chance(r, 0.5) ? 0 : dcf_ora_uniform(r, 0, 20));
	a->geoid_m[0] = dcf_ora_chance(r, 0.5) ? 24 : dcf_ora_uniform(r, -100, 80);
	a->geoid_m[1] = a->geoid_m[0] + (dcf_ora_chance(r, 0.5) ? 0 : dcf_ora_uniform(r, 0, 6));
	a->terrain_e4[0] = DCF_FT_E4 * dcf_ora_between_i(r, 0, 500);
	a->terrain_e4[1] = a->terrain_e4[0] + DCF_FT_E4 * dcf_ora_between_i(r, 0, 2000);
	a->qnh_given = a->geoid_given = a->terrain_given = true;
}

static struct dcf_separation_rule make_rule(struct maker *m, bool first)
{
	struct dcf_separation_rule rule = {
		.lateral_m = m->lateral, .vertical_e4 = m->vertical, .max_dwell_us = DCF_NO_LIMIT, .article = DCF_SPAN("art")
	};
	uint32_t n = dcf_ora_below(&m->r, 4);

	n += n == 1; /* a rule needs two names, which may be the same */
	rule.parties = dcf_arena_get(&m->plan->arena, 4 * sizeof *rule.parties);
	if (!rule.parties)
		abort();
	for (uint32_t i = 0; i < n; i++)
		rule.parties[rule.party_count++] = dcf_ora_below(&m->r, (uint32_t)m->plan->party_count);
	if (!first) {
		rule.lateral_m *= dcf_ora_chance(&m->r, 0.5) ? 1 : dcf_ora_uniform(&m->r, 0, 1);
		rule.vertical_e4 = dcf_ora_chance(&m->r, 0.5) ? rule.vertical_e4 : rule.vertical_e4 / 2;
	}
	if (dcf_ora_chance(&m->r, 0.6))
		rule.max_dwell_us = dcf_ora_between_i(&m->r, 0, 900) * 1000000;
	return rule;
}

static void make_rules(struct maker *m)
{
	struct dcf_agreement *g = &m->plan->agreement;
	struct dcf_check_options *o = &m->w->options;
	uint32_t n = 1 + dcf_ora_below(&m->r, 3);

	*o = (struct dcf_check_options){ .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	if (!(m->family->flags & FAMILY_RULES)) {
		o->lateral_m = m->lateral;
		o->vertical_e4 = m->vertical;
		return;
	}
	if (dcf_ora_chance(&m->r, 0.5))
		o->for_party = dcf_ora_below(&m->r, (uint32_t)m->plan->party_count);
	if (dcf_ora_chance(&m->r, 0.2))
		o->lateral_m = floor(m->lateral * 0.7);
	if (dcf_ora_chance(&m->r, 0.2))
		o->max_dwell_us = dcf_ora_between_i(&m->r, 1, 600) * 1000000;
	for (uint32_t i = 0; i < n; i++) {
		void *array = g->separation;

		must(dcf_grow(&m->w->heap, &array, &g->separation_cap, g->separation_count + 1, sizeof *g->separation));
		g->separation = array;
		g->separation[g->separation_count++] = make_rule(m, i == 0);
	}
}

/* Longitude is cut at 180 degrees for edges that are straight in it (RFC 7946, 3.1.9), and near the
 * poles such shapes mean little: there a star of geodesics takes their place. */
static void keep_lonlat_whole(struct dcf_ora_draft *d)
{
	const double rad = acos(-1.0) / 180;
	double wide = 1.3 * d->size / 111.2e3 / fmax(cos(d->centre.lat * rad), 0.05);

	if (d->kind != DCF_ORA_BOX && d->kind != DCF_ORA_LONLAT)
		return;
	if (fabs(remainder(d->centre.lon, 360)) + wide > 179 || fabs(d->centre.lat) + d->size / 111.2e3 > 85)
		d->kind = DCF_ORA_STAR;
}

static struct dcf_ora_draft make_draft(struct maker *m)
{
	const struct family *f = m->family;
	struct dcf_ora_draft d = { .centre = m->at, .seed = dcf_ora_u64(&m->r) };

	do
		d.kind = (enum dcf_ora_kind)dcf_ora_below(&m->r, DCF_ORA_KIND_COUNT);
	while (!(f->kinds >> d.kind & 1));
	d.size = dcf_ora_log_uniform(&m->r, f->size[0], f->size[1]);
	if (d.kind == DCF_ORA_DISC && d.size > 2000e3)
		d.size = 2000e3;
	d.turn = dcf_ora_chance(&m->r, 0.1) ? 90.0 * dcf_ora_below(&m->r, 4) : dcf_ora_uniform(&m->r, 0, 360);
	d.vertices = (uint32_t)dcf_ora_between_i(&m->r, f->vertices[0], f->vertices[1]);
	d.rough = d.vertices > 50 ? 0.97 : 0.5;
	if (d.kind == DCF_ORA_HOLED || d.kind == DCF_ORA_SEVERAL)
		d.vertices = d.vertices < 7 ? 7 : d.vertices;
	else if (d.kind < DCF_ORA_DISC)
		d.vertices = d.vertices < 3 ? 3 : d.vertices;
	else if (d.vertices < 2)
		d.vertices = 2;
	d.width = d.kind == DCF_ORA_FLIGHT
			  ? (dcf_ora_chance(&m->r, 0.4) ? 0 : dcf_ora_log_uniform(&m->r, 0.5, fmin(d.size, 5e3)))
			  : dcf_ora_uniform(&m->r, 0.03, 0.5);
	d.doubled = (f->flags & FAMILY_DOUBLED) != 0;
	if (d.kind == DCF_ORA_SEVERAL && d.size > 1000e3)
		d.kind = DCF_ORA_HOLED;
	if (m->family->size[1] < 100 && d.kind == DCF_ORA_STAR)
		d.rough = 0.8;
	return d;
}

/* Inside the hole of an earlier polygon: around its first vertex's mean with the hole's. */
static struct dcf_ora_point middle(const struct dcf_feature *f)
{
	double x[3] = { 0, 0, 0 };
	const struct dcf_ring *ring = f->ring_count > 1 && !f->rings[1].outer ? &f->rings[1] : NULL;
	uint32_t first = ring ? ring->first : 0, n = ring ? ring->count : f->point_count;

	for (uint32_t i = 0; i < n; i++)
		for (int k = 0; k < 3; k++)
			x[k] += dcf_ora_of(f->points[first + i]).x[k];
	return dcf_ora_at(atan2(x[2], hypot(x[0], x[1])) * 57.29577951308232, atan2(x[1], x[0]) * 57.29577951308232);
}

/* A shape that has two points of the other's outline in common: a triangle outside it, a corridor or a
 * flight along its edge, a disc around a vertex, or simply the same outline again. */
static void share(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other)
{
	uint32_t i = dcf_ora_below(&m->r, other->point_count - 1), how = dcf_ora_below(&m->r, 5);
	struct dcf_ora_point p = dcf_ora_of(other->points[i]), q = dcf_ora_of(other->points[i + 1]), c = middle(other);
	double azi, far = dcf_ora_distance(&p, &c);

	if (how == 4 && other->shape == DCF_POLYGON) {
		*f = (struct dcf_feature){ .party = f->party,
					   .operation = f->operation,
					   .advisory = f->advisory,
					   .id = f->id,
					   .where = f->where,
					   .acm = f->acm,
					   .sent_us = f->sent_us,
					   .received_us = f->received_us,
					   .points = other->points,
					   .point_count = other->point_count,
					   .rings = other->rings,
					   .ring_count = other->ring_count,
					   .edges = other->edges };
		return;
	}
	geod_inverse(dcf_ora_wgs84(), c.lat, c.lon, p.lat, p.lon, NULL, &azi, NULL);
	f->points = dcf_arena_get(&m->plan->arena, 3 * sizeof *f->points);
	f->rings = dcf_arena_get(&m->plan->arena, sizeof *f->rings);
	if (!f->points || !f->rings)
		abort();
	f->points[0] = other->points[i];
	f->points[1] = other->points[i + 1];
	f->points[2] = dcf_ora_round(dcf_ora_go(c, azi + dcf_ora_uniform(&m->r, 5, 15), far * 1.5 + 100)); /* not in line */
	f->rings[0] = (struct dcf_ring){ 0, 3, true };
	f->shape = ((uint8_t[]){ DCF_POLYGON, DCF_CORRIDOR, DCF_TRAJECTORY, DCF_CIRCLE, DCF_CIRCLE })[how];
	if (dcf_ora_distance(&p, &q) < 1)
		f->shape = DCF_CIRCLE;
	f->point_count = f->shape == DCF_POLYGON ? 3 : f->shape == DCF_CIRCLE ? 1 : 2;
	f->ring_count = f->shape == DCF_POLYGON;
	f->radius_m = f->shape == DCF_POLYGON ? 0 : dcf_ora_log_uniform(&m->r, 1, 5e3);
}

static void shape_feature(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other)
{
	struct dcf_ora_draft d = make_draft(m);

	if (other && m->family->gaps == GAP_SHARED && other->point_count > 1 && dcf_ora_chance(&m->r, 0.7)) {
		share(m, f, other);
		return;
	}
	if (other && m->family->gaps == GAP_HOLE) {
		d.kind = DCF_ORA_PICK(&m->r,
				      ((enum dcf_ora_kind[]){ DCF_ORA_STAR, DCF_ORA_DISC, DCF_ORA_LINE, DCF_ORA_FLIGHT }));
		d.size = dcf_ora_log_uniform(&m->r, 10, 1e3);
		d.width = d.kind == DCF_ORA_FLIGHT ? 10 : 0.2;
		d.centre = middle(other);
		if (dcf_ora_chance(&m->r, 0.8)) {
			double gap = m->lateral + DCF_ORA_PICK(&m->r, ((double[]){ 0, 0.3, -0.3, 2, -2, 10 }));

			dcf_ora_put(&d, &m->plan->arena, other, d.centre, dcf_ora_uniform(&m->r, 0, 360), gap, true);
		}
	} else if (other) {
		double gap = dcf_ora_aim(m);
		struct dcf_ora_point from = middle(other);

		double azi = dcf_ora_uniform(&m->r, 0, 360);

		if (gap < 0)
			d.centre = dcf_ora_go(from, azi, d.size * dcf_ora_uniform(&m->r, 0, 1.5));
		else
			dcf_ora_put(&d, &m->plan->arena, other, from, azi, gap, false);
	}
	keep_lonlat_whole(&d);
	dcf_ora_draw(&d, &m->plan->arena, f);
}

static void make_feature(struct maker *m, uint32_t party, uint32_t operation, uint32_t volume, bool advisory)
{
	struct dcf_plan *plan = m->plan;
	struct dcf_feature f = { .party = party, .operation = operation, .advisory = advisory };
	const struct dcf_feature *other = NULL;
	char id[32];

	if (plan->feature_count)
		other = &plan->features[dcf_ora_below(&m->r, (uint32_t)plan->feature_count)];
	f.sent_us = f.received_us = DCF_TIME_NONE;
	f.acm = DCF_SPAN("");
	snprintf(id, sizeof id, "op%u-%u", operation, volume);
	f.id = dcf_arena_copy(&plan->arena, dcf_span_of(id));
	snprintf(id, sizeof id, "world#/features/%zu", plan->feature_count);
	f.where = dcf_arena_copy(&plan->arena, dcf_span_of(id));
	if (other && other->shape == DCF_TRAJECTORY && m->family->flags & FAMILY_ENCOUNTERS) {
		dcf_ora_encounter(m, &f, other);
	} else {
		shape_feature(m, &f, other);
		if (f.shape == DCF_TRAJECTORY)
			dcf_ora_fly(m, &f, other);
		else {
			dcf_ora_band(m, &f, other);
			dcf_ora_window(m, &f, other);
		}
	}
	must(dcf_plan_add_feature(plan, &f));
}

static void make_operations(struct maker *m, struct dcf_ora_scale scale)
{
	uint32_t n = (uint32_t)dcf_ora_between_i(&m->r, scale.least, scale.most);

	for (uint32_t k = 0; k < n; k++) {
		uint32_t party = k < 2 ? k : dcf_ora_below(&m->r, (uint32_t)m->plan->party_count), operation;
		uint32_t volumes = m->family->flags & FAMILY_VOLUMES ? 1 + dcf_ora_below(&m->r, 3) : 1;
		bool advisory = m->family->flags & FAMILY_RULES && dcf_ora_chance(&m->r, 0.15);
		char id[32];

		snprintf(id, sizeof id, "op%u", dcf_ora_chance(&m->r, 0.2) ? k / 2 : k + 10);
		must(dcf_plan_operation(m->plan, party, dcf_span_of(id), &operation));
		for (size_t i = 0; i < m->plan->feature_count; i++) /* one operation is advisory as a whole */
			if (m->plan->features[i].operation == operation)
				advisory = m->plan->features[i].advisory;
		for (uint32_t v = 0; v < volumes; v++)
			make_feature(m, party, operation, v, advisory);
	}
}

bool dcf_ora_world_make(struct dcf_ora_world *w, uint64_t seed, uint64_t number, struct dcf_ora_scale scale, const char *family)
{
	static const char *const party[] = { "C", "A", "B" };
	static const uint8_t ref[] = { DCF_REF_MSL, DCF_REF_MSL, DCF_REF_STD, DCF_REF_W84, DCF_REF_AGL };
	struct maker m = { .w = w, .plan = &w->plan, .r = { seed * 0x9e3779b97f4a7c15u ^ number * 0xd1342543de82ef95u } };
	uint32_t parties, index;

	(void)dcf_ora_u64(&m.r);
	w->heap = dcf_alloc_heap();
	dcf_plan_init(&w->plan, &w->heap);
	m.family = pick_family(&m.r, family);
	if (!m.family)
		return false;
	w->family = m.family->name;
	m.at = pick_place(&m);
	m.time = 1600000000000000 + (int64_t)(dcf_ora_u64(&m.r) % 100000000000000u);
	m.ref = DCF_ORA_PICK(&m.r, ref);
	parties = 2 + dcf_ora_below(&m.r, 2);
	for (uint32_t i = 0; i < parties; i++)
		must(dcf_plan_party(&w->plan, dcf_span_of(party[i]), &index));
	make_minima(&m);
	make_atmosphere(&m);
	make_rules(&m);
	make_operations(&m, scale);
	return true;
}

void dcf_ora_world_free(struct dcf_ora_world *w)
{
	dcf_plan_free(&w->plan);
}
