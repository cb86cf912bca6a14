/* SPDX-License-Identifier: Apache-2.0 */
#include "options/around.h"
#include "core/num.h"
#include "options/desk_int.h"
#include "options/kind_int.h"

/* ---- the plane ---- */

bool dcf_plane_spot(const struct dcf_plane *p, struct dcf_latlon at, struct dcf_spot *out)
{
	double metres, azimuth, s, c;

	if (dcf_distance_m(dcf_vec_of(p->centre), dcf_vec_of(at)) > DCF_PLANE_MAX_M ||
	    dcf_inverse(p->centre, at, &metres, &azimuth) != DCF_OK)
		return false;
	dcf_sincos(azimuth * DCF_RAD_PER_DEG, &s, &c);
	*out = (struct dcf_spot){ p->flip * metres * s, metres * c };
	return true;
}

struct dcf_latlon dcf_plane_latlon(const struct dcf_plane *p, struct dcf_spot s)
{
	double azimuth = dcf_atan2(p->flip * s.x, s.y) / DCF_RAD_PER_DEG;

	return dcf_latlon_of(dcf_direct(p->centre, azimuth, dcf_sqrt(s.x * s.x + s.y * s.y)));
}

/* ---- hulls ---- */

double dcf_hull_support(const struct dcf_hull *h, struct dcf_spot n)
{
	double most = -1e300;

	for (size_t i = 0; i < h->count; i++) {
		double d = n.x * h->at[i].x + n.y * h->at[i].y + h->at[i].r;

		most = d > most ? d : most;
	}
	return most;
}

void dcf_hull_close(struct dcf_hull *h)
{
	for (int k = 0; k < DCF_HULL_SIDES; k++) {
		dcf_sincos(k * (2 * DCF_PI / DCF_HULL_SIDES), &h->normal[k].y, &h->normal[k].x);
		h->reach[k] = dcf_hull_support(h, h->normal[k]);
	}
}

bool dcf_hull_clip(const struct dcf_hull *h, struct dcf_spot a, struct dcf_spot b, double *t0, double *t1)
{
	*t0 = 0;
	*t1 = 1;
	if (h->count == 0)
		return false;
	for (int k = 0; k < DCF_HULL_SIDES && *t0 < *t1; k++) {
		struct dcf_spot n = h->normal[k];
		double da = n.x * a.x + n.y * a.y - h->reach[k], db = n.x * b.x + n.y * b.y - h->reach[k];

		if (da >= 0 && db >= 0)
			return false;
		if (da > 0 && da / (da - db) > *t0)
			*t0 = da / (da - db);
		if (db > 0 && da / (da - db) < *t1)
			*t1 = da / (da - db);
	}
	return *t0 < *t1;
}

static enum dcf_status put_disc(struct dcf_desk *desk, struct dcf_hull *h, const struct dcf_plane *plane, struct dcf_vec v,
				double r)
{
	struct dcf_spot s;
	double far;

	/* what lies beyond the plane is nothing that a way leads around; CHECK will say so */
	if (!dcf_plane_spot(plane, dcf_latlon_of(v), &s))
		return DCF_OK;
	if (h->count == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 64;
		struct dcf_disc *at = dcf_arena_get(&desk->arena, cap * sizeof *at);

		if (!at)
			return DCF_E_NOMEM;
		if (h->count)
			memcpy(at, h->at, h->count * sizeof *at);
		h->at = at;
		h->cap = cap;
	}
	/* across the direction from the centre the plane shows distances too long by (far / R)^2 / 6 */
	far = (s.x * s.x + s.y * s.y) / (6 * 6.356e6 * 6.356e6);
	h->at[h->count++] = (struct dcf_disc){ s.x, s.y, r * (1 + far) };
	return DCF_OK;
}

/* Points of a body, of one that moves those from from_us to to_us. */
static enum dcf_status put_body(struct dcf_desk *desk, const struct dcf_body *b, int64_t from_us, int64_t to_us, double r,
				const struct dcf_plane *plane, struct dcf_hull *h)
{
	enum dcf_status s = DCF_OK;

	for (uint32_t k = 0; k < b->base_count && s == DCF_OK; k++) {
		for (uint32_t i = 0; i < b->bases[k].arc_count && s == DCF_OK; i++) {
			s = put_disc(desk, h, plane, b->bases[k].arcs[i].a, r);
			if (s == DCF_OK && !b->bases[k].area)
				s = put_disc(desk, h, plane, b->bases[k].arcs[i].b, r);
		}
	}
	if (b->feature->shape == DCF_TRAJECTORY) {
		double t0 = (double)(from_us - b->feature->start_us), t1 = (double)(to_us - b->feature->start_us);

		s = put_disc(desk, h, plane, dcf_track_at(&b->track, t0), r);
		for (uint32_t i = 0; i < b->track.n && s == DCF_OK; i++)
			if (b->track.t_us[i] > t0 && b->track.t_us[i] < t1)
				s = put_disc(desk, h, plane, b->track.v[i], r);
		if (s == DCF_OK)
			s = put_disc(desk, h, plane, dcf_track_at(&b->track, t1), r);
	}
	return s;
}

