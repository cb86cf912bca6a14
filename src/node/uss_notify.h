/* SPDX-License-Identifier: Apache-2.0 */
/* uss_notify.h - subscribers are told what becomes of intents of ours (F3548-21: POST /uss/v1/operational_intents).
 *
 *   sequencer --own_changed--> inbox --> destinations, each with its jobs in order --> curl --> done, again later, or given up
 *
 *     uss_notify.c   life, the inbox, the thread
 *     uss_queue.c    destinations and jobs: who may go now
 *     uss_post.c     one job: token, request, what its answer means
 *     uss_told.c     what was told already, kept over a restart; what was not, found in the record
 *
 * ORDER   A destination is told of the changes of one intent in their order, one after the other; different intents go side by
 * side. TRIES   No answer, 408, 429 and 5xx are tried again, uss.attempts times in all, at distances that double (half a second
 * to a minute, less up to a half at random; Retry-After is heeded up to a minute); a destination that fails is tried by one job
 * at a time.  Any other status ends it: another try would meet the same. BOUNDS  DCF_USS_JOBS wait or are under way, in
 * DCF_USS_DESTINATIONS; what comes beyond is dropped, counted and logged. AFTER A RESTART  DIR/uss.told holds the position of
 * the record up to which all is told or given up.  The record says which intents of ours changed behind it; the subscriptions
 * that stand are told of these as they are now, with their present indices: at least once, perhaps again, never something old.
 * So it is with entries that were written although their write failed.
 *
 * The thread of the sequencer appends to the inbox under a short lock and never waits. */
#ifndef DCF_NODE_USS_NOTIFY_H
#define DCF_NODE_USS_NOTIFY_H

#include "domain/exchange.h"
#include "node/log.h"
#include "node/metrics.h"
#include "node/uss_token.h"

enum { DCF_USS_JOBS = 20000, DCF_USS_DESTINATIONS = 1024 };

struct dcf_store;
struct dcf_uss_diary;
struct dcf_uss_notify;

struct dcf_uss_notify_options {
	const struct dcf_alloc *from;
	struct dcf_state *state;
	struct dcf_store *store;
	struct dcf_clock clock;
	struct dcf_logger *logger;   /* may be NULL */
	struct dcf_metrics *metrics; /* may be NULL */
	struct dcf_uss_diary *diary; /* may be NULL */
	const struct dcf_uss_guard *guard;
	struct dcf_uss_tokens *tokens; /* NULL: nothing is sent */
	const struct dcf_uss_wire *wire;
	const char *dir;     /* the data folder */
	const char *own_url; /* our own subscriptions need no call; "": none */
	bool strict;         /* no members beside the standard's */
	uint64_t attempts;
	uint64_t position; /* of the record at the start: what is behind uss.told and before it may be untold */
};

/* Starts its thread.  Everything of `options` is borrowed. */
DCF_CHECKED enum dcf_status dcf_uss_notify_start(const struct dcf_uss_notify_options *options, struct dcf_uss_notify **out,
						 struct dcf_node_error *err);
/* Ends what is under way, writes uss.told, frees.  NULL is fine. */
void dcf_uss_notify_stop(struct dcf_uss_notify *n);
/* As dcf_sequencer_options.own_changed; takes over `answer`. */
void dcf_uss_notify_changed(struct dcf_uss_notify *n, uint64_t position, const struct dcf_exchange_answer *answer, bool ended);
/* As dcf_sequencer_options.found: the record says what to tell, as after a restart. */
void dcf_uss_notify_found(struct dcf_uss_notify *n, uint64_t from, uint64_t to);
/* Is nothing to be told or under way?  Any thread. */
bool dcf_uss_notify_quiet(struct dcf_uss_notify *n);

#endif
