/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - what every engine's callers pass through: arguments are checked here, once. */
#include "store/store.h"

#include <stdarg.h>
#include <stdio.h>

enum dcf_status dcf_store_fail(struct dcf_store_error *err, enum dcf_status code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof err->text, format, args);
	va_end(args);
	return code;
}

static enum dcf_status check_entries(const struct dcf_batch *b, struct dcf_store_error *err)
{
	size_t total = 0;

	for (size_t i = 0; i < b->entry_count; i++) {
		const struct dcf_entry *e = &b->entries[i];

		if (e->erased)
			return dcf_store_fail(err, DCF_E_RANGE, "entry %zu of the batch is an erased one", i);
		if (e->content.len > DCF_CONTENT_MAX)
			return dcf_store_fail(err, DCF_E_LIMIT, "entry %zu of the batch has %zu bytes, at most %d can be kept",
					      i, e->content.len, DCF_CONTENT_MAX);
		total += e->content.len;
		if (total > DCF_STORE_BATCH_BYTES_MAX)
			return dcf_store_fail(err, DCF_E_LIMIT, "the batch has more than %zu bytes", DCF_STORE_BATCH_BYTES_MAX);
	}
	return DCF_OK;
}

enum dcf_status dcf_store_append(struct dcf_store *s, const struct dcf_batch *b, struct dcf_store_error *err)
{
	enum dcf_status status;

	if (b->entry_count > DCF_STORE_BATCH_MAX)
		return dcf_store_fail(err, DCF_E_LIMIT, "the batch has %zu entries, at most %d go into one", b->entry_count,
				      DCF_STORE_BATCH_MAX);
	if (b->expected > DCF_STORE_POSITION_MAX - b->entry_count)
		return dcf_store_fail(err, DCF_E_LIMIT, "a store keeps at most 2^48 entries");
	if (b->head.len == 0)
		return dcf_store_fail(err, DCF_E_RANGE, "the batch has no head");
	if (b->head.len > DCF_STORE_HEAD_MAX)
		return dcf_store_fail(err, DCF_E_LIMIT, "the head has %zu bytes, at most %d can be kept", b->head.len,
				      DCF_STORE_HEAD_MAX);
	for (size_t i = 0; i < b->tile_count; i++) {
		if (b->tiles[i].level >= DCF_TILE_LEVELS || b->tiles[i].index >= DCF_STORE_POSITION_MAX)
			return dcf_store_fail(err, DCF_E_RANGE, "tile %zu of the batch is of level %u", i, b->tiles[i].level);
	}
	status = check_entries(b, err);
	return status == DCF_OK ? s->ops->append(s, b, err) : status;
}

enum dcf_status dcf_store_read(struct dcf_store *s, uint64_t from, uint64_t max, enum dcf_store_read what, dcf_store_each *each,
			       void *ctx, struct dcf_store_error *err)
{
	if (max == 0 || from >= DCF_STORE_POSITION_MAX)
		return DCF_OK;
	if (max > DCF_STORE_POSITION_MAX - from)
		max = DCF_STORE_POSITION_MAX - from;
	return s->ops->read(s, from, max, what, each, ctx, err);
}

enum dcf_status dcf_store_head(struct dcf_store *s, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *err)
{
	enum dcf_status status = s->ops->head(s, count, note, err);

	if (status == DCF_OK && note && note->failed)
		return dcf_store_fail(err, DCF_E_NOMEM, "out of memory for the head");
	return status;
}

enum dcf_status dcf_store_tile(struct dcf_store *s, uint32_t level, uint64_t number, struct dcf_hash hashes[DCF_TILE_WIDTH],
			       struct dcf_store_error *err)
{
	if (level >= DCF_TILE_LEVELS || number >= DCF_STORE_POSITION_MAX)
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "no tile %llu of level %u", (unsigned long long)number, level);
	return s->ops->tile(s, level, number, hashes, err);
}

enum dcf_status dcf_store_erase(struct dcf_store *s, const uint64_t *positions, size_t count, struct dcf_store_error *err)
{
	return count ? s->ops->erase(s, positions, count, err) : DCF_OK;
}

enum dcf_status dcf_store_snapshot_put(struct dcf_store *s, const struct dcf_snapshot_piece *piece, struct dcf_store_error *err)
{
	if (piece->bytes.len == 0 || piece->bytes.len > DCF_STORE_PIECE_MAX)
		return dcf_store_fail(err, DCF_E_RANGE, "a piece of a snapshot has %zu bytes, 1 to %d are allowed",
				      piece->bytes.len, DCF_STORE_PIECE_MAX);
	if (piece->position > DCF_STORE_POSITION_MAX || piece->index >= DCF_STORE_PIECES_MAX)
		return dcf_store_fail(err, DCF_E_RANGE, "a snapshot of a position, or a number of pieces, that no store has");
	return s->ops->snapshot_put(s, piece, err);
}

enum dcf_status dcf_store_snapshot_list(struct dcf_store *s, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS], size_t *count,
					struct dcf_store_error *err)
{
	*count = 0;
	return s->ops->snapshot_list(s, out, count, err);
}

enum dcf_status dcf_store_snapshot_read(struct dcf_store *s, uint64_t position, dcf_snapshot_each *each, void *ctx,
					struct dcf_store_error *err)
{
	if (position > DCF_STORE_POSITION_MAX)
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "no snapshot of that position");
	return s->ops->snapshot_read(s, position, each, ctx, err);
}

static bool key_holds(const char *key)
{
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return n >= 1 && n <= DCF_STORE_META_KEY_MAX && key[n] == '\0';
}

enum dcf_status dcf_store_meta_put(struct dcf_store *s, const char *key, struct dcf_span value, struct dcf_store_error *err)
{
	if (!key_holds(key))
		return dcf_store_fail(err, DCF_E_RANGE,
				      "a name of 1 to 64 small letters, digits, '.', '_' or '-' was expected");
	if (value.len > DCF_STORE_META_MAX)
		return dcf_store_fail(err, DCF_E_LIMIT, "the value of '%s' has %zu bytes, at most %d can be kept", key,
				      value.len, DCF_STORE_META_MAX);
	return s->ops->meta_put(s, key, value, err);
}

enum dcf_status dcf_store_meta_get(struct dcf_store *s, const char *key, struct dcf_buf *value, struct dcf_store_error *err)
{
	enum dcf_status status;

	if (!key_holds(key))
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "nothing can have that name");
	status = s->ops->meta_get(s, key, value, err);
	if (status == DCF_OK && value->failed)
		return dcf_store_fail(err, DCF_E_NOMEM, "out of memory for '%s'", key);
	return status;
}

enum dcf_status dcf_store_backup(struct dcf_store *s, const char *path, struct dcf_store_error *err)
{
	return s->ops->backup(s, path, err);
}

void dcf_store_close(struct dcf_store *s)
{
	if (s)
		s->ops->close(s);
}
