/* SPDX-License-Identifier: Apache-2.0 */
#include "core/num.h"
#include "options/desk_int.h"

struct dcf_ask dcf_ask_usual(const struct dcf_plan *plan)
{
	struct dcf_ask ask = {
		.limits = dcf_limits_none(), .costs = plan->agreement.costs, .reader = DCF_NONE, .max_options = 24
	};

	ask.limits.max_delay_us = ask.limits.max_advance_us = (int64_t)24 * 3600 * 1000000;
	ask.limits.lowest_e4 = 0;
	ask.limits.highest_e4 = (int64_t)60000 * DCF_FT_E4;
	ask.limits.max_detour_m = 200000;
	return ask;
}

bool dcf_ask_may_know(const struct dcf_ask *ask, const struct dcf_plan *plan, uint32_t operation)
{
	return ask->reader == DCF_NONE || dcf_plan_may_know(plan, ask->reader, operation);
}

void dcf_desk_init(struct dcf_desk *desk, const struct dcf_standing *st, const struct dcf_ask *ask, struct dcf_arena *keep,
		   const struct dcf_alloc *a)
{
	*desk = (struct dcf_desk){ .st = st, .ask = ask, .from = a, .arena = { .from = a }, .keep = keep };
	dcf_trial_init(&desk->verifier, st, ask, a);
}

void dcf_desk_free(struct dcf_desk *desk)
{
	dcf_alloc_free(desk->from, desk->options, desk->option_cap * sizeof *desk->options);
	dcf_trial_free(&desk->verifier);
	dcf_arena_free(&desk->arena);
}

void dcf_desk_clear(struct dcf_desk *desk)
{
	dcf_arena_rewind(&desk->arena);
	desk->option_count = 0;
	desk->offers = 0;
	desk->miss = (struct dcf_miss){ .any = false };
}

const struct dcf_standing *dcf_desk_standing(const struct dcf_desk *desk)
{
	return desk->st;
}

const struct dcf_ask *dcf_desk_ask(const struct dcf_desk *desk)
{
	return desk->ask;
}

struct dcf_arena *dcf_desk_arena(struct dcf_desk *desk)
{
	return &desk->arena;
}

bool dcf_desk_stopped(struct dcf_desk *desk)
{
	desk->stopped = desk->stopped || (desk->ask->stop && desk->ask->stop(desk->ask->stop_ctx));
	return desk->stopped;
}

/* ---- limits ---- */

struct dcf_limits dcf_desk_limits(const struct dcf_desk *desk, uint32_t operation)
{
	const struct dcf_plan *plan = desk->st->plan;
	const struct dcf_operation *op = &plan->operations[operation];

	return dcf_limits_join(dcf_limits_join(desk->ask->limits, plan->parties[op->party].limits), op->limits);
}

static bool shift_within(const struct dcf_limits *l, int64_t shift_us)
{
	return shift_us >= 0 ? shift_us <= l->max_delay_us
			     : l->max_advance_us == DCF_NO_LIMIT || -shift_us <= l->max_advance_us;
}

static int64_t top_of(const struct dcf_feature *f)
{
	int64_t top = INT64_MIN;

	if (f->shape != DCF_TRAJECTORY)
		return f->upper.unlimited ? top : f->upper.e4;
	for (uint32_t i = 0; i < f->point_count; i++)
		top = f->waypoints[i].altitude.e4 > top ? f->waypoints[i].altitude.e4 : top;
	return top;
}

static bool levels_within(const struct dcf_limits *l, const struct dcf_change *c, const struct dcf_moved *m)
{
	if (c->to.e4 < l->lowest_e4 && c->to.e4 < c->from.e4)
		return false;
	for (uint32_t i = 0; i < m->feature_count; i++)
		if (c->to.e4 > c->from.e4 && top_of(&m->features[i]) > l->highest_e4)
			return false;
	return true;
}

static bool speeds_within(const struct dcf_limits *l, const struct dcf_moved *m)
{
	for (uint32_t i = 0; i < m->feature_count; i++) {
		const struct dcf_feature *f = &m->features[i];

		for (uint32_t k = 0; f->shape == DCF_TRAJECTORY && k + 1 < f->point_count; k++) {
			double s = (double)(f->waypoints[k + 1].time_us - f->waypoints[k].time_us) / 1e6;
			double v = dcf_distance_m(dcf_vec_of(f->points[k]), dcf_vec_of(f->points[k + 1])) / s;

			if (v > l->max_speed_mps || v < l->min_speed_mps)
				return false;
		}
	}
	return true;
}

