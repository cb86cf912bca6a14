/* SPDX-License-Identifier: Apache-2.0 */
/* Large polygons in parts that the exchange takes.
 *
 * A polygon is cut by a straight line of a gnomonic chart (a great circle) into two sides, each of one or more pieces; pieces
 * are cut again until each is small enough and has no hole.  Pieces on both sides of a cut have its ends in common, to the
 * digit, so nothing is lost between them.  Where a cut meets the boundary its end is put 6 cm outside, and corners that are new
 * on a long edge 2 cm: rounding to 1e-7 degree (0.8 cm) and great circles in place of geodesics (3 cm) then never take anything
 * away. */
#include "base/json_writer.h"
#include "core/num.h"
#include "core/shape.h"
#include "format/utm_make.h"
#include <string.h>

#define END_OUT_M    0.06
#define CORNER_OUT_M 0.02
#define ENOUGH_M2    (0.996 * DCF_UTM_AREA_MAX_M2) /* parts aimed at: the area is known to 1e-4 */
#define HOLE_SHARE   1e-3                          /* holes below this share of their polygon are filled */
#define CIRCLES_M    150e3 /* corridors wider to a side than this become circles, which may be of any size */

enum { DEEPEST = 64, TRIES = 24 };

/* --- polygons that are being cut -------------------------------------------------------------------------- */

/* A corner of a ring, in the order of going round with the inside on the left. */
struct node {
	struct dcf_latlon at;
	struct dcf_xy xy; /* in the chart; of a cut's end on the cut, not 6 cm beside it */
	uint32_t next;    /* the corner behind it */
	uint32_t end;     /* of a cut's end: which one, otherwise DCF_NONE */
	bool done;
};

/* Where a cut meets a ring. */
struct end {
	double along;     /* on the cut */
	uint32_t in, out; /* the nodes: on the way up to the cut, on the way on */
	uint32_t other;   /* the end that is joined with it, by its rank */
	bool up;          /* the ring goes from below the cut to above */
};

struct cutter {
	const struct dcf_utm_volume *of;
	enum dcf_status (*take)(void *ctx, const struct dcf_utm_volume *v);
	void *ctx;
	uint32_t parts;
};

/* The chart's lengths are tangents: this is right in the middle and more than enough elsewhere. */
static double chart_metres(const struct dcf_base *b)
{
	return dcf_rho(b->centre.z);
}

/* Solid angle over a ring of the chart, times the scale: positive when the inside is on the left. */
static double ring_area_m2(const struct dcf_base *b, uint32_t first, uint32_t end)
{
	double area = 0;

	for (uint32_t i = first; i < end; i++) {
		struct dcf_xy p = b->xy[2 * i], q = b->xy[2 * i + 1];
		double lp = dcf_sqrt(1 + p.x * p.x + p.y * p.y), lq = dcf_sqrt(1 + q.x * q.x + q.y * q.y);
		struct dcf_vec middle = dcf_vec_unit(dcf_vec_add(b->centre, dcf_vec_add(b->arcs[i].a, b->arcs[i].b)));
		double k = dcf_rho(middle.z);

		area += 2 * dcf_atan2(p.x * q.y - p.y * q.x, lp * lq + 1 + p.x * q.x + p.y * q.y + lp + lq) * k * k;
	}
	return area;
}

static uint32_t ring_first(const struct dcf_base *b, uint32_t r)
{
	return r ? b->ring_end[r - 1] : 0;
}

static struct dcf_vec of_chart(const struct dcf_base *b, struct dcf_xy p)
{
	return dcf_vec_unit(dcf_vec_add(b->centre, dcf_vec_add(dcf_vec_scale(b->east, p.x), dcf_vec_scale(b->north, p.y))));
}

/* p, put `m` metres out of the area that is on the left of the way along the arc. */
static struct dcf_latlon put_out(const struct dcf_arc *arc, bool left, struct dcf_vec p, double m)
{
	double k = (left ? -m : m) / dcf_rho(p.z);

