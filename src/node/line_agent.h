/* SPDX-License-Identifier: Apache-2.0 */
/* line_agent.h - what a node does by itself for its line: nobody has to be awake for it.
 *
 *   published --+                    +--> RECEIPT        at once (refused where this side is suspended)
 *   the tick ---+--> the agent's ----+--> ask            a notice without geometry, band or window: what is missing, in the
 * same second poke -------+    thread          +--> OPERATION      what was notified, as the peer's operation in our own state
 * (by "line:PARTY")
 *                                    +--> a look at what of ours is inside: a line of the log and an event; never a message
 *                                    +--> disclose       one fixed size, on a fixed tick, whatever was found
 *                                    +--> echo, check    line checks, answered and asked, with our record's head
 *                                    +--> report         a window was over without an acknowledgement
 *
 * Duties stand in the state (dcf_line_duty_next) and are cleared by the entry that does them, so a crash forgets none and a
 * restart does none twice.  All that it does goes through the sequencer, as LINE_OUT, OPERATION and EVENT commands like
 * anybody's.
 *
 * A peer's notice with object id ID stands in our state as operation (PEER, ID): the id that the message has, so both sides
 * speak of the same thing.  A newer version replaces it; a withdrawn one is cancelled or ended. */
#ifndef DCF_NODE_LINE_AGENT_H
#define DCF_NODE_LINE_AGENT_H

#include "domain/line.h"
#include "node/sequencer.h"

struct dcf_line_agent;

struct dcf_line_agent_options {
	const struct dcf_alloc *from;
	struct dcf_state *state; /* loaded */
	struct dcf_store *store;
	struct dcf_log *log;
	struct dcf_sequencer *sequencer;
	struct dcf_clock clock;
	struct dcf_logger *logger;   /* may be NULL */
	struct dcf_metrics *metrics; /* may be NULL */
	struct dcf_signer signer;    /* the line key, named by our party; its key is borrowed */
	int64_t tick_us;             /* when disclosure replies leave: at whole multiples of it since 1970 by our clock; 1 s */
	uint32_t disclose_per_h;     /* answers with a content that one peer gets in an hour; beyond it the reply says "none" */
	bool stepped;                /* the clock is turned by hand: work on it only when poked */
};

/* Starts its thread.  On failure *out is untouched. */
DCF_CHECKED enum dcf_status dcf_line_agent_start(const struct dcf_line_agent_options *options, struct dcf_line_agent **out,
						 struct dcf_node_error *err);
/* Entries up to `to` are published: look for duties.  Any thread, the sequencer's too: never waits. */
void dcf_line_agent_published(struct dcf_line_agent *agent, uint64_t to);
/* The clock was turned: do what it asks for.  Any thread; never waits. */
void dcf_line_agent_poke(struct dcf_line_agent *agent);
/* Was everything done that could be, up to the last poke and publish?  What waits for the tick is not counted: see below. */
bool dcf_line_agent_quiet(struct dcf_line_agent *agent);
/* When the clock's next work is due (a tick with something to say, a line check), INT64_MAX when none. */
int64_t dcf_line_agent_next_us(struct dcf_line_agent *agent);
/* Ends the thread, waits for what it has in the queue, frees.  Before dcf_sequencer_stop.  NULL is fine. */
void dcf_line_agent_stop(struct dcf_line_agent *agent);

#endif
