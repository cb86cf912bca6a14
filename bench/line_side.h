/* SPDX-License-Identifier: Apache-2.0 */
/* line_side.h - one side of a line in this process: a record on disk or in memory, its state, its sequencer and its link; no
 * people, no API, nothing that answers by itself. */
#ifndef DCF_BENCH_LINE_SIDE_H
#define DCF_BENCH_LINE_SIDE_H

#include "domain/line.h"
#include "node/line_link.h"

#include <pthread.h>

struct dcf_line_side {
	struct dcf_alloc heap;
	char party[65], listen[32];
	struct dcf_config config;
	struct dcf_store *store;
	struct dcf_log *log;
	struct dcf_state *state;
	struct dcf_sequencer *sequencer;
	struct dcf_line_link *link;
	struct dcf_signing_key key, line_key;
	struct dcf_signer signer, line_signer;
	pthread_mutex_t lock; /* of `link`, as the sequencer sees it */
	bool link_runs;
	/* Entries are durable and published; on the sequencer's thread. */
	void (*published)(void *ctx, struct dcf_line_side *side);
	void *ctx;
};

/* A new record: in `folder` (SQLite), or in memory where that is NULL.  It knows itself and `others` as parties.  Listens on a
 * free port of loopback where `listens`.  A message on standard error and DCF_E_IO when it fails. */
DCF_CHECKED enum dcf_status dcf_line_side_start(struct dcf_line_side *side, const char *party, const char *folder, bool listens,
						int64_t heartbeat_us);
void dcf_line_side_stop(struct dcf_line_side *side);
/* Pin a peer: `port` 0 where it cannot be called. */
DCF_CHECKED enum dcf_status dcf_line_side_pin(struct dcf_line_side *side, const char *party, const struct dcf_public_key *key,
					      unsigned port);
/* Put one command and wait for it. */
DCF_CHECKED enum dcf_status dcf_line_side_ask(struct dcf_line_side *side, struct dcf_command *command);
/* What the state says of its first peer. */
struct dcf_line_peer dcf_line_side_peer(struct dcf_line_side *side, uint32_t peer);

/* A notice of about a kilobyte that is on its way: put without waiting, freed by itself. */
DCF_CHECKED enum dcf_status dcf_line_side_notify(struct dcf_line_side *side, const char *to, uint64_t number,
						 void (*taken)(void *ctx, uint64_t number, bool good), void *ctx);

#endif
