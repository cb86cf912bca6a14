/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_kit.h - what the exchange's tests share: a state with its record in memory, and requests from a few numbers.
 *
 * Places are metres east and north of a point; outlines circles or squares; times seconds from now. */
#ifndef DCF_TEST_EXCHANGE_KIT_H
#define DCF_TEST_EXCHANGE_KIT_H

#include "crypto/init.h"
#include "domain/exchange.h"
#include "domain/state.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KIT_LAT    47.0
#define KIT_LON    8.0
#define KIT_METRES 111319.49

struct kit {
	struct dcf_alloc heap;
	struct dcf_state *state;
	struct dcf_buf *entry;
	size_t count, cap, published;
	int64_t now_us;
	unsigned tags;
	struct dcf_exchange_answer answer;
	struct dcf_arena arena;
	/* a second volume, and unbounded heights, where a test wants them */
	struct dcf_utm_ask ask;
	bool hold; /* do not publish by itself */
};

static inline enum dcf_status kit_read(void *ctx, uint64_t from, uint64_t count,
				       enum dcf_status (*each)(void *, uint64_t, const struct dcf_entry *), void *each_ctx)
{
	struct kit *k = ctx;
	enum dcf_status s = DCF_OK;

	for (uint64_t i = from; i < from + count && i < k->count && s == DCF_OK; i++) {
		struct dcf_entry e = { .content = dcf_buf_as_span(&k->entry[i]) };

		s = each(each_ctx, i, &e);
	}
	return s;
}

static inline void kit_note(struct kit *k, const struct dcf_entry_head *head)
{
	void *array = k->entry;

	CHECK(dcf_grow(&k->heap, &array, &k->cap, k->count + 1, sizeof *k->entry) == DCF_OK);
	k->entry = array;
	k->entry[k->count] = (struct dcf_buf){ .from = &k->heap };
	dcf_entry_write(head, &k->entry[k->count++]);
}

static inline void kit_publish(struct kit *k)
{
	dcf_state_publish(k->state);
	k->published = k->count;
}

static inline void kit_undo(struct kit *k)
{
	dcf_state_undo(k->state);
	while (k->count > k->published)
		dcf_buf_free(&k->entry[--k->count]);
}

/* Decide, keep, apply. */
static inline enum dcf_objection kit_give(struct kit *k, const struct dcf_command *c)
{
	struct dcf_entry_head head;
	enum dcf_objection objection = DCF_OBJECT_NOTHING;
	struct dcf_buf why = { .from = &k->heap };
	enum dcf_status s = dcf_state_decide(k->state, c, k->now_us, &head, &objection, &why);

	CHECK_MSG(s == DCF_OK, "decide: %s", dcf_status_text(s));
	if (s == DCF_OK && objection == DCF_OBJECT_NOTHING) {
		kit_note(k, &head);
		s = dcf_state_apply(k->state, &head, NULL, &why);
		CHECK_MSG(s == DCF_OK, "apply: %s: %.*s", dcf_status_text(s), (int)why.len, why.p ? why.p : "");
	}
	dcf_buf_free(&why);
	if (!k->hold)
		kit_publish(k);
	return objection;
}

static inline struct kit *kit_new(void)
{
	struct kit *k = calloc(1, sizeof *k);
	struct dcf_command c = {
		.head = { .kind = DCF_ENTRY_FOUNDED, .origin = DCF_SPAN("example.org/node"), .vkey = DCF_SPAN("k") },
		.if_position = DCF_ANY_POSITION
	};

	k->heap = dcf_alloc_heap();
	k->arena.from = k->answer.from = &k->heap;
	k->now_us = INT64_C(1800000000) * 1000000;
	CHECK(dcf_crypto_init() == DCF_OK);
	CHECK(dcf_state_new(&k->heap, &k->state) == DCF_OK);
	CHECK(kit_give(k, &c) == DCF_OBJECT_NOTHING);
	return k;
}

