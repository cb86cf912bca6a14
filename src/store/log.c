/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - a record kept in a store.
 *
 * Two trees: the published one, which readers see under `lock`, and the other, which the writer fills; a durable append swaps
 * them.  So a failed append leaves what readers see untouched, and they wait for a swap of pointers at most. */
#include "store/log.h"
#include "store/kept_head.h"
#include "store/log_int.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

struct dcf_log {
	struct dcf_store *store;
	struct dcf_alloc alloc;
	struct dcf_keyring ring;
	bool own_ring;              /* given by the caller: what the store says of keys is passed over */
	struct dcf_kept_head *kept; /* may be NULL */
	bool broken;                /* nobody knows what the store has: reload first.  The writer's alone */

	pthread_mutex_t lock; /* what follows up to the next empty line; the writer changes it, and may read it without */
	struct dcf_tree *tree;
	struct dcf_hash root;
	struct dcf_buf head;

	struct dcf_tree *next;
	struct dcf_tree trees[2];
};

void dcf_handover_key(uint64_t size, char out[DCF_HANDOVER_KEY_MAX])
{
	snprintf(out, DCF_HANDOVER_KEY_MAX, "handover.%" PRIu64, size);
}

static enum dcf_status no_memory(struct dcf_store_error *err)
{
	return dcf_store_fail(err, DCF_E_NOMEM, "out of memory");
}

/* --- the right edge of a tree in a store -------------------------------------------------------------------------------------
 */

struct edge {
	struct dcf_store *store;
	struct dcf_store_error *err;
};

struct leaves {
	struct dcf_hash *out;
	size_t count;
};

static enum dcf_status take_leaf(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct leaves *l = ctx;

	(void)position;
	l->out[l->count++] = dcf_entry_leaf(&e->commitment);
	return DCF_OK;
}

static enum dcf_status missing(const struct edge *e, struct dcf_tile_id t)
{
	return dcf_store_fail(e->err, DCF_E_CORRUPT, "tile %llu of level %u is missing", (unsigned long long)t.index,
			      (unsigned)t.level);
}

/* The hashes of an incomplete tile are leaves, or stand for complete tiles of the level below. */
static enum dcf_status read_incomplete(struct edge *e, struct dcf_tile_id t, struct dcf_hash *out)
{
	struct dcf_hash below[DCF_TILE_WIDTH];
	struct leaves l = { out, 0 };
	enum dcf_status s = DCF_OK;

	if (t.level == 0) {
		s = dcf_store_read(e->store, t.index * DCF_TILE_WIDTH, t.width, DCF_READ_COMMITMENTS, take_leaf, &l, e->err);
		return s == DCF_OK && l.count < t.width ? missing(e, t) : s;
	}
	for (uint32_t i = 0; s == DCF_OK && i < t.width; i++) {
		s = dcf_store_tile(e->store, t.level - 1, t.index * DCF_TILE_WIDTH + i, below, e->err);
		if (s == DCF_OK)
			out[i] = dcf_tile_hash(below);
	}
	return s == DCF_E_NOT_FOUND ? missing(e, t) : s;
}

static enum dcf_status read_stored(void *ctx, struct dcf_tile_id t, struct dcf_hash *out)
{
	struct edge *e = ctx;
	struct dcf_hash all[DCF_TILE_WIDTH];
	enum dcf_status s = dcf_store_tile(e->store, t.level, t.index, all, e->err);

	if (s == DCF_OK)
		memcpy(out, all, t.width * sizeof *out);
	return s == DCF_E_NOT_FOUND ? read_incomplete(e, t, out) : s;
}

/* --- opening -----------------------------------------------------------------------------------------------------------------
 */

enum dcf_status dcf_log_stored_keys(struct dcf_store *store, const struct dcf_alloc *alloc, struct dcf_keyring *out,
				    struct dcf_store_error *err)
{
	struct dcf_buf text = { .from = alloc };
	struct dcf_note_error where = { 0 };
	enum dcf_status s = dcf_store_meta_get(store, "keys", &text, err);

