/* SPDX-License-Identifier: Apache-2.0 */
/* choose.h - lists of names as people type them. */
#ifndef DCF_BENCH_CHOOSE_H
#define DCF_BENCH_CHOOSE_H

#include "base/span.h"
#include <stdbool.h>
#include <stddef.h>

/* chosen[i]: does `list` ask for names[i]?  It is "none", "all" or names with commas between them, "geos,boost"; an
 * empty one asks for none.  False for a name that is none of the `count`; it then stands in `unknown`, a part of
 * `list`, and what stands in `chosen` is of no use. */
bool dcf_choose_names(struct dcf_span list, const char *const *names, size_t count, bool *chosen, struct dcf_span *unknown);

#endif
