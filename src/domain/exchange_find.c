/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/exchange_int.h"
#include "core/sort.h"

/* --- by id ------------------------------------------------------------------------------------------------ */

const struct dcf_entity *dcf_exchange_find(struct dcf_exchange *x, enum dcf_entity_kind kind, const struct dcf_uuid *id)
{
	const struct exchange_slot *slot;
	const struct dcf_entity *e;

	pthread_mutex_lock(&x->lock);
	slot = dcf_exchange_slot(x, (uint8_t)kind, id);
	e = slot ? slot->seen : NULL;
	if (e)
		dcf_entity_hold(e);
	pthread_mutex_unlock(&x->lock);
	return e;
}

const struct dcf_manager *dcf_exchange_manager(struct dcf_exchange *x, struct dcf_span name)
{
	const struct exchange_manager *m;

	pthread_mutex_lock(&x->lock);
	m = dcf_exchange_manager_now(x, name);
	pthread_mutex_unlock(&x->lock);
	return m ? &m->pub : NULL;
}

/* --- lists ------------------------------------------------------------------------------------------------ */

static enum dcf_status push(struct dcf_entity_list *list, const struct dcf_entity *e)
{
	void *array = list->at;
	enum dcf_status s;

	if (list->most && list->count >= list->most)
		return DCF_E_RANGE;
	s = dcf_grow(list->from, &array, &list->cap, list->count + 1, sizeof *list->at);
	list->at = array;
	if (s != DCF_OK)
		return s;
	dcf_entity_hold(e);
	list->at[list->count++] = e;
	return DCF_OK;
}

static void drop_from(struct dcf_entity_list *list, size_t first)
{
	while (list->count > first)
		dcf_entity_drop(list->at[--list->count]);
}

static int by_id(const void *ctx, const void *i, const void *j)
{
	const struct dcf_entity *a = *(const struct dcf_entity *const *)i, *b = *(const struct dcf_entity *const *)j;

	(void)ctx;
	return memcmp(a->id.b, b->id.b, sizeof a->id.b);
}

/* In order, each once: of two versions of one the later. */
static enum dcf_status put_in_order(struct dcf_entity_list *list, size_t first)
{
	size_t n = first;
	enum dcf_status s;

	if (list->count == first)
		return DCF_OK;
	s = dcf_sort(list->from, list->at + first, list->count - first, sizeof *list->at, by_id, NULL);
	for (size_t i = first; s == DCF_OK && i < list->count; i++) {
		const struct dcf_entity *e = list->at[i];

		if (n == first || by_id(NULL, &list->at[n - 1], &e) != 0) {
			list->at[n++] = e;
			continue;
		}
		if (e->position > list->at[n - 1]->position) {
			dcf_entity_drop(list->at[n - 1]);
			list->at[n - 1] = e;
		} else {
			dcf_entity_drop(e);
		}
	}
	if (s == DCF_OK)
		list->count = n;
	return s;
}

enum dcf_status dcf_exchange_dependents(struct dcf_exchange *x, const struct dcf_uuid *subscription,
					struct dcf_entity_list *list)
{
	size_t first = list->count;
	const struct exchange_slot *sub;
	enum dcf_status s = DCF_OK;

	pthread_mutex_lock(&x->lock);
	sub = dcf_exchange_slot(x, DCF_ENTITY_SUBSCRIPTION, subscription);
	for (uint32_t i = 0; sub && i < sub->dependent_count && s == DCF_OK; i++) {
		const struct dcf_entity *e = sub->dependent[i]->seen;

		if (e && dcf_uuid_eq(&e->subscription, subscription))
			s = push(list, e);
	}
	pthread_mutex_unlock(&x->lock);
	s = s == DCF_OK ? put_in_order(list, first) : s;
	if (s != DCF_OK)
		drop_from(list, first);
	return s;
}

/* --- places ----------------------------------------------------------------------------------------------- */

void dcf_exchange_query_free(struct exchange_query *q)
{
	dcf_live_scratch_free(&q->scratch);
	dcf_alloc_free(q->from, q->feature, q->feature_cap * sizeof *q->feature);
	*q = (struct exchange_query){ .from = q->from };
}

struct passing {
	exchange_take *take;
	void *ctx;
};

static enum dcf_status pass(void *ctx, const struct dcf_live_hit *hit)
{
	const struct passing *p = ctx;

	return p->take(p->ctx, hit->op->owner);
}

