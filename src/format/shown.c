/* SPDX-License-Identifier: Apache-2.0 */
#include "format/shown.h"

/* A remark names its operation by party and id, or nothing of a plan: a file, a row, a party. */
static bool may_show(const struct dcf_plan *plan, uint32_t reader, const struct dcf_remark *r)
{
	uint32_t party = r->party.len ? dcf_plan_find_party(plan, r->party) : DCF_NONE;
	uint32_t operation = party == DCF_NONE ? DCF_NONE : dcf_plan_find_operation(plan, party, r->operation);

	if (operation != DCF_NONE)
		return dcf_plan_may_know(plan, reader, operation);
	/* What was refused is in no plan, so nobody knows to whom it was disclosed: its own party alone hears of it. */
	return !r->operation.len || party == reader;
}

static void fill(const struct dcf_plan *plan, uint32_t reader, struct dcf_plan *out)
{
	out->feature_count = out->trajectory_count = out->remark_count = 0;
	for (size_t i = 0; i < plan->operation_count; i++) {
		out->operations[i] = plan->operations[i];
		if (!dcf_plan_may_know(plan, reader, (uint32_t)i))
			out->operations[i].feature_count = 0;
	}
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct dcf_feature *f = &plan->features[i];

		if (!dcf_plan_may_know(plan, reader, f->operation))
			continue;
		out->features[out->feature_count++] = *f;
		out->trajectory_count += f->shape == DCF_TRAJECTORY;
	}
	for (size_t i = 0; i < plan->remark_count; i++)
		if (may_show(plan, reader, &plan->remarks[i]))
			out->remarks[out->remark_count++] = plan->remarks[i];
}

enum dcf_status dcf_shown_plan(const struct dcf_plan *plan, uint32_t reader, const struct dcf_alloc *a, struct dcf_plan *out)
{
	*out = *plan;
	out->feature_cap = plan->feature_count;
	out->operation_cap = plan->operation_count;
	out->remark_cap = plan->remark_count;
	out->features = dcf_alloc_new(a, plan->feature_count * sizeof *out->features);
	out->operations = dcf_alloc_new(a, plan->operation_count * sizeof *out->operations);
	out->remarks = dcf_alloc_new(a, plan->remark_count * sizeof *out->remarks);
	if (!out->features || !out->operations || !out->remarks) {
		dcf_shown_free(out, a);
		return DCF_E_NOMEM;
	}
	fill(plan, reader, out);
	return DCF_OK;
}

void dcf_shown_free(struct dcf_plan *out, const struct dcf_alloc *a)
{
	dcf_alloc_free(a, out->features, out->feature_cap * sizeof *out->features);
	dcf_alloc_free(a, out->operations, out->operation_cap * sizeof *out->operations);
	dcf_alloc_free(a, out->remarks, out->remark_cap * sizeof *out->remarks);
	*out = (struct dcf_plan){ .arena = { .from = a } };
}
