/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - what follows from the record: entries in, in order; the same entries give the same state, bit for bit.
 *
 *     command --decide--> head of an entry --apply--> pending changes --publish--> what readers see
 *                                                          \--undo--> as if nothing had been
 * The writer decides and applies a batch of commands, has the record keep the entries, and publishes; where the record could
 * not keep them it undoes.  So readers see only what is durable.  The state reads no clock, no socket and no random number.
 *
 * One writer thread; any number of readers (dcf_state_enter .. dcf_state_leave), who never wait. */
#ifndef DCF_DOMAIN_STATE_H
#define DCF_DOMAIN_STATE_H

#include "core/check.h"
#include "domain/entry_head.h"
#include "domain/frame.h"
#include "domain/op.h"
#include "domain/table.h"
#include "record/entry.h"

struct dcf_state;

/* --- life ----------------------------------------------------------------------------------------- */

/* An empty state: nothing founded, no party.  Memory comes from `a` (borrowed). */
DCF_CHECKED enum dcf_status dcf_state_new(const struct dcf_alloc *a, struct dcf_state **out);
/* No reader may be in. */
void dcf_state_free(struct dcf_state *state);

/* --- writer: commands ----------------------------------------------------------------------------- */

/* Why a command is not taken. */
enum dcf_objection {
	DCF_OBJECT_NOTHING,
	DCF_OBJECT_NOT_THERE, /* no such operation */
	DCF_OBJECT_THERE,     /* it stands already, and the command said it must not */
	DCF_OBJECT_CHANGED,   /* another version stands than the one the command was about */
	DCF_OBJECT_STATE,     /* no event of the state it is in */
	DCF_OBJECT_PARTY,     /* no such party */
	DCF_OBJECT_FRAME,     /* party's or airspace's text is not understood: see `why` */
	DCF_OBJECT_FOUNDED,   /* founded already, or not yet */
	DCF_OBJECT_LINE,      /* the line does not take it: command->line->objection, and `why` */
	DCF_OBJECT_EXCHANGE,  /* the exchange does not: command->exchange->answer */
};

struct dcf_exchange_command;
struct dcf_line_command;

/* What somebody asks for.  Spans are borrowed for the call. */
struct dcf_command {
	struct dcf_entry_head head;            /* at_us, version are not read: the state fills them in */
	bool must_be_new;                      /* OPERATION: only where none stands */
	bool must_be_there;                    /* OPERATION: only where one stands */
	struct dcf_line_command *line;         /* PEER, LINE_*: see line.h; NULL for others */
	struct dcf_exchange_command *exchange; /* EXCHANGE: see exchange.h; NULL for others */
	uint64_t if_position; /* OPERATION, EVENT: only while this is the position of its last entry; DCF_ANY_POSITION */
};
#define DCF_ANY_POSITION UINT64_MAX

/* May the command be applied now?  Then *head is its entry, whose spans are the command's; `now_us` is the clock's, and the
 * entry's time is never before the one before it.  DCF_OK with *objection; DCF_E_NOMEM.  `why` gets a FRAME's reasons. */
DCF_CHECKED enum dcf_status dcf_state_decide(struct dcf_state *state, const struct dcf_command *command, int64_t now_us,
					     struct dcf_entry_head *head, enum dcf_objection *objection, struct dcf_buf *why);

/* Apply the entry at the next position.  `op` is the operation made from the body of an OPERATION (its hold passes to the
 * state, also on failure), or NULL: then it is made here.  An entry that means nothing any more (an event of an operation whose
 * declaration was erased) changes nothing but the position.  DCF_E_CORRUPT with a reason in `why` when no state can follow.
 * After a failure the state must be undone. */
DCF_CHECKED enum dcf_status dcf_state_apply(struct dcf_state *state, const struct dcf_entry_head *head, struct dcf_op *op,
					    struct dcf_buf *why);
/* The next position's content was erased: only the position moves on. */
void dcf_state_skip(struct dcf_state *state);

/* What was applied since the last publish or undo: make it visible, or take it back. */
void dcf_state_publish(struct dcf_state *state);
void dcf_state_undo(struct dcf_state *state);

/* What is to be deleted from the record: positions, one a line, that published ERASED entries have named since the state was
 * made or since dcf_state_erased was last called.  The writer's; holds until its next call that changes the state.  Somebody
 * must delete those contents in the store and say dcf_state_erased (with nothing unpublished) before a snapshot is written:
 * then whoever starts from that snapshot, after a crash at any moment, meets every ERASED entry again whose work may not have
 * been done. */
struct dcf_span dcf_state_to_erase(const struct dcf_state *state);
void dcf_state_erased(struct dcf_state *state);

/* Position of the next entry; the writer's. */
uint64_t dcf_state_position(const struct dcf_state *state);

/* What a request with this key left behind (the writer's view): its first entry's position and how many, and the digest of what
 * was asked.  Kept for 24 hours of the record's time. */
