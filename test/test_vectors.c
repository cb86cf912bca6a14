/* SPDX-License-Identifier: Apache-2.0 */
/* test_vectors.c - the plane kernel against reference vectors (test/data/README.md says whose).
 *
 *     test_vectors DATA
 *
 * The committed choice of rows is in DATA; the whole files are read as well where the folder that
 * DECONFLICT_SHARED names (without it, `shared` beside the project) holds them.  No disagreement is
 * allowed off the margin; times agree to 1e-6 s, on the edge cases to 1e-5 s. */
#include "core/planar.h"
#include "base/alloc.h"
#include "tap.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 160, LINE = 1 << 16, VERTICES = 64, TIMES = 32 };

static const char *data_folder;

struct totals {
	size_t rows, conflicts, margin, wrong;
	double worst;
};

static void say(const char *file, const struct totals *t)
{
	printf("# %s: %zu rows, %zu conflicts, %zu on the margin, %zu wrong, times within %.3g s\n", file, t->rows,
	       t->conflicts, t->margin, t->wrong, t->worst);
}

/* --- tables ------------------------------------------------------------------------------------- */

struct table {
	FILE *f;
	char head[LINE], line[LINE];
	char *name[COLUMNS], *cell[COLUMNS];
	size_t columns;
};

static size_t split(char *line, char **cell)
{
	size_t n = 0;

	line[strcspn(line, "\r\n")] = 0;
	for (char *p = line; n < COLUMNS; p++) {
		cell[n++] = p;
		p += strcspn(p, ",");
		if (!*p)
			break;
		*p = 0;
	}
	return n;
}

static bool next_row(struct table *t)
{
	return fgets(t->line, sizeof t->line, t->f) && split(t->line, t->cell) == t->columns;
}

static const char *cell(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->columns; i++)
		if (strcmp(t->name[i], name) == 0)
			return t->cell[i];
	printf("# no column %s\n", name);
	tap_failed_checks++;
	return "nan";
}

static double value(const struct table *t, const char *name)
{
	const char *text = cell(t, name);

	return *text ? strtod(text, NULL) : NAN;
}

/* --- cylinders ---------------------------------------------------------------------------------- */

static const struct cylinder {
	const char *name;
	double d, h;
} cylinders[] = {
	{ "CYL_5NM_1000FT", 9260, 304.8 },
	{ "CYL_NMAC_500FT_100FT", 152.4, 30.48 },
	{ "CYL_SUAS_2000FT_250FT", 609.6, 76.2 },
};

static void check_row(const struct table *t, const struct cylinder *c, double tolerance, struct totals *sum)
{
	static const char *const so[] = { "sox", "soy", "soz" }, *const si[] = { "six", "siy", "siz" };
	static const char *const vo[] = { "vox", "voy", "voz" }, *const vi[] = { "vix", "viy", "viz" };
	double s[3], v[3], in = NAN, out = NAN, off;
	char name[64];
	bool is, want;

	for (int i = 0; i < 3; i++) {
		s[i] = value(t, so[i]) - value(t, si[i]);
		v[i] = value(t, vo[i]) - value(t, vi[i]);
	}
	is = dcf_cylinder_interval(s, v, c->d, c->h, value(t, "B"), value(t, "T"), &in, &out);
	snprintf(name, sizeof name, "%s_marg", c->name);
	sum->rows++;
	if (value(t, name) != 0) {
		sum->margin++;
		return;
	}
	snprintf(name, sizeof name, "%s_conf", c->name);
	want = value(t, name) != 0;
	sum->conflicts += want;
	snprintf(name, sizeof name, "%s_tin", c->name);
	off = want ? fabs(in - value(t, name)) : 0;
	snprintf(name, sizeof name, "%s_tout", c->name);
	off = want ? fmax(off, fabs(out - value(t, name))) : 0;
	if (is == want)
		sum->worst = fmax(sum->worst, off);
	sum->wrong += is != want || !(off <= tolerance);
	CHECK_MSG(is == want && off <= tolerance, "row %s %s: %d, %.9f..%.9f", cell(t, "id"), c->name, is, in, out);
}

