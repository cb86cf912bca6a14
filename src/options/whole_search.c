/* SPDX-License-Identifier: Apache-2.0 */
/* A better plan: take a few operations that are in each other's way out of the plan and put them back otherwise.
 *
 * The seed is an operation that moves; those taken out with it are what stands in its way where it would rather be.
 * Then each is put back at its best place (now and then its second best), the seed first.  The outcome is kept when
 * it costs less, or by the rule of Metropolis while the temperature is high (ruin and recreate: Schrimpf, Schneider,
 * Stamm-Wilbrandt, Dueck, 2000).  Nothing is ever put where it conflicts, so every plan on the way is a plan. */
#include "core/num.h"
#include "options/whole_int.h"

enum { OUT_MAX = 8, CHECK_STOP_EVERY = 64 };

struct search {
	struct dcf_whole *w;
	uint64_t random;
	int64_t total;
	/* what each party carries, kept only while shares are pushed: a party's grains above its share count `push` times more
	 */
	int64_t *party, sum, push;
	/* operations that are not where they were declared, or in conflict: seeds */
	uint32_t *seed, *seed_at; /* seed_at[i]: 1 + place in seed, 0: none */
	size_t seed_count;
	/* the best plan so far, and what has changed since */
	struct dcf_spot *best;
	int64_t best_total;
	uint32_t *changed;
	bool *is_changed;
	size_t changed_count;
	bool best_is_current;
};

static void set_seed(struct search *s, uint32_t i, bool wanted)
{
	if (wanted && !s->seed_at[i]) {
		s->seed[s->seed_count++] = i;
		s->seed_at[i] = (uint32_t)s->seed_count;
	} else if (!wanted && s->seed_at[i]) {
		uint32_t at = s->seed_at[i] - 1, last = s->seed[--s->seed_count];

		s->seed[at] = last;
		s->seed_at[last] = at + 1;
		s->seed_at[i] = 0;
	}
}

/* Everything, and what the parties carry beyond their shares. */
static int64_t pushed_total(const struct search *s)
{
	int64_t over = 0, share = (int64_t)((double)s->sum * s->w->ask->max_share);

	for (size_t p = 0; s->push && p < s->w->plan->party_count; p++)
		over += s->party[p] > share ? s->party[p] - share : 0;
	return s->total + over * s->push;
}

/* Count operation `i` where it stands in or out of what its party carries. */
static void carry(struct search *s, uint32_t i, int sign)
{
	const struct dcf_spot *spot = &s->w->spot[i];
	int64_t cost;

	if (!s->push)
		return;
	cost = sign * dcf_whole_move_cost(s->w, i, spot->shift_s, spot->rung);
	s->party[s->w->plan->operations[i].party] += cost;
	s->sum += cost;
}

static void note_change(struct search *s, uint32_t i)
{
	if (!s->is_changed[i]) {
		s->is_changed[i] = true;
		s->changed[s->changed_count++] = i;
	}
}

/* What stands now is the best: copy only what changed. */
static void keep_best(struct search *s)
{
	for (size_t k = 0; k < s->changed_count; k++) {
		s->best[s->changed[k]] = s->w->spot[s->changed[k]];
		s->is_changed[s->changed[k]] = false;
	}
	s->changed_count = 0;
	s->best_total = pushed_total(s);
}

struct outing {
	int32_t target_s; /* where the seed shall go, if forced */
	uint32_t target_rung;
	bool forced;
	uint32_t id[OUT_MAX];
	struct dcf_spot was[OUT_MAX];
	uint32_t count;
};

static bool take_out(struct search *s, struct outing *o, uint32_t i)
{
	struct dcf_whole *w = s->w;

	enum dcf_status status;

	if (o->count == OUT_MAX || w->part[i].fixed)
		return false;
	status = w->part[i].node ? DCF_OK : dcf_whole_ready(w, i, dcf_whole_first_stage(w, i));
	if (status != DCF_OK) {
		w->hand.status = status;
		return false;
	}
	for (uint32_t k = 0; k < o->count; k++)
		if (o->id[k] == i)
			return true;
	o->id[o->count] = i;
	o->was[o->count++] = w->spot[i];
	s->total -= dcf_whole_cost(w, i, w->spot[i].shift_s, w->spot[i].rung) + dcf_whole_staying(w, i) * DCF_STAYS_COST;
	carry(s, i, -1);
	w->spot[i].absent = true;
	return true;
}

static void put_back(struct search *s, const struct outing *o, int64_t total)
{
	for (uint32_t k = 0; k < o->count; k++) {
		if (!s->w->spot[o->id[k]].absent)
			carry(s, o->id[k], -1);
		dcf_whole_put(s->w, o->id[k], o->was[k]);
		carry(s, o->id[k], 1);
	}
	s->total = total;
}

