/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h - two volumes in a hurry: apart, in conflict, or for the exact test to say.
 *
 * Windows and levels are decided exactly here.  Over the ground the shapes are laid on a plane
 * (flat.h), whose error is bounded.  Only what is clear beyond the bound is answered, so an answer is the
 * exact test's answer. */
#ifndef DCF_CORE_FILTER_H
#define DCF_CORE_FILTER_H

#include "core/altitude.h"
#include "core/pair.h"

enum dcf_filter { DCF_FILTER_APART, DCF_FILTER_CONFLICT, DCF_FILTER_UNSURE };

/* Neither feature is a trajectory.  Uses no heap; any thread. */
enum dcf_filter dcf_filter_volumes(const struct dcf_feature *a, const struct dcf_feature *b, const struct dcf_offsets *o,
				   const struct dcf_minima *minima);

#endif
