/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a search for options: list the conflicts that the reader may see, make each operation in them a case of
 * its own, let the kinds propose, rank, and put together for each conflict what either side can do. */
#include "options/options.h"
#include "core/sort.h"
#include "options/desk_int.h"

/* One operation's turn. */
struct turn {
	uint32_t operation;
	uint32_t first, count;      /* its conflicts, in search.conflict_of */
	struct dcf_option *options; /* in the arena of its share */
	size_t option_count;
	struct dcf_limits limits;
	struct dcf_miss miss;
};

struct share {
	struct dcf_arena *arena;
	enum dcf_status status;
	bool stopped;
};

struct search {
	const struct dcf_standing *st;
	const struct dcf_result *check;
	const struct dcf_ask *ask;
	const struct dcf_alloc *from;
	uint32_t move;
	uint32_t *conflict_of; /* places in check->conflicts, by turn */
	struct turn *turns;
	size_t turn_count, conflict_of_count;
	struct share *shares;
	unsigned jobs;
};

static bool is_clash(const struct dcf_conflict *c)
{
	return !c->internal && (c->class == DCF_CLASS_OVERLAP || c->class == DCF_CLASS_SEPARATION);
}

static bool is_asked(const struct search *q, const struct dcf_conflict *c)
{
	return is_clash(c) && dcf_ask_may_know(q->ask, q->st->plan, c->a) && dcf_ask_may_know(q->ask, q->st->plan, c->b) &&
	       (q->move == DCF_NONE || c->a == q->move || c->b == q->move);
}

/* ---- turns ---- */

struct entry {
	uint32_t rank, operation, conflict;
};

static int compare_entries(const void *ctx, const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	(void)ctx;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->conflict < b->conflict ? -1 : a->conflict > b->conflict;
}

/* Mark the operations that get a turn: those of conflicts that are asked about. */
static void mark(const struct search *q, bool *wanted)
{
	for (size_t i = 0; i < q->check->conflict_count; i++) {
		const struct dcf_conflict *c = &q->check->conflicts[i];

		if (!is_asked(q, c))
			continue;
		wanted[c->a] |= q->move == DCF_NONE || q->move == c->a;
		wanted[c->b] |= q->move == DCF_NONE || q->move == c->b;
	}
}

static enum dcf_status fill_turns(struct search *q, struct entry *entries, size_t n)
{
	enum dcf_status s = dcf_sort(q->from, entries, n, sizeof *entries, compare_entries, NULL);

	for (size_t i = 0; i < n && s == DCF_OK; i++) {
		if (i == 0 || entries[i].operation != entries[i - 1].operation)
			q->turns[q->turn_count++] = (struct turn){ .operation = entries[i].operation, .first = (uint32_t)i };
		q->turns[q->turn_count - 1].count++;
		q->conflict_of[i] = entries[i].conflict;
	}
	return s;
}

static enum dcf_status list_turns(struct search *q)
{
	size_t ops = q->st->plan->operation_count, most = 2 * q->check->conflict_count, n = 0;
	bool *wanted = dcf_alloc_new(q->from, ops * sizeof *wanted);
	struct entry *entries = dcf_alloc_new(q->from, most * sizeof *entries);
	enum dcf_status s = DCF_E_NOMEM;

	q->conflict_of_count = most;
	q->conflict_of = dcf_alloc_new(q->from, most * sizeof *q->conflict_of);
	q->turns = dcf_alloc_new(q->from, most * sizeof *q->turns);
	if (!wanted || !entries || !q->conflict_of || !q->turns)
		goto done;
	memset(wanted, 0, ops * sizeof *wanted);
	mark(q, wanted);
	for (size_t i = 0; i < q->check->conflict_count; i++) {
		const struct dcf_conflict *c = &q->check->conflicts[i];

		if (!is_clash(c))
			continue;
		if (wanted[c->a])
			entries[n++] = (struct entry){ q->st->rank[c->a], c->a, (uint32_t)i };
		if (wanted[c->b])
			entries[n++] = (struct entry){ q->st->rank[c->b], c->b, (uint32_t)i };
	}
	s = fill_turns(q, entries, n);
done:
	dcf_alloc_free(q->from, wanted, ops * sizeof *wanted);
	dcf_alloc_free(q->from, entries, most * sizeof *entries);
	return s;
}

/* ---- one turn ---- */

