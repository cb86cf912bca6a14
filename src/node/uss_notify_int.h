/* SPDX-License-Identifier: Apache-2.0 */
/* uss_notify_int.h - between the files of uss_notify.h. */
#ifndef DCF_NODE_USS_NOTIFY_INT_H
#define DCF_NODE_USS_NOTIFY_INT_H

#include "node/uss_notify.h"

#include <pthread.h>

struct uss_destination;

/* What came from the sequencer and was not looked at yet. */
struct uss_news {
	struct uss_news *next;
	uint64_t position,
		to; /* `to` not 0: entries from `position` on were found in the record, and nothing else is known of them */
	bool ended;
	struct dcf_exchange_answer answer;
};

enum uss_job_state { USS_JOB_WAITING, USS_JOB_TOKEN, USS_JOB_GOING };

/* One notification to one URL. */
struct uss_job {
	struct uss_job *next;         /* of its destination, in order */
	struct uss_job *next_tokened; /* those whose token came, or did not */
	struct dcf_uss_notify *n;
	struct uss_destination *to;
	uint64_t position;               /* of the entry that it is about */
	const struct dcf_entity *entity; /* held */
	bool ended;
	struct dcf_notice_to *notice; /* held subscriptions; `count` of them */
	size_t count;
	uint64_t tries;
	enum uss_job_state state;
	bool fresh_token; /* a 401 was answered by another token already */
	bool no_token;    /* there was none */
	char why[CURL_ERROR_SIZE];
	struct dcf_buf token, body;
	struct dcf_uss_call call;
	int64_t began_us; /* wall */
};

/* A base URL that is called. */
struct uss_destination {
	struct uss_destination *next;
	struct dcf_uss_place place;
	struct uss_job *first, **end;
	size_t waiting, going;
	unsigned failures; /* one after the other */
	int64_t next_us;   /* mono: not before */
};

struct dcf_uss_notify {
	struct dcf_uss_notify_options o;
	struct dcf_alloc from;
	CURLM *multi;
	pthread_t thread;
	bool runs;
	struct dcf_pool *pool; /* waits for tokens */
	pthread_mutex_t lock;  /* of what follows, up to the blank line */
	struct uss_news *inbox, **inbox_end;
	size_t inbox_count;
	struct uss_job *tokened;
	bool busy; /* the thread has something to do */
	_Atomic bool ending;

	/* the thread's own */
	struct uss_destination *destinations;
	_Atomic size_t job_count;
	size_t destination_count, going;
	uint64_t seen; /* everything before this position is in the queue, or done */
	uint64_t told; /* as it stands in the file */
	int64_t told_next_us;
	uint64_t jitter;
	struct dcf_counter *sent, *refused, *given_up, *dropped, *forbidden, *tried;
};

static inline int64_t uss_mono(const struct dcf_uss_notify *n)
{
	return dcf_clock_mono_us(&n->o.clock);
}

/* uss_queue.c.  A job for each URL of the notices; what cannot be called is counted and logged. */
void dcf_uss_queue_add(struct dcf_uss_notify *n, uint64_t position, const struct dcf_entity *entity, bool ended,
		       struct dcf_notice_to *notice, size_t count);
/* Begin what may go; returns when (mono) to look again. */
int64_t dcf_uss_queue_go(struct dcf_uss_notify *n);
/* Off its destination, and freed. */
void dcf_uss_queue_remove(struct dcf_uss_notify *n, struct uss_job *job);
/* It failed and may be tried again.  `all`: so did everything that waits for this destination. */
void dcf_uss_queue_again(struct dcf_uss_notify *n, struct uss_job *job, int64_t after_s, bool all);
void dcf_uss_queue_free(struct dcf_uss_notify *n);
/* Everything before this position is done. */
uint64_t dcf_uss_queue_told(const struct dcf_uss_notify *n);

/* uss_post.c */
void dcf_uss_post_begin(struct dcf_uss_notify *n, struct uss_job *job);
void dcf_uss_post_tokened(struct dcf_uss_notify *n, struct uss_job *job);
void dcf_uss_post_ended(struct dcf_uss_notify *n, struct uss_job *job, CURLcode result);
/* Give it up for good, and say so. */
void dcf_uss_post_give_up(struct dcf_uss_notify *n, struct uss_job *job, const char *why);

/* uss_told.c */
void dcf_uss_told_load(struct dcf_uss_notify *n);
void dcf_uss_told_keep(struct dcf_uss_notify *n, bool now);
/* Tell what entries from..to-1 changed. */
void dcf_uss_told_catch_up(struct dcf_uss_notify *n, uint64_t from, uint64_t to);

#endif
