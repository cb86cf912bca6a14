/* SPDX-License-Identifier: Apache-2.0 */
/* PostGIS: one table, the join written in SQL, over a Unix socket to a private server.
 *
 * Three GiST indexes are tried once each, and the one with the fastest query is measured:
 *   2d           the polygon's box; windows and bands are compared row by row
 *   nd           boxes in x, y, altitude and time (gist_geometry_ops_nd on a line through the box's corners)
 *   multicolumn  the polygon's box, the window and the band (as ranges)
 * A join is, as everywhere, building the index and asking for every pair; loading the table is not held
 * against it.  The note tells the query's share.  The server's CPU time is read from the system, since it
 * is spent in another process. */
#define _POSIX_C_SOURCE 200809L
#include "bench/rival.h"

#include "bench/measure.h"
#include "bench/pg_cluster.h"
#include "base/buf.h"
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct postgis {
	const struct dcf_planar_world *world;
	struct dcf_pg_cluster cluster;
	PGconn *db;
	size_t best; /* of ways[] */
	char version[32];
	char tried[160];
};

static const struct way {
	const char *name, *index, *condition;
} ways[] = {
	{ "2d", "CREATE INDEX best ON v USING gist (shape)",
	  "a.shape && b.shape AND a.lower <= b.upper AND b.lower <= a.upper AND a.t0 < b.t1 AND b.t0 < a.t1" },
	{ "nd", "CREATE INDEX best ON v USING gist (box gist_geometry_ops_nd)",
	  "a.box &&& b.box AND a.lower <= b.upper AND b.lower <= a.upper AND a.t0 < b.t1 AND b.t0 < a.t1" },
	{ "multicolumn", "CREATE INDEX best ON v USING gist (shape, time, band)",
	  "a.shape && b.shape AND a.time && b.time AND a.band && b.band" },
};

/* `box` doubles as nd's key: M is the time, Z the altitude.  A range [t0, t1) and a band [lower, upper]
 * mean exactly what the kernel means. */
static const char make_table[] =
	"CREATE UNLOGGED TABLE v (id int4, party int4, lower int4, upper int4, t0 int4, t1 int4, shape geometry, "
	"box geometry, time int4range GENERATED ALWAYS AS (int4range(t0, t1)) STORED, "
	"band int4range GENERATED ALWAYS AS (int4range(lower, upper, '[]')) STORED)";

static void postgis_close(void *state)
{
	struct postgis *p = state;

	if (!p)
		return;
	PQfinish(p->db);
	dcf_pg_stop(&p->cluster);
	free(p);
}

static bool command(struct postgis *p, const char *sql, struct dcf_rival_facts *facts)
{
	PGresult *r = PQexec(p->db, sql);
	ExecStatusType got = PQresultStatus(r);
	bool ok = got == PGRES_COMMAND_OK || got == PGRES_TUPLES_OK;

	if (!ok)
		snprintf(facts->note, sizeof facts->note, "%.*s", (int)strcspn(PQerrorMessage(p->db), "\n"),
			 PQerrorMessage(p->db));
	PQclear(r);
	return ok;
}

static void put_be(struct dcf_buf *b, uint32_t v, int bytes)
{
	while (bytes-- > 0)
		dcf_buf_char(b, (char)(unsigned char)(v >> 8 * bytes));
}

static void put_int(struct dcf_buf *b, int32_t v)
{
	put_be(b, 4, 4);
	put_be(b, (uint32_t)v, 4);
}

/* Well-known binary, big-endian as the protocol is. */
static void put_double(struct dcf_buf *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	put_be(b, (uint32_t)(bits >> 32), 4);
	put_be(b, (uint32_t)bits, 4);
}

static void put_polygon(struct dcf_buf *b, const struct dcf_planar_volume *v)
{
	put_be(b, 1 + 4 + 4 + 4 + 16 * (v->count + 1), 4);
	put_be(b, 0, 1);
	put_be(b, 3, 4);
	put_be(b, 1, 4);
	put_be(b, v->count + 1, 4);
	for (uint32_t i = 0; i <= v->count; i++) {
		put_double(b, v->xy[2 * (i % v->count)]);
		put_double(b, v->xy[2 * (i % v->count) + 1]);
	}
}

