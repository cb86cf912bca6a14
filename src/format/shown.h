/* SPDX-License-Identifier: Apache-2.0 */
/* shown.h - a plan as one party may see it: without the operations that are not disclosed to it. */
#ifndef DCF_FORMAT_SHOWN_H
#define DCF_FORMAT_SHOWN_H

#include "core/plan.h"

/* A shallow copy of `plan` without the features of operations that `reader` may not know of, and without remarks about
 * them; it borrows everything else from `plan`, and its operations keep their places.  Free it with dcf_shown_free. */
DCF_CHECKED enum dcf_status dcf_shown_plan(const struct dcf_plan *plan, uint32_t reader, const struct dcf_alloc *a,
					   struct dcf_plan *out);
void dcf_shown_free(struct dcf_plan *out, const struct dcf_alloc *a);

#endif
