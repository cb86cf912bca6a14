/* SPDX-License-Identifier: Apache-2.0 */
/* lib_int.h - what the files of the public library share: its objects, and the way from its values to the core's. */
#ifndef DCF_LIB_INT_H
#define DCF_LIB_INT_H

#include "base/buf.h"
#include "core/check.h"

#include <deconflict/check.h>

struct dcf_operations {
	struct dcf_alloc alloc; /* plan.arena.from points here */
	struct dcf_plan plan;
	bool finished;
};

struct dcf_answer {
	const struct dcf_operations *ops;
	struct dcf_result result;
	size_t *pairs[DCF_PAIRS_END]; /* places in result.conflicts, by list */
	size_t pair_count[DCF_PAIRS_END];
	size_t *pair_block; /* holds all four */
};

/* What a question asks, in the core's values.  DCF_E_RANGE, DCF_E_NOT_FOUND, DCF_E_AMBIGUOUS. */
DCF_CHECKED enum dcf_status dcf_options_of(const struct dcf_plan *plan, const struct dcf_question *q,
					   struct dcf_check_options *o);

static inline struct dcf_text dcf_text_of(struct dcf_span s)
{
	return (struct dcf_text){ s.len ? s.p : NULL, s.len };
}

struct dcf_note dcf_note_of(const struct dcf_remark *r);

/* A position to 1e-7 degree.  False when it is out of range or not a number. */
bool dcf_position_in(struct dcf_position p, struct dcf_latlon *out);
struct dcf_position dcf_position_out(struct dcf_latlon p);

/* Hand a finished text on and free it; `s` is what making it gave. */
DCF_CHECKED enum dcf_status dcf_text_send(struct dcf_buf *text, enum dcf_status s, dcf_sink *sink, void *ctx);
/* The same into the caller's buffer, with a NUL. */
DCF_CHECKED enum dcf_status dcf_text_fill(struct dcf_buf *text, enum dcf_status s, char *to, size_t cap, size_t *need);

#endif
