/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_snapshot.c - snapshots: each piece is a transaction of its own, so appends go on between them.
 *
 * A snapshot may have hundreds of megabytes.  Only its last piece is synced: the log keeps the order of what is written, so a
 * durable last piece means that those before it are.  Dropped snapshots are deleted a few pieces with each piece that is put:
 * deleting one at once would hold appends up for as long as it takes to walk all its pages.  Their pages are overwritten like
 * those of erased entries, which they may hold copies of: that makes a piece cost three times its size. */
#include "store/sqlite_int.h"

enum { STATE_MAKING = 0, STATE_WHOLE = 1, DELETED_AT_ONCE = 2 };

static int64_t piece_row(int64_t snapshot, uint32_t index)
{
	return snapshot * DCF_STORE_PIECES_MAX + index;
}

/* Run a statement with up to three numbers. */
static enum dcf_status run_with(struct dcf_conn *c, enum dcf_statement which, int64_t a, int64_t b, int64_t d,
				struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, which, err);
	const int64_t value[] = { a, b, d };

	if (!stmt)
		return err->code;
	for (int i = 0; i < sqlite3_bind_parameter_count(stmt); i++)
		sqlite3_bind_int64(stmt, i + 1, value[i]);
	return dcf_conn_run(c, stmt, "cannot be written", err);
}

/* Delete a few pieces of the dropped one, and at last the row that names it. */
static enum dcf_status delete_some(struct dcf_conn *c, struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_SNAPSHOT_DROPPED, err);
	enum dcf_status status;
	int64_t id;
	int rc;

	if (!stmt)
		return err->code;
	rc = sqlite3_step(stmt);
	id = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	status = rc == SQLITE_ROW || rc == SQLITE_DONE ? DCF_OK : dcf_conn_fail(c, rc, "cannot be read", err);
	sqlite3_reset(stmt);
	if (rc != SQLITE_ROW)
		return status;
	status = run_with(c, DCF_SQL_PIECES_DELETE, piece_row(id, 0), piece_row(id + 1, 0), DELETED_AT_ONCE, err);
	if (status == DCF_OK && sqlite3_changes(c->db) == 0)
		status = run_with(c, DCF_SQL_SNAPSHOT_DELETE, id, 0, 0, err);
	return status;
}

/* The snapshot that piece `p` belongs to. */
static enum dcf_status find_made(struct dcf_conn *c, const struct dcf_snapshot_piece *p, int64_t *id,
				 struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_SNAPSHOT_MADE, err);
	enum dcf_status status = DCF_OK;
	int rc;

	if (!stmt)
		return err->code;
	rc = sqlite3_step(stmt);
	*id = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		status = dcf_conn_fail(c, rc, "cannot be read", err);
	else if (rc == SQLITE_DONE || (uint64_t)sqlite3_column_int64(stmt, 1) != p->position ||
		 sqlite3_column_int64(stmt, 2) != (int64_t)p->index)
		status = dcf_store_fail(err, DCF_E_RANGE, "%.110s: piece %u of a snapshot is not the one that comes next",
					c->path, (unsigned)p->index);
	sqlite3_reset(stmt);
	return status;
}

static enum dcf_status begin(struct dcf_conn *c, const struct dcf_snapshot_piece *p, int64_t *id, struct dcf_store_error *err)
{
	enum dcf_status status = run_with(c, DCF_SQL_SNAPSHOT_GIVE_UP, 0, 0, 0, err);

	if (status == DCF_OK)
		status = run_with(c, DCF_SQL_SNAPSHOT_NEW, (int64_t)p->position, 0, 0, err);
	*id = sqlite3_last_insert_rowid(c->db);
	return status;
}

static enum dcf_status put_bytes(struct dcf_conn *c, int64_t row, struct dcf_span bytes, struct dcf_store_error *err)
{
	struct dcf_hash hash = dcf_sha256(bytes);
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_PIECE_PUT, err);

	if (!stmt)
		return err->code;
	sqlite3_bind_int64(stmt, 1, row);
	sqlite3_bind_blob(stmt, 2, hash.b, sizeof hash.b, SQLITE_TRANSIENT);
	sqlite3_bind_blob64(stmt, 3, bytes.p, bytes.len, SQLITE_STATIC);
	return dcf_conn_run(c, stmt, "cannot be written", err);
}

