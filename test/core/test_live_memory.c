/* SPDX-License-Identifier: Apache-2.0 */
/* test_live_memory.c - a live index for which memory runs out: at the nth call once, or from it on for good.  What fails
 * changes nothing, the answers stay right, nothing leaks, and everything that came in is released once.  And the ends: the
 * limits, empty operations, times beyond the axis. */
#include "core/live_fixture.h"
#include "core/altitude.h"
#include "core/live_int.h"
#include "tap.h"
#include <stdlib.h>
#include <string.h>

struct counting {
	size_t calls, fail_at;
	bool for_good;
	size_t blocks, bytes;
};

static void *count_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct counting *c = ctx;
	void *q;

	if (new_size == 0) {
		c->blocks--;
		c->bytes -= old_size;
		free(p);
		return NULL;
	}
	c->calls++;
	if (c->fail_at && (c->for_good ? c->calls >= c->fail_at : c->calls == c->fail_at))
		return NULL;
	q = realloc(p, new_size);
	if (q) {
		c->blocks += !p;
		c->bytes += new_size - old_size;
	}
	return q;
}

struct trial {
	struct fixture *f;
	struct dcf_live *live;
	struct dcf_live_op op[FIXTURE_OPS];
	bool in[FIXTURE_OPS];
	uint8_t is[FIXTURE_OPS];
	size_t inserted, released;
	bool failed;
};

static void on_release(void *ctx, struct dcf_live_op *op)
{
	struct trial *t = ctx;

	t->released++;
	CHECK_MSG(op->owner == t, "released twice, or never in");
	op->owner = NULL;
}

static void renew(struct trial *t, uint32_t o)
{
	memcpy(&t->op[o], &t->f->model[o], sizeof t->op[o]);
	t->op[o].owner = t;
}

static bool did(struct trial *t, enum dcf_status s)
{
	CHECK_MSG(s == DCF_OK || s == DCF_E_NOMEM, "%s", dcf_status_text(s));
	t->failed |= s != DCF_OK;
	return s == DCF_OK;
}

static enum dcf_status note(void *ctx, const struct dcf_live_hit *hit)
{
	struct trial *t = ctx;
	ptrdiff_t o = hit->op - t->op;

	CHECK(o >= 0 && o < FIXTURE_OPS && t->is[o] == APART);
	t->is[o] = hit->advisory ? ADVISORY : CONFLICT;
	return DCF_OK;
}

/* Whoever gets an answer gets the right one. */
static void ask_all(struct trial *t, const struct dcf_alloc *a)
{
	struct dcf_live_scratch scratch = { .from = a };
	struct dcf_live_view view;

	CHECK(dcf_live_enter(t->live, &view) == DCF_OK);
	for (uint32_t asker = 0; asker < t->f->ops; asker++) {
		const struct dcf_live_op *m = &t->f->model[asker];
		struct dcf_live_probe probe = { .party = m->party,
						.feature_count = m->feature_count,
						.features = m->features,
						.except = { &t->op[asker], NULL },
						.own_party = true };

		memset(t->is, APART, sizeof t->is);
		if (!t->f->sound[asker] || !did(t, dcf_live_meet(t->live, &view, &probe, &scratch, note, t)))
			continue;
		for (uint32_t o = 0; o < t->f->ops; o++)
			CHECK(t->is[o] == (t->in[o] && o != asker ? t->f->frame[0].meets[asker][o] : APART));
	}
	dcf_live_leave(t->live, &view);
	dcf_live_scratch_free(&scratch);
}

static void insert_all(struct trial *t)
{
	for (uint32_t o = 0; o < t->f->ops; o++) {
		if (t->in[o] || !t->f->sound[o])
			continue;
		renew(t, o);
		t->in[o] = did(t, dcf_live_insert(t->live, &t->op[o]));
		t->inserted += t->in[o];
	}
}

static void load_half(struct trial *t)
{
	struct dcf_live_op *list[FIXTURE_OPS];
	size_t n = 0;

	for (uint32_t o = 0; o < t->f->ops; o += 2) {
		if (!t->f->sound[o])
			continue;
		renew(t, o);
		list[n++] = &t->op[o];
	}
	if (!did(t, dcf_live_load(t->live, list, n, NULL)))
		return;
	t->inserted += n;
	for (size_t i = 0; i < n; i++)
		t->in[list[i] - t->op] = true;
}