static const struct turn *turn_of(const struct search *q, uint32_t operation)
{
	size_t low = 0, high = q->turn_count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (q->st->rank[q->turns[mid].operation] < q->st->rank[operation])
			low = mid + 1;
		else
			high = mid;
	}
	return low < q->turn_count && q->turns[low].operation == operation ? &q->turns[low] : NULL;
}

/* Which conflicts end with the option: all that its movers have, as far as the reader may know of them. */
static enum dcf_status list_resolved(const struct search *q, struct dcf_arena *arena, struct dcf_option *o)
{
	size_t n = 0, most = 0;

	for (uint32_t m = 0; m < o->moved_count; m++) {
		const struct turn *t = turn_of(q, o->moved[m].operation);

		most += t ? t->count : 0;
	}
	o->resolves = dcf_arena_get(arena, (most + 1) * sizeof *o->resolves);
	if (!o->resolves)
		return DCF_E_NOMEM;
	for (uint32_t m = 0; m < o->moved_count; m++) {
		const struct turn *t = turn_of(q, o->moved[m].operation);

		for (uint32_t k = 0; t && k < t->count; k++) {
			const struct dcf_conflict *c = &q->check->conflicts[q->conflict_of[t->first + k]];

			if (dcf_ask_may_know(q->ask, q->st->plan, c->a) && dcf_ask_may_know(q->ask, q->st->plan, c->b))
				o->resolves[n++] = dcf_pair_ordered(q->st, c->a, c->b);
		}
	}
	if (dcf_sort(q->from, o->resolves, n, sizeof *o->resolves, dcf_pair_compare, q->st) != DCF_OK)
		return DCF_E_NOMEM;
	o->resolve_count = 0;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || dcf_pair_compare(q->st, &o->resolves[i - 1], &o->resolves[i]) != 0)
			o->resolves[o->resolve_count++] = o->resolves[i];
	return DCF_OK;
}

static enum dcf_status take_turn(struct dcf_desk *desk, struct turn *t, struct dcf_set *shifts, struct dcf_set *lifts)
{
	struct dcf_case c;
	enum dcf_status s = dcf_case_open(desk, t->operation, shifts, lifts, &c);

	t->limits = c.limits;
	s = s == DCF_OK ? dcf_case_solve(desk, &c, &t->options, &t->option_count) : s;
	t->miss = desk->miss;
	return s;
}

static void run_share(void *arg, unsigned job)
{
	struct search *q = arg;
	struct share *sh = &q->shares[job];
	size_t end = q->turn_count * (job + 1) / q->jobs;
	struct dcf_set shifts = { .from = q->from }, lifts = { .from = q->from };
	struct dcf_desk desk;

	dcf_desk_init(&desk, q->st, q->ask, sh->arena, q->from);
	desk.only_one = q->move != DCF_NONE;
	for (size_t i = q->turn_count * job / q->jobs; i < end && sh->status == DCF_OK; i++)
		sh->status = take_turn(&desk, &q->turns[i], &shifts, &lifts);
	sh->stopped = desk.stopped;
	dcf_set_free(&shifts);
	dcf_set_free(&lifts);
	dcf_desk_free(&desk);
}

static enum dcf_status take_turns(struct search *q, const struct dcf_parallel *parallel, struct dcf_options_result *r)
{
	enum dcf_status s = DCF_OK;

	q->jobs = dcf_parallel_threads(parallel) > 1 ? dcf_parallel_threads(parallel) * 16 : 1;
	q->shares = dcf_alloc_new(q->from, q->jobs * sizeof *q->shares);
	r->job_arenas = dcf_alloc_new(q->from, q->jobs * sizeof *r->job_arenas);
	r->job_count = r->job_arenas ? q->jobs : 0;
	for (unsigned k = 0; k < r->job_count; k++)
		r->job_arenas[k] = (struct dcf_arena){ .from = q->from };
	if (!q->shares || !r->job_arenas)
		return DCF_E_NOMEM;
	for (unsigned k = 0; k < q->jobs; k++)
		q->shares[k] = (struct share){ .arena = &r->job_arenas[k] };
	dcf_parallel_run(parallel, q->jobs, run_share, q);
	for (unsigned k = 0; k < q->jobs; k++) {
		s = s == DCF_OK ? q->shares[k].status : s;
		r->stopped |= q->shares[k].stopped;
	}
	return s;
}

/* ---- putting together ---- */

