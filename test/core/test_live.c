/* SPDX-License-Identifier: Apache-2.0 */
/* test_live.c - the live index against brute force: random worlds, operations that come and go, views that stay open. */
#include "core/altitude.h"
#include "core/live_fixture.h"
#include "core/live_int.h"
#include "oracle/random.h"
#include "tap.h"
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 6, EVENTS = 300 };

/* What stands, as whoever keeps a list would know it. */
struct state {
	struct dcf_live_op *op[FIXTURE_OPS]; /* NULL: not in */
	unsigned frame;
};

struct game {
	struct fixture *f;
	struct dcf_live *live;
	struct dcf_ora_random r;
	struct state published, next;
	struct dcf_live_view view[VIEWS];
	struct state seen[VIEWS];
	bool open[VIEWS];
	struct dcf_live_scratch scratch;
	size_t inserted, released, asked, met, strayed;
};

static void on_release(void *ctx, struct dcf_live_op *op)
{
	struct game *g = ctx;

	CHECK_MSG(op->owner == g, "released twice, or never made");
	op->owner = NULL;
	g->released++;
	memset(&op->mark, 0x5a, sizeof op->mark);
	free(op);
}

static struct dcf_live_op *new_op(struct game *g, uint32_t o)
{
	struct dcf_live_op *op = malloc(sizeof *op);

	memcpy(op, &g->f->model[o], sizeof *op);
	op->owner = g;
	return op;
}

/* ---- asking ---- */

struct answer {
	uint8_t is[FIXTURE_OPS];
	const struct state *s;
	const struct fixture *f;
	size_t strangers, twice;
	uint32_t asker;
	bool internal_wrong;
};

static uint32_t number_of(const struct state *s, const struct dcf_live_op *op)
{
	for (uint32_t o = 0; o < FIXTURE_OPS; o++)
		if (s->op[o] == op)
			return o;
	return UINT32_MAX;
}

static enum dcf_status note(void *ctx, const struct dcf_live_hit *hit)
{
	struct answer *a = ctx;
	uint32_t o = number_of(a->s, hit->op);

	if (o == UINT32_MAX) {
		a->strangers++;
		return DCF_OK;
	}
	a->twice += a->is[o] != APART;
	a->is[o] = hit->advisory ? ADVISORY : CONFLICT;
	if (a->asker < FIXTURE_OPS)
		a->internal_wrong |= hit->internal != (a->f->model[a->asker].party == a->f->model[o].party);
	return DCF_OK;
}

/* Would brute force let operation o stand in the answer to `asker`? */
static uint8_t wanted(const struct game *g, const struct state *s, uint32_t asker, uint32_t o, bool own)
{
	const struct fixture *f = g->f;

	if (!s->op[o] || o == asker || (!own && f->model[o].party == f->model[asker].party))
		return APART;
	return f->frame[s->frame].meets[asker][o];
}

static void ask_one(struct game *g, const struct dcf_live_view *view, const struct state *s, uint32_t asker, bool own)
{
	const struct dcf_live_op *model = &g->f->model[asker];
	struct dcf_live_probe probe = { .party = model->party,
					.feature_count = model->feature_count,
					.features = model->features,
					.except = { s->op[asker], NULL },
					.own_party = own };
	struct answer meet = { .s = s, .f = g->f, .asker = asker }, near = meet;

	/* Sometimes a little at a time. */
	g->scratch.find_most = dcf_ora_chance(&g->r, 0.5) ? 1 + dcf_ora_below(&g->r, 4) : 0;
	CHECK(dcf_live_meet(g->live, view, &probe, &g->scratch, note, &meet) == DCF_OK);
	CHECK(dcf_live_near(g->live, view, &probe, NULL, &g->scratch, note, &near) == DCF_OK);
	CHECK_MSG(meet.strangers == 0 && meet.twice == 0 && !meet.internal_wrong, "%zu strangers, %zu twice", meet.strangers,
		  meet.twice);
	CHECK_MSG(near.strangers == 0 && near.twice == 0, "%zu strangers, %zu twice", near.strangers, near.twice);
	for (uint32_t o = 0; o < g->f->ops; o++) {
		uint8_t want = wanted(g, s, asker, o, own);

		CHECK_MSG(meet.is[o] == want, "world %s: %u asks (own %d): %u is %d, not %d, in version %llu",
			  g->f->world.family, asker, own, o, meet.is[o], want, (unsigned long long)view->version);
		CHECK_MSG(want == APART || near.is[o], "%u is near %u", o, asker);
		g->met += want != APART;
	}
	g->asked++;
}

