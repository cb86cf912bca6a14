/* SPDX-License-Identifier: Apache-2.0 */
/* note_int.h - what vkey.c, note.c, checkpoint.c, keyring.c and proof_text.c share: lines, decimals, where a reader stopped. */
#ifndef DCF_RECORD_NOTE_INT_H
#define DCF_RECORD_NOTE_INT_H

#include "record/note.h"

/* A cursor over text that is taken apart from its beginning. */
struct dcf_lines {
	const char *from, *p, *end;
};

static inline struct dcf_lines dcf_lines_of(struct dcf_span text)
{
	const char *p = text.len ? text.p : ""; /* no arithmetic on NULL */

	return (struct dcf_lines){ p, p, p + text.len };
}

/* The next line without its newline.  False at the end and when what is left has no newline. */
bool dcf_lines_next(struct dcf_lines *l, struct dcf_span *line);

/* Say where and what, if anyone asks, and hand `status` on. */
enum dcf_status dcf_note_fail(struct dcf_note_error *error, size_t at, const char *expected, enum dcf_status status);

/* A whole number without sign or leading zeros, at most DCF_TREE_MAX; DCF_E_SYNTAX, DCF_E_LIMIT above that. */
enum dcf_status dcf_decimal_read(struct dcf_span text, uint64_t *v);

/* Where text stops being what a note can hold: UTF-8 without control characters but newlines; its length when all of it can. */
size_t dcf_note_text_stops(struct dcf_span text);

/* Put the empty line and the signatures of what stands in `out` from `start` on.  The text was looked at. */
enum dcf_status dcf_note_put_signatures(struct dcf_buf *out, size_t start, const struct dcf_signer *signers, size_t count);

#endif
