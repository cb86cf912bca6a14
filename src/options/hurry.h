/* SPDX-License-Identifier: Apache-2.0 */
/* hurry.h - two volumes that can be told apart without making their bodies (core/filter.h), with one dimension left out.
 * Each answers true only where the exact test would find nothing; false means nothing. */
#ifndef DCF_OPTIONS_HURRY_H
#define DCF_OPTIONS_HURRY_H

#include "options/standing.h"

/* As declared. */
bool dcf_surely_apart(const struct dcf_standing *st, const struct dcf_feature *f, const struct dcf_feature *g);
/* Whatever their windows: no shift in time brings them together. */
bool dcf_apart_at_all_times(const struct dcf_standing *st, const struct dcf_feature *f, const struct dcf_feature *g);
/* Whatever their levels: no change of level brings them together. */
bool dcf_apart_at_all_levels(const struct dcf_standing *st, const struct dcf_feature *f, const struct dcf_feature *g);

#endif
