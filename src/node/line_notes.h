/* SPDX-License-Identifier: Apache-2.0 */
/* line_notes.h - messages of the line as they stand in the record: each is the body of an entry. */
#ifndef DCF_NODE_LINE_NOTES_H
#define DCF_NODE_LINE_NOTES_H

#include "domain/line.h"
#include "store/log.h"

/* Call `each` for messages from..to (from 1) of a peer's stream in order, as far as they are published: theirs (`incoming`) or
 * ours. `note` holds for the call.  What `each` returns ends the walk unless it is DCF_OK, and is returned.  DCF_E_CORRUPT: an
 * entry is not there or has no body; DCF_E_IO and others of the store. */
DCF_CHECKED enum dcf_status dcf_line_notes(struct dcf_line *line, struct dcf_store *store, uint32_t peer, bool incoming,
					   uint64_t from, uint64_t to,
					   enum dcf_status (*each)(void *ctx, uint64_t n, struct dcf_span note), void *ctx);

/* The signed text of a note from the record, without its signature: what is hashed for the chain.  Empty when it is none. */
struct dcf_span dcf_line_note_text(struct dcf_span note);

/* Hash of the text of message n of our stream (zero for n = 0).  DCF_E_NOT_FOUND when there is none. */
DCF_CHECKED enum dcf_status dcf_line_hash_of(struct dcf_line *line, struct dcf_store *store, uint32_t peer, uint64_t n,
					     struct dcf_hash *out);

#endif
