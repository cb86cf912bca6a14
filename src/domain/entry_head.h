/* SPDX-License-Identifier: Apache-2.0 */
/* entry_head.h - what an entry of the record says: its content as bytes and as values.
 *
 *     content = head "\n" body
 *     head    = a JSON object in canonical form (RFC 8785): members sorted, no white space, numbers integers
 *     body    = the rest, whatever the kind asks for: features one a line, a party's object, positions one a line
 *
 * Everything that the state depends on stands in there: time and ids arrive inside entries. */
#ifndef DCF_DOMAIN_ENTRY_HEAD_H
#define DCF_DOMAIN_ENTRY_HEAD_H

#include "base/buf.h"
#include "domain/operation_states.h"

/* Numbers are written in snapshots: append only. */
enum dcf_entry_kind {
	DCF_ENTRY_FOUNDED,   /* entry 0: origin, vkey, exercise */
	DCF_ENTRY_KEY,       /* another key signs heads from here on: vkey, reason */
	DCF_ENTRY_PARTY,     /* party; body: its object */
	DCF_ENTRY_AIRSPACE,  /* body: an operations file without features: agreement, atmosphere, places */
	DCF_ENTRY_OPERATION, /* party, operation, version; body: its features, one a line */
	DCF_ENTRY_EVENT,     /* party, operation, version, event */
	DCF_ENTRY_OVER, /* by the clock; body: operations whose window is over, each by the position of its first declaration */
	DCF_ENTRY_PURGE,        /* by the clock; body: operations that leave the state, named likewise */
	DCF_ENTRY_ERASED,       /* body: positions of entries whose content was deleted */
	DCF_ENTRY_PEER,         /* party; body: {"key":hex,"url":...} pins a neighbour's line key, {"removed":true} unpins it */
	DCF_ENTRY_LINE_OUT,     /* party: to whom; body: a message of ours, as signed */
	DCF_ENTRY_LINE_IN,      /* party: from whom; body: a message of theirs, as received */
	DCF_ENTRY_LINE_CLOCK,   /* by the clock; body: objects whose deadline passed or whose window is over, by serial, one a
				   line */
	DCF_ENTRY_LINE_STATUS,  /* party; body: {"acked":n,"offset_us":i,"technical":"UP"} */
	DCF_ENTRY_LINE_REFUSED, /* party; reason; digest of what came and was not taken */
	DCF_ENTRY_EXCHANGE,     /* party: the manager; operation: the entity's id; body: what was asked, and what was made */
	DCF_ENTRY_EXCHANGE_OVER, /* by the clock; body: entities whose time is over */
	DCF_ENTRY_EXCHANGE_OWN,  /* by the node; body: what follows for the exchange from an operation of ours */
	DCF_ENTRY_KIND_COUNT
};

/* Spans are borrowed.  What a kind does not have is zero. */
struct dcf_entry_head {
	uint8_t kind;           /* enum dcf_entry_kind */
	uint8_t event;          /* enum dcf_op_event; DCF_OP_DECLARE when the kind is none of events */
	bool exercise;          /* FOUNDED */
	int64_t at_us;          /* since 1970; never before the entry's before it */
	uint32_t version;       /* of the operation, from 1 */
	uint64_t first;         /* position of its first declaration, which names it; 0 in that one itself */
	uint32_t request_count; /* entries of the request, this being the first; 0 when it has no key */
	struct dcf_span by;     /* who asked, as its token says; "" for the node itself */
	/* For which member of its party, and in which duty roles (ids with blanks between them); "" when its token says
	 * nothing. */
	struct dcf_span member, role;
	struct dcf_span party, operation;
	struct dcf_span origin, vkey, reason;
	struct dcf_span request; /* 64 hex digits: SHA-256 of who asked and the idempotency key; "" without */
	struct dcf_span digest;  /* 64 hex digits: SHA-256 of what was asked */
	struct dcf_span body;
};

/* Append the content.  Members are written in canonical form; spans must be UTF-8. */
void dcf_entry_write(const struct dcf_entry_head *head, struct dcf_buf *out);

struct dcf_jdoc;

/* Read content into `head`, whose spans point into `content` (body) and into `arena` (the rest).  `doc` is scratch of the
 * calling thread.  DCF_E_SYNTAX with a sentence in *why (static) when it is not what dcf_entry_write writes. */
DCF_CHECKED enum dcf_status dcf_entry_read(struct dcf_span content, struct dcf_jdoc *doc, struct dcf_arena *arena,
					   struct dcf_entry_head *head, const char **why);

/* "operation", "event" ... */
const char *dcf_entry_kind_name(enum dcf_entry_kind kind);

/* Positions one a line, as bodies of OVER, PURGE and ERASED have them.  dcf_positions_next takes one from the front of
 * `*body`: false at its end; *bad when what is there is no position. */
void dcf_positions_put(struct dcf_buf *out, uint64_t position);
bool dcf_positions_next(struct dcf_span *body, uint64_t *position, bool *bad);

#endif
