/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the store without a disk.
 *
 * Writers are in line at `writer`; they copy and allocate there, then take `data` for writing only to publish.  Readers hold
 * `data` for reading while their callback runs, so that a writer waits for those that are at it, and only those.  Each entry is
 * one block: salt, then content. */
#include "store/memory.h"
#include "crypto/hash.h"

#include <pthread.h>

struct kept {
	struct dcf_hash commitment;
	uint8_t *body; /* 32 bytes of salt, then the content; NULL when erased */
	size_t body_len;
};

struct kept_tile {
	uint32_t level;
	uint64_t number;
	struct dcf_hash *hashes;
};

struct piece {
	struct dcf_hash hash;
	char *p;
	size_t len;
};

struct snapshot {
	bool whole;
	uint64_t position;
	struct piece *pieces;
	size_t count, cap;
};

struct meta {
	char key[DCF_STORE_META_KEY_MAX + 1];
	char *p;
	size_t len;
};

enum { SLOTS = DCF_STORE_SNAPSHOTS + 1 }; /* the kept ones, the highest position first, and the one in the making */

struct memory {
	struct dcf_store base;
	struct dcf_alloc alloc;
	pthread_mutex_t writer;
	pthread_rwlock_t data;
	struct kept *entries;
	size_t count, cap;
	struct kept_tile *tiles; /* by level, then number */
	size_t tile_count, tile_cap;
	char *head;
	size_t head_len;
	struct snapshot snapshots[SLOTS];
	struct meta *meta;
	size_t meta_count, meta_cap;
};

static struct memory *memory_of(struct dcf_store *s)
{
	return (struct memory *)s;
}

static enum dcf_status no_memory(struct dcf_store_error *err)
{
	return dcf_store_fail(err, DCF_E_NOMEM, "out of memory");
}

static char *copy_of(struct memory *m, struct dcf_span s)
{
	char *p = dcf_alloc_new(&m->alloc, s.len);

	if (p && s.len)
		memcpy(p, s.p, s.len);
	return p;
}