enum dcf_status dcf_exchange_ask(struct dcf_exchange *x, struct exchange_query *q, bool writer, uint8_t kind,
				 const struct dcf_utm_extents *extents, const struct exchange_bounds *b, exchange_take *take,
				 void *ctx)
{
	struct dcf_live_probe probe = { .party = 1 };
	struct passing p = { take, ctx };
	struct dcf_live_view view;
	void *array = q->feature;
	enum dcf_status s = dcf_grow(q->from, &array, &q->feature_cap, extents->count, sizeof *q->feature);

	q->feature = array;
	q->scratch.from = q->from;
	for (uint32_t i = 0; s == DCF_OK && i < extents->count; i++)
		if (extents->volume[i].footprint.shape != DCF_SHAPE_COUNT)
			dcf_exchange_feature(&extents->volume[i].footprint, b, &q->feature[probe.feature_count++]);
	if (s != DCF_OK || probe.feature_count == 0 || b->start_us >= b->end_us)
		return s;
	probe.features = q->feature;
	s = writer ? dcf_live_enter_writer(x->live[kind], &view) : dcf_live_enter(x->live[kind], &view);
	if (s != DCF_OK)
		return s;
	s = dcf_live_meet(x->live[kind], &view, &probe, &q->scratch, pass, &p);
	dcf_live_leave(x->live[kind], &view);
	return s;
}

struct gathering {
	struct dcf_entity_list *list;
	struct dcf_span owner;
};

static enum dcf_status gather(void *ctx, const struct dcf_entity *e)
{
	const struct gathering *g = ctx;

	return !g->owner.p || dcf_span_eq(e->manager->name, g->owner) ? push(g->list, e) : DCF_OK;
}

/* Implicit subscriptions have no outline: they match where an intent of theirs does. */
static enum dcf_status search_implicit(struct dcf_exchange *x, struct exchange_query *q, const struct dcf_utm_extents *extents,
				       const struct exchange_bounds *b, const struct gathering *g)
{
	struct dcf_entity_list intents = { .from = g->list->from, .most = g->list->most };
	struct gathering all = { &intents, { NULL, 0 } };
	enum dcf_status s = dcf_exchange_ask(x, q, false, DCF_ENTITY_INTENT, extents, b, gather, &all);

	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < intents.count && s == DCF_OK; i++) {
		const struct exchange_slot *sub =
			dcf_uuid_is_zero(&intents.at[i]->subscription)
				? NULL
				: dcf_exchange_slot(x, DCF_ENTITY_SUBSCRIPTION, &intents.at[i]->subscription);

		if (sub && sub->seen && sub->seen->implicit)
			s = gather((void *)g, sub->seen);
	}
	pthread_mutex_unlock(&x->lock);
	drop_from(&intents, 0);
	dcf_alloc_free(intents.from, intents.at, intents.cap * sizeof *intents.at);
	return s;
}

enum dcf_status dcf_exchange_search(struct dcf_exchange *x, enum dcf_entity_kind kind, const struct dcf_utm_extents *extents,
				    struct dcf_span owner, struct dcf_entity_list *list)
{
	struct exchange_query q = { .from = list->from };
	struct exchange_bounds b = dcf_exchange_bounds(extents, kind != DCF_ENTITY_INTENT);
	struct gathering g = { list, kind == DCF_ENTITY_SUBSCRIPTION || kind == DCF_ENTITY_RID_SUBSCRIPTION
					     ? owner
					     : (struct dcf_span){ NULL, 0 } };
	size_t first = list->count;
	enum dcf_status s = dcf_exchange_ask(x, &q, false, (uint8_t)kind, extents, &b, gather, &g);

	if (s == DCF_OK && kind == DCF_ENTITY_SUBSCRIPTION)
		s = search_implicit(x, &q, extents, &b, &g);
	dcf_exchange_query_free(&q);
	s = s == DCF_OK ? put_in_order(list, first) : s;
	if (s != DCF_OK)
		drop_from(list, first);
	return s;
}

/* Some of the walk, so that the writer never waits for long; true while there is more of it. */
static bool walk_some(struct dcf_exchange *x, enum dcf_entity_kind kind, uint64_t *serial, size_t most,
		      struct dcf_entity_list *list, enum dcf_status *s)
{
	enum { STRIDE = 4096 };
	size_t i, end;

	pthread_mutex_lock(&x->lock);
	pthread_mutex_lock(&x->order_lock);
	i = dcf_exchange_order_from(x, *serial);
	end = i + STRIDE < x->order_count ? i + STRIDE : x->order_count;
	for (; *s == DCF_OK && i < end; i++) {
		const struct exchange_slot *slot = x->order[i].slot;

		if (!slot || slot->kind != kind || !slot->seen)
			continue;
		if (list->count == most)
			break;
		*s = push(list, slot->seen);
	}
	*serial = i < x->order_count ? x->order[i].serial : 0;
	pthread_mutex_unlock(&x->order_lock);
	pthread_mutex_unlock(&x->lock);
	return *s == DCF_OK && *serial && i == end;
}

enum dcf_status dcf_exchange_walk(struct dcf_exchange *x, enum dcf_entity_kind kind, uint64_t *serial, size_t most,
				  struct dcf_entity_list *list)
{
	size_t first = list->count;
	enum dcf_status s = DCF_OK;

	while (walk_some(x, kind, serial, first + most, list, &s))
		;
	if (s != DCF_OK)
		drop_from(list, first);
	return s;
}
