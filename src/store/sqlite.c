/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite.c - the SQLite engine: opening, the lock, closing. */
#include "store/sqlite_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* `a` and `b` behind each other in our own memory. */
static char *joined(const struct dcf_alloc *alloc, const char *a, const char *b)
{
	size_t n = strlen(a), k = strlen(b) + 1;
	char *p = dcf_alloc_new(alloc, n + k);

	if (p) {
		memcpy(p, a, n);
		memcpy(p + n, b, k);
	}
	return p;
}

static void free_text(const struct dcf_alloc *alloc, char *p)
{
	if (p)
		dcf_alloc_free(alloc, p, strlen(p) + 1);
}

enum dcf_status dcf_sync_folder(const char *path, struct dcf_store_error *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	char folder[4096];
	int fd;
	bool good;

	if (n >= sizeof folder)
		return dcf_store_fail(err, DCF_E_LIMIT, "%.150s...: the path is too long", path);
	memcpy(folder, slash && n == 0 ? "/" : n ? path : ".", n ? n : 1);
	folder[n ? n : 1] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some file systems cannot sync a folder (EINVAL): there its entries are as durable as they get. */
	good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
	if (!good)
		(void)dcf_store_fail(err, DCF_E_IO, "%.150s: cannot be synced: %s", folder, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? DCF_OK : DCF_E_IO;
}

/* Whose lock it is, as that process wrote it; "" when it cannot be told. */
static void read_holder(int fd, char *out, size_t cap)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;

	if (pid > 0)
		snprintf(out, cap, " (process %ld)", pid);
	else
		*out = '\0';
}

/* The lock goes with the process, however it ends; the file stays, so that no two ever lock different ones. */
static enum dcf_status lock(struct dcf_sqlite *s, struct dcf_store_error *err)
{
	char *path = joined(&s->alloc, s->path, ".lock"), holder[48];
	enum dcf_status status = DCF_OK;
	int n;

	if (!path)
		return dcf_store_fail(err, DCF_E_NOMEM, "out of memory");
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0) {
		status = dcf_store_fail(err, errno == ENOSPC ? DCF_E_FULL : DCF_E_IO, "%.150s: cannot be opened: %.60s", path,
					strerror(errno));
	} else if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		status = errno == EWOULDBLOCK ? DCF_E_BUSY : DCF_E_IO;
		(void)dcf_store_fail(err, status, "%.150s: cannot be locked: %.60s", path, strerror(errno));
		read_holder(s->lock_fd, holder, sizeof holder);
		if (status == DCF_E_BUSY)
			(void)dcf_store_fail(err, status, "%.150s: another process%s writes to this record", s->path, holder);
	} else {
		/* Only for the message above: a full disk must not keep us from reading what is there. */
		n = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
		if (ftruncate(s->lock_fd, 0) != 0 || pwrite(s->lock_fd, holder, (size_t)n, 0) != n)
			errno = 0;
	}
	free_text(&s->alloc, path);
	return status;
}

/* "file:PATH?immutable=1", with what means something in a URI in hexadecimal. */
static enum dcf_status make_uri(struct dcf_sqlite *s, struct dcf_store_error *err)
{
	static const char digit[] = "0123456789abcdef";
	struct dcf_buf b = { .from = &s->alloc };

	dcf_buf_z(&b, "file:");
	for (const char *p = s->path; *p; p++) {
		if (strchr("?#%", *p) || (unsigned char)*p < 0x21) {
			const char hex[] = { '%', digit[(unsigned char)*p >> 4], digit[*p & 15] };

			dcf_buf_put(&b, hex, sizeof hex);
		} else {
			dcf_buf_char(&b, *p);
		}
	}
	dcf_buf_put(&b, "?immutable=1", sizeof "?immutable=1");
	if (!b.failed)
		s->uri = joined(&s->alloc, b.p, "");
	dcf_buf_free(&b);
	return s->uri ? DCF_OK : dcf_store_fail(err, DCF_E_NOMEM, "out of memory");
}

static bool log_is_left(const struct dcf_sqlite *s)
{
	char *path = joined(&s->alloc, s->path, "-wal");
	struct stat st;
	bool left = !path || (stat(path, &st) == 0 && st.st_size > 0);

	free_text(&s->alloc, path);
	return left;
}

static enum dcf_status look_for_reading(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	int version;
	enum dcf_status status = dcf_schema_look(c, &version, err);

	(void)what;
	if (status != DCF_OK)
		return status;
	if (version == 0)
		return dcf_store_fail(err, DCF_E_CORRUPT, "%.110s: not a record's file: it is empty", c->path);
	if (version > DCF_SQLITE_SCHEMA)
		return dcf_store_fail(err, DCF_E_REFUSED,
				      "%.110s: written by a newer program: its format is %d, this one knows up to %d", c->path,
				      version, DCF_SQLITE_SCHEMA);
	if (version < DCF_SQLITE_SCHEMA)
		return dcf_store_fail(err, DCF_E_REFUSED, "%.110s: its format %d is an older one: restore it to upgrade it",
				      c->path, version);
	return DCF_OK;
}

/* A file with a log beside it (which its folder must let us share) or one that lies on a medium nobody can write. */
static enum dcf_status open_for_reading(struct dcf_sqlite *s, struct dcf_store_error *err)
{
	struct dcf_store_error e = { .code = DCF_OK };
	enum dcf_status status = dcf_look_with(s, look_for_reading, NULL, &e);

