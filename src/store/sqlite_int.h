/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_int.h - what the parts of the SQLite engine share.
 *
 *   sqlite.c          the table of functions, opening, the lock, closing
 *   sqlite_conn.c     connections, prepared statements, errors, transactions
 *   sqlite_schema.c   versions and the way from one to the next
 *   sqlite_append.c   append, erase, meta
 *   sqlite_snapshot.c snapshots
 *   sqlite_read.c     entries, head, tiles
 *   sqlite_backup.c   copies, the check of the whole file */
#ifndef DCF_STORE_SQLITE_INT_H
#define DCF_STORE_SQLITE_INT_H

#include "store/sqlite.h"

#include <pthread.h>
#include <sqlite3.h>

#define DCF_STATEMENTS(X)                                                                                                      \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                                            \
	X(BEGIN_READ, "BEGIN")                                                                                                 \
	X(COMMIT, "COMMIT")                                                                                                    \
	X(ROLLBACK, "ROLLBACK")                                                                                                \
	X(HEAD, "SELECT size, note FROM head WHERE one = 1")                                                                   \
	X(HEAD_PUT, "INSERT OR REPLACE INTO head(one, size, note) VALUES(1, ?1, ?2)")                                          \
	X(ENTRY_PUT, "INSERT INTO entry(position, commitment, salt, content) VALUES(?1, ?2, ?3, ?4)")                          \
	X(ENTRIES,                                                                                                             \
	  "SELECT position, commitment, salt, content FROM entry WHERE position >= ?1 AND position < ?2 ORDER BY position")    \
	X(COMMITMENTS,                                                                                                         \
	  "SELECT position, commitment, salt IS NULL FROM entry WHERE position >= ?1 AND position < ?2 ORDER BY position")     \
	X(ENTRY_ERASE, "UPDATE entry SET salt = NULL, content = NULL WHERE position = ?1")                                     \
	X(TILE_PUT, "INSERT OR IGNORE INTO tile(id, hashes) VALUES(?1, ?2)")                                                   \
	X(TILE, "SELECT hashes FROM tile WHERE id = ?1")                                                                       \
	X(META_PUT, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")                                                  \
	X(META, "SELECT value FROM meta WHERE key = ?1")                                                                       \
	X(SNAPSHOT_NEW, "INSERT INTO snapshot(position, state, pieces, bytes) VALUES(?1, 0, 0, 0)")                            \
	X(SNAPSHOT_MADE, "SELECT id, position, pieces FROM snapshot WHERE state = 0 ORDER BY id DESC LIMIT 1")                 \
	X(SNAPSHOT_ADD, "UPDATE snapshot SET pieces = pieces + 1, bytes = bytes + ?2, state = ?3 WHERE id = ?1")               \
	X(SNAPSHOT_GIVE_UP, "UPDATE snapshot SET state = 2 WHERE state = 0")                                                   \
	X(SNAPSHOT_REPLACE, "UPDATE snapshot SET state = 2 WHERE state = 1 AND position = ?1 AND id <> ?2")                    \
	X(SNAPSHOT_PUSH_OUT, "UPDATE snapshot SET state = 2 WHERE state = 1 AND id NOT IN "                                    \
			     "(SELECT id FROM snapshot WHERE state = 1 ORDER BY position DESC LIMIT 2)")                       \
	X(SNAPSHOTS, "SELECT position, pieces, bytes FROM snapshot WHERE state = 1 ORDER BY position DESC LIMIT 2")            \
	X(SNAPSHOT, "SELECT id, pieces FROM snapshot WHERE state = 1 AND position = ?1")                                       \
	X(SNAPSHOT_DROPPED, "SELECT id FROM snapshot WHERE state = 2 ORDER BY id LIMIT 1")                                     \
	X(SNAPSHOT_DELETE, "DELETE FROM snapshot WHERE id = ?1")                                                               \
	X(PIECE_PUT, "INSERT INTO piece(id, hash, bytes) VALUES(?1, ?2, ?3)")                                                  \
	X(PIECES, "SELECT id, hash, bytes FROM piece WHERE id >= ?1 AND id < ?2 ORDER BY id")                                  \
	X(PIECES_DELETE,                                                                                                       \
	  "DELETE FROM piece WHERE id IN (SELECT id FROM piece WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3)")              \
	X(SYNC_NORMAL, "PRAGMA synchronous = NORMAL")                                                                          \
	X(SYNC_FULL, "PRAGMA synchronous = FULL")

enum dcf_statement {
#define X(name, text) DCF_SQL_##name,
	DCF_STATEMENTS(X)
#undef X
		DCF_SQL_END
};

/* Another process may be looking at the log for a moment (recovery); nothing holds it for long. */
enum { DCF_SQLITE_BUSY_MS = 10000 };

struct dcf_conn {
	sqlite3 *db;
	const char *path;                /* for messages; borrowed from the store */
	sqlite3_stmt *stmt[DCF_SQL_END]; /* prepared when first used */
	struct dcf_conn *next;
};

struct dcf_sqlite {
	struct dcf_store base;
	struct dcf_alloc alloc;
	char *path, *uri; /* `uri` is NULL unless the file is read as one that nobody changes */
	const char *vfs;
	bool writable;
	int lock_fd; /* -1 for readers */

	pthread_mutex_t writer; /* held while `write` is used */
	struct dcf_conn write;  /* db is NULL until the first use and after a failure it could not be rolled back from */

	pthread_mutex_t pool; /* held to take a reader or give it back */
	pthread_cond_t given_back;
	struct dcf_conn readers[DCF_SQLITE_READERS];
	struct dcf_conn *idle;
	unsigned opened; /* readers that are or were open; the next one to open */
};

static inline struct dcf_sqlite *dcf_sqlite_of(struct dcf_store *s)
{
	return (struct dcf_sqlite *)s;
}

/* Below this line `err` is never NULL, but for the functions of the table. */
/* --- sqlite_conn.c -----------------------------------------------------------------------------------------------------------
 */
/* What `db` (may be NULL) says of its last failure, as one of our statuses, behind "PATH: WHILE: ". */
enum dcf_status dcf_conn_fail(const struct dcf_conn *c, int rc, const char *doing, struct dcf_store_error *err);
/* Damage that SQLite does not see, in the style of printf behind "PATH: ". */
enum dcf_status dcf_conn_damage(const struct dcf_conn *c, struct dcf_store_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Open a connection of a store that was opened. */
enum dcf_status dcf_conn_open(struct dcf_sqlite *s, bool write, struct dcf_conn *c, struct dcf_store_error *err);
void dcf_conn_close(struct dcf_conn *c);
/* The statement, reset and ready to be bound; NULL with `err` written. */
sqlite3_stmt *dcf_conn_statement(struct dcf_conn *c, enum dcf_statement which, struct dcf_store_error *err);
/* Step a statement that gives no rows (or one that does not matter) and reset it. */
enum dcf_status dcf_conn_run(struct dcf_conn *c, sqlite3_stmt *stmt, const char *doing, struct dcf_store_error *err);
/* The same for one without parameters. */
enum dcf_status dcf_conn_do(struct dcf_conn *c, enum dcf_statement which, struct dcf_store_error *err);

/* Run `look` with a read connection of its own; waits while all are in use. */
typedef enum dcf_status dcf_look(struct dcf_conn *c, void *what, struct dcf_store_error *err);
enum dcf_status dcf_look_with(struct dcf_sqlite *s, dcf_look *look, void *what, struct dcf_store_error *err);

/* Run `work` in a transaction of the writer: committed when it returns DCF_OK, otherwise rolled back. */
typedef enum dcf_status dcf_work(struct dcf_conn *c, const void *what, struct dcf_store_error *err);
enum dcf_status dcf_write(struct dcf_sqlite *s, dcf_work *work, const void *what, struct dcf_store_error *err);
/* The two halves of it, for those that set something around it.  Between them `writer` is held; dcf_writer_take gives NULL,
 * with `err` written and nothing held. */
struct dcf_conn *dcf_writer_take(struct dcf_sqlite *s, struct dcf_store_error *err);
enum dcf_status dcf_transaction(struct dcf_conn *c, dcf_work *work, const void *what, struct dcf_store_error *err);
void dcf_writer_give(struct dcf_sqlite *s);

/* --- sqlite_schema.c ---------------------------------------------------------------------------------------------------------
 */
/* One step of the way: SQL that leads from version `from` to `from` + 1. */
struct dcf_upgrade {
	const char *sql;
};
/* Walk from the version that the file has to `to`: steps[v] leads from v to v + 1.  All in one transaction: the file has its
 * old version after a failure.  DCF_E_REFUSED: the file's version is above `to`. */
enum dcf_status dcf_schema_walk(struct dcf_conn *c, const struct dcf_upgrade *steps, int to, struct dcf_store_error *err);
/* Is it a store of ours, of a version that can be read?  `*version` is 0 for a file without anything in it. */
enum dcf_status dcf_schema_look(struct dcf_conn *c, int *version, struct dcf_store_error *err);
/* Make it what this program writes; `create` allows to begin in an empty file. */
enum dcf_status dcf_schema_ready(struct dcf_conn *c, bool create, struct dcf_store_error *err);

/* --- the functions of the table ----------------------------------------------------------------------------------------------
 */
enum dcf_status dcf_sqlite_append(struct dcf_store *s, const struct dcf_batch *batch, struct dcf_store_error *err);
enum dcf_status dcf_sqlite_erase(struct dcf_store *s, const uint64_t *positions, size_t count, struct dcf_store_error *err);
enum dcf_status dcf_sqlite_meta_put(struct dcf_store *s, const char *key, struct dcf_span value, struct dcf_store_error *err);
enum dcf_status dcf_sqlite_meta_get(struct dcf_store *s, const char *key, struct dcf_buf *value, struct dcf_store_error *err);
enum dcf_status dcf_sqlite_read(struct dcf_store *s, uint64_t from, uint64_t max, enum dcf_store_read what,
				dcf_store_each *each, void *ctx, struct dcf_store_error *err);
enum dcf_status dcf_sqlite_head(struct dcf_store *s, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *err);
enum dcf_status dcf_sqlite_tile(struct dcf_store *s, uint32_t level, uint64_t number, struct dcf_hash hashes[DCF_TILE_WIDTH],
				struct dcf_store_error *err);
enum dcf_status dcf_sqlite_snapshot_put(struct dcf_store *s, const struct dcf_snapshot_piece *piece,
					struct dcf_store_error *err);
enum dcf_status dcf_sqlite_snapshot_list(struct dcf_store *s, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS], size_t *count,
					 struct dcf_store_error *err);
enum dcf_status dcf_sqlite_snapshot_read(struct dcf_store *s, uint64_t position, dcf_snapshot_each *each, void *ctx,
					 struct dcf_store_error *err);
enum dcf_status dcf_sqlite_backup(struct dcf_store *s, const char *path, struct dcf_store_error *err);

/* Read the head inside a transaction (or as one): `*size` is 0 when there is none. */
enum dcf_status dcf_conn_head(struct dcf_conn *c, uint64_t *size, struct dcf_buf *note, struct dcf_store_error *err);
/* Make the entry of `path` in its folder durable.  DCF_E_IO. */
enum dcf_status dcf_sync_folder(const char *path, struct dcf_store_error *err);

/* Rows of `tile` are named by one number. */
static inline int64_t dcf_tile_row(uint32_t level, uint64_t number)
{
	return ((int64_t)level << 48) | (int64_t)number;
}

#endif
