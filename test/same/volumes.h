/* SPDX-License-Identifier: Apache-2.0 */
/* volumes.h - what the exchange makes of a plan's features: volumes, who covers whom, how far two reach into each other. */
#ifndef DCF_TEST_SAME_VOLUMES_H
#define DCF_TEST_SAME_VOLUMES_H

#include "base/buf.h"
#include "core/plan.h"

/* One line a feature, and one a pair of the first ten.  False when memory is short. */
bool put_volumes(const struct dcf_plan *plan, const struct dcf_alloc *heap, struct dcf_buf *out);

#endif
