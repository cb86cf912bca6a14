/* SPDX-License-Identifier: Apache-2.0 */
/* What the clock asks for: a heap of objects by when their next deadline passes or their window is over. */
#include "domain/line_int.h"

/* An entry that was not kept is asked for again after this. */
#define AGAIN_US INT64_C(1000000)

static bool before(const struct line_slot *a, const struct line_slot *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->now.serial < b->now.serial;
}

static void place(struct dcf_line *line, size_t i, struct line_slot *slot)
{
	line->due[i] = slot;
	slot->due_at = i;
}

static void sift(struct dcf_line *line, size_t i, struct line_slot *slot)
{
	while (i > 0 && before(slot, line->due[(i - 1) / 2])) {
		place(line, i, line->due[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < line->due_count && before(line->due[child + 1], line->due[child]))
			child++;
		if (child >= line->due_count || !before(line->due[child], slot))
			break;
		place(line, i, line->due[child]);
		i = child;
	}
	place(line, i, slot);
}

void dcf_line_due_drop(struct dcf_line *line, struct line_slot *slot)
{
	size_t i = slot->due_at;
	struct line_slot *last;

	if (i == SIZE_MAX)
		return;
	slot->due_at = SIZE_MAX;
	last = line->due[--line->due_count];
	if (last != slot)
		sift(line, i, last);
}

enum dcf_status dcf_line_due_put(struct dcf_line *line, struct line_slot *slot, int64_t due_us)
{
	void *array = line->due;
	enum dcf_status s;

	dcf_line_due_drop(line, slot);
	slot->due_us = due_us;
	if (due_us == INT64_MAX)
		return DCF_OK;
	s = dcf_grow(line->from, &array, &line->due_cap, line->due_count + 1, sizeof *line->due);
	line->due = array;
	if (s != DCF_OK)
		return s;
	line->due_count++;
	sift(line, line->due_count - 1, slot);
	return DCF_OK;
}

enum dcf_status dcf_line_due(struct dcf_line *line, int64_t now_us, size_t cap, struct dcf_buf *body, bool *due)
{
	size_t taken = 0;

	*due = false;
	for (; line->due_count && line->due[0]->due_us <= now_us && taken < cap; taken++) {
		struct line_slot *slot = line->due[0];

		dcf_positions_put(body, slot->now.serial);
		/* It stays in the queue until its entry is applied. */
		if (dcf_line_due_put(line, slot, now_us > INT64_MAX - AGAIN_US ? INT64_MAX : now_us + AGAIN_US) != DCF_OK)
			return DCF_E_NOMEM;
	}
	*due = taken > 0;
	return body->failed ? DCF_E_NOMEM : DCF_OK;
}