	if (s == DCF_OK && dcf_keyring_read(dcf_buf_as_span(&text), out, &where) != DCF_OK)
		s = dcf_store_fail(err, DCF_E_CORRUPT, "the record's keys cannot be read: byte %zu: expected %.150s", where.at,
				   where.expected ? where.expected : "keys");
	dcf_buf_free(&text);
	return s;
}

enum dcf_status dcf_log_open_head(const struct dcf_keyring *ring, struct dcf_span note, uint64_t count,
				  struct dcf_checkpoint *out, struct dcf_store_error *err)
{
	struct dcf_note_error where = { 0 };
	enum dcf_status s = dcf_keyring_open(ring, note, out, &where);

	if (s == DCF_E_NOT_FOUND)
		return dcf_store_fail(err, DCF_E_CORRUPT, "the head is not signed by the record's key");
	if (s == DCF_E_REFUSED)
		return dcf_store_fail(err, DCF_E_CORRUPT, "the head's signature does not hold");
	if (s != DCF_OK)
		return dcf_store_fail(err, DCF_E_CORRUPT, "the head is not one: byte %zu: expected %.150s", where.at,
				      where.expected ? where.expected : "a signed head");
	if (out->size != count)
		return dcf_store_fail(err, DCF_E_CORRUPT, "the head signs %" PRIu64 " entries, there are %" PRIu64, out->size,
				      count);
	return DCF_OK;
}

/* Read the store's head and tree into `tree` and `head` (empty). */
static enum dcf_status load(struct dcf_log *log, struct dcf_keyring *ring, struct dcf_tree *tree, struct dcf_buf *head,
			    struct dcf_hash *root, struct dcf_store_error *err)
{
	struct edge e = { log->store, err };
	const struct dcf_tile_source from = { read_stored, &e };
	struct dcf_checkpoint cp;
	uint64_t count;
	enum dcf_status s = dcf_store_head(log->store, &count, head, err);

	if (s == DCF_OK && head->len == 0)
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "no record was begun here");
	if (s == DCF_OK && !log->own_ring)
		s = dcf_log_stored_keys(log->store, &log->alloc, ring, err);
	if (s == DCF_OK)
		s = dcf_log_open_head(ring, dcf_buf_as_span(head), count, &cp, err);
	if (s == DCF_OK)
		s = dcf_tree_load(tree, &from, count);
	if (s != DCF_OK)
		return s;
	*root = dcf_tree_root(tree);
	if (!dcf_hash_eq(root, &cp.root))
		return dcf_store_fail(err, DCF_E_CORRUPT,
				      "the tree of the %" PRIu64 " entries is not the one that the head signs", count);
	return DCF_OK;
}

/* The writer's tree becomes what readers see. */
static void publish(struct dcf_log *log, struct dcf_buf *head, const struct dcf_hash *root)
{
	struct dcf_tree *seen = log->tree;
	struct dcf_buf old = log->head;

	pthread_mutex_lock(&log->lock);
	log->tree = log->next;
	log->root = *root;
	log->head = *head;
	pthread_mutex_unlock(&log->lock);
	log->next = seen;
	*head = old;
}

enum dcf_status dcf_log_open(struct dcf_store *store, const struct dcf_alloc *alloc, const struct dcf_keyring *ring,
			     struct dcf_log **out, struct dcf_store_error *err)
{
	struct dcf_log *log = dcf_alloc_new(alloc, sizeof *log);
	enum dcf_status s;

	*out = NULL;
	if (!log)
		return no_memory(err);
	memset(log, 0, sizeof *log);
	log->store = store;
	log->alloc = *alloc;
	log->own_ring = ring != NULL;
	if (ring)
		log->ring = *ring;
	log->tree = &log->trees[0];
	log->next = &log->trees[1];
	log->head.from = &log->alloc;
	/* Default attributes: does not fail on the systems this is built for. */
	pthread_mutex_init(&log->lock, NULL);
	s = load(log, &log->ring, log->tree, &log->head, &log->root, err);
	if (s == DCF_OK)
		*out = log;
	else
		dcf_log_close(log);
	return s;
}

void dcf_log_keep(struct dcf_log *log, struct dcf_kept_head *kept)
{
	log->kept = kept;
}