static bool check_table(const char *folder, const char *file, double tolerance, struct totals *sum)
{
	struct table *t = calloc(1, sizeof *t);
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder, file);
	if (!t || !(t->f = fopen(path, "r"))) {
		free(t);
		return false;
	}
	if (fgets(t->head, sizeof t->head, t->f))
		t->columns = split(t->head, t->name);
	while (next_row(t))
		for (size_t i = 0; i < sizeof cylinders / sizeof *cylinders; i++)
			check_row(t, &cylinders[i], tolerance, sum);
	CHECK(feof(t->f));
	fclose(t->f);
	free(t);
	say(file, sum);
	return true;
}

/* --- polygons ----------------------------------------------------------------------------------- */

/* The numbers after `"key":`, up to the first of them that the brackets of the key's value leave out. */
static size_t numbers(const char *line, const char *key, double *out, size_t cap)
{
	char quoted[32];
	const char *p;
	size_t n = 0;
	int depth = 0;

	snprintf(quoted, sizeof quoted, "\"%s\":", key);
	p = strstr(line, quoted);
	if (!p)
		return 0;
	for (p += strlen(quoted); *p; p++) {
		char *end;

		if (*p == '[')
			depth++;
		else if (*p == ']' && --depth == 0)
			break;
		else if (strchr("-.0123456789", *p)) {
			double x = strtod(p, &end);

			if (n < cap)
				out[n] = x;
			n++;
			p = end - 1;
			if (depth == 0)
				break;
		}
	}
	return n;
}

/* When is the point in the band [alt[0], alt[1]] and in the polygon, within [from, to]? */
static void crossing(const double *poly, size_t n, const double *alt, const double *pos, const double *vel, const double *drift,
		     double from, double to, struct dcf_set *out)
{
	struct dcf_xy at[VERTICES], p = { pos[0], pos[1] }, v = { vel[0] - drift[0], vel[1] - drift[1] };
	double in, until;

	for (size_t i = 0; i < n; i++)
		at[i] = (struct dcf_xy){ poly[2 * i], poly[2 * i + 1] };
	if (!dcf_band_interval(pos[2] - (alt[0] + alt[1]) / 2, vel[2], (alt[1] - alt[0]) / 2, from, to, &in, &until))
		return;
	dcf_polygon_crossing(at, n, p, v, 0, in, until, out);
	dcf_set_drop_instants(out);
}

static void check_line(const char *line, struct totals *sum)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_set set = { .from = &heap };
	double poly[2 * VERTICES], alt[2], drift[2], pos[3], vel[3], from, to, times[2 * TIMES], id = NAN, off = 0;
	const char *exact = strstr(line, "\"exact\":");
	size_t n = numbers(line, "poly", poly, 2 * VERTICES) / 2, want;
	bool ok = exact && n >= 3 && n <= VERTICES && numbers(line, "alt", alt, 2) == 2 &&
		  numbers(line, "poly_vel", drift, 2) == 2 && numbers(line, "own_pos", pos, 3) == 3 &&
		  numbers(line, "own_vel", vel, 3) == 3 && numbers(line, "B", &from, 1) == 1 &&
		  numbers(line, "T", &to, 1) == 1 && numbers(line, "id", &id, 1) == 1;

	CHECK_MSG(ok, "unreadable line: %.60s", line);
	if (!ok)
		return;
	want = numbers(exact, "times", times, 2 * TIMES) / 2;
	sum->rows++;
	sum->conflicts += want > 0;
	crossing(poly, n, alt, pos, vel, drift, from, to, &set);
	for (size_t i = 0; i < set.count && i < want; i++)
		off = fmax(off, fmax(fabs(set.at[i].low - times[2 * i]), fabs(set.at[i].high - times[2 * i + 1])));
	if (set.count == want)
		sum->worst = fmax(sum->worst, off);
	sum->wrong += set.count != want || !(off <= 1e-6);
	CHECK_MSG(set.count == want && off <= 1e-6, "line %.0f: %zu intervals, %zu wanted, off by %.9f s", id, set.count, want,
		  off);
	dcf_set_free(&set);
}

