/* SPDX-License-Identifier: Apache-2.0 */
/* Aside: lines and trajectories in parallel or around, on either side; zones moved.
 *
 * A way around, on the left (the right is its mirror image):
 *
 *                 P1 ---------------- P2        the side that touches what is in the way, along the course
 *                /  .-'''''''''''-.     \
 *               / .'    in the     '.    \      tangents that turn away from the course by an angle
 *   ---------- A  |      way        |     B ----------->  the line as declared
 *                  '.             .'
 */
#include "core/num.h"
#include "options/around.h"
#include "options/kind_int.h"
#include "options/ways.h"

/* The line in the plane, cut into pieces that are straight there. */
struct stretch {
	struct dcf_spot a, b;
	uint32_t leg;
	double part_a, part_b; /* of the leg */
};

struct trail {
	struct stretch *at;
	uint32_t count;
};

static enum dcf_status trail_of(struct dcf_desk *desk, const struct dcf_feature *f, const struct dcf_plane *plane,
				struct trail *out)
{
	struct dcf_arena *arena = dcf_desk_arena(desk);
	uint32_t total = 0, pieces;
	enum dcf_status s;

	for (uint32_t i = 0; i + 1 < f->point_count; i++) {
		if ((s = dcf_edge_pieces(f->points[i], f->points[i + 1], f->edges, DCF_PIECE_M, &pieces)) != DCF_OK)
			return DCF_E_RANGE;
		total += pieces;
	}
	*out = (struct trail){ dcf_arena_get(arena, (total + 1) * sizeof *out->at), 0 };
	if (!out->at)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i + 1 < f->point_count; i++) {
		struct dcf_spot before, here;
		bool known = dcf_plane_spot(plane, f->points[i], &before);
		struct dcf_vec *inner;

		s = dcf_edge_pieces(f->points[i], f->points[i + 1], f->edges, DCF_PIECE_M, &pieces);
		inner = dcf_arena_get(arena, pieces * sizeof *inner);
		if (s != DCF_OK || !inner)
			return s == DCF_OK ? DCF_E_NOMEM : s;
		dcf_edge_points(f->points[i], f->points[i + 1], f->edges, pieces, inner);
		for (uint32_t k = 1; k <= pieces; k++) {
			struct dcf_latlon p = k < pieces ? dcf_latlon_of(inner[k - 1]) : f->points[i + 1];
			bool seen = dcf_plane_spot(plane, p, &here);

			if (known && seen)
				out->at[out->count++] =
					(struct stretch){ before, here, i, (double)(k - 1) / pieces, (double)k / pieces };
			known = seen;
			before = here;
		}
	}
	return DCF_OK;
}

static double along(struct dcf_spot n, struct dcf_spot p)
{
	return n.x * p.x + n.y * p.y;
}

static struct dcf_spot point_on(const struct stretch *s, double t)
{
	return (struct dcf_spot){ s->a.x + (s->b.x - s->a.x) * t, s->a.y + (s->b.y - s->a.y) * t };
}

/* Where the line enters what is in the way for the first time, and leaves it for the last. */
struct passage {
	uint32_t in, out; /* stretches */
	struct dcf_spot enter, leave;
	double course; /* radians, anticlockwise from east (in a mirrored plane too) */
};

static bool passage_of(const struct trail *trail, const struct dcf_hull *hull, struct passage *p)
{
	bool any = false;
	double t0, t1, dx, dy;

	for (uint32_t i = 0; i < trail->count; i++) {
		const struct stretch *s = &trail->at[i];

		if (!dcf_hull_clip(hull, s->a, s->b, &t0, &t1))
			continue;
		if (!any) {
			p->in = i;
			p->enter = point_on(s, t0);
		}
		any = true;
		p->out = i;
		p->leave = point_on(s, t1);
	}
	if (!any)
		return false;
	dx = p->leave.x - p->enter.x;
	dy = p->leave.y - p->enter.y;
	if (dx * dx + dy * dy < 1) {
		dx = trail->at[p->in].b.x - trail->at[p->in].a.x;
		dy = trail->at[p->in].b.y - trail->at[p->in].a.y;
	}
	p->course = dcf_atan2(dy, dx);
	return true;
}

