/* SPDX-License-Identifier: Apache-2.0 */
/* line_link_int.h - the inside of the link, for the files that make it up.
 *
 *     line_link.c      life, the thread, peers as the state has them, what callers see
 *     line_call.c      our side calls: one exchange with one peer, by libcurl
 *     line_serve.c     the peer calls: the listener
 *     line_exchange.c  what both do: what we say, and what we make of what was said
 *     line_watch.c     is the line up, how far is the other clock off, what was refused: and the entries that say so
 *
 * `lock` protects what is marked so; it is held for microseconds, never over a read of the store.  What is marked "thread"
 * belongs to the link's thread alone. */
#ifndef DCF_NODE_LINE_LINK_INT_H
#define DCF_NODE_LINE_LINK_INT_H

#include "node/http.h"
#include "node/line_frame.h"
#include "node/line_link.h"
#include "node/line_take.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
	LINE_URLS = 2,
	LINE_WAYS = 4,         /* enum dcf_line_path */
	LINE_NOTE_ROOM = 4096, /* least room for notes in a frame on a bad path; a single note always fits */
	LINE_CLOCK_SAMPLES = 8,
	LINE_PRESSED = 20 /* requests that came in spite of "wait" until it is called flooding */
};

/* Our side's calls to a peer.  Thread. */
struct line_call {
	CURL *easy;
	struct curl_slist *headers;
	char pin[53], error[CURL_ERROR_SIZE];
	struct dcf_buf request, reply;
	struct dcf_arena arena; /* of the reply */
	struct dcf_jdoc doc;
	_Atomic bool busy; /* also read by dcf_line_link_quiet */
	bool too_long;
	_Atomic bool taking;                      /* notes of the reply are on their way into the record */
	unsigned url;                             /* which one */
	int64_t probe_us;                         /* when the first url is tried again */
	int64_t began_us, began_wall_us, last_us; /* monotonic, wall; when the last one ended */
	int64_t next_us, back_off_us, wait_us;
	uint64_t said_have, sent_to;
	size_t room; /* bytes of notes in the next frame */
};

/* Where the other clock stands, by the samples of late. */
struct line_clock {
	int64_t offset_us[LINE_CLOCK_SAMPLES], round_us[LINE_CLOCK_SAMPLES];
	unsigned count, next;
};

/* What was refused and is not in the record yet. */
struct line_blame {
	enum dcf_line_fault fault; /* the last */
	struct dcf_hash digest;
	char why[160];
	uint32_t waiting; /* how many since the last entry */
	int64_t entry_us, every_us;
	bool any;
};

struct line_peer {
	struct dcf_line_link *link;
	uint32_t index;
	/* lock */
	char party[65];
	struct dcf_public_key key;
	char url[LINE_URLS][DCF_URL_MAX + 1];
	bool removed;
	uint64_t out_count, in_count;
	struct dcf_line_live live;
	int64_t said_at_us; /* by its clock, when it said the newest of what we heard */
	uint64_t told_have; /* of theirs, as we said last, whoever called */
	uint64_t mark;      /* hash of a message of ours that was sent lately */
	struct dcf_hash mark_hash;
	int64_t ok_us[LINE_WAYS];   /* monotonic, of the last exchange over that way; INT64_MIN for never */
	int64_t since_us;           /* that it is watched */
	struct line_clock clock[2]; /* by their words in answers (0) and in calls (1) */
	struct line_blame blame;
	int64_t tokens, bytes, tokens_us; /* in millionths */
	uint32_t pressed, serving;        /* calls in spite of "wait"; exchanges of its calls under way */
	/* thread */
	struct line_call call;
	uint8_t recorded;            /* enum dcf_line_technical as LINE_STATUS said last */
	struct dcf_line_taken taken; /* lock: of the last reply */
	bool has_taken;
	_Atomic bool again; /* to be called as soon as may be, whatever was heard: the line was cut, or the last call failed */
};