	if (status == DCF_E_IO && !log_is_left(s)) {
		struct dcf_store_error second = { .code = DCF_OK };

		dcf_conn_close(&s->readers[0]);
		status = make_uri(s, &second);
		if (status == DCF_OK)
			status = dcf_look_with(s, look_for_reading, NULL, &second);
		if (status != DCF_OK)
			e = second;
	} else if (status == DCF_E_IO) {
		(void)dcf_store_fail(&e, status,
				     "%.110s: the log beside it cannot be shared: copy the folder to where it can be written",
				     s->path);
	}
	if (status != DCF_OK && err)
		*err = e;
	return status;
}

/* What parties declared is for the owner's eyes: SQLite would let everyone read it, and gives the log the file's mode. */
static enum dcf_status make_file(const struct dcf_sqlite *s, struct dcf_store_error *err)
{
	int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return dcf_store_fail(err, errno == ENOSPC || errno == EDQUOT ? DCF_E_FULL : DCF_E_IO,
				      "%.150s: cannot be opened: %s", s->path, strerror(errno));
	close(fd);
	return DCF_OK;
}

static enum dcf_status open_for_writing(struct dcf_sqlite *s, bool create, struct dcf_store_error *err)
{
	struct dcf_store_error e = { .code = DCF_OK };
	struct dcf_conn *c;
	enum dcf_status status = lock(s, &e);

	if (status == DCF_OK && create && !s->vfs)
		status = make_file(s, &e);
	if (status == DCF_OK) {
		c = dcf_writer_take(s, &e);
		status = c ? dcf_schema_ready(c, create, &e) : e.code;
		if (c)
			dcf_writer_give(s);
	}
	if (status == DCF_OK && create && !s->vfs)
		status = dcf_sync_folder(s->path, &e);
	if (status != DCF_OK && err)
		*err = e;
	return status;
}

static void sqlite_close(struct dcf_store *store)
{
	struct dcf_sqlite *s = dcf_sqlite_of(store);
	struct dcf_alloc alloc = s->alloc;

	for (unsigned i = 0; i < DCF_SQLITE_READERS; i++)
		dcf_conn_close(&s->readers[i]);
	/* The last one out moves the log into the file. */
	dcf_conn_close(&s->write);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_cond_destroy(&s->given_back);
	pthread_mutex_destroy(&s->pool);
	pthread_mutex_destroy(&s->writer);
	free_text(&alloc, s->path);
	free_text(&alloc, s->uri);
	dcf_alloc_free(&alloc, s, sizeof *s);
}

static const struct dcf_store_ops sqlite_ops = {
	.name = "sqlite",
	.append = dcf_sqlite_append,
	.read = dcf_sqlite_read,
	.head = dcf_sqlite_head,
	.tile = dcf_sqlite_tile,
	.erase = dcf_sqlite_erase,
	.snapshot_put = dcf_sqlite_snapshot_put,
	.snapshot_list = dcf_sqlite_snapshot_list,
	.snapshot_read = dcf_sqlite_snapshot_read,
	.meta_put = dcf_sqlite_meta_put,
	.meta_get = dcf_sqlite_meta_get,
	.backup = dcf_sqlite_backup,
	.close = sqlite_close,
};

static struct dcf_sqlite *new_store(const char *path, enum dcf_sqlite_mode mode, const char *vfs, const struct dcf_alloc *alloc)
{
	struct dcf_sqlite *s = dcf_alloc_new(alloc, sizeof *s);

	if (!s)
		return NULL;
	memset(s, 0, sizeof *s);
	s->base.ops = &sqlite_ops;
	s->alloc = *alloc;
	s->vfs = vfs;
	s->writable = mode != DCF_SQLITE_READ;
	s->lock_fd = -1;
	/* With default attributes these take no resource and do not fail on the systems this is built for. */
	pthread_mutex_init(&s->writer, NULL);
	pthread_mutex_init(&s->pool, NULL);
	pthread_cond_init(&s->given_back, NULL);
	s->path = joined(alloc, path, "");
	s->write.path = s->path;
	if (s->path)
		return s;
	sqlite_close(&s->base);
	return NULL;
}

enum dcf_status dcf_sqlite_open_vfs(const char *path, enum dcf_sqlite_mode mode, const char *vfs, const struct dcf_alloc *alloc,
				    struct dcf_store **out, struct dcf_store_error *err)
{
	struct dcf_sqlite *s;
	enum dcf_status status;

	*out = NULL;
	if (mode != DCF_SQLITE_CREATE && !vfs && access(path, F_OK) != 0)
		return dcf_store_fail(err, errno == ENOENT || errno == ENOTDIR ? DCF_E_NOT_FOUND : DCF_E_IO, "%.150s: %s", path,
				      strerror(errno));
	s = new_store(path, mode, vfs, alloc);
	if (!s)
		return dcf_store_fail(err, DCF_E_NOMEM, "out of memory");
	status = s->writable ? open_for_writing(s, mode == DCF_SQLITE_CREATE, err) : open_for_reading(s, err);
	if (status == DCF_OK)
		*out = &s->base;
	else
		sqlite_close(&s->base);
	return status;
}

enum dcf_status dcf_sqlite_open(const char *path, enum dcf_sqlite_mode mode, const struct dcf_alloc *alloc,
				struct dcf_store **out, struct dcf_store_error *err)
{
	return dcf_sqlite_open_vfs(path, mode, NULL, alloc, out, err);
}
