/* SPDX-License-Identifier: Apache-2.0 */
/* api_step.c - by how much to move, where an agreement discloses no more than that.
 *
 * The amount is a whole number of the agreed steps, rounded up: by which the operation, moved as a whole to one of eight sides,
 * is out of every conflict with others (of several such numbers the least that doubling and halving finds).  Which side is not
 * said, nor what is met, nor when.  Whoever asks again and again learns where the other's volume ends to within a step, which
 * is what the step was agreed for; questions are counted. */
#include "node/api.h"
#include "core/geodesy.h"

enum { SIDES = 8 };
#define FARTHEST_M 200000.0

struct clear {
	uint32_t of; /* whose operations count; DCF_NONE: every other party's */
	bool met;
};

static enum dcf_status take_any(void *ctx, const struct dcf_live_hit *hit)
{
	struct clear *c = ctx;

	c->met |= !hit->advisory && !hit->internal && (c->of == DCF_NONE || hit->op->party == c->of);
	return DCF_OK;
}

/* The middle of all points. */
static struct dcf_vec middle(const struct dcf_op *op)
{
	struct dcf_vec sum = { 0, 0, 0 };

	for (uint32_t i = 0; i < op->live.feature_count; i++)
		for (uint32_t k = 0; k < op->live.features[i].point_count; k++)
			sum = dcf_vec_add(sum, dcf_vec_of(op->live.features[i].points[k]));
	return dcf_vec_unit(sum);
}

/* `p` after the turn of the conformal sphere that takes `a` to `b`: shapes keep their form (Rodrigues). */
static struct dcf_vec turned(struct dcf_vec a, struct dcf_vec b, struct dcf_vec p)
{
	struct dcf_vec axis = dcf_vec_cross(a, b);
	double cosine = dcf_vec_dot(a, b), along = dcf_vec_dot(axis, p) / (1 + cosine);

	return dcf_vec_unit(
		dcf_vec_add(dcf_vec_add(dcf_vec_scale(p, cosine), dcf_vec_cross(axis, p)), dcf_vec_scale(axis, along)));
}

/* The operation's features, moved. */
static struct dcf_feature *moved(const struct dcf_op *op, double bearing_deg, double distance_m, struct dcf_arena *arena)
{
	struct dcf_vec a = middle(op), b = dcf_direct(dcf_latlon_of(a), bearing_deg, distance_m);
	struct dcf_feature *f = dcf_arena_get(arena, op->live.feature_count * sizeof *f);

	for (uint32_t i = 0; f && i < op->live.feature_count; i++) {
		uint32_t n = op->live.features[i].point_count;
		struct dcf_latlon *points = dcf_arena_get(arena, n * sizeof *points);

		if (!points)
			return NULL;
		f[i] = op->live.features[i];
		for (uint32_t k = 0; k < n; k++)
			points[k] = dcf_latlon_of(turned(a, b, dcf_vec_of(f[i].points[k])));
		f[i].points = points;
	}
	return f;
}

/* One operation that is asked how far it must go. */
struct going {
	const struct dcf_view *view;
	const struct dcf_op *op, *replaced;
	uint32_t of;
	struct dcf_live_scratch scratch;
	struct dcf_arena arena;
	double step_m, bearing_deg;
};

static enum dcf_status is_clear(struct going *g, const struct dcf_feature *features, bool *clear)
{
	const struct dcf_op *op = g->op;
	struct dcf_live_probe probe = { .party = op->live.party,
					.feature_count = op->live.feature_count,
					.features = features,
					.except = { &op->live, g->replaced ? &g->replaced->live : NULL } };
	struct clear c = { g->of, false };
	enum dcf_status s = dcf_live_meet(dcf_view_live(g->view), &g->view->live, &probe, &g->scratch, take_any, &c);

	*clear = s == DCF_OK && !c.met;
	/* A shape that cannot be there is no way out. */
	return s == DCF_E_REFUSED ? DCF_OK : s;
}

/* Is it out of everything when moved by so many steps? */
static enum dcf_status look(struct going *g, uint64_t steps, bool *clear)
{
	struct dcf_feature *features;

	dcf_arena_rewind(&g->arena);
	features = moved(g->op, g->bearing_deg, (double)steps * g->step_m, &g->arena);
	return features ? is_clear(g, features, clear) : DCF_E_NOMEM;
}

/* Towards one side: a number of steps after which it is out, and one step less after which it is not; 0 when `most` are not
 * enough. */
static enum dcf_status one_side(struct going *g, uint64_t most, uint64_t *steps)
{
	uint64_t in = 0, out = 1;
	bool clear = false;
	enum dcf_status s = look(g, out, &clear);

	while (s == DCF_OK && !clear && out < most) {
		in = out;
		out = out * 2 < most ? out * 2 : most;
		s = look(g, out, &clear);
	}
	*steps = clear ? out : 0;
	while (s == DCF_OK && *steps && out - in > 1) {
		uint64_t middle_of = in + (out - in) / 2;

		s = look(g, middle_of, &clear);
		*(clear ? &out : &in) = middle_of;
		*steps = out;
	}
	return s;
}

enum dcf_status dcf_step_out_of(const struct dcf_view *view, const struct dcf_op *op, const struct dcf_op *replaced,
				uint32_t of, const struct dcf_alloc *a, double *metres)
{
	struct going g = { .view = view,
			   .op = op,
			   .replaced = replaced,
			   .of = of,
			   .scratch = { .from = a },
			   .arena = { .from = a },
			   .step_m = view->frame->step_m };
	uint64_t least = 0, most = (uint64_t)(FARTHEST_M / g.step_m), steps;
	enum dcf_status s = DCF_OK;

	for (unsigned side = 0; side < SIDES && s == DCF_OK; side++) {
		g.bearing_deg = side * (360.0 / SIDES);
		s = one_side(&g, most > 0 ? most : 1, &steps);
		/* The other sides need only be looked at for less. */
		if (s == DCF_OK && steps && (least == 0 || steps < least))
			least = steps;
		most = least ? least : most;
	}
	*metres = (double)least * g.step_m;
	dcf_live_scratch_free(&g.scratch);
	dcf_arena_free(&g.arena);
	return s;
}

enum dcf_status dcf_answer_step(const struct dcf_question *q, size_t which, const struct dcf_alloc *a, double *metres)
{
	return dcf_step_out_of(q->view, q->ops[which], q->replaced ? q->replaced[which] : NULL, DCF_NONE, a, metres);
}