static enum dcf_status put_held(struct dcf_conn *c, const void *what, struct dcf_store_error *err)
{
	const struct dcf_snapshot_piece *p = what;
	int64_t id = 0;
	uint64_t size;
	enum dcf_status status = dcf_conn_head(c, &size, NULL, err);

	if (status == DCF_OK && p->position > size)
		return dcf_store_fail(err, DCF_E_RANGE, "%.110s: a snapshot of position %llu, there are %llu entries", c->path,
				      (unsigned long long)p->position, (unsigned long long)size);
	if (status == DCF_OK)
		status = p->index == 0 ? begin(c, p, &id, err) : find_made(c, p, &id, err);
	if (status == DCF_OK)
		status = put_bytes(c, piece_row(id, p->index), p->bytes, err);
	if (status == DCF_OK)
		status =
			run_with(c, DCF_SQL_SNAPSHOT_ADD, id, (int64_t)p->bytes.len, p->last ? STATE_WHOLE : STATE_MAKING, err);
	if (status == DCF_OK && p->last)
		status = run_with(c, DCF_SQL_SNAPSHOT_REPLACE, (int64_t)p->position, id, 0, err);
	if (status == DCF_OK && p->last)
		status = run_with(c, DCF_SQL_SNAPSHOT_PUSH_OUT, 0, 0, 0, err);
	return status == DCF_OK ? delete_some(c, err) : status;
}

/* Pieces before the last are not synced. */
static enum dcf_status as_snapshots_are_put(struct dcf_conn *c, dcf_work *work, const struct dcf_snapshot_piece *piece,
					    struct dcf_store_error *err)
{
	struct dcf_store_error passed_over;
	enum dcf_status status = piece->last ? DCF_OK : dcf_conn_do(c, DCF_SQL_SYNC_NORMAL, err);

	if (status == DCF_OK)
		status = dcf_transaction(c, work, piece, err);
	/* A connection that goes on so must not be used for anything else. */
	if (!piece->last && dcf_conn_do(c, DCF_SQL_SYNC_FULL, &passed_over) != DCF_OK)
		dcf_conn_close(c);
	return status;
}

enum dcf_status dcf_sqlite_snapshot_put(struct dcf_store *s, const struct dcf_snapshot_piece *piece,
					struct dcf_store_error *err)
{
	struct dcf_sqlite *q = dcf_sqlite_of(s);
	struct dcf_store_error e = { .code = DCF_OK };
	struct dcf_conn *c = dcf_writer_take(q, &e);

	if (!c)
		goto done;
	(void)as_snapshots_are_put(c, put_held, piece, &e);
	dcf_writer_give(q);
done:
	if (e.code != DCF_OK && err)
		*err = e;
	return e.code;
}

struct list {
	struct dcf_snapshot_info *out;
	size_t *count;
};

static enum dcf_status list_all(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	struct list *l = what;
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_SNAPSHOTS, err);
	enum dcf_status status = DCF_OK;
	int rc;

	if (!stmt)
		return err->code;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && *l->count < DCF_STORE_SNAPSHOTS) {
		l->out[(*l->count)++] = (struct dcf_snapshot_info){ (uint64_t)sqlite3_column_int64(stmt, 0),
								    (uint32_t)sqlite3_column_int64(stmt, 1),
								    (uint64_t)sqlite3_column_int64(stmt, 2) };
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		status = dcf_conn_fail(c, rc, "snapshots cannot be read", err);
	sqlite3_reset(stmt);
	return status;
}

enum dcf_status dcf_sqlite_snapshot_list(struct dcf_store *s, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS], size_t *count,
					 struct dcf_store_error *err)
{
	struct list l = { out, count };

	return dcf_look_with(dcf_sqlite_of(s), list_all, &l, err);
}

struct snapshot_look {
	uint64_t position;
	dcf_snapshot_each *each;
	void *ctx;
};