/* The left normal of a course. */
static struct dcf_spot left_of(double course)
{
	struct dcf_spot n;

	dcf_sincos(course + DCF_PI / 2, &n.y, &n.x);
	return n;
}

/* A tangent: n . x = h, what is in the way on its right. */
struct tangent {
	struct dcf_spot n;
	double h;
};

static struct tangent tangent_of(const struct dcf_hull *hull, double course)
{
	struct dcf_spot n = left_of(course);

	return (struct tangent){ n, dcf_hull_support(hull, n) };
}

static bool crossing(const struct tangent *a, const struct tangent *b, struct dcf_spot *out)
{
	double det = a->n.x * b->n.y - a->n.y * b->n.x;

	if (dcf_fabs(det) < 1e-9)
		return false;
	out->x = (a->h * b->n.y - b->h * a->n.y) / det;
	out->y = (a->n.x * b->h - b->n.x * a->h) / det;
	return true;
}

/* A place on the line. */
struct place {
	struct dcf_spot at;
	uint32_t leg;
	double part;
};

static struct place place_on(const struct stretch *s, double t)
{
	return (struct place){ point_on(s, t), s->leg, s->part_a + (s->part_b - s->part_a) * t };
}

static bool joined(const struct stretch *before, const struct stretch *after)
{
	return before->leg == after->leg ? before->part_b == after->part_a
					 : before->leg + 1 == after->leg && before->part_b == 1 && after->part_a == 0;
}

/* Go along the line from stretch `from`, backward or forward, to where it crosses the tangent. */
static bool meet(const struct trail *trail, uint32_t from, bool back, const struct tangent *l, struct place *out)
{
	for (uint32_t i = from;; i = back ? i - 1 : i + 1) {
		const struct stretch *s = &trail->at[i];
		double a = along(l->n, s->a) - l->h, b = along(l->n, s->b) - l->h;
		double near = back ? b : a, far = back ? a : b;

		if (near <= 0 && far >= 0 && far > near) {
			*out = place_on(s, back ? far / (far - near) : near / (near - far));
			return true;
		}
		if (back ? i == 0 || !joined(s - 1, s) : i + 1 == trail->count || !joined(s, s + 1))
			return false;
	}
}

/* The steepest turn away from the course. */
#define STEEPEST (75 * DCF_RAD_PER_DEG)

/* From the end of the line, the tangent that turns least: a hull seen from a point has one on each side. */
static bool tangent_from(const struct dcf_hull *hull, struct dcf_spot end, double course, double sign, struct tangent *out)
{
	double low = 0, high = STEEPEST;

	*out = tangent_of(hull, course + sign * high);
	if (along(out->n, end) < out->h)
		return false;
	for (int i = 0; i < 50; i++) {
		double mid = (low + high) / 2;
		struct tangent t = tangent_of(hull, course + sign * mid);

		if (along(t.n, end) < t.h)
			low = mid;
		else
			high = mid;
	}
	*out = tangent_of(hull, course + sign * high);
	return true;
}

/* Leave (or, forward, rejoin) the line by a tangent at `turn` from the course; where the line is too short for it, from
 * its end. */
static bool joint(const struct trail *trail, const struct dcf_hull *hull, const struct passage *p, double turn, bool back,
		  struct tangent *l, struct place *out)
{
	double sign = back ? 1 : -1;
	const struct stretch *end = back ? &trail->at[0] : &trail->at[trail->count - 1];

	*l = tangent_of(hull, p->course + sign * turn);
	if (meet(trail, back ? p->in : p->out, back, l, out))
		return true;
	*out = place_on(end, back ? 0 : 1);
	return tangent_from(hull, out->at, p->course, sign, l);
}

/* Nearer than this to a declared point, the way leaves from there: a little earlier or later is as clear. */
#define SNAP_M 500.0

