/* SPDX-License-Identifier: Apache-2.0 */
/* line_notice.h - a peer's notice, out of the record: what it lacks, and as an operation of the peer in our own state. */
#ifndef DCF_NODE_LINE_NOTICE_H
#define DCF_NODE_LINE_NOTICE_H

#include "domain/line.h"
#include "domain/state.h"
#include "store/store.h"

/* The message that the LINE_OUT or LINE_IN entry at `position` has, spans in `arena`.  `doc` is scratch.  DCF_E_NOT_FOUND when
 * there is no such entry (any more); DCF_E_CORRUPT when it has no message. */
DCF_CHECKED enum dcf_status dcf_line_message_of(struct dcf_store *store, uint64_t position, struct dcf_jdoc *doc,
						struct dcf_arena *arena, struct dcf_message *out);

/* The body of the clarification request for a notify message that is no notice:
 * {"about":"notice","missing":["geometry",...],"ref":ID, "text":"volume 1: ..."}.  `missing` stands where geometry, band or
 * window are not there; `text` has the reasons in coded form. `doc` is scratch.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_line_ask_put(const struct dcf_message *notice, struct dcf_jdoc *doc, const struct dcf_alloc *a,
					     struct dcf_buf *out);

/* The notice as an operation `id` of the message's sender, known to `our_party` and to whom the message may be passed on.
 * `text` receives what the OPERATION entry says, *op the operation of it (one hold).  `why` (may be NULL) says what is wrong
 * where the status is DCF_E_REFUSED: no party, no volumes, volumes that cannot be. */
DCF_CHECKED enum dcf_status dcf_line_operation_of(const struct dcf_frame *frame, const struct dcf_message *m,
						  struct dcf_span id, struct dcf_span our_party, const struct dcf_alloc *a,
						  struct dcf_buf *text, struct dcf_op **op, struct dcf_buf *why);

#endif