/* Where the tile is, or belongs. */
static size_t tile_at(const struct memory *m, uint32_t level, uint64_t number)
{
	size_t low = 0, high = m->tile_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct kept_tile *t = &m->tiles[mid];

		if (t->level < level || (t->level == level && t->number < number))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool tile_is_at(const struct memory *m, size_t i, uint32_t level, uint64_t number)
{
	return i < m->tile_count && m->tiles[i].level == level && m->tiles[i].number == number;
}

/* Bodies and tiles of a batch in our own memory; what is not NULL when it fails is given back by the caller. */
static enum dcf_status copy_batch(struct memory *m, const struct dcf_batch *b, uint8_t **bodies, struct dcf_hash **tiles)
{
	const size_t tile_bytes = DCF_TILE_WIDTH * sizeof(struct dcf_hash);

	for (size_t i = 0; i < b->entry_count; i++) {
		const struct dcf_entry *e = &b->entries[i];

		bodies[i] = dcf_alloc_new(&m->alloc, sizeof e->salt + e->content.len);
		if (!bodies[i])
			return DCF_E_NOMEM;
		memcpy(bodies[i], e->salt, sizeof e->salt);
		if (e->content.len)
			memcpy(bodies[i] + sizeof e->salt, e->content.p, e->content.len);
	}
	for (size_t i = 0; i < b->tile_count; i++) {
		tiles[i] = dcf_alloc_new(&m->alloc, tile_bytes);
		if (!tiles[i])
			return DCF_E_NOMEM;
		memcpy(tiles[i], b->tiles[i].hash, tile_bytes);
	}
	return DCF_OK;
}

/* Nothing here can fail. */
static void publish(struct memory *m, const struct dcf_batch *b, uint8_t **bodies, struct dcf_hash **tiles, char *head)
{
	for (size_t i = 0; i < b->entry_count; i++) {
		m->entries[m->count++] = (struct kept){ b->entries[i].commitment, bodies[i], 32 + b->entries[i].content.len };
		bodies[i] = NULL;
	}
	for (size_t i = 0; i < b->tile_count; i++) {
		size_t at = tile_at(m, b->tiles[i].level, b->tiles[i].index);

		if (tile_is_at(m, at, b->tiles[i].level, b->tiles[i].index))
			continue;
		memmove(m->tiles + at + 1, m->tiles + at, (m->tile_count - at) * sizeof *m->tiles);
		m->tiles[at] = (struct kept_tile){ b->tiles[i].level, b->tiles[i].index, tiles[i] };
		m->tile_count++;
		tiles[i] = NULL;
	}
	dcf_alloc_free(&m->alloc, m->head, m->head_len);
	m->head = head;
	m->head_len = b->head.len;
}

static enum dcf_status grow_and_publish(struct memory *m, const struct dcf_batch *b, uint8_t **bodies, struct dcf_hash **tiles,
					char **head)
{
	enum dcf_status s;

	pthread_rwlock_wrlock(&m->data);
	s = dcf_grow(&m->alloc, (void **)&m->entries, &m->cap, m->count + b->entry_count, sizeof *m->entries);
	if (s == DCF_OK)
		s = dcf_grow(&m->alloc, (void **)&m->tiles, &m->tile_cap, m->tile_count + b->tile_count, sizeof *m->tiles);
	if (s == DCF_OK) {
		publish(m, b, bodies, tiles, *head);
		*head = NULL;
	}
	pthread_rwlock_unlock(&m->data);
	return s;
}

static enum dcf_status append_held(struct memory *m, const struct dcf_batch *b, struct dcf_store_error *err)
{
	const size_t tile_bytes = DCF_TILE_WIDTH * sizeof(struct dcf_hash);
	enum dcf_status s = DCF_E_NOMEM;
	uint8_t **bodies = dcf_alloc_new(&m->alloc, b->entry_count * sizeof *bodies);
	struct dcf_hash **tiles = dcf_alloc_new(&m->alloc, b->tile_count * sizeof *tiles);
	char *head = copy_of(m, b->head);

	if (!bodies || !tiles || !head)
		goto done;
	memset(bodies, 0, b->entry_count * sizeof *bodies);
	memset(tiles, 0, b->tile_count * sizeof *tiles);
	s = copy_batch(m, b, bodies, tiles);
	if (s == DCF_OK)
		s = grow_and_publish(m, b, bodies, tiles, &head);
	for (size_t i = 0; i < b->entry_count; i++)
		dcf_alloc_free(&m->alloc, bodies[i], 32 + b->entries[i].content.len);
	for (size_t i = 0; i < b->tile_count; i++)
		dcf_alloc_free(&m->alloc, tiles[i], tile_bytes);
done:
	dcf_alloc_free(&m->alloc, head, b->head.len);
	dcf_alloc_free(&m->alloc, tiles, b->tile_count * sizeof *tiles);
	dcf_alloc_free(&m->alloc, bodies, b->entry_count * sizeof *bodies);
	return s == DCF_OK ? s : no_memory(err);
}

static enum dcf_status memory_append(struct dcf_store *store, const struct dcf_batch *b, struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	enum dcf_status s;

	pthread_mutex_lock(&m->writer);
	if (m->count != b->expected)
		s = dcf_store_fail(err, DCF_E_CONFLICT, "the store has %zu entries, %llu were expected", m->count,
				   (unsigned long long)b->expected);
	else
		s = append_held(m, b, err);
	pthread_mutex_unlock(&m->writer);
	return s;
}

static struct dcf_entry entry_of(const struct kept *k, enum dcf_store_read what)
{
	struct dcf_entry e = { .commitment = k->commitment, .erased = !k->body };

	if (k->body && what == DCF_READ_ALL) {
		memcpy(e.salt, k->body, sizeof e.salt);
		e.content = (struct dcf_span){ (const char *)k->body + sizeof e.salt, k->body_len - sizeof e.salt };
	}
	return e;
}

static enum dcf_status memory_read(struct dcf_store *store, uint64_t from, uint64_t max, enum dcf_store_read what,
				   dcf_store_each *each, void *ctx, struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	enum dcf_status s = DCF_OK;

	(void)err;
	pthread_rwlock_rdlock(&m->data);
	for (uint64_t i = from; s == DCF_OK && i < m->count && i - from < max; i++) {
		struct dcf_entry e = entry_of(&m->entries[i], what);

		s = each(ctx, i, &e);
	}
	pthread_rwlock_unlock(&m->data);
	return s;
}

static enum dcf_status memory_head(struct dcf_store *store, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);

	(void)err;
	pthread_rwlock_rdlock(&m->data);
	*count = m->count;
	if (note)
		dcf_buf_put(note, m->head, m->head_len);
	pthread_rwlock_unlock(&m->data);
	return DCF_OK;
}

