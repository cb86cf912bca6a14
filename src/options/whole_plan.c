/* SPDX-License-Identifier: Apache-2.0 */
/* The plan with moved operations in place of the declared ones. */
#include "options/whole.h"

static bool same_place(struct dcf_span a, struct dcf_span b)
{
	return a.p == b.p && a.len == b.len;
}

struct replacing {
	const struct dcf_moved *moved;
	uint32_t *of;      /* 1 + index in moved, for each operation; 0: as declared */
	uint32_t *written; /* features of moved[k] that stand in the new plan */
	struct dcf_plan *out;
};

static void put_feature(struct dcf_plan *out, const struct dcf_feature *f)
{
	out->features[out->feature_count++] = *f;
	out->trajectory_count += f->shape == DCF_TRAJECTORY;
}

/* Write the features that take the place of `f`: those that were made of it, as their `where` says. */
static void put_moved(struct replacing *r, const struct dcf_feature *f, uint32_t k)
{
	const struct dcf_moved *m = &r->moved[k];
	uint32_t *at = &r->written[k];

	if (*at < m->feature_count && same_place(m->features[*at].where, f->where)) {
		while (*at < m->feature_count && same_place(m->features[*at].where, f->where))
			put_feature(r->out, &m->features[(*at)++]);
		return;
	}
	/* a refused one stays as it was; one whose successors stand already is done */
	for (uint32_t j = 0; j < *at; j++)
		if (same_place(m->features[j].where, f->where))
			return;
	put_feature(r->out, f);
}

static enum dcf_status replace(const struct dcf_plan *plan, struct replacing *r, size_t count)
{
	for (size_t k = 0; k < count; k++) {
		if (r->moved[k].operation >= plan->operation_count)
			return DCF_E_RANGE;
		r->of[r->moved[k].operation] = (uint32_t)k + 1;
	}
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct dcf_feature *f = &plan->features[i];

		if (r->of[f->operation])
			put_moved(r, f, r->of[f->operation] - 1);
		else
			put_feature(r->out, f);
	}
	for (size_t i = 0; i < r->out->operation_count; i++)
		r->out->operations[i].feature_count = 0;
	for (size_t i = 0; i < r->out->feature_count; i++)
		r->out->operations[r->out->features[i].operation].feature_count++;
	return DCF_OK;
}

enum dcf_status dcf_plan_changed(const struct dcf_plan *plan, const struct dcf_moved *moved, size_t count,
				 const struct dcf_alloc *a, struct dcf_plan *out)
{
	size_t n = plan->operation_count, most = plan->feature_count;
	struct replacing r = { moved, dcf_alloc_new(a, n * sizeof *r.of), dcf_alloc_new(a, count * sizeof *r.written), out };
	enum dcf_status s = DCF_E_NOMEM;

	for (size_t k = 0; k < count; k++)
		most += moved[k].feature_count;
	*out = *plan;
	out->feature_count = out->trajectory_count = 0;
	out->feature_cap = most;
	out->operation_cap = n;
	out->features = dcf_alloc_new(a, most * sizeof *out->features);
	out->operations = dcf_alloc_new(a, n * sizeof *out->operations);
	if (!r.of || !r.written || !out->features || !out->operations)
		goto done;
	memset(r.of, 0, n * sizeof *r.of);
	memset(r.written, 0, count * sizeof *r.written);
	if (n)
		memcpy(out->operations, plan->operations, n * sizeof *out->operations);
	s = replace(plan, &r, count);
done:
	dcf_alloc_free(a, r.of, n * sizeof *r.of);
	dcf_alloc_free(a, r.written, count * sizeof *r.written);
	if (s != DCF_OK)
		dcf_plan_changed_free(out, a);
	return s;
}

void dcf_plan_changed_free(struct dcf_plan *out, const struct dcf_alloc *a)
{
	dcf_alloc_free(a, out->features, out->feature_cap * sizeof *out->features);
	dcf_alloc_free(a, out->operations, out->operation_cap * sizeof *out->operations);
	*out = (struct dcf_plan){ .features = NULL };
}
