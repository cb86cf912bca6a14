/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_read.c - what a record reads: entries, the head, tiles, meta.
 *
 * Whatever comes out of the file is checked for its size and its place before anyone uses it: the file may have been damaged or
 * made by somebody else. */
#include "store/sqlite_int.h"

/* Rows read before the statement begins again: a reader that takes hours must not keep the log from being emptied. */
enum { STRETCH = 1024 };

enum dcf_status dcf_conn_head(struct dcf_conn *c, uint64_t *size, struct dcf_buf *note, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_HEAD, err);
	enum dcf_status status = DCF_OK;
	int64_t n;
	int rc;

	*size = 0;
	if (!stmt)
		return err->code;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		n = sqlite3_column_int64(stmt, 0);
		if (n < 0 || n > (int64_t)DCF_STORE_POSITION_MAX || sqlite3_column_bytes(stmt, 1) > DCF_STORE_HEAD_MAX)
			status = dcf_conn_damage(c, err, "the head is not one");
		else
			*size = (uint64_t)n;
		if (status == DCF_OK && note)
			dcf_buf_put(note, sqlite3_column_blob(stmt, 1), (size_t)sqlite3_column_bytes(stmt, 1));
	} else if (rc != SQLITE_DONE) {
		status = dcf_conn_fail(c, rc, "the head cannot be read", err);
	}
	sqlite3_reset(stmt);
	return status;
}

struct head_look {
	uint64_t *count;
	struct dcf_buf *note;
};

static enum dcf_status look_at_head(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	struct head_look *h = what;

	return dcf_conn_head(c, h->count, h->note, err);
}

enum dcf_status dcf_sqlite_head(struct dcf_store *s, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *err)
{
	struct head_look h = { count, note };

	return dcf_look_with(dcf_sqlite_of(s), look_at_head, &h, err);
}

struct reading {
	uint64_t at, end; /* the next position, and the one after the last */
	enum dcf_store_read what;
	dcf_store_each *each;
	void *ctx;
};

static bool row_holds(sqlite3_stmt *stmt, bool all)
{
	if (sqlite3_column_type(stmt, 1) != SQLITE_BLOB || sqlite3_column_bytes(stmt, 1) != DCF_HASH_BYTES)
		return false;
	if (!all)
		return true;
	if (sqlite3_column_type(stmt, 2) == SQLITE_NULL || sqlite3_column_type(stmt, 3) == SQLITE_NULL)
		return sqlite3_column_type(stmt, 2) == sqlite3_column_type(stmt, 3);
	return sqlite3_column_type(stmt, 2) == SQLITE_BLOB && sqlite3_column_type(stmt, 3) == SQLITE_BLOB &&
	       sqlite3_column_bytes(stmt, 2) == DCF_SALT_BYTES && sqlite3_column_bytes(stmt, 3) <= DCF_CONTENT_MAX;
}

/* The row that `stmt` stands on.  False when the bytes cannot be had: memory is short. */
static bool entry_of_row(sqlite3_stmt *stmt, bool all, struct dcf_entry *e)
{
	const void *commitment = sqlite3_column_blob(stmt, 1), *salt;

	memset(e, 0, sizeof *e);
	if (!commitment)
		return false;
	memcpy(e->commitment.b, commitment, DCF_HASH_BYTES);
	if (!all) {
		e->erased = sqlite3_column_int(stmt, 2) != 0;
		return true;
	}
	e->erased = sqlite3_column_type(stmt, 2) == SQLITE_NULL;
	if (e->erased)
		return true;
	salt = sqlite3_column_blob(stmt, 2);
	e->content = (struct dcf_span){ sqlite3_column_blob(stmt, 3), (size_t)sqlite3_column_bytes(stmt, 3) };
	if (!salt || (e->content.len && !e->content.p))
		return false;
	memcpy(e->salt, salt, DCF_SALT_BYTES);
	return true;
}

static enum dcf_status hand_on(struct dcf_conn *c, sqlite3_stmt *stmt, struct reading *r, struct dcf_store_error *err)
{
	bool all = r->what == DCF_READ_ALL;
	struct dcf_entry e;
	enum dcf_status status;

	if (sqlite3_column_type(stmt, 0) != SQLITE_INTEGER || (uint64_t)sqlite3_column_int64(stmt, 0) != r->at)
		return dcf_conn_damage(c, err, "entry %llu is missing", (unsigned long long)r->at);
	if (!row_holds(stmt, all))
		return dcf_conn_damage(c, err, "entry %llu is not one", (unsigned long long)r->at);
	if (!entry_of_row(stmt, all, &e))
		return dcf_store_fail(err, DCF_E_NOMEM, "out of memory for entry %llu", (unsigned long long)r->at);
	status = r->each(r->ctx, r->at, &e);
	r->at++;
	return status;
}

