/* SPDX-License-Identifier: Apache-2.0 */
/* test_live_threads.c - one writer, one tender and several readers at once: every answer is brute force's for the version
 * that the reader entered.  Meant to be run under a thread sanitizer too. */
#include "core/live_fixture.h"
#include "oracle/random.h"
#include "tap.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { READERS = 3, VERSIONS = 1500 };

/* What stood in a version: written before it is published, read by those that see it. */
struct past {
	uint64_t stands; /* bit: operation */
	unsigned frame;
};

struct crowd {
	struct fixture *f;
	struct dcf_live *live;
	struct past past[VERSIONS + 2];
	struct dcf_live_op *in[FIXTURE_OPS]; /* the writer's */
	atomic_bool stop;
	atomic_size_t released;
	size_t inserted;
	uint64_t seed;
};

_Static_assert(FIXTURE_OPS <= 64, "a bit for each");

static void on_release(void *ctx, struct dcf_live_op *op)
{
	struct crowd *c = ctx;

	/* whoever still looks at it will notice */
	memset(op, 0x5a, sizeof *op);
	free(op);
	atomic_fetch_add(&c->released, 1);
}

/* ---- the writer ---- */

static struct dcf_live_op *new_op(struct crowd *c, uint32_t o)
{
	struct dcf_live_op *op = malloc(sizeof *op);

	memcpy(op, &c->f->model[o], sizeof *op);
	op->owner = (void *)(uintptr_t)o;
	return op;
}

static void change_some(struct crowd *c, struct dcf_ora_random *r, struct past *p)
{
	for (uint32_t n = 1 + dcf_ora_below(r, 12); n > 0; n--) {
		uint32_t o = dcf_ora_below(r, c->f->ops);

		if (c->in[o]) {
			dcf_live_remove(c->live, c->in[o]);
			c->in[o] = NULL;
			p->stands &= ~((uint64_t)1 << o);
		} else if (c->f->sound[o]) {
			c->in[o] = new_op(c, o);
			CHECK(dcf_live_insert(c->live, c->in[o]) == DCF_OK);
			c->inserted++;
			p->stands |= (uint64_t)1 << o;
		}
	}
}

static void *writer(void *arg)
{
	struct crowd *c = arg;
	struct dcf_ora_random r = { c->seed };
	struct past now = { 0, 0 };

	for (uint64_t version = 2; version <= VERSIONS;) {
		struct dcf_live_op *before[FIXTURE_OPS];
		struct past next = now;

		memcpy(before, c->in, sizeof before);
		change_some(c, &r, &next);
		if (dcf_ora_chance(&r, 0.1)) {
			next.frame = dcf_ora_below(&r, FIXTURE_FRAMES);
			CHECK(dcf_live_frame(c->live, fixture_plan(c->f, next.frame), &c->f->frame[next.frame].question) ==
			      DCF_OK);
		}
		if (dcf_ora_chance(&r, 0.1)) {
			dcf_live_undo(c->live);
			memcpy(c->in, before, sizeof before);
			continue;
		}
		now = c->past[version] = next;
		CHECK(dcf_live_publish(c->live) == version);
		version++;
	}
	atomic_store(&c->stop, true);
	return NULL;
}

static void *tender(void *arg)
{
	struct crowd *c = arg;

	while (!atomic_load(&c->stop))
		dcf_live_tend(c->live);
	return NULL;
}

/* ---- readers ---- */

struct reader {
	struct crowd *c;
	unsigned number;
	size_t asked, met, wrong;
	uint64_t versions;
	uint8_t is[FIXTURE_OPS];
};

static enum dcf_status note(void *ctx, const struct dcf_live_hit *hit)
{
	struct reader *r = ctx;
	uintptr_t o = (uintptr_t)hit->op->owner;

	if (o >= FIXTURE_OPS || r->is[o] != APART)
		r->wrong++;
	else
		r->is[o] = hit->advisory ? ADVISORY : CONFLICT;
	return DCF_OK;
}

