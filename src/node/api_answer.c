/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api.h"
#include "format/result_json.h"

/* So many of a question are told by how much to move; each costs a search. */
enum { BLIND_MOST = 10 };

/* The operations that a question is about, and those that they meet and the caller may know of. */
struct few {
	const struct dcf_question *q;
	struct dcf_arena arena;
	const struct dcf_op **ops; /* the question's first */
	size_t count, cap;
	size_t current;           /* the question's operation that is asked about */
	bool undisclosed;         /* something is met that the caller may not know of */
	size_t blind[BLIND_MOST]; /* the first operations that meet such a thing */
	size_t blind_count;
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
	if (hit->advisory || hit->internal)
		return DCF_OK;
	f->undisclosed = true;
	if (f->blind_count < BLIND_MOST && (f->blind_count == 0 || f->blind[f->blind_count - 1] != f->current))
		f->blind[f->blind_count++] = f->current;
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
						.except = { &op->live,
							    q->replaced && q->replaced[i] ? &q->replaced[i]->live : NULL },
						.own_party = true };

		f->current = i;
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

/* [{"party", "operation", "move_m"}, ...]: by how much to move, and nothing else. */
static enum dcf_status put_moves(const struct few *f, const struct dcf_alloc *a, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };
	enum dcf_status s = DCF_OK;

	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < f->blind_count && s == DCF_OK; i++) {
		const struct dcf_op *op = f->q->ops[f->blind[i]];
		double metres;

		s = dcf_answer_step(f->q, f->blind[i], a, &metres);
		dcf_json_begin(&j, '{');
		dcf_json_key(&j, "party");
		dcf_json_string(&j, f->q->view->frame->plan.parties[op->live.party].id);
		dcf_json_key(&j, "operation");
		dcf_json_string(&j, op->id);
		dcf_json_key(&j, "move_m");
		if (metres > 0)
			dcf_json_fixed(&j, (int64_t)(metres * 10 + 0.5), 1);
		else
			dcf_json_null(&j);
		dcf_api_put_exercise(&j, f->q->view);
		dcf_json_end(&j, '}');
	}
	dcf_json_end(&j, ']');
	return s;
}

/* {"deconflict":1, ...}\n -> without the newline, and with what is disclosed of what is not shown before the last brace. */
static enum dcf_status finish(const struct few *f, const struct dcf_alloc *a, struct dcf_buf *out)
{
	enum dcf_disclosure disclosure = f->q->view->frame->disclosure;
	enum dcf_status s = DCF_OK;

	if (out->len && out->p[out->len - 1] == '\n')
		out->len--;
	if (!f->undisclosed || disclosure == DCF_DISCLOSE_NOTHING || out->len == 0)
		return DCF_OK;
	out->len--;
	dcf_buf_z(out, ",\"undisclosed\":true");
	if (disclosure == DCF_DISCLOSE_STEP) {
		dcf_buf_z(out, ",\"undisclosed_moves\":");
		s = put_moves(f, a, out);
	}
	dcf_buf_char(out, '}');
	return s;
}

enum dcf_status dcf_answer_check(const struct dcf_question *q, const char *version, const struct dcf_alloc *a,
				 struct dcf_buf *out, size_t *conflicts)
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
		plan.exercise = dcf_view_facts(q->view).exercise;
		dcf_result_json(&plan, &result, NULL, version, out);
		s = finish(&f, a, out);
		s = out->failed ? DCF_E_NOMEM : s;
	}
	dcf_result_free(&result);
	dcf_plan_few_free(&plan);
	dcf_alloc_free(a, f.ops, f.cap * sizeof *f.ops);
	return s;
}
