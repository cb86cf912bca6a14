/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_table.c - entities by id and by serial, managers by name. */
#include "domain/exchange_int.h"

/* --- by id ------------------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

/* Where it is looked for first.  Ids are whatever a client wants: the salt keeps it from choosing such as fall together. */
static struct exchange_shard *shard_of(const struct dcf_exchange *x, uint8_t kind, const struct dcf_uuid *id, uint32_t *cell)
{
	uint64_t half[2], h;
	struct exchange_shard *t;

	memcpy(half, id->b, sizeof half);
	h = mix(mix(half[0] ^ x->salt) + half[1] * 5 + kind);
	t = (struct exchange_shard *)&x->shard[h >> (64 - EXCHANGE_SHARD_BITS)];
	*cell = (uint32_t)((h & UINT32_MAX) * t->count >> 32);
	return t;
}

static uint32_t behind(const struct exchange_shard *t, uint32_t cell)
{
	return cell + 1 < t->count ? cell + 1 : 0;
}

struct exchange_slot *dcf_exchange_slot(const struct dcf_exchange *x, uint8_t kind, const struct dcf_uuid *id)
{
	uint32_t k;
	const struct exchange_shard *t = shard_of(x, kind, id, &k);

	if (t->count == 0)
		return NULL;
	for (; t->cell[k]; k = behind(t, k))
		if (t->cell[k]->kind == kind && dcf_uuid_eq(&t->cell[k]->id, id))
			return t->cell[k];
	return NULL;
}

static void seat(struct dcf_exchange *x, struct exchange_slot *slot)
{
	uint32_t k;
	struct exchange_shard *t = shard_of(x, slot->kind, &slot->id, &k);

	while (t->cell[k])
		k = behind(t, k);
	t->cell[k] = slot;
}

/* With the lock held: at most three quarters are used. */
static enum dcf_status make_room(struct dcf_exchange *x, struct exchange_shard *t)
{
	struct exchange_slot **old = t->cell, **cell;
	uint32_t count = t->count, cap = count ? count + count / 2 : 16;

	if (4 * ((uint64_t)t->used + 1) <= 3 * (uint64_t)count)
		return DCF_OK;
	cell = count <= UINT32_MAX / 2 ? dcf_alloc_new(x->from, cap * sizeof(void *)) : NULL;
	if (!cell)
		return DCF_E_NOMEM;
	memset(cell, 0, cap * sizeof(void *));
	t->cell = cell;
	t->count = cap;
	for (uint32_t k = 0; k < count; k++)
		if (old[k])
			seat(x, old[k]);
	dcf_alloc_free(x->from, old, count * sizeof(void *));
	return DCF_OK;
}

static enum dcf_status seat_new(struct dcf_exchange *x, struct exchange_slot *slot)
{
	uint32_t k;
	struct exchange_shard *t = shard_of(x, slot->kind, &slot->id, &k);
	enum dcf_status s = make_room(x, t);

	if (s != DCF_OK)
		return s;
	seat(x, slot);
	t->used++;
	return DCF_OK;
}

enum dcf_status dcf_exchange_slot_for(struct dcf_exchange *x, uint8_t kind, const struct dcf_uuid *id,
				      struct exchange_slot **out)
{
	struct exchange_slot *slot = dcf_exchange_slot(x, kind, id);
	enum dcf_status s;

	*out = slot;
	if (slot)
		return DCF_OK;
	if (dcf_exchange_queue_room(x, kind) != DCF_OK)
		return DCF_E_NOMEM;
	slot = dcf_alloc_new(x->from, dcf_exchange_slot_bytes(kind));
	if (!slot)
		return DCF_E_NOMEM;
	memset(slot, 0, dcf_exchange_slot_bytes(kind));
	slot->id = *id;
	slot->kind = kind;
	if (kind == DCF_ENTITY_SUBSCRIPTION) {
		slot->dependent = &slot->one;
		slot->dependent_cap = 1;
	}
	pthread_mutex_lock(&x->lock);
	s = seat_new(x, slot);
	pthread_mutex_unlock(&x->lock);
	if (s != DCF_OK) {
		dcf_alloc_free(x->from, slot, dcf_exchange_slot_bytes(kind));
		return s;
	}
	dcf_exchange_queue_of(x, kind)->owed++;
	*out = slot;
	return DCF_OK;
}