static enum dcf_status hand_piece(struct dcf_conn *c, sqlite3_stmt *stmt, int64_t row, uint32_t index,
				  const struct snapshot_look *l, struct dcf_store_error *err)
{
	struct dcf_span bytes = { sqlite3_column_blob(stmt, 2), (size_t)sqlite3_column_bytes(stmt, 2) };
	const void *hash = sqlite3_column_blob(stmt, 1);
	struct dcf_hash found;

	if (sqlite3_column_int64(stmt, 0) != row || !hash || sqlite3_column_bytes(stmt, 1) != DCF_HASH_BYTES || !bytes.p)
		return dcf_conn_damage(c, err, "piece %u of snapshot %llu is missing", (unsigned)index,
				       (unsigned long long)l->position);
	found = dcf_sha256(bytes);
	if (memcmp(found.b, hash, sizeof found.b) != 0)
		return dcf_conn_damage(c, err, "piece %u of snapshot %llu is not what was written", (unsigned)index,
				       (unsigned long long)l->position);
	return l->each(l->ctx, index, bytes);
}

static enum dcf_status read_pieces(struct dcf_conn *c, int64_t id, uint32_t pieces, const struct snapshot_look *l,
				   struct dcf_store_error *err)
{
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_PIECES, err);
	enum dcf_status status = DCF_OK;
	uint32_t index = 0;
	int rc = SQLITE_ROW;

	if (!stmt)
		return err->code;
	sqlite3_bind_int64(stmt, 1, piece_row(id, 0));
	sqlite3_bind_int64(stmt, 2, piece_row(id, pieces));
	for (; status == DCF_OK && index < pieces && (rc = sqlite3_step(stmt)) == SQLITE_ROW; index++)
		status = hand_piece(c, stmt, piece_row(id, index), index, l, err);
	if (status == DCF_OK && rc == SQLITE_DONE)
		status = dcf_conn_damage(c, err, "piece %u of snapshot %llu is missing", (unsigned)index,
					 (unsigned long long)l->position);
	else if (status == DCF_OK && rc != SQLITE_ROW)
		status = dcf_conn_fail(c, rc, "a snapshot cannot be read", err);
	sqlite3_reset(stmt);
	return status;
}

/* Inside one transaction: nothing is deleted from under the reader. */
static enum dcf_status read_snapshot(struct dcf_conn *c, void *what, struct dcf_store_error *err)
{
	const struct snapshot_look *l = what;
	struct dcf_store_error passed_over;
	sqlite3_stmt *stmt = dcf_conn_statement(c, DCF_SQL_SNAPSHOT, err);
	enum dcf_status status = stmt ? dcf_conn_do(c, DCF_SQL_BEGIN_READ, err) : err->code;
	int64_t id = 0, pieces = 0;
	int rc;

	if (status != DCF_OK)
		return status;
	sqlite3_bind_int64(stmt, 1, (int64_t)l->position);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		id = sqlite3_column_int64(stmt, 0);
		pieces = sqlite3_column_int64(stmt, 1);
	}
	sqlite3_reset(stmt);
	if (rc == SQLITE_DONE)
		status = dcf_store_fail(err, DCF_E_NOT_FOUND, "%.110s: no snapshot of position %llu", c->path,
					(unsigned long long)l->position);
	else if (rc != SQLITE_ROW)
		status = dcf_conn_fail(c, rc, "a snapshot cannot be read", err);
	else if (id < 1 || id > INT64_MAX / DCF_STORE_PIECES_MAX - 1 || pieces < 1 || pieces > DCF_STORE_PIECES_MAX)
		status = dcf_conn_damage(c, err, "snapshot %llu is not one", (unsigned long long)l->position);
	else
		status = read_pieces(c, id, (uint32_t)pieces, l, err);
	(void)dcf_conn_do(c, DCF_SQL_ROLLBACK, &passed_over);
	return status;
}

enum dcf_status dcf_sqlite_snapshot_read(struct dcf_store *s, uint64_t position, dcf_snapshot_each *each, void *ctx,
					 struct dcf_store_error *err)
{
	struct snapshot_look l = { position, each, ctx };

	return dcf_look_with(dcf_sqlite_of(s), read_snapshot, &l, err);
}
