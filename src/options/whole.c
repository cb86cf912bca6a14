/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a whole plan: what everyone can bear, a first plan, a better one, the shares that were asked for, CHECK's
 * word, the bound. */
#include "options/whole.h"
#include "core/num.h"
#include "options/whole_int.h"

/* Steps of improvement for each operation in conflict, when nothing is asked for: fewer for each of very many, so that a
 * hundred thousand flights take minutes. */
enum { STEPS_EACH = 400, MANY = 10000, STEPS_EACH_OF_MANY = 100, MEND_ROUNDS = 8, PUSH_MOST = 64 };
/* Who cannot be moved further than a month is not asked to. */
#define FURTHEST_S (30 * 86400)
/* Years 1 to 9999, as times are read. */
#define FIRST_US INT64_C(-62135596800000000)
#define LAST_US  INT64_C(253402300800000000)

/* ---- what everyone can bear ---- */

static int32_t seconds_within(int64_t us)
{
	int64_t s = us < 0 ? 0 : us / 1000000;

	return s < FURTHEST_S ? (int32_t)s : FURTHEST_S;
}

static void set_limits(struct dcf_whole *w, uint32_t i)
{
	struct dcf_part *p = &w->part[i];
	const struct dcf_operation *o = &w->plan->operations[i];
	const struct dcf_standing *st = &w->standing;
	struct dcf_limits l =
		dcf_limits_join(w->ask->ask.limits, dcf_limits_join(w->plan->parties[o->party].limits, o->limits));
	int64_t room_later = INT64_MAX, room_earlier = INT64_MAX;

	*p = (struct dcf_part){ .node = NULL };
	p->hidden = w->ask->ask.reader != DCF_NONE && !dcf_plan_may_know(w->plan, w->ask->ask.reader, i);
	p->fixed = l.fixed || p->hidden || st->first_feature[i] == st->first_feature[i + 1];
	for (uint32_t k = st->first_feature[i]; k < st->first_feature[i + 1]; k++) {
		const struct dcf_feature *f = &w->plan->features[st->feature_of[k]];

		p->is_protected = p->is_protected || f->is_protected;
		room_later = LAST_US - f->end_us < room_later ? LAST_US - f->end_us : room_later;
		room_earlier = f->start_us - FIRST_US < room_earlier ? f->start_us - FIRST_US : room_earlier;
	}
	p->most_s = p->fixed ? 0 : seconds_within(l.max_delay_us < room_later ? l.max_delay_us : room_later);
	p->least_s = p->fixed ? 0 : -seconds_within(l.max_advance_us < room_earlier ? l.max_advance_us : room_earlier);
	p->lowest_e4 = p->fixed ? INT64_MAX : l.lowest_e4;
	p->highest_e4 = p->fixed ? INT64_MIN : l.highest_e4;
	w->cap_s = p->most_s > w->cap_s ? p->most_s : w->cap_s;
	w->cap_s = -p->least_s > w->cap_s ? -p->least_s : w->cap_s;
}

static double greatest_weight(const struct dcf_costs *c)
{
	double most = c->delay_s > c->altitude_ft ? c->delay_s : c->altitude_ft;

	return most > 0 ? most : 1;
}

/* ---- who is in conflict with whom ---- */

static enum dcf_status list_clashes(struct dcf_whole *w)
{
	uint32_t at = 0;

	for (size_t k = 0; k < w->check->conflict_count; k++) {
		const struct dcf_conflict *c = &w->check->conflicts[k];

		if (!dcf_whole_counts(w, c))
			continue;
		w->part[c->a].clash_count++;
		w->part[c->b].clash_count++;
		w->clash_total += 2;
	}
	w->clash = dcf_alloc_new(w->from, w->clash_total * sizeof *w->clash);
	if (!w->clash)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < w->count; i++) {
		w->part[i].first_clash = at;
		at += w->part[i].clash_count;
		w->part[i].clash_count = 0;
	}
	for (size_t k = 0; k < w->check->conflict_count; k++) {
		const struct dcf_conflict *c = &w->check->conflicts[k];

		if (!dcf_whole_counts(w, c))
			continue;
		w->clash[w->part[c->a].first_clash + w->part[c->a].clash_count++] = c->b;
		w->clash[w->part[c->b].first_clash + w->part[c->b].clash_count++] = c->a;
	}
	return DCF_OK;
}

/* By number, so that one can be found; check names each pair once. */
static void sort_clashes(struct dcf_whole *w)
{
	for (size_t i = 0; i < w->count; i++) {
		uint32_t *at = w->clash + w->part[i].first_clash, n = w->part[i].clash_count;

		/* shell sort: few as a rule, some thousands at worst */
		for (uint32_t gap = n / 2; gap > 0; gap /= 2)
			for (uint32_t k = gap; k < n; k++) {
				uint32_t t = at[k], j = k;

				for (; j >= gap && at[j - gap] > t; j -= gap)
					at[j] = at[j - gap];
				at[j] = t;
			}
	}
}

