/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"
#include "engines.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 8, NAME = 300, SECTOR = 512, SHM_SLOTS = 8, REGIONS = 64 };

struct image {
	char *p;
	size_t n, cap;
};

/* A write or (data NULL) a truncation that was not synced yet. */
struct pending {
	size_t at, n;
	char *data;
};

struct inode {
	char name[NAME];
	bool exists;
	struct image live, synced;
	struct pending *pending;
	size_t pending_count, pending_cap;
	int shared;         /* connections that hold a lock */
	const void *writer; /* the one that holds more than SHARED */
	int writer_level;
	void *region[REGIONS]; /* shared memory */
	int shm_users;
	int shm_shared[SHM_SLOTS];
	const void *shm_owner[SHM_SLOTS];
};

struct handle {
	sqlite3_file base;
	struct inode *inode;
	int level;
	bool temporary;
	uint8_t shm_held[SHM_SLOTS]; /* shared locks */
	bool shm_open;
};

static struct inode inodes[FILES];
static long operations, fail_at = -1;
static enum disk_fault fault;
static bool failed, off, full;
static uint64_t coin;

/* --- images ------------------------------------------------------------------------------------------------------------------
 */

static void put(struct image *i, size_t at, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (at + n > i->cap) {
		i->cap = (at + n) * 2;
		i->p = realloc(i->p, i->cap);
	}
	if (at > i->n)
		memset(i->p + i->n, 0, at - i->n);
	memcpy(i->p + at, p, n);
	if (at + n > i->n)
		i->n = at + n;
}

static void cut(struct image *i, size_t n)
{
	if (n < i->n)
		i->n = n;
}

static void forget_pending(struct inode *f)
{
	for (size_t i = 0; i < f->pending_count; i++)
		free(f->pending[i].data);
	f->pending_count = 0;
}

static void pend(struct inode *f, size_t at, const char *p, size_t n)
{
	struct pending *x;

	if (f->pending_count == f->pending_cap) {
		f->pending_cap = f->pending_cap * 2 + 16;
		f->pending = realloc(f->pending, f->pending_cap * sizeof *f->pending);
	}
	x = &f->pending[f->pending_count++];
	*x = (struct pending){ at, n, p ? malloc(n + 1) : NULL };
	if (p)
		memcpy(x->data, p, n);
}

static void sync_all(struct inode *f)
{
	f->synced.n = 0;
	put(&f->synced, 0, f->live.p, f->live.n);
	forget_pending(f);
}

/* --- faults ------------------------------------------------------------------------------------------------------------------
 */

/* Does the operation that comes now meet its fault?  Counts it. */
static bool is_due(void)
{
	bool due = operations++ == fail_at;

	if (due) {
		failed = true;
		full = fault == DISK_FULL;
		off = fault == DISK_POWER || fault == DISK_TEAR;
	}
	return due || off;
}

void disk_fail_at(long n, enum disk_fault f, uint64_t seed)
{
	operations = 0;
	fail_at = n;
	fault = f;
	failed = off = full = false;
	coin = seed;
}

long disk_operations(void)
{
	return operations;
}

bool disk_failed(void)
{
	return failed;
}

void disk_mend(void)
{
	fail_at = -1;
	full = false;
}

static void survive(struct inode *f)
{
	for (size_t i = 0; i < f->pending_count; i++) {
		const struct pending *x = &f->pending[i];

		for (size_t k = 0; x->data && k < x->n;) {
			size_t n = SECTOR - (x->at + k) % SECTOR;

			n = n < x->n - k ? n : x->n - k;
			if (test_random(&coin) & 1)
				put(&f->synced, x->at + k, x->data + k, n);
			k += n;
		}
		if (!x->data && (test_random(&coin) & 1))
			cut(&f->synced, x->at);
	}
}

void disk_reboot(void)
{
	for (int i = 0; i < FILES; i++) {
		struct inode *f = &inodes[i];

		if (fault == DISK_TEAR)
			survive(f);
		forget_pending(f);
		f->live.n = 0;
		put(&f->live, 0, f->synced.p, f->synced.n);
		if (f->shared || f->shm_users) {
			printf("Bail out! %s is still open\n", f->name);
			exit(1);
		}
	}
	off = false;
	disk_mend();
}

/* --- a file ------------------------------------------------------------------------------------------------------------------
 */

static struct handle *handle_of(sqlite3_file *f)
{
	return (struct handle *)f;
}

