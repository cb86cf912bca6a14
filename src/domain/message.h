/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - one message of the line between two nodes: values, canonical bytes, signature.
 *
 *     deconflict-message-v1                      name and version, so that a signature fits nothing else
 *     {"agreement":"...","at":...,...}           one object in canonical form (RFC 8785), numbers integers below 2^53
 *                                                (empty line)
 *     -- BLUE Az3g...                            a signed note (record/note.h): Ed25519 by the sender's line key, whose name is
 *                                                the sender's party
 *
 * Messages of one direction form a chain: `n` counts from 1, `prev` is SHA-256 of the whole text (without signature) of the one
 * before, zero in the first.  So order, gaps, repetitions and a second version of a message are all plain to see.
 * doc/protocol-line.md has the format with vectors. */
#ifndef DCF_DOMAIN_MESSAGE_H
#define DCF_DOMAIN_MESSAGE_H

#include "base/buf.h"
#include "domain/machine.h"
#include "format/json.h"
#include "record/note.h"

enum {
	DCF_MESSAGE_MAX = 200 * 1024,      /* bytes of the text; a note has at most DCF_NOTE_MAX */
	DCF_MESSAGE_BODY_MAX = 190 * 1024, /* of its body */
	DCF_MESSAGE_DEPTH_MAX = 16,        /* levels of its body */
	DCF_OBJECT_ID_MAX = 64,            /* characters of an object's id: A-Z a-z 0-9 . _ - */
	DCF_ROLE_MAX = 64                  /* bytes of a role */
};

/* Numbers are written in snapshots: append only. */
enum dcf_precedence { DCF_FLASH, DCF_IMMEDIATE, DCF_PRIORITY, DCF_ROUTINE, DCF_PRECEDENCE_COUNT };

/* What a message does.  The table in message.c says to which machine each belongs, who may send it, and its event. */
/* clang-format off */
enum dcf_verb {
	/* notification */
	DCF_VERB_NOTIFY,      /* A: begins an object, or a new version of one */
	DCF_VERB_RECEIPT,     /* B's machine: body {"refused":true} while its side is suspended */
	DCF_VERB_READ_BACK,   /* B: body {"words":"123 456 789 012"} or {"object":{...}} as heard */
	DCF_VERB_ACKNOWLEDGE, /* B, a role */
	DCF_VERB_CHALLENGE,   /* B, a role: body {"reason":...} */
	DCF_VERB_CLARIFY,     /* A */
	DCF_VERB_DISSEMINATE, /* B, a role: body {"to":[...]} */
	DCF_VERB_WITHDRAW,    /* A */
	DCF_VERB_RESEND,      /* A: again after REFUSED */
	DCF_VERB_DISCLOSE,    /* B's machine: the disclosure reply, of one fixed size */
	/* clarification */
	DCF_VERB_ASK, DCF_VERB_ASK_RECEIPT, DCF_VERB_ANSWER_ASK, DCF_VERB_ACCEPT, DCF_VERB_RE_ASK, DCF_VERB_DROP_ASK,
	/* cease */
	DCF_VERB_CEASE, DCF_VERB_CEASE_RECEIPT, DCF_VERB_EXECUTE, DCF_VERB_DECLINE, DCF_VERB_STOPPED,
	/* call */
	DCF_VERB_CALL, DCF_VERB_RING, DCF_VERB_ANSWER_CALL, DCF_VERB_HOLD, DCF_VERB_RESUME_CALL, DCF_VERB_GIVE_UP, DCF_VERB_END_CALL,
	DCF_VERB_READOUT,
	/* incident */
	DCF_VERB_REPORT, DCF_VERB_EVIDENCE, DCF_VERB_CLASSIFY, DCF_VERB_REVIEW, DCF_VERB_CLOSE_INCIDENT,
	/* the line itself: no object */
	DCF_VERB_SUSPEND, DCF_VERB_RESUME_LINE, DCF_VERB_CLOSE_LINE,
	DCF_VERB_CHECK,       /* a recorded line check: body {"head":checkpoint of the sender's record,"number":n} */
	DCF_VERB_ECHO,        /* its answer: the same number, its own head */
	DCF_VERB_COUNT
};
/* clang-format on */