static enum dcf_status memory_tile(struct dcf_store *store, uint32_t level, uint64_t number,
				   struct dcf_hash hashes[DCF_TILE_WIDTH], struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	bool found;
	size_t at;

	pthread_rwlock_rdlock(&m->data);
	at = tile_at(m, level, number);
	found = tile_is_at(m, at, level, number);
	if (found)
		memcpy(hashes, m->tiles[at].hashes, DCF_TILE_WIDTH * sizeof *hashes);
	pthread_rwlock_unlock(&m->data);
	if (!found)
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "no tile %llu of level %u", (unsigned long long)number, level);
	return DCF_OK;
}

static void forget_body(struct memory *m, struct kept *k)
{
	if (k->body)
		memset(k->body, 0, k->body_len);
	dcf_alloc_free(&m->alloc, k->body, k->body_len);
	k->body = NULL;
	k->body_len = 0;
}

static enum dcf_status memory_erase(struct dcf_store *store, const uint64_t *positions, size_t count,
				    struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	enum dcf_status s = DCF_OK;

	pthread_mutex_lock(&m->writer);
	for (size_t i = 0; s == DCF_OK && i < count; i++) {
		if (positions[i] >= m->count)
			s = dcf_store_fail(err, DCF_E_RANGE, "no entry %llu to erase", (unsigned long long)positions[i]);
	}
	pthread_rwlock_wrlock(&m->data);
	for (size_t i = 0; s == DCF_OK && i < count; i++)
		forget_body(m, &m->entries[positions[i]]);
	pthread_rwlock_unlock(&m->data);
	pthread_mutex_unlock(&m->writer);
	return s;
}

static void snapshot_drop(struct memory *m, struct snapshot *s)
{
	for (size_t i = 0; i < s->count; i++)
		dcf_alloc_free(&m->alloc, s->pieces[i].p, s->pieces[i].len);
	dcf_alloc_free(&m->alloc, s->pieces, s->cap * sizeof *s->pieces);
	*s = (struct snapshot){ 0 };
}

/* The one in the making becomes whole: sorted in, the lowest pushed out. */
static void snapshot_finish(struct memory *m)
{
	struct snapshot made = m->snapshots[DCF_STORE_SNAPSHOTS];
	size_t at = 0;

	made.whole = true;
	m->snapshots[DCF_STORE_SNAPSHOTS] = (struct snapshot){ 0 };
	while (at < DCF_STORE_SNAPSHOTS && m->snapshots[at].whole && m->snapshots[at].position > made.position)
		at++;
	if (at < DCF_STORE_SNAPSHOTS && m->snapshots[at].whole && m->snapshots[at].position == made.position) {
		snapshot_drop(m, &m->snapshots[at]);
		m->snapshots[at] = made;
		return;
	}
	memmove(m->snapshots + at + 1, m->snapshots + at, (DCF_STORE_SNAPSHOTS - at) * sizeof *m->snapshots);
	m->snapshots[at] = made;
	/* What was pushed out lies where the next one will be made. */
	snapshot_drop(m, &m->snapshots[DCF_STORE_SNAPSHOTS]);
}

static enum dcf_status snapshot_add(struct memory *m, const struct dcf_snapshot_piece *piece, struct dcf_store_error *err)
{
	struct snapshot *s = &m->snapshots[DCF_STORE_SNAPSHOTS];
	char *p = copy_of(m, piece->bytes);

