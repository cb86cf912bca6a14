/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite: R*Tree of 4D integer boxes in memory, filled row by row (it has no bulk load); the yardstick's
 * polygon test on what it finds. */
#include "bench/rival.h"

#include "core/num.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct sqlite {
	const struct dcf_planar_world *world;
	sqlite3 *db;
};

static const char make_table[] =
	"DROP TABLE IF EXISTS r; CREATE VIRTUAL TABLE r USING rtree_i32(id, x0, x1, y0, y1, z0, z1, t0, t1)";
static const char insert_row[] = "INSERT INTO r VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char find_rows[] = "SELECT id FROM r WHERE x0 <= ?3 AND x1 >= ?2 AND y0 <= ?5 AND y1 >= ?4 "
				"AND z0 <= ?7 AND z1 >= ?6 AND t0 <= ?9 AND t1 >= ?8 AND id > ?1";

static void sqlite_close(void *state)
{
	struct sqlite *q = state;

	if (!q)
		return;
	sqlite3_close(q->db);
	free(q);
}

static enum dcf_status sqlite_open(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a,
				   void **state, struct dcf_rival_facts *facts)
{
	struct sqlite *q = calloc(1, sizeof *q);

	(void)threads;
	(void)a; /* the library has its own heap */
	if (!q)
		return DCF_E_NOMEM;
	*state = q;
	q->world = world;
	snprintf(facts->note, sizeof facts->note, "SQLite %s: rtree_i32 of 4D boxes in memory, our yardstick's polygon test",
		 sqlite3_libversion());
	return sqlite3_open(":memory:", &q->db) == SQLITE_OK ? DCF_OK : DCF_E_NOMEM;
}

/* Number, then the box: in 1/64 m, 0.1 mm and ms; the window's end is not part of it. */
static bool bind_box(sqlite3_stmt *s, const struct dcf_planar_world *w, size_t i)
{
	const struct dcf_planar_volume *v = &w->volumes[i];
	double b[4];
	int ok = SQLITE_OK;

	dcf_planar_bounds(v, b);
	{
		const sqlite3_int64 value[] = { (sqlite3_int64)i,
						(sqlite3_int64)(b[0] * DCF_PLANAR_UNITS_A_M),
						(sqlite3_int64)(b[2] * DCF_PLANAR_UNITS_A_M),
						(sqlite3_int64)(b[1] * DCF_PLANAR_UNITS_A_M),
						(sqlite3_int64)(b[3] * DCF_PLANAR_UNITS_A_M),
						v->lower_e4,
						v->upper_e4,
						v->start_ms,
						v->end_ms - 1 };

		for (int k = 0; k < 9; k++)
			ok |= sqlite3_bind_int64(s, k + 1, value[k]);
	}
	return ok == SQLITE_OK;
}

static bool fill(struct sqlite *q)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_exec(q->db, make_table, NULL, NULL, NULL) == SQLITE_OK &&
		  sqlite3_exec(q->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
		  sqlite3_prepare_v2(q->db, insert_row, -1, &s, NULL) == SQLITE_OK;

	for (size_t i = 0; i < q->world->volume_count && ok; i++) {
		ok = bind_box(s, q->world, i) && sqlite3_step(s) == SQLITE_DONE;
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	return ok && sqlite3_exec(q->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

static enum dcf_status find(const struct sqlite *q, sqlite3_stmt *s, size_t i, struct dcf_pairs *out, uint64_t *candidates)
{
	const struct dcf_planar_volume *volumes = q->world->volumes;
	enum dcf_status status = bind_box(s, q->world, i) ? DCF_OK : DCF_E_NOMEM;
	int step = SQLITE_DONE;

	while (status == DCF_OK && (step = sqlite3_step(s)) == SQLITE_ROW) {
		size_t k = (size_t)sqlite3_column_int64(s, 0);

		if (!dcf_planar_may_meet(&volumes[i], &volumes[k]))
			continue;
		++*candidates;
		if (dcf_planar_polygons_meet(&volumes[i], &volumes[k]))
			status = dcf_pairs_add(out, (uint32_t)i, (uint32_t)k);
	}
	sqlite3_reset(s);
	return status != DCF_OK ? status : step == SQLITE_DONE ? DCF_OK : DCF_E_IO;
}

static enum dcf_status sqlite_join(void *state, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	struct sqlite *q = state;
	sqlite3_stmt *s = NULL;
	sqlite3_int64 before = sqlite3_memory_used();
	enum dcf_status status = DCF_OK;

	facts->candidates = 0;
	if (!fill(q) || sqlite3_prepare_v2(q->db, find_rows, -1, &s, NULL) != SQLITE_OK) {
		snprintf(facts->note, sizeof facts->note, "SQLite: %s", sqlite3_errmsg(q->db));
		return DCF_E_IO;
	}
	if (sqlite3_memory_used() > before)
		facts->index_bytes = (size_t)(sqlite3_memory_used() - before);
	for (size_t i = 0; i < q->world->volume_count && status == DCF_OK; i++)
		status = find(q, s, i, out, &facts->candidates);
	sqlite3_finalize(s);
	return status;
}

const struct dcf_rival dcf_rival_sqlite = { "sqlite", UINT32_MAX, sqlite_open, sqlite_join, sqlite_close };
