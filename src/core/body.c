/* SPDX-License-Identifier: Apache-2.0 */
#include "core/body.h"
#include "core/flat.h"
#include "core/ring.h"

enum dcf_status dcf_body_build(const struct dcf_feature *f, struct dcf_arena *arena, struct dcf_body *out, const char **why)
{
	enum dcf_status s = DCF_OK;

	*out = (struct dcf_body){ .feature = f };
	if (f->shape == DCF_TRAJECTORY)
		return dcf_track_build(f, arena, &out->track, why);
	out->base_count = dcf_feature_parts(f);
	out->bases = dcf_arena_get(arena, out->base_count * sizeof *out->bases);
	if (!out->bases)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < out->base_count && s == DCF_OK; i++)
		s = dcf_base_build(f, i, arena, &out->bases[i], why);
	return s;
}

enum { KEPT_ARCS = 64 };

static bool worth_keeping(const struct dcf_body *b)
{
	uint32_t arcs = 0;

	for (uint32_t i = 0; i < b->base_count; i++)
		arcs += b->bases[i].arc_count;
	return b->feature->shape == DCF_TRAJECTORY || arcs > KEPT_ARCS;
}

/* Is this volume's geometry sound at a glance: a short line, or a small ring that is star-shaped about its
 * middle?  False means only that it needs the long look of dcf_base_build. */
static bool is_sound(const struct dcf_feature *f)
{
	uint32_t end;
	struct dcf_flat flat;
	struct dcf_xy ends[2 * DCF_FLAT_POINTS];
	struct dcf_flat_map m;

	if (!dcf_flat_suits(f) || !(f->radius_m >= 0 && f->radius_m <= DCF_REACH_MAX_M))
		return false;
	m = dcf_flat_map_at(f->points[0].lat_e7, f->points[0].lon_e7);
	if (m.sec2 > DCF_FLAT_SEC2_MAX || dcf_flat_lay(&m, f->points, f->point_count, &flat) > 1e10)
		return false;
	if (f->shape != DCF_POLYGON)
		return true;
	/* Within 10 km the map's error and the bend of edges stay below a metre, and the star test keeps a
	 * margin of a billionth of the sizes: so ask for 10 km, and leave slivers to the long look. */
	if (flat.x1 - flat.x0 > 10000 || flat.y1 - flat.y0 > 10000 || f->rings[0].first != 0 || f->point_count < 3)
		return false;
	for (uint32_t i = 0; i < flat.n; i++) {
		ends[2 * i] = flat.p[i];
		ends[2 * i + 1] = flat.p[i + 1 < flat.n ? i + 1 : 0];
	}
	end = flat.n;
	return dcf_ring_is_star(ends, 0, end, 0.01);
}

struct building {
	struct dcf_bodies *bodies;
	bool validate;
	unsigned jobs;
	enum dcf_status *status; /* one a job */
};

static enum dcf_status build_one(struct dcf_bodies *bodies, size_t i, bool validate, struct dcf_arena *arena,
				 struct dcf_arena *scratch)
{
	const struct dcf_feature *f = &bodies->plan->features[i];
	struct dcf_kept *k = &bodies->kept[i];
	bool track = f->shape == DCF_TRAJECTORY;
	enum dcf_status s = DCF_OK;

	*k = (struct dcf_kept){ .body = { .feature = f } };
	if (!track && validate && is_sound(f))
		return DCF_OK;
	if (track || validate)
		s = dcf_body_build(f, track ? arena : scratch, &k->body, &k->refusal);
	if (s == DCF_OK && !track) {
		if (validate && worth_keeping(&k->body))
			s = dcf_body_build(f, arena, &k->body, &k->refusal);
		else
			k->body = (struct dcf_body){ .feature = f };
	}
	if (s == DCF_E_LIMIT || (s == DCF_E_REFUSED && !*k->refusal))
		k->refusal = "a shape with too many pieces";
	if (s != DCF_E_REFUSED && s != DCF_E_LIMIT)
		return s;
	k->body.feature = NULL;
	return DCF_OK;
}

static void build_share(void *arg, unsigned job)
{
	struct building *b = arg;
	size_t n = b->bodies->count, end = n * (job + 1) / b->jobs;
	struct dcf_arena scratch = { .from = b->bodies->from };

	for (size_t i = n * job / b->jobs; i < end && b->status[job] == DCF_OK; i++) {
		b->status[job] = build_one(b->bodies, i, b->validate, &b->bodies->arenas[job], &scratch);
		dcf_arena_rewind(&scratch);
	}
	dcf_arena_free(&scratch);
}

enum dcf_status dcf_bodies_build(const struct dcf_plan *plan, bool validate, const struct dcf_parallel *parallel,
				 struct dcf_bodies *bodies)
{
	unsigned jobs = dcf_parallel_threads(parallel) > 1 ? dcf_parallel_threads(parallel) * 8 : 1;
	enum dcf_status status[2] = { DCF_OK, DCF_OK },
			*each = jobs > 1 ? dcf_alloc_new(bodies->from, jobs * sizeof *each) : status;
	struct building b = { bodies, validate, jobs, each };
	enum dcf_status s = DCF_E_NOMEM;

	bodies->plan = plan;
	bodies->count = plan->feature_count;
	if (!validate && plan->trajectory_count == 0) {
		s = DCF_OK;
		goto done;
	}
	bodies->kept = dcf_alloc_new(bodies->from, bodies->count * sizeof *bodies->kept);
	bodies->arenas = dcf_alloc_new(bodies->from, jobs * sizeof *bodies->arenas);
	bodies->arena_count = bodies->arenas ? jobs : 0;
	for (unsigned k = 0; k < bodies->arena_count; k++)
		bodies->arenas[k] = (struct dcf_arena){ .from = bodies->from };
	if (!each || !bodies->kept || !bodies->arenas)
		goto done;
	for (unsigned k = 0; k < jobs; k++)
		each[k] = DCF_OK;
	dcf_parallel_run(parallel, jobs, build_share, &b);
	s = DCF_OK;
	for (unsigned k = 0; k < jobs; k++)
		s = s == DCF_OK ? each[k] : s;
done:
	if (jobs > 1)
		dcf_alloc_free(bodies->from, each, jobs * sizeof *each);
	return s;
}

void dcf_bodies_free(struct dcf_bodies *bodies)
{
	for (unsigned k = 0; k < bodies->arena_count; k++)
		dcf_arena_free(&bodies->arenas[k]);
	dcf_alloc_free(bodies->from, bodies->kept, bodies->count * sizeof *bodies->kept);
	dcf_alloc_free(bodies->from, bodies->arenas, bodies->arena_count * sizeof *bodies->arenas);
	*bodies = (struct dcf_bodies){ .from = bodies->from };
}

enum dcf_status dcf_bodies_get(const struct dcf_bodies *bodies, uint32_t i, struct dcf_arena *arena, struct dcf_body *out)
{
	const char *why;

	if (bodies->kept)
		*out = bodies->kept[i].body;
	else
		*out = (struct dcf_body){ .feature = &bodies->plan->features[i] };
	if (!out->feature)
		return DCF_E_REFUSED;
	if (out->bases || out->feature->shape == DCF_TRAJECTORY)
		return DCF_OK;
	return dcf_body_build(out->feature, arena, out, &why);
}
