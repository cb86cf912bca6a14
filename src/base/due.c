/* SPDX-License-Identifier: Apache-2.0 */
#include "base/due.h"

static bool before(const struct dcf_due_turn *a, const struct dcf_due_turn *b)
{
	return a->us != b->us ? a->us < b->us : a->then < b->then;
}

static void place(struct dcf_due_queue *q, size_t i, const struct dcf_due_turn *t)
{
	q->at[i] = *t;
	t->who->place = (uint32_t)i + 1;
}

/* To where it belongs, from the free place i. */
static void sift(struct dcf_due_queue *q, size_t i, struct dcf_due_turn t)
{
	while (i > 0 && before(&t, &q->at[(i - 1) / 2])) {
		place(q, i, &q->at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < q->count && before(&q->at[child + 1], &q->at[child]))
			child++;
		if (child >= q->count || !before(&q->at[child], &t))
			break;
		place(q, i, &q->at[child]);
		i = child;
	}
	place(q, i, &t);
}

enum dcf_status dcf_due_room(struct dcf_due_queue *q, const struct dcf_alloc *a, size_t count)
{
	void *array = q->at;
	enum dcf_status s = count < UINT32_MAX ? dcf_grow(a, &array, &q->cap, count, sizeof *q->at) : DCF_E_LIMIT;

	q->at = array;
	return s;
}

void dcf_due_set(struct dcf_due_queue *q, struct dcf_due *d, int64_t us, uint64_t then)
{
	size_t i = dcf_due_is(d) ? d->place - 1 : q->count++;

	sift(q, i, (struct dcf_due_turn){ us, then, d });
}

enum dcf_status dcf_due_put(struct dcf_due_queue *q, const struct dcf_alloc *a, struct dcf_due *d, int64_t us, uint64_t then)
{
	enum dcf_status s = dcf_due_is(d) ? DCF_OK : dcf_due_room(q, a, q->count + 1);

	if (s == DCF_OK)
		dcf_due_set(q, d, us, then);
	return s;
}

void dcf_due_drop(struct dcf_due_queue *q, struct dcf_due *d)
{
	size_t i = d->place;
	struct dcf_due_turn last;

	if (i == 0)
		return;
	d->place = 0;
	last = q->at[--q->count];
	if (last.who != d)
		sift(q, i - 1, last);
}

void dcf_due_free(struct dcf_due_queue *q, const struct dcf_alloc *a)
{
	dcf_alloc_free(a, q->at, q->cap * sizeof *q->at);
	*q = (struct dcf_due_queue){ 0 };
}