static enum dcf_status put_place(const struct dcf_feature *f, struct place p, bool back, struct dcf_latlon *at, uint32_t *leg)
{
	struct dcf_leg whole;
	enum dcf_status s = dcf_leg_of(f->points[p.leg], f->points[p.leg + 1], f->edges, &whole);

	if (s != DCF_OK)
		return s;
	if (back && p.part * whole.metres < SNAP_M)
		p.part = 0;
	if (!back && (1 - p.part) * whole.metres < SNAP_M)
		p.part = 1;
	*leg = p.leg;
	return dcf_leg_point(f->points[p.leg], f->points[p.leg + 1], f->edges, p.part, at);
}

/* The way around on the plane's left with this turn: DCF_E_RANGE when there is none. */
static enum dcf_status way_around(const struct dcf_feature *f, const struct trail *trail, const struct dcf_hull *hull,
				  const struct dcf_plane *plane, double turn, struct dcf_change *c)
{
	struct tangent side, leave, rejoin;
	struct place from, to;
	struct dcf_spot p1, p2;
	struct passage p;
	enum dcf_status s;

	if (!passage_of(trail, hull, &p))
		return DCF_E_RANGE;
	side = tangent_of(hull, p.course);
	if (!joint(trail, hull, &p, turn, true, &leave, &from) || !joint(trail, hull, &p, turn, false, &rejoin, &to) ||
	    !crossing(&leave, &side, &p1) || !crossing(&rejoin, &side, &p2))
		return DCF_E_RANGE;
	*c = (struct dcf_change){ .how = DCF_CHANGE_DOGLEG,
				  .at = dcf_plane_latlon(plane, p1),
				  .at2 = dcf_plane_latlon(plane, p2) };
	c->distance_m = -plane->flip * (side.h - along(side.n, p.enter));
	s = put_place(f, from, true, &c->leave, &c->leave_leg);
	return s == DCF_OK ? put_place(f, to, false, &c->rejoin, &c->rejoin_leg) : s;
}

/* ---- what is asked of either side ---- */

enum { ROUNDS = 6, HALVINGS = 6 };

/* A side to try. */
struct aside {
	struct dcf_desk *desk;
	const struct dcf_case *c;
	struct dcf_blocks blocks;
	struct dcf_plane plane;
	double turn;           /* of a way around */
	struct trail *trails;  /* of each own feature, not mirrored */
	struct dcf_hull first; /* of the blocks at the beginning, not mirrored */
	bool learned;          /* blocks have been added since */
	double narrow;         /* how much of its time each block is looked at, about the middle: 1, all */
};

/* Make the candidate that keeps clear of the blocks known so far: DCF_E_RANGE when there is none. */
typedef enum dcf_status dcf_make_fn(struct aside *a, struct dcf_change *out);

/* Offer it; what is found in its way is taken in and the next one made. */
static enum dcf_status try_aside(struct aside *a, dcf_make_fn *make, enum dcf_verdict *verdict)
{
	int64_t when = a->c->clash[0].start_us / 2 + a->c->clash[0].end_us / 2;
	enum dcf_status s;

	*verdict = DCF_VERDICT_NO_SENSE;
	for (int i = 0; i < ROUNDS; i++) {
		struct dcf_change c;
		uint32_t blocker;

		if ((s = make(a, &c)) != DCF_OK)
			return s == DCF_E_RANGE ? DCF_OK : s;
		s = dcf_offer_one(a->desk, a->c, DCF_OPTION_REROUTE, &c, verdict, &blocker);
		if (s != DCF_OK || *verdict != DCF_VERDICT_CONFLICT ||
		    !dcf_blocks_learn(&a->blocks, &a->c->features, blocker, when))
			return s;
		a->learned = true;
	}
	return DCF_OK;
}

/* The hull of where a moving one is during the whole clash is more than need be kept: a way that passes behind it is
 * nearer.  Look at less and less of that time while CHECK finds the way clear. */