static void remove_all(struct trial *t)
{
	for (uint32_t o = 0; o < t->f->ops; o++)
		if (t->in[o])
			dcf_live_remove(t->live, &t->op[o]);
	memset(t->in, 0, sizeof t->in);
}

/* Enough of them to fill runs that are worth a merge. */
static void all_of_it(struct trial *t, const struct dcf_alloc *a)
{
	if (!did(t, dcf_live_new(a, fixture_plan(t->f, 0), &t->f->frame[0].question, on_release, t, &t->live))) {
		CHECK(!t->live);
		return;
	}
	load_half(t);
	for (int round = 0; round < 12; round++) {
		insert_all(t);
		did(t, dcf_live_frame(t->live, fixture_plan(t->f, 0), &t->f->frame[0].question));
		dcf_live_publish(t->live);
		if (round % 6 == 0)
			ask_all(t, a);
		remove_all(t);
		if (round % 3 == 1) {
			did(t, dcf_live_frame(t->live, fixture_plan(t->f, 1), &t->f->frame[1].question));
			dcf_live_undo(t->live);
			for (uint32_t o = 0; o < t->f->ops; o++)
				t->in[o] = t->op[o].owner == t && atomic_load(&t->op[o].mark.died) == LIVE_STAYS;
			ask_all(t, a);
			remove_all(t);
		}
		dcf_live_publish(t->live);
		CHECK(dcf_live_tend(t->live) == DCF_LIVE_IDLE);
		CHECK_MSG(t->released == t->inserted, "%zu of %zu", t->released, t->inserted);
	}
	insert_all(t);
	dcf_live_publish(t->live);
	ask_all(t, a);
	dcf_live_free(t->live);
}

static void any_allocation_may_fail(void)
{
	static struct fixture f;
	static struct trial t;
	uint64_t world = 0;
	bool any = false;

	while (!fixture_make(&f, 20160101, world) || f.ops < 30) {
		fixture_free(&f);
		world++;
	}
	for (int for_good = 0; for_good < 2; for_good++) {
		struct counting c = { 0 };
		const struct dcf_alloc a = { count_resize, &c };
		size_t step = 1;

		do {
			c = (struct counting){ .fail_at = c.fail_at + step, .for_good = for_good };
			/* one by one at first, then by strides that miss no kind of call for long */
			step = c.fail_at < 300 ? 1 : 1 + c.fail_at / 100;
			t = (struct trial){ .f = &f };
			all_of_it(&t, &a);
			CHECK_MSG(c.blocks == 0 && c.bytes == 0, "call %zu: %zu blocks of %zu bytes left", c.fail_at, c.blocks,
				  c.bytes);
			CHECK_MSG(t.released == t.inserted, "call %zu: %zu of %zu", c.fail_at, t.released, t.inserted);
			any |= t.failed;
		} while (c.calls >= c.fail_at);
		CHECK_MSG(c.calls > 500, "only %zu calls", c.calls);
	}
	CHECK(any);
	fixture_free(&f);
}

/* ---- the ends ---- */

struct small {
	struct dcf_alloc heap;
	struct dcf_plan plan;
	struct dcf_live *live;
	struct dcf_live_scratch scratch;
	size_t hits, released;
};

static void count_release(void *ctx, struct dcf_live_op *op)
{
	(void)op;
	((struct small *)ctx)->released++;
}

static enum dcf_status count_hit(void *ctx, const struct dcf_live_hit *hit)
{
	(void)hit;
	((struct small *)ctx)->hits++;
	return DCF_OK;
}

static void small_begin(struct small *s, uint32_t parties)
{
	struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	char name[16];
	uint32_t p;

	memset(s, 0, sizeof *s);
	s->heap = dcf_alloc_heap();
	dcf_plan_init(&s->plan, &s->heap);
	s->plan.atmosphere = dcf_atmosphere_widest();
	for (uint32_t i = 0; i < parties; i++) {
		snprintf(name, sizeof name, "P%u", i);
		CHECK(dcf_plan_party(&s->plan, dcf_span_of(name), &p) == DCF_OK);
	}
	s->scratch.from = &s->heap;
	CHECK(dcf_live_new(&s->heap, &s->plan, &question, count_release, s, &s->live) == DCF_OK);
}

