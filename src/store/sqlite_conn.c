/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_conn.c - connections, prepared statements, errors, transactions. */
#include "store/sqlite_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const statement_text[] = {
#define X(name, text) text,
	DCF_STATEMENTS(X)
#undef X
};

/* Pages in the write-ahead log before the writer moves them into the file: 20 MB, and a batch.  It takes some 30 ms. */
enum { CHECKPOINT_PAGES = 2500 };

static enum dcf_status status_of(int rc, int system_error)
{
	static const struct {
		int rc;
		enum dcf_status status;
	} rows[] = {
		{ SQLITE_NOMEM, DCF_E_NOMEM },        { SQLITE_FULL, DCF_E_FULL },      { SQLITE_CORRUPT, DCF_E_CORRUPT },
		{ SQLITE_NOTADB, DCF_E_CORRUPT },     { SQLITE_FORMAT, DCF_E_CORRUPT }, { SQLITE_SCHEMA, DCF_E_CORRUPT },
		{ SQLITE_CONSTRAINT, DCF_E_CORRUPT }, { SQLITE_ERROR, DCF_E_CORRUPT },  { SQLITE_MISMATCH, DCF_E_CORRUPT },
		{ SQLITE_BUSY, DCF_E_BUSY },          { SQLITE_LOCKED, DCF_E_BUSY },    { SQLITE_PROTOCOL, DCF_E_BUSY },
		{ SQLITE_TOOBIG, DCF_E_LIMIT },
	};

	/* The VFS hands on a full disk as an ordinary error when it shows at a sync or a truncation. */
	if ((rc & 0xff) == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG))
		return DCF_E_FULL;
	if (rc == SQLITE_IOERR_NOMEM)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].rc == (rc & 0xff))
			return rows[i].status;
	}
	return DCF_E_IO;
}

/* What the system said, where SQLite hands it on (sqlite3_system_errno is not set by every failure, nor cleared by the next):
 * those who call SQLite set errno to 0 before. */
static int system_error_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_FULL:
	case SQLITE_READONLY:
		return errno;
	default:
		return 0;
	}
}

enum dcf_status dcf_conn_fail(const struct dcf_conn *c, int rc, const char *doing, struct dcf_store_error *err)
{
	int system_error = system_error_of(rc);

	return dcf_store_fail(err, status_of(rc, system_error), "%.110s: %s: %.60s%s%.40s", c->path, doing, sqlite3_errstr(rc),
			      system_error ? ": " : "", system_error ? strerror(system_error) : "");
}

enum dcf_status dcf_conn_damage(const struct dcf_conn *c, struct dcf_store_error *err, const char *format, ...)
{
	char text[120];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return dcf_store_fail(err, DCF_E_CORRUPT, "%.110s: damaged: %s", c->path, text);
}

static enum dcf_status set_up(struct dcf_conn *c, bool write, struct dcf_store_error *err)
{
	/* A file from elsewhere must not run code of its own; cells that cannot be right are refused early. */
	static const char common[] = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;";
	/* Pages of 8 KiB, of a new file: as fast as 4, and half the room is lost behind entries of a kilobyte
	 * (test/store/speed.c). secure_delete must be on from the first append: pages that were split while it was off keep
	 * what moved elsewhere. */
	static const char writer[] = "PRAGMA page_size = 8192; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
				     "PRAGMA journal_size_limit = 67108864;";
	int rc;

	sqlite3_busy_timeout(c->db, DCF_SQLITE_BUSY_MS);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
	sqlite3_limit(c->db, SQLITE_LIMIT_LENGTH, DCF_CONTENT_MAX + (1 << 20));
	rc = sqlite3_exec(c->db, common, NULL, NULL, NULL);
	if (rc == SQLITE_OK && write)
		rc = sqlite3_exec(c->db, writer, NULL, NULL, NULL);
	if (rc == SQLITE_OK && write)
		rc = sqlite3_wal_autocheckpoint(c->db, CHECKPOINT_PAGES);
	return rc == SQLITE_OK ? DCF_OK : dcf_conn_fail(c, rc, "cannot be opened", err);
}

