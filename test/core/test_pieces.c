/* SPDX-License-Identifier: Apache-2.0 */
/* test_pieces.c - sets of instants, sorting, plane geometry, rings, a plan's names. */
#include "core/plan.h"
#include "core/planar.h"
#include "core/ring.h"
#include "core/set.h"
#include "core/sort.h"
#include "oracle/random.h"
#include "tap.h"
#include <stdlib.h>
#include <string.h>

static struct dcf_alloc heap;

/* --- sets: against a row of whole instants and the gaps between them --------------------------------- */

enum { CELLS = 81 }; /* cell 2k is the instant k, cell 2k + 1 the open stretch after it */

static void mark(const struct dcf_set *s, bool cell[CELLS])
{
	memset(cell, 0, CELLS * sizeof *cell);
	for (size_t i = 0; i < s->count; i++)
		for (int k = (int)(2 * s->at[i].low); k <= (int)(2 * s->at[i].high); k++)
			cell[k] = true;
}

static struct dcf_set random_set(struct dcf_ora_random *r)
{
	struct dcf_set s = { .from = &heap };

	for (uint32_t n = dcf_ora_below(r, 8); n > 0; n--) {
		double low = dcf_ora_below(r, 40), high = low + dcf_ora_below(r, 6);

		dcf_set_add(&s, low, high > 40 ? 40 : high);
	}
	dcf_set_normalise(&s);
	return s;
}

static bool normal(const struct dcf_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].low > s->at[i].high || (i > 0 && s->at[i].low <= s->at[i - 1].high))
			return false;
	return true;
}

static void sets_are_those_of_instants(void)
{
	struct dcf_ora_random r = { 11 };
	bool a[CELLS], b[CELLS], c[CELLS];

	for (int world = 0; world < 20000; world++) {
		struct dcf_set x = random_set(&r), y = random_set(&r), out = { .from = &heap };
		double length = 0;

		CHECK(normal(&x) && normal(&y));
		mark(&x, a);
		mark(&y, b);
		for (int k = 1; k < CELLS; k += 2)
			length += a[k];
		CHECK(dcf_set_length(&x) == length);
		dcf_set_intersect(&out, &x, &y);
		mark(&out, c);
		for (int k = 0; k < CELLS; k++)
			CHECK(c[k] == (a[k] && b[k]));
		dcf_set_union(&out, &x, &y);
		mark(&out, c);
		for (int k = 0; k < CELLS; k++)
			CHECK(c[k] == (a[k] || b[k]));
		CHECK(normal(&out));
		/* the complement is closed too: it has the ends, not the inside, of what it leaves out */
		dcf_set_complement(&out, &x, 0, 40);
		mark(&out, c);
		for (int k = 1; k < CELLS; k += 2)
			CHECK(c[k] == !a[k]);
		dcf_set_drop_instants(&x);
		mark(&x, c);
		for (int k = 1; k < CELLS; k += 2)
			CHECK(c[k] == a[k]);
		for (size_t i = 0; i < x.count; i++)
			CHECK(x.at[i].low < x.at[i].high);
		dcf_set_free(&x);
		dcf_set_free(&y);
		dcf_set_free(&out);
	}
}

static void *no_memory(void *ctx, void *p, size_t old_size, size_t new_size)
{
	(void)ctx;
	(void)p;
	(void)old_size;
	(void)new_size;
	return NULL;
}

static void a_set_without_memory_stays_failed(void)
{
	const struct dcf_alloc none = { no_memory, NULL };
	struct dcf_set s = { .from = &none }, out = { .from = &heap }, t = { .from = &heap };

	dcf_set_add(&s, 0, 1);
	CHECK(s.failed && s.count == 0);
	dcf_set_add(&t, 0, 1);
	dcf_set_intersect(&out, &s, &t);
	CHECK(out.failed);
	dcf_set_free(&out);
	dcf_set_free(&t);
}

/* --- sorting -------------------------------------------------------------------------------------- */

struct row {
	int key, place;
};