/* Another level that is cheaper than where the seed is now, and a shift that keeps it cheaper; or nothing. */
static void choose_level(struct search *s, uint32_t i, int32_t *shift, uint32_t *rung)
{
	struct dcf_whole *w = s->w;
	const struct dcf_node *n = w->part[i].node;
	int64_t now = dcf_whole_cost(w, i, w->spot[i].shift_s, w->spot[i].rung), room;
	uint32_t count = 0;

	while (count < n->rung_count && dcf_whole_cost(w, i, 0, count) < now)
		count++;
	if (count < 2)
		return;
	*rung = 1 + dcf_draw_below(&s->random, count - 1);
	room = now - dcf_whole_cost(w, i, 0, *rung);
	if (w->second_cost == 0 || dcf_draw_below(&s->random, 2))
		return;
	room = room / w->second_cost < n->horizon_s ? room / w->second_cost : n->horizon_s;
	*shift = (int32_t)dcf_draw_below(&s->random, (uint32_t)room + 1);
	*shift = dcf_draw_below(&s->random, 2) ? *shift : -*shift;
}

/* One that found no place by itself: anywhere, often as far as it may go, for others to make room. */
static void choose_anywhere(struct search *s, uint32_t i, int32_t *shift, uint32_t *rung)
{
	const struct dcf_part *p = &s->w->part[i];
	int32_t low = p->least_s < -p->node->horizon_s ? -p->node->horizon_s : p->least_s;
	int32_t high = p->most_s > p->node->horizon_s ? p->node->horizon_s : p->most_s;

	*rung = dcf_draw_below(&s->random, p->node->rung_count);
	switch (dcf_draw_below(&s->random, 4)) {
	case 0:
		*shift = low;
		break;
	case 1:
		*shift = high;
		break;
	default:
		*shift = low + (int32_t)dcf_draw_below(&s->random, (uint32_t)(high - low) + 1);
	}
}

/* A place where the seed would rather be: where it was declared, somewhere on the way there, as far on the other side, at
 * another level. */
static void choose_target(struct search *s, uint32_t i, int32_t *shift, uint32_t *rung)
{
	const struct dcf_spot *now = &s->w->spot[i];
	uint32_t dice = dcf_draw_below(&s->random, 8);

	*shift = 0;
	*rung = 0;
	if (now->shift_s == 0 && now->rung == 0) {
		choose_anywhere(s, i, shift, rung);
		return;
	}
	if (dice == 7)
		choose_level(s, i, shift, rung);
	if (dice < 4 || dice == 7 || now->shift_s == 0)
		return;
	*rung = now->rung;
	*shift = (int32_t)dcf_draw_below(&s->random, (uint32_t)(now->shift_s < 0 ? -now->shift_s : now->shift_s));
	if ((now->shift_s < 0) == (dice != 4))
		*shift = -*shift;
}

/* The ties of that level have been asked for, so it is known whether it can be had. */
static bool may_stand(const struct dcf_whole *w, uint32_t i, int32_t shift_s, uint32_t rung)
{
	const struct dcf_part *p = &w->part[i];

	return !p->banned && p->node->rung[rung].state == DCF_RUNG_READY && shift_s >= p->least_s && shift_s <= p->most_s;
}

static bool choose_out(struct search *s, uint32_t seed, struct outing *o)
{
	uint32_t in_way[OUT_MAX], count;

	o->count = 0;
	if (!take_out(s, o, seed))
		return false;
	choose_target(s, seed, &o->target_s, &o->target_rung);
	count = dcf_whole_blockers(s->w, seed, o->target_s, o->target_rung, in_way, OUT_MAX - 2);
	o->forced = dcf_draw_below(&s->random, 2) && may_stand(s->w, seed, o->target_s, o->target_rung);
	if (count > OUT_MAX - 2)
		return false;
	for (uint32_t k = 0; k < count; k++)
		if (!take_out(s, o, in_way[k]))
			return false;
	/* now and then one more that moves and is near one of these */
	if (o->count > 1 && dcf_draw_below(&s->random, 4) == 0) {
		uint32_t of = o->id[1 + dcf_draw_below(&s->random, o->count - 1)];
		const struct dcf_spot *was = &s->w->spot[of];

		count = dcf_whole_blockers(s->w, of, was->shift_s ? 0 : was->shift_s, 0, in_way, OUT_MAX);
		if (count && count <= OUT_MAX)
			return take_out(s, o, in_way[dcf_draw_below(&s->random, count)]);
	}
	return true;
}

/* Puts everything back somewhere; false when that costs more than `most`, or cannot be. */
static bool put_in(struct search *s, const struct outing *o, int64_t most)
{
	struct dcf_whole *w = s->w;
	uint32_t order[OUT_MAX];

	for (uint32_t k = 0; k < o->count; k++)
		order[k] = k;
	for (uint32_t k = o->forced || dcf_draw_below(&s->random, 8) ? 2 : 1; k < o->count; k++) {
		uint32_t at = k - 1 + dcf_draw_below(&s->random, o->count - k + 1), t = order[k - 1];

		order[k - 1] = order[at];
		order[at] = t;
	}
	for (uint32_t k = 0; k < o->count; k++) {
		uint32_t i = o->id[order[k]];
		struct dcf_choice c = { 0, 0, o->target_s, o->target_rung };

		if (!(o->forced && order[k] == 0) && !dcf_whole_best(w, &w->hand, i, dcf_draw_below(&s->random, 16) == 0, &c))
			return false;
		dcf_whole_put(w, i, (struct dcf_spot){ c.shift_s, (uint8_t)c.rung, false });
		carry(s, i, 1);
		s->total += dcf_whole_cost(w, i, c.shift_s, c.rung) + dcf_whole_staying(w, i) * DCF_STAYS_COST;
		if (s->total > most)
			return false;
	}
	return pushed_total(s) <= most;
}

