/* SPDX-License-Identifier: Apache-2.0 */
#include "options/options.h"
#include "format/changed.h"
#include "format/options_json.h"
#include "format/result_json.h"
#include "format/shown.h"
#include "lib/lib_int.h"
#include "options/whole.h"

#include <deconflict/options.h>
#include <deconflict/version.h>

#define COST_MAX     1e9
#define DETOUR_MAX_M 3e6
#define OPTIONS_MAX  100

struct dcf_ways_out {
	const struct dcf_operations *ops;
	struct dcf_check_options question;
	struct dcf_result check;
	struct dcf_options_result found;
	struct dcf_whole_result whole;
	struct dcf_arena arena; /* of the answer */
	struct dcf_options_answer answer;
	struct dcf_plan shown; /* as the reader may see it: only where there is one */
	uint32_t reader;
};

struct dcf_wish dcf_wish_usual(void)
{
	return (struct dcf_wish){
		.question = dcf_question_usual(),
		.max_delay_us = -1,
		.max_advance_us = -1,
		.max_detour_m = -1,
		.cost_delay_s = -1,
		.cost_altitude_ft = -1,
		.cost_extra_m = -1,
		.seed = 1,
		.max_share = 1,
	};
}

/* ---- asking ---- */

/* Bounds are positive statements, so that NaN fails them. */
static bool in_range(const struct dcf_wish *w)
{
	return w->cost_delay_s <= COST_MAX && w->cost_altitude_ft <= COST_MAX && w->cost_extra_m <= COST_MAX &&
	       w->max_detour_m <= DETOUR_MAX_M && w->margin_m >= 0 && w->margin_m <= DETOUR_MAX_M &&
	       w->max_options <= OPTIONS_MAX && w->max_share > 0 && w->max_share <= 1;
}

static void cost(double wish, double *to)
{
	if (wish >= 0)
		*to = wish;
}

static struct dcf_ask ask_of(const struct dcf_plan *plan, const struct dcf_wish *w, uint32_t reader)
{
	struct dcf_ask ask = dcf_ask_usual(plan);

	if (w->max_delay_us >= 0)
		ask.limits.max_delay_us = w->max_delay_us;
	if (w->max_advance_us >= 0)
		ask.limits.max_advance_us = w->max_advance_us;
	cost(w->max_detour_m, &ask.limits.max_detour_m);
	cost(w->cost_delay_s, &ask.costs.delay_s);
	cost(w->cost_altitude_ft, &ask.costs.altitude_ft);
	cost(w->cost_extra_m, &ask.costs.extra_m);
	ask.margin_m = w->margin_m;
	ask.accept_brief = w->accept_brief;
	ask.reader = reader;
	if (w->max_options)
		ask.max_options = w->max_options;
	ask.stop = w->stop;
	ask.stop_ctx = w->stop_ctx;
	return ask;
}

/* Names to indices.  An operation that the reader may not know of is none to it. */
static enum dcf_status resolve(const struct dcf_plan *plan, const struct dcf_wish *w, uint32_t *move, uint32_t *reader)
{
	enum dcf_status s = DCF_OK;

	*move = *reader = DCF_NONE;
	if (w->reader) {
		*reader = dcf_plan_find_party(plan, dcf_span_of(w->reader));
		if (*reader == DCF_NONE)
			return DCF_E_NOT_FOUND;
	}
	if (w->move)
		s = dcf_plan_resolve(plan, dcf_span_of(w->move), move);
	if (s == DCF_OK && *move != DCF_NONE && *reader != DCF_NONE && !dcf_plan_may_know(plan, *reader, *move))
		s = DCF_E_NOT_FOUND;
	return s;
}

static enum dcf_status search(struct dcf_ways_out *ways, const struct dcf_wish *w, uint32_t move)
{
	const struct dcf_plan *plan = &ways->ops->plan;
	const struct dcf_alloc *a = &ways->ops->alloc;
	const struct dcf_whole_ask ask = { ask_of(plan, w, ways->reader), w->seed, w->effort, w->max_share };
	enum dcf_status s = dcf_check(plan, &ways->question, a, &ways->check);

