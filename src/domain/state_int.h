/* SPDX-License-Identifier: Apache-2.0 */
/* state_int.h - the inside of the state, for the files that make it up.
 *
 *     state.c           life, publish and undo, views
 *     state_decide.c    what may be done
 *     state_apply.c     what follows from an entry
 *     state_due.c       the queue of what the clock will ask for
 *     state_request.c   what requests with a key left behind
 *     state_snapshot.c  state to text
 *     state_load.c      text to state
 *     state_replay.c    entries to state */
#ifndef DCF_DOMAIN_STATE_INT_H
#define DCF_DOMAIN_STATE_INT_H

#include "domain/exchange_int.h"
#include "domain/line_int.h"
#include "domain/state.h"
#include "format/json.h"

/* Facts that seldom change, published as one object. */
struct dcf_facts {
	struct dcf_arena arena;
	struct dcf_span origin, vkey;
	bool exercise;
};

enum dcf_pending_kind {
	DCF_PENDING_SLOT,
	DCF_PENDING_OP,
	DCF_PENDING_STATE,
	DCF_PENDING_GONE,
	DCF_PENDING_FRAME,
	DCF_PENDING_FACTS
};

/* One thing that was applied and is not published. */
struct dcf_pending {
	enum dcf_pending_kind kind;
	struct dcf_slot *slot;
	struct dcf_op *op, *before; /* the new one; the one it takes the place of */
	void *fresh, *old;          /* frame or facts, and those before */
	uint8_t state;              /* of before, or of op before a STATE */
	uint64_t event_position;    /* of a STATE: that before */
	uint64_t serial_end;        /* of a SLOT: the table's before */
	int64_t last_at_us;         /* of a STATE: that before */
	bool noted;                 /* in the slot's history */
	bool left_index;            /* `before`, or of a STATE `op`, was taken out of the index */
};

struct dcf_requests {
	struct dcf_request *at; /* a ring by age: first .. first + count - 1 of cap (a power of two) */
	size_t first, count, cap;
	uint32_t *cells; /* open addressing over the ring's numbers; 0: empty */
	size_t cell_count;
	uint64_t numbered; /* requests ever put: at[] of number n is n % cap */
};

struct dcf_state {
	const struct dcf_alloc *from;
	struct dcf_epoch epoch;
	struct dcf_live *live;
	struct dcf_line *line;
	struct dcf_exchange *exchange;
	struct dcf_table table;
	_Atomic(struct dcf_frame *) frame; /* as published */
	struct dcf_frame *frame_next;      /* the writer's */
	_Atomic(struct dcf_facts *) facts;
	struct dcf_facts *facts_next;
	_Atomic uint64_t position; /* as published */
	_Atomic int64_t at_us;
	_Atomic uint64_t operations;
	uint64_t position_next; /* the writer's */
	int64_t at_next_us;
	struct dcf_pending *change;
	size_t change_count, change_cap;
	struct dcf_due_queue due; /* operations by when the clock has something to ask of them, then position */
	struct dcf_requests requests;
	uint64_t request_mark;             /* requests.numbered at the last publish */
	struct dcf_buf erase;              /* what ERASED entries name, one a line */
	size_t erase_mark;                 /* its length at the last publish */
	struct dcf_check_options question; /* no minima beside the agreement's */
	struct dcf_jdoc doc;               /* scratch of the writer */
	struct dcf_arena scratch;
};

/* The version that the writer sees. */
static inline struct dcf_op *dcf_slot_now(const struct dcf_slot *slot)
{
	return slot->touched ? slot->next : atomic_load(&slot->current);
}

/* The slot of a name in the frame that the writer sees, and its party. */
struct dcf_slot *dcf_state_slot(const struct dcf_state *state, struct dcf_span party, struct dcf_span id, uint32_t *index);

/* With what the next entry of the line is judged and applied. */
struct line_at dcf_state_line_at(const struct dcf_state *state, int64_t at_us);

/* Remember a change; room is made first, with room in the epoch for what it will retire. */
DCF_CHECKED enum dcf_status dcf_state_reserve(struct dcf_state *state, size_t n);
void dcf_state_pend(struct dcf_state *state, struct dcf_pending change);

/* Put an operation among what the clock will ask for.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_state_due_put(struct dcf_state *state, struct dcf_op *op, int64_t due_us);

/* Entries read from the record, applied in order, in groups.  Set st, why, purged and ctx, and `from` of arena and text. */
struct dcf_replay_group;
struct dcf_replay {
	struct dcf_state *st;
	struct dcf_buf *why;                             /* may be NULL */
	void (*purged)(void *ctx, struct dcf_span body); /* before a PURGE is applied */
	void *ctx;
	struct dcf_arena arena; /* of the group at hand */
	struct dcf_buf text;
	size_t bytes;
	struct dcf_replay_group *group;
};
/* In the shape of a callback of dcf_entry_source; `replay` is a struct dcf_replay.  What it took is applied by the time of the
 * flush. */
DCF_CHECKED enum dcf_status dcf_replay_entry(void *replay, uint64_t position, const struct dcf_entry *entry);
DCF_CHECKED enum dcf_status dcf_replay_flush(struct dcf_replay *r);
void dcf_replay_free(struct dcf_replay *r);

enum { DCF_REQUEST_HOURS = 24 };
DCF_CHECKED enum dcf_status dcf_requests_put(struct dcf_requests *r, const struct dcf_alloc *a,
					     const struct dcf_request *request);
const struct dcf_request *dcf_requests_find(const struct dcf_requests *r, const struct dcf_hash *key);
/* Does one of these `count` positions of entries, in order, belong to a request that is remembered?  Then the time of the
 * newest. */
bool dcf_requests_last_of(const struct dcf_requests *r, const uint64_t *position, size_t count, int64_t *at_us);
/* Forget those older than 24 hours at `at_us`. */
void dcf_requests_expire(struct dcf_requests *r, int64_t at_us);
/* Forget those before `since_us`. */
void dcf_requests_forget(struct dcf_requests *r, int64_t since_us);
/* Take back those put after number `mark`. */
void dcf_requests_undo(struct dcf_requests *r, uint64_t mark);
void dcf_requests_free(struct dcf_requests *r, const struct dcf_alloc *a);

#endif