static bool within(const struct dcf_limits *l, const struct dcf_moved *m)
{
	bool ok = !l->fixed;

	for (uint32_t i = 0; i < m->change_count && ok; i++) {
		const struct dcf_change *c = &m->change[i];
		bool level = c->how == DCF_CHANGE_LIFT || c->how == DCF_CHANGE_FLOOR || c->how == DCF_CHANGE_CEILING;
		bool time = c->how == DCF_CHANGE_SHIFT || c->how == DCF_CHANGE_SPEED || c->how == DCF_CHANGE_HOLD;

		ok = (!time || shift_within(l, c->shift_us)) && (!level || levels_within(l, c, m)) &&
		     dcf_fabs(c->distance_m) <= l->max_detour_m && c->extra_m <= l->max_detour_m &&
		     (c->how != DCF_CHANGE_SPEED || speeds_within(l, m));
	}
	return ok;
}

/* ---- offers ---- */

static enum dcf_status apply(struct dcf_desk *desk, struct dcf_moved *m, struct dcf_arena *arena)
{
	struct dcf_features f, next;
	enum dcf_status s = dcf_features_of(desk->st, m->operation, arena, &f);

	for (uint32_t i = 0; i < m->change_count && s == DCF_OK; i++) {
		s = dcf_change_apply(&f, &m->change[i], arena, &next);
		f = next;
	}
	if (s == DCF_OK) {
		m->features = f.at;
		m->feature_count = f.count;
	}
	return s;
}

static struct dcf_cost cost_of(const struct dcf_desk *desk, const struct dcf_proposal *p)
{
	struct dcf_cost sum = { 0 };

	for (uint32_t i = 0; i < p->moved_count; i++)
		for (uint32_t k = 0; k < p->moved[i].change_count; k++)
			sum = dcf_cost_sum(sum, dcf_change_cost(&p->moved[i].change[k], &desk->ask->costs));
	return sum;
}

static bool is_protected(const struct dcf_desk *desk, uint32_t operation)
{
	const struct dcf_standing *st = desk->st;
	bool yes = false;

	for (uint32_t i = st->first_feature[operation]; i < st->first_feature[operation + 1]; i++)
		yes |= st->plan->features[st->feature_of[i]].is_protected;
	return yes;
}

static enum dcf_status keep(struct dcf_desk *desk, const struct dcf_proposal *p)
{
	void *at = desk->options;
	enum dcf_status s = dcf_grow(desk->from, &at, &desk->option_cap, desk->option_count + 1, sizeof *desk->options);
	struct dcf_option o = { .kind = p->kind, .moved_count = p->moved_count, .cost = cost_of(desk, p) };

	desk->options = at;
	for (uint32_t i = 0; i < p->moved_count; i++) {
		o.moved[i] = p->moved[i];
		o.is_protected |= is_protected(desk, p->moved[i].operation);
	}
	o.order_cost = o.cost.total;
	if (s == DCF_OK)
		desk->options[desk->option_count++] = o;
	return s;
}

/* The nearest miss is this side's own: what both would have to do says nothing of what it could. */
static void note_miss(struct dcf_desk *desk, const struct dcf_proposal *p, enum dcf_verdict verdict, uint32_t blocker)
{
	double cost = cost_of(desk, p).total;

	if (p->moved_count > 1 || verdict == DCF_VERDICT_NO_SENSE || verdict == DCF_VERDICT_HIDDEN ||
	    (desk->miss.any && desk->miss.cost <= cost))
		return;
	desk->miss = (struct dcf_miss){ *p, cost, verdict, blocker, true };
}

enum dcf_status dcf_desk_offer(struct dcf_desk *desk, const struct dcf_proposal *p, enum dcf_verdict *verdict,
			       uint32_t *blocker)
{
	struct dcf_proposal made = *p;
	uint32_t who = DCF_NONE;
	enum dcf_status s = DCF_OK;
	bool ok = true;

	if (blocker)
		*blocker = DCF_NONE;
	*verdict = DCF_VERDICT_STOPPED;
	if (dcf_desk_stopped(desk))
		return DCF_OK;
	desk->offers++;
	*verdict = DCF_VERDICT_LIMIT;
	if (p->moved_count > 1 && desk->only_one)
		return DCF_OK;
	for (uint32_t i = 0; i < made.moved_count && s == DCF_OK; i++)
		s = apply(desk, &made.moved[i], &desk->arena);
	if (s == DCF_E_RANGE || s == DCF_E_REFUSED || s == DCF_E_LIMIT) {
		*verdict = DCF_VERDICT_NO_SENSE;
		return DCF_OK;
	}
	for (uint32_t i = 0; i < made.moved_count && s == DCF_OK; i++) {
		struct dcf_limits l = dcf_desk_limits(desk, made.moved[i].operation);

		ok = ok && within(&l, &made.moved[i]);
	}
	if (s == DCF_OK && ok)
		s = dcf_verify(&desk->verifier, made.moved, made.moved_count, verdict, &who);
	if (s != DCF_OK)
		return s;
	if (blocker)
		*blocker = who;
	if (*verdict == DCF_VERDICT_ACCEPTED)
		return keep(desk, &made);
	note_miss(desk, &made, *verdict, who);
	return DCF_OK;
}
