/* SPDX-License-Identifier: Apache-2.0 */
/* line_agent_int.h - the inside of what a node does by itself for its line.
 *
 *     line_agent.c    life; two threads: one for everything, one that only sends disclosure replies when the tick comes
 *     line_batch.c    many tickets at once: each thing that is done is one, and all share an append
 *     line_duties.c   what each duty asks for
 *     line_rounds.c   what comes by the clock or is about the line itself: line checks, echoes, refusals
 *     line_tick.c     disclosure replies
 *
 * The reply's thread does nothing else, so that no question about our operations can hold it up: what was found until the tick
 * is told, and what was not found by then is not. */
#ifndef DCF_NODE_LINE_AGENT_INT_H
#define DCF_NODE_LINE_AGENT_INT_H

#include "domain/line_terms.h"
#include "node/line_agent.h"
#include "node/line_disclose.h"
#include "node/line_notice.h"

#include <pthread.h>

enum {
	DCF_JOBS_AT_ONCE = 128,
	DCF_JOB_TRIES = 3, /* of one duty, while nothing about its object changes */
	DCF_FAILED_MOST = 1024,
	DCF_MET_MOST = 65536,
};

/* A peer, and its operation here. */
struct dcf_op_name {
	char party[65], id[DCF_OBJECT_ID_MAX + 1], by[72];
};

/* One thing that is done: a ticket of one command, whose entry clears the duty. */
struct dcf_job {
	struct dcf_ticket ticket;
	struct dcf_command command;
	struct dcf_op *op;
	struct dcf_line_command line;
	struct dcf_buf note, body;
	struct dcf_batch_of_jobs *batch;
	uint64_t serial, last; /* of the object, SIZE_MAX without; its last entry then */
	uint8_t duty;
	struct dcf_op_name name;
	char object[DCF_OBJECT_ID_MAX + 1];
};

struct dcf_batch_of_jobs {
	struct dcf_line_agent *agent;
	struct dcf_job *job; /* DCF_JOBS_AT_ONCE of them */
	size_t count, waiting;
	uint64_t taken;   /* by the record, since the start */
	bool unavailable; /* the record could not be written */
};

/* A duty that could not be done; after a minute it is tried anew, since parties and airspace may have come meanwhile. */
#define DCF_JOB_AGAIN_US (INT64_C(60) * 1000000)
struct dcf_failed {
	uint64_t serial, last;
	int64_t at_us;
	uint8_t duty, tries;
};

/* What was found about a notice, for its disclosure reply. */
struct dcf_met {
	uint64_t serial;
	struct dcf_line_meeting meeting;
};

struct dcf_line_agent {
	struct dcf_line_agent_options o;
	struct dcf_line *line;
	char party[65];
	pthread_t work, tick;
	pthread_mutex_t lock;
	pthread_cond_t came, answered;
	uint64_t wanted, worked, ticked; /* how often something came; up to which of these each thread has looked */
	bool ending;
	/* under the lock */
	struct dcf_met *met; /* by serial */
	size_t met_count, met_cap;
	struct dcf_failed failed[DCF_FAILED_MOST];
	size_t failed_next;
	/* the working thread's */
	struct dcf_batch_of_jobs duties;
	struct dcf_jdoc doc;
	struct dcf_line_terms terms;
	uint64_t terms_of; /* position of the airspace that they were read from */
	bool terms_read;
	int64_t checked[DCF_PEERS_MAX];   /* line checks: the round of the last one */
	uint64_t check_n[DCF_PEERS_MAX];  /* and its number */
	uint64_t reported[DCF_PEERS_MAX]; /* refusals that are reported */
	int64_t reported_us[DCF_PEERS_MAX];
	bool peer_seen[DCF_PEERS_MAX];
	_Atomic int64_t check_next_us;
	/* the tick's */
	struct dcf_batch_of_jobs replies;
	int64_t quota_hour[DCF_PEERS_MAX];
	uint32_t quota_used[DCF_PEERS_MAX];
};

int64_t dcf_agent_now_us(const struct dcf_line_agent *agent);

/* --- line_batch.c --- */

DCF_CHECKED enum dcf_status dcf_batch_open(struct dcf_batch_of_jobs *b, struct dcf_line_agent *agent);
void dcf_batch_close(struct dcf_batch_of_jobs *b);
/* A cleared job about that peer (and object, or NULL), or NULL when it is known that it cannot be done. */
struct dcf_job *dcf_batch_job(struct dcf_batch_of_jobs *b, uint32_t peer, const struct dcf_line_object *object, uint8_t duty);
/* Ask for it; once DCF_JOBS_AT_ONCE are there they are put and waited for. */
void dcf_batch_put(struct dcf_batch_of_jobs *b, struct dcf_job *job);
/* It cannot be done at all: not tried again until something about its object changes. */
void dcf_batch_drop(struct dcf_batch_of_jobs *b, struct dcf_job *job, const char *why);
/* Put and wait for what is left. */
void dcf_batch_flush(struct dcf_batch_of_jobs *b);
/* A message of this verb: the job's body is filled in by the caller. */
struct dcf_message *dcf_job_message(struct dcf_job *job, enum dcf_verb verb, const struct dcf_line_object *object);
/* An entry about the peer's operation of the job's name. */
struct dcf_entry_head *dcf_job_operation(struct dcf_job *job, enum dcf_entry_kind kind);
/* How often it failed before. */
unsigned dcf_job_failures(struct dcf_line_agent *agent, uint64_t serial, uint8_t duty, uint64_t last);

/* --- the work --- */

void dcf_agent_duties(struct dcf_line_agent *agent);
void dcf_agent_rounds(struct dcf_line_agent *agent);
void dcf_agent_reply(struct dcf_line_agent *agent);
/* When the reply about an object that came at `begun_us` leaves: a whole tick later at least, on a tick. */
int64_t dcf_agent_reply_at(const struct dcf_line_agent *agent, int64_t begun_us);
/* The next reply that is due, INT64_MAX when none is. */
int64_t dcf_agent_reply_next_us(struct dcf_line_agent *agent);

bool dcf_agent_met(struct dcf_line_agent *agent, uint64_t serial, struct dcf_line_meeting *out);
void dcf_agent_meets(struct dcf_line_agent *agent, uint64_t serial, const struct dcf_line_meeting *met);
void dcf_agent_met_drop(struct dcf_line_agent *agent, uint64_t serial);

#endif
