/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/planar.h"

#include "core/num.h"
#include <string.h>

/* Segments of the half circle at each end of a capsule, and of a disc: circumscribed they reach at
 * most 2 % and 0.5 % beyond the curve. */
enum { HALF_SEGMENTS = 8, DISC_SEGMENTS = 32, MOST_VERTICES = 32 };

/* Theatres on a grid of 1,600 km, their shapes reaching some 750 km from the centre; cities beside them
 * on a grid of 40 km. */
static const double theatre_cell_m = 1600e3, city_cell_m = 40e3;

struct planar_sink {
	struct dcf_planar_world *world;
	uint32_t columns;
	double half_s[HALF_SEGMENTS], half_c[HALF_SEGMENTS]; /* directions of a half circle's vertices */
	double disc_s[DISC_SEGMENTS], disc_c[DISC_SEGMENTS];
	double half_reach, disc_reach; /* vertex distance of a unit circle */
};

static double on_grid(double m)
{
	return dcf_floor(m * DCF_PLANAR_UNITS_A_M + 0.5) / DCF_PLANAR_UNITS_A_M;
}

static double reach_of(int segments_a_turn)
{
	double s, c;

	dcf_sincos(DCF_PI / segments_a_turn, &s, &c);
	return 1 / c;
}

static void prepare_curves(struct planar_sink *t)
{
	for (int i = 0; i < HALF_SEGMENTS; i++)
		dcf_sincos((i + 0.5) * DCF_PI / HALF_SEGMENTS, &t->half_s[i], &t->half_c[i]);
	for (int i = 0; i < DISC_SEGMENTS; i++)
		dcf_sincos((i + 0.5) * 2 * DCF_PI / DISC_SEGMENTS, &t->disc_s[i], &t->disc_c[i]);
	t->half_reach = reach_of(2 * HALF_SEGMENTS);
	t->disc_reach = reach_of(DISC_SEGMENTS);
}

static uint32_t capsule(const struct planar_sink *t, const struct dcf_bench_volume *v, double *xy)
{
	double dx = v->x[1] - v->x[0], dy = v->y[1] - v->y[0], d = dcf_sqrt(dx * dx + dy * dy);
	double r = v->radius * t->half_reach, ux = dx / d, uy = dy / d;
	uint32_t n = 0;

	/* From the right side around the far end to the left, then around the near end. */
	for (int end = 1; end >= 0; end--, ux = -ux, uy = -uy)
		for (int i = 0; i < HALF_SEGMENTS; i++, n++) {
			xy[2 * n] = v->x[end] + r * (uy * t->half_c[i] + ux * t->half_s[i]);
			xy[2 * n + 1] = v->y[end] + r * (-ux * t->half_c[i] + uy * t->half_s[i]);
		}
	return n;
}

static uint32_t disc(const struct planar_sink *t, const struct dcf_bench_volume *v, double *xy)
{
	for (int i = 0; i < DISC_SEGMENTS; i++) {
		xy[2 * i] = v->x[0] + v->radius * t->disc_reach * t->disc_c[i];
		xy[2 * i + 1] = v->y[0] + v->radius * t->disc_reach * t->disc_s[i];
	}
	return DISC_SEGMENTS;
}

static uint32_t star(const struct planar_sink *t, const struct dcf_bench_volume *v, double *xy)
{
	(void)t;
	for (uint32_t i = 0; i < v->count; i++) {
		xy[2 * i] = v->x[i];
		xy[2 * i + 1] = v->y[i];
	}
	return v->count;
}

static uint32_t (*const outline[])(const struct planar_sink *, const struct dcf_bench_volume *, double *) = {
	[DCF_BENCH_CAPSULE] = capsule,
	[DCF_BENCH_DISC] = disc,
	[DCF_BENCH_STAR] = star,
};