static bool any_moves(const struct aside *a)
{
	const struct dcf_standing *st = dcf_desk_standing(a->desk);
	bool yes = false;

	for (uint32_t i = 0; i < a->blocks.count; i++)
		for (uint32_t k = st->first_feature[a->blocks.at[i].operation];
		     k < st->first_feature[a->blocks.at[i].operation + 1]; k++)
			yes |= st->plan->features[st->feature_of[k]].shape == DCF_TRAJECTORY;
	return yes;
}

static enum dcf_status come_nearer(struct aside *a, dcf_make_fn *make)
{
	double low = 0, high = 1;
	enum dcf_status s = DCF_OK;

	for (int i = 0; i < HALVINGS && s == DCF_OK && !dcf_desk_stopped(a->desk); i++) {
		enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
		struct dcf_features next;
		struct dcf_change c;
		bool clear = false;

		a->narrow = (low + high) / 2;
		s = make(a, &c);
		s = s == DCF_OK ? dcf_change_apply(&a->c->features, &c, dcf_desk_arena(a->desk), &next) : s;
		s = s == DCF_OK ? dcf_clear_of_clashes(a->desk, a->c, &next, &clear) : s;
		if (s == DCF_OK && clear)
			s = dcf_offer_one(a->desk, a->c, DCF_OPTION_REROUTE, &c, &verdict, NULL);
		*(verdict == DCF_VERDICT_ACCEPTED ? &high : &low) = a->narrow;
		s = s == DCF_E_RANGE ? DCF_OK : s;
	}
	a->narrow = 1;
	return s;
}

static enum dcf_status make_hull(struct aside *a, struct dcf_hull *hull)
{
	const struct dcf_plane plane = { a->plane.centre, 1 };
	struct dcf_blocks blocks = a->blocks;
	enum dcf_status s = DCF_OK;

	*hull = (struct dcf_hull){ .at = NULL };
	for (uint32_t i = 0; i < blocks.count && s == DCF_OK; i++) {
		int64_t off = (int64_t)((double)(blocks.at[i].to_us - blocks.at[i].from_us) * (1 - a->narrow) / 2);

		blocks.at[i].from_us += off;
		blocks.at[i].to_us -= off;
		s = dcf_hull_add(a->desk, &a->c->features, &blocks, i, true, &plane, hull);
	}
	return s;
}

/* What is in the way, mirrored for the right side. */
static enum dcf_status hull_of(struct aside *a, struct dcf_hull *hull)
{
	struct dcf_hull from = a->first;
	enum dcf_status s = a->learned || a->narrow < 1 ? make_hull(a, &from) : DCF_OK;

	if (s != DCF_OK || from.count == 0)
		return s == DCF_OK ? DCF_E_RANGE : s;
	*hull = (struct dcf_hull){ .at = dcf_arena_get(dcf_desk_arena(a->desk), from.count * sizeof *hull->at),
				   .count = from.count,
				   .cap = from.count };
	if (!hull->at)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < from.count; i++)
		hull->at[i] = (struct dcf_disc){ a->plane.flip * from.at[i].x, from.at[i].y, from.at[i].r };
	dcf_hull_close(hull);
	return DCF_OK;
}

static enum dcf_status trail_on(struct aside *a, uint32_t feature, struct trail *out)
{
	const struct trail *from = &a->trails[feature];

	*out = (struct trail){ dcf_arena_get(dcf_desk_arena(a->desk), (from->count + 1) * sizeof *out->at), from->count };
	if (!out->at)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < from->count; i++) {
		out->at[i] = from->at[i];
		out->at[i].a.x *= a->plane.flip;
		out->at[i].b.x *= a->plane.flip;
	}
	return DCF_OK;
}

/* Look once at what does not change from try to try. */
static enum dcf_status prepare(struct aside *a)
{
	const struct dcf_features *f = &a->c->features;
	enum dcf_status s = make_hull(a, &a->first);

