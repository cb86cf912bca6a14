/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK's word on the plan as it stands: no conflict that was not told, no rule of the agreement newly broken. */
#include "options/verify.h"
#include "options/whole_int.h"

bool dcf_whole_counts(const struct dcf_whole *w, const struct dcf_conflict *c)
{
	return !c->internal && (c->class == DCF_CLASS_OVERLAP || c->class == DCF_CLASS_SEPARATION) && !w->part[c->a].hidden &&
	       !w->part[c->b].hidden;
}

bool dcf_whole_stop(struct dcf_whole *w)
{
	const struct dcf_ask *ask = &w->ask->ask;

	w->stopped = w->stopped || (ask->stop && ask->stop(ask->stop_ctx));
	return w->stopped;
}

static bool moved(const struct dcf_whole *w, uint32_t i)
{
	return !dcf_spot_home(&w->spot[i]);
}

/* Of two the one that is asked to go elsewhere: one that moved, rather one that is not protected. */
static uint32_t whose_turn(const struct dcf_whole *w, uint32_t a, uint32_t b)
{
	if (!moved(w, a) || !moved(w, b))
		return moved(w, a) ? a : b;
	return w->part[a].is_protected && !w->part[b].is_protected ? b : a;
}

/* Forbid where `i` stands, and the more around it the oftener it was refused there; then move it. */
static enum dcf_status elsewhere(struct dcf_whole *w, uint32_t i)
{
	const struct dcf_spot *s = &w->spot[i];
	struct dcf_ban ban = { i, s->rung, s->shift_s, s->shift_s };
	int32_t width = 1;
	struct dcf_choice c = { 0 };
	enum dcf_status status;

	for (size_t k = 0; k < w->ban_count; k++)
		if (w->ban[k].operation == i && w->ban[k].rung == s->rung && width < 1 << 20)
			width *= 4;
	/* never where it was declared: that is for CHECK's conflicts to say */
	ban.low -= s->shift_s > 0 && s->shift_s - width < 1 ? s->shift_s - 1 : width;
	ban.high += s->shift_s < 0 && s->shift_s + width > -1 ? -1 - s->shift_s : width;
	if (s->shift_s == 0)
		ban.low = ban.high = 0;
	status = dcf_whole_forbid(w, ban);
	if (status != DCF_OK)
		return status;
	w->spot[i].absent = true;
	if (!dcf_whole_best(w, &w->hand, i, 0, &c))
		c = (struct dcf_choice){ 0 };
	dcf_whole_put(w, i, (struct dcf_spot){ c.shift_s, (uint8_t)c.rung, false });
	return w->hand.status;
}

/* Two that moved alike in time are to each other as they were. */
static bool as_before(const struct dcf_whole *w, uint32_t a, uint32_t b)
{
	return w->spot[a].shift_s == w->spot[b].shift_s && w->spot[a].rung == 0 && w->spot[b].rung == 0;
}

static enum dcf_status mend_conflicts(struct dcf_whole *w, const struct dcf_result *r, bool *again)
{
	enum dcf_status s = DCF_OK;

	for (size_t k = 0; k < r->conflict_count && s == DCF_OK; k++) {
		const struct dcf_conflict *c = &r->conflicts[k];

		if (c->internal || c->class == DCF_CLASS_ADVISORY || (!moved(w, c->a) && !moved(w, c->b)))
			continue;
		if (c->class == DCF_CLASS_BRIEF && (w->ask->ask.accept_brief || as_before(w, c->a, c->b)))
			continue;
		s = elsewhere(w, whose_turn(w, c->a, c->b));
		*again = true;
	}
	return s;
}

static enum dcf_status mend_breaches(struct dcf_whole *w, const struct dcf_whole_result *out, bool *again)
{
	const struct dcf_agreement *g = &w->plan->agreement;
	struct dcf_trial v;
	enum dcf_status s = DCF_OK;

	if (g->notice_count + g->line_count + g->area_count == 0)
		return DCF_OK;
	dcf_trial_init(&v, &w->standing, &w->ask->ask, w->from);
	for (size_t k = 0; k < out->moved_count && s == DCF_OK; k++) {
		const struct dcf_moved *m = &out->moved[k];
		bool worse = false;

		s = dcf_verify_rules(&v, m->operation, m->features, m->feature_count, &worse);
		if (s != DCF_OK || !worse)
			continue;
		s = elsewhere(w, m->operation);
		*again = true;
	}
	dcf_trial_free(&v);
	return s;
}

enum dcf_status dcf_whole_verify(struct dcf_whole *w, bool mend, struct dcf_whole_result *out, struct dcf_result *left,
				 bool *again)
{
	struct dcf_check_options question = *w->question;
	struct dcf_plan changed = { .features = NULL };
	enum dcf_status s = dcf_whole_write_moves(w, out);

	*again = false;
	question.for_party = DCF_NONE;
	question.only_operation = DCF_NONE;
	if (s == DCF_OK)
		s = dcf_plan_changed(w->plan, out->moved, out->moved_count, w->from, &changed);
	if (s != DCF_OK)
		return s;
	s = dcf_check(&changed, &question, w->from, left);
	if (s == DCF_OK && mend)
		s = mend_conflicts(w, left, again);
	if (s == DCF_OK && mend)
		s = mend_breaches(w, out, again);
	dcf_plan_changed_free(&changed, w->from);
	return s;
}