	return dcf_latlon_of(dcf_vec_unit(dcf_vec_add(p, dcf_vec_scale(arc->n, k))));
}

/* --- one cut ----------------------------------------------------------------------------------------------------------------
 */

/* x or y of the chart at a value. */
struct cut {
	bool by_x;
	double at;
};

static double above(const struct cut *c, struct dcf_xy p)
{
	return (c->by_x ? p.x : p.y) - c->at;
}

struct work {
	const struct dcf_base *base;
	struct cut cut;
	struct node *node;
	uint32_t nodes;
	struct end *end;
	uint32_t ends;
	bool *crossed; /* of each ring */
};

static uint32_t add_node(struct work *w, struct dcf_latlon at, struct dcf_xy xy, uint32_t end)
{
	w->node[w->nodes] = (struct node){ .at = at, .xy = xy, .next = w->nodes + 1, .end = end };
	return w->nodes++;
}

/* The beginning of an arc: as it was written, or a point of a long edge. */
static struct dcf_latlon corner_of(const struct dcf_arc *arc, bool left)
{
	struct dcf_latlon p = dcf_latlon_of(arc->a);
	struct dcf_vec again = dcf_vec_of(p);

	if (again.x == arc->a.x && again.y == arc->a.y && again.z == arc->a.z)
		return p;
	return put_out(arc, left, arc->a, CORNER_OUT_M);
}

/* All corners of a ring with the ends that the cut puts between them, the inside on the left. */
static void add_ring(struct work *w, uint32_t r)
{
	const struct dcf_base *b = w->base;
	uint32_t first = ring_first(b, r), n = b->ring_end[r] - first, begin = w->nodes;
	bool left = (ring_area_m2(b, first, first + n) > 0) == (r == 0); /* the area that counts is on the left */

	w->crossed[r] = false;
	for (uint32_t i = 0; i < n; i++) {
		/* backwards where the ring goes the other way round */
		uint32_t k = left ? first + i : first + n - 1 - i;
		const struct dcf_arc *arc = &b->arcs[k];
		struct dcf_xy p = b->xy[2 * k + (left ? 0 : 1)], q = b->xy[2 * k + (left ? 1 : 0)];
		const struct dcf_arc *start = left ? arc : &b->arcs[k + 1 < first + n ? k + 1 : first];
		double hp = above(&w->cut, p), hq = above(&w->cut, q), t;
		struct dcf_latlon at;
		struct dcf_xy x;

		add_node(w, corner_of(start, left), p, DCF_NONE);
		if ((hp >= 0) == (hq >= 0))
			continue;
		t = hp / (hp - hq);
		x = (struct dcf_xy){ p.x + (q.x - p.x) * t, p.y + (q.y - p.y) * t };
		at = put_out(arc, left, of_chart(b, x), END_OUT_M);
		w->end[w->ends] = (struct end){ .along = w->cut.by_x ? x.y : x.x, .up = hq > hp };
		w->end[w->ends].in = add_node(w, at, x, w->ends);
		w->end[w->ends].out = add_node(w, at, x, DCF_NONE);
		w->ends++;
		w->crossed[r] = true;
	}
	w->node[w->nodes - 1].next = begin;
}

static bool end_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct end *e = ctx;

	return e[a].along < e[b].along || (e[a].along == e[b].along && a < b);
}

/* Insertion by rank: a cut has few ends as a rule; heaps of them are sorted by halves. */
static bool join_ends(struct work *w, struct dcf_arena *arena)
{
	uint32_t *rank = dcf_arena_get(arena, (w->ends + 1) * sizeof *rank);

	if (!rank)
		return false;
	for (uint32_t i = 0; i < w->ends; i++) {
		uint32_t low = 0, high = i;

		while (low < high) {
			uint32_t middle = low + (high - low) / 2;

			if (end_before(w->end, i, rank[middle]))
				high = middle;
			else
				low = middle + 1;
		}
		memmove(rank + low + 1, rank + low, (i - low) * sizeof *rank);
		rank[low] = i;
	}
	for (uint32_t i = 0; i + 1 < w->ends; i += 2) {
		w->end[rank[i]].other = rank[i + 1];
		w->end[rank[i + 1]].other = rank[i];
	}
	return true;
}

