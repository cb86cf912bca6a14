/* SPDX-License-Identifier: Apache-2.0 */
/* line_disclose.h - what a peer's notice meets of ours, and what of that the peer is told.
 *
 * The first is for this side's eyes.  The second is a reply of one size that leaves on a fixed tick for every notice with volumes,
 * whatever was found; what stands in it is the level that the agreement's `disclosure` names, and nothing where it names none. */
#ifndef DCF_NODE_LINE_DISCLOSE_H
#define DCF_NODE_LINE_DISCLOSE_H

#include "domain/state.h"

/* What a notice meets of this side's operations, those disclosed to nobody included. */
struct dcf_line_meeting {
	uint32_t conflicts;     /* of our operations that conflict with it; advisories and short encounters do not count */
	double shortfall_m;     /* the largest part of the lateral minima that is missing between it and any of those, see `step` */
};
/* `op` is the notice as an operation of the view, DCF_E_NOMEM or DCF_E_LIMIT when it cannot be worked out. */
DCF_CHECKED enum dcf_status dcf_line_meet(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span our_party,
					  const struct dcf_alloc *a, struct dcf_line_meeting *out);
/* As many ids of ours that it meets as there is room for, in order: "RU-IL20-01 RU-TMA-01", for the log of this side. */
DCF_CHECKED enum dcf_status dcf_line_meet_names(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span our_party,
						const struct dcf_alloc *a, struct dcf_buf *out);

enum dcf_line_level {
	DCF_LINE_TELLS_NOTHING, /* "none": the default, and what stands for anything that is not understood */
	DCF_LINE_TELLS_EXISTS,  /* "exists": whether there is a conflict */
	DCF_LINE_TELLS_STEP     /* {"step": length}: what is missing of the lateral minima, rounded up to the step */
};
struct dcf_line_level_terms {
	enum dcf_line_level level;
	int64_t step_mm;        /* of `step`, at least 1 m */
};
/* What the airspace file in force says (agreement.disclosure). */
DCF_CHECKED enum dcf_status dcf_line_level_of(struct dcf_span airspace, const struct dcf_alloc *a, struct dcf_line_level_terms *out);

enum { DCF_DISCLOSURE_BYTES = 128 };
/* The body of a disclosure reply: exactly DCF_DISCLOSURE_BYTES bytes of canonical JSON, whatever `met` says; at level `none` the same
 * bytes always, and then `met` is not read. */
void dcf_line_disclosure_put(const struct dcf_line_level_terms *terms, const struct dcf_line_meeting *met, struct dcf_buf *out);

#endif
