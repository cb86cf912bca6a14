/* SPDX-License-Identifier: Apache-2.0 */
#include "core/live_fixture.h"

#include <stdlib.h>
#include <string.h>

const struct dcf_plan *fixture_plan(struct fixture *f, unsigned k)
{
	f->world.plan.atmosphere = f->frame[k].atmosphere;
	return &f->world.plan;
}

/* Features operation by operation, as their owner would hold them. */
static void gather(struct fixture *f)
{
	const struct dcf_plan *plan = &f->world.plan;
	size_t n = 0;

	f->features = calloc(plan->feature_count + 1, sizeof *f->features);
	for (uint32_t o = 0; o < f->ops; o++) {
		struct dcf_live_op *op = &f->model[o];
		const char *why;
		uint32_t which;

		op->party = plan->operations[o].party;
		op->features = f->features + n;
		for (size_t i = 0; i < plan->feature_count; i++)
			if (plan->features[i].operation == o)
				f->features[n++] = plan->features[i];
		op->feature_count = (uint32_t)(f->features + n - op->features);
		f->sound[o] = dcf_live_validate(&f->world.heap, op->features, op->feature_count, &which, &why) == DCF_OK;
	}
}

static bool decide(struct fixture *f, unsigned k, uint32_t party)
{
	struct fixture_frame *frame = &f->frame[k];
	struct dcf_check_options o = frame->question;
	struct dcf_result r = { 0 };

	o.engine = DCF_ENGINE_BRUTE;
	o.for_party = party;
	if (dcf_check(fixture_plan(f, k), &o, &f->world.heap, &r) != DCF_OK)
		return false;
	for (size_t i = 0; i < r.conflict_count; i++) {
		const struct dcf_conflict *c = &r.conflicts[i];
		uint8_t is = c->class == DCF_CLASS_ADVISORY ? ADVISORY : CONFLICT;

		if (is > frame->meets[c->a][c->b])
			frame->meets[c->a][c->b] = frame->meets[c->b][c->a] = is;
	}
	dcf_result_free(&r);
	return true;
}

/* The world's own question; with wider minima; and in another air. */
static void vary(struct fixture *f)
{
	for (unsigned k = 0; k < FIXTURE_FRAMES; k++) {
		f->frame[k].question = f->world.options;
		f->frame[k].question.only_operation = DCF_NONE;
		f->frame[k].atmosphere = f->world.plan.atmosphere;
	}
	f->frame[1].question.lateral_m = f->frame[1].question.lateral_m * 3 + 20000;
	f->frame[1].question.vertical_e4 = f->frame[1].question.vertical_e4 * 2 + 1500 * DCF_FT_E4;
	f->frame[2].atmosphere.qnh_hpa[0] = 985;
	f->frame[2].atmosphere.qnh_hpa[1] = 986;
	f->frame[2].atmosphere.terrain_e4[0] = 0;
	f->frame[2].atmosphere.terrain_e4[1] = 100 * DCF_M_E4;
}

/* Operations of which some volumes alone are advisory: which of these is found first must not matter. */
static void mix_advisories(struct dcf_plan *plan, uint64_t number)
{
	for (size_t i = 0; number % 3 == 1 && i < plan->feature_count; i++)
		plan->features[i].advisory = (i * 0x9e3779b1u >> 7 ^ number) & 1;
}

bool fixture_make(struct fixture *f, uint64_t seed, uint64_t number)
{
	struct dcf_ora_scale scale = { 24, 48 };
	bool ok;

	memset(f, 0, sizeof *f);
	if (!dcf_ora_world_make(&f->world, seed, number, scale, NULL))
		return false;
	f->ops = (uint32_t)f->world.plan.operation_count;
	ok = f->ops <= FIXTURE_OPS && f->world.plan.party_count <= FIXTURE_PARTIES;
	if (!ok)
		return false;
	mix_advisories(&f->world.plan, number);
	gather(f);
	vary(f);
	for (unsigned k = 0; k < FIXTURE_FRAMES; k++)
		for (uint32_t p = 0; p < f->world.plan.party_count && ok; p++)
			ok = decide(f, k, p);
	return ok;
}

void fixture_free(struct fixture *f)
{
	free(f->features);
	dcf_ora_world_free(&f->world);
}