	if (!p || dcf_grow(&m->alloc, (void **)&s->pieces, &s->cap, s->count + 1, sizeof *s->pieces) != DCF_OK) {
		dcf_alloc_free(&m->alloc, p, piece->bytes.len);
		return no_memory(err);
	}
	s->position = piece->position;
	s->pieces[s->count++] = (struct piece){ dcf_sha256(piece->bytes), p, piece->bytes.len };
	return DCF_OK;
}

static enum dcf_status memory_snapshot_put(struct dcf_store *store, const struct dcf_snapshot_piece *piece,
					   struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	struct snapshot *made = &m->snapshots[DCF_STORE_SNAPSHOTS];
	enum dcf_status s;

	pthread_mutex_lock(&m->writer);
	if (piece->position > m->count) {
		s = dcf_store_fail(err, DCF_E_RANGE, "a snapshot of position %llu, the store has %zu entries",
				   (unsigned long long)piece->position, m->count);
		goto done;
	}
	if (piece->index == 0)
		snapshot_drop(m, made);
	else if (made->count != piece->index || made->position != piece->position) {
		s = dcf_store_fail(err, DCF_E_RANGE, "piece %u of a snapshot is not the one that comes next",
				   (unsigned)piece->index);
		goto done;
	}
	s = snapshot_add(m, piece, err);
	if (s == DCF_OK && piece->last) {
		pthread_rwlock_wrlock(&m->data);
		snapshot_finish(m);
		pthread_rwlock_unlock(&m->data);
	}
done:
	pthread_mutex_unlock(&m->writer);
	return s;
}

static enum dcf_status memory_snapshot_list(struct dcf_store *store, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS],
					    size_t *count, struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	size_t n = 0;

	(void)err;
	pthread_rwlock_rdlock(&m->data);
	for (; n < DCF_STORE_SNAPSHOTS && m->snapshots[n].whole; n++) {
		const struct snapshot *s = &m->snapshots[n];

		out[n] = (struct dcf_snapshot_info){ .position = s->position, .pieces = (uint32_t)s->count };
		for (size_t k = 0; k < s->count; k++)
			out[n].bytes += s->pieces[k].len;
	}
	*count = n;
	pthread_rwlock_unlock(&m->data);
	return DCF_OK;
}

static enum dcf_status memory_snapshot_read(struct dcf_store *store, uint64_t position, dcf_snapshot_each *each, void *ctx,
					    struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	enum dcf_status status = DCF_E_NOT_FOUND;

	pthread_rwlock_rdlock(&m->data);
	for (size_t n = 0; n < DCF_STORE_SNAPSHOTS; n++) {
		const struct snapshot *s = &m->snapshots[n];

		if (!s->whole || s->position != position)
			continue;
		status = DCF_OK;
		for (size_t k = 0; status == DCF_OK && k < s->count; k++)
			status = each(ctx, (uint32_t)k, (struct dcf_span){ s->pieces[k].p, s->pieces[k].len });
		break;
	}
	pthread_rwlock_unlock(&m->data);
	if (status == DCF_E_NOT_FOUND)
		return dcf_store_fail(err, status, "no snapshot of position %llu", (unsigned long long)position);
	return status;
}

static struct meta *meta_of(struct memory *m, const char *key)
{
	for (size_t i = 0; i < m->meta_count; i++) {
		if (strcmp(m->meta[i].key, key) == 0)
			return &m->meta[i];
	}
	return NULL;
}