void dcf_log_close(struct dcf_log *log)
{
	struct dcf_alloc alloc;

	if (!log)
		return;
	alloc = log->alloc;
	dcf_buf_free(&log->head);
	pthread_mutex_destroy(&log->lock);
	dcf_alloc_free(&alloc, log, sizeof *log);
}

enum dcf_status dcf_log_reload(struct dcf_log *log, struct dcf_store_error *err)
{
	struct edge e = { log->store, err };
	const struct dcf_tile_source from = { read_stored, &e };
	struct dcf_keyring ring = log->ring;
	struct dcf_buf head = { .from = &log->alloc };
	struct dcf_hash root, then;
	enum dcf_status s = load(log, &ring, log->next, &head, &root, err);

	if (s == DCF_OK && log->next->size < log->tree->size)
		s = dcf_store_fail(err, DCF_E_CORRUPT, "there are %" PRIu64 " entries, there have been %" PRIu64,
				   log->next->size, log->tree->size);
	if (s == DCF_OK)
		s = dcf_tree_root_at(&from, log->tree->size, &then);
	if (s == DCF_OK && !dcf_hash_eq(&then, &log->root))
		s = dcf_store_fail(err, DCF_E_CORRUPT, "the first %" PRIu64 " entries are not what they were", log->tree->size);
	if (s == DCF_OK) {
		pthread_mutex_lock(&log->lock);
		log->ring = ring;
		pthread_mutex_unlock(&log->lock);
		publish(log, &head, &root);
		log->broken = false;
	}
	dcf_buf_free(&head);
	return s;
}

/* --- writing -----------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status sign_head(struct dcf_buf *out, uint64_t size, const struct dcf_hash *root,
				 const struct dcf_signer *signers, size_t count, struct dcf_store_error *err)
{
	const struct dcf_checkpoint cp = { .origin = dcf_vkey_name(&signers[0].who), .size = size, .root = *root };
	enum dcf_status s = dcf_checkpoint_sign(out, &cp, signers, count);

	return s == DCF_OK ? s : dcf_store_fail(err, s, "the head cannot be signed: %s", dcf_status_text(s));
}

/* Is there a record already?  One that was begun by the same signer, but not ended, is gone on with. */
static enum dcf_status may_create(struct dcf_store *store, const struct dcf_alloc *alloc, const struct dcf_keyring *ring,
				  struct dcf_store_error *err)
{
	struct dcf_buf note = { .from = alloc };
	struct dcf_keyring there = { 0 };
	uint64_t count;
	enum dcf_status s = dcf_store_head(store, &count, &note, err);

	if (s == DCF_OK && (count || note.len))
		s = dcf_store_fail(err, DCF_E_CONFLICT, "there is a record of %" PRIu64 " entries already", count);
	if (s == DCF_OK)
		s = dcf_log_stored_keys(store, alloc, &there, err);
	if (s == DCF_OK && (there.count != 1 || !dcf_vkey_eq(&there.key[0].key, &ring->key[0].key)))
		s = dcf_store_fail(err, DCF_E_CONFLICT, "a record of %.150s was begun here already", there.key[0].key.name);
	if (s == DCF_E_NOT_FOUND)
		s = DCF_OK;
	dcf_buf_free(&note);
	return s;
}

enum dcf_status dcf_log_create(struct dcf_store *store, const struct dcf_alloc *alloc, const struct dcf_signer *signer,
			       struct dcf_store_error *err)
{
	struct dcf_keyring ring = { 0 };
	struct dcf_buf keys = { .from = alloc }, head = { .from = alloc };
	struct dcf_hash root = dcf_merkle_empty();
	enum dcf_status s = dcf_keyring_add(&ring, 0, &signer->who);

