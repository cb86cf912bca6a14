/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/table.h"

/* Open addressing, linear probing, a power of two; at most half of the cells are not empty. */
struct dcf_cells {
	size_t count;
	_Atomic(struct dcf_slot *) at[];
};

enum { CELLS_AT_FIRST = 1024 };

/* A cell whose slot is gone: searches go on behind it. */
static struct dcf_slot gone;

static uint64_t hash(uint32_t party, struct dcf_span id)
{
	uint64_t h = 0xcbf29ce484222325u ^ party;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ (unsigned char)id.p[i]) * 0x100000001b3u;
	return h ^ h >> 29 ^ h >> 47;
}

static size_t cells_bytes(size_t count)
{
	return sizeof(struct dcf_cells) + count * sizeof(_Atomic(struct dcf_slot *));
}

static struct dcf_cells *cells_new(const struct dcf_alloc *a, size_t count)
{
	struct dcf_cells *c = dcf_alloc_new(a, cells_bytes(count));

	if (!c)
		return NULL;
	c->count = count;
	for (size_t i = 0; i < count; i++)
		atomic_init(&c->at[i], NULL);
	return c;
}

static void cells_free(void *ctx, void *p)
{
	struct dcf_cells *c = p;

	dcf_alloc_free(ctx, c, cells_bytes(c->count));
}

static void chunk_free(void *ctx, void *p)
{
	dcf_alloc_free(ctx, p, sizeof(struct dcf_chunk));
}

static void slot_free(void *ctx, void *p)
{
	struct dcf_slot *s = p;

	dcf_alloc_free(ctx, s->history, s->history_cap * sizeof *s->history);
	dcf_alloc_free(ctx, s, s->bytes);
}

enum dcf_status dcf_table_init(struct dcf_table *t, const struct dcf_alloc *a, struct dcf_epoch *epoch)
{
	struct dcf_cells *cells = cells_new(a, CELLS_AT_FIRST);

	t->from = a;
	t->epoch = epoch;
	atomic_init(&t->cells, cells);
	atomic_init(&t->serial_end, 0);
	t->chunk = dcf_alloc_new(a, DCF_TABLE_CHUNKS * sizeof *t->chunk);
	for (size_t i = 0; i < DCF_TABLE_CHUNKS && t->chunk; i++)
		atomic_init(&t->chunk[i], NULL);
	return cells && t->chunk ? DCF_OK : DCF_E_NOMEM;
}

void dcf_table_free(struct dcf_table *t)
{
	uint64_t serial = 0;

	if (!t->from)
		return;
	if (t->chunk) {
		for (struct dcf_slot *s; (s = dcf_table_next(t, &serial)); serial++)
			slot_free((void *)t->from, s);
		for (size_t i = 0; i < DCF_TABLE_CHUNKS; i++)
			dcf_alloc_free(t->from, atomic_load(&t->chunk[i]), sizeof(struct dcf_chunk));
		dcf_alloc_free(t->from, t->chunk, DCF_TABLE_CHUNKS * sizeof *t->chunk);
	}
	if (atomic_load(&t->cells))
		cells_free((void *)t->from, atomic_load(&t->cells));
	*t = (struct dcf_table){ 0 };
}

struct dcf_slot *dcf_table_find(const struct dcf_table *t, uint32_t party, struct dcf_span id)
{
	const struct dcf_cells *c = atomic_load(&t->cells);

	for (size_t k = (size_t)hash(party, id) & (c->count - 1);; k = (k + 1) & (c->count - 1)) {
		struct dcf_slot *s = atomic_load(&c->at[k]);

		if (!s || (s != &gone && s->party == party && dcf_span_eq(s->id, id)))
			return s;
	}
}

struct dcf_slot *dcf_table_next(const struct dcf_table *t, uint64_t *serial)
{
	uint64_t end = atomic_load(&t->serial_end);

	for (uint64_t i = *serial; i < end; i++) {
		struct dcf_chunk *chunk = atomic_load(&t->chunk[i / DCF_TABLE_CHUNK]);
		struct dcf_slot *s;

		if (!chunk) {
			i |= DCF_TABLE_CHUNK - 1;
			continue;
		}
		s = atomic_load(&chunk->at[i % DCF_TABLE_CHUNK]);
		if (s) {
			*serial = i;
			return s;
		}
	}
	return NULL;
}

struct dcf_slot *dcf_table_at(const struct dcf_table *t, uint64_t serial)
{
	const struct dcf_chunk *chunk;

	if (serial >= atomic_load(&t->serial_end))
		return NULL;
	chunk = atomic_load(&t->chunk[serial / DCF_TABLE_CHUNK]);
	return chunk ? atomic_load(&chunk->at[serial % DCF_TABLE_CHUNK]) : NULL;
}

static void put(struct dcf_cells *c, struct dcf_slot *s)
{
	size_t k = (size_t)hash(s->party, s->id) & (c->count - 1);

	while (atomic_load(&c->at[k]))
		k = (k + 1) & (c->count - 1);
	atomic_store(&c->at[k], s);
}

