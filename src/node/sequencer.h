/* SPDX-License-Identifier: Apache-2.0 */
/* sequencer.h - the one place where things happen, in order: commands in, entries into the record, state out.
 *
 *   any thread    put(ticket) --> queue
 *   sequencer     takes all that wait: decide, apply | one durable append for all | publish | done(ticket) for each
 *   tender        merges of the index
 * A ticket's commands are taken all or none.  What done says was taken is durable.  Where the record cannot be written
 * everything since the last good append is undone, tickets are answered with `unavailable`, and the record is tried again every
 * second: readers go on with what was acknowledged.
 *
 * The clock's commands (windows that are over, purges) are made here, as entries like all others, while the wall clock is
 * believed; the times of entries follow it in any case, and never go back.  Contents that ERASED entries name are deleted
 * behind the append, in small steps, as long as it takes; until that is done no snapshot is begun. */
#ifndef DCF_NODE_SEQUENCER_H
#define DCF_NODE_SEQUENCER_H

#include "domain/exchange.h"
#include "domain/state.h"
#include "node/clock.h"
#include "node/error.h"
#include "node/log.h"
#include "node/metrics.h"
#include "store/kept_head.h"

enum dcf_ticket_answer {
	DCF_TICKET_TAKEN,
	DCF_TICKET_REPEATED, /* a request with this key was taken before: `first` and `count` are that one's entries */
	DCF_TICKET_OTHER,    /* a request with this key, but of another content, was taken before */
	DCF_TICKET_OBJECTED, /* see `which`, `objection`, `why` */
	/* The record cannot be written now, or the node is ending.  Nothing was done; or, where the very append failed, nobody
	 * knows, and it may turn out to be there, whole: a repetition with the same key is taken once in any case. */
	DCF_TICKET_UNAVAILABLE,
};

/* One request.  Made by whoever asks and kept until done is called. */
struct dcf_ticket {
	struct dcf_command *command; /* `count`; the sequencer sets head.request, .digest and .request_count */
	struct dcf_op **op; /* of each command the prepared operation or NULL; holds pass to the sequencer in any case */
	size_t count;
	bool has_key;
	struct dcf_hash key, digest; /* of an idempotency key with who asked; of what was asked */
	/* On the sequencer's thread, or on the caller's when put refuses it; must not wait.  The ticket is the caller's again.
	 */
	void (*done)(struct dcf_ticket *ticket);
	void *ctx;
	/* the answer */
	enum dcf_ticket_answer answer;
	enum dcf_objection objection;
	size_t which;
	uint64_t first, taken; /* position of its first entry; how many */
	int64_t at_us;
	struct dcf_buf why;      /* `from` set by the caller */
	struct dcf_ticket *next; /* the queue's */
};

struct dcf_sequencer;

struct dcf_sequencer_options {
	const struct dcf_alloc *from;
	struct dcf_state *state; /* loaded */
	struct dcf_store *store;
	struct dcf_log *log;      /* open; its size is the state's position */
	struct dcf_signer signer; /* its key is borrowed */
	struct dcf_clock clock;
	struct dcf_logger *logger;            /* may be NULL */
	struct dcf_metrics *metrics;          /* may be NULL */
	size_t batch;                         /* commands in one append, at most DCF_STORE_BATCH_MAX */
	uint64_t snapshot_every;              /* entries; 0: never by itself */
	size_t snapshot_step;                 /* operations that go into a snapshot between two batches; 0: 2,000 */
	int64_t retention_us;                 /* of operations behind their end; 0: for ever */
	struct dcf_exchange_keeping exchange; /* of the exchange's entities behind theirs */
	bool erase;                           /* delete from the record what a purged operation said */
	int64_t jump_us, grace_us;            /* of the wall clock: see dcf_clock_watch.  jump_us 0: it is always believed */
	struct dcf_kept_head *kept;           /* synced every second or so; borrowed, may be NULL */
	/* Entries from..to-1 are published.  On the sequencer's thread; must not wait. */
	void (*published)(void *ctx, uint64_t from, uint64_t to);
	/* An intent of ours that the EXCHANGE_OWN entry at `position` wrote, or took out of the exchange (`ended`), and whom
	 * the node owes a notification: `entity` (as written; ended: as it was) and `notice` of `answer`, which is the callee's
	 * from here on (dcf_exchange_answer_free).  Once for each, in the order of the record, after `published`.  On the
	 * sequencer's thread; must not wait. NULL: nobody is told. */
	void (*own_changed)(void *ctx, uint64_t position, const struct dcf_exchange_answer *answer, bool ended);
	/* Entries from..to-1 were written although their write failed: nobody was answered, and `own_changed` says nothing of
	 * them.  After `published`, likewise.  NULL: nobody is told. */
	void (*found)(void *ctx, uint64_t from, uint64_t to);
	void *ctx;
};

/* Starts its threads.  On failure *out is untouched. */
DCF_CHECKED enum dcf_status dcf_sequencer_start(const struct dcf_sequencer_options *options, struct dcf_sequencer **out,
						struct dcf_node_error *err);
/* Put a ticket into the queue.  Any thread. */
void dcf_sequencer_put(struct dcf_sequencer *q, struct dcf_ticket *ticket);
/* Several, in this order and without others between them, so that they share an append as far as it has room. */
void dcf_sequencer_put_all(struct dcf_sequencer *q, struct dcf_ticket *const *tickets, size_t count);
/* Do the clock's work now, and return when it is done: for whoever turns a clock by hand, since the sequencer looks at it only
 * twice a second.  Everything that was put before is answered by then, callbacks included.  Any thread but the sequencer's own.
 */
void dcf_sequencer_poke(struct dcf_sequencer *q);
/* Another key signs the record's heads from here on: an entry tells of it and of the reason, the head is signed by both.  Waits
 * until it is done; not from the sequencer's own callbacks.  `next`'s key is borrowed until the sequencer ends or hands over
 * again. */
DCF_CHECKED enum dcf_status dcf_sequencer_hand_over(struct dcf_sequencer *q, const struct dcf_signer *next,
						    struct dcf_span reason, struct dcf_node_error *err);
/* DCF_OK while the record is written; else why it is not at the moment.  Any thread. */
enum dcf_status dcf_sequencer_trouble(struct dcf_sequencer *q);
/* How far the wall clock jumped ahead and is not believed yet; 0: it is.  Any thread. */
int64_t dcf_sequencer_clock_ahead_us(struct dcf_sequencer *q);
/* The administrator's word: the clock is right as it stands.  Any thread. */
void dcf_sequencer_trust_clock(struct dcf_sequencer *q);
/* Finish what is in the queue, refuse what comes, write a snapshot, end the threads, free.  NULL is fine. */
void dcf_sequencer_stop(struct dcf_sequencer *q);

#endif