/* Entries from r->at to `end`, which are all there. */
static enum dcf_status read_stretch(struct dcf_conn *c, struct reading *r, uint64_t end, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, r->what == DCF_READ_ALL ? DCF_SQL_ENTRIES : DCF_SQL_COMMITMENTS, err);
	enum dcf_status status = DCF_OK;
	int rc = SQLITE_ROW;

	if (!stmt)
		return err->code;
	sqlite3_bind_int64(stmt, 1, (int64_t)r->at);
	sqlite3_bind_int64(stmt, 2, (int64_t)end);
	while (status == DCF_OK && r->at < end && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		status = hand_on(c, stmt, r, err);
	if (status == DCF_OK && r->at < end)
		status = rc == SQLITE_DONE ? dcf_conn_damage(c, err, "entry %llu is missing", (unsigned long long)r->at)
					   : dcf_conn_fail(c, rc, "entries cannot be read", err);
	sqlite3_reset(stmt);
	return status;
}

static enum dcf_status read_all(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	struct reading *r = what;
	uint64_t size;
	enum dcf_status status = dcf_conn_head(c, &size, NULL, err);

	/* What was committed before stays, so the head need not be of the same moment as the entries. */
	if (r->end > size)
		r->end = size;
	while (status == DCF_OK && r->at < r->end)
		status = read_stretch(c, r, r->end - r->at > STRETCH ? r->at + STRETCH : r->end, err);
	return status;
}

enum dcf_status dcf_sqlite_read(struct dcf_store *s, uint64_t from, uint64_t max, enum dcf_store_read what,
				dcf_store_each *each, void *ctx, struct dcf_store_error *err)
{
	struct reading r = { from, from + max, what, each, ctx };

	return dcf_look_with(dcf_sqlite_of(s), read_all, &r, err);
}

struct tile_look {
	uint32_t level;
	uint64_t number;
	struct dcf_hash *hashes;
};

static enum dcf_status look_at_tile(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	const struct tile_look *t = what;
	const size_t size = DCF_TILE_WIDTH * sizeof *t->hashes;
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_TILE, err);
	enum dcf_status status = DCF_OK;
	int rc;

	if (!stmt)
		return err->code;
	sqlite3_bind_int64(stmt, 1, dcf_tile_row(t->level, t->number));
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && ((size_t)sqlite3_column_bytes(stmt, 0) != size || !sqlite3_column_blob(stmt, 0)))
		status = dcf_conn_damage(c, err, "tile %llu of level %u is not one", (unsigned long long)t->number,
					 (unsigned)t->level);
	else if (rc == SQLITE_ROW)
		memcpy(t->hashes, sqlite3_column_blob(stmt, 0), size);
	else if (rc == SQLITE_DONE)
		status = dcf_store_fail(err, DCF_E_NOT_FOUND, "%.110s: no tile %llu of level %u", c->path,
					(unsigned long long)t->number, (unsigned)t->level);
	else
		status = dcf_conn_fail(c, rc, "a tile cannot be read", err);
	sqlite3_reset(stmt);
	return status;
}

enum dcf_status dcf_sqlite_tile(struct dcf_store *s, uint32_t level, uint64_t number, struct dcf_hash hashes[DCF_TILE_WIDTH],
				struct dcf_store_error *err)
{
	struct tile_look t = { level, number, hashes };

	return dcf_look_with(dcf_sqlite_of(s), look_at_tile, &t, err);
}

struct meta_look {
	const char *key;
	struct dcf_buf *value;
};

static enum dcf_status look_at_meta(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	const struct meta_look *m = what;
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_META, err);
	enum dcf_status status = DCF_OK;
	int rc;

	if (!stmt)
		return err->code;
	sqlite3_bind_text(stmt, 1, m->key, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) > DCF_STORE_META_MAX)
		status = dcf_conn_damage(c, err, "the value of '%s' is too long", m->key);
	else if (rc == SQLITE_ROW)
		dcf_buf_put(m->value, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
	else if (rc == SQLITE_DONE)
		status = dcf_store_fail(err, DCF_E_NOT_FOUND, "%.110s: nothing is called '%s'", c->path, m->key);
	else
		status = dcf_conn_fail(c, rc, "cannot be read", err);
	sqlite3_reset(stmt);
	return status;
}

enum dcf_status dcf_sqlite_meta_get(struct dcf_store *s, const char *key, struct dcf_buf *value, struct dcf_store_error *err)
{
	struct meta_look m = { key, value };

	return dcf_look_with(dcf_sqlite_of(s), look_at_meta, &m, err);
}