static int by_key(const void *ctx, const void *i, const void *j)
{
	const struct row *a = i, *b = j;

	(*(size_t *)ctx)++;
	return a->key < b->key ? -1 : a->key > b->key;
}

static void sorting_is_stable(void)
{
	static struct row rows[3000];
	struct dcf_ora_random r = { 12 };
	const struct dcf_alloc none = { no_memory, NULL };
	size_t calls = 0;

	for (int world = 0; world < 300; world++) {
		size_t n = world < 20 ? (size_t)world : dcf_ora_below(&r, 3000);

		for (size_t i = 0; i < n; i++)
			rows[i] = (struct row){ (int)dcf_ora_below(&r, world % 2 ? 10 : 1000000), (int)i };
		CHECK(dcf_sort(&heap, rows, n, sizeof *rows, by_key, &calls) == DCF_OK);
		for (size_t i = 1; i < n; i++)
			CHECK(rows[i - 1].key < rows[i].key ||
			      (rows[i - 1].key == rows[i].key && rows[i - 1].place < rows[i].place));
	}
	for (int i = 0; i < 50; i++)
		rows[i] = (struct row){ 50 - i, i };
	CHECK(dcf_sort(&none, rows, 50, sizeof *rows, by_key, &calls) == DCF_E_NOMEM);
	for (int i = 0; i < 50; i++)
		CHECK(rows[i].key == 50 - i && rows[i].place == i);
}

/* --- the plane ------------------------------------------------------------------------------------ */

