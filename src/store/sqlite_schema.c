/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_schema.c - versions of the file, and the way from one to the next.
 *
 * PRAGMA application_id says that a file is one of ours, PRAGMA user_version which version.  An empty file has version 0, so
 * making a store is the first step of the same walk that upgrades one. */
#include "store/sqlite_int.h"

#include <errno.h>
#include <stdio.h>

enum { APPLICATION = 0x44434652 /* "DCFR" */ };

/* steps[v] leads from version v to v + 1.  A step is never changed once it was released. */
static const struct dcf_upgrade steps[DCF_SQLITE_SCHEMA] = {
	{ "CREATE TABLE entry(position INTEGER PRIMARY KEY, commitment BLOB NOT NULL, salt BLOB, content BLOB) STRICT;"
	  "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, note BLOB NOT NULL) STRICT;"
	  /* id: level << 48 | number */
	  "CREATE TABLE tile(id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;"
	  "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;"
	  /* state: 0 in the making, 1 whole, 2 dropped, its pieces to be deleted */
	  "CREATE TABLE snapshot(id INTEGER PRIMARY KEY AUTOINCREMENT, position INTEGER NOT NULL, state INTEGER NOT NULL,"
	  " pieces INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;"
	  /* id: snapshot << 20 | index */
	  "CREATE TABLE piece(id INTEGER PRIMARY KEY, hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;" },
};

static enum dcf_status number_of(struct dcf_conn *c, const char *sql, int *out, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = NULL;
	enum dcf_status status = DCF_OK;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int(stmt, 0);
	else
		status = dcf_conn_fail(c, rc, "cannot be read", err);
	sqlite3_finalize(stmt);
	return status;
}

enum dcf_status dcf_schema_look(struct dcf_conn *c, int *version, struct dcf_store_error *err)
{
	int application = 0, things = 0;
	enum dcf_status status = number_of(c, "PRAGMA application_id", &application, err);

	*version = 0;
	if (status == DCF_OK)
		status = number_of(c, "PRAGMA user_version", version, err);
	if (status == DCF_OK)
		status = number_of(c, "SELECT count(*) FROM sqlite_schema", &things, err);
	if (status != DCF_OK)
		return status;
	if (application == 0 && *version == 0 && things == 0)
		return DCF_OK;
	if (application != APPLICATION || *version < 1)
		return dcf_store_fail(err, DCF_E_CORRUPT,
				      "%.110s: not a record's file: a database of something else, or damaged", c->path);
	return DCF_OK;
}

static enum dcf_status exec(struct dcf_conn *c, const char *sql, struct dcf_store_error *err)
{
	int rc;

	errno = 0;
	rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? DCF_OK : dcf_conn_fail(c, rc, "cannot be upgraded", err);
}

struct walk {
	const struct dcf_upgrade *steps;
	int to;
};

static enum dcf_status walk_held(struct dcf_conn *c, const void *what, struct dcf_store_error *err)
{
	const struct walk *w = what;
	char mark[80];
	int version;
	enum dcf_status status = dcf_schema_look(c, &version, err);

	if (status == DCF_OK && version > w->to)
		return dcf_store_fail(err, DCF_E_REFUSED,
				      "%.110s: written by a newer program: its format is %d, this one knows up to %d", c->path,
				      version, w->to);
	if (status != DCF_OK || version == w->to)
		return status;
	for (; status == DCF_OK && version < w->to; version++)
		status = exec(c, w->steps[version].sql, err);
	snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION, w->to);
	return status == DCF_OK ? exec(c, mark, err) : status;
}

enum dcf_status dcf_schema_walk(struct dcf_conn *c, const struct dcf_upgrade *way, int to, struct dcf_store_error *err)
{
	const struct walk w = { way, to };

	return dcf_transaction(c, walk_held, &w, err);
}

/* The log is what lets readers and the writer work beside each other; without it nothing here would hold. */
static enum dcf_status want_log(struct dcf_conn *c, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = NULL;
	enum dcf_status status = DCF_OK;
	int rc = sqlite3_prepare_v2(c->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		status = dcf_conn_fail(c, rc, "cannot be written", err);
	else if (sqlite3_stricmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0)
		status = dcf_store_fail(err, DCF_E_IO, "%.110s: its file system cannot hold a write-ahead log", c->path);
	sqlite3_finalize(stmt);
	return status;
}

enum dcf_status dcf_schema_ready(struct dcf_conn *c, bool create, struct dcf_store_error *err)
{
	int version;
	enum dcf_status status = dcf_schema_look(c, &version, err);

	if (status == DCF_OK && version == 0 && !create)
		return dcf_store_fail(err, DCF_E_CORRUPT, "%.110s: not a record's file: it is empty", c->path);
	/* A newer file is left exactly as it is. */
	if (status == DCF_OK && version <= DCF_SQLITE_SCHEMA)
		status = want_log(c, err);
	return status == DCF_OK ? dcf_schema_walk(c, steps, DCF_SQLITE_SCHEMA, err) : status;
}
