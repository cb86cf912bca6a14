/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_meet.c - which volumes of two entities really meet, each with its own bounds: what replies explain with.  What is
 * relevant is judged elsewhere, with the bounds of the whole. */
#include "core/overlap.h"
#include "domain/exchange.h"

#define RHO_MIN 6356800.0 /* least metres a radian of the conformal sphere */

/* One volume, its footprint made ready when it is first needed. */
struct one {
	const struct dcf_utm_volume *v;
	struct dcf_base base;
	struct dcf_box3 hull;
	bool ready;
};

static enum dcf_status make_ready(struct one *o, struct dcf_arena *arena)
{
	const char *why;
	enum dcf_status s;

	if (o->ready)
		return DCF_OK;
	s = dcf_base_build(&o->v->footprint, 0, arena, &o->base, &why);
	if (s != DCF_OK)
		return s;
	o->hull = dcf_base_hull(&o->base);
	o->ready = true;
	return DCF_OK;
}

static struct one *list_of(const struct dcf_utm_extents *e, struct dcf_arena *arena)
{
	struct one *list = dcf_arena_get(arena, (e->count + 1) * sizeof *list);

	for (uint32_t i = 0; list && i < e->count; i++)
		list[i] = (struct one){ .v = &e->volume[i] };
	return list;
}

/* Windows and levels, ends included.  False when there is none that both have. */
static bool bounds_meet(const struct dcf_utm_volume *a, const struct dcf_utm_volume *b, struct dcf_entity_meeting *m)
{
	m->start_us = a->start_us > b->start_us ? a->start_us : b->start_us;
	m->end_us = a->end_us < b->end_us ? a->end_us : b->end_us;
	m->lower_e4 = a->lower_e4 > b->lower_e4 ? a->lower_e4 : b->lower_e4;
	m->upper_e4 = a->upper_e4 < b->upper_e4 ? a->upper_e4 : b->upper_e4;
	return m->start_us <= m->end_us && m->lower_e4 <= m->upper_e4 && a->footprint.shape != DCF_SHAPE_COUNT &&
	       b->footprint.shape != DCF_SHAPE_COUNT;
}

/* Do the footprints, with all doubt counted in?  How far do they reach into each other, then? */
static enum dcf_status footprints_meet(const struct one *a, const struct one *b, struct dcf_arena *scratch, bool *meet,
				       double *overlap_m)
{
	double reach = a->base.radius_m + b->base.radius_m, doubt = dcf_doubt_m(reach), chord = (reach + doubt) / RHO_MIN;
	struct dcf_vec x, y;

	*overlap_m = 0;
	*meet = dcf_box_gap2(&a->hull, &b->hull) <= chord * chord &&
		dcf_base_distance(&a->base, &b->base, reach + doubt, &x, &y) <= reach + doubt;
	return *meet ? dcf_bases_overlap(&a->base, &b->base, doubt, scratch, overlap_m) : DCF_OK;
}

enum dcf_status dcf_entities_meet(const struct dcf_utm_extents *a, const struct dcf_utm_extents *b,
				  const struct dcf_alloc *from,
				  enum dcf_status (*take)(void *ctx, const struct dcf_entity_meeting *m), void *ctx)
{
	struct dcf_arena arena = { .from = from }, scratch = { .from = from };
	struct one *la = list_of(a, &arena), *lb = list_of(b, &arena);
	enum dcf_status s = la && lb ? DCF_OK : DCF_E_NOMEM;

	for (uint32_t i = 0; s == DCF_OK && i < a->count; i++) {
		for (uint32_t k = 0; s == DCF_OK && k < b->count; k++) {
			struct dcf_entity_meeting m = { .volume = { i, k } };
			bool meet = false;

			if (!bounds_meet(la[i].v, lb[k].v, &m))
				continue;
			s = make_ready(&la[i], &arena);
			if (s == DCF_OK)
				s = make_ready(&lb[k], &arena);
			if (s == DCF_OK)
				s = footprints_meet(&la[i], &lb[k], &scratch, &meet, &m.overlap_m);
			dcf_arena_rewind(&scratch);
			if (s == DCF_OK && meet)
				s = take(ctx, &m);
		}
	}
	dcf_arena_free(&scratch);
	dcf_arena_free(&arena);
	return s;
}