static double segment_distance(struct dcf_xy a, struct dcf_xy b, struct dcf_xy p)
{
	double dx = b.x - a.x, dy = b.y - a.y, l2 = dx * dx + dy * dy,
	       t = l2 > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / l2 : 0;

	t = t < 0 ? 0 : t > 1 ? 1 : t;
	return hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

static struct dcf_xy at(struct dcf_xy p, struct dcf_xy v, double t)
{
	return (struct dcf_xy){ p.x + v.x * t, p.y + v.y * t };
}

static struct dcf_xy draw(struct dcf_ora_random *r, double size)
{
	struct dcf_xy p;

	p.x = dcf_ora_uniform(r, -size, size);
	p.y = dcf_ora_uniform(r, -size, size);
	return p;
}

/* Sampled: inside the interval it holds, outside it does not, but for a hair at the ends. */
static void a_disc_is_met_for_an_interval(void)
{
	struct dcf_ora_random r = { 13 };

	for (int i = 0; i < 20000; i++) {
		struct dcf_xy s = draw(&r, 100), v = draw(&r, dcf_ora_chance(&r, 0.1) ? 0 : 10);
		double d = dcf_ora_uniform(&r, 0, 80), in = 0, out = 0;
		bool meets = dcf_disc_interval(s, v, d, 0, 20, &in, &out);

		CHECK(!meets || (0 <= in && in <= out && out <= 20));
		for (double t = 0; t <= 20; t += 0.5) {
			struct dcf_xy p = at(s, v, t);
			double far = hypot(p.x, p.y) - d;
			bool inside = meets && t >= in && t <= out;

			CHECK_MSG(fabs(far) < 1e-6 || (far < 0) == inside, "%.9f beyond at %.1f, inside %d", far, t, inside);
		}
	}
}

static void polygons_are_crossed_as_sampled(void)
{
	struct dcf_ora_random r = { 14 };
	struct dcf_set out = { .from = &heap };

	for (int world = 0; world < 3000; world++) {
		struct dcf_xy poly[12], p = draw(&r, 150), v = draw(&r, 15);
		size_t n = 3 + dcf_ora_below(&r, 10);
		double d = dcf_ora_chance(&r, 0.3) ? 0 : dcf_ora_uniform(&r, 0, 20), turn = 0;

		for (size_t i = 0; i < n; i++) {
			double radius = dcf_ora_uniform(&r, 10, 100);

			turn = 2 * 3.14159265358979 * ((double)i + dcf_ora_uniform(&r, 0, 0.9)) / (double)n;
			poly[i] = (struct dcf_xy){ radius * cos(turn), radius * sin(turn) };
		}
		dcf_polygon_crossing(poly, n, p, v, d, 0, 20, &out);
		CHECK(normal(&out));
		for (double t = 0.05; t <= 20; t += 0.37) {
			struct dcf_xy q = at(p, v, t);
			bool in = dcf_polygon_contains(poly, n, q), found = false;
			double m = 1e9;

			for (size_t i = 0; i < n; i++) {
				double e = segment_distance(poly[i], poly[(i + 1) % n], q);

				m = e < m ? e : m;
			}
			for (size_t i = 0; i < out.count; i++)
				found |= t >= out.at[i].low && t <= out.at[i].high;
			CHECK_MSG(fabs(in ? -m - d : m - d) < 1e-6 || found == (in || m < d),
				  "world %d: at %.2f %.9f away, inside %d", world, t, m, in);
		}
	}
	dcf_set_free(&out);
}

static void cylinders_leave_out_their_limits(void)
{
	const double beside[3] = { 100, 0, 0 }, above[3] = { 0, 0, 50 }, still[3] = { 0, 0, 0 }, along[3] = { 0, 10, 0 };
	double in, out;

	CHECK(!dcf_cylinder_interval(beside, still, 100, 50, 0, 10, &in, &out));
	CHECK(!dcf_cylinder_interval(beside, along, 100, 50, -10, 10, &in, &out));
	CHECK(!dcf_cylinder_interval(above, along, 100, 50, -10, 10, &in, &out));
	CHECK(dcf_cylinder_interval(beside, still, 100.001, 50, 0, 10, &in, &out) && in == 0 && out == 10);
	CHECK(dcf_cylinder_interval(above, along, 100, 50.001, -20, 20, &in, &out) && fabs(in + 10) < 1e-9 &&
	      fabs(out - 10) < 1e-9);
}

static void polygons_meet_as_their_edges_and_insides_do(void)
{
	static const struct dcf_xy square[] = { { 0, 0 }, { 10, 0 }, { 10, 10 }, { 0, 10 } };
	static const struct dcf_xy inner[] = { { 4, 4 }, { 4, 6 }, { 6, 6 }, { 6, 4 } };
	static const struct dcf_xy beside[] = { { 10.001, 0 }, { 20, 0 }, { 20, 10 } };
	static const struct dcf_xy corner[] = { { 10, 10 }, { 20, 10 }, { 20, 20 } };
	static const struct dcf_xy through[] = { { -5, 4 }, { 15, 4 }, { 15, 6 }, { -5, 6 } };

	struct dcf_polygon s = dcf_polygon_of(square, 4), i = dcf_polygon_of(inner, 4), b = dcf_polygon_of(beside, 3);
	struct dcf_polygon c = dcf_polygon_of(corner, 3), t = dcf_polygon_of(through, 4);

	CHECK(dcf_polygons_meet(&s, &i) && dcf_polygons_meet(&i, &s));
	CHECK(!dcf_polygons_meet(&s, &b) && !dcf_polygons_meet(&b, &s));
	CHECK(dcf_polygons_meet(&s, &c) && dcf_polygons_meet(&s, &t));
	CHECK(dcf_polygons_meet(&s, &s));
}

/* --- rings ---------------------------------------------------------------------------------------- */

static enum dcf_status simple(const struct dcf_xy *corner, uint32_t n)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_xy xy[64];
	const char *why = NULL;
	enum dcf_status s;

	for (uint32_t i = 0; i < n; i++) {
		xy[2 * i] = corner[i];
		xy[2 * i + 1] = corner[(i + 1) % n];
	}
	s = dcf_rings_are_simple(xy, &n, 1, &arena, &why);
	CHECK((s == DCF_OK) == (why == NULL));
	dcf_arena_free(&arena);
	return s;
}

