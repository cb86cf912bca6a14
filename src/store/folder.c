/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c - an exported record, read file by file. */
#include "store/folder.h"
#include "record/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	struct dcf_store base;
	struct dcf_alloc alloc;
	int fd; /* of the folder */
	char *path;
};

static struct folder *folder_of(struct dcf_store *s)
{
	return (struct folder *)s;
}

/* --- files -------------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status failed(const struct folder *f, const char *name, struct dcf_store_error *err)
{
	return dcf_store_fail(err, errno == ENOENT || errno == ENOTDIR ? DCF_E_NOT_FOUND : DCF_E_IO, "%.120s/%.80s: %s",
			      f->path, name, strerror(errno));
}

static enum dcf_status damage(const struct folder *f, const char *name, const char *expected, struct dcf_store_error *err)
{
	return dcf_store_fail(err, DCF_E_CORRUPT, "%.110s/%.70s: %.50s was expected", f->path, name, expected);
}

static enum dcf_status read_fd(const struct folder *f, int fd, const char *name, size_t max, struct dcf_buf *out,
			       struct dcf_store_error *err)
{
	char piece[16384];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		total += (size_t)n;
		if (total > max)
			return dcf_store_fail(err, DCF_E_CORRUPT, "%.110s/%.70s: longer than %zu bytes", f->path, name, max);
		dcf_buf_put(out, piece, (size_t)n);
	}
	if (n < 0)
		return failed(f, name, err);
	return out->failed ? dcf_store_fail(err, DCF_E_NOMEM, "out of memory") : DCF_OK;
}

/* The file `name` behind what is in `out`.  DCF_E_NOT_FOUND, DCF_E_CORRUPT: longer than `max`, or not a file. */
static enum dcf_status read_file(const struct folder *f, const char *name, size_t max, struct dcf_buf *out,
				 struct dcf_store_error *err)
{
	/* Not to wait for a pipe that somebody put in a file's place. */
	int fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum dcf_status s = DCF_OK;
	struct stat st;

	if (fd < 0)
		return failed(f, name, err);
	if (fstat(fd, &st) != 0)
		s = failed(f, name, err);
	else if (!S_ISREG(st.st_mode))
		s = damage(f, name, "a file", err);
	else
		s = read_fd(f, fd, name, max, out, err);
	close(fd);
	return s;
}

/* The same of exactly `size` bytes, into `to`. */
static enum dcf_status read_exactly(const struct folder *f, const char *name, void *to, size_t size,
				    struct dcf_store_error *err)
{
	struct dcf_buf b = { .from = &f->alloc };
	enum dcf_status s = read_file(f, name, size, &b, err);

	if (s == DCF_OK && b.len != size)
		s = damage(f, name, "a longer file", err);
	if (s == DCF_OK)
		memcpy(to, b.p, size);
	dcf_buf_free(&b);
	return s;
}

/* --- the store ---------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status read_head(const struct folder *f, struct dcf_checkpoint *cp, struct dcf_buf *note,
				 struct dcf_store_error *err)
{
	struct dcf_note parsed;
	size_t before = note->len;
	enum dcf_status s = read_file(f, "checkpoint", DCF_STORE_HEAD_MAX, note, err);

	if (s != DCF_OK)
		return s;
	if (dcf_note_read((struct dcf_span){ note->p + before, note->len - before }, &parsed, NULL) != DCF_OK ||
	    dcf_checkpoint_read(parsed.text, cp, NULL) != DCF_OK || cp->size > DCF_STORE_POSITION_MAX)
		return damage(f, "checkpoint", "a signed head", err);
	return DCF_OK;
}

static enum dcf_status folder_head(struct dcf_store *store, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *err)
{
	const struct folder *f = folder_of(store);
	struct dcf_buf own = { .from = &f->alloc };
	struct dcf_checkpoint cp;
	enum dcf_status s = read_head(f, &cp, note ? note : &own, err);

	*count = s == DCF_OK ? cp.size : 0;
	dcf_buf_free(&own);
	return s;
}

/* The commitments of one bundle.  The incomplete one of this size may have made way for a wider one meanwhile. */
static enum dcf_status read_bundle(const struct folder *f, uint64_t index, uint32_t width, struct dcf_hash *out,
				   struct dcf_store_error *err)
{
	struct dcf_tile_id id = { 0, width, index };
	struct dcf_hash all[DCF_TILE_WIDTH];
	uint8_t bytes[DCF_BUNDLE_MAX];
	char path[DCF_TILE_PATH_MAX];
	enum dcf_status s;

