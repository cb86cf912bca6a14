/* SPDX-License-Identifier: Apache-2.0 */
/* uss.h - this node as a provider (USS) of the exchange, for the operations of its own party.
 *
 *     uss_text.c     intents of ours as JSON             uss_guard.c   whom we may call
 *     uss_peers.c    what others said of theirs          uss_token.c   with which tokens
 *     uss_diary.c    the last exchanges                  uss_call.c    one call
 *     uss_notify.c   subscribers are told                uss_fetch.c   details of others' intents
 * Handlers are in api_uss*.c.  All parts are there in every node, so that what others say is taken; calls are made only where
 * uss.destination names somebody. */
#ifndef DCF_NODE_USS_H
#define DCF_NODE_USS_H

#include "node/uss_diary.h"
#include "node/uss_notify.h"
#include "node/uss_peers.h"

struct dcf_uss {
	struct dcf_alloc from;
	const struct dcf_config *config;
	struct dcf_clock clock;
	struct dcf_uss_wire wire;
	struct dcf_uss_guard *guard;
	struct dcf_uss_tokens *tokens; /* NULL: this node calls nobody */
	struct dcf_uss_diary *diary;
	struct dcf_uss_peers *peers;
	struct dcf_uss_notify *notify; /* while it runs */
	struct dcf_pool *pool;         /* calls that somebody waits for; likewise */
	struct dcf_counter *fetched, *fetch_failed;
};

/* The name of our party in the exchange. */
static inline const char *dcf_uss_manager(const struct dcf_config *config)
{
	return *config->uss.manager ? config->uss.manager : config->uss.party;
}

/* What the configuration says; nothing is called yet.  DCF_E_USAGE, DCF_E_IO (a key's file), DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_uss_open(const struct dcf_alloc *a, const struct dcf_config *config, struct dcf_clock clock,
					 struct dcf_uss **out, struct dcf_node_error *err);
/* Once the state is loaded, and before the sequencer starts: from now on subscribers are told. */
DCF_CHECKED enum dcf_status dcf_uss_run(struct dcf_uss *uss, struct dcf_state *state, struct dcf_store *store,
					struct dcf_logger *logger, struct dcf_metrics *metrics, struct dcf_node_error *err);
/* As dcf_sequencer_options.own_changed. */
void dcf_uss_changed(struct dcf_uss *uss, uint64_t position, const struct dcf_exchange_answer *answer, bool ended);
/* As dcf_sequencer_options.found. */
void dcf_uss_found(struct dcf_uss *uss, uint64_t from, uint64_t to);
/* Calls end soon: before the HTTP server waits for those who wait for them. */
void dcf_uss_hurry(struct dcf_uss *uss);
/* After HTTP and the sequencer ended.  NULL is fine. */
void dcf_uss_close(struct dcf_uss *uss);

#endif
