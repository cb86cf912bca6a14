/* SPDX-License-Identifier: Apache-2.0 */
/* What the clock asks for: objects by when their next deadline passes or their window is over. */
#include "domain/line_int.h"

/* An entry that was not kept is asked for again after this. */
#define AGAIN_US INT64_C(1000000)

void dcf_line_due_drop(struct dcf_line *line, struct line_slot *slot)
{
	dcf_due_drop(&line->due, &slot->due);
}

enum dcf_status dcf_line_due_put(struct dcf_line *line, struct line_slot *slot, int64_t due_us)
{
	if (due_us != INT64_MAX)
		return dcf_due_put(&line->due, line->from, &slot->due, due_us, slot->now.serial);
	dcf_line_due_drop(line, slot);
	return DCF_OK;
}

enum dcf_status dcf_line_due(struct dcf_line *line, int64_t now_us, size_t cap, struct dcf_buf *body, bool *due)
{
	size_t taken = 0;

	*due = false;
	for (; line->due.count && line->due.at[0].us <= now_us && taken < cap; taken++) {
		struct line_slot *slot = DCF_DUE_OF(line->due.at[0].who, struct line_slot, due);

		dcf_positions_put(body, slot->now.serial);
		/* It stays in the queue until its entry is applied. */
		if (dcf_line_due_put(line, slot, now_us > INT64_MAX - AGAIN_US ? INT64_MAX : now_us + AGAIN_US) != DCF_OK)
			return DCF_E_NOMEM;
	}
	*due = taken > 0;
	return body->failed ? DCF_E_NOMEM : DCF_OK;
}