struct dcf_verb_row {
	const char *name;    /* in the message, beside its machine: "notify" */
	uint8_t machine;     /* enum dcf_machine_kind */
	uint8_t event;       /* of that machine; DCF_NO_STATE: found by the state (message.c says how), or none */
	uint8_t who;         /* A, B or BOTH */
	bool begins;         /* makes the object */
	bool needs_role;     /* a person's act: `role` must be there */
	bool when_suspended; /* taken as always while the line is suspended, whatever its precedence */
};
const struct dcf_verb_row *dcf_verb_row(enum dcf_verb verb);
/* The verb of that name in that machine, or DCF_VERB_COUNT. */
enum dcf_verb dcf_verb_named(enum dcf_machine_kind machine, struct dcf_span name);

/* Spans are borrowed. */
struct dcf_message {
	uint8_t verb, precedence;
	bool exercise;
	struct dcf_span from, to; /* party ids, 1..64 bytes */
	uint64_t n;               /* 1.. below 2^53 */
	struct dcf_hash prev;
	int64_t at_us;                 /* the sender's clock, 0.. below 2^53 */
	struct dcf_span object;        /* id; "" for the line itself */
	uint32_t version;              /* of the object, from 1; 0 for the line itself */
	struct dcf_span role;          /* who acts; "" when the machine does */
	struct dcf_hash agreement;     /* SHA-256 of the airspace file in force at the sender; zero without */
	struct dcf_span releasable_to; /* party ids between commas: whom it may be passed on to; "": nobody */
	struct dcf_span body;          /* canonical JSON object, "{}" at least */
};

/* "FLASH" ...; DCF_PRECEDENCE_COUNT when there is none of that name. */
const char *dcf_precedence_name(enum dcf_precedence p);
enum dcf_precedence dcf_precedence_named(struct dcf_span name);
/* 60 s, 5 min, 30 min, 4 h. */
int64_t dcf_precedence_deadline_us(enum dcf_precedence p);

/* Append the text that is signed (both lines).  The caller's values must be in their ranges and the body canonical. */
void dcf_message_write(const struct dcf_message *m, struct dcf_buf *out);
/* Its hash: what the next message's `prev` is. */
struct dcf_hash dcf_message_hash(struct dcf_span text);

/* What is wrong with a text, for logs and incidents: where (byte) and what was expected (static). */
struct dcf_message_error {
	size_t at;
	const char *expected;
};

/* Read a text: exactly what dcf_message_write writes, every value in its range, the body canonical (members sorted, no space,
 * integers, depth, size).  Spans of `out` point into `arena`.  `doc` is scratch.  DCF_E_SYNTAX with `error` (may be NULL);
 * DCF_E_LIMIT too large; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_message_read(struct dcf_span text, struct dcf_jdoc *doc, struct dcf_arena *arena,
					     struct dcf_message *out, struct dcf_message_error *error);
/* A note around a message: sign, and open (the signature must be by `key`, whose name is the message's `from`).  Open: *text is
 * the signed text within `note`.  DCF_E_REFUSED: not signed by that key; else as dcf_message_read. */
DCF_CHECKED enum dcf_status dcf_message_sign(const struct dcf_message *m, const struct dcf_signer *signer, struct dcf_buf *out);
DCF_CHECKED enum dcf_status dcf_message_open(struct dcf_span note, const struct dcf_vkey *key, struct dcf_jdoc *doc,
					     struct dcf_arena *arena, struct dcf_span *text, struct dcf_message *out,
					     struct dcf_message_error *error);
/* The signed text of a note that was verified before (one of the record): no signature is looked at. */
DCF_CHECKED enum dcf_status dcf_message_reopen(struct dcf_span note, struct dcf_jdoc *doc, struct dcf_arena *arena,
					       struct dcf_span *text, struct dcf_message *out);

/* Is it canonical JSON as this project signs it (RFC 8785 with integers below 2^53 only), at most `depth` levels deep? */
bool dcf_canonical_ok(struct dcf_span json, unsigned depth);

#endif