/* A joint option belongs only to the conflict between its two movers' own; others to every conflict of the mover. */
static bool concerns(const struct dcf_option *o, uint32_t a, uint32_t b)
{
	bool has_a = false, has_b = false;

	for (uint32_t m = 0; m < o->moved_count; m++) {
		has_a |= o->moved[m].operation == a;
		has_b |= o->moved[m].operation == b;
	}
	return o->moved_count > 1 ? has_a && has_b : has_a || has_b;
}

static enum dcf_status add_order(struct dcf_options_result *r, uint32_t option)
{
	void *at = r->order;
	enum dcf_status s = dcf_grow(r->from, &at, &r->order_cap, r->order_count + 1, sizeof *r->order);

	r->order = at;
	if (s == DCF_OK)
		r->order[r->order_count++] = option;
	return s;
}

static enum dcf_status add_unresolved(struct dcf_options_result *r, uint32_t a, uint32_t b, struct dcf_buf *why)
{
	void *at = r->unresolved;
	enum dcf_status s = dcf_grow(r->from, &at, &r->unresolved_cap, r->unresolved_count + 1, sizeof *r->unresolved);
	struct dcf_span text;

	r->unresolved = at;
	if (s != DCF_OK || why->failed)
		return DCF_E_NOMEM;
	text = dcf_arena_copy(&r->arena, dcf_buf_as_span(why));
	if (!text.p)
		return DCF_E_NOMEM;
	r->unresolved[r->unresolved_count++] = (struct dcf_unresolved){ a, b, text };
	return DCF_OK;
}

/* Sentences for both sides that were asked. */
static enum dcf_status explain(const struct search *q, struct dcf_options_result *r, uint32_t a, uint32_t b)
{
	struct dcf_buf why = { .from = q->from };
	const struct turn *side[2] = { turn_of(q, a), turn_of(q, b) };
	enum dcf_status s;

	for (int i = 0; i < 2; i++) {
		if (!side[i])
			continue;
		dcf_buf_z(&why, why.len ? "; " : "");
		dcf_why_none(q->st, &side[i]->limits, &side[i]->miss, side[i]->operation, &why);
	}
	s = add_unresolved(r, a, b, &why);
	dcf_buf_free(&why);
	return s;
}

/* Where the options of a turn stand in the result, so that each is there once. */
struct placed {
	const struct dcf_option *option;
	uint32_t at; /* DCF_NONE: not yet */
};

struct gathering {
	const struct search *q;
	struct dcf_options_result *r;
	struct placed *placed;
	size_t *first_of_turn;
	size_t count;
	struct placed **list; /* scratch: those of one conflict */
};

static int compare_placed(const void *ctx, const void *x, const void *y)
{
	const struct placed *const *a = x, *const *b = y;

	return dcf_option_compare(ctx, (*a)->option, (*b)->option);
}

static bool same_joint(struct placed *const *list, size_t n, const struct dcf_option *o)
{
	for (size_t i = 0; i < n; i++) {
		const struct dcf_option *p = list[i]->option;

		if (p->moved_count == 2 && o->moved_count == 2 && p->moved[0].change[0].how == o->moved[0].change[0].how &&
		    p->moved[0].operation == o->moved[1].operation)
			return true;
	}
	return false;
}

static enum dcf_status put_option(struct gathering *g, struct placed *p)
{
	void *at = g->r->options;
	enum dcf_status s = DCF_OK;

	if (p->at == DCF_NONE) {
		s = dcf_grow(g->r->from, &at, &g->r->option_cap, g->r->option_count + 1, sizeof *g->r->options);
		g->r->options = at;
		if (s != DCF_OK)
			return s;
		p->at = (uint32_t)g->r->option_count;
		g->r->options[g->r->option_count++] = *p->option;
	}
	return add_order(g->r, p->at);
}

static enum dcf_status gather_conflict(struct gathering *g, const struct dcf_conflict *c)
{
	const struct search *q = g->q;
	struct dcf_options_result *r = g->r;
	struct dcf_conflict_options *out = &r->conflicts[r->conflict_count++];
	const uint32_t side[2] = { c->a, c->b };
	enum dcf_status s = DCF_OK;
	size_t n = 0;

	*out = (struct dcf_conflict_options){ c->a, c->b, (uint32_t)r->order_count, 0 };
	for (int i = 0; i < 2; i++) {
		const struct turn *t = turn_of(q, side[i]);

		for (size_t k = 0; t && k < t->option_count; k++) {
			struct placed *p = &g->placed[g->first_of_turn[t - q->turns] + k];

			if (concerns(p->option, c->a, c->b) && !same_joint(g->list, n, p->option))
				g->list[n++] = p;
		}
	}
	s = dcf_sort(q->from, g->list, n, sizeof(*g->list), compare_placed, q->st);
	for (size_t i = 0; i < n && i < q->ask->max_options && s == DCF_OK; i++) {
		s = put_option(g, g->list[i]);
		out->count++;
	}
	return s == DCF_OK && out->count == 0 ? explain(q, r, c->a, c->b) : s;
}