static void small_end(struct small *s)
{
	dcf_live_free(s->live);
	dcf_live_scratch_free(&s->scratch);
	dcf_plan_free(&s->plan);
}

static struct dcf_latlon here = { 450000000, 80000000 };

static struct dcf_feature disc(int64_t start_us, int64_t end_us)
{
	return (struct dcf_feature){ .shape = DCF_CIRCLE,
				     .start_us = start_us,
				     .end_us = end_us,
				     .radius_m = 1000,
				     .points = &here,
				     .point_count = 1,
				     .lower = { .e4 = 0, .ref = DCF_REF_MSL },
				     .upper = { .e4 = 1000000, .ref = DCF_REF_MSL } };
}

static size_t hits_of(struct small *s, const struct dcf_feature *f, bool meet)
{
	struct dcf_live_probe probe = { .party = 1, .feature_count = 1, .features = f };
	struct dcf_live_view view;

	s->hits = 0;
	CHECK(dcf_live_enter(s->live, &view) == DCF_OK);
	CHECK((meet ? dcf_live_meet(s->live, &view, &probe, &s->scratch, count_hit, s)
		    : dcf_live_near(s->live, &view, &probe, NULL, &s->scratch, count_hit, s)) == DCF_OK);
	dcf_live_leave(s->live, &view);
	return s->hits;
}

/* Windows before, across, at and behind the ends of the time axis: exact as everywhere. */
static void times_beyond_the_axis_are_not_missed(void)
{
	const int64_t year = (int64_t)366 * 86400 * 1000000, middle = INT64_C(2208988800) * 1000000;
	const int64_t begin[] = { -8000, -500, -100, -72, -71, -1, 0, 1, 70, 71, 72, 100, 500, 7900 };
	enum { N = sizeof begin / sizeof *begin };
	struct dcf_feature f[N];
	struct dcf_live_op op[N];
	struct small s;

	small_begin(&s, 2);
	memset(op, 0, sizeof op);
	for (size_t i = 0; i < N; i++) {
		f[i] = disc(middle + begin[i] * year, middle + (begin[i] + 2) * year);
		op[i].features = &f[i];
		op[i].feature_count = 1;
		CHECK(dcf_live_insert(s.live, &op[i]) == DCF_OK);
	}
	dcf_live_publish(s.live);
	for (size_t i = 0; i < N; i++)
		for (int64_t off = -3; off <= 3; off++) {
			struct dcf_feature probe = disc(f[i].start_us + off * year, f[i].start_us + off * year + 1000000);
			size_t want = 0;

			for (size_t k = 0; k < N; k++)
				want += f[k].start_us < probe.end_us && probe.start_us < f[k].end_us;
			CHECK_MSG(hits_of(&s, &probe, true) == want, "year %lld%+lld: %zu, not %zu", (long long)begin[i],
				  (long long)off, s.hits, want);
			CHECK(hits_of(&s, &probe, false) >= want);
		}
	small_end(&s);
	CHECK(s.released == N);
}

/* An operation without features is in, and out again, and never met. */
static void nothing_is_met_by_nothing(void)
{
	struct dcf_live_op op[2] = { { .party = 0 }, { .party = 0 } }, *list[] = { &op[1] };
	struct dcf_feature f = disc(0, 1000000);
	struct small s;

	small_begin(&s, 2);
	CHECK(dcf_live_insert(s.live, &op[0]) == DCF_OK && dcf_live_load(s.live, list, 1, NULL) == DCF_OK);
	CHECK(dcf_live_load(s.live, list, 0, NULL) == DCF_OK);
	dcf_live_publish(s.live);
	CHECK(hits_of(&s, &f, true) == 0);
	dcf_live_remove(s.live, &op[0]);
	dcf_live_publish(s.live);
	CHECK(s.released == 0 && dcf_live_tend(s.live) == DCF_LIVE_IDLE && s.released == 1);
	small_end(&s);
	CHECK(s.released == 2);
}