static void compare(struct reader *r, const struct past *p, uint32_t asker)
{
	const struct fixture *f = r->c->f;

	for (uint32_t o = 0; o < f->ops; o++) {
		uint8_t want = f->frame[p->frame].meets[asker][o];

		/* the asker's own copy that stands is of its party, and so left out */
		if (!(p->stands >> o & 1) || f->model[o].party == f->model[asker].party)
			want = APART;
		r->wrong += r->is[o] != want;
		r->met += want != APART;
	}
	r->asked++;
}

static void ask(struct reader *r, struct dcf_ora_random *random, struct dcf_live_scratch *scratch)
{
	const struct fixture *f = r->c->f;
	uint32_t times = 1 + dcf_ora_below(random, 5);
	struct dcf_live_view view;

	if (dcf_live_enter(r->c->live, &view) != DCF_OK) {
		r->wrong++;
		return;
	}
	while (times-- > 0) {
		uint32_t asker = dcf_ora_below(random, f->ops);
		struct dcf_live_probe probe = { .party = f->model[asker].party,
						.feature_count = f->model[asker].feature_count,
						.features = f->model[asker].features };

		if (!f->sound[asker])
			continue;
		memset(r->is, APART, sizeof r->is);
		r->wrong += dcf_live_meet(r->c->live, &view, &probe, scratch, note, r) != DCF_OK;
		compare(r, &r->c->past[view.version], asker);
	}
	r->versions = view.version;
	dcf_live_leave(r->c->live, &view);
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	struct dcf_ora_random random = { r->c->seed + 1000 + r->number };
	struct dcf_live_scratch scratch = { .from = &r->c->f->world.heap };

	while (!atomic_load(&r->c->stop))
		ask(r, &random, &scratch);
	dcf_live_scratch_free(&scratch);
	return NULL;
}

/* ---- together ---- */

static void play(struct fixture *f, uint64_t seed, size_t *asked, size_t *met, uint64_t *merges)
{
	static struct crowd c;
	struct reader reader[READERS];
	pthread_t read[READERS], write, tends;
	struct dcf_live_stats stats;

	memset(&c, 0, sizeof c);
	c.f = f;
	c.seed = seed;
	CHECK(dcf_live_new(&f->world.heap, fixture_plan(f, 0), &f->frame[0].question, on_release, &c, &c.live) == DCF_OK);
	for (unsigned k = 0; k < READERS; k++) {
		reader[k] = (struct reader){ .c = &c, .number = k };
		pthread_create(&read[k], NULL, read_on, &reader[k]);
	}
	pthread_create(&tends, NULL, tender, &c);
	pthread_create(&write, NULL, writer, &c);
	pthread_join(write, NULL);
	pthread_join(tends, NULL);
	for (unsigned k = 0; k < READERS; k++) {
		pthread_join(read[k], NULL);
		CHECK_MSG(reader[k].wrong == 0, "world %s: reader %u: %zu wrong of %zu", f->world.family, k, reader[k].wrong,
			  reader[k].asked);
		*asked += reader[k].asked;
		*met += reader[k].met;
	}
	CHECK(dcf_live_tend(c.live) == DCF_LIVE_IDLE);
	dcf_live_stats(c.live, &stats);
	*merges += stats.merges;
	CHECK(stats.waiting == 0 && stats.version == VERSIONS);
	dcf_live_free(c.live);
	CHECK_MSG(atomic_load(&c.released) == c.inserted, "%zu inserted, %zu released", c.inserted, atomic_load(&c.released));
}

static void readers_see_one_version_whole(void)
{
	static struct fixture f;
	const char *worlds = getenv("LIVE_WORLDS");
	size_t asked = 0, met = 0;
	uint64_t merges = 0;

	for (uint64_t world = 0; world < (worlds ? strtoull(worlds, NULL, 10) : 6); world++) {
		if (fixture_make(&f, 20151120, world))
			play(&f, world, &asked, &met, &merges);
		fixture_free(&f);
	}
	printf("# %zu questions, %zu conflicts, %llu merges\n", asked, met, (unsigned long long)merges);
	CHECK(asked > 500 && met > 100 && merges > 5);
}

int main(void)
{
	return TAP_RUN(TAP(readers_see_one_version_whole));
}
