/* SPDX-License-Identifier: Apache-2.0 */
/* line_link.h - the link: carries messages of the line between two nodes, each way, until they are in both records.
 *
 *     record --published--> link thread --POST /line/v1/exchange--> peer: verify, LINE_IN tickets, durable, then the reply
 *                                  <--- have, and what the caller lacks ---
 *
 * HTTPS, TLS 1.3 alone, both sides by certificates made of their line keys, each pinned by its public key (PEER entries).  One
 * request and its reply have one form (line_frame.h): what I have of yours, and messages of mine that you lack.  So either side
 * alone may be reachable; what is said twice is taken once; and `have` is only said of what is durable.
 *
 *     line_link.c   one thread for all peers (libcurl): pushes at once when a stream of ours grew, else asks every heartbeat
 *     line_serve.c  the listener: one more HTTP server
 *     line_take.c   received notes: signature, chain, tickets; what is refused is counted and told to the record
 *     line_file.c   the same messages as a file
 *
 * While the hashes of the two sides' agreements differ nothing is taken and nothing is sent; both say so. */
#ifndef DCF_NODE_LINE_LINK_H
#define DCF_NODE_LINE_LINK_H

#include "domain/line.h"
#include "node/config.h"
#include "node/sequencer.h"

struct dcf_line_link;

struct dcf_line_link_options {
	const struct dcf_alloc *from;
	const struct dcf_config *config; /* section [line]; all of these are borrowed until dcf_line_link_stop */
	struct dcf_state *state;         /* loaded */
	struct dcf_store *store;
	struct dcf_sequencer *sequencer;
	struct dcf_clock clock;
	struct dcf_logger *logger;         /* may be NULL */
	struct dcf_metrics *metrics;       /* may be NULL */
	const struct dcf_signing_key *key; /* the line key */
	bool exercise;                     /* of the record */
	bool stepped;                      /* the wall clock is turned by hand: it stands still during an exchange */
	/* Every frame that our calls send and get back, for tests that look at each byte; may be NULL.  From the link's thread.
	 */
	void (*wire)(void *ctx, bool sent, struct dcf_span frame);
	void *wire_ctx;
};

/* Starts the thread, and the listener where config->line.listen names an address.  On failure nothing is left running. */
DCF_CHECKED enum dcf_status dcf_line_link_start(const struct dcf_line_link_options *options, struct dcf_line_link **out,
						struct dcf_node_error *err);
/* Entries were published: look whether something is to be sent.  Any thread; never waits; NULL is fine. */
void dcf_line_link_published(struct dcf_line_link *link);
/* The port that peers reach us on; 0 without a listener. */
uint16_t dcf_line_link_port(const struct dcf_line_link *link);
/* Ends listener and thread; waits for tickets that are on their way, so the sequencer must still run.  NULL is fine. */
void dcf_line_link_stop(struct dcf_line_link *link);

/* Over which way the peer was last reached, or reached us. */
enum dcf_line_path {
	DCF_LINE_PATH_NONE,
	DCF_LINE_PATH_FIRST,  /* its url */
	DCF_LINE_PATH_SECOND, /* its second url */
	DCF_LINE_PATH_THEIRS  /* it calls us; ours to it fails, or there is none */
};
const char *dcf_line_path_name(enum dcf_line_path path); /* "", "first", "second", "theirs" */

/* What the link knows of a peer at the moment, beside what stands in the record. */
struct dcf_line_live {
	uint8_t technical, path; /* enum dcf_line_technical, enum dcf_line_path */
	bool heard;              /* since the start of the node: what follows is known */
	bool agreement_differs;  /* nothing goes either way until both load the same */
	bool exercise_differs;   /* likewise: an exercise and the real thing are never mixed */
	bool history_differs;    /* it has, or claims to have, other messages of ours than we do: a restored record, or a lie */
	struct dcf_hash agreement;   /* as it said last */
	uint64_t acked;              /* of ours, in its record by its own words */
	int64_t heard_at_us;         /* wall clock, when it was last heard */
	int64_t offset_us, round_us; /* its clock less ours; the round trip that this was measured by */
	uint32_t missed;             /* checks in a row without an echo */
	uint64_t refused;            /* what it sent and was not taken, since the start */
	char trouble[160];           /* why it is not reached, or what was refused last; "" when all is well */
};
/* False when there is no such peer, or no link. */
bool dcf_line_link_live(struct dcf_line_link *link, uint32_t peer, struct dcf_line_live *out);

/* Has every peer been heard, is nothing on its way, and is there nothing to send or to say?  Then no call begins before the
 * next heartbeat or the next entry.  For whoever turns the clock by hand while no words are in the air. */
bool dcf_line_link_quiet(struct dcf_line_link *link);

/* As if the network were gone, from now on until `cut` is false: no call is begun, and who calls is sent away.  The line is
 * DOWN at once, without waiting for checks to be missed.  For rehearsals of a broken line. */
void dcf_line_link_cut(struct dcf_line_link *link, bool cut);

/* SHA-256 of the airspace's text (the agreement's file) as it is in force in the published state; zero when there is none. */
DCF_CHECKED enum dcf_status dcf_line_agreement(struct dcf_state *state, struct dcf_hash *out);

/* Is it what a PEER entry's url may be: "", "https://HOST:PORT", or two of these with one blank between them (the second is for
 * when the first fails)?  No path, no user, at most DCF_URL_MAX bytes. */
bool dcf_line_url_ok(struct dcf_span url);

#endif
