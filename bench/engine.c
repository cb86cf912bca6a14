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
	/* One a volume: like the rivals' geometry objects and boxes they are made once, when opened. */
	struct dcf_index_item *items;
	struct dcf_polygon *polygons;
	unsigned threads;
};

/* What one thread works on at a time. */
struct share {
	const struct dcf_polygon *polygons;
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

static struct dcf_polygon polygon_of(const struct dcf_planar_volume *v)
{
	return dcf_polygon_of((const struct dcf_xy *)(const void *)v->xy, v->count);
}

/* Whole numbers of 1/64 m, so no rounding; of the same order as the 1.1 cm that the index is made for. */
static struct dcf_index_item item_of(const struct dcf_planar_volume *v, const struct dcf_box_xy *b, uint32_t id)
{
	int32_t x0 = (int32_t)(b->x0 * DCF_PLANAR_UNITS_A_M), x1 = (int32_t)(b->x1 * DCF_PLANAR_UNITS_A_M);
	int32_t y0 = (int32_t)(b->y0 * DCF_PLANAR_UNITS_A_M), y1 = (int32_t)(b->y1 * DCF_PLANAR_UNITS_A_M);

	return (struct dcf_index_item){
		.box = { { y0, x0, v->lower_e4, v->start_ms }, { y1, x1, v->upper_e4, v->end_ms } },
		.id = id,
		.group = v->party,
	};
}

static void prefetch(const void *first, size_t size)
{
	const char *p = first;

	for (size_t k = 0; k < size; k += 64)
		__builtin_prefetch(p + k);
	__builtin_prefetch(p + size - 1);
}

static void prefetch_vertices(const struct dcf_polygon *g)
{
	prefetch(g->p, g->n * sizeof *g->p);
}

static void decide(void *ctx, const struct dcf_pair_ids *pairs, size_t n)
{
	enum { POLYGONS_AHEAD = 24, VERTICES_AHEAD = 12 };
	struct share *s = ctx;
	const struct dcf_polygon *g = s->polygons;

	s->candidates += n;
	/* Memory is touched at random: ask for polygons two steps ahead, for vertices one step ahead. */
	for (size_t i = 0; i < n + POLYGONS_AHEAD && s->status == DCF_OK; i++) {
		size_t near = i - (POLYGONS_AHEAD - VERTICES_AHEAD), now = i - POLYGONS_AHEAD; /* huge before the first */

		if (i < n) {
			prefetch(&g[pairs[i].a], sizeof *g);
			prefetch(&g[pairs[i].b], sizeof *g);
		}
		if (near < n) {
			prefetch_vertices(&g[pairs[near].a]);
			prefetch_vertices(&g[pairs[near].b]);
		}
		if (now < n && dcf_polygons_meet(&g[pairs[now].a], &g[pairs[now].b]))
			s->status = dcf_pairs_add(&s->pairs, pairs[now].a, pairs[now].b);
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
		j.shares[k] = (struct share){ .polygons = e->polygons, .pairs = { .from = e->from } };
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

static size_t polygon_bytes(const struct engine *e)
{
	return e->world->volume_count * sizeof *e->polygons;
}

static enum dcf_status engine_open(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a,
				   void **state, struct dcf_rival_facts *facts)
{
	struct engine *e = dcf_alloc_new(a, sizeof *e);

	if (!e)
		return DCF_E_NOMEM;
	*e = (struct engine){ .world = world, .from = a, .threads = threads ? threads : 1 };
	*state = e;
	e->items = dcf_alloc_new(a, item_bytes(e));
	e->polygons = dcf_alloc_new(a, polygon_bytes(e));
	if (!e->items || !e->polygons)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < world->volume_count; i++) {
		e->polygons[i] = polygon_of(&world->volumes[i]);
		e->items[i] = item_of(&world->volumes[i], &e->polygons[i].box, (uint32_t)i);
	}
	snprintf(facts->note, sizeof facts->note, "our index and polygon kernel on the rivals' polygons");
	return DCF_OK;
}

static void engine_close(void *state)
{
	struct engine *e = state;

	if (!e)
		return;
	dcf_alloc_free(e->from, e->items, item_bytes(e));
	dcf_alloc_free(e->from, e->polygons, polygon_bytes(e));
	dcf_alloc_free(e->from, e, sizeof *e);
}

const struct dcf_rival dcf_bench_engine = { "deconflict", UINT32_MAX, engine_open, engine_join, engine_close };
