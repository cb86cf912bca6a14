/* SPDX-License-Identifier: Apache-2.0 */
/* What no shift and no change of level cleared: other ways, one operation at a time.  Around it, aside, smaller, in two
 * windows: whatever the kinds find in the plan as it stands by now, verified against all of it. */
#include "options/desk_int.h"
#include "options/options.h"
#include "options/whole_int.h"

enum { TRIES_MAX = 200 };

struct resort {
	const struct dcf_plan *plan;
	const struct dcf_check_options *question;
	const struct dcf_whole_ask *ask;
	struct dcf_whole_result *out;
	struct dcf_plan changed;
	struct dcf_standing st;
	bool built;
};

static void forget(struct resort *r)
{
	if (!r->built)
		return;
	dcf_standing_free(&r->st);
	dcf_plan_changed_free(&r->changed, r->out->from);
	r->built = false;
}

/* The plan as it stands, made ready; again only after something moved. */
static enum dcf_status stand(struct resort *r)
{
	enum dcf_status s;

	if (r->built)
		return DCF_OK;
	s = dcf_plan_changed(r->plan, r->out->moved, r->out->moved_count, r->out->from, &r->changed);
	if (s != DCF_OK)
		return s;
	r->built = true;
	return dcf_standing_build(&r->changed, r->question, r->out->from, &r->st);
}

static bool has_moved(const struct resort *r, uint32_t operation)
{
	for (size_t k = 0; k < r->out->moved_count; k++)
		if (r->out->moved[k].operation == operation)
			return true;
	return false;
}

static enum dcf_status add(struct resort *r, const struct dcf_option *o)
{
	struct dcf_whole_result *out = r->out;
	void *moved = out->moved, *cost = out->cost;
	size_t cap = out->moved_cap;
	enum dcf_status s = dcf_grow(out->from, &moved, &out->moved_cap, out->moved_count + 1, sizeof *out->moved);

	out->moved = moved;
	if (s == DCF_OK)
		s = dcf_grow(out->from, &cost, &cap, out->moved_cap, sizeof *out->cost);
	out->cost = cost;
	if (s != DCF_OK)
		return s;
	out->moved[out->moved_count] = o->moved[0];
	out->moved[out->moved_count].kind = o->kind;
	out->cost[out->moved_count++] = o->cost;
	return DCF_OK;
}

/* The cheaper of what either side can do; an operation that has moved already stays where it is. */
static enum dcf_status clear_pair(struct resort *r, uint32_t a, uint32_t b, bool *done)
{
	const uint32_t side[2] = { a, b };
	struct dcf_option best = { .moved_count = 0 };
	enum dcf_status s = stand(r);

	for (int i = 0; i < 2 && s == DCF_OK; i++) {
		struct dcf_one one;

		if (has_moved(r, side[i]))
			continue;
		s = dcf_options_one(&r->st, &r->ask->ask, side[i], &r->out->arena, r->out->from, &one);
		if (s != DCF_OK || one.option_count == 0)
			continue;
		if (best.moved_count == 0 || dcf_option_compare(&r->st, &one.options[0], &best) < 0)
			best = one.options[0];
	}
	*done = s == DCF_OK && best.moved_count > 0;
	if (!*done)
		return s;
	s = add(r, &best);
	forget(r);
	return s;
}

static void sort_moves(const uint32_t *rank, struct dcf_whole_result *out)
{
	for (size_t i = 1; i < out->moved_count; i++) /* the few at the end, by insertion */
		for (size_t k = i; k > 0 && rank[out->moved[k].operation] < rank[out->moved[k - 1].operation]; k--) {
			struct dcf_moved m = out->moved[k];
			struct dcf_cost c = out->cost[k];

			out->moved[k] = out->moved[k - 1];
			out->cost[k] = out->cost[k - 1];
			out->moved[k - 1] = m;
			out->cost[k - 1] = c;
		}
}

enum dcf_status dcf_whole_resort(struct dcf_whole *w, struct dcf_whole_result *out)
{
	struct resort r = { .plan = w->plan, .question = w->question, .ask = w->ask, .out = out };
	size_t left = 0, tries = 0;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < out->unresolved_count && s == DCF_OK; i++) {
		struct dcf_unresolved u = out->unresolved[i];
		bool done = false, stop = w->ask->ask.stop && w->ask->ask.stop(w->ask->ask.stop_ctx);

		if (!stop && tries++ < TRIES_MAX)
			s = clear_pair(&r, u.a, u.b, &done);
		if (!done)
			out->unresolved[left++] = u;
	}
	forget(&r);
	if (s != DCF_OK)
		return s;
	out->unresolved_count = left;
	sort_moves(w->standing.rank, out);
	return DCF_OK;
}