static void origin_of(const struct planar_sink *t, const struct dcf_bench_volume *v, double *x, double *y)
{
	double column = v->site % t->columns, row = v->site / t->columns, middle = (t->columns - 1) / 2.0;
	double cell = v->in_city ? city_cell_m : theatre_cell_m;

	*x = (column - middle) * cell;
	*y = (row - middle) * cell;
	if (v->in_city)
		*x += (t->columns * theatre_cell_m + (t->columns + 1) * city_cell_m) / 2;
}

static enum dcf_status take(void *ctx, const struct dcf_bench_volume *v)
{
	struct planar_sink *t = ctx;
	struct dcf_planar_world *w = t->world;
	double xy[2 * MOST_VERTICES], x, y;
	uint32_t n = outline[v->shape](t, v, xy);
	void *volumes = w->volumes, *numbers = w->xy;
	enum dcf_status s = dcf_grow(w->from, &volumes, &w->volume_cap, w->volume_count + 1, sizeof *w->volumes);

	w->volumes = volumes;
	if (s == DCF_OK)
		s = dcf_grow(w->from, &numbers, &w->number_cap, w->number_count + 2 * n, sizeof *w->xy);
	w->xy = numbers;
	if (s != DCF_OK)
		return s;
	origin_of(t, v, &x, &y);
	for (uint32_t i = 0; i < n; i++) {
		w->xy[w->number_count + 2 * i] = on_grid(x + xy[2 * i]);
		w->xy[w->number_count + 2 * i + 1] = on_grid(y + xy[2 * i + 1]);
	}
	w->number_count += 2 * n;
	w->volumes[w->volume_count++] =
		(struct dcf_planar_volume){ NULL, n, v->party, v->operation, v->lower_e4, v->upper_e4, v->start_ms, v->end_ms };
	return DCF_OK;
}

/* Into a block of its own size: what has grown piece by piece lies on small pages and is slow to read at random. */
static enum dcf_status settle(const struct dcf_alloc *a, void **array, size_t *cap, size_t count, size_t elem)
{
	void *whole = dcf_alloc_new(a, count * elem);

	if (!whole)
		return DCF_E_NOMEM;
	if (count)
		memcpy(whole, *array, count * elem);
	dcf_alloc_free(a, *array, *cap * elem);
	*array = whole;
	*cap = count;
	return DCF_OK;
}

static enum dcf_status settle_world(struct dcf_planar_world *w)
{
	void *volumes = w->volumes, *numbers = w->xy;
	enum dcf_status s = settle(w->from, &volumes, &w->volume_cap, w->volume_count, sizeof *w->volumes);

	w->volumes = volumes;
	if (s == DCF_OK)
		s = settle(w->from, &numbers, &w->number_cap, w->number_count, sizeof *w->xy);
	w->xy = numbers;
	return s;
}

/* The vertices have moved while they grew: say now where each volume's are. */
static void point_volumes(struct dcf_planar_world *w)
{
	const double *xy = w->xy;

	for (size_t i = 0; i < w->volume_count; i++) {
		w->volumes[i].xy = xy;
		xy += 2 * w->volumes[i].count;
	}
}

enum dcf_status dcf_planar_make(const struct dcf_bench_spec *spec, const struct dcf_alloc *a, struct dcf_planar_world *world)
{
	struct planar_sink t = { .world = world, .columns = 1 };
	enum dcf_status s;

	world->from = a;
	world->operation_count = spec->n;
	while (t.columns * t.columns < dcf_bench_sites(spec->n))
		t.columns++;
	prepare_curves(&t);
	s = dcf_bench_make_a(spec, (struct dcf_bench_sink){ take, &t });
	if (s == DCF_OK)
		s = settle_world(world);
	if (s == DCF_OK)
		point_volumes(world);
	else
		dcf_planar_free(world);
	return s;
}

void dcf_planar_free(struct dcf_planar_world *world)
{
	const struct dcf_alloc *a = world->from;

	if (!a)
		return;
	dcf_alloc_free(a, world->volumes, world->volume_cap * sizeof *world->volumes);
	dcf_alloc_free(a, world->xy, world->number_cap * sizeof *world->xy);
	*world = (struct dcf_planar_world){ .from = a };
}
