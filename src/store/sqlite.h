/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite.h - the store in one SQLite file.
 *
 * The file keeps everything; beside it lie PATH-wal and PATH-shm while it is open (and after a crash, then PATH-wal is part of
 * it: copy them together) and PATH.lock, whose lock (flock) keeps a second writer out.
 *
 *   APPEND   one transaction, one sync of the write-ahead log (synchronous=FULL)
 *   READ     connections of their own, at most DCF_SQLITE_READERS at once, the next waits for one of them; a read sees the last
 *            commit and is not held up by the writer
 *   SIZE     content and some 210 bytes an entry, at a kilobyte each: salt, commitment, tiles, and what is left of pages
 *
 * Needs a file system with working locks and shared memory: a local one.  SQLite takes its memory from the C library's heap,
 * not from `alloc`. */
#ifndef DCF_STORE_SQLITE_H
#define DCF_STORE_SQLITE_H

#include "store/store.h"

enum {
	DCF_SQLITE_SCHEMA = 1,  /* the version this program writes; older ones are upgraded when opened for writing */
	DCF_SQLITE_READERS = 16 /* read connections */
};

enum dcf_sqlite_mode {
	DCF_SQLITE_READ,   /* beside a running writer or alone; also on a medium that cannot be written, unless a log is left
			      there */
	DCF_SQLITE_WRITE,  /* there must be a store */
	DCF_SQLITE_CREATE, /* made when the file is missing or empty; its folder must be there */
};

/* Open `path`.  DCF_E_NOT_FOUND: no file.  DCF_E_BUSY: another process has it open for writing.  DCF_E_CORRUPT: not a store, or
 * a damaged one.  DCF_E_REFUSED: of a newer schema, or of an older one and opened for reading.  On failure `*out` is NULL. */
DCF_CHECKED enum dcf_status dcf_sqlite_open(const char *path, enum dcf_sqlite_mode mode, const struct dcf_alloc *alloc,
					    struct dcf_store **out, struct dcf_store_error *err);
/* The same through the SQLite VFS called `vfs`, registered before (NULL: the system's): for tests that make it fail. */
DCF_CHECKED enum dcf_status dcf_sqlite_open_vfs(const char *path, enum dcf_sqlite_mode mode, const char *vfs,
						const struct dcf_alloc *alloc, struct dcf_store **out,
						struct dcf_store_error *err);

/* Let SQLite read the whole file and look for damage that the record's own verification does not see: indexes, free pages.
 * DCF_E_CORRUPT with the first finding. */
DCF_CHECKED enum dcf_status dcf_sqlite_check(struct dcf_store *s, struct dcf_store_error *err);

#endif
