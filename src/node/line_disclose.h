/* SPDX-License-Identifier: Apache-2.0 */
/* line_disclose.h - what a peer's notice meets of ours, and what of that the peer is told.
 *
 * The first is for this side's eyes.  The second is a reply of one size that leaves on a fixed tick for every notice with
 * volumes, whatever was found; what stands in it is the level that the agreement's `disclosure` names, and nothing where it
 * names none. */
#ifndef DCF_NODE_LINE_DISCLOSE_H
#define DCF_NODE_LINE_DISCLOSE_H

#include "domain/state.h"

/* What a notice meets of this side's operations, those disclosed to nobody included. */
struct dcf_line_meeting {
	uint32_t conflicts; /* of our operations that conflict with it; advisories and short encounters do not count */
	int64_t move_mm; /* where a step is agreed and there are conflicts: by how much to move until there are none, in whole
			    steps; 0: not found within 200 km */
};
/* `op` is the notice as an operation of the view.  DCF_E_NOMEM or DCF_E_LIMIT when it cannot be worked out. */
DCF_CHECKED enum dcf_status dcf_line_meet(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span our_party,
					  const struct dcf_alloc *a, struct dcf_line_meeting *out);
/* The ids of ours that it meets, blanks between, in the order of the conflicts: "RU-IL20-01 RU-TMA-01", for this side's log. */
DCF_CHECKED enum dcf_status dcf_line_meet_names(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span our_party,
						const struct dcf_alloc *a, struct dcf_buf *out);

enum { DCF_DISCLOSURE_BYTES = 128 };
/* The body of a disclosure reply: exactly DCF_DISCLOSURE_BYTES bytes of canonical JSON, whatever `met` says; where nothing is
 * disclosed the same bytes always, and then `met` is not read.
 *     {"level":"none","pad":"...","result":null}   "exists": true or false   "step": 0, or millimetres; -1: more than 200 km */
void dcf_line_disclosure_put(enum dcf_disclosure level, const struct dcf_line_meeting *met, struct dcf_buf *out);

#endif
