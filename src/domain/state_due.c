/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"

enum dcf_status dcf_state_due_put(struct dcf_state *state, struct dcf_op *op, int64_t due_us)
{
	return dcf_due_put(&state->due, state->from, &op->due, due_us, op->position);
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
	if (dcf_requests_last_of(&st->requests, op->slot->history, op->slot->history_count, &at_us) &&
	    *when < later(at_us, KEPT_US))
		*when = later(at_us, KEPT_US);
	return DCF_ENTRY_PURGE;
}

enum dcf_status dcf_state_due(struct dcf_state *state, int64_t now_us, int64_t retention_us, size_t cap, struct dcf_buf *body,
			      uint8_t *kind, bool *due)
{
	struct dcf_due_queue *q = &state->due;
	size_t taken = 0;

	*due = false;
	/* What is due stays in the queue until its entry is applied: those taken are put behind and come back if it never is.
	 */
	while (q->count && q->at[0].us <= now_us && taken < cap) {
		struct dcf_op *op = DCF_DUE_OF(q->at[0].who, struct dcf_op, due);
		int64_t when;
		uint8_t what = asked(state, op, retention_us, &when);

		if (when > now_us) {
			/* Put by its end, or by another retention than now. */
			if (dcf_state_due_put(state, op, when) != DCF_OK)
				return DCF_E_NOMEM;
			continue;
		}
		if (taken && what != *kind)
			break;
		*kind = what;
		dcf_positions_put(body, op->slot->serial);
		if (dcf_state_due_put(state, op, later(now_us, 60 * INT64_C(1000000))) != DCF_OK)
			return DCF_E_NOMEM;
		taken++;
	}
	*due = taken > 0;
	return body->failed ? DCF_E_NOMEM : DCF_OK;
}
