/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/name.h"
#include "bench/workload.h"

struct plan_sink {
	struct dcf_plan *plan;
	struct dcf_bench_frame *frames; /* theatre and city of each site, in turn */
	uint32_t last;                  /* the generator's number of the operation last seen */
	uint32_t operation;             /* its index in the plan */
};

static enum dcf_status take_operation(struct plan_sink *t, const struct dcf_bench_volume *v)
{
	char text[DCF_BENCH_NAME];

	if (v->operation == t->last)
		return DCF_OK;
	t->last = v->operation;
	return dcf_plan_operation(t->plan, v->party, dcf_bench_name(text, 'A', v->operation), &t->operation);
}

static struct dcf_altitude altitude_of(const struct dcf_bench_volume *v, int32_t e4)
{
	return (struct dcf_altitude){
		.e4 = e4,
		.ref = v->in_city ? DCF_REF_W84 : DCF_REF_STD,
		.unit = v->in_city ? DCF_UNIT_M : DCF_UNIT_FL,
	};
}

static enum dcf_status take_shape(struct plan_sink *t, const struct dcf_bench_volume *v, struct dcf_feature *f)
{
	static const uint8_t shape[] = {
		[DCF_BENCH_CAPSULE] = DCF_CORRIDOR, [DCF_BENCH_DISC] = DCF_CIRCLE, [DCF_BENCH_STAR] = DCF_POLYGON
	};
	const struct dcf_bench_frame *frame = &t->frames[2 * v->site + v->in_city];

	f->shape = shape[v->shape];
	f->point_count = v->count;
	f->points = dcf_arena_get(&t->plan->arena, v->count * sizeof *f->points);
	if (!f->points)
		return DCF_E_NOMEM;
	for (uint32_t i = 0; i < v->count; i++)
		f->points[i] = dcf_bench_place(frame, v->x[i], v->y[i]);
	if (f->shape != DCF_POLYGON)
		return DCF_OK;
	f->ring_count = 1;
	f->rings = dcf_arena_get(&t->plan->arena, sizeof *f->rings);
	if (!f->rings)
		return DCF_E_NOMEM;
	*f->rings = (struct dcf_ring){ .first = 0, .count = v->count, .outer = true };
	return DCF_OK;
}

static enum dcf_status take(void *ctx, const struct dcf_bench_volume *v)
{
	struct plan_sink *t = ctx;
	struct dcf_feature f = { .where = DCF_SPAN("workload A"), .acm = DCF_SPAN(""), .edges = DCF_EDGES_GEODESIC };
	enum dcf_status s = take_operation(t, v);

	if (s == DCF_OK)
		s = take_shape(t, v, &f);
	if (s != DCF_OK)
		return s;
	f.party = v->party;
	f.operation = t->operation;
	f.id = t->plan->operations[t->operation].id;
	f.start_us = DCF_BENCH_EPOCH_US + (int64_t)v->start_ms * 1000;
	f.end_us = DCF_BENCH_EPOCH_US + (int64_t)v->end_ms * 1000;
	f.lower = altitude_of(v, v->lower_e4);
	f.upper = altitude_of(v, v->upper_e4);
	f.radius_m = v->radius;
	f.sent_us = f.received_us = DCF_TIME_NONE;
	return dcf_plan_add_feature(t->plan, &f);
}

static enum dcf_status add_parties(struct dcf_plan *plan)
{
	enum dcf_status s = DCF_OK;
	char text[DCF_BENCH_NAME];

	for (uint32_t p = 0; p < DCF_BENCH_THEATRE_PARTIES + DCF_BENCH_CITY_PARTIES && s == DCF_OK; p++) {
		uint32_t index;

		s = dcf_plan_party(plan, dcf_bench_name(text, 'P', p), &index);
	}
	return s;
}

enum dcf_status dcf_bench_plan_a(const struct dcf_bench_spec *spec, struct dcf_plan *plan)
{
	uint32_t sites = dcf_bench_sites(spec->n);
	size_t bytes = 2 * (size_t)sites * sizeof(struct dcf_bench_frame);
	struct plan_sink t = { .plan = plan, .last = DCF_NONE, .frames = dcf_alloc_new(plan->arena.from, bytes) };
	enum dcf_status s = t.frames ? add_parties(plan) : DCF_E_NOMEM;

	if (s != DCF_OK)
		goto done;
	for (uint32_t k = 0; k < 2 * sites; k++)
		t.frames[k] = dcf_bench_frame_of(dcf_bench_site_at(spec, k / 2, k & 1), k & 1);
	s = dcf_bench_make_a(spec, (struct dcf_bench_sink){ take, &t });
done:
	dcf_alloc_free(plan->arena.from, t.frames, bytes);
	return s;
}
