/* SPDX-License-Identifier: Apache-2.0 */
/* log_verify.c - the whole record, read and checked.
 *
 * Entries are read in stretches that end where a tile is complete and where a handover stands; at each such place the tree made
 * of the commitments read is compared with what is stored or signed there.  A place whose root a signature vouches for is a
 * milestone: when something later does not fit and no tile says where, the last milestone is the first position in doubt. */
#include "store/log.h"
#include "store/log_int.h"

#include <inttypes.h>
#include <stdio.h>

/* Entries between two calls of the caller's progress. */
enum { PROGRESS_STRETCHES = 64 };

struct verifier {
	struct dcf_store *store;
	const struct dcf_alloc *alloc;
	struct dcf_log_report *report;
	struct dcf_store_error *err;
	const struct dcf_keyring *ring;
	struct dcf_checkpoint head; /* borrows from a note that outlives this */
	struct dcf_tree tree;
	uint64_t milestone;
	size_t next_key; /* whose handover comes next */
	struct dcf_hash leaves[DCF_TILE_WIDTH];
	uint32_t leaf_count;
	struct dcf_tile done[DCF_TILE_LEVELS];
};

static enum dcf_status bad(struct verifier *v, uint64_t position, const char *what)
{
	v->report->first_bad = position;
	snprintf(v->report->what, sizeof v->report->what, "%s", what);
	return dcf_store_fail(v->err, DCF_E_CORRUPT, "position %" PRIu64 ": %.180s", position, what);
}

/* Damage that the store itself has seen is a finding like any other. */
static enum dcf_status bad_by_store(struct verifier *v, enum dcf_status s, uint64_t position)
{
	char text[sizeof v->err->text];

	if (s != DCF_E_CORRUPT)
		return s;
	memcpy(text, v->err->text, sizeof text);
	return bad(v, position, text);
}

static enum dcf_status look_at_entry(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct verifier *v = ctx;

	if (!dcf_entry_holds(e))
		return bad(v, position, "the content is not what its commitment stands for");
	v->leaves[v->leaf_count++] = dcf_entry_leaf(&e->commitment);
	v->report->entries++;
	v->report->erased += e->erased;
	v->report->bytes += e->content.len;
	return DCF_OK;
}

/* First leaf under hash `i` of a tile. */
static uint64_t leaf_under(const struct dcf_tile *t, uint32_t i)
{
	return (t->index * DCF_TILE_WIDTH + i) << (DCF_TILE_HEIGHT * t->level);
}

static enum dcf_status compare_tile(struct verifier *v, const struct dcf_tile *t)
{
	struct dcf_hash stored[DCF_TILE_WIDTH];
	char what[120];
	enum dcf_status s = dcf_store_tile(v->store, t->level, t->index, stored, v->err);

	if (s == DCF_E_NOT_FOUND) {
		snprintf(what, sizeof what, "tile %" PRIu64 " of level %u is missing", t->index, (unsigned)t->level);
		return bad(v, leaf_under(t, 0), what);
	}
	if (s != DCF_OK)
		return bad_by_store(v, s, leaf_under(t, 0));
	for (uint32_t i = 0; i < DCF_TILE_WIDTH; i++) {
		if (dcf_hash_eq(&stored[i], &t->hash[i]))
			continue;
		snprintf(what, sizeof what, "tile %" PRIu64 " of level %u and the entries differ", t->index,
			 (unsigned)t->level);
		return bad(v, leaf_under(t, i), what);
	}
	v->report->tiles++;
	return DCF_OK;
}

static enum dcf_status bad_handover(struct verifier *v, uint64_t at, const char *why)
{
	char what[160];

	snprintf(what, sizeof what, "the handover to the key from %" PRIu64 " on %s", at, why);
	return bad(v, v->milestone, what);
}

/* The tree has the size at which the next key took over. */
static enum dcf_status look_at_handover(struct verifier *v)
{
	const uint64_t at = v->ring->key[v->next_key].from;
	struct dcf_buf note = { .from = v->alloc };
	struct dcf_hash root = dcf_tree_root(&v->tree);
	struct dcf_checkpoint cp;
	char key[DCF_HANDOVER_KEY_MAX];
	enum dcf_status s;

	dcf_handover_key(at, key);
	s = dcf_store_meta_get(v->store, key, &note, v->err);
	if (s == DCF_E_NOT_FOUND)
		s = bad_handover(v, at, "is missing");
	else if (s != DCF_OK)
		s = bad_by_store(v, s, v->milestone);
	else if (dcf_keyring_handover(v->ring, v->next_key, dcf_buf_as_span(&note), &cp, NULL) != DCF_OK)
		s = bad_handover(v, at, "is not signed by both keys");
	else if (!dcf_hash_eq(&cp.root, &root))
		s = bad_handover(v, at, "signs another tree than that of the entries");
	else
		v->milestone = at;
	dcf_buf_free(&note);
	if (s == DCF_OK)
		v->next_key++;
	return s;
}

static uint64_t handover_at(const struct verifier *v)
{
	return v->next_key < v->ring->count ? v->ring->key[v->next_key].from : UINT64_MAX;
}

/* Read up to where something can be compared, and compare. */
static enum dcf_status stretch(struct verifier *v)
{
	const uint64_t at = v->tree.size;
	uint64_t end = (at / DCF_TILE_WIDTH + 1) * DCF_TILE_WIDTH;
	size_t done;
	enum dcf_status s;