/* ---- opening and closing ---- */

static enum dcf_status open_hands(struct dcf_whole *w)
{
	unsigned threads = dcf_parallel_threads(&w->question->parallel);

	w->hand_count = threads > 1 ? 16 * threads : 1;
	w->hands = dcf_alloc_new(w->from, w->hand_count * sizeof *w->hands);
	if (!w->hands)
		return DCF_E_NOMEM;
	for (unsigned k = 0; k < w->hand_count; k++)
		dcf_hand_init(&w->hands[k], w->from);
	return DCF_OK;
}

enum dcf_status dcf_whole_open(struct dcf_whole *w)
{
	const struct dcf_costs *c = &w->ask->ask.costs;
	double most = greatest_weight(c);
	enum dcf_status s;

	dcf_hand_init(&w->hand, w->from);
	s = dcf_standing_build(w->plan, w->question, w->from, &w->standing);
	if (s != DCF_OK || (s = open_hands(w)) != DCF_OK)
		return s;
	w->part = dcf_alloc_new(w->from, w->count * sizeof *w->part);
	if (!w->part)
		return DCF_E_NOMEM;
	memset(w->part, 0, w->count * sizeof *w->part);
	w->spot = dcf_alloc_new(w->from, w->count * sizeof *w->spot);
	if (!w->spot)
		return DCF_E_NOMEM;
	memset(w->spot, 0, w->count * sizeof *w->spot);
	w->band = dcf_alloc_new(w->from, w->count * sizeof *w->band);
	if (!w->band)
		return DCF_E_NOMEM;
	/* rounded down, so that grains never say more than the weights do */
	w->second_cost = (int64_t)(c->delay_s / most * DCF_GRAIN);
	w->foot_cost = (int64_t)(c->altitude_ft / most * DCF_GRAIN);
	w->cap_s = 1;
	for (uint32_t i = 0; i < w->count; i++)
		set_limits(w, i);
	s = list_clashes(w);
	if (s == DCF_OK)
		sort_clashes(w);
	return s;
}

void dcf_whole_close(struct dcf_whole *w)
{
	const struct dcf_alloc *a = w->from;

	for (unsigned k = 0; w->hands && k < w->hand_count; k++)
		dcf_hand_free(&w->hands[k]);
	dcf_alloc_free(a, w->hands, w->hand_count * sizeof *w->hands);
	dcf_hand_free(&w->hand);
	for (size_t i = 0; w->part && i < w->count; i++)
		dcf_alloc_free(a, w->part[i].extra, w->part[i].extra_cap * sizeof *w->part[i].extra);
	dcf_alloc_free(a, w->part, w->count * sizeof *w->part);
	dcf_alloc_free(a, w->spot, w->count * sizeof *w->spot);
	dcf_alloc_free(a, w->band, w->count * sizeof *w->band);
	dcf_alloc_free(a, w->clash, w->clash_total * sizeof *w->clash);
	dcf_alloc_free(a, w->memo.at, w->memo.cap * sizeof *w->memo.at);
	dcf_alloc_free(a, w->memo.tie, w->memo.tie_cap * sizeof *w->memo.tie);
	dcf_alloc_free(a, w->ban, w->ban_cap * sizeof *w->ban);
	dcf_standing_free(&w->standing);
}

/* ---- shares ---- */

static int64_t own_cost(const struct dcf_whole *w, uint32_t i)
{
	return dcf_whole_move_cost(w, i, w->spot[i].shift_s, w->spot[i].rung);
}

static enum dcf_status shares_kept(const struct dcf_whole *w, bool *kept)
{
	size_t n = w->plan->party_count;
	int64_t *of = dcf_alloc_new(w->from, n * sizeof *of), sum = 0;

	*kept = true;
	if (!of)
		return DCF_E_NOMEM;
	memset(of, 0, n * sizeof *of);
	for (uint32_t i = 0; i < w->count; i++) {
		of[w->plan->operations[i].party] += own_cost(w, i);
		sum += own_cost(w, i);
	}
	for (size_t p = 0; p < n; p++)
		*kept = *kept && !((double)of[p] > w->ask->max_share * (double)sum);
	dcf_alloc_free(w->from, of, n * sizeof *of);
	return DCF_OK;
}

/* Improve again, pushing harder each time, until nobody carries more than its share. */
static enum dcf_status keep_shares(struct dcf_whole *w, uint64_t steps, int64_t heat, uint64_t *done)
{
	bool kept;
	enum dcf_status s = shares_kept(w, &kept);

	for (int64_t push = 1; s == DCF_OK && !kept && push <= PUSH_MOST && !w->stopped; push *= 4) {
		s = dcf_whole_improve(w, w->ask->seed + (uint64_t)push, steps, heat, push, done);
		if (s == DCF_OK)
			s = shares_kept(w, &kept);
	}
	return s;
}

/* ---- the whole ---- */

