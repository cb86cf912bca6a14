/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api.h"
#include "domain/declare.h"
#include "format/options_json.h"
#include "format/result_json.h"
#include "format/shown.h"
#include "options/options.h"

/* How far an operation is asked to move here: near enough that all it could meet there fits into a small plan. */
#define SHIFT_MOST_US (INT64_C(4) * 3600 * 1000000)
#define DETOUR_MOST_M 30000.0
#define LEVELS_E4     (INT64_C(60000) * DCF_FT_E4)
enum { AROUND_MOST = 20000, OPTIONS_MOST = 6 };

/* Everything that the operation could meet, wherever it is asked to go. */
struct around {
	const struct dcf_alloc *a;
	const struct dcf_question *q;
	const struct dcf_op **ops;
	size_t count, cap;
};

/* Does the search take account of the operation? */
static bool looks_at(const struct dcf_question *q, const struct dcf_op *op)
{
	return q->view->frame->disclosure != DCF_DISCLOSE_NOTHING || dcf_caller_may_know(q->caller, q->view, op);
}

static enum dcf_status take_near(void *ctx, const struct dcf_live_hit *hit)
{
	struct around *r = ctx;
	void *array = r->ops;
	enum dcf_status s;

	if (!looks_at(r->q, hit->op->owner))
		return DCF_OK;
	if (r->count > AROUND_MOST)
		return DCF_E_LIMIT;
	s = dcf_grow(r->a, &array, &r->cap, r->count + 1, sizeof *r->ops);
	r->ops = array;
	if (s == DCF_OK)
		r->ops[r->count++] = hit->op->owner;
	return s;
}

static struct dcf_live_probe probe_of(const struct dcf_question *q, size_t which, const struct dcf_feature *features,
				      uint32_t n)
{
	const struct dcf_op *op = q->ops[which];

	return (struct dcf_live_probe){ .party = op->live.party,
					.feature_count = n,
					.features = features,
					.except = { &op->live,
						    q->replaced && q->replaced[which] ? &q->replaced[which]->live : NULL },
					.own_party = true };
}

static enum dcf_status gather(const struct dcf_question *q, size_t which, struct around *r, struct dcf_live_scratch *scratch)
{
	static const struct dcf_live_margin margin = { .aside_m = 2 * DETOUR_MOST_M,
						       .lower_e4 = LEVELS_E4,
						       .higher_e4 = LEVELS_E4,
						       .earlier_us = SHIFT_MOST_US,
						       .later_us = SHIFT_MOST_US };
	const struct dcf_op *op = q->ops[which];
	struct dcf_live_probe probe = probe_of(q, which, op->live.features, op->live.feature_count);
	struct dcf_live_hit self = { .op = &op->live };
	enum dcf_status s = take_near(r, &self);

	return s == DCF_OK ? dcf_live_near(dcf_view_live(q->view), &q->view->live, &probe, &margin, scratch, take_near, r) : s;
}

struct last_word {
	const struct dcf_question *q;
	bool bad;
};

static enum dcf_status take_conflict(void *ctx, const struct dcf_live_hit *hit)
{
	struct last_word *w = ctx;

	w->bad |= !hit->advisory && !hit->internal && looks_at(w->q, hit->op->owner);
	return DCF_OK;
}

/* The last word belongs to the whole index, whatever the small plan said. */
static enum dcf_status verify(const struct dcf_question *q, size_t which, struct dcf_options_result *found,
			      struct dcf_live_scratch *scratch)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->order_count; i++) {
		const struct dcf_option *o = &found->options[found->order[i]];
		struct dcf_live_probe probe = probe_of(q, which, o->moved[0].features, o->moved[0].feature_count);
		struct last_word w = { q, o->moved_count != 1 };
		enum dcf_status s =
			w.bad ? DCF_OK
			      : dcf_live_meet(dcf_view_live(q->view), &q->view->live, &probe, scratch, take_conflict, &w);

		if (s != DCF_OK)
			return s;
		if (w.bad)
			found->order[i] = DCF_NONE;
	}
	for (size_t c = 0; c < found->conflict_count; c++) {
		struct dcf_conflict_options *co = &found->conflicts[c];
		uint32_t first = (uint32_t)kept;

		for (uint32_t i = 0; i < co->count; i++)
			if (found->order[co->first + i] != DCF_NONE)
				found->order[kept++] = found->order[co->first + i];
		co->first = first;
		co->count = (uint32_t)kept - first;
	}
	found->order_count = kept;
	return DCF_OK;
}

struct search {
	struct dcf_plan plan, shown;
	struct dcf_plan text; /* the operation as it was declared */
	struct dcf_check_options question;
	struct dcf_result check;
	struct dcf_options_result found;
	struct dcf_ask ask;
};

static bool in_conflict(const struct dcf_result *check)
{
	for (size_t i = 0; i < check->conflict_count; i++)
		if (dcf_list_of(&check->conflicts[i]) == DCF_LIST_CONFLICTS)
			return true;
	return false;
}

/* --- what the state does not keep -------------------------------------------------------------------- */

struct reading {
	const struct dcf_question *q;
	struct dcf_plan *text;
};

static enum dcf_status read_entry(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct reading *r = ctx;
	const char *end = entry->content.len ? memchr(entry->content.p, '\n', entry->content.len) : NULL;

	(void)position;
	if (!end)
		return DCF_E_CORRUPT;
	end++;
	return dcf_declare_read_again(r->q->view->frame, DCF_SPAN("entry"),
				      (struct dcf_span){ end, (size_t)(entry->content.p + entry->content.len - end) },
				      r->text->arena.from, r->text);
}

