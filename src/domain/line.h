/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - the line as state: neighbours, the two streams of messages with each, and the objects that they are about.
 *
 * A part of struct dcf_state, moved by entries like the rest of it: PEER (whose key is pinned), LINE_OUT (a message of ours, as
 * signed), LINE_IN (one of theirs, as received), LINE_CLOCK (a deadline passed, a window is over), LINE_STATUS (the path went
 * up or down), LINE_REFUSED (what a peer sent and was not taken).  So deadlines and escalations replay as they were.
 *
 * Readers copy out small values under a lock that is held for microseconds and see only what is durable. */
#ifndef DCF_DOMAIN_LINE_H
#define DCF_DOMAIN_LINE_H

#include "domain/entry_head.h"
#include "domain/message.h"
#include "domain/notice_object.h"

struct dcf_line;
struct dcf_state;

enum {
	DCF_PEERS_MAX = 256,
	DCF_LINE_HELD_MAX = 1024, /* messages of a peer that came before ones they follow, kept until those come */
	DCF_URL_MAX = 200
};

enum dcf_line_technical { DCF_LINE_DOWN, DCF_LINE_DEGRADED, DCF_LINE_UP };
enum dcf_line_political { DCF_LINE_OPEN, DCF_LINE_SUSPENDED, DCF_LINE_CLOSED };
const char *dcf_line_technical_name(enum dcf_line_technical t);
const char *dcf_line_political_name(enum dcf_line_political p);

/* One direction of messages. */
struct dcf_line_stream {
	uint64_t count;       /* messages 1..count are in the record */
	struct dcf_hash last; /* hash of message `count`; zero when there is none */
};

struct dcf_line_peer {
	char party[65];            /* id of the other side, a party of the frame */
	struct dcf_public_key key; /* its line key, pinned */
	char url[DCF_URL_MAX + 1]; /* "https://host:port"; "" when only it calls us, or by file alone */
	bool removed;              /* unpinned: the streams stay, nothing is taken or sent */
	struct dcf_line_stream out, in;
	uint64_t acked;    /* of ours, as LINE_STATUS entries last said: what is known to be in its record */
	uint32_t held;     /* messages waiting for ones before them */
	uint8_t technical; /* enum dcf_line_technical */
	int64_t technical_since_us, offset_us;  /* its clock less ours, as the last LINE_STATUS said */
	uint8_t ours, theirs;                   /* enum dcf_line_political, as each side declared */
	int64_t ours_since_us, theirs_since_us; /* effective time of that */
	uint64_t refused;                       /* LINE_REFUSED entries */
	uint64_t first, last;                   /* positions of its PEER entries */
};
/* The line works as agreed only while both sides say OPEN. */
static inline enum dcf_line_political dcf_line_political(const struct dcf_line_peer *p)
{
	return (enum dcf_line_political)(p->ours > p->theirs ? p->ours : p->theirs);
}

enum dcf_timeliness {
	DCF_NOT_JUDGED,
	DCF_ON_TIME,
	DCF_LATE,
	DCF_NO_NOTICE
}; /* no rule or no object; NONE: received at or after the start */

/* What the node owes for an object by itself; bits.  Cleared by the entry that does it, so a crash forgets none. */
enum dcf_line_duty {
	DCF_DUTY_RECEIPT = 1,   /* send RECEIPT, ASK_RECEIPT or CEASE_RECEIPT (`refused` where suspended) */
	DCF_DUTY_CLARIFY = 2,   /* a notice without geometry, band or window: ask */
	DCF_DUTY_DISCLOSE = 4,  /* the disclosure reply, on the tick */
	DCF_DUTY_DECLARE = 8,   /* make what was notified known to CHECK as the peer's operation */
	DCF_DUTY_INCIDENT = 16, /* the window was over without an acknowledgement: report */
	DCF_DUTY_ECHO = 32      /* a line check to be answered; of the peer, see dcf_line_duty_next */
};

/* One thing talked about with one peer.  Several versions of one notification are several objects. */
struct dcf_line_object {
	uint64_t serial; /* place in order of beginning, from 0 */
	char id[DCF_OBJECT_ID_MAX + 1];
	uint32_t version, peer; /* peer: its index */
	uint8_t machine, state, precedence;
	bool ours; /* this side began it: we are A */
	bool overdue, dissemination_overdue;
	uint8_t escalation; /* 0; 1, 2: so many roles further; 3: all roles ring */
	bool suspended;     /* came or went while the line was suspended: one-way */
	bool stale;         /* last known while suspended */
	bool came_late;     /* its message was sent more than the largest clock offset before it came: queued somewhere */
	uint8_t timeliness; /* enum dcf_timeliness; of notifications */
	int64_t notice_us, need_us;            /* start less first receipt; what the rule asks */
	int64_t sent_us, begun_us;             /* by the sender's clock; by ours (time of the entry) */
	int64_t deadline_us;                   /* next step of the clock by ours; DCF_TIME_NONE when none runs */
	int64_t step_us;                       /* the deadline's length: 1x */
	int64_t start_us, end_us;              /* of its window; DCF_TIME_NONE without */
	char words[DCF_CHECK_WORDS_MAX];       /* check-words of its object; "" without */
	char their_words[DCF_CHECK_WORDS_MAX]; /* as read back, when they differ; "" otherwise */
	bool moved;                            /* this version moved a volume by more than its own radius */
	int64_t hold_since_us, hold_us;        /* of calls: on hold since (DCF_TIME_NONE), and all in all */
	uint8_t readouts, classified;          /* bit 0: A's, bit 1: B's */
	char class_a[33], class_b[33];         /* of incidents */
	uint8_t answer;                        /* of clarifications: enum dcf_answer; 0 none */
	char ref[DCF_OBJECT_ID_MAX + 1];       /* the object it is about ("ref" of its body); "" without */
	uint8_t duty;                          /* enum dcf_line_duty bits */
	uint64_t first, last;                  /* positions of its first and last entry */
	int64_t last_us;
};
enum dcf_answer { DCF_ANSWER_NONE, DCF_OURS, DCF_NOT_OURS, DCF_NOT_KNOWN, DCF_NO_COMMENT, DCF_SEE_ATTACHED, DCF_ANSWER_COUNT };
const char *dcf_answer_name(enum dcf_answer a);         /* "OURS" ... as states.json */
const char *dcf_timeliness_name(enum dcf_timeliness t); /* "", "ON TIME", "LATE", "NONE" */