static double width_of(const struct dcf_feature *f)
{
	return f->shape == DCF_POLYGON ? 0 : f->radius_m;
}

/* CHECK's tolerance at a distance, and rounding of points. */
static double slack_m(double reach)
{
	return (reach > 1e5 ? 1e-5 * reach : 1) + 2;
}

/* Features of a clashing operation that lie farther than this from the declared one are no part of the clash. */
#define ASIDE_M 20000.0

/* Do the two come within the vertical minimum of each other at some time? */
static enum dcf_status meets_in_level(struct dcf_desk *desk, const struct dcf_feature *f, const struct dcf_feature *g,
				      int64_t w0, int64_t w1, bool *yes)
{
	const struct dcf_standing *st = desk->st;
	struct dcf_set *when = &desk->verifier.pair.set[0];

	when->from = desk->from;
	dcf_set_clear(when);
	dcf_vertical_near(f, g, &st->offsets, false, dcf_standing_minima(st, f->party, g->party)->vertical_e4, w0, w1, when);
	*yes = when->count > 0;
	return when->failed ? DCF_E_NOMEM : DCF_OK;
}

/* How far must `g` be kept from own features?  `near` is false when none of them meets it in level and time, or, of one that is
 * not learned, when it lies elsewhere. */
static enum dcf_status reach_of(struct dcf_desk *desk, const struct dcf_features *own, const struct dcf_body *g, bool learned,
				bool with_widths, double *reach, bool *near)
{
	const struct dcf_standing *st = desk->st;
	enum dcf_status s = DCF_OK;
	const char *why;

	*near = false;
	*reach = 0;
	for (uint32_t i = 0; i < own->count && s == DCF_OK; i++) {
		const struct dcf_feature *f = &own->at[i];
		const struct dcf_minima *m = dcf_standing_minima(st, f->party, g->feature->party);
		struct dcf_body b;
		int64_t w0, w1;
		double gap = 0, r;
		bool meets;

		if (f->advisory || !dcf_pair_window(f, g->feature, &w0, &w1))
			continue;
		s = meets_in_level(desk, f, g->feature, w0, w1, &meets);
		if (s == DCF_OK && meets && !learned && desk->st->plan->operations[g->feature->operation].feature_count > 1) {
			s = dcf_body_build(f, &desk->verifier.scratch, &b, &why);
			if (s == DCF_OK)
				s = dcf_pair_gap_m(&b, g, &st->offsets, m, w0, w1, m->lateral_m + ASIDE_M, &desk->verifier.pair,
						   &gap);
		}
		if (s != DCF_OK || !meets || gap > m->lateral_m + ASIDE_M)
			continue;
		r = m->lateral_m + desk->ask->margin_m + width_of(g->feature) + width_of(f);
		r += slack_m(r) - (with_widths ? 0 : width_of(f));
		*reach = r > *reach ? r : *reach;
		*near = true;
	}
	return s == DCF_E_REFUSED ? DCF_OK : s;
}

enum dcf_status dcf_hull_add(struct dcf_desk *desk, const struct dcf_features *own, const struct dcf_blocks *b, uint32_t i,
			     bool with_widths, const struct dcf_plane *plane, struct dcf_hull *hull)
{
	const struct dcf_standing *st = desk->st;
	const struct dcf_block *block = &b->at[i];
	enum dcf_status s = DCF_OK;

	dcf_arena_rewind(&desk->verifier.scratch);
	for (uint32_t k = st->first_feature[block->operation]; k < st->first_feature[block->operation + 1] && s == DCF_OK;
	     k++) {
		const struct dcf_feature *f = &st->plan->features[st->feature_of[k]];
		int64_t from = f->start_us > block->from_us ? f->start_us : block->from_us;
		int64_t to = f->end_us < block->to_us ? f->end_us : block->to_us;
		struct dcf_body g;
		double reach;
		bool near;

		if (f->advisory || from >= to)
			continue;
		s = dcf_bodies_get(&st->bodies, st->feature_of[k], &desk->verifier.scratch, &g);
		s = s == DCF_OK ? reach_of(desk, own, &g, block->learned, with_widths, &reach, &near) : s;
		if (s == DCF_OK && near)
			s = put_body(desk, &g, from, to, reach + b->extra_m, plane, hull);
	}
	return s;
}

enum dcf_status dcf_hull_add_own(struct dcf_desk *desk, const struct dcf_feature *f, const struct dcf_plane *plane,
				 struct dcf_hull *hull)
{
	struct dcf_body b;
	const char *why;
	enum dcf_status s;

	dcf_arena_rewind(&desk->verifier.scratch);
	s = dcf_body_build(f, &desk->verifier.scratch, &b, &why);
	return s == DCF_OK ? put_body(desk, &b, f->start_us, f->end_us, width_of(f), plane, hull) : s;
}

/* ---- whom to keep clear of ---- */

/* A way around takes time, so those that move are looked at somewhat before and after. */
#define AROUND_US ((int64_t)60 * 1000000)