static inline void kit_free(struct kit *k)
{
	dcf_exchange_answer_free(&k->answer);
	dcf_state_free(k->state);
	while (k->count)
		dcf_buf_free(&k->entry[--k->count]);
	dcf_alloc_free(&k->heap, k->entry, k->cap * sizeof *k->entry);
	dcf_arena_free(&k->arena);
	free(k);
}

/* --- requests --------------------------------------------------------------------------------------------- */

struct kit_put {
	enum dcf_entity_kind kind;
	unsigned id;
	const char *manager;
	double east_m, north_m, size_m; /* of the middle; radius, or half a side */
	bool square;
	int64_t from_s, to_s; /* from the kit's now */
	double low_m, high_m;
	bool any_from, any_to, any_height;
	bool late; /* it begins longer ago than what is new may */
	enum dcf_utm_state state;
	struct dcf_span tag; /* absent: to be made */
	int64_t tag_ns;
	const char *key[16];   /* OVNs, until NULL */
	bool all_keys;         /* the key holds every OVN there is */
	unsigned subscription; /* id; 0: none */
	bool make_subscription, make_for_constraints;
	bool for_intents, for_constraints;
	bool timed;
	struct dcf_span new_tag;     /* absent: one of the kit's */
	const struct dcf_uuid *uuid; /* NULL: that of `id` */
};

static inline struct dcf_uuid kit_id(unsigned n)
{
	uint8_t b[16] = { 0 };

	memcpy(b, &n, sizeof n);
	return dcf_uuid_of_random(b);
}

static inline struct kit_put kit_a(enum dcf_entity_kind kind, unsigned id, const char *manager, double east_m, double north_m,
				   double size_m, int64_t from_s, int64_t to_s)
{
	return (struct kit_put){ .kind = kind,
				 .id = id,
				 .manager = manager,
				 .east_m = east_m,
				 .north_m = north_m,
				 .size_m = size_m,
				 .from_s = from_s,
				 .to_s = to_s,
				 .low_m = 100,
				 .high_m = 200,
				 .for_intents = true };
}

static inline struct kit_put kit_intent(unsigned id, const char *manager, double east_m, double north_m, double size_m,
					int64_t from_s, int64_t to_s)
{
	return kit_a(DCF_ENTITY_INTENT, id, manager, east_m, north_m, size_m, from_s, to_s);
}

static inline struct dcf_latlon kit_at(double east_m, double north_m)
{
	double lat = KIT_LAT + north_m / KIT_METRES, lon = KIT_LON + east_m / (KIT_METRES * cos(KIT_LAT * M_PI / 180));

	return (struct dcf_latlon){ (int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7) };
}

static inline void kit_volume(struct kit *k, const struct kit_put *p, struct dcf_utm_volume *v)
{
	struct dcf_feature *f = &v->footprint;

	memset(v, 0, sizeof *v);
	f->shape = p->square ? DCF_POLYGON : DCF_CIRCLE;
	f->edges = DCF_EDGES_GEODESIC;
	f->point_count = p->square ? 4 : 1;
	f->points = dcf_arena_get(&k->arena, 4 * sizeof *f->points);
	for (unsigned i = 0; i < f->point_count; i++) {
		double east = i == 1 || i == 2 ? p->size_m : -p->size_m, north = i >= 2 ? p->size_m : -p->size_m;

		f->points[i] = kit_at(p->east_m + (p->square ? east : 0), p->north_m + (p->square ? north : 0));
	}
	if (p->square) {
		f->rings = dcf_arena_get(&k->arena, sizeof *f->rings);
		*f->rings = (struct dcf_ring){ 0, 4, true };
		f->ring_count = 1;
	} else {
		f->radius_m = p->size_m;
	}
	v->start_us = p->any_from ? DCF_UTM_SINCE_EVER : k->now_us + p->from_s * 1000000;
	v->end_us = p->any_to ? DCF_UTM_FOR_EVER : k->now_us + p->to_s * 1000000;
	v->lower_e4 = p->any_height ? DCF_UTM_NO_LOWER : (int64_t)(p->low_m * 10000);
	v->upper_e4 = p->any_height ? DCF_UTM_NO_UPPER : (int64_t)(p->high_m * 10000);
}

