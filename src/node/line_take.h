/* SPDX-License-Identifier: Apache-2.0 */
/* line_take.h - received notes into the record, and what is refused of them.
 *
 * The way of every message that comes, by the link or by a file.  On the caller's thread each note must be signed by the peer's
 * pinned key, its message canonical, and the same as the record has where it has one of that number: one fault, and nothing of
 * the run is taken.  Then one LINE_IN ticket each, in the order of their numbers and put together, so that one durable write
 * serves them all; what the state objects to (a broken chain, too far ahead) is left out. */
#ifndef DCF_NODE_LINE_TAKE_H
#define DCF_NODE_LINE_TAKE_H

#include "domain/line.h"
#include "node/sequencer.h"

/* Why something that a peer sent is refused.  Names stand in LINE_REFUSED entries: append only. */
enum dcf_line_fault {
	DCF_LINE_NO_FAULT,
	DCF_LINE_MALFORMED,    /* no exchange, no note, no message */
	DCF_LINE_SIGNATURE,    /* not signed by the pinned key */
	DCF_LINE_REWRITTEN,    /* another message of a number that is in the record */
	DCF_LINE_CHAIN_BROKEN, /* does not follow the one before */
	DCF_LINE_TOO_FAR,      /* too far ahead of what is here */
	DCF_LINE_MISDIRECTED,  /* from or to somebody else; an exercise mixed with the real thing */
	DCF_LINE_OVERSIZED,
	DCF_LINE_FLOODING,
	DCF_LINE_CLOCK,   /* its clock jumped */
	DCF_LINE_HISTORY, /* claims to have other messages of ours than we sent */
	DCF_LINE_FAULT_COUNT
};
const char *dcf_line_fault_name(enum dcf_line_fault f); /* "malformed" ... */

enum {
	DCF_LINE_TAKE_MAX = 32768, /* notes of one run */
	DCF_LINE_REFUSED_EVERY_US =
		10 * 1000000 /* at most one LINE_REFUSED entry of a peer in this time; the next one says how many more */
};

/* Where messages are taken to. */
struct dcf_line_into {
	const struct dcf_alloc *from;
	struct dcf_state *state;
	struct dcf_store *store;
	struct dcf_sequencer *sequencer;
};

/* What became of a run. */
struct dcf_line_taken {
	uint32_t notes, taken, repeated; /* of the notes given: in the record now; in it before */
	enum dcf_line_fault fault;       /* of the first that was refused; none when there was none */
	uint32_t which;                  /* that one: index into the notes given */
	struct dcf_hash digest;          /* SHA-256 of what was refused */
	bool unavailable;                /* the record cannot be written: nothing is known of those not taken; ask again */
	char why[160];                   /* a sentence about the fault; "" without */
};

/* Take `count` notes (at most DCF_LINE_TAKE_MAX) of the peer with that index.  They are borrowed until `done`, which is called
 * once, when all are durable or refused: on the sequencer's thread, or on this one when nothing was to be put; it must not
 * wait.  DCF_E_NOT_FOUND: no such peer, or it is removed; DCF_E_LIMIT; DCF_E_NOMEM: nothing happened and `done` is not called.
 */
DCF_CHECKED enum dcf_status dcf_line_take(const struct dcf_line_into *into, uint32_t peer, const struct dcf_span *notes,
					  size_t count, void (*done)(void *ctx, const struct dcf_line_taken *taken), void *ctx);

#endif