/* LINESTRING ZM from the lower to the upper corner of (x, y, altitude, time). */
static void put_box(struct dcf_buf *b, const struct dcf_planar_volume *v)
{
	double bounds[4];

	dcf_planar_bounds(v, bounds);
	put_be(b, 1 + 4 + 4 + 2 * 32, 4);
	put_be(b, 0, 1);
	put_be(b, 0xc0000002u, 4);
	put_be(b, 2, 4);
	for (int corner = 0; corner < 2; corner++) {
		put_double(b, bounds[2 * corner]);
		put_double(b, bounds[2 * corner + 1]);
		put_double(b, corner ? v->upper_e4 : v->lower_e4);
		put_double(b, corner ? v->end_ms : v->start_ms);
	}
}

static bool send_rows(struct postgis *p, struct dcf_buf *b)
{
	bool ok = true;

	dcf_buf_put(b, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
	for (size_t i = 0; i < p->world->volume_count && ok; i++) {
		const struct dcf_planar_volume *v = &p->world->volumes[i];
		const int32_t number[] = { (int32_t)i, (int32_t)v->party, v->lower_e4, v->upper_e4, v->start_ms, v->end_ms };

		put_be(b, 8, 2);
		for (size_t k = 0; k < sizeof number / sizeof *number; k++)
			put_int(b, number[k]);
		put_polygon(b, v);
		put_box(b, v);
		if (b->len >= 1 << 20) {
			ok = !b->failed && PQputCopyData(p->db, b->p, (int)b->len) == 1;
			b->len = 0;
		}
	}
	put_be(b, 0xffff, 2);
	return ok && !b->failed && PQputCopyData(p->db, b->p, (int)b->len) == 1;
}

static bool load(struct postgis *p, struct dcf_rival_facts *facts)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf b = { .from = &heap };
	PGresult *r = PQexec(p->db, "COPY v (id, party, lower, upper, t0, t1, shape, box) FROM STDIN (FORMAT binary)");
	bool ok = PQresultStatus(r) == PGRES_COPY_IN;

	PQclear(r);
	ok = ok && send_rows(p, &b);
	ok = PQputCopyEnd(p->db, ok ? NULL : "given up") == 1 && ok;
	while ((r = PQgetResult(p->db)) != NULL) {
		ok = PQresultStatus(r) == PGRES_COMMAND_OK && ok;
		PQclear(r);
	}
	dcf_buf_free(&b);
	if (!ok)
		snprintf(facts->note, sizeof facts->note, "loading: %.200s", PQerrorMessage(p->db));
	return ok;
}