static inline int kit_compare_keys(const void *i, const void *j)
{
	struct dcf_span a = *(const struct dcf_span *)i, b = *(const struct dcf_span *)j;
	size_t n = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.p, b.p, n);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline void kit_keys(struct kit *k, const struct kit_put *p, struct dcf_utm_ask *ask)
{
	ask->key = dcf_arena_get(&k->arena, 4096 * sizeof *ask->key);
	for (; ask->key_count < 16 && p->key[ask->key_count]; ask->key_count++)
		ask->key[ask->key_count] = dcf_span_of(p->key[ask->key_count]);
	/* Those of this kit are numbered. */
	for (unsigned i = 1; p->all_keys && i <= k->tags && ask->key_count < 4096; i++) {
		char tag[40];

		ask->key[ask->key_count++] = dcf_arena_copy(
			&k->arena, (struct dcf_span){ tag, (size_t)snprintf(tag, sizeof tag, "ovn-of-the-kit-%07u", i) });
	}
	qsort(ask->key, ask->key_count, sizeof *ask->key, kit_compare_keys);
}

static inline enum dcf_utm_form kit_form(enum dcf_entity_kind kind)
{
	static const enum dcf_utm_form form[] = { DCF_UTM_INTENT_PUT, DCF_UTM_CONSTRAINT_PUT, DCF_UTM_SUBSCRIPTION_PUT,
						  DCF_UTM_ISA_PUT_V2, DCF_UTM_RID_SUBSCRIPTION_PUT_V2 };

	return form[kind];
}

static inline enum dcf_exchange_objection kit_ask(struct kit *k, struct dcf_exchange_command *x)
{
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_EXCHANGE, .by = x->manager },
				 .exchange = x,
				 .if_position = DCF_ANY_POSITION };
	char tag[40];
	bool given = x->new_tag.p != NULL;
	enum dcf_objection o;

	snprintf(tag, sizeof tag, "ovn-of-the-kit-%07u", ++k->tags);
	if (!given)
		x->new_tag = dcf_span_of(tag);
	x->new_subscription = kit_id(1000000 + k->tags);
	dcf_exchange_answer_free(&k->answer);
	x->answer = (struct dcf_exchange_answer){ .from = &k->heap };
	o = kit_give(k, &c);
	if (!given)
		x->new_tag = (struct dcf_span){ NULL, 0 };
	CHECK((o == DCF_OBJECT_EXCHANGE) == (x->answer.objection != DCF_EXCHANGE_FINE) &&
	      (o == DCF_OBJECT_EXCHANGE || o == DCF_OBJECT_NOTHING));
	k->answer = x->answer;
	return k->answer.objection;
}

static inline struct dcf_utm_ask kit_ask_of(struct kit *k, const struct kit_put *p)
{
	struct dcf_utm_ask ask = { .url = DCF_SPAN("https://uss.example.org"), .state = (uint8_t)p->state };

	ask.extents.volume = dcf_arena_get(&k->arena, sizeof *ask.extents.volume);
	ask.extents.count = 1;
	kit_volume(k, p, ask.extents.volume);
	ask.extents.start_us = ask.extents.volume->start_us;
	ask.extents.end_us = ask.extents.volume->end_us;
	ask.extents.lower_e4 = ask.extents.volume->lower_e4;
	ask.extents.upper_e4 = ask.extents.volume->upper_e4;
	kit_keys(k, p, &ask);
	if (p->subscription)
		ask.subscription = kit_id(p->subscription);
	ask.has_new_subscription = p->make_subscription;
	ask.new_for_constraints = p->make_for_constraints;
	ask.new_url = p->make_subscription ? DCF_SPAN("https://uss.example.org/new") : DCF_SPAN("");
	ask.for_intents = p->kind == DCF_ENTITY_SUBSCRIPTION && p->for_intents;
	ask.for_constraints = p->kind == DCF_ENTITY_SUBSCRIPTION && p->for_constraints;
	ask.late_start = p->late;
	return ask;
}