/* A probe that strays within the margin may not come into conflict with what is not named near. */
static void ask_margin(struct game *g, const struct dcf_live_view *view, const struct state *s, uint32_t asker)
{
	const struct dcf_live_op *model = &g->f->model[asker];
	int64_t late = dcf_ora_between_i(&g->r, -7200000000, 7200000000), up = dcf_ora_between_i(&g->r, -20000000, 20000000);
	struct dcf_live_margin margin = { .aside_m = 10,
					  .lower_e4 = up < 0 ? -up : 0,
					  .higher_e4 = up > 0 ? up : 0,
					  .earlier_us = late < 0 ? -late : 0,
					  .later_us = late > 0 ? late : 0 };
	struct dcf_feature f = model->features[0];
	struct dcf_live_probe probe = { .party = model->party, .feature_count = 1, .features = model->features };
	struct answer near = { .s = s, .f = g->f, .asker = asker }, meet = near;

	if (f.shape == DCF_TRAJECTORY)
		return;
	CHECK(dcf_live_near(g->live, view, &probe, &margin, &g->scratch, note, &near) == DCF_OK);
	f.start_us += late;
	f.end_us += late;
	f.lower.e4 += dcf_altitude_is_ground(f.lower) ? 0 : up;
	f.upper.e4 += up;
	probe.features = &f;
	CHECK(dcf_live_meet(g->live, view, &probe, &g->scratch, note, &meet) == DCF_OK);
	for (uint32_t o = 0; o < g->f->ops; o++) {
		CHECK_MSG(near.is[o] || !meet.is[o], "world %s: %u is in the margin of %u", g->f->world.family, o, asker);
		g->strayed += meet.is[o] != APART;
	}
}

/* Something that stands must be found by bounds around one of its vertices, at its own time; and all by all. */
static void ask_bounds(struct game *g, const struct dcf_live_view *view, const struct state *s)
{
	struct dcf_live_bounds all = { .lat_low_e7 = -900000000,
				       .lat_high_e7 = 900000000,
				       .lon_low_e7 = -1800000000,
				       .lon_high_e7 = 1800000000,
				       .start_us = INT64_MIN,
				       .end_us = INT64_MAX,
				       .all_levels = true };
	struct answer a = { .s = s, .f = g->f, .asker = UINT32_MAX };
	uint32_t o = dcf_ora_below(&g->r, g->f->ops);
	const struct dcf_feature *f = &g->f->model[o].features[dcf_ora_below(&g->r, g->f->model[o].feature_count)];
	struct dcf_latlon p = f->points[dcf_ora_below(&g->r, f->point_count)];

	CHECK(dcf_live_box(g->live, view, &all, &g->scratch, note, &a) == DCF_OK);
	CHECK(a.strangers == 0 && a.twice == 0);
	for (uint32_t k = 0; k < g->f->ops; k++)
		CHECK_MSG((a.is[k] != APART) == (s->op[k] != NULL), "operation %u of all", k);
	if (!s->op[o])
		return;
	a = (struct answer){ .s = s, .f = g->f, .asker = UINT32_MAX };
	all.lat_low_e7 = all.lat_high_e7 = p.lat_e7;
	all.lon_low_e7 = all.lon_high_e7 = p.lon_e7;
	if (dcf_ora_chance(&g->r, 0.5)) {
		/* the same meridian by its other name: a strip across it */
		all.lon_low_e7 = p.lon_e7 == -1800000000 ? 1800000000 : p.lon_e7;
		all.lon_high_e7 = all.lon_low_e7 - 1;
	}
	if (f->shape != DCF_TRAJECTORY) {
		all.start_us = f->start_us;
		all.end_us = f->start_us + 1;
		/* of two references a band may have nothing in it */
		all.all_levels = f->lower.ref != f->upper.ref || f->lower.unlimited || f->upper.unlimited;
		all.lower = f->lower;
		all.upper = f->upper;
	}
	CHECK(dcf_live_box(g->live, view, &all, &g->scratch, note, &a) == DCF_OK);
	CHECK_MSG(a.is[o] != APART, "world %s: operation %u is not in the bounds of its own vertex", g->f->world.family, o);
}

static void ask(struct game *g, const struct dcf_live_view *view, const struct state *s)
{
	for (int k = 0; k < 3; k++) {
		uint32_t asker = dcf_ora_below(&g->r, g->f->ops);
		bool own = dcf_ora_chance(&g->r, 0.4);

		if (!g->f->sound[asker])
			continue;
		ask_one(g, view, s, asker, own);
		ask_margin(g, view, s, asker);
	}
	ask_bounds(g, view, s);
}

/* ---- what happens ---- */

static void come_and_go(struct game *g)
{
	uint32_t n = 1 + dcf_ora_below(&g->r, 40);

	while (n-- > 0) {
		uint32_t o = dcf_ora_below(&g->r, g->f->ops);

		if (g->next.op[o]) {
			dcf_live_remove(g->live, g->next.op[o]);
			g->next.op[o] = NULL;
		} else if (g->f->sound[o]) {
			g->next.op[o] = new_op(g, o);
			CHECK(dcf_live_insert(g->live, g->next.op[o]) == DCF_OK);
			g->inserted++;
		}
	}
}