static void accept(struct search *s, const struct outing *o)
{
	for (uint32_t k = 0; k < o->count; k++) {
		uint32_t i = o->id[k];
		const struct dcf_part *p = &s->w->part[i];

		note_change(s, i);
		set_seed(s, i, !dcf_spot_home(&s->w->spot[i]) || dcf_whole_staying(s->w, i));
		/* conflicts that stay have two sides */
		for (uint32_t c = p->first_clash; p->clash_count && c < p->first_clash + p->clash_count; c++) {
			uint32_t other = s->w->clash[c];

			set_seed(s, other, !dcf_spot_home(&s->w->spot[other]) || dcf_whole_staying(s->w, other));
		}
	}
}

static void step(struct search *s, int64_t heat)
{
	uint32_t seed = s->seed[dcf_draw_below(&s->random, (uint32_t)s->seed_count)];
	int64_t before = s->total, most = pushed_total(s);
	struct outing o;

	/* exp(-rise / heat) > u is rise < -heat ln u */
	if (heat > 0)
		most += (int64_t)(-(double)heat * dcf_log((double)((dcf_draw(&s->random) >> 11) + 1) * 0x1p-53));
	if (!choose_out(s, seed, &o) || !put_in(s, &o, most)) {
		put_back(s, &o, before);
		return;
	}
	accept(s, &o);
}

static enum dcf_status open_search(struct search *s)
{
	struct dcf_whole *w = s->w;
	size_t n = w->count;

	s->seed = dcf_alloc_new(w->from, n * sizeof *s->seed);
	s->seed_at = dcf_alloc_new(w->from, n * sizeof *s->seed_at);
	s->best = dcf_alloc_new(w->from, n * sizeof *s->best);
	s->party = dcf_alloc_new(w->from, w->plan->party_count * sizeof *s->party);
	s->changed = dcf_alloc_new(w->from, n * sizeof *s->changed);
	s->is_changed = dcf_alloc_new(w->from, n * sizeof *s->is_changed);
	if (!s->seed || !s->seed_at || !s->best || !s->party || !s->changed || !s->is_changed)
		return DCF_E_NOMEM;
	memset(s->party, 0, w->plan->party_count * sizeof *s->party);
	memset(s->seed_at, 0, n * sizeof *s->seed_at);
	memset(s->is_changed, 0, n * sizeof *s->is_changed);
	memcpy(s->best, w->spot, n * sizeof *s->best);
	for (uint32_t i = 0; i < n; i++)
		set_seed(s, i, !dcf_spot_home(&w->spot[i]) || dcf_whole_staying(w, i));
	s->total = dcf_whole_total(w);
	for (uint32_t i = 0; i < n; i++)
		carry(s, i, 1);
	s->best_total = pushed_total(s);
	return DCF_OK;
}

static void close_search(struct search *s)
{
	const struct dcf_alloc *a = s->w->from;
	size_t n = s->w->count;

	dcf_alloc_free(a, s->seed, n * sizeof *s->seed);
	dcf_alloc_free(a, s->seed_at, n * sizeof *s->seed_at);
	dcf_alloc_free(a, s->party, s->w->plan->party_count * sizeof *s->party);
	dcf_alloc_free(a, s->best, n * sizeof *s->best);
	dcf_alloc_free(a, s->changed, n * sizeof *s->changed);
	dcf_alloc_free(a, s->is_changed, n * sizeof *s->is_changed);
}

/* Falls from `heat` to a hundredth of it as a square, and is 0 for the last twentieth. */
static int64_t heat_at(int64_t heat, uint64_t step, uint64_t steps)
{
	double left = 1 - (double)step / ((double)steps * 0.95);

	return left > 0 ? (int64_t)((double)heat * (left * left * 0.99 + 0.01)) : 0;
}

enum dcf_status dcf_whole_improve(struct dcf_whole *w, uint64_t seed, uint64_t steps, int64_t heat, int64_t push,
				  uint64_t *done)
{
	struct search s = { .w = w, .random = dcf_mix(seed + 1), .push = push };
	enum dcf_status status = open_search(&s);
	uint64_t k = 0;

	for (; status == DCF_OK && k < steps && s.seed_count; k++) {
		if (k % CHECK_STOP_EVERY == 0 && dcf_whole_stop(w))
			break;
		step(&s, heat_at(heat, k, steps));
		status = w->hand.status;
		if (s.changed_count && s.total < s.best_total && pushed_total(&s) < s.best_total)
			keep_best(&s);
	}
	*done += k;
	for (size_t c = 0; status == DCF_OK && c < s.changed_count; c++)
		dcf_whole_put(w, s.changed[c], s.best[s.changed[c]]);
	close_search(&s);
	return status;
}