enum dcf_status dcf_conn_open(struct dcf_sqlite *s, bool write, struct dcf_conn *c, struct dcf_store_error *err)
{
	/* Each connection is used by one thread at a time, so it needs no lock of its own. */
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    (write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
	enum dcf_status status;
	int rc;

	memset(c, 0, sizeof *c);
	c->path = s->path;
	errno = 0;
	rc = sqlite3_open_v2(s->uri ? s->uri : s->path, &c->db, flags | (s->uri ? SQLITE_OPEN_URI : 0), s->vfs);
	status = rc == SQLITE_OK ? set_up(c, write, err) : dcf_conn_fail(c, rc, "cannot be opened", err);
	if (status != DCF_OK)
		dcf_conn_close(c);
	return status;
}

void dcf_conn_close(struct dcf_conn *c)
{
	for (size_t i = 0; i < DCF_SQL_END; i++) {
		sqlite3_finalize(c->stmt[i]);
		c->stmt[i] = NULL;
	}
	sqlite3_close(c->db);
	c->db = NULL;
}

sqlite3_stmt *dcf_conn_statement(struct dcf_conn *c, enum dcf_statement which, struct dcf_store_error *err)
{
	sqlite3_stmt **at = &c->stmt[which];
	int rc;

	if (*at)
		return *at;
	rc = sqlite3_prepare_v3(c->db, statement_text[which], -1, SQLITE_PREPARE_PERSISTENT, at, NULL);
	if (rc != SQLITE_OK)
		(void)dcf_conn_fail(c, rc, "cannot be read", err);
	return *at;
}

enum dcf_status dcf_conn_run(struct dcf_conn *c, sqlite3_stmt *stmt, const char *doing, struct dcf_store_error *err)
{
	enum dcf_status status = DCF_OK;
	int rc;

	errno = 0;
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		status = dcf_conn_fail(c, rc, doing, err);
	sqlite3_reset(stmt);
	return status;
}

enum dcf_status dcf_conn_do(struct dcf_conn *c, enum dcf_statement which, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, which, err);
	bool writes = which == DCF_SQL_BEGIN || which == DCF_SQL_COMMIT;

	if (!stmt)
		return err->code;
	return dcf_conn_run(c, stmt, writes ? "cannot be written" : "cannot be read", err);
}

static struct dcf_conn *reader_take(struct dcf_sqlite *s)
{
	struct dcf_conn *c;

	pthread_mutex_lock(&s->pool);
	while (!s->idle && s->opened == DCF_SQLITE_READERS)
		pthread_cond_wait(&s->given_back, &s->pool);
	c = s->idle;
	if (c)
		s->idle = c->next;
	else
		c = &s->readers[s->opened++];
	pthread_mutex_unlock(&s->pool);
	return c;
}

static void reader_give(struct dcf_sqlite *s, struct dcf_conn *c)
{
	pthread_mutex_lock(&s->pool);
	c->next = s->idle;
	s->idle = c;
	pthread_cond_signal(&s->given_back);
	pthread_mutex_unlock(&s->pool);
}

enum dcf_status dcf_look_with(struct dcf_sqlite *s, dcf_look *look, void *what, struct dcf_store_error *err)
{
	struct dcf_store_error e = { .code = DCF_OK };
	struct dcf_conn *c = reader_take(s);
	enum dcf_status status = c->db ? DCF_OK : dcf_conn_open(s, false, c, &e);

	errno = 0;
	if (status == DCF_OK)
		status = look(c, what, &e);
	reader_give(s, c);
	if (e.code != DCF_OK && err)
		*err = e;
	return status;
}

struct dcf_conn *dcf_writer_take(struct dcf_sqlite *s, struct dcf_store_error *err)
{
	if (!s->writable) {
		(void)dcf_store_fail(err, DCF_E_REFUSED, "%.150s: opened for reading", s->path);
		return NULL;
	}
	pthread_mutex_lock(&s->writer);
	if (s->write.db || dcf_conn_open(s, true, &s->write, err) == DCF_OK)
		return &s->write;
	pthread_mutex_unlock(&s->writer);
	return NULL;
}

void dcf_writer_give(struct dcf_sqlite *s)
{
	/* What could not even be rolled back begins anew with the next use; the file itself is as it was. */
	if (s->write.db && !sqlite3_get_autocommit(s->write.db))
		dcf_conn_close(&s->write);
	pthread_mutex_unlock(&s->writer);
}

enum dcf_status dcf_transaction(struct dcf_conn *c, dcf_work *work, const void *what, struct dcf_store_error *err)
{
	struct dcf_store_error passed_over;
	enum dcf_status status = dcf_conn_do(c, DCF_SQL_BEGIN, err);

	if (status == DCF_OK)
		status = work(c, what, err);
	if (status == DCF_OK)
		status = dcf_conn_do(c, DCF_SQL_COMMIT, err);
	/* Some failures have rolled back by themselves.  What the rollback says is not news beside what failed. */
	if (status != DCF_OK && !sqlite3_get_autocommit(c->db))
		(void)dcf_conn_do(c, DCF_SQL_ROLLBACK, &passed_over);
	return status;
}

enum dcf_status dcf_write(struct dcf_sqlite *s, dcf_work *work, const void *what, struct dcf_store_error *err)
{
	struct dcf_store_error e = { .code = DCF_OK };
	struct dcf_conn *c = dcf_writer_take(s, &e);

	if (c) {
		(void)dcf_transaction(c, work, what, &e);
		dcf_writer_give(s);
	}
	if (e.code != DCF_OK && err)
		*err = e;
	return e.code;
}
