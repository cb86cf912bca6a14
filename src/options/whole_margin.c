/* SPDX-License-Identifier: Apache-2.0 */
/* How much room each operation that moved has in the plan as it is after all the moves. */
#include "options/verify.h"
#include "options/whole_int.h"

struct rooms {
	const struct dcf_standing *st;
	const struct dcf_whole *w;
	struct dcf_whole_result *out;
	enum dcf_status *status; /* by share */
	unsigned shares;
};

/* Shares are asked at once: none of them writes that time is up. */
static bool time_is_up(const struct dcf_whole *w)
{
	const struct dcf_ask *ask = &w->ask->ask;

	return ask->stop && ask->stop(ask->stop_ctx);
}

/* Every n-th one: neighbours in the list are neighbours in their party's traffic, and cost alike. */
static void share(void *arg, unsigned k)
{
	struct rooms *r = arg;
	struct dcf_trial v;

	dcf_trial_init(&v, r->st, &r->w->ask->ask, r->w->from);
	for (size_t i = k; i < r->out->moved_count && r->status[k] == DCF_OK; i += r->shares)
		r->status[k] = time_is_up(r->w) ? DCF_E_LIMIT : dcf_verify_margin(&v, &r->out->moved[i], 1, &r->out->margin[i]);
	dcf_trial_free(&v);
}

static enum dcf_status look(struct rooms *r, const struct dcf_alloc *a)
{
	enum dcf_status s = DCF_OK;

	r->shares = dcf_parallel_threads(&r->w->question->parallel);
	r->status = dcf_alloc_new(a, r->shares * sizeof *r->status);
	if (!r->status)
		return DCF_E_NOMEM;
	for (unsigned k = 0; k < r->shares; k++)
		r->status[k] = DCF_OK;
	dcf_parallel_run(&r->w->question->parallel, r->shares, share, r);
	for (unsigned k = 0; k < r->shares && s != DCF_E_NOMEM; k++)
		s = r->status[k] == DCF_OK ? s : r->status[k];
	dcf_alloc_free(a, r->status, r->shares * sizeof *r->status);
	return s;
}

enum dcf_status dcf_whole_margins(const struct dcf_whole *w, struct dcf_whole_result *out)
{
	struct dcf_standing st = { .from = NULL };
	struct rooms r = { .st = &st, .w = w, .out = out };
	struct dcf_plan changed;
	enum dcf_status s;

	out->margin = NULL;
	if (!out->moved_count || out->moved_count > DCF_WHOLE_MARGINS_MAX || w->stopped || time_is_up(w))
		return DCF_OK;
	out->margin = dcf_arena_get(&out->arena, out->moved_count * sizeof *out->margin);
	if (!out->margin)
		return DCF_E_NOMEM;
	s = dcf_plan_changed(w->plan, out->moved, out->moved_count, w->from, &changed);
	if (s != DCF_OK)
		return s;
	s = dcf_standing_build(&changed, w->question, w->from, &st);
	s = s == DCF_OK ? look(&r, w->from) : s;
	dcf_standing_free(&st);
	dcf_plan_changed_free(&changed, w->from);
	if (s != DCF_OK)
		out->margin = NULL;
	/* time is up, or a shape that cannot be measured: then nothing is said, and the plan stands without */
	return s == DCF_E_NOMEM ? s : DCF_OK;
}
