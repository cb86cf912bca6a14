/* SPDX-License-Identifier: Apache-2.0 */
/* GEOS: STRtree over the polygons' envelopes; time, band and party are compared before the geometry;
 * the polygon of the outer loop is prepared once, when its first candidate comes. */
#include "bench/rival.h"

#include "bench/measure.h"
#include <geos_c.h>
#include <stdio.h>
#include <stdlib.h>

enum { NODE_CAPACITY = 10 }; /* what the library's own callers use; 4 and 16 are no faster here */

struct geos {
	const struct dcf_planar_world *world;
	GEOSContextHandle_t context;
	GEOSGeometry **shape;
	uint32_t *number; /* number[i] == i: what the tree holds pointers to */
	/* of the running join */
	const GEOSPreparedGeometry *prepared;
	uint32_t current;
	uint64_t candidates;
	struct dcf_pairs *out;
	enum dcf_status status;
};

static GEOSGeometry *polygon_of(GEOSContextHandle_t context, const struct dcf_planar_volume *v)
{
	GEOSCoordSequence *points = GEOSCoordSeq_create_r(context, v->count + 1, 2);
	GEOSGeometry *ring;

	if (!points)
		return NULL;
	for (uint32_t i = 0; i <= v->count; i++) {
		const double *at = v->xy + 2 * (i % v->count);

		GEOSCoordSeq_setXY_r(context, points, i, at[0], at[1]);
	}
	ring = GEOSGeom_createLinearRing_r(context, points);
	return ring ? GEOSGeom_createPolygon_r(context, ring, NULL, 0) : NULL;
}

static void geos_close(void *state)
{
	struct geos *g = state;

	if (!g)
		return;
	for (size_t i = 0; g->shape && i < g->world->volume_count; i++)
		if (g->shape[i])
			GEOSGeom_destroy_r(g->context, g->shape[i]);
	if (g->context)
		GEOS_finish_r(g->context);
	free(g->shape);
	free(g->number);
	free(g);
}

static enum dcf_status geos_open(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a,
				 void **state, struct dcf_rival_facts *facts)
{
	struct geos *g = calloc(1, sizeof *g);

	(void)threads;
	(void)a; /* the library has its own heap; what stands beside it may use the same */
	if (!g)
		return DCF_E_NOMEM;
	*state = g;
	g->world = world;
	g->context = GEOS_init_r();
	g->shape = calloc(world->volume_count, sizeof *g->shape);
	g->number = calloc(world->volume_count, sizeof *g->number);
	if (!g->context || !g->shape || !g->number)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < world->volume_count; i++) {
		g->number[i] = (uint32_t)i;
		g->shape[i] = polygon_of(g->context, &world->volumes[i]);
		if (!g->shape[i])
			return DCF_E_NOMEM;
	}
	snprintf(facts->note, sizeof facts->note, "GEOS %s: STRtree, prepared intersects, 1 thread", GEOS_VERSION);
	return DCF_OK;
}

static void meet(void *item, void *ctx)
{
	struct geos *g = ctx;
	uint32_t other = *(uint32_t *)item;

	if (other <= g->current || g->status != DCF_OK ||
	    !dcf_planar_may_meet(&g->world->volumes[g->current], &g->world->volumes[other]))
		return;
	g->candidates++;
	if (!g->prepared)
		g->prepared = GEOSPrepare_r(g->context, g->shape[g->current]);
	switch (g->prepared ? GEOSPreparedIntersects_r(g->context, g->prepared, g->shape[other]) : 2) {
	case 0:
		break;
	case 1:
		g->status = dcf_pairs_add(g->out, g->current, other);
		break;
	default:
		g->status = DCF_E_REFUSED;
	}
}

/* The first query packs the tree.  Later runs reuse pieces that the C library still counts as held. */
static void note_size(struct dcf_rival_facts *facts, size_t before)
{
	size_t held = dcf_heap_bytes();

	if (held > before && held - before > facts->index_bytes)
		facts->index_bytes = held - before;
}

static enum dcf_status geos_join(void *state, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	struct geos *g = state;
	size_t before = dcf_heap_bytes();
	GEOSSTRtree *tree = GEOSSTRtree_create_r(g->context, NODE_CAPACITY);

	if (!tree)
		return DCF_E_NOMEM;
	g->out = out;
	g->status = DCF_OK;
	g->candidates = 0;
	for (size_t i = 0; i < g->world->volume_count; i++)
		GEOSSTRtree_insert_r(g->context, tree, g->shape[i], &g->number[i]);
	for (g->current = 0; g->current < g->world->volume_count && g->status == DCF_OK; g->current++) {
		GEOSSTRtree_query_r(g->context, tree, g->shape[g->current], meet, g);
		if (g->current == 0)
			note_size(facts, before);
		if (g->prepared)
			GEOSPreparedGeom_destroy_r(g->context, g->prepared);
		g->prepared = NULL;
	}
	GEOSSTRtree_destroy_r(g->context, tree);
	facts->candidates = g->candidates;
	if (g->status == DCF_E_REFUSED)
		snprintf(facts->note, sizeof facts->note, "a geometry operation of the library failed");
	return g->status;
}

const struct dcf_rival dcf_rival_geos = { "geos", UINT32_MAX, geos_open, geos_join, geos_close };