static void shm_leave(struct handle *h)
{
	struct inode *f = h->inode;

	for (int i = 0; i < SHM_SLOTS; i++) {
		f->shm_shared[i] -= h->shm_held[i];
		h->shm_held[i] = 0;
		if (f->shm_owner[i] == h)
			f->shm_owner[i] = NULL;
	}
	if (h->shm_open && --f->shm_users == 0) {
		for (int i = 0; i < REGIONS; i++) {
			free(f->region[i]);
			f->region[i] = NULL;
		}
	}
	h->shm_open = false;
}

static int disk_unlock(sqlite3_file *file, int level)
{
	struct handle *h = handle_of(file);
	struct inode *f = h->inode;

	if (f->writer == h && level <= SQLITE_LOCK_SHARED)
		f->writer = NULL;
	if (h->level >= SQLITE_LOCK_SHARED && level == SQLITE_LOCK_NONE)
		f->shared--;
	if (level < h->level)
		h->level = level;
	return SQLITE_OK;
}

static int disk_close(sqlite3_file *file)
{
	struct handle *h = handle_of(file);

	shm_leave(h);
	disk_unlock(file, SQLITE_LOCK_NONE);
	return SQLITE_OK;
}

static int disk_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	struct inode *f = handle_of(file)->inode;
	size_t there = (size_t)at < f->live.n ? f->live.n - (size_t)at : 0;

	if (off)
		return SQLITE_IOERR_READ;
	there = there < (size_t)n ? there : (size_t)n;
	if (there)
		memcpy(to, f->live.p + at, there);
	memset((char *)to + there, 0, (size_t)n - there);
	return there == (size_t)n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct inode *f = handle_of(file)->inode;
	bool due = is_due();
	size_t fits = (size_t)n;

	/* A full disk takes what needs no more room. */
	if (full && !due && (size_t)at + (size_t)n > f->live.n)
		fits = (size_t)at < f->live.n ? f->live.n - (size_t)at : 0;
	if (due)
		fits = fault == DISK_SHORT || fault == DISK_FULL ? (size_t)n / 2 : 0;
	if (fits) {
		put(&f->live, (size_t)at, p, fits);
		pend(f, (size_t)at, p, fits);
	}
	if (fits == (size_t)n)
		return SQLITE_OK;
	return full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	struct inode *f = handle_of(file)->inode;

	if (is_due())
		return SQLITE_IOERR_TRUNCATE;
	cut(&f->live, (size_t)n);
	pend(f, (size_t)n, NULL, 0);
	return SQLITE_OK;
}

static int disk_sync(sqlite3_file *file, int flags)
{
	struct inode *f = handle_of(file)->inode;

	(void)flags;
	if (is_due())
		return SQLITE_IOERR_FSYNC;
	sync_all(f);
	return SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *n)
{
	*n = (sqlite3_int64)handle_of(file)->inode->live.n;
	return SQLITE_OK;
}

static int disk_lock(sqlite3_file *file, int level)
{
	struct handle *h = handle_of(file);
	struct inode *f = h->inode;

	if (level <= h->level)
		return SQLITE_OK;
	if (f->writer && f->writer != h && (level > SQLITE_LOCK_SHARED || f->writer_level >= SQLITE_LOCK_PENDING))
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_EXCLUSIVE && f->shared > 1)
		return SQLITE_BUSY;
	if (h->level == SQLITE_LOCK_NONE)
		f->shared++;
	if (level > SQLITE_LOCK_SHARED) {
		f->writer = h;
		f->writer_level = level;
	}
	h->level = level;
	return SQLITE_OK;
}

static int disk_reserved(sqlite3_file *file, int *out)
{
	*out = handle_of(file)->inode->writer != NULL;
	return SQLITE_OK;
}

static int disk_control(sqlite3_file *file, int op, void *arg)
{
	(void)file, (void)op, (void)arg;
	return SQLITE_NOTFOUND;
}

static int disk_sector(sqlite3_file *file)
{
	(void)file;
	return SECTOR;
}

static int disk_device(sqlite3_file *file)
{
	(void)file;
	return 0;
}

static int disk_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
	struct handle *h = handle_of(file);
	struct inode *f = h->inode;

	if (off || region >= REGIONS)
		return SQLITE_IOERR_SHMMAP;
	if (!h->shm_open) {
		h->shm_open = true;
		f->shm_users++;
	}
	if (!f->region[region] && extend)
		f->region[region] = calloc(1, (size_t)size);
	*out = f->region[region];
	return SQLITE_OK;
}