/* Do the ends make sense: an even number, and those that are joined cross the cut in different directions? */
static bool ends_match(const struct work *w)
{
	if (w->ends == 0 || w->ends % 2)
		return false;
	for (uint32_t i = 0; i < w->ends; i++)
		if (w->end[i].up == w->end[w->end[i].other].up)
			return false;
	return true;
}

/* A piece: one ring, with the holes that lie in it. */
struct piece {
	struct dcf_feature f;
	struct dcf_xy *xy;
	struct piece *next;
	uint32_t more, holes; /* points and rings of its holes */
};

static uint32_t behind(const struct work *w, uint32_t i)
{
	return w->node[i].end == DCF_NONE ? w->node[i].next : w->end[w->end[w->node[i].end].other].out;
}

static enum dcf_status piece_from(struct work *w, uint32_t start, struct dcf_arena *arena, struct piece **out)
{
	uint32_t all = 1, n = 0;
	struct piece *p = dcf_arena_get(arena, sizeof *p);
	struct dcf_latlon *at;
	struct dcf_xy *xy;

	for (uint32_t i = behind(w, start); i != start; i = behind(w, i))
		all++;
	at = dcf_arena_get(arena, all * sizeof *at);
	xy = dcf_arena_get(arena, all * sizeof *xy);
	if (!p || !at || !xy)
		return DCF_E_NOMEM;
	for (uint32_t i = start; !w->node[i].done; i = behind(w, i)) {
		struct node *node = &w->node[i];

		node->done = true;
		if (n > 0 && at[n - 1].lat_e7 == node->at.lat_e7 && at[n - 1].lon_e7 == node->at.lon_e7)
			continue;
		xy[n] = node->xy;
		at[n++] = node->at;
	}
	while (n > 1 && at[0].lat_e7 == at[n - 1].lat_e7 && at[0].lon_e7 == at[n - 1].lon_e7)
		n--;
	*p = (struct piece){ .f = { .shape = DCF_POLYGON, .edges = DCF_EDGES_GEODESIC, .points = at, .point_count = n },
			     .xy = xy,
			     .next = *out };
	*out = p;
	return DCF_OK;
}

/* The ring's own corners; the cut does not meet it. */
static uint32_t ring_nodes(const struct work *w, uint32_t begin)
{
	uint32_t n = 1;

	for (uint32_t i = w->node[begin].next; i != begin; i = w->node[i].next)
		n++;
	return n;
}

static struct piece *piece_around(struct piece *p, struct dcf_xy at)
{
	while (p && !dcf_polygon_contains(p->xy, p->f.point_count, at))
		p = p->next;
	return p;
}

/* The rings that the cut does not meet are holes of the pieces around them.  DCF_E_REFUSED: one lies in none. */
static enum dcf_status place_holes(struct work *w, const uint32_t *ring_begin, struct piece *pieces, struct dcf_arena *arena)
{
	struct piece **around = dcf_arena_get(arena, w->base->ring_count * sizeof *around);