	if (s != DCF_OK)
		return dcf_store_fail(err, s, "the key cannot begin a record: %s", dcf_status_text(s));
	s = may_create(store, alloc, &ring, err);
	dcf_keyring_put(&keys, &ring);
	if (s == DCF_OK && keys.failed)
		s = no_memory(err);
	if (s == DCF_OK)
		s = dcf_store_meta_put(store, "origin", dcf_vkey_name(&signer->who), err);
	if (s == DCF_OK)
		s = dcf_store_meta_put(store, "keys", dcf_buf_as_span(&keys), err);
	if (s == DCF_OK)
		s = sign_head(&head, 0, &root, signer, 1, err);
	if (s == DCF_OK) {
		const struct dcf_batch batch = { .head = dcf_buf_as_span(&head) };

		s = dcf_store_append(store, &batch, err);
	}
	dcf_buf_free(&head);
	dcf_buf_free(&keys);
	return s;
}

static enum dcf_status may_write(const struct dcf_log *log, const struct dcf_signer *signer, uint64_t size,
				 struct dcf_store_error *err)
{
	const struct dcf_vkey *key = dcf_keyring_at(&log->ring, size);

	if (log->broken)
		return dcf_store_fail(err, DCF_E_REFUSED, "a write failed before: the record must be read again first");
	if (!key || !dcf_vkey_eq(key, &signer->who))
		return dcf_store_fail(err, DCF_E_REFUSED, "the record's key is another than the one to sign with");
	return DCF_OK;
}

/* The writer's tree: what is published and these entries. */
static enum dcf_status grow(struct dcf_log *log, struct dcf_entry *entries, size_t count, struct dcf_hash *leaves,
			    struct dcf_tile *done, size_t *done_count)
{
	*log->next = *log->tree;
	for (size_t i = 0; i < count; i++) {
		entries[i].commitment = dcf_entry_commit(entries[i].salt, entries[i].content);
		entries[i].erased = false;
		leaves[i] = dcf_entry_leaf(&entries[i].commitment);
	}
	*done_count = dcf_tree_append(log->next, leaves, count, done);
	return DCF_OK;
}

/* Hand a batch to the store and publish it. */
static enum dcf_status write_batch(struct dcf_log *log, const struct dcf_batch *b, struct dcf_buf *head,
				   const struct dcf_hash *root, struct dcf_store_error *err)
{
	enum dcf_status s = dcf_store_append(log->store, b, err);

	if (s == DCF_OK && log->kept)
		dcf_kept_head_put(log->kept, b->head);
	if (s == DCF_OK)
		publish(log, head, root);
	/* Refused before anything was written; anything else leaves open what is there. */
	else if (s != DCF_E_RANGE && s != DCF_E_LIMIT)
		log->broken = true;
	return s;
}

enum dcf_status dcf_log_append(struct dcf_log *log, struct dcf_entry *entries, size_t count, const struct dcf_signer *signer,
			       uint64_t *first, struct dcf_store_error *err)
{
	const uint64_t size = log->tree->size;
	struct dcf_batch b = { .expected = size, .entries = entries, .entry_count = count };
	struct dcf_buf head = { .from = &log->alloc };
	struct dcf_hash *leaves = NULL, root;
	struct dcf_tile *done = NULL;
	size_t most = 0;
	enum dcf_status s;

	if (count > DCF_STORE_BATCH_MAX || size > DCF_STORE_POSITION_MAX - count)
		return dcf_store_fail(err, DCF_E_LIMIT, "%zu entries at once, at most %d", count, DCF_STORE_BATCH_MAX);
	s = may_write(log, signer, size + count, err);
	if (s != DCF_OK)
		return s;
	most = (size_t)dcf_tiles_completed(size, size + count);
	leaves = dcf_alloc_new(&log->alloc, count * sizeof *leaves);
	done = dcf_alloc_new(&log->alloc, most * sizeof *done);
	s = leaves && done ? grow(log, entries, count, leaves, done, &b.tile_count) : no_memory(err);
	if (s != DCF_OK)
		goto done;
	root = dcf_tree_root(log->next);
	s = sign_head(&head, log->next->size, &root, signer, 1, err);
	if (s != DCF_OK)
		goto done;
	b.tiles = done;
	b.head = dcf_buf_as_span(&head);
	s = write_batch(log, &b, &head, &root, err);
	if (s == DCF_OK && first)
		*first = size;
done:
	dcf_buf_free(&head);
	dcf_alloc_free(&log->alloc, done, most * sizeof *done);
	dcf_alloc_free(&log->alloc, leaves, count * sizeof *leaves);
	return s;
}