static enum dcf_status gather(const struct search *q, struct dcf_options_result *r)
{
	struct gathering g = { .q = q, .r = r };
	size_t total = 0, turns = q->turn_count + 1;
	enum dcf_status s = DCF_E_NOMEM;

	for (size_t i = 0; i < q->turn_count; i++)
		total += q->turns[i].option_count;
	g.placed = dcf_alloc_new(q->from, (total + 1) * sizeof *g.placed);
	g.list = dcf_alloc_new(q->from, (total + 1) * sizeof(*g.list));
	g.first_of_turn = dcf_alloc_new(q->from, turns * sizeof *g.first_of_turn);
	r->conflict_cap = q->check->conflict_count;
	r->conflicts = dcf_alloc_new(q->from, r->conflict_cap * sizeof *r->conflicts);
	if (!g.placed || !g.list || !g.first_of_turn || !r->conflicts)
		goto done;
	for (size_t i = 0; i < q->turn_count; i++) {
		g.first_of_turn[i] = g.count;
		for (size_t k = 0; k < q->turns[i].option_count; k++)
			g.placed[g.count++] = (struct placed){ &q->turns[i].options[k], DCF_NONE };
	}
	s = DCF_OK;
	for (size_t i = 0; i < q->turn_count && s == DCF_OK; i++)
		for (size_t k = 0; k < q->turns[i].option_count && s == DCF_OK; k++)
			s = list_resolved(q, &r->arena, &q->turns[i].options[k]);
	for (size_t i = 0; i < q->check->conflict_count && s == DCF_OK; i++)
		if (is_asked(q, &q->check->conflicts[i]))
			s = gather_conflict(&g, &q->check->conflicts[i]);
done:
	dcf_alloc_free(q->from, g.placed, (total + 1) * sizeof *g.placed);
	dcf_alloc_free(q->from, g.list, (total + 1) * sizeof(*g.list));
	dcf_alloc_free(q->from, g.first_of_turn, turns * sizeof *g.first_of_turn);
	return s;
}

enum dcf_status dcf_options_find(const struct dcf_plan *plan, const struct dcf_check_options *question,
				 const struct dcf_result *check, const struct dcf_ask *ask, uint32_t move,
				 const struct dcf_alloc *a, struct dcf_options_result *result)
{
	struct dcf_standing st = { .from = NULL };
	struct search q = { .st = &st, .check = check, .ask = ask, .from = a, .move = move };
	enum dcf_status s;

	*result = (struct dcf_options_result){ .from = a, .arena = { .from = a } };
	if ((s = dcf_standing_build(plan, question, a, &st)) == DCF_OK && (s = list_turns(&q)) == DCF_OK &&
	    (s = take_turns(&q, &question->parallel, result)) == DCF_OK)
		s = gather(&q, result);
	dcf_alloc_free(a, q.shares, q.jobs * sizeof *q.shares);
	dcf_alloc_free(a, q.turns, q.conflict_of_count * sizeof *q.turns);
	dcf_alloc_free(a, q.conflict_of, q.conflict_of_count * sizeof *q.conflict_of);
	dcf_standing_free(&st);
	if (s != DCF_OK)
		dcf_options_free(result);
	return s;
}

void dcf_options_free(struct dcf_options_result *r)
{
	if (!r->from)
		return;
	dcf_alloc_free(r->from, r->options, r->option_cap * sizeof *r->options);
	dcf_alloc_free(r->from, r->conflicts, r->conflict_cap * sizeof *r->conflicts);
	dcf_alloc_free(r->from, r->order, r->order_cap * sizeof *r->order);
	dcf_alloc_free(r->from, r->unresolved, r->unresolved_cap * sizeof *r->unresolved);
	for (unsigned k = 0; k < r->job_count; k++)
		dcf_arena_free(&r->job_arenas[k]);
	dcf_alloc_free(r->from, r->job_arenas, r->job_count * sizeof *r->job_arenas);
	dcf_arena_free(&r->arena);
	*r = (struct dcf_options_result){ .from = NULL };
}