static void limits_are_kept(void)
{
	struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	static struct dcf_live_view view[DCF_LIVE_VIEWS + 1];
	struct dcf_feature f = disc(0, 1000000);
	struct dcf_live_op stranger = { .party = 2, .feature_count = 1, .features = &f }, *list[] = { &stranger };
	struct dcf_live_probe probe = { .party = 2 };
	struct dcf_live *live = (struct dcf_live *)&f;
	struct small s, many;
	uint32_t p;

	small_begin(&s, 2);
	for (int i = 0; i < DCF_LIVE_VIEWS; i++)
		CHECK(dcf_live_enter(s.live, &view[i]) == DCF_OK);
	CHECK(dcf_live_enter(s.live, &view[DCF_LIVE_VIEWS]) == DCF_E_LIMIT);
	CHECK(dcf_live_meet(s.live, &view[0], &probe, &s.scratch, count_hit, &s) == DCF_E_RANGE);
	for (int i = 0; i < DCF_LIVE_VIEWS; i++)
		dcf_live_leave(s.live, &view[i]);
	CHECK(dcf_live_insert(s.live, &stranger) == DCF_E_RANGE && dcf_live_load(s.live, list, 1, NULL) == DCF_E_RANGE);
	stranger.party = 0;
	stranger.feature_count = DCF_LIVE_FEATURES + 1;
	CHECK(dcf_live_insert(s.live, &stranger) == DCF_E_LIMIT && dcf_live_load(s.live, list, 1, NULL) == DCF_E_LIMIT);
	small_begin(&many, DCF_LIVE_PARTIES);
	CHECK(dcf_live_frame(s.live, &many.plan, &question) == DCF_OK);
	CHECK(dcf_live_frame(many.live, &s.plan, &question) == DCF_E_RANGE);
	CHECK(dcf_plan_party(&many.plan, DCF_SPAN("one too many"), &p) == DCF_OK);
	CHECK(dcf_live_frame(s.live, &many.plan, &question) == DCF_E_LIMIT);
	CHECK(dcf_live_new(&s.heap, &many.plan, &question, count_release, &s, &live) == DCF_E_LIMIT && !live);
	small_end(&many);
	small_end(&s);
	dcf_live_free(NULL);
	CHECK(s.released == 0);
}

/* Nobody tends: insert does what has become urgent. */
static void insert_merges_where_nobody_tends(void)
{
	enum { N = (LIVE_RUNS_MANY + 100) * LIVE_RUN };
	struct dcf_live_op *op = calloc(N, sizeof *op);
	struct dcf_feature f = disc(0, 1000000);
	struct dcf_live_stats stats;
	struct small s;

	small_begin(&s, 2);
	for (size_t i = 0; i < N; i++) {
		op[i].features = &f;
		op[i].feature_count = 1;
		CHECK(dcf_live_insert(s.live, &op[i]) == DCF_OK);
	}
	dcf_live_publish(s.live);
	dcf_live_stats(s.live, &stats);
	CHECK_MSG(stats.merges > 0 && stats.runs <= LIVE_RUNS_MANY + 1 && stats.ops == N, "%llu runs",
		  (unsigned long long)stats.runs);
	CHECK(dcf_live_tend(s.live) == DCF_LIVE_IDLE);
	dcf_live_stats(s.live, &stats);
	CHECK_MSG(stats.runs < LIVE_RUNS_DUE && stats.trees > 0 && stats.trees < 12, "%llu runs, %llu trees",
		  (unsigned long long)stats.runs, (unsigned long long)stats.trees);
	CHECK_MSG(stats.bytes < (size_t)80 * N, "%llu bytes", (unsigned long long)stats.bytes);
	CHECK(hits_of(&s, &f, true) == N);
	/* and everything gone again leaves nothing behind */
	for (size_t i = 0; i < N; i++)
		dcf_live_remove(s.live, &op[i]);
	dcf_live_publish(s.live);
	CHECK(dcf_live_tend(s.live) == DCF_LIVE_IDLE);
	dcf_live_stats(s.live, &stats);
	CHECK_MSG(s.released == N && stats.ops == 0 && stats.items <= LIVE_RUNS_DUE * LIVE_RUN * 2,
		  "%zu released, %llu boxes left", s.released, (unsigned long long)stats.items);
	CHECK(hits_of(&s, &f, true) == 0);
	small_end(&s);
	CHECK(s.released == N);
	free(op);
}

int main(void)
{
	return TAP_RUN(TAP(any_allocation_may_fail), TAP(times_beyond_the_axis_are_not_missed), TAP(nothing_is_met_by_nothing),
		       TAP(limits_are_kept), TAP(insert_merges_where_nobody_tends));
}
