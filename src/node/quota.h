/* SPDX-License-Identifier: Apache-2.0 */
/* quota.h - how many questions each party asked in the last hour, and may it ask more?
 *
 * A party that asks often enough maps what another released to it: questions are counted and bounded.  Counted are the
 * operations asked about, minute by minute: in any sixty minutes no more than the bound pass, and what was asked leaves the
 * count sixty to sixty-one minutes later.  The counts are of this process: a start begins anew.  Any thread. */
#ifndef DCF_NODE_QUOTA_H
#define DCF_NODE_QUOTA_H

#include "base/alloc.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct dcf_quota;

/* `parties` of them, each by a number below that; `per_hour` 0: counted and not bounded.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_quota_new(const struct dcf_alloc *a, size_t parties, uint64_t per_hour, struct dcf_quota **out);
void dcf_quota_free(struct dcf_quota *quota);

/* Count `n` questions of `party` at `now_us` (a clock that does not jump).  DCF_E_LIMIT: over the bound, nothing is counted,
 * and
 * `*wait_us` is how long until they would pass; INT64_MAX when they never do, being more than the bound.  `free_of_bound`:
 * counted all the same.  DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_quota_take(struct dcf_quota *quota, size_t party, uint64_t n, bool free_of_bound,
					   int64_t now_us, int64_t *wait_us);
/* How many it asked in the last hour. */
uint64_t dcf_quota_asked(struct dcf_quota *quota, size_t party, int64_t now_us);
uint64_t dcf_quota_per_hour(const struct dcf_quota *quota);

#endif