/* The handover before the ring: with a crash between them the old key goes on, and its head is signed by both. */
static enum dcf_status keep_handover(struct dcf_log *log, const struct dcf_keyring *ring, struct dcf_span head,
				     struct dcf_store_error *err)
{
	struct dcf_buf keys = { .from = &log->alloc };
	char name[DCF_HANDOVER_KEY_MAX];
	enum dcf_status s;

	dcf_handover_key(log->tree->size, name);
	dcf_keyring_put(&keys, ring);
	s = keys.failed ? no_memory(err) : dcf_store_meta_put(log->store, name, head, err);
	if (s == DCF_OK)
		s = dcf_store_meta_put(log->store, "keys", dcf_buf_as_span(&keys), err);
	dcf_buf_free(&keys);
	return s;
}

enum dcf_status dcf_log_rotate(struct dcf_log *log, const struct dcf_signer *before, const struct dcf_signer *after,
			       struct dcf_store_error *err)
{
	const struct dcf_signer both[] = { *before, *after };
	struct dcf_keyring ring = log->ring;
	struct dcf_buf head = { .from = &log->alloc }, copy = { .from = &log->alloc };
	struct dcf_batch b = { .expected = log->tree->size };
	struct dcf_hash root = log->root;
	enum dcf_status s = may_write(log, before, log->tree->size, err);

	if (s != DCF_OK)
		return s;
	s = dcf_keyring_add(&ring, log->tree->size, &after->who);
	if (s != DCF_OK)
		return dcf_store_fail(err, s, "the next key cannot follow at %" PRIu64 " entries: %s", log->tree->size,
				      dcf_status_text(s));
	s = sign_head(&head, log->tree->size, &root, both, 2, err);
	dcf_buf_span(&copy, dcf_buf_as_span(&head));
	if (s == DCF_OK && copy.failed)
		s = no_memory(err);
	if (s == DCF_OK) {
		*log->next = *log->tree;
		b.head = dcf_buf_as_span(&head);
		s = write_batch(log, &b, &head, &root, err);
	}
	if (s == DCF_OK) {
		s = keep_handover(log, &ring, dcf_buf_as_span(&copy), err);
		log->broken = s != DCF_OK;
	}
	if (s == DCF_OK) {
		pthread_mutex_lock(&log->lock);
		log->ring = ring;
		pthread_mutex_unlock(&log->lock);
	}
	dcf_buf_free(&copy);
	dcf_buf_free(&head);
	return s;
}

/* --- reading -----------------------------------------------------------------------------------------------------------------
 */

enum dcf_status dcf_log_head(struct dcf_log *log, uint64_t *size, struct dcf_hash *root, struct dcf_buf *note)
{
	pthread_mutex_lock(&log->lock);
	*size = log->tree->size;
	if (root)
		*root = log->root;
	if (note)
		dcf_buf_span(note, dcf_buf_as_span(&log->head));
	pthread_mutex_unlock(&log->lock);
	return note && note->failed ? DCF_E_NOMEM : DCF_OK;
}

void dcf_log_keys(struct dcf_log *log, struct dcf_keyring *out)
{
	pthread_mutex_lock(&log->lock);
	*out = log->ring;
	pthread_mutex_unlock(&log->lock);
}

struct checked {
	dcf_store_each *each;
	void *ctx;
	struct dcf_store_error *err;
	bool bad;
};

static enum dcf_status check_entry(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct checked *c = ctx;
	struct dcf_hash h;

	if (!e->erased) {
		h = dcf_entry_commit(e->salt, e->content);
		c->bad = !dcf_hash_eq(&h, &e->commitment);
	}
	return c->bad ? dcf_store_fail(c->err, DCF_E_CORRUPT, "the content of entry %" PRIu64 " is not what was appended",
				       position)
		      : c->each(c->ctx, position, e);
}

enum dcf_status dcf_log_read(struct dcf_store *store, uint64_t from, uint64_t max, dcf_store_each *each, void *ctx,
			     struct dcf_store_error *err)
{
	struct checked c = { each, ctx, err, false };

	return dcf_store_read(store, from, max, DCF_READ_ALL, check_entry, &c, err);
}

