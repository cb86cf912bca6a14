/* SPDX-License-Identifier: Apache-2.0 */
/* A first plan without conflicts: again and again the operation moves that ends conflicts most cheaply.
 *
 * Every move is free of everything that stands, so conflicts only become fewer, and each operation moves once. */
#include "options/whole_int.h"

struct queued {
	int64_t key; /* grains for each conflict that would end */
	uint32_t operation;
};

struct queue {
	struct queued *at;
	size_t count;
};

static bool before(const struct queued *a, const struct queued *b)
{
	return a->key != b->key ? a->key < b->key : a->operation < b->operation;
}

static void push(struct queue *q, struct queued e)
{
	size_t k = q->count++;

	for (; k > 0 && before(&e, &q->at[(k - 1) / 2]); k = (k - 1) / 2)
		q->at[k] = q->at[(k - 1) / 2];
	q->at[k] = e;
}

static struct queued pop(struct queue *q)
{
	struct queued top = q->at[0], e = q->at[--q->count];
	size_t k = 0;

	for (size_t child; (child = 2 * k + 1) < q->count; k = child) {
		child += child + 1 < q->count && before(&q->at[child + 1], &q->at[child]);
		if (!before(&q->at[child], &e))
			break;
		q->at[k] = q->at[child];
	}
	q->at[k] = e;
	return top;
}

/* ---- everything that is in conflict, looked at in shares ---- */

struct share {
	struct dcf_whole *w;
	const uint32_t *ids;
	size_t count;
	struct queued *out;
};

/* Asked on any thread; what was not looked at by then is not moved. */
static bool time_is_up(const struct dcf_whole *w)
{
	const struct dcf_ask *ask = &w->ask->ask;

	return ask->stop && ask->stop(ask->stop_ctx);
}

static void look_share(void *arg, unsigned k)
{
	struct share *x = arg;
	struct dcf_whole *w = x->w;
	struct dcf_hand *hand = &w->hands[k];
	size_t end = x->count * (k + 1) / w->hand_count;

	for (size_t i = x->count * k / w->hand_count; i < end && hand->status == DCF_OK && !time_is_up(w); i++)
		hand->status = dcf_whole_look(w, hand, x->ids[i], dcf_whole_first_stage(w, x->ids[i]));
}

static int64_t key_of(const struct dcf_whole *w, uint32_t i, const struct dcf_choice *c)
{
	uint32_t ends = dcf_whole_staying(w, i);

	return dcf_whole_cost(w, i, c->shift_s, c->rung) / (ends ? ends : 1);
}

/* Works out the ties of each, with all others where they were declared. */
static void rate_share(void *arg, unsigned k)
{
	struct share *x = arg;
	struct dcf_whole *w = x->w;
	struct dcf_hand *hand = &w->hands[k];
	size_t end = x->count * (k + 1) / w->hand_count;

	for (size_t i = x->count * k / w->hand_count; i < end && hand->status == DCF_OK; i++) {
		struct dcf_choice c;

		x->out[i] = (struct queued){ 0, x->ids[i] };
		if (w->part[x->ids[i]].node && !time_is_up(w) && dcf_whole_best(w, hand, x->ids[i], 0, &c) && !c.stays)
			x->out[i].key = key_of(w, x->ids[i], &c);
	}
}

static enum dcf_status hands_status(const struct dcf_whole *w)
{
	for (unsigned k = 0; k < w->hand_count; k++)
		if (w->hands[k].status != DCF_OK)
			return w->hands[k].status;
	return DCF_OK;
}

static enum dcf_status look_at_all(struct dcf_whole *w, const uint32_t *ids, size_t count, struct queued *out)
{
	struct share x = { w, ids, count, out };
	enum dcf_status s;

	dcf_parallel_run(&w->question->parallel, w->hand_count, look_share, &x);
	s = hands_status(w);
	for (size_t i = 0; i < count && s == DCF_OK; i++)
		if (w->part[ids[i]].stage > 1)
			s = dcf_whole_tell(w, ids[i]);
	if (s != DCF_OK)
		return s;
	dcf_parallel_run(&w->question->parallel, w->hand_count, rate_share, &x);
	return hands_status(w);
}

/* ---- one after the other ---- */

/* The best place of `i` wherever it is; looks further while something cheaper may be found there. */
static enum dcf_status best_anywhere(struct dcf_whole *w, uint32_t i, struct dcf_choice *c, bool *found)
{
	enum dcf_status s = DCF_OK;

	for (;;) {
		*found = dcf_whole_best(w, &w->hand, i, 0, c);
		if (w->hand.status != DCF_OK)
			return w->hand.status;
		if ((*found && !c->stays && c->cost <= w->part[i].node->beyond) || w->part[i].node->beyond == INT64_MAX ||
		    w->part[i].stage == DCF_STAGES)
			return s;
		s = dcf_whole_ready(w, i, w->part[i].stage + 1u);
		if (s != DCF_OK)
			return s;
	}
}

static enum dcf_status place_next(struct dcf_whole *w, struct queue *q, bool *moved)
{
	uint32_t i = pop(q).operation;
	struct dcf_choice c;
	struct queued e;
	bool found;
	enum dcf_status s;

	if (w->part[i].fixed || !w->part[i].node || !dcf_whole_staying(w, i))
		return DCF_OK;
	s = best_anywhere(w, i, &c, &found);
	if (s != DCF_OK || !found || c.stays)
		return s;
	e = (struct queued){ key_of(w, i, &c), i };
	if (q->count && before(&q->at[0], &e)) {
		push(q, e);
		return DCF_OK;
	}
	dcf_whole_put(w, i, (struct dcf_spot){ c.shift_s, (uint8_t)c.rung, false });
	*moved = true;
	return DCF_OK;
}

static enum dcf_status place_all(struct dcf_whole *w, struct queue *q, const uint32_t *ids, size_t count)
{
	enum dcf_status s = DCF_OK;
	bool moved = true;

	/* again while something moved: it may have made room for those that found none */
	for (int round = 0; moved && round < 4; round++) {
		moved = false;
		while (q->count && s == DCF_OK && !dcf_whole_stop(w))
			s = place_next(w, q, &moved);
		if (s != DCF_OK || w->stopped)
			return s;
		for (size_t i = 0; i < count && moved; i++)
			if (dcf_whole_staying(w, ids[i]))
				push(q, (struct queued){ 0, ids[i] });
	}
	return s;
}

enum dcf_status dcf_whole_first(struct dcf_whole *w)
{
	uint32_t *ids = dcf_alloc_new(w->from, w->count * sizeof *ids);
	struct queued *rated = dcf_alloc_new(w->from, w->count * sizeof *rated);
	struct queue q = { dcf_alloc_new(w->from, (w->count + 1) * sizeof *q.at), 0 };
	enum dcf_status s = DCF_E_NOMEM;
	size_t count = 0;

	if (!ids || !rated || !q.at)
		goto done;
	for (uint32_t i = 0; i < w->count; i++)
		if (w->part[i].clash_count)
			ids[count++] = i;
	s = look_at_all(w, ids, count, rated);
	for (size_t i = 0; i < count && s == DCF_OK; i++)
		push(&q, rated[i]);
	s = s == DCF_OK ? place_all(w, &q, ids, count) : s;
done:
	dcf_alloc_free(w->from, q.at, (w->count + 1) * sizeof *q.at);
	dcf_alloc_free(w->from, rated, w->count * sizeof *rated);
	dcf_alloc_free(w->from, ids, w->count * sizeof *ids);
	return s;
}
