/* SPDX-License-Identifier: Apache-2.0 */
/* folder_export.c - write a record as a folder of tiles.
 *
 * Everything but the checkpoint either never changes once it is written, or is looked at only by readers of a later checkpoint.
 * So the order is: contents, bundles, tiles, keys, handovers; then all of it made durable; then the checkpoint; then what is of
 * no use any more is deleted. */
#include "store/folder.h"
#include "store/log_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct export
{
	struct dcf_store *store;
	struct dcf_log *log;
	const struct dcf_alloc *alloc;
	const char *path;
	int fd;
	uint64_t before, size; /* entries in the folder, and to be */
	struct dcf_tile_source tiles;
	struct dcf_export_report *report;
	struct dcf_store_error *err; /* not NULL */
	struct dcf_buf content;      /* the file in the making */
	struct dcf_hash commitments[DCF_TILE_WIDTH];
	uint32_t commitment_count;
};

static enum dcf_status failed(const struct export *x, const char *name)
{
	return dcf_store_fail(x->err, errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? DCF_E_FULL : DCF_E_IO,
			      "%.120s/%.80s: %s", x->path, name, strerror(errno));
}

static enum dcf_status no_memory(const struct export *x)
{
	return dcf_store_fail(x->err, DCF_E_NOMEM, "out of memory");
}

/* --- files -------------------------------------------------------------------------------------------------------------------
 */

/* Make the folders that `name` lies in. */
static enum dcf_status make_folders(const struct export *x, const char *name)
{
	char part[DCF_CONTENT_PATH_MAX > DCF_TILE_PATH_MAX ? DCF_CONTENT_PATH_MAX : DCF_TILE_PATH_MAX];
	const char *slash = name;