	dcf_tile_path(DCF_TILE_ENTRIES, id, path);
	s = read_exactly(f, path, bytes, width * (size_t)DCF_BUNDLE_ENTRY, err);
	if (s == DCF_E_NOT_FOUND && width < DCF_TILE_WIDTH) {
		id.width = DCF_TILE_WIDTH;
		dcf_tile_path(DCF_TILE_ENTRIES, id, path);
		s = read_exactly(f, path, bytes, DCF_BUNDLE_MAX, err);
	}
	if (s != DCF_OK)
		return s == DCF_E_NOT_FOUND ? damage(f, path, "the file", err) : s;
	if (dcf_bundle_read((struct dcf_span){ (const char *)bytes, id.width * (size_t)DCF_BUNDLE_ENTRY }, id.width, all) !=
	    DCF_OK)
		return damage(f, path, "a row of commitments", err);
	memcpy(out, all, width * sizeof *out);
	return DCF_OK;
}

static enum dcf_status hand_on(const struct folder *f, uint64_t position, const struct dcf_hash *commitment,
			       enum dcf_store_read what, dcf_store_each *each, void *ctx, struct dcf_store_error *err)
{
	struct dcf_entry e = { .commitment = *commitment };
	struct dcf_buf b = { .from = &f->alloc };
	char path[DCF_CONTENT_PATH_MAX];
	enum dcf_status s = DCF_OK;

	dcf_content_path(commitment, path);
	if (what == DCF_READ_ALL) {
		s = read_file(f, path, DCF_CONTENT_MAX + DCF_SALT_BYTES, &b, err);
		if (s == DCF_OK && dcf_content_read(dcf_buf_as_span(&b), commitment, &e) != DCF_OK)
			s = damage(f, path, "what its name stands for", err);
	} else if (faccessat(f->fd, path, F_OK, 0) != 0) {
		s = failed(f, path, err);
	}
	if (s == DCF_E_NOT_FOUND) {
		e = (struct dcf_entry){ .commitment = *commitment, .erased = true };
		s = DCF_OK;
	}
	if (s == DCF_OK)
		s = each(ctx, position, &e);
	dcf_buf_free(&b);
	return s;
}

static enum dcf_status folder_read(struct dcf_store *store, uint64_t from, uint64_t max, enum dcf_store_read what,
				   dcf_store_each *each, void *ctx, struct dcf_store_error *err)
{
	const struct folder *f = folder_of(store);
	struct dcf_hash commitments[DCF_TILE_WIDTH];
	uint64_t size, at = from, end;
	enum dcf_status s = folder_head(store, &size, NULL, err);

	end = from + max < size ? from + max : size;
	while (s == DCF_OK && at < end) {
		uint64_t index = at / DCF_TILE_WIDTH;

		s = read_bundle(f, index, dcf_tile_width(size, 0, index), commitments, err);
		for (; s == DCF_OK && at < end && at / DCF_TILE_WIDTH == index; at++)
			s = hand_on(f, at, &commitments[at % DCF_TILE_WIDTH], what, each, ctx, err);
	}
	return s;
}

static enum dcf_status folder_tile(struct dcf_store *store, uint32_t level, uint64_t number,
				   struct dcf_hash hashes[DCF_TILE_WIDTH], struct dcf_store_error *err)
{
	char path[DCF_TILE_PATH_MAX];

	dcf_tile_path(DCF_TILE_HASHES, (struct dcf_tile_id){ level, DCF_TILE_WIDTH, number }, path);
	return read_exactly(folder_of(store), path, hashes, DCF_TILE_WIDTH * sizeof *hashes, err);
}

static enum dcf_status folder_meta_get(struct dcf_store *store, const char *key, struct dcf_buf *value,
				       struct dcf_store_error *err)
{
	static const char handover[] = "handover.";
	const struct folder *f = folder_of(store);
	struct dcf_buf note = { .from = &f->alloc };
	struct dcf_checkpoint cp;
	char name[40];
	enum dcf_status s;

