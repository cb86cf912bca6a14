/* SPDX-License-Identifier: Apache-2.0 */
/* time.h - RFC 3339 times to and from microseconds since 1970-01-01T00:00:00Z.  No clock is read. */
#ifndef DCF_CORE_TIME_H
#define DCF_CORE_TIME_H

#include "base/buf.h"
#include "core/plan.h"

/* Years 1 to 9999 in UTC.  Fractions beyond the microsecond round down, or up when `up` (windows round
 * outward).  23:59:60 is the next minute's first second.  On failure a sentence of what is wrong is
 * returned ("no time zone"), NULL when `*time_us` is set.  A zone is required: `Z`, `z` or +hh:mm. */
const char *dcf_time_parse(struct dcf_span text, bool up, int64_t *time_us);

enum dcf_time_precision { DCF_TIME_S, DCF_TIME_MS_DOWN, DCF_TIME_MS_UP, DCF_TIME_US };

/* 2015-09-20T07:24:43.778Z; milliseconds are always three digits, microseconds six, DCF_TIME_S none
 * (rounded down).  Years outside 0..9999 are clamped. */
void dcf_time_put(struct dcf_buf *out, int64_t time_us, enum dcf_time_precision precision);

/* The civil date and time of day of `time_us`. */
struct dcf_civil {
	int year, month, day, hour, minute, second;
	int32_t us;
};
struct dcf_civil dcf_civil_of(int64_t time_us);

#endif