static int shm_lock_one(struct handle *h, int i, int flags)
{
	struct inode *f = h->inode;

	if (flags & SQLITE_SHM_UNLOCK) {
		f->shm_shared[i] -= h->shm_held[i];
		h->shm_held[i] = 0;
		if (f->shm_owner[i] == h)
			f->shm_owner[i] = NULL;
		return SQLITE_OK;
	}
	if (f->shm_owner[i] && f->shm_owner[i] != h)
		return SQLITE_BUSY;
	if (flags & SQLITE_SHM_SHARED) {
		f->shm_shared[i] += !h->shm_held[i];
		h->shm_held[i] = 1;
		return SQLITE_OK;
	}
	if (f->shm_shared[i] - h->shm_held[i] > 0)
		return SQLITE_BUSY;
	f->shm_owner[i] = h;
	return SQLITE_OK;
}

static int disk_shm_lock(sqlite3_file *file, int from, int n, int flags)
{
	struct handle *h = handle_of(file);

	for (int i = from; i < from + n; i++) {
		if (shm_lock_one(h, i, flags) == SQLITE_OK)
			continue;
		for (int k = from; k < i; k++)
			(void)shm_lock_one(h, k, SQLITE_SHM_UNLOCK);
		return SQLITE_BUSY;
	}
	return SQLITE_OK;
}

static void disk_shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static int disk_shm_unmap(sqlite3_file *file, int delete_it)
{
	(void)delete_it;
	shm_leave(handle_of(file));
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_size,
	.xLock = disk_lock,
	.xUnlock = disk_unlock,
	.xCheckReservedLock = disk_reserved,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector,
	.xDeviceCharacteristics = disk_device,
	.xShmMap = disk_shm_map,
	.xShmLock = disk_shm_lock,
	.xShmBarrier = disk_shm_barrier,
	.xShmUnmap = disk_shm_unmap,
};

/* --- the file system ---------------------------------------------------------------------------------------------------------
 */

static struct inode *find(const char *name)
{
	for (int i = 0; name && i < FILES; i++) {
		if (inodes[i].exists && strcmp(inodes[i].name, name) == 0)
			return &inodes[i];
	}
	return NULL;
}

static struct inode *create(const char *name)
{
	for (int i = 0; i < FILES; i++) {
		if (inodes[i].exists)
			continue;
		inodes[i].exists = true;
		snprintf(inodes[i].name, NAME, "%s", name ? name : "");
		return &inodes[i];
	}
	return NULL;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct handle *h = handle_of(file);
	struct inode *f = find(name);

	(void)vfs;
	memset(h, 0, sizeof *h);
	if (!f && !(flags & SQLITE_OPEN_CREATE))
		return SQLITE_CANTOPEN;
	if (!f && (is_due() || full))
		return full ? SQLITE_FULL : SQLITE_CANTOPEN;
	if (!f)
		f = create(name);
	if (!f || off)
		return SQLITE_CANTOPEN;
	h->inode = f;
	h->base.pMethods = &methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct inode *f = find(name);

	(void)vfs, (void)sync;
	if (is_due())
		return SQLITE_IOERR_DELETE;
	if (!f)
		return SQLITE_IOERR_DELETE_NOENT;
	f->exists = false;
	f->live.n = f->synced.n = 0;
	forget_pending(f);
	return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	struct inode *f = find(name);

	(void)vfs;
	if (off)
		return SQLITE_IOERR_ACCESS;
	*out = f && (flags != SQLITE_ACCESS_EXISTS || f->live.n > 0);
	return SQLITE_OK;
}

static int disk_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	(void)vfs;
	snprintf(out, (size_t)n, "%s", name);
	return SQLITE_OK;
}

static int disk_random(sqlite3_vfs *vfs, int n, char *out)
{
	static uint64_t state = 1;

	(void)vfs;
	for (int i = 0; i < n; i++)
		out[i] = (char)test_random(&state);
	return n;
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int disk_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	*out = 0;
	return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs, (void)n, (void)out;
	return 0;
}

static sqlite3_vfs vfs = {
	.iVersion = 2,
	.szOsFile = sizeof(struct handle),
	.mxPathname = NAME - 1,
	.zName = "disk",
	.xOpen = disk_open,
	.xDelete = disk_delete,
	.xAccess = disk_access,
	.xFullPathname = disk_path,
	.xRandomness = disk_random,
	.xSleep = disk_sleep,
	.xGetLastError = disk_last_error,
	.xCurrentTimeInt64 = disk_time,
};

void disk_end(void)
{
	for (int i = 0; i < FILES; i++) {
		forget_pending(&inodes[i]);
		free(inodes[i].pending);
		free(inodes[i].live.p);
		free(inodes[i].synced.p);
		memset(&inodes[i], 0, sizeof inodes[i]);
	}
}

void disk_begin(void)
{
	static bool registered;

	disk_end();
	if (!registered && sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		abort();
	registered = true;
	disk_fail_at(-1, DISK_EIO, 0);
}
