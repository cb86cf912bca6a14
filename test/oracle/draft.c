/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle/draft.h"
#include <stdlib.h>

struct pen {
	struct dcf_arena *arena;
	struct dcf_latlon *at;
	uint32_t count, cap;
	struct dcf_ring *ring;
	uint32_t rings;
	bool doubled;
	struct dcf_ora_random r;
};

static void *taken(void *p)
{
	if (!p)
		abort();
	return p;
}

static void put(struct pen *p, struct dcf_ora_point q)
{
	int times = p->doubled && dcf_ora_chance(&p->r, 0.3) ? 2 + (int)dcf_ora_below(&p->r, 2) : 1;

	while (times-- > 0 && p->count < p->cap)
		p->at[p->count++] = dcf_ora_round(q);
}

static void begin_ring(struct pen *p, bool outer)
{
	p->ring[p->rings++] = (struct dcf_ring){ p->count, 0, outer };
}

static void end_ring(struct pen *p)
{
	struct dcf_ring *r = &p->ring[p->rings - 1];

	r->count = p->count - r->first;
	/* a closing point repeated is no vertex of its own: readers drop it */
	while (r->count > 3 && p->at[r->first].lat_e7 == p->at[r->first + r->count - 1].lat_e7 &&
	       p->at[r->first].lon_e7 == p->at[r->first + r->count - 1].lon_e7)
		r->count--;
	p->count = r->first + r->count;
}

/* Vertices at growing azimuths, none more than 1.4 of an even step after the last: star-shaped about the centre. */
static void star(struct pen *p, struct dcf_ora_point centre, double size, double turn, uint32_t n, double rough, bool outer)
{
	bool backwards = dcf_ora_chance(&p->r, 0.5);

	begin_ring(p, outer);
	for (uint32_t i = 0; i < n; i++) {
		double a = turn + 360.0 / n * (i + dcf_ora_uniform(&p->r, -0.2, 0.2));

		put(p, dcf_ora_go(centre, backwards ? -a : a, size * dcf_ora_uniform(&p->r, rough, 1)));
	}
	end_ring(p);
}

/* A vertex by its metres to the right of and along `turn`: distances and directions from the centre are kept. */
static void put_xy(struct pen *p, const struct dcf_ora_draft *d, double x, double y)
{
	put(p, dcf_ora_go(d->centre, d->turn + atan2(x, y) * 57.29577951308232, hypot(x, y)));
}

static void comb(struct pen *p, const struct dcf_ora_draft *d)
{
	uint32_t teeth = 2 + d->vertices / 4;
	double step = 2 * d->size / (2 * teeth - 1), gap = step * dcf_ora_uniform(&p->r, 0.2, 0.9);

	begin_ring(p, true);
	put_xy(p, d, d->size, -0.5 * d->size);
	put_xy(p, d, -d->size, -0.5 * d->size);
	for (uint32_t i = 0; i < teeth; i++) {
		double x = -d->size + 2 * i * step;

		put_xy(p, d, x, d->size * dcf_ora_uniform(&p->r, 0, 0.5));
		put_xy(p, d, x + step, d->size * dcf_ora_uniform(&p->r, 0, 0.5));
		if (i + 1 == teeth)
			break;
		put_xy(p, d, x + step, -0.3 * d->size);
		put_xy(p, d, x + step + gap, -0.3 * d->size);
	}
	end_ring(p);
}

static void sliver(struct pen *p, const struct dcf_ora_draft *d)
{
	double wide = fmax(2, d->size * dcf_ora_log_uniform(&p->r, 1e-4, 1e-2));

	begin_ring(p, true);
	put_xy(p, d, 0, d->size);
	put_xy(p, d, wide, -d->size);
	if (dcf_ora_chance(&p->r, 0.5))
		put_xy(p, d, -wide, -0.9 * d->size);
	else
		put_xy(p, d, -wide, 0.9 * d->size);
	end_ring(p);
}

static void lonlat_star(struct pen *p, const struct dcf_ora_draft *d)
{
	const double rad = acos(-1.0) / 180;
	double k = d->size / 111.2e3, w = k / fmax(cos(d->centre.lat * rad), 0.05);

	begin_ring(p, true);
	for (uint32_t i = 0; i < d->vertices; i++) {
		double a = (d->turn + 360.0 / d->vertices * (i + dcf_ora_uniform(&p->r, -0.2, 0.2))) * rad;
		double r = dcf_ora_uniform(&p->r, d->rough, 1);

		put(p, dcf_ora_at(d->centre.lat + k * r * cos(a), d->centre.lon + w * r * sin(a)));
	}
	end_ring(p);
}

static void box(struct pen *p, const struct dcf_ora_draft *d)
{
	const double rad = acos(-1.0) / 180;
	double k = d->size / 111.2e3, w = k / fmax(cos(d->centre.lat * rad), 0.05);

	begin_ring(p, true);
	for (int i = 0; i < 4; i++) {
		double north = i == 0 || i == 3 ? k : -k, east = i < 2 ? w : -w;

		put(p, dcf_ora_at(fmax(-90, fmin(90, d->centre.lat + north)), d->centre.lon + east));
	}
	end_ring(p);
}

