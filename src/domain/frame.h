/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h - what operations are declared into: the parties, and the airspace with its agreement, atmosphere and places.
 *
 * Built from texts that stand in the record, and never changed: a new party or another airspace makes a new frame.  A party
 * keeps its index in all of them. */
#ifndef DCF_DOMAIN_FRAME_H
#define DCF_DOMAIN_FRAME_H

#include "base/buf.h"
#include "core/plan.h"
#include "domain/people.h"

enum { DCF_PARTIES_MAX = 1024 };

/* What a party learns of a conflict with an operation that is not released to it (`disclosure` of the agreement). */
enum dcf_disclosure {
	DCF_DISCLOSE_NOTHING, /* "none", and where nothing is said */
	DCF_DISCLOSE_EXISTS,  /* "exists": that there is one */
	DCF_DISCLOSE_STEP,    /* {"step": length}: and by how much to move, in whole steps */
};

/* Shortest and longest step that an agreement can name. */
#define DCF_STEP_LEAST_M 1.0
#define DCF_STEP_MOST_M  100000.0

struct dcf_frame_text {
	struct dcf_span text; /* as the record has it */
	uint64_t position;    /* of its entry */
	bool marked;          /* it has a member `exercise` of its own */
};

struct dcf_frame {
	const struct dcf_alloc *from;
	struct dcf_plan plan; /* parties, atmosphere, agreement, places; no operation */
	enum dcf_disclosure disclosure;
	double step_m;                  /* of DCF_DISCLOSE_STEP */
	struct dcf_frame_text *party;   /* one a party, in the order of plan.parties */
	struct dcf_people *people;      /* likewise */
	struct dcf_frame_text airspace; /* text "" while none was given */
};

/* The frame of these texts, which are copied.  A party's text is a JSON object with `id`; the airspace's is an operations file
 * with neither `parties` nor features.  DCF_E_REFUSED: what is wrong with the texts stands in `why` (one line a reason,
 * "where: what"), as far as there is one; DCF_E_LIMIT: too many parties; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_frame_make(const struct dcf_frame_text *party, size_t party_count,
					   struct dcf_frame_text airspace, const struct dcf_alloc *a, struct dcf_frame **out,
					   struct dcf_buf *why);
void dcf_frame_free(struct dcf_frame *frame);

/* Is there more in a new text than making a frame of it asks for?  Of a party: members and roles as people.h has them, no name
 * that another party or its members have; of the airspace: a `disclosure` that is known; of both: `exercise`, where it stands,
 * is what the node is.  This is asked of what comes in: texts that are in the record are taken as they are, what is not
 * understood left out. DCF_E_REFUSED with lines in `why`; DCF_E_NOMEM.  A text that is no JSON object passes: making the frame
 * refuses it. */
DCF_CHECKED enum dcf_status dcf_frame_judge_party(const struct dcf_frame *frame, struct dcf_span text, bool exercise,
						  const struct dcf_alloc *a, struct dcf_buf *why);
DCF_CHECKED enum dcf_status dcf_frame_judge_airspace(struct dcf_span text, bool exercise, const struct dcf_alloc *a,
						     struct dcf_buf *why);

/* Does any party have a member of that id? */
bool dcf_frame_member(const struct dcf_frame *frame, struct dcf_span id);

/* The frame with one text replaced or added: of the party whose id the text has, or the airspace's.  `party` (may be NULL)
 * receives the party's index. */
DCF_CHECKED enum dcf_status dcf_frame_with_party(const struct dcf_frame *frame, struct dcf_frame_text text,
						 const struct dcf_alloc *a, struct dcf_frame **out, struct dcf_buf *why);
DCF_CHECKED enum dcf_status dcf_frame_with_airspace(const struct dcf_frame *frame, struct dcf_frame_text text,
						    const struct dcf_alloc *a, struct dcf_frame **out, struct dcf_buf *why);

#endif
