/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api.h"
#include "format/result_json.h"

/* The operations that a question is about, and those that they meet and the caller may know of. */
struct few {
	const struct dcf_question *q;
	struct dcf_arena arena;
	const struct dcf_op **ops; /* the question's first */
	size_t count, cap;
	bool undisclosed;          /* something is met that the caller may not know of */
};

static enum dcf_status few_add(struct few *f, const struct dcf_op *op)
{
	void *array = f->ops;
	enum dcf_status s;

	for (size_t i = 0; i < f->count; i++)
		if (f->ops[i] == op)
			return DCF_OK;
	s = dcf_grow(f->arena.from, &array, &f->cap, f->count + 1, sizeof *f->ops);
	f->ops = array;
	if (s == DCF_OK)
		f->ops[f->count++] = op;
	return s;
}

static enum dcf_status take_hit(void *ctx, const struct dcf_live_hit *hit)
{
	struct few *f = ctx;
	const struct dcf_op *op = hit->op->owner;

	if (dcf_caller_may_know(f->q->caller, f->q->view, op))
		return few_add(f, op);
	f->undisclosed |= !hit->advisory && !hit->internal;
	return DCF_OK;
}

static enum dcf_status gather(struct few *f, const struct dcf_alloc *a)
{
	const struct dcf_question *q = f->q;
	struct dcf_live_scratch scratch = { .from = a };
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < q->count && s == DCF_OK; i++)
		s = few_add(f, q->ops[i]);
	for (size_t i = 0; i < q->count && s == DCF_OK; i++) {
		const struct dcf_op *op = q->ops[i];
		struct dcf_live_probe probe = { .party = op->live.party,
						.feature_count = op->live.feature_count,
						.features = op->live.features,
						.except = { &op->live, q->replaced && q->replaced[i] ? &q->replaced[i]->live : NULL },
						.own_party = true };

		/* What is over takes part in nothing. */
		if (!dcf_op_final((enum dcf_op_state)atomic_load(&op->state)))
			s = dcf_live_meet(dcf_view_live(q->view), &q->view->live, &probe, &scratch, take_hit, f);
	}
	dcf_live_scratch_free(&scratch);
	return s;
}

/* Is operation `o` of the plan one that was asked about?  They were added first. */
static bool asked(const struct few *f, uint32_t o)
{
	return o < f->q->count;
}

/* Leave out what is between others: it was not asked for. */
static void keep_asked(const struct few *f, struct dcf_result *r, size_t *conflicts)
{
	size_t n = 0;

	*conflicts = 0;
	for (size_t i = 0; i < r->conflict_count; i++) {
		const struct dcf_conflict *c = &r->conflicts[i];

		if (!asked(f, c->a) && !asked(f, c->b))
			continue;
		*conflicts += dcf_list_of(c) == DCF_LIST_CONFLICTS;
		r->conflicts[n++] = *c;
	}
	r->conflict_count = n;
	n = 0;
	for (size_t i = 0; i < r->breach_count; i++)
		if (asked(f, r->breaches[i].operation))
			r->breaches[n++] = r->breaches[i];
	r->breach_count = n;
}

/* Warnings about what others declared are none of the caller's business; those of reading the request are. */
static enum dcf_status set_remarks(const struct few *f, struct dcf_plan *plan)
{
	enum dcf_status s = DCF_OK;

	plan->remark_count = 0;
	for (size_t i = 0; f->q->remarks && i < f->q->remarks->remark_count && s == DCF_OK; i++)
		s = dcf_plan_remark(plan, &f->q->remarks->remarks[i]);
	return s;
}

/* {"deconflict":1, ...}\n -> without the newline, and with `undisclosed` before the last brace. */
static void finish(const struct few *f, struct dcf_buf *out)
{
	if (out->len && out->p[out->len - 1] == '\n')
		out->len--;
	if (!f->undisclosed || f->q->view->frame->disclosure != DCF_DISCLOSE_EXISTS || out->len == 0)
		return;
	out->len--;
	dcf_buf_z(out, ",\"undisclosed\":true}");
}

enum dcf_status dcf_answer_check(const struct dcf_question *q, const char *version, const struct dcf_alloc *a, struct dcf_buf *out,
				 size_t *conflicts)
{
	struct few f = { .q = q, .arena = { .from = a } };
	struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT, .only_operation = DCF_NONE };
	struct dcf_plan plan = { .arena = { .from = a } };
	struct dcf_result result = { 0 };
	enum dcf_status s = gather(&f, a);

	*conflicts = 0;
	question.for_party = dcf_caller_party(q->caller, q->view);
	/* For a handful of operations the index costs more than it saves. */
	question.engine = f.count <= 16 ? DCF_ENGINE_BRUTE : DCF_ENGINE_INDEX;
	if (q->count == 1)
		question.only_operation = 0;
	s = s == DCF_OK ? dcf_plan_few(&q->view->frame->plan, f.ops, f.count, a, &plan) : s;
	s = s == DCF_OK ? set_remarks(&f, &plan) : s;
	s = s == DCF_OK ? dcf_check(&plan, &question, a, &result) : s;
	if (s == DCF_OK) {
		keep_asked(&f, &result, conflicts);
		dcf_result_json(&plan, &result, NULL, version, out);
		finish(&f, out);
		s = out->failed ? DCF_E_NOMEM : DCF_OK;
	}
	dcf_result_free(&result);
	dcf_plan_few_free(&plan);
	dcf_alloc_free(a, f.ops, f.cap * sizeof *f.ops);
	return s;
}