/* Half of what a move costs on average. */
static int64_t first_heat(const struct dcf_whole *w)
{
	int64_t sum = 0, moved = 0;

	for (uint32_t i = 0; i < w->count; i++) {
		sum += own_cost(w, i);
		moved += !dcf_spot_home(&w->spot[i]);
	}
	return moved ? sum / moved / 2 : 0;
}

static uint64_t steps_of(const struct dcf_whole *w)
{
	uint64_t in_conflict = 0;

	for (size_t i = 0; i < w->count; i++)
		in_conflict += w->part[i].clash_count > 0;
	if (w->ask->effort)
		return w->ask->effort;
	return in_conflict < MANY ? in_conflict * STEPS_EACH : MANY * STEPS_EACH + (in_conflict - MANY) * STEPS_EACH_OF_MANY;
}

static double in_units(const struct dcf_whole *w, int64_t grains)
{
	return (double)grains / DCF_GRAIN * greatest_weight(&w->ask->ask.costs);
}

static double cost_now(const struct dcf_whole *w)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < w->count; i++)
		sum += own_cost(w, i);
	return in_units(w, sum);
}

/* Other ways for what is left, and CHECK's word on the whole again. */
static enum dcf_status resort(struct dcf_whole *w, struct dcf_whole_result *out)
{
	struct dcf_check_options question = *w->question;
	struct dcf_result left = { .from = NULL };
	struct dcf_plan changed;
	size_t before = out->unresolved_count;
	enum dcf_status s = dcf_whole_resort(w, out);

	if (s != DCF_OK || out->unresolved_count == before)
		return s;
	question.for_party = DCF_NONE;
	question.only_operation = DCF_NONE;
	s = dcf_plan_changed(w->plan, out->moved, out->moved_count, w->from, &changed);
	if (s != DCF_OK)
		return s;
	s = dcf_check(&changed, &question, w->from, &left);
	s = s == DCF_OK ? dcf_whole_write_rest(w, &left, out) : s;
	dcf_result_free(&left);
	dcf_plan_changed_free(&changed, w->from);
	return s;
}

/* CHECK's word, again until nothing is found, then what it says of what is left. */
static enum dcf_status finish(struct dcf_whole *w, struct dcf_whole_result *out)
{
	struct dcf_result left = { .from = NULL };
	bool again = true;
	enum dcf_status s = DCF_OK;

	for (int round = 0; again && s == DCF_OK; round++) {
		dcf_result_free(&left);
		left = (struct dcf_result){ .from = NULL };
		s = dcf_whole_verify(w, round < MEND_ROUNDS, out, &left, &again);
	}
	if (s == DCF_OK)
		s = dcf_whole_write_rest(w, &left, out);
	dcf_result_free(&left);
	return s == DCF_OK && out->unresolved_count ? resort(w, out) : s;
}

static enum dcf_status find(struct dcf_whole *w, struct dcf_whole_result *out)
{
	int64_t bound = 0, heat;
	uint64_t steps;
	enum dcf_status s = dcf_whole_open(w);

	if (s == DCF_OK)
		s = dcf_whole_first(w);
	if (s != DCF_OK)
		return s;
	out->first_cost = cost_now(w);
	heat = first_heat(w);
	steps = steps_of(w);
	s = dcf_whole_improve(w, w->ask->seed, steps, heat, 0, &out->steps);
	if (s == DCF_OK && w->ask->max_share < 1)
		s = keep_shares(w, steps / 2, heat / 2, &out->steps);
	if (s == DCF_OK)
		s = finish(w, out);
	if (s == DCF_OK)
		s = dcf_whole_bound(w, &bound);
	if (s == DCF_OK)
		s = dcf_whole_margins(w, out);
	out->lower_bound = in_units(w, bound);
	out->stopped = w->stopped;
	return s;
}

enum dcf_status dcf_whole_find(const struct dcf_plan *plan, const struct dcf_check_options *question,
			       const struct dcf_result *check, const struct dcf_whole_ask *ask, const struct dcf_alloc *a,
			       struct dcf_whole_result *result)
{
	struct dcf_whole w = {
		.from = a, .plan = plan, .question = question, .check = check, .ask = ask, .count = plan->operation_count
	};
	enum dcf_status s;

	*result = (struct dcf_whole_result){ .from = a, .arena = { .from = a } };
	s = find(&w, result);
	dcf_whole_close(&w);
	if (s != DCF_OK)
		dcf_whole_free(result);
	return s;
}

void dcf_whole_free(struct dcf_whole_result *r)
{
	if (!r->from)
		return;
	dcf_alloc_free(r->from, r->moved, r->moved_cap * sizeof *r->moved);
	dcf_alloc_free(r->from, r->cost, r->moved_cap * sizeof *r->cost);
	dcf_alloc_free(r->from, r->unresolved, r->unresolved_cap * sizeof *r->unresolved);
	dcf_arena_free(&r->arena);
	*r = (struct dcf_whole_result){ .from = NULL };
}
