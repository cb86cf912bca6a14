/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_disclose.h"
#include "domain/text_source.h"
#include "format/json.h"

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
	enum dcf_status s = open_met(&m, view, op, our_party, a);

	*out = (struct dcf_line_meeting){ 0 };
	for (size_t i = 0; s == DCF_OK && i < m.result.conflict_count; i++) {
		const struct dcf_conflict *c = &m.result.conflicts[i];
		double missing = c->minimum_lateral_m - (double)c->lateral_gap_dm / 10;
		uint32_t ours;

		if (!counts(c, &ours))
			continue;
		out->conflicts++;
		if (missing > out->shortfall_m)
			out->shortfall_m = missing;
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

/* {"value": n, "unit": "km"} in millimetres; 0 when it is none. */
static int64_t length_mm(struct dcf_jval v)
{
	static const struct {
		const char *name;
		double mm;
	} unit[] = { { "m", 1e3 }, { "km", 1e6 }, { "NM", 1852e3 }, { "ft", 304.8 } };
	double value;

	if (!dcf_jdouble(dcf_jget(v, "value"), &value) || !(value > 0 && value <= 1e6))
		return 0;
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
		if (dcf_jis(dcf_jget(v, "unit"), unit[i].name))
			return value * unit[i].mm < 1000 ? 1000 : value * unit[i].mm > 1e12 ? 0 : (int64_t)(value * unit[i].mm + 0.5);
	return 0;
}

static void read_level(struct dcf_jval v, struct dcf_line_level_terms *out)
{
	int64_t step = length_mm(dcf_jget(v, "step"));

	if (dcf_jis(v, "exists"))
		out->level = DCF_LINE_TELLS_EXISTS;
	else if (step > 0)
		*out = (struct dcf_line_level_terms){ DCF_LINE_TELLS_STEP, step };
}

enum dcf_status dcf_line_level_of(struct dcf_span airspace, const struct dcf_alloc *a, struct dcf_line_level_terms *out)
{
	struct dcf_buf text = { .from = a };
	struct dcf_jdoc doc = { 0 };
	const char *why;
	enum dcf_status s;

	*out = (struct dcf_line_level_terms){ DCF_LINE_TELLS_NOTHING, 0 };
	if (airspace.len == 0)
		return DCF_OK;
	dcf_buf_span(&text, airspace);
	dcf_buf_fill(&text, ' ', DCF_JSON_SLACK);
	s = text.failed ? DCF_E_NOMEM : dcf_jparse(&doc, text.p, airspace.len, &why);
	if (s == DCF_OK)
		read_level(dcf_jget(dcf_jget(dcf_jroot(&doc), "agreement"), "disclosure"), out);
	dcf_jfree(&doc);
	dcf_buf_free(&text);
	return s == DCF_E_NOMEM ? s : DCF_OK;
}

/* Up to the next step; of a conflict at least one, so that 0 means none. */
static int64_t rounded_mm(const struct dcf_line_level_terms *terms, const struct dcf_line_meeting *met)
{
	double steps = met->shortfall_m * 1000 / (double)terms->step_mm;
	int64_t n = steps < 1e6 ? (int64_t)steps : 1000000;

	if (met->conflicts == 0)
		return 0;
	return ((double)n < steps || n == 0 ? n + 1 : n) * terms->step_mm;
}

void dcf_line_disclosure_put(const struct dcf_line_level_terms *terms, const struct dcf_line_meeting *met, struct dcf_buf *out)
{
	static const char *const level[] = { "none", "exists", "step" };
	char result[32] = "null";
	size_t len, used;

	if (terms->level == DCF_LINE_TELLS_EXISTS)
		snprintf(result, sizeof result, "%s", met->conflicts ? "true" : "false");
	else if (terms->level == DCF_LINE_TELLS_STEP)
		snprintf(result, sizeof result, "%lld", (long long)rounded_mm(terms, met));
	len = strlen(result);
	used = sizeof "{\"level\":\"\",\"pad\":\"\",\"result\":}" - 1 + strlen(level[terms->level]) + len;
	dcf_buf_z(out, "{\"level\":\"");
	dcf_buf_z(out, level[terms->level]);
	dcf_buf_z(out, "\",\"pad\":\"");
	dcf_buf_fill(out, '.', DCF_DISCLOSURE_BYTES - used);
	dcf_buf_z(out, "\",\"result\":");
	dcf_buf_put(out, result, len);
	dcf_buf_char(out, '}');
}