	if (strcmp(key, "keys") == 0)
		return read_file(f, "keys", DCF_STORE_META_MAX, value, err);
	if (strncmp(key, handover, sizeof handover - 1) == 0 && !strpbrk(key + sizeof handover - 1, "./")) {
		snprintf(name, sizeof name, "handover/%.30s", key + sizeof handover - 1);
		return read_file(f, name, DCF_STORE_META_MAX, value, err);
	}
	if (strcmp(key, "origin") != 0)
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "%.110s: nothing is called '%s'", f->path, key);
	s = read_head(f, &cp, &note, err);
	if (s == DCF_OK)
		dcf_buf_span(value, cp.origin);
	dcf_buf_free(&note);
	return s;
}

static enum dcf_status for_reading(struct dcf_store *store, struct dcf_store_error *err)
{
	return dcf_store_fail(err, DCF_E_REFUSED, "%.150s: an exported record can only be read", folder_of(store)->path);
}

static enum dcf_status folder_append(struct dcf_store *store, const struct dcf_batch *batch, struct dcf_store_error *err)
{
	(void)batch;
	return for_reading(store, err);
}

static enum dcf_status folder_erase(struct dcf_store *store, const uint64_t *positions, size_t count,
				    struct dcf_store_error *err)
{
	(void)positions, (void)count;
	return for_reading(store, err);
}

static enum dcf_status folder_snapshot_put(struct dcf_store *store, const struct dcf_snapshot_piece *piece,
					   struct dcf_store_error *err)
{
	(void)piece;
	return for_reading(store, err);
}

static enum dcf_status folder_snapshot_list(struct dcf_store *store, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS],
					    size_t *count, struct dcf_store_error *err)
{
	(void)store, (void)out, (void)err;
	*count = 0;
	return DCF_OK;
}

static enum dcf_status folder_snapshot_read(struct dcf_store *store, uint64_t position, dcf_snapshot_each *each, void *ctx,
					    struct dcf_store_error *err)
{
	(void)each, (void)ctx;
	return dcf_store_fail(err, DCF_E_NOT_FOUND, "%.150s: no snapshot of position %llu", folder_of(store)->path,
			      (unsigned long long)position);
}

static enum dcf_status folder_meta_put(struct dcf_store *store, const char *key, struct dcf_span value,
				       struct dcf_store_error *err)
{
	(void)key, (void)value;
	return for_reading(store, err);
}

static enum dcf_status folder_backup(struct dcf_store *store, const char *path, struct dcf_store_error *err)
{
	(void)path;
	return dcf_store_fail(err, DCF_E_REFUSED, "%.110s: an exported record is copied as a folder, not as one file",
			      folder_of(store)->path);
}

static void folder_close(struct dcf_store *store)
{
	struct folder *f = folder_of(store);
	struct dcf_alloc alloc = f->alloc;

	if (f->fd >= 0)
		close(f->fd);
	dcf_alloc_free(&alloc, f->path, strlen(f->path) + 1);
	dcf_alloc_free(&alloc, f, sizeof *f);
}

static const struct dcf_store_ops folder_ops = {
	.name = "folder",
	.append = folder_append,
	.read = folder_read,
	.head = folder_head,
	.tile = folder_tile,
	.erase = folder_erase,
	.snapshot_put = folder_snapshot_put,
	.snapshot_list = folder_snapshot_list,
	.snapshot_read = folder_snapshot_read,
	.meta_put = folder_meta_put,
	.meta_get = folder_meta_get,
	.backup = folder_backup,
	.close = folder_close,
};

enum dcf_status dcf_folder_open(const char *path, const struct dcf_alloc *alloc, struct dcf_store **out,
				struct dcf_store_error *err)
{
	size_t n = strlen(path) + 1;
	struct folder *f = dcf_alloc_new(alloc, sizeof *f);
	char *copy = dcf_alloc_new(alloc, n);
	enum dcf_status s = DCF_OK;

	*out = NULL;
	if (!f || !copy) {
		dcf_alloc_free(alloc, f, sizeof *f);
		dcf_alloc_free(alloc, copy, n);
		return dcf_store_fail(err, DCF_E_NOMEM, "out of memory");
	}
	memcpy(copy, path, n);
	*f = (struct folder){ .base.ops = &folder_ops, .alloc = *alloc, .path = copy };
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		s = dcf_store_fail(err, errno == ENOENT || errno == ENOTDIR ? DCF_E_NOT_FOUND : DCF_E_IO, "%.150s: %s", path,
				   strerror(errno));
	else if (faccessat(f->fd, "checkpoint", F_OK, 0) != 0)
		s = failed(f, "checkpoint", err);
	if (s == DCF_OK)
		*out = &f->base;
	else
		folder_close(&f->base);
	return s;
}