/* Those behind it in its run are seated again. */
static void uncell(struct dcf_exchange *x, struct exchange_slot *slot)
{
	uint32_t k;
	struct exchange_shard *t = shard_of(x, slot->kind, &slot->id, &k);

	while (t->cell[k] != slot)
		k = behind(t, k);
	t->cell[k] = NULL;
	for (k = behind(t, k); t->cell[k]; k = behind(t, k)) {
		struct exchange_slot *moved = t->cell[k];

		t->cell[k] = NULL;
		seat(x, moved);
	}
	t->used--;
}

void dcf_exchange_slot_drop(struct dcf_exchange *x, struct exchange_slot *slot)
{
	uncell(x, slot);
	dcf_exchange_mine_drop(x, slot);
	dcf_exchange_queue_drop(x, slot);
	dcf_exchange_queue_of(x, slot->kind)->owed--;
	dcf_exchange_links_free(x, slot);
	dcf_alloc_free(x->from, slot, dcf_exchange_slot_bytes(slot->kind));
}

/* --- by serial -------------------------------------------------------------------------------------------- */

size_t dcf_exchange_order_from(const struct dcf_exchange *x, uint64_t serial)
{
	size_t low = 0, high = x->order_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->order[mid].serial < serial)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct exchange_slot *dcf_exchange_by_serial(const struct dcf_exchange *x, uint64_t serial)
{
	size_t k = dcf_exchange_order_from(x, serial);

	return k < x->order_count && x->order[k].serial == serial ? x->order[k].slot : NULL;
}

static enum dcf_status order_put(struct dcf_exchange *x, uint64_t serial, struct exchange_slot *slot)
{
	void *array = x->order;
	size_t k;

	if (dcf_grow(x->from, &array, &x->order_cap, x->order_count + 1, sizeof *x->order) != DCF_OK)
		return DCF_E_NOMEM;
	x->order = array;
	/* Nearly always behind all others; from a snapshot, entries may bring one that was there before. */
	k = x->order_count && x->order[x->order_count - 1].serial >= serial ? dcf_exchange_order_from(x, serial)
									    : x->order_count;
	if (k < x->order_count && x->order[k].serial == serial) {
		x->order_holes -= x->order[k].slot == NULL;
		x->order[k].slot = slot;
		return DCF_OK;
	}
	memmove(x->order + k + 1, x->order + k, (x->order_count - k) * sizeof *x->order);
	x->order[k] = (struct exchange_order){ serial, slot };
	x->order_count++;
	return DCF_OK;
}

enum dcf_status dcf_exchange_order_put(struct dcf_exchange *x, uint64_t serial, struct exchange_slot *slot)
{
	enum dcf_status s;

	pthread_mutex_lock(&x->order_lock);
	s = order_put(x, serial, slot);
	pthread_mutex_unlock(&x->order_lock);
	return s;
}

static void close_holes(struct dcf_exchange *x)
{
	size_t n = 0;

	for (size_t k = 0; k < x->order_count; k++)
		if (x->order[k].slot)
			x->order[n++] = x->order[k];
	x->order_count = n;
	x->order_holes = 0;
}

void dcf_exchange_order_drop(struct dcf_exchange *x, uint64_t serial)
{
	size_t k = dcf_exchange_order_from(x, serial);

	if (k == x->order_count || x->order[k].serial != serial || !x->order[k].slot)
		return;
	pthread_mutex_lock(&x->order_lock);
	x->order[k].slot = NULL;
	if (++x->order_holes > 64 && 2 * x->order_holes > x->order_count)
		close_holes(x);
	pthread_mutex_unlock(&x->order_lock);
}

/* --- managers --------------------------------------------------------------------------------------------- */

static size_t manager_cell(const struct dcf_exchange *x, struct dcf_span name)
{
	uint64_t h = x->salt;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.p[i]) * 0x100000001b3u;
	return (size_t)mix(h) & (x->manager_cells - 1);
}

struct exchange_manager *dcf_exchange_manager_now(const struct dcf_exchange *x, struct dcf_span name)
{
	if (x->manager_cells == 0)
		return NULL;
	for (size_t k = manager_cell(x, name); x->manager[k]; k = (k + 1) & (x->manager_cells - 1))
		if (dcf_span_eq(x->manager[k]->pub.name, name))
			return x->manager[k];
	return NULL;
}

