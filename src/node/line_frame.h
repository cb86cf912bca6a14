/* SPDX-License-Identifier: Apache-2.0 */
/* line_frame.h - what two nodes say to each other in one exchange, either way: bytes and values.
 *
 *     deconflict-exchange-v1
 *     {"agreement":"<64 hex>","at":<us>,"count":<k>,"exercise":true,"have":<n>,"have_hash":"<64 hex>","party":"<id>"}
 *     <bytes>            of the note that follows, decimal                     (k times)
 *     <note>             one message as signed (domain/message.h)
 *
 *   agreement  SHA-256 of the airspace's text in force at the sender, zero when there is none
 *   at         the sender's clock; for the offset between the two
 *   count      notes that follow, at most DCF_LINE_NOTES_MAX
 *   exercise   only there, and true, when the sender's record is of an exercise
 *   have       of the receiver's messages 1..have are in the sender's record, durable; have_hash is the hash of the last, zero
 * for none party      who speaks
 *
 * Reading is strict: one text for each value and no other, no member more or less, nothing behind the last note; what is to
 * change gets another version in the first line.  Pure; any thread. */
#ifndef DCF_NODE_LINE_FRAME_H
#define DCF_NODE_LINE_FRAME_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "format/json.h"

enum {
	DCF_LINE_NOTES_MAX = 4096,        /* notes of one frame */
	DCF_LINE_FRAME_MAX = 1024 * 1024, /* bytes of one frame */
	DCF_LINE_HEAD_MAX = 1024,         /* of its second line */
};
#define DCF_LINE_FRAME_TYPE "application/vnd.deconflict.exchange"

struct dcf_line_frame {
	struct dcf_hash agreement, have_hash;
	int64_t at_us;
	uint64_t have;
	bool exercise;
	struct dcf_span party; /* 1..64 bytes */
	size_t count;
	const struct dcf_span *note;
};

/* Where a text was not what it should be. */
struct dcf_line_frame_error {
	size_t at;            /* byte, from 0 */
	const char *expected; /* static */
};

/* Append the first two lines: `count` notes are to follow. */
void dcf_line_frame_put_head(const struct dcf_line_frame *frame, struct dcf_buf *out);
/* Append one note with its length. */
void dcf_line_frame_put_note(struct dcf_span note, struct dcf_buf *out);

/* Read one.  Notes point into `bytes`, the rest into `arena`; `doc` is scratch.  Nothing of the notes is looked at.
 * DCF_E_SYNTAX with `error` (may be NULL), DCF_E_LIMIT too large, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_line_frame_read(struct dcf_span bytes, struct dcf_jdoc *doc, struct dcf_arena *arena,
						struct dcf_line_frame *out, struct dcf_line_frame_error *error);

/* Cut a note with its length off the front of `*rest`: a literal of what was expected when there is none, NULL when all is
 * well. */
const char *dcf_line_frame_next(struct dcf_span *rest, struct dcf_span *note);
/* Cut a line off the front, without its end; false when there is no whole one within `most` bytes. */
bool dcf_line_frame_line(struct dcf_span *rest, size_t most, struct dcf_span *line);

#endif