/* Room for one more: a larger table, or one without cells that are gone. */
static enum dcf_status grow(struct dcf_table *t)
{
	struct dcf_cells *old = atomic_load(&t->cells), *c;
	uint64_t serial = 0;

	if ((t->used + 1) * 2 <= old->count)
		return DCF_OK;
	c = cells_new(t->from, t->count * 4 > old->count ? old->count * 2 : old->count);
	if (!c)
		return DCF_E_NOMEM;
	for (struct dcf_slot *s; (s = dcf_table_next(t, &serial)); serial++)
		put(c, s);
	t->used = t->count;
	atomic_store(&t->cells, c);
	dcf_epoch_retire(t->epoch, cells_free, (void *)t->from, old);
	return DCF_OK;
}

static enum dcf_status chunk_of(struct dcf_table *t, uint64_t serial, struct dcf_chunk **out)
{
	_Atomic(struct dcf_chunk *) *at;
	struct dcf_chunk *c;

	if (serial / DCF_TABLE_CHUNK >= DCF_TABLE_CHUNKS)
		return DCF_E_LIMIT;
	at = &t->chunk[serial / DCF_TABLE_CHUNK];
	c = atomic_load(at);
	if (!c) {
		c = dcf_alloc_new(t->from, sizeof *c);
		if (!c)
			return DCF_E_NOMEM;
		c->used = 0;
		for (size_t i = 0; i < DCF_TABLE_CHUNK; i++)
			atomic_init(&c->at[i], NULL);
		atomic_store(at, c);
	}
	*out = c;
	return DCF_OK;
}

static struct dcf_slot *slot_new(const struct dcf_alloc *a, uint32_t party, struct dcf_span id)
{
	size_t bytes = sizeof(struct dcf_slot) + id.len;
	struct dcf_slot *s = dcf_alloc_new(a, bytes);

	if (!s)
		return NULL;
	*s = (struct dcf_slot){ .party = party, .bytes = bytes };
	atomic_init(&s->current, NULL);
	if (id.len)
		memcpy(s + 1, id.p, id.len);
	s->id = (struct dcf_span){ (char *)(s + 1), id.len };
	return s;
}

enum dcf_status dcf_table_add(struct dcf_table *t, uint32_t party, struct dcf_span id, uint64_t serial, struct dcf_slot **out)
{
	uint64_t end = atomic_load(&t->serial_end);
	struct dcf_chunk *chunk = NULL;
	struct dcf_slot *slot;
	enum dcf_status s;

	if (dcf_table_at(t, serial))
		return DCF_E_RANGE;
	s = grow(t);
	s = s == DCF_OK ? chunk_of(t, serial, &chunk) : s;
	if (s != DCF_OK)
		return s;
	slot = slot_new(t->from, party, id);
	if (!slot)
		return DCF_E_NOMEM;
	slot->serial = serial;
	put(atomic_load(&t->cells), slot);
	t->used++;
	t->count++;
	chunk->used++;
	atomic_store(&chunk->at[serial % DCF_TABLE_CHUNK], slot);
	if (serial >= end)
		atomic_store(&t->serial_end, serial + 1);
	*out = slot;
	return DCF_OK;
}

void dcf_table_remove(struct dcf_table *t, struct dcf_slot *slot)
{
	struct dcf_cells *c = atomic_load(&t->cells);
	_Atomic(struct dcf_chunk *) *at = &t->chunk[slot->serial / DCF_TABLE_CHUNK];
	struct dcf_chunk *chunk = atomic_load(at);
	size_t k = (size_t)hash(slot->party, slot->id) & (c->count - 1);

	while (atomic_load(&c->at[k]) != slot)
		k = (k + 1) & (c->count - 1);
	atomic_store(&c->at[k], &gone);
	atomic_store(&chunk->at[slot->serial % DCF_TABLE_CHUNK], NULL);
	t->count--;
	chunk->used--;
	/* A chunk behind the newest serial gets no more slots. */
	if (chunk->used == 0 && slot->serial / DCF_TABLE_CHUNK < atomic_load(&t->serial_end) / DCF_TABLE_CHUNK) {
		atomic_store(at, NULL);
		dcf_epoch_retire(t->epoch, chunk_free, (void *)t->from, chunk);
	}
	dcf_epoch_retire(t->epoch, slot_free, (void *)t->from, slot);
}

enum dcf_status dcf_slot_note(const struct dcf_alloc *a, struct dcf_slot *slot, uint64_t position)
{
	void *array = slot->history;
	size_t cap = slot->history_cap;
	enum dcf_status s = DCF_OK;

	if (slot->history_count == cap) {
		size_t n = cap ? cap * 2 : 1;

		array = a->resize(a->ctx, slot->history, cap * sizeof *slot->history, n * sizeof *slot->history);
		s = array ? DCF_OK : DCF_E_NOMEM;
		if (s == DCF_OK) {
			slot->history = array;
			slot->history_cap = (uint32_t)n;
		}
	}
	if (s == DCF_OK)
		slot->history[slot->history_count++] = position;
	return s;
}