	a->trails = dcf_arena_get(dcf_desk_arena(a->desk), f->count * sizeof *a->trails);
	if (!a->trails)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < f->count && s == DCF_OK; i++)
		s = trail_of(a->desk, &f->at[i], &a->plane, &a->trails[i]);
	return s;
}

static enum dcf_status make_around(struct aside *a, struct dcf_change *out)
{
	const struct dcf_feature *f = a->c->features.at;
	struct dcf_hull hull;
	struct trail trail;
	enum dcf_status s = hull_of(a, &hull);

	s = s == DCF_OK ? trail_on(a, 0, &trail) : s;
	return s == DCF_OK ? way_around(f, &trail, &hull, &a->plane, a->turn, out) : s;
}

static enum dcf_status make_parallel(struct aside *a, struct dcf_change *out)
{
	double far = 0;
	struct dcf_hull hull;
	enum dcf_status s = hull_of(a, &hull);

	for (uint32_t i = 0; i < a->c->features.count && s == DCF_OK; i++) {
		struct trail trail;
		struct tangent side;
		struct passage p;

		s = trail_on(a, i, &trail);
		if (s != DCF_OK || !passage_of(&trail, &hull, &p))
			continue;
		side = tangent_of(&hull, p.course);
		for (uint32_t k = p.in; k <= p.out; k++) {
			struct dcf_spot x = k == p.in ? p.enter : trail.at[k].a;
			double d = side.h - along(side.n, x), e = side.h - along(side.n, k == p.out ? p.leave : trail.at[k].b);

			far = d > far ? d : far;
			far = e > far ? e : far;
		}
	}
	if (s == DCF_OK && far <= 0)
		return DCF_E_RANGE;
	*out = (struct dcf_change){ .how = DCF_CHANGE_OFFSET,
				    .distance_m = -a->plane.flip * dcf_round_up_m(a->desk, a->c->operation, far) };
	return s;
}

/* ---- the kind ---- */

static bool all_lines(const struct dcf_features *f)
{
	bool yes = f->count > 0;

	for (uint32_t i = 0; i < f->count; i++)
		yes = yes && (f->at[i].shape == DCF_CORRIDOR || f->at[i].shape == DCF_TRAJECTORY);
	return yes;
}

static enum dcf_status around_sides(struct aside *a, dcf_make_fn *make, const double *turns, int turn_count)
{
	const struct dcf_blocks blocks = a->blocks;
	enum dcf_status s = DCF_OK;

	for (int side = 0; side < 2 && s == DCF_OK; side++) {
		enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;

		a->plane.flip = side == 0 ? 1 : -1;
		for (int i = 0; i < turn_count && s == DCF_OK && !dcf_settled(verdict); i++) {
			a->blocks = blocks;
			a->learned = false;
			a->turn = turns[i] * DCF_RAD_PER_DEG;
			s = try_aside(a, make, &verdict);
			if (s == DCF_OK && verdict == DCF_VERDICT_ACCEPTED && any_moves(a))
				s = come_nearer(a, make);
		}
	}
	a->blocks = blocks;
	a->learned = false;
	return s;
}

enum dcf_status dcf_propose_reroute(struct dcf_desk *desk, const struct dcf_case *c)
{
	static const double turns[] = { 20, 30, 45, 60 }, none[] = { 0 };
	struct aside a = { .desk = desk, .c = c, .narrow = 1 };
	enum dcf_status s = DCF_OK;

	if (!dcf_blocks_of(c, &a.blocks))
		return DCF_OK;
	for (uint32_t i = 0; i < c->clash_count; i++) {
		if (c->clash[i].visible) {
			a.plane = (struct dcf_plane){ c->clash[i].closest, 1 };
			break;
		}
	}
	if (!all_lines(&c->features))
		return dcf_propose_move(desk, c, &a.blocks, a.plane);
	if ((s = prepare(&a)) != DCF_OK)
		return s == DCF_E_RANGE ? DCF_OK : s;
	if (c->features.count == 1)
		s = around_sides(&a, make_around, turns, 4);
	return s == DCF_OK ? around_sides(&a, make_parallel, none, 1) : s;
}