	while ((slash = strchr(slash, '/')) != NULL) {
		size_t n = (size_t)(slash - name);

		memcpy(part, name, n);
		part[n] = '\0';
		if (mkdirat(x->fd, part, 0777) != 0 && errno != EEXIST)
			return failed(x, part);
		slash++;
	}
	return DCF_OK;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static enum dcf_status write_file(const struct export *x, const char *name, const void *p, size_t n, bool sync)
{
	int fd = openat(x->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	enum dcf_status s;

	if (fd < 0 && errno == ENOENT) {
		s = make_folders(x, name);
		if (s != DCF_OK)
			return s;
		fd = openat(x->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	}
	if (fd < 0)
		return failed(x, name);
	s = write_all(fd, p, n) && (!sync || fsync(fd) == 0) ? DCF_OK : failed(x, name);
	if (close(fd) != 0 && s == DCF_OK)
		s = failed(x, name);
	x->report->files += s == DCF_OK;
	return s;
}

/* The same for what readers may look at meanwhile: they see the old or the new one whole. */
static enum dcf_status replace_file(const struct export *x, const char *name, struct dcf_span text)
{
	static const char beside[] = "checkpoint.part";
	enum dcf_status s = write_file(x, beside, text.p, text.len, true);

	if (s == DCF_OK)
		s = make_folders(x, name);
	if (s == DCF_OK && renameat(x->fd, beside, x->fd, name) != 0)
		s = failed(x, name);
	return s;
}

/* --- contents and bundles ----------------------------------------------------------------------------------------------------
 */

static enum dcf_status export_entry(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct export *x = ctx;
	char path[DCF_CONTENT_PATH_MAX];

	x->commitments[x->commitment_count++] = e->commitment;
	if (position < x->before || e->erased)
		return DCF_OK;
	x->content.len = 0;
	dcf_content_put(&x->content, e);
	if (x->content.failed)
		return no_memory(x);
	dcf_content_path(&e->commitment, path);
	x->report->contents++;
	return write_file(x, path, x->content.p, x->content.len, false);
}

static enum dcf_status export_bundles(struct export *x)
{
	const uint64_t first = x->before / DCF_TILE_WIDTH;
	uint8_t bytes[DCF_BUNDLE_MAX];
	char path[DCF_TILE_PATH_MAX];
	enum dcf_status s = DCF_OK;

	for (uint64_t i = first; s == DCF_OK && i * DCF_TILE_WIDTH < x->size; i++) {
		struct dcf_tile_id id = { 0, dcf_tile_width(x->size, 0, i), i };

		x->commitment_count = 0;
		s = dcf_store_read(x->store, i * DCF_TILE_WIDTH, id.width, DCF_READ_ALL, export_entry, x, x->err);
		if (s == DCF_OK && x->commitment_count < id.width)
			s = dcf_store_fail(x->err, DCF_E_CORRUPT, "entry %llu is missing",
					   (unsigned long long)(i * DCF_TILE_WIDTH + x->commitment_count));
		if (s != DCF_OK)
			return s;
		dcf_tile_path(DCF_TILE_ENTRIES, id, path);
		s = write_file(x, path, bytes, dcf_bundle_write(x->commitments, id.width, bytes), false);
	}
	return s;
}

/* Contents that were exported before and erased since. */
static enum dcf_status take_away(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct export *x = ctx;
	char path[DCF_CONTENT_PATH_MAX];

	(void)position;
	if (!e->erased)
		return DCF_OK;
	dcf_content_path(&e->commitment, path);
	if (unlinkat(x->fd, path, 0) == 0)
		x->report->erased++;
	else if (errno != ENOENT)
		return failed(x, path);
	return DCF_OK;
}

/* --- tiles -------------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status export_tiles(struct export *x)
{
	struct dcf_hash hashes[DCF_TILE_WIDTH];
	char path[DCF_TILE_PATH_MAX];
	enum dcf_status s = DCF_OK;

	for (uint32_t level = 0; level < DCF_TILE_LEVELS; level++) {
		uint64_t i = dcf_tile_count(x->before, level);

		for (uint32_t width; s == DCF_OK && (width = dcf_tile_width(x->size, level, i)) > 0; i++) {
			const struct dcf_tile_id id = { level, width, i };

			s = x->tiles.read(x->tiles.ctx, id, hashes);
			if (s != DCF_OK)
				return dcf_store_fail(x->err, s, "tile %llu of level %u cannot be read: %s",
						      (unsigned long long)i, (unsigned)level, dcf_status_text(s));
			dcf_tile_path(DCF_TILE_HASHES, id, path);
			s = write_file(x, path, hashes, width * sizeof *hashes, false);
		}
	}
	return s;
}

static enum dcf_status drop_incomplete(const struct export *x, enum dcf_tile_kind kind, uint32_t level)
{
	const struct dcf_tile_id id = { level, dcf_tile_open(x->before, level), dcf_tile_count(x->before, level) };
	char path[DCF_TILE_PATH_MAX];

	if (id.width == 0 || dcf_tile_width(x->size, level, id.index) == id.width)
		return DCF_OK;
	dcf_tile_path(kind, id, path);
	if (unlinkat(x->fd, path, 0) != 0 && errno != ENOENT)
		return failed(x, path);
	/* The folder of widths goes with its last one. */
	*strrchr(path, '/') = '\0';
	if (unlinkat(x->fd, path, AT_REMOVEDIR) != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
		return failed(x, path);
	return DCF_OK;
}

static enum dcf_status drop_all_incomplete(const struct export *x)
{
	enum dcf_status s = drop_incomplete(x, DCF_TILE_ENTRIES, 0);

	for (uint32_t level = 0; s == DCF_OK && level < DCF_TILE_LEVELS; level++)
		s = drop_incomplete(x, DCF_TILE_HASHES, level);
	return s;
}

/* --- keys --------------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status export_handovers(struct export *x, const struct dcf_keyring *ring)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 1; s == DCF_OK && i < ring->count && ring->key[i].from <= x->size; i++) {
		struct dcf_buf note = { .from = x->alloc };
		char key[DCF_HANDOVER_KEY_MAX], path[40];

		dcf_handover_key(ring->key[i].from, key);
		snprintf(path, sizeof path, "handover/%llu", (unsigned long long)ring->key[i].from);
		s = dcf_store_meta_get(x->store, key, &note, x->err);
		if (s == DCF_OK)
			s = replace_file(x, path, dcf_buf_as_span(&note));
		dcf_buf_free(&note);
	}
	return s;
}

static enum dcf_status export_keys(struct export *x)
{
	struct dcf_keyring *ring = dcf_alloc_new(x->alloc, sizeof *ring);
	struct dcf_buf text = { .from = x->alloc };
	enum dcf_status s = DCF_E_NOMEM;

	if (ring) {
		dcf_log_keys(x->log, ring);
		dcf_keyring_put(&text, ring);
		s = export_handovers(x, ring);
	}
	if (s == DCF_OK)
		s = text.failed ? DCF_E_NOMEM : replace_file(x, "keys", dcf_buf_as_span(&text));
	if (s == DCF_E_NOMEM)
		s = no_memory(x);
	dcf_buf_free(&text);
	dcf_alloc_free(x->alloc, ring, sizeof *ring);
	return s;
}

/* --- the folder --------------------------------------------------------------------------------------------------------------
 */

static bool is_empty(int fd)
{
	int copy = dup(fd);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *e;
	bool empty = d != NULL;

	while (d && (e = readdir(d)) != NULL)
		empty = empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
	if (d)
		closedir(d);
	else if (copy >= 0)
		close(copy);
	return empty;
}

/* What the folder has must be how this record began. */
static enum dcf_status compare_with_folder(struct export *x, struct dcf_span note, const struct dcf_hash *root,
					   struct dcf_span origin)
{
	struct dcf_note parsed;
	struct dcf_checkpoint cp;
	struct dcf_hash then = *root;
	enum dcf_status s = DCF_OK;

	if (dcf_note_read(note, &parsed, NULL) != DCF_OK || dcf_checkpoint_read(parsed.text, &cp, NULL) != DCF_OK)
		return dcf_store_fail(x->err, DCF_E_REFUSED, "%.150s/checkpoint: a signed head was expected", x->path);
	x->before = cp.size;
	if (!dcf_span_eq(cp.origin, origin))
		return dcf_store_fail(x->err, DCF_E_CONFLICT, "%.150s: has the record of another origin", x->path);
	if (cp.size > x->size)
		return dcf_store_fail(x->err, DCF_E_CONFLICT, "%.120s: has %llu entries, the record only %llu", x->path,
				      (unsigned long long)cp.size, (unsigned long long)x->size);
	if (cp.size < x->size)
		s = dcf_log_root_at(x->log, cp.size, &then, x->err);
	if (s == DCF_OK && !dcf_hash_eq(&then, &cp.root))
		return dcf_store_fail(x->err, DCF_E_CONFLICT, "%.120s: its %llu entries are not the first ones of this record",
				      x->path, (unsigned long long)cp.size);
	return s;
}

static enum dcf_status open_folder(struct export *x, const struct dcf_hash *root, struct dcf_span origin)
{
	struct dcf_store *there = NULL;
	struct dcf_buf note = { .from = x->alloc };
	uint64_t count;
	enum dcf_status s;

	if (mkdir(x->path, 0777) != 0 && errno != EEXIST)
		return failed(x, "");
	x->fd = open(x->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x->fd < 0)
		return failed(x, "");
	s = dcf_folder_open(x->path, x->alloc, &there, x->err);
	if (s == DCF_E_NOT_FOUND)
		/* One that was begun and not ended has no checkpoint yet: its first file is. */
		return is_empty(x->fd) || faccessat(x->fd, "exporting", F_OK, 0) == 0
			       ? write_file(x, "exporting", "", 0, true)
			       : dcf_store_fail(x->err, DCF_E_REFUSED, "%.150s: has files and no checkpoint", x->path);
	if (s == DCF_OK)
		s = dcf_store_head(there, &count, &note, x->err);
	if (s == DCF_OK)
		s = compare_with_folder(x, dcf_buf_as_span(&note), root, origin);
	dcf_buf_free(&note);
	dcf_store_close(there);
	return s;
}

static enum dcf_status export_all(struct export *x, struct dcf_span head)
{
	const bool grown = x->size > x->before;
	enum dcf_status s = grown ? export_bundles(x) : DCF_OK;

	if (s == DCF_OK && grown)
		s = export_tiles(x);
	if (s == DCF_OK)
		s = export_keys(x);
	/* One for all of them: a sync for each file would take hours. */
	if (s == DCF_OK && syncfs(x->fd) != 0)
		s = failed(x, "");
	if (s == DCF_OK)
		s = replace_file(x, "checkpoint", head);
	if (s == DCF_OK && (unlinkat(x->fd, "exporting", 0) == 0 || errno == ENOENT) && fsync(x->fd) != 0 && errno != EINVAL)
		s = failed(x, "");
	if (s == DCF_OK)
		s = dcf_store_read(x->store, 0, x->before, DCF_READ_COMMITMENTS, take_away, x, x->err);
	return s == DCF_OK ? drop_all_incomplete(x) : s;
}

enum dcf_status dcf_folder_export(struct dcf_store *store, struct dcf_log *log, const struct dcf_alloc *alloc, const char *path,
				  struct dcf_export_report *report, struct dcf_store_error *err)
{
	struct dcf_store_error passed_over;
	struct export x = {
		.store = store, .log = log, .alloc = alloc, .path = path, .fd = -1, .report = report, .content.from = alloc
	};
	struct dcf_buf head = { .from = alloc };
	struct dcf_note parsed;
	struct dcf_checkpoint cp;
	struct dcf_hash root;
	enum dcf_status s;

	memset(report, 0, sizeof *report);
	x.err = err ? err : &passed_over;
	x.tiles = dcf_log_tiles(log);
	s = dcf_log_head(log, &x.size, &root, &head);
	if (s == DCF_OK && (dcf_note_read(dcf_buf_as_span(&head), &parsed, NULL) != DCF_OK ||
			    dcf_checkpoint_read(parsed.text, &cp, NULL) != DCF_OK))
		s = DCF_E_CORRUPT;
	if (s != DCF_OK)
		(void)dcf_store_fail(x.err, s, "the head cannot be read: %s", dcf_status_text(s));
	if (s == DCF_OK)
		s = open_folder(&x, &root, cp.origin);
	if (s == DCF_OK)
		s = export_all(&x, dcf_buf_as_span(&head));
	report->before = x.before;
	report->size = x.size;
	if (x.fd >= 0)
		close(x.fd);
	dcf_buf_free(&x.content);
	dcf_buf_free(&head);
	return s;
}