	if (!around)
		return DCF_E_NOMEM;
	for (uint32_t r = 1; r < w->base->ring_count; r++) {
		around[r] = w->crossed[r] ? NULL : piece_around(pieces, w->node[ring_begin[r]].xy);
		if (!around[r] && !w->crossed[r])
			return DCF_E_REFUSED;
		if (around[r]) {
			around[r]->more += ring_nodes(w, ring_begin[r]);
			around[r]->holes++;
		}
	}
	for (struct piece *p = pieces; p; p = p->next) {
		struct dcf_latlon *at = dcf_arena_get(arena, (p->f.point_count + p->more) * sizeof *at);
		uint32_t n = p->f.point_count;

		p->f.rings = dcf_arena_get(arena, (p->holes + 1) * sizeof *p->f.rings);
		if (!at || !p->f.rings)
			return DCF_E_NOMEM;
		memcpy(at, p->f.points, n * sizeof *at);
		p->f.points = at;
		p->f.rings[p->f.ring_count++] = (struct dcf_ring){ 0, n, true };
	}
	for (uint32_t r = 1; r < w->base->ring_count; r++) {
		struct piece *p = around[r];
		uint32_t i = ring_begin[r], n = p ? ring_nodes(w, i) : 0;

		if (!p)
			continue;
		p->f.rings[p->f.ring_count++] = (struct dcf_ring){ p->f.point_count, n, false };
		for (uint32_t k = 0; k < n; k++, i = w->node[i].next)
			p->f.points[p->f.point_count++] = w->node[i].at;
	}
	return DCF_OK;
}

/* Cut the polygon.  DCF_E_REFUSED: not at this place. */
static enum dcf_status cut_once(const struct dcf_base *b, struct cut cut, struct dcf_arena *arena, struct piece **out)
{
	struct work w = { .base = b, .cut = cut };
	uint32_t *ring_begin = dcf_arena_get(arena, b->ring_count * sizeof *ring_begin);
	enum dcf_status s = DCF_OK;

	w.node = dcf_arena_get(arena, 3 * (size_t)b->arc_count * sizeof *w.node);
	w.end = dcf_arena_get(arena, (size_t)b->arc_count * sizeof *w.end);
	w.crossed = dcf_arena_get(arena, b->ring_count * sizeof *w.crossed);
	*out = NULL;
	if (!ring_begin || !w.node || !w.end || !w.crossed)
		return DCF_E_NOMEM;
	for (uint32_t r = 0; r < b->ring_count; r++) {
		ring_begin[r] = w.nodes;
		add_ring(&w, r);
	}
	if (!join_ends(&w, arena))
		return DCF_E_NOMEM;
	if (!ends_match(&w))
		return DCF_E_REFUSED;
	for (uint32_t i = 0; s == DCF_OK && i < w.ends; i++)
		if (!w.node[w.end[i].out].done)
			s = piece_from(&w, w.end[i].out, arena, out);
	return s == DCF_OK ? place_holes(&w, ring_begin, *out, arena) : s;
}

/* --- where to cut -----------------------------------------------------------------------------------------------------------
 */

static struct dcf_box_xy box_of(const struct dcf_base *b, uint32_t first, uint32_t end)
{
	struct dcf_box_xy box = { b->xy[2 * first].x, b->xy[2 * first].y, b->xy[2 * first].x, b->xy[2 * first].y };

	for (uint32_t i = first; i < end; i++) {
		struct dcf_xy p = b->xy[2 * i];

		box.x0 = p.x < box.x0 ? p.x : box.x0;
		box.x1 = p.x > box.x1 ? p.x : box.x1;
		box.y0 = p.y < box.y0 ? p.y : box.y0;
		box.y1 = p.y > box.y1 ? p.y : box.y1;
	}
	return box;
}

/* How far the nearest corner is from the cut. */
static double clearance(const struct dcf_base *b, const struct cut *c)
{
	double least = 1e9;

	for (uint32_t i = 0; i < b->arc_count; i++) {
		double d = dcf_fabs(above(c, b->xy[2 * i]));

		least = d < least ? d : least;
	}
	return least;
}

/* The place near the wanted one, within `give` to either side, that keeps 2 m from all corners, or the best of those that were
 * tried. */
static struct cut settle(const struct dcf_base *b, bool by_x, double at, double give)
{
	struct cut best = { by_x, at };
	double most = -1, enough = 2 / chart_metres(b);