struct dcf_request {
	struct dcf_hash key, digest;
	uint64_t first;
	uint32_t count;
	int64_t at_us;
};
const struct dcf_request *dcf_state_request(const struct dcf_state *state, const struct dcf_hash *key);

/* What the clock asks for at `now_us`, at most `cap` operations of one kind: their windows are over (OVER), they are to be
 * ended or purged since that was `retention_us` ago.  Fills positions into `body` and says which kind of entry it is; false
 * when nothing is due.  PURGE comes with the positions of all entries of those operations in `erase`. */
DCF_CHECKED enum dcf_status dcf_state_due(struct dcf_state *state, int64_t now_us, int64_t retention_us, size_t cap,
					  struct dcf_buf *body, uint8_t *kind, bool *due);
/* Append the positions of every entry that belongs to the operations of a PURGE's body: what may be erased with them. */
DCF_CHECKED enum dcf_status dcf_state_entries_of(const struct dcf_state *state, struct dcf_span purge_body,
						 struct dcf_buf *out);

/* Work on the index that can wait: one thread at a time, the writer's or another.  True when something is left that waits for
 * readers to leave. */
bool dcf_state_tend(struct dcf_state *state);
/* Is there enough of it that whoever does it should be woken?  Any thread. */
bool dcf_state_wants_tending(const struct dcf_state *state);

/* --- snapshots ------------------------------------------------------------------------------------ */

/* Text from which a state can be loaded together with the entries behind `position`, made in steps between which batches go on:
 * nobody waits for a million operations to be written.  What a step writes is as of that step, so it may know entries behind
 * `position` already; loading meets those again and passes over what is known. */
struct dcf_snapshot_walk {
	uint64_t position;
	/* the walk's own: */
	int64_t at_us;
	uint64_t serial, end;
	uint64_t exchange_serial, exchange_end;
	bool head_put;
};
/* Begin at the published state; nothing may be unpublished here and at every step. */
void dcf_state_walk_begin(const struct dcf_state *state, struct dcf_snapshot_walk *walk);
/* Append the text of at most `most` more operations; true while there is more. */
bool dcf_state_walk_step(const struct dcf_state *state, struct dcf_snapshot_walk *walk, size_t most, struct dcf_buf *out);

/* The published state as text, in one go: the same for the same state. */
void dcf_state_snapshot(const struct dcf_state *state, struct dcf_buf *out);
/* SHA-256 of that text. */
DCF_CHECKED enum dcf_status dcf_state_hash(const struct dcf_state *state, struct dcf_hash *out);

/* How a state gets at contents of entries.  Calls `each` for entries from..from+count-1 in order; erased ones have no content.
 */
struct dcf_entry_source {
	enum dcf_status (*read)(void *ctx, uint64_t from, uint64_t count,
				enum dcf_status (*each)(void *each_ctx, uint64_t position, const struct dcf_entry *entry),
				void *each_ctx);
	void *ctx;
};

/* Fill a new state from a snapshot, fetching what it names, and then with the entries behind it up to `end`.  `snapshot` ""
 * goes on from where the state is: a new one from entry 0.  On failure `why` says what is wrong, and the state is only good for
 * dcf_state_free; without a snapshot it may be undone instead, and then stands at some position before `end`. */
DCF_CHECKED enum dcf_status dcf_state_load(struct dcf_state *state, struct dcf_span snapshot,
					   const struct dcf_entry_source *source, uint64_t end, struct dcf_buf *why);

/* --- readers -------------------------------------------------------------------------------------- */

struct dcf_view {
	struct dcf_state *state;
	const struct dcf_frame *frame;
	struct dcf_live_view live;
	unsigned epoch;
};

/* Everything got through a view holds until it is left.  DCF_E_LIMIT when very many views are open. */
DCF_CHECKED enum dcf_status dcf_state_enter(struct dcf_state *state, struct dcf_view *view);
void dcf_state_leave(struct dcf_view *view);

/* The operation as it stands (its last version, ended or not), or NULL. */
const struct dcf_op *dcf_view_find(const struct dcf_view *view, uint32_t party, struct dcf_span id);
/* The next in order of first declaration, from *serial on, which becomes its serial. */
const struct dcf_op *dcf_view_next(const struct dcf_view *view, uint64_t *serial);
/* The one that was first declared at `serial` in the record, or NULL. */
const struct dcf_op *dcf_view_at(const struct dcf_view *view, uint64_t serial);
/* The index, for questions about places. */
const struct dcf_live *dcf_view_live(const struct dcf_view *view);
/* Facts of the founding entry and the present: position up to which the view knows everything, time of its last entry. */
struct dcf_state_facts {
	struct dcf_span origin, vkey;
	bool founded, exercise;
	uint64_t position;
	int64_t at_us;
	uint64_t operations; /* that are there, ended ones included */
};
struct dcf_state_facts dcf_view_facts(const struct dcf_view *view);

#endif
