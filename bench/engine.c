/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/engine.h"

#include "bench/measure.h"
#include "core/index.h"
#include "core/planar.h"
#include <stdio.h>

/* More shares than threads, so that one with a crowded city does not keep the others waiting. */
enum { SHARES_A_THREAD = 16 };

struct engine {
	const struct dcf_planar_world *world;
	const struct dcf_alloc *from;
	struct dcf_index_item *items; /* one a volume: like the rivals' boxes they are made once, when opened */
	unsigned threads;
};

/* What one thread works on at a time. */
struct share {
	const struct dcf_planar_world *world;
	struct dcf_pairs pairs;
	uint64_t candidates;
	enum dcf_status status;
};

struct joining {
	struct dcf_index index;
	struct share *shares;
	unsigned share_count;
};

_Static_assert(sizeof(struct dcf_xy) == 2 * sizeof(double), "vertices are taken as they lie");

static const struct dcf_xy *vertices(const struct dcf_planar_volume *v)
{
	return (const struct dcf_xy *)(const void *)v->xy;
}

/* Whole numbers of 1/64 m, so no rounding; of the same order as the 1.1 cm that the index is made for. */
static struct dcf_index_item item_of(const struct dcf_planar_volume *v, uint32_t id)
{
	double b[4];

	dcf_planar_bounds(v, b);
	for (int k = 0; k < 4; k++)
		b[k] *= DCF_PLANAR_UNITS_A_M;
	return (struct dcf_index_item){
		.box = { { (int32_t)b[1], (int32_t)b[0], v->lower_e4, v->start_ms }, { (int32_t)b[3], (int32_t)b[2], v->upper_e4, v->end_ms } },
		.id = id,
		.group = v->party,
	};
}

static void prefetch_vertices(const struct dcf_planar_volume *v)
{
	const char *p = (const char *)v->xy, *end = (const char *)(v->xy + 2 * v->count);

	for (; p < end; p += 64)
		__builtin_prefetch(p);
}

static void decide(void *ctx, const struct dcf_pair_ids *pairs, size_t n)
{
	struct share *s = ctx;
	const struct dcf_planar_volume *v = s->world->volumes;

	/* Both rounds touch memory at random: ask for all of a batch before waiting for any. */
	for (size_t i = 0; i < n; i++) {
		__builtin_prefetch(&v[pairs[i].a]);
		__builtin_prefetch(&v[pairs[i].b]);
	}
	for (size_t i = 0; i < n; i++) {
		prefetch_vertices(&v[pairs[i].a]);
		prefetch_vertices(&v[pairs[i].b]);
	}
	s->candidates += n;
	for (size_t i = 0; i < n && s->status == DCF_OK; i++) {
		const struct dcf_planar_volume *a = &v[pairs[i].a], *b = &v[pairs[i].b];

		if (dcf_polygons_meet(vertices(a), a->count, vertices(b), b->count))
			s->status = dcf_pairs_add(&s->pairs, pairs[i].a, pairs[i].b);
	}
}

static void join_share(void *arg, unsigned k)
{
	struct joining *j = arg;

	dcf_index_join(&j->index, UINT32_MAX, k, j->share_count, decide, &j->shares[k], NULL);
}

static enum dcf_status gather(const struct joining *j, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	enum dcf_status status = DCF_OK;

	facts->candidates = 0;
	for (unsigned k = 0; k < j->share_count && status == DCF_OK; k++) {
		const struct share *s = &j->shares[k];

		status = s->status;
		facts->candidates += s->candidates;
		for (size_t i = 0; i < s->pairs.count && status == DCF_OK; i++)
			status = dcf_pairs_add(out, (uint32_t)(s->pairs.pair[i] >> 32), (uint32_t)s->pairs.pair[i]);
	}
	return status;
}

static enum dcf_status engine_join(void *state, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	const struct engine *e = state;
	struct joining j = { .share_count = e->threads > 1 ? e->threads * SHARES_A_THREAD : 1 };
	unsigned threads = e->threads;
	struct dcf_parallel parallel = { .run = dcf_bench_parallel, .ctx = &threads, .threads = threads };
	size_t bytes = j.share_count * sizeof *j.shares;
	enum dcf_status s = DCF_E_NOMEM;

	j.shares = dcf_alloc_new(e->from, bytes);
	if (!j.shares)
		return s;
	for (unsigned k = 0; k < j.share_count; k++)
		j.shares[k] = (struct share){ .world = e->world, .pairs = { .from = e->from } };
	s = dcf_index_build(e->from, e->items, e->world->volume_count, DCF_SIMD_BEST, &parallel, &j.index);
	if (s == DCF_OK) {
		dcf_bench_parallel(&threads, j.share_count, join_share, &j);
		facts->index_bytes = j.index.bytes;
		s = gather(&j, out, facts);
	}
	dcf_index_free(&j.index);
	for (unsigned k = 0; k < j.share_count; k++)
		dcf_pairs_free(&j.shares[k].pairs);
	dcf_alloc_free(e->from, j.shares, bytes);
	return s;
}

static size_t item_bytes(const struct engine *e)
{
	return e->world->volume_count * sizeof *e->items;
}

static enum dcf_status engine_open(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a, void **state,
				   struct dcf_rival_facts *facts)
{
	struct engine *e = dcf_alloc_new(a, sizeof *e);

	if (!e)
		return DCF_E_NOMEM;
	*e = (struct engine){ .world = world, .from = a, .threads = threads ? threads : 1 };
	*state = e;
	e->items = dcf_alloc_new(a, item_bytes(e));
	if (!e->items)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < world->volume_count; i++)
		e->items[i] = item_of(&world->volumes[i], (uint32_t)i);
	snprintf(facts->note, sizeof facts->note, "our index and polygon kernel on the rivals' polygons");
	return DCF_OK;
}

static void engine_close(void *state)
{
	struct engine *e = state;

	if (!e)
		return;
	dcf_alloc_free(e->from, e->items, item_bytes(e));
	dcf_alloc_free(e->from, e, sizeof *e);
}

const struct dcf_rival dcf_bench_engine = { "deconflict", UINT32_MAX, engine_open, engine_join, engine_close };
