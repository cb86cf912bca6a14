/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/exchange_int.h"

/* --- bounds ----------------------------------------------------------------------------------------------- */

static int64_t near_enough(int64_t t_us)
{
	return t_us < -EXCHANGE_FAR_US ? -EXCHANGE_FAR_US : t_us > EXCHANGE_FAR_US ? EXCHANGE_FAR_US : t_us;
}

static int64_t level(int64_t e4)
{
	int64_t most = (int64_t)1 << 39;

	return e4 < -most ? -most : e4 > most ? most : e4;
}

struct exchange_bounds dcf_exchange_bounds(const struct dcf_utm_extents *x, bool all_levels)
{
	/* The index is half open in time, F3548 is inclusive. */
	struct exchange_bounds b = { .start_us = near_enough(x->start_us), .end_us = near_enough(x->end_us) + 1 };

	if (all_levels || x->lower_e4 == DCF_UTM_NO_LOWER)
		b.lower = (struct dcf_altitude){ .ref = DCF_REF_SFC };
	else
		b.lower = (struct dcf_altitude){ .ref = DCF_REF_W84, .unit = DCF_UNIT_M, .e4 = level(x->lower_e4) };
	if (all_levels || x->upper_e4 == DCF_UTM_NO_UPPER)
		b.upper = (struct dcf_altitude){ .unlimited = true };
	else
		b.upper = (struct dcf_altitude){ .ref = DCF_REF_W84, .unit = DCF_UNIT_M, .e4 = level(x->upper_e4) };
	return b;
}

void dcf_exchange_feature(const struct dcf_feature *footprint, const struct exchange_bounds *b, struct dcf_feature *to)
{
	*to = (struct dcf_feature){ .shape = footprint->shape,
				    .edges = DCF_EDGES_GEODESIC,
				    .point_count = footprint->point_count,
				    .ring_count = footprint->ring_count,
				    .points = footprint->points,
				    .rings = footprint->rings,
				    .radius_m = footprint->radius_m,
				    .start_us = b->start_us,
				    .end_us = b->end_us,
				    .lower = b->lower,
				    .upper = b->upper,
				    .sent_us = DCF_TIME_NONE,
				    .received_us = DCF_TIME_NONE,
				    .id = DCF_SPAN(""),
				    .where = DCF_SPAN(""),
				    .acm = DCF_SPAN(""),
				    .properties_json = DCF_SPAN(""),
				    .others = DCF_SPAN("") };
}

/* --- one block -------------------------------------------------------------------------------------------- */

/* Pieces of one block, each aligned to 8; without memory they are only counted. */
struct cut {
	char *p;
	size_t used;
};

static void *cut(struct cut *c, size_t n)
{
	void *at = c->p ? c->p + c->used : NULL;

	c->used += (n + 7) / 8 * 8;
	return at;
}

static void *cut_copy(struct cut *c, const void *from, size_t n)
{
	void *to = cut(c, n);

	if (to && n)
		memcpy(to, from, n);
	return to;
}

static struct dcf_span cut_text(struct cut *c, struct dcf_span s)
{
	return (struct dcf_span){ cut_copy(c, s.p, s.len), s.len };
}

static const struct dcf_entity_ours *cut_ours(struct cut *c, const struct dcf_entity_ours *from)
{
	struct dcf_entity_ours *to = cut(c, sizeof *to);
	struct dcf_span party = cut_text(c, from->party), operation = cut_text(c, from->operation);

	if (to)
		*to = (struct dcf_entity_ours){ party, operation, from->at_us };
	return to;
}

static uint32_t with_outline(const struct dcf_utm_extents *x)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->count; i++)
		n += x->volume[i].footprint.shape != DCF_SHAPE_COUNT;
	return n;
}

static void cut_volume(struct cut *c, const struct dcf_utm_volume *from, const struct exchange_bounds *b,
		       struct dcf_utm_volume *to)
{
	struct dcf_feature outline = from->footprint;

	outline.points = cut_copy(c, outline.points, outline.point_count * sizeof *outline.points);
	outline.rings = outline.ring_count ? cut_copy(c, outline.rings, outline.ring_count * sizeof *outline.rings) : NULL;
	if (!to)
		return;
	*to = *from;
	dcf_exchange_feature(&outline, b, &to->footprint);
}

/* Lay it out from `c`: twice, first to learn its size.  Of an entity with one outline the volume's own is what the index has.
 */
static struct dcf_entity *lay(struct cut *c, const struct dcf_entity *like)
{
	struct dcf_entity *e = cut(c, sizeof *e);
	uint32_t n = like->extents.count, outlines = with_outline(&like->extents), k = 0;
	struct dcf_live_op *live = outlines ? cut(c, sizeof *live) : NULL;
	struct dcf_utm_volume *volume = cut(c, n * sizeof *volume);
	struct dcf_feature *feature = n > 1 ? cut(c, outlines * sizeof *feature) : NULL;
	struct exchange_bounds b = dcf_exchange_bounds(&like->extents, like->kind != DCF_ENTITY_INTENT);
	struct dcf_span url = like->url_kept ? like->url : cut_text(c, like->url), tag = cut_text(c, like->tag);
	const struct dcf_entity_ours *ours = like->native ? cut_ours(c, like->ours) : NULL;

	/* F3411: a subscription is told whenever it begins. */
	if (like->kind == DCF_ENTITY_RID_SUBSCRIPTION)
		b.start_us = -EXCHANGE_FAR_US;
	for (uint32_t i = 0; i < n; i++) {
		cut_volume(c, &like->extents.volume[i], &b, e ? &volume[i] : NULL);
		if (e && feature && volume[i].footprint.shape != DCF_SHAPE_COUNT)
			feature[k++] = volume[i].footprint;
	}
	if (!e)
		return NULL;
	*e = *like;
	e->url = url;
	e->tag = tag;
	if (ours)
		e->ours = ours;
	e->live = live;
	e->extents.volume = volume;
	if (live)
		*live = (struct dcf_live_op){ .feature_count = outlines,
					      .features = n > 1 ? feature : &volume[0].footprint,
					      .owner = e };
	return e;
}

enum dcf_status dcf_entity_make(const struct dcf_alloc *a, const struct dcf_entity *like, struct dcf_entity **out)
{
	struct cut size = { NULL, 0 }, c = { NULL, 0 };
	struct dcf_entity *e;

	*out = NULL;
	(void)lay(&size, like);
	c.p = size.used <= UINT32_MAX ? dcf_alloc_new(a, size.used) : NULL;
	if (!c.p)
		return DCF_E_NOMEM;
	e = lay(&c, like);
	atomic_init(&e->index, 0);
	atomic_init(&e->holders, 1);
	e->index_next = 0;
	e->from = a;
	e->bytes = (uint32_t)size.used;
	*out = e;
	return DCF_OK;
}

void dcf_entity_hold(const struct dcf_entity *e)
{
	atomic_fetch_add_explicit(&((struct dcf_entity *)e)->holders, 1, memory_order_relaxed);
}

void dcf_entity_drop(const struct dcf_entity *e)
{
	if (e && atomic_fetch_sub(&((struct dcf_entity *)e)->holders, 1) == 1)
		dcf_alloc_free(e->from, (void *)e, e->bytes);
}