bool dcf_blocks_of(const struct dcf_case *c, struct dcf_blocks *out)
{
	*out = (struct dcf_blocks){ .count = 0 };
	for (uint32_t i = 0; i < c->clash_count; i++) {
		if (!c->clash[i].visible)
			continue;
		if (out->count == DCF_BLOCKS_MAX)
			return false;
		out->at[out->count++] = (struct dcf_block){ c->clash[i].other, c->clash[i].start_us - AROUND_US,
							    c->clash[i].end_us + AROUND_US, false };
	}
	return out->count > 0;
}

/* Steps by which more is kept after a near miss: what the plane and the hull leave out. */
#define EXTRA_FIRST_M 20.0
#define EXTRA_MOST_M  5000.0

bool dcf_blocks_learn(struct dcf_blocks *b, const struct dcf_features *own, uint32_t operation, int64_t around_us)
{
	for (uint32_t i = 0; i < b->count; i++) {
		int64_t length = b->at[i].to_us - b->at[i].from_us;

		if (b->at[i].operation != operation)
			continue;
		b->at[i].learned = true; /* another part of it may be meant */
		b->at[i].from_us -= length / 2;
		b->at[i].to_us += length / 2;
		b->extra_m = b->extra_m > 0 ? 6 * b->extra_m : EXTRA_FIRST_M;
		return b->extra_m <= EXTRA_MOST_M;
	}
	if (b->count == DCF_BLOCKS_MAX)
		return false;
	b->at[b->count] = (struct dcf_block){ operation, around_us - 10 * AROUND_US, around_us + 10 * AROUND_US, true };
	for (uint32_t i = 0; i < own->count; i++) {
		/* a volume meets it at any time of its window */
		if (own->at[i].shape == DCF_TRAJECTORY)
			continue;
		b->at[b->count].from_us =
			own->at[i].start_us < b->at[b->count].from_us ? own->at[i].start_us : b->at[b->count].from_us;
		b->at[b->count].to_us = own->at[i].end_us > b->at[b->count].to_us ? own->at[i].end_us : b->at[b->count].to_us;
	}
	b->count++;
	return true;
}

/* ---- offers ---- */

double dcf_round_up_m(const struct dcf_desk *desk, uint32_t operation, double metres)
{
	const struct dcf_plan *plan = desk->st->plan;
	double unit = plan->parties[plan->operations[operation].party].in_feet ? 1852 : 1000;
	double parts = metres > unit ? 10 : 100;

	/* a whole number first, so that a tenth of a mile is the same number everywhere */
	return dcf_ceil(metres * parts / unit) * unit / parts;
}

enum dcf_status dcf_offer_one(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind, const struct dcf_change *change,
			      enum dcf_verdict *verdict, uint32_t *blocker)
{
	struct dcf_proposal p = { .kind = kind, .moved_count = 1 };

	p.moved[0] = (struct dcf_moved){ .operation = c->operation, .kind = kind, .change_count = 1 };
	p.moved[0].change[0] = *change;
	return dcf_desk_offer(desk, &p, verdict, blocker);
}

static enum dcf_status clear_of(struct dcf_desk *desk, const struct dcf_body *own, uint32_t operation, bool *clear)
{
	const struct dcf_standing *st = desk->st;
	enum dcf_status s = DCF_OK;

	for (uint32_t k = st->first_feature[operation]; k < st->first_feature[operation + 1] && s == DCF_OK && *clear; k++) {
		const struct dcf_feature *f = &st->plan->features[st->feature_of[k]];
		struct dcf_minima m = *dcf_standing_minima(st, own->feature->party, f->party);
		struct dcf_pair_times times;
		struct dcf_body g;
		int64_t w0, w1;

		m.lateral_m += desk->ask->margin_m;
		if (f->advisory || own->feature->advisory || !dcf_pair_window(own->feature, f, &w0, &w1))
			continue;
		s = dcf_bodies_get(&st->bodies, st->feature_of[k], &desk->verifier.scratch, &g);
		s = s == DCF_OK ? dcf_pair_when(own, &g, &st->offsets, &m, w0, w1, &desk->verifier.pair, &times) : s;
		*clear = s == DCF_OK && times.conflict->count == 0;
	}
	return s;
}

enum dcf_status dcf_clear_of_clashes(struct dcf_desk *desk, const struct dcf_case *c, const struct dcf_features *features,
				     bool *clear)
{
	enum dcf_status s = DCF_OK;
	const char *why;

	*clear = true;
	dcf_arena_rewind(&desk->verifier.scratch);
	for (uint32_t i = 0; i < features->count && s == DCF_OK && *clear; i++) {
		struct dcf_body own;

		s = dcf_body_build(&features->at[i], &desk->verifier.scratch, &own, &why);
		for (uint32_t k = 0; k < c->clash_count && s == DCF_OK && *clear; k++)
			if (c->clash[k].visible)
				s = clear_of(desk, &own, c->clash[k].other, clear);
	}
	if (s != DCF_OK)
		*clear = false;
	return s == DCF_E_REFUSED || s == DCF_E_LIMIT ? DCF_OK : s;
}