static bool check_lines(const char *folder, const char *file, struct totals *sum)
{
	char path[4096], *line = malloc(LINE);
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	f = fopen(path, "r");
	while (f && line && fgets(line, LINE, f))
		check_line(line, sum);
	free(line);
	if (!f)
		return false;
	fclose(f);
	say(file, sum);
	return true;
}

/* --- the tests ---------------------------------------------------------------------------------- */

/* Worked by hand: a cylinder is open, so whoever stands or flies exactly on its limit is outside. */
static void cylinder_limits(void)
{
	static const struct {
		double s[3], v[3];
		bool is;
		double in, out;
	} cases[] = {
		{ { 9260, 0, 0 }, { 0, 0, 0 }, false, 0, 0 },
		{ { 0, -9260, 0 }, { 0, 0, 5 }, false, 0, 0 },
		{ { 9259.999, 0, 0 }, { 0, 0, 0 }, true, 0, 180 },
		{ { 0, 0, 304.8 }, { 100, 0, 0 }, false, 0, 0 },
		{ { 0, 0, -304.8 }, { 0, 0, 0 }, false, 0, 0 },
		{ { 0, 0, 304.799 }, { 100, 0, 0 }, true, 0, 92.6 },
		{ { -10000, 9260, 0 }, { 100, 0, 0 }, false, 0, 0 }, /* tangent: one instant */
		{ { -19260, 0, 0 }, { 100, 0, 0 }, true, 100, 180 },
		{ { -27260, 0, 0 }, { 100, 0, 0 }, false, 0, 0 }, /* reaches it at the end */
		{ { 9260, 0, 0 }, { 100, 0, 0 }, false, 0, 0 },   /* leaves it at the start */
		{ { 0, 0, -1304.8 }, { 0, 0, 10 }, true, 100, 160.96 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double in = 0, out = 0;
		bool is = dcf_cylinder_interval(cases[i].s, cases[i].v, 9260, 304.8, 0, 180, &in, &out);

		CHECK_MSG(is == cases[i].is, "case %zu", i);
		if (is && cases[i].is)
			CHECK_MSG(fabs(in - cases[i].in) < 1e-9 && fabs(out - cases[i].out) < 1e-9, "case %zu: %.9f..%.9f", i,
				  in, out);
	}
}

static void cylinder_pairs(void)
{
	struct totals t = { 0 };

	CHECK(check_table(data_folder, "cylinder-pairs.csv", 1e-6, &t));
	CHECK(t.rows == 3000 && t.conflicts > 700);
}

static void cylinder_edges(void)
{
	struct totals t = { 0 };

	CHECK(check_table(data_folder, "cylinder-edges.csv", 1e-5, &t));
	CHECK(t.rows > 1700 && t.conflicts > 300);
}

static void polygon_crossings(void)
{
	struct totals t = { 0 };

	CHECK(check_lines(data_folder, "polygon-crossings.jsonl", &t));
	CHECK(t.rows == 300 && t.conflicts == 220);
}

static void whole_files(void)
{
	const char *shared = getenv("DECONFLICT_SHARED");
	struct totals pairs = { 0 }, edges = { 0 }, polygons = { 0 };
	char folder[2048];

	if (shared)
		snprintf(folder, sizeof folder, "%s/data/vectors", shared);
	else
		snprintf(folder, sizeof folder, "%s/../../../shared/data/vectors", data_folder);
	if (!check_table(folder, "pairs_dev.csv", 1e-6, &pairs)) {
		printf("# the whole files are not there: skipped\n");
		return;
	}
	CHECK(check_table(folder, "edge_dev.csv", 1e-5, &edges));
	CHECK(check_lines(folder, "polygon_dev.jsonl", &polygons));
	CHECK(pairs.rows == 30000 && edges.rows == 9600 && polygons.rows == 2000);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: test_vectors DATA\n");
		return 2;
	}
	data_folder = argv[1];
	return TAP_RUN(TAP(cylinder_limits), TAP(cylinder_pairs), TAP(cylinder_edges), TAP(polygon_crossings),
		       TAP(whole_files));
}