	for (int i = 0; i < TRIES && most < enough; i++) {
		struct cut c = { by_x, at + give * ((i & 1) ? -(i + 1) / 2 : i / 2) * 2 / TRIES };
		double d = clearance(b, &c);

		if (d > most) {
			most = d;
			best = c;
		}
	}
	return best;
}

/* The hole to cut through, or 0. */
static uint32_t largest_hole(const struct dcf_base *b, double *area)
{
	uint32_t which = 0;

	*area = 0;
	for (uint32_t r = 1; r < b->ring_count; r++) {
		double m2 = dcf_fabs(ring_area_m2(b, ring_first(b, r), b->ring_end[r]));

		if (m2 > *area) {
			*area = m2;
			which = r;
		}
	}
	return which;
}

/* Cut `turn` of those that are worth a try: across the longer side first, then the other, then elsewhere. */
static struct cut choose(const struct dcf_base *b, double area, uint32_t hole, int turn)
{
	struct dcf_box_xy all = box_of(b, 0, b->ring_end[0]);
	bool by_x = (all.x1 - all.x0 >= all.y1 - all.y0) == (turn % 2 == 0);
	double side = by_x ? all.x1 - all.x0 : all.y1 - all.y0, low = by_x ? all.x0 : all.y0, parts, share;

	if (hole && turn < 2) {
		struct dcf_box_xy h = box_of(b, ring_first(b, hole), b->ring_end[hole]);
		double middle = by_x ? (h.x0 + h.x1) / 2 : (h.y0 + h.y1) / 2;

		return settle(b, by_x, middle, (by_x ? h.x1 - h.x0 : h.y1 - h.y0) / 5);
	}
	parts = dcf_ceil(area / ENOUGH_M2 * 1.02);
	share = parts < 2 ? 0.5 : dcf_floor(parts / 2) / parts;
	share += 0.07 * (turn / 2);
	return settle(b, by_x, low + side * (share < 0.95 ? share : share - 0.6), side * 0.01);
}

/* --- the whole
 * ---------------------------------------------------------------------------------------------------------------- */

static enum dcf_status split(struct cutter *c, const struct dcf_feature *f, const struct dcf_alloc *from, int depth);

static enum dcf_status give(struct cutter *c, const struct dcf_feature *f, double area)
{
	struct dcf_utm_volume v = *c->of;

	if (++c->parts > DCF_UTM_PARTS_MAX)
		return DCF_E_LIMIT;
	v.footprint.points = f->points;
	v.footprint.rings = f->rings;
	v.footprint.point_count = f->rings[0].count;
	v.footprint.ring_count = 1;
	v.area_m2 = area;
	return c->take(c->ctx, &v);
}

/* Are all pieces polygons whose inside is in no doubt? */
static enum dcf_status pieces_are_sound(const struct piece *p, const struct dcf_alloc *from)
{
	struct dcf_arena arena = { .from = from };
	enum dcf_status s = DCF_OK;

	for (; p && s == DCF_OK; p = p->next) {
		struct dcf_base b;
		const char *why;

		s = dcf_base_build(&p->f, 0, &arena, &b, &why);
		dcf_arena_rewind(&arena);
	}
	dcf_arena_free(&arena);
	return s;
}

static enum dcf_status cut_and_go_on(struct cutter *c, const struct dcf_base *b, double area, uint32_t hole,
				     const struct dcf_alloc *from, struct dcf_arena *arena, int depth)
{
	struct piece *pieces = NULL;
	enum dcf_status s = DCF_E_REFUSED;

	for (int turn = 0; turn < TRIES && s == DCF_E_REFUSED; turn++) {
		s = cut_once(b, choose(b, area, hole, turn), arena, &pieces);
		if (s == DCF_OK)
			s = pieces_are_sound(pieces, from);
	}
	if (s == DCF_E_REFUSED)
		return DCF_E_LIMIT;
	for (; s == DCF_OK && pieces; pieces = pieces->next)
		s = split(c, &pieces->f, from, depth + 1);
	return s;
}