static void rings_that_are_not_simple_are_refused(void)
{
	static const struct dcf_xy l_shape[] = { { 0, 0 }, { 10, 0 }, { 10, 1 }, { 1, 1 }, { 1, 10 }, { 0, 10 } };
	static const struct dcf_xy bow[] = { { 0, 0 }, { 10, 10 }, { 10, 0 }, { 0, 10 } };
	static const struct dcf_xy touches[] = { { 0, 0 }, { 10, 0 }, { 10, 10 }, { 0, 0 }, { -10, 10 } };
	static const struct dcf_xy spike[] = { { 0, 0 }, { 10, 0 }, { 20, 0 }, { 10, 0 }, { 10, 10 } };
	static const struct dcf_xy spiral[] = { { 0, 0 },  { 20, 0 }, { 20, 20 }, { 2, 20 },  { 2, 4 },   { 16, 4 }, { 16, 16 },
						{ 6, 16 }, { 6, 8 },  { 12, 8 },  { 12, 7 },  { 5, 7 },   { 5, 17 }, { 17, 17 },
						{ 17, 3 }, { 1, 3 },  { 1, 21 },  { 21, 21 }, { 21, -1 }, { 0, -1 } };

	CHECK(simple(l_shape, 6) == DCF_OK && simple(spiral, 20) == DCF_OK);
	CHECK(simple(bow, 4) == DCF_E_REFUSED);
	CHECK(simple(touches, 5) == DCF_E_REFUSED);
	CHECK(simple(spike, 5) == DCF_E_REFUSED);
}

/* --- a plan's names ------------------------------------------------------------------------------- */

static void names_are_found_again(void)
{
	struct dcf_plan plan;
	char name[32];
	uint32_t party, op, first = 0;

	dcf_plan_init(&plan, &heap);
	CHECK(dcf_plan_find_party(&plan, DCF_SPAN("A")) == DCF_NONE);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 5000; i++) {
			snprintf(name, sizeof name, "P%u", i % 7);
			CHECK(dcf_plan_party(&plan, dcf_span_of(name), &party) == DCF_OK && party == i % 7);
			snprintf(name, sizeof name, "op-%u", i / 7);
			CHECK(dcf_plan_operation(&plan, party, dcf_span_of(name), &op) == DCF_OK && op == i);
		}
	CHECK(plan.party_count == 7 && plan.operation_count == 5000);
	memset(name, 'x', sizeof name); /* names were copied */
	CHECK(dcf_plan_find_party(&plan, DCF_SPAN("P6")) == 6 && dcf_plan_find_party(&plan, DCF_SPAN("P7")) == DCF_NONE);
	CHECK(dcf_plan_find_operation(&plan, 3, DCF_SPAN("op-100")) == 703);
	CHECK(dcf_plan_find_operation(&plan, 3, DCF_SPAN("op-1000")) == DCF_NONE);
	CHECK(dcf_plan_resolve(&plan, DCF_SPAN("P3/op-100"), &op) == DCF_OK && op == 703);
	CHECK(dcf_plan_resolve(&plan, DCF_SPAN("op-100"), &op) == DCF_E_AMBIGUOUS);
	CHECK(dcf_plan_resolve(&plan, DCF_SPAN("P9/op-100"), &op) == DCF_E_NOT_FOUND);
	CHECK(dcf_plan_resolve(&plan, DCF_SPAN(""), &op) == DCF_E_NOT_FOUND);
	/* An exact ID with a slash wins. */
	CHECK(dcf_plan_operation(&plan, 0, DCF_SPAN("P3/op-100"), &first) == DCF_OK);
	CHECK(dcf_plan_resolve(&plan, DCF_SPAN("P3/op-100"), &op) == DCF_OK && op == first);
	dcf_plan_free(&plan);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(sets_are_those_of_instants), TAP(a_set_without_memory_stays_failed), TAP(sorting_is_stable),
		       TAP(a_disc_is_met_for_an_interval), TAP(polygons_are_crossed_as_sampled),
		       TAP(cylinders_leave_out_their_limits), TAP(polygons_meet_as_their_edges_and_insides_do),
		       TAP(rings_that_are_not_simple_are_refused), TAP(names_are_found_again));
}
