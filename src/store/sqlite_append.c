/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_append.c - what a record writes: batches, erasures, meta. */
#include "store/sqlite_int.h"

static enum dcf_status put_head(struct dcf_conn *c, uint64_t size, struct dcf_span note, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_HEAD_PUT, err);

	if (!stmt)
		return err->code;
	sqlite3_bind_int64(stmt, 1, (int64_t)size);
	sqlite3_bind_blob64(stmt, 2, note.p, note.len, SQLITE_STATIC);
	return dcf_conn_run(c, stmt, "cannot be written", err);
}

static enum dcf_status put_entries(struct dcf_conn *c, const struct dcf_batch *b, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_ENTRY_PUT, err);
	enum dcf_status status = stmt ? DCF_OK : err->code;

	for (size_t i = 0; status == DCF_OK && i < b->entry_count; i++) {
		const struct dcf_entry *e = &b->entries[i];

		sqlite3_bind_int64(stmt, 1, (int64_t)(b->expected + i));
		sqlite3_bind_blob(stmt, 2, e->commitment.b, DCF_HASH_BYTES, SQLITE_STATIC);
		sqlite3_bind_blob(stmt, 3, e->salt, DCF_SALT_BYTES, SQLITE_STATIC);
		/* Nothing is not NULL: NULL is what was erased. */
		sqlite3_bind_blob64(stmt, 4, e->content.len ? e->content.p : "", e->content.len, SQLITE_STATIC);
		status = dcf_conn_run(c, stmt, "cannot be written", err);
	}
	return status;
}

static enum dcf_status put_tiles(struct dcf_conn *c, const struct dcf_batch *b, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_TILE_PUT, err);
	enum dcf_status status = stmt ? DCF_OK : err->code;

	for (size_t i = 0; status == DCF_OK && i < b->tile_count; i++) {
		sqlite3_bind_int64(stmt, 1, dcf_tile_row(b->tiles[i].level, b->tiles[i].index));
		sqlite3_bind_blob(stmt, 2, b->tiles[i].hash, sizeof b->tiles[i].hash, SQLITE_STATIC);
		status = dcf_conn_run(c, stmt, "cannot be written", err);
	}
	return status;
}

static enum dcf_status append_held(struct dcf_conn *c, const void *what, struct dcf_store_error *err)
{
	const struct dcf_batch *b = what;
	uint64_t size;
	enum dcf_status status = dcf_conn_head(c, &size, NULL, err);

	if (status == DCF_OK && size != b->expected)
		return dcf_store_fail(err, DCF_E_CONFLICT, "%.110s: there are %llu entries, %llu were expected", c->path,
				      (unsigned long long)size, (unsigned long long)b->expected);
	if (status == DCF_OK)
		status = put_entries(c, b, err);
	if (status == DCF_OK)
		status = put_tiles(c, b, err);
	return status == DCF_OK ? put_head(c, b->expected + b->entry_count, b->head, err) : status;
}

enum dcf_status dcf_sqlite_append(struct dcf_store *s, const struct dcf_batch *batch, struct dcf_store_error *err)
{
	return dcf_write(dcf_sqlite_of(s), append_held, batch, err);
}

struct erasure {
	const uint64_t *positions;
	size_t count;
};

static enum dcf_status erase_held(struct dcf_conn *c, const void *what, struct dcf_store_error *err)
{
	const struct erasure *e = what;
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_ENTRY_ERASE, err);
	uint64_t size;
	enum dcf_status status = stmt ? dcf_conn_head(c, &size, NULL, err) : err->code;

	for (size_t i = 0; status == DCF_OK && i < e->count; i++) {
		if (e->positions[i] >= size)
			return dcf_store_fail(err, DCF_E_RANGE, "%.110s: no entry %llu to erase", c->path,
					      (unsigned long long)e->positions[i]);
		sqlite3_bind_int64(stmt, 1, (int64_t)e->positions[i]);
		status = dcf_conn_run(c, stmt, "cannot be written", err);
		if (status == DCF_OK && sqlite3_changes(c->db) != 1)
			return dcf_conn_damage(c, err, "entry %llu is missing", (unsigned long long)e->positions[i]);
	}
	return status;
}

/* What lies in the log is moved into the file and the log cut to nothing, so that the erased is not left there.  Readers may be
 * in the way: then the log's next round overwrites it. */
static void empty_log(struct dcf_conn *c)
{
	sqlite3_busy_timeout(c->db, 0);
	(void)sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(c->db, DCF_SQLITE_BUSY_MS);
}

enum dcf_status dcf_sqlite_erase(struct dcf_store *s, const uint64_t *positions, size_t count, struct dcf_store_error *err)
{
	const struct erasure e = { positions, count };
	struct dcf_sqlite *q = dcf_sqlite_of(s);
	struct dcf_store_error found = { .code = DCF_OK };
	struct dcf_conn *c = dcf_writer_take(q, &found);

	if (c) {
		if (dcf_transaction(c, erase_held, &e, &found) == DCF_OK)
			empty_log(c);
		dcf_writer_give(q);
	}
	if (found.code != DCF_OK && err)
		*err = found;
	return found.code;
}

struct pair {
	const char *key;
	struct dcf_span value;
};

static enum dcf_status meta_put_held(struct dcf_conn *c, const void *what, struct dcf_store_error *err)
{
	const struct pair *p = what;
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_META_PUT, err);

	if (!stmt)
		return err->code;
	sqlite3_bind_text(stmt, 1, p->key, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(stmt, 2, p->value.len ? p->value.p : "", p->value.len, SQLITE_STATIC);
	return dcf_conn_run(c, stmt, "cannot be written", err);
}

enum dcf_status dcf_sqlite_meta_put(struct dcf_store *s, const char *key, struct dcf_span value, struct dcf_store_error *err)
{
	const struct pair p = { key, value };

	return dcf_write(dcf_sqlite_of(s), meta_put_held, &p, err);
}