/* What was declared beside the volume (label, note, kind, limits) goes into the options' features too: whoever puts one in the
 * place of the operation must not lose it, least of all who may know of it. */
static enum dcf_status restore(const struct dcf_question *q, size_t which, struct search *w)
{
	const struct dcf_plan *text = q->store ? &w->text : q->remarks;
	uint32_t count = q->ops[which]->live.feature_count;
	struct reading r = { q, &w->text };
	struct dcf_store_error err;
	size_t n = 0;
	enum dcf_status s =
		q->store ? dcf_store_read(q->store, q->ops[which]->position, 1, DCF_READ_ALL, read_entry, &r, &err) : DCF_OK;

	if (s != DCF_OK)
		return s;
	which = q->store ? 0 : which;
	for (size_t i = 0; i < text->feature_count && n < count; i++) {
		if (text->features[i].operation != which)
			continue;
		w->plan.features[n].properties_json = text->features[i].properties_json;
		w->plan.features[n++].others = text->features[i].others;
	}
	w->plan.operations[0].replaces = text->operations[which].replaces;
	w->plan.operations[0].by_id = text->operations[which].by_id;
	return DCF_OK;
}

/* What the caller may know of is what its party may know of here: members know more than a list of parties says. */
static enum dcf_status say_who_knows(const struct dcf_question *q, const struct around *r, struct dcf_plan *plan)
{
	uint32_t reader = dcf_caller_party(q->caller, q->view);
	uint32_t *list = dcf_arena_get(&plan->arena, sizeof *list);

	if (!list)
		return DCF_E_NOMEM;
	*list = reader;
	for (size_t i = 0; i < r->count; i++) {
		struct dcf_operation *o = &plan->operations[i];

		if (o->party != r->ops[i]->live.party || !dcf_span_eq(o->id, r->ops[i]->id))
			return DCF_E_CONFLICT;
		o->disclosed_to = list;
		o->disclosed_count = dcf_caller_may_know(q->caller, q->view, r->ops[i]) ? 1 : 0;
	}
	return DCF_OK;
}

static enum dcf_status look(const struct dcf_question *q, size_t which, const struct around *r, struct search *w,
			    struct dcf_live_scratch *scratch)
{
	const struct dcf_alloc *a = r->a;
	enum dcf_status s = dcf_plan_few(&q->view->frame->plan, r->ops, r->count, a, &w->plan);

	if (s == DCF_OK)
		s = say_who_knows(q, r, &w->plan);
	w->plan.exercise = dcf_view_facts(q->view).exercise;
	s = s == DCF_OK ? dcf_check(&w->plan, &w->question, a, &w->check) : s;
	if (s == DCF_OK && !in_conflict(&w->check))
		s = DCF_E_NOT_FOUND;
	s = s == DCF_OK ? restore(q, which, w) : s;
	if (s != DCF_OK)
		return s;
	w->ask.limits = dcf_ask_usual(&w->plan).limits;
	w->ask.costs = dcf_ask_usual(&w->plan).costs;
	w->ask.limits.max_delay_us = w->ask.limits.max_advance_us = SHIFT_MOST_US;
	w->ask.limits.max_detour_m = DETOUR_MOST_M;
	w->ask.max_options = OPTIONS_MOST;
	w->ask.reader = q->caller->cell ? DCF_NONE : dcf_caller_party(q->caller, q->view);
	s = dcf_options_find(&w->plan, &w->question, &w->check, &w->ask, 0, a, &w->found);
	return s == DCF_OK ? verify(q, which, &w->found, scratch) : s;
}

static enum dcf_status put(struct search *w, const char *version, const struct dcf_alloc *a, struct dcf_buf *out)
{
	bool shows_all = w->ask.reader == DCF_NONE;
	enum dcf_status s = shows_all ? DCF_OK : dcf_shown_plan(&w->plan, w->ask.reader, a, &w->shown);
	struct dcf_options_answer answer;

	if (s != DCF_OK)
		return s;
	answer = dcf_answer_of_options(shows_all ? &w->plan : &w->shown, &w->check, &w->found);
	dcf_options_json(&answer, version, out);
	if (out->len && out->p[out->len - 1] == '\n')
		out->len--;
	if (!shows_all)
		dcf_shown_free(&w->shown, a);
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

enum dcf_status dcf_answer_options(const struct dcf_question *q, size_t which, const char *version, bool (*stop)(void *ctx),
				   void *stop_ctx, const struct dcf_alloc *a, struct dcf_buf *out)
{
	struct around r = { .a = a, .q = q };
	struct dcf_live_scratch scratch = { .from = a };
	struct search w = { .plan = { .arena = { .from = a } }, .text = { .arena = { .from = a } } };
	enum dcf_status s = gather(q, which, &r, &scratch);

	w.question = (struct dcf_check_options){ .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = 0 };
	w.ask.stop = stop;
	w.ask.stop_ctx = stop_ctx;
	s = s == DCF_OK ? look(q, which, &r, &w, &scratch) : s;
	s = s == DCF_OK ? put(&w, version, a, out) : s;
	dcf_options_free(&w.found);
	dcf_result_free(&w.check);
	dcf_plan_few_free(&w.plan);
	dcf_plan_free(&w.text);
	dcf_live_scratch_free(&scratch);
	dcf_alloc_free(a, r.ops, r.cap * sizeof *r.ops);
	return s;
}