struct proving {
	struct dcf_log *log;
	struct dcf_store_error *err;
};

static enum dcf_status read_published(struct dcf_log *log, struct dcf_tile_id t, struct dcf_hash *out,
				      struct dcf_store_error *err)
{
	struct dcf_hash all[DCF_TILE_WIDTH];
	enum dcf_status s = DCF_OK;
	uint32_t width;

	pthread_mutex_lock(&log->lock);
	width = dcf_tile_width(log->tree->size, t.level, t.index);
	if (width >= t.width && width < DCF_TILE_WIDTH)
		memcpy(out, log->tree->open[t.level], t.width * sizeof *out);
	pthread_mutex_unlock(&log->lock);
	if (width < t.width)
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "no tile %llu of level %u with %u hashes",
				      (unsigned long long)t.index, (unsigned)t.level, (unsigned)t.width);
	if (width < DCF_TILE_WIDTH)
		return DCF_OK;
	s = dcf_store_tile(log->store, t.level, t.index, all, err);
	if (s == DCF_OK)
		memcpy(out, all, t.width * sizeof *out);
	/* It is complete, so it was written. */
	return s == DCF_E_NOT_FOUND ? dcf_store_fail(err, DCF_E_CORRUPT, "tile %llu of level %u is missing",
						     (unsigned long long)t.index, (unsigned)t.level)
				    : s;
}

static enum dcf_status read_with_error(void *ctx, struct dcf_tile_id t, struct dcf_hash *out)
{
	struct proving *p = ctx;

	return read_published(p->log, t, out, p->err);
}

static enum dcf_status read_without(void *ctx, struct dcf_tile_id t, struct dcf_hash *out)
{
	if (t.level >= DCF_TILE_LEVELS || t.width < 1 || t.width > DCF_TILE_WIDTH)
		return DCF_E_NOT_FOUND;
	return read_published(ctx, t, out, NULL);
}

struct dcf_tile_source dcf_log_tiles(struct dcf_log *log)
{
	return (struct dcf_tile_source){ read_without, log };
}

static enum dcf_status within(struct dcf_log *log, uint64_t size, struct dcf_store_error *err)
{
	uint64_t now;

	pthread_mutex_lock(&log->lock);
	now = log->tree->size;
	pthread_mutex_unlock(&log->lock);
	if (size > now)
		return dcf_store_fail(err, DCF_E_RANGE, "the record has %" PRIu64 " entries, %" PRIu64 " were named", now,
				      size);
	return DCF_OK;
}

enum dcf_status dcf_log_root_at(struct dcf_log *log, uint64_t size, struct dcf_hash *root, struct dcf_store_error *err)
{
	struct proving p = { log, err };
	const struct dcf_tile_source from = { read_with_error, &p };
	enum dcf_status s = within(log, size, err);

	return s == DCF_OK ? dcf_tree_root_at(&from, size, root) : s;
}

enum dcf_status dcf_log_prove_inclusion(struct dcf_log *log, uint64_t index, uint64_t size, struct dcf_proof *proof,
					struct dcf_store_error *err)
{
	struct proving p = { log, err };
	const struct dcf_tile_source from = { read_with_error, &p };
	enum dcf_status s = within(log, size, err);

	if (s == DCF_OK && index >= size)
		s = dcf_store_fail(err, DCF_E_RANGE, "entry %" PRIu64 " is not among the first %" PRIu64, index, size);
	return s == DCF_OK ? dcf_prove_inclusion(&from, index, size, proof) : s;
}

enum dcf_status dcf_log_prove_consistency(struct dcf_log *log, uint64_t old, uint64_t to, struct dcf_proof *proof,
					  struct dcf_store_error *err)
{
	struct proving p = { log, err };
	const struct dcf_tile_source from = { read_with_error, &p };
	enum dcf_status s = within(log, to, err);

	if (s == DCF_OK && old > to)
		s = dcf_store_fail(err, DCF_E_RANGE, "%" PRIu64 " entries are more than %" PRIu64, old, to);
	return s == DCF_OK ? dcf_prove_consistency(&from, old, to, proof) : s;
}