	if (s == DCF_OK && w->whole) {
		s = dcf_whole_find(plan, &ways->question, &ways->check, &ask, a, &ways->whole);
		return s == DCF_OK ? dcf_answer_of_whole(plan, &ways->check, &ways->whole, w->seed, &ways->arena, &ways->answer)
				   : s;
	}
	if (s == DCF_OK)
		s = dcf_options_find(plan, &ways->question, &ways->check, &ask.ask, move, a, &ways->found);
	if (s == DCF_OK && ways->reader != DCF_NONE)
		s = dcf_shown_plan(plan, ways->reader, a, &ways->shown);
	if (s == DCF_OK)
		ways->answer =
			dcf_answer_of_options(ways->reader != DCF_NONE ? &ways->shown : plan, &ways->check, &ways->found);
	return s;
}

enum dcf_status dcf_find_ways_out(const struct dcf_operations *ops, const struct dcf_wish *wish, struct dcf_ways_out **out)
{
	struct dcf_question question = wish->question;
	struct dcf_ways_out *ways;
	struct dcf_check_options asked;
	uint32_t move, reader;
	enum dcf_status s;

	*out = NULL;
	if (!ops->finished || (wish->whole && (wish->move || wish->reader)))
		return DCF_E_USAGE;
	question.for_party = question.only_operation = NULL;
	s = in_range(wish) ? dcf_options_of(&ops->plan, &question, &asked) : DCF_E_RANGE;
	s = s == DCF_OK ? resolve(&ops->plan, wish, &move, &reader) : s;
	if (s != DCF_OK)
		return s;
	ways = dcf_alloc_new(&ops->alloc, sizeof *ways);
	if (!ways)
		return DCF_E_NOMEM;
	*ways = (struct dcf_ways_out){ .ops = ops, .question = asked, .arena = { .from = &ops->alloc }, .reader = reader };
	s = search(ways, wish, move);
	if (s == DCF_OK) {
		*out = ways;
		ways = NULL;
	}
	dcf_ways_out_free(ways);
	return s;
}

void dcf_ways_out_free(struct dcf_ways_out *ways)
{
	if (!ways)
		return;
	if (ways->shown.features)
		dcf_shown_free(&ways->shown, &ways->ops->alloc);
	dcf_arena_free(&ways->arena);
	dcf_options_free(&ways->found);
	dcf_whole_free(&ways->whole);
	dcf_result_free(&ways->check);
	dcf_alloc_free(&ways->ops->alloc, ways, sizeof *ways);
}

/* ---- the answer as values ---- */

struct dcf_ways_out_counts dcf_ways_out_count(const struct dcf_ways_out *ways)
{
	return (struct dcf_ways_out_counts){
		.options = ways->answer.option_count,
		.conflicts = ways->answer.conflict_count,
		.unresolved = ways->answer.unresolved_count,
		.refused = dcf_result_count(&ways->ops->plan, &ways->check).refused,
		.stopped = ways->answer.stopped,
	};
}

static struct dcf_text party_of(const struct dcf_ways_out *ways, uint32_t operation)
{
	const struct dcf_plan *plan = &ways->ops->plan;

	return dcf_text_of(plan->parties[plan->operations[operation].party].id);
}

static struct dcf_text id_of(const struct dcf_ways_out *ways, uint32_t operation)
{
	return dcf_text_of(ways->ops->plan.operations[operation].id);
}

enum dcf_status dcf_ways_out_option(const struct dcf_ways_out *ways, size_t i, struct dcf_way_out *out)
{
	const struct dcf_option *o;