	end = end < v->head.size ? end : v->head.size;
	end = end < handover_at(v) ? end : handover_at(v);
	v->leaf_count = 0;
	s = dcf_store_read(v->store, at, end - at, DCF_READ_ALL, look_at_entry, v, v->err);
	if (s == DCF_E_CORRUPT && v->report->what[0])
		return s;
	if (s != DCF_OK)
		return bad_by_store(v, s, at + v->leaf_count);
	if (v->leaf_count < end - at)
		return bad(v, at + v->leaf_count, "the entry is missing");
	done = dcf_tree_append(&v->tree, v->leaves, v->leaf_count, v->done);
	for (size_t i = 0; s == DCF_OK && i < done; i++)
		s = compare_tile(v, &v->done[i]);
	return s == DCF_OK && v->tree.size == handover_at(v) ? look_at_handover(v) : s;
}

static enum dcf_status verify_all(struct verifier *v, dcf_log_progress *progress, void *ctx)
{
	struct dcf_hash root;
	enum dcf_status s = DCF_OK;

	for (uint64_t n = 0; s == DCF_OK && v->tree.size < v->head.size; n++) {
		s = stretch(v);
		if (s == DCF_OK && progress && n % PROGRESS_STRETCHES == 0 && !progress(ctx, v->tree.size, v->head.size))
			return dcf_store_fail(v->err, DCF_E_REFUSED, "stopped at position %" PRIu64, v->tree.size);
	}
	if (s != DCF_OK)
		return s;
	root = dcf_tree_root(&v->tree);
	if (!dcf_hash_eq(&root, &v->head.root))
		return bad(v, v->milestone, "the tree of the entries is not the one that the head signs");
	if (v->next_key < v->ring->count)
		return bad(v, v->head.size, "the record is shorter than its keys say");
	return DCF_OK;
}

/* The keys to go by: the caller's; or, where that is one key which is not (or no longer) the one that signs, the store's from
 * there on: handovers show that they follow. */
static enum dcf_status choose_keys(struct verifier *v, const struct dcf_keyring *given, struct dcf_span note, uint64_t count,
				   struct dcf_keyring *ring)
{
	enum dcf_status s;

	if (given) {
		*ring = *given;
		s = dcf_log_open_head(ring, note, count, &v->head, v->err);
		if (s != DCF_E_CORRUPT || given->count != 1)
			return bad_by_store(v, s, 0);
	}
	s = dcf_log_stored_keys(v->store, v->alloc, ring, v->err);
	if (s == DCF_E_NOT_FOUND)
		return bad(v, 0, "the record's keys are missing");
	if (s != DCF_OK)
		return bad_by_store(v, s, 0);
	for (size_t i = 0; given; i++) {
		if (i == ring->count)
			return bad(v, 0, "neither the head nor any of the record's keys is of the key that was given");
		if (dcf_vkey_eq(&ring->key[i].key, &given->key[0].key))
			break;
	}
	return bad_by_store(v, dcf_log_open_head(ring, note, count, &v->head, v->err), 0);
}

/* Handovers before the key that was given are those of others: it says itself what it signed.  They are checked all the same: a
 * record with a broken one does not verify. */
static enum dcf_status verify_with(struct verifier *v, const struct dcf_keyring *given, struct dcf_keyring *ring,
				   struct dcf_buf *note, dcf_log_progress *progress, void *ctx)
{
	uint64_t count;
	enum dcf_status s = dcf_store_head(v->store, &count, note, v->err);

	if (s != DCF_OK)
		return bad_by_store(v, s, 0);
	if (note->len == 0)
		return count ? bad(v, 0, "there are entries and no head")
			     : dcf_store_fail(v->err, DCF_E_NOT_FOUND, "no record was begun here");
	s = choose_keys(v, given, dcf_buf_as_span(note), count, ring);
	if (s != DCF_OK)
		return s;
	v->ring = ring;
	v->next_key = 1;
	v->report->size = v->head.size;
	v->report->root = v->head.root;
	v->report->keys = ring->count;
	if (v->head.origin.len < sizeof v->report->origin)
		memcpy(v->report->origin, v->head.origin.p, v->head.origin.len);
	return verify_all(v, progress, ctx);
}

enum dcf_status dcf_log_verify(struct dcf_store *store, const struct dcf_alloc *alloc, const struct dcf_keyring *ring,
			       dcf_log_progress *progress, void *ctx, struct dcf_log_report *report,
			       struct dcf_store_error *err)
{
	struct dcf_store_error passed_over;
	struct verifier *v = dcf_alloc_new(alloc, sizeof *v);
	struct dcf_keyring *used = dcf_alloc_new(alloc, sizeof *used);
	struct dcf_buf note = { .from = alloc };
	enum dcf_status s = DCF_E_NOMEM;

	memset(report, 0, sizeof *report);
	if (v && used) {
		memset(v, 0, sizeof *v);
		v->store = store;
		v->alloc = alloc;
		v->report = report;
		v->err = err ? err : &passed_over;
		s = verify_with(v, ring, used, &note, progress, ctx);
	} else {
		(void)dcf_store_fail(err, s, "out of memory");
	}
	dcf_buf_free(&note);
	dcf_alloc_free(alloc, used, sizeof *used);
	dcf_alloc_free(alloc, v, sizeof *v);
	return s;
}
