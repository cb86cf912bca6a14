/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.h - the ways in which an operation can be asked to move. */
#ifndef DCF_OPTIONS_KINDS_H
#define DCF_OPTIONS_KINDS_H

#include "options/desk.h"

/* Offer candidates for one operation to the desk, cheapest first, and end when one (or the few that differ: both
 * sides, up and down) has been accepted, when limits are reached, or when time is up.  A kind that has no meaning for the
 * operation offers nothing.  Candidates are deterministic. */
typedef enum dcf_status dcf_propose_fn(struct dcf_desk *desk, const struct dcf_case *c);

struct dcf_kind {
	uint8_t kind; /* enum dcf_option_kind */
	dcf_propose_fn *propose;
	bool single; /* tried first; the others (pairs of changes) only where no single one was accepted */
};

/* In the order in which they are tried; ends with a row without `propose`. */
extern const struct dcf_kind dcf_kinds[];

dcf_propose_fn dcf_propose_delay, dcf_propose_advance, dcf_propose_altitude; /* kind_shift.c, kind_altitude.c */
dcf_propose_fn dcf_propose_reroute;                                          /* kind_reroute.c */
dcf_propose_fn dcf_propose_speed, dcf_propose_hold;                          /* kind_speed.c, kind_hold.c */
dcf_propose_fn dcf_propose_resize, dcf_propose_split;                        /* kind_resize.c, kind_split.c */
dcf_propose_fn dcf_propose_combined, dcf_propose_joint;                      /* kind_pair.c */

#endif
