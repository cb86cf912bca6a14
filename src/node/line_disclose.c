/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_disclose.h"
#include "node/api.h"

#include <stdio.h>

enum { MEETS_MOST = 20000 };

/* --- what is met ------------------------------------------------------------------------------------- */

/* The notice, and those of ours that it meets. */
struct met {
	struct dcf_view const *view;
	const struct dcf_alloc *from;
	uint32_t ours;
	const struct dcf_op **ops; /* the notice first */
	size_t count, cap;
	struct dcf_plan plan;
	struct dcf_result result;
};

static enum dcf_status add(struct met *m, const struct dcf_op *op)
{
	void *array = m->ops;
	enum dcf_status s;

	if (m->count > MEETS_MOST)
		return DCF_E_LIMIT;
	s = dcf_grow(m->from, &array, &m->cap, m->count + 1, sizeof *m->ops);
	m->ops = array;
	if (s == DCF_OK)
		m->ops[m->count++] = op;
	return s;
}

static enum dcf_status take(void *ctx, const struct dcf_live_hit *hit)
{
	struct met *m = ctx;

	return hit->op->party == m->ours ? add(m, hit->op->owner) : DCF_OK;
}

static void close_met(struct met *m)
{
	dcf_result_free(&m->result);
	dcf_plan_few_free(&m->plan);
	dcf_alloc_free(m->from, m->ops, m->cap * sizeof *m->ops);
}

/* Everything between the notice and what is ours, by CHECK itself. */
static enum dcf_status open_met(struct met *m, const struct dcf_view *view, const struct dcf_op *op, struct dcf_span our_party,
				const struct dcf_alloc *a)
{
	struct dcf_live_scratch scratch = { .from = a };
	struct dcf_live_probe probe = { .party = op->live.party,
					.feature_count = op->live.feature_count,
					.features = op->live.features,
					.except = { &op->live, NULL } };
	struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = 0 };
	enum dcf_status s;

	*m = (struct met){ .view = view, .from = a, .plan = { .arena = { .from = a } } };
	m->ours = dcf_plan_find_party(&view->frame->plan, our_party);
	s = m->ours == DCF_NONE ? DCF_E_NOT_FOUND : add(m, op);
	s = s == DCF_OK ? dcf_live_meet(dcf_view_live(view), &view->live, &probe, &scratch, take, m) : s;
	s = s == DCF_OK ? dcf_plan_few(&view->frame->plan, m->ops, m->count, a, &m->plan) : s;
	question.engine = m->count <= 16 ? DCF_ENGINE_BRUTE : DCF_ENGINE_INDEX;
	s = s == DCF_OK ? dcf_check(&m->plan, &question, a, &m->result) : s;
	dcf_live_scratch_free(&scratch);
	return s;
}

/* Does it count?  Then which of the two is ours: an operation of the plan. */
static bool counts(const struct dcf_conflict *c, uint32_t *ours)
{
	if (c->internal || (c->class != DCF_CLASS_OVERLAP && c->class != DCF_CLASS_SEPARATION) || (c->a != 0 && c->b != 0))
		return false;
	*ours = c->a == 0 ? c->b : c->a;
	return true;
}

enum dcf_status dcf_line_meet(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span our_party,
			      const struct dcf_alloc *a, struct dcf_line_meeting *out)
{
	struct met m;
	double metres = 0;
	enum dcf_status s = open_met(&m, view, op, our_party, a);

	*out = (struct dcf_line_meeting){ 0 };
	for (size_t i = 0; s == DCF_OK && i < m.result.conflict_count; i++) {
		const struct dcf_conflict *c = &m.result.conflicts[i];
		uint32_t ours;

		out->conflicts += counts(c, &ours);
	}
	if (s == DCF_OK && out->conflicts && view->frame->disclosure == DCF_DISCLOSE_STEP) {
		s = dcf_step_out_of(view, op, NULL, m.ours, a, &metres);
		out->move_mm = (int64_t)(metres * 1000 + 0.5);
	}
	close_met(&m);
	return s;
}

enum dcf_status dcf_line_meet_names(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span our_party,
				    const struct dcf_alloc *a, struct dcf_buf *out)
{
	struct met m;
	enum dcf_status s = open_met(&m, view, op, our_party, a);
	size_t before = out->len;

	for (size_t i = 0; s == DCF_OK && i < m.result.conflict_count; i++) {
		uint32_t ours;

		if (!counts(&m.result.conflicts[i], &ours))
			continue;
		if (out->len > before)
			dcf_buf_char(out, ' ');
		dcf_buf_span(out, m.plan.operations[ours].id);
	}
	close_met(&m);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

/* --- what is told ------------------------------------------------------------------------------------ */

void dcf_line_disclosure_put(enum dcf_disclosure level, const struct dcf_line_meeting *met, struct dcf_buf *out)
{
	static const char *const name[] = {
		[DCF_DISCLOSE_NOTHING] = "none", [DCF_DISCLOSE_EXISTS] = "exists", [DCF_DISCLOSE_STEP] = "step"
	};
	char result[32] = "null";
	size_t used;

	if (level == DCF_DISCLOSE_EXISTS)
		snprintf(result, sizeof result, "%s", met->conflicts ? "true" : "false");
	else if (level == DCF_DISCLOSE_STEP)
		snprintf(result, sizeof result, "%lld", (long long)(!met->conflicts ? 0 : met->move_mm ? met->move_mm : -1));
	used = sizeof "{\"level\":\"\",\"pad\":\"\",\"result\":}" - 1 + strlen(name[level]) + strlen(result);
	dcf_buf_z(out, "{\"level\":\"");
	dcf_buf_z(out, name[level]);
	dcf_buf_z(out, "\",\"pad\":\"");
	dcf_buf_fill(out, '.', DCF_DISCLOSURE_BYTES - used);
	dcf_buf_z(out, "\",\"result\":");
	dcf_buf_z(out, result);
	dcf_buf_char(out, '}');
}
