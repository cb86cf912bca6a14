/* SPDX-License-Identifier: Apache-2.0 */
#include "wrap.h"

static struct wrap *wrap_of(struct dcf_store *s)
{
	return (struct wrap *)s;
}

static bool is_due(struct wrap *w)
{
	bool due = w->fail_at >= 0 && (w->calls == w->fail_at || (w->from_then_on && w->calls > w->fail_at));

	w->calls++;
	w->failed += due;
	return due;
}

/* Do the call or not, say that it failed or not. */
#define WRAPPED(call)                                                                                                          \
	do {                                                                                                                   \
		struct wrap *w = wrap_of(s);                                                                                   \
		bool due = is_due(w);                                                                                          \
		enum dcf_status status = DCF_OK;                                                                               \
                                                                                                                               \
		if (!due || w->mode == WRAP_AFTER)                                                                             \
			status = (call);                                                                                       \
		if (due && (status == DCF_OK || status == DCF_E_NOT_FOUND))                                                    \
			status = dcf_store_fail(err, w->status, "call %ld was made to fail", w->calls - 1);                    \
		return status;                                                                                                 \
	} while (0)

static enum dcf_status wrap_append(struct dcf_store *s, const struct dcf_batch *b, struct dcf_store_error *err)
{
	WRAPPED(dcf_store_append(w->inner, b, err));
}

static enum dcf_status wrap_read(struct dcf_store *s, uint64_t from, uint64_t max, enum dcf_store_read what,
				 dcf_store_each *each, void *ctx, struct dcf_store_error *err)
{
	WRAPPED(dcf_store_read(w->inner, from, max, what, each, ctx, err));
}

static enum dcf_status wrap_head(struct dcf_store *s, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *err)
{
	WRAPPED(dcf_store_head(w->inner, count, note, err));
}

static enum dcf_status wrap_tile(struct dcf_store *s, uint32_t level, uint64_t number, struct dcf_hash hashes[DCF_TILE_WIDTH],
				 struct dcf_store_error *err)
{
	WRAPPED(dcf_store_tile(w->inner, level, number, hashes, err));
}

static enum dcf_status wrap_erase(struct dcf_store *s, const uint64_t *positions, size_t count, struct dcf_store_error *err)
{
	WRAPPED(dcf_store_erase(w->inner, positions, count, err));
}

static enum dcf_status wrap_snapshot_put(struct dcf_store *s, const struct dcf_snapshot_piece *piece,
					 struct dcf_store_error *err)
{
	WRAPPED(dcf_store_snapshot_put(w->inner, piece, err));
}

static enum dcf_status wrap_snapshot_list(struct dcf_store *s, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS], size_t *count,
					  struct dcf_store_error *err)
{
	WRAPPED(dcf_store_snapshot_list(w->inner, out, count, err));
}

static enum dcf_status wrap_snapshot_read(struct dcf_store *s, uint64_t position, dcf_snapshot_each *each, void *ctx,
					  struct dcf_store_error *err)
{
	WRAPPED(dcf_store_snapshot_read(w->inner, position, each, ctx, err));
}

static enum dcf_status wrap_meta_put(struct dcf_store *s, const char *key, struct dcf_span value, struct dcf_store_error *err)
{
	WRAPPED(dcf_store_meta_put(w->inner, key, value, err));
}

static enum dcf_status wrap_meta_get(struct dcf_store *s, const char *key, struct dcf_buf *value, struct dcf_store_error *err)
{
	WRAPPED(dcf_store_meta_get(w->inner, key, value, err));
}

static enum dcf_status wrap_backup(struct dcf_store *s, const char *path, struct dcf_store_error *err)
{
	WRAPPED(dcf_store_backup(w->inner, path, err));
}

static void wrap_close(struct dcf_store *s)
{
	(void)s;
}

struct dcf_store *wrap_around(struct wrap *w, struct dcf_store *inner)
{
	static const struct dcf_store_ops ops = {
		.name = "wrap",
		.append = wrap_append,
		.read = wrap_read,
		.head = wrap_head,
		.tile = wrap_tile,
		.erase = wrap_erase,
		.snapshot_put = wrap_snapshot_put,
		.snapshot_list = wrap_snapshot_list,
		.snapshot_read = wrap_snapshot_read,
		.meta_put = wrap_meta_put,
		.meta_get = wrap_meta_get,
		.backup = wrap_backup,
		.close = wrap_close,
	};

	*w = (struct wrap){ .base = { &ops }, .inner = inner, .fail_at = -1, .status = DCF_E_IO };
	return &w->base;
}