/* CPU seconds of the server's process for this connection; Linux, else 0. */
static double server_cpu_s(PGconn *db)
{
	char path[64], line[512], *after;
	unsigned long user = 0, system = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", PQbackendPID(db));
	f = fopen(path, "r");
	if (!f)
		return 0;
	/* The name stands in parentheses and may hold anything; user and system time are fields 14 and 15. */
	after = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
	if (!after || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		user = system = 0;
	fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static enum dcf_status collect(PGconn *db, struct dcf_pairs *out)
{
	PGresult *r;
	enum dcf_status s = DCF_OK;

	while ((r = PQgetResult(db)) != NULL) {
		ExecStatusType got = PQresultStatus(r);

		if (got != PGRES_SINGLE_TUPLE && got != PGRES_TUPLES_OK)
			s = DCF_E_IO;
		for (int i = 0; i < PQntuples(r) && s == DCF_OK && out; i++) {
			const unsigned char *a = (const unsigned char *)PQgetvalue(r, i, 0);
			const unsigned char *b = (const unsigned char *)PQgetvalue(r, i, 1);

			s = dcf_pairs_add(out, (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3],
					  (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
		}
		PQclear(r);
	}
	return s;
}

static enum dcf_status query(struct postgis *p, const struct way *way, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	char sql[512];
	enum dcf_status s = DCF_E_IO;

	snprintf(
		sql, sizeof sql,
		"SELECT a.id, b.id FROM v a JOIN v b ON a.id < b.id AND a.party <> b.party AND %s AND ST_Intersects(a.shape, b.shape)",
		way->condition);
	if (PQsendQueryParams(p->db, sql, 0, NULL, NULL, NULL, NULL, 1) == 1)
		s = collect(p->db, out);
	if (s == DCF_E_IO)
		snprintf(facts->note, sizeof facts->note, "%s: %.200s", way->name, PQerrorMessage(p->db));
	return s;
}

static size_t index_bytes(PGconn *db)
{
	PGresult *r = PQexec(db, "SELECT pg_relation_size('best')");
	size_t n = PQresultStatus(r) == PGRES_TUPLES_OK ? (size_t)strtoull(PQgetvalue(r, 0, 0), NULL, 10) : 0;

	PQclear(r);
	return n;
}

static bool build(struct postgis *p, const struct way *way, struct dcf_rival_facts *facts)
{
	return command(p, "DROP INDEX IF EXISTS best", facts) && command(p, way->index, facts);
}

/* Without an end a bad index could keep the benchmark for hours: a way that takes more than twice the
 * best so far (and a minute) is given up. */
static bool limit_to(struct postgis *p, double best_s, struct dcf_rival_facts *facts)
{
	char sql[64];

	snprintf(sql, sizeof sql, "SET statement_timeout = %d", best_s > 0 ? (int)((2 * best_s + 60) * 1000) : 0);
	return command(p, sql, facts);
}

/* Wall time of one query by this way, 0 when it was given up. */
static double try_way(struct postgis *p, const struct way *way, double best_s, struct dcf_rival_facts *facts)
{
	struct dcf_clock from;

	if (!limit_to(p, 0, facts) || !build(p, way, facts) || !limit_to(p, best_s, facts))
		return 0;
	from = dcf_clock_now();
	return query(p, way, NULL, facts) == DCF_OK ? dcf_clock_since(from).wall_s : 0;
}

static bool choose_way(struct postgis *p, struct dcf_rival_facts *facts)
{
	double best_s = 0;
	size_t used = 0;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		double took = try_way(p, &ways[i], best_s, facts);
		char text[32] = "given up";

		if (took > 0)
			snprintf(text, sizeof text, "%.1f s", took);
		used += (size_t)snprintf(p->tried + used, sizeof p->tried - used, "%s%s %s", used ? ", " : "", ways[i].name,
					 text);
		if (took > 0 && (best_s == 0 || took < best_s)) {
			best_s = took;
			p->best = i;
		}
	}
	return best_s > 0 && limit_to(p, 0, facts);
}

static void ask_version(struct postgis *p)
{
	PGresult *r = PQexec(p->db, "SELECT PostGIS_Lib_Version()");

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		snprintf(p->version, sizeof p->version, "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
}

/* The planner has no good figures for boxes in four dimensions; without these it may compare all with all. */
static const char plan_settings[] = "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off; "
				    "SET enable_material = off; SET client_min_messages = warning";

static enum dcf_status postgis_open(const struct dcf_planar_world *world, unsigned threads, const struct dcf_alloc *a,
				    void **state, struct dcf_rival_facts *facts)
{
	struct postgis *p = calloc(1, sizeof *p);
	char where[128];
	enum dcf_status s;

	(void)threads;
	(void)a; /* the client library has its own heap */
	if (!p)
		return DCF_E_NOMEM;
	*state = p;
	p->world = world;
	s = dcf_pg_start(&p->cluster, facts->note, sizeof facts->note);
	if (s != DCF_OK)
		return s;
	dcf_pg_where(&p->cluster, where);
	p->db = PQconnectdb(where);
	if (PQstatus(p->db) != CONNECTION_OK) {
		snprintf(facts->note, sizeof facts->note, "connecting: %.200s", PQerrorMessage(p->db));
		return DCF_E_IO;
	}
	if (!command(p, plan_settings, facts) || !command(p, "CREATE EXTENSION postgis", facts) ||
	    !command(p, make_table, facts) || !load(p, facts) || !command(p, "VACUUM ANALYZE v", facts) ||
	    !choose_way(p, facts))
		return DCF_E_IO;
	ask_version(p);
	return DCF_OK;
}

static enum dcf_status postgis_join(void *state, struct dcf_pairs *out, struct dcf_rival_facts *facts)
{
	struct postgis *p = state;
	struct dcf_clock from = dcf_clock_now();
	double index_s, cpu_before = server_cpu_s(p->db);
	enum dcf_status s = build(p, &ways[p->best], facts) ? DCF_OK : DCF_E_IO;

	index_s = dcf_clock_since(from).wall_s;
	if (s == DCF_OK)
		s = query(p, &ways[p->best], out, facts);
	if (s != DCF_OK)
		return s;
	facts->other_cpu_s = server_cpu_s(p->db) - cpu_before;
	facts->index_bytes = index_bytes(p->db);
	snprintf(facts->note, sizeof facts->note,
		 "PostGIS %s: GiST %s, ST_Intersects, 1 process; last run %.2f s index + %.2f s query; queries tried: %s",
		 p->version, ways[p->best].name, index_s, dcf_clock_since(from).wall_s - index_s, p->tried);
	return s;
}

const struct dcf_rival dcf_rival_postgis = { "postgis", UINT32_MAX, postgis_open, postgis_join, postgis_close };