static void seat_manager(struct dcf_exchange *x, struct exchange_manager *m)
{
	size_t k = manager_cell(x, m->pub.name);

	while (x->manager[k])
		k = (k + 1) & (x->manager_cells - 1);
	x->manager[k] = m;
}

static enum dcf_status grow_managers(struct dcf_exchange *x)
{
	struct exchange_manager **old = x->manager;
	size_t count = x->manager_cells, cap = count ? count * 2 : 16;
	struct exchange_manager **cell = dcf_alloc_new(x->from, cap * sizeof(void *));

	if (!cell)
		return DCF_E_NOMEM;
	memset(cell, 0, cap * sizeof(void *));
	x->manager = cell;
	x->manager_cells = cap;
	for (size_t k = 0; k < count; k++)
		if (old[k])
			seat_manager(x, old[k]);
	dcf_alloc_free(x->from, old, count * sizeof(void *));
	return DCF_OK;
}

/* They stay: one that wrote in what was undone is as one that did nothing. */
enum dcf_status dcf_exchange_manager_for(struct dcf_exchange *x, struct dcf_span name, struct exchange_manager **out)
{
	struct exchange_manager *m = dcf_exchange_manager_now(x, name);
	size_t bytes = sizeof *m + name.len;
	enum dcf_status s = DCF_OK;

	*out = m;
	if (m)
		return DCF_OK;
	m = dcf_alloc_new(x->from, bytes);
	if (!m)
		return DCF_E_NOMEM;
	*m = (struct exchange_manager){ .pub = { .name = { (char *)(m + 1), name.len } }, .bytes = bytes };
	if (name.len)
		memcpy(m + 1, name.p, name.len);
	pthread_mutex_lock(&x->lock);
	if (2 * (x->manager_count + 1) > x->manager_cells)
		s = grow_managers(x);
	if (s == DCF_OK) {
		seat_manager(x, m);
		x->manager_count++;
	}
	pthread_mutex_unlock(&x->lock);
	if (s != DCF_OK) {
		dcf_alloc_free(x->from, m, bytes);
		return s;
	}
	atomic_store(&x->managers, x->manager_count);
	*out = m;
	return DCF_OK;
}

struct dcf_span dcf_exchange_url(struct dcf_exchange *x, struct exchange_manager *m, struct dcf_span url, bool *kept)
{
	size_t i = 0;
	char *p;

	while (i < EXCHANGE_URLS && m->url[i].p && !dcf_span_eq(m->url[i], url))
		i++;
	*kept = i < EXCHANGE_URLS && m->url[i].p;
	if (*kept || i == EXCHANGE_URLS || url.len == 0)
		return *kept ? m->url[i] : url;
	p = dcf_alloc_new(x->from, url.len);
	if (!p)
		return url;
	memcpy(p, url.p, url.len);
	*kept = true;
	return m->url[i] = (struct dcf_span){ p, url.len };
}

static void free_manager(struct dcf_exchange *x, struct exchange_manager *m)
{
	for (size_t i = 0; i < EXCHANGE_URLS; i++)
		dcf_alloc_free(x->from, (void *)m->url[i].p, m->url[i].len);
	dcf_alloc_free(x->from, m, m->bytes);
}

static void free_slots(struct dcf_exchange *x, struct exchange_shard *t)
{
	for (uint32_t k = 0; k < t->count; k++) {
		struct exchange_slot *slot = t->cell[k];

		if (!slot)
			continue;
		dcf_entity_drop(slot->now);
		dcf_entity_drop(slot->seen);
		dcf_exchange_links_free(x, slot);
		dcf_alloc_free(x->from, slot, dcf_exchange_slot_bytes(slot->kind));
	}
	dcf_alloc_free(x->from, t->cell, t->count * sizeof(void *));
}

void dcf_exchange_table_free(struct dcf_exchange *x)
{
	for (size_t i = 0; i < sizeof x->shard / sizeof *x->shard; i++)
		free_slots(x, &x->shard[i]);
	for (size_t k = 0; k < x->manager_cells; k++)
		if (x->manager[k])
			free_manager(x, x->manager[k]);
	dcf_alloc_free(x->from, x->manager, x->manager_cells * sizeof(void *));
	dcf_alloc_free(x->from, x->order, x->order_cap * sizeof *x->order);
}