static enum dcf_status split(struct cutter *c, const struct dcf_feature *f, const struct dcf_alloc *from, int depth)
{
	struct dcf_arena arena = { .from = from };
	struct dcf_base b;
	const char *why;
	enum dcf_status s = dcf_base_build(f, 0, &arena, &b, &why);

	if (s == DCF_OK) {
		double area = dcf_fabs(ring_area_m2(&b, 0, b.ring_end[0])), hole_area;
		uint32_t hole = largest_hole(&b, &hole_area);

		if (hole_area < HOLE_SHARE * area)
			hole = 0;
		if (!hole && area <= ENOUGH_M2)
			s = give(c, f, area);
		else if (depth == DEEPEST || area / ENOUGH_M2 > DCF_UTM_PARTS_MAX)
			s = DCF_E_LIMIT;
		else
			s = cut_and_go_on(c, &b, area, hole, from, &arena, depth);
	}
	dcf_arena_free(&arena);
	return s == DCF_E_REFUSED ? DCF_E_LIMIT : s;
}

enum dcf_status dcf_utm_split(const struct dcf_utm_volume *v, const struct dcf_alloc *from,
			      enum dcf_status (*take)(void *ctx, const struct dcf_utm_volume *v), void *ctx)
{
	struct cutter c = { .of = v, .take = take, .ctx = ctx };

	return v->footprint.shape == DCF_POLYGON ? split(&c, &v->footprint, from, 0) : take(ctx, v);
}

/* --- operations
 * --------------------------------------------------------------------------------------------------------------- */

struct collector {
	struct dcf_arena *arena;
	const struct dcf_alloc *from;
	struct dcf_utm_volume *volume; /* grown from `from` */
	uint32_t *of;
	size_t volume_cap, of_cap;
	uint32_t count, feature;
};

static enum dcf_status keep(void *ctx, const struct dcf_utm_volume *v)
{
	struct collector *k = ctx;
	struct dcf_utm_volume copy = *v;
	void *volume = k->volume, *of = k->of;
	enum dcf_status s;

	if (k->count == DCF_UTM_PARTS_MAX)
		return DCF_E_LIMIT;
	s = dcf_grow(k->from, &volume, &k->volume_cap, k->count + 1, sizeof copy);
	k->volume = volume;
	if (s == DCF_OK)
		s = dcf_grow(k->from, &of, &k->of_cap, k->count + 1, sizeof *k->of);
	k->of = of;
	if (s != DCF_OK)
		return s;
	copy.footprint.points = dcf_arena_get(k->arena, copy.footprint.point_count * sizeof *copy.footprint.points);
	copy.footprint.rings = copy.footprint.ring_count
				       ? dcf_arena_get(k->arena, copy.footprint.ring_count * sizeof *copy.footprint.rings)
				       : NULL;
	if (!copy.footprint.points || (copy.footprint.ring_count && !copy.footprint.rings))
		return DCF_E_NOMEM;
	memcpy(copy.footprint.points, v->footprint.points, copy.footprint.point_count * sizeof *copy.footprint.points);
	if (copy.footprint.ring_count)
		memcpy(copy.footprint.rings, v->footprint.rings, copy.footprint.ring_count * sizeof *copy.footprint.rings);
	k->of[k->count] = k->feature;
	k->volume[k->count++] = copy;
	return DCF_OK;
}

static enum dcf_status split_and_keep(void *ctx, const struct dcf_utm_volume *v)
{
	struct collector *k = ctx;

	return dcf_utm_split(v, k->from, keep, k);
}