static enum dcf_status memory_meta_put(struct dcf_store *store, const char *key, struct dcf_span value,
				       struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	enum dcf_status s = DCF_E_NOMEM;
	char *p;

	pthread_mutex_lock(&m->writer);
	p = copy_of(m, value);
	pthread_rwlock_wrlock(&m->data);
	if (p && dcf_grow(&m->alloc, (void **)&m->meta, &m->meta_cap, m->meta_count + 1, sizeof *m->meta) == DCF_OK) {
		struct meta *at = meta_of(m, key);

		if (!at) {
			at = &m->meta[m->meta_count++];
			*at = (struct meta){ 0 };
			memcpy(at->key, key, strlen(key) + 1);
		}
		dcf_alloc_free(&m->alloc, at->p, at->len);
		at->p = p;
		at->len = value.len;
		p = NULL;
		s = DCF_OK;
	}
	pthread_rwlock_unlock(&m->data);
	dcf_alloc_free(&m->alloc, p, value.len);
	pthread_mutex_unlock(&m->writer);
	return s == DCF_OK ? s : no_memory(err);
}

static enum dcf_status memory_meta_get(struct dcf_store *store, const char *key, struct dcf_buf *value,
				       struct dcf_store_error *err)
{
	struct memory *m = memory_of(store);
	const struct meta *at;

	pthread_rwlock_rdlock(&m->data);
	at = meta_of(m, key);
	if (at)
		dcf_buf_put(value, at->p, at->len);
	pthread_rwlock_unlock(&m->data);
	return at ? DCF_OK : dcf_store_fail(err, DCF_E_NOT_FOUND, "nothing is called '%s'", key);
}

static enum dcf_status memory_backup(struct dcf_store *store, const char *path, struct dcf_store_error *err)
{
	(void)store;
	return dcf_store_fail(err, DCF_E_REFUSED, "%.150s: a store in memory cannot be backed up", path);
}

static void memory_close(struct dcf_store *store)
{
	struct memory *m = memory_of(store);
	struct dcf_alloc alloc = m->alloc;

	for (size_t i = 0; i < m->count; i++)
		forget_body(m, &m->entries[i]);
	dcf_alloc_free(&alloc, m->entries, m->cap * sizeof *m->entries);
	for (size_t i = 0; i < m->tile_count; i++)
		dcf_alloc_free(&alloc, m->tiles[i].hashes, DCF_TILE_WIDTH * sizeof(struct dcf_hash));
	dcf_alloc_free(&alloc, m->tiles, m->tile_cap * sizeof *m->tiles);
	dcf_alloc_free(&alloc, m->head, m->head_len);
	for (size_t i = 0; i < SLOTS; i++)
		snapshot_drop(m, &m->snapshots[i]);
	for (size_t i = 0; i < m->meta_count; i++)
		dcf_alloc_free(&alloc, m->meta[i].p, m->meta[i].len);
	dcf_alloc_free(&alloc, m->meta, m->meta_cap * sizeof *m->meta);
	pthread_rwlock_destroy(&m->data);
	pthread_mutex_destroy(&m->writer);
	dcf_alloc_free(&alloc, m, sizeof *m);
}

static const struct dcf_store_ops memory_ops = {
	.name = "memory",
	.append = memory_append,
	.read = memory_read,
	.head = memory_head,
	.tile = memory_tile,
	.erase = memory_erase,
	.snapshot_put = memory_snapshot_put,
	.snapshot_list = memory_snapshot_list,
	.snapshot_read = memory_snapshot_read,
	.meta_put = memory_meta_put,
	.meta_get = memory_meta_get,
	.backup = memory_backup,
	.close = memory_close,
};

enum dcf_status dcf_memory_open(const struct dcf_alloc *alloc, struct dcf_store **out, struct dcf_store_error *err)
{
	struct memory *m = dcf_alloc_new(alloc, sizeof *m);
	pthread_rwlockattr_t kind;

	*out = NULL;
	if (!m)
		return no_memory(err);
	memset(m, 0, sizeof *m);
	m->base.ops = &memory_ops;
	m->alloc = *alloc;
	/* Readers that follow each other without a gap would otherwise keep a writer out for ever.  With these attributes
	 * nothing here fails on the systems this is built for. */
	pthread_rwlockattr_init(&kind);
	pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&m->data, &kind);
	pthread_rwlockattr_destroy(&kind);
	pthread_mutex_init(&m->writer, NULL);
	*out = &m->base;
	return DCF_OK;
}
