/* SPDX-License-Identifier: Apache-2.0 */
/* http_rate.h - so many a second for each of many: token buckets in a table that never grows.
 *
 * Each key has its bucket; when the table is full, the bucket that was left alone longest among four is given away, and its key
 * starts with a full one again: with very many keys the limit is looser, never stricter.  Any thread; a short lock. */
#ifndef DCF_NODE_HTTP_RATE_H
#define DCF_NODE_HTTP_RATE_H

#include "base/alloc.h"
#include <stdbool.h>
#include <stdint.h>

struct dcf_rate;

/* `per_s` > 0 tokens a second, at most `burst` >= 1 kept; `keys` is rounded up to a power of two (at least 64, at most 2^20);
 * 32 bytes each.  DCF_E_NOMEM, DCF_E_RANGE. */
DCF_CHECKED enum dcf_status dcf_rate_new(const struct dcf_alloc *from, unsigned per_s, unsigned burst, size_t keys,
					 struct dcf_rate **out);
void dcf_rate_free(struct dcf_rate *rate);
/* Takes a token of the bucket of `key` (at most 16 bytes are looked at) at `now_us` of a monotonic clock.  False when there is
 * none; *wait_ms is then how long until there is one (at least 1). */
bool dcf_rate_take(struct dcf_rate *rate, struct dcf_span key, int64_t now_us, int64_t *wait_ms);

#endif