static void walk(struct pen *p, const struct dcf_ora_draft *d, double bend)
{
	double azi = d->turn, step = 2 * d->size / fmax(1, d->vertices - 1);
	struct dcf_ora_point q = dcf_ora_go(d->centre, azi + 180, d->size);

	put(p, q);
	for (uint32_t i = 1; i < d->vertices; i++) {
		q = dcf_ora_go(q, azi, step);
		put(p, q);
		azi += dcf_ora_uniform(&p->r, -bend, bend);
	}
}

static void several(struct pen *p, const struct dcf_ora_draft *d)
{
	uint32_t n = 2 + dcf_ora_below(&p->r, 2);

	for (uint32_t i = 0; i < n; i++) {
		struct dcf_ora_point c = i ? dcf_ora_go(d->centre, d->turn + 90 + 60 * i, 2.3 * d->size) : d->centre;

		star(p, c, d->size, d->turn, d->vertices, d->rough, true);
		if (dcf_ora_chance(&p->r, 0.5))
			star(p, c, d->size * d->rough * 0.4, d->turn, 5, 0.6, false);
	}
}

static void polygon(struct pen *p, const struct dcf_ora_draft *d)
{
	if (d->kind == DCF_ORA_SEVERAL)
		several(p, d);
	else if (d->kind == DCF_ORA_COMB)
		comb(p, d);
	else if (d->kind == DCF_ORA_SLIVER)
		sliver(p, d);
	else if (d->kind == DCF_ORA_BOX)
		box(p, d);
	else if (d->kind == DCF_ORA_LONLAT)
		lonlat_star(p, d);
	else
		star(p, d->centre, d->size, d->turn, d->vertices, d->rough, true);
	if (d->kind == DCF_ORA_HOLED)
		star(p, d->centre, d->size * d->rough * 0.5, d->turn, 3 + dcf_ora_below(&p->r, 5), 0.6, false);
}

void dcf_ora_draw(const struct dcf_ora_draft *d, struct dcf_arena *arena, struct dcf_feature *f)
{
	static const uint8_t shape[] = {
		[DCF_ORA_STAR] = DCF_POLYGON,   [DCF_ORA_HOLED] = DCF_POLYGON,    [DCF_ORA_SEVERAL] = DCF_POLYGON,
		[DCF_ORA_COMB] = DCF_POLYGON,   [DCF_ORA_SLIVER] = DCF_POLYGON,   [DCF_ORA_BOX] = DCF_POLYGON,
		[DCF_ORA_LONLAT] = DCF_POLYGON, [DCF_ORA_DISC] = DCF_CIRCLE,      [DCF_ORA_LINE] = DCF_CORRIDOR,
		[DCF_ORA_CAPSULE] = DCF_ORBIT,  [DCF_ORA_FLIGHT] = DCF_TRAJECTORY
	};
	struct pen p = { .arena = arena, .cap = 3 * (3 * d->vertices + 32), .doubled = d->doubled, .r = { d->seed } };

	p.at = taken(dcf_arena_get(arena, p.cap * sizeof *p.at));
	p.ring = taken(dcf_arena_get(arena, 8 * sizeof *p.ring));
	f->shape = shape[d->kind];
	f->edges = d->kind == DCF_ORA_BOX || d->kind == DCF_ORA_LONLAT ? DCF_EDGES_LONLAT : DCF_EDGES_GEODESIC;
	f->radius_m = d->size * d->width;
	if (d->kind <= DCF_ORA_LONLAT) {
		polygon(&p, d);
		f->radius_m = 0;
	} else if (d->kind == DCF_ORA_DISC) {
		p.doubled = false;
		put(&p, d->centre);
		f->radius_m = d->size;
	} else if (d->kind == DCF_ORA_CAPSULE) {
		p.doubled = false;
		put(&p, dcf_ora_go(d->centre, d->turn + 180, d->size));
		put(&p, dcf_ora_go(d->centre, d->turn, d->size));
	} else {
		walk(&p, d, 70);
		if (d->kind == DCF_ORA_FLIGHT)
			f->radius_m = d->width;
	}
	f->points = p.at;
	f->point_count = p.count;
	f->rings = p.rings ? p.ring : NULL;
	f->ring_count = p.rings;
}

static double radius(const struct dcf_feature *f)
{
	return f->shape == DCF_POLYGON ? 0 : f->radius_m;
}

void dcf_ora_put(struct dcf_ora_draft *d, struct dcf_arena *arena, const struct dcf_feature *other, struct dcf_ora_point from,
		 double azimuth, double gap, bool inward)
{
	struct dcf_ora_shape a = dcf_ora_shape_of(other);
	double far = inward ? 0 : a.ball.r + radius(other) + d->size * 2 + fmax(gap, 0), sign = inward ? -1 : 1;

	for (int i = 0; i < 9 && far < 9e6; i++) {
		struct dcf_feature f = { 0 };
		struct dcf_ora_shape b;
		double is;

		d->centre = dcf_ora_go(from, azimuth, far);
		dcf_ora_draw(d, arena, &f);
		b = dcf_ora_shape_of(&f);
		is = fmax(0, dcf_ora_between(&a, &b)) - radius(other) - radius(&f);
		dcf_ora_shape_free(&b);
		if (fabs(is - gap) < 0.02)
			break;
		/* areas that overlap say nothing about how far: go back by part of the size */
		far += is == 0 && gap > 0 ? d->size * 0.3 : sign * (gap - is);
		far = fmax(far, 0);
	}
	dcf_ora_shape_free(&a);
}