/* --- readers: any thread ---------------------------------------------------------------------------------- */

/* The line of a state; as long as it. */
struct dcf_line *dcf_state_line(struct dcf_state *state);

/* Our party, as dcf_state_line_party set it. */
struct dcf_span dcf_line_party(const struct dcf_line *line);
uint32_t dcf_line_peer_count(struct dcf_line *line);
/* False when there is none of that index. */
bool dcf_line_peer_at(struct dcf_line *line, uint32_t peer, struct dcf_line_peer *out);
/* The peer of that party, or DCF_NONE. */
uint32_t dcf_line_peer_of(struct dcf_line *line, struct dcf_span party);
uint64_t dcf_line_object_count(struct dcf_line *line);
/* The object of that serial. */
bool dcf_line_object_at(struct dcf_line *line, uint64_t serial, struct dcf_line_object *out);
/* Its newest version (`version` 0) or that version; of any peer where `peer` is DCF_NONE (then the newest begun). */
bool dcf_line_find(struct dcf_line *line, uint32_t peer, struct dcf_span id, uint32_t version, struct dcf_line_object *out);
/* The entry that has message n of a stream (incoming or our own), n from 1; false when there is none.  Its body is the note. */
bool dcf_line_message_at(struct dcf_line *line, uint32_t peer, bool incoming, uint64_t n, uint64_t *position);
/* Positions of the entries about an object, oldest first, from the k-th on: at most `cap`; returns how many. */
size_t dcf_line_history(struct dcf_line *line, uint64_t serial, size_t k, uint64_t *positions, size_t cap);
/* The next object from *serial on that has a duty of `mask`; *serial becomes its serial.  Cheap: only those are looked at. */
bool dcf_line_duty_next(struct dcf_line *line, uint8_t mask, uint64_t *serial, struct dcf_line_object *out);
/* The number of the last line check of that peer that was not echoed, or 0. */
uint64_t dcf_line_echo_due(struct dcf_line *line, uint32_t peer);
/* When the clock's next step is due, INT64_MAX when none: for whoever turns the clock's hands. */
int64_t dcf_line_next_due_us(struct dcf_line *line);

/* --- commands --------------------------------------------------------------------------------------------- */

/* Why a message is not taken, beside enum dcf_objection. */
enum dcf_line_objection {
	DCF_LINE_FINE,
	DCF_LINE_NO_PEER,    /* not pinned, or unpinned */
	DCF_LINE_REPEATED,   /* IN: this message is here already, the same: nothing to do */
	DCF_LINE_OTHER,      /* IN: another message of that number is here: the peer rewrote what it said */
	DCF_LINE_CHAIN,      /* IN: does not follow the one before */
	DCF_LINE_AHEAD,      /* IN: too far ahead of what is here */
	DCF_LINE_NOT_FOR_US, /* IN: from or to is another, or exercise and real thing are mixed */
	DCF_LINE_NO_OBJECT,  /* OUT: there is none of that id */
	DCF_LINE_STATE,      /* OUT: the object's state has no such event */
	DCF_LINE_NOT_YOURS,  /* OUT: the other side's to do */
	DCF_LINE_ROLE,       /* OUT: a role must act, and it is to be named */
	DCF_LINE_THERE,      /* OUT: an object of that id is there already */
	DCF_LINE_BODY        /* OUT: the body is not what the verb asks for (see why) */
};

/* Beside dcf_command.head: kind and party (the peer's); by as always. */
struct dcf_line_command {
	/* LINE_OUT: what to send; from, to, n, prev, at_us, agreement and exercise are filled in.  version 0 of a NOTIFY: the
	 * next one; of others: the newest. */
	struct dcf_message message;
	const struct dcf_signer *signer; /* the line key, named by our party */
	struct dcf_buf *note;            /* the caller's, holds what was signed until the answer; `from` set */
	/* LINE_IN: the note, opened by dcf_message_open with the peer's key */
	struct dcf_span received, text;
	enum dcf_line_objection objection; /* the answer, where the command's is DCF_OBJECT_LINE */
};

/* What the clock asks for at now_us: at most `cap` steps, as the body of a LINE_CLOCK entry. */
DCF_CHECKED enum dcf_status dcf_line_due(struct dcf_line *line, int64_t now_us, size_t cap, struct dcf_buf *body, bool *due);

/* Which of our parties speaks on the line: set once before the first entry is applied; "" when the node has no line.  Copied.
 */
DCF_CHECKED enum dcf_status dcf_state_line_party(struct dcf_state *state, struct dcf_span party);

#endif