static bool of_one_whole(const struct collector *k, uint32_t a, uint32_t b)
{
	const struct dcf_utm_volume *x = &k->volume[a], *y = &k->volume[b];

	return k->of[a] == k->of[b] && x->footprint.shape == DCF_POLYGON && y->footprint.shape == DCF_POLYGON &&
	       x->start_us == y->start_us && x->end_us == y->end_us && x->lower_e4 == y->lower_e4 && x->upper_e4 == y->upper_e4;
}

/* Polygons of one feature with the same bounds are parts of a whole, which one feature could say. */
static void number_parts(struct collector *k)
{
	uint32_t whole = 0, end;

	for (uint32_t i = 0; i < k->count; i = end) {
		for (end = i + 1; end < k->count && of_one_whole(k, i, end);)
			end++;
		whole += end - i > 1;
		for (uint32_t n = i; n < end && end - i > 1; n++) {
			k->volume[n].whole = whole;
			k->volume[n].part = n - i + 1;
			k->volume[n].parts = end - i;
		}
	}
}

void dcf_utm_put_part(struct dcf_json *j, const struct dcf_utm_volume *v)
{
	if (!v->parts)
		return;
	dcf_json_key(j, "deconflict");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "of");
	dcf_json_i64(j, v->whole);
	dcf_json_key(j, "part");
	dcf_json_i64(j, v->part);
	dcf_json_key(j, "parts");
	dcf_json_i64(j, v->parts);
	dcf_json_end(j, '}');
}

/* Move what was collected into the arena, with its bounds. */
static enum dcf_status finish(struct collector *k, struct dcf_utm_extents *out, uint32_t **of)
{
	*out = (struct dcf_utm_extents){ .count = k->count,
					 .start_us = DCF_UTM_FOR_EVER,
					 .end_us = DCF_UTM_SINCE_EVER,
					 .lower_e4 = DCF_UTM_NO_UPPER,
					 .upper_e4 = DCF_UTM_NO_LOWER };
	out->volume = dcf_arena_get(k->arena, (k->count + 1) * sizeof *out->volume);
	*of = dcf_arena_get(k->arena, (k->count + 1) * sizeof **of);
	if (!out->volume || !*of)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < k->count; i++) {
		const struct dcf_utm_volume *v = &k->volume[i];

		out->volume[i] = *v;
		(*of)[i] = k->of[i];
		out->start_us = v->start_us < out->start_us ? v->start_us : out->start_us;
		out->end_us = v->end_us > out->end_us ? v->end_us : out->end_us;
		out->lower_e4 = v->lower_e4 < out->lower_e4 ? v->lower_e4 : out->lower_e4;
		out->upper_e4 = v->upper_e4 > out->upper_e4 ? v->upper_e4 : out->upper_e4;
	}
	return DCF_OK;
}

enum dcf_status dcf_utm_of_features(const struct dcf_feature *features, uint32_t count, const struct dcf_atmosphere *atmosphere,
				    struct dcf_arena *arena, struct dcf_utm_extents *out, uint32_t **of)
{
	struct collector k = { .arena = arena, .from = arena->from };
	struct dcf_utm_maker maker;
	enum dcf_status s = DCF_OK;

	dcf_utm_maker_init(&maker, atmosphere, arena->from);
	maker.take = split_and_keep;
	maker.ctx = &k;
	maker.circles_beyond_m = CIRCLES_M;
	for (uint32_t i = 0; i < count; i++)
		dcf_utm_maker_range(&maker, &features[i]);
	for (; k.feature < count && s == DCF_OK; k.feature++)
		s = dcf_utm_make(&maker, &features[k.feature]);
	number_parts(&k);
	if (s == DCF_OK)
		s = finish(&k, out, of);
	dcf_utm_maker_free(&maker);
	dcf_alloc_free(k.from, k.volume, k.volume_cap * sizeof *k.volume);
	dcf_alloc_free(k.from, k.of, k.of_cap * sizeof *k.of);
	return s == DCF_E_REFUSED ? DCF_E_LIMIT : s;
}