struct dcf_line_link {
	struct dcf_line_link_options o;
	struct dcf_alloc from;
	char party[65];
	struct dcf_line_into into;
	struct dcf_buf certificate, key; /* PEM */
	struct dcf_http *http;
	CURLM *multi;
	pthread_t thread;
	bool runs;
	_Atomic bool ending, cut;
	pthread_mutex_t lock;
	pthread_cond_t landed;
	unsigned flying; /* lock: tickets of ours and runs whose answer is to come */
	struct line_peer *_Atomic peer[DCF_PEERS_MAX];
	_Atomic uint32_t peer_count;
	struct dcf_hash agreement; /* lock */
	uint64_t agreement_at;     /* thread: position of the airspace's entry */
	bool agreement_known;
	int64_t wall_less_mono_us; /* thread: to notice that our own clock was set */
	struct dcf_counter *sent, *received, *repeated, *refused, *calls, *failed;
};

static inline int64_t line_mono(const struct dcf_line_link *l)
{
	return dcf_clock_mono_us(&l->o.clock);
}

/* --- line_link.c -------------------------------------------------------------------------------------------------- */
void dcf_line_wake(struct dcf_line_link *l);
void dcf_line_fly(struct dcf_line_link *l);
void dcf_line_land(struct dcf_line_link *l);

/* --- line_exchange.c ---------------------------------------------------------------------------------------------- */

/* What we say to a peer: what we have of theirs and, where asked for and allowed, what it lacks, at most `room` bytes of notes
 * (one at least).  `*sent_to` is the number of the last, or what it had before. */
DCF_CHECKED enum dcf_status dcf_line_say(struct line_peer *p, bool notes, size_t room, struct dcf_buf *out, uint64_t *have,
					 uint64_t *sent_to);

/* What was heard. */
struct line_hearing {
	enum dcf_line_path way;
	bool answer;                 /* to a call of ours: round_us and middle_us are known */
	int64_t round_us, middle_us; /* wall clock half way between our words and its */
	struct dcf_span bytes;       /* for the digest of what is refused */
};
/* Judge a frame: may its notes be taken?  Remembers what it says.  A fault is counted and told (dcf_line_refuse). */
enum dcf_line_fault dcf_line_hear(struct line_peer *p, const struct dcf_line_frame *f, const struct line_hearing *h,
				  bool *take);
/* What became of its notes. */
void dcf_line_heard(struct line_peer *p, const struct dcf_line_taken *taken);

/* --- line_watch.c ------------------------------------------------------------------------------------------------- */
void dcf_line_refuse(struct line_peer *p, enum dcf_line_fault fault, struct dcf_hash digest, const char *why);
/* The other clock said `at_us`; false when it jumped. */
bool dcf_line_clock_take(struct line_peer *p, int64_t at_us, const struct line_hearing *h);
/* May it send at all now?  Under no lock.  *wait_s: how long it should not. */
bool dcf_line_rate_open(struct line_peer *p, unsigned *wait_s, bool *flooding);
void dcf_line_rate_take(struct line_peer *p, size_t messages, size_t bytes);
/* Up or down, and entries that are to be written; thread. */
void dcf_line_watch(struct line_peer *p, int64_t now_us);

/* --- line_call.c -------------------------------------------------------------------------------------------------- */
/* Begin an exchange if it is time; returns when to look again (monotonic).  Thread. */
int64_t dcf_line_call_tend(struct line_peer *p, int64_t now_us);
void dcf_line_call_ended(struct line_peer *p, CURLcode result);
/* Another key, url, or removed: begin anew. */
void dcf_line_call_reset(struct line_peer *p);
void dcf_line_call_free(struct line_peer *p);

/* --- line_serve.c ------------------------------------------------------------------------------------------------- */
DCF_CHECKED enum dcf_status dcf_line_serve(struct dcf_line_link *l, struct dcf_node_error *err);

#endif