static inline enum dcf_exchange_objection kit_put(struct kit *k, const struct kit_put *p)
{
	struct dcf_utm_ask ask = kit_ask_of(k, p);
	struct dcf_exchange_command x = { .verb = DCF_EXCHANGE_PUT,
					  .kind = (uint8_t)p->kind,
					  .id = p->uuid ? *p->uuid : kit_id(p->id),
					  .manager = dcf_span_of(p->manager),
					  .tag = p->tag,
					  .tag_ns = p->tag_ns,
					  .ask = &ask,
					  .form = (uint8_t)kit_form(p->kind),
					  .time_indexed = p->timed,
					  .new_tag = p->new_tag };

	return kit_ask(k, &x);
}

static inline enum dcf_exchange_objection kit_delete(struct kit *k, enum dcf_entity_kind kind, unsigned id, const char *manager,
						     struct dcf_span tag)
{
	struct dcf_exchange_command x = { .verb = DCF_EXCHANGE_DELETE,
					  .kind = (uint8_t)kind,
					  .id = kit_id(id),
					  .manager = dcf_span_of(manager),
					  .tag = tag };

	return kit_ask(k, &x);
}

static inline struct dcf_span kit_keep(struct kit *k, struct dcf_span text)
{
	return dcf_arena_copy(&k->arena, text);
}

/* As it stands published; dropped at once, so only for a look before the next change. */
static inline const struct dcf_entity *kit_now_uuid(struct kit *k, enum dcf_entity_kind kind, const struct dcf_uuid *id)
{
	const struct dcf_entity *e = dcf_exchange_find(dcf_state_exchange(k->state), kind, id);

	if (e)
		dcf_entity_drop(e);
	return e;
}

static inline const struct dcf_entity *kit_now(struct kit *k, enum dcf_entity_kind kind, unsigned id)
{
	struct dcf_uuid uuid = kit_id(id);

	return kit_now_uuid(k, kind, &uuid);
}

static inline uint64_t kit_count(struct kit *k, enum dcf_entity_kind kind)
{
	struct dcf_exchange_stats stats;

	dcf_exchange_stats(dcf_state_exchange(k->state), &stats);
	return stats.entities[kind];
}

static inline struct dcf_span kit_tag(struct kit *k, enum dcf_entity_kind kind, unsigned id)
{
	const struct dcf_entity *e = kit_now(k, kind, id);

	return e ? kit_keep(k, e->tag) : (struct dcf_span){ "none", 4 };
}

/* The index that the last answer tells the subscription of; 0: it is not told. */
static inline uint64_t kit_told(const struct kit *k, unsigned subscription)
{
	struct dcf_uuid id = kit_id(subscription);

	for (size_t i = 0; i < k->answer.notice_count; i++)
		if (dcf_uuid_eq(&k->answer.notice[i].subscription->id, &id))
			return k->answer.notice[i].index;
	return 0;
}

/* A state loaded from the record: all of it, or from a snapshot of `text`. */
static inline struct dcf_state *kit_load(struct kit *k, struct dcf_span text)
{
	struct dcf_entry_source source = { kit_read, k };
	struct dcf_buf why = { .from = &k->heap };
	struct dcf_state *st = NULL;
	enum dcf_status s;

	CHECK(dcf_state_new(&k->heap, &st) == DCF_OK);
	s = dcf_state_load(st, text, &source, k->published, &why);
	CHECK_MSG(s == DCF_OK, "load: %s: %.*s", dcf_status_text(s), (int)why.len, why.p ? why.p : "");
	dcf_buf_free(&why);
	return st;
}

/* --- memory that runs out --------------------------------------------------------------------------------- */

/* Allocations that still work; negative: all do. */
static long kit_left = -1;

static inline void *kit_short_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct dcf_alloc heap = dcf_alloc_heap();

	(void)ctx;
	if (new_size && kit_left == 0)
		return NULL;
	kit_left -= new_size && kit_left > 0;
	return heap.resize(heap.ctx, p, old_size, new_size);
}

#endif
