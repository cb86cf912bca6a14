/* SPDX-License-Identifier: Apache-2.0 */
/* line_int.h - the inside of the line's state, for the files that make it up.
 *
 *     line.c          life, publish and undo, what readers see
 *     line_decide.c   what may be sent or taken
 *     line_apply.c    what follows from an entry
 *     line_move.c     an event of an object: its state, its deadlines, what the node owes
 *     line_body.c     what bodies of messages say
 *     line_due.c      the queue of what the clock will ask for
 *     line_text.c     to text and back, for snapshots
 *
 * Everything stands twice: `now` is the writer's, `seen` the readers'.  The writer changes `now` without a lock, since no
 * reader looks there; publishing copies under the lock.  Arrays that readers walk are only moved under the lock. */
#ifndef DCF_DOMAIN_LINE_INT_H
#define DCF_DOMAIN_LINE_INT_H

#include "base/due.h"
#include "domain/frame.h"
#include "domain/line.h"
#include "domain/line_terms.h"

#include <pthread.h>

struct line_held {
	uint64_t n, position;
	char *note;
	size_t len;
	bool is_new, gone;
};

enum { ESCALATION_MOST = 3 }; /* all roles ring */

struct line_peer {
	struct dcf_line_peer now, seen;
	uint32_t index;
	bool dirty, is_new;
	uint64_t echo_now, echo_seen; /* number of a line check of theirs that was not echoed */
	uint64_t *at[2];              /* positions of messages 1.. of our (0) and their (1) stream */
	size_t at_cap[2];
	struct line_held *held;
	size_t held_count, held_cap;
};

struct line_slot {
	struct dcf_line_object now, seen;
	bool dirty, is_new;
	uint64_t *history;
	size_t history_now, history_seen, history_cap;
	uint64_t older; /* serial + 1 of the object of the same id before it; 0: none */
	char *object;   /* canonical bytes of what it is about, of notifications; NULL without */
	size_t object_len;
	struct dcf_due due;
};

struct dcf_line {
	const struct dcf_alloc *from;
	pthread_mutex_t lock;
	char party[65];
	struct line_peer *peer[DCF_PEERS_MAX];
	uint32_t peer_count, peer_seen;
	struct line_slot **slot;
	size_t slot_count, slot_seen, slot_cap;
	/* (peer, id) -> serial + 1 of the newest: open addressing, a power of two */
	uint64_t *cell;
	size_t cell_count;
	struct dcf_due_queue due; /* slots by their next deadline or end, then serial */
	uint64_t *duty;           /* serials with a published duty, ascending */
	size_t duty_count, duty_cap;
	struct line_slot **dirty;
	size_t dirty_count, dirty_cap;
	struct dcf_line_terms terms; /* of the frame whose airspace stands at terms_of */
	uint64_t terms_of;
	bool terms_read;
	uint64_t known; /* entries before this position are in it already: it came from a snapshot written in steps */
	int64_t next_due_seen_us;
	struct dcf_jdoc doc, body; /* scratch of the writer */
	struct dcf_arena scratch;
};

/* What an entry is applied with. */
struct line_at {
	const struct dcf_frame *frame;
	bool exercise;
	uint64_t position;
	int64_t at_us;
};

DCF_CHECKED enum dcf_status dcf_line_new(const struct dcf_alloc *a, struct dcf_line **out);
void dcf_line_free(struct dcf_line *line);
DCF_CHECKED enum dcf_status dcf_line_decide(struct dcf_line *line, const struct line_at *at, struct dcf_line_command *c,
					    struct dcf_entry_head *head, struct dcf_buf *why);
DCF_CHECKED enum dcf_status dcf_line_apply(struct dcf_line *line, const struct line_at *at, const struct dcf_entry_head *head,
					   struct dcf_buf *why);
/* An entry about an operation of that party was applied: what a notice of that id was to make known is known.  Without memory
 * the duty stays, and is done again. */
void dcf_line_declared(struct dcf_line *line, struct dcf_span party, struct dcf_span operation);
void dcf_line_publish(struct dcf_line *line);
void dcf_line_undo(struct dcf_line *line);
/* Append lines of a snapshot; each begins with 'L'.  Read one back; dcf_line_loaded when all are there. */
void dcf_line_text_put(struct dcf_line *line, uint64_t position, struct dcf_buf *out);
DCF_CHECKED enum dcf_status dcf_line_text_read(struct dcf_line *line, struct dcf_span text);

/* --- between these files --- */

struct line_peer *dcf_line_peer_now(const struct dcf_line *line, struct dcf_span party);
/* The message of that number that waits for one before it, or NULL. */
struct line_held *dcf_line_held_of(const struct line_peer *p, uint64_t n);
/* Newest object of that id as the writer sees it; version 0 for any. */
struct line_slot *dcf_line_slot_now(const struct dcf_line *line, uint32_t peer, struct dcf_span id, uint32_t version);
void dcf_line_touch_peer(struct line_peer *p);
DCF_CHECKED enum dcf_status dcf_line_touch(struct dcf_line *line, struct line_slot *slot);
/* A new object with id, peer and version set, found by its id from now on. */
DCF_CHECKED enum dcf_status dcf_line_add(struct dcf_line *line, uint32_t peer, struct dcf_span id, struct line_slot **out);
DCF_CHECKED enum dcf_status dcf_line_add_peer(struct dcf_line *line, struct dcf_span party, struct line_peer **out);
DCF_CHECKED enum dcf_status dcf_line_note(struct dcf_line *line, struct line_slot *slot, uint64_t position);
DCF_CHECKED enum dcf_status dcf_line_stream_push(struct dcf_line *line, struct line_peer *p, bool incoming,
						 const struct dcf_hash *hash, uint64_t position);
/* Put a slot where its due_us says, or take it out when that is INT64_MAX. */
DCF_CHECKED enum dcf_status dcf_line_due_put(struct dcf_line *line, struct line_slot *slot, int64_t due_us);
void dcf_line_due_drop(struct dcf_line *line, struct line_slot *slot);
/* When the clock next asks something of it, INT64_MAX for never. */
int64_t dcf_line_due_of(const struct dcf_line_object *o);

/* The terms in force. */
DCF_CHECKED enum dcf_status dcf_line_terms_now(struct dcf_line *line, const struct dcf_frame *frame);

/* A message of an object, sent by A or B (`by_a`), as it moves the object: also sets what follows.  Where the state has no such
 * event only the history grows. */
DCF_CHECKED enum dcf_status dcf_line_move(struct dcf_line *line, const struct line_at *at, struct line_peer *p,
					  struct line_slot *slot, const struct dcf_message *m, bool by_a);
/* An event by the clock, or one that follows from another (superseded, no path). */
DCF_CHECKED enum dcf_status dcf_line_event(struct dcf_line *line, const struct line_at *at, struct line_slot *slot,
					   uint8_t event);
/* The event that the message would be now: DCF_NO_STATE when it has none by itself. */
uint8_t dcf_line_event_of(struct dcf_line *line, const struct line_slot *slot, const struct dcf_message *m, bool by_a);
/* What a new object of a message gets. */
DCF_CHECKED enum dcf_status dcf_line_begin(struct dcf_line *line, const struct line_at *at, struct line_peer *p,
					   const struct dcf_message *m, bool ours);

/* The value of a member of a canonical object, as it stands; absent when there is none. */
struct dcf_span dcf_canonical_member(struct dcf_span json, const char *name);
/* A text or whole-number member; absent, or `other`. */
struct dcf_span dcf_body_text(struct dcf_span body, const char *name);
int64_t dcf_body_number(struct dcf_span body, const char *name, int64_t other);

#endif