static void load_some(struct game *g)
{
	struct dcf_live_op *ops[FIXTURE_OPS];
	size_t n = 0;

	for (uint32_t o = 0; o < g->f->ops; o++) {
		if (g->next.op[o] || !g->f->sound[o])
			continue;
		ops[n++] = g->next.op[o] = new_op(g, o);
	}
	CHECK(dcf_live_load(g->live, ops, n, NULL) == DCF_OK);
	g->inserted += n;
}

static void change_frame(struct game *g)
{
	unsigned k = dcf_ora_below(&g->r, FIXTURE_FRAMES);

	CHECK(dcf_live_frame(g->live, fixture_plan(g->f, k), &g->f->frame[k].question) == DCF_OK);
	g->next.frame = k;
}

static void publish(struct game *g)
{
	dcf_live_publish(g->live);
	g->published = g->next;
}

static void undo(struct game *g)
{
	dcf_live_undo(g->live);
	g->next = g->published;
}

static void use_views(struct game *g)
{
	unsigned k = dcf_ora_below(&g->r, VIEWS);
	struct dcf_live_view own;

	if (!g->open[k]) {
		CHECK(dcf_live_enter(g->live, &g->view[k]) == DCF_OK);
		g->seen[k] = g->published;
		g->open[k] = true;
	}
	ask(g, &g->view[k], &g->seen[k]);
	if (dcf_ora_chance(&g->r, 0.4)) {
		dcf_live_leave(g->live, &g->view[k]);
		g->open[k] = false;
	}
	CHECK(dcf_live_enter_writer(g->live, &own) == DCF_OK);
	ask(g, &own, &g->next);
	dcf_live_leave(g->live, &own);
}

static void tend(struct game *g)
{
	dcf_live_tend(g->live);
}

static void play(struct fixture *f, uint64_t seed, enum dcf_simd simd, struct dcf_live_stats *last, struct game *g)
{
	static const struct event {
		double chance;
		void (*happens)(struct game *g);
	} events[] = { { 0.5, come_and_go }, { 0.3, publish },   { 0.1, undo }, { 0.05, change_frame },
		       { 0.02, load_some },  { 0.3, use_views }, { 0.3, tend } };
	struct dcf_check_options question = f->frame[0].question;

	*g = (struct game){ .f = f, .r = { seed }, .scratch = { .from = &f->world.heap } };
	question.simd = simd;
	CHECK(dcf_live_new(&f->world.heap, fixture_plan(f, 0), &question, on_release, g, &g->live) == DCF_OK);
	for (int i = 0; i < EVENTS; i++)
		for (size_t k = 0; k < sizeof events / sizeof *events; k++)
			if (dcf_ora_chance(&g->r, events[k].chance))
				events[k].happens(g);
	for (int k = 0; k < VIEWS; k++)
		if (g->open[k])
			dcf_live_leave(g->live, &g->view[k]);
	CHECK(dcf_live_tend(g->live) == DCF_LIVE_IDLE);
	dcf_live_stats(g->live, last);
	dcf_live_free(g->live);
	dcf_live_scratch_free(&g->scratch);
	CHECK_MSG(g->inserted == g->released, "%zu inserted, %zu released", g->inserted, g->released);
}

static void answers_are_those_of_brute_force(void)
{
	static struct fixture f;
	struct dcf_live_stats stats;
	size_t asked = 0, met = 0, merges = 0, strayed = 0;
	struct game g;
	const char *worlds = getenv("LIVE_WORLDS");

	for (uint64_t world = 0; world < (worlds ? strtoull(worlds, NULL, 10) : 60); world++) {
		enum dcf_simd simd = (enum dcf_simd)(world % DCF_SIMD_COUNT);

		if (!fixture_make(&f, 20150920, world)) {
			fixture_free(&f);
			continue;
		}
		play(&f, world, dcf_simd_available(simd) ? simd : DCF_SIMD_PLAIN, &stats, &g);
		asked += g.asked;
		met += g.met;
		strayed += g.strayed;
		merges += stats.merges;
		CHECK_MSG(stats.waiting == 0, "%llu wait", (unsigned long long)stats.waiting);
		fixture_free(&f);
	}
	printf("# %zu questions, %zu conflicts, %zu after straying, %zu merges\n", asked, met, strayed, merges);
	CHECK_MSG(asked > 1000 && met > 1000 && strayed > 1000 && merges > 20, "%zu questions, %zu conflicts, %zu merges",
		  asked, met, merges);
}

int main(void)
{
	return TAP_RUN(TAP(answers_are_those_of_brute_force));
}