	if (i >= ways->answer.option_count)
		return DCF_E_RANGE;
	o = &ways->answer.options[i];
	*out = (struct dcf_way_out){
		.party = party_of(ways, o->moved[0].operation),
		.operation = id_of(ways, o->moved[0].operation),
		.kind = dcf_option_kind_name(o->kind),
		.is_protected = o->is_protected,
		.cost = o->cost.total,
		.delay_s = o->cost.delay_s,
		.altitude_ft = o->cost.altitude_ft,
		.extra_m = o->cost.extra_m,
		.room_lateral_m = o->margin.lateral_m,
		.room_vertical_ft = o->margin.vertical_ft,
		.room_time_s = o->margin.time_s,
		.resolves = o->resolve_count,
	};
	if (o->moved_count > 1) {
		out->also_party = party_of(ways, o->moved[1].operation);
		out->also_operation = id_of(ways, o->moved[1].operation);
	}
	return DCF_OK;
}

enum dcf_status dcf_ways_out_words(const struct dcf_ways_out *ways, size_t i, char *to, size_t cap, size_t *need)
{
	struct dcf_buf out = { .from = &ways->ops->alloc };

	if (i >= ways->answer.option_count)
		return DCF_E_RANGE;
	dcf_put_option_words(&out, ways->answer.plan, &ways->answer.options[i]);
	return dcf_text_fill(&out, DCF_OK, to, cap, need);
}

enum dcf_status dcf_ways_out_conflict(const struct dcf_ways_out *ways, size_t k, struct dcf_way_out_of *out)
{
	const struct dcf_conflict_options *c;

	if (k >= ways->answer.conflict_count)
		return DCF_E_RANGE;
	c = &ways->answer.conflicts[k];
	*out = (struct dcf_way_out_of){ party_of(ways, c->a), id_of(ways, c->a), party_of(ways, c->b), id_of(ways, c->b),
					c->count };
	return DCF_OK;
}

enum dcf_status dcf_ways_out_best(const struct dcf_ways_out *ways, size_t k, size_t i, size_t *option)
{
	if (k >= ways->answer.conflict_count || i >= ways->answer.conflicts[k].count)
		return DCF_E_RANGE;
	*option = ways->answer.order[ways->answer.conflicts[k].first + i];
	return DCF_OK;
}

enum dcf_status dcf_ways_out_unresolved(const struct dcf_ways_out *ways, size_t i, struct dcf_no_way_out *out)
{
	const struct dcf_unresolved *u;

	if (i >= ways->answer.unresolved_count)
		return DCF_E_RANGE;
	u = &ways->answer.unresolved[i];
	*out = (struct dcf_no_way_out){ party_of(ways, u->a), id_of(ways, u->a), party_of(ways, u->b), id_of(ways, u->b),
					dcf_text_of(u->why) };
	return DCF_OK;
}

/* ---- the answer as text ---- */

enum dcf_status dcf_ways_out_json(const struct dcf_ways_out *ways, dcf_sink *sink, void *ctx)
{
	struct dcf_buf out = { .from = &ways->ops->alloc };

	dcf_options_json(&ways->answer, dcf_library_version(), &out);
	return dcf_text_send(&out, DCF_OK, sink, ctx);
}

enum dcf_status dcf_ways_out_changed(const struct dcf_ways_out *ways, size_t i, dcf_sink *sink, void *ctx)
{
	const struct dcf_alloc *a = &ways->ops->alloc;
	const struct dcf_option *o = i < ways->answer.option_count ? &ways->answer.options[i] : NULL;
	bool whole = ways->answer.whole != NULL;
	struct dcf_buf out = { .from = a };
	enum dcf_status s;

	if (whole ? i != 0 : !o)
		return DCF_E_RANGE;
	s = dcf_write_changed(&ways->ops->plan, whole ? ways->whole.moved : o->moved,
			      whole ? ways->whole.moved_count : o->moved_count, ways->reader, a, &out);
	return dcf_text_send(&out, s, sink, ctx);
}

enum dcf_status dcf_ways_out_notice(const struct dcf_ways_out *ways, char *to, size_t cap, size_t *need)
{
	struct dcf_buf out = { .from = &ways->ops->alloc };

	dcf_put_options_notice(&ways->answer, &out);
	return dcf_text_fill(&out, DCF_OK, to, cap, need);
}
