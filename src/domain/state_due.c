/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"

/* A binary heap: the operation whose turn comes first is at[0]. */

static bool before(const struct dcf_op *a, const struct dcf_op *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->position < b->position;
}

static void place(struct dcf_due_queue *q, size_t i, struct dcf_op *op)
{
	q->at[i] = op;
	op->due_at = i;
}

static void sift(struct dcf_due_queue *q, size_t i, struct dcf_op *op)
{
	while (i > 0 && before(op, q->at[(i - 1) / 2])) {
		place(q, i, q->at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < q->count && before(q->at[child + 1], q->at[child]))
			child++;
		if (child >= q->count || !before(q->at[child], op))
			break;
		place(q, i, q->at[child]);
		i = child;
	}
	place(q, i, op);
}

enum dcf_status dcf_due_put(struct dcf_due_queue *q, const struct dcf_alloc *a, struct dcf_op *op, int64_t due_us)
{
	void *array = q->at;
	enum dcf_status s;

	dcf_due_drop(q, op);
	s = dcf_grow(a, &array, &q->cap, q->count + 1, sizeof *q->at);
	q->at = array;
	if (s != DCF_OK)
		return s;
	op->due_us = due_us;
	q->count++;
	sift(q, q->count - 1, op);
	return DCF_OK;
}

void dcf_due_drop(struct dcf_due_queue *q, struct dcf_op *op)
{
	size_t i = op->due_at;
	struct dcf_op *last;

	if (i == SIZE_MAX)
		return;
	op->due_at = SIZE_MAX;
	last = q->at[--q->count];
	if (last != op)
		sift(q, i, last);
}

void dcf_due_free(struct dcf_due_queue *q, const struct dcf_alloc *a)
{
	dcf_alloc_free(a, q->at, q->cap * sizeof *q->at);
	*q = (struct dcf_due_queue){ 0 };
}

static int64_t later(int64_t t, int64_t by)
{
	return t > INT64_MAX - by ? INT64_MAX : t + by;
}

#define KEPT_US (((int64_t)DCF_REQUEST_HOURS + 1) * 3600 * 1000000)

/* What an operation whose turn has come is asked, and when. */
static uint8_t asked(const struct dcf_state *st, const struct dcf_op *op, int64_t retention_us, int64_t *when)
{
	int64_t at_us;

	if (op->pending_state == DCF_OP_DECLARED) {
		*when = op->end_us;
		return DCF_ENTRY_OVER;
	}
	*when = later(op->end_us, retention_us);
	if (!dcf_op_final((enum dcf_op_state)op->pending_state))
		/* Nobody ended it in all that time: it is ended as if its window had been over when it was declared. */
		return DCF_ENTRY_OVER;
	/* What requests with a key left behind is remembered for a day: their entries stay as long. */
	if (dcf_requests_last_of(&st->requests, op->slot->history, op->slot->history_count, &at_us) && *when < later(at_us, KEPT_US))
		*when = later(at_us, KEPT_US);
	return DCF_ENTRY_PURGE;
}

enum dcf_status dcf_state_due(struct dcf_state *state, int64_t now_us, int64_t retention_us, size_t cap, struct dcf_buf *body,
			      uint8_t *kind, bool *due)
{
	struct dcf_due_queue *q = &state->due;
	size_t taken = 0;

	*due = false;
	/* What is due stays in the queue until its entry is applied: those taken are put behind and come back if it never is. */
	while (q->count && q->at[0]->due_us <= now_us && taken < cap) {
		struct dcf_op *op = q->at[0];
		int64_t when;
		uint8_t what = asked(state, op, retention_us, &when);

		if (when > now_us) {
			/* Put by its end, or by another retention than now. */
			if (dcf_due_put(q, state->from, op, when) != DCF_OK)
				return DCF_E_NOMEM;
			continue;
		}
		if (taken && what != *kind)
			break;
		*kind = what;
		dcf_positions_put(body, op->slot->serial);
		if (dcf_due_put(q, state->from, op, later(now_us, 60 * INT64_C(1000000))) != DCF_OK)
			return DCF_E_NOMEM;
		taken++;
	}
	*due = taken > 0;
	return body->failed ? DCF_E_NOMEM : DCF_OK;
}
