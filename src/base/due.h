/* SPDX-License-Identifier: Apache-2.0 */
/* due.h - whose turn comes next: things by a time, those of the same time by a number (a binary heap that knows where each
 * stands).
 *
 * A thing has a struct dcf_due among its members, from which DCF_DUE_OF gets back to it.  One thread at a time; nothing is
 * called back. */
#ifndef DCF_BASE_DUE_H
#define DCF_BASE_DUE_H

#include "base/alloc.h"
#include <stdbool.h>
#include <stddef.h>

/* Zero: in no queue. */
struct dcf_due {
	uint32_t place; /* in the queue, + 1 */
};
#define DCF_DUE_OF(due, type, member) ((type *)(void *)((char *)(due)-offsetof(type, member)))

struct dcf_due_turn {
	int64_t us;
	uint64_t then; /* of the same time the lesser comes first */
	struct dcf_due *who;
};
/* Zero-initialise; at[0] is the first.  Members are read only. */
struct dcf_due_queue {
	struct dcf_due_turn *at;
	size_t count, cap;
};

static inline bool dcf_due_is(const struct dcf_due *d)
{
	return d->place != 0;
}
/* When the turn comes of one that is in the queue. */
static inline int64_t dcf_due_us(const struct dcf_due_queue *q, const struct dcf_due *d)
{
	return q->at[d->place - 1].us;
}

/* Room for `count` in all; always `a` of the same queue.  DCF_E_NOMEM, DCF_E_LIMIT (2^32 - 2). */
DCF_CHECKED enum dcf_status dcf_due_room(struct dcf_due_queue *q, const struct dcf_alloc *a, size_t count);
/* In, or to another place: there must be room.  Until it is out, the thing stays where it is in memory. */
void dcf_due_set(struct dcf_due_queue *q, struct dcf_due *d, int64_t us, uint64_t then);
/* The two in one; after a failure, which is not met when it is in already, it is out. */
DCF_CHECKED enum dcf_status dcf_due_put(struct dcf_due_queue *q, const struct dcf_alloc *a, struct dcf_due *d, int64_t us,
					uint64_t then);
/* Out; nothing where it is not in. */
void dcf_due_drop(struct dcf_due_queue *q, struct dcf_due *d);
/* The queue's own memory; the things are left as they are. */
void dcf_due_free(struct dcf_due_queue *q, const struct dcf_alloc *a);

#endif
